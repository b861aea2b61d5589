/* SPDX-License-Identifier: MIT
 *
 * What a model says of outputs that are inputs or constants, whose labels are
 * shared, and what happens when a file asks for more than the limit. */
#include <mnet/mnet.h>

#include "expect.h"
#include "tflitebuilder.h"

#define N 4

/* Takes the file; NULL and `error` filled when it is refused. */
static MnetModel *load(TbFile file, MnetError *error)
{
    *error = (MnetError){ MNET_OK, "" };
    MnetModel *model = mnet_model_load_memory(file.data, file.size, NULL, error);
    /* The caller's bytes live as long as the model; these are kept to the end. */
    static TbFile kept;
    tb_file_free(&kept);
    kept = file;
    return model;
}

static int32_t tensor(TbModel *model, const char *name, int type, const void *data, size_t bytes)
{
    return tb_tensor(model, &(TbTensor){ .name = name,
                                         .type = type,
                                         .rank = 2,
                                         .dims = { 1, N },
                                         .n_scales = type != TFL_TYPE_FLOAT32,
                                         .scale = 1.0f / 256,
                                         .zero_point = type == TFL_TYPE_UINT8 ? 3 : 0,
                                         .data = data,
                                         .bytes = bytes });
}

static void relu(TbModel *model, int32_t from, int32_t to)
{
    tb_operator(model, &(TbOperator){ .builtin = TFL_OP_RELU,
                                      .inputs = { from },
                                      .n_inputs = 1,
                                      .outputs = { to },
                                      .n_outputs = 1 });
}

static void expect_output(const MnetModel *model, MnetSession *session, size_t index, int type,
                          const void *bytes, const char *name)
{
    const MnetTensorInfo *info = mnet_session_output_info(session, index);
    bool floats = type == TFL_TYPE_FLOAT32;
    EXPECT(info->type == (floats ? MNET_TYPE_FLOAT32 : MNET_TYPE_UINT8), "%s: %s", name,
           mnet_type_name(info->type));
    EXPECT(info->zero_point == (floats ? 0 : 3), "%s: zero point %d", name, info->zero_point);
    EXPECT(!strcmp(info->name, mnet_model_output(model, index)->name), "%s: name", name);
    EXPECT(!memcmp(mnet_session_output(session, index), bytes, info->bytes), "%s: bytes", name);
}

/* RELU of the input and of a constant; both and their sources are outputs, the
 * constant twice. */
static void check_outer_outputs(int type)
{
    static const float floats[2][N] = { { 1, 2, -3, 4 }, { -5, 6, 7, 8 } };
    static const uint8_t bytes[2][N] = { { 1, 2, 3, 4 }, { 0, 100, 200, 255 } };
    static const float float_relu[2][N] = { { 1, 2, 0, 4 }, { 0, 6, 7, 8 } };
    static const uint8_t byte_relu[2][N] = { { 3, 3, 3, 4 }, { 3, 100, 200, 255 } };
    bool f = type == TFL_TYPE_FLOAT32;
    const void *values[2] = { f ? (const void *)floats[0] : bytes[0],
                              f ? (const void *)floats[1] : bytes[1] };
    const void *relus[2] = { f ? (const void *)float_relu[0] : byte_relu[0],
                             f ? (const void *)float_relu[1] : byte_relu[1] };
    size_t size = f ? sizeof floats[0] : sizeof bytes[0];
    TbModel *builder = tb_model_new();
    int32_t x = tensor(builder, "x", type, NULL, 0),
            c = tensor(builder, "c", type, values[1], size);
    int32_t y = tensor(builder, "y", type, NULL, 0), z = tensor(builder, "z", type, NULL, 0);
    relu(builder, x, y);
    relu(builder, c, z);
    tb_input(builder, x);
    const int32_t outputs[] = { x, y, c, z, c };
    for (size_t i = 0; i < 5; i++)
        tb_output(builder, outputs[i]);
    MnetError error;
    MnetModel *model = load(tb_finish(builder), &error);
    MnetSession *session = model ? mnet_session_new(model, NULL, &error) : NULL;
    EXPECT(session, "type %d: %s", type, error.text);
    if (session) {
        memcpy(mnet_session_input(session, 0), values[0], size);
        mnet_session_run(session);
        expect_output(model, session, 0, type, values[0], "the input");
        expect_output(model, session, 1, type, relus[0], "its RELU");
        expect_output(model, session, 2, type, values[1], "the constant");
        expect_output(model, session, 3, type, relus[1], "its RELU");
        expect_output(model, session, 4, type, values[1], "the constant again");
    }
    mnet_session_free(session);
    mnet_model_unref(model);
}

/* `n` outputs; those of a group of `each` name one file of labels. */
static TbFile labelled(int n, int each, const char *text)
{
    static char names[TB_MAX_IO][8];
    TbMetadata facts = { .n_outputs = n };
    TbEntry entries[TB_MAX_IO];
    TbModel *builder = tb_model_new();
    int32_t x = tensor(builder, "x", TFL_TYPE_FLOAT32, NULL, 0);
    tb_input(builder, x);
    for (int i = 0; i < n; i++) {
        int32_t y = tensor(builder, "y", TFL_TYPE_FLOAT32, NULL, 0);
        relu(builder, x, y);
        tb_output(builder, y);
        snprintf(names[i], sizeof names[i], "%d.txt", i);
        facts.outputs[i].labels = names[i / each];
        entries[i] = (TbEntry){
            .name = names[i], .data = text, .size = strlen(text), .deflate = i % 2 == 0
        };
    }
    TbFile bytes = tb_metadata(&facts);
    tb_model_metadata(builder, "TFLITE_METADATA", bytes.data, bytes.size);
    tb_file_free(&bytes);
    TbFile file = tb_finish(builder);
    tb_append_zip(&file, entries, n / each);
    return file;
}

static void check_shared_labels(void)
{
    MnetError error;
    MnetModel *model = load(labelled(6, 3, "a\nb\nc\nd\n"), &error);
    EXPECT(model, "%s", error.text);
    for (size_t i = 0; model && i < 6; i++) {
        const MnetLabels *labels = mnet_model_labels(model, i);
        EXPECT(labels && !strcmp(mnet_labels_get(labels, 3), "d"), "labels of output %zu", i);
        EXPECT(labels == mnet_model_labels(model, i / 3 * 3), "output %zu shares them", i);
    }
    EXPECT(!model || mnet_model_labels(model, 0) != mnet_model_labels(model, 3), "two files");
    mnet_model_unref(model);
    /* Labels that cannot be used are shared, too. */
    model = load(labelled(2, 2, "a\xff\n"), &error);
    EXPECT(model && !mnet_model_labels(model, 0) && !mnet_model_labels(model, 1), "no labels");
    mnet_model_unref(model);
}

/* A number of six digits asks for a million labels of eight bytes; of four they are
 * within the bound. */
static void check_labels_bound(void)
{
    MnetError error;
    MnetModel *model = load(labelled(TB_MAX_IO, TB_MAX_IO, "999999 last\n"), &error);
    EXPECT(model && mnet_labels_count(mnet_model_labels(model, 15)) == 1000000, "%s", error.text);
    mnet_model_unref(model);
    model = load(labelled(TB_MAX_IO, 1, "999999 last\n"), &error);
    EXPECT((model != NULL) == (sizeof(char *) == 4), "16 million labels");
    if (!model)
        expect_error("16 million labels", &error, MNET_ERROR_LIMIT, "16 times its size and 64 MiB");
    mnet_model_unref(model);
}

/* The same weights in layer after layer, each of which packs them. */
static TbFile layers(int n)
{
    static int8_t weights[1024][1024];
    TbModel *builder = tb_model_new();
    TbTensor map = {
        .type = TFL_TYPE_INT8, .rank = 2, .dims = { 1, 1024 }, .n_scales = 1, .scale = 1
    };
    TbTensor constant = { .type = TFL_TYPE_INT8,
                          .rank = 2,
                          .dims = { 1024, 1024 },
                          .n_scales = 1,
                          .scale = 0.01f,
                          .data = weights,
                          .bytes = sizeof weights };
    int32_t x = tb_tensor(builder, &map), w = tb_tensor(builder, &constant);
    tb_input(builder, x);
    for (int i = 0; i < n; i++) {
        int32_t y = tb_tensor(builder, &map);
        tb_operator(builder, &(TbOperator){ .builtin = TFL_OP_FULLY_CONNECTED,
                                            .inputs = { x, w },
                                            .n_inputs = 2,
                                            .outputs = { y },
                                            .n_outputs = 1,
                                            .options = tb_fully_connected_options(0, false) });
        x = y;
    }
    tb_output(builder, x);
    return tb_finish(builder);
}

static void check_weights_bound(void)
{
    MnetError error;
    MnetModel *model = load(layers(20), &error);
    EXPECT(model, "20 layers: %s", error.text);
    mnet_model_unref(model);
    EXPECT(!load(layers(100), &error), "100 layers");
    expect_error("100 layers", &error, MNET_ERROR_LIMIT, "16 times its size and 64 MiB");
    EXPECT(!mnet_model_load_memory("", 0, NULL, NULL), "no error to fill");
}

int main(void)
{
    check_outer_outputs(TFL_TYPE_FLOAT32);
    check_outer_outputs(TFL_TYPE_UINT8);
    check_shared_labels();
    check_labels_bound();
    check_weights_bound();
    MnetError error;
    load((TbFile){ 0 }, &error); /* frees what is kept */
    return expect_report("model");
}
