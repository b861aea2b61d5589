/* SPDX-License-Identifier: MIT
 *
 * GstMobilenetClassificationMeta: what it holds, what copies share, and what
 * becomes of it in other elements. */
#include <gst/mobilenet/gstmobilenetmeta.h>
#include <gst/video/video.h>

#include "runner.h"

#define SOURCE_PTS (123 * GST_MSECOND)
#define AGE (40 * GST_MSECOND)
#define FRAMES 6

static const GstMobilenetClassificationResult animals[] = {
  {282, "tabby, \xc3\xa9tirée", 0.75},
  {283, NULL, 0.125},
  {286, "", 0.0625},
};

static GstMobilenetClassification *
new_animals (const gchar * model)
{
  return gst_mobilenet_classification_new (model, SOURCE_PTS, animals,
      G_N_ELEMENTS (animals));
}

/* A buffer of 16 bytes that carries the animals. */
static GstBuffer *
new_marked_buffer (void)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 16, NULL);
  GstMobilenetClassification *classification = new_animals ("net");

  gst_buffer_add_mobilenet_classification_meta (buffer, classification, AGE);
  gst_mobilenet_classification_unref (classification);
  return buffer;
}

static void
assert_animals (GstBuffer * buffer)
{
  GstMobilenetClassificationMeta *meta =
      gst_buffer_get_mobilenet_classification_meta (buffer);
  const gchar *label = NULL;
  gdouble score = 0;
  guint index = 0;

  fail_unless (meta != NULL);
  fail_unless_equals_uint64 (meta->age, AGE);
  fail_unless_equals_int (gst_mobilenet_classification_meta_get_n_results
      (meta), 3);
  fail_unless (gst_mobilenet_classification_meta_get_result (meta, 0, &index,
          &label, &score));
  fail_unless_equals_int (index, 282);
  fail_unless_equals_string (label, animals[0].label);
  fail_unless_equals_float (score, 0.75);
}

GST_START_TEST (test_classification_holds_its_own_copy)
{
  gchar model[] = "mobilenet_v2";
  gchar name[] = "dog";
  GstMobilenetClassificationResult result = { 7, name, 0.5 };
  GstMobilenetClassification *classification =
      gst_mobilenet_classification_new (model, 9, &result, 1);
  const gchar *label;
  gdouble score;
  guint index;

  model[0] = name[0] = 'X';
  result.index = 8;
  fail_unless_equals_string (gst_mobilenet_classification_get_model
      (classification), "mobilenet_v2");
  fail_unless_equals_uint64 (gst_mobilenet_classification_get_source_pts
      (classification), 9);
  fail_unless (gst_mobilenet_classification_get_result (classification, 0,
          &index, &label, &score));
  fail_unless_equals_int (index, 7);
  fail_unless_equals_string (label, "dog");
  fail_unless_equals_float (score, 0.5);
  gst_mobilenet_classification_unref (classification);
}

GST_END_TEST;

GST_START_TEST (test_result_out_of_range)
{
  GstMobilenetClassification *classification = new_animals ("net");
  const gchar *label = "untouched";
  gdouble score = -1;
  guint index = 77;

  fail_if (gst_mobilenet_classification_get_result (classification, 3, &index,
          &label, &score));
  fail_if (gst_mobilenet_classification_get_result (classification,
          G_MAXUINT, &index, &label, &score));
  fail_unless_equals_int (index, 77);
  fail_unless_equals_string (label, "untouched");
  fail_unless_equals_float (score, -1);

  /* No label and an empty one read alike; every output is optional. */
  fail_unless (gst_mobilenet_classification_get_result (classification, 1,
          NULL, &label, NULL));
  fail_unless_equals_string (label, "");
  fail_unless (gst_mobilenet_classification_get_result (classification, 2,
          NULL, &label, NULL));
  fail_unless_equals_string (label, "");
  gst_mobilenet_classification_unref (classification);
}

GST_END_TEST;

GST_START_TEST (test_text_that_is_not_utf8)
{
  GstMobilenetClassificationResult results[] = {
    {0, "\xe9\xe8\xff", 0.5}, {1, "plain", 0.25}
  };
  GstMobilenetClassification *classification =
      gst_mobilenet_classification_new ("mod\xe8le", 0, results, 2);
  GstBuffer *buffer = gst_buffer_new ();
  GstMobilenetClassificationMeta *meta =
      gst_buffer_add_mobilenet_classification_meta (buffer, classification, 0);
  GstStructure *structure =
      gst_mobilenet_classification_meta_to_structure (meta);
  const gchar *label;

  fail_unless_equals_string (gst_structure_get_string (structure, "model"),
      "mod\xef\xbf\xbdle");
  gst_mobilenet_classification_get_result (classification, 0, NULL, &label,
      NULL);
  fail_unless_equals_string (label, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  gst_mobilenet_classification_get_result (classification, 1, NULL, &label,
      NULL);
  fail_unless_equals_string (label, "plain");
  gst_structure_free (structure);
  gst_buffer_unref (buffer);
  gst_mobilenet_classification_unref (classification);
}

GST_END_TEST;

GST_START_TEST (test_add_and_get)
{
  GstBuffer *buffer = gst_buffer_new ();

  fail_unless (gst_buffer_get_mobilenet_classification_meta (buffer) == NULL);
  gst_buffer_unref (buffer);

  buffer = new_marked_buffer ();
  assert_animals (buffer);
  gst_buffer_unref (buffer);
}

GST_END_TEST;

GST_START_TEST (test_several_on_one_buffer)
{
  GstMobilenetClassification *by_first = new_animals ("first");
  GstMobilenetClassification *by_second = new_animals ("second");
  GstBuffer *buffer = gst_buffer_new ();
  GstMobilenetClassificationMeta *a, *b;
  gpointer state = NULL;
  guint n = 0;

  a = gst_buffer_add_mobilenet_classification_meta (buffer, by_first, 1);
  b = gst_buffer_add_mobilenet_classification_meta (buffer, by_second, 2);
  fail_unless (a != b);
  fail_unless (gst_buffer_get_mobilenet_classification_meta (buffer) == a);
  fail_unless (gst_buffer_get_mobilenet_classification_meta_for_model (buffer,
          "first") == a);
  fail_unless (gst_buffer_get_mobilenet_classification_meta_for_model (buffer,
          "second") == b);
  fail_unless (gst_buffer_get_mobilenet_classification_meta_for_model (buffer,
          "third") == NULL);
  while (gst_buffer_iterate_meta_filtered (buffer, &state,
          GST_MOBILENET_CLASSIFICATION_META_API_TYPE))
    n++;
  fail_unless_equals_int (n, 2);

  fail_unless (gst_buffer_remove_meta (buffer, &a->meta));
  fail_unless (gst_buffer_get_mobilenet_classification_meta (buffer) == b);
  gst_buffer_unref (buffer);
  gst_mobilenet_classification_unref (by_first);
  gst_mobilenet_classification_unref (by_second);
}

GST_END_TEST;

GST_START_TEST (test_many_frames_share_one_result)
{
  GstMobilenetClassification *classification = new_animals ("net");
  GstBuffer *frames[100];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (frames); i++) {
    frames[i] = gst_buffer_new ();
    gst_buffer_add_mobilenet_classification_meta (frames[i], classification, i);
  }
  gst_mobilenet_classification_unref (classification);

  for (i = 0; i < G_N_ELEMENTS (frames); i++) {
    GstMobilenetClassificationMeta *meta =
        gst_buffer_get_mobilenet_classification_meta (frames[i]);

    fail_unless (meta->classification == classification);
    fail_unless_equals_uint64 (meta->age, i);
    fail_unless_equals_string (gst_mobilenet_classification_get_model
        (meta->classification), "net");
    gst_buffer_unref (frames[i]);
  }
}

GST_END_TEST;

GST_START_TEST (test_copies_share_the_result)
{
  GstBuffer *buffer = new_marked_buffer ();
  GstMobilenetClassification *classification =
      gst_buffer_get_mobilenet_classification_meta (buffer)->classification;
  GstBuffer *copies[3];
  guint i;

  copies[0] = gst_buffer_copy (buffer);
  copies[1] = gst_buffer_copy_deep (buffer);
  copies[2] = gst_buffer_copy_region (buffer,
      GST_BUFFER_COPY_METADATA | GST_BUFFER_COPY_MEMORY, 0, -1);
  gst_buffer_unref (buffer);
  for (i = 0; i < G_N_ELEMENTS (copies); i++) {
    assert_animals (copies[i]);
    fail_unless (gst_buffer_get_mobilenet_classification_meta
        (copies[i])->classification == classification);
    gst_buffer_unref (copies[i]);
  }
}

GST_END_TEST;

GST_START_TEST (test_make_writable)
{
  GstBuffer *buffer = new_marked_buffer ();
  GstBuffer *writable = gst_buffer_make_writable (gst_buffer_ref (buffer));

  fail_unless (writable != buffer);
  assert_animals (writable);
  assert_animals (buffer);
  gst_buffer_unref (buffer);
  gst_buffer_unref (writable);
}

GST_END_TEST;

GST_START_TEST (test_part_of_a_buffer)
{
  static const struct
  {
    gsize offset, size;
  } parts[] = { {4, -1}, {0, 8}, {4, 8}, {0, 15} };
  GstBuffer *buffer = new_marked_buffer ();
  guint i;

  for (i = 0; i < G_N_ELEMENTS (parts); i++) {
    GstBuffer *part = gst_buffer_copy_region (buffer,
        GST_BUFFER_COPY_METADATA | GST_BUFFER_COPY_MEMORY, parts[i].offset,
        parts[i].size);

    fail_unless (gst_buffer_get_mobilenet_classification_meta (part) == NULL,
        "part %u", i);
    gst_buffer_unref (part);
  }
  gst_buffer_unref (buffer);
}

GST_END_TEST;

/* Whether the meta is on a buffer made by the transformation.  The transform
 * function may fail only for types that it does not know. */
static gboolean
survives (GQuark type, gpointer data, gboolean known)
{
  GstBuffer *from = new_marked_buffer ();
  GstBuffer *to = gst_buffer_new ();
  GstMobilenetClassificationMeta *meta =
      gst_buffer_get_mobilenet_classification_meta (from);
  gboolean result;

  fail_unless_equals_int (meta->meta.info->transform_func (to, &meta->meta,
          from, type, data), known);
  result = gst_buffer_get_mobilenet_classification_meta (to) != NULL;
  gst_buffer_unref (from);
  gst_buffer_unref (to);
  return result;
}

GST_START_TEST (test_transformations)
{
  GstMetaTransformCopy whole = { FALSE, 0, -1 };
  GstMetaTransformCopy part = { TRUE, 0, 8 };
  GstVideoInfo in, out;
  GstVideoMetaTransform scale = { &in, &out };

  gst_video_info_set_format (&in, GST_VIDEO_FORMAT_NV12, 640, 480);
  gst_video_info_set_format (&out, GST_VIDEO_FORMAT_RGB, 320, 320);
  fail_unless (survives (_gst_meta_transform_copy, &whole, TRUE));
  fail_if (survives (_gst_meta_transform_copy, &part, TRUE));
  fail_unless (survives (gst_video_meta_transform_scale_get_quark (), &scale,
          TRUE));
  fail_if (survives (g_quark_from_static_string ("unheard-of"), NULL, FALSE));
}

GST_END_TEST;

#if GST_CHECK_VERSION (1, 28, 0)
GST_START_TEST (test_matrix_transformations)
{
  GstVideoInfo in, out;
  GstVideoRectangle all = { 0, 0, 640, 480 };
  GstVideoRectangle right = { 100, 0, 540, 480 };
  GstVideoRectangle letterbox = { 0, 40, 320, 240 };
  GstVideoMetaTransformMatrix matrix;
  GQuark type = gst_video_meta_transform_matrix_get_quark ();

  gst_video_info_set_format (&in, GST_VIDEO_FORMAT_NV12, 640, 480);
  gst_video_info_set_format (&out, GST_VIDEO_FORMAT_RGB, 320, 320);
  gst_video_meta_transform_matrix_init (&matrix, &in, &all, &out, &letterbox);
  fail_unless (survives (type, &matrix, TRUE), "scaled with borders");
  matrix.matrix[0][0] *= 2;
  fail_if (survives (type, &matrix, TRUE), "right half lost");
  gst_video_meta_transform_matrix_init (&matrix, &in, &right, &out, &letterbox);
  fail_if (survives (type, &matrix, TRUE), "left columns cropped");
  gst_video_meta_transform_matrix_init (&matrix, &in, &all, &in, &all);
  matrix.matrix[0][0] = -1;
  matrix.matrix[0][2] = 640;
  fail_if (survives (type, &matrix, TRUE), "mirrored");
}

GST_END_TEST;
#endif

GST_START_TEST (test_to_structure)
{
  GstBuffer *buffer = new_marked_buffer ();
  GstStructure *structure = gst_mobilenet_classification_meta_to_structure
      (gst_buffer_get_mobilenet_classification_meta (buffer));
  const GValue *results;
  const GstStructure *result;
  guint64 source_pts, age;
  gdouble score;
  guint index;

  gst_buffer_unref (buffer);
  fail_unless_equals_string (gst_structure_get_name (structure),
      "mobilenet-classification");
  fail_unless_equals_int (gst_structure_n_fields (structure), 4);
  fail_unless (gst_structure_get_uint64 (structure, "source-pts", &source_pts));
  fail_unless_equals_uint64 (source_pts, SOURCE_PTS);
  fail_unless (gst_structure_get_uint64 (structure, "age", &age));
  fail_unless_equals_uint64 (age, AGE);
  fail_unless_equals_string (gst_structure_get_string (structure, "model"),
      "net");

  results = gst_structure_get_value (structure, "results");
  fail_unless (GST_VALUE_HOLDS_ARRAY (results));
  fail_unless_equals_int (gst_value_array_get_size (results), 3);
  result = gst_value_get_structure (gst_value_array_get_value (results, 1));
  fail_unless_equals_string (gst_structure_get_name (result), "result");
  fail_unless_equals_int (gst_structure_n_fields (result), 3);
  fail_unless (gst_structure_get_uint (result, "index", &index));
  fail_unless_equals_int (index, 283);
  fail_unless_equals_string (gst_structure_get_string (result, "label"), "");
  fail_unless (gst_structure_get_double (result, "score", &score));
  fail_unless_equals_float (score, 0.125);
  gst_structure_free (structure);
}

GST_END_TEST;

GST_START_TEST (test_structure_of_nothing)
{
  GstMobilenetClassification *none =
      gst_mobilenet_classification_new ("net", GST_CLOCK_TIME_NONE, NULL, 0);
  GstBuffer *buffer = gst_buffer_new ();
  GstStructure *structure;
  guint64 source_pts = 0, age = 0;

  structure = gst_mobilenet_classification_meta_to_structure
      (gst_buffer_add_mobilenet_classification_meta (buffer, none,
          GST_CLOCK_TIME_NONE));
  fail_unless (gst_structure_get_uint64 (structure, "source-pts", &source_pts));
  fail_unless_equals_uint64 (source_pts, GST_CLOCK_TIME_NONE);
  fail_unless (gst_structure_get_uint64 (structure, "age", &age));
  fail_unless_equals_uint64 (age, GST_CLOCK_TIME_NONE);
  fail_unless_equals_int (gst_value_array_get_size (gst_structure_get_value
          (structure, "results")), 0);
  gst_structure_free (structure);
  gst_buffer_unref (buffer);
  gst_mobilenet_classification_unref (none);
}

GST_END_TEST;

/* What arrived at the end of a pipeline. */
typedef struct
{
  GstMobilenetClassification *sent;
  gint with;                    /* buffers that carry what was sent */
  gint without;
} Arrivals;

static GstPadProbeReturn
mark_frame (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstBuffer *buffer = gst_buffer_make_writable (info->data);

  gst_buffer_add_mobilenet_classification_meta (buffer, user_data, AGE);
  info->data = buffer;
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
count_frame (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Arrivals *arrivals = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstMobilenetClassificationMeta *meta;

  /* What an encoder makes before the first frame is no frame. */
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER))
    return GST_PAD_PROBE_OK;
  meta = gst_buffer_get_mobilenet_classification_meta (buffer);
  if (meta && meta->classification == arrivals->sent && meta->age == AGE)
    g_atomic_int_inc (&arrivals->with);
  else
    g_atomic_int_inc (&arrivals->without);
  return GST_PAD_PROBE_OK;
}

static void
add_probe (GstElement * pipeline, const gchar * element, const gchar * pad,
    GstPadProbeCallback callback, gpointer user_data)
{
  GstElement *found = gst_bin_get_by_name (GST_BIN (pipeline), element);
  GstPad *found_pad = gst_element_get_static_pad (found, pad);

  gst_pad_add_probe (found_pad, GST_PAD_PROBE_TYPE_BUFFER, callback, user_data,
      NULL);
  gst_object_unref (found_pad);
  gst_object_unref (found);
}

/* Sends marked frames of 320x240 through `elements` and counts what arrives. */
static void
play_through (const gchar * elements, Arrivals * arrivals)
{
  gchar *launch = g_strdup_printf ("videotestsrc num-buffers=%d ! "
      "video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! "
      "identity name=mark ! %s ! fakesink name=sink", FRAMES, elements);
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (launch, &error);
  GstBus *bus;
  GstMessage *message;

  fail_unless (error == NULL, "%s: %s", launch, error ? error->message : "");
  arrivals->sent = new_animals ("net");
  arrivals->with = arrivals->without = 0;
  add_probe (pipeline, "mark", "src", mark_frame, arrivals->sent);
  add_probe (pipeline, "sink", "sink", count_frame, arrivals);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  bus = gst_element_get_bus (pipeline);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS,
      "%s: %" GST_PTR_FORMAT, launch, message);
  gst_message_unref (message);
  gst_object_unref (bus);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  gst_mobilenet_classification_unref (arrivals->sent);
  g_free (launch);
}

static const struct
{
  const gchar *elements;
  gint at_least;                /* videorate's end differs by version */
} keeping[] = {
  {"identity", FRAMES},
  {"queue", FRAMES},
  {"tee name=t ! queue ! fakesink t. ! queue", FRAMES},
  {"videoconvert ! video/x-raw,format=RGB", FRAMES},
  {"videoscale ! video/x-raw,width=160,height=120", FRAMES},
  {"videoscale add-borders=true ! "
        "video/x-raw,width=100,height=100,pixel-aspect-ratio=1/1", FRAMES},
  {"videoscale add-borders=false ! "
        "video/x-raw,width=100,height=100,pixel-aspect-ratio=1/1", FRAMES},
  {"videoconvertscale ! video/x-raw,format=NV12,width=640,height=360", FRAMES},
  {"videorate ! video/x-raw,framerate=10/1", 3},
  {"videorate ! video/x-raw,framerate=60/1", 10},
  {"videobalance hue=0.5", FRAMES},
  {"videocrop", FRAMES},
  {"jpegenc", FRAMES},
  {"theoraenc", FRAMES},
  {"vp8enc deadline=1", FRAMES},
  {"jpegenc ! jpegdec", FRAMES},
#if GST_CHECK_VERSION (1, 28, 0)
  {"videobox left=-10", FRAMES},
#endif
};

/* Not `videoflip method=`: GStreamer 1.22.0 ignores it at construction. */
static const gchar *const dropping[] = {
  "videocrop left=10",
  "videocrop top=2 bottom=2",
  "aspectratiocrop aspect-ratio=1/1",
  "videobox left=10",
#if !GST_CHECK_VERSION (1, 28, 0)
  "videobox left=-10",
#endif
  "videoflip video-direction=90r",
  "videoflip video-direction=horiz",
  "videoflip video-direction=vert",
};

GST_START_TEST (test_follows_the_frame)
{
  const gchar *elements = keeping[__i__].elements;
  Arrivals arrivals;

  play_through (elements, &arrivals);
  fail_unless (arrivals.with >= keeping[__i__].at_least &&
      arrivals.without == 0, "%s: %d of %d kept it, expected at least %d",
      elements,
      arrivals.with, arrivals.with + arrivals.without, keeping[__i__].at_least);
}

GST_END_TEST;

GST_START_TEST (test_vanishes)
{
  Arrivals arrivals;

  play_through (dropping[__i__], &arrivals);
  fail_unless (arrivals.with == 0 && arrivals.without == FRAMES,
      "%s: %d kept it, %d did not", dropping[__i__], arrivals.with,
      arrivals.without);
}

GST_END_TEST;

static Suite *
meta_suite (void)
{
  Suite *suite = suite_create ("classification meta");
  TCase *alone = tcase_create ("buffers");
  TCase *in_pipelines = tcase_create ("pipelines");

  tcase_add_test (alone, test_classification_holds_its_own_copy);
  tcase_add_test (alone, test_result_out_of_range);
  tcase_add_test (alone, test_text_that_is_not_utf8);
  tcase_add_test (alone, test_add_and_get);
  tcase_add_test (alone, test_several_on_one_buffer);
  tcase_add_test (alone, test_many_frames_share_one_result);
  tcase_add_test (alone, test_copies_share_the_result);
  tcase_add_test (alone, test_make_writable);
  tcase_add_test (alone, test_part_of_a_buffer);
  tcase_add_test (alone, test_transformations);
#if GST_CHECK_VERSION (1, 28, 0)
  tcase_add_test (alone, test_matrix_transformations);
#endif
  tcase_add_test (alone, test_to_structure);
  tcase_add_test (alone, test_structure_of_nothing);
  suite_add_tcase (suite, alone);

  tcase_add_loop_test (in_pipelines, test_follows_the_frame, 0,
      G_N_ELEMENTS (keeping));
  tcase_add_loop_test (in_pipelines, test_vanishes, 0, G_N_ELEMENTS (dropping));
  suite_add_tcase (suite, in_pipelines);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, meta_suite);
}
