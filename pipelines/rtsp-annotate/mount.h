/* SPDX-License-Identifier: MIT
 *
 * Where one camera is served: a media that all clients share, made when the first
 * comes and gone with the last.  Its encoder is fed with the camera's frames, and
 * with the last one again while there are none. */
#ifndef MOUNT_H
#define MOUNT_H

#include <gst/rtsp-server/rtsp-server.h>

#include "settings.h"

typedef struct _Mount Mount;

/* NULL, and a complaint, without an encoder. */
Mount *mount_new (const CameraSettings * settings);
void mount_free (Mount * mount);

/* Belongs to the mount. */
GstRTSPMediaFactory *mount_get_factory (Mount * mount);

/* Clients that play it.  Each is counted from the first of these, which gives what
 * the second takes, or NULL when the media is no mount's. */
guint mount_get_clients (Mount * mount);
gpointer mount_count_client (GstRTSPMedia * media);
void mount_discount_client (gpointer client);

/* From the camera's streaming thread; never waits for an encoder or a client.
 * `taken`: the time of the system's clock, or none. */
void mount_push (Mount * mount, GstSample * sample, GstClockTime taken);

/* No frame comes until the next mount_push(). */
void mount_lose (Mount * mount);

/* Once a second, from the main loop. */
void mount_tick (Mount * mount);

/* The encoder's next frame can be shown without those before it. */
void mount_ask_key_frame (GstRTSPMedia * media);

#endif
