/* SPDX-License-Identifier: MIT
 *
 * Sums to bytes: 16 at once in float, one by one where float cannot tell. */
#include "kernels/x86/requant_avx512vnni.h"

#include "kernels/requant.h"

/* The four lanes of 128 bits of four registers, transposed. */
static void load_quarters(const float *from, float *to)
{
    for (size_t q = 0; q < 4; q++)
        for (size_t l = 0; l < 4; l++)
            _mm_store_ps(to + 16 * q + 4 * l, _mm_loadu_ps(from + 16 * l + 4 * q));
}

void mnet_requant_block_avx512vnni(const MnetRequant *requant, size_t c0, size_t channels,
                                   int quarters, MnetRequantBlock *block)
{
    size_t vectors = quarters ? 4 : (channels + 15) / 16;
    block->requant = requant;
    block->c0 = c0;
    block->channels = channels;
    block->quarters = quarters;
    if (quarters) {
        load_quarters(requant->scale + c0, block->scale);
        load_quarters(requant->tie + c0, block->tie);
    }
    __m512 most = _mm512_setzero_ps();
    for (size_t j = 0; j < vectors; j++) {
        const float *scale = quarters ? block->scale : requant->scale + c0;
        __m512 s = _mm512_loadu_ps(scale + 16 * j);
        most = _mm512_range_ps(most, s, 0xb);
        if (!quarters) {
            _mm512_store_ps(block->scale + 16 * j, s);
            _mm512_store_ps(block->tie + 16 * j, _mm512_loadu_ps(requant->tie + c0 + 16 * j));
        }
    }
    block->quick = !_mm512_cmp_ps_mask(most, _mm512_set1_ps(0.99f), _CMP_GE_OQ);
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

static size_t channel_of(const MnetRequantBlock *b, size_t sum)
{
    return b->quarters ? sum / 4 % 4 * 16 + sum / 16 * 4 + sum % 4 : sum;
}

/* The sums that are in doubt, or all when the block is not quick. */
static __attribute__((noinline)) void requantize_exactly(const MnetRequantBlock *b, size_t rows,
                                                         const int32_t *acc, int8_t *out,
                                                         size_t out_stride)
{
    size_t vectors = b->quarters ? 4 : (b->channels + 15) / 16;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < vectors; j++) {
            __m512 value =
                requant_value(_mm512_load_si512(acc + 64 * i + 16 * j),
                              _mm512_load_ps(b->scale + 16 * j), _mm512_load_ps(b->tie + 16 * j));
            uint32_t todo = b->quick ? requant_doubt(requant_rest(value)) : 0xffff;
            for (; todo; todo &= todo - 1) {
                size_t sum = 16 * j + (size_t)__builtin_ctz(todo), c = channel_of(b, sum);
                if (c < b->channels)
                    mnet_requantize(b->requant, b->c0 + c, 1, acc + 64 * i + sum,
                                    out + i * out_stride + c);
            }
        }
}

/* Whether any sum is in doubt. */
MNET_INLINE int requantize_quickly(const MnetRequantBlock *b, size_t vectors, int quarters,
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
        scale[j] = _mm512_load_ps(b->scale + 16 * j);
        tie[j] = _mm512_load_ps(b->tie + 16 * j);
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
        bytes = quarters ? bytes : _mm512_permutexvar_epi32(order, bytes);
        _mm512_mask_storeu_epi8(out, valid, bytes);
    }
    return requant_doubt(worst) != 0;
}

void mnet_requantize_rows_avx512vnni(const MnetRequantBlock *b, size_t rows, const int32_t *acc,
                                     int8_t *out, size_t out_stride)
{
    int doubt = 1;
    if (b->quick && b->quarters)
        doubt = requantize_quickly(b, 4, 1, rows, acc, out, out_stride);
    else if (b->quick && b->channels > 48)
        doubt = requantize_quickly(b, 4, 0, rows, acc, out, out_stride);
    else if (b->quick && b->channels > 32)
        doubt = requantize_quickly(b, 3, 0, rows, acc, out, out_stride);
    else if (b->quick && b->channels > 16)
        doubt = requantize_quickly(b, 2, 0, rows, acc, out, out_stride);
    else if (b->quick)
        doubt = requantize_quickly(b, 1, 0, rows, acc, out, out_stride);
    if (doubt)
        requantize_exactly(b, rows, acc, out, out_stride);
}
