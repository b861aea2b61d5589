/* SPDX-License-Identifier: MIT
 *
 * AVERAGE_POOL_2D, MAX_POOL_2D and MEAN. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "kernels/half.h"
#include "ops/classes.h"
#include "ops/quant.h"
#include "ops/window.h"

/* Bytes that can be summed in an int32, whatever they are. */
#define MAX_SUMMANDS ((size_t)INT32_MAX / 256)

enum {
    CHANNELS = 64, /* what a tile of one window takes at least */
    AT_ONCE = 256  /* sums: fewer channels are summed in groups of pixels */
};

typedef struct {
    MnetGeometry2D g;
    MnetType type; /* INT8, FLOAT32, FLOAT16 */
    bool is_max;
    bool is_one;   /* one window: tiles divide its channels */
    int32_t shift; /* 128 where the file's numbers are uint8: they round as such */
    int32_t min_s8, max_s8;
    float min, max;
} PoolState;

/* A window that covers the map follows its size. */
static MnetStatus pool_geometry(const MnetNode *node, const MnetShape *in, MnetGeometry2D *geometry,
                                MnetError *error)
{
    const MnetWindow *w = &node->options.window;
    bool whole = w->covers_map && in->rank == 4;
    return mnet_geometry_2d(node, in, whole ? in->dims[1] : w->filter_h,
                            whole ? in->dims[2] : w->filter_w, geometry, error);
}

void mnet_pools_mark(MnetGraph *graph, const MnetShape *shapes)
{
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        MnetNode *node = &graph->nodes[i];
        MnetWindow *w = &node->options.window;
        if (node->op != MNET_OP_AVERAGE_POOL_2D && node->op != MNET_OP_MAX_POOL_2D)
            continue;
        const MnetShape *in = &shapes[node->inputs[0]], *out = &shapes[node->outputs[0]];
        w->covers_map = w->padding == MNET_PADDING_VALID && w->filter_h == in->dims[1] &&
                        w->filter_w == in->dims[2] && out->dims[1] == 1 && out->dims[2] == 1;
    }
}

static MnetStatus pool_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                             MnetError *error)
{
    MnetStatus status = mnet_op_arity(node, 1, 1, error);
    if (status || (status = mnet_op_float_or_int8(graph, node, error)))
        return status;
    const MnetTensor *in = mnet_in(graph, node, 0), *out = mnet_out(graph, node);
    if (in->type == MNET_TYPE_INT8 && !mnet_same_quant(in, out))
        return mnet_op_unsupported(error, node,
                                   "scale or zero point differ between its input and output");
    MnetGeometry2D g;
    if ((status = pool_geometry(node, &shapes[node->inputs[0]], &g, error)))
        return status;
    size_t window =
        (g.kernel_h < g.in_h ? g.kernel_h : g.in_h) * (g.kernel_w < g.in_w ? g.kernel_w : g.in_w);
    if (in->type == MNET_TYPE_INT8 && window > MAX_SUMMANDS)
        return mnet_op_unsupported(error, node, "the sum of %zu values may pass 2^31", window);
    MnetShape shape = { 4,
                        { (int32_t)g.batch, (int32_t)g.out_h, (int32_t)g.out_w, (int32_t)g.in_c } };
    return mnet_set_shape(graph, node, shapes, &shape, error);
}

/* A kernel's call for one pixel of a window costs as much as so many channels. */
#define FEWEST_CHANNELS 32

/* Below 2^31 results of below 2^31 values each are below 2^62 in all. */
static uint64_t additions_of(uint64_t calls, size_t channels)
{
    uint64_t additions;
    channels = channels < FEWEST_CHANNELS ? FEWEST_CHANNELS : channels;
    return __builtin_mul_overflow(calls, (uint64_t)channels, &additions) ? UINT64_MAX : additions;
}

static uint64_t count_additions(const MnetGeometry2D *g)
{
    size_t h = g->kernel_h < g->in_h ? g->kernel_h : g->in_h;
    size_t w = g->kernel_w < g->in_w ? g->kernel_w : g->in_w;
    return additions_of((uint64_t)g->batch * g->out_h * g->out_w * h * w, g->in_c);
}

static MnetStatus pool_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    const MnetNode *node = step->node;
    const MnetTensor *in = mnet_in(step->graph, node, 0), *out = mnet_out(step->graph, node);
    PoolState *s = mnet_store_alloc(store, sizeof *s);
    if (!s)
        return mnet_error_memory(error, sizeof *s);
    MnetStatus status = pool_geometry(node, &step->shapes[node->inputs[0]], &s->g, error);
    if (status)
        return status;
    s->type = in->type;
    s->is_max = node->op == MNET_OP_MAX_POOL_2D;
    s->shift = in->was_uint8 ? 128 : 0;
    mnet_activation_range_f32(node->activation, &s->min, &s->max);
    if (s->type == MNET_TYPE_INT8)
        mnet_activation_range_s8(node->activation, out, &s->min_s8, &s->max_s8);
    size_t pixels = s->g.batch * s->g.out_h * s->g.out_w;
    step->state = s;
    step->additions = count_additions(&s->g);
    s->is_one = pixels == 1;
    step->scratch = (s->g.in_c + AT_ONCE) * sizeof(int32_t);
    /* Eight additions to sums in memory take as long as some 60 multiply-adds. */
    step->tiles = mnet_tile_count(step->additions * 8,
                                  s->is_one ? (s->g.in_c + CHANNELS - 1) / CHANNELS : pixels);
    return MNET_OK;
}

/* The part of one dimension of a window that lies inside: [*from, *to). */
static void clip_window(size_t out, size_t stride, ptrdiff_t pad, size_t kernel, size_t in,
                        size_t *from, size_t *to)
{
    ptrdiff_t begin = (ptrdiff_t)(out * stride) - pad, end = begin + (ptrdiff_t)kernel;
    *from = begin < 0 ? 0 : (size_t)begin;
    *to = end > (ptrdiff_t)in ? in : end < 0 ? 0 : (size_t)end;
}

static void average_s8(const PoolState *s, size_t count, size_t channels, const int32_t *acc,
                       int8_t *out)
{
    int32_t n = (int32_t)count, half = n / 2;
    for (size_t c = 0; c < channels; c++) {
        int32_t sum = acc[c] + s->shift * n;
        int32_t v = (sum > 0 ? sum + half : sum - half) / n - s->shift;
        v = v < s->min_s8 ? s->min_s8 : v;
        out[c] = (int8_t)(v > s->max_s8 ? s->max_s8 : v);
    }
}

static void average_f32(const PoolState *s, size_t count, size_t channels, const float *acc,
                        float *out)
{
    for (size_t c = 0; c < channels; c++) {
        float v = acc[c] / (float)count;
        v = v < s->min ? s->min : v;
        out[c] = v > s->max ? s->max : v;
    }
}

/* `acc` is used up. */
static void average_f16(const MnetStep *step, const PoolState *s, size_t count, size_t channels,
                        float *acc, MnetHalf *out)
{
    average_f32(s, count, channels, acc, acc);
    step->kernels->f16->narrow(channels, acc, out);
}

static void clamp_maximum(const PoolState *s, size_t channels, void *out)
{
    int8_t *bytes = out;
    float *floats = out;
    MnetHalf *halves = out;
    for (size_t c = 0; c < channels; c++) {
        if (s->type == MNET_TYPE_FLOAT16)
            halves[c] =
                mnet_half_from_float(fminf(fmaxf(mnet_half_to_float(halves[c]), s->min), s->max));
        else if (s->type == MNET_TYPE_FLOAT32)
            floats[c] = fminf(fmaxf(floats[c], s->min), s->max);
        else
            bytes[c] = (int8_t)(bytes[c] < s->min_s8   ? s->min_s8
                                : bytes[c] > s->max_s8 ? s->max_s8
                                                       : bytes[c]);
    }
}

/* A window of an output: [x0, x1) x [y0, y1), channels c0 to c1. */
typedef struct {
    size_t x0, x1, y0, y1, c0, c1;
} Window;

/* One call for each pixel is too many for few channels: where rows follow each
 * other without a gap, groups of pixels are summed first. */
static void sum_groups(const MnetStep *step, const PoolState *s, const Window *w, const int8_t *in,
                       int32_t *acc)
{
    size_t channels = s->g.in_c, group = AT_ONCE / channels * channels;
    size_t left = (w->y1 - w->y0) * s->g.in_w * channels;
    in += w->y0 * s->g.in_w * channels;
    memset(acc, 0, group * sizeof *acc);
    for (size_t n; left; left -= n, in += n) {
        n = left < group ? left : group;
        step->kernels->accumulate_s8(n, in, acc);
    }
    for (size_t i = channels; i < group; i++)
        acc[i % channels] += acc[i];
}

/* int32 sums of bytes, else floats. */
static void accumulate(const MnetKernels *kernels, MnetType type, size_t n, const void *in,
                       void *acc)
{
    if (type == MNET_TYPE_INT8)
        kernels->accumulate_s8(n, in, acc);
    else if (type == MNET_TYPE_FLOAT16)
        kernels->f16->accumulate(n, in, acc);
    else
        kernels->accumulate_f32(n, in, acc);
}

static void sum_pixels(const MnetStep *step, const PoolState *s, const Window *w, const uint8_t *in,
                       void *acc)
{
    size_t channels = w->c1 - w->c0, element = mnet_type_size(s->type);
    memset(acc, 0, channels * sizeof(int32_t));
    for (size_t y = w->y0; y < w->y1; y++)
        for (size_t x = w->x0; x < w->x1; x++) {
            const void *at = in + ((y * s->g.in_w + x) * s->g.in_c + w->c0) * element;
            accumulate(step->kernels, s->type, channels, at, acc);
        }
}

static void average(const MnetStep *step, const PoolState *s, const Window *w, const uint8_t *in,
                    void *out, void *acc)
{
    size_t channels = w->c1 - w->c0, count = (w->x1 - w->x0) * (w->y1 - w->y0);
    if (s->type == MNET_TYPE_INT8 && w->x1 - w->x0 == s->g.in_w && channels == s->g.in_c &&
        2 * channels <= AT_ONCE)
        sum_groups(step, s, w, (const int8_t *)in, acc);
    else
        sum_pixels(step, s, w, in, acc);
    if (s->type == MNET_TYPE_FLOAT16)
        average_f16(step, s, count, channels, acc, out);
    else if (s->type == MNET_TYPE_FLOAT32)
        average_f32(s, count, channels, acc, out);
    else
        average_s8(s, count, channels, acc, out);
}

static void maximum(const MnetStep *step, const PoolState *s, const Window *w, const uint8_t *in,
                    void *out)
{
    size_t channels = w->c1 - w->c0, element = mnet_type_size(s->type);
    bool first = true;
    for (size_t y = w->y0; y < w->y1; y++)
        for (size_t x = w->x0; x < w->x1; x++, first = false) {
            const void *at = in + ((y * s->g.in_w + x) * s->g.in_c + w->c0) * element;
            if (first)
                memcpy(out, at, channels * element);
            else if (s->type == MNET_TYPE_FLOAT16)
                step->kernels->f16->max(channels, at, out);
            else if (s->type == MNET_TYPE_FLOAT32)
                step->kernels->max_f32(channels, at, out);
            else
                step->kernels->max_s8(channels, at, out);
        }
    clamp_maximum(s, channels, out);
}

static void pool_pixel(const MnetStep *step, const PoolState *s, size_t pixel, Window w,
                       void *const *tensors, void *acc)
{
    const MnetGeometry2D *g = &s->g;
    size_t element = mnet_type_size(s->type);
    const uint8_t *in = tensors[step->node->inputs[0]];
    uint8_t *out = tensors[step->node->outputs[0]];
    clip_window(pixel % g->out_w, g->stride_w, g->pad_left, g->kernel_w, g->in_w, &w.x0, &w.x1);
    clip_window(pixel / g->out_w % g->out_h, g->stride_h, g->pad_top, g->kernel_h, g->in_h, &w.y0,
                &w.y1);
    in += pixel / g->out_w / g->out_h * g->in_h * g->in_w * g->in_c * element;
    out += (pixel * g->in_c + w.c0) * element;
    if (s->is_max)
        maximum(step, s, &w, in, out);
    else
        average(step, s, &w, in, out, acc);
}

static void pool_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                     void *scratch)
{
    const PoolState *s = step->state;
    Window w = { .c1 = s->g.in_c };
    size_t begin = 0, end = 1;
    if (s->is_one)
        mnet_tile_range(s->g.in_c, tile, tiles, CHANNELS, &w.c0, &w.c1);
    else
        mnet_tile_range(s->g.batch * s->g.out_h * s->g.out_w, tile, tiles, 1, &begin, &end);
    for (size_t p = begin; p < end; p++)
        pool_pixel(step, s, p, w, tensors, scratch);
}

const MnetOpClass mnet_op_average_pool = { pool_infer, NULL, pool_plan, pool_run };
const MnetOpClass mnet_op_max_pool = { pool_infer, NULL, pool_plan, pool_run };

/* Channels that vector instructions are kept busy by. */
#define WIDE 256

/* MEAN: the input seen as outer x reduced x inner, where the reduced dimensions
 * stand together. */
typedef struct {
    size_t outer, reduced, inner;
    size_t together; /* of reduced: their sums are made side by side, then one of them */
    MnetType type;   /* INT8, FLOAT32, FLOAT16 */
    int32_t in_zero, out_zero;
    MnetFixed factor; /* of the sum: scales and 1 / reduced */
} MeanState;

static MnetStatus mean_axes(const MnetGraph *graph, const MnetNode *node, const MnetShape *in,
                            bool *reduced, MnetError *error)
{
    int32_t axes[MNET_MAX_RANK], n;
    const MnetTensor *tensor = mnet_in(graph, node, 1);
    if (!mnet_tensor_ints(tensor, axes, MNET_MAX_RANK, &n))
        return mnet_op_unsupported(error, node, "its axes are no constant of at most %d integers",
                                   MNET_MAX_RANK);
    memset(reduced, 0, MNET_MAX_RANK * sizeof *reduced);
    for (int32_t i = 0; i < n; i++) {
        int32_t axis = axes[i] < 0 ? axes[i] + in->rank : axes[i];
        if (axis < 0 || axis >= in->rank)
            return mnet_op_malformed(error, node, "axis %d of an input of %d dimensions", axes[i],
                                     in->rank);
        reduced[axis] = true;
    }
    return MNET_OK;
}

static MnetStatus mean_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                             MnetError *error)
{
    MnetStatus status = mnet_op_arity(node, 2, 2, error);
    if (status || (status = mnet_op_float_or_int8(graph, node, error)))
        return status;
    const MnetShape *in = &shapes[node->inputs[0]];
    bool reduced[MNET_MAX_RANK];
    if ((status = mean_axes(graph, node, in, reduced, error)))
        return status;
    MnetShape out = { 0, { 0 } };
    int32_t changes = 0;
    for (int32_t i = 0; i < in->rank; i++) {
        if (!reduced[i] || node->options.keep_dims)
            out.dims[out.rank++] = reduced[i] ? 1 : in->dims[i];
        changes += i > 0 && reduced[i] != reduced[i - 1];
    }
    if (changes > 2 || (changes == 2 && reduced[0]))
        return mnet_op_unsupported(error, node,
                                   "the dimensions it takes the mean of do not stand together");
    return mnet_set_shape(graph, node, shapes, &out, error);
}

/* TFLite folds the division by n into the multiplier of the scales. */
static MnetFixed mean_factor(float in_scale, float out_scale, size_t n)
{
    MnetFixed factor = mnet_fixed((double)in_scale / (double)out_scale);
    int32_t shift = 63 - __builtin_clzll(n);
    shift = shift > 32 ? 32 : shift;
    shift = shift > 31 + factor.shift ? 31 + factor.shift : shift;
    factor.multiplier = (int32_t)(((int64_t)factor.multiplier << shift) / (int64_t)n);
    factor.shift -= shift;
    return factor;
}

static MnetStatus mean_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    const MnetNode *node = step->node;
    const MnetTensor *in = mnet_in(step->graph, node, 0), *out = mnet_out(step->graph, node);
    const MnetShape *shape = &step->shapes[node->inputs[0]];
    bool reduced[MNET_MAX_RANK];
    MnetStatus status = mean_axes(step->graph, node, shape, reduced, error);
    if (status)
        return status;
    MeanState *s = mnet_store_alloc(store, sizeof *s);
    if (!s)
        return mnet_error_memory(error, sizeof *s);
    s->outer = s->reduced = s->inner = 1;
    for (int32_t i = 0, seen = 0; i < shape->rank; i++) {
        seen |= reduced[i];
        *(reduced[i] ? &s->reduced : seen ? &s->inner : &s->outer) *= (size_t)shape->dims[i];
    }
    s->type = in->type;
    if (s->type == MNET_TYPE_INT8) {
        if (s->reduced > MAX_SUMMANDS)
            return mnet_op_unsupported(error, node, "the sum of %zu values may pass 2^31",
                                       s->reduced);
        s->in_zero = in->quant.zero_point[0];
        s->out_zero = out->quant.zero_point[0];
        s->factor = mean_factor(in->quant.scale[0], out->quant.scale[0], s->reduced);
    }
    s->together = s->type != MNET_TYPE_INT8 || s->inner >= WIDE ? 1 : WIDE / s->inner;
    if (!mnet_mul_size(s->inner * s->together, sizeof(int32_t), &step->scratch))
        return mnet_error_memory(error, SIZE_MAX);
    step->additions = additions_of((uint64_t)s->outer * s->reduced, s->inner);
    step->tiles = mnet_tile_count((uint64_t)s->outer * s->reduced * s->inner, s->outer);
    step->state = s;
    return MNET_OK;
}

/* Sums of integers are the same in any order: rows of few channels are taken several at
 * a time, as one. */
static void sum_bytes(const MnetStep *step, const MeanState *s, const int8_t *in, int32_t *acc)
{
    size_t row = s->inner * s->together, rows = s->reduced / s->together;
    memset(acc, 0, row * sizeof *acc);
    for (size_t r = 0; r < rows; r++)
        step->kernels->accumulate_s8(row, in + r * row, acc);
    step->kernels->accumulate_s8((s->reduced - rows * s->together) * s->inner, in + rows * row,
                                 acc);
    for (size_t i = s->inner; i < row; i++)
        acc[i % s->inner] += acc[i];
}

static void mean_of_bytes(const MnetStep *step, const MeanState *s, const int8_t *in, int8_t *out,
                          int32_t *acc)
{
    sum_bytes(step, s, in, acc);
    for (size_t i = 0; i < s->inner; i++) {
        int32_t sum = acc[i] - s->in_zero * (int32_t)s->reduced;
        int64_t v = (int64_t)mnet_fixed_multiply(sum, s->factor) + s->out_zero;
        out[i] = (int8_t)(v < -128 ? -128 : v > 127 ? 127 : v);
    }
}

static void mean_row(const MnetStep *step, const MeanState *s, size_t row, const uint8_t *in,
                     uint8_t *out, void *acc)
{
    size_t element = mnet_type_size(s->type), bytes = s->inner * element;
    float *sums = acc;
    in += row * s->reduced * bytes;
    out += row * bytes;
    if (s->type == MNET_TYPE_INT8) {
        mean_of_bytes(step, s, (const int8_t *)in, (int8_t *)out, acc);
        return;
    }
    memset(acc, 0, s->inner * sizeof *sums);
    for (size_t r = 0; r < s->reduced; r++)
        accumulate(step->kernels, s->type, s->inner, in + r * bytes, acc);
    for (size_t i = 0; i < s->inner; i++)
        sums[i] = sums[i] / (float)s->reduced;
    if (s->type == MNET_TYPE_FLOAT16)
        step->kernels->f16->narrow(s->inner, sums, (MnetHalf *)(void *)out);
    else
        memcpy(out, sums, bytes);
}

static void mean_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                     void *scratch)
{
    const MeanState *s = step->state;
    size_t begin, end;
    mnet_tile_range(s->outer, tile, tiles, 1, &begin, &end);
    for (size_t row = begin; row < end; row++)
        mean_row(step, s, row, tensors[step->node->inputs[0]], tensors[step->node->outputs[0]],
                 scratch);
}

const MnetOpClass mnet_op_mean = { mean_infer, NULL, mean_plan, mean_run };
