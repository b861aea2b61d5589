/* SPDX-License-Identifier: MIT
 *
 * The kernel tables of this build, as data, and the choice among them. */
#include "kernels/select.h"

#include <string.h>

const MnetKernelSet mnet_kernel_sets[] = {
#ifdef MNET_HAVE_X86
    { &mnet_kernels_avx512vnni, MNET_CPU_AVX512VNNI },
    { &mnet_kernels_avx2, MNET_CPU_AVX2 },
#endif
#ifdef MNET_HAVE_ARM64
    { &mnet_kernels_i8mm, MNET_CPU_I8MM },
    { &mnet_kernels_dotprod, MNET_CPU_DOTPROD },
    { &mnet_kernels_neon, MNET_CPU_NEON },
#endif
    { &mnet_kernels_c, 0 },
    { NULL, 0 },
};

const MnetKernels *mnet_kernels_select(const char *name, uint32_t flags)
{
    for (const MnetKernelSet *set = mnet_kernel_sets; set->kernels; set++)
        if ((set->needs & flags) == set->needs && (!name || !strcmp(name, set->kernels->name)))
            return set->kernels;
    return NULL;
}

bool mnet_kernels_run_f16(const MnetKernels *kernels, uint32_t flags)
{
    return kernels->f16 == &mnet_kernels_f16_c || (flags & MNET_CPU_ASIMDHP);
}
