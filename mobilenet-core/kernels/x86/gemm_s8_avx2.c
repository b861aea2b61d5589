/* SPDX-License-Identifier: MIT
 *
 * Integer matrix product: tiles of 6 rows x 16 channels in 12 registers.  Rows
 * are widened to int16 once for all channels; two products and their sum are
 * one instruction, which is exact because weights are w - wz in int16. */
#include "kernels/x86/requant_avx2.h"
#include "kernels/x86/table_avx2.h"

enum { MR = MNET_ROWS_AVX2, NR = MNET_TILE_AVX2, KC = 1024 };

/* `k` elements of each row; up to 15 more are read. */
static void widen(size_t rows, size_t k, const int8_t *a, size_t a_stride, int16_t wide[MR][KC])
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < k; i += 16) {
            __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(a + r * a_stride + i));
            _mm256_store_si256((__m256i *)(void *)(wide[r] + i), _mm256_cvtepi8_epi16(bytes));
        }
}

MNET_INLINE __m256i broadcast_pair(const int16_t *pair)
{
    int32_t both;
    __builtin_memcpy(&both, pair, sizeof both);
    return _mm256_set1_epi32(both);
}

MNET_INLINE void multiply(size_t rows, size_t vectors, size_t pairs, const int16_t wide[MR][KC],
                          const int16_t *weights, __m256i acc[MR][2])
{
    for (size_t p = 0; p < pairs; p++, weights += 2 * NR) {
        __m256i w[2];
        for (size_t v = 0; v < vectors; v++)
            w[v] = _mm256_load_si256((const __m256i *)(const void *)(weights + 16 * v));
        for (size_t r = 0; r < rows; r++) {
            __m256i a = broadcast_pair(wide[r] + 2 * p);
            for (size_t v = 0; v < vectors; v++)
                acc[r][v] = _mm256_add_epi32(acc[r][v], _mm256_madd_epi16(a, w[v]));
        }
    }
}

typedef struct {
    const MnetGemmS8 *g;
    MnetRequantAvx2 requant;
    size_t rows;
    const int8_t *a;
    size_t a_stride;
    int8_t *c;
    size_t c_stride;
    int16_t wide[MR][KC] __attribute__((aligned(32)));
} Block;

/* One tile; rows and vectors are constants where this is inlined. */
MNET_INLINE void tile(Block *b, size_t n, size_t channels, size_t rows, size_t vectors)
{
    const MnetGemmS8 *g = b->g;
    const uint8_t *panel = (const uint8_t *)g->panels + n / NR * g->panel_bytes;
    const int16_t *weights = (const int16_t *)(const void *)(panel + NR * sizeof(int32_t));
    __m256i acc[MR][2];
    for (size_t r = 0; r < rows; r++)
        for (size_t v = 0; v < vectors; v++)
            acc[r][v] = _mm256_load_si256((const __m256i *)(const void *)(panel + 32 * v));
    for (size_t k0 = 0; k0 < g->k; k0 += KC) {
        size_t k = g->k - k0 < KC ? g->k - k0 : KC;
        if (g->k > KC)
            widen(rows, k, b->a + k0, b->a_stride, b->wide);
        multiply(rows, vectors, (k + 1) / 2, b->wide, weights + k0 * NR, acc);
    }
    mnet_requant_tile_avx2(&b->requant, n, channels, rows, vectors, acc, b->c + n, b->c_stride);
}

static void tile_16(Block *b, size_t n, size_t channels)
{
    switch (b->rows) {
    case 1:
        tile(b, n, channels, 1, 2);
        break;
    case 2:
        tile(b, n, channels, 2, 2);
        break;
    case 3:
        tile(b, n, channels, 3, 2);
        break;
    case 4:
        tile(b, n, channels, 4, 2);
        break;
    case 5:
        tile(b, n, channels, 5, 2);
        break;
    default:
        tile(b, n, channels, 6, 2);
    }
}

static void tile_8(Block *b, size_t n, size_t channels)
{
    switch (b->rows) {
    case 1:
        tile(b, n, channels, 1, 1);
        break;
    case 2:
        tile(b, n, channels, 2, 1);
        break;
    case 3:
        tile(b, n, channels, 3, 1);
        break;
    case 4:
        tile(b, n, channels, 4, 1);
        break;
    case 5:
        tile(b, n, channels, 5, 1);
        break;
    default:
        tile(b, n, channels, 6, 1);
    }
}

void mnet_gemm_s8_avx2(const MnetGemmS8 *g, size_t m, size_t n0, size_t n1, const int8_t *a,
                       size_t a_stride, int8_t *c, size_t c_stride)
{
    Block b;
    b.g = g;
    b.requant = mnet_requant_avx2(&g->requant, n0, n1 - n0);
    b.a_stride = a_stride;
    b.c_stride = c_stride;
    for (size_t i = 0; i < m; i += MR) {
        b.rows = m - i < MR ? m - i : MR;
        b.a = a + i * a_stride;
        b.c = c + i * c_stride;
        if (g->k <= KC)
            widen(b.rows, g->k, b.a, a_stride, b.wide);
        for (size_t n = n0; n < n1; n += NR)
            if (n1 - n > 8)
                tile_16(&b, n, n1 - n < NR ? n1 - n : NR);
            else
                tile_8(&b, n, n1 - n);
    }
}
