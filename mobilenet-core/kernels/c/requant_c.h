/* SPDX-License-Identifier: MIT
 *
 * Requantisation in plain C, for the kernels of this folder. */
#ifndef MNET_KERNELS_C_REQUANT_C_H
#define MNET_KERNELS_C_REQUANT_C_H

#include "kernels/kernels.h"

/* n sums of channels c0... to bytes.
 *
 * Both the product and the sum below are exact in double (48 bits of product;
 * tie is no smaller than its last bit), so that the one rounding to float is
 * fma's.  Clamping comes before rounding to int: the float + 1.5 * 2^23 rounds
 * to the nearest even integer, which then stands in its low bits. */
static inline void mnet_requant_c(const MnetRequant *r, size_t c0, size_t n, const int32_t *acc,
                                  int8_t *out)
{
    const float low = (float)(r->min - r->zero_point), high = (float)(r->max - r->zero_point);
    const float *scale = r->scale + c0, *tie = r->tie + c0;
    for (size_t i = 0; i < n; i++) {
        float value = (float)acc[i];
        double t = acc[i] < 0 ? -(double)tie[i] : (double)tie[i];
        float y = (float)((double)value * (double)scale[i] + t);
        y = y < low ? low : y;
        y = y > high ? high : y;
        union {
            float f;
            int32_t i;
        } rounded = { .f = y + 12582912.0f };
        out[i] = (int8_t)(rounded.i - 0x4b400000 + r->zero_point);
    }
}

#endif
