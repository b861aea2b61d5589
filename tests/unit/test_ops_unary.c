/* SPDX-License-Identifier: MIT
 *
 * Operators of one element in and one out for every byte there is, SOFTMAX and
 * CONCATENATION, against their definitions: bit for bit where the reference's
 * arithmetic is that of integers, else within a step. */
#include <math.h>
#include <string.h>

#include "ops_case.h"

#define ROUNDS 60
#define MAX_ELEMENTS 4096

/* A tensor of stored values. */
typedef struct {
    int type, rank;
    int32_t dims[4];
    size_t n;
    float scale;
    int32_t zero;
    uint8_t values[MAX_ELEMENTS * 4];
} Stored;

static int32_t draw_zero(int type)
{
    return ops_draw(-128, 127) + (type == TFL_TYPE_UINT8 ? 128 : 0);
}

static void draw_stored(Stored *s, int type)
{
    s->type = type;
    s->scale = ops_draw_scale();
    s->zero = draw_zero(type);
    s->n = 1;
    for (int32_t d = 0; d < s->rank; d++)
        s->n *= (size_t)s->dims[d];
    ops_fill(type, s->n, s->values);
}

/* Less its zero point; or as a real number. */
static double less_zero(const Stored *s, size_t i)
{
    return ops_stored(s->type, s->values, i) - (s->type == TFL_TYPE_FLOAT32 ? 0 : s->zero);
}

static double real(const Stored *s, size_t i)
{
    return less_zero(s, i) * (s->type == TFL_TYPE_FLOAT32 ? 1 : (double)s->scale);
}

static int32_t tensor(TbModel *model, const Stored *s, bool constant)
{
    TbTensor t = { .name = "t",
                   .type = s->type,
                   .rank = s->rank,
                   .n_scales = s->type != TFL_TYPE_FLOAT32,
                   .scale = s->scale,
                   .zero_point = s->zero };
    memcpy(t.dims, s->dims, sizeof s->dims);
    if (constant) {
        t.data = s->values;
        t.bytes = s->n * (s->type == TFL_TYPE_FLOAT32 ? 4 : 1);
    }
    return tb_tensor(model, &t);
}

/* A result whose shape the operator infers. */
static int32_t result(TbModel *model, const Stored *s)
{
    return tb_tensor(model, &(TbTensor){ .name = "y",
                                         .type = s->type,
                                         .no_shape = true,
                                         .n_scales = s->type != TFL_TYPE_FLOAT32,
                                         .scale = s->scale,
                                         .zero_point = s->zero });
}

static TbModel *unary_model(const Stored *in, const Stored *out, int32_t builtin, TbOptions options)
{
    TbModel *model = tb_model_new();
    int32_t x = tensor(model, in, false), y = result(model, out);
    tb_operator(model, &(TbOperator){ .builtin = builtin,
                                      .inputs = { x },
                                      .n_inputs = 1,
                                      .outputs = { y },
                                      .n_outputs = 1,
                                      .options = options });
    tb_input(model, x);
    tb_output(model, y);
    return model;
}

/* All bytes twice, so that vectors have remainders. */
static void every_byte(Stored *s, int type)
{
    s->rank = 2;
    s->dims[0] = 2;
    s->dims[1] = 259;
    draw_stored(s, type);
    if (type != TFL_TYPE_FLOAT32)
        for (size_t i = 0; i < s->n; i++)
            s->values[i] = (uint8_t)i;
}

static double stored_at(const Stored *out, double value)
{
    if (out->type == TFL_TYPE_FLOAT32)
        return value;
    return ops_clamp(out->type, 0, round(value / (double)out->scale) + out->zero, 0, 0);
}

/* RELU and its like change scales as a layer does. */
static void check_activation(int type, int32_t builtin, int activation)
{
    static Stored in, out;
    static double expected[MAX_ELEMENTS];
    every_byte(&in, type);
    out = in;
    out.scale = ops_draw_scale();
    out.zero = draw_zero(type);
    for (size_t i = 0; i < in.n; i++) {
        double v = less_zero(&in, i);
        if (type != TFL_TYPE_FLOAT32)
            v = (double)ops_scaled((int64_t)v, (double)in.scale / (double)out.scale) + out.zero;
        expected[i] = ops_clamp(type, activation, v, out.scale, out.zero);
    }
    ops_compare("an activation", unary_model(&in, &out, builtin, (TbOptions){ 0 }), in.values,
                expected, in.n, 0);
}

/* LOGISTIC and TANH have the output's scale that TFLite demands. */
static void check_curve(int type, bool logistic)
{
    static Stored in, out;
    static double expected[MAX_ELEMENTS];
    every_byte(&in, type);
    out = in;
    out.scale = logistic ? 1.0f / 256 : 1.0f / 128;
    out.zero = (logistic ? -128 : 0) + (type == TFL_TYPE_UINT8 ? 128 : 0);
    for (size_t i = 0; i < in.n; i++)
        expected[i] = stored_at(&out, logistic ? 1 / (1 + exp(-real(&in, i))) : tanh(real(&in, i)));
    ops_compare(logistic ? "LOGISTIC" : "TANH",
                unary_model(&in, &out, logistic ? TFL_OP_LOGISTIC : TFL_OP_TANH, (TbOptions){ 0 }),
                in.values, expected, in.n, type == TFL_TYPE_FLOAT32 ? 1e-6 : 1);
}

static double hard_swish(double x)
{
    return x * (x < -3 ? 0 : x > 3 ? 6 : x + 3) / 6;
}

/* Within a step of the output's; its scale covers what can come. */
static void check_hard_swish(int type)
{
    static Stored in, out;
    static double expected[MAX_ELEMENTS];
    every_byte(&in, type);
    out = in;
    out.scale = in.scale * (float)ops_draw(50, 150) / 100;
    out.zero = draw_zero(type);
    for (size_t i = 0; i < in.n; i++)
        expected[i] = stored_at(&out, hard_swish(real(&in, i)));
    ops_compare("HARD_SWISH", unary_model(&in, &out, TFL_OP_HARD_SWISH, (TbOptions){ 0 }),
                in.values, expected, in.n, type == TFL_TYPE_FLOAT32 ? 1e-6 : 1);
}

/* Between two types, `to` being another one or the same with another scale. */
static void check_quantize(int from, int to)
{
    static Stored in, out;
    static double expected[MAX_ELEMENTS];
    every_byte(&in, from);
    out = in;
    out.type = to;
    out.scale = ops_draw_scale();
    out.zero = draw_zero(to);
    for (size_t i = 0; i < in.n; i++) {
        double v = less_zero(&in, i);
        if (to == TFL_TYPE_FLOAT32)
            v *= (double)in.scale;
        else if (from == TFL_TYPE_FLOAT32)
            v = (double)roundf((float)v / out.scale) + out.zero;
        else
            v = (double)ops_scaled((int64_t)v, (double)in.scale / (double)out.scale) + out.zero;
        expected[i] = ops_clamp(to, 0, v, 0, 0);
    }
    int32_t builtin = to == TFL_TYPE_FLOAT32 ? TFL_OP_DEQUANTIZE : TFL_OP_QUANTIZE;
    ops_compare("QUANTIZE", unary_model(&in, &out, builtin, (TbOptions){ 0 }), in.values, expected,
                in.n, to == TFL_TYPE_FLOAT32 ? 1e-6 : 0);
}

static void check_softmax(int type)
{
    static Stored in, out;
    static double expected[MAX_ELEMENTS];
    float beta = (float)ops_draw(1, 20) / 10;
    in.rank = ops_draw(1, 3);
    for (int d = 0; d < 3; d++)
        in.dims[d] = ops_draw(1, d == in.rank - 1 ? 200 : 4);
    draw_stored(&in, type);
    out = in;
    out.scale = 1.0f / 256;
    out.zero = type == TFL_TYPE_INT8 ? -128 : 0;
    size_t row = (size_t)in.dims[in.rank - 1];
    for (size_t r = 0; r < in.n; r += row) {
        double sum = 0, most = -1e9;
        for (size_t i = r; i < r + row; i++)
            most = fmax(most, real(&in, i));
        for (size_t i = r; i < r + row; i++)
            sum += exp((real(&in, i) - most) * (double)beta);
        for (size_t i = r; i < r + row; i++)
            expected[i] = stored_at(&out, exp((real(&in, i) - most) * (double)beta) / sum);
    }
    ops_compare("SOFTMAX", unary_model(&in, &out, TFL_OP_SOFTMAX, tb_softmax_options(beta)),
                in.values, expected, in.n, type == TFL_TYPE_FLOAT32 ? 1e-6 : 1);
}

/* uint8 may change scales, in float; int8 keeps them, as TFLite demands. */
static double joined(const Stored *in, const Stored *out, size_t i)
{
    if (in->type != TFL_TYPE_UINT8 || (in->scale == out->scale && in->zero == out->zero))
        return ops_stored(in->type, in->values, i);
    float scale = in->scale * (1 / out->scale), offset = (float)-in->zero * scale;
    double v = (double)roundf((float)in->values[i] * scale + offset) + out->zero;
    return ops_clamp(in->type, 0, v, 0, 0);
}

/* Two or three tensors, the first of which is the input. */
static void check_concatenation(int type)
{
    static Stored in[3], out;
    static double expected[MAX_ELEMENTS];
    int32_t n = ops_draw(2, 3), rank = ops_draw(1, 4), axis = ops_draw(0, rank - 1);
    size_t outer = 1, at = 0;
    out.type = type;
    out.scale = ops_draw_scale();
    out.zero = draw_zero(type);
    for (int32_t d = 0; d < 4; d++)
        in[0].dims[d] = ops_draw(1, 5);
    for (int32_t i = 0; i < n; i++) {
        memcpy(in[i].dims, in[0].dims, sizeof in[0].dims);
        in[i].rank = rank;
        in[i].dims[axis] = ops_draw(1, 5);
        draw_stored(&in[i], type);
        if (type != TFL_TYPE_UINT8 || ops_draw(0, 1)) {
            in[i].scale = out.scale;
            in[i].zero = out.zero;
        }
    }
    for (int32_t d = 0; d < axis; d++)
        outer *= (size_t)in[0].dims[d];
    for (size_t o = 0; o < outer; o++)
        for (int32_t i = 0; i < n; i++)
            for (size_t k = 0; k < in[i].n / outer; k++)
                expected[at++] = joined(&in[i], &out, o * (in[i].n / outer) + k);
    TbModel *model = tb_model_new();
    TbOperator op = { .builtin = TFL_OP_CONCATENATION,
                      .n_inputs = n,
                      .n_outputs = 1,
                      .options = tb_concatenation_options(ops_draw(0, 1) ? axis : axis - rank, 0) };
    for (int32_t i = 0; i < n; i++)
        op.inputs[i] = tensor(model, &in[i], i > 0);
    op.outputs[0] = result(model, &out);
    tb_operator(model, &op);
    tb_input(model, op.inputs[0]);
    tb_output(model, op.outputs[0]);
    ops_compare("CONCATENATION", model, in[0].values, expected, at, 0);
}

static void check_type(int type)
{
    check_activation(type, TFL_OP_RELU, TFL_ACTIVATION_RELU);
    check_activation(type, TFL_OP_RELU6, TFL_ACTIVATION_RELU6);
    check_activation(type, TFL_OP_RELU_N1_TO_1, TFL_ACTIVATION_RELU_N1_TO_1);
    check_curve(type, false);
    check_curve(type, true);
    check_hard_swish(type);
    check_softmax(type);
    check_concatenation(type);
}

int main(void)
{
    static const int types[] = { TFL_TYPE_FLOAT32, TFL_TYPE_INT8, TFL_TYPE_UINT8 };
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < 3; i++)
            check_type(types[i]);
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < 3; k++)
                if (i || k)
                    check_quantize(types[i], types[k]);
    }
    return ops_report("ops_unary");
}
