/* SPDX-License-Identifier: MIT
 *
 * Measuring: the time of a call, and of the instructions at their best. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "checkkernels.h"

#define SECONDS 0.1 /* of each measurement */

static const BenchPeak *const peaks[] = {
    &bench_peak_c,
#ifdef __x86_64__
    &bench_peak_avx2,
    &bench_peak_avx512vnni,
#endif
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Multiply-adds a second: the best of many rounds, others may use the machine. */
static double measure_peak(double (*loop)(size_t rounds))
{
    double best = 0, end = now() + SECONDS;
    while (now() < end) {
        double begin = now(), macs = loop(2000), rate = macs / (now() - begin);
        best = rate > best ? rate : best;
    }
    return best;
}

/* 0 when nobody has written the loop for this table. */
static double peak(const char *isa, BenchUnit unit)
{
    static double known[sizeof peaks / sizeof peaks[0]][2];
    for (size_t i = 0; i < sizeof peaks / sizeof peaks[0]; i++)
        if (!strcmp(peaks[i]->isa, isa) && unit != BENCH_NO_PEAK) {
            if (!known[i][unit])
                known[i][unit] = measure_peak(unit == BENCH_S8 ? peaks[i]->s8 : peaks[i]->f32);
            return known[i][unit];
        }
    return 0;
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
