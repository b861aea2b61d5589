/* SPDX-License-Identifier: MIT
 *
 * gemm_f32: packing by the words of kernels.h, the product in double, the
 * cases. */
#include <math.h>
#include <string.h>

#include "checkkernels_gemm.h"

enum { MOST_M = 40, MOST_K = 5000 };

static float weights[GEMM_MOST_N * MOST_K], bias[GEMM_MOST_N];

static size_t round_up(size_t value, size_t to)
{
    return (value + to - 1) / to * to;
}

static void pack(const MnetKernels *kernels, const GemmShape *c, MnetGemmF32 *g)
{
    size_t nr = kernels->gemm_f32.nr, floats = round_up(nr * (c->k + 1), 16);
    float *panels =
        check_place_packed(CHECK_PANELS, round_up(c->n, nr) / nr * floats * sizeof *panels);
    for (size_t j = 0; j < c->n; j++) {
        float *panel = panels + j / nr * floats + j % nr;
        panel[0] = bias[j];
        for (size_t t = 0; t < c->k; t++)
            panel[nr + t * nr] = weights[j * c->k + t];
    }
    *g = (MnetGemmF32){ .k = c->k,
                        .runs = c->runs,
                        .run = c->k / c->runs,
                        .panels = panels,
                        .panel_floats = floats,
                        .min = c->min,
                        .max = c->max };
}

static void compare_row(const GemmShape *c, const float *const *a, size_t i, const float *out)
{
    size_t run = c->k / c->runs;
    uint32_t canary, bits;
    check_canary(&canary, sizeof canary);
    for (size_t j = 0; j < c->n1; j++) {
        double sum = bias[j], magnitude = fabs(sum);
        for (size_t t = 0; t < c->k; t++) {
            double product = (double)a[t / run][i * c->a_stride + t % run] * weights[j * c->k + t];
            sum += product;
            magnitude += fabs(product);
        }
        memcpy(&bits, &out[j], sizeof bits);
        if (j < c->n0) {
            if (bits != canary)
                check_fail("channel %zu of row %zu is written", j, i);
        } else if (!naive_near(out[j], naive_clamp(sum, c->min, c->max), magnitude)) {
            check_fail("channel %zu of row %zu is %g, %g expected", j, i, out[j],
                       naive_clamp(sum, c->min, c->max));
            return;
        }
    }
}

static void compare_gaps(const float *gap, size_t n, size_t row)
{
    uint32_t canary, bits;
    check_canary(&canary, sizeof canary);
    for (size_t i = 0; i < n; i++) {
        memcpy(&bits, &gap[i], sizeof bits);
        if (bits != canary)
            check_fail("writes %zu behind row %zu", i + 1, row);
    }
}

static void run_case(const MnetKernels *kernels, const GemmShape *c)
{
    MnetGemmF32 g;
    size_t run = c->k / c->runs, c_stride = c->n + c->c_extra;
    size_t a_floats = c->m ? (c->m - 1) * c->a_stride + run : 0;
    size_t out_floats = c->m ? (c->m - 1) * c_stride + c->n1 : 0;
    check_case("m %zu, n %zu (%zu to %zu), k %zu in %zu, strides %zu +%zu, %g to %g", c->m, c->n,
               c->n0, c->n1, c->k, c->runs, c->a_stride, c->c_extra, c->min, c->max);
    check_place_front(check_one_in(2));
    const float **a = check_place(CHECK_ROWS, c->runs * sizeof *a, 0, sizeof *a);
    /* What lies between and behind the rows is not even a number. */
    for (size_t r = 0; r < c->runs; r++) {
        float *from = check_place((CheckBuffer)(CHECK_ROW0 + r), a_floats * sizeof *from,
                                  CHECK_SLACK, sizeof *from);
        for (size_t i = 0; i < a_floats; i++)
            from[i] = i % c->a_stride < run ? check_float(-2, 2) : NAN;
        a[r] = from;
    }
    check_fill_f32(weights, c->n * c->k);
    check_fill_f32(bias, c->n);
    pack(kernels, c, &g);
    float *out = check_place_output(out_floats * sizeof *out, sizeof *out);
    kernels->gemm_f32.run(&g, c->m, c->n0, c->n1, a, c->a_stride, out, c_stride);
    for (size_t i = 0; i < c->m; i++) {
        compare_row(c, a, i, out + i * c_stride);
        if (i + 1 < c->m)
            compare_gaps(out + i * c_stride + c->n1, c_stride - c->n1, i);
    }
    check_around_output();
}

/* m, n, k given (0: any). */
static void run_shape(const MnetKernels *kernels, size_t m, size_t n, size_t k)
{
    GemmShape c = gemm_shape(kernels->gemm_f32.nr, m, n, k);
    run_case(kernels, &c);
}

/* Sums and blocks of rows that kernels may take piece by piece. */
static void check_long(const MnetKernels *kernels)
{
    static const size_t lengths[] = { 511, 512, 513, 1025, 1400, 2049, 3000, 4097, MOST_K };
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i += (size_t)check_step) {
        run_shape(kernels, (size_t)check_between(1, 20), (size_t)check_between(1, 20), lengths[i]);
        run_shape(kernels, 1, (size_t)check_between(1, 40), lengths[i]);
    }
    for (size_t k = 1; k <= 1400; k += 99 * (size_t)check_step)
        run_shape(kernels, MOST_M, (size_t)check_between(1, 20), k);
    run_shape(kernels, 400, 3, 300);
    for (size_t m = 100; m <= 3000; m += 151 * (size_t)check_step)
        run_shape(kernels, m, (size_t)check_between(1, 3), (size_t)check_between(1, 20));
}

static void check(const MnetKernels *kernels)
{
    size_t step = (size_t)check_step, nr = kernels->gemm_f32.nr, mr = kernels->gemm_f32.mr;
    for (size_t m = 1; m <= 2 * mr + 1 && m <= MOST_M; m++)
        for (size_t n = 1; n <= 2 * nr + 1 && n <= GEMM_MOST_N; n += m == mr ? 1 : step * 3)
            run_shape(kernels, m, n, (size_t)check_between(1, 20));
    for (size_t k = 1; k <= 200; k += step)
        run_shape(kernels, (size_t)check_between(1, 9), (size_t)check_between(1, 20), k);
    check_long(kernels);
    for (int i = 0; i < check_iterations; i++)
        run_shape(kernels, 0, 0, 0);
    GemmShape nothing = gemm_shape(nr, 0, 0, 0);
    nothing.m = 0;
    run_case(kernels, &nothing);
    nothing.m = 3;
    nothing.n0 = nothing.n1 = 0;
    run_case(kernels, &nothing);
}

typedef struct {
    const char *name;
    size_t m, k, n, runs;
    MnetGemmF32 g;
    const float *a;
    float *out;
} Bench;

static void call(const MnetKernels *kernels, const void *data)
{
    const Bench *b = data;
    const float *a[3] = { b->a, b->a + b->k / b->runs, b->a + 2 * b->k / b->runs };
    kernels->gemm_f32.run(&b->g, b->m, 0, b->n, a, b->k, b->out, b->n);
}

static void bench_shape(const MnetKernels *kernels, Bench *b)
{
    size_t nr = kernels->gemm_f32.nr, floats = round_up(nr * (b->k + 1), 16);
    check_place_front(true);
    b->g = (MnetGemmF32){
        .k = b->k, .runs = b->runs, .run = b->k / b->runs, .panel_floats = floats, .max = 6
    };
    b->g.panels =
        check_place_packed(CHECK_PANELS, round_up(b->n, nr) / nr * floats * sizeof(float));
    float *a = check_place(CHECK_A, b->m * b->k * sizeof *a, CHECK_SLACK, 64);
    check_fill_f32(a, b->m * b->k);
    b->a = a;
    b->out = check_place_output(b->m * b->n * sizeof(float), 64);
    bench_print(kernels, "gemm_f32", b->name, call, b, (double)(b->m * b->k * b->n), BENCH_F32);
}

static void bench(const MnetKernels *kernels)
{
    Bench shapes[] = {
        { "112 x (3 x 9) x 32", 112, 27, 32, 3 }, { "112 x (3 x 9) x 8", 112, 27, 8, 3 },
        { "12544 x 8 x 16", 12544, 8, 16, 1 },    { "3136 x 24 x 144", 3136, 24, 144, 1 },
        { "196 x 64 x 384", 196, 64, 384, 1 },    { "196 x 384 x 64", 196, 384, 64, 1 },
        { "49 x 320 x 1280", 49, 320, 1280, 1 },  { "1 x 1280 x 1001", 1, 1280, 1001, 1 },
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        bench_shape(kernels, &shapes[i]);
}

const CheckSlot check_gemm_f32 = { "gemm_f32", check, bench };
