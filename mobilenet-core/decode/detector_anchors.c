/* SPDX-License-Identifier: MIT
 *
 * Where a detector's anchors come from. */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "decode/detector.h"

static MnetAnchors *copy_anchors(const MnetAnchors *anchors, MnetError *error)
{
    MnetAnchors *copy = mnet_anchors_alloc(anchors->n, "anchors", error);
    if (copy)
        memcpy(copy->boxes, anchors->boxes, anchors->n * sizeof *anchors->boxes);
    return copy;
}

/* Of a constant in the file. */
static MnetAnchors *own_anchors(const MnetNetworkFacts *facts, MnetError *error)
{
    const MnetTensorInfo *info = facts->anchors;
    float *numbers = mnet_calloc(info->elements, sizeof *numbers);
    if (!numbers) {
        mnet_error_memory(error, info->elements * sizeof *numbers);
        return NULL;
    }
    for (size_t i = 0; i < info->elements; i++)
        numbers[i] = mnet_tensor_value(info, facts->anchor_data, i);
    MnetAnchors *anchors =
        mnet_anchors_from_numbers(numbers, info->elements / 4, info->name, error);
    mnet_free(numbers);
    return anchors;
}

static size_t count_boxes(const MnetOutputFacts *boxes, size_t code)
{
    size_t n = 0;
    for (size_t i = 0; i < boxes->n_maps; i++)
        n += (size_t)boxes->maps[i].height * (size_t)boxes->maps[i].width *
             ((size_t)boxes->maps[i].channels / code);
    return n;
}

static MnetStatus unknown_anchors(const MnetDetector *d, MnetError *error)
{
    return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                          "the anchors of the %zu boxes are not in the file, and its feature maps "
                          "are not those of a network with well-known ones; set anchors-file",
                          d->info.n_boxes);
}

/* Whether the maps have the boxes a cell that the defaults give them: 3 in the
 * first, 6 in the others. */
static bool has_default_cells(const MnetOutputFacts *boxes)
{
    bool same = boxes->n_maps > 1;
    for (size_t i = 0; same && i < boxes->n_maps; i++)
        same = boxes->maps[i].channels == 4 * (i ? 6 : 3);
    return same;
}

/* The defaults of the Object Detection API, for the maps in the graph or, where
 * the graph does not show them, those of the default strides. */
static MnetAnchors *ssd_anchors(const MnetDetector *d, const MnetNetworkFacts *facts,
                                MnetError *error)
{
    const MnetOutputFacts *boxes = &facts->outputs[d->outputs[MNET_ROLE_BOXES]];
    MnetSsdAnchors p;
    if (!facts->width || (boxes->n_maps && (!has_default_cells(boxes) ||
                                            count_boxes(boxes, 4) != d->info.n_boxes))) {
        unknown_anchors(d, error);
        return NULL;
    }
    mnet_ssd_anchors_default(facts->width, facts->height, &p);
    p.n_maps = boxes->n_maps ? boxes->n_maps : p.n_maps;
    for (size_t i = 0; i < boxes->n_maps; i++) {
        p.grid_height[i] = boxes->maps[i].height;
        p.grid_width[i] = boxes->maps[i].width;
    }
    MnetAnchors *anchors = mnet_anchors_generate(&p, error);
    if (anchors && anchors->n != d->info.n_boxes) {
        mnet_anchors_free(anchors);
        unknown_anchors(d, error);
        return NULL;
    }
    return anchors;
}

static MnetAnchors *cell_anchors(const MnetDetector *d, const MnetNetworkFacts *facts,
                                 MnetError *error)
{
    const MnetOutputFacts *boxes = &facts->outputs[d->outputs[MNET_ROLE_BOXES]];
    bool fits = boxes->n_maps && count_boxes(boxes, d->code) == d->info.n_boxes;
    for (size_t i = 0; i < boxes->n_maps; i++)
        fits &= (size_t)boxes->maps[i].channels % d->code == 0;
    if (!fits) {
        unknown_anchors(d, error);
        return NULL;
    }
    return mnet_anchors_of_cells(boxes->maps, boxes->n_maps, (int32_t)d->code, error);
}

static MnetStatus find_scale(MnetDetector *d, const MnetNetworkFacts *facts,
                             const MnetDetectorOptions *options, MnetError *error)
{
    float scales[4] = { 10, 10, 5, 5 };
    if (d->info.kind == MNET_DETECTOR_MEDIAPIPE) {
        if (!facts->width)
            return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                                  "input 0 is no picture, whose size the codes count in");
        d->linear = true;
        scales[0] = scales[2] = (float)facts->height;
        scales[1] = scales[3] = (float)facts->width;
    }
    for (size_t i = 0; i < 4; i++) {
        if (!(options->box_scales[i] >= 0 && options->box_scales[i] <= 1e6f))
            return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                                  "box_scales[%zu] is %g, 0 (default) or a number to a million is "
                                  "expected",
                                  i, (double)options->box_scales[i]);
        scales[i] = options->box_scales[i] > 0 ? options->box_scales[i] : scales[i];
    }
    d->scale = (MnetCentreBox){ scales[0], scales[1], scales[2], scales[3] };
    return MNET_OK;
}

MnetStatus mnet_detector_find_anchors(MnetDetector *d, const MnetNetworkFacts *facts,
                                      const MnetDetectorOptions *options, MnetError *error)
{
    MnetError own = { MNET_OK, "" };
    if (d->box_format != MNET_BOXES_CODES)
        return options->anchors
                   ? mnet_error_set(error, MNET_ERROR_ARGUMENT,
                                    "the network decodes its boxes itself and takes no "
                                    "anchors; leave anchors-file away")
                   : MNET_OK;
    MnetStatus status = find_scale(d, facts, options, error);
    if (status)
        return status;
    if (options->anchors)
        d->anchors = copy_anchors(options->anchors, &own);
    else if (facts->several_anchors)
        mnet_error_set(&own, MNET_ERROR_UNSUPPORTED,
                       "which anchors are meant is not certain: the file holds several constants "
                       "called anchors or priors that differ; set anchors-file");
    else if (facts->anchors)
        d->anchors = own_anchors(facts, &own);
    else if (d->info.kind == MNET_DETECTOR_MEDIAPIPE)
        d->anchors = cell_anchors(d, facts, &own);
    else
        d->anchors = ssd_anchors(d, facts, &own);
    if (!d->anchors)
        return mnet_error_set(error, own.status, "%s", own.text);
    if (d->anchors->n != d->info.n_boxes)
        return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                              "%zu anchors for %zu boxes; give an anchors-file with %zu",
                              d->anchors->n, d->info.n_boxes, d->info.n_boxes);
    return MNET_OK;
}
