/* SPDX-License-Identifier: MIT
 *
 * `mnet info`: inputs, outputs, operators and totals of a network. */
#include "explain.h"

#include <inttypes.h>

static void json_operators(Json *json, const MnetSession *session)
{
    MnetOperatorInfo op;
    json_open_array(json, "operators");
    for (size_t i = 0; mnet_session_operator(session, i, &op); i++) {
        json_open_object(json, NULL);
        json_string(json, "name", op.name);
        json_string(json, "note", op.note);
        json_unsigned(json, "file_index", op.file_index);
        json_unsigned(json, "block", op.block);
        json_string(json, "type", mnet_type_name(op.output.type));
        json_shape(json, &op.output);
        json_unsigned(json, "macs", op.macs);
        json_unsigned(json, "parameters", op.parameters);
        json_string(json, "kernel", op.kernel);
        json_bool(json, "plain_c", op.plain_c);
        json_close_object(json);
    }
    json_close_array(json);
}

static void json_states(Json *json, const MnetModel *model)
{
    MnetState state;
    json_open_array(json, "states");
    for (size_t i = 0; mnet_model_state(model, i, &state); i++) {
        json_open_object(json, NULL);
        json_unsigned(json, "input", state.input);
        json_unsigned(json, "output", state.output);
        json_close_object(json);
    }
    json_close_array(json);
}

/* The names of each output's classes, null where the file has none, and what a byte of
 * each input stands for. */
static void json_facts(Json *json, const MnetModel *model)
{
    MnetNormalization n;
    json_open_array(json, "labels");
    for (size_t i = 0; i < mnet_model_n_outputs(model); i++) {
        const MnetLabels *labels = mnet_model_labels(model, i);
        if (!labels) {
            json_null(json, NULL);
            continue;
        }
        json_open_array(json, NULL);
        for (size_t k = 0; k < mnet_labels_count(labels); k++)
            json_string(json, NULL, mnet_labels_get(labels, k));
        json_close_array(json);
    }
    json_close_array(json);
    json_open_array(json, "normalization");
    for (size_t i = 0; i < mnet_model_n_inputs(model); i++) {
        bool told = mnet_model_normalization(model, i, &n);
        if (!told) {
            json_null(json, NULL);
            continue;
        }
        json_open_object(json, NULL);
        json_open_array(json, "mean");
        for (size_t c = 0; c < n.n; c++)
            json_real(json, NULL, (double)n.mean[c]);
        json_close_array(json);
        json_open_array(json, "std");
        for (size_t c = 0; c < n.n; c++)
            json_real(json, NULL, (double)n.std[c]);
        json_close_array(json);
        json_close_object(json);
    }
    json_close_array(json);
}

static void print_json(const char *path, const ToolNetwork *network, const MnetModelStats *stats)
{
    const MnetModel *model = network->model;
    Json json = { .file = stdout };
    json_open_object(&json, NULL);
    json_string(&json, "model", path);
    json_string(&json, "description", mnet_model_description(model));
    json_string(&json, "kernels", stats->kernels);
    json_string(&json, "precision", stats->float16 ? "fp16" : "fp32");
    json_unsigned(&json, "macs", stats->macs);
    json_unsigned(&json, "parameters", stats->parameters);
    json_unsigned(&json, "weight_bytes", stats->weight_bytes);
    json_unsigned(&json, "arena_bytes", stats->arena_bytes);
    json_unsigned(&json, "file_bytes", stats->file_bytes);
    json_open_array(&json, "inputs");
    for (size_t i = 0; i < mnet_model_n_inputs(model); i++)
        json_tensor(&json, NULL, mnet_session_input_info(network->session, i));
    json_close_array(&json);
    json_open_array(&json, "outputs");
    for (size_t i = 0; i < mnet_model_n_outputs(model); i++)
        json_tensor(&json, NULL, mnet_session_output_info(network->session, i));
    json_close_array(&json);
    json_facts(&json, model);
    json_states(&json, model);
    json_unsigned(&json, "file_operators", stats->n_file_operators);
    json_operators(&json, network->session);
    tool_explain_json(&json, network, stats);
    json_close_object(&json);
}

static const char *kind_text(MnetOutputKind kind)
{
    switch (kind) {
    case MNET_OUTPUT_SOFTMAX:
        return "probabilities (softmax)";
    case MNET_OUTPUT_LOGISTIC:
        return "probabilities (logistic)";
    case MNET_OUTPUT_LOGITS:
        return "logits";
    case MNET_OUTPUT_FEATURES:
        return "features";
    case MNET_OUTPUT_CLASSES:
        return "class numbers";
    case MNET_OUTPUT_TANH:
        return "-1 to 1 (tanh)";
    case MNET_OUTPUT_OTHER:
        break;
    }
    return "";
}

static void print_tensor(const char *what, size_t index, const MnetTensorInfo *info)
{
    printf("%-6s %zu  %-7s %-14s %s", what, index, mnet_type_name(info->type),
           tool_shape(info).text, tool_bytes(info->bytes).text);
    if (info->scale != 0)
        printf(", real = (stored - %d) * %.9g", info->zero_point, (double)info->scale);
    if (info->channels_first)
        fputs(", channels first", stdout);
    if (kind_text(info->kind)[0])
        printf(", %s", kind_text(info->kind));
    fputs("  ", stdout);
    tool_print_text(stdout, info->name);
    putchar('\n');
}

/* What the file tells of inputs and outputs: of labels the first ones. */
static void print_facts(const MnetModel *model)
{
    MnetNormalization n;
    for (size_t i = 0; i < mnet_model_n_inputs(model); i++)
        if (mnet_model_normalization(model, i, &n)) {
            printf("bytes  %zu  real = (byte - %g) / %g", i, (double)n.mean[0], (double)n.std[0]);
            for (size_t c = 1; c < n.n; c++)
                printf(", (byte - %g) / %g", (double)n.mean[c], (double)n.std[c]);
            putchar('\n');
        }
    for (size_t i = 0; i < mnet_model_n_outputs(model); i++) {
        const MnetLabels *labels = mnet_model_labels(model, i);
        size_t count = mnet_labels_count(labels);
        if (labels)
            printf("labels %zu  %zu: ", i, count);
        for (size_t k = 0; k < count && k < 3; k++) {
            fputs(k ? ", " : "", stdout);
            tool_print_text(stdout, mnet_labels_get(labels, k));
        }
        if (labels)
            puts(count > 3 ? ", ..." : "");
    }
}

static void print_states(const MnetModel *model)
{
    MnetState state;
    for (size_t i = 0; mnet_model_state(model, i, &state); i++)
        printf("state  %zu  output %zu is input %zu of the next run\n", i, state.output,
               state.input);
}

static void print_operators(const MnetSession *session)
{
    MnetOperatorInfo op;
    printf("\n%4s %5s %5s  %-18s %-7s %-16s %10s %10s  %s\n", "no.", "file", "block", "operator",
           "type", "output", "mult-adds", "params", "folded in");
    for (size_t i = 0; mnet_session_operator(session, i, &op); i++)
        printf("%4zu %5zu %5s  %-18s %-7s %-16s %10s %10s  %s\n", i, op.file_index,
               tool_block(&op).text, op.name, mnet_type_name(op.output.type),
               tool_shape(&op.output).text, tool_count(op.macs).text,
               tool_count(op.parameters).text, op.note);
}

static void print_total(const char *what, uint64_t number, ToolText text, const char *of)
{
    printf("%-14s %12" PRIu64 "  %s%s\n", what, number, text.text, of);
}

/* Only where it was asked for. */
static void print_precision(const ToolOptions *options, const MnetModelStats *stats)
{
    if (options->precision == 1 + MNET_PRECISION_FP16)
        printf("%-9s %s\n", "precision",
               stats->float16 ? "fp16"
               : stats->has_float16
                   ? "fp32: the network has no layers of float32, or has 8-bit weights"
                   : "fp32: these kernels have no float16 arithmetic here");
}

static void print_text(const ToolOptions *options, const ToolNetwork *network,
                       const MnetModelStats *stats)
{
    const MnetModel *model = network->model;
    printf("%-9s", "model");
    tool_print_text(stdout, options->model);
    if (mnet_model_description(model)[0]) {
        printf("\n%-9s", "about");
        tool_print_text(stdout, mnet_model_description(model));
    }
    printf("\n%-9s%s\n", "kernels", stats->kernels);
    print_precision(options, stats);
    putchar('\n');
    for (size_t i = 0; i < mnet_model_n_inputs(model); i++)
        print_tensor("input", i, mnet_session_input_info(network->session, i));
    for (size_t i = 0; i < mnet_model_n_outputs(model); i++)
        print_tensor("output", i, mnet_session_output_info(network->session, i));
    print_facts(model);
    print_states(model);
    print_operators(network->session);
    printf("\n%-14s %12zu  in the file, %zu as they are run\n", "operators",
           stats->n_file_operators, stats->n_operators);
    print_total("parameters", stats->parameters, tool_count(stats->parameters), "");
    print_total("multiply-adds", stats->macs, tool_count(stats->macs), " a run");
    print_total("weights", stats->weight_bytes, tool_bytes(stats->weight_bytes), " packed");
    print_total("arena", stats->arena_bytes, tool_bytes(stats->arena_bytes), " a session");
    print_total("file", stats->file_bytes, tool_bytes(stats->file_bytes), "");
    putchar('\n');
    tool_explain(network, stats);
}

int tool_info(const ToolOptions *options, const ToolNetwork *network)
{
    MnetModelStats stats;
    mnet_session_stats(network->session, &stats);
    if (options->json)
        print_json(options->model, network, &stats);
    else
        print_text(options, network, &stats);
    return TOOL_OK;
}
