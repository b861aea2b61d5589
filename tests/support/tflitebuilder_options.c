/* SPDX-License-Identifier: MIT
 *
 * Tables of options for the operators of built files. */
#include <string.h>

#include "tflitebuilder.h"

#define U8(number, v)                                     \
    {                                                     \
        .id = (number), .bytes = 1, .value = (uint8_t)(v) \
    }
#define I32(number, v)                                     \
    {                                                      \
        .id = (number), .bytes = 4, .value = (uint32_t)(v) \
    }

TbOptions tb_conv_options(int padding, int32_t stride_h, int32_t stride_w, int32_t dilation_h,
                          int32_t dilation_w, int activation)
{
    return (TbOptions){ TFL_OPTIONS_CONV_2D,
                        6,
                        { U8(TFL_CONV_PADDING, padding), I32(TFL_CONV_STRIDE_H, stride_h),
                          I32(TFL_CONV_STRIDE_W, stride_w), I32(TFL_CONV_DILATION_H, dilation_h),
                          I32(TFL_CONV_DILATION_W, dilation_w),
                          U8(TFL_CONV_ACTIVATION, activation) } };
}

TbOptions tb_depthwise_options(int padding, int32_t stride_h, int32_t stride_w, int32_t multiplier,
                               int32_t dilation_h, int32_t dilation_w, int activation)
{
    return (TbOptions){
        TFL_OPTIONS_DEPTHWISE_CONV_2D,
        7,
        { U8(TFL_DEPTHWISE_PADDING, padding), I32(TFL_DEPTHWISE_STRIDE_H, stride_h),
          I32(TFL_DEPTHWISE_STRIDE_W, stride_w), I32(TFL_DEPTHWISE_MULTIPLIER, multiplier),
          I32(TFL_DEPTHWISE_DILATION_H, dilation_h), I32(TFL_DEPTHWISE_DILATION_W, dilation_w),
          U8(TFL_DEPTHWISE_ACTIVATION, activation) }
    };
}

TbOptions tb_pool_options(int padding, int32_t stride_h, int32_t stride_w, int32_t filter_h,
                          int32_t filter_w, int activation)
{
    return (TbOptions){ TFL_OPTIONS_POOL_2D,
                        6,
                        { U8(TFL_POOL_PADDING, padding), I32(TFL_POOL_STRIDE_H, stride_h),
                          I32(TFL_POOL_STRIDE_W, stride_w), I32(TFL_POOL_FILTER_H, filter_h),
                          I32(TFL_POOL_FILTER_W, filter_w), U8(TFL_POOL_ACTIVATION, activation) } };
}

TbOptions tb_fully_connected_options(int activation, bool keep_num_dims)
{
    return (TbOptions){ TFL_OPTIONS_FULLY_CONNECTED,
                        2,
                        { U8(TFL_FULLY_CONNECTED_ACTIVATION, activation),
                          U8(TFL_FULLY_CONNECTED_KEEP_NUM_DIMS, keep_num_dims) } };
}

TbOptions tb_softmax_options(float beta)
{
    TbOptions options = { TFL_OPTIONS_SOFTMAX, 1, { I32(TFL_SOFTMAX_BETA, 0) } };
    memcpy(&options.fields[0].value, &beta, sizeof beta);
    return options;
}

TbOptions tb_concatenation_options(int32_t axis, int activation)
{
    return (TbOptions){ TFL_OPTIONS_CONCATENATION,
                        2,
                        { I32(TFL_CONCATENATION_AXIS, axis),
                          U8(TFL_CONCATENATION_ACTIVATION, activation) } };
}

TbOptions tb_binary_options(int type, int activation)
{
    return (TbOptions){ type, 1, { U8(TFL_BINARY_ACTIVATION, activation) } };
}

static TbOptions shape_options(int type, uint16_t id, int32_t n, const int32_t *values)
{
    TbOptions options = { type, 1, { { .id = id, .count = n } } };
    memcpy(options.fields[0].values, values, (size_t)n * sizeof *values);
    return options;
}

TbOptions tb_reshape_options(int32_t rank, const int32_t *new_shape)
{
    return shape_options(TFL_OPTIONS_RESHAPE, TFL_RESHAPE_NEW_SHAPE, rank, new_shape);
}

TbOptions tb_squeeze_options(int32_t n, const int32_t *dims)
{
    return shape_options(TFL_OPTIONS_SQUEEZE, TFL_SQUEEZE_DIMS, n, dims);
}

TbOptions tb_mean_options(bool keep_dims)
{
    return (TbOptions){ TFL_OPTIONS_REDUCER, 1, { U8(TFL_REDUCER_KEEP_DIMS, keep_dims) } };
}

TbOptions tb_pack_options(int type, int32_t count, int32_t axis)
{
    return (TbOptions){ type, 2, { I32(TFL_PACK_COUNT, count), I32(TFL_PACK_AXIS, axis) } };
}

TbOptions tb_split_options(int type, int32_t count)
{
    return (TbOptions){ type, 1, { I32(TFL_SPLIT_COUNT, count) } };
}

TbOptions tb_strided_slice_options(uint32_t begin_mask, uint32_t end_mask, uint32_t ellipsis_mask,
                                   uint32_t new_axis_mask, uint32_t shrink_mask, bool offset)
{
    return (TbOptions){ TFL_OPTIONS_STRIDED_SLICE,
                        6,
                        { I32(TFL_STRIDED_SLICE_BEGIN_MASK, begin_mask),
                          I32(TFL_STRIDED_SLICE_END_MASK, end_mask),
                          I32(TFL_STRIDED_SLICE_ELLIPSIS_MASK, ellipsis_mask),
                          I32(TFL_STRIDED_SLICE_NEW_AXIS_MASK, new_axis_mask),
                          I32(TFL_STRIDED_SLICE_SHRINK_AXIS_MASK, shrink_mask),
                          U8(TFL_STRIDED_SLICE_OFFSET, offset) } };
}

TbOptions tb_resize_options(int type, bool align_corners, bool half_pixel_centers)
{
    bool bilinear = type == TFL_OPTIONS_RESIZE_BILINEAR;
    uint16_t align =
        bilinear ? TFL_RESIZE_BILINEAR_ALIGN_CORNERS : TFL_RESIZE_NEAREST_ALIGN_CORNERS;
    uint16_t half =
        bilinear ? TFL_RESIZE_BILINEAR_HALF_PIXEL_CENTERS : TFL_RESIZE_NEAREST_HALF_PIXEL_CENTERS;
    return (TbOptions){ type, 2, { U8(align, align_corners), U8(half, half_pixel_centers) } };
}

TbOptions tb_transpose_conv_options(int padding, int32_t stride_h, int32_t stride_w, int activation)
{
    return (TbOptions){ TFL_OPTIONS_TRANSPOSE_CONV,
                        4,
                        { U8(TFL_TRANSPOSE_CONV_PADDING, padding),
                          I32(TFL_TRANSPOSE_CONV_STRIDE_H, stride_h),
                          I32(TFL_TRANSPOSE_CONV_STRIDE_W, stride_w),
                          U8(TFL_TRANSPOSE_CONV_ACTIVATION, activation) } };
}

TbOptions tb_mirror_pad_options(int mode)
{
    return (TbOptions){ TFL_OPTIONS_MIRROR_PAD, 1, { U8(TFL_MIRROR_PAD_MODE, mode) } };
}

TbOptions tb_space_options(int type, int32_t block_size)
{
    return (TbOptions){ type, 1, { I32(TFL_SPACE_BLOCK_SIZE, block_size) } };
}
