/* SPDX-License-Identifier: MIT
 *
 * Sums of rows of a frame, 64 bytes or 32 words of each row at once: a row is
 * read once, the sum stays in registers. */
#include "kernels/x86/requant_avx512vnni.h"
#include "kernels/x86/table_avx512vnni.h"

/* 64 samples in 16 bits, in the order that unpacking bytes gives: the lower and
 * the upper 8 of each 16. */
typedef struct {
    __m512i lo, hi;
} Words;

typedef struct {
    __m512i first, last, inner, fill;
} Weights;

MNET_INLINE Weights weights_of(const MnetRowSum *sum)
{
    return (Weights){ _mm512_set1_epi16((int16_t)sum->first_weight),
                      _mm512_set1_epi16((int16_t)sum->last_weight),
                      _mm512_set1_epi16((int16_t)sum->inner),
                      _mm512_set1_epi16((int16_t)sum->fill) };
}

MNET_INLINE __m512i load8(const uint8_t *row, __mmask64 mask)
{
    return _mm512_maskz_loadu_epi8(mask, row);
}

/* x * 257 */
MNET_INLINE Words spread(__m512i x)
{
    return (Words){ _mm512_unpacklo_epi8(x, x), _mm512_unpackhi_epi8(x, x) };
}

MNET_INLINE Words add(Words a, Words b)
{
    return (Words){ _mm512_add_epi16(a.lo, b.lo), _mm512_add_epi16(a.hi, b.hi) };
}

MNET_INLINE Words mulhi(Words a, __m512i weight)
{
    return (Words){ _mm512_mulhi_epu16(a.lo, weight), _mm512_mulhi_epu16(a.hi, weight) };
}

MNET_INLINE Words edges8(const uint8_t *first, const uint8_t *last, const Weights *w,
                         __mmask64 mask)
{
    Words a = mulhi(spread(load8(first, mask)), w->first);
    return add(a, mulhi(spread(load8(last, mask)), w->last));
}

/* a + b of bytes. */
MNET_INLINE Words add_bytes(__m512i a, __m512i b)
{
    const __m512i ones = _mm512_set1_epi8(1);
    return (Words){ _mm512_maddubs_epi16(_mm512_unpacklo_epi8(a, b), ones),
                    _mm512_maddubs_epi16(_mm512_unpackhi_epi8(a, b), ones) };
}

/* Half the sum of up to two rows. */
MNET_INLINE Words half_sum8(const MnetRowSum *sum, const uint8_t *row, __mmask64 mask)
{
    const __m512i zero = _mm512_setzero_si512();
    Words a = spread(sum->whole > 0 ? load8(row, mask) : zero);
    Words b = spread(sum->whole > 1 ? load8(row + sum->stride, mask) : zero);
    return (Words){ _mm512_avg_epu16(a.lo, b.lo), _mm512_avg_epu16(a.hi, b.hi) };
}

/* `whole` is a constant where that is usual. */
MNET_INLINE Words sum8(const uint8_t *row, ptrdiff_t stride, int32_t whole, __mmask64 mask)
{
    const __m512i zero = _mm512_setzero_si512();
    Words all = { zero, zero };
    if (whole % 2) {
        __m512i odd = load8(row + (whole - 1) * stride, mask);
        all = (Words){ _mm512_unpacklo_epi8(odd, zero), _mm512_unpackhi_epi8(odd, zero) };
    }
    for (int32_t i = 0; i < whole / 2; i++, row += 2 * stride)
        all = add(all, add_bytes(load8(row, mask), load8(row + stride, mask)));
    return all;
}

MNET_INLINE void store8(int16_t *out, Words words, __mmask64 mask)
{
    const __m512i low = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    const __m512i high = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    _mm512_mask_storeu_epi16(out, (__mmask32)mask,
                             _mm512_permutex2var_epi64(words.lo, low, words.hi));
    _mm512_mask_storeu_epi16(out + 32, (__mmask32)(mask >> 32),
                             _mm512_permutex2var_epi64(words.lo, high, words.hi));
}

/* Up to 64 samples from `at` on. */
MNET_INLINE void block8(const MnetRowSum *sum, MnetRowsMode mode, int32_t whole, const Weights *w,
                        size_t at, __mmask64 mask, int16_t *out)
{
    const uint8_t *first = sum->first + at;
    Words words = edges8(first, first + sum->last * sum->stride, w, mask);
    if (mode == MNET_ROWS_BOX2)
        words = add(words, mulhi(half_sum8(sum, first + sum->stride, mask), w->inner));
    if (mode == MNET_ROWS_BOX) {
        Words all = sum8(first + sum->stride, sum->stride, whole, mask);
        all.lo = _mm512_mullo_epi16(all.lo, w->fill);
        all.hi = _mm512_mullo_epi16(all.hi, w->fill);
        words = add(words, mulhi(all, w->inner));
    }
    store8(out + at, words, mask);
}

MNET_INLINE void blocks8(const MnetRowSum *sum, MnetRowsMode mode, int32_t whole, size_t n,
                         int16_t *out)
{
    const Weights w = weights_of(sum);
    const MnetRowSum own = *sum;
    size_t i = 0;
    for (; i + 64 <= n; i += 64)
        block8(&own, mode, whole, &w, i, ~(__mmask64)0, out);
    if (i < n)
        block8(&own, mode, whole, &w, i, mnet_mask64(n - i), out);
}

static void box8(const MnetRowSum *sum, size_t n, int16_t *out)
{
    switch (sum->whole) {
    case 2:
        blocks8(sum, MNET_ROWS_BOX, 2, n, out);
        break;
    case 3:
        blocks8(sum, MNET_ROWS_BOX, 3, n, out);
        break;
    case 4:
        blocks8(sum, MNET_ROWS_BOX, 4, n, out);
        break;
    default:
        blocks8(sum, MNET_ROWS_BOX, sum->whole, n, out);
        break;
    }
}

void mnet_image_rows8_avx512vnni(const MnetRowSum *sum, size_t n, int16_t *out)
{
    switch (sum->mode) {
    case MNET_ROWS_LINEAR:
        blocks8(sum, MNET_ROWS_LINEAR, 0, n, out);
        break;
    case MNET_ROWS_BOX2:
        blocks8(sum, MNET_ROWS_BOX2, 0, n, out);
        break;
    case MNET_ROWS_BOX:
        box8(sum, n, out);
        break;
    case MNET_ROWS_LONG: /* thousands of rows to a few: rare */
        mnet_kernels_c.image.rows8(sum, n, out);
        break;
    }
}

/* The sample in the high bits. */
MNET_INLINE __m512i load10(const uint8_t *row, __m512i align, __mmask32 mask)
{
    __m512i x = _mm512_mullo_epi16(_mm512_maskz_loadu_epi16(mask, row), align);
    return _mm512_and_si512(x, _mm512_set1_epi16((int16_t)0xffc0));
}

MNET_INLINE __m512i sum10(const MnetRowSum *sum, const uint8_t *row, __m512i align, __mmask32 mask)
{
    __m512i all = _mm512_setzero_si512();
    for (int32_t i = 0; i < sum->whole; i++, row += sum->stride)
        all = _mm512_add_epi16(all, _mm512_srli_epi16(load10(row, align, mask), 6));
    return all;
}

/* Half the sum of up to two rows. */
MNET_INLINE __m512i half_sum10(const MnetRowSum *sum, const uint8_t *row, __m512i align,
                               __mmask32 mask)
{
    const __m512i zero = _mm512_setzero_si512();
    __m512i a = sum->whole > 0 ? load10(row, align, mask) : zero;
    __m512i b = sum->whole > 1 ? load10(row + sum->stride, align, mask) : zero;
    return _mm512_avg_epu16(a, b);
}

/* Up to 32 samples from `at` on. */
MNET_INLINE void block10(const MnetRowSum *sum, MnetRowsMode mode, const Weights *w, size_t at,
                         __mmask32 mask, int16_t *out)
{
    const __m512i align = _mm512_set1_epi16((int16_t)sum->align);
    const uint8_t *first = sum->first + at * 2, *last = first + sum->last * sum->stride;
    __m512i words = _mm512_add_epi16(_mm512_mulhi_epu16(load10(first, align, mask), w->first),
                                     _mm512_mulhi_epu16(load10(last, align, mask), w->last));
    __m512i whole = _mm512_setzero_si512();
    if (mode == MNET_ROWS_BOX2)
        whole = half_sum10(sum, first + sum->stride, align, mask);
    if (mode == MNET_ROWS_BOX)
        whole = _mm512_mullo_epi16(sum10(sum, first + sum->stride, align, mask), w->fill);
    words = _mm512_add_epi16(words, _mm512_mulhi_epu16(whole, w->inner));
    _mm512_mask_storeu_epi16(out + at, mask, words);
}

MNET_INLINE void blocks10(const MnetRowSum *sum, MnetRowsMode mode, size_t n, int16_t *out)
{
    const Weights w = weights_of(sum);
    size_t i = 0;
    for (; i + 32 <= n; i += 32)
        block10(sum, mode, &w, i, ~(__mmask32)0, out);
    if (i < n)
        block10(sum, mode, &w, i, (__mmask32)mnet_mask64(n - i), out);
}

void mnet_image_rows10_avx512vnni(const MnetRowSum *sum, size_t n, int16_t *out)
{
    switch (sum->mode) {
    case MNET_ROWS_LINEAR:
        blocks10(sum, MNET_ROWS_LINEAR, n, out);
        break;
    case MNET_ROWS_BOX2:
        blocks10(sum, MNET_ROWS_BOX2, n, out);
        break;
    case MNET_ROWS_BOX:
        blocks10(sum, MNET_ROWS_BOX, n, out);
        break;
    case MNET_ROWS_LONG:
        mnet_kernels_c.image.rows10(sum, n, out);
        break;
    }
}
