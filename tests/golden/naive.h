/* SPDX-License-Identifier: MIT
 *
 * The definition of float networks that no reference implementation runs: nested loops
 * in double over the operators as the file has them, for selfie segmentation. */
#ifndef NAIVE_H
#define NAIVE_H

#include <stdbool.h>
#include <stddef.h>

/* Computes the first output of a .tflite file from its first input, as many floats as
 * they have; false, with what is wrong printed, for other operators and sizes. */
bool naive_run(const char *path, const float *input, size_t n_input, float *output,
               size_t n_output);

#endif
