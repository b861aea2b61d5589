/* SPDX-License-Identifier: MIT
 *
 * Writes a graph as a .tflite file. */
#ifndef MNET_FORMAT_TFLITE_WRITE_H
#define MNET_FORMAT_TFLITE_WRITE_H

#include "format/metadata_write.h"
#include "graph/graph.h"

/* The bytes of a file that mnet_tflite_read() reads as `graph` again: each constant once,
 * the oldest operator versions that have the types and options.  Every node has an input
 * 0.  Refuses operators that no classifier of the family has.  *data is freed by
 * mnet_free(), and not touched on an error. */
MnetStatus mnet_tflite_write(const MnetGraph *graph, const MnetTfliteFacts *facts, uint8_t **data,
                             size_t *size, MnetError *error);

#endif
