/* SPDX-License-Identifier: MIT
 *
 * The slots that work float by float: add_f32, sub_f32, mul_f32, prelu_f32,
 * accumulate_f32, max_f32. */
#include <math.h>
#include <string.h>

#include "checkkernels.h"

enum { MOST = 2000, BENCH_N = 4096 };

typedef enum { ADD, SUB, MUL, PRELU } Operator;

typedef enum { OUT_APART, OUT_IS_A, OUT_IS_B, OUT_STYLES } Alias;

static const char *const alias_names[OUT_STYLES] = { "apart", "is a", "is b" };

typedef void Run(const MnetKernels *kernels, size_t n);
typedef void Binary(size_t n, const float *a, const float *b, size_t b_step, float min, float max,
                    float *out);

static void sweep(const MnetKernels *kernels, Run *run)
{
    for (size_t n = 0; n <= 300; n += n < 70 ? 1 : (size_t)check_step)
        run(kernels, n);
    for (int i = 0; i < check_iterations; i++)
        run(kernels, (size_t)check_between(1, check_one_in(8) ? MOST : 100));
}

static float *place_floats(CheckBuffer buffer, size_t n)
{
    float *data = check_place(buffer, n * sizeof *data, CHECK_SLACK, sizeof *data);
    check_fill_f32(data, n);
    return data;
}

static double result(Operator operator, double a, double b)
{
    return operator== ADD ? a + b : operator== SUB ? a - b : operator== PRELU && a >= 0 ? a : a * b;
}

static void run_binary(Operator operator, Binary * kernel, size_t n)
{
    static float a_copy[MOST], b_copy[MOST];
    size_t b_step = (size_t)check_between(0, 1);
    Alias alias =
        check_one_in(2) ? OUT_APART : (Alias)check_between(0, b_step ? OUT_IS_B : OUT_IS_A);
    float min = check_one_in(2) ? -INFINITY : 0, max = check_one_in(2) ? INFINITY : 1;
    check_place_front(alias != OUT_APART || check_one_in(2));
    check_case("n %zu, b_step %zu, out %s, %g to %g", n, b_step, alias_names[alias], min, max);
    float *a = place_floats(CHECK_A, n), *b = place_floats(CHECK_B, b_step ? n : 1);
    memcpy(a_copy, a, n * sizeof *a);
    memcpy(b_copy, b, (b_step ? n : 1) * sizeof *b);
    float *out = check_place_output(n * sizeof *out, sizeof *out);
    if (alias == OUT_IS_A)
        a = memcpy(out, a, n * sizeof *a);
    if (alias == OUT_IS_B)
        b = memcpy(out, b, n * sizeof *b);
    kernel(n, a, b, b_step, min, max, out);
    for (size_t i = 0; i < n; i++) {
        double x = a_copy[i], y = b_copy[i * b_step];
        double expected = naive_clamp(result(operator, x, y), min, max);
        bool product = operator== MUL || operator== PRELU;
        double magnitude = product ? fabs(x * y) : fabs(x) + fabs(y);
        if (!naive_near(out[i], expected, magnitude)) {
            check_fail("element %zu is %g, %g expected", i, out[i], expected);
            break;
        }
    }
    check_around_output();
}

static void run_add(const MnetKernels *kernels, size_t n)
{
    run_binary(ADD, kernels->add_f32, n);
}

static void run_sub(const MnetKernels *kernels, size_t n)
{
    run_binary(SUB, kernels->sub_f32, n);
}

static void run_mul(const MnetKernels *kernels, size_t n)
{
    run_binary(MUL, kernels->mul_f32, n);
}

/* The kernel table has it without the ends of a range. */
static const MnetKernels *prelu_kernels;

static void prelu_of_range(size_t n, const float *a, const float *b, size_t b_step, float min,
                           float max, float *out)
{
    prelu_kernels->prelu_f32(n, a, b, b_step, out);
    for (size_t i = 0; i < n; i++)
        out[i] = (float)naive_clamp((double)out[i], (double)min, (double)max);
}

static void run_prelu(const MnetKernels *kernels, size_t n)
{
    prelu_kernels = kernels;
    run_binary(PRELU, prelu_of_range, n);
}

/* accumulate_f32 and max_f32: `out` is read, too. */
static void run_unary(const MnetKernels *kernels, size_t n, bool is_max)
{
    static float before[MOST];
    check_case("n %zu", n);
    check_place_front(check_one_in(2));
    const float *in = place_floats(CHECK_A, n);
    float *out = check_place_output(n * sizeof *out, sizeof *out);
    check_fill_f32(out, n);
    memcpy(before, out, n * sizeof *out);
    (is_max ? kernels->max_f32 : kernels->accumulate_f32)(n, in, out);
    for (size_t i = 0; i < n; i++) {
        double x = in[i], y = before[i], expected = is_max ? fmax(x, y) : x + y;
        if (!naive_near(out[i], expected, is_max ? 0 : fabs(x) + fabs(y))) {
            check_fail("element %zu is %g, %g expected", i, out[i], expected);
            break;
        }
    }
    check_around_output();
}

static void run_accumulate(const MnetKernels *kernels, size_t n)
{
    run_unary(kernels, n, false);
}

static void run_max(const MnetKernels *kernels, size_t n)
{
    run_unary(kernels, n, true);
}

static void add(const MnetKernels *kernels)
{
    sweep(kernels, run_add);
}

static void sub(const MnetKernels *kernels)
{
    sweep(kernels, run_sub);
}

static void mul(const MnetKernels *kernels)
{
    sweep(kernels, run_mul);
}

static void prelu(const MnetKernels *kernels)
{
    sweep(kernels, run_prelu);
}

static void accumulate(const MnetKernels *kernels)
{
    sweep(kernels, run_accumulate);
}

static void max(const MnetKernels *kernels)
{
    sweep(kernels, run_max);
}

typedef struct {
    const float *a, *b;
    float *out;
} Operands;

static void call_add(const MnetKernels *kernels, const void *data)
{
    const Operands *o = data;
    kernels->add_f32(BENCH_N, o->a, o->b, 1, 0, 6, o->out);
}

static void call_sub(const MnetKernels *kernels, const void *data)
{
    const Operands *o = data;
    kernels->sub_f32(BENCH_N, o->a, o->b, 1, 0, 6, o->out);
}

static void call_mul(const MnetKernels *kernels, const void *data)
{
    const Operands *o = data;
    kernels->mul_f32(BENCH_N, o->a, o->b, 1, 0, 6, o->out);
}

static void call_prelu(const MnetKernels *kernels, const void *data)
{
    const Operands *o = data;
    kernels->prelu_f32(BENCH_N, o->a, o->b, 1, o->out);
}

static void call_accumulate(const MnetKernels *kernels, const void *data)
{
    const Operands *o = data;
    kernels->accumulate_f32(BENCH_N, o->a, o->out);
}

static void call_max(const MnetKernels *kernels, const void *data)
{
    const Operands *o = data;
    kernels->max_f32(BENCH_N, o->a, o->out);
}

static void bench(const MnetKernels *kernels, const char *slot, BenchCall *call)
{
    check_place_front(true);
    Operands o = { place_floats(CHECK_A, BENCH_N), place_floats(CHECK_B, BENCH_N), NULL };
    o.out = check_place_output(BENCH_N * sizeof(float), sizeof(float));
    check_fill_f32(o.out, BENCH_N);
    bench_print(kernels, slot, "4096", call, &o, BENCH_N, BENCH_NO_PEAK);
}

static void bench_add(const MnetKernels *kernels)
{
    bench(kernels, "add_f32", call_add);
}

static void bench_sub(const MnetKernels *kernels)
{
    bench(kernels, "sub_f32", call_sub);
}

static void bench_mul(const MnetKernels *kernels)
{
    bench(kernels, "mul_f32", call_mul);
}

static void bench_prelu(const MnetKernels *kernels)
{
    bench(kernels, "prelu_f32", call_prelu);
}

static void bench_accumulate(const MnetKernels *kernels)
{
    bench(kernels, "accumulate_f32", call_accumulate);
}

static void bench_max(const MnetKernels *kernels)
{
    bench(kernels, "max_f32", call_max);
}

const CheckSlot check_add_f32 = { "add_f32", add, bench_add };
const CheckSlot check_sub_f32 = { "sub_f32", sub, bench_sub };
const CheckSlot check_mul_f32 = { "mul_f32", mul, bench_mul };
const CheckSlot check_prelu_f32 = { "prelu_f32", prelu, bench_prelu };
const CheckSlot check_accumulate_f32 = { "accumulate_f32", accumulate, bench_accumulate };
const CheckSlot check_max_f32 = { "max_f32", max, bench_max };
