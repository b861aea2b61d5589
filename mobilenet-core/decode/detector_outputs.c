/* SPDX-License-Identifier: MIT
 *
 * Which outputs of a network are boxes and scores, and in which form. */
#include <stdio.h>

#include "base/error.h"
#include "decode/detector.h"

#define EXPECTED                                                                        \
    "expected are the outputs of TFLite_Detection_PostProcess, or boxes [1, n, 4] and " \
    "scores [1, n, classes]"

static bool is_probability(MnetOutputKind kind)
{
    return kind == MNET_OUTPUT_LOGISTIC || kind == MNET_OUTPUT_SOFTMAX;
}

/* A tensor as `rows` rows of its last dimension, of one picture. */
static bool as_rows(const MnetTensorInfo *info, size_t *rows, size_t *columns)
{
    if (info->rank < 2 || (info->rank > 2 && info->dims[0] != 1) || mnet_type_size(info->type) > 4)
        return false;
    *columns = (size_t)info->dims[info->rank - 1];
    *rows = info->elements / *columns;
    return true;
}

static bool is_boxes(const MnetOutputFacts *output, size_t *n, size_t *code)
{
    return as_rows(&output->info, n, code) && *n > 1 && *code >= 4 &&
           *code <= 4 + 2 * MNET_MAX_POINTS && *code % 2 == 0 && !is_probability(output->info.kind);
}

/* Scores of `n` boxes: [1, n, columns], or [1, n]. */
static bool is_scores(const MnetOutputFacts *output, size_t n, size_t *columns)
{
    size_t rows;
    if (!as_rows(&output->info, &rows, columns))
        return false;
    if (rows == 1 && *columns == n) {
        *columns = 1;
        return true;
    }
    return rows == n;
}

static MnetStatus no_detector(const MnetNetworkFacts *facts, MnetError *error)
{
    const MnetTensorInfo *info = &facts->outputs[0].info;
    char shape[96] = "";
    for (int i = 0, at = 0; i < info->rank; i++)
        at += snprintf(shape + at, sizeof shape - (size_t)at, "%s%d", i ? ", " : "", info->dims[i]);
    bool scores = is_probability(info->kind) || info->kind == MNET_OUTPUT_LOGITS;
    return mnet_error_set(
        error, MNET_ERROR_UNSUPPORTED,
        "the network is no detector%s: it has %zu output%s, the first, \"%.60s\", "
        "is [%s]; " EXPECTED,
        facts->n_outputs == 1 && scores ? " (but a classifier)" : "", facts->n_outputs,
        facts->n_outputs == 1 ? "" : "s", info->name, shape);
}

static void take_output(MnetDetector *d, const MnetNetworkFacts *facts, MnetRole role, size_t index)
{
    d->outputs[role] = index;
    d->tensors[role] = facts->outputs[index].info;
}

static MnetStatus take_post_process(MnetDetector *d, const MnetNetworkFacts *facts,
                                    MnetError *error)
{
    for (size_t i = 0; i < facts->n_outputs; i++) {
        MnetRole role = facts->outputs[i].role;
        if (role != MNET_ROLE_NONE && d->outputs[role] != SIZE_MAX)
            return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                                  "outputs %zu and %zu are both of the same kind, of several "
                                  "TFLite_Detection_PostProcess; one is expected",
                                  d->outputs[role], i);
        if (role != MNET_ROLE_NONE)
            take_output(d, facts, role, i);
    }
    if (d->outputs[MNET_ROLE_BOXES] == SIZE_MAX || d->outputs[MNET_ROLE_CLASSES] == SIZE_MAX ||
        d->outputs[MNET_ROLE_SCORES] == SIZE_MAX)
        return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                              "boxes, classes and scores of TFLite_Detection_PostProcess must all "
                              "be outputs of the network");
    size_t n = d->tensors[MNET_ROLE_BOXES].elements / 4;
    if (!n || d->tensors[MNET_ROLE_BOXES].elements % 4 ||
        d->tensors[MNET_ROLE_CLASSES].elements != n || d->tensors[MNET_ROLE_SCORES].elements != n ||
        !facts->n_classes)
        return mnet_error_set(
            error, MNET_ERROR_FORMAT,
            "TFLite_Detection_PostProcess gives %zu numbers of boxes, %zu classes "
            "of %zu and %zu scores, which do not fit",
            d->tensors[MNET_ROLE_BOXES].elements, d->tensors[MNET_ROLE_CLASSES].elements,
            facts->n_classes, d->tensors[MNET_ROLE_SCORES].elements);
    d->info.kind = MNET_DETECTOR_POST_PROCESS;
    d->rows_per_box = facts->rows_per_box ? facts->rows_per_box : 1;
    d->info.n_boxes = n / d->rows_per_box;
    d->info.n_classes = facts->n_classes;
    d->code = 4;
    return MNET_OK;
}

/* Finds the pair of boxes and scores; returns how many there are. */
static size_t find_pairs(MnetDetector *d, const MnetNetworkFacts *facts, bool probabilities)
{
    size_t found = 0, n, code, columns;
    for (size_t b = 0; b < facts->n_outputs; b++) {
        if (!is_boxes(&facts->outputs[b], &n, &code))
            continue;
        for (size_t s = 0; s < facts->n_outputs; s++) {
            if (s == b || !is_scores(&facts->outputs[s], n, &columns) ||
                (code > 4 && columns > 1) ||
                (probabilities && !is_probability(facts->outputs[s].info.kind)))
                continue;
            found++;
            take_output(d, facts, MNET_ROLE_BOXES, b);
            take_output(d, facts, MNET_ROLE_SCORES, s);
            d->info.kind = MNET_DETECTOR_SSD;
            d->info.n_boxes = n;
            d->code = code;
            d->columns = columns;
        }
    }
    return found;
}

MnetStatus mnet_detector_find_outputs(MnetDetector *d, const MnetNetworkFacts *facts,
                                      const MnetDetectorOptions *options, MnetError *error)
{
    d->rows_per_box = 1;
    for (size_t role = 0; role < MNET_ROLE_NONE; role++)
        d->outputs[role] = SIZE_MAX;
    for (size_t i = 0; i < facts->n_outputs; i++)
        if (facts->outputs[i].role != MNET_ROLE_NONE)
            return take_post_process(d, facts, error);
    size_t found = find_pairs(d, facts, true);
    if (!found)
        found = find_pairs(d, facts, false);
    if (!found)
        return no_detector(facts, error);
    if (found > 1)
        return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                              "which outputs are boxes and which are scores is not certain: %zu "
                              "pairs fit; scores that end with LOGISTIC or SOFTMAX would tell",
                              found);
    if (d->info.n_boxes > MNET_MAX_ANCHORS)
        return mnet_error_set(error, MNET_ERROR_LIMIT, "%zu boxes, at most %d are decoded",
                              d->info.n_boxes, MNET_MAX_ANCHORS);
    return MNET_OK;
}

static MnetStatus find_box_format(MnetDetector *d, const MnetOutputFacts *boxes,
                                  const MnetDetectorOptions *options, MnetError *error)
{
    MnetBoxFormat format = options->box_format;
    if (d->code > 4) {
        if (format != MNET_BOXES_AUTO && format != MNET_BOXES_CODES)
            return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                                  "boxes with key points are codes; set box-format to codes or to "
                                  "what it was");
        d->info.kind = MNET_DETECTOR_MEDIAPIPE;
        d->info.n_points = (d->code - 4) / 2;
        d->box_format = MNET_BOXES_CODES;
        return MNET_OK;
    }
    if (format == MNET_BOXES_AUTO && boxes->decoded)
        format = boxes->corners;
    else if (format == MNET_BOXES_AUTO && boxes->info.kind == MNET_OUTPUT_LOGITS)
        format = MNET_BOXES_CODES;
    if (format == MNET_BOXES_AUTO)
        return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                              "what the 4 numbers of a box in output \"%.60s\" are is not certain; "
                              "set box-format to codes, corners-xy or corners-yx",
                              boxes->info.name);
    d->info.kind = format == MNET_BOXES_CODES ? MNET_DETECTOR_SSD : MNET_DETECTOR_DECODED;
    d->box_format = format;
    return MNET_OK;
}

static MnetStatus find_score_format(MnetDetector *d, const MnetDetectorOptions *options,
                                    MnetError *error)
{
    MnetScoreFormat format = options->score_format;
    MnetOutputKind kind = d->tensors[MNET_ROLE_SCORES].kind;
    if (format == MNET_SCORES_AUTO && is_probability(kind))
        format = MNET_SCORES_PROBABILITIES;
    /* The softmax of one number is 1. */
    else if (format == MNET_SCORES_AUTO && (d->info.kind == MNET_DETECTOR_MEDIAPIPE ||
                                            (kind == MNET_OUTPUT_LOGITS && d->columns == 1)))
        format = MNET_SCORES_SIGMOID;
    if (format == MNET_SCORES_AUTO)
        return mnet_error_set(
            error, MNET_ERROR_UNSUPPORTED,
            "whether the scores in output \"%.60s\" are probabilities or logits is "
            "not certain; set score-format to probabilities, sigmoid or softmax",
            d->tensors[MNET_ROLE_SCORES].name);
    d->info.score_format = format;
    return MNET_OK;
}

MnetStatus mnet_detector_find_formats(MnetDetector *d, const MnetNetworkFacts *facts,
                                      const MnetDetectorOptions *options, MnetError *error)
{
    d->info.score_format = MNET_SCORES_PROBABILITIES;
    d->info.nms = MNET_NMS_HARD;
    if (d->info.kind == MNET_DETECTOR_POST_PROCESS) {
        d->box_format = MNET_BOXES_CORNERS_YX;
        return MNET_OK;
    }
    MnetStatus status =
        find_box_format(d, &facts->outputs[d->outputs[MNET_ROLE_BOXES]], options, error);
    if (!status)
        status = find_score_format(d, options, error);
    d->info.overlap_threshold = d->info.kind == MNET_DETECTOR_SSD ? 0.6f : 0.3f;
    if (d->info.kind == MNET_DETECTOR_MEDIAPIPE)
        d->info.nms = MNET_NMS_BLEND;
    return status;
}
