/* SPDX-License-Identifier: MIT
 *
 * Writes what a .tflite file says of itself: normalisation of its first input and
 * labels of its first output (see metadata.h). */
#ifndef MNET_FORMAT_METADATA_WRITE_H
#define MNET_FORMAT_METADATA_WRITE_H

#include <mnet/tensor.h>

#include "format/flatwrite.h"

typedef struct {
    const char *description;   /* of the model, one line; never NULL */
    MnetNormalization input;   /* n = 0: not told */
    const char *const *labels; /* n_labels names, or NULL */
    size_t n_labels;
} MnetTfliteFacts;

/* The content of the model's metadata entry TFLITE_METADATA. */
MnetStatus mnet_metadata_write(const MnetTfliteFacts *facts, MnetFlatWriter *writer,
                               MnetError *error);
/* Appends the archive that holds the labels to the whole file. */
void mnet_metadata_append_labels(const MnetTfliteFacts *facts, MnetFlatWriter *file);

#endif
