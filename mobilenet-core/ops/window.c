/* SPDX-License-Identifier: MIT
 *
 * Where windows of convolutions and pools lie. */
#include "ops/window.h"

/* One dimension.  SAME: as many outputs as strides fit in the input, the
 * padding split with the odd one behind (TFLite's ComputePadding). */
static bool place(MnetPadding padding, int64_t in, int64_t kernel, int64_t stride, int64_t dilation,
                  int64_t before, int64_t after, size_t *out, ptrdiff_t *pad)
{
    int64_t reach = (kernel - 1) * dilation + 1, n;
    if (padding == MNET_PADDING_SAME) {
        n = (in + stride - 1) / stride;
        int64_t total = (n - 1) * stride + reach - in;
        before = total > 0 ? total / 2 : 0;
    } else {
        if (padding == MNET_PADDING_VALID)
            before = after = 0;
        if (in + before + after < reach)
            return false;
        n = (in + before + after - reach) / stride + 1;
    }
    *out = (size_t)n;
    *pad = (ptrdiff_t)before;
    return true;
}

static bool in_range(int32_t value, int32_t min)
{
    return value >= min && value <= 1 << 16;
}

MnetStatus mnet_geometry_2d(const MnetNode *node, const MnetShape *in, int32_t kernel_h,
                            int32_t kernel_w, MnetGeometry2D *g, MnetError *error)
{
    const MnetWindow *w = &node->options.window;
    if (in->rank != 4)
        return mnet_op_unsupported(error, node, "its input has %d dimensions, 4 expected",
                                   in->rank);
    if (!in_range(w->stride_h, 1) || !in_range(w->stride_w, 1) || !in_range(w->dilation_h, 1) ||
        !in_range(w->dilation_w, 1) || !in_range(kernel_h, 1) || !in_range(kernel_w, 1) ||
        !in_range(w->pad_top, 0) || !in_range(w->pad_left, 0) || !in_range(w->pad_bottom, 0) ||
        !in_range(w->pad_right, 0))
        return mnet_op_malformed(
            error, node, "kernel %dx%d, stride %dx%d or dilation %dx%d is out of range", kernel_h,
            kernel_w, w->stride_h, w->stride_w, w->dilation_h, w->dilation_w);
    *g = (MnetGeometry2D){ .batch = (size_t)in->dims[0],
                           .in_h = (size_t)in->dims[1],
                           .in_w = (size_t)in->dims[2],
                           .in_c = (size_t)in->dims[3],
                           .kernel_h = (size_t)kernel_h,
                           .kernel_w = (size_t)kernel_w,
                           .stride_h = (size_t)w->stride_h,
                           .stride_w = (size_t)w->stride_w,
                           .dilation_h = (size_t)w->dilation_h,
                           .dilation_w = (size_t)w->dilation_w };
    if (!place(w->padding, in->dims[1], kernel_h, w->stride_h, w->dilation_h, w->pad_top,
               w->pad_bottom, &g->out_h, &g->pad_top) ||
        !place(w->padding, in->dims[2], kernel_w, w->stride_w, w->dilation_w, w->pad_left,
               w->pad_right, &g->out_w, &g->pad_left))
        return mnet_op_malformed(error, node, "a kernel of %dx%d does not fit in an input of %dx%d",
                                 kernel_h, kernel_w, in->dims[1], in->dims[2]);
    return MNET_OK;
}
