/* SPDX-License-Identifier: MIT
 *
 * Four outputs of columns() at once, with the vectors that the target has at
 * least (SSE2 on x86-64, NEON on AArch64), else in plain C.  All three give the
 * same numbers. */
#ifndef MNET_KERNELS_C_IMAGE_WEIGH_H
#define MNET_KERNELS_C_IMAGE_WEIGH_H

#include <stddef.h>
#include <stdint.h>

#if defined(__SSE2__)

#include <emmintrin.h>

static inline __m128i mnet_image_dot(const int16_t *sample, const int16_t *weight, size_t taps)
{
    __m128i sum = _mm_madd_epi16(_mm_loadu_si128((const __m128i *)sample),
                                 _mm_load_si128((const __m128i *)weight));
    for (size_t k = 8; k < taps; k += 8) {
        __m128i s = _mm_loadu_si128((const __m128i *)(sample + k));
        sum = _mm_add_epi32(sum, _mm_madd_epi16(s, _mm_load_si128((const __m128i *)(weight + k))));
    }
    return sum;
}

#define MNET_IMAGE_DOT(i) mnet_image_dot(column + start[i], weight + (i)*taps, taps)

static inline void mnet_image_weigh4(const int16_t *column, const uint16_t *start,
                                     const int16_t *weight, size_t taps, int bits, uint16_t factor,
                                     int16_t *samples)
{
    __m128i s0 = MNET_IMAGE_DOT(0), s1 = MNET_IMAGE_DOT(1);
    __m128i s2 = MNET_IMAGE_DOT(2), s3 = MNET_IMAGE_DOT(3);
    __m128i s01 = _mm_add_epi32(_mm_unpacklo_epi32(s0, s1), _mm_unpackhi_epi32(s0, s1));
    __m128i s23 = _mm_add_epi32(_mm_unpacklo_epi32(s2, s3), _mm_unpackhi_epi32(s2, s3));
    __m128i sum = _mm_add_epi32(_mm_unpacklo_epi64(s01, s23), _mm_unpackhi_epi64(s01, s23));
    sum = _mm_srl_epi32(sum, _mm_cvtsi32_si128(bits));
    /* SSE2 packs signed numbers only: sign-extend the 16 bits first. */
    sum = _mm_srai_epi32(_mm_slli_epi32(sum, 16), 16);
    sum = _mm_mulhi_epu16(_mm_packs_epi32(sum, sum), _mm_set1_epi16((int16_t)factor));
    _mm_storel_epi64((__m128i *)samples, sum);
}

#undef MNET_IMAGE_DOT

#elif defined(__ARM_NEON) && defined(__aarch64__)

#include <arm_neon.h>

static inline int32x4_t mnet_image_dot(const int16_t *sample, const int16_t *weight, size_t taps)
{
    int32x4_t sum = vdupq_n_s32(0);
    for (size_t k = 0; k < taps; k += 8) {
        int16x8_t s = vld1q_s16(sample + k), w = vld1q_s16(weight + k);
        sum = vmlal_high_s16(vmlal_s16(sum, vget_low_s16(s), vget_low_s16(w)), s, w);
    }
    return sum;
}

#define MNET_IMAGE_DOT(i) mnet_image_dot(column + start[i], weight + (i)*taps, taps)

static inline void mnet_image_weigh4(const int16_t *column, const uint16_t *start,
                                     const int16_t *weight, size_t taps, int bits, uint16_t factor,
                                     int16_t *samples)
{
    int32x4_t s01 = vpaddq_s32(MNET_IMAGE_DOT(0), MNET_IMAGE_DOT(1));
    int32x4_t s23 = vpaddq_s32(MNET_IMAGE_DOT(2), MNET_IMAGE_DOT(3));
    uint32x4_t sum = vreinterpretq_u32_s32(vpaddq_s32(s01, s23));
    sum = vshlq_u32(sum, vdupq_n_s32(-bits));
    sum = vmulq_n_u32(sum, factor);
    vst1_s16(samples, vreinterpret_s16_u16(vshrn_n_u32(sum, 16)));
}

#undef MNET_IMAGE_DOT

#else

static inline void mnet_image_weigh4(const int16_t *column, const uint16_t *start,
                                     const int16_t *weight, size_t taps, int bits, uint16_t factor,
                                     int16_t *samples)
{
    for (int i = 0; i < 4; i++, weight += taps) {
        int32_t sum = 0;
        for (size_t k = 0; k < taps; k++)
            sum += column[start[i] + k] * weight[k];
        samples[i] = (int16_t)(((uint32_t)sum >> bits) * factor >> 16);
    }
}

#endif

#endif
