/* SPDX-License-Identifier: MIT
 *
 * What an operator is: shape inference, packing, planning, running. */
#ifndef MNET_OPS_OP_H
#define MNET_OPS_OP_H

#include "graph/graph.h"
#include "kernels/kernels.h"

typedef struct {
    int32_t rank;
    int32_t dims[MNET_MAX_RANK];
} MnetShape;

struct MnetOpClass;

/* A node bound to shapes: everything a run needs. */
typedef struct {
    const struct MnetOpClass *cls;
    const MnetGraph *graph;
    const MnetNode *node;
    const MnetKernels *kernels;
    const MnetShape *shapes; /* of every tensor of the graph */
    void *state;             /* the operator's own, read-only in a run */
    size_t tiles;            /* independent parts that the work may have, at least 1 */
    size_t scratch;          /* bytes that a tile needs for itself */
    uint64_t macs;
    uint64_t additions; /* of windows that have no weights, in the time of as many macs */
} MnetStep;

typedef struct MnetOpClass {
    /* Checks types, attributes and input shapes; sets the shapes of the
     * outputs. */
    MnetStatus (*infer)(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                        MnetError *error);
    /* Packs constants into node->packed (graph->store), for any input size.
     * May be NULL. */
    MnetStatus (*prepare)(MnetGraph *graph, MnetNode *node, const MnetKernels *kernels,
                          MnetError *error);
    /* Fills state (from `store`), tiles, scratch and macs of a step whose other
     * fields are set. */
    MnetStatus (*plan)(MnetStep *step, MnetStore *store, MnetError *error);
    /* Computes one of `tiles` equal parts of the work, which are at most
     * step->tiles; the bytes are the same for any number of them.  tensors[t] is
     * the memory of tensor t. */
    void (*run)(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                void *scratch);
} MnetOpClass;

/* Never NULL for an operator below MNET_OP_COUNT. */
const MnetOpClass *mnet_op_class(MnetOp op);

/* Runs infer() of every node with the given shapes of the inputs set, and
 * checks what the file declares against it when `declared`. */
MnetStatus mnet_ops_infer(const MnetGraph *graph, MnetShape *shapes, bool declared,
                          MnetError *error);
/* Runs prepare() of every node. */
MnetStatus mnet_ops_prepare(MnetGraph *graph, const MnetKernels *kernels, MnetError *error);
/* Runs plan() of every node into steps[graph->n_nodes]. */
MnetStatus mnet_ops_plan(const MnetGraph *graph, const MnetShape *shapes,
                         const MnetKernels *kernels, MnetStep *steps, MnetStore *store,
                         MnetError *error);

/* Marks the pools whose window is the whole map at these shapes: at other sizes
 * of the network's input they follow it. */
void mnet_pools_mark(MnetGraph *graph, const MnetShape *shapes);

/* Shared by the operators: */

size_t mnet_shape_elements(const MnetShape *shape);
/* Sets shapes[node->outputs[0]]; fails when the tensor passes a limit. */
MnetStatus mnet_set_shape(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                          const MnetShape *shape, MnetError *error);
/* Likewise of any output. */
MnetStatus mnet_set_output_shape(const MnetGraph *graph, const MnetNode *node, int32_t output,
                                 MnetShape *shapes, const MnetShape *shape, MnetError *error);
/* "operator 17 CONV_2D: ..." with status MNET_ERROR_UNSUPPORTED or _FORMAT. */
MnetStatus mnet_op_unsupported(MnetError *error, const MnetNode *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
MnetStatus mnet_op_malformed(MnetError *error, const MnetNode *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Between `min` and `max` inputs (those up to `min` given) and one output. */
MnetStatus mnet_op_arity(const MnetNode *node, int32_t min, int32_t max, MnetError *error);
/* Likewise for any number of outputs. */
MnetStatus mnet_op_inputs(const MnetNode *node, int32_t min, int32_t max, MnetError *error);
/* Input 0 and the output have one type and, as INT8, one scale and zero point. */
MnetStatus mnet_op_same_type(const MnetGraph *graph, const MnetNode *node, int32_t output,
                             MnetError *error);
/* Input 0 and output 0 are both FLOAT32, or both FLOAT16 that was FLOAT32 in the file,
 * or both INT8 with one scale each. */
MnetStatus mnet_op_float_or_int8(const MnetGraph *graph, const MnetNode *node, MnetError *error);

/* Tensor `i` of the node. */
static inline const MnetTensor *mnet_in(const MnetGraph *graph, const MnetNode *node, int32_t i)
{
    return i < node->n_inputs && node->inputs[i] >= 0 ? &graph->tensors[node->inputs[i]] : NULL;
}

static inline const MnetTensor *mnet_out(const MnetGraph *graph, const MnetNode *node)
{
    return &graph->tensors[node->outputs[0]];
}

/* Constants may have any finite scale in a file; few operators take them. */
static inline bool mnet_has_one_scale(const MnetTensor *tensor)
{
    return tensor->quant.n == 1 && tensor->quant.scale[0] > 0;
}

static inline bool mnet_same_quant(const MnetTensor *a, const MnetTensor *b)
{
    return a->quant.n == 1 && b->quant.n == 1 && a->quant.scale[0] == b->quant.scale[0] &&
           a->quant.zero_point[0] == b->quant.zero_point[0];
}

/* The bytes of `total` that tile `tile` of `tiles` covers: [*begin, *end), in
 * multiples of `grain`. */
static inline void mnet_tile_range(size_t total, size_t tile, size_t tiles, size_t grain,
                                   size_t *begin, size_t *end)
{
    size_t units = (total + grain - 1) / grain;
    *begin = units * tile / tiles * grain;
    *end = units * (tile + 1) / tiles * grain;
    *end = *end > total ? total : *end;
}

/* Tiles for work of `cost` (about one per multiply-add or byte), at most `max`
 * of them. */
size_t mnet_tile_count(uint64_t cost, size_t max);

#endif
