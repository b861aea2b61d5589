/* SPDX-License-Identifier: MIT
 *
 * Measuring: the time of a call, and of the instructions at their best. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "checkkernels.h"
#include "tools/peak.h"

#define SECONDS 0.1 /* of each measurement */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* 0 when nobody has written the loop for this table. */
static double peak(const char *isa, BenchUnit unit)
{
    static const char *known;
    static ToolRates rates;
    if (!known || strcmp(known, isa))
        rates = tool_peak_rates(known = isa);
    return unit == BENCH_S8 ? rates.s8 : unit == BENCH_F32 ? rates.f32 : 0;
}

void bench_print(const MnetKernels *kernels, const char *slot, const char *what, BenchCall *call,
                 const void *data, double work, BenchUnit unit)
{
    double best = 1e9, start = now(), end;
    int calls = 1;
    do {
        double begin = now();
        for (int i = 0; i < calls; i++)
            call(kernels, data);
        end = now();
        if ((end - begin) / calls < best)
            best = (end - begin) / calls;
        if (end - begin < 1e-4)
            calls *= 2;
    } while (end - start < SECONDS);
    printf("%-12s %-15s %-24s %11.0f ns %8.2f %s", kernels->name, slot, what, best * 1e9,
           work / best * 1e-9, unit == BENCH_NO_PEAK ? "G elements/s" : "GMAC/s");
    double most = peak(kernels->name, unit);
    if (most > 0)
        printf("%6.1f %% of %.1f", 100 * work / best / most, most * 1e-9);
    printf("\n");
}
