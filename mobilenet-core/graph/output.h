/* SPDX-License-Identifier: MIT
 *
 * What the operators before an output tell of what it holds. */
#ifndef MNET_GRAPH_OUTPUT_H
#define MNET_GRAPH_OUTPUT_H

#include "graph/graph.h"

/* Where the values of `tensor` come from, seen through RESHAPE, SQUEEZE, QUANTIZE,
 * DEQUANTIZE and FLIP: a tensor that another operator, or none, makes. */
int32_t mnet_graph_origin(const MnetGraph *graph, int32_t tensor);

/* What makes `tensor`, seen through operators that do not change its meaning. */
MnetOutputKind mnet_graph_output_kind(const MnetGraph *graph, int32_t tensor);

#endif
