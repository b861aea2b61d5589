/* SPDX-License-Identifier: MIT
 *
 * The `mnet` program: shows, runs, measures and makes networks. */
#include "tool.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

/* What is wrong with a network whose file is sound. */
static bool refuse(const ToolOptions *options, const MnetError *error)
{
    tool_error("%s: %s", options->model, error->text);
    return false;
}

bool tool_open(const ToolOptions *options, ToolNetwork *network)
{
    MnetError error;
    MnetModelOptions model_options = { .cpu = options->cpu };
    if (options->precision)
        model_options.precision = (MnetPrecision)(options->precision - 1);
    MnetSessionOptions session_options = { .input_width = (int32_t)options->input_size.width,
                                           .input_height = (int32_t)options->input_size.height };
    *network = (ToolNetwork){ .threads = 1 };
    network->model = mnet_model_load(options->model, &model_options, &error);
    if (!network->model) {
        tool_error("%s", error.text);
        if (options->command == TOOL_INFO)
            tool_explain_refusal(options, &error);
        return false;
    }
    if (options->threads != 1) {
        network->pool = mnet_pool_new(options->threads, &error);
        if (!network->pool)
            return refuse(options, &error);
        network->threads = mnet_pool_threads(network->pool);
        session_options.pool = network->pool;
    }
    network->session = mnet_session_new(network->model, &session_options, &error);
    return network->session || refuse(options, &error);
}

void tool_close(ToolNetwork *network)
{
    mnet_session_free(network->session);
    mnet_pool_unref(network->pool);
    mnet_model_unref(network->model);
}

static int run_command(const ToolOptions *options, const ToolNetwork *network)
{
    if (options->command == TOOL_INFO)
        return tool_info(options, network);
    if (options->command == TOOL_BENCH)
        return tool_bench(options, network);
    if (options->image)
        return tool_run_image(options, network);
    return tool_run_tensors(options, network);
}

int main(int argc, char **argv)
{
    ToolOptions options;
    ToolNetwork network;
    int status;
    signal(SIGXFSZ, SIG_IGN); /* a limit to files is told as a full disk is */
    if (!tool_parse(argc, argv, &options, &status)) {
        /* Told already. */
    } else if (options.command == TOOL_NEW) {
        status = tool_new(&options);
    } else if (options.command == TOOL_TRAIN) {
        status = tool_train(&options);
    } else if (options.command == TOOL_QUANTIZE) {
        status = tool_quantize(&options);
    } else if (options.command == TOOL_MIRROR) {
        status = tool_mirror(&options);
    } else {
        status = tool_open(&options, &network) ? run_command(&options, &network) : TOOL_ERROR;
        tool_close(&network);
    }
    bool lost = ferror(stdout);
    if (fflush(stdout) != 0)
        status = tool_error("standard output: %s", strerror(errno));
    else if (lost)
        status = tool_error("standard output: lines could not be written");
    return status;
}
