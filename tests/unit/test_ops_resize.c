/* SPDX-License-Identifier: MIT
 *
 * RESIZE_BILINEAR, CONCATENATION of several scales, and curves of bytes against
 * the formulas of TFLite's reference, bytes bit for bit. */
#include <mnet/mnet.h>

#include <math.h>

#include "expect.h"
#include "tflitebuilder.h"

#define ROUNDS 200
#define MAX_ELEMENTS 8192

static uint32_t state = 3;

static int32_t draw(int32_t low, int32_t high)
{
    state = state * 1664525u + 1013904223u;
    return low + (int32_t)((state >> 8) % (uint32_t)(high - low + 1));
}

/* One input and one output of the same type. */
typedef struct {
    int type;
    int32_t dims[4]; /* of the input */
    size_t n;        /* elements of the output */
    float floats[MAX_ELEMENTS];
    uint8_t bytes[MAX_ELEMENTS];
    double expected[MAX_ELEMENTS]; /* bytes: as they are stored */
} Case;

static int32_t value(const Case *c, size_t i)
{
    return c->type == TFL_TYPE_INT8 ? (int8_t)c->bytes[i] : c->bytes[i];
}

static void fill(Case *c, int type)
{
    c->type = type;
    for (size_t i = 0; i < MAX_ELEMENTS; i++) {
        c->floats[i] = (float)draw(-1000, 1000) / 250;
        c->bytes[i] = (uint8_t)draw(0, 255);
    }
}

static int32_t tensor(TbModel *model, int type, const int32_t *dims, float scale, int32_t zero)
{
    TbTensor t = { .name = "t",
                   .type = type,
                   .rank = 4,
                   .no_shape = !dims,
                   .n_scales = type != TFL_TYPE_FLOAT32,
                   .scale = scale,
                   .zero_point = zero };
    if (dims)
        memcpy(t.dims, dims, 4 * sizeof *dims);
    return tb_tensor(model, &t);
}

static void check(const char *name, Case *c, TbModel *model, double bound)
{
    TbFile file = tb_finish(model);
    MnetError error = { MNET_OK, "" };
    MnetModel *loaded = mnet_model_load_memory(file.data, file.size, NULL, &error);
    MnetSession *session = loaded ? mnet_session_new(loaded, NULL, &error) : NULL;
    EXPECT(session, "%s: %s", name, error.text);
    if (!session)
        exit(1);
    bool floats = c->type == TFL_TYPE_FLOAT32;
    for (size_t i = 0, at = 0; i < mnet_model_n_inputs(loaded); i++) {
        size_t bytes = mnet_model_input(loaded, i)->bytes;
        memcpy(mnet_session_input(session, i),
               floats ? (const void *)((const uint8_t *)c->floats + at) : c->bytes + at, bytes);
        at += bytes;
    }
    mnet_session_run(session);
    const void *out = mnet_session_output(session, 0);
    size_t wrong = mnet_model_output(loaded, 0)->elements != c->n, first = 0;
    for (size_t i = 0; i < c->n && !wrong; i++) {
        double got = floats                     ? (double)((const float *)out)[i]
                     : c->type == TFL_TYPE_INT8 ? ((const int8_t *)out)[i]
                                                : ((const uint8_t *)out)[i];
        wrong = !(fabs(got - c->expected[i]) <= bound);
        first = i;
    }
    EXPECT(!wrong, "%s of type %d: element %zu of %zu is not %g", name, c->type, first, c->n,
           c->expected[first]);
    mnet_session_free(session);
    mnet_model_unref(loaded);
    tb_file_free(&file);
}

/* Neighbours of index i of the output and the weight of the second, in parts of 1
 * (`fixed`: of 1024). */
typedef struct {
    int32_t low, high, part;
    float fraction;
} Place;

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static Place place(int32_t i, int32_t in, int32_t out, bool align, bool half, bool fixed)
{
    Place p;
    bool stretched = align && out > 1;
    if (fixed) {
        int32_t scale =
            stretched ? (1024 * (in - 1) + (out - 1) / 2) / (out - 1) : (1024 * in + out / 2) / out;
        int32_t at = half ? i * scale + scale / 2 - 512 : i * scale;
        p.low = larger(at / 1024, 0);
        p.part = at - 1024 * p.low;
        p.high = -larger(-((at + 1023) / 1024), -(in - 1));
        return p;
    }
    float scale = stretched ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
    volatile float product = half ? ((float)i + 0.5f) * scale : (float)i * scale;
    float at = half ? product - 0.5f : product;
    p.low = larger((int32_t)floorf(at), 0);
    p.high = -larger(-(int32_t)ceilf(at), -(in - 1));
    p.fraction = at - (float)p.low;
    return p;
}

static double blend(const Case *c, const Place *y, const Place *x, const size_t *at)
{
    if (c->type == TFL_TYPE_INT8) {
        int64_t sum = (int64_t)value(c, at[0]) * (1024 - y->part) * (1024 - x->part) +
                      (int64_t)value(c, at[1]) * y->part * (1024 - x->part) +
                      (int64_t)value(c, at[2]) * (1024 - y->part) * x->part +
                      (int64_t)value(c, at[3]) * y->part * x->part;
        return (double)((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
    }
    bool floats = c->type == TFL_TYPE_FLOAT32;
    volatile float sum = 0, product;
    for (int k = 0; k < 4; k++) {
        product = (floats ? c->floats[at[k]] : (float)value(c, at[k])) *
                  (k & 1 ? y->fraction : 1 - y->fraction);
        product = product * (k & 2 ? x->fraction : 1 - x->fraction);
        sum = k ? sum + product : product;
    }
    if (floats)
        return (double)sum;
    sum = sum + 0.5f;
    return (uint8_t)sum;
}

static void check_bilinear(Case *c, int type, bool align, bool half)
{
    int32_t size[] = { draw(1, 12), draw(1, 12) };
    fill(c, type);
    for (int d = 0; d < 4; d++)
        c->dims[d] = draw(1, d ? 7 : 2);
    c->n = 0;
    for (int32_t i = 0; i < c->dims[0] * size[0] * size[1] * c->dims[3]; i++) {
        int32_t k = i % c->dims[3], ox = i / c->dims[3] % size[1];
        int32_t oy = i / c->dims[3] / size[1] % size[0], b = i / c->dims[3] / size[1] / size[0];
        Place y = place(oy, c->dims[1], size[0], align, half, type == TFL_TYPE_INT8);
        Place x = place(ox, c->dims[2], size[1], align, half, type == TFL_TYPE_INT8);
        size_t at[4];
        for (int corner = 0; corner < 4; corner++) {
            int32_t row = corner & 1 ? y.high : y.low, column = corner & 2 ? x.high : x.low;
            at[corner] = (size_t)(((b * c->dims[1] + row) * c->dims[2] + column) * c->dims[3] + k);
        }
        c->expected[c->n++] = blend(c, &y, &x, at);
    }
    TbModel *model = tb_model_new();
    int32_t in = tensor(model, type, c->dims, 0.5f, 3);
    int32_t list = tb_ints(model, "size", 2, size), out = tensor(model, type, NULL, 0.5f, 3);
    tb_input(model, in);
    tb_output(model, out);
    tb_operator(model, &(TbOperator){ .builtin = TFL_OP_RESIZE_BILINEAR,
                                      .n_inputs = 2,
                                      .inputs = { in, list },
                                      .n_outputs = 1,
                                      .outputs = { out },
                                      .options = tb_resize_options(TFL_OPTIONS_RESIZE_BILINEAR,
                                                                   align, half) });
    check("RESIZE_BILINEAR", c, model, type == TFL_TYPE_FLOAT32 ? 1e-5 : 0);
}

static double clamp(double v, int type)
{
    double low = type == TFL_TYPE_INT8 ? -128 : 0;
    return v < low ? low : v > low + 255 ? low + 255 : v;
}

/* Three inputs, two of them on scales of their own. */
static void check_concatenation(Case *c, int type)
{
    float scales[3], out_scale = (float)draw(10, 500) / 1000;
    int32_t low = type == TFL_TYPE_INT8 ? -128 : 0, zeros[3], out_zero = low + draw(0, 255);
    int32_t dims[4] = { 1, 2, 3, 4 }, inputs[3];
    TbModel *model = tb_model_new();
    fill(c, type);
    c->n = 0;
    for (int k = 0; k < 3; k++) {
        scales[k] = k == 1 ? out_scale : (float)draw(10, 500) / 1000;
        zeros[k] = k == 1 ? out_zero : low + draw(0, 255);
        inputs[k] = tensor(model, type, dims, scales[k], zeros[k]);
        tb_input(model, inputs[k]);
        for (int i = 0; i < 24; i++, c->n++) {
            volatile float scale = scales[k] * (1.0f / out_scale), bias = -(float)zeros[k] * scale;
            volatile float product = (float)value(c, c->n) * scale;
            c->expected[c->n] =
                k == 1 ? value(c, c->n) : clamp((double)roundf(product + bias) + out_zero, type);
        }
    }
    int32_t out = tensor(model, type, NULL, out_scale, out_zero);
    tb_output(model, out);
    tb_operator(model,
                &(TbOperator){ .builtin = TFL_OP_CONCATENATION,
                               .n_inputs = 3,
                               .inputs = { inputs[0], inputs[1], inputs[2] },
                               .n_outputs = 1,
                               .outputs = { out },
                               .options = tb_concatenation_options(draw(0, 1) ? 0 : -4, 0) });
    check("CONCATENATION", c, model, 0);
}

static float curve(int32_t builtin, float x)
{
    return builtin == TFL_OP_EXP        ? expf(x)
           : builtin == TFL_OP_LOGISTIC ? 1.0f / (1.0f + expf(-x))
                                        : tanhf(x);
}

static void check_curve(Case *c, int type, int32_t builtin)
{
    float scale = (float)draw(1, 100) / 1000, out_scale = (float)draw(1, 30) / 1000;
    int32_t low = type == TFL_TYPE_INT8 ? -128 : 0, zero = low + draw(0, 255);
    int32_t out_zero = low + draw(0, 255), dims[4] = { 1, 4, 8, 8 };
    fill(c, type);
    c->n = 256;
    for (size_t i = 0; i < c->n; i++) {
        c->bytes[i] = (uint8_t)i;
        volatile float x = scale * (float)(value(c, i) - zero);
        volatile float scaled = curve(builtin, x) * (1 / out_scale);
        c->expected[i] = type == TFL_TYPE_FLOAT32 ? (double)curve(builtin, c->floats[i])
                                                  : clamp((double)roundf(scaled) + out_zero, type);
    }
    TbModel *model = tb_model_new();
    int32_t in = tensor(model, type, dims, scale, zero);
    int32_t out = tensor(model, type, NULL, out_scale, out_zero);
    tb_input(model, in);
    tb_output(model, out);
    tb_operator(model, &(TbOperator){ .builtin = builtin,
                                      .n_inputs = 1,
                                      .inputs = { in },
                                      .n_outputs = 1,
                                      .outputs = { out } });
    check("a curve", c, model, type == TFL_TYPE_FLOAT32 ? 1e-4 : 0);
}

int main(void)
{
    static Case c;
    static const int types[] = { TFL_TYPE_FLOAT32, TFL_TYPE_INT8, TFL_TYPE_UINT8 };
    for (int round = 0; round < ROUNDS; round++)
        for (int t = 0; t < 3; t++) {
            check_bilinear(&c, types[t], false, false);
            check_bilinear(&c, types[t], true, false);
            check_bilinear(&c, types[t], false, true);
            if (types[t] != TFL_TYPE_FLOAT32)
                check_concatenation(&c, types[t]);
            check_curve(&c, types[t], TFL_OP_EXP);
            check_curve(&c, types[t], TFL_OP_LOGISTIC);
            check_curve(&c, types[t], TFL_OP_TANH);
        }
    return expect_report("ops_resize");
}
