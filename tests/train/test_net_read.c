/* SPDX-License-Identifier: MIT
 *
 * Files read as networks: what was written is there again, other networks and
 * damaged files are refused. */
#include <math.h>

#include "expect.h"
#include "net_naive.h"
#include "samplemodels.h"
#include "train/build.h"
#include "train/net_graph.h"
#include "train/random.h"
#include "train/read_tflite.h"

static MnetNet *build(MnetNetOptions options)
{
    MnetError error = { MNET_OK, "" };
    MnetNet *net = mnet_net_build(&options, &error);
    if (!net) {
        printf("%s\n", error.text);
        exit(1);
    }
    naive_disturb_norms(net, 8);
    return net;
}

static void check_layers(const MnetNet *net, const MnetNet *again)
{
    EXPECT(net->n_layers == again->n_layers && net->head == again->head, "%s: %d layers",
           net->title, (int)again->n_layers);
    for (int32_t i = 0; i < net->n_layers && i < again->n_layers; i++) {
        const MnetNetLayer *a = &net->layers[i], *b = &again->layers[i];
        EXPECT(a->kind == b->kind && a->activation == b->activation && a->stride == b->stride &&
                   a->kernel == b->kernel && a->pad_top == b->pad_top && a->height == b->height &&
                   a->channels == b->channels && a->inputs[0] == b->inputs[0] &&
                   a->inputs[1] == b->inputs[1],
               "%s: layer %d, %s", net->title, (int)i, a->name);
    }
}

static void check_logits(const MnetNet *net, const MnetNet *again)
{
    float *input = naive_random_input(net, 9);
    NaiveMaps a = naive_forward(net, input), b = naive_forward(again, input);
    for (int32_t i = 0; i < mnet_net_logits(net)->channels; i++) {
        double wanted = a.maps[net->n_layers - 1][i], found = b.maps[again->n_layers - 1][i];
        EXPECT(fabs(wanted - found) <= 1e-4 * (1 + fabs(wanted)), "%s: logit %d is %g, wanted %g",
               net->title, (int)i, found, wanted);
    }
    naive_free(&a);
    naive_free(&b);
    free(input);
}

static void check_again(MnetNetOptions options)
{
    static const char *const names[] = { "a", "b", "c", "d" };
    MnetError error = { MNET_OK, "" };
    uint8_t *data;
    size_t size;
    options.n_classes = 4;
    MnetNet *net = build(options);
    net->mean[2] = 99;
    if (mnet_net_set_classes(net, names, &error) || mnet_net_tflite(net, &data, &size, &error))
        exit(1);
    uint8_t *copy = expect_copy(data, size);
    MnetNet *again = mnet_net_read_tflite_memory(copy, size, &error);
    EXPECT(again, "%s: %s", net->title, error.text);
    if (again) {
        check_layers(net, again);
        check_logits(net, again);
        EXPECT(again->classes && !strcmp(again->classes[3], "d"), "the classes");
        EXPECT(again->mean[2] == 99 && again->std[0] == 127.5f, "the normalisation");
        EXPECT(!strcmp(again->title, net->title), "the title");
    }
    free(copy);
    mnet_buffer_free(data);
    mnet_net_free(net);
    mnet_net_free(again);
}

static void check_families(void)
{
    check_again((MnetNetOptions){ .family = MNET_NET_V1, .width = 0.1, .resolution = 32 });
    check_again((MnetNetOptions){
        .family = MNET_NET_V2, .width = 0.1, .resolution = 32, .stem_stride = 1 });
    check_again((MnetNetOptions){ .family = MNET_NET_V3_SMALL, .width = 0.2, .resolution = 32 });
    check_again((MnetNetOptions){ .family = MNET_NET_V3_LARGE, .width = 0.1, .resolution = 33 });
}

/* Axes of the mean that are far from any: their sum leaves the range. */
static void check_axes(uint8_t *data, size_t size)
{
    static const int32_t rows_and_columns[] = { 1, 2 }, far[] = { 1845493761, 1935635309 };
    MnetError error = { MNET_OK, "" };
    uint8_t *at = memmem(data, size, rows_and_columns, sizeof far);
    for (uint8_t *next = at; next;
         next = memmem(at + 1, (size_t)(data + size - at - 1), rows_and_columns, sizeof far))
        at = next;
    EXPECT(at, "no axes in the file");
    if (!at)
        return;
    memcpy(at, far, sizeof far);
    EXPECT(!mnet_net_read_tflite_memory(data, size, &error), "a mean over no axes");
    expect_error("axes", &error, MNET_ERROR_UNSUPPORTED, "it is no mean of the whole map");
}

/* A backbone that ends in features gets a head. */
static void check_features(void)
{
    MnetError error = { MNET_OK, "" };
    uint8_t *data;
    size_t size;
    MnetNet *net = mnet_net_new(8, 8, 3, &error);
    MnetNetLayerSpec conv = { .kind = MNET_NET_CONV,
                              .name = "a",
                              .channels = 5,
                              .kernel = 3,
                              .stride = 2,
                              .activation = MNET_NET_RELU6 };
    MnetNetLayerSpec pool = { .kind = MNET_NET_GLOBAL_POOL, .name = "b", .inputs = { 1 } };
    if (!net || mnet_net_add(net, &conv, &error) < 0 || mnet_net_add(net, &pool, &error) < 0 ||
        mnet_net_finish(net, &error) || mnet_net_tflite(net, &data, &size, &error))
        exit(1);
    MnetNet *again = mnet_net_read_tflite_memory(data, size, &error);
    MnetNet *headed = again ? mnet_net_with_classes(again, 3, NULL, &error) : NULL;
    EXPECT(headed && headed->n_layers == 4 && headed->head == 3 &&
               mnet_net_logits(headed)->kind == MNET_NET_DENSE &&
               mnet_net_logits(headed)->in_channels == 5,
           "%s", error.text);
    check_axes(data, size);
    mnet_buffer_free(data);
    mnet_net_free(net);
    mnet_net_free(again);
    mnet_net_free(headed);
}

/* The sample models are small networks with operators that no classifier has. */
static void check_samples(void)
{
    size_t refused = 0;
    for (size_t i = 0; i < sample_count(); i++) {
        MnetError error = { MNET_OK, "" };
        TbFile file = sample_model(i);
        MnetNet *net = mnet_net_read_tflite_memory(file.data, file.size, &error);
        EXPECT(net || error.status, "%s: no error", sample_name(i));
        refused += !net;
        mnet_net_free(net);
        free(file.data);
    }
    EXPECT(refused > 0, "no sample model is refused");
}

/* Bytes set at random: read or refused, nothing else. */
static void check_damaged(void)
{
    MnetError error = { MNET_OK, "" };
    uint8_t *data;
    size_t size;
    MnetNet *net = build((MnetNetOptions){
        .family = MNET_NET_V3_SMALL, .width = 0.05, .resolution = 16, .n_classes = 2 });
    if (mnet_net_tflite(net, &data, &size, &error))
        exit(1);
    MnetRandom random = { 4 };
    /* Offsets, options and tensors are in the first bytes, weights behind. */
    for (int i = 0; i < 400; i++) {
        uint8_t *copy = expect_copy(data, size);
        uint32_t near = mnet_random_below(&random, 4) ? 30000 : (uint32_t)size;
        for (int k = 0; k < 3; k++)
            copy[mnet_random_below(&random, near < size ? near : (uint32_t)size)] =
                (uint8_t)mnet_random_u64(&random);
        error = (MnetError){ MNET_OK, "" };
        MnetNet *again = mnet_net_read_tflite_memory(copy, size, &error);
        EXPECT(again || error.status, "variant %d: no error", i);
        mnet_net_free(again);
        free(copy);
    }
    EXPECT(!mnet_net_read_tflite("/nowhere/a.tflite", &error), "no file");
    expect_error("no file", &error, MNET_ERROR_IO, "/nowhere/a.tflite");
    mnet_buffer_free(data);
    mnet_net_free(net);
}

int main(void)
{
    check_families();
    check_features();
    check_samples();
    check_damaged();
    return expect_report("net_read");
}
