/* SPDX-License-Identifier: MIT
 *
 * Sums to bytes: 16 at once; in float one by one where that cannot tell. */
#include "kernels/x86/requant_avx512vnni.h"

#include "kernels/requant.h"

MnetRequantWay mnet_requant_way_avx512vnni(const MnetRequant *r, size_t c0, size_t n)
{
    __mmask16 large = 0, negative = 0, unfit = r->fit_addend ? 0 : 1;
    for (size_t c = c0; c < c0 + n; c += 16) {
        const __mmask16 valid = mnet_mask16(c0 + n - c);
        __m512 s = _mm512_maskz_loadu_ps(valid, r->scale + c);
        large |= _mm512_cmp_ps_mask(_mm512_abs_ps(s), _mm512_set1_ps(0.99f), _CMP_GE_OQ);
        negative |= _mm512_cmp_ps_mask(s, _mm512_setzero_ps(), _CMP_LT_OQ);
        if (!unfit)
            unfit = _mm512_mask_cmp_ps_mask(valid, _mm512_maskz_loadu_ps(valid, r->fit_addend + c),
                                            _mm512_setzero_ps(), _CMP_EQ_OQ);
    }
    return !unfit                               ? MNET_REQUANT_FITTED
           : large                              ? MNET_REQUANT_EXACTLY
           : negative || r->min < r->zero_point ? MNET_REQUANT_QUICKLY
                                                : MNET_REQUANT_POSITIVE;
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

/* Those sums of a row that are in doubt. */
static __attribute__((noinline)) void settle(const MnetRequantBlock *b, const int32_t *acc,
                                             int8_t *out)
{
    for (size_t j = 0; j < sums_of(b); j += 16) {
        __m512 tie = mnet_requant_tie(b->way, b->requant, _mm512_loadu_ps(b->tie + j));
        __m512 value = mnet_requant_value(b->way, _mm512_load_si512(acc + j),
                                          _mm512_loadu_ps(b->scale + j), tie);
        uint32_t todo = mnet_requant_doubt(_mm512_abs_ps(mnet_requant_rest(value)));
        for (; todo; todo &= todo - 1)
            requantize_one(b, j + (size_t)__builtin_ctz(todo), acc, out);
    }
}

/* Whether results in float may be in doubt. */
MNET_INLINE int has_doubts(MnetRequantWay way)
{
    return way == MNET_REQUANT_QUICKLY || way == MNET_REQUANT_POSITIVE;
}

/* 16 results; *worst grows to the largest distance from them. */
MNET_INLINE __m512i results(MnetRequantWay way, const int32_t *acc, __m512 scale, __m512 tie,
                            __m512 *worst)
{
    __m512i sums = _mm512_load_si512(acc);
    if (way == MNET_REQUANT_EXACTLY)
        return mnet_requant_exactly(sums, _mm512_castps_si512(scale), _mm512_castps_si512(tie));
    __m512 value = mnet_requant_value(way, sums, scale, tie);
    if (has_doubts(way))
        *worst = mnet_requant_worst(*worst, value);
    return mnet_requant_nearest(way, value);
}

/* All but b to out_stride are constants to the compiler: vectors of 16 sums; segments, 0 in plain
 * order; whether all 64 bytes are stored at out. */
MNET_INLINE void requantize_rows(const MnetRequantBlock *b, size_t rows, const int32_t *acc,
                                 int8_t *out, size_t out_stride, MnetRequantWay way, size_t vectors,
                                 size_t segments, int whole)
{
    /* Plain order: dword 4 * l + j after packing is channels 16 * j + 4 * l... */
    const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    const __mmask64 valid = mnet_mask64(b->channels);
    const MnetRequant *r = b->requant;
    __m512 scale[4], tie[4];
    for (size_t j = 0; j < vectors; j++) {
        scale[j] = _mm512_loadu_ps(b->scale + 16 * j);
        tie[j] = mnet_requant_tie(way, r, _mm512_loadu_ps(b->tie + 16 * j));
    }
    for (size_t i = 0; i < rows; i++, acc += 64, out += out_stride) {
        __m512i n[4];
        __m512 worst = _mm512_setzero_ps();
        for (size_t j = 0; j < vectors; j++)
            n[j] = results(way, acc + 16 * j, scale[j], tie[j], &worst);
        __m512i low = mnet_requant_halves(way, r, n[0], n[vectors > 1]);
        __m512i high =
            vectors > 2 ? mnet_requant_halves(way, r, n[2], n[vectors > 3 ? 3 : 2]) : low;
        __m512i bytes = mnet_requant_bytes(r, low, high);
        if (!segments)
            bytes = _mm512_permutexvar_epi32(order, bytes);
        if (whole)
            _mm512_storeu_si512(out, bytes);
        else
            mnet_store_parts(b, segments, valid, bytes, out);
        if (has_doubts(way) && __builtin_expect(mnet_requant_doubt(worst), 0))
            settle(b, acc, out);
    }
}

/* Plain order, up to 16 channels: four rows as one of 64. */
MNET_INLINE void requantize_narrow(const MnetRequantBlock *b, size_t rows, const int32_t *acc,
                                   int8_t *out, size_t out_stride, MnetRequantWay way)
{
    const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    const __mmask16 valid = mnet_mask16(b->channels);
    const MnetRequant *r = b->requant;
    const __m512 scale = _mm512_loadu_ps(b->scale);
    const __m512 tie = mnet_requant_tie(way, r, _mm512_loadu_ps(b->tie));
    for (; rows >= 4; rows -= 4, acc += 4 * 64, out += 4 * out_stride) {
        __m512i n[4];
        __m512 worst = _mm512_setzero_ps();
        for (size_t i = 0; i < 4; i++)
            n[i] = results(way, acc + 64 * i, scale, tie, &worst);
        __m512i bytes = _mm512_permutexvar_epi32(
            order, mnet_requant_bytes(r, mnet_requant_halves(way, r, n[0], n[1]),
                                      mnet_requant_halves(way, r, n[2], n[3])));
        _mm_mask_storeu_epi8(out, valid, _mm512_castsi512_si128(bytes));
        _mm_mask_storeu_epi8(out + out_stride, valid, _mm512_extracti32x4_epi32(bytes, 1));
        _mm_mask_storeu_epi8(out + 2 * out_stride, valid, _mm512_extracti32x4_epi32(bytes, 2));
        _mm_mask_storeu_epi8(out + 3 * out_stride, valid, _mm512_extracti32x4_epi32(bytes, 3));
        if (has_doubts(way) && __builtin_expect(mnet_requant_doubt(worst), 0))
            for (size_t i = 0; i < 4; i++)
                settle(b, acc + 64 * i, out + i * out_stride);
    }
    requantize_rows(b, rows, acc, out, out_stride, way, 1, 0, 0);
}

/* `way` is a constant to the compiler. */
MNET_INLINE void requantize_plain(const MnetRequantBlock *b, size_t rows, const int32_t *acc,
                                  int8_t *out, size_t out_stride, MnetRequantWay way)
{
    if (b->channels == 64)
        requantize_rows(b, rows, acc, out, out_stride, way, 4, 0, 1);
    else if (b->channels > 48)
        requantize_rows(b, rows, acc, out, out_stride, way, 4, 0, 0);
    else if (b->channels > 32)
        requantize_rows(b, rows, acc, out, out_stride, way, 3, 0, 0);
    else if (b->channels > 16)
        requantize_rows(b, rows, acc, out, out_stride, way, 2, 0, 0);
    else
        requantize_narrow(b, rows, acc, out, out_stride, way);
}

MNET_INLINE void requantize_quarters(const MnetRequantBlock *b, size_t rows, const int32_t *acc,
                                     int8_t *out, size_t out_stride, MnetRequantWay way)
{
    if (b->channels == 64)
        requantize_rows(b, rows, acc, out, out_stride, way, 4, 1, 1);
    else if (b->segments == 1)
        requantize_rows(b, rows, acc, out, out_stride, way, 4, 1, 0);
    else if (b->segments == 2)
        requantize_rows(b, rows, acc, out, out_stride, way, 4, 2, 0);
    else
        requantize_rows(b, rows, acc, out, out_stride, way, 4, 4, 0);
}

void mnet_requantize_rows_avx512vnni(const MnetRequantBlock *b, size_t rows, const int32_t *acc,
                                     int8_t *out, size_t out_stride)
{
    if (b->way == MNET_REQUANT_FITTED && b->segments)
        requantize_quarters(b, rows, acc, out, out_stride, MNET_REQUANT_FITTED);
    else if (b->way == MNET_REQUANT_FITTED)
        requantize_plain(b, rows, acc, out, out_stride, MNET_REQUANT_FITTED);
    else if (b->way == MNET_REQUANT_POSITIVE && b->segments)
        requantize_quarters(b, rows, acc, out, out_stride, MNET_REQUANT_POSITIVE);
    else if (b->way == MNET_REQUANT_POSITIVE)
        requantize_plain(b, rows, acc, out, out_stride, MNET_REQUANT_POSITIVE);
    else if (b->way == MNET_REQUANT_QUICKLY && b->segments)
        requantize_quarters(b, rows, acc, out, out_stride, MNET_REQUANT_QUICKLY);
    else if (b->way == MNET_REQUANT_QUICKLY)
        requantize_plain(b, rows, acc, out, out_stride, MNET_REQUANT_QUICKLY);
    else if (b->segments)
        requantize_quarters(b, rows, acc, out, out_stride, MNET_REQUANT_EXACTLY);
    else
        requantize_plain(b, rows, acc, out, out_stride, MNET_REQUANT_EXACTLY);
}
