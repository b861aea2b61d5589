/* SPDX-License-Identifier: MIT
 *
 * The slots that make rows of a tensor from rows of a frame: rows8, rows10,
 * pick, columns, matrix, interleave. */
#include "checkkernels.h"

#include <pthread.h>
#include <string.h>

#include "image_rows_orc.h"

enum { MOST = 512, MOST_WHOLE = 600, BENCH_N = 1920 };

static uint16_t zero[BENCH_N], part[BENCH_N];
static uint32_t total[BENCH_N];
static int16_t expected[BENCH_N];

/* ORC's functions, which the tables fall back to, exist. */
static void prepare(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, mnet_rows_init);
}

/* Random bytes, or 0 and 255 only, or one of them. */
static void fill_bytes(uint8_t *bytes, size_t n)
{
    CheckData style = check_data();
    for (size_t i = 0; i < n; i++)
        switch (style) {
        case CHECK_DATA_MIN:
        case CHECK_DATA_ZERO:
            bytes[i] = 0;
            break;
        case CHECK_DATA_MAX:
            bytes[i] = 255;
            break;
        case CHECK_DATA_EXTREMES:
            bytes[i] = check_one_in(2) ? 0 : 255;
            break;
        default:
            bytes[i] = (uint8_t)check_random();
        }
}

static uint32_t hi(uint32_t x)
{
    return x >> 16;
}

/* Sample i of a row: 8 bits, or the upper 10 of 16. */
static uint32_t sample(const MnetRowSum *sum, int bits, int32_t row, size_t i)
{
    const uint8_t *at = sum->first + row * sum->stride;
    if (bits == 8)
        return at[i];
    return (uint16_t)((at[2 * i] | at[2 * i + 1] << 8) * sum->align) >> 6;
}

static int16_t naive_sum(const MnetRowSum *sum, int bits, size_t i)
{
    uint32_t e = bits == 8 ? 257 : 64, all = 0;
    uint32_t a = sample(sum, bits, 0, i), b = sample(sum, bits, sum->last, i);
    uint32_t edges = hi(a * e * sum->first_weight) + hi(b * e * sum->last_weight);
    for (int32_t row = 1; row <= sum->whole; row++)
        all += sample(sum, bits, row, i);
    switch (sum->mode) {
    case MNET_ROWS_LINEAR:
        return (int16_t)edges;
    case MNET_ROWS_BOX2:
        return (int16_t)(edges + hi(((all * e + 1) >> 1) * sum->inner));
    case MNET_ROWS_BOX:
        return (int16_t)(edges + hi(all * sum->fill * sum->inner));
    default:
        return (int16_t)((a * sum->first_weight + b * sum->last_weight + all * sum->inner) >>
                         sum->bits);
    }
}

/* Weights whose sums fill what they may; `whole` of LINEAR is 0. */
static void set_weights(MnetRowSum *sum, int bits)
{
    int32_t most = (1 << bits) - 1, in_sum = 1 << (16 - bits);
    int32_t left = 32768;
    sum->whole = sum->mode == MNET_ROWS_LINEAR ? 0
                 : sum->mode == MNET_ROWS_BOX2 ? check_between(0, 2)
                 : sum->mode == MNET_ROWS_BOX  ? check_between(0, check_one_in(4) ? in_sum : 7)
                                               : check_between(0, MOST_WHOLE);
    sum->last = check_one_in(4) ? 0 : sum->whole + 1;
    sum->fill = 1;
    while (2 * sum->fill * sum->whole <= in_sum && check_one_in(2))
        sum->fill *= 2;
    if (sum->mode == MNET_ROWS_LONG) {
        sum->inner = (uint16_t)(1 << check_between(0, bits == 8 ? 14 : 12));
        sum->first_weight = (uint16_t)check_between(0, sum->inner);
        sum->last_weight = (uint16_t)check_between(0, sum->inner);
        while (((uint64_t)(sum->whole + 2) * most * sum->inner) >> sum->bits > INT16_MAX)
            sum->bits++;
        return;
    }
    sum->inner = (uint16_t)(sum->mode == MNET_ROWS_LINEAR ? 0 : check_between(0, left));
    left -= sum->inner;
    sum->first_weight = (uint16_t)check_between(0, left);
    sum->last_weight = (uint16_t)(left - sum->first_weight);
}

static void run_rows(const MnetKernels *kernels, int bits, size_t n)
{
    static const char *const modes[] = { "linear", "box2", "box", "long" };
    size_t bytes = bits == 8 ? 1 : 2;
    MnetRowSum sum = { .mode = (MnetRowsMode)check_between(0, MNET_ROWS_LONG),
                       .align = bits == 10 && check_one_in(2) ? 64 : 1,
                       .zero = zero,
                       .part = part,
                       .total = total };
    set_weights(&sum, bits);
    size_t rows = (size_t)sum.whole + 2, stride = n * bytes + (size_t)check_between(0, 5) * bytes;
    size_t size = stride * (rows - 1) + n * bytes;
    check_case("n %zu, %s, whole %d, last %d, weights %u %u %u, fill %u, bits %u, align %u", n,
               modes[sum.mode], sum.whole, sum.last, sum.first_weight, sum.last_weight, sum.inner,
               sum.fill, sum.bits, sum.align);
    check_place_front(check_one_in(2));
    uint8_t *frame = check_place(CHECK_A, size, 0, bytes);
    fill_bytes(frame, size);
    bool up = check_one_in(4);
    sum.first = up ? frame + stride * (rows - 1) : frame;
    sum.stride = up ? -(ptrdiff_t)stride : (ptrdiff_t)stride;
    if (sum.last == 0) /* the row behind the whole ones is not to be read */
        memset(frame + (up ? 0 : stride * (rows - 1)), 0xff, n * bytes);
    int16_t *out = check_place_output(n * sizeof *out, sizeof *out);
    for (size_t i = 0; i < n; i++)
        expected[i] = naive_sum(&sum, bits, i);
    (bits == 8 ? kernels->image.rows8 : kernels->image.rows10)(&sum, n, out);
    for (size_t i = 0; i < n; i++)
        if (out[i] != expected[i])
            check_fail("sample %zu is %d, %d expected", i, out[i], expected[i]);
    check_around_output();
}

static size_t in_groups(size_t n)
{
    return (n + MNET_IMAGE_GROUP - 1) / MNET_IMAGE_GROUP * MNET_IMAGE_GROUP;
}

/* Samples are not negative. */
static int16_t *place_samples(CheckBuffer buffer, size_t n)
{
    int16_t *in = check_place(buffer, n * sizeof *in, 0, sizeof *in);
    bool extreme = check_one_in(4);
    for (size_t i = 0; i < n; i++)
        in[i] = extreme ? INT16_MAX : (int16_t)check_between(0, INT16_MAX);
    return in;
}

static void run_pick(const MnetKernels *kernels, size_t n)
{
    size_t step = (size_t)check_between(2, 4), all = in_groups(n);
    check_case("n %zu, step %zu", n, step);
    check_place_front(check_one_in(2));
    const int16_t *in = place_samples(CHECK_A, step * all);
    int16_t *out = check_place_output(all * sizeof *out, sizeof *out);
    kernels->image.pick(step, n, in, out);
    for (size_t i = 0; i < n; i++)
        if (out[i] != in[i * step])
            check_fail("sample %zu is %d, %d expected", i, out[i], in[i * step]);
    check_around_output();
}

/* Weights of one output: their sum is `length`, as those of a box are. */
static void set_taps(int16_t *weights, size_t taps, uint32_t length)
{
    uint32_t one = length < 16384 ? length : 16384;
    for (size_t k = 0; k < taps && length > 0; k++) {
        uint32_t weight = k == 0 ? (uint32_t)check_between(1, (int32_t)one) : one;
        weights[k] = (int16_t)(weight < length ? weight : length);
        length -= (uint32_t)weights[k];
    }
}

static void run_columns(const MnetKernels *kernels, size_t n)
{
    static uint16_t starts[MOST + MNET_IMAGE_GROUP];
    MnetColumnSum sum = { .taps = check_one_in(2) ? 8 : 16 * (size_t)check_between(1, 4) };
    size_t all = in_groups(n), length = sum.taps + (size_t)check_between(0, 3000);
    uint32_t weight = (uint32_t)check_between(1, 65536);
    check_case("n %zu, taps %zu, weight %u, samples %zu", n, sum.taps, weight, length);
    check_place_front(check_one_in(2));
    const int16_t *in = place_samples(CHECK_A, length);
    int16_t *weights = check_place_packed(CHECK_PACKED, all * sum.taps * sizeof *weights);
    for (size_t i = 0; i < all; i++)
        starts[i] = (uint16_t)(i < n ? check_between(0, (int32_t)(length - sum.taps)) : 0);
    for (size_t i = 0; i < n; i++)
        set_taps(weights + i * sum.taps, sum.taps, weight);
    uint64_t full = (uint64_t)weight * INT16_MAX;
    while (full >> sum.bits > 65535)
        sum.bits++;
    uint64_t factor = ((uint64_t)1 << 31) / ((full >> sum.bits) + 1);
    sum.factor = (uint16_t)(factor < 65535 ? factor : 65535);
    sum.start = starts;
    sum.weights = weights;
    int16_t *out = check_place_output(all * sizeof *out, sizeof *out);
    kernels->image.columns(&sum, n, in, out);
    for (size_t i = 0; i < n; i++) {
        uint32_t s = 0;
        for (size_t k = 0; k < sum.taps; k++)
            s += (uint32_t)in[starts[i] + k] * (uint32_t)weights[i * sum.taps + k];
        if (out[i] != (int16_t)((s >> sum.bits) * sum.factor >> 16))
            check_fail("sum %zu is %d, %d expected", i, out[i], (s >> sum.bits) * sum.factor >> 16);
    }
    check_around_output();
}

static int32_t floor_hi(int32_t x)
{
    return (x - (x & 0xffff)) / 65536;
}

static void run_matrix(const MnetKernels *kernels, size_t n)
{
    MnetColorMix mix = { .bias = (int16_t)check_between(-5000, 5000) };
    const int16_t *in[3];
    check_place_front(check_one_in(2));
    for (int i = 0; i < 3; i++) {
        mix.m[i] = (int16_t)(check_one_in(4) ? 0 : check_between(-18000, 18000));
        in[i] = place_samples((CheckBuffer)(CHECK_ROW0 + i), n);
    }
    check_case("n %zu, m %d %d %d, bias %d", n, mix.m[0], mix.m[1], mix.m[2], mix.bias);
    uint8_t *out = check_place_output(n, 1);
    kernels->image.matrix(&mix, n, in, out);
    for (size_t i = 0; i < n; i++) {
        int32_t s = mix.bias;
        for (int c = 0; c < 3; c++)
            s += floor_hi(in[c][i] * mix.m[c]);
        s = s < 0 ? 0 : s / 16;
        s = s > 255 ? 255 : s;
        if (out[i] != s)
            check_fail("byte %zu is %d, %d expected", i, out[i], s);
    }
    check_around_output();
}

static void run_interleave(const MnetKernels *kernels, size_t n)
{
    const uint8_t *in[3];
    check_case("n %zu", n);
    check_place_front(check_one_in(2));
    for (int c = 0; c < 3; c++)
        in[c] = check_place((CheckBuffer)(CHECK_ROW0 + c), n, 0, 1);
    uint8_t *out = check_place_output(3 * n, 1);
    kernels->image.interleave(n, in, out);
    for (size_t i = 0; i < 3 * n; i++)
        if (out[i] != in[i % 3][i / 3])
            check_fail("byte %zu is %u, %u expected", i, out[i], in[i % 3][i / 3]);
    check_around_output();
}

static void run_rows8(const MnetKernels *kernels, size_t n)
{
    run_rows(kernels, 8, n);
}

static void run_rows10(const MnetKernels *kernels, size_t n)
{
    run_rows(kernels, 10, n);
}

/* Every short length, then random ones. */
static void sweep(const MnetKernels *kernels, void (*run)(const MnetKernels *, size_t))
{
    prepare();
    for (size_t n = 0; n <= 160; n += (size_t)check_step)
        run(kernels, n);
    for (int i = 0; i < check_iterations; i++)
        run(kernels, (size_t)check_between(1, MOST));
}

static void rows8(const MnetKernels *kernels)
{
    sweep(kernels, run_rows8);
}

static void rows10(const MnetKernels *kernels)
{
    sweep(kernels, run_rows10);
}

static void pick(const MnetKernels *kernels)
{
    sweep(kernels, run_pick);
}

static void columns(const MnetKernels *kernels)
{
    sweep(kernels, run_columns);
}

static void matrix(const MnetKernels *kernels)
{
    sweep(kernels, run_matrix);
}

static void interleave(const MnetKernels *kernels)
{
    sweep(kernels, run_interleave);
}

/* What a frame of 1920 pixels to 224 takes. */
enum { BENCH_OUT = 224, BENCH_TAPS = 16 };
static uint8_t bench_frame[6 * 2 * BENCH_N];
static int16_t bench_samples[4 * BENCH_N + MNET_IMAGE_ROW_PADDING], bench_out[BENCH_N];
static uint8_t bench_bytes[3][BENCH_OUT], bench_pixels[3 * BENCH_OUT];

static void call_rows8(const MnetKernels *kernels, const void *data)
{
    const MnetRowSum *sum = data;
    kernels->image.rows8(sum, BENCH_N, bench_out);
}

static void call_rows10(const MnetKernels *kernels, const void *data)
{
    const MnetRowSum *sum = data;
    kernels->image.rows10(sum, BENCH_N, bench_out);
}

static void call_pick(const MnetKernels *kernels, const void *data)
{
    const size_t *step = data;
    kernels->image.pick(*step, BENCH_N, bench_samples, bench_out);
}

static void call_columns(const MnetKernels *kernels, const void *data)
{
    kernels->image.columns(data, BENCH_OUT, bench_samples, bench_out);
}

static void call_matrix(const MnetKernels *kernels, const void *data)
{
    static const int16_t *const in[3] = { bench_samples, bench_samples, bench_samples };
    kernels->image.matrix(data, BENCH_OUT, in, bench_pixels);
}

static void call_interleave(const MnetKernels *kernels, const void *data)
{
    static const uint8_t *const in[3] = { bench_bytes[0], bench_bytes[1], bench_bytes[2] };
    kernels->image.interleave(BENCH_OUT, in, bench_pixels);
}

static MnetRowSum bench_sum(size_t bytes)
{
    return (MnetRowSum){ .mode = MNET_ROWS_BOX,
                         .first = bench_frame,
                         .stride = (ptrdiff_t)bytes * BENCH_N,
                         .whole = 4,
                         .last = 5,
                         .first_weight = 3000,
                         .last_weight = 3000,
                         .inner = 5000,
                         .fill = 1,
                         .align = 1,
                         .zero = zero,
                         .part = part,
                         .total = total };
}

static void bench_rows8(const MnetKernels *kernels)
{
    prepare();
    MnetRowSum sum = bench_sum(1);
    bench_print(kernels, "image_rows8", "6 x 1920", call_rows8, &sum, 6 * BENCH_N, BENCH_NO_PEAK);
}

static void bench_rows10(const MnetKernels *kernels)
{
    prepare();
    MnetRowSum sum = bench_sum(2);
    bench_print(kernels, "image_rows10", "6 x 1920", call_rows10, &sum, 6 * BENCH_N, BENCH_NO_PEAK);
}

static void bench_pick(const MnetKernels *kernels)
{
    for (size_t step = 2; step <= 4; step++) {
        static const char *const what[] = { "2 x 1920", "3 x 1920", "4 x 1920" };
        bench_print(kernels, "image_pick", what[step - 2], call_pick, &step, (double)step * BENCH_N,
                    BENCH_NO_PEAK);
    }
}

static void bench_columns(const MnetKernels *kernels)
{
    static uint16_t starts[BENCH_OUT];
    check_place_front(true);
    int16_t *weights = check_place_packed(CHECK_PACKED, sizeof *weights * BENCH_OUT * BENCH_TAPS);
    for (size_t i = 0; i < BENCH_OUT; i++)
        starts[i] = (uint16_t)(i * (BENCH_N - BENCH_TAPS) / BENCH_OUT);
    for (size_t taps = 8; taps <= BENCH_TAPS; taps *= 2) {
        MnetColumnSum sum = { taps, starts, weights, 14, 1 };
        bench_print(kernels, "image_columns", taps == 8 ? "224 x 8" : "224 x 16", call_columns,
                    &sum, (double)taps * BENCH_OUT, BENCH_NO_PEAK);
    }
}

static void bench_matrix(const MnetKernels *kernels)
{
    prepare();
    static const MnetColorMix mix = { { 9000, -3000, 13000 }, 100 };
    bench_print(kernels, "image_matrix", "224", call_matrix, &mix, BENCH_OUT, BENCH_NO_PEAK);
}

static void bench_interleave(const MnetKernels *kernels)
{
    bench_print(kernels, "image_interleave", "224", call_interleave, NULL, BENCH_OUT,
                BENCH_NO_PEAK);
}

const CheckSlot check_image_rows8 = { "image_rows8", rows8, bench_rows8 };
const CheckSlot check_image_rows10 = { "image_rows10", rows10, bench_rows10 };
const CheckSlot check_image_pick = { "image_pick", pick, bench_pick };
const CheckSlot check_image_columns = { "image_columns", columns, bench_columns };
const CheckSlot check_image_matrix = { "image_matrix", matrix, bench_matrix };
const CheckSlot check_image_interleave = { "image_interleave", interleave, bench_interleave };
