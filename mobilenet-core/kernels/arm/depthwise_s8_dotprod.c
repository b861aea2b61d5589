/* SPDX-License-Identifier: MIT
 *
 * Depthwise convolution of bytes by SDOT: four rows of the kernel at once.  The
 * inputs of a column are interleaved to registers of 4 channels x 4 rows, which
 * all windows that the column is in share; 16 channels. */
#include "kernels/arm/requant_neon.h"
#include "kernels/arm/slide_neon.h"
#include "kernels/arm/table_dotprod.h"

enum { TILE = 16, PIXELS = 4, PARTS = 3, HEADER = 64 };

/* Packed, for every 16 channels: in HEADER bytes the number of parts, then for each
 * part, for every 4 rows of the kernel, for every column: 16 channels of 4 weights,
 * 0 behind the last row.  The weights are the sums of their parts: w - wz of uint8
 * models may have nine bits.  The fourth row of a kernel of 3 is the second one
 * again, where the largest weights are: one part is enough for most. */
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

/* As much of what is left of a weight as a byte can hold. */
static int8_t take_byte(int32_t *left)
{
    int32_t now = *left > 127 ? 127 : *left < -128 ? -128 : *left;
    *left -= now;
    return (int8_t)now;
}

/* Writes part `part` of the weight; whether anything is left. */
static int pack_weight(const MnetDepthwiseS8 *d, size_t ky, int32_t w, int32_t part, int8_t *to)
{
    for (int32_t i = 0; i <= part; i++) {
        to[ky % 4] = take_byte(&w);
        if (d->kernel_h == 3 && ky == 1)
            to[3] = take_byte(&w);
    }
    return w != 0;
}

/* Whether anything is left for another part. */
static int pack_part(const MnetDepthwiseS8 *d, size_t c, int32_t part, int8_t *to)
{
    int any = 0;
    for (size_t ky = 0; ky < d->kernel_h; ky++)
        for (size_t kx = 0; kx < d->kernel_w; kx++)
            for (size_t j = 0; j < TILE; j++)
                any |= pack_weight(d, ky, d->weights[(ky * d->kernel_w + kx) * d->tile + c + j],
                                   part, to + ((ky / 4 * d->kernel_w + kx) * TILE + j) * 4);
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
                in[r] = line->rows[ky + r < d->kernel_h ? ky + r : d->kernel_h / 2] + offset;
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

/* 3x3 with RELU, 16 whole channels: the column is v12 to v15, the sums v0 to v11, the
 * weights v16 to v27, four vectors for each column of the window. */
#define LOAD_WEIGHTS                       \
    "ld1 {v16.16b-v19.16b}, [%[w]], #64\n" \
    "ld1 {v20.16b-v23.16b}, [%[w]], #64\n" \
    "ld1 {v24.16b-v27.16b}, [%[w]]\n"
#define NEXT_COLUMN                     \
    MNET_SLIDE_COLUMN("28", "29", "30") \
    "zip1 v31.16b, v28.16b, v29.16b\n"  \
    "zip2 v28.16b, v28.16b, v29.16b\n"  \
    "zip1 v15.16b, v30.16b, v29.16b\n"  \
    "zip2 v30.16b, v30.16b, v29.16b\n"  \
    "zip1 v12.8h, v31.8h, v15.8h\n"     \
    "zip2 v13.8h, v31.8h, v15.8h\n"     \
    "zip1 v14.8h, v28.8h, v30.8h\n"     \
    "zip2 v15.8h, v28.8h, v30.8h\n"
#define STORE(s0, s1, s2, s3) \
    MNET_SLIDE_STORE(s0, s1, s2, s3, "28", "29", "30", "31", "12", "13", "14", "15")

#define COLUMN(s0, s1, s2, s3, w0, w1, w2, w3) \
    "sdot v" s0 ".4s, v12.16b, v" w0 ".16b\n"  \
    "sdot v" s1 ".4s, v13.16b, v" w1 ".16b\n"  \
    "sdot v" s2 ".4s, v14.16b, v" w2 ".16b\n"  \
    "sdot v" s3 ".4s, v15.16b, v" w3 ".16b\n"
#define COLUMN_0(s0, s1, s2, s3) COLUMN(s0, s1, s2, s3, "16", "17", "18", "19")
#define COLUMN_1(s0, s1, s2, s3) COLUMN(s0, s1, s2, s3, "20", "21", "22", "23")
#define COLUMN_2(s0, s1, s2, s3) COLUMN(s0, s1, s2, s3, "24", "25", "26", "27")

/* A column that is the last of one window, in the middle of the next and the first
 * of the one after that. */
#define SLIDE_1(a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3)                            \
    MNET_SLIDE_BEGIN(c0, c1, c2, c3)                                                       \
    NEXT_COLUMN COLUMN_2(a0, a1, a2, a3) COLUMN_1(b0, b1, b2, b3) COLUMN_0(c0, c1, c2, c3) \
        STORE(a0, a1, a2, a3)

/* Two columns: the last ones of a window, and the first of the next one. */
#define SLIDE_2(a0, a1, a2, a3, b0, b1, b2, b3) \
    MNET_SLIDE_BEGIN(b0, b1, b2, b3)            \
    NEXT_COLUMN COLUMN_1(a0, a1, a2, a3)        \
    NEXT_COLUMN                                 \
    COLUMN_2(a0, a1, a2, a3) COLUMN_0(b0, b1, b2, b3) STORE(a0, a1, a2, a3)

/* One column from a window to the next: three windows are under way. */
static void slide_band_1(MnetSlide s, size_t width)
{
    MNET_SLIDE(
        LOAD_WEIGHTS MNET_SLIDE_BEGIN("0", "1", "2", "3") MNET_SLIDE_BEGIN(
            "4", "5", "6", "7") NEXT_COLUMN COLUMN_0("0", "1", "2", "3")
            NEXT_COLUMN COLUMN_1("0", "1", "2", "3") COLUMN_0("4", "5", "6", "7") "1:\n" SLIDE_1(
                "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10",
                "11") "b.eq 2f\n" SLIDE_1("4", "5", "6", "7", "8", "9", "10", "11", "0", "1", "2",
                                          "3") "b.eq 2f\n" SLIDE_1("8", "9", "10", "11", "0", "1",
                                                                   "2", "3", "4", "5", "6",
                                                                   "7") "b.ne 1b\n"
                                                                        "2:\n",
        s, width);
}

/* Two columns from a window to the next. */
static void slide_band_2(MnetSlide s, size_t width)
{
    MNET_SLIDE(LOAD_WEIGHTS MNET_SLIDE_BEGIN("0", "1", "2", "3")
                   NEXT_COLUMN COLUMN_0("0", "1", "2", "3") "1:\n" SLIDE_2(
                       "0", "1", "2", "3", "4", "5", "6",
                       "7") "b.eq 2f\n" SLIDE_2("4", "5", "6", "7", "0", "1", "2", "3") "b.ne 1b\n"
                                                                                        "2:\n",
               s, width);
}

static void slide_band(const Line *line, const int8_t *w, size_t c, size_t width)
{
    MnetSlide s = mnet_slide(line->d, &line->requant, c, line->rows, w);
    s.at = line->first + c;
    s.column = line->column;
    s.out = line->out + c;
    s.out_pixel = line->out_pixel;
    if (line->step == 1)
        slide_band_1(s, width);
    else
        slide_band_2(s, width);
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
