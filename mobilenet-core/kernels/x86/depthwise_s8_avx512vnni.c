/* SPDX-License-Identifier: MIT
 *
 * Depthwise convolution with vpdpbusd, four rows of the kernel at once.
 *
 * 64 bytes of up to four input rows are interleaved to 16 channels x 4 rows a
 * register (once for each column of the input, whatever the kernel's width);
 * a column of weights is laid out likewise.  Bytes are interleaved in lanes of
 * 16, so the sums come in quarters (see MnetRequantBlock), and a block of fewer
 * than 64 channels fills the lanes with 2 or 4 segments of the row. */
#include "kernels/x86/depthwise_s8_avx512vnni.h"
#include "kernels/x86/table_avx512vnni.h"

static size_t block_bytes(const MnetDepthwiseS8 *d)
{
    return sizeof(MnetDepthwiseBlock) +
           (size_t)4 * MNET_DW_PARTS * mnet_depthwise_groups(d) * d->kernel_w * MNET_DW_CHANNELS;
}

size_t mnet_depthwise_s8_pack_bytes_avx512vnni(const MnetDepthwiseS8 *d)
{
    return (d->channels + MNET_DW_CHANNELS - 1) / MNET_DW_CHANNELS * block_bytes(d);
}

/* All that belongs to sum j of a block: channel c. */
static void pack_sum(const MnetDepthwiseS8 *d, MnetDepthwiseBlock *b, size_t j, size_t c)
{
    size_t quarter = j / 16;
    int fitted = b->way == MNET_REQUANT_FITTED;
    uint32_t bias = (uint32_t)d->bias[c] + (fitted ? (uint32_t)d->requant.fit_offset[c] : 0);
    b->scale[j] = (fitted ? d->requant.fit_factor : d->requant.scale)[c];
    b->tie[j] = (fitted ? d->requant.fit_addend : d->requant.tie)[c];
    if (b->way == MNET_REQUANT_EXACTLY) {
        __builtin_memcpy(&b->scale[j], &d->requant.multiplier[c], sizeof b->scale[j]);
        __builtin_memcpy(&b->tie[j], &d->requant.shift[c], sizeof b->tie[j]);
    }
    for (size_t ky = 0; ky < d->kernel_h; ky++)
        for (size_t kx = 0; kx < d->kernel_w; kx++) {
            int32_t w = d->weights[(ky * d->kernel_w + kx) * d->tile + c];
            size_t at = (ky / 4 * d->kernel_w + kx) * MNET_DW_CHANNELS + j % 16 * 4 + ky % 4;
            bias -= 128 * (uint32_t)w;
            for (uint8_t part = 0; w; part++) {
                int32_t piece = w < -128 ? -128 : w > 127 ? 127 : w;
                mnet_depthwise_weights(d, b, quarter, part)[at] = (int8_t)piece;
                b->parts[quarter] = part < b->parts[quarter] ? b->parts[quarter] : part + 1;
                w -= piece;
            }
        }
    b->bias[j] = (int32_t)bias;
}

void mnet_depthwise_s8_pack_avx512vnni(const MnetDepthwiseS8 *d, void *packed)
{
    for (size_t c0 = 0; c0 < d->channels; c0 += MNET_DW_CHANNELS) {
        MnetDepthwiseBlock *b =
            (MnetDepthwiseBlock *)(void *)((uint8_t *)packed +
                                           c0 / MNET_DW_CHANNELS * block_bytes(d));
        b->c0 = c0;
        b->channels = d->channels - c0 < MNET_DW_CHANNELS ? d->channels - c0 : MNET_DW_CHANNELS;
        b->segments = b->channels > 32 ? 1 : b->channels > 16 ? 2 : 4;
        b->way = mnet_requant_way_avx512vnni(&d->requant, c0, b->channels);
        for (size_t j = 0; j < MNET_DW_CHANNELS; j++) {
            size_t byte = j / 4 % 4 * 16 + j / 16 * 4 + j % 4;
            size_t c = byte % (MNET_DW_CHANNELS / b->segments);
            if (c < b->channels)
                pack_sum(d, b, j, c0 + c);
        }
    }
}

/* to[quarter][column] */
MNET_INLINE void interleave(const MnetDepthwiseInput *in, size_t n_rows, size_t segments,
                            size_t columns, MnetDepthwiseColumns to)
{
    for (size_t i = 0; i < columns; i++) {
        __m512i column[4];
        mnet_depthwise_interleave(in, i, n_rows, segments, column);
        for (size_t q = 0; q < 4; q++)
            to[q][i] = column[q];
    }
}

MNET_INLINE void interleave_rows(const MnetDepthwiseInput *in, size_t segments, size_t columns,
                                 MnetDepthwiseColumns to)
{
    if (in->n_rows == 1)
        interleave(in, 1, segments, columns, to);
    else if (in->n_rows == 2)
        interleave(in, 2, segments, columns, to);
    else if (in->n_rows == 3)
        interleave(in, 3, segments, columns, to);
    else
        interleave(in, 4, segments, columns, to);
}

static void interleave_input(const MnetDepthwiseInput *in, size_t segments, size_t columns,
                             MnetDepthwiseColumns to)
{
    if (segments == 1)
        interleave_rows(in, 1, columns, to);
    else if (segments == 2)
        interleave_rows(in, 2, columns, to);
    else
        interleave_rows(in, 4, columns, to);
}

/* acc[x][..] of one quarter += the sum over `taps` columns of weights; the sums
 * begin with bias where there is one.  8 outputs share the loads of weights. */
MNET_INLINE void add_columns(const __m512i *in, const int8_t *weights, const int32_t *bias,
                             size_t taps, size_t step, size_t outputs, int32_t *acc)
{
    for (size_t x0 = 0; x0 < outputs; x0 += 8, acc += 64 * 8, in += 8 * step) {
        __m512i sum[8];
        for (size_t x = 0; x < 8; x++)
            sum[x] = _mm512_load_si512(bias ? bias : acc + 64 * x);
        for (size_t k = 0; k < taps; k++) {
            __m512i w = _mm512_load_si512(weights + k * MNET_DW_CHANNELS);
            for (size_t x = 0; x < 8; x++)
                sum[x] = _mm512_dpbusd_epi32(sum[x], in[x * step + k], w);
        }
        for (size_t x = 0; x < 8; x++)
            _mm512_store_si512(acc + 64 * x, sum[x]);
    }
}

/* The usual numbers as constants to the compiler. */
static void add_columns_of(const __m512i *in, const int8_t *weights, const int32_t *bias,
                           size_t taps, size_t step, size_t outputs, int32_t *acc)
{
    if (taps == 5 && step == 1)
        add_columns(in, weights, bias, 5, 1, outputs, acc);
    else if (taps == 5 && step == 2)
        add_columns(in, weights, bias, 5, 2, outputs, acc);
    else if (taps == 7 && step == 1)
        add_columns(in, weights, bias, 7, 1, outputs, acc);
    else if (taps == 7 && step == 2)
        add_columns(in, weights, bias, 7, 2, outputs, acc);
    else
        add_columns(in, weights, bias, taps, step, outputs, acc);
}

/* Pixels from byte `at` on, rows ky... of the kernel. */
static MnetDepthwiseInput input_of(const MnetDepthwiseS8 *d, const size_t *segment,
                                   const int8_t *const *rows, size_t ky, size_t at, size_t pitch)
{
    MnetDepthwiseInput in = { .n_rows = d->kernel_h - ky < 4 ? d->kernel_h - ky : 4,
                              .pitch = pitch };
    for (size_t i = 0; i < in.n_rows; i++)
        in.rows[i] = rows[ky + i] + at;
    for (size_t i = 0; i < 4; i++)
        in.segment[i] = segment[i];
    return in;
}

/* The sums of `outputs` (at most MNET_DW_OUTPUTS) outputs from x on, of each segment. */
static void sum_outputs(const MnetDepthwiseS8 *d, const MnetDepthwiseBlock *b,
                        const size_t *segment, const int8_t *const *rows, size_t x, size_t outputs,
                        int32_t *acc)
{
    MnetDepthwiseColumns columns;
    /* Outputs share columns when these lie side by side. */
    size_t shared = d->dilation == 1 && d->stride <= 2, most = shared ? MNET_DW_TAPS : 1;
    size_t step = shared ? d->stride : 1, pitch = shared ? d->pixel : d->pixel * d->stride;
    for (size_t ky = 0; ky < d->kernel_h; ky += 4)
        for (size_t kx = 0; kx < d->kernel_w; kx += most) {
            size_t taps = d->kernel_w - kx < most ? d->kernel_w - kx : most;
            size_t at = (x * d->stride + kx * d->dilation) * d->pixel + b->c0;
            MnetDepthwiseInput in = input_of(d, segment, rows, ky, at, pitch);
            interleave_input(&in, b->segments, (outputs - 1) * step + taps, columns);
            for (size_t q = 0; q < 4; q++)
                for (size_t part = 0; part < b->parts[q] || !part; part++)
                    add_columns_of(columns[q],
                                   mnet_depthwise_weights(d, b, q, part) +
                                       (ky / 4 * d->kernel_w + kx) * MNET_DW_CHANNELS,
                                   ky || kx || part ? NULL : b->bias + 16 * q, taps, step, outputs,
                                   acc + 16 * q);
        }
}

/* `outputs` outputs from x on, by way of their sums. */
static void some_outputs(const MnetDepthwiseS8 *d, const MnetDepthwiseBlock *b,
                         const MnetRequantBlock *requant, const size_t *segment,
                         const int8_t *const *rows, size_t x, size_t outputs, int8_t *out)
{
    int32_t acc[MNET_DW_OUTPUTS * MNET_DW_CHANNELS] __attribute__((aligned(64)));
    sum_outputs(d, b, segment, rows, x, outputs, acc);
    mnet_requantize_rows_avx512vnni(requant, outputs, acc, out + x * d->out_pixel + b->c0,
                                    d->out_pixel);
}

static void depthwise_block(const MnetDepthwiseS8 *d, const MnetDepthwiseBlock *b, size_t width,
                            const int8_t *const *rows, int8_t *out)
{
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
    if (mnet_depthwise_is_quick_avx512vnni(d, b)) {
        MnetDepthwiseInput in = input_of(d, in_segment, rows, 0, b->c0, d->pixel);
        mnet_depthwise_quickly_avx512vnni(d, b, &requant, &in, length, out + b->c0);
        return;
    }
    for (size_t x = 0; x < length; x += MNET_DW_OUTPUTS) {
        size_t outputs = length - x < MNET_DW_OUTPUTS ? length - x : MNET_DW_OUTPUTS;
        some_outputs(d, b, &requant, in_segment, rows, x, outputs, out);
    }
}

static void depthwise_line(const MnetDepthwiseS8 *d, size_t width, const int8_t *const *rows,
                           int8_t *out)
{
    const uint8_t *packed = d->packed;
    for (size_t c = 0; c < d->channels && width; c += MNET_DW_CHANNELS, packed += block_bytes(d))
        depthwise_block(d, (const MnetDepthwiseBlock *)(const void *)packed, width, rows, out);
}

/* Pixels that are `dilation` apart are neighbours: one line when every window
 * begins at a column of the others, else as many as that. */
static void dilated_lines(const MnetDepthwiseS8 *d, size_t width, const int8_t *const *rows,
                          int8_t *out)
{
    const int8_t *from[MNET_DW_TAPS];
    size_t lines = d->stride % d->dilation == 0 ? 1 : d->dilation;
    MnetDepthwiseS8 line = *d;
    line.dilation = 1;
    line.pixel = d->dilation * d->pixel;
    line.out_pixel = lines * d->out_pixel;
    line.stride = lines == 1 ? d->stride / d->dilation : d->stride;
    for (size_t i = 0; i < lines && i < width; i++) {
        for (size_t ky = 0; ky < d->kernel_h; ky++)
            from[ky] = rows[ky] + i * d->stride * d->pixel;
        depthwise_line(&line, (width - i + lines - 1) / lines, from, out + i * d->out_pixel);
    }
}

void mnet_depthwise_s8_avx512vnni(const MnetDepthwiseS8 *d, size_t width, const int8_t *const *rows,
                                  int8_t *out)
{
    if (d->dilation > 1 && d->kernel_h <= MNET_DW_TAPS)
        dilated_lines(d, width, rows, out);
    else
        depthwise_line(d, width, rows, out);
}
