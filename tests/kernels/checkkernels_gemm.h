/* SPDX-License-Identifier: MIT
 *
 * The shapes that the products of floats are checked with. */
#ifndef CHECKKERNELS_GEMM_H
#define CHECKKERNELS_GEMM_H

#include "checkkernels.h"

enum { GEMM_MOST_N = 100 };

typedef struct {
    size_t m, n, k;
    size_t runs;   /* a divisor of k */
    size_t n0, n1; /* the channels of the call */
    size_t a_stride, c_extra;
    float min, max;
} GemmShape;

/* A random one with m, n, k given (0: any), k cut to what the runs divide, for panels of
 * `nr` channels. */
GemmShape gemm_shape(size_t nr, size_t m, size_t n, size_t k);

#endif
