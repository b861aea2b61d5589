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

/* Up to 64 channels beginning at c0, whose sums lie in one of two orders:
 * plain, or by quarters: sum 16 * q + 4 * l + i is channel 16 * l + 4 * q + i,
 * which is what interleaving 64 bytes in lanes of 16 makes of them. */
typedef struct {
    const MnetRequant *requant;
    size_t c0, channels;
    int quarters;
    int quick; /* none is scaled up, where the reference's left shift may wrap */
    /* In the order of the sums. */
    float scale[64] __attribute__((aligned(64)));
    float tie[64] __attribute__((aligned(64)));
} MnetRequantBlock;

/* requant's arrays are padded to 16 channels, to 64 for quarters. */
void mnet_requant_block_avx512vnni(const MnetRequant *requant, size_t c0, size_t channels,
                                   int quarters, MnetRequantBlock *block);

/* acc: rows of 64 sums, aligned to 64 bytes; out points at channel c0. */
void mnet_requantize_rows_avx512vnni(const MnetRequantBlock *block, size_t rows, const int32_t *acc,
                                     int8_t *out, size_t out_stride);

#endif
