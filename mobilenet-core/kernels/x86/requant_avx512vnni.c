/* SPDX-License-Identifier: MIT
 *
 * Sums to bytes: 16 at once in float, one by one where float cannot tell. */
#include "kernels/x86/requant_avx512vnni.h"

#include "kernels/requant.h"

MnetRequantWay mnet_requant_way_avx512vnni(const MnetRequant *requant, const float *scale, size_t n)
{
    __mmask16 large = 0, negative = 0;
    for (size_t i = 0; i < n; i += 16) {
        __m512 s = _mm512_loadu_ps(scale + i);
        large |= _mm512_cmp_ps_mask(_mm512_abs_ps(s), _mm512_set1_ps(0.99f), _CMP_GE_OQ);
        negative |= _mm512_cmp_ps_mask(s, _mm512_setzero_ps(), _CMP_LT_OQ);
    }
    return large                                            ? MNET_REQUANT_EXACTLY
           : negative || requant->min < requant->zero_point ? MNET_REQUANT_QUICKLY
                                                            : MNET_REQUANT_POSITIVE;
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
MNET_INLINE __m512 requant_value(MnetRequantWay way, __m512i acc, __m512 scale, __m512 tie)
{
    const __m512i sign = _mm512_set1_epi32(INT32_MIN);
    /* tie ^ (acc & sign) */
    if (way != MNET_REQUANT_POSITIVE)
        tie = _mm512_castsi512_ps(
            _mm512_ternarylogic_epi32(_mm512_castps_si512(tie), acc, sign, 0x78));
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc), scale, tie);
}

/* What requant_value() adds: 16 channels from j on. */
MNET_INLINE __m512 requant_tie(const MnetRequantBlock *b, MnetRequantWay way, size_t j)
{
    __m512 tie = _mm512_loadu_ps(b->tie + j);
    return way == MNET_REQUANT_POSITIVE
               ? _mm512_add_ps(tie, _mm512_set1_ps((float)b->requant->zero_point))
               : tie;
}

/* How far it is from the nearest integer, with a sign; which are too near to
 * the middle of two. */
MNET_INLINE __m512 requant_rest(__m512 value)
{
    return _mm512_reduce_ps(value, 8);
}

MNET_INLINE __mmask16 requant_doubt(__m512 rest)
{
    return _mm512_cmp_ps_mask(_mm512_abs_ps(rest), _mm512_set1_ps(0.5f - 0x1p-15f), _CMP_GE_OQ);
}

/* Sums that lie in a row. */
static size_t sums_of(const MnetRequantBlock *b)
{
    return b->segments ? 64 : (b->channels + 15) / 16 * 16;
}

static void requantize_one(const MnetRequantBlock *b, size_t sum, const int32_t *acc, int8_t *out)
{
    size_t width = b->segments ? 64 / b->segments : 64;
    size_t byte = b->segments ? sum / 4 % 4 * 16 + sum / 16 * 4 + sum % 4 : sum;
    if (byte % width < b->channels)
        mnet_requantize(b->requant, b->c0 + byte % width, 1, acc + sum,
                        out + b->segment[byte / width] + byte % width);
}

/* The sums that are in doubt, or all. */
static __attribute__((noinline)) void requantize_exactly(const MnetRequantBlock *b, size_t rows,
                                                         const int32_t *acc, int8_t *out,
                                                         size_t out_stride)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < sums_of(b); j += 16) {
            __m512 value = requant_value(b->way, _mm512_load_si512(acc + 64 * i + j),
                                         _mm512_loadu_ps(b->scale + j), requant_tie(b, b->way, j));
            uint32_t todo =
                b->way != MNET_REQUANT_EXACTLY ? requant_doubt(requant_rest(value)) : 0xffff;
            for (; todo; todo &= todo - 1)
                requantize_one(b, j + (size_t)__builtin_ctz(todo), acc + 64 * i,
                               out + i * out_stride);
        }
}

/* Parts of 64 bytes: the first or, of quarters, one for each segment. */
MNET_INLINE void store_parts(const MnetRequantBlock *b, size_t segments, __mmask64 valid,
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

/* Whether any sum is in doubt.  All but b to out_stride are constants to the
 * compiler: vectors of 16 sums; segments, 0 in plain order; whether all 64 bytes
 * are stored at out. */
MNET_INLINE int requantize_rows(const MnetRequantBlock *b, size_t rows, const int32_t *acc,
                                int8_t *out, size_t out_stride, MnetRequantWay way, size_t vectors,
                                size_t segments, int whole)
{
    /* Plain order: dword 4 * l + j after packing is channels 16 * j + 4 * l... */
    const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    const __m512i zero = _mm512_set1_epi16((int16_t)b->requant->zero_point);
    const __m512i min = _mm512_set1_epi8((int8_t)b->requant->min);
    const __m512i max = _mm512_set1_epi8((int8_t)b->requant->max);
    const __mmask64 valid = mnet_mask64(b->channels);
    const int clamped = b->requant->min > -128 || b->requant->max < 127;
    __m512 scale[4], tie[4], worst[4];
    for (size_t j = 0; j < vectors; j++) {
        scale[j] = _mm512_loadu_ps(b->scale + 16 * j);
        tie[j] = requant_tie(b, way, 16 * j);
        worst[j] = _mm512_setzero_ps();
    }
    for (size_t i = 0; i < rows; i++, acc += 64, out += out_stride) {
        __m512i n[4];
        for (size_t j = 0; j < vectors; j++) {
            __m512 value = requant_value(way, _mm512_load_si512(acc + 16 * j), scale[j], tie[j]);
            worst[j] = _mm512_range_ps(worst[j], requant_rest(value), 0xb);
            n[j] = _mm512_cvtps_epi32(value);
        }
        __m512i low = _mm512_packs_epi32(n[0], n[vectors > 1]);
        __m512i high = vectors > 2 ? _mm512_packs_epi32(n[2], n[vectors > 3 ? 3 : 2]) : low;
        if (way != MNET_REQUANT_POSITIVE) {
            low = _mm512_adds_epi16(low, zero);
            high = vectors > 2 ? _mm512_adds_epi16(high, zero) : low;
        }
        __m512i bytes = _mm512_packs_epi16(low, high);
        if (clamped)
            bytes = _mm512_min_epi8(_mm512_max_epi8(bytes, min), max);
        if (!segments)
            bytes = _mm512_permutexvar_epi32(order, bytes);
        if (whole)
            _mm512_storeu_si512(out, bytes);
        else
            store_parts(b, segments, valid, bytes, out);
    }
    for (size_t j = 1; j < vectors; j++)
        worst[0] = _mm512_max_ps(worst[0], worst[j]);
    return requant_doubt(worst[0]) != 0;
}

/* `way` is a constant to the compiler. */
MNET_INLINE int requantize_plain(const MnetRequantBlock *b, size_t rows, const int32_t *acc,
                                 int8_t *out, size_t out_stride, MnetRequantWay way)
{
    if (b->channels == 64)
        return requantize_rows(b, rows, acc, out, out_stride, way, 4, 0, 1);
    if (b->channels > 48)
        return requantize_rows(b, rows, acc, out, out_stride, way, 4, 0, 0);
    if (b->channels > 32)
        return requantize_rows(b, rows, acc, out, out_stride, way, 3, 0, 0);
    if (b->channels > 16)
        return requantize_rows(b, rows, acc, out, out_stride, way, 2, 0, 0);
    return requantize_rows(b, rows, acc, out, out_stride, way, 1, 0, 0);
}

MNET_INLINE int requantize_quarters(const MnetRequantBlock *b, size_t rows, const int32_t *acc,
                                    int8_t *out, size_t out_stride, MnetRequantWay way)
{
    if (b->channels == 64)
        return requantize_rows(b, rows, acc, out, out_stride, way, 4, 1, 1);
    if (b->segments == 1)
        return requantize_rows(b, rows, acc, out, out_stride, way, 4, 1, 0);
    if (b->segments == 2)
        return requantize_rows(b, rows, acc, out, out_stride, way, 4, 2, 0);
    return requantize_rows(b, rows, acc, out, out_stride, way, 4, 4, 0);
}

void mnet_requantize_rows_avx512vnni(const MnetRequantBlock *b, size_t rows, const int32_t *acc,
                                     int8_t *out, size_t out_stride)
{
    int doubt = 1;
    if (b->way == MNET_REQUANT_POSITIVE)
        doubt = b->segments
                    ? requantize_quarters(b, rows, acc, out, out_stride, MNET_REQUANT_POSITIVE)
                    : requantize_plain(b, rows, acc, out, out_stride, MNET_REQUANT_POSITIVE);
    else if (b->way == MNET_REQUANT_QUICKLY)
        doubt = b->segments
                    ? requantize_quarters(b, rows, acc, out, out_stride, MNET_REQUANT_QUICKLY)
                    : requantize_plain(b, rows, acc, out, out_stride, MNET_REQUANT_QUICKLY);
    if (doubt)
        requantize_exactly(b, rows, acc, out, out_stride);
}
