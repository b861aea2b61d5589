/* SPDX-License-Identifier: MIT
 *
 * TRANSPOSE_CONV and Convolution2DTransposeBias: products of matrices, nothing added
 * up in memory.  Row u of the result, counted with the padding before it, is of
 * phase u % stride_h and reads rows u / stride_h and before of the input by every
 * stride_h-th row of the kernel; likewise columns.  The stride_w columns that read
 * the same columns of the input stand next to each other in the result, so that all
 * of them are channels of one product: a group. */
#include <string.h>

#include "base/error.h"
#include "ops/classes.h"
#include "ops/transpose_weights.h"

typedef struct {
    bool is_float;
    size_t phases;         /* the stride down */
    size_t columns;        /* of the input that a group reads */
    size_t group;          /* elements of a group: stride across * channels */
    size_t most_rows;      /* of the input that a phase reads */
    MnetTransposed *phase; /* [phases] */
} TransposePacked;

typedef struct {
    size_t batch, in_h, in_w, in_c, out_h, out_w, out_c;
    size_t stride_h, stride_w;
    size_t pad_top, pad_left; /* rows and columns of the result that are left out */
    size_t element;           /* bytes */
    int8_t zero;              /* what lies outside the picture */
    size_t row_bytes;         /* of the input */
    bool in_place;            /* rows need no columns outside of the picture */
    size_t staged_bytes;      /* a row of the input with those columns */
    size_t ring;              /* staged rows */
} TransposeState;

static bool is_custom(const MnetNode *node)
{
    return node->op == MNET_OP_CONVOLUTION_2D_TRANSPOSE_BIAS;
}

static const MnetTensor *bias_of(const MnetGraph *graph, const MnetNode *node)
{
    return mnet_in(graph, node, is_custom(node) ? 2 : 3);
}

/* One dimension: the result's size by the file, or -1, becomes what is left of it;
 * *before is what is left out in front.  False where the forward convolution would
 * not give the input. */
static bool place(MnetPadding padding, int64_t in, int64_t kernel, int64_t stride, int64_t full,
                  int64_t cut_before, int64_t cut_behind, int64_t *out, int64_t *before)
{
    bool same = padding == MNET_PADDING_SAME;
    if (full < 0)
        full = same ? in * stride : (in - 1) * stride + (kernel > stride ? kernel : stride);
    if (full < 1 || full > MNET_MAX_DIM)
        return false;
    int64_t forward = same             ? (full + stride - 1) / stride
                      : full >= kernel ? (full - kernel) / stride + 1
                                       : 0;
    int64_t total = same ? (in - 1) * stride + kernel - full : 0;
    *before = (total > 0 ? total / 2 : 0) + cut_before;
    *out = full - cut_before - cut_behind;
    return forward == in && *out > 0;
}

typedef struct {
    int64_t out_h, out_w, top, left;
} Place;

static MnetStatus find_place(const MnetGraph *graph, const MnetNode *node, const MnetShape *in,
                             Place *p, MnetError *error)
{
    const MnetWindow *w = &node->options.window;
    const MnetTensor *weights = mnet_in(graph, node, 1);
    int32_t full[4] = { in->dims[0], -1, -1, weights->dims[0] }, n = 4;
    if (!is_custom(node) && (!mnet_tensor_ints(mnet_in(graph, node, 2), full, 4, &n) || n != 4))
        return mnet_op_unsupported(error, node,
                                   "the shape of its output is no constant of 4 integers");
    if (full[0] != in->dims[0] || full[3] != weights->dims[0])
        return mnet_op_malformed(error, node, "an output of %d pictures of %d channels from %d, %d",
                                 full[0], full[3], in->dims[0], weights->dims[0]);
    if (!is_custom(node) && (full[1] < 1 || full[2] < 1))
        return mnet_op_malformed(error, node, "an output of %dx%d", full[1], full[2]);
    if (place(w->padding, in->dims[1], weights->dims[1], w->stride_h, full[1], w->pad_top,
              w->pad_bottom, &p->out_h, &p->top) &&
        place(w->padding, in->dims[2], weights->dims[2], w->stride_w, full[2], w->pad_left,
              w->pad_right, &p->out_w, &p->left))
        return MNET_OK;
    return mnet_op_malformed(error, node,
                             "an output of %dx%d does not come from %dx%d by a kernel of %dx%d "
                             "with stride %dx%d",
                             full[1], full[2], in->dims[1], in->dims[2], weights->dims[1],
                             weights->dims[2], w->stride_h, w->stride_w);
}

static MnetStatus transpose_conv_infer(const MnetGraph *graph, const MnetNode *node,
                                       MnetShape *shapes, MnetError *error)
{
    const MnetWindow *w = &node->options.window;
    MnetStatus status =
        is_custom(node) ? mnet_op_arity(node, 2, 3, error) : mnet_op_arity(node, 3, 4, error);
    if (status || (status = mnet_op_float_or_int8(graph, node, error)))
        return status;
    const MnetShape *in = &shapes[node->inputs[0]];
    const MnetTensor *weights = mnet_in(graph, node, 1);
    if (in->rank != 4 || weights->rank != 4)
        return mnet_op_malformed(error, node,
                                 "an input of %d dimensions and weights of %d, 4 and 4 expected",
                                 in->rank, weights->rank);
    if (weights->dims[3] != in->dims[3])
        return mnet_op_malformed(error, node, "weights for %d channels on an input of %d",
                                 weights->dims[3], in->dims[3]);
    if (w->stride_h < 1 || w->stride_w < 1 || w->stride_h > MNET_TRANSPOSED_STRIDE ||
        w->stride_w > MNET_TRANSPOSED_STRIDE)
        return mnet_op_unsupported(error, node, "stride %dx%d, 1 to %d are supported", w->stride_h,
                                   w->stride_w, MNET_TRANSPOSED_STRIDE);
    Place p;
    if ((status = find_place(graph, node, in, &p, error)))
        return status;
    MnetShape out = { 4, { in->dims[0], (int32_t)p.out_h, (int32_t)p.out_w, weights->dims[0] } };
    return mnet_set_shape(graph, node, shapes, &out, error);
}

static MnetStatus transpose_conv_prepare(MnetGraph *graph, MnetNode *node,
                                         const MnetKernels *kernels, MnetError *error)
{
    const MnetTensor *w = mnet_in(graph, node, 1);
    MnetLayer layer = { .in = mnet_in(graph, node, 0),
                        .weights = w,
                        .bias = bias_of(graph, node),
                        .out = mnet_out(graph, node),
                        .channels = (size_t)w->dims[0],
                        .taps = (size_t)w->dims[1] * (size_t)w->dims[2] * (size_t)w->dims[3],
                        .weight_axis = 0 };
    layer.channel_step = layer.run = layer.taps;
    layer.tap_step = 1;
    MnetStatus status = mnet_layer_check(node, &layer, error);
    if (status)
        return status;
    size_t phases = (size_t)node->options.window.stride_h;
    TransposePacked *packed = mnet_store_alloc(graph->store, sizeof *packed);
    MnetTransposed *phase = mnet_store_calloc(graph->store, phases, sizeof *phase);
    if (!packed || !phase)
        return mnet_error_memory(error, phases * sizeof *phase);
    *packed = (TransposePacked){ .is_float = layer.in->type == MNET_TYPE_FLOAT32,
                                 .phases = phases,
                                 .phase = phase };
    for (size_t i = 0; i < phases; i++) {
        if ((status = mnet_transpose_weights(graph, node, &layer, i, kernels, &phase[i], error)))
            return status;
        packed->most_rows = phase[i].rows > packed->most_rows ? phase[i].rows : packed->most_rows;
    }
    packed->columns = phase[0].columns;
    packed->group = (size_t)node->options.window.stride_w * layer.channels;
    node->packed = packed;
    return MNET_OK;
}

/* The ring, a row outside of the picture, one group, the kernel's row pointers and
 * the numbers of the rows in the ring. */
static MnetStatus plan_scratch(MnetStep *step, TransposeState *s, MnetError *error)
{
    const TransposePacked *packed = step->node->packed;
    size_t last = (s->pad_left + s->out_w - 1) / s->stride_w;
    size_t pixels = s->in_w + packed->columns - 1, bytes, staged;
    if (last >= s->in_w)
        pixels += last - s->in_w + 1;
    s->in_place = pixels == s->in_w;
    s->ring = packed->most_rows;
    bool fits = mnet_mul_size(pixels, s->in_c * s->element, &bytes) && bytes < SIZE_MAX / 2;
    s->staged_bytes = fits ? mnet_round_up(bytes + MNET_PADDING, MNET_ALIGN) : 0;
    size_t group = mnet_round_up(packed->group * s->element + MNET_PADDING, MNET_ALIGN);
    if (!fits || !mnet_mul_size(s->ring + 1, s->staged_bytes + 2 * sizeof(void *), &staged) ||
        !mnet_add_size(staged, group, &step->scratch))
        return mnet_error_memory(error, SIZE_MAX);
    return MNET_OK;
}

static uint64_t count_macs(const TransposeState *s, const TransposePacked *packed)
{
    uint64_t products = (uint64_t)packed->most_rows * packed->columns * s->in_c, macs;
    uint64_t groups = (uint64_t)s->batch * s->out_h * (s->out_w / s->stride_w + 2);
    bool fits = !__builtin_mul_overflow(groups * packed->group, products, &macs);
    return fits ? macs : UINT64_MAX;
}

static MnetStatus transpose_conv_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    const MnetNode *node = step->node;
    const TransposePacked *packed = node->packed;
    const MnetShape *in = &step->shapes[node->inputs[0]], *out = &step->shapes[node->outputs[0]];
    TransposeState *s = mnet_store_alloc(store, sizeof *s);
    if (!s)
        return mnet_error_memory(error, sizeof *s);
    Place p;
    MnetStatus status = find_place(step->graph, node, in, &p, error);
    if (status)
        return status;
    *s = (TransposeState){ .batch = (size_t)in->dims[0],
                           .in_h = (size_t)in->dims[1],
                           .in_w = (size_t)in->dims[2],
                           .in_c = (size_t)in->dims[3],
                           .out_h = (size_t)out->dims[1],
                           .out_w = (size_t)out->dims[2],
                           .out_c = (size_t)out->dims[3],
                           .stride_h = packed->phases,
                           .stride_w = (size_t)node->options.window.stride_w,
                           .pad_top = (size_t)p.top,
                           .pad_left = (size_t)p.left,
                           .element = packed->is_float ? sizeof(float) : 1 };
    s->zero = packed->is_float ? 0 : (int8_t)mnet_in(step->graph, node, 0)->quant.zero_point[0];
    s->row_bytes = s->in_w * s->in_c * s->element;
    step->macs = count_macs(s, packed);
    step->tiles = mnet_tile_count(step->macs / 4, s->batch * s->out_h);
    step->state = s;
    return plan_scratch(step, s, error);
}

/* A tile's scratch. */
typedef struct {
    uint8_t *ring, *border, *group;
    const void **rows;
    ptrdiff_t *staged; /* row of the input in each place of the ring, -1: none */
} Stage;

/* Row `y` of a picture with the columns outside of it. */
static const void *input_row(const TransposeState *s, const TransposePacked *packed,
                             const Stage *stage, const uint8_t *in, ptrdiff_t y)
{
    if (y < 0 || (size_t)y >= s->in_h)
        return stage->border;
    if (s->in_place)
        return in + (size_t)y * s->row_bytes;
    size_t place = (size_t)y % s->ring, left = (packed->columns - 1) * s->in_c * s->element;
    uint8_t *to = stage->ring + place * s->staged_bytes;
    if (stage->staged[place] != y) {
        memset(to, s->zero, left);
        memcpy(to + left, in + (size_t)y * s->row_bytes, s->row_bytes);
        memset(to + left + s->row_bytes, s->zero, s->staged_bytes - left - s->row_bytes);
        stage->staged[place] = y;
    }
    return to;
}

/* `count` groups from number `first` on, next to each other in `out`. */
static void groups(const MnetStep *step, const MnetTransposed *phase, const Stage *stage,
                   const void *const *from, size_t first, size_t count, void *out)
{
    const TransposeState *s = step->state;
    const TransposePacked *packed = step->node->packed;
    for (size_t r = 0; r < phase->rows; r++)
        stage->rows[r] = (const uint8_t *)from[r] + first * s->in_c * s->element;
    if (packed->is_float)
        step->kernels->gemm_f32.run(&phase->f32, count, 0, packed->group,
                                    (const float *const *)stage->rows, s->in_c, out, packed->group);
    else
        step->kernels->gemm_s8.run(&phase->s8, count, 0, packed->group,
                                   (const int8_t *const *)stage->rows, s->in_c, out, packed->group);
}

/* One row of the output: groups that it has whole are written where they belong. */
static void output_row(const MnetStep *step, const MnetTransposed *phase, const Stage *stage,
                       const void *const *from, uint8_t *out)
{
    const TransposeState *s = step->state;
    size_t pixel = s->out_c * s->element, u = s->pad_left, end = u + s->out_w;
    while (u < end) {
        size_t skip = u % s->stride_w, whole = skip ? 0 : (end - u) / s->stride_w;
        size_t n = whole ? whole * s->stride_w : s->stride_w - skip;
        n = n < end - u ? n : end - u;
        groups(step, phase, stage, from, u / s->stride_w, whole ? whole : 1,
               whole ? out : stage->group);
        if (!whole)
            memcpy(out, stage->group + skip * pixel, n * pixel);
        out += n * pixel;
        u += n;
    }
}

static void transpose_conv_run(const MnetStep *step, void *const *tensors, size_t tile,
                               size_t tiles, void *scratch)
{
    const TransposeState *s = step->state;
    const TransposePacked *packed = step->node->packed;
    const uint8_t *in = tensors[step->node->inputs[0]];
    uint8_t *out = tensors[step->node->outputs[0]];
    size_t begin, end, batch = SIZE_MAX, out_row = s->out_w * s->out_c * s->element;
    Stage stage = { .ring = scratch };
    stage.border = stage.ring + s->ring * s->staged_bytes;
    stage.group = stage.border + s->staged_bytes;
    stage.rows = (const void **)(void *)(stage.group +
                                         mnet_round_up(packed->group * s->element + MNET_PADDING,
                                                       MNET_ALIGN));
    const void **from = stage.rows + s->ring;
    stage.staged = (ptrdiff_t *)(void *)(from + s->ring);
    memset(stage.border, s->zero, s->staged_bytes);
    mnet_tile_range(s->batch * s->out_h, tile, tiles, 1, &begin, &end);
    for (size_t i = begin; i < end; i++) {
        if (i / s->out_h != batch) {
            batch = i / s->out_h;
            for (size_t k = 0; k < s->ring; k++)
                stage.staged[k] = -1;
        }
        size_t u = i % s->out_h + s->pad_top;
        const MnetTransposed *phase = &packed->phase[u % s->stride_h];
        ptrdiff_t top = (ptrdiff_t)(u / s->stride_h) - (ptrdiff_t)phase->rows + 1;
        for (size_t r = 0; r < phase->rows; r++)
            from[r] = input_row(s, packed, &stage, in + batch * s->in_h * s->row_bytes,
                                top + (ptrdiff_t)r);
        output_row(step, phase, &stage, from, out + i * out_row);
    }
}

const MnetOpClass mnet_op_transpose_conv = { transpose_conv_infer, transpose_conv_prepare,
                                             transpose_conv_plan, transpose_conv_run };
