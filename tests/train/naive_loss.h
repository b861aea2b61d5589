/* SPDX-License-Identifier: MIT
 *
 * A network's loss in training by its definition, in double. */
#ifndef NAIVE_LOSS_H
#define NAIVE_LOSS_H

#include "train/trainer.h"

typedef struct NaiveLoss NaiveLoss;

NaiveLoss *naive_new(const MnetNet *net, int32_t batch);
void naive_free(NaiveLoss *naive);
/* [n_params], copied from the network at first. */
double *naive_params(NaiveLoss *naive);
/* `input` is [batch][height][width][channels]. */
double naive_loss(NaiveLoss *naive, const float *input, const MnetTrainGoal *goal);
/* Of the last loss. */
const double *naive_logits(const NaiveLoss *naive);

#endif
