/* SPDX-License-Identifier: MIT
 *
 * DEPTHWISE_CONV_2D.  A tile is a band of output rows.  The input rows that a
 * row of output needs are staged in a ring with their borders (zero points)
 * around them, each channel repeated `multiplier` times, so that the kernel
 * sees neither borders nor multipliers.  Rows that need neither are read in
 * place. */
#include <string.h>

#include "base/error.h"
#include "ops/classes.h"
#include "ops/pack.h"
#include "ops/rows.h"

typedef struct {
    MnetType type; /* of input and output: INT8, FLOAT32, FLOAT16 */
    MnetDepthwiseS8 s8;
    MnetDepthwiseF32 f32;
    MnetDepthwiseF16 f16;
} DepthwisePacked;

typedef struct {
    MnetDepthwiseRows rows;
    MnetDepthwiseS8 s8;
    MnetDepthwiseF32 f32;
    MnetDepthwiseF16 f16;
} DepthwiseState;

static MnetStatus depthwise_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                                  MnetError *error)
{
    MnetStatus status = mnet_op_arity(node, 2, 3, error);
    if (status || (status = mnet_op_float_or_int8(graph, node, error)))
        return status;
    const MnetShape *in = &shapes[node->inputs[0]], *w = &shapes[node->inputs[1]];
    if (w->rank != 4 || w->dims[0] != 1)
        return mnet_op_malformed(error, node, "its weights are not 1 x height x width x channels");
    MnetGeometry2D g;
    if ((status = mnet_geometry_2d(node, in, w->dims[1], w->dims[2], &g, error)))
        return status;
    if (w->dims[3] % in->dims[3])
        return mnet_op_malformed(error, node, "%d channels are no multiple of the input's %d",
                                 w->dims[3], in->dims[3]);
    MnetShape out = { 4, { in->dims[0], (int32_t)g.out_h, (int32_t)g.out_w, w->dims[3] } };
    return mnet_set_shape(graph, node, shapes, &out, error);
}

static MnetStatus depthwise_prepare(MnetGraph *graph, MnetNode *node, const MnetKernels *kernels,
                                    MnetError *error)
{
    const MnetTensor *w = mnet_in(graph, node, 1);
    size_t channels = (size_t)w->dims[3];
    MnetLayer layer = { .in = mnet_in(graph, node, 0),
                        .weights = w,
                        .bias = mnet_in(graph, node, 2),
                        .out = mnet_out(graph, node),
                        .channels = channels,
                        .taps = (size_t)w->dims[1] * (size_t)w->dims[2],
                        .channel_step = 1,
                        .tap_step = channels,
                        .weight_axis = 3 };
    MnetStatus status = mnet_layer_check(node, &layer, error);
    if (status)
        return status;
    DepthwisePacked *packed = mnet_store_alloc(graph->store, sizeof *packed);
    if (!packed)
        return mnet_error_memory(error, sizeof *packed);
    packed->type = layer.in->type;
    packed->s8.kernel_h = packed->f32.kernel_h = packed->f16.kernel_h = (size_t)w->dims[1];
    packed->s8.kernel_w = packed->f32.kernel_w = packed->f16.kernel_w = (size_t)w->dims[2];
    node->packed = packed;
    if (packed->type == MNET_TYPE_FLOAT16)
        return mnet_pack_depthwise_f16(graph, node, &layer, kernels, &packed->f16, error);
    return packed->type == MNET_TYPE_FLOAT32
               ? mnet_pack_depthwise_f32(graph, node, &layer, kernels, &packed->f32, error)
               : mnet_pack_depthwise_s8(graph, node, &layer, kernels, &packed->s8, error);
}

/* The numbers that a kernel call needs, in all forms. */
static void set_kernel_arguments(const DepthwisePacked *packed, DepthwiseState *s)
{
    const MnetGeometry2D *g = &s->rows.g;
    s->s8 = packed->s8;
    s->f32 = packed->f32;
    s->f16 = packed->f16;
    s->s8.stride = s->f32.stride = s->f16.stride = g->stride_w;
    s->s8.dilation = s->f32.dilation = s->f16.dilation = g->dilation_w;
    s->s8.pixel = s->f32.pixel = s->f16.pixel = g->out_c;
    s->s8.out_pixel = s->f32.out_pixel = s->f16.out_pixel = g->out_c;
}

/* The ring, one row of border, then the kernel's row pointers and the numbers of
 * the rows in the ring.  A dilation in the file can make the reach of a small
 * kernel of any size. */
static MnetStatus plan_scratch(MnetStep *step, const MnetDepthwiseRows *r, MnetError *error)
{
    size_t staged;
    if (!mnet_mul_size(r->ring + 1, r->staged_bytes + sizeof(ptrdiff_t), &staged) ||
        !mnet_add_size(staged, r->g.kernel_h * sizeof(void *), &step->scratch))
        return mnet_error_set(error, MNET_ERROR_LIMIT,
                              "%s: a dilation of %zux%zu needs more memory than there is addresses",
                              mnet_node_label(step->node).text, r->g.dilation_h, r->g.dilation_w);
    return MNET_OK;
}

static MnetStatus depthwise_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    const MnetNode *node = step->node;
    const DepthwisePacked *packed = node->packed;
    const MnetShape *w = &step->shapes[node->inputs[1]], *out = &step->shapes[node->outputs[0]];
    DepthwiseState *s = mnet_store_alloc(store, sizeof *s);
    if (!s)
        return mnet_error_memory(error, sizeof *s);
    MnetDepthwiseRows *r = &s->rows;
    MnetGeometry2D *g = &r->g;
    MnetStatus status =
        mnet_geometry_2d(node, &step->shapes[node->inputs[0]], w->dims[1], w->dims[2], g, error);
    if (status)
        return status;
    g->out_c = (size_t)w->dims[3];
    r->multiplier = g->out_c / g->in_c;
    r->element = mnet_type_size(packed->type);
    r->zero = packed->type == MNET_TYPE_INT8
                  ? (int8_t)mnet_in(step->graph, node, 0)->quant.zero_point[0]
                  : 0;
    r->row_bytes = g->in_w * g->in_c * r->element;
    r->staged_pixels = (g->out_w - 1) * g->stride_w + (g->kernel_w - 1) * g->dilation_w + 1;
    r->staged_bytes =
        mnet_round_up(r->staged_pixels * g->out_c * r->element + MNET_PADDING, MNET_ALIGN);
    r->in_place = r->multiplier == 1 && g->pad_left == 0 && r->staged_pixels <= g->in_w;
    r->ring = (g->kernel_h - 1) * g->dilation_h + 1;
    set_kernel_arguments(packed, s);
    step->macs = (uint64_t)mnet_shape_elements(out) * g->kernel_h * g->kernel_w;
    step->tiles = mnet_tile_count(step->macs, g->batch * g->out_h);
    step->state = s;
    return plan_scratch(step, r, error);
}

const MnetDepthwiseRows *mnet_depthwise_rows(const MnetStep *step)
{
    return &((const DepthwiseState *)step->state)->rows;
}

void mnet_depthwise_stage(const MnetDepthwiseRows *r, const void *row, void *staged)
{
    const MnetGeometry2D *g = &r->g;
    const uint8_t *from = row;
    uint8_t *to = staged;
    size_t pixel = g->out_c * r->element, left = (size_t)g->pad_left;
    /* A PAD may be wider than all windows together. */
    left = left < r->staged_pixels ? left : r->staged_pixels;
    size_t inside = g->in_w < r->staged_pixels - left ? g->in_w : r->staged_pixels - left;
    memset(to, r->zero, left * pixel);
    to += left * pixel;
    if (r->multiplier == 1) {
        memcpy(to, from, inside * pixel);
    } else {
        for (size_t i = 0; i < inside * g->in_c; i++)
            for (size_t j = 0; j < r->multiplier; j++)
                memcpy(to + (i * r->multiplier + j) * r->element, from + i * r->element,
                       r->element);
    }
    memset(to + inside * pixel, r->zero, (r->staged_pixels - left - inside) * pixel);
}

void mnet_depthwise_row(const MnetStep *step, const void *const *rows, void *out)
{
    const DepthwiseState *s = step->state;
    if (s->rows.element == sizeof(MnetHalf))
        step->kernels->f16->depthwise.run(&s->f16, s->rows.g.out_w, (const MnetHalf *const *)rows,
                                          out);
    else if (s->rows.element == 1)
        step->kernels->depthwise_s8.run(&s->s8, s->rows.g.out_w, (const int8_t *const *)rows, out);
    else
        step->kernels->depthwise_f32.run(&s->f32, s->rows.g.out_w, (const float *const *)rows, out);
}

/* A tile's scratch: see depthwise_plan(). */
typedef struct {
    uint8_t *ring, *border;
    const void **rows;
    ptrdiff_t *staged; /* input row in each place of the ring, -1: none */
} Stage;

static const void *input_row(const MnetDepthwiseRows *r, const Stage *stage, const uint8_t *in,
                             ptrdiff_t y)
{
    if (y < 0 || (size_t)y >= r->g.in_h)
        return stage->border;
    if (r->in_place)
        return in + (size_t)y * r->row_bytes;
    size_t place = (size_t)y % r->ring;
    uint8_t *to = stage->ring + place * r->staged_bytes;
    if (stage->staged[place] != y) {
        mnet_depthwise_stage(r, in + (size_t)y * r->row_bytes, to);
        stage->staged[place] = y;
    }
    return to;
}

static void forget_rows(const MnetDepthwiseRows *r, Stage *stage)
{
    for (size_t i = 0; i < r->ring; i++)
        stage->staged[i] = -1;
}

static void output_row(const MnetStep *step, const MnetDepthwiseRows *r, Stage *stage,
                       const uint8_t *in, size_t y, uint8_t *out)
{
    ptrdiff_t top = (ptrdiff_t)(y * r->g.stride_h) - r->g.pad_top;
    for (size_t ky = 0; ky < r->g.kernel_h; ky++)
        stage->rows[ky] = input_row(r, stage, in, top + (ptrdiff_t)(ky * r->g.dilation_h));
    mnet_depthwise_row(step, stage->rows, out);
}

static void depthwise_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                          void *scratch)
{
    const DepthwiseState *s = step->state;
    const MnetDepthwiseRows *r = &s->rows;
    const uint8_t *in = tensors[step->node->inputs[0]];
    uint8_t *out = tensors[step->node->outputs[0]];
    size_t begin, end, batch = SIZE_MAX;
    uint8_t *ring = scratch;
    Stage stage = { .ring = ring, .border = ring + r->ring * r->staged_bytes };
    stage.rows = (const void **)(void *)(stage.border + r->staged_bytes);
    stage.staged = (ptrdiff_t *)(void *)(stage.rows + r->g.kernel_h);
    memset(stage.border, r->zero, r->staged_bytes);
    mnet_tile_range(r->g.batch * r->g.out_h, tile, tiles, 1, &begin, &end);
    for (size_t i = begin; i < end; i++) {
        if (i / r->g.out_h != batch) {
            batch = i / r->g.out_h;
            forget_rows(r, &stage);
        }
        output_row(step, r, &stage, in + batch * r->g.in_h * r->row_bytes, i % r->g.out_h,
                   out + i * r->g.out_w * r->g.out_c * r->element);
    }
}

const MnetOpClass mnet_op_depthwise = { depthwise_infer, depthwise_prepare, depthwise_plan,
                                        depthwise_run };
