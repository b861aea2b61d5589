/* SPDX-License-Identifier: MIT
 *
 * Inside of anchors, for the detector. */
#ifndef MNET_DECODE_ANCHORS_H
#define MNET_DECODE_ANCHORS_H

#include <mnet/detect.h>

#include "ops/detection_boxes.h"

/* A picture's width or height that boxes may lie away from it. */
#define MNET_BOX_LIMIT 16

struct MnetAnchors {
    size_t n;
    MnetCentreBox boxes[];
};

/* A feature map whose cells have anchors. */
typedef struct {
    int32_t height, width, channels;
} MnetMap;

/* Room for `n` anchors; NULL and `error` when there are none or too many, or
 * memory is short.  `name` is used in errors. */
MnetAnchors *mnet_anchors_alloc(size_t n, const char *name, MnetError *error);

/* From 4 numbers an anchor, y first, that must prove whether they are corners
 * or centre and size. */
MnetAnchors *mnet_anchors_from_numbers(const float *numbers, size_t n, const char *name,
                                       MnetError *error);

/* As many anchors at the centre of each cell as it has codes of `code` numbers;
 * each as large as the picture. */
MnetAnchors *mnet_anchors_of_cells(const MnetMap *maps, size_t n_maps, int32_t code,
                                   MnetError *error);

#endif
