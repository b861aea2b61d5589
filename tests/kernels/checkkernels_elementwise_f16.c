/* SPDX-License-Identifier: MIT
 *
 * The float16 slots that work number by number. */
#include <math.h>
#include <string.h>

#include "checkkernels.h"
#include "kernels/half.h"

enum { MOST = 2000, BENCH_N = 4096 };

typedef enum { ADD, SUB, MUL, HARD_SWISH, MAX, ACCUMULATE, NARROW, WIDEN } Operator;

typedef enum { OUT_APART, OUT_IS_A, OUT_IS_B, OUT_STYLES } Alias;

static const char *const alias_names[OUT_STYLES] = { "apart", "is a", "is b" };

static double number(MnetHalf half)
{
    return (double)mnet_half_to_float(half);
}

static MnetHalf *place_halves(CheckBuffer buffer, size_t n)
{
    MnetHalf *data = check_place(buffer, n * sizeof *data, CHECK_SLACK, sizeof *data);
    check_fill_f16(data, n);
    return data;
}

static void run_binary(const MnetKernels *kernels, Operator operator, size_t n)
{
    static MnetHalf a_copy[MOST], b_copy[MOST];
    size_t b_step = (size_t)check_between(0, 1);
    Alias alias =
        check_one_in(2) ? OUT_APART : (Alias)check_between(0, b_step ? OUT_IS_B : OUT_IS_A);
    float min = check_one_in(2) ? -INFINITY : 0, max = check_one_in(2) ? INFINITY : 1;
    check_place_front(alias != OUT_APART || check_one_in(2));
    check_case("n %zu, b_step %zu, out %s, %g to %g", n, b_step, alias_names[alias], (double)min,
               (double)max);
    MnetHalf *a = place_halves(CHECK_A, n), *b = place_halves(CHECK_B, b_step ? n : 1);
    memcpy(a_copy, a, n * sizeof *a);
    memcpy(b_copy, b, (b_step ? n : 1) * sizeof *b);
    MnetHalf *out = check_place_output(n * sizeof *out, sizeof *out);
    if (alias == OUT_IS_A)
        a = memcpy(out, a, n * sizeof *a);
    if (alias == OUT_IS_B)
        b = memcpy(out, b, n * sizeof *b);
    (operator== ADD ? kernels->f16->add :
     operator== SUB ? kernels->f16->sub
                    : kernels->f16->mul)(n, a, b, b_step, min, max, out);
    for (size_t i = 0; i < n; i++) {
        double x = number(a_copy[i]), y = number(b_copy[i * b_step]);
        double value = operator== ADD ? x + y : operator== SUB ? x - y : x * y;
        double expected = naive_clamp(value, (double)min, (double)max);
        if (!naive_near_f16(out[i], expected, fabs(value), 1)) {
            check_fail("element %zu is %g, %g expected", i, number(out[i]), expected);
            break;
        }
    }
    check_around_output();
}

/* hard_swish and max; `out` is read, too, or it is the input. */
static void run_unary(const MnetKernels *kernels, Operator operator, size_t n)
{
    static MnetHalf before[MOST], copy[MOST];
    bool in_place = operator== HARD_SWISH && check_one_in(2);
    check_case("n %zu%s", n, in_place ? ", out is in" : "");
    check_place_front(in_place || check_one_in(2));
    MnetHalf *in = place_halves(CHECK_A, n), *out = check_place_output(n * sizeof *out, 2);
    for (size_t i = 0; i < n && operator== HARD_SWISH; i++)
        in[i] = mnet_half_from_float(4 * mnet_half_to_float(in[i]));
    check_fill_f16(out, n);
    memcpy(before, out, n * sizeof *out);
    memcpy(copy, in, n * sizeof *in);
    if (in_place)
        in = memcpy(out, in, n * sizeof *in);
    if (operator== HARD_SWISH)
        kernels->f16->hard_swish(n, in, out);
    else
        kernels->f16->max(n, in, out);
    for (size_t i = 0; i < n; i++) {
        double x = number(copy[i]), y = number(before[i]);
        double expected = operator== HARD_SWISH ? x * naive_clamp(x + 3, 0, 6) / 6 : fmax(x, y);
        if (!naive_near_f16(out[i], expected, operator== HARD_SWISH ? fabs(x) : 0, 1)) {
            check_fail("element %zu is %g, %g expected", i, number(out[i]), expected);
            break;
        }
    }
    check_around_output();
}

static void run_accumulate(const MnetKernels *kernels, size_t n)
{
    static float before[MOST];
    check_case("n %zu", n);
    check_place_front(check_one_in(2));
    const MnetHalf *in = place_halves(CHECK_A, n);
    float *acc = check_place_output(n * sizeof *acc, sizeof *acc);
    check_fill_f32(acc, n);
    memcpy(before, acc, n * sizeof *acc);
    kernels->f16->accumulate(n, in, acc);
    for (size_t i = 0; i < n; i++) {
        double x = number(in[i]), y = (double)before[i];
        if (!naive_near(acc[i], x + y, fabs(x) + fabs(y))) {
            check_fail("element %zu is %g, %g expected", i, (double)acc[i], x + y);
            break;
        }
    }
    check_around_output();
}

/* The nearest of all halves, the even one of two, found by counting. */
static MnetHalf nearest(double value)
{
    MnetHalf best = 0;
    double distance = INFINITY;
    for (uint32_t bits = 0; bits <= 0x7c00; bits++) {
        /* What would be behind the largest number counts for infinity. */
        double candidate = bits == 0x7c00 ? 65536 : number((MnetHalf)bits);
        double d = fabs(candidate - fabs(value));
        if (d < distance || (d == distance && !(bits & 1))) {
            distance = d;
            best = (MnetHalf)bits;
        }
    }
    return (MnetHalf)(best | (signbit(value) ? 0x8000 : 0));
}

/* Numbers between two halves, in the middle of them, or any. */
static float hard_to_round(void)
{
    MnetHalf half = (MnetHalf)check_random();
    float low = mnet_half_to_float(half), high = mnet_half_to_float((MnetHalf)(half + 1));
    float middle = isfinite(low) && isfinite(high) ? (low + high) / 2 : 65520;
    return check_one_in(3)   ? middle
           : check_one_in(2) ? nextafterf(middle, check_one_in(2) ? INFINITY : -INFINITY)
                             : check_float(-70000, 70000);
}

/* A quarter of a million comparisons a number: some of them. */
static void run_narrow(const MnetKernels *kernels, size_t n)
{
    check_case("n %zu", n);
    check_place_front(check_one_in(2));
    float *in = check_place(CHECK_A, n * sizeof *in, CHECK_SLACK, sizeof *in);
    for (size_t i = 0; i < n; i++)
        in[i] = hard_to_round();
    MnetHalf *out = check_place_output(n * sizeof *out, sizeof *out);
    kernels->f16->narrow(n, in, out);
    for (size_t i = 0; i < n; i++)
        if (out[i] != mnet_half_from_float(in[i]) ||
            (check_one_in(64) && out[i] != nearest((double)in[i]))) {
            check_fail("element %zu of %a is %04x, %04x expected", i, (double)in[i], out[i],
                       nearest((double)in[i]));
            break;
        }
    check_around_output();
}

static void run_widen(const MnetKernels *kernels, size_t n)
{
    check_case("n %zu", n);
    check_place_front(check_one_in(2));
    MnetHalf *in = place_halves(CHECK_A, n);
    for (size_t i = 0; i < n; i++)
        in[i] = (MnetHalf)check_random();
    float *out = check_place_output(n * sizeof *out, sizeof *out);
    kernels->f16->widen(n, in, out);
    for (size_t i = 0; i < n; i++) {
        int32_t exponent = in[i] >> 10 & 31, mantissa = in[i] & 0x3ff;
        double expected = exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);
        expected = exponent == 31 ? (mantissa ? NAN : INFINITY) : expected;
        expected = in[i] & 0x8000 ? -expected : expected;
        if (isnan(expected) ? !isnan(out[i]) : (double)out[i] != expected) {
            check_fail("element %zu of %04x is %g, %g expected", i, in[i], (double)out[i],
                       expected);
            break;
        }
    }
    check_around_output();
}

static void run(const MnetKernels *kernels, Operator operator, size_t n)
{
    switch (operator) {
    case HARD_SWISH:
    case MAX:
        run_unary(kernels, operator, n);
        break;
    case ACCUMULATE:
        run_accumulate(kernels, n);
        break;
    case NARROW:
        run_narrow(kernels, n);
        break;
    case WIDEN:
        run_widen(kernels, n);
        break;
    default:
        run_binary(kernels, operator, n);
    }
}

static void sweep(const MnetKernels *kernels, Operator operator)
{
    for (size_t n = 0; n <= 300; n += n < 70 ? 1 : (size_t)check_step)
        run(kernels, operator, n);
    for (int i = 0; i < check_iterations; i++)
        run(kernels, operator,(size_t) check_between(1, check_one_in(8) ? MOST : 100));
}

static void check_add(const MnetKernels *kernels)
{
    sweep(kernels, ADD);
}

static void check_sub(const MnetKernels *kernels)
{
    sweep(kernels, SUB);
}

static void check_mul(const MnetKernels *kernels)
{
    sweep(kernels, MUL);
}

static void check_hard_swish(const MnetKernels *kernels)
{
    sweep(kernels, HARD_SWISH);
}

static void check_max(const MnetKernels *kernels)
{
    sweep(kernels, MAX);
}

static void check_accumulate(const MnetKernels *kernels)
{
    sweep(kernels, ACCUMULATE);
}

static void check_narrow(const MnetKernels *kernels)
{
    sweep(kernels, NARROW);
}

static void check_widen(const MnetKernels *kernels)
{
    sweep(kernels, WIDEN);
}

typedef struct {
    const MnetHalf *a, *b;
    MnetHalf *out;
    float *floats;
} Operands;

static void call(const MnetKernels *kernels, const void *data)
{
    const Operands *o = data;
    kernels->f16->add(BENCH_N, o->a, o->b, 1, 0, 6, o->out);
    kernels->f16->hard_swish(BENCH_N, o->a, o->out);
    kernels->f16->widen(BENCH_N, o->a, o->floats);
    kernels->f16->narrow(BENCH_N, o->floats, o->out);
}

static void bench(const MnetKernels *kernels)
{
    static float floats[BENCH_N];
    check_place_front(true);
    Operands o = { place_halves(CHECK_A, BENCH_N), place_halves(CHECK_B, BENCH_N), NULL, floats };
    o.out = check_place_output(BENCH_N * sizeof(MnetHalf), sizeof(MnetHalf));
    bench_print(kernels, "elementwise_f16", "add, hard_swish, casts", call, &o, 4 * BENCH_N,
                BENCH_NO_PEAK);
}

static void no_bench(const MnetKernels *kernels)
{
}

const CheckSlot check_add_f16 = { "add_f16", check_add, bench, true };
const CheckSlot check_sub_f16 = { "sub_f16", check_sub, no_bench, true };
const CheckSlot check_mul_f16 = { "mul_f16", check_mul, no_bench, true };
const CheckSlot check_hard_swish_f16 = { "hard_swish_f16", check_hard_swish, no_bench, true };
const CheckSlot check_max_f16 = { "max_f16", check_max, no_bench, true };
const CheckSlot check_accumulate_f16 = { "accumulate_f16", check_accumulate, no_bench, true };
const CheckSlot check_narrow_f16 = { "narrow_f16", check_narrow, no_bench, true };
const CheckSlot check_widen_f16 = { "widen_f16", check_widen, no_bench, true };
