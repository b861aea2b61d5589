/* SPDX-License-Identifier: MIT
 *
 * The functions of the table for ARMv8.0. */
#ifndef MNET_KERNELS_ARM_TABLE_NEON_H
#define MNET_KERNELS_ARM_TABLE_NEON_H

#include "kernels/kernels.h"

void mnet_gemm_s8_neon(const MnetGemmS8 *g, size_t m, size_t n0, size_t n1, const int8_t *const *a,
                       size_t a_stride, int8_t *c, size_t c_stride);
void mnet_gemm_f32_neon(const MnetGemmF32 *g, size_t m, size_t n0, size_t n1, const float *const *a,
                        size_t a_stride, float *c, size_t c_stride);
size_t mnet_depthwise_s8_pack_bytes_neon(const MnetDepthwiseS8 *d);
void mnet_depthwise_s8_pack_neon(const MnetDepthwiseS8 *d, void *packed);
void mnet_depthwise_s8_neon(const MnetDepthwiseS8 *d, size_t width, const int8_t *const *rows,
                            int8_t *out);
void mnet_depthwise_f32_neon(const MnetDepthwiseF32 *d, size_t width, const float *const *rows,
                             float *out);
void mnet_add_s8_neon(const MnetAddS8 *p, size_t n, const int8_t *a, const int8_t *b, size_t b_step,
                      int8_t *out);
void mnet_mul_s8_neon(const MnetMulS8 *p, size_t n, const int8_t *a, const int8_t *b, size_t b_step,
                      int8_t *out);
void mnet_add_f32_neon(size_t n, const float *a, const float *b, size_t b_step, float min,
                       float max, float *out);
void mnet_sub_f32_neon(size_t n, const float *a, const float *b, size_t b_step, float min,
                       float max, float *out);
void mnet_mul_f32_neon(size_t n, const float *a, const float *b, size_t b_step, float min,
                       float max, float *out);
void mnet_prelu_f32_neon(size_t n, const float *a, const float *b, size_t b_step, float *out);
void mnet_hard_swish_f32_neon(size_t n, const float *in, float *out);
void mnet_logistic_f32_neon(size_t n, const float *in, float *out);
void mnet_tanh_f32_neon(size_t n, const float *in, float *out);
void mnet_blend_f32_neon(size_t n, const float *a, const float *b, float part, float *out);
void mnet_stretch_f32_neon(const MnetStretchF32 *s, size_t n, const float *in, float *out);
void mnet_quantize_f32_neon(size_t n, const float *in, float scale, int32_t zero_point,
                            int8_t *out);
void mnet_accumulate_f32_neon(size_t n, const float *in, float *acc);
void mnet_max_f32_neon(size_t n, const float *in, float *out);
void mnet_lut8_neon(size_t n, const uint8_t *in, const uint8_t *table, uint8_t *out);
void mnet_accumulate_s8_neon(size_t n, const int8_t *in, int32_t *acc);
void mnet_max_s8_neon(size_t n, const int8_t *in, int8_t *out);
void mnet_image_rows8_neon(const MnetRowSum *sum, size_t n, int16_t *out);
void mnet_image_rows10_neon(const MnetRowSum *sum, size_t n, int16_t *out);
void mnet_image_pick_neon(size_t step, size_t n, const int16_t *in, int16_t *out);
void mnet_image_columns_neon(const MnetColumnSum *sum, size_t n, const int16_t *in, int16_t *out);
void mnet_image_matrix_neon(const MnetColorMix *mix, size_t n, const int16_t *const in[3],
                            uint8_t *out);
void mnet_image_interleave_neon(size_t n, const uint8_t *const in[3], uint8_t *out);

#endif
