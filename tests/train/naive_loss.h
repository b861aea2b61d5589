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
/* After it: when only parameters of layers from `first` on have changed. */
double naive_loss_from(NaiveLoss *naive, int32_t first, const MnetTrainGoal *goal);
/* A sum over the pieces of a layer's activations, which kinks part: equal sums, and no
 * value went over a kink.  Channel by channel, in each all pictures' rows and columns. */
uint64_t naive_pieces(const NaiveLoss *naive, int32_t layer);
uint64_t naive_add_piece(uint64_t sum, unsigned piece);
/* Of the last loss. */
const double *naive_logits(const NaiveLoss *naive);

#endif
