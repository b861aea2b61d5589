/* SPDX-License-Identifier: MIT
 *
 * Any bytes read as a network to train further; one that is small is given other
 * classes, evaluated and written, and what is written is read again.  The same bytes
 * mirrored: what is written is a network, or the model tells why not. */
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "fuzz.h"
#include "train/mirror.h"
#include "train/net_graph.h"
#include "train/read_tflite.h"
#include "train/trainer.h"

/* Multiply-adds and values of those that are computed. */
#define MAX_STEPS 2000000
#define MAX_VALUES 1000000

static void check_layer(const MnetNet *net, int32_t index)
{
    const MnetNetLayer *l = &net->layers[index];
    for (int i = 0; i < 2; i++)
        if (l->inputs[i] >= index)
            fuzz_fail("a layer that reads one behind it");
    if (l->height < 1 || l->width < 1 || l->channels < 1)
        fuzz_fail("a map without values");
    if (l->weights != MNET_NET_NONE &&
        (l->weights > net->n_params || l->n_weights > net->n_params - l->weights))
        fuzz_fail("weights that lie behind the parameters");
    if (l->bias != MNET_NET_NONE && (size_t)l->channels > net->n_params - l->bias)
        fuzz_fail("a bias that lies behind the parameters");
    if (!mnet_utf8_valid(l->name, strlen(l->name)))
        fuzz_fail("a layer's name that is not UTF-8");
}

static bool is_small(const MnetNet *net)
{
    uint64_t values = net->n_params;
    for (int32_t i = 0; i < net->n_layers; i++)
        values += (uint64_t)net->layers[i].height * (uint64_t)net->layers[i].width *
                  (uint64_t)net->layers[i].channels;
    return values <= MAX_VALUES && mnet_net_multiply_adds(net) <= MAX_STEPS;
}

static void evaluate(MnetNet *net)
{
    MnetError error = { MNET_OK, "" };
    MnetTrainerOptions options = { .batch = 1, .forward_only = true };
    MnetTrainer *trainer = mnet_trainer_new(net, &options, &error);
    if (!trainer) {
        fuzz_check_error(&error);
        return;
    }
    const MnetNetLayer *in = &net->layers[0];
    for (int32_t y = 0; y < in->height; y++) {
        float *row = mnet_trainer_input_row(trainer, 0, y);
        for (int32_t i = 0; i < in->width * in->channels; i++)
            row[i] = (float)(i % 7) / 7;
    }
    mnet_trainer_evaluate(trainer);
    mnet_trainer_free(trainer);
}

/* What was read can be written, and that can be read. */
static void write_again(const MnetNet *net)
{
    MnetError error = { MNET_OK, "" };
    uint8_t *data;
    size_t size;
    if (mnet_net_tflite(net, &data, &size, &error) != MNET_OK) {
        fuzz_check_error(&error);
        return;
    }
    MnetNet *again = mnet_net_read_tflite_memory(data, size, &error);
    if (!again)
        fuzz_fail(error.text);
    mnet_net_free(again);
    mnet_free(data);
}

static void mirror(const uint8_t *file, size_t file_size)
{
    MnetError error = { MNET_OK, "" };
    uint8_t *data;
    size_t size;
    if (mnet_mirror_tflite_memory(file, file_size, &data, &size, &error) != MNET_OK) {
        fuzz_check_error(&error);
        return;
    }
    MnetModel *model = mnet_model_load_memory(data, size, NULL, &error);
    if (!model)
        fuzz_check_error(&error);
    mnet_model_unref(model);
    mnet_free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const classes[] = { "one", "two", "three" };
    MnetError error = { MNET_OK, "" };
    mirror(data, size);
    MnetNet *net = mnet_net_read_tflite_memory(data, size, &error);
    if (!net) {
        fuzz_check_error(&error);
        return 0;
    }
    for (int32_t i = 0; i < net->n_layers; i++)
        check_layer(net, i);
    if (!mnet_utf8_valid(net->title, strlen(net->title)))
        fuzz_fail("a title that is not UTF-8");
    if (is_small(net)) {
        MnetNet *other = mnet_net_with_classes(net, 3, classes, &error);
        if (!other)
            fuzz_check_error(&error);
        evaluate(net);
        write_again(other ? other : net);
        mnet_net_free(other);
    }
    mnet_net_free(net);
    return 0;
}
