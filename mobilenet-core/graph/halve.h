/* SPDX-License-Identifier: MIT
 *
 * A network of float32 made one of float16. */
#ifndef MNET_GRAPH_HALVE_H
#define MNET_GRAPH_HALVE_H

#include "graph/graph.h"

/* Layers of float32 and what follows them compute in float16 from here on: their
 * tensors become FLOAT16, `was_float32`, and CASTs stand where others read or make
 * them.  What has constants beyond float16 stays float32, and so do networks with
 * layers of 8-bit weights.  The graph has been folded.  *any: whether there were any. */
MnetStatus mnet_graph_halve(MnetGraph *graph, bool *any, MnetError *error);

#endif
