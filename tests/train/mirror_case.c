/* SPDX-License-Identifier: MIT
 *
 * A network and its mirrored form. */
#include "mirror_case.h"

#include <mnet/mnet.h>

#include <math.h>

#include "expect.h"
#include "train/mirror.h"
#include "train/random.h"

typedef struct {
    MnetModel *model;
    MnetSession *session;
    const MnetTensorInfo *in, *out;
} Network;

/* False and the error where the file does not load.  `side` 0: the file's own size. */
static bool open_network(const uint8_t *data, size_t size, int32_t side, Network *network,
                         MnetError *error)
{
    const MnetSessionOptions options = { .input_width = side ? side + 3 : 0, .input_height = side };
    *network = (Network){ .model = mnet_model_load_memory(data, size, NULL, error) };
    if (network->model)
        network->session = mnet_session_new(network->model, &options, error);
    if (!network->session)
        return false;
    network->in = mnet_session_input_info(network->session, 0);
    network->out = mnet_session_output_info(network->session, 0);
    return true;
}

static void close_network(Network *network)
{
    mnet_session_free(network->session);
    mnet_model_unref(network->model);
}

/* Noise that is brighter to the right. */
static void *make_picture(const MnetTensorInfo *info, uint64_t seed)
{
    MnetRandom random = { seed };
    uint8_t *picture = calloc(info->elements, sizeof(float));
    if (!picture)
        exit(1);
    size_t row = (size_t)info->dims[2] * (size_t)info->dims[3];
    for (size_t i = 0; i < info->elements; i++) {
        double bright = (double)(i % row) / (double)row;
        double value = (bright + mnet_random_real(&random)) / 2;
        if (info->type == MNET_TYPE_FLOAT32)
            ((float *)(void *)picture)[i] = (float)(2 * value - 1);
        else
            picture[i] = (uint8_t)(255 * value) ^ (info->type == MNET_TYPE_INT8 ? 128 : 0);
    }
    return picture;
}

/* Left and right change places in a copy. */
static void *mirror_picture(const MnetTensorInfo *info, const uint8_t *picture)
{
    size_t width = (size_t)info->dims[2], pixel = info->bytes / info->elements;
    uint8_t *turned = calloc(info->elements, sizeof(float));
    if (!turned)
        exit(1);
    pixel *= (size_t)info->dims[3];
    for (size_t i = 0; i < info->bytes / pixel; i++)
        memcpy(turned + i * pixel, picture + (i / width * width + width - 1 - i % width) * pixel,
               pixel);
    return turned;
}

/* The outputs as numbers; freed by the caller. */
static double *run(const Network *network, const void *picture)
{
    double *values = calloc(network->out->elements, sizeof *values);
    if (!values)
        exit(1);
    memcpy(mnet_session_input(network->session, 0), picture, network->in->bytes);
    mnet_session_run(network->session);
    for (size_t i = 0; i < network->out->elements; i++)
        values[i] =
            (double)mnet_tensor_value(network->out, mnet_session_output(network->session, 0), i);
    return values;
}

static double largest(const double *values, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(values[i]));
    return most;
}

/* Returns whether the picture and its mirror image are not all the same to the network
 * itself. */
static bool compare(const char *name, const Network *plain, const Network *both)
{
    void *picture = make_picture(plain->in, 7);
    void *turned = mirror_picture(plain->in, picture);
    double *left = run(plain, picture), *right = run(plain, turned);
    double *found = run(both, picture), *other = run(both, turned);
    size_t n = plain->out->elements;
    double step = (double)plain->out->scale;
    double most = step > 0 ? step * 0.5001 : 1e-5 * (1 + largest(left, n));
    bool differ = memcmp(left, right, n * sizeof *left) != 0;
    for (size_t i = 0; i < n; i++) {
        double mean = (left[i] + right[i]) / 2;
        EXPECT(fabs(found[i] - mean) <= most, "%s: output %zu is %g, wanted %g", name, i, found[i],
               mean);
        EXPECT(found[i] == other[i], "%s: output %zu of the mirror image is another", name, i);
    }
    free(picture);
    free(turned);
    free(left);
    free(right);
    free(found);
    free(other);
    return differ;
}

static void compare_outputs(const char *name, const Network *plain, const Network *both,
                            bool differs)
{
    const MnetTensorInfo *a = plain->out, *b = both->out;
    bool alike = a->type == b->type && a->rank == b->rank && a->elements == b->elements &&
                 !memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims);
    EXPECT(alike, "%s: the output has another shape", name);
    EXPECT(a->kind == b->kind, "%s: kind %d was %d", name, (int)b->kind, (int)a->kind);
    EXPECT(!strcmp(a->name, b->name), "%s: the output is \"%s\"", name, b->name);
    if (alike) {
        bool found = compare(name, plain, both);
        EXPECT(found || !differs, "%s: left and right are the same to it", name);
    }
}

MnetStatus mirror_case(const char *name, const uint8_t *data, size_t size, int32_t side,
                       bool differs, MnetError *error)
{
    Network plain, both = { 0 };
    uint8_t *mirrored = NULL;
    size_t mirrored_size = 0;
    *error = (MnetError){ MNET_OK, "" };
    bool runs = open_network(data, size, side, &plain, error);
    EXPECT(runs, "%s: %s", name, error->text);
    MnetStatus status = mnet_mirror_tflite_memory(data, size, &mirrored, &mirrored_size, error);
    if (!status && runs) {
        EXPECT(open_network(mirrored, mirrored_size, side, &both, error), "%s, mirrored: %s", name,
               error->text);
        if (both.session)
            compare_outputs(name, &plain, &both, differs);
    }
    close_network(&both);
    close_network(&plain);
    mnet_buffer_free(mirrored);
    return status;
}

int mirror_case_failed(void)
{
    return expect_failed;
}
