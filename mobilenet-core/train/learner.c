/* SPDX-License-Identifier: MIT
 *
 * Steps, epochs, tests. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "pool.h"
#include "train/learner_private.h"

static MnetAugmentation augmentation_of(const MnetLearner *learner)
{
    MnetAugmentation a = { .dataset = learner->dataset,
                           .augment = &learner->options.augment,
                           .seed = learner->options.seed,
                           .epoch = learner->epoch };
    memcpy(a.mean, learner->net->mean, sizeof a.mean);
    memcpy(a.std, learner->net->std, sizeof a.std);
    return a;
}

static size_t count_classes(const MnetLearner *learner)
{
    return (size_t)mnet_net_logits(learner->net)->channels;
}

/* Where the pictures of a batch go. */
static float **rows_of(const MnetLearner *learner, MnetTrainer *trainer, size_t slot)
{
    size_t height = (size_t)learner->dataset->height;
    float **rows = learner->rows + slot * height;
    for (size_t y = 0; y < height; y++)
        rows[y] = mnet_trainer_input_row(trainer, (int32_t)slot, (int32_t)y);
    return rows;
}

static void show_picture(void *user, size_t slot, size_t worker)
{
    MnetLearner *learner = user;
    MnetAugmentation a = augmentation_of(learner);
    size_t batch = (size_t)learner->options.batch;
    float **rows = rows_of(learner, learner->trainer, slot);
    mnet_augment_picture(&a, learner->order[learner->step * batch + slot], rows,
                         learner->targets + slot * count_classes(learner));
    if (learner->teacher)
        mnet_teacher_ask(learner->teacher, worker, rows, learner->options.temperature,
                         learner->taught + slot * count_classes(learner));
}

static size_t largest(const float *values, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (values[i] > values[best])
            best = i;
    return best;
}

static double count_right(const MnetLearner *learner)
{
    size_t n = count_classes(learner), right = 0;
    const float *logits = mnet_trainer_logits(learner->trainer);
    for (size_t i = 0; i < (size_t)learner->options.batch; i++)
        right += largest(logits + i * n, n) == largest(learner->targets + i * n, n);
    return (double)right;
}

static double epoch_now(const MnetLearner *learner)
{
    return learner->epoch + (double)learner->step / (double)learner->steps;
}

static void end_epoch(MnetLearner *learner)
{
    double shown = (double)learner->steps * learner->options.batch;
    MnetEpoch *epoch = &learner->history[learner->epoch];
    epoch->loss = learner->loss_sum / (double)learner->steps;
    epoch->accuracy = learner->right / shown;
    epoch->rate = mnet_schedule_rate(&learner->options.schedule, epoch_now(learner));
    epoch->test_accuracy =
        learner->dataset->test.n ? mnet_learner_test(learner, &learner->dataset->test) : NAN;
    learner->epoch++;
    learner->step = 0;
    learner->loss_sum = learner->right = 0;
    mnet_shuffle(learner->order, learner->dataset->train.n, learner->options.seed, learner->epoch);
}

static bool are_numbers(const float *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

MnetStatus mnet_learner_check(const MnetLearner *learner, MnetError *error)
{
    const float *average = learner->optimizer.average;
    size_t n = learner->net->n_params;
    if (are_numbers(learner->net->params, n) && (!average || are_numbers(average, n)))
        return MNET_OK;
    return mnet_error_set(error, MNET_ERROR_LIMIT,
                          "a weight or mean is no number any more in step %llu of epoch %u: begin "
                          "anew with a smaller rate, a longer warm-up or a larger batch",
                          (unsigned long long)learner->step, learner->epoch + 1);
}

MnetStatus mnet_learner_step(MnetLearner *learner, MnetError *error)
{
    MnetTrainGoal goal = { .targets = learner->targets,
                           .teacher = learner->teacher ? learner->taught : NULL,
                           .temperature = learner->options.temperature,
                           .alpha = learner->options.alpha,
                           .seed = (learner->options.seed << 32) ^ learner->optimizer.steps,
                           .step = learner->optimizer.steps };
    mnet_trainer_spread(learner->trainer, (size_t)learner->options.batch, show_picture, learner);
    double loss = mnet_trainer_step(learner->trainer, &goal);
    float rate = mnet_schedule_rate(&learner->options.schedule, epoch_now(learner));
    if (!isfinite(loss) || !mnet_optimizer_step(&learner->optimizer, learner->trainer, rate))
        return mnet_error_set(error, MNET_ERROR_LIMIT,
                              "the loss or a gradient is no number any more in step %llu of epoch "
                              "%u, at a rate of %g: begin anew with a smaller rate, a longer "
                              "warm-up or a larger batch",
                              (unsigned long long)learner->step + 1, learner->epoch + 1,
                              (double)rate);
    learner->loss_sum += loss;
    learner->right += count_right(learner);
    learner->step++;
    if (learner->step < learner->steps)
        return MNET_OK;
    MnetStatus status = mnet_learner_check(learner, error);
    if (status == MNET_OK)
        end_epoch(learner);
    return status;
}

void mnet_learner_progress(const MnetLearner *learner, MnetProgress *progress)
{
    double steps = learner->step ? (double)learner->step : 1;
    *progress = (MnetProgress){ .epoch = learner->epoch,
                                .epochs = learner->options.epochs,
                                .step = learner->step,
                                .steps = learner->steps,
                                .pictures = (size_t)learner->options.batch,
                                .loss = learner->loss_sum / steps,
                                .accuracy = learner->right / steps / learner->options.batch,
                                .history = learner->history };
}

const MnetNet *mnet_learner_net(MnetLearner *learner)
{
    const float *params =
        learner->optimizer.average ? learner->optimizer.average : learner->net->params;
    memcpy(learner->result->params, params, learner->net->n_params * sizeof *params);
    return learner->result;
}

/* A batch of a test. */
typedef struct {
    MnetLearner *learner;
    const MnetPictures *pictures;
    size_t first;
} Test;

static void show_plain(void *user, size_t slot, size_t worker)
{
    const Test *test = user;
    MnetAugmentation a = augmentation_of(test->learner);
    a.augment = NULL;
    mnet_plain_picture(&a, test->pictures, test->first + slot,
                       rows_of(test->learner, test->learner->tester, slot));
}

double mnet_learner_test(MnetLearner *learner, const MnetPictures *pictures)
{
    size_t batch = (size_t)learner->options.batch, n = count_classes(learner), right = 0;
    Test test = { .learner = learner, .pictures = pictures };
    mnet_learner_net(learner);
    for (; test.first < pictures->n; test.first += batch) {
        size_t count = pictures->n - test.first < batch ? pictures->n - test.first : batch;
        mnet_trainer_spread(learner->tester, count, show_plain, &test);
        mnet_trainer_evaluate(learner->tester);
        const float *logits = mnet_trainer_logits(learner->tester);
        for (size_t i = 0; i < count; i++)
            right += largest(logits + i * n, n) == (size_t)pictures->labels[test.first + i];
    }
    return pictures->n ? (double)right / (double)pictures->n : NAN;
}

static MnetStatus check(const MnetLearner *learner, MnetError *error)
{
    const MnetNetLayer *in = &learner->net->layers[0];
    const MnetDataset *dataset = learner->dataset;
    if (in->height != dataset->height || in->width != dataset->width || in->channels != 3)
        return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                              "the network sees %dx%dx%d, the pictures are %dx%dx3", (int)in->width,
                              (int)in->height, (int)in->channels, (int)dataset->width,
                              (int)dataset->height);
    return mnet_dataset_expect(dataset, mnet_net_logits(learner->net)->channels,
                               learner->net->classes, error);
}

static MnetStatus allocate(MnetLearner *learner, MnetError *error)
{
    size_t batch = (size_t)learner->options.batch, n = count_classes(learner);
    learner->order =
        mnet_store_calloc(&learner->store, learner->dataset->train.n, sizeof *learner->order);
    learner->targets = mnet_store_calloc(&learner->store, 2 * batch * n, sizeof(float));
    learner->taught = learner->targets + batch * n;
    learner->rows = mnet_store_calloc(&learner->store, batch * (size_t)learner->dataset->height,
                                      sizeof(float *));
    learner->history =
        mnet_store_calloc(&learner->store, learner->options.epochs + 1, sizeof *learner->history);
    if (!learner->order || !learner->targets || !learner->rows || !learner->history)
        return mnet_error_memory(error, batch * n * sizeof(float));
    size_t threads = learner->options.pool ? mnet_pool_threads(learner->options.pool) : 1;
    return mnet_optimizer_init(&learner->optimizer, learner->net, &learner->options.optimizer,
                               threads, &learner->store, error);
}

static MnetStatus build(MnetLearner *learner, MnetError *error)
{
    MnetStatus status = check(learner, error);
    if (status == MNET_OK)
        status = allocate(learner, error);
    if (status != MNET_OK)
        return status;
    MnetTrainerOptions options = { .batch = learner->options.batch,
                                   .pool = learner->options.pool,
                                   .cpu = learner->options.cpu };
    learner->result = mnet_net_copy(learner->net, error);
    learner->trainer = learner->result ? mnet_trainer_new(learner->net, &options, error) : NULL;
    options.forward_only = true;
    learner->tester = learner->trainer ? mnet_trainer_new(learner->result, &options, error) : NULL;
    if (learner->tester && learner->options.teacher)
        learner->teacher =
            mnet_teacher_new(learner->options.teacher, learner->net, learner->options.pool, error);
    return learner->tester && (learner->teacher || !learner->options.teacher) ? MNET_OK
                                                                              : error->status;
}

MnetLearner *mnet_learner_new(MnetNet *net, const MnetDataset *dataset,
                              const MnetLearnOptions *options, MnetError *error)
{
    MnetError ours;
    MnetLearner *learner = mnet_calloc(1, sizeof *learner);
    error = error ? error : &ours;
    if (!learner) {
        mnet_error_memory(error, sizeof *learner);
        return NULL;
    }
    learner->net = net;
    learner->dataset = dataset;
    learner->options = *options;
    if ((size_t)options->batch > dataset->train.n)
        learner->options.batch = (int32_t)dataset->train.n;
    learner->steps = dataset->train.n / (size_t)learner->options.batch;
    learner->options.schedule.epochs = options->epochs;
    if (build(learner, error) != MNET_OK) {
        mnet_learner_free(learner);
        return NULL;
    }
    mnet_shuffle(learner->order, dataset->train.n, options->seed, 0);
    learner->begun = mnet_learner_sum(learner);
    return learner;
}

void mnet_learner_free(MnetLearner *learner)
{
    if (!learner)
        return;
    mnet_teacher_free(learner->teacher);
    mnet_trainer_free(learner->trainer);
    mnet_trainer_free(learner->tester);
    mnet_net_free(learner->result);
    mnet_store_clear(&learner->store);
    mnet_free(learner);
}
