/* SPDX-License-Identifier: MIT
 *
 * Depthwise convolution of bytes: 3x3 after RELU with two products in 16 bits, 16
 * channels at once; all others widened, a product and its sum one instruction. */
#include "kernels/arm/requant_neon.h"
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
#define ADD_TO(s0, s1, s2, s3, low, high)       \
    "saddw " s0 ".4s, " s0 ".4s, " low ".4h\n"  \
    "saddw2 " s1 ".4s, " s1 ".4s, " low ".8h\n" \
    "saddw " s2 ".4s, " s2 ".4s, " high ".4h\n" \
    "saddw2 " s3 ".4s, " s3 ".4s, " high ".8h\n"
#define ONE(x, w, low, high)                 \
    "smull " low ".8h, " x ".8b, " w ".8b\n" \
    "smull2 " high ".8h, " x ".16b, " w ".16b\n"
#define TWO(x, w, y, v, low, high)           \
    ONE(x, w, low, high)                     \
    "smlal " low ".8h, " y ".8b, " v ".8b\n" \
    "smlal2 " high ".8h, " y ".16b, " v ".16b\n"

#define NEXT_COLUMN             \
    "ldr q12, [%[r0], %[at]]\n" \
    "ldr q13, [%[r1], %[at]]\n" \
    "ldr q14, [%[r2], %[at]]\n" \
    "add %[at], %[at], %[column]\n"
#define KEEP "mov v15.16b, v14.16b\n"
#define BEGIN(s0, s1, s2, s3)           \
    "ldp q" s0 ", q" s1 ", [%[bias]]\n" \
    "ldp q" s2 ", q" s3 ", [%[bias], #32]\n"

/* The first two rows of a column of the window. */
#define COLUMN_0(s0, s1, s2, s3) \
    TWO("v12", "v16", "v13", "v19", "v25", "v26") ADD_TO(s0, s1, s2, s3, "v25", "v26")
#define COLUMN_1(s0, s1, s2, s3) \
    TWO("v12", "v17", "v13", "v20", "v27", "v28") ADD_TO(s0, s1, s2, s3, "v27", "v28")
#define COLUMN_2(s0, s1, s2, s3) \
    TWO("v12", "v18", "v13", "v21", "v29", "v30") ADD_TO(s0, s1, s2, s3, "v29", "v30")
/* Of the last row: columns 0 and 1, column 2; column 0, columns 1 and 2. */
#define LAST_01(s0, s1, s2, s3) \
    TWO("v15", "v22", "v14", "v23", "v25", "v26") ADD_TO(s0, s1, s2, s3, "v25", "v26")
#define LAST_2(s0, s1, s2, s3) ONE("v14", "v24", "v27", "v28") ADD_TO(s0, s1, s2, s3, "v27", "v28")
#define LAST_0(s0, s1, s2, s3) ONE("v14", "v22", "v27", "v28") ADD_TO(s0, s1, s2, s3, "v27", "v28")
#define LAST_12(s0, s1, s2, s3) \
    TWO("v15", "v23", "v14", "v24", "v25", "v26") ADD_TO(s0, s1, s2, s3, "v25", "v26")

/* See requant_neon.h: after RELU. */
#define STORE(s0, s1, s2, s3)                    \
    "ldp q25, q26, [%[multiplier]]\n"            \
    "ldp q27, q28, [%[multiplier], #32]\n"       \
    "ldp q29, q30, [%[shift]]\n"                 \
    "ldp q31, q12, [%[shift], #32]\n"            \
    "sqrdmulh " s0 ".4s, " s0 ".4s, v25.4s\n"    \
    "sqrdmulh " s1 ".4s, " s1 ".4s, v26.4s\n"    \
    "sqrdmulh " s2 ".4s, " s2 ".4s, v27.4s\n"    \
    "sqrdmulh " s3 ".4s, " s3 ".4s, v28.4s\n"    \
    "ldp q25, q26, [%[clamp]]\n"                 \
    "srshl " s0 ".4s, " s0 ".4s, v29.4s\n"       \
    "srshl " s1 ".4s, " s1 ".4s, v30.4s\n"       \
    "srshl " s2 ".4s, " s2 ".4s, v31.4s\n"       \
    "srshl " s3 ".4s, " s3 ".4s, v12.4s\n"       \
    "sqxtn " s0 ".4h, " s0 ".4s\n"               \
    "sqxtn " s2 ".4h, " s2 ".4s\n"               \
    "sqxtn2 " s0 ".8h, " s1 ".4s\n"              \
    "sqxtn2 " s2 ".8h, " s3 ".4s\n"              \
    "sqxtun " s0 ".8b, " s0 ".8h\n"              \
    "sqxtun2 " s0 ".16b, " s2 ".8h\n"            \
    "umin " s0 ".16b, " s0 ".16b, v26.16b\n"     \
    "add " s0 ".16b, " s0 ".16b, v25.16b\n"      \
    "st1 {" s0 ".16b}, [%[out]], %[out_pixel]\n" \
    "subs %[width], %[width], #1\n"

/* A column that is the last of one window, in the middle of the next and the first
 * of the one after that. */
#define SLIDE_1(a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3)                          \
    KEEP NEXT_COLUMN COLUMN_2("v" a0, "v" a1, "v" a2, "v" a3)                            \
        COLUMN_1("v" b0, "v" b1, "v" b2, "v" b3) LAST_01("v" b0, "v" b1, "v" b2, "v" b3) \
            BEGIN(c0, c1, c2, c3) LAST_2("v" a0, "v" a1, "v" a2, "v" a3)                 \
                COLUMN_0("v" c0, "v" c1, "v" c2, "v" c3) STORE("v" a0, "v" a1, "v" a2, "v" a3)

/* Two columns: the last ones of a window, and the first of the next one. */
#define SLIDE_2(a0, a1, a2, a3, b0, b1, b2, b3)                                                 \
    NEXT_COLUMN COLUMN_1("v" a0, "v" a1, "v" a2, "v" a3)                                        \
        KEEP NEXT_COLUMN COLUMN_2("v" a0, "v" a1, "v" a2, "v" a3)                               \
            LAST_12("v" a0, "v" a1, "v" a2, "v" a3) BEGIN(b0, b1, b2, b3)                       \
                COLUMN_0("v" b0, "v" b1, "v" b2, "v" b3) LAST_0("v" b0, "v" b1, "v" b2, "v" b3) \
                    STORE("v" a0, "v" a1, "v" a2, "v" a3)

typedef struct {
    const int8_t *rows[3], *weights;
    size_t at, column;
    const int32_t *bias, *multiplier, *shift;
    const uint8x16_t *clamp; /* zero point, most above it */
    int8_t *out;
    size_t out_pixel;
} Slide;

#define LOAD_WEIGHTS                       \
    "ld1 {v16.16b-v19.16b}, [%[w]], #64\n" \
    "ld1 {v20.16b-v23.16b}, [%[w]], #64\n" \
    "ldr q24, [%[w]]\n"

#define SLIDE(text)                                                                              \
    __asm__ volatile(                                                                            \
        LOAD_WEIGHTS text                                                                        \
        : [at] "+r"(s.at), [out] "+r"(s.out), [width] "+r"(width), [w] "+r"(s.weights)           \
        : [r0] "r"(s.rows[0]), [r1] "r"(s.rows[1]), [r2] "r"(s.rows[2]), [column] "r"(s.column), \
          [bias] "r"(s.bias), [multiplier] "r"(s.multiplier), [shift] "r"(s.shift),              \
          [clamp] "r"(s.clamp), [out_pixel] "r"(s.out_pixel)                                     \
        : "cc", "memory", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10",     \
          "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22",    \
          "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31")

/* One column from a window to the next: three windows are under way. */
static void slide_band_1(Slide s, size_t width)
{
    SLIDE(BEGIN("0", "1", "2", "3") BEGIN("4", "5", "6", "7") NEXT_COLUMN COLUMN_0(
        "v0", "v1", "v2", "v3") KEEP NEXT_COLUMN COLUMN_1("v0", "v1", "v2", "v3")
              LAST_01("v0", "v1", "v2", "v3") COLUMN_0("v4", "v5", "v6", "v7") "1:\n" SLIDE_1(
                  "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10",
                  "11") "b.eq 2f\n" SLIDE_1("4", "5", "6", "7", "8", "9", "10", "11", "0", "1", "2",
                                            "3") "b.eq 2f\n" SLIDE_1("8", "9", "10", "11", "0", "1",
                                                                     "2", "3", "4", "5", "6",
                                                                     "7") "b.ne 1b\n"
                                                                          "2:\n");
}

/* Two columns from a window to the next. */
static void slide_band_2(Slide s, size_t width)
{
    SLIDE(BEGIN("0", "1", "2", "3") NEXT_COLUMN COLUMN_0("v0", "v1", "v2", "v3")
              LAST_0("v0", "v1", "v2", "v3") "1:\n" SLIDE_2(
                  "0", "1", "2", "3", "4", "5", "6",
                  "7") "b.eq 2f\n" SLIDE_2("4", "5", "6", "7", "0", "1", "2", "3") "b.ne 1b\n"
                                                                                   "2:\n");
}

static void slide_band(const Line *line, const Narrow *narrow, size_t c, size_t width)
{
    const MnetDepthwiseS8 *d = line->d;
    const uint8x16_t clamp[2] = { line->requant.unsigned_zero, line->requant.unsigned_max };
    Slide s = { .rows = { line->rows[0], line->rows[1], line->rows[2] },
                .weights = narrow->weights[0],
                .at = line->first + c,
                .column = line->column,
                .bias = d->bias + c,
                .multiplier = d->requant.multiplier + c,
                .shift = d->requant.shift + c,
                .clamp = clamp,
                .out = line->out + c,
                .out_pixel = line->out_pixel };
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
