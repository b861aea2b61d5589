/* SPDX-License-Identifier: MIT
 *
 * Every gradient of small networks of every operator against central differences
 * of the loss by its definition in double; the same bits whatever the threads. */
#include "expect.h"

#include <math.h>

#include "base/cpu.h"
#include "naive_loss.h"
#include "train/random.h"

#define BATCH 3
/* Of float sums, relative to a layer's largest gradient. */
#define TOLERANCE 2e-4

static MnetRandom draw = { 7 };

static float uniform(float low, float high)
{
    return low + (float)mnet_random_real(&draw) * (high - low);
}

static int32_t add(MnetNet *net, MnetNetKind kind, MnetNetActivation activation, int32_t input,
                   int32_t channels, int32_t kernel, int32_t stride, bool batch_norm)
{
    MnetError error = { MNET_OK, "" };
    char name[40];
    snprintf(name, sizeof name, "layer%d", (int)net->n_layers);
    MnetNetLayerSpec spec = { .kind = kind,
                              .activation = activation,
                              .name = name,
                              .inputs = { input, -1 },
                              .channels = channels,
                              .kernel = kernel,
                              .stride = stride,
                              .batch_norm = batch_norm };
    int32_t index = mnet_net_add(net, &spec, &error);
    EXPECT(index >= 0, "%s", error.text);
    return index;
}

static int32_t join(MnetNet *net, MnetNetKind kind, int32_t a, int32_t b)
{
    MnetError error = { MNET_OK, "" };
    char name[40];
    snprintf(name, sizeof name, "layer%d", (int)net->n_layers);
    MnetNetLayerSpec spec = { .kind = kind, .name = name, .inputs = { a, b } };
    int32_t index = mnet_net_add(net, &spec, &error);
    EXPECT(index >= 0, "%s", error.text);
    return index;
}

/* Pool and a dense layer of 3 classes behind `input`; parameters at random. */
static MnetNet *finish(MnetNet *net, int32_t input)
{
    MnetError error = { MNET_OK, "" };
    int32_t pool = add(net, MNET_NET_GLOBAL_POOL, MNET_NET_LINEAR, input, 0, 1, 1, false);
    add(net, MNET_NET_DENSE, MNET_NET_LINEAR, pool, 3, 1, 1, false);
    if (mnet_net_finish(net, &error) != MNET_OK) {
        EXPECT(false, "%s", error.text);
        exit(1);
    }
    return net;
}

static MnetNet *begin(int32_t height, int32_t width)
{
    return mnet_net_new(height, width, 3, NULL);
}

/* A stem, one depthwise layer, a projection. */
static MnetNet *net_depthwise(int32_t height, int32_t width, int32_t kernel, int32_t stride,
                              MnetNetActivation activation, bool batch_norm)
{
    MnetNet *net = begin(height, width);
    int32_t at = add(net, MNET_NET_CONV, activation, 0, 24, 3, stride, batch_norm);
    at = add(net, MNET_NET_DEPTHWISE, activation, at, 0, kernel, stride, batch_norm);
    return finish(net, add(net, MNET_NET_CONV, MNET_NET_LINEAR, at, 8, 1, 1, batch_norm));
}

/* Two inverted residuals that share their skip connection. */
static MnetNet *net_residual(void)
{
    MnetNet *net = begin(6, 5);
    int32_t at = add(net, MNET_NET_CONV, MNET_NET_RELU6, 0, 8, 3, 1, true);
    at = add(net, MNET_NET_CONV, MNET_NET_LINEAR, at, 16, 1, 1, true);
    for (int i = 0; i < 2; i++) {
        int32_t skip = at;
        at = add(net, MNET_NET_CONV, MNET_NET_RELU6, at, 40, 1, 1, true);
        at = add(net, MNET_NET_DEPTHWISE, MNET_NET_RELU6, at, 0, 3, 1, true);
        at = add(net, MNET_NET_CONV, MNET_NET_LINEAR, at, 16, 1, 1, true);
        at = join(net, MNET_NET_ADD, skip, at);
    }
    return finish(net, at);
}

static MnetNet *net_squeeze(void)
{
    MnetNet *net = begin(6, 6);
    int32_t at = add(net, MNET_NET_CONV, MNET_NET_HARD_SWISH, 0, 24, 3, 2, true);
    at = add(net, MNET_NET_DEPTHWISE, MNET_NET_HARD_SWISH, at, 0, 5, 1, true);
    int32_t gate = add(net, MNET_NET_GLOBAL_POOL, MNET_NET_LINEAR, at, 0, 1, 1, false);
    gate = add(net, MNET_NET_CONV, MNET_NET_RELU, gate, 8, 1, 1, false);
    gate = add(net, MNET_NET_CONV, MNET_NET_HARD_SIGMOID, gate, 24, 1, 1, false);
    at = join(net, MNET_NET_SCALE, at, gate);
    at = add(net, MNET_NET_CONV, MNET_NET_LINEAR, at, 16, 1, 1, true);
    return finish(net, at);
}

static void randomise(MnetNet *net)
{
    for (size_t i = 0; i < net->n_trained; i++)
        net->params[i] += uniform(-0.5f, 0.5f);
}

/* A trainer, and what it and the definition are given. */
typedef struct {
    MnetNet *net;
    float *input, *targets, *teacher;
    MnetTrainGoal goal;
} Case;

static float *probabilities(size_t classes)
{
    float *p = calloc(BATCH * classes, sizeof *p);
    for (size_t i = 0; i < BATCH; i++) {
        float sum = 0;
        for (size_t c = 0; c < classes; c++)
            sum += p[i * classes + c] = uniform(0.1f, 1);
        for (size_t c = 0; c < classes; c++)
            p[i * classes + c] /= sum;
    }
    return p;
}

static Case new_case(MnetNet *net)
{
    const MnetNetLayer *in = &net->layers[0];
    size_t n = BATCH * (size_t)in->height * (size_t)in->width * 3;
    size_t classes = (size_t)net->layers[net->n_layers - 1].channels;
    Case c = { .net = net,
               .input = calloc(n, sizeof(float)),
               .targets = probabilities(classes),
               .teacher = probabilities(classes) };
    for (size_t i = 0; i < n; i++)
        c.input[i] = uniform(-1, 1);
    c.goal = (MnetTrainGoal){
        .targets = c.targets, .teacher = c.teacher, .temperature = 3, .alpha = 0.4f
    };
    return c;
}

static void end_case(Case *c)
{
    mnet_net_free(c->net);
    free(c->input);
    free(c->targets);
    free(c->teacher);
}

static void fill(MnetTrainer *trainer, const Case *c)
{
    const MnetNetLayer *in = &c->net->layers[0];
    size_t row = (size_t)in->width * 3;
    for (int32_t picture = 0; picture < BATCH; picture++)
        for (int32_t y = 0; y < in->height; y++)
            memcpy(mnet_trainer_input_row(trainer, picture, y),
                   c->input + (size_t)(picture * in->height + y) * row, row * sizeof(float));
}

static MnetTrainer *trainer_of(const Case *c, MnetPool *pool, const char *cpu)
{
    MnetError error = { MNET_OK, "" };
    MnetTrainerOptions options = { .batch = BATCH, .pool = pool, .cpu = cpu };
    MnetTrainer *trainer = mnet_trainer_new(c->net, &options, &error);
    if (!trainer) {
        EXPECT(false, "%s", error.text);
        exit(1);
    }
    fill(trainer, c);
    return trainer;
}

static double difference(const Case *c, NaiveLoss *naive, size_t param)
{
    const double step = 1e-5;
    double *at = naive_params(naive) + param, before = *at;
    *at = before + step;
    double above = naive_loss(naive, c->input, &c->goal);
    *at = before - step;
    double below = naive_loss(naive, c->input, &c->goal);
    *at = before;
    return (above - below) / (2 * step);
}

/* Some of the n parameters from `first` on. */
static void check_params(const char *name, const Case *c, NaiveLoss *naive, const float *gradients,
                         const char *layer, size_t first, size_t n)
{
    double most = 1e-2;
    for (size_t i = first; i < first + n; i++)
        most = fabs(gradients[i]) > most ? fabs(gradients[i]) : most;
    for (size_t i = first; i < first + n; i += 1 + n / 10) {
        double truth = difference(c, naive, i);
        if (fabs(truth - gradients[i]) > TOLERANCE * most) {
            EXPECT(false, "%s: %s, parameter %zu of %zu: %g, by differences %g", name, layer,
                   i - first, n, gradients[i], truth);
            return;
        }
    }
}

static void check_gradients(const char *name, const Case *c, NaiveLoss *naive,
                            const float *gradients)
{
    for (int32_t i = 1; i < c->net->n_layers; i++) {
        const MnetNetLayer *layer = &c->net->layers[i];
        size_t channels = (size_t)layer->channels;
        if (layer->weights != MNET_NET_NONE)
            check_params(name, c, naive, gradients, layer->name, layer->weights, layer->n_weights);
        if (layer->bias != MNET_NET_NONE)
            check_params(name, c, naive, gradients, layer->name, layer->bias, channels);
        if (layer->batch_norm) {
            check_params(name, c, naive, gradients, layer->name, layer->gamma, channels);
            check_params(name, c, naive, gradients, layer->name, layer->beta, channels);
        }
    }
}

static void check_logits(const char *name, const Case *c, const NaiveLoss *naive,
                         const MnetTrainer *trainer)
{
    size_t n = BATCH * (size_t)c->net->layers[c->net->n_layers - 1].channels;
    double most = 1;
    for (size_t i = 0; i < n; i++)
        most = fabs(naive_logits(naive)[i]) > most ? fabs(naive_logits(naive)[i]) : most;
    for (size_t i = 0; i < n; i++)
        EXPECT(fabs(naive_logits(naive)[i] - mnet_trainer_logits(trainer)[i]) < 1e-4 * most,
               "%s: logit %zu: %g, %g", name, i, mnet_trainer_logits(trainer)[i],
               naive_logits(naive)[i]);
}

static void check(const char *name, MnetNet *net, const char *cpu)
{
    randomise(net);
    Case c = new_case(net);
    NaiveLoss *naive = naive_new(net, BATCH);
    MnetTrainer *trainer = trainer_of(&c, NULL, cpu);
    double loss = mnet_trainer_step(trainer, &c.goal);
    double truth = naive_loss(naive, c.input, &c.goal);
    EXPECT(fabs(loss - truth) < 1e-4 * fabs(truth), "%s: loss %g, %g", name, loss, truth);
    check_logits(name, &c, naive, trainer);
    check_gradients(name, &c, naive, mnet_trainer_gradients(trainer));
    mnet_trainer_free(trainer);
    naive_free(naive);
    end_case(&c);
}

/* One thread, two, three: the same gradients to the bit. */
static void check_threads(void)
{
    MnetNet *net = net_residual();
    randomise(net);
    Case c = new_case(net);
    float *truth = calloc(net->n_trained, sizeof *truth);
    for (unsigned threads = 1; threads <= 3; threads++) {
        MnetPool *pool = mnet_pool_new(threads, NULL);
        MnetTrainer *trainer = trainer_of(&c, pool, NULL);
        mnet_trainer_step(trainer, &c.goal);
        if (threads == 1)
            memcpy(truth, mnet_trainer_gradients(trainer), net->n_trained * sizeof *truth);
        EXPECT(!memcmp(truth, mnet_trainer_gradients(trainer), net->n_trained * sizeof *truth),
               "%u threads: other gradients", threads);
        mnet_trainer_free(trainer);
        mnet_pool_unref(pool);
    }
    free(truth);
    end_case(&c);
}

static void check_all(const char *cpu)
{
    check("depthwise 3x3", net_depthwise(6, 7, 3, 1, MNET_NET_RELU6, true), cpu);
    check("depthwise 3x3, stride 2", net_depthwise(9, 8, 3, 2, MNET_NET_RELU, true), cpu);
    check("depthwise 3x3, stride 2, odd", net_depthwise(8, 9, 3, 2, MNET_NET_RELU6, true), cpu);
    check("depthwise 5x5", net_depthwise(5, 6, 5, 1, MNET_NET_HARD_SWISH, true), cpu);
    check("depthwise 5x5, stride 2", net_depthwise(12, 13, 5, 2, MNET_NET_LINEAR, true), cpu);
    check("biases", net_depthwise(5, 5, 3, 1, MNET_NET_HARD_SIGMOID, false), cpu);
    check("residuals", net_residual(), cpu);
    check("squeeze and excite", net_squeeze(), cpu);
}

int main(int argc, char **argv)
{
    const MnetKernels *kernels;
    if (argc > 1 && mnet_cpu_kernels(argv[1], &kernels, NULL) != MNET_OK)
        return 77; /* skipped: not on this machine */
    check_all(argc > 1 ? argv[1] : NULL);
    if (argc == 1)
        check_threads();
    return expect_report("gradients");
}
