/* SPDX-License-Identifier: MIT
 *
 * Softmax cross-entropy, alone or with a teacher. */
#include <math.h>

#include "train/trainer_private.h"

/* softmax(logits / temperature); returns the logarithm of its divisor. */
static double soften(const float *logits, size_t n, double temperature, double *p)
{
    double most = logits[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        most = logits[i] > most ? logits[i] : most;
    for (size_t i = 0; i < n; i++)
        sum += p[i] = exp((logits[i] - most) / temperature);
    for (size_t i = 0; i < n; i++)
        p[i] /= sum;
    return log(sum) + most / temperature;
}

/* Adds weight * the gradient to `gradient`; returns the cross-entropy, less the
 * targets' own entropy when `divergence`. */
static double cross_entropy(const float *logits, const float *targets, size_t n, double temperature,
                            double weight, bool divergence, double *p, double *gradient)
{
    double log_sum = soften(logits, n, temperature, p), loss = 0, sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += targets[i];
    for (size_t i = 0; i < n; i++) {
        loss += targets[i] * (log_sum - logits[i] / temperature);
        if (divergence && targets[i] > 0)
            loss += targets[i] * log(targets[i]);
        gradient[i] += weight * (sum * p[i] - targets[i]);
    }
    return loss;
}

typedef struct {
    MnetTrainer *t;
    const MnetTrainGoal *goal;
} Loss;

static void picture_loss(void *user, size_t picture, size_t worker)
{
    const Loss *loss = user;
    MnetTrainer *t = loss->t;
    const MnetTrainGoal *goal = loss->goal;
    MnetUnit *unit = &t->units[t->n_units - 1];
    size_t n = (size_t)unit->layer->channels;
    const float *logits = t->logits + picture * n;
    double *p = t->loss_room + 2 * n * picture, *gradient = p + n;
    double alpha = goal->teacher ? goal->alpha : 0, sum;
    for (size_t i = 0; i < n; i++)
        gradient[i] = 0;
    sum = (1 - alpha) *
          cross_entropy(logits, goal->targets + picture * n, n, 1, 1 - alpha, false, p, gradient);
    if (goal->teacher) {
        double temperature = goal->temperature;
        sum += alpha * temperature * temperature *
               cross_entropy(logits, goal->teacher + picture * n, n, temperature,
                             alpha * temperature, true, p, gradient);
    }
    t->losses[picture] = sum;
    for (size_t i = 0; i < n; i++)
        unit->g[picture * unit->channels + i] = (float)(gradient[i] / (double)t->batch);
}

double mnet_train_loss(MnetTrainer *t, const MnetTrainGoal *goal)
{
    MnetUnit *unit = &t->units[t->n_units - 1];
    Loss loss = { t, goal };
    double sum = 0;
    mnet_trainer_spread(t, t->batch, picture_loss, &loss);
    for (size_t i = 0; i < t->batch; i++)
        sum += t->losses[i];
    /* Of the bias: the sums that a reader would have made. */
    float *sums = unit->sums;
    for (size_t c = 0; c < 2 * unit->channels; c++)
        sums[c] = 0;
    unit->sum_chunks = 1;
    t->kernels->sums_back(t->batch, unit->channels, unit->g, unit->z, sums);
    return sum / (double)t->batch;
}
