/* SPDX-License-Identifier: MIT
 *
 * Curves of floats, and rows of pictures that are enlarged, in plain C. */
#include <math.h>

#include "kernels/c/table_c.h"

void mnet_hard_swish_f32_c(size_t n, const float *in, float *out)
{
    for (size_t i = 0; i < n; i++) {
        float x = in[i], gate = x + 3;
        gate = gate < 0 ? 0 : gate;
        out[i] = x * (gate > 6 ? 6 : gate) / 6;
    }
}

void mnet_logistic_f32_c(size_t n, const float *in, float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = 1 / (1 + expf(-in[i]));
}

void mnet_tanh_f32_c(size_t n, const float *in, float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = tanhf(in[i]);
}

/* Without roundf(), which is a call: the loop becomes vectors. */
void mnet_quantize_f32_c(size_t n, const float *in, float scale, int32_t zero_point, int8_t *out)
{
    for (size_t i = 0; i < n; i++) {
        float q = in[i] / scale;
        q = q > -1024 ? q : -1024;
        q = q < 1024 ? q : 1024;
        int32_t whole = (int32_t)q;
        float rest = q - (float)whole;
        int32_t v = whole + (rest >= 0.5f) - (rest <= -0.5f) + zero_point;
        out[i] = (int8_t)(v > 127 ? 127 : v < -128 ? -128 : v);
    }
}

void mnet_blend_f32_c(size_t n, const float *a, const float *b, float part, float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] * (1 - part) + b[i] * part;
}

void mnet_stretch_f32_c(const MnetStretchF32 *s, size_t n, const float *in, float *out)
{
    for (size_t x = 0; x < n; x++, out += s->channels) {
        const float *a = in + (size_t)s->left[x] * s->channels;
        const float *b = in + (size_t)s->right[x] * s->channels;
        for (size_t c = 0; c < s->channels; c++)
            out[c] = a[c] * (1 - s->part[x]) + b[c] * s->part[x];
    }
}
