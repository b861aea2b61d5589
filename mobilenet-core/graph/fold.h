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

/* Constant paddings of a PAD, rank x (before, after), and the constant order of a
 * TRANSPOSE: at most 2 * MNET_MAX_RANK and MNET_MAX_RANK values.  False for any
 * other node. */
bool mnet_pad_values(const MnetGraph *graph, const MnetNode *node, int32_t *values, int32_t *n);
bool mnet_transpose_values(const MnetGraph *graph, const MnetNode *node, int32_t *values,
                           int32_t *n);

/* Lets the readers of a node's output read its input instead, and removes it;
 * false where that would make a network's output one of its inputs or constants. */
bool mnet_graph_bypass(MnetGraph *graph, int32_t node);

/* Removes TRANSPOSEs of TRANSPOSEs that restore the order, and moves the others behind elementwise
 * operators, PADs and CONCATENATIONs that read nothing else but constants along one dimension,
 * until there are such pairs; hoisting moves those that are left before the PAD in front of them.
 * The results are the same bytes. */
MnetStatus mnet_graph_sink_transposes(MnetGraph *graph, MnetError *error);
MnetStatus mnet_graph_hoist_transposes(MnetGraph *graph, MnetError *error);

/* Writes into a node's note what has been folded into it. */
void mnet_node_note(MnetNode *node, const char *what);

/* Whether two tensors store the same numbers for the same values. */
bool mnet_same_form(const MnetTensor *a, const MnetTensor *b);

/* Folds into convolutions the SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND around them and the
 * ADD of one number a channel behind those of floats that have no bias, joins
 * RESIZE_BILINEAR of bytes with the ARG_MAX behind it, and lets MIRROR_PAD move bytes
 * that were made floats for it alone. */
MnetStatus mnet_graph_fold_maps(MnetGraph *graph, MnetError *error);

/* In this order:
 * - constants are unpacked;
 * - uint8 tensors become int8 (values and zero points less 128); inputs and
 *   outputs keep their type behind FLIP nodes;
 * - operators that change nothing go (PAD by 0, QUANTIZE to the same scale,
 *   TRANSPOSE that keeps or restores the order);
 * - TRANSPOSEs move behind others, where they meet those that undo them;
 * - what mnet_graph_fold_maps() tells;
 * - PAD moves into the convolution behind it;
 * - RELU, RELU6, RELU_N1_TO_1 move into the operator before them. */
MnetStatus mnet_graph_fold(MnetGraph *graph, MnetError *error);

#endif
