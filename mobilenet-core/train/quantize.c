/* SPDX-License-Identifier: MIT
 *
 * Post-training quantisation: ranges, scales, int8 constants, the int8 graph. */
#include "train/quantize.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "format/tflite_write.h"
#include "train/calibrate.h"
#include "train/equalize.h"
#include "train/net_graph.h"

/* Biases are below this many steps, sums of products come on top. */
#define MAX_BIAS ((double)(1 << 30))

typedef struct {
    const MnetNet *net;
    const MnetQuantizeOptions *options;
    MnetStore *store;
    MnetError *error;
    const MnetGraph *from; /* of floats */
    const MnetRange *ranges;
    MnetGraph to;
    MnetNormalization bytes; /* what a byte of the new input stands for */
    double shift[4];         /* per channel: the old input less the new one */
    bool failed;
} Quantizer;

static void *allocate(Quantizer *q, size_t count, size_t size)
{
    void *block = mnet_store_calloc(q->store, count, size);
    if (!block && !q->failed) {
        q->failed = true;
        mnet_error_memory(q->error, count * size);
    }
    return block;
}

/* Room for n scales; zero points are 0. */
static float *new_quant(Quantizer *q, MnetTensor *tensor, int32_t n, int32_t axis)
{
    float *scales = allocate(q, (size_t)n, sizeof *scales);
    int32_t *zeros = allocate(q, (size_t)n, sizeof *zeros);
    if (!scales || !zeros)
        return NULL;
    tensor->quant = (MnetQuant){ .n = n, .axis = axis, .scale = scales, .zero_point = zeros };
    return scales;
}

static void set_quant(Quantizer *q, MnetTensor *tensor, double scale, int32_t zero_point)
{
    float *scales = new_quant(q, tensor, 1, 0);
    if (!scales)
        return;
    tensor->type = MNET_TYPE_INT8;
    scales[0] = (float)scale;
    ((int32_t *)(uintptr_t)tensor->quant.zero_point)[0] = zero_point;
}

static int32_t clamp(double value, int32_t low, int32_t high)
{
    return value <= low ? low : value >= high ? high : (int32_t)lrint(value);
}

/* 256 steps from min to max, which 0 lies between and is one of. */
static void set_range(Quantizer *q, MnetTensor *tensor, double min, double max)
{
    double scale = (max - min) / 255;
    if (!(scale > 1e-10))
        scale = 1.0 / 255;
    set_quant(q, tensor, scale, clamp(-128 - min / scale, -128, 127));
}

/* A step is one step of a pixel's byte.  What parts of steps are left, as of a mean of
 * 127.5, is for the first layers' biases. */
static void set_input(Quantizer *q)
{
    MnetTensor *tensor = &q->to.tensors[q->to.inputs[0]];
    const float *mean = q->net->mean, *std = q->net->std;
    int32_t channels = tensor->dims[3] < 3 ? tensor->dims[3] : 3;
    double middle = 0;
    for (int32_t c = 0; c < channels; c++)
        middle += (double)mean[c] / channels;
    int32_t zero = clamp(middle, 0, 255);
    set_quant(q, tensor, 1 / (double)std[0], zero - 128);
    q->bytes.n = (size_t)channels;
    for (int32_t c = 0; c < channels; c++) {
        q->bytes.mean[c] = (float)zero;
        q->bytes.std[c] = std[0];
        q->shift[c] = (zero - (double)mean[c]) / (double)std[0];
    }
}

static void set_activation(Quantizer *q, const MnetNode *node)
{
    int32_t output = node->outputs[0];
    MnetTensor *tensor = &q->to.tensors[output];
    const MnetTensor *input = &q->to.tensors[node->inputs[0]];
    const MnetRange *range = &q->ranges[output];
    if (node->op == MNET_OP_RESHAPE || node->op == MNET_OP_PAD)
        set_quant(q, tensor, input->quant.n ? (double)input->quant.scale[0] : 1,
                  input->quant.n ? input->quant.zero_point[0] : 0);
    else if (node->op == MNET_OP_SOFTMAX)
        set_quant(q, tensor, 1.0 / 256, -128);
    else
        set_range(q, tensor, (double)range->min, (double)range->max);
}

/* Which channel of the output an element of the weights belongs to. */
static size_t channel_of(const MnetTensor *weights, bool depthwise, size_t element, size_t channels)
{
    return depthwise ? element % channels
                     : element / (mnet_tensor_elements(weights) / (size_t)weights->dims[0]);
}

typedef struct {
    const float *weights, *biases;
    size_t n, channels;
    bool depthwise;
    double *most;  /* of each channel's weights */
    double *moved; /* what is added to each channel's bias */
} Layer;

/* What an input that is `shift` lower takes from the sums. */
static void move_for_input(const Quantizer *q, const MnetNode *node, const MnetTensor *weights,
                           Layer *layer)
{
    size_t in = layer->depthwise ? layer->channels : (size_t)weights->dims[3];
    if (node->inputs[0] != q->to.inputs[0])
        return;
    for (size_t i = 0; i < layer->n; i++) {
        size_t c = channel_of(weights, layer->depthwise, i, layer->channels);
        layer->moved[c] += (double)layer->weights[i] * q->shift[i % in < 3 ? i % in : 3];
    }
}

static void move_for_means(const Quantizer *q, const MnetNode *node, const MnetTensor *weights,
                           const int8_t *bytes, Layer *layer)
{
    const MnetRange *input = &q->ranges[node->inputs[0]];
    size_t in = layer->depthwise ? layer->channels : (size_t)weights->dims[3];
    if (!q->options->correct_bias || !input->places)
        return;
    for (size_t i = 0; i < layer->n; i++) {
        size_t c = channel_of(weights, layer->depthwise, i, layer->channels);
        double off = (double)weights->quant.scale[c] * bytes[i] - (double)layer->weights[i];
        layer->moved[c] -= off * input->channel_sum[i % in] / (double)input->places;
    }
}

static void scale_weights(Quantizer *q, MnetTensor *weights, Layer *layer, double in_scale)
{
    double largest = 0;
    float *scales = new_quant(q, weights, (int32_t)layer->channels, layer->depthwise ? 3 : 0);
    for (size_t i = 0; i < layer->n; i++) {
        size_t c = channel_of(weights, layer->depthwise, i, layer->channels);
        layer->most[c] = fmax(layer->most[c], fabs((double)layer->weights[i]));
        largest = fmax(largest, layer->most[c]);
    }
    for (size_t c = 0; c < layer->channels && scales; c++) {
        double bias = fabs((double)layer->biases[c] + layer->moved[c]);
        double least = fmax(largest > 0 ? largest / 65536 : 1, 127 * bias / MAX_BIAS / in_scale);
        scales[c] = (float)(fmax(layer->most[c], least) / 127);
    }
}

static int8_t *round_weights(Quantizer *q, MnetTensor *weights, const Layer *layer)
{
    int8_t *bytes = allocate(q, layer->n, sizeof *bytes);
    for (size_t i = 0; i < layer->n && bytes && !q->failed; i++) {
        size_t c = channel_of(weights, layer->depthwise, i, layer->channels);
        bytes[i] =
            (int8_t)clamp((double)layer->weights[i] / (double)weights->quant.scale[c], -127, 127);
    }
    weights->type = MNET_TYPE_INT8;
    weights->data = bytes;
    weights->data_bytes = layer->n;
    return bytes;
}

static void round_biases(Quantizer *q, MnetTensor *bias, const MnetTensor *weights,
                         const Layer *layer, float in_scale)
{
    int32_t *numbers = allocate(q, layer->channels, sizeof *numbers);
    float *scales = new_quant(q, bias, (int32_t)layer->channels, 0);
    if (!numbers || !scales)
        return;
    for (size_t c = 0; c < layer->channels; c++) {
        scales[c] = in_scale * weights->quant.scale[c];
        double value = (double)layer->biases[c] + layer->moved[c];
        numbers[c] = clamp(value / (double)scales[c], -(1 << 30), 1 << 30);
    }
    bias->type = MNET_TYPE_INT32;
    bias->data = numbers;
    bias->data_bytes = layer->channels * sizeof *numbers;
}

static void set_layer(Quantizer *q, const MnetNode *node)
{
    MnetTensor *weights = &q->to.tensors[node->inputs[1]], *bias = &q->to.tensors[node->inputs[2]];
    const MnetTensor *input = &q->to.tensors[node->inputs[0]];
    Layer layer = { .weights = weights->data,
                    .biases = bias->data,
                    .n = mnet_tensor_elements(weights),
                    .channels = mnet_tensor_elements(bias),
                    .depthwise = node->op == MNET_OP_DEPTHWISE_CONV_2D };
    layer.most = allocate(q, layer.channels, sizeof *layer.most);
    layer.moved = allocate(q, layer.channels, sizeof *layer.moved);
    if (q->failed)
        return;
    move_for_input(q, node, weights, &layer);
    scale_weights(q, weights, &layer, (double)input->quant.scale[0]);
    int8_t *bytes = q->failed ? NULL : round_weights(q, weights, &layer);
    if (!bytes)
        return;
    move_for_means(q, node, weights, bytes, &layer);
    round_biases(q, bias, weights, &layer, input->quant.scale[0]);
}

/* The number that an ADD or MUL has as its second input: 127 steps. */
static void set_number(Quantizer *q, MnetTensor *number)
{
    float value;
    int8_t *byte = allocate(q, 1, 1);
    memcpy(&value, number->data, sizeof value);
    if (!byte)
        return;
    *byte = 127;
    set_quant(q, number, (double)value / 127, 0);
    number->data = byte;
    number->data_bytes = 1;
}

static void quantize_node(Quantizer *q, const MnetNode *node)
{
    if (node->op == MNET_OP_CONV_2D || node->op == MNET_OP_DEPTHWISE_CONV_2D)
        set_layer(q, node);
    if ((node->op == MNET_OP_ADD || node->op == MNET_OP_MUL) && q->to.tensors[node->inputs[1]].data)
        set_number(q, &q->to.tensors[node->inputs[1]]);
    if (!q->failed)
        set_activation(q, node);
}

/* A tensor of uint8 for one of int8 at the network's end, and the node between. */
static void add_port(Quantizer *q, int32_t *port, const char *name, bool input)
{
    MnetGraph *to = &q->to;
    int32_t inside = *port;
    int32_t outside = mnet_graph_add_tensor(to, &to->tensors[inside], q->error);
    int32_t node = outside < 0 ? -1
                               : mnet_graph_add_node(to, input ? 0 : to->n_nodes, MNET_OP_QUANTIZE,
                                                     1, 1, q->error);
    if (node < 0) {
        q->failed = true;
        return;
    }
    MnetTensor *tensor = &to->tensors[outside];
    int32_t zero = tensor->quant.zero_point[0] + 128;
    set_quant(q, tensor, (double)tensor->quant.scale[0], zero);
    tensor->type = MNET_TYPE_UINT8;
    tensor->name = name;
    to->nodes[node].inputs[0] = input ? outside : inside;
    to->nodes[node].outputs[0] = input ? inside : outside;
    *port = outside;
}

/* The float graph's tensors and nodes, with room for two more. */
static void copy_graph(Quantizer *q)
{
    const MnetGraph *from = q->from;
    MnetGraph *to = &q->to;
    *to = (MnetGraph){ .description = from->description, .store = q->store };
    to->max_tensors = from->n_tensors + 2;
    to->max_nodes = from->n_nodes + 2;
    to->tensors = allocate(q, (size_t)to->max_tensors, sizeof *to->tensors);
    to->nodes = allocate(q, (size_t)to->max_nodes, sizeof *to->nodes);
    to->inputs = allocate(q, 2, sizeof *to->inputs);
    if (q->failed)
        return;
    memcpy(to->tensors, from->tensors, (size_t)from->n_tensors * sizeof *to->tensors);
    memcpy(to->nodes, from->nodes, (size_t)from->n_nodes * sizeof *to->nodes);
    to->n_tensors = from->n_tensors;
    to->n_nodes = from->n_nodes;
    to->outputs = to->inputs + 1;
    to->n_inputs = to->n_outputs = 1;
    to->inputs[0] = from->inputs[0];
    to->outputs[0] = from->outputs[0];
}

static MnetStatus quantize_graph(Quantizer *q)
{
    copy_graph(q);
    if (!q->failed)
        set_input(q);
    for (int32_t i = 0; i < q->from->n_nodes && !q->failed; i++)
        quantize_node(q, &q->from->nodes[i]);
    if (!q->failed && !q->options->int8_io) {
        add_port(q, &q->to.inputs[0], "image", true);
        if (!q->failed)
            add_port(q, &q->to.outputs[0], "scores", false);
    }
    return q->failed ? MNET_ERROR_MEMORY : mnet_graph_check(&q->to, q->error);
}

/* The largest values of each layer's channels, by the tensors' names. */
static float **channel_maxima(const MnetNet *net, const MnetGraph *graph, const MnetRange *ranges,
                              MnetStore *store)
{
    float **most = mnet_store_calloc(store, (size_t)net->n_layers, sizeof *most);
    for (int32_t i = 0; most && i < net->n_layers; i++) {
        most[i] = mnet_store_calloc(store, (size_t)net->layers[i].channels, sizeof **most);
        if (!most[i])
            return NULL;
        for (int32_t t = 0; t < graph->n_tensors; t++)
            if (ranges[t].channel_max && !strcmp(graph->tensors[t].name, net->layers[i].name) &&
                ranges[t].channels == net->layers[i].channels)
                memcpy(most[i], ranges[t].channel_max, (size_t)ranges[t].channels * sizeof **most);
    }
    return most;
}

static MnetStatus equalize(MnetNet *net, const MnetQuantizeOptions *options, MnetError *error)
{
    MnetStore store = { 0 };
    MnetGraph graph;
    MnetRange *ranges;
    MnetStatus status = mnet_net_graph(net, &store, &graph, error);
    if (!status)
        status = mnet_calibrate(&graph, options, &store, &ranges, error);
    if (!status) {
        float **most = channel_maxima(net, &graph, ranges, &store);
        if (most)
            mnet_net_equalize(net, most);
        else
            status = mnet_error_memory(error, 0);
    }
    mnet_store_clear(&store);
    return status;
}

/* The caller's pictures, as the network with one deviation for all channels has them. */
typedef struct {
    const MnetQuantizeOptions *options;
    float by[3];
    size_t elements, channels;
} OneDeviation;

static bool scaled_picture(void *user, size_t index, float *input, MnetError *error)
{
    const OneDeviation *one = user;
    if (!one->options->picture(one->options->user, index, input, error))
        return false;
    for (size_t i = 0; i < one->elements; i++)
        input[i] *= one->by[i % one->channels];
    return true;
}

/* Lets all channels of the input have the deviation of the first; the weights that read
 * them make up for it. */
static MnetStatus level_deviations(MnetNet *net, OneDeviation *one, MnetError *error)
{
    const MnetNetLayer *input = &net->layers[0];
    one->channels = (size_t)input->channels;
    one->elements = (size_t)input->height * (size_t)input->width * one->channels;
    if (one->channels > 3 || !(net->std[0] > 0) || !(net->std[1] > 0) || !(net->std[2] > 0))
        return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                              "its input has %zu channels, with deviations %g, %g, %g; 1 or 3 "
                              "channels and deviations above 0 are possible",
                              one->channels, (double)net->std[0], (double)net->std[1],
                              (double)net->std[2]);
    for (size_t c = 0; c < 3; c++)
        one->by[c] = net->std[c] / net->std[0];
    for (int32_t i = 1; i < net->n_layers; i++) {
        const MnetNetLayer *l = &net->layers[i];
        if (l->inputs[0] != 0 && l->inputs[1] != 0)
            continue;
        if (l->weights == MNET_NET_NONE)
            return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                                  "layer %s reads the picture and has no weights", l->name);
        for (size_t k = 0; k < l->n_weights; k++)
            net->params[l->weights + k] /= one->by[k % one->channels];
    }
    net->std[1] = net->std[2] = net->std[0];
    return MNET_OK;
}

static MnetStatus write_graph(Quantizer *q, uint8_t **data, size_t *size)
{
    MnetTfliteFacts facts = mnet_net_facts(q->net);
    facts.input = q->bytes;
    return mnet_tflite_write(&q->to, &facts, data, size, q->error);
}

static MnetStatus quantize(MnetNet *net, const MnetQuantizeOptions *options, uint8_t **data,
                           size_t *size, MnetError *error)
{
    MnetStore store = { 0 };
    MnetGraph graph;
    MnetRange *ranges;
    Quantizer q = {
        .net = net, .options = options, .store = &store, .error = error, .from = &graph
    };
    MnetStatus status = options->equalize ? equalize(net, options, error) : MNET_OK;
    if (!status && !(status = mnet_net_graph(net, &store, &graph, error)) &&
        !(status = mnet_calibrate(&graph, options, &store, &ranges, error))) {
        q.ranges = ranges;
        status = quantize_graph(&q);
    }
    if (!status)
        status = write_graph(&q, data, size);
    mnet_store_clear(&store);
    return status;
}

/* Written networks end in SOFTMAX. */
static MnetStatus check_end(const MnetNet *net, MnetError *error)
{
    bool features = mnet_net_logits(net)->weights == MNET_NET_NONE;
    if (!features && !net->sigmoid)
        return MNET_OK;
    return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                          "it ends in %s; a classifier that ends in SOFTMAX or in what goes into "
                          "it is needed",
                          features ? "features, not in classes" : "LOGISTIC");
}

MnetStatus mnet_net_quantize(const MnetNet *net, const MnetQuantizeOptions *options, uint8_t **data,
                             size_t *size, MnetError *error)
{
    if (!options->n_pictures)
        return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                              "no pictures to calibrate with; some hundred are needed");
    if (check_end(net, error) != MNET_OK)
        return MNET_ERROR_UNSUPPORTED;
    MnetNet *folded = mnet_net_folded(net, error);
    if (!folded)
        return MNET_ERROR_MEMORY;
    OneDeviation one = { .options = options };
    MnetQuantizeOptions scaled = *options;
    scaled.picture = scaled_picture;
    scaled.user = &one;
    MnetStatus status = level_deviations(folded, &one, error);
    if (!status)
        status = quantize(folded, &scaled, data, size, error);
    mnet_net_free(folded);
    return status;
}
