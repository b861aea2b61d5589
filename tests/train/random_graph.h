/* SPDX-License-Identifier: MIT
 *
 * Networks of random operators, shapes, options and numbers, of those operators that
 * are written as .tflite files. */
#ifndef RANDOM_GRAPH_H
#define RANDOM_GRAPH_H

#include "tflitebuilder.h"

/* One picture of up to 8x8 in, one tensor [1, ...] out, of floats, int8 or uint8; the same
 * seed gives the same file. */
TbFile random_graph(uint64_t seed);

#endif
