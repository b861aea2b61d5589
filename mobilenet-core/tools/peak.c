/* SPDX-License-Identifier: MIT
 *
 * Measuring what one core can do. */
#include "peak.h"

#include <string.h>
#include <time.h>

#define SECONDS 0.02
#define ROUNDS 2000

static const ToolPeak *const peaks[] = {
    &tool_peak_c,
#ifdef __x86_64__
    &tool_peak_avx2,
    &tool_peak_avx512vnni,
#endif
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double rate_of(double (*loop)(size_t rounds))
{
    double best = 0, end = now() + SECONDS;
    while (now() < end) {
        double begin = now(), macs = loop(ROUNDS), rate = macs / (now() - begin);
        best = rate > best ? rate : best;
    }
    return best;
}

ToolRates tool_peak_rates(const char *cpu)
{
    for (size_t i = 0; i < sizeof peaks / sizeof peaks[0]; i++)
        if (!strcmp(peaks[i]->cpu, cpu))
            return (ToolRates){ rate_of(peaks[i]->s8), rate_of(peaks[i]->f32) };
    return (ToolRates){ 0, 0 };
}
