/* SPDX-License-Identifier: MIT
 *
 * What the tests of mobilenetfx with masks share: masks, frames of one colour on
 * either side, and what becomes of them. */
#ifndef FX_FIXTURE_H
#define FX_FIXTURE_H

#include "overlay_fixture.h"

#define FX_MAP 64

/* "mobilenetfx PROPERTIES", with caps, and a bus. */
GstHarness *fx_harness (const gchar * properties, const GstVideoInfo * info);

/* Messages that wait on the bus hold the element, which holds the bus. */
void fx_teardown (GstHarness * harness);

/* A map of FX_MAP squared over a frame of that size, in which columns to the left
 * of `split`, in pixels, are class 1, and the others class 0, "background". */
void fx_add_split (GstBuffer * buffer, gint width, gint height, gdouble split);

/* The same of any map, perhaps with confidences; it takes both. */
void fx_add_map (GstBuffer * buffer, guint8 * classes, guint8 * confidences,
    guint columns, guint rows, const GstMobilenetSegmentationPlace * place,
    gint background, GstClockTime age);

/* Samples of a component left of pixel `split` are `left`, the others `right`, of
 * 8 bits. */
void fx_paint (const GstVideoInfo * info, GstBuffer * buffer, guint c,
    gint split, guint left, guint right);

/* The error or warning that the element has posted, or NULL, to be freed. */
gchar *fx_posted (GstHarness * harness, GstMessageType type);

#endif
