/* SPDX-License-Identifier: MIT
 *
 * mobilenetfx effect=cut-out: frames of every format become such with alpha, opaque
 * in the foreground, with nothing to be seen in the background. */
#include <gst/check/gstcheck.h>
#include <math.h>

#include "fx_fixture.h"
#include "runner.h"

#define WIDTH 95
#define HEIGHT 63
#define SPLIT 47
#define SOFT 22

static const gchar *const alphas[] = {
  "A420", "AYUV", "RGBA", "BGRA", "ARGB", "ABGR"
};

/* `old` is what GStreamer makes of the frame in that format. */
static void
check_frame (const GstVideoInfo * info, GstBuffer * old, GstBuffer * new)
{
  GstVideoFrame before, after;
  gint i, j;
  guint c;

  fail_unless (gst_video_frame_map (&before, info, old, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&after, info, new, GST_MAP_READ));
  for (c = 0; c < 4; c++)
    for (j = 0; j < GST_VIDEO_FRAME_COMP_HEIGHT (&after, c); j++)
      for (i = 0; i < GST_VIDEO_FRAME_COMP_WIDTH (&after, c); i++) {
        gint x = i << info->finfo->w_sub[c];
        gdouble expected = overlay_sample (&before, c, i, j);

        if (x > SPLIT + SOFT)
          expected = c == 3 ? 0 : overlay_expected_sample (info, c, 0, 0, 0);
        else if (x >= SPLIT - SOFT)
          continue;
        fail_unless (fabs (overlay_sample (&after, c, i, j) - expected) <=
            (x < SPLIT ? 0 : 0.5), "%s: sample %d, %d of component %u is %u, "
            "expected %f", GST_VIDEO_INFO_NAME (info), i, j, c,
            overlay_sample (&after, c, i, j), expected);
      }
  gst_video_frame_unmap (&before);
  gst_video_frame_unmap (&after);
}

static GstBuffer *
convert (const GstVideoInfo * from, GstBuffer * buffer, const GstVideoInfo * to)
{
  GstVideoConverter *converter = gst_video_converter_new (from, to, NULL);
  GstBuffer *made = gst_buffer_new_allocate (NULL, to->size, NULL);
  GstVideoFrame source, target;

  fail_unless (gst_video_frame_map (&source, from, buffer, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&target, to, made, GST_MAP_WRITE));
  gst_video_converter_frame (converter, &source, &target);
  gst_video_frame_unmap (&source);
  gst_video_frame_unmap (&target);
  gst_video_converter_free (converter);
  return made;
}

static void
check_output (GstHarness * harness, GstVideoInfo * info)
{
  GstCaps *caps = gst_pad_get_current_caps (harness->sinkpad);

  fail_unless (caps && gst_video_info_from_caps (info, caps));
  gst_caps_unref (caps);
}

static void
take_only (GstHarness * harness, const gchar * format)
{
  gst_harness_set_sink_caps (harness, gst_caps_new_simple ("video/x-raw",
          "format", G_TYPE_STRING, format, NULL));
}

static void
cut_out (const gchar * from, const gchar * to)
{
  GstVideoInfo info, made;
  GstBuffer *buffer, *expected;
  GstHarness *harness;

  overlay_info (&info, from, WIDTH, HEIGHT, NULL);
  harness = fx_harness ("effect=cut-out", &info);
  take_only (harness, to);
  buffer = overlay_frame (&info, -1);
  fx_add_split (buffer, WIDTH, HEIGHT, SPLIT);
  gst_buffer_ref (buffer);
  fail_unless_equals_int (gst_harness_push (harness, buffer), GST_FLOW_OK);
  check_output (harness, &made);
  fail_unless_equals_string (GST_VIDEO_INFO_NAME (&made), to);
  expected = convert (&info, buffer, &made);
  gst_buffer_unref (buffer);
  buffer = gst_harness_pull (harness);
  check_frame (&made, expected, buffer);
  fail_unless (gst_buffer_get_mobilenet_segmentation_meta (buffer) != NULL);
  gst_buffer_unref (buffer);
  gst_buffer_unref (expected);
  fx_teardown (harness);
}

/* Each to one or two others, all of them in turn. */
GST_START_TEST (test_formats)
{
  const gchar *format = overlay_formats[__i__];
  const gchar *alpha = alphas[__i__ % G_N_ELEMENTS (alphas)];

  cut_out (format, "RGBA");
  cut_out (format, strcmp (format, "UYVY") ? alpha : "A420");
}

GST_END_TEST;

/* Nobody asks for a format: YUV stays YUV and RGB RGB, with the same colours. */
GST_START_TEST (test_choice)
{
  const gchar *const cases[][4] = {
    {"NV12", "bt709", "A420", "bt709"},
    {"I420", "bt601", "A420", "bt601"},
    {"GRAY8", "1:1:0:0", "A420", NULL},
    {"RGB", NULL, "RGBA", "sRGB"},
    {"BGRA", NULL, "RGBA", "sRGB"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstVideoInfo info, made;
    GstHarness *harness;
    gchar *colors;

    overlay_info (&info, cases[i][0], WIDTH, HEIGHT, cases[i][1]);
    harness = fx_harness ("effect=cut-out", &info);
    fail_unless_equals_int (gst_harness_push (harness, overlay_frame (&info,
                100)), GST_FLOW_OK);
    check_output (harness, &made);
    fail_unless_equals_string (GST_VIDEO_INFO_NAME (&made), cases[i][2]);
    fail_unless_equals_int (made.width, WIDTH);
    fail_unless_equals_int (made.height, HEIGHT);
    colors = gst_video_colorimetry_to_string (&made.colorimetry);
    if (cases[i][3])
      fail_unless_equals_string (colors, cases[i][3]);
    g_free (colors);
    fx_teardown (harness);
  }
}

GST_END_TEST;

/* Alpha that was there is not made more. */
GST_START_TEST (test_alpha_of_input)
{
  GstVideoFrame frame;
  GstHarness *harness;
  GstVideoInfo info;
  GstBuffer *buffer;

  overlay_info (&info, "RGBA", WIDTH, HEIGHT, NULL);
  harness = fx_harness ("effect=cut-out", &info);
  buffer = overlay_frame (&info, 90);
  fx_add_split (buffer, WIDTH, HEIGHT, SPLIT);
  buffer = overlay_push (harness, buffer);
  fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
  fail_unless_equals_int (overlay_sample (&frame, 3, 5, 5), 90);
  fail_unless_equals_int (overlay_sample (&frame, 3, WIDTH - 5, 5), 0);
  gst_video_frame_unmap (&frame);
  gst_buffer_unref (buffer);
  fx_teardown (harness);
}

GST_END_TEST;

static void
push_masked (GstHarness * harness, const GstVideoInfo * info,
    const gchar * format)
{
  GstBuffer *buffer = overlay_frame (info, 100);
  GstVideoInfo made;

  fx_add_split (buffer, WIDTH, HEIGHT, SPLIT);
  buffer = overlay_push (harness, buffer);
  check_output (harness, &made);
  fail_unless_equals_string (GST_VIDEO_INFO_NAME (&made), format);
  fail_unless_equals_int (gst_buffer_get_size (buffer), made.size);
  gst_buffer_unref (buffer);
}

/* From one effect to another and back, while frames flow. */
GST_START_TEST (test_effect_changes)
{
  GstElement *element;
  GstHarness *harness;
  GstVideoInfo info;

  overlay_info (&info, "NV12", WIDTH, HEIGHT, NULL);
  harness = fx_harness ("effect=replace", &info);
  element = gst_harness_find_element (harness, "mobilenetfx");
  push_masked (harness, &info, "NV12");
  gst_util_set_object_arg (G_OBJECT (element), "effect", "cut-out");
  push_masked (harness, &info, "A420");
  gst_util_set_object_arg (G_OBJECT (element), "effect", "blur");
  push_masked (harness, &info, "NV12");
  gst_util_set_object_arg (G_OBJECT (element), "effect", "replace");
  push_masked (harness, &info, "NV12");
  gst_object_unref (element);
  fx_teardown (harness);
}

GST_END_TEST;

/* Without alpha downstream there is no cut-out. */
GST_START_TEST (test_no_alpha_downstream)
{
  GstHarness *harness;
  GstVideoInfo info;

  overlay_info (&info, "NV12", WIDTH, HEIGHT, NULL);
  harness = fx_harness ("effect=cut-out", &info);
  take_only (harness, "NV12");
  fail_unless_equals_int (gst_harness_push (harness, overlay_frame (&info,
              100)), GST_FLOW_NOT_NEGOTIATED);
  fx_teardown (harness);
}

GST_END_TEST;

/* What GStreamer's converter crashes with is refused. */
GST_START_TEST (test_uyvy_to_ayuv)
{
  GstHarness *harness;
  GstVideoInfo info;
  gchar *text;

  overlay_info (&info, "UYVY", WIDTH, HEIGHT, NULL);
  harness = fx_harness ("effect=cut-out", &info);
  take_only (harness, "AYUV");
  fail_unless_equals_int (gst_harness_push (harness, overlay_frame (&info,
              100)), GST_FLOW_NOT_NEGOTIATED);
  text = fx_posted (harness, GST_MESSAGE_ERROR);
  fail_unless (text && strstr (text, "UYVY") && strstr (text, "AYUV"), "%s",
      text);
  g_free (text);
  fx_teardown (harness);
}

GST_END_TEST;

/* Of any size. */
GST_START_TEST (test_sizes)
{
  const gint sizes[][2] = { {1, 1}, {2, 3}, {33, 1}, {1, 40}, {67, 35} };
  guint i, k;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (k = 0; k < G_N_ELEMENTS (alphas); k++) {
      GstVideoInfo info, made;
      GstHarness *harness;
      GstVideoFrame frame;
      GstBuffer *buffer;

      overlay_info (&info, "I420", sizes[i][0], sizes[i][1], NULL);
      harness = fx_harness ("effect=cut-out", &info);
      take_only (harness, alphas[k]);
      buffer = overlay_push (harness, overlay_frame (&info, 100));
      check_output (harness, &made);
      fail_unless (gst_video_frame_map (&frame, &made, buffer, GST_MAP_READ));
      fail_unless_equals_int (overlay_sample (&frame, 3, made.width - 1,
              made.height - 1), 0);
      gst_video_frame_unmap (&frame);
      gst_buffer_unref (buffer);
      fx_teardown (harness);
    }
}

GST_END_TEST;

static Suite *
fx_cut_out_suite (void)
{
  Suite *suite = suite_create ("fx cut-out");
  TCase *tcase = tcase_create ("alpha");

  tcase_add_loop_test (tcase, test_formats, 0, OVERLAY_N_FORMATS);
  tcase_add_test (tcase, test_choice);
  tcase_add_test (tcase, test_alpha_of_input);
  tcase_add_test (tcase, test_effect_changes);
  tcase_add_test (tcase, test_no_alpha_downstream);
  tcase_add_test (tcase, test_uyvy_to_ayuv);
  tcase_add_test (tcase, test_sizes);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, fx_cut_out_suite);
}
