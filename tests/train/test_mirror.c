/* SPDX-License-Identifier: MIT
 *
 * test_mirror [MODEL.tflite...]: a mirrored network gives the mean of what the network
 * itself gives for a picture and its mirror image; what its file keeps. */
#include <mnet/mnet.h>

#include "base/memory.h"
#include "expect.h"
#include "format/tflite_write.h"
#include "mirror_case.h"
#include "net_naive.h"
#include "random_graph.h"
#include "shared_file.h"
#include "train/build.h"
#include "train/mirror.h"
#include "train/net_graph.h"
#include "train/quantize.h"

/* Random networks. */
#define GRAPHS 1200

static void check_file(const char *name, const uint8_t *data, size_t size, int32_t side)
{
    MnetError error;
    EXPECT(!mirror_case(name, data, size, side, true, &error), "%s: %s", name, error.text);
}

static bool noise_picture(void *user, size_t index, float *input, MnetError *error)
{
    const MnetNet *net = user;
    float *noise = naive_random_input(net, index);
    const MnetNetLayer *l = &net->layers[0];
    memcpy(input, noise, (size_t)(l->height * l->width * l->channels) * sizeof *input);
    free(noise);
    return true;
}

static MnetNet *build(MnetNetOptions options)
{
    MnetNet *net = naive_build(options);
    /* Probabilities that are not all alike. */
    const MnetNetLayer *last = mnet_net_logits(net);
    for (size_t i = 0; i < last->n_weights; i++)
        net->params[last->weights + i] *= 8;
    return net;
}

/* As floats, and as bytes with both kinds of input. */
static void check_net(MnetNetOptions options)
{
    MnetError error = { MNET_OK, "" };
    uint8_t *data;
    size_t size;
    MnetNet *net = build(options);
    if (mnet_net_tflite(net, &data, &size, &error))
        exit(1);
    check_file(net->title, data, size, 0);
    mnet_buffer_free(data);
    for (int i = 0; i < 2; i++) {
        MnetQuantizeOptions quantize = {
            .picture = noise_picture, .user = net, .n_pictures = 4, .int8_io = i == 1
        };
        if (mnet_net_quantize(net, &quantize, &data, &size, &error))
            exit(1);
        check_file(net->title, data, size, 0);
        check_file(net->title, data, size, 40);
        mnet_buffer_free(data);
    }
    mnet_net_free(net);
}

static void check_families(void)
{
    check_net((MnetNetOptions){ .family = MNET_NET_V1, .width = 0.25, .resolution = 32 });
    check_net((MnetNetOptions){ .family = MNET_NET_V2, .width = 0.35, .resolution = 32 });
    check_net((MnetNetOptions){ .family = MNET_NET_V3_SMALL, .width = 0.35, .resolution = 33 });
    check_net((MnetNetOptions){
        .family = MNET_NET_V3_LARGE, .width = 0.35, .resolution = 32, .minimalistic = true });
}

/* Every operator that is written, with every option. */
static void check_random(void)
{
    char name[32];
    for (uint64_t seed = 0; seed < GRAPHS; seed++) {
        TbFile file = random_graph(seed);
        snprintf(name, sizeof name, "random network %d", (int)seed);
        MnetError error;
        EXPECT(!mirror_case(name, file.data, file.size, 0, false, &error), "%s: %s", name,
               error.text);
        tb_file_free(&file);
    }
}

/* Labels stay, also of other numbers than the classes: 1000 of 1001, say. */
static void check_facts(void)
{
    static const char *const names[] = { "cat", "dog", "gr\xc3\xbcner Frosch", "d", "e", "f", "g" };
    MnetError error = { MNET_OK, "" };
    uint8_t *data, *mirrored = NULL;
    size_t size, mirrored_size;
    MnetNormalization n;
    MnetNet *net = build((MnetNetOptions){ .family = MNET_NET_V1, .width = 0.1, .resolution = 16 });
    net->mean[1] = 120;
    MnetTfliteFacts facts = mnet_net_facts(net);
    facts.labels = names;
    facts.n_labels = 6;
    MnetStore store = { 0 };
    MnetGraph graph;
    if (mnet_net_graph(net, &store, &graph, &error) ||
        mnet_tflite_write(&graph, &facts, &data, &size, &error))
        exit(1);
    EXPECT(!mnet_mirror_tflite_memory(data, size, &mirrored, &mirrored_size, &error), "%s",
           error.text);
    MnetModel *model =
        mirrored ? mnet_model_load_memory(mirrored, mirrored_size, NULL, &error) : NULL;
    EXPECT(model, "%s", error.text);
    if (model) {
        const MnetLabels *labels = mnet_model_labels(model, 0);
        EXPECT(mnet_labels_count(labels) == 6 && !strcmp(mnet_labels_get(labels, 2), names[2]),
               "the labels");
        EXPECT(mnet_model_normalization(model, 0, &n) && n.n == 3 && n.mean[1] == 120,
               "the normalisation");
        EXPECT(!strcmp(mnet_model_description(model), net->title), "%s",
               mnet_model_description(model));
    }
    mnet_model_unref(model);
    mnet_buffer_free(mirrored);
    mnet_buffer_free(data);
    mnet_store_clear(&store);
    mnet_net_free(net);
}

/* Each allocation that fails is told; none changes the file. */
static void check_memory(void)
{
    static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g" };
    MnetError error = { MNET_OK, "" };
    uint8_t *data, *whole, *found;
    size_t size, whole_size, found_size;
    MnetNet *net = build((MnetNetOptions){ .family = MNET_NET_V1, .width = 0.1, .resolution = 16 });
    if (mnet_net_set_classes(net, names, &error) || mnet_net_tflite(net, &data, &size, &error) ||
        mnet_mirror_tflite_memory(data, size, &whole, &whole_size, &error))
        exit(1);
    MnetStatus status = MNET_ERROR_MEMORY;
    for (long at = 1; status && at < 1000; at++) {
        mnet_alloc_fail_at(at);
        status = mnet_mirror_tflite_memory(data, size, &found, &found_size, &error);
        mnet_alloc_fail_at(0);
        EXPECT(!status || status == MNET_ERROR_MEMORY, "allocation %ld: %s", at, error.text);
    }
    EXPECT(!status && found_size == whole_size && !memcmp(found, whole, whole_size),
           "another file after failures");
    if (!status)
        mnet_buffer_free(found);
    mnet_buffer_free(whole);
    mnet_buffer_free(data);
    mnet_net_free(net);
}

static void check_published(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = calloc(1, (size_t)1 << 23);
    size_t size = file && data ? fread(data, 1, (size_t)1 << 23, file) : 0;
    EXPECT(size > 0 && size < (size_t)1 << 23, "%s cannot be read", path);
    if (file)
        fclose(file);
    check_file(strrchr(path, '/') + 1, data, size, 0);
    free(data);
}

int main(int argc, char **argv)
{
    int absent = argc > 1 ? shared_file_absent(argv[1]) : 0;
    if (absent)
        return absent;
    for (int i = 1; i < argc; i++)
        check_published(argv[i]);
    if (argc == 1) {
        check_families();
        check_random();
        check_facts();
        check_memory();
    }
    return expect_report("mirror") || mirror_case_failed();
}
