/* SPDX-License-Identifier: MIT
 *
 * What the views of a picture have found, merged: things across seams, pieces of
 * things, things beside each other. */
#include <math.h>

#include "gstmobilenetfindings.h"
#include "runner.h"

/* A picture of 900x500 in two tiles that overlap by 100 pixels, the right one
 * lower than the picture, and as a whole. */
enum
{
  LEFT,
  RIGHT,
  WHOLE,
  N_VIEWS
};

static const MnetRect regions[N_VIEWS] = { {0, 0, 500, 500}
, {400, 0, 500, 400}
, {0, 0, 900, 500}
};

/* In pixels of the picture. */
typedef struct
{
  guint view, index;
  gfloat score, left, top, right, bottom;
} Found;

#define INPUT 100

/* Shows the findings of one view, which has its own fractions. */
static void
add_view (GstMobilenetFindings * findings, GstMobilenetFrame * frame,
    guint view, const Found * found, guint n)
{
  const MnetRect *region = &regions[view];
  MnetDetection *to;
  gsize room, count = 0;
  guint i;

  frame->views[0].region = *region;
  frame->views[0].tag = view;
  frame->views[0].geometry = (MnetGeometry) {
  (gdouble) region->width / INPUT, (gdouble) region->height / INPUT,
        region->x, region->y};
  to = gst_mobilenet_findings_begin (findings, frame, 0, &room);
  for (i = 0; i < n; i++) {
    if (found[i].view != view)
      continue;
    fail_unless (count < room);
    to[count++] = (MnetDetection) {
    .index = found[i].index,.label = "",.score = found[i].score,.left =
          (found[i].left - region->x) / region->width,.top =
          (found[i].top - region->y) / region->height,.right =
          (found[i].right - region->x) / region->width,.bottom =
          (found[i].bottom - region->y) / region->height};
  }
  gst_mobilenet_findings_end (findings, frame, 0, count, INPUT, INPUT);
}

/* The views together make `expected` of `found`, in that order. */
static void
assert_merged (guint n_views, const Found * found, guint n_found,
    const Found * expected, guint n_expected)
{
  GstMobilenetFindings *findings = gst_mobilenet_findings_new ();
  GstMobilenetFrame frame = {.picture = {0, 0, 900, 500},.n_views = 1,.layout =
      1,.n_tags = n_views
  };
  const MnetDetection *merged;
  guint view, i;
  gsize n;

  for (view = 0; view < n_views; view++)
    add_view (findings, &frame, view, found, n_found);
  merged = gst_mobilenet_findings_merge (findings, 0, &n);
  fail_unless_equals_int (n, n_expected);
  for (i = 0; i < n_expected; i++)
    fail_unless (merged[i].index == expected[i].index
        && fabsf (merged[i].score - expected[i].score) < 1e-6f
        && fabsf (merged[i].left - expected[i].left) < 0.01f
        && fabsf (merged[i].top - expected[i].top) < 0.01f
        && fabsf (merged[i].right - expected[i].right) < 0.01f
        && fabsf (merged[i].bottom - expected[i].bottom) < 0.01f,
        "%u: %u %.2f at %.2f,%.2f..%.2f,%.2f", i, merged[i].index,
        merged[i].score, merged[i].left, merged[i].top, merged[i].right,
        merged[i].bottom);
  gst_mobilenet_findings_free (findings);
}

#define ASSERT_MERGED(views, found, expected) assert_merged (views, found, \
    G_N_ELEMENTS (found), expected, G_N_ELEMENTS (expected))

/* In the overlap, whole for both tiles: the better one. */
GST_START_TEST (test_seen_twice)
{
  static const Found found[] = { {LEFT, 1, 0.7f, 410, 100, 480, 200}
  , {RIGHT, 1, 0.8f, 412, 98, 482, 202}
  };
  static const Found expected[] = { {0, 1, 0.8f, 412, 98, 482, 202} };

  ASSERT_MERGED (2, found, expected);
}

GST_END_TEST;

/* Views that do not agree what it is: the surer one.  Two classes of one view, or
 * two things that overlap, stay. */
GST_START_TEST (test_two_classes)
{
  static const Found found[] = { {LEFT, 1, 0.7f, 300, 100, 400, 300}
  , {WHOLE, 2, 0.8f, 305, 100, 405, 300}
  };
  static const Found expected[] = { {0, 2, 0.8f, 305, 100, 405, 300} };
  static const Found equal[] = { {LEFT, 2, 0.7f, 300, 100, 400, 300}
  , {WHOLE, 1, 0.7f, 305, 100, 405, 300}
  };
  static const Found expected_equal[] = { {0, 2, 0.7f, 300, 100, 400, 300} };
  static const Found one_view[] = { {LEFT, 1, 0.8f, 300, 100, 400, 300}
  , {LEFT, 2, 0.7f, 305, 100, 405, 300}
  };
  static const Found rider[] = { {LEFT, 1, 0.8f, 300, 100, 400, 300}
  , {WHOLE, 2, 0.7f, 300, 150, 400, 350}
  };

  ASSERT_MERGED (3, found, expected);
  ASSERT_MERGED (3, equal, expected_equal);
  ASSERT_MERGED (3, one_view, one_view);
  ASSERT_MERGED (3, rider, rider);
}

GST_END_TEST;

/* One tile cuts it and is surer; the other sees it whole. */
GST_START_TEST (test_cut_and_whole)
{
  static const Found found[] = { {LEFT, 1, 0.9f, 420, 100, 500, 200}
  , {RIGHT, 1, 0.6f, 421, 100, 560, 200}
  };
  static const Found expected[] = { {0, 1, 0.6f, 421, 100, 560, 200} };

  ASSERT_MERGED (2, found, expected);
}

GST_END_TEST;

/* Wider than the overlap: no tile sees it whole. */
GST_START_TEST (test_pieces)
{
  static const Found found[] = { {LEFT, 1, 0.6f, 300, 100, 500, 200}
  , {RIGHT, 1, 0.7f, 400, 102, 650, 201}
  };
  static const Found expected[] = { {0, 1, 0.7f, 300, 100, 650, 201} };
  static const Found classes[] = { {LEFT, 1, 0.7f, 300, 100, 500, 200}
  , {RIGHT, 2, 0.6f, 400, 102, 650, 201}
  };
  static const Found same[] = { {0, 1, 0.7f, 300, 100, 500, 200}
  , {0, 2, 0.6f, 400, 102, 650, 201}
  };
  static const Found heights[] = { {LEFT, 1, 0.7f, 300, 100, 500, 200}
  , {RIGHT, 1, 0.6f, 400, 20, 650, 350}
  };
  static const Found apart[] = { {0, 1, 0.7f, 300, 100, 500, 200}
  , {0, 1, 0.6f, 400, 20, 650, 350}
  };

  ASSERT_MERGED (2, found, expected);
  /* Not of one thing. */
  ASSERT_MERGED (2, classes, same);
  ASSERT_MERGED (2, heights, apart);
}

GST_END_TEST;

/* A tile's box of a part of what the whole view sees: goes also where it does
 * not reach the edge. */
GST_START_TEST (test_part_of_whole)
{
  static const Found at_edge[] = { {LEFT, 1, 0.9f, 300, 100, 500, 300}
  , {WHOLE, 1, 0.5f, 300, 100, 700, 310}
  };
  static const Found expected_at_edge[] = { {0, 1, 0.5f, 300, 100, 700, 310} };
  static const Found close[] = { {LEFT, 1, 0.9f, 150, 100, 440, 300}
  , {WHOLE, 1, 0.5f, 140, 95, 800, 310}
  };
  static const Found expected_close[] = { {0, 1, 0.5f, 140, 95, 800, 310} };

  ASSERT_MERGED (3, at_edge, expected_at_edge);
  ASSERT_MERGED (3, close, expected_close);
}

GST_END_TEST;

/* What a corner of the tile shows is a poor guess of the box. */
GST_START_TEST (test_corner)
{
  static const Found corner[] = { {RIGHT, 1, 0.9f, 400, 250, 500, 400}
  , {WHOLE, 1, 0.5f, 300, 100, 445, 450}
  };
  static const Found expected[] = { {0, 1, 0.5f, 300, 100, 445, 450} };
  static const Found edge[] = { {RIGHT, 1, 0.9f, 400, 150, 500, 300}
  , {WHOLE, 1, 0.5f, 300, 100, 445, 450}
  };

  ASSERT_MERGED (3, corner, expected);
  ASSERT_MERGED (3, edge, edge);
}

GST_END_TEST;

/* What is small, far from the edge, of another class, or in front of a thing that
 * ends in the tile, is a thing of its own. */
GST_START_TEST (test_things_in_front)
{
  static const Found small[] = { {LEFT, 1, 0.9f, 350, 100, 440, 300}
  , {WHOLE, 1, 0.5f, 140, 95, 800, 310}
  };
  static const Found far[] = { {LEFT, 1, 0.9f, 50, 100, 400, 300}
  , {WHOLE, 1, 0.5f, 40, 95, 850, 310}
  };
  static const Found other[] = { {LEFT, 2, 0.9f, 150, 100, 440, 300}
  , {WHOLE, 1, 0.5f, 140, 95, 800, 310}
  };
  static const Found ends[] = { {LEFT, 1, 0.9f, 150, 200, 430, 300}
  , {WHOLE, 1, 0.5f, 100, 20, 490, 480}
  };
  static const Found *const all[] = { small, far, other, ends };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (all); i++)
    assert_merged (3, all[i], 2, all[i], 2);
}

GST_END_TEST;

/* One view is left as the detector gave it, and boxes end with the picture. */
GST_START_TEST (test_one_view)
{
  static const Found found[] = { {LEFT, 1, 0.9f, -20, -30, 200, 300}
  , {LEFT, 1, 0.8f, 0, 0, 200, 300}
  , {LEFT, 1, 0.7f, -30, -30, -10, -10}
  };
  static const Found expected[] = { {0, 1, 0.9f, 0, 0, 200, 300}
  , {0, 1, 0.8f, 0, 0, 200, 300}
  };

  ASSERT_MERGED (1, found, expected);
}

GST_END_TEST;

static gfloat
overlap (const MnetDetection * a, const MnetDetection * b)
{
  gfloat w = MIN (a->right, b->right) - MAX (a->left, b->left);
  gfloat h = MIN (a->bottom, b->bottom) - MAX (a->top, b->top);
  gfloat both = w > 0 && h > 0 ? w * h : 0;

  return both / ((a->right - a->left) * (a->bottom - a->top) + (b->right -
          b->left) * (b->bottom - b->top) - both);
}

/* Any boxes of a view, many of them at its edges. */
static Found
any_box (GRand * random, guint view)
{
  const MnetRect *region = &regions[view];
  gint32 x = g_rand_int_range (random, -50, region->width);
  gint32 y = g_rand_int_range (random, -50, region->height);

  return (Found) {
  view, g_rand_int_range (random, 0, 3), g_rand_int_range (random, 1,
        20) / 20.0f, region->x + x, region->y + y, region->x + x +
        g_rand_int_range (random, 1, 300), region->y + y +
        g_rand_int_range (random, 1, 300)};
}

#define EACH 120

/* Best first, inside the picture, no two of a class on each other. */
GST_START_TEST (test_any_boxes)
{
  GstMobilenetFindings *findings = gst_mobilenet_findings_new ();
  GstMobilenetFrame frame = {.picture = {0, 0, 900, 500},.n_views = 1,.layout =
      1,.n_tags = N_VIEWS
  };
  GRand *random = g_rand_new_with_seed (5 + __i__);
  const MnetDetection *merged;
  Found found[EACH];
  gboolean good = TRUE;
  gsize n, i, k;
  guint view;

  for (view = 0; view < N_VIEWS; view++) {
    for (i = 0; i < EACH; i++)
      found[i] = any_box (random, view);
    add_view (findings, &frame, view, found, EACH);
  }
  merged = gst_mobilenet_findings_merge (findings, 0, &n);
  fail_unless (n > 0 && n <= N_VIEWS * EACH);
  /* One check of all: each takes an entry in the log. */
  for (i = 0; i < n; i++) {
    good &= !i || merged[i].score <= merged[i - 1].score;
    good &= merged[i].left >= 0 && merged[i].top >= 0
        && merged[i].left < merged[i].right && merged[i].right <= 900
        && merged[i].top < merged[i].bottom && merged[i].bottom <= 500;
    for (k = 0; k < i; k++)
      good &= merged[i].index != merged[k].index
          || overlap (&merged[i], &merged[k]) <= 0.501f;
  }
  fail_unless (good);
  g_rand_free (random);
  gst_mobilenet_findings_free (findings);
}

GST_END_TEST;

/* One box, in pixels of the frame, in view `tag` of `region`. */
static void
add_box (GstMobilenetFindings * findings, GstMobilenetFrame * frame, guint tag,
    MnetRect region, gfloat right)
{
  MnetDetection *to;
  gsize room;

  frame->views[0] = (GstMobilenetView) {
  .region = region,.geometry = { 1, 1, 0, 0 },.tag = tag};
  to = gst_mobilenet_findings_begin (findings, frame, 0, &room);
  *to = (MnetDetection) {
  .label = "",.score = 0.9f,.left = 400,.top = 0,.right = right,.bottom = 100};
  gst_mobilenet_findings_end (findings, frame, 0, 1, 1, 1);
}

/* A view that nothing was shown of yet, at the start or behind a reset, says
 * nothing of where the others end: no tile's edge cuts the smaller box. */
GST_START_TEST (test_view_not_seen_yet)
{
  GstMobilenetFindings *findings = gst_mobilenet_findings_new ();
  GstMobilenetFrame frame = {.picture = {0, 0, 900, 400},.n_views = 1,.layout =
      1,.n_tags = 3
  };
  guint pass;
  gsize n;

  for (pass = 0; pass < 2; pass++) {
    add_box (findings, &frame, 0, (MnetRect) {
        400, 0, 200, 400}
        , 450);
    add_box (findings, &frame, 2, (MnetRect) {
        400, 0, 500, 400}
        , 560);
    gst_mobilenet_findings_merge (findings, 0, &n);
    fail_unless_equals_int (n, 2);
    add_box (findings, &frame, 1, (MnetRect) {
        0, 0, 900, 400}
        , 401);
    frame.layout++;
  }
  gst_mobilenet_findings_free (findings);
}

GST_END_TEST;

static Suite *
findings_suite (void)
{
  Suite *suite = suite_create ("findings of tiles");
  TCase *tcase = tcase_create ("merged");

  tcase_add_test (tcase, test_view_not_seen_yet);
  tcase_add_test (tcase, test_seen_twice);
  tcase_add_test (tcase, test_two_classes);
  tcase_add_test (tcase, test_cut_and_whole);
  tcase_add_test (tcase, test_pieces);
  tcase_add_test (tcase, test_part_of_whole);
  tcase_add_test (tcase, test_corner);
  tcase_add_test (tcase, test_things_in_front);
  tcase_add_test (tcase, test_one_view);
  tcase_add_loop_test (tcase, test_any_boxes, 0, 20);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, findings_suite);
}
