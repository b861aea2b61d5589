/* SPDX-License-Identifier: MIT
 *
 * The slots of curves and of enlarged rows: hard_swish_f32, logistic_f32, tanh_f32,
 * quantize_f32, blend_f32, stretch_f32. */
#include <math.h>
#include <string.h>

#include "checkkernels.h"

enum { MOST = 2000, BENCH_N = 4096, MOST_CHANNELS = 70 };

typedef enum { HARD_SWISH, LOGISTIC, TANH } Curve;

static double definition(Curve curve, double x)
{
    return curve == HARD_SWISH ? x * fmin(fmax(x + 3, 0), 6) / 6
           : curve == LOGISTIC ? 1 / (1 + exp(-x))
                               : tanh(x);
}

/* Small ones, large ones, and those that are none. */
static float draw_argument(void)
{
    static const float others[] = { 0, -0.0f, 3, -3, 88, -88, 1e30f, -1e30f, INFINITY, NAN };
    if (check_one_in(16))
        return others[check_between(0, 9)];
    return check_one_in(2) ? check_float(-6, 6) : check_float(-100, 100);
}

static void run_curve(const MnetKernels *kernels, Curve curve, size_t n)
{
    static float before[MOST];
    bool in_place = check_one_in(2);
    check_place_front(in_place || check_one_in(2));
    check_case("n %zu%s", n, in_place ? ", in place" : "");
    float *in = check_place(CHECK_A, n * sizeof *in, CHECK_SLACK, sizeof *in);
    for (size_t i = 0; i < n; i++)
        before[i] = in[i] = draw_argument();
    float *out = check_place_output(n * sizeof *out, sizeof *out);
    if (in_place)
        in = memcpy(out, in, n * sizeof *in);
    (curve == HARD_SWISH ? kernels->hard_swish_f32
     : curve == LOGISTIC ? kernels->logistic_f32
                         : kernels->tanh_f32)(n, in, out);
    for (size_t i = 0; i < n; i++) {
        double x = (double)before[i], y = definition(curve, x);
        double bound = 1e-6 * (curve == HARD_SWISH ? fmax(1, fabs(x)) : 1);
        bool same = isnan(y) ? isnan(out[i]) : isinf(y) || fabs((double)out[i] - y) <= bound;
        if (!same) {
            check_fail("of %g, element %zu, is %.9g, %.9g expected", x, i, (double)out[i], y);
            break;
        }
    }
    check_around_output();
}

static void sweep_curve(const MnetKernels *kernels, Curve curve)
{
    for (size_t n = 0; n <= 300; n += n < 70 ? 1 : (size_t)check_step)
        run_curve(kernels, curve, n);
    for (int i = 0; i < check_iterations; i++)
        run_curve(kernels, curve, (size_t)check_between(1, check_one_in(8) ? MOST : 100));
}

static void hard_swish(const MnetKernels *kernels)
{
    sweep_curve(kernels, HARD_SWISH);
}

static void logistic(const MnetKernels *kernels)
{
    sweep_curve(kernels, LOGISTIC);
}

static void tangent(const MnetKernels *kernels)
{
    sweep_curve(kernels, TANH);
}

/* The quotient as a float, in double without a further rounding. */
static int8_t quantized(float x, float scale, int32_t zero_point)
{
    volatile float quotient = x / scale;
    double rounded = round((double)quotient) + zero_point;
    return (int8_t)(rounded > 127 ? 127 : rounded > -128 ? rounded : -128);
}

static void run_quantize(const MnetKernels *kernels, size_t n)
{
    static int8_t expected[MOST];
    float scale = check_one_in(8) ? 1 : check_float(0.001f, 0.1f);
    int32_t zero_point = check_between(-128, 127);
    check_place_front(check_one_in(2));
    check_case("n %zu, scale %g, zero point %d", n, (double)scale, zero_point);
    float *in = check_place(CHECK_A, n * sizeof *in, CHECK_SLACK, sizeof *in);
    for (size_t i = 0; i < n; i++) {
        /* Half of them are in the middle of two steps, or next to it. */
        float middle = ((float)check_between(-300, 300) + 0.5f) * scale;
        in[i] = check_one_in(2)   ? draw_argument()
                : check_one_in(2) ? middle
                                  : nextafterf(middle, check_one_in(2) ? -1000.0f : 1000.0f);
        expected[i] = quantized(in[i], scale, zero_point);
    }
    int8_t *out = check_place_output(n, 1);
    kernels->quantize_f32(n, in, scale, zero_point, out);
    check_same_s8(out, expected, n, n);
    check_around_output();
}

static void quantize(const MnetKernels *kernels)
{
    for (size_t n = 0; n <= 300; n += n < 70 ? 1 : (size_t)check_step)
        run_quantize(kernels, n);
    for (int i = 0; i < check_iterations; i++)
        run_quantize(kernels, (size_t)check_between(1, check_one_in(8) ? MOST : 100));
}

static bool near_blend(float out, double a, double b, double part)
{
    return naive_near(out, a * (1 - part) + b * part, fabs(a * (1 - part)) + fabs(b * part));
}

static float draw_part(void)
{
    return check_one_in(4) ? (float)check_between(0, 1) : check_float(-0.5f, 1);
}

static void run_blend(const MnetKernels *kernels, size_t n)
{
    static float a_copy[MOST];
    float part = draw_part();
    bool in_place = check_one_in(2);
    check_place_front(in_place || check_one_in(2));
    check_case("n %zu, part %g%s", n, (double)part, in_place ? ", out is a" : "");
    float *a = check_place(CHECK_A, n * sizeof *a, CHECK_SLACK, sizeof *a);
    float *b = check_place(CHECK_B, n * sizeof *b, CHECK_SLACK, sizeof *b);
    check_fill_f32(a, n);
    check_fill_f32(b, n);
    memcpy(a_copy, a, n * sizeof *a);
    float *out = check_place_output(n * sizeof *out, sizeof *out);
    if (in_place)
        a = memcpy(out, a, n * sizeof *a);
    kernels->blend_f32(n, a, b, part, out);
    for (size_t i = 0; i < n; i++)
        if (!near_blend(out[i], (double)a_copy[i], (double)b[i], (double)part)) {
            check_fail("element %zu is %g", i, (double)out[i]);
            break;
        }
    check_around_output();
}

static void blend(const MnetKernels *kernels)
{
    for (size_t n = 0; n <= 300; n += n < 70 ? 1 : (size_t)check_step)
        run_blend(kernels, n);
    for (int i = 0; i < check_iterations; i++)
        run_blend(kernels, (size_t)check_between(1, MOST));
}

enum { MOST_PIXELS = 40 };

static void run_stretch(const MnetKernels *kernels, size_t channels)
{
    int32_t pixels = check_between(1, 9);
    size_t n = (size_t)check_between(0, MOST_PIXELS);
    check_place_front(check_one_in(2));
    check_case("%zu pixels of %d, %zu channels", n, pixels, channels);
    int32_t *left = check_place(CHECK_ROWS, n * sizeof *left, 0, sizeof *left);
    int32_t *right = check_place(CHECK_SHIFT, n * sizeof *right, 0, sizeof *right);
    float *part = check_place(CHECK_SCALE, n * sizeof *part, 0, sizeof *part);
    size_t size = (size_t)pixels * channels;
    float *in = check_place(CHECK_A, size * sizeof *in, CHECK_SLACK, sizeof *in);
    check_fill_f32(in, size);
    for (size_t i = 0; i < n; i++) {
        left[i] = check_between(0, pixels - 1);
        right[i] = check_between(left[i], pixels - 1);
        part[i] = draw_part();
    }
    float *out = check_place_output(n * channels * sizeof *out, sizeof *out);
    kernels->stretch_f32(&(MnetStretchF32){ channels, left, right, part }, n, in, out);
    for (size_t i = 0; i < n * channels; i++) {
        size_t x = i / channels, c = i % channels;
        if (!near_blend(out[i], (double)in[(size_t)left[x] * channels + c],
                        (double)in[(size_t)right[x] * channels + c], (double)part[x])) {
            check_fail("channel %zu of pixel %zu is %g", c, x, (double)out[i]);
            break;
        }
    }
    check_around_output();
}

static void stretch(const MnetKernels *kernels)
{
    for (size_t channels = 1; channels <= MOST_CHANNELS; channels++)
        run_stretch(kernels, channels);
    for (int i = 0; i < check_iterations; i++)
        run_stretch(kernels, (size_t)check_between(1, MOST_CHANNELS));
}

typedef struct {
    const float *a, *b;
    float *out;
    const MnetStretchF32 *stretch;
} Operands;

static void call_hard_swish(const MnetKernels *kernels, const void *data)
{
    const Operands *o = data;
    kernels->hard_swish_f32(BENCH_N, o->a, o->out);
}

static void call_logistic(const MnetKernels *kernels, const void *data)
{
    const Operands *o = data;
    kernels->logistic_f32(BENCH_N, o->a, o->out);
}

static void call_tanh(const MnetKernels *kernels, const void *data)
{
    const Operands *o = data;
    kernels->tanh_f32(BENCH_N, o->a, o->out);
}

static void call_quantize(const MnetKernels *kernels, const void *data)
{
    const Operands *o = data;
    kernels->quantize_f32(BENCH_N, o->a, 0.02f, 3, (int8_t *)o->out);
}

static void call_blend(const MnetKernels *kernels, const void *data)
{
    const Operands *o = data;
    kernels->blend_f32(BENCH_N, o->a, o->b, 0.25f, o->out);
}

static void call_stretch(const MnetKernels *kernels, const void *data)
{
    const Operands *o = data;
    kernels->stretch_f32(o->stretch, BENCH_N / 16, o->a, o->out);
}

static void bench(const MnetKernels *kernels, const char *slot, const char *what, BenchCall *call)
{
    static int32_t left[BENCH_N / 16], right[BENCH_N / 16];
    static float part[BENCH_N / 16];
    check_place_front(true);
    float *a = check_place(CHECK_A, BENCH_N * sizeof *a, CHECK_SLACK, sizeof *a);
    float *b = check_place(CHECK_B, BENCH_N * sizeof *b, CHECK_SLACK, sizeof *b);
    check_fill_f32(a, BENCH_N);
    check_fill_f32(b, BENCH_N);
    for (int32_t i = 0; i < BENCH_N / 16; i++) {
        left[i] = i / 2;
        right[i] = i / 2 + 1;
        part[i] = (float)(i % 2) / 2;
    }
    const MnetStretchF32 stretch = { 16, left, right, part };
    const Operands o = { a, b, check_place_output(BENCH_N * sizeof(float), sizeof(float)),
                         &stretch };
    bench_print(kernels, slot, what, call, &o, BENCH_N, BENCH_NO_PEAK);
}

static void bench_hard_swish(const MnetKernels *kernels)
{
    bench(kernels, "hard_swish_f32", "4096", call_hard_swish);
}

static void bench_logistic(const MnetKernels *kernels)
{
    bench(kernels, "logistic_f32", "4096", call_logistic);
}

static void bench_tanh(const MnetKernels *kernels)
{
    bench(kernels, "tanh_f32", "4096", call_tanh);
}

static void bench_quantize(const MnetKernels *kernels)
{
    bench(kernels, "quantize_f32", "4096", call_quantize);
}

static void bench_blend(const MnetKernels *kernels)
{
    bench(kernels, "blend_f32", "4096", call_blend);
}

static void bench_stretch(const MnetKernels *kernels)
{
    bench(kernels, "stretch_f32", "256 x 16", call_stretch);
}

const CheckSlot check_hard_swish_f32 = { "hard_swish_f32", hard_swish, bench_hard_swish };
const CheckSlot check_logistic_f32 = { "logistic_f32", logistic, bench_logistic };
const CheckSlot check_tanh_f32 = { "tanh_f32", tangent, bench_tanh };
const CheckSlot check_quantize_f32 = { "quantize_f32", quantize, bench_quantize };
const CheckSlot check_blend_f32 = { "blend_f32", blend, bench_blend };
const CheckSlot check_stretch_f32 = { "stretch_f32", stretch, bench_stretch };
