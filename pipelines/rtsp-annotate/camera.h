/* SPDX-License-Identifier: MIT
 *
 * One camera: a pipeline that reads, analyses and draws, whether anybody watches
 * or not, and that is made again when it fails. */
#ifndef CAMERA_H
#define CAMERA_H

#include "mount.h"
#include "settings.h"

typedef struct _Camera Camera;

typedef struct
{
  const gchar *state;           /* "connecting", "playing", "waiting" */
  guint64 frames;               /* that came out, drawn upon */
  guint64 analysed, skipped;
  guint64 errors;               /* ends of a pipeline that were none of ours */
  guint64 reconnects;           /* pictures that came back after an error */
  gint width, height;           /* of the last frame */
} CameraFigures;

/* Both outlive it. */
Camera *camera_new (const CameraSettings * settings, Mount * mount);
void camera_free (Camera * camera);

/* Can the element that analyses start, with this camera's model?  Complains. */
gboolean camera_check (const CameraSettings * settings);

/* Begins; what fails later is tried again for ever. */
void camera_start (Camera * camera);

/* Once a second, from the main loop. */
void camera_tick (Camera * camera);

void camera_get_figures (Camera * camera, CameraFigures * figures);

#endif
