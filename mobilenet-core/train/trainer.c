/* SPDX-License-Identifier: MIT
 *
 * A trainer's batch: all layers forward, the loss, all layers back. */
#include "train/trainer.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/float_mode.h"
#include "pool.h"
#include "train/trainer_private.h"

/* Tiles that the workers take one by one. */
typedef struct {
    MnetTrainer *t;
    atomic_size_t next;
    size_t n;
    void (*work)(void *user, size_t tile, size_t worker);
    void *user;
    MnetUnit *unit;
    MnetChunkWork chunk;
    bool reversed;
} Spread;

static void run_worker(void *user, size_t worker)
{
    Spread *spread = user;
    uint64_t mode = mnet_float_mode_set();
    for (size_t tile; (tile = atomic_fetch_add(&spread->next, 1)) < spread->n;) {
        if (spread->chunk)
            spread->chunk(spread->t, spread->unit, spread->reversed ? spread->n - 1 - tile : tile,
                          spread->t->scratch[worker]);
        else
            spread->work(spread->user, tile, worker);
    }
    mnet_float_mode_restore(mode);
}

/* Each of a step's hundreds of layers waits for the last worker.  Beside one busy program
 * on two processors that makes two threads a third as fast as one. */
static void run_spread(Spread *spread)
{
    MnetPool *pool = spread->t->options.pool;
    bool shared = pool && spread->n > 1 && mnet_pool_try_acquire(pool);
    if (shared && (!mnet_pool_is_crowded(pool) || mnet_pool_threads(pool) > 2))
        mnet_pool_run(pool, run_worker, spread);
    else
        run_worker(spread, 0);
    if (shared)
        mnet_pool_release(pool);
}

void mnet_trainer_spread(MnetTrainer *trainer, size_t tiles,
                         void (*work)(void *user, size_t tile, size_t worker), void *user)
{
    Spread spread = { .t = trainer, .n = tiles, .work = work, .user = user };
    run_spread(&spread);
}

void mnet_trainer_chunks(MnetTrainer *t, MnetUnit *unit, size_t n, MnetChunkWork work)
{
    /* Each layer begins where the one before ended: that is still in the caches. */
    t->reversed = !t->reversed;
    Spread spread = { .t = t, .n = n, .unit = unit, .chunk = work, .reversed = t->reversed };
    run_spread(&spread);
}

static void pack_unit(void *user, size_t index, size_t worker)
{
    MnetTrainer *t = user;
    MnetUnit *unit = &t->units[index];
    if (unit->layer->weights != MNET_NET_NONE)
        mnet_unit_pack(t, unit);
    if (!t->training && unit->affine)
        mnet_norm_running(t, unit);
}

static MnetChunkWork forward_of(const MnetUnit *unit)
{
    switch (unit->layer->kind) {
    case MNET_NET_CONV:
    case MNET_NET_DENSE:
        return mnet_product_forward;
    case MNET_NET_DEPTHWISE:
        return mnet_depthwise_forward;
    default:
        return mnet_simple_forward;
    }
}

static MnetChunkWork backward_of(const MnetUnit *unit)
{
    switch (unit->layer->kind) {
    case MNET_NET_CONV:
    case MNET_NET_DENSE:
        return mnet_product_backward;
    case MNET_NET_DEPTHWISE:
        return mnet_depthwise_backward;
    default:
        return mnet_simple_backward;
    }
}

static void copy_logits(MnetTrainer *t)
{
    const MnetUnit *unit = &t->units[t->n_units - 1];
    size_t n = (size_t)unit->layer->channels;
    for (size_t i = 0; i < t->batch; i++)
        for (size_t c = 0; c < n; c++)
            t->logits[i * n + c] =
                unit->z[i * unit->channels + c] * unit->scale[c] + unit->shift[c];
}

static void forward(MnetTrainer *t, bool training)
{
    t->training = training;
    mnet_trainer_spread(t, t->n_units, pack_unit, t);
    for (size_t i = 1; i < t->n_units; i++) {
        MnetUnit *unit = &t->units[i];
        mnet_trainer_chunks(t, unit, unit->chunks, forward_of(unit));
        unit->sum_chunks = unit->chunks;
        if (training && unit->affine)
            mnet_norm_forward(t, unit);
    }
    copy_logits(t);
}

/* The chunks' gradients of weights, in order. */
typedef struct {
    MnetTrainer *t;
    MnetUnit *unit;
    size_t rows, columns, padded, per_tile;
} Reduction;

static void add_parts(void *user, size_t tile, size_t worker)
{
    const Reduction *r = user;
    const MnetTrainer *t = r->t;
    size_t part =
        r->padded * (r->unit->layer->kind == MNET_NET_DEPTHWISE ? r->rows : r->unit->channels);
    size_t end = (tile + 1) * r->per_tile < r->rows ? (tile + 1) * r->per_tile : r->rows;
    for (size_t row = tile * r->per_tile; row < end; row++) {
        float *out = t->gradients + r->unit->layer->weights + row * r->columns;
        const float *in = t->parts + row * r->padded;
        memcpy(out, in, r->columns * sizeof *out);
        for (size_t chunk = 1; chunk < r->unit->chunks; chunk++)
            for (size_t i = 0; i < r->columns; i++)
                out[i] += in[chunk * part + i];
    }
}

static void reduce_weights(MnetTrainer *t, MnetUnit *unit)
{
    const MnetNetLayer *layer = unit->layer;
    Reduction r = { .t = t,
                    .unit = unit,
                    .rows = (size_t)layer->channels,
                    .columns = unit->inputs,
                    .padded = unit->padded_inputs };
    if (layer->kind == MNET_NET_DEPTHWISE) {
        r.rows = (size_t)layer->kernel * (size_t)layer->kernel;
        r.columns = (size_t)layer->channels;
        r.padded = unit->channels;
    }
    r.per_tile = 1 + 8192 / (r.columns * unit->chunks);
    mnet_trainer_spread(t, (r.rows + r.per_tile - 1) / r.per_tile, add_parts, &r);
}

/* Readers that give an array of their own say so to the input. */
static void note_given(MnetTrainer *t, MnetUnit *unit)
{
    for (int i = 0; i < 2 && unit->layer->inputs[i] >= 0; i++) {
        MnetUnit *input = mnet_unit_input(t, unit, i);
        if (unit->give[i] == MNET_GIVE_ALIAS)
            input->extra = unit->g;
        else if (unit->give[i] == MNET_GIVE_STORE)
            input->extra = input->g;
        else
            input->sum_chunks = unit->chunks;
    }
}

static void backward(MnetTrainer *t)
{
    for (size_t i = 1; i < t->n_units; i++)
        t->units[i].extra = NULL;
    for (size_t i = t->n_units - 1; i; i--) {
        MnetUnit *unit = &t->units[i];
        if (unit->affine)
            mnet_norm_backward(t, unit);
        mnet_trainer_chunks(t, unit, unit->chunks, backward_of(unit));
        if (unit->layer->weights != MNET_NET_NONE)
            reduce_weights(t, unit);
        note_given(t, unit);
    }
}

double mnet_trainer_step(MnetTrainer *trainer, const MnetTrainGoal *goal)
{
    uint64_t mode = mnet_float_mode_set();
    const double before = (double)goal->step, most = trainer->net->bn_momentum;
    trainer->seed = goal->seed;
    trainer->keep = fmin(most, (1 + before) / (10 + before));
    forward(trainer, true);
    double loss = mnet_train_loss(trainer, goal);
    backward(trainer);
    mnet_float_mode_restore(mode);
    return loss;
}

void mnet_trainer_evaluate(MnetTrainer *trainer)
{
    uint64_t mode = mnet_float_mode_set();
    forward(trainer, false);
    mnet_float_mode_restore(mode);
}

float *mnet_trainer_input_row(MnetTrainer *t, int32_t picture, int32_t y)
{
    const MnetUnit *unit = &t->units[0];
    if (t->input)
        return t->input + t->input_offset +
               ((size_t)picture * t->input_height + (size_t)y) * t->input_pitch;
    return unit->z + ((size_t)picture * unit->pixels + (size_t)y * (size_t)unit->layer->width) *
                         unit->channels;
}

const float *mnet_trainer_gradients(const MnetTrainer *trainer)
{
    return trainer->gradients;
}

const MnetTrainKernels *mnet_trainer_kernels(const MnetTrainer *trainer)
{
    return trainer->kernels;
}

const float *mnet_trainer_logits(const MnetTrainer *trainer)
{
    return trainer->logits;
}

void mnet_trainer_output(MnetTrainer *t, int32_t layer, int32_t picture, float *out)
{
    const MnetUnit *unit = &t->units[layer];
    size_t c = (size_t)unit->layer->channels;
    for (size_t pixel = 0; pixel < unit->pixels; pixel++, out += c) {
        size_t row = (size_t)picture * unit->pixels + pixel;
        memcpy(out, mnet_unit_rows(t, unit, row, 1, t->scratch[0]), c * sizeof *out);
    }
}
