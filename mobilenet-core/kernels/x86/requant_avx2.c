/* SPDX-License-Identifier: MIT
 *
 * Sums to bytes: what a call needs to know, and the exact way. */
#include "kernels/x86/requant_avx2.h"

#include "kernels/requant.h"

static int is_quick(const float *scale, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(scale[i] > -1.0f && scale[i] < 1.0f))
            return 0;
    return 1;
}

MnetRequantAvx2 mnet_requant_avx2(const MnetRequant *requant, size_t c0, size_t channels)
{
    MnetRequantAvx2 q = { .requant = requant,
                          .quick = is_quick(requant->scale + c0, channels),
                          .zero_point = _mm256_set1_epi16((int16_t)requant->zero_point),
                          .min = _mm256_set1_epi8((int8_t)requant->min),
                          .max = _mm256_set1_epi8((int8_t)requant->max) };
    return q;
}

void mnet_requant_exact_avx2(const MnetRequant *requant, size_t c0, size_t channels, size_t rows,
                             const int32_t *acc, int8_t *out, size_t stride)
{
    for (size_t r = 0; r < rows; r++)
        mnet_requantize(requant, c0, channels, acc + r * MNET_TILE_AVX2, out + r * stride);
}
