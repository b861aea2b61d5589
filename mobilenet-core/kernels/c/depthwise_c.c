/* SPDX-License-Identifier: MIT
 *
 * Depthwise convolution in plain C: tiles of 8 channels, all taps of a pixel. */
#include "kernels/c/table_c.h"

#include "kernels/requant.h"

enum { TILE = 8 };

static void depthwise_s8_tile(const MnetDepthwiseS8 *d, size_t c, size_t channels, size_t x,
                              const int8_t *const *rows, int8_t *out)
{
    int32_t acc[TILE];
    const int16_t *w = d->weights + c;
    for (size_t j = 0; j < TILE; j++)
        acc[j] = d->bias[c + j];
    for (size_t ky = 0; ky < d->kernel_h; ky++) {
        const int8_t *in = rows[ky] + x * d->stride * d->pixel + c;
        for (size_t kx = 0; kx < d->kernel_w; kx++, in += d->dilation * d->pixel, w += d->tile)
            for (size_t j = 0; j < TILE; j++)
                acc[j] += in[j] * w[j];
    }
    mnet_requantize(&d->requant, c, channels, acc, out + x * d->out_pixel + c);
}

void mnet_depthwise_s8_c(const MnetDepthwiseS8 *d, size_t width, const int8_t *const *rows,
                         int8_t *out)
{
    for (size_t x = 0; x < width; x++) {
        size_t c = 0;
        for (; c + TILE <= d->channels; c += TILE)
            depthwise_s8_tile(d, c, TILE, x, rows, out);
        if (c < d->channels)
            depthwise_s8_tile(d, c, d->channels - c, x, rows, out);
    }
}

static void depthwise_f32_tile(const MnetDepthwiseF32 *d, size_t c, size_t channels, size_t x,
                               const float *const *rows, float *out)
{
    float acc[TILE];
    const float *w = d->weights + c;
    for (size_t j = 0; j < TILE; j++)
        acc[j] = d->bias[c + j];
    for (size_t ky = 0; ky < d->kernel_h; ky++) {
        const float *in = rows[ky] + x * d->stride * d->pixel + c;
        for (size_t kx = 0; kx < d->kernel_w; kx++, in += d->dilation * d->pixel, w += d->tile)
            for (size_t j = 0; j < TILE; j++)
                acc[j] += in[j] * w[j];
    }
    out += x * d->out_pixel + c;
    for (size_t j = 0; j < channels; j++) {
        float v = acc[j] < d->min ? d->min : acc[j];
        out[j] = v > d->max ? d->max : v;
    }
}

void mnet_depthwise_f32_c(const MnetDepthwiseF32 *d, size_t width, const float *const *rows,
                          float *out)
{
    for (size_t x = 0; x < width; x++) {
        size_t c = 0;
        for (; c + TILE <= d->channels; c += TILE)
            depthwise_f32_tile(d, c, TILE, x, rows, out);
        if (c < d->channels)
            depthwise_f32_tile(d, c, d->channels - c, x, rows, out);
    }
}
