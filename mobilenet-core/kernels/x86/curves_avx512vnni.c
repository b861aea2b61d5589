/* SPDX-License-Identifier: MIT
 *
 * Curves of floats, and rows of pictures that are enlarged, 16 at once. */
#include "kernels/x86/requant_avx512vnni.h"
#include "kernels/x86/table_avx512vnni.h"

/* A number that is none stays. */
MNET_INLINE __m512 between(__m512 low, __m512 x, __m512 high)
{
    return _mm512_min_ps(high, _mm512_max_ps(low, x));
}

/* e^x as 2^whole * e^rest, |rest| <= ln(2) / 2: five terms of the series, the last two
 * fitted; within 3e-7 of the value.  What is beyond floats ends near their limits. */
MNET_INLINE __m512 exponential(__m512 x)
{
    x = between(_mm512_set1_ps(-87.0f), x, _mm512_set1_ps(88.0f));
    __m512 whole = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(0x1.715476p+0f)), 8);
    __m512 rest = _mm512_fnmadd_ps(whole, _mm512_set1_ps(0x1.62e400p-1f), x);
    rest = _mm512_fnmadd_ps(whole, _mm512_set1_ps(0x1.7f7d1cp-20f), rest);
    __m512 y = _mm512_set1_ps(1.0f / 720);
    y = _mm512_fmadd_ps(y, rest, _mm512_set1_ps(1.0f / 120));
    y = _mm512_fmadd_ps(y, rest, _mm512_set1_ps(1.0f / 24));
    y = _mm512_fmadd_ps(y, rest, _mm512_set1_ps(1.0f / 6));
    y = _mm512_fmadd_ps(y, rest, _mm512_set1_ps(0.5f));
    y = _mm512_fmadd_ps(y, rest, _mm512_set1_ps(1.0f));
    y = _mm512_fmadd_ps(y, rest, _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(y, whole);
}

void mnet_hard_swish_f32_avx512vnni(size_t n, const float *in, float *out)
{
    const __m512 three = _mm512_set1_ps(3), six = _mm512_set1_ps(6);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 valid = mnet_mask16(n - i);
        __m512 x = _mm512_maskz_loadu_ps(valid, in + i);
        __m512 gate = between(_mm512_setzero_ps(), _mm512_add_ps(x, three), six);
        __m512 y = _mm512_mul_ps(_mm512_mul_ps(x, gate), _mm512_set1_ps(1.0f / 6));
        _mm512_mask_storeu_ps(out + i, valid, y);
    }
}

void mnet_logistic_f32_avx512vnni(size_t n, const float *in, float *out)
{
    const __m512 one = _mm512_set1_ps(1);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 valid = mnet_mask16(n - i);
        __m512 x = _mm512_maskz_loadu_ps(valid, in + i);
        __m512 e = exponential(_mm512_sub_ps(_mm512_setzero_ps(), x));
        _mm512_mask_storeu_ps(out + i, valid, _mm512_div_ps(one, _mm512_add_ps(one, e)));
    }
}

/* 1 - 2 / (1 + e^2x) */
void mnet_tanh_f32_avx512vnni(size_t n, const float *in, float *out)
{
    const __m512 one = _mm512_set1_ps(1), two = _mm512_set1_ps(2);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 valid = mnet_mask16(n - i);
        __m512 x = _mm512_maskz_loadu_ps(valid, in + i);
        __m512 e = exponential(_mm512_add_ps(x, x));
        __m512 y = _mm512_sub_ps(one, _mm512_div_ps(two, _mm512_add_ps(one, e)));
        _mm512_mask_storeu_ps(out + i, valid, y);
    }
}

/* NaN is below all. */
void mnet_quantize_f32_avx512vnni(size_t n, const float *in, float scale, int32_t zero_point,
                                  int8_t *out)
{
    const __m512 by = _mm512_set1_ps(scale), low = _mm512_set1_ps(-1024);
    const __m512 half = _mm512_set1_ps(0.5f);
    const __m512i one = _mm512_set1_epi32(1), zero = _mm512_set1_epi32(zero_point);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 valid = mnet_mask16(n - i);
        __m512 q = _mm512_div_ps(_mm512_maskz_loadu_ps(valid, in + i), by);
        q = _mm512_min_ps(_mm512_max_ps(q, low), _mm512_set1_ps(1024));
        __m512 whole = _mm512_roundscale_ps(q, 0xb), rest = _mm512_sub_ps(q, whole);
        __m512i v = _mm512_add_epi32(_mm512_cvttps_epi32(whole), zero);
        v = _mm512_mask_add_epi32(v, _mm512_cmp_ps_mask(rest, half, _CMP_GE_OQ), v, one);
        __mmask16 down = _mm512_cmp_ps_mask(rest, _mm512_set1_ps(-0.5f), _CMP_LE_OQ);
        v = _mm512_mask_sub_epi32(v, down, v, one);
        _mm512_mask_cvtsepi32_storeu_epi8(out + i, valid, v);
    }
}

void mnet_blend_f32_avx512vnni(size_t n, const float *a, const float *b, float part, float *out)
{
    const __m512 more = _mm512_set1_ps(part), rest = _mm512_set1_ps(1 - part);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 valid = mnet_mask16(n - i);
        __m512 x = _mm512_mul_ps(_mm512_maskz_loadu_ps(valid, a + i), rest);
        x = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(valid, b + i), more, x);
        _mm512_mask_storeu_ps(out + i, valid, x);
    }
}

MNET_INLINE __m512 between_pixels(__mmask16 valid, const float *a, const float *b, __m512 more,
                                  __m512 rest)
{
    __m512 x = _mm512_mul_ps(_mm512_maskz_loadu_ps(valid, a), rest);
    return _mm512_fmadd_ps(_mm512_maskz_loadu_ps(valid, b), more, x);
}

void mnet_stretch_f32_avx512vnni(const MnetStretchF32 *s, size_t n, const float *in, float *out)
{
    const size_t channels = s->channels;
    for (size_t x = 0; x < n; x++, out += channels) {
        const float *a = in + (size_t)s->left[x] * channels;
        const float *b = in + (size_t)s->right[x] * channels;
        const __m512 more = _mm512_set1_ps(s->part[x]), rest = _mm512_set1_ps(1 - s->part[x]);
        for (size_t c = 0; c < channels; c += 16) {
            const __mmask16 valid = mnet_mask16(channels - c);
            _mm512_mask_storeu_ps(out + c, valid, between_pixels(valid, a + c, b + c, more, rest));
        }
    }
}
