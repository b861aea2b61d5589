/* SPDX-License-Identifier: MIT
 *
 * The float16 slots in plain C: computed in float32, rounded at the end. */
#include "kernels/c/table_c.h"
#include "kernels/half.h"

enum { MR = 4, NR = 8 };

static float clamp(float value, float min, float max)
{
    value = value < min ? min : value;
    return value > max ? max : value;
}

static float sum_of_products(const MnetGemmF16 *g, const MnetHalf *panel, size_t j, size_t i,
                             const MnetHalf *const *a, size_t a_stride)
{
    const MnetHalf *w = panel + NR + j;
    float sum = mnet_half_to_float(panel[j]);
    for (size_t r = 0; r < g->runs; r++)
        for (size_t k = 0; k < g->run; k++, w += NR)
            sum += mnet_half_to_float(a[r][i * a_stride + k]) * mnet_half_to_float(*w);
    return sum;
}

static void gemm(const MnetGemmF16 *g, size_t m, size_t n0, size_t n1, const MnetHalf *const *a,
                 size_t a_stride, MnetHalf *c, size_t c_stride)
{
    for (size_t i = 0; i < m; i++)
        for (size_t n = n0; n < n1; n++) {
            const MnetHalf *panel = g->panels + n / NR * g->panel_halves;
            float sum = sum_of_products(g, panel, n % NR, i, a, a_stride);
            c[i * c_stride + n] = mnet_half_from_float(clamp(sum, g->min, g->max));
        }
}

static float window_sum(const MnetDepthwiseF16 *d, size_t x, size_t c, const MnetHalf *const *rows)
{
    const MnetHalf *w = d->weights + c;
    float sum = mnet_half_to_float(d->bias[c]);
    for (size_t ky = 0; ky < d->kernel_h; ky++) {
        const MnetHalf *in = rows[ky] + x * d->stride * d->pixel + c;
        for (size_t kx = 0; kx < d->kernel_w; kx++, in += d->dilation * d->pixel, w += d->tile)
            sum += mnet_half_to_float(*in) * mnet_half_to_float(*w);
    }
    return sum;
}

static void depthwise(const MnetDepthwiseF16 *d, size_t width, const MnetHalf *const *rows,
                      MnetHalf *out)
{
    for (size_t x = 0; x < width; x++)
        for (size_t c = 0; c < d->channels; c++) {
            float sum = clamp(window_sum(d, x, c, rows), d->min, d->max);
            out[x * d->out_pixel + c] = mnet_half_from_float(sum);
        }
}

static void add(size_t n, const MnetHalf *a, const MnetHalf *b, size_t b_step, float min, float max,
                MnetHalf *out)
{
    for (size_t i = 0; i < n; i++) {
        float value = mnet_half_to_float(a[i]) + mnet_half_to_float(b[i * b_step]);
        out[i] = mnet_half_from_float(clamp(value, min, max));
    }
}

static void sub(size_t n, const MnetHalf *a, const MnetHalf *b, size_t b_step, float min, float max,
                MnetHalf *out)
{
    for (size_t i = 0; i < n; i++) {
        float value = mnet_half_to_float(a[i]) - mnet_half_to_float(b[i * b_step]);
        out[i] = mnet_half_from_float(clamp(value, min, max));
    }
}

static void mul(size_t n, const MnetHalf *a, const MnetHalf *b, size_t b_step, float min, float max,
                MnetHalf *out)
{
    for (size_t i = 0; i < n; i++) {
        float value = mnet_half_to_float(a[i]) * mnet_half_to_float(b[i * b_step]);
        out[i] = mnet_half_from_float(clamp(value, min, max));
    }
}

static void hard_swish(size_t n, const MnetHalf *in, MnetHalf *out)
{
    for (size_t i = 0; i < n; i++) {
        float x = mnet_half_to_float(in[i]);
        out[i] = mnet_half_from_float(x * clamp(x + 3, 0, 6) / 6);
    }
}

static void max(size_t n, const MnetHalf *in, MnetHalf *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = mnet_half_to_float(in[i]) > mnet_half_to_float(out[i]) ? in[i] : out[i];
}

static void accumulate(size_t n, const MnetHalf *in, float *acc)
{
    for (size_t i = 0; i < n; i++)
        acc[i] += mnet_half_to_float(in[i]);
}

static void narrow(size_t n, const float *in, MnetHalf *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = mnet_half_from_float(in[i]);
}

static void widen(size_t n, const MnetHalf *in, float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = mnet_half_to_float(in[i]);
}

const MnetKernelsF16 mnet_kernels_f16_c = {
    .name = "c",
    .gemm = { .mr = MR, .nr = NR, .run = gemm },
    .depthwise = { .channel_tile = NR, .run = depthwise },
    .add = add,
    .sub = sub,
    .mul = mul,
    .hard_swish = hard_swish,
    .max = max,
    .accumulate = accumulate,
    .narrow = narrow,
    .widen = widen,
};
