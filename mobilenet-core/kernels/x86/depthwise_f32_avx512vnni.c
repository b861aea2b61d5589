/* SPDX-License-Identifier: MIT
 *
 * Float depthwise convolution: 16 channels, 8 outputs of a row at once, which
 * share the loads of the weights and of the pixels under them. */
#include "kernels/x86/requant_avx512vnni.h"
#include "kernels/x86/table_avx512vnni.h"

enum { CHANNELS = 16, OUTPUTS = 8 };

/* `outputs` results from x on of channels c to c + 16.  taps, stride (in pixels
 * of the input) and outputs are constants to the compiler where it counts. */
MNET_INLINE void outputs_of(const MnetDepthwiseF32 *d, const float *const *rows, size_t x, size_t c,
                            size_t taps, size_t step, size_t stride, size_t outputs, float *out)
{
    const __mmask16 valid = mnet_mask16(d->channels - c);
    const __m512 min = _mm512_set1_ps(d->min), max = _mm512_set1_ps(d->max);
    const float *weights = d->weights + c;
    __m512 sum[OUTPUTS];
#pragma GCC unroll MNET_UNROLL_12
    for (size_t i = 0; i < outputs; i++)
        sum[i] = _mm512_loadu_ps(d->bias + c);
    for (size_t ky = 0; ky < d->kernel_h; ky++) {
        const float *in = rows[ky] + x * d->stride * d->pixel + c;
        for (size_t k = 0; k < taps; k++, weights += d->tile) {
            __m512 w = _mm512_loadu_ps(weights);
#pragma GCC unroll MNET_UNROLL_12
            for (size_t i = 0; i < outputs; i++)
                sum[i] = _mm512_fmadd_ps(_mm512_loadu_ps(in + (i * stride + k * step) * d->pixel),
                                         w, sum[i]);
        }
    }
#pragma GCC unroll MNET_UNROLL_12
    for (size_t i = 0; i < outputs; i++)
        _mm512_mask_storeu_ps(out + (x + i) * d->out_pixel + c, valid,
                              _mm512_min_ps(max, _mm512_max_ps(min, sum[i])));
}

MNET_INLINE void some_outputs(const MnetDepthwiseF32 *d, const float *const *rows, size_t x,
                              size_t c, size_t outputs, float *out)
{
    if (d->kernel_w == 3 && d->stride == 1 && d->dilation == 1)
        outputs_of(d, rows, x, c, 3, 1, 1, outputs, out);
    else if (d->kernel_w == 3 && d->stride == 2 && d->dilation == 1)
        outputs_of(d, rows, x, c, 3, 1, 2, outputs, out);
    else
        outputs_of(d, rows, x, c, d->kernel_w, d->dilation, d->stride, outputs, out);
}

void mnet_depthwise_f32_avx512vnni(const MnetDepthwiseF32 *d, size_t width,
                                   const float *const *rows, float *out)
{
    for (size_t c = 0; c < d->channels; c += CHANNELS)
        for (size_t x = 0; x < width;) {
            if (width - x >= OUTPUTS) {
                some_outputs(d, rows, x, c, OUTPUTS, out);
                x += OUTPUTS;
            } else if (width - x >= 4) {
                some_outputs(d, rows, x, c, 4, out);
                x += 4;
            } else {
                some_outputs(d, rows, x, c, 1, out);
                x++;
            }
        }
}
