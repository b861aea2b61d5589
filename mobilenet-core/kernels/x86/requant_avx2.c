/* SPDX-License-Identifier: MIT
 *
 * A tile of sums to bytes. */
#include "kernels/x86/requant_avx2.h"

MnetRequantAvx2 mnet_requant_avx2(const MnetRequant *requant, size_t c0, size_t channels)
{
    MnetRequantAvx2 q = { .requant = requant, .quick = 1, .fitted = requant->fit_addend != NULL };
    for (size_t c = c0; c < c0 + channels; c++)
        q.quick &= requant->scale[c] > -1.0f && requant->scale[c] < 1.0f;
    for (size_t c = c0; c < c0 + channels && q.fitted; c++)
        q.fitted = requant->fit_addend[c] != 0;
    return q;
}

/* acc * scale + tie with the sign of acc.  |scale| < 1 keeps it below 2^31. */
MNET_INLINE __m256 requant_value(const int32_t *sums, __m256 scale, __m256 tie)
{
    __m256i acc = _mm256_load_si256((const __m256i *)(const void *)sums);
    __m256i sign = _mm256_and_si256(acc, _mm256_set1_epi32(INT32_MIN));
    __m256 toward = _mm256_xor_ps(tie, _mm256_castsi256_ps(sign));
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(acc), scale, toward);
}

/* The nearest integers; *worst grows to the largest distance from them. */
MNET_INLINE __m256i nearest(__m256 value, __m256 *worst)
{
    __m256i n = _mm256_cvtps_epi32(value);
    __m256 rest = _mm256_sub_ps(value, _mm256_cvtepi32_ps(n));
    *worst = _mm256_max_ps(*worst, _mm256_andnot_ps(_mm256_set1_ps(-0.0f), rest));
    return n;
}

/* 8 channels of a tile by their fits. */
typedef struct {
    __m256i offset;
    __m256 factor, addend;
} Fit;

MNET_INLINE Fit load_fit(const MnetRequant *r, size_t c)
{
    return (Fit){ _mm256_loadu_si256((const __m256i *)(const void *)(r->fit_offset + c)),
                  _mm256_loadu_ps(r->fit_factor + c), _mm256_loadu_ps(r->fit_addend + c) };
}

MNET_INLINE __m256i fitted(const Fit *fit, const int32_t *sums)
{
    __m256i x = _mm256_load_si256((const __m256i *)(const void *)sums);
    __m256 value = _mm256_castsi256_ps(_mm256_add_epi32(x, fit->offset));
    value = _mm256_fmadd_ps(value, fit->factor, fit->addend);
    return _mm256_sub_epi32(_mm256_castps_si256(value), _mm256_set1_epi32(MNET_MAGIC));
}

/* Rows r and r + 1, when there is one, from their int16, 16 channels each. */
MNET_INLINE void store_rows(const MnetRequant *requant, size_t channels, __m256i row, __m256i next,
                            int has_next, int8_t *out, size_t stride)
{
    /* Packing works within lanes of 16 bytes: dwords 0 to 7 are the channels
     * 0-3 and 8-11 of the first row, of the second, then 4-7 and 12-15. */
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    const __m256i min = _mm256_set1_epi8((int8_t)requant->min);
    const __m256i max = _mm256_set1_epi8((int8_t)requant->max);
    __m256i bytes = _mm256_packs_epi16(row, next);
    bytes = _mm256_min_epi8(_mm256_max_epi8(bytes, min), max);
    bytes = _mm256_permutevar8x32_epi32(bytes, order);
    mnet_store_bytes_avx2(out, _mm256_castsi256_si128(bytes), channels);
    if (has_next)
        mnet_store_bytes_avx2(out + stride, _mm256_extracti128_si256(bytes, 1), channels);
}

MNET_INLINE void requant_fitted(const MnetRequant *requant, size_t c0, size_t channels,
                                size_t vectors, size_t rows, const MnetSumsAvx2 *tile, int8_t *out,
                                size_t stride)
{
    const Fit low = load_fit(requant, c0), high = load_fit(requant, c0 + (vectors > 1 ? 8 : 0));
    for (size_t r = 0; r < rows; r += 2, out += 2 * stride) {
        const int32_t *a = tile[r].sums, *b = r + 1 < rows ? tile[r + 1].sums : a;
        __m256i row = fitted(&low, a), next = fitted(&low, b);
        row = _mm256_packs_epi32(row, vectors > 1 ? fitted(&high, a + 8) : row);
        next = _mm256_packs_epi32(next, vectors > 1 ? fitted(&high, b + 8) : next);
        store_rows(requant, channels, row, next, b != a, out, stride);
    }
}

/* Whether any sum was too near to the middle of two integers: then the bytes
 * are not to be trusted.  8 * vectors channels, of which `channels` are stored. */
MNET_INLINE int requant_quickly(const MnetRequant *requant, size_t c0, size_t channels,
                                size_t vectors, size_t rows, const MnetSumsAvx2 *tile, int8_t *out,
                                size_t stride)
{
    const __m256i zero_point = _mm256_set1_epi16((int16_t)requant->zero_point);
    const __m256 scale = _mm256_loadu_ps(requant->scale + c0);
    const __m256 tie = _mm256_loadu_ps(requant->tie + c0);
    __m256 worst = _mm256_setzero_ps(), scale_2 = scale, tie_2 = tie;
    if (vectors == 2) {
        scale_2 = _mm256_loadu_ps(requant->scale + c0 + 8);
        tie_2 = _mm256_loadu_ps(requant->tie + c0 + 8);
    }
    for (size_t r = 0; r < rows; r += 2) {
        const int32_t *a = tile[r].sums, *b = r + 1 < rows ? tile[r + 1].sums : a;
        __m256i low = nearest(requant_value(a, scale, tie), &worst), high = low;
        __m256i low_b = nearest(requant_value(b, scale, tie), &worst), high_b = low_b;
        if (vectors == 2) {
            high = nearest(requant_value(a + 8, scale_2, tie_2), &worst);
            high_b = nearest(requant_value(b + 8, scale_2, tie_2), &worst);
        }
        low = _mm256_adds_epi16(_mm256_packs_epi32(low, high), zero_point);
        low_b = _mm256_adds_epi16(_mm256_packs_epi32(low_b, high_b), zero_point);
        store_rows(requant, channels, low, low_b, b != a, out + r * stride, stride);
    }
    __m256 doubt = _mm256_cmp_ps(worst, _mm256_set1_ps(0.5f - 0x1p-15f), _CMP_GE_OQ);
    return _mm256_movemask_ps(doubt);
}

/* See mnet_multiply_quantized(); 8 channels. */
MNET_INLINE __m256i exactly(const int32_t *sums, __m256i multiplier, __m256i shift)
{
    const __m256i zero = _mm256_setzero_si256(), half = _mm256_set1_epi64x(1 << 30);
    __m256i x = _mm256_load_si256((const __m256i *)(const void *)sums);
    __m256i right = _mm256_max_epi32(_mm256_sub_epi32(zero, shift), zero);
    x = _mm256_sllv_epi32(x, _mm256_max_epi32(shift, zero));
    __m256i even = _mm256_add_epi64(_mm256_mul_epi32(x, multiplier), half);
    __m256i odd = _mm256_add_epi64(
        _mm256_mul_epi32(_mm256_srli_epi64(x, 32), _mm256_srli_epi64(multiplier, 32)), half);
    __m256i high = _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xaa);
    __m256i mask =
        _mm256_sub_epi32(_mm256_sllv_epi32(_mm256_set1_epi32(1), right), _mm256_set1_epi32(1));
    __m256i middle = _mm256_add_epi32(_mm256_srli_epi32(mask, 1), _mm256_srli_epi32(high, 31));
    __m256i up = _mm256_cmpgt_epi32(_mm256_and_si256(high, mask), middle);
    return _mm256_sub_epi32(_mm256_srav_epi32(high, right), up);
}

static void requant_exactly(const MnetRequant *requant, size_t c0, size_t channels, size_t rows,
                            const MnetSumsAvx2 *tile, int8_t *out, size_t stride)
{
    const __m256i zero_point = _mm256_set1_epi16((int16_t)requant->zero_point);
    const size_t second = channels > 8 ? 8 : 0;
    __m256i multiplier[2], shift[2];
    for (size_t v = 0; v < 2; v++) {
        size_t c = c0 + v * second;
        multiplier[v] =
            _mm256_loadu_si256((const __m256i *)(const void *)(requant->multiplier + c));
        shift[v] = _mm256_loadu_si256((const __m256i *)(const void *)(requant->shift + c));
    }
    for (size_t r = 0; r < rows; r++) {
        __m256i row = _mm256_packs_epi32(exactly(tile[r].sums, multiplier[0], shift[0]),
                                         exactly(tile[r].sums + second, multiplier[1], shift[1]));
        row = _mm256_adds_epi16(row, zero_point);
        store_rows(requant, channels, row, row, 0, out + r * stride, stride);
    }
}

void mnet_requant_tile_avx2(const MnetRequantAvx2 *q, size_t c0, size_t channels, size_t rows,
                            const MnetSumsAvx2 *tile, int8_t *out, size_t stride)
{
    int doubt = 1;
    if (q->fitted && channels >= 16)
        requant_fitted(q->requant, c0, 16, 2, rows, tile, out, stride);
    else if (q->fitted && channels > 8)
        requant_fitted(q->requant, c0, channels, 2, rows, tile, out, stride);
    else if (q->fitted)
        requant_fitted(q->requant, c0, channels, 1, rows, tile, out, stride);
    else if (q->quick && channels >= 16)
        doubt = requant_quickly(q->requant, c0, 16, 2, rows, tile, out, stride);
    else if (q->quick && channels > 8)
        doubt = requant_quickly(q->requant, c0, channels, 2, rows, tile, out, stride);
    else if (q->quick)
        doubt = requant_quickly(q->requant, c0, channels, 1, rows, tile, out, stride);
    if (__builtin_expect(q->fitted || !doubt, 1))
        return;
    requant_exactly(q->requant, c0, channels, rows, tile, out, stride);
}
