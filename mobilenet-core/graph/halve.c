/* SPDX-License-Identifier: MIT
 *
 * A network of float32 made one of float16: layers, and what follows them, where
 * operators can compute it, with CASTs where they meet those that cannot.  Inputs
 * and outputs of the network stay what they are. */
#include "graph/halve.h"

#include <math.h>

#include "base/error.h"
#include "kernels/half.h"

#define LARGEST_HALF 65504.0f
#define LEAST_NORMAL_HALF 0x1p-14f

/* Where the numbers of each tensor of the file are: as float16, as float32; -1 where
 * they are not (yet). */
typedef struct {
    MnetGraph *graph;
    int32_t *half, *wide;
} Pass;

static bool is_float32(const MnetGraph *graph, int32_t t, bool constant)
{
    return t >= 0 && graph->tensors[t].type == MNET_TYPE_FLOAT32 &&
           (graph->tensors[t].data != NULL) == constant;
}

static bool is_half(const Pass *pass, int32_t t)
{
    return t >= 0 && pass->half[t] >= 0;
}

/* Whether the largest magnitude of a float32 constant is finite as float16, and 0 or
 * at least `least`. */
static bool is_in_range(const MnetGraph *graph, int32_t t, float least)
{
    float largest = 0;
    const uint8_t *from = graph->tensors[t].data;
    size_t n = mnet_tensor_elements(&graph->tensors[t]);
    for (size_t i = 0; i < n; i++) {
        float value;
        __builtin_memcpy(&value, from + i * sizeof value, sizeof value);
        if (!(fabsf(value) <= LARGEST_HALF))
            return false;
        largest = fmaxf(largest, fabsf(value));
    }
    return largest == 0 || largest >= least;
}

static bool is_layer(const MnetGraph *graph, const MnetNode *node)
{
    return (node->op == MNET_OP_CONV_2D || node->op == MNET_OP_DEPTHWISE_CONV_2D ||
            node->op == MNET_OP_FULLY_CONNECTED) &&
           node->n_inputs >= 2 && node->n_inputs <= 3 && is_float32(graph, node->inputs[1], true) &&
           (node->n_inputs == 2 || node->inputs[2] < 0 || is_float32(graph, node->inputs[2], true));
}

/* Weights and bias stay float32: packing rounds them. */
static bool has_half_weights(const MnetGraph *graph, const MnetNode *node)
{
    return is_in_range(graph, node->inputs[1], LEAST_NORMAL_HALF) &&
           (node->n_inputs == 2 || node->inputs[2] < 0 || is_in_range(graph, node->inputs[2], 0));
}

/* Of maps only: where boxes are decoded numbers are sizes in pixels, which want more
 * than 11 bits. */
static bool is_of_maps(const MnetGraph *graph, const MnetNode *node)
{
    const MnetTensor *out = &graph->tensors[node->outputs[0]];
    return out->shape_known && out->rank == 4;
}

/* An operator that computes float16 when its input is. */
static bool follows(const Pass *pass, const MnetNode *node)
{
    const MnetGraph *graph = pass->graph;
    bool all = true, any = false, constant = false;
    switch (node->op) {
    case MNET_OP_RELU:
    case MNET_OP_RELU6:
    case MNET_OP_RELU_N1_TO_1:
    case MNET_OP_HARD_SWISH:
    case MNET_OP_AVERAGE_POOL_2D:
    case MNET_OP_MAX_POOL_2D:
    case MNET_OP_MEAN:
    case MNET_OP_PAD:
    case MNET_OP_RESHAPE:
    case MNET_OP_SQUEEZE:
        return is_half(pass, node->inputs[0]);
    case MNET_OP_ADD:
    case MNET_OP_SUB:
    case MNET_OP_MUL:
    case MNET_OP_CONCATENATION:
        break;
    default:
        return false;
    }
    for (int32_t i = 0; i < node->n_inputs; i++) {
        int32_t t = node->inputs[i];
        bool fixed = is_float32(graph, t, true);
        if (!is_half(pass, t) && !is_float32(graph, t, false) && !fixed)
            return false;
        if (fixed && !is_in_range(graph, t, LEAST_NORMAL_HALF))
            return false;
        any |= is_half(pass, t);
        all &= is_half(pass, t);
        constant |= fixed;
    }
    return is_of_maps(graph, node) &&
           (node->op == MNET_OP_CONCATENATION ? all && !constant : any && node->n_inputs == 2);
}

static bool computes_half(const Pass *pass, const MnetNode *node)
{
    const MnetGraph *graph = pass->graph;
    if (node->n_inputs < 1 || node->n_outputs != 1 || !is_float32(graph, node->outputs[0], false))
        return false;
    if (!is_half(pass, node->inputs[0]) && !is_float32(graph, node->inputs[0], false) &&
        !(node->n_inputs == 2 && is_float32(graph, node->inputs[0], true)))
        return false;
    if (!is_layer(graph, node))
        return follows(pass, node);
    return graph->tensors[node->inputs[0]].data == NULL && has_half_weights(graph, node);
}

/* A tensor like `t` of another type; -1 and `error`. */
static int32_t twin_of(MnetGraph *graph, int32_t t, MnetType type, MnetError *error)
{
    MnetTensor like = graph->tensors[t];
    like.type = type;
    like.was_float32 = type == MNET_TYPE_FLOAT16;
    return mnet_graph_add_tensor(graph, &like, error);
}

static MnetStatus insert_cast(MnetGraph *graph, int32_t before, int32_t from, int32_t to,
                              uint32_t file_index, MnetError *error)
{
    if (mnet_graph_add_node(graph, before, MNET_OP_CAST, 1, 1, error) < 0)
        return MNET_ERROR_LIMIT;
    MnetNode *cast = &graph->nodes[before];
    cast->inputs[0] = from;
    cast->outputs[0] = to;
    cast->file_index = file_index;
    return MNET_OK;
}

static int32_t half_constant(MnetGraph *graph, int32_t t, MnetError *error)
{
    size_t n = mnet_tensor_elements(&graph->tensors[t]);
    const uint8_t *from = graph->tensors[t].data;
    int32_t twin = twin_of(graph, t, MNET_TYPE_FLOAT16, error);
    uint16_t *halves = mnet_store_calloc(graph->store, n, sizeof *halves);
    if (!halves)
        mnet_error_memory(error, n * sizeof *halves);
    if (!halves || twin < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        float value;
        __builtin_memcpy(&value, from + i * sizeof value, sizeof value);
        halves[i] = mnet_half_from_float(value);
    }
    graph->tensors[twin].data = halves;
    graph->tensors[twin].data_bytes = n * sizeof *halves;
    graph->tensors[twin].in_store = true;
    return twin;
}

/* Input `j` of node *index as float16 or as float32; a CAST before the node moves it. */
static MnetStatus cast_input(Pass *pass, int32_t *index, int32_t j, MnetType type, MnetError *error)
{
    MnetGraph *graph = pass->graph;
    int32_t t = graph->nodes[*index].inputs[j];
    int32_t *have = type == MNET_TYPE_FLOAT16 ? &pass->half[t] : &pass->wide[t];
    if (*have < 0 && graph->tensors[t].data) {
        *have = half_constant(graph, t, error);
    } else if (*have < 0) {
        uint32_t file_index = graph->nodes[*index].file_index;
        *have = twin_of(graph, t, type, error);
        if (*have >= 0 && insert_cast(graph, *index, t, *have, file_index, error))
            return MNET_ERROR_LIMIT;
        ++*index;
    }
    if (*have < 0)
        return MNET_ERROR_LIMIT;
    graph->nodes[*index].inputs[j] = *have;
    return MNET_OK;
}

/* What is an output of the network is cast behind the node. */
static MnetStatus halve_output(Pass *pass, int32_t *index, MnetError *error)
{
    MnetGraph *graph = pass->graph;
    MnetNode *node = &graph->nodes[*index];
    int32_t out = node->outputs[0];
    if (!mnet_graph_is_output(graph, out)) {
        graph->tensors[out].type = MNET_TYPE_FLOAT16;
        graph->tensors[out].was_float32 = true;
        pass->half[out] = out;
        return MNET_OK;
    }
    int32_t twin = twin_of(graph, out, MNET_TYPE_FLOAT16, error);
    if (twin < 0)
        return MNET_ERROR_LIMIT;
    node->outputs[0] = pass->half[out] = twin;
    pass->wide[out] = out;
    return insert_cast(graph, ++*index, twin, out, node->file_index, error);
}

static MnetStatus halve_node(Pass *pass, int32_t *index, MnetError *error)
{
    MnetStatus status = MNET_OK;
    const MnetNode *node = &pass->graph->nodes[*index];
    bool several = node->op == MNET_OP_ADD || node->op == MNET_OP_SUB || node->op == MNET_OP_MUL ||
                   node->op == MNET_OP_CONCATENATION;
    int32_t n = several ? node->n_inputs : 1;
    for (int32_t j = 0; j < n && !status; j++)
        status = cast_input(pass, index, j, MNET_TYPE_FLOAT16, error);
    return status ? status : halve_output(pass, index, error);
}

/* The inputs of a node that computes float32. */
static MnetStatus widen_inputs(Pass *pass, int32_t *index, MnetError *error)
{
    MnetStatus status = MNET_OK;
    const MnetGraph *graph = pass->graph;
    for (int32_t j = 0; j < graph->nodes[*index].n_inputs && !status; j++) {
        int32_t t = graph->nodes[*index].inputs[j];
        if (t >= 0 && graph->tensors[t].was_float32)
            status = cast_input(pass, index, j, MNET_TYPE_FLOAT32, error);
    }
    return status;
}

/* Layers of 8-bit weights take rounded inputs, exact as float32. */
static bool has_rounded_inputs(const MnetGraph *graph)
{
    for (int32_t i = 0; i < graph->n_nodes; i++)
        if (graph->nodes[i].op == MNET_OP_ROUND_DYNAMIC)
            return true;
    return false;
}

MnetStatus mnet_graph_halve(MnetGraph *graph, bool *any, MnetError *error)
{
    *any = false;
    if (has_rounded_inputs(graph))
        return MNET_OK;
    size_t n = (size_t)graph->max_tensors;
    int32_t *numbers = mnet_calloc(2 * n, sizeof *numbers);
    if (!numbers)
        return mnet_error_memory(error, 2 * n * sizeof *numbers);
    Pass pass = { graph, numbers, numbers + n };
    MnetStatus status = MNET_OK;
    for (size_t i = 0; i < 2 * n; i++)
        numbers[i] = -1;
    for (int32_t i = 0; i < graph->n_nodes && !status; i++) {
        bool halve = computes_half(&pass, &graph->nodes[i]);
        *any |= halve;
        status = halve ? halve_node(&pass, &i, error) : widen_inputs(&pass, &i, error);
    }
    mnet_free(numbers);
    return status;
}
