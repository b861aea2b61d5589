/* SPDX-License-Identifier: MIT
 *
 * Where mobilenetfx puts the edge of the foreground: at that of the picture where a
 * mask is some pixels off, softly at that of the mask where the picture has none;
 * no colours of the foreground beside it; which classes it is. */
#include <gst/check/gstcheck.h>
#include <math.h>

#include "fx_fixture.h"
#include "runner.h"

#define WIDTH 320
#define HEIGHT 240
#define EDGE 160

/* Luma of row `j` of a frame. */
static void
read_row (const GstVideoInfo * info, GstBuffer * buffer, gint j,
    guint row[WIDTH])
{
  GstVideoFrame frame;
  gint i;

  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  for (i = 0; i < WIDTH; i++)
    row[i] = overlay_sample (&frame, 0, i, j);
  gst_video_frame_unmap (&frame);
}

/* A GRAY8 frame of two lumas, whose mask has its edge elsewhere than the picture,
 * with black in place of the background: how much of the samples of a row in its
 * middle is left. */
static void
find_alpha (guint left, guint right, gdouble mask_edge, gdouble alpha[WIDTH])
{
  GstHarness *harness;
  GstVideoInfo info;
  GstBuffer *buffer;
  guint row[WIDTH];
  gint i;

  overlay_info (&info, "GRAY8", WIDTH, HEIGHT, "1:1:0:0");
  harness = fx_harness ("effect=replace background-color=0xff000000", &info);
  buffer = overlay_frame (&info, 0);
  fx_paint (&info, buffer, 0, EDGE, left, right);
  fx_add_split (buffer, WIDTH, HEIGHT, mask_edge);
  buffer = overlay_push (harness, buffer);
  read_row (&info, buffer, HEIGHT / 2, row);
  for (i = 0; i < WIDTH; i++)
    alpha[i] = (gdouble) row[i] / (i < EDGE ? left : right);
  gst_buffer_unref (buffer);
  fx_teardown (harness);
}

/* Pixels from the left to where alpha falls below `level`. */
static gint
falls_below (const gdouble alpha[WIDTH], gdouble level)
{
  gint i;

  for (i = 0; i < WIDTH && alpha[i] >= level; i++);
  return i;
}

/* A mask that is 6 pixels too wide or too narrow, more than one pixel of the map. */
GST_START_TEST (test_edges_are_followed)
{
  const gdouble masks[] = { EDGE - 6, EDGE, EDGE + 6 };
  const guint lumas[][2] = { {200, 60}, {60, 200}, {120, 80} };
  gdouble alpha[WIDTH];
  guint i, k;

  for (i = 0; i < G_N_ELEMENTS (masks); i++)
    for (k = 0; k < G_N_ELEMENTS (lumas); k++) {
      gint found;

      find_alpha (lumas[k][0], lumas[k][1], masks[i], alpha);
      found = falls_below (alpha, 0.5);
      fail_unless (ABS (found - EDGE) <= 1, "mask to %f, lumas %u and %u: "
          "the edge is at %d, that of the picture at %d", masks[i],
          lumas[k][0], lumas[k][1], found, EDGE);
    }
}

GST_END_TEST;

/* Where the picture has no edge there is that of the mask, softer than one pixel
 * and within what a window reaches, and alpha only falls. */
GST_START_TEST (test_flat_pictures)
{
  gdouble alpha[WIDTH];
  gint i, start, middle, end;

  find_alpha (150, 150, EDGE + 6, alpha);
  start = falls_below (alpha, 0.98);
  middle = falls_below (alpha, 0.5);
  end = falls_below (alpha, 0.02);
  fail_unless (ABS (middle - (EDGE + 6)) <= 3, "half at %d", middle);
  fail_unless (end - start >= 6 && end - start <= 40, "from %d to %d", start,
      end);
  for (i = 1; i < WIDTH; i++)
    fail_unless (alpha[i] <= alpha[i - 1] + 0.01, "alpha rises at %d", i);
}

GST_END_TEST;

/* Stairs of the map, which has no confidences and pixels of 5x3.75, are none in a
 * flat picture: from row to row the edge moves by as little as that of a line. */
GST_START_TEST (test_no_stairs)
{
  const GstMobilenetSegmentationPlace place = {
    0, 0, WIDTH, HEIGHT, 0, 0, WIDTH, HEIGHT
  };
  guint8 *classes = g_malloc (FX_MAP * FX_MAP);
  gint i, j, before = -1, most = 0;
  GstHarness *harness;
  GstVideoInfo info;
  GstBuffer *buffer;

  for (j = 0; j < FX_MAP; j++)
    for (i = 0; i < FX_MAP; i++)
      classes[j * FX_MAP + i] = i < 12 + j / 2;
  overlay_info (&info, "GRAY8", WIDTH, HEIGHT, "1:1:0:0");
  harness = fx_harness ("effect=replace background-color=0xff000000", &info);
  buffer = overlay_frame (&info, 200);
  fx_add_map (buffer, classes, NULL, FX_MAP, FX_MAP, &place, 0, 0);
  buffer = overlay_push (harness, buffer);
  for (j = 20; j < HEIGHT - 20; j++) {
    guint row[WIDTH];

    read_row (&info, buffer, j, row);
    for (i = 0; i < WIDTH && row[i] >= 100; i++);
    if (before >= 0)
      most = MAX (most, ABS (i - before));
    before = i;
  }
  fail_unless (most <= 2, "the edge moves by %d pixels from row to row", most);
  gst_buffer_unref (buffer);
  fx_teardown (harness);
}

GST_END_TEST;

/* A bright person before a dark room, and the other way round: the blur beside it
 * has nothing of it. */
static void
check_halo (guint person, guint room)
{
  GstHarness *harness;
  GstVideoInfo info;
  GstBuffer *buffer;
  guint row[WIDTH];
  gint i;

  overlay_info (&info, "NV12", WIDTH, HEIGHT, NULL);
  harness = fx_harness ("blur-radius=0.1", &info);
  buffer = overlay_frame (&info, 128);
  fx_paint (&info, buffer, 0, EDGE, person, room);
  fx_add_split (buffer, WIDTH, HEIGHT, EDGE);
  buffer = overlay_push (harness, buffer);
  read_row (&info, buffer, HEIGHT / 2, row);
  for (i = 0; i < WIDTH; i++) {
    guint expected = i < EDGE ? person : room;

    fail_unless (ABS ((gint) row[i] - (gint) expected) <= 4,
        "pixel %d is %u, expected %u", i, row[i], expected);
  }
  gst_buffer_unref (buffer);
  fx_teardown (harness);
}

GST_START_TEST (test_no_halo)
{
  check_halo (220, 40);
  check_halo (40, 220);
}

GST_END_TEST;

/* Thirds of class 0, 1, "person", and 2, "dog", or of no class: which of them are
 * left by mobilenetfx of these properties. */
static void
check_classes (const gchar * properties, gint background, guint8 third,
    const gboolean left[3], gboolean warned)
{
  const GstMobilenetSegmentationPlace place = {
    0, 0, WIDTH, HEIGHT, 0, 0, WIDTH, HEIGHT
  };
  gchar *launch = g_strdup_printf ("effect=replace "
      "background-color=0xff000000 %s", properties), *text;
  guint8 *classes = g_malloc (3 * 3);
  GstHarness *harness;
  GstVideoInfo info;
  GstBuffer *buffer;
  guint row[WIDTH];
  gint i;

  for (i = 0; i < 9; i++)
    classes[i] = i % 3 == 2 ? third : i % 3;
  overlay_info (&info, "GRAY8", WIDTH, HEIGHT, "1:1:0:0");
  harness = fx_harness (launch, &info);
  buffer = overlay_frame (&info, 100);
  fx_add_map (buffer, classes, NULL, 3, 3, &place, background, 0);
  buffer = overlay_push (harness, buffer);
  read_row (&info, buffer, HEIGHT / 2, row);
  for (i = 0; i < 3; i++)
    fail_unless_equals_int (row[WIDTH * (2 * i + 1) / 6], left[i] ? 100 : 0);
  text = fx_posted (harness, GST_MESSAGE_WARNING);
  fail_unless ((text != NULL) == warned, "%s: %s", properties, text);
  fail_unless (!warned || strstr (text, "background-class"), "%s", text);
  g_free (text);
  g_free (launch);
  gst_buffer_unref (buffer);
  fx_teardown (harness);
}

GST_START_TEST (test_classes)
{
  const gboolean others[3] = { FALSE, TRUE, TRUE };
  const gboolean person[3] = { FALSE, TRUE, FALSE };
  const gboolean dog[3] = { FALSE, FALSE, TRUE };
  const gboolean not_dog[3] = { TRUE, TRUE, FALSE };
  const gboolean none[3] = { FALSE, FALSE, FALSE };

  check_classes ("", 0, 2, others, FALSE);
  check_classes ("", 2, 2, not_dog, FALSE);
  check_classes ("classes=Person", 0, 2, person, FALSE);
  check_classes ("classes=2", 0, 2, dog, FALSE);
  check_classes ("classes=\"person, dog\"", 0, 2, others, FALSE);
  check_classes ("classes=dog invert=true", 0, 2, not_dog, FALSE);
  check_classes ("classes=cat", 0, 2, none, FALSE);
  check_classes ("", 0, GST_MOBILENET_SEGMENTATION_NONE, person, FALSE);
  check_classes ("", -1, 2, none, TRUE);
  check_classes ("invert=true", -1, 2, none, TRUE);
  check_classes ("classes=dog", -1, 2, dog, FALSE);
}

GST_END_TEST;

/* What is not sure is foreground by its probability. */
GST_START_TEST (test_confidences)
{
  const GstMobilenetSegmentationPlace place = {
    0, 0, WIDTH, HEIGHT, 0, 0, WIDTH, HEIGHT
  };
  /* The class and its confidence, and what is left of 200: of all, more than half,
   * half, less than half and none of it. */
  const struct
  {
    guint8 class, confidence, least, most;
  } cases[] = {
    {1, 255, 200, 200}, {1, 150, 105, 180}, {1, 128, 90, 110},
    {0, 150, 20, 95}, {0, 255, 0, 0}, {0, 230, 0, 0}, {1, 230, 200, 200}
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint8 *class = g_malloc (1), *confidence = g_malloc (1);
    GstHarness *harness;
    GstVideoInfo info;
    GstBuffer *buffer;
    guint row[WIDTH];

    *class = cases[i].class;
    *confidence = cases[i].confidence;
    overlay_info (&info, "GRAY8", WIDTH, HEIGHT, "1:1:0:0");
    harness = fx_harness ("effect=replace background-color=0xff000000", &info);
    buffer = overlay_frame (&info, 200);
    fx_add_map (buffer, class, confidence, 1, 1, &place, 0, 0);
    buffer = overlay_push (harness, buffer);
    read_row (&info, buffer, HEIGHT / 2, row);
    fail_unless (row[EDGE] >= cases[i].least && row[EDGE] <= cases[i].most,
        "class %u of %u: %u", cases[i].class, cases[i].confidence, row[EDGE]);
    gst_buffer_unref (buffer);
    fx_teardown (harness);
  }
}

GST_END_TEST;

/* What the network was not shown is hidden, also where its map reaches it, and maps
 * may lie beyond the frame. */
static void
check_place (const GstMobilenetSegmentationPlace * place,
    const gchar * properties, gint from, gint to)
{
  guint8 *classes = g_malloc (FX_MAP * FX_MAP);
  GstHarness *harness;
  GstVideoInfo info;
  GstBuffer *buffer;
  guint row[WIDTH];
  gint i;

  memset (classes, strstr (properties, "invert") ? 0 : 1, FX_MAP * FX_MAP);
  overlay_info (&info, "GRAY8", WIDTH, HEIGHT, "1:1:0:0");
  harness = fx_harness (properties, &info);
  buffer = overlay_frame (&info, 100);
  fx_add_map (buffer, classes, NULL, FX_MAP, FX_MAP, place, 0, 0);
  buffer = overlay_push (harness, buffer);
  read_row (&info, buffer, HEIGHT / 2, row);
  for (i = 0; i < WIDTH; i++) {
    if (i < from - 24 || i >= to + 24)
      fail_unless (row[i] == 0, "pixel %d is %u", i, row[i]);
    else if (i >= from + 24 && i < to - 24)
      fail_unless (row[i] == 100, "pixel %d is %u", i, row[i]);
  }
  gst_buffer_unref (buffer);
  fx_teardown (harness);
}

GST_START_TEST (test_places)
{
  const GstMobilenetSegmentationPlace cropped = {
    40, 0, HEIGHT, HEIGHT, 40, 0, HEIGHT, HEIGHT
  };
  const GstMobilenetSegmentationPlace letterboxed = {
    0, -40, WIDTH, WIDTH, 0, 0, WIDTH, HEIGHT
  };
  const GstMobilenetSegmentationPlace beyond = {
    -100, -50, WIDTH, HEIGHT + 80, -100, -50, WIDTH, HEIGHT + 80
  };
  const GstMobilenetSegmentationPlace outside = {
    5000, 0, WIDTH, HEIGHT, 5000, 0, WIDTH, HEIGHT
  };
  const gchar *replace = "effect=replace background-color=0xff000000";
  const gchar *inverted =
      "effect=replace background-color=0xff000000 invert=true";

  check_place (&cropped, replace, 40, 40 + HEIGHT);
  check_place (&cropped, inverted, 40, 40 + HEIGHT);
  check_place (&letterboxed, replace, -1000, 1000);
  check_place (&beyond, replace, -1000, WIDTH - 100);
  check_place (&outside, replace, 4000, 5000);
}

GST_END_TEST;

static Suite *
fx_edges_suite (void)
{
  Suite *suite = suite_create ("fx edges");
  TCase *tcase = tcase_create ("masks");

  tcase_add_test (tcase, test_edges_are_followed);
  tcase_add_test (tcase, test_flat_pictures);
  tcase_add_test (tcase, test_no_stairs);
  tcase_add_test (tcase, test_no_halo);
  tcase_add_test (tcase, test_classes);
  tcase_add_test (tcase, test_confidences);
  tcase_add_test (tcase, test_places);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, fx_edges_suite);
}
