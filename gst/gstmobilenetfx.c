/* SPDX-License-Identifier: MIT
 *
 * The element mobilenetfx: effects on video frames by MobileNets. */
/**
 * SECTION:element-mobilenetfx
 * @title: mobilenetfx
 * @short_description: blurs, replaces or removes the background of video frames
 * @see_also: mobilenetseg, #GstMobilenetSegmentationMeta
 *
 * Does something to what is not the foreground of the #GstMobilenetSegmentationMeta
 * that mobilenetseg attached: #effect is `blur`, `replace` by #background-color or
 * #background-file, or `cut-out`, for which the output has alpha (A420, AYUV, RGBA,
 * BGRA, ARGB, ABGR).  #classes says what the foreground is, all but the background
 * class unless set, and #invert exchanges both.
 *
 * Masks, which are much smaller than frames, are spread over them softly and along
 * the edges of the picture (a guided filter).
 *
 * What the camera sees must not get out where a mask is missing: a frame without
 * one, or with one older than #max-age, is background as a whole, unless
 * #show-unmasked says otherwise; one that cannot be mapped is dropped with a
 * warning.
 *
 * ## Example launch lines
 *
 * |[
 * gst-launch-1.0 v4l2src ! mobilenetseg model-file=selfie_segmentation.tflite smoothing=0.7 ! mobilenetfx effect=blur ! videoconvert ! autovideosink
 * ]| Blurs what is behind the person before a camera.
 *
 * |[
 * gst-launch-1.0 v4l2src ! mobilenetseg model-file=selfie_segmentation.tflite ! mobilenetfx effect=replace background-file=beach.jpg ! videoconvert ! autovideosink
 * ]| Puts a picture there.
 */

#include "gstmobilenetfx.h"

#include <gst/mobilenet/gstmobilenetmeta.h>

#include "gstmobilenetfilter.h"
#include "gstmobilenetfxcaps.h"
#include "gstmobilenetfxpainter.h"
#include "gstmobilenetfxsettings.h"
#include "gstmobilenetmessage.h"

GST_DEBUG_CATEGORY_STATIC (gst_mobilenet_fx_debug);
#define GST_CAT_DEFAULT gst_mobilenet_fx_debug

struct _GstMobilenetFx
{
  GstBaseTransform parent;

  GstMobilenetFxPainter painter;        /* when model-file is set */
  GstMobilenetFxSettings settings;      /* under the object lock */
  gint changed;                 /* atomic: settings have */

  /* The streaming thread's, from start to stop. */
  GstVideoInfo info, out_info;
  gboolean cuts;                /* the caps in force are those of a cut-out */
  gboolean unmappable;          /* the last frame was */
};

G_DEFINE_TYPE_WITH_CODE (GstMobilenetFx, gst_mobilenet_fx,
    GST_TYPE_BASE_TRANSFORM,
    GST_DEBUG_CATEGORY_INIT (gst_mobilenet_fx_debug, "mobilenetfx", 0,
        "what mobilenetfx does to frames"));
GST_ELEMENT_REGISTER_DEFINE (mobilenetfx, "mobilenetfx", GST_RANK_NONE,
    GST_TYPE_MOBILENET_FX);

static void
gst_mobilenet_fx_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstMobilenetFx *self = GST_MOBILENET_FX (object);
  GstMobilenetFxEffect before, effect;

  if (gst_mobilenet_fx_painter_set (&self->painter, prop_id, value))
    return;
  GST_OBJECT_LOCK (self);
  before = self->settings.effect;
  if (!gst_mobilenet_fx_settings_set (&self->settings, prop_id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  effect = self->settings.effect;
  GST_OBJECT_UNLOCK (self);
  g_atomic_int_set (&self->changed, TRUE);
  if ((before == GST_MOBILENET_FX_CUT_OUT) !=
      (effect == GST_MOBILENET_FX_CUT_OUT))
    gst_base_transform_reconfigure_src (GST_BASE_TRANSFORM (self));
}

static void
gst_mobilenet_fx_get_property (GObject * object, guint prop_id,
    GValue * value, GParamSpec * pspec)
{
  GstMobilenetFx *self = GST_MOBILENET_FX (object);

  if (gst_mobilenet_fx_painter_get (&self->painter, prop_id, value))
    return;
  GST_OBJECT_LOCK (self);
  if (!gst_mobilenet_fx_settings_get (&self->settings, prop_id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_mobilenet_fx_finalize (GObject * object)
{
  GstMobilenetFx *self = GST_MOBILENET_FX (object);

  gst_mobilenet_fx_painter_clear (&self->painter);
  gst_mobilenet_fx_settings_clear (&self->settings);
  G_OBJECT_CLASS (gst_mobilenet_fx_parent_class)->finalize (object);
}

/* A copy, which the caller clears. */
static GstMobilenetFxSettings
copy_settings (GstMobilenetFx * self)
{
  GstMobilenetFxSettings settings;

  GST_OBJECT_LOCK (self);
  gst_mobilenet_fx_settings_copy (&settings, &self->settings);
  GST_OBJECT_UNLOCK (self);
  return settings;
}

/* Is what is asked for a cut-out, whose output has alpha?  The network's picture
 * has the format of the frame. */
static gboolean
wants_alpha (GstMobilenetFx * self)
{
  gboolean wants;

  GST_OBJECT_LOCK (self);
  wants = self->settings.effect == GST_MOBILENET_FX_CUT_OUT
      && !gst_mobilenet_fx_painter_is_wanted (&self->painter);
  GST_OBJECT_UNLOCK (self);
  return wants;
}

/* Opens what the settings name: files are read here. */
static gboolean
gst_mobilenet_fx_start (GstBaseTransform * trans)
{
  GstMobilenetFx *self = GST_MOBILENET_FX (trans);
  GstMobilenetFxSettings settings;

  if (!gst_mobilenet_fx_painter_start (&self->painter))
    return FALSE;
  settings = copy_settings (self);
  self->unmappable = FALSE;
  gst_mobilenet_fx_settings_clear (&settings);
  return TRUE;
}

static gboolean
gst_mobilenet_fx_stop (GstBaseTransform * trans)
{
  gst_mobilenet_fx_painter_stop (&GST_MOBILENET_FX (trans)->painter);
  return TRUE;
}

static GstCaps *
gst_mobilenet_fx_transform_caps (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, GstCaps * filter)
{
  GstMobilenetFx *self = GST_MOBILENET_FX (trans);
  GstCaps *result = wants_alpha (self) ?
      gst_mobilenet_fx_cut_out_caps (caps, direction) : gst_caps_ref (caps);

  if (filter) {
    GstCaps *all = result;

    result = gst_caps_intersect_full (filter, all, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (all);
  }
  return result;
}

static GstCaps *
gst_mobilenet_fx_fixate_caps (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, GstCaps * othercaps)
{
  GstMobilenetFx *self = GST_MOBILENET_FX (trans);

  if (wants_alpha (self))
    return gst_mobilenet_fx_fixate_cut_out (caps, direction, othercaps);
  return gst_caps_fixate (othercaps);
}

/* Plans what depends on the frames' format, and all memory. */
static gboolean
gst_mobilenet_fx_set_caps (GstBaseTransform * trans, GstCaps * incaps,
    GstCaps * outcaps)
{
  GstMobilenetFx *self = GST_MOBILENET_FX (trans);

  if (!gst_video_info_from_caps (&self->info, incaps)
      || !gst_video_info_from_caps (&self->out_info, outcaps)) {
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("The caps are no raw video: %" GST_PTR_FORMAT, incaps), (NULL));
    return FALSE;
  }
  self->cuts = wants_alpha (self);
  gst_base_transform_set_in_place (trans, !self->cuts);
  if (gst_mobilenet_fx_painter_is_active (&self->painter))
    return gst_mobilenet_fx_painter_set_info (&self->painter, &self->info);
  return TRUE;
}

static gboolean
gst_mobilenet_fx_get_unit_size (GstBaseTransform * trans, GstCaps * caps,
    gsize * size)
{
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, caps))
    return FALSE;
  *size = GST_VIDEO_INFO_SIZE (&info);
  return TRUE;
}

static gboolean
gst_mobilenet_fx_propose_allocation (GstBaseTransform * trans,
    GstQuery * decide_query, GstQuery * query)
{
  GstMobilenetFx *self = GST_MOBILENET_FX (trans);

  if (!self->cuts)
    return gst_pad_peer_query (GST_BASE_TRANSFORM_SRC_PAD (trans), query);
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  return TRUE;
}

/* Frames of these caps, in their own format. */
static GstFlowReturn
gst_mobilenet_fx_transform_ip (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstMobilenetFx *self = GST_MOBILENET_FX (trans);

  if (gst_mobilenet_fx_painter_is_active (&self->painter))
    return gst_mobilenet_fx_painter_frame (&self->painter, buffer);
  return GST_FLOW_OK;
}

static gboolean
gst_mobilenet_fx_sink_event (GstBaseTransform * trans, GstEvent * event)
{
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_FLUSH_STOP:
    case GST_EVENT_STREAM_START:
    case GST_EVENT_SEGMENT:
      gst_mobilenet_fx_painter_discard (&GST_MOBILENET_FX (trans)->painter);
      break;
    default:
      break;
  }
  return GST_BASE_TRANSFORM_CLASS (gst_mobilenet_fx_parent_class)->sink_event
      (trans, event);
}

static gboolean
gst_mobilenet_fx_src_event (GstBaseTransform * trans, GstEvent * event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS)
    gst_mobilenet_fx_painter_qos (&GST_MOBILENET_FX (trans)->painter, event);
  return GST_BASE_TRANSFORM_CLASS (gst_mobilenet_fx_parent_class)->src_event
      (trans, event);
}

static gboolean
gst_mobilenet_fx_query (GstBaseTransform * trans, GstPadDirection direction,
    GstQuery * query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY && direction == GST_PAD_SRC) {
    if (!gst_pad_peer_query (GST_BASE_TRANSFORM_SINK_PAD (trans), query))
      return FALSE;
    gst_mobilenet_fx_painter_add_latency (&GST_MOBILENET_FX (trans)->painter,
        query);
    return TRUE;
  }
  return GST_BASE_TRANSFORM_CLASS (gst_mobilenet_fx_parent_class)->query
      (trans, direction, query);
}

static void
gst_mobilenet_fx_class_init (GstMobilenetFxClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);
  GstCaps *caps;

  object_class->set_property = gst_mobilenet_fx_set_property;
  object_class->get_property = gst_mobilenet_fx_get_property;
  object_class->finalize = gst_mobilenet_fx_finalize;
  gst_mobilenet_fx_settings_install (object_class);
  gst_mobilenet_fx_network_settings_install (object_class);
  /* Models are loaded under its debug category. */
  g_type_class_unref (g_type_class_ref (GST_TYPE_MOBILENET_FILTER));

  caps = gst_caps_from_string (GST_MOBILENET_FRAME_CAPS);
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
  gst_caps_unref (caps);
  caps = gst_caps_from_string (GST_MOBILENET_FX_SRC_CAPS);
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
  gst_caps_unref (caps);
  gst_element_class_set_static_metadata (element_class,
      "MobileNet effects", "Filter/Effect/Video",
      "Blurs, replaces or removes the background that a "
      "GstMobilenetSegmentationMeta tells", "The gst-mobilenet authors");

  trans_class->start = gst_mobilenet_fx_start;
  trans_class->stop = gst_mobilenet_fx_stop;
  trans_class->transform_caps = gst_mobilenet_fx_transform_caps;
  trans_class->fixate_caps = gst_mobilenet_fx_fixate_caps;
  trans_class->set_caps = gst_mobilenet_fx_set_caps;
  trans_class->get_unit_size = gst_mobilenet_fx_get_unit_size;
  trans_class->propose_allocation = gst_mobilenet_fx_propose_allocation;
  trans_class->sink_event = gst_mobilenet_fx_sink_event;
  trans_class->src_event = gst_mobilenet_fx_src_event;
  trans_class->query = gst_mobilenet_fx_query;
  trans_class->transform_ip = gst_mobilenet_fx_transform_ip;

  gst_type_mark_as_plugin_api (GST_TYPE_MOBILENET_FX_EFFECT, 0);
}

static void
gst_mobilenet_fx_init (GstMobilenetFx * self)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);

  gst_mobilenet_fx_painter_init (&self->painter, trans);
  gst_mobilenet_fx_settings_init (&self->settings);
  gst_base_transform_set_in_place (trans, TRUE);
}
