/* SPDX-License-Identifier: MIT
 *
 * TRANSPOSE_CONV and Convolution2DTransposeBias against their definition: each pixel
 * of the input times the kernel is added to the result where its window lies.
 * Integers bit for bit. */
#include <math.h>
#include <string.h>

#include "ops_case.h"

#define ROUNDS 150
#define MAX_ELEMENTS 8192
#define MAX_CHANNELS 24

typedef struct {
    int type;
    bool channels, bias, custom, same;
    int activation;
    int32_t batch, in_h, in_w, in_c, out_h, out_w, out_c, kernel_h, kernel_w, stride_h, stride_w;
    float in_scale, out_scale, w_scale[MAX_CHANNELS], bias_real[MAX_CHANNELS];
    int32_t in_zero, out_zero, w_zero, bias_int[MAX_CHANNELS];
    uint8_t in[MAX_ELEMENTS * 4], w[MAX_ELEMENTS * 4];
} Layer;

/* A size of the result that `in` comes from by the forward convolution. */
static int32_t draw_size(const Layer *l, int32_t in, int32_t kernel, int32_t stride)
{
    if (l->custom)
        return l->same ? in * stride : (in - 1) * stride + (kernel > stride ? kernel : stride);
    if (l->same)
        return ops_draw((in - 1) * stride + 1, in * stride);
    return ops_draw((in - 1) * stride + kernel, in * stride + kernel - 1);
}

static void draw_layer(Layer *l, int type)
{
    memset(l, 0, sizeof *l);
    l->type = type;
    l->channels = type == TFL_TYPE_INT8 && ops_draw(0, 1);
    l->bias = ops_draw(0, 1);
    l->custom = ops_draw(0, 3) == 0;
    l->same = ops_draw(0, 1);
    l->activation = l->custom ? 0 : ops_draw(TFL_ACTIVATION_NONE, TFL_ACTIVATION_RELU6);
    l->batch = ops_draw(1, 2);
    l->in_h = ops_draw(1, 5);
    l->in_w = ops_draw(1, 7);
    l->in_c = ops_draw(1, 9);
    l->out_c = ops_draw(1, 5);
    l->kernel_h = ops_draw(1, 5);
    l->kernel_w = ops_draw(1, 5);
    l->stride_h = ops_draw(1, 4);
    l->stride_w = ops_draw(1, 4);
    l->out_h = draw_size(l, l->in_h, l->kernel_h, l->stride_h);
    l->out_w = draw_size(l, l->in_w, l->kernel_w, l->stride_w);
    int32_t middle = type == TFL_TYPE_UINT8 ? 128 : 0;
    l->in_zero = middle + ops_draw(-128, 127);
    l->out_zero = middle + ops_draw(-128, 127);
    l->w_zero = type == TFL_TYPE_UINT8 ? ops_draw(0, 255) : 0;
    l->in_scale = ops_draw_scale();
    l->out_scale = ops_draw_scale() * 5;
    for (int32_t c = 0; c < l->out_c; c++) {
        l->w_scale[c] = c && !l->channels ? l->w_scale[0] : ops_draw_scale() / 10;
        l->bias_int[c] = ops_draw(-20000, 20000);
        l->bias_real[c] = (float)ops_draw(-3000, 3000) / 1000;
    }
    ops_fill(type, (size_t)(l->batch * l->in_h * l->in_w * l->in_c), l->in);
    ops_fill(type, (size_t)(l->out_c * l->kernel_h * l->kernel_w * l->in_c), l->w);
}

static int32_t padding(const Layer *l, int32_t in, int32_t out, int32_t kernel, int32_t stride)
{
    int32_t total = l->same ? (in - 1) * stride + kernel - out : 0;
    return total > 0 ? total / 2 : 0;
}

/* Pixel (y, x) of the input times the kernel. */
static void scatter(const Layer *l, int32_t b, int32_t y, int32_t x, double *sums)
{
    int32_t top = y * l->stride_h - padding(l, l->in_h, l->out_h, l->kernel_h, l->stride_h);
    int32_t left = x * l->stride_w - padding(l, l->in_w, l->out_w, l->kernel_w, l->stride_w);
    bool floats = l->type == TFL_TYPE_FLOAT32;
    for (int32_t c = 0; c < l->out_c; c++)
        for (int32_t ky = 0; ky < l->kernel_h; ky++)
            for (int32_t kx = 0; kx < l->kernel_w; kx++)
                for (int32_t i = 0; i < l->in_c; i++) {
                    int32_t oy = top + ky, ox = left + kx;
                    size_t from = (size_t)(((b * l->in_h + y) * l->in_w + x) * l->in_c + i);
                    size_t w = (size_t)(((c * l->kernel_h + ky) * l->kernel_w + kx) * l->in_c + i);
                    if (oy < 0 || oy >= l->out_h || ox < 0 || ox >= l->out_w)
                        continue;
                    sums[((b * l->out_h + oy) * l->out_w + ox) * l->out_c + c] +=
                        (ops_stored(l->type, l->in, from) - (floats ? 0 : l->in_zero)) *
                        (ops_stored(l->type, l->w, w) - (floats ? 0 : l->w_zero));
                }
}

static double finish(const Layer *l, double sum, int32_t c)
{
    if (l->type == TFL_TYPE_FLOAT32) {
        sum += l->bias ? (double)l->bias_real[c] : 0;
        return ops_clamp(l->type, l->activation, sum, 0, 0);
    }
    sum += l->bias ? l->bias_int[c] : 0;
    double product = l->type == TFL_TYPE_UINT8 ? (double)(l->in_scale * l->w_scale[c])
                                               : (double)l->in_scale * (double)l->w_scale[c];
    int64_t q = ops_scaled((int64_t)sum, product / (double)l->out_scale) + l->out_zero;
    return ops_clamp(l->type, l->activation, (double)q, l->out_scale, l->out_zero);
}

static int32_t tensor(TbModel *model, const Layer *l, const int32_t *dims, float scale,
                      int32_t zero)
{
    TbTensor t = { .name = "t",
                   .type = l->type,
                   .rank = 4,
                   .no_shape = !dims,
                   .n_scales = l->type != TFL_TYPE_FLOAT32,
                   .scale = scale,
                   .zero_point = zero };
    if (dims)
        memcpy(t.dims, dims, 4 * sizeof *dims);
    return tb_tensor(model, &t);
}

static int32_t weights(TbModel *model, const Layer *l)
{
    static const int64_t zeros[MAX_CHANNELS];
    TbTensor t = { .name = "w",
                   .type = l->type,
                   .rank = 4,
                   .dims = { l->out_c, l->kernel_h, l->kernel_w, l->in_c },
                   .n_scales = l->type == TFL_TYPE_FLOAT32 ? 0
                               : l->channels               ? l->out_c
                                                           : 1,
                   .scale = l->w_scale[0],
                   .zero_point = l->w_zero,
                   .data = l->w,
                   .bytes = (size_t)(l->out_c * l->kernel_h * l->kernel_w * l->in_c) *
                            (l->type == TFL_TYPE_FLOAT32 ? 4 : 1) };
    if (l->channels) {
        t.scales = l->w_scale;
        t.zero_points = zeros;
        t.n_zero_points = l->out_c;
    }
    return tb_tensor(model, &t);
}

static int32_t bias(TbModel *model, const Layer *l)
{
    bool floats = l->type == TFL_TYPE_FLOAT32;
    return tb_tensor(model, &(TbTensor){ .name = "bias",
                                         .type = floats ? TFL_TYPE_FLOAT32 : TFL_TYPE_INT32,
                                         .rank = 1,
                                         .dims = { l->out_c },
                                         .data = floats ? (const void *)l->bias_real : l->bias_int,
                                         .bytes = 4 * (size_t)l->out_c });
}

/* `shape` is what the file says of the output; the operator's 12 bytes of options
 * must live until the model is finished. */
static TbModel *layer_model(const Layer *l, const int32_t *shape, const int32_t *custom)
{
    TbModel *model = tb_model_new();
    const int32_t dims[] = { l->batch, l->in_h, l->in_w, l->in_c };
    int32_t x = tensor(model, l, dims, l->in_scale, l->in_zero), w = weights(model, l);
    int32_t y = tensor(model, l, NULL, l->out_scale, l->out_zero);
    int32_t b = l->bias ? bias(model, l) : -1;
    TbOperator op = { .n_inputs = l->bias ? 4 : 3, .outputs = { y }, .n_outputs = 1 };
    if (l->custom) {
        op.builtin = TFL_OP_CUSTOM;
        op.custom = "Convolution2DTransposeBias";
        op.custom_options = custom;
        op.custom_bytes = 12;
        memcpy(op.inputs, (int32_t[]){ x, w, b }, 3 * sizeof x);
        op.n_inputs--;
    } else {
        op.builtin = TFL_OP_TRANSPOSE_CONV;
        memcpy(op.inputs, (int32_t[]){ tb_ints(model, "shape", 4, shape), w, x, b }, 4 * sizeof x);
        op.options = tb_transpose_conv_options(l->same ? TFL_PADDING_SAME : TFL_PADDING_VALID,
                                               l->stride_h, l->stride_w, l->activation);
    }
    tb_operator(model, &op);
    tb_input(model, x);
    tb_output(model, y);
    return model;
}

static void check(int type)
{
    static Layer l;
    static double expected[MAX_ELEMENTS * 4];
    draw_layer(&l, type);
    const int32_t shape[] = { l.batch, l.out_h, l.out_w, l.out_c };
    const int32_t custom[] = { l.same ? 1 : 2, l.stride_w, l.stride_h };
    size_t n = (size_t)(l.batch * l.out_h * l.out_w * l.out_c);
    memset(expected, 0, sizeof expected);
    for (int32_t b = 0; b < l.batch; b++)
        for (int32_t y = 0; y < l.in_h; y++)
            for (int32_t x = 0; x < l.in_w; x++)
                scatter(&l, b, y, x, expected);
    for (size_t i = 0; i < n; i++)
        expected[i] = finish(&l, expected[i], (int32_t)(i % (size_t)l.out_c));
    ops_compare(l.custom ? "Convolution2DTransposeBias" : "TRANSPOSE_CONV",
                layer_model(&l, shape, custom), l.in, expected, n,
                type == TFL_TYPE_FLOAT32 ? 1e-4 : 0);
}

static Layer small(void)
{
    static Layer l;
    do
        draw_layer(&l, TFL_TYPE_FLOAT32);
    while (l.custom || !l.same);
    return l;
}

static void refuse_shapes(void)
{
    Layer l = small();
    const int32_t good[] = { l.batch, l.in_h * l.stride_h, l.in_w * l.stride_w, l.out_c };
    static const int32_t wrong[] = { 0, -1, INT32_MIN, INT32_MAX, 1 << 24 };
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
            int32_t shape[4];
            memcpy(shape, good, sizeof shape);
            shape[i] = wrong[k];
            ops_refuse_any("the shape of an output", layer_model(&l, shape, NULL), "an output of ");
        }
    TbModel *model = tb_model_new();
    const int32_t dims[] = { 1, 2, 2, l.in_c };
    int32_t x = tensor(model, &l, dims, 0, 0), y = tensor(model, &l, NULL, 0, 0);
    TbOperator op = { .builtin = TFL_OP_TRANSPOSE_CONV,
                      .inputs = { tb_ints(model, "shape", 3, good), weights(model, &l), x },
                      .n_inputs = 3,
                      .outputs = { y },
                      .n_outputs = 1,
                      .options = tb_transpose_conv_options(TFL_PADDING_SAME, 1, 1, 0) };
    tb_operator(model, &op);
    tb_input(model, x);
    tb_output(model, y);
    ops_refuse_any("a shape of 3 numbers", model, "is no constant of 4 integers");
}

static void refuse_strides(void)
{
    static const int32_t wrong[] = { 0, -1, 17, 65535, INT32_MAX, INT32_MIN };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        for (int custom = 0; custom < 2; custom++) {
            Layer l = small();
            const int32_t shape[] = { l.batch, l.in_h, l.in_w, l.out_c };
            const int32_t options[] = { 1, 1, wrong[i] };
            l.custom = custom;
            l.stride_h = wrong[i];
            l.stride_w = 1;
            ops_refuse_any("strides", layer_model(&l, shape, options), "stride ");
        }
    Layer l = small();
    const int32_t unknown[] = { 3, 1, 1 };
    l.custom = true;
    ops_refuse_any("a padding", layer_model(&l, NULL, unknown), "padding 3, expected 1");
}

static void refuse_layers(void)
{
    Layer l = small();
    const int32_t shape[] = { l.batch, l.in_h, l.in_w, l.out_c };
    l.stride_h = l.stride_w = 1;
    TbModel *model = tb_model_new();
    const int32_t dims[] = { l.batch, l.in_h, l.in_w, l.in_c + 1 };
    int32_t x = tensor(model, &l, dims, 0, 0), y = tensor(model, &l, NULL, 0, 0);
    TbOperator op = { .builtin = TFL_OP_TRANSPOSE_CONV,
                      .inputs = { tb_ints(model, "shape", 4, shape), weights(model, &l), x },
                      .n_inputs = 3,
                      .outputs = { y },
                      .n_outputs = 1,
                      .options = tb_transpose_conv_options(TFL_PADDING_SAME, 1, 1, 0) };
    tb_operator(model, &op);
    tb_input(model, x);
    tb_output(model, y);
    ops_refuse_any("channels", model, "channels on an input of");
    model = tb_model_new();
    x = tensor(model, &l, dims, 0, 0);
    y = tensor(model, &l, NULL, 0, 0);
    op.inputs[0] = x;
    op.inputs[1] = weights(model, &l);
    op.n_inputs = 2;
    op.outputs[0] = y;
    tb_operator(model, &op);
    tb_input(model, x);
    tb_output(model, y);
    ops_refuse_any("two inputs", model, "has 2 inputs");
}

int main(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        check(TFL_TYPE_FLOAT32);
        check(TFL_TYPE_INT8);
        check(TFL_TYPE_UINT8);
    }
    refuse_shapes();
    refuse_strides();
    refuse_layers();
    return ops_report("ops_transpose_conv");
}
