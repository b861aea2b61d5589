/* SPDX-License-Identifier: MIT
 *
 * Forward in double, element by element. */
#include "naive_loss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct NaiveLoss {
    const MnetNet *net;
    size_t batch;
    double *params, **maps;
    uint64_t *pieces; /* of each layer */
};

static size_t elements(const MnetNetLayer *layer)
{
    return (size_t)layer->height * (size_t)layer->width * (size_t)layer->channels;
}

NaiveLoss *naive_new(const MnetNet *net, int32_t batch)
{
    NaiveLoss *naive = calloc(1, sizeof *naive);
    *naive = (NaiveLoss){ .net = net, .batch = (size_t)batch };
    naive->params = calloc(net->n_params, sizeof(double));
    for (size_t i = 0; i < net->n_params; i++)
        naive->params[i] = net->params[i];
    naive->pieces = calloc((size_t)net->n_layers, sizeof *naive->pieces);
    naive->maps = calloc((size_t)net->n_layers, sizeof *naive->maps);
    for (int32_t i = 0; i < net->n_layers; i++)
        naive->maps[i] = calloc(naive->batch * elements(&net->layers[i]), sizeof(double));
    return naive;
}

void naive_free(NaiveLoss *naive)
{
    for (int32_t i = 0; i < naive->net->n_layers; i++)
        free(naive->maps[i]);
    free(naive->maps);
    free(naive->pieces);
    free(naive->params);
    free(naive);
}

double *naive_params(NaiveLoss *naive)
{
    return naive->params;
}

const double *naive_logits(const NaiveLoss *naive)
{
    return naive->maps[naive->net->n_layers - 1];
}

/* The sum of one output of a convolution. */
static double window_sum(const NaiveLoss *naive, const MnetNetLayer *layer, const double *in,
                         int32_t y, int32_t x, int32_t c)
{
    const double *weights = naive->params + layer->weights;
    bool depthwise = layer->kind == MNET_NET_DEPTHWISE;
    double sum = 0;
    for (int32_t ky = 0; ky < layer->kernel; ky++)
        for (int32_t kx = 0; kx < layer->kernel; kx++) {
            int32_t iy = y * layer->stride + ky - layer->pad_top;
            int32_t ix = x * layer->stride + kx - layer->pad_left;
            if (iy < 0 || ix < 0 || iy >= layer->in_height || ix >= layer->in_width)
                continue;
            const double *pixel = in + (iy * layer->in_width + ix) * layer->in_channels;
            const int32_t tap = ky * layer->kernel + kx;
            if (depthwise)
                sum += pixel[c] * weights[tap * layer->channels + c];
            for (int32_t i = 0; !depthwise && i < layer->in_channels; i++)
                sum += pixel[i] *
                       weights[(c * layer->kernel * layer->kernel + tap) * layer->in_channels + i];
        }
    return sum;
}

static double one(const NaiveLoss *naive, const MnetNetLayer *layer, size_t picture, int32_t y,
                  int32_t x, int32_t c)
{
    const size_t in_size =
        (size_t)layer->in_height * (size_t)layer->in_width * (size_t)layer->in_channels;
    const double *a = naive->maps[layer->inputs[0]] + picture * in_size;
    const size_t at =
        ((size_t)y * (size_t)layer->width + (size_t)x) * (size_t)layer->channels + (size_t)c;
    const double *b = layer->kind == MNET_NET_ADD || layer->kind == MNET_NET_SCALE
                          ? naive->maps[layer->inputs[1]]
                          : NULL;
    if (layer->kind == MNET_NET_ADD)
        return a[at] + b[picture * in_size + at];
    if (layer->kind == MNET_NET_SCALE)
        return a[at] * b[picture * (size_t)layer->channels + (size_t)c];
    if (layer->kind == MNET_NET_GLOBAL_POOL) {
        double sum = 0;
        for (size_t i = (size_t)c; i < in_size; i += (size_t)layer->channels)
            sum += a[i];
        return sum / (layer->in_height * layer->in_width);
    }
    return window_sum(naive, layer, a, y, x, c);
}

static double curve(MnetNetActivation activation, double u)
{
    double sigmoid = fmin(fmax(u + 3, 0), 6) / 6;
    switch (activation) {
    case MNET_NET_RELU:
        return fmax(u, 0);
    case MNET_NET_RELU6:
        return fmin(fmax(u, 0), 6);
    case MNET_NET_HARD_SWISH:
        return u * sigmoid;
    case MNET_NET_HARD_SIGMOID:
        return sigmoid;
    default:
        return u;
    }
}

/* Which of an activation's three pieces u is on. */
static unsigned piece_of(MnetNetActivation activation, double u)
{
    switch (activation) {
    case MNET_NET_RELU:
        return u > 0;
    case MNET_NET_RELU6:
        return (u > 0) + (u >= 6);
    case MNET_NET_HARD_SWISH:
    case MNET_NET_HARD_SIGMOID:
        return (u > -3) + (u >= 3);
    default:
        return 0;
    }
}

uint64_t naive_add_piece(uint64_t sum, unsigned piece)
{
    return (sum ^ (piece + 1)) * 0x100000001b3u;
}

uint64_t naive_pieces(const NaiveLoss *naive, int32_t layer)
{
    return naive->pieces[layer];
}

/* Normalisation by the batch, or the bias, and the activation of one channel. */
static void finish_channel(const NaiveLoss *naive, const MnetNetLayer *layer, double *map, size_t c,
                           uint64_t *pieces)
{
    size_t n = naive->batch * elements(layer), step = (size_t)layer->channels;
    double mean = 0, variance = 0, scale = 1, shift = 0;
    for (size_t i = c; i < n; i += step)
        mean += map[i];
    mean /= (double)(n / step);
    for (size_t i = c; i < n; i += step)
        variance += (map[i] - mean) * (map[i] - mean);
    variance /= (double)(n / step);
    if (layer->batch_norm) {
        scale = naive->params[layer->gamma + c] / sqrt(variance + naive->net->bn_epsilon);
        shift = naive->params[layer->beta + c] - mean * scale;
    } else if (layer->bias != MNET_NET_NONE) {
        shift = naive->params[layer->bias + c];
    }
    for (size_t i = c; i < n; i += step) {
        double u = map[i] * scale + shift;
        *pieces = naive_add_piece(*pieces, piece_of(layer->activation, u));
        map[i] = curve(layer->activation, u);
    }
}

static void forward_layer(const NaiveLoss *naive, int32_t index)
{
    const MnetNetLayer *layer = &naive->net->layers[index];
    double *out = naive->maps[index];
    for (size_t picture = 0; picture < naive->batch; picture++)
        for (int32_t y = 0; y < layer->height; y++)
            for (int32_t x = 0; x < layer->width; x++)
                for (int32_t c = 0; c < layer->channels; c++)
                    *out++ = one(naive, layer, picture, y, x, c);
    naive->pieces[index] = 0;
    for (size_t c = 0; c < (size_t)layer->channels; c++)
        finish_channel(naive, layer, naive->maps[index], c, &naive->pieces[index]);
}

static double log_softmax(const double *logits, size_t n, size_t which, double temperature)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += exp(logits[i] / temperature);
    return logits[which] / temperature - log(sum);
}

double naive_loss(NaiveLoss *naive, const float *input, const MnetTrainGoal *goal)
{
    size_t n = naive->batch * elements(&naive->net->layers[0]);
    for (size_t i = 0; i < n; i++)
        naive->maps[0][i] = input[i];
    return naive_loss_from(naive, 1, goal);
}

double naive_loss_from(NaiveLoss *naive, int32_t first, const MnetTrainGoal *goal)
{
    size_t classes = (size_t)naive->net->layers[naive->net->n_layers - 1].channels;
    double loss = 0, alpha = goal->teacher ? goal->alpha : 0, t = goal->temperature;
    for (int32_t i = first; i < naive->net->n_layers; i++)
        forward_layer(naive, i);
    for (size_t i = 0; i < naive->batch * classes; i++) {
        const double *logits = naive_logits(naive) + i / classes * classes;
        loss -= (1 - alpha) * goal->targets[i] * log_softmax(logits, classes, i % classes, 1);
        if (goal->teacher && goal->teacher[i] > 0)
            loss += alpha * t * t * goal->teacher[i] *
                    (log(goal->teacher[i]) - log_softmax(logits, classes, i % classes, t));
    }
    return loss / (double)naive->batch;
}
