/* SPDX-License-Identifier: MIT
 *
 * FULLY_CONNECTED of every number form, CONV_2D of 8-bit weights and float
 * activations, and MEAN, of random shapes, against their definitions: integers
 * bit for bit. */
#include <math.h>
#include <string.h>

#include "ops_case.h"

#define ROUNDS 120
#define MAX_ELEMENTS 4096
#define MAX_CHANNELS 24

/* The forms of a layer's weights and activations. */
typedef enum { FLOAT, HALF, INT8, INT8_CHANNELS, UINT8, DYNAMIC, DYNAMIC_CHANNELS, FORMS } Form;

typedef struct {
    Form form;
    int type;                      /* of the activations */
    int32_t rows, k, n, per_range; /* rows that are quantised by one range */
    bool bias, asymmetric;
    int activation;
    float in_scale, out_scale, w_scale[MAX_CHANNELS];
    int32_t in_zero, out_zero, w_zero;
    uint8_t in[MAX_ELEMENTS * 4], w[MAX_ELEMENTS * 4];
    float w_real[MAX_ELEMENTS]; /* of float and half weights */
    int32_t bias_int[MAX_CHANNELS];
    float bias_real[MAX_CHANNELS];
} Layer;

static bool is_dynamic(const Layer *l)
{
    return l->form == DYNAMIC || l->form == DYNAMIC_CHANNELS;
}

static float half_value(uint16_t half)
{
    int exponent = half >> 10 & 31, fraction = half & 1023;
    float magnitude =
        exponent ? ldexpf((float)(1024 + fraction), exponent - 25) : ldexpf((float)fraction, -24);
    return half >> 15 ? -magnitude : magnitude;
}

static void draw_weights(Layer *l)
{
    size_t count = (size_t)(l->k * l->n);
    ops_fill(l->form == FLOAT ? TFL_TYPE_FLOAT32 : TFL_TYPE_INT8, count, l->w);
    for (size_t i = 0; i < count; i++) {
        /* Halves up to 4, subnormal ones too. */
        uint16_t half = (uint16_t)(ops_draw(0, 1) << 15 | ops_draw(0, 17 << 10));
        if (l->form == HALF)
            memcpy(l->w + 2 * i, &half, 2);
        l->w_real[i] = half_value(half);
        if (l->form == FLOAT)
            memcpy(&l->w_real[i], l->w + 4 * i, 4);
        if (is_dynamic(l) && l->w[i] == 0x80)
            l->w[i] = 0x81; /* the converter leaves -128 out */
    }
    for (int32_t c = 0; c < l->n; c++) {
        bool own = l->form == INT8_CHANNELS || l->form == DYNAMIC_CHANNELS;
        l->w_scale[c] = c && !own ? l->w_scale[0] : ops_draw_scale() / 10;
        l->bias_int[c] = ops_draw(-20000, 20000);
        l->bias_real[c] = (float)ops_draw(-3000, 3000) / 1000;
    }
}

static void draw_layer(Layer *l, Form form)
{
    memset(l, 0, sizeof *l);
    l->form = form;
    l->type = form == INT8 || form == INT8_CHANNELS ? TFL_TYPE_INT8
              : form == UINT8                       ? TFL_TYPE_UINT8
                                                    : TFL_TYPE_FLOAT32;
    l->rows = ops_draw(1, 6);
    l->per_range = 1;
    l->k = ops_draw(1, ops_draw(0, 1) ? 8 : 130);
    l->n = ops_draw(1, MAX_CHANNELS);
    l->bias = ops_draw(0, 3) > 0;
    l->asymmetric = ops_draw(0, 1);
    l->activation = ops_draw(TFL_ACTIVATION_NONE, TFL_ACTIVATION_RELU6);
    l->in_scale = ops_draw_scale();
    l->out_scale = ops_draw_scale() * 5;
    int32_t middle = l->type == TFL_TYPE_UINT8 ? 128 : 0;
    l->in_zero = middle + ops_draw(-128, 127);
    l->out_zero = middle + ops_draw(-128, 127);
    l->w_zero = form == UINT8 ? ops_draw(0, 255) : 0;
    ops_fill(l->type, (size_t)(l->rows * l->k), l->in);
    draw_weights(l);
}

/* How TFLite quantises float activations, in float where it does: `values` become
 * what they are taken for. */
static void round_range(bool asymmetric, size_t n, double *values)
{
    double low = 0, high = 0, zero = 0;
    for (size_t i = 0; i < n; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    float range = (float)fmax(-low, high), scale = range / 127, inverse = 127 / range;
    if (low == high) {
        memset(values, 0, n * sizeof *values);
        return;
    }
    if (asymmetric) {
        double step = (high - low) / 255;
        /* From the end that is nearer to 0 in steps. */
        zero = 128 - low / step < 127 + high / step ? -128 - low / step : 127 - high / step;
        zero = zero <= -128 ? -128 : zero >= 127 ? 127 : round(zero);
        scale = (float)step;
        inverse = 1 / scale;
    }
    for (size_t i = 0; i < n; i++) {
        float q = roundf((float)zero + (float)values[i] * inverse);
        float least = asymmetric ? -128 : -127;
        q = q < least ? least : q > 127 ? 127 : q;
        values[i] = ((double)q - zero) * (double)scale;
    }
}

/* The activations less their zero point, or what they are rounded to. */
static void inputs_of(const Layer *l, double *in)
{
    size_t count = (size_t)(l->rows * l->k), range = (size_t)(l->per_range * l->k);
    for (size_t i = 0; i < count; i++)
        in[i] = ops_stored(l->type, l->in, i) - (l->type == TFL_TYPE_FLOAT32 ? 0 : l->in_zero);
    for (size_t i = 0; i < count && is_dynamic(l); i += range)
        round_range(l->asymmetric, range, in + i);
}

static double weight(const Layer *l, size_t at, int32_t channel)
{
    if (l->form == FLOAT || l->form == HALF)
        return (double)l->w_real[at];
    if (is_dynamic(l))
        return (double)(int8_t)l->w[at] * (double)l->w_scale[channel];
    return ops_stored(l->type, l->w, at) - l->w_zero;
}

static double output(const Layer *l, double sum, int32_t channel)
{
    if (l->type == TFL_TYPE_FLOAT32)
        return ops_clamp(l->type, l->activation, sum, 0, 0);
    /* Scales are multiplied in float where there is one of them. */
    double product = l->form == INT8_CHANNELS ? (double)l->in_scale * (double)l->w_scale[channel]
                                              : (double)(l->in_scale * l->w_scale[channel]);
    int64_t q = ops_scaled((int64_t)sum, product / (double)l->out_scale) + l->out_zero;
    return ops_clamp(l->type, l->activation, (double)q, l->out_scale, l->out_zero);
}

/* Rows of `k` values by weights of n x k. */
static void multiply(const Layer *l, double *expected)
{
    static double in[MAX_ELEMENTS];
    inputs_of(l, in);
    for (int32_t r = 0; r < l->rows; r++)
        for (int32_t c = 0; c < l->n; c++) {
            double sum = !l->bias                      ? 0
                         : l->type == TFL_TYPE_FLOAT32 ? (double)l->bias_real[c]
                                                       : l->bias_int[c];
            for (int32_t i = 0; i < l->k; i++)
                sum += in[r * l->k + i] * weight(l, (size_t)(c * l->k + i), c);
            expected[r * l->n + c] = output(l, sum, c);
        }
}

static int32_t weights_tensor(TbModel *model, const Layer *l, int rank, const int32_t *dims)
{
    static const int64_t zeros[MAX_CHANNELS];
    bool own = l->form == INT8_CHANNELS || l->form == DYNAMIC_CHANNELS;
    TbTensor t = { .name = "w",
                   .type = l->form == FLOAT   ? TFL_TYPE_FLOAT32
                           : l->form == HALF  ? TFL_TYPE_FLOAT16
                           : l->form == UINT8 ? TFL_TYPE_UINT8
                                              : TFL_TYPE_INT8,
                   .rank = rank,
                   .n_scales = l->form == FLOAT || l->form == HALF ? 0
                               : own                               ? l->n
                                                                   : 1,
                   .scale = l->w_scale[0],
                   .zero_point = l->w_zero,
                   .data = l->w,
                   .bytes = (size_t)(l->k * l->n) * (l->form == FLOAT  ? 4
                                                     : l->form == HALF ? 2
                                                                       : 1) };
    memcpy(t.dims, dims, (size_t)rank * sizeof *dims);
    if (own) {
        t.scales = l->w_scale;
        t.zero_points = zeros;
        t.n_zero_points = l->n;
    }
    int32_t w = tb_tensor(model, &t);
    if (l->form != HALF)
        return w;
    t = (TbTensor){ .name = "unpacked", .type = TFL_TYPE_FLOAT32, .rank = rank };
    memcpy(t.dims, dims, (size_t)rank * sizeof *dims);
    int32_t unpacked = tb_tensor(model, &t);
    tb_operator(model, &(TbOperator){ .builtin = TFL_OP_DEQUANTIZE,
                                      .inputs = { w },
                                      .n_inputs = 1,
                                      .outputs = { unpacked },
                                      .n_outputs = 1 });
    return unpacked;
}

static int32_t activation_tensor(TbModel *model, int type, float scale, int32_t zero, int rank,
                                 const int32_t *dims)
{
    TbTensor t = { .name = "a",
                   .type = type,
                   .rank = rank,
                   .no_shape = !dims,
                   .n_scales = type != TFL_TYPE_FLOAT32,
                   .scale = scale,
                   .zero_point = zero };
    if (dims)
        memcpy(t.dims, dims, (size_t)rank * sizeof *dims);
    return tb_tensor(model, &t);
}

/* Ends the model of `op`, which has its builtin and options. */
static TbModel *layer_model(const Layer *l, TbOperator op, int rank, const int32_t *dims,
                            int w_rank, const int32_t *w_dims)
{
    TbModel *model = tb_model_new();
    bool floats = l->type == TFL_TYPE_FLOAT32;
    op.inputs[0] = activation_tensor(model, l->type, l->in_scale, l->in_zero, rank, dims);
    op.inputs[1] = weights_tensor(model, l, w_rank, w_dims);
    op.inputs[2] =
        tb_tensor(model, &(TbTensor){ .name = "bias",
                                      .type = floats ? TFL_TYPE_FLOAT32 : TFL_TYPE_INT32,
                                      .rank = 1,
                                      .dims = { l->n },
                                      .data = floats ? (const void *)l->bias_real : l->bias_int,
                                      .bytes = 4 * (size_t)l->n });
    op.n_inputs = l->bias ? 3 : 2;
    op.outputs[0] = activation_tensor(model, l->type, l->out_scale, l->out_zero, 0, NULL);
    op.n_outputs = 1;
    tb_operator(model, &op);
    tb_input(model, op.inputs[0]);
    tb_output(model, op.outputs[0]);
    return model;
}

static void check_fully_connected(Form form)
{
    static const char *const names[] = {
        "float", "half", "int8", "int8 by channel", "uint8", "dynamic", "dynamic by channel"
    };
    static Layer l;
    static double expected[MAX_ELEMENTS];
    draw_layer(&l, form);
    multiply(&l, expected);
    bool keep = ops_draw(0, 1);
    TbOperator op = { .builtin = TFL_OP_FULLY_CONNECTED,
                      .options = tb_fully_connected_options(l.activation, keep) };
    op.options.fields[op.options.n++] =
        (TbField){ .id = TFL_FULLY_CONNECTED_ASYMMETRIC_INPUTS, .bytes = 1, .value = l.asymmetric };
    const int32_t dims[] = { l.rows, l.k }, kept[] = { 1, l.rows, 1, l.k }, w[] = { l.n, l.k };
    TbModel *model = layer_model(&l, op, keep ? 4 : 2, keep ? kept : dims, 2, w);
    ops_compare(names[form], model, l.in, expected, (size_t)(l.rows * l.n),
                l.type == TFL_TYPE_FLOAT32 ? 1e-4 : 0);
}

/* 1 x 1, so that a pixel is a row; a picture has one range. */
static void check_dynamic_convolution(Form form)
{
    static Layer l;
    static double expected[MAX_ELEMENTS];
    draw_layer(&l, form);
    int32_t batch = l.rows;
    l.per_range = ops_draw(1, 4);
    l.rows *= l.per_range;
    ops_fill(l.type, (size_t)(l.rows * l.k), l.in);
    l.asymmetric = form == DYNAMIC_CHANNELS && l.n > 1; /* one scale is that of all */
    multiply(&l, expected);
    const int32_t dims[] = { batch, 1, l.per_range, l.k }, w[] = { l.n, 1, 1, l.k };
    TbOperator op = { .builtin = TFL_OP_CONV_2D,
                      .options = tb_conv_options(TFL_PADDING_VALID, 1, 1, 1, 1, l.activation) };
    ops_compare("CONV_2D", layer_model(&l, op, 4, dims, 4, w), l.in, expected,
                (size_t)(l.rows * l.n), 1e-4);
}

/* One channel, one scale, and yet by channel. */
static void check_dynamic_depthwise(void)
{
    static Layer l;
    static double expected[MAX_ELEMENTS];
    draw_layer(&l, DYNAMIC_CHANNELS);
    l.per_range = l.rows;
    l.k = l.n = 1;
    l.asymmetric = true;
    l.activation = TFL_ACTIVATION_NONE;
    multiply(&l, expected);
    const int32_t dims[] = { 1, 1, l.rows, 1 }, w[] = { 1, 1, 1, 1 };
    TbOperator op = { .builtin = TFL_OP_DEPTHWISE_CONV_2D,
                      .options = tb_depthwise_options(TFL_PADDING_VALID, 1, 1, 1, 1, 1, 0) };
    ops_compare("DEPTHWISE_CONV_2D", layer_model(&l, op, 4, dims, 4, w), l.in, expected,
                (size_t)l.rows, 1e-4);
}

/* Sums that reach the last number an int32 has, and one that passes it: the
 * largest is 127 - in_zero of each positive weight and the bias. */
static void check_largest_sums(void)
{
    static Layer l;
    static double expected[MAX_ELEMENTS];
    const int32_t largest = INT32_MAX - 7 * 100 * 255;
    for (int32_t sign = -1; sign <= 1; sign += 2) {
        draw_layer(&l, INT8);
        l.rows = 1;
        l.k = 7;
        l.n = 2;
        l.bias = true;
        l.in_zero = -128;
        l.in_scale = 1;
        l.w_scale[0] = l.w_scale[1] = 1;
        l.out_scale = 16777216;
        l.out_zero = 0;
        l.activation = TFL_ACTIVATION_NONE;
        memset(l.w, sign > 0 ? 100 : 156, sizeof l.w);
        memset(l.in, 127, sizeof l.in);
        l.bias_int[0] = sign > 0 ? largest : -largest;
        l.bias_int[1] = -l.bias_int[0];
        multiply(&l, expected);
        TbOperator op = { .builtin = TFL_OP_FULLY_CONNECTED,
                          .options = tb_fully_connected_options(0, false) };
        const int32_t dims[] = { 1, 7 }, w[] = { 2, 7 };
        ops_compare("the largest sums", layer_model(&l, op, 2, dims, 2, w), l.in, expected, 2, 0);
        l.bias_int[0] += sign;
        ops_refuse("a sum too large", layer_model(&l, op, 2, dims, 2, w), "may pass 2^31");
    }
}

static TbModel *convolution(const Layer *l)
{
    const int32_t dims[] = { 1, 1, l->rows, l->k }, w[] = { l->n, 1, 1, l->k };
    TbOperator op = { .builtin = TFL_OP_CONV_2D,
                      .options = tb_conv_options(TFL_PADDING_VALID, 1, 1, 1, 1, l->activation) };
    return layer_model(l, op, 4, dims, 4, w);
}

/* Channels of which nothing is left: a scale so small that every int32 becomes 0, with
 * a bias that passes int32 together with the products, or an infinite one that scales
 * nothing. */
static void check_dead_channels(void)
{
    static Layer l;
    static double expected[MAX_ELEMENTS];
    draw_layer(&l, INT8_CHANNELS);
    l.rows = 5;
    l.n = 6;
    l.bias = true;
    ops_fill(l.type, (size_t)(l.rows * l.k), l.in);
    draw_weights(&l);
    multiply(&l, expected);
    l.w_scale[1] = 1e-21f;
    l.bias_int[1] = INT32_MIN;
    l.w_scale[2] = -1e-30f;
    l.bias_int[2] = INT32_MAX;
    l.w_scale[4] = INFINITY;
    l.bias_int[4] = 0;
    memset(l.w + 4 * l.k, 0, (size_t)l.k);
    for (int32_t r = 0; r < l.rows; r++)
        for (int32_t c = 1; c < 5; c += c == 2 ? 2 : 1)
            expected[r * l.n + c] =
                ops_clamp(l.type, l.activation, l.out_zero, l.out_scale, l.out_zero);
    ops_compare("dead channels", convolution(&l), l.in, expected, (size_t)(l.rows * l.n), 0);
    l.bias_int[4] = 1;
    ops_refuse_any("an infinite scale of a bias", convolution(&l), "channel 4 is infinite");
    l.bias_int[4] = 0;
    l.w[4 * l.k] = 1;
    ops_refuse_any("an infinite scale of a weight", convolution(&l), "channel 4 is infinite");
    l.w[4 * l.k] = 0;
    l.w_scale[4] = NAN;
    ops_refuse_any("no scale", convolution(&l), "is not a number");
    draw_layer(&l, INT8);
    l.w_scale[0] = INFINITY;
    memset(l.w, 0, sizeof l.w);
    ops_refuse_any("one infinite scale", convolution(&l), "is not a number");
}

typedef struct {
    int type;
    int32_t rank, dims[4], first, count; /* dimensions [first, first + count) go */
    bool keep;
    float in_scale, out_scale;
    int32_t in_zero, out_zero;
} Mean;

/* TFLite puts the division into the factor: as many bits as it can take without
 * passing 31, then a division by n that cuts. */
static double mean_of(const Mean *m, double sum, int32_t n)
{
    if (m->type == TFL_TYPE_FLOAT32)
        return sum / n;
    int shift, more = 0;
    int64_t multiplier = ops_multiplier((double)m->in_scale / (double)m->out_scale, &shift);
    while (more < 32 && n >> (more + 1))
        more++;
    more = more > 31 + shift ? 31 + shift : more;
    multiplier = (multiplier << more) / n;
    int32_t low = m->type == TFL_TYPE_UINT8 ? 0 : -128;
    int64_t q = ops_multiplied((int64_t)sum - (int64_t)n * m->in_zero, multiplier, shift - more) +
                m->out_zero;
    return (double)(q < low ? low : q > low + 255 ? low + 255 : q);
}

static void check_mean(int type)
{
    static uint8_t in[MAX_ELEMENTS * 4];
    static double expected[MAX_ELEMENTS];
    Mean m = { .type = type, .rank = ops_draw(1, 4), .keep = ops_draw(0, 1) };
    int32_t outer = 1, n = 1, inner = 1, axes[4], middle = type == TFL_TYPE_UINT8 ? 128 : 0;
    m.first = ops_draw(0, m.rank - 1);
    m.count = ops_draw(1, m.rank - m.first);
    for (int32_t d = 0; d < m.rank; d++) {
        bool gone = d >= m.first && d < m.first + m.count;
        m.dims[d] = ops_draw(1, 7);
        *(gone ? &n : d < m.first ? &outer : &inner) *= m.dims[d];
        if (gone)
            axes[d - m.first] = ops_draw(0, 1) ? d : d - m.rank;
    }
    m.in_scale = ops_draw_scale();
    m.out_scale = ops_draw_scale();
    m.in_zero = middle + ops_draw(-128, 127);
    m.out_zero = middle + ops_draw(-128, 127);
    ops_fill(type, (size_t)(outer * n * inner), in);
    for (int32_t o = 0; o < outer; o++)
        for (int32_t i = 0; i < inner; i++) {
            double sum = 0;
            for (int32_t k = 0; k < n; k++)
                sum += ops_stored(type, in, (size_t)((o * n + k) * inner + i));
            expected[o * inner + i] = mean_of(&m, sum, n);
        }
    TbModel *model = tb_model_new();
    int32_t x = activation_tensor(model, type, m.in_scale, m.in_zero, m.rank, m.dims);
    int32_t y = activation_tensor(model, type, m.out_scale, m.out_zero, 0, NULL);
    tb_operator(model, &(TbOperator){ .builtin = TFL_OP_MEAN,
                                      .inputs = { x, tb_ints(model, "axes", m.count, axes) },
                                      .n_inputs = 2,
                                      .outputs = { y },
                                      .n_outputs = 1,
                                      .options = tb_mean_options(m.keep) });
    tb_input(model, x);
    tb_output(model, y);
    ops_compare("MEAN", model, in, expected, (size_t)(outer * inner),
                type == TFL_TYPE_FLOAT32 ? 1e-5 : 0);
}

int main(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        for (Form form = FLOAT; form < FORMS; form++)
            check_fully_connected(form);
        check_dynamic_convolution(DYNAMIC);
        check_dynamic_convolution(DYNAMIC_CHANNELS);
        check_dynamic_depthwise();
        check_mean(TFL_TYPE_FLOAT32);
        check_mean(TFL_TYPE_INT8);
        check_mean(TFL_TYPE_UINT8);
    }
    check_largest_sums();
    check_dead_channels();
    return ops_report("ops_dense");
}
