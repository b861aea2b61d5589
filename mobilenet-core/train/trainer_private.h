/* SPDX-License-Identifier: MIT
 *
 * What the files of the trainer share. */
#ifndef MNET_TRAIN_TRAINER_PRIVATE_H
#define MNET_TRAIN_TRAINER_PRIVATE_H

#include "base/memory.h"
#include "kernels/kernels.h"
#include "train/train_kernels.h"
#include "train/trainer.h"

/* Most chunks of a batch, and rows of a piece of a map that stays in the cache. */
enum { MNET_TRAIN_CHUNKS = 16, MNET_TRAIN_ROWS = 96 };

/* How the gradient of a layer's output gets what a reader of it has to give. */
typedef enum {
    MNET_GIVE_NOTHING, /* the network's input */
    MNET_GIVE_LAST,    /* the sum is complete: through the activation, into g */
    MNET_GIVE_ALIAS,   /* the reader's own gradient is kept for later */
    MNET_GIVE_STORE,   /* into g, for later */
    MNET_GIVE_SAME     /* complete, linear and the reader's own: g is its g */
} MnetGive;

/* A layer and its map. */
typedef struct {
    const MnetNetLayer *layer;
    size_t channels, pixels, rows; /* padded; of a picture; of the batch */
    size_t chunks;
    bool affine, trained;
    MnetTrainAffine of_z; /* when affine */
    MnetTrainSlope slope; /* of batch normalisation */
    float *z;             /* [rows][channels] */
    float *g;             /* gradient of z * scale + shift, alike */
    const float *extra;   /* of other readers, or NULL */
    MnetGive give[2];     /* to its inputs */
    float *scale, *shift; /* what of_z points to */
    float *by_g, *by_z, *constant;
    float *sums; /* [MNET_TRAIN_CHUNKS][2][channels] */
    size_t sum_chunks;
    /* Of weights: inputs (of one output), padded. */
    size_t inputs, padded_inputs;
    MnetGemmF32 forward, backward;
    float *panels, *back_panels;
    MnetDepthwiseF32 depthwise;
    float *weights; /* of a depthwise layer, padded */
} MnetUnit;

struct MnetTrainer {
    MnetNet *net;
    MnetTrainerOptions options;
    const MnetKernels *core;
    const MnetTrainKernels *kernels;
    size_t n_units;
    MnetUnit *units;
    size_t batch, workers;
    /* The network's input when a convolution wider than 1 reads it: padded around,
     * not in channels. */
    float *input;
    size_t input_pitch, input_height, input_offset; /* of a row, rows, to the first pixel */
    float *gradients;
    float *parts; /* gradients of weights, [chunk][...] */
    float *zeros; /* as many as the longest row of anything */
    float **scratch;
    size_t scratch_floats;
    float *logits;
    double *losses;    /* of each picture */
    double *loss_room; /* [batch][2][classes] */
    MnetStore store;
    bool training, reversed;
    uint64_t seed; /* of dropout */
    double keep;   /* of running statistics in this step, 0 to 1 */
};

static inline MnetUnit *mnet_unit_input(const MnetTrainer *t, const MnetUnit *unit, int index)
{
    return &t->units[unit->layer->inputs[index]];
}

/* Pictures of a chunk: from *first to what is returned. */
static inline size_t mnet_unit_chunk(const MnetTrainer *t, const MnetUnit *unit, size_t chunk,
                                     size_t *first)
{
    *first = t->batch * chunk / unit->chunks;
    return t->batch * (chunk + 1) / unit->chunks;
}

/* work(t, unit, chunk, scratch) for every chunk on all threads. */
typedef void (*MnetChunkWork)(MnetTrainer *t, MnetUnit *unit, size_t chunk, float *scratch);
void mnet_trainer_chunks(MnetTrainer *t, MnetUnit *unit, size_t n, MnetChunkWork work);

/* Activated rows of a map: in place or in `room`. */
const float *mnet_unit_rows(const MnetTrainer *t, const MnetUnit *unit, size_t row, size_t n,
                            float *room);
/* The same into `out`. */
void mnet_unit_rows_to(const MnetTrainer *t, const MnetUnit *unit, size_t row, size_t n,
                       float *out);
/* The gradient of rows of z: in place or in `room`. */
const float *mnet_unit_slope(const MnetTrainer *t, const MnetUnit *unit, size_t row, size_t n,
                             float *room);
/* What reader `from` has to give to rows of its input; `d` may be where it goes. */
void mnet_unit_give(const MnetTrainer *t, MnetUnit *to, MnetGive give, size_t row, size_t n,
                    const float *d, size_t chunk);

/* Floats of scratch that a layer takes. */
size_t mnet_depthwise_scratch(const MnetTrainer *t, const MnetUnit *unit);
size_t mnet_product_scratch(const MnetTrainer *t, const MnetUnit *unit);

/* Weights as the kernels read them, before each batch. */
void mnet_unit_pack(MnetTrainer *t, MnetUnit *unit);

void mnet_depthwise_forward(MnetTrainer *t, MnetUnit *unit, size_t chunk, float *scratch);
void mnet_depthwise_backward(MnetTrainer *t, MnetUnit *unit, size_t chunk, float *scratch);
void mnet_product_forward(MnetTrainer *t, MnetUnit *unit, size_t chunk, float *scratch);
void mnet_product_backward(MnetTrainer *t, MnetUnit *unit, size_t chunk, float *scratch);
void mnet_simple_forward(MnetTrainer *t, MnetUnit *unit, size_t chunk, float *scratch);
void mnet_simple_backward(MnetTrainer *t, MnetUnit *unit, size_t chunk, float *scratch);

/* From the sums of all chunks to scale and shift, and to the gradients of the
 * normalisation or bias and the slope of z. */
void mnet_norm_forward(MnetTrainer *t, MnetUnit *unit);
void mnet_norm_backward(MnetTrainer *t, MnetUnit *unit);
/* Of running statistics. */
void mnet_norm_running(const MnetTrainer *t, MnetUnit *unit);

/* The loss of the logits and its gradient into the last unit's g. */
double mnet_train_loss(MnetTrainer *t, const MnetTrainGoal *goal);

#endif
