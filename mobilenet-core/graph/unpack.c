/* SPDX-License-Identifier: MIT
 *
 * Constants that are stored smaller than they are used become float32. */
#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "graph/fold.h"
#include "kernels/half.h"

/* Element i of a tensor lies at index i / inner % n of the quantised dimension. */
static size_t channel_stride(const MnetTensor *tensor)
{
    size_t inner = 1;
    for (int32_t d = tensor->quant.axis + 1; d < tensor->rank; d++)
        inner *= (size_t)tensor->dims[d];
    return inner;
}

static bool can_unpack(const MnetTensor *tensor)
{
    if (!tensor->data)
        return false;
    if (tensor->type == MNET_TYPE_FLOAT16)
        return true;
    for (int32_t i = 0; i < tensor->quant.n; i++)
        if (!isfinite(tensor->quant.scale[i]))
            return false;
    return (tensor->type == MNET_TYPE_INT8 || tensor->type == MNET_TYPE_UINT8) &&
           tensor->quant.n > 0;
}

static void unpack_values(const MnetTensor *tensor, size_t elements, float *values)
{
    MnetBytes bytes = { tensor->data, tensor->data_bytes, false };
    size_t stride = tensor->quant.n > 1 ? channel_stride(tensor) : 1;
    for (size_t i = 0; i < elements; i++) {
        if (tensor->type == MNET_TYPE_FLOAT16) {
            values[i] = mnet_half_to_float(mnet_bytes_u16(&bytes, 2 * i));
            continue;
        }
        size_t c = tensor->quant.n > 1 ? i / stride % (size_t)tensor->quant.n : 0;
        uint8_t byte = mnet_bytes_u8(&bytes, i);
        int32_t q = tensor->type == MNET_TYPE_INT8 ? (int8_t)byte : byte;
        values[i] = tensor->quant.scale[c] * (float)(q - tensor->quant.zero_point[c]);
    }
}

/* Makes `to` the float32 constant that `from` stands for. */
static MnetStatus unpack(MnetGraph *graph, const MnetTensor *from, MnetTensor *to, MnetError *error)
{
    size_t elements = mnet_tensor_elements(from);
    float *values = mnet_store_calloc(graph->store, elements, sizeof *values);
    if (!values)
        return mnet_error_memory(error, elements * sizeof *values);
    unpack_values(from, elements, values);
    to->type = MNET_TYPE_FLOAT32;
    to->quant.n = 0;
    to->data = values;
    to->data_bytes = elements * sizeof *values;
    to->shape_known = true;
    to->rank = from->rank;
    memcpy(to->dims, from->dims, sizeof to->dims);
    return MNET_OK;
}

/* DEQUANTIZE of a constant: its output is a constant, the node goes. */
static MnetStatus unpack_dequantize(MnetGraph *graph, int32_t index, MnetError *error)
{
    const MnetNode *node = &graph->nodes[index];
    MnetStatus status =
        unpack(graph, &graph->tensors[node->inputs[0]], &graph->tensors[node->outputs[0]], error);
    if (!status)
        mnet_graph_remove_node(graph, index);
    return status;
}

/* DENSIFY of a constant, which the reader made dense. */
static void drop_densify(MnetGraph *graph, int32_t index)
{
    const MnetNode *node = &graph->nodes[index];
    const MnetTensor *from = &graph->tensors[node->inputs[0]];
    MnetTensor *to = &graph->tensors[node->outputs[0]];
    to->data = from->data;
    to->data_bytes = from->data_bytes;
    mnet_graph_remove_node(graph, index);
}

static bool same_form(const MnetTensor *a, const MnetTensor *b)
{
    return a->type == b->type && a->rank == b->rank &&
           !memcmp(a->dims, b->dims, (size_t)a->rank * sizeof a->dims[0]);
}

/* Which way TFLite quantises the input of a layer with integer weights: by an option
 * for FULLY_CONNECTED, by the weights' form for CONV_2D, one way for
 * DEPTHWISE_CONV_2D, whose scales are by channel even if there is one. */
static bool symmetric_input(const MnetGraph *graph, const MnetNode *node)
{
    if (node->op == MNET_OP_FULLY_CONNECTED)
        return !node->options.fully_connected.asymmetric;
    return node->op == MNET_OP_CONV_2D && graph->tensors[node->inputs[1]].quant.n == 1;
}

/* FULLY_CONNECTED takes its input as rows of as many numbers as the weights have,
 * whatever dimensions it has, and a range for each. */
static int32_t numbers_of_range(const MnetGraph *graph, const MnetNode *node)
{
    const MnetTensor *weights = &graph->tensors[node->inputs[1]];
    bool rows = node->op == MNET_OP_FULLY_CONNECTED && weights->rank == 2;
    return rows ? weights->dims[1] : 0;
}

static MnetStatus round_input(MnetGraph *graph, int32_t index, MnetError *error)
{
    int32_t input = graph->nodes[index].inputs[0];
    uint32_t file_index = graph->nodes[index].file_index;
    bool symmetric = symmetric_input(graph, &graph->nodes[index]);
    int32_t row = numbers_of_range(graph, &graph->nodes[index]);
    int32_t rounded = mnet_graph_add_tensor(graph, &graph->tensors[input], error);
    if (rounded < 0 || mnet_graph_add_node(graph, index, MNET_OP_ROUND_DYNAMIC, 1, 1, error) < 0)
        return MNET_ERROR_LIMIT;
    MnetNode *node = &graph->nodes[index];
    node->inputs[0] = input;
    node->outputs[0] = rounded;
    node->file_index = file_index;
    node->options.round.symmetric = symmetric;
    node->options.round.row = row;
    graph->nodes[index + 1].inputs[0] = rounded;
    return MNET_OK;
}

/* Weights may serve several nodes: each gets a tensor of its own. */
static MnetStatus unpack_weights(MnetGraph *graph, int32_t index, MnetError *error)
{
    int32_t weights = graph->nodes[index].inputs[1];
    int32_t twin = mnet_graph_add_tensor(graph, &graph->tensors[weights], error);
    if (twin < 0)
        return MNET_ERROR_LIMIT;
    MnetStatus status = unpack(graph, &graph->tensors[weights], &graph->tensors[twin], error);
    if (!status && graph->tensors[weights].type != MNET_TYPE_FLOAT16)
        status = round_input(graph, index++, error);
    graph->nodes[index].inputs[1] = twin;
    return status;
}

static bool has_float_activations(const MnetGraph *graph, const MnetNode *node)
{
    return (node->op == MNET_OP_CONV_2D || node->op == MNET_OP_DEPTHWISE_CONV_2D ||
            node->op == MNET_OP_FULLY_CONNECTED) &&
           node->n_inputs >= 2 && node->inputs[0] >= 0 && node->inputs[1] >= 0 &&
           graph->tensors[node->inputs[0]].type == MNET_TYPE_FLOAT32;
}

MnetStatus mnet_graph_unpack(MnetGraph *graph, MnetError *error)
{
    MnetStatus status = MNET_OK;
    for (int32_t i = 0; i < graph->n_nodes && !status; i++) {
        const MnetNode *node = &graph->nodes[i];
        bool unary = node->n_inputs == 1 && node->n_outputs == 1 && node->inputs[0] >= 0 &&
                     !mnet_graph_is_output(graph, node->outputs[0]);
        const MnetTensor *in = unary ? &graph->tensors[node->inputs[0]] : NULL;
        const MnetTensor *out = unary ? &graph->tensors[node->outputs[0]] : NULL;
        if (unary && node->op == MNET_OP_DENSIFY && in->data && same_form(in, out))
            drop_densify(graph, i--);
        else if (unary && node->op == MNET_OP_DEQUANTIZE && can_unpack(in) &&
                 out->type == MNET_TYPE_FLOAT32)
            status = unpack_dequantize(graph, i--, error);
        else if (has_float_activations(graph, node) && can_unpack(&graph->tensors[node->inputs[1]]))
            status = unpack_weights(graph, i, error); /* now float: not met again */
    }
    return status;
}
