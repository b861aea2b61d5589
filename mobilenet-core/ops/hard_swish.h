/* SPDX-License-Identifier: MIT
 *
 * TFLite's integer HARD_SWISH: x * relu6(x + 3) / 6 in 16-bit fixed point. */
#ifndef MNET_OPS_HARD_SWISH_H
#define MNET_OPS_HARD_SWISH_H

#include "graph/graph.h"

typedef struct {
    int32_t in_zero, out_zero;
    int32_t reluish_multiplier, reluish_exponent; /* input to units of 3 / 2^15 */
    int32_t out_multiplier, out_exponent;         /* input to the output's scale */
} MnetHardSwish;

/* Both tensors int8 with one scale, or anything else when apply is not called. */
MnetHardSwish mnet_hard_swish(const MnetTensor *in, const MnetTensor *out);
int8_t mnet_hard_swish_apply(const MnetHardSwish *swish, int32_t q);

#endif
