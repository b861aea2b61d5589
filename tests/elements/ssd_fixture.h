/* SPDX-License-Identifier: MIT
 *
 * What the tests of mobilenetssd share: a detector of coloured squares, frames
 * of them, and the element in a harness. */
#ifndef SSD_FIXTURE_H
#define SSD_FIXTURE_H

#include "classify_fixture.h"

/* A rectangle of one colour, 0xrrggbb, on a black frame. */
typedef struct
{
  gint x, y, w, h;
  guint colour;
} SsdSquare;

/* What the numbers of a box of ssd_model() may be. */
typedef enum
{
  SSD_BOXES_GOOD,
  SSD_BOXES_WIDE,               /* three cells wide and high */
  SSD_BOXES_BROKEN              /* NaN, infinite, without area, far outside */
} SsdBoxes;

/* A detector whose input is `cells` x `cells` pixels: each pixel is a box that
 * is that cell of the picture, of the classes 0 red, 1 green, 2 blue, with the
 * score sigmoid(20 * byte / 255 - 10).  Its boxes have the format corners-yx and
 * it needs to be told that; broken ones are those of every second pixel. */
const gchar *ssd_model (guint cells, SsdBoxes boxes);
const gchar *ssd_labels (void);

/* The element with ssd_model (8, SSD_BOXES_GOOD), ssd_labels() and the
 * properties given as name, text, ..., NULL; not live, with a bus, mode every. */
GstHarness *ssd_new (const gchar * first_property, ...);

/* RGB; `squares` ends with one of no width. */
GstBuffer *ssd_frame (gint width, gint height, const SsdSquare * squares,
    GstClockTime pts);
/* Sends a frame through; the caller owns what came out. */
GstBuffer *ssd_push (GstHarness * h, GstBuffer * frame);

/* The frame carries `n` detections; fails without a meta. */
void ssd_assert_count (GstBuffer * buffer, guint n);
/* One of them is of class `index` and has that box, to 0.01 pixels. */
void ssd_assert_box (GstBuffer * buffer, guint index, gdouble x, gdouble y,
    gdouble w, gdouble h);

#endif
