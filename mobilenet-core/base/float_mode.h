/* SPDX-License-Identifier: MIT
 *
 * How the calling thread computes with floats within a run, whatever its own mode
 * is: rounded to nearest, by which integers are requantised too; without traps,
 * as what lies behind a row may be any bits; denormals taken and given as 0.  To
 * compute with those takes a hundred times as long on many processors, and no
 * result that is worth anything depends on numbers below 1e-38. */
#ifndef MNET_BASE_FLOAT_MODE_H
#define MNET_BASE_FLOAT_MODE_H

#include <stdint.h>

#if defined(__x86_64__)

/* Returns what to give to mnet_float_mode_restore(). */
static inline uint64_t mnet_float_mode_set(void)
{
    uint32_t mode = __builtin_ia32_stmxcsr();
    /* Denormal results, all traps off, denormal operands. */
    __builtin_ia32_ldmxcsr(1u << 15 | 0x3fu << 7 | 1u << 6);
    return mode;
}

static inline void mnet_float_mode_restore(uint64_t mode)
{
    __builtin_ia32_ldmxcsr((uint32_t)mode);
}

#elif defined(__aarch64__)

static inline uint64_t mnet_float_mode_set(void)
{
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    __asm__ volatile("msr fpcr, %0" : : "r"(UINT64_C(1) << 24) : "memory"); /* denormals */
    return mode;
}

static inline void mnet_float_mode_restore(uint64_t mode)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(mode) : "memory");
}

#elif defined(__arm__) && defined(__ARM_FP)

static inline uint64_t mnet_float_mode_set(void)
{
    uint32_t mode;
    __asm__ volatile("vmrs %0, fpscr" : "=r"(mode));
    __asm__ volatile("vmsr fpscr, %0" : : "r"(UINT32_C(1) << 24) : "memory"); /* denormals */
    return mode;
}

static inline void mnet_float_mode_restore(uint64_t mode)
{
    __asm__ volatile("vmsr fpscr, %0" : : "r"((uint32_t)mode) : "memory");
}

#else

static inline uint64_t mnet_float_mode_set(void)
{
    return 0;
}

static inline void mnet_float_mode_restore(uint64_t mode)
{
    (void)mode;
}

#endif

#endif
