/* SPDX-License-Identifier: MIT
 *
 * Suppression of each kind against its definition, written down plainly. */
#include <math.h>

#include "base/memory.h"
#include "decode/detections.h"
#include "expect.h"

#define MANY 300

static uint32_t seed = 1;

/* 0 to 1. */
static float noise(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (float)(seed >> 8) / (1 << 24);
}

/* Boxes around few places, so that many overlap. */
static void fill(MnetDetection *d, size_t n, bool equal_scores)
{
    for (size_t i = 0; i < n; i++) {
        float x = (float)(int)(noise() * 4) / 4 + noise() * 0.1f, width = 0.2f + 0.1f * noise();
        float y = (float)(int)(noise() * 4) / 4 + noise() * 0.1f, height = 0.2f + 0.1f * noise();
        d[i] = (MnetDetection){ .index = (uint32_t)(noise() * 3),
                                .score = equal_scores ? (float)(int)(noise() * 4) / 4 : noise(),
                                .label = "",
                                .left = x,
                                .top = y,
                                .right = x + width,
                                .bottom = y + height,
                                .n_points = 1,
                                .points = { { x, y } } };
    }
}

static double area(const MnetDetection *d)
{
    return ((double)d->right - (double)d->left) * ((double)d->bottom - (double)d->top);
}

static double naive_overlap(const MnetDetection *a, const MnetDetection *b,
                            const MnetSuppression *how)
{
    if (a->index != b->index && !how->class_agnostic)
        return 0;
    double width =
        fmin((double)a->right, (double)b->right) - fmax((double)a->left, (double)b->left);
    double height =
        fmin((double)a->bottom, (double)b->bottom) - fmax((double)a->top, (double)b->top);
    double both = width > 0 && height > 0 ? width * height : 0;
    return both / (how->overlap == MNET_OVERLAP_SMALLER ? fmin(area(a), area(b))
                                                        : area(a) + area(b) - both);
}

/* Takes the best one that is left, again and again. */
static size_t naive(MnetDetection *from, size_t n, const MnetSuppression *how, float min_score,
                    MnetDetection *to)
{
    bool gone[MANY] = { false };
    size_t kept = 0;
    double threshold = (double)how->overlap_threshold;
    for (;;) {
        size_t best = n;
        for (size_t i = 0; i < n; i++)
            if (!gone[i] && (best == n || from[i].score > from[best].score))
                best = i;
        if (best == n)
            return kept;
        MnetDetection out = from[best];
        double weight = 0, sums[6] = { 0 };
        for (size_t i = 0; i < n; i++) {
            double overlap = naive_overlap(&from[best], &from[i], how);
            if (gone[i])
                continue;
            if (i == best || overlap > threshold) {
                const float numbers[6] = {
                    from[i].left,   from[i].top,         from[i].right,
                    from[i].bottom, from[i].points[0].x, from[i].points[0].y
                };
                weight += (double)from[i].score;
                for (int k = 0; k < 6; k++)
                    sums[k] += (double)from[i].score * (double)numbers[k];
            }
            if (i == best)
                continue;
            if (how->nms == MNET_NMS_LINEAR && overlap > threshold)
                from[i].score *= (float)(1 - overlap);
            else if (how->nms == MNET_NMS_GAUSS)
                from[i].score *= (float)exp(-overlap * overlap / 0.5);
            else if (how->nms != MNET_NMS_LINEAR)
                gone[i] = overlap > threshold;
            if (how->nms == MNET_NMS_LINEAR || how->nms == MNET_NMS_GAUSS)
                gone[i] = from[i].score < min_score;
        }
        gone[best] = true;
        if (how->nms == MNET_NMS_BLEND && weight > 0) {
            out.left = (float)(sums[0] / weight);
            out.top = (float)(sums[1] / weight);
            out.right = (float)(sums[2] / weight);
            out.bottom = (float)(sums[3] / weight);
            out.points[0] = (MnetPoint){ (float)(sums[4] / weight), (float)(sums[5] / weight) };
        }
        to[kept++] = out;
    }
}

static bool same(const MnetDetection *a, const MnetDetection *b)
{
    const float e = 1e-5f;
    return a->index == b->index && fabsf(a->score - b->score) < e && fabsf(a->left - b->left) < e &&
           fabsf(a->top - b->top) < e && fabsf(a->right - b->right) < e &&
           fabsf(a->bottom - b->bottom) < e && fabsf(a->points[0].x - b->points[0].x) < e &&
           fabsf(a->points[0].y - b->points[0].y) < e;
}

static void check_kind(MnetNms nms, MnetOverlap overlap, bool agnostic)
{
    static MnetDetection d[MANY], copy[MANY], expected[MANY];
    MnetSuppression how = { .nms = nms, .overlap = overlap, .class_agnostic = agnostic };
    for (int round = 0; round < 40; round++) {
        size_t n = (size_t)(noise() * MANY);
        fill(d, n, false);
        memcpy(copy, d, sizeof copy);
        how.overlap_threshold = 0.1f + 0.8f * noise();
        size_t wanted = naive(copy, n, &how, 0.2f, expected);
        size_t kept = mnet_detections_suppress(d, n, &how, 0.2f);
        EXPECT(kept == wanted, "kind %d: %zu of %zu stay, not %zu", nms, kept, n, wanted);
        for (size_t i = 0; i < kept && kept == wanted; i++)
            EXPECT(same(&d[i], &expected[i]), "kind %d: %zu of %zu is another", nms, i, kept);
    }
}

/* Whatever the order at first, the same comes out. */
static void check_order(void)
{
    static MnetDetection d[MANY], other[MANY];
    MnetSuppression how = { .overlap_threshold = 0.4f };
    for (int round = 0; round < 20; round++) {
        size_t n = (size_t)(noise() * MANY);
        fill(d, n, true);
        for (size_t i = 0; i < n; i++)
            other[i] = d[n - 1 - i];
        size_t kept = mnet_detections_suppress(d, n, &how, 0);
        size_t same_kept = mnet_detections_suppress(other, n, &how, 0);
        EXPECT(kept == same_kept && !memcmp(d, other, kept * sizeof *d), "%zu and %zu of %zu", kept,
               same_kept, n);
        for (size_t i = 1; i < kept; i++)
            EXPECT(d[i - 1].score > d[i].score ||
                       (d[i - 1].score == d[i].score && d[i - 1].index <= d[i].index),
                   "%zu is not in order", i);
    }
}

static MnetDetection box(float score, float left, float top, float right, float bottom)
{
    return (MnetDetection){ 0, score, "", left, top, right, bottom, 0, { { 0, 0 } } };
}

static void check_defaults(void)
{
    /* Intersection 0.5 of 1.5 in all: a third; a quarter of the whole: 0.25 and all of it. */
    MnetDetection thirds[] = { box(0.9f, 0, 0, 1, 1), box(0.8f, 0.5f, 0, 1.5f, 1) };
    MnetDetection part[] = { box(0.9f, 0, 0, 1, 1), box(0.8f, 0.5f, 0.5f, 1, 1) };
    MnetSuppression how = { 0 };
    EXPECT(mnet_detections_suppress(thirds, 2, &how, 0) == 2, "the default is 0.5");
    how.overlap_threshold = 0.33f;
    EXPECT(mnet_detections_suppress(thirds, 2, &how, 0) == 1, "a third is above 0.33");
    EXPECT(mnet_detections_suppress(part, 2, &how, 0) == 2, "a quarter is not");
    how.overlap = MNET_OVERLAP_SMALLER;
    EXPECT(mnet_detections_suppress(part, 2, &how, 0) == 1, "the smaller box lies inside");
    EXPECT(mnet_detections_suppress(part, 0, &how, 0) == 0, "nothing");
    MnetDetection half[] = { box(0.9f, 0, 0, 1, 1), box(0.8f, 0, 0, 1, 0.5f) };
    EXPECT(mnet_detections_suppress(half, 2, &(MnetSuppression){ 0 }, 0) == 2,
           "a half is not above 0.5");
    MnetDetection dark[] = { box(0, 0, 0, 1, 1), box(0, 0, 0, 1, 1) };
    how = (MnetSuppression){ .nms = MNET_NMS_BLEND };
    EXPECT(mnet_detections_suppress(dark, 2, &how, 0) == 1 && dark[0].right == 1,
           "scores of 0 weigh nothing");
}

static void check_bound(void)
{
    static MnetDetection d[MANY];
    const MnetLeastScore least = { .all = 0 };
    MnetSuppression how = { .overlap_threshold = 0.9f };
    for (int nms = MNET_NMS_HARD; nms <= MNET_NMS_BLEND; nms++) {
        fill(d, MANY, true);
        how.nms = (MnetNms)nms;
        mnet_alloc_fail_at(1);
        EXPECT(mnet_suppress_ordered(d, MANY, 7, &how, &least) == 7, "kind %d keeps 7", nms);
        EXPECT(!mnet_alloc(1), "kind %d has allocated", nms);
        mnet_alloc_fail_at(0);
        EXPECT(mnet_suppress_ordered(d, MANY, 0, &how, &least) == 0, "kind %d keeps none", nms);
    }
}

int main(void)
{
    for (int nms = MNET_NMS_DEFAULT; nms <= MNET_NMS_BLEND; nms++)
        for (int form = 0; form < 4; form++)
            check_kind((MnetNms)nms, form & 1 ? MNET_OVERLAP_SMALLER : MNET_OVERLAP_IOU, form & 2);
    check_order();
    check_defaults();
    check_bound();
    return expect_report("detections");
}
