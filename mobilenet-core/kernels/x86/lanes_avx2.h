/* SPDX-License-Identifier: MIT
 *
 * What the files of this set share: the first lanes of a register to memory. */
#ifndef MNET_KERNELS_X86_LANES_AVX2_H
#define MNET_KERNELS_X86_LANES_AVX2_H

#if !defined(__AVX2__) || !defined(__FMA__)
#error "this file needs -mavx2 -mfma"
#endif

#include <immintrin.h>

#include "kernels/inline.h"
#include "kernels/kernels.h"

/* n bytes, 16 when n is more. */
MNET_INLINE void mnet_store_bytes_avx2(int8_t *out, __m128i bytes, size_t n)
{
    int8_t all[16];
    if (n >= 16) {
        _mm_storeu_si128((__m128i *)(void *)out, bytes);
        return;
    }
    _mm_storeu_si128((__m128i *)(void *)all, bytes);
    for (size_t i = 0; i < n; i++)
        out[i] = all[i];
}

/* All bits of the first n of 8 lanes. */
MNET_INLINE __m256i mnet_mask_avx2(size_t n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n < 8 ? (int32_t)n : 8),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/* n floats, 8 when n is more. */
MNET_INLINE void mnet_store_floats_avx2(float *out, __m256 values, size_t n)
{
    if (n >= 8)
        _mm256_storeu_ps(out, values);
    else
        _mm256_maskstore_ps(out, mnet_mask_avx2(n), values);
}

/* As the C table's clamp: what is not a number stays so. */
MNET_INLINE __m256 mnet_clamp_avx2(__m256 value, __m256 min, __m256 max)
{
    return _mm256_min_ps(max, _mm256_max_ps(min, value));
}

#endif
