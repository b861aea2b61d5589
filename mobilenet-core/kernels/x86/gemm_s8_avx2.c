/* SPDX-License-Identifier: MIT
 *
 * Integer matrix product: tiles of 6 rows x 16 channels in 12 registers.  Rows
 * are widened to int16 once for all channels; two products and their sum are
 * one instruction, which is exact because weights are w - wz in int16. */
#include "kernels/x86/requant_avx2.h"
#include "kernels/x86/table_avx2.h"

enum { MR = MNET_ROWS_AVX2, NR = MNET_TILE_AVX2 };

/* int16 elements of widened rows that are kept: 48 KiB.  Longer rows than KC
 * are taken piece by piece. */
enum { WIDE = 24 * 1024, KC = WIDE / MR };

typedef struct {
    const MnetGemmS8 *g;
    MnetRequantAvx2 requant;
    int8_t *c;
    size_t c_stride;
    size_t run, wide_stride; /* elements of a run, of a widened row */
    MnetSumsAvx2 sums[MR];
    int16_t wide[WIDE] __attribute__((aligned(32)));
} Block;

/* `k` elements of each row, to element `at` of a widened one; up to 15 more are
 * read and written. */
static void widen(Block *b, size_t rows, size_t k, const int8_t *a, size_t a_stride, size_t at)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < k; i += 16) {
            __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(a + r * a_stride + i));
            _mm256_storeu_si256((__m256i *)(void *)(b->wide + r * b->wide_stride + at + i),
                                _mm256_cvtepi8_epi16(bytes));
        }
}

/* All runs of some rows.  Each row is written from its beginning on, and what is
 * written behind one is the beginning of the next. */
static void widen_runs(Block *b, size_t first, size_t rows, const int8_t *const *a, size_t a_stride)
{
    for (size_t i = first; i < first + rows; i++)
        for (size_t r = 0; r < b->g->runs; r++)
            widen(b, 1, b->g->run, a[r] + i * a_stride, a_stride,
                  (i - first) * b->wide_stride + r * b->run);
}

MNET_INLINE __m256i broadcast_pair(const int16_t *pair)
{
    int32_t both;
    __builtin_memcpy(&both, pair, sizeof both);
    return _mm256_set1_epi32(both);
}

/* Adds the products of `pairs` pairs to the sums of a tile, or to the bias. */
MNET_INLINE void multiply(Block *b, const int16_t *a, const int32_t *bias, const int16_t *weights,
                          size_t pairs, size_t rows, size_t vectors)
{
    size_t stride = b->wide_stride;
    __m256i acc[MR][2];
#pragma GCC unroll MNET_UNROLL_6
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll MNET_UNROLL_2
        for (size_t v = 0; v < vectors; v++) {
            const int32_t *from = bias ? bias : b->sums[r].sums;
            acc[r][v] = _mm256_load_si256((const __m256i *)(const void *)(from + 8 * v));
        }
    for (size_t p = 0; p < pairs; p++, weights += 2 * NR) {
        __m256i w[2];
#pragma GCC unroll MNET_UNROLL_2
        for (size_t v = 0; v < vectors; v++)
            w[v] = _mm256_load_si256((const __m256i *)(const void *)(weights + 16 * v));
#pragma GCC unroll MNET_UNROLL_6
        for (size_t r = 0; r < rows; r++) {
            __m256i x = broadcast_pair(a + r * stride + 2 * p);
#pragma GCC unroll MNET_UNROLL_2
            for (size_t v = 0; v < vectors; v++)
                acc[r][v] = _mm256_add_epi32(acc[r][v], _mm256_madd_epi16(x, w[v]));
        }
    }
#pragma GCC unroll MNET_UNROLL_6
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll MNET_UNROLL_2
        for (size_t v = 0; v < vectors; v++)
            mnet_store_sums_avx2(&b->sums[r], v, acc[r][v]);
}

static void multiply_16(Block *b, const int16_t *a, const int32_t *bias, const int16_t *weights,
                        size_t pairs, size_t rows)
{
    switch (rows) {
    case 1:
        multiply(b, a, bias, weights, pairs, 1, 2);
        break;
    case 2:
        multiply(b, a, bias, weights, pairs, 2, 2);
        break;
    case 3:
        multiply(b, a, bias, weights, pairs, 3, 2);
        break;
    case 4:
        multiply(b, a, bias, weights, pairs, 4, 2);
        break;
    case 5:
        multiply(b, a, bias, weights, pairs, 5, 2);
        break;
    default:
        multiply(b, a, bias, weights, pairs, 6, 2);
    }
}

static void multiply_8(Block *b, const int16_t *a, const int32_t *bias, const int16_t *weights,
                       size_t pairs, size_t rows)
{
    switch (rows) {
    case 1:
        multiply(b, a, bias, weights, pairs, 1, 1);
        break;
    case 2:
        multiply(b, a, bias, weights, pairs, 2, 1);
        break;
    case 3:
        multiply(b, a, bias, weights, pairs, 3, 1);
        break;
    case 4:
        multiply(b, a, bias, weights, pairs, 4, 1);
        break;
    case 5:
        multiply(b, a, bias, weights, pairs, 5, 1);
        break;
    default:
        multiply(b, a, bias, weights, pairs, 6, 1);
    }
}

/* All rows, widened already, with the channels n to n1 of one panel. */
static void panel(Block *b, size_t rows, size_t n, size_t n1)
{
    const MnetGemmS8 *g = b->g;
    const uint8_t *data = (const uint8_t *)g->panels + n / NR * g->panel_bytes;
    const int32_t *bias = (const int32_t *)(const void *)data;
    const int16_t *weights = (const int16_t *)(const void *)(bias + NR);
    for (size_t r = 0; r < rows; r += MR) {
        const int16_t *a = b->wide + r * b->wide_stride;
        size_t tile = rows - r < MR ? rows - r : MR;
        if (n1 - n > 8)
            multiply_16(b, a, bias, weights, g->runs * b->run / 2, tile);
        else
            multiply_8(b, a, bias, weights, g->runs * b->run / 2, tile);
        mnet_requant_tile_avx2(&b->requant, n, n1 - n, tile, b->sums, b->c + r * b->c_stride + n,
                               b->c_stride);
    }
}

/* At most MR rows that are too long to be widened whole, with one panel. */
static void panel_long(Block *b, size_t first, size_t rows, size_t n, size_t n1,
                       const int8_t *const *a, size_t a_stride)
{
    const MnetGemmS8 *g = b->g;
    const uint8_t *data = (const uint8_t *)g->panels + n / NR * g->panel_bytes;
    const int32_t *bias = (const int32_t *)(const void *)data;
    const int16_t *weights = (const int16_t *)(const void *)(bias + NR);
    for (size_t r = 0; r < g->runs; r++, weights += b->run * NR)
        for (size_t k0 = 0; k0 < g->run; k0 += KC) {
            size_t k = g->run - k0 < KC ? g->run - k0 : KC;
            b->wide_stride = (k + 15) / 16 * 16;
            widen(b, rows, k, a[r] + first * a_stride + k0, a_stride, 0);
            multiply_16(b, b->wide, r || k0 ? NULL : bias, weights + k0 * NR, (k + 1) / 2, rows);
        }
    mnet_requant_tile_avx2(&b->requant, n, n1 - n, rows, b->sums, b->c + n, b->c_stride);
}

void mnet_gemm_s8_avx2(const MnetGemmS8 *g, size_t m, size_t n0, size_t n1, const int8_t *const *a,
                       size_t a_stride, int8_t *c, size_t c_stride)
{
    Block b;
    b.g = g;
    b.requant = mnet_requant_avx2(&g->requant, n0, n1 - n0);
    b.c_stride = c_stride;
    b.run = (g->run + 1) / 2 * 2;
    b.wide_stride = (g->runs - 1) * b.run + (g->run + 15) / 16 * 16;
    int is_long = b.wide_stride > KC;
    /* Whole tiles of rows that fit. */
    size_t most = is_long ? MR : WIDE / b.wide_stride / MR * MR;
    for (size_t i = 0; i < m; i += most) {
        size_t rows = m - i < most ? m - i : most;
        b.c = c + i * c_stride;
        if (!is_long)
            widen_runs(&b, i, rows, a, a_stride);
        for (size_t n = n0; n < n1; n += NR)
            if (!is_long)
                panel(&b, rows, n, n1);
            else
                panel_long(&b, i, rows, n, n1, a, a_stride);
    }
}
