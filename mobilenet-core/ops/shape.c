/* SPDX-License-Identifier: MIT
 *
 * RESHAPE, SQUEEZE and DENSIFY: the same bytes under another shape.  The plan lets both
 * tensors share memory; only an output that must not share is copied. */
#include <string.h>

#include "ops/classes.h"

/* The bytes keep their meaning: elsewhere the plan would share the memory of
 * tensors of different sizes. */
static MnetStatus check_type(const MnetGraph *graph, const MnetNode *node, MnetError *error)
{
    MnetType in = mnet_in(graph, node, 0)->type, out = mnet_out(graph, node)->type;
    if (in != out)
        return mnet_op_malformed(error, node, "%s to %s, one type expected", mnet_type_name(in),
                                 mnet_type_name(out));
    return MNET_OK;
}

static MnetStatus reshape_target(const MnetGraph *graph, const MnetNode *node, MnetShape *target,
                                 MnetError *error)
{
    const MnetTensor *tensor = mnet_in(graph, node, 1);
    if (tensor && tensor->data) {
        if (!mnet_tensor_ints(tensor, target->dims, MNET_MAX_RANK, &target->rank))
            return mnet_op_unsupported(error, node, "its shape is no list of at most %d integers",
                                       MNET_MAX_RANK);
        return MNET_OK;
    }
    if (node->options.shape.n < 0 || tensor)
        return mnet_op_unsupported(error, node, "its shape is computed, a constant expected");
    target->rank = node->options.shape.n;
    memcpy(target->dims, node->options.shape.dims, sizeof target->dims);
    return MNET_OK;
}

static MnetStatus reshape_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                                MnetError *error)
{
    MnetShape target = { 0, { 0 } };
    MnetStatus status = mnet_op_arity(node, 1, 2, error);
    if (status || (status = check_type(graph, node, error)) ||
        (status = reshape_target(graph, node, &target, error)))
        return status;
    size_t elements = mnet_shape_elements(&shapes[node->inputs[0]]), known = 1;
    int32_t unknown = -1;
    for (int32_t i = 0; i < target.rank; i++) {
        bool fits = target.dims[i] == -1 ? unknown < 0
                                         : target.dims[i] > 0 &&
                                               mnet_mul_size(known, (size_t)target.dims[i], &known);
        if (!fits)
            return mnet_op_malformed(error, node, "dimension %d of its shape is %d", i,
                                     target.dims[i]);
        if (target.dims[i] == -1)
            unknown = i;
    }
    if (unknown >= 0) {
        if (elements / known > MNET_MAX_DIM)
            return mnet_op_malformed(error, node, "%zu values in %zu rows", elements, known);
        target.dims[unknown] = (int32_t)(elements / known);
        known *= elements / known;
    }
    if (known != elements)
        return mnet_op_malformed(error, node, "%zu values cannot become %zu", elements, known);
    return mnet_set_shape(graph, node, shapes, &target, error);
}

static MnetStatus squeeze_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                                MnetError *error)
{
    MnetStatus status = mnet_op_arity(node, 1, 1, error);
    if (status || (status = check_type(graph, node, error)))
        return status;
    const MnetShape *in = &shapes[node->inputs[0]];
    bool drop[MNET_MAX_RANK] = { false };
    int32_t n = node->options.shape.n < 0 ? 0 : node->options.shape.n;
    for (int32_t i = 0; i < n; i++) {
        int32_t axis = node->options.shape.dims[i];
        axis += axis < 0 ? in->rank : 0;
        if (axis < 0 || axis >= in->rank || in->dims[axis] != 1)
            return mnet_op_malformed(error, node, "dimension %d is not 1",
                                     node->options.shape.dims[i]);
        drop[axis] = true;
    }
    MnetShape out = { 0, { 0 } };
    for (int32_t i = 0; i < in->rank; i++)
        if (n ? !drop[i] : in->dims[i] != 1)
            out.dims[out.rank++] = in->dims[i];
    return mnet_set_shape(graph, node, shapes, &out, error);
}

static MnetStatus move_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    return MNET_OK;
}

static void move_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                     void *scratch)
{
    const MnetNode *node = step->node;
    const void *in = tensors[node->inputs[0]];
    void *out = tensors[node->outputs[0]];
    if (in != out)
        memcpy(out, in,
               mnet_shape_elements(&step->shapes[node->outputs[0]]) *
                   mnet_type_size(mnet_out(step->graph, node)->type));
}

const MnetOpClass mnet_op_reshape = { reshape_infer, NULL, move_plan, move_run };
const MnetOpClass mnet_op_squeeze = { squeeze_infer, NULL, move_plan, move_run };

/* Constants are made dense when the file is read, and the node goes. */
static MnetStatus densify_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                                MnetError *error)
{
    return mnet_op_unsupported(error, node, "its input is not constant");
}

const MnetOpClass mnet_op_densify = { densify_infer, NULL, move_plan, move_run };
