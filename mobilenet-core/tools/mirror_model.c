/* SPDX-License-Identifier: MIT
 *
 * `mnet mirror`: a classifier that also looks at the mirrored picture. */
#include "tool.h"
#include "train/mirror.h"
#include "train/save.h"

/* Only what loads again is written. */
static int save(const ToolOptions *options, const uint8_t *data, size_t size)
{
    MnetError error;
    MnetModelStats stats;
    MnetModel *model = mnet_model_load_memory(data, size, NULL, &error);
    if (!model)
        return tool_error("%s, mirrored: %s", options->model, error.text);
    mnet_model_stats(model, &stats);
    mnet_model_unref(model);
    if (mnet_save_file(options->words[1], data, size, &error) != MNET_OK)
        return tool_error("%s", error.text);
    tool_print_text(stdout, options->words[1]);
    printf(": a picture and its mirror image, %s, %s multiply-adds\n", tool_bytes(size).text,
           tool_count(stats.macs).text);
    return TOOL_OK;
}

/* A file that cannot be run at all is told as by the other commands. */
static bool runs(const ToolOptions *options)
{
    MnetError error;
    MnetModel *model = mnet_model_load(options->model, NULL, &error);
    if (!model)
        tool_error("%s", error.text);
    mnet_model_unref(model);
    return model != NULL;
}

int tool_mirror(const ToolOptions *options)
{
    MnetError error;
    uint8_t *data;
    size_t size;
    if (mnet_save_same(options->model, options->words[1]))
        return tool_error("%s is the network itself: name another output file", options->model);
    if (!runs(options))
        return TOOL_ERROR;
    if (mnet_mirror_tflite(options->model, &data, &size, &error) != MNET_OK)
        return tool_error("%s", error.text);
    int status = save(options, data, size);
    mnet_buffer_free(data);
    return status;
}
