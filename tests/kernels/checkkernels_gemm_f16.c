/* SPDX-License-Identifier: MIT
 *
 * gemm_f16: packing by the words of kernels.h, the product in double, the cases.
 * A row has the same bits alone as among others: threads divide them. */
#include <math.h>
#include <string.h>

#include "checkkernels_gemm.h"
#include "kernels/half.h"

enum { MOST_M = 300, MOST_K = 1300 };

static MnetHalf weights[GEMM_MOST_N * MOST_K], bias[GEMM_MOST_N];

static size_t round_up(size_t value, size_t to)
{
    return (value + to - 1) / to * to;
}

static void pack(const MnetKernels *kernels, const GemmShape *c, MnetGemmF16 *g)
{
    size_t nr = kernels->f16->gemm.nr, halves = round_up(nr * (c->k + 1), 32);
    MnetHalf *panels =
        check_place_packed(CHECK_PANELS, round_up(c->n, nr) / nr * halves * sizeof *panels);
    for (size_t j = 0; j < c->n; j++) {
        MnetHalf *panel = panels + j / nr * halves + j % nr;
        panel[0] = bias[j];
        for (size_t t = 0; t < c->k; t++)
            panel[nr + t * nr] = weights[j * c->k + t];
    }
    *g = (MnetGemmF16){ .k = c->k,
                        .runs = c->runs,
                        .run = c->k / c->runs,
                        .panels = panels,
                        .panel_halves = halves,
                        .min = c->min,
                        .max = c->max };
}

static void compare_row(const GemmShape *c, const MnetHalf *const *a, size_t i, const MnetHalf *out)
{
    size_t run = c->k / c->runs;
    MnetHalf canary;
    check_canary(&canary, sizeof canary);
    for (size_t j = 0; j < c->n1; j++) {
        double sum = (double)mnet_half_to_float(bias[j]), magnitude = fabs(sum);
        for (size_t t = 0; t < c->k; t++) {
            double product = (double)mnet_half_to_float(a[t / run][i * c->a_stride + t % run]) *
                             (double)mnet_half_to_float(weights[j * c->k + t]);
            sum += product;
            magnitude += fabs(product);
        }
        sum = naive_clamp(sum, (double)c->min, (double)c->max);
        if (j < c->n0) {
            if (out[j] != canary)
                check_fail("channel %zu of row %zu is written", j, i);
        } else if (!naive_near_f16(out[j], sum, magnitude, c->k)) {
            check_fail("channel %zu of row %zu is %g, %g expected", j, i,
                       (double)mnet_half_to_float(out[j]), sum);
            return;
        }
    }
}

static void compare_gaps(const MnetHalf *gap, size_t n, size_t row)
{
    MnetHalf canary;
    check_canary(&canary, sizeof canary);
    for (size_t i = 0; i < n; i++)
        if (gap[i] != canary)
            check_fail("writes %zu behind row %zu", i + 1, row);
}

/* Row i, computed alone. */
static void compare_alone(const MnetKernels *kernels, const GemmShape *c, const MnetGemmF16 *g,
                          const MnetHalf *const *a, size_t i, const MnetHalf *out)
{
    const MnetHalf *row[CHECK_MOST_ROWS];
    MnetHalf alone[GEMM_MOST_N];
    for (size_t r = 0; r < c->runs; r++)
        row[r] = a[r] + i * c->a_stride;
    kernels->f16->gemm.run(g, 1, c->n0, c->n1, row, c->a_stride, alone, 0);
    if (memcmp(alone + c->n0, out + c->n0, (c->n1 - c->n0) * sizeof *alone))
        check_fail("row %zu has other bits when it is computed alone", i);
}

static void run_case(const MnetKernels *kernels, const GemmShape *c)
{
    MnetGemmF16 g;
    size_t run = c->k / c->runs, c_stride = c->n + c->c_extra;
    size_t a_halves = c->m ? (c->m - 1) * c->a_stride + run : 0;
    size_t out_halves = c->m ? (c->m - 1) * c_stride + c->n1 : 0;
    check_case("m %zu, n %zu (%zu to %zu), k %zu in %zu, strides %zu +%zu, %g to %g", c->m, c->n,
               c->n0, c->n1, c->k, c->runs, c->a_stride, c->c_extra, (double)c->min,
               (double)c->max);
    check_place_front(check_one_in(2));
    const MnetHalf **a = check_place(CHECK_ROWS, c->runs * sizeof *a, 0, sizeof *a);
    /* What lies between and behind the rows is not even a number. */
    for (size_t r = 0; r < c->runs; r++) {
        MnetHalf *from = check_place((CheckBuffer)(CHECK_ROW0 + r), a_halves * sizeof *from,
                                     CHECK_SLACK, sizeof *from);
        check_fill_f16(from, a_halves);
        for (size_t i = 0; i < a_halves; i++)
            from[i] = i % c->a_stride < run ? from[i] : 0x7e00;
        a[r] = from;
    }
    check_fill_f16(weights, c->n * c->k);
    check_fill_f16(bias, c->n);
    pack(kernels, c, &g);
    MnetHalf *out = check_place_output(out_halves * sizeof *out, sizeof *out);
    kernels->f16->gemm.run(&g, c->m, c->n0, c->n1, a, c->a_stride, out, c_stride);
    for (size_t i = 0; i < c->m; i++) {
        compare_row(c, a, i, out + i * c_stride);
        if (i + 1 < c->m)
            compare_gaps(out + i * c_stride + c->n1, c_stride - c->n1, i);
        if (check_one_in(8))
            compare_alone(kernels, c, &g, a, i, out + i * c_stride);
    }
    check_around_output();
}

/* m, n, k given (0: any). */
static void run_shape(const MnetKernels *kernels, size_t m, size_t n, size_t k)
{
    GemmShape c = gemm_shape(kernels->f16->gemm.nr, m, n, k);
    run_case(kernels, &c);
}

static void check(const MnetKernels *kernels)
{
    size_t step = (size_t)check_step, nr = kernels->f16->gemm.nr, mr = kernels->f16->gemm.mr;
    for (size_t m = 1; m <= 3 * mr + 1; m++)
        for (size_t n = 1; n <= 5 * nr + 1 && n <= GEMM_MOST_N; n += m == mr ? 1 : step * 3)
            run_shape(kernels, m, n, (size_t)check_between(1, 20));
    for (size_t k = 1; k <= 100; k += step)
        run_shape(kernels, (size_t)check_between(1, 20), (size_t)check_between(1, 80), k);
    for (size_t k = 250; k <= MOST_K; k += 151 * step)
        run_shape(kernels, (size_t)check_between(1, 20), (size_t)check_between(1, 20), k);
    for (size_t m = 100; m <= MOST_M; m += 19 * step)
        run_shape(kernels, m, (size_t)check_between(1, 20), (size_t)check_between(1, 20));
    for (int i = 0; i < check_iterations; i++)
        run_shape(kernels, 0, 0, 0);
    GemmShape nothing = { .n = 5, .k = 4, .runs = 1, .n1 = 5, .a_stride = 4 };
    run_case(kernels, &nothing);
    nothing.m = 3;
    nothing.n1 = 0;
    run_case(kernels, &nothing);
}

typedef struct {
    const char *name;
    size_t m, k, n;
    MnetGemmF16 g;
    const MnetHalf *a;
    MnetHalf *out;
} Bench;

static void call(const MnetKernels *kernels, const void *data)
{
    const Bench *b = data;
    kernels->f16->gemm.run(&b->g, b->m, 0, b->n, &b->a, b->k, b->out, b->n);
}

static void bench(const MnetKernels *kernels)
{
    Bench shapes[] = {
        { .name = "196 x 384 x 64", .m = 196, .k = 384, .n = 64 },
        { .name = "49 x 320 x 1280", .m = 49, .k = 320, .n = 1280 },
        { .name = "1 x 1280 x 1001", .m = 1, .k = 1280, .n = 1001 },
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        Bench *b = &shapes[i];
        size_t nr = kernels->f16->gemm.nr, halves = round_up(nr * (b->k + 1), 32);
        check_place_front(true);
        b->g = (MnetGemmF16){ .k = b->k, .runs = 1, .run = b->k, .panel_halves = halves, .max = 6 };
        b->g.panels =
            check_place_packed(CHECK_PANELS, round_up(b->n, nr) / nr * halves * sizeof(MnetHalf));
        MnetHalf *a = check_place(CHECK_A, b->m * b->k * sizeof *a, CHECK_SLACK, 64);
        check_fill_f16(a, b->m * b->k);
        b->a = a;
        b->out = check_place_output(b->m * b->n * sizeof(MnetHalf), 64);
        bench_print(kernels, "gemm_f16", b->name, call, b, (double)(b->m * b->k * b->n),
                    BENCH_NO_PEAK);
    }
}

const CheckSlot check_gemm_f16 = { "gemm_f16", check, bench, true };
