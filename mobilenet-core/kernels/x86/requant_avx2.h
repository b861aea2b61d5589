/* SPDX-License-Identifier: MIT
 *
 * Sums in registers to bytes in memory, 8 lanes at once: in float, and exactly
 * where float cannot tell.  See kernels.h. */
#ifndef MNET_KERNELS_X86_REQUANT_AVX2_H
#define MNET_KERNELS_X86_REQUANT_AVX2_H

#include "kernels/x86/lanes_avx2.h"

enum { MNET_ROWS_AVX2 = 6, MNET_TILE_AVX2 = 16 }; /* rows and channels of a tile of sums */

/* What is the same for all tiles of a call. */
typedef struct {
    const MnetRequant *requant;
    int quick; /* none is scaled up, where the reference's left shift may wrap */
    __m256i zero_point, min, max;
} MnetRequantAvx2;

/* For `channels` channels from c0 on. */
MnetRequantAvx2 mnet_requant_avx2(const MnetRequant *requant, size_t c0, size_t channels);

/* The sums of some rows, [rows][16], one by one. */
void mnet_requant_exact_avx2(const MnetRequant *requant, size_t c0, size_t channels, size_t rows,
                             const int32_t *acc, int8_t *out, size_t stride);

/* acc * scale + tie with the sign of acc.  |scale| < 1 keeps it below 2^31. */
MNET_INLINE __m256 mnet_requant_value_avx2(__m256i acc, __m256 scale, __m256 tie)
{
    __m256i sign = _mm256_and_si256(acc, _mm256_set1_epi32(INT32_MIN));
    __m256 toward = _mm256_xor_ps(tie, _mm256_castsi256_ps(sign));
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(acc), scale, toward);
}

/* How far from the nearest integer. */
MNET_INLINE __m256 mnet_requant_rest_avx2(__m256 value)
{
    __m256 whole = _mm256_round_ps(value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), _mm256_sub_ps(value, whole));
}

/* Two rows of 8 or 16 sums (vectors is 1 or 2) to bytes: the first row in the
 * low half.  *worst grows to the largest rest. */
MNET_INLINE __m256i mnet_requant_pair_avx2(const MnetRequantAvx2 *q, size_t vectors,
                                           const __m256i first[2], const __m256i second[2],
                                           const __m256 scale[2], const __m256 tie[2],
                                           __m256 *worst)
{
    __m256i n[2][2];
    for (size_t v = 0; v < vectors; v++) {
        __m256 a = mnet_requant_value_avx2(first[v], scale[v], tie[v]);
        __m256 b = mnet_requant_value_avx2(second[v], scale[v], tie[v]);
        *worst = _mm256_max_ps(*worst, mnet_requant_rest_avx2(a));
        *worst = _mm256_max_ps(*worst, mnet_requant_rest_avx2(b));
        n[0][v] = _mm256_cvtps_epi32(a);
        n[1][v] = _mm256_cvtps_epi32(b);
    }
    /* Packing works within lanes of 16 bytes: dwords 0 to 7 are the channels
     * 0-3 and 8-11 of the first row, of the second, then 4-7 and 12-15. */
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m256i low = _mm256_packs_epi32(n[0][0], n[0][vectors - 1]);
    __m256i high = _mm256_packs_epi32(n[1][0], n[1][vectors - 1]);
    low = _mm256_adds_epi16(low, q->zero_point);
    high = _mm256_adds_epi16(high, q->zero_point);
    __m256i bytes = _mm256_packs_epi16(low, high);
    bytes = _mm256_min_epi8(_mm256_max_epi8(bytes, q->min), q->max);
    return _mm256_permutevar8x32_epi32(bytes, order);
}

/* Whether any sum was too near to the middle of two integers: then the bytes
 * are not to be trusted. */
MNET_INLINE int mnet_requant_quick_avx2(const MnetRequantAvx2 *q, size_t c0, size_t channels,
                                        size_t rows, size_t vectors, __m256i acc[][2], int8_t *out,
                                        size_t stride)
{
    __m256 scale[2], tie[2], worst = _mm256_setzero_ps();
    for (size_t v = 0; v < vectors; v++) {
        scale[v] = _mm256_loadu_ps(q->requant->scale + c0 + 8 * v);
        tie[v] = _mm256_loadu_ps(q->requant->tie + c0 + 8 * v);
    }
    for (size_t r = 0; r < rows; r += 2) {
        size_t next = r + 1 < rows ? r + 1 : r;
        __m256i bytes = mnet_requant_pair_avx2(q, vectors, acc[r], acc[next], scale, tie, &worst);
        mnet_store_bytes_avx2(out + r * stride, _mm256_castsi256_si128(bytes), channels);
        if (next > r)
            mnet_store_bytes_avx2(out + next * stride, _mm256_extracti128_si256(bytes, 1),
                                  channels);
    }
    __m256 doubt = _mm256_cmp_ps(worst, _mm256_set1_ps(0.5f - 0x1p-15f), _CMP_GE_OQ);
    return _mm256_movemask_ps(doubt);
}

/* rows (at most MNET_ROWS_AVX2) x channels (at most 8 * vectors) sums from
 * channel c0 on; out points at it. */
MNET_INLINE void mnet_requant_tile_avx2(const MnetRequantAvx2 *q, size_t c0, size_t channels,
                                        size_t rows, size_t vectors, __m256i acc[][2], int8_t *out,
                                        size_t stride)
{
    int32_t sums[MNET_ROWS_AVX2 * MNET_TILE_AVX2] __attribute__((aligned(32)));
    if (__builtin_expect(
            q->quick && !mnet_requant_quick_avx2(q, c0, channels, rows, vectors, acc, out, stride),
            1))
        return;
    for (size_t r = 0; r < rows; r++)
        for (size_t v = 0; v < vectors; v++)
            _mm256_store_si256((__m256i *)(void *)(sums + r * MNET_TILE_AVX2 + 8 * v), acc[r][v]);
    mnet_requant_exact_avx2(q->requant, c0, channels, rows, sums, out, stride);
}

#endif
