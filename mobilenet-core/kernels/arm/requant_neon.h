/* SPDX-License-Identifier: MIT
 *
 * Sums to bytes, 16 channels of a pixel at once, always exactly: SQRDMULH is the
 * reference's first rounding, SRSHL its second one but for ties below 0. */
#ifndef MNET_KERNELS_ARM_REQUANT_NEON_H
#define MNET_KERNELS_ARM_REQUANT_NEON_H

#include <arm_neon.h>
#include <string.h>

#include "kernels/inline.h"
#include "kernels/kernels.h"

typedef enum {
    MNET_WAY_RELU,  /* what is below 0 ends at min: then no tie of products below 0 matters */
    MNET_WAY_USUAL, /* no sum is shifted left */
    MNET_WAY_LEFT
} MnetWayNeon;

/* What is the same for all sums of a call. */
typedef struct {
    const int32_t *multiplier, *shift;
    MnetWayNeon way;
    int16x8_t zero_point;
    int8x16_t min, max;
    /* After RELU bytes are clamped as unsigned numbers above the zero point. */
    uint8x16_t unsigned_zero, unsigned_max;
} MnetRequantNeon;

/* For the channels c0 to c1, padded to whole vectors. */
MNET_INLINE MnetRequantNeon mnet_requant_neon(const MnetRequant *r, size_t c0, size_t c1)
{
    int32x4_t left = vdupq_n_s32(0);
    for (size_t c = c0; c < c1; c += 4)
        left = vmaxq_s32(left, vld1q_s32(r->shift + c));
    MnetWayNeon way = vmaxvq_s32(left) > 0 ? MNET_WAY_LEFT : MNET_WAY_USUAL;
    if (way == MNET_WAY_USUAL && r->min == r->zero_point)
        way = MNET_WAY_RELU;
    return (MnetRequantNeon){ .multiplier = r->multiplier,
                              .shift = r->shift,
                              .way = way,
                              .zero_point = vdupq_n_s16((int16_t)r->zero_point),
                              .min = vdupq_n_s8((int8_t)r->min),
                              .max = vdupq_n_s8((int8_t)r->max),
                              .unsigned_zero = vdupq_n_u8((uint8_t)r->zero_point),
                              .unsigned_max = vdupq_n_u8((uint8_t)(r->max - r->zero_point)) };
}

/* See mnet_multiply_quantized(). */
MNET_INLINE int32x4_t mnet_scaled_neon(MnetWayNeon way, int32x4_t acc, int32x4_t multiplier,
                                       int32x4_t shift)
{
    if (way == MNET_WAY_LEFT) {
        acc = vshlq_s32(acc, vmaxq_s32(shift, vdupq_n_s32(0)));
        shift = vminq_s32(shift, vdupq_n_s32(0));
    }
    int32x4_t high = vqrdmulhq_s32(acc, multiplier);
    if (way != MNET_WAY_RELU) /* -1 where high is below 0 and will be shifted */
        high = vsraq_n_s32(high, vandq_s32(high, shift), 31);
    return vrshlq_s32(high, shift);
}

/* 4 * vectors results, without zero point, to as many bytes (the rest is of no
 * use); vectors is 2 or 4. */
MNET_INLINE int8x16_t mnet_packed_neon(const MnetRequantNeon *q, MnetWayNeon way,
                                       const int32x4_t *value, size_t vectors)
{
    int16x8_t low = vqmovn_high_s32(vqmovn_s32(value[0]), value[1]), high = low;
    if (vectors == 4)
        high = vqmovn_high_s32(vqmovn_s32(value[2]), value[3]);
    if (way == MNET_WAY_RELU) {
        uint8x16_t bytes = vcombine_u8(vqmovun_s16(low), vqmovun_s16(low));
        if (vectors == 4)
            bytes = vqmovun_high_s16(vqmovun_s16(low), high);
        bytes = vaddq_u8(vminq_u8(bytes, q->unsigned_max), q->unsigned_zero);
        return vreinterpretq_s8_u8(bytes);
    }
    int8x8_t narrow = vqmovn_s16(vqaddq_s16(low, q->zero_point));
    int8x16_t bytes = vcombine_s8(narrow, narrow);
    if (vectors == 4)
        bytes = vqmovn_high_s16(narrow, vqaddq_s16(high, q->zero_point));
    return vmaxq_s8(vminq_s8(bytes, q->max), q->min);
}

/* The first n bytes, 16 when n is more. */
static inline void mnet_store_bytes_neon(int8_t *out, int8x16_t bytes, size_t n)
{
    int8_t all[16];
    vst1q_s8(all, bytes);
    if (n >= 16)
        vst1q_s8(out, bytes);
    else if (n == 8)
        vst1_s8(out, vget_low_s8(bytes));
    else
        memcpy(out, all, n);
}

/* `rows` rows of sums, the channels from c on, of which `channels` are stored (at
 * most 4 * vectors).  Factors are loaded late: the sums fill the registers. */
MNET_INLINE void mnet_requant_rows_neon(const MnetRequantNeon *q, MnetWayNeon way,
                                        int32x4_t (*acc)[4], size_t rows, size_t vectors, size_t c,
                                        size_t channels, int8_t *out, size_t stride)
{
    int8x16_t bytes[4];
#pragma GCC unroll MNET_UNROLL_4
    for (size_t v = 0; v < vectors; v++) {
        int32x4_t multiplier = vld1q_s32(q->multiplier + c + 4 * v);
        int32x4_t shift = vld1q_s32(q->shift + c + 4 * v);
#pragma GCC unroll MNET_UNROLL_4
        for (size_t r = 0; r < rows; r++)
            acc[r][v] = mnet_scaled_neon(way, acc[r][v], multiplier, shift);
    }
#pragma GCC unroll MNET_UNROLL_4
    for (size_t r = 0; r < rows; r++)
        bytes[r] = mnet_packed_neon(q, way, acc[r], vectors);
    if (vectors == 4 && __builtin_expect(channels >= 16, 1)) {
#pragma GCC unroll MNET_UNROLL_4
        for (size_t r = 0; r < rows; r++)
            vst1q_s8(out + r * stride, bytes[r]);
        return;
    }
#pragma GCC unroll MNET_UNROLL_4
    for (size_t r = 0; r < rows; r++)
        mnet_store_bytes_neon(out + r * stride, bytes[r], channels);
}

MNET_INLINE void mnet_requant_tile_neon(const MnetRequantNeon *q, int32x4_t (*acc)[4], size_t rows,
                                        size_t vectors, size_t c, size_t channels, int8_t *out,
                                        size_t stride)
{
    if (q->way == MNET_WAY_RELU)
        mnet_requant_rows_neon(q, MNET_WAY_RELU, acc, rows, vectors, c, channels, out, stride);
    else if (q->way == MNET_WAY_USUAL)
        mnet_requant_rows_neon(q, MNET_WAY_USUAL, acc, rows, vectors, c, channels, out, stride);
    else
        mnet_requant_rows_neon(q, MNET_WAY_LEFT, acc, rows, vectors, c, channels, out, stride);
}

#endif
