/* SPDX-License-Identifier: MIT
 *
 * Depthwise convolution of bytes: 3x3 after RELU with two products in 16 bits, 16
 * channels at once; all others widened, a product and its sum one instruction. */
#include "kernels/arm/requant_neon.h"
#include "kernels/arm/slide_neon.h"
#include "kernels/arm/table_neon.h"

enum { TILE = 16, PIXELS = 4 };

/* Packed, for every 16 channels of a 3x3 kernel: its weights as bytes, when none is
 * below -127 or above 127.  Only -128 * -128 twice would not fit 16 bits. */
typedef struct {
    int8_t weights[9][TILE];
    int64_t fits, padding;
} Narrow;

size_t mnet_depthwise_s8_pack_bytes_neon(const MnetDepthwiseS8 *d)
{
    return d->tile / TILE * sizeof(Narrow);
}

void mnet_depthwise_s8_pack_neon(const MnetDepthwiseS8 *d, void *packed)
{
    Narrow *narrow = packed;
    if (d->kernel_h != 3 || d->kernel_w != 3)
        return;
    for (size_t c = 0; c < d->tile; c += TILE, narrow++) {
        narrow->fits = 1;
        for (size_t i = 0; i < 9 * TILE; i++) {
            int16_t w = d->weights[i / TILE * d->tile + c + i % TILE];
            narrow->fits &= w >= -127 && w <= 127;
            narrow->weights[i / TILE][i % TILE] = (int8_t)w;
        }
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

/* The sums of 8 channels. */
typedef struct {
    int32x4_t low, high;
} Sums;

MNET_INLINE Sums add_product(Sums sums, int16x8_t x, int16x8_t w)
{
    return (Sums){ vmlal_s16(sums.low, vget_low_s16(x), vget_low_s16(w)),
                   vmlal_high_s16(sums.high, x, w) };
}

/* Some pixels from x on, 8 channels from c on. */
MNET_INLINE void tile(const Line *line, size_t c, size_t x, size_t pixels)
{
    const MnetDepthwiseS8 *d = line->d;
    const int16_t *w = d->weights + c;
    size_t offset = line->first + x * line->step * line->column + c;
    const Sums bias = { vld1q_s32(d->bias + c), vld1q_s32(d->bias + c + 4) };
    int32x4_t acc[PIXELS][4];
    Sums sums[PIXELS];
#pragma GCC unroll MNET_UNROLL_4
    for (size_t i = 0; i < pixels; i++)
        sums[i] = bias;
    for (size_t ky = 0; ky < d->kernel_h; ky++) {
        const int8_t *in = line->rows[ky] + offset;
        for (size_t kx = 0; kx < d->kernel_w; kx++, in += line->column, w += d->tile) {
            int16x8_t weights = vld1q_s16(w);
#pragma GCC unroll MNET_UNROLL_4
            for (size_t i = 0; i < pixels; i++)
                sums[i] = add_product(
                    sums[i], vmovl_s8(vld1_s8(in + i * line->step * line->column)), weights);
        }
    }
#pragma GCC unroll MNET_UNROLL_4
    for (size_t i = 0; i < pixels; i++) {
        acc[i][0] = sums[i].low;
        acc[i][1] = sums[i].high;
    }
    mnet_requant_tile_neon(&line->requant, acc, pixels, 2, c, d->channels - c,
                           line->out + x * line->out_pixel + c, line->out_pixel);
}

/* The last pixels overlap those before them. */
static void band(const Line *line, size_t c, size_t width)
{
    for (size_t x = 0; width >= PIXELS && x < width; x += PIXELS)
        tile(line, c, x + PIXELS <= width ? x : width - PIXELS, PIXELS);
    for (size_t x = 0; width < PIXELS && x < width; x++)
        tile(line, c, x, 1);
}

/* 3x3 with RELU, 16 whole channels: two products of bytes are added in 16 bits
 * before they go to the 32 of the sums v0 to v11.  w[ky][kx] is v16 + 3 * ky + kx,
 * the rows of a column are v12 to v14, v15 is the last row of the column before. */
#define LOAD_WEIGHTS                       \
    "ld1 {v16.16b-v19.16b}, [%[w]], #64\n" \
    "ld1 {v20.16b-v23.16b}, [%[w]], #64\n" \
    "ldr q24, [%[w]]\n"
#define NEXT_COLUMN MNET_SLIDE_COLUMN("12", "13", "14")
#define KEEP "mov v15.16b, v14.16b\n"
#define STORE(s0, s1, s2, s3) \
    MNET_SLIDE_STORE(s0, s1, s2, s3, "25", "26", "27", "28", "29", "30", "31", "12")

#define ADD_TO(s0, s1, s2, s3, low, high)          \
    "saddw v" s0 ".4s, v" s0 ".4s, v" low ".4h\n"  \
    "saddw2 v" s1 ".4s, v" s1 ".4s, v" low ".8h\n" \
    "saddw v" s2 ".4s, v" s2 ".4s, v" high ".4h\n" \
    "saddw2 v" s3 ".4s, v" s3 ".4s, v" high ".8h\n"
#define ONE(x, w, low, high)                    \
    "smull v" low ".8h, v" x ".8b, v" w ".8b\n" \
    "smull2 v" high ".8h, v" x ".16b, v" w ".16b\n"
#define TWO(x, w, y, v, low, high)              \
    ONE(x, w, low, high)                        \
    "smlal v" low ".8h, v" y ".8b, v" v ".8b\n" \
    "smlal2 v" high ".8h, v" y ".16b, v" v ".16b\n"

/* The same while what is in `low_2` and `high_2` is added to a window's sums: a
 * multiplication and an addition by turns, as a processor has one unit that multiplies
 * and two that add. */
#define ONE_ADD(x, w, low, high, s0, s1, s2, s3, low_2, high_2) \
    "smull v" low ".8h, v" x ".8b, v" w ".8b\n"                 \
    "saddw v" s0 ".4s, v" s0 ".4s, v" low_2 ".4h\n"             \
    "smull2 v" high ".8h, v" x ".16b, v" w ".16b\n"             \
    "saddw2 v" s1 ".4s, v" s1 ".4s, v" low_2 ".8h\n"            \
    "saddw v" s2 ".4s, v" s2 ".4s, v" high_2 ".4h\n"            \
    "saddw2 v" s3 ".4s, v" s3 ".4s, v" high_2 ".8h\n"
#define TWO_ADD(x, w, y, v, low, high, s0, s1, s2, s3, low_2, high_2) \
    "smull v" low ".8h, v" x ".8b, v" w ".8b\n"                       \
    "saddw v" s0 ".4s, v" s0 ".4s, v" low_2 ".4h\n"                   \
    "smull2 v" high ".8h, v" x ".16b, v" w ".16b\n"                   \
    "saddw2 v" s1 ".4s, v" s1 ".4s, v" low_2 ".8h\n"                  \
    "smlal v" low ".8h, v" y ".8b, v" v ".8b\n"                       \
    "saddw v" s2 ".4s, v" s2 ".4s, v" high_2 ".4h\n"                  \
    "smlal2 v" high ".8h, v" y ".16b, v" v ".16b\n"                   \
    "saddw2 v" s3 ".4s, v" s3 ".4s, v" high_2 ".8h\n"

/* The beginning of a row: the first two rows of columns 0 and 1, of the last row
 * columns 0 and 1, column 0. */
#define COLUMN_0(s0, s1, s2, s3) \
    TWO("12", "16", "13", "19", "25", "26") ADD_TO(s0, s1, s2, s3, "25", "26")
#define COLUMN_1(s0, s1, s2, s3) \
    TWO("12", "17", "13", "20", "27", "28") ADD_TO(s0, s1, s2, s3, "27", "28")
#define LAST_01(s0, s1, s2, s3) \
    TWO("15", "22", "14", "23", "25", "26") ADD_TO(s0, s1, s2, s3, "25", "26")
#define LAST_0(s0, s1, s2, s3) ONE("14", "22", "27", "28") ADD_TO(s0, s1, s2, s3, "27", "28")

/* A column that is the last of one window, in the middle of the next and the first
 * of the one after that. */
#define SLIDE_1(a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3)                                 \
    KEEP NEXT_COLUMN TWO("12", "18", "13", "21", "25", "26")                                    \
        TWO_ADD("12", "17", "13", "20", "27", "28", a0, a1, a2, a3, "25", "26")                 \
            TWO_ADD("15", "22", "14", "23", "29", "30", b0, b1, b2, b3, "27", "28")             \
                MNET_SLIDE_BEGIN(c0, c1, c2, c3)                                                \
                    ONE_ADD("14", "24", "25", "26", b0, b1, b2, b3, "29", "30")                 \
                        TWO_ADD("12", "16", "13", "19", "27", "28", a0, a1, a2, a3, "25", "26") \
                            ADD_TO(c0, c1, c2, c3, "27", "28") STORE(a0, a1, a2, a3)

/* Two columns: the last ones of a window, and the first of the next one. */
#define SLIDE_2(a0, a1, a2, a3, b0, b1, b2, b3)                                                  \
    NEXT_COLUMN TWO("12", "17", "13", "20", "27", "28")                                          \
        KEEP NEXT_COLUMN TWO_ADD("12", "18", "13", "21", "29", "30", a0, a1, a2, a3, "27", "28") \
            TWO_ADD("15", "23", "14", "24", "25", "26", a0, a1, a2, a3, "29", "30")              \
                MNET_SLIDE_BEGIN(b0, b1, b2, b3)                                                 \
                    TWO_ADD("12", "16", "13", "19", "27", "28", a0, a1, a2, a3, "25", "26")      \
                        ONE_ADD("14", "22", "29", "30", b0, b1, b2, b3, "27", "28")              \
                            ADD_TO(b0, b1, b2, b3, "29", "30") STORE(a0, a1, a2, a3)

/* One column from a window to the next: three windows are under way. */
static void slide_band_1(MnetSlide s, size_t width)
{
    MNET_SLIDE(
        LOAD_WEIGHTS MNET_SLIDE_BEGIN("0", "1", "2", "3") MNET_SLIDE_BEGIN("4", "5", "6", "7")
            NEXT_COLUMN COLUMN_0("0", "1", "2", "3") KEEP NEXT_COLUMN COLUMN_1("0", "1", "2", "3")
                LAST_01("0", "1", "2", "3") COLUMN_0("4", "5", "6", "7") "1:\n" SLIDE_1(
                    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10",
                    "11") "b.eq 2f\n" SLIDE_1("4", "5", "6", "7", "8", "9", "10", "11", "0", "1",
                                              "2", "3") "b.eq 2f\n" SLIDE_1("8", "9", "10", "11",
                                                                            "0", "1", "2", "3", "4",
                                                                            "5", "6",
                                                                            "7") "b.ne 1b\n"
                                                                                 "2:\n",
        s, width);
}

/* Two columns from a window to the next. */
static void slide_band_2(MnetSlide s, size_t width)
{
    MNET_SLIDE(
        LOAD_WEIGHTS MNET_SLIDE_BEGIN("0", "1", "2", "3") NEXT_COLUMN COLUMN_0("0", "1", "2", "3")
            LAST_0("0", "1", "2", "3") "1:\n" SLIDE_2(
                "0", "1", "2", "3", "4", "5", "6",
                "7") "b.eq 2f\n" SLIDE_2("4", "5", "6", "7", "0", "1", "2", "3") "b.ne 1b\n"
                                                                                 "2:\n",
        s, width);
}

static void slide_band(const Line *line, const Narrow *narrow, size_t c, size_t width)
{
    const MnetDepthwiseS8 *d = line->d;
    MnetSlide s = mnet_slide(d, &line->requant, c, line->rows, narrow->weights[0]);
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
    const Narrow *narrow = d->packed;
    int slides = d->kernel_h == 3 && d->kernel_w == 3 && line->step <= 2 &&
                 line->requant.way == MNET_WAY_RELU;
    for (size_t c = 0; width && c < d->channels; c += TILE)
        if (slides && narrow[c / TILE].fits && d->channels - c >= TILE) {
            slide_band(line, &narrow[c / TILE], c, width);
        } else {
            band(line, c, width);
            if (d->channels - c > 8)
                band(line, c + 8, width);
        }
}

void mnet_depthwise_s8_neon(const MnetDepthwiseS8 *d, size_t width, const int8_t *const *rows,
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
