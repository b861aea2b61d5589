/* SPDX-License-Identifier: MIT
 *
 * What a .tflite file says of itself beyond its network: normalisation of the
 * inputs, labels of the outputs, a description.  The facts are in a FlatBuffer
 * "M001" in the model's metadata entry TFLITE_METADATA, the labels in a zip
 * archive behind the model. */
#ifndef MNET_FORMAT_METADATA_H
#define MNET_FORMAT_METADATA_H

#include <mnet/model.h>

#include "base/memory.h"
#include "graph/graph.h"

/* One output's labels: bytes as they are in the archive, not parsed or checked;
 * in `data` or the store.  text is NULL when the output has none; outputs of the
 * same labels have the same text. */
typedef struct {
    const char *text;
    size_t size;
    const char *name; /* of the file in the archive, "" without labels */
} MnetLabelText;

typedef struct {
    MnetNormalization inputs[MNET_MAX_GRAPH_IO]; /* n = 0: the file does not tell */
    MnetLabelText outputs[MNET_MAX_GRAPH_IO];
    const char *description; /* "" when it has none; never NULL */
    char warning[256];       /* one line, "" when all is well */
} MnetMetadata;

/* Reads the metadata of a file whose graph has been read.  A file without any
 * is fine; in a damaged one the damaged part is left out, with a warning.  Only
 * a lack of memory is an error.  Memory comes from `store`, strings may point
 * into `data`. */
MnetStatus mnet_metadata_read(const uint8_t *data, size_t size, const MnetGraph *graph,
                              MnetStore *store, MnetMetadata *metadata, MnetError *error);

#endif
