/* SPDX-License-Identifier: MIT
 *
 * Element by element operators on float16, 8 at once. */
#include <arm_neon.h>

#include "kernels/arm/table_asimdhp.h"
#include "kernels/inline.h"

typedef enum { ADD, SUB, MUL } Binary;

/* Up to 8 numbers. */
static float16x8_t load_some(const MnetHalf *from, size_t n)
{
    MnetHalf all[8] = { 0 };
    __builtin_memcpy(all, from, n * sizeof *from);
    return vreinterpretq_f16_u16(vld1q_u16(all));
}

static void store_some(MnetHalf *to, float16x8_t value, size_t n)
{
    MnetHalf all[8];
    vst1q_u16(all, vreinterpretq_u16_f16(value));
    __builtin_memcpy(to, all, n * sizeof *to);
}

MNET_INLINE float16x8_t load(const MnetHalf *from)
{
    return vreinterpretq_f16_u16(vld1q_u16(from));
}

MNET_INLINE void store(MnetHalf *to, float16x8_t value)
{
    vst1q_u16(to, vreinterpretq_u16_f16(value));
}

MNET_INLINE float16x8_t compute(Binary binary, float16x8_t a, float16x8_t b, float16x8_t min,
                                float16x8_t max)
{
    float16x8_t value = binary == ADD   ? vaddq_f16(a, b)
                        : binary == SUB ? vsubq_f16(a, b)
                                        : vmulq_f16(a, b);
    return vminq_f16(vmaxq_f16(value, min), max);
}

MNET_INLINE void each(Binary binary, size_t n, const MnetHalf *a, const MnetHalf *b, size_t b_step,
                      float min, float max, MnetHalf *out)
{
    const float16x8_t least = vdupq_n_f16((float16_t)min), most = vdupq_n_f16((float16_t)max);
    if (!n)
        return;
    float16x8_t other = vreinterpretq_f16_u16(vld1q_dup_u16(b));
    size_t i = 0;
#pragma GCC unroll MNET_UNROLL_4
    for (; i + 8 <= n; i += 8) {
        if (b_step)
            other = load(b + i);
        store(out + i, compute(binary, load(a + i), other, least, most));
    }
    if (b_step)
        other = load_some(b + i, n - i);
    store_some(out + i, compute(binary, load_some(a + i, n - i), other, least, most), n - i);
}

void mnet_add_f16_asimdhp(size_t n, const MnetHalf *a, const MnetHalf *b, size_t b_step, float min,
                          float max, MnetHalf *out)
{
    each(ADD, n, a, b, b_step, min, max, out);
}

void mnet_sub_f16_asimdhp(size_t n, const MnetHalf *a, const MnetHalf *b, size_t b_step, float min,
                          float max, MnetHalf *out)
{
    each(SUB, n, a, b, b_step, min, max, out);
}

void mnet_mul_f16_asimdhp(size_t n, const MnetHalf *a, const MnetHalf *b, size_t b_step, float min,
                          float max, MnetHalf *out)
{
    each(MUL, n, a, b, b_step, min, max, out);
}

MNET_INLINE float16x8_t swish(float16x8_t x)
{
    float16x8_t gate = vaddq_f16(x, vdupq_n_f16((float16_t)3));
    gate = vminq_f16(vmaxq_f16(gate, vdupq_n_f16(0)), vdupq_n_f16((float16_t)6));
    return vmulq_f16(x, vmulq_f16(gate, vdupq_n_f16((float16_t)(1.0f / 6))));
}

void mnet_hard_swish_f16_asimdhp(size_t n, const MnetHalf *in, MnetHalf *out)
{
    size_t i = 0;
#pragma GCC unroll MNET_UNROLL_4
    for (; i + 8 <= n; i += 8)
        store(out + i, swish(load(in + i)));
    store_some(out + i, swish(load_some(in + i, n - i)), n - i);
}

/* Where either is not a number, what is there stays. */
void mnet_max_f16_asimdhp(size_t n, const MnetHalf *in, MnetHalf *out)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        float16x8_t x = load(in + i), y = load(out + i);
        store(out + i, vbslq_f16(vcgtq_f16(x, y), x, y));
    }
    float16x8_t x = load_some(in + i, n - i), y = load_some(out + i, n - i);
    store_some(out + i, vbslq_f16(vcgtq_f16(x, y), x, y), n - i);
}

void mnet_accumulate_f16_asimdhp(size_t n, const MnetHalf *in, float *acc)
{
    size_t i = 0;
#pragma GCC unroll MNET_UNROLL_4
    for (; i + 8 <= n; i += 8) {
        float16x8_t x = load(in + i);
        vst1q_f32(acc + i, vaddq_f32(vld1q_f32(acc + i), vcvt_f32_f16(vget_low_f16(x))));
        vst1q_f32(acc + i + 4, vaddq_f32(vld1q_f32(acc + i + 4), vcvt_high_f32_f16(x)));
    }
    float16x8_t x = load_some(in + i, n - i);
    for (; i < n; i++) {
        acc[i] += (float)vgetq_lane_f16(x, 0);
        x = vextq_f16(x, x, 1);
    }
}

void mnet_narrow_f16_asimdhp(size_t n, const float *in, MnetHalf *out)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        store(out + i, vcvt_high_f16_f32(vcvt_f16_f32(vld1q_f32(in + i)), vld1q_f32(in + i + 4)));
    for (; i < n; i++) {
        float16_t value = (float16_t)in[i];
        __builtin_memcpy(out + i, &value, sizeof value);
    }
}

void mnet_widen_f16_asimdhp(size_t n, const MnetHalf *in, float *out)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        float16x8_t x = load(in + i);
        vst1q_f32(out + i, vcvt_f32_f16(vget_low_f16(x)));
        vst1q_f32(out + i + 4, vcvt_high_f32_f16(x));
    }
    for (; i < n; i++) {
        float16_t value;
        __builtin_memcpy(&value, in + i, sizeof value);
        out[i] = (float)value;
    }
}
