/* SPDX-License-Identifier: MIT
 *
 * Small valid models, together of every operator in every number form. */
#include "samplemodels.h"

#include <string.h>

#define NOISE 512

/* Constants: any numbers, the same in every run. */
static struct {
    uint8_t bytes[NOISE];
    float floats[NOISE];
    uint16_t halves[NOISE];
    int32_t integers[NOISE];
} noise;

static void fill_noise(void)
{
    uint32_t x = 1;
    for (int i = 0; i < NOISE; i++) {
        x = x * 1664525u + 1013904223u;
        noise.bytes[i] = (uint8_t)(x >> 24);
        noise.floats[i] = (float)(int)(x >> 24) / 128 - 1;
        noise.halves[i] = (uint16_t)(0x3000 | (x >> 23 & 0x83ff)); /* 0.125 to 0.25, both signs */
        noise.integers[i] = (int32_t)(x >> 24) - 128;
    }
}

/* A model that is being built: one input, then operators in a row. */
typedef struct {
    TbModel *model;
    int type; /* of the activations */
    int32_t last;
} Chain;

static size_t elements(int rank, const int32_t *dims)
{
    size_t n = 1;
    for (int i = 0; i < rank; i++)
        n *= (size_t)dims[i];
    return n;
}

static TbTensor quantised(const char *name, int type, float scale)
{
    return (TbTensor){ .name = name,
                       .type = type,
                       .n_scales = type == TFL_TYPE_INT8 || type == TFL_TYPE_UINT8,
                       .scale = scale,
                       .zero_point = type == TFL_TYPE_UINT8 ? 125 : -3 };
}

static int32_t input(Chain *c, int rank, const int32_t *dims)
{
    TbTensor tensor = quantised("in", c->type, 0.05f);
    tensor.rank = rank;
    memcpy(tensor.dims, dims, (size_t)rank * sizeof *dims);
    return tb_tensor(c->model, &tensor);
}

static int32_t output(Chain *c, int type, float scale)
{
    TbTensor tensor = quantised("out", type, scale);
    tensor.no_shape = true;
    return tb_tensor(c->model, &tensor);
}

static int32_t constant(Chain *c, int type, int rank, const int32_t *dims)
{
    TbTensor tensor = quantised("constant", type, 0.01f);
    tensor.rank = rank;
    memcpy(tensor.dims, dims, (size_t)rank * sizeof *dims);
    tensor.bytes = elements(rank, dims);
    tensor.data = noise.bytes;
    if (type == TFL_TYPE_FLOAT32 || type == TFL_TYPE_INT32)
        tensor.bytes *= 4;
    if (type == TFL_TYPE_FLOAT16)
        tensor.bytes *= 2;
    if (type == TFL_TYPE_FLOAT32)
        tensor.data = noise.floats;
    if (type == TFL_TYPE_FLOAT16)
        tensor.data = noise.halves;
    if (type == TFL_TYPE_INT32)
        tensor.data = noise.integers;
    return tb_tensor(c->model, &tensor);
}

/* Weights of one scale for each index of `axis`, around 0. */
static int32_t channel_weights(Chain *c, const int32_t *dims, int32_t axis)
{
    static const int64_t zeros[8];
    static const float scales[8] = { 0.01f, 0.02f, 0.03f, 0.04f, 0.05f, 0.06f, 0.07f, 0.08f };
    TbTensor tensor = { .name = "weights",
                        .type = TFL_TYPE_INT8,
                        .rank = 4,
                        .n_scales = dims[axis],
                        .n_zero_points = dims[axis],
                        .scales = scales,
                        .zero_points = zeros,
                        .quantized_dimension = axis,
                        .data = noise.bytes,
                        .bytes = elements(4, dims) };
    memcpy(tensor.dims, dims, 4 * sizeof *dims);
    return tb_tensor(c->model, &tensor);
}

static void apply(Chain *c, int32_t builtin, int32_t second, int32_t third, int32_t to,
                  TbOptions options)
{
    TbOperator op = { .builtin = builtin,
                      .n_inputs = third >= 0    ? 3
                                  : second >= 0 ? 2
                                                : 1,
                      .inputs = { c->last, second, third },
                      .n_outputs = 1,
                      .outputs = { to },
                      .options = options };
    tb_operator(c->model, &op);
    c->last = to;
}

static const TbOptions no_options = { 0 };

static int32_t bias(Chain *c, int32_t n)
{
    return constant(c, c->type == TFL_TYPE_FLOAT32 ? TFL_TYPE_FLOAT32 : TFL_TYPE_INT32, 1, &n);
}

static void conv(Chain *c)
{
    const int32_t picture[] = { 2, 5, 6, 3 }, shape[] = { 5, 3, 2, 3 };
    c->last = input(c, 4, picture);
    int32_t weights =
        c->type == TFL_TYPE_INT8 ? channel_weights(c, shape, 0) : constant(c, c->type, 4, shape);
    apply(c, TFL_OP_CONV_2D, weights, bias(c, 5), output(c, c->type, 0.1f),
          tb_conv_options(TFL_PADDING_SAME, 2, 1, 1, 2, TFL_ACTIVATION_RELU6));
}

static void depthwise(Chain *c)
{
    const int32_t picture[] = { 1, 5, 6, 3 }, shape[] = { 1, 3, 2, 6 };
    c->last = input(c, 4, picture);
    int32_t weights =
        c->type == TFL_TYPE_INT8 ? channel_weights(c, shape, 3) : constant(c, c->type, 4, shape);
    apply(c, TFL_OP_DEPTHWISE_CONV_2D, weights, bias(c, 6), output(c, c->type, 0.1f),
          tb_depthwise_options(TFL_PADDING_VALID, 1, 2, 2, 2, 1, TFL_ACTIVATION_RELU));
}

static void fully_connected(Chain *c)
{
    const int32_t rows[] = { 2, 7 }, shape[] = { 4, 7 };
    c->last = input(c, 2, rows);
    apply(c, TFL_OP_FULLY_CONNECTED, constant(c, c->type, 2, shape), bias(c, 4),
          output(c, c->type, 0.1f), tb_fully_connected_options(TFL_ACTIVATION_NONE, false));
}

static void pools(Chain *c)
{
    const int32_t picture[] = { 1, 7, 6, 3 };
    c->last = input(c, 4, picture);
    apply(c, TFL_OP_MAX_POOL_2D, -1, -1, output(c, c->type, 0.05f),
          tb_pool_options(TFL_PADDING_SAME, 2, 1, 3, 2, TFL_ACTIVATION_NONE));
    apply(c, TFL_OP_AVERAGE_POOL_2D, -1, -1, output(c, c->type, 0.05f),
          tb_pool_options(TFL_PADDING_VALID, 1, 2, 2, 3, TFL_ACTIVATION_RELU));
}

static void mean(Chain *c)
{
    const int32_t picture[] = { 2, 4, 3, 5 }, axes[] = { 1, 2 };
    c->last = input(c, 4, picture);
    apply(c, TFL_OP_MEAN, tb_ints(c->model, "axes", 2, axes), -1, output(c, c->type, 0.04f),
          tb_mean_options(false));
}

/* A sum that repeats a constant, a product that repeats an activation. */
static void sums(Chain *c)
{
    const int32_t picture[] = { 1, 3, 1, 4 }, row[] = { 4 }, wide[] = { 1, 3, 5, 1 };
    c->last = input(c, 4, picture);
    apply(c, TFL_OP_ADD, constant(c, c->type, 1, row), -1, output(c, c->type, 0.06f),
          tb_binary_options(TFL_OPTIONS_ADD, TFL_ACTIVATION_RELU));
    apply(c, TFL_OP_SUB, constant(c, c->type, 4, wide), -1, output(c, c->type, 0.07f),
          tb_binary_options(TFL_OPTIONS_SUB, TFL_ACTIVATION_NONE));
    apply(c, TFL_OP_MUL, constant(c, c->type, 1, row), -1, output(c, c->type, 0.02f),
          tb_binary_options(TFL_OPTIONS_MUL, TFL_ACTIVATION_RELU6));
}

static void concatenation(Chain *c)
{
    const int32_t picture[] = { 1, 2, 3, 2 }, other[] = { 1, 2, 1, 2 };
    c->last = input(c, 4, picture);
    apply(c, TFL_OP_CONCATENATION, constant(c, c->type, 4, other), c->last,
          output(c, c->type, 0.05f), tb_concatenation_options(-2, TFL_ACTIVATION_NONE));
}

static void moves(Chain *c)
{
    const int32_t picture[] = { 1, 3, 4, 2 }, paddings[] = { 0, 0, 1, 0, 0, 2, 0, 0 };
    const int32_t order[] = { 0, 3, 1, 2 }, flat[] = { 1, 1, -1 };
    int32_t pairs[] = { 4, 2 };
    c->last = input(c, 4, picture);
    int32_t pad = tb_tensor(c->model, &(TbTensor){ .name = "paddings",
                                                   .type = TFL_TYPE_INT32,
                                                   .rank = 2,
                                                   .dims = { pairs[0], pairs[1] },
                                                   .data = paddings,
                                                   .bytes = sizeof paddings });
    apply(c, TFL_OP_PAD, pad, -1, output(c, c->type, 0.05f), no_options);
    apply(c, TFL_OP_TRANSPOSE, tb_ints(c->model, "order", 4, order), -1, output(c, c->type, 0.05f),
          no_options);
    apply(c, TFL_OP_RESHAPE, tb_ints(c->model, "flat", 3, flat), -1, output(c, c->type, 0.05f),
          tb_reshape_options(3, flat));
    apply(c, TFL_OP_SQUEEZE, -1, -1, output(c, c->type, 0.05f), tb_squeeze_options(1, flat));
    tb_output(c->model, c->last);
    apply(c, TFL_OP_RELU, -1, -1, output(c, c->type, 0.05f), no_options);
}

static void curves(Chain *c)
{
    const int32_t rows[] = { 3, 5 };
    static const int32_t ops[] = { TFL_OP_HARD_SWISH, TFL_OP_RELU,     TFL_OP_RELU6,
                                   TFL_OP_TANH,       TFL_OP_LOGISTIC, TFL_OP_RELU_N1_TO_1,
                                   TFL_OP_EXP };
    c->last = input(c, 2, rows);
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        apply(c, ops[i], -1, -1, output(c, c->type, 0.03f), no_options);
    apply(c, TFL_OP_SOFTMAX, -1, -1, output(c, c->type, 1.0f / 256), tb_softmax_options(0.5f));
}

/* An operator of several outputs, of which the last goes on. */
static void divide(Chain *c, int32_t builtin, int32_t n_inputs, const int32_t *inputs,
                   int32_t n_outputs, TbOptions options)
{
    TbOperator op = {
        .builtin = builtin, .n_inputs = n_inputs, .n_outputs = n_outputs, .options = options
    };
    memcpy(op.inputs, inputs, (size_t)n_inputs * sizeof *inputs);
    for (int32_t i = 0; i < n_outputs; i++)
        op.outputs[i] = c->last = output(c, c->type, 0.05f);
    tb_operator(c->model, &op);
}

/* Parts that are cut out and set together again. */
static void slices(Chain *c)
{
    const int32_t picture[] = { 1, 6, 4, 12 }, begin[] = { 0, 1, 0, 0 }, size[] = { 1, 4, -1, 12 };
    const int32_t from[] = { 0, -1, 2 }, to[] = { 0, 0, 3 }, stride[] = { 1, -2, 1 };
    const int32_t axis[] = { 3 }, sizes[] = { 1, -1 };
    c->last = input(c, 4, picture);
    apply(c, TFL_OP_SLICE, tb_ints(c->model, "begin", 4, begin), tb_ints(c->model, "size", 4, size),
          output(c, c->type, 0.05f), no_options);
    divide(c, TFL_OP_SPLIT, 2, (int32_t[]){ tb_ints(c->model, "axis", 1, axis), c->last }, 3,
           tb_split_options(TFL_OPTIONS_SPLIT, 3));
    divide(c, TFL_OP_SPLIT_V, 3,
           (int32_t[]){ c->last, tb_ints(c->model, "sizes", 2, sizes),
                        tb_ints(c->model, "axis", 1, axis) },
           2, tb_split_options(TFL_OPTIONS_SPLIT_V, 2));
    int32_t whole = c->last;
    divide(c, TFL_OP_STRIDED_SLICE, 4,
           (int32_t[]){ whole, tb_ints(c->model, "from", 3, from), tb_ints(c->model, "to", 3, to),
                        tb_ints(c->model, "stride", 3, stride) },
           1, tb_strided_slice_options(0, 2, 1, 0, 4, false));
    divide(c, TFL_OP_UNPACK, 1, &c->last, 4, tb_pack_options(TFL_OPTIONS_UNPACK, 4, 1));
    divide(c, TFL_OP_PACK, 2, (int32_t[]){ c->last, c->last }, 1,
           tb_pack_options(TFL_OPTIONS_PACK, 2, -1));
}

static int32_t pairs(Chain *c, int32_t n, const int32_t *values)
{
    return tb_tensor(c->model, &(TbTensor){ .name = "pairs",
                                            .type = TFL_TYPE_INT32,
                                            .rank = 2,
                                            .dims = { n, 2 },
                                            .data = values,
                                            .bytes = 8 * (size_t)n });
}

/* A dilated convolution as a batch, a transposed one, the class of each pixel. */
static void segments(Chain *c)
{
    static const int32_t around[] = { 0, 0, 1, 1, 1, 0, 0, 0 }, edges[] = { 1, 2, 1, 1 };
    static const int32_t crops[] = { 0, 1, 0, 0 };
    const int32_t picture[] = { 1, 3, 3, 3 }, block[] = { 2, 2 }, slopes[] = { 1, 1, 3 };
    const int32_t kernel[] = { 1, 2, 2, 3 }, wide[] = { 4, 3, 2, 3 };
    const int32_t shape[] = { 1, 9, 8, 4 }, size[] = { 11, 9 }, axis[] = { 3 };
    c->last = input(c, 4, picture);
    apply(c, TFL_OP_MIRROR_PAD, pairs(c, 4, around), -1, output(c, c->type, 0.05f),
          tb_mirror_pad_options(0));
    apply(c, TFL_OP_PRELU, constant(c, c->type, 3, slopes), -1, output(c, c->type, 0.05f),
          no_options);
    apply(c, TFL_OP_SPACE_TO_BATCH_ND, tb_ints(c->model, "block", 2, block), pairs(c, 2, edges),
          output(c, c->type, 0.05f), no_options);
    apply(c, TFL_OP_DEPTHWISE_CONV_2D, constant(c, c->type, 4, kernel), bias(c, 3),
          output(c, c->type, 0.05f),
          tb_depthwise_options(TFL_PADDING_VALID, 1, 1, 1, 1, 1, TFL_ACTIVATION_NONE));
    apply(c, TFL_OP_BATCH_TO_SPACE_ND, tb_ints(c->model, "block", 2, block), pairs(c, 2, crops),
          output(c, c->type, 0.05f), no_options);
    int32_t map = c->last;
    c->last = tb_ints(c->model, "shape", 4, shape);
    apply(c, TFL_OP_TRANSPOSE_CONV, constant(c, c->type, 4, wide), map, output(c, c->type, 0.06f),
          tb_transpose_conv_options(TFL_PADDING_SAME, 2, 2, TFL_ACTIVATION_RELU));
    apply(c, TFL_OP_RESIZE_BILINEAR, tb_ints(c->model, "size", 2, size), -1,
          output(c, c->type, 0.06f), no_options);
    apply(c, TFL_OP_ARG_MAX, tb_ints(c->model, "axis", 1, axis), -1, output(c, TFL_TYPE_INT64, 0),
          no_options);
}

/* What normalises a map by its mean and variance. */
static void variances(Chain *c)
{
    const int32_t picture[] = { 1, 3, 3, 2 }, axes[] = { 1, 2 };
    c->last = input(c, 4, picture);
    int32_t in = c->last;
    apply(c, TFL_OP_MEAN, tb_ints(c->model, "axes", 2, axes), -1, output(c, c->type, 0.05f),
          tb_mean_options(true));
    apply(c, TFL_OP_SQUARED_DIFFERENCE, in, -1, output(c, c->type, 0.05f), no_options);
    apply(c, TFL_OP_RSQRT, -1, -1, output(c, c->type, 0.05f), no_options);
    if (c->type == TFL_TYPE_FLOAT32)
        apply(c, TFL_OP_SQUARE, -1, -1, output(c, c->type, 0), no_options);
}

static void resizes(Chain *c)
{
    const int32_t picture[] = { 1, 3, 4, 8 }, large[] = { 5, 7 }, small[] = { 4, 2 };
    c->last = input(c, 4, picture);
    apply(c, TFL_OP_RESIZE_BILINEAR, tb_ints(c->model, "large", 2, large), -1,
          output(c, c->type, 0.05f), tb_resize_options(TFL_OPTIONS_RESIZE_BILINEAR, false, true));
    apply(c, TFL_OP_RESIZE_NEAREST_NEIGHBOR, tb_ints(c->model, "small", 2, small), -1,
          output(c, c->type, 0.05f),
          tb_resize_options(TFL_OPTIONS_RESIZE_NEAREST_NEIGHBOR, true, false));
    apply(c, TFL_OP_DEPTH_TO_SPACE, -1, -1, output(c, c->type, 0.05f),
          tb_space_options(TFL_OPTIONS_DEPTH_TO_SPACE, 2));
    apply(c, TFL_OP_SPACE_TO_DEPTH, -1, -1, output(c, c->type, 0.05f),
          tb_space_options(TFL_OPTIONS_SPACE_TO_DEPTH, 4));
}

/* Five boxes of three classes and a background; scores and codes are one input. */
static void post_process(Chain *c)
{
    const int32_t both[] = { 1, 5, 8 }, axis[] = { 2 }, anchors[] = { 5, 4 };
    c->last = input(c, 3, both);
    divide(c, TFL_OP_SPLIT, 2, (int32_t[]){ tb_ints(c->model, "axis", 1, axis), c->last }, 2,
           tb_split_options(TFL_OPTIONS_SPLIT, 2));
    for (int regular = 0; regular < 2; regular++) {
        TbFile options = tb_post_process_options(&(TbPostProcess){ .max_detections = 3,
                                                                   .max_classes = 2 - regular,
                                                                   .per_class = 2,
                                                                   .n_classes = 3,
                                                                   .regular = regular,
                                                                   .score_threshold = -9,
                                                                   .iou_threshold = 0.5f });
        TbOperator op = { .builtin = TFL_OP_CUSTOM,
                          .custom = "TFLite_Detection_PostProcess",
                          .n_inputs = 3,
                          .inputs = { c->last - 1, c->last, constant(c, c->type, 2, anchors) },
                          .n_outputs = 4,
                          .custom_options = options.data,
                          .custom_bytes = options.size };
        for (int i = 0; i < 4; i++) {
            op.outputs[i] = output(c, TFL_TYPE_FLOAT32, 0);
            tb_output(c->model, op.outputs[i]);
        }
        tb_operator(c->model, &op);
        tb_file_free(&options);
    }
}

/* Float activations that become integers and float again. */
static void conversions(Chain *c)
{
    const int32_t rows[] = { 3, 5 };
    int type = c->type == TFL_TYPE_FLOAT32 ? TFL_TYPE_INT8 : c->type;
    c->type = TFL_TYPE_FLOAT32;
    c->last = input(c, 2, rows);
    apply(c, TFL_OP_QUANTIZE, -1, -1, output(c, type, 0.05f), no_options);
    apply(c, TFL_OP_QUANTIZE, -1, -1, output(c, type, 0.07f), no_options);
    apply(c, TFL_OP_DEQUANTIZE, -1, -1, output(c, TFL_TYPE_FLOAT32, 0), no_options);
}

/* float16 weights behind DEQUANTIZE. */
static void halves(Chain *c)
{
    const int32_t picture[] = { 1, 3, 3, 2 }, shape[] = { 3, 2, 2, 2 };
    int32_t half = constant(c, TFL_TYPE_FLOAT16, 4, shape);
    int32_t weights = output(c, TFL_TYPE_FLOAT32, 0);
    int32_t in = input(c, 4, picture);
    c->last = half;
    apply(c, TFL_OP_DEQUANTIZE, -1, -1, weights, no_options);
    c->last = in;
    apply(c, TFL_OP_CONV_2D, weights, bias(c, 3), output(c, c->type, 0),
          tb_conv_options(TFL_PADDING_VALID, 1, 1, 1, 1, TFL_ACTIVATION_NONE));
}

/* int8 weights with float activations. */
static void dynamic(Chain *c)
{
    const int32_t picture[] = { 2, 3, 3, 2 }, shape[] = { 3, 2, 2, 2 }, flat[] = { 2, -1 };
    const int32_t matrix[] = { 4, 12 };
    c->last = input(c, 4, picture);
    apply(c, TFL_OP_CONV_2D, channel_weights(c, shape, 0), bias(c, 3), output(c, c->type, 0),
          tb_conv_options(TFL_PADDING_VALID, 1, 1, 1, 1, TFL_ACTIVATION_NONE));
    apply(c, TFL_OP_RESHAPE, tb_ints(c->model, "flat", 2, flat), -1, output(c, c->type, 0),
          no_options);
    apply(c, TFL_OP_FULLY_CONNECTED, constant(c, TFL_TYPE_INT8, 2, matrix), -1,
          output(c, c->type, 0), tb_fully_connected_options(TFL_ACTIVATION_NONE, false));
}

static const struct {
    const char *name;
    void (*build)(Chain *chain); /* NULL: the classifier of colours */
    int type;
} samples[] = {
    { "colours-uint8", NULL, TFL_TYPE_UINT8 },
    { "colours-int8", NULL, TFL_TYPE_INT8 },
    { "colours-float", NULL, TFL_TYPE_FLOAT32 },
    { "conv-uint8", conv, TFL_TYPE_UINT8 },
    { "conv-int8", conv, TFL_TYPE_INT8 },
    { "conv-float", conv, TFL_TYPE_FLOAT32 },
    { "depthwise-uint8", depthwise, TFL_TYPE_UINT8 },
    { "depthwise-int8", depthwise, TFL_TYPE_INT8 },
    { "depthwise-float", depthwise, TFL_TYPE_FLOAT32 },
    { "fully-connected-uint8", fully_connected, TFL_TYPE_UINT8 },
    { "fully-connected-int8", fully_connected, TFL_TYPE_INT8 },
    { "fully-connected-float", fully_connected, TFL_TYPE_FLOAT32 },
    { "pools-uint8", pools, TFL_TYPE_UINT8 },
    { "pools-int8", pools, TFL_TYPE_INT8 },
    { "pools-float", pools, TFL_TYPE_FLOAT32 },
    { "mean-uint8", mean, TFL_TYPE_UINT8 },
    { "mean-int8", mean, TFL_TYPE_INT8 },
    { "mean-float", mean, TFL_TYPE_FLOAT32 },
    { "sums-uint8", sums, TFL_TYPE_UINT8 },
    { "sums-int8", sums, TFL_TYPE_INT8 },
    { "sums-float", sums, TFL_TYPE_FLOAT32 },
    { "concatenation-uint8", concatenation, TFL_TYPE_UINT8 },
    { "concatenation-int8", concatenation, TFL_TYPE_INT8 },
    { "concatenation-float", concatenation, TFL_TYPE_FLOAT32 },
    { "moves-uint8", moves, TFL_TYPE_UINT8 },
    { "moves-int8", moves, TFL_TYPE_INT8 },
    { "moves-float", moves, TFL_TYPE_FLOAT32 },
    { "curves-uint8", curves, TFL_TYPE_UINT8 },
    { "curves-int8", curves, TFL_TYPE_INT8 },
    { "curves-float", curves, TFL_TYPE_FLOAT32 },
    { "slices-uint8", slices, TFL_TYPE_UINT8 },
    { "slices-int8", slices, TFL_TYPE_INT8 },
    { "slices-float", slices, TFL_TYPE_FLOAT32 },
    { "resizes-uint8", resizes, TFL_TYPE_UINT8 },
    { "resizes-int8", resizes, TFL_TYPE_INT8 },
    { "resizes-float", resizes, TFL_TYPE_FLOAT32 },
    { "post-process-uint8", post_process, TFL_TYPE_UINT8 },
    { "post-process-int8", post_process, TFL_TYPE_INT8 },
    { "post-process-float", post_process, TFL_TYPE_FLOAT32 },
    { "segments-uint8", segments, TFL_TYPE_UINT8 },
    { "segments-int8", segments, TFL_TYPE_INT8 },
    { "segments-float", segments, TFL_TYPE_FLOAT32 },
    { "variances-uint8", variances, TFL_TYPE_UINT8 },
    { "variances-int8", variances, TFL_TYPE_INT8 },
    { "variances-float", variances, TFL_TYPE_FLOAT32 },
    { "conversions-uint8", conversions, TFL_TYPE_UINT8 },
    { "conversions-int8", conversions, TFL_TYPE_INT8 },
    { "halves", halves, TFL_TYPE_FLOAT32 },
    { "dynamic", dynamic, TFL_TYPE_FLOAT32 },
};

size_t sample_count(void)
{
    return sizeof samples / sizeof *samples;
}

const char *sample_name(size_t index)
{
    return samples[index].name;
}

TbFile sample_model(size_t index)
{
    int type = samples[index].type;
    fill_noise();
    if (!samples[index].build)
        return tb_tiny_classifier(&(TbTiny){ .type = type,
                                             .width = 5,
                                             .height = 6,
                                             .labels = true,
                                             .deflate = type == TFL_TYPE_INT8,
                                             .logits = type == TFL_TYPE_FLOAT32,
                                             .normalization = true });
    Chain chain = { .model = tb_model_new(), .type = type };
    samples[index].build(&chain);
    /* The input is the first tensor that is neither constant nor made. */
    tb_input(chain.model, samples[index].build == halves ? 2 : 0);
    tb_output(chain.model, chain.last);
    return tb_finish(chain.model);
}
