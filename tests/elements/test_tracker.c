/* SPDX-License-Identifier: MIT
 *
 * Things followed from frame to frame: ids, smoothing, what is missed, labels
 * that flip, things that cross. */
#include <math.h>

#include "gstmobilenettracker.h"
#include "runner.h"

#define WIDTH 1000
#define HEIGHT 500

typedef struct
{
  guint index;
  gfloat score, x, y, w, h;
} Found;

typedef struct
{
  GstMobilenetTracker *tracker;
  GstMobilenetFrame frame;
  GstMobilenetTrackerOptions options;
  gint last_id;
  MnetDetection found[MNET_MAX_CANDIDATES];
  const GstMobilenetTracked *tracked;
  gsize n;
} Scene;

static const gchar *const names[] = { "a", "b", "c" };

/* Frames of one view, 40 ms apart, the first one at 1 s. */
static Scene *
scene_new (gdouble smoothing, GstClockTime hold)
{
  Scene *scene = g_new0 (Scene, 1);

  scene->tracker = gst_mobilenet_tracker_new (&scene->last_id);
  scene->options.smoothing = smoothing;
  scene->options.hold = hold;
  scene->options.max = MNET_MAX_CANDIDATES;
  scene->frame.picture = (MnetRect) {
  0, 0, WIDTH, HEIGHT};
  scene->frame.pts = GST_SECOND - 40 * GST_MSECOND;
  scene->frame.n_tags = scene->frame.n_views = 1;
  scene->frame.views[0].region = scene->frame.picture;
  return scene;
}

static void
scene_free (Scene * scene)
{
  gst_mobilenet_tracker_free (scene->tracker);
  g_free (scene);
}

/* The next frame, in which `n` things are found. */
static void
look (Scene * scene, const Found * found, guint n)
{
  guint i;

  if (GST_CLOCK_TIME_IS_VALID (scene->frame.pts))
    scene->frame.pts += 40 * GST_MSECOND;
  for (i = 0; i < n; i++)
    scene->found[i] = (MnetDetection) {
    .index = found[i].index,.label = names[found[i].index],.score =
        found[i].score,.left = found[i].x,.top = found[i].y,.right =
        found[i].x + found[i].w,.bottom = found[i].y + found[i].h};
  scene->tracked = gst_mobilenet_tracker_update (scene->tracker, &scene->frame,
      scene->found, n, &scene->options, &scene->n);
}

static void
look_at (Scene * scene, guint index, gfloat score, gfloat x, gfloat y, gfloat w,
    gfloat h)
{
  const Found found = { index, score, x, y, w, h };

  look (scene, &found, 1);
}

/* What is reported of the thing `id`; NULL: nothing. */
static const MnetDetection *
thing (const Scene * scene, guint id)
{
  gsize i;

  for (i = 0; i < scene->n; i++)
    if (scene->tracked[i].id == id)
      return scene->tracked[i].detection;
  return NULL;
}

static void
assert_thing (const Scene * scene, guint id, guint index, gfloat score,
    gfloat x, gfloat y, gfloat w, gfloat h)
{
  const MnetDetection *is = thing (scene, id);

  fail_unless (is != NULL, "thing %u is not reported", id);
  fail_unless (is->index == index && is->label == names[index]
      && fabsf (is->score - score) < 1e-5f && fabsf (is->left - x) < 1e-3f
      && fabsf (is->top - y) < 1e-3f && fabsf (is->right - x - w) < 1e-3f
      && fabsf (is->bottom - y - h) < 1e-3f,
      "thing %u is a \"%s\" of %g at %g,%g..%g,%g", id, is->label, is->score,
      is->left, is->top, is->right, is->bottom);
}

/* Exactly what was found, as many as there may be, with new ids. */
GST_START_TEST (test_off)
{
  static const Found found[] = { {0, 0.9f, 10, 10, 50, 50}
  , {1, 0.8f, 10, 10, 50, 50}
  , {0, 0.7f, 12, 10, 50, 50}
  };
  Scene *scene = scene_new (0, 0);
  guint i, frame;

  scene->options.max = 2;
  for (frame = 0; frame < 3; frame++) {
    look (scene, found, 3);
    fail_unless_equals_int (scene->n, 2);
    for (i = 0; i < 2; i++) {
      fail_unless (scene->tracked[i].detection == &scene->found[i]);
      fail_unless_equals_int (scene->tracked[i].id, 2 * frame + i + 1);
    }
    look (scene, NULL, 0);
    fail_unless_equals_int (scene->n, 0);
  }
  scene_free (scene);
}

GST_END_TEST;

/* From the last frame in which it was found, and not a frame longer. */
GST_START_TEST (test_hold)
{
  Scene *scene = scene_new (0, 100 * GST_MSECOND);

  look_at (scene, 1, 0.9f, 100, 100, 50, 80);
  assert_thing (scene, 1, 1, 0.9f, 100, 100, 50, 80);
  look (scene, NULL, 0);
  look (scene, NULL, 0);
  assert_thing (scene, 1, 1, 0.9f, 100, 100, 50, 80);
  /* What is there again is where it is, unsmoothed, with its id. */
  look_at (scene, 1, 0.7f, 104, 100, 50, 80);
  fail_unless_equals_int (scene->n, 1);
  assert_thing (scene, 1, 1, 0.7f, 104, 100, 50, 80);
  scene->frame.pts += 60 * GST_MSECOND;
  look (scene, NULL, 0);
  fail_unless_equals_int (scene->n, 1);
  look (scene, NULL, 0);
  fail_unless_equals_int (scene->n, 0);
  look_at (scene, 1, 0.7f, 104, 100, 50, 80);
  assert_thing (scene, 2, 1, 0.7f, 104, 100, 50, 80);
  scene_free (scene);
}

GST_END_TEST;

/* Played backwards, jumps, no time at all, and frames without timestamps. */
GST_START_TEST (test_time)
{
  Scene *scene = scene_new (0, 100 * GST_MSECOND);
  guint i;

  look_at (scene, 0, 0.9f, 100, 100, 50, 80);
  for (i = 0; i < 2; i++) {
    scene->frame.pts -= 80 * GST_MSECOND;
    look (scene, NULL, 0);
    fail_unless_equals_int (scene->n, 1);
  }
  scene->frame.pts -= 80 * GST_MSECOND;
  look (scene, NULL, 0);
  fail_unless_equals_int (scene->n, 0);

  look_at (scene, 0, 0.9f, 100, 100, 50, 80);
  scene->frame.pts = 0;
  look (scene, NULL, 0);
  fail_unless_equals_int (scene->n, 0);

  scene->options.hold = 0;
  scene->options.smoothing = 0.5;
  look_at (scene, 0, 0.9f, 100, 100, 50, 80);
  scene->frame.pts -= 40 * GST_MSECOND;
  look (scene, NULL, 0);
  fail_unless_equals_int (scene->n, 0);
  scene->options.hold = 100 * GST_MSECOND;

  /* 25 a second, behind a time that is known and from the start. */
  for (i = 0; i < 2; i++) {
    look_at (scene, 0, 0.9f, 100, 100, 50, 80);
    scene->frame.pts = GST_CLOCK_TIME_NONE;
    look (scene, NULL, 0);
    look (scene, NULL, 0);
    fail_unless_equals_int (scene->n, 1);
    look (scene, NULL, 0);
    fail_unless_equals_int (scene->n, 0);
    gst_mobilenet_tracker_reset (scene->tracker);
  }
  scene_free (scene);
}

GST_END_TEST;

/* Of the past as much as asked for in scores, and times the overlap in boxes:
 * (0, 90) and (10, 90) overlap by 80 of 100. */
GST_START_TEST (test_smoothing)
{
  Scene *scene = scene_new (0.5, 0);
  guint i;

  look_at (scene, 0, 0.9f, 0, 100, 90, 50);
  look_at (scene, 0, 0.5f, 10, 100, 90, 50);
  assert_thing (scene, 1, 0, 0.7f, 6, 100, 90, 50);
  for (i = 0; i < 30; i++)
    look_at (scene, 0, 0.5f, 10, 100, 90, 50);
  assert_thing (scene, 1, 0, 0.5f, 10, 100, 90, 50);
  /* What has left its box is where it is. */
  look_at (scene, 0, 0.5f, 100, 100, 90, 50);
  assert_thing (scene, 1, 0, 0.5f, 100, 100, 90, 50);
  /* What is new is as it is. */
  look_at (scene, 0, 0.8f, 800, 100, 90, 50);
  assert_thing (scene, 2, 0, 0.8f, 800, 100, 90, 50);
  scene_free (scene);
}

GST_END_TEST;

/* How far the left edge of a box that jitters moves in all. */
static gfloat
edge_change (gdouble smoothing)
{
  Scene *scene = scene_new (smoothing, GST_SECOND);
  GRand *random = g_rand_new_with_seed (3);
  gfloat sum = 0, last = 200;
  guint i;

  for (i = 0; i < 400; i++) {
    gfloat noise = g_rand_double_range (random, -5, 5);

    look_at (scene, 0, 0.9f, 200 + noise, 100, 150, 200);
    fail_unless_equals_int (scene->tracked[0].id, 1);
    sum += i ? fabsf (scene->tracked[0].detection->left - last) : 0;
    last = scene->tracked[0].detection->left;
  }
  g_rand_free (random);
  scene_free (scene);
  return sum;
}

GST_START_TEST (test_jitter)
{
  fail_unless (edge_change (0.5) < 0.6f * edge_change (0));
  fail_unless (edge_change (0.9) < 0.25f * edge_change (0));
}

GST_END_TEST;

/* A box that moves does not stay behind its thing, however much is smoothed. */
GST_START_TEST (test_lag)
{
  Scene *scene = scene_new (0.95, 0);
  guint i;

  for (i = 0; i < 60; i++) {
    look_at (scene, 0, 0.9f, 10 * i, 100, 100, 100);
    fail_unless_equals_int (scene->tracked[0].id, 1);
    fail_unless (scene->tracked[0].detection->left > 10.0f * i - 50);
  }
  scene_free (scene);
}

GST_END_TEST;

GST_START_TEST (test_key_points)
{
  Scene *scene = scene_new (0.5, 0);
  MnetDetection found = {.label = "",.score = 0.9f,.left = 10,.top = 10,.right =
        110,.bottom = 110,.n_points = 2,.points = {{20, 30}, {40, 50}
      }
  };

  gst_mobilenet_tracker_update (scene->tracker, &scene->frame, &found, 1,
      &scene->options, &scene->n);
  found.points[1].x = 60;
  found.points[1].y = 0;
  scene->tracked = gst_mobilenet_tracker_update (scene->tracker, &scene->frame,
      &found, 1, &scene->options, &scene->n);
  found = *scene->tracked[0].detection;
  fail_unless (found.n_points == 2 && fabsf (found.points[0].x - 20) < 1e-4f
      && fabsf (found.points[0].y - 30) < 1e-4f
      && fabsf (found.points[1].x - 50) < 1e-4f
      && fabsf (found.points[1].y - 25) < 1e-4f);
  scene_free (scene);
}

GST_END_TEST;

/* Each its nearest, whichever comes first. */
GST_START_TEST (test_neighbours)
{
  Scene *scene = scene_new (0, GST_SECOND);
  guint i;

  for (i = 0; i < 10; i++) {
    const gfloat x = 100 + 10 * i;
    const Found found[] = { {0, 0.9f, x + 30 * (i % 2), 100, 60, 90}
    , {0, 0.8f, x + 30 - 30 * (i % 2), 100, 60, 90}
    , {1, 0.7f, x, 100, 60, 90}
    };

    look (scene, found, 3);
    fail_unless_equals_int (scene->n, 3);
    assert_thing (scene, 1, 0, i % 2 ? 0.8f : 0.9f, x, 100, 60, 90);
    assert_thing (scene, 2, 0, i % 2 ? 0.9f : 0.8f, x + 30, 100, 60, 90);
    assert_thing (scene, 3, 1, 0.7f, x, 100, 60, 90);
  }
  scene_free (scene);
}

GST_END_TEST;

/* Small things that leave their box between two frames are the same; what is far,
 * of another size or large is not. */
GST_START_TEST (test_fast)
{
  static const Found small = { 0, 0.9f, 500, 200, 16, 20 };
  static const Found large = { 0, 0.9f, 0, 50, 300, 400 };
  static const struct
  {
    const Found *before;
    Found found;
    gboolean same;
  } cases[] = {
    {&small, {0, 0.9f, 520, 212, 16, 20}, TRUE},
    {&small, {0, 0.9f, 500, 235, 16, 20}, TRUE},
    {&small, {1, 0.9f, 520, 212, 16, 20}, FALSE},
    {&small, {0, 0.9f, 540, 200, 16, 20}, FALSE},
    {&small, {0, 0.9f, 520, 200, 32, 40}, FALSE},
    {&large, {0, 0.9f, 330, 50, 300, 400}, FALSE},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    Scene *scene = scene_new (0.5, 0);

    look (scene, cases[i].before, 1);
    look (scene, &cases[i].found, 1);
    fail_unless_equals_int (scene->tracked[0].id, cases[i].same ? 1 : 2);
    fail_unless (scene->tracked[0].detection->left == cases[i].found.x);
    scene_free (scene);
  }
}

GST_END_TEST;

/* Two that walk through each other; behind the front one the other is not found.
 * It is not reported twice then, and is itself again. */
GST_START_TEST (test_crossing)
{
  Scene *scene = scene_new (0.3, GST_SECOND);
  guint i;

  for (i = 0; i <= 40; i++) {
    const gfloat front = 200 + 10 * i, back = 600 - 10 * i;
    const Found found[] = { {0, 0.9f, front, 100, 100, 300}
    , {0, 0.8f, back, 120, 100, 280}
    };
    gboolean hidden = fabsf (front - back) < 60;

    look (scene, found, hidden ? 1 : 2);
    fail_unless (scene->n == 2 || (hidden && scene->n == 1));
    fail_unless (fabsf (thing (scene, 1)->left - front) < 10, "frame %u", i);
    if (!hidden)
      fail_unless (fabsf (thing (scene, 2)->left - back) < 10, "frame %u", i);
    if (i == 22)
      fail_unless_equals_int (scene->n, 1);
  }
  fail_unless_equals_int (scene->last_id, 2);
  scene_free (scene);
}

GST_END_TEST;

/* One thing, one id, whatever it is called; the label is the newest one.  Two
 * that are found are two. */
GST_START_TEST (test_class_flips)
{
  static const Found both[] = { {1, 0.6f, 100, 100, 50, 80}
  , {0, 0.6f, 100, 100, 50, 80}
  };
  Scene *scene = scene_new (0, GST_SECOND);
  guint i;

  for (i = 0; i < 10; i++) {
    look_at (scene, i % 2, 0.6f, 100, 100 + i % 2, 50, 80);
    fail_unless_equals_int (scene->n, 1);
    assert_thing (scene, 1, i % 2, 0.6f, 100, 100 + i % 2, 50, 80);
  }
  look (scene, both, 2);
  fail_unless_equals_int (scene->n, 2);
  assert_thing (scene, 1, 1, 0.6f, 100, 100, 50, 80);
  scene_free (scene);
}

GST_END_TEST;

/* Smoothed, the label of two that take turns does not flip, one that has changed
 * does, and the score is the mean under all labels. */
GST_START_TEST (test_class_smoothing)
{
  Scene *scene = scene_new (0.6, 0);
  guint i;

  for (i = 0; i < 40; i++) {
    look_at (scene, i % 2, 0.6f, 100, 100, 50, 80);
    assert_thing (scene, 1, 0, 0.6f, 100, 100, 50, 80);
  }
  look_at (scene, 2, 0.6f, 100, 100, 50, 80);
  assert_thing (scene, 1, 0, 0.6f, 100, 100, 50, 80);
  for (i = 0; i < 4; i++)
    look_at (scene, 2, 0.6f, 100, 100, 50, 80);
  assert_thing (scene, 1, 2, 0.6f, 100, 100, 50, 80);
  /* Also where it moves, by either label. */
  look_at (scene, 1, 0.6f, 100, 100, 50, 80);
  look_at (scene, 1, 0.6f, 120, 100, 50, 80);
  look_at (scene, 2, 0.6f, 140, 100, 50, 80);
  fail_unless_equals_int (scene->last_id, 1);
  scene_free (scene);
}

GST_END_TEST;

/* A reset forgets all; other views or options hold and blend nothing, but keep
 * ids. */
GST_START_TEST (test_interruptions)
{
  static const Found found[] = { {0, 0.9f, 100, 100, 90, 50}
  , {0, 0.8f, 500, 100, 90, 50}
  };
  Scene *scene = scene_new (0.5, GST_SECOND);
  guint i;

  for (i = 0; i < 2; i++) {
    look (scene, found, 2);
    if (i == 0)
      scene->frame.layout++;
    else
      scene->options.revision++;
    look_at (scene, 0, 0.5f, 110, 100, 90, 50);
    fail_unless_equals_int (scene->n, 1);
    assert_thing (scene, 1, 0, 0.5f, 110, 100, 90, 50);
    look (scene, NULL, 0);
    assert_thing (scene, 1, 0, 0.5f, 110, 100, 90, 50);
    look_at (scene, 0, 0.5f, 110, 100, 90, 50);
  }
  gst_mobilenet_tracker_reset (scene->tracker);
  look (scene, NULL, 0);
  fail_unless_equals_int (scene->n, 0);
  look (scene, found, 2);
  assert_thing (scene, scene->last_id - 1, 0, 0.9f, 100, 100, 90, 50);
  scene_free (scene);
}

GST_END_TEST;

/* Tiles in turn: what a tile found earlier is not found once more by the look at
 * another one, a box of the same numbers in a tile that was looked at is. */
GST_START_TEST (test_tiles)
{
  const Found moved = { 0, 0.5f, 110, 100, 90, 50 };
  Scene *scene = scene_new (0.5, 40 * GST_MSECOND);
  guint i;

  scene->frame.n_tags = 2;
  scene->frame.views[0].region = (MnetRect) {
  0, 0, 500, 500};
  look_at (scene, 0, 0.9f, 100, 100, 90, 50);
  look (scene, &moved, 1);
  assert_thing (scene, 1, 0, 0.7f, 106, 100, 90, 50);
  scene->frame.views[0].region.x = 500;
  for (i = 0; i < 5; i++)
    look (scene, &moved, 1);
  assert_thing (scene, 1, 0, 0.7f, 106, 100, 90, 50);
  scene->frame.views[0].region.x = 0;
  for (i = 0; i < 30; i++)
    look (scene, &moved, 1);
  assert_thing (scene, 1, 0, 0.5f, 110, 100, 90, 50);
  look (scene, NULL, 0);
  fail_unless_equals_int (scene->n, 1);
  look (scene, NULL, 0);
  fail_unless_equals_int (scene->n, 0);
  scene_free (scene);
}

GST_END_TEST;

/* The best ones, and room for as many as are found. */
GST_START_TEST (test_many)
{
  Scene *scene = scene_new (0.5, GST_SECOND);
  Found found[MNET_MAX_CANDIDATES];
  guint i, frame;

  for (frame = 0; frame < 3; frame++) {
    for (i = 0; i < MNET_MAX_CANDIDATES; i++)
      found[i] = (Found) {
      frame, 0.5f + frame / 10.0f, 30 * (i % 32) + 10 * frame, 15 * (i / 32),
          20, 10};
    look (scene, found, frame == 1 ? 300 : MNET_MAX_CANDIDATES);
    fail_unless_equals_int (scene->n, MNET_MAX_CANDIDATES);
  }
  scene->options.max = 3;
  found[700].score = 0.9f;
  look (scene, found, MNET_MAX_CANDIDATES);
  fail_unless_equals_int (scene->n, 3);
  fail_unless_equals_int (scene->tracked[0].detection->left, found[700].x);
  fail_unless (scene->tracked[1].detection->score >=
      scene->tracked[2].detection->score);
  scene_free (scene);
}

GST_END_TEST;

/* Any boxes, many at the border: best first, inside the picture, each id once. */
GST_START_TEST (test_any_boxes)
{
  Scene *scene = scene_new (__i__ % 3 * 0.45, (__i__ % 2) * 90 * GST_MSECOND);
  GRand *random = g_rand_new_with_seed (7 + __i__);
  gboolean good = TRUE;
  Found found[60];
  guint frame, i, k;

  for (frame = 0; frame < 30; frame++) {
    guint n = g_rand_int_range (random, 0, G_N_ELEMENTS (found));

    for (i = 0; i < n; i++) {
      gfloat x = g_rand_int_range (random, 0, 40) * WIDTH / 40.0f;
      gfloat y = g_rand_int_range (random, 0, 40) * HEIGHT / 40.0f;
      gfloat w = g_rand_double_range (random, 0.1, 200);
      gfloat h = g_rand_double_range (random, 0.1, 200);

      found[i] = (Found) {
      g_rand_int_range (random, 0, 3), 1 - i / 60.0f, x, y, MIN (w,
            WIDTH - x), MIN (h, HEIGHT - y)};
    }
    look (scene, found, n);
    good &= scene->n >= n || scene->options.hold == 0;
    for (i = 0; i < scene->n; i++) {
      const MnetDetection *is = scene->tracked[i].detection;

      good &= is->left >= 0 && is->left < is->right && is->right <= WIDTH
          && is->top >= 0 && is->top < is->bottom && is->bottom <= HEIGHT
          && is->score >= 0 && is->score <= 1
          && (!i || is->score <= scene->tracked[i - 1].detection->score);
      for (k = 0; k < i; k++)
        good &= scene->tracked[k].id != scene->tracked[i].id;
    }
  }
  fail_unless (good);
  g_rand_free (random);
  scene_free (scene);
}

GST_END_TEST;

static Suite *
tracker_suite (void)
{
  Suite *suite = suite_create ("things followed");
  TCase *tcase = tcase_create ("scenes");

  tcase_add_test (tcase, test_off);
  tcase_add_test (tcase, test_hold);
  tcase_add_test (tcase, test_time);
  tcase_add_test (tcase, test_smoothing);
  tcase_add_test (tcase, test_jitter);
  tcase_add_test (tcase, test_lag);
  tcase_add_test (tcase, test_key_points);
  tcase_add_test (tcase, test_neighbours);
  tcase_add_test (tcase, test_fast);
  tcase_add_test (tcase, test_crossing);
  tcase_add_test (tcase, test_class_flips);
  tcase_add_test (tcase, test_class_smoothing);
  tcase_add_test (tcase, test_interruptions);
  tcase_add_test (tcase, test_tiles);
  tcase_add_test (tcase, test_many);
  tcase_add_loop_test (tcase, test_any_boxes, 0, 12);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, tracker_suite);
}
