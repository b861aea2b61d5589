/* SPDX-License-Identifier: MIT
 *
 * Requantisation as one fused multiply-add that is right for every sum that can
 * occur.
 *
 * The reference is a staircase: result k (zero point left out) begins at the sum
 * step[k].  round((sum + o) * s) is the same staircase when for each k
 *   step[k] - 1 + o < (k - 1/2) / s < step[k] + o,
 * which leaves a window for o once s, a float near the reference's factor, is
 * chosen; (k - 1/2) / s is called edge[k].
 *
 * A sum becomes the float x = MNET_MAGIC_F + sum + d by an addition of integers,
 * as long as that lies in 2^23..2^24.  Then x * s + c, rounded once to a multiple
 * of 1, is MNET_MAGIC_F + zero point + round((sum + o) * s) for
 *   o = d + MNET_MAGIC_F + (c - MNET_MAGIC_F - zero point) / s.
 * d and c are integers; walking c moves the fraction of o about, until it falls
 * into the window. */
#include "ops/fit.h"

#include <math.h>

#define MNET_MAGIC_F 12582912.0 /* MNET_MAGIC as a float: 1.5 * 2^23 */
#define SPAN 4194303            /* x may be as far from it */
#define MARGIN 0x1p-19          /* above all errors of doubles here */

enum { TRIES = 8192 };

/* The smallest sum whose result is k (at least 1) or more.  For sums not below 0
 * the reference is floor((floor((sum * multiplier + 2^30) / 2^31) + half) / 2^e),
 * half = 2^(e - 1), or 0 when e is.  A left shift is part of `multiplier` here. */
static int64_t step_of(int64_t multiplier, int32_t e, double inverse, int64_t k)
{
    int64_t high = (k << e) - (e ? (int64_t)1 << (e - 1) : 0);
    int64_t least = (2 * high - 1) * ((int64_t)1 << 30);
    /* Below 2^23, within 2^-28 of the quotient: that decides unless it is near an
     * integer, and then a division does. */
    double quotient = (double)least * inverse;
    int64_t below = (int64_t)quotient;
    double rest = quotient - (double)below;
    if (quotient < 8388608.0 && rest > 0x1p-20 && rest < 1 - 0x1p-20)
        return below + 1;
    return least / multiplier + (least % multiplier != 0);
}

/* The window of o: empty when low >= high. */
typedef struct {
    double low, high;
} Window;

static Window window_of(const MnetFitTask *t, double s)
{
    Window w = { -1, 2 };
    int32_t shift = t->factor.shift;
    int64_t multiplier = (int64_t)t->factor.multiplier << (shift > 0 ? shift : 0);
    double inverse = 1.0 / (double)multiplier, edges = 1 / s;
    for (int64_t k = t->min - t->zero_point + 1; k <= t->max - t->zero_point; k++) {
        double edge = ((double)k - 0.5) * edges;
        int64_t step = step_of(multiplier, shift > 0 ? 0 : -shift, inverse, k);
        /* The first sum of result k or more, the last one of less. */
        int64_t above = step > t->lo ? step : t->lo, below = step - 1 < t->hi ? step - 1 : t->hi;
        if (step <= t->hi && edge - (double)above > w.low)
            w.low = edge - (double)above;
        if (step > t->lo && edge - (double)below < w.high)
            w.high = edge - (double)below;
        if (step > t->hi)
            break;
    }
    /* Steps, and so edges that count, are below 2^31: of 53 bits 22 are left. */
    return (Window){ w.low + MARGIN, w.high - MARGIN };
}

/* d for one c, true when there is one. */
static bool try_addend(const MnetFitTask *t, Window w, double s, double c, MnetFit *fit)
{
    double from = c - MNET_MAGIC_F - t->zero_point, whole = rint(from / s);
    double o = fma(-whole, s, from) / s, d = floor(w.high - o);
    if (o + d < w.low)
        return false;
    d -= MNET_MAGIC_F + whole;
    if (d + (double)t->lo < -SPAN || d + (double)t->hi > SPAN || fabs(c) > 16777215.0)
        return false;
    /* Below 0, its bits would no longer have its order. */
    if ((MNET_MAGIC_F + (double)t->lo + d) * s + c < 1)
        return false;
    *fit = (MnetFit){ (int32_t)((uint32_t)MNET_MAGIC + (uint32_t)(int64_t)d), (float)s, (float)c };
    return true;
}

/* Walks c: first, first + 1, first - 1, ...  The fraction of o is tracked roughly,
 * and looked at closely where it may do. */
static bool search_addend(const MnetFitTask *t, Window w, double s, MnetFit *fit)
{
    double middle = -((double)t->lo + (double)t->hi) / 2;
    double first = rint(MNET_MAGIC_F + t->zero_point - (MNET_MAGIC_F + middle) * s);
    double inverse = 1 / s, step = inverse - floor(inverse), width = w.high - w.low + 0x1p-10;
    double up = (first - MNET_MAGIC_F - t->zero_point) / s - w.low + 0x1p-11;
    up -= floor(up);
    double down = up;
    for (int i = 0; i < TRIES; i++) {
        if (up <= width && try_addend(t, w, s, first + i, fit))
            return true;
        if (down <= width && try_addend(t, w, s, first - i, fit))
            return true;
        up += step;
        up -= up >= 1;
        down -= step;
        down += down < 0;
    }
    return false;
}

bool mnet_fit(const MnetFitTask *t, MnetFit *fit)
{
    MnetFixed factor = t->factor;
    if (factor.multiplier == 0 && t->zero_point >= t->min && t->zero_point <= t->max) {
        *fit = (MnetFit){ MNET_MAGIC, 0, (float)(MNET_MAGIC_F + t->zero_point) };
        return t->lo > -(1 << 28) && t->hi < 1 << 28;
    }
    if (factor.multiplier <= 0 || factor.shift > 1 || factor.shift < -22 ||
        t->min < t->zero_point || t->hi - t->lo >= 2 * SPAN)
        return false;
    /* Shifted left, larger sums would wrap. */
    if (factor.shift > 0 && (t->lo < -(1 << 29) || t->hi > 1 << 29))
        return false;
    float nearest = (float)ldexp(factor.multiplier, factor.shift - 31);
    const float candidates[] = { nearest, nextafterf(nearest, 0), nextafterf(nearest, 2) };
    for (int i = 0; i < 3; i++) {
        Window w = window_of(t, (double)candidates[i]);
        if (candidates[i] < 2 && w.low < w.high && search_addend(t, w, (double)candidates[i], fit))
            return true;
    }
    return false;
}
