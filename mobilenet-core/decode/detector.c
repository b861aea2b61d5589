/* SPDX-License-Identifier: MIT
 *
 * A detector: made of what is known of its network, then one pass over the
 * boxes of each run. */
#include "decode/detector.h"

#include <float.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

static MnetStatus make(MnetDetector *d, const MnetNetworkFacts *facts, const MnetLabels *labels,
                       const MnetDetectorOptions *options, MnetError *error)
{
    MnetStatus status;
    if ((status = mnet_detector_find_outputs(d, facts, options, error)) ||
        (status = mnet_detector_find_formats(d, facts, options, error)) ||
        (status = mnet_detector_find_classes(d, labels, options, error)) ||
        (status = mnet_detector_find_anchors(d, facts, options, error)))
        return status;
    d->heap = mnet_calloc(MNET_MAX_CANDIDATES, sizeof *d->heap);
    d->found = mnet_calloc(MNET_MAX_CANDIDATES, sizeof *d->found);
    return d->heap && d->found ? MNET_OK
                               : mnet_error_memory(error, MNET_MAX_CANDIDATES * sizeof *d->found);
}

MnetDetector *mnet_detector_make(const MnetNetworkFacts *facts, const MnetLabels *labels,
                                 const MnetDetectorOptions *options, MnetError *error)
{
    static const MnetDetectorOptions automatic;
    MnetDetector *d = mnet_calloc(1, sizeof *d);
    if (!d) {
        mnet_error_memory(error, sizeof *d);
        return NULL;
    }
    if (make(d, facts, labels ? labels : facts->labels, options ? options : &automatic, error)) {
        mnet_detector_free(d);
        return NULL;
    }
    return d;
}

void mnet_detector_free(MnetDetector *d)
{
    if (!d)
        return;
    mnet_anchors_free(d->anchors);
    mnet_labels_unref(d->labels);
    mnet_free(d->names);
    mnet_free(d->heap);
    mnet_free(d->found);
    mnet_free(d);
}

void mnet_detector_info(const MnetDetector *d, MnetDetectorInfo *info)
{
    *info = d->info;
}

const char *mnet_detector_label(const MnetDetector *d, size_t index)
{
    return index < d->info.n_classes && d->names[index] ? d->names[index] : "";
}

/* What one call is asked for and reads. */
typedef struct {
    const MnetDetectionQuery *query;
    MnetLeastScore least;
    float lowest; /* of what any class must have */
    const void *data[4];
} Pass;

static Pass begin(const MnetDetector *d, const void *const *outputs,
                  const MnetDetectionQuery *query)
{
    Pass pass = { .query = query, .least = { query->score_threshold, query->class_thresholds } };
    pass.lowest = pass.least.all;
    if (query->class_thresholds) {
        pass.lowest = FLT_MAX;
        for (size_t i = 0; i < d->info.n_classes; i++)
            pass.lowest = fminf(pass.lowest, query->class_thresholds[i]);
    }
    for (size_t role = 0; role < MNET_ROLE_NONE; role++)
        if (d->outputs[role] != SIZE_MAX)
            pass.data[role] = outputs[d->outputs[role]];
    return pass;
}

/* Boxes that mean something. */
static size_t count_boxes(const MnetDetector *d, const Pass *pass)
{
    size_t n = d->info.n_boxes;
    if (d->outputs[MNET_ROLE_COUNT] == SIZE_MAX)
        return n;
    float count = mnet_tensor_value(&d->tensors[MNET_ROLE_COUNT], pass->data[MNET_ROLE_COUNT], 0);
    if (!(count >= 0.5f))
        return 0;
    return count < (float)n ? (size_t)(count + 0.5f) : n;
}

/* Class and score as TFLite_Detection_PostProcess gives them. */
static MnetBestClass told_class(const MnetDetector *d, const Pass *pass, size_t row)
{
    float score =
        mnet_tensor_value(&d->tensors[MNET_ROLE_SCORES], pass->data[MNET_ROLE_SCORES], row);
    float index =
        mnet_tensor_value(&d->tensors[MNET_ROLE_CLASSES], pass->data[MNET_ROLE_CLASSES], row);
    bool good = isfinite(score) && index > -0.5f && index < (float)d->info.n_classes - 0.5f;
    return (MnetBestClass){ fminf(fmaxf(score, 0), 1), good ? (uint32_t)(index + 0.5f) : 0, good };
}

/* Whether `a` stands before `b`. */
static bool before(const MnetCandidate *a, const MnetCandidate *b)
{
    return a->score != b->score ? a->score > b->score : a->row < b->row;
}

/* Lets the root of a heap whose root is the last in order sink to its place. */
static void sink(MnetCandidate *heap, size_t n)
{
    MnetCandidate item = heap[0];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && before(&heap[child], &heap[child + 1]))
            child++;
        if (!before(&item, &heap[child]))
            break;
        heap[at] = heap[child];
    }
    heap[at] = item;
}

static void rise(MnetCandidate *heap, size_t at)
{
    MnetCandidate item = heap[at];
    for (; at && before(&heap[(at - 1) / 2], &item); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = item;
}

static bool is_wanted(const Pass *pass, const MnetBestClass *best)
{
    return best->any && best->score >= mnet_least_score(&pass->least, best->index) &&
           (!pass->query->classes || pass->query->classes[best->index]);
}

/* The best boxes in the heap, the last of them at its root. */
static size_t collect(MnetDetector *d, const Pass *pass)
{
    size_t n = 0, rows = count_boxes(d, pass) * d->rows_per_box;
    MnetDetection detection;
    for (size_t row = 0; row < rows; row += d->rows_per_box) {
        MnetBestClass best =
            d->info.kind == MNET_DETECTOR_POST_PROCESS
                ? told_class(d, pass, row)
                : mnet_detector_best_class(d, pass->data[MNET_ROLE_SCORES], row, pass->lowest);
        MnetCandidate candidate = { best.score, (uint32_t)row, best.index };
        if (!is_wanted(pass, &best) ||
            (n == MNET_MAX_CANDIDATES && !before(&candidate, &d->heap[0])) ||
            !mnet_detector_read_box(d, pass->data[MNET_ROLE_BOXES], row, &detection))
            continue;
        if (n == MNET_MAX_CANDIDATES) {
            d->heap[0] = candidate;
            sink(d->heap, n);
        } else {
            d->heap[n] = candidate;
            rise(d->heap, n++);
        }
    }
    return n;
}

/* The heap as detections in order. */
static void fill_found(MnetDetector *d, const Pass *pass, size_t n)
{
    while (n) {
        MnetCandidate last = d->heap[0];
        d->heap[0] = d->heap[--n];
        sink(d->heap, n);
        MnetDetection *detection = &d->found[n];
        *detection = (MnetDetection){ .index = last.index,
                                      .score = last.score,
                                      .label = mnet_detector_label(d, last.index) };
        mnet_detector_read_box(d, pass->data[MNET_ROLE_BOXES], last.row, detection);
    }
}

size_t mnet_detector_decode(MnetDetector *d, const void *const *outputs,
                            const MnetDetectionQuery *query, size_t max, MnetDetection *found)
{
    static const MnetDetectionQuery everything;
    Pass pass = begin(d, outputs, query ? query : &everything);
    size_t n = collect(d, &pass);
    fill_found(d, &pass, n);
    MnetSuppression how = pass.query->suppression;
    if (!(how.overlap_threshold > 0))
        how.overlap_threshold = d->info.overlap_threshold;
    if (how.nms == MNET_NMS_DEFAULT)
        how.nms = d->info.nms;
    /* 0 is left for those whose file has suppressed. */
    if (how.overlap_threshold > 0)
        n = mnet_suppress_ordered(d->found, n, max, &how, &pass.least);
    n = n < max ? n : max;
    if (n)
        memcpy(found, d->found, n * sizeof *found);
    return n;
}
