/* SPDX-License-Identifier: MIT
 *
 * What `mnet bench` prints. */
#include "bench.h"
#include "json.h"

#include <string.h>

/* One operator's figures; 0: there is none. */
typedef struct {
    double ms;
    double percent; /* of the time of all */
    double gmacs;   /* 1e9 multiply-adds a second */
    double peak_percent;
    double ratio; /* to the earlier time */
} Figures;

/* What all threads could do on the slot that computes it, in 1e9 a second. */
static double peak_of(const BenchTiming *timing, const MnetOperatorInfo *op, unsigned threads)
{
    size_t length = strlen(op->kernel);
    bool floats = length > 4 && !strcmp(op->kernel + length - 4, "_f32");
    return (floats ? timing->peak.f32 : timing->peak.s8) * threads * 1e-9;
}

static Figures figures_of(const BenchTiming *timing, const BenchEarlier *earlier, size_t index,
                          const MnetOperatorInfo *op, unsigned threads)
{
    Figures f = { .ms = timing->op_ms[index] };
    double peak = op->macs ? peak_of(timing, op, threads) : 0;
    if (timing->ops_ms > 0)
        f.percent = 100 * f.ms / timing->ops_ms;
    if (f.ms > 0)
        f.gmacs = (double)op->macs / f.ms * 1e-6;
    if (peak > 0)
        f.peak_percent = 100 * f.gmacs / peak;
    if (earlier && earlier->op_ms && earlier->op_ms[index] > 0)
        f.ratio = f.ms / earlier->op_ms[index];
    return f;
}

static double ratio(double now, double then)
{
    return then > 0 ? now / then : 0;
}

static void json_real_or_null(Json *json, const char *key, double value)
{
    if (value > 0)
        json_real(json, key, value);
    else
        json_null(json, key);
}

static void json_operators(Json *json, const ToolNetwork *network, const BenchTiming *timing,
                           const BenchEarlier *earlier)
{
    MnetOperatorInfo op;
    json_open_object(json, "peak_gmacs");
    json_real_or_null(json, "int8", timing->peak.s8 * 1e-9);
    json_real_or_null(json, "float", timing->peak.f32 * 1e-9);
    json_close_object(json);
    json_open_array(json, "operators");
    for (size_t i = 0; mnet_session_operator(network->session, i, &op); i++) {
        Figures f = figures_of(timing, earlier, i, &op, network->threads);
        json_open_object(json, NULL);
        json_string(json, "name", op.name);
        json_string(json, "note", op.note);
        json_unsigned(json, "file_index", op.file_index);
        json_unsigned(json, "block", op.block);
        json_shape(json, &op.output);
        json_unsigned(json, "macs", op.macs);
        json_unsigned(json, "bytes", op.bytes);
        json_real(json, "min_ms", f.ms);
        json_real(json, "percent", f.percent);
        json_real(json, "gmacs", f.gmacs);
        json_real_or_null(json, "peak_percent", f.peak_percent);
        if (earlier)
            json_real_or_null(json, "ratio", f.ratio);
        json_close_object(json);
    }
    json_close_array(json);
}

static void json_earlier(Json *json, const ToolOptions *options, const BenchTiming *timing,
                         const BenchEarlier *earlier)
{
    json_open_object(json, "compare");
    json_string(json, "file", options->compare);
    json_string(json, "kernels", earlier->kernels);
    json_unsigned(json, "threads", earlier->threads);
    json_real(json, "min_ms", earlier->min_ms);
    json_real(json, "median_ms", earlier->median_ms);
    json_real_or_null(json, "min_ratio", ratio(timing->min_ms, earlier->min_ms));
    json_real_or_null(json, "median_ratio", ratio(timing->median_ms, earlier->median_ms));
    json_close_object(json);
}

void bench_print_json(const ToolOptions *options, const ToolNetwork *network,
                      const MnetModelStats *stats, const BenchTiming *timing,
                      const BenchEarlier *earlier)
{
    Json json = { .file = stdout };
    json_open_object(&json, NULL);
    json_string(&json, "model", options->model);
    json_string(&json, "kernels", stats->kernels);
    json_unsigned(&json, "threads", network->threads);
    json_unsigned(&json, "runs", options->runs);
    json_unsigned(&json, "warmup", options->warmup);
    json_real(&json, "min_ms", timing->min_ms);
    json_real(&json, "median_ms", timing->median_ms);
    json_unsigned(&json, "macs", stats->macs);
    json_unsigned(&json, "parameters", stats->parameters);
    json_unsigned(&json, "arena_bytes", stats->arena_bytes);
    json_unsigned(&json, "weight_bytes", stats->weight_bytes);
    json_unsigned(&json, "file_bytes", stats->file_bytes);
    if (earlier)
        json_earlier(&json, options, timing, earlier);
    if (timing->op_ms)
        json_operators(&json, network, timing, earlier);
    json_close_object(&json);
}

/* A number, or "-" where there is none. */
static ToolText number_text(double value, int digits)
{
    ToolText text;
    if (value > 0)
        snprintf(text.text, sizeof text.text, "%.*f", digits, value);
    else
        snprintf(text.text, sizeof text.text, "-");
    return text;
}

static void print_operators(const ToolNetwork *network, const BenchTiming *timing,
                            const BenchEarlier *earlier)
{
    MnetOperatorInfo op;
    uint64_t bytes = 0;
    printf("\n%4s %5s %5s  %-18s %-16s %9s %6s %10s %8s %6s %10s%s  %s\n", "no.", "file", "block",
           "operator", "output", "min ms", "%", "mult-adds", "GMAC/s", "peak %", "bytes",
           earlier ? "  ratio" : "", "folded in");
    for (size_t i = 0; mnet_session_operator(network->session, i, &op); i++) {
        Figures f = figures_of(timing, earlier, i, &op, network->threads);
        printf("%4zu %5zu %5s  %-18s %-16s %9.4f %6.1f %10s %8s %6s %10s", i, op.file_index,
               tool_block(&op).text, op.name, tool_shape(&op.output).text, f.ms, f.percent,
               op.macs ? tool_count(op.macs).text : "-", number_text(f.gmacs, 2).text,
               number_text(f.peak_percent, 1).text, tool_bytes(op.bytes).text);
        if (earlier)
            printf(" %6s", number_text(f.ratio, 2).text);
        printf("  %s\n", op.note);
        bytes += op.bytes;
    }
    printf("%4s %5s %5s  %-18s %-16s %9.4f %6s %10s %8s %6s %10s\n", "", "", "", "all", "",
           timing->ops_ms, "", "", "", "", tool_bytes(bytes).text);
}

static void print_earlier(const ToolOptions *options, const BenchTiming *timing,
                          const BenchEarlier *earlier)
{
    printf("%-9smin %.3f ms, median %.3f ms with %s, %u thread%s, says ", "earlier",
           earlier->min_ms, earlier->median_ms, earlier->kernels, earlier->threads,
           earlier->threads == 1 ? "" : "s");
    tool_print_text(stdout, options->compare);
    printf("\n%-9smin %s, median %s of the earlier time\n", "ratio",
           number_text(ratio(timing->min_ms, earlier->min_ms), 3).text,
           number_text(ratio(timing->median_ms, earlier->median_ms), 3).text);
}

void bench_print_text(const ToolOptions *options, const ToolNetwork *network,
                      const MnetModelStats *stats, const BenchTiming *timing,
                      const BenchEarlier *earlier)
{
    printf("%-9s", "model");
    tool_print_text(stdout, options->model);
    printf("\n%-9s%s, %u thread%s\n", "kernels", stats->kernels, network->threads,
           network->threads == 1 ? "" : "s");
    printf("%-9smin %.3f ms, median %.3f ms of %u runs\n", "time", timing->min_ms,
           timing->median_ms, options->runs);
    printf("%-9s%s multiply-adds, %.2f GMAC/s\n", "work", tool_count(stats->macs).text,
           timing->min_ms > 0 ? (double)stats->macs / timing->min_ms * 1e-6 : 0);
    if (timing->peak.s8 > 0)
        printf("%-9s%.1f GMAC/s int8, %.1f float on one core\n", "peak", timing->peak.s8 * 1e-9,
               timing->peak.f32 * 1e-9);
    printf("%-9s%s arena, ", "memory", tool_bytes(stats->arena_bytes).text);
    printf("%s weights\n", tool_bytes(stats->weight_bytes).text);
    if (earlier)
        print_earlier(options, timing, earlier);
    if (timing->op_ms)
        print_operators(network, timing, earlier);
}
