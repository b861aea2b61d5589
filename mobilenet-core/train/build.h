/* SPDX-License-Identifier: MIT
 *
 * The networks of the papers, built by name: MobileNet V1 (arXiv 1704.04861), V2
 * (1801.04381), V3 (1905.02244). */
#ifndef MNET_TRAIN_BUILD_H
#define MNET_TRAIN_BUILD_H

#include "train/net.h"

typedef enum { MNET_NET_V1, MNET_NET_V2, MNET_NET_V3_SMALL, MNET_NET_V3_LARGE } MnetNetFamily;

#define MNET_NET_STRIDES 4 /* blocks of each network that halve its map, behind the stem */

typedef struct {
    MnetNetFamily family;
    double width;        /* of the channels, 0.05 to 4; 0: 1 */
    int32_t resolution;  /* rows and columns of the input, 16 to 1024; 0: 224 */
    int32_t n_classes;   /* 1 to MNET_NET_MAX_CLASSES; 0: 1001 */
    int32_t stem_stride; /* 1 or 2; 0: 2 */
    /* Of the blocks whose stride is 2 in the paper, in order; 1 keeps the map's size there;
     * 0: 2. */
    int32_t strides[MNET_NET_STRIDES];
    int32_t last_channels; /* of the layer that the classes are computed from, 8 to 4096: V2's
                            * convolution before the pool, V3's layer behind it; 0: the
                            * paper's.  V1 has none */
    bool minimalistic;     /* V3 without squeeze and excite, hard swish and 5x5 kernels */
    uint64_t seed;
} MnetNetOptions;

/* With parameters of mnet_net_init().  NULL and `error` when an option leaves its
 * range. */
MnetNet *mnet_net_build(const MnetNetOptions *options, MnetError *error);

#endif
