/* SPDX-License-Identifier: MIT
 *
 * Any bytes as what a graph tells of a detector, as its options, as what is asked
 * for and as the outputs of a run. */
#include <stdlib.h>
#include <string.h>

#include "decode/detector.h"
#include "fuzz.h"

#define MAX_OUTPUTS 5
/* Of one output. */
#define MAX_ELEMENTS 100000

typedef struct {
    const uint8_t *at, *end;
} Input;

/* 0 behind the end. */
static uint8_t take(Input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

/* Small ones more often than large ones. */
static int32_t take_size(Input *in)
{
    static const int32_t sizes[] = { 1, 2, 3, 4, 10, 16, 90, 91, 100, 896, 1917, 2034, 20000 };
    uint8_t byte = take(in);
    return byte < 0x80 ? sizes[byte % (sizeof sizes / sizeof *sizes)] : byte & 0x7f;
}

static float take_float(Input *in)
{
    uint32_t bits = 0;
    float value;
    for (int i = 0; i < 4; i++)
        bits = bits << 8 | take(in);
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool take_output(Input *in, MnetOutputFacts *output)
{
    static const MnetType types[] = { MNET_TYPE_FLOAT32, MNET_TYPE_UINT8, MNET_TYPE_INT8,
                                      MNET_TYPE_INT16,   MNET_TYPE_INT64, MNET_TYPE_FLOAT16 };
    MnetTensorInfo *info = &output->info;
    *info = (MnetTensorInfo){ .name = "out", .elements = 1 };
    info->type = types[take(in) % 6];
    info->kind = (MnetOutputKind)(take(in) % (MNET_OUTPUT_FEATURES + 1));
    info->rank = take(in) % (MNET_MAX_RANK + 1);
    for (int i = 0; i < info->rank; i++) {
        info->dims[i] = i ? take_size(in) : 1 + take(in) % 2;
        if (!info->dims[i])
            return false;
        info->elements *= (size_t)info->dims[i];
        if (info->elements > MAX_ELEMENTS)
            return false;
    }
    info->bytes = info->elements * mnet_type_size(info->type);
    info->scale = info->type == MNET_TYPE_FLOAT32 ? 0 : 1.0f / 256;
    output->role = take(in) % 2 ? MNET_ROLE_NONE : (MnetRole)(take(in) % 5);
    output->decoded = take(in) & 1;
    output->corners = (MnetBoxFormat)(take(in) % 4);
    if (output->corners == MNET_BOXES_CODES)
        output->corners = MNET_BOXES_AUTO;
    output->n_maps = take(in) % 7;
    for (size_t i = 0; i < output->n_maps; i++)
        output->maps[i] = (MnetMap){ 1 + take(in) % 40, 1 + take(in) % 40, 1 + take(in) };
    return true;
}

static void check_detections(const MnetDetection *found, size_t n, size_t max, size_t classes)
{
    if (n > max)
        fuzz_fail("more detections than there is room");
    for (size_t i = 0; i < n; i++) {
        const MnetDetection *d = &found[i];
        if (d->index >= classes || !d->label || !(d->score >= 0 && d->score <= 1) ||
            (i && d->score > found[i - 1].score))
            fuzz_fail("a class or score that is out of range or order");
        if (!(d->left >= -16 && d->left < d->right && d->right <= 17 && d->top >= -16 &&
              d->top < d->bottom && d->bottom <= 17))
            fuzz_fail("a box that is out of range");
        for (uint32_t k = 0; k < d->n_points; k++)
            if (k >= MNET_MAX_POINTS || !(d->points[k].x >= -16 && d->points[k].x <= 17 &&
                                          d->points[k].y >= -16 && d->points[k].y <= 17))
                fuzz_fail("a point that is out of range");
    }
}

/* The rest of the input again and again. */
static void fill(Input in, uint8_t *data, size_t bytes)
{
    size_t n = (size_t)(in.end - in.at);
    for (size_t i = 0; i < bytes; i++)
        data[i] = n ? in.at[i % n] : 0;
}

static void decode(Input *in, MnetDetector *detector, const MnetNetworkFacts *facts)
{
    static MnetDetection found[300];
    void *outputs[MAX_OUTPUTS] = { NULL };
    MnetDetectorInfo info;
    mnet_detector_info(detector, &info);
    MnetDetectionQuery query = { .score_threshold = take_float(in) };
    query.suppression = (MnetSuppression){ .nms = (MnetNms)(take(in) % 5),
                                           .overlap = (MnetOverlap)(take(in) % 2),
                                           .class_agnostic = take(in) & 1,
                                           .overlap_threshold = take_float(in),
                                           .sigma = take_float(in) };
    for (size_t i = 0; i < facts->n_outputs; i++) {
        outputs[i] = malloc(facts->outputs[i].info.bytes);
        if (!outputs[i])
            abort();
        fill(*in, outputs[i], facts->outputs[i].info.bytes);
    }
    size_t max = take(in) + 1;
    size_t n = mnet_detector_decode(detector, (const void *const *)outputs, &query, max, found);
    check_detections(found, n, max, info.n_classes);
    for (size_t i = 0; i < MAX_OUTPUTS; i++)
        free(outputs[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, data + size };
    MnetOutputFacts outputs[MAX_OUTPUTS];
    MnetNetworkFacts facts = { .outputs = outputs };
    MnetError error = { MNET_OK, "" };
    MnetDetectorOptions options = { (MnetBoxFormat)(take(&in) % 4),
                                    (MnetScoreFormat)(take(&in) % 4),
                                    (MnetBackground)(take(&in) % 3),
                                    NULL,
                                    { take(&in) & 1 ? take_float(&in) : 0 } };
    facts.width = 8 * take(&in);
    facts.height = 8 * take(&in);
    facts.n_classes = take(&in);
    uint8_t byte = take(&in);
    facts.n_outputs = 1 + byte % MAX_OUTPUTS;
    facts.rows_per_box = byte / 64;
    for (size_t i = 0; i < facts.n_outputs; i++)
        if (!take_output(&in, &outputs[i]))
            return 0;
    MnetDetector *detector = mnet_detector_make(&facts, NULL, &options, &error);
    if (detector)
        decode(&in, detector, &facts);
    else
        fuzz_check_error(&error);
    mnet_detector_free(detector);
    return 0;
}
