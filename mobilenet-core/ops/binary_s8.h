/* SPDX-License-Identifier: MIT
 *
 * TFLite's integer PRELU and SQUARED_DIFFERENCE, with the reference's roundings. */
#ifndef MNET_OPS_BINARY_S8_H
#define MNET_OPS_BINARY_S8_H

#include "ops/quant.h"

/* Inputs of at least 0, and the others, which are multiplied by alpha. */
typedef struct {
    int32_t in_zero, alpha_zero, out_zero;
    MnetFixed above, below;
} MnetPrelu;

/* The tensors are int8 with one scale. */
MnetPrelu mnet_prelu(const MnetTensor *in, const MnetTensor *alpha, const MnetTensor *out);
/* alpha_step is 0 or 1; `out` may be `in`. */
void mnet_prelu_s8(const MnetPrelu *p, size_t n, const int8_t *in, const int8_t *alpha,
                   size_t alpha_step, int8_t *out);

/* Tables of both operands, on one scale, and what scales the square of their
 * difference: MnetAddS8 but for the sum. */
void mnet_squared_difference(const MnetTensor *a, const MnetTensor *b, const MnetTensor *out,
                             int32_t *a_table, int32_t *b_table, MnetAddS8 *operands);
/* b_step is 0 or 1; `out` may be `a` or `b`. */
void mnet_squared_difference_s8(const MnetAddS8 *p, size_t n, const int8_t *a, const int8_t *b,
                                size_t b_step, int8_t *out);

#endif
