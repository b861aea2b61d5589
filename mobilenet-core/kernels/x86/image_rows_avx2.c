/* SPDX-License-Identifier: MIT
 *
 * Sums of rows of a frame, 32 bytes or 16 words of each row at once: a row is
 * read once, the sum stays in registers.  The last block of a row ends at its
 * end and overlaps the one before; rows shorter than a block are left to C. */
#include "kernels/x86/lanes_avx2.h"
#include "kernels/x86/table_avx2.h"

/* 32 samples in 16 bits, in the order that unpacking bytes gives: the lower and
 * the upper 8 of each 16. */
typedef struct {
    __m256i lo, hi;
} Words;

typedef struct {
    __m256i first, last, inner, fill;
} Weights;

MNET_INLINE Weights weights_of(const MnetRowSum *sum)
{
    return (Weights){ _mm256_set1_epi16((int16_t)sum->first_weight),
                      _mm256_set1_epi16((int16_t)sum->last_weight),
                      _mm256_set1_epi16((int16_t)sum->inner),
                      _mm256_set1_epi16((int16_t)sum->fill) };
}

MNET_INLINE __m256i load(const uint8_t *row)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)row);
}

/* x * 257 */
MNET_INLINE Words spread(__m256i x)
{
    return (Words){ _mm256_unpacklo_epi8(x, x), _mm256_unpackhi_epi8(x, x) };
}

MNET_INLINE Words add(Words a, Words b)
{
    return (Words){ _mm256_add_epi16(a.lo, b.lo), _mm256_add_epi16(a.hi, b.hi) };
}

MNET_INLINE Words mulhi(Words a, __m256i weight)
{
    return (Words){ _mm256_mulhi_epu16(a.lo, weight), _mm256_mulhi_epu16(a.hi, weight) };
}

/* a + b of bytes. */
MNET_INLINE Words add_bytes(__m256i a, __m256i b)
{
    const __m256i ones = _mm256_set1_epi8(1);
    return (Words){ _mm256_maddubs_epi16(_mm256_unpacklo_epi8(a, b), ones),
                    _mm256_maddubs_epi16(_mm256_unpackhi_epi8(a, b), ones) };
}

/* Half the sum of up to two rows. */
MNET_INLINE Words half_sum8(const MnetRowSum *sum, const uint8_t *row)
{
    const __m256i zero = _mm256_setzero_si256();
    Words a = spread(sum->whole > 0 ? load(row) : zero);
    Words b = spread(sum->whole > 1 ? load(row + sum->stride) : zero);
    return (Words){ _mm256_avg_epu16(a.lo, b.lo), _mm256_avg_epu16(a.hi, b.hi) };
}

MNET_INLINE Words sum8(const MnetRowSum *sum, const uint8_t *row)
{
    Words all = { _mm256_setzero_si256(), _mm256_setzero_si256() };
    int32_t i = 0;
    for (; i + 2 <= sum->whole; i += 2, row += 2 * sum->stride)
        all = add(all, add_bytes(load(row), load(row + sum->stride)));
    if (i < sum->whole)
        all = add(all, add_bytes(load(row), _mm256_setzero_si256()));
    return all;
}

MNET_INLINE void store(int16_t *out, __m256i words)
{
    _mm256_storeu_si256((__m256i *)(void *)out, words);
}

/* 32 samples from `at` on. */
MNET_INLINE void block8(const MnetRowSum *sum, MnetRowsMode mode, const Weights *w, size_t at,
                        int16_t *out)
{
    const uint8_t *first = sum->first + at;
    Words words = mulhi(spread(load(first)), w->first);
    words = add(words, mulhi(spread(load(first + sum->last * sum->stride)), w->last));
    if (mode == MNET_ROWS_BOX2)
        words = add(words, mulhi(half_sum8(sum, first + sum->stride), w->inner));
    if (mode == MNET_ROWS_BOX) {
        Words all = sum8(sum, first + sum->stride);
        all.lo = _mm256_mullo_epi16(all.lo, w->fill);
        all.hi = _mm256_mullo_epi16(all.hi, w->fill);
        words = add(words, mulhi(all, w->inner));
    }
    store(out + at, _mm256_permute2x128_si256(words.lo, words.hi, 0x20));
    store(out + at + 16, _mm256_permute2x128_si256(words.lo, words.hi, 0x31));
}

MNET_INLINE void blocks8(const MnetRowSum *sum, MnetRowsMode mode, size_t n, int16_t *out)
{
    const Weights w = weights_of(sum);
    for (size_t i = 0; i + 32 <= n; i += 32)
        block8(sum, mode, &w, i, out);
    if (n % 32)
        block8(sum, mode, &w, n - 32, out);
}

void mnet_image_rows8_avx2(const MnetRowSum *sum, size_t n, int16_t *out)
{
    /* Long sums, thousands of rows to a few, are rare. */
    if (n < 32 || sum->mode == MNET_ROWS_LONG)
        mnet_kernels_c.image.rows8(sum, n, out);
    else if (sum->mode == MNET_ROWS_LINEAR)
        blocks8(sum, MNET_ROWS_LINEAR, n, out);
    else if (sum->mode == MNET_ROWS_BOX2)
        blocks8(sum, MNET_ROWS_BOX2, n, out);
    else
        blocks8(sum, MNET_ROWS_BOX, n, out);
}

/* The sample in the high bits. */
MNET_INLINE __m256i load10(const uint8_t *row, __m256i align)
{
    return _mm256_and_si256(_mm256_mullo_epi16(load(row), align),
                            _mm256_set1_epi16((int16_t)0xffc0));
}

MNET_INLINE __m256i sum10(const MnetRowSum *sum, const uint8_t *row, __m256i align)
{
    __m256i all = _mm256_setzero_si256();
    for (int32_t i = 0; i < sum->whole; i++, row += sum->stride)
        all = _mm256_add_epi16(all, _mm256_srli_epi16(load10(row, align), 6));
    return all;
}

/* Half the sum of up to two rows. */
MNET_INLINE __m256i half_sum10(const MnetRowSum *sum, const uint8_t *row, __m256i align)
{
    const __m256i zero = _mm256_setzero_si256();
    __m256i a = sum->whole > 0 ? load10(row, align) : zero;
    __m256i b = sum->whole > 1 ? load10(row + sum->stride, align) : zero;
    return _mm256_avg_epu16(a, b);
}

/* 16 samples from `at` on. */
MNET_INLINE void block10(const MnetRowSum *sum, MnetRowsMode mode, const Weights *w, size_t at,
                         int16_t *out)
{
    const __m256i align = _mm256_set1_epi16((int16_t)sum->align);
    const uint8_t *first = sum->first + at * 2, *last = first + sum->last * sum->stride;
    __m256i words = _mm256_add_epi16(_mm256_mulhi_epu16(load10(first, align), w->first),
                                     _mm256_mulhi_epu16(load10(last, align), w->last));
    __m256i whole = _mm256_setzero_si256();
    if (mode == MNET_ROWS_BOX2)
        whole = half_sum10(sum, first + sum->stride, align);
    if (mode == MNET_ROWS_BOX)
        whole = _mm256_mullo_epi16(sum10(sum, first + sum->stride, align), w->fill);
    store(out + at, _mm256_add_epi16(words, _mm256_mulhi_epu16(whole, w->inner)));
}

MNET_INLINE void blocks10(const MnetRowSum *sum, MnetRowsMode mode, size_t n, int16_t *out)
{
    const Weights w = weights_of(sum);
    for (size_t i = 0; i + 16 <= n; i += 16)
        block10(sum, mode, &w, i, out);
    if (n % 16)
        block10(sum, mode, &w, n - 16, out);
}

void mnet_image_rows10_avx2(const MnetRowSum *sum, size_t n, int16_t *out)
{
    if (n < 16 || sum->mode == MNET_ROWS_LONG)
        mnet_kernels_c.image.rows10(sum, n, out);
    else if (sum->mode == MNET_ROWS_LINEAR)
        blocks10(sum, MNET_ROWS_LINEAR, n, out);
    else if (sum->mode == MNET_ROWS_BOX2)
        blocks10(sum, MNET_ROWS_BOX2, n, out);
    else
        blocks10(sum, MNET_ROWS_BOX, n, out);
}
