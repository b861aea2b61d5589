/* SPDX-License-Identifier: MIT
 *
 * mobilenetoverlay on frames of other people's making: padded planes, memory that
 * is shared or may not be written, pools, very wide frames, caps that change. */
#include <string.h>

#include "overlay_fixture.h"
#include "runner.h"

#define PADDING 0xa5

/* Where the planes of a padded frame lie. */
typedef struct
{
  gsize offset[GST_VIDEO_MAX_PLANES], size;
  gint stride[GST_VIDEO_MAX_PLANES];
} Layout;

static gint
plane_rows (const GstVideoInfo * info, guint p)
{
  gint rows = 0;
  guint c;

  for (c = 0; c < GST_VIDEO_INFO_N_COMPONENTS (info); c++)
    if (GST_VIDEO_INFO_COMP_PLANE (info, c) == p)
      rows = MAX (rows, GST_VIDEO_INFO_COMP_HEIGHT (info, c));
  return rows;
}

/* The frame with `front` bytes before each plane and rows longer by `behind`. */
static GstBuffer *
pad_frame (const GstVideoInfo * info, GstBuffer * frame, gsize front,
    gint behind, Layout * layout)
{
  GstBuffer *padded;
  GstMapInfo from, to;
  gsize at = 0;
  guint p;
  gint y;

  for (p = 0; p < GST_VIDEO_INFO_N_PLANES (info); p++) {
    layout->stride[p] = GST_VIDEO_INFO_PLANE_STRIDE (info, p) + behind;
    layout->offset[p] = at + front;
    at = layout->offset[p] + (gsize) layout->stride[p] * plane_rows (info, p);
  }
  layout->size = at;
  padded = gst_buffer_new_allocate (NULL, at, NULL);
  gst_buffer_memset (padded, 0, PADDING, at);
  gst_buffer_map (frame, &from, GST_MAP_READ);
  gst_buffer_map (padded, &to, GST_MAP_WRITE);
  for (p = 0; p < GST_VIDEO_INFO_N_PLANES (info); p++)
    for (y = 0; y < plane_rows (info, p); y++)
      memcpy (to.data + layout->offset[p] + (gsize) y * layout->stride[p],
          from.data + GST_VIDEO_INFO_PLANE_OFFSET (info, p) +
          (gsize) y * GST_VIDEO_INFO_PLANE_STRIDE (info, p),
          GST_VIDEO_INFO_PLANE_STRIDE (info, p));
  gst_buffer_unmap (frame, &from);
  gst_buffer_unmap (padded, &to);
  gst_buffer_add_video_meta_full (padded, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_INFO_FORMAT (info), info->width, info->height,
      GST_VIDEO_INFO_N_PLANES (info), layout->offset, layout->stride);
  return padded;
}

static void
add_things (GstBuffer * buffer)
{
  overlay_add_box (buffer, 11, 33, 60, 40);
  overlay_add_box (buffer, 60, -5, 200, 60);
}

/* Pushes the frame, which is handed on, with boxes. */
static GstBuffer *
draw_on (GstHarness * harness, GstBuffer * frame)
{
  add_things (frame);
  return overlay_push (harness, frame);
}

/* The same as on a frame without padding, whose bytes stay. */
GST_START_TEST (test_padded_planes)
{
  GstBuffer *plain, *padded, *expected;
  GstHarness *harness;
  GstVideoInfo info;
  GstMapInfo a, b;
  Layout layout;

  overlay_info (&info, overlay_formats[__i__], 123, 97, NULL);
  harness = overlay_harness ("", &info);
  plain = overlay_frame (&info, -1);
  padded = pad_frame (&info, plain, 34, 22, &layout);
  plain = draw_on (harness, plain);
  padded = draw_on (harness, padded);
  expected = pad_frame (&info, plain, 34, 22, &layout);
  gst_buffer_map (expected, &a, GST_MAP_READ);
  gst_buffer_map (padded, &b, GST_MAP_READ);
  fail_unless_equals_int (a.size, b.size);
  fail_unless (memcmp (a.data, b.data, a.size) == 0, "%s", info.finfo->name);
  gst_buffer_unmap (expected, &a);
  gst_buffer_unmap (padded, &b);
  gst_buffer_unref (plain);
  gst_buffer_unref (padded);
  gst_buffer_unref (expected);
  gst_harness_teardown (harness);
}

GST_END_TEST;

/* Two buffers of one memory, as behind a tee that copies. */
GST_START_TEST (test_shared_memory)
{
  GstBuffer *ours, *theirs, *kept;
  GstHarness *harness;
  GstVideoInfo info;

  overlay_info (&info, "NV12", 320, 240, NULL);
  harness = overlay_harness ("", &info);
  theirs = overlay_frame (&info, -1);
  kept = gst_buffer_copy_deep (theirs);
  ours = gst_buffer_copy (theirs);
  fail_unless (gst_buffer_peek_memory (ours, 0) ==
      gst_buffer_peek_memory (theirs, 0));
  ours = draw_on (harness, ours);
  fail_unless (overlay_same_bytes (theirs, kept));
  fail_if (overlay_same_bytes (ours, kept));
  gst_buffer_unref (ours);
  gst_buffer_unref (theirs);
  gst_buffer_unref (kept);
  gst_harness_teardown (harness);
}

GST_END_TEST;

/* In one piece, and in two with a seam in the middle of a plane. */
GST_START_TEST (test_read_only_memory)
{
  const gsize pieces[] = { 0, 320 * 100 + 7 };
  GstBuffer *source, *expected;
  GstHarness *harness;
  GstVideoInfo info;
  guint i;

  overlay_info (&info, "I420", 320, 240, NULL);
  harness = overlay_harness ("", &info);
  source = overlay_frame (&info, -1);
  expected = draw_on (harness, gst_buffer_copy_deep (source));
  for (i = 0; i < G_N_ELEMENTS (pieces); i++) {
    GstBuffer *frame = gst_buffer_new (), *kept;
    GstMapInfo map;

    gst_buffer_map (source, &map, GST_MAP_READ);
    if (pieces[i])
      gst_buffer_append_memory (frame,
          gst_memory_new_wrapped (GST_MEMORY_FLAG_READONLY, map.data,
              pieces[i], 0, pieces[i], NULL, NULL));
    gst_buffer_append_memory (frame,
        gst_memory_new_wrapped (GST_MEMORY_FLAG_READONLY,
            map.data + pieces[i], map.size - pieces[i], 0,
            map.size - pieces[i], NULL, NULL));
    kept = gst_buffer_copy_deep (source);
    frame = draw_on (harness, frame);
    fail_unless (overlay_same_bytes (source, kept), "in %u", i + 1);
    fail_unless (overlay_same_bytes (frame, expected), "in %u", i + 1);
    gst_buffer_unref (frame);
    gst_buffer_unref (kept);
    gst_buffer_unmap (source, &map);
  }
  gst_buffer_unref (source);
  gst_buffer_unref (expected);
  gst_harness_teardown (harness);
}

GST_END_TEST;

/* Buffers of a pool that pads its frames go back to it. */
GST_START_TEST (test_pool)
{
  GstBufferPool *pool = gst_video_buffer_pool_new ();
  GstStructure *config = gst_buffer_pool_get_config (pool);
  GstVideoAlignment alignment;
  GstHarness *harness;
  GstVideoInfo info;
  GstCaps *caps;
  guint i;

  overlay_info (&info, "NV12", 125, 99, NULL);
  caps = gst_video_info_to_caps (&info);
  gst_buffer_pool_config_set_params (config, caps, info.size, 1, 1);
  gst_buffer_pool_config_add_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  gst_buffer_pool_config_add_option (config,
      GST_BUFFER_POOL_OPTION_VIDEO_ALIGNMENT);
  gst_video_alignment_reset (&alignment);
  alignment.padding_left = alignment.padding_top = 6;
  alignment.padding_right = 11;
  alignment.padding_bottom = 3;
  gst_buffer_pool_config_set_video_alignment (config, &alignment);
  fail_unless (gst_buffer_pool_set_config (pool, config));
  fail_unless (gst_buffer_pool_set_active (pool, TRUE));
  harness = overlay_harness ("", &info);
  /* The pool has one: it would wait for ever if that were kept. */
  for (i = 0; i < 3; i++) {
    GstBuffer *frame;

    fail_unless_equals_int (gst_buffer_pool_acquire_buffer (pool, &frame, NULL),
        GST_FLOW_OK);
    gst_buffer_memset (frame, 0, 100, gst_buffer_get_size (frame));
    frame = draw_on (harness, frame);
    fail_unless (frame->pool == pool);
    gst_buffer_unref (frame);
  }
  gst_caps_unref (caps);
  gst_buffer_pool_set_active (pool, FALSE);
  gst_object_unref (pool);
  gst_harness_teardown (harness);
}

GST_END_TEST;

/* The widest and the highest frames, boxes from end to end. */
GST_START_TEST (test_widest_frames)
{
  static const gint sizes[][2] = { {16384, 5}, {5, 16384} };
  GstHarness *harness;
  GstVideoInfo info;
  guint i, f;

  for (f = 0; f < OVERLAY_N_FORMATS; f++) {
    overlay_info (&info, overlay_formats[f], 64, 64, NULL);
    harness = overlay_harness ("line-width=1", &info);
    for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
      GstBuffer *frame;

      overlay_info (&info, overlay_formats[f], sizes[i][0], sizes[i][1], NULL);
      gst_harness_set_src_caps (harness, gst_video_info_to_caps (&info));
      frame = overlay_frame (&info, 100);
      overlay_add_box (frame, 0, 0, sizes[i][0], sizes[i][1]);
      overlay_add_box (frame, sizes[i][0] - 4, sizes[i][1] - 4, 4, 4);
      frame = overlay_push (harness, frame);
      gst_buffer_unref (frame);
    }
    gst_harness_teardown (harness);
  }
}

GST_END_TEST;

/* Sizes and formats that change while labels are handed on: rectangles are those
 * of the frame that they are on. */
GST_START_TEST (test_caps_change_with_overlays)
{
  static const gint sizes[][2] = {
    {1920, 1080}, {160, 120}, {640, 480}, {20, 12}
  };
  GstHarness *harness = gst_harness_new_parse ("mobilenetoverlay");
  guint i, k;

  gst_harness_add_propose_allocation_meta (harness,
      GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
  for (i = 0; i < 12; i++) {
    const gint *size = sizes[i % G_N_ELEMENTS (sizes)];
    GstVideoOverlayCompositionMeta *meta;
    GstVideoInfo info;
    GstBuffer *frame;

    overlay_info (&info, overlay_formats[i], size[0], size[1], NULL);
    gst_harness_set_src_caps (harness, gst_video_info_to_caps (&info));
    frame = overlay_frame (&info, 100);
    overlay_add_box (frame, size[0] / 2, size[1] / 2, 9, 9);
    frame = overlay_push (harness, frame);
    meta = gst_buffer_get_video_overlay_composition_meta (frame);
    fail_unless (meta != NULL, "%s", info.finfo->name);
    for (k = 0; k < gst_video_overlay_composition_n_rectangles (meta->overlay);
        k++) {
      gint x, y;
      guint w, h;

      gst_video_overlay_rectangle_get_render_rectangle
          (gst_video_overlay_composition_get_rectangle (meta->overlay, k), &x,
          &y, &w, &h);
      fail_unless (x >= 0 && y >= 0 && x < size[0] && y < size[1], "%d,%d", x,
          y);
      fail_unless (size[0] < 100 || (x + w <= (guint) size[0]
              && y + h <= (guint) size[1]), "%d,%d %ux%u", x, y, w, h);
    }
    gst_buffer_unref (frame);
  }
  gst_harness_teardown (harness);
}

GST_END_TEST;

static Suite *
overlay_buffers_suite (void)
{
  Suite *suite = suite_create ("overlay buffers");
  TCase *tcase = tcase_create ("buffers");

  tcase_add_loop_test (tcase, test_padded_planes, 0, OVERLAY_N_FORMATS);
  tcase_add_test (tcase, test_shared_memory);
  tcase_add_test (tcase, test_read_only_memory);
  tcase_add_test (tcase, test_pool);
  tcase_add_test (tcase, test_widest_frames);
  tcase_add_test (tcase, test_caps_change_with_overlays);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, overlay_buffers_suite);
}
