/* SPDX-License-Identifier: MIT
 *
 * Ready models: networks whose output is a picture, and one that predicts styles. */
#include <stdlib.h>
#include <string.h>

#include "flatwriter.h"
#include "tflitebuilder.h"

#define MAX_BLOCKS 32
#define MAX_WEIGHT 127

typedef struct {
    TbPainter p;
    TbModel *model;
    void *blocks[MAX_BLOCKS]; /* weights, until the file is finished */
    int n_blocks;
} Painter;

typedef struct {
    float scale;
    int64_t zero_point; /* of int8; 128 more of uint8 */
} Quant;

static const Quant of_picture = { 1 / 255.0f, -128 }, of_values = { 16 / 255.0f, 0 },
                   of_logistic = { 1 / 256.0f, -128 }, of_tanh = { 1 / 128.0f, 0 };

static void *block(Painter *b, size_t bytes)
{
    void *data = flat_writer_realloc(NULL, bytes);
    memset(data, 0, bytes);
    return b->blocks[b->n_blocks++] = data;
}

static bool is_float(const Painter *b)
{
    return b->p.type == TFL_TYPE_FLOAT32;
}

static int32_t activation(Painter *b, const char *name, int32_t h, int32_t w, int32_t c,
                          Quant quant)
{
    TbTensor t = { .name = name, .type = b->p.type, .rank = 4, .dims = { 1, h, w, c } };
    if (!is_float(b)) {
        t.n_scales = 1;
        t.scale = quant.scale;
        t.zero_point = quant.zero_point + (b->p.type == TFL_TYPE_UINT8 ? 128 : 0);
    }
    return tb_tensor(b->model, &t);
}

static int round_to_int(float value)
{
    return (int)(value < 0 ? value - 0.5f : value + 0.5f);
}

/* Weights `values`, of which none is larger than `most`. */
static int32_t add_weights(Painter *b, const int32_t dims[4], const float *values, float most)
{
    size_t n = (size_t)dims[0] * (size_t)dims[1] * (size_t)dims[2] * (size_t)dims[3];
    TbTensor t = { .name = "weights", .type = b->p.type, .rank = 4 };
    int middle = b->p.type == TFL_TYPE_UINT8 ? 128 : 0;
    memcpy(t.dims, dims, 4 * sizeof *dims);
    t.bytes = n * (is_float(b) ? sizeof(float) : 1);
    uint8_t *data = block(b, t.bytes);
    if (is_float(b))
        memcpy(data, values, t.bytes);
    for (size_t i = 0; !is_float(b) && i < n; i++)
        data[i] = (uint8_t)(round_to_int(values[i] / most * MAX_WEIGHT) + middle);
    t.data = data;
    if (!is_float(b)) {
        t.n_scales = 1;
        t.scale = most / MAX_WEIGHT;
        t.zero_point = middle;
    }
    return tb_tensor(b->model, &t);
}

static int32_t add_bias(Painter *b, int32_t n, float value, float scale)
{
    TbTensor t = { .name = "bias",
                   .type = is_float(b) ? TFL_TYPE_FLOAT32 : TFL_TYPE_INT32,
                   .rank = 1,
                   .dims = { n },
                   .bytes = 4 * (size_t)n };
    float *reals = block(b, t.bytes);
    int32_t *integers = (int32_t *)(void *)reals;
    for (int32_t i = 0; i < n; i++)
        if (is_float(b))
            reals[i] = value;
        else
            integers[i] = round_to_int(value / scale);
    t.data = reals;
    t.n_scales = is_float(b) ? 0 : 1;
    t.scale = scale;
    return tb_tensor(b->model, &t);
}

static void add(Painter *b, int32_t builtin, int32_t first, int32_t second, int32_t third,
                int32_t output, TbOptions options)
{
    TbOperator op = { .builtin = builtin,
                      .inputs = { first, second, third },
                      .n_inputs = third >= 0    ? 3
                                  : second >= 0 ? 2
                                                : 1,
                      .outputs = { output },
                      .n_outputs = 1,
                      .version =
                          builtin == TFL_OP_CONV_2D || builtin == TFL_OP_DEPTHWISE_CONV_2D ? 3 : 0,
                      .options = options };
    tb_operator(b->model, &op);
}

static TbOptions plain_conv(void)
{
    return tb_conv_options(TFL_PADDING_SAME, 1, 1, 1, 1, TFL_ACTIVATION_NONE);
}

/* The means over 3x3 at every second pixel, enlarged. */
static int32_t add_means(Painter *b, int32_t picture)
{
    const int32_t expand[4] = { 6, 1, 1, 3 }, depthwise[4] = { 1, 3, 3, 6 },
                  project[4] = { 3, 1, 1, 6 };
    int32_t h = b->p.height, w = b->p.width, size[2] = { h, w };
    float twice[18] = { 0 }, ninths[54], half[18] = { 0 };
    for (int i = 0; i < 54; i++)
        ninths[i] = 1 / 9.0f;
    for (int c = 0; c < 3; c++) {
        twice[c * 3 + c] = twice[(c + 3) * 3 + c] = 1;
        half[c * 6 + c] = half[c * 6 + c + 3] = 0.5f;
    }
    int32_t wide = activation(b, "wide", h, w, 6, of_picture);
    int32_t small = activation(b, "small", h / 2, w / 2, 6, of_picture);
    int32_t narrow = activation(b, "narrow", h / 2, w / 2, 3, of_picture);
    int32_t means = activation(b, "means", h, w, 3, of_picture);
    add(b, TFL_OP_CONV_2D, picture, add_weights(b, expand, twice, 1),
        add_bias(b, 6, 0, of_picture.scale / MAX_WEIGHT), wide, plain_conv());
    add(b, TFL_OP_DEPTHWISE_CONV_2D, wide, add_weights(b, depthwise, ninths, 1 / 9.0f),
        add_bias(b, 6, 0, of_picture.scale / 9 / MAX_WEIGHT), small,
        tb_depthwise_options(TFL_PADDING_SAME, 2, 2, 1, 1, 1, TFL_ACTIVATION_NONE));
    add(b, TFL_OP_CONV_2D, small, add_weights(b, project, half, 0.5f),
        add_bias(b, 3, 0, of_picture.scale / 2 / MAX_WEIGHT), narrow, plain_conv());
    add(b, TFL_OP_RESIZE_BILINEAR, narrow, tb_ints(b->model, "size", 2, size), -1, means,
        tb_resize_options(TFL_OPTIONS_RESIZE_BILINEAR, false, true));
    return means;
}

/* The values: sharp * picture + blurred * means + bias. */
static int32_t add_values(Painter *b, int32_t picture, int32_t means)
{
    const int32_t dims[4] = { 3, 1, 1, 6 };
    float weights[18] = { 0 }, most = 1 / 16.0f;
    for (int c = 0; c < 3; c++) {
        weights[c * 6 + c] = b->p.sharp;
        weights[c * 6 + 3 + c] = b->p.blurred;
    }
    for (int i = 0; i < 18; i++) {
        float size = weights[i] < 0 ? -weights[i] : weights[i];
        most = size > most ? size : most;
    }
    int32_t both = activation(b, "both", b->p.height, b->p.width, 6, of_picture);
    int32_t values = activation(b, "values", b->p.height, b->p.width, 3, of_values);
    add(b, TFL_OP_CONCATENATION, picture, means, -1, both,
        tb_concatenation_options(3, TFL_ACTIVATION_NONE));
    add(b, TFL_OP_CONV_2D, both, add_weights(b, dims, weights, most),
        add_bias(b, 3, b->p.bias, of_picture.scale * most / MAX_WEIGHT), values, plain_conv());
    return values;
}

/* `n` numbers in the input `from`, of which the first `taken` are those of `to`. */
static void take_numbers(Painter *b, int32_t from, int32_t n, int32_t to, int32_t made)
{
    const int32_t dims[4] = { made, 1, 1, n };
    float *weights = block(b, (size_t)made * (size_t)n * sizeof *weights);
    for (int32_t c = 0; c < made && c < n; c++)
        weights[c * n + c] = 1;
    add(b, TFL_OP_CONV_2D, from, add_weights(b, dims, weights, 1), add_bias(b, made, 0, 1), to,
        plain_conv());
}

static int32_t add_style(Painter *b, int32_t values)
{
    int32_t style = activation(b, "style", 1, 1, b->p.styles, of_values);
    int32_t colour = activation(b, "colour", 1, 1, 3, of_values);
    int32_t sum = activation(b, "sum", b->p.height, b->p.width, 3, of_values);
    tb_input(b->model, style);
    take_numbers(b, style, b->p.styles, colour, 3);
    add(b, TFL_OP_ADD, values, colour, -1, sum,
        tb_binary_options(TFL_OPTIONS_ADD, TFL_ACTIVATION_NONE));
    return sum;
}

/* Between channels first and last. */
static int32_t add_transpose(Painter *b, int32_t from, int32_t to, const int32_t order[4])
{
    add(b, TFL_OP_TRANSPOSE, from, tb_ints(b->model, "order", 4, order), -1, to, (TbOptions){ 0 });
    return to;
}

static TbFile finish(Painter *b)
{
    TbFile file = tb_finish(b->model);
    for (int i = 0; i < b->n_blocks; i++)
        free(b->blocks[i]);
    return file;
}

TbFile tb_painter(const TbPainter *painter)
{
    static const int32_t to_last[4] = { 0, 2, 3, 1 }, to_first[4] = { 0, 3, 1, 2 };
    Painter b = { .p = *painter, .model = tb_model_new() };
    int32_t h = b.p.height = painter->height ? painter->height : 16;
    int32_t w = b.p.width = painter->width ? painter->width : 16;
    bool first = painter->channels_first;
    Quant quant = painter->curve == TFL_OP_LOGISTIC ? of_logistic
                  : painter->curve == TFL_OP_TANH   ? of_tanh
                                                    : of_picture;
    int32_t input = first ? activation(&b, "picture", 3, h, w, of_picture)
                          : activation(&b, "picture", h, w, 3, of_picture);
    int32_t picture = input;
    tb_input(b.model, input);
    if (first)
        picture = add_transpose(&b, input, activation(&b, "last", h, w, 3, of_picture), to_last);
    int32_t values = add_values(&b, picture, add_means(&b, picture));
    if (painter->styles)
        values = add_style(&b, values);
    int32_t made = activation(&b, "made", h, w, 3, quant);
    if (painter->curve == TFL_OP_ADD)
        add(&b, TFL_OP_ADD, picture, values, -1, made,
            tb_binary_options(TFL_OPTIONS_ADD, TFL_ACTIVATION_NONE));
    else
        add(&b, painter->curve, values, -1, -1, made, (TbOptions){ 0 });
    if (first)
        made = add_transpose(&b, made, activation(&b, "first", 3, h, w, quant), to_first);
    tb_output(b.model, made);
    return finish(&b);
}

TbFile tb_style_predictor(int32_t styles)
{
    static const int32_t axes[] = { 1, 2 };
    Painter b = { .p = { .type = TFL_TYPE_FLOAT32 }, .model = tb_model_new() };
    int32_t picture = activation(&b, "picture", 8, 8, 3, of_picture);
    int32_t means = activation(&b, "means", 1, 1, 3, of_picture);
    int32_t style = activation(&b, "style", 1, 1, styles, of_values);
    tb_input(b.model, picture);
    add(&b, TFL_OP_MEAN, picture, tb_ints(b.model, "axes", 2, axes), -1, means,
        tb_mean_options(true));
    take_numbers(&b, means, 3, style, styles);
    tb_output(b.model, style);
    return finish(&b);
}
