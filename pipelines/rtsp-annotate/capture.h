/* SPDX-License-Identifier: MIT
 *
 * The pipeline of one camera, from its connection to its end. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include "settings.h"

typedef struct _Capture Capture;

/* Called in a streaming thread with each frame, drawn upon, and the time of the
 * system's clock when it was taken. */
typedef void (*CaptureFrameFunc) (GstSample * sample, GstClockTime taken,
    gpointer user_data);
/* Called in the main loop, at most once: `reason` is NULL at the end of a file.
 * `is_away`: there was nothing to connect to. */
typedef void (*CaptureEndFunc) (const gchar * reason, gboolean is_away,
    gpointer user_data);

typedef struct
{
  CaptureFrameFunc frame;
  CaptureEndFunc end;
  gpointer user_data;
} CaptureCalls;

/* NULL, and an error, when an element is missing. */
Capture *capture_new (const CameraSettings * settings,
    const CaptureCalls * calls, gchar ** error);
/* Neither function is called from here on. */
void capture_free (Capture * capture);

/* What the elements counted so far, added to the numbers. */
void capture_add_stats (Capture * capture, guint64 * analysed,
    guint64 * skipped);

/* The element that analyses, with its properties; floating. */
GstElement *capture_make_analyser (const CameraSettings * settings);

#endif
