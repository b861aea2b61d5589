/* SPDX-License-Identifier: MIT
 *
 * Integer matrix product with vpdpbusd: unsigned weights (w + 128) times signed
 * activations, whose row sums take the 128 and the weights' zero points off
 * again.  Panels have 16 channels, one register; a tile takes 1 to 4 panels and
 * so many rows that its sums fill 24 of the 32 registers. */
#include "kernels/x86/table_avx512vnni.h"

#include "kernels/x86/requant_avx512vnni.h"

enum { NR = 16, MAX_PANELS = 4, MAX_ROWS = 12, BLOCK = 96 };

/* The product of some rows with some panels. */
typedef struct {
    size_t steps; /* of 4 products */
    const uint8_t *panel;
    size_t panel_bytes, panels;
    const int8_t *a;
    size_t a_stride;
    const int32_t *offset; /* taken off all sums of a row */
    int32_t *acc;          /* rows of 64 */
} Product;

/* rows * panels registers of sums: both are constants to the compiler. */
MNET_INLINE void product_tile(const Product *p, size_t i0, size_t rows, size_t panels)
{
    __m512i acc[MAX_ROWS][MAX_PANELS];
    const uint8_t *w = p->panel;
    const int8_t *a = p->a + i0 * p->a_stride;
    size_t stride = p->a_stride, bytes = p->panel_bytes;
    for (size_t j = 0; j < panels; j++) {
        __m512i bias = _mm512_load_si512(w + j * bytes);
        for (size_t i = 0; i < rows; i++)
            acc[i][j] = _mm512_sub_epi32(bias, _mm512_set1_epi32(p->offset[i0 + i]));
    }
    w += NR * sizeof(int32_t);
    for (size_t s = 0; s < p->steps; s++, w += 4 * NR, a += 4) {
        __m512i weights[MAX_PANELS];
        for (size_t j = 0; j < panels; j++)
            weights[j] = _mm512_load_si512(w + j * bytes);
        for (size_t i = 0; i < rows; i++) {
            int32_t four;
            __builtin_memcpy(&four, a + i * stride, sizeof four);
            __m512i row = _mm512_set1_epi32(four);
            for (size_t j = 0; j < panels; j++)
                acc[i][j] = _mm512_dpbusd_epi32(acc[i][j], weights[j], row);
        }
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < panels; j++)
            _mm512_store_si512(p->acc + 64 * i + 16 * j, acc[i][j]);
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

/* 16 sums of four of four registers each: result lane 4 * g + i is the sum of
 * s[4 * g + i]. */
MNET_INLINE __m512i sum_registers(const __m512i s[16])
{
    __m512i four[4];
    for (size_t g = 0; g < 4; g++) {
        const __m512i *x = s + 4 * g;
        __m512i p =
            _mm512_add_epi32(_mm512_unpacklo_epi32(x[0], x[1]), _mm512_unpackhi_epi32(x[0], x[1]));
        __m512i q =
            _mm512_add_epi32(_mm512_unpacklo_epi32(x[2], x[3]), _mm512_unpackhi_epi32(x[2], x[3]));
        four[g] = _mm512_add_epi32(_mm512_unpacklo_epi64(p, q), _mm512_unpackhi_epi64(p, q));
    }
    __m512i p = _mm512_add_epi32(_mm512_shuffle_i32x4(four[0], four[1], 0x88),
                                 _mm512_shuffle_i32x4(four[0], four[1], 0xdd));
    __m512i q = _mm512_add_epi32(_mm512_shuffle_i32x4(four[2], four[3], 0x88),
                                 _mm512_shuffle_i32x4(four[2], four[3], 0xdd));
    return _mm512_add_epi32(_mm512_shuffle_i32x4(p, q, 0x88), _mm512_shuffle_i32x4(p, q, 0xdd));
}

/* The sum of a row, spread over a register. */
MNET_INLINE __m512i row_sum(const int8_t *row, size_t k, __mmask64 tail)
{
    const __m512i ones = _mm512_set1_epi8(1);
    __m512i sum = _mm512_setzero_si512();
    for (; k >= 64; k -= 64, row += 64)
        sum = _mm512_dpbusd_epi32(sum, ones, _mm512_loadu_si512(row));
    return _mm512_dpbusd_epi32(sum, ones, _mm512_maskz_loadu_epi8(tail, row));
}

/* sums[0..m), written to the next multiple of 16. */
static void row_sums(size_t m, size_t k, const int8_t *a, size_t a_stride, int32_t *sums)
{
    const __mmask64 tail = mnet_mask64(k % 64);
    for (size_t i0 = 0; i0 < m; i0 += 16) {
        size_t rows = m - i0 < 16 ? m - i0 : 16;
        __m512i s[16];
        for (size_t i = 0; i < 16; i++) {
            s[i] = row_sum(a, k, tail);
            a += i + 1 < rows ? a_stride : 0;
        }
        a += a_stride;
        _mm512_storeu_si512(sums + i0, sum_registers(s));
    }
}

/* Whether weight_zero is the same for n channels; *zero is that number. */
static int one_zero(const int32_t *zeros, size_t n, int32_t *zero)
{
    *zero = zeros ? zeros[0] : 0;
    const __m512i first = _mm512_set1_epi32(*zero);
    for (size_t i = 0; zeros && i < n; i += 16)
        if (_mm512_mask_cmpneq_epi32_mask(mnet_mask16(n - i), first, _mm512_loadu_si512(zeros + i)))
            return 0;
    return 1;
}

/* Where the zero points of channels differ. */
static void take_off_zeros(const Product *p, const int32_t *zeros, const int32_t *sums, size_t rows)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < p->panels; j++) {
            int32_t *acc = p->acc + 64 * i + NR * j;
            __m512i off =
                _mm512_mullo_epi32(_mm512_set1_epi32(sums[i]), _mm512_loadu_si512(zeros + NR * j));
            _mm512_store_si512(acc, _mm512_sub_epi32(_mm512_load_si512(acc), off));
        }
}

/* Of `left` panels: 5, 6 and 9 in threes, so that none is left alone. */
static size_t panels_at_once(size_t left)
{
    if (left == 5 || left == 6 || left == 9)
        return 3;
    return left < MAX_PANELS ? left : MAX_PANELS;
}

/* Up to BLOCK rows times the channels n0 to n1. */
static void gemm_block(const MnetGemmS8 *g, size_t m, size_t n0, size_t n1, const int8_t *a,
                       size_t a_stride, int8_t *c, size_t c_stride)
{
    int32_t acc[MAX_ROWS * 64] __attribute__((aligned(64)));
    int32_t sums[BLOCK], offset[BLOCK] = { 0 }, zero;
    int same = one_zero(g->weight_zero ? g->weight_zero + n0 : NULL, n1 - n0, &zero);
    if (zero || !same)
        row_sums(m, g->k, a, a_stride, sums);
    for (size_t i = 0; i < m && same && zero; i++)
        offset[i] = (int32_t)((uint32_t)sums[i] * (uint32_t)zero);
    Product p = { .steps = (g->k + 3) / 4,
                  .panel_bytes = g->panel_bytes,
                  .a = a,
                  .a_stride = a_stride,
                  .offset = offset,
                  .acc = acc };
    for (size_t n = n0; n < n1; n += NR * p.panels) {
        p.panels = panels_at_once((n1 - n + NR - 1) / NR);
        p.panel = (const uint8_t *)g->panels + n / NR * g->panel_bytes;
        MnetRequantBlock block = { .requant = &g->requant,
                                   .c0 = n,
                                   .channels = n1 - n < NR * p.panels ? n1 - n : NR * p.panels,
                                   .scale = g->requant.scale + n,
                                   .tie = g->requant.tie + n };
        block.way = mnet_requant_way_avx512vnni(&g->requant, block.scale, NR * p.panels);
        for (size_t i = 0, rows; i < m; i += rows) {
            rows = product(&p, i, m - i);
            if (!same)
                take_off_zeros(&p, g->weight_zero + n, sums + i, rows);
            mnet_requantize_rows_avx512vnni(&block, rows, acc, c + i * c_stride + n, c_stride);
        }
    }
}

void mnet_gemm_s8_avx512vnni(const MnetGemmS8 *g, size_t m, size_t n0, size_t n1, const int8_t *a,
                             size_t a_stride, int8_t *c, size_t c_stride)
{
    for (size_t i = 0; i < m && n0 < n1; i += BLOCK)
        gemm_block(g, m - i < BLOCK ? m - i : BLOCK, n0, n1, a + i * a_stride, a_stride,
                   c + i * c_stride, c_stride);
}
