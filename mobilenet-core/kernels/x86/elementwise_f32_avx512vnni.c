/* SPDX-License-Identifier: MIT
 *
 * Floats to floats, 16 at once. */
#include "kernels/x86/requant_avx512vnni.h"
#include "kernels/x86/table_avx512vnni.h"

/* As plain C does it where a number is none: it stays. */
MNET_INLINE __m512 clamp(__m512 x, __m512 min, __m512 max)
{
    return _mm512_min_ps(max, _mm512_max_ps(min, x));
}

MNET_INLINE __m512 load_b(__mmask16 valid, const float *b, size_t b_step, size_t i)
{
    return b_step ? _mm512_maskz_loadu_ps(valid, b + i) : _mm512_set1_ps(b[0]);
}

void mnet_add_f32_avx512vnni(size_t n, const float *a, const float *b, size_t b_step, float min,
                             float max, float *out)
{
    const __m512 lo = _mm512_set1_ps(min), hi = _mm512_set1_ps(max);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 valid = mnet_mask16(n - i);
        __m512 y = _mm512_add_ps(_mm512_maskz_loadu_ps(valid, a + i), load_b(valid, b, b_step, i));
        _mm512_mask_storeu_ps(out + i, valid, clamp(y, lo, hi));
    }
}

void mnet_sub_f32_avx512vnni(size_t n, const float *a, const float *b, size_t b_step, float min,
                             float max, float *out)
{
    const __m512 lo = _mm512_set1_ps(min), hi = _mm512_set1_ps(max);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 valid = mnet_mask16(n - i);
        __m512 y = _mm512_sub_ps(_mm512_maskz_loadu_ps(valid, a + i), load_b(valid, b, b_step, i));
        _mm512_mask_storeu_ps(out + i, valid, clamp(y, lo, hi));
    }
}

void mnet_mul_f32_avx512vnni(size_t n, const float *a, const float *b, size_t b_step, float min,
                             float max, float *out)
{
    const __m512 lo = _mm512_set1_ps(min), hi = _mm512_set1_ps(max);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 valid = mnet_mask16(n - i);
        __m512 y = _mm512_mul_ps(_mm512_maskz_loadu_ps(valid, a + i), load_b(valid, b, b_step, i));
        _mm512_mask_storeu_ps(out + i, valid, clamp(y, lo, hi));
    }
}

void mnet_prelu_f32_avx512vnni(size_t n, const float *a, const float *b, size_t b_step, float *out)
{
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 valid = mnet_mask16(n - i);
        __m512 x = _mm512_maskz_loadu_ps(valid, a + i), y = load_b(valid, b, b_step, i);
        __mmask16 falls = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_NGE_UQ);
        _mm512_mask_storeu_ps(out + i, valid, _mm512_mask_mul_ps(x, falls, x, y));
    }
}

void mnet_accumulate_f32_avx512vnni(size_t n, const float *in, float *acc)
{
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 valid = mnet_mask16(n - i);
        _mm512_mask_storeu_ps(acc + i, valid,
                              _mm512_add_ps(_mm512_maskz_loadu_ps(valid, acc + i),
                                            _mm512_maskz_loadu_ps(valid, in + i)));
    }
}

/* in[i] > out[i] ? in[i] : out[i] */
void mnet_max_f32_avx512vnni(size_t n, const float *in, float *out)
{
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 valid = mnet_mask16(n - i);
        _mm512_mask_storeu_ps(out + i, valid,
                              _mm512_max_ps(_mm512_maskz_loadu_ps(valid, in + i),
                                            _mm512_maskz_loadu_ps(valid, out + i)));
    }
}
