/* SPDX-License-Identifier: MIT
 *
 * The peak of AVX-512 with VNNI on one core: chains that do not wait for each
 * other. */
#include "checkkernels.h"

#include <immintrin.h>

#ifndef __AVX512VNNI__
#error "compile with -mavx512f -mavx512vnni"
#endif

enum { CHAINS = 16 };

static volatile int32_t sink_s8;
static volatile float sink_f32;

static double peak_s8(size_t rounds)
{
    __m512i acc[CHAINS], x = _mm512_set1_epi32(sink_s8);
    for (int i = 0; i < CHAINS; i++)
        acc[i] = _mm512_set1_epi32(i);
    for (size_t r = 0; r < rounds; r++) {
        __asm__ volatile("" : "+v"(x));
        for (int i = 0; i < CHAINS; i++)
            acc[i] = _mm512_dpbusd_epi32(acc[i], x, x);
    }
    for (int i = 1; i < CHAINS; i++)
        acc[0] = _mm512_xor_si512(acc[0], acc[i]);
    sink_s8 = _mm512_reduce_add_epi32(acc[0]);
    return (double)rounds * CHAINS * 64;
}

static double peak_f32(size_t rounds)
{
    __m512 acc[CHAINS], x = _mm512_set1_ps(sink_f32);
    for (int i = 0; i < CHAINS; i++)
        acc[i] = _mm512_set1_ps((float)i);
    for (size_t r = 0; r < rounds; r++) {
        __asm__ volatile("" : "+v"(x));
        for (int i = 0; i < CHAINS; i++)
            acc[i] = _mm512_fmadd_ps(x, x, acc[i]);
    }
    for (int i = 1; i < CHAINS; i++)
        acc[0] = _mm512_add_ps(acc[0], acc[i]);
    sink_f32 = _mm512_reduce_add_ps(acc[0]);
    return (double)rounds * CHAINS * 16;
}

const BenchPeak bench_peak_avx512vnni = { "avx512vnni", peak_s8, peak_f32 };
