/* SPDX-License-Identifier: MIT
 *
 * What the columns of a detector's scores are called. */
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/memory.h"
#include "decode/detector.h"

/* How labels name a number of classes. */
typedef enum {
    FIT_NOT,
    FIT_EACH,       /* one for each, in order */
    FIT_BACKGROUND, /* the same behind one of the background */
    FIT_COCO_NAMES, /* COCO's 80 names, for its 90 numbers */
    FIT_COCO_HOLES  /* COCO's 90 numbers with holes, for its 80 names */
} Fit;

/* COCO's categories have these numbers left out, counted from 0. */
static const uint8_t coco_unused[] = { 11, 25, 28, 29, 44, 65, 67, 68, 70, 82 };

static bool is_hole(const char *label)
{
    return !*label || !strcmp(label, "???");
}

static bool is_background(const char *label)
{
    return !strcasecmp(label, "background") || !strcasecmp(label, "__background__") ||
           !strcmp(label, "???");
}

static size_t count_named(const MnetLabels *labels)
{
    size_t n = 0;
    for (size_t i = 0; i < mnet_labels_count(labels); i++)
        n += !is_hole(mnet_labels_get(labels, i));
    return n;
}

static Fit fit_labels(const MnetLabels *labels, size_t classes)
{
    size_t count = mnet_labels_count(labels);
    bool background = is_background(mnet_labels_get(labels, 0));
    if (count == classes && !background)
        return FIT_EACH;
    if (count == classes + 1 && background)
        return FIT_BACKGROUND;
    if (count == 80 && classes == 90 && !strcasecmp(mnet_labels_get(labels, 0), "person") &&
        !strcasecmp(mnet_labels_get(labels, 79), "toothbrush"))
        return FIT_COCO_NAMES;
    if ((count == 90 || (count == 91 && background)) && classes == 80 && count_named(labels) == 80)
        return FIT_COCO_HOLES;
    return FIT_NOT;
}

static bool is_unused(size_t number)
{
    return memchr(coco_unused, (int)number, sizeof coco_unused) != NULL;
}

static void set_names(MnetDetector *d, const MnetLabels *labels, Fit fit)
{
    size_t next = fit == FIT_BACKGROUND;
    for (size_t i = 0; i < d->info.n_classes; i++) {
        if (fit == FIT_COCO_NAMES && is_unused(i))
            continue;
        while (fit == FIT_COCO_HOLES && is_hole(mnet_labels_get(labels, next)))
            next++;
        d->names[i] = mnet_labels_get(labels, next++);
    }
}

static MnetStatus wrong_labels(const MnetDetector *d, size_t labels, MnetError *error)
{
    size_t n = d->info.kind == MNET_DETECTOR_POST_PROCESS ? d->info.n_classes : d->columns;
    return mnet_error_set(
        error, MNET_ERROR_ARGUMENT,
        "%zu labels for %zu %s; give a labels-file with a line for each class, in "
        "order, with or without one of the background in front%s",
        labels, n, d->info.kind == MNET_DETECTOR_POST_PROCESS ? "classes" : "columns of scores",
        d->info.kind == MNET_DETECTOR_POST_PROCESS ? ""
                                                   : ", or set background-class to first or none");
}

/* Whether the first column is the background, where nobody says so: the labels
 * or COCO's well-known numbers tell. */
static MnetStatus guess_background(MnetDetector *d, const MnetLabels *labels, MnetError *error)
{
    size_t n = d->columns;
    bool softmax = d->info.score_format == MNET_SCORES_SOFTMAX ||
                   (d->info.score_format == MNET_SCORES_PROBABILITIES &&
                    d->tensors[MNET_ROLE_SCORES].kind == MNET_OUTPUT_SOFTMAX);
    d->info.background = softmax && n > 1;
    if (n == 1 || (softmax && !labels))
        return MNET_OK;
    if (labels) {
        bool without = !softmax && fit_labels(labels, n), with = fit_labels(labels, n - 1);
        d->info.background = with;
        return with != without ? MNET_OK : wrong_labels(d, mnet_labels_count(labels), error);
    }
    if (n == 91 || n == 90 || n == 80) {
        d->info.background = n == 91;
        return MNET_OK;
    }
    return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                          "whether the first of %zu columns of scores is a background is not "
                          "certain; set background-class to first or none, or give a labels-file",
                          n);
}

MnetStatus mnet_detector_find_classes(MnetDetector *d, const MnetLabels *labels,
                                      const MnetDetectorOptions *options, MnetError *error)
{
    MnetStatus status = MNET_OK;
    if (d->info.kind != MNET_DETECTOR_POST_PROCESS) {
        if (options->background == MNET_BACKGROUND_FIRST && d->columns == 1)
            return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                                  "the scores have one column, which cannot be a background; set "
                                  "background-class to none");
        if (options->background == MNET_BACKGROUND_AUTO)
            status = guess_background(d, labels, error);
        else
            d->info.background = options->background == MNET_BACKGROUND_FIRST;
        if (status)
            return status;
        d->info.n_classes = d->columns - d->info.background;
    }
    Fit fit = labels ? fit_labels(labels, d->info.n_classes) : FIT_NOT;
    if (labels && fit == FIT_NOT)
        return wrong_labels(d, mnet_labels_count(labels), error);
    d->names = mnet_calloc(d->info.n_classes, sizeof *d->names);
    if (!d->names)
        return mnet_error_memory(error, d->info.n_classes * sizeof *d->names);
    if (labels) {
        d->labels = mnet_labels_ref(labels);
        set_names(d, labels, fit);
    }
    return MNET_OK;
}
