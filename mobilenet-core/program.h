/* SPDX-License-Identifier: MIT
 *
 * A graph made ready to run at one input size: shapes, steps, memory plan.
 * Immutable and shared once made. */
#ifndef MNET_PROGRAM_H
#define MNET_PROGRAM_H

#include "ops/op.h"

/* offsets[t] of a tensor that lies not in the arena. */
#define MNET_NO_OFFSET SIZE_MAX

typedef struct {
    const MnetGraph *graph;
    MnetShape *shapes;  /* of every tensor */
    MnetStep *steps;    /* of every node */
    size_t *offsets;    /* of every tensor, in the arena */
    int32_t *roots;     /* see mnet_plan_roots() */
    size_t arena_bytes; /* activations */
    size_t scratch;     /* for each thread, behind them */
    uint64_t macs;
} MnetProgram;

/* Fills graph and shapes of *program, from `store`: checks every operator's
 * types, options and shapes.  With `input` NULL also against what the file
 * declares; else `input` takes the place of the shape of input 0. */
MnetStatus mnet_program_infer(const MnetGraph *graph, const MnetShape *input, MnetStore *store,
                              MnetProgram *program, MnetError *error);

/* Fills the rest; the operators have been prepared.  `max_arena` bounds
 * arena_bytes + scratch + the bytes of the inputs. */
MnetStatus mnet_program_plan(MnetProgram *program, const MnetKernels *kernels, size_t max_arena,
                             MnetStore *store, MnetError *error);

#endif
