/* SPDX-License-Identifier: MIT
 *
 * Separable resampling with a triangle filter, in fixed point. */
#include "resampling.h"

#include <math.h>
#include <stdlib.h>

#define FRACTION_BITS 22

/* Pixels of the source that one of the result is made of. */
typedef struct {
    int first, n;
    int32_t *weights; /* sum to 1 << FRACTION_BITS, about */
} Taps;

static void find_taps(Taps *taps, int at, int from, int to)
{
    double scale = (double)from / to, width = scale > 1 ? scale : 1, sum = 0;
    double centre = (at + 0.5) * scale;
    int first = (int)(centre - width + 0.5), end = (int)(centre + width + 0.5);
    taps->first = first > 0 ? first : 0;
    taps->n = (end < from ? end : from) - taps->first;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < taps->n; i++) {
            double weight = fmax(1 - fabs((taps->first + i + 0.5 - centre) / width), 0);
            if (pass)
                taps->weights[i] = (int32_t)lround(weight / sum * (1 << FRACTION_BITS));
            else
                sum += weight;
        }
}

static uint8_t weigh(const Taps *taps, const uint8_t *from, ptrdiff_t step)
{
    int64_t sum = 1 << (FRACTION_BITS - 1);
    for (int i = 0; i < taps->n; i++)
        sum += (int64_t)taps->weights[i] * from[(taps->first + i) * step];
    sum >>= FRACTION_BITS;
    return (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

/* Each of `lines` lines of `from` pixels becomes one of `to`. Pixels lie `step` bytes
 * apart, lines `from_line` and `to_line`. */
static bool resize_lines(const uint8_t *source, int from, ptrdiff_t step, ptrdiff_t from_line,
                         uint8_t *result, int to, ptrdiff_t to_line, int lines)
{
    Taps taps = { .weights = calloc((size_t)from + 4, sizeof *taps.weights) };
    if (!taps.weights)
        return false;
    for (int at = 0; at < to; at++) {
        find_taps(&taps, at, from, to);
        for (int line = 0; line < lines; line++)
            for (int c = 0; c < 3; c++)
                result[line * to_line + at * step + c] =
                    weigh(&taps, source + line * from_line + c, step);
    }
    free(taps.weights);
    return true;
}

bool resize_rgb(const uint8_t *from, int width, int height, uint8_t *to, int to_width,
                int to_height)
{
    uint8_t *between = malloc((size_t)to_width * (size_t)height * 3);
    bool good = between && resize_lines(from, width, 3, (ptrdiff_t)width * 3, between, to_width,
                                        (ptrdiff_t)to_width * 3, height);
    /* A column is a line whose pixels lie a row apart. */
    good = good &&
           resize_lines(between, height, (ptrdiff_t)to_width * 3, 3, to, to_height, 3, to_width);
    free(between);
    return good;
}
