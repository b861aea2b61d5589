/* SPDX-License-Identifier: MIT
 *
 * Any bytes loaded as a model; those that are one run once. */
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "fuzz.h"
#include "model_private.h"

/* Networks that would take longer are loaded, not run: instrumented and beside
 * other work a run of this many steps takes some seconds. */
#define MAX_RUN_STEPS 20000000
/* What one element costs that is moved or added, as multiply-adds. */
#define STEPS_OF_ELEMENT 50

static void fill_inputs(MnetSession *session, const MnetModel *model)
{
    for (size_t i = 0; i < mnet_model_n_inputs(model); i++) {
        uint8_t *input = mnet_session_input(session, i);
        for (size_t b = 0; b < mnet_session_input_info(session, i)->bytes; b++)
            input[b] = (uint8_t)(b * 37 + b / 251);
    }
}

static void read_output(const MnetTensorInfo *info, const void *data, const MnetLabels *labels)
{
    MnetError error = { MNET_OK, "" };
    MnetClass best[5];
    float largest = 0;
    for (size_t i = 0; i < info->elements; i++)
        largest = fmaxf(largest, mnet_tensor_value(info, data, i));
    if (largest < 0)
        fuzz_fail("a maximum below what it began with");
    MnetClassifier *classifier = mnet_classifier_new(info, labels, &error);
    if (!classifier) {
        fuzz_check_error(&error);
        return;
    }
    size_t n = mnet_classifier_decode(classifier, data, 5, 0.01f, best);
    for (size_t i = 0; i < n; i++)
        if (!(best[i].score >= 0.01f && best[i].score <= 1) || best[i].index >= info->elements)
            fuzz_fail("a class that is out of range");
    mnet_classifier_free(classifier);
}

/* What the graph tells of detections, and those of a run. */
static void read_detections(const MnetModel *model, const MnetSession *session)
{
    static MnetDetection found[20];
    MnetError error = { MNET_OK, "" };
    const void *outputs[MNET_MAX_GRAPH_IO] = { NULL };
    MnetDetector *detector = mnet_detector_new(model, NULL, NULL, &error);
    if (!detector) {
        fuzz_check_error(&error);
        return;
    }
    for (size_t i = 0; i < mnet_model_n_outputs(model); i++)
        outputs[i] = mnet_session_output(session, i);
    size_t n = mnet_detector_decode(detector, outputs, NULL, 20, found);
    for (size_t i = 0; i < n; i++)
        if (!(found[i].score >= 0 && found[i].left < found[i].right))
            fuzz_fail("a detection that is out of range");
    mnet_detector_free(detector);
}

static void run(MnetModel *model, const MnetSessionOptions *options)
{
    MnetError error = { MNET_OK, "" };
    MnetSession *session = mnet_session_new(model, options, &error);
    if (!session) {
        fuzz_check_error(&error);
        return;
    }
    fill_inputs(session, model);
    mnet_session_run(session);
    for (size_t i = 0; i < mnet_model_n_outputs(model); i++)
        read_output(mnet_session_output_info(session, i), mnet_session_output(session, i),
                    mnet_model_labels(model, i));
    read_detections(model, session);
    mnet_session_free(session);
}

static void look_at(const MnetModel *model)
{
    MnetOperatorInfo info;
    MnetNormalization normalization;
    if (!mnet_utf8_valid(mnet_model_description(model), strlen(mnet_model_description(model))))
        fuzz_fail("a description that is not UTF-8");
    for (size_t i = 0; mnet_model_operator(model, i, &info); i++)
        if (!*info.name || strlen(info.note) > 60 ||
            !mnet_utf8_valid(info.output.name, strlen(info.output.name)))
            fuzz_fail("an operator without a name, or whose output's is not UTF-8");
    for (size_t i = 0; i < mnet_model_n_inputs(model); i++)
        mnet_model_normalization(model, i, &normalization);
}

static uint64_t pool_window(const MnetModel *model, const MnetNode *node)
{
    const MnetShape *in = &model->program.shapes[node->inputs[0]];
    const MnetWindow *w = &node->options.window;
    if (node->op != MNET_OP_AVERAGE_POOL_2D && node->op != MNET_OP_MAX_POOL_2D)
        return 1;
    return (uint64_t)(w->filter_h < in->dims[1] ? w->filter_h : in->dims[1]) *
           (uint64_t)(w->filter_w < in->dims[2] ? w->filter_w : in->dims[2]);
}

static bool runs_soon(const MnetModel *model)
{
    uint64_t steps = model->program.macs;
    for (int32_t i = 0; i < model->graph.n_nodes; i++) {
        const MnetNode *node = &model->graph.nodes[i];
        uint64_t in = mnet_shape_elements(&model->program.shapes[node->inputs[0]]);
        uint64_t out = mnet_shape_elements(&model->program.shapes[node->outputs[0]]);
        steps += (in + out * pool_window(model, node)) * STEPS_OF_ELEMENT;
    }
    return steps <= MAX_RUN_STEPS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MnetModelOptions options = { .max_arena = (size_t)32 << 20 };
    MnetError error = { MNET_OK, "" };
    MnetModel *model = mnet_model_load_memory(data, size, &options, &error);
    if (!model) {
        fuzz_check_error(&error);
        return 0;
    }
    look_at(model);
    if (runs_soon(model)) {
        run(model, NULL);
        run(model, &(MnetSessionOptions){ .input_width = 9, .input_height = 7 });
    }
    mnet_model_unref(model);
    return 0;
}
