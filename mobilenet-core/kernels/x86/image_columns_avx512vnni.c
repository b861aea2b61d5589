/* SPDX-License-Identifier: MIT
 *
 * What becomes of a row of sums: picked apart, summed to pixels, mixed to
 * bytes. */
#include "kernels/x86/requant_avx512vnni.h"
#include "kernels/x86/table_avx512vnni.h"

/* 32 outputs: of each of the `step` vectors the words whose turn it is. */
MNET_INLINE void pick(size_t step, size_t n, const int16_t *in, int16_t *out)
{
    const __m512i count =
        _mm512_set_epi16(31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13,
                         12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i from = _mm512_mullo_epi16(count, _mm512_set1_epi16((int16_t)step));
    const __m512i vector = _mm512_srli_epi16(from, 5);
    for (size_t i = 0; i < n; i += 32, in += 32 * step) {
        __m512i words = _mm512_permutexvar_epi16(from, _mm512_loadu_si512(in));
        for (size_t j = 1; j < step; j++)
            words = _mm512_mask_permutexvar_epi16(
                words, _mm512_cmpeq_epi16_mask(vector, _mm512_set1_epi16((int16_t)j)), from,
                _mm512_loadu_si512(in + 32 * j));
        _mm512_storeu_si512(out + i, words);
    }
}

void mnet_image_pick_avx512vnni(size_t step, size_t n, const int16_t *in, int16_t *out)
{
    if (step == 2)
        pick(2, n, in, out);
    else if (step == 3)
        pick(3, n, in, out);
    else
        pick(4, n, in, out);
}

/* Where 4 outputs start: one load for 4. */
typedef struct {
    const int16_t *at[4];
} Quad;

MNET_INLINE Quad quad_at(const int16_t *in, const uint16_t *start)
{
    uint64_t all = (uint64_t)_mm_cvtsi128_si64(_mm_loadl_epi64((const void *)start));
    return (Quad){ { in + (uint16_t)all, in + (uint16_t)(all >> 16), in + (uint16_t)(all >> 32),
                     in + (all >> 48) } };
}

MNET_INLINE __m128i load8(const int16_t *in)
{
    return _mm_loadu_si128((const void *)in);
}

MNET_INLINE __m256i load16(const int16_t *in)
{
    return _mm256_loadu_si256((const void *)in);
}

/* 4 sums of 8 products, each in 4 parts. */
MNET_INLINE __m512i sum_4(const int16_t *in, const uint16_t *start, const int16_t *weights)
{
    const Quad quad = quad_at(in, start);
    __m512i x = _mm512_castsi128_si512(load8(quad.at[0]));
    x = _mm512_inserti32x4(x, load8(quad.at[1]), 1);
    x = _mm512_inserti32x4(x, load8(quad.at[2]), 2);
    x = _mm512_inserti32x4(x, load8(quad.at[3]), 3);
    return _mm512_madd_epi16(x, _mm512_load_si512(weights));
}

/* a and b to sums in half as many parts, next to each other. */
MNET_INLINE __m512i fold32(__m512i a, __m512i b)
{
    return _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
}

MNET_INLINE __m512i fold64(__m512i a, __m512i b)
{
    return _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}

/* 16 sums of 8 products. */
MNET_INLINE __m512i sums_8(const int16_t *in, const uint16_t *start, const int16_t *weights)
{
    const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    __m512i a = sum_4(in, start, weights), b = sum_4(in, start + 4, weights + 32);
    __m512i c = sum_4(in, start + 8, weights + 64), d = sum_4(in, start + 12, weights + 96);
    return _mm512_permutexvar_epi32(order, fold64(fold32(a, b), fold32(c, d)));
}

/* 2 sums, each in 8 parts. */
MNET_INLINE __m512i sum_2(size_t taps, const int16_t *a, const int16_t *b, const int16_t *weights)
{
    __m512i x = _mm512_inserti64x4(_mm512_castsi256_si512(load16(a)), load16(b), 1);
    if (taps == 16)
        return _mm512_madd_epi16(x, _mm512_load_si512(weights));
    __m512i sum = _mm512_setzero_si512();
    for (size_t k = 0; k < taps; k += 16) {
        __m512i w = _mm512_inserti64x4(_mm512_castsi256_si512(load16(weights + k)),
                                       load16(weights + taps + k), 1);
        x = _mm512_inserti64x4(_mm512_castsi256_si512(load16(a + k)), load16(b + k), 1);
        sum = _mm512_dpwssd_epi32(sum, x, w);
    }
    return sum;
}

/* 4 sums in 4 parts; those of the first of two in the lower half. */
MNET_INLINE __m512i sum_2x2(size_t taps, const int16_t *in, const uint16_t *start,
                            const int16_t *weights)
{
    const Quad quad = quad_at(in, start);
    return fold32(sum_2(taps, quad.at[0], quad.at[1], weights),
                  sum_2(taps, quad.at[2], quad.at[3], weights + 2 * taps));
}

/* 16 sums. */
MNET_INLINE __m512i sums_16(size_t taps, const int16_t *in, const uint16_t *start,
                            const int16_t *weights)
{
    const __m512i order = _mm512_set_epi32(15, 11, 14, 10, 13, 9, 12, 8, 7, 3, 6, 2, 5, 1, 4, 0);
    __m512i low =
        fold64(sum_2x2(taps, in, start, weights), sum_2x2(taps, in, start + 4, weights + 4 * taps));
    __m512i high = fold64(sum_2x2(taps, in, start + 8, weights + 8 * taps),
                          sum_2x2(taps, in, start + 12, weights + 12 * taps));
    __m512i sum = _mm512_add_epi32(_mm512_shuffle_i32x4(low, high, 0x88),
                                   _mm512_shuffle_i32x4(low, high, 0xdd));
    return _mm512_permutexvar_epi32(order, sum);
}

MNET_INLINE void columns(const MnetColumnSum *sum, size_t taps, size_t n, const int16_t *in,
                         int16_t *out)
{
    const __m128i bits = _mm_cvtsi32_si128(sum->bits);
    const __m256i factor = _mm256_set1_epi16((int16_t)sum->factor);
    const uint16_t *start = sum->start;
    const int16_t *weights = sum->weights;
    for (size_t i = 0; i < n; i += 16, start += 16, weights += 16 * taps) {
        __m512i x = taps == 8 ? sums_8(in, start, weights) : sums_16(taps, in, start, weights);
        __m256i words = _mm512_cvtepi32_epi16(_mm512_srl_epi32(x, bits));
        _mm256_storeu_si256((void *)(out + i), _mm256_mulhi_epu16(words, factor));
    }
}

void mnet_image_columns_avx512vnni(const MnetColumnSum *sum, size_t n, const int16_t *in,
                                   int16_t *out)
{
    if (sum->taps == 8)
        columns(sum, 8, n, in, out);
    else if (sum->taps == 16)
        columns(sum, 16, n, in, out);
    else
        columns(sum, sum->taps, n, in, out);
}

MNET_INLINE __m512i mix_words(const MnetColorMix *mix, const int16_t *const in[3], size_t at,
                              __mmask32 mask)
{
    __m512i sum = _mm512_set1_epi16(mix->bias);
    for (int i = 0; i < 3; i++)
        sum = _mm512_add_epi16(sum, _mm512_mulhi_epi16(_mm512_maskz_loadu_epi16(mask, in[i] + at),
                                                       _mm512_set1_epi16(mix->m[i])));
    return _mm512_srai_epi16(sum, 4);
}

void mnet_image_matrix_avx512vnni(const MnetColorMix *mix, size_t n, const int16_t *const in[3],
                                  uint8_t *out)
{
    const __m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
    for (size_t i = 0; i < n; i += 64) {
        __mmask64 mask = mnet_mask64(n - i);
        __m512i bytes = _mm512_packus_epi16(mix_words(mix, in, i, (__mmask32)mask),
                                            mix_words(mix, in, i + 32, (__mmask32)(mask >> 32)));
        _mm512_mask_storeu_epi8(out + i, mask, _mm512_permutexvar_epi64(order, bytes));
    }
}
