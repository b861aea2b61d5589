/* SPDX-License-Identifier: MIT
 *
 * Float matrix product: panels of 16 channels, one register; a tile takes 1 to 4
 * panels and so many rows that its sums fill 24 of the 32 registers.  Of 1 to 4
 * channels a register holds 16 rows instead. */
#include "kernels/x86/requant_avx512vnni.h"
#include "kernels/x86/table_avx512vnni.h"

enum { NR = 16, NARROW = 4, MAX_PANELS = 4, MAX_ROWS = 12, BLOCK = 96 };

/* The product of some rows with some panels. */
typedef struct {
    const MnetGemmF32 *g;
    const float *panel;
    size_t panels;
    __mmask16 valid; /* channels of the last panel */
    const float *const *a;
    size_t a_stride;
    float *c;
    size_t c_stride;
} Product;

/* rows * panels registers of sums: both are constants to the compiler. */
MNET_INLINE void product_tile(const Product *p, size_t i0, size_t rows, size_t panels)
{
    __m512 acc[MAX_ROWS][MAX_PANELS];
    const float *w = p->panel;
    size_t stride = p->a_stride, floats = p->g->panel_floats;
#pragma GCC unroll MNET_UNROLL_12
    for (size_t j = 0; j < panels; j++)
#pragma GCC unroll MNET_UNROLL_12
        for (size_t i = 0; i < rows; i++)
            acc[i][j] = _mm512_load_ps(w + j * floats);
    w += NR;
    for (size_t r = 0; r < p->g->runs; r++) {
        const float *a = p->a[r] + i0 * stride;
        for (size_t s = 0; s < p->g->run; s++, w += NR, a++) {
            __m512 weights[MAX_PANELS];
#pragma GCC unroll MNET_UNROLL_12
            for (size_t j = 0; j < panels; j++)
                weights[j] = _mm512_load_ps(w + j * floats);
#pragma GCC unroll MNET_UNROLL_12
            for (size_t i = 0; i < rows; i++) {
                __m512 row = _mm512_set1_ps(a[i * stride]);
#pragma GCC unroll MNET_UNROLL_12
                for (size_t j = 0; j < panels; j++)
                    acc[i][j] = _mm512_fmadd_ps(weights[j], row, acc[i][j]);
            }
        }
    }
    const __m512 min = _mm512_set1_ps(p->g->min), max = _mm512_set1_ps(p->g->max);
    float *c = p->c + i0 * p->c_stride;
#pragma GCC unroll MNET_UNROLL_12
    for (size_t i = 0; i < rows; i++, c += p->c_stride)
#pragma GCC unroll MNET_UNROLL_12
        for (size_t j = 0; j < panels; j++)
            _mm512_mask_storeu_ps(c + NR * j, j + 1 < panels ? 0xffff : p->valid,
                                  _mm512_min_ps(max, _mm512_max_ps(min, acc[i][j])));
}

/* As many rows of at most `rows` as a tile takes; returns their number. */
static size_t product_4(const Product *p, size_t i, size_t rows)
{
    if (rows >= 6)
        return product_tile(p, i, 6, 4), 6;
    if (rows >= 4)
        return product_tile(p, i, 4, 4), 4;
    if (rows >= 2)
        return product_tile(p, i, 2, 4), 2;
    return product_tile(p, i, 1, 4), 1;
}

static size_t product_3(const Product *p, size_t i, size_t rows)
{
    if (rows >= 8)
        return product_tile(p, i, 8, 3), 8;
    if (rows >= 4)
        return product_tile(p, i, 4, 3), 4;
    if (rows >= 2)
        return product_tile(p, i, 2, 3), 2;
    return product_tile(p, i, 1, 3), 1;
}

static size_t product_2(const Product *p, size_t i, size_t rows)
{
    if (rows >= 12)
        return product_tile(p, i, 12, 2), 12;
    if (rows >= 6)
        return product_tile(p, i, 6, 2), 6;
    if (rows >= 3)
        return product_tile(p, i, 3, 2), 3;
    return product_tile(p, i, 1, 2), 1;
}

static size_t product_1(const Product *p, size_t i, size_t rows)
{
    if (rows >= 12)
        return product_tile(p, i, 12, 1), 12;
    if (rows >= 4)
        return product_tile(p, i, 4, 1), 4;
    return product_tile(p, i, 1, 1), 1;
}

static size_t product(const Product *p, size_t i, size_t rows)
{
    return p->panels == 4   ? product_4(p, i, rows)
           : p->panels == 3 ? product_3(p, i, rows)
           : p->panels == 2 ? product_2(p, i, rows)
                            : product_1(p, i, rows);
}

/* Four numbers each of 16 rows, `stride` apart, become four registers of them. */
MNET_INLINE void turn(const float *a, size_t stride, __m512 out[4])
{
    __m512 rows[4]; /* j, j + 4, j + 8, j + 12 */
#pragma GCC unroll MNET_UNROLL_4
    for (size_t j = 0; j < 4; j++, a += stride) {
        rows[j] = _mm512_broadcast_f32x4(_mm_loadu_ps(a));
        rows[j] = _mm512_mask_broadcast_f32x4(rows[j], 0x00f0, _mm_loadu_ps(a + 4 * stride));
        rows[j] = _mm512_mask_broadcast_f32x4(rows[j], 0x0f00, _mm_loadu_ps(a + 8 * stride));
        rows[j] = _mm512_mask_broadcast_f32x4(rows[j], 0xf000, _mm_loadu_ps(a + 12 * stride));
    }
    __m512d first[2] = { _mm512_castps_pd(_mm512_unpacklo_ps(rows[0], rows[1])),
                         _mm512_castps_pd(_mm512_unpacklo_ps(rows[2], rows[3])) };
    __m512d last[2] = { _mm512_castps_pd(_mm512_unpackhi_ps(rows[0], rows[1])),
                        _mm512_castps_pd(_mm512_unpackhi_ps(rows[2], rows[3])) };
    out[0] = _mm512_castpd_ps(_mm512_unpacklo_pd(first[0], first[1]));
    out[1] = _mm512_castpd_ps(_mm512_unpackhi_pd(first[0], first[1]));
    out[2] = _mm512_castpd_ps(_mm512_unpacklo_pd(last[0], last[1]));
    out[3] = _mm512_castpd_ps(_mm512_unpackhi_pd(last[0], last[1]));
}

/* acc[n] += row * w[n]; `channels` is a constant to the compiler, here and below. */
MNET_INLINE void add_products(__m512 acc[NARROW], __m512 row, const float *w, size_t channels)
{
#pragma GCC unroll MNET_UNROLL_4
    for (size_t n = 0; n < channels; n++)
        acc[n] = _mm512_fmadd_ps(_mm512_set1_ps(w[n]), row, acc[n]);
}

/* Rows i0 to i0 + 16. */
MNET_INLINE void narrow_tile(const Product *p, size_t i0, size_t channels)
{
    const __m512i numbers = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const float *w = p->panel;
    size_t stride = p->a_stride;
    __m512 acc[NARROW];
    for (size_t n = 0; n < channels; n++)
        acc[n] = _mm512_set1_ps(w[n]);
    w += NR;
    for (size_t r = 0; r < p->g->runs; r++) {
        const float *a = p->a[r] + i0 * stride;
        size_t s = 0;
        for (; s + 4 <= p->g->run; s += 4, w += 4 * NR) {
            __m512 rows[4];
            turn(a + s, stride, rows);
#pragma GCC unroll MNET_UNROLL_4
            for (size_t k = 0; k < 4; k++)
                add_products(acc, rows[k], w + k * NR, channels);
        }
        for (; s < p->g->run; s++, w += NR) {
            float row[NR];
            for (size_t i = 0; i < NR; i++)
                row[i] = a[i * stride + s];
            add_products(acc, _mm512_loadu_ps(row), w, channels);
        }
    }
    const __m512 min = _mm512_set1_ps(p->g->min), max = _mm512_set1_ps(p->g->max);
    const __m512i at = _mm512_mullo_epi32(numbers, _mm512_set1_epi32((int)p->c_stride));
    for (size_t n = 0; n < channels; n++)
        _mm512_i32scatter_ps(p->c + i0 * p->c_stride + n, at,
                             _mm512_min_ps(max, _mm512_max_ps(min, acc[n])), sizeof(float));
}

/* The last tile may overlap the one before it. */
MNET_INLINE void narrow_rows(const Product *p, size_t m, size_t channels)
{
    for (size_t i = 0; i < m; i += NR)
        narrow_tile(p, i + NR <= m ? i : m - NR, channels);
}

static void narrow_product(const Product *p, size_t m, size_t channels)
{
    if (channels == 1)
        narrow_rows(p, m, 1);
    else if (channels == 2)
        narrow_rows(p, m, 2);
    else if (channels == 3)
        narrow_rows(p, m, 3);
    else
        narrow_rows(p, m, 4);
}

/* Of `left` panels: 5, 6 and 9 in threes, so that none is left alone. */
static size_t panels_at_once(size_t left)
{
    if (left == 5 || left == 6 || left == 9)
        return 3;
    return left < MAX_PANELS ? left : MAX_PANELS;
}

void mnet_gemm_f32_avx512vnni(const MnetGemmF32 *g, size_t m, size_t n0, size_t n1,
                              const float *const *a, size_t a_stride, float *c, size_t c_stride)
{
    if (n1 > n0 && n1 - n0 <= NARROW && m >= NR && c_stride <= INT32_MAX / NR) {
        const Product p = { .g = g,
                            .panel = g->panels + n0 / NR * g->panel_floats,
                            .a = a,
                            .a_stride = a_stride,
                            .c = c + n0,
                            .c_stride = c_stride };
        narrow_product(&p, m, n1 - n0);
        return;
    }
    for (size_t block = 0; block < m; block += BLOCK) {
        size_t end = m - block < BLOCK ? m : block + BLOCK;
        Product p = { .g = g, .a = a, .a_stride = a_stride, .c_stride = c_stride };
        for (size_t n = n0; n < n1; n += NR * p.panels) {
            p.panels = panels_at_once((n1 - n + NR - 1) / NR);
            p.panel = g->panels + n / NR * g->panel_floats;
            p.valid = mnet_mask16(n1 - n - NR * (p.panels - 1));
            p.c = c + n;
            for (size_t i = block; i < end;)
                i += product(&p, i, end - i);
        }
    }
}
