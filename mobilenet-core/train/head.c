/* SPDX-License-Identifier: MIT
 *
 * Features of all pictures, then a network of one layer that learns from them. */
#include "train/head.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

/* Pictures at once through the backbone, whose maps may be large. */
enum { BATCH = 8 };

/* What imprinted weights are multiplied by: the logits' range for features of
 * length 1. */
#define IMPRINT_SCALE 16

typedef struct {
    MnetNet *net;
    const MnetDataset *dataset;
    const MnetHeadOptions *options;
    const MnetNetLayer *last;
    size_t channels, classes;
    float *train, *test; /* [pictures][channels]; mirrored ones follow */
    size_t n_train;
    int32_t *labels;
    MnetStore store;
} Head;

static void show(const Head *head, MnetTrainer *trainer, const MnetPictures *pictures, size_t index,
                 int32_t slot, bool mirrored)
{
    const int32_t width = head->dataset->width, height = head->dataset->height;
    const uint8_t *rgb = pictures->pixels + index * 3 * (size_t)width * (size_t)height;
    for (int32_t y = 0; y < height; y++) {
        float *row = mnet_trainer_input_row(trainer, slot, y);
        for (int32_t x = 0; x < width; x++) {
            const uint8_t *pixel = rgb + 3 * (y * width + (mirrored ? width - 1 - x : x));
            for (int c = 0; c < 3; c++)
                row[3 * x + c] = (pixel[c] - head->net->mean[c]) / head->net->std[c];
        }
    }
}

static void see(const Head *head, MnetTrainer *trainer, const MnetPictures *pictures, bool mirrored,
                float *out)
{
    for (size_t first = 0; first < pictures->n; first += BATCH) {
        size_t n = pictures->n - first < BATCH ? pictures->n - first : BATCH;
        for (size_t i = 0; i < n; i++)
            show(head, trainer, pictures, first + i, (int32_t)i, mirrored);
        mnet_trainer_evaluate(trainer);
        for (size_t i = 0; i < n; i++)
            mnet_trainer_output(trainer, head->last->inputs[0], (int32_t)i,
                                out + (first + i) * head->channels);
    }
}

static MnetStatus compute_features(Head *head, MnetError *error)
{
    const MnetPictures *train = &head->dataset->train, *test = &head->dataset->test;
    MnetTrainerOptions options = {
        .batch = BATCH, .pool = head->options->pool, .cpu = head->options->cpu, .forward_only = true
    };
    head->n_train = train->n * (head->options->flip ? 2 : 1);
    head->train = mnet_store_calloc(&head->store, head->n_train * head->channels, sizeof(float));
    head->test = mnet_store_calloc(&head->store, test->n * head->channels, sizeof(float));
    head->labels = mnet_store_calloc(&head->store, head->n_train, sizeof *head->labels);
    if (!head->train || !head->test || !head->labels)
        return mnet_error_memory(error, head->n_train * head->channels * sizeof(float));
    MnetTrainer *trainer = mnet_trainer_new(head->net, &options, error);
    if (!trainer)
        return error->status;
    see(head, trainer, train, false, head->train);
    memcpy(head->labels, train->labels, train->n * sizeof *head->labels);
    if (head->options->flip) {
        see(head, trainer, train, true, head->train + train->n * head->channels);
        memcpy(head->labels + train->n, train->labels, train->n * sizeof *head->labels);
    }
    see(head, trainer, test, false, head->test);
    mnet_trainer_free(trainer);
    return MNET_OK;
}

static float length_of(const float *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)values[i] * values[i];
    return (float)sqrt(sum) + 1e-12f;
}

/* The mean length of the features makes up for what the layer does not divide by. */
static MnetStatus imprint(const Head *head, MnetError *error)
{
    float *weights = head->net->params + head->last->weights;
    double mean_length = 0;
    memset(weights, 0, head->classes * head->channels * sizeof *weights);
    memset(head->net->params + head->last->bias, 0, head->classes * sizeof *weights);
    for (size_t i = 0; i < head->n_train; i++) {
        const float *feature = head->train + i * head->channels;
        float *of_class = weights + (size_t)head->labels[i] * head->channels;
        float length = length_of(feature, head->channels);
        mean_length += length / (double)head->n_train;
        for (size_t c = 0; c < head->channels; c++)
            of_class[c] += feature[c] / length;
    }
    for (size_t k = 0; k < head->classes; k++) {
        float *of_class = weights + k * head->channels;
        float scale = (float)(IMPRINT_SCALE / (length_of(of_class, head->channels) * mean_length));
        for (size_t c = 0; c < head->channels; c++)
            of_class[c] *= scale;
        if (!isfinite(length_of(of_class, head->channels)))
            return mnet_error_set(error, MNET_ERROR_LIMIT,
                                  "what the network makes of the pictures of class %zu are no "
                                  "numbers any more: its weights are damaged",
                                  k);
    }
    return MNET_OK;
}

/* The last layer as a network of its own. */
static MnetNet *new_layer(const Head *head, MnetError *error)
{
    MnetNet *net = mnet_net_new(1, 1, (int32_t)head->channels, error);
    MnetNetLayerSpec spec = { .kind = MNET_NET_DENSE,
                              .name = "head",
                              .inputs = { 0, -1 },
                              .channels = (int32_t)head->classes,
                              .kernel = 1,
                              .stride = 1 };
    if (net && (mnet_net_add(net, &spec, error) < 0 || mnet_net_finish(net, error) != MNET_OK)) {
        mnet_net_free(net);
        return NULL;
    }
    return net;
}

static void fill_batch(const Head *head, MnetTrainer *trainer, const uint32_t *order, size_t batch,
                       float *targets)
{
    const float smoothing = head->options->smoothing;
    for (size_t i = 0; i < batch; i++, targets += head->classes) {
        memcpy(mnet_trainer_input_row(trainer, (int32_t)i, 0),
               head->train + order[i] * head->channels, head->channels * sizeof(float));
        for (size_t c = 0; c < head->classes; c++)
            targets[c] = smoothing / (float)head->classes;
        targets[head->labels[order[i]]] += 1 - smoothing;
    }
}

static MnetStatus learn_epochs(const Head *head, MnetTrainer *trainer, MnetOptimizer *optimizer,
                               size_t batch, uint32_t *order, float *targets, MnetError *error)
{
    const uint32_t epochs = head->options->epochs ? head->options->epochs : 100;
    MnetSchedule schedule = { .rate = head->options->rate > 0 ? head->options->rate : 0.01f,
                              .epochs = epochs };
    MnetTrainGoal goal = { .targets = targets };
    for (uint32_t epoch = 0; epoch < epochs; epoch++) {
        mnet_shuffle(order, head->n_train, head->options->seed, epoch);
        for (size_t first = 0; first + batch <= head->n_train; first += batch) {
            fill_batch(head, trainer, order + first, batch, targets);
            double loss = mnet_trainer_step(trainer, &goal);
            if (!isfinite(loss) ||
                !mnet_optimizer_step(optimizer, trainer, mnet_schedule_rate(&schedule, epoch)))
                return mnet_error_set(error, MNET_ERROR_LIMIT,
                                      "the loss is no number any more in epoch %u: take a smaller "
                                      "rate",
                                      epoch + 1);
        }
    }
    return MNET_OK;
}

static MnetStatus learn(Head *head, MnetError *error)
{
    size_t batch = head->options->batch ? (size_t)head->options->batch : 32;
    batch = batch < head->n_train ? batch : head->n_train;
    MnetTrainerOptions options = { .batch = (int32_t)batch, .cpu = head->options->cpu };
    MnetOptimizerOptions adam = { .kind = MNET_OPTIMIZER_ADAM,
                                  .momentum = 0.9f,
                                  .square_decay = 0.999f,
                                  .epsilon = 1e-8f,
                                  .weight_decay = head->options->weight_decay };
    MnetOptimizer optimizer;
    MnetNet *layer = new_layer(head, error);
    MnetTrainer *trainer = layer ? mnet_trainer_new(layer, &options, error) : NULL;
    uint32_t *order = mnet_store_calloc(&head->store, head->n_train, sizeof *order);
    float *targets = mnet_store_calloc(&head->store, batch * head->classes, sizeof *targets);
    MnetStatus status = !trainer ? error->status
                        : !order || !targets
                            ? mnet_error_memory(error, head->n_train)
                            : mnet_optimizer_init(&optimizer, layer, &adam, 1, &head->store, error);
    if (status == MNET_OK)
        status = learn_epochs(head, trainer, &optimizer, batch, order, targets, error);
    if (status == MNET_OK) {
        memcpy(head->net->params + head->last->weights, layer->params + layer->layers[1].weights,
               head->classes * head->channels * sizeof(float));
        memcpy(head->net->params + head->last->bias, layer->params + layer->layers[1].bias,
               head->classes * sizeof(float));
    }
    mnet_trainer_free(trainer);
    mnet_net_free(layer);
    return status;
}

static double test(const Head *head)
{
    const float *weights = head->net->params + head->last->weights;
    const float *bias = head->net->params + head->last->bias;
    const MnetPictures *pictures = &head->dataset->test;
    size_t right = 0;
    for (size_t i = 0; i < pictures->n; i++) {
        double best = -INFINITY;
        size_t chosen = 0;
        for (size_t k = 0; k < head->classes; k++) {
            double sum = bias[k];
            for (size_t c = 0; c < head->channels; c++)
                sum += (double)weights[k * head->channels + c] * head->test[i * head->channels + c];
            if (sum > best) {
                best = sum;
                chosen = k;
            }
        }
        right += chosen == (size_t)pictures->labels[i];
    }
    return pictures->n ? (double)right / (double)pictures->n : NAN;
}

static MnetStatus check(const Head *head, MnetError *error)
{
    const MnetNetLayer *last = head->last, *in = &head->net->layers[0];
    bool weighs = last->kind == MNET_NET_DENSE || last->kind == MNET_NET_CONV;
    if (!weighs || last->in_height != 1 || last->in_width != 1 || last->kernel != 1 ||
        last->batch_norm)
        return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                              "the last layer, %s, is no dense layer behind a pool: it cannot "
                              "learn alone",
                              last->name);
    if (in->height != head->dataset->height || in->width != head->dataset->width ||
        in->channels != 3)
        return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                              "the network sees %dx%dx%d, the pictures are %dx%dx3", (int)in->width,
                              (int)in->height, (int)in->channels, (int)head->dataset->width,
                              (int)head->dataset->height);
    return mnet_dataset_expect(head->dataset, last->channels, head->net->classes, error);
}

MnetStatus mnet_head_learn(MnetNet *net, const MnetDataset *dataset, const MnetHeadOptions *options,
                           double *accuracy, MnetError *error)
{
    Head head = {
        .net = net, .dataset = dataset, .options = options, .last = mnet_net_logits(net)
    };
    MnetError ours;
    error = error ? error : &ours;
    head.channels = (size_t)head.last->in_channels;
    head.classes = (size_t)head.last->channels;
    MnetStatus status = check(&head, error);
    if (status == MNET_OK)
        status = compute_features(&head, error);
    if (status == MNET_OK && options->imprint)
        status = imprint(&head, error);
    else if (status == MNET_OK)
        status = learn(&head, error);
    if (status == MNET_OK)
        *accuracy = test(&head);
    mnet_store_clear(&head.store);
    return status;
}
