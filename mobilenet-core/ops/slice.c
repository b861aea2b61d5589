/* SPDX-License-Identifier: MIT
 *
 * SLICE, STRIDED_SLICE, SPLIT, SPLIT_V and UNPACK: each output is cut out of the
 * input, some indices of each dimension. */
#include <string.h>

#include "base/error.h"
#include "ops/classes.h"
#include "ops/nest.h"

/* Most entries of STRIDED_SLICE's lists: dimensions that are cut and new ones. */
#define MAX_SPEC (2 * MNET_MAX_RANK)

/* Indices begin, begin + step, ... of each dimension of the input. */
typedef struct {
    int64_t begin[MNET_MAX_RANK], step[MNET_MAX_RANK], count[MNET_MAX_RANK];
    MnetShape out;
} Cut;

typedef struct {
    size_t n;
    MnetNest *nests; /* of each output */
} SliceState;

static void cut_whole(Cut *cut, const MnetShape *in)
{
    for (int32_t d = 0; d < in->rank; d++) {
        cut->begin[d] = 0;
        cut->step[d] = 1;
        cut->count[d] = in->dims[d];
    }
    cut->out = *in;
}

/* A list of exactly `n` constant integers as input `index`. */
static MnetStatus read_list(const MnetGraph *graph, const MnetNode *node, int32_t index, int32_t n,
                            int32_t *values, MnetError *error)
{
    int32_t found;
    const MnetTensor *tensor = mnet_in(graph, node, index);
    if (!tensor || !mnet_tensor_ints(tensor, values, n, &found) || found != n)
        return mnet_op_unsupported(error, node, "its input %d is no constant of %d integers", index,
                                   n);
    return MNET_OK;
}

static MnetStatus slice_cut(const MnetGraph *graph, const MnetNode *node, const MnetShape *in,
                            Cut *cut, MnetError *error)
{
    int32_t begin[MNET_MAX_RANK], size[MNET_MAX_RANK];
    MnetStatus status = read_list(graph, node, 1, in->rank, begin, error);
    if (status || (status = read_list(graph, node, 2, in->rank, size, error)))
        return status;
    cut_whole(cut, in);
    for (int32_t d = 0; d < in->rank; d++) {
        int64_t count = size[d] == -1 ? (int64_t)in->dims[d] - begin[d] : size[d];
        if (begin[d] < 0 || count < 1 || begin[d] + count > in->dims[d])
            return mnet_op_malformed(error, node,
                                     "%d indices from %d on of dimension %d, of size %d", size[d],
                                     begin[d], d, in->dims[d]);
        cut->begin[d] = begin[d];
        cut->count[d] = count;
        cut->out.dims[d] = (int32_t)count;
    }
    return MNET_OK;
}

/* STRIDED_SLICE's lists, entry by entry; bit i of a mask belongs to entry i. */
typedef struct {
    int32_t n;
    int32_t begin[MAX_SPEC], end[MAX_SPEC], stride[MAX_SPEC];
    uint32_t begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_mask;
    bool offset; /* `end` counts from `begin` */
} Spec;

static MnetStatus read_spec(const MnetGraph *graph, const MnetNode *node, Spec *spec,
                            MnetError *error)
{
    const MnetTensor *first = mnet_in(graph, node, 1);
    if (!first || !mnet_tensor_ints(first, spec->begin, MAX_SPEC, &spec->n))
        return mnet_op_unsupported(error, node, "its input 1 is no constant of at most %d integers",
                                   MAX_SPEC);
    MnetStatus status = read_list(graph, node, 2, spec->n, spec->end, error);
    if (!status)
        status = read_list(graph, node, 3, spec->n, spec->stride, error);
    spec->begin_mask = node->options.strided_slice.begin_mask;
    spec->end_mask = node->options.strided_slice.end_mask;
    spec->ellipsis_mask = node->options.strided_slice.ellipsis_mask;
    spec->new_axis_mask = node->options.strided_slice.new_axis_mask;
    spec->shrink_mask = node->options.strided_slice.shrink_mask;
    spec->offset = node->options.strided_slice.offset;
    return status;
}

static bool has_bit(uint32_t mask, int32_t i)
{
    return mask >> i & 1;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* Entry i cuts dimension d of size `size`; negative places count from the end,
 * those outside are moved to the edge. */
static MnetStatus cut_dimension(const MnetNode *node, const Spec *spec, int32_t i, int32_t d,
                                int64_t size, Cut *cut, MnetError *error)
{
    int64_t stride = spec->stride[i], begin = spec->begin[i], end = spec->end[i];
    begin += begin < 0 ? size : 0;
    if (!stride)
        return mnet_op_malformed(error, node, "the stride of dimension %d is 0", d);
    cut->step[d] = stride;
    cut->begin[d] = begin;
    cut->count[d] = 1;
    if (has_bit(spec->shrink_mask, i))
        return begin >= 0 && begin < size
                   ? MNET_OK
                   : mnet_op_malformed(error, node, "index %d of dimension %d, of size %d",
                                       spec->begin[i], d, (int)size);
    int64_t low = stride > 0 ? 0 : -1, high = stride > 0 ? size : size - 1;
    begin = has_bit(spec->begin_mask, i) ? (stride > 0 ? low : high) : clamp(begin, low, high);
    end += spec->offset ? begin : end < 0 ? size : 0;
    end = has_bit(spec->end_mask, i) ? (stride > 0 ? high : low) : clamp(end, low, high);
    int64_t count =
        stride > 0 ? (end - begin + stride - 1) / stride : (begin - end - stride - 1) / -stride;
    if (count < 1)
        return mnet_op_malformed(error, node, "nothing is left of dimension %d, of size %d", d,
                                 (int)size);
    cut->begin[d] = begin;
    cut->count[d] = count;
    return MNET_OK;
}

/* Entries that cut a dimension, not counting the ellipsis and new ones. */
static MnetStatus count_entries(const MnetNode *node, const Spec *spec, int32_t rank, int32_t *cuts,
                                MnetError *error)
{
    int32_t ellipses = 0, news = 0;
    for (int32_t i = 0; i < spec->n; i++) {
        ellipses += has_bit(spec->ellipsis_mask, i);
        news += has_bit(spec->new_axis_mask, i) && !has_bit(spec->ellipsis_mask, i);
    }
    *cuts = spec->n - ellipses - news;
    if (ellipses > 1 || *cuts > rank)
        return mnet_op_malformed(error, node,
                                 "%d places and %d ellipses of an input of %d dimensions", *cuts,
                                 ellipses, rank);
    return MNET_OK;
}

/* One more dimension of the output; more than there may be are only counted. */
static void add_dimension(MnetShape *out, int64_t size)
{
    if (out->rank < MNET_MAX_RANK)
        out->dims[out->rank] = (int32_t)size;
    out->rank++;
}

static MnetStatus strided_cut(const MnetGraph *graph, const MnetNode *node, const MnetShape *in,
                              Cut *cut, MnetError *error)
{
    Spec spec;
    int32_t cuts, d = 0;
    MnetStatus status = read_spec(graph, node, &spec, error);
    if (status || (status = count_entries(node, &spec, in->rank, &cuts, error)))
        return status;
    cut_whole(cut, in);
    cut->out.rank = 0;
    for (int32_t i = 0; i < spec.n && !status; i++) {
        if (has_bit(spec.ellipsis_mask, i)) {
            for (int32_t skipped = in->rank - cuts; skipped; skipped--)
                add_dimension(&cut->out, in->dims[d++]);
        } else if (has_bit(spec.new_axis_mask, i)) {
            add_dimension(&cut->out, 1);
        } else {
            status = cut_dimension(node, &spec, i, d, in->dims[d], cut, error);
            if (!has_bit(spec.shrink_mask, i))
                add_dimension(&cut->out, cut->count[d]);
            d++;
        }
    }
    while (d < in->rank)
        add_dimension(&cut->out, in->dims[d++]);
    if (!status && cut->out.rank > MNET_MAX_RANK)
        return mnet_op_unsupported(error, node, "its output would have %d dimensions, at most %d",
                                   cut->out.rank, MNET_MAX_RANK);
    return status;
}

static MnetStatus resolve_axis(const MnetNode *node, int32_t rank, int32_t *axis, MnetError *error)
{
    int32_t given = *axis;
    *axis += given < 0 ? rank : 0;
    return *axis >= 0 && *axis < rank
               ? MNET_OK
               : mnet_op_malformed(error, node, "axis %d of an input of %d dimensions", given,
                                   rank);
}

/* Sizes of SPLIT_V's outputs; one of them may be -1, what is left. */
static MnetStatus read_sizes(const MnetGraph *graph, const MnetNode *node, int32_t size,
                             int32_t *sizes, MnetError *error)
{
    int64_t sum = 0;
    int32_t open = -1;
    MnetStatus status = read_list(graph, node, 1, node->n_outputs, sizes, error);
    for (int32_t i = 0; i < node->n_outputs && !status; i++) {
        if (sizes[i] == -1 && open < 0)
            open = i;
        else if (sizes[i] < 1)
            status = mnet_op_malformed(error, node, "output %d would have size %d", i, sizes[i]);
        else
            sum += sizes[i];
    }
    if (status)
        return status;
    if (open >= 0 ? sum >= size : sum != size)
        return mnet_op_malformed(error, node, "sizes of %lld in all of a dimension of size %d",
                                 (long long)sum, size);
    if (open >= 0)
        sizes[open] = (int32_t)(size - sum);
    return MNET_OK;
}

static MnetStatus split_cut(const MnetGraph *graph, const MnetNode *node, const MnetShape *in,
                            int32_t output, Cut *cut, MnetError *error)
{
    bool by_sizes = node->op == MNET_OP_SPLIT_V;
    int32_t axis, sizes[MNET_MAX_NODE_IO];
    MnetStatus status = read_list(graph, node, by_sizes ? 2 : 1, 1, &axis, error);
    if (status || (status = resolve_axis(node, in->rank, &axis, error)))
        return status;
    int32_t size = in->dims[axis], n = node->n_outputs;
    if (by_sizes)
        status = read_sizes(graph, node, size, sizes, error);
    else if (size % n)
        status = mnet_op_malformed(error, node, "a dimension of size %d in %d parts", size, n);
    if (status)
        return status;
    cut_whole(cut, in);
    for (int32_t i = 0; i < output; i++)
        cut->begin[axis] += by_sizes ? sizes[i] : size / n;
    cut->count[axis] = cut->out.dims[axis] = by_sizes ? sizes[output] : size / n;
    return MNET_OK;
}

static MnetStatus unpack_cut(const MnetNode *node, const MnetShape *in, int32_t output, Cut *cut,
                             MnetError *error)
{
    int32_t axis = node->options.axis;
    MnetStatus status = resolve_axis(node, in->rank, &axis, error);
    if (status)
        return status;
    if (in->dims[axis] != node->n_outputs)
        return mnet_op_malformed(error, node, "%d outputs of a dimension of size %d",
                                 node->n_outputs, in->dims[axis]);
    cut_whole(cut, in);
    cut->begin[axis] = output;
    cut->count[axis] = 1;
    cut->out.rank = 0;
    for (int32_t d = 0; d < in->rank; d++)
        if (d != axis)
            cut->out.dims[cut->out.rank++] = in->dims[d];
    return MNET_OK;
}

static MnetStatus cut_of(const MnetGraph *graph, const MnetNode *node, const MnetShape *shapes,
                         int32_t output, Cut *cut, MnetError *error)
{
    const MnetShape *in = &shapes[node->inputs[0]];
    switch (node->op) {
    case MNET_OP_SLICE:
        return slice_cut(graph, node, in, cut, error);
    case MNET_OP_STRIDED_SLICE:
        return strided_cut(graph, node, in, cut, error);
    case MNET_OP_UNPACK:
        return unpack_cut(node, in, output, cut, error);
    default:
        return split_cut(graph, node, in, output, cut, error);
    }
}

static MnetStatus slice_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                              MnetError *error)
{
    int32_t inputs = node->op == MNET_OP_UNPACK          ? 1
                     : node->op == MNET_OP_SPLIT         ? 2
                     : node->op == MNET_OP_STRIDED_SLICE ? 4
                                                         : 3;
    bool one = node->op == MNET_OP_SLICE || node->op == MNET_OP_STRIDED_SLICE;
    MnetStatus status = one ? mnet_op_arity(node, inputs, inputs, error)
                            : mnet_op_inputs(node, inputs, inputs, error);
    if (!status && !node->n_outputs)
        status = mnet_op_malformed(error, node, "has no outputs");
    for (int32_t i = 0; i < node->n_outputs && !status; i++) {
        Cut cut;
        status = mnet_op_same_type(graph, node, i, error);
        if (!status)
            status = cut_of(graph, node, shapes, i, &cut, error);
        if (!status)
            status = mnet_set_output_shape(graph, node, i, shapes, &cut.out, error);
    }
    return status;
}

static void fill_nest(const MnetShape *in, const Cut *cut, MnetNest *nest)
{
    ptrdiff_t steps[MNET_MAX_RANK], out_step = 1;
    mnet_row_major_steps(in, steps);
    nest->rank = in->rank;
    for (int32_t d = in->rank - 1; d >= 0; d--) {
        nest->dims[d] = (size_t)cut->count[d];
        nest->in_step[d] = steps[d] * (ptrdiff_t)cut->step[d];
        nest->out_step[d] = out_step;
        nest->in_at += (size_t)(steps[d] * (ptrdiff_t)cut->begin[d]);
        out_step *= (ptrdiff_t)cut->count[d];
    }
    mnet_nest_collapse(nest);
}

static MnetStatus slice_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    const MnetNode *node = step->node;
    const MnetShape *in = &step->shapes[node->inputs[0]];
    SliceState *s = mnet_store_alloc(store, sizeof *s);
    if (!s)
        return mnet_error_memory(error, sizeof *s);
    s->n = (size_t)node->n_outputs;
    s->nests = mnet_store_calloc(store, s->n, sizeof *s->nests);
    if (!s->nests)
        return mnet_error_memory(error, s->n * sizeof *s->nests);
    uint64_t elements = 0;
    for (size_t i = 0; i < s->n; i++) {
        Cut cut;
        MnetStatus status = cut_of(step->graph, node, step->shapes, (int32_t)i, &cut, error);
        if (status)
            return status;
        s->nests[i].element = mnet_type_size(mnet_out(step->graph, node)->type);
        fill_nest(in, &cut, &s->nests[i]);
        elements += mnet_nest_elements(&s->nests[i]);
    }
    step->tiles = mnet_tile_count(elements, s->nests[0].dims[0]);
    step->state = s;
    return MNET_OK;
}

static void slice_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                      void *scratch)
{
    const SliceState *s = step->state;
    for (size_t i = 0; i < s->n; i++) {
        size_t begin, end;
        mnet_tile_range(s->nests[i].dims[0], tile, tiles, 1, &begin, &end);
        mnet_nest_run(&s->nests[i], begin, end, tensors[step->node->inputs[0]],
                      tensors[step->node->outputs[i]]);
    }
}

const MnetOpClass mnet_op_slice = { slice_infer, NULL, slice_plan, slice_run };
