/* SPDX-License-Identifier: MIT
 *
 * How the output of a segmenting network is laid out. */
#include "base/error.h"
#include "decode/segmenter.h"

/* A map of channels, in elements from one number to the next. */
typedef struct {
    int32_t height, width, channels;
    bool channels_first;
} Layout;

/* Whether a map has the aspect of the network's picture, within a pixel: networks
 * round sizes. */
static bool same_aspect(int64_t height, int64_t width, int64_t picture_h, int64_t picture_w)
{
    int64_t off = height * picture_w - width * picture_h;
    int64_t most = picture_w > picture_h ? picture_w : picture_h;
    return off <= most && off >= -most;
}

/* Dimensions that are not 1 in front: [1, H, W, C] to [H, W, C]. */
static int32_t drop_batch(const MnetTensorInfo *output, int32_t dims[3])
{
    int32_t first = 0, n = 0;
    while (output->rank - first > 3 && output->dims[first] == 1)
        first++;
    if (output->rank - first == 3 && output->rank < 4 && output->dims[first] == 1)
        first++;
    for (int32_t i = first; i < output->rank && n < 3; i++)
        dims[n++] = output->dims[i];
    return output->rank - first > 3 ? 0 : n;
}

/* [1, H * W], or [1, H * W, C], as large as the network's picture. */
static bool find_flat(const MnetTensorInfo *output, int32_t height, int32_t width, Layout *l)
{
    size_t pixels = (size_t)height * (size_t)width;
    int32_t last = output->dims[output->rank - 1], channels = 1;
    if ((size_t)last != pixels) {
        if (output->rank < 2 || (size_t)output->dims[output->rank - 2] != pixels)
            return false;
        channels = last;
    }
    *l = (Layout){ height, width, channels, false };
    return output->elements == pixels * (size_t)channels;
}

static bool find_layout(const MnetTensorInfo *input, const MnetTensorInfo *output, Layout *l)
{
    bool first = input->channels_first;
    int32_t height = input->dims[first ? 2 : 1], width = input->dims[first ? 3 : 2];
    int32_t d[3] = { 0 }, n = drop_batch(output, d);
    if (n == 2 && d[0] > 1 && d[1] > 1 && same_aspect(d[0], d[1], height, width)) {
        *l = (Layout){ d[0], d[1], 1, false };
        return true;
    }
    if (n == 3) {
        bool last_fits = d[0] > 1 && d[1] > 1 && same_aspect(d[0], d[1], height, width);
        bool first_fits = d[1] > 1 && d[2] > 1 && same_aspect(d[1], d[2], height, width);
        if (last_fits || first_fits) {
            bool planes = first_fits && (first || !last_fits);
            *l = planes ? (Layout){ d[1], d[2], d[0], true } : (Layout){ d[0], d[1], d[2], false };
            return true;
        }
    }
    return output->rank > 0 && find_flat(output, height, width, l);
}

static MnetStatus no_map(const MnetTensorInfo *output, const char *what, MnetError *error)
{
    return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                          "its output \"%.80s\" is %s; a network that segments is expected: "
                          "class numbers, or scores of each class, for each pixel",
                          output->name, what);
}

static MnetStatus check_classes(const MnetTensorInfo *output, const Layout *l, MnetError *error)
{
    if (l->channels == 1 && (output->type == MNET_TYPE_INT32 || output->type == MNET_TYPE_INT64))
        return MNET_OK;
    return no_map(output, "no map of class numbers", error);
}

static MnetStatus check_scores(const MnetTensorInfo *input, const MnetTensorInfo *output,
                               const Layout *l, size_t n_labels, MnetError *error)
{
    if (output->type != MNET_TYPE_FLOAT32 &&
        !((output->type == MNET_TYPE_INT8 || output->type == MNET_TYPE_UINT8) && output->scale > 0))
        return no_map(output, "neither float32 nor 8 bits with a scale", error);
    if (output->kind != MNET_OUTPUT_SOFTMAX && output->kind != MNET_OUTPUT_LOGISTIC &&
        output->kind != MNET_OUTPUT_LOGITS)
        return no_map(output, "no layer of scores (a picture, or features)", error);
    if (output->kind == MNET_OUTPUT_SOFTMAX && l->channels == 1)
        return no_map(output, "a map of one class, whose probability is always 1", error);
    bool first = input->channels_first;
    bool as_large =
        l->height == input->dims[first ? 2 : 1] && l->width == input->dims[first ? 3 : 2];
    if (output->kind == MNET_OUTPUT_LOGISTIC && l->channels == 3 && as_large && n_labels != 3)
        return no_map(output, "a picture (three channels of 0 to 1)", error);
    if (l->channels > MNET_MAX_SEGMENT_CLASSES)
        return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                              "its output \"%.80s\" has %d classes, at most %d are supported",
                              output->name, l->channels, MNET_MAX_SEGMENT_CLASSES);
    return MNET_OK;
}

MnetStatus mnet_segmenter_recognise(MnetSegmenter *s, const MnetTensorInfo *input,
                                    const MnetTensorInfo *output, size_t n_labels, MnetError *error)
{
    Layout l;
    if (input->rank != 4)
        return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                              "its input has %d dimensions, a picture is expected", input->rank);
    if (!find_layout(input, output, &l))
        return no_map(output, "no map of the shape of its picture", error);
    bool numbers = output->kind == MNET_OUTPUT_CLASSES;
    MnetStatus status = numbers ? check_classes(output, &l, error)
                                : check_scores(input, output, &l, n_labels, error);
    if (status)
        return status;
    s->input = *input;
    s->output = *output;
    s->kind = numbers           ? MNET_SEGMENTS_CLASSES
              : l.channels == 1 ? MNET_SEGMENTS_FOREGROUND
                                : MNET_SEGMENTS_SCORES;
    s->width = l.width;
    s->height = l.height;
    s->channels = (size_t)l.channels;
    s->pixel = l.channels_first ? 1 : s->channels;
    s->channel = l.channels_first ? (size_t)l.width * (size_t)l.height : 1;
    s->logits = output->kind == MNET_OUTPUT_LOGITS;
    return MNET_OK;
}
