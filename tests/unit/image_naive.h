/* SPDX-License-Identifier: MIT
 *
 * What mnet_image_convert() is to compute, written down in double precision
 * with no regard for speed. */
#ifndef IMAGE_NAIVE_H
#define IMAGE_NAIVE_H

#include "image_frame.h"

/* The part of the tensor that the picture fills, and the part of the frame that
 * fills it; `clipped` is the region as far as it lies in the frame. */
typedef struct {
    MnetRect content;
    MnetRect clipped;
    double x, y, width, height;
} Placement;

Placement naive_place(const MnetFrameInfo *info, const MnetRect *region, MnetFit fit, int width,
                      int height);

/* Channel `channel` (R G B, or luma where channels is 1) of pixel (x, y) of the
 * content: 0 to 255, not rounded. */
double naive_value(const Frame *frame, const Placement *placement, int channels, int channel, int x,
                   int y);

#endif
