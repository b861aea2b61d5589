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

#include "kernels/inline.h"
#include "kernels/kernels.h"

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
    MNET_REQUANT_EXACTLY,  /* as the reference: some channel is scaled up, and may wrap; scale,
                            * tie are the bits of multiplier, shift */
    MNET_REQUANT_QUICKLY,  /* in float, one by one where float cannot tell */
    MNET_REQUANT_POSITIVE, /* as above; what is below 0 ends at min (RELU) */
    MNET_REQUANT_FITTED    /* by the fits of MnetRequant: scale, tie are factor, addend */
} MnetRequantWay;

/* See mnet_multiply_quantized(). */
MNET_INLINE __m512i mnet_requant_exactly(__m512i x, __m512i multiplier, __m512i shift)
{
    const __m512i zero = _mm512_setzero_si512(), half = _mm512_set1_epi64(1 << 30);
    __m512i right = _mm512_max_epi32(_mm512_sub_epi32(zero, shift), zero);
    x = _mm512_sllv_epi32(x, _mm512_max_epi32(shift, zero));
    __m512i even = _mm512_add_epi64(_mm512_mul_epi32(x, multiplier), half);
    __m512i odd = _mm512_add_epi64(
        _mm512_mul_epi32(_mm512_srli_epi64(x, 32), _mm512_srli_epi64(multiplier, 32)), half);
    __m512i high =
        _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
    __m512i mask =
        _mm512_sub_epi32(_mm512_sllv_epi32(_mm512_set1_epi32(1), right), _mm512_set1_epi32(1));
    __m512i middle = _mm512_add_epi32(_mm512_srli_epi32(mask, 1), _mm512_srli_epi32(high, 31));
    __mmask16 up = _mm512_cmpgt_epi32_mask(_mm512_and_si512(high, mask), middle);
    __m512i n = _mm512_srav_epi32(high, right);
    return _mm512_mask_add_epi32(n, up, n, _mm512_set1_epi32(1));
}

/* What mnet_requant_value() adds. */
MNET_INLINE __m512 mnet_requant_tie(MnetRequantWay way, const MnetRequant *r, __m512 tie)
{
    return way == MNET_REQUANT_POSITIVE ? _mm512_add_ps(tie, _mm512_set1_ps((float)r->zero_point))
                                        : tie;
}

/* Quickly: acc * scale + tie with the sign of acc.  Positive: acc * scale + (tie
 * + zero point); where acc is negative, that is no more than the zero point, as
 * tie <= scale.  Either is below 2^31, as |scale| < 0.99.
 *
 * The error, where the result is not at min or max, and so the sum of all but
 * the zero point in -256..255, is at most
 * - 2^-24 of acc * scale for the rounding of acc, and as much for that of scale,
 *   but no more than 1.5 * 2^-16 together (each is that bad only just above a
 *   power of two, and where both are, the product is at most 128),
 * - 2^-17 for its own rounding; positive: 2^-18, as it lies in -128..127, and
 *   2^-18 for that of tie + zero point:
 * 2^-15 in all. */
MNET_INLINE __m512 mnet_requant_value(MnetRequantWay way, __m512i acc, __m512 scale, __m512 tie)
{
    if (way == MNET_REQUANT_FITTED)
        return _mm512_fmadd_ps(_mm512_castsi512_ps(acc), scale, tie);
    const __m512i sign = _mm512_set1_epi32(INT32_MIN);
    /* tie ^ (acc & sign) */
    if (way != MNET_REQUANT_POSITIVE)
        tie = _mm512_castsi512_ps(
            _mm512_ternarylogic_epi32(_mm512_castps_si512(tie), acc, sign, 0x78));
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc), scale, tie);
}

/* The integer that a value stands for. */
MNET_INLINE __m512i mnet_requant_nearest(MnetRequantWay way, __m512 value)
{
    return way == MNET_REQUANT_FITTED
               ? _mm512_sub_epi32(_mm512_castps_si512(value), _mm512_set1_epi32(MNET_MAGIC))
               : _mm512_cvtps_epi32(value);
}

/* The distance from the nearest integer, with a sign. */
MNET_INLINE __m512 mnet_requant_rest(__m512 value)
{
    return _mm512_reduce_ps(value, 8);
}

/* The larger magnitude: of `worst` and of that distance. */
MNET_INLINE __m512 mnet_requant_worst(__m512 worst, __m512 value)
{
    return _mm512_range_ps(worst, mnet_requant_rest(value), 0xb);
}

/* Which distances are too near to the middle of two integers. */
MNET_INLINE __mmask16 mnet_requant_doubt(__m512 worst)
{
    return _mm512_cmp_ps_mask(worst, _mm512_set1_ps(0.5f - 0x1p-15f), _CMP_GE_OQ);
}

/* Rounded values of two registers, as int16 with the zero point. */
MNET_INLINE __m512i mnet_requant_halves(MnetRequantWay way, const MnetRequant *r, __m512i a,
                                        __m512i b)
{
    __m512i both = _mm512_packs_epi32(a, b);
    return way >= MNET_REQUANT_POSITIVE
               ? both
               : _mm512_adds_epi16(both, _mm512_set1_epi16((int16_t)r->zero_point));
}

/* Their bytes: 4 of each of the four registers in turn. */
MNET_INLINE __m512i mnet_requant_bytes(const MnetRequant *r, __m512i low, __m512i high)
{
    __m512i bytes = _mm512_packs_epi16(low, high);
    if (r->min > -128 || r->max < 127)
        bytes = _mm512_min_epi8(_mm512_max_epi8(bytes, _mm512_set1_epi8((int8_t)r->min)),
                                _mm512_set1_epi8((int8_t)r->max));
    return bytes;
}

/* Rows of 64 sums, in one of two orders:
 * - plain: sum j is channel c0 + j;
 * - quarters (what interleaving bytes in lanes of 16 makes): sum 16 * q + 4 * l
 *   + i is byte 16 * l + 4 * q + i of the result, whose 64 bytes are the channels
 *   of 1, 2 or 4 segments of the row, each 64 / segments bytes. */
typedef struct {
    const MnetRequant *requant;
    size_t c0, channels;      /* at most 64 / segments */
    const float *scale, *tie; /* in the order of the sums, 0 where there is no channel; by `way` */
    MnetRequantWay way;
    size_t segments;   /* 0: plain */
    size_t segment[4]; /* where they begin, from out */
} MnetRequantBlock;

/* Parts of 64 bytes: the first or, of quarters, one for each segment. */
MNET_INLINE void mnet_store_parts(const MnetRequantBlock *b, size_t segments, __mmask64 valid,
                                  __m512i bytes, int8_t *out)
{
    if (segments < 2) {
        _mm512_mask_storeu_epi8(out, valid, bytes);
    } else if (segments == 2) {
        _mm256_mask_storeu_epi8(out + b->segment[0], (__mmask32)valid,
                                _mm512_castsi512_si256(bytes));
        _mm256_mask_storeu_epi8(out + b->segment[1], (__mmask32)valid,
                                _mm512_extracti64x4_epi64(bytes, 1));
    } else {
        _mm_mask_storeu_epi8(out + b->segment[0], (__mmask16)valid, _mm512_castsi512_si128(bytes));
        _mm_mask_storeu_epi8(out + b->segment[1], (__mmask16)valid,
                             _mm512_extracti32x4_epi32(bytes, 1));
        _mm_mask_storeu_epi8(out + b->segment[2], (__mmask16)valid,
                             _mm512_extracti32x4_epi32(bytes, 2));
        _mm_mask_storeu_epi8(out + b->segment[3], (__mmask16)valid,
                             _mm512_extracti32x4_epi32(bytes, 3));
    }
}

/* The best way for n channels from c0 on.  FITTED: fit_offset is to be added to the
 * sums. */
MnetRequantWay mnet_requant_way_avx512vnni(const MnetRequant *requant, size_t c0, size_t n);

/* acc: rows of 64 sums, aligned to 64 bytes; out points at channel c0. */
void mnet_requantize_rows_avx512vnni(const MnetRequantBlock *block, size_t rows, const int32_t *acc,
                                     int8_t *out, size_t out_stride);

#endif
