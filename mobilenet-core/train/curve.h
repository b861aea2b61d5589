/* SPDX-License-Identifier: MIT
 *
 * The learning curve as a picture. */
#ifndef MNET_TRAIN_CURVE_H
#define MNET_TRAIN_CURVE_H

#include "train/learner.h"

/* Loss in training and accuracy in the test of the epochs so far, as SVG. */
MnetStatus mnet_curve_write(const MnetProgress *progress, const char *title, const char *path,
                            MnetError *error);

#endif
