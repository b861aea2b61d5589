/* SPDX-License-Identifier: MIT
 *
 * ROUND_DYNAMIC: what TFLite does to the float activations of a layer with
 * integer weights.  It quantises them to int8 by the range they have at the
 * moment, one range for each picture of a batch (each row for FULLY_CONNECTED),
 * and multiplies integers.  Here they are put back to float at once: sums of
 * products of such numbers are those of the integers up to float rounding. */
#include <math.h>

#include "ops/classes.h"

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

static void round_row(bool symmetric, size_t n, const float *in, float *out)
{
    float low = in[0], high = in[0];
    for (size_t i = 1; i < n; i++) {
        low = in[i] < low ? in[i] : low;
        high = in[i] > high ? in[i] : high;
    }
    Steps s = symmetric ? symmetric_steps(low, high) : asymmetric_steps(low, high);
    /* All zero, too small to divide by, or not finite. */
    if (!(s.scale > 0) || !isfinite(s.inverse) || !isfinite(s.scale)) {
        for (size_t i = 0; i < n; i++)
            out[i] = 0;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        float q = roundf(s.zero + in[i] * s.inverse);
        q = q < s.low ? s.low : q;
        q = q > s.high ? s.high : q;
        out[i] = s.scale * (q - s.zero);
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
