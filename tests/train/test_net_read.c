/* SPDX-License-Identifier: MIT
 *
 * Files read as networks: what was written is there again, other networks and
 * damaged files are refused. */
#include <math.h>

#include "expect.h"
#include "net_naive.h"
#include "samplemodels.h"
#include "train/build.h"
#include "train/net_graph.h"
#include "train/random.h"
#include "train/read_tflite.h"

static MnetNet *build(MnetNetOptions options)
{
    MnetError error = { MNET_OK, "" };
    MnetNet *net = mnet_net_build(&options, &error);
    if (!net) {
        printf("%s\n", error.text);
        exit(1);
    }
    naive_disturb_norms(net, 8);
    return net;
}

static void check_layers(const MnetNet *net, const MnetNet *again)
{
    EXPECT(net->n_layers == again->n_layers && net->head == again->head, "%s: %d layers",
           net->title, (int)again->n_layers);
    for (int32_t i = 0; i < net->n_layers && i < again->n_layers; i++) {
        const MnetNetLayer *a = &net->layers[i], *b = &again->layers[i];
        EXPECT(a->kind == b->kind && a->activation == b->activation && a->stride == b->stride &&
                   a->kernel == b->kernel && a->pad_top == b->pad_top && a->height == b->height &&
                   a->channels == b->channels && a->inputs[0] == b->inputs[0] &&
                   a->inputs[1] == b->inputs[1],
               "%s: layer %d, %s", net->title, (int)i, a->name);
    }
}

static void check_logits(const MnetNet *net, const MnetNet *again)
{
    float *input = naive_random_input(net, 9);
    NaiveMaps a = naive_forward(net, input), b = naive_forward(again, input);
    for (int32_t i = 0; i < mnet_net_logits(net)->channels; i++) {
        double wanted = a.maps[net->n_layers - 1][i], found = b.maps[again->n_layers - 1][i];
        EXPECT(fabs(wanted - found) <= 1e-4 * (1 + fabs(wanted)), "%s: logit %d is %g, wanted %g",
               net->title, (int)i, found, wanted);
    }
    naive_free(&a);
    naive_free(&b);
    free(input);
}

static void check_again(MnetNetOptions options)
{
    static const char *const names[] = { "a", "b", "c", "d" };
    MnetError error = { MNET_OK, "" };
    uint8_t *data;
    size_t size;
    options.n_classes = 4;
    MnetNet *net = build(options);
    net->mean[2] = 99;
    if (mnet_net_set_classes(net, names, &error) || mnet_net_tflite(net, &data, &size, &error))
        exit(1);
    uint8_t *copy = expect_copy(data, size);
    MnetNet *again = mnet_net_read_tflite_memory(copy, size, &error);
    EXPECT(again, "%s: %s", net->title, error.text);
    if (again) {
        check_layers(net, again);
        check_logits(net, again);
        EXPECT(again->classes && !strcmp(again->classes[3], "d"), "the classes");
        EXPECT(again->mean[2] == 99 && again->std[0] == 127.5f, "the normalisation");
        EXPECT(!strcmp(again->title, net->title), "the title");
    }
    free(copy);
    mnet_buffer_free(data);
    mnet_net_free(net);
    mnet_net_free(again);
}

static void check_families(void)
{
    check_again((MnetNetOptions){ .family = MNET_NET_V1, .width = 0.1, .resolution = 32 });
    check_again((MnetNetOptions){
        .family = MNET_NET_V2, .width = 0.1, .resolution = 32, .stem_stride = 1 });
    check_again((MnetNetOptions){ .family = MNET_NET_V3_SMALL, .width = 0.2, .resolution = 32 });
    check_again((MnetNetOptions){ .family = MNET_NET_V3_LARGE, .width = 0.1, .resolution = 33 });
}

/* Axes of the mean that are far from any: their sum leaves the range. */
static void check_axes(uint8_t *data, size_t size)
{
    static const int32_t rows_and_columns[] = { 1, 2 }, far[] = { 1845493761, 1935635309 };
    MnetError error = { MNET_OK, "" };
    uint8_t *at = memmem(data, size, rows_and_columns, sizeof far);
    for (uint8_t *next = at; next;
         next = memmem(at + 1, (size_t)(data + size - at - 1), rows_and_columns, sizeof far))
        at = next;
    EXPECT(at, "no axes in the file");
    if (!at)
        return;
    memcpy(at, far, sizeof far);
    EXPECT(!mnet_net_read_tflite_memory(data, size, &error), "a mean over no axes");
    expect_error("axes", &error, MNET_ERROR_UNSUPPORTED, "it is no mean of the whole map");
}

/* A backbone that ends in features gets a head. */
static void check_features(void)
{
    MnetError error = { MNET_OK, "" };
    uint8_t *data;
    size_t size;
    MnetNet *net = mnet_net_new(8, 8, 3, &error);
    MnetNetLayerSpec conv = { .kind = MNET_NET_CONV,
                              .name = "a",
                              .channels = 5,
                              .kernel = 3,
                              .stride = 2,
                              .activation = MNET_NET_RELU6 };
    MnetNetLayerSpec pool = { .kind = MNET_NET_GLOBAL_POOL, .name = "b", .inputs = { 1 } };
    if (!net || mnet_net_add(net, &conv, &error) < 0 || mnet_net_add(net, &pool, &error) < 0 ||
        mnet_net_finish(net, &error) || mnet_net_tflite(net, &data, &size, &error))
        exit(1);
    MnetNet *again = mnet_net_read_tflite_memory(data, size, &error);
    MnetNet *headed = again ? mnet_net_with_classes(again, 3, NULL, &error) : NULL;
    EXPECT(headed && headed->n_layers == 4 && headed->head == 3 &&
               mnet_net_logits(headed)->kind == MNET_NET_DENSE &&
               mnet_net_logits(headed)->in_channels == 5,
           "%s", error.text);
    check_axes(data, size);
    mnet_buffer_free(data);
    mnet_net_free(net);
    mnet_net_free(again);
    mnet_net_free(headed);
}

typedef enum {
    PLAIN,
    BYTES,
    UNITS,
    IMAGENET,
    CAFFE,
    SWISH_OF_SUM,
    GATE_OF_SUM,
    OTHER_MAP,
    NO_SCALES,
    BETA,
    SIGMOID
} Variant;

typedef struct {
    TbModel *model;
    int32_t at; /* the last tensor */
    int32_t channels;
} Chain;

static int32_t map(Chain *chain, int32_t height, int32_t width)
{
    return tb_tensor(chain->model, &(TbTensor){ .type = TFL_TYPE_FLOAT32,
                                                .rank = 4,
                                                .dims = { 1, height, width, chain->channels } });
}

static void put(Chain *chain, TbOperator op, int32_t second, int32_t output)
{
    op.inputs[0] = chain->at;
    op.inputs[1] = second;
    op.n_inputs = second < 0 ? 1 : 2;
    op.n_outputs = 1;
    op.outputs[0] = chain->at = output;
    tb_operator(chain->model, &op);
}

static void put_depthwise(Chain *chain, Variant variant, int32_t height, int32_t width)
{
    static const float weights[] = { 1, 2, 3, 4 };
    bool bytes = variant == NO_SCALES;
    TbTensor constant = { .type = bytes ? TFL_TYPE_INT8 : TFL_TYPE_FLOAT32,
                          .rank = 4,
                          .dims = { 1, 1, 1, chain->channels },
                          .data = weights,
                          .bytes = (size_t)chain->channels * (bytes ? 1 : sizeof(float)) };
    put(chain,
        (TbOperator){ .builtin = TFL_OP_DEPTHWISE_CONV_2D,
                      .options = tb_depthwise_options(0, 1, 1, 1, 1, 1, 0) },
        tb_tensor(chain->model, &constant), map(chain, height, width));
}

static int32_t number(Chain *chain, const float *value)
{
    return tb_tensor(chain->model, &(TbTensor){ .type = TFL_TYPE_FLOAT32,
                                                .rank = 1,
                                                .dims = { 1 },
                                                .data = value,
                                                .bytes = sizeof *value });
}

static void put_variant(Chain *chain, Variant variant)
{
    static const float three = 3, sixth = 1.0f / 6;
    const TbOptions sum = tb_binary_options(TFL_OPTIONS_ADD, 0);
    const TbOptions product = tb_binary_options(TFL_OPTIONS_MUL, 0);
    if (variant == SWISH_OF_SUM || variant == GATE_OF_SUM)
        put(chain, (TbOperator){ .builtin = TFL_OP_ADD, .options = sum }, chain->at,
            map(chain, 4, 4));
    if (variant == SWISH_OF_SUM)
        put(chain, (TbOperator){ .builtin = TFL_OP_HARD_SWISH }, -1, map(chain, 4, 4));
    if (variant == GATE_OF_SUM) {
        int32_t of = chain->at;
        put(chain,
            (TbOperator){ .builtin = TFL_OP_ADD,
                          .options = tb_binary_options(TFL_OPTIONS_ADD, 3 /* RELU6 */) },
            number(chain, &three), map(chain, 4, 4));
        put(chain, (TbOperator){ .builtin = TFL_OP_MUL, .options = product }, number(chain, &sixth),
            map(chain, 4, 4));
        put(chain, (TbOperator){ .builtin = TFL_OP_MUL, .options = product }, of, map(chain, 4, 4));
    }
    if (variant == OTHER_MAP) {
        const int32_t shape[] = { 1, 2, 8, 4 };
        put(chain,
            (TbOperator){ .builtin = TFL_OP_RESHAPE, .options = tb_reshape_options(4, shape) }, -1,
            map(chain, 2, 8));
        put_depthwise(chain, variant, 2, 8);
    }
}

/* The input brought to -1 .. 1, or by the deviation of a torch network. */
static void put_affine(Chain *chain, Variant variant)
{
    static const float byte = 1 / 127.5f, one = 1, unit = 4, half = 0.5f;
    if (variant == BYTES)
        put(chain,
            (TbOperator){ .builtin = TFL_OP_MUL, .options = tb_binary_options(TFL_OPTIONS_MUL, 0) },
            number(chain, &byte), map(chain, 4, 4));
    if (variant == BYTES || variant == UNITS)
        put(chain,
            (TbOperator){ .builtin = TFL_OP_SUB, .options = tb_binary_options(TFL_OPTIONS_SUB, 0) },
            number(chain, variant == BYTES ? &one : &half), map(chain, 4, 4));
    if (variant == UNITS)
        put(chain,
            (TbOperator){ .builtin = TFL_OP_MUL, .options = tb_binary_options(TFL_OPTIONS_MUL, 0) },
            number(chain, &unit), map(chain, 4, 4));
}

/* Floats, or int8 of the range that ImageNet's or Caffe's means and deviations give. */
static void put_input(Chain *chain, Variant variant)
{
    bool caffe = variant == CAFFE, bytes = caffe || variant == IMAGENET;
    TbTensor input = { .type = TFL_TYPE_INT8,
                       .rank = 4,
                       .dims = { 1, 4, 4, chain->channels },
                       .n_scales = 1,
                       .n_zero_points = 1,
                       .scale = caffe ? 0.018316f : 0.018659f,
                       .zero_point = caffe ? -13 : -14 };
    chain->at = bytes ? tb_tensor(chain->model, &input) : map(chain, 4, 4);
    tb_input(chain->model, chain->at);
    if (bytes)
        put(chain, (TbOperator){ .builtin = TFL_OP_DEQUANTIZE }, -1, map(chain, 4, 4));
}

static void expect_bytes(const MnetNet *net, Variant variant)
{
    bool caffe = variant == CAFFE;
    EXPECT(fabsf(net->mean[0] - (caffe ? 123.68f : 123.675f)) < 0.001f &&
               fabsf(net->std[0] - (caffe ? 1 / 0.017f : 58.395f)) < 0.001f,
           "variant %d: (red - %g) / %g", (int)variant, (double)net->mean[0], (double)net->std[0]);
    EXPECT(net->params[net->layers[1].weights] == (caffe ? 3 : 1), "variant %d: the red weight",
           (int)variant);
}

static void expect_range(const MnetNet *net, Variant variant)
{
    if (variant == IMAGENET || variant == CAFFE) {
        expect_bytes(net, variant);
        return;
    }

    float mean = 127.5f, std = variant == UNITS ? 63.75f : 127.5f;
    EXPECT(fabsf(net->mean[1] - mean) < 0.01f && fabsf(net->std[1] - std) < 0.01f,
           "variant %d: (pixel - %g) / %g", (int)variant, (double)net->mean[1],
           (double)net->std[1]);
}

/* A depthwise convolution of 4x4x4, what the variant adds, a mean, an end. */
static TbFile make_variant(Variant variant)
{
    static const int32_t rows_and_columns[] = { 1, 2 };
    Chain chain = { .model = tb_model_new() };
    chain.channels = variant == CAFFE ? 3 : 4;
    put_input(&chain, variant);
    put_affine(&chain, variant);
    put_depthwise(&chain, variant, 4, 4);
    put_variant(&chain, variant);
    put(&chain, (TbOperator){ .builtin = TFL_OP_MEAN, .options = tb_mean_options(false) },
        tb_ints(chain.model, NULL, 2, rows_and_columns),
        tb_tensor(
            chain.model,
            &(TbTensor){ .type = TFL_TYPE_FLOAT32, .rank = 2, .dims = { 1, chain.channels } }));
    put(&chain,
        variant == SIGMOID ? (TbOperator){ .builtin = TFL_OP_LOGISTIC }
                           : (TbOperator){ .builtin = TFL_OP_SOFTMAX,
                                           .options = tb_softmax_options(variant == BETA ? 2 : 1) },
        -1,
        tb_tensor(
            chain.model,
            &(TbTensor){ .type = TFL_TYPE_FLOAT32, .rank = 2, .dims = { 1, chain.channels } }));
    tb_output(chain.model, chain.at);
    return tb_finish(chain.model);
}

/* What would be another network than the file's is refused. */
static void check_variants(void)
{
    static const char *const why[] = { [PLAIN] = NULL,
                                       [BYTES] = NULL,
                                       [UNITS] = NULL,
                                       [IMAGENET] = NULL,
                                       [CAFFE] = NULL,
                                       [SWISH_OF_SUM] = "other readers or no weights",
                                       [GATE_OF_SUM] = "has an activation, other readers or no",
                                       [OTHER_MAP] = "it makes another map of its input",
                                       [NO_SCALES] = "integers without a scale",
                                       [BETA] = "its beta is 2",
                                       [SIGMOID] = NULL };
    for (size_t i = 0; i < sizeof why / sizeof *why; i++) {
        MnetError error = { MNET_OK, "" };
        TbFile file = make_variant((Variant)i);
        MnetNet *net = mnet_net_read_tflite_memory(file.data, file.size, &error);
        EXPECT(!net == (why[i] != NULL), "variant %zu: %s", i, error.text);
        if (why[i])
            expect_error("a variant", &error, MNET_ERROR_UNSUPPORTED, why[i]);
        EXPECT(!net || net->sigmoid == (i == SIGMOID), "variant %zu: its end", i);
        if (net)
            expect_range(net, (Variant)i);
        mnet_net_free(net);
        tb_file_free(&file);
    }
}

/* The sample models are small networks with operators that no classifier has. */
static void check_samples(void)
{
    size_t refused = 0;
    for (size_t i = 0; i < sample_count(); i++) {
        MnetError error = { MNET_OK, "" };
        TbFile file = sample_model(i);
        MnetNet *net = mnet_net_read_tflite_memory(file.data, file.size, &error);
        EXPECT(net || error.status, "%s: no error", sample_name(i));
        refused += !net;
        mnet_net_free(net);
        free(file.data);
    }
    EXPECT(refused > 0, "no sample model is refused");
}

/* Bytes set at random: read or refused, nothing else. */
static void check_damaged(void)
{
    MnetError error = { MNET_OK, "" };
    uint8_t *data;
    size_t size;
    MnetNet *net = build((MnetNetOptions){
        .family = MNET_NET_V3_SMALL, .width = 0.05, .resolution = 16, .n_classes = 2 });
    if (mnet_net_tflite(net, &data, &size, &error))
        exit(1);
    MnetRandom random = { 4 };
    /* Offsets, options and tensors are in the first bytes, weights behind. */
    for (int i = 0; i < 400; i++) {
        uint8_t *copy = expect_copy(data, size);
        uint32_t near = mnet_random_below(&random, 4) ? 30000 : (uint32_t)size;
        for (int k = 0; k < 3; k++)
            copy[mnet_random_below(&random, near < size ? near : (uint32_t)size)] =
                (uint8_t)mnet_random_u64(&random);
        error = (MnetError){ MNET_OK, "" };
        MnetNet *again = mnet_net_read_tflite_memory(copy, size, &error);
        EXPECT(again || error.status, "variant %d: no error", i);
        mnet_net_free(again);
        free(copy);
    }
    EXPECT(!mnet_net_read_tflite("/nowhere/a.tflite", &error), "no file");
    expect_error("no file", &error, MNET_ERROR_IO, "/nowhere/a.tflite");
    mnet_buffer_free(data);
    mnet_net_free(net);
}

int main(void)
{
    check_families();
    check_features();
    check_variants();
    check_samples();
    check_damaged();
    return expect_report("net_read");
}
