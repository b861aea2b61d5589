/* SPDX-License-Identifier: MIT
 *
 * The functions of the table for float16 arithmetic. */
#ifndef MNET_KERNELS_ARM_TABLE_ASIMDHP_H
#define MNET_KERNELS_ARM_TABLE_ASIMDHP_H

#include "kernels/kernels.h"

void mnet_gemm_f16_asimdhp(const MnetGemmF16 *g, size_t m, size_t n0, size_t n1,
                           const MnetHalf *const *a, size_t a_stride, MnetHalf *c, size_t c_stride);
void mnet_depthwise_f16_asimdhp(const MnetDepthwiseF16 *d, size_t width,
                                const MnetHalf *const *rows, MnetHalf *out);
void mnet_add_f16_asimdhp(size_t n, const MnetHalf *a, const MnetHalf *b, size_t b_step, float min,
                          float max, MnetHalf *out);
void mnet_sub_f16_asimdhp(size_t n, const MnetHalf *a, const MnetHalf *b, size_t b_step, float min,
                          float max, MnetHalf *out);
void mnet_mul_f16_asimdhp(size_t n, const MnetHalf *a, const MnetHalf *b, size_t b_step, float min,
                          float max, MnetHalf *out);
void mnet_hard_swish_f16_asimdhp(size_t n, const MnetHalf *in, MnetHalf *out);
void mnet_max_f16_asimdhp(size_t n, const MnetHalf *in, MnetHalf *out);
void mnet_accumulate_f16_asimdhp(size_t n, const MnetHalf *in, float *acc);
void mnet_narrow_f16_asimdhp(size_t n, const float *in, MnetHalf *out);
void mnet_widen_f16_asimdhp(size_t n, const MnetHalf *in, float *out);

#endif
