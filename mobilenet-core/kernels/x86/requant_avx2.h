/* SPDX-License-Identifier: MIT
 *
 * A tile of sums to bytes: in float, 8 lanes at once, and exactly where float
 * cannot tell and no fit was found.  See kernels.h. */
#ifndef MNET_KERNELS_X86_REQUANT_AVX2_H
#define MNET_KERNELS_X86_REQUANT_AVX2_H

#include "kernels/x86/lanes_avx2.h"

enum { MNET_ROWS_AVX2 = 6, MNET_TILE_AVX2 = 16 }; /* rows and channels of a tile */

/* The sums of one row of a tile; those that are not asked for may be anything. */
typedef struct {
    int32_t sums[MNET_TILE_AVX2] __attribute__((aligned(32)));
} MnetSumsAvx2;

/* What is the same for all tiles of a call. */
typedef struct {
    const MnetRequant *requant;
    int quick;  /* none is scaled up, where the reference's left shift may wrap */
    int fitted; /* all by the fits of MnetRequant */
} MnetRequantAvx2;

/* For `channels` channels from c0 on. */
MnetRequantAvx2 mnet_requant_avx2(const MnetRequant *requant, size_t c0, size_t channels);

/* The first `channels` (more than 16 are 16) of some rows; the tile begins with
 * channel c0, and out points at it. */
void mnet_requant_tile_avx2(const MnetRequantAvx2 *q, size_t c0, size_t channels, size_t rows,
                            const MnetSumsAvx2 *tile, int8_t *out, size_t stride);

MNET_INLINE void mnet_store_sums_avx2(MnetSumsAvx2 *row, size_t vector, __m256i sums)
{
    _mm256_store_si256((__m256i *)(void *)(row->sums + 8 * vector), sums);
}

#endif
