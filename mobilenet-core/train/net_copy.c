/* SPDX-License-Identifier: MIT
 *
 * Copies of a network, the names of its classes, its counts. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "train/net.h"

#define MAX_CLASS_NAME 1024

MnetStatus mnet_net_set_classes(MnetNet *net, const char *const *classes, MnetError *error)
{
    size_t n = (size_t)mnet_net_logits(net)->channels, bytes = n * sizeof *classes;
    char **list = NULL;
    for (size_t i = 0; classes && i < n; i++)
        bytes += strnlen(classes[i], MAX_CLASS_NAME) + 1;
    if (classes) {
        list = mnet_calloc(1, bytes);
        if (!list)
            return mnet_error_memory(error, bytes);
        char *text = (char *)(list + n);
        for (size_t i = 0; i < n; i++) {
            size_t length = strnlen(classes[i], MAX_CLASS_NAME);
            list[i] = memcpy(text, classes[i], length);
            text += length + 1;
        }
    }
    mnet_free(net->classes);
    net->classes = list;
    return MNET_OK;
}

/* All but parameters and names of classes. */
static MnetNet *copy_layers(const MnetNet *net, MnetError *error)
{
    MnetNet *copy = mnet_calloc(1, sizeof *copy);
    size_t bytes = ((size_t)net->n_layers + 1) * sizeof *net->layers;
    if (!copy) {
        mnet_error_memory(error, sizeof *copy);
        return NULL;
    }
    *copy = *net;
    copy->params = NULL;
    copy->classes = NULL;
    copy->max_layers = net->n_layers + 1; /* for a head */
    copy->layers = mnet_alloc(bytes);
    if (!copy->layers) {
        mnet_error_memory(error, bytes);
        mnet_net_free(copy);
        return NULL;
    }
    memcpy(copy->layers, net->layers, (size_t)net->n_layers * sizeof *net->layers);
    return copy;
}

MnetNet *mnet_net_copy(const MnetNet *net, MnetError *error)
{
    MnetNet *copy = copy_layers(net, error);
    if (!copy)
        return NULL;
    if (mnet_net_finish(copy, error) != MNET_OK ||
        mnet_net_set_classes(copy, (const char *const *)net->classes, error) != MNET_OK) {
        mnet_net_free(copy);
        return NULL;
    }
    memcpy(copy->params, net->params, net->n_params * sizeof *net->params);
    return copy;
}

static void move(MnetNet *to, size_t to_at, const MnetNet *from, size_t from_at, size_t n)
{
    if (from_at != MNET_NET_NONE)
        memcpy(to->params + to_at, from->params + from_at, n * sizeof *to->params);
}

/* Other classes for the last layer, or a last layer for features. */
static MnetStatus put_classes(MnetNet *net, int32_t n_classes, const char *const *classes,
                              MnetError *error)
{
    MnetNetLayer *last = &net->layers[net->n_layers - 1];
    MnetNetLayerSpec dense = { .kind = MNET_NET_DENSE,
                               .name = "logits",
                               .channels = n_classes,
                               .inputs = { net->n_layers - 1 } };
    if (last->weights != MNET_NET_NONE)
        last->channels = n_classes;
    else if (mnet_net_add(net, &dense, error) < 0)
        return MNET_ERROR_LIMIT; /* the error tells */
    MnetStatus status = mnet_net_finish(net, error);
    return status ? status : mnet_net_set_classes(net, classes, error);
}

MnetNet *mnet_net_with_classes(const MnetNet *net, int32_t n_classes, const char *const *classes,
                               MnetError *error)
{
    if (n_classes < 1 || n_classes > MNET_NET_MAX_CLASSES) {
        mnet_error_set(error, MNET_ERROR_LIMIT, "%d classes; 1 to %d are possible", (int)n_classes,
                       MNET_NET_MAX_CLASSES);
        return NULL;
    }
    MnetNet *copy = copy_layers(net, error);
    if (!copy)
        return NULL;
    copy->sigmoid = false;
    if (put_classes(copy, n_classes, classes, error) != MNET_OK) {
        mnet_net_free(copy);
        return NULL;
    }
    for (int32_t i = 0; i < copy->n_layers - 1; i++) {
        const MnetNetLayer *from = &net->layers[i], *to = &copy->layers[i];
        size_t channels = (size_t)from->channels;
        move(copy, to->weights, net, from->weights, from->n_weights);
        move(copy, to->bias, net, from->bias, channels);
        move(copy, to->gamma, net, from->gamma, channels);
        move(copy, to->beta, net, from->beta, channels);
        move(copy, to->mean, net, from->mean, channels);
        move(copy, to->variance, net, from->variance, channels);
    }
    return copy;
}

/* Factor and summand of a channel: y = factor * x + summand. */
static double norm_factor(const MnetNet *net, const MnetNetLayer *layer, size_t channel)
{
    double variance = (double)net->params[layer->variance + channel] + (double)net->bn_epsilon;
    return (double)net->params[layer->gamma + channel] / sqrt(variance);
}

static void fold_layer(MnetNet *to, const MnetNet *from, int32_t index)
{
    const MnetNetLayer *old = &from->layers[index], *layer = &to->layers[index];
    size_t channels = (size_t)old->channels;
    move(to, layer->weights, from, old->weights, old->n_weights);
    move(to, layer->bias, from, old->bias, channels);
    if (old->gamma == MNET_NET_NONE)
        return;
    /* Channels are the first dimension of weights, or the last one. */
    bool last = old->kind == MNET_NET_DEPTHWISE;
    size_t window = old->n_weights / channels;
    for (size_t c = 0; c < channels; c++) {
        double factor = norm_factor(from, old, c);
        float *w = to->params + layer->weights + (last ? c : c * window);
        for (size_t k = 0; k < window; k++)
            w[last ? k * channels : k] = (float)((double)w[last ? k * channels : k] * factor);
        to->params[layer->bias + c] = (float)((double)from->params[old->beta + c] -
                                              (double)from->params[old->mean + c] * factor);
    }
}

MnetNet *mnet_net_folded(const MnetNet *net, MnetError *error)
{
    MnetNet *copy = copy_layers(net, error);
    for (int32_t i = 0; copy && i < copy->n_layers; i++)
        copy->layers[i].batch_norm = false;
    if (!copy)
        return NULL;
    if (mnet_net_finish(copy, error) != MNET_OK ||
        mnet_net_set_classes(copy, (const char *const *)net->classes, error) != MNET_OK) {
        mnet_net_free(copy);
        return NULL;
    }
    for (int32_t i = 0; i < net->n_layers; i++)
        fold_layer(copy, net, i);
    return copy;
}

uint64_t mnet_net_multiply_adds(const MnetNet *net)
{
    uint64_t sum = 0;
    for (int32_t i = 0; i < net->n_layers; i++) {
        const MnetNetLayer *layer = &net->layers[i];
        sum += (uint64_t)layer->n_weights * (uint64_t)layer->height * (uint64_t)layer->width;
    }
    return sum;
}

uint64_t mnet_net_parameters(const MnetNet *net)
{
    return net->n_trained;
}
