/* SPDX-License-Identifier: MIT
 *
 * A line a camera on how it is, and a short one for systemd. */
#ifndef HEALTH_H
#define HEALTH_H

#include "camera.h"

/* `frames_before`, of the last line, is brought up to date. */
void health_print (const gchar * name, Camera * camera, Mount * mount,
    guint64 * frames_before, gdouble seconds);

/* Tells systemd how many of `cameras` (of Camera) play. */
void health_tell_status (const GPtrArray * cameras);

#endif
