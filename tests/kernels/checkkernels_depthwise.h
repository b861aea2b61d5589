/* SPDX-License-Identifier: MIT
 *
 * The shapes that both depthwise slots are checked and measured with. */
#ifndef CHECKKERNELS_DEPTHWISE_H
#define CHECKKERNELS_DEPTHWISE_H

#include "checkkernels.h"

enum {
    DEPTHWISE_MOST_KERNEL = 7,
    DEPTHWISE_MOST_CHANNELS = 200,
    DEPTHWISE_MOST_WIDTH = 40,
    DEPTHWISE_MOST_EXTRA = 9,
    DEPTHWISE_MOST_OUT = DEPTHWISE_MOST_WIDTH * (DEPTHWISE_MOST_CHANNELS + DEPTHWISE_MOST_EXTRA)
};

typedef struct {
    size_t channels, width;
    size_t kernel_h, kernel_w;
    size_t stride, dilation;
    size_t pixel, out_pixel;
} DepthwiseShape;

/* Calls `run` with all kernels, strides and dilations, all remainders of
 * channels (of `tile`) and widths, then with random ones. */
void depthwise_sweep(const MnetKernels *kernels, size_t tile,
                     void (*run)(const MnetKernels *kernels, const DepthwiseShape *shape));

/* Elements of an input row, as far as it is read, and of an output row. */
size_t depthwise_in_elements(const DepthwiseShape *shape);
size_t depthwise_out_elements(const DepthwiseShape *shape);

typedef struct {
    const char *name;
    DepthwiseShape shape;
} DepthwiseBench;

extern const DepthwiseBench depthwise_benches[]; /* the end has no name */

#endif
