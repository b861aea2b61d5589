/* SPDX-License-Identifier: MIT
 *
 * The masks that mobilenetoverlay draws, sample by sample, in every format, against
 * a definition that asks each sample for its class. */
#include <math.h>
#include <string.h>

#include "overlay_fixture.h"
#include "runner.h"

#define NONE GST_MOBILENET_SEGMENTATION_NONE
#define NO_TEXT "show-labels=false show-scores=false "
#define COLORS "colors=one=#ff8020,two=#2080ff "

/* Class 0 is the background. */
static const guint8 scene[] = {
  0, 0, 0, 0, 0, 1,
  0, 1, 1, 2, 0, 0,
  0, 1, 1, 2, 2, NONE,
  1, 0, 0, 0, 0, 0,
};

#define COLUMNS 6
#define ROWS 4

static const gchar *const labels[] = { "background", "one", "two" };

static const guint colors[][3] =
    { {0}, {0xff, 0x80, 0x20}, {0x20, 0x80, 0xff} };

static void
add_scene (GstBuffer * buffer, const GstMobilenetSegmentationPlace * place)
{
  GBytes *classes = g_bytes_new_static (scene, sizeof (scene));
  GstMobilenetSegmentation *segmentation =
      gst_mobilenet_segmentation_new ("seg", 0, COLUMNS, ROWS, classes, NULL,
      place, labels, G_N_ELEMENTS (labels), 0);

  gst_buffer_add_mobilenet_segmentation_meta (buffer, segmentation, 0);
  gst_mobilenet_segmentation_unref (segmentation);
  g_bytes_unref (classes);
}

typedef struct
{
  const GstMobilenetSegmentationPlace *place;
  gint width, height;           /* of the frame */
  gint w_sub, h_sub;
} Raster;

/* The class of the map where the middle of sample (i, j) lies; -1 outside of what
 * is drawn on.  The last sample of an odd row has its middle at the frame's edge,
 * and belongs to it. */
static gint
class_at (const Raster * raster, gint i, gint j)
{
  const GstMobilenetSegmentationPlace *place = raster->place;
  gdouble x = (i + 0.5) * (1 << raster->w_sub);
  gdouble y = (j + 0.5) * (1 << raster->h_sub);
  gint column, row;

  x = MIN (x, raster->width - 0.25);
  y = MIN (y, raster->height - 0.25);
  if (i < 0 || j < 0 || i << raster->w_sub >= raster->width
      || j << raster->h_sub >= raster->height || x < place->seen_x
      || x >= place->seen_x + place->seen_w || y < place->seen_y
      || y >= place->seen_y + place->seen_h || x < place->x || y < place->y
      || x >= place->x + place->w || y >= place->y + place->h)
    return -1;
  column = (gint) floor ((x - place->x) * COLUMNS / place->w);
  row = (gint) floor ((y - place->y) * ROWS / place->h);
  return scene[row * COLUMNS + column];
}

static gboolean
differs (const Raster * raster, gint index, gint i, gint j)
{
  gint other = class_at (raster, i, j);

  return other >= 0 && other != index;
}

/* Is there another class within a line's width to either side, or that far above
 * or below, or at the edge of what is drawn on where that is nearer? */
static gboolean
is_line (const Raster * raster, gint index, gint i, gint j, gint line_width)
{
  gint width = MAX (1, line_width >> raster->w_sub);
  gint up = MAX (1, line_width >> raster->h_sub), down = up, k;

  for (k = 1; k <= width; k++)
    if (differs (raster, index, i - k, j) || differs (raster, index, i + k, j))
      return TRUE;
  while (class_at (raster, i, j - up) < 0)
    up--;
  while (class_at (raster, i, j + down) < 0)
    down--;
  return differs (raster, index, i, j - up)
      || differs (raster, index, i, j + down);
}

/* How opaque sample (i, j) is, and in which class's colour. */
static gdouble
expected_opacity (const Raster * raster, gint i, gint j, gint line_width,
    gdouble opacity, gdouble mask_opacity, gint * index)
{
  *index = class_at (raster, i, j);
  if (*index <= 0 || *index == NONE)
    return 0;
  return is_line (raster, *index, i, j, line_width) ? opacity :
      opacity * mask_opacity;
}

static void
assert_masks (GstBuffer * before, GstBuffer * after, const GstVideoInfo * info,
    const GstMobilenetSegmentationPlace * place, gint line_width,
    gdouble opacity, gdouble mask_opacity)
{
  GstVideoFrame old, new;
  guint c;
  gint i, j, index;

  fail_unless (gst_video_frame_map (&old, info, before, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&new, info, after, GST_MAP_READ));
  for (c = 0; c < info->finfo->n_components; c++) {
    const Raster raster = { place, info->width, info->height,
      info->finfo->w_sub[c], info->finfo->h_sub[c]
    };

    for (j = 0; j < GST_VIDEO_FRAME_COMP_HEIGHT (&old, c); j++) {
      for (i = 0; i < GST_VIDEO_FRAME_COMP_WIDTH (&old, c); i++) {
        gdouble was = overlay_sample (&old, c, i, j);
        gdouble is = overlay_sample (&new, c, i, j), wanted = was;
        gdouble alpha = expected_opacity (&raster, i, j, line_width, opacity,
            mask_opacity, &index);

        if (alpha > 0)
          wanted += alpha * (overlay_expected_sample (info, c,
                  colors[index][0], colors[index][1], colors[index][2]) - was);
        if (fabs (is - (alpha == 1 ? floor (wanted + 0.5) : wanted)) <=
            (alpha == 0 || alpha == 1 ? 0 : 1.5))
          continue;
        fail ("%s %dx%d component %u at %d,%d: %g became %g, expected %g "
            "(class %d, opacity %g)", info->finfo->name, info->width,
            info->height, c, i, j, was, is, wanted, index, alpha);
      }
    }
  }
  gst_video_frame_unmap (&old);
  gst_video_frame_unmap (&new);
  fail_unless (overlay_same_rest (before, after, info),
      "%s: bytes between the samples changed", info->finfo->name);
}

static void
check_masks (const GstVideoInfo * info, gint line_width, gdouble opacity,
    gdouble mask_opacity, const GstMobilenetSegmentationPlace * place)
{
  gchar *properties =
      g_strdup_printf (NO_TEXT COLORS "line-width=%d opacity=%f "
      "mask-opacity=%f", 2 * line_width, opacity, mask_opacity);
  GstHarness *harness = overlay_harness (properties, info);
  GstBuffer *before = overlay_frame (info, -1);
  GstBuffer *after = gst_buffer_copy_deep (before);

  add_scene (after, place);
  after = overlay_push (harness, after);
  assert_masks (before, after, info, place, line_width, opacity, mask_opacity);
  gst_buffer_unref (before);
  gst_buffer_unref (after);
  gst_harness_teardown (harness);
  g_free (properties);
}

static const GstMobilenetSegmentationPlace places[] = {
  /* The whole frame. */
  {0, 0, 96, 48, 0, 0, 96, 48},
  /* Odd edges, and only a part was seen. */
  {-7.3, 5.1, 120.7, 37.7, 3, 9, 71, 24.3},
  /* Larger than the frame. */
  {-100, -60, 300, 200, 0, 0, 96, 48},
};

GST_START_TEST (test_every_format)
{
  GstVideoInfo info;
  guint i;

  overlay_info (&info, overlay_formats[__i__], 96, 48, NULL);
  for (i = 0; i < G_N_ELEMENTS (places); i++)
    check_masks (&info, 1 + i, 1, 0.5, &places[i]);
  check_masks (&info, 2, 0.7, 0.25, &places[0]);
}

GST_END_TEST;

GST_START_TEST (test_odd_frames)
{
  const GstMobilenetSegmentationPlace all = { 0, 0, 53, 31, 0, 0, 53, 31 };
  GstVideoInfo info;

  overlay_info (&info, overlay_formats[__i__], 53, 31, NULL);
  check_masks (&info, 1, 1, 0.5, &all);
}

GST_END_TEST;

/* Rows of blocks of many samples, and colours of another definition. */
GST_START_TEST (test_wide_frames)
{
  static const gchar *const formats[] = { "NV12", "RGB", "YUY2", "I420_10LE" };
  const GstMobilenetSegmentationPlace all = { 0, 0, 707, 60, 0, 0, 707, 60 };
  GstVideoInfo info;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (formats); i++) {
    overlay_info (&info, formats[i], 707, 60, i == 0 ? "bt709" : NULL);
    check_masks (&info, 2, 1, 0.5, &all);
  }
}

GST_END_TEST;

/* More pixels in the map than samples in the frame. */
GST_START_TEST (test_maps_larger_than_the_frame)
{
  const GstMobilenetSegmentationPlace place = { 1, 1, 3, 3, 0, 0, 8, 8 };
  GstBuffer *before, *after;
  GstHarness *harness;
  GstVideoInfo info;
  gint area[4];

  overlay_info (&info, "NV12", 8, 8, NULL);
  harness = overlay_harness (NO_TEXT, &info);
  before = overlay_frame (&info, 100);
  after = gst_buffer_copy_deep (before);
  add_scene (after, &place);
  after = overlay_push (harness, after);
  fail_unless (overlay_changed_area (&info, before, after, area));
  fail_unless (area[0] >= 1 && area[1] >= 1 && area[2] <= 4 && area[3] <= 4);
  gst_buffer_unref (before);
  gst_buffer_unref (after);
  gst_harness_teardown (harness);
}

GST_END_TEST;

/* A frame of class 0 alone, or with masks switched off, is not even written. */
GST_START_TEST (test_untouched)
{
  static const struct
  {
    const gchar *properties;
    guint8 class;
  } cases[] =
      { {"", 0}, {"", NONE}, {"show-masks=false", 1}, {"opacity=0", 1} };
  const GstMobilenetSegmentationPlace place = { 0, 0, 32, 32, 0, 0, 32, 32 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GBytes *classes = g_bytes_new (&cases[i].class, 1);
    GstMobilenetSegmentation *segmentation =
        gst_mobilenet_segmentation_new ("seg", 0, 1, 1, classes, NULL, &place,
        NULL, 0, 0);
    GstBuffer *before, *after;
    GstHarness *harness;
    GstVideoInfo info;

    overlay_info (&info, "I420", 32, 32, NULL);
    harness = overlay_harness (cases[i].properties, &info);
    before = overlay_frame (&info, -1);
    gst_buffer_add_mobilenet_segmentation_meta (before, segmentation, 0);
    after = overlay_push (harness, gst_buffer_ref (before));
    fail_unless (after == before, "%s: a copy", cases[i].properties);
    gst_buffer_unref (before);
    gst_buffer_unref (after);
    gst_harness_teardown (harness);
    gst_mobilenet_segmentation_unref (segmentation);
    g_bytes_unref (classes);
  }
}

GST_END_TEST;

/* Text at the top left, where the map says nothing. */
GST_START_TEST (test_legend)
{
  const GstMobilenetSegmentationPlace place = { 200, 100, 100, 100, 200, 100,
    100, 100
  };
  GstBuffer *before, *after;
  GstHarness *harness;
  GstVideoInfo info;
  gint area[4];

  overlay_info (&info, "NV12", 320, 240, NULL);
  harness = overlay_harness ("", &info);
  before = overlay_frame (&info, 100);
  after = gst_buffer_copy_deep (before);
  add_scene (after, &place);
  after = overlay_push (harness, after);
  fail_unless (overlay_changed_area (&info, before, after, area));
  fail_unless (area[0] < 16 && area[1] < 16, "from %d,%d", area[0], area[1]);
  gst_buffer_unref (before);
  gst_buffer_unref (after);
  gst_harness_teardown (harness);
}

GST_END_TEST;

static Suite *
overlay_masks_suite (void)
{
  Suite *suite = suite_create ("mobilenetoverlay masks");
  TCase *tcase = tcase_create ("pixels");

  tcase_add_loop_test (tcase, test_every_format, 0, OVERLAY_N_FORMATS);
  tcase_add_loop_test (tcase, test_odd_frames, 0, OVERLAY_N_FORMATS);
  tcase_add_test (tcase, test_wide_frames);
  tcase_add_test (tcase, test_maps_larger_than_the_frame);
  tcase_add_test (tcase, test_untouched);
  tcase_add_test (tcase, test_legend);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, overlay_masks_suite);
}
