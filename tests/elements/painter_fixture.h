/* SPDX-License-Identifier: MIT
 *
 * What the tests of mobilenetfx with a network's own picture share. */
#ifndef PAINTER_FIXTURE_H
#define PAINTER_FIXTURE_H

#include "classify_fixture.h"
#include "tflitebuilder.h"

/* A file with that network; lives until fixture_clean(). */
const gchar *painter_model (const gchar * name, const TbPainter * painter);
/* Adds nothing to the picture: floats, of that size. */
const gchar *painter_identity (gint width, gint height);

/* mobilenetfx with that model and the properties given as name, text, ..., NULL; not live,
 * with a bus, without caps. */
GstElement *painter_element (const gchar * model, const gchar * first_property,
    ...);
GstHarness *painter_harness (GstElement * element);

/* A picture of smooth colours, with `texture` steps up and down from pixel to pixel, in any
 * format. */
GstBuffer *painter_frame (const gchar * format, gint width, gint height,
    gint texture, GstClockTime pts);
/* One colour, 0xrrggbb. */
GstBuffer *painter_plain (const gchar * format, gint width, gint height,
    guint colour, GstClockTime pts);

/* The largest difference of a sample, in its own steps; the mean of luma or of
 * R, G, B; of frames that fill their memory. */
gint painter_most_off (GstBuffer * a, GstBuffer * b, const gchar * format);
gdouble painter_mean (GstBuffer * buffer);

#endif
