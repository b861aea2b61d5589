/* SPDX-License-Identifier: MIT
 *
 * The peak of AVX-512 with VNNI on one core: chains that do not wait for each
 * other, in assembly, because compilers move sums about between registers. */
#include "peak.h"

#ifdef __x86_64__

enum { CHAINS = 12 };

static double peak_s8(size_t rounds)
{
    size_t n = rounds;
    __asm__ volatile("vzeroall\n"
                     "1:\n\t"
                     "vpdpbusd %%zmm0, %%zmm0, %%zmm4\n\tvpdpbusd %%zmm0, %%zmm0, %%zmm5\n\t"
                     "vpdpbusd %%zmm0, %%zmm0, %%zmm6\n\tvpdpbusd %%zmm0, %%zmm0, %%zmm7\n\t"
                     "vpdpbusd %%zmm0, %%zmm0, %%zmm8\n\tvpdpbusd %%zmm0, %%zmm0, %%zmm9\n\t"
                     "vpdpbusd %%zmm0, %%zmm0, %%zmm10\n\tvpdpbusd %%zmm0, %%zmm0, %%zmm11\n\t"
                     "vpdpbusd %%zmm0, %%zmm0, %%zmm12\n\tvpdpbusd %%zmm0, %%zmm0, %%zmm13\n\t"
                     "vpdpbusd %%zmm0, %%zmm0, %%zmm14\n\tvpdpbusd %%zmm0, %%zmm0, %%zmm15\n\t"
                     "dec %0\n\t"
                     "jnz 1b\n\t"
                     "vzeroupper"
                     : "+r"(n)
                     :
                     : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                       "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    return (double)rounds * CHAINS * 64;
}

static double peak_f32(size_t rounds)
{
    size_t n = rounds;
    __asm__ volatile(
        "vzeroall\n"
        "1:\n\t"
        "vfmadd231ps %%zmm0, %%zmm0, %%zmm4\n\tvfmadd231ps %%zmm0, %%zmm0, %%zmm5\n\t"
        "vfmadd231ps %%zmm0, %%zmm0, %%zmm6\n\tvfmadd231ps %%zmm0, %%zmm0, %%zmm7\n\t"
        "vfmadd231ps %%zmm0, %%zmm0, %%zmm8\n\tvfmadd231ps %%zmm0, %%zmm0, %%zmm9\n\t"
        "vfmadd231ps %%zmm0, %%zmm0, %%zmm10\n\tvfmadd231ps %%zmm0, %%zmm0, %%zmm11\n\t"
        "vfmadd231ps %%zmm0, %%zmm0, %%zmm12\n\tvfmadd231ps %%zmm0, %%zmm0, %%zmm13\n\t"
        "vfmadd231ps %%zmm0, %%zmm0, %%zmm14\n\tvfmadd231ps %%zmm0, %%zmm0, %%zmm15\n\t"
        "dec %0\n\t"
        "jnz 1b\n\t"
        "vzeroupper"
        : "+r"(n)
        :
        : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
          "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    return (double)rounds * CHAINS * 16;
}

const ToolPeak tool_peak_avx512vnni = { "avx512vnni", peak_s8, peak_f32 };

#endif
