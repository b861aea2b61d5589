/* SPDX-License-Identifier: MIT
 *
 * The encoder that the machine has and the payloader that goes with it. */
#include "encoder.h"

#include <gst/gst.h>

/* The first that is there is taken: H.264, which all players know, before VP8.
 * None holds frames back; a key frame comes with each new client, when it is asked
 * for, and every 250 frames.  %u: kbit/s. */
static const struct
{
  const gchar *factory, *description;
  guint unit;                   /* bit/s, of the number in it */
} encoders[] = {
  {"x264enc", "x264enc tune=zerolatency speed-preset=superfast "
        "key-int-max=250 bitrate=%u", 1000},
  {"openh264enc", "openh264enc complexity=low rate-control=bitrate "
        "gop-size=250 bitrate=%u", 1},
  {"v4l2h264enc", "v4l2h264enc extra-controls=\"encode,video_bitrate=%u\"", 1},
  {"vah264enc", "vah264enc b-frames=0 key-int-max=250 bitrate=%u", 1000},
  {"vaapih264enc", "vaapih264enc max-bframes=0 keyframe-period=250 bitrate=%u",
      1000},
  {"vp8enc", "vp8enc deadline=1 cpu-used=8 end-usage=cbr lag-in-frames=0 "
        "error-resilient=default keyframe-max-dist=250 target-bitrate=%u", 1},
};

static const struct
{
  const gchar *media, *description;
} payloaders[] = {
  {"video/x-h264", "video/x-h264,stream-format=byte-stream,alignment=au ! "
        "rtph264pay config-interval=-1 aggregate-mode=zero-latency"},
  {"video/x-h265", "video/x-h265,stream-format=byte-stream,alignment=au ! "
        "rtph265pay config-interval=-1 aggregate-mode=zero-latency"},
  {"video/x-vp8", "rtpvp8pay"},
  {"video/x-vp9", "rtpvp9pay"},
  {"image/jpeg", "rtpjpegpay"},
};

static gboolean
is_there (const gchar * factory_name)
{
  GstElementFactory *factory = gst_element_factory_find (factory_name);
  gboolean found = factory != NULL;

  gst_clear_object (&factory);
  return found;
}

/* What comes out of the last element of the description. */
static const gchar *
payloader_of (const gchar * description, gchar ** error)
{
  GError *problem = NULL;
  GstElement *bin = gst_parse_bin_from_description (description, TRUE,
      &problem);
  GstPad *pad = bin ? gst_element_get_static_pad (bin, "src") : NULL;
  GstCaps *caps = pad ? gst_pad_query_caps (pad, NULL) : NULL;
  const gchar *found = NULL;
  guint i, k;

  for (i = 0; caps && i < G_N_ELEMENTS (payloaders) && !found; i++)
    for (k = 0; k < gst_caps_get_size (caps) && !found; k++)
      if (gst_structure_has_name (gst_caps_get_structure (caps, k),
              payloaders[i].media))
        found = payloaders[i].description;
  if (problem)
    *error = g_strdup (problem->message);
  else if (!found)
    *error = g_strdup ("it gives no H.264, H.265, VP8, VP9 or JPEG");
  g_clear_error (&problem);
  gst_clear_caps (&caps);
  gst_clear_object (&pad);
  if (bin)
    gst_object_unref (gst_object_ref_sink (bin));
  return found;
}

gchar *
encoder_describe (const gchar * wanted, guint bitrate, gchar ** error)
{
  gchar *encoder = g_strdup (wanted), *description = NULL;
  const gchar *payloader;
  guint i;

  for (i = 0; !encoder && i < G_N_ELEMENTS (encoders); i++) {
    if (is_there (encoders[i].factory)) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
      encoder = g_strdup_printf (encoders[i].description,
          (guint) (bitrate * (guint64) 1000 / encoders[i].unit));
#pragma GCC diagnostic pop
    }
  }
  if (!encoder) {
    *error = g_strdup ("there is no encoder: of H.264 x264enc "
        "(gstreamer1.0-plugins-ugly) or another, of VP8 vp8enc "
        "(gstreamer1.0-plugins-good)");
    return NULL;
  }
  payloader = payloader_of (encoder, error);
  if (payloader)
    description = g_strdup_printf ("%s ! %s name=pay0 pt=96", encoder,
        payloader);
  g_free (encoder);
  return description;
}
