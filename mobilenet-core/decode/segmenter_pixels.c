/* SPDX-License-Identifier: MIT
 *
 * A class for each pixel, and how sure the network is of it.  Sixteen pixels are read at
 * once, channel by channel, in vectors of four, which all machines have. */
#include <math.h>
#include <string.h>

#include "decode/segmenter.h"

#define LANES MNET_SEGMENT_LANES
#define WIDTH 4
#define VECTORS (LANES / WIDTH)

typedef float Vector __attribute__((vector_size(4 * WIDTH), may_alias));
typedef int32_t Mask __attribute__((vector_size(4 * WIDTH), may_alias)); /* -1: yes */

/* Numbers of LANES pixels. */
typedef union {
    Vector v[VECTORS];
    Mask m[VECTORS];
    float number[LANES];
    int32_t integer[LANES];
} Lanes;

static inline Vector choose(Mask mask, Vector yes, Vector no)
{
    return (Vector)((mask & (Mask)yes) | (~mask & (Mask)no));
}

/* The channels of `n` pixels from `first` on; those of more pixels are 0. */
static void read_pixels(const MnetSegmenter *s, const void *data, size_t first, size_t n,
                        Lanes *values)
{
    for (size_t c = 0; n < LANES && c < s->channels; c++)
        memset(&values[c], 0, sizeof values[c]);
    for (size_t c = 0; !s->bytes && s->pixel == 1 && c < s->channels; c++)
        memcpy(&values[c], (const float *)data + c * s->channel + first, n * sizeof(float));
    for (size_t k = 0; k < n && s->bytes; k++) {
        const uint8_t *bytes = (const uint8_t *)data + (first + k) * s->pixel;
        for (size_t c = 0; c < s->channels; c++)
            values[c].number[k] = s->value_of[bytes[c * s->channel]];
    }
    for (size_t k = 0; k < n && !s->bytes && s->pixel > 1; k++) {
        const float *floats = (const float *)data + (first + k) * s->pixel;
        for (size_t c = 0; c < s->channels; c++)
            values[c].number[k] = floats[c];
    }
}

/* The first largest; MNET_NO_SEGMENT when none is a number. */
static void find_largest(size_t channels, const Lanes *values, Lanes *most, Lanes *best)
{
    for (size_t i = 0; i < VECTORS; i++) {
        Vector largest = (Vector){ 0 } - INFINITY;
        Mask class = (Mask){ 0 } + MNET_NO_SEGMENT;
        for (size_t c = 0; c < channels; c++) {
            Vector value = values[c].v[i];
            Mask first = (class == MNET_NO_SEGMENT) & (value == value);
            Mask take = first | (value > largest);
            largest = choose(take, value, largest);
            class = (take & (int32_t)c) | (~take & class);
        }
        most->v[i] = largest;
        best->m[i] = class;
    }
}

/* e to the power of x, at most 0, within 3e-6 of it; NaN and less than -80 are -80. */
static inline Vector exponential(Vector x)
{
    x = choose(x > -80.0f, x, (Vector){ 0 } - 80.0f);
    Vector power = x * 1.442695041f;
    Mask whole = __builtin_convertvector(power - 0.5f, Mask);
    /* Within ln 2 / 2 of 0. */
    Vector y = (power - __builtin_convertvector(whole, Vector)) * 0.693147181f;
    Vector part = 1 + y * (1 + y * (0.5f + y * (1 / 6.0f + y * (1 / 24.0f + y * (1 / 120.0f)))));
    return part * (Vector)((whole + 127) << 23);
}

/* Sums of what the chosen classes weigh, and of all of them: of logits e to the power of
 * how far they are below the largest. */
static void weigh(const MnetSegmenter *s, const Lanes *values, const Lanes *most,
                  const uint32_t *chosen, Lanes *part, Lanes *sum)
{
    memset(sum, 0, sizeof *sum);
    memset(part, 0, sizeof *part);
    for (size_t c = 0; c < s->channels; c++) {
        bool counts = chosen && chosen[c / 32] >> (c % 32) & 1;
        for (size_t i = 0; i < VECTORS; i++) {
            Vector value = values[c].v[i];
            Vector weight = s->logits ? exponential(value - most->v[i])
                                      : choose(value > 0, value, (Vector){ 0 });
            sum->v[i] += weight;
            if (counts)
                part->v[i] += weight;
        }
    }
}

/* Of networks that tell one: class 1. */
static void read_foreground(const MnetSegmenter *s, const void *data, size_t first, size_t n,
                            Lanes *p)
{
    read_pixels(s, data, first, n, p);
    for (size_t i = 0; i < VECTORS && s->logits; i++) {
        Vector x = p->v[i], weight = exponential(choose(x > 0, -x, x)), more = 1 / (1 + weight);
        p->v[i] = choose(x == x, choose(x >= 0, more, weight * more), x);
    }
}

/* 0 to 255; what is no number is 0. */
static void store_bytes(size_t n, const Lanes *probabilities, uint8_t *to)
{
    Lanes steps;
    uint8_t bytes[LANES];
    for (size_t i = 0; i < VECTORS; i++) {
        Vector p = probabilities->v[i];
        p = choose(p > 0, p, (Vector){ 0 });
        p = choose(p < 1, p, (Vector){ 0 } + 1);
        steps.m[i] = __builtin_convertvector(p * 255 + 0.5f, Mask);
    }
    for (size_t k = 0; k < LANES; k++)
        bytes[k] = (uint8_t)steps.integer[k];
    memcpy(to, bytes, n);
}

static uint8_t class_of(int64_t number)
{
    return (uint8_t)((uint64_t)number < MNET_NO_SEGMENT ? number : MNET_NO_SEGMENT);
}

static void read_classes(const MnetSegmenter *s, const void *data, size_t first, size_t n,
                         uint8_t *classes)
{
    for (size_t k = 0; k < n && s->output.type == MNET_TYPE_INT64; k++)
        classes[k] = class_of(((const int64_t *)data)[first + k]);
    for (size_t k = 0; k < n && s->output.type != MNET_TYPE_INT64; k++)
        classes[k] = class_of(((const int32_t *)data)[first + k]);
}

static void store_classes(size_t n, const Lanes *classes, uint8_t *to)
{
    uint8_t bytes[LANES];
    for (size_t k = 0; k < LANES; k++)
        bytes[k] = (uint8_t)classes->integer[k];
    memcpy(to, bytes, n);
}

static void decode_foreground(const MnetSegmenter *s, const void *data, size_t first, size_t n,
                              uint8_t *classes, Lanes *sure)
{
    Lanes p, class;
    read_foreground(s, data, first, n, &p);
    for (size_t i = 0; i < VECTORS; i++) {
        Vector value = p.v[i];
        Mask is = value >= 0.5f;
        class.m[i] = (is & 1) | ((value != value) & MNET_NO_SEGMENT);
        sure->v[i] = choose(is, value, 1 - value);
    }
    store_classes(n, &class, classes);
}

/* `sure` may be NULL. */
static void decode_scores(const MnetSegmenter *s, const void *data, size_t first, size_t n,
                          uint8_t *classes, Lanes *sure)
{
    Lanes values[MNET_MAX_SEGMENT_CLASSES], most, best, part, sum;
    read_pixels(s, data, first, n, values);
    find_largest(s->channels, values, &most, &best);
    store_classes(n, &best, classes);
    if (!sure)
        return;
    *sure = most;
    if (s->logits)
        weigh(s, values, &most, NULL, &part, &sum);
    /* The largest weighs 1, unless it is infinite. */
    for (size_t i = 0; i < VECTORS && s->logits; i++)
        sure->v[i] = choose(sum.v[i] >= 1, 1 / sum.v[i], (Vector){ 0 });
    for (size_t i = 0; i < VECTORS; i++)
        sure->v[i] = choose(best.m[i] == MNET_NO_SEGMENT, (Vector){ 0 }, sure->v[i]);
}

static bool is_chosen(const uint32_t *chosen, size_t class)
{
    return class < MNET_NO_SEGMENT && (chosen[class / 32] >> (class % 32) & 1);
}

/* Of scores. */
static void choose_scores(const MnetSegmenter *s, const void *data, size_t first, size_t n,
                          const uint32_t *chosen, Lanes *p)
{
    Lanes values[MNET_MAX_SEGMENT_CLASSES], most, best, part, sum;
    read_pixels(s, data, first, n, values);
    find_largest(s->channels, values, &most, &best);
    weigh(s, values, &most, chosen, &part, &sum);
    for (size_t i = 0; i < VECTORS; i++) {
        /* Scores of LOGISTIC are independent: more than 1 in all is brought to 1.  Of logits
         * the largest weighs 1, unless it is infinite. */
        Vector share = part.v[i] / sum.v[i], none = { 0 };
        p->v[i] =
            s->logits ? choose(sum.v[i] >= 1, share, none) : choose(sum.v[i] > 1, share, part.v[i]);
    }
}

void mnet_segmenter_probabilities(const MnetSegmenter *s, const void *data, size_t first, size_t n,
                                  const uint32_t *chosen, float probabilities[LANES])
{
    Lanes p = { .number = { 0 } };
    if (s->kind == MNET_SEGMENTS_CLASSES) {
        uint8_t classes[LANES];
        read_classes(s, data, first, n, classes);
        for (size_t k = 0; k < n; k++)
            p.number[k] = is_chosen(chosen, classes[k]);
    } else if (s->kind == MNET_SEGMENTS_FOREGROUND) {
        float before = is_chosen(chosen, 0), after = is_chosen(chosen, 1);
        read_foreground(s, data, first, n, &p);
        for (size_t i = 0; i < VECTORS; i++)
            p.v[i] = before * (1 - p.v[i]) + after * p.v[i];
    } else {
        choose_scores(s, data, first, n, chosen, &p);
    }
    memcpy(probabilities, p.number, sizeof p);
}

void mnet_segmenter_decode(const MnetSegmenter *s, const void *data, uint8_t *classes,
                           uint8_t *confidence)
{
    size_t pixels = (size_t)s->width * (size_t)s->height;
    if (s->kind == MNET_SEGMENTS_CLASSES) {
        read_classes(s, data, 0, pixels, classes);
        if (confidence)
            memset(confidence, 255, pixels);
        return;
    }
    for (size_t i = 0; i < pixels; i += LANES) {
        size_t n = pixels - i < LANES ? pixels - i : LANES;
        Lanes sure;
        if (s->kind == MNET_SEGMENTS_FOREGROUND)
            decode_foreground(s, data, i, n, classes + i, &sure);
        else
            decode_scores(s, data, i, n, classes + i, confidence ? &sure : NULL);
        if (confidence)
            store_bytes(n, &sure, confidence + i);
    }
}

void mnet_segmenter_mask(const MnetSegmenter *s, const void *data, const uint32_t chosen[8],
                         uint8_t *mask)
{
    size_t pixels = (size_t)s->width * (size_t)s->height;
    for (size_t i = 0; i < pixels; i += LANES) {
        size_t n = pixels - i < LANES ? pixels - i : LANES;
        Lanes p;
        mnet_segmenter_probabilities(s, data, i, n, chosen, p.number);
        store_bytes(n, &p, mask + i);
    }
}
