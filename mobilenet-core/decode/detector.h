/* SPDX-License-Identifier: MIT
 *
 * Inside a detector, and what it is told of a network. */
#ifndef MNET_DECODE_DETECTOR_H
#define MNET_DECODE_DETECTOR_H

#include "decode/anchors.h"
#include "decode/detections.h"

/* Which output of TFLite_Detection_PostProcess one is. */
typedef enum {
    MNET_ROLE_BOXES,
    MNET_ROLE_CLASSES,
    MNET_ROLE_SCORES,
    MNET_ROLE_COUNT,
    MNET_ROLE_NONE
} MnetRole;

/* What the graph tells of an output. */
typedef struct {
    MnetTensorInfo info; /* kind: seen through CONCATENATION, too */
    MnetRole role;
    bool decoded;          /* boxes made from codes in the file */
    MnetBoxFormat corners; /* decoded ones, where it is certain; else AUTO */
    size_t n_maps;         /* feature maps that it puts behind one another; 0: others */
    MnetMap maps[MNET_MAX_ANCHOR_MAPS];
} MnetOutputFacts;

/* What the graph tells of a network. */
typedef struct {
    int32_t width, height; /* of the picture; 0: input 0 is none */
    size_t n_outputs;
    MnetOutputFacts *outputs;
    /* Of TFLite_Detection_PostProcess: rows of its outputs that tell one box, each
     * with another class, the best one first; 0: 1. */
    size_t n_classes, rows_per_box;
    /* A constant called anchors or priors, 4 numbers an anchor; NULL: none. */
    const MnetTensorInfo *anchors;
    const void *anchor_data;
    bool several_anchors;     /* constants of that name that differ */
    const MnetLabels *labels; /* in the file; NULL: none */
} MnetNetworkFacts;

/* A box that may become a detection. */
typedef struct {
    float score;
    uint32_t row, index; /* of the outputs, class */
} MnetCandidate;

struct MnetDetector {
    MnetDetectorInfo info;
    size_t outputs[4]; /* number of the output of each role; SIZE_MAX: none */
    MnetTensorInfo tensors[4];
    size_t columns; /* numbers in a row of scores: the classes and the background */
    size_t code;    /* numbers in a box */
    size_t rows_per_box;
    MnetBoxFormat box_format;
    bool linear; /* sizes are codes / scale, not their exponential; x stands first */
    MnetCentreBox scale;
    MnetAnchors *anchors;
    MnetLabels *labels;
    const char **names; /* of each class; NULL: none */
    MnetCandidate *heap;
    MnetDetection *found; /* MNET_MAX_CANDIDATES */
};

MnetDetector *mnet_detector_make(const MnetNetworkFacts *facts, const MnetLabels *labels,
                                 const MnetDetectorOptions *options, MnetError *error);

/* The steps of it; those that follow trust what those before have set. */

/* Which outputs are boxes, scores, classes and count, and their sizes. */
MnetStatus mnet_detector_find_outputs(MnetDetector *detector, const MnetNetworkFacts *facts,
                                      const MnetDetectorOptions *options, MnetError *error);
/* kind, box_format, score_format. */
MnetStatus mnet_detector_find_formats(MnetDetector *detector, const MnetNetworkFacts *facts,
                                      const MnetDetectorOptions *options, MnetError *error);
/* background, n_classes, names; `labels` may be NULL. */
MnetStatus mnet_detector_find_classes(MnetDetector *detector, const MnetLabels *labels,
                                      const MnetDetectorOptions *options, MnetError *error);
/* anchors and scale. */
MnetStatus mnet_detector_find_anchors(MnetDetector *detector, const MnetNetworkFacts *facts,
                                      const MnetDetectorOptions *options, MnetError *error);

/* The best class of a box. */
typedef struct {
    float score; /* 0 to 1, finite */
    uint32_t index;
    bool any; /* false: no class has a finite score */
} MnetBestClass;

/* `scores` are the bytes of the tensor.  May return any = false, too, for a score
 * below `least`. */
MnetBestClass mnet_detector_best_class(const MnetDetector *detector, const void *scores, size_t box,
                                       float least);

/* Fills box and points of *detection; false when they are not finite or the box
 * has no area. */
bool mnet_detector_read_box(const MnetDetector *detector, const void *boxes, size_t box,
                            MnetDetection *detection);

#endif
