/* SPDX-License-Identifier: MIT
 *
 * What the files of `mnet bench` share. */
#ifndef MNET_TOOL_BENCH_H
#define MNET_TOOL_BENCH_H

#include "peak.h"
#include "tool.h"

typedef struct {
    double min_ms, median_ms;
    size_t n_ops;
    double *op_ms;  /* the lowest of each operator; NULL when not asked for */
    double ops_ms;  /* their sum */
    ToolRates peak; /* of one core, with op_ms */
} BenchTiming;

/* What an earlier `bench --json` of the model says. */
typedef struct {
    char kernels[32];
    unsigned threads;
    double min_ms, median_ms;
    double *op_ms; /* of each operator of today; 0: it has none; NULL: it has no operators */
} BenchEarlier;

/* Reads options->compare.  False when it is not of this model, or nothing that
 * bench --json prints: that was printed.  bench_earlier_clear() whatever is
 * returned. */
bool bench_earlier_read(const ToolOptions *options, const ToolNetwork *network,
                        const MnetModelStats *stats, BenchEarlier *earlier);
void bench_earlier_clear(BenchEarlier *earlier);

/* `earlier` is NULL without --compare. */
void bench_print_json(const ToolOptions *options, const ToolNetwork *network,
                      const MnetModelStats *stats, const BenchTiming *timing,
                      const BenchEarlier *earlier);
void bench_print_text(const ToolOptions *options, const ToolNetwork *network,
                      const MnetModelStats *stats, const BenchTiming *timing,
                      const BenchEarlier *earlier);

#endif
