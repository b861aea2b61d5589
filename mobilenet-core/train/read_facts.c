/* SPDX-License-Identifier: MIT
 *
 * Normalisation and names of classes from a file's metadata and tensors. */
#include "train/read_facts.h"

#include <math.h>

#include <mnet/image.h>

#include "base/error.h"
#include "base/memory.h"

/* Factors below are of bytes (1 / 127.5), those above of numbers up to 1 (2, 1 / 0.225). */
#define BYTES_BELOW 0.1
/* Of the width of an input's range: how far what the metadata tells may be from it. */
#define RANGE_SLACK 0.02

/* What the numbers of bytes stand for is what counts: some files tell a mean of 0 and a
 * deviation of 1 because nothing is left to do. */
static bool is_range(const MnetNormalization *told, double zero, double scale)
{
    for (size_t c = 0; c < told->n; c++) {
        double mean = (double)told->mean[c], std = (double)told->std[c];
        if (fabs(-mean / std + zero * scale) > RANGE_SLACK * 255 * scale ||
            fabs((255 - mean) / std - (255 - zero) * scale) > RANGE_SLACK * 255 * scale)
            return false;
    }
    return told->n > 0;
}

/* Blue, green, red become red, green, blue: in the weights that read them, and here. */
static void turn_channels(MnetNet *net)
{
    for (int32_t i = 1; i < net->n_layers; i++) {
        const MnetNetLayer *l = &net->layers[i];
        for (size_t k = 0; l->inputs[0] == 0 && k + 2 < l->n_weights; k += 3) {
            float *weights = net->params + l->weights + k, blue = weights[0];
            weights[0] = weights[2];
            weights[2] = blue;
        }
    }
    float mean = net->mean[0], std = net->std[0];
    net->mean[0] = net->mean[2];
    net->std[0] = net->std[2];
    net->mean[2] = mean;
    net->std[2] = std;
}

/* One mean and deviation is that of all channels. */
static void take_told(MnetNet *net, const MnetNormalization *told)
{
    for (size_t i = 0; i < 3; i++) {
        net->mean[i] = told->mean[i < told->n ? i : 0];
        net->std[i] = told->std[i < told->n ? i : 0];
    }
}

/* Of an input of bytes, as frames are for it. */
static void take_bytes(MnetNet *net, const MnetNormalization *told, const MnetTensor *input)
{
    double scale = (double)input->quant.scale[0];
    double zero = input->quant.zero_point[0] + (input->type == MNET_TYPE_INT8 ? 128 : 0);
    MnetTensorInfo info = { .type = input->type,
                            .scale = input->quant.scale[0],
                            .zero_point = input->quant.zero_point[0] };
    MnetImageOptions options;
    mnet_image_default_options(&info, told, &options);
    if (is_range(told, zero, scale)) {
        take_told(net, told);
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        net->mean[i] = options.raw ? (float)zero : options.mean[i];
        net->std[i] = options.raw ? 1 / input->quant.scale[0] : options.std[i];
    }
    if (options.bgr && net->layers[0].channels == 3)
        turn_channels(net);
}

static void take_floats(MnetNet *net, const MnetNormalization *told)
{
    for (size_t i = 0; i < 3 && net->file_factor != 1; i++) {
        net->mean[i] = 0;
        net->std[i] = net->file_factor < BYTES_BELOW ? 1 : 255;
    }
    if (told->n)
        take_told(net, told);
}

MnetStatus mnet_read_normalization(MnetNet *net, const MnetNormalization *told,
                                   const MnetTensor *input, MnetError *error)
{
    bool bytes = input->type == MNET_TYPE_INT8 || input->type == MNET_TYPE_UINT8;
    if (bytes && input->quant.n == 1 && input->quant.scale[0] > 0)
        take_bytes(net, told, input);
    else
        take_floats(net, told);
    for (size_t i = 0; i < 3; i++) {
        net->mean[i] -= (float)(net->file_summand / net->file_factor) * net->std[i];
        net->std[i] /= (float)net->file_factor;
        if (!isfinite(net->mean[i]) || !isfinite(net->std[i]) || net->std[i] == 0)
            return mnet_error_set(error, MNET_ERROR_FORMAT,
                                  "its normalisation, (pixel - %g) / %g, is none",
                                  (double)net->mean[i], (double)net->std[i]);
    }
    return MNET_OK;
}

MnetStatus mnet_read_labels(const MnetLabelText *text, MnetLabels **labels, const char ***names,
                            MnetError *error)
{
    MnetError why = { MNET_OK, "" };
    *names = NULL;
    *labels = text->text ? mnet_labels_parse(text->text, text->size, text->name, &why) : NULL;
    size_t n = mnet_labels_count(*labels);
    if (why.status == MNET_ERROR_MEMORY)
        return mnet_error_memory(error, text->size);
    if (!n)
        return MNET_OK;
    *names = mnet_calloc(n, sizeof **names);
    for (size_t i = 0; *names && i < n; i++)
        (*names)[i] = mnet_labels_get(*labels, i);
    return *names ? MNET_OK : mnet_error_memory(error, n * sizeof **names);
}

MnetStatus mnet_read_classes(MnetNet *net, const MnetLabelText *text, MnetError *error)
{
    MnetLabels *labels;
    const char **names;
    MnetStatus status = mnet_read_labels(text, &labels, &names, error);
    if (!status && mnet_labels_count(labels) == (size_t)mnet_net_logits(net)->channels)
        status = mnet_net_set_classes(net, names, error);
    mnet_free(names);
    mnet_labels_unref(labels);
    return status;
}
