/* SPDX-License-Identifier: MIT
 *
 * A network and its mirrored form. */
#ifndef MIRROR_CASE_H
#define MIRROR_CASE_H

#include <mnet/common.h>

/* Mirrors the file, which is to load: what mnet_mirror_tflite_memory() returns.  What it
 * has written is to load, too, and to give the mean of what the network itself gives for a
 * picture and its mirror image: floats to 1e-5 of the largest, bytes to half a step.
 * `differs`: the two are not to be the same to the network.  `side` 0: at the file's own
 * size; else pictures have so many rows, and 3 columns more. */
MnetStatus mirror_case(const char *name, const uint8_t *data, size_t size, int32_t side,
                       bool differs, MnetError *error);
/* How much has failed so far. */
int mirror_case_failed(void);

#endif
