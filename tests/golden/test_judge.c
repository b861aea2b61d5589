/* SPDX-License-Identifier: MIT
 *
 * The judge itself: what must hold and what must not. */
#include "golden.h"

#include <math.h>
#include <string.h>

#define N 1000

static int failed;

/* 1000 zeros with a clear top-1, `count` of them changed by `steps`. */
static void expect_int8(const char *what, size_t count, int steps, size_t top,
                        GoldenDistance optimized, bool holds)
{
    static int8_t reference[N], ours[N];
    memset(reference, 0, sizeof reference);
    memset(ours, 0, sizeof ours);
    reference[500] = 50;
    ours[top] = 50;
    for (size_t i = 0; i < count; i++)
        ours[i] = (int8_t)(ours[i] + steps);
    GoldenVerdict verdict =
        golden_judge(MNET_TYPE_INT8, GOLDEN_MIXED, N, ours, reference, optimized);
    if (verdict.holds != holds) {
        printf("%s: %s\n", what, holds ? "must hold" : "must not hold");
        failed++;
    }
}

static void expect_floats(const char *what, bool pure, float reference, float ours,
                          GoldenDistance optimized, bool holds)
{
    float a[2] = { ours, 0 }, b[2] = { reference, 0 };
    GoldenVerdict verdict =
        golden_judge(MNET_TYPE_FLOAT32, pure ? GOLDEN_FLOAT32 : GOLDEN_MIXED, 2, a, b, optimized);
    if (verdict.holds != holds) {
        printf("%s: %s\n", what, holds ? "must hold" : "must not hold");
        failed++;
    }
}

/* Two boxes, of which the second is a little changed, the first has a low score. */
static void expect_boxes(const char *what, float class, float score, float right, bool holds)
{
    const float boxes[] = { 0, 0, 1, 1, 0.25f, 0.25f, 0.75f, 0.75f }, classes[] = { 1, 2 };
    const float scores[] = { 0.29f, 0.6f };
    const float our_boxes[] = { 0.25f, 0.25f, 0.75f, right, 0, 0, 0.1f, 0.1f };
    const float our_classes[] = { class, 7 }, our_scores[] = { score, 0.2f };
    const GoldenBoxes reference = { boxes, classes, scores };
    const GoldenBoxes ours = { our_boxes, our_classes, our_scores };
    if (golden_judge_boxes(2, &ours, &reference) != holds) {
        printf("%s: %s\n", what, holds ? "must hold" : "must not hold");
        failed++;
    }
}

int main(void)
{
    const GoldenDistance none = { 0, 0 }, some = { 4, 0.6 };
    expect_int8("equal", 0, 0, 500, none, true);
    expect_int8("one value by one step", 1, 1, 500, none, false);
    expect_int8("the same where TFLite's own differ by more", 1, 1, 500, some, false);
    expect_int8("another top-1", 0, 0, 501, (GoldenDistance){ 100, 1 }, false);

    expect_floats("probability", false, 0.5f, 0.5009f, none, true);
    expect_floats("probability too far", false, 0.5f, 0.5011f, none, false);
    expect_floats("large value", false, 20, 20.19f, none, true);
    expect_floats("large value too far", false, 20, 20.21f, none, false);
    expect_floats("twice TFLite's", false, 0.5f, 0.519f, (GoldenDistance){ 0.01, 1 }, true);
    expect_floats("the same of a pure float network", true, 0.5f, 0.519f,
                  (GoldenDistance){ 0.01, 1 }, false);
    expect_floats("not a number", false, 0.5f, NAN, (GoldenDistance){ 1, 1 }, false);
    expect_floats("infinite", false, 0.5f, INFINITY, (GoldenDistance){ INFINITY, 1 }, false);

    expect_boxes("the same box", 2, 0.6f, 0.75f, true);
    expect_boxes("nearly the same box", 2, 0.595f, 0.754f, true);
    expect_boxes("another class", 3, 0.6f, 0.75f, false);
    expect_boxes("another score", 2, 0.62f, 0.75f, false);
    expect_boxes("a wider box", 2, 0.6f, 0.78f, false);
    expect_boxes("no number", NAN, NAN, NAN, false);
    printf("judge: %d failed\n", failed);
    return failed != 0;
}
