/* SPDX-License-Identifier: MIT
 *
 * Depthwise convolution of floats, 4 channels at once. */
#include <arm_neon.h>

#include "kernels/arm/table_neon.h"
#include "kernels/inline.h"

enum { PIXELS = 4 };

/* A row of output as the tiles see it: pixels that are `dilation` apart share
 * their columns as neighbours do otherwise. */
typedef struct {
    const MnetDepthwiseF32 *d;
    const float *const *rows;
    size_t first;  /* element of the rows where the window of pixel 0 begins */
    size_t column; /* elements from one column of a window to the next */
    size_t step;   /* columns from one window to the next */
    float *out;
    size_t out_pixel;
} Line;

MNET_INLINE void store(float *out, float32x4_t value, size_t channels)
{
    float all[4];
    if (__builtin_expect(channels >= 4, 1)) {
        vst1q_f32(out, value);
        return;
    }
    vst1q_f32(all, value);
    __builtin_memcpy(out, all, channels * sizeof *out);
}

MNET_INLINE float32x4_t clamp(float32x4_t value, float min, float max)
{
    return vminq_f32(vmaxq_f32(value, vdupq_n_f32(min)), vdupq_n_f32(max));
}

/* Some pixels from x on, which share the weights; channels from c on. */
MNET_INLINE void tile(const Line *line, size_t c, size_t x, size_t pixels)
{
    const MnetDepthwiseF32 *d = line->d;
    const float *w = d->weights + c;
    size_t offset = line->first + x * line->step * line->column + c;
    float32x4_t acc[PIXELS];
#pragma GCC unroll MNET_UNROLL_4
    for (size_t i = 0; i < pixels; i++)
        acc[i] = vld1q_f32(d->bias + c);
    for (size_t ky = 0; ky < d->kernel_h; ky++) {
        const float *in = line->rows[ky] + offset;
        for (size_t kx = 0; kx < d->kernel_w; kx++, in += line->column, w += d->tile) {
            float32x4_t weights = vld1q_f32(w);
#pragma GCC unroll MNET_UNROLL_4
            for (size_t i = 0; i < pixels; i++)
                acc[i] = vfmaq_f32(acc[i], vld1q_f32(in + i * line->step * line->column), weights);
        }
    }
#pragma GCC unroll MNET_UNROLL_4
    for (size_t i = 0; i < pixels; i++)
        store(line->out + (x + i) * line->out_pixel + c, clamp(acc[i], d->min, d->max),
              d->channels - c);
}

/* The last pixels overlap those before them. */
static void band(const Line *line, size_t c, size_t width)
{
    for (size_t x = 0; width >= PIXELS && x < width; x += PIXELS)
        tile(line, c, x + PIXELS <= width ? x : width - PIXELS, PIXELS);
    for (size_t x = 0; width < PIXELS && x < width; x++)
        tile(line, c, x, 1);
}

/* 3x3, 8 whole channels: pairs of vectors.  The sums are v0 to v5, the rows of a
 * column v6 to v11, the limits v12 and v13, the weights of the window's columns v14,
 * v20 and v26 on, row by row. */
#define LOAD_WEIGHTS                         \
    "ld1 {v14.4s, v15.4s}, [%[w]], %[tap]\n" \
    "ld1 {v20.4s, v21.4s}, [%[w]], %[tap]\n" \
    "ld1 {v26.4s, v27.4s}, [%[w]], %[tap]\n" \
    "ld1 {v16.4s, v17.4s}, [%[w]], %[tap]\n" \
    "ld1 {v22.4s, v23.4s}, [%[w]], %[tap]\n" \
    "ld1 {v28.4s, v29.4s}, [%[w]], %[tap]\n" \
    "ld1 {v18.4s, v19.4s}, [%[w]], %[tap]\n" \
    "ld1 {v24.4s, v25.4s}, [%[w]], %[tap]\n" \
    "ld1 {v30.4s, v31.4s}, [%[w]]\n"         \
    "ld1r {v12.4s}, [%[min]]\n"              \
    "ld1r {v13.4s}, [%[max]]\n"
#define NEXT_COLUMN                            \
    "ld1 {v6.4s, v7.4s}, [%[r0]], %[column]\n" \
    "ld1 {v8.4s, v9.4s}, [%[r1]], %[column]\n" \
    "ld1 {v10.4s, v11.4s}, [%[r2]], %[column]\n"
#define BEGIN(s0, s1) "ldp q" s0 ", q" s1 ", [%[bias]]\n"
#define COLUMN(s0, s1, w0, w1, w2, w3, w4, w5) \
    "fmla v" s0 ".4s, v6.4s, v" w0 ".4s\n"     \
    "fmla v" s1 ".4s, v7.4s, v" w1 ".4s\n"     \
    "fmla v" s0 ".4s, v8.4s, v" w2 ".4s\n"     \
    "fmla v" s1 ".4s, v9.4s, v" w3 ".4s\n"     \
    "fmla v" s0 ".4s, v10.4s, v" w4 ".4s\n"    \
    "fmla v" s1 ".4s, v11.4s, v" w5 ".4s\n"
#define COLUMN_0(s0, s1) COLUMN(s0, s1, "14", "15", "16", "17", "18", "19")
#define COLUMN_1(s0, s1) COLUMN(s0, s1, "20", "21", "22", "23", "24", "25")
#define COLUMN_2(s0, s1) COLUMN(s0, s1, "26", "27", "28", "29", "30", "31")
/* The flags tell whether it was the last pixel. */
#define STORE(s0, s1)                                        \
    "fmax v" s0 ".4s, v" s0 ".4s, v12.4s\n"                  \
    "fmax v" s1 ".4s, v" s1 ".4s, v12.4s\n"                  \
    "fmin v" s0 ".4s, v" s0 ".4s, v13.4s\n"                  \
    "fmin v" s1 ".4s, v" s1 ".4s, v13.4s\n"                  \
    "st1 {v" s0 ".4s, v" s1 ".4s}, [%[out]], %[out_pixel]\n" \
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
    const float *rows[3], *weights;
    float *out;
} Slide;

#define SLIDE(TEXT)                                                                                \
    __asm__ volatile(LOAD_WEIGHTS TEXT                                                             \
                     : [r0] "+r"(s.rows[0]), [r1] "+r"(s.rows[1]), [r2] "+r"(s.rows[2]),           \
                       [w] "+r"(s.weights), [out] "+r"(s.out), [width] "+r"(width)                 \
                     : [column] "r"(line->column * sizeof(float)), [bias] "r"(d->bias + c),        \
                       [out_pixel] "r"(line->out_pixel * sizeof(float)),                           \
                       [tap] "r"(d->tile * sizeof(float)), [min] "r"(&d->min), [max] "r"(&d->max)  \
                     : "cc", "memory", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", \
                       "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19",       \
                       "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29",       \
                       "v30", "v31")

static void slide_band(const Line *line, size_t c, size_t width)
{
    const MnetDepthwiseF32 *d = line->d;
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
    const MnetDepthwiseF32 *d = line->d;
    size_t c = 0;
    if (d->kernel_h == 3 && d->kernel_w == 3 && line->step <= 2 && width)
        for (; d->channels - c >= 8; c += 8)
            slide_band(line, c, width);
    for (; c < d->channels; c += 4)
        band(line, c, width);
}

void mnet_depthwise_f32_neon(const MnetDepthwiseF32 *d, size_t width, const float *const *rows,
                             float *out)
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
