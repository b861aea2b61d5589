/* SPDX-License-Identifier: MIT
 *
 * TFLite's fixed-point arithmetic and what is derived from it at load. */
#ifndef MNET_OPS_QUANT_H
#define MNET_OPS_QUANT_H

#include "graph/graph.h"
#include "kernels/kernels.h"

/* real = multiplier * 2^(shift - 31), |multiplier| in [2^30, 2^31) or 0. */
typedef struct {
    int32_t multiplier, shift;
} MnetFixed;

/* TFLite's QuantizeMultiplier; real is no NaN.  shift is -31 to 30; what is too
 * large becomes the largest, as it does for TFLite. */
MnetFixed mnet_fixed(double real);
/* x scaled, with the reference's two roundings. */
int32_t mnet_fixed_multiply(int32_t x, MnetFixed factor);

/* MnetRequant's quick form of a factor. */
void mnet_fixed_quick(MnetFixed factor, float *scale, float *tie);

/* The stored values that an activation leaves of an int8 tensor: -128..127 cut
 * by 0, 6, -1, 1 quantised. */
void mnet_activation_range_s8(MnetActivation activation, const MnetTensor *out, int32_t *min,
                              int32_t *max);
void mnet_activation_range_f32(MnetActivation activation, float *min, float *max);

#endif
