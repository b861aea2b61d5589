/* SPDX-License-Identifier: MIT
 *
 * The element mobilenetoverlay: draws what the metas of the MobileNet elements
 * say. */
/**
 * SECTION:element-mobilenetoverlay
 * @title: mobilenetoverlay
 * @short_description: draws detections, classes and masks on video frames
 * @see_also: #GstMobilenetDetectionMeta, #GstMobilenetClassificationMeta,
 *     #GstMobilenetSegmentationMeta
 *
 * Draws what #GstMobilenetDetectionMeta, #GstMobilenetClassificationMeta and
 * #GstMobilenetSegmentationMeta say: boxes with label and score, what a second
 * stage said of each, key points, areas of classes, and at the top left the best
 * classes of the whole frame and those of the areas, with the share of the picture
 * that they cover. With
 * #show-counts it also says there how many things of each class were detected;
 * with #show-stats, at the bottom left, frames a second, how long after their capture
 * frames are here if the pipeline is live, and how old the results on them are,
 * as means of half a second.
 *
 * It draws in the frame's own format and colours: no converter is needed around
 * it. A frame that has nothing to draw passes untouched and is not copied.
 * Lines, which have dark outlines, and text are sized by the frame unless
 * #line-width and #font-size say otherwise. Labels stand above their box where
 * there is room, stay inside the frame and keep clear of each other as far as
 * they can; one that better ones would hide by more than a quarter is left out.
 * A box outside of the frame, or of no numbers, is not drawn; of one frame at
 * most 1000 boxes and 100 labels are, the best first.
 *
 * The areas of a segmentation lie below all else, each in the color of its class
 * with #mask-opacity and with a line of that color, half as wide as those of boxes,
 * inside of its edges. The background is not drawn; #show-masks draws none of them.
 *
 * With `attach=auto` labels are not drawn but handed on as
 * #GstVideoOverlayComposition where downstream says that it takes them (caps and
 * ALLOCATION query), as most sinks do that render with a GPU. Boxes are always
 * drawn.
 *
 * ## Example launch lines
 *
 * |[
 * gst-launch-1.0 v4l2src ! mobilenetssd model-file=ssd.tflite ! mobilenetoverlay show-stats=true ! videoconvert ! autovideosink
 * ]| Boxes on the picture of a camera.
 *
 * |[
 * gst-launch-1.0 filesrc location=street.mp4 ! decodebin ! mobilenetssd model-file=ssd.tflite ! mobilenetoverlay colors="person=#ff4040,car=#40a0ff" ! videoconvert ! vp8enc ! webmmux ! filesink location=annotated.webm
 * ]| An annotated film.
 */

#include "gstmobilenetoverlay.h"

#include <gst/mobilenet/gstmobilenetmeta.h>
#include <math.h>

#include "gstmobilenetcolors.h"
#include "gstmobilenetmessage.h"
#include "gstmobilenetoverlaycaps.h"
#include "gstmobilenetoverlaysettings.h"
#include "gstmobilenetrate.h"
#include "gstmobilenetscene.h"

GST_DEBUG_CATEGORY_STATIC (gst_mobilenet_overlay_debug);
#define GST_CAT_DEFAULT gst_mobilenet_overlay_debug

struct _GstMobilenetOverlay
{
  GstBaseTransform parent;

  GstMobilenetOverlaySettings settings; /* under the object lock */
  gint changed;                 /* atomic: settings have */
  gint ask_neighbours;          /* atomic: before the next frame */

  /* The streaming thread's, from start to stop. */
  GstVideoInfo info;
  GstMobilenetCanvasFormat format;
  GstMobilenetSceneStyle style;
  gboolean show_stats;
  gboolean attaches;            /* labels are handed on */
  gboolean live;                /* upstream is: timestamps tell the capture */
  gboolean draws;               /* on the frame that is under way */
  gboolean unwritable;          /* the last frame to be drawn on was */
  GstMobilenetText *text;
  GstMobilenetScene *scene;
  GstMobilenetRate rate;
};

G_DEFINE_TYPE_WITH_CODE (GstMobilenetOverlay, gst_mobilenet_overlay,
    GST_TYPE_BASE_TRANSFORM,
    GST_DEBUG_CATEGORY_INIT (gst_mobilenet_overlay_debug, "mobilenetoverlay",
        0, "what mobilenetoverlay draws"));
GST_ELEMENT_REGISTER_DEFINE (mobilenetoverlay, "mobilenetoverlay",
    GST_RANK_NONE, GST_TYPE_MOBILENET_OVERLAY);

static void
gst_mobilenet_overlay_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstMobilenetOverlay *self = GST_MOBILENET_OVERLAY (object);
  GstMobilenetAttach before, attach;

  GST_OBJECT_LOCK (self);
  before = self->settings.attach;
  if (!gst_mobilenet_overlay_settings_set (&self->settings, prop_id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  attach = self->settings.attach;
  GST_OBJECT_UNLOCK (self);
  g_atomic_int_set (&self->changed, TRUE);
  if (attach != before) {
    g_atomic_int_set (&self->ask_neighbours, TRUE);
    gst_base_transform_reconfigure_src (GST_BASE_TRANSFORM (self));
  }
}

static void
gst_mobilenet_overlay_get_property (GObject * object, guint prop_id,
    GValue * value, GParamSpec * pspec)
{
  GstMobilenetOverlay *self = GST_MOBILENET_OVERLAY (object);

  GST_OBJECT_LOCK (self);
  if (!gst_mobilenet_overlay_settings_get (&self->settings, prop_id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_mobilenet_overlay_finalize (GObject * object)
{
  GstMobilenetOverlay *self = GST_MOBILENET_OVERLAY (object);

  gst_mobilenet_overlay_settings_clear (&self->settings);
  G_OBJECT_CLASS (gst_mobilenet_overlay_parent_class)->finalize (object);
}

static GstMobilenetAttach
get_attach (GstMobilenetOverlay * self)
{
  GstMobilenetAttach attach;

  GST_OBJECT_LOCK (self);
  attach = self->settings.attach;
  GST_OBJECT_UNLOCK (self);
  return attach;
}

/* Are labels to be handed on?  Where the property leaves it open, downstream's
 * answer to `ask` decides. */
static gboolean
hands_labels_on (GstMobilenetOverlay * self, gboolean (*ask) (GstPad * pad))
{
  GstMobilenetAttach attach = get_attach (self);

  if (attach == GST_MOBILENET_ATTACH_AUTO)
    return ask (GST_BASE_TRANSFORM_SRC_PAD (self));
  return attach == GST_MOBILENET_ATTACH_ALWAYS;
}

/* A copy, which the caller clears. */
static GstMobilenetOverlaySettings
copy_settings (GstMobilenetOverlay * self)
{
  GstMobilenetOverlaySettings settings;

  GST_OBJECT_LOCK (self);
  gst_mobilenet_overlay_settings_copy (&settings, &self->settings);
  GST_OBJECT_UNLOCK (self);
  return settings;
}

/* Takes the colours over; those of before stay, and there is an error, when they
 * are none. */
static gboolean
take_colors (GstMobilenetOverlay * self, const gchar * colors, gchar ** error)
{
  GHashTable *table = gst_mobilenet_colors_parse (colors, error);

  if (!table)
    return FALSE;
  if (self->style.colors)
    g_hash_table_unref (self->style.colors);
  self->style.colors = table;
  return TRUE;
}

/* Takes the settings over, for the caps in force. */
static void
take_settings (GstMobilenetOverlay * self)
{
  GstMobilenetOverlaySettings settings = copy_settings (self);
  gdouble extent = sqrt ((gdouble) GST_VIDEO_INFO_WIDTH (&self->info) *
      GST_VIDEO_INFO_HEIGHT (&self->info));
  gchar *error = NULL;

  if (!take_colors (self, settings.colors, &error)) {
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS, ("%s", error), (NULL));
    g_free (error);
  }
  self->style.line_width = settings.line_width ? settings.line_width :
      (guint) MAX (2, floor (extent / 330 + 0.5));
  self->style.opacity = settings.opacity;
  self->style.show_labels = settings.show_labels;
  self->style.show_scores = settings.show_scores;
  self->style.show_classes = settings.show_classes;
  self->style.show_counts = settings.show_counts;
  self->style.show_masks = settings.show_masks;
  self->style.mask_opacity = settings.mask_opacity;
  self->show_stats = settings.show_stats;
  gst_mobilenet_text_configure (self->text,
      settings.font,
      settings.font_size ? settings.font_size :
      (guint) CLAMP (floor (extent / 60 + 0.5), 11,
          GST_MOBILENET_OVERLAY_MAX_FONT_SIZE), settings.opacity);
  gst_mobilenet_overlay_settings_clear (&settings);
}

static gboolean
gst_mobilenet_overlay_start (GstBaseTransform * trans)
{
  GstMobilenetOverlay *self = GST_MOBILENET_OVERLAY (trans);
  GstMobilenetOverlaySettings settings = copy_settings (self);
  gchar *error = NULL;
  gboolean taken = take_colors (self, settings.colors, &error);

  self->unwritable = FALSE;
  gst_mobilenet_overlay_settings_clear (&settings);
  if (!taken) {
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("%s", error), (NULL));
    g_free (error);
    return FALSE;
  }
  self->text = gst_mobilenet_text_new ();
  self->scene = gst_mobilenet_scene_new ();
  gst_mobilenet_rate_reset (&self->rate);
  return TRUE;
}

static gboolean
gst_mobilenet_overlay_stop (GstBaseTransform * trans)
{
  GstMobilenetOverlay *self = GST_MOBILENET_OVERLAY (trans);

  g_clear_pointer (&self->scene, gst_mobilenet_scene_free);
  g_clear_pointer (&self->text, gst_mobilenet_text_free);
  g_clear_pointer (&self->style.colors, g_hash_table_unref);
  return TRUE;
}

static GstCaps *
gst_mobilenet_overlay_transform_caps (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, GstCaps * filter)
{
  GstMobilenetOverlay *self = GST_MOBILENET_OVERLAY (trans);
  GstCaps *result = gst_mobilenet_overlay_caps (caps, direction,
      get_attach (self) != GST_MOBILENET_ATTACH_NEVER);

  if (filter) {
    GstCaps *all = result;

    result = gst_caps_intersect_full (filter, all, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (all);
  }
  return result;
}

static GstCaps *
gst_mobilenet_overlay_fixate_caps (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, GstCaps * othercaps)
{
  GstMobilenetOverlay *self = GST_MOBILENET_OVERLAY (trans);
  gboolean composes = FALSE;
  GstCaps *chosen;

  if (direction == GST_PAD_SINK)
    composes =
        hands_labels_on (self, gst_mobilenet_overlay_peer_names_overlays);
  if (gst_caps_is_empty (othercaps))
    return othercaps;
  chosen = gst_caps_copy_nth (othercaps,
      gst_mobilenet_overlay_choose_caps (othercaps, composes));
  gst_caps_unref (othercaps);
  return gst_caps_fixate (chosen);
}

static gboolean
gst_mobilenet_overlay_set_caps (GstBaseTransform * trans, GstCaps * incaps,
    GstCaps * outcaps)
{
  GstMobilenetOverlay *self = GST_MOBILENET_OVERLAY (trans);

  if (!gst_video_info_from_caps (&self->info, incaps)) {
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("The caps are no raw video: %" GST_PTR_FORMAT, incaps), (NULL));
    return FALSE;
  }
  gst_mobilenet_canvas_format_init (&self->format, &self->info);
  g_atomic_int_set (&self->changed, FALSE);
  take_settings (self);
  /* Looks for fonts, now rather than with the first frame. */
  gst_mobilenet_text_sprite (self->text, "0%", 0xffffff);
  g_atomic_int_set (&self->ask_neighbours, TRUE);
  return TRUE;
}

static gboolean
gst_mobilenet_overlay_src_event (GstBaseTransform * trans, GstEvent * event)
{
  GstMobilenetOverlay *self = GST_MOBILENET_OVERLAY (trans);

  if (GST_EVENT_TYPE (event) == GST_EVENT_RECONFIGURE)
    g_atomic_int_set (&self->ask_neighbours, TRUE);
  return GST_BASE_TRANSFORM_CLASS (gst_mobilenet_overlay_parent_class)
      ->src_event (trans, event);
}

static gboolean
gst_mobilenet_overlay_propose_allocation (GstBaseTransform * trans,
    GstQuery * decide_query, GstQuery * query)
{
  return gst_mobilenet_overlay_forward_allocation (GST_BASE_TRANSFORM_SRC_PAD
      (trans), query);
}

static void
ask_neighbours (GstMobilenetOverlay * self)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);
  GstQuery *query = gst_query_new_latency ();

  self->attaches =
      hands_labels_on (self, gst_mobilenet_overlay_peer_takes_overlays);
  self->live = FALSE;
  if (gst_pad_peer_query (GST_BASE_TRANSFORM_SINK_PAD (trans), query))
    gst_query_parse_latency (query, &self->live, NULL, NULL);
  gst_query_unref (query);
  GST_DEBUG_OBJECT (self, "labels are %s, upstream is %slive",
      self->attaches ? "attached" : "drawn", self->live ? "" : "not ");
}

/* From the frame's capture to now; GST_CLOCK_STIME_NONE when that is not
 * known. */
static GstClockTimeDiff
frame_latency (GstMobilenetOverlay * self, GstBuffer * buffer)
{
  GstClock *clock = gst_element_get_clock (GST_ELEMENT (self));
  GstClockTime captured, now;

  if (!clock || !self->live) {
    gst_clear_object (&clock);
    return GST_CLOCK_STIME_NONE;
  }
  now = gst_clock_get_time (clock) -
      gst_element_get_base_time (GST_ELEMENT (self));
  gst_object_unref (clock);
  captured = gst_mobilenet_running_time (&GST_BASE_TRANSFORM (self)->segment,
      GST_BUFFER_PTS (buffer));
  if (!GST_CLOCK_TIME_IS_VALID (captured) || captured > now)
    return GST_CLOCK_STIME_NONE;
  return GST_CLOCK_DIFF (captured, now);
}

/* Of the oldest result; GST_CLOCK_STIME_NONE without one. */
static GstClockTimeDiff
result_age (GstBuffer * buffer)
{
  GstClockTimeDiff oldest = GST_CLOCK_STIME_NONE;
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta (buffer, &state))) {
    GstClockTime age = GST_CLOCK_TIME_NONE;

    if (meta->info->api == GST_MOBILENET_DETECTION_META_API_TYPE)
      age = ((GstMobilenetDetectionMeta *) meta)->age;
    else if (meta->info->api == GST_MOBILENET_CLASSIFICATION_META_API_TYPE)
      age = ((GstMobilenetClassificationMeta *) meta)->age;
    else if (meta->info->api == GST_MOBILENET_SEGMENTATION_META_API_TYPE)
      age = ((GstMobilenetSegmentationMeta *) meta)->age;
    if (GST_CLOCK_TIME_IS_VALID (age) && age <= G_MAXINT64)
      oldest = GST_CLOCK_STIME_IS_VALID (oldest) ?
          MAX (oldest, (GstClockTimeDiff) age) : (GstClockTimeDiff) age;
  }
  return oldest;
}

/* What changed since the last frame is taken over, and whether there is
 * something to draw on this one is found out. */
static void
prepare_frame (GstMobilenetOverlay * self, GstBuffer * buffer)
{
  if (g_atomic_int_compare_and_exchange (&self->changed, TRUE, FALSE))
    take_settings (self);
  if (g_atomic_int_compare_and_exchange (&self->ask_neighbours, TRUE, FALSE))
    ask_neighbours (self);
  if (self->show_stats)
    gst_mobilenet_rate_count (&self->rate, g_get_monotonic_time (),
        frame_latency (self, buffer), result_age (buffer));
  self->draws = self->style.opacity > 0
      && ((self->show_stats && *self->rate.text)
      || gst_mobilenet_scene_is_needed (buffer, &self->style));
}

/* Only a frame that is drawn on need be writable. */
static GstFlowReturn
gst_mobilenet_overlay_prepare_output_buffer (GstBaseTransform * trans,
    GstBuffer * input, GstBuffer ** output)
{
  GstMobilenetOverlay *self = GST_MOBILENET_OVERLAY (trans);

  prepare_frame (self, input);
  if (!self->draws) {
    *output = input;
    return GST_FLOW_OK;
  }
  return GST_BASE_TRANSFORM_CLASS (gst_mobilenet_overlay_parent_class)
      ->prepare_output_buffer (trans, input, output);
}

static gboolean
map_frame (GstMobilenetOverlay * self, GstMobilenetCanvas * canvas,
    GstBuffer * buffer)
{
  gboolean told = self->unwritable;
  const gchar *reason;

  self->unwritable = !gst_mobilenet_canvas_map (canvas, &self->info, buffer,
      &reason);
  if (!self->unwritable)
    return TRUE;
  /* Cameras and decoders that break send such frames: they pass. */
  if (!told)
    GST_ELEMENT_WARNING (self, RESOURCE, WRITE,
        ("A frame of %" G_GSIZE_FORMAT " bytes cannot be drawn on as %dx%d %s: "
            "%s; it passes as it is, as those that follow do until one can",
            gst_buffer_get_size (buffer), GST_VIDEO_INFO_WIDTH (&self->info),
            GST_VIDEO_INFO_HEIGHT (&self->info),
            GST_VIDEO_INFO_NAME (&self->info), reason), (NULL));
  return FALSE;
}

static GstFlowReturn
gst_mobilenet_overlay_transform_ip (GstBaseTransform * trans,
    GstBuffer * buffer)
{
  GstMobilenetOverlay *self = GST_MOBILENET_OVERLAY (trans);
  GstMobilenetCanvas canvas;
  /* Overlays know nothing of the part that a crop meta shows. */
  gboolean attach = self->attaches && !gst_buffer_get_video_crop_meta (buffer);

  if (!self->draws)
    return GST_FLOW_OK;
  if (!map_frame (self, &canvas, buffer))
    return GST_FLOW_OK;
  gst_mobilenet_scene_build (self->scene, buffer, &self->style, self->text,
      &canvas.area,
      self->show_stats && *self->rate.text ? self->rate.text : NULL);
  gst_mobilenet_scene_draw_masks (self->scene, buffer, &self->style,
      &self->format, &canvas);
  gst_mobilenet_scene_draw_boxes (self->scene, &self->style, &self->format,
      &canvas);
  if (!attach)
    gst_mobilenet_scene_draw_labels (self->scene, &self->format, &canvas);
  gst_mobilenet_canvas_unmap (&canvas);
  if (attach)
    gst_mobilenet_scene_attach_labels (self->scene, buffer);
  GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_GAP);
  return GST_FLOW_OK;
}

static void
gst_mobilenet_overlay_class_init (GstMobilenetOverlayClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);
  GstCaps *caps = gst_mobilenet_overlay_template_caps ();

  object_class->set_property = gst_mobilenet_overlay_set_property;
  object_class->get_property = gst_mobilenet_overlay_get_property;
  object_class->finalize = gst_mobilenet_overlay_finalize;
  gst_mobilenet_overlay_settings_install (object_class);

  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
  gst_caps_unref (caps);
  gst_element_class_set_static_metadata (element_class,
      "MobileNet overlay", "Filter/Editor/Video",
      "Draws what GstMobilenetDetectionMeta, GstMobilenetClassificationMeta and "
      "GstMobilenetSegmentationMeta say: boxes, labels, key points, classes, "
      "masks", "The gst-mobilenet authors");

  trans_class->start = gst_mobilenet_overlay_start;
  trans_class->stop = gst_mobilenet_overlay_stop;
  trans_class->transform_caps = gst_mobilenet_overlay_transform_caps;
  trans_class->fixate_caps = gst_mobilenet_overlay_fixate_caps;
  trans_class->set_caps = gst_mobilenet_overlay_set_caps;
  trans_class->src_event = gst_mobilenet_overlay_src_event;
  trans_class->propose_allocation = gst_mobilenet_overlay_propose_allocation;
  trans_class->prepare_output_buffer =
      gst_mobilenet_overlay_prepare_output_buffer;
  trans_class->transform_ip = gst_mobilenet_overlay_transform_ip;

  gst_type_mark_as_plugin_api (GST_TYPE_MOBILENET_ATTACH, 0);
}

static void
gst_mobilenet_overlay_init (GstMobilenetOverlay * self)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);

  gst_mobilenet_overlay_settings_init (&self->settings);
  gst_base_transform_set_in_place (trans, TRUE);
  gst_base_transform_set_gap_aware (trans, TRUE);
}
