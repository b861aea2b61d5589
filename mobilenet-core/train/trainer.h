/* SPDX-License-Identifier: MIT
 *
 * Trains a network: batches forward and backward in float.
 *
 * Maps are stored as what a layer sums (before normalisation and activation), their
 * channels padded to MNET_TRAIN_CHANNELS; who reads a map normalises and activates
 * it in pieces that stay in the cache.  A convolution going back reads each piece
 * once for the gradients of its weights and of its input.
 *
 * A batch is cut into chunks whose number depends on the layer alone; each has its
 * own sums, which are added in order: results do not depend on the threads. */
#ifndef MNET_TRAIN_TRAINER_H
#define MNET_TRAIN_TRAINER_H

#include <mnet/session.h>

#include "train/train_kernels.h"

typedef struct MnetTrainer MnetTrainer;

typedef struct {
    int32_t batch;   /* pictures: at least 2 with batch normalisation */
    MnetPool *pool;  /* NULL: the calling thread computes; a reference is taken */
    const char *cpu; /* a kernel set, NULL: the best one */
    bool forward_only;
} MnetTrainerOptions;

/* `net` outlives the trainer, which changes its running statistics.  NULL and
 * `error` when the network has what cannot be trained or memory is short. */
MnetTrainer *mnet_trainer_new(MnetNet *net, const MnetTrainerOptions *options, MnetError *error);
void mnet_trainer_free(MnetTrainer *trainer); /* NULL is allowed */

/* Where row `y` of a picture of the batch is to be put: width * channels floats. */
float *mnet_trainer_input_row(MnetTrainer *trainer, int32_t picture, int32_t y);

/* What the loss of a batch is measured by; [batch][classes] each. */
typedef struct {
    const float *targets; /* probabilities */
    /* NULL, or a teacher's probabilities at `temperature`: the loss is (1 - alpha) *
     * cross-entropy + alpha * temperature^2 * KL(teacher, network at it). */
    const float *teacher;
    float temperature, alpha;
    uint64_t seed; /* of dropout: another one for each step */
    uint64_t step; /* how many there were before: running statistics follow fast at first */
} MnetTrainGoal;

/* One batch forward and backward: the mean loss; gradients are in
 * mnet_trainer_gradients(), running statistics have moved. */
double mnet_trainer_step(MnetTrainer *trainer, const MnetTrainGoal *goal);
/* [net->n_trained], of the mean loss. */
const float *mnet_trainer_gradients(const MnetTrainer *trainer);
/* [batch][classes] of the last step or evaluation. */
const float *mnet_trainer_logits(const MnetTrainer *trainer);

/* One batch with running statistics and without dropout. */
void mnet_trainer_evaluate(MnetTrainer *trainer);
/* The output of a layer for one picture of the last batch, height * width *
 * channels floats. */
void mnet_trainer_output(MnetTrainer *trainer, int32_t layer, int32_t picture, float *out);

/* The trainer's kernels, for what else is to be computed. */
const MnetTrainKernels *mnet_trainer_kernels(const MnetTrainer *trainer);

/* Calls work(user, tile, worker) for every tile below `tiles` on the trainer's
 * threads, of which `worker` is one. */
void mnet_trainer_spread(MnetTrainer *trainer, size_t tiles,
                         void (*work)(void *user, size_t tile, size_t worker), void *user);

#endif
