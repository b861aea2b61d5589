/* SPDX-License-Identifier: MIT
 *
 * Networks as a detector is told of them, without a file. */
#ifndef DETECTOR_CASE_H
#define DETECTOR_CASE_H

#include "decode/detector.h"

#define CASE_MAX_OUTPUTS 6

typedef struct {
    MnetNetworkFacts facts;
    MnetOutputFacts outputs[CASE_MAX_OUTPUTS];
} DetectorCase;

/* Nothing yet, behind a picture of this size. */
void case_start(DetectorCase *c, int32_t width, int32_t height);
/* Adds an output of a shape that ends with the first 0. */
MnetOutputFacts *case_output(DetectorCase *c, MnetType type, MnetOutputKind kind,
                             const int32_t *dims);
/* Boxes [1, n, code] of LOGITS and scores [1, n, columns]. */
void case_raw(DetectorCase *c, int32_t n, int32_t code, int32_t columns, MnetType type,
              MnetOutputKind scores);
/* The four outputs of TFLite_Detection_PostProcess in this order of roles. */
void case_post_process(DetectorCase *c, int32_t n, size_t classes, const MnetRole *order);

/* "first", "1", "2" ... */
MnetLabels *case_labels(size_t n, const char *first);
/* `n` anchors spread over the picture. */
MnetAnchors *case_anchors(size_t n);

MnetDetector *case_detector(const DetectorCase *c, const MnetLabels *labels,
                            const MnetDetectorOptions *options, MnetError *error);

/* 0 to 1, the same in every run. */
float case_noise(void);

#endif
