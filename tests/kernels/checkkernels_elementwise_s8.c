/* SPDX-License-Identifier: MIT
 *
 * The slots that work byte by byte: add_s8, mul_s8, lut8, accumulate_s8,
 * max_s8. */
#include <math.h>
#include <string.h>

#include "checkkernels.h"
#include "ops/quant.h"

enum { MOST = 2000, BENCH_N = 4096 };

typedef enum { OUT_APART, OUT_IS_A, OUT_IS_B, OUT_STYLES } Alias;

static int8_t expected[MOST];
static const char *const alias_names[OUT_STYLES] = { "apart", "is a", "is b" };

typedef void Run(const MnetKernels *kernels, size_t n);

static void sweep(const MnetKernels *kernels, Run *run)
{
    for (size_t n = 0; n <= 300; n += n < 140 ? 1 : (size_t)check_step)
        run(kernels, n);
    for (int i = 0; i < check_iterations; i++)
        run(kernels, (size_t)check_between(1, check_one_in(8) ? MOST : 200));
}

/* The slots with two operands. */
typedef struct {
    const int8_t *a, *b;
    size_t b_step;
    int8_t *out;
} Operands;

static Operands place_operands(size_t n, Alias alias, size_t b_step)
{
    Operands o = { .b_step = b_step };
    int8_t *a = check_place(CHECK_A, n, CHECK_SLACK, 1);
    int8_t *b = check_place(CHECK_B, b_step ? n : 1, CHECK_SLACK, 1);
    check_fill_s8(a, n, check_data());
    check_fill_s8(b, b_step ? n : 1, check_data());
    o.out = check_place_output(n, 1);
    o.a = alias == OUT_IS_A ? memcpy(o.out, a, n) : a;
    o.b = alias == OUT_IS_B ? memcpy(o.out, b, n) : b;
    return o;
}

static void start_operands(size_t n, Alias *alias, size_t *b_step, CheckRequant style)
{
    *b_step = (size_t)check_between(0, 1);
    *alias = check_one_in(2) ? OUT_APART : (Alias)check_between(0, *b_step ? OUT_IS_B : OUT_IS_A);
    /* A slot may read behind its inputs; when one is the output, it lies before
     * a guard page only if the other place is taken. */
    check_place_front(*alias != OUT_APART || check_one_in(2));
    check_case("n %zu, b_step %zu, out %s, requant %d", n, *b_step, alias_names[*alias], style);
}

static void random_range(int32_t *zero_point, int32_t *min, int32_t *max)
{
    *zero_point = check_between(-128, 127);
    *min = check_one_in(3) ? *zero_point : -128;
    *max = check_one_in(3) ? check_between(*min, 127) : 127;
}

static int8_t naive_result(int64_t x, int32_t multiplier, int32_t shift, int32_t zero_point,
                           int32_t min, int32_t max)
{
    MnetRequant r = {
        .multiplier = &multiplier, .shift = &shift, .zero_point = zero_point, .min = min, .max = max
    };
    return naive_requantize(&r, 0, x);
}

/* As the reference makes them: (q - zero) << 20, scaled. */
static void line_table(double scale, int32_t *table)
{
    MnetFixed factor = mnet_fixed(scale);
    int32_t zero = check_between(-128, 127);
    for (int32_t q = -128; q < 128; q++)
        table[q + 128] = mnet_fixed_multiply((q - zero) * (1 << 20), factor);
}

static void add_like_a_model(MnetAddS8 *p, int32_t *a, int32_t *b)
{
    double other = check_float(0.01f, 1.0f);
    bool larger = check_one_in(2);
    MnetFixed factor = mnet_fixed(ldexp((double)check_float(0.02f, 4.0f), -19));
    p->multiplier = factor.multiplier;
    p->shift = factor.shift;
    line_table(larger ? 0.5 : 0.5 * other, a);
    line_table((larger ? 0.5 * other : 0.5) * (check_one_in(4) ? -1 : 1), b);
}

/* Sums that `style` is about, split between the two operands. */
static void fill_add_tables(const MnetAddS8 *p, CheckRequant style, int32_t *a, int32_t *b)
{
    MnetRequant r = { .multiplier = &p->multiplier, .shift = &p->shift };
    int32_t whole = 1 << 30;
    for (int i = 0; i < 256; i++) {
        b[i] = 0;
        if (style == CHECK_REQUANT_USUAL) {
            b[i] = check_between(-whole, whole) / 1024;
            a[i] = check_between(-whole, whole) / 1024;
        } else {
            a[i] = check_requant_sum(&r, style, 0);
        }
        if (style == CHECK_REQUANT_ANY) {
            a[i] /= 2;
            b[i] = check_requant_sum(&r, style, 0) / 2;
        }
    }
}

static void run_add(const MnetKernels *kernels, size_t n)
{
    CheckRequant style = (CheckRequant)check_between(0, CHECK_REQUANT_STYLES - 1);
    Alias alias;
    size_t b_step;
    MnetAddS8 p;
    start_operands(n, &alias, &b_step, style);
    check_factor(style, 1 << 20, &p.multiplier, &p.shift);
    random_range(&p.zero_point, &p.min, &p.max);
    int32_t *a_table = check_place(CHECK_WEIGHT_ZERO, 256 * sizeof *a_table, 0, sizeof *a_table);
    int32_t *b_table = check_place(CHECK_BIAS, 256 * sizeof *b_table, 0, sizeof *b_table);
    if (style == CHECK_REQUANT_USUAL && check_one_in(4))
        fill_add_tables(&p, style, a_table, b_table);
    else if (style == CHECK_REQUANT_USUAL)
        add_like_a_model(&p, a_table, b_table);
    else
        fill_add_tables(&p, style, a_table, b_table);
    p.a_table = a_table;
    p.b_table = b_table;
    Operands o = place_operands(n, alias, b_step);
    for (size_t i = 0; i < n; i++)
        expected[i] = naive_result((int64_t)a_table[o.a[i] + 128] + b_table[o.b[i * b_step] + 128],
                                   p.multiplier, p.shift, p.zero_point, p.min, p.max);
    kernels->add_s8(&p, n, o.a, o.b, b_step, o.out);
    check_same_s8(o.out, expected, n, n);
    check_around_output();
}

static void run_mul(const MnetKernels *kernels, size_t n)
{
    CheckRequant style = (CheckRequant)check_between(0, CHECK_REQUANT_STYLES - 1);
    Alias alias;
    size_t b_step;
    MnetMulS8 p;
    start_operands(n, &alias, &b_step, style);
    check_factor(style, 10000, &p.multiplier, &p.shift);
    /* Products have 16 bits. */
    if (style == CHECK_REQUANT_TIES || style == CHECK_REQUANT_NEAR)
        p.shift = check_between(-9, 0);
    random_range(&p.zero_point, &p.min, &p.max);
    p.a_zero = check_between(-128, 127);
    p.b_zero = check_between(-128, 127);
    Operands o = place_operands(n, alias, b_step);
    for (size_t i = 0; i < n; i++)
        expected[i] = naive_result((int64_t)(o.a[i] - p.a_zero) * (o.b[i * b_step] - p.b_zero),
                                   p.multiplier, p.shift, p.zero_point, p.min, p.max);
    kernels->mul_s8(&p, n, o.a, o.b, b_step, o.out);
    check_same_s8(o.out, expected, n, n);
    check_around_output();
}

static void run_lut(const MnetKernels *kernels, size_t n)
{
    bool in_place = check_one_in(3);
    check_case("n %zu%s", n, in_place ? ", in place" : "");
    check_place_front(in_place || check_one_in(2));
    uint8_t *in = check_place(CHECK_A, n, CHECK_SLACK, 1);
    uint8_t *table = check_place(CHECK_B, 256, 0, 1);
    uint8_t *out = check_place_output(n, 1);
    for (size_t i = 0; i < n; i++)
        expected[i] = (int8_t)table[in[i]];
    if (in_place)
        in = memcpy(out, in, n);
    kernels->lut8(n, in, table, out);
    check_same_s8((const int8_t *)out, expected, n, n);
    check_around_output();
}

static void run_accumulate(const MnetKernels *kernels, size_t n)
{
    static int32_t sums[MOST];
    check_case("n %zu", n);
    check_place_front(check_one_in(2));
    int8_t *in = check_place(CHECK_A, n, CHECK_SLACK, 1);
    check_fill_s8(in, n, check_data());
    int32_t *acc = check_place_output(n * sizeof *acc, sizeof *acc);
    for (size_t i = 0; i < n; i++) {
        acc[i] = check_between(-INT32_MAX + 200, INT32_MAX - 200);
        sums[i] = acc[i] + in[i];
    }
    kernels->accumulate_s8(n, in, acc);
    for (size_t i = 0; i < n; i++)
        if (acc[i] != sums[i])
            check_fail("sum %zu is %d, %d expected", i, acc[i], sums[i]);
    check_around_output();
}

static void run_max(const MnetKernels *kernels, size_t n)
{
    check_case("n %zu", n);
    check_place_front(check_one_in(2));
    int8_t *in = check_place(CHECK_A, n, CHECK_SLACK, 1);
    check_fill_s8(in, n, check_data());
    int8_t *out = check_place_output(n, 1);
    check_fill_s8(out, n, check_data());
    for (size_t i = 0; i < n; i++)
        expected[i] = in[i] > out[i] ? in[i] : out[i];
    kernels->max_s8(n, in, out);
    check_same_s8(out, expected, n, n);
    check_around_output();
}

static void add(const MnetKernels *kernels)
{
    sweep(kernels, run_add);
}

static void mul(const MnetKernels *kernels)
{
    sweep(kernels, run_mul);
}

static void lut(const MnetKernels *kernels)
{
    sweep(kernels, run_lut);
}

static void accumulate(const MnetKernels *kernels)
{
    sweep(kernels, run_accumulate);
}

static void max(const MnetKernels *kernels)
{
    sweep(kernels, run_max);
}

static int32_t bench_table[256];
static const MnetAddS8 bench_add_numbers = { bench_table, bench_table, 1 << 30, -18, 0, -128, 127 };
static const MnetMulS8 bench_mul_numbers = { 3, -5, 1 << 30, -7, 0, -128, 127 };

static void call_add(const MnetKernels *kernels, const void *data)
{
    const Operands *o = data;
    kernels->add_s8(&bench_add_numbers, BENCH_N, o->a, o->b, 1, o->out);
}

static void call_mul(const MnetKernels *kernels, const void *data)
{
    const Operands *o = data;
    kernels->mul_s8(&bench_mul_numbers, BENCH_N, o->a, o->b, 1, o->out);
}

static void call_lut(const MnetKernels *kernels, const void *data)
{
    const Operands *o = data;
    kernels->lut8(BENCH_N, (const uint8_t *)o->a, (const uint8_t *)o->b, (uint8_t *)o->out);
}

static void call_accumulate(const MnetKernels *kernels, const void *data)
{
    static int32_t acc[BENCH_N];
    const Operands *o = data;
    kernels->accumulate_s8(BENCH_N, o->a, acc);
}

static void call_max(const MnetKernels *kernels, const void *data)
{
    const Operands *o = data;
    kernels->max_s8(BENCH_N, o->a, o->out);
}

static void bench(const MnetKernels *kernels, const char *slot, BenchCall *call)
{
    check_place_front(true);
    Operands o = place_operands(BENCH_N, OUT_APART, 1);
    bench_print(kernels, slot, "4096", call, &o, BENCH_N, BENCH_NO_PEAK);
}

static void bench_add(const MnetKernels *kernels)
{
    bench(kernels, "add_s8", call_add);
}

static void bench_mul(const MnetKernels *kernels)
{
    bench(kernels, "mul_s8", call_mul);
}

static void bench_lut(const MnetKernels *kernels)
{
    bench(kernels, "lut8", call_lut);
}

static void bench_accumulate(const MnetKernels *kernels)
{
    bench(kernels, "accumulate_s8", call_accumulate);
}

static void bench_max(const MnetKernels *kernels)
{
    bench(kernels, "max_s8", call_max);
}

const CheckSlot check_add_s8 = { "add_s8", add, bench_add };
const CheckSlot check_mul_s8 = { "mul_s8", mul, bench_mul };
const CheckSlot check_lut8 = { "lut8", lut, bench_lut };
const CheckSlot check_accumulate_s8 = { "accumulate_s8", accumulate, bench_accumulate };
const CheckSlot check_max_s8 = { "max_s8", max, bench_max };
