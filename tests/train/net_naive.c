/* SPDX-License-Identifier: MIT
 *
 * A network's layers computed one by one. */
#include "net_naive.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "train/random.h"

static void *allocate(size_t count, size_t size)
{
    void *block = calloc(count, size);
    if (!block) {
        fprintf(stderr, "no memory for a test\n");
        exit(1);
    }
    return block;
}

static double activate(double x, MnetNetActivation activation)
{
    double gate = fmin(fmax(x + 3, 0), 6) / 6;
    switch (activation) {
    case MNET_NET_RELU:
        return fmax(x, 0);
    case MNET_NET_RELU6:
        return fmin(fmax(x, 0), 6);
    case MNET_NET_HARD_SWISH:
        return x * gate;
    case MNET_NET_HARD_SIGMOID:
        return gate;
    default:
        return x;
    }
}

static double normalise(const MnetNet *net, const MnetNetLayer *layer, double sum, int32_t channel)
{
    const float *p = net->params;
    if (layer->bias != MNET_NET_NONE)
        return sum + (double)p[layer->bias + (size_t)channel];
    double deviation = sqrt((double)p[layer->variance + (size_t)channel] + (double)net->bn_epsilon);
    return (sum - (double)p[layer->mean + (size_t)channel]) / deviation *
               (double)p[layer->gamma + (size_t)channel] +
           (double)p[layer->beta + (size_t)channel];
}

/* The sum over the window at one place of the output, for one channel. */
static double window_sum(const MnetNet *net, const MnetNetLayer *l, const double *in, int32_t y,
                         int32_t x, int32_t channel)
{
    const float *w = net->params + l->weights;
    bool depthwise = l->kind == MNET_NET_DEPTHWISE;
    double sum = 0;
    for (int32_t i = 0; i < l->kernel; i++)
        for (int32_t j = 0; j < l->kernel; j++) {
            int32_t row = y * l->stride + i - l->pad_top, column = x * l->stride + j - l->pad_left;
            if (row < 0 || row >= l->in_height || column < 0 || column >= l->in_width)
                continue;
            const double *place = in + (row * l->in_width + column) * l->in_channels;
            int32_t tap = i * l->kernel + j;
            if (depthwise)
                sum += place[channel] * (double)w[tap * l->channels + channel];
            for (int32_t k = 0; k < l->in_channels && !depthwise; k++)
                sum += place[k] *
                       (double)w[(channel * l->kernel * l->kernel + tap) * l->in_channels + k];
        }
    return sum;
}

static void run_windows(const MnetNet *net, const MnetNetLayer *l, const double *in, double *out)
{
    for (int32_t y = 0; y < l->height; y++)
        for (int32_t x = 0; x < l->width; x++)
            for (int32_t c = 0; c < l->channels; c++)
                *out++ = normalise(net, l, window_sum(net, l, in, y, x, c), c);
}

static void run_dense(const MnetNet *net, const MnetNetLayer *l, const double *in, double *out)
{
    size_t n = l->n_weights / (size_t)l->channels;
    for (int32_t c = 0; c < l->channels; c++) {
        double sum = 0;
        for (size_t k = 0; k < n; k++)
            sum += in[k] * (double)net->params[l->weights + (size_t)c * n + k];
        out[c] = normalise(net, l, sum, c);
    }
}

static void run_pool(const MnetNetLayer *l, const double *in, double *out)
{
    int32_t places = l->in_height * l->in_width;
    for (int32_t i = 0; i < places * l->channels; i++)
        out[i % l->channels] += in[i] / places;
}

static void run_layer(const MnetNet *net, const MnetNetLayer *l, double **maps, double *out)
{
    const double *in = maps[l->inputs[0]];
    int32_t n = l->height * l->width * l->channels;
    switch (l->kind) {
    case MNET_NET_CONV:
    case MNET_NET_DEPTHWISE:
        run_windows(net, l, in, out);
        break;
    case MNET_NET_DENSE:
        run_dense(net, l, in, out);
        break;
    case MNET_NET_GLOBAL_POOL:
        run_pool(l, in, out);
        break;
    case MNET_NET_ADD:
    case MNET_NET_SCALE:
        for (int32_t i = 0; i < n; i++)
            out[i] = l->kind == MNET_NET_ADD ? in[i] + maps[l->inputs[1]][i]
                                             : in[i] * maps[l->inputs[1]][i % l->channels];
        break;
    default:
        break;
    }
    for (int32_t i = 0; i < n; i++)
        out[i] = activate(out[i], l->activation);
}

static size_t elements(const MnetNetLayer *l)
{
    return (size_t)l->height * (size_t)l->width * (size_t)l->channels;
}

NaiveMaps naive_forward(const MnetNet *net, const float *input)
{
    NaiveMaps maps = { net->n_layers, allocate((size_t)net->n_layers, sizeof *maps.maps) };
    for (int32_t i = 0; i < net->n_layers; i++) {
        const MnetNetLayer *l = &net->layers[i];
        maps.maps[i] = allocate(elements(l), sizeof **maps.maps);
        for (size_t k = 0; k < elements(l) && i == 0; k++)
            maps.maps[0][k] = (double)input[k];
        if (i > 0)
            run_layer(net, l, maps.maps, maps.maps[i]);
    }
    return maps;
}

void naive_free(NaiveMaps *maps)
{
    for (int32_t i = 0; i < maps->n_layers; i++)
        free(maps->maps[i]);
    free(maps->maps);
}

void naive_softmax(const MnetNet *net, const NaiveMaps *maps, float *probabilities)
{
    const double *logits = maps->maps[net->n_layers - 1];
    int32_t n = mnet_net_logits(net)->channels;
    double sum = 0, most = logits[0];
    for (int32_t i = 1; i < n; i++)
        most = fmax(most, logits[i]);
    for (int32_t i = 0; i < n; i++)
        sum += exp(logits[i] - most);
    for (int32_t i = 0; i < n; i++)
        probabilities[i] = (float)(exp(logits[i] - most) / sum);
}

void naive_disturb_norms(MnetNet *net, uint64_t seed)
{
    MnetRandom random = { seed };
    for (int32_t i = 0; i < net->n_layers; i++) {
        const MnetNetLayer *l = &net->layers[i];
        float *p = net->params;
        for (size_t c = 0; l->gamma != MNET_NET_NONE && c < (size_t)l->channels; c++) {
            p[l->gamma + c] = (float)(0.5 + mnet_random_real(&random));
            p[l->beta + c] = (float)(mnet_random_real(&random) - 0.5);
            p[l->mean + c] = (float)(mnet_random_real(&random) - 0.5);
            p[l->variance + c] = (float)(0.5 + mnet_random_real(&random));
        }
    }
}

MnetNet *naive_build(MnetNetOptions options)
{
    MnetError error = { MNET_OK, "" };
    options.n_classes = 7;
    options.seed = 5;
    MnetNet *net = mnet_net_build(&options, &error);
    if (!net)
        exit(1);
    naive_disturb_norms(net, 6);
    return net;
}

float *naive_random_input(const MnetNet *net, uint64_t seed)
{
    MnetRandom random = { seed };
    size_t n = elements(&net->layers[0]);
    float *input = allocate(n, sizeof *input);
    for (size_t i = 0; i < n; i++)
        input[i] = (float)(2 * mnet_random_real(&random) - 1);
    return input;
}
