/* SPDX-License-Identifier: MIT
 *
 * Depthwise convolution with vpdpbusd: what its files share. */
#ifndef MNET_KERNELS_X86_DEPTHWISE_S8_AVX512VNNI_H
#define MNET_KERNELS_X86_DEPTHWISE_S8_AVX512VNNI_H

#include "kernels/x86/requant_avx512vnni.h"

/* Channels of a block, int8 arrays that w - wz may be the sum of, outputs and
 * taps of a row at once, and the columns of input for all that. */
enum {
    MNET_DW_CHANNELS = 64,
    MNET_DW_PARTS = 3,
    MNET_DW_OUTPUTS = 16,
    MNET_DW_TAPS = 8,
    MNET_DW_COLUMNS = 2 * MNET_DW_OUTPUTS + MNET_DW_TAPS
};

/* Packed: the blocks, each followed by weights [quarter][part][kernel_h / 4]
 * [kernel_w][64].  Most layers need one part, the odd channel of the uint8 ones
 * two.  A block of fewer than 64 channels stands for 2 or 4 segments of the row. */
typedef struct {
    size_t c0, channels, segments;
    MnetRequantWay way;
    uint8_t parts[4]; /* of each quarter */
    int32_t bias[MNET_DW_CHANNELS] __attribute__((aligned(64)));
    float scale[MNET_DW_CHANNELS], tie[MNET_DW_CHANNELS];
} MnetDepthwiseBlock;

MNET_INLINE size_t mnet_depthwise_groups(const MnetDepthwiseS8 *d)
{
    return (d->kernel_h + 3) / 4;
}

MNET_INLINE int8_t *mnet_depthwise_weights(const MnetDepthwiseS8 *d, const MnetDepthwiseBlock *b,
                                           size_t quarter, size_t part)
{
    int8_t *first = (int8_t *)(uintptr_t)(b + 1);
    return first + (quarter * MNET_DW_PARTS + part) * mnet_depthwise_groups(d) * d->kernel_w *
                       MNET_DW_CHANNELS;
}

/* Interleaved input of one group of rows: [quarter][column]. */
typedef __m512i MnetDepthwiseColumns[4][MNET_DW_COLUMNS];

/* Up to four rows of input, from the first column on; column i is `pitch` bytes
 * behind column i - 1, segment j of it at segment[j]. */
typedef struct {
    const int8_t *rows[4];
    size_t n_rows, pitch;
    size_t segment[4];
} MnetDepthwiseInput;

/* 64 unsigned bytes: those of segments at in + segment[i]. */
MNET_INLINE __m512i mnet_depthwise_load(const int8_t *in, size_t segments, const size_t *segment)
{
    __m512i x;
    if (segments == 1) {
        x = _mm512_loadu_si512(in);
    } else if (segments == 2) {
        x = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(const void *)in));
        x = _mm512_inserti64x4(
            x, _mm256_loadu_si256((const __m256i *)(const void *)(in + segment[1])), 1);
    } else {
        x = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(const void *)in));
        for (int i = 1; i < 4; i++)
            x = _mm512_mask_broadcast_i32x4(
                x, (__mmask16)(0xf << 4 * i),
                _mm_loadu_si128((const __m128i *)(const void *)(in + segment[i])));
    }
    return _mm512_xor_si512(x, _mm512_set1_epi8(-128));
}

/* One column of input: 16 channels x 4 rows for each quarter.  n_rows and segments
 * are constants to the compiler; rows that are not there meet weights of 0. */
MNET_INLINE void mnet_depthwise_interleave(const MnetDepthwiseInput *in, size_t column,
                                           size_t n_rows, size_t segments, __m512i to[4])
{
    size_t at = column * in->pitch;
    __m512i r0 = mnet_depthwise_load(in->rows[0] + at, segments, in->segment), r1 = r0, r2, r3;
    if (n_rows > 1)
        r1 = mnet_depthwise_load(in->rows[1] + at, segments, in->segment);
    __m512i low = _mm512_unpacklo_epi8(r0, r1), high = _mm512_unpackhi_epi8(r0, r1);
    __m512i low2 = low, high2 = high;
    if (n_rows > 2) {
        r2 = r3 = mnet_depthwise_load(in->rows[2] + at, segments, in->segment);
        if (n_rows > 3)
            r3 = mnet_depthwise_load(in->rows[3] + at, segments, in->segment);
        low2 = _mm512_unpacklo_epi8(r2, r3);
        high2 = _mm512_unpackhi_epi8(r2, r3);
    }
    to[0] = _mm512_unpacklo_epi16(low, low2);
    to[1] = _mm512_unpackhi_epi16(low, low2);
    to[2] = _mm512_unpacklo_epi16(high, high2);
    to[3] = _mm512_unpackhi_epi16(high, high2);
}

/* Whether the next function takes a block. */
int mnet_depthwise_is_quick_avx512vnni(const MnetDepthwiseS8 *d, const MnetDepthwiseBlock *b);

/* Outputs at `out`, segments as `requant` says. */
void mnet_depthwise_quickly_avx512vnni(const MnetDepthwiseS8 *d, const MnetDepthwiseBlock *b,
                                       const MnetRequantBlock *requant,
                                       const MnetDepthwiseInput *in, size_t outputs, int8_t *out);

#endif
