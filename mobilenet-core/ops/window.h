/* SPDX-License-Identifier: MIT
 *
 * Where windows of convolutions and pools lie. */
#ifndef MNET_OPS_WINDOW_H
#define MNET_OPS_WINDOW_H

#include "ops/op.h"

/* Pictures of `batch` x in_h x in_w x in_c; window (y, x) begins at input row
 * y * stride_h - pad_top, column x * stride_w - pad_left. */
typedef struct {
    size_t batch, in_h, in_w, in_c;
    size_t out_h, out_w, out_c;
    size_t kernel_h, kernel_w;
    size_t stride_h, stride_w, dilation_h, dilation_w;
    ptrdiff_t pad_top, pad_left;
} MnetGeometry2D;

/* From a node's MnetWindow, the shape of input 0 (rank 4) and the kernel size.
 * out_c is not set. */
MnetStatus mnet_geometry_2d(const MnetNode *node, const MnetShape *in, int32_t kernel_h,
                            int32_t kernel_w, MnetGeometry2D *geometry, MnetError *error);

#endif
