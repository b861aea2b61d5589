/* SPDX-License-Identifier: MIT
 *
 * float_v2 FILE: MobileNet V2 1.0-224 in float32 with random weights, to count the
 * instructions of: 301 million multiply-adds. */
#include <stdio.h>
#include <stdlib.h>

#include "tflitebuilder.h"

enum { MOST_CONSTANTS = 128, CLASSES = 1001 };

typedef struct {
    TbModel *model;
    void *constants[MOST_CONSTANTS]; /* until the file is finished */
    int n;
    uint32_t state;
} Net;

/* The last tensor and its shape. */
typedef struct {
    int32_t tensor, size, channels;
} Map;

/* Weights between -limit and limit. */
static int32_t constant(Net *net, int rank, const int32_t *dims, float limit)
{
    size_t count = 1;
    TbTensor tensor = { .type = TFL_TYPE_FLOAT32, .rank = rank };
    for (int i = 0; i < rank; i++) {
        tensor.dims[i] = dims[i];
        count *= (size_t)dims[i];
    }
    float *values = malloc(count * sizeof *values);
    if (!values || net->n == MOST_CONSTANTS)
        exit(EXIT_FAILURE);
    for (size_t i = 0; i < count; i++) {
        net->state = net->state * 1664525u + 1013904223u;
        values[i] = limit * ((float)(net->state >> 8) * 0x1p-23f - 1);
    }
    tensor.data = net->constants[net->n++] = values;
    tensor.bytes = count * sizeof *values;
    return tb_tensor(net->model, &tensor);
}

static Map map_of(Net *net, int32_t size, int32_t channels)
{
    TbTensor tensor = { .type = TFL_TYPE_FLOAT32, .rank = 4, .dims = { 1, size, size, channels } };
    return (Map){ tb_tensor(net->model, &tensor), size, channels };
}

static Map layer(Net *net, Map in, int32_t kernel, int32_t stride, int32_t channels, bool depthwise,
                 int activation)
{
    Map out = map_of(net, in.size / stride, channels);
    const int32_t dims[4] = { depthwise ? 1 : channels, kernel, kernel,
                              depthwise ? channels : in.channels };
    float fan_in = (float)(kernel * kernel * (depthwise ? 1 : in.channels));
    TbOperator op = { .builtin = depthwise ? TFL_OP_DEPTHWISE_CONV_2D : TFL_OP_CONV_2D,
                      .n_inputs = 3,
                      .n_outputs = 1 };
    op.inputs[0] = in.tensor;
    op.inputs[1] = constant(net, 4, dims, 2.0f / fan_in);
    op.inputs[2] = constant(net, 1, &channels, 0.1f);
    op.outputs[0] = out.tensor;
    op.options = depthwise
                     ? tb_depthwise_options(TFL_PADDING_SAME, stride, stride, 1, 1, 1, activation)
                     : tb_conv_options(TFL_PADDING_SAME, stride, stride, 1, 1, activation);
    tb_operator(net->model, &op);
    return out;
}

static Map inverted_residual(Net *net, Map in, int32_t expansion, int32_t channels, int32_t stride)
{
    int32_t wide = in.channels * expansion;
    Map x = in;
    if (expansion > 1)
        x = layer(net, x, 1, 1, wide, false, TFL_ACTIVATION_RELU6);
    x = layer(net, x, 3, stride, wide, true, TFL_ACTIVATION_RELU6);
    x = layer(net, x, 1, 1, channels, false, TFL_ACTIVATION_NONE);
    if (stride > 1 || in.channels != channels)
        return x;
    Map sum = map_of(net, x.size, channels);
    TbOperator op = { .builtin = TFL_OP_ADD, .n_inputs = 2, .n_outputs = 1 };
    op.inputs[0] = in.tensor;
    op.inputs[1] = x.tensor;
    op.outputs[0] = sum.tensor;
    op.options = tb_binary_options(TFL_OPTIONS_ADD, TFL_ACTIVATION_NONE);
    tb_operator(net->model, &op);
    return sum;
}

static void head(Net *net, Map in)
{
    Map pooled = map_of(net, 1, in.channels);
    TbOperator op = { .builtin = TFL_OP_MEAN, .n_inputs = 2, .n_outputs = 1 };
    op.inputs[0] = in.tensor;
    op.inputs[1] = tb_ints(net->model, "axes", 2, (const int32_t[]){ 1, 2 });
    op.outputs[0] = pooled.tensor;
    op.options = tb_mean_options(true);
    tb_operator(net->model, &op);
    tb_output(net->model, layer(net, pooled, 1, 1, CLASSES, false, TFL_ACTIVATION_NONE).tensor);
}

int main(int argc, char **argv)
{
    static const int32_t stages[][4] = { { 1, 16, 1, 1 }, { 6, 24, 2, 2 }, { 6, 32, 3, 2 },
                                         { 6, 64, 4, 2 }, { 6, 96, 3, 1 }, { 6, 160, 3, 2 },
                                         { 6, 320, 1, 1 } };
    Net net = { .model = tb_model_new() };
    if (argc != 2)
        return 2;
    Map x = map_of(&net, 224, 3);
    tb_input(net.model, x.tensor);
    x = layer(&net, x, 3, 2, 32, false, TFL_ACTIVATION_RELU6);
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
        for (int32_t j = 0; j < stages[i][2]; j++)
            x = inverted_residual(&net, x, stages[i][0], stages[i][1], j ? 1 : stages[i][3]);
    head(&net, layer(&net, x, 1, 1, 1280, false, TFL_ACTIVATION_RELU6));
    TbFile file = tb_finish(net.model);
    bool written = tb_file_write(&file, argv[1]);
    if (!written)
        perror(argv[1]);
    tb_file_free(&file);
    for (int i = 0; i < net.n; i++)
        free(net.constants[i]);
    return written ? 0 : 1;
}
