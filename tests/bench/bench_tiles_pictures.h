/* SPDX-License-Identifier: MIT
 *
 * Pictures with persons in known places, for bench_tiles. */
#ifndef BENCH_TILES_PICTURES_H
#define BENCH_TILES_PICTURES_H

#include <glib.h>

/* Fractions of the picture. */
typedef struct {
    gdouble x, y, w, h;
    gboolean crowd; /* of many, which need not be found */
} Person;

/* Packed RGB, rows without padding. */
typedef struct {
    gint width, height;
    guint8 *rgb;
    Person *persons;
    guint n_persons;
} Picture;

typedef enum { PICTURES_COCO128, PICTURES_FILM } PicturesOf;

/* `columns` x `rows` of them side by side in each, of 1920x1080 pixels; 1, 1: each
 * as it is.  `shared` is the folder of images/ and video/, `persons` the table of
 * those in the film.  NULL when something cannot be read, else an array of
 * Picture. */
GArray *pictures_read(PicturesOf of, const gchar *shared, const gchar *persons, gint columns,
                      gint rows);

#endif
