/* SPDX-License-Identifier: MIT
 *
 * Where one camera is served: a media that all clients share, made when the first
 * comes and gone with the last.  Its encoder is fed with the camera's frames, and
 * with the last one again while there are none. */
#include "mount.h"

#include <gst/app/gstappsrc.h>
#include <gst/mobilenet/gstmobilenetmeta.h>
#include <gst/video/video.h>
#include <string.h>

#include "encoder.h"
#include "say.h"

#define SOURCE_KEY "rtsp-annotate-source"
#define CLIENTS_KEY "rtsp-annotate-clients"

/* A frame that is older is shown at once instead of at its own distance. */
#define OLDEST (2 * GST_SECOND)

/* Of g_atomic_rc_box_new0(): threads of clients may still end their media when the
 * program does, so each media holds it, too. */
struct _Mount
{
  GstRTSPMediaFactory *factory;
  gint *clients;                /* atomic, of g_atomic_rc_box_new0() */

  GMutex lock;                  /* of all below; held for moments only */
  GPtrArray *sources;           /* of GstAppSrc; one, or two for a moment */
  GstSample *last;              /* black, until there is a picture */
  gint64 last_push;             /* monotonic, us */
  GDateTime *lost;              /* since when; NULL while frames come */
};

/* 640x480, for clients that come before the camera's first picture. */
static GstSample *
make_black (void)
{
  GstVideoInfo info;
  GstVideoFrame frame;
  GstBuffer *buffer;
  GstSample *sample;
  GstCaps *caps;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_GRAY8, 640, 480);
  buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
  if (gst_video_frame_map (&frame, &info, buffer, GST_MAP_WRITE)) {
    memset (GST_VIDEO_FRAME_PLANE_DATA (&frame, 0), 16, info.size);
    gst_video_frame_unmap (&frame);
  }
  caps = gst_video_info_to_caps (&info);
  sample = gst_sample_new (buffer, caps, NULL, NULL);
  gst_caps_unref (caps);
  gst_buffer_unref (buffer);
  return sample;
}

/* Both pipelines have the system's clock.  What is not near the present is of now;
 * none before the media plays. */
static GstClockTime
presentation_time (GstElement * source, GstClockTime taken)
{
  GstClock *clock = gst_element_get_clock (source);
  GstClockTime base = gst_element_get_base_time (source), now;

  if (!clock || GST_STATE (source) != GST_STATE_PLAYING) {
    gst_clear_object (&clock);
    return GST_CLOCK_TIME_NONE;
  }
  now = gst_clock_get_time (clock);
  gst_object_unref (clock);
  if (!GST_CLOCK_TIME_IS_VALID (taken) || taken > now || taken + OLDEST < now)
    taken = now;
  return taken > base ? taken - base : 0;
}

/* A buffer of the same memory, which goes back to its pool with the last of
 * them. */
static GstBuffer *
wrap_buffer (GstBuffer * buffer, GstClockTime pts)
{
  GstBuffer *copy = gst_buffer_new ();
  GstVideoMeta *meta = gst_buffer_get_video_meta (buffer);

  gst_buffer_copy_into (copy, buffer, GST_BUFFER_COPY_FLAGS |
      GST_BUFFER_COPY_MEMORY, 0, -1);
  if (meta)
    gst_buffer_add_video_meta_full (copy, meta->flags, meta->format,
        meta->width, meta->height, meta->n_planes, meta->offset, meta->stride);
  gst_buffer_add_parent_buffer_meta (copy, buffer);
  GST_BUFFER_PTS (copy) = pts;
  GST_BUFFER_DTS (copy) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION (copy) = GST_CLOCK_TIME_NONE;
  return copy;
}

/* The overlay of the media draws it. */
static void
attach_notice (Mount * mount, GstBuffer * buffer)
{
  GstMobilenetClassificationResult result = { 0 };
  GstMobilenetClassification *notice;
  gchar *text = g_date_time_format (mount->lost, "no picture since %T");

  result.label = text;
  notice = gst_mobilenet_classification_new ("", GST_CLOCK_TIME_NONE, &result,
      1);
  gst_buffer_add_mobilenet_classification_meta (buffer, notice, 0);
  gst_mobilenet_classification_unref (notice);
  g_free (text);
}

static void
push_to (Mount * mount, GstAppSrc * source, GstClockTime taken)
{
  GstClockTime pts = presentation_time (GST_ELEMENT (source), taken);
  GstBuffer *buffer;
  GstSample *sample;

  if (!GST_CLOCK_TIME_IS_VALID (pts))
    return;
  buffer = wrap_buffer (gst_sample_get_buffer (mount->last), pts);
  if (mount->lost)
    attach_notice (mount, buffer);
  sample = gst_sample_new (buffer, gst_sample_get_caps (mount->last), NULL,
      NULL);
  gst_buffer_unref (buffer);
  gst_app_src_push_sample (source, sample);
  gst_sample_unref (sample);
}

static void
push_to_all (Mount * mount, GstClockTime taken)
{
  guint i;

  for (i = 0; i < mount->sources->len; i++)
    push_to (mount, g_ptr_array_index (mount->sources, i), taken);
  mount->last_push = g_get_monotonic_time ();
}

void
mount_push (Mount * mount, GstSample * sample, GstClockTime taken)
{
  g_mutex_lock (&mount->lock);
  gst_sample_unref (mount->last);
  mount->last = gst_sample_ref (sample);
  g_clear_pointer (&mount->lost, g_date_time_unref);
  push_to_all (mount, taken);
  g_mutex_unlock (&mount->lock);
}

void
mount_lose (Mount * mount)
{
  g_mutex_lock (&mount->lock);
  if (!mount->lost)
    mount->lost = g_date_time_new_now_local ();
  g_mutex_unlock (&mount->lock);
}

void
mount_tick (Mount * mount)
{
  g_mutex_lock (&mount->lock);
  if (g_get_monotonic_time () - mount->last_push >= G_TIME_SPAN_SECOND)
    push_to_all (mount, GST_CLOCK_TIME_NONE);
  g_mutex_unlock (&mount->lock);
}

static void
clear_mount (gpointer data)
{
  Mount *mount = data;

  g_object_unref (mount->factory);
  g_ptr_array_unref (mount->sources);
  gst_sample_unref (mount->last);
  g_clear_pointer (&mount->lost, g_date_time_unref);
  g_mutex_clear (&mount->lock);
  g_atomic_rc_box_release (mount->clients);
}

static void
unref_mount (gpointer mount, GClosure * closure)
{
  g_atomic_rc_box_release_full (mount, clear_mount);
}

static void
forget_source (GstRTSPMedia * media, Mount * mount)
{
  GstElement *source = g_object_steal_data (G_OBJECT (media), SOURCE_KEY);

  if (!source)
    return;
  g_mutex_lock (&mount->lock);
  g_ptr_array_remove (mount->sources, source);
  g_mutex_unlock (&mount->lock);
}

/* Frames come from here on: a client's question waits for the first one. */
static void
take_media (GstRTSPMediaFactory * factory, GstRTSPMedia * media, Mount * mount)
{
  GstElement *bin = gst_rtsp_media_get_element (media);
  GstElement *source = gst_bin_get_by_name (GST_BIN (bin), "frames");

  gst_object_unref (bin);
  g_object_set_data (G_OBJECT (media), SOURCE_KEY, source);
  g_object_set_data_full (G_OBJECT (media), CLIENTS_KEY,
      g_atomic_rc_box_acquire (mount->clients), g_atomic_rc_box_release);
  g_signal_connect_data (media, "unprepared", G_CALLBACK (forget_source),
      g_atomic_rc_box_acquire (mount), unref_mount, 0);
  g_mutex_lock (&mount->lock);
  g_ptr_array_add (mount->sources, source);
  mount->last_push = 0;
  g_mutex_unlock (&mount->lock);
}

/* The queue's frames are the newest.  x264 takes no odd sizes; what is not 4:2:0
 * most players cannot show. */
static gchar *
describe_media (const CameraSettings * settings)
{
  gchar *error = NULL, *media = NULL;
  gchar *encoder =
      encoder_describe (settings->encoder, settings->bitrate, &error);

  if (encoder)
    media = g_strdup_printf ("( appsrc name=frames is-live=true format=time "
        "emit-signals=false max-buffers=2 max-bytes=0 leaky-type=downstream ! "
        "mobilenetoverlay attach=never show-scores=false ! videoconvert ! "
        "videoscale ! video/x-raw,format={I420,NV12},width=[2,16384,2],"
        "height=[2,16384,2] ! %s )", encoder);
  else
    complain ("%s: encoder: %s", settings->name, error);
  g_free (error);
  g_free (encoder);
  return media;
}

Mount *
mount_new (const CameraSettings * settings)
{
  gchar *media = describe_media (settings);
  GstClock *clock;
  Mount *mount;

  if (!media)
    return NULL;
  mount = g_atomic_rc_box_new0 (Mount);
  mount->clients = g_atomic_rc_box_new0 (gint);
  mount->sources = g_ptr_array_new_with_free_func (gst_object_unref);
  mount->last = make_black ();
  mount->lost = g_date_time_new_now_local ();
  g_mutex_init (&mount->lock);
  mount->factory = gst_rtsp_media_factory_new ();
  gst_rtsp_media_factory_set_launch (mount->factory, media);
  gst_rtsp_media_factory_set_shared (mount->factory, TRUE);
  clock = gst_system_clock_obtain ();
  gst_rtsp_media_factory_set_clock (mount->factory, clock);
  gst_object_unref (clock);
  g_signal_connect_data (mount->factory, "media-configure",
      G_CALLBACK (take_media), g_atomic_rc_box_acquire (mount), unref_mount, 0);
  g_free (media);
  return mount;
}

void
mount_free (Mount * mount)
{
  g_signal_handlers_disconnect_by_data (mount->factory, mount);
  unref_mount (mount, NULL);
}

GstRTSPMediaFactory *
mount_get_factory (Mount * mount)
{
  return mount->factory;
}

guint
mount_get_clients (Mount * mount)
{
  return g_atomic_int_get (mount->clients);
}

gpointer
mount_count_client (GstRTSPMedia * media)
{
  gint *clients = g_object_get_data (G_OBJECT (media), CLIENTS_KEY);

  if (!clients)
    return NULL;
  g_atomic_int_inc (clients);
  return g_atomic_rc_box_acquire (clients);
}

void
mount_discount_client (gpointer client)
{
  g_atomic_int_add ((gint *) client, -1);
  g_atomic_rc_box_release (client);
}

void
mount_ask_key_frame (GstRTSPMedia * media)
{
  GstElement *bin = gst_rtsp_media_get_element (media);
  GstElement *payloader = gst_bin_get_by_name (GST_BIN (bin), "pay0");
  GstPad *pad = gst_element_get_static_pad (payloader, "sink");

  gst_pad_push_event (pad,
      gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE,
          0));
  gst_object_unref (pad);
  gst_object_unref (payloader);
  gst_object_unref (bin);
}
