/* SPDX-License-Identifier: MIT
 *
 * The kernels of training for what every machine of a target has: 4 lanes. */
#include <stdint.h>

enum { LANES = 4, TILE_ROWS = 4, TILE_VECTORS = 2 };
typedef float Vector __attribute__((vector_size(16), may_alias));
typedef int32_t Mask __attribute__((vector_size(16), may_alias));

static inline Vector vector_min(Vector a, Vector b)
{
    Mask less = a < b;
    return (Vector)((less & (Mask)a) | (~less & (Mask)b));
}

static inline Vector vector_max(Vector a, Vector b)
{
    Mask more = a > b;
    return (Vector)((more & (Mask)a) | (~more & (Mask)b));
}

static inline Vector vector_between(Vector u, Vector low, Vector high, Vector x)
{
    return (Vector)((u > low) & (u < high) & (Mask)x);
}

#include "train/train_kernels_body.h"

const MnetTrainKernels mnet_train_kernels_c = { .name = "c", MNET_TRAIN_SLOTS };
