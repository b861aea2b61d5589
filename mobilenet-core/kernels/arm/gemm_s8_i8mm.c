/* SPDX-License-Identifier: MIT
 *
 * Integer matrix product by SMMLA: 2 rows x 8 elements with 2 channels x 8 elements
 * are 4 sums.  Tiles of 4 rows x 16 channels in 16 registers. */
#include "kernels/arm/product_s8_neon.h"
#include "kernels/arm/table_i8mm.h"

enum { MR = MNET_MR_NEON, NR = MNET_NR_NEON, KR = 8 };

/* Two rows with 8 of the channels, whose weights are v<w0> to v<w3>. */
#define PAIR(x, s0, s1, s2, s3, w0, w1, w2, w3)   \
    "smmla %[" s0 "].4s, " x ".16b, " w0 ".16b\n" \
    "smmla %[" s1 "].4s, " x ".16b, " w1 ".16b\n" \
    "smmla %[" s2 "].4s, " x ".16b, " w2 ".16b\n" \
    "smmla %[" s3 "].4s, " x ".16b, " w3 ".16b\n"
#define LOW(x, y, w0, w1, w2, w3)                   \
    PAIR(x, "a0", "a1", "a2", "a3", w0, w1, w2, w3) \
    PAIR(y, "b0", "b1", "b2", "b3", w0, w1, w2, w3)
#define HIGH(x, y, w0, w1, w2, w3)                  \
    PAIR(x, "a4", "a5", "a6", "a7", w0, w1, w2, w3) \
    PAIR(y, "b4", "b5", "b6", "b7", w0, w1, w2, w3)
#define LOAD_28 "ld1 {v28.16b-v31.16b}, [%[w]], #64\n"
#define LOAD_24 "ld1 {v24.16b-v27.16b}, [%[w]], #64\n"

/* 4 rows x 16 channels: acc[p][j] are rows 2 p and 2 p + 1 with channels 2 j and
 * 2 j + 1.  32 elements of k at once, then 8. */
MNET_INLINE void multiply_4x16(int32x4_t acc[2][8], const MnetProductNeon *p, const int8_t *panel,
                               size_t offset)
{
    const int8_t *w = panel + NR * sizeof(int32_t);
    const int8_t *const *a = p->a;
    size_t runs = p->g->runs;
    __asm__("ldp q28, q29, [%[bias]]\n"
            "ldp q30, q31, [%[bias], #32]\n"
            "zip1 %[a0].2d, v28.2d, v28.2d\n"
            "zip2 %[a1].2d, v28.2d, v28.2d\n"
            "zip1 %[a2].2d, v29.2d, v29.2d\n"
            "zip2 %[a3].2d, v29.2d, v29.2d\n"
            "zip1 %[a4].2d, v30.2d, v30.2d\n"
            "zip2 %[a5].2d, v30.2d, v30.2d\n"
            "zip1 %[a6].2d, v31.2d, v31.2d\n"
            "zip2 %[a7].2d, v31.2d, v31.2d\n"
            "mov %[b0].16b, %[a0].16b\n"
            "mov %[b1].16b, %[a1].16b\n"
            "mov %[b2].16b, %[a2].16b\n"
            "mov %[b3].16b, %[a3].16b\n"
            "mov %[b4].16b, %[a4].16b\n"
            "mov %[b5].16b, %[a5].16b\n"
            "mov %[b6].16b, %[a6].16b\n"
            "mov %[b7].16b, %[a7].16b\n"
            "1:\n"
            "ldr x9, [%[a]], #8\n"
            "lsr x13, %[k], #5\n"
            "add x9, x9, %[at]\n"
            "add x10, x9, %[stride]\n"
            "add x11, x9, %[stride], lsl #1\n"
            "add x12, x10, %[stride], lsl #1\n"
            "cbz x13, 3f\n"
            "2:\n"
            "ldp q0, q4, [x9], #32\n"
            "ldp q1, q5, [x10], #32\n"
            "ldp q2, q6, [x11], #32\n"
            "ldp q3, q7, [x12], #32\n" LOAD_28 "zip1 v24.2d, v0.2d, v1.2d\n"
            "zip2 v1.2d, v0.2d, v1.2d\n"
            "zip1 v0.2d, v2.2d, v3.2d\n"
            "zip2 v3.2d, v2.2d, v3.2d\n"
            "zip1 v2.2d, v4.2d, v5.2d\n"
            "zip2 v5.2d, v4.2d, v5.2d\n"
            "zip1 v4.2d, v6.2d, v7.2d\n"
            "zip2 v7.2d, v6.2d, v7.2d\n"
            "subs x13, x13, #1\n" LOW("v24", "v0", "v28", "v29", "v30", "v31")
                LOAD_28 HIGH("v24", "v0", "v28", "v29", "v30", "v31")
                    LOAD_24 LOAD_28 LOW("v1", "v3", "v24", "v25", "v26", "v27")
                        LOAD_24 HIGH("v1", "v3", "v28", "v29", "v30", "v31")
                            LOAD_28 LOW("v2", "v4", "v24", "v25", "v26", "v27")
                                LOAD_24 HIGH("v2", "v4", "v28", "v29", "v30", "v31")
                                    LOAD_28 LOW("v5", "v7", "v24", "v25", "v26", "v27")
                                        HIGH("v5", "v7", "v28", "v29", "v30",
                                             "v31") "b.ne 2b\n"
                                                    "3:\n"
                                                    "and x13, %[k], #31\n"
                                                    "add x13, x13, #7\n"
                                                    "lsr x13, x13, #3\n"
                                                    "cbz x13, 5f\n"
                                                    "4:\n"
                                                    "ldr d0, [x9], #8\n"
                                                    "ldr d1, [x11], #8\n"
                                                    "ld1 {v0.d}[1], [x10], #8\n"
                                                    "ld1 {v1.d}[1], [x12], #8\n" LOAD_24 LOAD_28
                                                    "subs x13, x13, #1\n" LOW("v0", "v1", "v24",
                                                                              "v25", "v26", "v27")
                                                        HIGH("v0", "v1", "v28", "v29", "v30",
                                                             "v31") "b.ne 4b\n"
                                                                    "5:\n"
                                                                    "subs %[r], %[r], #1\n"
                                                                    "b.ne 1b\n"
            : [w] "+r"(w), [a] "+r"(a), [r] "+r"(runs), [a0] "=&w"(acc[0][0]),
              [a1] "=&w"(acc[0][1]), [a2] "=&w"(acc[0][2]), [a3] "=&w"(acc[0][3]),
              [a4] "=&w"(acc[0][4]), [a5] "=&w"(acc[0][5]), [a6] "=&w"(acc[0][6]),
              [a7] "=&w"(acc[0][7]), [b0] "=&w"(acc[1][0]), [b1] "=&w"(acc[1][1]),
              [b2] "=&w"(acc[1][2]), [b3] "=&w"(acc[1][3]), [b4] "=&w"(acc[1][4]),
              [b5] "=&w"(acc[1][5]), [b6] "=&w"(acc[1][6]), [b7] "=&w"(acc[1][7])
            : [bias] "r"(panel), [at] "r"(offset), [stride] "r"(p->a_stride), [k] "r"(p->g->run)
            : "cc", "memory", "x9", "x10", "x11", "x12", "x13", "v0", "v1", "v2", "v3", "v4", "v5",
              "v6", "v7", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31");
}

/* The sums of the first (zip1) or the second one of two rows. */
MNET_INLINE int32x4_t first_row(int32x4_t low, int32x4_t high)
{
    return vreinterpretq_s32_s64(
        vzip1q_s64(vreinterpretq_s64_s32(low), vreinterpretq_s64_s32(high)));
}

MNET_INLINE int32x4_t second_row(int32x4_t low, int32x4_t high)
{
    return vreinterpretq_s32_s64(
        vzip2q_s64(vreinterpretq_s64_s32(low), vreinterpretq_s64_s32(high)));
}

static void tile_4(const MnetProductNeon *p, size_t i, size_t n, size_t channels)
{
    int32x4_t acc[2][8], rows[MR][4];
    multiply_4x16(acc, p, mnet_panel_neon(p, n), i * p->a_stride);
#pragma GCC unroll MNET_UNROLL_4
    for (size_t v = 0; v < 4; v++) {
        rows[0][v] = first_row(acc[0][2 * v], acc[0][2 * v + 1]);
        rows[1][v] = second_row(acc[0][2 * v], acc[0][2 * v + 1]);
        rows[2][v] = first_row(acc[1][2 * v], acc[1][2 * v + 1]);
        rows[3][v] = second_row(acc[1][2 * v], acc[1][2 * v + 1]);
    }
    mnet_finish_tile_neon(p, rows, i, n, channels, MR, 4);
}

/* One row, as if it were two. */
static void tile_1(const MnetProductNeon *p, size_t i, size_t n, size_t channels)
{
    const int8_t *panel = mnet_panel_neon(p, n), *w = panel + NR * sizeof(int32_t);
    int32x4_t acc[8], row[1][4];
    for (size_t v = 0; v < 8; v++)
        acc[v] = vdupq_n_s32(0);
    for (size_t r = 0; r < p->g->runs; r++) {
        const int8_t *x = p->a[r] + i * p->a_stride;
        for (size_t k = 0; k < p->g->run; k += KR, w += NR * KR) {
            int8x16_t twice = vcombine_s8(vld1_s8(x + k), vld1_s8(x + k));
#pragma GCC unroll MNET_UNROLL_16
            for (size_t v = 0; v < 8; v++)
                acc[v] = vmmlaq_s32(acc[v], twice, vld1q_s8(w + 16 * v));
        }
    }
    for (size_t v = 0; v < 4; v++) {
        int32x4_t bias = vld1q_s32((const int32_t *)(const void *)panel + 4 * v);
        row[0][v] = vaddq_s32(first_row(acc[2 * v], acc[2 * v + 1]), bias);
    }
    mnet_finish_tile_neon(p, row, i, n, channels, 1, 4);
}

/* The last tile of 4 rows overlaps those before it. */
static void panel_rows(const MnetProductNeon *p, size_t n, size_t channels)
{
    size_t first = p->first, end = p->end;
    for (size_t i = first; end - first >= MR && i < end; i += MR)
        tile_4(p, i + MR <= end ? i : end - MR, n, channels);
    for (size_t i = first; end - first < MR && i < end; i++)
        tile_1(p, i, n, channels);
}

void mnet_gemm_s8_i8mm(const MnetGemmS8 *g, size_t m, size_t n0, size_t n1, const int8_t *const *a,
                       size_t a_stride, int8_t *c, size_t c_stride)
{
    MnetProductNeon p = mnet_product_neon(g, n0, n1, a, a_stride, c, c_stride);
    for (size_t first = 0; first < m; first += MNET_BLOCK_NEON) {
        mnet_begin_block_neon(&p, first, m);
        for (size_t n = n0; n < n1; n += NR) {
            mnet_begin_panel_neon(&p, n, n1);
            panel_rows(&p, n, n1 - n);
        }
    }
}
