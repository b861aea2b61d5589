/* SPDX-License-Identifier: MIT
 *
 * GstMobilenetSegmentationMeta: what it holds and counts, what copies share, and
 * where its maps lie behind elements that change the picture. */
#include <gst/check/gstharness.h>
#include <gst/mobilenet/gstmobilenetmeta.h>
#include <gst/video/video.h>
#include <math.h>

#include "runner.h"

#define SOURCE_PTS (123 * GST_MSECOND)
#define AGE (40 * GST_MSECOND)
#define NONE GST_MOBILENET_SEGMENTATION_NONE

/* 8 * 4 pixels: of class 0, 2 (3 * 2 of them), 7 (2) and of none (1). */
static const guint8 scene[] = {
  0, 0, 0, 0, 0, 0, 0, NONE,
  0, 2, 2, 2, 0, 0, 0, 0,
  0, 2, 2, 2, 0, 0, 7, 7,
  0, 0, 0, 0, 0, 0, 0, 0,
};

static const gchar *const labels[] = { "background", NULL, "cat" };

/* Over 80 x 40 pixels of the frame from 20, 10 on, all of it seen. */
static const GstMobilenetSegmentationPlace whole = { 20, 10, 80, 40, 20, 10, 80,
  40
};

static GstMobilenetSegmentation *
new_scene (const gchar * model, gboolean confident,
    const GstMobilenetSegmentationPlace * place)
{
  guint8 bytes[sizeof (scene)];
  GBytes *classes = g_bytes_new_static (scene, sizeof (scene)), *confidences;
  GstMobilenetSegmentation *segmentation;
  guint i;

  /* Of class 2: 204, 0.8, and 153, 0.6, in turn. */
  for (i = 0; i < sizeof (bytes); i++)
    bytes[i] = scene[i] == 2 ? (i < 16 ? 204 : 153) : 255;
  confidences = g_bytes_new (bytes, sizeof (bytes));
  segmentation = gst_mobilenet_segmentation_new (model, SOURCE_PTS, 8, 4,
      classes, confident ? confidences : NULL, place, labels,
      G_N_ELEMENTS (labels), 0);
  g_bytes_unref (classes);
  g_bytes_unref (confidences);
  return segmentation;
}

static GstBuffer *
new_marked_buffer (void)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 16, NULL);
  GstMobilenetSegmentation *segmentation = new_scene ("seg", TRUE, &whole);

  gst_buffer_add_mobilenet_segmentation_meta (buffer, segmentation, AGE);
  gst_mobilenet_segmentation_unref (segmentation);
  return buffer;
}

static void
assert_result (const GstMobilenetSegmentation * segmentation, guint i,
    guint index, const gchar * label, gdouble score, gdouble share)
{
  gdouble found_score, found_share;
  const gchar *found_label;
  guint found_index;

  fail_unless (gst_mobilenet_segmentation_get_result (segmentation, i,
          &found_index, &found_label, &found_score, &found_share));
  fail_unless_equals_int (found_index, index);
  fail_unless_equals_string (found_label, label);
  fail_unless (fabs (found_score - score) < 1e-9, "score %g", found_score);
  fail_unless (fabs (found_share - share) < 1e-9, "share %g", found_share);
}

static void
assert_place (const GstMobilenetSegmentation * segmentation, gdouble x,
    gdouble y, gdouble w, gdouble h)
{
  GstMobilenetSegmentationPlace place;

  gst_mobilenet_segmentation_get_place (segmentation, &place);
  fail_unless (fabs (place.x - x) < 1e-4 && fabs (place.y - y) < 1e-4
      && fabs (place.w - w) < 1e-4 && fabs (place.h - h) < 1e-4,
      "at %g,%g %gx%g, expected %g,%g %gx%g", place.x, place.y, place.w,
      place.h, x, y, w, h);
}

static void
assert_seen (const GstMobilenetSegmentation * segmentation, gdouble x,
    gdouble y, gdouble w, gdouble h)
{
  GstMobilenetSegmentationPlace place;

  gst_mobilenet_segmentation_get_place (segmentation, &place);
  fail_unless (fabs (place.seen_x - x) < 1e-4 && fabs (place.seen_y - y) < 1e-4
      && fabs (place.seen_w - w) < 1e-4 && fabs (place.seen_h - h) < 1e-4,
      "seen %g,%g %gx%g, expected %g,%g %gx%g", place.seen_x, place.seen_y,
      place.seen_w, place.seen_h, x, y, w, h);
}

GST_START_TEST (test_counts_what_was_seen)
{
  GstMobilenetSegmentation *segmentation = new_scene ("seg", TRUE, &whole);
  GstMobilenetSegmentationPlace half = whole, nothing = whole;

  fail_unless_equals_int (gst_mobilenet_segmentation_get_n_results
      (segmentation), 3);
  assert_result (segmentation, 0, 0, "background", 1, 23 / 32.0);
  assert_result (segmentation, 1, 2, "cat", 0.7, 6 / 32.0);
  assert_result (segmentation, 2, 7, "", 1, 2 / 32.0);
  fail_unless_equals_int (gst_mobilenet_segmentation_get_background
      (segmentation), 0);
  gst_mobilenet_segmentation_unref (segmentation);

  /* The network saw borders beside the left half: 4 columns count. */
  half.seen_w = 40;
  segmentation = new_scene ("seg", FALSE, &half);
  fail_unless_equals_int (gst_mobilenet_segmentation_get_n_results
      (segmentation), 2);
  assert_result (segmentation, 0, 0, "background", 1, 10 / 16.0);
  assert_result (segmentation, 1, 2, "cat", 1, 6 / 16.0);
  gst_mobilenet_segmentation_unref (segmentation);

  nothing.seen_x = 500;
  segmentation = new_scene ("seg", TRUE, &nothing);
  fail_unless_equals_int (gst_mobilenet_segmentation_get_n_results
      (segmentation), 0);
  gst_mobilenet_segmentation_unref (segmentation);
}

GST_END_TEST;

GST_START_TEST (test_maps)
{
  GstMobilenetSegmentation *segmentation = new_scene ("seg", TRUE, &whole);
  guint width, height;
  GBytes *map;

  gst_mobilenet_segmentation_get_size (segmentation, &width, &height);
  fail_unless (width == 8 && height == 4);
  gst_mobilenet_segmentation_get_size (segmentation, NULL, NULL);
  map = gst_mobilenet_segmentation_get_classes (segmentation);
  fail_unless (g_bytes_get_data (map, NULL) == scene);
  map = gst_mobilenet_segmentation_get_confidences (segmentation);
  fail_unless_equals_int (((const guint8 *) g_bytes_get_data (map, NULL))[9],
      204);
  assert_place (segmentation, 20, 10, 80, 40);
  assert_seen (segmentation, 20, 10, 80, 40);
  fail_unless_equals_string (gst_mobilenet_segmentation_get_model
      (segmentation), "seg");
  fail_unless_equals_uint64 (gst_mobilenet_segmentation_get_source_pts
      (segmentation), SOURCE_PTS);
  gst_mobilenet_segmentation_unref (segmentation);

  segmentation = new_scene ("seg", FALSE, &whole);
  fail_unless (gst_mobilenet_segmentation_get_confidences (segmentation) ==
      NULL);
  gst_mobilenet_segmentation_unref (segmentation);
}

GST_END_TEST;

GST_START_TEST (test_maps_outlive_those_who_made_them)
{
  GBytes *classes = g_bytes_new (scene, sizeof (scene));
  GstMobilenetSegmentation *segmentation =
      gst_mobilenet_segmentation_new ("mod\xe8le", 0, 8, 4, classes, NULL,
      &whole, labels, 3, -1);

  g_bytes_unref (classes);
  fail_unless_equals_string (gst_mobilenet_segmentation_get_model
      (segmentation), "mod\xef\xbf\xbdle");
  classes = g_bytes_ref (gst_mobilenet_segmentation_get_classes (segmentation));
  gst_mobilenet_segmentation_unref (segmentation);
  fail_unless_equals_int (((const guint8 *) g_bytes_get_data (classes,
              NULL))[9], 2);
  g_bytes_unref (classes);
}

GST_END_TEST;

GST_START_TEST (test_at)
{
  GstMobilenetSegmentationPlace half = whole;
  GstMobilenetSegmentation *segmentation;
  gdouble confidence = -1;
  guint index = 77;

  half.seen_w = 40;
  segmentation = new_scene ("seg", TRUE, &half);
  fail_unless (gst_mobilenet_segmentation_get_at (segmentation, 30, 20, &index,
          &confidence));
  fail_unless_equals_int (index, 2);
  fail_unless (fabs (confidence - 0.8) < 1e-9);
  fail_unless (gst_mobilenet_segmentation_get_at (segmentation, 29.9, 20,
          &index, NULL));
  fail_unless_equals_int (index, 0);
  fail_unless (gst_mobilenet_segmentation_get_at (segmentation, 20, 10, NULL,
          NULL));
  index = 77;
  confidence = -1;
  fail_if (gst_mobilenet_segmentation_get_at (segmentation, 19.9, 20, &index,
          &confidence));
  fail_if (gst_mobilenet_segmentation_get_at (segmentation, 60, 20, &index,
          &confidence), "behind what was seen");
  fail_if (gst_mobilenet_segmentation_get_at (segmentation, 30, 50, &index,
          &confidence));
  fail_if (gst_mobilenet_segmentation_get_at (segmentation, NAN, 20, &index,
          &confidence));
  fail_if (gst_mobilenet_segmentation_get_at (segmentation, 30, INFINITY,
          &index, &confidence));
  gst_mobilenet_segmentation_unref (segmentation);

  segmentation = new_scene ("seg", FALSE, &whole);
  fail_if (gst_mobilenet_segmentation_get_at (segmentation, 95, 15, &index,
          &confidence), "of no class");
  fail_unless_equals_int (index, 77);
  fail_unless_equals_float (confidence, -1);
  fail_unless (gst_mobilenet_segmentation_get_at (segmentation, 30, 20, NULL,
          &confidence));
  fail_unless_equals_float (confidence, 1);
  gst_mobilenet_segmentation_unref (segmentation);
}

GST_END_TEST;

GST_START_TEST (test_out_of_range)
{
  GstMobilenetSegmentation *segmentation = new_scene ("seg", TRUE, &whole);
  const gchar *label = "untouched";
  gdouble number = -1;
  guint index = 77;

  fail_if (gst_mobilenet_segmentation_get_result (segmentation, 3, &index,
          &label, &number, &number));
  fail_if (gst_mobilenet_segmentation_get_result (segmentation, G_MAXUINT,
          &index, &label, &number, &number));
  fail_unless_equals_int (index, 77);
  fail_unless_equals_string (label, "untouched");
  fail_unless_equals_float (number, -1);
  fail_unless (gst_mobilenet_segmentation_get_result (segmentation, 0, NULL,
          NULL, NULL, NULL));
  gst_mobilenet_segmentation_unref (segmentation);
}

GST_END_TEST;

GST_START_TEST (test_refuses_what_does_not_fit)
{
  GBytes *classes = g_bytes_new_static (scene, sizeof (scene));
  GBytes *short_map = g_bytes_new_static (scene, sizeof (scene) - 1);
  GstMobilenetSegmentationPlace bad = whole;

  ASSERT_CRITICAL (gst_mobilenet_segmentation_new ("seg", 0, 8, 5, classes,
          NULL, &whole, NULL, 0, -1));
  ASSERT_CRITICAL (gst_mobilenet_segmentation_new ("seg", 0, 8, 4, short_map,
          NULL, &whole, NULL, 0, -1));
  ASSERT_CRITICAL (gst_mobilenet_segmentation_new ("seg", 0, 8, 4, classes,
          short_map, &whole, NULL, 0, -1));
  ASSERT_CRITICAL (gst_mobilenet_segmentation_new ("seg", 0, 0, 4, classes,
          NULL, &whole, NULL, 0, -1));
  bad.w = 0;
  ASSERT_CRITICAL (gst_mobilenet_segmentation_new ("seg", 0, 8, 4, classes,
          NULL, &bad, NULL, 0, -1));
  bad.w = NAN;
  ASSERT_CRITICAL (gst_mobilenet_segmentation_new ("seg", 0, 8, 4, classes,
          NULL, &bad, NULL, 0, -1));
  ASSERT_CRITICAL (gst_mobilenet_segmentation_get_n_results (NULL));
  ASSERT_CRITICAL (gst_mobilenet_segmentation_get_classes (NULL));
  ASSERT_CRITICAL (gst_mobilenet_segmentation_unref (NULL));
  g_bytes_unref (classes);
  g_bytes_unref (short_map);
}

GST_END_TEST;

GST_START_TEST (test_several_on_one_buffer)
{
  GstMobilenetSegmentation *by_first = new_scene ("first", TRUE, &whole);
  GstMobilenetSegmentation *by_second = new_scene ("second", TRUE, &whole);
  GstBuffer *buffer = gst_buffer_new ();
  GstMobilenetSegmentationMeta *a, *b;

  fail_unless (gst_buffer_get_mobilenet_segmentation_meta (buffer) == NULL);
  a = gst_buffer_add_mobilenet_segmentation_meta (buffer, by_first, 1);
  b = gst_buffer_add_mobilenet_segmentation_meta (buffer, by_second, 2);
  fail_unless (gst_buffer_get_mobilenet_segmentation_meta (buffer) == a);
  fail_unless (gst_buffer_get_mobilenet_segmentation_meta_for_model (buffer,
          "second") == b);
  fail_unless (gst_buffer_get_mobilenet_segmentation_meta_for_model (buffer,
          "third") == NULL);
  gst_buffer_unref (buffer);
  gst_mobilenet_segmentation_unref (by_first);
  gst_mobilenet_segmentation_unref (by_second);
}

GST_END_TEST;

GST_START_TEST (test_copies_share_the_result)
{
  GstBuffer *buffer = new_marked_buffer ();
  GstMobilenetSegmentation *segmentation =
      gst_buffer_get_mobilenet_segmentation_meta (buffer)->segmentation;
  GstBuffer *copies[3];
  GstBuffer *part;
  guint i;

  copies[0] = gst_buffer_copy (buffer);
  copies[1] = gst_buffer_copy_deep (buffer);
  copies[2] = gst_buffer_make_writable (gst_buffer_ref (buffer));
  part = gst_buffer_copy_region (buffer, GST_BUFFER_COPY_ALL, 4, 8);
  gst_buffer_unref (buffer);
  for (i = 0; i < G_N_ELEMENTS (copies); i++) {
    GstMobilenetSegmentationMeta *meta =
        gst_buffer_get_mobilenet_segmentation_meta (copies[i]);

    fail_unless (meta != NULL && meta->segmentation == segmentation);
    fail_unless_equals_uint64 (meta->age, AGE);
    gst_buffer_unref (copies[i]);
  }
  fail_unless (gst_buffer_get_mobilenet_segmentation_meta (part) == NULL);
  gst_buffer_unref (part);
}

GST_END_TEST;

/* The segmentation on a buffer made by the transformation, or NULL; the caller
 * owns it. */
static GstMobilenetSegmentation *
transformed (GQuark type, gpointer data, gboolean known)
{
  GstBuffer *from = new_marked_buffer ();
  GstBuffer *to = gst_buffer_new ();
  GstMobilenetSegmentationMeta *meta =
      gst_buffer_get_mobilenet_segmentation_meta (from);
  GstMobilenetSegmentation *result = NULL;
  GBytes *classes = gst_mobilenet_segmentation_get_classes (meta->segmentation);

  fail_unless_equals_int (meta->meta.info->transform_func (to, &meta->meta,
          from, type, data), known);
  assert_place (meta->segmentation, 20, 10, 80, 40);
  meta = gst_buffer_get_mobilenet_segmentation_meta (to);
  if (meta) {
    fail_unless_equals_uint64 (meta->age, AGE);
    result = gst_mobilenet_segmentation_ref (meta->segmentation);
    fail_unless (gst_mobilenet_segmentation_get_classes (result) == classes);
  }
  gst_buffer_unref (from);
  gst_buffer_unref (to);
  return result;
}

GST_START_TEST (test_scaled)
{
  GQuark type = gst_video_meta_transform_scale_get_quark ();
  GstMobilenetSegmentation *segmentation;
  GstVideoInfo in, out;
  GstVideoMetaTransform scale = { &in, &out };

  gst_video_info_set_format (&in, GST_VIDEO_FORMAT_NV12, 640, 480);
  gst_video_info_set_format (&out, GST_VIDEO_FORMAT_RGB, 320, 240);
  segmentation = transformed (type, &scale, TRUE);
  assert_place (segmentation, 10, 5, 40, 20);
  assert_seen (segmentation, 10, 5, 40, 20);
  assert_result (segmentation, 1, 2, "cat", 0.7, 6 / 32.0);
  fail_unless_equals_uint64 (gst_mobilenet_segmentation_get_source_pts
      (segmentation), SOURCE_PTS);
  gst_mobilenet_segmentation_unref (segmentation);

  /* 320x320: 240 rows of picture, 40 of border above and below. */
  gst_video_info_set_format (&out, GST_VIDEO_FORMAT_RGB, 320, 320);
  segmentation = transformed (type, &scale, TRUE);
  assert_place (segmentation, 10, 45, 40, 20);
  gst_mobilenet_segmentation_unref (segmentation);
}

GST_END_TEST;

GST_START_TEST (test_transformations_without_a_place)
{
  GstMetaTransformCopy part = { TRUE, 0, 8 };
  GstVideoInfo none = { 0 };
  GstVideoMetaTransform scale = { &none, &none };

  fail_unless (transformed (_gst_meta_transform_copy, &part, TRUE) == NULL);
  fail_unless (transformed (gst_video_meta_transform_scale_get_quark (), &scale,
          TRUE) == NULL, "a frame without pixels");
  fail_unless (transformed (g_quark_from_static_string ("unheard-of"), NULL,
          FALSE) == NULL);
}

GST_END_TEST;

#if GST_CHECK_VERSION (1, 28, 0)
GST_START_TEST (test_matrix_transformations)
{
  GQuark type = gst_video_meta_transform_matrix_get_quark ();
  GstVideoRectangle all = { 0, 0, 640, 480 }, upper = { 20, 10, 40, 480 };
  GstVideoRectangle lower = { 0, 100, 640, 240 };
  GstMobilenetSegmentation *segmentation;
  GstVideoMetaTransformMatrix matrix;
  GstVideoInfo in, out;

  gst_video_info_set_format (&in, GST_VIDEO_FORMAT_NV12, 640, 480);
  gst_video_info_set_format (&out, GST_VIDEO_FORMAT_NV12, 40, 480);

  /* Cropped to its left half: the maps stay whole, half is seen. */
  all.w = 40;
  gst_video_meta_transform_matrix_init (&matrix, &in, &upper, &out, &all);
  segmentation = transformed (type, &matrix, TRUE);
  assert_place (segmentation, 0, 0, 80, 40);
  assert_seen (segmentation, 0, 0, 40, 40);
  fail_unless_equals_int (gst_mobilenet_segmentation_get_n_results
      (segmentation), 2);
  assert_result (segmentation, 1, 2, "cat", 0.7, 6 / 16.0);
  gst_mobilenet_segmentation_unref (segmentation);

  /* Cropped away. */
  all.w = 640;
  all.h = 240;
  gst_video_info_set_format (&out, GST_VIDEO_FORMAT_NV12, 640, 240);
  gst_video_meta_transform_matrix_init (&matrix, &in, &lower, &out, &all);
  fail_unless (transformed (type, &matrix, TRUE) == NULL);

  /* Mirrored. */
  all.h = 480;
  gst_video_meta_transform_matrix_init (&matrix, &in, &all, &in, &all);
  matrix.matrix[0][0] = -1;
  matrix.matrix[0][2] = 640;
  fail_unless (transformed (type, &matrix, TRUE) == NULL);
}

GST_END_TEST;
#endif

GST_START_TEST (test_to_structure)
{
  GstBuffer *buffer = new_marked_buffer ();
  GstStructure *structure = gst_mobilenet_segmentation_meta_to_structure
      (gst_buffer_get_mobilenet_segmentation_meta (buffer));
  const GstStructure *result;
  guint64 source_pts, age;
  const GValue *results;
  gdouble number;
  guint index;

  gst_buffer_unref (buffer);
  fail_unless_equals_string (gst_structure_get_name (structure),
      "mobilenet-segmentation");
  fail_unless_equals_int (gst_structure_n_fields (structure), 4);
  fail_unless (gst_structure_get_uint64 (structure, "source-pts", &source_pts));
  fail_unless_equals_uint64 (source_pts, SOURCE_PTS);
  fail_unless (gst_structure_get_uint64 (structure, "age", &age));
  fail_unless_equals_uint64 (age, AGE);
  fail_unless_equals_string (gst_structure_get_string (structure, "model"),
      "seg");
  results = gst_structure_get_value (structure, "results");
  fail_unless_equals_int (gst_value_array_get_size (results), 3);
  result = gst_value_get_structure (gst_value_array_get_value (results, 1));
  fail_unless_equals_string (gst_structure_get_name (result), "result");
  fail_unless_equals_int (gst_structure_n_fields (result), 4);
  fail_unless (gst_structure_get_uint (result, "index", &index));
  fail_unless_equals_int (index, 2);
  fail_unless_equals_string (gst_structure_get_string (result, "label"), "cat");
  fail_unless (gst_structure_get_double (result, "score", &number));
  fail_unless (fabs (number - 0.7) < 1e-9);
  fail_unless (gst_structure_get_double (result, "share", &number));
  fail_unless_equals_float (number, 6 / 32.0);
  gst_structure_free (structure);
}

GST_END_TEST;

/* What comes of a frame of 160x120 with the map all over it. */
static GstMobilenetSegmentation *
played (const gchar * elements)
{
  static const GstMobilenetSegmentationPlace place = { 0, 0, 160, 120, 0, 0,
    160, 120
  };
  GstMobilenetSegmentation *segmentation = new_scene ("seg", TRUE, &place);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 160 * 120, NULL);
  GstHarness *harness = gst_harness_new_parse (elements);
  GstMobilenetSegmentationMeta *meta;

  gst_buffer_memset (buffer, 0, 0, 160 * 120);
  gst_buffer_add_mobilenet_segmentation_meta (buffer, segmentation, 0);
  gst_mobilenet_segmentation_unref (segmentation);
  gst_harness_set_src_caps_str (harness, "video/x-raw,format=GRAY8,width=160,"
      "height=120,framerate=30/1,pixel-aspect-ratio=1/1");
  fail_unless_equals_int (gst_harness_push (harness, buffer), GST_FLOW_OK);
  buffer = gst_harness_pull (harness);
  meta = gst_buffer_get_mobilenet_segmentation_meta (buffer);
  segmentation =
      meta ? gst_mobilenet_segmentation_ref (meta->segmentation) : NULL;
  gst_buffer_unref (buffer);
  gst_harness_teardown (harness);
  return segmentation;
}

GST_START_TEST (test_behind_elements)
{
  GstMobilenetSegmentation *segmentation =
      played ("videoscale ! video/x-raw,width=320,height=360,"
      "pixel-aspect-ratio=1/1 ! videoconvert ! "
      "capsfilter caps=video/x-raw,format=NV12");

  assert_place (segmentation, 0, 60, 320, 240);
  gst_mobilenet_segmentation_unref (segmentation);
#if !GST_CHECK_VERSION (1, 28, 0)
  fail_unless (played ("videocrop left=10") == NULL);
#endif
  fail_unless (played ("videoflip video-direction=horiz") == NULL);
}

GST_END_TEST;

static Suite *
segmentation_meta_suite (void)
{
  Suite *suite = suite_create ("segmentation meta");
  TCase *tcase = tcase_create ("buffers");

  tcase_add_test (tcase, test_counts_what_was_seen);
  tcase_add_test (tcase, test_maps);
  tcase_add_test (tcase, test_maps_outlive_those_who_made_them);
  tcase_add_test (tcase, test_at);
  tcase_add_test (tcase, test_out_of_range);
  tcase_add_test (tcase, test_refuses_what_does_not_fit);
  tcase_add_test (tcase, test_several_on_one_buffer);
  tcase_add_test (tcase, test_copies_share_the_result);
  tcase_add_test (tcase, test_scaled);
  tcase_add_test (tcase, test_transformations_without_a_place);
#if GST_CHECK_VERSION (1, 28, 0)
  tcase_add_test (tcase, test_matrix_transformations);
#endif
  tcase_add_test (tcase, test_to_structure);
  tcase_add_test (tcase, test_behind_elements);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, segmentation_meta_suite);
}
