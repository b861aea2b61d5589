/* SPDX-License-Identifier: MIT
 *
 * What the files of this set share: masks, and sums to bytes. */
#ifndef MNET_KERNELS_X86_REQUANT_AVX512VNNI_H
#define MNET_KERNELS_X86_REQUANT_AVX512VNNI_H

#if !defined(__AVX512F__) || !defined(__AVX512BW__) || !defined(__AVX512VL__) || \
    !defined(__AVX512DQ__) || !defined(__AVX512VNNI__) || !defined(__FMA__)
#error "this file needs -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vnni -mfma"
#endif

#include <immintrin.h>

#include "kernels/kernels.h"

#define MNET_INLINE static inline __attribute__((always_inline))

/* The first n of 64 bytes, of 16 dwords. */
MNET_INLINE __mmask64 mnet_mask64(size_t n)
{
    return n >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << n) - 1;
}

MNET_INLINE __mmask16 mnet_mask16(size_t n)
{
    return n >= 16 ? 0xffff : (__mmask16)((1u << n) - 1);
}

/* How sums become bytes. */
typedef enum {
    MNET_REQUANT_EXACTLY, /* one by one: some channel is scaled up, and wraps as the reference */
    MNET_REQUANT_QUICKLY, /* in float, one by one where float cannot tell */
    MNET_REQUANT_POSITIVE /* as above; what is below 0 ends at min (RELU) */
} MnetRequantWay;

/* Rows of 64 sums, in one of two orders:
 * - plain: sum j is channel c0 + j;
 * - quarters (what interleaving bytes in lanes of 16 makes): sum 16 * q + 4 * l
 *   + i is byte 16 * l + 4 * q + i of the result, whose 64 bytes are the channels
 *   of 1, 2 or 4 segments of the row, each 64 / segments bytes. */
typedef struct {
    const MnetRequant *requant;
    size_t c0, channels;      /* at most 64 / segments */
    const float *scale, *tie; /* in the order of the sums; 0 where there is no channel */
    MnetRequantWay way;
    size_t segments;   /* 0: plain */
    size_t segment[4]; /* where they begin, from out */
} MnetRequantBlock;

/* The best way for n channels, a multiple of 16, of these scales. */
MnetRequantWay mnet_requant_way_avx512vnni(const MnetRequant *requant, const float *scale,
                                           size_t n);

/* acc: rows of 64 sums, aligned to 64 bytes; out points at channel c0. */
void mnet_requantize_rows_avx512vnni(const MnetRequantBlock *block, size_t rows, const int32_t *acc,
                                     int8_t *out, size_t out_stride);

#endif
