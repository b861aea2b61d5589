/* SPDX-License-Identifier: MIT
 *
 * Which kernels of training go with which of the core. */
#include "train/train_kernels.h"

#include <string.h>

static const MnetTrainKernels *const sets[] = {
#ifdef MNET_HAVE_X86
    &mnet_train_kernels_avx512vnni,
    &mnet_train_kernels_avx2,
#endif
    &mnet_train_kernels_c,
};

const MnetTrainKernels *mnet_train_kernels_select(const char *name)
{
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        if (!strcmp(sets[i]->name, name))
            return sets[i];
    return &mnet_train_kernels_c;
}
