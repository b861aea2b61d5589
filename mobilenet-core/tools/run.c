/* SPDX-License-Identifier: MIT
 *
 * `mnet run --input --output`: raw tensor bytes from files to files. */
#include "json.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* What a wrong size is told with; `size` is the file's, or NULL when it is no
 * regular file. */
static bool wrong_size(const char *path, const MnetTensorInfo *info, size_t index,
                       const long long *size)
{
    char found[48] = "another number of";
    if (size)
        snprintf(found, sizeof found, "%lld", *size);
    tool_error("%s: %s bytes, but input %zu \"%s\" (%s %s) needs %zu", path, found, index,
               info->name, mnet_type_name(info->type), tool_shape(info).text, info->bytes);
    return false;
}

static bool read_input(const char *path, const MnetTensorInfo *info, size_t index, void *data)
{
    FILE *file = fopen(path, "rb");
    struct stat stat;
    if (!file || fstat(fileno(file), &stat) != 0) {
        tool_error("%s: %s", path, strerror(errno));
        if (file)
            fclose(file);
        return false;
    }
    long long size = stat.st_size;
    bool regular = S_ISREG(stat.st_mode);
    errno = 0;
    bool good = (!regular || (size_t)size == info->bytes) &&
                fread(data, 1, info->bytes, file) == info->bytes && fgetc(file) == EOF;
    if (!good && ferror(file))
        tool_error("%s: %s", path, strerror(errno));
    else if (!good)
        wrong_size(path, info, index, regular ? &size : NULL);
    fclose(file);
    return good;
}

static bool write_output(const char *path, const void *data, size_t bytes)
{
    FILE *file = fopen(path, "wb");
    bool good = file && fwrite(data, 1, bytes, file) == bytes;
    int reason = errno;
    if (file && fclose(file) != 0 && good) {
        good = false;
        reason = errno;
    }
    if (!good)
        tool_error("%s: %s", path, strerror(reason));
    return good;
}

static bool check_count(const char *model, const char *option, size_t given, size_t wanted)
{
    if (given == wanted)
        return true;
    tool_error("%s: %zu times --%s, but the network has %zu %s%s", model, given, option, wanted,
               option, wanted == 1 ? "" : "s");
    return false;
}

/* The smallest and the largest real value that is a number; 0, 0 without any. */
static void find_range(const MnetTensorInfo *info, const void *data, float range[2])
{
    bool any = false;
    range[0] = range[1] = 0;
    for (size_t i = 0; i < info->elements; i++) {
        float value = mnet_tensor_value(info, data, i);
        if (value != value)
            continue;
        range[0] = !any || value < range[0] ? value : range[0];
        range[1] = !any || value > range[1] ? value : range[1];
        any = true;
    }
}

static void print_outputs(const ToolOptions *options, const MnetSession *session)
{
    for (size_t i = 0; i < options->outputs.n; i++) {
        const MnetTensorInfo *info = mnet_session_output_info(session, i);
        float range[2];
        find_range(info, mnet_session_output(session, i), range);
        printf("output %zu  %-7s %-14s %s -> ", i, mnet_type_name(info->type),
               tool_shape(info).text, tool_bytes(info->bytes).text);
        tool_print_text(stdout, options->outputs.files[i]);
        printf("  %g to %g  ", (double)range[0], (double)range[1]);
        tool_print_text(stdout, info->name);
        putchar('\n');
    }
}

static void print_json(const ToolOptions *options, const ToolNetwork *network)
{
    Json json = { .file = stdout };
    MnetModelStats stats;
    mnet_model_stats(network->model, &stats);
    json_open_object(&json, NULL);
    json_string(&json, "model", options->model);
    json_string(&json, "kernels", stats.kernels);
    json_unsigned(&json, "threads", network->threads);
    json_open_array(&json, "outputs");
    for (size_t i = 0; i < options->outputs.n; i++) {
        json_open_object(&json, NULL);
        const MnetTensorInfo *info = mnet_session_output_info(network->session, i);
        float range[2];
        json_string(&json, "file", options->outputs.files[i]);
        json_tensor(&json, "tensor", info);
        find_range(info, mnet_session_output(network->session, i), range);
        json_real(&json, "min", range[0]);
        json_real(&json, "max", range[1]);
        json_close_object(&json);
    }
    json_close_array(&json);
    json_close_object(&json);
}

int tool_run_tensors(const ToolOptions *options, const ToolNetwork *network)
{
    MnetModel *model = network->model;
    MnetSession *session = network->session;
    if (!check_count(options->model, "input", options->inputs.n, mnet_model_n_inputs(model)) ||
        !check_count(options->model, "output", options->outputs.n, mnet_model_n_outputs(model)))
        return TOOL_ERROR;
    for (size_t i = 0; i < options->inputs.n; i++)
        if (!read_input(options->inputs.files[i], mnet_session_input_info(session, i), i,
                        mnet_session_input(session, i)))
            return TOOL_ERROR;
    mnet_session_run(session);
    for (size_t i = 0; i < options->outputs.n; i++)
        if (!write_output(options->outputs.files[i], mnet_session_output(session, i),
                          mnet_session_output_info(session, i)->bytes))
            return TOOL_ERROR;
    if (options->json)
        print_json(options, network);
    else
        print_outputs(options, session);
    return TOOL_OK;
}
