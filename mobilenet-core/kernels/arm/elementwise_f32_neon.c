/* SPDX-License-Identifier: MIT
 *
 * Element by element operators on floats, 4 at once. */
#include <arm_neon.h>

#include "kernels/arm/table_neon.h"
#include "kernels/c/table_c.h"
#include "kernels/inline.h"

typedef enum { ADD, SUB, MUL } Binary;

/* What is not a number stays so, as in plain C. */
MNET_INLINE float32x4_t compute(Binary binary, float32x4_t a, float32x4_t b, float32x4_t min,
                                float32x4_t max)
{
    float32x4_t value = binary == ADD   ? vaddq_f32(a, b)
                        : binary == SUB ? vsubq_f32(a, b)
                                        : vmulq_f32(a, b);
    return vminq_f32(vmaxq_f32(value, min), max);
}

/* How many of n are done; the rest is for plain C. */
MNET_INLINE size_t in_fours(Binary binary, size_t n, const float *a, const float *b, size_t b_step,
                            float min, float max, float *out)
{
    const float32x4_t least = vdupq_n_f32(min), most = vdupq_n_f32(max);
    float32x4_t other = vdupq_n_f32(n ? b[0] : 0);
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        if (b_step)
            other = vld1q_f32(b + i);
        vst1q_f32(out + i, compute(binary, vld1q_f32(a + i), other, least, most));
    }
    return i;
}

void mnet_add_f32_neon(size_t n, const float *a, const float *b, size_t b_step, float min,
                       float max, float *out)
{
    /* `out` may be the one b. */
    const float one = n ? b[0] : 0;
    size_t i = b_step ? in_fours(ADD, n, a, b, 1, min, max, out)
                      : in_fours(ADD, n, a, &one, 0, min, max, out);
    mnet_add_f32_c(n - i, a + i, b_step ? b + i : &one, b_step, min, max, out + i);
}

void mnet_sub_f32_neon(size_t n, const float *a, const float *b, size_t b_step, float min,
                       float max, float *out)
{
    const float one = n ? b[0] : 0;
    size_t i = b_step ? in_fours(SUB, n, a, b, 1, min, max, out)
                      : in_fours(SUB, n, a, &one, 0, min, max, out);
    mnet_sub_f32_c(n - i, a + i, b_step ? b + i : &one, b_step, min, max, out + i);
}

void mnet_mul_f32_neon(size_t n, const float *a, const float *b, size_t b_step, float min,
                       float max, float *out)
{
    const float one = n ? b[0] : 0;
    size_t i = b_step ? in_fours(MUL, n, a, b, 1, min, max, out)
                      : in_fours(MUL, n, a, &one, 0, min, max, out);
    mnet_mul_f32_c(n - i, a + i, b_step ? b + i : &one, b_step, min, max, out + i);
}

void mnet_accumulate_f32_neon(size_t n, const float *in, float *acc)
{
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        vst1q_f32(acc + i, vaddq_f32(vld1q_f32(acc + i), vld1q_f32(in + i)));
    mnet_accumulate_f32_c(n - i, in + i, acc + i);
}

/* Where either is not a number, what is there stays. */
void mnet_max_f32_neon(size_t n, const float *in, float *out)
{
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        float32x4_t x = vld1q_f32(in + i), y = vld1q_f32(out + i);
        vst1q_f32(out + i, vbslq_f32(vcgtq_f32(x, y), x, y));
    }
    mnet_max_f32_c(n - i, in + i, out + i);
}
