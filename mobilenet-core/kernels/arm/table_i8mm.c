/* SPDX-License-Identifier: MIT
 *
 * The table for processors with SMMLA. */
#include "kernels/arm/table_i8mm.h"

#include "kernels/arm/table_dotprod.h"
#include "kernels/arm/table_neon.h"

const MnetKernels mnet_kernels_i8mm = {
    .name = "i8mm",
    .f16 = &mnet_kernels_f16_asimdhp,
    .gemm_s8 = { .mr = 4, .nr = 16, .kr = 8, .wide = 0, .w_bias = 0, .run = mnet_gemm_s8_i8mm },
    .gemm_f32 = { .mr = 4, .nr = 16, .run = mnet_gemm_f32_neon },
    .depthwise_s8 = { .channel_tile = 16,
                      .pack_bytes = mnet_depthwise_s8_pack_bytes_dotprod,
                      .pack = mnet_depthwise_s8_pack_dotprod,
                      .run = mnet_depthwise_s8_dotprod },
    .depthwise_f32 = { .channel_tile = 4, .run = mnet_depthwise_f32_neon },
    .add_s8 = mnet_add_s8_neon,
    .mul_s8 = mnet_mul_s8_neon,
    .add_f32 = mnet_add_f32_neon,
    .sub_f32 = mnet_sub_f32_neon,
    .mul_f32 = mnet_mul_f32_neon,
    .prelu_f32 = mnet_prelu_f32_neon,
    .hard_swish_f32 = mnet_hard_swish_f32_neon,
    .logistic_f32 = mnet_logistic_f32_neon,
    .tanh_f32 = mnet_tanh_f32_neon,
    .blend_f32 = mnet_blend_f32_neon,
    .stretch_f32 = mnet_stretch_f32_neon,
    .quantize_f32 = mnet_quantize_f32_neon,
    .lut8 = mnet_lut8_neon,
    .accumulate_s8 = mnet_accumulate_s8_neon,
    .accumulate_f32 = mnet_accumulate_f32_neon,
    .max_s8 = mnet_max_s8_neon,
    .max_f32 = mnet_max_f32_neon,
    .image = { .rows8 = mnet_image_rows8_neon,
               .rows10 = mnet_image_rows10_neon,
               .pick = mnet_image_pick_neon,
               .columns = mnet_image_columns_neon,
               .matrix = mnet_image_matrix_neon,
               .interleave = mnet_image_interleave_neon },
};
