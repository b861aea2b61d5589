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
    size_t runs, steps; /* of 4 products, in a run */
    const uint8_t *panel;
    size_t panel_bytes, panels;
    const int8_t *const *a;
    size_t first, a_stride; /* row of a that stands for row 0 */
    const int32_t *offset;  /* taken off all sums of a row */
    int32_t *acc;           /* rows of 64 */
    /* Fitted channels go from sums to bytes in registers. */
    const MnetRequant *requant;
    const int32_t *fit_offset;
    const float *factor, *addend;
    __mmask64 valid; /* of the bytes of a row */
    int8_t *c;
    size_t c_stride;
} Product;

/* One row of 3 or 4 panels, two of 2, four of 1: at most `rows` of them. */
MNET_INLINE void store_rows(const Product *p, size_t panels, size_t rows, __m512i bytes, int8_t *c)
{
    if (panels > 2) {
        _mm512_mask_storeu_epi8(c, p->valid, bytes);
    } else if (panels == 2) {
        _mm256_mask_storeu_epi8(c, (__mmask32)p->valid, _mm512_castsi512_si256(bytes));
        if (rows > 1)
            _mm256_mask_storeu_epi8(c + p->c_stride, (__mmask32)p->valid,
                                    _mm512_extracti64x4_epi64(bytes, 1));
    } else {
        const __mmask16 valid = (__mmask16)p->valid;
        _mm_mask_storeu_epi8(c, valid, _mm512_castsi512_si128(bytes));
        if (rows > 1)
            _mm_mask_storeu_epi8(c + p->c_stride, valid, _mm512_extracti32x4_epi32(bytes, 1));
        if (rows > 2)
            _mm_mask_storeu_epi8(c + 2 * p->c_stride, valid, _mm512_extracti32x4_epi32(bytes, 2));
        if (rows > 3)
            _mm_mask_storeu_epi8(c + 3 * p->c_stride, valid, _mm512_extracti32x4_epi32(bytes, 3));
    }
}

/* Rows of up to 64 bytes from registers of sums, four registers at once: one row
 * of 3 or 4 panels, two of 2, four of 1. */
MNET_INLINE void store_fitted(const Product *p, size_t i0, size_t rows, size_t panels,
                              __m512i acc[MAX_ROWS][MAX_PANELS])
{
    /* Dword 4 * l + j after packing is channels 16 * j + 4 * l... */
    const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    const size_t at_once = panels > 2 ? 1 : 4 / panels;
    int8_t *c = p->c + i0 * p->c_stride;
#pragma GCC unroll MNET_UNROLL_12
    for (size_t i = 0; i < rows; i += at_once) {
        __m512i n[4];
#pragma GCC unroll MNET_UNROLL_12
        for (size_t j = 0; j < 4; j++) {
            size_t row = i + j / panels, column = j % panels;
            if (row >= rows || j >= at_once * panels) {
                n[j] = n[0];
                continue;
            }
            __m512 factor = _mm512_loadu_ps(p->factor + NR * column);
            __m512 addend = _mm512_loadu_ps(p->addend + NR * column);
            n[j] = mnet_requant_nearest(
                MNET_REQUANT_FITTED,
                mnet_requant_value(MNET_REQUANT_FITTED, acc[row][column], factor, addend));
        }
        __m512i bytes = _mm512_permutexvar_epi32(
            order, mnet_requant_bytes(p->requant, _mm512_packs_epi32(n[0], n[1]),
                                      _mm512_packs_epi32(n[2], n[3])));
        store_rows(p, panels, rows - i, bytes, c);
        c += at_once * p->c_stride;
    }
}

/* rows * panels registers of sums: both, and fitted, are constants to the compiler. */
MNET_INLINE void product_tile(const Product *p, size_t i0, size_t rows, size_t panels, int fitted)
{
    __m512i acc[MAX_ROWS][MAX_PANELS];
    const uint8_t *w = p->panel;
    size_t stride = p->a_stride, bytes = p->panel_bytes;
#pragma GCC unroll MNET_UNROLL_12
    for (size_t j = 0; j < panels; j++) {
        __m512i bias = _mm512_load_si512(w + j * bytes);
        if (fitted)
            bias = _mm512_add_epi32(bias, _mm512_loadu_si512(p->fit_offset + NR * j));
#pragma GCC unroll MNET_UNROLL_12
        for (size_t i = 0; i < rows; i++)
            acc[i][j] = _mm512_sub_epi32(bias, _mm512_set1_epi32(p->offset[i0 + i]));
    }
    w += NR * sizeof(int32_t);
    for (size_t r = 0; r < p->runs; r++) {
        const int8_t *a = p->a[r] + (p->first + i0) * stride;
        for (size_t s = 0; s < p->steps; s++, w += 4 * NR, a += 4) {
            __m512i weights[MAX_PANELS];
#pragma GCC unroll MNET_UNROLL_12
            for (size_t j = 0; j < panels; j++)
                weights[j] = _mm512_load_si512(w + j * bytes);
#pragma GCC unroll MNET_UNROLL_12
            for (size_t i = 0; i < rows; i++) {
                int32_t four;
                __builtin_memcpy(&four, a + i * stride, sizeof four);
                __m512i row = _mm512_set1_epi32(four);
#pragma GCC unroll MNET_UNROLL_12
                for (size_t j = 0; j < panels; j++)
                    acc[i][j] = _mm512_dpbusd_epi32(acc[i][j], weights[j], row);
            }
        }
    }
    if (fitted) {
        store_fitted(p, i0, rows, panels, acc);
        return;
    }
#pragma GCC unroll MNET_UNROLL_12
    for (size_t i = 0; i < rows; i++)
#pragma GCC unroll MNET_UNROLL_12
        for (size_t j = 0; j < panels; j++)
            _mm512_store_si512(p->acc + 64 * i + 16 * j, acc[i][j]);
}

/* As many rows of at most `rows` as a tile takes; returns their number. */
MNET_INLINE size_t product_4(const Product *p, size_t i, size_t rows, int fitted)
{
    if (rows >= 6)
        return product_tile(p, i, 6, 4, fitted), 6;
    if (rows >= 4)
        return product_tile(p, i, 4, 4, fitted), 4;
    if (rows >= 2)
        return product_tile(p, i, 2, 4, fitted), 2;
    return product_tile(p, i, 1, 4, fitted), 1;
}

MNET_INLINE size_t product_3(const Product *p, size_t i, size_t rows, int fitted)
{
    if (rows >= 8)
        return product_tile(p, i, 8, 3, fitted), 8;
    if (rows >= 4)
        return product_tile(p, i, 4, 3, fitted), 4;
    if (rows >= 2)
        return product_tile(p, i, 2, 3, fitted), 2;
    return product_tile(p, i, 1, 3, fitted), 1;
}

MNET_INLINE size_t product_2(const Product *p, size_t i, size_t rows, int fitted)
{
    if (rows >= 12)
        return product_tile(p, i, 12, 2, fitted), 12;
    if (rows >= 6)
        return product_tile(p, i, 6, 2, fitted), 6;
    if (rows >= 3)
        return product_tile(p, i, 3, 2, fitted), 3;
    return product_tile(p, i, 1, 2, fitted), 1;
}

MNET_INLINE size_t product_1(const Product *p, size_t i, size_t rows, int fitted)
{
    if (rows >= 12)
        return product_tile(p, i, 12, 1, fitted), 12;
    if (rows >= 4)
        return product_tile(p, i, 4, 1, fitted), 4;
    return product_tile(p, i, 1, 1, fitted), 1;
}

MNET_INLINE size_t product(const Product *p, size_t i, size_t rows, int fitted)
{
    return p->panels == 4   ? product_4(p, i, rows, fitted)
           : p->panels == 3 ? product_3(p, i, rows, fitted)
           : p->panels == 2 ? product_2(p, i, rows, fitted)
                            : product_1(p, i, rows, fitted);
}

static size_t product_sums(const Product *p, size_t i, size_t rows)
{
    return product(p, i, rows, 0);
}

static size_t product_fitted(const Product *p, size_t i, size_t rows)
{
    return product(p, i, rows, 1);
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

/* The sum of a run, spread over a register. */
MNET_INLINE __m512i add_row(__m512i sum, const int8_t *row, size_t k, __mmask64 tail)
{
    const __m512i ones = _mm512_set1_epi8(1);
    for (; k >= 64; k -= 64, row += 64)
        sum = _mm512_dpbusd_epi32(sum, ones, _mm512_loadu_si512(row));
    return _mm512_dpbusd_epi32(sum, ones, _mm512_maskz_loadu_epi8(tail, row));
}

/* Of m rows from `first` on: sums[0..m), written to the next multiple of 16. */
static void sums_of_long_runs(const MnetGemmS8 *g, size_t first, size_t m, const int8_t *const *a,
                              size_t a_stride, int32_t *sums)
{
    const __mmask64 tail = mnet_mask64(g->run % 64);
    for (size_t i0 = 0; i0 < m; i0 += 16) {
        __m512i s[16];
        for (size_t i = 0; i < 16; i++) {
            size_t row = first + (i0 + i < m ? i0 + i : m - 1);
            s[i] = _mm512_setzero_si512();
            for (size_t r = 0; r < g->runs; r++)
                s[i] = add_row(s[i], a[r] + row * a_stride, g->run, tail);
        }
        _mm512_storeu_si512(sums + i0, sum_registers(s));
    }
}

/* 16 bytes of each of four rows, so far behind a. */
MNET_INLINE __m512i load_four(const int8_t *a, const size_t behind[4])
{
    __m512i x =
        _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(const void *)(a + behind[0])));
    for (int i = 1; i < 4; i++)
        x = _mm512_mask_broadcast_i32x4(
            x, (__mmask16)(0xf << 4 * i),
            _mm_loadu_si128((const __m128i *)(const void *)(a + behind[i])));
    return x;
}

/* As above, of runs of at most 16 * pieces bytes, a constant to the compiler: four
 * rows in a register. */
enum { PIECES = 3 };

MNET_INLINE void sums_of_pieces(const MnetGemmS8 *g, size_t first, size_t m, const int8_t *const *a,
                                size_t a_stride, int32_t *sums, size_t pieces)
{
    /* Dword 4 * l + j is row 4 * j + l of 16. */
    const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    __m512i ones[PIECES]; /* 0 behind the run */
    for (size_t i = 0; i < pieces; i++) {
        __mmask16 inside = mnet_mask16(g->run - 16 * i);
        ones[i] = _mm512_broadcast_i32x4(_mm_maskz_set1_epi8(inside, 1));
    }
    for (size_t i0 = 0; i0 < m; i0 += 16) {
        __m512i s[4] = { _mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(),
                         _mm512_setzero_si512() };
        size_t behind[4][4];
        for (size_t i = 0; i < 16; i++)
            behind[i / 4][i % 4] = (first + (i0 + i < m ? i0 + i : m - 1)) * a_stride;
        for (size_t r = 0; r < g->runs; r++)
            for (size_t piece = 0; piece < pieces; piece++)
                for (size_t j = 0; j < 4; j++)
                    s[j] = _mm512_dpbusd_epi32(s[j], ones[piece],
                                               load_four(a[r] + 16 * piece, behind[j]));
        __m512i p =
            _mm512_add_epi32(_mm512_unpacklo_epi32(s[0], s[1]), _mm512_unpackhi_epi32(s[0], s[1]));
        __m512i q =
            _mm512_add_epi32(_mm512_unpacklo_epi32(s[2], s[3]), _mm512_unpackhi_epi32(s[2], s[3]));
        p = _mm512_add_epi32(_mm512_unpacklo_epi64(p, q), _mm512_unpackhi_epi64(p, q));
        _mm512_storeu_si512(sums + i0, _mm512_permutexvar_epi32(order, p));
    }
}

static void row_sums(const MnetGemmS8 *g, size_t first, size_t m, const int8_t *const *a,
                     size_t a_stride, int32_t *sums)
{
    if (g->run > 16 * PIECES)
        sums_of_long_runs(g, first, m, a, a_stride, sums);
    else if (g->run > 32)
        sums_of_pieces(g, first, m, a, a_stride, sums, 3);
    else if (g->run > 16)
        sums_of_pieces(g, first, m, a, a_stride, sums, 2);
    else
        sums_of_pieces(g, first, m, a, a_stride, sums, 1);
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

/* m rows of channels n on. */
static void rows_fitted(const MnetGemmS8 *g, Product *p, size_t n, size_t channels, size_t m)
{
    p->requant = &g->requant;
    p->fit_offset = g->requant.fit_offset + n;
    p->factor = g->requant.fit_factor + n;
    p->addend = g->requant.fit_addend + n;
    p->valid = mnet_mask64(channels);
    for (size_t i = 0; i < m;)
        i += product_fitted(p, i, m - i);
}

/* As above, by way of p->acc.  sums: of rows, when zero points differ. */
static void rows_by_sums(const MnetGemmS8 *g, const Product *p, size_t n, size_t channels, size_t m,
                         MnetRequantWay way, const int32_t *sums)
{
    const MnetRequant *r = &g->requant;
    MnetRequantBlock block = { .requant = r,
                               .c0 = n,
                               .channels = channels,
                               .scale = r->scale + n,
                               .tie = r->tie + n,
                               .way = way };
    if (way == MNET_REQUANT_EXACTLY) {
        block.scale = (const float *)(const void *)(r->multiplier + n);
        block.tie = (const float *)(const void *)(r->shift + n);
    }
    for (size_t i = 0, rows; i < m; i += rows) {
        rows = product_sums(p, i, m - i);
        if (sums)
            take_off_zeros(p, g->weight_zero + n, sums + i, rows);
        mnet_requantize_rows_avx512vnni(&block, rows, p->acc, p->c + i * p->c_stride, p->c_stride);
    }
}

/* Up to BLOCK rows times the channels n0 to n1. */
static void gemm_block(const MnetGemmS8 *g, size_t first, size_t m, size_t n0, size_t n1,
                       const int8_t *const *a, size_t a_stride, int8_t *c, size_t c_stride)
{
    int32_t acc[MAX_ROWS * 64] __attribute__((aligned(64)));
    int32_t sums[BLOCK], offset[BLOCK] = { 0 }, zero;
    int same = one_zero(g->weight_zero ? g->weight_zero + n0 : NULL, n1 - n0, &zero);
    if (zero || !same)
        row_sums(g, first, m, a, a_stride, sums);
    for (size_t i = 0; i < m && same && zero; i++)
        offset[i] = (int32_t)((uint32_t)sums[i] * (uint32_t)zero);
    Product p = { .runs = g->runs,
                  .steps = (g->run + 3) / 4,
                  .first = first,
                  .panel_bytes = g->panel_bytes,
                  .a = a,
                  .a_stride = a_stride,
                  .offset = offset,
                  .acc = acc,
                  .c_stride = c_stride };
    /* Zero points that differ are taken off sums in memory. */
    MnetRequant requant = g->requant;
    if (!same)
        requant.fit_addend = NULL;
    for (size_t n = n0; n < n1; n += NR * p.panels) {
        p.panels = panels_at_once((n1 - n + NR - 1) / NR);
        p.panel = (const uint8_t *)g->panels + n / NR * g->panel_bytes;
        p.c = c + n;
        size_t channels = n1 - n < NR * p.panels ? n1 - n : NR * p.panels;
        MnetRequantWay way = mnet_requant_way_avx512vnni(&requant, n, channels);
        if (way == MNET_REQUANT_FITTED)
            rows_fitted(g, &p, n, channels, m);
        else
            rows_by_sums(g, &p, n, channels, m, way, same ? NULL : sums);
    }
}

void mnet_gemm_s8_avx512vnni(const MnetGemmS8 *g, size_t m, size_t n0, size_t n1,
                             const int8_t *const *a, size_t a_stride, int8_t *c, size_t c_stride)
{
    for (size_t i = 0; i < m && n0 < n1; i += BLOCK)
        gemm_block(g, i, m - i < BLOCK ? m - i : BLOCK, n0, n1, a, a_stride, c + i * c_stride,
                   c_stride);
}
