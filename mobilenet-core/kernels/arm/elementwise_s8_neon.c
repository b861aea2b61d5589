/* SPDX-License-Identifier: MIT
 *
 * Element by element operators on bytes, 16 at once.  Inputs are read in whole
 * vectors. */
#include <math.h>

#include "kernels/arm/requant_neon.h"
#include "kernels/arm/table_neon.h"
#include "kernels/c/table_c.h"

/* The tables of ADD are lines but for the rounding of their entries, so a result
 * before rounding is a * qa + b * qb + c, never farther than `error` from what the
 * reference rounds; only what comes nearer to the middle of two integers needs the
 * tables. */
typedef struct {
    float a, b, c;
    float sure; /* a distance from the nearest integer that is below it is no doubt */
} Lines;

/* The least deviation of a line through the first and the last entry that covers
 * all of them. */
static double deviation(const int32_t *table, double first, double slope)
{
    float64x2_t worst = vdupq_n_f64(0), x = { 0, 1 };
    for (size_t i = 0; i < 256; i += 2, x = vaddq_f64(x, vdupq_n_f64(2))) {
        float64x2_t line = vfmaq_n_f64(vdupq_n_f64(first), x, slope);
        float64x2_t entry = vcvtq_f64_s64(vmovl_s32(vld1_s32(table + i)));
        worst = vmaxq_f64(worst, vabdq_f64(entry, line));
    }
    return vmaxvq_f64(worst);
}

/* `sure` is 0 where lines do not serve. */
static Lines lines_of(const MnetAddS8 *p)
{
    double scale = ldexp(p->multiplier, p->shift - 31);
    double a = ((double)p->a_table[255] - p->a_table[0]) / 255;
    double b = ((double)p->b_table[255] - p->b_table[0]) / 255;
    double error = deviation(p->a_table, p->a_table[0], a);
    error += deviation(p->b_table, p->b_table[0], b);
    Lines lines = { .a = (float)(a * scale), .b = (float)(b * scale) };
    double c = ((double)p->a_table[0] + 128 * a + p->b_table[0] + 128 * b) * scale;
    lines.c = (float)c;
    /* Three roundings to 24 bits of numbers up to this, and of the factors. */
    double most = (fabs(a) + fabs(b)) * fabs(scale) * 128 + fabs(c);
    error = error * fabs(scale) + most * 0x1p-21;
    /* The reference's first rounding, halved by each right shift. */
    error += ldexp(0.5, p->shift < 0 ? p->shift : 0) + 0x1p-20;
    lines.sure = p->shift <= 0 && most < 0x1p+20 && error < 0.25 ? (float)(0.5 - error) : 0;
    return lines;
}

MNET_INLINE void to_floats(int8x16_t x, float32x4_t f[4])
{
    int16x8_t low = vmovl_s8(vget_low_s8(x)), high = vmovl_high_s8(x);
    f[0] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(low)));
    f[1] = vcvtq_f32_s32(vmovl_high_s16(low));
    f[2] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(high)));
    f[3] = vcvtq_f32_s32(vmovl_high_s16(high));
}

typedef struct {
    int16x8_t zero_point;
    int8x16_t min, max;
} Range;

MNET_INLINE Range range_of(int32_t zero_point, int32_t min, int32_t max)
{
    return (Range){ vdupq_n_s16((int16_t)zero_point), vdupq_n_s8((int8_t)min),
                    vdupq_n_s8((int8_t)max) };
}

MNET_INLINE int8x16_t narrow(const Range *range, const int32x4_t n[4])
{
    int16x8_t low = vqmovn_high_s32(vqmovn_s32(n[0]), n[1]);
    int16x8_t high = vqmovn_high_s32(vqmovn_s32(n[2]), n[3]);
    int8x16_t bytes = vqmovn_high_s16(vqmovn_s16(vqaddq_s16(low, range->zero_point)),
                                      vqaddq_s16(high, range->zero_point));
    return vmaxq_s8(vminq_s8(bytes, range->max), range->min);
}

/* All by lines; b_step is a constant where this is inlined. */
MNET_INLINE void add_by_lines(const MnetAddS8 *p, const Lines *lines, size_t n, const int8_t *a,
                              const int8_t *b, size_t b_step, int8_t *out)
{
    const Range range = range_of(p->zero_point, p->min, p->max);
    float32x4_t c = vdupq_n_f32(lines->c), fa[4], fb[4];
    if (!b_step)
        c = vfmaq_n_f32(c, vdupq_n_f32(b[0]), lines->b);
    for (size_t i = 0; i < n; i += 16) {
        float32x4_t worst = vdupq_n_f32(0);
        int32x4_t result[4];
        to_floats(vld1q_s8(a + i), fa);
        if (b_step)
            to_floats(vld1q_s8(b + i), fb);
#pragma GCC unroll MNET_UNROLL_4
        for (size_t v = 0; v < 4; v++) {
            float32x4_t value = vfmaq_n_f32(c, fa[v], lines->a);
            if (b_step)
                value = vfmaq_n_f32(value, fb[v], lines->b);
            worst = vmaxq_f32(worst, vabdq_f32(value, vrndnq_f32(value)));
            result[v] = vcvtnq_s32_f32(value);
        }
        if (__builtin_expect(vmaxvq_f32(worst) < lines->sure, 1))
            mnet_store_bytes_neon(out + i, narrow(&range, result), n - i);
        else
            mnet_add_s8_c(p, n - i < 16 ? n - i : 16, a + i, b + (b_step ? i : 0), b_step, out + i);
    }
}

void mnet_add_s8_neon(const MnetAddS8 *p, size_t n, const int8_t *a, const int8_t *b, size_t b_step,
                      int8_t *out)
{
    Lines lines = { 0 };
    /* Below that finding the lines takes longer than the tables do. */
    if (n >= 128)
        lines = lines_of(p);
    if (!(lines.sure > 0))
        mnet_add_s8_c(p, n, a, b, b_step, out);
    else if (b_step)
        add_by_lines(p, &lines, n, a, b, 1, out);
    else
        add_by_lines(p, &lines, n, a, b, 0, out);
}

MNET_INLINE void multiply_bytes(const MnetMulS8 *p, size_t n, const int8_t *a, const int8_t *b,
                                size_t b_step, int8_t *out)
{
    const Range range = range_of(p->zero_point, p->min, p->max);
    const int32x4_t multiplier = vdupq_n_s32(p->multiplier), shift = vdupq_n_s32(p->shift);
    const int16x8_t a_zero = vdupq_n_s16((int16_t)p->a_zero);
    const int16x8_t b_zero = vdupq_n_s16((int16_t)p->b_zero);
    int16x8_t b_low = vdupq_n_s16((int16_t)(n ? b[0] - p->b_zero : 0)), b_high = b_low;
    for (size_t i = 0; i < n; i += 16) {
        int8x16_t x = vld1q_s8(a + i);
        int16x8_t low = vsubq_s16(vmovl_s8(vget_low_s8(x)), a_zero);
        int16x8_t high = vsubq_s16(vmovl_high_s8(x), a_zero);
        if (b_step) {
            int8x16_t y = vld1q_s8(b + i);
            b_low = vsubq_s16(vmovl_s8(vget_low_s8(y)), b_zero);
            b_high = vsubq_s16(vmovl_high_s8(y), b_zero);
        }
        int32x4_t product[4] = { vmull_s16(vget_low_s16(low), vget_low_s16(b_low)),
                                 vmull_high_s16(low, b_low),
                                 vmull_s16(vget_low_s16(high), vget_low_s16(b_high)),
                                 vmull_high_s16(high, b_high) };
#pragma GCC unroll MNET_UNROLL_4
        for (size_t v = 0; v < 4; v++)
            product[v] = mnet_scaled_neon(MNET_WAY_LEFT, product[v], multiplier, shift);
        mnet_store_bytes_neon(out + i, narrow(&range, product), n - i);
    }
}

void mnet_mul_s8_neon(const MnetMulS8 *p, size_t n, const int8_t *a, const int8_t *b, size_t b_step,
                      int8_t *out)
{
    if (b_step)
        multiply_bytes(p, n, a, b, 1, out);
    else
        multiply_bytes(p, n, a, b, 0, out);
}

/* Four times 64 entries: an index out of a quarter leaves what is there. */
void mnet_lut8_neon(size_t n, const uint8_t *in, const uint8_t *table, uint8_t *out)
{
    const uint8x16_t quarter = vdupq_n_u8(64);
    uint8x16x4_t t0 = vld1q_u8_x4(table), t1 = vld1q_u8_x4(table + 64);
    uint8x16x4_t t2 = vld1q_u8_x4(table + 128), t3 = vld1q_u8_x4(table + 192);
    for (size_t i = 0; i < n; i += 16) {
        uint8x16_t x = vld1q_u8(in + i), found = vqtbl4q_u8(t0, x);
        x = vsubq_u8(x, quarter);
        found = vqtbx4q_u8(found, t1, x);
        x = vsubq_u8(x, quarter);
        found = vqtbx4q_u8(found, t2, x);
        x = vsubq_u8(x, quarter);
        found = vqtbx4q_u8(found, t3, x);
        mnet_store_bytes_neon((int8_t *)out + i, vreinterpretq_s8_u8(found), n - i);
    }
}

void mnet_accumulate_s8_neon(size_t n, const int8_t *in, int32_t *acc)
{
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        int8x16_t x = vld1q_s8(in + i);
        int16x8_t low = vmovl_s8(vget_low_s8(x)), high = vmovl_high_s8(x);
        int32_t *to = acc + i;
        vst1q_s32(to, vaddw_s16(vld1q_s32(to), vget_low_s16(low)));
        vst1q_s32(to + 4, vaddw_high_s16(vld1q_s32(to + 4), low));
        vst1q_s32(to + 8, vaddw_s16(vld1q_s32(to + 8), vget_low_s16(high)));
        vst1q_s32(to + 12, vaddw_high_s16(vld1q_s32(to + 12), high));
    }
    for (; i < n; i++)
        acc[i] += in[i];
}

void mnet_max_s8_neon(size_t n, const int8_t *in, int8_t *out)
{
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        vst1q_s8(out + i, vmaxq_s8(vld1q_s8(in + i), vld1q_s8(out + i)));
    for (; i < n; i++)
        out[i] = in[i] > out[i] ? in[i] : out[i];
}
