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
 * #show-unmasked says otherwise; one that cannot be mapped is dropped.
 *
 * With #model-file set frames get the picture that a network makes of them instead,
 * by #strength; a network of styles takes #style-file, too.
 *
 * ## Example launch lines
 *
 * |[
 * gst-launch-1.0 v4l2src ! mobilenetseg model-file=selfie_segmentation.tflite input-range=zero-one smoothing=0.5 ! mobilenetfx effect=blur ! videoconvert ! autovideosink
 * ]| Blurs what is behind the person before a camera.
 * |[
 * gst-launch-1.0 v4l2src ! mobilenetseg model-file=selfie_segmentation.tflite input-range=zero-one smoothing=0.5 ! mobilenetfx effect=replace background-file=beach.jpg ! videoconvert ! autovideosink
 * ]| Puts a picture there.
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! mobilenetfx model-file=zero_dce.tflite input-size=150x100 ! videoconvert ! autovideosink
 * ]| Brightens a dark camera.
 */

#include "gstmobilenetfx.h"

#include <gst/mobilenet/gstmobilenetmeta.h>

#include "gstmobilenetclasslist.h"
#include "gstmobilenetframe.h"
#include "gstmobilenetfxcaps.h"
#include "gstmobilenetfxclasses.h"
#include "gstmobilenetfxkeyer.h"
#include "gstmobilenetfxpainter.h"
#include "gstmobilenetfxpicture.h"
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
  gboolean no_foreground;       /* the last mask had no background class */
  GstMobilenetFxSettings used;  /* those in force */
  gchar **classes;              /* of these */
  GstMobilenetFxPicture *picture;       /* or NULL */
  GstMobilenetFxKeyer *keyer;
  GstVideoConverter *converter; /* of a cut-out */
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

/* The settings are in force from now on, or, FALSE and `error` filled, what was in
 * force is. */
static gboolean
take_settings (GstMobilenetFx * self, GError ** error)
{
  GstMobilenetFxSettings settings = copy_settings (self);
  MnetError reason = { MNET_OK, "" };
  gchar **classes = gst_mobilenet_class_list_parse (settings.classes, &reason);

  if (!classes) {
    g_set_error_literal (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        reason.text);
    gst_mobilenet_fx_settings_clear (&settings);
    return FALSE;
  }
  g_strfreev (self->classes);
  self->classes = classes;
  gst_mobilenet_fx_settings_clear (&self->used);
  self->used = settings;
  return TRUE;
}

static gboolean
gst_mobilenet_fx_stop (GstBaseTransform * trans)
{
  GstMobilenetFx *self = GST_MOBILENET_FX (trans);

  gst_mobilenet_fx_painter_stop (&self->painter);
  g_clear_pointer (&self->converter, gst_video_converter_free);
  g_clear_pointer (&self->keyer, gst_mobilenet_fx_keyer_free);
  g_clear_pointer (&self->picture, gst_mobilenet_fx_picture_free);
  g_clear_pointer (&self->classes, g_strfreev);
  gst_mobilenet_fx_settings_clear (&self->used);
  return TRUE;
}

/* Opens what the settings name: files are read here. */
static gboolean
gst_mobilenet_fx_start (GstBaseTransform * trans)
{
  GstMobilenetFx *self = GST_MOBILENET_FX (trans);
  GError *error = NULL;

  self->unmappable = self->no_foreground = FALSE;
  g_atomic_int_set (&self->changed, FALSE);
  if (!gst_mobilenet_fx_painter_start (&self->painter))
    return FALSE;
  if (take_settings (self, &error) && self->used.background_file
      && *self->used.background_file)
    self->picture =
        gst_mobilenet_fx_picture_load (self->used.background_file, &error);
  if (!error)
    return TRUE;
  gst_mobilenet_post_error (GST_ELEMENT (self), error);
  gst_mobilenet_fx_stop (trans);
  return FALSE;
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

static void
plan_keyer (GstMobilenetFx * self, gint width, gint height)
{
  g_clear_pointer (&self->keyer, gst_mobilenet_fx_keyer_free);
  self->keyer = gst_mobilenet_fx_keyer_new (&self->info, width, height);
}

/* FALSE and `error` filled when one format cannot be made of the other. */
static gboolean
plan_cut_out (GstMobilenetFx * self, GError ** error)
{
  g_clear_pointer (&self->converter, gst_video_converter_free);
  if (!self->cuts)
    return TRUE;
  if (gst_mobilenet_fx_can_cut_out (&self->info, &self->out_info))
    self->converter =
        gst_video_converter_new (&self->info, &self->out_info, NULL);
  if (!self->converter)
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "Frames of %s of %dx%d cannot be converted to %s; choose another format "
        "with alpha", GST_VIDEO_INFO_NAME (&self->info),
        GST_VIDEO_INFO_WIDTH (&self->info),
        GST_VIDEO_INFO_HEIGHT (&self->info),
        GST_VIDEO_INFO_NAME (&self->out_info));
  return self->converter != NULL;
}

/* Plans what depends on the frames' format, and all memory. */
static gboolean
gst_mobilenet_fx_set_caps (GstBaseTransform * trans, GstCaps * incaps,
    GstCaps * outcaps)
{
  GstMobilenetFx *self = GST_MOBILENET_FX (trans);
  GError *error = NULL;

  if (!gst_video_info_from_caps (&self->info, incaps)
      || !gst_video_info_from_caps (&self->out_info, outcaps)) {
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("The caps are no raw video: %" GST_PTR_FORMAT, incaps), (NULL));
    return FALSE;
  }
  self->cuts = wants_alpha (self);
  gst_base_transform_set_in_place (trans, !self->cuts);
  if (!gst_mobilenet_fx_painter_set_info (&self->painter, &self->info))
    return FALSE;
  if (gst_mobilenet_fx_painter_is_active (&self->painter))
    return TRUE;
  plan_keyer (self, GST_VIDEO_INFO_WIDTH (&self->info),
      GST_VIDEO_INFO_HEIGHT (&self->info));
  if (plan_cut_out (self, &error) && (!self->picture
          || gst_mobilenet_fx_picture_set_format (self->picture, &self->info,
              &error)))
    return TRUE;
  gst_mobilenet_post_error (GST_ELEMENT (self), error);
  return FALSE;
}

/* Whatever the size of a frame that comes in: one that is too small is dropped. */
static gboolean
gst_mobilenet_fx_transform_size (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, gsize size, GstCaps * othercaps,
    gsize * othersize)
{
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, othercaps))
    return FALSE;
  *othersize = GST_VIDEO_INFO_SIZE (&info);
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

/* The mask of a frame; NULL when it has none, or one too old. */
static GstMobilenetSegmentation *
find_mask (GstMobilenetFx * self, GstBuffer * buffer)
{
  GstMobilenetSegmentationMeta *meta =
      gst_buffer_get_mobilenet_segmentation_meta (buffer);

  if (!meta || (GST_CLOCK_TIME_IS_VALID (meta->age)
          && meta->age > self->used.max_age))
    return NULL;
  return meta->segmentation;
}

/* Says once that it is not known what to show. */
static void
find_foreground (GstMobilenetFx * self,
    const GstMobilenetSegmentation * segmentation, gboolean foreground[256])
{
  gboolean told = self->no_foreground;

  self->no_foreground = !gst_mobilenet_fx_classes_find (self->classes,
      self->used.invert, segmentation, foreground);
  if (self->no_foreground && !told)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
        ("None of the classes of %s is the background, so that all is hidden; "
            "set the property classes, or background-class of mobilenetseg",
            gst_mobilenet_segmentation_get_model (segmentation)), (NULL));
}

static gboolean
has_nothing_to_do (GstMobilenetFx * self, GstBuffer * buffer)
{
  if (self->used.effect == GST_MOBILENET_FX_BLUR && self->used.blur_radius == 0)
    return TRUE;
  return self->used.show_unmasked && !find_mask (self, buffer);
}

static void
take_changes (GstMobilenetFx * self)
{
  GError *error = NULL;

  if (!g_atomic_int_compare_and_exchange (&self->changed, TRUE, FALSE))
    return;
  if (!take_settings (self, &error))
    gst_mobilenet_post_warning (GST_ELEMENT (self), error,
        "the element goes on as before");
}

/* Only a frame that something is done to need be writable. */
static GstFlowReturn
gst_mobilenet_fx_prepare_output_buffer (GstBaseTransform * trans,
    GstBuffer * input, GstBuffer ** output)
{
  GstMobilenetFx *self = GST_MOBILENET_FX (trans);

  take_changes (self);
  if (!self->cuts && !gst_mobilenet_fx_painter_is_active (&self->painter)
      && has_nothing_to_do (self, input)) {
    *output = input;
    return GST_FLOW_OK;
  }
  return GST_BASE_TRANSFORM_CLASS (gst_mobilenet_fx_parent_class)
      ->prepare_output_buffer (trans, input, output);
}

/* Says once why frames are dropped: what they show must not get out. */
static GstFlowReturn
drop (GstMobilenetFx * self, GstBuffer * buffer, const gchar * reason)
{
  if (!self->unmappable)
    GST_ELEMENT_WARNING (self, RESOURCE, WRITE,
        ("The background of a frame of %" G_GSIZE_FORMAT " bytes cannot be "
            "hidden as %dx%d %s: %s; it is dropped, as those that follow are "
            "until one can", gst_buffer_get_size (buffer),
            GST_VIDEO_INFO_WIDTH (&self->info),
            GST_VIDEO_INFO_HEIGHT (&self->info),
            GST_VIDEO_INFO_NAME (&self->info), reason), (NULL));
  self->unmappable = TRUE;
  return GST_BASE_TRANSFORM_FLOW_DROPPED;
}

static void
look (GstMobilenetFx * self, GstBuffer * buffer, const GstVideoFrame * frame)
{
  GstMobilenetSegmentation *mask = find_mask (self, buffer);
  gboolean foreground[256];

  if (mask)
    find_foreground (self, mask, foreground);
  if (!gst_mobilenet_fx_keyer_fits (self->keyer, frame))
    plan_keyer (self, GST_VIDEO_FRAME_WIDTH (frame),
        GST_VIDEO_FRAME_HEIGHT (frame));
  gst_mobilenet_fx_keyer_look (self->keyer, frame, mask, foreground);
}

/* Frames stay in their own format. */
static GstFlowReturn
gst_mobilenet_fx_transform_ip (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstMobilenetFx *self = GST_MOBILENET_FX (trans);
  const gchar *reason;
  GstVideoFrame frame;

  if (gst_mobilenet_fx_painter_is_active (&self->painter))
    return gst_mobilenet_fx_painter_frame (&self->painter, buffer);
  if (has_nothing_to_do (self, buffer))
    return GST_FLOW_OK;
  if (!gst_mobilenet_frame_map (&frame, &self->info, buffer,
          GST_MAP_READWRITE, &reason))
    return drop (self, buffer, reason);
  self->unmappable = FALSE;
  look (self, buffer, &frame);
  if (self->used.effect == GST_MOBILENET_FX_BLUR)
    gst_mobilenet_fx_keyer_blur (self->keyer, &frame,
        self->used.blur_radius * GST_VIDEO_INFO_HEIGHT (&self->info));
  else if (self->picture)
    gst_mobilenet_fx_keyer_replace (self->keyer, &frame,
        gst_mobilenet_fx_picture_frame (self->picture));
  else
    gst_mobilenet_fx_keyer_fill (self->keyer, &frame,
        self->used.background_color);
  gst_video_frame_unmap (&frame);
  GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_GAP);
  return GST_FLOW_OK;
}

/* Both are mapped.  Caps say the size of a copy. */
static void
cut_out (GstMobilenetFx * self, GstBuffer * buffer, GstVideoFrame * from,
    GstVideoFrame * to)
{
  gst_video_converter_frame (self->converter, from, to);
  if (self->used.show_unmasked && !find_mask (self, buffer))
    return;
  from->info.width = GST_VIDEO_INFO_WIDTH (&self->info);
  from->info.height = GST_VIDEO_INFO_HEIGHT (&self->info);
  look (self, buffer, from);
  gst_mobilenet_fx_keyer_cut_out (self->keyer, from, to);
}

/* A cut-out: frames become copies in a format with alpha. */
static GstFlowReturn
gst_mobilenet_fx_transform (GstBaseTransform * trans, GstBuffer * input,
    GstBuffer * output)
{
  GstMobilenetFx *self = GST_MOBILENET_FX (trans);
  GstVideoFrame from, to;
  const gchar *reason;

  if (gst_buffer_get_video_crop_meta (input))
    return drop (self, input, "it has a GstVideoCropMeta");
  if (!gst_mobilenet_frame_map (&from, &self->info, input, GST_MAP_READ,
          &reason))
    return drop (self, input, reason);
  if (!gst_mobilenet_frame_map (&to, &self->out_info, output,
          GST_MAP_READWRITE, &reason)) {
    gst_video_frame_unmap (&from);
    return drop (self, input, reason);
  }
  self->unmappable = FALSE;
  cut_out (self, input, &from, &to);
  gst_video_frame_unmap (&to);
  gst_video_frame_unmap (&from);
  return GST_FLOW_OK;
}

static gboolean
gst_mobilenet_fx_transform_meta (GstBaseTransform * trans, GstBuffer * output,
    GstMeta * meta, GstBuffer * input)
{
  return gst_mobilenet_fx_cut_out_keeps (meta->info->api);
}

static gboolean
gst_mobilenet_fx_sink_event (GstBaseTransform * trans, GstEvent * event)
{
  gst_mobilenet_fx_painter_event (&GST_MOBILENET_FX (trans)->painter, event);
  return GST_BASE_TRANSFORM_CLASS (gst_mobilenet_fx_parent_class)->sink_event
      (trans, event);
}

static gboolean
gst_mobilenet_fx_src_event (GstBaseTransform * trans, GstEvent * event)
{
  gst_mobilenet_fx_painter_event (&GST_MOBILENET_FX (trans)->painter, event);
  return GST_BASE_TRANSFORM_CLASS (gst_mobilenet_fx_parent_class)->src_event
      (trans, event);
}

static gboolean
gst_mobilenet_fx_query (GstBaseTransform * trans, GstPadDirection direction,
    GstQuery * query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY && direction == GST_PAD_SRC)
    return gst_mobilenet_fx_painter_latency (&GST_MOBILENET_FX (trans)->painter,
        query);
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
  gst_mobilenet_fx_painter_install (object_class);

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
      "Blurs, replaces or removes the background that a GstMobilenetSegmentation"
      "Meta tells, or paints frames by a network", "The gst-mobilenet authors");

  trans_class->start = gst_mobilenet_fx_start;
  trans_class->stop = gst_mobilenet_fx_stop;
  trans_class->transform_caps = gst_mobilenet_fx_transform_caps;
  trans_class->fixate_caps = gst_mobilenet_fx_fixate_caps;
  trans_class->set_caps = gst_mobilenet_fx_set_caps;
  trans_class->transform_size = gst_mobilenet_fx_transform_size;
  trans_class->propose_allocation = gst_mobilenet_fx_propose_allocation;
  trans_class->sink_event = gst_mobilenet_fx_sink_event;
  trans_class->src_event = gst_mobilenet_fx_src_event;
  trans_class->query = gst_mobilenet_fx_query;
  trans_class->prepare_output_buffer = gst_mobilenet_fx_prepare_output_buffer;
  trans_class->transform_ip = gst_mobilenet_fx_transform_ip;
  trans_class->transform = gst_mobilenet_fx_transform;
  trans_class->transform_meta = gst_mobilenet_fx_transform_meta;

  gst_type_mark_as_plugin_api (GST_TYPE_MOBILENET_FX_EFFECT, 0);
}

static void
gst_mobilenet_fx_init (GstMobilenetFx * self)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);

  gst_mobilenet_fx_painter_init (&self->painter, trans);
  gst_mobilenet_fx_settings_init (&self->settings);
  /* Frames may come before the start has ended. */
  gst_mobilenet_fx_settings_init (&self->used);
  gst_base_transform_set_in_place (trans, TRUE);
}
