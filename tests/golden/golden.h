/* SPDX-License-Identifier: MIT
 *
 * Golden cases: a network's input tensors, the output tensors that TFLite's
 * reference kernels give for them, and the bars that ours are judged by. */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <mnet/tensor.h>

#include <stdio.h>

#include "shared_file.h"

#define GOLDEN_MAX_TENSORS 8

/* How far TFLite's optimised kernels are from its reference ones, which is
 * what a difference is worth in this network. */
typedef struct {
    double largest; /* difference, in steps (integers) or absolute (floats) */
    double share;   /* of the elements differs, 0 to 1 */
} GoldenDistance;

typedef struct {
    size_t n_inputs, n_outputs;
    GoldenDistance optimized[GOLDEN_MAX_TENSORS]; /* of each output */
    char folder[1024];                            /* with meta.txt and the tensors */
} GoldenCase;

/* Reads meta.txt of `folder`; prints what is wrong. */
bool golden_read_case(const char *folder, GoldenCase *golden);

/* "input_0", ...: exactly `bytes` bytes of a file in the case's folder, gzipped
 * or not; freed by the caller.  Prints what is wrong and returns NULL. */
void *golden_load(const GoldenCase *golden, const char *kind, size_t index, size_t bytes);

/* Element `index` as it is stored: steps of integers, values of floats. */
double golden_stored(MnetType type, const void *data, size_t index);

typedef struct {
    GoldenDistance distance; /* ours from the reference */
    bool same_top;           /* the largest elements are the same one, or equal */
    bool holds;
    GoldenDistance bar; /* share: 1 where it does not count */
} GoldenVerdict;

/* What a network computes in: floats, floats between integer or dynamic-range
 * operators (and integers), or float16 where the file says float32. */
typedef enum { GOLDEN_FLOAT32, GOLDEN_MIXED, GOLDEN_FLOAT16 } GoldenArithmetic;

/* Judges an output of `n` elements against the reference. */
GoldenVerdict golden_judge(MnetType type, GoldenArithmetic arithmetic, size_t n, const void *ours,
                           const void *reference, GoldenDistance optimized);

/* Boxes, classes and scores of TFLite_Detection_PostProcess, for n detections. */
typedef struct {
    const float *boxes, *classes, *scores;
} GoldenBoxes;

/* Each box of the reference with a score of at least 0.3 has one of the same class
 * with an overlap of 0.98 and a score within 0.01 among ours, and at most one more
 * or less of ours have such a score.  Prints what differs. */
bool golden_judge_boxes(size_t n, const GoldenBoxes *ours, const GoldenBoxes *reference);

#endif
