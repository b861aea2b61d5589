/* SPDX-License-Identifier: MIT
 *
 * Ready models: a classifier of colours, one operator alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flatwriter.h"
#include "tflitebuilder.h"

/* Quantisation of the layers' outputs: the convolution's real range is -1 to 1,
 * what follows is GAIN times that; the probabilities have 1/256 a step. */
#define CONV_SCALE (1.0f / 127)
#define GAIN 8.0f
#define SOFTMAX_SCALE (1.0f / 256)
#define INPUT_SCALE (1.0f / 255)
/* Real weights are multiples of 1/10, exact in both steps. */
#define COARSE 80
#define FINE 100

typedef struct {
    TbTiny tiny;
    int32_t classes;
    TbModel *model;
    void *blocks[32]; /* weights, until the file is finished */
    int n_blocks;
} Tiny;

static void *block(Tiny *t, size_t count, size_t size)
{
    void *data = flat_writer_realloc(NULL, count * size);
    memset(data, 0, count * size);
    return t->blocks[t->n_blocks++] = data;
}

static bool is_float(const Tiny *t)
{
    return t->tiny.type == TFL_TYPE_FLOAT32;
}

static int64_t middle(const Tiny *t)
{
    return t->tiny.type == TFL_TYPE_UINT8 ? 128 : 0;
}

/* Steps in one unit of a channel's weights. */
static int steps(const Tiny *t, int32_t channel)
{
    return t->tiny.type == TFL_TYPE_INT8 && channel % 2 ? COARSE : FINE;
}

/* Fills the quantisation of a layer's weights (`bias`: of its bias), whose
 * whole scale is `unit` for one unit of weight. */
static void layer_quant(Tiny *t, TbTensor *tensor, float unit, bool bias, int32_t axis)
{
    if (is_float(t))
        return;
    tensor->n_scales = 1;
    tensor->scale = unit / FINE;
    tensor->zero_point = bias ? 0 : middle(t);
    if (t->tiny.type != TFL_TYPE_INT8)
        return;
    float *scales = block(t, (size_t)t->classes, sizeof *scales);
    int64_t *zeros = block(t, (size_t)t->classes, sizeof *zeros);
    for (int32_t c = 0; c < t->classes; c++)
        scales[c] = unit / (float)steps(t, c);
    tensor->scales = scales;
    tensor->zero_points = zeros;
    tensor->n_scales = tensor->n_zero_points = t->classes;
    tensor->quantized_dimension = bias ? 0 : axis;
}

static void put_weight(const Tiny *t, void *weights, size_t at, int32_t channel, float value)
{
    float whole = value * (float)steps(t, channel);
    int stored = (int)(whole < 0 ? whole - 0.5f : whole + 0.5f) + (int)middle(t);
    if (is_float(t))
        ((float *)weights)[at] = value;
    else
        ((uint8_t *)weights)[at] = (uint8_t)stored;
}

/* The weights of one layer: four dimensions, all zero but what is put. */
static void *new_weights(Tiny *t, size_t count)
{
    uint8_t *weights = block(t, count, is_float(t) ? 4 : 1);
    if (!is_float(t))
        memset(weights, (int)middle(t), count);
    return weights;
}

static int32_t add_weights(Tiny *t, const char *name, const int32_t *dims, const void *weights,
                           float unit, int32_t axis)
{
    TbTensor tensor = { .name = name, .type = t->tiny.type, .rank = 4, .data = weights };
    memcpy(tensor.dims, dims, 4 * sizeof *dims);
    tensor.bytes = (size_t)dims[0] * (size_t)dims[1] * (size_t)dims[2] * (size_t)dims[3] *
                   (is_float(t) ? 4 : 1);
    layer_quant(t, &tensor, unit, false, axis);
    return tb_tensor(t->model, &tensor);
}

/* `values`: real ones, or NULL for zeros. */
static int32_t add_bias(Tiny *t, const char *name, const float *values, float input_scale)
{
    size_t count = (size_t)t->classes;
    TbTensor tensor = { .name = name,
                        .type = is_float(t) ? TFL_TYPE_FLOAT32 : TFL_TYPE_INT32,
                        .rank = 1,
                        .dims = { t->classes },
                        .bytes = 4 * count };
    float *reals = block(t, count, 4);
    int32_t *integers = (int32_t *)(void *)reals;
    for (int32_t c = 0; values && c < t->classes; c++) {
        if (is_float(t))
            reals[c] = values[c];
        else
            integers[c] = (int32_t)(values[c] * (float)steps(t, c) / input_scale +
                                    (values[c] < 0 ? -0.5f : 0.5f));
    }
    tensor.data = reals;
    layer_quant(t, &tensor, input_scale, true, 0);
    return tb_tensor(t->model, &tensor);
}

static int32_t add_activation(Tiny *t, const char *name, int rank, const int32_t *dims, float scale,
                              int64_t zero_point)
{
    TbTensor tensor = { .name = name, .type = t->tiny.type, .rank = rank };
    memcpy(tensor.dims, dims, (size_t)rank * sizeof *dims);
    tensor.n_scales = is_float(t) ? 0 : 1;
    tensor.scale = scale;
    tensor.zero_point = zero_point;
    return tb_tensor(t->model, &tensor);
}

static void add_layer(Tiny *t, int32_t builtin, const int32_t *inputs, int n_inputs, int32_t output,
                      TbOptions options)
{
    TbOperator op = { .builtin = builtin,
                      .version = is_float(t) || t->tiny.type == TFL_TYPE_UINT8 ? 1 : 2,
                      .n_inputs = n_inputs,
                      .n_outputs = 1,
                      .outputs = { output },
                      .options = options };
    if (builtin == TFL_OP_RESHAPE)
        op.version = 1;
    memcpy(op.inputs, inputs, (size_t)n_inputs * sizeof *inputs);
    tb_operator(t->model, &op);
}

/* The centre of a 3x3 window, weights [classes][3][3][3]: the colours. */
static int32_t add_convolution(Tiny *t, int32_t input, const int32_t *dims)
{
    const int32_t shape[] = { t->classes, 3, 3, 3 };
    void *weights = new_weights(t, (size_t)t->classes * 27);
    float *bias = block(t, (size_t)t->classes, sizeof *bias);
    for (int32_t c = 0; c < t->classes; c++) {
        for (int32_t channel = 0; channel < 3 && c < 4; channel++) {
            float weight = c == 3 ? -0.6f : c == channel ? 1.0f : -0.5f;
            put_weight(t, weights, (size_t)(c * 27 + 4 * 3 + channel), c, weight);
        }
        bias[c] = c < 3 ? 0 : c == 3 ? 0.6f : -1.0f;
    }
    int32_t inputs[] = { input, add_weights(t, "conv/weights", shape, weights, 1, 0),
                         add_bias(t, "conv/bias", bias, INPUT_SCALE) };
    int32_t output = add_activation(t, "conv", 4, dims, CONV_SCALE, middle(t));
    add_layer(t, TFL_OP_CONV_2D, inputs, 3, output,
              tb_conv_options(TFL_PADDING_SAME, 2, 2, 1, 1, TFL_ACTIVATION_NONE));
    return output;
}

/* The centre of a 3x3 window, weights [1][3][3][classes]: GAIN. */
static int32_t add_depthwise(Tiny *t, int32_t input, const int32_t *dims)
{
    const int32_t shape[] = { 1, 3, 3, t->classes };
    void *weights = new_weights(t, (size_t)t->classes * 9);
    for (int32_t c = 0; c < t->classes; c++)
        put_weight(t, weights, (size_t)(4 * t->classes + c), c, is_float(t) ? GAIN : 1.0f);
    int32_t inputs[] = { input, add_weights(t, "depthwise/weights", shape, weights, GAIN, 3),
                         add_bias(t, "depthwise/bias", NULL, GAIN * CONV_SCALE) };
    int32_t output = add_activation(t, "depthwise", 4, dims, GAIN * CONV_SCALE, middle(t));
    add_layer(t, TFL_OP_DEPTHWISE_CONV_2D, inputs, 3, output,
              tb_depthwise_options(TFL_PADDING_SAME, 1, 1, 1, 1, 1, TFL_ACTIVATION_NONE));
    return output;
}

/* Each class from itself, weights [classes][1][1][classes]. */
static int32_t add_pointwise(Tiny *t, int32_t input)
{
    const int32_t dims[] = { 1, 1, 1, t->classes }, shape[] = { t->classes, 1, 1, t->classes };
    void *weights = new_weights(t, (size_t)t->classes * (size_t)t->classes);
    for (int32_t c = 0; c < t->classes; c++)
        put_weight(t, weights, (size_t)(c * t->classes + c), c, 1.0f);
    int32_t inputs[] = { input, add_weights(t, "logits/weights", shape, weights, 1, 0),
                         add_bias(t, "logits/bias", NULL, GAIN * CONV_SCALE) };
    int32_t output = add_activation(t, "logits", 4, dims, GAIN * CONV_SCALE, middle(t));
    add_layer(t, TFL_OP_CONV_2D, inputs, 3, output,
              tb_conv_options(TFL_PADDING_SAME, 1, 1, 1, 1, TFL_ACTIVATION_NONE));
    return output;
}

static int32_t add_head(Tiny *t, int32_t input, int32_t height, int32_t width)
{
    const int32_t pooled[] = { 1, 1, 1, t->classes }, row[] = { 1, t->classes };
    int64_t none = t->tiny.type == TFL_TYPE_INT8 ? -128 : 0;
    int32_t x = add_activation(t, "pool", 4, pooled, GAIN * CONV_SCALE, middle(t));
    add_layer(t, TFL_OP_AVERAGE_POOL_2D, &input, 1, x,
              tb_pool_options(TFL_PADDING_VALID, 1, 1, height, width, TFL_ACTIVATION_NONE));
    if (t->tiny.logits)
        x = add_pointwise(t, x);
    int32_t inputs[] = { x, tb_ints(t->model, "row", 2, row) };
    int32_t flat = add_activation(t, "flat", 2, row, GAIN * CONV_SCALE, middle(t));
    add_layer(t, TFL_OP_RESHAPE, inputs, 2, flat, tb_reshape_options(2, row));
    if (t->tiny.logits)
        return flat;
    int32_t output = add_activation(t, "probabilities", 2, row, SOFTMAX_SCALE, none);
    add_layer(t, TFL_OP_SOFTMAX, &flat, 1, output, tb_softmax_options(1));
    return output;
}

/* "red\ngreen\nblue\ndark\nother 4\n..."; free it. */
static char *default_labels(int32_t classes)
{
    size_t room = 32 + 24 * (size_t)classes;
    char *text = flat_writer_realloc(NULL, room);
    int used = snprintf(text, room, "red\ngreen\nblue\ndark\n");
    for (int32_t c = 4; c < classes; c++)
        used += snprintf(text + used, room - (size_t)used, "other %d\n", c);
    return text;
}

static void add_facts(Tiny *t)
{
    TbMetadata facts = { .description = "Tells the colour of a picture",
                         .n_inputs = 1,
                         .n_outputs = 1 };
    if (t->tiny.labels)
        facts.outputs[0].labels = "labels.txt";
    if (t->tiny.normalization) {
        facts.inputs[0].n = 1;
        facts.inputs[0].std[0] = 255;
    }
    if (!t->tiny.labels && !t->tiny.normalization)
        return;
    TbFile bytes = tb_metadata(&facts);
    tb_model_metadata(t->model, "TFLITE_METADATA", bytes.data, bytes.size);
    tb_file_free(&bytes);
}

TbFile tb_tiny_classifier(const TbTiny *tiny)
{
    Tiny t = { .tiny = *tiny, .classes = tiny->classes ? tiny->classes : 4 };
    int32_t width = tiny->width ? tiny->width : 32, height = tiny->height ? tiny->height : 32;
    const int32_t picture[] = { 1, height, width, 3 };
    const int32_t half[] = { 1, (height + 1) / 2, (width + 1) / 2, t.classes };
    int64_t zero = tiny->type == TFL_TYPE_INT8 ? -128 : 0;
    t.model = tb_model_new();
    int32_t input = add_activation(&t, "picture", 4, picture, INPUT_SCALE, zero);
    int32_t x = add_depthwise(&t, add_convolution(&t, input, half), half);
    tb_input(t.model, input);
    tb_output(t.model, add_head(&t, x, half[1], half[2]));
    tb_description(t.model, "tiny classifier of colours");
    add_facts(&t);
    TbFile file = tb_finish(t.model);
    if (tiny->labels) {
        char *text = default_labels(t.classes);
        const char *labels = tiny->label_text ? tiny->label_text : text;
        tb_append_zip(&file,
                      &(TbEntry){ .name = "labels.txt",
                                  .data = labels,
                                  .size = strlen(labels),
                                  .deflate = tiny->deflate },
                      1);
        free(text);
    }
    for (int i = 0; i < t.n_blocks; i++)
        free(t.blocks[i]);
    return file;
}

TbFile tb_one_operator(const TbOperator *op, int rank, const int32_t *dims)
{
    TbModel *model = tb_model_new();
    TbTensor tensor = { .name = "x", .type = TFL_TYPE_FLOAT32, .rank = rank };
    memcpy(tensor.dims, dims, (size_t)rank * sizeof *dims);
    int32_t x = tb_tensor(model, &tensor);
    tensor.name = "y";
    int32_t y = tb_tensor(model, &tensor);
    TbOperator between = *op;
    between.n_inputs = between.n_outputs = 1;
    between.inputs[0] = x;
    between.outputs[0] = y;
    tb_operator(model, &between);
    tb_input(model, x);
    tb_output(model, y);
    return tb_finish(model);
}
