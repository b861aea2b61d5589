/* SPDX-License-Identifier: MIT
 *
 * What the tests of mobilenetssd share: a detector of coloured squares, frames
 * of them, and the element in a harness. */
#include "ssd_fixture.h"

#include <math.h>
#include <string.h>

#include "tflitebuilder.h"

/* A float32 tensor of up to 4 dimensions, the last ones 0 when there are less;
 * `data` NULL: no constant. */
static int32_t
add_tensor (TbModel * model, const gchar * name, const gint dims[4],
    const gfloat * data)
{
  TbTensor tensor = {.name = name,.type = TFL_TYPE_FLOAT32,.data = data };
  gsize elements = 1;

  while (tensor.rank < 4 && dims[tensor.rank]) {
    tensor.dims[tensor.rank] = dims[tensor.rank];
    elements *= dims[tensor.rank++];
  }
  tensor.bytes = data ? elements * sizeof (gfloat) : 0;
  return tb_tensor (model, &tensor);
}

#define DIMS(...) (const gint[4]) { __VA_ARGS__ }

static int32_t
add_operator (TbModel * model, gint builtin, int32_t a, int32_t b, int32_t c,
    int32_t to, TbOptions options)
{
  tb_operator (model, &(TbOperator) {
        .builtin = builtin,.inputs = { a, b, c },.n_inputs =
        c >= 0 ? 3 : b >= 0 ? 2 : 1,.outputs = { to },.n_outputs = 1,
      .options = options});
  return to;
}

/* 20 * byte / 255 - 10 of inputs 0 to 1, as one row a pixel. */
static void
add_scores (TbModel * model, int32_t input, gint pixels)
{
  static const gfloat gain = 20, bias = -10;
  const gint *rows = DIMS (1, pixels, 3);
  const int32_t shape[] = { 1, pixels, 3 };
  int32_t flat = add_tensor (model, "flat", rows, NULL);
  int32_t scaled = add_tensor (model, "scaled", rows, NULL);
  int32_t moved = add_tensor (model, "moved", rows, NULL);
  int32_t scores = add_tensor (model, "scores", rows, NULL);

  add_operator (model, TFL_OP_RESHAPE, input, -1, -1, flat,
      tb_reshape_options (3, shape));
  add_operator (model, TFL_OP_MUL, flat, add_tensor (model, "gain", DIMS (1),
          &gain), -1, scaled, tb_binary_options (TFL_OPTIONS_MUL, 0));
  add_operator (model, TFL_OP_ADD, scaled, add_tensor (model, "bias", DIMS (1),
          &bias), -1, moved, tb_binary_options (TFL_OPTIONS_ADD, 0));
  add_operator (model, TFL_OP_LOGISTIC, moved, -1, -1, scores, (TbOptions) {
      0});
  tb_output (model, scores);
}

/* Boxes that do not depend on the picture: a convolution of zeros, and the
 * boxes added. */
static void
add_boxes (TbModel * model, int32_t input, gint cells, const gfloat * boxes)
{
  static const gfloat zeros[12];
  const gint *rows = DIMS (1, cells * cells, 4);
  const int32_t shape[] = { 1, cells * cells, 4 };
  int32_t weights = add_tensor (model, "weights", DIMS (4, 1, 1, 3), zeros);
  int32_t bias = add_tensor (model, "no bias", DIMS (4), zeros);
  int32_t map = add_tensor (model, "map", DIMS (1, cells, cells, 4), NULL);
  int32_t flat = add_tensor (model, "nothing", rows, NULL);
  int32_t sum = add_tensor (model, "boxes", rows, NULL);

  add_operator (model, TFL_OP_CONV_2D, input, weights, bias, map,
      tb_conv_options (TFL_PADDING_SAME, 1, 1, 1, 1, 0));
  add_operator (model, TFL_OP_RESHAPE, map, -1, -1, flat,
      tb_reshape_options (3, shape));
  add_operator (model, TFL_OP_ADD, flat, add_tensor (model, "cells", rows,
          boxes), -1, sum, tb_binary_options (TFL_OPTIONS_ADD, 0));
  tb_output (model, sum);
}

static void
break_box (gfloat box[4], guint kind)
{
  static const gfloat broken[][4] = {
    {NAN, 0, 1, 1}, {0, 0, INFINITY, 1}, {0, 0, 0, 0}, {0.5, 0.5, 0.25, 0.25},
    {-9, -9, -8, -8}, {1e30, 1e30, 2e30, 2e30}, {0, 0, 1, -INFINITY},
    {2, 2, 3, 3}
  };

  memcpy (box, broken[kind % G_N_ELEMENTS (broken)], sizeof (broken[0]));
}

static void
fill_boxes (gfloat * boxes, gint cells, SsdBoxes kind)
{
  gfloat more = kind == SSD_BOXES_WIDE ? 1.0f / cells : 0;
  gint i;

  for (i = 0; i < cells * cells; i++) {
    gfloat *box = &boxes[4 * i];

    box[0] = (gfloat) (i / cells) / cells - more;
    box[1] = (gfloat) (i % cells) / cells - more;
    box[2] = (gfloat) (i / cells + 1) / cells + more;
    box[3] = (gfloat) (i % cells + 1) / cells + more;
    if (kind == SSD_BOXES_BROKEN && i % 2)
      break_box (box, i / 2);
  }
}

const gchar *
ssd_model (guint cells, SsdBoxes boxes)
{
  TbModel *model = tb_model_new ();
  gfloat *numbers = g_new (gfloat, 4 * cells * cells);
  int32_t input = add_tensor (model, "picture", DIMS (1, cells, cells, 3),
      NULL);
  gchar *name = g_strdup_printf ("squares-%u-%u.tflite", cells, boxes);
  const gchar *path;
  TbFile file;

  fill_boxes (numbers, cells, boxes);
  tb_input (model, input);
  add_scores (model, input, cells * cells);
  add_boxes (model, input, cells, numbers);
  file = tb_finish (model);
  path = fixture_write (name, file.data, file.size);
  tb_file_free (&file);
  g_free (numbers);
  g_free (name);
  return path;
}

const gchar *
ssd_labels (void)
{
  static const gchar labels[] = "red\ngreen\nblue\n";

  return fixture_write ("squares.txt", labels, strlen (labels));
}

GstHarness *
ssd_new (const gchar * first_property, ...)
{
  GstElement *element = gst_element_factory_make ("mobilenetssd", NULL);
  const gchar *name = first_property;
  GstBus *bus = gst_bus_new ();
  GstHarness *h;
  va_list properties;

  fail_unless (element != NULL);
  gst_element_set_bus (element, bus);
  gst_object_unref (bus);
  g_object_set (element, "model-file", ssd_model (8, SSD_BOXES_GOOD),
      "labels-file", ssd_labels (), NULL);
  gst_util_set_object_arg (G_OBJECT (element), "box-format", "corners-yx");
  gst_util_set_object_arg (G_OBJECT (element), "input-range", "zero-one");
  gst_util_set_object_arg (G_OBJECT (element), "mode", "every");
  va_start (properties, first_property);
  while (name) {
    gst_util_set_object_arg (G_OBJECT (element), name, va_arg (properties,
            const gchar *));
    name = va_arg (properties, const gchar *);
  }
  va_end (properties);
  h = gst_harness_new_with_element (element, "sink", "src");
  gst_harness_set_live (h, FALSE);
  gst_object_unref (element);
  return h;
}

GstBuffer *
ssd_frame (gint width, gint height, const SsdSquare * squares, GstClockTime pts)
{
  GstBuffer *buffer;
  GstVideoInfo info;
  GstMapInfo map;
  gint x, y;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, width, height);
  buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
  gst_buffer_memset (buffer, 0, 0, info.size);
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (; squares->w; squares++) {
    for (y = squares->y; y < squares->y + squares->h; y++) {
      guint8 *row = map.data + y * GST_VIDEO_INFO_PLANE_STRIDE (&info, 0);

      for (x = squares->x; x < squares->x + squares->w; x++) {
        row[3 * x] = squares->colour >> 16;
        row[3 * x + 1] = squares->colour >> 8 & 0xff;
        row[3 * x + 2] = squares->colour & 0xff;
      }
    }
  }
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = FRAME_DURATION;
  return buffer;
}

GstBuffer *
ssd_push (GstHarness * h, GstBuffer * frame)
{
  GstBuffer *buffer = gst_harness_push_and_pull (h, frame);

  fail_unless (buffer != NULL);
  return buffer;
}

static GstMobilenetDetectionMeta *
get_meta (GstBuffer * buffer)
{
  GstMobilenetDetectionMeta *meta =
      gst_buffer_get_mobilenet_detection_meta (buffer);

  fail_unless (meta != NULL, "no detection meta on the frame");
  return meta;
}

/* All that a frame carries, for messages. */
static gchar *
describe (GstBuffer * buffer)
{
  GstMobilenetDetectionMeta *meta = get_meta (buffer);
  GString *text = g_string_new (NULL);
  gdouble x, y, w, h, score;
  guint i, index;

  for (i = 0; gst_mobilenet_detection_meta_get_result (meta, i, NULL, &index,
          NULL, &score); i++) {
    gst_mobilenet_detection_meta_get_box (meta, i, &x, &y, &w, &h);
    g_string_append_printf (text, " [%u %.3f: %.2f,%.2f %.2fx%.2f]", index,
        score, x, y, w, h);
  }
  return g_string_free (text, FALSE);
}

void
ssd_assert_count (GstBuffer * buffer, guint n)
{
  guint found = gst_mobilenet_detection_meta_get_n_results (get_meta (buffer));
  gchar *text = describe (buffer);

  fail_unless (found == n, "%u detections, expected %u:%s", found, n, text);
  g_free (text);
}

void
ssd_assert_box (GstBuffer * buffer, guint index, gdouble x, gdouble y,
    gdouble w, gdouble h)
{
  GstMobilenetDetectionMeta *meta = get_meta (buffer);
  gdouble bx, by, bw, bh;
  gboolean found = FALSE;
  gchar *text;
  guint i, is;

  for (i = 0; gst_mobilenet_detection_meta_get_result (meta, i, NULL, &is,
          NULL, NULL); i++) {
    gst_mobilenet_detection_meta_get_box (meta, i, &bx, &by, &bw, &bh);
    found |= is == index && fabs (x - bx) < 0.01 && fabs (y - by) < 0.01
        && fabs (w - bw) < 0.01 && fabs (h - bh) < 0.01;
  }
  text = describe (buffer);
  fail_unless (found, "no %u at %.2f,%.2f %.2fx%.2f among%s", index, x, y, w,
      h, text);
  g_free (text);
}
