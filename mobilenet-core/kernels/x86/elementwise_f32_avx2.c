/* SPDX-License-Identifier: MIT
 *
 * Element by element operators on floats.  Inputs are read in whole vectors,
 * outputs are not. */
#include "kernels/x86/lanes_avx2.h"
#include "kernels/x86/table_avx2.h"

/* 8 of b, all alike when it has no step. */
MNET_INLINE __m256 load_b(const float *b, size_t i, size_t b_step)
{
    return b_step ? _mm256_loadu_ps(b + i) : _mm256_broadcast_ss(b);
}

void mnet_add_f32_avx2(size_t n, const float *a, const float *b, size_t b_step, float min,
                       float max, float *out)
{
    const __m256 least = _mm256_set1_ps(min), most = _mm256_set1_ps(max);
    const float first = n ? b[0] : 0;
    for (size_t i = 0; i < n; i += 8) {
        __m256 y = load_b(b_step ? b : &first, i, b_step);
        __m256 sum = _mm256_add_ps(_mm256_loadu_ps(a + i), y);
        mnet_store_floats_avx2(out + i, mnet_clamp_avx2(sum, least, most), n - i);
    }
}

void mnet_sub_f32_avx2(size_t n, const float *a, const float *b, size_t b_step, float min,
                       float max, float *out)
{
    const __m256 least = _mm256_set1_ps(min), most = _mm256_set1_ps(max);
    const float first = n ? b[0] : 0;
    for (size_t i = 0; i < n; i += 8) {
        __m256 y = load_b(b_step ? b : &first, i, b_step);
        __m256 rest = _mm256_sub_ps(_mm256_loadu_ps(a + i), y);
        mnet_store_floats_avx2(out + i, mnet_clamp_avx2(rest, least, most), n - i);
    }
}

void mnet_mul_f32_avx2(size_t n, const float *a, const float *b, size_t b_step, float min,
                       float max, float *out)
{
    const __m256 least = _mm256_set1_ps(min), most = _mm256_set1_ps(max);
    const float first = n ? b[0] : 0;
    for (size_t i = 0; i < n; i += 8) {
        __m256 y = load_b(b_step ? b : &first, i, b_step);
        __m256 product = _mm256_mul_ps(_mm256_loadu_ps(a + i), y);
        mnet_store_floats_avx2(out + i, mnet_clamp_avx2(product, least, most), n - i);
    }
}

void mnet_prelu_f32_avx2(size_t n, const float *a, const float *b, size_t b_step, float *out)
{
    const float first = n ? b[0] : 0;
    for (size_t i = 0; i < n; i += 8) {
        __m256 x = _mm256_loadu_ps(a + i), y = load_b(b_step ? b : &first, i, b_step);
        __m256 stays = _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_GE_OQ);
        mnet_store_floats_avx2(out + i, _mm256_blendv_ps(_mm256_mul_ps(x, y), x, stays), n - i);
    }
}

void mnet_accumulate_f32_avx2(size_t n, const float *in, float *acc)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(acc + i, _mm256_add_ps(_mm256_loadu_ps(acc + i), _mm256_loadu_ps(in + i)));
    for (; i < n; i++)
        acc[i] += in[i];
}

void mnet_max_f32_avx2(size_t n, const float *in, float *out)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(out + i, _mm256_max_ps(_mm256_loadu_ps(in + i), _mm256_loadu_ps(out + i)));
    for (; i < n; i++)
        out[i] = in[i] > out[i] ? in[i] : out[i];
}
