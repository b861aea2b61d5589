/* SPDX-License-Identifier: MIT
 *
 * Integer matrix product by SDOT: tiles of 4 rows x 16 channels in 16 registers.
 * 16 bytes of a row are one register, each lane of which meets 16 channels. */
#include "kernels/arm/requant_neon.h"
#include "kernels/arm/table_dotprod.h"
#include "kernels/arm/tile_4x16.h"

enum { MR = 4, NR = 16, ROWS = 128 }; /* ROWS: whose sums are kept, with every panel in turn */

typedef struct {
    const MnetGemmS8 *g;
    MnetRequantNeon requant;
    size_t a_stride, c_stride;
    int32_t row_sums[ROWS]; /* of weight_zero: else not set */
} Block;

/* acc + w * lane, four products a sum. */
MNET_INLINE int32x4_t dot(int32x4_t acc, int8x16_t w, int8x16_t x, int lane)
{
    switch (lane) {
    case 0:
        return vdotq_laneq_s32(acc, w, x, 0);
    case 1:
        return vdotq_laneq_s32(acc, w, x, 1);
    case 2:
        return vdotq_laneq_s32(acc, w, x, 2);
    default:
        return vdotq_laneq_s32(acc, w, x, 3);
    }
}

/* Four elements of k: a lane of each row. */
MNET_INLINE void step(int32x4_t (*acc)[4], const int8x16_t *x, int lane, const int8_t *w,
                      size_t rows, size_t vectors)
{
    int8x16_t weights[4];
#pragma GCC unroll MNET_UNROLL_4
    for (size_t v = 0; v < vectors; v++)
        weights[v] = vld1q_s8(w + 16 * v);
#pragma GCC unroll MNET_UNROLL_4
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll MNET_UNROLL_4
        for (size_t v = 0; v < vectors; v++)
            acc[r][v] = dot(acc[r][v], weights[v], x[r], lane);
}

/* Up to 16 elements of k: `lanes` lanes, 1 to 4. */
MNET_INLINE const int8_t *steps(int32x4_t (*acc)[4], const int8_t *a, size_t a_stride, size_t lanes,
                                const int8_t *w, size_t rows, size_t vectors)
{
    int8x16_t x[MR];
#pragma GCC unroll MNET_UNROLL_4
    for (size_t r = 0; r < rows; r++)
        x[r] = vld1q_s8(a + r * a_stride);
    step(acc, x, 0, w, rows, vectors);
    if (lanes > 1)
        step(acc, x, 1, w + 4 * NR, rows, vectors);
    if (lanes > 2)
        step(acc, x, 2, w + 8 * NR, rows, vectors);
    if (lanes > 3)
        step(acc, x, 3, w + 12 * NR, rows, vectors);
    return w + lanes * 4 * NR;
}

/* The sums of some rows with some channels of a panel. */
MNET_INLINE void multiply(int32x4_t (*acc)[4], const MnetGemmS8 *g, const int8_t *panel,
                          const int8_t *const *a, size_t offset, size_t a_stride, size_t rows,
                          size_t vectors)
{
    const int8_t *w = panel + NR * sizeof(int32_t);
#pragma GCC unroll MNET_UNROLL_4
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll MNET_UNROLL_4
        for (size_t v = 0; v < vectors; v++)
            acc[r][v] = vld1q_s32((const int32_t *)(const void *)panel + 4 * v);
    for (size_t r = 0; r < g->runs; r++) {
        const int8_t *x = a[r] + offset;
        size_t k = g->run;
        for (; k >= 16; k -= 16, x += 16)
            w = steps(acc, x, a_stride, 4, w, rows, vectors);
        if (k > 12)
            w = steps(acc, x, a_stride, 4, w, rows, vectors);
        else if (k > 8)
            w = steps(acc, x, a_stride, 3, w, rows, vectors);
        else if (k > 4)
            w = steps(acc, x, a_stride, 2, w, rows, vectors);
        else if (k)
            w = steps(acc, x, a_stride, 1, w, rows, vectors);
    }
}

/* As multiply(): 4 rows x 16 channels. */
MNET_INLINE void multiply_4x16(int32x4_t (*acc)[4], const MnetGemmS8 *g, const int8_t *panel,
                               const int8_t *const *a, size_t offset, size_t a_stride)
{
    const int8_t *w = panel + NR * sizeof(int32_t);
    size_t runs = g->runs;
    MNET_MULTIPLY_4X16("sdot", ".16b", ".4b", acc, panel, a, offset, a_stride, g->run, runs, w);
}

/* Takes the weights' zero points times the sums of the rows off. */
MNET_INLINE void take_off(int32x4_t (*acc)[4], const int32_t *zero, const int32_t *row_sums,
                          size_t rows, size_t vectors)
{
#pragma GCC unroll MNET_UNROLL_4
    for (size_t v = 0; v < vectors; v++) {
        int32x4_t zeros = vld1q_s32(zero + 4 * v);
#pragma GCC unroll MNET_UNROLL_4
        for (size_t r = 0; r < rows; r++)
            acc[r][v] = vmlsq_n_s32(acc[r][v], zeros, row_sums[r]);
    }
}

/* `rows` rows from `i` on of a block that begins at row `first`; channels from n on. */
MNET_INLINE void tile(const Block *b, const int8_t *const *a, size_t first, size_t i, size_t n,
                      size_t channels, int8_t *c, size_t rows, size_t vectors)
{
    const MnetGemmS8 *g = b->g;
    const int8_t *panel = (const int8_t *)g->panels + n / NR * g->panel_bytes;
    int32x4_t acc[MR][4];
    if (rows == 4 && vectors == 4)
        multiply_4x16(acc, g, panel, a, i * b->a_stride, b->a_stride);
    else
        multiply(acc, g, panel, a, i * b->a_stride, b->a_stride, rows, vectors);
    if (g->weight_zero)
        take_off(acc, g->weight_zero + n, b->row_sums + i - first, rows, vectors);
    mnet_requant_tile_neon(&b->requant, acc, rows, vectors, n, channels, c + i * b->c_stride + n,
                           b->c_stride);
}

/* The last tile of 4 rows overlaps those before it. */
static void panel_16(const Block *b, const int8_t *const *a, size_t first, size_t end, size_t n,
                     size_t channels, int8_t *c)
{
    for (size_t i = first; end - first >= MR && i < end; i += MR)
        tile(b, a, first, i + MR <= end ? i : end - MR, n, channels, c, MR, 4);
    for (size_t i = first; end - first < MR && i < end; i++)
        tile(b, a, first, i, n, channels, c, 1, 4);
}

static void panel_8(const Block *b, const int8_t *const *a, size_t first, size_t end, size_t n,
                    size_t channels, int8_t *c)
{
    for (size_t i = first; end - first >= MR && i < end; i += MR)
        tile(b, a, first, i + MR <= end ? i : end - MR, n, channels, c, MR, 2);
    for (size_t i = first; end - first < MR && i < end; i++)
        tile(b, a, first, i, n, channels, c, 1, 2);
}

/* Of `run` bytes of one row; those behind the end count 0. */
static int32x4_t sum_run(int32x4_t sum, const int8_t *a, size_t run)
{
    static const int8_t ones[32] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
    int8x16_t one = vld1q_s8(ones);
    for (; run >= 16; run -= 16, a += 16)
        sum = vdotq_s32(sum, vld1q_s8(a), one);
    return run ? vdotq_s32(sum, vld1q_s8(a), vld1q_s8(ones + 16 - run)) : sum;
}

static void sum_rows(Block *b, const int8_t *const *a, size_t first, size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        int32x4_t sum = vdupq_n_s32(0);
        for (size_t r = 0; r < b->g->runs; r++)
            sum = sum_run(sum, a[r] + (first + i) * b->a_stride, b->g->run);
        b->row_sums[i] = vaddvq_s32(sum);
    }
}

void mnet_gemm_s8_dotprod(const MnetGemmS8 *g, size_t m, size_t n0, size_t n1,
                          const int8_t *const *a, size_t a_stride, int8_t *c, size_t c_stride)
{
    Block b = { .g = g, .a_stride = a_stride, .c_stride = c_stride };
    b.requant = mnet_requant_neon(&g->requant, n0, n1);
    for (size_t first = 0; first < m; first += ROWS) {
        size_t end = m - first < ROWS ? m : first + ROWS;
        if (g->weight_zero)
            sum_rows(&b, a, first, end - first);
        for (size_t n = n0; n < n1; n += NR)
            if (n1 - n > 8)
                panel_16(&b, a, first, end, n, n1 - n, c);
            else
                panel_8(&b, a, first, end, n, n1 - n, c);
    }
}
