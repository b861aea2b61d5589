/* SPDX-License-Identifier: MIT
 *
 * The float16 slots for processors that compute in it. */
#include "kernels/arm/table_asimdhp.h"

const MnetKernelsF16 mnet_kernels_f16_asimdhp = {
    .name = "asimdhp",
    .gemm = { .mr = 8, .nr = 16, .run = mnet_gemm_f16_asimdhp },
    .depthwise = { .channel_tile = 16, .run = mnet_depthwise_f16_asimdhp },
    .add = mnet_add_f16_asimdhp,
    .sub = mnet_sub_f16_asimdhp,
    .mul = mnet_mul_f16_asimdhp,
    .hard_swish = mnet_hard_swish_f16_asimdhp,
    .max = mnet_max_f16_asimdhp,
    .accumulate = mnet_accumulate_f16_asimdhp,
    .narrow = mnet_narrow_f16_asimdhp,
    .widen = mnet_widen_f16_asimdhp,
};
