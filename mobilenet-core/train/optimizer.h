/* SPDX-License-Identifier: MIT
 *
 * From gradients to the next parameters. */
#ifndef MNET_TRAIN_OPTIMIZER_H
#define MNET_TRAIN_OPTIMIZER_H

#include "base/memory.h"
#include "train/trainer.h"

typedef enum {
    MNET_OPTIMIZER_SGD,
    MNET_OPTIMIZER_ADAM,
    MNET_OPTIMIZER_RMSPROP,
    /* SGD, but convolutions with batch normalisation that are not depthwise turn by
     * orthogonal steps (muon.h) and keep their size. */
    MNET_OPTIMIZER_MUON
} MnetOptimizerKind;
typedef enum { MNET_SCHEDULE_COSINE, MNET_SCHEDULE_STEP, MNET_SCHEDULE_CONSTANT } MnetScheduleKind;

typedef struct {
    MnetOptimizerKind kind;
    float momentum; /* Adam: beta1 */
    bool nesterov;
    float square_decay; /* of Adam (beta2) and RMSProp */
    float epsilon;
    /* Of Muon: by what share of its size a convolution turns in a step, as a share of
     * the rate. */
    float matrix_share;
    /* Of the weights of convolutions and dense layers that are not depthwise;
     * decoupled from the gradient with Adam; not of what Muon keeps in size. */
    float weight_decay;
    float average_decay; /* of the moving average of all parameters; 0: none */
} MnetOptimizerOptions;

typedef struct {
    MnetScheduleKind kind;
    float rate;
    double warm_up;    /* epochs of a linear rise */
    double epochs;     /* until cosine ends */
    double step_every; /* epochs */
    float step_factor;
} MnetSchedule;

/* After so many epochs (with a fraction). */
float mnet_schedule_rate(const MnetSchedule *schedule, double epoch);

typedef struct {
    MnetOptimizerOptions options;
    MnetNet *net;
    uint64_t steps;
    float *momentum, *square; /* [n_trained] */
    float *average;           /* [n_params], or NULL */
    float *decay;             /* [n_trained]: weight_decay or 0 */
    float *plain;             /* [n_trained]: 1, or 0 where Muon makes the step */
    double *sums;             /* of slices */
    float *room;              /* of Muon: [threads][room_floats] */
    size_t room_floats;
} MnetOptimizer;

/* `threads`: those of the trainer. */
MnetStatus mnet_optimizer_init(MnetOptimizer *optimizer, MnetNet *net,
                               const MnetOptimizerOptions *options, size_t threads,
                               MnetStore *store, MnetError *error);
/* False, and nothing is changed, when a gradient is not finite. */
bool mnet_optimizer_step(MnetOptimizer *optimizer, MnetTrainer *trainer, float rate);

#endif
