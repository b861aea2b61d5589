/* SPDX-License-Identifier: MIT
 *
 * How far an output may be from that of TFLite's reference kernels. */
#include "golden.h"

#include <math.h>

/* Integers are equal.  Floats: 1e-3 on probabilities, 1e-2 of the largest value elsewhere; where
 * integer operators lie before, or twice what TFLite's optimised kernels differ;
 * computed in float16, 2e-2 and 4e-2 of it, or twice that.  Nearly all elements differ
 * by rounding. */
static GoldenDistance float_bar(double largest_value, GoldenArithmetic arithmetic,
                                GoldenDistance optimized)
{
    bool probabilities = largest_value <= 1.0001, half = arithmetic == GOLDEN_FLOAT16;
    double absolute = probabilities ? (half ? 2e-2 : 1e-3) : (half ? 4e-2 : 1e-2) * largest_value;
    bool pure = arithmetic == GOLDEN_FLOAT32;
    return (GoldenDistance){ pure ? absolute : fmax(absolute, 2 * optimized.largest), 1 };
}

GoldenVerdict golden_judge(MnetType type, GoldenArithmetic arithmetic, size_t n, const void *ours,
                           const void *reference, GoldenDistance optimized)
{
    GoldenVerdict verdict = { .same_top = true };
    double largest_value = 0;
    size_t differing = 0, our_top = 0, top = 0;
    bool finite = true;
    for (size_t i = 0; i < n; i++) {
        double x = golden_stored(type, ours, i), y = golden_stored(type, reference, i);
        finite &= isfinite(x) != 0;
        differing += !(x == y);
        verdict.distance.largest = fmax(verdict.distance.largest, fabs(x - y));
        largest_value = fmax(largest_value, fabs(y));
        if (x > golden_stored(type, ours, our_top))
            our_top = i;
        if (y > golden_stored(type, reference, top))
            top = i;
    }
    bool floats = type == MNET_TYPE_FLOAT32;
    verdict.distance.share = n ? (double)differing / (double)n : 0;
    verdict.bar =
        floats ? float_bar(largest_value, arithmetic, optimized) : (GoldenDistance){ 0, 0 };
    /* Of boxes and maps the largest number means nothing. */
    bool probabilities = arithmetic == GOLDEN_FLOAT16 && largest_value <= 1.0001;
    if ((!floats || probabilities) && n)
        verdict.same_top = golden_stored(type, ours, top) == golden_stored(type, ours, our_top);
    verdict.holds = finite && verdict.same_top && verdict.distance.largest <= verdict.bar.largest &&
                    verdict.distance.share <= verdict.bar.share;
    return verdict;
}

/* Boxes of lower scores do not count. */
#define COUNTS 0.3f

static double overlap(const float *a, const float *b)
{
    double height = fmin((double)a[2], (double)b[2]) - fmax((double)a[0], (double)b[0]);
    double width = fmin((double)a[3], (double)b[3]) - fmax((double)a[1], (double)b[1]);
    double both = fmax(height, 0) * fmax(width, 0);
    double area_a = (double)(a[2] - a[0]) * (double)(a[3] - a[1]);
    double area_b = (double)(b[2] - b[0]) * (double)(b[3] - b[1]);
    return both / (area_a + area_b - both);
}

static bool is_among(size_t n, const GoldenBoxes *ours, const GoldenBoxes *reference, size_t i)
{
    for (size_t k = 0; k < n; k++)
        if (ours->classes[k] == reference->classes[i] && ours->scores[k] >= COUNTS &&
            fabsf(ours->scores[k] - reference->scores[i]) <= 0.01f &&
            overlap(ours->boxes + 4 * k, reference->boxes + 4 * i) >= 0.98)
            return true;
    return false;
}

bool golden_judge_boxes(size_t n, const GoldenBoxes *ours, const GoldenBoxes *reference)
{
    size_t n_ours = 0, n_reference = 0;
    bool good = true;
    for (size_t i = 0; i < n; i++) {
        n_ours += ours->scores[i] >= COUNTS;
        if (!(reference->scores[i] >= COUNTS))
            continue;
        n_reference++;
        if (is_among(n, ours, reference, i))
            continue;
        printf("no box of class %g with score %.3f\n", (double)reference->classes[i],
               (double)reference->scores[i]);
        good = false;
    }
    if (n_ours > n_reference + 1 || n_reference > n_ours + 1) {
        printf("%zu boxes, %zu in the reference\n", n_ours, n_reference);
        good = false;
    }
    return good;
}
