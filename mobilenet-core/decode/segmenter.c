/* SPDX-License-Identifier: MIT
 *
 * A class for each pixel, and how sure the network is of it. */
#include "decode/segmenter.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/memory.h"

/* Logits that far below the largest add nothing to a byte. */
#define FAR_BELOW 12.0f

static MnetStatus match_labels(MnetSegmenter *s, MnetError *error)
{
    size_t count = mnet_labels_count(s->labels), classes = mnet_segmenter_classes(s);
    bool background = !strcasecmp(mnet_labels_get(s->labels, 0), "background");
    if (!classes || count == classes)
        return MNET_OK;
    if (s->kind == MNET_SEGMENTS_FOREGROUND && count == 1) {
        s->label_shift = -1;
        return MNET_OK;
    }
    if (count == classes + 1 && background) {
        s->label_shift = 1;
        return MNET_OK;
    }
    return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                          "%zu labels for %zu classes; give a labels file with %zu lines (in the "
                          "order of the network's classes, with its background class if it has "
                          "one)",
                          count, classes, classes);
}

static void fill_tables(MnetSegmenter *s)
{
    s->bytes = s->output.type == MNET_TYPE_INT8 || s->output.type == MNET_TYPE_UINT8;
    for (int i = 0; i < 256 && s->bytes; i++) {
        uint8_t byte = (uint8_t)i;
        s->value_of[i] = mnet_tensor_value(&s->output, &byte, 0);
        s->exponential_of[i] = expf(-(float)i * s->output.scale);
    }
}

MnetSegmenter *mnet_segmenter_new(const MnetTensorInfo *input, const MnetTensorInfo *output,
                                  const MnetLabels *labels, MnetError *error)
{
    MnetSegmenter *s = mnet_calloc(1, sizeof *s);
    if (!s) {
        mnet_error_memory(error, sizeof *s);
        return NULL;
    }
    s->labels = labels;
    if (mnet_segmenter_recognise(s, input, output, mnet_labels_count(labels), error) ||
        (labels && match_labels(s, error))) {
        mnet_free(s);
        return NULL;
    }
    s->labels = labels ? mnet_labels_ref(labels) : NULL;
    fill_tables(s);
    return s;
}

void mnet_segmenter_free(MnetSegmenter *s)
{
    if (!s)
        return;
    mnet_labels_unref(s->labels);
    mnet_free(s);
}

MnetSegments mnet_segmenter_kind(const MnetSegmenter *s)
{
    return s->kind;
}

int32_t mnet_segmenter_width(const MnetSegmenter *s)
{
    return s->width;
}

int32_t mnet_segmenter_height(const MnetSegmenter *s)
{
    return s->height;
}

size_t mnet_segmenter_classes(const MnetSegmenter *s)
{
    return s->kind == MNET_SEGMENTS_CLASSES      ? 0
           : s->kind == MNET_SEGMENTS_FOREGROUND ? 2
                                                 : s->channels;
}

const char *mnet_segmenter_label(const MnetSegmenter *s, size_t index)
{
    if (s->label_shift < 0 && !index)
        return "background";
    return mnet_labels_get(s->labels, (size_t)((ptrdiff_t)index + s->label_shift));
}

/* 0 to 255; what is no number is 0. */
static uint8_t to_byte(float probability)
{
    return (uint8_t)(probability >= 1 ? 255 : probability > 0 ? probability * 255 + 0.5f : 0);
}

static uint8_t class_number(const MnetSegmenter *s, const void *data, size_t at)
{
    int64_t number = s->output.type == MNET_TYPE_INT64 ? ((const int64_t *)data)[at]
                                                       : ((const int32_t *)data)[at];
    return (uint8_t)(number >= 0 && number < MNET_NO_SEGMENT ? number : MNET_NO_SEGMENT);
}

/* The numbers of a pixel. */
static void read_pixel(const MnetSegmenter *s, const void *data, size_t at, float *values)
{
    for (size_t c = 0; c < s->channels; c++, at += s->channel)
        values[c] = s->bytes ? s->value_of[((const uint8_t *)data)[at]] : ((const float *)data)[at];
}

static float foreground(const MnetSegmenter *s, const void *data, size_t at)
{
    float value;
    read_pixel(s, data, at, &value);
    return s->logits ? 1 / (1 + expf(-value)) : value;
}

/* The first largest; MNET_NO_SEGMENT when none is a number. */
static size_t largest(const float *values, size_t n)
{
    size_t best = MNET_NO_SEGMENT;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]) && (best == MNET_NO_SEGMENT || values[i] > values[best]))
            best = i;
    return best;
}

/* e to the power of how far a logit is below the largest. */
static float weight(const MnetSegmenter *s, float value, float most)
{
    float below = most - value;
    if (!(below < FAR_BELOW))
        return 0;
    return s->bytes ? s->exponential_of[(uint8_t)lrintf(below / s->output.scale)] : expf(-below);
}

/* Probability of the classes that are chosen, by their bits or, when there are none,
 * of class `best` alone. */
static float probability(const MnetSegmenter *s, const float *values, size_t best,
                         const uint32_t *chosen)
{
    float sum = 0, part = 0, most = values[best];
    if (!chosen && !s->logits)
        return most;
    for (size_t c = 0; c < s->channels; c++) {
        float value = s->logits ? weight(s, values[c], most) : values[c] > 0 ? values[c] : 0;
        bool counts = chosen ? chosen[c / 32] >> (c % 32) & 1 : c == best;
        sum += value;
        part += counts ? value : 0;
    }
    /* Scores of LOGISTIC are independent: more than 1 in all is brought to 1. */
    return s->logits || sum > 1 ? part / sum : part;
}

static void decode_pixel(const MnetSegmenter *s, const void *data, size_t pixel, uint8_t *class,
                         uint8_t *confidence)
{
    float values[MNET_MAX_SEGMENT_CLASSES], sure = 1;
    size_t at = pixel * s->pixel;
    if (s->kind == MNET_SEGMENTS_CLASSES) {
        *class = class_number(s, data, at);
    } else if (s->kind == MNET_SEGMENTS_FOREGROUND) {
        float p = foreground(s, data, at);
        *class = (uint8_t)(isnan(p) ? MNET_NO_SEGMENT : p >= 0.5f);
        sure = p >= 0.5f ? p : 1 - p;
    } else {
        read_pixel(s, data, at, values);
        size_t best = largest(values, s->channels);
        *class = (uint8_t)best;
        sure = best == MNET_NO_SEGMENT || !confidence ? 0 : probability(s, values, best, NULL);
    }
    if (confidence)
        *confidence = to_byte(sure);
}

void mnet_segmenter_decode(const MnetSegmenter *s, const void *data, uint8_t *classes,
                           uint8_t *confidence)
{
    size_t pixels = (size_t)s->width * (size_t)s->height;
    for (size_t i = 0; i < pixels; i++)
        decode_pixel(s, data, i, classes + i, confidence ? confidence + i : NULL);
}

static bool is_chosen(const uint32_t *chosen, size_t class)
{
    return class < MNET_NO_SEGMENT && (chosen[class / 32] >> (class % 32) & 1);
}

float mnet_segmenter_probability(const MnetSegmenter *s, const void *data, size_t at,
                                 const uint32_t *chosen)
{
    float values[MNET_MAX_SEGMENT_CLASSES];
    if (s->kind == MNET_SEGMENTS_CLASSES)
        return is_chosen(chosen, class_number(s, data, at));
    if (s->kind == MNET_SEGMENTS_FOREGROUND) {
        float p = foreground(s, data, at);
        float before = is_chosen(chosen, 0) ? 1 - p : 0;
        return is_chosen(chosen, 1) ? before + p : before;
    }
    read_pixel(s, data, at, values);
    size_t best = largest(values, s->channels);
    return best == MNET_NO_SEGMENT ? 0 : probability(s, values, best, chosen);
}

void mnet_segmenter_mask(const MnetSegmenter *s, const void *data, const uint32_t chosen[8],
                         uint8_t *mask)
{
    size_t pixels = (size_t)s->width * (size_t)s->height;
    for (size_t i = 0; i < pixels; i++)
        mask[i] = to_byte(mnet_segmenter_probability(s, data, i * s->pixel, chosen));
}
