/* SPDX-License-Identifier: MIT
 *
 * SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: every block_h-th row and block_w-th column
 * of a picture are a picture of their own.  Converters spell dilated convolutions so. */
#include <string.h>

#include "base/error.h"
#include "ops/classes.h"
#include "ops/nest.h"

/* Pictures of batch x height x width, of which the deep side has block_h x block_w for
 * each: picture (y, x, b) has rows y, y + block_h, ... of the wide one, counted from
 * `top` rows before its first one. */
typedef struct {
    bool to_space;
    ptrdiff_t batch, height, width, pixel; /* of the wide side; elements of a pixel */
    ptrdiff_t deep_h, deep_w, block_h, block_w, top, left;
    size_t element;
    size_t fill_bytes; /* of the output: what lies outside */
    int fill;
} SpaceState;

/* Dimensions 1 and 2 of the input, or 1 alone: block sizes and what is added or cut
 * before and behind. */
typedef struct {
    int32_t n;
    int32_t block[2], edges[4];
} Blocks;

static MnetStatus read_blocks(const MnetGraph *graph, const MnetNode *node, const MnetShape *in,
                              Blocks *b, MnetError *error)
{
    int32_t edges;
    *b = (Blocks){ .block = { 1, 1 } };
    if (in->rank != 3 && in->rank != 4)
        return mnet_op_unsupported(error, node, "its input has %d dimensions, 3 or 4 expected",
                                   in->rank);
    if (!mnet_tensor_ints(mnet_in(graph, node, 1), b->block, 2, &b->n) || b->n != in->rank - 2 ||
        !mnet_tensor_ints(mnet_in(graph, node, 2), b->edges, 4, &edges) || edges != 2 * b->n)
        return mnet_op_unsupported(
            error, node, "its blocks and edges are no constants of %d and %d x 2 integers",
            in->rank - 2, in->rank - 2);
    for (int32_t i = 0; i < b->n; i++)
        if (b->block[i] < 1 || b->block[i] > 1 << 12)
            return mnet_op_malformed(error, node, "blocks of %d", b->block[i]);
    for (int32_t i = 0; i < edges; i++)
        if (b->edges[i] < 0 || b->edges[i] > 1 << 16)
            return mnet_op_malformed(error, node, "padding or crop %d is %d", i, b->edges[i]);
    return MNET_OK;
}

static MnetStatus space_batch_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                                    MnetError *error)
{
    bool to_space = node->op == MNET_OP_BATCH_TO_SPACE_ND;
    Blocks b;
    MnetStatus status = mnet_op_arity(node, 3, 3, error);
    if (status || (status = mnet_op_same_type(graph, node, 0, error)))
        return status;
    MnetShape out = shapes[node->inputs[0]];
    if ((status = read_blocks(graph, node, &out, &b, error)))
        return status;
    int64_t square = (int64_t)b.block[0] * b.block[1];
    int64_t batch = to_space ? out.dims[0] / square : out.dims[0] * square;
    bool fits = (!to_space || out.dims[0] % square == 0) && batch <= MNET_MAX_DIM;
    for (int32_t i = 0; i < b.n; i++) {
        int64_t edges = (int64_t)b.edges[2 * i] + b.edges[2 * i + 1];
        int64_t size =
            to_space ? (int64_t)out.dims[1 + i] * b.block[i] - edges : out.dims[1 + i] + edges;
        fits &= (to_space || size % b.block[i] == 0) && size > 0 && size <= MNET_MAX_DIM;
        out.dims[1 + i] = (int32_t)(to_space || !fits ? size : size / b.block[i]);
    }
    out.dims[0] = (int32_t)batch;
    const MnetShape *in = &shapes[node->inputs[0]];
    if (!fits)
        return mnet_op_malformed(
            error, node, "%dx%dx%d with edges of %d %d %d %d is not made of blocks of %dx%d",
            in->dims[0], in->dims[1], b.n > 1 ? in->dims[2] : 1, b.edges[0], b.edges[1], b.edges[2],
            b.edges[3], b.block[0], b.block[1]);
    return mnet_set_shape(graph, node, shapes, &out, error);
}

static MnetStatus space_batch_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    const MnetNode *node = step->node;
    bool to_space = node->op == MNET_OP_BATCH_TO_SPACE_ND;
    const MnetShape *in = &step->shapes[node->inputs[0]], *out = &step->shapes[node->outputs[0]];
    const MnetShape *wide = to_space ? out : in, *deep = to_space ? in : out;
    const MnetTensor *tensor = mnet_out(step->graph, node);
    Blocks b;
    SpaceState *s = mnet_store_alloc(store, sizeof *s);
    if (!s)
        return mnet_error_memory(error, sizeof *s);
    MnetStatus status = read_blocks(step->graph, node, in, &b, error);
    if (status)
        return status;
    bool flat = b.n == 1;
    *s = (SpaceState){ .to_space = to_space,
                       .batch = wide->dims[0],
                       .height = wide->dims[1],
                       .width = flat ? 1 : wide->dims[2],
                       .pixel = wide->dims[wide->rank - 1],
                       .deep_h = deep->dims[1],
                       .deep_w = flat ? 1 : deep->dims[2],
                       .block_h = b.block[0],
                       .block_w = b.block[1],
                       .top = b.edges[0],
                       .left = b.edges[2],
                       .element = mnet_type_size(tensor->type) };
    s->fill_bytes = to_space ? 0 : mnet_shape_elements(out) * s->element;
    s->fill = tensor->type == MNET_TYPE_INT8 ? tensor->quant.zero_point[0] : 0;
    /* A loop of its own for each picture of a block. */
    step->additions = (uint64_t)mnet_shape_elements(deep) / (uint64_t)s->pixel * 8 +
                      (uint64_t)(s->block_h * s->block_w) * 64;
    step->state = s;
    return MNET_OK;
}

/* Rows or columns of the deep side, phase `at` of `block`, that lie inside: [*from,
 * *to). */
static void inside(ptrdiff_t at, ptrdiff_t block, ptrdiff_t before, ptrdiff_t size, ptrdiff_t deep,
                   ptrdiff_t *from, ptrdiff_t *to)
{
    ptrdiff_t first = before - at, end = size + before - at;
    *from = first > 0 ? (first + block - 1) / block : 0;
    *to = end > 0 ? (end + block - 1) / block : 0;
    *to = *to < deep ? *to : deep;
}

static void move_phase(const SpaceState *s, ptrdiff_t y, ptrdiff_t x, const void *in, void *out)
{
    ptrdiff_t y0, y1, x0, x1;
    inside(y, s->block_h, s->top, s->height, s->deep_h, &y0, &y1);
    inside(x, s->block_w, s->left, s->width, s->deep_w, &x0, &x1);
    if (y0 >= y1 || x0 >= x1)
        return;
    ptrdiff_t picture = s->deep_h * s->deep_w * s->pixel;
    size_t wide_at =
        (size_t)(((y0 * s->block_h + y - s->top) * s->width + x0 * s->block_w + x - s->left) *
                 s->pixel);
    size_t deep_at =
        (size_t)((y * s->block_w + x) * s->batch * picture + (y0 * s->deep_w + x0) * s->pixel);
    const ptrdiff_t wide_step[] = { s->height * s->width * s->pixel,
                                    s->block_h * s->width * s->pixel, s->block_w * s->pixel, 1 };
    const ptrdiff_t deep_step[] = { picture, s->deep_w * s->pixel, s->pixel, 1 };
    MnetNest nest = { .rank = 4,
                      .dims = { (size_t)s->batch, (size_t)(y1 - y0), (size_t)(x1 - x0),
                                (size_t)s->pixel },
                      .in_at = s->to_space ? deep_at : wide_at,
                      .out_at = s->to_space ? wide_at : deep_at,
                      .element = s->element };
    memcpy(nest.in_step, s->to_space ? deep_step : wide_step, sizeof deep_step);
    memcpy(nest.out_step, s->to_space ? wide_step : deep_step, sizeof deep_step);
    mnet_nest_collapse(&nest);
    mnet_nest_run(&nest, 0, nest.dims[0], in, out);
}

static void space_batch_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                            void *scratch)
{
    const SpaceState *s = step->state;
    void *out = tensors[step->node->outputs[0]];
    if (s->fill_bytes)
        memset(out, s->fill, s->fill_bytes);
    for (ptrdiff_t y = 0; y < s->block_h; y++)
        for (ptrdiff_t x = 0; x < s->block_w; x++)
            move_phase(s, y, x, tensors[step->node->inputs[0]], out);
}

const MnetOpClass mnet_op_space_batch = { space_batch_infer, NULL, space_batch_plan,
                                          space_batch_run };
