/* SPDX-License-Identifier: MIT
 *
 * Float matrix product: panels of 16 channels, one register; a tile takes 1 to 4
 * panels and so many rows that its sums fill 24 of the 32 registers. */
#include "kernels/x86/requant_avx512vnni.h"
#include "kernels/x86/table_avx512vnni.h"

enum { NR = 16, MAX_PANELS = 4, MAX_ROWS = 12, BLOCK = 96 };

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
