/* SPDX-License-Identifier: MIT
 *
 * What values the tensors of a graph take for calibration pictures. */
#ifndef MNET_TRAIN_CALIBRATE_H
#define MNET_TRAIN_CALIBRATE_H

#include "graph/graph.h"
#include "train/quantize.h"

/* Of one tensor; per channel: of its last dimension. */
typedef struct {
    float min, max; /* min <= 0 <= max: the range, without the share outside */
    int32_t channels;
    float *channel_max;
    double *channel_sum; /* over all places and pictures */
    size_t places;       /* that were summed in each channel */
} MnetRange;

/* Runs the graph of floats, or of bytes between QUANTIZE and DEQUANTIZE nodes,
 * for all pictures; ranges of tensors that are no constants are filled, memory from
 * `store`. */
MnetStatus mnet_calibrate(const MnetGraph *graph, const MnetQuantizeOptions *options,
                          MnetStore *store, MnetRange **ranges, MnetError *error);

#endif
