/* SPDX-License-Identifier: MIT
 *
 * What a trainer is made of: checks, memory, and who gives whose gradient. */
#include <string.h>

#include "base/cpu.h"
#include "base/error.h"
#include "graph/plan.h"
#include "pool.h"
#include "train/trainer_private.h"

static size_t padded(size_t channels)
{
    return mnet_round_up(channels, MNET_TRAIN_CHANNELS);
}

static MnetStatus refuse(const MnetNetLayer *layer, const char *what, MnetError *error)
{
    return mnet_error_set(error, MNET_ERROR_UNSUPPORTED, "layer %s cannot be trained: %s",
                          layer->name, what);
}

static MnetStatus check_layer(const MnetTrainer *t, const MnetNetLayer *layer, MnetError *error)
{
    bool product = layer->kind == MNET_NET_CONV || layer->kind == MNET_NET_DENSE;
    bool weighs = product || layer->kind == MNET_NET_DEPTHWISE;
    if (layer->kind == MNET_NET_CONV && (layer->kernel > 1 || layer->stride > 1) &&
        layer->inputs[0] != 0)
        return refuse(layer,
                      "convolutions wider than 1x1 or with a stride can only be the first "
                      "layer",
                      error);
    if (layer->kind == MNET_NET_DENSE && (layer->in_height != 1 || layer->in_width != 1))
        return refuse(layer, "a dense layer's input has to be 1x1", error);
    if (layer->kind == MNET_NET_DEPTHWISE && layer->kernel > 7)
        return refuse(layer, "depthwise kernels larger than 7x7", error);
    if (layer->kind == MNET_NET_DEPTHWISE && layer->inputs[0] == 0)
        return refuse(layer, "depthwise layers cannot be the first", error);
    if (!weighs && layer->activation != MNET_NET_LINEAR)
        return refuse(layer, "an activation behind a layer without weights", error);
    if (!product && layer->dropout > 0)
        return refuse(layer, "dropout before a layer that is neither dense nor 1x1", error);
    if (layer->batch_norm && t->batch * (size_t)layer->height * (size_t)layer->width < 2)
        return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                              "a batch of 1 picture has no variance in layer %s: take a batch of 2 "
                              "or more",
                              layer->name);
    return MNET_OK;
}

/* The rows of every chunk are 64 or more where there are so many. */
static size_t count_chunks(const MnetTrainer *t, const MnetUnit *unit)
{
    size_t pixels = (size_t)unit->layer->in_height * (size_t)unit->layer->in_width;
    size_t n = t->batch * (pixels > unit->pixels ? pixels : unit->pixels) / 64;
    n = n < 2 ? 2 : n > MNET_TRAIN_CHUNKS ? MNET_TRAIN_CHUNKS : n;
    return n < t->batch ? n : t->batch;
}

static void describe_product(const MnetTrainer *t, MnetUnit *unit)
{
    const MnetNetLayer *layer = unit->layer;
    size_t nr = t->core->gemm_f32.nr;
    unit->inputs = (size_t)layer->kernel * (size_t)layer->kernel * (size_t)layer->in_channels;
    unit->padded_inputs = padded(unit->inputs);
    unit->forward = (MnetGemmF32){ .k = unit->inputs,
                                   .runs = 1,
                                   .run = unit->inputs,
                                   .panel_floats = nr + nr * unit->inputs,
                                   .min = -__builtin_inff(),
                                   .max = __builtin_inff() };
    unit->backward = unit->forward;
    unit->backward.k = unit->backward.run = (size_t)layer->channels;
    unit->backward.panel_floats = nr + nr * (size_t)layer->channels;
}

static void describe(const MnetTrainer *t, MnetUnit *unit, const MnetNetLayer *layer)
{
    unit->layer = layer;
    unit->channels = padded((size_t)layer->channels);
    unit->pixels = (size_t)layer->height * (size_t)layer->width;
    unit->rows = t->batch * unit->pixels;
    unit->trained = layer->weights != MNET_NET_NONE;
    unit->affine = layer->batch_norm || layer->bias != MNET_NET_NONE;
    unit->chunks = count_chunks(t, unit);
    if (layer->kind == MNET_NET_CONV || layer->kind == MNET_NET_DENSE)
        describe_product(t, unit);
    if (layer->kind == MNET_NET_DEPTHWISE)
        unit->depthwise = (MnetDepthwiseF32){ .channels = unit->channels,
                                              .tile = unit->channels,
                                              .kernel_h = (size_t)layer->kernel,
                                              .kernel_w = (size_t)layer->kernel,
                                              .stride = (size_t)layer->stride,
                                              .dilation = 1,
                                              .pixel = unit->channels,
                                              .out_pixel = unit->channels,
                                              .min = -__builtin_inff(),
                                              .max = __builtin_inff() };
}

/* Back from the last layer: the first reader of a map is the last to give. */
static MnetStatus plan_gifts(MnetTrainer *t, int32_t *first, int32_t *others, MnetError *error)
{
    for (size_t i = 0; i < t->n_units; i++)
        first[i] = -1;
    for (size_t i = 1; i < t->n_units; i++)
        for (int k = 0; k < 2 && t->units[i].layer->inputs[k] >= 0; k++)
            if (first[t->units[i].layer->inputs[k]] < 0)
                first[t->units[i].layer->inputs[k]] = (int32_t)i;
    for (size_t i = t->n_units - 1; i; i--) {
        MnetUnit *unit = &t->units[i];
        if (first[i] < 0 && i + 1 < t->n_units)
            return refuse(unit->layer, "nothing reads it", error);
        for (int k = 0; k < 2 && unit->layer->inputs[k] >= 0; k++) {
            int32_t to = unit->layer->inputs[k];
            const MnetUnit *input = &t->units[to];
            bool last = first[to] == (int32_t)i && (k == 0 || unit->layer->inputs[0] != to);
            bool add = unit->layer->kind == MNET_NET_ADD;
            if (!last && others[to]++)
                return refuse(input->layer, "three layers read it", error);
            unit->give[k] = to == 0 ? MNET_GIVE_NOTHING
                            : !last ? add ? MNET_GIVE_ALIAS : MNET_GIVE_STORE
                            : add && !others[to] && input->layer->activation == MNET_NET_LINEAR
                                ? MNET_GIVE_SAME
                                : MNET_GIVE_LAST;
        }
    }
    return MNET_OK;
}

/* Gradients live from the first that is given until the layer is done, and longer
 * where they are others' too. */
static MnetStatus place_gradients(MnetTrainer *t, MnetRegion *regions, MnetError *error)
{
    const int32_t n = (int32_t)t->n_units;
    size_t bytes;
    for (int32_t i = 0; i < n; i++)
        regions[i] = (MnetRegion){ .bytes = t->units[i].rows * t->units[i].channels * sizeof(float),
                                   .first = n - 1 - i,
                                   .last = n - 1 - i };
    for (int32_t i = n - 1; i > 0; i--)
        for (int k = 0; k < 2 && t->units[i].layer->inputs[k] >= 0; k++) {
            int32_t to = t->units[i].layer->inputs[k];
            MnetGive give = t->units[i].give[k];
            if (n - 1 - i < regions[to].first)
                regions[to].first = n - 1 - i;
            if (give == MNET_GIVE_SAME || give == MNET_GIVE_NOTHING)
                regions[to].bytes = 0;
            if ((give == MNET_GIVE_SAME || give == MNET_GIVE_ALIAS) && n - 1 - to > regions[i].last)
                regions[i].last = n - 1 - to;
        }
    /* What is the same as another's lives as long as that one's readers need it. */
    for (int32_t i = 1; i < n; i++)
        for (int k = 0; k < 2 && t->units[i].layer->inputs[k] >= 0; k++) {
            int32_t to = t->units[i].layer->inputs[k];
            if (t->units[i].give[k] == MNET_GIVE_SAME && regions[to].last > regions[i].last)
                regions[i].last = regions[to].last;
        }
    if (mnet_plan_regions(regions, t->n_units, &bytes, error) != MNET_OK)
        return error->status;
    char *base = mnet_store_alloc(&t->store, bytes);
    if (!base)
        return mnet_error_memory(error, bytes);
    for (int32_t i = n - 1; i > 0; i--)
        if (regions[i].bytes)
            t->units[i].g = (float *)(void *)(base + regions[i].offset);
    for (int32_t i = n - 1; i > 0; i--)
        for (int k = 0; k < 2 && t->units[i].layer->inputs[k] >= 0; k++)
            if (t->units[i].give[k] == MNET_GIVE_SAME)
                mnet_unit_input(t, &t->units[i], k)->g = t->units[i].g;
    return MNET_OK;
}

static MnetStatus plan_backward(MnetTrainer *t, MnetError *error)
{
    MnetStore store = { 0 };
    int32_t *first = mnet_store_calloc(&store, t->n_units, sizeof *first);
    int32_t *others = mnet_store_calloc(&store, t->n_units, sizeof *others);
    MnetRegion *regions = mnet_store_calloc(&store, t->n_units, sizeof *regions);
    MnetStatus status = first && others && regions
                            ? plan_gifts(t, first, others, error)
                            : mnet_error_memory(error, t->n_units * sizeof *regions);
    if (status == MNET_OK)
        status = place_gradients(t, regions, error);
    mnet_store_clear(&store);
    return status;
}

static bool floats(MnetTrainer *t, float **out, size_t count)
{
    *out = mnet_store_calloc(&t->store, count, sizeof **out);
    return *out != NULL;
}

static bool allocate_affine(MnetTrainer *t, MnetUnit *unit)
{
    size_t c = unit->channels;
    bool good = floats(t, &unit->scale, c) && floats(t, &unit->shift, c) &&
                floats(t, &unit->by_g, c) && floats(t, &unit->by_z, c) &&
                floats(t, &unit->constant, c);
    unit->of_z = (MnetTrainAffine){ unit->layer->activation, unit->scale, unit->shift };
    unit->slope = (MnetTrainSlope){ unit->by_g, unit->by_z, unit->constant };
    return good;
}

static bool allocate_unit(MnetTrainer *t, MnetUnit *unit)
{
    const MnetNetLayer *layer = unit->layer;
    size_t c = unit->channels, nr = t->core->gemm_f32.nr;
    bool good = floats(t, &unit->sums, MNET_TRAIN_CHUNKS * 2 * c);
    if (unit != t->units || !t->input)
        good = good && floats(t, &unit->z, unit->rows * c);
    if (unit->affine)
        good = good && allocate_affine(t, unit);
    if (unit->padded_inputs) {
        good = good &&
               floats(t, &unit->panels, mnet_round_up(c, nr) / nr * unit->forward.panel_floats);
        unit->forward.panels = unit->panels;
        if (layer->inputs[0] && !t->options.forward_only)
            good = good && floats(t, &unit->back_panels,
                                  mnet_round_up(unit->padded_inputs, nr) / nr *
                                      unit->backward.panel_floats);
        unit->backward.panels = unit->back_panels;
    } else if (layer->kind == MNET_NET_DEPTHWISE) {
        good = good &&
               floats(t, &unit->weights, unit->depthwise.kernel_h * unit->depthwise.kernel_w * c);
        unit->depthwise.weights = unit->weights;
        unit->depthwise.bias = t->zeros;
    }
    return good;
}

/* Of a convolution wider than 1: the picture with its padding. */
static bool allocate_input(MnetTrainer *t)
{
    const MnetNetLayer *layer = t->n_units > 1 ? t->units[1].layer : NULL;
    if (!layer || layer->kind != MNET_NET_CONV || (layer->kernel == 1 && layer->stride == 1))
        return true;
    size_t channels = (size_t)layer->in_channels;
    t->input_height = (size_t)(layer->in_height + layer->pad_top + layer->pad_bottom);
    t->input_pitch = (size_t)(layer->in_width + layer->pad_left + layer->pad_right) * channels;
    t->input_offset = (size_t)layer->pad_top * t->input_pitch + (size_t)layer->pad_left * channels;
    return floats(t, &t->input, t->batch * t->input_height * t->input_pitch);
}

static size_t scratch_of(const MnetTrainer *t, const MnetUnit *unit)
{
    if (unit->layer->kind == MNET_NET_DEPTHWISE)
        return mnet_depthwise_scratch(t, unit);
    if (unit->padded_inputs)
        return mnet_product_scratch(t, unit);
    return (MNET_TRAIN_ROWS + 4) * unit->channels;
}

static size_t part_of(const MnetUnit *unit)
{
    if (unit->layer->kind == MNET_NET_DEPTHWISE)
        return unit->chunks * unit->depthwise.kernel_h * unit->depthwise.kernel_w * unit->channels;
    return unit->chunks * unit->channels * unit->padded_inputs;
}

static bool allocate_shared(MnetTrainer *t)
{
    size_t row = 0, part = 0;
    for (size_t i = 0; i < t->n_units; i++) {
        const MnetUnit *unit = &t->units[i];
        size_t scratch = scratch_of(t, unit);
        /* The longest row is a depthwise layer's. */
        row = scratch > row ? scratch : row;
        part = part_of(unit) > part ? part_of(unit) : part;
    }
    t->scratch_floats = row;
    size_t classes = (size_t)t->units[t->n_units - 1].layer->channels;
    bool good = floats(t, &t->zeros, row) && floats(t, &t->gradients, t->net->n_trained) &&
                (t->options.forward_only || floats(t, &t->parts, part)) &&
                floats(t, &t->logits, t->batch * classes);
    t->loss_room = mnet_store_calloc(&t->store, t->batch * 2 * classes, sizeof *t->loss_room);
    t->losses = mnet_store_calloc(&t->store, t->batch, sizeof *t->losses);
    t->scratch = mnet_store_calloc(&t->store, t->workers, sizeof *t->scratch);
    for (size_t i = 0; good && t->scratch && i < t->workers; i++)
        good = floats(t, &t->scratch[i], row);
    return good && t->losses && t->loss_room && t->scratch && allocate_input(t);
}

static MnetStatus build(MnetTrainer *t, MnetError *error)
{
    t->n_units = (size_t)t->net->n_layers;
    t->units = mnet_store_calloc(&t->store, t->n_units, sizeof *t->units);
    if (!t->units)
        return mnet_error_memory(error, t->n_units * sizeof *t->units);
    for (size_t i = 0; i < t->n_units; i++) {
        MnetStatus status = check_layer(t, &t->net->layers[i], error);
        if (status != MNET_OK)
            return status;
        describe(t, &t->units[i], &t->net->layers[i]);
    }
    if (t->n_units < 2 || !t->units[t->n_units - 1].affine)
        return refuse(&t->net->layers[t->n_units - 1], "the last layer has to have weights", error);
    bool good = allocate_shared(t);
    for (size_t i = 0; good && i < t->n_units; i++)
        good = allocate_unit(t, &t->units[i]);
    if (!good)
        return mnet_error_memory(error, t->store.used);
    return t->options.forward_only ? MNET_OK : plan_backward(t, error);
}

MnetTrainer *mnet_trainer_new(MnetNet *net, const MnetTrainerOptions *options, MnetError *error)
{
    MnetError ours;
    MnetTrainer *t = mnet_calloc(1, sizeof *t);
    error = error ? error : &ours;
    if (!t) {
        mnet_error_memory(error, sizeof *t);
        return NULL;
    }
    t->net = net;
    t->options = *options;
    t->batch = (size_t)options->batch;
    t->workers = options->pool ? mnet_pool_threads(options->pool) : 1;
    if (options->pool)
        mnet_pool_ref(options->pool);
    if (mnet_cpu_kernels(options->cpu, &t->core, error) != MNET_OK || build(t, error) != MNET_OK) {
        mnet_trainer_free(t);
        return NULL;
    }
    t->kernels = mnet_train_kernels_select(t->core->name);
    return t;
}

void mnet_trainer_free(MnetTrainer *trainer)
{
    if (!trainer)
        return;
    mnet_pool_unref(trainer->options.pool);
    mnet_store_clear(&trainer->store);
    mnet_free(trainer);
}
