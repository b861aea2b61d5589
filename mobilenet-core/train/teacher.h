/* SPDX-License-Identifier: MIT
 *
 * A trained network that is asked about pictures in training. */
#ifndef MNET_TRAIN_TEACHER_H
#define MNET_TRAIN_TEACHER_H

#include <mnet/session.h>

#include "train/net.h"

typedef struct MnetTeacher MnetTeacher;

/* For pictures as `net` sees them.  An error when it is no classifier of as many
 * classes, or names others. */
MnetTeacher *mnet_teacher_new(MnetModel *model, const MnetNet *net, MnetPool *pool,
                              MnetError *error);
void mnet_teacher_free(MnetTeacher *teacher); /* NULL is allowed */

/* Rows of 3 * width normalised floats; its probabilities at `temperature`.  One
 * thread at a time for a worker. */
void mnet_teacher_ask(MnetTeacher *teacher, size_t worker, float *const *rows, float temperature,
                      float *probabilities);

#endif
