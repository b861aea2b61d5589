/* SPDX-License-Identifier: MIT
 *
 * A line a camera on how it is, and a short one for systemd. */
#include "health.h"

#include "notify.h"
#include "say.h"

void
health_print (const gchar * name, Camera * camera, Mount * mount,
    guint64 * frames_before, gdouble seconds)
{
  CameraFigures now;

  camera_get_figures (camera, &now);
  say ("health camera=%s state=%s size=%dx%d fps=%.1f frames=%"
      G_GUINT64_FORMAT " analysed=%" G_GUINT64_FORMAT " skipped=%"
      G_GUINT64_FORMAT " errors=%" G_GUINT64_FORMAT " reconnects=%"
      G_GUINT64_FORMAT " clients=%u", name, now.state, now.width, now.height,
      (now.frames - *frames_before) / seconds, now.frames, now.analysed,
      now.skipped, now.errors, now.reconnects, mount_get_clients (mount));
  *frames_before = now.frames;
}

void
health_tell_status (const GPtrArray * cameras)
{
  CameraFigures now;
  guint i, playing = 0;

  for (i = 0; i < cameras->len; i++) {
    camera_get_figures (g_ptr_array_index (cameras, i), &now);
    playing += g_str_equal (now.state, "playing");
  }
  notify ("STATUS=%u of %u cameras give pictures", playing, cameras->len);
}
