/* SPDX-License-Identifier: MIT
 *
 * Layers, pools and sums of random small shapes against their definition in
 * double precision, int8 ones bit for bit. */
#include <mnet/mnet.h>

#include <math.h>

#include "expect.h"
#include "tflitebuilder.h"

#define ROUNDS 150
#define MAX_ELEMENTS 4096

static uint32_t state = 1;

static int32_t draw(int32_t low, int32_t high)
{
    state = state * 1664525u + 1013904223u;
    return low + (int32_t)((state >> 8) % (uint32_t)(high - low + 1));
}

/* Values as they are stored, and what they stand for. */
typedef struct {
    int32_t dims[4];
    size_t n;
    bool is_float;
    int8_t bytes[MAX_ELEMENTS];
    float floats[MAX_ELEMENTS];
    float scale; /* of an int8 activation */
    int32_t zero;
} Values;

static void fill(Values *v, bool is_float, int32_t a, int32_t b, int32_t c, int32_t d)
{
    *v = (Values){ .dims = { a, b, c, d }, .n = (size_t)(a * b * c * d), .is_float = is_float };
    v->scale = (float)draw(1, 100) / 1000;
    v->zero = draw(-40, 40);
    for (size_t i = 0; i < v->n; i++) {
        v->bytes[i] = (int8_t)draw(-128, 127);
        v->floats[i] = (float)draw(-1000, 1000) / 250;
    }
}

/* Element (b, y, x, c) less the zero point; 0 outside of the picture. */
static double at(const Values *v, int32_t b, int32_t y, int32_t x, int32_t c)
{
    if (y < 0 || x < 0 || y >= v->dims[1] || x >= v->dims[2])
        return 0;
    size_t i = (size_t)(((b * v->dims[1] + y) * v->dims[2] + x) * v->dims[3] + c);
    return v->is_float ? (double)v->floats[i] : v->bytes[i] - v->zero;
}

/* TFLite's reference: a doubled high product, then a rounding right shift. */
static int32_t requantise(int64_t acc, double factor)
{
    int shift;
    int64_t multiplier = (int64_t)round(frexp(factor, &shift) * 2147483648.0);
    if (multiplier == INT64_C(1) << 31) {
        multiplier /= 2;
        shift++;
    }
    if (shift < -31)
        return 0;
    int64_t product = (shift > 0 ? acc * (INT64_C(1) << shift) : acc) * multiplier;
    int64_t nudge = product >= 0 ? 1 << 30 : 1 - (1 << 30);
    int64_t high = (product + nudge) / (INT64_C(1) << 31);
    int64_t step = shift < 0 ? INT64_C(1) << -shift : 1;
    int64_t half = high >= 0 ? step / 2 : -(step / 2);
    return (int32_t)((high + half) / step);
}

static int32_t tensor(TbModel *model, const Values *v, bool constant)
{
    TbTensor t = { .name = "t",
                   .type = v->is_float ? TFL_TYPE_FLOAT32 : TFL_TYPE_INT8,
                   .rank = 4,
                   .n_scales = !v->is_float,
                   .scale = v->scale,
                   .zero_point = v->zero };
    memcpy(t.dims, v->dims, sizeof v->dims);
    if (constant) {
        t.data = v->is_float ? (const void *)v->floats : v->bytes;
        t.bytes = v->n * (v->is_float ? 4 : 1);
    }
    return tb_tensor(model, &t);
}

static int32_t result_tensor(TbModel *model, bool is_float, float scale, int32_t zero)
{
    return tb_tensor(model, &(TbTensor){ .name = "y",
                                         .type = is_float ? TFL_TYPE_FLOAT32 : TFL_TYPE_INT8,
                                         .no_shape = true,
                                         .n_scales = !is_float,
                                         .scale = scale,
                                         .zero_point = zero });
}

/* Runs the model on `in` and compares output 0 with `expected`, in the same
 * order: numbers for floats, stored bytes for int8. */
static void compare(const char *name, TbModel *model, const Values *in, const double *expected,
                    size_t n, double bound)
{
    TbFile file = tb_finish(model);
    MnetError error = { MNET_OK, "" };
    MnetModel *loaded = mnet_model_load_memory(file.data, file.size, NULL, &error);
    MnetSession *session = loaded ? mnet_session_new(loaded, NULL, &error) : NULL;
    EXPECT(session, "%s: %s", name, error.text);
    if (!session)
        exit(1);
    memcpy(mnet_session_input(session, 0), in->is_float ? (const void *)in->floats : in->bytes,
           mnet_model_input(loaded, 0)->bytes);
    mnet_session_run(session);
    const void *output = mnet_session_output(session, 0);
    size_t wrong = mnet_model_output(loaded, 0)->elements != n, first = 0;
    for (size_t i = 0; i < n && !wrong; i++) {
        double got =
            in->is_float ? (double)((const float *)output)[i] : ((const int8_t *)output)[i];
        wrong = !(fabs(got - expected[i]) <= bound);
        first = i;
    }
    EXPECT(!wrong, "%s: %zu of %zu elements, element %zu is not %g (input %dx%dx%dx%d)", name,
           mnet_model_output(loaded, 0)->elements, n, first, expected[first], in->dims[0],
           in->dims[1], in->dims[2], in->dims[3]);
    mnet_session_free(session);
    mnet_model_unref(loaded);
    tb_file_free(&file);
}

/* One dimension of a window: outputs and what lies before the picture. */
typedef struct {
    int32_t kernel, stride, dilation, out, before;
} Axis;

static Axis draw_axis(bool same, int32_t in, bool dilated)
{
    Axis a = { .kernel = draw(1, 3), .stride = draw(1, 3), .dilation = dilated ? draw(1, 2) : 1 };
    int32_t reach = (a.kernel - 1) * a.dilation + 1;
    while (!same && reach > in)
        reach = (--a.kernel - 1) * a.dilation + 1;
    a.out = same ? (in + a.stride - 1) / a.stride : (in - reach) / a.stride + 1;
    int32_t all = (a.out - 1) * a.stride + reach - in;
    a.before = same && all > 0 ? all / 2 : 0;
    return a;
}

static double clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

/* CONV_2D, or DEPTHWISE_CONV_2D with `multiplier` outputs of each channel. */
typedef struct {
    bool is_float, same, relu6;
    int32_t multiplier, channels;
    Values in, w;
    Axis y, x;
    float scales[16]; /* of the weights, by channel */
    int32_t integers[16];
    float reals[16]; /* biases in both forms */
    float scale;     /* of the output */
    int32_t zero;
} Layer;

static void draw_layer(Layer *l, bool is_float, int32_t multiplier)
{
    l->is_float = is_float;
    l->multiplier = multiplier;
    l->same = draw(0, 1);
    l->relu6 = draw(0, 1);
    fill(&l->in, is_float, draw(1, 2), draw(1, 8), draw(1, 9), draw(1, 5));
    l->y = draw_axis(l->same, l->in.dims[1], true);
    l->x = draw_axis(l->same, l->in.dims[2], true);
    l->channels = multiplier ? l->in.dims[3] * multiplier : draw(1, 11);
    if (multiplier)
        fill(&l->w, is_float, 1, l->y.kernel, l->x.kernel, l->channels);
    else
        fill(&l->w, is_float, l->channels, l->y.kernel, l->x.kernel, l->in.dims[3]);
    l->w.zero = 0;
    l->scale = (float)draw(50, 400) / 1000;
    l->zero = draw(-60, 60);
    for (int32_t c = 0; c < l->channels; c++) {
        l->scales[c] = (float)draw(1, 60) / 5000;
        l->integers[c] = draw(-5000, 5000);
        l->reals[c] = (float)l->integers[c] / 1000;
    }
}

/* The sum of products behind output (b, oy, ox, c). */
static double layer_sum(const Layer *l, int32_t b, int32_t oy, int32_t ox, int32_t c)
{
    int32_t depth = l->multiplier ? 1 : l->in.dims[3];
    double sum = l->is_float ? (double)l->reals[c] : l->integers[c];
    for (int32_t k = 0; k < l->y.kernel * l->x.kernel * depth; k++) {
        int32_t from = l->multiplier ? c / l->multiplier : k % depth;
        int32_t ky = k / depth / l->x.kernel, kx = k / depth % l->x.kernel;
        double weight = l->multiplier ? at(&l->w, 0, ky, kx, c) : at(&l->w, c, ky, kx, from);
        sum += weight * at(&l->in, b, oy * l->y.stride - l->y.before + ky * l->y.dilation,
                           ox * l->x.stride - l->x.before + kx * l->x.dilation, from);
    }
    return sum;
}

static double layer_output(const Layer *l, double sum, int32_t c)
{
    if (l->is_float)
        return l->relu6 ? clamp(sum, 0, 6) : sum;
    double factor = (double)l->in.scale * (double)l->scales[c] / (double)l->scale;
    double six = round((double)(6.0f / l->scale)) + l->zero;
    return clamp(requantise((int64_t)sum, factor) + l->zero, l->relu6 ? l->zero : -128,
                 l->relu6 && six < 127 ? six : 127);
}

static int32_t layer_weights(TbModel *model, const Layer *l)
{
    static const int64_t zeros[16];
    int32_t scales = l->is_float ? 0 : l->channels;
    TbTensor weights = { .name = "w",
                         .type = l->is_float ? TFL_TYPE_FLOAT32 : TFL_TYPE_INT8,
                         .rank = 4,
                         .n_scales = scales,
                         .n_zero_points = scales,
                         .scales = scales ? l->scales : NULL,
                         .zero_points = scales ? zeros : NULL,
                         .quantized_dimension = l->multiplier ? 3 : 0,
                         .data = l->is_float ? (const void *)l->w.floats : l->w.bytes,
                         .bytes = l->w.n * (l->is_float ? 4 : 1) };
    memcpy(weights.dims, l->w.dims, sizeof l->w.dims);
    return tb_tensor(model, &weights);
}

static int32_t layer_bias(TbModel *model, const Layer *l)
{
    return tb_tensor(model, &(TbTensor){ .name = "bias",
                                         .type = l->is_float ? TFL_TYPE_FLOAT32 : TFL_TYPE_INT32,
                                         .rank = 1,
                                         .dims = { l->channels },
                                         .data = l->is_float ? (const void *)l->reals : l->integers,
                                         .bytes = 4 * (size_t)l->channels });
}

static TbModel *layer_model(const Layer *l)
{
    TbModel *model = tb_model_new();
    int padding = l->same ? TFL_PADDING_SAME : TFL_PADDING_VALID;
    int activation = l->relu6 ? TFL_ACTIVATION_RELU6 : TFL_ACTIVATION_NONE;
    int32_t input = tensor(model, &l->in, false);
    TbOperator op = { .builtin = l->multiplier ? TFL_OP_DEPTHWISE_CONV_2D : TFL_OP_CONV_2D,
                      .n_inputs = 3,
                      .inputs = { input, layer_weights(model, l), layer_bias(model, l) },
                      .n_outputs = 1,
                      .outputs = { result_tensor(model, l->is_float, l->scale, l->zero) } };
    op.options = l->multiplier
                     ? tb_depthwise_options(padding, l->y.stride, l->x.stride, l->multiplier,
                                            l->y.dilation, l->x.dilation, activation)
                     : tb_conv_options(padding, l->y.stride, l->x.stride, l->y.dilation,
                                       l->x.dilation, activation);
    tb_operator(model, &op);
    tb_input(model, input);
    tb_output(model, op.outputs[0]);
    return model;
}

static void check_layer(bool is_float, int32_t multiplier)
{
    static Layer l;
    static double expected[MAX_ELEMENTS];
    size_t n = 0;
    draw_layer(&l, is_float, multiplier);
    for (int32_t b = 0; b < l.in.dims[0]; b++)
        for (int32_t i = 0; i < l.y.out * l.x.out * l.channels; i++) {
            int32_t c = i % l.channels, pixel = i / l.channels;
            expected[n++] =
                layer_output(&l, layer_sum(&l, b, pixel / l.x.out, pixel % l.x.out, c), c);
        }
    compare(multiplier ? "DEPTHWISE_CONV_2D" : "CONV_2D", layer_model(&l), &l.in, expected, n,
            is_float ? 1e-3 : 0);
}

static void check_pool(bool is_float, bool maximum)
{
    static Values in;
    static double expected[MAX_ELEMENTS];
    bool same = draw(0, 1);
    fill(&in, is_float, draw(1, 2), draw(1, 8), draw(1, 9), draw(1, 5));
    Axis y = draw_axis(same, in.dims[1], false), x = draw_axis(same, in.dims[2], false);
    size_t n = 0;
    for (int32_t b = 0; b < in.dims[0]; b++)
        for (int32_t i = 0; i < y.out * x.out * in.dims[3]; i++) {
            int32_t c = i % in.dims[3], ox = i / in.dims[3] % x.out, oy = i / in.dims[3] / x.out;
            double sum = 0, most = -1e9, count = 0;
            for (int32_t k = 0; k < y.kernel * x.kernel; k++) {
                int32_t iy = oy * y.stride - y.before + k / x.kernel;
                int32_t ix = ox * x.stride - x.before + k % x.kernel;
                if (iy < 0 || ix < 0 || iy >= in.dims[1] || ix >= in.dims[2])
                    continue;
                double value = at(&in, b, iy, ix, c) + (is_float ? 0 : in.zero);
                sum += value;
                most = value > most ? value : most;
                count++;
            }
            /* round() takes halves away from zero, as the reference does. */
            double mean = is_float ? sum / count : round(sum / count);
            expected[n++] = maximum ? most : mean;
        }
    TbModel *model = tb_model_new();
    int32_t input = tensor(model, &in, false);
    int32_t output = result_tensor(model, is_float, in.scale, in.zero);
    tb_input(model, input);
    tb_operator(
        model, &(TbOperator){
                   .builtin = maximum ? TFL_OP_MAX_POOL_2D : TFL_OP_AVERAGE_POOL_2D,
                   .n_inputs = 1,
                   .inputs = { input },
                   .n_outputs = 1,
                   .outputs = { output },
                   .options = tb_pool_options(same ? TFL_PADDING_SAME : TFL_PADDING_VALID, y.stride,
                                              x.stride, y.kernel, x.kernel, TFL_ACTIVATION_NONE) });
    tb_output(model, output);
    compare(maximum ? "MAX_POOL_2D" : "AVERAGE_POOL_2D", model, &in, expected, n,
            is_float ? 1e-4 : 0);
}

/* Index (0 where a dimension is repeated) into one operand. */
static double operand(const Values *v, const int32_t *i)
{
    int32_t j[4];
    for (int d = 0; d < 4; d++)
        j[d] = v->dims[d] == 1 ? 0 : i[d];
    return at(v, j[0], j[1], j[2], j[3]);
}

/* ADD, SUB, MUL with any dimension of either operand repeated.  int8 sums within
 * one step: the reference rounds its operands first. */
static void check_binary(bool is_float, int32_t builtin, int options)
{
    static Values in, other;
    static double expected[MAX_ELEMENTS];
    int32_t dims[4], a[4], b[4], i[4];
    for (int d = 0; d < 4; d++) {
        dims[d] = draw(1, 5);
        int32_t repeated = draw(0, 3);
        a[d] = repeated == 1 ? 1 : dims[d];
        b[d] = repeated == 2 ? 1 : dims[d];
    }
    fill(&in, is_float, a[0], a[1], a[2], a[3]);
    fill(&other, is_float, b[0], b[1], b[2], b[3]);
    float scale = builtin == TFL_OP_MUL ? in.scale * other.scale * 60 : in.scale + other.scale;
    for (int d = 0; d < 4; d++)
        dims[d] = a[d] > b[d] ? a[d] : b[d];
    size_t n = 0;
    for (i[0] = 0; i[0] < dims[0]; i[0]++)
        for (i[1] = 0; i[1] < dims[1]; i[1]++)
            for (i[2] = 0; i[2] < dims[2]; i[2]++)
                for (i[3] = 0; i[3] < dims[3]; i[3]++) {
                    double p = operand(&in, i) * (is_float ? 1 : (double)in.scale);
                    double q = operand(&other, i) * (is_float ? 1 : (double)other.scale);
                    double r = builtin == TFL_OP_MUL   ? p * q
                               : builtin == TFL_OP_ADD ? p + q
                                                       : p - q;
                    expected[n++] = is_float ? r : clamp(round(r / (double)scale) + 5, -128, 127);
                }
    TbModel *model = tb_model_new();
    int32_t input = tensor(model, &in, false), constant = tensor(model, &other, true);
    int32_t output = result_tensor(model, is_float, scale, 5);
    tb_input(model, input);
    tb_operator(model, &(TbOperator){ .builtin = builtin,
                                      .n_inputs = 2,
                                      .inputs = { input, constant },
                                      .n_outputs = 1,
                                      .outputs = { output },
                                      .options = tb_binary_options(options, 0) });
    tb_output(model, output);
    compare("ADD, SUB or MUL", model, &in, expected, n, is_float ? 1e-4 : 1);
}

int main(void)
{
    for (int round = 0; round < ROUNDS; round++)
        for (int is_float = 0; is_float < 2; is_float++) {
            check_layer(is_float, 0);
            check_layer(is_float, 1);
            check_layer(is_float, 2);
            check_pool(is_float, false);
            check_pool(is_float, true);
            check_binary(is_float, TFL_OP_ADD, TFL_OPTIONS_ADD);
            check_binary(is_float, TFL_OP_SUB, TFL_OPTIONS_SUB);
            check_binary(is_float, TFL_OP_MUL, TFL_OPTIONS_MUL);
        }
    return expect_report("ops");
}
