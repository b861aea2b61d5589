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
    size_t first, end;                 /* the rows of the block */
    int32_t row_sums[MNET_BLOCK_NEON]; /* of weight_zero: else not set */
} MnetProductNeon;

MNET_INLINE const int8_t *mnet_panel_neon(const MnetProductNeon *p, size_t n)
{
    return (const int8_t *)p->g->panels + n / MNET_NR_NEON * p->g->panel_bytes;
}

/* Of `run` bytes of one row; those behind the end count 0. */
MNET_INLINE int32x4_t mnet_sum_run_neon(int32x4_t sum, const int8_t *a, size_t run)
{
    static const int8_t all[32] = {
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1
    };
    for (; run >= 16; run -= 16, a += 16)
        sum = vpadalq_s16(sum, vpaddlq_s8(vld1q_s8(a)));
    if (run)
        sum = vpadalq_s16(sum, vpaddlq_s8(vandq_s8(vld1q_s8(a), vld1q_s8(all + 16 - run))));
    return sum;
}

/* The block that begins at row `first` of m. */
static inline void mnet_begin_block_neon(MnetProductNeon *p, size_t first, size_t m)
{
    p->first = first;
    p->end = m - first < MNET_BLOCK_NEON ? m : first + MNET_BLOCK_NEON;
    for (size_t i = first; p->g->weight_zero && i < p->end; i++) {
        int32x4_t sum = vdupq_n_s32(0);
        for (size_t r = 0; r < p->g->runs; r++)
            sum = mnet_sum_run_neon(sum, p->a[r] + i * p->a_stride, p->g->run);
        p->row_sums[i - first] = vaddvq_s32(sum);
    }
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
    if (__builtin_expect(!p->g->weight_zero, 1)) {
        mnet_requant_tile_neon(&p->requant, acc, rows, vectors, n, channels, out, p->c_stride);
        return;
    }
    mnet_take_off_neon(acc, p->g->weight_zero + n, p->row_sums + (i - p->first), rows, vectors);
    mnet_requant_tile_neon(&p->requant, acc, rows, vectors, n, channels, out, p->c_stride);
}

#endif
