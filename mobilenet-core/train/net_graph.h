/* SPDX-License-Identifier: MIT
 *
 * A network as the graph that TFLite runs, and as a .tflite file. */
#ifndef MNET_TRAIN_NET_GRAPH_H
#define MNET_TRAIN_NET_GRAPH_H

#include "format/metadata_write.h"
#include "graph/graph.h"
#include "train/net.h"

/* Batch normalisation becomes part of weights and biases, hard sigmoid the ADD and
 * MUL of TFLite's converter; SOFTMAX comes last.  Tensors have the names of their
 * layers.  Memory comes from `store`; nothing points into `net`. */
MnetStatus mnet_net_graph(const MnetNet *net, MnetStore *store, MnetGraph *graph, MnetError *error);

/* Normalisation, labels and title for the file; they point into `net`. */
MnetTfliteFacts mnet_net_facts(const MnetNet *net);

/* The bytes of a float .tflite file, freed by mnet_free(). */
MnetStatus mnet_net_tflite(const MnetNet *net, uint8_t **data, size_t *size, MnetError *error);
/* The same as a file, which is there whole or as it was before. */
MnetStatus mnet_net_write_tflite(const MnetNet *net, const char *path, MnetError *error);

#endif
