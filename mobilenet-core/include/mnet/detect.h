/* SPDX-License-Identifier: MIT
 *
 * From the outputs of a detector to boxes with class, score and label. */
#ifndef MNET_DETECT_H
#define MNET_DETECT_H

#include <mnet/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Most boxes that compete after the thresholds: of more, those of the highest
 * score. It bounds what suppression costs: at most this number times that of
 * the detections kept is compared. */
#define MNET_MAX_CANDIDATES 1024
/* Most key points of a detection, and anchors of a network. */
#define MNET_MAX_POINTS 8
#define MNET_MAX_ANCHORS (1 << 18)
/* Most feature maps and aspect ratios of generated anchors. */
#define MNET_MAX_ANCHOR_MAPS 16
#define MNET_MAX_ASPECT_RATIOS 8

/* In fractions of the network's picture: 0 its left (top) edge, 1 its right
 * (bottom) one. */
typedef struct {
    float x, y;
} MnetPoint;

/* Something found.  All numbers are finite. */
typedef struct {
    uint32_t index;    /* of the class, the background not counted: 0 is the first real one */
    float score;       /* 0 to 1 */
    const char *label; /* "" when there is none; lives as long as the detector */
    /* As MnetPoint; left < right, top < bottom.  May lie outside of 0..1 where the
     * network says so, at most 16 pictures away. */
    float left, top, right, bottom;
    uint32_t n_points; /* 0 for networks without key points */
    MnetPoint points[MNET_MAX_POINTS];
} MnetDetection;

/* How boxes that mean the same thing become one. */
typedef enum {
    MNET_NMS_DEFAULT, /* HARD; BLEND for MediaPipe's networks */
    MNET_NMS_HARD,    /* the best one stays, those that overlap it go */
    MNET_NMS_LINEAR,  /* soft: score *= 1 - overlap for those that overlap it */
    MNET_NMS_GAUSS,   /* soft: score *= exp(-overlap^2 / sigma) for all others */
    MNET_NMS_BLEND    /* the mean of all that overlap the best one, weighted by score;
                       * its score stays */
} MnetNms;

typedef enum {
    MNET_OVERLAP_IOU,    /* intersection / union */
    MNET_OVERLAP_SMALLER /* intersection / the smaller box: a part of a thing, as at the
                          * seams of tiles, overlaps the whole fully */
} MnetOverlap;

/* Zero means the default in every field. */
typedef struct {
    MnetNms nms;
    MnetOverlap overlap;
    bool class_agnostic;     /* boxes of different classes compete, too */
    float overlap_threshold; /* two boxes overlap when above it, 0 to 1.  0: see the caller; take
                              * a small number for "at all" */
    float sigma;             /* of GAUSS; 0: 0.5 */
} MnetSuppression;

/* Orders detections by falling score (then by rising class, left, top, right,
 * bottom) and suppresses; returns how many stay.  For merging results of
 * several pictures brought to one frame of coordinates.  The default threshold
 * is 0.5; soft kinds drop what falls below `min_score`.  In place, allocates
 * nothing. */
MNET_API size_t mnet_detections_suppress(MnetDetection *detections, size_t n,
                                         const MnetSuppression *suppression, float min_score);

/* Boxes that a network's numbers are relative to: immutable. */
typedef struct MnetAnchors MnetAnchors;

/* Reads anchors from a file.  Text, with numbers between blanks, commas or
 * semicolons and lines that start with # ignored, is either
 * - 4 lines of as many numbers as there are anchors: centre y, centre x, height,
 *   width (the box priors of TensorFlow's examples); or
 * - a line of 4 numbers for each anchor, below a heading that names them:
 *   "ymin xmin ymax xmax", "xmin ymin xmax ymax", "ycenter xcenter height width" or
 *   "xcenter ycenter width height" (also h, w).  Without it, y comes first, and
 *   the numbers must prove which of the two forms they are.
 * Anything else is little endian float32, 4 an anchor, as lines without heading.
 * All are fractions of the picture.  NULL and `error` filled when the file cannot
 * be read, holds anything else or is not finite, a size is not above 0, a box
 * lies further than 16 pictures away, or there are more than MNET_MAX_ANCHORS. */
MNET_API MnetAnchors *mnet_anchors_load(const char *path, MnetError *error);
/* As above; `data` is `size` bytes, copied. `name` is used in errors. */
MNET_API MnetAnchors *mnet_anchors_parse(const void *data, size_t size, const char *name,
                                         MnetError *error);

/* Parameters of the SSD anchor generator of TensorFlow's Object Detection API:
 * feature maps of grid_height x grid_width cells, those of the finest first. */
typedef struct {
    size_t n_maps;
    int32_t grid_width[MNET_MAX_ANCHOR_MAPS], grid_height[MNET_MAX_ANCHOR_MAPS];
    float min_scale, max_scale; /* of the first and last map; those between are linear */
    size_t n_aspect_ratios;
    float aspect_ratios[MNET_MAX_ASPECT_RATIOS]; /* width / height */
    /* Aspect of one more box, of the mean scale of two maps; 0: none. */
    float interpolated_aspect_ratio;
    bool reduce_lowest; /* 3 boxes a cell in the first map: scale 0.1, and aspects 2 and 1/2 */
    float base_width, base_height; /* what scales count in, as fractions of the picture */
} MnetSsdAnchors;

/* The API's defaults for a picture of this size: scales 0.2 to 0.95, aspects 1, 2,
 * 1/2, 3, 1/3, interpolated 1, lowest map reduced, 6 maps of strides 16 to 512 pixels. */
MNET_API void mnet_ssd_anchors_default(int32_t width, int32_t height, MnetSsdAnchors *parameters);
/* NULL and `error` filled when a number is out of range or memory is short. */
MNET_API MnetAnchors *mnet_anchors_generate(const MnetSsdAnchors *parameters, MnetError *error);

MNET_API void mnet_anchors_free(MnetAnchors *anchors); /* NULL is allowed */
MNET_API size_t mnet_anchors_count(const MnetAnchors *anchors);
/* box: centre x, centre y, width, height.  `index` below the count. */
MNET_API void mnet_anchors_get(const MnetAnchors *anchors, size_t index, float box[4]);

/* What the 4 numbers of a box are. */
typedef enum {
    MNET_BOXES_AUTO,
    MNET_BOXES_CODES,      /* centre y, centre x, height, width relative to an anchor */
    MNET_BOXES_CORNERS_XY, /* decoded: left, top, right, bottom */
    MNET_BOXES_CORNERS_YX  /* decoded: top, left, bottom, right */
} MnetBoxFormat;

/* What the scores are. */
typedef enum {
    MNET_SCORES_AUTO,
    MNET_SCORES_PROBABILITIES, /* as they are */
    MNET_SCORES_SIGMOID,       /* logits that need a sigmoid each */
    MNET_SCORES_SOFTMAX        /* logits that need a softmax over the classes of a box */
} MnetScoreFormat;

typedef enum {
    MNET_BACKGROUND_AUTO,
    MNET_BACKGROUND_NONE, /* every column of scores is a class */
    MNET_BACKGROUND_FIRST /* the first one is "nothing there" */
} MnetBackground;

/* For networks that do not tell by themselves.  Set the whole struct to zero
 * first; zero means the default in every field.  Errors call them box-format,
 * score-format, background-class and anchors-file. */
typedef struct {
    MnetBoxFormat box_format;
    MnetScoreFormat score_format;
    MnetBackground background;
    const MnetAnchors *anchors; /* copied; NULL: the file's own, else generated */
    float box_scales[4];        /* of codes: y, x, height, width; 0: 10, 10, 5, 5 */
} MnetDetectorOptions;

/* Reads boxes from the outputs of one network: one thread at a time. */
typedef struct MnetDetector MnetDetector;

/* Recognises, by shapes, types and operators,
 * - TFLite_Detection_PostProcess at the end, its outputs in any order;
 * - box codes [1, n, 4] or [1, n, 1, 4] and scores [1, n, classes], with anchors from
 *   `options`, from a constant of the file called anchors or priors, or generated with
 *   the defaults of TensorFlow's Object Detection API for the file's feature maps;
 * - MediaPipe's codes with key points, [1, n, 4 + 2 k] and [1, n, 1];
 * - boxes that the file has decoded itself, [1, n, 4], and scores.
 * Everything is allocated here.  `model` is needed here only.  A reference to
 * `labels` is taken; NULL: the file's own, if it has some.  `options` may be NULL.
 *
 * labels: one for each class, in order.  Where it is certain also with one of
 * the background in front, or COCO's 80 names for its 90 numbers and the reverse.
 * NULL and `error` filled otherwise, and when the network is no detector, its
 * anchors do not fit, or something is not certain: with the option that settles
 * it. */
MNET_API MnetDetector *mnet_detector_new(const MnetModel *model, const MnetLabels *labels,
                                         const MnetDetectorOptions *options, MnetError *error);
MNET_API void mnet_detector_free(MnetDetector *detector); /* NULL is allowed */

typedef enum {
    MNET_DETECTOR_POST_PROCESS, /* TFLite_Detection_PostProcess */
    MNET_DETECTOR_SSD,          /* codes and anchors */
    MNET_DETECTOR_MEDIAPIPE,    /* codes with key points */
    MNET_DETECTOR_DECODED       /* boxes decoded in the file, not suppressed */
} MnetDetectorKind;

typedef struct {
    MnetDetectorKind kind;
    MnetScoreFormat score_format; /* never AUTO */
    bool background;              /* the scores have a column of it */
    size_t n_classes;             /* without background */
    size_t n_boxes;               /* that the network gives, before any threshold */
    size_t n_points;              /* of each detection */
    MnetNms nms;                  /* what MNET_NMS_DEFAULT is here */
    /* What an overlap_threshold of 0 is here: 0.6 for SSD, 0.3 for MEDIAPIPE and
     * DECODED; 0 for POST_PROCESS: the file has suppressed. */
    float overlap_threshold;
} MnetDetectorInfo;

MNET_API void mnet_detector_info(const MnetDetector *detector, MnetDetectorInfo *info);
/* The label of a class; "" when it has none or `index` is too large. */
MNET_API const char *mnet_detector_label(const MnetDetector *detector, size_t index);

/* What is asked for, of any one frame.  Zero means the default in every field. */
typedef struct {
    float score_threshold;         /* detections have at least this score, 0 to 1 */
    const float *class_thresholds; /* n_classes numbers in its place; NULL: none */
    const bool *classes;           /* n_classes: only those that are true; NULL: all */
    MnetSuppression suppression;
} MnetDetectionQuery;

/* Writes what the outputs of a run say to `found`, by falling score, then by
 * rising number of the box: at most `max`, and at most MNET_MAX_CANDIDATES.
 * outputs[i]: the bytes of output i of the model, as mnet_session_output()
 * returns them; those that are not read may be NULL.  `query` may be NULL.
 * A box has its best class only, and the threshold of that one counts.  Boxes
 * and scores that are not finite and boxes without area are left out; so are
 * classes that do not exist and counts beyond the tensors'.  Returns how many
 * were written.  Cannot fail, allocates nothing. */
MNET_API size_t mnet_detector_decode(MnetDetector *detector, const void *const *outputs,
                                     const MnetDetectionQuery *query, size_t max,
                                     MnetDetection *found);

#ifdef __cplusplus
}
#endif
#endif
