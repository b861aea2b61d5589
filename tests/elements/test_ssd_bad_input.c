/* SPDX-License-Identifier: MIT
 *
 * mobilenetssd and what cannot work: one error each, when the element starts,
 * that names what is wrong and what would mend it. */
#include <string.h>

#include "ssd_fixture.h"
#include "refusal.h"

/* Starts `factory` with these properties (name, text, ..., NULL) and checks that
 * it refuses with one error whose text holds each of `words`, separated by
 * '|'. */
static void
assert_refused (const gchar * factory, const gchar * words,
    const gchar * first_property, ...)
{
  GstElement *element = gst_element_factory_make (factory, NULL);
  const gchar *name = first_property;
  va_list properties;

  va_start (properties, first_property);
  while (name) {
    gst_util_set_object_arg (G_OBJECT (element), name, va_arg (properties,
            const gchar *));
    name = va_arg (properties, const gchar *);
  }
  va_end (properties);
  refusal_expect (element, words);
}

/* A good detector but for one property. */
static void
assert_property_refused (const gchar * name, const gchar * value,
    const gchar * words)
{
  assert_refused ("mobilenetssd", words, "model-file",
      ssd_model (8, SSD_BOXES_GOOD), "labels-file", ssd_labels (),
      "box-format", "corners-yx", name, value, NULL);
}

GST_START_TEST (test_wrong_element)
{
  assert_refused ("mobilenetssd", "colours.tflite|classifier|4 classes|"
      "mobilenetclassify", "model-file", fixture_model (), NULL);
  assert_refused ("mobilenetclassify", "2 outputs|mobilenetssd", "model-file",
      ssd_model (8, SSD_BOXES_GOOD), NULL);
  assert_refused ("mobilenetssd", "map.tflite|no detector", "model-file",
      fixture_map_model (), NULL);
  assert_refused ("mobilenetssd", "model-file", NULL);
}

GST_END_TEST;

/* What the network does not tell. */
GST_START_TEST (test_not_certain)
{
  assert_refused ("mobilenetssd",
      "squares-8-0.tflite|64 boxes|set anchors-file", "model-file",
      ssd_model (8, SSD_BOXES_GOOD), "labels-file", ssd_labels (), NULL);
  assert_refused ("mobilenetssd", "background-class|labels-file", "model-file",
      ssd_model (8, SSD_BOXES_GOOD), "box-format", "corners-yx", NULL);
}

GST_END_TEST;

GST_START_TEST (test_labels)
{
  assert_refused ("mobilenetssd", "squares-8-0.tflite|labels-file|4 labels|3",
      "model-file", ssd_model (8, SSD_BOXES_GOOD), "box-format", "corners-yx",
      "background-class", "none", "labels-file", fixture_labels (), NULL);
}

GST_END_TEST;

GST_START_TEST (test_anchors)
{
  static const gchar text[] = "no anchors\n";

  assert_property_refused ("anchors-file", "/no/such.txt",
      "/no/such.txt|anchors-file");
  assert_property_refused ("anchors-file", fixture_write ("anchors.txt", text,
          strlen (text)), "anchors.txt|anchors-file");
}

GST_END_TEST;

GST_START_TEST (test_out_of_range)
{
  static const struct
  {
    const gchar *name, *value, *words;
  } cases[] = {
    {"score-threshold", "7", "score-threshold|7|0 to 1"},
    {"score-threshold", "-0.5", "score-threshold|-0.5|0 to 1"},
    {"iou-threshold", "2", "iou-threshold|2|0 to 1"},
    {"max-detections", "0", "max-detections|0|1 to 1024"},
    {"max-detections", "5000", "max-detections|5000|1 to 1024"},
    {"smoothing", "1", "smoothing|1|0 or more and less than 1"},
    {"smoothing", "-0.1", "smoothing|-0.1|0 or more and less than 1"},
    {"overlap", "1", "overlap|1|0 to 0.9"},
    {"overlap", "-1", "overlap|-1|0 to 0.9"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_property_refused (cases[i].name, cases[i].value, cases[i].words);
}

GST_END_TEST;

GST_START_TEST (test_malformed_tiles)
{
  static const gchar *const malformed[] = { "3", "0x1", "1x0", "3x2x1", "x",
    "-1x1", "9x8", "65x1", "3X2", "3x2,3x2", "auto,auto", "auto,3x2", "moving",
    "3x2,motion,motion", ",", "3x2,", "4294967297x1", "1 x 1"
  };
  static const gchar *const regions[] = { "0", "0,0,1", "0,0,1,1,1", "0,0,1,2",
    "0.5,0,0.6,1", "-0.1,0,1,1", "0,0,0,1", "nan,0,1,1", "0,0,1,x", "a",
    "0,0,1,1x"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (malformed); i++)
    assert_property_refused ("tiles", malformed[i], "property tiles|3x2|64");
  for (i = 0; i < G_N_ELEMENTS (regions); i++)
    assert_property_refused ("region", regions[i], "property region|x,y,width");
}

GST_END_TEST;

GST_START_TEST (test_unknown_classes)
{
  assert_property_refused ("classes", "rde",
      "property classes|\"rde\"|\"red\"");
  assert_property_refused ("classes", "red,gren", "\"gren\"|\"green\"");
  assert_property_refused ("classes", "elephant",
      "\"elephant\"|label like \"red\"|0 to 2");
  assert_property_refused ("classes", "3", "\"3\"|0 to 2");
  assert_property_refused ("classes", "red,", "property classes");
  assert_property_refused ("class-thresholds", "bleu=0.5",
      "class-thresholds|\"bleu\"|\"blue\"");
  assert_property_refused ("class-thresholds", "blue", "class-thresholds|blue|"
      "person=0.6");
  assert_property_refused ("class-thresholds", "blue=2", "class-thresholds|"
      "0 to 1");
  assert_property_refused ("class-thresholds", "blue=x", "class-thresholds|"
      "blue=x");
  assert_refused ("mobilenetssd", "classes|\"red\"|0 to 2|labels-file",
      "model-file", ssd_model (8, SSD_BOXES_GOOD), "box-format", "corners-yx",
      "background-class", "none", "classes", "red", NULL);
}

GST_END_TEST;

GST_START_TEST (test_regions)
{
  assert_refused ("mobilenetclassify", "property classes|regions=true",
      "model-file", fixture_model (), "classes", "dog", NULL);
  assert_refused ("mobilenetclassify", "property classes|bird,,dog|empty item",
      "model-file", fixture_model (), "regions", "true", "classes", "bird,,dog",
      NULL);
  assert_refused ("mobilenetclassify", "max-regions|0|1 to 64", "model-file",
      fixture_model (), "regions", "true", "max-regions", "0", NULL);
  assert_refused ("mobilenetclassify", "max-regions|65|1 to 64", "model-file",
      fixture_model (), "regions", "true", "max-regions", "65", NULL);
}

GST_END_TEST;

static Suite *
bad_input_suite (void)
{
  Suite *suite = suite_create ("bad input of mobilenetssd");
  TCase *refused = tcase_create ("refused");

  tcase_add_checked_fixture (refused, NULL, fixture_clean);
  tcase_add_test (refused, test_wrong_element);
  tcase_add_test (refused, test_not_certain);
  tcase_add_test (refused, test_labels);
  tcase_add_test (refused, test_anchors);
  tcase_add_test (refused, test_out_of_range);
  tcase_add_test (refused, test_malformed_tiles);
  tcase_add_test (refused, test_unknown_classes);
  tcase_add_test (refused, test_regions);
  suite_add_tcase (suite, refused);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, bad_input_suite);
}
