/* SPDX-License-Identifier: MIT
 *
 * Matrix product of float16: tiles of 8 rows x 16 channels in 16 registers.  Every
 * sum adds its products in the order of k, whatever tile it is in. */
#include <arm_neon.h>

#include "kernels/arm/table_asimdhp.h"
#include "kernels/arm/tile_8x16_f16.h"
#include "kernels/inline.h"

#ifndef __ARM_FEATURE_FP16_VECTOR_ARITHMETIC
#error "needs -march=armv8.2-a+fp16"
#endif

enum {
    MR = 8,
    NR = 16,
    ROWS = 128,     /* that meet a panel before the next one */
    PANELS = 4,     /* that a row alone meets at once */
    FEWEST_ROWS = 6 /* that are worth a tile of 8 */
};

typedef struct {
    const MnetGemmF16 *g;
    const MnetHalf *const *a;
    size_t a_stride;
    MnetHalf *c;
    size_t c_stride;
    float16x8_t min, max;
} Product;

static const MnetHalf *panel_of(const Product *p, size_t n)
{
    return p->g->panels + n / NR * p->g->panel_halves;
}

MNET_INLINE void store(const Product *p, MnetHalf *out, float16x8_t value, size_t channels)
{
    uint16x8_t bits = vreinterpretq_u16_f16(vminq_f16(vmaxq_f16(value, p->min), p->max));
    MnetHalf all[8];
    if (__builtin_expect(channels >= 8, 1)) {
        vst1q_u16(out, bits);
        return;
    }
    vst1q_u16(all, bits);
    __builtin_memcpy(out, all, channels * sizeof *out);
}

/* Rows i to i + 8, channels n to n + 9...16 or to n + 1...8. */
MNET_INLINE void tile_16(const Product *p, size_t i, size_t n, size_t channels)
{
    const MnetHalf *panel = panel_of(p, n), *w = panel + NR;
    const MnetHalf *const *a = p->a;
    size_t runs = p->g->runs, stride = p->a_stride * sizeof *w;
    MnetHalf *out = p->c + i * p->c_stride + n;
    float16x8_t acc[MR][2];
    MNET_MULTIPLY_8X16(acc, panel, a, i * stride, stride, p->g->run, runs, w);
#pragma GCC unroll MNET_UNROLL_16
    for (size_t r = 0; r < MR; r++, out += p->c_stride) {
        store(p, out, acc[r][0], 8);
        store(p, out + 8, acc[r][1], channels - 8);
    }
}

MNET_INLINE void tile_8(const Product *p, size_t i, size_t n, size_t channels)
{
    const MnetHalf *panel = panel_of(p, n), *w = panel + NR;
    const MnetHalf *const *a = p->a;
    size_t runs = p->g->runs, stride = p->a_stride * sizeof *w;
    MnetHalf *out = p->c + i * p->c_stride + n;
    float16x8_t acc[MR][1];
    MNET_MULTIPLY_8X8(acc, panel, a, i * stride, stride, p->g->run, runs, w);
#pragma GCC unroll MNET_UNROLL_16
    for (size_t r = 0; r < MR; r++, out += p->c_stride)
        store(p, out, acc[r][0], channels);
}

/* One number of a row and its weights in some panels. */
MNET_INLINE void add_products(float16x8_t (*acc)[2], const MnetHalf *w, size_t panel_halves,
                              float16x8_t x, size_t panels)
{
#pragma GCC unroll MNET_UNROLL_4
    for (size_t j = 0; j < panels; j++) {
        const uint16x8x2_t pair = vld1q_u16_x2(w + j * panel_halves);
        acc[j][0] = vfmaq_f16(acc[j][0], vreinterpretq_f16_u16(pair.val[0]), x);
        acc[j][1] = vfmaq_f16(acc[j][1], vreinterpretq_f16_u16(pair.val[1]), x);
    }
}

/* Row i alone, channels of some panels from n on. */
MNET_INLINE void row_of_panels(const Product *p, size_t i, size_t n, size_t channels, size_t panels)
{
    const MnetHalf *panel = panel_of(p, n), *w = panel + NR;
    size_t halves = p->g->panel_halves;
    MnetHalf *out = p->c + i * p->c_stride + n;
    float16x8_t acc[PANELS][2];
#pragma GCC unroll MNET_UNROLL_4
    for (size_t j = 0; j < panels; j++) {
        acc[j][0] = vreinterpretq_f16_u16(vld1q_u16(panel + j * halves));
        acc[j][1] = vreinterpretq_f16_u16(vld1q_u16(panel + j * halves + 8));
    }
    for (size_t run = 0; run < p->g->runs; run++) {
        const MnetHalf *x = p->a[run] + i * p->a_stride;
        for (size_t k = 0; k < p->g->run; k++, w += NR)
            add_products(acc, w, halves, vreinterpretq_f16_u16(vld1q_dup_u16(x + k)), panels);
    }
#pragma GCC unroll MNET_UNROLL_4
    for (size_t j = 0; j < panels; j++, out += NR) {
        size_t left = channels - j * NR;
        store(p, out, acc[j][0], left);
        if (left > 8)
            store(p, out + 8, acc[j][1], left - 8);
    }
}

static void row(const Product *p, size_t i, size_t n0, size_t n1)
{
    size_t n = n0;
    for (; n1 - n > (PANELS - 1) * NR; n += PANELS * NR) {
        row_of_panels(p, i, n, n1 - n, PANELS);
        if (n1 - n <= PANELS * NR)
            return;
    }
    for (; n < n1; n += NR)
        row_of_panels(p, i, n, n1 - n, 1);
}

/* Tiles from `first` on, before `end`. */
static void panel(const Product *p, size_t first, size_t end, size_t n, size_t channels)
{
    for (size_t i = first; i + MR <= end; i += MR)
        if (channels > 8)
            tile_16(p, i, n, channels);
        else
            tile_8(p, i, n, channels);
}

/* Rows that fill no tile: the last tile of 8 overlaps those before it, or they go
 * one by one. */
static void last_rows(const Product *p, size_t m, size_t n0, size_t n1)
{
    size_t left = m % MR;
    for (size_t n = n0; left >= FEWEST_ROWS && m > MR && n < n1; n += NR)
        panel(p, m - MR, m, n, n1 - n);
    for (size_t i = m - left; (left < FEWEST_ROWS || m < MR) && i < m; i++)
        row(p, i, n0, n1);
}

void mnet_gemm_f16_asimdhp(const MnetGemmF16 *g, size_t m, size_t n0, size_t n1,
                           const MnetHalf *const *a, size_t a_stride, MnetHalf *c, size_t c_stride)
{
    const Product p = { .g = g,
                        .a = a,
                        .a_stride = a_stride,
                        .c = c,
                        .c_stride = c_stride,
                        .min = vdupq_n_f16((float16_t)g->min),
                        .max = vdupq_n_f16((float16_t)g->max) };
    size_t whole = m / MR * MR;
    for (size_t first = 0; first < whole; first += ROWS)
        for (size_t n = n0; n < n1; n += NR)
            panel(&p, first, whole - first < ROWS ? whole : first + ROWS, n, n1 - n);
    last_rows(&p, m, n0, n1);
}
