/* SPDX-License-Identifier: MIT
 *
 * The product of 4 rows and 16 channels as assembler: 16 sums, two times 4 vectors
 * of weights and 32 bytes of each row fill the 32 registers, and compilers spill
 * some of them. */
#ifndef MNET_KERNELS_ARM_TILE_4X16_H
#define MNET_KERNELS_ARM_TILE_4X16_H

#define MNET_MULTIPLY_ROW(OP, W, X, sum, w0, w1, w2, w3, x, lane)                            \
    OP " %[" sum "0].4s, " w0 W ", " x X "[" lane "]\n" OP " %[" sum "1].4s, " w1 W ", " x X \
       "[" lane "]\n" OP " %[" sum "2].4s, " w2 W ", " x X "[" lane "]\n" OP " %[" sum       \
       "3].4s, " w3 W ", " x X "[" lane "]\n"

#define MNET_MULTIPLY_ROWS(OP, W, X, w0, w1, w2, w3, x0, x1, x2, x3, lane) \
    MNET_MULTIPLY_ROW(OP, W, X, "a", w0, w1, w2, w3, x0, lane)             \
    MNET_MULTIPLY_ROW(OP, W, X, "b", w0, w1, w2, w3, x1, lane)             \
    MNET_MULTIPLY_ROW(OP, W, X, "c", w0, w1, w2, w3, x2, lane)             \
    MNET_MULTIPLY_ROW(OP, W, X, "d", w0, w1, w2, w3, x3, lane)

#define MNET_LOAD_EVEN "ld1 {v24.16b-v27.16b}, [%[w]], #64\n"
#define MNET_LOAD_ODD "ld1 {v28.16b-v31.16b}, [%[w]], #64\n"

/* A step: 16 bytes of each row, whose four lanes meet 64 bytes of weights each.
 * Weights are loaded one lane ahead. */
#define MNET_MULTIPLY_STEP(OP, W, X, x0, x1, x2, x3, next)                        \
    MNET_LOAD_ODD                                                                 \
    MNET_MULTIPLY_ROWS(OP, W, X, "v24", "v25", "v26", "v27", x0, x1, x2, x3, "0") \
    MNET_LOAD_EVEN                                                                \
    MNET_MULTIPLY_ROWS(OP, W, X, "v28", "v29", "v30", "v31", x0, x1, x2, x3, "1") \
    MNET_LOAD_ODD                                                                 \
    MNET_MULTIPLY_ROWS(OP, W, X, "v24", "v25", "v26", "v27", x0, x1, x2, x3, "2") \
    next MNET_MULTIPLY_ROWS(OP, W, X, "v28", "v29", "v30", "v31", x0, x1, x2, x3, "3")

#define MNET_MULTIPLY_LANE(OP, W, X, lane)                                                    \
    MNET_LOAD_EVEN MNET_MULTIPLY_ROWS(OP, W, X, "v24", "v25", "v26", "v27", "v0", "v1", "v2", \
                                      "v3", lane)

#define MNET_LOAD_SUMS(s0, s1, s2, s3)     \
    "ldp %q[" s0 "], %q[" s1 "], [%[b]]\n" \
    "ldp %q[" s2 "], %q[" s3 "], [%[b], #32]\n"

#define MNET_LOAD_STEP     \
    "ldr q0, [x9], #16\n"  \
    "ldr q1, [x10], #16\n" \
    "ldr q2, [x11], #16\n" \
    "ldr q3, [x12], #16\n"

/* OP is an instruction sum.4s += weights.W * row.X[lane].  The 16 sums SUMS[4][4]
 * are BIAS and, for each of RUNS pointers at A, the products of BYTES bytes of the
 * rows OFFSET, OFFSET + STRIDE... behind it; WEIGHTS has 64 bytes for every 4 of a
 * row, or what is left of them. */
#define MNET_MULTIPLY_4X16(OP, W, X, SUMS, BIAS, A, OFFSET, STRIDE, BYTES, RUNS, WEIGHTS)         \
    __asm__(                                                                                      \
        MNET_LOAD_SUMS("a0", "a1", "a2", "a3") MNET_LOAD_SUMS("b0", "b1", "b2", "b3")             \
            MNET_LOAD_SUMS("c0", "c1", "c2", "c3") MNET_LOAD_SUMS(                                \
                "d0", "d1", "d2",                                                                 \
                "d3") "1:\n"                                                                      \
                      "ldr x9, [%[a]], #8\n"                                                      \
                      "lsr x13, %[k], #5\n"                                                       \
                      "add x9, x9, %[at]\n"                                                       \
                      "add x10, x9, %[step]\n"                                                    \
                      "add x11, x9, %[step], lsl #1\n"                                            \
                      "add x12, x10, %[step], lsl #1\n"                                           \
                      "cbz x13, 3f\n"                                                             \
                      "2:\n" MNET_LOAD_EVEN "ldp q0, q4, [x9], #32\n"                             \
                      "ldp q1, q5, [x10], #32\n"                                                  \
                      "ldp q2, q6, [x11], #32\n"                                                  \
                      "ldp q3, q7, [x12], #32\n"                                                  \
                      "subs x13, x13, #1\n" MNET_MULTIPLY_STEP(OP, W, X, "v0", "v1", "v2", "v3",  \
                                                               MNET_LOAD_EVEN)                    \
                          MNET_MULTIPLY_STEP(                                                     \
                              OP, W, X, "v4", "v5", "v6", "v7",                                   \
                              "") "b.ne 2b\n"                                                     \
                                  "3:\n"                                                          \
                                  "tbz %[k], #4, 4f\n" MNET_LOAD_EVEN MNET_LOAD_STEP              \
                                      MNET_MULTIPLY_STEP(                                         \
                                          OP, W, X, "v0", "v1", "v2", "v3",                       \
                                          "") "4:\n"                                              \
                                              "ands x13, %[k], #15\n"                             \
                                              "b.eq 5f\n" MNET_LOAD_STEP MNET_MULTIPLY_LANE(      \
                                                  OP, W, X,                                       \
                                                  "0") "cmp x13, #4\n"                            \
                                                       "b.ls 5f\n" MNET_MULTIPLY_LANE(            \
                                                           OP, W, X,                              \
                                                           "1") "cmp x13, #8\n"                   \
                                                                "b.ls 5f\n" MNET_MULTIPLY_LANE(   \
                                                                    OP, W, X,                     \
                                                                    "2") "cmp x13, #12\n"         \
                                                                         "b.ls "                  \
                                                                         "5f"                     \
                                                                         "\n" MNET_MULTIPLY_LANE( \
                                                                             OP, W, X,            \
                                                                             "3") "5:\n"          \
                                                                                  "subs %[r], "   \
                                                                                  "%[r], #1\n"    \
                                                                                  "b.ne 1b\n"     \
        : [w] "+r"(WEIGHTS), [a] "+r"(A), [r] "+r"(RUNS), [a0] "=&w"(SUMS[0][0]),                 \
          [a1] "=&w"(SUMS[0][1]), [a2] "=&w"(SUMS[0][2]), [a3] "=&w"(SUMS[0][3]),                 \
          [b0] "=&w"(SUMS[1][0]), [b1] "=&w"(SUMS[1][1]), [b2] "=&w"(SUMS[1][2]),                 \
          [b3] "=&w"(SUMS[1][3]), [c0] "=&w"(SUMS[2][0]), [c1] "=&w"(SUMS[2][1]),                 \
          [c2] "=&w"(SUMS[2][2]), [c3] "=&w"(SUMS[2][3]), [d0] "=&w"(SUMS[3][0]),                 \
          [d1] "=&w"(SUMS[3][1]), [d2] "=&w"(SUMS[3][2]), [d3] "=&w"(SUMS[3][3])                  \
        : [b] "r"(BIAS), [at] "r"(OFFSET), [step] "r"(STRIDE), [k] "r"(BYTES)                     \
        : "cc", "memory", "x9", "x10", "x11", "x12", "x13", "v0", "v1", "v2", "v3", "v4", "v5",   \
          "v6", "v7", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31")

#endif
