/* SPDX-License-Identifier: MIT
 *
 * Boxes of detectors: from codes to corners, and how much two overlap.  In the
 * order and precision of TFLite's reference kernels. */
#ifndef MNET_OPS_DETECTION_BOXES_H
#define MNET_OPS_DETECTION_BOXES_H

#include <math.h>

/* In fractions of the picture.  Of four floats each, in a file's order. */
typedef struct {
    float top, left, bottom, right;
} MnetBox;

typedef struct {
    float y, x, height, width; /* y, x: the centre */
} MnetCentreBox;

/* code / scale is the way of the centre in sizes of the anchor, and the
 * logarithm of how much larger the box is.  May give anything, NaN included,
 * for hostile codes. */
static inline MnetBox mnet_box_decode(MnetCentreBox code, MnetCentreBox anchor, MnetCentreBox scale)
{
    float y = (float)((double)code.y / (double)scale.y * (double)anchor.height + (double)anchor.y);
    float x = (float)((double)code.x / (double)scale.x * (double)anchor.width + (double)anchor.x);
    float half_height =
        (float)(0.5 * exp((double)code.height / (double)scale.height) * (double)anchor.height);
    float half_width =
        (float)(0.5 * exp((double)code.width / (double)scale.width) * (double)anchor.width);
    return (MnetBox){ y - half_height, x - half_width, y + half_height, x + half_width };
}

static inline float mnet_box_area(MnetBox box)
{
    return (box.bottom - box.top) * (box.right - box.left);
}

/* 0 where they do not meet. */
static inline float mnet_box_intersection(MnetBox a, MnetBox b)
{
    float height = fminf(a.bottom, b.bottom) - fmaxf(a.top, b.top);
    float width = fminf(a.right, b.right) - fmaxf(a.left, b.left);
    return fmaxf(height, 0) * fmaxf(width, 0);
}

/* Intersection over union, 0 to 1; 0 when one of the boxes has no area. */
static inline float mnet_box_iou(MnetBox a, MnetBox b)
{
    float area_a = mnet_box_area(a), area_b = mnet_box_area(b);
    if (!(area_a > 0 && area_b > 0))
        return 0;
    float intersection = mnet_box_intersection(a, b);
    return intersection / (area_a + area_b - intersection);
}

#endif
