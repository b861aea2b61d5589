/* SPDX-License-Identifier: MIT
 *
 * `mnet info` of a file that is refused: why, and what would help. */
#include "json.h"

#include <string.h>

#define MAX_OPERATORS 64

typedef struct {
    MnetUnsupported operators[MAX_OPERATORS];
    size_t n;
} Missing;

static const char *help(const MnetError *error, const Missing *missing)
{
    if (missing->n)
        return "convert the model without these operators, or take one of another architecture";
    switch (error->status) {
    case MNET_ERROR_FORMAT:
        return "fetch the file again and compare its size and checksum with its publisher's; what "
               "is needed is a .tflite file";
    case MNET_ERROR_UNSUPPORTED:
        return "convert the model again with fixed shapes and float32, uint8 or int8 activations, "
               "or take one of another architecture";
    default:
        return "take a smaller model; MNET_MAX_ARENA raises the memory that a session may take";
    }
}

static const char *status_name(MnetStatus status)
{
    return status == MNET_ERROR_FORMAT        ? "format"
           : status == MNET_ERROR_UNSUPPORTED ? "unsupported"
                                              : "limit";
}

static void print_text(const MnetError *error, const Missing *missing)
{
    printf("%-9s", "refused");
    tool_print_text(stdout, error->text);
    printf("\n%-9s%s\n", "help", help(error, missing));
    if (!missing->n)
        return;
    printf("\n%5s %5s  %-32s %-20s %s\n", "count", "first", "operator that is not supported",
           "version", "nearest that are");
    for (size_t i = 0; i < missing->n; i++) {
        const MnetUnsupported *op = &missing->operators[i];
        char version[40];
        snprintf(version, sizeof version, op->max_version ? "%d (1 to %d are)" : "%d", op->version,
                 op->max_version);
        printf("%5zu %5zu  ", op->count, op->first);
        tool_print_text(stdout, op->name);
        printf("%-*s %-20s %s\n", (int)(32 - strnlen(op->name, 32)), op->custom ? " (custom)" : "",
               version, op->nearest);
    }
}

static void print_json(const char *path, const MnetError *error, const Missing *missing)
{
    Json json = { .file = stdout };
    json_open_object(&json, NULL);
    json_string(&json, "model", path);
    json_open_object(&json, "refused");
    json_string(&json, "status", status_name(error->status));
    json_string(&json, "reason", error->text);
    json_string(&json, "help", help(error, missing));
    json_open_array(&json, "unsupported_operators");
    for (size_t i = 0; i < missing->n; i++) {
        const MnetUnsupported *op = &missing->operators[i];
        json_open_object(&json, NULL);
        json_string(&json, "name", op->name);
        json_bool(&json, "custom", op->custom);
        json_integer(&json, "version", op->version);
        json_integer(&json, "max_version", op->max_version);
        json_unsigned(&json, "count", op->count);
        json_unsigned(&json, "first", op->first);
        json_string(&json, "nearest", op->nearest);
        json_close_object(&json);
    }
    json_close_array(&json);
    json_close_object(&json);
    json_close_object(&json);
}

void tool_explain_refusal(const ToolOptions *options, const MnetError *error)
{
    if (error->status != MNET_ERROR_FORMAT && error->status != MNET_ERROR_UNSUPPORTED &&
        error->status != MNET_ERROR_LIMIT)
        return;
    Missing missing;
    missing.n = mnet_model_unsupported(options->model, missing.operators, MAX_OPERATORS);
    if (options->json)
        print_json(options->model, error, &missing);
    else
        print_text(error, &missing);
}
