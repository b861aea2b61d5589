/* SPDX-License-Identifier: MIT
 *
 * What `mnet train` says while it goes on. */
#ifndef MNET_TOOL_TRAIN_PRINT_H
#define MNET_TOOL_TRAIN_PRINT_H

#include "tool.h"
#include "train/learner.h"

typedef struct {
    uint64_t begun, told, paused; /* ns; what files take is no training, tests are */
    uint64_t pictures;            /* since it began */
    bool terminal;                /* a line that changes, else one for each epoch alone */
} TrainPrint;

void train_print_begin(TrainPrint *print);
/* After a step; `ended`: that of an epoch. */
void train_print_step(TrainPrint *print, const MnetProgress *progress, bool ended);
/* A moment that was no training. */
void train_print_pause(TrainPrint *print, uint64_t ns);
/* The line that changes is left. */
void train_print_end(TrainPrint *print);

#endif
