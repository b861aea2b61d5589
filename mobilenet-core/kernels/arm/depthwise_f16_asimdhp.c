/* SPDX-License-Identifier: MIT
 *
 * Depthwise convolution of float16, 8 channels at once. */
#include <arm_neon.h>

#include "kernels/arm/table_asimdhp.h"
#include "kernels/inline.h"

#ifndef __ARM_FEATURE_FP16_VECTOR_ARITHMETIC
#error "needs -march=armv8.2-a+fp16"
#endif

/* Rows of most networks are multiples of 7 wide. */
enum { MOST_PIXELS = 7, PIXELS = 4 };

/* A row of output as the tiles see it: pixels that are `dilation` apart share
 * their columns as neighbours do otherwise. */
typedef struct {
    const MnetDepthwiseF16 *d;
    const MnetHalf *const *rows;
    size_t first;  /* element of the rows where the window of pixel 0 begins */
    size_t column; /* elements from one column of a window to the next */
    size_t step;   /* columns from one window to the next */
    MnetHalf *out;
    size_t out_pixel;
} Line;

MNET_INLINE float16x8_t load(const MnetHalf *from)
{
    return vreinterpretq_f16_u16(vld1q_u16(from));
}

MNET_INLINE void store(const MnetDepthwiseF16 *d, MnetHalf *out, float16x8_t value, size_t channels)
{
    MnetHalf all[8];
    value =
        vminq_f16(vmaxq_f16(value, vdupq_n_f16((float16_t)d->min)), vdupq_n_f16((float16_t)d->max));
    if (__builtin_expect(channels >= 8, 1)) {
        vst1q_u16(out, vreinterpretq_u16_f16(value));
        return;
    }
    vst1q_u16(all, vreinterpretq_u16_f16(value));
    __builtin_memcpy(out, all, channels * sizeof *out);
}

/* Some pixels from x on, which share the weights; channels from c on. */
MNET_INLINE void tile(const Line *line, size_t c, size_t x, size_t pixels)
{
    const MnetDepthwiseF16 *d = line->d;
    const MnetHalf *w = d->weights + c;
    size_t offset = line->first + x * line->step * line->column + c;
    float16x8_t acc[MOST_PIXELS];
#pragma GCC unroll MNET_UNROLL_16
    for (size_t i = 0; i < pixels; i++)
        acc[i] = load(d->bias + c);
    for (size_t ky = 0; ky < d->kernel_h; ky++) {
        const MnetHalf *in = line->rows[ky] + offset;
        for (size_t kx = 0; kx < d->kernel_w; kx++, in += line->column, w += d->tile) {
            float16x8_t weights = load(w);
#pragma GCC unroll MNET_UNROLL_16
            for (size_t i = 0; i < pixels; i++)
                acc[i] = vfmaq_f16(acc[i], load(in + i * line->step * line->column), weights);
        }
    }
#pragma GCC unroll MNET_UNROLL_16
    for (size_t i = 0; i < pixels; i++)
        store(d, line->out + (x + i) * line->out_pixel + c, acc[i], d->channels - c);
}

/* The last pixels overlap those before them. */
static void band(const Line *line, size_t c, size_t width)
{
    for (size_t x = 0; width >= MOST_PIXELS && x < width; x += MOST_PIXELS)
        tile(line, c, x + MOST_PIXELS <= width ? x : width - MOST_PIXELS, MOST_PIXELS);
    for (size_t x = 0; width >= PIXELS && width < MOST_PIXELS && x < width; x += PIXELS)
        tile(line, c, x + PIXELS <= width ? x : width - PIXELS, PIXELS);
    for (size_t x = 0; width < PIXELS && x < width; x++)
        tile(line, c, x, 1);
}

/* 3x3, 16 whole channels: pairs of vectors.  The sums are v0 to v5, the rows of a
 * column v6 to v11, the limits v12 and v13, the weights of the window's columns v14,
 * v20 and v26 on, row by row. */
#define LOAD_WEIGHTS                         \
    "ld1 {v14.8h, v15.8h}, [%[w]], %[tap]\n" \
    "ld1 {v20.8h, v21.8h}, [%[w]], %[tap]\n" \
    "ld1 {v26.8h, v27.8h}, [%[w]], %[tap]\n" \
    "ld1 {v16.8h, v17.8h}, [%[w]], %[tap]\n" \
    "ld1 {v22.8h, v23.8h}, [%[w]], %[tap]\n" \
    "ld1 {v28.8h, v29.8h}, [%[w]], %[tap]\n" \
    "ld1 {v18.8h, v19.8h}, [%[w]], %[tap]\n" \
    "ld1 {v24.8h, v25.8h}, [%[w]], %[tap]\n" \
    "ld1 {v30.8h, v31.8h}, [%[w]]\n"         \
    "dup v12.8h, %w[min]\n"                  \
    "dup v13.8h, %w[max]\n"
#define NEXT_COLUMN                            \
    "ld1 {v6.8h, v7.8h}, [%[r0]], %[column]\n" \
    "ld1 {v8.8h, v9.8h}, [%[r1]], %[column]\n" \
    "ld1 {v10.8h, v11.8h}, [%[r2]], %[column]\n"
#define BEGIN(s0, s1) "ldp q" s0 ", q" s1 ", [%[bias]]\n"
#define COLUMN(s0, s1, w0, w1, w2, w3, w4, w5) \
    "fmla v" s0 ".8h, v6.8h, v" w0 ".8h\n"     \
    "fmla v" s1 ".8h, v7.8h, v" w1 ".8h\n"     \
    "fmla v" s0 ".8h, v8.8h, v" w2 ".8h\n"     \
    "fmla v" s1 ".8h, v9.8h, v" w3 ".8h\n"     \
    "fmla v" s0 ".8h, v10.8h, v" w4 ".8h\n"    \
    "fmla v" s1 ".8h, v11.8h, v" w5 ".8h\n"
#define COLUMN_0(s0, s1) COLUMN(s0, s1, "14", "15", "16", "17", "18", "19")
#define COLUMN_1(s0, s1) COLUMN(s0, s1, "20", "21", "22", "23", "24", "25")
#define COLUMN_2(s0, s1) COLUMN(s0, s1, "26", "27", "28", "29", "30", "31")
/* The flags tell whether it was the last pixel. */
#define STORE(s0, s1)                                        \
    "fmax v" s0 ".8h, v" s0 ".8h, v12.8h\n"                  \
    "fmax v" s1 ".8h, v" s1 ".8h, v12.8h\n"                  \
    "fmin v" s0 ".8h, v" s0 ".8h, v13.8h\n"                  \
    "fmin v" s1 ".8h, v" s1 ".8h, v13.8h\n"                  \
    "st1 {v" s0 ".8h, v" s1 ".8h}, [%[out]], %[out_pixel]\n" \
    "subs %[width], %[width], #1\n"

/* A column that is the last of one window, in the middle of the next and the first
 * of the one after that. */
#define SLIDE_1(a0, a1, b0, b1, c0, c1) \
    NEXT_COLUMN BEGIN(c0, c1) COLUMN_2(a0, a1) COLUMN_1(b0, b1) COLUMN_0(c0, c1) STORE(a0, a1)
/* Two columns: the last ones of a window, and the first of the next one. */
#define SLIDE_2(a0, a1, b0, b1)                                                              \
    NEXT_COLUMN BEGIN(b0, b1) COLUMN_1(a0, a1) NEXT_COLUMN COLUMN_2(a0, a1) COLUMN_0(b0, b1) \
        STORE(a0, a1)

typedef struct {
    const MnetHalf *rows[3], *weights;
    MnetHalf *out;
} Slide;

#define SLIDE(TEXT)                                                                                \
    __asm__ volatile(LOAD_WEIGHTS TEXT                                                             \
                     : [r0] "+r"(s.rows[0]), [r1] "+r"(s.rows[1]), [r2] "+r"(s.rows[2]),           \
                       [w] "+r"(s.weights), [out] "+r"(s.out), [width] "+r"(width)                 \
                     : [column] "r"(line->column * sizeof(MnetHalf)), [bias] "r"(d->bias + c),     \
                       [out_pixel] "r"(line->out_pixel * sizeof(MnetHalf)),                        \
                       [tap] "r"(d->tile * sizeof(MnetHalf)), [min] "r"(min), [max] "r"(max)       \
                     : "cc", "memory", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", \
                       "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19",       \
                       "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29",       \
                       "v30", "v31")

static uint32_t bits(float value)
{
    float16_t half = (float16_t)value;
    MnetHalf all;
    __builtin_memcpy(&all, &half, sizeof all);
    return all;
}

static void slide_band(const Line *line, size_t c, size_t width)
{
    const MnetDepthwiseF16 *d = line->d;
    uint32_t min = bits(d->min), max = bits(d->max);
    Slide s = { .weights = d->weights + c, .out = line->out + c };
    for (size_t ky = 0; ky < 3; ky++)
        s.rows[ky] = line->rows[ky] + line->first + c;
    if (line->step == 1)
        SLIDE(
            BEGIN("0", "1") BEGIN("2", "3") NEXT_COLUMN COLUMN_0("0", "1") NEXT_COLUMN COLUMN_1("0",
                                                                                                "1")
                COLUMN_0("2", "3") "1:\n" SLIDE_1("0", "1", "2", "3", "4", "5") "b.eq 2f\n" SLIDE_1(
                    "2", "3", "4", "5", "0", "1") "b.eq 2f\n" SLIDE_1("4", "5", "0", "1", "2",
                                                                      "3") "b.ne 1b\n"
                                                                           "2:\n");
    else
        SLIDE(BEGIN("0", "1") NEXT_COLUMN COLUMN_0("0", "1") "1:\n" SLIDE_2(
            "0", "1", "2", "3") "b.eq 2f\n" SLIDE_2("2", "3", "0", "1") "b.ne 1b\n"
                                                                        "2:\n");
}

static void run_line(const Line *line, size_t width)
{
    const MnetDepthwiseF16 *d = line->d;
    size_t c = 0;
    if (d->kernel_h == 3 && d->kernel_w == 3 && line->step <= 2 && width)
        for (; d->channels - c >= 16; c += 16)
            slide_band(line, c, width);
    for (; c < d->channels; c += 8)
        band(line, c, width);
}

void mnet_depthwise_f16_asimdhp(const MnetDepthwiseF16 *d, size_t width,
                                const MnetHalf *const *rows, MnetHalf *out)
{
    Line line = { .d = d, .rows = rows };
    /* Windows share columns when every one begins at a column of the others. */
    size_t lines = d->stride % d->dilation == 0 ? 1 : d->dilation;
    line.column = d->dilation * d->pixel;
    line.out_pixel = lines * d->out_pixel;
    line.step = lines == 1 ? d->stride / d->dilation : d->stride;
    for (size_t i = 0; i < lines && i < width; i++) {
        line.first = i * d->stride * d->pixel;
        line.out = out + i * d->out_pixel;
        run_line(&line, (width - i + lines - 1) / lines);
    }
}
