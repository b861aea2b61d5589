/* SPDX-License-Identifier: MIT
 *
 * Reads a .tflite file as a network that can be trained further. */
#ifndef MNET_TRAIN_READ_TFLITE_H
#define MNET_TRAIN_READ_TFLITE_H

#include "train/net.h"

/* A classifier of the family, or its backbone: of floats, or of bytes, whose numbers
 * become the floats that they stand for.  Batch normalisation, which such files have
 * in their weights, is not there: layers have biases.  SOFTMAX and LOGISTIC at the end
 * are left out.  Normalisation and names of classes are those of the file's metadata;
 * NULL and `error`, which names the file and the operator, where one is none of the
 * family's. */
MnetNet *mnet_net_read_tflite(const char *path, MnetError *error);
/* The same of a file's bytes. */
MnetNet *mnet_net_read_tflite_memory(const void *data, size_t size, MnetError *error);

#endif
