/* SPDX-License-Identifier: MIT
 *
 * Curves of floats, and rows of pictures that are enlarged, 4 at once and two of those
 * side by side.  Inputs are read in whole vectors, outputs are not. */
#include <arm_neon.h>

#include "kernels/arm/table_neon.h"
#include "kernels/inline.h"

enum { PAIR = 8 };

MNET_INLINE void store(float *out, float32x4_t value, size_t n)
{
    float all[4];
    if (__builtin_expect(n >= 4, 1)) {
        vst1q_f32(out, value);
        return;
    }
    vst1q_f32(all, value);
    __builtin_memcpy(out, all, n * sizeof *out);
}

/* The rest of a row behind whole pairs. */
MNET_INLINE void store_pair(float *out, float32x4x2_t pair, size_t n)
{
    store(out, pair.val[0], n);
    if (n > 4)
        store(out + 4, pair.val[1], n - 4);
}

/* A number that is none stays. */
MNET_INLINE float32x4_t between(float low, float32x4_t x, float high)
{
    return vminq_f32(vmaxq_f32(x, vdupq_n_f32(low)), vdupq_n_f32(high));
}

/* e^x as 2^whole * e^rest, |rest| <= ln(2) / 2; within 3e-7 of the value.  What is
 * beyond floats ends near their limits. */
MNET_INLINE float32x4_t exponential(float32x4_t x)
{
    x = between(-87.0f, x, 88.0f);
    float32x4_t whole = vrndnq_f32(vmulq_n_f32(x, 0x1.715476p+0f));
    float32x4_t rest = vfmsq_f32(x, whole, vdupq_n_f32(0x1.62e400p-1f));
    rest = vfmsq_f32(rest, whole, vdupq_n_f32(0x1.7f7d1cp-20f));
    float32x4_t y = vdupq_n_f32(1.0f / 720);
    y = vfmaq_f32(vdupq_n_f32(1.0f / 120), y, rest);
    y = vfmaq_f32(vdupq_n_f32(1.0f / 24), y, rest);
    y = vfmaq_f32(vdupq_n_f32(1.0f / 6), y, rest);
    y = vfmaq_f32(vdupq_n_f32(0.5f), y, rest);
    y = vfmaq_f32(vdupq_n_f32(1.0f), y, rest);
    y = vfmaq_f32(vdupq_n_f32(1.0f), y, rest);
    /* -126 to 127 */
    int32x4_t power = vaddq_s32(vcvtq_s32_f32(whole), vdupq_n_s32(127));
    return vmulq_f32(y, vreinterpretq_f32_s32(vshlq_n_s32(power, 23)));
}

typedef enum { HARD_SWISH, LOGISTIC, TANH } Curve;

MNET_INLINE float32x4_t curve(Curve which, float32x4_t x)
{
    const float32x4_t one = vdupq_n_f32(1);
    if (which == HARD_SWISH)
        return vmulq_n_f32(vmulq_f32(x, between(0, vaddq_f32(x, vdupq_n_f32(3)), 6)), 1.0f / 6);
    if (which == LOGISTIC)
        return vdivq_f32(one, vaddq_f32(one, exponential(vnegq_f32(x))));
    /* 1 - 2 / (1 + e^2x) */
    float32x4_t e = exponential(vaddq_f32(x, x));
    return vsubq_f32(one, vdivq_f32(vdupq_n_f32(2), vaddq_f32(one, e)));
}

MNET_INLINE void each(Curve which, size_t n, const float *in, float *out)
{
    for (size_t i = 0; i < n; i += PAIR) {
        float32x4x2_t x = { { vld1q_f32(in + i), vld1q_f32(in + i + 4) } };
        x.val[0] = curve(which, x.val[0]);
        x.val[1] = curve(which, x.val[1]);
        store_pair(out + i, x, n - i);
    }
}

void mnet_hard_swish_f32_neon(size_t n, const float *in, float *out)
{
    each(HARD_SWISH, n, in, out);
}

void mnet_logistic_f32_neon(size_t n, const float *in, float *out)
{
    each(LOGISTIC, n, in, out);
}

void mnet_tanh_f32_neon(size_t n, const float *in, float *out)
{
    each(TANH, n, in, out);
}

/* NaN is below all; conversion rounds half away from zero. */
MNET_INLINE int16x4_t quantized(float32x4_t x, float32x4_t scale, int32x4_t zero)
{
    float32x4_t q = vmaxnmq_f32(vdivq_f32(x, scale), vdupq_n_f32(-1024));
    q = vminq_f32(q, vdupq_n_f32(1024));
    return vqmovn_s32(vaddq_s32(vcvtaq_s32_f32(q), zero));
}

void mnet_quantize_f32_neon(size_t n, const float *in, float scale, int32_t zero_point, int8_t *out)
{
    const float32x4_t by = vdupq_n_f32(scale);
    const int32x4_t zero = vdupq_n_s32(zero_point);
    for (size_t i = 0; i < n; i += PAIR) {
        int8x8_t bytes = vqmovn_s16(vcombine_s16(quantized(vld1q_f32(in + i), by, zero),
                                                 quantized(vld1q_f32(in + i + 4), by, zero)));
        int8_t all[PAIR];
        if (n - i >= PAIR) {
            vst1_s8(out + i, bytes);
            continue;
        }
        vst1_s8(all, bytes);
        __builtin_memcpy(out + i, all, n - i);
    }
}

MNET_INLINE void blend(size_t n, const float *a, const float *b, float part, float *out)
{
    for (size_t i = 0; i < n; i += PAIR) {
        float32x4x2_t x = { { vmulq_n_f32(vld1q_f32(a + i), 1 - part),
                              vmulq_n_f32(vld1q_f32(a + i + 4), 1 - part) } };
        x.val[0] = vfmaq_n_f32(x.val[0], vld1q_f32(b + i), part);
        x.val[1] = vfmaq_n_f32(x.val[1], vld1q_f32(b + i + 4), part);
        store_pair(out + i, x, n - i);
    }
}

void mnet_blend_f32_neon(size_t n, const float *a, const float *b, float part, float *out)
{
    blend(n, a, b, part, out);
}

void mnet_stretch_f32_neon(const MnetStretchF32 *s, size_t n, const float *in, float *out)
{
    const size_t channels = s->channels;
    for (size_t x = 0; x < n; x++, out += channels)
        blend(channels, in + (size_t)s->left[x] * channels, in + (size_t)s->right[x] * channels,
              s->part[x], out);
}

void mnet_prelu_f32_neon(size_t n, const float *a, const float *b, size_t b_step, float *out)
{
    /* `out` may be the one b. */
    float32x4_t y = vdupq_n_f32(n ? b[0] : 0);
    for (size_t i = 0; i < n; i += 4) {
        float32x4_t x = vld1q_f32(a + i);
        if (b_step)
            y = vld1q_f32(b + i);
        store(out + i, vbslq_f32(vcgezq_f32(x), x, vmulq_f32(x, y)), n - i);
    }
}
