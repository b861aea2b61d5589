/* SPDX-License-Identifier: MIT
 *
 * Element by element operators in plain C. */
#include "kernels/c/table_c.h"

#include "kernels/requant.h"

/* min <= value + zero_point <= max, where the sum may pass 2^31. */
static inline int8_t clamp_s8(int32_t value, int32_t zero_point, int32_t min, int32_t max)
{
    value = value < min - zero_point ? min - zero_point : value;
    value = value > max - zero_point ? max - zero_point : value;
    return (int8_t)(value + zero_point);
}

static inline float clamp_f32(float value, float min, float max)
{
    value = value < min ? min : value;
    return value > max ? max : value;
}

void mnet_add_s8_c(const MnetAddS8 *p, size_t n, const int8_t *a, const int8_t *b, size_t b_step,
                   int8_t *out)
{
    for (size_t i = 0; i < n; i++) {
        int32_t sum = p->a_table[a[i] + 128] + p->b_table[b[i * b_step] + 128];
        int32_t value = mnet_multiply_quantized(sum, p->multiplier, p->shift);
        out[i] = clamp_s8(value, p->zero_point, p->min, p->max);
    }
}

void mnet_mul_s8_c(const MnetMulS8 *p, size_t n, const int8_t *a, const int8_t *b, size_t b_step,
                   int8_t *out)
{
    for (size_t i = 0; i < n; i++) {
        int32_t product = (a[i] - p->a_zero) * (b[i * b_step] - p->b_zero);
        int32_t value = mnet_multiply_quantized(product, p->multiplier, p->shift);
        out[i] = clamp_s8(value, p->zero_point, p->min, p->max);
    }
}

void mnet_add_f32_c(size_t n, const float *a, const float *b, size_t b_step, float min, float max,
                    float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = clamp_f32(a[i] + b[i * b_step], min, max);
}

void mnet_sub_f32_c(size_t n, const float *a, const float *b, size_t b_step, float min, float max,
                    float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = clamp_f32(a[i] - b[i * b_step], min, max);
}

void mnet_mul_f32_c(size_t n, const float *a, const float *b, size_t b_step, float min, float max,
                    float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = clamp_f32(a[i] * b[i * b_step], min, max);
}

void mnet_prelu_f32_c(size_t n, const float *a, const float *b, size_t b_step, float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] >= 0 ? a[i] : a[i] * b[i * b_step];
}

void mnet_lut8_c(size_t n, const uint8_t *in, const uint8_t *table, uint8_t *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = table[in[i]];
}

void mnet_accumulate_s8_c(size_t n, const int8_t *in, int32_t *acc)
{
    for (size_t i = 0; i < n; i++)
        acc[i] += in[i];
}

void mnet_accumulate_f32_c(size_t n, const float *in, float *acc)
{
    for (size_t i = 0; i < n; i++)
        acc[i] += in[i];
}

void mnet_max_s8_c(size_t n, const int8_t *in, int8_t *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = in[i] > out[i] ? in[i] : out[i];
}

void mnet_max_f32_c(size_t n, const float *in, float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = in[i] > out[i] ? in[i] : out[i];
}
