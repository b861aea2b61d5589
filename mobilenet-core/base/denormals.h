/* SPDX-License-Identifier: MIT
 *
 * Denormal floats taken and given as 0 by the calling thread: to compute with
 * them takes a hundred times as long on many processors, and no result that is
 * worth anything depends on numbers below 1e-38. */
#ifndef MNET_BASE_DENORMALS_H
#define MNET_BASE_DENORMALS_H

#include <stdint.h>

#if defined(__x86_64__)

/* Returns what to give to mnet_denormals_restore(). */
static inline uint64_t mnet_denormals_flush(void)
{
    uint32_t mode = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(mode | 1u << 15 | 1u << 6); /* results, operands */
    return mode;
}

static inline void mnet_denormals_restore(uint64_t mode)
{
    __builtin_ia32_ldmxcsr((uint32_t)mode);
}

#elif defined(__aarch64__)

static inline uint64_t mnet_denormals_flush(void)
{
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    __asm__ volatile("msr fpcr, %0" : : "r"(mode | 1u << 24) : "memory"); /* both */
    return mode;
}

static inline void mnet_denormals_restore(uint64_t mode)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(mode) : "memory");
}

#else

static inline uint64_t mnet_denormals_flush(void)
{
    return 0;
}

static inline void mnet_denormals_restore(uint64_t mode)
{
    (void)mode;
}

#endif

#endif
