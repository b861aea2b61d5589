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
#include "ops/window.h"

typedef struct {
    bool is_float;
    MnetDepthwiseS8 s8;
    MnetDepthwiseF32 f32;
} DepthwisePacked;

typedef struct {
    MnetGeometry2D g;
    MnetDepthwiseS8 s8;
    MnetDepthwiseF32 f32;
    size_t multiplier, element;
    int8_t zero;
    bool in_place;        /* rows inside the picture need no staging */
    size_t row_bytes;     /* of the input */
    size_t staged_pixels; /* of a staged row */
    size_t staged_bytes;
    size_t ring; /* staged rows kept: the reach of the kernel */
    size_t bands;
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
    packed->is_float = layer.in->type == MNET_TYPE_FLOAT32;
    packed->s8.kernel_h = packed->f32.kernel_h = (size_t)w->dims[1];
    packed->s8.kernel_w = packed->f32.kernel_w = (size_t)w->dims[2];
    node->packed = packed;
    return packed->is_float
               ? mnet_pack_depthwise_f32(graph, node, &layer, kernels, &packed->f32, error)
               : mnet_pack_depthwise_s8(graph, node, &layer, kernels, &packed->s8, error);
}

/* The numbers that a kernel call needs, in both forms. */
static void set_kernel_arguments(const DepthwisePacked *packed, DepthwiseState *s)
{
    const MnetGeometry2D *g = &s->g;
    s->s8 = packed->s8;
    s->f32 = packed->f32;
    s->s8.stride = s->f32.stride = g->stride_w;
    s->s8.dilation = s->f32.dilation = g->dilation_w;
    s->s8.pixel = s->f32.pixel = g->out_c;
    s->s8.out_pixel = s->f32.out_pixel = g->out_c;
}

/* The ring, one row of border, then the kernel's row pointers and the numbers of
 * the rows in the ring.  A dilation in the file can make the reach of a small
 * kernel of any size. */
static MnetStatus plan_scratch(MnetStep *step, const DepthwiseState *s, MnetError *error)
{
    size_t staged;
    if (!mnet_mul_size(s->ring + 1, s->staged_bytes + sizeof(ptrdiff_t), &staged) ||
        !mnet_add_size(staged, s->g.kernel_h * sizeof(void *), &step->scratch))
        return mnet_error_set(error, MNET_ERROR_LIMIT,
                              "%s: a dilation of %zux%zu needs more memory than there is addresses",
                              mnet_node_label(step->node).text, s->g.dilation_h, s->g.dilation_w);
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
    MnetGeometry2D *g = &s->g;
    MnetStatus status =
        mnet_geometry_2d(node, &step->shapes[node->inputs[0]], w->dims[1], w->dims[2], g, error);
    if (status)
        return status;
    g->out_c = (size_t)w->dims[3];
    s->multiplier = g->out_c / g->in_c;
    s->element = packed->is_float ? sizeof(float) : 1;
    s->zero = packed->is_float ? 0 : (int8_t)mnet_in(step->graph, node, 0)->quant.zero_point[0];
    s->row_bytes = g->in_w * g->in_c * s->element;
    s->staged_pixels = (g->out_w - 1) * g->stride_w + (g->kernel_w - 1) * g->dilation_w + 1;
    s->staged_bytes =
        mnet_round_up(s->staged_pixels * g->out_c * s->element + MNET_PADDING, MNET_ALIGN);
    s->in_place = s->multiplier == 1 && g->pad_left == 0 && s->staged_pixels <= g->in_w;
    s->ring = (g->kernel_h - 1) * g->dilation_h + 1;
    set_kernel_arguments(packed, s);
    step->macs = (uint64_t)mnet_shape_elements(out) * g->kernel_h * g->kernel_w;
    step->tiles = s->bands = mnet_tile_count(step->macs, g->batch * g->out_h);
    step->state = s;
    return plan_scratch(step, s, error);
}

static void stage_row(const DepthwiseState *s, const uint8_t *row, uint8_t *to)
{
    const MnetGeometry2D *g = &s->g;
    size_t pixel = g->out_c * s->element, left = (size_t)g->pad_left;
    /* A PAD may be wider than all windows together. */
    left = left < s->staged_pixels ? left : s->staged_pixels;
    size_t inside = g->in_w < s->staged_pixels - left ? g->in_w : s->staged_pixels - left;
    memset(to, s->zero, left * pixel);
    to += left * pixel;
    if (s->multiplier == 1) {
        memcpy(to, row, inside * pixel);
    } else {
        for (size_t i = 0; i < inside * g->in_c; i++)
            for (size_t j = 0; j < s->multiplier; j++)
                memcpy(to + (i * s->multiplier + j) * s->element, row + i * s->element, s->element);
    }
    memset(to + inside * pixel, s->zero, (s->staged_pixels - left - inside) * pixel);
}

/* A tile's scratch: see depthwise_plan(). */
typedef struct {
    uint8_t *ring, *border;
    const void **rows;
    ptrdiff_t *staged; /* input row in each place of the ring, -1: none */
} Stage;

static const void *input_row(const DepthwiseState *s, const Stage *stage, const uint8_t *in,
                             ptrdiff_t y)
{
    if (y < 0 || (size_t)y >= s->g.in_h)
        return stage->border;
    if (s->in_place)
        return in + (size_t)y * s->row_bytes;
    size_t place = (size_t)y % s->ring;
    uint8_t *to = stage->ring + place * s->staged_bytes;
    if (stage->staged[place] != y) {
        stage_row(s, in + (size_t)y * s->row_bytes, to);
        stage->staged[place] = y;
    }
    return to;
}

static void forget_rows(const DepthwiseState *s, Stage *stage)
{
    for (size_t i = 0; i < s->ring; i++)
        stage->staged[i] = -1;
}

static void output_row(const MnetStep *step, const DepthwiseState *s, Stage *stage,
                       const uint8_t *in, size_t y, uint8_t *out)
{
    ptrdiff_t top = (ptrdiff_t)(y * s->g.stride_h) - s->g.pad_top;
    for (size_t ky = 0; ky < s->g.kernel_h; ky++)
        stage->rows[ky] = input_row(s, stage, in, top + (ptrdiff_t)(ky * s->g.dilation_h));
    if (s->element == 1)
        step->kernels->depthwise_s8.run(&s->s8, s->g.out_w, (const int8_t *const *)stage->rows,
                                        (int8_t *)out);
    else
        step->kernels->depthwise_f32.run(&s->f32, s->g.out_w, (const float *const *)stage->rows,
                                         (float *)(void *)out);
}

static void depthwise_run(const MnetStep *step, void *const *tensors, size_t tile, void *scratch)
{
    const DepthwiseState *s = step->state;
    const uint8_t *in = tensors[step->node->inputs[0]];
    uint8_t *out = tensors[step->node->outputs[0]];
    size_t begin, end, batch = SIZE_MAX;
    uint8_t *ring = scratch;
    Stage stage = { .ring = ring, .border = ring + s->ring * s->staged_bytes };
    stage.rows = (const void **)(void *)(stage.border + s->staged_bytes);
    stage.staged = (ptrdiff_t *)(void *)(stage.rows + s->g.kernel_h);
    memset(stage.border, s->zero, s->staged_bytes);
    mnet_tile_range(s->g.batch * s->g.out_h, tile, s->bands, 1, &begin, &end);
    for (size_t i = begin; i < end; i++) {
        if (i / s->g.out_h != batch) {
            batch = i / s->g.out_h;
            forget_rows(s, &stage);
        }
        output_row(step, s, &stage, in + batch * s->g.in_h * s->row_bytes, i % s->g.out_h,
                   out + i * s->g.out_w * s->g.out_c * s->element);
    }
}

const MnetOpClass mnet_op_depthwise = { depthwise_infer, depthwise_prepare, depthwise_plan,
                                        depthwise_run };
