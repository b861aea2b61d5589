/* SPDX-License-Identifier: MIT
 *
 * Cross-layer equalisation. */
#include "train/equalize.h"

#include <math.h>

#define SWEEPS 20
/* A sweep that changes no factor by more is the last one. */
#define SETTLED 0.001
/* Ranges further apart than this are not brought together: single precision and the
 * guard of RELU6 set limits. */
#define MAX_FACTOR 1e3

/* The weights that make (`out`) or read a channel: n of them, `step` apart. */
typedef struct {
    float *first;
    size_t n, step;
} Part;

static Part making(const MnetNet *net, const MnetNetLayer *l, size_t channel)
{
    size_t channels = (size_t)l->channels, window = l->n_weights / channels;
    float *weights = net->params + l->weights;
    if (l->kind == MNET_NET_DEPTHWISE)
        return (Part){ weights + channel, window, channels };
    return (Part){ weights + channel * window, window, 1 };
}

static Part reading(const MnetNet *net, const MnetNetLayer *l, size_t channel)
{
    if (l->kind == MNET_NET_DEPTHWISE)
        return making(net, l, channel);
    size_t in = (size_t)l->in_channels;
    return (Part){ net->params + l->weights + channel, l->n_weights / in, in };
}

static double range(Part part)
{
    double most = 0;
    for (size_t i = 0; i < part.n; i++) {
        double value = fabs((double)part.first[i * part.step]);
        most = value > most ? value : most;
    }
    return most;
}

static void scale(Part part, double by)
{
    for (size_t i = 0; i < part.n; i++)
        part.first[i * part.step] = (float)((double)part.first[i * part.step] * by);
}

static bool weighted(const MnetNetLayer *l)
{
    return l->kind == MNET_NET_CONV || l->kind == MNET_NET_DEPTHWISE;
}

/* The one layer that reads layer `index`, where its channels may be scaled; else -1. */
static int32_t partner(const MnetNet *net, int32_t index)
{
    const MnetNetLayer *l = &net->layers[index];
    int32_t reader = -1, readers = 0;
    for (int32_t i = index + 1; i < net->n_layers; i++)
        for (int k = 0; k < 2; k++)
            if (net->layers[i].inputs[k] == index) {
                reader = i;
                readers++;
            }
    bool even = l->activation == MNET_NET_LINEAR || l->activation == MNET_NET_RELU ||
                l->activation == MNET_NET_RELU6;
    return readers == 1 && even && weighted(l) && weighted(&net->layers[reader]) ? reader : -1;
}

/* What channel c of a layer is divided by. */
static double factor(const MnetNet *net, int32_t first, int32_t second, size_t c, double most)
{
    double made = range(making(net, &net->layers[first], c));
    double read = range(reading(net, &net->layers[second], c));
    if (!(made > 0) || !(read > 0))
        return 1;
    double s = sqrt(made / read);
    s = fmin(fmax(s, 1 / MAX_FACTOR), MAX_FACTOR);
    if (net->layers[first].activation != MNET_NET_RELU6)
        return s;
    if (most >= 6)
        return 1;
    /* A little room for pictures that calibration has not seen. */
    return fmax(s, fmin(1, most / 5));
}

static double equalize_pair(MnetNet *net, int32_t first, int32_t second, float *most,
                            size_t *n_scaled)
{
    double changed = 0;
    const MnetNetLayer *l = &net->layers[first];
    for (size_t c = 0; c < (size_t)l->channels; c++) {
        double s = factor(net, first, second, c, (double)most[c]);
        if (fabs(s - 1) <= SETTLED)
            continue;
        scale(making(net, l, c), 1 / s);
        net->params[l->bias + c] = (float)((double)net->params[l->bias + c] / s);
        most[c] = (float)((double)most[c] / s);
        scale(reading(net, &net->layers[second], c), s);
        changed = fmax(changed, fabs(s - 1));
        ++*n_scaled;
    }
    return changed;
}

size_t mnet_net_equalize(MnetNet *net, float *const *most)
{
    size_t n_scaled = 0;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double changed = 0;
        for (int32_t i = 1; i < net->n_layers; i++) {
            int32_t second = partner(net, i);
            if (second >= 0)
                changed = fmax(changed, equalize_pair(net, i, second, most[i], &n_scaled));
        }
        if (changed <= SETTLED)
            break;
    }
    return n_scaled;
}
