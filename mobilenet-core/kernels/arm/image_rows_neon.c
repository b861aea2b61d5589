/* SPDX-License-Identifier: MIT
 *
 * Sums of rows of a frame, 32 bytes or 16 words of each row at once: a row is
 * read once, the sum stays in registers.  The last block of a row ends at its
 * end and overlaps the one before; rows shorter than a block are left to C. */
#include <arm_neon.h>

#include "kernels/arm/table_neon.h"
#include "kernels/c/table_c.h"
#include "kernels/inline.h"

enum { BLOCK_8 = 32, BLOCK_10 = 16 };

/* 16 samples. */
typedef struct {
    uint16x8_t lo, hi;
} Words;

MNET_INLINE uint16x8_t mulhi(uint16x8_t a, uint16_t weight)
{
    uint32x4_t lo = vmull_n_u16(vget_low_u16(a), weight), hi = vmull_high_n_u16(a, weight);
    return vuzp2q_u16(vreinterpretq_u16_u32(lo), vreinterpretq_u16_u32(hi));
}

MNET_INLINE Words mulhi_words(Words a, uint16_t weight)
{
    return (Words){ mulhi(a.lo, weight), mulhi(a.hi, weight) };
}

MNET_INLINE Words add(Words a, Words b)
{
    return (Words){ vaddq_u16(a.lo, b.lo), vaddq_u16(a.hi, b.hi) };
}

/* x * 257 */
MNET_INLINE Words spread(uint8x16_t x)
{
    return (Words){ vreinterpretq_u16_u8(vzip1q_u8(x, x)), vreinterpretq_u16_u8(vzip2q_u8(x, x)) };
}

/* Half the sum of up to two rows. */
MNET_INLINE Words half_sum8(const MnetRowSum *sum, const uint8_t *row)
{
    const uint8x16_t zero = vdupq_n_u8(0);
    Words a = spread(sum->whole > 0 ? vld1q_u8(row) : zero);
    Words b = spread(sum->whole > 1 ? vld1q_u8(row + sum->stride) : zero);
    return (Words){ vrhaddq_u16(a.lo, b.lo), vrhaddq_u16(a.hi, b.hi) };
}

MNET_INLINE void sum8(const MnetRowSum *sum, const uint8_t *row, Words all[2])
{
    all[0] = all[1] = (Words){ vdupq_n_u16(0), vdupq_n_u16(0) };
    for (int32_t i = 0; i < sum->whole; i++, row += sum->stride) {
        uint8x16_t a = vld1q_u8(row), b = vld1q_u8(row + 16);
        all[0] = (Words){ vaddw_u8(all[0].lo, vget_low_u8(a)), vaddw_high_u8(all[0].hi, a) };
        all[1] = (Words){ vaddw_u8(all[1].lo, vget_low_u8(b)), vaddw_high_u8(all[1].hi, b) };
    }
}

/* 32 samples from `at` on. */
MNET_INLINE void block8(const MnetRowSum *sum, MnetRowsMode mode, size_t at, int16_t *out)
{
    const uint8_t *first = sum->first + at, *last = first + sum->last * sum->stride;
    Words whole[2];
    if (mode == MNET_ROWS_BOX)
        sum8(sum, first + sum->stride, whole);
    for (size_t i = 0; i < 2; i++, first += 16, last += 16) {
        Words words = mulhi_words(spread(vld1q_u8(first)), sum->first_weight);
        words = add(words, mulhi_words(spread(vld1q_u8(last)), sum->last_weight));
        if (mode == MNET_ROWS_BOX2)
            words = add(words, mulhi_words(half_sum8(sum, first + sum->stride), sum->inner));
        if (mode == MNET_ROWS_BOX) {
            whole[i].lo = vmulq_n_u16(whole[i].lo, sum->fill);
            whole[i].hi = vmulq_n_u16(whole[i].hi, sum->fill);
            words = add(words, mulhi_words(whole[i], sum->inner));
        }
        vst1q_s16(out + at + 16 * i, vreinterpretq_s16_u16(words.lo));
        vst1q_s16(out + at + 16 * i + 8, vreinterpretq_s16_u16(words.hi));
    }
}

MNET_INLINE void blocks8(const MnetRowSum *sum, MnetRowsMode mode, size_t n, int16_t *out)
{
    const MnetRowSum local = *sum; /* which `out` cannot change */
    for (size_t i = 0; i < n; i += BLOCK_8)
        block8(&local, mode, i + BLOCK_8 <= n ? i : n - BLOCK_8, out);
}

void mnet_image_rows8_neon(const MnetRowSum *sum, size_t n, int16_t *out)
{
    /* Long sums, thousands of rows to a few, are rare. */
    if (n < BLOCK_8 || sum->mode == MNET_ROWS_LONG)
        mnet_image_rows8_c(sum, n, out);
    else if (sum->mode == MNET_ROWS_LINEAR)
        blocks8(sum, MNET_ROWS_LINEAR, n, out);
    else if (sum->mode == MNET_ROWS_BOX2)
        blocks8(sum, MNET_ROWS_BOX2, n, out);
    else
        blocks8(sum, MNET_ROWS_BOX, n, out);
}

/* 8 words with the sample in the high bits, whatever is in the other 6. */
MNET_INLINE uint16x8_t aligned10(const uint8_t *row, uint16_t align)
{
    return vmulq_n_u16(vreinterpretq_u16_u8(vld1q_u8(row)), align);
}

MNET_INLINE uint16x8_t load10(const uint8_t *row, uint16_t align)
{
    return vandq_u16(aligned10(row, align), vdupq_n_u16(0xffc0));
}

MNET_INLINE Words sum10(const MnetRowSum *sum, const uint8_t *row)
{
    Words all = { vdupq_n_u16(0), vdupq_n_u16(0) };
    for (int32_t i = 0; i < sum->whole; i++, row += sum->stride)
        all = (Words){ vsraq_n_u16(all.lo, aligned10(row, sum->align), 6),
                       vsraq_n_u16(all.hi, aligned10(row + 16, sum->align), 6) };
    return all;
}

/* Half the sum of up to two rows. */
MNET_INLINE uint16x8_t half_sum10(const MnetRowSum *sum, const uint8_t *row)
{
    const uint16x8_t zero = vdupq_n_u16(0);
    return vrhaddq_u16(sum->whole > 0 ? load10(row, sum->align) : zero,
                       sum->whole > 1 ? load10(row + sum->stride, sum->align) : zero);
}

/* 16 samples from `at` on. */
MNET_INLINE void block10(const MnetRowSum *sum, MnetRowsMode mode, size_t at, int16_t *out)
{
    const uint8_t *first = sum->first + 2 * at;
    Words whole = { 0 };
    if (mode == MNET_ROWS_BOX)
        whole = sum10(sum, first + sum->stride);
    for (size_t i = 0; i < 2; i++, first += 16) {
        const uint8_t *last = first + sum->last * sum->stride;
        uint16x8_t words = vaddq_u16(mulhi(load10(first, sum->align), sum->first_weight),
                                     mulhi(load10(last, sum->align), sum->last_weight));
        if (mode == MNET_ROWS_BOX2)
            words = vaddq_u16(words, mulhi(half_sum10(sum, first + sum->stride), sum->inner));
        if (mode == MNET_ROWS_BOX) {
            uint16x8_t all = vmulq_n_u16(i ? whole.hi : whole.lo, sum->fill);
            words = vaddq_u16(words, mulhi(all, sum->inner));
        }
        vst1q_s16(out + at + 8 * i, vreinterpretq_s16_u16(words));
    }
}

MNET_INLINE void blocks10(const MnetRowSum *sum, MnetRowsMode mode, size_t n, int16_t *out)
{
    const MnetRowSum local = *sum;
    for (size_t i = 0; i < n; i += BLOCK_10)
        block10(&local, mode, i + BLOCK_10 <= n ? i : n - BLOCK_10, out);
}

void mnet_image_rows10_neon(const MnetRowSum *sum, size_t n, int16_t *out)
{
    if (n < BLOCK_10 || sum->mode == MNET_ROWS_LONG)
        mnet_image_rows10_c(sum, n, out);
    else if (sum->mode == MNET_ROWS_LINEAR)
        blocks10(sum, MNET_ROWS_LINEAR, n, out);
    else if (sum->mode == MNET_ROWS_BOX2)
        blocks10(sum, MNET_ROWS_BOX2, n, out);
    else
        blocks10(sum, MNET_ROWS_BOX, n, out);
}
