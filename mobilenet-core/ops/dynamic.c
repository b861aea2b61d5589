/* SPDX-License-Identifier: MIT
 *
 * ROUND_DYNAMIC: what TFLite does to the float activations of a layer with
 * integer weights.  It quantises them to int8 by the range they have at the
 * moment, one range for each picture of a batch (each row for FULLY_CONNECTED),
 * and multiplies integers.  Here they are put back to float at once: sums of
 * products of such numbers are those of the integers up to float rounding. */
#include <math.h>

#include "ops/classes.h"

#define LANES 8

typedef struct {
    float scale, inverse; /* the two are rounded apart, as the reference does */
    float zero, low, high;
} Steps;

/* 255 steps that cover the range and 0, 0 being one of them: the zero point is
 * computed from the end of the range that gives the smaller error. */
static Steps asymmetric_steps(float low, float high)
{
    double min = low < 0 ? low : 0, max = high > 0 ? high : 0;
    double scale = (max - min) / 255, zero;
    double from_min = -128 - min / scale, from_max = 127 - max / scale;
    zero = 128 + fabs(min / scale) < 127 + fabs(max / scale) ? from_min : from_max;
    zero = zero <= -128 ? -128 : zero >= 127 ? 127 : round(zero);
    return (Steps){ (float)scale, 1 / (float)scale, (float)zero, -128, 127 };
}

static Steps symmetric_steps(float low, float high)
{
    float range = fmaxf(fabsf(low), fabsf(high));
    return (Steps){ range / 127, 127 / range, 0, -127, 127 };
}

/* The least and the most of many, for vectors; `odd`: one was no number. */
typedef struct {
    float least[LANES], most[LANES];
    int32_t odd[LANES];
} Range;

static inline void widen(Range *range, size_t k, float number)
{
    range->least[k] = number < range->least[k] ? number : range->least[k];
    range->most[k] = number > range->most[k] ? number : range->most[k];
    range->odd[k] |= number != number;
}

/* False when one is no number: those are not compared. */
static bool find_range(size_t n, const float *in, float *low, float *high)
{
    Range r = { .odd = { 0 } };
    size_t i = 0;
    for (size_t k = 0; k < LANES; k++)
        r.least[k] = r.most[k] = in[0];
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            widen(&r, k, in[i + k]);
    for (; i < n; i++)
        widen(&r, i % LANES, in[i]);
    for (size_t k = 1; k < LANES; k++) {
        widen(&r, 0, r.least[k]);
        widen(&r, 0, r.most[k]);
        r.odd[0] |= r.odd[k];
    }
    *low = r.least[0];
    *high = r.most[0];
    return !r.odd[0];
}

/* The largest number below one half: a half goes away from zero, as by roundf(). */
#define NEARLY_HALF 0.49999997f

/* For vectors: of numbers that are within the range of the steps, or a step beside it. */
static void round_numbers(const Steps *steps, size_t n, const float *restrict in,
                          float *restrict out)
{
    const float zero = steps->zero, inverse = steps->inverse, scale = steps->scale;
    const int32_t low = (int32_t)steps->low, high = (int32_t)steps->high;
    for (size_t i = 0; i < n; i++) {
        float place = zero + in[i] * inverse;
        int32_t q = (int32_t)(place + copysignf(NEARLY_HALF, place));
        q = q < low ? low : q;
        q = q > high ? high : q;
        out[i] = scale * ((float)q - zero);
    }
}

static void round_row(bool symmetric, size_t n, const float *in, float *out)
{
    float low, high;
    bool numbers = find_range(n, in, &low, &high);
    Steps s = symmetric ? symmetric_steps(low, high) : asymmetric_steps(low, high);
    /* All zero, too small to divide by, or not finite. */
    if (!(s.scale > 0) || !isfinite(s.inverse) || !isfinite(s.scale)) {
        for (size_t i = 0; i < n; i++)
            out[i] = 0;
        return;
    }
    if (numbers) {
        round_numbers(&s, n, in, out);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (isnan(in[i]))
            out[i] = in[i];
        else
            round_numbers(&s, 1, in + i, out + i);
    }
}

static MnetStatus round_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                              MnetError *error)
{
    return mnet_set_shape(graph, node, shapes, &shapes[node->inputs[0]], error);
}

static size_t count_ranges(const MnetStep *step)
{
    const MnetShape *shape = &step->shapes[step->node->inputs[0]];
    size_t row = (size_t)step->node->options.round.row;
    return row ? mnet_shape_elements(shape) / row : shape->rank ? (size_t)shape->dims[0] : 1;
}

static MnetStatus round_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    size_t n = mnet_shape_elements(&step->shapes[step->node->inputs[0]]);
    step->tiles = mnet_tile_count((uint64_t)n * 4, count_ranges(step));
    return MNET_OK;
}

static void round_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                      void *scratch)
{
    const MnetNode *node = step->node;
    size_t rows = count_ranges(step), begin, end;
    size_t n = mnet_shape_elements(&step->shapes[node->inputs[0]]) / rows;
    mnet_tile_range(rows, tile, tiles, 1, &begin, &end);
    for (size_t row = begin; row < end; row++)
        round_row(node->options.round.symmetric, n,
                  (const float *)tensors[node->inputs[0]] + row * n,
                  (float *)tensors[node->outputs[0]] + row * n);
}

const MnetOpClass mnet_op_round_dynamic = { round_infer, NULL, round_plan, round_run };
