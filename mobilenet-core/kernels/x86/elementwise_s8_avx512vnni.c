/* SPDX-License-Identifier: MIT
 *
 * Bytes to bytes, 64 at once. */
#include "kernels/requant.h"
#include "kernels/x86/requant_avx512vnni.h"
#include "kernels/x86/table_avx512vnni.h"

/* Clamped before the addition, which may not overflow. */
static int8_t to_s8(int32_t value, int32_t zero_point, int32_t min, int32_t max)
{
    value = value < min - zero_point ? min - zero_point : value;
    value = value > max - zero_point ? max - zero_point : value;
    return (int8_t)(value + zero_point);
}

static int8_t add_one(const MnetAddS8 *p, int8_t a, int8_t b)
{
    int32_t sum = p->a_table[a + 128] + p->b_table[b + 128];
    return to_s8(mnet_multiply_quantized(sum, p->multiplier, p->shift), p->zero_point, p->min,
                 p->max);
}

static int8_t mul_one(const MnetMulS8 *p, int8_t a, int8_t b)
{
    int32_t product = (a - p->a_zero) * (b - p->b_zero);
    return to_s8(mnet_multiply_quantized(product, p->multiplier, p->shift), p->zero_point, p->min,
                 p->max);
}

MNET_INLINE __m512 to_floats(__m128i x)
{
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(x));
}

/* 16 bytes each. */
MNET_INLINE void split(__m512i x, __m128i to[4])
{
    to[0] = _mm512_castsi512_si128(x);
    to[1] = _mm512_extracti32x4_epi32(x, 1);
    to[2] = _mm512_extracti32x4_epi32(x, 2);
    to[3] = _mm512_extracti32x4_epi32(x, 3);
}

typedef struct {
    __m512 doubt; /* distances from an integer from here on are too large */
    __m512i zero, min, max;
} Rounding;

MNET_INLINE Rounding rounding(float error, int32_t zero_point, int32_t min, int32_t max)
{
    return (Rounding){ _mm512_set1_ps(0.5f - error), _mm512_set1_epi16((int16_t)zero_point),
                       _mm512_set1_epi8((int8_t)min), _mm512_set1_epi8((int8_t)max) };
}

/* 64 values to bytes; a bit of *doubts for each that must be looked at again. */
MNET_INLINE __m512i round_values(const Rounding *r, const __m512 y[4], __mmask64 *doubts)
{
    const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    __m512i n[4];
    __m512 rest[4], worst = _mm512_setzero_ps();
    for (size_t j = 0; j < 4; j++) {
        n[j] = _mm512_cvtps_epi32(y[j]);
        rest[j] = _mm512_reduce_ps(y[j], 8);
        worst = _mm512_range_ps(worst, rest[j], 0xb);
    }
    *doubts = 0;
    if (_mm512_cmp_ps_mask(worst, r->doubt, _CMP_GE_OQ))
        for (size_t j = 0; j < 4; j++)
            *doubts |= (__mmask64)_mm512_cmp_ps_mask(_mm512_abs_ps(rest[j]), r->doubt, _CMP_GE_OQ)
                       << 16 * j;
    __m512i low = _mm512_adds_epi16(_mm512_packs_epi32(n[0], n[1]), r->zero);
    __m512i high = _mm512_adds_epi16(_mm512_packs_epi32(n[2], n[3]), r->zero);
    __m512i bytes = _mm512_permutexvar_epi32(order, _mm512_packs_epi16(low, high));
    return _mm512_min_epi8(_mm512_max_epi8(bytes, r->min), r->max);
}

/* A table seen as a line: table[i] is about first + i * step.  The tables of ADD
 * are lines but for the rounding of their entries. */
typedef struct {
    double first, step, off; /* off: by how much no entry is farther away */
} Line;

static Line line_of(const int32_t *table)
{
    Line line = { table[0], ((double)table[255] - table[0]) / 255, 0 };
    const __m512d first = _mm512_set1_pd(line.first), step = _mm512_set1_pd(line.step);
    __m512d at = _mm512_set_pd(7, 6, 5, 4, 3, 2, 1, 0), worst = _mm512_setzero_pd();
    for (size_t i = 0; i < 256; i += 8, at = _mm512_add_pd(at, _mm512_set1_pd(8))) {
        __m512d entry =
            _mm512_cvtepi32_pd(_mm256_loadu_si256((const __m256i *)(const void *)(table + i)));
        __m512d off = _mm512_sub_pd(entry, _mm512_fmadd_pd(at, step, first));
        worst = _mm512_max_pd(worst, _mm512_abs_pd(off));
    }
    line.off = _mm512_reduce_max_pd(worst);
    return line;
}

/* ADD as a_factor * a + b_factor * b + c in float. */
typedef struct {
    float a_factor, b_factor, c;
    float error; /* bound of its distance from what the result is the nearest integer of */
} Sum;

/* The error: the tables' distance from lines, the reference's second rounding,
 * and at most 8 roundings to 24 bits of numbers not above the magnitude. */
static Sum sum_of(const MnetAddS8 *p)
{
    Line a = line_of(p->a_table), b = line_of(p->b_table);
    double scale = p->multiplier / 2147483648.0;
    scale *= p->shift < 0 ? 1.0 / (double)((int64_t)1 << -p->shift) : 1.0;
    double c = (a.first + 128 * a.step + b.first + 128 * b.step) * scale;
    double magnitude =
        128 * (__builtin_fabs(a.step) + __builtin_fabs(b.step)) * __builtin_fabs(scale) +
        __builtin_fabs(c);
    double tie = p->shift < 0 ? 0.5 / (double)((int64_t)1 << -p->shift) : 0;
    Sum sum = { (float)(a.step * scale), (float)(b.step * scale), (float)c,
                (float)((a.off + b.off) * __builtin_fabs(scale) + tie + magnitude * 0x1p-21) };
    if (p->shift > 0 || __builtin_fabs(scale) > 0.99)
        sum.error = 1;
    return sum;
}

static void add_exactly(const MnetAddS8 *p, size_t n, const int8_t *a, const int8_t *b,
                        size_t b_step, int8_t *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = add_one(p, a[i], b[i * b_step]);
}

void mnet_add_s8_avx512vnni(const MnetAddS8 *p, size_t n, const int8_t *a, const int8_t *b,
                            size_t b_step, int8_t *out)
{
    const Sum sum = sum_of(p);
    if (!(sum.error < 0.25f) || n < 16) {
        add_exactly(p, n, a, b, b_step, out);
        return;
    }
    const Rounding r = rounding(sum.error, p->zero_point, p->min, p->max);
    const __m512 fa = _mm512_set1_ps(sum.a_factor), fb = _mm512_set1_ps(sum.b_factor);
    const __m512 c = _mm512_set1_ps(sum.c);
    for (size_t i = 0; i < n; i += 64) {
        const __mmask64 valid = mnet_mask64(n - i);
        __m512i xa = _mm512_maskz_loadu_epi8(valid, a + i);
        __m512i xb = b_step ? _mm512_maskz_loadu_epi8(valid, b + i) : _mm512_set1_epi8(b[0]);
        __m128i pa[4], pb[4];
        __m512 y[4];
        __mmask64 doubts;
        split(xa, pa);
        split(xb, pb);
        for (size_t j = 0; j < 4; j++)
            y[j] = _mm512_fmadd_ps(to_floats(pa[j]), fa, _mm512_fmadd_ps(to_floats(pb[j]), fb, c));
        _mm512_mask_storeu_epi8(out + i, valid, round_values(&r, y, &doubts));
        if (doubts & valid) {
            int8_t as[64], bs[64];
            _mm512_storeu_si512(as, xa);
            _mm512_storeu_si512(bs, xb);
            for (doubts &= valid; doubts; doubts &= doubts - 1) {
                int j = __builtin_ctzll(doubts);
                out[i + (size_t)j] = add_one(p, as[j], bs[j]);
            }
        }
    }
}

/* MUL with what its numbers become in registers. */
typedef struct {
    const MnetMulS8 *p;
    Rounding rounding;
    __m512 factor, tie, a_zero, b_zero;
    __mmask64 unsure; /* all, where the quick way does not serve */
} Product;

/* A product has 17 bits: exact in float.  So the error is that of
 * mnet_requant_value() at most. */
MNET_INLINE Product product_of(const MnetMulS8 *p)
{
    const __m128 two = _mm_set_ss((float)p->shift);
    const __m128 scale =
        _mm_scalef_ss(_mm_set_ss((float)p->multiplier), _mm_sub_ss(two, _mm_set_ss(31)));
    const __m128 tie = _mm_scalef_ss(_mm_set_ss(p->multiplier < 0 ? -0.5f : 0.5f), two);
    const float largest = __builtin_fabsf(_mm_cvtss_f32(scale));
    return (Product){ .p = p,
                      .rounding = rounding(0x1p-15f, p->zero_point, p->min, p->max),
                      .factor = _mm512_broadcastss_ps(scale),
                      .tie = _mm512_set1_ps(p->shift < 0 ? _mm_cvtss_f32(tie) : 0),
                      .a_zero = _mm512_set1_ps((float)p->a_zero),
                      .b_zero = _mm512_set1_ps((float)p->b_zero),
                      .unsure = p->shift <= 0 && largest < 0.99f ? 0 : ~(__mmask64)0 };
}

/* Up to 16 * vectors products; vectors is a constant to the compiler. */
MNET_INLINE void multiply(const Product *m, size_t vectors, size_t n, const int8_t *a,
                          const int8_t *b, size_t b_step, int8_t *out)
{
    const __mmask64 valid = mnet_mask64(n < 16 * vectors ? n : 16 * vectors);
    __m512i xa = _mm512_maskz_loadu_epi8(valid, a);
    __m512i xb = b_step ? _mm512_maskz_loadu_epi8(valid, b) : _mm512_set1_epi8(b[0]);
    __m128i pa[4], pb[4];
    __m512 y[4] = { _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(),
                    _mm512_setzero_ps() };
    __mmask64 doubts;
    split(xa, pa);
    split(xb, pb);
    for (size_t j = 0; j < vectors; j++) {
        __m512 product = _mm512_mul_ps(_mm512_sub_ps(to_floats(pa[j]), m->a_zero),
                                       _mm512_sub_ps(to_floats(pb[j]), m->b_zero));
        /* tie with the sign of the product */
        __m512i tie =
            _mm512_ternarylogic_epi32(_mm512_castps_si512(m->tie), _mm512_castps_si512(product),
                                      _mm512_set1_epi32(INT32_MIN), 0x78);
        y[j] = _mm512_fmadd_ps(product, m->factor, _mm512_castsi512_ps(tie));
    }
    _mm512_mask_storeu_epi8(out, valid, round_values(&m->rounding, y, &doubts));
    doubts = (doubts | m->unsure) & valid;
    if (__builtin_expect(!doubts, 1))
        return;
    int8_t as[64], bs[64];
    _mm512_storeu_si512(as, xa);
    _mm512_storeu_si512(bs, xb);
    for (; doubts; doubts &= doubts - 1) {
        int j = __builtin_ctzll(doubts);
        out[j] = mul_one(m->p, as[j], bs[j]);
    }
}

void mnet_mul_s8_avx512vnni(const MnetMulS8 *p, size_t n, const int8_t *a, const int8_t *b,
                            size_t b_step, int8_t *out)
{
    const Product m = product_of(p);
    size_t i = 0;
    for (; n - i >= 64; i += 64)
        multiply(&m, 4, 64, a + i, b + i * b_step, b_step, out + i);
    for (; i < n; i += 16)
        multiply(&m, 1, n - i, a + i, b + i * b_step, b_step, out + i);
}

/* 16-bit lookups in the table as 128 pairs of bytes: index bits 1 to 6 choose
 * among 64 pairs, bit 7 the half of the table, bit 0 the byte of the pair. */
MNET_INLINE __m512i look_up(const __m512i table[4], __m512i index)
{
    __m512i pair = _mm512_srli_epi16(index, 1);
    __m512i low = _mm512_permutex2var_epi16(table[0], pair, table[1]);
    __m512i high = _mm512_permutex2var_epi16(table[2], pair, table[3]);
    __m512i both =
        _mm512_mask_blend_epi16(_mm512_test_epi16_mask(index, _mm512_set1_epi16(128)), low, high);
    __m512i shift = _mm512_slli_epi16(_mm512_and_si512(index, _mm512_set1_epi16(1)), 3);
    return _mm512_and_si512(_mm512_srlv_epi16(both, shift), _mm512_set1_epi16(255));
}

void mnet_lut8_avx512vnni(size_t n, const uint8_t *in, const uint8_t *table, uint8_t *out)
{
    __m512i t[4];
    for (size_t i = 0; i < 4; i++)
        t[i] = _mm512_loadu_si512(table + 64 * i);
    for (size_t i = 0; i < n; i += 64) {
        const __mmask64 valid = mnet_mask64(n - i);
        __m512i x = _mm512_maskz_loadu_epi8(valid, in + i);
        __m512i even = look_up(t, _mm512_and_si512(x, _mm512_set1_epi16(255)));
        __m512i odd = look_up(t, _mm512_srli_epi16(x, 8));
        _mm512_mask_storeu_epi8(out + i, valid, _mm512_or_si512(even, _mm512_slli_epi16(odd, 8)));
    }
}

void mnet_accumulate_s8_avx512vnni(size_t n, const int8_t *in, int32_t *acc)
{
    size_t i = 0;
    for (; n - i >= 16; i += 16) {
        __m512i x = _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)(in + i)));
        _mm512_storeu_si512(acc + i, _mm512_add_epi32(x, _mm512_loadu_si512(acc + i)));
    }
    const __mmask16 valid = mnet_mask16(n - i);
    __m512i x = _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(valid, in + i));
    x = _mm512_add_epi32(x, _mm512_maskz_loadu_epi32(valid, acc + i));
    _mm512_mask_storeu_epi32(acc + i, valid, x);
}

void mnet_max_s8_avx512vnni(size_t n, const int8_t *in, int8_t *out)
{
    for (size_t i = 0; i < n; i += 64) {
        const __mmask64 valid = mnet_mask64(n - i);
        _mm512_mask_storeu_epi8(out + i, valid,
                                _mm512_max_epi8(_mm512_maskz_loadu_epi8(valid, in + i),
                                                _mm512_maskz_loadu_epi8(valid, out + i)));
    }
}
