/* SPDX-License-Identifier: MIT
 *
 * Pictures of coloured shapes to learn from. */
#ifndef DRAWN_PICTURES_H
#define DRAWN_PICTURES_H

#include "train/dataset.h"

#define DRAWN_SIZE 16
#define DRAWN_CLASSES 4

/* A shape of its class at some place, of some size, on a noisy ground. */
void draw_picture(int32_t class_index, uint64_t seed, uint8_t rgb[3 * DRAWN_SIZE * DRAWN_SIZE]);

extern const char *const drawn_classes[DRAWN_CLASSES]; /* in the order of their names */

/* Makes all folders of a path; exits when that fails. */
void make_folder(const char *path);
/* Writes a PPM picture of width x height; exits when that fails. */
void write_ppm(const char *path, int32_t width, int32_t height, const uint8_t *rgb);
void write_bytes(const char *path, const void *data, size_t size);
/* Removes a folder and what is in it. */
void remove_folder(const char *path);

/* A folder <path>/{train,test}/<class>/N.ppm. */
void draw_folder(const char *path, int32_t train, int32_t test);

#endif
