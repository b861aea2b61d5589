/* SPDX-License-Identifier: MIT
 *
 * TFLite's fixed-point arithmetic and what is derived from it at load. */
#include "ops/quant.h"

#include <math.h>

#include "kernels/requant.h"

MnetFixed mnet_fixed(double real)
{
    MnetFixed fixed = { 0, 0 };
    if (!isfinite(real))
        return (MnetFixed){ real < 0 ? -INT32_MAX : INT32_MAX, 30 };
    double q = frexp(fabs(real), &fixed.shift);
    int64_t rounded = (int64_t)round(q * 2147483648.0);
    if (rounded == INT64_C(2147483648)) {
        rounded /= 2;
        fixed.shift++;
    }
    fixed.multiplier = (int32_t)rounded;
    if (fixed.shift < -31)
        fixed = (MnetFixed){ 0, 0 };
    if (fixed.shift > 30)
        fixed = (MnetFixed){ INT32_MAX, 30 };
    if (real < 0)
        fixed.multiplier = -fixed.multiplier;
    return fixed;
}

int32_t mnet_fixed_multiply(int32_t x, MnetFixed factor)
{
    return mnet_multiply_quantized(x, factor.multiplier, factor.shift);
}

void mnet_fixed_quick(MnetFixed factor, float *scale, float *tie)
{
    *scale = (float)ldexp(factor.multiplier, factor.shift - 31);
    *tie = factor.shift < 0 ? copysignf(ldexpf(1.0f, factor.shift - 1), *scale) : 0.0f;
}

static int32_t quantize_bound(float real, const MnetTensor *out)
{
    double q = round((double)(real / out->quant.scale[0])) + out->quant.zero_point[0];
    return q < -128 ? -128 : q > 127 ? 127 : (int32_t)q;
}

void mnet_activation_range_s8(MnetActivation activation, const MnetTensor *out, int32_t *min,
                              int32_t *max)
{
    float low, high;
    mnet_activation_range_f32(activation, &low, &high);
    *min = isfinite(low) ? quantize_bound(low, out) : -128;
    *max = isfinite(high) ? quantize_bound(high, out) : 127;
}

void mnet_activation_range_f32(MnetActivation activation, float *min, float *max)
{
    *min = activation == MNET_ACTIVATION_NONE           ? -INFINITY
           : activation == MNET_ACTIVATION_RELU_N1_TO_1 ? -1.0f
                                                        : 0.0f;
    *max = activation == MNET_ACTIVATION_RELU6          ? 6.0f
           : activation == MNET_ACTIVATION_RELU_N1_TO_1 ? 1.0f
                                                        : INFINITY;
}
