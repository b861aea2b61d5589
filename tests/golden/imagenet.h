/* SPDX-License-Identifier: MIT
 *
 * Labelled pictures of 224x224, RGB, one behind the other, and how many of them
 * a classifier names. */
#ifndef IMAGENET_H
#define IMAGENET_H

#include <mnet/mnet.h>
#include <stdio.h>

#define IMAGENET_TOP 5
#define IMAGENET_MAX 300

typedef struct {
    size_t top1, top5;
} ImagenetHits;

typedef struct {
    int number;                 /* in labels.tsv and imagenet_top5.tsv */
    int index_1001, index_1000; /* of the right class */
} ImagenetLabel;

typedef struct {
    uint8_t *pixels; /* from malloc() */
    ImagenetLabel labels[IMAGENET_MAX];
    size_t n;
} Imagenet;

/* Reads `shared`/imagenet/labels.tsv and the file of pixels; ends the program
 * when they cannot be read.  MNET_ACCURACY_PICTURES=N of the environment: only
 * the first N pictures, for slow machines. */
void imagenet_read(Imagenet *pictures, const char *shared, const char *path);

/* A table of `shared` behind its heading; ends the program when there is none. */
FILE *imagenet_open_table(const char *shared, const char *name);

/* Whether best[0], and any of best, is the right class. */
void imagenet_count(ImagenetHits *hits, const int *best, const ImagenetLabel *label,
                    bool background);

/* Classifies all pictures, brought in by mnet_image_convert() as frames are, at
 * the input size of `options`; two threads share the model.  Prints what is wrong
 * and returns false. */
bool imagenet_classify(MnetModel *model, const MnetSessionOptions *options,
                       const Imagenet *pictures, ImagenetHits *hits);

#endif
