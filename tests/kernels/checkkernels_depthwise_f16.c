/* SPDX-License-Identifier: MIT
 *
 * depthwise_f16: packing by the words of kernels.h, the sum in double, the
 * cases. */
#include <math.h>
#include <string.h>

#include "checkkernels_depthwise.h"
#include "kernels/half.h"

enum { MOST_TAPS = DEPTHWISE_MOST_KERNEL * DEPTHWISE_MOST_KERNEL };

static MnetHalf weights[MOST_TAPS * DEPTHWISE_MOST_CHANNELS]; /* [tap][channel] */

/* What lies between the pixels of a row is not even a number. */
static void place_rows(const DepthwiseShape *s, const MnetHalf **rows)
{
    size_t n = depthwise_in_elements(s);
    for (size_t ky = 0; ky < s->kernel_h; ky++) {
        MnetHalf *row =
            check_place((CheckBuffer)(CHECK_ROW0 + ky), n * sizeof *row, CHECK_SLACK, sizeof *row);
        check_fill_f16(row, n);
        for (size_t i = 0; i < n; i++)
            row[i] = i % s->pixel < s->channels ? row[i] : 0x7e00;
        rows[ky] = row;
    }
}

static void set_arguments(MnetDepthwiseF16 *d, const DepthwiseShape *s, size_t tile)
{
    size_t padded = (s->channels + tile - 1) / tile * tile, taps = s->kernel_h * s->kernel_w;
    MnetHalf *packed = check_place_packed(CHECK_PANELS, taps * padded * sizeof *packed);
    MnetHalf *bias = check_place_packed(CHECK_BIAS, padded * sizeof *bias);
    check_fill_f16(bias, s->channels);
    for (size_t t = 0; t < taps; t++)
        memcpy(packed + t * padded, weights + t * s->channels, s->channels * sizeof *packed);
    *d = (MnetDepthwiseF16){ s->channels, padded,   s->kernel_h,  s->kernel_w, s->stride,
                             s->dilation, s->pixel, s->out_pixel, packed,      bias };
    d->min = check_one_in(2) ? -INFINITY : 0;
    d->max = check_one_in(2) ? INFINITY : 6;
}

static bool compare_pixel(const MnetDepthwiseF16 *d, const MnetHalf *const *rows, size_t x,
                          const MnetHalf *out)
{
    for (size_t c = 0; c < d->channels; c++) {
        double sum = (double)mnet_half_to_float(d->bias[c]), magnitude = fabs(sum);
        for (size_t ky = 0; ky < d->kernel_h; ky++)
            for (size_t kx = 0; kx < d->kernel_w; kx++) {
                MnetHalf a = rows[ky][(x * d->stride + kx * d->dilation) * d->pixel + c];
                MnetHalf w = weights[(ky * d->kernel_w + kx) * d->channels + c];
                double product = (double)mnet_half_to_float(a) * (double)mnet_half_to_float(w);
                sum += product;
                magnitude += fabs(product);
            }
        sum = naive_clamp(sum, (double)d->min, (double)d->max);
        if (!naive_near_f16(out[c], sum, magnitude, d->kernel_h * d->kernel_w)) {
            check_fail("channel %zu of pixel %zu is %g, %g expected", c, x,
                       (double)mnet_half_to_float(out[c]), sum);
            return false;
        }
    }
    return true;
}

static void compare_gap(const MnetDepthwiseF16 *d, size_t x, const MnetHalf *out)
{
    MnetHalf canary;
    check_canary(&canary, sizeof canary);
    for (size_t c = d->channels; c < d->out_pixel; c++)
        if (out[c] != canary)
            check_fail("writes behind pixel %zu", x);
}

static void run_case(const MnetKernels *kernels, const DepthwiseShape *s)
{
    MnetDepthwiseF16 d;
    check_case("kernel %zux%zu, stride %zu, dilation %zu, channels %zu, width %zu, pixels of %zu "
               "and %zu",
               s->kernel_h, s->kernel_w, s->stride, s->dilation, s->channels, s->width, s->pixel,
               s->out_pixel);
    check_place_front(check_one_in(2));
    check_fill_f16(weights, s->kernel_h * s->kernel_w * s->channels);
    set_arguments(&d, s, kernels->f16->depthwise.channel_tile);
    const MnetHalf **rows = check_place(CHECK_ROWS, s->kernel_h * sizeof *rows, 0, sizeof *rows);
    place_rows(s, rows);
    MnetHalf *out = check_place_output(depthwise_out_elements(s) * sizeof *out, sizeof *out);
    kernels->f16->depthwise.run(&d, s->width, rows, out);
    for (size_t x = 0; x < s->width; x++) {
        if (!compare_pixel(&d, rows, x, out + x * s->out_pixel))
            break;
        if (x + 1 < s->width)
            compare_gap(&d, x, out + x * s->out_pixel);
    }
    check_around_output();
}

static void check(const MnetKernels *kernels)
{
    depthwise_sweep(kernels, kernels->f16->depthwise.channel_tile, run_case);
}

typedef struct {
    MnetDepthwiseF16 d;
    size_t width;
    const MnetHalf *rows[DEPTHWISE_MOST_KERNEL];
    MnetHalf *out;
} Bench;

static void call(const MnetKernels *kernels, const void *data)
{
    const Bench *b = data;
    kernels->f16->depthwise.run(&b->d, b->width, b->rows, b->out);
}

static void bench(const MnetKernels *kernels)
{
    check_place_front(true);
    for (const DepthwiseBench *bench = depthwise_benches; bench->name; bench++) {
        const DepthwiseShape *s = &bench->shape;
        size_t tile = kernels->f16->depthwise.channel_tile, taps = s->kernel_h * s->kernel_w;
        size_t padded = (s->channels + tile - 1) / tile * tile;
        Bench b = { .width = s->width };
        b.d = (MnetDepthwiseF16){ s->channels, padded,      s->kernel_h, s->kernel_w,
                                  s->stride,   s->dilation, s->pixel,    s->out_pixel };
        b.d.weights = check_place_packed(CHECK_PANELS, taps * padded * sizeof(MnetHalf));
        b.d.bias = check_place_packed(CHECK_BIAS, padded * sizeof(MnetHalf));
        b.d.max = 6;
        place_rows(s, b.rows);
        b.out = check_place_output(depthwise_out_elements(s) * sizeof(MnetHalf), 64);
        bench_print(kernels, "depthwise_f16", bench->name, call, &b,
                    (double)(s->width * s->channels * taps), BENCH_NO_PEAK);
    }
}

const CheckSlot check_depthwise_f16 = { "depthwise_f16", check, bench, true };
