/* SPDX-License-Identifier: MIT
 *
 * The picture that an image-to-image network makes: where it lies in the output, what
 * its numbers mean, and its rows as bytes. */
#include <mnet/painting.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"

#define CHANNELS 3

/* Bounds between the ranges of 8-bit outputs: networks overshoot a little. */
#define MOST_OF_ONE 2.5f
#define LEAST_OF_ZERO -0.25f

struct MnetPainting {
    MnetTensorInfo output;
    int32_t width, height;
    size_t pixel, channel; /* elements from one pixel to the next, one channel to the next */
    size_t from[CHANNELS]; /* the channel of R, G, B */
    float factor[CHANNELS], add[CHANNELS]; /* byte = real * factor + add */
    uint8_t byte_of[CHANNELS][256];        /* of what 8-bit outputs store */
};

typedef struct {
    int32_t height, width, channels;
    bool channels_first;
} Layout;

/* Whether a picture has the aspect of the network's, within a pixel. */
static bool same_aspect(int64_t height, int64_t width, int64_t of_height, int64_t of_width)
{
    int64_t most = height > of_height ? height : of_height;
    most = width > most ? width : most;
    most = of_width > most ? of_width : most;
    return height > 1 && width > 1 && llabs(height * of_width - width * of_height) <= most;
}

/* Three dimensions of the input's aspect, channels where there are three of them. */
static bool find_layout(const MnetTensorInfo *input, const MnetTensorInfo *output, Layout *l)
{
    int32_t first = output->rank == 4 && output->dims[0] == 1 ? 1 : 0;
    const int32_t *d = output->dims + first;
    if (output->rank - first != 3 || input->rank != 4)
        return false;
    int32_t height = input->dims[input->channels_first ? 2 : 1];
    int32_t width = input->dims[input->channels_first ? 3 : 2];
    bool last = same_aspect(d[0], d[1], height, width);
    bool planes = same_aspect(d[1], d[2], height, width);
    if (last && planes)
        planes = d[2] != CHANNELS && (d[0] == CHANNELS || input->channels_first);
    *l = planes ? (Layout){ d[1], d[2], d[0], true } : (Layout){ d[0], d[1], d[2], false };
    return last || planes;
}

static MnetStatus no_picture(const MnetTensorInfo *output, const char *what, MnetError *error)
{
    return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                          "its output \"%.80s\" is %s; a network whose output is a picture is "
                          "expected: 1 x height x width x 3 or 1 x 3 x height x width numbers, of "
                          "the aspect of its input",
                          output->name, what);
}

static MnetStatus recognise(const MnetTensorInfo *input, const MnetTensorInfo *output, Layout *l,
                            MnetError *error)
{
    char text[64];
    if (!find_layout(input, output, l))
        return no_picture(output, "no map of the shape of its picture", error);
    if (output->kind == MNET_OUTPUT_SOFTMAX || output->kind == MNET_OUTPUT_CLASSES)
        return no_picture(output, "a map of classes", error);
    if (l->channels == 1)
        return no_picture(output, "a map of one channel (a mask, or depths)", error);
    if (l->channels != CHANNELS) {
        snprintf(text, sizeof text, "a map of %d channels (classes, or features)", l->channels);
        return no_picture(output, text, error);
    }
    if (output->type != MNET_TYPE_FLOAT32 && output->type != MNET_TYPE_INT8 &&
        output->type != MNET_TYPE_UINT8) {
        snprintf(text, sizeof text, "of type %s", mnet_type_name(output->type));
        return no_picture(output, text, error);
    }
    return MNET_OK;
}

static bool is_bytes(const MnetTensorInfo *info)
{
    return info->type == MNET_TYPE_INT8 || info->type == MNET_TYPE_UINT8;
}

static void set_range(MnetPainting *p, float factor, float add)
{
    for (int c = 0; c < CHANNELS; c++) {
        p->factor[c] = factor;
        p->add[c] = add;
    }
}

/* What an 8-bit output can store tells what it means. */
static void range_of_bytes(MnetPainting *p)
{
    uint8_t least = p->output.type == MNET_TYPE_INT8 ? 0x80 : 0, most = (uint8_t)(least + 255);
    float low = mnet_tensor_value(&p->output, &least, 0);
    float high = mnet_tensor_value(&p->output, &most, 0);
    if (!(p->output.scale > 0))
        set_range(p, 1, p->output.type == MNET_TYPE_INT8 ? 128 : 0);
    else if (high > MOST_OF_ONE)
        set_range(p, 1, low < -MOST_OF_ONE ? 128 : 0);
    else if (low < LEAST_OF_ZERO)
        set_range(p, 127.5f, 127.5f);
    else
        set_range(p, 255, 0);
}

static void range_of_input(MnetPainting *p, const MnetImageOptions *options)
{
    set_range(p, 1, 0);
    for (int c = 0; c < CHANNELS && !options->raw; c++) {
        p->factor[c] = options->std[c];
        p->add[c] = options->mean[c];
    }
}

static MnetStatus choose_range(MnetPainting *p, const MnetImageOptions *options,
                               const MnetNormalization *range, MnetError *error)
{
    for (int c = 0; range && c < CHANNELS; c++) {
        size_t i = range->n == 1 ? 0 : (size_t)c;
        if ((range->n != 1 && range->n != CHANNELS) || !isfinite(range->mean[i]) ||
            !isfinite(range->std[i]) || range->std[i] == 0)
            return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                                  "the output's range has %zu channels, mean %g and std %g: 1 or "
                                  "%d, finite numbers and a std other than 0 are expected",
                                  range->n, (double)range->mean[i], (double)range->std[i],
                                  CHANNELS);
        p->factor[c] = range->std[i];
        p->add[c] = range->mean[i];
    }
    if (range)
        return MNET_OK;
    if (p->output.kind == MNET_OUTPUT_LOGISTIC)
        set_range(p, 255, 0);
    else if (p->output.kind == MNET_OUTPUT_TANH)
        set_range(p, 127.5f, 127.5f);
    else if (is_bytes(&p->output))
        range_of_bytes(p);
    else
        range_of_input(p, options);
    return MNET_OK;
}

/* 0 to 255; what is no number is 0. */
static uint8_t to_byte(float value)
{
    return (uint8_t)(value > 0 ? (value < 255 ? value + 0.5f : 255) : 0);
}

static void fill_table(MnetPainting *p)
{
    for (int c = 0; c < CHANNELS; c++)
        for (int i = 0; i < 256; i++) {
            uint8_t stored = (uint8_t)i;
            float real = mnet_tensor_value(&p->output, &stored, 0);
            p->byte_of[c][i] = to_byte(real * p->factor[c] + p->add[c]);
        }
}

MnetPainting *mnet_painting_new(const MnetTensorInfo *input, const MnetImageOptions *options,
                                const MnetTensorInfo *output, const MnetNormalization *range,
                                MnetError *error)
{
    Layout l = { 0 };
    if (recognise(input, output, &l, error))
        return NULL;
    MnetPainting *p = mnet_calloc(1, sizeof *p);
    if (!p) {
        mnet_error_memory(error, sizeof *p);
        return NULL;
    }
    p->output = *output;
    p->width = l.width;
    p->height = l.height;
    p->pixel = l.channels_first ? 1 : CHANNELS;
    p->channel = l.channels_first ? (size_t)l.width * (size_t)l.height : 1;
    if (choose_range(p, options, range, error)) {
        mnet_free(p);
        return NULL;
    }
    for (size_t c = 0; c < CHANNELS; c++)
        p->from[c] = options->bgr ? CHANNELS - 1 - c : c;
    if (is_bytes(output))
        fill_table(p);
    return p;
}

void mnet_painting_free(MnetPainting *p)
{
    mnet_free(p);
}

int32_t mnet_painting_width(const MnetPainting *p)
{
    return p->width;
}

int32_t mnet_painting_height(const MnetPainting *p)
{
    return p->height;
}

static void read_floats(const float *restrict from, size_t step, float factor, float add, size_t n,
                        uint8_t *restrict rgb)
{
    for (size_t i = 0; i < n; i++)
        rgb[i * CHANNELS] = to_byte(from[i * step] * factor + add);
}

static void read_bytes(const uint8_t *restrict from, size_t step, const uint8_t *restrict byte_of,
                       size_t n, uint8_t *restrict rgb)
{
    for (size_t i = 0; i < n; i++)
        rgb[i * CHANNELS] = byte_of[from[i * step]];
}

void mnet_painting_read(const MnetPainting *p, const void *data, int32_t first, int32_t rows,
                        uint8_t *rgb)
{
    size_t pixels = (size_t)p->width * (size_t)rows;
    size_t skipped = (size_t)p->width * (size_t)first * p->pixel;
    for (size_t c = 0; c < CHANNELS; c++) {
        size_t channel = p->from[c], at = skipped + channel * p->channel;
        if (is_bytes(&p->output))
            read_bytes((const uint8_t *)data + at, p->pixel, p->byte_of[channel], pixels, rgb + c);
        else
            read_floats((const float *)data + at, p->pixel, p->factor[channel], p->add[channel],
                        pixels, rgb + c);
    }
}

void mnet_painting_default_options(const MnetTensorInfo *input, const MnetTensorInfo *output,
                                   const MnetNormalization *normalization,
                                   MnetImageOptions *options)
{
    mnet_image_default_options(input, normalization, options);
    if (input->type != MNET_TYPE_FLOAT32 || normalization || output->kind == MNET_OUTPUT_TANH)
        return;
    for (int c = 0; c < 4; c++) {
        options->mean[c] = 0;
        options->std[c] = 255;
    }
}
