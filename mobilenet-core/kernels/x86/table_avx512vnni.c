/* SPDX-License-Identifier: MIT
 *
 * The table for AVX-512 F, BW, VL, DQ with VNNI. */
#include "kernels/x86/table_avx512vnni.h"
#include "kernels/x86/table_avx2.h"

const MnetKernels mnet_kernels_avx512vnni = {
    .name = "avx512vnni",
    .gemm_s8 = { .mr = 12,
                 .nr = 16,
                 .kr = 4,
                 .wide = 0,
                 .w_bias = 128,
                 .fits = 1,
                 .run = mnet_gemm_s8_avx512vnni },
    .gemm_f32 = { .mr = 12, .nr = 16, .run = mnet_gemm_f32_avx512vnni },
    .depthwise_s8 = { .channel_tile = 1,
                      .fits = 1,
                      .pack_bytes = mnet_depthwise_s8_pack_bytes_avx512vnni,
                      .pack = mnet_depthwise_s8_pack_avx512vnni,
                      .run = mnet_depthwise_s8_avx512vnni },
    .depthwise_f32 = { .channel_tile = 16, .run = mnet_depthwise_f32_avx512vnni },
    .add_s8 = mnet_add_s8_avx512vnni,
    .mul_s8 = mnet_mul_s8_avx512vnni,
    .add_f32 = mnet_add_f32_avx512vnni,
    .sub_f32 = mnet_sub_f32_avx512vnni,
    .mul_f32 = mnet_mul_f32_avx512vnni,
    .prelu_f32 = mnet_prelu_f32_avx512vnni,
    .lut8 = mnet_lut8_avx512vnni,
    .accumulate_s8 = mnet_accumulate_s8_avx512vnni,
    .accumulate_f32 = mnet_accumulate_f32_avx512vnni,
    .max_s8 = mnet_max_s8_avx512vnni,
    .max_f32 = mnet_max_f32_avx512vnni,
    .image = { .rows8 = mnet_image_rows8_avx512vnni,
               .rows10 = mnet_image_rows10_avx512vnni,
               .pick = mnet_image_pick_avx512vnni,
               .columns = mnet_image_columns_avx512vnni,
               .matrix = mnet_image_matrix_avx512vnni,
               .interleave = mnet_image_interleave_avx2 },
};
