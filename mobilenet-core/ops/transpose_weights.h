/* SPDX-License-Identifier: MIT
 *
 * Weights of a transposed convolution as those of products of matrices. */
#ifndef MNET_OPS_TRANSPOSE_WEIGHTS_H
#define MNET_OPS_TRANSPOSE_WEIGHTS_H

#include "ops/pack.h"

/* The largest stride: packed weights grow with it where it passes the kernel. */
#define MNET_TRANSPOSED_STRIDE 16

/* What makes the rows of one phase: groups of stride_w pixels, each from `rows` x
 * `columns` pixels of the input, the last of which is the group's own. */
typedef struct {
    size_t rows, columns;
    MnetGemmS8 s8;
    MnetGemmF32 f32;
} MnetTransposed;

/* Packs the weights of rows `phase`, phase + stride_h, ... of the kernel.  `layer` is
 * that of the file: checked, its weights channels x height x width x input channels. */
MnetStatus mnet_transpose_weights(MnetGraph *graph, const MnetNode *node, const MnetLayer *layer,
                                  size_t phase, const MnetKernels *kernels, MnetTransposed *result,
                                  MnetError *error);

#endif
