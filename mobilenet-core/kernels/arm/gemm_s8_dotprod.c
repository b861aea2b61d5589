/* SPDX-License-Identifier: MIT
 *
 * Integer matrix product by SDOT: tiles of 4 rows x 16 channels in 16 registers.
 * 16 bytes of a row are one register, each lane of which meets 16 channels. */
#include "kernels/arm/product_s8_neon.h"
#include "kernels/arm/table_dotprod.h"
#include "kernels/arm/tile_4x16.h"

enum { MR = MNET_MR_NEON, NR = MNET_NR_NEON };

/* acc + w * lane, four products a sum. */
MNET_INLINE int32x4_t dot(int32x4_t acc, int8x16_t w, int8x16_t x, int lane)
{
    switch (lane) {
    case 0:
        return vdotq_laneq_s32(acc, w, x, 0);
    case 1:
        return vdotq_laneq_s32(acc, w, x, 1);
    case 2:
        return vdotq_laneq_s32(acc, w, x, 2);
    default:
        return vdotq_laneq_s32(acc, w, x, 3);
    }
}

/* Four elements of k: a lane of each row. */
MNET_INLINE void step(int32x4_t (*acc)[4], const int8x16_t *x, int lane, const int8_t *w,
                      size_t rows, size_t vectors)
{
    int8x16_t weights[4];
#pragma GCC unroll MNET_UNROLL_4
    for (size_t v = 0; v < vectors; v++)
        weights[v] = vld1q_s8(w + 16 * v);
#pragma GCC unroll MNET_UNROLL_4
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll MNET_UNROLL_4
        for (size_t v = 0; v < vectors; v++)
            acc[r][v] = dot(acc[r][v], weights[v], x[r], lane);
}

/* Up to 16 elements of k: `lanes` lanes, 1 to 4. */
MNET_INLINE const int8_t *steps(int32x4_t (*acc)[4], const int8_t *a, size_t a_stride, size_t lanes,
                                const int8_t *w, size_t rows, size_t vectors)
{
    int8x16_t x[MR];
#pragma GCC unroll MNET_UNROLL_4
    for (size_t r = 0; r < rows; r++)
        x[r] = vld1q_s8(a + r * a_stride);
    step(acc, x, 0, w, rows, vectors);
    if (lanes > 1)
        step(acc, x, 1, w + 4 * NR, rows, vectors);
    if (lanes > 2)
        step(acc, x, 2, w + 8 * NR, rows, vectors);
    if (lanes > 3)
        step(acc, x, 3, w + 12 * NR, rows, vectors);
    return w + lanes * 4 * NR;
}

/* The sums of some rows with some channels of a panel. */
MNET_INLINE void multiply(int32x4_t (*acc)[4], const MnetGemmS8 *g, const int8_t *panel,
                          const int8_t *const *a, size_t offset, size_t a_stride, size_t rows,
                          size_t vectors)
{
    const int8_t *w = panel + NR * sizeof(int32_t);
#pragma GCC unroll MNET_UNROLL_4
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll MNET_UNROLL_4
        for (size_t v = 0; v < vectors; v++)
            acc[r][v] = vld1q_s32((const int32_t *)(const void *)panel + 4 * v);
    for (size_t r = 0; r < g->runs; r++) {
        const int8_t *x = a[r] + offset;
        size_t k = g->run;
        for (; k >= 16; k -= 16, x += 16)
            w = steps(acc, x, a_stride, 4, w, rows, vectors);
        if (k > 12)
            w = steps(acc, x, a_stride, 4, w, rows, vectors);
        else if (k > 8)
            w = steps(acc, x, a_stride, 3, w, rows, vectors);
        else if (k > 4)
            w = steps(acc, x, a_stride, 2, w, rows, vectors);
        else if (k)
            w = steps(acc, x, a_stride, 1, w, rows, vectors);
    }
}

/* As multiply(): 4 rows x 16 channels. */
MNET_INLINE void multiply_4x16(int32x4_t (*acc)[4], const MnetGemmS8 *g, const int8_t *panel,
                               const int8_t *const *a, size_t offset, size_t a_stride)
{
    const int8_t *w = panel + NR * sizeof(int32_t);
    size_t runs = g->runs;
    MNET_MULTIPLY_4X16("sdot", ".16b", ".4b", acc, panel, a, offset, a_stride, g->run, runs, w);
}

/* `rows` rows from i on, channels from n on. */
MNET_INLINE void tile(const MnetProductNeon *p, size_t i, size_t n, size_t channels, size_t rows,
                      size_t vectors)
{
    const int8_t *panel = mnet_panel_neon(p, n);
    int32x4_t acc[MR][4];
    if (rows == 4 && vectors == 4)
        multiply_4x16(acc, p->g, panel, p->a, i * p->a_stride, p->a_stride);
    else
        multiply(acc, p->g, panel, p->a, i * p->a_stride, p->a_stride, rows, vectors);
    mnet_finish_tile_neon(p, acc, i, n, channels, rows, vectors);
}

/* The last tile of 4 rows overlaps those before it. */
static void panel_16(const MnetProductNeon *p, size_t n, size_t channels)
{
    size_t first = p->first, end = p->end;
    for (size_t i = first; end - first >= MR && i < end; i += MR)
        tile(p, i + MR <= end ? i : end - MR, n, channels, MR, 4);
    for (size_t i = first; end - first < MR && i < end; i++)
        tile(p, i, n, channels, 1, 4);
}

static void panel_8(const MnetProductNeon *p, size_t n, size_t channels)
{
    size_t first = p->first, end = p->end;
    for (size_t i = first; end - first >= MR && i < end; i += MR)
        tile(p, i + MR <= end ? i : end - MR, n, channels, MR, 2);
    for (size_t i = first; end - first < MR && i < end; i++)
        tile(p, i, n, channels, 1, 2);
}

void mnet_gemm_s8_dotprod(const MnetGemmS8 *g, size_t m, size_t n0, size_t n1,
                          const int8_t *const *a, size_t a_stride, int8_t *c, size_t c_stride)
{
    MnetProductNeon p = mnet_product_neon(g, n0, n1, a, a_stride, c, c_stride);
    for (size_t first = 0; first < m; first += MNET_BLOCK_NEON) {
        mnet_begin_block_neon(&p, first, m);
        for (size_t n = n0; n < n1; n += NR) {
            mnet_begin_panel_neon(&p, n, n1);
            if (n1 - n > 8)
                panel_16(&p, n, n1 - n);
            else
                panel_8(&p, n, n1 - n);
        }
    }
}
