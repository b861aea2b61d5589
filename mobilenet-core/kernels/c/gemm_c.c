/* SPDX-License-Identifier: MIT
 *
 * Matrix products in plain C, shaped so that compilers vectorise them. */
#include "kernels/c/table_c.h"

#include "kernels/requant.h"

/* Integers: tiles of MR x NR dot products along k; k in chunks of KC, whose
 * activations are widened to int16 once for NR channels.  int16 x int16 summed
 * to int32 is one instruction on most machines. */
enum { MR = 4, NR = 8, KC = 256 };

static void dot_tile(const int16_t a[MR][KC], const int16_t *w, size_t w_stride, size_t k,
                     int32_t acc[MR][NR])
{
    for (size_t j = 0; j < NR; j++) {
        const int16_t *wj = w + j * w_stride;
        int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        for (size_t i = 0; i < k; i++) {
            s0 += a[0][i] * wj[i];
            s1 += a[1][i] * wj[i];
            s2 += a[2][i] * wj[i];
            s3 += a[3][i] * wj[i];
        }
        acc[0][j] += s0;
        acc[1][j] += s1;
        acc[2][j] += s2;
        acc[3][j] += s3;
    }
}

static void gemm_s8_tile(const MnetGemmS8 *g, size_t rows, const int32_t *panel, size_t first,
                         const int8_t *const *a, size_t a_stride, int32_t acc[MR][NR])
{
    int16_t wide[MR][KC];
    const int16_t *weights = (const int16_t *)(panel + NR);
    for (size_t i = 0; i < MR; i++)
        for (size_t j = 0; j < NR; j++)
            acc[i][j] = panel[j];
    for (size_t r = 0; r < g->runs; r++, weights += g->run)
        for (size_t k0 = 0; k0 < g->run; k0 += KC) {
            size_t k = g->run - k0 < KC ? g->run - k0 : KC;
            for (size_t i = 0; i < MR; i++) {
                const int8_t *row = a[r] + (first + (i < rows ? i : rows - 1)) * a_stride + k0;
                for (size_t j = 0; j < k; j++)
                    wide[i][j] = row[j];
            }
            dot_tile(wide, weights + k0, g->k, k, acc);
        }
}

void mnet_gemm_s8_c(const MnetGemmS8 *g, size_t m, size_t n0, size_t n1, const int8_t *const *a,
                    size_t a_stride, int8_t *c, size_t c_stride)
{
    for (size_t i = 0; i < m; i += MR) {
        size_t rows = m - i < MR ? m - i : MR;
        for (size_t n = n0; n < n1; n += NR) {
            const uint8_t *panel = (const uint8_t *)g->panels + n / NR * g->panel_bytes;
            size_t channels = n1 - n < NR ? n1 - n : NR;
            int32_t acc[MR][NR];
            gemm_s8_tile(g, rows, (const int32_t *)(const void *)panel, i, a, a_stride, acc);
            for (size_t r = 0; r < rows; r++)
                mnet_requantize(&g->requant, n, channels, acc[r], c + (i + r) * c_stride + n);
        }
    }
}

/* Floats: tiles of MRF x NRF sums. */
enum { MRF = 4, NRF = 8 };

static void gemm_f32_tile(const MnetGemmF32 *g, size_t rows, const float *panel, size_t first,
                          const float *const *a, size_t a_stride, float acc[MRF][NRF])
{
    const float *w = panel + NRF;
    for (size_t j = 0; j < NRF; j++)
        acc[0][j] = acc[1][j] = acc[2][j] = acc[3][j] = panel[j];
    for (size_t r = 0; r < g->runs; r++) {
        const float *r0 = a[r] + first * a_stride, *r1 = r0 + (rows > 1 ? 1 : 0) * a_stride;
        const float *r2 = r0 + (rows > 2 ? 2 : 0) * a_stride;
        const float *r3 = r0 + (rows > 3 ? 3 : 0) * a_stride;
        for (size_t k = 0; k < g->run; k++, w += NRF)
            for (size_t j = 0; j < NRF; j++) {
                acc[0][j] += r0[k] * w[j];
                acc[1][j] += r1[k] * w[j];
                acc[2][j] += r2[k] * w[j];
                acc[3][j] += r3[k] * w[j];
            }
    }
}

void mnet_gemm_f32_c(const MnetGemmF32 *g, size_t m, size_t n0, size_t n1, const float *const *a,
                     size_t a_stride, float *c, size_t c_stride)
{
    for (size_t i = 0; i < m; i += MRF) {
        size_t rows = m - i < MRF ? m - i : MRF;
        for (size_t n = n0; n < n1; n += NRF) {
            size_t channels = n1 - n < NRF ? n1 - n : NRF;
            float acc[MRF][NRF];
            gemm_f32_tile(g, rows, g->panels + n / NRF * g->panel_floats, i, a, a_stride, acc);
            for (size_t r = 0; r < rows; r++)
                for (size_t j = 0; j < channels; j++) {
                    float v = acc[r][j] < g->min ? g->min : acc[r][j];
                    c[(i + r) * c_stride + n + j] = v > g->max ? g->max : v;
                }
        }
    }
}
