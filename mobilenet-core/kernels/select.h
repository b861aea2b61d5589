/* SPDX-License-Identifier: MIT
 *
 * Which kernel table a model gets. */
#ifndef MNET_KERNELS_SELECT_H
#define MNET_KERNELS_SELECT_H

#include "kernels/kernels.h"

/* One table of this build and the bit of mnet_cpu_flags() that it needs. */
typedef struct {
    const MnetKernels *kernels;
    uint32_t needs;
} MnetKernelSet;

/* Best first, C last; the end has kernels == NULL. */
extern const MnetKernelSet mnet_kernel_sets[];

/* The set called `name`, or the best one when `name` is NULL, among those whose
 * needs are in `flags`; NULL when there is none. */
const MnetKernels *mnet_kernels_select(const char *name, uint32_t flags);

#endif
