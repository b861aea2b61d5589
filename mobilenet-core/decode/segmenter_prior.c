/* SPDX-License-Identifier: MIT
 *
 * The mask of the frame before, as a channel of the next picture. */
#include <math.h>

#include "decode/segmenter.h"

#define CHANNEL 3

/* Class 1. */
static const uint32_t foreground[8] = { 2 };

bool mnet_segmenter_takes_prior(const MnetSegmenter *s)
{
    bool first = s->input.channels_first;
    return s->input.dims[first ? 1 : 3] == CHANNEL + 1 && mnet_segmenter_classes(s) == 2 &&
           s->height == s->input.dims[first ? 2 : 1] && s->width == s->input.dims[first ? 3 : 2];
}

/* What an 8-bit input stores for a probability. */
static uint8_t stored(const MnetTensorInfo *input, float probability)
{
    double low = input->type == MNET_TYPE_INT8 ? -128 : 0;
    double number = input->scale > 0
                        ? rint((double)probability / (double)input->scale) + input->zero_point
                        : rint((double)probability * 255) + low;
    return (uint8_t)(int)fmin(fmax(number, low), low + 255);
}

/* One number for each byte of an output of one channel. */
static void prior_of_bytes(const MnetSegmenter *s, const uint8_t *data, uint8_t *to, size_t step)
{
    size_t pixels = (size_t)s->width * (size_t)s->height;
    uint8_t number_of[256];
    for (int i = 0; i < 256; i++) {
        uint8_t byte = (uint8_t)i;
        float p[MNET_SEGMENT_LANES];
        mnet_segmenter_probabilities(s, &byte, 0, 1, foreground, p);
        number_of[i] = stored(&s->input, p[0]);
    }
    for (size_t i = 0; i < pixels; i++, to += step)
        *to = number_of[data[i]];
}

static void prior_of_numbers(const MnetSegmenter *s, const void *data, void *input, size_t at,
                             size_t step)
{
    size_t pixels = (size_t)s->width * (size_t)s->height;
    float p[MNET_SEGMENT_LANES] = { 0 };
    for (size_t i = 0; i < pixels; i++, at += step) {
        size_t lane = i % MNET_SEGMENT_LANES, left = pixels - i;
        if (data && !lane)
            mnet_segmenter_probabilities(
                s, data, i, left < MNET_SEGMENT_LANES ? left : MNET_SEGMENT_LANES, foreground, p);
        float number = p[lane] > 0 ? p[lane] : 0;
        if (s->input.type == MNET_TYPE_FLOAT32)
            ((float *)input)[at] = number;
        else
            ((uint8_t *)input)[at] = stored(&s->input, number);
    }
}

void mnet_segmenter_prior(const MnetSegmenter *s, const void *data, void *input)
{
    bool first = s->input.channels_first, is_float = s->input.type == MNET_TYPE_FLOAT32;
    size_t pixels = (size_t)s->width * (size_t)s->height;
    size_t step = first ? 1 : CHANNEL + 1, at = first ? CHANNEL * pixels : CHANNEL;
    if (data && s->bytes && s->channels == 1 && !is_float)
        prior_of_bytes(s, data, (uint8_t *)input + at, step);
    else
        prior_of_numbers(s, data, input, at, step);
}
