/* SPDX-License-Identifier: MIT
 *
 * Rewrites of a graph that give the same results with less work. */
#ifndef MNET_GRAPH_FOLD_H
#define MNET_GRAPH_FOLD_H

#include "graph/graph.h"

/* Constants that are stored smaller than they are used become float32: what
 * DEQUANTIZE makes of a float16 or integer constant, and integer weights of
 * convolutions and products with float activations ("dynamic range").  The
 * first step of mnet_graph_fold(). */
MnetStatus mnet_graph_unpack(MnetGraph *graph, MnetError *error);

/* In this order:
 * - constants are unpacked;
 * - uint8 tensors become int8 (values and zero points less 128); inputs and
 *   outputs keep their type behind FLIP nodes;
 * - operators that change nothing go (PAD by 0, QUANTIZE to the same scale,
 *   TRANSPOSE that keeps or restores the order);
 * - PAD moves into the convolution behind it;
 * - RELU, RELU6, RELU_N1_TO_1 move into the operator before them. */
MnetStatus mnet_graph_fold(MnetGraph *graph, MnetError *error);

#endif
