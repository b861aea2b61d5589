/* SPDX-License-Identifier: MIT
 *
 * The kernels of training for AVX-512: 16 lanes. */
#include <immintrin.h>

#ifndef __AVX512F__
#error "this file is compiled with the flags of its instruction set"
#endif

enum { LANES = 16, TILE_ROWS = 8, TILE_VECTORS = 3 };
typedef float Vector __attribute__((vector_size(64), may_alias));

static inline Vector vector_min(Vector a, Vector b)
{
    return (Vector)_mm512_min_ps((__m512)a, (__m512)b);
}

static inline Vector vector_max(Vector a, Vector b)
{
    return (Vector)_mm512_max_ps((__m512)a, (__m512)b);
}

static inline Vector vector_between(Vector u, Vector low, Vector high, Vector x)
{
    __mmask16 above = _mm512_cmp_ps_mask((__m512)u, (__m512)low, _CMP_GT_OQ);
    __mmask16 both = _mm512_mask_cmp_ps_mask(above, (__m512)u, (__m512)high, _CMP_LT_OQ);
    return (Vector)_mm512_maskz_mov_ps(both, (__m512)x);
}

#include "train/train_kernels_body.h"

const MnetTrainKernels mnet_train_kernels_avx512vnni = { .name = "avx512vnni", MNET_TRAIN_SLOTS };
