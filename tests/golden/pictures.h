/* SPDX-License-Identifier: MIT
 *
 * Pictures of files: what tests need of three formats. */
#ifndef PICTURES_H
#define PICTURES_H

#include <mnet/mnet.h>

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int width, height;
    uint8_t *bytes; /* RGB or gray, without gaps, from malloc() */
} Picture;

/* Print what is wrong; `bytes` is to be freed either way. */
/* RGB of a JPEG, as DJPEG decodes it. */
bool picture_read_jpeg(const char *djpeg, const char *path, Picture *picture);
/* RGB of a bitmap of 24 bits without compression. */
bool picture_read_bitmap(const char *path, Picture *picture);
/* Gray of a PNG of 8 bits, not interlaced. */
bool picture_read_png(const char *path, Picture *picture);

/* Brings an RGB picture into the bytes `tensor` of that input, by the library's defaults.
 * Prints what is wrong. */
bool picture_convert(const Picture *picture, const MnetTensorInfo *input, void *tensor);

#endif
