/* SPDX-License-Identifier: MIT
 *
 * Orthogonal steps of matrices: all singular values of a step become about 1, so that
 * rare directions are learnt as fast as common ones (Muon: Jordan et al., 2024). */
#ifndef MNET_TRAIN_MUON_H
#define MNET_TRAIN_MUON_H

#include "train/train_kernels.h"

/* Floats of room that a matrix takes; rows and columns at least 1. */
size_t mnet_muon_room(size_t rows, size_t columns);

/* From U S V^T to about U V^T, in place, [rows][columns]; a matrix of zeros stays one.
 * `room` is aligned to 64 bytes.  Threads with a matrix and a room each may call it at
 * once; nothing may be NULL. */
void mnet_muon_orthogonalize(const MnetTrainKernels *kernels, size_t rows, size_t columns,
                             float *matrix, float *room);

#endif
