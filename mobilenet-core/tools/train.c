/* SPDX-License-Identifier: MIT
 *
 * `mnet train`: a network that learns the classes of a folder of pictures. */
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "train/curve.h"
#include "train/head.h"
#include "train/net_graph.h"
#include "train/read_tflite.h"
#include "train_options.h"
#include "train_print.h"

/* What one run of the command has open. */
typedef struct {
    const ToolOptions *options;
    MnetDataset dataset;
    MnetNet *net;
    MnetModel *teacher;
    MnetPool *pool;
    MnetLearner *learner;
    bool learnt;   /* all epochs are done */
    bool no_curve; /* it could not be written once */
    TrainPrint print;
} Training;

static volatile sig_atomic_t interrupted; /* seconds, of CLOCK_MONOTONIC, from 1 on */

/* Several signals at once, as timeout(1) and terminals send them, are one.  Ctrl-C later on
 * is of who does not want to wait for the checkpoint. */
static void interrupt(int number)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    if (!interrupted)
        interrupted = (sig_atomic_t)(t.tv_sec + 1);
    else if (number == SIGINT && t.tv_sec > interrupted)
        _exit(128 + SIGINT);
}

#define MOST_TOLD 20

static void tell_skipped(void *user, const char *text)
{
    size_t *told = user;
    if (++*told <= MOST_TOLD)
        tool_error("skipped: %s", text);
    else if (*told == MOST_TOLD + 1)
        tool_error("skipped: more, which are only counted");
}

static bool failed(const MnetError *error)
{
    tool_error("%s", error->text);
    return false;
}

static bool load_pictures(Training *training, int32_t width, int32_t height)
{
    const ToolTraining *t = &training->options->training;
    size_t told = 0;
    MnetError error;
    MnetDatasetOptions options = { .width = width,
                                   .height = height,
                                   .test_share = (float)t->test_share,
                                   .most_bytes = (uint64_t)t->most_mib << 20,
                                   .skipped = tell_skipped,
                                   .user = &told };
    MnetDataset *dataset = &training->dataset;
    if (mnet_dataset_load(dataset, training->options->words[0], &options, &error) != MNET_OK)
        return failed(&error);
    printf("%zu pictures to learn from and %zu for the test, of %d classes, as %dx%d",
           dataset->train.n, dataset->test.n, (int)dataset->n_classes, (int)width, (int)height);
    if (dataset->skipped)
        printf("; %zu skipped", dataset->skipped);
    printf("\n");
    fflush(stdout);
    return true;
}

static bool new_net(Training *training)
{
    const ToolOptions *options = training->options;
    MnetError error;
    MnetNetOptions wanted = tool_net_options(options);
    wanted.family =
        options->training.arch ? (MnetNetFamily)(options->training.arch - 1) : MNET_NET_V2;
    wanted.resolution = training->dataset.width;
    wanted.n_classes = training->dataset.n_classes;
    training->net = mnet_net_build(&wanted, &error);
    if (!training->net ||
        mnet_net_set_classes(training->net, (const char *const *)training->dataset.classes,
                             &error) != MNET_OK)
        return failed(&error);
    return true;
}

/* The network of --from with the classes of the pictures.  Where all layers learn and
 * these are its own, its last layer goes on, too. */
static bool known_net(Training *training, const MnetNet *from)
{
    const ToolTraining *t = &training->options->training;
    const MnetDataset *dataset = &training->dataset;
    MnetError error;
    bool its_own = from->classes && mnet_dataset_expect(dataset, mnet_net_logits(from)->channels,
                                                        from->classes, &error) == MNET_OK;
    if (its_own && !t->freeze && !t->imprint)
        training->net = mnet_net_copy(from, &error);
    else
        training->net = mnet_net_with_classes(from, dataset->n_classes,
                                              (const char *const *)dataset->classes, &error);
    return training->net || failed(&error);
}

/* Of the last layer, where it is told. */
static void set_dropout(Training *training)
{
    MnetNetLayer *last = &training->net->layers[training->net->n_layers - 1];
    if (training->options->training.dropout >= 0)
        last->dropout = (float)training->options->training.dropout;
}

static MnetLearnOptions learn_options(const Training *training)
{
    const ToolTraining *t = &training->options->training;
    MnetLearnOptions o = { .batch = (int32_t)t->batch,
                           .epochs = t->epochs,
                           .seed = training->options->seed,
                           .pool = training->pool,
                           .cpu = training->options->cpu,
                           .teacher = training->teacher,
                           .temperature = (float)t->temperature,
                           .alpha = (float)t->alpha };
    o.augment = (MnetAugment){ .flip = !t->no_flip,
                               .reflect = t->reflect,
                               .colour = (float)t->colour,
                               .shift = t->shift == UINT32_MAX ? training->dataset.width / 8
                                                               : (int32_t)t->shift,
                               .cutout = (int32_t)t->cutout,
                               .mixup = (float)t->mixup,
                               .cutmix = (float)t->cutmix,
                               .smoothing = (float)t->smoothing };
    o.optimizer =
        (MnetOptimizerOptions){ .kind = t->optimizer ? (MnetOptimizerKind)(t->optimizer - 1)
                                                     : MNET_OPTIMIZER_SGD,
                                .momentum = (float)t->momentum,
                                .nesterov = !t->no_nesterov,
                                .square_decay = (float)t->square_decay,
                                .matrix_share = (float)t->matrix_share,
                                .weight_decay = (float)t->weight_decay,
                                .average_decay = (float)t->average };
    o.optimizer.epsilon = o.optimizer.kind == MNET_OPTIMIZER_ADAM ? 1e-8f : 1e-3f;
    bool sgd = o.optimizer.kind == MNET_OPTIMIZER_SGD || o.optimizer.kind == MNET_OPTIMIZER_MUON;
    /* Layers of a file have no batch normalisation to hold them: published networks leave
     * the numbers at a rate of 0.01. */
    double rate = t->from ? (sgd ? 0.001 : 0.0002) : sgd ? 0.1 : 0.002;
    o.schedule = (MnetSchedule){ .kind = t->schedule ? (MnetScheduleKind)(t->schedule - 1)
                                                     : MNET_SCHEDULE_COSINE,
                                 .rate = (float)(t->rate > 0 ? t->rate : rate),
                                 .warm_up = t->warm_up,
                                 .step_every = t->step_every,
                                 .step_factor = (float)t->step_factor };
    return o;
}

static bool open_teacher(Training *training)
{
    MnetError error;
    const char *path = training->options->training.teacher;
    if (!path)
        return true;
    MnetModelOptions options = { .cpu = training->options->cpu };
    training->teacher = mnet_model_load(path, &options, &error);
    return training->teacher || failed(&error);
}

static bool resume(Training *training)
{
    const char *path = training->options->training.checkpoint;
    MnetProgress progress;
    MnetError error;
    if (mnet_learner_load(training->learner, path, &error) != MNET_OK)
        return failed(&error);
    mnet_learner_progress(training->learner, &progress);
    tool_print_text(stdout, path);
    printf(": goes on after %u of %u epochs\n", progress.epoch, progress.epochs);
    fflush(stdout);
    return true;
}

/* No more threads than processors: the result is the same, and they would wait for each
 * other. */
static bool open_pool(Training *training)
{
    unsigned threads = training->options->threads, most = mnet_pool_processors();
    MnetError error;
    training->pool = mnet_pool_new(threads < most ? threads : most, &error);
    return training->pool || failed(&error);
}

static bool open_learner(Training *training)
{
    const ToolTraining *t = &training->options->training;
    MnetError error;
    if (!open_pool(training))
        return false;
    MnetLearnOptions options = learn_options(training);
    training->learner = mnet_learner_new(training->net, &training->dataset, &options, &error);
    if (!training->learner)
        return failed(&error);
    return !t->resume || access(t->checkpoint, F_OK) != 0 || resume(training);
}

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Checkpoint and curve; what cannot be written is told, and the last good file stays.
 * False: the checkpoint; a curve alone is not worth the end of a run. */
static bool save(Training *training, const MnetProgress *progress)
{
    const ToolTraining *t = &training->options->training;
    MnetError error;
    if (t->checkpoint && mnet_learner_save(training->learner, t->checkpoint, &error) != MNET_OK)
        return failed(&error);
    if (t->curve && !training->no_curve &&
        mnet_curve_write(progress, training->net->title, t->curve, &error) != MNET_OK) {
        training->no_curve = true;
        tool_error("%s; the run goes on without the curve", error.text);
    }
    return true;
}

static int stopped(Training *training, const MnetProgress *progress)
{
    const char *checkpoint = training->options->training.checkpoint;
    train_print_end(&training->print);
    if (!checkpoint)
        return tool_error("interrupted; without --checkpoint nothing is kept");
    if (!save(training, progress))
        return TOOL_ERROR;
    return tool_error("interrupted in epoch %u; --resume goes on from %s", progress->epoch + 1,
                      checkpoint);
}

/* Until there is something to keep, a signal ends the program as ever.  What is ignored,
 * as SIGHUP by nohup, stays so. */
static void catch_signals(void)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction before, action = { .sa_handler = interrupt, .sa_flags = SA_RESTART };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
}

/* Saved before it is told: who reads the lines may end the program. */
static bool end_epoch(Training *training, const MnetProgress *progress)
{
    train_print_end(&training->print);
    uint64_t before = now();
    bool saved = save(training, progress);
    train_print_pause(&training->print, now() - before);
    train_print_step(&training->print, progress, true);
    return saved;
}

/* A loss that is no number. */
static int lost(Training *training, const MnetError *error)
{
    const char *checkpoint = training->options->training.checkpoint;
    train_print_end(&training->print);
    if (checkpoint && access(checkpoint, F_OK) == 0)
        return tool_error("%s; %s is of before", error->text, checkpoint);
    return tool_error("%s", error->text);
}

static int learn(Training *training)
{
    MnetProgress progress;
    MnetError error;
    catch_signals();
    mnet_learner_progress(training->learner, &progress);
    train_print_begin(&training->print);
    while (progress.epoch < progress.epochs) {
        uint32_t epoch = progress.epoch;
        if (interrupted)
            return stopped(training, &progress);
        if (mnet_learner_step(training->learner, &error) != MNET_OK)
            return lost(training, &error);
        mnet_learner_progress(training->learner, &progress);
        if (progress.epoch == epoch) {
            train_print_step(&training->print, &progress, false);
        } else if (!end_epoch(training, &progress)) {
            training->learnt = progress.epoch == progress.epochs;
            return TOOL_ERROR;
        }
    }
    training->learnt = true;
    return training->no_curve ? TOOL_ERROR : TOOL_OK;
}

static int write_net(const Training *training, const MnetNet *net, double accuracy)
{
    const char *path = training->options->words[1];
    MnetError error;
    if (mnet_net_write_tflite(net, path, &error) != MNET_OK)
        return tool_error("%s", error.text);
    tool_print_text(stdout, path);
    printf(": %s, %d classes", net->title, (int)training->dataset.n_classes);
    if (isfinite(accuracy))
        printf(", %.2f %% of %zu test pictures", 100 * accuracy, training->dataset.test.n);
    printf("\n");
    return TOOL_OK;
}

/* The last layer alone. */
static int learn_head(Training *training)
{
    const ToolTraining *t = &training->options->training;
    MnetHeadOptions options = { .rate = (float)t->rate,
                                .weight_decay = (float)t->weight_decay,
                                .smoothing = (float)t->smoothing,
                                .flip = !t->no_flip,
                                .seed = training->options->seed,
                                .imprint = t->imprint,
                                .cpu = training->options->cpu };
    double accuracy = 0;
    MnetError error;
    if (!open_pool(training))
        return TOOL_ERROR;
    options.pool = training->pool;
    uint64_t begin = now();
    if (mnet_head_learn(training->net, &training->dataset, &options, &accuracy, &error) != MNET_OK)
        return tool_error("%s", error.text);
    printf("learnt in %.1f s\n", (double)(now() - begin) * 1e-9);
    return write_net(training, training->net, accuracy);
}

/* All layers. */
static int learn_all(Training *training)
{
    set_dropout(training);
    printf("%s: %s multiply-adds, %s parameters\n", training->net->title,
           tool_count(mnet_net_multiply_adds(training->net)).text,
           tool_count(mnet_net_parameters(training->net)).text);
    fflush(stdout);
    if (!open_learner(training))
        return TOOL_ERROR;
    int status = learn(training);
    if (!training->learnt)
        return status;
    /* Also where the last checkpoint could not be written. */
    const MnetNet *net = mnet_learner_net(training->learner);
    int written = write_net(training, net,
                            training->dataset.test.n
                                ? mnet_learner_test(training->learner, &training->dataset.test)
                                : NAN);
    return status ? status : written;
}

static int train_from(Training *training, const MnetNet *from)
{
    const ToolTraining *t = &training->options->training;
    if (!load_pictures(training, from->layers[0].width, from->layers[0].height) ||
        !known_net(training, from))
        return TOOL_ERROR;
    return t->freeze || t->imprint ? learn_head(training) : learn_all(training);
}

static int train(Training *training)
{
    const ToolOptions *options = training->options;
    MnetError error;
    if (!open_teacher(training))
        return TOOL_ERROR;
    if (options->training.from) {
        MnetNet *from = mnet_net_read_tflite(options->training.from, &error);
        int status = from ? train_from(training, from) : tool_error("%s", error.text);
        mnet_net_free(from);
        return status;
    }
    int32_t resolution = options->resolution ? (int32_t)options->resolution : 32;
    if (!load_pictures(training, resolution, resolution) || !new_net(training))
        return TOOL_ERROR;
    return learn_all(training);
}

int tool_train(const ToolOptions *options)
{
    Training training = { .options = options };
    int status;
    if (!train_options_check(options, &status))
        return status;
    signal(SIGPIPE, SIG_IGN); /* who stops reading the lines does not end the run */
    status = train(&training);
    mnet_learner_free(training.learner);
    mnet_pool_unref(training.pool);
    mnet_model_unref(training.teacher);
    mnet_net_free(training.net);
    mnet_dataset_clear(&training.dataset);
    return status;
}
