/* SPDX-License-Identifier: MIT
 *
 * Gradients of whole networks of each family against central differences of the loss
 * by its definition in double, layer by layer, along random directions.
 *
 * What such a comparison needs: maps of which batch normalisation has enough values,
 * so strides are left out; a difference that no activation's kink falls into, so steps
 * become smaller until all activations stay on their pieces; a network in floats that
 * is on the same pieces, so another seed is taken until it is. */
#include "expect.h"

#include <math.h>

#include "naive_loss.h"
#include "train/build.h"
#include "train/random.h"

enum { BATCH = 4, CLASSES = 5, SEEDS = 40 };

/* A direction has +1 or -1 for each parameter of one kind of a layer, so the slope along
 * it is about as large as the gradient is long.  Errors are held to the length of the
 * layer's whole gradient: that of beta in front of a linear convolution and the next batch
 * normalisation is 0, and sums of floats are not.  Through some 60 layers these are off by up
 * to 3e-5 of it; 2 % of one term of batch normalisation's gradient make 1e-2. */
#define TOLERANCE 3e-4

typedef struct {
    const char *name;
    MnetNetOptions options;
} Family;

typedef struct {
    MnetNet *net;
    NaiveLoss *naive;
    MnetTrainer *trainer;
    float *input;
    float targets[BATCH * CLASSES];
    MnetTrainGoal goal;
    MnetRandom random;
    int tested, skipped;
    double most; /* error */
} Check;

static size_t elements(const MnetNetLayer *layer)
{
    return (size_t)layer->height * (size_t)layer->width * (size_t)layer->channels;
}

/* Factors and summands of batch normalisation other than 1 and 0. */
static void disturb_norms(Check *check)
{
    float *params = check->net->params;
    for (int32_t i = 0; i < check->net->n_layers; i++) {
        const MnetNetLayer *l = &check->net->layers[i];
        for (size_t c = 0; l->batch_norm && c < (size_t)l->channels; c++) {
            params[l->gamma + c] = (float)(0.5 + mnet_random_real(&check->random));
            params[l->beta + c] = (float)(mnet_random_real(&check->random) - 0.5);
        }
    }
}

static void begin(Check *check, const Family *family, uint64_t seed)
{
    MnetError error = { MNET_OK, "" };
    MnetNetOptions options = family->options;
    MnetTrainerOptions trainer_options = { .batch = BATCH };
    options.seed = seed;
    options.n_classes = CLASSES;
    *check = (Check){ .net = mnet_net_build(&options, &error), .random = { seed } };
    if (!check->net) {
        EXPECT(false, "%s", error.text);
        exit(1);
    }
    disturb_norms(check);
    for (int32_t i = 0; i < check->net->n_layers; i++)
        check->net->layers[i].dropout = 0;
    check->naive = naive_new(check->net, BATCH);
    check->trainer = mnet_trainer_new(check->net, &trainer_options, &error);
    size_t n = BATCH * elements(&check->net->layers[0]);
    check->input = calloc(n, sizeof(float));
    if (!check->trainer || !check->input) {
        EXPECT(false, "%s", error.text);
        exit(1);
    }
    for (size_t i = 0; i < n; i++)
        check->input[i] = (float)(2 * mnet_random_real(&check->random) - 1);
    for (size_t i = 0; i < BATCH; i++)
        check->targets[i * CLASSES + i % CLASSES] = 1;
    check->goal = (MnetTrainGoal){ .targets = check->targets };
}

static void end(Check *check)
{
    mnet_trainer_free(check->trainer);
    naive_free(check->naive);
    mnet_net_free(check->net);
    free(check->input);
}

static double step(Check *check)
{
    const MnetNetLayer *in = &check->net->layers[0];
    size_t row = (size_t)in->width * 3;
    for (int32_t i = 0; i < BATCH; i++)
        for (int32_t y = 0; y < in->height; y++)
            memcpy(mnet_trainer_input_row(check->trainer, i, y),
                   check->input + (size_t)(i * in->height + y) * row, row * sizeof(float));
    return mnet_trainer_step(check->trainer, &check->goal);
}

/* Told by the activation's result. */
static unsigned piece_of(MnetNetActivation activation, float result)
{
    switch (activation) {
    case MNET_NET_RELU:
        return result > 0;
    case MNET_NET_RELU6:
        return (result > 0) + (result >= 6);
    case MNET_NET_HARD_SWISH:
        return result >= 3 ? 2 : result < 0 || result > 0;
    case MNET_NET_HARD_SIGMOID:
        return (result > 0) + (result >= 1);
    default:
        return 0;
    }
}

static bool on_same_pieces(const Check *check, int32_t layer, float *map)
{
    const MnetNetLayer *l = &check->net->layers[layer];
    size_t n = elements(l), channels = (size_t)l->channels;
    uint64_t sum = 0;
    for (int32_t i = 0; i < BATCH; i++)
        mnet_trainer_output(check->trainer, layer, i, map + (size_t)i * n);
    for (size_t c = 0; c < channels; c++)
        for (size_t i = c; i < BATCH * n; i += channels)
            sum = naive_add_piece(sum, piece_of(l->activation, map[i]));
    return sum == naive_pieces(check->naive, layer);
}

/* The product's activations and those in double. */
static bool comparable(const Check *check)
{
    bool same = true;
    size_t most = 0;
    for (int32_t i = 1; i < check->net->n_layers; i++)
        most = elements(&check->net->layers[i]) > most ? elements(&check->net->layers[i]) : most;
    float *map = calloc(BATCH * most, sizeof *map);
    if (!map)
        exit(1);
    for (int32_t i = 1; i < check->net->n_layers && same; i++)
        same = on_same_pieces(check, i, map);
    free(map);
    return same;
}

/* The loss with n parameters moved along their signs; false: over a kink. */
static bool loss_at(Check *check, int32_t layer, size_t first, size_t n, const int8_t *signs,
                    double by, const uint64_t *pieces, double *loss)
{
    double *params = naive_params(check->naive) + first;
    bool same = true;
    for (size_t i = 0; i < n; i++)
        params[i] = check->net->params[first + i] + by * signs[i];
    *loss = naive_loss_from(check->naive, layer, &check->goal);
    for (size_t i = 0; i < n; i++)
        params[i] = check->net->params[first + i];
    for (int32_t i = layer; i < check->net->n_layers; i++)
        same = same && naive_pieces(check->naive, i) == pieces[i];
    return same;
}

static double square_of(const float *gradients, size_t first, size_t n)
{
    double square = 0;
    for (size_t i = 0; first != MNET_NET_NONE && i < n; i++)
        square += (double)gradients[first + i] * gradients[first + i];
    return square;
}

/* Of the gradient of a layer's parameters. */
static double length_of(const Check *check, int32_t layer)
{
    const MnetNetLayer *l = &check->net->layers[layer];
    const float *gradients = mnet_trainer_gradients(check->trainer);
    size_t channels = (size_t)l->channels;
    return sqrt(square_of(gradients, l->weights, l->n_weights) +
                square_of(gradients, l->bias, channels) + square_of(gradients, l->gamma, channels) +
                square_of(gradients, l->beta, channels));
}

static void check_params(Check *check, const char *name, int32_t layer, size_t first, size_t n,
                         const uint64_t *pieces)
{
    const float *gradients = mnet_trainer_gradients(check->trainer) + first;
    int8_t *signs = calloc(n, 1);
    double along = 0, above = 0, below = 0, by = 1e-5;
    bool smooth = false;
    for (size_t i = 0; i < n; i++) {
        signs[i] = mnet_random_below(&check->random, 2) ? 1 : -1;
        along += (double)gradients[i] * signs[i];
    }
    while (!smooth && by > 1e-9) {
        by /= 10;
        smooth = loss_at(check, layer, first, n, signs, by, pieces, &above) &&
                 loss_at(check, layer, first, n, signs, -by, pieces, &below);
    }
    if (smooth) {
        double truth = (above - below) / (2 * by), length = length_of(check, layer);
        double error = fabs(truth - along) / length;
        EXPECT(error < TOLERANCE, "%s, %s: %g along %zu parameters, by differences %g, of %g", name,
               check->net->layers[layer].name, along, n, truth, length);
        check->most = fmax(check->most, error);
    }
    check->tested += smooth;
    check->skipped += !smooth;
    free(signs);
}

static void check_layers(Check *check, const char *name)
{
    uint64_t *pieces = calloc((size_t)check->net->n_layers, sizeof *pieces);
    for (int32_t i = 1; pieces && i < check->net->n_layers; i++)
        pieces[i] = naive_pieces(check->naive, i);
    /* From the last one on: what is before a layer is as it was. */
    for (int32_t i = check->net->n_layers - 1; pieces && i > 0; i--) {
        const MnetNetLayer *l = &check->net->layers[i];
        size_t channels = (size_t)l->channels;
        if (l->weights != MNET_NET_NONE)
            check_params(check, name, i, l->weights, l->n_weights, pieces);
        if (l->bias != MNET_NET_NONE)
            check_params(check, name, i, l->bias, channels, pieces);
        if (l->batch_norm) {
            check_params(check, name, i, l->gamma, channels, pieces);
            check_params(check, name, i, l->beta, channels, pieces);
        }
    }
    free(pieces);
}

static void check_family(const Family *family)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        Check check;
        begin(&check, family, seed);
        double loss = step(&check), truth = naive_loss(check.naive, check.input, &check.goal);
        bool same = comparable(&check);
        EXPECT(fabs(loss - truth) < 1e-4 * fabs(truth), "%s: loss %g, %g", family->name, loss,
               truth);
        if (same)
            check_layers(&check, family->name);
        printf("%s: seed %d, %d directions, %d skipped, off by %.1e\n", family->name, (int)seed,
               check.tested, check.skipped, check.most);
        bool enough = check.tested > 20 * check.skipped;
        EXPECT(!same || enough, "%s: %d skipped", family->name, check.skipped);
        end(&check);
        if (same)
            return;
    }
    EXPECT(false, "%s: floats are on other pieces with each seed", family->name);
}

int main(void)
{
    static const Family families[] = {
        { "V1", { MNET_NET_V1, .width = 0.05, .strides = { 1, 2, 1, 1 } } },
        { "V2", { MNET_NET_V2, .width = 0.05, .strides = { 1, 2, 1, 1 }, .last_channels = 16 } },
        { "V3 small",
          { MNET_NET_V3_SMALL, .width = 0.1, .strides = { 1, 2, 1, 1 }, .last_channels = 16 } },
        { "V3 large, minimalistic",
          { MNET_NET_V3_LARGE, .width = 0.1, .strides = { 1, 2, 1, 1 }, .last_channels = 16,
            .minimalistic = true } },
    };
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        Family family = families[i];
        family.options.resolution = 16;
        check_family(&family);
    }
    return expect_report("families");
}
