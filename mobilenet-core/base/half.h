/* SPDX-License-Identifier: MIT
 *
 * IEEE 754 binary16. */
#ifndef MNET_BASE_HALF_H
#define MNET_BASE_HALF_H

#include <stdint.h>
#include <string.h>

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
        memcpy(&bits, &small, sizeof bits);
        bits |= sign;
    }
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
