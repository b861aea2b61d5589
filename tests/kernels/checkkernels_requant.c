/* SPDX-License-Identifier: MIT
 *
 * Factors of requantisation that are hard on kernels, and sums that go with
 * them. */
#include <math.h>
#include <stdlib.h>

#include "checkkernels.h"
#include "ops/fit.h"

/* A mantissa as QuantizeMultiplier makes it: 2^30 to 2^31 - 1. */
static int32_t mantissa(void)
{
    switch (check_between(0, 7)) {
    case 0:
        return 1 << 30;
    case 1:
        return INT32_MAX;
    default:
        return check_between(1 << 30, INT32_MAX);
    }
}

static void usual_factor(int64_t reach, int32_t *multiplier, int32_t *shift)
{
    /* The largest sum becomes 32 to 1024. */
    double scale = ldexp(1 + check_float(0, 1), check_between(5, 9)) / (double)(reach + 1);
    MnetFixed fixed = mnet_fixed(scale);
    *multiplier = fixed.multiplier;
    *shift = fixed.shift;
}

void check_factor(CheckRequant style, int64_t reach, int32_t *multiplier, int32_t *shift)
{
    switch (style) {
    case CHECK_REQUANT_TIES:
        /* 2^(shift - 1): the middle between two integers can be hit. */
        *multiplier = 1 << 30;
        *shift = check_between(-22, 0);
        break;
    case CHECK_REQUANT_NEAR:
        *multiplier = mantissa();
        *shift = check_between(-22, -2);
        break;
    case CHECK_REQUANT_ANY:
        *multiplier = check_one_in(16) ? 0 : mantissa();
        *shift = check_between(-31, 30);
        break;
    case CHECK_REQUANT_HUGE:
        *multiplier = mantissa();
        *shift = check_between(-31, -22);
        break;
    default:
        usual_factor(reach, multiplier, shift);
    }
}

static void random_limits(MnetRequant *r)
{
    r->zero_point = check_one_in(4) ? -128 : check_one_in(4) ? 127 : check_between(-128, 127);
    r->min = -128;
    r->max = 127;
    if (check_one_in(3))
        r->min = r->zero_point;
    if (check_one_in(4))
        r->max = check_between(r->min, 127);
}

void check_requant(MnetRequant *r, CheckRequant style, size_t channels, size_t tile, int64_t reach)
{
    size_t padded = (channels + tile - 1) / tile * tile;
    int32_t *multiplier = check_place_packed(CHECK_MULTIPLIER, padded * sizeof *multiplier);
    int32_t *shift = check_place_packed(CHECK_SHIFT, padded * sizeof *shift);
    float *scale = check_place_packed(CHECK_SCALE, padded * sizeof *scale);
    float *tie = check_place_packed(CHECK_TIE, padded * sizeof *tie);
    bool signs = check_one_in(3);
    for (size_t c = 0; c < channels; c++) {
        check_factor(style, reach, &multiplier[c], &shift[c]);
        if (signs && check_one_in(8))
            multiplier[c] = -multiplier[c];
        mnet_fixed_quick((MnetFixed){ multiplier[c], shift[c] }, &scale[c], &tie[c]);
    }
    *r = (MnetRequant){ .multiplier = multiplier, .shift = shift, .scale = scale, .tie = tie };
    random_limits(r);
}

void check_requant_fits(MnetRequant *r, size_t channels, size_t tile, const int64_t *lo,
                        const int64_t *hi)
{
    size_t padded = (channels + tile - 1) / tile * tile;
    int32_t *offset = check_place_packed(CHECK_FIT_OFFSET, padded * sizeof *offset);
    float *factor = check_place_packed(CHECK_FIT_FACTOR, padded * sizeof *factor);
    float *addend = check_place_packed(CHECK_FIT_ADDEND, padded * sizeof *addend);
    for (size_t c = 0; c < padded; c++) {
        MnetFitTask task = {
            { r->multiplier[c], r->shift[c] }, r->zero_point,           r->min, r->max,
            c < channels ? lo[c] : 0,          c < channels ? hi[c] : 0
        };
        MnetFit fit = { 0, 0, 0 };
        mnet_fit(&task, &fit);
        offset[c] = fit.offset;
        factor[c] = fit.factor;
        addend[c] = fit.addend;
    }
    r->fit_offset = offset;
    r->fit_factor = factor;
    r->fit_addend = addend;
}

void check_requant_relu(MnetRequant *r, size_t channels, size_t tile, int64_t reach)
{
    int64_t lo[CHECK_MOST_CHANNELS], hi[CHECK_MOST_CHANNELS];
    check_requant(r, CHECK_REQUANT_USUAL, channels, tile, reach);
    r->zero_point = r->min = -128;
    r->max = 127;
    for (size_t c = 0; c < channels; c++) {
        ((int32_t *)r->multiplier)[c] = abs(r->multiplier[c]);
        ((float *)r->scale)[c] = fabsf(r->scale[c]);
        ((float *)r->tie)[c] = fabsf(r->tie[c]);
        lo[c] = -reach;
        hi[c] = reach;
    }
    check_requant_fits(r, channels, tile, lo, hi);
}

static int32_t limited(double sum)
{
    return sum > INT32_MAX ? INT32_MAX : sum < -INT32_MAX ? -INT32_MAX : (int32_t)sum;
}

int32_t check_requant_sum(const MnetRequant *r, CheckRequant style, size_t channel)
{
    double factor = ldexp(r->multiplier[channel], r->shift[channel] - 31);
    double middle = check_between(-200, 200) + 0.5;
    int32_t end = check_between(0, 3);
    switch (style) {
    case CHECK_REQUANT_TIES:
    case CHECK_REQUANT_NEAR:
        return limited(rint(middle / factor) + (check_one_in(2) ? 0 : check_between(-2, 2)));
    case CHECK_REQUANT_HUGE:
        return check_one_in(2) ? INT32_MAX - end : end - INT32_MAX;
    default:
        return check_between(-INT32_MAX, INT32_MAX) >> check_between(1, 30);
    }
}
