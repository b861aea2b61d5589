/* SPDX-License-Identifier: MIT
 *
 * Depthwise convolution of floats: 4 pixels x 16 channels at once. */
#include "kernels/x86/lanes_avx2.h"
#include "kernels/x86/table_avx2.h"

enum { PIXELS = 4 };

/* Some pixels from x on, 8 * vectors channels from c on; pixels and vectors are
 * constants where this is inlined.  Inputs are read in whole vectors. */
MNET_INLINE void tile(const MnetDepthwiseF32 *d, size_t c, size_t x, size_t pixels, size_t vectors,
                      const float *const *rows, float *out)
{
    const __m256 min = _mm256_set1_ps(d->min), max = _mm256_set1_ps(d->max);
    const float *w = d->weights + c;
    size_t step = d->stride * d->pixel;
    __m256 acc[PIXELS][2];
#pragma GCC unroll MNET_UNROLL_6
    for (size_t i = 0; i < pixels; i++)
#pragma GCC unroll MNET_UNROLL_2
        for (size_t v = 0; v < vectors; v++)
            acc[i][v] = _mm256_load_ps(d->bias + c + 8 * v);
    for (size_t ky = 0; ky < d->kernel_h; ky++) {
        const float *in = rows[ky] + x * step + c;
        for (size_t kx = 0; kx < d->kernel_w; kx++, in += d->dilation * d->pixel, w += d->tile)
#pragma GCC unroll MNET_UNROLL_2
            for (size_t v = 0; v < vectors; v++) {
                __m256 weight = _mm256_load_ps(w + 8 * v);
#pragma GCC unroll MNET_UNROLL_6
                for (size_t i = 0; i < pixels; i++)
                    acc[i][v] =
                        _mm256_fmadd_ps(_mm256_loadu_ps(in + i * step + 8 * v), weight, acc[i][v]);
            }
    }
    out += x * d->out_pixel + c;
#pragma GCC unroll MNET_UNROLL_6
    for (size_t i = 0; i < pixels; i++)
#pragma GCC unroll MNET_UNROLL_2
        for (size_t v = 0; v < vectors; v++)
            mnet_store_floats_avx2(out + i * d->out_pixel + 8 * v,
                                   mnet_clamp_avx2(acc[i][v], min, max), d->channels - c - 8 * v);
}

static void tile_16(const MnetDepthwiseF32 *d, size_t c, size_t x, size_t pixels,
                    const float *const *rows, float *out)
{
    if (pixels == PIXELS)
        tile(d, c, x, PIXELS, 2, rows, out);
    else
        tile(d, c, x, 1, 2, rows, out);
}

static void tile_8(const MnetDepthwiseF32 *d, size_t c, size_t x, size_t pixels,
                   const float *const *rows, float *out)
{
    if (pixels == PIXELS)
        tile(d, c, x, PIXELS, 1, rows, out);
    else
        tile(d, c, x, 1, 1, rows, out);
}

void mnet_depthwise_f32_avx2(const MnetDepthwiseF32 *d, size_t width, const float *const *rows,
                             float *out)
{
    size_t pixels = width < PIXELS ? 1 : PIXELS;
    for (size_t c = 0; c < d->channels; c += 16)
        for (size_t x = 0; x < width; x += pixels) {
            /* The last ones overlap those before them. */
            size_t at = x + pixels <= width ? x : width - pixels;
            if (d->channels - c > 8)
                tile_16(d, c, at, pixels, rows, out);
            else
                tile_8(d, c, at, pixels, rows, out);
        }
}
