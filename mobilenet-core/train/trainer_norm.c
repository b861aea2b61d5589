/* SPDX-License-Identifier: MIT
 *
 * Batch normalisation and biases: a scale and a shift for each channel, and what
 * goes back through them. */
#include <math.h>

#include "train/trainer_private.h"

static double sum_of_chunks(const MnetUnit *unit, size_t which, size_t channel)
{
    double sum = 0;
    for (size_t chunk = 0; chunk < unit->sum_chunks; chunk++)
        sum += unit->sums[(2 * chunk + which) * unit->channels + channel];
    return sum;
}

static void set_affine(const MnetTrainer *t, MnetUnit *unit, size_t c, double mean, double variance)
{
    const float *params = t->net->params;
    double scale = params[unit->layer->gamma + c] / sqrt(variance + t->net->bn_epsilon);
    unit->scale[c] = (float)scale;
    unit->shift[c] = (float)(params[unit->layer->beta + c] - mean * scale);
}

static void set_bias(const MnetTrainer *t, MnetUnit *unit)
{
    for (int32_t c = 0; c < unit->layer->channels; c++) {
        unit->scale[c] = 1;
        unit->shift[c] = t->net->params[unit->layer->bias + (size_t)c];
    }
}

void mnet_norm_running(const MnetTrainer *t, MnetUnit *unit)
{
    if (!unit->layer->batch_norm) {
        set_bias(t, unit);
        return;
    }
    for (int32_t c = 0; c < unit->layer->channels; c++)
        set_affine(t, unit, (size_t)c, t->net->params[unit->layer->mean + (size_t)c],
                   t->net->params[unit->layer->variance + (size_t)c]);
}

/* by_z and constant keep 1 / deviation and mean until the way back. */
void mnet_norm_forward(MnetTrainer *t, MnetUnit *unit)
{
    if (!unit->layer->batch_norm) {
        set_bias(t, unit);
        return;
    }
    const double n = (double)unit->rows, keep = t->keep;
    float *running_mean = t->net->params + unit->layer->mean;
    float *running_variance = t->net->params + unit->layer->variance;
    for (int32_t c = 0; c < unit->layer->channels; c++) {
        double mean = sum_of_chunks(unit, 0, (size_t)c) / n;
        double variance = fmax(sum_of_chunks(unit, 1, (size_t)c) / n - mean * mean, 0);
        set_affine(t, unit, (size_t)c, mean, variance);
        unit->by_z[c] = (float)(1 / sqrt(variance + t->net->bn_epsilon));
        unit->constant[c] = (float)mean;
        running_mean[c] = (float)(keep * running_mean[c] + (1 - keep) * mean);
        running_variance[c] =
            (float)(keep * running_variance[c] + (1 - keep) * variance * n / (n - 1));
    }
}

void mnet_norm_backward(MnetTrainer *t, MnetUnit *unit)
{
    const double n = (double)unit->rows;
    for (int32_t c = 0; c < unit->layer->channels; c++) {
        double g = sum_of_chunks(unit, 0, (size_t)c);
        if (!unit->layer->batch_norm) {
            t->gradients[unit->layer->bias + (size_t)c] = (float)g;
            continue;
        }
        double inverse = unit->by_z[c], mean = unit->constant[c], scale = unit->scale[c];
        double gamma = (sum_of_chunks(unit, 1, (size_t)c) - mean * g) * inverse;
        double by_z = -scale * gamma * inverse / n;
        t->gradients[unit->layer->beta + (size_t)c] = (float)g;
        t->gradients[unit->layer->gamma + (size_t)c] = (float)gamma;
        unit->by_g[c] = (float)scale;
        unit->by_z[c] = (float)by_z;
        unit->constant[c] = (float)(-scale * g / n - by_z * mean);
    }
}
