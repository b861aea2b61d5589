/* SPDX-License-Identifier: MIT
 *
 * Each parameter on its own, slice by slice. */
#include "train/optimizer.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "train/muon.h"

#define SLICE 16384

float mnet_schedule_rate(const MnetSchedule *schedule, double epoch)
{
    if (epoch < schedule->warm_up)
        return (float)(schedule->rate * epoch / schedule->warm_up);
    if (schedule->kind == MNET_SCHEDULE_STEP)
        return (float)(schedule->rate *
                       pow(schedule->step_factor, floor(epoch / schedule->step_every)));
    double length = schedule->epochs - schedule->warm_up;
    if (schedule->kind == MNET_SCHEDULE_CONSTANT || length <= 0)
        return schedule->rate;
    double done = fmin((epoch - schedule->warm_up) / length, 1);
    return (float)(schedule->rate * 0.5 * (1 + cos(done * 3.14159265358979323846)));
}

static size_t count_slices(size_t n)
{
    return (n + SLICE - 1) / SLICE;
}

static bool is_matrix(const MnetOptimizer *optimizer, const MnetNetLayer *layer)
{
    return optimizer->options.kind == MNET_OPTIMIZER_MUON && layer->kind == MNET_NET_CONV &&
           layer->batch_norm;
}

/* Of a worker's room, before what orthogonalising takes. */
static size_t step_floats(const MnetNetLayer *layer)
{
    return mnet_round_up(layer->n_weights, MNET_TRAIN_CHANNELS);
}

/* What a layer's weights are to be treated by. */
static void treat_layer(MnetOptimizer *optimizer, const MnetNetLayer *layer)
{
    bool matrix = is_matrix(optimizer, layer);
    if (layer->kind != MNET_NET_CONV && layer->kind != MNET_NET_DENSE)
        return;
    for (size_t i = 0; i < layer->n_weights; i++) {
        optimizer->decay[layer->weights + i] = matrix ? 0 : optimizer->options.weight_decay;
        optimizer->plain[layer->weights + i] = matrix ? 0 : 1;
    }
    size_t rows = (size_t)layer->channels;
    size_t room = matrix ? step_floats(layer) + mnet_muon_room(rows, layer->n_weights / rows) : 0;
    if (room > optimizer->room_floats)
        optimizer->room_floats = room;
}

MnetStatus mnet_optimizer_init(MnetOptimizer *optimizer, MnetNet *net,
                               const MnetOptimizerOptions *options, size_t threads,
                               MnetStore *store, MnetError *error)
{
    const size_t n = net->n_trained;
    *optimizer = (MnetOptimizer){ .options = *options, .net = net };
    optimizer->momentum = mnet_store_calloc(store, n, sizeof(float));
    optimizer->square = mnet_store_calloc(store, n, sizeof(float));
    optimizer->decay = mnet_store_calloc(store, n, sizeof(float));
    optimizer->plain = mnet_store_calloc(store, n, sizeof(float));
    optimizer->sums = mnet_store_calloc(store, count_slices(n), sizeof(double));
    optimizer->average =
        options->average_decay > 0 ? mnet_store_calloc(store, net->n_params, sizeof(float)) : NULL;
    if (!optimizer->momentum || !optimizer->square || !optimizer->decay || !optimizer->plain ||
        !optimizer->sums || (options->average_decay > 0 && !optimizer->average))
        return mnet_error_memory(error, n * sizeof(float));
    if (optimizer->average)
        memcpy(optimizer->average, net->params, net->n_params * sizeof(float));
    for (size_t i = 0; i < n; i++)
        optimizer->plain[i] = 1;
    for (int32_t i = 0; i < net->n_layers; i++)
        treat_layer(optimizer, &net->layers[i]);
    if (optimizer->room_floats) {
        optimizer->room = mnet_store_calloc(store, threads * optimizer->room_floats, sizeof(float));
        if (!optimizer->room)
            return mnet_error_memory(error, threads * optimizer->room_floats * sizeof(float));
    }
    return MNET_OK;
}

typedef struct {
    MnetOptimizer *optimizer;
    const float *gradients;
    float rate;
    float first, second; /* Adam: what makes up for averages that began at 0 */
    float keep;          /* of the moving average */
    const MnetTrainKernels *kernels;
} Update;

static size_t slice_of(size_t slice, size_t n, size_t *first)
{
    *first = slice * SLICE;
    return *first + SLICE < n ? *first + SLICE : n;
}

static void sum_squares(void *user, size_t slice, size_t worker)
{
    const Update *u = user;
    size_t i, end = slice_of(slice, u->optimizer->net->n_trained, &i);
    double sum = 0;
    for (; i < end; i++)
        sum += (double)u->gradients[i] * u->gradients[i];
    u->optimizer->sums[slice] = sum;
}

static void sgd(const Update *u, size_t i, size_t end)
{
    const MnetOptimizer *o = u->optimizer;
    const float momentum = o->options.momentum, rate = u->rate;
    const bool nesterov = o->options.nesterov;
    float *w = o->net->params, *m = o->momentum;
    for (; i < end; i++) {
        float g = u->gradients[i] + o->decay[i] * w[i];
        m[i] = momentum * m[i] + g;
        w[i] -= rate * o->plain[i] * (nesterov ? g + momentum * m[i] : m[i]);
    }
}

static void adam(const Update *u, size_t i, size_t end)
{
    const MnetOptimizer *o = u->optimizer;
    const float b1 = o->options.momentum, b2 = o->options.square_decay;
    float *w = o->net->params, *m = o->momentum, *v = o->square;
    for (; i < end; i++) {
        float g = u->gradients[i];
        m[i] = b1 * m[i] + (1 - b1) * g;
        v[i] = b2 * v[i] + (1 - b2) * g * g;
        w[i] -= u->rate * (m[i] * u->first / (sqrtf(v[i] * u->second) + o->options.epsilon) +
                           o->decay[i] * w[i]);
    }
}

static void rmsprop(const Update *u, size_t i, size_t end)
{
    const MnetOptimizer *o = u->optimizer;
    const float keep = o->options.square_decay, momentum = o->options.momentum;
    float *w = o->net->params, *m = o->momentum, *v = o->square;
    for (; i < end; i++) {
        float g = u->gradients[i] + o->decay[i] * w[i];
        v[i] = keep * v[i] + (1 - keep) * g * g;
        m[i] = momentum * m[i] + u->rate * g / sqrtf(v[i] + o->options.epsilon);
        w[i] -= m[i];
    }
}

static void update_slice(void *user, size_t slice, size_t worker)
{
    const Update *u = user;
    size_t i, end = slice_of(slice, u->optimizer->net->n_trained, &i);
    if (u->optimizer->options.kind == MNET_OPTIMIZER_ADAM)
        adam(u, i, end);
    else if (u->optimizer->options.kind == MNET_OPTIMIZER_RMSPROP)
        rmsprop(u, i, end);
    else
        sgd(u, i, end);
}

/* w, whose size batch normalisation takes out, comes to that of rows of length 1, and
 * turns by `rate` of it: an orthogonal matrix has the size of its shorter side. */
static void turn(float *w, const float *step, size_t rows, size_t columns, float rate)
{
    const size_t n = rows * columns;
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += (double)w[i] * w[i];
    const float size = squares > 0 ? (float)sqrt((double)rows / squares) : 1;
    if (rows > columns)
        rate *= sqrtf((float)rows / (float)columns);
    for (size_t i = 0; i < n; i++)
        w[i] = w[i] * size - rate * step[i];
}

/* After sgd() has moved the momentum. */
static void update_layer(const Update *u, const MnetNetLayer *layer, float *room)
{
    const MnetOptimizer *o = u->optimizer;
    const size_t rows = (size_t)layer->channels, columns = layer->n_weights / rows;
    const float *g = u->gradients + layer->weights, *m = o->momentum + layer->weights;
    const float momentum = o->options.momentum;
    float *step = room;
    for (size_t i = 0; i < rows * columns; i++)
        step[i] = o->options.nesterov ? g[i] + momentum * m[i] : m[i];
    mnet_muon_orthogonalize(u->kernels, rows, columns, step, room + step_floats(layer));
    turn(o->net->params + layer->weights, step, rows, columns, u->rate * o->options.matrix_share);
}

/* The last layers are the largest and come first. */
static void update_matrix(void *user, size_t tile, size_t worker)
{
    const Update *u = user;
    const MnetOptimizer *o = u->optimizer;
    const MnetNetLayer *layer = &o->net->layers[(size_t)o->net->n_layers - 1 - tile];
    if (is_matrix(o, layer))
        update_layer(u, layer, o->room + worker * o->room_floats);
}

static void average_slice(void *user, size_t slice, size_t worker)
{
    const Update *u = user;
    const float *w = u->optimizer->net->params;
    float *average = u->optimizer->average;
    size_t i, end = slice_of(slice, u->optimizer->net->n_params, &i);
    for (; i < end; i++)
        average[i] += (1 - u->keep) * (w[i] - average[i]);
}

bool mnet_optimizer_step(MnetOptimizer *optimizer, MnetTrainer *trainer, float rate)
{
    const MnetOptimizerOptions *options = &optimizer->options;
    const double t = (double)optimizer->steps + 1;
    size_t slices = count_slices(optimizer->net->n_trained);
    Update u = { .optimizer = optimizer,
                 .gradients = mnet_trainer_gradients(trainer),
                 .rate = rate,
                 .kernels = mnet_trainer_kernels(trainer) };
    u.first = (float)(1 / (1 - pow(options->momentum, t)));
    u.second = (float)(1 / (1 - pow(options->square_decay, t)));
    u.keep = fminf(options->average_decay, (float)((1 + t) / (10 + t)));
    mnet_trainer_spread(trainer, slices, sum_squares, &u);
    double sum = 0;
    for (size_t i = 0; i < slices; i++)
        sum += optimizer->sums[i];
    if (!isfinite(sum))
        return false;
    mnet_trainer_spread(trainer, slices, update_slice, &u);
    if (optimizer->room)
        mnet_trainer_spread(trainer, (size_t)optimizer->net->n_layers, update_matrix, &u);
    if (optimizer->average)
        mnet_trainer_spread(trainer, count_slices(optimizer->net->n_params), average_slice, &u);
    optimizer->steps++;
    return true;
}
