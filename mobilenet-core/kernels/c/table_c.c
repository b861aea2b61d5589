/* SPDX-License-Identifier: MIT
 *
 * The plain C table: floor of every machine and oracle of every other table. */
#include "kernels/c/table_c.h"

const MnetKernels mnet_kernels_c = {
    .name = "c",
    .f16 = &mnet_kernels_f16_c,
    .gemm_s8 = { .mr = 4, .nr = 8, .kr = 0, .wide = 1, .w_bias = 0, .run = mnet_gemm_s8_c },
    .gemm_f32 = { .mr = 4, .nr = 8, .run = mnet_gemm_f32_c },
    .depthwise_s8 = { .channel_tile = 8,
                      .pack_bytes = NULL,
                      .pack = NULL,
                      .run = mnet_depthwise_s8_c },
    .depthwise_f32 = { .channel_tile = 8, .run = mnet_depthwise_f32_c },
    .add_s8 = mnet_add_s8_c,
    .mul_s8 = mnet_mul_s8_c,
    .add_f32 = mnet_add_f32_c,
    .sub_f32 = mnet_sub_f32_c,
    .mul_f32 = mnet_mul_f32_c,
    .prelu_f32 = mnet_prelu_f32_c,
    .hard_swish_f32 = mnet_hard_swish_f32_c,
    .logistic_f32 = mnet_logistic_f32_c,
    .tanh_f32 = mnet_tanh_f32_c,
    .blend_f32 = mnet_blend_f32_c,
    .stretch_f32 = mnet_stretch_f32_c,
    .quantize_f32 = mnet_quantize_f32_c,
    .lut8 = mnet_lut8_c,
    .accumulate_s8 = mnet_accumulate_s8_c,
    .accumulate_f32 = mnet_accumulate_f32_c,
    .max_s8 = mnet_max_s8_c,
    .max_f32 = mnet_max_f32_c,
    .image = { .rows8 = mnet_image_rows8_c,
               .rows10 = mnet_image_rows10_c,
               .pick = mnet_image_pick_c,
               .columns = mnet_image_columns_c,
               .matrix = mnet_image_matrix_c,
               .interleave = mnet_image_interleave_c },
};
