/* SPDX-License-Identifier: MIT
 *
 * TRANSPOSE, PAD and CONCATENATION: bytes moved, never computed (but for inputs
 * of a concatenation that are on another scale than its output). */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "ops/classes.h"

/* An output of `rank` dimensions whose elements come from an input with the
 * given steps (in elements). */
typedef struct {
    int32_t rank;
    size_t dims[MNET_MAX_RANK], in_step[MNET_MAX_RANK], out_step[MNET_MAX_RANK];
    size_t in_at, out_at; /* first elements */
    size_t element;
    size_t fill_bytes; /* of the output, before anything is copied; 0: none */
    int fill;
} MoveState;

static size_t element_size(const MnetStep *step)
{
    return mnet_type_size(mnet_out(step->graph, step->node)->type);
}

static void row_major_steps(const MnetShape *shape, size_t *steps)
{
    size_t step = 1;
    for (int32_t i = shape->rank - 1; i >= 0; i--) {
        steps[i] = step;
        step *= (size_t)shape->dims[i];
    }
}

static void copy_row(const MoveState *s, const uint8_t *in, uint8_t *out)
{
    int32_t last = s->rank - 1;
    size_t n = s->dims[last], step = s->in_step[last];
    if (step == 1) {
        memcpy(out, in, n * s->element);
    } else if (s->element == 1) {
        for (size_t i = 0; i < n; i++)
            out[i] = in[i * step];
    } else {
        for (size_t i = 0; i < n; i++)
            memcpy(out + i * s->element, in + i * step * s->element, s->element);
    }
}

static void copy_nest(const MoveState *s, int32_t depth, const uint8_t *in, uint8_t *out)
{
    if (depth >= s->rank - 1 || depth >= MNET_MAX_RANK - 1) {
        copy_row(s, in, out);
        return;
    }
    for (size_t i = 0; i < s->dims[depth]; i++)
        copy_nest(s, depth + 1, in + i * s->in_step[depth] * s->element,
                  out + i * s->out_step[depth] * s->element);
}

/* One tile: the whole output would be a race between fill and copy. */
static void move_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                     void *scratch)
{
    const MoveState *s = step->state;
    const uint8_t *in = tensors[step->node->inputs[0]];
    uint8_t *out = tensors[step->node->outputs[0]];
    memset(out, s->fill, s->fill_bytes);
    copy_nest(s, 0, in + s->in_at * s->element, out + s->out_at * s->element);
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

/* Input 0 and the output have the same type and scale. */
static MnetStatus check_same(const MnetGraph *graph, const MnetNode *node, MnetError *error)
{
    const MnetTensor *in = mnet_in(graph, node, 0), *out = mnet_out(graph, node);
    if (in->type != out->type)
        return mnet_op_malformed(error, node, "%s to %s", mnet_type_name(in->type),
                                 mnet_type_name(out->type));
    if (in->type == MNET_TYPE_INT8 && !mnet_same_quant(in, out))
        return mnet_op_unsupported(error, node,
                                   "scale or zero point differ between its input and output");
    return MNET_OK;
}

static MnetStatus transpose_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                                  MnetError *error)
{
    int32_t order[MNET_MAX_RANK];
    MnetStatus status = mnet_op_arity(node, 2, 2, error);
    if (status || (status = check_same(graph, node, error)))
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
    size_t steps[MNET_MAX_RANK];
    MoveState *s = mnet_store_alloc(store, sizeof *s);
    if (!s)
        return mnet_error_memory(error, sizeof *s);
    MnetStatus status = transpose_order(step->graph, step->node, in->rank, order, error);
    if (status)
        return status;
    row_major_steps(in, steps);
    row_major_steps(out, s->out_step);
    s->rank = out->rank;
    s->element = element_size(step);
    for (int32_t i = 0; i < out->rank; i++) {
        s->dims[i] = (size_t)out->dims[i];
        s->in_step[i] = steps[order[i]];
    }
    if (!s->rank) {
        s->rank = 1;
        s->dims[0] = s->in_step[0] = 1;
    }
    step->state = s;
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
    if (status || (status = check_same(graph, node, error)))
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
    MoveState *s = mnet_store_alloc(store, sizeof *s);
    if (!s)
        return mnet_error_memory(error, sizeof *s);
    MnetStatus status = paddings(step->graph, step->node, in->rank, values, error);
    if (status)
        return status;
    row_major_steps(in, s->in_step);
    row_major_steps(out, s->out_step);
    s->rank = in->rank;
    s->element = element_size(step);
    s->fill_bytes = mnet_shape_elements(out) * s->element;
    s->fill = tensor->type == MNET_TYPE_INT8 ? tensor->quant.zero_point[0] : 0;
    for (int32_t i = 0; i < in->rank; i++) {
        s->dims[i] = (size_t)in->dims[i];
        s->out_at += (size_t)values[2 * i] * s->out_step[i];
    }
    step->state = s;
    return MNET_OK;
}

const MnetOpClass mnet_op_pad = { pad_infer, NULL, pad_plan, move_run };

/* Each input is rows of dims[axis] * inner elements, set side by side. */
typedef struct {
    size_t outer, out_row, element;
    size_t *row; /* of each input, in elements */
} ConcatState;

/* Of each input: NULL where it is on the output's scale, else a table. */
typedef struct {
    uint8_t **tables;
} ConcatPacked;

static MnetStatus concat_input(const MnetGraph *graph, const MnetNode *node, int32_t i,
                               int32_t axis, const MnetShape *shapes, MnetShape *out,
                               MnetError *error)
{
    const MnetTensor *tensor = mnet_in(graph, node, i), *result = mnet_out(graph, node);
    if (!tensor || tensor->type != result->type ||
        (tensor->type == MNET_TYPE_INT8 && !mnet_has_one_scale(tensor)))
        return mnet_op_malformed(error, node,
                                 "input %d is missing, of another type or has no scale above 0", i);
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

static int32_t concat_axis(const MnetNode *node, int32_t rank)
{
    return node->options.axis < 0 ? node->options.axis + rank : node->options.axis;
}

static MnetStatus concat_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                               MnetError *error)
{
    MnetStatus status = mnet_op_arity(node, 1, MNET_MAX_NODE_IO, error);
    if (status)
        return status;
    const MnetTensor *result = mnet_out(graph, node);
    MnetShape out = shapes[node->inputs[0]];
    int32_t axis = concat_axis(node, out.rank);
    if (axis < 0 || axis >= out.rank)
        return mnet_op_malformed(error, node, "axis %d of an input of %d dimensions",
                                 node->options.axis, out.rank);
    if (node->activation != MNET_ACTIVATION_NONE ||
        (result->type == MNET_TYPE_INT8 && result->quant.n != 1))
        return mnet_op_unsupported(error, node, "an activation, or an output with no single scale");
    out.dims[axis] = 0;
    for (int32_t i = 0; i < node->n_inputs && !status; i++)
        status = concat_input(graph, node, i, axis, shapes, &out, error);
    return status ? status : mnet_set_shape(graph, node, shapes, &out, error);
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
        float scale = in->quant.scale[0] * (1.0f / out->quant.scale[0]);
        float bias = -(float)in->quant.zero_point[0] * scale;
        for (int32_t q = -128; q < 128; q++) {
            float v = roundf((float)q * scale + bias) + (float)out->quant.zero_point[0];
            /* 0 times an infinite scale is no number. */
            table[(uint8_t)q] = (uint8_t)(int8_t)(v > 127 ? 127 : v > -128 ? v : -128);
        }
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
        s->row[i] = inner * (size_t)step->shapes[node->inputs[i]].dims[axis];
    s->element = element_size(step);
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
