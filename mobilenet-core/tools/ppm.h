/* SPDX-License-Identifier: MIT
 *
 * Reads binary PPM pictures (P6, one byte a channel). */
#ifndef MNET_TOOL_PPM_H
#define MNET_TOOL_PPM_H

#include "tool.h"

/* Most rows and columns: what mnet_image_new() takes. */
#define PPM_MAX_SIZE 16384

typedef struct {
    int32_t width, height;
    uint8_t *rgb; /* 3 * width bytes a row, rows from top to bottom */
} Ppm;

/* Prints what is wrong; `ppm` is to be freed only on success. */
bool ppm_read(const char *path, Ppm *ppm);
void ppm_free(Ppm *ppm);

#endif
