/* SPDX-License-Identifier: MIT
 *
 * From a file's weights to the panels and tables that kernels read. */
#ifndef MNET_OPS_PACK_H
#define MNET_OPS_PACK_H

#include "ops/op.h"

/* A layer whose `channels` outputs each sum `taps` products.  Weight (c, t) is
 * element c * channel_step + t * tap_step of the weights tensor. */
typedef struct {
    const MnetTensor *in, *weights, *bias, *out; /* bias may be NULL */
    size_t channels, taps;
    size_t run; /* of products of matrices: taps that stand together in the input */
    size_t channel_step, tap_step;
    int32_t weight_axis; /* the dimension that per-channel scales must belong to */
} MnetLayer;

/* Refuses types, scales and biases that do not fit together, and sums that may
 * pass 2^31. */
MnetStatus mnet_layer_check(const MnetNode *node, const MnetLayer *layer, MnetError *error);

MnetStatus mnet_pack_gemm_s8(MnetGraph *graph, const MnetNode *node, const MnetLayer *layer,
                             const MnetKernels *kernels, MnetGemmS8 *gemm, MnetError *error);
MnetStatus mnet_pack_gemm_f32(MnetGraph *graph, const MnetNode *node, const MnetLayer *layer,
                              const MnetKernels *kernels, MnetGemmF32 *gemm, MnetError *error);
MnetStatus mnet_pack_gemm_f16(MnetGraph *graph, const MnetNode *node, const MnetLayer *layer,
                              const MnetKernels *kernels, MnetGemmF16 *gemm, MnetError *error);
/* Fill weights, bias, packed, tile, channels, requant (min, max); the caller the
 * rest, kernel_h and kernel_w before. */
MnetStatus mnet_pack_depthwise_s8(MnetGraph *graph, const MnetNode *node, const MnetLayer *layer,
                                  const MnetKernels *kernels, MnetDepthwiseS8 *depthwise,
                                  MnetError *error);
MnetStatus mnet_pack_depthwise_f32(MnetGraph *graph, const MnetNode *node, const MnetLayer *layer,
                                   const MnetKernels *kernels, MnetDepthwiseF32 *depthwise,
                                   MnetError *error);
MnetStatus mnet_pack_depthwise_f16(MnetGraph *graph, const MnetNode *node, const MnetLayer *layer,
                                   const MnetKernels *kernels, MnetDepthwiseF16 *depthwise,
                                   MnetError *error);

#endif
