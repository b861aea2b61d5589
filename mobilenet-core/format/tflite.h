/* SPDX-License-Identifier: MIT
 *
 * Reads a .tflite file: a FlatBuffer "TFL3", schema version 3. */
#ifndef MNET_FORMAT_TFLITE_H
#define MNET_FORMAT_TFLITE_H

#include <mnet/model.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "graph/graph.h"

/* Fills *graph with the first subgraph of the file.  Memory comes from
 * `store`; constants and most names point into `data`, which must outlive the
 * graph.  Names, counts, offsets, shapes, sizes of constants and the operators'
 * options are checked; what takes a look at several operators is left to
 * mnet_graph_check() and to the operators. */
MnetStatus mnet_tflite_read(const uint8_t *data, size_t size, MnetStore *store, MnetGraph *graph,
                            MnetError *error);

/* Sets the limit to what may be taken for a file of `size` bytes: 64 MiB and 16 times as
 * much. */
void mnet_tflite_limit(MnetStore *store, size_t size);
/* `status`; where memory was short because of that limit, MNET_ERROR_LIMIT and an error
 * that tells it. */
MnetStatus mnet_tflite_limited(const MnetStore *store, MnetStatus status, MnetError *error);

/* As mnet_model_unsupported(), of a file's bytes. */
size_t mnet_tflite_unsupported(const uint8_t *data, size_t size, MnetUnsupported *list, size_t max);

/* The buffer of the model's metadata entry `name`; false when the file has none
 * or is damaged, in which case buffer->bad is set. */
bool mnet_tflite_metadata(const uint8_t *data, size_t size, const char *name, MnetBytes *buffer);

#endif
