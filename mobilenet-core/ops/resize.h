/* SPDX-License-Identifier: MIT
 *
 * Pictures resized row by row: what RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR and the
 * class map of a resized picture share. */
#ifndef MNET_OPS_RESIZE_H
#define MNET_OPS_RESIZE_H

#include "ops/op.h"

/* One dimension: what each index of the output is made of. */
typedef struct {
    size_t in, out;
    int32_t *low, *high; /* the two neighbours in the input; NEAREST: low */
    int32_t *part;       /* int8: weight of high, in 1/1024; -512 to 1023 */
    float *fraction;     /* float32 and uint8: weight of high */
} MnetResizeAxis;

typedef struct {
    size_t batch, channels;
    MnetResizeAxis y, x;
} MnetResize;

/* The shape of the resized picture, from inputs 0 and 1. */
MnetStatus mnet_resize_shape(const MnetGraph *graph, const MnetNode *node, const MnetShape *shapes,
                             MnetShape *out, MnetError *error);
/* `out` is that shape. */
MnetStatus mnet_resize_plan(const MnetStep *step, const MnetShape *out, bool nearest,
                            MnetResize *resize, MnetStore *store, MnetError *error);

#endif
