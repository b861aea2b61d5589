/* SPDX-License-Identifier: MIT
 *
 * The description of a network: layers are added, parameters get their places. */
#include "train/net.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "train/random.h"

#define MAX_LAYERS 1024
#define MAX_SIZE 4096 /* rows, columns */
#define MAX_CHANNELS 65536
#define MAX_MAP (1 << 28) /* elements */
#define MAX_PARAMS ((size_t)1 << 28)

void mnet_net_free(MnetNet *net)
{
    if (!net)
        return;
    mnet_free(net->layers);
    mnet_free(net->params);
    mnet_free(net->classes);
    mnet_free(net);
}

static MnetStatus grow(MnetNet *net, MnetError *error)
{
    if (net->n_layers == MAX_LAYERS)
        return mnet_error_set(error, MNET_ERROR_LIMIT, "more than %d layers", MAX_LAYERS);
    if (net->n_layers < net->max_layers)
        return MNET_OK;
    int32_t max = net->max_layers ? 2 * net->max_layers : 64;
    MnetNetLayer *layers = mnet_calloc((size_t)max, sizeof *layers);
    if (!layers)
        return mnet_error_memory(error, (size_t)max * sizeof *layers);
    if (net->n_layers)
        memcpy(layers, net->layers, (size_t)net->n_layers * sizeof *layers);
    mnet_free(net->layers);
    net->layers = layers;
    net->max_layers = max;
    return MNET_OK;
}

static bool in_range(int32_t value, int32_t most)
{
    return value >= 1 && value <= most;
}

static MnetStatus check_map(const MnetNetLayer *layer, MnetError *error)
{
    if (in_range(layer->height, MAX_SIZE) && in_range(layer->width, MAX_SIZE) &&
        in_range(layer->channels, MAX_CHANNELS) &&
        (int64_t)layer->height * layer->width * layer->channels <= MAX_MAP)
        return MNET_OK;
    return mnet_error_set(error, MNET_ERROR_LIMIT,
                          "layer %s would be %dx%dx%d; sizes from 1 to %d, channels from 1 to %d "
                          "and at most %d elements are possible",
                          layer->name, (int)layer->height, (int)layer->width, (int)layer->channels,
                          MAX_SIZE, MAX_CHANNELS, MAX_MAP);
}

MnetNet *mnet_net_new(int32_t height, int32_t width, int32_t channels, MnetError *error)
{
    MnetNet *net = mnet_calloc(1, sizeof *net);
    if (!net) {
        mnet_error_memory(error, sizeof *net);
        return NULL;
    }
    net->bn_epsilon = 1e-3f;
    net->bn_momentum = 0.99f;
    net->file_factor = 1;
    for (int i = 0; i < 3; i++)
        net->mean[i] = net->std[i] = 127.5f;
    if (grow(net, error) != MNET_OK) {
        mnet_net_free(net);
        return NULL;
    }
    MnetNetLayer *input = &net->layers[net->n_layers++];
    *input = (MnetNetLayer){ .kind = MNET_NET_INPUT,
                             .name = "input",
                             .inputs = { -1, -1 },
                             .in_height = height,
                             .in_width = width,
                             .in_channels = channels,
                             .height = height,
                             .width = width,
                             .channels = channels,
                             .kernel = 1,
                             .stride = 1 };
    if (check_map(input, error) != MNET_OK) {
        mnet_net_free(net);
        return NULL;
    }
    return net;
}

static int32_t n_inputs(MnetNetKind kind)
{
    return kind == MNET_NET_ADD || kind == MNET_NET_SCALE ? 2 : kind == MNET_NET_INPUT ? 0 : 1;
}

static bool is_window(MnetNetKind kind)
{
    return kind == MNET_NET_CONV || kind == MNET_NET_DEPTHWISE;
}

static bool has_weights(MnetNetKind kind)
{
    return is_window(kind) || kind == MNET_NET_DENSE;
}

/* TFLite's SAME: ceil(in / stride) outputs, the odd zero behind. */
static void pad_same(int32_t in, int32_t kernel, int32_t stride, int32_t *before, int32_t *after)
{
    int32_t out = (in + stride - 1) / stride;
    int32_t total = (out - 1) * stride + kernel - in;
    *before = total > 0 ? total / 2 : 0;
    *after = total > 0 ? total - *before : 0;
}

static MnetStatus size_window(MnetNetLayer *layer, const MnetNetLayerSpec *spec, MnetError *error)
{
    layer->kernel = spec->kernel;
    layer->stride = spec->stride;
    if (!in_range(spec->kernel, 63) || !in_range(spec->stride, 63))
        return mnet_error_set(error, MNET_ERROR_LIMIT,
                              "layer %s: kernel %d and stride %d; from 1 to 63 are possible",
                              layer->name, (int)spec->kernel, (int)spec->stride);
    pad_same(layer->in_height, spec->kernel, spec->stride, &layer->pad_top, &layer->pad_bottom);
    pad_same(layer->in_width, spec->kernel, spec->stride, &layer->pad_left, &layer->pad_right);
    if (spec->pads_given) {
        for (int i = 0; i < 4; i++)
            if (spec->pads[i] < 0 || spec->pads[i] >= spec->kernel)
                return mnet_error_set(error, MNET_ERROR_LIMIT,
                                      "layer %s: %d zeros around a map, for a kernel of %d less "
                                      "than that are possible",
                                      layer->name, (int)spec->pads[i], (int)spec->kernel);
        layer->pad_top = spec->pads[0];
        layer->pad_left = spec->pads[1];
        layer->pad_bottom = spec->pads[2];
        layer->pad_right = spec->pads[3];
    }
    int32_t rows = layer->in_height + layer->pad_top + layer->pad_bottom - spec->kernel;
    int32_t columns = layer->in_width + layer->pad_left + layer->pad_right - spec->kernel;
    layer->height = rows < 0 ? 0 : rows / spec->stride + 1;
    layer->width = columns < 0 ? 0 : columns / spec->stride + 1;
    layer->channels = spec->kind == MNET_NET_CONV ? spec->channels : layer->in_channels;
    return MNET_OK;
}

static MnetStatus size_pair(MnetNetLayer *layer, const MnetNetLayer *second, MnetError *error)
{
    bool same = layer->in_height == second->height && layer->in_width == second->width;
    bool scalars = second->height == 1 && second->width == 1;
    if (layer->in_channels == second->channels && (layer->kind == MNET_NET_ADD ? same : scalars))
        return MNET_OK;
    return mnet_error_set(error, MNET_ERROR_ARGUMENT, "layer %s: %dx%dx%d and %dx%dx%d do not fit",
                          layer->name, (int)layer->in_height, (int)layer->in_width,
                          (int)layer->in_channels, (int)second->height, (int)second->width,
                          (int)second->channels);
}

static MnetStatus size_layer(const MnetNet *net, MnetNetLayer *layer, const MnetNetLayerSpec *spec,
                             MnetError *error)
{
    layer->height = layer->in_height;
    layer->width = layer->in_width;
    layer->channels = layer->in_channels;
    layer->kernel = layer->stride = 1;
    if (is_window(spec->kind))
        return size_window(layer, spec, error);
    if (n_inputs(spec->kind) == 2)
        return size_pair(layer, &net->layers[layer->inputs[1]], error);
    layer->height = layer->width = 1;
    if (spec->kind == MNET_NET_DENSE)
        layer->channels = spec->channels;
    return MNET_OK;
}

static MnetStatus describe(const MnetNet *net, MnetNetLayer *layer, const MnetNetLayerSpec *spec,
                           MnetError *error)
{
    *layer = (MnetNetLayer){ .kind = spec->kind,
                             .activation = spec->activation,
                             .inputs = { -1, -1 },
                             .batch_norm = spec->batch_norm,
                             .dropout = spec->dropout };
    snprintf(layer->name, sizeof layer->name, "%s", spec->name);
    for (int i = 0; i < n_inputs(spec->kind); i++) {
        layer->inputs[i] = spec->inputs[i];
        if (spec->inputs[i] < 0 || spec->inputs[i] >= net->n_layers)
            return mnet_error_set(error, MNET_ERROR_ARGUMENT, "layer %s reads layer %d of %d",
                                  layer->name, (int)spec->inputs[i], (int)net->n_layers);
    }
    if (n_inputs(spec->kind) == 0 || (spec->batch_norm && !has_weights(spec->kind)))
        return mnet_error_set(error, MNET_ERROR_ARGUMENT, "layer %s is of no possible kind",
                              layer->name);
    const MnetNetLayer *from = &net->layers[layer->inputs[0]];
    layer->in_height = from->height;
    layer->in_width = from->width;
    layer->in_channels = from->channels;
    MnetStatus status = size_layer(net, layer, spec, error);
    return status == MNET_OK ? check_map(layer, error) : status;
}

int32_t mnet_net_add(MnetNet *net, const MnetNetLayerSpec *spec, MnetError *error)
{
    MnetNetLayer layer;
    if (grow(net, error) != MNET_OK || describe(net, &layer, spec, error) != MNET_OK)
        return -1;
    net->layers[net->n_layers] = layer;
    return net->n_layers++;
}

uint64_t mnet_net_count_weights(const MnetNetLayer *layer)
{
    uint64_t window = (uint64_t)layer->kernel * (uint64_t)layer->kernel;
    uint64_t in = (uint64_t)layer->in_channels, out = (uint64_t)layer->channels;
    switch (layer->kind) {
    case MNET_NET_CONV:
        return out * window * in;
    case MNET_NET_DEPTHWISE:
        return window * out;
    case MNET_NET_DENSE:
        return out * in * (uint64_t)layer->in_height * (uint64_t)layer->in_width;
    default:
        return 0;
    }
}

static size_t take(size_t *next, size_t n, bool wanted)
{
    size_t at = *next;
    *next += wanted ? n : 0;
    return wanted ? at : MNET_NET_NONE;
}

/* Gives every parameter its place.  Sizes are below 2^48 each: sums of a thousand
 * cannot overflow. */
static void place(MnetNet *net)
{
    size_t next = 0;
    for (int32_t i = 0; i < net->n_layers; i++) {
        MnetNetLayer *layer = &net->layers[i];
        size_t channels = (size_t)layer->channels;
        bool weighted = has_weights(layer->kind), norm = weighted && layer->batch_norm;
        layer->n_weights = (size_t)mnet_net_count_weights(layer);
        layer->weights = take(&next, layer->n_weights, weighted);
        layer->bias = take(&next, channels, weighted && !norm);
        layer->gamma = take(&next, channels, norm);
        layer->beta = take(&next, channels, norm);
    }
    net->n_trained = next;
    for (int32_t i = 0; i < net->n_layers; i++) {
        MnetNetLayer *layer = &net->layers[i];
        bool norm = layer->gamma != MNET_NET_NONE;
        layer->mean = take(&next, (size_t)layer->channels, norm);
        layer->variance = take(&next, (size_t)layer->channels, norm);
    }
    net->n_params = next;
}

static int32_t find_head(const MnetNet *net)
{
    int32_t i = net->n_layers;
    while (i > 1 && net->layers[i - 1].kind != MNET_NET_GLOBAL_POOL)
        i--;
    return i > 1 ? i : net->n_layers - 1;
}

static void fill(float *values, size_t n, float value)
{
    for (size_t i = 0; i < n; i++)
        values[i] = value;
}

static void reset_norm(MnetNet *net, const MnetNetLayer *layer)
{
    size_t n = (size_t)layer->channels;
    fill(net->params + layer->gamma, n, 1);
    fill(net->params + layer->beta, n, 0);
    fill(net->params + layer->mean, n, 0);
    fill(net->params + layer->variance, n, 1);
}

MnetStatus mnet_net_finish(MnetNet *net, MnetError *error)
{
    place(net);
    net->head = find_head(net);
    if (net->n_params > MAX_PARAMS)
        return mnet_error_set(error, MNET_ERROR_LIMIT, "%zu parameters; at most %zu are possible",
                              net->n_params, MAX_PARAMS);
    net->params = mnet_calloc(net->n_params ? net->n_params : 1, sizeof *net->params);
    if (!net->params)
        return mnet_error_memory(error, net->n_params * sizeof *net->params);
    for (int32_t i = 0; i < net->n_layers; i++)
        if (net->layers[i].gamma != MNET_NET_NONE)
            reset_norm(net, &net->layers[i]);
    return MNET_OK;
}

/* The sum of twelve uniform numbers of 16 bits, cut at two deviations and brought back to
 * a variance of 1: needs no library function that machines round differently. */
static float cut_normal(MnetRandom *random)
{
    for (;;) {
        int32_t sum = 12 / 2 - 6 * 65536;
        for (int i = 0; i < 3; i++) {
            uint64_t bits = mnet_random_u64(random);
            sum += (int32_t)((bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) +
                             (bits >> 48));
        }
        if (sum > -2 * 65536 && sum < 2 * 65536)
            return (float)(sum / (65536 * 0.8787));
    }
}

static double square_root(double value)
{
    return __builtin_sqrt(value);
}

void mnet_net_init_from(MnetNet *net, int32_t first, uint64_t seed)
{
    for (int32_t i = first; i < net->n_layers; i++) {
        const MnetNetLayer *layer = &net->layers[i];
        if (layer->weights == MNET_NET_NONE)
            continue;
        MnetRandom random = { seed ^ (uint64_t)i << 32 };
        size_t outputs = layer->kind == MNET_NET_DEPTHWISE ? 1 : (size_t)layer->channels;
        size_t inputs = layer->kind == MNET_NET_DEPTHWISE
                            ? (size_t)layer->kernel * (size_t)layer->kernel
                            : layer->n_weights / outputs;
        bool halved = layer->activation == MNET_NET_RELU || layer->activation == MNET_NET_RELU6 ||
                      layer->activation == MNET_NET_HARD_SWISH;
        float deviation = (float)square_root((halved ? 2.0 : 1.0) / (double)inputs);
        for (size_t k = 0; k < layer->n_weights; k++)
            net->params[layer->weights + k] = deviation * cut_normal(&random);
        if (layer->bias != MNET_NET_NONE)
            fill(net->params + layer->bias, (size_t)layer->channels, 0);
        else
            reset_norm(net, layer);
    }
}

void mnet_net_init(MnetNet *net, uint64_t seed)
{
    mnet_net_init_from(net, 0, seed);
}

const MnetNetLayer *mnet_net_logits(const MnetNet *net)
{
    return &net->layers[net->n_layers - 1];
}
