/* SPDX-License-Identifier: MIT
 *
 * Depthwise convolution of bytes by SDOT: four rows of the kernel at once.  The
 * inputs of a column are interleaved to registers of 4 channels x 4 rows, which
 * all windows that the column is in share; 16 channels. */
#include "kernels/arm/requant_neon.h"
#include "kernels/arm/table_dotprod.h"

enum { TILE = 16, PIXELS = 4, PARTS = 3, HEADER = 64 };

/* Packed, for every 16 channels: in HEADER bytes the number of parts, then for each
 * part, for every 4 rows of the kernel, for every column: 16 channels of 4 weights,
 * 0 behind the last row.  The weights are the sums of their parts: w - wz of uint8
 * models may have nine bits. */
static size_t part_bytes(const MnetDepthwiseS8 *d)
{
    return (d->kernel_h + 3) / 4 * d->kernel_w * TILE * 4;
}

static size_t block_bytes(const MnetDepthwiseS8 *d)
{
    return HEADER + PARTS * part_bytes(d);
}

size_t mnet_depthwise_s8_pack_bytes_dotprod(const MnetDepthwiseS8 *d)
{
    return d->tile / TILE * block_bytes(d);
}

/* Writes the part of each weight that a byte can hold; whether anything is left. */
static int pack_part(const MnetDepthwiseS8 *d, size_t c, int32_t part, int8_t *to)
{
    int any = 0;
    for (size_t ky = 0; ky < d->kernel_h; ky++)
        for (size_t kx = 0; kx < d->kernel_w; kx++)
            for (size_t j = 0; j < TILE; j++) {
                int32_t w = d->weights[(ky * d->kernel_w + kx) * d->tile + c + j], now = 0;
                for (int32_t i = 0; i <= part; i++, w -= now)
                    now = w > 127 ? 127 : w < -128 ? -128 : w;
                to[((ky / 4 * d->kernel_w + kx) * TILE + j) * 4 + ky % 4] = (int8_t)now;
                any |= w != 0;
            }
    return any;
}

void mnet_depthwise_s8_pack_dotprod(const MnetDepthwiseS8 *d, void *packed)
{
    int8_t *block = packed;
    for (size_t c = 0; c < d->tile; c += TILE, block += block_bytes(d)) {
        int32_t parts = 0;
        int any = 1;
        for (; any; parts++)
            any = pack_part(d, c, parts, block + HEADER + (size_t)parts * part_bytes(d));
        memcpy(block, &parts, sizeof parts);
    }
}

/* A row of output as the tiles see it: pixels that are `dilation` apart share
 * their columns as neighbours do otherwise. */
typedef struct {
    const MnetDepthwiseS8 *d;
    MnetRequantNeon requant;
    const int8_t *const *rows;
    size_t first;  /* element of the rows where the window of pixel 0 begins */
    size_t column; /* elements from one column of a window to the next */
    size_t step;   /* columns from one window to the next */
    int8_t *out;
    size_t out_pixel;
} Line;

/* 16 channels x 4 rows of a column. */
typedef struct {
    int8x16_t quarter[4];
} Column;

MNET_INLINE Column interleave(int8x16_t r0, int8x16_t r1, int8x16_t r2, int8x16_t r3)
{
    int16x8_t low = vreinterpretq_s16_s8(vzip1q_s8(r0, r1));
    int16x8_t high = vreinterpretq_s16_s8(vzip2q_s8(r0, r1));
    int16x8_t low_2 = vreinterpretq_s16_s8(vzip1q_s8(r2, r3));
    int16x8_t high_2 = vreinterpretq_s16_s8(vzip2q_s8(r2, r3));
    return (Column){ { vreinterpretq_s8_s16(vzip1q_s16(low, low_2)),
                       vreinterpretq_s8_s16(vzip2q_s16(low, low_2)),
                       vreinterpretq_s8_s16(vzip1q_s16(high, high_2)),
                       vreinterpretq_s8_s16(vzip2q_s16(high, high_2)) } };
}

MNET_INLINE void load_weights(int8x16_t w[4], const int8_t *from)
{
    int8x16x4_t all = vld1q_s8_x4(from);
#pragma GCC unroll MNET_UNROLL_4
    for (size_t v = 0; v < 4; v++)
        w[v] = all.val[v];
}

MNET_INLINE void load_sums(int32x4_t acc[4], const int32_t *from)
{
#pragma GCC unroll MNET_UNROLL_4
    for (size_t v = 0; v < 4; v++)
        acc[v] = vld1q_s32(from + 4 * v);
}

MNET_INLINE void add_products(int32x4_t acc[4], const Column *column, const int8x16_t w[4])
{
#pragma GCC unroll MNET_UNROLL_4
    for (size_t v = 0; v < 4; v++)
        acc[v] = vdotq_s32(acc[v], column->quarter[v], w[v]);
}

MNET_INLINE void finish(const Line *line, size_t c, size_t x, int32x4_t (*acc)[4], size_t pixels)
{
    mnet_requant_tile_neon(&line->requant, acc, pixels, 4, c, line->d->channels - c,
                           line->out + x * line->out_pixel + c, line->out_pixel);
}

/* Some pixels from x on, 16 channels from c on.  pixels is a constant where this is
 * inlined, kernel_w and step may be. */
MNET_INLINE void tile(const Line *line, size_t c, size_t x, size_t kernel_w, size_t step,
                      size_t pixels)
{
    const MnetDepthwiseS8 *d = line->d;
    const int8_t *block = (const int8_t *)d->packed + c / TILE * block_bytes(d);
    const int8_t *w = block + HEADER;
    size_t offset = line->first + x * step * line->column + c;
    int32x4_t acc[PIXELS][4];
    int32_t parts;
    memcpy(&parts, block, sizeof parts);
#pragma GCC unroll MNET_UNROLL_4
    for (size_t i = 0; i < pixels; i++)
        load_sums(acc[i], d->bias + c);
    for (; parts > 0; parts--)
        for (size_t ky = 0; ky < d->kernel_h; ky += 4, w += kernel_w * TILE * 4) {
            const int8_t *in[4];
            for (size_t r = 0; r < 4; r++)
                in[r] = line->rows[ky + r < d->kernel_h ? ky + r : ky] + offset;
#pragma GCC unroll MNET_UNROLL_16
            for (size_t x0 = 0; x0 < (pixels - 1) * step + kernel_w; x0++) {
                size_t at = x0 * line->column;
                Column column = interleave(vld1q_s8(in[0] + at), vld1q_s8(in[1] + at),
                                           vld1q_s8(in[2] + at), vld1q_s8(in[3] + at));
#pragma GCC unroll MNET_UNROLL_4
                for (size_t i = 0; i < pixels; i++)
                    if (x0 >= i * step && x0 < i * step + kernel_w) {
                        int8x16_t weights[4];
                        load_weights(weights, w + (x0 - i * step) * TILE * 4);
                        add_products(acc[i], &column, weights);
                    }
            }
        }
    finish(line, c, x, acc, pixels);
}

static void band_any(const Line *line, size_t c, size_t width)
{
    for (size_t x = 0; x < width; x++)
        tile(line, c, x, line->d->kernel_w, line->step, 1);
}

/* The last pixels overlap those before them. */
static void band_3(const Line *line, size_t c, size_t width)
{
    for (size_t x = 0; x < width; x += PIXELS)
        if (line->step == 1)
            tile(line, c, x + PIXELS <= width ? x : width - PIXELS, 3, 1, PIXELS);
        else
            tile(line, c, x + PIXELS <= width ? x : width - PIXELS, 3, 2, PIXELS);
}

static void band_5(const Line *line, size_t c, size_t width)
{
    for (size_t x = 0; x < width; x += PIXELS)
        if (line->step == 1)
            tile(line, c, x + PIXELS <= width ? x : width - PIXELS, 5, 1, PIXELS);
        else
            tile(line, c, x + PIXELS <= width ? x : width - PIXELS, 5, 2, PIXELS);
}

/* 3x3 with RELU, 16 whole channels. */
typedef struct {
    const int8_t *in[3];
    size_t at, column;
    int8x16_t w[3][4];
    const int32_t *bias, *multiplier, *shift;
    const MnetRequantNeon *requant;
    int8_t *out;
} Slide;

MNET_INLINE Column next_column(Slide *s)
{
    int8x16_t r0 = vld1q_s8(s->in[0] + s->at), r1 = vld1q_s8(s->in[1] + s->at);
    int8x16_t r2 = vld1q_s8(s->in[2] + s->at);
    s->at += s->column;
    return interleave(r0, r1, r2, r2);
}

MNET_INLINE void slide_out(Slide *s, int32x4_t acc[4], size_t out_pixel)
{
#pragma GCC unroll MNET_UNROLL_4
    for (size_t v = 0; v < 4; v++)
        acc[v] = mnet_scaled_neon(MNET_WAY_RELU, acc[v], vld1q_s32(s->multiplier + 4 * v),
                                  vld1q_s32(s->shift + 4 * v));
    vst1q_s8(s->out, mnet_packed_neon(s->requant, MNET_WAY_RELU, acc, 4));
    s->out += out_pixel;
}

/* A column that is the last of one window, in the middle of the next and the first
 * of the one after that. */
MNET_INLINE void slide_1(Slide *s, int32x4_t last[4], int32x4_t middle[4], int32x4_t begun[4])
{
    Column column = next_column(s);
    add_products(last, &column, s->w[2]);
    add_products(middle, &column, s->w[1]);
    load_sums(begun, s->bias);
    add_products(begun, &column, s->w[0]);
}

/* One column from a window to the next: three windows are under way. */
static void slide_band_1(Slide s, size_t width, size_t out_pixel)
{
    int32x4_t a[4], b[4], c[4];
    load_sums(a, s.bias);
    load_sums(b, s.bias);
    Column column = next_column(&s);
    add_products(a, &column, s.w[0]);
    column = next_column(&s);
    add_products(a, &column, s.w[1]);
    add_products(b, &column, s.w[0]);
    for (;;) {
        slide_1(&s, a, b, c);
        slide_out(&s, a, out_pixel);
        if (--width == 0)
            break;
        slide_1(&s, b, c, a);
        slide_out(&s, b, out_pixel);
        if (--width == 0)
            break;
        slide_1(&s, c, a, b);
        slide_out(&s, c, out_pixel);
        if (--width == 0)
            break;
    }
}

/* Two columns from a window to the next. */
MNET_INLINE void slide_2(Slide *s, int32x4_t last[4], int32x4_t begun[4])
{
    Column column = next_column(s);
    add_products(last, &column, s->w[1]);
    column = next_column(s);
    add_products(last, &column, s->w[2]);
    load_sums(begun, s->bias);
    add_products(begun, &column, s->w[0]);
}

static void slide_band_2(Slide s, size_t width, size_t out_pixel)
{
    int32x4_t a[4], b[4];
    load_sums(a, s.bias);
    Column column = next_column(&s);
    add_products(a, &column, s.w[0]);
    for (;;) {
        slide_2(&s, a, b);
        slide_out(&s, a, out_pixel);
        if (--width == 0)
            break;
        slide_2(&s, b, a);
        slide_out(&s, b, out_pixel);
        if (--width == 0)
            break;
    }
}

static void slide_band(const Line *line, const int8_t *w, size_t c, size_t width)
{
    Slide s = { .at = line->first + c,
                .column = line->column,
                .bias = line->d->bias + c,
                .multiplier = line->requant.multiplier + c,
                .shift = line->requant.shift + c,
                .requant = &line->requant,
                .out = line->out + c };
    for (size_t ky = 0; ky < 3; ky++)
        s.in[ky] = line->rows[ky];
    for (size_t kx = 0; kx < 3; kx++)
        load_weights(s.w[kx], w + kx * TILE * 4);
    if (line->step == 1)
        slide_band_1(s, width, line->out_pixel);
    else
        slide_band_2(s, width, line->out_pixel);
}

static void run_line(const Line *line, size_t width)
{
    const MnetDepthwiseS8 *d = line->d;
    for (size_t c = 0; c < d->channels; c += TILE) {
        const int8_t *block = (const int8_t *)d->packed + c / TILE * block_bytes(d);
        int32_t parts;
        memcpy(&parts, block, sizeof parts);
        if (line->step > 2 || (d->kernel_w != 3 && d->kernel_w != 5))
            band_any(line, c, width);
        else if (d->kernel_w == 3 && d->kernel_h == 3 && parts == 1 && d->channels - c >= TILE &&
                 line->requant.way == MNET_WAY_RELU && width)
            slide_band(line, block + HEADER, c, width);
        else if (width < PIXELS)
            band_any(line, c, width);
        else if (d->kernel_w == 3)
            band_3(line, c, width);
        else
            band_5(line, c, width);
    }
}

void mnet_depthwise_s8_dotprod(const MnetDepthwiseS8 *d, size_t width, const int8_t *const *rows,
                               int8_t *out)
{
    Line line = { .d = d, .requant = mnet_requant_neon(&d->requant, 0, d->tile), .rows = rows };
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
