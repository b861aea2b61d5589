/* SPDX-License-Identifier: MIT
 *
 * The small file from which the tests of the .tflite reader start. */
#include "tflite_spec.h"

const int8_t tflite_spec_weights[2 * 3 * 3 * 3] = { 1, 2, 3 };
static const int32_t biases[2] = { 100, -100 };
static const float two_scales[2] = { 0.5f, 0.25f };

TfliteSpec tflite_spec_good(void)
{
    return (TfliteSpec){ .tensors = { { .name = "x",
                                        .type = TFL_TYPE_INT8,
                                        .rank = 4,
                                        .dims = { 1, 8, 8, 3 },
                                        .n_scales = 1,
                                        .scale = 0.5f,
                                        .zero_point = -3 },
                                      { .name = "w",
                                        .type = TFL_TYPE_INT8,
                                        .rank = 4,
                                        .dims = { 2, 3, 3, 3 },
                                        .n_scales = 2,
                                        .scales = two_scales,
                                        .data = tflite_spec_weights,
                                        .bytes = 54 },
                                      { .name = "b",
                                        .type = TFL_TYPE_INT32,
                                        .rank = 1,
                                        .dims = { 2 },
                                        .n_scales = 2,
                                        .scales = two_scales,
                                        .data = biases,
                                        .bytes = 8 },
                                      { .name = "y",
                                        .type = TFL_TYPE_INT8,
                                        .rank = 4,
                                        .dims = { 1, 4, 4, 2 },
                                        .n_scales = 1,
                                        .scale = 0.5f } },
                         .op = { .builtin = TFL_OP_CONV_2D,
                                 .version = 3,
                                 .n_inputs = 3,
                                 .inputs = { X, W, B },
                                 .n_outputs = 1,
                                 .outputs = { Y },
                                 .options = tb_conv_options(TFL_PADDING_SAME, 2, 2, 1, 1,
                                                            TFL_ACTIVATION_RELU6) },
                         .input = X,
                         .output = Y,
                         .version = 3 };
}

TbFile tflite_spec_build(const TfliteSpec *spec)
{
    TbModel *model = tb_model_new();
    for (int i = 0; i < N_TENSORS; i++)
        tb_tensor(model, &spec->tensors[i]);
    tb_operator(model, &spec->op);
    tb_input(model, spec->input);
    tb_output(model, spec->output);
    tb_version(model, spec->version);
    tb_description(model, "one convolution");
    return tb_finish(model);
}

MnetStatus tflite_spec_read(const TbFile *file, MnetError *error)
{
    MnetStore store = { 0 };
    MnetGraph graph;
    MnetStatus status = mnet_tflite_read(file->data, file->size, &store, &graph, error);
    mnet_store_clear(&store);
    return status;
}
