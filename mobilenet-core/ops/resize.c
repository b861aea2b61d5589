/* SPDX-License-Identifier: MIT
 *
 * RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR.  Bytes follow the reference's own
 * arithmetic: int8 in fixed point of 10 bits, uint8 in float. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "ops/classes.h"
#include "ops/resize.h"

MnetStatus mnet_resize_shape(const MnetGraph *graph, const MnetNode *node, const MnetShape *shapes,
                             MnetShape *out, MnetError *error)
{
    int32_t size[2], n;
    const MnetShape *in = &shapes[node->inputs[0]];
    if (in->rank != 4)
        return mnet_op_malformed(error, node, "its input has %d dimensions, 4 expected", in->rank);
    if (!mnet_tensor_ints(mnet_in(graph, node, 1), size, 2, &n) || n != 2)
        return mnet_op_unsupported(error, node, "its size is no constant of 2 integers");
    if (node->op != MNET_OP_RESIZE_NEAREST_NEIGHBOR && node->options.resize.align_corners &&
        node->options.resize.half_pixel_centers)
        return mnet_op_malformed(error, node, "align_corners and half_pixel_centers together");
    for (int32_t i = 0; i < 2; i++)
        if (size[i] < 1 || size[i] > MNET_MAX_DIM)
            return mnet_op_malformed(error, node, "dimension %d of its output would be %d", i + 1,
                                     size[i]);
    *out = (MnetShape){ 4, { in->dims[0], size[0], size[1], in->dims[3] } };
    return MNET_OK;
}

static MnetStatus resize_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                               MnetError *error)
{
    MnetShape out;
    MnetStatus status = mnet_op_arity(node, 2, 2, error);
    if (status || (status = mnet_op_float_or_int8(graph, node, error)) ||
        (status = mnet_op_same_type(graph, node, 0, error)) ||
        (status = mnet_resize_shape(graph, node, shapes, &out, error)))
        return status;
    return mnet_set_shape(graph, node, shapes, &out, error);
}

static int32_t limit(int64_t index, size_t in)
{
    int64_t last = (int64_t)in - 1;
    return (int32_t)(index < 0 ? 0 : index > last ? last : index);
}

static void nearest_axis(const MnetNode *node, MnetResizeAxis *a)
{
    bool align = node->options.resize.align_corners;
    float scale = align && a->out > 1 ? (float)(a->in - 1) / (float)(a->out - 1)
                                      : (float)a->in / (float)a->out;
    float offset = node->options.resize.half_pixel_centers ? 0.5f : 0.0f;
    for (size_t i = 0; i < a->out; i++) {
        float at = ((float)i + offset) * scale;
        a->low[i] = limit((int64_t)(align ? roundf(at) : floorf(at)), a->in);
    }
}

static void bilinear_axis_f32(const MnetNode *node, MnetResizeAxis *a)
{
    bool align = node->options.resize.align_corners, half = node->options.resize.half_pixel_centers;
    float scale = align && a->out > 1 ? (float)(a->in - 1) / (float)(a->out - 1)
                                      : (float)a->in / (float)a->out;
    for (size_t i = 0; i < a->out; i++) {
        float scaled = ((float)i + (half ? 0.5f : 0.0f)) * scale;
        float at = half ? scaled - 0.5f : scaled;
        a->low[i] = limit((int64_t)floorf(at), a->in);
        a->high[i] = limit((int64_t)ceilf(at), a->in);
        a->fraction[i] = at - (float)a->low[i];
    }
}

static void bilinear_axis_s8(const MnetNode *node, MnetResizeAxis *a)
{
    bool align = node->options.resize.align_corners && a->out > 1;
    int64_t in = (int64_t)a->in - align, out = (int64_t)a->out - align;
    int64_t scale = (1024 * in + out / 2) / out;
    int64_t offset = node->options.resize.half_pixel_centers ? scale / 2 - 512 : 0;
    for (size_t i = 0; i < a->out; i++) {
        int64_t at = (int64_t)i * scale + offset;
        a->low[i] = limit(at / 1024, a->in);
        a->high[i] = limit((at + 1023) / 1024, a->in);
        /* A rounded scale may lead past the last index. */
        bool inside = at / 1024 == a->low[i] || at < 0;
        a->part[i] = inside ? (int32_t)(at - 1024 * (int64_t)a->low[i]) : 0;
    }
}

static MnetStatus make_axis(const MnetStep *step, int32_t in, int32_t out, bool nearest,
                            MnetResizeAxis *a, MnetStore *store, MnetError *error)
{
    const MnetNode *node = step->node;
    const MnetTensor *tensor = mnet_in(step->graph, node, 0);
    a->in = (size_t)in;
    a->out = (size_t)out;
    a->low = mnet_store_calloc(store, a->out, sizeof *a->low);
    a->high = mnet_store_calloc(store, a->out, sizeof *a->high);
    a->part = mnet_store_calloc(store, a->out, sizeof *a->part);
    a->fraction = mnet_store_calloc(store, a->out, sizeof *a->fraction);
    if (!a->low || !a->high || !a->part || !a->fraction)
        return mnet_error_memory(error, 4 * a->out * sizeof *a->low);
    if (nearest)
        nearest_axis(node, a);
    else if (tensor->type == MNET_TYPE_INT8 && !tensor->was_uint8)
        bilinear_axis_s8(node, a);
    else
        bilinear_axis_f32(node, a);
    return MNET_OK;
}

MnetStatus mnet_resize_plan(const MnetStep *step, const MnetShape *out, bool nearest,
                            MnetResize *resize, MnetStore *store, MnetError *error)
{
    const MnetShape *in = &step->shapes[step->node->inputs[0]];
    resize->batch = (size_t)out->dims[0];
    resize->channels = (size_t)out->dims[3];
    MnetStatus status =
        make_axis(step, in->dims[1], out->dims[1], nearest, &resize->y, store, error);
    return status ? status
                  : make_axis(step, in->dims[2], out->dims[2], nearest, &resize->x, store, error);
}

static MnetStatus resize_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    const MnetShape *out = &step->shapes[step->node->outputs[0]];
    bool bilinear = step->node->op == MNET_OP_RESIZE_BILINEAR;
    MnetResize *s = mnet_store_alloc(store, sizeof *s);
    if (!s)
        return mnet_error_memory(error, sizeof *s);
    MnetStatus status = mnet_resize_plan(step, out, !bilinear, s, store, error);
    if (status)
        return status;
    step->tiles = mnet_tile_count((uint64_t)mnet_shape_elements(out) * (bilinear ? 4 : 1),
                                  s->batch * s->y.out);
    if (bilinear && !mnet_in(step->graph, step->node, 0)->was_uint8)
        step->scratch = s->x.in * s->channels * sizeof(float);
    step->state = s;
    return MNET_OK;
}

static void nearest_row(const MnetResize *s, size_t pixel, const uint8_t *in, uint8_t *out)
{
    for (size_t x = 0; x < s->x.out; x++)
        memcpy(out + x * pixel, in + (size_t)s->x.low[x] * pixel, pixel);
}

/* Between two rows first, then between the pixels of that. */
static void bilinear_row_f32(const MnetStep *step, size_t y, const float *low, const float *high,
                             float *row, float *out)
{
    const MnetResize *s = step->state;
    MnetStretchF32 stretch = { s->channels, s->x.low, s->x.high, s->x.fraction };
    step->kernels->blend_f32(s->x.in * s->channels, low, high, s->y.fraction[y], row);
    step->kernels->stretch_f32(&stretch, s->x.out, row, out);
}

/* The reference's sum of four products in another order: integers, so equal. */
static void bilinear_row_s8(const MnetResize *s, int32_t part, const int8_t *low,
                            const int8_t *high, int32_t *row, int8_t *out)
{
    size_t n = s->channels;
    for (size_t i = 0; i < s->x.in * n; i++)
        row[i] = low[i] * (1024 - part) + high[i] * part;
    for (size_t x = 0; x < s->x.out; x++) {
        const int32_t *a = row + (size_t)s->x.low[x] * n, *b = row + (size_t)s->x.high[x] * n;
        int32_t p = s->x.part[x];
        for (size_t c = 0; c < n; c++) {
            int32_t sum = a[c] * (1024 - p) + b[c] * p;
            out[x * n + c] = (int8_t)((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
        }
    }
}

/* uint8 that is stored less 128: products and sums in the reference's order. */
static void bilinear_row_u8(const MnetResize *s, float fy, const int8_t *low, const int8_t *high,
                            int8_t *out)
{
    size_t n = s->channels;
    for (size_t x = 0; x < s->x.out; x++) {
        size_t left = (size_t)s->x.low[x] * n, right = (size_t)s->x.high[x] * n;
        float fx = s->x.fraction[x], gx = 1 - fx, gy = 1 - fy;
        for (size_t c = 0; c < n; c++) {
            float top_left = (float)(low[left + c] + 128) * gy * gx;
            float bottom_left = (float)(high[left + c] + 128) * fy * gx;
            float top_right = (float)(low[right + c] + 128) * gy * fx;
            float bottom_right = (float)(high[right + c] + 128) * fy * fx;
            float sum = top_left + bottom_left + top_right + bottom_right + 0.5f;
            out[x * n + c] = (int8_t)((int32_t)sum - 128);
        }
    }
}

static void resize_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                       void *scratch)
{
    const MnetResize *s = step->state;
    const MnetTensor *tensor = mnet_in(step->graph, step->node, 0);
    size_t element = mnet_type_size(tensor->type), pixel = s->channels * element, begin, end;
    size_t in_row = s->x.in * pixel, out_row = s->x.out * pixel;
    mnet_tile_range(s->batch * s->y.out, tile, tiles, 1, &begin, &end);
    for (size_t i = begin; i < end; i++) {
        size_t y = i % s->y.out;
        const uint8_t *in =
            (const uint8_t *)tensors[step->node->inputs[0]] + i / s->y.out * s->y.in * in_row;
        const void *low = in + (size_t)s->y.low[y] * in_row;
        const void *high = in + (size_t)s->y.high[y] * in_row;
        void *out = (uint8_t *)tensors[step->node->outputs[0]] + i * out_row;
        if (step->node->op == MNET_OP_RESIZE_NEAREST_NEIGHBOR)
            nearest_row(s, pixel, low, out);
        else if (element == sizeof(float))
            bilinear_row_f32(step, y, low, high, scratch, out);
        else if (tensor->was_uint8)
            bilinear_row_u8(s, s->y.fraction[y], low, high, out);
        else
            bilinear_row_s8(s, s->y.part[y], low, high, scratch, out);
    }
}

const MnetOpClass mnet_op_resize = { resize_infer, NULL, resize_plan, resize_run };
