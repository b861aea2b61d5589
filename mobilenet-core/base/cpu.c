/* SPDX-License-Identifier: MIT
 *
 * What the processor can do. */
#include "base/cpu.h"

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#if defined(__x86_64__) || defined(__i386__)
uint32_t mnet_cpu_flags(void)
{
    uint32_t flags = 0;
    __builtin_cpu_init();
    /* The builtin also asks the system whether it saves the registers. */
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        flags |= MNET_CPU_AVX2;
    if (flags && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vnni"))
        flags |= MNET_CPU_AVX512VNNI;
    return flags;
}
#elif defined(__aarch64__) && defined(__linux__)
uint32_t mnet_cpu_flags(void)
{
    uint32_t flags = MNET_CPU_NEON;
    if (getauxval(AT_HWCAP) & HWCAP_ASIMDDP)
        flags |= MNET_CPU_DOTPROD;
    if ((flags & MNET_CPU_DOTPROD) && (getauxval(AT_HWCAP2) & HWCAP2_I8MM))
        flags |= MNET_CPU_I8MM;
    return flags;
}
#else
uint32_t mnet_cpu_flags(void)
{
    return 0;
}
#endif
