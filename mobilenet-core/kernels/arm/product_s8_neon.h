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
MNET_INLINE void mnet_sum_run_neon(int32x4_t sum[4], const int8_t *a, size_t stride, size_t run)
{
    static const int8_t all[32] = {
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1
    };
    size_t k = 0;
    for (; k + 16 <= run; k += 16)
#pragma GCC unroll MNET_UNROLL_4
        for (size_t r = 0; r < 4; r++)
            sum[r] = mnet_sum_bytes_neon(sum[r], vld1q_s8(a + r * stride + k));
    if (k == run)
        return;
    int8x16_t mask = vld1q_s8(all + 16 - (run - k));
#pragma GCC unroll MNET_UNROLL_4
    for (size_t r = 0; r < 4; r++)
        sum[r] = mnet_sum_bytes_neon(sum[r], vandq_s8(mask, vld1q_s8(a + r * stride + k)));
}

/* The sums of the rows of a block; the last 4 may overlap those before. */
MNET_INLINE void mnet_sum_rows_neon(MnetProductNeon *p)
{
    size_t rows = p->end - p->first, at_once = rows < 4 ? 1 : 4;
    for (size_t i = 0; i < rows; i += at_once) {
        size_t at = i + at_once <= rows ? i : rows - at_once;
        size_t stride = at_once == 4 ? p->a_stride : 0;
        int32x4_t sum[4] = { vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0) };
        for (size_t r = 0; r < p->g->runs; r++)
            mnet_sum_run_neon(sum, p->a[r] + (p->first + at) * p->a_stride, stride, p->g->run);
        vst1q_s32(p->row_sums + at,
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
