/* SPDX-License-Identifier: MIT
 *
 * Operators that move elements: for each element of the output its place in the
 * input by definition. */
#include <math.h>
#include <string.h>

#include "move_case.h"

#define ROUNDS 120

static int any_type(void)
{
    static const int types[] = { TFL_TYPE_FLOAT32, TFL_TYPE_INT8, TFL_TYPE_UINT8, TFL_TYPE_INT32 };
    return types[move_draw(0, 3)];
}

static void check_slice(MoveCase *c)
{
    int32_t from[6], size[6], index[6];
    move_begin(c, any_type(), TFL_OP_SLICE, move_draw_shape(move_draw(1, 6), 4), 1);
    c->out[0] = c->in;
    for (int32_t d = 0; d < c->in.rank; d++) {
        from[d] = move_draw(0, c->in.dims[d] - 1);
        c->out[0].dims[d] = move_draw(1, c->in.dims[d] - from[d]);
        size[d] = c->out[0].dims[d] == c->in.dims[d] - from[d] ? -1 : c->out[0].dims[d];
    }
    for (size_t i = 0; i < move_elements(&c->out[0]); i++) {
        move_unravel(&c->out[0], i, index);
        for (int32_t d = 0; d < c->in.rank; d++)
            index[d] += from[d];
        c->source[0][i] = move_ravel(&c->in, index);
    }
    move_list(c, c->in.rank, from);
    move_list(c, c->in.rank, size);
    move_check("SLICE", c);
}

/* Indices that an entry takes of a dimension, as slices of lists in Python do. */
static int32_t walk(int32_t dim, int32_t from, int32_t to, int32_t stride, bool no_from, bool no_to,
                    int32_t *taken)
{
    int32_t n = 0, low = stride > 0 ? 0 : -1, high = stride > 0 ? dim : dim - 1;
    from += from < 0 ? dim : 0;
    to += to < 0 ? dim : 0;
    from = from < low ? low : from > high ? high : from;
    to = to < low ? low : to > high ? high : to;
    if (no_from)
        from = stride > 0 ? low : high;
    if (no_to)
        to = stride > 0 ? high : low;
    for (int32_t i = from; stride > 0 ? i < to : i > to; i += stride)
        taken[n++] = i;
    return n;
}

/* The lists of a STRIDED_SLICE as they grow, entry by entry. */
typedef struct {
    int32_t n, d; /* entries, and the dimension that the next one cuts */
    int32_t from[12], to[12], stride[12];
    uint32_t no_from, no_to, ellipsis, new_axis, shrink;
    int32_t taken[6][8];  /* indices of each dimension of the input */
    int32_t input_dim[6]; /* of each dimension of the output; -1: a new one */
} Entries;

static void add_dimension(MoveCase *c, Entries *e, int32_t size, int32_t input_dim)
{
    e->input_dim[c->out[0].rank] = input_dim;
    c->out[0].dims[c->out[0].rank++] = size;
}

static void add_ellipsis(MoveCase *c, Entries *e, int32_t skipped)
{
    e->ellipsis |= 1u << e->n++;
    for (; skipped; skipped--, e->d++)
        add_dimension(c, e, c->in.dims[e->d], e->d);
}

static void add_new(MoveCase *c, Entries *e)
{
    e->new_axis |= 1u << e->n++;
    add_dimension(c, e, 1, -1);
}

static void add_index(MoveCase *c, Entries *e)
{
    int32_t dim = c->in.dims[e->d], i = move_draw(-dim, dim - 1);
    e->shrink |= 1u << e->n;
    e->from[e->n++] = i;
    e->taken[e->d++][0] = i + (i < 0 ? dim : 0);
}

static void add_cut(MoveCase *c, Entries *e)
{
    int32_t n = e->n, dim = c->in.dims[e->d], *taken = e->taken[e->d];
    bool no_from = move_draw(0, 1), no_to = move_draw(0, 1);
    int32_t left = walk(dim, e->from[n], e->to[n], e->stride[n], no_from, no_to, taken);
    if (!left) {
        no_from = no_to = true;
        left = walk(dim, e->from[n], e->to[n], e->stride[n], true, true, taken);
    }
    e->no_from |= (uint32_t)no_from << n;
    e->no_to |= (uint32_t)no_to << n;
    add_dimension(c, e, left, e->d++);
    e->n++;
}

/* Some dimensions are cut, some become an index, some are new, an ellipsis may
 * stand for others. */
static void draw_entries(MoveCase *c, Entries *e)
{
    int32_t skipped = move_draw(0, c->in.rank), skip_at = move_draw(0, c->in.rank - skipped);
    bool skips = move_draw(0, 1);
    int32_t whole = skips ? 0 : move_draw(0, c->in.rank - 1); /* without an entry, at the end */
    while (e->d < c->in.rank - whole) {
        e->from[e->n] = move_draw(-8, 8);
        e->to[e->n] = move_draw(-8, 8);
        e->stride[e->n] = move_draw(0, 1) ? move_draw(1, 3) : move_draw(-3, -1);
        if (skips && e->d == skip_at) {
            add_ellipsis(c, e, skipped);
            skips = false;
        } else if (!move_draw(0, 3) && c->out[0].rank + c->in.rank - e->d < 6) {
            add_new(c, e);
        } else if (!move_draw(0, 3)) {
            add_index(c, e);
        } else {
            add_cut(c, e);
        }
    }
    for (; e->d < c->in.rank; e->d++)
        add_dimension(c, e, c->in.dims[e->d], e->d);
}

static void check_strided_slice(MoveCase *c)
{
    Entries e = { 0 };
    int32_t index[6], source[6];
    move_begin(c, any_type(), TFL_OP_STRIDED_SLICE, move_draw_shape(move_draw(1, 4), 6), 1);
    for (int32_t k = 0; k < c->in.rank; k++)
        for (int32_t i = 0; i < c->in.dims[k]; i++)
            e.taken[k][i] = i;
    c->out[0].rank = 0;
    draw_entries(c, &e);
    for (size_t i = 0; i < move_elements(&c->out[0]); i++) {
        move_unravel(&c->out[0], i, index);
        for (int32_t k = 0; k < c->in.rank; k++)
            source[k] = e.taken[k][0];
        for (int32_t k = 0; k < c->out[0].rank; k++)
            if (e.input_dim[k] >= 0)
                source[e.input_dim[k]] = e.taken[e.input_dim[k]][index[k]];
        c->source[0][i] = move_ravel(&c->in, source);
    }
    move_list(c, e.n, e.from);
    move_list(c, e.n, e.to);
    move_list(c, e.n, e.stride);
    c->op.options =
        tb_strided_slice_options(e.no_from, e.no_to, e.ellipsis, e.new_axis, e.shrink, false);
    move_check("STRIDED_SLICE", c);
}

/* Outputs side by side along an axis, of the sizes given; UNPACK drops it. */
static void fill_parts(MoveCase *c, int32_t axis, int32_t n, const int32_t *sizes, bool unpack)
{
    int32_t at = 0;
    for (int32_t k = 0; k < n; k++) {
        MoveShape part = c->in;
        part.dims[axis] = sizes[k];
        for (size_t i = 0; i < move_elements(&part); i++) {
            int32_t index[6];
            move_unravel(&part, i, index);
            index[axis] += at;
            c->source[k][i] = move_ravel(&c->in, index);
        }
        c->out[k] = part;
        if (unpack) {
            memmove(c->out[k].dims + axis, c->out[k].dims + axis + 1,
                    (size_t)(part.rank - axis - 1) * sizeof *part.dims);
            c->out[k].rank--;
        }
        at += sizes[k];
    }
}

static void check_split(MoveCase *c)
{
    int32_t n = move_draw(1, MOVE_MAX_OUTPUTS), size = move_draw(1, 3), rank = move_draw(1, 4),
            axis = move_draw(0, rank - 1);
    int32_t sizes[MOVE_MAX_OUTPUTS], given = move_draw(0, 1) ? axis : axis - rank;
    MoveShape in = move_draw_shape(rank, 5);
    in.dims[axis] = n * size;
    move_begin(c, any_type(), TFL_OP_SPLIT, in, n);
    move_list(c, 1, &given);
    int32_t value = c->op.inputs[0];
    c->op.inputs[0] = c->op.inputs[1];
    c->op.inputs[1] = value;
    for (int32_t i = 0; i < n; i++)
        sizes[i] = size;
    fill_parts(c, axis, n, sizes, false);
    c->op.options = tb_split_options(TFL_OPTIONS_SPLIT, n);
    move_check("SPLIT", c);
}

static void check_split_v(MoveCase *c)
{
    int32_t n = move_draw(1, MOVE_MAX_OUTPUTS), rank = move_draw(1, 4),
            axis = move_draw(0, rank - 1);
    int32_t sizes[MOVE_MAX_OUTPUTS], told[MOVE_MAX_OUTPUTS];
    MoveShape in = move_draw_shape(rank, 5);
    in.dims[axis] = 0;
    for (int32_t i = 0; i < n; i++)
        in.dims[axis] += sizes[i] = told[i] = move_draw(1, 4);
    if (move_draw(0, 1))
        told[move_draw(0, n - 1)] = -1;
    move_begin(c, any_type(), TFL_OP_SPLIT_V, in, n);
    move_list(c, n, told);
    move_list(c, 1, &axis);
    fill_parts(c, axis, n, sizes, false);
    c->op.options = tb_split_options(TFL_OPTIONS_SPLIT_V, n);
    move_check("SPLIT_V", c);
}

static void check_unpack(MoveCase *c)
{
    int32_t n = move_draw(1, MOVE_MAX_OUTPUTS), rank = move_draw(2, 4),
            axis = move_draw(0, rank - 1);
    int32_t sizes[MOVE_MAX_OUTPUTS];
    MoveShape in = move_draw_shape(rank, 5);
    in.dims[axis] = n;
    move_begin(c, any_type(), TFL_OP_UNPACK, in, n);
    for (int32_t i = 0; i < n; i++)
        sizes[i] = 1;
    fill_parts(c, axis, n, sizes, true);
    c->op.options = tb_pack_options(TFL_OPTIONS_UNPACK, n, move_draw(0, 1) ? axis : axis - rank);
    move_check("UNPACK", c);
}

/* The same input several times. */
static void check_pack(MoveCase *c)
{
    int32_t n = move_draw(1, 5), rank = move_draw(1, 4), axis = move_draw(0, rank), index[6];
    move_begin(c, any_type(), TFL_OP_PACK, move_draw_shape(rank, 5), 1);
    for (; c->op.n_inputs < n; c->op.n_inputs++)
        c->op.inputs[c->op.n_inputs] = c->op.inputs[0];
    c->out[0].rank = rank + 1;
    for (int32_t d = 0; d <= rank; d++)
        c->out[0].dims[d] = d == axis ? n : c->in.dims[d - (d > axis)];
    for (size_t i = 0; i < move_elements(&c->out[0]); i++) {
        move_unravel(&c->out[0], i, index);
        memmove(index + axis, index + axis + 1, (size_t)(rank - axis) * sizeof *index);
        c->source[0][i] = move_ravel(&c->in, index);
    }
    c->op.options = tb_pack_options(TFL_OPTIONS_PACK, n, move_draw(0, 1) ? axis : axis - rank - 1);
    move_check("PACK", c);
}

static void check_transpose(MoveCase *c)
{
    int32_t rank = move_draw(1, 6), order[6], index[6], source[6];
    move_begin(c, any_type(), TFL_OP_TRANSPOSE, move_draw_shape(rank, 4), 1);
    for (int32_t d = 0; d < rank; d++) {
        int32_t other = move_draw(0, d);
        order[d] = order[other];
        order[other] = d;
    }
    c->out[0].rank = rank;
    for (int32_t d = 0; d < rank; d++)
        c->out[0].dims[d] = c->in.dims[order[d]];
    for (size_t i = 0; i < move_elements(&c->out[0]); i++) {
        move_unravel(&c->out[0], i, index);
        for (int32_t d = 0; d < rank; d++)
            source[order[d]] = index[d];
        c->source[0][i] = move_ravel(&c->in, source);
    }
    move_list(c, rank, order);
    move_check("TRANSPOSE", c);
}

/* Element (b, y, x, k) of the wide form is element (b, y / block, x / block,
 * (y % block * block + x % block) * channels + k) of the deep one. */
static void check_space(MoveCase *c, bool to_space)
{
    int32_t block = move_draw(1, 3), channels = move_draw(1, 4), index[6];
    MoveShape deep = {
        4, { move_draw(1, 2), move_draw(1, 4), move_draw(1, 4), channels * block * block }
    };
    MoveShape wide = { 4, { deep.dims[0], deep.dims[1] * block, deep.dims[2] * block, channels } };
    move_begin(c, any_type(), to_space ? TFL_OP_DEPTH_TO_SPACE : TFL_OP_SPACE_TO_DEPTH,
               to_space ? deep : wide, 1);
    c->out[0] = to_space ? wide : deep;
    for (size_t i = 0; i < move_elements(&wide); i++) {
        move_unravel(&wide, i, index);
        int32_t k = (index[1] % block * block + index[2] % block) * channels + index[3];
        size_t at =
            move_ravel(&deep, (int32_t[]){ index[0], index[1] / block, index[2] / block, k });
        c->source[0][to_space ? i : at] = to_space ? at : i;
    }
    c->op.options =
        tb_space_options(to_space ? TFL_OPTIONS_DEPTH_TO_SPACE : TFL_OPTIONS_SPACE_TO_DEPTH, block);
    move_check(to_space ? "DEPTH_TO_SPACE" : "SPACE_TO_DEPTH", c);
}

static int32_t nearest(int32_t i, int32_t in, int32_t out, bool align, bool half)
{
    float scale = align && out > 1 ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
    float at = ((float)i + (half ? 0.5f : 0.0f)) * scale;
    int32_t index = (int32_t)(align ? roundf(at) : floorf(at));
    return index < 0 ? 0 : index >= in ? in - 1 : index;
}

static void check_nearest(MoveCase *c, bool align, bool half)
{
    int32_t size[] = { move_draw(1, 12), move_draw(1, 12) }, index[6];
    move_begin(c, move_draw(0, 1) ? TFL_TYPE_FLOAT32 : TFL_TYPE_INT8,
               TFL_OP_RESIZE_NEAREST_NEIGHBOR, move_draw_shape(4, 7), 1);
    c->out[0] = (MoveShape){ 4, { c->in.dims[0], size[0], size[1], c->in.dims[3] } };
    for (size_t i = 0; i < move_elements(&c->out[0]); i++) {
        move_unravel(&c->out[0], i, index);
        index[1] = nearest(index[1], c->in.dims[1], size[0], align, half);
        index[2] = nearest(index[2], c->in.dims[2], size[1], align, half);
        c->source[0][i] = move_ravel(&c->in, index);
    }
    move_list(c, 2, size);
    c->op.options = tb_resize_options(TFL_OPTIONS_RESIZE_NEAREST_NEIGHBOR, align, half);
    move_check("RESIZE_NEAREST_NEIGHBOR", c);
}

/* Large enough for several tiles. */
static void check_large(MoveCase *c)
{
    int32_t index[6], axis = 3;
    MoveShape in = { 4, { 1, 64, 64, 2 } };
    move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_SPLIT, in, 2);
    move_list(c, 1, &axis);
    int32_t value = c->op.inputs[0];
    c->op.inputs[0] = c->op.inputs[1];
    c->op.inputs[1] = value;
    fill_parts(c, axis, 2, (int32_t[]){ 1, 1 }, false);
    c->op.options = tb_split_options(TFL_OPTIONS_SPLIT, 2);
    move_check("a large SPLIT", c);
    move_begin(c, TFL_TYPE_INT8, TFL_OP_TRANSPOSE, in, 1);
    c->out[0] = (MoveShape){ 4, { 1, 2, 64, 64 } };
    for (size_t i = 0; i < move_elements(&in); i++) {
        move_unravel(&c->out[0], i, index);
        c->source[0][i] = move_ravel(&in, (int32_t[]){ 0, index[2], index[3], index[1] });
    }
    move_list(c, 4, (int32_t[]){ 0, 3, 1, 2 });
    move_check("a large TRANSPOSE", c);
}

int main(void)
{
    static MoveCase c;
    for (int round = 0; round < ROUNDS; round++) {
        check_slice(&c);
        check_strided_slice(&c);
        check_split(&c);
        check_split_v(&c);
        check_unpack(&c);
        check_pack(&c);
        check_transpose(&c);
        check_space(&c, false);
        check_space(&c, true);
        for (int mode = 0; mode < 4; mode++)
            check_nearest(&c, mode & 1, mode & 2);
    }
    check_large(&c);
    return move_report("ops_move");
}
