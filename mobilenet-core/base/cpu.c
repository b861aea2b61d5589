/* SPDX-License-Identifier: MIT
 *
 * What the processor can do, and which kernel set that makes. */
#include "base/cpu.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

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
    if (getauxval(AT_HWCAP) & HWCAP_ASIMDHP)
        flags |= MNET_CPU_ASIMDHP;
    return flags;
}
#else
uint32_t mnet_cpu_flags(void)
{
    return 0;
}
#endif

#define MAX_KERNEL_SETS 8

static const char *kernel_names[MAX_KERNEL_SETS + 1];

static void fill_kernel_names(void)
{
    size_t n = 0;
    uint32_t flags = mnet_cpu_flags();
    for (const MnetKernelSet *set = mnet_kernel_sets; set->kernels && n < MAX_KERNEL_SETS; set++)
        if ((set->needs & flags) == set->needs)
            kernel_names[n++] = set->kernels->name;
}

const char *const *mnet_cpu_names(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_kernel_names);
    return kernel_names;
}

MnetStatus mnet_cpu_kernels(const char *name, const MnetKernels **kernels, MnetError *error)
{
    if (!name)
        name = getenv("MNET_CPU");
    if (name && (!*name || !strcmp(name, "auto")))
        name = NULL;
    *kernels = mnet_kernels_select(name, mnet_cpu_flags());
    if (*kernels)
        return MNET_OK;
    char have[128] = "";
    for (const char *const *n = mnet_cpu_names(); *n; n++)
        snprintf(have + strlen(have), sizeof have - strlen(have), " %s", *n);
    return mnet_error_set(
        error, MNET_ERROR_ARGUMENT,
        "kernel set \"%.40s\" is not in this build or not for this machine; there are:%s", name,
        have);
}
