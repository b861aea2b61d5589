/* SPDX-License-Identifier: MIT
 *
 * Elements moved from one place to another by nested loops: what TRANSPOSE, PAD,
 * slices and their like are made of. */
#ifndef MNET_OPS_NEST_H
#define MNET_OPS_NEST_H

#include "ops/op.h"

/* dims[0] is the outermost loop; steps and places are in elements. */
typedef struct {
    int32_t rank; /* 1 to MNET_MAX_RANK */
    size_t dims[MNET_MAX_RANK];
    ptrdiff_t in_step[MNET_MAX_RANK], out_step[MNET_MAX_RANK]; /* in_step may be negative */
    size_t in_at, out_at;                                      /* first elements */
    size_t element;                                            /* bytes of one, 1 to 8 */
} MnetNest;

/* The steps of a tensor that lies row after row. */
void mnet_row_major_steps(const MnetShape *shape, ptrdiff_t *steps);

/* Drops loops of one turn and joins loops that go on where the one inside ends:
 * the same moves in longer rows. */
void mnet_nest_collapse(MnetNest *nest);

/* Turns `begin` to `end` of the outermost loop. */
void mnet_nest_run(const MnetNest *nest, size_t begin, size_t end, const void *in, void *out);

/* Elements that are moved. */
size_t mnet_nest_elements(const MnetNest *nest);

#endif
