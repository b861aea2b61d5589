/* SPDX-License-Identifier: MIT
 *
 * Quantised networks against the float ones that they come from, equalisation that
 * changes no result, and what is refused. */
#include <mnet/mnet.h>

#include <math.h>

#include "expect.h"
#include "net_naive.h"
#include "train/build.h"
#include "train/equalize.h"
#include "train/net_graph.h"
#include "train/quantize.h"
#include "train/random.h"

#define CLASSES 6
#define PICTURES 40
#define SIZE 24
#define BYTES (SIZE * SIZE * 3)

/* Smooth pictures: waves of random length, direction and colour. */
static void make_picture(size_t index, uint8_t *picture)
{
    MnetRandom random = { index * 977 + 5 };
    double wave[3][4];
    for (int c = 0; c < 3; c++)
        for (int k = 0; k < 4; k++)
            wave[c][k] = mnet_random_real(&random);
    for (int i = 0; i < BYTES; i++) {
        const double *w = wave[i % 3];
        int x = i / 3 % SIZE, y = i / 3 / SIZE;
        double angle = 6 * w[3] + (w[0] - 0.5) * x + (w[1] - 0.5) * y;
        picture[i] = (uint8_t)(127.5 + 127 * w[2] * sin(angle));
    }
}

static bool calibration_picture(void *user, size_t index, float *input, MnetError *error)
{
    const MnetNet *net = user;
    uint8_t picture[BYTES];
    make_picture(index, picture);
    for (int i = 0; i < BYTES; i++)
        input[i] = (picture[i] - net->mean[i % 3]) / net->std[i % 3];
    return true;
}

static bool no_picture(void *user, size_t index, float *input, MnetError *error)
{
    *error = (MnetError){ MNET_ERROR_IO, "the picture is gone" };
    return index < 2;
}

/* Probabilities for all pictures by a file; false when it does not load. */
static bool run_file(const MnetNet *net, const uint8_t *data, size_t size, float *scores)
{
    MnetError error = { MNET_OK, "" };
    MnetModel *model = mnet_model_load_memory(data, size, NULL, &error);
    MnetSession *session = model ? mnet_session_new(model, NULL, &error) : NULL;
    EXPECT(session, "%s: %s", net->title, error.text);
    for (size_t i = 0; session && i < PICTURES; i++) {
        const MnetTensorInfo *in = mnet_session_input_info(session, 0);
        void *input = mnet_session_input(session, 0);
        uint8_t picture[BYTES];
        make_picture(i, picture);
        if (in->type == MNET_TYPE_FLOAT32)
            calibration_picture((void *)(uintptr_t)net, i, input, NULL);
        else
            for (int k = 0; k < BYTES; k++)
                ((uint8_t *)input)[k] = picture[k] ^ (in->type == MNET_TYPE_INT8 ? 128 : 0);
        mnet_session_run(session);
        for (size_t k = 0; k < CLASSES; k++)
            scores[i * CLASSES + k] = mnet_tensor_value(mnet_session_output_info(session, 0),
                                                        mnet_session_output(session, 0), k);
    }
    mnet_session_free(session);
    mnet_model_unref(model);
    return session != NULL;
}

static size_t best(const float *scores)
{
    size_t at = 0;
    for (size_t k = 1; k < CLASSES; k++)
        at = scores[k] > scores[at] ? k : at;
    return at;
}

/* Random layers tell classes apart by little: the last one's weights less their mean
 * over the classes, scaled to logits of a deviation of 3. */
static void spread_logits(MnetNet *net)
{
    const MnetNetLayer *last = mnet_net_logits(net);
    double sums[CLASSES] = { 0 }, squares = 0;
    float input[BYTES];
    for (size_t i = 0; i < 8; i++) {
        calibration_picture(net, i, input, NULL);
        NaiveMaps maps = naive_forward(net, input);
        for (int k = 0; k < CLASSES; k++) {
            double logit = maps.maps[net->n_layers - 1][k];
            sums[k] += logit / 8;
            squares += logit * logit / (8 * CLASSES);
        }
        naive_free(&maps);
    }
    double variance = squares;
    for (int k = 0; k < CLASSES; k++)
        variance -= sums[k] * sums[k] / CLASSES;
    double by = 3 / sqrt(variance > 1e-12 ? variance : 1e-12);
    for (size_t i = 0; i < last->n_weights; i++)
        net->params[last->weights + i] *= (float)by;
    for (int k = 0; k < CLASSES; k++)
        net->params[last->bias + (size_t)k] = (float)(-sums[k] * by);
}

/* A few layers, of all kinds. */
static MnetNet *small_net(void)
{
    MnetError error = { MNET_OK, "" };
    MnetNet *net = mnet_net_new(SIZE, SIZE, 3, &error);
    const MnetNetLayerSpec layers[] = {
        { .kind = MNET_NET_CONV,
          .name = "stem",
          .channels = 24,
          .kernel = 3,
          .stride = 2,
          .activation = MNET_NET_HARD_SWISH,
          .batch_norm = true },
        { .kind = MNET_NET_CONV,
          .name = "expand",
          .inputs = { 1 },
          .channels = 48,
          .kernel = 1,
          .stride = 1,
          .activation = MNET_NET_RELU6,
          .batch_norm = true },
        { .kind = MNET_NET_DEPTHWISE,
          .name = "depthwise",
          .inputs = { 2 },
          .kernel = 5,
          .stride = 1,
          .activation = MNET_NET_RELU,
          .batch_norm = true },
        { .kind = MNET_NET_GLOBAL_POOL, .name = "pool", .inputs = { 3 } },
        { .kind = MNET_NET_CONV,
          .name = "excite",
          .inputs = { 4 },
          .channels = 48,
          .kernel = 1,
          .stride = 1,
          .activation = MNET_NET_HARD_SIGMOID },
        { .kind = MNET_NET_SCALE, .name = "scale", .inputs = { 3, 5 } },
        { .kind = MNET_NET_CONV,
          .name = "project",
          .inputs = { 6 },
          .channels = 24,
          .kernel = 1,
          .stride = 1,
          .batch_norm = true },
        { .kind = MNET_NET_ADD, .name = "add", .inputs = { 1, 7 } },
        { .kind = MNET_NET_CONV,
          .name = "valid",
          .inputs = { 8 },
          .channels = 32,
          .kernel = 3,
          .stride = 2,
          .activation = MNET_NET_RELU6,
          .batch_norm = true,
          .pads_given = true,
          .pads = { 1, 1, 0, 0 } },
        { .kind = MNET_NET_DENSE, .name = "logits", .inputs = { 9 }, .channels = CLASSES },
    };
    for (int i = 0; net && i < (int)(sizeof layers / sizeof *layers); i++)
        EXPECT(mnet_net_add(net, &layers[i], &error) == i + 1, "%s", error.text);
    if (!net || mnet_net_finish(net, &error))
        exit(1);
    strcpy(net->title, "small");
    mnet_net_init(net, 11);
    naive_disturb_norms(net, 12);
    spread_logits(net);
    return net;
}

/* Of PICTURES pictures, at least `alike` have the same best class; the mean difference
 * of a probability is at most `most`. */
static void check_quantized(const MnetNet *net, MnetQuantizeOptions options, size_t alike,
                            double most)
{
    static float wanted[PICTURES * CLASSES], found[PICTURES * CLASSES];
    MnetError error = { MNET_OK, "" };
    uint8_t *floats = NULL, *bytes = NULL;
    size_t float_size, size, same = 0;
    double off = 0;
    options.picture = calibration_picture;
    options.user = (void *)(uintptr_t)net;
    options.n_pictures = 16;
    EXPECT(!mnet_net_quantize(net, &options, &bytes, &size, &error), "%s: %s", net->title,
           error.text);
    if (!bytes || mnet_net_tflite(net, &floats, &float_size, &error))
        exit(1);
    if (run_file(net, floats, float_size, wanted) && run_file(net, bytes, size, found)) {
        for (size_t i = 0; i < PICTURES; i++)
            same += best(&wanted[i * CLASSES]) == best(&found[i * CLASSES]);
        for (size_t i = 0; i < PICTURES * CLASSES; i++)
            off += fabs((double)wanted[i] - (double)found[i]) / (PICTURES * CLASSES);
        printf("%s: %zu of %d alike, mean difference %.4f\n", net->title, same, PICTURES, off);
        EXPECT(same >= alike, "%s: %zu of %d alike", net->title, same, PICTURES);
        EXPECT(off <= most, "%s: mean difference %.4f", net->title, off);
        EXPECT(size < float_size / 2, "%s: %zu bytes", net->title, size);
    }
    mnet_buffer_free(bytes);
    mnet_buffer_free(floats);
}

static void check_options(void)
{
    MnetNet *net = small_net();
    check_quantized(net, (MnetQuantizeOptions){ 0 }, 35, 0.025);
    check_quantized(net, (MnetQuantizeOptions){ .correct_bias = true }, 35, 0.025);
    check_quantized(net, (MnetQuantizeOptions){ .equalize = true, .int8_io = true }, 35, 0.025);
    check_quantized(net, (MnetQuantizeOptions){ .outside = 0.0001 }, 35, 0.025);
    /* Means that no step stands for, then deviations that differ. */
    net->mean[0] = 120.25f;
    check_quantized(net, (MnetQuantizeOptions){ 0 }, 35, 0.025);
    net->std[2] = 100;
    check_quantized(net, (MnetQuantizeOptions){ .correct_bias = true }, 35, 0.025);
    mnet_net_free(net);
}

/* Every family becomes a file that loads and gives probabilities. */
static void check_families(void)
{
    for (int family = MNET_NET_V1; family <= MNET_NET_V3_LARGE; family++) {
        static float scores[PICTURES * CLASSES];
        MnetError error = { MNET_OK, "" };
        MnetNetOptions options = {
            .family = (MnetNetFamily)family, .width = 0.1, .resolution = SIZE, .n_classes = CLASSES
        };
        MnetNet *net = mnet_net_build(&options, &error);
        MnetQuantizeOptions quantize = { .picture = calibration_picture,
                                         .user = net,
                                         .n_pictures = 2,
                                         .equalize = true,
                                         .correct_bias = true };
        uint8_t *data = NULL;
        size_t size;
        EXPECT(net && !mnet_net_quantize(net, &quantize, &data, &size, &error), "%s", error.text);
        if (data && run_file(net, data, size, scores))
            for (size_t i = 0; i < PICTURES; i++) {
                double sum = 0;
                for (size_t k = 0; k < CLASSES; k++)
                    sum += (double)scores[i * CLASSES + k];
                EXPECT(fabs(sum - 1) < 0.02, "%s: probabilities sum to %g", net->title, sum);
            }
        mnet_buffer_free(data);
        mnet_net_free(net);
    }
}

static double range(const float *values, size_t n, size_t step)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs((double)values[i * step]));
    return most;
}

/* Channels whose weights are a hundred times apart come together, and the logits stay. */
static void check_equalize(void)
{
    MnetError error = { MNET_OK, "" };
    MnetNet *net = mnet_net_new(8, 8, 3, &error);
    MnetNetLayerSpec layers[] = {
        { .kind = MNET_NET_CONV,
          .name = "a",
          .channels = 4,
          .kernel = 1,
          .stride = 1,
          .activation = MNET_NET_RELU },
        { .kind = MNET_NET_DEPTHWISE,
          .name = "b",
          .inputs = { 1 },
          .kernel = 3,
          .stride = 1,
          .activation = MNET_NET_RELU6 },
        { .kind = MNET_NET_CONV,
          .name = "c",
          .inputs = { 2 },
          .channels = 5,
          .kernel = 1,
          .stride = 1 },
        { .kind = MNET_NET_GLOBAL_POOL, .name = "d", .inputs = { 3 } },
        { .kind = MNET_NET_DENSE, .name = "e", .inputs = { 4 }, .channels = 3 },
    };
    for (int i = 0; net && i < 5; i++)
        EXPECT(mnet_net_add(net, &layers[i], &error) == i + 1, "%s", error.text);
    if (!net || mnet_net_finish(net, &error))
        exit(1);
    mnet_net_init(net, 3);
    const MnetNetLayer *a = &net->layers[1], *b = &net->layers[2];
    for (size_t i = 0; i < a->n_weights; i++)
        net->params[a->weights + i] *= i < 3 ? 0.01f : i < 6 ? 10.0f : 1;
    float *input = naive_random_input(net, 4), most[6][5] = { { 0 } }, *list[6];
    NaiveMaps before = naive_forward(net, input);
    for (int32_t i = 0; i < 6; i++) {
        const MnetNetLayer *l = &net->layers[i];
        list[i] = most[i];
        for (int32_t k = 0; k < l->height * l->width * l->channels; k++)
            most[i][k % l->channels] = fmaxf(most[i][k % l->channels], (float)before.maps[i][k]);
    }
    EXPECT(mnet_net_equalize(net, list) > 0, "nothing was scaled");
    NaiveMaps after = naive_forward(net, input);
    for (int k = 0; k < 3; k++)
        EXPECT(fabs(before.maps[5][k] - after.maps[5][k]) <= 1e-5 * (1 + fabs(before.maps[5][k])),
               "logit %d is %g, was %g", k, after.maps[5][k], before.maps[5][k]);
    for (size_t c = 0; c < 4; c++) {
        double made = range(net->params + a->weights + 3 * c, 3, 1);
        double read = range(net->params + b->weights + c, 9, 4);
        EXPECT(made <= 1.05 * read && read <= 1.05 * made, "channel %zu: %g and %g", c, made, read);
    }
    naive_free(&before);
    naive_free(&after);
    free(input);
    mnet_net_free(net);
}

static void check_refusals(void)
{
    MnetError error = { MNET_OK, "" };
    MnetNet *net = small_net();
    MnetQuantizeOptions options = { .picture = no_picture };
    uint8_t *data;
    size_t size;
    EXPECT(mnet_net_quantize(net, &options, &data, &size, &error), "no pictures");
    expect_error("no pictures", &error, MNET_ERROR_ARGUMENT, "no pictures");
    options.n_pictures = 3;
    EXPECT(mnet_net_quantize(net, &options, &data, &size, &error), "a picture that is gone");
    expect_error("a picture that is gone", &error, MNET_ERROR_IO, "gone");
    net->sigmoid = true;
    EXPECT(mnet_net_quantize(net, &options, &data, &size, &error), "LOGISTIC");
    expect_error("LOGISTIC", &error, MNET_ERROR_UNSUPPORTED, "it ends in LOGISTIC");
    net->sigmoid = false;
    net->params[net->layers[3].weights] = INFINITY;
    EXPECT(mnet_net_quantize(net, &options, &data, &size, &error), "a damaged weight");
    mnet_net_free(net);
}

int main(void)
{
    check_options();
    check_families();
    check_equalize();
    check_refusals();
    return expect_report("quantize");
}
