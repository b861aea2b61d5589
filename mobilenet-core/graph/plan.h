/* SPDX-License-Identifier: MIT
 *
 * Where tensors lie in a session's arena: offsets from lifetimes. */
#ifndef MNET_GRAPH_PLAN_H
#define MNET_GRAPH_PLAN_H

#include "graph/graph.h"

/* One piece of memory: needed from step `first` to step `last`, both included. */
typedef struct {
    size_t bytes;
    int32_t first, last;
    size_t offset; /* the result */
} MnetRegion;

/* Gives every region an offset (a multiple of MNET_ALIGN, MNET_PADDING bytes
 * of room behind each) so that none overlaps another that lives at the same
 * time: largest first, each at the lowest place that is free.  *arena_bytes is
 * the end of the last one. */
MnetStatus mnet_plan_regions(MnetRegion *regions, size_t n, size_t *arena_bytes, MnetError *error);

/* Which tensors share the memory of another (RESHAPE and SQUEEZE do not move
 * bytes): roots[t] is t itself or the tensor whose bytes it has.  A tensor that
 * is a graph output never shares a graph input's or a constant's bytes. */
void mnet_plan_roots(const MnetGraph *graph, int32_t *roots);

#endif
