/* SPDX-License-Identifier: MIT
 *
 * The kernels of training for AVX2: 8 lanes. */
#include <immintrin.h>

#ifndef __AVX2__
#error "this file is compiled with the flags of its instruction set"
#endif

enum { LANES = 8, TILE_ROWS = 4, TILE_VECTORS = 2 };
typedef float Vector __attribute__((vector_size(32), may_alias));

static inline Vector vector_min(Vector a, Vector b)
{
    return (Vector)_mm256_min_ps((__m256)a, (__m256)b);
}

static inline Vector vector_max(Vector a, Vector b)
{
    return (Vector)_mm256_max_ps((__m256)a, (__m256)b);
}

static inline Vector vector_between(Vector u, Vector low, Vector high, Vector x)
{
    __m256 above = _mm256_cmp_ps((__m256)u, (__m256)low, _CMP_GT_OQ);
    __m256 below = _mm256_cmp_ps((__m256)u, (__m256)high, _CMP_LT_OQ);
    return (Vector)_mm256_and_ps(_mm256_and_ps(above, below), (__m256)x);
}

#include "train/train_kernels_body.h"

const MnetTrainKernels mnet_train_kernels_avx2 = { .name = "avx2", MNET_TRAIN_SLOTS };
