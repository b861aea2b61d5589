/* SPDX-License-Identifier: MIT
 *
 * Going through the files of a folder or an archive. */
#ifndef MNET_TRAIN_DATASET_READ_H
#define MNET_TRAIN_DATASET_READ_H

#include <mnet/common.h>

/* Called for each file whose name ends as a picture's, and for each folder (data
 * NULL); `path` is inside of what is read.  `problem` is why it cannot be read, or
 * NULL.  An error ends the reading. */
typedef MnetStatus (*MnetFileVisit)(void *user, const char *path, const uint8_t *data, size_t size,
                                    const char *problem, MnetError *error);

MnetStatus mnet_files_read(const char *path, MnetFileVisit visit, void *user, MnetError *error);

#endif
