/* SPDX-License-Identifier: MIT
 *
 * The table for AVX2 with FMA. */
#include "kernels/x86/table_avx2.h"

const MnetKernels mnet_kernels_avx2 = {
    .name = "avx2",
    .gemm_s8 = { .mr = 6,
                 .nr = 16,
                 .kr = 2,
                 .wide = 1,
                 .w_bias = 0,
                 .fits = 1,
                 .run = mnet_gemm_s8_avx2 },
    .gemm_f32 = { .mr = 6, .nr = 16, .run = mnet_gemm_f32_avx2 },
    .depthwise_s8 = { .channel_tile = 8,
                      .fits = 1,
                      .pack_bytes = mnet_depthwise_s8_pack_bytes_avx2,
                      .pack = mnet_depthwise_s8_pack_avx2,
                      .run = mnet_depthwise_s8_avx2 },
    .depthwise_f32 = { .channel_tile = 8, .run = mnet_depthwise_f32_avx2 },
    .add_s8 = mnet_add_s8_avx2,
    .mul_s8 = mnet_mul_s8_avx2,
    .add_f32 = mnet_add_f32_avx2,
    .sub_f32 = mnet_sub_f32_avx2,
    .mul_f32 = mnet_mul_f32_avx2,
    .prelu_f32 = mnet_prelu_f32_avx2,
    .lut8 = mnet_lut8_avx2,
    .accumulate_s8 = mnet_accumulate_s8_avx2,
    .accumulate_f32 = mnet_accumulate_f32_avx2,
    .max_s8 = mnet_max_s8_avx2,
    .max_f32 = mnet_max_f32_avx2,
    .image = { .rows8 = mnet_image_rows8_avx2,
               .rows10 = mnet_image_rows10_avx2,
               .pick = mnet_image_pick_avx2,
               .columns = mnet_image_columns_avx2,
               .matrix = mnet_image_matrix_avx2,
               .interleave = mnet_image_interleave_avx2 },
};
