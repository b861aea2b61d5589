/* SPDX-License-Identifier: MIT
 *
 * What mobilenetoverlay agrees on with its neighbours: caps with and without
 * GstVideoOverlayComposition, and whether downstream takes that. */

#include "gstmobilenetoverlaycaps.h"

#include <gst/video/video.h>

#include "gstmobilenetframe.h"

#define FEATURE GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION

static gboolean
has_overlays (const GstCaps * caps, guint i)
{
  const GstCapsFeatures *features = gst_caps_get_features (caps, i);

  return !gst_caps_features_is_any (features)
      && gst_caps_features_contains (features, FEATURE);
}

/* Appends structure i of `caps`, with overlays or without. */
static void
append_as (GstCaps * to, const GstCaps * caps, guint i, gboolean overlays)
{
  GstCapsFeatures *features =
      gst_caps_features_copy (gst_caps_get_features (caps, i));

  if (overlays && !gst_caps_features_contains (features, FEATURE))
    gst_caps_features_add (features, FEATURE);
  if (!overlays)
    gst_caps_features_remove (features, FEATURE);
  gst_caps_append_structure_full (to,
      gst_structure_copy (gst_caps_get_structure (caps, i)), features);
}

GstCaps *
gst_mobilenet_overlay_template_caps (void)
{
  GstCaps *plain = gst_caps_from_string (GST_MOBILENET_FRAME_CAPS);
  GstCaps *caps = gst_caps_copy (plain);

  append_as (caps, plain, 0, TRUE);
  gst_caps_unref (plain);
  return caps;
}

/* Overlays that upstream attached stay: behind them are always some. */
GstCaps *
gst_mobilenet_overlay_caps (const GstCaps * caps, GstPadDirection direction,
    gboolean composes)
{
  GstCaps *result = gst_caps_new_empty ();
  guint i;

  for (i = 0; i < gst_caps_get_size (caps); i++) {
    gboolean overlays = has_overlays (caps, i);

    if (direction == GST_PAD_SINK) {
      append_as (result, caps, i, overlays);
      if (composes && !overlays)
        append_as (result, caps, i, TRUE);
    } else {
      if (composes || !overlays)
        append_as (result, caps, i, FALSE);
      if (overlays)
        append_as (result, caps, i, TRUE);
    }
  }
  return result;
}

guint
gst_mobilenet_overlay_choose_caps (const GstCaps * caps, gboolean composes)
{
  guint i;

  for (i = 0; i < gst_caps_get_size (caps); i++)
    if (has_overlays (caps, i) == composes)
      return i;
  return 0;
}

gboolean
gst_mobilenet_overlay_peer_names_overlays (GstPad * pad)
{
  GstCaps *caps = gst_pad_peer_query_caps (pad, NULL);
  gboolean named = FALSE;
  guint i;

  for (i = 0; caps && !named && i < gst_caps_get_size (caps); i++)
    named = has_overlays (caps, i);
  gst_clear_caps (&caps);
  return named;
}

gboolean
gst_mobilenet_overlay_peer_takes_overlays (GstPad * pad)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);
  GstQuery *query;
  gboolean taken;

  if (!caps)
    return FALSE;
  query = gst_query_new_allocation (caps, FALSE);
  taken = gst_pad_peer_query (pad, query)
      && gst_query_find_allocation_meta (query,
      GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
  gst_query_unref (query);
  gst_caps_unref (caps);
  return taken;
}

static void
copy_answer (GstQuery * from, GstQuery * to)
{
  guint i;

  for (i = 0; i < gst_query_get_n_allocation_pools (from); i++) {
    GstBufferPool *pool;
    guint size, least, most;

    gst_query_parse_nth_allocation_pool (from, i, &pool, &size, &least, &most);
    gst_query_add_allocation_pool (to, pool, size, least, most);
    gst_clear_object (&pool);
  }
  for (i = 0; i < gst_query_get_n_allocation_params (from); i++) {
    GstAllocator *allocator;
    GstAllocationParams params;

    gst_query_parse_nth_allocation_param (from, i, &allocator, &params);
    gst_query_add_allocation_param (to, allocator, &params);
    gst_clear_object (&allocator);
  }
  for (i = 0; i < gst_query_get_n_allocation_metas (from); i++) {
    const GstStructure *params;
    GType api = gst_query_parse_nth_allocation_meta (from, i, &params);

    gst_query_add_allocation_meta (to, api, params);
  }
}

gboolean
gst_mobilenet_overlay_forward_allocation (GstPad * pad, GstQuery * query)
{
  GstCaps *caps = gst_pad_get_current_caps (pad), *asked;
  gboolean need_pool, answered;
  GstQuery *forwarded;

  gst_query_parse_allocation (query, &asked, &need_pool);
  if (!caps || !asked || gst_caps_is_equal (caps, asked)) {
    gst_clear_caps (&caps);
    return gst_pad_peer_query (pad, query);
  }
  forwarded = gst_query_new_allocation (caps, need_pool);
  gst_caps_unref (caps);
  answered = gst_pad_peer_query (pad, forwarded);
  if (answered)
    copy_answer (forwarded, query);
  gst_query_unref (forwarded);
  return answered;
}
