/* SPDX-License-Identifier: MIT
 *
 * Fits of requantisation: at both sides of every step of the reference's
 * staircase, and at the ends of the sums, one multiply-add gives its result. */
#include <math.h>
#include <string.h>

#include "expect.h"
#include "ops/fit.h"

static uint64_t state = 1;

static uint32_t random_bits(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}

static int64_t between(int64_t lo, int64_t hi)
{
    return lo + (int64_t)(((uint64_t)(hi - lo + 1) * random_bits()) >> 32);
}

static int64_t clamped(const MnetFitTask *t, int64_t value)
{
    return value < t->min ? t->min : value > t->max ? t->max : value;
}

static int64_t by_reference(const MnetFitTask *t, int64_t sum)
{
    return clamped(t, (int64_t)mnet_fixed_multiply((int32_t)sum, t->factor) + t->zero_point);
}

static int64_t by_fit(const MnetFitTask *t, const MnetFit *fit, int64_t sum)
{
    uint32_t bits = (uint32_t)fit->offset + (uint32_t)sum;
    float x;
    memcpy(&x, &bits, sizeof x);
    x = fmaf(x, fit->factor, fit->addend);
    memcpy(&bits, &x, sizeof bits);
    return clamped(t, (int32_t)bits - MNET_MAGIC);
}

static bool same_at(const MnetFitTask *t, const MnetFit *fit, int64_t sum)
{
    return sum < t->lo || sum > t->hi || by_reference(t, sum) == by_fit(t, fit, sum);
}

/* The first sum of at least `value`, by halves. */
static int64_t first_of(const MnetFitTask *t, int64_t value)
{
    int64_t lo = t->lo, hi = t->hi + 1;
    while (lo < hi) {
        int64_t middle = lo + (hi - lo) / 2;
        if (by_reference(t, middle) >= value)
            hi = middle;
        else
            lo = middle + 1;
    }
    return lo;
}

static bool right(const MnetFitTask *t, const MnetFit *fit)
{
    bool same = same_at(t, fit, t->lo) && same_at(t, fit, t->hi);
    for (int64_t value = t->min + 1; value <= t->max && same; value++) {
        int64_t first = first_of(t, value);
        same = same_at(t, fit, first - 1) && same_at(t, fit, first);
    }
    for (int i = 0; i < 50 && same; i++)
        same = same_at(t, fit, between(t->lo, t->hi));
    return same;
}

/* One result to 2^least..2^-most of a sum; the sums reach the largest result or not, and lie
 * about 0 or far from it. */
static MnetFitTask random_task(double least, double most)
{
    MnetFitTask t = { .zero_point = (int32_t)between(-128, 60), .max = 127 };
    double scale = exp2(least - (least + most) * (double)random_bits() * 0x1p-32);
    int64_t reach = (int64_t)(exp2(2 + 8 * (double)random_bits() * 0x1p-32) / scale);
    int64_t middle = random_bits() % 4 ? 0 : between(-reach, reach);
    t.factor = mnet_fixed(scale);
    t.min = random_bits() % 4 ? t.zero_point : (int32_t)between(t.zero_point, 100);
    t.max = random_bits() % 4 ? 127 : (int32_t)between(t.min, 127);
    t.lo = middle - between(0, reach);
    t.hi = middle + between(0, reach);
    return t;
}

/* The share of tasks for which there is a fit, all of them right. */
static double fitting(double least, double most, int tasks)
{
    int found = 0;
    for (int i = 0; i < tasks; i++) {
        MnetFitTask t = random_task(least, most);
        MnetFit fit = { 0, 0, 0 };
        if (!mnet_fit(&t, &fit))
            continue;
        found++;
        EXPECT(right(&t, &fit), "factor %d 2^%d, zero point %d, %d to %d, sums %lld to %lld",
               t.factor.multiplier, t.factor.shift, t.zero_point, t.min, t.max, (long long)t.lo,
               (long long)t.hi);
    }
    printf("scales 2^%g to 2^-%g: fits for %d of %d\n", least, most, found, tasks);
    return (double)found / tasks;
}

static void test_usual_scales(void)
{
    EXPECT(fitting(0, 10, 4000) > 0.98, "too few fits");
}

static void test_small_scales(void)
{
    EXPECT(fitting(0, 22, 2000) > 0.4, "too few fits");
}

/* Sums that are scaled up skip results. */
static void test_large_scales(void)
{
    EXPECT(fitting(1, 0, 2000) > 0.98, "too few fits");
}

/* Nothing of a result is left of the sum: padding, channels without weights. */
static void test_nothing(void)
{
    MnetFitTask t = { { 0, 0 }, 7, -128, 127, -1000, 1000 };
    MnetFit fit;
    EXPECT(mnet_fit(&t, &fit) && right(&t, &fit) && fit.addend != 0, "a factor of 0");
}

/* What the staircase cannot be: turned round, scaled up by 2 or more, on both sides of 0, or
 * of more sums than floats tell apart. */
static void test_refused(void)
{
    MnetFitTask usual = { { 1 << 30, -5 }, 0, 0, 127, -10000, 10000 }, t = usual;
    MnetFit fit;
    EXPECT(mnet_fit(&t, &fit), "a usual factor");
    t.factor.multiplier = -t.factor.multiplier;
    EXPECT(!mnet_fit(&t, &fit), "a negative factor");
    t = usual;
    t.factor.shift = 2;
    EXPECT(!mnet_fit(&t, &fit), "a factor of 2");
    t.factor.shift = 1;
    t.lo = 1 << 30;
    t.hi = t.lo + 1000;
    EXPECT(!mnet_fit(&t, &fit), "sums that wrap when they are shifted left");
    t = usual;
    t.min = -1;
    EXPECT(!mnet_fit(&t, &fit), "results below the zero point");
    t = usual;
    t.hi = 1 << 24;
    EXPECT(!mnet_fit(&t, &fit), "2^24 sums");
}

int main(void)
{
    test_usual_scales();
    test_small_scales();
    test_large_scales();
    test_nothing();
    test_refused();
    return expect_report("fit");
}
