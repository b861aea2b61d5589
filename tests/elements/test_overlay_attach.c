/* SPDX-License-Identifier: MIT
 *
 * mobilenetoverlay with sinks that draw labels themselves. */
#include "overlay_fixture.h"
#include "runner.h"

#define OVERLAY_CAPS \
    "video/x-raw(memory:SystemMemory, meta:GstVideoOverlayComposition)"

/* What comes of a frame with one box; `offered`: downstream says in an
 * ALLOCATION query that it takes overlays. */
static GstBuffer *
push_box (const gchar * properties, const gchar * sink_caps, gboolean offered,
    const GstVideoInfo * info, gboolean * overlay_caps)
{
  gchar *launch = g_strdup_printf ("mobilenetoverlay %s", properties);
  GstHarness *harness = gst_harness_new_parse (launch);
  GstBuffer *frame = overlay_frame (info, 100);
  GstCaps *caps;

  g_free (launch);
  if (sink_caps)
    gst_harness_set_sink_caps_str (harness, sink_caps);
  if (offered)
    gst_harness_add_propose_allocation_meta (harness,
        GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
  gst_harness_set_src_caps (harness, gst_video_info_to_caps (info));
  overlay_add_box (frame, 100, 100, 80, 80);
  frame = overlay_push (harness, frame);
  caps = gst_pad_get_current_caps (harness->sinkpad);
  *overlay_caps = gst_caps_features_contains (gst_caps_get_features (caps, 0),
      GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION);
  gst_caps_unref (caps);
  gst_harness_teardown (harness);
  return frame;
}

static const struct
{
  const gchar *properties, *sink_caps;
  gboolean offered;
  gboolean attached, overlay_caps;      /* expected */
} negotiations[] = {
  {"", NULL, FALSE, FALSE, FALSE},
  {"", NULL, TRUE, TRUE, FALSE},
  {"", "video/x-raw", TRUE, TRUE, FALSE},
  {"", OVERLAY_CAPS, TRUE, TRUE, TRUE},
  {"", OVERLAY_CAPS ";video/x-raw", TRUE, TRUE, TRUE},
  {"", "video/x-raw;" OVERLAY_CAPS, TRUE, TRUE, TRUE},
  {"", OVERLAY_CAPS, FALSE, FALSE, TRUE},
  {"attach=never", NULL, TRUE, FALSE, FALSE},
  {"attach=never", "video/x-raw;" OVERLAY_CAPS, TRUE, FALSE, FALSE},
  {"attach=always", NULL, FALSE, TRUE, TRUE},
  {"attach=always", "video/x-raw", FALSE, TRUE, FALSE},
};

/* Either labels are on the frame, or they are handed on and it has lines only. */
GST_START_TEST (test_negotiation)
{
  gboolean attached = negotiations[__i__].attached, overlay_caps;
  GstVideoOverlayCompositionMeta *meta;
  GstBuffer *before, *after;
  GstVideoInfo info;
  gint area[4];

  overlay_info (&info, "I420", 320, 240, NULL);
  before = overlay_frame (&info, 100);
  after = push_box (negotiations[__i__].properties,
      negotiations[__i__].sink_caps, negotiations[__i__].offered, &info,
      &overlay_caps);
  fail_unless_equals_int (overlay_caps, negotiations[__i__].overlay_caps);
  meta = gst_buffer_get_video_overlay_composition_meta (after);
  fail_unless_equals_int (meta != NULL, attached);
  fail_unless (overlay_changed_area (&info, before, after, area));
  fail_unless (area[3] == 183);
  if (attached) {
    fail_unless_equals_int (area[1], 97);
    fail_unless_equals_int (gst_video_overlay_composition_n_rectangles
        (meta->overlay), 2);
  } else {
    fail_unless (area[1] < 90);
  }
  gst_buffer_unref (before);
  gst_buffer_unref (after);
}

GST_END_TEST;

/* What a sink blends looks as what the element draws. */
GST_START_TEST (test_looks_the_same)
{
  GstVideoOverlayCompositionMeta *meta;
  GstBuffer *drawn, *attached;
  gboolean overlay_caps;
  GstMapInfo maps[2];
  GstVideoFrame frame;
  GstVideoInfo info;
  gsize i;

  overlay_info (&info, "RGB", 320, 240, NULL);
  drawn = push_box ("attach=never opacity=0.8", NULL, FALSE, &info,
      &overlay_caps);
  attached = push_box ("attach=always opacity=0.8", NULL, FALSE, &info,
      &overlay_caps);
  fail_if (overlay_same_bytes (drawn, attached));
  meta = gst_buffer_get_video_overlay_composition_meta (attached);
  gst_video_frame_map (&frame, &info, attached, GST_MAP_READWRITE);
  fail_unless (gst_video_overlay_composition_blend (meta->overlay, &frame));
  gst_video_frame_unmap (&frame);
  gst_buffer_map (drawn, &maps[0], GST_MAP_READ);
  gst_buffer_map (attached, &maps[1], GST_MAP_READ);
  for (i = 0; i < maps[0].size; i++)
    if (ABS (maps[0].data[i] - maps[1].data[i]) > 3)
      fail ("byte %" G_GSIZE_FORMAT ": drawn %d, attached %d", i,
          maps[0].data[i], maps[1].data[i]);
  gst_buffer_unmap (drawn, &maps[0]);
  gst_buffer_unmap (attached, &maps[1]);
  gst_buffer_unref (drawn);
  gst_buffer_unref (attached);
}

GST_END_TEST;

/* Overlays that are there already come first, and their caps stay. */
GST_START_TEST (test_overlays_of_upstream)
{
  GstHarness *harness = gst_harness_new_parse ("mobilenetoverlay");
  GstVideoOverlayComposition *theirs;
  GstVideoOverlayRectangle *rectangle;
  GstVideoOverlayCompositionMeta *meta;
  GstBuffer *frame, *pixels;
  gpointer state = NULL;
  GstVideoInfo info;
  GstCaps *caps;
  gint x, y;
  guint w, h;

  overlay_info (&info, "I420", 320, 240, NULL);
  caps = gst_video_info_to_caps (&info);
  gst_caps_set_features_simple (caps,
      gst_caps_features_new (GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY,
          GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION, NULL));
  gst_harness_add_propose_allocation_meta (harness,
      GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
  gst_harness_set_src_caps (harness, caps);

  pixels = gst_buffer_new_allocate (NULL, 4, NULL);
  gst_buffer_memset (pixels, 0, 255, 4);
  gst_buffer_add_video_meta (pixels, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, 1, 1);
  rectangle = gst_video_overlay_rectangle_new_raw (pixels, 1, 2, 3, 4,
      GST_VIDEO_OVERLAY_FORMAT_FLAG_NONE);
  gst_buffer_unref (pixels);
  theirs = gst_video_overlay_composition_new (rectangle);
  frame = overlay_frame (&info, 100);
  gst_buffer_add_video_overlay_composition_meta (frame, theirs);
  gst_video_overlay_composition_unref (theirs);
  overlay_add_box (frame, 100, 100, 80, 80);

  frame = overlay_push (harness, frame);
  meta = gst_buffer_get_video_overlay_composition_meta (frame);
  fail_unless_equals_int (gst_video_overlay_composition_n_rectangles
      (meta->overlay), 3);
  gst_video_overlay_rectangle_get_render_rectangle
      (gst_video_overlay_composition_get_rectangle (meta->overlay, 0), &x, &y,
      &w, &h);
  fail_unless (x == 1 && y == 2 && w == 3 && h == 4);
  gst_buffer_iterate_meta_filtered (frame, &state,
      GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE);
  fail_unless (gst_buffer_iterate_meta_filtered (frame, &state,
          GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE) == NULL);
  caps = gst_pad_get_current_caps (harness->sinkpad);
  fail_unless (gst_caps_features_contains (gst_caps_get_features (caps, 0),
          GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION));
  gst_caps_unref (caps);
  gst_video_overlay_rectangle_unref (rectangle);
  gst_buffer_unref (frame);
  gst_harness_teardown (harness);
}

GST_END_TEST;

/* `attach` may change while frames pass. */
GST_START_TEST (test_changed_while_playing)
{
  GstVideoInfo info;
  GstHarness *harness;
  GstElement *element;
  guint i;

  overlay_info (&info, "I420", 320, 240, NULL);
  harness = overlay_harness ("attach=never", &info);
  element = gst_harness_find_element (harness, "mobilenetoverlay");
  for (i = 0; i < 6; i++) {
    GstBuffer *frame = overlay_frame (&info, 100);

    gst_util_set_object_arg (G_OBJECT (element), "attach", i % 2 ? "always" :
        "never");
    overlay_add_box (frame, 100, 100, 80, 80);
    frame = overlay_push (harness, frame);
    fail_unless_equals_int (gst_buffer_get_video_overlay_composition_meta
        (frame) != NULL, i % 2);
    gst_buffer_unref (frame);
  }
  gst_object_unref (element);
  gst_harness_teardown (harness);
}

GST_END_TEST;

/* What upstream hears of its ALLOCATION query is downstream's answer. */
GST_START_TEST (test_allocation)
{
  static const gchar *const properties[] = { "attach=never", "attach=always" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (properties); i++) {
    GstVideoInfo info;
    GstHarness *harness;
    GstQuery *query;
    GstCaps *caps;

    overlay_info (&info, "I420", 320, 240, NULL);
    caps = gst_video_info_to_caps (&info);
    harness = overlay_harness (properties[i], &info);
    gst_harness_add_propose_allocation_meta (harness, GST_VIDEO_META_API_TYPE,
        NULL);
    gst_buffer_unref (overlay_push (harness, overlay_frame (&info, 100)));
    query = gst_query_new_allocation (caps, TRUE);
    fail_unless (gst_pad_peer_query (harness->srcpad, query));
    fail_unless (gst_query_find_allocation_meta (query,
            GST_VIDEO_META_API_TYPE, NULL), "%s", properties[i]);
    gst_query_unref (query);
    gst_caps_unref (caps);
    gst_harness_teardown (harness);
  }
}

GST_END_TEST;

static Suite *
overlay_attach_suite (void)
{
  Suite *suite = suite_create ("overlay attach");
  TCase *tcase = tcase_create ("sinks");

  tcase_add_loop_test (tcase, test_negotiation, 0, G_N_ELEMENTS (negotiations));
  tcase_add_test (tcase, test_looks_the_same);
  tcase_add_test (tcase, test_overlays_of_upstream);
  tcase_add_test (tcase, test_changed_while_playing);
  tcase_add_test (tcase, test_allocation);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, overlay_attach_suite);
}
