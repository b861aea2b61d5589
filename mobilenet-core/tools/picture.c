/* SPDX-License-Identifier: MIT
 *
 * `mnet run --image`: the classes of a picture, or what is found in it. */
#include "picture.h"

#include <stdlib.h>

#define DEFAULT_TOP 5

static void override_channels(const ToolChannels *from, float *to)
{
    for (size_t c = 0; c < TOOL_MAX_CHANNELS; c++)
        to[c] = from->values[from->n == 1 ? 0 : c];
}

bool tool_fill_input(const ToolOptions *options, const ToolNetwork *network, const Ppm *ppm)
{
    const MnetTensorInfo *input = mnet_session_input_info(network->session, 0);
    MnetNormalization normalization;
    bool told = mnet_model_normalization(network->model, 0, &normalization);
    MnetImageOptions image_options;
    mnet_image_default_options(input, told ? &normalization : NULL, &image_options);
    if (options->mean.n) {
        override_channels(&options->mean, image_options.mean);
        override_channels(&options->std, image_options.std);
        image_options.raw = image_options.bgr = false;
    }
    MnetFrameInfo frame = { MNET_PIXEL_RGB, ppm->width, ppm->height, MNET_MATRIX_BT601, true };
    MnetError error;
    MnetImage *image = mnet_image_new(&frame, input, &image_options, &error);
    if (!image) {
        tool_error("%s: %s", options->model, error.text);
        return false;
    }
    MnetPlanes planes = { { ppm->rgb }, { (ptrdiff_t)ppm->width * 3 } };
    mnet_image_convert(image, &planes, mnet_session_input(network->session, 0));
    mnet_image_free(image);
    return true;
}

MnetLabels *tool_load_labels(const ToolOptions *options, bool *good)
{
    MnetError error;
    MnetLabels *labels = options->labels ? mnet_labels_load(options->labels, &error) : NULL;
    *good = labels || !options->labels;
    if (!*good)
        tool_error("%s", error.text);
    return labels;
}

/* Names of the classes: the user's, else the file's own. NULL with *good set:
 * there are none. */
static const MnetLabels *get_labels(const ToolOptions *options, MnetModel *model, bool *good)
{
    const MnetLabels *labels = tool_load_labels(options, good);
    if (!labels && *good && (labels = mnet_model_labels(model, 0)))
        labels = mnet_labels_ref(labels);
    return labels;
}

static MnetClassifier *new_classifier(const ToolOptions *options, MnetModel *model)
{
    bool good;
    const MnetLabels *labels = get_labels(options, model, &good);
    if (!good)
        return NULL;
    MnetError error;
    MnetClassifier *classifier = mnet_classifier_new(mnet_model_output(model, 0), labels, &error);
    if (!classifier)
        tool_error("%s: %s", options->model, error.text);
    mnet_labels_unref(labels);
    return classifier;
}

static void print_classes(const MnetClass *classes, size_t n)
{
    printf("%4s %6s %8s  %s\n", "rank", "index", "score", "label");
    for (size_t i = 0; i < n; i++) {
        printf("%4zu %6u %8.4f  ", i + 1, classes[i].index, (double)classes[i].score);
        tool_print_text(stdout, classes[i].label);
        putchar('\n');
    }
}

void tool_open_results(Json *json, const ToolOptions *options, const ToolNetwork *network)
{
    MnetModelStats stats;
    mnet_model_stats(network->model, &stats);
    json_open_object(json, NULL);
    json_string(json, "model", options->model);
    json_string(json, "image", options->image);
    json_string(json, "kernels", stats.kernels);
    json_unsigned(json, "threads", network->threads);
    json_open_array(json, "results");
}

static void print_json(const ToolOptions *options, const ToolNetwork *network,
                       const MnetClass *classes, size_t n)
{
    Json json = { .file = stdout };
    tool_open_results(&json, options, network);
    for (size_t i = 0; i < n; i++) {
        json_open_object(&json, NULL);
        json_unsigned(&json, "rank", i + 1);
        json_unsigned(&json, "index", classes[i].index);
        json_real(&json, "score", (double)classes[i].score);
        json_string(&json, "label", classes[i].label);
        json_close_object(&json);
    }
    json_close_array(&json);
    json_close_object(&json);
}

static int classify(const ToolOptions *options, const ToolNetwork *network,
                    MnetClassifier *classifier, const Ppm *ppm)
{
    size_t top = options->top ? options->top : DEFAULT_TOP;
    size_t n = mnet_classifier_classes(classifier);
    MnetClass *classes = calloc(n, sizeof *classes);
    if (!classes)
        return tool_error("no memory for %zu classes", n);
    int status = TOOL_ERROR;
    if (tool_fill_input(options, network, ppm)) {
        mnet_session_run(network->session);
        n = mnet_classifier_decode(classifier, mnet_session_output(network->session, 0),
                                   top < n ? top : n, 0, classes);
        if (options->json)
            print_json(options, network, classes, n);
        else
            print_classes(classes, n);
        status = TOOL_OK;
    }
    free(classes);
    return status;
}

static int classify_picture(const ToolOptions *options, const ToolNetwork *network, const Ppm *ppm)
{
    if (options->for_detectors)
        return tool_error("%s: the network has one output and is no detector; --%s is for those",
                          options->model, options->for_detectors);
    MnetClassifier *classifier = new_classifier(options, network->model);
    int status = classifier ? classify(options, network, classifier, ppm) : TOOL_ERROR;
    mnet_classifier_free(classifier);
    return status;
}

int tool_run_image(const ToolOptions *options, const ToolNetwork *network)
{
    size_t inputs = mnet_model_n_inputs(network->model);
    /* States are zero at first. */
    if (inputs - mnet_model_n_states(network->model) != 1)
        return tool_error("%s: the network has %zu inputs, --image fills only one; use --input",
                          options->model, inputs);
    Ppm ppm;
    if (!ppm_read(options->image, &ppm))
        return TOOL_ERROR;
    int status = mnet_model_n_outputs(network->model) > 1
                     ? tool_detect(options, network, &ppm)
                     : classify_picture(options, network, &ppm);
    ppm_free(&ppm);
    return status;
}
