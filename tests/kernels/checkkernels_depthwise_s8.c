/* SPDX-License-Identifier: MIT
 *
 * depthwise_s8: packing by the words of kernels.h, the naive sum, the cases. */
#include <stdlib.h>
#include <string.h>

#include "checkkernels_depthwise.h"

enum { MOST_TAPS = DEPTHWISE_MOST_KERNEL * DEPTHWISE_MOST_KERNEL };

static int16_t weights[MOST_TAPS * DEPTHWISE_MOST_CHANNELS]; /* [tap][channel] */
static int8_t expected[DEPTHWISE_MOST_OUT];

static void random_weights(size_t taps, size_t channels, CheckRequant style, int32_t zero)
{
    int8_t bytes[DEPTHWISE_MOST_CHANNELS];
    CheckData data = check_data();
    for (size_t t = 0; t < taps; t++) {
        check_fill_s8(bytes, channels, data);
        for (size_t c = 0; c < channels; c++)
            weights[t * channels + c] = (int16_t)(bytes[c] - zero);
    }
}

/* Of a 3x3 kernel: some at either end of what a byte can hold, or beyond it in the
 * middle row. */
static void extreme_weights(size_t channels, int32_t zero)
{
    for (size_t i = 0; i < 9 * channels; i++) {
        int32_t w = check_between(-30, 30);
        if (!zero || i / channels / 3 == 1)
            w = check_one_in(3) ? -128 : check_one_in(6) ? 127 : w;
        weights[i] = (int16_t)(w - zero);
    }
}

static int64_t naive_sum(const DepthwiseShape *s, const int8_t *const *rows, size_t x, size_t c)
{
    int64_t acc = 0;
    for (size_t ky = 0; ky < s->kernel_h; ky++)
        for (size_t kx = 0; kx < s->kernel_w; kx++)
            acc += (int64_t)rows[ky][(x * s->stride + kx * s->dilation) * s->pixel + c] *
                   weights[(ky * s->kernel_w + kx) * s->channels + c];
    return acc;
}

/* Pixels all alike, so that one bias serves all sums: see gemm_s8. */
static void place_rows(const DepthwiseShape *s, CheckRequant style, const int8_t **rows)
{
    size_t n = depthwise_in_elements(s);
    CheckData data = check_data();
    for (size_t ky = 0; ky < s->kernel_h; ky++) {
        int8_t *row = check_place((CheckBuffer)(CHECK_ROW0 + ky), n, CHECK_SLACK, 1);
        check_fill_s8(row, n, data);
        rows[ky] = row;
        for (size_t i = 0; i < n && style == CHECK_REQUANT_HUGE; i++)
            row[i] &= 127;
        for (size_t i = s->pixel; i < n && style != CHECK_REQUANT_USUAL; i++)
            row[i] = row[i - s->pixel];
    }
}

static void choose_bias(const DepthwiseShape *s, const MnetRequant *r, CheckRequant style,
                        bool positive, const int8_t *const *rows, int32_t *bias)
{
    for (size_t c = 0; c < s->channels; c++) {
        bias[c] = check_between(-10000, 10000);
        if (style == CHECK_REQUANT_USUAL || !s->width)
            continue;
        int64_t target = check_requant_sum(r, style, c);
        if (style == CHECK_REQUANT_HUGE)
            target = positive ? llabs(target) : -llabs(target);
        target -= naive_sum(s, rows, 0, c);
        bias[c] = (int32_t)(target > INT32_MAX    ? INT32_MAX
                            : target < -INT32_MAX ? -INT32_MAX
                                                  : target);
    }
}

static void set_arguments(MnetDepthwiseS8 *d, const DepthwiseShape *s, size_t tile)
{
    size_t padded = (s->channels + tile - 1) / tile * tile, taps = s->kernel_h * s->kernel_w;
    int16_t *packed = check_place_packed(CHECK_PANELS, taps * padded * sizeof *packed);
    for (size_t t = 0; t < taps; t++)
        memcpy(packed + t * padded, weights + t * s->channels, s->channels * sizeof *packed);
    *d = (MnetDepthwiseS8){ .channels = s->channels,
                            .tile = padded,
                            .kernel_h = s->kernel_h,
                            .kernel_w = s->kernel_w,
                            .stride = s->stride,
                            .dilation = s->dilation,
                            .pixel = s->pixel,
                            .out_pixel = s->out_pixel,
                            .weights = packed,
                            .bias = check_place_packed(CHECK_BIAS, padded * sizeof(int32_t)) };
}

/* The table's own order, from all the rest. */
static void pack(const MnetKernels *kernels, MnetDepthwiseS8 *d)
{
    if (!kernels->depthwise_s8.pack)
        return;
    void *packed = check_place_packed(CHECK_PACKED, kernels->depthwise_s8.pack_bytes(d));
    kernels->depthwise_s8.pack(d, packed);
    d->packed = packed;
}

/* See gemm_s8. */
static void fit(const DepthwiseShape *s, size_t tile, MnetDepthwiseS8 *d)
{
    int64_t lo[DEPTHWISE_MOST_CHANNELS], hi[DEPTHWISE_MOST_CHANNELS];
    if (check_one_in(3))
        return;
    for (size_t c = 0; c < s->channels; c++) {
        lo[c] = hi[c] = d->bias[c];
        for (size_t t = 0; t < s->kernel_h * s->kernel_w; t++) {
            int64_t w = weights[t * s->channels + c];
            lo[c] += w < 0 ? 127 * w : -128 * w;
            hi[c] += w < 0 ? -128 * w : 127 * w;
        }
    }
    check_requant_fits(&d->requant, s->channels, tile, lo, hi);
}

static void fill_expected(const MnetDepthwiseS8 *d, const DepthwiseShape *s,
                          const int8_t *const *rows)
{
    check_canary(expected, depthwise_out_elements(s));
    for (size_t x = 0; x < s->width; x++)
        for (size_t c = 0; c < s->channels; c++)
            expected[x * s->out_pixel + c] =
                naive_requantize(&d->requant, c, d->bias[c] + naive_sum(s, rows, x, c));
}

static void run_layer(const MnetKernels *kernels, const DepthwiseShape *s, CheckRequant style,
                      bool relu)
{
    size_t tile = kernels->depthwise_s8.channel_tile, taps = s->kernel_h * s->kernel_w;
    bool positive = check_one_in(2);
    int32_t zero = check_one_in(3) ? check_between(-128, 127) : 0;
    if (check_one_in(6))
        zero = check_one_in(2) ? -128 : 127; /* weights of -255 to 255 */
    MnetDepthwiseS8 d;
    check_case("kernel %zux%zu, stride %zu, dilation %zu, channels %zu, width %zu, pixels of %zu "
               "and %zu, requant %d",
               s->kernel_h, s->kernel_w, s->stride, s->dilation, s->channels, s->width, s->pixel,
               s->out_pixel, style);
    check_place_front(check_one_in(2));
    random_weights(taps, s->channels, style,
                   style != CHECK_REQUANT_HUGE ? zero
                   : positive                  ? -128
                                               : 127);
    if (relu)
        extreme_weights(s->channels, check_one_in(2) ? 0 : check_between(-90, 90));
    set_arguments(&d, s, tile);
    if (relu) {
        check_requant_relu(&d.requant, s->channels, tile, (int64_t)taps * 33000 + 10000);
    } else {
        check_requant(&d.requant, style, s->channels, tile, (int64_t)taps * 3000);
    }
    const int8_t **rows = check_place(CHECK_ROWS, s->kernel_h * sizeof *rows, 0, sizeof *rows);
    place_rows(s, style, rows);
    choose_bias(s, &d.requant, style, positive, rows, (int32_t *)d.bias);
    fill_expected(&d, s, rows);
    fit(s, tile, &d);
    pack(kernels, &d);
    int8_t *out = check_place_output(depthwise_out_elements(s), 1);
    kernels->depthwise_s8.run(&d, s->width, rows, out);
    check_same_s8(out, expected, depthwise_out_elements(s), s->out_pixel);
    check_around_output();
}

static void run_case(const MnetKernels *kernels, const DepthwiseShape *s)
{
    run_layer(kernels, s, (CheckRequant)check_between(0, CHECK_REQUANT_STYLES - 1), false);
}

/* What networks have most of, which kernels have ways of their own for. */
static void check_relu_3x3(const MnetKernels *kernels)
{
    for (int i = 0; i < 40 + check_iterations / 10; i++) {
        size_t channels = (size_t)check_between(8, 80);
        DepthwiseShape s = { .channels = channels,
                             .width = (size_t)check_between(1, 12),
                             .kernel_h = 3,
                             .kernel_w = 3,
                             .stride = (size_t)check_between(1, 2),
                             .dilation = 1,
                             .pixel = channels,
                             .out_pixel = channels };
        run_layer(kernels, &s, CHECK_REQUANT_USUAL, true);
    }
}

static void check(const MnetKernels *kernels)
{
    check_relu_3x3(kernels);
    depthwise_sweep(kernels, kernels->depthwise_s8.channel_tile, run_case);
}

typedef struct {
    MnetDepthwiseS8 d;
    size_t width;
    const int8_t *rows[DEPTHWISE_MOST_KERNEL];
    int8_t *out;
} Bench;

static void call(const MnetKernels *kernels, const void *data)
{
    const Bench *b = data;
    kernels->depthwise_s8.run(&b->d, b->width, b->rows, b->out);
}

static void bench(const MnetKernels *kernels)
{
    check_place_front(true);
    for (const DepthwiseBench *bench = depthwise_benches; bench->name; bench++) {
        const DepthwiseShape *s = &bench->shape;
        size_t tile = kernels->depthwise_s8.channel_tile, taps = s->kernel_h * s->kernel_w;
        size_t padded = (s->channels + tile - 1) / tile * tile;
        Bench b = { .width = s->width };
        b.d = (MnetDepthwiseS8){ s->channels, padded,      s->kernel_h, s->kernel_w,
                                 s->stride,   s->dilation, s->pixel,    s->out_pixel };
        b.d.weights = check_place_packed(CHECK_PANELS, taps * padded * sizeof(int16_t));
        b.d.bias = check_place_packed(CHECK_BIAS, padded * sizeof(int32_t));
        check_requant_relu(&b.d.requant, s->channels, tile, (int64_t)taps * 3000);
        place_rows(s, CHECK_REQUANT_USUAL, b.rows);
        pack(kernels, &b.d);
        b.out = check_place_output(depthwise_out_elements(s), 64);
        bench_print(kernels, "depthwise_s8", bench->name, call, &b,
                    (double)(s->width * s->channels * taps), BENCH_S8);
    }
}

const CheckSlot check_depthwise_s8 = { "depthwise_s8", check, bench };
