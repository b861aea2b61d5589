/* SPDX-License-Identifier: MIT
 *
 * `mnet bench`: how long a run takes, as a whole and by operator. */
#include "json.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    double min_ms, median_ms;
    size_t n_ops;
    double *op_ms; /* mean of each operator; NULL when not asked for */
    double ops_ms; /* their sum */
} Timing;

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
                         Timing *timing)
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
static void measure_operators(const ToolOptions *options, MnetSession *session, Timing *timing)
{
    mnet_session_set_profiling(session, true);
    for (unsigned i = 0; i < options->runs; i++) {
        mnet_session_run(session);
        for (size_t op = 0; op < timing->n_ops; op++)
            timing->op_ms[op] += (double)mnet_session_operator_ns(session, op) * 1e-6;
    }
    mnet_session_set_profiling(session, false);
    for (size_t op = 0; op < timing->n_ops; op++) {
        timing->op_ms[op] /= options->runs;
        timing->ops_ms += timing->op_ms[op];
    }
}

static double share(const Timing *timing, size_t op)
{
    return timing->ops_ms > 0 ? 100 * timing->op_ms[op] / timing->ops_ms : 0;
}

static void print_json(const ToolOptions *options, const ToolNetwork *network,
                       const MnetModelStats *stats, const Timing *timing)
{
    Json json = { .file = stdout };
    MnetOperatorInfo op;
    json_open_object(&json, NULL);
    json_string(&json, "model", options->model);
    json_string(&json, "kernels", stats->kernels);
    json_unsigned(&json, "threads", network->threads);
    json_unsigned(&json, "runs", options->runs);
    json_unsigned(&json, "warmup", options->warmup);
    json_real(&json, "min_ms", timing->min_ms);
    json_real(&json, "median_ms", timing->median_ms);
    json_unsigned(&json, "macs", stats->macs);
    json_unsigned(&json, "arena_bytes", stats->arena_bytes);
    json_unsigned(&json, "weight_bytes", stats->weight_bytes);
    if (timing->op_ms) {
        json_open_array(&json, "operators");
        for (size_t i = 0; mnet_session_operator(network->session, i, &op); i++) {
            json_open_object(&json, NULL);
            json_string(&json, "name", op.name);
            json_string(&json, "note", op.note);
            json_unsigned(&json, "file_index", op.file_index);
            json_shape(&json, &op.output);
            json_unsigned(&json, "macs", op.macs);
            json_real(&json, "mean_ms", timing->op_ms[i]);
            json_real(&json, "percent", share(timing, i));
            json_close_object(&json);
        }
        json_close_array(&json);
    }
    json_close_object(&json);
}

static void print_operators(const ToolNetwork *network, const Timing *timing)
{
    MnetOperatorInfo op;
    printf("\n%4s %5s  %-18s %-16s %10s %9s %6s %8s  %s\n", "no.", "file", "operator", "output",
           "mult-adds", "mean ms", "%", "GMAC/s", "folded in");
    for (size_t i = 0; mnet_session_operator(network->session, i, &op); i++) {
        double ms = timing->op_ms[i];
        printf("%4zu %5zu  %-18s %-16s %10s %9.4f %6.1f %8.2f  %s\n", i, op.file_index, op.name,
               tool_shape(&op.output).text, tool_count(op.macs).text, ms, share(timing, i),
               ms > 0 ? (double)op.macs / ms * 1e-6 : 0, op.note);
    }
    printf("%4s %5s  %-18s %-16s %10s %9.4f\n", "", "", "all", "", "", timing->ops_ms);
}

static void print_text(const ToolOptions *options, const ToolNetwork *network,
                       const MnetModelStats *stats, const Timing *timing)
{
    printf("%-9s", "model");
    tool_print_text(stdout, options->model);
    printf("\n%-9s%s, %u thread%s\n", "kernels", stats->kernels, network->threads,
           network->threads == 1 ? "" : "s");
    printf("%-9smin %.3f ms, median %.3f ms of %u runs\n", "time", timing->min_ms,
           timing->median_ms, options->runs);
    printf("%-9s%s multiply-adds, %.2f GMAC/s\n", "work", tool_count(stats->macs).text,
           timing->min_ms > 0 ? (double)stats->macs / timing->min_ms * 1e-6 : 0);
    printf("%-9s%s arena, ", "memory", tool_bytes(stats->arena_bytes).text);
    printf("%s weights\n", tool_bytes(stats->weight_bytes).text);
    if (timing->op_ms)
        print_operators(network, timing);
}

int tool_bench(const ToolOptions *options, const ToolNetwork *network)
{
    MnetModelStats stats;
    mnet_session_stats(network->session, &stats);
    Timing timing = { .n_ops = stats.n_operators };
    double *times = calloc(options->runs, sizeof *times);
    if (options->per_op)
        timing.op_ms = calloc(timing.n_ops + 1, sizeof *timing.op_ms);
    int status = TOOL_OK;
    if (!times || (options->per_op && !timing.op_ms)) {
        status = tool_error("no memory for the times of %u runs", options->runs);
    } else {
        fill_inputs(network);
        measure_runs(options, network->session, times, &timing);
        if (timing.op_ms)
            measure_operators(options, network->session, &timing);
        if (options->json)
            print_json(options, network, &stats, &timing);
        else
            print_text(options, network, &stats, &timing);
    }
    free(timing.op_ms);
    free(times);
    return status;
}
