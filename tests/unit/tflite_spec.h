/* SPDX-License-Identifier: MIT
 *
 * The small file from which the tests of the .tflite reader start. */
#ifndef TFLITE_SPEC_H
#define TFLITE_SPEC_H

#include "format/tflite.h"
#include "tflitebuilder.h"

/* A convolution x * w + b = y, as it is built unless a case changes it. */
enum { X, W, B, Y, N_TENSORS };

typedef struct {
    TbTensor tensors[N_TENSORS];
    TbOperator op;
    int32_t input, output;
    uint32_t version;
} TfliteSpec;

/* The bytes of w: 2 x 3 x 3 x 3. */
extern const int8_t tflite_spec_weights[54];

TfliteSpec tflite_spec_good(void);
TbFile tflite_spec_build(const TfliteSpec *spec);
/* Reads a file and forgets what came of it. */
MnetStatus tflite_spec_read(const TbFile *file, MnetError *error);

#endif
