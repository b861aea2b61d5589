/* SPDX-License-Identifier: MIT
 *
 * Pictures and their classes, decoded, from a folder of a folder per class or from
 * an archive of one.
 *
 * Folders train and test (or val, validation) above those of the classes part the
 * pictures; else a share of each class, told by the names, is kept for the test. */
#ifndef MNET_TRAIN_DATASET_H
#define MNET_TRAIN_DATASET_H

#include <mnet/common.h>

#include "base/memory.h"

typedef struct {
    size_t n;
    uint8_t *pixels; /* [n][height][width][3]: RGB */
    int32_t *labels;
} MnetPictures;

typedef struct {
    int32_t width, height;
    int32_t n_classes;
    char **classes; /* in the order of their names */
    MnetPictures train, test;
    size_t skipped; /* files that are no pictures, or of no class */
    MnetStore store;
} MnetDataset;

typedef struct {
    int32_t width, height;
    float test_share;    /* where no folder says it; 0: all are for training */
    uint64_t most_bytes; /* of decoded pictures; 0: 4 GiB */
    /* Is told of each file that is skipped; may be NULL. */
    void (*skipped)(void *user, const char *text);
    void *user;
} MnetDatasetOptions;

/* At least two classes with a picture each, else an error. */
MnetStatus mnet_dataset_load(MnetDataset *dataset, const char *path,
                             const MnetDatasetOptions *options, MnetError *error);
void mnet_dataset_clear(MnetDataset *dataset);

/* Those of a network, in its order; an error names the first that differs. */
MnetStatus mnet_dataset_expect(const MnetDataset *dataset, int32_t n_classes, char *const *classes,
                               MnetError *error);

#endif
