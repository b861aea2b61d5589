/* SPDX-License-Identifier: MIT
 *
 * From output tensors to results, and the labels that name them. */
#ifndef MNET_DECODE_H
#define MNET_DECODE_H

#include <mnet/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Names of classes: immutable, reference-counted, shared by threads. */
typedef struct MnetLabels MnetLabels;

/* Most labels in a file, and most bytes of the file. */
#define MNET_MAX_LABELS 1000000
#define MNET_MAX_LABELS_BYTES (16 * 1024 * 1024)

/* UTF-8 text, one label a line; CR LF, a byte-order mark, and empty lines at
 * the end are allowed.  When every line that is not empty is
 * "number<blanks>label" with numbers that rise (or "number:label"), the number
 * is the index; gaps have an empty label.  NULL and `error` filled when the
 * file cannot be read, is not UTF-8, holds a NUL byte or passes a limit. */
MNET_API MnetLabels *mnet_labels_load(const char *path, MnetError *error);
/* As above; `text` is `size` bytes, copied. `name` is used in errors. */
MNET_API MnetLabels *mnet_labels_parse(const char *text, size_t size, const char *name,
                                       MnetError *error);
MNET_API MnetLabels *mnet_labels_ref(const MnetLabels *labels);
MNET_API void mnet_labels_unref(const MnetLabels *labels);   /* NULL is allowed */
MNET_API size_t mnet_labels_count(const MnetLabels *labels); /* NULL: 0 */
/* UTF-8, "" when `index` has no label or is too large or `labels` is NULL. */
MNET_API const char *mnet_labels_get(const MnetLabels *labels, size_t index);

/* One class of a classification. */
typedef struct {
    uint32_t index;    /* in the network's output */
    float score;       /* probability, 0 to 1 */
    const char *label; /* "" when there is none; lives as long as the labels */
} MnetClass;

/* Reads class scores from an output tensor: one thread at a time. */
typedef struct MnetClassifier MnetClassifier;

/* `output` must be the output of a classifier: at least 2 elements, all in one
 * dimension, and made by SOFTMAX, LOGISTIC, CONV_2D or FULLY_CONNECTED.
 * Logits become probabilities by softmax.  `labels` may be NULL; a reference
 * is taken.  Their count must be that of the classes; or, where it is certain,
 * one less (the network has a background class at 0) or one more (the labels
 * have one, named "background", that the network has not).  NULL and `error`
 * filled otherwise, naming the two counts and the mend. */
MNET_API MnetClassifier *mnet_classifier_new(const MnetTensorInfo *output, const MnetLabels *labels,
                                             MnetError *error);
MNET_API void mnet_classifier_free(MnetClassifier *classifier); /* NULL is allowed */
MNET_API size_t mnet_classifier_classes(const MnetClassifier *classifier);

/* Writes the probability of each class, 0 to 1, to `scores`, in the order of the
 * classes.  `data` is the output tensor's bytes.  Scores that are not finite count
 * as 0.  Cannot fail, allocates nothing. */
MNET_API void mnet_classifier_scores(const MnetClassifier *classifier, const void *data,
                                     float *scores);
/* Writes the best classes of `scores`, one of each class and none of them NaN, to
 * `best`, by falling score, equal ones by rising index: at most `k`, each with a
 * score of at least `threshold`.  Returns how many were written.  Cannot fail,
 * allocates nothing. */
MNET_API size_t mnet_classifier_best(const MnetClassifier *classifier, const float *scores,
                                     size_t k, float threshold, MnetClass *best);
/* Both in one: the best classes of the output tensor's bytes. */
MNET_API size_t mnet_classifier_decode(MnetClassifier *classifier, const void *data, size_t k,
                                       float threshold, MnetClass *best);

/* Reads a class for each pixel from the output of a segmenting network: one thread at a
 * time. */
typedef struct MnetSegmenter MnetSegmenter;

typedef enum {
    MNET_SEGMENTS_CLASSES,   /* the network tells the classes (ARG_MAX), no confidence */
    MNET_SEGMENTS_SCORES,    /* scores of each class */
    MNET_SEGMENTS_FOREGROUND /* one probability: class 1 where it is at least 0.5, else 0 */
} MnetSegments;

/* Most classes: their numbers are bytes, and the last one means none of them. */
#define MNET_MAX_SEGMENT_CLASSES 255
#define MNET_NO_SEGMENT 255

/* `input` is the network's picture, `output` what it makes of it, which must be one of
 * - class numbers, made by ARG_MAX;
 * - scores of 2 to 255 classes for each pixel, made by SOFTMAX, LOGISTIC, CONV_2D or
 *   TRANSPOSE_CONV, channels last or first: logits become probabilities by softmax;
 * - one probability or logit for each pixel, made by the same or one channel cut out of
 *   a SOFTMAX,
 * as rows and columns of a map of at least 2x2, or flattened, when the numbers are those
 * of a map of the input's size.  Three channels of LOGISTIC at the input's size are a
 * picture, not classes, unless there are three labels.
 * `labels` may be NULL; a reference is taken.  Their count must be that of the classes,
 * or one more, of which the first is "background" and unknown to the network; of a
 * foreground also 1, its name; of class numbers, whose count the network does not tell,
 * any.  NULL and `error` filled otherwise, naming what was found and expected. */
MNET_API MnetSegmenter *mnet_segmenter_new(const MnetTensorInfo *input,
                                           const MnetTensorInfo *output, const MnetLabels *labels,
                                           MnetError *error);
MNET_API void mnet_segmenter_free(MnetSegmenter *segmenter); /* NULL is allowed */

MNET_API MnetSegments mnet_segmenter_kind(const MnetSegmenter *segmenter);
/* Of the map, whose corners are those of the network's picture. */
MNET_API int32_t mnet_segmenter_width(const MnetSegmenter *segmenter);
MNET_API int32_t mnet_segmenter_height(const MnetSegmenter *segmenter);
/* 2 for a foreground; 0 where the network does not tell. */
MNET_API size_t mnet_segmenter_classes(const MnetSegmenter *segmenter);
/* UTF-8, "" when class `index` has no label; lives as long as the segmenter. */
MNET_API const char *mnet_segmenter_label(const MnetSegmenter *segmenter, size_t index);

/* Writes the class of each pixel to `classes` (width x height bytes, row by row): that of
 * the largest score, the first of equal ones; MNET_NO_SEGMENT where a class number is
 * beyond 254 or no score is a number.  And to `confidence`, unless that is NULL, the
 * probability of the class, 0 to 255; 255 for class numbers.  Probabilities are within
 * 1e-5 of the exact ones before they are rounded.  `data` is the output tensor's bytes.
 * Cannot fail, allocates nothing. */
MNET_API void mnet_segmenter_decode(const MnetSegmenter *segmenter, const void *data,
                                    uint8_t *classes, uint8_t *confidence);
/* Is the network one that is shown the mask of the frame before?  Its picture has a fourth
 * channel then, and its output is a mask of the picture's size: two classes with
 * probabilities, of which class 1 is masked. */
MNET_API bool mnet_segmenter_takes_prior(const MnetSegmenter *segmenter);
/* Writes that channel of the bytes of the input, and nothing else: the probability of
 * class 1, 0 to 1 in the input's quantisation (8 bits without one: 0 to 255, int8 128
 * less).  `data` is what the network made of the frame before, or NULL: none, 0.  Only
 * where mnet_segmenter_takes_prior().  Cannot fail, allocates nothing. */
MNET_API void mnet_segmenter_prior(const MnetSegmenter *segmenter, const void *data, void *input);
/* Writes to `mask` for each pixel the probability, 0 to 255, that its class is one of
 * those that have their bit set: class c has bit c % 32 of chosen[c / 32].  0 or 255 for
 * class numbers.  Cannot fail, allocates nothing. */
MNET_API void mnet_segmenter_mask(const MnetSegmenter *segmenter, const void *data,
                                  const uint32_t chosen[8], uint8_t *mask);

#ifdef __cplusplus
}
#endif
#endif
