/* SPDX-License-Identifier: MIT
 *
 * Depthwise convolution with vpdpbusd, four rows of the kernel at once.
 *
 * 64 bytes of up to four input rows are interleaved to 16 channels x 4 rows a
 * register (once for each column of the input, whatever the kernel's width);
 * a column of weights is laid out likewise.  Bytes are interleaved in lanes of
 * 16, so the sums come in quarters (see MnetRequantBlock), and a block of fewer
 * than 64 channels fills the lanes with 2 or 4 segments of the row. */
#include "kernels/x86/requant_avx512vnni.h"
#include "kernels/x86/table_avx512vnni.h"

enum { CHANNELS = 64, PARTS = 3, OUTPUTS = 16, TAPS = 8, COLUMNS = 2 * OUTPUTS + TAPS };

/* Packed: the blocks, each followed by weights [quarter][part][kernel_h / 4]
 * [kernel_w][64].  w - wz is the sum of up to three parts of int8: one for most
 * layers, two for the odd channel of the uint8 ones. */
typedef struct {
    size_t c0, channels, segments;
    MnetRequantWay way;
    uint8_t parts[4]; /* of each quarter */
    int32_t bias[CHANNELS] __attribute__((aligned(64)));
    float scale[CHANNELS], tie[CHANNELS];
} Block;

static size_t groups_of(const MnetDepthwiseS8 *d)
{
    return (d->kernel_h + 3) / 4;
}

static size_t block_bytes(const MnetDepthwiseS8 *d)
{
    return sizeof(Block) + (size_t)4 * PARTS * groups_of(d) * d->kernel_w * CHANNELS;
}

size_t mnet_depthwise_s8_pack_bytes_avx512vnni(const MnetDepthwiseS8 *d)
{
    return (d->channels + CHANNELS - 1) / CHANNELS * block_bytes(d);
}

static int8_t *weights_of(const MnetDepthwiseS8 *d, const Block *b, size_t quarter, size_t part)
{
    int8_t *first = (int8_t *)(uintptr_t)(b + 1);
    return first + (quarter * PARTS + part) * groups_of(d) * d->kernel_w * CHANNELS;
}

/* All that belongs to sum j of a block: channel c. */
static void pack_sum(const MnetDepthwiseS8 *d, Block *b, size_t j, size_t c)
{
    size_t quarter = j / 16;
    uint32_t bias = (uint32_t)d->bias[c];
    b->scale[j] = d->requant.scale[c];
    b->tie[j] = d->requant.tie[c];
    for (size_t ky = 0; ky < d->kernel_h; ky++)
        for (size_t kx = 0; kx < d->kernel_w; kx++) {
            int32_t w = d->weights[(ky * d->kernel_w + kx) * d->tile + c];
            size_t at = (ky / 4 * d->kernel_w + kx) * CHANNELS + j % 16 * 4 + ky % 4;
            bias -= 128 * (uint32_t)w;
            for (uint8_t part = 0; w; part++) {
                int32_t piece = w < -128 ? -128 : w > 127 ? 127 : w;
                weights_of(d, b, quarter, part)[at] = (int8_t)piece;
                b->parts[quarter] = part < b->parts[quarter] ? b->parts[quarter] : part + 1;
                w -= piece;
            }
        }
    b->bias[j] = (int32_t)bias;
}

void mnet_depthwise_s8_pack_avx512vnni(const MnetDepthwiseS8 *d, void *packed)
{
    for (size_t c0 = 0; c0 < d->channels; c0 += CHANNELS) {
        Block *b = (Block *)(void *)((uint8_t *)packed + c0 / CHANNELS * block_bytes(d));
        b->c0 = c0;
        b->channels = d->channels - c0 < CHANNELS ? d->channels - c0 : CHANNELS;
        b->segments = b->channels > 32 ? 1 : b->channels > 16 ? 2 : 4;
        for (size_t j = 0; j < CHANNELS; j++) {
            size_t byte = j / 4 % 4 * 16 + j / 16 * 4 + j % 4;
            size_t c = byte % (CHANNELS / b->segments);
            if (c < b->channels)
                pack_sum(d, b, j, c0 + c);
        }
        b->way = mnet_requant_way_avx512vnni(&d->requant, b->scale, CHANNELS);
    }
}

/* 64 unsigned bytes: those of segments at in + segment[i]. */
MNET_INLINE __m512i load_segments(const int8_t *in, size_t segments, const size_t *segment)
{
    __m512i x;
    if (segments == 1) {
        x = _mm512_loadu_si512(in);
    } else if (segments == 2) {
        x = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(const void *)in));
        x = _mm512_inserti64x4(
            x, _mm256_loadu_si256((const __m256i *)(const void *)(in + segment[1])), 1);
    } else {
        x = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(const void *)in));
        for (int i = 1; i < 4; i++)
            x = _mm512_mask_broadcast_i32x4(
                x, (__mmask16)(0xf << 4 * i),
                _mm_loadu_si128((const __m128i *)(const void *)(in + segment[i])));
    }
    return _mm512_xor_si512(x, _mm512_set1_epi8(-128));
}

/* What a group of rows and a run of columns of the kernel need of the input. */
typedef struct {
    const int8_t *rows[4];
    size_t n_rows;
    size_t at, pitch; /* the first column, from one to the next: bytes */
    size_t columns;
    size_t segments;
    const size_t *segment;
} Input;

/* to[quarter][column] */
MNET_INLINE void interleave(const Input *in, size_t n_rows, size_t segments, __m512i to[4][COLUMNS])
{
    for (size_t i = 0, at = in->at; i < in->columns; i++, at += in->pitch) {
        __m512i r0 = load_segments(in->rows[0] + at, segments, in->segment), r1 = r0, r2, r3;
        if (n_rows > 1)
            r1 = load_segments(in->rows[1] + at, segments, in->segment);
        __m512i low = _mm512_unpacklo_epi8(r0, r1), high = _mm512_unpackhi_epi8(r0, r1);
        __m512i low2 = low, high2 = high;
        if (n_rows > 2) {
            r2 = r3 = load_segments(in->rows[2] + at, segments, in->segment);
            if (n_rows > 3)
                r3 = load_segments(in->rows[3] + at, segments, in->segment);
            low2 = _mm512_unpacklo_epi8(r2, r3);
            high2 = _mm512_unpackhi_epi8(r2, r3);
        }
        to[0][i] = _mm512_unpacklo_epi16(low, low2);
        to[1][i] = _mm512_unpackhi_epi16(low, low2);
        to[2][i] = _mm512_unpacklo_epi16(high, high2);
        to[3][i] = _mm512_unpackhi_epi16(high, high2);
    }
}

MNET_INLINE void interleave_rows(const Input *in, size_t segments, __m512i to[4][COLUMNS])
{
    if (in->n_rows == 1)
        interleave(in, 1, segments, to);
    else if (in->n_rows == 2)
        interleave(in, 2, segments, to);
    else if (in->n_rows == 3)
        interleave(in, 3, segments, to);
    else
        interleave(in, 4, segments, to);
}

static void interleave_input(const Input *in, __m512i to[4][COLUMNS])
{
    if (in->segments == 1)
        interleave_rows(in, 1, to);
    else if (in->segments == 2)
        interleave_rows(in, 2, to);
    else
        interleave_rows(in, 4, to);
}

/* acc[x][..] of one quarter += the sum over `taps` columns of weights; the sums
 * begin with bias where there is one.  `many` outputs share the loads of columns;
 * taps, step and many are constants to the compiler where it counts. */
MNET_INLINE void add_columns(const __m512i *in, const int8_t *weights, const int32_t *bias,
                             size_t taps, size_t step, size_t many, int32_t *acc)
{
    __m512i sum[8];
    for (size_t x = 0; x < many; x++)
        sum[x] = _mm512_load_si512(bias ? bias : acc + 64 * x);
    for (size_t k = 0; k < taps; k++) {
        __m512i w = _mm512_load_si512(weights + k * CHANNELS);
        for (size_t x = 0; x < many; x++)
            sum[x] = _mm512_dpbusd_epi32(sum[x], in[x * step + k], w);
    }
    for (size_t x = 0; x < many; x++)
        _mm512_store_si512(acc + 64 * x, sum[x]);
}

static void add_columns_of(const __m512i *in, const int8_t *weights, const int32_t *bias,
                           size_t taps, size_t step, size_t outputs, int32_t *acc)
{
    for (size_t x = 0; x < outputs; x += 8, acc += 64 * 8, in += 8 * step) {
        if (taps == 3 && step == 1)
            add_columns(in, weights, bias, 3, 1, 8, acc);
        else if (taps == 3 && step == 2)
            add_columns(in, weights, bias, 3, 2, 8, acc);
        else if (taps == 5 && step == 1)
            add_columns(in, weights, bias, 5, 1, 8, acc);
        else if (taps == 5 && step == 2)
            add_columns(in, weights, bias, 5, 2, 8, acc);
        else if (taps == 7 && step == 1)
            add_columns(in, weights, bias, 7, 1, 8, acc);
        else if (taps == 7 && step == 2)
            add_columns(in, weights, bias, 7, 2, 8, acc);
        else
            add_columns(in, weights, bias, taps, step, 8, acc);
    }
}

/* The sums of `outputs` (at most OUTPUTS) outputs from x on, of each segment. */
static void sum_outputs(const MnetDepthwiseS8 *d, const Block *b, const size_t *segment,
                        const int8_t *const *rows, size_t x, size_t outputs, int32_t *acc)
{
    __m512i columns[4][COLUMNS];
    /* Outputs share columns when these lie side by side. */
    size_t shared = d->dilation == 1 && d->stride <= 2, most = shared ? TAPS : 1;
    size_t step = shared ? d->stride : 1, pitch = shared ? d->pixel : d->pixel * d->stride;
    for (size_t ky = 0; ky < d->kernel_h; ky += 4)
        for (size_t kx = 0; kx < d->kernel_w; kx += most) {
            size_t taps = d->kernel_w - kx < most ? d->kernel_w - kx : most;
            Input in = { .n_rows = d->kernel_h - ky < 4 ? d->kernel_h - ky : 4,
                         .at = (x * d->stride + kx * d->dilation) * d->pixel + b->c0,
                         .pitch = pitch,
                         .columns = (outputs - 1) * step + taps,
                         .segments = b->segments,
                         .segment = segment };
            for (size_t i = 0; i < in.n_rows; i++)
                in.rows[i] = rows[ky + i];
            interleave_input(&in, columns);
            for (size_t q = 0; q < 4; q++)
                for (size_t part = 0; part < b->parts[q] || !part; part++)
                    add_columns_of(columns[q],
                                   weights_of(d, b, q, part) +
                                       (ky / 4 * d->kernel_w + kx) * CHANNELS,
                                   ky || kx || part ? NULL : b->bias + 16 * q, taps, step, outputs,
                                   acc + 16 * q);
        }
}

static void depthwise_block(const MnetDepthwiseS8 *d, const Block *b, size_t width,
                            const int8_t *const *rows, int8_t *out)
{
    int32_t acc[OUTPUTS * CHANNELS] __attribute__((aligned(64)));
    size_t in_segment[4] = { 0 }, length = (width + b->segments - 1) / b->segments;
    MnetRequantBlock requant = { .requant = &d->requant,
                                 .c0 = b->c0,
                                 .channels = b->channels,
                                 .scale = b->scale,
                                 .tie = b->tie,
                                 .way = b->way,
                                 .segments = b->segments };
    /* The last ones overlap where the width is no multiple. */
    for (size_t i = 0; i < b->segments; i++) {
        size_t x = (i + 1) * length <= width ? i * length : width - length;
        in_segment[i] = x * d->stride * d->pixel;
        requant.segment[i] = x * d->out_pixel;
    }
    for (size_t x = 0; x < length; x += OUTPUTS) {
        size_t outputs = length - x < OUTPUTS ? length - x : OUTPUTS;
        sum_outputs(d, b, in_segment, rows, x, outputs, acc);
        mnet_requantize_rows_avx512vnni(&requant, outputs, acc, out + x * d->out_pixel + b->c0,
                                        d->out_pixel);
    }
}

void mnet_depthwise_s8_avx512vnni(const MnetDepthwiseS8 *d, size_t width, const int8_t *const *rows,
                                  int8_t *out)
{
    const uint8_t *packed = d->packed;
    for (size_t c = 0; c < d->channels && width; c += CHANNELS, packed += block_bytes(d))
        depthwise_block(d, (const Block *)(const void *)packed, width, rows, out);
}
