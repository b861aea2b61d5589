/* SPDX-License-Identifier: MIT
 *
 * test_networks_read SHARED MODEL...: real classifiers (e.g. "classify/name") read as
 * networks that can be trained, written again as networks of floats, name the class
 * that the model they come from names by TFLite's reference kernels. */
#include <mnet/mnet.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "train/net_graph.h"
#include "train/read_tflite.h"

#define PICTURE "parrot"

static int failures;

static void fail(const char *model, const char *what)
{
    printf("%s: %s\n", model, what);
    failures++;
}

/* The golden input's numbers, channels last. */
static void fill_input(const MnetTensorInfo *from, const void *stored, float *input)
{
    size_t plane = (size_t)from->dims[2] * (size_t)from->dims[3];
    for (size_t i = 0; i < from->elements; i++) {
        float value = mnet_tensor_value(from, stored, i);
        input[from->channels_first ? i % plane * 3 + i / plane : i] = value;
    }
}

static void compare(const char *model, const MnetTensorInfo *from, const void *wanted,
                    const float *found)
{
    size_t best = 0, best_wanted = 0;
    double off = 0;
    for (size_t i = 0; i < from->elements; i++) {
        float value = mnet_tensor_value(from, wanted, i);
        best = found[i] > found[best] ? i : best;
        best_wanted = value > mnet_tensor_value(from, wanted, best_wanted) ? i : best_wanted;
        off = fmax(off, fabs((double)value - (double)found[i]));
    }
    printf("%s: class %zu, wanted %zu, largest difference %.5f\n", model, best, best_wanted, off);
    if (best != best_wanted)
        fail(model, "another class");
    if (from->type == MNET_TYPE_FLOAT32 && off > 1e-3)
        fail(model, "other probabilities");
}

static void run_again(const char *name, MnetModel *model, const MnetNet *net,
                      const GoldenCase *golden)
{
    MnetError error = { MNET_OK, "" };
    uint8_t *data = NULL;
    size_t size = 0;
    MnetModel *again = NULL;
    MnetSession *session = NULL;
    const MnetTensorInfo *in = mnet_model_input(model, 0), *out = mnet_model_output(model, 0);
    void *input = golden_load(golden, "input", 0, in->bytes);
    void *output = golden_load(golden, "output", 0, out->bytes);
    if (!mnet_net_tflite(net, &data, &size, &error))
        again = mnet_model_load_memory(data, size, NULL, &error);
    if (again)
        session = mnet_session_new(again, NULL, &error);
    if (!session || !input || !output) {
        fail(name, error.text);
    } else {
        fill_input(in, input, mnet_session_input(session, 0));
        mnet_session_run(session);
        compare(name, out, output, mnet_session_output(session, 0));
    }
    free(input);
    free(output);
    mnet_session_free(session);
    mnet_model_unref(again);
    mnet_buffer_free(data);
}

static void check_model(const char *shared, const char *name)
{
    char path[1024], folder[1024];
    MnetError error = { MNET_OK, "" };
    GoldenCase golden;
    snprintf(path, sizeof path, "%s/models/%s.tflite", shared, name);
    snprintf(folder, sizeof folder, "%s/golden/%s/%s", shared, strrchr(name, '/') + 1, PICTURE);
    MnetModel *model = mnet_model_load(path, NULL, &error);
    MnetNet *net = model ? mnet_net_read_tflite(path, &error) : NULL;
    if (!net || !golden_read_case(folder, &golden))
        fail(name, error.text);
    else
        run_again(name, model, net, &golden);
    mnet_net_free(net);
    mnet_model_unref(model);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    int status = shared_file_absent(argv[1]);
    for (int i = 2; i < argc && !status; i++)
        check_model(argv[1], argv[i]);
    return status ? status : failures != 0;
}
