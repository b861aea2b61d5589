/* SPDX-License-Identifier: MIT
 *
 * What the integer products of matrices have in common: blocks of rows that meet
 * every panel of 16 channels in turn, the sums of rows, the end of a tile. */
#ifndef MNET_KERNELS_ARM_PRODUCT_S8_NEON_H
#define MNET_KERNELS_ARM_PRODUCT_S8_NEON_H

#include "kernels/arm/requant_neon.h"

enum { MNET_MR_NEON = 4, MNET_NR_NEON = 16, MNET_BLOCK_NEON = 128 };

typedef struct {
    const MnetGemmS8 *g;
    MnetRequantNeon requant;
    const int8_t *const *a;
    size_t a_stride;
    int8_t *c;
    size_t c_stride;
    size_t first, end;   /* the rows of the block */
    const int32_t *zero; /* weight_zero of a panel, NULL when all are 0 */
    int sums;            /* whether any is not */
    int32_t row_sums[MNET_BLOCK_NEON + 3];
} MnetProductNeon;

/* weight_zero of the channels n0 to n1, NULL when all are 0. */
MNET_INLINE const int32_t *mnet_zeros_neon(const MnetGemmS8 *g, size_t n0, size_t n1)
{
    uint32x4_t any = vdupq_n_u32(0);
    for (size_t n = n0; g->weight_zero && n < n1; n += 4)
        any = vorrq_u32(any, vreinterpretq_u32_s32(vld1q_s32(g->weight_zero + n)));
    return vmaxvq_u32(any) ? g->weight_zero + n0 : NULL;
}

MNET_INLINE MnetProductNeon mnet_product_neon(const MnetGemmS8 *g, size_t n0, size_t n1,
                                              const int8_t *const *a, size_t a_stride, int8_t *c,
                                              size_t c_stride)
{
    MnetProductNeon p;
    p.g = g;
    p.requant = mnet_requant_neon(&g->requant, n0, n1);
    p.a = a;
    p.a_stride = a_stride;
    p.c = c;
    p.c_stride = c_stride;
    p.sums = mnet_zeros_neon(g, n0, n1) != NULL;
    return p;
}

/* Before the tiles of the channels from n on. */
MNET_INLINE void mnet_begin_panel_neon(MnetProductNeon *p, size_t n, size_t n1)
{
    size_t end = n1 - n < MNET_NR_NEON ? n1 : n + MNET_NR_NEON;
    p->zero = p->sums ? mnet_zeros_neon(p->g, n, end) : NULL;
}

MNET_INLINE const int8_t *mnet_panel_neon(const MnetProductNeon *p, size_t n)
{
    return (const int8_t *)p->g->panels + n / MNET_NR_NEON * p->g->panel_bytes;
}

MNET_INLINE int32x4_t mnet_sum_bytes_neon(int32x4_t sum, int8x16_t x)
{
#ifdef __ARM_FEATURE_DOTPROD
    return vdotq_s32(sum, x, vdupq_n_s8(1));
#else
    return vpadalq_s16(sum, vpaddlq_s8(x));
#endif
}

/* Of `run` bytes of 4 rows; those behind the end count 0. */
MNET_INLINE void mnet_sum_run_neon(int32x4_t sum[4], const int8_t *a, size_t stride, size_t run,
                                   int8x16_t mask)
{
    const int8_t *row[4] = { a, a + stride, a + 2 * stride, a + 3 * stride };
    for (size_t pairs = run / 32; pairs; pairs--)
#pragma GCC unroll MNET_UNROLL_4
        for (size_t r = 0; r < 4; r++) {
            int8x16x2_t x = vld1q_s8_x2(row[r]);
            sum[r] = mnet_sum_bytes_neon(mnet_sum_bytes_neon(sum[r], x.val[0]), x.val[1]);
            row[r] += 32;
            __asm__("" : "+r"(row[r])); /* a pointer of its own, not a common index */
        }
    if (run & 16)
#pragma GCC unroll MNET_UNROLL_4
        for (size_t r = 0; r < 4; r++, row[r - 1] += 16)
            sum[r] = mnet_sum_bytes_neon(sum[r], vld1q_s8(row[r]));
    if (run & 15)
#pragma GCC unroll MNET_UNROLL_4
        for (size_t r = 0; r < 4; r++)
            sum[r] = mnet_sum_bytes_neon(sum[r], vandq_s8(mask, vld1q_s8(row[r])));
}

/* The sums of the rows of a block; the last 4 may overlap those before. */
MNET_INLINE void mnet_sum_rows_neon(MnetProductNeon *p)
{
    static const int8_t masks[32] = {
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1
    };
    const size_t rows = p->end - p->first, at_once = rows < 4 ? 1 : 4;
    const size_t run = p->g->run, runs = p->g->runs, first = p->first, a_stride = p->a_stride;
    const size_t stride = at_once == 4 ? a_stride : 0;
    const int8x16_t mask = vld1q_s8(masks + 16 - run % 16);
    const int8_t *const *a = p->a, *const a_0 = a[0];
    for (size_t i = 0; i < rows; i += at_once) {
        size_t row = i + at_once <= rows ? i : rows - at_once;
        size_t at = (first + row) * a_stride;
        int32x4_t sum[4] = { vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0) };
        mnet_sum_run_neon(sum, a_0 + at, stride, run, mask);
        for (size_t r = 1; r < runs; r++)
            mnet_sum_run_neon(sum, a[r] + at, stride, run, mask);
        vst1q_s32(p->row_sums + row,
                  vpaddq_s32(vpaddq_s32(sum[0], sum[1]), vpaddq_s32(sum[2], sum[3])));
    }
}

/* The block that begins at row `first` of m. */
MNET_INLINE void mnet_begin_block_neon(MnetProductNeon *p, size_t first, size_t m)
{
    p->first = first;
    p->end = m - first < MNET_BLOCK_NEON ? m : first + MNET_BLOCK_NEON;
    if (p->sums)
        mnet_sum_rows_neon(p);
}

/* Takes the weights' zero points times the sums of the rows off. */
MNET_INLINE void mnet_take_off_neon(int32x4_t (*acc)[4], const int32_t *zero,
                                    const int32_t *row_sums, size_t rows, size_t vectors)
{
#pragma GCC unroll MNET_UNROLL_4
    for (size_t v = 0; v < vectors; v++) {
        int32x4_t zeros = vld1q_s32(zero + 4 * v);
#pragma GCC unroll MNET_UNROLL_4
        for (size_t r = 0; r < rows; r++)
            acc[r][v] = vmlsq_n_s32(acc[r][v], zeros, row_sums[r]);
    }
}

/* The sums of some rows from i on, 4 * vectors channels from n on, to bytes.  Two
 * ways to the end: where they meet, all sums would have to be moved. */
MNET_INLINE void mnet_finish_tile_neon(const MnetProductNeon *p, int32x4_t (*acc)[4], size_t i,
                                       size_t n, size_t channels, size_t rows, size_t vectors)
{
    int8_t *out = p->c + i * p->c_stride + n;
    if (__builtin_expect(!p->zero, 1)) {
        mnet_requant_tile_neon(&p->requant, acc, rows, vectors, n, channels, out, p->c_stride);
        return;
    }
    mnet_take_off_neon(acc, p->zero, p->row_sums + (i - p->first), rows, vectors);
    mnet_requant_tile_neon(&p->requant, acc, rows, vectors, n, channels, out, p->c_stride);
}

#endif
