/* SPDX-License-Identifier: MIT
 *
 * Checks and edits of a graph. */
#include "graph/graph.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

static const char *const op_names[MNET_OP_COUNT] = {
    [MNET_OP_ADD] = "ADD",
    [MNET_OP_ARG_MAX] = "ARG_MAX",
    [MNET_OP_AVERAGE_POOL_2D] = "AVERAGE_POOL_2D",
    [MNET_OP_BATCH_TO_SPACE_ND] = "BATCH_TO_SPACE_ND",
    [MNET_OP_CONCATENATION] = "CONCATENATION",
    [MNET_OP_CONV_2D] = "CONV_2D",
    [MNET_OP_DENSIFY] = "DENSIFY",
    [MNET_OP_DEPTHWISE_CONV_2D] = "DEPTHWISE_CONV_2D",
    [MNET_OP_DEPTH_TO_SPACE] = "DEPTH_TO_SPACE",
    [MNET_OP_DEQUANTIZE] = "DEQUANTIZE",
    [MNET_OP_EXP] = "EXP",
    [MNET_OP_FULLY_CONNECTED] = "FULLY_CONNECTED",
    [MNET_OP_HARD_SWISH] = "HARD_SWISH",
    [MNET_OP_LOGISTIC] = "LOGISTIC",
    [MNET_OP_MAX_POOL_2D] = "MAX_POOL_2D",
    [MNET_OP_MEAN] = "MEAN",
    [MNET_OP_MIRROR_PAD] = "MIRROR_PAD",
    [MNET_OP_MUL] = "MUL",
    [MNET_OP_PACK] = "PACK",
    [MNET_OP_PAD] = "PAD",
    [MNET_OP_PRELU] = "PRELU",
    [MNET_OP_QUANTIZE] = "QUANTIZE",
    [MNET_OP_RELU] = "RELU",
    [MNET_OP_RELU6] = "RELU6",
    [MNET_OP_RELU_N1_TO_1] = "RELU_N1_TO_1",
    [MNET_OP_RESHAPE] = "RESHAPE",
    [MNET_OP_RESIZE_BILINEAR] = "RESIZE_BILINEAR",
    [MNET_OP_RESIZE_NEAREST_NEIGHBOR] = "RESIZE_NEAREST_NEIGHBOR",
    [MNET_OP_RSQRT] = "RSQRT",
    [MNET_OP_SLICE] = "SLICE",
    [MNET_OP_SOFTMAX] = "SOFTMAX",
    [MNET_OP_SPACE_TO_BATCH_ND] = "SPACE_TO_BATCH_ND",
    [MNET_OP_SPACE_TO_DEPTH] = "SPACE_TO_DEPTH",
    [MNET_OP_SPLIT] = "SPLIT",
    [MNET_OP_SPLIT_V] = "SPLIT_V",
    [MNET_OP_SQUARE] = "SQUARE",
    [MNET_OP_SQUARED_DIFFERENCE] = "SQUARED_DIFFERENCE",
    [MNET_OP_SQUEEZE] = "SQUEEZE",
    [MNET_OP_STRIDED_SLICE] = "STRIDED_SLICE",
    [MNET_OP_SUB] = "SUB",
    [MNET_OP_TANH] = "TANH",
    [MNET_OP_TRANSPOSE] = "TRANSPOSE",
    [MNET_OP_TRANSPOSE_CONV] = "TRANSPOSE_CONV",
    [MNET_OP_UNPACK] = "UNPACK",
    [MNET_OP_CONVOLUTION_2D_TRANSPOSE_BIAS] = "Convolution2DTransposeBias",
    [MNET_OP_DETECTION_POST_PROCESS] = "TFLite_Detection_PostProcess",
    [MNET_OP_CAST] = "CAST",
    [MNET_OP_FLIP] = "FLIP",
    [MNET_OP_RESIZE_ARG_MAX] = "RESIZE_ARG_MAX",
    [MNET_OP_ROUND_DYNAMIC] = "ROUND_DYNAMIC",
};

const char *mnet_op_name(MnetOp op)
{
    return (unsigned)op < MNET_OP_COUNT ? op_names[op] : "?";
}

MnetNodeLabel mnet_node_label(const MnetNode *node)
{
    MnetNodeLabel label;
    snprintf(label.text, sizeof label.text, "operator %u %s", node->file_index,
             mnet_op_name(node->op));
    return label;
}

bool mnet_dims_channels_first(int32_t rank, const int32_t *dims)
{
    return rank == 4 && dims[1] <= 4 && dims[2] > 1 && dims[3] > 4;
}

size_t mnet_tensor_elements(const MnetTensor *tensor)
{
    size_t n = 1;
    for (int32_t i = 0; i < tensor->rank; i++)
        n *= (size_t)tensor->dims[i];
    return n;
}

bool mnet_tensor_ints(const MnetTensor *tensor, int32_t *values, int32_t max, int32_t *n)
{
    size_t elements = mnet_tensor_elements(tensor);
    if (!tensor->data || (tensor->type != MNET_TYPE_INT32 && tensor->type != MNET_TYPE_INT64) ||
        tensor->rank > 2 || elements > (size_t)max)
        return false;
    MnetBytes bytes = { tensor->data, tensor->data_bytes, false };
    for (size_t i = 0; i < elements; i++) {
        int64_t v = tensor->type == MNET_TYPE_INT32 ? (int32_t)mnet_bytes_u32(&bytes, 4 * i)
                                                    : (int64_t)mnet_bytes_u64(&bytes, 8 * i);
        v = v < INT32_MIN ? INT32_MIN : v;
        values[i] = (int32_t)(v > INT32_MAX ? INT32_MAX : v);
    }
    *n = (int32_t)elements;
    return !bytes.bad;
}

static MnetStatus check_quant(const MnetTensor *tensor, MnetError *error)
{
    int32_t low = tensor->type == MNET_TYPE_UINT8 ? 0 : -128;
    int32_t high = tensor->type == MNET_TYPE_UINT8 ? 255 : 127;
    bool bytes = tensor->type == MNET_TYPE_UINT8 || tensor->type == MNET_TYPE_INT8;
    for (int32_t i = 0; i < tensor->quant.n; i++) {
        float scale = tensor->quant.scale[i];
        int32_t zero = tensor->quant.zero_point[i];
        /* Published files hold weights with channels of a negative scale, and of an
         * infinite one, whose weights are looked at where they are used. */
        bool channel = tensor->data && tensor->quant.n > 1 && scale == INFINITY;
        if (bytes && !channel && !(isfinite(scale) && (scale > 0 || tensor->data)))
            return mnet_error_set(error, MNET_ERROR_FORMAT,
                                  "tensor \"%.80s\": scale %g (channel %d) is not a %snumber",
                                  tensor->name, (double)scale, i, tensor->data ? "" : "positive ");
        if (bytes && (zero < low || zero > high))
            return mnet_error_set(error, MNET_ERROR_FORMAT,
                                  "tensor \"%.80s\": zero point %d is outside %d to %d",
                                  tensor->name, zero, low, high);
    }
    return MNET_OK;
}

static MnetStatus check_node(const MnetGraph *graph, int32_t index, uint8_t *made, MnetError *error)
{
    const MnetNode *node = &graph->nodes[index];
    for (int32_t i = 0; i < node->n_inputs; i++) {
        int32_t t = node->inputs[i];
        if (t >= 0 && !made[t])
            return mnet_error_set(error, MNET_ERROR_FORMAT,
                                  "%s: input %d \"%.80s\" is used before it is made",
                                  mnet_node_label(node).text, i, graph->tensors[t].name);
    }
    for (int32_t i = 0; i < node->n_outputs; i++) {
        int32_t t = node->outputs[i];
        if (t < 0 || made[t])
            return mnet_error_set(error, MNET_ERROR_FORMAT,
                                  "%s: output %d \"%.80s\" is a constant, an input or made twice",
                                  mnet_node_label(node).text, i,
                                  t < 0 ? "" : graph->tensors[t].name);
        made[t] = 1;
    }
    return MNET_OK;
}

static MnetStatus check_order(const MnetGraph *graph, uint8_t *made, MnetError *error)
{
    for (int32_t t = 0; t < graph->n_tensors; t++)
        made[t] = graph->tensors[t].data != NULL;
    for (int32_t i = 0; i < graph->n_inputs; i++) {
        if (made[graph->inputs[i]])
            return mnet_error_set(error, MNET_ERROR_FORMAT,
                                  "input %d is a constant or another input too", i);
        made[graph->inputs[i]] = 1;
    }
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        MnetStatus status = check_node(graph, i, made, error);
        if (status)
            return status;
    }
    for (int32_t i = 0; i < graph->n_outputs; i++)
        if (!made[graph->outputs[i]])
            return mnet_error_set(error, MNET_ERROR_FORMAT,
                                  "output %d \"%.80s\" is made by no operator", i,
                                  graph->tensors[graph->outputs[i]].name);
    return MNET_OK;
}

MnetStatus mnet_graph_check(const MnetGraph *graph, MnetError *error)
{
    if (!graph->n_inputs || !graph->n_outputs || !graph->n_nodes)
        return mnet_error_set(
            error, MNET_ERROR_FORMAT,
            "a network needs an input, an operator and an output; this has %d, %d, %d",
            graph->n_inputs, graph->n_nodes, graph->n_outputs);
    for (int32_t t = 0; t < graph->n_tensors; t++) {
        MnetStatus status = check_quant(&graph->tensors[t], error);
        if (status)
            return status;
    }
    uint8_t *made = mnet_calloc((size_t)graph->n_tensors, 1);
    if (!made)
        return mnet_error_memory(error, (size_t)graph->n_tensors);
    MnetStatus status = check_order(graph, made, error);
    mnet_free(made);
    return status;
}

int32_t mnet_graph_add_tensor(MnetGraph *graph, const MnetTensor *like, MnetError *error)
{
    if (graph->n_tensors == graph->max_tensors) {
        mnet_error_set(error, MNET_ERROR_LIMIT, "the network has too many tensors");
        return -1;
    }
    MnetTensor *tensor = &graph->tensors[graph->n_tensors];
    *tensor = *like;
    tensor->data = NULL;
    tensor->data_bytes = 0;
    return graph->n_tensors++;
}

int32_t mnet_graph_add_node(MnetGraph *graph, int32_t before, MnetOp op, int32_t n_inputs,
                            int32_t n_outputs, MnetError *error)
{
    if (graph->n_nodes == graph->max_nodes) {
        mnet_error_set(error, MNET_ERROR_LIMIT, "the network has too many operators");
        return -1;
    }
    int32_t *io = mnet_store_calloc(graph->store, (size_t)(n_inputs + n_outputs), sizeof *io);
    if (!io) {
        mnet_error_memory(error, (size_t)(n_inputs + n_outputs) * sizeof *io);
        return -1;
    }
    MnetNode *node = &graph->nodes[before];
    memmove(node + 1, node, (size_t)(graph->n_nodes - before) * sizeof *node);
    graph->n_nodes++;
    memset(node, 0, sizeof *node);
    node->op = op;
    node->n_inputs = n_inputs;
    node->n_outputs = n_outputs;
    node->inputs = io;
    node->outputs = io + n_inputs;
    return before;
}

int32_t mnet_graph_add_constant(MnetGraph *graph, const MnetTensor *like, const void *data,
                                MnetError *error)
{
    size_t bytes = mnet_tensor_elements(like) * mnet_type_size(like->type);
    void *copy = mnet_store_alloc(graph->store, bytes);
    if (!copy) {
        mnet_error_memory(error, bytes);
        return -1;
    }
    int32_t index = mnet_graph_add_tensor(graph, like, error);
    if (index < 0)
        return -1;
    graph->tensors[index].data = memcpy(copy, data, bytes);
    graph->tensors[index].data_bytes = bytes;
    return index;
}

void mnet_graph_remove_node(MnetGraph *graph, int32_t node)
{
    MnetNode *at = &graph->nodes[node];
    graph->n_nodes--;
    memmove(at, at + 1, (size_t)(graph->n_nodes - node) * sizeof *at);
}

int32_t mnet_graph_producer(const MnetGraph *graph, int32_t tensor)
{
    for (int32_t i = 0; i < graph->n_nodes; i++)
        for (int32_t j = 0; j < graph->nodes[i].n_outputs; j++)
            if (graph->nodes[i].outputs[j] == tensor)
                return i;
    return -1;
}

bool mnet_graph_is_output(const MnetGraph *graph, int32_t tensor)
{
    for (int32_t i = 0; i < graph->n_outputs; i++)
        if (graph->outputs[i] == tensor)
            return true;
    return false;
}

int32_t mnet_graph_computed_input(const MnetGraph *graph, const MnetNode *node)
{
    for (int32_t i = 0; i < node->n_inputs; i++)
        if (node->inputs[i] >= 0 && !graph->tensors[node->inputs[i]].data)
            return node->inputs[i];
    return -1;
}

int32_t mnet_graph_uses(const MnetGraph *graph, int32_t tensor, int32_t *consumer)
{
    int32_t uses = 0;
    if (consumer)
        *consumer = -1;
    for (int32_t i = graph->n_nodes - 1; i >= 0; i--)
        for (int32_t j = 0; j < graph->nodes[i].n_inputs; j++)
            if (graph->nodes[i].inputs[j] == tensor) {
                uses++;
                if (consumer)
                    *consumer = i;
            }
    for (int32_t i = 0; i < graph->n_outputs; i++)
        uses += graph->outputs[i] == tensor;
    return uses;
}

void mnet_graph_replace_uses(MnetGraph *graph, int32_t from, int32_t to)
{
    for (int32_t i = 0; i < graph->n_nodes; i++)
        for (int32_t j = 0; j < graph->nodes[i].n_inputs; j++)
            if (graph->nodes[i].inputs[j] == from)
                graph->nodes[i].inputs[j] = to;
    for (int32_t i = 0; i < graph->n_outputs; i++)
        if (graph->outputs[i] == from)
            graph->outputs[i] = to;
}
