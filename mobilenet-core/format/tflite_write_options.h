/* SPDX-License-Identifier: MIT
 *
 * The operators that are written and their options. */
#ifndef MNET_FORMAT_TFLITE_WRITE_OPTIONS_H
#define MNET_FORMAT_TFLITE_WRITE_OPTIONS_H

#include "format/flatwrite.h"
#include "graph/graph.h"

typedef struct {
    uint8_t type; /* TFL_OPTIONS_NONE: no table */
    uint8_t n;
    MnetFlatField fields[8];
} MnetTfliteOptions;

/* An operator: its number in the file, the versions that compute with floats and with
 * int8, its options; NULL: none. */
typedef struct {
    MnetOp op;
    uint8_t builtin;
    uint8_t version_float, version_int8;
    void (*options)(const MnetNode *node, MnetTfliteOptions *options);
} MnetTfliteWritten;

#define MNET_TFLITE_WRITTEN 15

extern const MnetTfliteWritten mnet_tflite_written[MNET_TFLITE_WRITTEN];

/* NULL: it is not written. */
const MnetTfliteWritten *mnet_tflite_find_written(MnetOp op);

/* MNET_ERROR_UNSUPPORTED and an error that names the node where it, or an option of it,
 * is not written. */
MnetStatus mnet_tflite_check_written(const MnetNode *node, MnetError *error);

#endif
