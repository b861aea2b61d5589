/* SPDX-License-Identifier: MIT
 *
 * What the processor can do, and which kernel set that makes. */
#ifndef MNET_BASE_CPU_H
#define MNET_BASE_CPU_H

#include <mnet/common.h>

#include "kernels/select.h"

/* MNET_CPU_ bits, see kernels/select.h. */
uint32_t mnet_cpu_flags(void);

/* For loops that wait for another thread. */
static inline void mnet_cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* The kernel set called `name`; NULL: the one that the environment variable
 * MNET_CPU names; "" or "auto": the best one here.  An error when this build or
 * this machine has no such set. */
MnetStatus mnet_cpu_kernels(const char *name, const MnetKernels **kernels, MnetError *error);

#endif
