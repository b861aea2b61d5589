/* SPDX-License-Identifier: MIT
 *
 * What becomes of a row of sums: picked apart, summed to pixels, mixed to
 * bytes, and three rows of bytes to pixels. */
#include <arm_neon.h>

#include "kernels/arm/table_neon.h"
#include "kernels/c/table_c.h"
#include "kernels/inline.h"

void mnet_image_pick_neon(size_t step, size_t n, const int16_t *in, int16_t *out)
{
    if (step == 2)
        for (size_t i = 0; i < n; i += 8)
            vst1q_s16(out + i, vld2q_s16(in + 2 * i).val[0]);
    else if (step == 3)
        for (size_t i = 0; i < n; i += 8)
            vst1q_s16(out + i, vld3q_s16(in + 3 * i).val[0]);
    else
        for (size_t i = 0; i < n; i += 8)
            vst1q_s16(out + i, vld4q_s16(in + 4 * i).val[0]);
}

/* 8 products in 4 parts. */
MNET_INLINE int32x4_t products(int16x8_t x, int16x8_t w)
{
    return vmlal_high_s16(vmull_s16(vget_low_s16(x), vget_low_s16(w)), x, w);
}

/* A sum in 4 parts. */
MNET_INLINE int32x4_t sum_1(size_t taps, const int16_t *in, const int16_t *weights)
{
    int32x4_t sum = products(vld1q_s16(in), vld1q_s16(weights));
    for (size_t k = 8; k < taps; k += 8) {
        int16x8_t x = vld1q_s16(in + k), w = vld1q_s16(weights + k);
        sum = vmlal_high_s16(vmlal_s16(sum, vget_low_s16(x), vget_low_s16(w)), x, w);
    }
    return sum;
}

MNET_INLINE uint32x4_t sum_4(size_t taps, const int16_t *in, const uint16_t *start,
                             const int16_t *weights)
{
    int32x4_t parts[4];
    if (taps == 8) {
        int16x8x4_t w = vld1q_s16_x4(weights);
#pragma GCC unroll MNET_UNROLL_4
        for (size_t i = 0; i < 4; i++)
            parts[i] = products(vld1q_s16(in + start[i]), w.val[i]);
    } else {
#pragma GCC unroll MNET_UNROLL_4
        for (size_t i = 0; i < 4; i++)
            parts[i] = sum_1(taps, in + start[i], weights + i * taps);
    }
    return vreinterpretq_u32_s32(
        vpaddq_s32(vpaddq_s32(parts[0], parts[1]), vpaddq_s32(parts[2], parts[3])));
}

MNET_INLINE void columns(const MnetColumnSum *sum, size_t taps, size_t n, const int16_t *in,
                         int16_t *out)
{
    const int32x4_t bits = vdupq_n_s32(-(int32_t)sum->bits);
    const uint16_t factor = sum->factor, *start = sum->start;
    const int16_t *weights = sum->weights;
    for (size_t i = 0; i < n; i += 8, start += 8, weights += 8 * taps) {
        uint32x4_t a = vshlq_u32(sum_4(taps, in, start, weights), bits);
        uint32x4_t b = vshlq_u32(sum_4(taps, in, start + 4, weights + 4 * taps), bits);
        uint16x8_t words = vuzp1q_u16(vreinterpretq_u16_u32(a), vreinterpretq_u16_u32(b));
        a = vmull_n_u16(vget_low_u16(words), factor);
        b = vmull_high_n_u16(words, factor);
        words = vuzp2q_u16(vreinterpretq_u16_u32(a), vreinterpretq_u16_u32(b));
        vst1q_s16(out + i, vreinterpretq_s16_u16(words));
    }
}

void mnet_image_columns_neon(const MnetColumnSum *sum, size_t n, const int16_t *in, int16_t *out)
{
    if (sum->taps == 8)
        columns(sum, 8, n, in, out);
    else if (sum->taps == 16)
        columns(sum, 16, n, in, out);
    else
        columns(sum, sum->taps, n, in, out);
}

/* hi(x * m) is half of what SQDMULH makes, rounded down. */
MNET_INLINE int16x8_t mix_words(const MnetColorMix *mix, const int16_t *const in[3], size_t at)
{
    int16x8_t sum = vdupq_n_s16(mix->bias);
#pragma GCC unroll MNET_UNROLL_4
    for (size_t i = 0; i < 3; i++)
        sum = vsraq_n_s16(sum, vqdmulhq_n_s16(vld1q_s16(in[i] + at), mix->m[i]), 1);
    return sum;
}

void mnet_image_matrix_neon(const MnetColorMix *mix, size_t n, const int16_t *const in[3],
                            uint8_t *out)
{
    const MnetColorMix local = *mix; /* which `out` cannot change */
    const int16_t *const rows[3] = { in[0], in[1], in[2] };
    if (n < 16) {
        mnet_image_matrix_c(mix, n, in, out);
        return;
    }
    for (size_t i = 0; i < n; i += 16) { /* the last ones overlap those before */
        size_t at = i + 16 <= n ? i : n - 16;
        uint8x8_t low = vqshrun_n_s16(mix_words(&local, rows, at), 4);
        vst1q_u8(out + at, vqshrun_high_n_s16(low, mix_words(&local, rows, at + 8), 4));
    }
}

void mnet_image_interleave_neon(size_t n, const uint8_t *const in[3], uint8_t *out)
{
    const uint8_t *red = in[0], *green = in[1], *blue = in[2];
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        uint8x16x3_t x = { { vld1q_u8(red + i), vld1q_u8(green + i), vld1q_u8(blue + i) } };
        vst3q_u8(out + 3 * i, x);
    }
    for (; i < n; i++) {
        out[3 * i] = red[i];
        out[3 * i + 1] = green[i];
        out[3 * i + 2] = blue[i];
    }
}
