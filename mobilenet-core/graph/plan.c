/* SPDX-License-Identifier: MIT
 *
 * Offsets from lifetimes, greedily by size (the strategy that arXiv 2001.03288
 * finds best for networks of this kind). */
#include "graph/plan.h"

#include <stdlib.h>

#include "base/error.h"

static int by_falling_size(const void *a, const void *b)
{
    const MnetRegion *x = *(MnetRegion *const *)a, *y = *(MnetRegion *const *)b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x < y ? -1 : 1; /* the same plan on every machine */
}

static bool live_together(const MnetRegion *a, const MnetRegion *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* Inserts `region` behind those that start no later. */
static void insert_by_offset(MnetRegion **placed, size_t n, MnetRegion *region)
{
    size_t i = n;
    for (; i > 0 && placed[i - 1]->offset > region->offset; i--)
        placed[i] = placed[i - 1];
    placed[i] = region;
}

/* placed[0..n) rise by offset. */
static bool place(MnetRegion **placed, size_t n, MnetRegion *region, size_t *end)
{
    size_t room, at = 0;
    if (region->bytes > SIZE_MAX / 4)
        return false;
    room = mnet_round_up(region->bytes + MNET_PADDING, MNET_ALIGN);
    for (size_t i = 0; i < n; i++) {
        if (!live_together(placed[i], region))
            continue;
        if (placed[i]->offset >= at && placed[i]->offset - at >= room)
            break;
        size_t behind =
            placed[i]->offset + mnet_round_up(placed[i]->bytes + MNET_PADDING, MNET_ALIGN);
        at = behind > at ? behind : at;
    }
    if (!mnet_add_size(at, room, end))
        return false;
    region->offset = at;
    insert_by_offset(placed, n, region);
    return true;
}

MnetStatus mnet_plan_regions(MnetRegion *regions, size_t n, size_t *arena_bytes, MnetError *error)
{
    *arena_bytes = 0;
    if (!n)
        return MNET_OK;
    MnetRegion **order = mnet_calloc(2 * n, sizeof *order);
    if (!order)
        return mnet_error_memory(error, 2 * n * sizeof *order);
    MnetRegion **placed = order + n;
    for (size_t i = 0; i < n; i++)
        order[i] = &regions[i];
    qsort(order, n, sizeof *order, by_falling_size);
    MnetStatus status = MNET_OK;
    for (size_t i = 0; i < n && !status; i++) {
        size_t end;
        if (!place(placed, i, order[i], &end))
            status =
                mnet_error_set(error, MNET_ERROR_LIMIT, "the activations pass the address space");
        else if (end > *arena_bytes)
            *arena_bytes = end;
    }
    mnet_free(order);
    return status;
}

void mnet_plan_roots(const MnetGraph *graph, int32_t *roots)
{
    for (int32_t t = 0; t < graph->n_tensors; t++)
        roots[t] = t;
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        const MnetNode *node = &graph->nodes[i];
        if (node->op != MNET_OP_RESHAPE && node->op != MNET_OP_SQUEEZE)
            continue;
        int32_t from = roots[node->inputs[0]], to = node->outputs[0];
        bool outside = graph->tensors[from].data || mnet_graph_producer(graph, from) < 0;
        if (!(outside && mnet_graph_is_output(graph, to)))
            roots[to] = from;
    }
}
