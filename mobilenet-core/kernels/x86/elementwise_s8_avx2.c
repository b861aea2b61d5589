/* SPDX-License-Identifier: MIT
 *
 * Element by element operators on bytes.  Inputs are read in whole vectors. */
#include "kernels/x86/lanes_avx2.h"
#include "kernels/x86/table_avx2.h"

/* TFLite's fixed-point factor, the same for all lanes. */
typedef struct {
    __m256i multiplier;
    __m128i left, right_but_1, right_1; /* counts of shifts; the last is 0 or 1 */
    __m256i rounds;                     /* all bits when there is a right shift */
    __m256i zero_point, min, max;
} Factor;

static Factor factor(int32_t multiplier, int32_t shift, int32_t zero_point, int32_t min,
                     int32_t max)
{
    int32_t right = shift < 0 ? -shift : 0;
    return (Factor){ .multiplier = _mm256_set1_epi32(multiplier),
                     .left = _mm_cvtsi32_si128(shift > 0 ? shift : 0),
                     .right_but_1 = _mm_cvtsi32_si128(right ? right - 1 : 0),
                     .right_1 = _mm_cvtsi32_si128(right ? 1 : 0),
                     .rounds = _mm256_set1_epi32(right ? -1 : 0),
                     .zero_point = _mm256_set1_epi16((int16_t)zero_point),
                     .min = _mm256_set1_epi8((int8_t)min),
                     .max = _mm256_set1_epi8((int8_t)max) };
}

/* The high half of the doubled product rounded half up, then the right shift
 * rounded half away from zero: of n - (n < 0) all bits but the lowest that are
 * shifted out, then that one with 1 added.  |n| < 2^31 - 1: nothing overflows. */
MNET_INLINE __m256i multiply(const Factor *f, __m256i x)
{
    const __m256i half = _mm256_set1_epi64x((int64_t)1 << 30);
    x = _mm256_sll_epi32(x, f->left);
    __m256i even = _mm256_mul_epi32(x, f->multiplier);
    __m256i odd = _mm256_mul_epi32(_mm256_srli_epi64(x, 32), f->multiplier);
    even = _mm256_srli_epi64(_mm256_add_epi64(even, half), 31);
    odd = _mm256_slli_epi64(_mm256_add_epi64(odd, half), 1);
    __m256i n = _mm256_blend_epi32(even, odd, 0xaa);
    n = _mm256_add_epi32(n, _mm256_and_si256(_mm256_srai_epi32(n, 31), f->rounds));
    n = _mm256_sra_epi32(n, f->right_but_1);
    return _mm256_sra_epi32(_mm256_sub_epi32(n, f->rounds), f->right_1);
}

/* 16 numbers to bytes. */
MNET_INLINE __m128i narrow(const Factor *f, __m256i low, __m256i high)
{
    __m256i n = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
    n = _mm256_adds_epi16(n, f->zero_point);
    n = _mm256_permute4x64_epi64(_mm256_packs_epi16(n, n), 0x08);
    n = _mm256_min_epi8(_mm256_max_epi8(n, f->min), f->max);
    return _mm256_castsi256_si128(n);
}

MNET_INLINE __m256i load_8(const int8_t *from)
{
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)from));
}

/* Loads one by one are several times as fast as gathering where processors guard
 * that against leaks. */
MNET_INLINE void look_up_sums(const int32_t *a_table, const int32_t *b_table, const int8_t *a,
                              const int8_t *b, size_t b_step, int32_t sums[16])
{
#pragma GCC unroll 16
    for (size_t i = 0; i < 16; i++)
        sums[i] = a_table[a[i]] + b_table[b[i * b_step]];
}

void mnet_add_s8_avx2(const MnetAddS8 *p, size_t n, const int8_t *a, const int8_t *b, size_t b_step,
                      int8_t *out)
{
    const Factor f = factor(p->multiplier, p->shift, p->zero_point, p->min, p->max);
    const int32_t *a_table = p->a_table + 128, *b_table = p->b_table + 128;
    for (size_t i = 0; i < n; i += 16) {
        int32_t sums[16] __attribute__((aligned(32)));
        if (b_step)
            look_up_sums(a_table, b_table, a + i, b + i, 1, sums);
        else
            look_up_sums(a_table, b_table, a + i, b, 0, sums);
        __m256i low = multiply(&f, _mm256_load_si256((const __m256i *)(const void *)sums));
        __m256i high = multiply(&f, _mm256_load_si256((const __m256i *)(const void *)(sums + 8)));
        mnet_store_bytes_avx2(out + i, narrow(&f, low, high), n - i);
    }
}

void mnet_mul_s8_avx2(const MnetMulS8 *p, size_t n, const int8_t *a, const int8_t *b, size_t b_step,
                      int8_t *out)
{
    const Factor f = factor(p->multiplier, p->shift, p->zero_point, p->min, p->max);
    const __m256i a_zero = _mm256_set1_epi32(p->a_zero), b_zero = _mm256_set1_epi32(p->b_zero);
    __m256i low_b = _mm256_set1_epi32(n ? b[0] - p->b_zero : 0), high_b = low_b;
    for (size_t i = 0; i < n; i += 16) {
        __m256i low = _mm256_sub_epi32(load_8(a + i), a_zero);
        __m256i high = _mm256_sub_epi32(load_8(a + i + 8), a_zero);
        if (b_step) {
            low_b = _mm256_sub_epi32(load_8(b + i), b_zero);
            high_b = _mm256_sub_epi32(load_8(b + i + 8), b_zero);
        }
        low = multiply(&f, _mm256_mullo_epi32(low, low_b));
        high = multiply(&f, _mm256_mullo_epi32(high, high_b));
        mnet_store_bytes_avx2(out + i, narrow(&f, low, high), n - i);
    }
}

/* The table in pieces of 16, each but the first and the ninth as its difference
 * (exclusive or) from the piece before: a byte with high bits h, shuffled by all
 * pieces up to h and by none above, gets the one that it wants. */
static void split_table(const uint8_t *table, __m256i pieces[16])
{
    __m128i before = _mm_setzero_si128();
    for (size_t i = 0; i < 16; i++) {
        __m128i piece = _mm_loadu_si128((const __m128i *)(const void *)(table + 16 * i));
        if (i == 8)
            before = _mm_setzero_si128();
        pieces[i] = _mm256_broadcastsi128_si256(_mm_xor_si128(piece, before));
        before = piece;
    }
}

MNET_INLINE __m256i look_up(const __m256i pieces[16], __m256i x)
{
    const __m256i sixteen = _mm256_set1_epi8(16);
    __m256i y = _mm256_xor_si256(x, _mm256_set1_epi8(INT8_MIN)), found = _mm256_setzero_si256();
    for (size_t i = 0; i < 8; i++) {
        /* A negative index gives 0. */
        found = _mm256_xor_si256(found, _mm256_shuffle_epi8(pieces[i], x));
        found = _mm256_xor_si256(found, _mm256_shuffle_epi8(pieces[8 + i], y));
        x = _mm256_subs_epi8(x, sixteen);
        y = _mm256_subs_epi8(y, sixteen);
    }
    return found;
}

void mnet_lut8_avx2(size_t n, const uint8_t *in, const uint8_t *table, uint8_t *out)
{
    __m256i pieces[16];
    size_t i = 0;
    if (n >= 64)
        split_table(table, pieces);
    for (; n >= 64 && i + 32 <= n; i += 32) {
        __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(in + i));
        _mm256_storeu_si256((__m256i *)(void *)(out + i), look_up(pieces, x));
    }
    for (; i < n; i++)
        out[i] = table[in[i]];
}

void mnet_accumulate_s8_avx2(size_t n, const int8_t *in, int32_t *acc)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m256i *at = (__m256i *)(void *)(acc + i);
        _mm256_storeu_si256(at, _mm256_add_epi32(_mm256_loadu_si256(at), load_8(in + i)));
    }
    for (; i < n; i++)
        acc[i] += in[i];
}

void mnet_max_s8_avx2(size_t n, const int8_t *in, int8_t *out)
{
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m128i *at = (__m128i *)(void *)(out + i);
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(in + i));
        _mm_storeu_si128(at, _mm_max_epi8(x, _mm_loadu_si128(at)));
    }
    for (; i < n; i++)
        out[i] = in[i] > out[i] ? in[i] : out[i];
}
