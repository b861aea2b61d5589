/* SPDX-License-Identifier: MIT
 *
 * New classes for a trained network: its last layer alone learns, from what the rest
 * makes of each picture, which is computed once. */
#ifndef MNET_TRAIN_HEAD_H
#define MNET_TRAIN_HEAD_H

#include "train/learner.h"

typedef struct {
    uint32_t epochs; /* 0: 100 */
    int32_t batch;   /* 0: 32 */
    float rate;      /* of Adam; 0: 0.01 */
    float weight_decay;
    float smoothing;
    uint64_t seed;
    bool flip; /* pictures are seen mirrored, too */
    /* A class's weights are the mean of its pictures' features, each and the mean of
     * length 1 (Qi et al., arXiv 1712.07136), times a scale: nothing is learnt. */
    bool imprint;
    MnetPool *pool;
    const char *cpu;
} MnetHeadOptions;

/* Sets the last layer of `net`, whose classes are those of the pictures.
 * *accuracy is of the test pictures, NaN when there are none. */
MnetStatus mnet_head_learn(MnetNet *net, const MnetDataset *dataset, const MnetHeadOptions *options,
                           double *accuracy, MnetError *error);

#endif
