/* SPDX-License-Identifier: MIT
 *
 * The peak of AVX2 and FMA on one core: chains that do not wait for each other. */
#include "checkkernels.h"

#include <immintrin.h>

#ifndef __AVX2__
#error "compile with -mavx2 -mfma"
#endif

enum { CHAINS = 12 };

static volatile int32_t sink_s8;
static volatile float sink_f32;

/* 16 products: a multiplication of pairs and an addition. */
static double peak_s8(size_t rounds)
{
    __m256i acc[CHAINS], x = _mm256_set1_epi16((int16_t)sink_s8);
    for (int i = 0; i < CHAINS; i++)
        acc[i] = _mm256_set1_epi32(i);
    for (size_t r = 0; r < rounds; r++) {
        /* Without it the product is the same in all rounds. */
        __asm__ volatile("" : "+x"(x));
        for (int i = 0; i < CHAINS; i++) {
            __m256i y = x;
            __asm__("" : "+x"(y));
            acc[i] = _mm256_add_epi32(acc[i], _mm256_madd_epi16(y, x));
        }
    }
    for (int i = 1; i < CHAINS; i++)
        acc[0] = _mm256_xor_si256(acc[0], acc[i]);
    sink_s8 = _mm256_extract_epi32(acc[0], 0);
    return (double)rounds * CHAINS * 16;
}

static double peak_f32(size_t rounds)
{
    __m256 acc[CHAINS], x = _mm256_set1_ps(sink_f32);
    for (int i = 0; i < CHAINS; i++)
        acc[i] = _mm256_set1_ps((float)i);
    for (size_t r = 0; r < rounds; r++) {
        __asm__ volatile("" : "+x"(x));
        for (int i = 0; i < CHAINS; i++)
            acc[i] = _mm256_fmadd_ps(x, x, acc[i]);
    }
    for (int i = 1; i < CHAINS; i++)
        acc[0] = _mm256_add_ps(acc[0], acc[i]);
    sink_f32 = _mm256_cvtss_f32(acc[0]);
    return (double)rounds * CHAINS * 8;
}

const BenchPeak bench_peak_avx2 = { "avx2", peak_s8, peak_f32 };
