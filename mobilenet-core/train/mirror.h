/* SPDX-License-Identifier: MIT
 *
 * A classifier that also looks at the mirrored picture: both are one batch of two, and
 * the output is the mean of what the network makes of them (Krizhevsky et al., 2012, test
 * so with crops and mirror images), for twice the work. */
#ifndef MNET_TRAIN_MIRROR_H
#define MNET_TRAIN_MIRROR_H

#include <mnet/common.h>

/* The bytes of the new file, freed by mnet_free(), from a .tflite file: one picture
 * [1, rows, columns, channels] in, one list [1, n] out, of floats or bytes.  Labels,
 * normalisation and description stay.  Means of bytes are rounded to their scale.
 * MNET_ERROR_UNSUPPORTED and an error that names the file and the operator where one
 * mixes the pictures of a batch or is not written.  On an error *data and *size stay as
 * they are.  Any thread may call both; only `error` may be NULL. */
MnetStatus mnet_mirror_tflite(const char *path, uint8_t **data, size_t *size, MnetError *error);
/* The same of a file's bytes. */
MnetStatus mnet_mirror_tflite_memory(const void *file, size_t file_size, uint8_t **data,
                                     size_t *size, MnetError *error);

#endif
