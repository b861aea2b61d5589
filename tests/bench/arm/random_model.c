/* SPDX-License-Identifier: MIT
 *
 * random_model v1|v2|v3-large float32|int8 FILE: a MobileNet of width 1.0 for 224x224
 * pixels with random weights, to count the instructions of.  Multiply-adds: 569, 301
 * and 217 million.  int8 is quantised as today's converters do: weights by channel. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tflitebuilder.h"

enum { MOST_CONSTANTS = 512, CLASSES = 1001, HARD_SWISH = -1 };

typedef struct {
    TbModel *model;
    void *constants[MOST_CONSTANTS]; /* until the file is finished */
    int n;
    uint32_t state;
    bool bytes; /* int8 */
} Net;

/* The last tensor and its shape. */
typedef struct {
    int32_t tensor, size, channels;
    float scale; /* of int8 */
} Map;

/* -1 to 1 */
static float noise(Net *net)
{
    net->state = net->state * 1664525u + 1013904223u;
    return (float)(net->state >> 8) * 0x1p-23f - 1;
}

static void *room(Net *net, size_t bytes)
{
    void *values = malloc(bytes);
    if (!values || net->n == MOST_CONSTANTS)
        exit(EXIT_FAILURE);
    return net->constants[net->n++] = values;
}

static size_t elements(const TbTensor *tensor)
{
    size_t count = 1;
    for (int i = 0; i < tensor->rank; i++)
        count *= (size_t)tensor->dims[i];
    return count;
}

/* Weights between -limit and limit: int8 of one scale for each of `channels`, which
 * are the dimension `axis`. */
static int32_t weights(Net *net, TbTensor tensor, int32_t axis, float limit)
{
    size_t count = elements(&tensor);
    size_t channels = (size_t)tensor.dims[axis];
    tensor.type = net->bytes ? TFL_TYPE_INT8 : TFL_TYPE_FLOAT32;
    tensor.bytes = count * (net->bytes ? 1 : sizeof(float));
    int8_t *narrow = room(net, tensor.bytes);
    float *wide = (float *)(void *)narrow;
    for (size_t i = 0; i < count; i++)
        if (net->bytes)
            narrow[i] = (int8_t)lrintf(127 * noise(net));
        else
            wide[i] = limit * noise(net);
    tensor.data = narrow;
    if (net->bytes) {
        float *scales = room(net, channels * sizeof *scales);
        int64_t *zero_points = room(net, channels * sizeof *zero_points);
        for (size_t i = 0; i < channels; i++) {
            scales[i] = limit / 127;
            zero_points[i] = 0;
        }
        tensor.scales = scales;
        tensor.zero_points = zero_points;
        tensor.n_scales = tensor.n_zero_points = (int)channels;
        tensor.quantized_dimension = axis;
    }
    return tb_tensor(net->model, &tensor);
}

/* A tenth at most; `scale`: of a sum of int8. */
static int32_t bias(Net *net, int32_t channels, float scale)
{
    float *values = room(net, (size_t)channels * sizeof *values);
    TbTensor tensor = { .type = net->bytes ? TFL_TYPE_INT32 : TFL_TYPE_FLOAT32,
                        .rank = 1,
                        .dims = { channels },
                        .scale = scale,
                        .n_scales = net->bytes,
                        .n_zero_points = net->bytes,
                        .data = values,
                        .bytes = (size_t)channels * sizeof *values };
    for (int32_t i = 0; i < channels; i++) {
        float value = 0.1f * noise(net);
        int32_t sum = (int32_t)(value / scale);
        if (net->bytes)
            memcpy(&values[i], &sum, sizeof sum);
        else
            values[i] = value;
    }
    return tb_tensor(net->model, &tensor);
}

/* A number of its own. */
static int32_t number(Net *net, float value)
{
    TbTensor tensor = { .type = net->bytes ? TFL_TYPE_INT8 : TFL_TYPE_FLOAT32,
                        .rank = 1,
                        .dims = { 1 },
                        .scale = value / 127,
                        .n_scales = net->bytes,
                        .n_zero_points = net->bytes,
                        .bytes = net->bytes ? 1 : sizeof value };
    tensor.data = room(net, sizeof value);
    memcpy(net->constants[net->n - 1], net->bytes ? (const void *)"\177" : &value, tensor.bytes);
    return tb_tensor(net->model, &tensor);
}

/* From 0 to 6 after RELU and RELU6. */
static Map map_of(Net *net, int32_t size, int32_t channels, int activation)
{
    bool positive = activation == TFL_ACTIVATION_RELU6 || activation == TFL_ACTIVATION_RELU;
    Map map = { .size = size, .channels = channels, .scale = positive ? 6.0f / 255 : 0.1f };
    map.tensor =
        tb_tensor(net->model, &(TbTensor){ .type = net->bytes ? TFL_TYPE_INT8 : TFL_TYPE_FLOAT32,
                                           .rank = 4,
                                           .dims = { 1, size, size, channels },
                                           .scale = map.scale,
                                           .zero_point = positive ? -128 : 0,
                                           .n_scales = net->bytes,
                                           .n_zero_points = net->bytes });
    return map;
}

/* An operator of one or two inputs. */
static void apply(Net *net, int32_t builtin, int32_t a, int32_t b, Map out, TbOptions options)
{
    tb_operator(net->model,
                &(TbOperator){ .builtin = builtin,
                               .version = net->bytes && builtin != TFL_OP_HARD_SWISH ? 2 : 1,
                               .inputs = { a, b },
                               .n_inputs = b < 0 ? 1 : 2,
                               .outputs = { out.tensor },
                               .n_outputs = 1,
                               .options = options });
}

/* A convolution; magnitudes stay about what they are. */
static Map layer(Net *net, Map in, int32_t kernel, int32_t stride, int32_t channels, bool depthwise,
                 int activation)
{
    int fused = activation == HARD_SWISH ? TFL_ACTIVATION_NONE : activation;
    Map out = map_of(net, in.size / stride, channels, fused);
    TbTensor kernels = { .rank = 4,
                         .dims = { depthwise ? 1 : channels, kernel, kernel,
                                   depthwise ? channels : in.channels } };
    float fan_in = (float)(kernel * kernel * (depthwise ? 1 : in.channels));
    float limit = sqrtf((activation == TFL_ACTIVATION_NONE ? 3 : 6) / fan_in);
    TbOperator op = { .builtin = depthwise ? TFL_OP_DEPTHWISE_CONV_2D : TFL_OP_CONV_2D,
                      .version = net->bytes ? 3 : 1,
                      .n_inputs = 3,
                      .n_outputs = 1 };
    op.inputs[0] = in.tensor;
    op.inputs[1] = weights(net, kernels, depthwise ? 3 : 0, limit);
    op.inputs[2] = bias(net, channels, in.scale * limit / 127);
    op.outputs[0] = out.tensor;
    op.options = depthwise ? tb_depthwise_options(TFL_PADDING_SAME, stride, stride, 1, 1, 1, fused)
                           : tb_conv_options(TFL_PADDING_SAME, stride, stride, 1, 1, fused);
    tb_operator(net->model, &op);
    if (activation != HARD_SWISH)
        return out;
    Map curve = map_of(net, out.size, channels, activation);
    apply(net, TFL_OP_HARD_SWISH, out.tensor, -1, curve, (TbOptions){ 0 });
    return curve;
}

static Map mean(Net *net, Map in)
{
    Map out = map_of(net, 1, in.channels, TFL_ACTIVATION_NONE);
    apply(net, TFL_OP_MEAN, in.tensor, tb_ints(net->model, "axes", 2, (const int32_t[]){ 1, 2 }),
          out, tb_mean_options(true));
    return out;
}

static Map squeeze_excite(Net *net, Map in)
{
    int32_t narrow = (in.channels / 4 + 4) / 8 * 8;
    Map x = layer(net, mean(net, in), 1, 1, narrow, false, TFL_ACTIVATION_RELU);
    x = layer(net, x, 1, 1, in.channels, false, TFL_ACTIVATION_NONE);
    Map sum = map_of(net, 1, in.channels, TFL_ACTIVATION_RELU6);
    apply(net, TFL_OP_ADD, x.tensor, number(net, 3), sum,
          tb_binary_options(TFL_OPTIONS_ADD, TFL_ACTIVATION_RELU6));
    Map gate = map_of(net, 1, in.channels, TFL_ACTIVATION_RELU6);
    apply(net, TFL_OP_MUL, sum.tensor, number(net, 1.0f / 6), gate,
          tb_binary_options(TFL_OPTIONS_MUL, TFL_ACTIVATION_NONE));
    Map out = map_of(net, in.size, in.channels, TFL_ACTIVATION_NONE);
    apply(net, TFL_OP_MUL, in.tensor, gate.tensor, out,
          tb_binary_options(TFL_OPTIONS_MUL, TFL_ACTIVATION_NONE));
    return out;
}

typedef struct {
    int32_t kernel, wide, channels, stride;
    bool squeeze;
    int activation;
} Block;

static Map inverted_residual(Net *net, Map in, const Block *b)
{
    Map x = in;
    if (b->wide != in.channels)
        x = layer(net, x, 1, 1, b->wide, false, b->activation);
    x = layer(net, x, b->kernel, b->stride, b->wide, true, b->activation);
    if (b->squeeze)
        x = squeeze_excite(net, x);
    x = layer(net, x, 1, 1, b->channels, false, TFL_ACTIVATION_NONE);
    if (b->stride > 1 || in.channels != b->channels)
        return x;
    Map sum = map_of(net, x.size, b->channels, TFL_ACTIVATION_NONE);
    apply(net, TFL_OP_ADD, in.tensor, x.tensor, sum,
          tb_binary_options(TFL_OPTIONS_ADD, TFL_ACTIVATION_NONE));
    return sum;
}

static Map body_v1(Net *net, Map x)
{
    static const int32_t stages[][2] = { { 64, 1 },  { 128, 2 }, { 128, 1 }, { 256, 2 },
                                         { 256, 1 }, { 512, 2 }, { 512, 1 }, { 512, 1 },
                                         { 512, 1 }, { 512, 1 }, { 512, 1 }, { 1024, 2 },
                                         { 1024, 1 } };
    x = layer(net, x, 3, 2, 32, false, TFL_ACTIVATION_RELU6);
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        x = layer(net, x, 3, stages[i][1], x.channels, true, TFL_ACTIVATION_RELU6);
        x = layer(net, x, 1, 1, stages[i][0], false, TFL_ACTIVATION_RELU6);
    }
    return mean(net, x);
}

static Map body_v2(Net *net, Map x)
{
    static const int32_t stages[][4] = { { 1, 16, 1, 1 }, { 6, 24, 2, 2 }, { 6, 32, 3, 2 },
                                         { 6, 64, 4, 2 }, { 6, 96, 3, 1 }, { 6, 160, 3, 2 },
                                         { 6, 320, 1, 1 } };
    x = layer(net, x, 3, 2, 32, false, TFL_ACTIVATION_RELU6);
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
        for (int32_t j = 0; j < stages[i][2]; j++)
            x = inverted_residual(net, x,
                                  &(Block){ 3, x.channels * stages[i][0], stages[i][1],
                                            j ? 1 : stages[i][3], false, TFL_ACTIVATION_RELU6 });
    return mean(net, layer(net, x, 1, 1, 1280, false, TFL_ACTIVATION_RELU6));
}

static Map body_v3_large(Net *net, Map x)
{
    enum { RELU = TFL_ACTIVATION_RELU };
    static const Block blocks[] = {
        { 3, 16, 16, 1, false, RELU },        { 3, 64, 24, 2, false, RELU },
        { 3, 72, 24, 1, false, RELU },        { 5, 72, 40, 2, true, RELU },
        { 5, 120, 40, 1, true, RELU },        { 5, 120, 40, 1, true, RELU },
        { 3, 240, 80, 2, false, HARD_SWISH }, { 3, 200, 80, 1, false, HARD_SWISH },
        { 3, 184, 80, 1, false, HARD_SWISH }, { 3, 184, 80, 1, false, HARD_SWISH },
        { 3, 480, 112, 1, true, HARD_SWISH }, { 3, 672, 112, 1, true, HARD_SWISH },
        { 5, 672, 160, 2, true, HARD_SWISH }, { 5, 960, 160, 1, true, HARD_SWISH },
        { 5, 960, 160, 1, true, HARD_SWISH },
    };
    x = layer(net, x, 3, 2, 16, false, HARD_SWISH);
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        x = inverted_residual(net, x, &blocks[i]);
    x = mean(net, layer(net, x, 1, 1, 960, false, HARD_SWISH));
    return layer(net, x, 1, 1, 1280, false, HARD_SWISH);
}

static int write_model(Net *net, const char *path)
{
    TbFile file = tb_finish(net->model);
    bool written = tb_file_write(&file, path);
    if (!written)
        perror(path);
    tb_file_free(&file);
    for (int i = 0; i < net->n; i++)
        free(net->constants[i]);
    return written ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        Map (*body)(Net *net, Map x);
    } nets[] = { { "v1", body_v1 }, { "v2", body_v2 }, { "v3-large", body_v3_large } };
    size_t i = 0;
    while (argc == 4 && i < 3 && strcmp(argv[1], nets[i].name))
        i++;
    if (argc != 4 || i == 3 || (strcmp(argv[2], "float32") && strcmp(argv[2], "int8"))) {
        fprintf(stderr, "usage: random_model v1|v2|v3-large float32|int8 FILE\n");
        return 2;
    }
    Net net = { .model = tb_model_new(), .bytes = !strcmp(argv[2], "int8") };
    Map x = map_of(&net, 224, 3, TFL_ACTIVATION_NONE);
    tb_input(net.model, x.tensor);
    x = nets[i].body(&net, x);
    tb_output(net.model, layer(&net, x, 1, 1, CLASSES, false, TFL_ACTIVATION_NONE).tensor);
    return write_model(&net, argv[3]);
}
