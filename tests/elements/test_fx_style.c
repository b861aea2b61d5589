/* SPDX-License-Identifier: MIT
 *
 * mobilenetfx with a network that takes a style: the numbers that another network makes of
 * a picture, at the start and while frames flow, and what is refused. */

#include "painter_fixture.h"
#include "refusal.h"

#define SIDE 16
#define STYLES 7

/* Adds a colour to the picture, the style's mean. */
static const gchar *
styled (void)
{
  return painter_model ("styled.tflite", &(TbPainter) {
      .type = TFL_TYPE_FLOAT32,.width = SIDE,.height = SIDE,.curve =
        TFL_OP_ADD,.styles = STYLES}
  );
}

static const gchar *
predictor (gint styles)
{
  TbFile file = tb_style_predictor (styles);
  gchar *name = g_strdup_printf ("predictor-%d.tflite", styles);
  const gchar *path = fixture_write (name, file.data, file.size);

  tb_file_free (&file);
  g_free (name);
  return path;
}

/* A file with a picture of one colour. */
static const gchar *
picture (const gchar * name, guint colour)
{
  GstCaps *from = gst_caps_from_string ("video/x-raw, format=RGB, width=16, "
      "height=16, framerate=25/1"), *to = gst_caps_from_string ("image/png");
  GstBuffer *buffer = painter_plain ("RGB", SIDE, SIDE, colour, 0);
  GstSample *sample = gst_sample_new (buffer, from, NULL, NULL), *made;
  const gchar *path;
  GstMapInfo map;

  made = gst_video_convert_sample (sample, to, 20 * GST_SECOND, NULL);
  fail_unless (made != NULL, "no PNG can be made");
  gst_buffer_map (gst_sample_get_buffer (made), &map, GST_MAP_READ);
  path = fixture_write (name, map.data, map.size);
  gst_buffer_unmap (gst_sample_get_buffer (made), &map);
  gst_sample_unref (made);
  gst_sample_unref (sample);
  gst_buffer_unref (buffer);
  gst_caps_unref (from);
  gst_caps_unref (to);
  return path;
}

/* What becomes of a dark gray frame: 0xrrggbb. */
static guint
paint (GstHarness * h, GstClockTime pts)
{
  GstBuffer *made = gst_harness_push_and_pull (h, painter_plain ("RGB", SIDE,
          SIDE, 0x101010, pts));
  guint8 rgb[3];

  fail_unless (made != NULL);
  fail_unless_equals_int (gst_buffer_extract (made, 0, rgb, 3), 3);
  gst_buffer_unref (made);
  return rgb[0] << 16 | rgb[1] << 8 | rgb[2];
}

static GstHarness *
new_styled (const gchar * style)
{
  GstHarness *h = painter_harness (painter_element (styled (), "style-file",
          style, "style-model-file", predictor (STYLES), NULL));

  fixture_set_caps (h, "RGB", SIDE, SIDE);
  return h;
}

GST_START_TEST (test_style)
{
  GstHarness *h = new_styled (picture ("red.png", 0x800000));

  fail_unless_equals_int_hex (paint (h, 0), 0x901010);
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_another_style)
{
  GstHarness *h = new_styled (picture ("red.png", 0x800000));
  gint64 end = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;
  GstClockTime pts = 0;
  GstMessage *message;
  GstBus *bus;

  fail_unless_equals_int_hex (paint (h, pts), 0x901010);
  g_object_set (h->element, "style-file", picture ("blue.png", 0x000080), NULL);
  while (paint (h, pts += FRAME_DURATION) != 0x101090) {
    fail_unless (g_get_monotonic_time () < end, "the style did not change");
    g_usleep (1000);
  }

  /* One that cannot be had changes nothing. */
  g_object_set (h->element, "style-file", fixture_labels (), NULL);
  bus = gst_element_get_bus (h->element);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_WARNING);
  fail_unless (message != NULL);
  gst_message_unref (message);
  gst_object_unref (bus);
  fail_unless_equals_int_hex (paint (h, pts + FRAME_DURATION), 0x101090);
  fixture_teardown (h);
}

GST_END_TEST;

/* Asked for faster than they can be made the last one is, and most others are not: the
 * threads that make them stay few. */
GST_START_TEST (test_many_styles)
{
  const gchar *red = picture ("red.png", 0x800000);
  const gchar *blue = picture ("blue.png", 0x000080);
  GstHarness *h = new_styled (red);
  gint64 end = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;
  guint before = fixture_threads (), i;
  GstClockTime pts = 0;

  for (i = 0; i < 400; i++)
    g_object_set (h->element, "style-file", i % 2 ? blue : red, NULL);
  fail_unless (fixture_threads () < before + 100, "%u threads, %u before",
      fixture_threads (), before);
  while (paint (h, pts += FRAME_DURATION) != 0x101090) {
    fail_unless (g_get_monotonic_time () < end, "the style is not the last");
    g_usleep (1000);
  }
  fixture_teardown (h);
}

GST_END_TEST;

/* Stopping while a style is being made. */
GST_START_TEST (test_stop)
{
  const gchar *blue = picture ("blue.png", 0x000080);
  guint i;

  for (i = 0; i < 3; i++) {
    GstHarness *h = new_styled (picture ("red.png", 0x800000));

    g_object_set (h->element, "style-file", blue, NULL);
    g_object_set (h->element, "style-file", "/nowhere.png", NULL);
    fixture_teardown (h);
  }
}

GST_END_TEST;

static GstElement *
with_style (const gchar * style_file, const gchar * style_model)
{
  return painter_element (styled (), "style-file", style_file,
      "style-model-file", style_model, NULL);
}

GST_START_TEST (test_refusals)
{
  const gchar *red = picture ("red.png", 0x800000);

  refusal_expect (painter_element (styled (), NULL),
      "styled.tflite|style of 7 numbers|style-file is not set");
  refusal_expect (painter_element (styled (), "style-file", red, NULL),
      "styled.tflite|style-model-file is not set");
  refusal_expect (with_style ("/nowhere.png", predictor (STYLES)),
      "/nowhere.png|style-file|no such file");
  refusal_expect (with_style (fixture_labels (), predictor (STYLES)),
      "labels|style-file|JPEG or PNG");
  refusal_expect (with_style (red, "/nowhere.tflite"),
      "style-model-file|/nowhere.tflite");
  refusal_expect (with_style (red, predictor (5)),
      "predictor-5.tflite|style-model-file|5 numbers|7 are expected");
  refusal_expect (with_style (red, painter_identity (SIDE, SIDE)),
      "identity|style-model-file|no row of numbers");
  refusal_expect (with_style (red, styled ()),
      "style-model-file|takes a style itself");
}

GST_END_TEST;

static Suite *
fx_style_suite (void)
{
  Suite *suite = suite_create ("mobilenetfx with a style");
  TCase *tcase = tcase_create ("styles");

  tcase_add_checked_fixture (tcase, NULL, fixture_clean);
  tcase_add_test (tcase, test_style);
  tcase_add_test (tcase, test_another_style);
  tcase_add_test (tcase, test_many_styles);
  tcase_add_test (tcase, test_stop);
  tcase_add_test (tcase, test_refusals);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, fx_style_suite);
}
