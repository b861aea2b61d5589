/* SPDX-License-Identifier: MIT
 *
 * Checkpoints: a header, parameters and averages, the history of epochs, and a sum
 * over it all.  They are for the machine that wrote them: its byte order. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "model_private.h"
#include "train/learner_private.h"
#include "train/save.h"

static const char magic[8] = "MNETLRN2";

typedef struct {
    char magic[8];
    uint64_t begun; /* a sum of what may not change meanwhile */
    uint64_t size, n_params, n_trained, averaged, epochs;
    uint64_t epoch, step, optimizer_steps;
    double loss_sum, right;
} Header;

static uint64_t add_bytes(uint64_t sum, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ bytes[i]) * 0x100000001b3u;
    return sum;
}

#define ADD(sum, value) add_bytes(sum, &(value), sizeof(value))

static uint64_t sum_net(uint64_t sum, const MnetNet *net)
{
    for (int32_t i = 0; i < net->n_layers; i++) {
        const MnetNetLayer *layer = &net->layers[i];
        sum = ADD(sum, layer->kind);
        sum = ADD(sum, layer->activation);
        sum = ADD(sum, layer->inputs);
        sum = ADD(sum, layer->channels);
        sum = ADD(sum, layer->kernel);
        sum = ADD(sum, layer->stride);
        sum = ADD(sum, layer->dropout);
        sum = ADD(sum, layer->height);
        sum = ADD(sum, layer->width);
    }
    return sum;
}

/* Of the pictures, which are many, one byte in 97. */
static uint64_t sum_pictures(uint64_t sum, const MnetDataset *dataset)
{
    const MnetPictures *train = &dataset->train;
    size_t bytes = train->n * 3 * (size_t)dataset->width * (size_t)dataset->height;
    sum = ADD(sum, train->n);
    sum = add_bytes(sum, train->labels, train->n * sizeof *train->labels);
    for (size_t i = 0; i < bytes; i += 97)
        sum = (sum ^ train->pixels[i]) * 0x100000001b3u;
    return sum;
}

static uint64_t sum_options(uint64_t sum, const MnetLearnOptions *options)
{
    const MnetAugment *augment = &options->augment;
    const MnetOptimizerOptions *optimizer = &options->optimizer;
    const MnetSchedule *schedule = &options->schedule;
    bool teacher = options->teacher != NULL;
    sum = ADD(sum, options->batch);
    sum = ADD(sum, options->epochs);
    sum = ADD(sum, options->seed);
    sum = ADD(sum, teacher);
    sum = ADD(sum, options->temperature);
    sum = ADD(sum, options->alpha);
    sum = ADD(sum, augment->flip);
    sum = ADD(sum, augment->shift);
    sum = ADD(sum, augment->reflect);
    sum = ADD(sum, augment->colour);
    sum = ADD(sum, augment->cutout);
    sum = ADD(sum, augment->mixup);
    sum = ADD(sum, augment->cutmix);
    sum = ADD(sum, augment->smoothing);
    sum = ADD(sum, optimizer->kind);
    sum = ADD(sum, optimizer->momentum);
    sum = ADD(sum, optimizer->nesterov);
    sum = ADD(sum, optimizer->square_decay);
    sum = ADD(sum, optimizer->epsilon);
    sum = ADD(sum, optimizer->weight_decay);
    sum = ADD(sum, optimizer->average_decay);
    if (optimizer->kind == MNET_OPTIMIZER_MUON)
        sum = ADD(sum, optimizer->matrix_share);
    sum = ADD(sum, schedule->kind);
    sum = ADD(sum, schedule->rate);
    sum = ADD(sum, schedule->warm_up);
    sum = ADD(sum, schedule->step_every);
    return ADD(sum, schedule->step_factor);
}

/* A teacher that came from memory counts as one, whichever it is. */
uint64_t mnet_learner_sum(const MnetLearner *learner)
{
    const MnetNet *net = learner->net;
    const MnetModel *teacher = learner->options.teacher;
    uint64_t sum = sum_net(0xcbf29ce484222325u, net);
    sum = add_bytes(sum, net->params, net->n_params * sizeof *net->params);
    sum = ADD(sum, net->mean);
    sum = ADD(sum, net->std);
    for (int32_t i = 0; i < learner->dataset->n_classes; i++)
        sum =
            add_bytes(sum, learner->dataset->classes[i], strlen(learner->dataset->classes[i]) + 1);
    sum = sum_options(sum, &learner->options);
    if (teacher)
        sum = add_bytes(sum, teacher->file.data, teacher->file.size);
    return sum_pictures(sum, learner->dataset);
}

static Header header_of(const MnetLearner *learner)
{
    Header header = { .n_params = learner->net->n_params,
                      .n_trained = learner->net->n_trained,
                      .averaged = learner->optimizer.average != NULL,
                      .epochs = learner->options.epochs,
                      .epoch = learner->epoch,
                      .step = learner->step,
                      .optimizer_steps = learner->optimizer.steps,
                      .loss_sum = learner->loss_sum,
                      .right = learner->right,
                      .begun = learner->begun };
    memcpy(header.magic, magic, sizeof magic);
    header.size = sizeof header +
                  sizeof(float) * (header.n_params * (1 + header.averaged) + 2 * header.n_trained) +
                  sizeof(MnetEpoch) * header.epochs + sizeof(uint64_t);
    return header;
}

/* The arrays of a checkpoint: to the file's bytes or from them. */
static uint8_t *move(uint8_t *at, void *array, size_t bytes, bool save)
{
    memcpy(save ? (void *)at : array, save ? array : (void *)at, bytes);
    return at + bytes;
}

static void move_arrays(const MnetLearner *learner, uint8_t *at, bool save)
{
    const MnetOptimizer *optimizer = &learner->optimizer;
    size_t params = learner->net->n_params * sizeof(float);
    size_t trained = learner->net->n_trained * sizeof(float);
    at = move(at, learner->net->params, params, save);
    if (optimizer->average)
        at = move(at, optimizer->average, params, save);
    at = move(at, optimizer->momentum, trained, save);
    at = move(at, optimizer->square, trained, save);
    move(at, learner->history, learner->options.epochs * sizeof(MnetEpoch), save);
}

MnetStatus mnet_learner_save(const MnetLearner *learner, const char *path, MnetError *error)
{
    Header header = header_of(learner);
    if (mnet_learner_check(learner, error) != MNET_OK)
        return MNET_ERROR_LIMIT;
    uint8_t *data = mnet_alloc(header.size);
    if (!data)
        return mnet_error_memory(error, header.size);
    memcpy(data, &header, sizeof header);
    move_arrays(learner, data + sizeof header, true);
    uint64_t sum = add_bytes(0, data, header.size - sizeof sum);
    memcpy(data + header.size - sizeof sum, &sum, sizeof sum);
    MnetStatus status = mnet_save_file(path, data, header.size, error);
    mnet_free(data);
    return status;
}

/* A step that the epoch does not have would be of pictures that there are not. */
static bool is_place(const MnetLearner *learner, const Header *header)
{
    return header->epoch <= header->epochs && header->epochs == learner->options.epochs &&
           header->step < learner->steps;
}

/* Of at least a header: is its size the one told, and its last bytes their sum? */
static bool is_whole(const MnetFile *file)
{
    const Header *header = (const Header *)(const void *)file->data;
    uint64_t sum;
    if (header->size != file->size || file->size < sizeof *header + sizeof sum)
        return false;
    memcpy(&sum, file->data + file->size - sizeof sum, sizeof sum);
    return sum == add_bytes(0, file->data, file->size - sizeof sum);
}

static MnetStatus check(const MnetLearner *learner, const MnetFile *file, const Header *ours,
                        const char *path, MnetError *error)
{
    const Header *header = (const Header *)(const void *)file->data;
    if (file->size < sizeof *header || memcmp(header->magic, magic, sizeof magic))
        return mnet_error_set(error, MNET_ERROR_FORMAT, "%s is no checkpoint of mnet train", path);
    if (!is_whole(file))
        return mnet_error_set(error, MNET_ERROR_FORMAT,
                              "%s is cut short or damaged: remove it to begin anew", path);
    if (header->begun != ours->begun || header->size != ours->size)
        return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                              "%s was begun with another network, other pictures or other "
                              "options: give the same ones, or remove it to begin anew",
                              path);
    if (!is_place(learner, header))
        return mnet_error_set(error, MNET_ERROR_FORMAT,
                              "%s is damaged: it tells of step %llu of epoch %llu: remove it to "
                              "begin anew",
                              path, (unsigned long long)header->step + 1,
                              (unsigned long long)header->epoch + 1);
    return MNET_OK;
}

MnetStatus mnet_learner_load(MnetLearner *learner, const char *path, MnetError *error)
{
    Header ours = header_of(learner);
    MnetFile file;
    MnetStatus status = mnet_file_read(&file, path, error);
    if (status != MNET_OK) {
        mnet_error_prefix(error, "%s", path);
        return status;
    }
    status = check(learner, &file, &ours, path, error);
    if (status == MNET_OK) {
        const Header *header = (const Header *)(const void *)file.data;
        learner->epoch = (uint32_t)header->epoch;
        learner->step = header->step;
        learner->optimizer.steps = header->optimizer_steps;
        learner->loss_sum = header->loss_sum;
        learner->right = header->right;
        move_arrays(learner, file.data + sizeof *header, false);
        mnet_shuffle(learner->order, learner->dataset->train.n, learner->options.seed,
                     learner->epoch);
    }
    mnet_file_clear(&file);
    return status;
}
