/* SPDX-License-Identifier: MIT
 *
 * The parts of mobilenetoverlay on their own: where labels go, colours, the line
 * of stats, the text that is kept. */
#include <gst/gst.h>

#include <gst/mobilenet/gstmobilenetmeta.h>

#include "gstmobilenetcolors.h"
#include "gstmobilenetcounts.h"
#include "gstmobilenetlabels.h"
#include "gstmobilenetrate.h"
#include "gstmobilenettext.h"
#include "runner.h"

static const GstVideoRectangle frame = { 0, 0, 640, 480 };

static GstMobilenetLabel
label_of (gint w, gint h, gint x, gint y, gint box_w, gint box_h)
{
  GstMobilenetLabel label = {.place = {0, 0, w, h},
  .box = {x, y, box_w, box_h}
  };

  return label;
}

static gboolean
do_overlap (const GstVideoRectangle * a, const GstVideoRectangle * b)
{
  return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h
      && b->y < a->y + a->h;
}

GST_START_TEST (test_a_label_alone)
{
  const struct
  {
    GstVideoRectangle box;
    gint x, y;
  } cases[] = {
    {{100, 100, 80, 80}, 100, 80},      /* above */
    {{101, 101, 80, 80}, 100, 80},      /* even */
    {{100, 10, 80, 80}, 100, 0},        /* no room above */
    {{600, 100, 40, 80}, 560, 80},      /* pushed left */
    {{0, 0, 640, 480}, 0, 0},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstMobilenetLabel label = {.place = {0, 0, 80, 20},.box = cases[i].box };

    gst_mobilenet_labels_place (&label, 1, 0, &frame);
    fail_unless (label.place.x == cases[i].x && label.place.y == cases[i].y,
        "%u: at %d,%d", i, label.place.x, label.place.y);
  }
}

GST_END_TEST;

/* Boxes upon each other: their labels are not. */
GST_START_TEST (test_labels_make_room)
{
  GstMobilenetLabel labels[12];
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (labels); i++)
    labels[i] = label_of (90, 20, 200, 150, 200, 300);
  gst_mobilenet_labels_place (labels, G_N_ELEMENTS (labels), 0, &frame);
  for (i = 0; i < G_N_ELEMENTS (labels); i++)
    for (j = 0; j < i; j++)
      fail_if (do_overlap (&labels[i].place, &labels[j].place), "%u and %u", i,
          j);

  /* What is there already stays, and is kept clear of. */
  labels[0] = label_of (90, 20, 0, 0, 0, 0);
  labels[0].place.x = 4;
  labels[0].place.y = 4;
  labels[1] = label_of (90, 20, 10, 26, 100, 100);
  gst_mobilenet_labels_place (labels, 2, 1, &frame);
  fail_unless (labels[0].place.x == 4 && labels[0].place.y == 4);
  fail_if (do_overlap (&labels[0].place, &labels[1].place));
}

GST_END_TEST;

/* Where labels lie upon each other, the one that would hardly be seen is left
 * out, and takes no room of others. */
GST_START_TEST (test_labels_without_room)
{
  const GstVideoRectangle narrow = { 0, 0, 100, 60 };
  GstMobilenetLabel labels[8];
  guint i, shown = 0;

  for (i = 0; i < G_N_ELEMENTS (labels); i++)
    labels[i] = label_of (90, 20, 5, 5, 90, 50);
  gst_mobilenet_labels_place (labels, G_N_ELEMENTS (labels), 0, &narrow);
  for (i = 0; i < G_N_ELEMENTS (labels); i++) {
    fail_if (i < 2 && labels[i].hidden);
    shown += !labels[i].hidden;
  }
  fail_unless (shown >= 2 && shown <= 3, "%u labels", shown);

  /* A fifth of it hidden is no reason. */
  labels[0] = label_of (100, 20, 0, 0, 0, 0);
  labels[1] = label_of (100, 20, 0, 16, 1, 1);
  gst_mobilenet_labels_place (labels, 2, 1, &(GstVideoRectangle) {
      0, 0, 100, 36}
  );
  fail_if (labels[1].hidden);
  fail_unless_equals_int (labels[1].place.y, 16);
}

GST_END_TEST;

GST_START_TEST (test_labels_stay_inside)
{
  const GstVideoRectangle area = { 13, 7, 301, 203 };
  GstMobilenetLabel labels[300];
  guint32 state = 7;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (labels); i++) {
    gint numbers[6], k;

    for (k = 0; k < 6; k++) {
      state = state * 1664525 + 1013904223;
      numbers[k] = state >> 20;
    }
    labels[i] = label_of ((20 + numbers[0] % 100) & ~1, 16,
        area.x + numbers[1] % area.w, area.y + numbers[2] % area.h,
        1 + numbers[3] % 100, 1 + numbers[4] % 100);
  }
  /* Wider than the area: it begins at its edge. */
  labels[0].place.w = 1000;
  gst_mobilenet_labels_place (labels, G_N_ELEMENTS (labels), 0, &area);
  fail_unless_equals_int (labels[0].place.x, 14);
  for (i = 1; i < G_N_ELEMENTS (labels); i++) {
    const GstVideoRectangle *place = &labels[i].place;

    fail_unless (place->x % 2 == 0 && place->y % 2 == 0 && place->x >= area.x
        && place->y >= area.y && place->x + place->w <= area.x + area.w
        && place->y + place->h <= area.y + area.h, "%d,%d %dx%d", place->x,
        place->y, place->w, place->h);
  }
}

GST_END_TEST;

GST_START_TEST (test_colors)
{
  gchar *error = NULL;
  GHashTable *table =
      gst_mobilenet_colors_parse (" red car = #f08 ,dog=#0000ff,dog=#00ff00,",
      &error);

  fail_unless (table && !error);
  fail_unless_equals_int (g_hash_table_size (table), 2);
  fail_unless_equals_int (gst_mobilenet_color_of (table, "red car", 1),
      0xff0088);
  fail_unless_equals_int (gst_mobilenet_color_of (table, "dog", 1), 0x00ff00);
  /* Others by their index, whatever they are called, and unlike their
   * neighbours'. */
  fail_unless_equals_int (gst_mobilenet_color_of (table, "cat", 5),
      gst_mobilenet_color_of (table, "", 5));
  fail_if (gst_mobilenet_color_of (table, "cat", 5) ==
      gst_mobilenet_color_of (table, "cat", 6));
  gst_mobilenet_color_of (table, "cat", G_MAXUINT);
  g_hash_table_unref (table);

  table = gst_mobilenet_colors_parse (NULL, &error);
  fail_unless_equals_int (g_hash_table_size (table), 0);
  g_hash_table_unref (table);

  /* Text is never dark. */
  fail_unless_equals_int (gst_mobilenet_color_for_text (0xffffff), 0xffffff);
  fail_unless (gst_mobilenet_color_for_text (0) == 0xa5a5a5);
  fail_unless ((gst_mobilenet_color_for_text (0x0000ff) & 0xff) == 0xff);
}

GST_END_TEST;

static void
add_detections (GstBuffer * buffer, const GstMobilenetDetectionResult * results,
    guint n)
{
  GstMobilenetDetection *detection =
      gst_mobilenet_detection_new ("net", GST_CLOCK_TIME_NONE, results, n);

  gst_buffer_add_mobilenet_detection_meta (buffer, detection, 0);
  gst_mobilenet_detection_unref (detection);
}

/* Of all metas, by class, whatever the order of the detections. */
GST_START_TEST (test_counts)
{
  const GstMobilenetDetectionResult mixed[] = {
    {.index = 17,.label = "dog"}, {.index = 0,.label = "person"},
    {.index = 0,.label = "person"}, {.index = 0,.label = "face"},
  };
  const GstMobilenetDetectionResult others[] = {
    {.index = 0,.label = "person"}, {.index = 5,.label = ""},
  };
  const struct
  {
    guint index, n;
    const gchar *label;
  } wanted[] = { {0, 3, "person"}, {0, 1, "face"}, {5, 1, ""}, {17, 1, "dog"} };
  GstMobilenetDetectionResult many[GST_MOBILENET_MAX_COUNTS + 3] = { 0 };
  GstMobilenetCount counts[GST_MOBILENET_MAX_COUNTS];
  GstBuffer *buffer = gst_buffer_new ();
  guint i;

  fail_unless_equals_int (gst_mobilenet_counts_take (buffer, counts), 0);
  add_detections (buffer, NULL, 0);
  fail_unless_equals_int (gst_mobilenet_counts_take (buffer, counts), 0);
  add_detections (buffer, mixed, G_N_ELEMENTS (mixed));
  add_detections (buffer, others, G_N_ELEMENTS (others));
  fail_unless_equals_int (gst_mobilenet_counts_take (buffer, counts), 4);
  for (i = 0; i < 4; i++) {
    fail_unless_equals_int (counts[i].index, wanted[i].index);
    fail_unless_equals_int (counts[i].n, wanted[i].n);
    fail_unless_equals_string (counts[i].label, wanted[i].label);
  }
  gst_buffer_unref (buffer);

  /* More classes than there is room for: those of the best. */
  buffer = gst_buffer_new ();
  for (i = 0; i < G_N_ELEMENTS (many); i++)
    many[i].index = 100 - i;
  add_detections (buffer, many, G_N_ELEMENTS (many));
  fail_unless_equals_int (gst_mobilenet_counts_take (buffer, counts),
      GST_MOBILENET_MAX_COUNTS);
  fail_unless_equals_int (counts[0].index, 101 - GST_MOBILENET_MAX_COUNTS);
  gst_buffer_unref (buffer);
}

GST_END_TEST;

GST_START_TEST (test_rate)
{
  GstMobilenetRate rate;
  gint64 now = 1;
  guint i;

  gst_mobilenet_rate_reset (&rate);
  for (i = 0; i < 20; i++, now += 40000) {
    fail_unless_equals_string (rate.text, i <= 13 ? "" :
        "25.0 fps, latency 30 ms, result 80 ms old");
    gst_mobilenet_rate_count (&rate, now, 30 * GST_MSECOND, 80 * GST_MSECOND);
  }

  /* What is not known is not told. */
  gst_mobilenet_rate_reset (&rate);
  gst_mobilenet_rate_count (&rate, 1, GST_CLOCK_STIME_NONE,
      GST_CLOCK_STIME_NONE);
  gst_mobilenet_rate_count (&rate, 1000001, GST_CLOCK_STIME_NONE,
      GST_CLOCK_STIME_NONE);
  fail_unless_equals_string (rate.text, "1.0 fps");

  /* Nor is that results are the frames' own. */
  gst_mobilenet_rate_count (&rate, 2000001, GST_CLOCK_STIME_NONE, 0);
  gst_mobilenet_rate_count (&rate, 3000001, GST_CLOCK_STIME_NONE, 0);
  fail_unless_equals_string (rate.text, "1.0 fps");

  /* The text has room for anything. */
  gst_mobilenet_rate_reset (&rate);
  gst_mobilenet_rate_count (&rate, 1, G_MAXINT64, G_MAXINT64);
  gst_mobilenet_rate_count (&rate, G_MAXINT64, 0, 0);
  fail_unless (g_str_has_prefix (rate.text, "0.0 fps, latency 9223372036855"));
}

GST_END_TEST;

/* A text is rendered once for each colour; ones that were not used for long make
 * room for others. */
GST_START_TEST (test_text_is_kept)
{
  GstMobilenetText *text = gst_mobilenet_text_new ();
  GstMobilenetSprite *person, *other;
  gchar number[16];
  guint i;

  gst_mobilenet_text_configure (text, "Sans", 20, 1);
  gst_mobilenet_text_begin (text);
  person = gst_mobilenet_text_sprite (text, "person", 0xff0000);
  fail_unless (person != NULL && person->width > 40 && person->width < 200);
  fail_unless (person->width % 2 == 0 && person->height % 2 == 0);
  fail_unless (gst_mobilenet_text_sprite (text, "person", 0xff0000) == person);
  other = gst_mobilenet_text_sprite (text, "person", 0x00ff00);
  fail_unless (other != person && other->width == person->width);
  other = gst_mobilenet_text_sprite (text, "jpg", 0xff0000);
  fail_unless_equals_int (other->height, person->height);

  for (i = 0; i < 3000; i++) {
    g_snprintf (number, sizeof (number), "%u", i);
    gst_mobilenet_text_begin (text);
    fail_unless (gst_mobilenet_text_sprite (text, number, 0xff0000) != NULL);
    fail_unless (gst_mobilenet_text_sprite (text, "person", 0xff0000) ==
        person);
  }
  gst_mobilenet_text_free (text);
}

GST_END_TEST;

GST_START_TEST (test_odd_text)
{
  GstMobilenetText *text = gst_mobilenet_text_new ();
  gchar *long_text = g_strnfill (100000, 'W');
  GString *wide = g_string_new (NULL);
  guint i;

  for (i = 0; i < 1000; i++)
    g_string_append (wide, "\xf0\x9f\x98\x80");
  gst_mobilenet_text_configure (text, "no such font, bold 500", 16, 0.5);
  fail_unless (gst_mobilenet_text_sprite (text, long_text, 1)->width < 1600);
  fail_unless (gst_mobilenet_text_sprite (text, wide->str, 1)->width < 1600);
  fail_unless (gst_mobilenet_text_sprite (text, "", 1)->width > 0);
  /* What ends lines is a space; markup is text. */
  fail_unless (gst_mobilenet_text_sprite (text,
          "a\nb\tc\r\xe2\x80\xa8\xc2\x85\x1b\x7f", 1)
      == gst_mobilenet_text_sprite (text, "a b c     ", 1));
  fail_unless (gst_mobilenet_text_sprite (text, "<b>a&amp;</b>", 1)->width >
      2 * gst_mobilenet_text_sprite (text, "a&", 1)->width);
  gst_mobilenet_text_configure (text, "", 1, 0);
  fail_unless (gst_mobilenet_text_sprite (text, "tiny", 1) != NULL);
  gst_mobilenet_text_configure (text, "Sans", 512, 0);
  fail_unless (gst_mobilenet_text_sprite (text, long_text, 1)->width <= 8192);
  g_free (long_text);
  g_string_free (wide, TRUE);
  gst_mobilenet_text_free (text);
}

GST_END_TEST;

static Suite *
overlay_parts_suite (void)
{
  Suite *suite = suite_create ("overlay parts");
  TCase *tcase = tcase_create ("parts");

  tcase_add_test (tcase, test_a_label_alone);
  tcase_add_test (tcase, test_labels_make_room);
  tcase_add_test (tcase, test_labels_without_room);
  tcase_add_test (tcase, test_labels_stay_inside);
  tcase_add_test (tcase, test_colors);
  tcase_add_test (tcase, test_counts);
  tcase_add_test (tcase, test_rate);
  tcase_add_test (tcase, test_text_is_kept);
  tcase_add_test (tcase, test_odd_text);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, overlay_parts_suite);
}
