/* SPDX-License-Identifier: MIT
 *
 * Small valid models, together of every operator in every number form: what
 * the hostile corpus and the fuzzers start from. */
#ifndef SAMPLEMODELS_H
#define SAMPLEMODELS_H

#include "tflitebuilder.h"

size_t sample_count(void);
/* Static, e.g. "conv-int8". */
const char *sample_name(size_t index);
TbFile sample_model(size_t index);

#endif
