/* SPDX-License-Identifier: MIT
 *
 * What mnet_mirror_tflite() refuses, and that a mean is of the kind of what it is taken of
 * where that is a batch of pictures. */
#include <mnet/mnet.h>

#include "expect.h"
#include "tflitebuilder.h"
#include "train/build.h"
#include "train/mirror.h"
#include "train/net_graph.h"
#include "train/random.h"

/* What is unusual about a file of one operator. */
typedef enum {
    NOTHING,
    TWO_PICTURES,
    TWO_OUTPUTS,
    RESHAPED_BEHIND,
    READ_BEHIND,
    NO_LIST,
    CHANNELS_FIRST
} Oddity;

/* The operator reads x [1, 4, 2, 3] and, where n_list is not 0, a list of integers; what
 * it makes has the dimensions that are not 0. */
typedef struct {
    const char *name, *why;
    const TbOperator *op;
    int n_list;
    int32_t list[4], dims[4];
    Oddity oddity;
} Refusal;

static int32_t add_map(TbModel *model, const char *name, const int32_t *dims)
{
    TbTensor map = { .name = name, .type = TFL_TYPE_FLOAT32 };
    while (map.rank < 4 && dims[map.rank]) {
        map.dims[map.rank] = dims[map.rank];
        map.rank++;
    }
    return tb_tensor(model, &map);
}

/* A network of two operators. */
static TbFile finish_pair(TbModel *model, int32_t input, const TbOperator *first,
                          const TbOperator *second)
{
    tb_operator(model, first);
    tb_operator(model, second);
    tb_input(model, input);
    tb_output(model, second->outputs[0]);
    return tb_finish(model);
}

static TbFile refused_file(const Refusal *r)
{
    TbModel *model = tb_model_new();
    TbOperator op = *r->op;
    int32_t picture[] = { r->oddity == TWO_PICTURES ? 2 : 1, 4, 2, 3 };
    if (r->oddity == CHANNELS_FIRST)
        memcpy(picture, (int32_t[]){ 1, 1, 8, 8 }, sizeof picture);
    int32_t x = add_map(model, "x", picture);
    int32_t y = add_map(model, "y", r->dims);
    op.n_outputs = 1;
    op.outputs[0] = y;
    op.n_inputs = r->n_list || r->oddity == NO_LIST ? 2 : 1;
    op.inputs[0] = x;
    op.inputs[1] = -1;
    if (r->n_list)
        op.inputs[1] = tb_ints(model, "list", r->n_list, r->list);
    tb_operator(model, &op);
    tb_input(model, x);
    if (r->oddity == TWO_OUTPUTS || r->oddity == READ_BEHIND) {
        op.inputs[0] = r->oddity == READ_BEHIND ? y : x;
        op.outputs[0] = add_map(model, "z", r->dims);
        tb_operator(model, &op);
        if (r->oddity == TWO_OUTPUTS)
            tb_output(model, op.outputs[0]);
    } else if (r->oddity == RESHAPED_BEHIND) {
        op.inputs[0] = y;
        op.inputs[1] = tb_ints(model, "row", 2, (int32_t[]){ 1, 24 });
        op.outputs[0] = y = add_map(model, "z", (int32_t[]){ 1, 24, 0 });
        tb_operator(model, &op);
    }
    tb_output(model, y);
    return tb_finish(model);
}

static void check_refusals(void)
{
    const TbOperator mean = { .builtin = TFL_OP_MEAN, .options = tb_mean_options(true) };
    const TbOperator curve = { .builtin = TFL_OP_HARD_SWISH };
    const TbOperator shape = { .builtin = TFL_OP_RESHAPE };
    const TbOperator turn = { .builtin = TFL_OP_TRANSPOSE };
    const TbOperator quantize = { .builtin = TFL_OP_QUANTIZE };
    const Refusal refusals[] = {
        { "mean", "0 MEAN takes the mean of", &mean, 2, { 0, 1 }, { 1, 1, 2, 3 }, NOTHING },
        { "axis", "0 MEAN takes the mean of", &mean, 1, { -4 }, { 1, 4, 2, 3 }, NOTHING },
        { "rows", "0 RESHAPE makes no", &shape, 2, { 4, 6 }, { 4, 6 }, RESHAPED_BEHIND },
        { "list", "its output is no single list", &shape, 2, { 4, 6 }, { 4, 6 }, NOTHING },
        { "flat", "its output is no single list", &shape, 1, { 24 }, { 24 }, NOTHING },
        { "axes", "0 MEAN has no constant axes", &mean, 0, { 0 }, { 1, 1, 1, 3 }, NO_LIST },
        { "turn", "0 TRANSPOSE is not", &turn, 4, { 0, 2, 1, 3 }, { 1, 2, 4, 3 }, NOTHING },
        { "batch", "input is no single picture", &curve, 0, { 0 }, { 2, 4, 2, 3 }, TWO_PICTURES },
        { "first", "input is no single picture", &curve, 0, { 0 }, { 1, 1, 8, 8 }, CHANNELS_FIRST },
        { "outputs", "several inputs or", &curve, 0, { 0 }, { 1, 4, 2, 3 }, TWO_OUTPUTS },
        { "read", "its output is read by", &curve, 0, { 0 }, { 1, 4, 2, 3 }, READ_BEHIND },
        { "quantize", "no operator computes", &quantize, 0, { 0 }, { 1, 4, 2, 3 }, NOTHING },
    };
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        MnetError error = { MNET_OK, "" };
        TbFile file = refused_file(&refusals[i]);
        uint8_t *data = NULL;
        size_t size;
        EXPECT(mnet_mirror_tflite_memory(file.data, file.size, &data, &size, &error), "%s",
               refusals[i].name);
        expect_error(refusals[i].name, &error, MNET_ERROR_UNSUPPORTED, refusals[i].why);
        tb_file_free(&file);
    }
}

/* A list of one row for the picture, times a map of more dimensions: with two rows it
 * would be repeated for the columns, of which there are two. */
static void check_broadcast(void)
{
    MnetError error = { MNET_OK, "" };
    uint8_t *data;
    size_t size;
    TbModel *model = tb_model_new();
    TbOperator mean = { .builtin = TFL_OP_MEAN, .options = tb_mean_options(false) };
    TbOperator mul = { .builtin = TFL_OP_MUL, .options = tb_binary_options(TFL_OPTIONS_MUL, 0) };
    int32_t x = add_map(model, "x", (int32_t[]){ 1, 4, 2, 3 });
    mean.n_inputs = mul.n_inputs = 2;
    mean.n_outputs = mul.n_outputs = 1;
    mean.inputs[0] = mul.inputs[0] = x;
    mean.inputs[1] = tb_ints(model, "axes", 2, (int32_t[]){ 1, 2 });
    mean.outputs[0] = mul.inputs[1] = add_map(model, "mean", (int32_t[]){ 1, 3, 0 });
    mul.outputs[0] = add_map(model, "y", (int32_t[]){ 1, 4, 2, 3 });
    TbFile file = finish_pair(model, x, &mean, &mul);
    EXPECT(mnet_mirror_tflite_memory(file.data, file.size, &data, &size, &error), "a row");
    expect_error("a row", &error, MNET_ERROR_UNSUPPORTED, "operator 1 MUL repeats input 1");
    tb_file_free(&file);
}

/* Weights of float16 behind a DEQUANTIZE. */
static void check_float16(void)
{
    static const uint8_t halves[2 * 3 * 3];
    MnetError error = { MNET_OK, "" };
    uint8_t *data;
    size_t size;
    TbModel *model = tb_model_new();
    TbTensor weights = { .name = "halves",
                         .type = TFL_TYPE_FLOAT16,
                         .rank = 2,
                         .dims = { 3, 3 },
                         .data = halves,
                         .bytes = sizeof halves };
    TbOperator unpack = { .builtin = TFL_OP_DEQUANTIZE, .n_inputs = 1, .n_outputs = 1 };
    TbOperator dense = { .builtin = TFL_OP_FULLY_CONNECTED,
                         .n_inputs = 2,
                         .n_outputs = 1,
                         .options = tb_fully_connected_options(0, true) };
    dense.inputs[0] = add_map(model, "x", (int32_t[]){ 1, 4, 2, 3 });
    unpack.inputs[0] = tb_tensor(model, &weights);
    unpack.outputs[0] = dense.inputs[1] = add_map(model, "weights", (int32_t[]){ 3, 3, 0 });
    dense.outputs[0] = add_map(model, "y", (int32_t[]){ 1, 4, 2, 3 });
    TbFile file = finish_pair(model, dense.inputs[0], &unpack, &dense);
    EXPECT(mnet_mirror_tflite_memory(file.data, file.size, &data, &size, &error), "float16");
    expect_error("float16", &error, MNET_ERROR_UNSUPPORTED, "operator 0 DEQUANTIZE is not among");
    tb_file_free(&file);
}

/* FULLY_CONNECTED of 4 rows for a picture, or of each of 4 pictures, and the mean of the
 * first dimension. */
static MnetOutputKind kind_of_mean(bool pictures)
{
    static const float numbers[9];
    MnetOutputKind kind = MNET_OUTPUT_OTHER;
    MnetError error = { MNET_OK, "" };
    TbModel *model = tb_model_new();
    TbTensor weights = { .name = "weights",
                         .type = TFL_TYPE_FLOAT32,
                         .rank = 2,
                         .dims = { 3, 3 },
                         .data = numbers,
                         .bytes = sizeof numbers };
    TbOperator dense = { .builtin = TFL_OP_FULLY_CONNECTED, .n_inputs = 2, .n_outputs = 1 };
    TbOperator mean = {
        .builtin = TFL_OP_MEAN, .n_inputs = 2, .n_outputs = 1, .options = tb_mean_options(true)
    };
    dense.options = tb_fully_connected_options(0, false);
    dense.inputs[0] = add_map(model, "x", (int32_t[]){ pictures ? 4 : 1, pictures ? 1 : 4, 1, 3 });
    dense.inputs[1] = tb_tensor(model, &weights);
    dense.outputs[0] = mean.inputs[0] = add_map(model, "rows", (int32_t[]){ 4, 3, 0 });
    mean.inputs[1] = tb_ints(model, "axes", 1, (int32_t[]){ 0 });
    mean.outputs[0] = add_map(model, "y", (int32_t[]){ 1, 3, 0 });
    TbFile file = finish_pair(model, dense.inputs[0], &dense, &mean);
    MnetModel *loaded = mnet_model_load_memory(file.data, file.size, NULL, &error);
    EXPECT(loaded, "%s", error.text);
    if (loaded)
        kind = mnet_model_output(loaded, 0)->kind;
    mnet_model_unref(loaded);
    tb_file_free(&file);
    return kind;
}

static void check_kinds(void)
{
    EXPECT(kind_of_mean(true) == MNET_OUTPUT_LOGITS, "the mean over pictures");
    EXPECT(kind_of_mean(false) == MNET_OUTPUT_FEATURES, "the mean over a picture's rows");
}

/* Bytes set at random: mirrored or refused, nothing else. */
static void check_damaged(void)
{
    MnetError error = { MNET_OK, "" };
    uint8_t *data, *mirrored;
    size_t size, mirrored_size;
    MnetRandom random = { 4 };
    MnetNetOptions options = {
        .family = MNET_NET_V3_SMALL, .width = 0.05, .resolution = 16, .n_classes = 2
    };
    MnetNet *net = mnet_net_build(&options, &error);
    if (!net || mnet_net_tflite(net, &data, &size, &error))
        exit(1);
    for (int i = 0; i < 300; i++) {
        uint8_t *copy = expect_copy(data, size);
        for (int k = 0; k < 3; k++)
            copy[mnet_random_below(&random, size < 30000 ? (uint32_t)size : 30000)] =
                (uint8_t)mnet_random_u64(&random);
        error = (MnetError){ MNET_OK, "" };
        mirrored = NULL;
        MnetStatus status =
            mnet_mirror_tflite_memory(copy, size, &mirrored, &mirrored_size, &error);
        EXPECT(!status == (mirrored != NULL) && error.status == status, "variant %d: %s", i,
               error.text);
        mnet_buffer_free(mirrored);
        free(copy);
    }
    EXPECT(!mnet_mirror_tflite_memory(data, size, &mirrored, &mirrored_size, &error), "%s",
           error.text);
    uint8_t *again;
    EXPECT(mnet_mirror_tflite_memory(mirrored, mirrored_size, &again, &size, &error), "twice");
    expect_error("twice", &error, MNET_ERROR_UNSUPPORTED, "operator 0 STRIDED_SLICE may take");
    mnet_buffer_free(mirrored);
    EXPECT(mnet_mirror_tflite("/nowhere/a.tflite", &mirrored, &size, &error), "no file");
    expect_error("no file", &error, MNET_ERROR_IO, "/nowhere/a.tflite");
    mnet_buffer_free(data);
    mnet_net_free(net);
}

int main(void)
{
    check_refusals();
    check_broadcast();
    check_float16();
    check_kinds();
    check_damaged();
    return expect_report("mirror_refused");
}
