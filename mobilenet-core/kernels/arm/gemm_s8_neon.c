/* SPDX-License-Identifier: MIT
 *
 * Integer matrix product of ARMv8.0: SMULL and SMLAL2 add two products of bytes in
 * 16 bits, SADALP takes them to 32.  Only -128 * -128 twice would not fit: panels
 * with a weight of -128, and what is less than 4 rows, take products one by one. */
#include "kernels/arm/product_s8_neon.h"
#include "kernels/arm/table_neon.h"

enum { MR = MNET_MR_NEON, NR = MNET_NR_NEON, KR = 16 };

/* Fewer rows than this are not worth looking for a weight of -128. */
enum { MOST_SLOW = 8 };

/* 16 elements each, in a run, and whether one of 8 follows. */
typedef struct {
    size_t whole, half;
} Steps;

MNET_INLINE Steps steps_of(const MnetGemmS8 *g)
{
    size_t whole = g->run > 8 ? (g->run + 7) / KR : 1;
    return (Steps){ whole, g->run > whole * KR };
}

/* One channel, in register w, with 4 rows: 32 bits of two products in v28 to v31. */
#define CHANNEL(ADD, w, x0, x1, x2, x3, s0, s1, s2, s3)                            \
    "smull v28.8h, " x0 ".8b, " w ".8b\n"                                          \
    "smull v29.8h, " x1 ".8b, " w ".8b\n"                                          \
    "smull v30.8h, " x2 ".8b, " w ".8b\n"                                          \
    "smull v31.8h, " x3 ".8b, " w ".8b\n"                                          \
    "smlal2 v28.8h, " x0 ".16b, " w ".16b\n"                                       \
    "smlal2 v29.8h, " x1 ".16b, " w ".16b\n"                                       \
    "smlal2 v30.8h, " x2 ".16b, " w ".16b\n"                                       \
    "smlal2 v31.8h, " x3 ".16b, " w ".16b\n" ADD " " s0 ".4s, v28.8h\n" ADD " " s1 \
    ".4s, v29.8h\n" ADD " " s2 ".4s, v30.8h\n" ADD " " s3 ".4s, v31.8h\n"

/* 16 elements of k: 4 rows with 4 channels, whose weights are v24 to v27 and whose
 * sums are v8 to v23. */
#define STEP(ADD, x0, x1, x2, x3)                                                              \
    "ld1 {v24.16b-v27.16b}, [x14], %[next]\n" CHANNEL(ADD, "v24", x0, x1, x2, x3, "v8", "v12", \
                                                      "v16", "v20")                            \
        CHANNEL(ADD, "v25", x0, x1, x2, x3, "v9", "v13", "v17", "v21")                         \
            CHANNEL(ADD, "v26", x0, x1, x2, x3, "v10", "v14", "v18", "v22")                    \
                CHANNEL(ADD, "v27", x0, x1, x2, x3, "v11", "v15", "v19", "v23")

/* The same for 8 elements: one product is in 16 bits. */
#define HALF_CHANNEL(w, s0, s1, s2, s3) \
    "smull v28.8h, v0.8b, " w ".8b\n"   \
    "smull v29.8h, v1.8b, " w ".8b\n"   \
    "smull v30.8h, v2.8b, " w ".8b\n"   \
    "smull v31.8h, v3.8b, " w ".8b\n"   \
    "sadalp " s0 ".4s, v28.8h\n"        \
    "sadalp " s1 ".4s, v29.8h\n"        \
    "sadalp " s2 ".4s, v30.8h\n"        \
    "sadalp " s3 ".4s, v31.8h\n"
#define HALF_STEP                                                                            \
    "ld1 {v24.16b-v27.16b}, [x14], %[next]\n" HALF_CHANNEL("v24", "v8", "v12", "v16", "v20") \
        HALF_CHANNEL("v25", "v9", "v13", "v17", "v21")                                       \
            HALF_CHANNEL("v26", "v10", "v14", "v18", "v22")                                  \
                HALF_CHANNEL("v27", "v11", "v15", "v19", "v23")

#define LOAD_ONE           \
    "ldr q0, [x9], #16\n"  \
    "ldr q1, [x10], #16\n" \
    "ldr q2, [x11], #16\n" \
    "ldr q3, [x12], #16\n"

/* From the first row, in x9. */
#define OTHER_ROWS                     \
    "add x10, x9, %[stride]\n"         \
    "add x11, x9, %[stride], lsl #1\n" \
    "add x12, x10, %[stride], lsl #1\n"

/* The sums of the lanes, each of which is in the four of a register, and the bias. */
#define REDUCE(s0, s1, s2, s3)               \
    "addp " s0 ".4s, " s0 ".4s, " s1 ".4s\n" \
    "addp " s2 ".4s, " s2 ".4s, " s3 ".4s\n" \
    "addp " s0 ".4s, " s0 ".4s, " s2 ".4s\n" \
    "add " s0 ".4s, " s0 ".4s, v24.4s\n"

/* 4 rows with 4 * groups channels.  The first step makes the sums, so that nothing
 * has to clear them. */
MNET_INLINE void multiply_4(int32x4_t (*sums)[4], const MnetProductNeon *p, const int8_t *panel,
                            size_t offset, size_t groups)
{
    const Steps steps = steps_of(p->g);
    const int8_t *const *a = p->a;
    const int8_t *bias = panel, *w = panel + NR * sizeof(int32_t);
    __asm__ volatile(
        "1:\n"
        "mov x14, %[w]\n"
        "mov x9, %[first]\n" OTHER_ROWS "mov x16, %[more]\n" LOAD_ONE STEP(
            "saddlp", "v0", "v1", "v2",
            "v3") "subs x13, %[steps], #1\n"
                  "b.eq 5f\n"
                  "2:\n"
                  "tbz x13, #0, 3f\n" LOAD_ONE STEP(
                      "sadalp", "v0", "v1", "v2",
                      "v3") "3:\n"
                            "lsr x13, x13, #1\n"
                            "cbz x13, 5f\n"
                            "4:\n"
                            "ldp q0, q4, [x9], #32\n"
                            "ldp q1, q5, [x10], #32\n"
                            "ldp q2, q6, [x11], #32\n"
                            "ldp q3, q7, [x12], #32\n"
                            "subs x13, x13, #1\n" STEP("sadalp", "v0", "v1", "v2", "v3") STEP(
                                "sadalp", "v4", "v5", "v6",
                                "v7") "b.ne 4b\n"
                                      "5:\n"
                                      "cbz %[half], 6f\n" LOAD_ONE HALF_STEP "6:\n"
                                      "cbz x16, 7f\n"
                                      "ldr x9, [%[end], x16, lsl #3]\n"
                                      "add x16, x16, #1\n"
                                      "mov x13, %[steps]\n"
                                      "add x9, x9, %[at]\n" OTHER_ROWS "b 2b\n"
                                      "7:\n"
                                      "ldr q24, [%[bias]], #16\n" REDUCE("v8", "v9", "v10", "v11")
                                          REDUCE("v12", "v13", "v14", "v15")
                                              REDUCE("v16", "v17", "v18", "v19")
                                                  REDUCE("v20", "v21", "v22",
                                                         "v23") "str q12, [%[sums], #64]\n"
                                                                "str q16, [%[sums], #128]\n"
                                                                "str q20, [%[sums], #192]\n"
                                                                "str q8, [%[sums]], #16\n"
                                                                "add %[w], %[w], #64\n"
                                                                "subs %[groups], %[groups], #1\n"
                                                                "b.ne 1b\n"
        : [w] "+r"(w), [bias] "+r"(bias), [sums] "+r"(sums), [groups] "+r"(groups)
        : [first] "r"(a[0] + offset), [end] "r"(a + p->g->runs), [more] "r"(1 - p->g->runs),
          [at] "r"(offset), [stride] "r"(p->a_stride), [steps] "r"(steps.whole),
          [half] "r"(steps.half), [next] "r"((size_t)(NR * KR))
        : "cc", "memory", "x9", "x10", "x11", "x12", "x13", "x14", "x16", "v0", "v1", "v2", "v3",
          "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16",
          "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29",
          "v30", "v31");
}

/* One row with 4 channels, whatever the weights. */
MNET_INLINE void multiply_1x4(int32x4_t acc[4], const MnetProductNeon *p, const int8_t *w,
                              size_t offset)
{
#pragma GCC unroll MNET_UNROLL_4
    for (size_t v = 0; v < 4; v++)
        acc[v] = vdupq_n_s32(0);
    for (size_t r = 0; r < p->g->runs; r++) {
        const int8_t *x = p->a[r] + offset;
        for (size_t k = 0; k < p->g->run; k += KR, w += NR * KR) {
            int8x16_t row = vld1q_s8(x + k);
#pragma GCC unroll MNET_UNROLL_4
            for (size_t v = 0; v < 4; v++) {
                int8x16_t weights = vld1q_s8(w + v * KR);
                acc[v] = vpadalq_s16(acc[v], vmull_s8(vget_low_s8(row), vget_low_s8(weights)));
                acc[v] = vpadalq_s16(acc[v], vmull_high_s8(row, weights));
            }
        }
    }
}

/* As multiply_4(): 1 row. */
static void multiply_1(int32x4_t sums[4], const MnetProductNeon *p, const int8_t *panel,
                       size_t offset, size_t groups)
{
    for (size_t v = 0; v < groups; v++) {
        int32x4_t acc[4];
        multiply_1x4(acc, p, panel + NR * sizeof(int32_t) + v * 4 * KR, offset);
        int32x4_t low = vpaddq_s32(acc[0], acc[1]), high = vpaddq_s32(acc[2], acc[3]);
        int32x4_t bias = vld1q_s32((const int32_t *)(const void *)panel + 4 * v);
        sums[v] = vaddq_s32(vpaddq_s32(low, high), bias);
    }
}

/* `rows` rows from i on, 1 or 4; channels from n on. */
MNET_INLINE void tile(const MnetProductNeon *p, size_t i, size_t n, size_t channels, size_t rows)
{
    size_t groups = channels > 12 ? 4 : (channels + 3) / 4;
    int32x4_t sums[MR][4], acc[MR][4];
    if (rows == 4)
        multiply_4(sums, p, mnet_panel_neon(p, n), i * p->a_stride, groups);
    else
        multiply_1(sums[0], p, mnet_panel_neon(p, n), i * p->a_stride, groups);
        /* Those whose address is known to nobody may be in registers. */
#pragma GCC unroll MNET_UNROLL_4
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll MNET_UNROLL_4
        for (size_t v = 0; v < 4; v++)
            acc[r][v] = sums[r][v];
    mnet_finish_tile_neon(p, acc, i, n, channels, rows, 4);
}

static int has_minus_128(const MnetProductNeon *p, size_t n)
{
    const Steps steps = steps_of(p->g);
    const int8_t *w = mnet_panel_neon(p, n) + NR * sizeof(int32_t);
    int8x16_t least = vdupq_n_s8(0);
    for (size_t i = 0; i < p->g->runs * (steps.whole + steps.half) * NR * KR; i += 64) {
        int8x16x4_t x = vld1q_s8_x4(w + i);
        least = vminq_s8(least, vminq_s8(x.val[0], x.val[1]));
        least = vminq_s8(least, vminq_s8(x.val[2], x.val[3]));
    }
    return vminvq_s8(least) == INT8_MIN;
}

/* The last tile of 4 rows overlaps those before it. */
static void panel_rows(const MnetProductNeon *p, size_t n, size_t channels)
{
    size_t first = p->first, end = p->end;
    int slow = end - first < MOST_SLOW || has_minus_128(p, n);
    for (size_t i = first; !slow && i < end; i += MR)
        tile(p, i + MR <= end ? i : end - MR, n, channels, MR);
    for (size_t i = first; slow && i < end; i++)
        tile(p, i, n, channels, 1);
}

void mnet_gemm_s8_neon(const MnetGemmS8 *g, size_t m, size_t n0, size_t n1, const int8_t *const *a,
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
