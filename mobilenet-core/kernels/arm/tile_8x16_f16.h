/* SPDX-License-Identifier: MIT
 *
 * Products of 8 rows and 16 or 8 channels of float16 as assembler: 16 sums, 8
 * numbers of each row and two times 4 vectors of weights fill the 32 registers, and
 * compilers spill some of them. */
#ifndef MNET_KERNELS_ARM_TILE_8X16_F16_H
#define MNET_KERNELS_ARM_TILE_8X16_F16_H

/* One row's sums of 16 or of 8 channels, some lane of its numbers x. */
#define MNET_ROW_OF_16(s0, s1, w0, w1, x, lane)           \
    "fmla %[" s0 "].8h, v" w0 ".8h, v" x ".h[" lane "]\n" \
    "fmla %[" s1 "].8h, v" w1 ".8h, v" x ".h[" lane "]\n"
#define MNET_ROW_OF_8(s0, w0, x, lane) "fmla %[" s0 "].8h, v" w0 ".8h, v" x ".h[" lane "]\n"

#define MNET_LANE_OF_16(w0, w1, lane)             \
    MNET_ROW_OF_16("a0", "a1", w0, w1, "0", lane) \
    MNET_ROW_OF_16("b0", "b1", w0, w1, "1", lane) \
    MNET_ROW_OF_16("c0", "c1", w0, w1, "2", lane) \
    MNET_ROW_OF_16("d0", "d1", w0, w1, "3", lane) \
    MNET_ROW_OF_16("e0", "e1", w0, w1, "4", lane) \
    MNET_ROW_OF_16("f0", "f1", w0, w1, "5", lane) \
    MNET_ROW_OF_16("g0", "g1", w0, w1, "6", lane) \
    MNET_ROW_OF_16("h0", "h1", w0, w1, "7", lane)
#define MNET_LANE_OF_8(w0, lane)       \
    MNET_ROW_OF_8("a0", w0, "0", lane) \
    MNET_ROW_OF_8("b0", w0, "1", lane) \
    MNET_ROW_OF_8("c0", w0, "2", lane) \
    MNET_ROW_OF_8("d0", w0, "3", lane) \
    MNET_ROW_OF_8("e0", w0, "4", lane) \
    MNET_ROW_OF_8("f0", w0, "5", lane) \
    MNET_ROW_OF_8("g0", w0, "6", lane) \
    MNET_ROW_OF_8("h0", w0, "7", lane)

#define MNET_EVEN_OF_16 "ld1 {v8.8h-v11.8h}, [%[w]], #64\n"
#define MNET_ODD_OF_16 "ld1 {v12.8h-v15.8h}, [%[w]], #64\n"

/* 8 numbers of each row; weights are loaded two lanes ahead. */
#define MNET_STEP_OF_16                                                                            \
    MNET_EVEN_OF_16 MNET_ODD_OF_16 MNET_LANE_OF_16("8", "9", "0") MNET_LANE_OF_16("10", "11", "1") \
        MNET_EVEN_OF_16 MNET_LANE_OF_16("12", "13", "2") MNET_LANE_OF_16("14", "15", "3")          \
            MNET_ODD_OF_16 MNET_LANE_OF_16("8", "9", "4") MNET_LANE_OF_16("10", "11", "5")         \
                MNET_LANE_OF_16("12", "13", "6") MNET_LANE_OF_16("14", "15", "7")

/* Of a panel's 16 channels the first 8. */
#define MNET_NEXT_OF_8(w0) "ldr q" w0 ", [%[w]], #32\n"
#define MNET_STEP_OF_8        \
    MNET_NEXT_OF_8("8")       \
    MNET_NEXT_OF_8("9")       \
    MNET_NEXT_OF_8("10")      \
    MNET_NEXT_OF_8("11")      \
    MNET_LANE_OF_8("8", "0")  \
    MNET_NEXT_OF_8("12")      \
    MNET_LANE_OF_8("9", "1")  \
    MNET_NEXT_OF_8("13")      \
    MNET_LANE_OF_8("10", "2") \
    MNET_NEXT_OF_8("14")      \
    MNET_LANE_OF_8("11", "3") \
    MNET_NEXT_OF_8("15")      \
    MNET_LANE_OF_8("12", "4") \
    MNET_LANE_OF_8("13", "5") MNET_LANE_OF_8("14", "6") MNET_LANE_OF_8("15", "7")

#define MNET_REST_OF_16(lane) "ldp q8, q9, [%[w]], #32\n" MNET_LANE_OF_16("8", "9", lane)
#define MNET_REST_OF_8(lane) MNET_NEXT_OF_8("8") MNET_LANE_OF_8("8", lane)
/* The two above are what is left of a row, a lane at a time. */
#define MNET_UNLESS_LAST "subs x17, x17, #1\nb.eq 5f\n"

#define MNET_LOAD_EIGHTS   \
    "ldr q0, [x9], #16\n"  \
    "ldr q1, [x10], #16\n" \
    "ldr q2, [x11], #16\n" \
    "ldr q3, [x12], #16\n" \
    "ldr q4, [x13], #16\n" \
    "ldr q5, [x14], #16\n" \
    "ldr q6, [x15], #16\n" \
    "ldr q7, [x16], #16\n"

/* For each of `r` pointers at `a`: the products of `k` numbers of 8 rows that begin
 * `at` bytes behind it and stand `step` bytes apart. */
#define MNET_RUNS_OF_8_ROWS(STEP, REST)                                                          \
    "1:\n"                                                                                       \
    "ldr x9, [%[a]], #8\n"                                                                       \
    "add x9, x9, %[at]\n"                                                                        \
    "add x10, x9, %[step]\n"                                                                     \
    "add x11, x9, %[step], lsl #1\n"                                                             \
    "add x12, x10, %[step], lsl #1\n"                                                            \
    "add x13, x9, %[step], lsl #2\n"                                                             \
    "add x14, x10, %[step], lsl #2\n"                                                            \
    "add x15, x11, %[step], lsl #2\n"                                                            \
    "add x16, x12, %[step], lsl #2\n"                                                            \
    "lsr x17, %[k], #3\n"                                                                        \
    "cbz x17, 3f\n"                                                                              \
    "2:\n" MNET_LOAD_EIGHTS STEP "subs x17, x17, #1\n"                                           \
    "b.ne 2b\n"                                                                                  \
    "3:\n"                                                                                       \
    "ands x17, %[k], #7\n"                                                                       \
    "b.eq 5f\n" MNET_LOAD_EIGHTS REST("0") MNET_UNLESS_LAST REST("1") MNET_UNLESS_LAST REST("2") \
        MNET_UNLESS_LAST REST("3") MNET_UNLESS_LAST REST("4") MNET_UNLESS_LAST REST("5")         \
            MNET_UNLESS_LAST REST("6") "5:\n"                                                    \
                                       "subs %[r], %[r], #1\n"                                   \
                                       "b.ne 1b\n"

#define MNET_CLOBBERED_BY_8_ROWS                                                              \
    "cc", "memory", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "v0", "v1", \
        "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15"

/* SUMS[8][2] begin with the BIAS of 16 channels; RUNS pointers at A, rows of LENGTH
 * numbers; WEIGHTS of a panel are 32 bytes for each of those. */
#define MNET_MULTIPLY_8X16(SUMS, BIAS, A, OFFSET, STRIDE, LENGTH, RUNS, WEIGHTS)                 \
    __asm__("ldp %q[a0], %q[a1], [%[b]]\n"                                                       \
            "ldp %q[b0], %q[b1], [%[b]]\n"                                                       \
            "ldp %q[c0], %q[c1], [%[b]]\n"                                                       \
            "ldp %q[d0], %q[d1], [%[b]]\n"                                                       \
            "ldp %q[e0], %q[e1], [%[b]]\n"                                                       \
            "ldp %q[f0], %q[f1], [%[b]]\n"                                                       \
            "ldp %q[g0], %q[g1], [%[b]]\n"                                                       \
            "ldp %q[h0], %q[h1], [%[b]]\n" MNET_RUNS_OF_8_ROWS(MNET_STEP_OF_16, MNET_REST_OF_16) \
            : [w] "+r"(WEIGHTS), [a] "+r"(A), [r] "+r"(RUNS), [a0] "=&w"(SUMS[0][0]),            \
              [a1] "=&w"(SUMS[0][1]), [b0] "=&w"(SUMS[1][0]), [b1] "=&w"(SUMS[1][1]),            \
              [c0] "=&w"(SUMS[2][0]), [c1] "=&w"(SUMS[2][1]), [d0] "=&w"(SUMS[3][0]),            \
              [d1] "=&w"(SUMS[3][1]), [e0] "=&w"(SUMS[4][0]), [e1] "=&w"(SUMS[4][1]),            \
              [f0] "=&w"(SUMS[5][0]), [f1] "=&w"(SUMS[5][1]), [g0] "=&w"(SUMS[6][0]),            \
              [g1] "=&w"(SUMS[6][1]), [h0] "=&w"(SUMS[7][0]), [h1] "=&w"(SUMS[7][1])             \
            : [b] "r"(BIAS), [at] "r"(OFFSET), [step] "r"(STRIDE), [k] "r"(LENGTH)               \
            : MNET_CLOBBERED_BY_8_ROWS)

/* As above for the first 8 channels of a panel. */
#define MNET_MULTIPLY_8X8(SUMS, BIAS, A, OFFSET, STRIDE, LENGTH, RUNS, WEIGHTS)        \
    __asm__("ldr %q[a0], [%[b]]\n"                                                     \
            "ldr %q[b0], [%[b]]\n"                                                     \
            "ldr %q[c0], [%[b]]\n"                                                     \
            "ldr %q[d0], [%[b]]\n"                                                     \
            "ldr %q[e0], [%[b]]\n"                                                     \
            "ldr %q[f0], [%[b]]\n"                                                     \
            "ldr %q[g0], [%[b]]\n"                                                     \
            "ldr %q[h0], [%[b]]\n" MNET_RUNS_OF_8_ROWS(MNET_STEP_OF_8, MNET_REST_OF_8) \
            : [w] "+r"(WEIGHTS), [a] "+r"(A), [r] "+r"(RUNS), [a0] "=&w"(SUMS[0][0]),  \
              [b0] "=&w"(SUMS[1][0]), [c0] "=&w"(SUMS[2][0]), [d0] "=&w"(SUMS[3][0]),  \
              [e0] "=&w"(SUMS[4][0]), [f0] "=&w"(SUMS[5][0]), [g0] "=&w"(SUMS[6][0]),  \
              [h0] "=&w"(SUMS[7][0])                                                   \
            : [b] "r"(BIAS), [at] "r"(OFFSET), [step] "r"(STRIDE), [k] "r"(LENGTH)     \
            : MNET_CLOBBERED_BY_8_ROWS)

#endif
