/* SPDX-License-Identifier: MIT
 *
 * The best classes of an output tensor. */
#include <mnet/decode.h>

#include <math.h>
#include <strings.h>

#include "base/error.h"
#include "base/memory.h"

struct MnetClassifier {
    MnetTensorInfo output;
    const MnetLabels *labels; /* NULL: none */
    ptrdiff_t label_shift;    /* class i has label i + label_shift */
    float *scores;            /* of every class, of the data decoded last */
    bool bytes;
    float value_of[256]; /* of each byte of an 8-bit output, as mnet_tensor_value() */
};

static MnetStatus check_output(const MnetTensorInfo *output, MnetError *error)
{
    static const char *const kinds[] = {
        [MNET_OUTPUT_OTHER] = "no layer of class scores",
        [MNET_OUTPUT_FEATURES] = "a feature vector (an embedding)",
        [MNET_OUTPUT_CLASSES] = "made of class numbers",
        [MNET_OUTPUT_TANH] = "made by TANH",
    };
    if (output->kind == MNET_OUTPUT_OTHER || output->kind == MNET_OUTPUT_FEATURES ||
        output->kind == MNET_OUTPUT_CLASSES || output->kind == MNET_OUTPUT_TANH)
        return mnet_error_set(
            error, MNET_ERROR_UNSUPPORTED,
            "its output \"%.80s\" is %s, a classifier is expected: class scores made "
            "by SOFTMAX, LOGISTIC, CONV_2D or FULLY_CONNECTED",
            output->name, kinds[output->kind]);
    int32_t large = 0;
    for (int32_t i = 0; i < output->rank; i++)
        large += output->dims[i] > 1;
    if (large != 1 || mnet_type_size(output->type) > 4)
        return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                              "its output \"%.80s\" has %d dimensions larger than 1 and type %s, a "
                              "classifier is expected: one row of at least 2 class scores",
                              output->name, large, mnet_type_name(output->type));
    return MNET_OK;
}

/* Where a count that differs by one is certain to be the background class. */
static MnetStatus match_labels(const MnetTensorInfo *output, const MnetLabels *labels,
                               ptrdiff_t *shift, MnetError *error)
{
    size_t classes = output->elements, count = mnet_labels_count(labels);
    bool background = !strcasecmp(mnet_labels_get(labels, 0), "background");
    *shift = 0;
    if (count == classes)
        return MNET_OK;
    if (count + 1 == classes && !background && classes == 1001) {
        *shift = -1;
        return MNET_OK;
    }
    if (count == classes + 1 && background) {
        *shift = 1;
        return MNET_OK;
    }
    return mnet_error_set(
        error, MNET_ERROR_ARGUMENT,
        "%zu labels for %zu classes; give a labels file with %zu lines (in the order "
        "of the network's classes, with its background class if it has one)",
        count, classes, classes);
}

MnetClassifier *mnet_classifier_new(const MnetTensorInfo *output, const MnetLabels *labels,
                                    MnetError *error)
{
    ptrdiff_t shift = 0;
    if (check_output(output, error) || (labels && match_labels(output, labels, &shift, error)))
        return NULL;
    MnetClassifier *c = mnet_calloc(1, sizeof *c);
    float *scores = mnet_calloc(output->elements, sizeof *scores);
    if (!c || !scores) {
        mnet_error_memory(error, output->elements * sizeof *scores);
        mnet_free(c);
        mnet_free(scores);
        return NULL;
    }
    c->output = *output;
    c->labels = labels ? mnet_labels_ref(labels) : NULL;
    c->label_shift = shift;
    c->scores = scores;
    c->bytes = output->type == MNET_TYPE_INT8 || output->type == MNET_TYPE_UINT8;
    for (int i = 0; i < 256 && c->bytes; i++) {
        uint8_t byte = (uint8_t)i;
        c->value_of[i] = mnet_tensor_value(output, &byte, 0);
    }
    return c;
}

void mnet_classifier_free(MnetClassifier *c)
{
    if (!c)
        return;
    mnet_labels_unref(c->labels);
    mnet_free(c->scores);
    mnet_free(c);
}

size_t mnet_classifier_classes(const MnetClassifier *c)
{
    return c->output.elements;
}

/* What is not finite counts as nothing. */
static float exp_from(float value, float max)
{
    return isfinite(value) ? expf(value - max) : 0;
}

static float clamp_score(float value)
{
    if (!isfinite(value) || value < 0)
        return 0;
    return value < 1 ? value : 1;
}

static float largest(const float *values, size_t n)
{
    float max = -INFINITY;
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i]) && values[i] > max)
            max = values[i];
    return max;
}

static void divide_by_sum(float *scores, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)scores[i];
    for (size_t i = 0; i < n && sum > 0; i++)
        scores[i] = (float)((double)scores[i] / sum);
}

/* By way of a table: 256 exponentials whatever the number of classes. */
static void read_bytes(const MnetClassifier *c, const uint8_t *data, float *scores)
{
    size_t n = c->output.elements;
    bool logits = c->output.kind == MNET_OUTPUT_LOGITS;
    float score_of[256], max = 0;
    if (logits) {
        for (size_t i = 0; i < n; i++)
            scores[i] = c->value_of[data[i]];
        max = largest(scores, n);
    }
    for (int i = 0; i < 256; i++)
        score_of[i] = logits ? exp_from(c->value_of[i], max) : clamp_score(c->value_of[i]);
    for (size_t i = 0; i < n; i++)
        scores[i] = score_of[data[i]];
}

static void read_values(const MnetClassifier *c, const void *data, float *scores)
{
    size_t n = c->output.elements;
    for (size_t i = 0; i < n; i++)
        scores[i] = mnet_tensor_value(&c->output, data, i);
    bool logits = c->output.kind == MNET_OUTPUT_LOGITS;
    float max = logits ? largest(scores, n) : 0;
    for (size_t i = 0; i < n; i++)
        scores[i] = logits ? exp_from(scores[i], max) : clamp_score(scores[i]);
}

void mnet_classifier_scores(const MnetClassifier *c, const void *data, float *scores)
{
    if (c->bytes)
        read_bytes(c, data, scores);
    else
        read_values(c, data, scores);
    if (c->output.kind == MNET_OUTPUT_LOGITS)
        divide_by_sum(scores, c->output.elements);
}

static MnetClass class_at(const MnetClassifier *c, const float *scores, size_t index)
{
    ptrdiff_t label = (ptrdiff_t)index + c->label_shift;
    /* The background class of a network whose labels leave it out. */
    const char *name =
        c->label_shift < 0 && !index ? "background" : mnet_labels_get(c->labels, (size_t)label);
    return (MnetClass){ (uint32_t)index, scores[index], name };
}

size_t mnet_classifier_best(const MnetClassifier *c, const float *scores, size_t k, float threshold,
                            MnetClass *best)
{
    size_t n = 0;
    for (size_t i = 0; i < c->output.elements && k; i++) {
        float score = scores[i];
        if (score < threshold || (n == k && score <= best[n - 1].score))
            continue;
        size_t at = n < k ? n++ : n - 1;
        for (; at > 0 && best[at - 1].score < score; at--)
            best[at] = best[at - 1];
        best[at] = class_at(c, scores, i);
    }
    return n;
}

size_t mnet_classifier_decode(MnetClassifier *c, const void *data, size_t k, float threshold,
                              MnetClass *best)
{
    mnet_classifier_scores(c, data, c->scores);
    return mnet_classifier_best(c, c->scores, k, threshold, best);
}
