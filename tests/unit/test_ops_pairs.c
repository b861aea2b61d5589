/* SPDX-License-Identifier: MIT
 *
 * PRELU, SQUARED_DIFFERENCE, SQUARE, RSQRT and ARG_MAX against their definitions:
 * integers bit for bit, RSQRT within a step. */
#include <math.h>
#include <mnet/mnet.h>
#include <string.h>

#include "expect.h"
#include "ops_case.h"

#define ROUNDS 100
#define MAX_ELEMENTS 8192

/* A tensor of stored values. */
typedef struct {
    int type, rank;
    int32_t dims[4];
    size_t n;
    float scale;
    int32_t zero;
    uint8_t values[MAX_ELEMENTS * 4];
} Stored;

static void draw_stored(Stored *s, int type)
{
    s->type = type;
    s->scale = ops_draw_scale();
    s->zero = ops_draw(-128, 127) + (type == TFL_TYPE_UINT8 ? 128 : 0);
    s->n = 1;
    for (int d = 0; d < s->rank; d++)
        s->n *= (size_t)s->dims[d];
    ops_fill(type, s->n, s->values);
}

static double less_zero(const Stored *s, size_t i)
{
    return ops_stored(s->type, s->values, i) - (s->type == TFL_TYPE_FLOAT32 ? 0 : s->zero);
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

static int32_t result(TbModel *model, int type, float scale, int32_t zero)
{
    return tb_tensor(model,
                     &(TbTensor){ .name = "y",
                                  .type = type,
                                  .no_shape = true,
                                  .n_scales = type == TFL_TYPE_INT8 || type == TFL_TYPE_UINT8,
                                  .scale = scale,
                                  .zero_point = zero });
}

/* `first` is input 0 of the network; the other operand, if any, a constant. */
static TbModel *pair_model(int32_t builtin, const Stored *a, const Stored *b, const Stored *out,
                           bool b_first)
{
    TbModel *model = tb_model_new();
    int32_t x = tensor(model, a, false), y = b ? tensor(model, b, true) : -1;
    TbOperator op = { .builtin = builtin, .n_inputs = b ? 2 : 1, .n_outputs = 1 };
    op.inputs[b_first] = x;
    if (b)
        op.inputs[!b_first] = y;
    op.outputs[0] = result(model, out->type, out->scale, out->zero);
    tb_operator(model, &op);
    tb_input(model, x);
    tb_output(model, op.outputs[0]);
    return model;
}

/* Dimensions that b repeats are 1; or it has fewer of them, or more: `a` is repeated. */
static void draw_pair(Stored *a, Stored *b, int type)
{
    a->rank = ops_draw(1, 4);
    for (int d = 0; d < a->rank; d++)
        a->dims[d] = ops_draw(1, d == a->rank - 1 ? 40 : 5);
    b->rank = ops_draw(0, 3) ? a->rank : ops_draw(1, a->rank);
    for (int d = 0; d < b->rank; d++)
        b->dims[d] = ops_draw(0, 2) ? a->dims[d + a->rank - b->rank] : 1;
    for (int d = 0; d < b->rank && ops_draw(0, 4) == 0; d++)
        a->dims[d + a->rank - b->rank] = 1;
    draw_stored(a, type);
    draw_stored(b, type);
}

/* Element of a tensor that element `i` of the result, of shape `dims`, needs. */
static size_t element_of(const Stored *s, int rank, const int32_t *dims, size_t i)
{
    size_t at = 0, step = 1;
    for (int d = rank - 1, own = s->rank - 1; d >= 0; d--, own--) {
        size_t index = i % (size_t)dims[d];
        i /= (size_t)dims[d];
        if (own < 0)
            continue;
        at += s->dims[own] == 1 ? 0 : index * step;
        step *= (size_t)s->dims[own];
    }
    return at;
}

static double prelu(const Stored *a, const Stored *b, const Stored *out, double x, double alpha)
{
    if (a->type == TFL_TYPE_FLOAT32)
        return x >= 0 ? x : x * alpha;
    double scale = (double)a->scale, to = (double)out->scale;
    int64_t q = x >= 0 ? ops_scaled((int64_t)x, scale / to)
                       : ops_scaled((int64_t)(x * alpha), scale * (double)b->scale / to);
    return ops_clamp(out->type, 0, (double)(q + out->zero), 0, 0);
}

/* Both operands shifted left by 7 and brought to twice the larger scale. */
static double squared(const Stored *a, const Stored *b, const Stored *out, double x, double y)
{
    if (a->type == TFL_TYPE_FLOAT32)
        return (x - y) * (x - y);
    double twice = 2 * fmax((double)a->scale, (double)b->scale);
    int64_t difference = ops_scaled((int64_t)x * 128, (double)a->scale / twice) -
                         ops_scaled((int64_t)y * 128, (double)b->scale / twice);
    int64_t q = ops_scaled(difference * difference, twice * twice / (16384 * (double)out->scale));
    return ops_clamp(out->type, 0, (double)(q + out->zero), 0, 0);
}

static void check_pair(int type, int32_t builtin)
{
    static Stored a, b, out;
    static double expected[MAX_ELEMENTS];
    int32_t dims[4];
    size_t n = 1;
    draw_pair(&a, &b, type);
    out = a;
    out.scale = ops_draw_scale() * (builtin == TFL_OP_PRELU ? 1 : 5);
    out.zero = ops_draw(-128, 127) + (type == TFL_TYPE_UINT8 ? 128 : 0);
    for (int d = 0; d < a.rank; d++) {
        int own = d - a.rank + b.rank;
        dims[d] = own >= 0 && b.dims[own] > a.dims[d] ? b.dims[own] : a.dims[d];
        n *= (size_t)dims[d];
    }
    bool swapped = builtin == TFL_OP_SQUARED_DIFFERENCE && ops_draw(0, 1);
    for (size_t i = 0; i < n; i++) {
        double x = less_zero(&a, element_of(&a, a.rank, dims, i));
        double y = less_zero(&b, element_of(&b, a.rank, dims, i));
        expected[i] = builtin == TFL_OP_PRELU ? prelu(&a, &b, &out, x, y)
                      : swapped               ? squared(&b, &a, &out, y, x)
                                              : squared(&a, &b, &out, x, y);
    }
    ops_compare(builtin == TFL_OP_PRELU ? "PRELU" : "SQUARED_DIFFERENCE",
                pair_model(builtin, &a, &b, &out, swapped), a.values, expected, n,
                type == TFL_TYPE_FLOAT32 ? 1e-5 : 0);
}

static void check_square(void)
{
    static Stored in;
    static double expected[MAX_ELEMENTS];
    in.rank = 2;
    in.dims[0] = ops_draw(1, 30);
    in.dims[1] = ops_draw(1, 30);
    draw_stored(&in, TFL_TYPE_FLOAT32);
    for (size_t i = 0; i < in.n; i++)
        expected[i] = less_zero(&in, i) * less_zero(&in, i);
    ops_compare("SQUARE", pair_model(TFL_OP_SQUARE, &in, NULL, &in, false), in.values, expected,
                in.n, 1e-6);
}

/* Above 0, but for bytes: what is not gives the highest number. */
static void check_rsqrt(int type)
{
    static Stored in, out;
    static double expected[MAX_ELEMENTS];
    in.rank = 1;
    in.dims[0] = 300;
    draw_stored(&in, type);
    for (size_t i = 0; i < in.n; i++) {
        float positive = (float)ops_draw(1, 100000) / 1000;
        if (type == TFL_TYPE_FLOAT32)
            memcpy(in.values + 4 * i, &positive, 4);
        else
            in.values[i] = (uint8_t)i;
    }
    out = in;
    out.scale = ops_draw_scale() * 2;
    double high = type == TFL_TYPE_UINT8 ? 255 : 127;
    for (size_t i = 0; i < in.n; i++) {
        double x = less_zero(&in, i);
        if (type == TFL_TYPE_FLOAT32)
            expected[i] = 1 / sqrt(x);
        else if (x <= 0)
            expected[i] = high;
        else
            expected[i] = ops_clamp(
                type, 0, round(1 / sqrt(x * (double)in.scale) / (double)out.scale) + out.zero, 0,
                0);
    }
    ops_compare("RSQRT", pair_model(TFL_OP_RSQRT, &in, NULL, &out, false), in.values, expected,
                in.n, type == TFL_TYPE_FLOAT32 ? 1e-6 : 1);
}

static TbModel *arg_max_model(const Stored *in, int32_t axis, int to, bool wide_axis)
{
    static int64_t wide;
    wide = axis;
    TbModel *model = tb_model_new();
    int32_t x = tensor(model, in, false);
    int32_t a = wide_axis ? tb_tensor(model, &(TbTensor){ .name = "axis",
                                                          .type = TFL_TYPE_INT64,
                                                          .has_rank = true,
                                                          .data = &wide,
                                                          .bytes = 8 })
                          : tb_ints(model, "axis", 1, &axis);
    int32_t y = result(model, to, 0, 0);
    tb_operator(model, &(TbOperator){ .builtin = TFL_OP_ARG_MAX,
                                      .inputs = { x, a },
                                      .n_inputs = 2,
                                      .outputs = { y },
                                      .n_outputs = 1 });
    tb_input(model, x);
    tb_output(model, y);
    return model;
}

static void compare_indices(const char *name, TbModel *model, const Stored *in, int32_t axis)
{
    MnetError error = { MNET_OK, "" };
    TbFile file = tb_finish(model);
    MnetModel *loaded = mnet_model_load_memory(file.data, file.size, NULL, &error);
    MnetSession *session = loaded ? mnet_session_new(loaded, NULL, &error) : NULL;
    EXPECT(session, "%s: %s", name, error.text);
    if (!session)
        exit(1);
    memcpy(mnet_session_input(session, 0), in->values, mnet_model_input(loaded, 0)->bytes);
    mnet_session_run(session);
    const MnetTensorInfo *info = mnet_model_output(loaded, 0);
    size_t inner = 1, n = (size_t)in->dims[axis];
    for (int d = axis + 1; d < in->rank; d++)
        inner *= (size_t)in->dims[d];
    EXPECT(info->elements == in->n / n && info->rank == in->rank - 1, "%s: another shape", name);
    for (size_t i = 0; i < info->elements; i++) {
        size_t best = 0, at = i / inner * n * inner + i % inner;
        for (size_t k = 1; k < n; k++)
            if (less_zero(in, at + k * inner) > less_zero(in, at + best * inner))
                best = k;
        float found = mnet_tensor_value(info, mnet_session_output(session, 0), i);
        EXPECT(found == (float)best, "%s: %g, not %zu", name, (double)found, best);
    }
    mnet_session_free(session);
    mnet_model_unref(loaded);
    tb_file_free(&file);
}

static void check_arg_max(int type, int to)
{
    static Stored in;
    in.rank = ops_draw(1, 4);
    for (int d = 0; d < in.rank; d++)
        in.dims[d] = ops_draw(1, d == in.rank - 1 ? 40 : 6);
    draw_stored(&in, type);
    /* Few numbers, so that there are equal ones. */
    for (size_t i = 0; type != TFL_TYPE_FLOAT32 && i < in.n; i++)
        in.values[i] = (uint8_t)(in.values[i] % 5 + 126);
    int32_t axis = ops_draw(0, in.rank - 1);
    compare_indices("ARG_MAX",
                    arg_max_model(&in, ops_draw(0, 1) ? axis : axis - in.rank, to, ops_draw(0, 1)),
                    &in, axis);
}

static void refuse(void)
{
    static Stored in = { .rank = 2, .dims = { 2, 3 } }, other;
    static const int32_t axes[] = { 2, -3, INT32_MAX, INT32_MIN };
    draw_stored(&in, TFL_TYPE_FLOAT32);
    for (size_t i = 0; i < 4; i++)
        ops_refuse_any("an axis", arg_max_model(&in, axes[i], TFL_TYPE_INT64, true),
                       "of an input of 2 dimensions");
    ops_refuse_any("ARG_MAX to floats", arg_max_model(&in, 0, TFL_TYPE_FLOAT32, false),
                   "float32 to float32 is not supported");
    other = in;
    other.type = TFL_TYPE_INT8;
    ops_refuse_any("two types", pair_model(TFL_OP_PRELU, &in, &other, &in, false),
                   "float32 with int8");
    other.type = TFL_TYPE_FLOAT32;
    other.dims[1] = 2;
    other.n = 4;
    ops_refuse_any("two shapes", pair_model(TFL_OP_SQUARED_DIFFERENCE, &in, &other, &in, false),
                   "do not go together");
    ops_refuse_any("one operand", pair_model(TFL_OP_PRELU, &in, NULL, &in, false), "has 1 inputs");
    in.type = TFL_TYPE_INT8;
    ops_refuse_any("SQUARE of bytes", pair_model(TFL_OP_SQUARE, &in, NULL, &in, false),
                   "only float32");
}

int main(void)
{
    static const int types[] = { TFL_TYPE_FLOAT32, TFL_TYPE_INT8, TFL_TYPE_UINT8 };
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < 3; i++) {
            check_pair(types[i], TFL_OP_PRELU);
            check_pair(types[i], TFL_OP_SQUARED_DIFFERENCE);
            check_rsqrt(types[i]);
            check_arg_max(types[i], TFL_TYPE_INT32);
            check_arg_max(types[i], TFL_TYPE_INT64);
        }
        check_square();
    }
    refuse();
    return ops_report("ops_pairs");
}
