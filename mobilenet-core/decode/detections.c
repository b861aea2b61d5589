/* SPDX-License-Identifier: MIT
 *
 * One detection for one thing: order and suppression, in place. */
#include "decode/detections.h"

#include <string.h>

#include "ops/detection_boxes.h"

#define DEFAULT_OVERLAP 0.5f
#define DEFAULT_SIGMA 0.5f
/* The score of what a better one has taken in. */
#define GONE (-1.0f)

static MnetBox box_of(const MnetDetection *d)
{
    return (MnetBox){ d->top, d->left, d->bottom, d->right };
}

/* 0 for those that do not compete. */
static float overlap(const MnetDetection *a, const MnetDetection *b, const MnetSuppression *how)
{
    if (a->index != b->index && !how->class_agnostic)
        return 0;
    if (how->overlap == MNET_OVERLAP_IOU)
        return mnet_box_iou(box_of(a), box_of(b));
    float smaller = fminf(mnet_box_area(box_of(a)), mnet_box_area(box_of(b)));
    return smaller > 0 ? mnet_box_intersection(box_of(a), box_of(b)) / smaller : 0;
}

static size_t suppress_hard(MnetDetection *d, size_t n, size_t max, const MnetSuppression *how)
{
    size_t kept = 0;
    for (size_t i = 0; i < n && kept < max; i++) {
        bool stays = true;
        for (size_t k = 0; k < kept && stays; k++)
            stays = !(overlap(&d[k], &d[i], how) > how->overlap_threshold);
        if (stays)
            d[kept++] = d[i];
    }
    return kept;
}

/* Box and points of detections as one row of numbers. */
#define MAX_NUMBERS (4 + 2 * MNET_MAX_POINTS)

static void add_weighted(double *sums, const MnetDetection *d, double weight)
{
    const float box[4] = { d->left, d->top, d->right, d->bottom };
    for (size_t i = 0; i < 4; i++)
        sums[i] += weight * (double)box[i];
    for (size_t i = 0; i < d->n_points; i++) {
        sums[4 + 2 * i] += weight * (double)d->points[i].x;
        sums[5 + 2 * i] += weight * (double)d->points[i].y;
    }
}

/* Doubles, so that a mean does not leave the range of its floats. */
static MnetDetection mean_of(const MnetDetection *best, const double *sums, double total)
{
    MnetDetection mean = *best;
    mean.left = (float)(sums[0] / total);
    mean.top = (float)(sums[1] / total);
    mean.right = (float)(sums[2] / total);
    mean.bottom = (float)(sums[3] / total);
    for (size_t i = 0; i < best->n_points; i++)
        mean.points[i] =
            (MnetPoint){ (float)(sums[4 + 2 * i] / total), (float)(sums[5 + 2 * i] / total) };
    /* Rounding may take the area of a very thin box. */
    return mean.left < mean.right && mean.top < mean.bottom ? mean : *best;
}

/* The mean of d[0] and all behind it that overlap it, which are marked. */
static MnetDetection blend(MnetDetection *d, size_t n, const MnetSuppression *how)
{
    const MnetDetection best = *d;
    double sums[MAX_NUMBERS] = { 0 }, total = 0;
    for (size_t i = 0; i < n; i++) {
        if (i && !(d[i].score > GONE && overlap(&best, &d[i], how) > how->overlap_threshold))
            continue;
        add_weighted(sums, &d[i], (double)d[i].score);
        total += (double)d[i].score;
        d[i].score = GONE;
    }
    return total > 0 ? mean_of(&best, sums, total) : best;
}

static size_t suppress_blend(MnetDetection *d, size_t n, size_t max, const MnetSuppression *how)
{
    size_t kept = 0;
    for (size_t i = 0; i < n && kept < max; i++)
        if (d[i].score > GONE)
            d[kept++] = blend(d + i, n - i, how);
    return kept;
}

/* What is left of a score beside a better detection. */
static float decay(float overlapping, const MnetSuppression *how)
{
    if (how->nms == MNET_NMS_GAUSS)
        return expf(-overlapping * overlapping / how->sigma);
    return overlapping > how->overlap_threshold ? 1 - overlapping : 1;
}

/* Drops those behind `best` that fall below their least score. */
static size_t decay_rest(MnetDetection *best, size_t n, const MnetSuppression *how,
                         const MnetLeastScore *least)
{
    size_t left = 1;
    for (size_t i = 1; i < n; i++) {
        best[i].score *= decay(overlap(best, &best[i], how), how);
        if (!(best[i].score >= mnet_least_score(least, best[i].index)))
            continue;
        if (left != i)
            best[left] = best[i];
        left++;
    }
    return left;
}

static size_t suppress_soft(MnetDetection *d, size_t n, size_t max, const MnetSuppression *how,
                            const MnetLeastScore *least)
{
    size_t kept = 0;
    for (; kept < n && kept < max; kept++) {
        size_t best = kept;
        for (size_t i = kept + 1; i < n; i++)
            best = d[i].score > d[best].score ? i : best;
        /* Equal scores keep their order. */
        MnetDetection first = d[best];
        memmove(&d[kept + 1], &d[kept], (best - kept) * sizeof *d);
        d[kept] = first;
        n = kept + decay_rest(&d[kept], n - kept, how, least);
    }
    return kept;
}

size_t mnet_suppress_ordered(MnetDetection *detections, size_t n, size_t max,
                             const MnetSuppression *how, const MnetLeastScore *least)
{
    MnetSuppression own = *how;
    own.sigma = own.sigma > 0 ? own.sigma : DEFAULT_SIGMA;
    switch (own.nms) {
    case MNET_NMS_LINEAR:
    case MNET_NMS_GAUSS:
        return suppress_soft(detections, n, max, &own, least);
    case MNET_NMS_BLEND:
        return suppress_blend(detections, n, max, &own);
    default:
        return suppress_hard(detections, n, max, &own);
    }
}

/* Whether `a` stands before `b`. */
static bool before(const MnetDetection *a, const MnetDetection *b)
{
    if (a->score != b->score)
        return a->score > b->score;
    if (a->index != b->index)
        return a->index < b->index;
    if (a->left != b->left)
        return a->left < b->left;
    if (a->top != b->top)
        return a->top < b->top;
    if (a->right != b->right)
        return a->right < b->right;
    return a->bottom < b->bottom;
}

/* Lets the root of a heap whose root is the last in order sink to its place. */
static void sink(MnetDetection *heap, size_t n, size_t at)
{
    MnetDetection item = heap[at];
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && before(&heap[child], &heap[child + 1]))
            child++;
        if (!before(&item, &heap[child]))
            break;
        heap[at] = heap[child];
    }
    heap[at] = item;
}

static void order(MnetDetection *d, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sink(d, n, i);
    while (n > 1) {
        MnetDetection last = d[0];
        d[0] = d[--n];
        d[n] = last;
        sink(d, n, 0);
    }
}

size_t mnet_detections_suppress(MnetDetection *detections, size_t n, const MnetSuppression *how,
                                float min_score)
{
    MnetSuppression own = *how;
    const MnetLeastScore least = { .all = min_score };
    if (!(own.overlap_threshold > 0))
        own.overlap_threshold = DEFAULT_OVERLAP;
    order(detections, n);
    return mnet_suppress_ordered(detections, n, n, &own, &least);
}
