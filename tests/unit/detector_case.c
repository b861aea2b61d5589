/* SPDX-License-Identifier: MIT
 *
 * Networks as a detector is told of them, without a file. */
#include "detector_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void case_start(DetectorCase *c, int32_t width, int32_t height)
{
    *c = (DetectorCase){ .facts = { .width = width, .height = height } };
}

MnetOutputFacts *case_output(DetectorCase *c, MnetType type, MnetOutputKind kind,
                             const int32_t *dims)
{
    MnetOutputFacts *output = &c->outputs[c->facts.n_outputs++];
    MnetTensorInfo *info = &output->info;
    *output = (MnetOutputFacts){ .role = MNET_ROLE_NONE };
    *info = (MnetTensorInfo){ .name = "out", .type = type, .elements = 1, .kind = kind };
    for (; dims[info->rank]; info->rank++) {
        info->dims[info->rank] = dims[info->rank];
        info->elements *= (size_t)dims[info->rank];
    }
    info->bytes = info->elements * mnet_type_size(type);
    if (type != MNET_TYPE_FLOAT32) {
        info->scale = kind == MNET_OUTPUT_LOGITS ? 0.0625f : 1.0f / 256;
        info->zero_point = (type == MNET_TYPE_INT8 ? -128 : 0) + (kind == MNET_OUTPUT_LOGITS) * 128;
    }
    return output;
}

void case_raw(DetectorCase *c, int32_t n, int32_t code, int32_t columns, MnetType type,
              MnetOutputKind scores)
{
    case_start(c, 64, 64);
    case_output(c, type, MNET_OUTPUT_LOGITS, (const int32_t[]){ 1, n, code, 0 });
    case_output(c, type, scores, (const int32_t[]){ 1, n, columns, 0 });
}

void case_post_process(DetectorCase *c, int32_t n, size_t classes, const MnetRole *order)
{
    case_start(c, 64, 64);
    c->facts.n_classes = classes;
    for (int i = 0; i < 4; i++) {
        const int32_t boxes[] = { 1, n, 4, 0 }, one[] = { 1, 0 }, row[] = { 1, n, 0 };
        const int32_t *dims = order[i] == MNET_ROLE_BOXES   ? boxes
                              : order[i] == MNET_ROLE_COUNT ? one
                                                            : row;
        case_output(c, MNET_TYPE_FLOAT32, MNET_OUTPUT_OTHER, dims)->role = order[i];
    }
}

MnetLabels *case_labels(size_t n, const char *first)
{
    size_t size = 32 + 8 * n;
    char *text = malloc(size);
    if (!text)
        exit(1);
    size_t used = (size_t)snprintf(text, size, "%s\n", first);
    for (size_t i = 1; i < n; i++)
        used += (size_t)snprintf(text + used, size - used, "%zu\n", i);
    MnetLabels *labels = mnet_labels_parse(text, used, "", NULL);
    free(text);
    return labels;
}

MnetAnchors *case_anchors(size_t n)
{
    MnetAnchors *anchors = mnet_anchors_alloc(n, "anchors", NULL);
    if (!anchors)
        exit(1);
    for (size_t i = 0; i < n; i++)
        anchors->boxes[i] = (MnetCentreBox){ (float)(i % 7) / 7, (float)(i % 5) / 5, 0.3f,
                                             0.1f + (float)(i % 3) / 10 };
    return anchors;
}

MnetDetector *case_detector(const DetectorCase *c, const MnetLabels *labels,
                            const MnetDetectorOptions *options, MnetError *error)
{
    MnetNetworkFacts facts = c->facts;
    facts.outputs = (MnetOutputFacts *)(uintptr_t)c->outputs;
    return mnet_detector_make(&facts, labels, options, error);
}

float case_noise(void)
{
    static uint32_t seed = 1;
    seed = seed * 1664525u + 1013904223u;
    return (float)(seed >> 8) / (1 << 24);
}
