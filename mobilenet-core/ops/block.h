/* SPDX-License-Identifier: MIT
 *
 * Blocks: chains of layers that are computed together, some rows at a time, so
 * that what lies between them stays in the cache and needs no arena.
 *
 * A stage is a convolution and the element-wise operators that follow it in
 * place.  The last stage asks the one before it for the rows that it needs, and
 * so on to the first, which reads the arena.  A depthwise stage keeps its input
 * in a ring of staged rows (see MnetDepthwiseRows), into which the stage before
 * writes directly where its rows are long enough for products of their own; a
 * pointwise stage reads a strip of rows without gaps.  The kernels are those of
 * the layers alone, and so are the bytes. */
#ifndef MNET_OPS_BLOCK_H
#define MNET_OPS_BLOCK_H

#include "ops/rows.h"

#define MNET_MAX_STAGES 12
#define MNET_MAX_BLOCK_NODES 24

typedef enum { MNET_STAGE_POINTWISE, MNET_STAGE_CONV, MNET_STAGE_DEPTHWISE } MnetStageKind;

typedef struct {
    MnetStageKind kind;
    size_t first, nodes;    /* of the block's: the layer, then what follows in place */
    size_t out_h, out_w;    /* rows, pixels of a row */
    size_t in_row, out_row; /* bytes of a row */
    size_t chunk;           /* rows computed at once */
    bool to_ring;           /* writes into the ring of the next stage */
    size_t strip;           /* in the scratch: rows for the next stage, unless to_ring */
    size_t work;            /* in the scratch: gathered windows; or the kernel's row pointers */
    size_t ring, border;    /* in the scratch; depthwise stages: staged rows, one outside */
    size_t ring_rows, ring_bytes;
} MnetStage;

typedef struct {
    size_t n_nodes, n_stages;
    const MnetStep *steps[MNET_MAX_BLOCK_NODES]; /* of the nodes, in their order */
    MnetStage stages[MNET_MAX_STAGES];
    int32_t input, output; /* tensors */
    size_t batch;          /* pictures */
    size_t tiles;          /* bands of rows that the work may have, at least 1 */
    size_t scratch;        /* bytes that a thread needs */
} MnetBlock;

/* What a thread keeps from one tile of a block to the next.  Cleared before the
 * first, but for ns.  A line of the cache of its own. */
typedef struct {
    _Alignas(64) size_t rows;     /* behind the last tile, counted through the batch */
    bool begun;                   /* the borders are filled */
    size_t next[MNET_MAX_STAGES]; /* depthwise stages: the first row not in the ring */
    uint64_t *ns;                 /* of each node of the graph: grows; NULL: not measured */
} MnetBlockState;

/* The rows of the input that rows *begin to *end of the output of stage `i` need. */
void mnet_stage_input(const MnetBlock *block, size_t i, size_t *begin, size_t *end);

/* Finds the blocks of a graph whose steps are planned: block_of[node], NULL
 * before, becomes the node's block (from `store`), if any.  `all`: also those
 * that do not pay. */
MnetStatus mnet_blocks_find(const MnetGraph *graph, const MnetStep *steps, bool all,
                            MnetStore *store, MnetBlock **block_of, MnetError *error);

/* Computes one of `tiles` bands of rows of the output, at most block->tiles.  A
 * thread that takes neighbouring bands in their order computes no row twice. */
void mnet_block_run(const MnetBlock *block, void *const *tensors, size_t tile, size_t tiles,
                    MnetBlockState *state, void *scratch);

#endif
