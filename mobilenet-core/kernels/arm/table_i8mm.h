/* SPDX-License-Identifier: MIT
 *
 * The functions of the table for SMMLA. */
#ifndef MNET_KERNELS_ARM_TABLE_I8MM_H
#define MNET_KERNELS_ARM_TABLE_I8MM_H

#include "kernels/kernels.h"

void mnet_gemm_s8_i8mm(const MnetGemmS8 *g, size_t m, size_t n0, size_t n1, const int8_t *const *a,
                       size_t a_stride, int8_t *c, size_t c_stride);

#endif
