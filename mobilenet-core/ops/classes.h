/* SPDX-License-Identifier: MIT
 *
 * The operators, one object each. */
#ifndef MNET_OPS_CLASSES_H
#define MNET_OPS_CLASSES_H

#include "ops/op.h"

extern const MnetOpClass mnet_op_arg_max;                                      /* arg_max.c */
extern const MnetOpClass mnet_op_average_pool, mnet_op_max_pool, mnet_op_mean; /* pooling.c */
extern const MnetOpClass mnet_op_binary;                                       /* binary.c */
extern const MnetOpClass mnet_op_conv, mnet_op_fully_connected;                /* conv.c */
extern const MnetOpClass mnet_op_depthwise;                                    /* depthwise.c */
extern const MnetOpClass mnet_op_reshape, mnet_op_squeeze, mnet_op_densify;    /* shape.c */
extern const MnetOpClass mnet_op_transpose, mnet_op_pad, mnet_op_space;        /* move.c */
extern const MnetOpClass mnet_op_mirror_pad;                                   /* mirror_pad.c */
extern const MnetOpClass mnet_op_space_batch;                                  /* space_batch.c */
extern const MnetOpClass mnet_op_transpose_conv;              /* transpose_conv.c */
extern const MnetOpClass mnet_op_concatenation, mnet_op_pack; /* concat.c */
extern const MnetOpClass mnet_op_slice;                       /* slice.c */
extern const MnetOpClass mnet_op_post_process;                /* post_process.c */
extern const MnetOpClass mnet_op_resize;                      /* resize.c */
extern const MnetOpClass mnet_op_resize_arg_max;              /* resize_arg_max.c */
extern const MnetOpClass mnet_op_softmax;                     /* softmax.c */
extern const MnetOpClass mnet_op_round_dynamic;               /* dynamic.c */
extern const MnetOpClass mnet_op_unary, mnet_op_quantize, mnet_op_dequantize, mnet_op_flip,
    mnet_op_cast; /* unary.c */

#endif
