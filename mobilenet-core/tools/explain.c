/* SPDX-License-Identifier: MIT
 *
 * What folding did, where memory goes, what runs as plain C. */
#include "explain.h"

#include <string.h>

#include "architecture.h"

#define LARGEST 3
#define MAX_KINDS 64

static const struct {
    const char *key;
    size_t offset;
    const char *text;
} folded_table[] = {
    { "pads", offsetof(MnetFolded, pads), "PAD into the layers behind them" },
    { "activations", offsetof(MnetFolded, activations), "activations into the operators before" },
    { "idle", offsetof(MnetFolded, idle), "TRANSPOSE or QUANTIZE that change nothing" },
    { "uint8_tensors", offsetof(MnetFolded, uint8_tensors), "uint8 tensors computed as int8" },
    { "tables", offsetof(MnetFolded, tables), "operators that became a table of 256 bytes" },
    { "float16_constants", offsetof(MnetFolded, float16), "float16 constants unpacked to float32" },
    { "dequantized_constants", offsetof(MnetFolded, dequantized),
      "8-bit constants unpacked to float32" },
    { "dynamic_range_layers", offsetof(MnetFolded, dynamic_range),
      "layers of 8-bit weights and float activations" },
    { "sparse_constants", offsetof(MnetFolded, sparse), "sparse constants made dense" },
};
#define N_FOLDED (sizeof folded_table / sizeof folded_table[0])

static size_t folded_count(const MnetFolded *folded, size_t i)
{
    return *(const size_t *)(const void *)((const char *)folded + folded_table[i].offset);
}

/* Operators of one name that run as plain C. */
typedef struct {
    const char *name;
    size_t count;
    uint64_t macs;
} Kind;

typedef struct {
    Kind kinds[MAX_KINDS];
    size_t n, count;
    uint64_t macs;
    MnetOperatorInfo largest[LARGEST]; /* by bytes of their outputs */
    size_t numbers[LARGEST], n_largest;
} Survey;

static void add_plain(Survey *survey, const MnetOperatorInfo *op)
{
    size_t at = 0;
    while (at < survey->n && strcmp(survey->kinds[at].name, op->name) != 0)
        at++;
    if (at == MAX_KINDS)
        return;
    if (at == survey->n)
        survey->kinds[survey->n++] = (Kind){ .name = op->name };
    survey->kinds[at].count++;
    survey->kinds[at].macs += op->macs;
    survey->count++;
    survey->macs += op->macs;
}

static void add_largest(Survey *survey, const MnetOperatorInfo *op, size_t number)
{
    size_t at = survey->n_largest < LARGEST ? survey->n_largest++ : LARGEST;
    for (; at > 0 && survey->largest[at - 1].output.bytes < op->output.bytes; at--)
        if (at < LARGEST) {
            survey->largest[at] = survey->largest[at - 1];
            survey->numbers[at] = survey->numbers[at - 1];
        }
    if (at < LARGEST) {
        survey->largest[at] = *op;
        survey->numbers[at] = number;
    }
}

static Survey take_survey(const MnetSession *session)
{
    Survey survey = { .n = 0 };
    MnetOperatorInfo op;
    for (size_t i = 0; mnet_session_operator(session, i, &op); i++) {
        if (op.plain_c)
            add_plain(&survey, &op);
        if (!op.inner)
            add_largest(&survey, &op, i);
    }
    return survey;
}

static double percent(uint64_t part, uint64_t all)
{
    return all ? 100 * (double)part / (double)all : 0;
}

static void print_folded(const MnetModel *model)
{
    MnetFolded folded;
    mnet_model_folded(model, &folded);
    const char *head = "folded";
    for (size_t i = 0; i < N_FOLDED; i++) {
        if (!folded_count(&folded, i))
            continue;
        printf("%-9s%5zu %s\n", head, folded_count(&folded, i), folded_table[i].text);
        head = "";
    }
    if (*head)
        printf("%-9snothing\n", head);
}

static void print_memory(const MnetModelStats *stats, const Survey *survey)
{
    printf("%-9s%s file, read; ", "memory", tool_bytes(stats->file_bytes).text);
    printf("%s packed weights, for all sessions\n", tool_bytes(stats->weight_bytes).text);
    printf("%-9s%s activations ", "", tool_bytes(stats->arena_bytes - stats->scratch_bytes).text);
    printf("and %s inputs a session, ", tool_bytes(stats->input_bytes).text);
    printf("%s scratch a thread\n", tool_bytes(stats->scratch_bytes).text);
    for (size_t i = 0; i < survey->n_largest; i++)
        printf("%-9s%s %s from no. %zu %s\n", i ? "" : "largest",
               tool_bytes(survey->largest[i].output.bytes).text,
               tool_shape(&survey->largest[i].output).text, survey->numbers[i],
               survey->largest[i].name);
}

static void print_plain(const MnetModelStats *stats, const Survey *survey)
{
    printf("%-9s%zu of %zu operators, %.1f %% of the multiply-adds", "plain C", survey->count,
           stats->n_operators, percent(survey->macs, stats->macs));
    for (size_t i = 0; i < survey->n; i++)
        printf("%s%zu %s", i ? ", " : ": ", survey->kinds[i].count, survey->kinds[i].name);
    putchar('\n');
}

static void print_architecture(const ToolArchitecture *a)
{
    if (!a->family)
        return;
    printf("%-9s%s, ", "looks as", a->family);
    if (a->width > 0)
        printf("width %.4g, ", a->width);
    printf("%s at %dx%d\n", a->role, a->input_width, a->input_height);
}

void tool_explain(const ToolNetwork *network, const MnetModelStats *stats)
{
    Survey survey = take_survey(network->session);
    ToolArchitecture architecture = tool_architecture(network->session);
    print_architecture(&architecture);
    print_folded(network->model);
    print_memory(stats, &survey);
    print_plain(stats, &survey);
}

static void json_architecture(Json *json, const ToolArchitecture *a)
{
    if (!a->family) {
        json_null(json, "architecture");
        return;
    }
    json_open_object(json, "architecture");
    json_string(json, "family", a->family);
    if (a->width > 0)
        json_real(json, "width", a->width);
    else
        json_null(json, "width");
    json_integer(json, "input_width", a->input_width);
    json_integer(json, "input_height", a->input_height);
    json_string(json, "role", a->role);
    json_close_object(json);
}

static void json_memory(Json *json, const MnetModelStats *stats, const Survey *survey)
{
    json_open_object(json, "memory");
    json_unsigned(json, "file_bytes", stats->file_bytes);
    json_unsigned(json, "weight_bytes", stats->weight_bytes);
    json_unsigned(json, "activation_bytes", stats->arena_bytes - stats->scratch_bytes);
    json_unsigned(json, "input_bytes", stats->input_bytes);
    json_unsigned(json, "scratch_bytes", stats->scratch_bytes);
    json_open_array(json, "largest");
    for (size_t i = 0; i < survey->n_largest; i++) {
        json_open_object(json, NULL);
        json_unsigned(json, "operator", survey->numbers[i]);
        json_string(json, "name", survey->largest[i].name);
        json_shape(json, &survey->largest[i].output);
        json_unsigned(json, "bytes", survey->largest[i].output.bytes);
        json_close_object(json);
    }
    json_close_array(json);
    json_close_object(json);
}

void tool_explain_json(Json *json, const ToolNetwork *network, const MnetModelStats *stats)
{
    MnetFolded folded;
    mnet_model_folded(network->model, &folded);
    Survey survey = take_survey(network->session);
    ToolArchitecture architecture = tool_architecture(network->session);
    json_architecture(json, &architecture);
    json_open_object(json, "folded");
    for (size_t i = 0; i < N_FOLDED; i++)
        json_unsigned(json, folded_table[i].key, folded_count(&folded, i));
    json_close_object(json);
    json_memory(json, stats, &survey);
    json_open_array(json, "plain_c");
    for (size_t i = 0; i < survey.n; i++) {
        json_open_object(json, NULL);
        json_string(json, "name", survey.kinds[i].name);
        json_unsigned(json, "count", survey.kinds[i].count);
        json_unsigned(json, "macs", survey.kinds[i].macs);
        json_close_object(json);
    }
    json_close_array(json);
}
