/* SPDX-License-Identifier: MIT
 *
 * Curves of floats, and rows of pictures that are enlarged, 8 at once.  Inputs are read
 * in whole vectors, outputs are not. */
#include "kernels/x86/lanes_avx2.h"
#include "kernels/x86/table_avx2.h"

/* A number that is none stays. */
MNET_INLINE __m256 between(__m256 low, __m256 x, __m256 high)
{
    return _mm256_min_ps(high, _mm256_max_ps(low, x));
}

/* e^x as 2^whole * e^rest, |rest| <= ln(2) / 2; within 3e-7 of the value.  What is
 * beyond floats ends near their limits. */
MNET_INLINE __m256 exponential(__m256 x)
{
    x = between(_mm256_set1_ps(-87.0f), x, _mm256_set1_ps(88.0f));
    __m256 whole = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(0x1.715476p+0f)), 8);
    __m256 rest = _mm256_fnmadd_ps(whole, _mm256_set1_ps(0x1.62e400p-1f), x);
    rest = _mm256_fnmadd_ps(whole, _mm256_set1_ps(0x1.7f7d1cp-20f), rest);
    __m256 y = _mm256_set1_ps(1.0f / 720);
    y = _mm256_fmadd_ps(y, rest, _mm256_set1_ps(1.0f / 120));
    y = _mm256_fmadd_ps(y, rest, _mm256_set1_ps(1.0f / 24));
    y = _mm256_fmadd_ps(y, rest, _mm256_set1_ps(1.0f / 6));
    y = _mm256_fmadd_ps(y, rest, _mm256_set1_ps(0.5f));
    y = _mm256_fmadd_ps(y, rest, _mm256_set1_ps(1.0f));
    y = _mm256_fmadd_ps(y, rest, _mm256_set1_ps(1.0f));
    /* -126 to 127 */
    __m256i power = _mm256_add_epi32(_mm256_cvtps_epi32(whole), _mm256_set1_epi32(127));
    __m256 scaled = _mm256_mul_ps(y, _mm256_castsi256_ps(_mm256_slli_epi32(power, 23)));
    return _mm256_blendv_ps(scaled, x, _mm256_cmp_ps(x, x, _CMP_UNORD_Q));
}

void mnet_hard_swish_f32_avx2(size_t n, const float *in, float *out)
{
    const __m256 three = _mm256_set1_ps(3), six = _mm256_set1_ps(6);
    for (size_t i = 0; i < n; i += 8) {
        __m256 x = _mm256_loadu_ps(in + i);
        __m256 gate = between(_mm256_setzero_ps(), _mm256_add_ps(x, three), six);
        __m256 y = _mm256_mul_ps(_mm256_mul_ps(x, gate), _mm256_set1_ps(1.0f / 6));
        mnet_store_floats_avx2(out + i, y, n - i);
    }
}

void mnet_logistic_f32_avx2(size_t n, const float *in, float *out)
{
    const __m256 one = _mm256_set1_ps(1);
    for (size_t i = 0; i < n; i += 8) {
        __m256 e = exponential(_mm256_sub_ps(_mm256_setzero_ps(), _mm256_loadu_ps(in + i)));
        mnet_store_floats_avx2(out + i, _mm256_div_ps(one, _mm256_add_ps(one, e)), n - i);
    }
}

/* 1 - 2 / (1 + e^2x) */
void mnet_tanh_f32_avx2(size_t n, const float *in, float *out)
{
    const __m256 one = _mm256_set1_ps(1), two = _mm256_set1_ps(2);
    for (size_t i = 0; i < n; i += 8) {
        __m256 x = _mm256_loadu_ps(in + i), e = exponential(_mm256_add_ps(x, x));
        __m256 y = _mm256_sub_ps(one, _mm256_div_ps(two, _mm256_add_ps(one, e)));
        mnet_store_floats_avx2(out + i, y, n - i);
    }
}

/* NaN is below all. */
void mnet_quantize_f32_avx2(size_t n, const float *in, float scale, int32_t zero_point, int8_t *out)
{
    const __m256 by = _mm256_set1_ps(scale), low = _mm256_set1_ps(-1024);
    const __m256i zero = _mm256_set1_epi32(zero_point);
    for (size_t i = 0; i < n; i += 8) {
        __m256 q = _mm256_div_ps(_mm256_loadu_ps(in + i), by);
        q = _mm256_min_ps(_mm256_max_ps(q, low), _mm256_set1_ps(1024));
        __m256 whole = _mm256_round_ps(q, 0xb), rest = _mm256_sub_ps(q, whole);
        __m256 up = _mm256_cmp_ps(rest, _mm256_set1_ps(0.5f), _CMP_GE_OQ);
        __m256 down = _mm256_cmp_ps(rest, _mm256_set1_ps(-0.5f), _CMP_LE_OQ);
        __m256i v = _mm256_add_epi32(_mm256_cvttps_epi32(whole), zero);
        v = _mm256_sub_epi32(v, _mm256_castps_si256(up));
        v = _mm256_add_epi32(v, _mm256_castps_si256(down));
        __m128i halves = _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
        __m128i bytes = _mm_packs_epi16(halves, halves);
        if (n - i >= 8)
            _mm_storel_epi64((__m128i *)(void *)(out + i), bytes);
        else
            mnet_store_bytes_avx2(out + i, bytes, n - i);
    }
}

void mnet_blend_f32_avx2(size_t n, const float *a, const float *b, float part, float *out)
{
    const __m256 more = _mm256_set1_ps(part), rest = _mm256_set1_ps(1 - part);
    for (size_t i = 0; i < n; i += 8) {
        __m256 x = _mm256_mul_ps(_mm256_loadu_ps(a + i), rest);
        mnet_store_floats_avx2(out + i, _mm256_fmadd_ps(_mm256_loadu_ps(b + i), more, x), n - i);
    }
}

void mnet_stretch_f32_avx2(const MnetStretchF32 *s, size_t n, const float *in, float *out)
{
    const size_t channels = s->channels;
    for (size_t x = 0; x < n; x++, out += channels) {
        const float *a = in + (size_t)s->left[x] * channels;
        const float *b = in + (size_t)s->right[x] * channels;
        const __m256 more = _mm256_set1_ps(s->part[x]), rest = _mm256_set1_ps(1 - s->part[x]);
        for (size_t c = 0; c < channels; c += 8) {
            __m256 y = _mm256_mul_ps(_mm256_loadu_ps(a + c), rest);
            y = _mm256_fmadd_ps(_mm256_loadu_ps(b + c), more, y);
            mnet_store_floats_avx2(out + c, y, channels - c);
        }
    }
}
