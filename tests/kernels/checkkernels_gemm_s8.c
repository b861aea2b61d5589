/* SPDX-License-Identifier: MIT
 *
 * gemm_s8: packing by the words of kernels.h, the naive product, the cases. */
#include <stdlib.h>
#include <string.h>

#include "checkkernels.h"

enum { MOST_M = 40, MOST_N = 160, MOST_K = 9000, MOST_EXTRA = 9 };
enum { TALL_M = 3000, TALL_N = 3 };

typedef struct {
    size_t m, n, k;
    size_t runs;   /* a divisor of k */
    size_t n0, n1; /* the channels of the call */
    size_t a_stride, c_extra;
    CheckData data, weights;
    CheckRequant requant;
} Case;

/* One layer in the file's own terms. */
static int8_t weights[MOST_N * MOST_K];
static int32_t weight_zero[MOST_N], bias[MOST_N];
static int8_t expected[TALL_M * (TALL_N + MOST_EXTRA)];
_Static_assert(TALL_M *TALL_N > MOST_M * (MOST_N + MOST_EXTRA), "room for both shapes");

static size_t round_up(size_t value, size_t to)
{
    return (value + to - 1) / to * to;
}

static void pack_panel(const MnetKernels *kernels, size_t n0, size_t channels, size_t k, size_t run,
                       uint8_t *panel)
{
    size_t nr = kernels->gemm_s8.nr, kr = kernels->gemm_s8.kr;
    int32_t *packed_bias = (int32_t *)(void *)panel;
    int16_t *wide = (int16_t *)(void *)(packed_bias + nr);
    uint8_t *narrow = (uint8_t *)(packed_bias + nr);
    for (size_t j = 0; j < channels; j++) {
        const int8_t *w = weights + (n0 + j) * k;
        for (size_t t = 0; t < k; t++) {
            size_t in_row = kr ? t / run * round_up(run, kr) + t % run : t;
            size_t at = kr ? in_row / kr * nr * kr + j * kr + in_row % kr : j * k + t;
            if (kernels->gemm_s8.wide)
                wide[at] = (int16_t)(w[t] - weight_zero[n0 + j]);
            else
                narrow[at] = (uint8_t)(w[t] + kernels->gemm_s8.w_bias);
        }
        packed_bias[j] = bias[n0 + j];
    }
}

static void pack(const MnetKernels *kernels, size_t n, size_t k, size_t runs, MnetGemmS8 *g)
{
    size_t nr = kernels->gemm_s8.nr, kr = kernels->gemm_s8.kr;
    size_t element = kernels->gemm_s8.wide ? sizeof(int16_t) : sizeof(int8_t);
    size_t row = runs * round_up(k / runs, kr ? kr : 1), padded = round_up(n, nr);
    size_t bytes = round_up(nr * sizeof(int32_t) + nr * row * element, 64);
    uint8_t *panels = check_place_packed(CHECK_PANELS, padded / nr * bytes);
    bool any = false;
    for (size_t c = 0; c < n; c += nr)
        pack_panel(kernels, c, n - c < nr ? n - c : nr, k, k / runs, panels + c / nr * bytes);
    for (size_t c = 0; c < n; c++)
        any |= weight_zero[c] + kernels->gemm_s8.w_bias != 0;
    *g = (MnetGemmS8){
        .k = k, .runs = runs, .run = k / runs, .panels = panels, .panel_bytes = bytes
    };
    if (!kernels->gemm_s8.wide && any) {
        int32_t *zeros = check_place_packed(CHECK_WEIGHT_ZERO, padded * sizeof *zeros);
        for (size_t c = 0; c < n; c++)
            zeros[c] = weight_zero[c] + kernels->gemm_s8.w_bias;
        g->weight_zero = zeros;
    }
}

static int64_t naive_sum(const Case *c, const int8_t *const *a, size_t i, size_t channel)
{
    int64_t acc = 0;
    size_t run = c->k / c->runs;
    for (size_t t = 0; t < c->k; t++)
        acc += (int64_t)a[t / run][i * c->a_stride + t % run] *
               (weights[channel * c->k + t] - weight_zero[channel]);
    return acc;
}

static void random_weights(const Case *c)
{
    int32_t all = check_one_in(3) ? check_between(-128, 127) : 0;
    bool each = check_one_in(6);
    /* Those of the first channels may be alike. */
    size_t alike = check_one_in(2) ? (size_t)check_between(0, (int32_t)c->n) : 0;
    check_fill_s8(weights, c->n * c->k, c->weights);
    if (c->requant == CHECK_REQUANT_HUGE)
        all = check_one_in(2) ? -128 : 127;
    for (size_t j = 0; j < c->n; j++)
        weight_zero[j] =
            each && j >= alike && c->requant != CHECK_REQUANT_HUGE ? check_between(-128, 127) : all;
}

/* Rows all alike, so that one bias brings a channel's sums where they are
 * wanted.  On the way to a huge one all products have the sign of the sum. */
static void fill_activations(const Case *c, int8_t *a)
{
    size_t run = c->k / c->runs;
    for (size_t i = 0; i < c->m; i++)
        check_fill_s8(a + i * c->a_stride, run, c->data);
    for (size_t t = 0; c->m && t < run && c->requant == CHECK_REQUANT_HUGE; t++)
        a[t] &= 127;
    for (size_t i = 1; i < c->m && c->requant != CHECK_REQUANT_USUAL; i++)
        memcpy(a + i * c->a_stride, a, run);
}

static void choose_bias(const Case *c, const MnetRequant *r, const int8_t *const *a)
{
    for (size_t j = 0; j < c->n; j++) {
        if (c->requant == CHECK_REQUANT_USUAL || !c->m) {
            bias[j] = check_between(-100000, 100000);
            continue;
        }
        int64_t target = check_requant_sum(r, c->requant, j);
        if (c->requant == CHECK_REQUANT_HUGE)
            target = weight_zero[j] < 0 ? llabs(target) : -llabs(target);
        int64_t value = target - naive_sum(c, a, 0, j);
        bias[j] = (int32_t)(value > INT32_MAX    ? INT32_MAX
                            : value < -INT32_MAX ? -INT32_MAX
                                                 : value);
    }
}

/* In most cases kernels may use what is found at load. */
static void fit(const Case *c, size_t tile, MnetRequant *r)
{
    int64_t lo[MOST_N], hi[MOST_N];
    if (check_one_in(3))
        return;
    for (size_t j = 0; j < c->n; j++) {
        lo[j] = hi[j] = bias[j];
        for (size_t t = 0; t < c->k; t++) {
            int64_t w = weights[j * c->k + t] - weight_zero[j];
            lo[j] += w < 0 ? 127 * w : -128 * w;
            hi[j] += w < 0 ? -128 * w : 127 * w;
        }
    }
    check_requant_fits(r, c->n, tile, lo, hi);
}

static void run_case(const MnetKernels *kernels, const Case *c)
{
    MnetGemmS8 g;
    MnetRequant requant;
    size_t c_stride = c->n + c->c_extra;
    size_t a_bytes = c->m ? (c->m - 1) * c->a_stride + c->k / c->runs : 0;
    size_t out_bytes = c->m ? (c->m - 1) * c_stride + c->n1 : 0;
    check_case("m %zu, n %zu (%zu to %zu), k %zu in %zu, strides %zu +%zu, data %d, weights %d, "
               "requant %d",
               c->m, c->n, c->n0, c->n1, c->k, c->runs, c->a_stride, c->c_extra, c->data,
               c->weights, c->requant);
    check_place_front(check_one_in(2));
    check_requant(&requant, c->requant, c->n, kernels->gemm_s8.nr, (int64_t)c->k * 3000 + 100000);
    const int8_t **a = check_place(CHECK_ROWS, c->runs * sizeof *a, 0, sizeof *a);
    random_weights(c);
    for (size_t r = 0; r < c->runs; r++) {
        int8_t *run = check_place((CheckBuffer)(CHECK_ROW0 + r), a_bytes, CHECK_SLACK, 1);
        fill_activations(c, run);
        a[r] = run;
    }
    choose_bias(c, &requant, a);
    fit(c, kernels->gemm_s8.nr, &requant);
    pack(kernels, c->n, c->k, c->runs, &g);
    g.requant = requant;
    check_canary(expected, out_bytes);
    for (size_t i = 0; i < c->m; i++)
        for (size_t j = c->n0; j < c->n1; j++)
            expected[i * c_stride + j] =
                naive_requantize(&requant, j, bias[j] + naive_sum(c, a, i, j));
    int8_t *out = check_place_output(out_bytes, 1);
    kernels->gemm_s8.run(&g, c->m, c->n0, c->n1, a, c->a_stride, out, c_stride);
    check_same_s8(out, expected, out_bytes, c_stride);
    check_around_output();
}

static Case random_case(const MnetKernels *kernels)
{
    size_t nr = kernels->gemm_s8.nr;
    Case c = { .m = (size_t)check_between(1, MOST_M),
               .n = (size_t)check_between(1, MOST_N),
               .k = (size_t)check_between(1, 200),
               .data = check_data(),
               .weights = check_data(),
               .requant = (CheckRequant)check_between(0, CHECK_REQUANT_STYLES - 1) };
    if (check_one_in(2))
        c.c_extra = (size_t)check_between(0, MOST_EXTRA);
    c.n1 = c.n;
    if (check_one_in(4)) {
        c.n0 = (size_t)check_between(0, (int32_t)((c.n - 1) / nr)) * nr;
        c.n1 = (size_t)check_between((int32_t)c.n0, (int32_t)c.n);
    }
    return c;
}

/* k in up to 7 runs.  Rows of windows overlap; those that are all alike do not. */
static void divide(Case *c)
{
    size_t run;
    c->runs = check_one_in(2) ? 1 : (size_t)check_between(1, CHECK_MOST_ROWS);
    c->runs = c->runs > c->k ? c->k : c->runs;
    run = c->k / c->runs;
    c->k = run * c->runs;
    c->a_stride = run + (check_one_in(2) ? 0 : (size_t)check_between(0, MOST_EXTRA));
    if (c->requant == CHECK_REQUANT_USUAL && check_one_in(3))
        c->a_stride = (size_t)check_between(1, (int32_t)run);
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
    divide(&c);
    run_case(kernels, &c);
}

/* Sums and blocks of rows that kernels may take piece by piece. */
static void check_long(const MnetKernels *kernels)
{
    static const size_t lengths[] = { 511,  512,  513,  1023, 1024, 1025, 1400, 2047,
                                      2049, 3000, 4095, 4096, 4097, 6151, 8193, MOST_K };
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i += (size_t)check_step) {
        run_shape(kernels, (size_t)check_between(1, 20), (size_t)check_between(1, 20), lengths[i]);
        run_shape(kernels, 1, (size_t)check_between(1, 40), lengths[i]);
    }
    for (size_t k = 1; k <= 1400; k += 99 * (size_t)check_step)
        run_shape(kernels, MOST_M, (size_t)check_between(1, 20), k);
    run_shape(kernels, 400, TALL_N, 300);
    for (size_t m = 100; m <= TALL_M; m += 151 * (size_t)check_step)
        run_shape(kernels, m, (size_t)check_between(1, TALL_N), (size_t)check_between(1, 20));
}

/* Every kind of activations with every kind of weights, so that sums of the largest
 * products are met whatever the seed. */
static void check_extremes(const MnetKernels *kernels)
{
    for (int i = 0; i < CHECK_DATA_STYLES * CHECK_DATA_STYLES; i++) {
        Case c = random_case(kernels);
        c.m = 12;
        c.n0 = 0;
        c.n = c.n1 = 20;
        c.k = 40;
        c.data = (CheckData)(i % CHECK_DATA_STYLES);
        c.weights = (CheckData)(i / CHECK_DATA_STYLES);
        divide(&c);
        run_case(kernels, &c);
    }
}

static void check(const MnetKernels *kernels)
{
    size_t step = (size_t)check_step, nr = kernels->gemm_s8.nr, mr = kernels->gemm_s8.mr;
    for (size_t m = 1; m <= 2 * mr + 1 && m <= MOST_M; m++)
        for (size_t n = 1; n <= 2 * nr + 1 && n <= MOST_N; n += m == mr ? 1 : step * 5)
            run_shape(kernels, m, n, (size_t)check_between(1, 20));
    for (size_t k = 1; k <= 300; k += step)
        run_shape(kernels, (size_t)check_between(1, 9), (size_t)check_between(1, 40), k);
    check_long(kernels);
    check_extremes(kernels);
    for (size_t n = 1; n <= MOST_N; n += 7 * step)
        run_shape(kernels, 0, n, 0);
    for (int i = 0; i < check_iterations; i++)
        run_shape(kernels, 0, 0, 0);
    Case nothing = random_case(kernels);
    nothing.m = 0;
    divide(&nothing);
    run_case(kernels, &nothing);
    nothing.m = 3;
    nothing.n0 = nothing.n1 = 0;
    run_case(kernels, &nothing);
}

typedef struct {
    const char *name;
    size_t m, k, n, runs;
    bool relu;
    MnetGemmS8 g;
    const int8_t *a;
    int8_t *out;
} Bench;

static void call(const MnetKernels *kernels, const void *data)
{
    const Bench *b = data;
    const int8_t *a[3] = { b->a, b->a + b->k / b->runs, b->a + 2 * b->k / b->runs };
    kernels->gemm_s8.run(&b->g, b->m, 0, b->n, a, b->k, b->out, b->n);
}

/* Panels of zeros cost what any cost. */
static void bench_shape(const MnetKernels *kernels, Bench *b)
{
    size_t nr = kernels->gemm_s8.nr, kr = kernels->gemm_s8.kr, padded = round_up(b->n, nr);
    size_t element = kernels->gemm_s8.wide ? sizeof(int16_t) : sizeof(int8_t);
    size_t row = b->runs * round_up(b->k / b->runs, kr ? kr : 1);
    size_t bytes = round_up(nr * sizeof(int32_t) + nr * row * element, 64);
    check_place_front(true);
    b->g = (MnetGemmS8){ .k = b->k, .runs = b->runs, .run = b->k / b->runs, .panel_bytes = bytes };
    b->g.panels = check_place_packed(CHECK_PANELS, padded / nr * bytes);
    if (b->relu)
        check_requant_relu(&b->g.requant, b->n, nr, (int64_t)b->k * 3000);
    else
        check_requant(&b->g.requant, CHECK_REQUANT_USUAL, b->n, nr, (int64_t)b->k * 3000);
    if (kernels->gemm_s8.w_bias) {
        int32_t *zeros = check_place_packed(CHECK_WEIGHT_ZERO, padded * sizeof *zeros);
        for (size_t i = 0; i < b->n; i++)
            zeros[i] = kernels->gemm_s8.w_bias;
        b->g.weight_zero = zeros;
    }
    b->a = check_place(CHECK_A, b->m * b->k, CHECK_SLACK, 64);
    b->out = check_place_output(b->m * b->n, 64);
    bench_print(kernels, "gemm_s8", b->name, call, b, (double)(b->m * b->k * b->n), BENCH_S8);
}

static void bench(const MnetKernels *kernels)
{
    Bench shapes[] = {
        { "112 x (3 x 9) x 32 relu", 112, 27, 32, 3, true },
        { "64 x (3 x 9) x 8 relu", 64, 27, 8, 3, true },
        { "112 x (3 x 9) x 16", 112, 27, 16, 3, false },
        { "28 x (3 x 120) x 160", 28, 360, 160, 3, false },
        { "12544 x 16 x 96 relu", 12544, 16, 96, 1, true },
        { "3136 x 24 x 144 relu", 3136, 24, 144, 1, true },
        { "784 x 64 x 64 relu", 784, 64, 64, 1, true },
        { "196 x 64 x 384 relu", 196, 64, 384, 1, true },
        { "49 x 320 x 1280 relu", 49, 320, 1280, 1, true },
        { "3136 x 24 x 144", 3136, 24, 144, 1, false },
        { "3136 x 96 x 24", 3136, 96, 24, 1, false },
        { "196 x 384 x 64", 196, 384, 64, 1, false },
        { "49 x 960 x 160", 49, 960, 160, 1, false },
        { "1 x 1280 x 1001", 1, 1280, 1001, 1, false },
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        bench_shape(kernels, &shapes[i]);
}

const CheckSlot check_gemm_s8 = { "gemm_s8", check, bench };
