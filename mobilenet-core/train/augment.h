/* SPDX-License-Identifier: MIT
 *
 * Pictures as a network is to see them in training: each time a little different.
 * What a picture gets depends on seed, epoch and picture alone. */
#ifndef MNET_TRAIN_AUGMENT_H
#define MNET_TRAIN_AUGMENT_H

#include "train/dataset.h"

typedef struct {
    bool flip;      /* left and right, every other picture */
    int32_t shift;  /* crop: moved by up to so many pixels */
    bool reflect;   /* what comes in is mirrored, else the mean colour */
    float colour;   /* brightness, contrast and saturation change by up to this share */
    int32_t cutout; /* side of a square of the mean colour; 0: none */
    /* Beta distributions' parameter of what is mixed with another picture: all
     * pixels (mixup), or a rectangle (cutmix); 0: none.  Both: one of them. */
    float mixup, cutmix;
    float smoothing; /* of labels: this share is spread over all classes */
} MnetAugment;

typedef struct {
    const MnetDataset *dataset;
    const MnetAugment *augment; /* NULL: the pictures as they are */
    float mean[3], std[3];
    uint64_t seed;
    uint32_t epoch;
} MnetAugmentation;

/* Picture `index` of the training part: rows of 3 * width floats, (pixel - mean) /
 * std, and the probabilities of its classes. */
void mnet_augment_picture(const MnetAugmentation *augmentation, size_t index, float *const *rows,
                          float *target);
/* Picture `index` of `pictures` as it is. */
void mnet_plain_picture(const MnetAugmentation *augmentation, const MnetPictures *pictures,
                        size_t index, float *const *rows);

/* The order of the n pictures of an epoch. */
void mnet_shuffle(uint32_t *order, size_t n, uint64_t seed, uint32_t epoch);

#endif
