/* SPDX-License-Identifier: MIT
 *
 * The arithmetic of the definitions, slow and plain, in nothing that the
 * product uses. */
#include <math.h>

#include "checkkernels.h"
#include "kernels/half.h"

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a % b < 0) != (b < 0));
}

int32_t naive_multiply(int64_t x, int32_t multiplier, int32_t shift)
{
    int64_t one = 1;
    if (shift > 0)
        x = (int32_t)(uint32_t)((uint64_t)x * ((uint64_t)one << shift));
    int64_t high = floor_divide(x * multiplier + (one << 30), one << 31);
    if (shift >= 0)
        return (int32_t)high;
    int64_t divisor = one << -shift, magnitude = high < 0 ? -high : high;
    int64_t rounded = (magnitude + divisor / 2) / divisor;
    return (int32_t)(high < 0 ? -rounded : rounded);
}

int8_t naive_requantize(const MnetRequant *r, size_t channel, int64_t acc)
{
    int64_t value = naive_multiply(acc, r->multiplier[channel], r->shift[channel]);
    value += r->zero_point;
    if (value < r->min)
        value = r->min;
    return (int8_t)(value > r->max ? r->max : value);
}

double naive_clamp(double value, double min, double max)
{
    return fmin(fmax(value, min), max);
}

bool naive_near(float out, double expected, double magnitude)
{
    return fabs(out - expected) <= 0.5e-5 * magnitude;
}

/* Beside what is granted, half a step of the smallest numbers. */
bool naive_near_f16(MnetHalf out, double expected, double magnitude, size_t terms)
{
    double granted = 0x1p-10 * (2 + sqrt((double)terms) / 4) * magnitude + 0x1p-24;
    return fabs((double)mnet_half_to_float(out) - expected) <= granted;
}
