/* SPDX-License-Identifier: MIT
 *
 * TFLite's integer HARD_SWISH, step by step, so that its roundings are ours. */
#include "ops/hard_swish.h"

#include "ops/quant.h"

/* A multiplier of 31 bits to 15. */
static int32_t to_16_bits(int32_t multiplier)
{
    return multiplier >= INT32_MAX - (1 << 15) ? INT16_MAX : (multiplier + (1 << 15)) >> 16;
}

MnetHardSwish mnet_hard_swish(const MnetTensor *in, const MnetTensor *out)
{
    if (in->quant.n != 1 || out->quant.n != 1)
        return (MnetHardSwish){ 0 };
    float hires_scale = (1.0f / 128.0f) * in->quant.scale[0];
    float reluish_scale = 3.0f / 32768.0f;
    MnetFixed to_out = mnet_fixed((double)(hires_scale / out->quant.scale[0]));
    MnetFixed to_reluish = mnet_fixed((double)(hires_scale / reluish_scale));
    return (MnetHardSwish){ .in_zero = in->quant.zero_point[0],
                            .out_zero = out->quant.zero_point[0],
                            .reluish_multiplier = to_16_bits(to_reluish.multiplier),
                            .reluish_exponent = to_reluish.shift,
                            .out_multiplier = to_16_bits(to_out.multiplier),
                            .out_exponent = to_out.shift };
}

static int32_t saturate_16(int32_t x)
{
    return x < INT16_MIN ? INT16_MIN : x > INT16_MAX ? INT16_MAX : x;
}

/* a * b / 2^15 of 16-bit numbers, rounded half away from zero downwards for
 * negatives, as gemmlowp does. */
static int32_t rounding_high_multiply(int32_t a, int32_t b)
{
    int32_t ab = a * b;
    return saturate_16((ab + (ab >= 0 ? 1 << 14 : 1 - (1 << 14))) / (1 << 15));
}

static int32_t shift_left(int32_t x, int32_t by)
{
    return saturate_16(by > 15 ? (x > 0 ? INT16_MAX : x < 0 ? INT16_MIN : 0) : x * (1 << by));
}

/* x / 2^by, rounded half away from zero. */
static int32_t shift_right(int32_t x, int32_t by)
{
    if (by > 30)
        return 0;
    int32_t mask = (int32_t)((1u << by) - 1);
    return (x >> by) + ((x & mask) > (mask >> 1) + (x < 0));
}

int8_t mnet_hard_swish_apply(const MnetHardSwish *s, int32_t q)
{
    int32_t hires = saturate_16((q - s->in_zero) * (1 << 7));
    int32_t unshifted = rounding_high_multiply(hires, s->out_multiplier);
    int32_t reluish = hires, exponent = s->reluish_exponent;
    if (exponent > 0)
        reluish = shift_left(reluish, exponent - 1);
    reluish = rounding_high_multiply(reluish, s->reluish_multiplier);
    if (exponent > 0)
        reluish = shift_left(reluish, 1);
    else
        reluish = shift_right(reluish, -exponent);
    /* -1..1 to 0..1 in units of 2^-15. */
    reluish = (reluish + (1 << 15)) >> 1;
    int32_t product = saturate_16(reluish * unshifted / (1 << 15));
    int32_t value = s->out_exponent <= 0 ? shift_right(product, -s->out_exponent)
                                         : shift_left(product, s->out_exponent);
    value += s->out_zero;
    return (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
}
