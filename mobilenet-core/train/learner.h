/* SPDX-License-Identifier: MIT
 *
 * A network that learns from pictures, step by step, and can be saved between any
 * two steps: what follows is the same to the bit as if it had gone on. */
#ifndef MNET_TRAIN_LEARNER_H
#define MNET_TRAIN_LEARNER_H

#include "train/augment.h"
#include "train/optimizer.h"

typedef struct {
    int32_t batch; /* cut to the pictures that there are */
    uint32_t epochs;
    uint64_t seed;
    MnetAugment augment;
    MnetOptimizerOptions optimizer;
    MnetSchedule schedule; /* its `epochs` are set */
    MnetPool *pool;        /* NULL: the calling thread */
    const char *cpu;
    /* NULL, or a network whose probabilities are learnt too: see MnetTrainGoal. */
    MnetModel *teacher;
    float temperature, alpha;
} MnetLearnOptions;

/* What an epoch came to. */
typedef struct {
    double loss, accuracy; /* on what was shown, in training */
    double test_accuracy;  /* of the averaged parameters; NaN without a test */
    double rate;
} MnetEpoch;

typedef struct {
    uint32_t epoch, epochs;   /* whole ones done */
    uint64_t step, steps;     /* of this epoch */
    size_t pictures;          /* of a step */
    double loss, accuracy;    /* in this epoch so far */
    const MnetEpoch *history; /* [epoch] */
} MnetProgress;

typedef struct MnetLearner MnetLearner;

/* `net` and `dataset` outlive the learner. */
MnetLearner *mnet_learner_new(MnetNet *net, const MnetDataset *dataset,
                              const MnetLearnOptions *options, MnetError *error);
void mnet_learner_free(MnetLearner *learner); /* NULL is allowed */

/* One batch; the last one of an epoch is followed by a test.  A loss or gradient that
 * is not finite, or at the end of an epoch a parameter, is an error, after which
 * nothing is to be saved. */
MnetStatus mnet_learner_step(MnetLearner *learner, MnetError *error);
void mnet_learner_progress(const MnetLearner *learner, MnetProgress *progress);

/* A file of everything that the next step depends on.  Only what was begun with the
 * same network, pictures and options goes on from it. */
MnetStatus mnet_learner_save(const MnetLearner *learner, const char *path, MnetError *error);
MnetStatus mnet_learner_load(MnetLearner *learner, const char *path, MnetError *error);

/* The network as it is to be used: its parameters averaged. */
const MnetNet *mnet_learner_net(MnetLearner *learner);
/* Share of the pictures whose class it tells. */
double mnet_learner_test(MnetLearner *learner, const MnetPictures *pictures);

#endif
