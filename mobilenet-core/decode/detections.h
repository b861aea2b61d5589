/* SPDX-License-Identifier: MIT
 *
 * Suppression of detections that are ordered already. */
#ifndef MNET_DECODE_DETECTIONS_H
#define MNET_DECODE_DETECTIONS_H

#include <mnet/detect.h>

/* The score that detections of a class must have. */
typedef struct {
    float all;
    const float *of_class; /* in its place; NULL: none */
} MnetLeastScore;

static inline float mnet_least_score(const MnetLeastScore *least, uint32_t index)
{
    return least->of_class ? least->of_class[index] : least->all;
}

/* Of `n` detections by falling score keeps at most `max`, at the front, and
 * returns how many.  MNET_NMS_DEFAULT is HARD, a threshold of 0 is 0. */
size_t mnet_suppress_ordered(MnetDetection *detections, size_t n, size_t max,
                             const MnetSuppression *how, const MnetLeastScore *least);

#endif
