/* SPDX-License-Identifier: MIT
 *
 * Rewrites of a graph that give the same results with less work. */
#include "graph/fold.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

void mnet_node_note(MnetNode *node, const char *what)
{
    size_t at = strlen(node->note);
    snprintf(node->note + at, sizeof node->note - at, "%s%s", at ? ", " : "", what);
}

static MnetStatus shift_constant(MnetGraph *graph, MnetTensor *tensor, MnetError *error)
{
    uint8_t *shifted = mnet_store_alloc(graph->store, tensor->data_bytes);
    if (!shifted)
        return mnet_error_memory(error, tensor->data_bytes);
    for (size_t i = 0; i < tensor->data_bytes; i++)
        shifted[i] = ((const uint8_t *)tensor->data)[i] ^ 0x80;
    tensor->data = shifted;
    return MNET_OK;
}

static MnetStatus tensor_to_int8(MnetGraph *graph, MnetTensor *tensor, MnetError *error)
{
    size_t n = (size_t)tensor->quant.n;
    int32_t *zeros = mnet_store_calloc(graph->store, n, sizeof *zeros);
    if (!zeros)
        return mnet_error_memory(error, n * sizeof *zeros);
    for (size_t i = 0; i < n; i++)
        zeros[i] = tensor->quant.zero_point[i] - 128;
    tensor->quant.zero_point = zeros;
    tensor->type = MNET_TYPE_INT8;
    tensor->was_uint8 = true;
    return tensor->data ? shift_constant(graph, tensor, error) : MNET_OK;
}

static bool is_quantised_uint8(const MnetTensor *tensor)
{
    return tensor->type == MNET_TYPE_UINT8 && tensor->quant.n > 0;
}

/* An int8 twin of input, output or constant `t`; -1 and `error`, not NULL, on
 * failure. */
static int32_t int8_twin(MnetGraph *graph, int32_t t, MnetError *error)
{
    int32_t twin = mnet_graph_add_tensor(graph, &graph->tensors[t], error);
    if (twin < 0)
        return -1;
    graph->tensors[twin].data = graph->tensors[t].data;
    graph->tensors[twin].data_bytes = graph->tensors[t].data_bytes;
    return tensor_to_int8(graph, &graph->tensors[twin], error) ? -1 : twin;
}

/* Nodes that read `t` read `twin` instead; the network's outputs stay. */
static void redirect_nodes(MnetGraph *graph, int32_t t, int32_t twin)
{
    for (int32_t i = 0; i < graph->n_nodes; i++)
        for (int32_t j = 0; j < graph->nodes[i].n_inputs; j++)
            if (graph->nodes[i].inputs[j] == t)
                graph->nodes[i].inputs[j] = twin;
}

static MnetStatus flip_input(MnetGraph *graph, int32_t t, MnetError *error)
{
    int32_t twin = int8_twin(graph, t, error);
    if (twin < 0)
        return error->status;
    redirect_nodes(graph, t, twin);
    int32_t node = mnet_graph_add_node(graph, 0, MNET_OP_FLIP, 1, 1, error);
    if (node < 0)
        return error->status;
    graph->nodes[node].inputs[0] = t;
    graph->nodes[node].outputs[0] = twin;
    mnet_node_note(&graph->nodes[node], "uint8 to int8");
    return MNET_OK;
}

/* An output that is a constant stays what it is: only its readers see int8. */
static MnetStatus flip_readers(MnetGraph *graph, int32_t t, MnetError *error)
{
    bool read = false;
    for (int32_t i = 0; i < graph->n_nodes; i++)
        for (int32_t j = 0; j < graph->nodes[i].n_inputs; j++)
            read |= graph->nodes[i].inputs[j] == t;
    int32_t twin = read ? int8_twin(graph, t, error) : t;
    if (twin < 0)
        return error->status;
    redirect_nodes(graph, t, twin);
    return MNET_OK;
}

static MnetStatus flip_output(MnetGraph *graph, int32_t t, MnetError *error)
{
    int32_t producer = mnet_graph_producer(graph, t);
    if (producer < 0) /* the readers of an input have been told already */
        return graph->tensors[t].data ? flip_readers(graph, t, error) : MNET_OK;
    int32_t twin = int8_twin(graph, t, error);
    if (twin < 0)
        return error->status;
    for (int32_t i = 0; i < graph->nodes[producer].n_outputs; i++)
        if (graph->nodes[producer].outputs[i] == t)
            graph->nodes[producer].outputs[i] = twin;
    uint32_t file_index = graph->nodes[producer].file_index;
    mnet_graph_replace_uses(graph, t, twin);
    int32_t node = mnet_graph_add_node(graph, graph->n_nodes, MNET_OP_FLIP, 1, 1, error);
    if (node < 0)
        return error->status;
    graph->nodes[node].inputs[0] = twin;
    graph->nodes[node].outputs[0] = t;
    graph->nodes[node].file_index = file_index;
    mnet_node_note(&graph->nodes[node], "int8 to uint8");
    for (int32_t i = 0; i < graph->n_outputs; i++)
        if (graph->outputs[i] == twin)
            graph->outputs[i] = t;
    return MNET_OK;
}

/* Whether `t` already stands behind a FLIP (an output given twice). */
static bool is_flipped(const MnetGraph *graph, int32_t t)
{
    int32_t producer = mnet_graph_producer(graph, t);
    return producer >= 0 && graph->nodes[producer].op == MNET_OP_FLIP;
}

static MnetStatus fold_uint8(MnetGraph *graph, MnetError *error)
{
    MnetStatus status = MNET_OK;
    for (int32_t i = 0; i < graph->n_inputs && !status; i++)
        if (is_quantised_uint8(&graph->tensors[graph->inputs[i]]))
            status = flip_input(graph, graph->inputs[i], error);
    for (int32_t i = 0; i < graph->n_outputs && !status; i++)
        if (is_quantised_uint8(&graph->tensors[graph->outputs[i]]) &&
            !is_flipped(graph, graph->outputs[i]))
            status = flip_output(graph, graph->outputs[i], error);
    for (int32_t t = 0; t < graph->n_tensors && !status; t++) {
        bool outside = mnet_graph_is_output(graph, t);
        for (int32_t i = 0; i < graph->n_inputs; i++)
            outside |= graph->inputs[i] == t;
        if (is_quantised_uint8(&graph->tensors[t]) && !outside)
            status = tensor_to_int8(graph, &graph->tensors[t], error);
    }
    return status;
}

bool mnet_same_form(const MnetTensor *a, const MnetTensor *b)
{
    return a->type == b->type && a->quant.n == b->quant.n &&
           (!a->quant.n || (a->quant.n == 1 && a->quant.scale[0] == b->quant.scale[0] &&
                            a->quant.zero_point[0] == b->quant.zero_point[0]));
}

bool mnet_pad_values(const MnetGraph *graph, const MnetNode *node, int32_t *values, int32_t *n)
{
    return node->op == MNET_OP_PAD && node->n_inputs == 2 && node->n_outputs == 1 &&
           node->inputs[0] >= 0 && node->inputs[1] >= 0 &&
           mnet_tensor_ints(&graph->tensors[node->inputs[1]], values, 2 * MNET_MAX_RANK, n);
}

bool mnet_transpose_values(const MnetGraph *graph, const MnetNode *node, int32_t *values,
                           int32_t *n)
{
    return node->op == MNET_OP_TRANSPOSE && node->n_inputs == 2 && node->n_outputs == 1 &&
           node->inputs[0] >= 0 && node->inputs[1] >= 0 &&
           mnet_tensor_ints(&graph->tensors[node->inputs[1]], values, MNET_MAX_RANK, n);
}

/* Operators that round for uint8 and int8 apart see the same numbers of the file when a
 * QUANTIZE between the two is gone: its input has no other readers and only FLIP has made
 * it, or only FLIP reads its output. */
static bool reads_alike(const MnetGraph *graph, const MnetNode *quantize)
{
    int32_t from = quantize->outputs[0], to = quantize->inputs[0], reader;
    if (graph->tensors[from].was_uint8 == graph->tensors[to].was_uint8)
        return true;
    if (mnet_graph_uses(graph, from, &reader) == 1 && reader >= 0 &&
        graph->nodes[reader].op == MNET_OP_FLIP)
        return true;
    return is_flipped(graph, to) && mnet_graph_uses(graph, to, NULL) == 1;
}

static bool changes_nothing(const MnetGraph *graph, const MnetNode *node)
{
    int32_t values[2 * MNET_MAX_RANK], n, other = 0;
    if (node->n_inputs < 1 || node->inputs[0] < 0 || node->n_outputs != 1 ||
        !mnet_same_form(&graph->tensors[node->inputs[0]], &graph->tensors[node->outputs[0]]))
        return false;
    if (node->op == MNET_OP_QUANTIZE)
        return graph->tensors[node->outputs[0]].quant.n == 1 && reads_alike(graph, node);
    if (mnet_pad_values(graph, node, values, &n)) {
        for (int32_t i = 0; i < n; i++)
            other |= values[i];
        return !other && n == 2 * graph->tensors[node->inputs[0]].rank;
    }
    if (mnet_transpose_values(graph, node, values, &n)) {
        for (int32_t i = 0; i < n; i++)
            other |= values[i] != i;
        return !other && n == graph->tensors[node->inputs[0]].rank;
    }
    return false;
}

bool mnet_graph_bypass(MnetGraph *graph, int32_t index)
{
    MnetNode *node = &graph->nodes[index];
    int32_t from = node->outputs[0], to = node->inputs[0];
    if (mnet_graph_is_output(graph, from) && mnet_graph_producer(graph, to) < 0)
        return false;
    /* An output keeps its name. */
    if (mnet_graph_is_output(graph, from))
        graph->tensors[to].name = graph->tensors[from].name;
    mnet_graph_replace_uses(graph, from, to);
    mnet_graph_remove_node(graph, index);
    return true;
}

static void remove_idle(MnetGraph *graph)
{
    for (int32_t i = graph->n_nodes - 1; i >= 0; i--) {
        if (!changes_nothing(graph, &graph->nodes[i]))
            continue;
        int32_t from = graph->nodes[i].outputs[0], to = graph->nodes[i].inputs[0];
        if (mnet_graph_bypass(graph, i) && is_flipped(graph, to))
            graph->tensors[to].was_uint8 = graph->tensors[from].was_uint8;
    }
}

/* Nodes whose output nobody reads. */
static void remove_unread(MnetGraph *graph)
{
    for (int32_t i = graph->n_nodes - 1; i >= 0; i--) {
        int32_t uses = 0;
        for (int32_t j = 0; j < graph->nodes[i].n_outputs; j++)
            uses += mnet_graph_uses(graph, graph->nodes[i].outputs[j], NULL);
        if (!uses)
            mnet_graph_remove_node(graph, i);
    }
}

/* paddings are top, bottom, left, right of a 4-dimensional PAD. */
static bool spatial_padding(const MnetGraph *graph, const MnetNode *pad, int32_t *paddings)
{
    int32_t v[2 * MNET_MAX_RANK], n;
    if (!mnet_pad_values(graph, pad, v, &n) || n != 8 || v[0] || v[1] || v[6] || v[7])
        return false;
    for (int32_t i = 0; i < 4; i++) {
        if (v[2 + i] < 0 || v[2 + i] > 1 << 12)
            return false;
        paddings[i] = v[2 + i];
    }
    return true;
}

static void fold_pads(MnetGraph *graph)
{
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        int32_t p[4], consumer;
        MnetNode *pad = &graph->nodes[i];
        if (!spatial_padding(graph, pad, p) ||
            !mnet_same_form(&graph->tensors[pad->inputs[0]], &graph->tensors[pad->outputs[0]]) ||
            mnet_graph_uses(graph, pad->outputs[0], &consumer) != 1 || consumer < 0)
            continue;
        MnetNode *conv = &graph->nodes[consumer];
        MnetWindow *w = &conv->options.window;
        if ((conv->op != MNET_OP_CONV_2D && conv->op != MNET_OP_DEPTHWISE_CONV_2D) ||
            w->padding != MNET_PADDING_VALID || conv->inputs[0] != pad->outputs[0])
            continue;
        w->padding = MNET_PADDING_EXPLICIT;
        w->pad_top = p[0];
        w->pad_bottom = p[1];
        w->pad_left = p[2];
        w->pad_right = p[3];
        conv->inputs[0] = pad->inputs[0];
        mnet_node_note(conv, "PAD");
        mnet_graph_remove_node(graph, i--);
    }
}

static MnetActivation activation_of(MnetOp op)
{
    return op == MNET_OP_RELU           ? MNET_ACTIVATION_RELU
           : op == MNET_OP_RELU6        ? MNET_ACTIVATION_RELU6
           : op == MNET_OP_RELU_N1_TO_1 ? MNET_ACTIVATION_RELU_N1_TO_1
                                        : MNET_ACTIVATION_NONE;
}

static bool takes_activation(const MnetNode *node)
{
    switch (node->op) {
    case MNET_OP_ADD:
    case MNET_OP_SUB:
    case MNET_OP_MUL:
    case MNET_OP_CONV_2D:
    case MNET_OP_DEPTHWISE_CONV_2D:
    case MNET_OP_FULLY_CONNECTED:
    case MNET_OP_TRANSPOSE_CONV:
    case MNET_OP_CONVOLUTION_2D_TRANSPOSE_BIAS:
        return node->activation == MNET_ACTIVATION_NONE && node->n_outputs == 1;
    default:
        return false;
    }
}

static void fold_activations(MnetGraph *graph)
{
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        MnetNode *node = &graph->nodes[i];
        MnetActivation activation = activation_of(node->op);
        if (activation == MNET_ACTIVATION_NONE || node->n_inputs != 1 || node->n_outputs != 1 ||
            node->inputs[0] < 0)
            continue;
        int32_t producer = mnet_graph_producer(graph, node->inputs[0]);
        if (producer < 0 || !takes_activation(&graph->nodes[producer]) ||
            mnet_graph_uses(graph, node->inputs[0], NULL) != 1 ||
            !mnet_same_form(&graph->tensors[node->inputs[0]], &graph->tensors[node->outputs[0]]))
            continue;
        graph->nodes[producer].activation = activation;
        graph->nodes[producer].outputs[0] = node->outputs[0];
        mnet_node_note(&graph->nodes[producer], mnet_op_name(node->op));
        mnet_graph_remove_node(graph, i--);
    }
}

static bool is_input(const MnetGraph *graph, int32_t tensor)
{
    for (int32_t i = 0; i < graph->n_inputs; i++)
        if (graph->inputs[i] == tensor)
            return true;
    return false;
}

/* An output that is an input, too, becomes a copy: it stays when the next input is
 * written, and when states are fed. */
static MnetStatus part_outputs(MnetGraph *graph, MnetError *error)
{
    for (int32_t i = 0; i < graph->n_outputs; i++) {
        int32_t from = graph->outputs[i];
        if (!is_input(graph, from))
            continue;
        int32_t copy = mnet_graph_add_tensor(graph, &graph->tensors[from], error);
        if (copy < 0)
            return MNET_ERROR_LIMIT;
        int32_t at = mnet_graph_add_node(graph, graph->n_nodes, MNET_OP_RESHAPE, 1, 1, error);
        if (at < 0)
            return error->status;
        MnetNode *node = &graph->nodes[at];
        node->inputs[0] = from;
        node->outputs[0] = copy;
        node->options.shape.n = graph->tensors[from].rank;
        memcpy(node->options.shape.dims, graph->tensors[from].dims,
               sizeof graph->tensors[from].dims);
        mnet_node_note(node, "copy of an input");
        graph->outputs[i] = copy;
    }
    return MNET_OK;
}

MnetStatus mnet_graph_fold(MnetGraph *graph, MnetError *error)
{
    MnetError own;
    MnetStatus status = mnet_graph_unpack(graph, error);
    if (status || (status = fold_uint8(graph, error ? error : &own)) ||
        (status = part_outputs(graph, error ? error : &own)))
        return status;
    remove_idle(graph);
    if ((status = mnet_graph_sink_transposes(graph, error)))
        return status;
    remove_unread(graph);
    if ((status = mnet_graph_hoist_transposes(graph, error)))
        return status;
    if ((status = mnet_graph_fold_maps(graph, error)))
        return status;
    fold_pads(graph);
    fold_activations(graph);
    return MNET_OK;
}
