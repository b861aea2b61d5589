/* SPDX-License-Identifier: MIT
 *
 * `mnet bench`: how long a run takes, as a whole and by operator. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Numbers as pictures give them: every byte value for integers, -1 to 1 for
 * floats.  Zeros would let some kernels look faster than they are. */
static void fill_inputs(const ToolNetwork *network)
{
    uint32_t state = 1;
    for (size_t i = 0; i < mnet_model_n_inputs(network->model); i++) {
        const MnetTensorInfo *info = mnet_session_input_info(network->session, i);
        uint8_t *bytes = mnet_session_input(network->session, i);
        bool floats = info->type == MNET_TYPE_FLOAT32;
        for (size_t at = 0; at < info->bytes; at += floats ? sizeof(float) : 1) {
            state = state * 1664525u + 1013904223u;
            float value = (float)(state >> 24) / 127.5f - 1;
            if (floats)
                memcpy(bytes + at, &value, sizeof value);
            else if (info->type == MNET_TYPE_INT8 || info->type == MNET_TYPE_UINT8)
                bytes[at] = (uint8_t)(state >> 24);
        }
    }
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure_runs(const ToolOptions *options, MnetSession *session, double *times,
                         BenchTiming *timing)
{
    unsigned n = options->runs;
    for (unsigned i = 0; i < options->warmup; i++)
        mnet_session_run(session);
    for (unsigned i = 0; i < n; i++) {
        double start = now_ms();
        mnet_session_run(session);
        times[i] = now_ms() - start;
    }
    qsort(times, n, sizeof *times, compare_doubles);
    timing->min_ms = times[0];
    timing->median_ms = (times[n / 2] + times[(n - 1) / 2]) / 2;
}

/* In runs of their own: reading the clock at each operator takes time. */
static void measure_operators(const ToolOptions *options, MnetSession *session, BenchTiming *timing)
{
    mnet_session_set_profiling(session, true);
    for (unsigned i = 0; i < options->runs; i++) {
        mnet_session_run(session);
        for (size_t op = 0; op < timing->n_ops; op++) {
            double ms = (double)mnet_session_operator_ns(session, op) * 1e-6;
            if (i == 0 || ms < timing->op_ms[op])
                timing->op_ms[op] = ms;
        }
    }
    mnet_session_set_profiling(session, false);
    for (size_t op = 0; op < timing->n_ops; op++)
        timing->ops_ms += timing->op_ms[op];
}

static void measure(const ToolOptions *options, const ToolNetwork *network,
                    const MnetModelStats *stats, double *times, BenchTiming *timing)
{
    fill_inputs(network);
    measure_runs(options, network->session, times, timing);
    if (!timing->op_ms)
        return;
    measure_operators(options, network->session, timing);
    timing->peak = tool_peak_rates(stats->kernels);
}

static int bench(const ToolOptions *options, const ToolNetwork *network,
                 const BenchEarlier *earlier)
{
    MnetModelStats stats;
    mnet_session_stats(network->session, &stats);
    BenchTiming timing = { .n_ops = stats.n_operators };
    double *times = calloc(options->runs, sizeof *times);
    if (options->per_op)
        timing.op_ms = calloc(timing.n_ops + 1, sizeof *timing.op_ms);
    int status = TOOL_OK;
    if (!times || (options->per_op && !timing.op_ms)) {
        status = tool_error("no memory for the times of %u runs", options->runs);
    } else {
        measure(options, network, &stats, times, &timing);
        (options->json ? bench_print_json : bench_print_text)(options, network, &stats, &timing,
                                                              earlier);
    }
    free(timing.op_ms);
    free(times);
    return status;
}

int tool_bench(const ToolOptions *options, const ToolNetwork *network)
{
    MnetModelStats stats;
    mnet_session_stats(network->session, &stats);
    if (!options->compare)
        return bench(options, network, NULL);
    BenchEarlier earlier;
    int status = TOOL_ERROR;
    if (bench_earlier_read(options, network, &stats, &earlier))
        status = bench(options, network, &earlier);
    bench_earlier_clear(&earlier);
    return status;
}
