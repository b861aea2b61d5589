/* SPDX-License-Identifier: MIT
 *
 * CONCATENATION and PACK: bytes moved, never computed, but for inputs that are on
 * another scale than the output. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "ops/classes.h"

/* Each input is rows of dims[axis] * inner elements, set side by side. */
typedef struct {
    size_t outer, out_row, element;
    size_t *row; /* of each input, in elements */
} ConcatState;

/* Of each input: NULL where it is on the output's scale, else a table. */
typedef struct {
    uint8_t **tables;
} ConcatPacked;

/* The dimension along which inputs are set, counted in the output. */
static int32_t concat_axis(const MnetNode *node, int32_t out_rank)
{
    return node->options.axis < 0 ? node->options.axis + out_rank : node->options.axis;
}

static MnetStatus check_input(const MnetGraph *graph, const MnetNode *node, int32_t i,
                              MnetError *error)
{
    const MnetTensor *tensor = mnet_in(graph, node, i), *result = mnet_out(graph, node);
    if (!tensor || tensor->type != result->type ||
        (tensor->type == MNET_TYPE_INT8 && !mnet_has_one_scale(tensor)))
        return mnet_op_malformed(error, node,
                                 "input %d is missing, of another type or has no scale above 0", i);
    return MNET_OK;
}

static MnetStatus check_result(const MnetGraph *graph, const MnetNode *node, int32_t rank,
                               MnetError *error)
{
    const MnetTensor *result = mnet_out(graph, node);
    int32_t axis = concat_axis(node, rank);
    if (axis < 0 || axis >= rank)
        return mnet_op_malformed(error, node, "axis %d of an output of %d dimensions",
                                 node->options.axis, rank);
    if (node->activation != MNET_ACTIVATION_NONE ||
        (result->type == MNET_TYPE_INT8 && result->quant.n != 1))
        return mnet_op_unsupported(error, node, "an activation, or an output with no single scale");
    return MNET_OK;
}

static MnetStatus concat_input(const MnetGraph *graph, const MnetNode *node, int32_t i,
                               int32_t axis, const MnetShape *shapes, MnetShape *out,
                               MnetError *error)
{
    MnetStatus status = check_input(graph, node, i, error);
    if (status)
        return status;
    const MnetShape *in = &shapes[node->inputs[i]];
    bool fits = in->rank == out->rank;
    for (int32_t d = 0; fits && d < in->rank; d++)
        fits = d == axis || in->dims[d] == out->dims[d];
    if (!fits)
        return mnet_op_malformed(error, node, "the shape of input %d differs from that of input 0",
                                 i);
    if (in->dims[axis] > MNET_MAX_DIM - out->dims[axis])
        return mnet_op_malformed(error, node, "its output passes %d", MNET_MAX_DIM);
    out->dims[axis] += in->dims[axis];
    return MNET_OK;
}

static MnetStatus concat_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                               MnetError *error)
{
    MnetStatus status = mnet_op_arity(node, 1, MNET_MAX_NODE_IO, error);
    if (status)
        return status;
    MnetShape out = shapes[node->inputs[0]];
    if ((status = check_result(graph, node, out.rank, error)))
        return status;
    int32_t axis = concat_axis(node, out.rank);
    out.dims[axis] = 0;
    for (int32_t i = 0; i < node->n_inputs && !status; i++)
        status = concat_input(graph, node, i, axis, shapes, &out, error);
    return status ? status : mnet_set_shape(graph, node, shapes, &out, error);
}

/* Inputs of one shape along a dimension that is new. */
static MnetStatus pack_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                             MnetError *error)
{
    MnetStatus status = mnet_op_arity(node, 1, MNET_MAX_NODE_IO, error);
    if (status)
        return status;
    const MnetShape *in = &shapes[node->inputs[0]];
    if (in->rank >= MNET_MAX_RANK)
        return mnet_op_unsupported(error, node, "its output would have %d dimensions, at most %d",
                                   in->rank + 1, MNET_MAX_RANK);
    MnetShape out = { in->rank + 1, { 0 } };
    if ((status = check_result(graph, node, out.rank, error)))
        return status;
    for (int32_t i = 0; i < node->n_inputs; i++) {
        if ((status = check_input(graph, node, i, error)))
            return status;
        const MnetShape *other = &shapes[node->inputs[i]];
        if (other->rank != in->rank ||
            memcmp(other->dims, in->dims, (size_t)in->rank * sizeof *in->dims) != 0)
            return mnet_op_malformed(error, node,
                                     "the shape of input %d differs from that of input 0", i);
    }
    int32_t axis = concat_axis(node, out.rank);
    for (int32_t d = 0; d < out.rank; d++)
        out.dims[d] = d == axis ? node->n_inputs : in->dims[d - (d > axis)];
    return mnet_set_shape(graph, node, shapes, &out, error);
}

/* The reference computes on the bytes as the file has them: float roundings
 * depend on that. */
static void fill_table(const MnetTensor *in, const MnetTensor *out, uint8_t *table)
{
    int32_t shift = in->was_uint8 ? 128 : 0, out_shift = out->was_uint8 ? 128 : 0;
    float scale = in->quant.scale[0] * (1.0f / out->quant.scale[0]);
    float bias = -(float)(in->quant.zero_point[0] + shift) * scale;
    for (int32_t q = -128; q < 128; q++) {
        float product = (float)(q + shift) * scale;
        float v = roundf(product + bias) + (float)(out->quant.zero_point[0] + out_shift);
        v -= (float)out_shift;
        /* 0 times an infinite scale is no number. */
        table[(uint8_t)q] = (uint8_t)(int8_t)(v > 127 ? 127 : v > -128 ? v : -128);
    }
}

static MnetStatus concat_prepare(MnetGraph *graph, MnetNode *node, const MnetKernels *kernels,
                                 MnetError *error)
{
    const MnetTensor *out = mnet_out(graph, node);
    size_t n = (size_t)node->n_inputs;
    ConcatPacked *packed = mnet_store_alloc(graph->store, sizeof *packed);
    if (!packed || !(packed->tables = mnet_store_calloc(graph->store, n, sizeof *packed->tables)))
        return mnet_error_memory(error, n * sizeof *packed->tables);
    for (size_t i = 0; i < n && out->type == MNET_TYPE_INT8; i++) {
        const MnetTensor *in = mnet_in(graph, node, (int32_t)i);
        if (mnet_same_quant(in, out))
            continue;
        uint8_t *table = packed->tables[i] = mnet_store_alloc(graph->store, 256);
        if (!table)
            return mnet_error_memory(error, 256);
        fill_table(in, out, table);
    }
    node->packed = packed;
    return MNET_OK;
}

static MnetStatus concat_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    const MnetNode *node = step->node;
    const MnetShape *out = &step->shapes[node->outputs[0]];
    int32_t axis = concat_axis(node, out->rank);
    ConcatState *s = mnet_store_alloc(store, sizeof *s);
    if (!s || !(s->row = mnet_store_calloc(store, (size_t)node->n_inputs, sizeof *s->row)))
        return mnet_error_memory(error, sizeof *s);
    size_t inner = 1;
    s->outer = 1;
    for (int32_t i = 0; i < out->rank; i++)
        *(i < axis ? &s->outer : &inner) *= i == axis ? 1 : (size_t)out->dims[i];
    s->out_row = inner * (size_t)out->dims[axis];
    for (int32_t i = 0; i < node->n_inputs; i++)
        s->row[i] = mnet_shape_elements(&step->shapes[node->inputs[i]]) / s->outer;
    s->element = mnet_type_size(mnet_out(step->graph, node)->type);
    step->tiles = mnet_tile_count(s->outer * s->out_row, s->outer);
    step->state = s;
    return MNET_OK;
}

static void concat_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                       void *scratch)
{
    const ConcatState *s = step->state;
    const ConcatPacked *packed = step->node->packed;
    size_t begin, end, at = 0;
    mnet_tile_range(s->outer, tile, tiles, 1, &begin, &end);
    for (int32_t i = 0; i < step->node->n_inputs; i++) {
        size_t bytes = s->row[i] * s->element;
        const uint8_t *in = tensors[step->node->inputs[i]];
        for (size_t r = begin; r < end; r++) {
            uint8_t *out =
                (uint8_t *)tensors[step->node->outputs[0]] + (r * s->out_row + at) * s->element;
            if (packed->tables[i])
                step->kernels->lut8(bytes, in + r * bytes, packed->tables[i], out);
            else
                memcpy(out, in + r * bytes, bytes);
        }
        at += s->row[i];
    }
}

const MnetOpClass mnet_op_concatenation = { concat_infer, concat_prepare, concat_plan, concat_run };
const MnetOpClass mnet_op_pack = { pack_infer, concat_prepare, concat_plan, concat_run };
