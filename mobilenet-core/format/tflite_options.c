/* SPDX-License-Identifier: MIT
 *
 * The supported operators of a .tflite file and their options. */
#include <math.h>

#include "base/error.h"
#include "format/tflite_reader.h"
#include "format/tflite_schema.h"

/* Largest stride, dilation or pooling window. */
#define MAX_WINDOW 65535

static MnetStatus read_activation(const MnetTfliteContext *context, const MnetFlatTable *options,
                                  uint32_t field)
{
    int activation = mnet_flat_u8(options, field, TFL_ACTIVATION_NONE);
    switch (activation) {
    case TFL_ACTIVATION_NONE:
        context->node->activation = MNET_ACTIVATION_NONE;
        return MNET_OK;
    case TFL_ACTIVATION_RELU:
        context->node->activation = MNET_ACTIVATION_RELU;
        return MNET_OK;
    case TFL_ACTIVATION_RELU_N1_TO_1:
        context->node->activation = MNET_ACTIVATION_RELU_N1_TO_1;
        return MNET_OK;
    case TFL_ACTIVATION_RELU6:
        context->node->activation = MNET_ACTIVATION_RELU6;
        return MNET_OK;
    case TFL_ACTIVATION_TANH:
    case TFL_ACTIVATION_SIGN_BIT:
        return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_UNSUPPORTED,
                                      "fused activation %s is not supported",
                                      activation == TFL_ACTIVATION_TANH ? "TANH" : "SIGN_BIT");
    }
    return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_FORMAT, "fused activation %d is unknown",
                                  activation);
}

static MnetStatus read_window_padding(const MnetTfliteContext *context,
                                      const MnetFlatTable *options, uint32_t field)
{
    int padding = mnet_flat_u8(options, field, TFL_PADDING_SAME);
    if (padding != TFL_PADDING_SAME && padding != TFL_PADDING_VALID)
        return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_FORMAT, "padding %d is unknown", padding);
    context->node->options.window.padding =
        padding == TFL_PADDING_SAME ? MNET_PADDING_SAME : MNET_PADDING_VALID;
    return MNET_OK;
}

/* Checks the numbers that a window has in the file. */
static MnetStatus check_window(const MnetTfliteContext *context)
{
    const MnetWindow *w = &context->node->options.window;
    const struct {
        const char *what;
        int32_t h, w;
    } sizes[] = { { "stride", w->stride_h, w->stride_w },
                  { "dilation", w->dilation_h, w->dilation_w },
                  { "window", w->filter_h, w->filter_w } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i].h < 1 || sizes[i].w < 1 || sizes[i].h > MAX_WINDOW || sizes[i].w > MAX_WINDOW)
            return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_FORMAT, "%s %dx%d, expected 1 to %d",
                                          sizes[i].what, sizes[i].h, sizes[i].w, MAX_WINDOW);
    return MNET_OK;
}

static MnetStatus read_conv(const MnetTfliteContext *context, const MnetFlatTable *options)
{
    MnetWindow *w = &context->node->options.window;
    w->stride_w = mnet_flat_i32(options, TFL_CONV_STRIDE_W, 0);
    w->stride_h = mnet_flat_i32(options, TFL_CONV_STRIDE_H, 0);
    w->dilation_w = mnet_flat_i32(options, TFL_CONV_DILATION_W, 1);
    w->dilation_h = mnet_flat_i32(options, TFL_CONV_DILATION_H, 1);
    w->filter_w = w->filter_h = 1;
    MnetStatus status = check_window(context);
    if (!status)
        status = read_window_padding(context, options, TFL_CONV_PADDING);
    return status ? status : read_activation(context, options, TFL_CONV_ACTIVATION);
}

/* The depth multiplier follows from the shapes; the one in the file may be 0,
 * and interpreters do not look at it. */
static MnetStatus derive_multiplier(const MnetTfliteContext *context, int32_t from_file)
{
    const MnetNode *node = context->node;
    const MnetTensor *tensors = context->reader->graph->tensors;
    if (node->n_inputs < 2 || node->inputs[0] < 0 || node->inputs[1] < 0)
        return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_FORMAT,
                                      "%d inputs, expected a picture and weights", node->n_inputs);
    const MnetTensor *input = &tensors[node->inputs[0]], *weights = &tensors[node->inputs[1]];
    int32_t multiplier = from_file;
    if (input->rank == 4 && weights->rank == 4) {
        if (weights->dims[3] % input->dims[3])
            return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_FORMAT,
                                          "%d output channels are no multiple of %d input channels",
                                          weights->dims[3], input->dims[3]);
        multiplier = weights->dims[3] / input->dims[3];
    }
    if (multiplier < 1 || multiplier > MNET_MAX_DIM)
        return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_FORMAT,
                                      "depth multiplier %d, expected 1 or more", multiplier);
    context->node->options.window.multiplier = multiplier;
    return MNET_OK;
}

static MnetStatus read_depthwise(const MnetTfliteContext *context, const MnetFlatTable *options)
{
    MnetWindow *w = &context->node->options.window;
    w->stride_w = mnet_flat_i32(options, TFL_DEPTHWISE_STRIDE_W, 0);
    w->stride_h = mnet_flat_i32(options, TFL_DEPTHWISE_STRIDE_H, 0);
    w->dilation_w = mnet_flat_i32(options, TFL_DEPTHWISE_DILATION_W, 1);
    w->dilation_h = mnet_flat_i32(options, TFL_DEPTHWISE_DILATION_H, 1);
    w->filter_w = w->filter_h = 1;
    MnetStatus status = check_window(context);
    if (!status)
        status = derive_multiplier(context, mnet_flat_i32(options, TFL_DEPTHWISE_MULTIPLIER, 0));
    if (!status)
        status = read_window_padding(context, options, TFL_DEPTHWISE_PADDING);
    return status ? status : read_activation(context, options, TFL_DEPTHWISE_ACTIVATION);
}

static MnetStatus read_pool(const MnetTfliteContext *context, const MnetFlatTable *options)
{
    MnetWindow *w = &context->node->options.window;
    w->stride_w = mnet_flat_i32(options, TFL_POOL_STRIDE_W, 0);
    w->stride_h = mnet_flat_i32(options, TFL_POOL_STRIDE_H, 0);
    w->filter_w = mnet_flat_i32(options, TFL_POOL_FILTER_W, 0);
    w->filter_h = mnet_flat_i32(options, TFL_POOL_FILTER_H, 0);
    w->dilation_w = w->dilation_h = 1;
    MnetStatus status = check_window(context);
    if (!status)
        status = read_window_padding(context, options, TFL_POOL_PADDING);
    return status ? status : read_activation(context, options, TFL_POOL_ACTIVATION);
}

static MnetStatus read_fully_connected(const MnetTfliteContext *context,
                                       const MnetFlatTable *options)
{
    int format = mnet_flat_u8(options, TFL_FULLY_CONNECTED_WEIGHTS_FORMAT, 0);
    if (format)
        return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_UNSUPPORTED,
                                      "weights format %d (shuffled) is not supported", format);
    context->node->options.fully_connected.keep_dims =
        mnet_flat_u8(options, TFL_FULLY_CONNECTED_KEEP_NUM_DIMS, 0);
    context->node->options.fully_connected.asymmetric =
        mnet_flat_u8(options, TFL_FULLY_CONNECTED_ASYMMETRIC_INPUTS, 0);
    return read_activation(context, options, TFL_FULLY_CONNECTED_ACTIVATION);
}

static MnetStatus read_softmax(const MnetTfliteContext *context, const MnetFlatTable *options)
{
    float beta = mnet_flat_f32(options, TFL_SOFTMAX_BETA, 0);
    if (!isfinite(beta) || beta <= 0)
        return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_FORMAT,
                                      "beta is %g, expected a number above 0", (double)beta);
    context->node->options.beta = beta;
    return MNET_OK;
}

static MnetStatus read_axis(const MnetTfliteContext *context, int32_t axis)
{
    if (axis < -MNET_MAX_RANK || axis >= MNET_MAX_RANK)
        return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_FORMAT, "axis %d, expected %d to %d",
                                      axis, -MNET_MAX_RANK, MNET_MAX_RANK - 1);
    context->node->options.axis = axis;
    return MNET_OK;
}

static MnetStatus read_concatenation(const MnetTfliteContext *context, const MnetFlatTable *options)
{
    MnetStatus status = read_axis(context, mnet_flat_i32(options, TFL_CONCATENATION_AXIS, 0));
    return status ? status : read_activation(context, options, TFL_CONCATENATION_ACTIVATION);
}

static MnetStatus read_binary(const MnetTfliteContext *context, const MnetFlatTable *options)
{
    return read_activation(context, options, TFL_BINARY_ACTIVATION);
}

static MnetStatus read_shape_list(const MnetTfliteContext *context, const MnetFlatVector *list)
{
    if (list->count > MNET_MAX_RANK)
        return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_UNSUPPORTED,
                                      "%u dimensions, at most %d are supported", list->count,
                                      MNET_MAX_RANK);
    context->node->options.shape.n = (int32_t)list->count;
    for (uint32_t i = 0; i < list->count; i++)
        context->node->options.shape.dims[i] = mnet_flat_vector_i32(list, i);
    return MNET_OK;
}

static MnetStatus read_reshape(const MnetTfliteContext *context, const MnetFlatTable *options)
{
    MnetFlatVector list = mnet_flat_vector(options, TFL_RESHAPE_NEW_SHAPE, 4);
    MnetStatus status = read_shape_list(context, &list);
    if (!list.present)
        context->node->options.shape.n = -1;
    return status;
}

static MnetStatus read_squeeze(const MnetTfliteContext *context, const MnetFlatTable *options)
{
    MnetFlatVector list = mnet_flat_vector(options, TFL_SQUEEZE_DIMS, 4);
    return read_shape_list(context, &list);
}

static MnetStatus read_mean(const MnetTfliteContext *context, const MnetFlatTable *options)
{
    context->node->options.keep_dims = mnet_flat_u8(options, TFL_REDUCER_KEEP_DIMS, 0);
    return MNET_OK;
}

/* The options say once more how many tensors there are. */
static MnetStatus check_count(const MnetTfliteContext *context, const MnetFlatTable *options,
                              uint32_t field, int32_t found)
{
    int32_t count = mnet_flat_i32(options, field, 0);
    if (count != found)
        return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_FORMAT,
                                      "its options speak of %d tensors, it has %d", count, found);
    return MNET_OK;
}

static MnetStatus read_pack(const MnetTfliteContext *context, const MnetFlatTable *options)
{
    MnetStatus status = read_axis(context, mnet_flat_i32(options, TFL_PACK_AXIS, 0));
    return status ? status : check_count(context, options, TFL_PACK_COUNT, context->node->n_inputs);
}

static MnetStatus read_unpack(const MnetTfliteContext *context, const MnetFlatTable *options)
{
    MnetStatus status = read_axis(context, mnet_flat_i32(options, TFL_PACK_AXIS, 0));
    return status ? status
                  : check_count(context, options, TFL_PACK_COUNT, context->node->n_outputs);
}

/* The axis comes first in the file. */
static MnetStatus read_split(const MnetTfliteContext *context, const MnetFlatTable *options)
{
    int32_t *inputs = context->node->inputs;
    if (context->node->n_inputs == 2) {
        int32_t axis = inputs[0];
        inputs[0] = inputs[1];
        inputs[1] = axis;
    }
    return check_count(context, options, TFL_SPLIT_COUNT, context->node->n_outputs);
}

static MnetStatus read_split_v(const MnetTfliteContext *context, const MnetFlatTable *options)
{
    return check_count(context, options, TFL_SPLIT_COUNT, context->node->n_outputs);
}

static MnetStatus read_strided_slice(const MnetTfliteContext *context, const MnetFlatTable *options)
{
    context->node->options.strided_slice.begin_mask =
        mnet_flat_u32(options, TFL_STRIDED_SLICE_BEGIN_MASK, 0);
    context->node->options.strided_slice.end_mask =
        mnet_flat_u32(options, TFL_STRIDED_SLICE_END_MASK, 0);
    context->node->options.strided_slice.ellipsis_mask =
        mnet_flat_u32(options, TFL_STRIDED_SLICE_ELLIPSIS_MASK, 0);
    context->node->options.strided_slice.new_axis_mask =
        mnet_flat_u32(options, TFL_STRIDED_SLICE_NEW_AXIS_MASK, 0);
    context->node->options.strided_slice.shrink_mask =
        mnet_flat_u32(options, TFL_STRIDED_SLICE_SHRINK_AXIS_MASK, 0);
    context->node->options.strided_slice.offset =
        mnet_flat_u8(options, TFL_STRIDED_SLICE_OFFSET, 0);
    return MNET_OK;
}

static MnetStatus read_resize_bilinear(const MnetTfliteContext *context,
                                       const MnetFlatTable *options)
{
    context->node->options.resize.align_corners =
        mnet_flat_u8(options, TFL_RESIZE_BILINEAR_ALIGN_CORNERS, 0);
    context->node->options.resize.half_pixel_centers =
        mnet_flat_u8(options, TFL_RESIZE_BILINEAR_HALF_PIXEL_CENTERS, 0);
    return MNET_OK;
}

static MnetStatus read_resize_nearest(const MnetTfliteContext *context,
                                      const MnetFlatTable *options)
{
    context->node->options.resize.align_corners =
        mnet_flat_u8(options, TFL_RESIZE_NEAREST_ALIGN_CORNERS, 0);
    context->node->options.resize.half_pixel_centers =
        mnet_flat_u8(options, TFL_RESIZE_NEAREST_HALF_PIXEL_CENTERS, 0);
    return MNET_OK;
}

static MnetStatus read_space(const MnetTfliteContext *context, const MnetFlatTable *options)
{
    context->node->options.block_size = mnet_flat_i32(options, TFL_SPACE_BLOCK_SIZE, 0);
    return MNET_OK;
}

/* The picture first: the file begins with the shape of the output. */
static MnetStatus read_transpose_conv(const MnetTfliteContext *context,
                                      const MnetFlatTable *options)
{
    MnetWindow *w = &context->node->options.window;
    int32_t *inputs = context->node->inputs;
    if (context->node->n_inputs >= 3) {
        int32_t shape = inputs[0];
        inputs[0] = inputs[2];
        inputs[2] = shape;
    }
    w->stride_w = mnet_flat_i32(options, TFL_TRANSPOSE_CONV_STRIDE_W, 0);
    w->stride_h = mnet_flat_i32(options, TFL_TRANSPOSE_CONV_STRIDE_H, 0);
    w->dilation_w = w->dilation_h = w->filter_w = w->filter_h = 1;
    MnetStatus status = check_window(context);
    if (!status)
        status = read_window_padding(context, options, TFL_TRANSPOSE_CONV_PADDING);
    return status ? status : read_activation(context, options, TFL_TRANSPOSE_CONV_ACTIVATION);
}

static MnetStatus read_mirror_pad(const MnetTfliteContext *context, const MnetFlatTable *options)
{
    int mode = mnet_flat_u8(options, TFL_MIRROR_PAD_MODE, 0);
    if (mode > 1)
        return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_FORMAT, "mode %d is unknown", mode);
    context->node->options.symmetric = mode == 1;
    return MNET_OK;
}

/* max_version is the newest one whose meaning is known. */
static const MnetTfliteOperator supported[] = {
    { TFL_OP_ADD, MNET_OP_ADD, 5, TFL_OPTIONS_ADD, false, read_binary },
    { TFL_OP_ARG_MAX, MNET_OP_ARG_MAX, 3, TFL_OPTIONS_NONE, false, NULL },
    { TFL_OP_AVERAGE_POOL_2D, MNET_OP_AVERAGE_POOL_2D, 3, TFL_OPTIONS_POOL_2D, true, read_pool },
    { TFL_OP_CONCATENATION, MNET_OP_CONCATENATION, 4, TFL_OPTIONS_CONCATENATION, true,
      read_concatenation },
    { TFL_OP_CONV_2D, MNET_OP_CONV_2D, 8, TFL_OPTIONS_CONV_2D, true, read_conv },
    { TFL_OP_DEPTHWISE_CONV_2D, MNET_OP_DEPTHWISE_CONV_2D, 7, TFL_OPTIONS_DEPTHWISE_CONV_2D, true,
      read_depthwise },
    { TFL_OP_DENSIFY, MNET_OP_DENSIFY, 1, TFL_OPTIONS_NONE, false, NULL },
    { TFL_OP_DEQUANTIZE, MNET_OP_DEQUANTIZE, 6, TFL_OPTIONS_NONE, false, NULL },
    { TFL_OP_FULLY_CONNECTED, MNET_OP_FULLY_CONNECTED, 12, TFL_OPTIONS_FULLY_CONNECTED, false,
      read_fully_connected },
    { TFL_OP_LOGISTIC, MNET_OP_LOGISTIC, 3, TFL_OPTIONS_NONE, false, NULL },
    { TFL_OP_MAX_POOL_2D, MNET_OP_MAX_POOL_2D, 3, TFL_OPTIONS_POOL_2D, true, read_pool },
    { TFL_OP_MUL, MNET_OP_MUL, 7, TFL_OPTIONS_MUL, false, read_binary },
    { TFL_OP_RELU, MNET_OP_RELU, 3, TFL_OPTIONS_NONE, false, NULL },
    { TFL_OP_RELU_N1_TO_1, MNET_OP_RELU_N1_TO_1, 1, TFL_OPTIONS_NONE, false, NULL },
    { TFL_OP_RELU6, MNET_OP_RELU6, 3, TFL_OPTIONS_NONE, false, NULL },
    { TFL_OP_RESHAPE, MNET_OP_RESHAPE, 1, TFL_OPTIONS_RESHAPE, false, read_reshape },
    { TFL_OP_SOFTMAX, MNET_OP_SOFTMAX, 3, TFL_OPTIONS_SOFTMAX, true, read_softmax },
    { TFL_OP_TANH, MNET_OP_TANH, 3, TFL_OPTIONS_NONE, false, NULL },
    { TFL_OP_BATCH_TO_SPACE_ND, MNET_OP_BATCH_TO_SPACE_ND, 3, TFL_OPTIONS_NONE, false, NULL },
    { TFL_OP_SPACE_TO_BATCH_ND, MNET_OP_SPACE_TO_BATCH_ND, 3, TFL_OPTIONS_NONE, false, NULL },
    { TFL_OP_PRELU, MNET_OP_PRELU, 1, TFL_OPTIONS_NONE, false, NULL },
    { TFL_OP_TRANSPOSE_CONV, MNET_OP_TRANSPOSE_CONV, 4, TFL_OPTIONS_TRANSPOSE_CONV, true,
      read_transpose_conv },
    { TFL_OP_RSQRT, MNET_OP_RSQRT, 2, TFL_OPTIONS_NONE, false, NULL },
    { TFL_OP_SQUARE, MNET_OP_SQUARE, 1, TFL_OPTIONS_NONE, false, NULL },
    { TFL_OP_SQUARED_DIFFERENCE, MNET_OP_SQUARED_DIFFERENCE, 2, TFL_OPTIONS_NONE, false, NULL },
    { TFL_OP_MIRROR_PAD, MNET_OP_MIRROR_PAD, 2, TFL_OPTIONS_MIRROR_PAD, true, read_mirror_pad },
    { TFL_OP_PAD, MNET_OP_PAD, 4, TFL_OPTIONS_NONE, false, NULL },
    { TFL_OP_TRANSPOSE, MNET_OP_TRANSPOSE, 6, TFL_OPTIONS_NONE, false, NULL },
    { TFL_OP_MEAN, MNET_OP_MEAN, 3, TFL_OPTIONS_REDUCER, false, read_mean },
    { TFL_OP_SUB, MNET_OP_SUB, 5, TFL_OPTIONS_SUB, false, read_binary },
    { TFL_OP_SQUEEZE, MNET_OP_SQUEEZE, 2, TFL_OPTIONS_SQUEEZE, false, read_squeeze },
    { TFL_OP_QUANTIZE, MNET_OP_QUANTIZE, 4, TFL_OPTIONS_NONE, false, NULL },
    { TFL_OP_HARD_SWISH, MNET_OP_HARD_SWISH, 1, TFL_OPTIONS_NONE, false, NULL },
    { TFL_OP_DEPTH_TO_SPACE, MNET_OP_DEPTH_TO_SPACE, 2, TFL_OPTIONS_DEPTH_TO_SPACE, true,
      read_space },
    { TFL_OP_SPACE_TO_DEPTH, MNET_OP_SPACE_TO_DEPTH, 2, TFL_OPTIONS_SPACE_TO_DEPTH, true,
      read_space },
    { TFL_OP_EXP, MNET_OP_EXP, 2, TFL_OPTIONS_NONE, false, NULL },
    { TFL_OP_PACK, MNET_OP_PACK, 4, TFL_OPTIONS_PACK, true, read_pack },
    { TFL_OP_UNPACK, MNET_OP_UNPACK, 4, TFL_OPTIONS_UNPACK, true, read_unpack },
    { TFL_OP_RESIZE_BILINEAR, MNET_OP_RESIZE_BILINEAR, 4, TFL_OPTIONS_RESIZE_BILINEAR, false,
      read_resize_bilinear },
    { TFL_OP_RESIZE_NEAREST_NEIGHBOR, MNET_OP_RESIZE_NEAREST_NEIGHBOR, 4,
      TFL_OPTIONS_RESIZE_NEAREST_NEIGHBOR, false, read_resize_nearest },
    { TFL_OP_SLICE, MNET_OP_SLICE, 6, TFL_OPTIONS_NONE, false, NULL },
    { TFL_OP_STRIDED_SLICE, MNET_OP_STRIDED_SLICE, 8, TFL_OPTIONS_STRIDED_SLICE, true,
      read_strided_slice },
    { TFL_OP_SPLIT, MNET_OP_SPLIT, 4, TFL_OPTIONS_SPLIT, true, read_split },
    { TFL_OP_SPLIT_V, MNET_OP_SPLIT_V, 2, TFL_OPTIONS_SPLIT_V, true, read_split_v },
};

const MnetTfliteOperator *mnet_tflite_find_operator(int32_t builtin)
{
    for (size_t i = 0; i < sizeof supported / sizeof *supported; i++)
        if (supported[i].builtin == builtin)
            return &supported[i];
    return NULL;
}
