/* SPDX-License-Identifier: MIT
 *
 * Pictures from the bytes of files: JPEG, PNG, binary PPM. */
#ifndef MNET_TRAIN_PICTURE_FILE_H
#define MNET_TRAIN_PICTURE_FILE_H

#include <mnet/common.h>

/* Most rows or columns, and pixels, of a picture. */
#define MNET_PICTURE_MAX_SIZE 16384
#define MNET_PICTURE_MAX_PIXELS 100000000

typedef struct {
    int32_t width, height;
    uint8_t *rgb; /* 3 * width bytes a row, without gaps; freed by mnet_free() */
} MnetPicture;

/* True for the endings .jpg .jpeg .png .ppm in any case. */
bool mnet_picture_is_name(const char *name);

/* Told by its first bytes, whatever the file's name is.  JPEG pictures are turned upright
 * as Exif tells.  `error` does not name the file. */
MnetStatus mnet_picture_decode(const uint8_t *data, size_t size, MnetPicture *picture,
                               MnetError *error);

/* Stretched to width x height as a frame is for a network; `out` is 3 * width *
 * height bytes. */
MnetStatus mnet_picture_fit(const MnetPicture *picture, int32_t width, int32_t height, uint8_t *out,
                            MnetError *error);

#endif
