/* SPDX-License-Identifier: MIT
 *
 * A small network learns coloured shapes: how well, the same whatever the threads
 * and wherever it was interrupted, and its file tells the same. */
#include "expect.h"

#include <math.h>
#include <mnet/mnet.h>
#include <unistd.h>

#include "drawn_pictures.h"
#include "train/curve.h"
#include "train/head.h"
#include "train/learner.h"
#include "train/net_graph.h"
#include "train/quantize.h"
#include "train/read_tflite.h"

/* Of 40 pictures that were not learnt from; guessing gets a quarter. */
#define LEAST_ACCURACY 0.9
/* How much more of them a teacher brings. */
#define TEACHER_MARGIN 0.15
/* How much less of them int8 tells. */
#define QUANTIZED_LOSS 0.05
#define EPOCHS 8

static char folder[] = "learner-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int32_t add(MnetNet *net, MnetNetKind kind, MnetNetActivation activation, int32_t channels,
                   int32_t stride, int32_t other)
{
    char name[40];
    snprintf(name, sizeof name, "layer%d", (int)net->n_layers);
    bool wide = kind == MNET_NET_DEPTHWISE || net->n_layers == 1;
    MnetNetLayerSpec spec = { .kind = kind,
                              .activation = activation,
                              .name = name,
                              .inputs = { net->n_layers - 1, other },
                              .channels = channels,
                              .kernel = wide ? 3 : 1,
                              .stride = stride,
                              .batch_norm = kind == MNET_NET_CONV || kind == MNET_NET_DEPTHWISE };
    int32_t index = mnet_net_add(net, &spec, NULL);
    EXPECT(index > 0, "%s", name);
    return index;
}

static MnetNet *new_net(void)
{
    MnetNet *net = mnet_net_new(DRAWN_SIZE, DRAWN_SIZE, 3, NULL);
    add(net, MNET_NET_CONV, MNET_NET_RELU6, 8, 2, -1);
    int32_t skip = add(net, MNET_NET_CONV, MNET_NET_LINEAR, 8, 1, -1);
    add(net, MNET_NET_CONV, MNET_NET_RELU6, 24, 1, -1);
    add(net, MNET_NET_DEPTHWISE, MNET_NET_RELU6, 0, 1, -1);
    add(net, MNET_NET_CONV, MNET_NET_LINEAR, 8, 1, -1);
    add(net, MNET_NET_ADD, MNET_NET_LINEAR, 0, 1, skip);
    add(net, MNET_NET_CONV, MNET_NET_RELU6, 24, 1, -1);
    add(net, MNET_NET_DEPTHWISE, MNET_NET_RELU6, 0, 2, -1);
    add(net, MNET_NET_CONV, MNET_NET_HARD_SWISH, 32, 1, -1);
    add(net, MNET_NET_GLOBAL_POOL, MNET_NET_LINEAR, 0, 1, -1);
    int32_t last = add(net, MNET_NET_DENSE, MNET_NET_LINEAR, DRAWN_CLASSES, 1, -1);
    net->layers[last].dropout = 0.1f;
    net->bn_momentum = 0.9f;
    EXPECT(mnet_net_finish(net, NULL) == MNET_OK && last == 11, "the network");
    mnet_net_init(net, 1);
    mnet_net_set_classes(net, drawn_classes, NULL);
    return net;
}

static MnetLearnOptions usual(void)
{
    MnetLearnOptions options = { .batch = 16, .epochs = EPOCHS, .seed = 5 };
    options.augment = (MnetAugment){ .flip = true,
                                     .shift = 2,
                                     .colour = 0.1f,
                                     .cutout = 3,
                                     .mixup = 0.2f,
                                     .cutmix = 0.2f,
                                     .smoothing = 0.05f };
    options.optimizer = (MnetOptimizerOptions){ .momentum = 0.9f,
                                                .nesterov = true,
                                                .square_decay = 0.99f,
                                                .matrix_share = 0.2f,
                                                .epsilon = 1e-5f,
                                                .weight_decay = 1e-4f,
                                                .average_decay = 0.9f };
    options.schedule =
        (MnetSchedule){ .rate = 0.1f, .warm_up = 1, .step_every = 3, .step_factor = 0.3f };
    return options;
}

/* A network and its learner, which has gone as many steps. */
typedef struct {
    MnetNet *net;
    MnetLearner *learner;
    MnetPool *pool;
} Run;

static Run start(const MnetDataset *dataset, MnetLearnOptions options, unsigned threads)
{
    MnetError error = { MNET_OK, "" };
    Run run = { .net = new_net() };
    if (threads > 1)
        options.pool = run.pool = mnet_pool_new(threads, NULL);
    run.learner = mnet_learner_new(run.net, dataset, &options, &error);
    if (!run.learner) {
        EXPECT(false, "%s", error.text);
        exit(1);
    }
    return run;
}

static void go(const Run *run, size_t steps)
{
    MnetError error = { MNET_OK, "" };
    for (size_t i = 0; i < steps; i++)
        EXPECT(mnet_learner_step(run->learner, &error) == MNET_OK, "%s", error.text);
}

static void end(Run *run)
{
    mnet_learner_free(run->learner);
    mnet_pool_unref(run->pool);
    mnet_net_free(run->net);
}

static size_t all_steps(const Run *run)
{
    MnetProgress progress;
    mnet_learner_progress(run->learner, &progress);
    return progress.epochs * progress.steps;
}

static void check_same(const char *name, const Run *a, const Run *b)
{
    EXPECT(!memcmp(a->net->params, b->net->params, a->net->n_params * sizeof(float)),
           "%s: other parameters", name);
    EXPECT(!memcmp(mnet_learner_net(a->learner)->params, mnet_learner_net(b->learner)->params,
                   a->net->n_params * sizeof(float)),
           "%s: other averages", name);
}

/* What a file makes of the test pictures; its input is floats or the pixels' bytes. */
static double accuracy_of(MnetModel *model, const MnetNet *net, const MnetPictures *pictures)
{
    MnetError error = { MNET_OK, "" };
    MnetSession *session = mnet_session_new(model, NULL, &error);
    size_t n = 3 * DRAWN_SIZE * DRAWN_SIZE, right = 0;
    EXPECT(session, "%s", error.text);
    for (size_t i = 0; session && i < pictures->n; i++) {
        void *input = mnet_session_input(session, 0);
        const uint8_t *pixels = pictures->pixels + i * n;
        bool bytes = mnet_session_input_info(session, 0)->type == MNET_TYPE_UINT8;
        for (size_t k = 0; k < n && !bytes; k++)
            ((float *)input)[k] = (pixels[k] - net->mean[k % 3]) / net->std[k % 3];
        if (bytes)
            memcpy(input, pixels, n);
        mnet_session_run(session);
        const MnetTensorInfo *info = mnet_session_output_info(session, 0);
        const void *output = mnet_session_output(session, 0);
        size_t best = 0;
        for (size_t c = 1; c < DRAWN_CLASSES; c++)
            if (mnet_tensor_value(info, output, c) > mnet_tensor_value(info, output, best))
                best = c;
        right += best == (size_t)pictures->labels[i];
    }
    mnet_session_free(session);
    return (double)right / (double)pictures->n;
}

/* The file's probabilities are those of the network that was tested. */
static void check_file(const Run *run, const MnetDataset *dataset, double accuracy)
{
    MnetError error = { MNET_OK, "" };
    const char *path = in_folder("net.tflite");
    const MnetNet *net = mnet_learner_net(run->learner);
    EXPECT(mnet_net_write_tflite(net, path, &error) == MNET_OK, "%s", error.text);
    MnetModel *model = mnet_model_load(path, NULL, &error);
    EXPECT(model, "%s", error.text);
    double of_file = model ? accuracy_of(model, net, &dataset->test) : 0;
    EXPECT(fabs(of_file - accuracy) < 1e-9, "the file gets %g, the network %g", of_file, accuracy);
    EXPECT(!strcmp(mnet_labels_get(mnet_model_labels(model, 0), 1), drawn_classes[1]), "labels");
    mnet_model_unref(model);
}

/* A network and pictures that it is to be quantised with. */
typedef struct {
    const MnetNet *net;
    const MnetPictures *pictures;
} Calibration;

static bool calibration_picture(void *user, size_t index, float *input, MnetError *error)
{
    const Calibration *c = user;
    size_t n = 3 * DRAWN_SIZE * DRAWN_SIZE;
    for (size_t k = 0; k < n; k++)
        input[k] = (c->pictures->pixels[index * n + k] - c->net->mean[k % 3]) / c->net->std[k % 3];
    return true;
}

/* As bytes it tells the classes of nearly as many pictures. */
static void check_quantized(const Run *run, const MnetDataset *dataset, double accuracy)
{
    MnetError error = { MNET_OK, "" };
    uint8_t *data;
    size_t size;
    Calibration calibration = { mnet_learner_net(run->learner), &dataset->train };
    MnetQuantizeOptions options = { .picture = calibration_picture,
                                    .user = &calibration,
                                    .n_pictures = dataset->train.n < 40 ? dataset->train.n : 40,
                                    .correct_bias = true };
    if (mnet_net_quantize(calibration.net, &options, &data, &size, &error) != MNET_OK) {
        EXPECT(false, "%s", error.text);
        return;
    }
    MnetModel *model = mnet_model_load_memory(data, size, NULL, &error);
    EXPECT(model, "%s", error.text);
    double of_bytes = model ? accuracy_of(model, calibration.net, &dataset->test) : 0;
    EXPECT(of_bytes >= accuracy - QUANTIZED_LOSS, "%g right as bytes, %g as floats", of_bytes,
           accuracy);
    mnet_model_unref(model);
    mnet_free(data);
}

static void check_curve(const Run *run)
{
    MnetProgress progress;
    MnetError error = { MNET_OK, "" };
    char text[64] = "";
    mnet_learner_progress(run->learner, &progress);
    EXPECT(mnet_curve_write(&progress, "a < b & c", in_folder("curve.svg"), &error) == MNET_OK,
           "%s", error.text);
    FILE *file = fopen(in_folder("curve.svg"), "r");
    EXPECT(file && fread(text, 1, 4, file) == 4 && !strcmp(text, "<svg"), "\"%s\"", text);
    if (file)
        fclose(file);
}

static void check_threads(const MnetDataset *dataset)
{
    MnetLearnOptions options = usual();
    for (int i = 0; i < 2; i++) {
        options.optimizer.kind = i ? MNET_OPTIMIZER_MUON : MNET_OPTIMIZER_SGD;
        Run run = start(dataset, options, 1), two = start(dataset, options, 2);
        go(&run, 12);
        go(&two, 12);
        check_same("two threads", &run, &two);
        end(&run);
        end(&two);
    }
}

static void check_learning(const MnetDataset *dataset, MnetOptimizerKind kind)
{
    MnetLearnOptions options = usual();
    options.optimizer.kind = kind;
    Run run = start(dataset, options, 1);
    MnetProgress progress;
    go(&run, all_steps(&run));
    mnet_learner_progress(run.learner, &progress);
    double accuracy = progress.history[EPOCHS - 1].test_accuracy;
    EXPECT(progress.epoch == EPOCHS && accuracy >= LEAST_ACCURACY, "%u epochs, %g right",
           progress.epoch, accuracy);
    EXPECT(progress.history[EPOCHS - 1].loss < 0.7 * progress.history[0].loss, "loss %g, then %g",
           progress.history[0].loss, progress.history[EPOCHS - 1].loss);
    check_file(&run, dataset, accuracy);
    check_quantized(&run, dataset, accuracy);
    check_curve(&run);
    end(&run);
}

/* A checkpoint whose sum is right, of a step or epoch that there is not. */
static void check_hostile(const Run *run, const char *path)
{
    enum { EPOCH = 56, STEP = 64, SUM = 8 }; /* bytes of the file */
    MnetError error = { MNET_OK, "" };
    for (int i = 0; i < 2; i++) {
        MnetFile file;
        uint64_t far = 1 << 20, sum = 0;
        EXPECT(mnet_learner_save(run->learner, path, &error) == MNET_OK &&
                   mnet_file_read(&file, path, &error) == MNET_OK,
               "%s", error.text);
        memcpy(file.data + (i ? EPOCH : STEP), &far, sizeof far);
        for (size_t k = 0; k < file.size - SUM; k++)
            sum = (sum ^ file.data[k]) * 0x100000001b3u;
        memcpy(file.data + file.size - SUM, &sum, sizeof sum);
        write_bytes(path, file.data, file.size);
        mnet_file_clear(&file);
        EXPECT(mnet_learner_load(run->learner, path, &error) != MNET_OK, "step or epoch 2^20");
        expect_error("a hostile one", &error, MNET_ERROR_FORMAT,
                     i ? "of epoch 1048577" : "step 1048577");
    }
}

static void check_resume(const MnetDataset *dataset, MnetOptimizerKind kind)
{
    MnetLearnOptions options = usual();
    MnetError error = { MNET_OK, "" };
    const char *path = in_folder("checkpoint");
    options.optimizer.kind = kind;
    options.schedule.kind = kind == MNET_OPTIMIZER_SGD ? MNET_SCHEDULE_COSINE : MNET_SCHEDULE_STEP;
    options.schedule.rate = kind == MNET_OPTIMIZER_SGD ? 0.1f : 0.01f;
    options.epochs = 2;
    options.augment.cutmix = 0.5f;
    Run whole = start(dataset, options, 1), first = start(dataset, options, 1);
    go(&whole, all_steps(&whole));
    go(&first, all_steps(&first) / 2 + 1);
    EXPECT(mnet_learner_save(first.learner, path, &error) == MNET_OK, "%s", error.text);
    Run second = start(dataset, options, 1);
    EXPECT(mnet_learner_load(second.learner, path, &error) == MNET_OK, "%s", error.text);
    go(&second, all_steps(&second) - all_steps(&second) / 2 - 1);
    check_same("resumed", &whole, &second);
    end(&whole);
    end(&first);
    end(&second);
    options.seed++;
    Run other = start(dataset, options, 1);
    EXPECT(mnet_learner_load(other.learner, path, &error) != MNET_OK, "another seed");
    expect_error("another seed", &error, MNET_ERROR_ARGUMENT, "other options");
    EXPECT(truncate(path, 1000) == 0, "truncate");
    EXPECT(mnet_learner_load(other.learner, path, &error) != MNET_OK, "cut short");
    expect_error("cut short", &error, MNET_ERROR_FORMAT, "cut short or damaged");
    check_hostile(&other, path);
    EXPECT(mnet_learner_save(other.learner, "/dev/full", &error) != MNET_OK, "a full disk");
    expect_error("a full disk", &error, MNET_ERROR_IO, "/dev/full");
    end(&other);
}

/* A rate that leaves the numbers is told, with the step. */
static void check_nan(const MnetDataset *dataset)
{
    MnetLearnOptions options = usual();
    MnetError error = { MNET_OK, "" };
    options.schedule = (MnetSchedule){ .rate = 1e30f, .kind = MNET_SCHEDULE_CONSTANT };
    Run run = start(dataset, options, 1);
    for (int i = 0; i < 20 && error.status == MNET_OK; i++)
        mnet_learner_step(run.learner, &error);
    expect_error("a huge rate", &error, MNET_ERROR_LIMIT, "of epoch 1, at a rate of 1e+30");
    end(&run);
}

/* A running statistic is in no loss, but in what is written. */
static void check_statistics(const MnetDataset *dataset)
{
    MnetError error = { MNET_OK, "" };
    Run run = start(dataset, usual(), 1);
    MnetProgress progress;
    mnet_learner_progress(run.learner, &progress);
    go(&run, (size_t)progress.steps - 1);
    run.net->params[run.net->n_params - 1] = INFINITY;
    EXPECT(mnet_learner_save(run.learner, in_folder("infinite"), &error) != MNET_OK &&
               access(in_folder("infinite"), F_OK) != 0,
           "it is saved");
    expect_error("to save it", &error, MNET_ERROR_LIMIT, "no number any more in step");
    EXPECT(mnet_learner_step(run.learner, &error) != MNET_OK, "the epoch ends");
    expect_error("at the end", &error, MNET_ERROR_LIMIT, "a weight or mean is no number");
    end(&run);
}

/* A few pictures of each class, every second one with the next class as its label. */
static MnetDataset mislabelled(const MnetDataset *dataset)
{
    enum { EACH = 12, BYTES = 3 * DRAWN_SIZE * DRAWN_SIZE };
    static uint8_t pixels[EACH * DRAWN_CLASSES * BYTES];
    static int32_t labels[EACH * DRAWN_CLASSES];
    size_t seen[DRAWN_CLASSES] = { 0 }, n = 0;
    for (size_t i = 0; i < dataset->train.n; i++) {
        int32_t label = dataset->train.labels[i];
        size_t of_class = seen[label]++;
        if (of_class >= EACH)
            continue;
        memcpy(pixels + n * BYTES, dataset->train.pixels + i * BYTES, BYTES);
        labels[n++] = (label + (int32_t)of_class % 2) % DRAWN_CLASSES;
    }
    MnetDataset few = *dataset;
    few.train = (MnetPictures){ n, pixels, labels };
    return few;
}

static double learn_mislabelled(const MnetDataset *dataset, MnetModel *teacher)
{
    MnetLearnOptions options = usual();
    MnetProgress progress;
    options.epochs = 24;
    options.teacher = teacher;
    options.temperature = 2;
    options.alpha = 0.95f;
    Run run = start(dataset, options, 1);
    go(&run, all_steps(&run));
    mnet_learner_progress(run.learner, &progress);
    double accuracy = progress.history[options.epochs - 1].test_accuracy;
    end(&run);
    return accuracy;
}

/* A network that has learnt teaches one that has not, with few pictures and half of
 * their labels wrong: without it those are learnt, too. */
static void check_teacher(const MnetDataset *dataset)
{
    MnetError error = { MNET_OK, "" };
    MnetDataset few = mislabelled(dataset);
    MnetModel *model = mnet_model_load(in_folder("net.tflite"), NULL, &error);
    EXPECT(model, "%s", error.text);
    double taught = learn_mislabelled(&few, model), alone = learn_mislabelled(&few, NULL);
    EXPECT(taught >= LEAST_ACCURACY && taught >= alone + TEACHER_MARGIN,
           "%g right with a teacher, %g without", taught, alone);
    mnet_model_unref(model);
}

/* The network's file again, its last layer forgotten: learnt anew, and imprinted. */
static void learn_heads(const MnetDataset *dataset, uint32_t epochs, double least)
{
    MnetError error = { MNET_OK, "" };
    MnetNet *known = mnet_net_read_tflite(in_folder("net.tflite"), &error);
    EXPECT(known, "%s", error.text);
    for (int i = 0; known && i < 2; i++) {
        double accuracy = 0;
        MnetHeadOptions options = { .imprint = i == 1, .flip = true, .epochs = epochs };
        MnetNet *net = mnet_net_with_classes(known, DRAWN_CLASSES, drawn_classes, &error);
        EXPECT(net && mnet_head_learn(net, dataset, &options, &accuracy, &error) == MNET_OK, "%s",
               error.text);
        EXPECT(accuracy >= least, "%s: %g right", i ? "imprinted" : "learnt", accuracy);
        mnet_net_free(net);
    }
    mnet_net_free(known);
}

static void check_all(const MnetDataset *dataset)
{
    check_learning(dataset, MNET_OPTIMIZER_SGD);
    check_learning(dataset, MNET_OPTIMIZER_MUON);
    check_resume(dataset, MNET_OPTIMIZER_SGD);
    check_resume(dataset, MNET_OPTIMIZER_ADAM);
    check_resume(dataset, MNET_OPTIMIZER_RMSPROP);
    check_resume(dataset, MNET_OPTIMIZER_MUON);
    check_nan(dataset);
    check_statistics(dataset);
    check_teacher(dataset);
    learn_heads(dataset, 20, LEAST_ACCURACY);
}

/* Everything once, briefly and whatever it learns: for tools that watch memory. */
static void check_short(const MnetDataset *dataset)
{
    MnetLearnOptions options = usual();
    MnetError error = { MNET_OK, "" };
    double accuracy = 0;
    options.epochs = 1;
    for (int i = 0; i < 2; i++) {
        options.optimizer.kind = i ? MNET_OPTIMIZER_ADAM : MNET_OPTIMIZER_MUON;
        options.teacher = i ? mnet_model_load(in_folder("net.tflite"), NULL, &error) : NULL;
        options.temperature = 2;
        options.alpha = 0.5f;
        Run run = start(dataset, options, 1);
        go(&run, 1);
        EXPECT(mnet_learner_save(run.learner, in_folder("short"), &error) == MNET_OK &&
                   mnet_learner_load(run.learner, in_folder("short"), &error) == MNET_OK,
               "%s", error.text);
        go(&run, all_steps(&run) - 1);
        accuracy = mnet_learner_test(run.learner, &dataset->test);
        check_file(&run, dataset, accuracy);
        check_quantized(&run, dataset, 0);
        check_curve(&run);
        end(&run);
        mnet_model_unref(options.teacher);
    }
    learn_heads(dataset, 2, 0);
}

/* With "threads": on threads; with "short": check_short(). */
int main(int argc, char **argv)
{
    MnetError error = { MNET_OK, "" };
    MnetDataset dataset;
    MnetDatasetOptions options = { .width = DRAWN_SIZE, .height = DRAWN_SIZE };
    bool brief = argc > 1 && !strcmp(argv[1], "short");
    if (!mkdtemp(folder))
        return 1;
    draw_folder(folder, brief ? 8 : 40, brief ? 2 : 10);
    if (mnet_dataset_load(&dataset, folder, &options, &error) != MNET_OK) {
        EXPECT(false, "%s", error.text);
        return expect_report("learner");
    }
    if (brief)
        check_short(&dataset);
    else if (argc > 1)
        check_threads(&dataset);
    else
        check_all(&dataset);
    mnet_dataset_clear(&dataset);
    remove_folder(folder);
    return expect_report("learner");
}
