/* SPDX-License-Identifier: MIT
 *
 * Reads a .tflite file as a network: operator by operator, each becomes a layer or
 * a part of the one before. */
#include "train/read_tflite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "format/metadata.h"
#include "format/tflite.h"
#include "graph/fold.h"
#include "train/read_constants.h"
#include "train/read_facts.h"

/* What a tensor is, of a layer x. */
typedef enum {
    VALUE_NONE,
    VALUE_LAYER,   /* x */
    VALUE_SHIFTED, /* relu6(x + 3) */
    VALUE_GATE,    /* relu6(x + 3) / 6 */
    VALUE_SIXFOLD  /* x relu6(x + 3) */
} ValueKind;

typedef struct {
    ValueKind kind;
    int32_t layer;
} Value;

typedef struct {
    MnetGraph graph;
    MnetStore store;
    MnetNet *net;
    MnetError *error;
    Value *values; /* of each tensor */
    /* Of each layer: the constants that its parameters come from; -1: none. */
    int32_t *weights, *biases;
    bool *deduced; /* its activation follows from the range of its bytes alone */
    int32_t max_layers;
} Reader;

#define REFUSE(reader, node, format, ...)                                            \
    mnet_error_set((reader)->error, MNET_ERROR_UNSUPPORTED,                          \
                   "%s: " format "; a classifier of the MobileNet family is needed", \
                   mnet_node_label(node).text, __VA_ARGS__)

static const MnetTensor *tensor_of(const Reader *reader, int32_t index)
{
    return &reader->graph.tensors[index];
}

static Value value_of(const Reader *reader, const MnetNode *node, int32_t input)
{
    int32_t tensor = input < node->n_inputs ? node->inputs[input] : -1;
    return tensor < 0 ? (Value){ VALUE_NONE, -1 } : reader->values[tensor];
}

static void set_value(Reader *reader, const MnetNode *node, ValueKind kind, int32_t layer)
{
    reader->values[node->outputs[0]] = (Value){ kind, layer };
}

/* The layer that input 0 is. */
static MnetStatus input_layer(const Reader *reader, const MnetNode *node, int32_t *layer)
{
    Value value = value_of(reader, node, 0);
    *layer = value.layer;
    if (value.kind == VALUE_LAYER)
        return MNET_OK;
    return REFUSE(reader, node, "%s", "it reads no layer's output");
}

static int32_t uses(const Reader *reader, const MnetNode *node, int32_t input)
{
    int32_t consumer;
    return mnet_graph_uses(&reader->graph, node->inputs[input], &consumer);
}

static bool is_free(const Reader *reader, int32_t layer)
{
    return reader->net->layers[layer].activation == MNET_NET_LINEAR || reader->deduced[layer];
}

static bool has_weights(const Reader *reader, int32_t layer)
{
    MnetNetKind kind = reader->net->layers[layer].kind;
    return kind == MNET_NET_CONV || kind == MNET_NET_DEPTHWISE || kind == MNET_NET_DENSE;
}

/* The operator's result is the layer with an activation, which nobody reads without. */
static MnetStatus activate(Reader *reader, const MnetNode *node, int32_t layer,
                           MnetNetActivation activation, bool alone)
{
    if (!alone || !has_weights(reader, layer) || !is_free(reader, layer))
        return REFUSE(reader, node, "%s",
                      "its input has an activation, other readers or no weights");
    reader->net->layers[layer].activation = activation;
    set_value(reader, node, VALUE_LAYER, layer);
    return MNET_OK;
}

/* What is fused, or follows from bytes that stand for no negative numbers. */
static MnetStatus fused(const Reader *reader, const MnetNode *node, MnetNetActivation *activation)
{
    const MnetTensor *output = tensor_of(reader, node->outputs[0]);
    *activation = MNET_NET_LINEAR;
    if (node->activation == MNET_ACTIVATION_RELU_N1_TO_1)
        return REFUSE(reader, node, "%s", "its activation is RELU_N1_TO_1");
    if (node->activation == MNET_ACTIVATION_RELU)
        *activation = MNET_NET_RELU;
    if (node->activation == MNET_ACTIVATION_RELU6)
        *activation = MNET_NET_RELU6;
    if (node->activation == MNET_ACTIVATION_NONE && output->type == MNET_TYPE_INT8 &&
        output->quant.n == 1 && output->quant.zero_point[0] == -128) {
        float most = 255 * output->quant.scale[0];
        *activation = most > 5.9f && most < 6.1f ? MNET_NET_RELU6 : MNET_NET_RELU;
    }
    return MNET_OK;
}

static MnetStatus add_layer(Reader *reader, const MnetNode *node, MnetNetLayerSpec *spec)
{
    char name[40];
    if (reader->net->n_layers == reader->max_layers)
        return REFUSE(reader, node, "more than %d layers", (int)reader->max_layers);
    snprintf(name, sizeof name, "%d/%s", (int)node->file_index, mnet_op_name(node->op));
    spec->name = name;
    int32_t layer = mnet_net_add(reader->net, spec, reader->error);
    if (layer < 0)
        return MNET_ERROR_UNSUPPORTED; /* the error tells */
    reader->weights[layer] = reader->biases[layer] = -1;
    reader->deduced[layer] = node->activation == MNET_ACTIVATION_NONE;
    set_value(reader, node, VALUE_LAYER, layer);
    return MNET_OK;
}

/* After add_layer(): where the parameters come from. */
static MnetStatus keep_constants(Reader *reader, const MnetNode *node)
{
    int32_t layer = reader->net->n_layers - 1;
    int32_t weights = node->inputs[1], bias = node->n_inputs > 2 ? node->inputs[2] : -1;
    const char *wrong =
        mnet_constants_wrong(&reader->graph, &reader->net->layers[layer], weights, bias);
    if (wrong)
        return REFUSE(reader, node, "%s", wrong);
    reader->weights[layer] = weights;
    reader->biases[layer] = bias;
    return MNET_OK;
}

static void take_padding(const MnetNode *node, MnetNetLayerSpec *spec)
{
    const MnetWindow *w = &node->options.window;
    spec->pads_given = w->padding != MNET_PADDING_SAME;
    if (w->padding != MNET_PADDING_EXPLICIT)
        return;
    spec->pads[0] = w->pad_top;
    spec->pads[1] = w->pad_left;
    spec->pads[2] = w->pad_bottom;
    spec->pads[3] = w->pad_right;
}

/* CONV_2D and DEPTHWISE_CONV_2D; a depthwise one of one channel is the former. */
static MnetStatus read_window(Reader *reader, const MnetNode *node)
{
    int32_t from;
    MnetNetLayerSpec spec = { .kind = MNET_NET_CONV };
    const MnetWindow *window = &node->options.window;
    MnetStatus status = input_layer(reader, node, &from);
    if (status || (status = fused(reader, node, &spec.activation)))
        return status;
    const MnetTensor *weights = tensor_of(reader, node->inputs[1]);
    bool depthwise = node->op == MNET_OP_DEPTHWISE_CONV_2D;
    int32_t channels = reader->net->layers[from].channels;
    if (weights->rank != 4 || weights->dims[1] != weights->dims[2])
        return REFUSE(reader, node, "%s", "its kernel is not square");
    if (window->stride_h != window->stride_w || window->dilation_h != 1 || window->dilation_w != 1)
        return REFUSE(reader, node, "%s", "its strides differ, or it is dilated");
    if (depthwise && channels > 1 && window->multiplier != 1)
        return REFUSE(reader, node, "depth multiplier %d", (int)window->multiplier);
    if (!depthwise && weights->dims[3] != channels)
        return REFUSE(reader, node, "groups of %d channels", (int)weights->dims[3]);
    spec.kind = depthwise && channels > 1 ? MNET_NET_DEPTHWISE : MNET_NET_CONV;
    spec.inputs[0] = from;
    spec.channels = depthwise ? weights->dims[3] : weights->dims[0];
    spec.kernel = weights->dims[1];
    spec.stride = window->stride_h;
    take_padding(node, &spec);
    if ((status = add_layer(reader, node, &spec)))
        return status;
    return keep_constants(reader, node);
}

static MnetStatus read_dense(Reader *reader, const MnetNode *node)
{
    MnetNetLayerSpec spec = { .kind = MNET_NET_DENSE };
    MnetStatus status = input_layer(reader, node, &spec.inputs[0]);
    if (status || (status = fused(reader, node, &spec.activation)))
        return status;
    const MnetTensor *weights = tensor_of(reader, node->inputs[1]);
    spec.channels = weights->rank == 2 ? weights->dims[0] : 0;
    if ((status = add_layer(reader, node, &spec)))
        return status;
    return keep_constants(reader, node);
}

static bool is_number(const Reader *reader, const MnetNode *node, int32_t input, double wanted)
{
    const MnetTensor *tensor = tensor_of(reader, node->inputs[input]);
    return tensor->data && mnet_tensor_elements(tensor) == 1 &&
           fabs(mnet_read_constant(tensor, 0) - wanted) < 0.02 * wanted;
}

/* A number times the input, or added to it: part of the normalisation. */
static bool read_affine(Reader *reader, const MnetNode *node)
{
    Value value = value_of(reader, node, 0);
    const MnetTensor *number = tensor_of(reader, node->inputs[1]);
    if (value.kind != VALUE_LAYER || value.layer != 0 || !number->data ||
        mnet_tensor_elements(number) != 1 || node->activation != MNET_ACTIVATION_NONE)
        return false;
    double by = mnet_read_constant(number, 0);
    if (!isfinite(by) || (node->op == MNET_OP_MUL && !(by > 0)))
        return false;
    if (node->op == MNET_OP_MUL) {
        reader->net->file_factor *= by;
        reader->net->file_summand *= by;
    } else {
        reader->net->file_summand += node->op == MNET_OP_ADD ? by : -by;
    }
    set_value(reader, node, VALUE_LAYER, 0);
    return true;
}

static MnetStatus read_add(Reader *reader, const MnetNode *node)
{
    Value a = value_of(reader, node, 0), b = value_of(reader, node, 1);
    MnetNetLayerSpec spec = { .kind = MNET_NET_ADD, .inputs = { a.layer, b.layer } };
    if (read_affine(reader, node))
        return MNET_OK;
    MnetStatus status = fused(reader, node, &spec.activation);
    if (status)
        return status;
    for (int32_t i = 0; i < 2; i++)
        if (value_of(reader, node, i).kind == VALUE_LAYER && is_number(reader, node, 1 - i, 3) &&
            spec.activation == MNET_NET_RELU6) {
            set_value(reader, node, VALUE_SHIFTED, value_of(reader, node, i).layer);
            return MNET_OK;
        }
    if (a.kind != VALUE_LAYER || b.kind != VALUE_LAYER)
        return REFUSE(reader, node, "%s", "it adds what is no layer's output");
    return add_layer(reader, node, &spec);
}

/* x times its own gate, or a map times that of another layer. */
static MnetStatus read_gated(Reader *reader, const MnetNode *node, int32_t map, int32_t gate,
                             int32_t gate_input)
{
    if (map == gate)
        return activate(reader, node, map, MNET_NET_HARD_SWISH, true);
    if (uses(reader, node, gate_input) != 1 || !has_weights(reader, gate) || !is_free(reader, gate))
        return REFUSE(reader, node, "%s",
                      "its gate has an activation, other readers or no weights");
    reader->net->layers[gate].activation = MNET_NET_HARD_SIGMOID;
    MnetNetLayerSpec spec = { .kind = MNET_NET_SCALE, .inputs = { map, gate } };
    return add_layer(reader, node, &spec);
}

static MnetStatus read_mul(Reader *reader, const MnetNode *node)
{
    if (read_affine(reader, node))
        return MNET_OK;
    for (int32_t i = 0; i < 2 && node->activation == MNET_ACTIVATION_NONE; i++) {
        Value a = value_of(reader, node, i), b = value_of(reader, node, 1 - i);
        bool sixth = is_number(reader, node, 1 - i, 1.0 / 6);
        if (a.kind == VALUE_SHIFTED && sixth) {
            set_value(reader, node, VALUE_GATE, a.layer);
            return MNET_OK;
        }
        if (a.kind == VALUE_SIXFOLD && sixth)
            return activate(reader, node, a.layer, MNET_NET_HARD_SWISH, true);
        if (a.kind == VALUE_LAYER && b.kind == VALUE_SHIFTED && a.layer == b.layer) {
            set_value(reader, node, VALUE_SIXFOLD, a.layer);
            return MNET_OK;
        }
        if (a.kind == VALUE_LAYER && b.kind == VALUE_GATE)
            return read_gated(reader, node, a.layer, b.layer, 1 - i);
    }
    return REFUSE(reader, node, "%s", "it is no part of squeeze and excite or of hard swish");
}

static bool covers_rows_and_columns(const Reader *reader, const MnetNode *node)
{
    int32_t axes[MNET_MAX_RANK], n;
    const MnetWindow *w = &node->options.window;
    const MnetTensor *input = tensor_of(reader, node->inputs[0]);
    if (input->rank != 4)
        return false;
    if (node->op == MNET_OP_AVERAGE_POOL_2D)
        return w->filter_h == input->dims[1] && w->filter_w == input->dims[2] &&
               w->padding == MNET_PADDING_VALID;
    if (node->n_inputs < 2 ||
        !mnet_tensor_ints(tensor_of(reader, node->inputs[1]), axes, MNET_MAX_RANK, &n) || n != 2)
        return false;
    for (int i = 0; i < 2; i++)
        axes[i] += axes[i] < 0 ? 4 : 0;
    return (axes[0] == 1 && axes[1] == 2) || (axes[0] == 2 && axes[1] == 1);
}

static MnetStatus read_pool(Reader *reader, const MnetNode *node)
{
    MnetNetLayerSpec spec = { .kind = MNET_NET_GLOBAL_POOL };
    MnetStatus status = input_layer(reader, node, &spec.inputs[0]);
    if (status)
        return status;
    if (!covers_rows_and_columns(reader, node) || node->activation != MNET_ACTIVATION_NONE)
        return REFUSE(reader, node, "%s", "it is no mean of the whole map");
    return add_layer(reader, node, &spec);
}

/* Operators that change the form alone. */
static MnetStatus read_form(Reader *reader, const MnetNode *node)
{
    Value value = value_of(reader, node, 0);
    if (value.kind != VALUE_LAYER)
        return REFUSE(reader, node, "%s", "it reads no layer's output");
    set_value(reader, node, value.kind, value.layer);
    return MNET_OK;
}

/* A list of all elements, or the map as it was. */
static MnetStatus read_reshape(Reader *reader, const MnetNode *node)
{
    const MnetTensor *output = tensor_of(reader, node->outputs[0]);
    const MnetNetLayer *l = &reader->net->layers[value_of(reader, node, 0).layer];
    int32_t larger = 0;
    for (int32_t i = 0; i < output->rank; i++)
        larger += output->dims[i] > 1;
    bool map = output->rank == 4 && output->dims[1] == l->height && output->dims[2] == l->width &&
               output->dims[3] == l->channels;
    if (larger > 1 && !map)
        return REFUSE(reader, node, "%s", "it makes another map of its input");
    return read_form(reader, node);
}

/* SOFTMAX and LOGISTIC. */
static MnetStatus read_last(Reader *reader, const MnetNode *node)
{
    int32_t consumer;
    if (node->op == MNET_OP_SOFTMAX && node->options.beta != 1)
        return REFUSE(reader, node, "its beta is %g", (double)node->options.beta);
    reader->net->sigmoid = node->op == MNET_OP_LOGISTIC;
    mnet_graph_uses(&reader->graph, node->outputs[0], &consumer);
    if (consumer >= 0 && reader->graph.nodes[consumer].op != MNET_OP_FLIP &&
        reader->graph.nodes[consumer].op != MNET_OP_QUANTIZE &&
        reader->graph.nodes[consumer].op != MNET_OP_DEQUANTIZE)
        return REFUSE(reader, node, "%s", "it is not at the end");
    return read_form(reader, node);
}

static MnetStatus read_swish(Reader *reader, const MnetNode *node)
{
    int32_t layer;
    MnetStatus status = input_layer(reader, node, &layer);
    return status ? status
                  : activate(reader, node, layer, MNET_NET_HARD_SWISH, uses(reader, node, 0) == 1);
}

/* From channels first, in front of all. */
static MnetStatus read_transpose(Reader *reader, const MnetNode *node)
{
    int32_t order[MNET_MAX_RANK], n;
    Value value = value_of(reader, node, 0);
    if (value.kind == VALUE_LAYER && value.layer == 0 &&
        mnet_transpose_values(&reader->graph, node, order, &n) && n == 4 && order[1] == 2 &&
        order[2] == 3 && order[3] == 1)
        return read_form(reader, node);
    return REFUSE(reader, node, "%s", "it is not in front of the first layer");
}

/* Whether the operator has its first inputs and one output. */
static bool is_whole(const MnetNode *node)
{
    bool pair = node->op == MNET_OP_ADD || node->op == MNET_OP_MUL || node->op == MNET_OP_SUB ||
                node->op == MNET_OP_CONV_2D || node->op == MNET_OP_DEPTHWISE_CONV_2D ||
                node->op == MNET_OP_FULLY_CONNECTED || node->op == MNET_OP_MEAN;
    return node->n_outputs == 1 && node->n_inputs >= (pair ? 2 : 1) && node->inputs[0] >= 0 &&
           (!pair || node->inputs[1] >= 0);
}

static MnetStatus read_node(Reader *reader, const MnetNode *node)
{
    if (!is_whole(node))
        return REFUSE(reader, node, "%d inputs and %d outputs", (int)node->n_inputs,
                      (int)node->n_outputs);
    switch (node->op) {
    case MNET_OP_CONV_2D:
    case MNET_OP_DEPTHWISE_CONV_2D:
        return read_window(reader, node);
    case MNET_OP_FULLY_CONNECTED:
        return read_dense(reader, node);
    case MNET_OP_ADD:
        return read_add(reader, node);
    case MNET_OP_MUL:
        return read_mul(reader, node);
    case MNET_OP_SUB:
        return read_affine(reader, node)
                   ? MNET_OK
                   : REFUSE(reader, node, "%s", "it takes no number from the input");
    case MNET_OP_MEAN:
    case MNET_OP_AVERAGE_POOL_2D:
        return read_pool(reader, node);
    case MNET_OP_HARD_SWISH:
        return read_swish(reader, node);
    case MNET_OP_SOFTMAX:
    case MNET_OP_LOGISTIC:
        return read_last(reader, node);
    case MNET_OP_TRANSPOSE:
        return read_transpose(reader, node);
    case MNET_OP_RESHAPE:
        return read_reshape(reader, node);
    case MNET_OP_FLIP:
    case MNET_OP_QUANTIZE:
    case MNET_OP_DEQUANTIZE:
    case MNET_OP_ROUND_DYNAMIC:
    case MNET_OP_SQUEEZE:
        return read_form(reader, node);
    default:
        return REFUSE(reader, node, "%s", "no layer of the family has it");
    }
}

/* The input's rows, columns, channels; those behind a TRANSPOSE where that is first. */
static MnetStatus begin(Reader *reader)
{
    const MnetGraph *graph = &reader->graph;
    const MnetTensor *input = &graph->tensors[graph->inputs[0]];
    int32_t first, d[3] = { 0 };
    mnet_graph_uses(graph, graph->inputs[0], &first);
    bool planes = first >= 0 && graph->nodes[first].op == MNET_OP_TRANSPOSE;
    for (int i = 0; i < 3 && input->rank == 4; i++)
        d[i] = input->dims[planes ? 1 + (i + 1) % 3 : 1 + i];
    if (graph->n_inputs != 1 || graph->n_outputs != 1 || input->rank != 4 || input->dims[0] != 1)
        return mnet_error_set(reader->error, MNET_ERROR_UNSUPPORTED,
                              "%d inputs and %d outputs, the first input of %d dimensions; one "
                              "picture in and one list out are needed",
                              (int)graph->n_inputs, (int)graph->n_outputs, (int)input->rank);
    reader->net = mnet_net_new(d[0], d[1], d[2], reader->error);
    reader->max_layers = graph->n_nodes + 1;
    size_t layers = (size_t)reader->max_layers;
    reader->values =
        mnet_store_calloc(&reader->store, (size_t)graph->n_tensors, sizeof *reader->values);
    reader->weights = mnet_store_calloc(&reader->store, 2 * layers, sizeof *reader->weights);
    if (!reader->net)
        return MNET_ERROR_LIMIT; /* the error tells */
    reader->deduced = mnet_store_calloc(&reader->store, layers, sizeof *reader->deduced);
    if (!reader->values || !reader->weights || !reader->deduced)
        return mnet_error_memory(reader->error, layers * sizeof *reader->weights);
    reader->biases = reader->weights + layers;
    reader->weights[0] = reader->biases[0] = -1;
    reader->values[graph->inputs[0]] = (Value){ VALUE_LAYER, 0 };
    return MNET_OK;
}

/* A convolution that makes the logits of one place is the dense layer it equals. */
static void make_dense(MnetNet *net)
{
    MnetNetLayer *last = &net->layers[net->n_layers - 1];
    if (last->kind == MNET_NET_CONV && last->in_height == 1 && last->in_width == 1 &&
        last->kernel == 1 && last->stride == 1)
        last->kind = MNET_NET_DENSE;
}

static MnetStatus check_numbers(const Reader *reader)
{
    for (size_t i = 0; i < reader->net->n_params; i++)
        if (!isfinite(reader->net->params[i]))
            return mnet_error_set(reader->error, MNET_ERROR_FORMAT,
                                  "a weight or bias is no finite number: the file is damaged, or "
                                  "its training went wrong");
    return MNET_OK;
}

static MnetStatus read_layers(Reader *reader)
{
    const MnetGraph *graph = &reader->graph;
    MnetStatus status = begin(reader);
    for (int32_t i = 0; i < graph->n_nodes && !status; i++)
        status = read_node(reader, &graph->nodes[i]);
    if (status)
        return status;
    Value end = reader->values[graph->outputs[0]];
    const MnetNetLayer *last = mnet_net_logits(reader->net);
    if (end.kind != VALUE_LAYER || end.layer != reader->net->n_layers - 1 || end.layer == 0 ||
        last->height != 1 || last->width != 1)
        return mnet_error_set(reader->error, MNET_ERROR_UNSUPPORTED,
                              "its output is no list of classes or features; a classifier of the "
                              "MobileNet family is needed");
    make_dense(reader->net);
    if ((status = mnet_net_finish(reader->net, reader->error)))
        return status;
    for (int32_t i = 1; i < reader->net->n_layers; i++)
        if (reader->weights[i] >= 0)
            mnet_read_parameters(graph, reader->net, i, reader->weights[i], reader->biases[i]);
    return check_numbers(reader);
}

static MnetStatus read_all(Reader *reader, const void *data, size_t size)
{
    MnetGraph *graph = &reader->graph;
    MnetStatus status = mnet_tflite_read(data, size, &reader->store, graph, reader->error);
    if (status || (status = mnet_graph_check(graph, reader->error)))
        return status;
    MnetMetadata *metadata = mnet_store_alloc(&reader->store, sizeof *metadata);
    if (!metadata)
        return mnet_error_memory(reader->error, sizeof *metadata);
    MnetTensor input = graph->tensors[graph->inputs[0]];
    if ((status = mnet_metadata_read(data, size, graph, &reader->store, metadata, reader->error)) ||
        (status = mnet_graph_fold(graph, reader->error)) || (status = read_layers(reader)))
        return status;
    if ((status =
             mnet_read_normalization(reader->net, &metadata->inputs[0], &input, reader->error)))
        return status;
    const char *title = *metadata->description ? metadata->description : graph->description;
    title = *title ? title : "network";
    mnet_utf8_quote(reader->net->title, sizeof reader->net->title, title, strlen(title));
    return mnet_read_classes(reader->net, &metadata->outputs[0], reader->error);
}

MnetNet *mnet_net_read_tflite_memory(const void *data, size_t size, MnetError *error)
{
    Reader reader = { .error = error };
    mnet_tflite_limit(&reader.store, size);
    MnetStatus status = mnet_tflite_limited(&reader.store, read_all(&reader, data, size), error);
    mnet_store_clear(&reader.store);
    if (!status)
        return reader.net;
    mnet_net_free(reader.net);
    return NULL;
}

MnetNet *mnet_net_read_tflite(const char *path, MnetError *error)
{
    MnetFile file;
    MnetNet *net = NULL;
    if (!mnet_file_read(&file, path, error)) {
        net = mnet_net_read_tflite_memory(file.data, file.size, error);
        mnet_file_clear(&file);
    }
    if (!net && error)
        mnet_error_prefix(error, "%.200s", path);
    return net;
}
