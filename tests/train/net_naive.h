/* SPDX-License-Identifier: MIT
 *
 * A network's layers computed one by one, as their description says, in doubles. */
#ifndef NET_NAIVE_H
#define NET_NAIVE_H

#include "train/build.h"
#include "train/net.h"

/* The maps of all layers for one picture, NHWC; freed by naive_free(). */
typedef struct {
    int32_t n_layers;
    double **maps;
} NaiveMaps;

/* Running statistics normalise, nothing is dropped out. */
NaiveMaps naive_forward(const MnetNet *net, const float *input);
void naive_free(NaiveMaps *maps);
/* The last layer's map becomes probabilities; n_classes floats. */
void naive_softmax(const MnetNet *net, const NaiveMaps *maps, float *probabilities);

/* Gives batch normalisation statistics, factors and summands other than 1 and 0. */
void naive_disturb_norms(MnetNet *net, uint64_t seed);
/* A network of the options with 7 classes, whose normalisation is disturbed; exits when it
 * cannot be built. */
MnetNet *naive_build(MnetNetOptions options);
/* Elements of the input, from -1 to 1. */
float *naive_random_input(const MnetNet *net, uint64_t seed);

#endif
