/* SPDX-License-Identifier: MIT
 *
 * A network as the graph that TFLite runs, and as a .tflite file. */
#include "train/net_graph.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "format/tflite_write.h"
#include "train/save.h"

/* Most tensors and operators of a layer: zeros around it, weights, bias, its sum, two
 * constants and two steps of an activation. */
#define LAYER_TENSORS 10
#define LAYER_NODES 4
#define MAX_NAME 64

typedef struct {
    const MnetNet *net; /* without batch normalisation */
    MnetStore *store;
    MnetGraph *graph;
    MnetError *error;
    int32_t *outputs; /* of each layer: the tensor it makes */
    bool failed;
} Maker;

/* The tensor's name, "<layer><part>"; 0 where the tensor was not to be had. */
static int32_t name_tensor(Maker *maker, int32_t index, const char *layer, const char *part)
{
    char *name = mnet_store_alloc(maker->store, MAX_NAME);
    if (!name)
        mnet_error_memory(maker->error, MAX_NAME);
    if (!name || index < 0) {
        maker->failed = true;
        return 0;
    }
    snprintf(name, MAX_NAME, "%s%s", layer, part);
    maker->graph->tensors[index].name = name;
    maker->graph->tensors[index].shape_known = true;
    return index;
}

static int32_t add_tensor(Maker *maker, const MnetTensor *like, const char *layer, const char *part)
{
    int32_t index = mnet_graph_add_tensor(maker->graph, like, maker->error);
    return name_tensor(maker, index, layer, part);
}

static int32_t add_constant(Maker *maker, const MnetTensor *like, const void *data,
                            const char *layer, const char *part)
{
    int32_t index = mnet_graph_add_constant(maker->graph, like, data, maker->error);
    return name_tensor(maker, index, layer, part);
}

/* A number, as TFLite's converter stores it: without dimensions. */
static int32_t add_number(Maker *maker, float value, const char *layer, const char *part)
{
    MnetTensor like = { .type = MNET_TYPE_FLOAT32 };
    return add_constant(maker, &like, &value, layer, part);
}

/* A node of one output, at the end. */
static MnetNode *add_node(Maker *maker, MnetOp op, int32_t n_inputs, const int32_t *inputs,
                          int32_t output)
{
    static MnetNode nowhere; /* written to after a failure, never read */
    MnetGraph *graph = maker->graph;
    int32_t index = maker->failed
                        ? -1
                        : mnet_graph_add_node(graph, graph->n_nodes, op, n_inputs, 1, maker->error);
    if (index < 0) {
        maker->failed = true;
        return &nowhere;
    }
    memcpy(graph->nodes[index].inputs, inputs, (size_t)n_inputs * sizeof *inputs);
    graph->nodes[index].outputs[0] = output;
    graph->nodes[index].file_index = (uint32_t)index;
    return &graph->nodes[index];
}

static MnetTensor map_of(const MnetNetLayer *layer)
{
    return (MnetTensor){ .type = MNET_TYPE_FLOAT32,
                         .rank = 4,
                         .dims = { 1, layer->height, layer->width, layer->channels } };
}

static bool same_padding(const MnetNetLayer *layer)
{
    int32_t rows = (layer->height - 1) * layer->stride + layer->kernel - layer->in_height;
    int32_t columns = (layer->width - 1) * layer->stride + layer->kernel - layer->in_width;
    rows = rows > 0 ? rows : 0;
    columns = columns > 0 ? columns : 0;
    return layer->height == (layer->in_height + layer->stride - 1) / layer->stride &&
           layer->width == (layer->in_width + layer->stride - 1) / layer->stride &&
           layer->pad_top == rows / 2 && layer->pad_bottom == rows - rows / 2 &&
           layer->pad_left == columns / 2 && layer->pad_right == columns - columns / 2;
}

/* Zeros around the input, where they are not those of SAME. */
static int32_t add_pad(Maker *maker, const MnetNetLayer *layer, int32_t input)
{
    const int32_t pads[8] = {
        0, 0, layer->pad_top, layer->pad_bottom, layer->pad_left, layer->pad_right, 0, 0
    };
    MnetTensor list = { .type = MNET_TYPE_INT32, .rank = 2, .dims = { 4, 2 } };
    MnetTensor padded = { .type = MNET_TYPE_FLOAT32,
                          .rank = 4,
                          .dims = { 1, layer->in_height + layer->pad_top + layer->pad_bottom,
                                    layer->in_width + layer->pad_left + layer->pad_right,
                                    layer->in_channels } };
    int32_t inputs[] = { input, add_constant(maker, &list, pads, layer->name, "/paddings") };
    int32_t output = add_tensor(maker, &padded, layer->name, "/pad");
    add_node(maker, MNET_OP_PAD, 2, inputs, output);
    return output;
}

static MnetActivation fused(MnetNetActivation activation)
{
    return activation == MNET_NET_RELU    ? MNET_ACTIVATION_RELU
           : activation == MNET_NET_RELU6 ? MNET_ACTIVATION_RELU6
                                          : MNET_ACTIVATION_NONE;
}

static MnetTensor weights_of(const MnetNetLayer *layer)
{
    MnetTensor tensor = { .type = MNET_TYPE_FLOAT32, .rank = 4 };
    bool depthwise = layer->kind == MNET_NET_DEPTHWISE, dense = layer->kind == MNET_NET_DENSE;
    tensor.dims[0] = depthwise ? 1 : layer->channels;
    tensor.dims[1] = dense ? layer->in_height : layer->kernel;
    tensor.dims[2] = dense ? layer->in_width : layer->kernel;
    tensor.dims[3] = depthwise ? layer->channels : layer->in_channels;
    return tensor;
}

/* CONV, DEPTHWISE, and DENSE as the convolution whose window is the whole map. */
static int32_t add_weighted(Maker *maker, const MnetNetLayer *layer)
{
    const float *params = maker->net->params;
    int32_t input = maker->outputs[layer->inputs[0]];
    bool dense = layer->kind == MNET_NET_DENSE;
    bool same = !dense && same_padding(layer);
    if (!dense && !same &&
        (layer->pad_top || layer->pad_bottom || layer->pad_left || layer->pad_right))
        input = add_pad(maker, layer, input);
    MnetTensor weights = weights_of(layer), map = map_of(layer);
    MnetTensor bias = { .type = MNET_TYPE_FLOAT32, .rank = 1, .dims = { layer->channels } };
    int32_t inputs[] = {
        input, add_constant(maker, &weights, params + layer->weights, layer->name, "/weights"),
        add_constant(maker, &bias, params + layer->bias, layer->name, "/bias")
    };
    bool whole =
        layer->activation == MNET_NET_HARD_SWISH || layer->activation == MNET_NET_HARD_SIGMOID;
    int32_t output = add_tensor(maker, &map, layer->name, whole ? "/sum" : "");
    bool depthwise = layer->kind == MNET_NET_DEPTHWISE;
    MnetNode *node =
        add_node(maker, depthwise ? MNET_OP_DEPTHWISE_CONV_2D : MNET_OP_CONV_2D, 3, inputs, output);
    node->activation = fused(layer->activation);
    node->options.window = (MnetWindow){ .padding = same ? MNET_PADDING_SAME : MNET_PADDING_VALID,
                                         .stride_h = layer->stride,
                                         .stride_w = layer->stride,
                                         .dilation_h = 1,
                                         .dilation_w = 1,
                                         .filter_h = 1,
                                         .filter_w = 1,
                                         .multiplier = 1 };
    return output;
}

static int32_t add_swish(Maker *maker, const MnetNetLayer *layer, int32_t input)
{
    MnetTensor map = map_of(layer);
    int32_t output = add_tensor(maker, &map, layer->name, "");
    add_node(maker, MNET_OP_HARD_SWISH, 1, &input, output);
    return output;
}

/* relu6(x + 3) / 6. */
static int32_t add_sigmoid(Maker *maker, const MnetNetLayer *layer, int32_t input)
{
    MnetTensor map = map_of(layer);
    int32_t sum[] = { input, add_number(maker, 3, layer->name, "/three") };
    int32_t middle = add_tensor(maker, &map, layer->name, "/relu6");
    add_node(maker, MNET_OP_ADD, 2, sum, middle)->activation = MNET_ACTIVATION_RELU6;
    int32_t product[] = { middle, add_number(maker, 1.0f / 6, layer->name, "/sixth") };
    int32_t output = add_tensor(maker, &map, layer->name, "");
    add_node(maker, MNET_OP_MUL, 2, product, output);
    return output;
}

static int32_t add_pair(Maker *maker, const MnetNetLayer *layer)
{
    MnetTensor map = map_of(layer);
    int32_t inputs[] = { maker->outputs[layer->inputs[0]], maker->outputs[layer->inputs[1]] };
    int32_t output = add_tensor(maker, &map, layer->name, "");
    MnetOp op = layer->kind == MNET_NET_ADD ? MNET_OP_ADD : MNET_OP_MUL;
    add_node(maker, op, 2, inputs, output)->activation = fused(layer->activation);
    return output;
}

static int32_t add_pool(Maker *maker, const MnetNetLayer *layer)
{
    static const int32_t rows_and_columns[] = { 1, 2 };
    MnetTensor map = map_of(layer);
    MnetTensor axes = { .type = MNET_TYPE_INT32, .rank = 1, .dims = { 2 } };
    int32_t inputs[] = { maker->outputs[layer->inputs[0]],
                         add_constant(maker, &axes, rows_and_columns, layer->name, "/axes") };
    int32_t output = add_tensor(maker, &map, layer->name, "");
    add_node(maker, MNET_OP_MEAN, 2, inputs, output)->options.keep_dims = true;
    return output;
}

static int32_t add_layer(Maker *maker, const MnetNetLayer *layer)
{
    switch (layer->kind) {
    case MNET_NET_ADD:
    case MNET_NET_SCALE:
        return add_pair(maker, layer);
    case MNET_NET_GLOBAL_POOL:
        return add_pool(maker, layer);
    default:
        break;
    }
    int32_t sum = add_weighted(maker, layer);
    return layer->activation == MNET_NET_HARD_SWISH     ? add_swish(maker, layer, sum)
           : layer->activation == MNET_NET_HARD_SIGMOID ? add_sigmoid(maker, layer, sum)
                                                        : sum;
}

/* From the 1x1 map of the logits to the list of probabilities. */
static int32_t add_softmax(Maker *maker, int32_t logits)
{
    const MnetNetLayer *last = mnet_net_logits(maker->net);
    const int32_t shape[] = { 1, last->channels };
    MnetTensor list = { .type = MNET_TYPE_INT32, .rank = 1, .dims = { 2 } };
    MnetTensor row = { .type = MNET_TYPE_FLOAT32, .rank = 2, .dims = { 1, last->channels } };
    int32_t inputs[] = { logits, add_constant(maker, &list, shape, last->name, "/shape") };
    int32_t flat = add_tensor(maker, &row, last->name, "/flat");
    MnetNode *node = add_node(maker, MNET_OP_RESHAPE, 2, inputs, flat);
    node->options.shape.n = -1;
    int32_t output = add_tensor(maker, &row, "probabilities", "");
    add_node(maker, MNET_OP_SOFTMAX, 1, &flat, output)->options.beta = 1;
    return output;
}

static MnetStatus check(const MnetNet *net, MnetError *error)
{
    const MnetNetLayer *last = mnet_net_logits(net);
    if (net->n_layers > 1 && last->height == 1 && last->width == 1)
        return MNET_OK;
    return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                          "the last layer, %s, has %dx%d places, a classifier's has one",
                          last->name, (int)last->height, (int)last->width);
}

static MnetStatus reserve(Maker *maker)
{
    MnetGraph *graph = maker->graph;
    size_t layers = (size_t)maker->net->n_layers;
    graph->max_tensors = (int32_t)(layers * LAYER_TENSORS + LAYER_TENSORS);
    graph->max_nodes = (int32_t)(layers * LAYER_NODES + LAYER_NODES);
    graph->tensors =
        mnet_store_calloc(maker->store, (size_t)graph->max_tensors, sizeof *graph->tensors);
    graph->nodes = mnet_store_calloc(maker->store, (size_t)graph->max_nodes, sizeof *graph->nodes);
    graph->inputs = mnet_store_calloc(maker->store, 2, sizeof *graph->inputs);
    maker->outputs = mnet_store_calloc(maker->store, layers, sizeof *maker->outputs);
    if (!graph->tensors || !graph->nodes || !graph->inputs || !maker->outputs)
        return mnet_error_memory(maker->error, (size_t)graph->max_nodes * sizeof *graph->nodes);
    graph->outputs = graph->inputs + 1;
    graph->n_inputs = graph->n_outputs = 1;
    return MNET_OK;
}

static MnetStatus make(Maker *maker)
{
    const MnetNet *net = maker->net;
    MnetGraph *graph = maker->graph;
    MnetStatus status = reserve(maker);
    if (status)
        return status;
    MnetTensor input = map_of(&net->layers[0]);
    maker->outputs[0] = graph->inputs[0] = add_tensor(maker, &input, net->layers[0].name, "");
    for (int32_t i = 1; i < net->n_layers && !maker->failed; i++)
        maker->outputs[i] = add_layer(maker, &net->layers[i]);
    graph->outputs[0] = add_softmax(maker, maker->outputs[net->n_layers - 1]);
    return maker->failed ? MNET_ERROR_MEMORY : mnet_graph_check(graph, maker->error);
}

MnetStatus mnet_net_graph(const MnetNet *net, MnetStore *store, MnetGraph *graph, MnetError *error)
{
    MnetStatus status = check(net, error);
    if (status)
        return status;
    MnetNet *folded = mnet_net_folded(net, error);
    if (!folded)
        return MNET_ERROR_MEMORY;
    *graph = (MnetGraph){ .description = "", .store = store };
    Maker maker = { .net = folded, .store = store, .graph = graph, .error = error };
    status = make(&maker);
    mnet_net_free(folded);
    return status;
}

MnetTfliteFacts mnet_net_facts(const MnetNet *net)
{
    size_t channels = (size_t)net->layers[0].channels;
    MnetTfliteFacts facts = { .description = net->title,
                              .labels = (const char *const *)net->classes,
                              .n_labels = (size_t)mnet_net_logits(net)->channels };
    facts.input.n = channels == 3 ? 3 : 1;
    for (size_t i = 0; i < facts.input.n; i++) {
        facts.input.mean[i] = net->mean[i];
        facts.input.std[i] = net->std[i];
    }
    return facts;
}

MnetStatus mnet_net_tflite(const MnetNet *net, uint8_t **data, size_t *size, MnetError *error)
{
    MnetStore store = { 0 };
    MnetGraph graph;
    MnetTfliteFacts facts = mnet_net_facts(net);
    MnetStatus status = mnet_net_graph(net, &store, &graph, error);
    if (!status)
        status = mnet_tflite_write(&graph, &facts, data, size, error);
    mnet_store_clear(&store);
    return status;
}

MnetStatus mnet_net_write_tflite(const MnetNet *net, const char *path, MnetError *error)
{
    uint8_t *data;
    size_t size;
    MnetStatus status = mnet_net_tflite(net, &data, &size, error);
    if (status)
        return status;
    status = mnet_save_file(path, data, size, error);
    mnet_free(data);
    return status;
}
