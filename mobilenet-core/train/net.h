/* SPDX-License-Identifier: MIT
 *
 * A classifier of the MobileNet family as its layers and parameters: what is built
 * by name or read from a file, trained, and written as a .tflite file.
 *
 * Maps are NHWC.  A layer computes, in this order: dropout of its input, the sum
 * over its weights, + bias or batch normalisation, activation.  The last layer's
 * output are the logits: softmax is no layer. */
#ifndef MNET_TRAIN_NET_H
#define MNET_TRAIN_NET_H

#include <mnet/common.h>

/* Of a layer that has no such parameters. */
#define MNET_NET_NONE SIZE_MAX

#define MNET_NET_MAX_CLASSES 65536

typedef enum {
    MNET_NET_INPUT,       /* layer 0 and no other */
    MNET_NET_CONV,        /* weights [channels][kernel][kernel][in_channels] (OHWI) */
    MNET_NET_DEPTHWISE,   /* weights [kernel][kernel][channels] (1HWC), one of each channel */
    MNET_NET_DENSE,       /* the whole input to 1x1xchannels; weights [channels][in elements] */
    MNET_NET_ADD,         /* inputs of one shape */
    MNET_NET_GLOBAL_POOL, /* mean of each channel: 1x1 */
    MNET_NET_SCALE        /* input 0 times the 1x1 map of input 1 (squeeze and excite) */
} MnetNetKind;

typedef enum {
    MNET_NET_LINEAR,
    MNET_NET_RELU,
    MNET_NET_RELU6,
    MNET_NET_HARD_SWISH,  /* x * hard_sigmoid(x) */
    MNET_NET_HARD_SIGMOID /* relu6(x + 3) / 6 */
} MnetNetActivation;

typedef struct {
    MnetNetKind kind;
    MnetNetActivation activation;
    char name[40];     /* e.g. "block3/project"; unique, also the tensor's in a file */
    int32_t inputs[2]; /* layers before this one; -1: none */
    int32_t in_height, in_width, in_channels;         /* of input 0 */
    int32_t height, width, channels;                  /* of the output */
    int32_t kernel, stride;                           /* CONV, DEPTHWISE; else 1 */
    int32_t pad_top, pad_left, pad_bottom, pad_right; /* zeros around the input */
    bool batch_norm;
    float dropout; /* in training: the share of input elements that become 0; 0: none */
    /* Where the parameters begin in MnetNet.params, or MNET_NET_NONE.  Weights:
     * n_weights floats; all others `channels` floats each. */
    size_t weights, n_weights;
    size_t bias;           /* without batch_norm */
    size_t gamma, beta;    /* with batch_norm */
    size_t mean, variance; /* with batch_norm: running statistics */
} MnetNetLayer;

typedef struct {
    MnetNetLayer *layers; /* every layer stands behind its inputs */
    int32_t n_layers, max_layers;
    /* Layers from this one on are the head: all behind the last global pool. */
    int32_t head;
    /* First the n_trained ones that gradients change, then running statistics. */
    float *params;
    size_t n_params, n_trained;
    /* y = gamma * (x - mean) / sqrt(variance + epsilon) + beta; running = running *
     * momentum + batch * (1 - momentum), the momentum of step t at most (1 + t) / (10 + t). */
    float bn_epsilon, bn_momentum;
    /* The input is (pixel - mean) / std, pixels from 0 to 255, per channel. */
    float mean[3], std[3];
    /* Of a file that normalises by itself: its own input times the factor plus the summand
     * is the input here; else 1 and 0. */
    double file_factor, file_summand;
    char **classes; /* names of the last layer's channels; NULL: none are known */
    bool sigmoid;   /* of a file whose scores are of LOGISTIC, each class by itself */
    char title[64]; /* e.g. "MobileNet V2 0.50"; never a file's path */
} MnetNet;

/* Layers are added in order, then mnet_net_finish() gives parameters to them. */
MnetNet *mnet_net_new(int32_t height, int32_t width, int32_t channels, MnetError *error);
/* What a layer is told of; the rest follows from its input.  Padding is SAME
 * unless `pads_given`. */
typedef struct {
    MnetNetKind kind;
    MnetNetActivation activation;
    const char *name;  /* copied, cut at 39 bytes */
    int32_t inputs[2]; /* unused ones: any value */
    int32_t channels;  /* CONV, DENSE */
    int32_t kernel;    /* CONV, DEPTHWISE */
    int32_t stride;    /* CONV, DEPTHWISE */
    bool batch_norm;   /* else CONV, DEPTHWISE and DENSE have a bias */
    float dropout;
    bool pads_given;
    int32_t pads[4]; /* top, left, bottom, right */
} MnetNetLayerSpec;
/* The new layer's number; -1 and `error` when the inputs do not fit, a size leaves
 * its range or memory is short. */
int32_t mnet_net_add(MnetNet *net, const MnetNetLayerSpec *spec, MnetError *error);
/* Places the parameters: all 0, but gamma and variance, which are 1. */
MnetStatus mnet_net_finish(MnetNet *net, MnetError *error);
void mnet_net_free(MnetNet *net);
MnetNet *mnet_net_copy(const MnetNet *net, MnetError *error);

/* Weights from the normal distribution cut at two deviations, of variance 2 / inputs
 * (He), 1 / inputs before a hard sigmoid and in the last layer; the same seed
 * gives the same bits on every machine.  gamma = 1, all other parameters 0,
 * running variances 1. */
void mnet_net_init(MnetNet *net, uint64_t seed);
/* The same for layers from `first` on alone. */
void mnet_net_init_from(MnetNet *net, int32_t first, uint64_t seed);

/* The last layer: its channels are the classes. */
const MnetNetLayer *mnet_net_logits(const MnetNet *net);
/* A copy of the network whose last layer has other classes and 0 as its weights; one
 * that ends in features gets a DENSE layer.  `classes` are copied, NULL: no names. */
MnetNet *mnet_net_with_classes(const MnetNet *net, int32_t n_classes, const char *const *classes,
                               MnetError *error);
/* A copy whose batch normalisation is part of weights and bias. */
MnetNet *mnet_net_folded(const MnetNet *net, MnetError *error);
MnetStatus mnet_net_set_classes(MnetNet *net, const char *const *classes, MnetError *error);

/* Of a layer whose shape is known; 0 where its kind has none. */
uint64_t mnet_net_count_weights(const MnetNetLayer *layer);

/* Multiply-adds of convolutions and dense layers for one picture, and parameters
 * as the papers count them: without running statistics. */
uint64_t mnet_net_multiply_adds(const MnetNet *net);
uint64_t mnet_net_parameters(const MnetNet *net);

#endif
