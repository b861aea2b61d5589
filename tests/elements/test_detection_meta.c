/* SPDX-License-Identifier: MIT
 *
 * GstMobilenetDetectionMeta: what it holds, what copies share, the second
 * stage, and the regions of interest made of it. */
#include <gst/mobilenet/gstmobilenetmeta.h>
#include <gst/video/video.h>
#include <math.h>

#include "runner.h"

#define SOURCE_PTS (123 * GST_MSECOND)
#define AGE (40 * GST_MSECOND)

static const GstMobilenetKeyPoint eyes[] = { {12.5, 30}, {22.5, 31} };

static const GstMobilenetDetectionResult street[] = {
  {.id = 4,.index = 0,.label = "person",.score = 0.75,
        .x = 10.5,.y = 20.25,.w = 30,.h = 60,
      .n_key_points = 2,.key_points = eyes},
  {.id = 7,.index = 17,.label = NULL,.score = 0.5,
      .x = -5,.y = 90,.w = 50,.h = 60},
};

static GstMobilenetDetection *
new_street (const gchar * model)
{
  return gst_mobilenet_detection_new (model, SOURCE_PTS, street,
      G_N_ELEMENTS (street));
}

static GstMobilenetClassification *
new_class (const gchar * model, const gchar * label)
{
  GstMobilenetClassificationResult result = { 3, label, 0.25 };

  return gst_mobilenet_classification_new (model, SOURCE_PTS, &result, 1);
}

static GstBuffer *
new_marked_buffer (void)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 16, NULL);
  GstMobilenetDetection *detection = new_street ("ssd");

  gst_buffer_add_mobilenet_detection_meta (buffer, detection, AGE);
  gst_mobilenet_detection_unref (detection);
  return buffer;
}

static void
assert_box (const GstMobilenetDetection * detection, guint i, gdouble x,
    gdouble y, gdouble w, gdouble h)
{
  gdouble found[4];

  fail_unless (gst_mobilenet_detection_get_box (detection, i, &found[0],
          &found[1], &found[2], &found[3]));
  fail_unless (fabs (found[0] - x) < 1e-4 && fabs (found[1] - y) < 1e-4
      && fabs (found[2] - w) < 1e-4 && fabs (found[3] - h) < 1e-4,
      "box %u is %g,%g %gx%g, expected %g,%g %gx%g", i, found[0], found[1],
      found[2], found[3], x, y, w, h);
}

GST_START_TEST (test_holds_its_own_copy)
{
  gchar model[] = "ssd", name[] = "dog";
  GstMobilenetKeyPoint nose = { 3, 4 };
  GstMobilenetDetectionResult result = {.id = 1,.index = 2,.label = name,
    .score = 0.5,.x = 1,.y = 2,.w = 3,.h = 4,.n_key_points = 1,
    .key_points = &nose
  };
  GstMobilenetDetection *detection =
      gst_mobilenet_detection_new (model, 9, &result, 1);
  const gchar *label;
  gdouble score, x, y;
  guint id, index;

  model[0] = name[0] = 'X';
  nose.x = result.x = -1;
  fail_unless_equals_string (gst_mobilenet_detection_get_model (detection),
      "ssd");
  fail_unless_equals_uint64 (gst_mobilenet_detection_get_source_pts
      (detection), 9);
  fail_unless_equals_int (gst_mobilenet_detection_get_n_results (detection), 1);
  fail_unless (gst_mobilenet_detection_get_result (detection, 0, &id, &index,
          &label, &score));
  fail_unless_equals_int (id, 1);
  fail_unless_equals_int (index, 2);
  fail_unless_equals_string (label, "dog");
  fail_unless_equals_float (score, 0.5);
  assert_box (detection, 0, 1, 2, 3, 4);
  fail_unless_equals_int (gst_mobilenet_detection_get_n_key_points (detection,
          0), 1);
  fail_unless (gst_mobilenet_detection_get_key_point (detection, 0, 0, &x, &y));
  fail_unless_equals_float (x, 3);
  fail_unless_equals_float (y, 4);
  gst_mobilenet_detection_unref (detection);
}

GST_END_TEST;

GST_START_TEST (test_out_of_range)
{
  GstMobilenetDetection *detection = new_street ("ssd");
  const gchar *label = "untouched";
  gdouble number = -1;
  guint index = 77;

  fail_if (gst_mobilenet_detection_get_result (detection, 2, &index, &index,
          &label, &number));
  fail_if (gst_mobilenet_detection_get_result (detection, G_MAXUINT, &index,
          &index, &label, &number));
  fail_if (gst_mobilenet_detection_get_box (detection, 2, &number, &number,
          &number, &number));
  fail_if (gst_mobilenet_detection_get_key_point (detection, 0, 2, &number,
          &number));
  fail_if (gst_mobilenet_detection_get_key_point (detection, 9, 0, &number,
          &number));
  fail_unless_equals_int (gst_mobilenet_detection_get_n_key_points (detection,
          9), 0);
  fail_unless_equals_int (gst_mobilenet_detection_get_n_classifications
      (detection, 9), 0);
  fail_unless (gst_mobilenet_detection_get_classification (detection, 0,
          0) == NULL);
  fail_unless_equals_int (index, 77);
  fail_unless_equals_string (label, "untouched");
  fail_unless_equals_float (number, -1);

  /* Every output is optional; no label reads as an empty one. */
  fail_unless (gst_mobilenet_detection_get_result (detection, 1, NULL, NULL,
          &label, NULL));
  fail_unless_equals_string (label, "");
  fail_unless (gst_mobilenet_detection_get_box (detection, 1, NULL, NULL, NULL,
          NULL));
  fail_unless (gst_mobilenet_detection_get_key_point (detection, 0, 1, NULL,
          NULL));
  gst_mobilenet_detection_unref (detection);
}

GST_END_TEST;

GST_START_TEST (test_text_that_is_not_utf8)
{
  GstMobilenetDetectionResult result = {.label = "\xe9\xff" };
  GstMobilenetDetection *detection =
      gst_mobilenet_detection_new ("mod\xe8le", 0, &result, 1);
  const gchar *label;

  fail_unless_equals_string (gst_mobilenet_detection_get_model (detection),
      "mod\xef\xbf\xbdle");
  gst_mobilenet_detection_get_result (detection, 0, NULL, NULL, &label, NULL);
  fail_unless_equals_string (label, "\xef\xbf\xbd\xef\xbf\xbd");
  gst_mobilenet_detection_unref (detection);
}

GST_END_TEST;

GST_START_TEST (test_several_on_one_buffer)
{
  GstMobilenetDetection *by_first = new_street ("first");
  GstMobilenetDetection *by_second = new_street ("second");
  GstBuffer *buffer = gst_buffer_new ();
  GstMobilenetDetectionMeta *a, *b;

  fail_unless (gst_buffer_get_mobilenet_detection_meta (buffer) == NULL);
  a = gst_buffer_add_mobilenet_detection_meta (buffer, by_first, 1);
  b = gst_buffer_add_mobilenet_detection_meta (buffer, by_second, 2);
  fail_unless (gst_buffer_get_mobilenet_detection_meta (buffer) == a);
  fail_unless (gst_buffer_get_mobilenet_detection_meta_for_model (buffer,
          "second") == b);
  fail_unless (gst_buffer_get_mobilenet_detection_meta_for_model (buffer,
          "third") == NULL);
  gst_buffer_unref (buffer);
  gst_mobilenet_detection_unref (by_first);
  gst_mobilenet_detection_unref (by_second);
}

GST_END_TEST;

GST_START_TEST (test_copies_share_the_result)
{
  GstBuffer *buffer = new_marked_buffer ();
  GstMobilenetDetection *detection =
      gst_buffer_get_mobilenet_detection_meta (buffer)->detection;
  GstBuffer *copies[3];
  GstBuffer *part;
  guint i;

  copies[0] = gst_buffer_copy (buffer);
  copies[1] = gst_buffer_copy_deep (buffer);
  copies[2] = gst_buffer_make_writable (gst_buffer_ref (buffer));
  part = gst_buffer_copy_region (buffer, GST_BUFFER_COPY_ALL, 4, 8);
  gst_buffer_unref (buffer);
  for (i = 0; i < G_N_ELEMENTS (copies); i++) {
    GstMobilenetDetectionMeta *meta =
        gst_buffer_get_mobilenet_detection_meta (copies[i]);

    fail_unless (meta != NULL && meta->detection == detection);
    fail_unless_equals_uint64 (meta->age, AGE);
    gst_buffer_unref (copies[i]);
  }
  fail_unless (gst_buffer_get_mobilenet_detection_meta (part) == NULL);
  gst_buffer_unref (part);
}

GST_END_TEST;

/* The detection on a buffer made by the transformation, or NULL; the caller
 * owns it. */
static GstMobilenetDetection *
transformed (GQuark type, gpointer data, gboolean known)
{
  GstBuffer *from = new_marked_buffer ();
  GstBuffer *to = gst_buffer_new ();
  GstMobilenetDetectionMeta *meta =
      gst_buffer_get_mobilenet_detection_meta (from);
  GstMobilenetDetection *result = NULL;

  fail_unless_equals_int (meta->meta.info->transform_func (to, &meta->meta,
          from, type, data), known);
  assert_box (meta->detection, 0, 10.5, 20.25, 30, 60);
  meta = gst_buffer_get_mobilenet_detection_meta (to);
  if (meta) {
    fail_unless_equals_uint64 (meta->age, AGE);
    result = gst_mobilenet_detection_ref (meta->detection);
  }
  gst_buffer_unref (from);
  gst_buffer_unref (to);
  return result;
}

static GstMobilenetDetection *
scaled (gint in_width, gint in_height, gint par_n, gint par_d, gint out_width,
    gint out_height)
{
  GQuark type = gst_video_meta_transform_scale_get_quark ();
  GstVideoInfo in, out;
  GstVideoMetaTransform scale = { &in, &out };

  gst_video_info_set_format (&in, GST_VIDEO_FORMAT_NV12, in_width, in_height);
  gst_video_info_set_format (&out, GST_VIDEO_FORMAT_RGB, out_width, out_height);
  in.par_n = par_n;
  in.par_d = par_d;
  return transformed (type, &scale, TRUE);
}

GST_START_TEST (test_scaled)
{
  GstMobilenetDetection *detection = scaled (640, 480, 1, 1, 320, 240);
  gdouble x, y;

  assert_box (detection, 0, 5.25, 10.125, 15, 30);
  assert_box (detection, 1, -2.5, 45, 25, 30);
  gst_mobilenet_detection_get_key_point (detection, 0, 1, &x, &y);
  fail_unless_equals_float (x, 11.25);
  fail_unless_equals_float (y, 15.5);
  gst_mobilenet_detection_unref (detection);

  /* 320x320: 240 rows of picture, 40 of border above and below. */
  detection = scaled (640, 480, 1, 1, 320, 320);
  assert_box (detection, 0, 5.25, 50.125, 15, 30);
  gst_mobilenet_detection_unref (detection);

  /* 480x240: 320 columns of picture, 80 left and right. */
  detection = scaled (640, 480, 1, 1, 480, 240);
  assert_box (detection, 0, 85.25, 10.125, 15, 30);
  gst_mobilenet_detection_unref (detection);

  /* Pixels twice as wide as they are high: the same aspect, no borders. */
  detection = scaled (320, 480, 2, 1, 640, 480);
  assert_box (detection, 0, 21, 20.25, 60, 60);
  gst_mobilenet_detection_unref (detection);

  /* An odd row of border lies below. */
  detection = scaled (640, 480, 1, 1, 640, 481);
  assert_box (detection, 0, 10.5, 20.25, 30, 60);
  gst_mobilenet_detection_unref (detection);
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
  GstVideoRectangle all = { 0, 0, 640, 480 };
  GstVideoRectangle letterbox = { 0, 40, 320, 240 };
  GstVideoRectangle lower = { 20, 100, 320, 240 };
  GstVideoRectangle small = { 0, 0, 320, 240 };
  GstVideoMetaTransformMatrix matrix;
  GstMobilenetDetection *detection;
  GstVideoInfo in, out;

  gst_video_info_set_format (&in, GST_VIDEO_FORMAT_NV12, 640, 480);
  gst_video_info_set_format (&out, GST_VIDEO_FORMAT_RGB, 320, 320);

  gst_video_meta_transform_matrix_init (&matrix, &in, &all, &out, &letterbox);
  detection = transformed (type, &matrix, TRUE);
  assert_box (detection, 0, 5.25, 50.125, 15, 30);
  assert_box (detection, 1, -2.5, 85, 25, 30);
  gst_mobilenet_detection_unref (detection);

  /* Cropped: one has gone, the other is cut. */
  gst_video_meta_transform_matrix_init (&matrix, &in, &lower, &out, &small);
  detection = transformed (type, &matrix, TRUE);
  fail_unless_equals_int (gst_mobilenet_detection_get_n_results (detection), 1);
  assert_box (detection, 0, 0, 0, 25, 50);
  gst_mobilenet_detection_unref (detection);

  /* Mirrored. */
  gst_video_meta_transform_matrix_init (&matrix, &in, &all, &in, &all);
  matrix.matrix[0][0] = -1;
  matrix.matrix[0][2] = 640;
  detection = transformed (type, &matrix, TRUE);
  assert_box (detection, 0, 640 - 40.5, 20.25, 30, 60);
  gst_mobilenet_detection_unref (detection);

  /* A projection. */
  matrix.matrix[2][0] = 0.01;
  fail_unless (transformed (type, &matrix, TRUE) == NULL);
}

GST_END_TEST;
#endif

GST_START_TEST (test_second_stage)
{
  GstBuffer *buffer = new_marked_buffer ();
  GstMobilenetDetectionMeta *meta =
      gst_buffer_get_mobilenet_detection_meta (buffer);
  GstMobilenetDetection *plain = gst_mobilenet_detection_ref (meta->detection);
  GstMobilenetClassification *breed = new_class ("breeds", "poodle");
  GstMobilenetClassification *mood = new_class ("moods", "glad");
  GstMobilenetClassification *of_second[] = { NULL, breed };
  GstMobilenetDetection *detection =
      gst_mobilenet_detection_with_classifications (plain, of_second, 2);
  GstMobilenetDetection *both =
      gst_mobilenet_detection_with_classifications (detection, &mood, 1);

  gst_mobilenet_classification_unref (breed);
  gst_mobilenet_classification_unref (mood);
  gst_mobilenet_detection_meta_set_detection (meta, both);
  gst_mobilenet_detection_unref (both);

  /* What it was made of is as it was. */
  fail_unless_equals_int (gst_mobilenet_detection_get_n_classifications (plain,
          1), 0);
  fail_unless_equals_int (gst_mobilenet_detection_get_n_classifications
      (detection, 0), 0);
  fail_unless_equals_int (gst_mobilenet_detection_get_n_classifications
      (detection, 1), 1);
  gst_mobilenet_detection_unref (plain);
  gst_mobilenet_detection_unref (detection);

  fail_unless_equals_uint64 (meta->age, AGE);
  fail_unless (gst_mobilenet_detection_get_classification (meta->detection, 0,
          0) == mood);
  fail_unless (gst_mobilenet_detection_get_classification (meta->detection, 1,
          0) == breed);
  fail_unless (gst_mobilenet_detection_get_classification (meta->detection, 1,
          1) == NULL);
  assert_box (meta->detection, 0, 10.5, 20.25, 30, 60);
  gst_buffer_unref (buffer);
}

GST_END_TEST;

/* They are there until the last of the copies has gone. */
GST_START_TEST (test_scaled_with_classifications)
{
  GstMobilenetClassification *breed = new_class ("breeds", "poodle");
  GstMobilenetDetectionResult result = street[0];
  GstBuffer *from = gst_buffer_new (), *to = gst_buffer_new ();
  GstVideoInfo in, out;
  GstVideoMetaTransform scale = { &in, &out };
  GstMobilenetDetection *detection;
  GstMobilenetDetectionMeta *meta;
  const gchar *label;

  result.n_classifications = 1;
  result.classifications = &breed;
  detection = gst_mobilenet_detection_new ("ssd", 0, &result, 1);
  gst_mobilenet_classification_unref (breed);
  gst_video_info_set_format (&in, GST_VIDEO_FORMAT_NV12, 640, 480);
  gst_video_info_set_format (&out, GST_VIDEO_FORMAT_NV12, 320, 240);
  meta = gst_buffer_add_mobilenet_detection_meta (from, detection, 0);
  gst_mobilenet_detection_unref (detection);
  fail_unless (meta->meta.info->transform_func (to, &meta->meta, from,
          gst_video_meta_transform_scale_get_quark (), &scale));
  gst_buffer_unref (from);
  meta = gst_buffer_get_mobilenet_detection_meta (to);
  fail_unless (gst_mobilenet_classification_get_result
      (gst_mobilenet_detection_get_classification (meta->detection, 0, 0), 0,
          NULL, &label, NULL));
  fail_unless_equals_string (label, "poodle");
  gst_buffer_unref (to);
}

GST_END_TEST;

GST_START_TEST (test_to_structure)
{
  GstBuffer *buffer = new_marked_buffer ();
  GstMobilenetDetectionMeta *meta =
      gst_buffer_get_mobilenet_detection_meta (buffer);
  GstMobilenetClassification *breed = new_class ("breeds", "poodle");
  GstMobilenetDetection *detection =
      gst_mobilenet_detection_with_classifications (meta->detection, &breed, 1);
  static const gchar *const numbers[] = { "x", "y", "w", "h", "score" };
  const gdouble expected[] = { -5, 90, 50, 60, 0.5 };
  const GstStructure *result, *nested;
  GstStructure *structure;
  const GValue *results;
  guint64 source_pts, age;
  gdouble number;
  guint index, id, i;

  gst_mobilenet_detection_meta_set_detection (meta, detection);
  gst_mobilenet_detection_unref (detection);
  gst_mobilenet_classification_unref (breed);
  structure = gst_mobilenet_detection_meta_to_structure (meta);
  gst_buffer_unref (buffer);
  fail_unless_equals_string (gst_structure_get_name (structure),
      "mobilenet-detection");
  fail_unless_equals_int (gst_structure_n_fields (structure), 4);
  fail_unless (gst_structure_get_uint64 (structure, "source-pts", &source_pts));
  fail_unless_equals_uint64 (source_pts, SOURCE_PTS);
  fail_unless (gst_structure_get_uint64 (structure, "age", &age));
  fail_unless_equals_uint64 (age, AGE);
  fail_unless_equals_string (gst_structure_get_string (structure, "model"),
      "ssd");

  results = gst_structure_get_value (structure, "results");
  fail_unless_equals_int (gst_value_array_get_size (results), 2);
  result = gst_value_get_structure (gst_value_array_get_value (results, 1));
  fail_unless_equals_string (gst_structure_get_name (result), "result");
  fail_unless_equals_int (gst_structure_n_fields (result), 8);
  fail_unless (gst_structure_get_uint (result, "id", &id));
  fail_unless_equals_int (id, 7);
  fail_unless (gst_structure_get_uint (result, "index", &index));
  fail_unless_equals_int (index, 17);
  fail_unless_equals_string (gst_structure_get_string (result, "label"), "");
  for (i = 0; i < G_N_ELEMENTS (numbers); i++) {
    fail_unless (gst_structure_get_double (result, numbers[i], &number));
    fail_unless_equals_float (number, expected[i]);
  }

  result = gst_value_get_structure (gst_value_array_get_value (results, 0));
  results = gst_structure_get_value (result, "key-points");
  fail_unless_equals_int (gst_value_array_get_size (results), 2);
  nested = gst_value_get_structure (gst_value_array_get_value (results, 1));
  fail_unless (gst_structure_get_double (nested, "x", &number));
  fail_unless_equals_float (number, 22.5);
  results = gst_structure_get_value (result, "classifications");
  fail_unless_equals_int (gst_value_array_get_size (results), 1);
  nested = gst_value_get_structure (gst_value_array_get_value (results, 0));
  fail_unless_equals_string (gst_structure_get_string (nested, "model"),
      "breeds");
  results = gst_structure_get_value (nested, "results");
  nested = gst_value_get_structure (gst_value_array_get_value (results, 0));
  fail_unless_equals_string (gst_structure_get_string (nested, "label"),
      "poodle");
  gst_structure_free (structure);
}

GST_END_TEST;

GST_START_TEST (test_regions)
{
  GstMobilenetDetection *detection = new_street ("ssd");
  GstBuffer *buffer = gst_buffer_new ();
  GstVideoRegionOfInterestMeta *region;
  GstStructure *params;
  gpointer state = NULL;
  gdouble score;

  fail_unless_equals_int (gst_buffer_add_mobilenet_detection_regions (buffer,
          detection, 320, 100), 2);
  gst_mobilenet_detection_unref (detection);

  region = gst_buffer_get_video_region_of_interest_meta_id (buffer, 4);
  fail_unless (region != NULL);
  fail_unless_equals_string (g_quark_to_string (region->roi_type), "person");
  fail_unless (region->x == 10 && region->y == 20 && region->w == 31
      && region->h == 61);
  params = gst_video_region_of_interest_meta_get_param (region,
      "mobilenet-detection");
  fail_unless (gst_structure_get_double (params, "score", &score));
  fail_unless_equals_float (score, 0.75);
  fail_unless_equals_string (gst_structure_get_string (params, "model"), "ssd");

  /* Cut at the edges; a class without a name is told by its index. */
  region = gst_buffer_get_video_region_of_interest_meta_id (buffer, 7);
  fail_unless_equals_string (g_quark_to_string (region->roi_type), "17");
  fail_unless (region->x == 0 && region->y == 90 && region->w == 45
      && region->h == 10);
  fail_unless (gst_buffer_iterate_meta_filtered (buffer, &state,
          GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE) != NULL);
  gst_buffer_unref (buffer);
}

GST_END_TEST;

GST_START_TEST (test_regions_of_bad_boxes)
{
  const gdouble bad[][4] = {
    {NAN, 0, 10, 10}, {0, NAN, 10, 10}, {0, 0, NAN, 10}, {0, 0, 10, NAN},
    {INFINITY, 0, 10, 10}, {-INFINITY, 0, INFINITY, 10}, {320, 0, 10, 10},
    {-20, 0, 20, 10}, {0, 240, 10, 1e300}, {10, 10, 0, 10}, {10, 10, -5, 10},
  };
  GstMobilenetDetectionResult results[G_N_ELEMENTS (bad) + 1] = { {0} };
  GstMobilenetDetection *detection;
  GstVideoRegionOfInterestMeta *region;
  GstBuffer *buffer = gst_buffer_new ();
  guint i;

  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    results[i].x = bad[i][0];
    results[i].y = bad[i][1];
    results[i].w = bad[i][2];
    results[i].h = bad[i][3];
  }
  results[i].id = 99;
  results[i].x = results[i].y = -1e300;
  results[i].w = results[i].h = INFINITY;
  detection = gst_mobilenet_detection_new ("ssd", 0, results,
      G_N_ELEMENTS (results));
  fail_unless_equals_int (gst_buffer_add_mobilenet_detection_regions (buffer,
          detection, 320, 240), 1);
  region = gst_buffer_get_video_region_of_interest_meta_id (buffer, 99);
  fail_unless (region->x == 0 && region->y == 0 && region->w == 320
      && region->h == 240);
  gst_mobilenet_detection_unref (detection);
  gst_buffer_unref (buffer);
}

GST_END_TEST;

static Suite *
detection_meta_suite (void)
{
  Suite *suite = suite_create ("detection meta");
  TCase *tcase = tcase_create ("buffers");

  tcase_add_test (tcase, test_holds_its_own_copy);
  tcase_add_test (tcase, test_out_of_range);
  tcase_add_test (tcase, test_text_that_is_not_utf8);
  tcase_add_test (tcase, test_several_on_one_buffer);
  tcase_add_test (tcase, test_copies_share_the_result);
  tcase_add_test (tcase, test_scaled);
  tcase_add_test (tcase, test_transformations_without_a_place);
#if GST_CHECK_VERSION (1, 28, 0)
  tcase_add_test (tcase, test_matrix_transformations);
#endif
  tcase_add_test (tcase, test_second_stage);
  tcase_add_test (tcase, test_scaled_with_classifications);
  tcase_add_test (tcase, test_to_structure);
  tcase_add_test (tcase, test_regions);
  tcase_add_test (tcase, test_regions_of_bad_boxes);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, detection_meta_suite);
}
