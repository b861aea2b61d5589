/* SPDX-License-Identifier: MIT
 *
 * MIRROR_PAD: the input with its own mirror images around it, which begin at the edge
 * (SYMMETRIC) or behind it (REFLECT). */
#include <string.h>

#include "base/error.h"
#include "ops/classes.h"
#include "ops/nest.h"

typedef struct {
    int32_t rank;                       /* dimensions up to the last that is padded, at least 1 */
    size_t block;                       /* bytes of what lies in the others */
    const int32_t *from[MNET_MAX_RANK]; /* for each index of the output that of the input */
    size_t dims[MNET_MAX_RANK];         /* of the output */
    size_t in_bytes[MNET_MAX_RANK], out_bytes[MNET_MAX_RANK]; /* from one index to the next */
} MirrorState;

static MnetStatus paddings(const MnetGraph *graph, const MnetNode *node, const MnetShape *in,
                           int32_t *values, MnetError *error)
{
    int32_t n;
    if (in->rank < 1 || !mnet_tensor_ints(mnet_in(graph, node, 1), values, 2 * MNET_MAX_RANK, &n) ||
        n != 2 * in->rank)
        return mnet_op_unsupported(error, node, "its paddings are no constant of %d x 2 integers",
                                   in->rank);
    for (int32_t i = 0; i < n; i++) {
        int32_t most = in->dims[i / 2] - !node->options.symmetric;
        if (values[i] < 0 || values[i] > most)
            return mnet_op_malformed(error, node, "padding %d is %d, 0 to %d expected", i,
                                     values[i], most);
    }
    return MNET_OK;
}

static MnetStatus mirror_pad_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                                   MnetError *error)
{
    int32_t values[2 * MNET_MAX_RANK];
    MnetStatus status = mnet_op_arity(node, 2, 2, error);
    if (status || (status = mnet_op_same_type(graph, node, 0, error)))
        return status;
    MnetShape out = shapes[node->inputs[0]];
    if ((status = paddings(graph, node, &out, values, error)))
        return status;
    for (int32_t i = 0; i < out.rank; i++)
        out.dims[i] += values[2 * i] + values[2 * i + 1];
    return mnet_set_shape(graph, node, shapes, &out, error);
}

static int32_t *mirror(MnetStore *store, int32_t in, int32_t before, int32_t behind, bool symmetric)
{
    int32_t *from = mnet_store_calloc(store, (size_t)(before + in + behind), sizeof *from);
    for (int32_t i = 0; from && i < before + in + behind; i++) {
        int32_t at = i - before;
        at = at < 0 ? -at - symmetric : at;
        from[i] = at < in ? at : 2 * in - 2 - at + symmetric;
    }
    return from;
}

static MnetStatus mirror_pad_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    const MnetNode *node = step->node;
    const MnetShape *in = &step->shapes[node->inputs[0]], *out = &step->shapes[node->outputs[0]];
    size_t element = mnet_type_size(mnet_out(step->graph, node)->type);
    int32_t values[2 * MNET_MAX_RANK];
    ptrdiff_t in_step[MNET_MAX_RANK], out_step[MNET_MAX_RANK];
    MirrorState *s = mnet_store_alloc(store, sizeof *s);
    if (!s)
        return mnet_error_memory(error, sizeof *s);
    MnetStatus status = paddings(step->graph, node, in, values, error);
    if (status)
        return status;
    mnet_row_major_steps(in, in_step);
    mnet_row_major_steps(out, out_step);
    s->rank = in->rank;
    while (s->rank > 1 && !values[2 * s->rank - 2] && !values[2 * s->rank - 1])
        s->rank--;
    s->block = (size_t)in_step[s->rank - 1] * element;
    for (int32_t d = 0; d < s->rank; d++) {
        s->from[d] =
            mirror(store, in->dims[d], values[2 * d], values[2 * d + 1], node->options.symmetric);
        if (!s->from[d])
            return mnet_error_memory(error, (size_t)out->dims[d] * sizeof **s->from);
        s->dims[d] = (size_t)out->dims[d];
        s->in_bytes[d] = (size_t)in_step[d] * element;
        s->out_bytes[d] = (size_t)out_step[d] * element;
    }
    step->state = s;
    return MNET_OK;
}

static void copy_mirrored(const MirrorState *s, int32_t depth, const uint8_t *in, uint8_t *out)
{
    for (size_t i = 0; i < s->dims[depth]; i++, out += s->out_bytes[depth]) {
        const uint8_t *from = in + (size_t)s->from[depth][i] * s->in_bytes[depth];
        if (depth < s->rank - 1 && depth < MNET_MAX_RANK - 1)
            copy_mirrored(s, depth + 1, from, out);
        else
            memcpy(out, from, s->block);
    }
}

static void mirror_pad_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                           void *scratch)
{
    copy_mirrored(step->state, 0, tensors[step->node->inputs[0]], tensors[step->node->outputs[0]]);
}

const MnetOpClass mnet_op_mirror_pad = { mirror_pad_infer, NULL, mirror_pad_plan, mirror_pad_run };
