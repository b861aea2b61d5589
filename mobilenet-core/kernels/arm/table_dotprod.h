/* SPDX-License-Identifier: MIT
 *
 * The functions of the table for SDOT. */
#ifndef MNET_KERNELS_ARM_TABLE_DOTPROD_H
#define MNET_KERNELS_ARM_TABLE_DOTPROD_H

#include "kernels/kernels.h"

void mnet_gemm_s8_dotprod(const MnetGemmS8 *g, size_t m, size_t n0, size_t n1,
                          const int8_t *const *a, size_t a_stride, int8_t *c, size_t c_stride);
size_t mnet_depthwise_s8_pack_bytes_dotprod(const MnetDepthwiseS8 *d);
void mnet_depthwise_s8_pack_dotprod(const MnetDepthwiseS8 *d, void *packed);
void mnet_depthwise_s8_dotprod(const MnetDepthwiseS8 *d, size_t width, const int8_t *const *rows,
                               int8_t *out);

#endif
