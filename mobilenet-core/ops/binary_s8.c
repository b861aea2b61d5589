/* SPDX-License-Identifier: MIT
 *
 * TFLite's integer PRELU and SQUARED_DIFFERENCE, with the reference's roundings. */
#include "ops/binary_s8.h"

static int8_t clamp_s8(int64_t value)
{
    return (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
}

MnetPrelu mnet_prelu(const MnetTensor *in, const MnetTensor *alpha, const MnetTensor *out)
{
    double scale = (double)in->quant.scale[0], to = (double)out->quant.scale[0];
    return (MnetPrelu){ .in_zero = in->quant.zero_point[0],
                        .alpha_zero = alpha->quant.zero_point[0],
                        .out_zero = out->quant.zero_point[0],
                        .above = mnet_fixed(scale / to),
                        .below = mnet_fixed(scale * (double)alpha->quant.scale[0] / to) };
}

void mnet_prelu_s8(const MnetPrelu *p, size_t n, const int8_t *in, const int8_t *alpha,
                   size_t alpha_step, int8_t *out)
{
    for (size_t i = 0; i < n; i++) {
        int32_t x = in[i] - p->in_zero, slope = alpha[i * alpha_step] - p->alpha_zero;
        int64_t value =
            x >= 0 ? mnet_fixed_multiply(x, p->above) : mnet_fixed_multiply(x * slope, p->below);
        out[i] = clamp_s8(value + p->out_zero);
    }
}

/* (q - zero) << 7, scaled. */
static void fill_table(const MnetTensor *tensor, double scale, int32_t *table)
{
    MnetFixed factor = mnet_fixed(scale);
    for (int32_t q = -128; q < 128; q++)
        table[q + 128] = mnet_fixed_multiply((q - tensor->quant.zero_point[0]) * (1 << 7), factor);
}

void mnet_squared_difference(const MnetTensor *a, const MnetTensor *b, const MnetTensor *out,
                             int32_t *a_table, int32_t *b_table, MnetAddS8 *operands)
{
    double sa = (double)a->quant.scale[0], sb = (double)b->quant.scale[0];
    double twice_max = 2 * (sa > sb ? sa : sb);
    MnetFixed factor =
        mnet_fixed(twice_max * twice_max / ((double)(1 << 14) * (double)out->quant.scale[0]));
    fill_table(a, sa / twice_max, a_table);
    fill_table(b, sb / twice_max, b_table);
    operands->multiplier = factor.multiplier;
    operands->shift = factor.shift;
    operands->zero_point = out->quant.zero_point[0];
    operands->min = -128;
    operands->max = 127;
}

void mnet_squared_difference_s8(const MnetAddS8 *p, size_t n, const int8_t *a, const int8_t *b,
                                size_t b_step, int8_t *out)
{
    MnetFixed factor = { p->multiplier, p->shift };
    for (size_t i = 0; i < n; i++) {
        /* Below 2^15. */
        int32_t difference = p->a_table[a[i] + 128] - p->b_table[b[i * b_step] + 128];
        int64_t value = mnet_fixed_multiply(difference * difference, factor);
        out[i] = clamp_s8(value + p->zero_point);
    }
}
