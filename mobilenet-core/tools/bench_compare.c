/* SPDX-License-Identifier: MIT
 *
 * `mnet bench --compare`: what an earlier `mnet bench --json` says. */
#include "bench.h"
#include "json_reader.h"

#include <stdlib.h>
#include <string.h>

/* The number called `key`; -1 when there is none: that was printed. */
static double number(const char *path, const JsonTree *tree, const char *key)
{
    const JsonValue *value = json_member(tree, json_root(tree), key, JSON_NUMBER);
    if (value && value->number >= 0)
        return value->number;
    tool_error("%s: nothing that mnet bench --json prints: it has no number \"%s\"", path, key);
    return -1;
}

/* Whether the file is about the network that is open now. */
static bool is_same_model(const ToolOptions *options, const JsonTree *tree,
                          const MnetModelStats *stats)
{
    const struct {
        const char *key, *what;
        uint64_t now;
    } facts[] = { { "file_bytes", "bytes in its file", stats->file_bytes },
                  { "parameters", "parameters", stats->parameters },
                  { "macs", "multiply-adds (another --input-size?)", stats->macs } };
    const JsonValue *name = json_member(tree, json_root(tree), "model", JSON_STRING);
    for (size_t i = 0; i < 3; i++) {
        double then = number(options->compare, tree, facts[i].key);
        if (then < 0)
            return false;
        if (then != (double)facts[i].now) {
            tool_error("%s: is of another model, %s: %.0f %s, not %.0f as %s", options->compare,
                       name ? name->string : "without a name", then, facts[i].what,
                       (double)facts[i].now, options->model);
            return false;
        }
    }
    return true;
}

/* Its lowest time, in ms; 0 when `op` is not that operator, or tells none. */
static double time_of(const JsonTree *tree, const JsonValue *value, const MnetOperatorInfo *op)
{
    const JsonValue *name = json_member(tree, value, "name", JSON_STRING);
    const JsonValue *index = json_member(tree, value, "file_index", JSON_NUMBER);
    const JsonValue *ms = json_member(tree, value, "min_ms", JSON_NUMBER);
    bool same =
        name && index && !strcmp(name->string, op->name) && index->number == (double)op->file_index;
    return same && ms && ms->number > 0 ? ms->number : 0;
}

/* Both lists are in the order of the runs, but what is folded may differ. */
static bool read_operators(const ToolNetwork *network, const JsonTree *tree, size_t n,
                           BenchEarlier *earlier)
{
    const JsonValue *list = json_member(tree, json_root(tree), "operators", JSON_ARRAY);
    if (!list)
        return true;
    earlier->op_ms = calloc(n + 1, sizeof *earlier->op_ms);
    if (!earlier->op_ms) {
        tool_error("no memory for %zu operators", n);
        return false;
    }
    const JsonValue *from = json_first(tree, list);
    MnetOperatorInfo op;
    for (size_t i = 0; i < n && mnet_session_operator(network->session, i, &op); i++)
        for (const JsonValue *v = from; v && earlier->op_ms[i] == 0; v = json_next(tree, v))
            if ((earlier->op_ms[i] = time_of(tree, v, &op)) > 0)
                from = json_next(tree, v);
    return true;
}

bool bench_earlier_read(const ToolOptions *options, const ToolNetwork *network,
                        const MnetModelStats *stats, BenchEarlier *earlier)
{
    JsonTree tree;
    *earlier = (BenchEarlier){ 0 };
    bool good = json_read(options->compare, &tree) && is_same_model(options, &tree, stats) &&
                (earlier->min_ms = number(options->compare, &tree, "min_ms")) >= 0 &&
                (earlier->median_ms = number(options->compare, &tree, "median_ms")) >= 0 &&
                read_operators(network, &tree, stats->n_operators, earlier);
    if (good) {
        const JsonValue *kernels = json_member(&tree, json_root(&tree), "kernels", JSON_STRING);
        const JsonValue *threads = json_member(&tree, json_root(&tree), "threads", JSON_NUMBER);
        snprintf(earlier->kernels, sizeof earlier->kernels, "%s", kernels ? kernels->string : "?");
        earlier->threads = threads && threads->number >= 0 && threads->number < 1e6
                               ? (unsigned)threads->number
                               : 0;
    }
    json_free(&tree);
    return good;
}

void bench_earlier_clear(BenchEarlier *earlier)
{
    free(earlier->op_ms);
    earlier->op_ms = NULL;
}
