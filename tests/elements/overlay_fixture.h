/* SPDX-License-Identifier: MIT
 *
 * Frames of every raw format for the tests of mobilenetoverlay, and what becomes
 * of them in it. */
#ifndef OVERLAY_FIXTURE_H
#define OVERLAY_FIXTURE_H

#include <gst/check/gstharness.h>
#include <gst/mobilenet/gstmobilenetmeta.h>
#include <gst/video/video.h>

#define OVERLAY_N_FORMATS 21

extern const gchar *const overlay_formats[OVERLAY_N_FORMATS];

/* `colorimetry` may be NULL for the format's default. */
void overlay_info (GstVideoInfo * info, const gchar * format, gint width,
    gint height, const gchar * colorimetry);

/* Every sample is `fill`, of 8 bits, or noise if that is negative. */
GstBuffer *overlay_frame (const GstVideoInfo * info, gint fill);

/* "mobilenetoverlay PROPERTIES", with caps. */
GstHarness *overlay_harness (const gchar * properties,
    const GstVideoInfo * info);

/* Pushes the buffer (transfer full) and pulls what comes of it. */
GstBuffer *overlay_push (GstHarness * harness, GstBuffer * buffer);

/* A detection of one box, "thing" of index 0 and score 0.5, attached. */
void overlay_add_box (GstBuffer * buffer, gdouble x, gdouble y, gdouble w,
    gdouble h);
void overlay_add_detection (GstBuffer * buffer,
    const GstMobilenetDetectionResult * results, guint n);

/* Sample (i, j) of component c of a mapped frame: where it lies, and its value in
 * steps of its depth. */
guint8 *overlay_sample_at (const GstVideoFrame * frame, guint c, gint i,
    gint j);
guint overlay_sample (const GstVideoFrame * frame, guint c, gint i, gint j);

/* Those of component 0 that differ between two frames: left, top, right, bottom
 * of the rectangle around them; FALSE when there are none. */
gboolean overlay_changed_area (const GstVideoInfo * info, GstBuffer * before,
    GstBuffer * after, gint area[4]);

gboolean overlay_same_bytes (GstBuffer * a, GstBuffer * b);

/* Component c of a colour, in steps of its depth, from the definitions of BT.601
 * and BT.709. */
gdouble overlay_expected_sample (const GstVideoInfo * info, guint c, guint r,
    guint g, guint b);

/* Is what is no sample, the x of RGBx and what fills rows up, the same?  What is
 * behind a row of YUY2 that ends in the middle of a macropixel does not count. */
gboolean overlay_same_rest (GstBuffer * before, GstBuffer * after,
    const GstVideoInfo * info);

#endif
