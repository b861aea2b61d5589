/* SPDX-License-Identifier: MIT
 *
 * Requantisation as one fused multiply-add that is right for every sum that can
 * occur: found, and so proved, at load. */
#ifndef MNET_OPS_FIT_H
#define MNET_OPS_FIT_H

#include "ops/quant.h"

/* See MnetRequant. */
typedef struct {
    int32_t offset;
    float factor, addend;
} MnetFit;

/* What the sums of a channel are turned into: sums lo to hi (they are no others),
 * results min to max, zero point included. */
typedef struct {
    MnetFixed factor;
    int32_t zero_point, min, max;
    int64_t lo, hi;
} MnetFitTask;

/* False when there is none, or none was found. */
bool mnet_fit(const MnetFitTask *task, MnetFit *fit);

#endif
