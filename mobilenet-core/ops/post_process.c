/* SPDX-License-Identifier: MIT
 *
 * TFLite_Detection_PostProcess: codes of boxes, scores and anchors become the best
 * boxes that do not overlap too much, as TFLite's reference chooses them.  Numbers
 * that are not finite, and boxes turned inside out, are never chosen.
 *
 * Candidates leave a heap by falling score, equal ones by rising number; only those
 * that do are decoded and compared, with the ones kept so far. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "ops/classes.h"
#include "ops/detection_boxes.h"

#define MAX_BOXES (1 << 18)
#define MAX_DETECTIONS (1 << 14)

enum { CODES, SCORES, ANCHORS, N_INPUTS };
enum { OUT_BOXES, OUT_CLASSES, OUT_SCORES, OUT_COUNT, N_OUTPUTS };

typedef struct {
    MnetCentreBox *anchors;
} PostProcessPacked;

/* A row of numbers for each box, float32 or int8. */
typedef struct {
    const void *data;
    bool is_float;
    float scale;
    int32_t zero;
    size_t columns;
    size_t first; /* column of the first class: 1 behind a background */
} Numbers;

typedef struct {
    float score;
    uint32_t box;
} Candidate;

typedef struct {
    float score;
    uint32_t box, class;
    MnetBox corners;
} Kept;

typedef struct {
    size_t n_boxes, n_classes;
    size_t kept_max;           /* of one suppression */
    size_t detections;         /* most in the result */
    size_t kept_at, result_at; /* in scratch, behind the heap */
} PostProcessState;

static bool takes(const MnetTensor *tensor)
{
    return tensor && (tensor->type == MNET_TYPE_FLOAT32 ||
                      (tensor->type == MNET_TYPE_INT8 && mnet_has_one_scale(tensor)));
}

static MnetStatus check_options(const MnetNode *node, MnetError *error)
{
    const MnetPostProcess *p = &node->options.post_process;
    if (p->max_detections < 1 || p->max_classes < 1 || p->per_class < 1 || p->n_classes < 1 ||
        p->max_detections > MAX_DETECTIONS || p->max_classes > MAX_DETECTIONS ||
        (int64_t)p->max_detections * p->max_classes > MAX_DETECTIONS)
        return mnet_op_malformed(error, node,
                                 "%d detections with %d classes each, %d of each of %d classes: 1 "
                                 "and more, at most %d in all, expected",
                                 p->max_detections, p->max_classes, p->per_class, p->n_classes,
                                 MAX_DETECTIONS);
    if (!(p->iou_threshold > 0 && p->iou_threshold <= 1))
        return mnet_op_malformed(error, node, "nms_iou_threshold is %g, above 0 to 1 expected",
                                 (double)p->iou_threshold);
    const float scales[] = { p->scale_y, p->scale_x, p->scale_height, p->scale_width };
    for (int i = 0; i < 4; i++)
        if (!isfinite(scales[i]) || scales[i] == 0)
            return mnet_op_malformed(error, node, "scale %d of its boxes is %g", i,
                                     (double)scales[i]);
    return MNET_OK;
}

static MnetStatus check_shapes(const MnetGraph *graph, const MnetNode *node,
                               const MnetShape *shapes, MnetError *error)
{
    const MnetShape *codes = &shapes[node->inputs[CODES]], *scores = &shapes[node->inputs[SCORES]];
    const MnetTensor *anchors = mnet_in(graph, node, ANCHORS);
    int32_t n_classes = node->options.post_process.n_classes;
    if (codes->rank != 3 || scores->rank != 3 || codes->dims[0] != 1 || scores->dims[0] != 1 ||
        codes->dims[1] != scores->dims[1] || codes->dims[2] < 4)
        return mnet_op_malformed(error, node, "its boxes are not 1 x n x 4, or its scores 1 x n");
    if (codes->dims[1] > MAX_BOXES)
        return mnet_op_unsupported(error, node, "%d boxes, at most %d", codes->dims[1], MAX_BOXES);
    if (scores->dims[2] - 1 != n_classes && scores->dims[2] != n_classes)
        return mnet_op_malformed(error, node, "%d scores a box for %d classes", scores->dims[2],
                                 n_classes);
    if (!anchors->data)
        return mnet_op_unsupported(error, node, "its anchors are computed, a constant expected");
    if (anchors->rank != 2 || anchors->dims[0] != codes->dims[1] || anchors->dims[1] != 4)
        return mnet_op_malformed(error, node, "its anchors are not %d x 4", codes->dims[1]);
    return MNET_OK;
}

static MnetStatus post_process_infer(const MnetGraph *graph, const MnetNode *node,
                                     MnetShape *shapes, MnetError *error)
{
    MnetStatus status = mnet_op_inputs(node, N_INPUTS, N_INPUTS, error);
    if (status || (status = check_options(node, error)))
        return status;
    if (node->n_outputs != N_OUTPUTS)
        return mnet_op_malformed(error, node, "has %d outputs, %d expected", node->n_outputs,
                                 N_OUTPUTS);
    for (int32_t i = 0; i < N_INPUTS; i++)
        if (!takes(mnet_in(graph, node, i)))
            return mnet_op_unsupported(error, node,
                                       "its input %d is %s, or has no single scale above 0", i,
                                       mnet_type_name(mnet_in(graph, node, i)->type));
    for (int32_t i = 0; i < N_OUTPUTS; i++)
        if (graph->tensors[node->outputs[i]].type != MNET_TYPE_FLOAT32)
            return mnet_op_unsupported(error, node, "its output %d is not float32", i);
    if ((status = check_shapes(graph, node, shapes, error)))
        return status;
    int32_t n = node->options.post_process.max_detections * node->options.post_process.max_classes;
    const MnetShape out[] = { { 3, { 1, n, 4 } }, { 2, { 1, n } }, { 2, { 1, n } }, { 1, { 1 } } };
    for (int32_t i = 0; i < N_OUTPUTS && !status; i++)
        status = mnet_set_output_shape(graph, node, i, shapes, &out[i], error);
    return status;
}

static Numbers numbers_of(const MnetStep *step, int32_t input, const void *data)
{
    const MnetTensor *tensor = mnet_in(step->graph, step->node, input);
    const MnetShape *shape = &step->shapes[step->node->inputs[input]];
    Numbers numbers = { .data = data,
                        .is_float = tensor->type == MNET_TYPE_FLOAT32,
                        .columns = (size_t)shape->dims[shape->rank - 1] };
    if (!numbers.is_float) {
        numbers.scale = tensor->quant.scale[0];
        numbers.zero = tensor->quant.zero_point[0];
    }
    return numbers;
}

static float number_at(const Numbers *numbers, size_t row, size_t column)
{
    size_t at = row * numbers->columns + numbers->first + column;
    if (numbers->is_float) {
        float value; /* constants lie at any address */
        memcpy(&value, (const uint8_t *)numbers->data + at * sizeof value, sizeof value);
        return value;
    }
    return (float)(((const int8_t *)numbers->data)[at] - numbers->zero) * numbers->scale;
}

static MnetCentreBox centre_at(const Numbers *numbers, size_t row)
{
    return (MnetCentreBox){ number_at(numbers, row, 0), number_at(numbers, row, 1),
                            number_at(numbers, row, 2), number_at(numbers, row, 3) };
}

static MnetStatus post_process_prepare(MnetGraph *graph, MnetNode *node, const MnetKernels *kernels,
                                       MnetError *error)
{
    const MnetTensor *tensor = mnet_in(graph, node, ANCHORS);
    size_t n = (size_t)tensor->dims[0];
    PostProcessPacked *packed = mnet_store_alloc(graph->store, sizeof *packed);
    if (!packed || !(packed->anchors = mnet_store_calloc(graph->store, n, sizeof *packed->anchors)))
        return mnet_error_memory(error, n * sizeof *packed->anchors);
    Numbers anchors = { .data = tensor->data,
                        .is_float = tensor->type == MNET_TYPE_FLOAT32,
                        .columns = 4 };
    if (!anchors.is_float) {
        anchors.scale = tensor->quant.scale[0];
        anchors.zero = tensor->quant.zero_point[0];
    }
    for (size_t i = 0; i < n; i++)
        packed->anchors[i] = centre_at(&anchors, i);
    node->packed = packed;
    return MNET_OK;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static MnetStatus post_process_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    const MnetPostProcess *p = &step->node->options.post_process;
    PostProcessState *s = mnet_store_alloc(store, sizeof *s);
    if (!s)
        return mnet_error_memory(error, sizeof *s);
    s->n_boxes = (size_t)step->shapes[step->node->inputs[CODES]].dims[1];
    s->n_classes = (size_t)p->n_classes;
    s->detections = (size_t)p->max_detections;
    s->kept_max = smaller(p->regular ? (size_t)p->per_class : s->detections, s->n_boxes);
    s->kept_at = mnet_round_up(s->n_boxes * sizeof(Candidate), MNET_ALIGN);
    s->result_at = s->kept_at + mnet_round_up(s->kept_max * sizeof(Kept), MNET_ALIGN);
    step->scratch = s->result_at + (p->regular ? s->detections * sizeof(Kept) : 0);
    /* Boxes compared with boxes, at worst, and scores that are looked at. */
    uint64_t rounds = p->regular ? s->n_classes : 1;
    step->macs = s->n_boxes * s->n_classes +
                 rounds * s->kept_max * (s->n_boxes + (p->regular ? s->detections : 0));
    step->state = s;
    return MNET_OK;
}

static bool comes_first(Candidate a, Candidate b)
{
    return a.score > b.score || (a.score == b.score && a.box < b.box);
}

/* Lets heap[at] sink; the heaps below it are in order. */
static void sift(Candidate *heap, size_t n, size_t at)
{
    Candidate moved = heap[at];
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        child += child + 1 < n && comes_first(heap[child + 1], heap[child]);
        if (!comes_first(heap[child], moved))
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

typedef struct {
    const MnetStep *step;
    Numbers codes, scores;
    Candidate *heap;
    Kept *kept;
} Run;

static bool is_usable(MnetBox b)
{
    return isfinite(b.top) && isfinite(b.left) && isfinite(b.bottom) && isfinite(b.right) &&
           b.top <= b.bottom && b.left <= b.right;
}

static MnetBox decode(const Run *r, size_t box)
{
    const MnetPostProcess *p = &r->step->node->options.post_process;
    const PostProcessPacked *packed = r->step->node->packed;
    MnetCentreBox scale = { p->scale_y, p->scale_x, p->scale_height, p->scale_width };
    return mnet_box_decode(centre_at(&r->codes, box), packed->anchors[box], scale);
}

/* Takes the best of n candidates into r->kept: at most `most`. */
static size_t suppress(const Run *r, size_t n, size_t most)
{
    float threshold = r->step->node->options.post_process.iou_threshold;
    size_t n_kept = 0;
    for (size_t i = n / 2; i-- > 0;)
        sift(r->heap, n, i);
    while (n && n_kept < most) {
        Candidate best = r->heap[0];
        r->heap[0] = r->heap[--n];
        sift(r->heap, n ? n : 1, 0);
        MnetBox box = decode(r, best.box);
        bool stays = is_usable(box);
        for (size_t i = 0; i < n_kept && stays; i++)
            stays = !(mnet_box_iou(r->kept[i].corners, box) > threshold);
        if (stays)
            r->kept[n_kept++] = (Kept){ .score = best.score, .box = best.box, .corners = box };
    }
    return n_kept;
}

/* The highest finite score of a box; -infinity when it has none. */
static float best_score(const Numbers *scores, size_t n_classes, size_t box)
{
    if (!scores->is_float) {
        const int8_t *row = (const int8_t *)scores->data + box * scores->columns + scores->first;
        int8_t most = row[0];
        for (size_t c = 1; c < n_classes; c++)
            most = row[c] > most ? row[c] : most;
        return (float)(most - scores->zero) * scores->scale;
    }
    float most = -INFINITY;
    for (size_t c = 0; c < n_classes; c++) {
        float score = number_at(scores, box, c);
        most = score > most && isfinite(score) ? score : most;
    }
    return most;
}

/* A candidate more when its score is finite and reaches `least`. */
static size_t add_candidate(Candidate *heap, size_t n, size_t box, float score, float least)
{
    if (isfinite(score) && score >= least)
        heap[n++] = (Candidate){ score, (uint32_t)box };
    return n;
}

/* Whether class a goes before class b in the list of a box. */
static bool is_better(float a, size_t a_class, float b, size_t b_class)
{
    return a > b || (a == b && a_class < b_class);
}

/* The class that follows the one of this score and number; n_classes: none. */
static size_t next_class(const Numbers *scores, size_t n_classes, size_t box, float score,
                         size_t class, float *found_score)
{
    size_t found = n_classes;
    for (size_t c = 0; c < n_classes; c++) {
        float s = number_at(scores, box, c);
        if (isfinite(s) && is_better(score, class, s, c) && c != class &&
            (found == n_classes || is_better(s, c, *found_score, found))) {
            found = c;
            *found_score = s;
        }
    }
    return found;
}

typedef struct {
    float *boxes, *classes, *scores, *count;
} Outputs;

static void write_one(const Outputs *out, size_t at, const Kept *kept, size_t class, float score)
{
    const float box[4] = { kept->corners.top, kept->corners.left, kept->corners.bottom,
                           kept->corners.right };
    memcpy(out->boxes + 4 * at, box, sizeof box);
    out->classes[at] = (float)class;
    out->scores[at] = score;
}

/* Each box with the highest of its scores, whatever class has it. */
static void run_fast(const PostProcessState *s, const Run *r, const Outputs *out)
{
    const MnetPostProcess *p = &r->step->node->options.post_process;
    size_t n = 0, categories = smaller((size_t)p->max_classes, s->n_classes);
    for (size_t box = 0; box < s->n_boxes; box++)
        n = add_candidate(r->heap, n, box, best_score(&r->scores, s->n_classes, box),
                          p->score_threshold);
    size_t n_kept = suppress(r, n, s->kept_max);
    for (size_t i = 0; i < n_kept; i++) {
        const Kept *kept = &r->kept[i];
        float score = INFINITY;
        size_t class = s->n_classes;
        for (size_t k = 0; k < categories; k++) {
            class = next_class(&r->scores, s->n_classes, kept->box, score, class, &score);
            if (class == s->n_classes)
                break;
            write_one(out, i * (size_t)p->max_classes + k, kept, class, score);
        }
    }
    out->count[0] = (float)n_kept;
}

/* Puts one behind those with its score or a higher one, if there is room. */
static size_t insert(Kept *result, size_t n, size_t most, const Kept *one)
{
    size_t at = n;
    while (at && result[at - 1].score < one->score)
        at--;
    if (at == most)
        return n;
    n -= n == most;
    memmove(result + at + 1, result + at, (n - at) * sizeof *result);
    result[at] = *one;
    return n + 1;
}

/* Each class by itself, then the best of all. */
static void run_regular(const PostProcessState *s, const Run *r, Kept *result, const Outputs *out)
{
    float least = r->step->node->options.post_process.score_threshold;
    size_t n_result = 0;
    for (size_t class = 0; class < s->n_classes; class ++) {
        size_t n = 0;
        if (n_result == s->detections && result[n_result - 1].score > least)
            least = result[n_result - 1].score;
        for (size_t box = 0; box < s->n_boxes; box++)
            n = add_candidate(r->heap, n, box, number_at(&r->scores, box, class), least);
        size_t n_kept = suppress(r, n, s->kept_max);
        for (size_t i = 0; i < n_kept; i++) {
            r->kept[i].class = (uint32_t) class;
            n_result = insert(result, n_result, s->detections, &r->kept[i]);
        }
    }
    for (size_t i = 0; i < n_result; i++)
        write_one(out, i, &result[i], result[i].class, result[i].score);
    out->count[0] = (float)n_result;
}

static void post_process_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                             void *scratch)
{
    const PostProcessState *s = step->state;
    const MnetNode *node = step->node;
    const Outputs out = { tensors[node->outputs[OUT_BOXES]], tensors[node->outputs[OUT_CLASSES]],
                          tensors[node->outputs[OUT_SCORES]], tensors[node->outputs[OUT_COUNT]] };
    for (int32_t i = 0; i < N_OUTPUTS; i++)
        memset(tensors[node->outputs[i]], 0,
               mnet_shape_elements(&step->shapes[node->outputs[i]]) * sizeof(float));
    Run r = { .step = step,
              .codes = numbers_of(step, CODES, tensors[node->inputs[CODES]]),
              .scores = numbers_of(step, SCORES, tensors[node->inputs[SCORES]]),
              .heap = scratch,
              .kept = (void *)((uint8_t *)scratch + s->kept_at) };
    r.scores.first = r.scores.columns - s->n_classes;
    if (node->options.post_process.regular)
        run_regular(s, &r, (void *)((uint8_t *)scratch + s->result_at), &out);
    else
        run_fast(s, &r, &out);
}

const MnetOpClass mnet_op_post_process = { post_process_infer, post_process_prepare,
                                           post_process_plan, post_process_run };
