/* SPDX-License-Identifier: MIT
 *
 * Matrix product of floats: tiles of 6 rows x 16 channels in 12 registers. */
#include "kernels/x86/lanes_avx2.h"
#include "kernels/x86/table_avx2.h"

/* BLOCK: floats of rows that panels follow each other over, half a second-level
 * cache of 512 KiB. */
enum { MR = 6, NR = 16, BLOCK = 64 * 1024 };

/* One tile; rows and vectors are constants where this is inlined. */
MNET_INLINE void tile(const MnetGemmF32 *g, const float *panel, size_t channels, size_t rows,
                      size_t vectors, size_t first, const float *const *a, size_t a_stride,
                      float *c, size_t c_stride)
{
    const __m256 min = _mm256_set1_ps(g->min), max = _mm256_set1_ps(g->max);
    __m256 acc[MR][2];
#pragma GCC unroll MNET_UNROLL_6
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll MNET_UNROLL_2
        for (size_t v = 0; v < vectors; v++)
            acc[r][v] = _mm256_load_ps(panel + 8 * v);
    const float *w = panel + NR;
    for (size_t run = 0; run < g->runs; run++) {
        const float *from = a[run] + first * a_stride;
        for (size_t k = 0; k < g->run; k++, w += NR)
#pragma GCC unroll MNET_UNROLL_6
            for (size_t r = 0; r < rows; r++) {
                __m256 x = _mm256_broadcast_ss(from + r * a_stride + k);
#pragma GCC unroll MNET_UNROLL_2
                for (size_t v = 0; v < vectors; v++)
                    acc[r][v] = _mm256_fmadd_ps(x, _mm256_load_ps(w + 8 * v), acc[r][v]);
            }
    }
#pragma GCC unroll MNET_UNROLL_6
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll MNET_UNROLL_2
        for (size_t v = 0; v < vectors; v++)
            mnet_store_floats_avx2(c + r * c_stride + 8 * v, mnet_clamp_avx2(acc[r][v], min, max),
                                   channels - 8 * v);
}

static void tile_16(const MnetGemmF32 *g, const float *panel, size_t channels, size_t rows,
                    size_t first, const float *const *a, size_t a_stride, float *c, size_t c_stride)
{
    switch (rows) {
    case 1:
        tile(g, panel, channels, 1, 2, first, a, a_stride, c, c_stride);
        break;
    case 2:
        tile(g, panel, channels, 2, 2, first, a, a_stride, c, c_stride);
        break;
    case 3:
        tile(g, panel, channels, 3, 2, first, a, a_stride, c, c_stride);
        break;
    case 4:
        tile(g, panel, channels, 4, 2, first, a, a_stride, c, c_stride);
        break;
    case 5:
        tile(g, panel, channels, 5, 2, first, a, a_stride, c, c_stride);
        break;
    default:
        tile(g, panel, channels, 6, 2, first, a, a_stride, c, c_stride);
    }
}

static void tile_8(const MnetGemmF32 *g, const float *panel, size_t channels, size_t rows,
                   size_t first, const float *const *a, size_t a_stride, float *c, size_t c_stride)
{
    switch (rows) {
    case 1:
        tile(g, panel, channels, 1, 1, first, a, a_stride, c, c_stride);
        break;
    case 2:
        tile(g, panel, channels, 2, 1, first, a, a_stride, c, c_stride);
        break;
    case 3:
        tile(g, panel, channels, 3, 1, first, a, a_stride, c, c_stride);
        break;
    case 4:
        tile(g, panel, channels, 4, 1, first, a, a_stride, c, c_stride);
        break;
    case 5:
        tile(g, panel, channels, 5, 1, first, a, a_stride, c, c_stride);
        break;
    default:
        tile(g, panel, channels, 6, 1, first, a, a_stride, c, c_stride);
    }
}

/* All rows with the channels n to n1 of one panel; c points at channel n. */
static void panel(const MnetGemmF32 *g, size_t first, size_t rows, size_t n, size_t n1,
                  const float *const *a, size_t a_stride, float *c, size_t c_stride)
{
    const float *weights = g->panels + n / NR * g->panel_floats;
    for (size_t r = 0; r < rows; r += MR, c += MR * c_stride) {
        size_t tile = rows - r < MR ? rows - r : MR;
        if (n1 - n > 8)
            tile_16(g, weights, n1 - n, tile, first + r, a, a_stride, c, c_stride);
        else
            tile_8(g, weights, n1 - n, tile, first + r, a, a_stride, c, c_stride);
    }
}

void mnet_gemm_f32_avx2(const MnetGemmF32 *g, size_t m, size_t n0, size_t n1, const float *const *a,
                        size_t a_stride, float *c, size_t c_stride)
{
    size_t most = BLOCK / g->k / MR * MR;
    most = most ? most : MR;
    for (size_t i = 0; i < m; i += most) {
        size_t rows = m - i < most ? m - i : most;
        for (size_t n = n0; n < n1; n += NR)
            panel(g, i, rows, n, n1, a, a_stride, c + i * c_stride + n, c_stride);
    }
}
