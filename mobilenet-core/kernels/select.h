/* SPDX-License-Identifier: MIT
 *
 * Which kernel table a model gets. */
#ifndef MNET_KERNELS_SELECT_H
#define MNET_KERNELS_SELECT_H

#include <stdbool.h>

#include "kernels/kernels.h"

/* What a processor can do: each bit stands for all instructions that the kernel
 * set of that name uses. */
#define MNET_CPU_AVX2 (1u << 0)       /* AVX2, FMA */
#define MNET_CPU_AVX512VNNI (1u << 1) /* AVX-512 F, BW, VL, DQ, VNNI and the above */
#define MNET_CPU_NEON (1u << 2)
#define MNET_CPU_DOTPROD (1u << 3)
#define MNET_CPU_I8MM (1u << 4)
#define MNET_CPU_ASIMDHP (1u << 5) /* float16 arithmetic: of no kernel set's own */

/* One table of this build and the bits that it needs. */
typedef struct {
    const MnetKernels *kernels;
    uint32_t needs;
} MnetKernelSet;

/* Best first, C last; the end has kernels == NULL. */
extern const MnetKernelSet mnet_kernel_sets[];

/* The set called `name`, or the best one when `name` is NULL, among those whose
 * needs are in `flags`; NULL when there is none. */
const MnetKernels *mnet_kernels_select(const char *name, uint32_t flags);

/* Whether a processor with `flags` can run the set's float16 slots; plain C's it can. */
bool mnet_kernels_run_f16(const MnetKernels *kernels, uint32_t flags);

#endif
