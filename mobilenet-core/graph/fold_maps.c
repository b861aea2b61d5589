/* SPDX-License-Identifier: MIT
 *
 * Rewrites of what networks do with whole maps: dilated convolutions that are spelled
 * as batches, class maps of enlarged scores, biases that are operators of their own. */
#include <string.h>

#include "base/error.h"
#include "graph/fold.h"

/* The only reader of the only output of a node, or -1. */
static int32_t only_reader(const MnetGraph *graph, const MnetNode *node)
{
    int32_t reader = -1;
    bool one = node->n_outputs == 1 && mnet_graph_uses(graph, node->outputs[0], &reader) == 1;
    return one ? reader : -1;
}

static bool all_given(const MnetNode *node, int32_t n)
{
    for (int32_t i = 0; i < n; i++)
        if (node->n_inputs < n || node->inputs[i] < 0)
            return false;
    return true;
}

/* Blocks of two dimensions, and what is added around or cut off. */
typedef struct {
    int32_t block[2], edges[4];
} Blocks;

static bool read_blocks(const MnetGraph *graph, const MnetNode *node, MnetOp op, Blocks *b)
{
    int32_t blocks, edges;
    if (node->op != op || node->n_inputs != 3 || !all_given(node, 3) || node->n_outputs != 1 ||
        !mnet_tensor_ints(&graph->tensors[node->inputs[1]], b->block, 2, &blocks) || blocks != 2 ||
        !mnet_tensor_ints(&graph->tensors[node->inputs[2]], b->edges, 4, &edges) || edges != 4 ||
        !mnet_same_form(&graph->tensors[node->inputs[0]], &graph->tensors[node->outputs[0]]))
        return false;
    for (int32_t i = 0; i < 4; i++)
        if (b->edges[i] < 0 || b->edges[i] > 1 << 12 || b->block[i / 2] < 1 ||
            b->block[i / 2] > 1 << 12)
            return false;
    return true;
}

/* Whether the blocks divide the map with its edges: else the operator is at fault. */
static bool divides(const MnetTensor *map, const Blocks *b)
{
    bool fits = map->shape_known && map->rank == 4;
    for (int32_t i = 0; i < 2 && fits; i++)
        fits = (map->dims[1 + i] + b->edges[2 * i] + b->edges[2 * i + 1]) % b->block[i] == 0;
    return fits;
}

static bool takes_dilation(const MnetNode *node, int32_t input)
{
    const MnetWindow *w = &node->options.window;
    return (node->op == MNET_OP_CONV_2D || node->op == MNET_OP_DEPTHWISE_CONV_2D) &&
           node->n_inputs >= 2 && node->inputs[0] == input && node->n_outputs == 1 &&
           w->padding == MNET_PADDING_VALID && w->stride_h == 1 && w->stride_w == 1 &&
           w->dilation_h == 1 && w->dilation_w == 1;
}

/* SPACE_TO_BATCH_ND, a convolution, BATCH_TO_SPACE_ND: every block-th pixel is a
 * neighbour in the convolution, which is a dilation. */
static bool fold_dilation(MnetGraph *graph, int32_t index)
{
    Blocks before, behind;
    const MnetNode *to_batch = &graph->nodes[index];
    if (!read_blocks(graph, to_batch, MNET_OP_SPACE_TO_BATCH_ND, &before) ||
        !divides(&graph->tensors[to_batch->inputs[0]], &before))
        return false;
    int32_t conv = only_reader(graph, to_batch);
    if (conv < 0 || !takes_dilation(&graph->nodes[conv], to_batch->outputs[0]))
        return false;
    int32_t last = only_reader(graph, &graph->nodes[conv]);
    if (last < 0 || !read_blocks(graph, &graph->nodes[last], MNET_OP_BATCH_TO_SPACE_ND, &behind) ||
        memcmp(before.block, behind.block, sizeof before.block) != 0)
        return false;
    for (int32_t i = 0; i < 4; i++)
        if (before.edges[i] < behind.edges[i])
            return false;
    MnetNode *node = &graph->nodes[conv];
    MnetWindow *w = &node->options.window;
    w->padding = MNET_PADDING_EXPLICIT;
    w->dilation_h = before.block[0];
    w->dilation_w = before.block[1];
    w->pad_top = before.edges[0] - behind.edges[0];
    w->pad_bottom = before.edges[1] - behind.edges[1];
    w->pad_left = before.edges[2] - behind.edges[2];
    w->pad_right = before.edges[3] - behind.edges[3];
    node->inputs[0] = to_batch->inputs[0];
    node->outputs[0] = graph->nodes[last].outputs[0];
    mnet_node_note(node, "dilation");
    mnet_graph_remove_node(graph, last);
    mnet_graph_remove_node(graph, index);
    return true;
}

/* RESIZE_BILINEAR of bytes whose channels ARG_MAX alone reads. */
static bool fold_class_map(MnetGraph *graph, int32_t index)
{
    MnetNode *resize = &graph->nodes[index];
    int32_t reader = only_reader(graph, resize), axis, n;
    if (resize->op != MNET_OP_RESIZE_BILINEAR || resize->n_inputs != 2 || !all_given(resize, 2) ||
        reader < 0)
        return false;
    const MnetTensor *in = &graph->tensors[resize->inputs[0]];
    const MnetNode *best = &graph->nodes[reader];
    if (best->op != MNET_OP_ARG_MAX || best->n_inputs != 2 || best->n_outputs != 1 ||
        best->inputs[0] != resize->outputs[0] || best->inputs[1] < 0 ||
        !mnet_tensor_ints(&graph->tensors[best->inputs[1]], &axis, 1, &n) || n != 1 ||
        (axis != 3 && axis != -1))
        return false;
    MnetType to = graph->tensors[best->outputs[0]].type;
    if (in->type != MNET_TYPE_INT8 || in->rank != 4 ||
        !mnet_same_form(in, &graph->tensors[resize->outputs[0]]) ||
        (to != MNET_TYPE_INT32 && to != MNET_TYPE_INT64))
        return false;
    resize->op = MNET_OP_RESIZE_ARG_MAX;
    resize->outputs[0] = best->outputs[0];
    mnet_node_note(resize, "ARG_MAX");
    mnet_graph_remove_node(graph, reader);
    return true;
}

/* Channels of a layer of floats without bias and activation; 0: of no such one. */
static int32_t channels_without_bias(const MnetGraph *graph, const MnetNode *node, int32_t *bias)
{
    bool transposed = node->op == MNET_OP_TRANSPOSE_CONV;
    bool depthwise = node->op == MNET_OP_DEPTHWISE_CONV_2D;
    *bias = transposed ? 3 : 2;
    if ((!transposed && !depthwise && node->op != MNET_OP_CONV_2D) || !all_given(node, *bias) ||
        (node->n_inputs > *bias && node->inputs[*bias] >= 0) || node->n_outputs != 1 ||
        node->activation != MNET_ACTIVATION_NONE)
        return 0;
    const MnetTensor *weights = &graph->tensors[node->inputs[1]];
    bool floats = graph->tensors[node->outputs[0]].type == MNET_TYPE_FLOAT32 && weights->data;
    return !floats || weights->rank != 4 ? 0 : weights->dims[depthwise ? 3 : 0];
}

/* ADD of one number for each channel to what has no bias. */
static MnetStatus fold_bias(MnetGraph *graph, int32_t index, MnetError *error)
{
    int32_t at, channels = channels_without_bias(graph, &graph->nodes[index], &at);
    int32_t reader = channels ? only_reader(graph, &graph->nodes[index]) : -1;
    if (reader < 0)
        return MNET_OK;
    MnetNode *node = &graph->nodes[index], *add = &graph->nodes[reader];
    if (add->op != MNET_OP_ADD || add->n_inputs != 2 || !all_given(add, 2) || add->n_outputs != 1)
        return MNET_OK;
    int32_t constant = add->inputs[add->inputs[0] == node->outputs[0]];
    const MnetTensor *tensor = &graph->tensors[constant];
    if (!tensor->data || tensor->type != MNET_TYPE_FLOAT32 || tensor->rank < 1 ||
        tensor->rank > 4 || tensor->dims[tensor->rank - 1] != channels ||
        mnet_tensor_elements(tensor) != (size_t)channels ||
        graph->tensors[add->outputs[0]].type != MNET_TYPE_FLOAT32)
        return MNET_OK;
    int32_t *inputs = mnet_store_calloc(graph->store, (size_t)at + 1, sizeof *inputs);
    if (!inputs)
        return mnet_error_memory(error, ((size_t)at + 1) * sizeof *inputs);
    memcpy(inputs, node->inputs, (size_t)at * sizeof *inputs);
    inputs[at] = constant;
    node->inputs = inputs;
    node->n_inputs = at + 1;
    node->activation = add->activation;
    node->outputs[0] = add->outputs[0];
    mnet_node_note(node, "ADD");
    mnet_graph_remove_node(graph, reader);
    return MNET_OK;
}

/* Whether a number of the tensor, scaled to float and back, is the same one. */
static bool survives_floats(const MnetTensor *tensor)
{
    return tensor->type == MNET_TYPE_INT8 && tensor->quant.n == 1 &&
           tensor->quant.scale[0] >= 0x1p-100f && tensor->quant.scale[0] <= 0x1p100f;
}

/* DEQUANTIZE, MIRROR_PAD, QUANTIZE to the same numbers: the bytes themselves move. */
static bool fold_float_move(MnetGraph *graph, int32_t index)
{
    const MnetNode *to_float = &graph->nodes[index];
    if (to_float->op != MNET_OP_DEQUANTIZE || to_float->n_inputs != 1 || !all_given(to_float, 1) ||
        !survives_floats(&graph->tensors[to_float->inputs[0]]))
        return false;
    int32_t move = only_reader(graph, to_float);
    if (move < 0 || graph->nodes[move].op != MNET_OP_MIRROR_PAD ||
        graph->nodes[move].n_inputs != 2 || graph->nodes[move].inputs[0] != to_float->outputs[0] ||
        graph->tensors[to_float->outputs[0]].type != MNET_TYPE_FLOAT32)
        return false;
    int32_t last = only_reader(graph, &graph->nodes[move]);
    if (last < 0 || graph->nodes[last].op != MNET_OP_QUANTIZE || graph->nodes[last].n_inputs != 1 ||
        graph->nodes[last].n_outputs != 1 ||
        graph->tensors[graph->nodes[move].outputs[0]].type != MNET_TYPE_FLOAT32 ||
        !mnet_same_form(&graph->tensors[to_float->inputs[0]],
                        &graph->tensors[graph->nodes[last].outputs[0]]))
        return false;
    MnetNode *node = &graph->nodes[move];
    node->inputs[0] = to_float->inputs[0];
    node->outputs[0] = graph->nodes[last].outputs[0];
    mnet_node_note(node, "DEQUANTIZE, QUANTIZE");
    mnet_graph_remove_node(graph, last);
    mnet_graph_remove_node(graph, index);
    return true;
}

MnetStatus mnet_graph_fold_maps(MnetGraph *graph, MnetError *error)
{
    MnetStatus status = MNET_OK;
    for (int32_t i = 0; i < graph->n_nodes && !status; i++) {
        if (fold_dilation(graph, i) || fold_float_move(graph, i))
            i--;
        else if (!fold_class_map(graph, i))
            status = fold_bias(graph, i, error);
    }
    return status;
}
