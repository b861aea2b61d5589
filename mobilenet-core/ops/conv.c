/* SPDX-License-Identifier: MIT
 *
 * CONV_2D and FULLY_CONNECTED: matrix products over the pixels.  A 1x1 kernel
 * reads the input in place, and so does a row of any other kernel's output where
 * its windows lie inside the picture from left to right: a row of zero points
 * stands for what is above and below.  The other windows are gathered into rows
 * first (im2col), in scratch that stays in the first-level cache. */
#include <string.h>

#include "base/error.h"
#include "ops/classes.h"
#include "ops/pack.h"
#include "ops/rows.h"

/* Bytes of scratch that the gathered windows of one round may take. */
#define PATCH_BYTES ((size_t)16 << 10)

typedef struct {
    MnetType type;    /* of input and output: INT8, FLOAT32, FLOAT16 */
    size_t k, n;      /* products a sum, channels */
    size_t runs, run; /* see MnetGemmS8 */
    MnetGemmS8 s8;
    MnetGemmF32 f32;
    MnetGemmF16 f16;
} ConvPacked;

typedef struct {
    MnetGeometry2D g;
    bool in_place;
    int8_t zero;                   /* what lies outside the picture, of an int8 input */
    size_t element;                /* bytes */
    size_t m;                      /* rows: pixels of the output */
    size_t inside_from, inside_to; /* columns whose windows are read in place */
    size_t border;                 /* bytes of a row of zero points, in scratch behind the runs */
    size_t patches;                /* where patches begin in scratch */
    size_t patch_stride;           /* elements */
    size_t patch_rows;             /* windows gathered at once */
} ConvState;

static MnetStatus conv_layer(const MnetGraph *graph, const MnetNode *node, size_t channels,
                             size_t taps, size_t run, MnetLayer *layer, MnetError *error)
{
    *layer = (MnetLayer){ .in = mnet_in(graph, node, 0),
                          .weights = mnet_in(graph, node, 1),
                          .bias = mnet_in(graph, node, 2),
                          .out = mnet_out(graph, node),
                          .channels = channels,
                          .taps = taps,
                          .run = run,
                          .channel_step = taps,
                          .tap_step = 1,
                          .weight_axis = 0 };
    return mnet_layer_check(node, layer, error);
}

static MnetStatus pack(MnetGraph *graph, MnetNode *node, size_t channels, size_t taps, size_t run,
                       const MnetKernels *kernels, MnetError *error)
{
    MnetLayer layer;
    MnetStatus status = conv_layer(graph, node, channels, taps, run, &layer, error);
    if (status)
        return status;
    ConvPacked *packed = mnet_store_alloc(graph->store, sizeof *packed);
    if (!packed)
        return mnet_error_memory(error, sizeof *packed);
    packed->type = layer.in->type;
    packed->k = taps;
    packed->run = run;
    packed->runs = taps / run;
    packed->n = channels;
    node->packed = packed;
    if (packed->type == MNET_TYPE_FLOAT16)
        return mnet_pack_gemm_f16(graph, node, &layer, kernels, &packed->f16, error);
    return packed->type == MNET_TYPE_FLOAT32
               ? mnet_pack_gemm_f32(graph, node, &layer, kernels, &packed->f32, error)
               : mnet_pack_gemm_s8(graph, node, &layer, kernels, &packed->s8, error);
}

static MnetStatus plan(MnetStep *step, MnetStore *store, ConvState **result, MnetError *error)
{
    const ConvPacked *packed = step->node->packed;
    ConvState *state = mnet_store_alloc(store, sizeof *state);
    if (!state)
        return mnet_error_memory(error, sizeof *state);
    size_t out = mnet_shape_elements(&step->shapes[step->node->outputs[0]]);
    const MnetTensor *in = mnet_in(step->graph, step->node, 0);
    state->m = out / packed->n;
    state->element = mnet_type_size(packed->type);
    state->zero = packed->type == MNET_TYPE_INT8 ? (int8_t)in->quant.zero_point[0] : 0;
    step->state = *result = state;
    step->macs = (uint64_t)out * packed->k;
    /* A product of matrices computes some four of them in the time of one; up to 64
     * sums of a pixel take a while however few products they have. */
    uint64_t stores = (uint64_t)state->m * ((packed->n + 63) / 64);
    step->tiles = mnet_tile_count(step->macs / 4 + stores * 256, SIZE_MAX);
    return MNET_OK;
}

/* `c` points at row 0, channel 0. */
static void gemm(const MnetStep *step, size_t m, size_t n0, size_t n1, const void *const *a,
                 size_t a_stride, void *c, size_t c_stride)
{
    const ConvPacked *packed = step->node->packed;
    if (packed->type == MNET_TYPE_FLOAT16)
        step->kernels->f16->gemm.run(&packed->f16, m, n0, n1, (const MnetHalf *const *)a, a_stride,
                                     c, c_stride);
    else if (packed->type == MNET_TYPE_FLOAT32)
        step->kernels->gemm_f32.run(&packed->f32, m, n0, n1, (const float *const *)a, a_stride, c,
                                    c_stride);
    else
        step->kernels->gemm_s8.run(&packed->s8, m, n0, n1, (const int8_t *const *)a, a_stride, c,
                                   c_stride);
}

/* `bytes` bytes in pieces of 16: up to 15 more are read (tensors are padded) and
 * written, which must be free or written later. */
static inline void copy_ahead(uint8_t *to, const uint8_t *from, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += 16)
        memcpy(to + i, from + i, 16);
}

/* One row of a window: kernel_w pixels that begin at column x, some of which lie
 * outside or apart from each other. */
static void gather_pixels(const ConvState *s, const uint8_t *row, ptrdiff_t x, uint8_t *to)
{
    const MnetGeometry2D *g = &s->g;
    size_t pixel = g->in_c * s->element;
    for (size_t kx = 0; kx < g->kernel_w; kx++) {
        ptrdiff_t at = x + (ptrdiff_t)(kx * g->dilation_w);
        if (at >= 0 && (size_t)at < g->in_w)
            copy_ahead(to + kx * pixel, row + (size_t)at * pixel, pixel);
        else
            memset(to + kx * pixel, s->zero, pixel);
    }
}

/* Row ky of the windows of `count` outputs from column x on, from an input row or
 * from none. */
static void gather_row(const ConvState *s, const uint8_t *row, size_t x, size_t count, uint8_t *to)
{
    const MnetGeometry2D *g = &s->g;
    size_t pixel = g->in_c * s->element, bytes = pixel * g->kernel_w;
    size_t stride = s->patch_stride * s->element;
    ptrdiff_t left = (ptrdiff_t)(x * g->stride_w) - g->pad_left;
    for (size_t i = 0; i < count; i++, to += stride, left += (ptrdiff_t)g->stride_w) {
        if (!row)
            memset(to, s->zero, bytes);
        else if (g->dilation_w == 1 && left >= 0 && (size_t)left + g->kernel_w <= g->in_w)
            copy_ahead(to, row + (size_t)left * pixel, bytes);
        else
            gather_pixels(s, row, left, to);
    }
}

/* The windows of `count` outputs from column x of row y on, row by row of the
 * kernel: what a row writes ahead, the next one overwrites. */
static void gather_line(const ConvState *s, const uint8_t *in, size_t y, size_t x, size_t count,
                        uint8_t *to)
{
    const MnetGeometry2D *g = &s->g;
    size_t row_bytes = g->in_w * g->in_c * s->element;
    ptrdiff_t at = (ptrdiff_t)(y * g->stride_h) - g->pad_top;
    for (size_t ky = 0; ky < g->kernel_h; ky++, at += (ptrdiff_t)g->dilation_h) {
        bool inside = at >= 0 && (size_t)at < g->in_h;
        gather_row(s, inside ? in + (size_t)at * row_bytes : NULL, x, count, to);
        to += g->kernel_w * g->in_c * s->element;
    }
}

/* The windows of `count` pixels of the output, `pixel` and every step-th after it;
 * a step of 1, or of out_w: down a column. */
static void gather_windows(const ConvState *s, const uint8_t *in, size_t pixel, size_t step,
                           size_t count, uint8_t *to)
{
    const MnetGeometry2D *g = &s->g;
    for (size_t n; count; count -= n, pixel += n * step) {
        size_t x = pixel % g->out_w, y = pixel / g->out_w % g->out_h;
        size_t batch = pixel / g->out_w / g->out_h;
        n = step > 1 ? 1 : g->out_w - x < count ? g->out_w - x : count;
        gather_line(s, in + batch * g->in_h * g->in_w * g->in_c * s->element, y, x, n, to);
        to += n * s->patch_stride * s->element;
    }
}

/* What a call works on: channels n0 to n1 of pixels m0 to m1; `out` points at m0. */
typedef struct {
    const MnetStep *step;
    size_t m0, m1, n0, n1;
    const uint8_t *in;
    uint8_t *out, *scratch;
} Part;

static uint8_t *pixel_of(const Part *p, size_t m)
{
    const ConvState *s = p->step->state;
    const ConvPacked *packed = p->step->node->packed;
    return p->out + (m - p->m0) * packed->n * s->element;
}

/* By way of patches: `count` pixels, every step-th. */
static void compute_gathered(const Part *p, size_t pixel, size_t step, size_t count)
{
    const ConvState *s = p->step->state;
    const ConvPacked *packed = p->step->node->packed;
    const void **runs = (const void **)(void *)p->scratch;
    uint8_t *patches = p->scratch + s->patches;
    for (size_t r = 0; r < packed->runs; r++)
        runs[r] = patches + r * packed->run * s->element;
    for (size_t n; count; count -= n, pixel += n * step) {
        n = count < s->patch_rows ? count : s->patch_rows;
        gather_windows(s, p->in, pixel, step, n, patches);
        gemm(p->step, n, p->n0, p->n1, runs, s->patch_stride, pixel_of(p, pixel), step * packed->n);
    }
}

/* In place: `count` pixels of one row of the output. */
static void compute_inside(const Part *p, size_t pixel, size_t count)
{
    const ConvState *s = p->step->state;
    const ConvPacked *packed = p->step->node->packed;
    const MnetGeometry2D *g = &s->g;
    const void **runs = (const void **)(void *)p->scratch;
    const uint8_t *border = p->scratch + s->patches - s->border;
    size_t row_bytes = g->in_w * g->in_c * s->element, line = pixel / g->out_w;
    const uint8_t *in = p->in + line / g->out_h * g->in_h * row_bytes;
    ptrdiff_t y = (ptrdiff_t)(line % g->out_h * g->stride_h) - g->pad_top;
    size_t x = pixel % g->out_w * g->stride_w - (size_t)g->pad_left;
    size_t in_row = packed->runs / g->kernel_h;
    for (size_t r = 0; r < packed->runs; r++) {
        ptrdiff_t at = y + (ptrdiff_t)(r / in_row * g->dilation_h);
        bool inside = at >= 0 && (size_t)at < g->in_h;
        const uint8_t *row = inside ? in + (size_t)at * row_bytes : border;
        runs[r] = row + (x + r % in_row * g->dilation_w) * g->in_c * s->element;
    }
    gemm(p->step, count, p->n0, p->n1, runs, g->stride_w * g->in_c, pixel_of(p, pixel), packed->n);
}

/* Column x of all lines of the output that the part has of it. */
static void compute_column(const Part *p, size_t x)
{
    const ConvState *s = p->step->state;
    size_t w = s->g.out_w, first = p->m0 > x ? (p->m0 - x + w - 1) / w * w + x : x;
    if (first < p->m1)
        compute_gathered(p, first, w, (p->m1 - first + w - 1) / w);
}

static void compute_windows(const Part *p)
{
    const ConvState *s = p->step->state;
    size_t w = s->g.out_w;
    memset(p->scratch + s->patches - s->border, s->zero, s->border);
    for (size_t line = p->m0 / w * w; line < p->m1; line += w) {
        size_t from = line + s->inside_from, to = line + s->inside_to;
        from = from > p->m0 ? from : p->m0;
        to = to < p->m1 ? to : p->m1;
        if (from < to)
            compute_inside(p, from, to - from);
    }
    for (size_t x = 0; x < s->inside_from; x++)
        compute_column(p, x);
    for (size_t x = s->inside_to; x < w; x++)
        compute_column(p, x);
}

static void compute(const Part *p)
{
    const ConvState *s = p->step->state;
    const ConvPacked *packed = p->step->node->packed;
    if (s->in_place)
        gemm(p->step, p->m1 - p->m0, p->n0, p->n1,
             &(const void *){ p->in + p->m0 * packed->k * s->element }, packed->k, p->out,
             packed->n);
    else if (s->inside_from < s->inside_to)
        compute_windows(p);
    else
        compute_gathered(p, p->m0, 1, p->m1 - p->m0);
}

static void tile_size(const MnetStep *step, size_t *mr, size_t *nr)
{
    const MnetKernels *k = step->kernels;
    MnetType type = ((const ConvPacked *)step->node->packed)->type;
    *mr = type == MNET_TYPE_INT8      ? k->gemm_s8.mr
          : type == MNET_TYPE_FLOAT16 ? k->f16->gemm.mr
                                      : k->gemm_f32.mr;
    *nr = type == MNET_TYPE_INT8      ? k->gemm_s8.nr
          : type == MNET_TYPE_FLOAT16 ? k->f16->gemm.nr
                                      : k->gemm_f32.nr;
}

/* Few pixels to a tile read the weights too often: then channels are divided,
 * too. */
static void run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                void *scratch)
{
    const ConvState *s = step->state;
    const ConvPacked *packed = step->node->packed;
    uint8_t *out = tensors[step->node->outputs[0]];
    size_t mr, nr;
    tile_size(step, &mr, &nr);
    size_t most_m = (s->m + 4 * mr - 1) / (4 * mr), most_n = (packed->n + nr - 1) / nr;
    size_t tiles_m = tiles < most_m ? tiles : most_m, tiles_n = tiles / tiles_m;
    size_t m0, m1, n0, n1;
    tiles_n = tiles_n < most_n ? tiles_n : most_n;
    if (tile >= tiles_m * tiles_n)
        return;
    mnet_tile_range(s->m, tile / tiles_n, tiles_m, mr, &m0, &m1);
    mnet_tile_range(packed->n, tile % tiles_n, tiles_n, nr, &n0, &n1);
    compute(&(Part){ step, m0, m1, n0, n1, tensors[step->node->inputs[0]],
                     out + m0 * packed->n * s->element, scratch });
}

bool mnet_conv_is_pointwise(const MnetStep *step)
{
    return ((const ConvState *)step->state)->in_place;
}

void mnet_conv_pointwise(const MnetStep *step, size_t pixels, const void *in, void *out)
{
    const ConvPacked *packed = step->node->packed;
    gemm(step, pixels, 0, packed->n, &in, packed->k, out, packed->n);
}

void mnet_conv_pixels(const MnetStep *step, size_t first, size_t pixels, const void *in, void *out,
                      void *scratch)
{
    const ConvPacked *packed = step->node->packed;
    compute(&(Part){ step, first, first + pixels, 0, packed->n, in, out, scratch });
}

static MnetStatus conv_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                             MnetError *error)
{
    MnetStatus status = mnet_op_arity(node, 2, 3, error);
    if (status || (status = mnet_op_float_or_int8(graph, node, error)))
        return status;
    const MnetShape *in = &shapes[node->inputs[0]], *w = &shapes[node->inputs[1]];
    if (w->rank != 4)
        return mnet_op_malformed(error, node, "its weights have %d dimensions, 4 expected",
                                 w->rank);
    MnetGeometry2D g;
    if ((status = mnet_geometry_2d(node, in, w->dims[1], w->dims[2], &g, error)))
        return status;
    if (w->dims[3] != in->dims[3])
        return mnet_op_unsupported(
            error, node,
            "weights for %d channels on an input of %d (grouped convolution) are not supported",
            w->dims[3], in->dims[3]);
    MnetShape out = { 4, { in->dims[0], (int32_t)g.out_h, (int32_t)g.out_w, w->dims[0] } };
    return mnet_set_shape(graph, node, shapes, &out, error);
}

static MnetStatus conv_prepare(MnetGraph *graph, MnetNode *node, const MnetKernels *kernels,
                               MnetError *error)
{
    const MnetTensor *w = mnet_in(graph, node, 1);
    size_t channels = (size_t)w->dims[0];
    size_t pixel = (size_t)w->dims[3];
    /* Columns apart from each other are runs of their own. */
    size_t run = node->options.window.dilation_w == 1 ? (size_t)w->dims[2] * pixel : pixel;
    return pack(graph, node, channels, mnet_tensor_elements(w) / channels, run, kernels, error);
}

/* Fewer columns than that are not worth calls of their own. */
#define FEWEST_INSIDE 8

static void place_windows(ConvState *s)
{
    const MnetGeometry2D *g = &s->g;
    size_t reach = (g->kernel_w - 1) * g->dilation_w + 1, pad = (size_t)g->pad_left;
    size_t from = (pad + g->stride_w - 1) / g->stride_w;
    size_t to = g->in_w + pad >= reach ? (g->in_w + pad - reach) / g->stride_w + 1 : 0;
    to = to < g->out_w ? to : g->out_w;
    if (to < from + FEWEST_INSIDE)
        return;
    s->inside_from = from;
    s->inside_to = to;
    s->border = mnet_round_up(g->in_w * g->in_c * s->element + MNET_PADDING, MNET_ALIGN);
}

/* Pointers to runs, the border, patches with room for what copy_ahead() writes
 * behind a window. */
static MnetStatus plan_scratch(MnetStep *step, ConvState *s, MnetError *error)
{
    const ConvPacked *packed = step->node->packed;
    s->patch_stride = mnet_round_up(packed->k + 15 / s->element, MNET_ALIGN / s->element);
    size_t rows = PATCH_BYTES / (s->patch_stride * s->element), bytes;
    s->patch_rows = mnet_round_up(rows < 8 ? 8 : rows > 64 ? 64 : rows, 8);
    s->patches = mnet_round_up(packed->runs * sizeof(void *), MNET_ALIGN) + s->border;
    if (!mnet_mul_size(s->patch_rows, s->patch_stride * s->element, &bytes) ||
        !mnet_add_size(bytes, s->patches, &step->scratch))
        return mnet_error_memory(error, SIZE_MAX);
    return MNET_OK;
}

static MnetStatus conv_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    const MnetNode *node = step->node;
    const MnetShape *w = &step->shapes[node->inputs[1]];
    ConvState *state = NULL;
    MnetStatus status = plan(step, store, &state, error);
    if (status || (status = mnet_geometry_2d(node, &step->shapes[node->inputs[0]], w->dims[1],
                                             w->dims[2], &state->g, error)))
        return status;
    const MnetGeometry2D *g = &state->g;
    state->in_place = g->kernel_h == 1 && g->kernel_w == 1 && g->stride_h == 1 &&
                      g->stride_w == 1 && !g->pad_top && !g->pad_left && g->out_h == g->in_h &&
                      g->out_w == g->in_w;
    if (state->in_place)
        return MNET_OK;
    place_windows(state);
    return plan_scratch(step, state, error);
}

const MnetOpClass mnet_op_conv = { conv_infer, conv_prepare, conv_plan, run };

/* The input's dimensions but the last count as rows when their product fits;
 * TFLite only looks at the number of elements. */
static MnetStatus fc_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                           MnetError *error)
{
    MnetStatus status = mnet_op_arity(node, 2, 3, error);
    if (status || (status = mnet_op_float_or_int8(graph, node, error)))
        return status;
    const MnetShape *in = &shapes[node->inputs[0]], *w = &shapes[node->inputs[1]];
    if (w->rank != 2 || in->rank < 1)
        return mnet_op_malformed(error, node, "its weights have %d dimensions, 2 expected",
                                 w->rank);
    size_t elements = mnet_shape_elements(in), k = (size_t)w->dims[1];
    if (elements % k)
        return mnet_op_malformed(error, node, "an input of %zu values for weights of %zu", elements,
                                 k);
    MnetShape out = { 2, { (int32_t)(elements / k), w->dims[0] } };
    if (node->options.fully_connected.keep_dims) {
        out = *in;
        if ((size_t)in->dims[in->rank - 1] != k)
            return mnet_op_malformed(error, node,
                                     "keep_num_dims with %d values in a row, %zu expected",
                                     in->dims[in->rank - 1], k);
        out.dims[out.rank - 1] = w->dims[0];
    }
    return mnet_set_shape(graph, node, shapes, &out, error);
}

static MnetStatus fc_prepare(MnetGraph *graph, MnetNode *node, const MnetKernels *kernels,
                             MnetError *error)
{
    const MnetTensor *w = mnet_in(graph, node, 1);
    size_t taps = (size_t)w->dims[1];
    return pack(graph, node, (size_t)w->dims[0], taps, taps, kernels, error);
}

static MnetStatus fc_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    ConvState *state = NULL;
    MnetStatus status = plan(step, store, &state, error);
    if (!status)
        state->in_place = true;
    return status;
}

const MnetOpClass mnet_op_fully_connected = { fc_infer, fc_prepare, fc_plan, run };
