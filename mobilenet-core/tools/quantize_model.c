/* SPDX-License-Identifier: MIT
 *
 * `mnet quantize`: an int8 network from one of floats, and what it costs. */
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "tool.h"
#include "train/quantize.h"
#include "train/read_tflite.h"
#include "train/save.h"

#define DEFAULT_CALIBRATION 200

typedef struct {
    MnetModel *model;
    MnetSession *session;
    MnetImage *image; /* from pictures of the input's size */
} Network;

typedef struct {
    const ToolOptions *options;
    Folder folder;
    MnetNet *net;
    Network before;
    size_t n_calibration;
} Work;

static void close_network(Network *network)
{
    mnet_image_free(network->image);
    mnet_session_free(network->session);
    mnet_model_unref(network->model);
}

/* Of a file that normalises by itself: what its own input is. */
static void take_file_range(const MnetNet *net, MnetImageOptions *image)
{
    if (net->file_factor == 1 && net->file_summand == 0)
        return;
    for (int c = 0; c < 3; c++) {
        image->mean[c] = net->mean[c] + (float)net->file_summand * net->std[c];
        image->std[c] = net->std[c] * (float)net->file_factor;
    }
}

/* `net` is what was read of the file; NULL: it is one of bytes. */
static bool open_network(const char *path, const ToolOptions *options, const MnetNet *net,
                         Network *network)
{
    MnetError error;
    MnetModelOptions model_options = { .cpu = options->cpu };
    MnetNormalization normalization;
    MnetImageOptions image;
    *network = (Network){ 0 };
    network->model = mnet_model_load(path, &model_options, &error);
    if (!network->model) {
        tool_error("%s", error.text);
        return false;
    }
    network->session = mnet_session_new(network->model, NULL, &error);
    if (network->session) {
        const MnetTensorInfo *input = mnet_session_input_info(network->session, 0);
        bool told = mnet_model_normalization(network->model, 0, &normalization);
        MnetFrameInfo frame = { MNET_PIXEL_RGB, input->dims[2], input->dims[1], MNET_MATRIX_BT601,
                                true };
        mnet_image_default_options(input, told ? &normalization : NULL, &image);
        if (net)
            take_file_range(net, &image);
        network->image = mnet_image_new(&frame, input, &image, &error);
    }
    if (!network->image)
        tool_error("%s: %s", path, error.text);
    return network->image != NULL;
}

static void fill_input(const Network *network, const Folder *folder, size_t index, void *input)
{
    MnetPlanes planes = { { folder->pictures[index].rgb }, { (ptrdiff_t)folder->width * 3 } };
    mnet_image_convert(network->image, &planes, input);
}

/* Calibration pictures are spread evenly over all. */
static bool calibration_picture(void *user, size_t index, float *input, MnetError *error)
{
    const Work *work = user;
    size_t at = index * work->folder.n / work->n_calibration;
    const MnetNet *net = work->net;
    fill_input(&work->before, &work->folder, at, input);
    if (net->file_factor != 1 || net->file_summand != 0) {
        size_t n = mnet_session_input_info(work->before.session, 0)->elements;
        for (size_t i = 0; i < n; i++)
            input[i] = (float)(input[i] * net->file_factor + net->file_summand);
    }
    return true;
}

/* How many pictures' best class is theirs. */
static size_t count_right(const Network *network, const Folder *folder, const int32_t *classes)
{
    const MnetTensorInfo *output = mnet_session_output_info(network->session, 0);
    size_t right = 0;
    for (size_t i = 0; i < folder->n; i++) {
        int32_t wanted = folder->pictures[i].folder;
        size_t best = 0;
        if (wanted < 0)
            continue;
        fill_input(network, folder, i, mnet_session_input(network->session, 0));
        mnet_session_run(network->session);
        const void *data = mnet_session_output(network->session, 0);
        for (size_t k = 1; k < output->elements; k++)
            if (mnet_tensor_value(output, data, k) > mnet_tensor_value(output, data, best))
                best = k;
        right += classes[wanted] == (int32_t)best;
    }
    return right;
}

static void print_accuracy(const char *what, size_t right, size_t n)
{
    printf("%-7s %zu of %zu pictures right, %.2f %%\n", what, right, n,
           100 * (double)right / (double)n);
}

static void compare(const Work *work, const Network *after, const int32_t *classes)
{
    size_t n = 0;
    for (size_t i = 0; i < work->folder.n; i++)
        n += work->folder.pictures[i].folder >= 0;
    print_accuracy("before:", count_right(&work->before, &work->folder, classes), n);
    print_accuracy("after:", count_right(after, &work->folder, classes), n);
}

/* Where the folders are classes: before and after. */
static int measure(const Work *work)
{
    Network after;
    const char *odd;
    size_t n_classes = mnet_session_output_info(work->before.session, 0)->elements;
    int32_t *classes = calloc(work->folder.n_folders + 1, sizeof *classes);
    int status = TOOL_OK;
    if (!classes)
        return tool_error("no memory for %zu folders", work->folder.n_folders);
    if (work->folder.n_folders &&
        !folder_classes(&work->folder, mnet_model_labels(work->before.model, 0), n_classes, classes,
                        &odd)) {
        printf("accuracy is not measured: the folder ");
        tool_print_text(stdout, odd);
        printf(" is none of the %zu classes\n", n_classes);
    } else if (work->folder.n_folders) {
        status = TOOL_ERROR;
        if (open_network(work->options->words[1], work->options, NULL, &after)) {
            compare(work, &after, classes);
            status = TOOL_OK;
        }
        close_network(&after);
    }
    free(classes);
    return status;
}

static int quantize(Work *work)
{
    const ToolOptions *options = work->options;
    MnetError error;
    uint8_t *data;
    size_t size;
    MnetQuantizeOptions wanted = { .picture = calibration_picture,
                                   .user = work,
                                   .n_pictures = work->n_calibration,
                                   .outside = 1 - options->percentile / 100,
                                   .equalize = options->equalize,
                                   .correct_bias = !options->keep_bias,
                                   .int8_io = options->input_type == 2 };
    MnetStatus status = mnet_net_quantize(work->net, &wanted, &data, &size, &error);
    if (status)
        return tool_error("%s: %s", options->model, error.text);
    status = mnet_save_file(options->words[1], data, size, &error);
    mnet_buffer_free(data);
    if (status)
        return tool_error("%s", error.text);
    tool_print_text(stdout, options->words[1]);
    printf(": int8, %s, ranges from %zu pictures\n", tool_bytes(size).text, work->n_calibration);
    return measure(work);
}

/* Of floats, with pictures of its input's size. */
static bool open_work(const ToolOptions *options, Work *work)
{
    MnetError error;
    work->net = mnet_net_read_tflite(options->model, &error);
    if (!work->net) {
        tool_error("%s", error.text);
        return false;
    }
    if (!open_network(options->model, options, work->net, &work->before))
        return false;
    const MnetTensorInfo *input = mnet_session_input_info(work->before.session, 0);
    if (input->type != MNET_TYPE_FLOAT32 || input->channels_first) {
        tool_error(input->channels_first
                       ? "%s: its input has channels first, one with channels last "
                         "is needed"
                       : "%s: it computes with bytes already, a network of "
                         "floats is needed",
                   options->model);
        return false;
    }
    work->folder.height = input->dims[1];
    work->folder.width = input->dims[2];
    return folder_read(options->images, &work->folder);
}

/* The network of floats is not to be lost, nor are pictures to be read in vain. */
static bool check_output(const ToolOptions *options)
{
    MnetError error;
    if (mnet_save_same(options->model, options->words[1]))
        tool_error("%s is the network of floats itself: name another output file", options->model);
    else if (mnet_save_possible(options->words[1], &error) != MNET_OK)
        tool_error("%s", error.text);
    else
        return true;
    return false;
}

int tool_quantize(const ToolOptions *options)
{
    Work work = { .options = options };
    int status = TOOL_ERROR;
    if (check_output(options) && open_work(options, &work)) {
        size_t most = options->calibration ? options->calibration : DEFAULT_CALIBRATION;
        work.n_calibration = work.folder.n < most ? work.folder.n : most;
        if (work.folder.n_bad)
            printf("%zu files are no pictures and left out\n", work.folder.n_bad);
        status = quantize(&work);
    }
    folder_clear(&work.folder);
    close_network(&work.before);
    mnet_net_free(work.net);
    return status;
}
