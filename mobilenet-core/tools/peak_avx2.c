/* SPDX-License-Identifier: MIT
 *
 * The peak of AVX2 and FMA on one core: chains that do not wait for each other,
 * in assembly, because compilers move sums about between registers. */
#include "peak.h"

#ifdef __x86_64__

enum { CHAINS = 12 };

/* 16 products: a multiplication of pairs and an addition. */
static double peak_s8(size_t rounds)
{
    size_t n = rounds;
    __asm__ volatile("vzeroall\n"
                     "1:\n\t"
                     "vpmaddwd %%ymm0, %%ymm0, %%ymm1\n\tvpaddd %%ymm1, %%ymm4, %%ymm4\n\t"
                     "vpmaddwd %%ymm0, %%ymm0, %%ymm2\n\tvpaddd %%ymm2, %%ymm5, %%ymm5\n\t"
                     "vpmaddwd %%ymm0, %%ymm0, %%ymm3\n\tvpaddd %%ymm3, %%ymm6, %%ymm6\n\t"
                     "vpmaddwd %%ymm0, %%ymm0, %%ymm1\n\tvpaddd %%ymm1, %%ymm7, %%ymm7\n\t"
                     "vpmaddwd %%ymm0, %%ymm0, %%ymm2\n\tvpaddd %%ymm2, %%ymm8, %%ymm8\n\t"
                     "vpmaddwd %%ymm0, %%ymm0, %%ymm3\n\tvpaddd %%ymm3, %%ymm9, %%ymm9\n\t"
                     "vpmaddwd %%ymm0, %%ymm0, %%ymm1\n\tvpaddd %%ymm1, %%ymm10, %%ymm10\n\t"
                     "vpmaddwd %%ymm0, %%ymm0, %%ymm2\n\tvpaddd %%ymm2, %%ymm11, %%ymm11\n\t"
                     "vpmaddwd %%ymm0, %%ymm0, %%ymm3\n\tvpaddd %%ymm3, %%ymm12, %%ymm12\n\t"
                     "vpmaddwd %%ymm0, %%ymm0, %%ymm1\n\tvpaddd %%ymm1, %%ymm13, %%ymm13\n\t"
                     "vpmaddwd %%ymm0, %%ymm0, %%ymm2\n\tvpaddd %%ymm2, %%ymm14, %%ymm14\n\t"
                     "vpmaddwd %%ymm0, %%ymm0, %%ymm3\n\tvpaddd %%ymm3, %%ymm15, %%ymm15\n\t"
                     "dec %0\n\t"
                     "jnz 1b\n\t"
                     "vzeroupper"
                     : "+r"(n)
                     :
                     : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                       "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    return (double)rounds * CHAINS * 16;
}

static double peak_f32(size_t rounds)
{
    size_t n = rounds;
    __asm__ volatile(
        "vzeroall\n"
        "1:\n\t"
        "vfmadd231ps %%ymm0, %%ymm0, %%ymm4\n\tvfmadd231ps %%ymm0, %%ymm0, %%ymm5\n\t"
        "vfmadd231ps %%ymm0, %%ymm0, %%ymm6\n\tvfmadd231ps %%ymm0, %%ymm0, %%ymm7\n\t"
        "vfmadd231ps %%ymm0, %%ymm0, %%ymm8\n\tvfmadd231ps %%ymm0, %%ymm0, %%ymm9\n\t"
        "vfmadd231ps %%ymm0, %%ymm0, %%ymm10\n\tvfmadd231ps %%ymm0, %%ymm0, %%ymm11\n\t"
        "vfmadd231ps %%ymm0, %%ymm0, %%ymm12\n\tvfmadd231ps %%ymm0, %%ymm0, %%ymm13\n\t"
        "vfmadd231ps %%ymm0, %%ymm0, %%ymm14\n\tvfmadd231ps %%ymm0, %%ymm0, %%ymm15\n\t"
        "dec %0\n\t"
        "jnz 1b\n\t"
        "vzeroupper"
        : "+r"(n)
        :
        : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
          "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    return (double)rounds * CHAINS * 8;
}

const ToolPeak tool_peak_avx2 = { "avx2", peak_s8, peak_f32 };

#endif
