/* SPDX-License-Identifier: MIT
 *
 * What the files of the learner share. */
#ifndef MNET_TRAIN_LEARNER_PRIVATE_H
#define MNET_TRAIN_LEARNER_PRIVATE_H

#include "train/learner.h"
#include "train/teacher.h"

struct MnetLearner {
    MnetNet *net, *result; /* the second has the averaged parameters */
    const MnetDataset *dataset;
    MnetLearnOptions options;
    MnetTrainer *trainer, *tester;
    MnetTeacher *teacher;
    MnetOptimizer optimizer;
    uint32_t *order; /* of this epoch */
    float *targets, *taught;
    float **rows; /* [batch][height] */
    uint32_t epoch;
    uint64_t step, steps;
    double loss_sum, right; /* in this epoch */
    MnetEpoch *history;
    uint64_t begun; /* mnet_learner_sum() before the first step */
    MnetStore store;
};

/* A sum over network, parameters, teacher, pictures and options. */
uint64_t mnet_learner_sum(const MnetLearner *learner);

/* An error when a parameter or average is no number any more: nothing of it may be kept. */
MnetStatus mnet_learner_check(const MnetLearner *learner, MnetError *error);

#endif
