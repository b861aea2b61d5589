/* SPDX-License-Identifier: MIT
 *
 * A layer's parameters from the constants of a file. */
#ifndef MNET_TRAIN_READ_CONSTANTS_H
#define MNET_TRAIN_READ_CONSTANTS_H

#include "graph/graph.h"
#include "train/net.h"

/* Element `index` of a constant as the number that it stands for; 0 where its type
 * has no numbers. */
double mnet_read_constant(const MnetTensor *tensor, size_t index);

/* Why these constants cannot be a layer's weights and bias (-1: none); NULL: they can. */
const char *mnet_constants_wrong(const MnetGraph *graph, const MnetNetLayer *layer, int32_t weights,
                                 int32_t bias);

/* Fills weights and bias of a layer from constants whose sizes are checked; bias -1:
 * zeros. */
void mnet_read_parameters(const MnetGraph *graph, MnetNet *net, int32_t layer, int32_t weights,
                          int32_t bias);

#endif
