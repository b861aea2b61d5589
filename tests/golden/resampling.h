/* SPDX-License-Identifier: MIT
 *
 * The resampling that the references' pictures were made with. */
#ifndef RESAMPLING_H
#define RESAMPLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RGB rows without gaps from one size to another: triangle filter as wide as a
 * pixel of the smaller picture, columns first, rounded to bytes in between.
 * False when memory is short. */
bool resize_rgb(const uint8_t *from, int width, int height, uint8_t *to, int to_width,
                int to_height);

#endif
