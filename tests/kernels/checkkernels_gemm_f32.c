/* SPDX-License-Identifier: MIT
 *
 * gemm_f32: packing by the words of kernels.h, the product in double, the
 * cases. */
#include <math.h>
#include <string.h>

#include "checkkernels.h"

enum { MOST_M = 40, MOST_N = 100, MOST_K = 5000, MOST_EXTRA = 9 };

typedef struct {
    size_t m, n, k;
    size_t n0, n1;
    size_t a_extra, c_extra;
    float min, max;
} Case;

static float weights[MOST_N * MOST_K], bias[MOST_N];

static size_t round_up(size_t value, size_t to)
{
    return (value + to - 1) / to * to;
}

static void pack(const MnetKernels *kernels, const Case *c, MnetGemmF32 *g)
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
    *g = (MnetGemmF32){
        .k = c->k, .panels = panels, .panel_floats = floats, .min = c->min, .max = c->max
    };
}

static void compare_row(const Case *c, const float *a, size_t i, const float *out)
{
    uint32_t canary, bits;
    check_canary(&canary, sizeof canary);
    for (size_t j = 0; j < c->n1; j++) {
        double sum = bias[j], magnitude = fabs(sum);
        for (size_t t = 0; t < c->k; t++) {
            sum += (double)a[t] * weights[j * c->k + t];
            magnitude += fabs((double)a[t] * weights[j * c->k + t]);
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

static void run_case(const MnetKernels *kernels, const Case *c)
{
    MnetGemmF32 g;
    size_t a_stride = c->k + c->a_extra, c_stride = c->n + c->c_extra;
    size_t a_floats = c->m ? (c->m - 1) * a_stride + c->k : 0;
    size_t out_floats = c->m ? (c->m - 1) * c_stride + c->n1 : 0;
    check_case("m %zu, n %zu (%zu to %zu), k %zu, strides +%zu +%zu, %g to %g", c->m, c->n, c->n0,
               c->n1, c->k, c->a_extra, c->c_extra, c->min, c->max);
    check_place_front(check_one_in(2));
    float *a = check_place(CHECK_A, a_floats * sizeof *a, CHECK_SLACK, sizeof *a);
    /* What lies between and behind the rows is not even a number. */
    for (size_t i = 0; i < a_floats; i++)
        a[i] = i % a_stride < c->k ? check_float(-2, 2) : NAN;
    check_fill_f32(weights, c->n * c->k);
    check_fill_f32(bias, c->n);
    pack(kernels, c, &g);
    float *out = check_place_output(out_floats * sizeof *out, sizeof *out);
    kernels->gemm_f32.run(&g, c->m, c->n0, c->n1, a, a_stride, out, c_stride);
    for (size_t i = 0; i < c->m; i++) {
        compare_row(c, a + i * a_stride, i, out + i * c_stride);
        if (i + 1 < c->m)
            compare_gaps(out + i * c_stride + c->n1, c_stride - c->n1, i);
    }
    check_around_output();
}

static Case random_case(const MnetKernels *kernels)
{
    size_t nr = kernels->gemm_f32.nr;
    Case c = { .m = (size_t)check_between(1, MOST_M),
               .n = (size_t)check_between(1, MOST_N),
               .k = (size_t)check_between(1, 150),
               .min = check_one_in(2) ? -INFINITY : 0,
               .max = check_one_in(2) ? INFINITY : 6 };
    if (check_one_in(2)) {
        c.a_extra = (size_t)check_between(0, MOST_EXTRA);
        c.c_extra = (size_t)check_between(0, MOST_EXTRA);
    }
    c.n1 = c.n;
    if (check_one_in(4)) {
        c.n0 = (size_t)check_between(0, (int32_t)((c.n - 1) / nr)) * nr;
        c.n1 = (size_t)check_between((int32_t)c.n0, (int32_t)c.n);
    }
    return c;
}

/* The random case with m, n, k given (0: as it fell). */
static void run_shape(const MnetKernels *kernels, size_t m, size_t n, size_t k)
{
    Case c = random_case(kernels);
    c.m = m ? m : c.m;
    c.k = k ? k : c.k;
    if (n) {
        c.n0 = 0;
        c.n = c.n1 = n;
    }
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
        for (size_t n = 1; n <= 2 * nr + 1 && n <= MOST_N; n += m == mr ? 1 : step * 3)
            run_shape(kernels, m, n, (size_t)check_between(1, 20));
    for (size_t k = 1; k <= 200; k += step)
        run_shape(kernels, (size_t)check_between(1, 9), (size_t)check_between(1, 20), k);
    check_long(kernels);
    for (int i = 0; i < check_iterations; i++)
        run_shape(kernels, 0, 0, 0);
    Case nothing = random_case(kernels);
    nothing.m = 0;
    run_case(kernels, &nothing);
    nothing.m = 3;
    nothing.n0 = nothing.n1 = 0;
    run_case(kernels, &nothing);
}

typedef struct {
    const char *name;
    size_t m, k, n;
    MnetGemmF32 g;
    const float *a;
    float *out;
} Bench;

static void call(const MnetKernels *kernels, const void *data)
{
    const Bench *b = data;
    kernels->gemm_f32.run(&b->g, b->m, 0, b->n, b->a, b->k, b->out, b->n);
}

static void bench_shape(const MnetKernels *kernels, Bench *b)
{
    size_t nr = kernels->gemm_f32.nr, floats = round_up(nr * (b->k + 1), 16);
    check_place_front(true);
    b->g = (MnetGemmF32){ .k = b->k, .panel_floats = floats, .min = 0, .max = 6 };
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
        { "12544 x 27 x 32", 12544, 27, 32 }, { "3136 x 24 x 144", 3136, 24, 144 },
        { "196 x 64 x 384", 196, 64, 384 },   { "196 x 384 x 64", 196, 384, 64 },
        { "49 x 320 x 1280", 49, 320, 1280 }, { "1 x 1280 x 1001", 1, 1280, 1001 },
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        bench_shape(kernels, &shapes[i]);
}

const CheckSlot check_gemm_f32 = { "gemm_f32", check, bench };
