/* SPDX-License-Identifier: MIT
 *
 * Sums to bytes: 16 at once in float, one by one where float cannot tell. */
#include "kernels/x86/requant_avx512vnni.h"

#include "kernels/requant.h"

int mnet_requant_is_quick_avx512vnni(const float *scale, size_t n)
{
    __m512 most = _mm512_setzero_ps();
    for (size_t i = 0; i < n; i += 16)
        most = _mm512_range_ps(most, _mm512_loadu_ps(scale + i), 0xb);
    return !_mm512_cmp_ps_mask(most, _mm512_set1_ps(0.99f), _CMP_GE_OQ);
}

/* acc * scale + tie with the sign of acc: below 2^31, as |scale| < 0.99.  Where
 * the result lies in -256..255 the error is at most
 * - 2^-24 of the value for the rounding of acc, as much for that of scale, but
 *   no more than 1.5 * 2^-16 together (each is that bad only just above a power
 *   of two, and where both are, the value is at most 128),
 * - 2^-17 for its own rounding:
 * 2^-15 in all.  Beyond -256..255 the result is min or max all the same. */
MNET_INLINE __m512 requant_value(__m512i acc, __m512 scale, __m512 tie)
{
    const __m512i sign = _mm512_set1_epi32(INT32_MIN);
    /* tie ^ (acc & sign) */
    __m512i toward = _mm512_ternarylogic_epi32(_mm512_castps_si512(tie), acc, sign, 0x78);
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc), scale, _mm512_castsi512_ps(toward));
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

/* The sums that are in doubt, or all when the block is not quick. */
static __attribute__((noinline)) void requantize_exactly(const MnetRequantBlock *b, size_t rows,
                                                         const int32_t *acc, int8_t *out,
                                                         size_t out_stride)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < sums_of(b); j += 16) {
            __m512 value =
                requant_value(_mm512_load_si512(acc + 64 * i + j), _mm512_loadu_ps(b->scale + j),
                              _mm512_loadu_ps(b->tie + j));
            uint32_t todo = b->quick ? requant_doubt(requant_rest(value)) : 0xffff;
            for (; todo; todo &= todo - 1)
                requantize_one(b, j + (size_t)__builtin_ctz(todo), acc + 64 * i,
                               out + i * out_stride);
        }
}

MNET_INLINE void store_segments(const MnetRequantBlock *b, size_t segments, __mmask64 valid,
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

/* Whether any sum is in doubt.  vectors (of 16 sums) and segments are constants
 * to the compiler. */
MNET_INLINE int requantize_quickly(const MnetRequantBlock *b, size_t vectors, size_t segments,
                                   size_t rows, const int32_t *acc, int8_t *out, size_t out_stride)
{
    /* Plain order: dword 4 * l + j after packing is channels 16 * j + 4 * l... */
    const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    const __m512i zero = _mm512_set1_epi16((int16_t)b->requant->zero_point);
    const __m512i min = _mm512_set1_epi8((int8_t)b->requant->min);
    const __m512i max = _mm512_set1_epi8((int8_t)b->requant->max);
    const __mmask64 valid = mnet_mask64(b->channels);
    __m512 scale[4], tie[4], worst = _mm512_setzero_ps();
    for (size_t j = 0; j < vectors; j++) {
        scale[j] = _mm512_loadu_ps(b->scale + 16 * j);
        tie[j] = _mm512_loadu_ps(b->tie + 16 * j);
    }
    for (size_t i = 0; i < rows; i++, acc += 64, out += out_stride) {
        __m512i n[4] = { _mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(),
                         _mm512_setzero_si512() };
        for (size_t j = 0; j < vectors; j++) {
            __m512 value = requant_value(_mm512_load_si512(acc + 16 * j), scale[j], tie[j]);
            worst = _mm512_range_ps(worst, requant_rest(value), 0xb);
            n[j] = _mm512_cvtps_epi32(value);
        }
        __m512i low = _mm512_adds_epi16(_mm512_packs_epi32(n[0], n[1]), zero);
        __m512i high = vectors > 2 ? _mm512_adds_epi16(_mm512_packs_epi32(n[2], n[3]), zero) : low;
        __m512i bytes = _mm512_packs_epi16(low, high);
        bytes = _mm512_min_epi8(_mm512_max_epi8(bytes, min), max);
        bytes = segments ? bytes : _mm512_permutexvar_epi32(order, bytes);
        store_segments(b, segments, valid, bytes, out);
    }
    return requant_doubt(worst) != 0;
}

static int requantize_plain(const MnetRequantBlock *b, size_t rows, const int32_t *acc, int8_t *out,
                            size_t out_stride)
{
    if (b->channels > 48)
        return requantize_quickly(b, 4, 0, rows, acc, out, out_stride);
    if (b->channels > 32)
        return requantize_quickly(b, 3, 0, rows, acc, out, out_stride);
    if (b->channels > 16)
        return requantize_quickly(b, 2, 0, rows, acc, out, out_stride);
    return requantize_quickly(b, 1, 0, rows, acc, out, out_stride);
}

static int requantize_quarters(const MnetRequantBlock *b, size_t rows, const int32_t *acc,
                               int8_t *out, size_t out_stride)
{
    if (b->segments == 1)
        return requantize_quickly(b, 4, 1, rows, acc, out, out_stride);
    if (b->segments == 2)
        return requantize_quickly(b, 4, 2, rows, acc, out, out_stride);
    return requantize_quickly(b, 4, 4, rows, acc, out, out_stride);
}

void mnet_requantize_rows_avx512vnni(const MnetRequantBlock *b, size_t rows, const int32_t *acc,
                                     int8_t *out, size_t out_stride)
{
    if (!b->quick ||
        (b->segments ? requantize_quarters : requantize_plain)(b, rows, acc, out, out_stride))
        requantize_exactly(b, rows, acc, out, out_stride);
}
