/* SPDX-License-Identifier: MIT
 *
 * IEEE 754 binary16. */
#ifndef MNET_KERNELS_HALF_H
#define MNET_KERNELS_HALF_H

#include <stdint.h>

/* Exact. */
static inline float mnet_half_to_float(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, bits;
    uint32_t mantissa = half & 0x3ff;
    if (exponent == 31) {
        bits = sign | 0x7f800000 | mantissa << 13;
    } else if (exponent) {
        bits = sign | (exponent + 112) << 23 | mantissa << 13;
    } else {
        /* Subnormal: mantissa * 2^-24. */
        float small = (float)mantissa * 0x1p-24f;
        __builtin_memcpy(&bits, &small, sizeof bits);
        bits |= sign;
    }
    float value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

/* Rounded to the nearest, ties to even; infinite from 65520 on.  A NaN stays one. */
static inline uint16_t mnet_half_from_float(float value)
{
    uint32_t bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    bits &= 0x7fffffff;
    if (bits > 0x7f800000)
        return (uint16_t)(sign | 0x7e00);
    if (bits >= 0x477ff000)
        return (uint16_t)(sign | 0x7c00);
    if (bits >= 0x38800000) /* 2^-14 and more: 13 bits of the mantissa go */
        return (uint16_t)(sign | ((bits - 0x38000000 + 0xfff + (bits >> 13 & 1)) >> 13));
    if (bits <= 0x33000000) /* 2^-25 */
        return sign;
    /* In units of 2^-24. */
    uint32_t shift = 126 - (bits >> 23), mantissa = (bits & 0x7fffff) | 0x800000;
    uint32_t half = 1u << (shift - 1), odd = mantissa >> shift & 1;
    return (uint16_t)(sign | ((mantissa + half - 1 + odd) >> shift));
}

#endif
