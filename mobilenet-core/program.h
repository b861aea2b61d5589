/* SPDX-License-Identifier: MIT
 *
 * A graph made ready to run at one input size: shapes, steps, memory plan.
 * Immutable and shared once made. */
#ifndef MNET_PROGRAM_H
#define MNET_PROGRAM_H

#include <mnet/model.h>

#include "ops/block.h"

/* offsets[t] of a tensor that lies not in the arena. */
#define MNET_NO_OFFSET SIZE_MAX

/* What is computed at once: the step of one node, or a block. */
typedef struct {
    const MnetStep *step;   /* the first one's */
    const MnetBlock *block; /* NULL: `step` alone */
    size_t tiles;           /* parts that it may have, at least 1 */
} MnetJob;

typedef struct {
    const MnetGraph *graph;
    MnetShape *shapes;    /* of every tensor */
    MnetStep *steps;      /* of every node */
    MnetBlock **block_of; /* of every node; NULL: computed alone */
    MnetJob *jobs;        /* in the order in which they run */
    size_t n_jobs;
    size_t *offsets;    /* of every tensor, in the arena; MNET_NO_OFFSET inside of blocks */
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

/* Fills the rest; the operators have been prepared.  `max_arena` bounds arena_bytes + scratch + the
 * bytes of the inputs. */
MnetStatus mnet_program_plan(MnetProgram *program, const MnetKernels *kernels, MnetFusing fusing,
                             size_t max_arena, MnetStore *store, MnetError *error);

#endif
