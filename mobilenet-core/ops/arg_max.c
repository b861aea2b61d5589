/* SPDX-License-Identifier: MIT
 *
 * ARG_MAX: the index of the largest number along a dimension, the first of equal
 * ones; of NaN and others as comparisons go. */
#include "base/error.h"
#include "ops/classes.h"

/* The input seen as outer x n x inner. */
typedef struct {
    size_t outer, n, inner;
    MnetType in, out;
} ArgMaxState;

static MnetStatus find_axis(const MnetGraph *graph, const MnetNode *node, const MnetShape *in,
                            int32_t *axis, MnetError *error)
{
    int32_t n;
    if (!mnet_tensor_ints(mnet_in(graph, node, 1), axis, 1, &n) || n != 1)
        return mnet_op_unsupported(error, node, "its axis is no constant of 1 integer");
    int32_t counted = *axis < 0 ? *axis + in->rank : *axis;
    if (counted < 0 || counted >= in->rank)
        return mnet_op_malformed(error, node, "axis %d of an input of %d dimensions", *axis,
                                 in->rank);
    *axis = counted;
    return MNET_OK;
}

static MnetStatus arg_max_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                                MnetError *error)
{
    MnetStatus status = mnet_op_arity(node, 2, 2, error);
    if (status)
        return status;
    MnetType in = mnet_in(graph, node, 0)->type, out = mnet_out(graph, node)->type;
    if (in == MNET_TYPE_UINT8)
        return mnet_op_malformed(error, node, "its input is uint8 and has no scale");
    if ((in != MNET_TYPE_FLOAT32 && in != MNET_TYPE_INT8) ||
        (out != MNET_TYPE_INT32 && out != MNET_TYPE_INT64))
        return mnet_op_unsupported(error, node,
                                   "%s to %s is not supported, only float32, int8 and uint8 to "
                                   "int32 and int64",
                                   mnet_type_name(in), mnet_type_name(out));
    const MnetShape *shape = &shapes[node->inputs[0]];
    MnetShape result = { 0, { 0 } };
    int32_t axis;
    if ((status = find_axis(graph, node, shape, &axis, error)))
        return status;
    for (int32_t i = 0; i < shape->rank; i++)
        if (i != axis)
            result.dims[result.rank++] = shape->dims[i];
    return mnet_set_shape(graph, node, shapes, &result, error);
}

static MnetStatus arg_max_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    const MnetNode *node = step->node;
    const MnetShape *shape = &step->shapes[node->inputs[0]];
    int32_t axis;
    ArgMaxState *s = mnet_store_alloc(store, sizeof *s);
    if (!s)
        return mnet_error_memory(error, sizeof *s);
    MnetStatus status = find_axis(step->graph, node, shape, &axis, error);
    if (status)
        return status;
    *s = (ArgMaxState){ 1, (size_t)shape->dims[axis], 1, mnet_in(step->graph, node, 0)->type,
                        mnet_out(step->graph, node)->type };
    for (int32_t i = 0; i < shape->rank; i++)
        *(i < axis ? &s->outer : &s->inner) *= i == axis ? 1 : (size_t)shape->dims[i];
    step->tiles = mnet_tile_count((uint64_t)mnet_shape_elements(shape) * 4, s->outer);
    step->state = s;
    return MNET_OK;
}

static size_t first_largest_s8(const int8_t *in, size_t n, size_t step)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        best = in[i * step] > in[best * step] ? i : best;
    return best;
}

static size_t first_largest_f32(const float *in, size_t n, size_t step)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        best = in[i * step] > in[best * step] ? i : best;
    return best;
}

static void arg_max_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                        void *scratch)
{
    const ArgMaxState *s = step->state;
    const void *in = tensors[step->node->inputs[0]];
    int32_t *narrow = tensors[step->node->outputs[0]];
    int64_t *wide = tensors[step->node->outputs[0]];
    size_t begin, end;
    mnet_tile_range(s->outer, tile, tiles, 1, &begin, &end);
    for (size_t i = begin * s->inner; i < end * s->inner; i++) {
        size_t at = i / s->inner * s->n * s->inner + i % s->inner;
        size_t best = s->in == MNET_TYPE_INT8
                          ? first_largest_s8((const int8_t *)in + at, s->n, s->inner)
                          : first_largest_f32((const float *)in + at, s->n, s->inner);
        if (s->out == MNET_TYPE_INT64)
            wide[i] = (int64_t)best;
        else
            narrow[i] = (int32_t)best;
    }
}

const MnetOpClass mnet_op_arg_max = { arg_max_infer, NULL, arg_max_plan, arg_max_run };
