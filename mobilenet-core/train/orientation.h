/* SPDX-License-Identifier: MIT
 *
 * Which way up a camera held a picture: Exif's tag Orientation (CIPA DC-008, 4.6.4). */
#ifndef MNET_TRAIN_ORIENTATION_H
#define MNET_TRAIN_ORIENTATION_H

#include "train/picture_file.h"

/* 1, upright, to 8 by the content of a JPEG's APP1 segment; 0 where it tells nothing that
 * can be read. */
int mnet_exif_orientation(const uint8_t *segment, size_t size);

/* Both may be called from any thread; only `error` may be NULL.
 *
 * Turns and mirrors an allocated picture of this orientation so that it is upright; one
 * of 5 to 8 changes its sides.  The picture stays as it was when memory is short. */
MnetStatus mnet_picture_turn(MnetPicture *picture, int orientation, MnetError *error);

#endif
