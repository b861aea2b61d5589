/* SPDX-License-Identifier: MIT
 *
 * What depthwise layers of bytes have in common where they slide over a row, 16
 * channels of a 3x3 kernel with RELU, as assembler. */
#ifndef MNET_KERNELS_ARM_SLIDE_NEON_H
#define MNET_KERNELS_ARM_SLIDE_NEON_H

#include "kernels/arm/requant_neon.h"

typedef struct {
    const int8_t *rows[3], *weights;
    size_t at, column; /* element of the next column in rows, elements to the one after it */
    const int32_t *bias, *multiplier, *shift;
    const MnetRequantNeon *requant;
    int8_t *out;
    size_t out_pixel;
} MnetSlide;

/* The 16 channels from c on; `at`, `column`, `out` and `out_pixel` are the caller's. */
MNET_INLINE MnetSlide mnet_slide(const MnetDepthwiseS8 *d, const MnetRequantNeon *requant, size_t c,
                                 const int8_t *const *rows, const int8_t *weights)
{
    return (MnetSlide){ .rows = { rows[0], rows[1], rows[2] },
                        .weights = weights,
                        .bias = d->bias + c,
                        .multiplier = requant->multiplier + c,
                        .shift = requant->shift + c,
                        .requant = requant };
}

_Static_assert(offsetof(MnetRequantNeon, unsigned_max) ==
                   offsetof(MnetRequantNeon, unsigned_zero) + sizeof(uint8x16_t),
               "loaded as a pair");

/* TEXT for the slide S, until WIDTH is 0; all vectors are its own. */
#define MNET_SLIDE(TEXT, S, WIDTH)                                                               \
    __asm__ volatile(                                                                            \
        TEXT                                                                                     \
        : [at] "+r"(S.at), [out] "+r"(S.out), [width] "+r"(WIDTH), [w] "+r"(S.weights)           \
        : [r0] "r"(S.rows[0]), [r1] "r"(S.rows[1]), [r2] "r"(S.rows[2]), [column] "r"(S.column), \
          [bias] "r"(S.bias), [multiplier] "r"(S.multiplier), [shift] "r"(S.shift),              \
          [clamp] "r"(&S.requant->unsigned_zero), [out_pixel] "r"(S.out_pixel)                   \
        : "cc", "memory", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10",     \
          "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22",    \
          "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31")

/* Rows of the next column to three registers. */
#define MNET_SLIDE_COLUMN(r0, r1, r2) \
    "ldr q" r0 ", [%[r0], %[at]]\n"   \
    "ldr q" r1 ", [%[r1], %[at]]\n"   \
    "ldr q" r2 ", [%[r2], %[at]]\n"   \
    "add %[at], %[at], %[column]\n"

/* The sums of a window begin with the bias. */
#define MNET_SLIDE_BEGIN(s0, s1, s2, s3) \
    "ldp q" s0 ", q" s1 ", [%[bias]]\n"  \
    "ldp q" s2 ", q" s3 ", [%[bias], #32]\n"

/* The sums of a pixel to its bytes, see requant_neon.h; t0 to t7 are of no use then.
 * The flags tell whether it was the last one. */
#define MNET_SLIDE_STORE(s0, s1, s2, s3, t0, t1, t2, t3, t4, t5, t6, t7) \
    "ldp q" t0 ", q" t1 ", [%[multiplier]]\n"                            \
    "ldp q" t2 ", q" t3 ", [%[multiplier], #32]\n"                       \
    "ldp q" t4 ", q" t5 ", [%[shift]]\n"                                 \
    "ldp q" t6 ", q" t7 ", [%[shift], #32]\n"                            \
    "sqrdmulh v" s0 ".4s, v" s0 ".4s, v" t0 ".4s\n"                      \
    "sqrdmulh v" s1 ".4s, v" s1 ".4s, v" t1 ".4s\n"                      \
    "sqrdmulh v" s2 ".4s, v" s2 ".4s, v" t2 ".4s\n"                      \
    "sqrdmulh v" s3 ".4s, v" s3 ".4s, v" t3 ".4s\n"                      \
    "ldp q" t0 ", q" t1 ", [%[clamp]]\n"                                 \
    "srshl v" s0 ".4s, v" s0 ".4s, v" t4 ".4s\n"                         \
    "srshl v" s1 ".4s, v" s1 ".4s, v" t5 ".4s\n"                         \
    "srshl v" s2 ".4s, v" s2 ".4s, v" t6 ".4s\n"                         \
    "srshl v" s3 ".4s, v" s3 ".4s, v" t7 ".4s\n"                         \
    "sqxtn v" s0 ".4h, v" s0 ".4s\n"                                     \
    "sqxtn v" s2 ".4h, v" s2 ".4s\n"                                     \
    "sqxtn2 v" s0 ".8h, v" s1 ".4s\n"                                    \
    "sqxtn2 v" s2 ".8h, v" s3 ".4s\n"                                    \
    "sqxtun v" s0 ".8b, v" s0 ".8h\n"                                    \
    "sqxtun2 v" s0 ".16b, v" s2 ".8h\n"                                  \
    "umin v" s0 ".16b, v" s0 ".16b, v" t1 ".16b\n"                       \
    "add v" s0 ".16b, v" s0 ".16b, v" t0 ".16b\n"                        \
    "st1 {v" s0 ".16b}, [%[out]], %[out_pixel]\n"                        \
    "subs %[width], %[width], #1\n"

#endif
