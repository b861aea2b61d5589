/* SPDX-License-Identifier: MIT
 *
 * The operators that are written and their options. */
#include "format/tflite_write_options.h"

#include "base/error.h"
#include "format/tflite_schema.h"

static uint8_t activation(const MnetNode *node)
{
    switch (node->activation) {
    case MNET_ACTIVATION_RELU:
        return TFL_ACTIVATION_RELU;
    case MNET_ACTIVATION_RELU_N1_TO_1:
        return TFL_ACTIVATION_RELU_N1_TO_1;
    case MNET_ACTIVATION_RELU6:
        return TFL_ACTIVATION_RELU6;
    default:
        return TFL_ACTIVATION_NONE;
    }
}

static void put(MnetTfliteOptions *options, MnetFlatField field)
{
    options->fields[options->n++] = field;
}

static uint8_t padding(const MnetWindow *window)
{
    return window->padding == MNET_PADDING_SAME ? TFL_PADDING_SAME : TFL_PADDING_VALID;
}

static void conv_options(const MnetNode *node, MnetTfliteOptions *options)
{
    const MnetWindow *w = &node->options.window;
    options->type = TFL_OPTIONS_CONV_2D;
    put(options, mnet_flat_byte(TFL_CONV_PADDING, padding(w)));
    put(options, mnet_flat_int(TFL_CONV_STRIDE_W, w->stride_w));
    put(options, mnet_flat_int(TFL_CONV_STRIDE_H, w->stride_h));
    put(options, mnet_flat_byte(TFL_CONV_ACTIVATION, activation(node)));
    put(options, mnet_flat_int(TFL_CONV_DILATION_W, w->dilation_w));
    put(options, mnet_flat_int(TFL_CONV_DILATION_H, w->dilation_h));
}

static void depthwise_options(const MnetNode *node, MnetTfliteOptions *options)
{
    const MnetWindow *w = &node->options.window;
    options->type = TFL_OPTIONS_DEPTHWISE_CONV_2D;
    put(options, mnet_flat_byte(TFL_DEPTHWISE_PADDING, padding(w)));
    put(options, mnet_flat_int(TFL_DEPTHWISE_STRIDE_W, w->stride_w));
    put(options, mnet_flat_int(TFL_DEPTHWISE_STRIDE_H, w->stride_h));
    put(options, mnet_flat_int(TFL_DEPTHWISE_MULTIPLIER, w->multiplier));
    put(options, mnet_flat_byte(TFL_DEPTHWISE_ACTIVATION, activation(node)));
    put(options, mnet_flat_int(TFL_DEPTHWISE_DILATION_W, w->dilation_w));
    put(options, mnet_flat_int(TFL_DEPTHWISE_DILATION_H, w->dilation_h));
}

static void pool_options(const MnetNode *node, MnetTfliteOptions *options)
{
    const MnetWindow *w = &node->options.window;
    options->type = TFL_OPTIONS_POOL_2D;
    put(options, mnet_flat_byte(TFL_POOL_PADDING, padding(w)));
    put(options, mnet_flat_int(TFL_POOL_STRIDE_W, w->stride_w));
    put(options, mnet_flat_int(TFL_POOL_STRIDE_H, w->stride_h));
    put(options, mnet_flat_int(TFL_POOL_FILTER_W, w->filter_w));
    put(options, mnet_flat_int(TFL_POOL_FILTER_H, w->filter_h));
    put(options, mnet_flat_byte(TFL_POOL_ACTIVATION, activation(node)));
}

static void fully_connected_options(const MnetNode *node, MnetTfliteOptions *options)
{
    options->type = TFL_OPTIONS_FULLY_CONNECTED;
    put(options, mnet_flat_byte(TFL_FULLY_CONNECTED_ACTIVATION, activation(node)));
    put(options,
        mnet_flat_byte(TFL_FULLY_CONNECTED_KEEP_NUM_DIMS, node->options.fully_connected.keep_dims));
}

static void concatenation_options(const MnetNode *node, MnetTfliteOptions *options)
{
    options->type = TFL_OPTIONS_CONCATENATION;
    put(options, mnet_flat_int(TFL_CONCATENATION_AXIS, node->options.axis));
    put(options, mnet_flat_byte(TFL_CONCATENATION_ACTIVATION, activation(node)));
}

static void strided_slice_options(const MnetNode *node, MnetTfliteOptions *options)
{
    const uint32_t masks[] = {
        [TFL_STRIDED_SLICE_BEGIN_MASK] = node->options.strided_slice.begin_mask,
        [TFL_STRIDED_SLICE_END_MASK] = node->options.strided_slice.end_mask,
        [TFL_STRIDED_SLICE_ELLIPSIS_MASK] = node->options.strided_slice.ellipsis_mask,
        [TFL_STRIDED_SLICE_NEW_AXIS_MASK] = node->options.strided_slice.new_axis_mask,
        [TFL_STRIDED_SLICE_SHRINK_AXIS_MASK] = node->options.strided_slice.shrink_mask
    };
    options->type = TFL_OPTIONS_STRIDED_SLICE;
    for (uint8_t i = 0; i < sizeof masks / sizeof *masks; i++)
        put(options, mnet_flat_int(i, (int32_t)masks[i]));
}

static void add_options(const MnetNode *node, MnetTfliteOptions *options)
{
    options->type = TFL_OPTIONS_ADD;
    put(options, mnet_flat_byte(TFL_BINARY_ACTIVATION, activation(node)));
}

static void mul_options(const MnetNode *node, MnetTfliteOptions *options)
{
    options->type = TFL_OPTIONS_MUL;
    put(options, mnet_flat_byte(TFL_BINARY_ACTIVATION, activation(node)));
}

static void mean_options(const MnetNode *node, MnetTfliteOptions *options)
{
    options->type = TFL_OPTIONS_REDUCER;
    put(options, mnet_flat_byte(TFL_REDUCER_KEEP_DIMS, node->options.keep_dims));
}

static void softmax_options(const MnetNode *node, MnetTfliteOptions *options)
{
    options->type = TFL_OPTIONS_SOFTMAX;
    put(options, mnet_flat_float(TFL_SOFTMAX_BETA, node->options.beta));
}

const MnetTfliteWritten mnet_tflite_written[MNET_TFLITE_WRITTEN] = {
    { MNET_OP_ADD, TFL_OP_ADD, 1, 2, add_options },
    { MNET_OP_AVERAGE_POOL_2D, TFL_OP_AVERAGE_POOL_2D, 1, 2, pool_options },
    { MNET_OP_CONCATENATION, TFL_OP_CONCATENATION, 1, 2, concatenation_options },
    { MNET_OP_CONV_2D, TFL_OP_CONV_2D, 1, 3, conv_options },
    { MNET_OP_DEPTHWISE_CONV_2D, TFL_OP_DEPTHWISE_CONV_2D, 1, 3, depthwise_options },
    { MNET_OP_FULLY_CONNECTED, TFL_OP_FULLY_CONNECTED, 5, 5, fully_connected_options },
    { MNET_OP_HARD_SWISH, TFL_OP_HARD_SWISH, 1, 1, NULL },
    { MNET_OP_LOGISTIC, TFL_OP_LOGISTIC, 1, 2, NULL },
    { MNET_OP_MEAN, TFL_OP_MEAN, 1, 2, mean_options },
    { MNET_OP_MUL, TFL_OP_MUL, 1, 2, mul_options },
    { MNET_OP_PAD, TFL_OP_PAD, 1, 2, NULL },
    { MNET_OP_QUANTIZE, TFL_OP_QUANTIZE, 1, 1, NULL },
    { MNET_OP_RESHAPE, TFL_OP_RESHAPE, 1, 1, NULL },
    { MNET_OP_SOFTMAX, TFL_OP_SOFTMAX, 1, 2, softmax_options },
    { MNET_OP_STRIDED_SLICE, TFL_OP_STRIDED_SLICE, 1, 2, strided_slice_options },
};

const MnetTfliteWritten *mnet_tflite_find_written(MnetOp op)
{
    for (size_t i = 0; i < MNET_TFLITE_WRITTEN; i++)
        if (mnet_tflite_written[i].op == op)
            return &mnet_tflite_written[i];
    return NULL;
}

MnetStatus mnet_tflite_check_written(const MnetNode *node, MnetError *error)
{
    const char *option = NULL;
    if (!mnet_tflite_find_written(node->op))
        return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                              "%s is not among the operators that are written: convolutions, dense "
                              "layers, means, sums, products, paddings and curves",
                              mnet_node_label(node).text);
    if (node->op == MNET_OP_FULLY_CONNECTED && node->options.fully_connected.asymmetric)
        option = "asymmetric_quantize_inputs";
    if (node->op == MNET_OP_STRIDED_SLICE && node->options.strided_slice.offset)
        option = "offset";
    if (!option)
        return MNET_OK;
    return mnet_error_set(error, MNET_ERROR_UNSUPPORTED, "%s: its option %s is not written",
                          mnet_node_label(node).text, option);
}
