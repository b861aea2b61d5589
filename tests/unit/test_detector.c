/* SPDX-License-Identifier: MIT
 *
 * Decoding against its definition, written down plainly: every form of boxes and
 * scores, hostile numbers, thresholds, order and bounds. */
#include <float.h>
#include <math.h>

#include "base/memory.h"
#include "detector_case.h"
#include "expect.h"

#define MAX_BOXES 5000

/* Outputs of a network: boxes and scores. */
static union {
    float floats[MAX_BOXES * 12];
    uint8_t bytes[MAX_BOXES * 12 * 4];
} data[CASE_MAX_OUTPUTS];
static const void *outputs[CASE_MAX_OUTPUTS] = { &data[0], &data[1], &data[2], &data[3] };

static MnetDetection found[MNET_MAX_CANDIDATES + 8], expected[MAX_BOXES];

/* Boxes and scores of noise; of floats some numbers are none. */
static void fill_noise(const DetectorCase *c, bool hostile)
{
    static const float odd[] = { NAN, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, 1e30f, 0 };
    for (size_t o = 0; o < c->facts.n_outputs; o++) {
        const MnetTensorInfo *info = &c->outputs[o].info;
        bool logits = info->kind == MNET_OUTPUT_LOGITS;
        for (size_t i = 0; i < info->elements; i++) {
            if (info->type != MNET_TYPE_FLOAT32)
                data[o].bytes[i] = (uint8_t)(case_noise() * 256);
            else if (hostile && case_noise() < 0.02f)
                data[o].floats[i] = odd[(int)(case_noise() * 7)];
            else
                data[o].floats[i] = logits ? 8 * case_noise() - 4 : case_noise();
        }
    }
}

/* How the case is to be understood. */
typedef struct {
    MnetScoreFormat scores;
    bool background;
    bool linear;
    bool corners, x_first;
    const MnetAnchors *anchors;
    double scale[4]; /* y, x, height, width */
    const MnetDetectionQuery *query;
} Meaning;

static double score_of(const Meaning *m, const MnetTensorInfo *info, size_t box, size_t column)
{
    size_t columns = (size_t)info->dims[info->rank - 1];
    double value = (double)mnet_tensor_value(info, &data[1], box * columns + column), sum = 0;
    if (!isfinite(value))
        return -1;
    if (m->scores == MNET_SCORES_SIGMOID)
        return 1 / (1 + exp(-value));
    if (m->scores == MNET_SCORES_PROBABILITIES)
        return fmin(fmax(value, 0), 1);
    for (size_t i = 0; i < columns; i++) {
        double other = (double)mnet_tensor_value(info, &data[1], box * columns + i);
        sum += isfinite(other) ? exp(other - value) : 0;
    }
    return 1 / sum;
}

/* Fills class and score; false when none is one. */
static bool best_class(const Meaning *m, const MnetTensorInfo *info, size_t box, MnetDetection *d)
{
    double best = -1, best_value = -INFINITY;
    size_t columns = (size_t)info->dims[info->rank - 1];
    for (size_t i = m->background; i < columns; i++) {
        double score = score_of(m, info, box, i);
        double value = (double)mnet_tensor_value(info, &data[1], box * columns + i);
        /* Scores that round to the same are told apart by what they came from. */
        if (score < 0 || value <= best_value)
            continue;
        best = score;
        best_value = value;
        d->index = (uint32_t)(i - m->background);
    }
    d->score = (float)best;
    return best >= 0;
}

static float clamp(double value)
{
    return (float)fmin(fmax(value, -16), 17);
}

static bool read_box(const Meaning *m, const MnetTensorInfo *info, size_t box, MnetDetection *d)
{
    double v[20], low[2], high[2]; /* y, x */
    size_t code = (size_t)info->dims[info->rank - 1];
    for (size_t i = 0; i < code; i++) {
        v[i] = (double)mnet_tensor_value(info, &data[0], box * code + i);
        if (!isfinite(v[i]))
            return false;
    }
    for (int axis = 0; axis < 2; axis++) {
        size_t at = (size_t)(axis ^ (m->x_first || m->linear));
        const float *anchor = m->anchors ? &m->anchors->boxes[box].y : NULL;
        if (m->corners) {
            low[axis] = v[at];
            high[axis] = v[2 + at];
            continue;
        }
        double centre = v[at] / m->scale[axis] * (double)anchor[2 + axis] + (double)anchor[axis];
        double size = v[2 + at] / m->scale[2 + axis];
        size = (m->linear ? size : exp(size)) * (double)anchor[2 + axis];
        low[axis] = centre - size / 2;
        high[axis] = centre + size / 2;
    }
    for (size_t i = 4; i < code; i += 2)
        d->points[i / 2 - 2] =
            (MnetPoint){ clamp(v[i] / m->scale[1] + (double)m->anchors->boxes[box].x),
                         clamp(v[i + 1] / m->scale[0] + (double)m->anchors->boxes[box].y) };
    d->n_points = (uint32_t)(code - 4) / 2;
    d->top = clamp(low[0]);
    d->left = clamp(low[1]);
    d->bottom = clamp(high[0]);
    d->right = clamp(high[1]);
    return fabs(low[0]) <= FLT_MAX && fabs(low[1]) <= FLT_MAX && fabs(high[0]) <= FLT_MAX &&
           fabs(high[1]) <= FLT_MAX && d->left < d->right && d->top < d->bottom;
}

/* By falling score, then by rising number of the box. */
static size_t naive(const DetectorCase *c, const Meaning *m)
{
    const MnetTensorInfo *boxes = &c->outputs[0].info;
    size_t n = 0, all = boxes->elements / (size_t)boxes->dims[boxes->rank - 1];
    for (size_t i = 0; i < all; i++) {
        MnetDetection d = { .label = "" };
        const MnetDetectionQuery *q = m->query;
        if (!best_class(m, &c->outputs[1].info, i, &d) || !read_box(m, boxes, i, &d))
            continue;
        float least = q->class_thresholds ? q->class_thresholds[d.index] : q->score_threshold;
        if (d.score < least || (q->classes && !q->classes[d.index]))
            continue;
        size_t at = n++;
        for (; at && expected[at - 1].score < d.score; at--)
            expected[at] = expected[at - 1];
        expected[at] = d;
    }
    n = n < MNET_MAX_CANDIDATES ? n : MNET_MAX_CANDIDATES;
    const MnetLeastScore least = { m->query->score_threshold, m->query->class_thresholds };
    return mnet_suppress_ordered(expected, n, MNET_MAX_CANDIDATES, &m->query->suppression, &least);
}

static bool near(float a, float b)
{
    return fabsf(a - b) <= 2e-5f * fmaxf(1, fabsf(a));
}

static bool same(const MnetDetection *a, const MnetDetection *b)
{
    bool points = a->n_points == b->n_points;
    for (uint32_t i = 0; points && i < a->n_points; i++)
        points = near(a->points[i].x, b->points[i].x) && near(a->points[i].y, b->points[i].y);
    return points && a->index == b->index && near(a->score, b->score) && near(a->left, b->left) &&
           near(a->top, b->top) && near(a->right, b->right) && near(a->bottom, b->bottom);
}

/* Takes a detection out of those expected.  Scores that differ by rounding have no
 * certain order. */
static bool has_twin(const MnetDetection *d, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (expected[i].score >= 0 && same(d, &expected[i])) {
            expected[i].score = -1;
            return true;
        }
    return false;
}

static void expect_finite(const MnetDetection *d)
{
    bool good = d->score >= 0 && d->score <= 1 && d->left < d->right && d->top < d->bottom &&
                fabsf(d->left) <= 17 && fabsf(d->right) <= 17 && fabsf(d->top) <= 17 &&
                fabsf(d->bottom) <= 17 && d->label;
    EXPECT(good, "%g: %g %g %g %g", (double)d->score, (double)d->left, (double)d->top,
           (double)d->right, (double)d->bottom);
}

static void expect_naive(const char *name, const DetectorCase *c, MnetDetector *d, const Meaning *m)
{
    mnet_alloc_fail_at(1);
    size_t n = mnet_detector_decode(d, outputs, m->query, MNET_MAX_CANDIDATES + 8, found);
    EXPECT(!mnet_alloc(1), "%s: decoding has allocated", name);
    mnet_alloc_fail_at(0);
    size_t wanted = naive(c, m);
    EXPECT(n == wanted && n, "%s: %zu detections, not %zu", name, n, wanted);
    for (size_t i = 0; i < n && n == wanted; i++) {
        expect_finite(&found[i]);
        EXPECT(!i || found[i - 1].score >= found[i].score, "%s: detection %zu is out of order",
               name, i);
        EXPECT(has_twin(&found[i], n), "%s: detection %zu of %zu is %u %g: %g %g %g %g", name, i, n,
               found[i].index, (double)found[i].score, (double)found[i].left, (double)found[i].top,
               (double)found[i].right, (double)found[i].bottom);
    }
}

typedef struct {
    const char *name;
    int32_t n, code, columns;
    MnetType type;
    MnetOutputKind kind;
    MnetScoreFormat format; /* as an option */
    MnetBackground background;
    MnetBoxFormat boxes;
} Form;

static const Form forms[] = {
    { "sigmoid inside", 300, 4, 5, MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGISTIC, MNET_SCORES_AUTO,
      MNET_BACKGROUND_FIRST, MNET_BOXES_AUTO },
    { "no background", 300, 4, 5, MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGISTIC, MNET_SCORES_AUTO,
      MNET_BACKGROUND_NONE, MNET_BOXES_AUTO },
    { "sigmoid inside, int8", 300, 4, 40, MNET_TYPE_INT8, MNET_OUTPUT_LOGISTIC, MNET_SCORES_AUTO,
      MNET_BACKGROUND_FIRST, MNET_BOXES_AUTO },
    { "softmax inside, uint8", 300, 4, 40, MNET_TYPE_UINT8, MNET_OUTPUT_SOFTMAX, MNET_SCORES_AUTO,
      MNET_BACKGROUND_AUTO, MNET_BOXES_AUTO },
    { "sigmoid", 300, 4, 5, MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGITS, MNET_SCORES_SIGMOID,
      MNET_BACKGROUND_NONE, MNET_BOXES_AUTO },
    { "sigmoid, int8", 300, 4, 5, MNET_TYPE_INT8, MNET_OUTPUT_LOGITS, MNET_SCORES_SIGMOID,
      MNET_BACKGROUND_FIRST, MNET_BOXES_AUTO },
    { "softmax", 300, 4, 5, MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGITS, MNET_SCORES_SOFTMAX,
      MNET_BACKGROUND_AUTO, MNET_BOXES_AUTO },
    { "softmax, no background", 300, 4, 5, MNET_TYPE_INT8, MNET_OUTPUT_LOGITS, MNET_SCORES_SOFTMAX,
      MNET_BACKGROUND_NONE, MNET_BOXES_AUTO },
    { "one class", 300, 4, 1, MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGITS, MNET_SCORES_AUTO,
      MNET_BACKGROUND_AUTO, MNET_BOXES_AUTO },
    { "corners, x first", 300, 4, 2, MNET_TYPE_FLOAT32, MNET_OUTPUT_SOFTMAX, MNET_SCORES_AUTO,
      MNET_BACKGROUND_AUTO, MNET_BOXES_CORNERS_XY },
    { "corners, y first", 300, 4, 2, MNET_TYPE_FLOAT32, MNET_OUTPUT_SOFTMAX, MNET_SCORES_AUTO,
      MNET_BACKGROUND_AUTO, MNET_BOXES_CORNERS_YX },
    { "MediaPipe", 300, 16, 1, MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGITS, MNET_SCORES_AUTO,
      MNET_BACKGROUND_AUTO, MNET_BOXES_AUTO },
    { "more boxes than compete", MAX_BOXES, 4, 5, MNET_TYPE_UINT8, MNET_OUTPUT_LOGISTIC,
      MNET_SCORES_AUTO, MNET_BACKGROUND_FIRST, MNET_BOXES_AUTO },
};

static void check_form(const Form *form, MnetNms nms, bool hostile)
{
    DetectorCase c;
    MnetError error = { 0 };
    case_raw(&c, form->n, form->code, form->columns, form->type, form->kind);
    c.facts.height = 48;
    MnetAnchors *anchors = case_anchors((size_t)form->n);
    bool corners = form->boxes == MNET_BOXES_CORNERS_XY || form->boxes == MNET_BOXES_CORNERS_YX;
    for (int32_t i = 0; i < form->n && form->code > 4; i++)
        anchors->boxes[i].height = anchors->boxes[i].width = 1;
    MnetDetectorOptions options = { .score_format = form->format,
                                    .background = form->background,
                                    .box_format = form->boxes,
                                    .anchors = corners ? NULL : anchors };
    MnetDetector *d = case_detector(&c, NULL, &options, &error);
    EXPECT(d, "%s: %s", form->name, error.text);
    if (!d)
        exit(1);
    MnetDetectorInfo info;
    mnet_detector_info(d, &info);
    MnetDetectionQuery query = { .score_threshold = 0.4f };
    query.suppression = (MnetSuppression){ .nms = nms, .overlap_threshold = 0.55f };
    Meaning m = { .scores = info.score_format,
                  .background = info.background,
                  .linear = form->code > 4,
                  .corners = corners,
                  .x_first = form->boxes == MNET_BOXES_CORNERS_XY,
                  .anchors = anchors,
                  .scale = { 10, 10, 5, 5 },
                  .query = &query };
    for (int i = 0; i < 4 && m.linear; i++)
        m.scale[i] = i % 2 ? 64 : 48;
    fill_noise(&c, hostile && form->type == MNET_TYPE_FLOAT32);
    expect_naive(form->name, &c, d, &m);
    float thresholds[] = { 0.3f, 0.9f, 0.5f, 0.95f, 0.2f };
    bool classes[] = { true, true, false, true, true };
    if (info.n_classes <= 5) {
        query.class_thresholds = thresholds;
        query.classes = classes;
        expect_naive(form->name, &c, d, &m);
    }
    mnet_detector_free(d);
    mnet_anchors_free(anchors);
}

static void check_forms(void)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        for (int nms = MNET_NMS_HARD; nms <= MNET_NMS_BLEND; nms++)
            for (int hostile = 0; hostile < 2; hostile++)
                check_form(&forms[i], (MnetNms)nms, hostile);
}

/* The best class of a box, not the first above the threshold. */
static void check_best(void)
{
    DetectorCase c;
    MnetAnchors *anchors = case_anchors(2);
    MnetDetectorOptions options = { .background = MNET_BACKGROUND_NONE, .anchors = anchors };
    case_raw(&c, 2, 4, 4, MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGISTIC);
    MnetDetector *d = case_detector(&c, NULL, &options, NULL);
    const float scores[] = { 0.6f, 0.9f, 0.9f, 0.7f, NAN, 0.1f, INFINITY, 0.2f };
    memset(&data[0], 0, sizeof data[0]);
    memcpy(&data[1], scores, sizeof scores);
    MnetDetectionQuery query = { .score_threshold = 0.5f };
    size_t n = mnet_detector_decode(d, outputs, &query, 10, found);
    EXPECT(n == 1 && found[0].index == 1 && found[0].score == 0.9f, "%zu: class %u", n,
           found[0].index);
    n = mnet_detector_decode(d, outputs, NULL, 10, found);
    EXPECT(n == 2 && found[1].index == 3 && found[1].score == 0.2f, "%zu: class %u", n,
           found[1].index);
    EXPECT(mnet_detector_decode(d, outputs, NULL, 0, found) == 0, "none asked for");
    query.score_threshold = NAN;
    EXPECT(mnet_detector_decode(d, outputs, &query, 10, found) == 0, "no threshold");
    mnet_detector_free(d);
    mnet_anchors_free(anchors);
}

/* Equal scores by rising number of the box, and those of the lowest numbers
 * where more than compete are equal. */
static void check_ties(void)
{
    DetectorCase c;
    case_raw(&c, MAX_BOXES, 4, 2, MNET_TYPE_FLOAT32, MNET_OUTPUT_SOFTMAX);
    MnetDetectorOptions options = { .box_format = MNET_BOXES_CORNERS_XY };
    MnetDetector *d = case_detector(&c, NULL, &options, NULL);
    for (size_t i = 0; i < MAX_BOXES; i++) {
        const float x = (float)i / 1000;
        const float box[] = { x, 0, x + 0.0005f, 1 };
        memcpy(&data[0].floats[4 * i], box, sizeof box);
        data[1].floats[2 * i + 1] = i % 10 == 9 ? 0.75f : 0.5f;
    }
    size_t n = mnet_detector_decode(d, outputs, NULL, 2000, found);
    EXPECT(n == MNET_MAX_CANDIDATES, "%zu", n);
    for (size_t i = 0; i < n; i++) {
        /* 500 of 0.75, then the first of 0.5. */
        size_t box = i < 500 ? 10 * i + 9 : (i - 500) / 9 * 10 + (i - 500) % 9;
        EXPECT(found[i].left == (float)box / 1000, "detection %zu is box %g", i,
               (double)found[i].left * 1000);
    }
    mnet_detector_free(d);
}

/* The outputs in each order; counts and classes as no one should trust them. */
static void check_post_process(void)
{
    static const MnetRole orders[][4] = {
        { MNET_ROLE_BOXES, MNET_ROLE_CLASSES, MNET_ROLE_SCORES, MNET_ROLE_COUNT },
        { MNET_ROLE_SCORES, MNET_ROLE_BOXES, MNET_ROLE_COUNT, MNET_ROLE_CLASSES },
        { MNET_ROLE_COUNT, MNET_ROLE_SCORES, MNET_ROLE_CLASSES, MNET_ROLE_BOXES },
    };
    static const float boxes[] = { 0,    0,    0.5f, 0.5f, 0, 0, 0.5f, 0.5f, 0, 0, 1, NAN,
                                   0.1f, 0.2f, 1.3f, 0.4f, 0, 0, -1,   1,    0, 0, 1, 1 };
    static const float classes[] = { 2, 2, 1, 0.9999f, 1, 3 };
    static const float scores[] = { 0.5f, 0.6f, 0.9f, 0.8f, 0.9f, 0.9f };
    static const struct {
        float count;
        size_t expected;
    } counts[] = { { 6, 3 },    { 4, 3 },   { 1, 1 },        { 0, 0 },       { -5, 0 },
                   { 1e9f, 3 }, { NAN, 0 }, { INFINITY, 3 }, { 1.0001f, 1 }, { -INFINITY, 0 } };
    for (size_t o = 0; o < sizeof orders / sizeof *orders; o++) {
        DetectorCase c;
        MnetError error = { 0 };
        MnetLabels *labels = case_labels(3, "zero");
        case_post_process(&c, 6, 3, orders[o]);
        MnetDetector *d = case_detector(&c, labels, NULL, &error);
        mnet_labels_unref(labels);
        EXPECT(d, "%s", error.text);
        for (size_t k = 0; d && k < sizeof counts / sizeof *counts; k++) {
            const void *by_role[] = { boxes, classes, scores, &counts[k].count };
            for (int i = 0; i < 4; i++)
                outputs[i] = by_role[orders[o][i]];
            size_t n = mnet_detector_decode(d, outputs, NULL, 10, found);
            EXPECT(n == counts[k].expected, "count %g: %zu", (double)counts[k].count, n);
            if (n == 3)
                EXPECT(found[0].index == 1 && found[0].bottom == 1.3f && found[0].left == 0.2f &&
                           !strcmp(found[0].label, "1") && found[1].score == 0.6f &&
                           found[2].score == 0.5f,
                       "count %g: first is %u", (double)counts[k].count, found[0].index);
        }
        /* What the file has suppressed already may be suppressed more. */
        MnetDetectionQuery query = { .suppression = { .overlap_threshold = 0.5f } };
        const float six = 6;
        for (int i = 0; i < 4; i++)
            outputs[i] = orders[o][i] == MNET_ROLE_COUNT ? (const void *)&six : outputs[i];
        EXPECT(mnet_detector_decode(d, outputs, &query, 10, found) == 2, "suppressed");
        mnet_detector_free(d);
    }
    for (int i = 0; i < 4; i++)
        outputs[i] = &data[i];
}

/* Two rows a box, the better class first; a count is one of boxes. */
static void check_rows_per_box(void)
{
    static const MnetRole order[] = { MNET_ROLE_BOXES, MNET_ROLE_CLASSES, MNET_ROLE_SCORES,
                                      MNET_ROLE_COUNT };
    static const float boxes[] = { 0, 0, 0.5f, 0.1f, 0, 0, 0.5f, 0.1f, 0, 0, 0.5f, 0.2f,
                                   0, 0, 0.5f, 0.2f, 0, 0, 0.5f, 0.3f, 0, 0, 0.5f, 0.3f };
    static const float classes[] = { 2, 1, 0, 2, 1, 0 };
    static const float scores[] = { 0.9f, 0.8f, 0.7f, 0.6f, 0.5f, 0.4f };
    static const struct {
        float count;
        size_t expected;
    } counts[] = { { 2, 2 }, { 3, 3 }, { 6, 3 }, { 0, 0 } };
    DetectorCase c;
    MnetDetectorInfo info;
    case_post_process(&c, 6, 3, order);
    c.facts.rows_per_box = 2;
    MnetDetector *d = case_detector(&c, NULL, NULL, NULL);
    mnet_detector_info(d, &info);
    EXPECT(info.n_boxes == 3, "%zu boxes", info.n_boxes);
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        const void *told[] = { boxes, classes, scores, &counts[k].count };
        size_t n = mnet_detector_decode(d, told, NULL, 10, found);
        EXPECT(n == counts[k].expected, "count %g: %zu", (double)counts[k].count, n);
        for (size_t i = 0; i < n; i++)
            EXPECT(found[i].index == (uint32_t)classes[2 * i] && found[i].score == scores[2 * i] &&
                       found[i].right == boxes[8 * i + 3],
                   "count %g: detection %zu is %u", (double)counts[k].count, i, found[i].index);
    }
    mnet_detector_free(d);
}

int main(void)
{
    check_forms();
    check_best();
    check_ties();
    check_post_process();
    check_rows_per_box();
    return expect_report("detector");
}
