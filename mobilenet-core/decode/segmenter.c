/* SPDX-License-Identifier: MIT
 *
 * The object that reads class maps, its labels, and what is known of it. */
#include "decode/segmenter.h"

#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/memory.h"

static MnetStatus match_labels(MnetSegmenter *s, MnetError *error)
{
    size_t count = mnet_labels_count(s->labels), classes = mnet_segmenter_classes(s);
    bool background = !strcasecmp(mnet_labels_get(s->labels, 0), "background");
    if (!classes || count == classes)
        return MNET_OK;
    if (s->kind == MNET_SEGMENTS_FOREGROUND && count == 1) {
        s->label_shift = -1;
        return MNET_OK;
    }
    if (count == classes + 1 && background) {
        s->label_shift = 1;
        return MNET_OK;
    }
    return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                          "%zu labels for %zu classes; give a labels file with %zu lines (in the "
                          "order of the network's classes, with its background class if it has "
                          "one)",
                          count, classes, classes);
}

static void fill_table(MnetSegmenter *s)
{
    s->bytes = s->output.type == MNET_TYPE_INT8 || s->output.type == MNET_TYPE_UINT8;
    for (int i = 0; i < 256 && s->bytes; i++) {
        uint8_t byte = (uint8_t)i;
        s->value_of[i] = mnet_tensor_value(&s->output, &byte, 0);
    }
}

MnetSegmenter *mnet_segmenter_new(const MnetTensorInfo *input, const MnetTensorInfo *output,
                                  const MnetLabels *labels, MnetError *error)
{
    MnetSegmenter *s = mnet_calloc(1, sizeof *s);
    if (!s) {
        mnet_error_memory(error, sizeof *s);
        return NULL;
    }
    s->labels = labels;
    if (mnet_segmenter_recognise(s, input, output, mnet_labels_count(labels), error) ||
        (labels && match_labels(s, error))) {
        mnet_free(s);
        return NULL;
    }
    s->labels = labels ? mnet_labels_ref(labels) : NULL;
    fill_table(s);
    return s;
}

void mnet_segmenter_free(MnetSegmenter *s)
{
    if (!s)
        return;
    mnet_labels_unref(s->labels);
    mnet_free(s);
}

MnetSegments mnet_segmenter_kind(const MnetSegmenter *s)
{
    return s->kind;
}

int32_t mnet_segmenter_width(const MnetSegmenter *s)
{
    return s->width;
}

int32_t mnet_segmenter_height(const MnetSegmenter *s)
{
    return s->height;
}

size_t mnet_segmenter_classes(const MnetSegmenter *s)
{
    return s->kind == MNET_SEGMENTS_CLASSES      ? 0
           : s->kind == MNET_SEGMENTS_FOREGROUND ? 2
                                                 : s->channels;
}

const char *mnet_segmenter_label(const MnetSegmenter *s, size_t index)
{
    if (s->label_shift < 0 && !index)
        return "background";
    return mnet_labels_get(s->labels, (size_t)((ptrdiff_t)index + s->label_shift));
}
