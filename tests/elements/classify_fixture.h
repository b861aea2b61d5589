/* SPDX-License-Identifier: MIT
 *
 * What the tests of mobilenetclassify share: small models in files, frames of
 * known colours, and the element in a harness. */
#ifndef CLASSIFY_FIXTURE_H
#define CLASSIFY_FIXTURE_H

#include <gst/check/gstharness.h>
#include <gst/mobilenet/gstmobilenetmeta.h>
#include <gst/video/video.h>

#include "runner.h"

/* The classes of fixture_model(): the colour of most of the picture. */
enum
{
  CLASS_RED,
  CLASS_GREEN,
  CLASS_BLUE,
  CLASS_BLACK,
  N_CLASSES
};

#define COLOUR_RED 0xff0000
#define COLOUR_GREEN 0x00ff00
#define COLOUR_BLUE 0x0000ff
#define COLOUR_WHITE 0xffffff
#define COLOUR_BLACK 0x000000
/* These two look alike to red, green and blue; how dark they are depends on
 * what the network is told that bytes are. */
#define COLOUR_GRAY 0x808080
#define COLOUR_DARK_GRAY 0x101010

/* 25 frames a second. */
#define FRAME_DURATION (40 * GST_MSECOND)

/* Files in a folder of the process's own; fixture_clean() deletes them.  The
 * strings live until then. */
const gchar *fixture_write (const gchar * name, gconstpointer data, gsize size);
const gchar *fixture_labels (void);
void fixture_clean (void);

/* Model files.  Classifiers: of bytes; of floats from 0 to 1, `tells` in its
 * metadata or not; of int8; of bytes with labels inside, NULL for good ones. */
const gchar *fixture_model (void);
const gchar *fixture_float_model (gboolean tells);
const gchar *fixture_int8_model (void);
const gchar *fixture_labelled_model (const gchar * labels);
/* fixture_model() for pictures of `side` x `side` pixels. */
const gchar *fixture_sized_model (gint side);
/* Valid and none: an image-sized output, two inputs, two outputs, and an input
 * that is no picture. */
const gchar *fixture_map_model (void);
const gchar *fixture_two_input_model (void);
const gchar *fixture_two_output_model (void);
const gchar *fixture_vector_model (void);
/* A classifier of 8x8 without a pool: its class scores are of that size only. */
const gchar *fixture_flat_model (void);

/* The element with fixture_model() and fixture_labels() and the properties
 * given as name, value, ..., NULL; not live, with a bus, without caps. */
GstHarness *fixture_new (const gchar * first_property, ...);
void fixture_teardown (GstHarness * h);
void fixture_set_caps (GstHarness * h, const gchar * format, gint width,
    gint height);

/* A frame whose left half is `left` and whose right half is `right`, 0xrrggbb;
 * the middle column of an odd width is `right`. */
GstBuffer *fixture_frame (const gchar * format, gint width, gint height,
    guint left, guint right, GstClockTime pts);
/* Sends a frame of one colour through; the caller owns what came out. */
GstBuffer *fixture_push (GstHarness * h, guint colour, GstClockTime pts);

/* The best class that a frame carries; fails without a meta. */
guint fixture_best (GstBuffer * buffer);
/* The best label; lives as long as the frame. */
const gchar *fixture_best_label (GstBuffer * buffer);
GstMobilenetClassificationMeta *fixture_meta (GstBuffer * buffer);
/* A field of the property stats. */
guint64 fixture_stat (GstHarness * h, const gchar * name);
/* The next element message, or NULL. */
GstMessage *fixture_pop_message (GstHarness * h);

/* How many threads the process has. */
guint fixture_threads (void);

#endif
