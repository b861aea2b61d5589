/* SPDX-License-Identifier: MIT
 *
 * TRANSPOSEs moved behind the operators that follow them, so that they meet those
 * that undo them.  Converters from networks with channels in front put them around
 * every convolution. */
#include <string.h>

#include "base/error.h"
#include "graph/fold.h"

/* More than any network needs; each costs a walk over the graph: inputs of nodes that
 * might follow a TRANSPOSE, and those that do. */
#define MAX_LOOKS 8192
#define MAX_MOVES 2048

typedef struct {
    int32_t n;
    int32_t order[MNET_MAX_RANK]; /* output dimension i is input dimension order[i] */
} Order;

/* The order of a TRANSPOSE; false when it is none, or no permutation. */
static bool read_order(const MnetGraph *graph, const MnetNode *node, Order *order)
{
    bool seen[MNET_MAX_RANK] = { false };
    if (!mnet_transpose_values(graph, node, order->order, &order->n))
        return false;
    for (int32_t i = 0; i < order->n; i++) {
        int32_t d = order->order[i] += order->order[i] < 0 ? order->n : 0;
        if (d < 0 || d >= order->n || seen[d])
            return false;
        seen[d] = true;
    }
    return true;
}

static bool same_order(const Order *a, const Order *b)
{
    return a->n == b->n && !memcmp(a->order, b->order, (size_t)a->n * sizeof *a->order);
}

static bool is_elementwise(MnetOp op)
{
    switch (op) {
    case MNET_OP_ADD:
    case MNET_OP_SUB:
    case MNET_OP_MUL:
    case MNET_OP_EXP:
    case MNET_OP_HARD_SWISH:
    case MNET_OP_LOGISTIC:
    case MNET_OP_PRELU:
    case MNET_OP_QUANTIZE:
    case MNET_OP_RELU:
    case MNET_OP_RELU6:
    case MNET_OP_RELU_N1_TO_1:
    case MNET_OP_RSQRT:
    case MNET_OP_SQUARE:
    case MNET_OP_SQUARED_DIFFERENCE:
    case MNET_OP_TANH:
        return true;
    default:
        return false;
    }
}

/* Shapes as they were before the TRANSPOSE. */
static void undo(const Order *order, const int32_t *dims, int32_t *before)
{
    for (int32_t i = 0; i < order->n; i++)
        before[order->order[i]] = dims[i];
}

/* Whether a constant has one dimension, or none, that is not 1, so that its bytes
 * stay as they are. */
static bool is_one_row(const MnetTensor *tensor, int32_t rank)
{
    int32_t rows = 0;
    for (int32_t d = 0; d < tensor->rank; d++)
        rows += tensor->dims[d] != 1;
    return tensor->data && tensor->rank <= rank && rows <= 1;
}

/* `tensor` itself when nothing else reads it, else a copy that shares its bytes;
 * can_sink() has seen that there is room. */
static int32_t own_constant(MnetGraph *graph, int32_t tensor)
{
    if (mnet_graph_uses(graph, tensor, NULL) == 1)
        return tensor;
    MnetTensor copy = graph->tensors[tensor];
    int32_t twin = mnet_graph_add_tensor(graph, &copy, NULL);
    graph->tensors[twin].data = copy.data;
    graph->tensors[twin].data_bytes = copy.data_bytes;
    return twin;
}

/* Lets a constant of one row lie along the dimension that it had before. */
static int32_t turn_constant(MnetGraph *graph, int32_t constant, const Order *order)
{
    int32_t padded[MNET_MAX_RANK], own = own_constant(graph, constant);
    MnetTensor *tensor = &graph->tensors[own];
    int32_t missing = order->n - tensor->rank;
    for (int32_t i = 0; i < order->n; i++)
        padded[i] = i < missing ? 1 : tensor->dims[i - missing];
    undo(order, padded, tensor->dims);
    tensor->rank = order->n;
    return own;
}

/* Gives a PAD these pairs of paddings as a constant of its own. */
static MnetStatus set_paddings(MnetGraph *graph, MnetNode *pad, const int32_t *values, int32_t n,
                               MnetError *error)
{
    int32_t *own = mnet_store_calloc(graph->store, (size_t)n, sizeof *own);
    if (!own)
        return mnet_error_memory(error, (size_t)n * sizeof *own);
    int32_t twin = mnet_graph_add_tensor(graph, &graph->tensors[pad->inputs[1]], error);
    if (twin < 0)
        return MNET_ERROR_LIMIT;
    MnetTensor *tensor = &graph->tensors[twin];
    tensor->type = MNET_TYPE_INT32;
    tensor->rank = 2;
    tensor->dims[0] = n / 2;
    tensor->dims[1] = 2;
    tensor->data = memcpy(own, values, (size_t)n * sizeof *own);
    tensor->data_bytes = (size_t)n * sizeof *own;
    pad->inputs[1] = twin;
    return MNET_OK;
}

static bool has_room(const MnetGraph *graph, const MnetNode *node)
{
    return graph->max_tensors - graph->n_tensors > node->n_inputs;
}

/* Inputs that are activations; the last one of a PAD is not. */
static int32_t n_activations(const MnetNode *node)
{
    return node->op == MNET_OP_PAD ? 1 : node->n_inputs;
}

/* The TRANSPOSE that makes input `i` of a node, or -1. */
static int32_t transpose_before(const MnetGraph *graph, const MnetNode *node, int32_t i,
                                Order *order)
{
    int32_t producer = node->inputs[i] < 0 ? -1 : mnet_graph_producer(graph, node->inputs[i]);
    return producer >= 0 && read_order(graph, &graph->nodes[producer], order) ? producer : -1;
}

/* Whether `tensor` has readers that are not inputs of `node`. */
static bool read_elsewhere(const MnetGraph *graph, const MnetNode *node, int32_t tensor)
{
    int32_t own = 0;
    for (int32_t i = 0; i < node->n_inputs; i++)
        own += node->inputs[i] == tensor;
    return mnet_graph_uses(graph, tensor, NULL) != own;
}

static bool options_can_follow(const MnetGraph *graph, const MnetNode *node, const Order *order)
{
    int32_t values[2 * MNET_MAX_RANK], n;
    if (node->op == MNET_OP_PAD)
        return mnet_pad_values(graph, node, values, &n) && n == 2 * order->n;
    if (node->op == MNET_OP_CONCATENATION)
        return node->options.axis >= -order->n && node->options.axis < order->n;
    return true;
}

/* Whether every activation that the node reads is turned in one order, for it
 * alone, and its constants and options can follow.  *first is the first of the
 * TRANSPOSEs.  *looks is what is left of MAX_LOOKS. */
static bool can_sink(const MnetGraph *graph, const MnetNode *node, Order *order, int32_t *first,
                     int32_t *looks)
{
    Order own;
    *first = -1;
    if (node->n_outputs != 1 || !has_room(graph, node) || node->n_inputs > *looks ||
        !(is_elementwise(node->op) || node->op == MNET_OP_PAD || node->op == MNET_OP_CONCATENATION))
        return false;
    *looks -= node->n_inputs;
    for (int32_t i = 0; i < n_activations(node); i++) {
        int32_t transpose = transpose_before(graph, node, i, &own);
        if (transpose < 0)
            continue;
        if ((*first >= 0 && !same_order(order, &own)) ||
            read_elsewhere(graph, node, node->inputs[i]))
            return false;
        *order = own;
        *first = *first < 0 || transpose < *first ? transpose : *first;
    }
    for (int32_t i = 0; i < n_activations(node) && *first >= 0; i++)
        if (transpose_before(graph, node, i, &own) < 0 &&
            (node->inputs[i] < 0 || !is_elementwise(node->op) ||
             !is_one_row(&graph->tensors[node->inputs[i]], order->n)))
            return false;
    return *first >= 0 && options_can_follow(graph, node, order);
}

static MnetStatus turn_options(MnetGraph *graph, MnetNode *node, const Order *order,
                               MnetError *error)
{
    int32_t values[2 * MNET_MAX_RANK], turned[2 * MNET_MAX_RANK], n;
    if (node->op == MNET_OP_CONCATENATION) {
        int32_t axis = node->options.axis;
        node->options.axis = order->order[axis < 0 ? axis + order->n : axis];
    }
    if (node->op != MNET_OP_PAD || !mnet_pad_values(graph, node, values, &n))
        return MNET_OK;
    for (int32_t i = 0; i < order->n; i++)
        memcpy(turned + 2 * order->order[i], values + 2 * i, 2 * sizeof *values);
    return set_paddings(graph, node, turned, n, error);
}

/* The TRANSPOSEs before node `index` become one behind it, for which the first of
 * them and its tensor are used again. */
static MnetStatus sink(MnetGraph *graph, int32_t index, int32_t first, const Order *order,
                       MnetError *error)
{
    MnetNode *node = &graph->nodes[index], transpose = graph->nodes[first];
    int32_t between = transpose.outputs[0], out = node->outputs[0];
    MnetStatus status = turn_options(graph, node, order, error);
    if (status)
        return status;
    for (int32_t i = 0; i < n_activations(node); i++) {
        Order own;
        int32_t before = transpose_before(graph, node, i, &own);
        if (before < 0)
            node->inputs[i] = turn_constant(graph, node->inputs[i], order);
    }
    for (int32_t i = 0; i < n_activations(node); i++) {
        Order own;
        int32_t before = transpose_before(graph, node, i, &own);
        if (before >= 0)
            node->inputs[i] = graph->nodes[before].inputs[0];
    }
    graph->tensors[between] = graph->tensors[out];
    undo(order, graph->tensors[out].dims, graph->tensors[between].dims);
    node->outputs[0] = between;
    transpose.inputs[0] = between;
    transpose.outputs[0] = out;
    memmove(&graph->nodes[first], &graph->nodes[first + 1],
            (size_t)(index - first) * sizeof *graph->nodes);
    graph->nodes[index] = transpose;
    return MNET_OK;
}

/* The readers of a TRANSPOSE that undoes another one read what that reads. */
static bool cancel(MnetGraph *graph, int32_t index)
{
    Order second, first;
    MnetNode *node = &graph->nodes[index];
    if (!read_order(graph, node, &second))
        return false;
    int32_t between = node->inputs[0], before = mnet_graph_producer(graph, between);
    if (before < 0 || !read_order(graph, &graph->nodes[before], &first) || first.n != second.n)
        return false;
    int32_t origin = graph->nodes[before].inputs[0];
    bool restores = mnet_same_form(&graph->tensors[origin], &graph->tensors[node->outputs[0]]);
    for (int32_t d = 0; d < first.n; d++)
        restores &= first.order[second.order[d]] == d;
    if (!restores)
        return false;
    node->inputs[0] = origin;
    if (mnet_graph_bypass(graph, index))
        return true;
    node->inputs[0] = between;
    return false;
}

MnetStatus mnet_graph_sink_transposes(MnetGraph *graph, MnetError *error)
{
    MnetStatus status = MNET_OK;
    for (int32_t i = 0, moves = 0, looks = MAX_LOOKS; i < graph->n_nodes && !status; i++) {
        Order order;
        int32_t first;
        if (cancel(graph, i)) {
            i--;
        } else if (moves < MAX_MOVES && can_sink(graph, &graph->nodes[i], &order, &first, &looks)) {
            status = sink(graph, i, first, &order, error);
            moves++;
        }
    }
    return status;
}

/* PAD, TRANSPOSE becomes TRANSPOSE, PAD: a convolution takes the PAD before it. */
static MnetStatus hoist(MnetGraph *graph, int32_t before, int32_t index, const Order *order,
                        MnetError *error)
{
    int32_t values[2 * MNET_MAX_RANK], turned[2 * MNET_MAX_RANK], n;
    MnetNode pad = graph->nodes[before], transpose = graph->nodes[index];
    int32_t between = pad.outputs[0], in = pad.inputs[0];
    if (!mnet_pad_values(graph, &pad, values, &n) || n != 2 * order->n || !has_room(graph, &pad))
        return MNET_OK;
    for (int32_t i = 0; i < MNET_MAX_RANK && i < order->n; i++)
        memcpy(turned + 2 * i, values + 2 * order->order[i], 2 * sizeof *values);
    MnetStatus status = set_paddings(graph, &pad, turned, n, error);
    if (status)
        return status;
    MnetTensor tensor = graph->tensors[in];
    tensor.data = NULL;
    tensor.data_bytes = 0;
    for (int32_t i = 0; i < order->n; i++)
        tensor.dims[i] = graph->tensors[in].dims[order->order[i]];
    graph->tensors[between] = tensor;
    pad.outputs[0] = transpose.outputs[0];
    pad.inputs[0] = transpose.outputs[0] = between;
    transpose.inputs[0] = in;
    graph->nodes[before] = transpose;
    graph->nodes[index] = pad;
    return MNET_OK;
}

MnetStatus mnet_graph_hoist_transposes(MnetGraph *graph, MnetError *error)
{
    MnetStatus status = MNET_OK;
    for (int32_t i = 0; i < graph->n_nodes && !status; i++) {
        Order order;
        const MnetNode *node = &graph->nodes[i];
        if (!read_order(graph, node, &order))
            continue;
        int32_t before = mnet_graph_producer(graph, node->inputs[0]);
        if (before >= 0 && graph->nodes[before].op == MNET_OP_PAD &&
            !read_elsewhere(graph, node, node->inputs[0]))
            status = hoist(graph, before, i, &order, error);
    }
    return status;
}
