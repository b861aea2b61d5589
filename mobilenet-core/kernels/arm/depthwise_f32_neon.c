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

/* 3x3, 4 whole channels. */
typedef struct {
    const float *in[3];
    size_t at, column;
    float32x4_t w[3][3], bias, min, max;
    float *out;
    size_t out_pixel;
} Slide;

MNET_INLINE void next_column(Slide *s, float32x4_t column[3])
{
#pragma GCC unroll MNET_UNROLL_3
    for (size_t ky = 0; ky < 3; ky++)
        column[ky] = vld1q_f32(s->in[ky] + s->at);
    s->at += s->column;
}

MNET_INLINE float32x4_t add_column(float32x4_t acc, const float32x4_t column[3], const Slide *s,
                                   size_t kx)
{
#pragma GCC unroll MNET_UNROLL_3
    for (size_t ky = 0; ky < 3; ky++)
        acc = vfmaq_f32(acc, column[ky], s->w[ky][kx]);
    return acc;
}

MNET_INLINE void slide_out(Slide *s, float32x4_t acc)
{
    vst1q_f32(s->out, vminq_f32(vmaxq_f32(acc, s->min), s->max));
    s->out += s->out_pixel;
}

/* A column that is the last of one window, in the middle of the next and the first
 * of the one after that. */
MNET_INLINE void slide_1(Slide *s, float32x4_t last, float32x4_t *middle, float32x4_t *begun)
{
    float32x4_t column[3];
    next_column(s, column);
    last = add_column(last, column, s, 2);
    *middle = add_column(*middle, column, s, 1);
    *begun = add_column(s->bias, column, s, 0);
    slide_out(s, last);
}

static void slide_band_1(Slide s, size_t width)
{
    float32x4_t column[3], a, b, c;
    next_column(&s, column);
    a = add_column(s.bias, column, &s, 0);
    next_column(&s, column);
    a = add_column(a, column, &s, 1);
    b = add_column(s.bias, column, &s, 0);
    for (;;) {
        slide_1(&s, a, &b, &c);
        if (--width == 0)
            break;
        slide_1(&s, b, &c, &a);
        if (--width == 0)
            break;
        slide_1(&s, c, &a, &b);
        if (--width == 0)
            break;
    }
}

/* Two columns from a window to the next. */
static void slide_band_2(Slide s, size_t width)
{
    float32x4_t column[3], acc;
    next_column(&s, column);
    acc = add_column(s.bias, column, &s, 0);
    for (; width; width--) {
        next_column(&s, column);
        acc = add_column(acc, column, &s, 1);
        next_column(&s, column);
        slide_out(&s, add_column(acc, column, &s, 2));
        acc = add_column(s.bias, column, &s, 0);
    }
}

static void slide_band(const Line *line, size_t c, size_t width)
{
    const MnetDepthwiseF32 *d = line->d;
    Slide s = { .at = line->first + c,
                .column = line->column,
                .bias = vld1q_f32(d->bias + c),
                .min = vdupq_n_f32(d->min),
                .max = vdupq_n_f32(d->max),
                .out = line->out + c,
                .out_pixel = line->out_pixel };
    for (size_t ky = 0; ky < 3; ky++) {
        s.in[ky] = line->rows[ky];
        for (size_t kx = 0; kx < 3; kx++)
            s.w[ky][kx] = vld1q_f32(d->weights + (ky * 3 + kx) * d->tile + c);
    }
    if (line->step == 1)
        slide_band_1(s, width);
    else
        slide_band_2(s, width);
}

static void run_line(const Line *line, size_t width)
{
    const MnetDepthwiseF32 *d = line->d;
    for (size_t c = 0; width && c < d->channels; c += 4)
        if (d->kernel_h == 3 && d->kernel_w == 3 && line->step <= 2 && d->channels - c >= 4)
            slide_band(line, c, width);
        else
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
