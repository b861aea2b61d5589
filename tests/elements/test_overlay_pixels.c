/* SPDX-License-Identifier: MIT
 *
 * What mobilenetoverlay draws, sample by sample, in every format: boxes against
 * a definition that counts pixels, labels by where they are and what they
 * cover. */
#include <math.h>
#include <string.h>

#include "overlay_fixture.h"
#include "runner.h"

#define NO_TEXT "show-labels=false show-scores=false "

/* Where the lines are: pixels inside outer, but not inside inner, and within
 * clip; each left, top, right, bottom.  On both sides of them lie outlines. */
typedef struct
{
  gint outer[4], inner[4], clip[4];
  gint outline_width;
} Lines;

static gboolean
is_inside (const gint box[4], gint x, gint y)
{
  return x >= box[0] && x < box[2] && y >= box[1] && y < box[3];
}

static gboolean
is_inside_grown (const gint box[4], gint by, gint x, gint y)
{
  const gint grown[4] = { box[0] - by, box[1] - by, box[2] + by, box[3] + by };

  return is_inside (grown, x, y);
}

/* Shares of the pixels of sample (i, j) of component c that lines and outlines
 * cover. */
static void
find_coverage (const GstVideoInfo * info, const Lines * lines, guint c, gint i,
    gint j, gdouble * line, gdouble * outline)
{
  gint w_sub = info->finfo->w_sub[c], h_sub = info->finfo->h_sub[c];
  gint x, y, pixels = 0, drawn = 0, dark = 0;

  for (y = j << h_sub; y < MIN ((j + 1) << h_sub, info->height); y++) {
    for (x = i << w_sub; x < MIN ((i + 1) << w_sub, info->width); x++) {
      gboolean on_line = is_inside (lines->outer, x, y)
          && !is_inside (lines->inner, x, y);
      gboolean near = is_inside_grown (lines->outer, lines->outline_width, x, y)
          && !is_inside_grown (lines->inner, -lines->outline_width, x, y);
      gboolean shown = is_inside (lines->clip, x, y);

      pixels++;
      drawn += on_line && shown;
      dark += near && !on_line && shown;
    }
  }
  *line = (gdouble) drawn / pixels;
  *outline = (gdouble) dark / pixels;
}

/* A covered sample is the colour exactly, one that is not is as it was.  A mixed
 * one is rounded three times: the share that stays, its product, what is added.
 * Outlines are black and cover half. */
static void
assert_lines (GstBuffer * before, GstBuffer * after, const GstVideoInfo * info,
    const Lines * lines, const guint rgb[3], gdouble opacity)
{
  GstVideoFrame old, new;
  guint c;
  gint i, j;

  fail_unless (gst_video_frame_map (&old, info, before, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&new, info, after, GST_MAP_READ));
  for (c = 0; c < info->finfo->n_components; c++) {
    gdouble color = overlay_expected_sample (info, c, rgb[0], rgb[1], rgb[2]);
    gdouble black = overlay_expected_sample (info, c, 0, 0, 0);

    for (j = 0; j < GST_VIDEO_FRAME_COMP_HEIGHT (&old, c); j++) {
      for (i = 0; i < GST_VIDEO_FRAME_COMP_WIDTH (&old, c); i++) {
        gdouble was = overlay_sample (&old, c, i, j);
        gdouble is = overlay_sample (&new, c, i, j);
        gdouble line, outline, wanted, off;

        find_coverage (info, lines, c, i, j, &line, &outline);
        line *= opacity;
        outline *= opacity / 2;
        wanted = was + (color - was) * line + (black - was) * outline;
        off = fabs (is - (line == 1 ? floor (wanted + 0.5) : wanted));

        /* Each fail_unless() writes to check's log. */
        if (off <= (line + outline == 0 || line == 1 ? 0 : 1.5))
          continue;
        fail ("%s %dx%d component %u at %d,%d: %g became %g, expected %g "
            "(line %g, outline %g)", info->finfo->name, info->width,
            info->height, c, i, j, was, is, wanted, line, outline);
      }
    }
  }
  gst_video_frame_unmap (&old);
  gst_video_frame_unmap (&new);
  fail_unless (overlay_same_rest (before, after, info),
      "%s: bytes between the samples changed", info->finfo->name);
}

static void
set_edges (gint edges[4], gint left, gint top, gint right, gint bottom)
{
  edges[0] = left;
  edges[1] = top;
  edges[2] = right;
  edges[3] = bottom;
}

/* A box of whole pixels inside the frame, drawn by an element that may have drawn
 * on others before. */
static void
check_box (GstHarness * harness, const GstVideoInfo * info, const gint box[4],
    gint line_width, gdouble opacity)
{
  static const guint orange[3] = { 0xff, 0x80, 0x20 };
  GstElement *element = gst_harness_find_element (harness, "mobilenetoverlay");
  GstBuffer *before = overlay_frame (info, -1), *after;
  Lines lines;

  g_object_set (element, "line-width", line_width, "opacity", opacity, NULL);
  gst_object_unref (element);
  after = gst_buffer_copy_deep (before);
  overlay_add_box (after, box[0], box[1], box[2] - box[0], box[3] - box[1]);
  after = overlay_push (harness, after);
  lines.outline_width = MAX (1, line_width / 4);
  set_edges (lines.clip, 0, 0, info->width, info->height);
  set_edges (lines.outer, MAX (box[0] - line_width, 0),
      MAX (box[1] - line_width, 0), MIN (box[2] + line_width, info->width),
      MIN (box[3] + line_width, info->height));
  set_edges (lines.inner, lines.outer[0] + line_width,
      lines.outer[1] + line_width, lines.outer[2] - line_width,
      lines.outer[3] - line_width);
  assert_lines (before, after, info, &lines, orange, opacity);
  gst_buffer_unref (before);
  gst_buffer_unref (after);
}

GST_START_TEST (test_boxes)
{
  static const gint boxes[][4] = {
    {10, 12, 40, 30}, {11, 13, 40, 31}, {9, 10, 10, 11}, {7, 7, 12, 38},
    {0, 0, 65, 47}, {60, 40, 65, 47}, {1, 1, 64, 46},
  };
  static const gint widths[] = { 1, 2, 3, 4, 9 };
  gint even;

  /* Each format meets all widths, each box all widths over the formats. */
  for (even = 0; even < 2; even++) {
    GstHarness *harness;
    GstVideoInfo info;
    guint i;

    overlay_info (&info, overlay_formats[__i__], 65 + even, 47 + even, NULL);
    harness = overlay_harness (NO_TEXT "colors=thing=#ff8020", &info);
    for (i = 0; i < G_N_ELEMENTS (boxes); i++)
      check_box (harness, &info, boxes[i],
          widths[(i + 2 * even + __i__) % G_N_ELEMENTS (widths)],
          even ? 0.6 : 1);
    gst_harness_teardown (harness);
  }
}

GST_END_TEST;

GST_START_TEST (test_colorimetry)
{
  static const gchar *const colorimetries[] = {
    "bt601", "bt709", "1:4:0:0", "1:3:0:0"
  };
  static const gint box[4] = { 5, 5, 30, 30 };
  GstHarness *harness;
  GstVideoInfo info;
  guint i;

  overlay_info (&info, overlay_formats[__i__], 48, 40, NULL);
  if (!GST_VIDEO_INFO_IS_YUV (&info))
    return;
  harness = overlay_harness (NO_TEXT "colors=thing=#ff8020", &info);
  for (i = 0; i < G_N_ELEMENTS (colorimetries); i++) {
    overlay_info (&info, overlay_formats[__i__], 48, 40, colorimetries[i]);
    gst_harness_set_src_caps (harness, gst_video_info_to_caps (&info));
    check_box (harness, &info, box, 3, 1);
  }
  gst_harness_teardown (harness);
}

GST_END_TEST;

/* Frames larger than what a crop meta shows of them: only that is drawn on. */
GST_START_TEST (test_crop)
{
  static const guint orange[3] = { 0xff, 0x80, 0x20 };
  const gint x = 13, y = 7, width = 31, height = 25;
  GstVideoInfo info, cropped;
  GstBuffer *before, *after;
  GstVideoCropMeta *crop;
  GstHarness *harness;
  Lines lines;

  overlay_info (&info, overlay_formats[__i__], 65, 47, NULL);
  overlay_info (&cropped, overlay_formats[__i__], width, height, NULL);
  harness = overlay_harness (NO_TEXT "line-width=2 colors=thing=#ff8020",
      &cropped);
  before = overlay_frame (&info, -1);
  after = gst_buffer_copy_deep (before);
  gst_buffer_add_video_meta_full (after, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_INFO_FORMAT (&info), 65, 47, info.finfo->n_planes, info.offset,
      info.stride);
  crop = gst_buffer_add_video_crop_meta (after);
  crop->x = x;
  crop->y = y;
  crop->width = width;
  crop->height = height;
  overlay_add_box (after, 20, -100, 200, 115);
  after = overlay_push (harness, after);
  lines.outline_width = 1;
  set_edges (lines.clip, x, y, x + width, y + height);
  set_edges (lines.outer, 18, y, x + width, 17);
  set_edges (lines.inner, 20, y + 2, x + width - 2, 15);
  assert_lines (before, after, &info, &lines, orange, 1);
  gst_buffer_unref (before);
  gst_buffer_unref (after);
  gst_harness_teardown (harness);
}

GST_END_TEST;

/* Component 0 over a part of the frame. */
static void
find_extremes (const GstVideoInfo * info, GstBuffer * buffer,
    const gint area[4], guint * least, guint * most)
{
  GstVideoFrame frame;
  gint x, y;

  *least = G_MAXUINT;
  *most = 0;
  gst_video_frame_map (&frame, info, buffer, GST_MAP_READ);
  for (y = area[1]; y < area[3]; y++) {
    for (x = area[0]; x < area[2]; x++) {
      *least = MIN (*least, overlay_sample (&frame, 0, x, y));
      *most = MAX (*most, overlay_sample (&frame, 0, x, y));
    }
  }
  gst_video_frame_unmap (&frame);
}

/* The label alone, of a box whose line is outside of the frame's view: what
 * changes is a plate, darker than the picture, with brighter text. */
GST_START_TEST (test_label)
{
  GstVideoInfo info;
  GstBuffer *before, *after;
  GstHarness *harness;
  guint least, most, gray, ignored;
  gint area[4];

  overlay_info (&info, overlay_formats[__i__], 321, 243, NULL);
  harness =
      overlay_harness ("line-width=1 font-size=20 colors=thing=#ffffff", &info);
  before = overlay_frame (&info, 0x80);
  after = gst_buffer_copy_deep (before);
  overlay_add_box (after, 101, 121, 40, 60);
  after = overlay_push (harness, after);
  fail_unless (overlay_changed_area (&info, before, after, area));
  find_extremes (&info, before, area, &gray, &ignored);

  /* Above the box, at its left edge, as long as "thing 50%" is. */
  fail_unless (area[0] == 99 && area[2] > 180 && area[2] < 260,
      "columns %d to %d", area[0], area[2]);
  fail_unless (area[1] < 102 && area[1] > 80 && area[3] == 183,
      "rows %d to %d", area[1], area[3]);
  area[3] = 118;
  find_extremes (&info, after, area, &least, &most);
  fail_unless (least < gray * 2 / 3, "%s: the plate is %u on %u",
      info.finfo->name, least, gray);
  fail_unless (most > gray * 3 / 2, "%s: the text is %u on %u",
      info.finfo->name, most, gray);
  fail_unless (overlay_same_rest (before, after, &info));
  gst_buffer_unref (before);
  gst_buffer_unref (after);
  gst_harness_teardown (harness);
}

GST_END_TEST;

/* Whatever the frame's size, labels write no byte outside of it (for the
 * sanitizers), and text that does not fit is cut. */
GST_START_TEST (test_small_frames)
{
  static const gint sizes[][2] = {
    {1, 1}, {2, 1}, {1, 2}, {2, 2}, {3, 3}, {5, 17}, {17, 5}, {16, 16}, {33, 31}
  };
  GstHarness *harness;
  GstVideoInfo info;
  guint i;

  overlay_info (&info, overlay_formats[__i__], 64, 64, NULL);
  harness = overlay_harness ("", &info);
  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    GstBuffer *before, *after;

    overlay_info (&info, overlay_formats[__i__], sizes[i][0], sizes[i][1],
        NULL);
    gst_harness_set_src_caps (harness, gst_video_info_to_caps (&info));
    before = overlay_frame (&info, -1);
    after = gst_buffer_copy_deep (before);
    overlay_add_box (after, 0, 0, 9, 9);
    overlay_add_box (after, 4, 2, 100, 100);
    after = overlay_push (harness, after);
    fail_unless (overlay_same_rest (before, after, &info));
    gst_buffer_unref (before);
    gst_buffer_unref (after);
  }
  gst_harness_teardown (harness);
}

GST_END_TEST;

static Suite *
overlay_pixels_suite (void)
{
  Suite *suite = suite_create ("overlay pixels");
  TCase *tcase = tcase_create ("formats");

  tcase_add_loop_test (tcase, test_boxes, 0, OVERLAY_N_FORMATS);
  tcase_add_loop_test (tcase, test_colorimetry, 0, OVERLAY_N_FORMATS);
  tcase_add_loop_test (tcase, test_crop, 0, OVERLAY_N_FORMATS);
  tcase_add_loop_test (tcase, test_label, 0, OVERLAY_N_FORMATS);
  tcase_add_loop_test (tcase, test_small_frames, 0, OVERLAY_N_FORMATS);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, overlay_pixels_suite);
}
