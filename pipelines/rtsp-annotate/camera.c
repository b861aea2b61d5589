/* SPDX-License-Identifier: MIT
 *
 * One camera: a pipeline that reads, analyses and draws, whether anybody watches
 * or not, and that is made again when it fails. */
#include "camera.h"

#include "capture.h"
#include "knock.h"
#include "say.h"

#define LONGEST_WAIT 30         /* s */
/* A wait of more is cut short when the camera can be reached again. */
#define KNOCK_INTERVAL 2        /* s */

struct _Camera
{
  const CameraSettings *settings;
  Mount *mount;
  Capture *capture;             /* NULL while it waits */
  guint64 seen;                 /* frames at the last tick */
  guint quiet;                  /* ticks since then without a new one */

  guint failures;               /* since the last frame */
  guint retry;                  /* source id */
  Knock *knock;
  guint until_knock;            /* s */
  gboolean was_away;            /* there was nothing, so it is tried when there is */
  gboolean was_called;          /* the last attempt was made for that */

  guint64 errors, reconnects;
  guint64 analysed, skipped;    /* of captures that are gone */

  GMutex lock;                  /* of all below */
  gboolean is_playing;
  guint64 frames;
  gint width, height;
};

static void open_capture (Camera * camera);

Camera *
camera_new (const CameraSettings * settings, Mount * mount)
{
  Camera *camera = g_new0 (Camera, 1);

  camera->settings = settings;
  camera->mount = mount;
  g_mutex_init (&camera->lock);
  return camera;
}

static void
close_capture (Camera * camera)
{
  if (!camera->capture)
    return;
  capture_add_stats (camera->capture, &camera->analysed, &camera->skipped);
  g_clear_pointer (&camera->capture, capture_free);
  g_mutex_lock (&camera->lock);
  camera->is_playing = FALSE;
  g_mutex_unlock (&camera->lock);
}

static void
stop_waiting (Camera * camera)
{
  if (camera->retry)
    g_source_remove (camera->retry);
  camera->retry = 0;
  g_clear_pointer (&camera->knock, knock_cancel);
}

void
camera_free (Camera * camera)
{
  stop_waiting (camera);
  close_capture (camera);
  g_mutex_clear (&camera->lock);
  g_free (camera);
}

static gboolean
retry (gpointer user_data)
{
  Camera *camera = user_data;

  camera->retry = 0;
  stop_waiting (camera);
  open_capture (camera);
  return G_SOURCE_REMOVE;
}

/* 1, 2, 4, ... s. */
static guint
next_wait (const Camera * camera)
{
  return camera->failures > 5 ? LONGEST_WAIT : 1u << (camera->failures - 1);
}

/* What answers a knock and is no camera yet is left to the waits: an attempt that
 * was made for a knock does not lead to another. */
static void
fail (Camera * camera, const gchar * reason, gboolean is_away)
{
  guint wait;

  close_capture (camera);
  mount_lose (camera->mount);
  camera->failures++;
  camera->errors++;
  wait = next_wait (camera);
  complain ("%s: %s; trying again in %u s", camera->settings->name, reason,
      wait);
  camera->was_away = is_away && !camera->was_called;
  camera->was_called = FALSE;
  camera->until_knock = KNOCK_INTERVAL;
  camera->retry = g_timeout_add_seconds (wait, retry, camera);
}

static void
capture_ended (const gchar * reason, gboolean is_away, gpointer user_data)
{
  Camera *camera = user_data;
  gboolean was_good;

  g_mutex_lock (&camera->lock);
  was_good = camera->is_playing;
  g_mutex_unlock (&camera->lock);
  if (reason || !was_good) {
    fail (camera, reason ? reason : "there is no picture in it", is_away);
  } else {
    close_capture (camera);
    open_capture (camera);
  }
}

/* Called in a streaming thread. */
static void
take_frame (GstSample * sample, GstClockTime taken, gpointer user_data)
{
  Camera *camera = user_data;
  const GstStructure *caps =
      gst_caps_get_structure (gst_sample_get_caps (sample), 0);

  g_mutex_lock (&camera->lock);
  camera->is_playing = TRUE;
  camera->frames++;
  gst_structure_get_int (caps, "width", &camera->width);
  gst_structure_get_int (caps, "height", &camera->height);
  g_mutex_unlock (&camera->lock);
  mount_push (camera->mount, sample, taken);
}

static void
open_capture (Camera * camera)
{
  CaptureCalls calls = { take_frame, capture_ended, camera };
  gchar *error = NULL;

  camera->quiet = 0;
  camera->capture = capture_new (camera->settings, &calls, &error);
  if (!camera->capture)
    fail (camera, error, FALSE);
  g_free (error);
}

void
camera_start (Camera * camera)
{
  open_capture (camera);
}

static void
knocked (gboolean is_there, gpointer user_data)
{
  Camera *camera = user_data;

  camera->knock = NULL;
  camera->until_knock = KNOCK_INTERVAL;
  if (!is_there) {
    camera->was_away = TRUE;
  } else if (camera->was_away && camera->retry) {
    g_source_remove (camera->retry);
    camera->was_called = TRUE;
    retry (camera);
  }
}

static void
knock_in_time (Camera * camera)
{
  if (camera->knock || camera->until_knock-- > 1)
    return;
  camera->until_knock = KNOCK_INTERVAL;
  camera->knock = knock_new (camera->settings->uri, knocked, camera);
}

/* Ticks are counted, not time: a process that was stopped has lost no camera. To
 * connect may take longer: by UDP first, then by TCP. */
static gboolean
is_stalled (Camera * camera, gboolean is_playing, guint64 frames)
{
  guint timeout = camera->settings->timeout;

  camera->quiet = frames == camera->seen ? camera->quiet + 1 : 0;
  camera->seen = frames;
  return camera->quiet > (is_playing ? timeout : 2 * timeout + 5);
}

void
camera_tick (Camera * camera)
{
  CameraFigures now;
  gboolean is_playing;
  gchar *reason;

  if (!camera->capture) {
    if (camera->retry)
      knock_in_time (camera);
    return;
  }
  camera_get_figures (camera, &now);
  is_playing = g_str_equal (now.state, "playing");
  if (is_stalled (camera, is_playing, now.frames)) {
    reason = g_strdup_printf ("no picture came for %u s", camera->quiet);
    fail (camera, reason, FALSE);
    g_free (reason);
  } else if (is_playing && camera->failures) {
    camera->failures = 0;
    camera->was_called = FALSE;
    camera->reconnects++;
    complain ("%s: the picture is back, %dx%d", camera->settings->name,
        now.width, now.height);
  }
}

void
camera_get_figures (Camera * camera, CameraFigures * figures)
{
  figures->analysed = camera->analysed;
  figures->skipped = camera->skipped;
  if (camera->capture)
    capture_add_stats (camera->capture, &figures->analysed, &figures->skipped);
  figures->errors = camera->errors;
  figures->reconnects = camera->reconnects;
  g_mutex_lock (&camera->lock);
  figures->state = camera->is_playing ? "playing"
      : camera->capture ? "connecting" : "waiting";
  figures->frames = camera->frames;
  figures->width = camera->width;
  figures->height = camera->height;
  g_mutex_unlock (&camera->lock);
}

/* It starts as in a pipeline, where it would look at its model. */
static gboolean
can_start (const gchar * name, GstElement * element)
{
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  GError *error = NULL;
  gboolean good;

  gst_element_set_bus (element, bus);
  good = gst_element_set_state (element, GST_STATE_PAUSED) !=
      GST_STATE_CHANGE_FAILURE;
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  if (!good && message) {
    gst_message_parse_error (message, &error, NULL);
    complain ("%s: %s", name, error->message);
    g_error_free (error);
  }
  gst_clear_message (&message);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  return good;
}

gboolean
camera_check (const CameraSettings * settings)
{
  GstElement *parts[] = { capture_make_analyser (settings),
    gst_element_factory_make ("mobilenetoverlay", NULL)
  };
  gboolean good = TRUE;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (parts); i++) {
    if (!parts[i]) {
      complain ("%s: there is no element %s; is the plugin of gst-mobilenet "
          "in GST_PLUGIN_PATH, and built with Pango?", settings->name,
          i ? "mobilenetoverlay" : settings->element);
      good = FALSE;
      continue;
    }
    gst_object_ref_sink (parts[i]);
    good = good && can_start (settings->name, parts[i]);
    gst_object_unref (parts[i]);
  }
  return good;
}
