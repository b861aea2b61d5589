/* SPDX-License-Identifier: MIT
 *
 * The table of operators and what they share. */
#include "ops/op.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "ops/classes.h"

static const MnetOpClass *const classes[MNET_OP_COUNT] = {
    [MNET_OP_ADD] = &mnet_op_binary,
    [MNET_OP_ARG_MAX] = &mnet_op_arg_max,
    [MNET_OP_AVERAGE_POOL_2D] = &mnet_op_average_pool,
    [MNET_OP_BATCH_TO_SPACE_ND] = &mnet_op_space_batch,
    [MNET_OP_CAST] = &mnet_op_cast,
    [MNET_OP_CONCATENATION] = &mnet_op_concatenation,
    [MNET_OP_CONV_2D] = &mnet_op_conv,
    [MNET_OP_DENSIFY] = &mnet_op_densify,
    [MNET_OP_DEPTHWISE_CONV_2D] = &mnet_op_depthwise,
    [MNET_OP_DEPTH_TO_SPACE] = &mnet_op_space,
    [MNET_OP_DEQUANTIZE] = &mnet_op_dequantize,
    [MNET_OP_EXP] = &mnet_op_unary,
    [MNET_OP_FULLY_CONNECTED] = &mnet_op_fully_connected,
    [MNET_OP_HARD_SWISH] = &mnet_op_unary,
    [MNET_OP_LOGISTIC] = &mnet_op_unary,
    [MNET_OP_MAX_POOL_2D] = &mnet_op_max_pool,
    [MNET_OP_MEAN] = &mnet_op_mean,
    [MNET_OP_MIRROR_PAD] = &mnet_op_mirror_pad,
    [MNET_OP_MUL] = &mnet_op_binary,
    [MNET_OP_PACK] = &mnet_op_pack,
    [MNET_OP_PAD] = &mnet_op_pad,
    [MNET_OP_PRELU] = &mnet_op_binary,
    [MNET_OP_QUANTIZE] = &mnet_op_quantize,
    [MNET_OP_RELU] = &mnet_op_unary,
    [MNET_OP_RELU6] = &mnet_op_unary,
    [MNET_OP_RELU_N1_TO_1] = &mnet_op_unary,
    [MNET_OP_RESHAPE] = &mnet_op_reshape,
    [MNET_OP_RESIZE_BILINEAR] = &mnet_op_resize,
    [MNET_OP_RESIZE_NEAREST_NEIGHBOR] = &mnet_op_resize,
    [MNET_OP_RSQRT] = &mnet_op_unary,
    [MNET_OP_SLICE] = &mnet_op_slice,
    [MNET_OP_SOFTMAX] = &mnet_op_softmax,
    [MNET_OP_SPACE_TO_BATCH_ND] = &mnet_op_space_batch,
    [MNET_OP_SPACE_TO_DEPTH] = &mnet_op_space,
    [MNET_OP_SPLIT] = &mnet_op_slice,
    [MNET_OP_SPLIT_V] = &mnet_op_slice,
    [MNET_OP_SQUARE] = &mnet_op_unary,
    [MNET_OP_SQUARED_DIFFERENCE] = &mnet_op_binary,
    [MNET_OP_SQUEEZE] = &mnet_op_squeeze,
    [MNET_OP_STRIDED_SLICE] = &mnet_op_slice,
    [MNET_OP_SUB] = &mnet_op_binary,
    [MNET_OP_TANH] = &mnet_op_unary,
    [MNET_OP_TRANSPOSE] = &mnet_op_transpose,
    [MNET_OP_TRANSPOSE_CONV] = &mnet_op_transpose_conv,
    [MNET_OP_UNPACK] = &mnet_op_slice,
    [MNET_OP_CONVOLUTION_2D_TRANSPOSE_BIAS] = &mnet_op_transpose_conv,
    [MNET_OP_DETECTION_POST_PROCESS] = &mnet_op_post_process,
    [MNET_OP_FLIP] = &mnet_op_flip,
    [MNET_OP_RESIZE_ARG_MAX] = &mnet_op_resize_arg_max,
    [MNET_OP_ROUND_DYNAMIC] = &mnet_op_round_dynamic,
};

const MnetOpClass *mnet_op_class(MnetOp op)
{
    return classes[op];
}

size_t mnet_shape_elements(const MnetShape *shape)
{
    size_t n = 1;
    for (int32_t i = 0; i < shape->rank; i++)
        n *= (size_t)shape->dims[i];
    return n;
}

static void shape_text(const int32_t *dims, int32_t rank, char text[96])
{
    int at = snprintf(text, 96, "[");
    for (int32_t i = 0; i < rank && at < 80; i++)
        at += snprintf(text + at, 96 - (size_t)at, "%s%d", i ? " " : "", dims[i]);
    snprintf(text + at, 96 - (size_t)at, "]");
}

static MnetStatus check_declared(const MnetGraph *graph, const MnetNode *node,
                                 const MnetShape *shapes, MnetError *error)
{
    for (int32_t i = 0; i < node->n_outputs; i++) {
        const MnetTensor *tensor = &graph->tensors[node->outputs[i]];
        const MnetShape *shape = &shapes[node->outputs[i]];
        bool same = tensor->rank == shape->rank;
        for (int32_t d = 0; same && d < shape->rank; d++)
            same = tensor->dims[d] == shape->dims[d];
        if (tensor->shape_known && !same) {
            char declared[96], found[96];
            shape_text(tensor->dims, tensor->rank, declared);
            shape_text(shape->dims, shape->rank, found);
            return mnet_op_malformed(error, node,
                                     "its output is declared as %s, %s follows from its inputs",
                                     declared, found);
        }
    }
    return MNET_OK;
}

MnetStatus mnet_ops_infer(const MnetGraph *graph, MnetShape *shapes, bool declared,
                          MnetError *error)
{
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        const MnetNode *node = &graph->nodes[i];
        MnetStatus status = mnet_op_class(node->op)->infer(graph, node, shapes, error);
        if (!status && declared)
            status = check_declared(graph, node, shapes, error);
        if (status)
            return status;
    }
    return MNET_OK;
}

MnetStatus mnet_ops_prepare(MnetGraph *graph, const MnetKernels *kernels, MnetError *error)
{
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        MnetNode *node = &graph->nodes[i];
        const MnetOpClass *cls = mnet_op_class(node->op);
        MnetStatus status = cls->prepare ? cls->prepare(graph, node, kernels, error) : MNET_OK;
        if (status)
            return status;
    }
    return MNET_OK;
}

MnetStatus mnet_ops_plan(const MnetGraph *graph, const MnetShape *shapes,
                         const MnetKernels *kernels, MnetStep *steps, MnetStore *store,
                         MnetError *error)
{
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        const MnetNode *node = &graph->nodes[i];
        steps[i] = (MnetStep){ .cls = mnet_op_class(node->op),
                               .graph = graph,
                               .node = node,
                               .kernels = kernels,
                               .shapes = shapes,
                               .tiles = 1 };
        MnetStatus status = steps[i].cls->plan(&steps[i], store, error);
        if (status)
            return status;
    }
    return MNET_OK;
}

MnetStatus mnet_set_output_shape(const MnetGraph *graph, const MnetNode *node, int32_t output,
                                 MnetShape *shapes, const MnetShape *shape, MnetError *error)
{
    size_t bytes = mnet_type_size(graph->tensors[node->outputs[output]].type);
    for (int32_t i = 0; i < shape->rank; i++) {
        int32_t dim = shape->dims[i];
        if (dim < 1 || dim > MNET_MAX_DIM)
            return mnet_op_malformed(error, node, "dimension %d of its output would be %d", i, dim);
        if (!mnet_mul_size(bytes, (size_t)dim, &bytes) || bytes > MNET_MAX_TENSOR_BYTES) {
            mnet_op_malformed(error, node, "its output would pass %zu bytes",
                              MNET_MAX_TENSOR_BYTES);
            if (error)
                error->status = MNET_ERROR_LIMIT;
            return MNET_ERROR_LIMIT;
        }
    }
    shapes[node->outputs[output]] = *shape;
    return MNET_OK;
}

MnetStatus mnet_set_shape(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                          const MnetShape *shape, MnetError *error)
{
    return mnet_set_output_shape(graph, node, 0, shapes, shape, error);
}

static MnetStatus op_error(MnetError *error, MnetStatus status, const MnetNode *node,
                           const char *format, va_list args)
{
    char text[400];
    vsnprintf(text, sizeof text, format, args);
    return mnet_error_set(error, status, "%s: %s", mnet_node_label(node).text, text);
}

MnetStatus mnet_op_unsupported(MnetError *error, const MnetNode *node, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    op_error(error, MNET_ERROR_UNSUPPORTED, node, format, args);
    va_end(args);
    return MNET_ERROR_UNSUPPORTED;
}

MnetStatus mnet_op_malformed(MnetError *error, const MnetNode *node, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    op_error(error, MNET_ERROR_FORMAT, node, format, args);
    va_end(args);
    return MNET_ERROR_FORMAT;
}

static MnetStatus check_given(const MnetNode *node, int32_t min, MnetError *error)
{
    for (int32_t i = 0; i < min; i++)
        if (node->inputs[i] < 0)
            return mnet_op_malformed(error, node, "its input %d is not given", i);
    return MNET_OK;
}

MnetStatus mnet_op_inputs(const MnetNode *node, int32_t min, int32_t max, MnetError *error)
{
    if (node->n_inputs < min || node->n_inputs > max)
        return mnet_op_malformed(error, node, "has %d inputs, %d to %d expected", node->n_inputs,
                                 min, max);
    return check_given(node, min, error);
}

MnetStatus mnet_op_arity(const MnetNode *node, int32_t min, int32_t max, MnetError *error)
{
    if (node->n_inputs < min || node->n_inputs > max || node->n_outputs != 1)
        return mnet_op_malformed(error, node,
                                 "has %d inputs and %d outputs, %d to %d and 1 expected",
                                 node->n_inputs, node->n_outputs, min, max);
    return check_given(node, min, error);
}

MnetStatus mnet_op_same_type(const MnetGraph *graph, const MnetNode *node, int32_t output,
                             MnetError *error)
{
    const MnetTensor *in = mnet_in(graph, node, 0), *out = &graph->tensors[node->outputs[output]];
    if (in->type != out->type)
        return mnet_op_malformed(error, node, "%s to %s", mnet_type_name(in->type),
                                 mnet_type_name(out->type));
    if (in->type == MNET_TYPE_INT8 && !mnet_same_quant(in, out))
        return mnet_op_unsupported(error, node,
                                   "scale or zero point differ between its input and output");
    return MNET_OK;
}

MnetStatus mnet_op_float_or_int8(const MnetGraph *graph, const MnetNode *node, MnetError *error)
{
    const MnetTensor *in = mnet_in(graph, node, 0), *out = mnet_out(graph, node);
    if ((in->type == MNET_TYPE_FLOAT32 && out->type == MNET_TYPE_FLOAT32) ||
        (in->was_float32 && out->was_float32))
        return MNET_OK;
    /* Those with a scale have become int8. */
    if (in->type == MNET_TYPE_UINT8 || out->type == MNET_TYPE_UINT8)
        return mnet_op_malformed(error, node, "its %s is uint8 and has no scale",
                                 in->type == MNET_TYPE_UINT8 ? "input" : "output");
    if (in->type != MNET_TYPE_INT8 || out->type != MNET_TYPE_INT8)
        return mnet_op_unsupported(error, node,
                                   "%s to %s is not supported, only float32, int8 and uint8",
                                   mnet_type_name(in->type), mnet_type_name(out->type));
    return mnet_has_one_scale(in) && mnet_has_one_scale(out)
               ? MNET_OK
               : mnet_op_malformed(error, node, "its input or output has no single scale above 0");
}

size_t mnet_tile_count(uint64_t cost, size_t max)
{
    /* A tile of 64 Ki multiply-adds takes a microsecond: long beside the cost of
     * handing it out, short beside a frame. */
    uint64_t tiles = cost / (64 << 10);
    tiles = tiles > 256 ? 256 : tiles;
    tiles = tiles > max ? max : tiles;
    return tiles ? (size_t)tiles : 1;
}
