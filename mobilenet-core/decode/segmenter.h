/* SPDX-License-Identifier: MIT
 *
 * What the files of the segmenter share. */
#ifndef MNET_DECODE_SEGMENTER_H
#define MNET_DECODE_SEGMENTER_H

#include <mnet/decode.h>

struct MnetSegmenter {
    MnetTensorInfo input, output;
    MnetSegments kind;
    int32_t width, height;
    size_t channels;          /* numbers for each pixel */
    size_t pixel, channel;    /* elements from one pixel to the next, one channel to the next */
    const MnetLabels *labels; /* NULL: none */
    ptrdiff_t label_shift;    /* class i has label i + label_shift */
    bool logits;              /* scores are no probabilities yet */
    bool bytes;               /* 8-bit numbers, by this table */
    float value_of[256];      /* of each byte */
};

/* Pixels that are read at once. */
#define MNET_SEGMENT_LANES 16

/* Probabilities of the chosen classes for `n` pixels from `first` on, MNET_SEGMENT_LANES
 * at most. */
void mnet_segmenter_probabilities(const MnetSegmenter *segmenter, const void *data, size_t first,
                                  size_t n, const uint32_t *chosen,
                                  float probabilities[MNET_SEGMENT_LANES]);

/* Fills input, output, kind, width, height, channels, pixel, channel and logits. */
MnetStatus mnet_segmenter_recognise(MnetSegmenter *segmenter, const MnetTensorInfo *input,
                                    const MnetTensorInfo *output, size_t n_labels,
                                    MnetError *error);

#endif
