/* SPDX-License-Identifier: MIT
 *
 * `mnet new`: a network of the papers with random weights, as a file. */
#include <stdlib.h>
#include <string.h>

#include "tool.h"
#include "train/net_graph.h"

static const char *const families[] = { [MNET_NET_V1] = "v1",
                                        [MNET_NET_V2] = "v2",
                                        [MNET_NET_V3_SMALL] = "v3-small",
                                        [MNET_NET_V3_LARGE] = "v3-large" };

static bool find_family(const char *name, MnetNetFamily *family)
{
    for (int i = 0; i < (int)(sizeof families / sizeof *families); i++)
        if (strcmp(name, families[i]) == 0) {
            *family = (MnetNetFamily)i;
            return true;
        }
    return false;
}

/* Those of --class-names; their number is that of the classes. */
static MnetStatus name_classes(MnetNet *net, const MnetLabels *labels, MnetError *error)
{
    size_t n = mnet_labels_count(labels);
    const char **names = malloc((n ? n : 1) * sizeof *names);
    if (!names)
        return MNET_ERROR_MEMORY;
    for (size_t i = 0; i < n; i++)
        names[i] = mnet_labels_get(labels, i);
    MnetStatus status = mnet_net_set_classes(net, names, error);
    free(names);
    return status;
}

static int make(const ToolOptions *options, const MnetNetOptions *wanted, const MnetLabels *labels)
{
    MnetError error = { MNET_ERROR_MEMORY, "no memory" };
    MnetNet *net = mnet_net_build(wanted, &error);
    if (!net)
        return tool_error("%s", error.text);
    MnetStatus status = labels ? name_classes(net, labels, &error) : MNET_OK;
    if (!status)
        status = mnet_net_write_tflite(net, options->words[1], &error);
    if (!status) {
        tool_print_text(stdout, options->words[1]);
        printf(": %s, %d classes, %s multiply-adds, %s parameters\n", net->title,
               (int)mnet_net_logits(net)->channels, tool_count(mnet_net_multiply_adds(net)).text,
               tool_count(mnet_net_parameters(net)).text);
    }
    mnet_net_free(net);
    return status ? tool_error("%s", error.text) : TOOL_OK;
}

MnetNetOptions tool_net_options(const ToolOptions *options)
{
    MnetNetOptions net = { .width = options->width,
                           .resolution = (int32_t)options->resolution,
                           .n_classes = (int32_t)options->classes,
                           .stem_stride = (int32_t)options->stem_stride,
                           .last_channels = (int32_t)options->last_channels,
                           .minimalistic = options->minimalistic,
                           .seed = options->seed };
    memcpy(net.strides, options->strides, sizeof net.strides);
    return net;
}

int tool_new(const ToolOptions *options)
{
    MnetError error;
    MnetNetOptions wanted = tool_net_options(options);
    if (!find_family(options->words[0], &wanted.family)) {
        tool_error("%s is no family; v1, v2, v3-small and v3-large are", options->words[0]);
        return TOOL_USAGE;
    }
    if (options->width < 0.05)
        return tool_error("width %g; 0.05 to 4 are possible", options->width);
    MnetLabels *labels = options->labels ? mnet_labels_load(options->labels, &error) : NULL;
    if (options->labels && !labels)
        return tool_error("%s", error.text);
    size_t n = mnet_labels_count(labels);
    int status;
    if (labels && wanted.n_classes && (size_t)wanted.n_classes != n) {
        status = tool_error("%s has %zu names, --classes is %d: leave --classes out",
                            options->labels, n, (int)wanted.n_classes);
    } else {
        wanted.n_classes = labels ? (int32_t)n : wanted.n_classes;
        status = make(options, &wanted, labels);
    }
    mnet_labels_unref(labels);
    return status;
}
