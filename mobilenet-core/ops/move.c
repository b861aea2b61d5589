/* SPDX-License-Identifier: MIT
 *
 * TRANSPOSE, PAD, DEPTH_TO_SPACE and SPACE_TO_DEPTH: bytes moved, never computed. */
#include <string.h>

#include "base/error.h"
#include "ops/classes.h"
#include "ops/nest.h"

typedef struct {
    MnetNest nest;
    size_t fill_bytes; /* of the output, before anything is copied; 0: none */
    int fill;
} MoveState;

static MoveState *new_state(MnetStep *step, MnetStore *store, MnetError *error)
{
    MoveState *s = mnet_store_alloc(store, sizeof *s);
    if (s)
        s->nest.element = mnet_type_size(mnet_out(step->graph, step->node)->type);
    else
        mnet_error_memory(error, sizeof *s);
    step->state = s;
    return s;
}

/* One tile where the output is filled first: more would be a race. */
static void count_tiles(MnetStep *step)
{
    MoveState *s = step->state;
    mnet_nest_collapse(&s->nest);
    if (!s->fill_bytes)
        step->tiles = mnet_tile_count((uint64_t)mnet_nest_elements(&s->nest) * 4, s->nest.dims[0]);
}

static void move_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                     void *scratch)
{
    const MoveState *s = step->state;
    const void *in = tensors[step->node->inputs[0]];
    void *out = tensors[step->node->outputs[0]];
    size_t begin, end;
    if (s->fill_bytes)
        memset(out, s->fill, s->fill_bytes);
    mnet_tile_range(s->nest.dims[0], tile, tiles, 1, &begin, &end);
    mnet_nest_run(&s->nest, begin, end, in, out);
}

static MnetStatus transpose_order(const MnetGraph *graph, const MnetNode *node, int32_t rank,
                                  int32_t *order, MnetError *error)
{
    int32_t n;
    bool seen[MNET_MAX_RANK] = { false };
    if (!mnet_tensor_ints(mnet_in(graph, node, 1), order, MNET_MAX_RANK, &n) || n != rank)
        return mnet_op_unsupported(error, node, "its order is no constant of %d integers", rank);
    for (int32_t i = 0; i < n; i++) {
        order[i] += order[i] < 0 ? rank : 0;
        if (order[i] < 0 || order[i] >= rank || seen[order[i]])
            return mnet_op_malformed(error, node, "its order is no permutation");
        seen[order[i]] = true;
    }
    return MNET_OK;
}

static MnetStatus transpose_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                                  MnetError *error)
{
    int32_t order[MNET_MAX_RANK];
    MnetStatus status = mnet_op_arity(node, 2, 2, error);
    if (status || (status = mnet_op_same_type(graph, node, 0, error)))
        return status;
    const MnetShape *in = &shapes[node->inputs[0]];
    if ((status = transpose_order(graph, node, in->rank, order, error)))
        return status;
    MnetShape out = { in->rank, { 0 } };
    for (int32_t i = 0; i < in->rank; i++)
        out.dims[i] = in->dims[order[i]];
    return mnet_set_shape(graph, node, shapes, &out, error);
}

static MnetStatus transpose_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    const MnetShape *in = &step->shapes[step->node->inputs[0]];
    const MnetShape *out = &step->shapes[step->node->outputs[0]];
    int32_t order[MNET_MAX_RANK];
    ptrdiff_t steps[MNET_MAX_RANK];
    MoveState *s = new_state(step, store, error);
    if (!s)
        return MNET_ERROR_MEMORY;
    MnetStatus status = transpose_order(step->graph, step->node, in->rank, order, error);
    if (status)
        return status;
    mnet_row_major_steps(in, steps);
    mnet_row_major_steps(out, s->nest.out_step);
    s->nest.rank = out->rank;
    for (int32_t i = 0; i < out->rank; i++) {
        s->nest.dims[i] = (size_t)out->dims[i];
        s->nest.in_step[i] = steps[order[i]];
    }
    count_tiles(step);
    return MNET_OK;
}

const MnetOpClass mnet_op_transpose = { transpose_infer, NULL, transpose_plan, move_run };

static MnetStatus paddings(const MnetGraph *graph, const MnetNode *node, int32_t rank,
                           int32_t *values, MnetError *error)
{
    int32_t n;
    if (rank < 1 || !mnet_tensor_ints(mnet_in(graph, node, 1), values, 2 * MNET_MAX_RANK, &n) ||
        n != 2 * rank)
        return mnet_op_unsupported(error, node, "its paddings are no constant of %d x 2 integers",
                                   rank);
    for (int32_t i = 0; i < n; i++)
        if (values[i] < 0 || values[i] > 1 << 16)
            return mnet_op_malformed(error, node, "padding %d is %d", i, values[i]);
    return MNET_OK;
}

static MnetStatus pad_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                            MnetError *error)
{
    int32_t values[2 * MNET_MAX_RANK];
    MnetStatus status = mnet_op_arity(node, 2, 2, error);
    if (status || (status = mnet_op_same_type(graph, node, 0, error)))
        return status;
    const MnetShape *in = &shapes[node->inputs[0]];
    if ((status = paddings(graph, node, in->rank, values, error)))
        return status;
    MnetShape out = *in;
    for (int32_t i = 0; i < in->rank; i++)
        out.dims[i] += values[2 * i] + values[2 * i + 1];
    return mnet_set_shape(graph, node, shapes, &out, error);
}

static MnetStatus pad_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    const MnetShape *in = &step->shapes[step->node->inputs[0]];
    const MnetShape *out = &step->shapes[step->node->outputs[0]];
    const MnetTensor *tensor = mnet_out(step->graph, step->node);
    int32_t values[2 * MNET_MAX_RANK];
    MoveState *s = new_state(step, store, error);
    if (!s)
        return MNET_ERROR_MEMORY;
    MnetStatus status = paddings(step->graph, step->node, in->rank, values, error);
    if (status)
        return status;
    MnetNest *nest = &s->nest;
    mnet_row_major_steps(in, nest->in_step);
    mnet_row_major_steps(out, nest->out_step);
    nest->rank = in->rank;
    s->fill_bytes = mnet_shape_elements(out) * nest->element;
    s->fill = tensor->type == MNET_TYPE_INT8 ? tensor->quant.zero_point[0] : 0;
    for (int32_t i = 0; i < in->rank; i++) {
        nest->dims[i] = (size_t)in->dims[i];
        nest->out_at += (size_t)values[2 * i] * (size_t)nest->out_step[i];
    }
    count_tiles(step);
    return MNET_OK;
}

const MnetOpClass mnet_op_pad = { pad_infer, NULL, pad_plan, move_run };

/* Squares of `block` x `block` pixels of one side are the channels of the other. */
static MnetStatus space_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                              MnetError *error)
{
    bool to_space = node->op == MNET_OP_DEPTH_TO_SPACE;
    MnetStatus status = mnet_op_arity(node, 1, 1, error);
    if (status || (status = mnet_op_same_type(graph, node, 0, error)))
        return status;
    const MnetShape *in = &shapes[node->inputs[0]];
    int32_t block = node->options.block_size;
    if (in->rank != 4 || block < 1 || block > 1 << 12)
        return mnet_op_malformed(error, node, "blocks of %d in an input of %d dimensions", block,
                                 in->rank);
    int64_t square = (int64_t)block * block, depth = in->dims[3] * square;
    bool fits =
        to_space ? in->dims[3] % square == 0 : in->dims[1] % block == 0 && in->dims[2] % block == 0;
    if (!fits)
        return mnet_op_malformed(error, node, "%dx%dx%d is not made of blocks of %d", in->dims[1],
                                 in->dims[2], in->dims[3], block);
    if (to_space ? in->dims[1] > MNET_MAX_DIM / block || in->dims[2] > MNET_MAX_DIM / block
                 : depth > MNET_MAX_DIM)
        return mnet_op_malformed(error, node, "its output passes %d", MNET_MAX_DIM);
    MnetShape out = *in;
    out.dims[1] = to_space ? in->dims[1] * block : in->dims[1] / block;
    out.dims[2] = to_space ? in->dims[2] * block : in->dims[2] / block;
    out.dims[3] = (int32_t)(to_space ? in->dims[3] / square : depth);
    return mnet_set_shape(graph, node, shapes, &out, error);
}

/* The loops: batch, row of blocks, row in a block, column of blocks, column in a
 * block, channel.  In the wide tensor each of the last three goes on where the
 * one inside ends; in the deep one rows of a block are channels. */
static MnetStatus space_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    bool to_space = step->node->op == MNET_OP_DEPTH_TO_SPACE;
    const MnetShape *deep =
        &step->shapes[to_space ? step->node->inputs[0] : step->node->outputs[0]];
    MoveState *s = new_state(step, store, error);
    if (!s)
        return MNET_ERROR_MEMORY;
    ptrdiff_t block = step->node->options.block_size, depth = deep->dims[3];
    ptrdiff_t height = deep->dims[1], width = deep->dims[2], channels = depth / (block * block);
    const size_t dims[] = { (size_t)deep->dims[0], (size_t)height, (size_t)block,
                            (size_t)width,         (size_t)block,  (size_t)channels };
    const ptrdiff_t deep_step[] = {
        height * width * depth, width * depth, block * channels, depth, channels, 1
    };
    const ptrdiff_t wide_step[] = { height * width * depth, width * depth, width * block * channels,
                                    block * channels,       channels,      1 };
    s->nest.rank = 6;
    memcpy(s->nest.dims, dims, sizeof dims);
    memcpy(s->nest.in_step, to_space ? deep_step : wide_step, sizeof deep_step);
    memcpy(s->nest.out_step, to_space ? wide_step : deep_step, sizeof deep_step);
    count_tiles(step);
    return MNET_OK;
}

const MnetOpClass mnet_op_space = { space_infer, NULL, space_plan, move_run };
