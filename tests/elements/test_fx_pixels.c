/* SPDX-License-Identifier: MIT
 *
 * mobilenetfx on frames of every format: what is foreground stays as it is, what is
 * background becomes the colour, the picture or the blur. */
#include <gst/check/gstcheck.h>
#include <math.h>

#include "fx_fixture.h"
#include "runner.h"

/* Odd, and three tiles wide. */
#define WIDTH 93
#define HEIGHT 61
#define SPLIT 47
/* Pixels about the edge of a mask in which it is soft. */
#define SOFT 22

typedef void (*Check) (const GstVideoFrame * before,
    const GstVideoFrame * after, guint c, gint i, gint j);

/* Each sample that is not near the split, with pixel x where it is. */
static void
check_samples (const GstVideoInfo * info, GstBuffer * before,
    GstBuffer * after, Check foreground, Check background)
{
  GstVideoFrame old, new;
  gint i, j;
  guint c;

  fail_unless (gst_video_frame_map (&old, info, before, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&new, info, after, GST_MAP_READ));
  for (c = 0; c < info->finfo->n_components; c++)
    for (j = 0; j < GST_VIDEO_FRAME_COMP_HEIGHT (&old, c); j++)
      for (i = 0; i < GST_VIDEO_FRAME_COMP_WIDTH (&old, c); i++) {
        gint x = i << info->finfo->w_sub[c];

        if (x < SPLIT - SOFT)
          foreground (&old, &new, c, i, j);
        else if (x > SPLIT + SOFT)
          background (&old, &new, c, i, j);
      }
  gst_video_frame_unmap (&old);
  gst_video_frame_unmap (&new);
}

static void
is_same (const GstVideoFrame * before, const GstVideoFrame * after, guint c,
    gint i, gint j)
{
  fail_unless (overlay_sample (before, c, i, j) == overlay_sample (after, c,
          i, j), "%s: sample %d, %d of component %u was %u, is %u",
      GST_VIDEO_INFO_NAME (&before->info), i, j, c,
      overlay_sample (before, c, i, j), overlay_sample (after, c, i, j));
}

/* 0x80ff8020 */
static void
is_orange (const GstVideoFrame * before, const GstVideoFrame * after, guint c,
    gint i, gint j)
{
  gdouble expected = c == 3 ? 0x80 : overlay_expected_sample (&after->info, c,
      0xff, 0x80, 0x20);
  guint found = overlay_sample (after, c, i, j);

  fail_unless (fabs (found - expected) <= 1,
      "%s: sample %d, %d of component %u is %u, expected %f",
      GST_VIDEO_INFO_NAME (&after->info), i, j, c, found, expected);
}

static void
replace_format (const gchar * format, const gchar * colorimetry)
{
  GstBuffer *before, *after;
  GstHarness *harness;
  GstVideoInfo info;

  overlay_info (&info, format, WIDTH, HEIGHT, colorimetry);
  harness = fx_harness ("effect=replace background-color=0x80ff8020", &info);
  before = overlay_frame (&info, -1);
  fx_add_split (before, WIDTH, HEIGHT, SPLIT);
  after = overlay_push (harness, gst_buffer_copy_deep (before));
  check_samples (&info, before, after, is_same, is_orange);
  fail_unless (overlay_same_rest (before, after, &info), "%s", format);
  gst_buffer_unref (before);
  gst_buffer_unref (after);
  fx_teardown (harness);
}

GST_START_TEST (test_replace)
{
  replace_format (overlay_formats[__i__], NULL);
}

GST_END_TEST;

GST_START_TEST (test_colorimetry)
{
  replace_format ("NV12", "bt709");
  replace_format ("I420", "bt601");
  replace_format ("Y444", "1:3:5:1");
}

GST_END_TEST;

/* The blur of what is constant on either side is that, and has nothing of the other
 * side: where it is background, and where it meets the foreground. */
GST_START_TEST (test_blur_of_constant)
{
  GstBuffer *before, *after;
  GstHarness *harness;
  GstVideoInfo info;
  guint c;

  overlay_info (&info, overlay_formats[__i__], WIDTH, HEIGHT, NULL);
  harness = fx_harness ("blur-radius=0.1", &info);
  before = overlay_frame (&info, 0);
  for (c = 0; c < info.finfo->n_components; c++)
    fx_paint (&info, before, c, SPLIT, 200 - 20 * c, 40 + 20 * c);
  fx_add_split (before, WIDTH, HEIGHT, SPLIT);
  after = overlay_push (harness, gst_buffer_copy_deep (before));
  check_samples (&info, before, after, is_same, is_same);
  fail_unless (overlay_same_rest (before, after, &info));
  gst_buffer_unref (before);
  gst_buffer_unref (after);
  fx_teardown (harness);
}

GST_END_TEST;

/* Alpha, of which blurs leave what it was. */
static void
is_grey (const GstVideoFrame * before, const GstVideoFrame * after, guint c,
    gint i, gint j)
{
  gint max = (1 << after->info.finfo->depth[c]) - 1;
  gint found = overlay_sample (after, c, i, j);

  if (c == 3)
    is_same (before, after, c, i, j);
  else
    fail_unless (ABS (found - max / 2) <= max / 30,
        "%s: sample %d, %d of component %u is %d",
        GST_VIDEO_INFO_NAME (&after->info), i, j, c, found);
}

/* Squares of 2 samples become their mean, in a frame that is background as a
 * whole. */
GST_START_TEST (test_blur_of_checkerboard)
{
  GstBuffer *before, *after;
  GstHarness *harness;
  GstVideoFrame frame;
  GstVideoInfo info;
  gint i, j;
  guint c;

  overlay_info (&info, overlay_formats[__i__], WIDTH + 1, HEIGHT + 1, NULL);
  harness = fx_harness ("blur-radius=0.15", &info);
  before = overlay_frame (&info, -1);
  fail_unless (gst_video_frame_map (&frame, &info, before, GST_MAP_WRITE));
  for (c = 0; c < MIN (info.finfo->n_components, 3); c++) {
    gint max = (1 << info.finfo->depth[c]) - 1;

    for (j = 0; j < GST_VIDEO_FRAME_COMP_HEIGHT (&frame, c); j++)
      for (i = 0; i < GST_VIDEO_FRAME_COMP_WIDTH (&frame, c); i++) {
        gint value = (i / 2 + j / 2) % 2 ? max : 0;
        guint8 *at = overlay_sample_at (&frame, c, i, j);

        if (info.finfo->depth[c] == 8)
          *at = value;
        else
          GST_WRITE_UINT16_LE (at, value << info.finfo->shift[c]);
      }
  }
  gst_video_frame_unmap (&frame);
  after = overlay_push (harness, gst_buffer_copy_deep (before));
  /* Not its edges, which have not as many of each. */
  check_samples (&info, before, after, is_grey, is_grey);
  gst_buffer_unref (before);
  gst_buffer_unref (after);
  fx_teardown (harness);
}

GST_END_TEST;

/* Of any size, also smaller than the map: all that is foreground stays, all that is
 * background goes. */
static void
check_size (const gchar * format, gint width, gint height)
{
  static const gchar *const effects[] = {
    "effect=replace background-color=0x80ff8020", "effect=blur"
  };
  GstVideoInfo info;
  guint i, k;

  overlay_info (&info, format, width, height, NULL);
  for (i = 0; i < 4; i++) {
    GstHarness *harness = fx_harness (effects[i / 2], &info);
    GstBuffer *before = overlay_frame (&info, -1), *after;

    fx_add_split (before, width, height, i % 2 ? width : 0);
    after = overlay_push (harness, gst_buffer_copy_deep (before));
    if (i % 2) {
      fail_unless (overlay_same_bytes (before, after), "%s %dx%d", format,
          width, height);
    } else if (i == 0) {
      GstVideoFrame frame;

      fail_unless (gst_video_frame_map (&frame, &info, after, GST_MAP_READ));
      for (k = 0; k < info.finfo->n_components; k++)
        is_orange (&frame, &frame, k, (width - 1) >> info.finfo->w_sub[k],
            (height - 1) >> info.finfo->h_sub[k]);
      gst_video_frame_unmap (&frame);
    }
    fail_unless (overlay_same_rest (before, after, &info), "%s %dx%d", format,
        width, height);
    gst_buffer_unref (before);
    gst_buffer_unref (after);
    fx_teardown (harness);
  }
}

GST_START_TEST (test_sizes)
{
  const gchar *format = overlay_formats[__i__];

  check_size (format, 1, 1);
  check_size (format, __i__ % 2 ? 2 : 1, __i__ % 2 ? 1 : 35);
  check_size (format, 33, 2);
}

GST_END_TEST;

/* Cells of 4 and of 8 pixels, blurred in cells of twice that. */
GST_START_TEST (test_large)
{
  check_size ("I420", 65, 17);
  check_size ("NV12", 641, 37);
  check_size ("RGB", 1283, 19);
}

GST_END_TEST;

/* Rows and planes that lie elsewhere than caps say, upside down among them. */
GST_START_TEST (test_strides)
{
  gsize offsets[GST_VIDEO_MAX_PLANES] = { 7, 7 + 70 * 100 };
  gint strides[GST_VIDEO_MAX_PLANES] = { 100, 110 };
  GstBuffer *before, *after;
  GstHarness *harness;
  GstVideoInfo info;

  overlay_info (&info, "NV12", WIDTH, HEIGHT, NULL);
  harness = fx_harness ("effect=replace background-color=0x80ff8020", &info);
  before = gst_buffer_new_allocate (NULL, 7 + 70 * 100 + 40 * 110, NULL);
  gst_buffer_memset (before, 0, 77, 7 + 70 * 100 + 40 * 110);
  gst_buffer_add_video_meta_full (before, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_FORMAT_NV12, WIDTH, HEIGHT, 2, offsets, strides);
  fx_add_split (before, WIDTH, HEIGHT, SPLIT);
  after = overlay_push (harness, gst_buffer_copy_deep (before));
  check_samples (&info, before, after, is_same, is_orange);
  fail_unless (overlay_same_rest (before, after, &info));
  gst_buffer_unref (before);
  gst_buffer_unref (after);
  fx_teardown (harness);
}

GST_END_TEST;

static Suite *
fx_pixels_suite (void)
{
  Suite *suite = suite_create ("fx pixels");
  TCase *tcase = tcase_create ("frames");

  tcase_add_loop_test (tcase, test_replace, 0, OVERLAY_N_FORMATS);
  tcase_add_test (tcase, test_colorimetry);
  tcase_add_loop_test (tcase, test_blur_of_constant, 0, OVERLAY_N_FORMATS);
  tcase_add_loop_test (tcase, test_blur_of_checkerboard, 0, OVERLAY_N_FORMATS);
  tcase_add_loop_test (tcase, test_sizes, 0, OVERLAY_N_FORMATS);
  tcase_add_test (tcase, test_large);
  tcase_add_test (tcase, test_strides);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, fx_pixels_suite);
}
