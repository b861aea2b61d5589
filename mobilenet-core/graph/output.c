/* SPDX-License-Identifier: MIT
 *
 * From an output back to the operators that make it. */
#include "graph/output.h"

/* Operators that are looked at in a row: more than any network has there. */
#define MAX_HOPS 64

int32_t mnet_graph_origin(const MnetGraph *graph, int32_t tensor)
{
    for (int32_t hops = 0; hops < MAX_HOPS; hops++) {
        int32_t producer = mnet_graph_producer(graph, tensor);
        if (producer < 0)
            break;
        const MnetNode *node = &graph->nodes[producer];
        bool same = node->op == MNET_OP_RESHAPE || node->op == MNET_OP_SQUEEZE ||
                    node->op == MNET_OP_QUANTIZE || node->op == MNET_OP_DEQUANTIZE ||
                    node->op == MNET_OP_FLIP || node->op == MNET_OP_CAST;
        if (!same || node->n_inputs < 1 || node->inputs[0] < 0)
            break;
        tensor = node->inputs[0];
    }
    return tensor;
}

/* The input that a constant is added to or multiplied with, as a bias or a
 * factor of a layer is; -1: the node is something else. */
static int32_t scaled_input(const MnetGraph *graph, const MnetNode *node)
{
    if (node->n_inputs != 2 || node->inputs[0] < 0 || node->inputs[1] < 0 ||
        node->activation != MNET_ACTIVATION_NONE ||
        !graph->tensors[node->inputs[0]].data == !graph->tensors[node->inputs[1]].data)
        return -1;
    return node->inputs[graph->tensors[node->inputs[0]].data != NULL];
}

/* Whether one channel is left of those of a SOFTMAX. */
static bool cuts_probability(const MnetGraph *graph, const MnetNode *node)
{
    const MnetTensor *out = &graph->tensors[node->outputs[0]];
    int32_t made = node->inputs[0] < 0
                       ? -1
                       : mnet_graph_producer(graph, mnet_graph_origin(graph, node->inputs[0]));
    return made >= 0 && graph->nodes[made].op == MNET_OP_SOFTMAX && out->shape_known &&
           out->rank == 4 && out->dims[3] == 1;
}

/* Whether the first dimension of `tensor` counts pictures: it is there in all that leads
 * from where pictures are put together, or from an input of several, to here. */
static bool is_batch(const MnetGraph *graph, int32_t tensor)
{
    int32_t batch = graph->tensors[tensor].dims[0];
    for (int32_t hops = 0; hops <= graph->n_nodes && tensor >= 0; hops++) {
        const MnetTensor *at = &graph->tensors[tensor];
        int32_t producer = mnet_graph_producer(graph, tensor);
        if (at->rank < 2 || at->dims[0] != batch)
            return false;
        if (producer < 0)
            return at->rank == 4;
        const MnetNode *node = &graph->nodes[producer];
        if (node->op == MNET_OP_CONCATENATION && at->rank == 4 &&
            (node->options.axis == 0 || node->options.axis == -4))
            return true;
        tensor = mnet_graph_computed_input(graph, node);
    }
    return false;
}

/* The mean of what a batch of pictures has made is of the kind that each of them is. */
static bool averages_batch(const MnetGraph *graph, const MnetNode *node)
{
    int32_t axis, n;
    if (node->n_inputs != 2 || node->inputs[0] < 0 || node->inputs[1] < 0 ||
        !mnet_tensor_ints(&graph->tensors[node->inputs[1]], &axis, 1, &n) || n != 1)
        return false;
    return (axis == 0 || axis == -graph->tensors[node->inputs[0]].rank) &&
           is_batch(graph, node->inputs[0]);
}

/* What a curve's output is when constants change its range. */
static MnetOutputKind ranged(MnetOutputKind kind, bool scaled)
{
    return scaled ? MNET_OUTPUT_FEATURES : kind;
}

MnetOutputKind mnet_graph_output_kind(const MnetGraph *graph, int32_t tensor)
{
    bool scaled = false;
    for (int32_t hops = 0; hops < MAX_HOPS; hops++) {
        int32_t producer = mnet_graph_producer(graph, mnet_graph_origin(graph, tensor));
        if (producer < 0)
            return MNET_OUTPUT_OTHER;
        const MnetNode *node = &graph->nodes[producer];
        switch (node->op) {
        case MNET_OP_SOFTMAX:
            return ranged(MNET_OUTPUT_SOFTMAX, scaled);
        case MNET_OP_LOGISTIC:
            return ranged(MNET_OUTPUT_LOGISTIC, scaled);
        case MNET_OP_TANH:
            return ranged(MNET_OUTPUT_TANH, scaled);
        case MNET_OP_ARG_MAX:
        case MNET_OP_RESIZE_ARG_MAX:
            return MNET_OUTPUT_CLASSES;
        case MNET_OP_TRANSPOSE:
        case MNET_OP_RESIZE_BILINEAR:
        case MNET_OP_RESIZE_NEAREST_NEIGHBOR:
            tensor = node->inputs[0];
            if (tensor < 0)
                return MNET_OUTPUT_OTHER;
            break;
        case MNET_OP_SLICE:
        case MNET_OP_STRIDED_SLICE:
            return cuts_probability(graph, node) ? MNET_OUTPUT_LOGISTIC : MNET_OUTPUT_OTHER;
        case MNET_OP_CONV_2D:
        case MNET_OP_TRANSPOSE_CONV:
        case MNET_OP_CONVOLUTION_2D_TRANSPOSE_BIAS:
        case MNET_OP_FULLY_CONNECTED:
            return node->activation == MNET_ACTIVATION_NONE ? MNET_OUTPUT_LOGITS
                                                            : MNET_OUTPUT_FEATURES;
        case MNET_OP_MUL:
        case MNET_OP_ADD:
        case MNET_OP_SUB:
            tensor = scaled_input(graph, node);
            if (tensor < 0)
                return MNET_OUTPUT_FEATURES;
            scaled = true;
            break;
        case MNET_OP_MEAN:
            if (!averages_batch(graph, node))
                return MNET_OUTPUT_FEATURES;
            tensor = node->inputs[0];
            break;
        case MNET_OP_AVERAGE_POOL_2D:
        case MNET_OP_MAX_POOL_2D:
            return MNET_OUTPUT_FEATURES;
        default:
            return MNET_OUTPUT_OTHER;
        }
    }
    return MNET_OUTPUT_OTHER;
}
