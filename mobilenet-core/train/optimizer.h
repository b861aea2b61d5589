/* SPDX-License-Identifier: MIT
 *
 * From gradients to the next parameters. */
#ifndef MNET_TRAIN_OPTIMIZER_H
#define MNET_TRAIN_OPTIMIZER_H

#include "base/memory.h"
#include "train/trainer.h"

typedef enum { MNET_OPTIMIZER_SGD, MNET_OPTIMIZER_ADAM, MNET_OPTIMIZER_RMSPROP } MnetOptimizerKind;
typedef enum { MNET_SCHEDULE_COSINE, MNET_SCHEDULE_STEP, MNET_SCHEDULE_CONSTANT } MnetScheduleKind;

typedef struct {
    MnetOptimizerKind kind;
    float momentum; /* Adam: beta1 */
    bool nesterov;
    float square_decay; /* of Adam (beta2) and RMSProp */
    float epsilon;
    /* Of the weights of convolutions and dense layers that are not depthwise;
     * decoupled from the gradient with Adam. */
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
    double *sums;             /* of slices */
} MnetOptimizer;

MnetStatus mnet_optimizer_init(MnetOptimizer *optimizer, MnetNet *net,
                               const MnetOptimizerOptions *options, MnetStore *store,
                               MnetError *error);
/* False, and nothing is changed, when a gradient is not finite. */
bool mnet_optimizer_step(MnetOptimizer *optimizer, MnetTrainer *trainer, float rate);

#endif
