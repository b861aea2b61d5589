/* SPDX-License-Identifier: MIT
 *
 * Exact requantisation: TFLite's MultiplyByQuantizedMultiplier. */
#ifndef MNET_KERNELS_REQUANT_H
#define MNET_KERNELS_REQUANT_H

#include "kernels/kernels.h"

/* x * multiplier * 2^(shift - 31): the high half of the doubled product rounded
 * half up, then a right shift rounded half away from zero.  A left shift wraps
 * as the reference's does. */
static inline int32_t mnet_multiply_quantized(int32_t x, int32_t multiplier, int32_t shift)
{
    int32_t left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : -shift;
    int64_t product = (int64_t)(int32_t)((uint32_t)x << left) * multiplier;
    int32_t high = (int32_t)((product + ((int64_t)1 << 30)) >> 31);
    int32_t mask = (int32_t)(((int64_t)1 << right) - 1);
    return (high >> right) + ((high & mask) > (mask >> 1) + (high < 0));
}

/* n sums of channels c0... to bytes. */
static inline void mnet_requantize(const MnetRequant *r, size_t c0, size_t n, const int32_t *acc,
                                   int8_t *out)
{
    const int32_t *multiplier = r->multiplier + c0, *shift = r->shift + c0;
    int32_t min = r->min - r->zero_point, max = r->max - r->zero_point;
    for (size_t i = 0; i < n; i++) {
        int32_t value = mnet_multiply_quantized(acc[i], multiplier[i], shift[i]);
        value = value < min ? min : value;
        value = value > max ? max : value;
        out[i] = (int8_t)(value + r->zero_point);
    }
}

#endif
