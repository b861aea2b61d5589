/* SPDX-License-Identifier: MIT
 *
 * What becomes of a row of sums: picked apart, summed to pixels, mixed to
 * bytes, and three rows of bytes to pixels. */
#include "kernels/x86/lanes_avx2.h"
#include "kernels/x86/table_avx2.h"

MNET_INLINE __m128i load128(const void *p)
{
    return _mm_loadu_si128(p);
}

/* Two times 16 bytes. */
MNET_INLINE __m256i load_pair(const void *low, const void *high)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(load128(low)), load128(high), 1);
}

/* For _mm256_shuffle_epi8(): output i of 8 a lane is word i * step - first of
 * 16 bytes, or 0 where that lies outside of them. */
MNET_INLINE __m256i pick_order(size_t step, size_t first)
{
    const __m256i count = _mm256_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7);
    __m256i word = _mm256_sub_epi16(_mm256_mullo_epi16(count, _mm256_set1_epi16((int16_t)step)),
                                    _mm256_set1_epi16((int16_t)first));
    __m256i outside = _mm256_or_si256(_mm256_cmpgt_epi16(word, _mm256_set1_epi16(7)),
                                      _mm256_cmpgt_epi16(_mm256_setzero_si256(), word));
    __m256i bytes = _mm256_add_epi16(_mm256_mullo_epi16(word, _mm256_set1_epi16(0x0202)),
                                     _mm256_set1_epi16(0x0100));
    return _mm256_or_si256(bytes, _mm256_and_si256(outside, _mm256_set1_epi16((int16_t)0x8080)));
}

/* 16 outputs: 8 of each half of what they are picked from. */
MNET_INLINE void pick(size_t step, size_t n, const int16_t *in, int16_t *out)
{
    __m256i order[4];
    for (size_t j = 0; j < step; j++)
        order[j] = pick_order(step, 8 * j);
    for (size_t i = 0; i < n; i += 16, in += 16 * step) {
        __m256i words = _mm256_setzero_si256();
        for (size_t j = 0; j < step; j++) {
            __m256i x = load_pair(in + 8 * j, in + 8 * (step + j));
            words = _mm256_or_si256(words, _mm256_shuffle_epi8(x, order[j]));
        }
        _mm256_storeu_si256((__m256i *)(void *)(out + i), words);
    }
}

void mnet_image_pick_avx2(size_t step, size_t n, const int16_t *in, int16_t *out)
{
    if (step == 2)
        pick(2, n, in, out);
    else if (step == 3)
        pick(3, n, in, out);
    else
        pick(4, n, in, out);
}

MNET_INLINE __m256i load256(const int16_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

/* 2 sums of 8 products, each in 4 parts. */
MNET_INLINE __m256i sum_2(const int16_t *in, const uint16_t *start, const int16_t *weights)
{
    return _mm256_madd_epi16(load_pair(in + start[0], in + start[1]), load256(weights));
}

/* 8 sums of 8 products. */
MNET_INLINE __m256i sums_8(const int16_t *in, const uint16_t *start, const int16_t *weights)
{
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m256i ab = _mm256_hadd_epi32(sum_2(in, start, weights), sum_2(in, start + 2, weights + 16));
    __m256i cd =
        _mm256_hadd_epi32(sum_2(in, start + 4, weights + 32), sum_2(in, start + 6, weights + 48));
    return _mm256_permutevar8x32_epi32(_mm256_hadd_epi32(ab, cd), order);
}

/* A sum in 8 parts. */
MNET_INLINE __m256i sum_1(size_t taps, const int16_t *in, const int16_t *weights)
{
    __m256i sum = _mm256_madd_epi16(load256(in), load256(weights));
    for (size_t k = 16; k < taps; k += 16)
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(load256(in + k), load256(weights + k)));
    return sum;
}

/* 4 sums in 2 parts each, one in each half. */
MNET_INLINE __m256i sum_4(size_t taps, const int16_t *in, const uint16_t *start,
                          const int16_t *weights)
{
    __m256i a = sum_1(taps, in + start[0], weights), b = sum_1(taps, in + start[1], weights + taps);
    __m256i c = sum_1(taps, in + start[2], weights + 2 * taps);
    __m256i d = sum_1(taps, in + start[3], weights + 3 * taps);
    return _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
}

/* 8 sums. */
MNET_INLINE __m256i sums_16(size_t taps, const int16_t *in, const uint16_t *start,
                            const int16_t *weights)
{
    __m256i low = sum_4(taps, in, start, weights);
    __m256i high = sum_4(taps, in, start + 4, weights + 4 * taps);
    return _mm256_add_epi32(_mm256_permute2x128_si256(low, high, 0x20),
                            _mm256_permute2x128_si256(low, high, 0x31));
}

MNET_INLINE __m256i sums(size_t taps, const int16_t *in, const uint16_t *start,
                         const int16_t *weights)
{
    return taps == 8 ? sums_8(in, start, weights) : sums_16(taps, in, start, weights);
}

MNET_INLINE void columns(const MnetColumnSum *sum, size_t taps, size_t n, const int16_t *in,
                         int16_t *out)
{
    const __m128i bits = _mm_cvtsi32_si128(sum->bits);
    const __m256i factor = _mm256_set1_epi16((int16_t)sum->factor);
    const uint16_t *start = sum->start;
    const int16_t *weights = sum->weights;
    for (size_t i = 0; i < n; i += 16, start += 16, weights += 16 * taps) {
        __m256i a = _mm256_srl_epi32(sums(taps, in, start, weights), bits);
        __m256i b = _mm256_srl_epi32(sums(taps, in, start + 8, weights + 8 * taps), bits);
        __m256i words = _mm256_permute4x64_epi64(_mm256_packus_epi32(a, b), 0xd8);
        words = _mm256_mulhi_epu16(words, factor);
        _mm256_storeu_si256((__m256i *)(void *)(out + i), words);
    }
}

void mnet_image_columns_avx2(const MnetColumnSum *sum, size_t n, const int16_t *in, int16_t *out)
{
    if (sum->taps == 8)
        columns(sum, 8, n, in, out);
    else if (sum->taps == 16)
        columns(sum, 16, n, in, out);
    else
        columns(sum, sum->taps, n, in, out);
}

MNET_INLINE __m256i mix_words(const MnetColorMix *mix, const int16_t *const in[3], size_t at)
{
    __m256i sum = _mm256_set1_epi16(mix->bias);
    for (int i = 0; i < 3; i++) {
        __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(in[i] + at));
        sum = _mm256_add_epi16(sum, _mm256_mulhi_epi16(x, _mm256_set1_epi16(mix->m[i])));
    }
    return _mm256_srai_epi16(sum, 4);
}

void mnet_image_matrix_avx2(const MnetColorMix *mix, size_t n, const int16_t *const in[3],
                            uint8_t *out)
{
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i bytes = _mm256_packus_epi16(mix_words(mix, in, i), mix_words(mix, in, i + 16));
        _mm256_storeu_si256((__m256i *)(void *)(out + i), _mm256_permute4x64_epi64(bytes, 0xd8));
    }
    if (i < n) {
        const int16_t *const rest[3] = { in[0] + i, in[1] + i, in[2] + i };
        mnet_kernels_c.image.matrix(mix, n - i, rest, out + i);
    }
}

/* Byte i of part `part` of 16 pixels comes from pixel (16 * part + i) / 3 when
 * (16 * part + i) % 3 is `channel`, else it is cleared. */
#define O (-1)
static const int8_t spread_order[3][3][16] = {
    { { 0, O, O, 1, O, O, 2, O, O, 3, O, O, 4, O, O, 5 },
      { O, 0, O, O, 1, O, O, 2, O, O, 3, O, O, 4, O, O },
      { O, O, 0, O, O, 1, O, O, 2, O, O, 3, O, O, 4, O } },
    { { O, O, 6, O, O, 7, O, O, 8, O, O, 9, O, O, 10, O },
      { 5, O, O, 6, O, O, 7, O, O, 8, O, O, 9, O, O, 10 },
      { O, 5, O, O, 6, O, O, 7, O, O, 8, O, O, 9, O, O } },
    { { O, 11, O, O, 12, O, O, 13, O, O, 14, O, O, 15, O, O },
      { O, O, 11, O, O, 12, O, O, 13, O, O, 14, O, O, 15, O },
      { 10, O, O, 11, O, O, 12, O, O, 13, O, O, 14, O, O, 15 } },
};
#undef O

void mnet_image_interleave_avx2(size_t n, const uint8_t *const in[3], uint8_t *out)
{
    const uint8_t *red = in[0], *green = in[1], *blue = in[2];
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m128i r = load128(red + i), g = load128(green + i), b = load128(blue + i);
        for (size_t part = 0; part < 3; part++) {
            __m128i x = _mm_shuffle_epi8(r, load128(spread_order[part][0]));
            x = _mm_or_si128(x, _mm_shuffle_epi8(g, load128(spread_order[part][1])));
            x = _mm_or_si128(x, _mm_shuffle_epi8(b, load128(spread_order[part][2])));
            _mm_storeu_si128((__m128i *)(void *)(out + 3 * i + 16 * part), x);
        }
    }
    for (; i < n; i++) {
        out[3 * i] = red[i];
        out[3 * i + 1] = green[i];
        out[3 * i + 2] = blue[i];
    }
}
