/* SPDX-License-Identifier: MIT
 *
 * CONV_2D, DEPTHWISE_CONV_2D, ADD, SUB and MUL on random shapes against naive
 * definitions: strides, dilations and kernels that differ in height and width,
 * batches, multipliers, broadcasts; integers byte for byte. */
#include <math.h>
#include <mnet/mnet.h>

#include "expect.h"
#include "tflitebuilder.h"

#define MOST 65536

static uint32_t seed = 1;

static int32_t pick(int32_t low, int32_t high)
{
    seed = seed * 1664525u + 1013904223u;
    return low + (int32_t)((seed >> 8) % (uint32_t)(high - low + 1));
}

/* One layer: pictures of batch x h x w x c to batch x oh x ow x n. */
typedef struct {
    bool depthwise;
    int type; /* TFL_TYPE_FLOAT32, _INT8 (a scale for each channel), _UINT8 */
    int32_t batch, h, w, c, n, oh, ow;
    int32_t kh, kw, sh, sw, dh, dw;
    int padding, activation; /* 0 same, 1 valid; 0 none, 1 relu, 3 relu6 */
    int32_t top, left;
    float in_scale, out_scale, w_scale[64];
    int64_t in_zero, out_zero, w_zero[64];
} Layer;

static float values_f[MOST], weights_f[MOST], bias_f[64];
static uint8_t values_q[MOST], weights_q[MOST];
static int32_t bias_q[64];

/* Outputs and padding before the first one in one dimension. */
static int32_t place(const Layer *l, int32_t in, int32_t k, int32_t stride, int32_t dilation,
                     int32_t *before)
{
    int32_t reach = (k - 1) * dilation + 1;
    *before = 0;
    if (l->padding == 1)
        return in < reach ? 0 : (in - reach) / stride + 1;
    int32_t out = (in + stride - 1) / stride, total = (out - 1) * stride + reach - in;
    *before = total > 0 ? total / 2 : 0;
    return out;
}

static bool random_layer(Layer *l)
{
    *l = (Layer){ .depthwise = pick(0, 1),
                  .batch = pick(1, 2),
                  .h = pick(1, 12),
                  .w = pick(1, 12),
                  .c = pick(1, 9),
                  .kh = pick(1, 4),
                  .kw = pick(1, 4),
                  .sh = pick(1, 3),
                  .sw = pick(1, 3),
                  .dh = pick(1, 2),
                  .dw = pick(1, 2),
                  .padding = pick(0, 1) };
    static const int types[] = { TFL_TYPE_FLOAT32, TFL_TYPE_INT8, TFL_TYPE_UINT8 };
    static const int activations[] = { 0, 1, 3 };
    l->type = types[pick(0, 2)];
    l->activation = activations[pick(0, 2)];
    l->n = l->depthwise ? l->c * pick(1, 3) : pick(1, 21);
    l->oh = place(l, l->h, l->kh, l->sh, l->dh, &l->top);
    l->ow = place(l, l->w, l->kw, l->sw, l->dw, &l->left);
    int32_t low = l->type == TFL_TYPE_UINT8 ? 0 : -128;
    l->in_scale = (float)pick(1, 100) / 1000;
    l->out_scale = (float)pick(20, 300) / 1000;
    l->in_zero = pick(low, low + 255);
    l->out_zero = pick(low, low + 255);
    for (int32_t i = 0; i < l->n; i++) {
        l->w_scale[i] = l->type == TFL_TYPE_INT8 || !i ? (float)pick(1, 50) / 1000 : l->w_scale[0];
        l->w_zero[i] = l->type == TFL_TYPE_INT8 ? 0 : i ? l->w_zero[0] : pick(0, 255);
    }
    return l->oh > 0 && l->ow > 0;
}

static size_t weight_index(const Layer *l, int32_t o, int32_t y, int32_t x, int32_t c)
{
    return l->depthwise ? (size_t)((y * l->kw + x) * l->n + o)
                        : (size_t)(((o * l->kh + y) * l->kw + x) * l->c + c);
}

static void random_numbers(const Layer *l)
{
    for (size_t i = 0; i < MOST; i++) {
        values_f[i] = (float)pick(-100, 100) / 50;
        weights_f[i] = (float)pick(-100, 100) / 50;
        values_q[i] = (uint8_t)pick(0, 255);
        /* int8 weights are -127 to 127. */
        weights_q[i] = l->type == TFL_TYPE_INT8 ? (uint8_t)pick(-127, 127) : (uint8_t)pick(0, 255);
    }
    for (int32_t i = 0; i < l->n; i++) {
        bias_f[i] = (float)pick(-100, 100) / 50;
        bias_q[i] = pick(-5000, 5000);
    }
}

static int32_t stored(int type, uint8_t byte)
{
    return type == TFL_TYPE_INT8 ? (int8_t)byte : byte;
}

/* TFLite's MultiplyByQuantizedMultiplier from its description: the multiplier
 * has 31 bits; half up, then half away from zero. */
static int64_t scaled(int64_t sum, double real)
{
    int exponent;
    int64_t multiplier = (int64_t)round(frexp(real, &exponent) * 2147483648.0);
    if (multiplier == INT64_C(1) << 31) {
        multiplier /= 2;
        exponent++;
    }
    if (exponent > 0)
        sum *= INT64_C(1) << exponent;
    int64_t high = (int64_t)floor(((double)sum * (double)multiplier + 1073741824.0) / 2147483648.0);
    if (exponent >= 0)
        return high;
    double value = (double)high / (double)(INT64_C(1) << -exponent);
    return (int64_t)(value < 0 ? -floor(-value + 0.5) : floor(value + 0.5));
}

static int32_t clamp(const Layer *l, int64_t value)
{
    int64_t low = l->type == TFL_TYPE_UINT8 ? 0 : -128, high = low + 255;
    if (l->activation && low < l->out_zero)
        low = l->out_zero;
    int64_t six = (int64_t)round(6.0f / l->out_scale) + l->out_zero;
    if (l->activation == 3 && six < high)
        high = six;
    return (int32_t)(value < low ? low : value > high ? high : value);
}

/* Sums over a window; of stored integers less their zero points, or of floats. */
static double window_sum(const Layer *l, int32_t b, int32_t oy, int32_t ox, int32_t o)
{
    double sum = l->type == TFL_TYPE_FLOAT32 ? (double)bias_f[o] : bias_q[o];
    int32_t first = l->depthwise ? o / (l->n / l->c) : 0, last = l->depthwise ? first + 1 : l->c;
    for (int32_t y = 0; y < l->kh; y++)
        for (int32_t x = 0; x < l->kw; x++) {
            int32_t iy = oy * l->sh - l->top + y * l->dh, ix = ox * l->sw - l->left + x * l->dw;
            if (iy < 0 || iy >= l->h || ix < 0 || ix >= l->w)
                continue;
            for (int32_t c = first; c < last; c++) {
                size_t v = (size_t)(((b * l->h + iy) * l->w + ix) * l->c + c);
                size_t k = weight_index(l, o, y, x, c);
                sum += l->type == TFL_TYPE_FLOAT32
                           ? (double)values_f[v] * (double)weights_f[k]
                           : (double)((stored(l->type, values_q[v]) - l->in_zero) *
                                      (stored(l->type, weights_q[k]) - l->w_zero[o]));
            }
        }
    return sum;
}

static void expect_output(const Layer *l, size_t i, double sum, int32_t o, const void *out)
{
    if (l->type == TFL_TYPE_FLOAT32) {
        double wanted = l->activation && sum < 0 ? 0 : l->activation == 3 && sum > 6 ? 6 : sum;
        EXPECT(fabs(((const float *)out)[i] - wanted) < 1e-4 * (1 + fabs(sum)), "%zu: %g, not %g",
               i, (double)((const float *)out)[i], wanted);
        return;
    }
    /* uint8 layers multiply their scales in float. */
    double product = l->type == TFL_TYPE_UINT8 ? (double)(l->in_scale * l->w_scale[o])
                                               : (double)l->in_scale * (double)l->w_scale[o];
    int64_t value = scaled((int64_t)sum, product / (double)l->out_scale) + l->out_zero;
    int32_t found = stored(l->type, ((const uint8_t *)out)[i]);
    EXPECT(found == clamp(l, value), "%zu: %d, not %d", i, found, clamp(l, value));
}

static void compare(const Layer *l, const void *out)
{
    size_t i = 0;
    for (int32_t b = 0; b < l->batch; b++)
        for (int32_t y = 0; y < l->oh; y++)
            for (int32_t x = 0; x < l->ow; x++)
                for (int32_t o = 0; o < l->n; o++, i++)
                    expect_output(l, i, window_sum(l, b, y, x, o), o, out);
}

static TbFile layer_file(const Layer *l)
{
    TbModel *model = tb_model_new();
    bool q = l->type != TFL_TYPE_FLOAT32;
    int32_t taps = l->kh * l->kw * (l->depthwise ? 1 : l->c),
            scales = l->type == TFL_TYPE_INT8 ? l->n : 1;
    TbTensor in = { .name = "in",
                    .type = l->type,
                    .rank = 4,
                    .dims = { l->batch, l->h, l->w, l->c },
                    .n_scales = q,
                    .n_zero_points = q,
                    .scale = l->in_scale,
                    .zero_point = l->in_zero };
    TbTensor w = { .name = "w",
                   .type = l->type,
                   .rank = 4,
                   .dims = { l->n, l->kh, l->kw, l->c },
                   .data = q ? (const void *)weights_q : weights_f,
                   .bytes = (size_t)(taps * l->n) * (q ? 1 : 4) };
    TbTensor bias = { .name = "b",
                      .type = q ? TFL_TYPE_INT32 : TFL_TYPE_FLOAT32,
                      .rank = 1,
                      .dims = { l->n },
                      .data = q ? (const void *)bias_q : bias_f,
                      .bytes = 4 * (size_t)l->n };
    TbTensor out = in;
    if (l->depthwise) {
        w.dims[0] = 1;
        w.dims[3] = l->n;
        w.quantized_dimension = 3;
    }
    if (q) {
        w.n_scales = w.n_zero_points = scales;
        w.scales = l->w_scale;
        w.zero_points = l->w_zero;
    }
    out.name = "out";
    out.scale = l->out_scale;
    out.zero_point = l->out_zero;
    out.dims[1] = l->oh;
    out.dims[2] = l->ow;
    out.dims[3] = l->n;
    TbOperator op = { .builtin = l->depthwise ? TFL_OP_DEPTHWISE_CONV_2D : TFL_OP_CONV_2D,
                      .n_inputs = 3,
                      .n_outputs = 1 };
    op.options = l->depthwise
                     ? tb_depthwise_options(l->padding, l->sh, l->sw, l->n / l->c, l->dh, l->dw,
                                            l->activation)
                     : tb_conv_options(l->padding, l->sh, l->sw, l->dh, l->dw, l->activation);
    op.inputs[0] = tb_tensor(model, &in);
    op.inputs[1] = tb_tensor(model, &w);
    op.inputs[2] = tb_tensor(model, &bias);
    op.outputs[0] = tb_tensor(model, &out);
    tb_operator(model, &op);
    tb_input(model, op.inputs[0]);
    tb_output(model, op.outputs[0]);
    return tb_finish(model);
}

/* Runs a file of one operator by every kernel set; NULL in `b`: one input. */
static void run_file(const TbFile *file, const void *a, const void *b, MnetPool *pool,
                     void (*check)(const void *what, const void *out), const void *what)
{
    for (const char *const *cpu = mnet_cpu_names(); *cpu; cpu++) {
        MnetError error = { MNET_OK, "" };
        MnetModelOptions options = { .cpu = *cpu };
        MnetSessionOptions with = { .pool = pool };
        MnetModel *model = mnet_model_load_memory(file->data, file->size, &options, &error);
        MnetSession *session = model ? mnet_session_new(model, &with, &error) : NULL;
        EXPECT(session, "%s: %s", *cpu, error.text);
        if (session) {
            memcpy(mnet_session_input(session, 0), a, mnet_model_input(model, 0)->bytes);
            if (b)
                memcpy(mnet_session_input(session, 1), b, mnet_model_input(model, 1)->bytes);
            mnet_session_run(session);
            check(what, mnet_session_output(session, 0));
        }
        mnet_session_free(session);
        mnet_model_unref(model);
    }
}

static void check_layer(const void *what, const void *out)
{
    compare(what, out);
}

static void test_layer(MnetPool *pool)
{
    Layer layer;
    while (!random_layer(&layer))
        continue;
    random_numbers(&layer);
    int before = expect_failed;
    TbFile file = layer_file(&layer);
    run_file(&file, layer.type == TFL_TYPE_FLOAT32 ? (const void *)values_f : values_q, NULL, pool,
             check_layer, &layer);
    tb_file_free(&file);
    if (expect_failed != before)
        printf("  %s type %d %dx%dx%dx%d -> %dx%dx%d kernel %dx%d stride %dx%d dilation %dx%d\n",
               layer.depthwise ? "depthwise" : "conv", layer.type, layer.batch, layer.h, layer.w,
               layer.c, layer.oh, layer.ow, layer.n, layer.kh, layer.kw, layer.sh, layer.sw,
               layer.dh, layer.dw);
}

/* a op b with broadcasting; integers within a step of the rounded real result
 * (ADD and SUB round three times). */
typedef struct {
    int builtin, options;
    bool is_float;
    int32_t dims[2][4], out[4];
    float scale[3];
    int64_t zero[3];
} Binary;

static size_t element(const int32_t *dims, const int32_t *at)
{
    size_t index = 0;
    for (int i = 0; i < 4; i++)
        index = index * (size_t)dims[i] + (size_t)(dims[i] == 1 ? 0 : at[i]);
    return index;
}

static double operand(const Binary *p, int i, size_t at)
{
    if (p->is_float)
        return (double)(i ? weights_f : values_f)[at];
    int8_t q = (int8_t)(i ? weights_q : values_q)[at];
    return (double)p->scale[i] * (double)(q - p->zero[i]);
}

static void check_binary(const void *what, const void *out)
{
    const Binary *p = what;
    int32_t at[4];
    size_t i = 0;
    for (at[0] = 0; at[0] < p->out[0]; at[0]++)
        for (at[1] = 0; at[1] < p->out[1]; at[1]++)
            for (at[2] = 0; at[2] < p->out[2]; at[2]++)
                for (at[3] = 0; at[3] < p->out[3]; at[3]++, i++) {
                    double a = operand(p, 0, element(p->dims[0], at));
                    double b = operand(p, 1, element(p->dims[1], at));
                    double real = p->builtin == TFL_OP_MUL   ? a * b
                                  : p->builtin == TFL_OP_SUB ? a - b
                                                             : a + b;
                    double q = round(real / (double)p->scale[2]) + (double)p->zero[2];
                    q = q < -128 ? -128 : q > 127 ? 127 : q;
                    double found = p->is_float ? (double)((const float *)out)[i]
                                               : (double)((const int8_t *)out)[i];
                    EXPECT(fabs(found - (p->is_float ? real : q)) <= (p->is_float ? 1e-5 : 1),
                           "operator %d, %zu: %g, not %g", p->builtin, i, found,
                           p->is_float ? real : q);
                }
}

static void test_binary(MnetPool *pool)
{
    static const int builtins[] = { TFL_OP_ADD, TFL_OP_SUB, TFL_OP_MUL };
    static const int options[] = { TFL_OPTIONS_ADD, TFL_OPTIONS_SUB, TFL_OPTIONS_MUL };
    int kind = pick(0, 2);
    Binary p = { .builtin = builtins[kind], .options = options[kind], .is_float = pick(0, 1) };
    for (int d = 0; d < 4; d++) {
        p.out[d] = pick(1, 7);
        p.dims[0][d] = pick(0, 3) ? p.out[d] : 1;
        p.dims[1][d] = p.dims[0][d] == 1 || pick(0, 2) ? p.out[d] : 1;
    }
    for (int i = 0; i < 3; i++) {
        p.scale[i] = (float)pick(20, 60) / 1000;
        p.zero[i] = pick(-128, 127);
    }
    Layer numbers = { .type = TFL_TYPE_INT8 };
    random_numbers(&numbers);
    TbModel *model = tb_model_new();
    TbOperator op = { .builtin = p.builtin,
                      .n_inputs = 2,
                      .n_outputs = 1,
                      .options = tb_binary_options(p.options, 0) };
    for (int i = 0; i < 3; i++) {
        TbTensor t = { .name = "t",
                       .type = p.is_float ? TFL_TYPE_FLOAT32 : TFL_TYPE_INT8,
                       .rank = 4,
                       .n_scales = !p.is_float,
                       .n_zero_points = !p.is_float,
                       .scale = p.scale[i],
                       .zero_point = p.zero[i] };
        memcpy(t.dims, i < 2 ? p.dims[i] : p.out, 4 * sizeof t.dims[0]);
        *(i < 2 ? &op.inputs[i] : &op.outputs[0]) = tb_tensor(model, &t);
    }
    tb_operator(model, &op);
    tb_input(model, op.inputs[0]);
    tb_input(model, op.inputs[1]);
    tb_output(model, op.outputs[0]);
    TbFile file = tb_finish(model);
    run_file(&file, p.is_float ? (const void *)values_f : values_q,
             p.is_float ? (const void *)weights_f : weights_q, pool, check_binary, &p);
    tb_file_free(&file);
}

int main(void)
{
    MnetError error;
    MnetPool *pool = mnet_pool_new(2, &error);
    for (int i = 0; i < 150 && expect_failed < 20; i++) {
        test_layer(i % 2 ? pool : NULL);
        test_binary(i % 2 ? pool : NULL);
    }
    mnet_pool_unref(pool);
    return expect_report("layers");
}
