/* SPDX-License-Identifier: MIT
 *
 * Depthwise convolution of bytes.  Two rows of the kernel are taken together:
 * their inputs are interleaved and widened, so that one instruction makes two
 * products and their sum.  4 pixels x 16 channels at once, which share the
 * columns of input that their windows have in common. */
#include "kernels/x86/requant_avx2.h"
#include "kernels/x86/table_avx2.h"

enum { PIXELS = 4, RUN = 16 }; /* of a tile; whose sums are turned to bytes at once */

/* Packed: for every 8 channels, for every two rows of the kernel, for every
 * column: 8 pairs of weights, the second 0 behind the last row. */
static size_t group_elements(const MnetDepthwiseS8 *d)
{
    return (d->kernel_h + 1) / 2 * d->kernel_w * 16;
}

size_t mnet_depthwise_s8_pack_bytes_avx2(const MnetDepthwiseS8 *d)
{
    return d->tile / 8 * group_elements(d) * sizeof(int16_t);
}

void mnet_depthwise_s8_pack_avx2(const MnetDepthwiseS8 *d, void *packed)
{
    int16_t *to = packed;
    for (size_t c = 0; c < d->tile; c += 8)
        for (size_t ky = 0; ky < d->kernel_h; ky += 2)
            for (size_t kx = 0; kx < d->kernel_w; kx++)
                for (size_t j = 0; j < 8; j++) {
                    const int16_t *w = d->weights + (ky * d->kernel_w + kx) * d->tile + c + j;
                    *to++ = *w;
                    *to++ = ky + 1 < d->kernel_h ? w[d->kernel_w * d->tile] : 0;
                }
}

/* A row of output as the tiles see it: pixels that are `dilation` apart share
 * their columns as neighbours do otherwise. */
typedef struct {
    const MnetDepthwiseS8 *d;
    MnetRequantAvx2 requant;
    const int8_t *const *rows;
    size_t first;  /* element of the rows where the window of pixel 0 begins */
    size_t column; /* elements from one column of a window to the next */
    size_t step;   /* columns from one window to the next */
    int8_t *out;
    size_t out_pixel;
} Line;

/* 8 or 16 channels of two rows, as pairs. */
MNET_INLINE void load_pairs(const int8_t *first, const int8_t *second, size_t vectors,
                            __m256i pairs[2])
{
    if (vectors == 1) {
        __m128i a = _mm_loadl_epi64((const __m128i *)(const void *)first);
        __m128i b = _mm_loadl_epi64((const __m128i *)(const void *)second);
        pairs[0] = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(a, b));
        return;
    }
    __m128i a = _mm_loadu_si128((const __m128i *)(const void *)first);
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)second);
    pairs[0] = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(a, b));
    pairs[1] = _mm256_cvtepi8_epi16(_mm_unpackhi_epi8(a, b));
}

MNET_INLINE __m256i load(const void *from)
{
    return _mm256_load_si256((const __m256i *)from);
}

/* The sums of some pixels from x on, channels from c on.  kernel_w, step, pixels
 * and vectors are constants where this is inlined, but for kernel_w and step of
 * one pixel. */
MNET_INLINE void tile(const Line *line, size_t c, size_t x, size_t kernel_w, size_t step,
                      size_t pixels, size_t vectors, MnetSumsAvx2 *sums)
{
    const MnetDepthwiseS8 *d = line->d;
    size_t group = group_elements(d), offset = line->first + x * step * line->column + c;
    const int16_t *w = (const int16_t *)d->packed + c / 8 * group;
    __m256i acc[PIXELS][2], in[2];
#pragma GCC unroll MNET_UNROLL_4
    for (size_t i = 0; i < pixels; i++)
#pragma GCC unroll MNET_UNROLL_2
        for (size_t v = 0; v < vectors; v++)
            acc[i][v] = load(d->bias + c + 8 * v);
    for (size_t ky = 0; ky < d->kernel_h; ky += 2, w += kernel_w * 16) {
        const int8_t *first = line->rows[ky] + offset;
        const int8_t *second = line->rows[ky + 1 < d->kernel_h ? ky + 1 : ky] + offset;
#pragma GCC unroll MNET_UNROLL_16
        for (size_t x0 = 0; x0 < (pixels - 1) * step + kernel_w; x0++) {
            load_pairs(first + x0 * line->column, second + x0 * line->column, vectors, in);
#pragma GCC unroll MNET_UNROLL_4
            for (size_t i = 0; i < pixels; i++)
#pragma GCC unroll MNET_UNROLL_2
                for (size_t v = 0; v < vectors; v++)
                    if (x0 >= i * step && x0 < i * step + kernel_w)
                        acc[i][v] = _mm256_add_epi32(
                            acc[i][v],
                            _mm256_madd_epi16(in[v], load(w + v * group + (x0 - i * step) * 16)));
        }
    }
#pragma GCC unroll MNET_UNROLL_4
    for (size_t i = 0; i < pixels; i++)
#pragma GCC unroll MNET_UNROLL_2
        for (size_t v = 0; v < vectors; v++)
            mnet_store_sums_avx2(&sums[i], v, acc[i][v]);
}

/* `width` pixels, 8 * vectors channels from c on. */
MNET_INLINE void band(const Line *line, size_t c, size_t width, size_t kernel_w, size_t step,
                      size_t most, size_t vectors)
{
    MnetSumsAvx2 sums[RUN];
    for (size_t x = 0; x < width; x += RUN) {
        size_t n = width - x < RUN ? width - x : RUN, pixels = n < most ? 1 : most;
        for (size_t i = 0; i < n; i += pixels) {
            /* The last ones overlap those before them. */
            size_t at = i + pixels <= n ? i : n - pixels;
            if (pixels == 1)
                tile(line, c, x + at, kernel_w, step, 1, vectors, sums + at);
            else
                tile(line, c, x + at, kernel_w, step, most, vectors, sums + at);
        }
        mnet_requant_tile_avx2(&line->requant, c, line->d->channels - c, n, sums,
                               line->out + x * line->out_pixel + c, line->out_pixel);
    }
}

static void band_any(const Line *line, size_t c, size_t width, size_t vectors)
{
    if (vectors == 2)
        band(line, c, width, line->d->kernel_w, line->step, 1, 2);
    else
        band(line, c, width, line->d->kernel_w, line->step, 1, 1);
}

static void band_3(const Line *line, size_t c, size_t width, size_t vectors)
{
    if (vectors == 2 && line->step == 1)
        band(line, c, width, 3, 1, PIXELS, 2);
    else if (vectors == 2)
        band(line, c, width, 3, 2, PIXELS, 2);
    else if (line->step == 1)
        band(line, c, width, 3, 1, PIXELS, 1);
    else
        band(line, c, width, 3, 2, PIXELS, 1);
}

static void band_5(const Line *line, size_t c, size_t width, size_t vectors)
{
    if (vectors == 2 && line->step == 1)
        band(line, c, width, 5, 1, PIXELS, 2);
    else if (vectors == 2)
        band(line, c, width, 5, 2, PIXELS, 2);
    else if (line->step == 1)
        band(line, c, width, 5, 1, PIXELS, 1);
    else
        band(line, c, width, 5, 2, PIXELS, 1);
}

static void band_7(const Line *line, size_t c, size_t width, size_t vectors)
{
    if (vectors == 2 && line->step == 1)
        band(line, c, width, 7, 1, PIXELS, 2);
    else if (vectors == 2)
        band(line, c, width, 7, 2, PIXELS, 2);
    else if (line->step == 1)
        band(line, c, width, 7, 1, PIXELS, 1);
    else
        band(line, c, width, 7, 2, PIXELS, 1);
}

static void run_line(const Line *line, size_t width)
{
    const MnetDepthwiseS8 *d = line->d;
    for (size_t c = 0; c < d->channels; c += 16) {
        size_t vectors = d->channels - c > 8 ? 2 : 1;
        if (line->step > 2)
            band_any(line, c, width, vectors);
        else if (d->kernel_w == 3)
            band_3(line, c, width, vectors);
        else if (d->kernel_w == 5)
            band_5(line, c, width, vectors);
        else if (d->kernel_w == 7)
            band_7(line, c, width, vectors);
        else
            band_any(line, c, width, vectors);
    }
}

void mnet_depthwise_s8_avx2(const MnetDepthwiseS8 *d, size_t width, const int8_t *const *rows,
                            int8_t *out)
{
    Line line = { .d = d, .requant = mnet_requant_avx2(&d->requant, 0, d->channels), .rows = rows };
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
