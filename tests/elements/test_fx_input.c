/* SPDX-License-Identifier: MIT
 *
 * What mobilenetfx does with frames that have no mask, or an old one, or cannot be
 * mapped; pictures for the background; other caps; and settings that are wrong. */
#include <gst/check/gstcheck.h>
#include <glib/gstdio.h>
#include <math.h>

#include "fx_fixture.h"
#include "refusal.h"
#include "runner.h"

#define WIDTH 96
#define HEIGHT 64
#define BLACK "effect=replace background-color=0xff000000 "

/* Luma of the frame's middle, of GRAY8. */
static guint
middle_of (const GstVideoInfo * info, GstBuffer * buffer)
{
  GstVideoFrame frame;
  guint luma;

  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  luma = overlay_sample (&frame, 0, info->width / 2, info->height / 2);
  gst_video_frame_unmap (&frame);
  return luma;
}

/* All of the frame is foreground of a mask of that age. */
static void
add_mask (GstBuffer * buffer, const GstVideoInfo * info, GstClockTime age)
{
  const GstMobilenetSegmentationPlace place = {
    0, 0, info->width, info->height, 0, 0, info->width, info->height
  };

  fx_add_map (buffer, memset (g_malloc (4), 1, 4), NULL, 2, 2, &place, 0, age);
}

static void
check_age (const gchar * properties, gboolean masked, GstClockTime age,
    guint expected)
{
  GstHarness *harness;
  GstVideoInfo info;
  GstBuffer *buffer;

  overlay_info (&info, "GRAY8", WIDTH, HEIGHT, "1:1:0:0");
  harness = fx_harness (properties, &info);
  buffer = overlay_frame (&info, 100);
  if (masked)
    add_mask (buffer, &info, age);
  buffer = overlay_push (harness, buffer);
  fail_unless_equals_int (middle_of (&info, buffer), expected);
  gst_buffer_unref (buffer);
  fx_teardown (harness);
}

/* Nothing is shown that a mask does not say is foreground. */
GST_START_TEST (test_missing_masks)
{
  check_age (BLACK, FALSE, 0, 0);
  check_age (BLACK "background-file=\"\"", FALSE, 0, 0);
  check_age (BLACK "show-unmasked=true", FALSE, 0, 100);
  check_age (BLACK, TRUE, 0, 100);
  check_age (BLACK, TRUE, GST_SECOND, 100);
  check_age (BLACK, TRUE, GST_SECOND + 1, 0);
  check_age (BLACK, TRUE, GST_CLOCK_TIME_NONE, 100);
  check_age (BLACK "max-age=3000000000", TRUE, 2 * GST_SECOND, 100);
  check_age (BLACK "show-unmasked=true max-age=0", TRUE, 1, 100);
}

GST_END_TEST;

/* A frame to which nothing is done is not copied. */
static void
check_untouched (const gchar * properties)
{
  GstHarness *harness;
  GstVideoInfo info;
  GstBuffer *buffer, *out;

  overlay_info (&info, "NV12", WIDTH, HEIGHT, NULL);
  harness = fx_harness (properties, &info);
  buffer = overlay_frame (&info, -1);
  out = overlay_push (harness, gst_buffer_ref (buffer));
  fail_unless (out == buffer);
  gst_buffer_unref (buffer);
  gst_buffer_unref (out);
  fx_teardown (harness);
}

GST_START_TEST (test_nothing_to_do)
{
  check_untouched ("show-unmasked=true");
  check_untouched ("effect=blur blur-radius=0");
}

GST_END_TEST;

/* They are dropped, with one warning until one can be mapped. */
GST_START_TEST (test_unmappable_frames)
{
  const gchar *const effects[] = { BLACK, "effect=cut-out" };
  guint i, k;

  for (i = 0; i < G_N_ELEMENTS (effects); i++) {
    GstHarness *harness;
    GstVideoInfo info;
    gchar *text;

    overlay_info (&info, "I420", WIDTH, HEIGHT, NULL);
    harness = fx_harness (effects[i], &info);
    for (k = 0; k < 2; k++)
      fail_unless_equals_int (gst_harness_push (harness,
              gst_buffer_new_allocate (NULL, 100, NULL)), GST_FLOW_OK);
    fail_unless_equals_int (gst_harness_buffers_in_queue (harness), 0);
    text = fx_posted (harness, GST_MESSAGE_WARNING);
    fail_unless (text && strstr (text, "100 bytes"), "%s", text);
    g_free (text);
    fail_unless (fx_posted (harness, GST_MESSAGE_WARNING) == NULL);
    gst_buffer_unref (overlay_push (harness, overlay_frame (&info, 100)));
    fx_teardown (harness);
  }
}

GST_END_TEST;

/* Other sizes and formats while frames flow. */
GST_START_TEST (test_caps_changes)
{
  const struct
  {
    const gchar *format;
    gint width, height;
  } caps[] = {
    {"GRAY8", 64, 48}, {"NV12", 1300, 20}, {"RGB", 31, 33}, {"I420_10LE", 65,
        1},
    {"GRAY8", 640, 480}
  };
  GstHarness *harness = NULL;
  guint i, k;

  for (k = 0; k < 3; k++) {
    const gchar *const effects[] = { BLACK, "effect=blur", "effect=cut-out" };

    for (i = 0; i < G_N_ELEMENTS (caps); i++) {
      GstVideoInfo info;
      GstBuffer *buffer, *kept;

      overlay_info (&info, caps[i].format, caps[i].width, caps[i].height, NULL);
      if (i == 0)
        harness = fx_harness (effects[k], &info);
      else
        gst_harness_set_src_caps (harness, gst_video_info_to_caps (&info));
      buffer = overlay_frame (&info, 120);
      add_mask (buffer, &info, 0);
      kept = gst_buffer_copy_deep (buffer);
      buffer = overlay_push (harness, buffer);
      fail_unless (k == 2
          || overlay_same_bytes (buffer, kept), "%s of %dx%d, effect %u",
          caps[i].format, caps[i].width, caps[i].height, k);
      gst_buffer_unref (kept);
      gst_buffer_unref (buffer);
    }
    fx_teardown (harness);
  }
}

GST_END_TEST;

/* The error names value and property, and has `words`. */
static void
check_refused (const gchar * property, const gchar * value, const gchar * words)
{
  GstElement *element = gst_element_factory_make ("mobilenetfx", NULL);
  gchar *all = g_strjoin ("|", value, property, words, NULL);

  g_object_set (element, "effect", 1, property, value, NULL);
  refusal_expect (element, all);
  g_free (all);
}

GST_START_TEST (test_bad_settings)
{
  gchar *text = g_build_filename (g_get_tmp_dir (), "fx-no-picture-XXXXXX",
      NULL);
  gint file = g_mkstemp (text);

  fail_unless (file >= 0 && g_close (file, NULL));
  fail_unless (g_file_set_contents (text, "no picture\n", -1, NULL));
  check_refused ("background-file", "/nowhere/beach.jpg", "no such file");
  check_refused ("background-file", text, "expected");
  check_refused ("classes", "person,,dog", "expected");
  g_unlink (text);
  g_free (text);
}

GST_END_TEST;

/* While it runs what was in force stays. */
GST_START_TEST (test_bad_classes_while_playing)
{
  GstElement *element;
  GstHarness *harness;
  GstVideoInfo info;
  GstBuffer *buffer;
  gchar *text;

  overlay_info (&info, "GRAY8", WIDTH, HEIGHT, "1:1:0:0");
  harness = fx_harness (BLACK "classes=person", &info);
  element = gst_harness_find_element (harness, "mobilenetfx");
  g_object_set (element, "classes", ",", NULL);
  buffer = overlay_frame (&info, 100);
  add_mask (buffer, &info, 0);
  buffer = overlay_push (harness, buffer);
  fail_unless_equals_int (middle_of (&info, buffer), 100);
  text = fx_posted (harness, GST_MESSAGE_WARNING);
  fail_unless (text && strstr (text, "goes on as before"), "%s", text);
  g_free (text);
  gst_buffer_unref (buffer);
  gst_object_unref (element);
  fx_teardown (harness);
}

GST_END_TEST;

static void
put_32 (GByteArray * to, guint32 value)
{
  value = GUINT32_TO_BE (value);
  g_byte_array_append (to, (guint8 *) & value, 4);
}

static void
put_chunk (GByteArray * file, const gchar * type, const guint8 * data, guint n)
{
  guint32 crc = 0xffffffff;
  guint start = file->len + 4, i, k;

  put_32 (file, n);
  g_byte_array_append (file, (const guint8 *) type, 4);
  g_byte_array_append (file, data, n);
  for (i = start; i < file->len; i++) {
    crc ^= file->data[i];
    for (k = 0; k < 8; k++)
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  put_32 (file, ~crc);
}

/* A PNG of 40x10 RGB pixels: its left half is red, its right half blue. */
static gchar *
write_picture (void)
{
  static const guint8 signature[] = { 137, 'P', 'N', 'G', 13, 10, 26, 10 };
  static const guint8 header[] = { 0, 0, 0, 40, 0, 0, 0, 10, 8, 2, 0, 0, 0 };
  const guint bytes = 10 * (1 + 3 * 40);
  guint8 stored[] = { 0x78, 1, 1, bytes & 255, bytes >> 8, ~bytes & 255,
    ~bytes >> 8 & 255
  };
  GByteArray *file = g_byte_array_new (), *data = g_byte_array_new ();
  gchar *name = g_build_filename (g_get_tmp_dir (), "fx-picture-XXXXXX", NULL);
  guint32 a = 1, b = 0;
  guint i, j, at;
  gint handle;

  g_byte_array_append (data, stored, sizeof (stored));
  for (j = 0; j < 10; j++) {
    g_byte_array_append (data, (const guint8 *) "", 1);
    for (i = 0; i < 40; i++)
      g_byte_array_append (data, (const guint8 *) (i < 20 ? "\xff\0\0" :
              "\0\0\xff"), 3);
  }
  for (at = sizeof (stored); at < data->len; at++) {
    a = (a + data->data[at]) % 65521;
    b = (b + a) % 65521;
  }
  put_32 (data, b << 16 | a);
  g_byte_array_append (file, signature, sizeof (signature));
  put_chunk (file, "IHDR", header, sizeof (header));
  put_chunk (file, "IDAT", data->data, data->len);
  put_chunk (file, "IEND", header, 0);
  handle = g_mkstemp (name);
  fail_unless (handle >= 0 && g_close (handle, NULL));
  fail_unless (g_file_set_contents (name, (gchar *) file->data, file->len,
          NULL));
  g_byte_array_unref (data);
  g_byte_array_unref (file);
  return name;
}

static void
check_colour (const GstVideoInfo * info, GstBuffer * buffer, gint x, gint y,
    guint r, guint g, guint b)
{
  GstVideoFrame frame;
  guint c;

  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  for (c = 0; c < 3; c++) {
    gdouble expected = overlay_expected_sample (info, c, r, g, b);
    guint found = overlay_sample (&frame, c, x >> info->finfo->w_sub[c],
        y >> info->finfo->h_sub[c]);
    gint step = 1 << (info->finfo->depth[c] - 8);

    fail_unless (fabs (found - expected) <= 2 * step, "%s: component %u at "
        "%d, %d is %u, expected %f", GST_VIDEO_INFO_NAME (info), c, x, y,
        found, expected);
  }
  gst_video_frame_unmap (&frame);
}

/* The picture, four times as wide as high, covers a frame of another shape: its
 * middle is seen, in the frame's colours. */
static void
check_picture (const gchar * file, const gchar * format,
    const gchar * colorimetry)
{
  gchar *properties = g_strdup_printf ("effect=replace background-file=%s",
      file);
  GstHarness *harness;
  GstVideoInfo info;
  GstBuffer *buffer;

  overlay_info (&info, format, WIDTH, HEIGHT, colorimetry);
  harness = fx_harness (properties, &info);
  buffer = overlay_push (harness, overlay_frame (&info, 100));
  check_colour (&info, buffer, 2, 2, 255, 0, 0);
  check_colour (&info, buffer, WIDTH / 2 - 16, HEIGHT - 2, 255, 0, 0);
  check_colour (&info, buffer, WIDTH / 2 + 16, 2, 0, 0, 255);
  check_colour (&info, buffer, WIDTH - 2, HEIGHT - 2, 0, 0, 255);
  gst_buffer_unref (buffer);
  fx_teardown (harness);
  g_free (properties);
}

GST_START_TEST (test_picture)
{
  GstElementFactory *decoder = gst_element_factory_find ("pngdec");
  gchar *file = write_picture ();

  if (!decoder) {
    /* Then there is no picture, and that is said. */
    check_refused ("background-file", file, "expected");
  } else {
    gst_object_unref (decoder);
    check_picture (file, "NV12", "bt709");
    check_picture (file, "I420", "bt601");
    check_picture (file, "YUY2", "bt601");
    check_picture (file, "RGB", NULL);
    check_picture (file, "P010_10LE", "bt709");
    check_picture (file, "ABGR", NULL);
  }
  g_unlink (file);
  g_free (file);
}

GST_END_TEST;

static Suite *
fx_input_suite (void)
{
  Suite *suite = suite_create ("fx input");
  TCase *tcase = tcase_create ("input");

  tcase_add_test (tcase, test_missing_masks);
  tcase_add_test (tcase, test_nothing_to_do);
  tcase_add_test (tcase, test_unmappable_frames);
  tcase_add_test (tcase, test_caps_changes);
  tcase_add_test (tcase, test_bad_settings);
  tcase_add_test (tcase, test_bad_classes_while_playing);
  tcase_add_test (tcase, test_picture);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, fx_input_suite);
}
