/* SPDX-License-Identifier: MIT
 *
 * Matrix product of floats: tiles of 4 rows x 16 channels in 16 registers. */
#include <arm_neon.h>

#include "kernels/arm/table_neon.h"
#include "kernels/arm/tile_4x16.h"
#include "kernels/inline.h"

enum { MR = 4, NR = 16, ROWS = 128 }; /* ROWS: that meet a panel before the next one */

typedef struct {
    const MnetGemmF32 *g;
    const float *const *a;
    size_t a_stride;
    float *c;
    size_t c_stride;
} Product;

/* The sums of some rows from i on with 4 * vectors channels of a panel. */
MNET_INLINE void multiply(float32x4_t (*acc)[4], const Product *p, const float *panel, size_t i,
                          size_t rows, size_t vectors)
{
    const float *w = panel + NR;
#pragma GCC unroll MNET_UNROLL_4
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll MNET_UNROLL_4
        for (size_t v = 0; v < vectors; v++)
            acc[r][v] = vld1q_f32(panel + 4 * v);
    for (size_t run = 0; run < p->g->runs; run++) {
        const float *x = p->a[run] + i * p->a_stride;
        for (size_t k = 0; k < p->g->run; k++, w += NR)
#pragma GCC unroll MNET_UNROLL_4
            for (size_t r = 0; r < rows; r++)
#pragma GCC unroll MNET_UNROLL_4
                for (size_t v = 0; v < vectors; v++)
                    acc[r][v] =
                        vfmaq_n_f32(acc[r][v], vld1q_f32(w + 4 * v), x[r * p->a_stride + k]);
    }
}

/* As multiply(): 4 rows x 16 channels. */
MNET_INLINE void multiply_4x16(float32x4_t (*acc)[4], const Product *p, const float *panel,
                               size_t i)
{
    const float *w = panel + NR;
    const float *const *a = p->a;
    size_t runs = p->g->runs, stride = p->a_stride * sizeof(float), bytes = p->g->run * sizeof *w;
    MNET_MULTIPLY_4X16("fmla", ".4s", ".s", acc, panel, a, i * stride, stride, bytes, runs, w);
}

MNET_INLINE void store(float *out, const float32x4_t *values, size_t vectors, size_t channels)
{
    float all[NR];
    if (__builtin_expect(channels >= 4 * vectors, 1)) {
#pragma GCC unroll MNET_UNROLL_4
        for (size_t v = 0; v < vectors; v++)
            vst1q_f32(out + 4 * v, values[v]);
        return;
    }
#pragma GCC unroll MNET_UNROLL_4
    for (size_t v = 0; v < vectors; v++)
        vst1q_f32(all + 4 * v, values[v]);
    __builtin_memcpy(out, all, channels * sizeof *out);
}

MNET_INLINE void tile(const Product *p, size_t i, size_t n, size_t channels, size_t rows,
                      size_t vectors)
{
    const float *panel = p->g->panels + n / NR * p->g->panel_floats;
    const float32x4_t min = vdupq_n_f32(p->g->min), max = vdupq_n_f32(p->g->max);
    float *out = p->c + i * p->c_stride + n;
    float32x4_t acc[MR][4];
    if (rows == 4 && vectors == 4)
        multiply_4x16(acc, p, panel, i);
    else
        multiply(acc, p, panel, i, rows, vectors);
#pragma GCC unroll MNET_UNROLL_4
    for (size_t r = 0; r < rows; r++) {
#pragma GCC unroll MNET_UNROLL_4
        for (size_t v = 0; v < vectors; v++)
            acc[r][v] = vminq_f32(vmaxq_f32(acc[r][v], min), max);
        store(out + r * p->c_stride, acc[r], vectors, channels);
    }
}

/* The last tile of 4 rows overlaps those before it. */
static void panel_16(const Product *p, size_t first, size_t end, size_t n, size_t channels)
{
    for (size_t i = first; end - first >= MR && i < end; i += MR)
        tile(p, i + MR <= end ? i : end - MR, n, channels, MR, 4);
    for (size_t i = first; end - first < MR && i < end; i++)
        tile(p, i, n, channels, 1, 4);
}

static void panel_8(const Product *p, size_t first, size_t end, size_t n, size_t channels)
{
    for (size_t i = first; end - first >= MR && i < end; i += MR)
        tile(p, i + MR <= end ? i : end - MR, n, channels, MR, 2);
    for (size_t i = first; end - first < MR && i < end; i++)
        tile(p, i, n, channels, 1, 2);
}

void mnet_gemm_f32_neon(const MnetGemmF32 *g, size_t m, size_t n0, size_t n1, const float *const *a,
                        size_t a_stride, float *c, size_t c_stride)
{
    const Product p = { g, a, a_stride, c, c_stride };
    for (size_t first = 0; first < m; first += ROWS) {
        size_t end = m - first < ROWS ? m : first + ROWS;
        for (size_t n = n0; n < n1; n += NR)
            if (n1 - n > 8)
                panel_16(&p, first, end, n, n1 - n);
            else
                panel_8(&p, first, end, n, n1 - n);
    }
}
