/* SPDX-License-Identifier: MIT
 *
 * What is folded of whole maps: dilated convolutions spelled as batches, class maps of
 * enlarged scores, biases that are an ADD.  The result is that of the same network whose
 * inner tensors are outputs, too, so that nothing can be folded away. */
#include <mnet/mnet.h>

#include "expect.h"
#include "ops_case.h"

#define ROUNDS 80
#define MAX_ELEMENTS 16384

typedef struct {
    TbModel *model;
    int type;
    bool open;  /* all tensors are outputs */
    int32_t at; /* the tensor that the next operator reads */
} Chain;

static uint8_t numbers[MAX_ELEMENTS * 4];

static int32_t activation(const Chain *c, int type, const int32_t *dims)
{
    TbTensor t = { .name = "t",
                   .type = type,
                   .rank = 4,
                   .no_shape = !dims,
                   .n_scales = type == TFL_TYPE_INT8 || type == TFL_TYPE_UINT8,
                   .scale = 0.5f,
                   .zero_point = 3 };
    if (dims)
        memcpy(t.dims, dims, 4 * sizeof *dims);
    return tb_tensor(c->model, &t);
}

static Chain begin(int type, bool open, const int32_t *dims)
{
    Chain c = { tb_model_new(), type, open, 0 };
    c.at = activation(&c, type, dims);
    tb_input(c.model, c.at);
    return c;
}

/* `op` has its inputs but the first; `last` is the network's output. */
static void add(Chain *c, TbOperator op, int to, bool last)
{
    op.inputs[0] = c->at;
    op.outputs[0] = activation(c, to, NULL);
    op.n_outputs = 1;
    tb_operator(c->model, &op);
    c->at = op.outputs[0];
    if (last)
        tb_output(c->model, c->at);
}

static void show(const Chain *c)
{
    if (c->open)
        tb_output(c->model, c->at);
}

static int32_t pairs(const Chain *c, const int32_t *values)
{
    return tb_tensor(c->model, &(TbTensor){ .name = "pairs",
                                            .type = TFL_TYPE_INT32,
                                            .rank = 2,
                                            .dims = { 2, 2 },
                                            .data = values,
                                            .bytes = 16 });
}

static int32_t weights(const Chain *c, const int32_t *dims)
{
    bool floats = c->type == TFL_TYPE_FLOAT32;
    TbTensor t = { .name = "w",
                   .type = c->type,
                   .rank = 4,
                   .n_scales = !floats,
                   .scale = 0.01f,
                   .zero_point = c->type == TFL_TYPE_UINT8 ? 128 : 0,
                   .data = numbers,
                   .bytes = (size_t)(dims[0] * dims[1] * dims[2] * dims[3]) * (floats ? 4 : 1) };
    memcpy(t.dims, dims, sizeof t.dims[0] * 4);
    return tb_tensor(c->model, &t);
}

typedef struct {
    uint8_t bytes[MAX_ELEMENTS * 8];
    MnetTensorInfo info;
    size_t operators;
    char note[56];
} Result;

/* The last output of the network, which reads the numbers as they are stored. */
static void run(const char *name, Chain *c, const void *input, Result *result)
{
    MnetError error = { MNET_OK, "" };
    TbFile file = tb_finish(c->model);
    MnetModel *model = mnet_model_load_memory(file.data, file.size, NULL, &error);
    MnetSession *session = model ? mnet_session_new(model, NULL, &error) : NULL;
    if (!session) {
        printf("%s: %s\n", name, error.text);
        exit(1);
    }
    size_t last = mnet_model_n_outputs(model) - 1;
    memcpy(mnet_session_input(session, 0), input, mnet_model_input(model, 0)->bytes);
    mnet_session_run(session);
    result->info = *mnet_model_output(model, last);
    EXPECT(result->info.bytes <= sizeof result->bytes, "%s: %zu bytes", name, result->info.bytes);
    memcpy(result->bytes, mnet_session_output(session, last), result->info.bytes);
    MnetOperatorInfo op;
    result->note[0] = 0;
    for (result->operators = 0; mnet_model_operator(model, result->operators, &op);
         result->operators++)
        if (op.note[0] && !strstr(op.note, "int8"))
            snprintf(result->note, sizeof result->note, "%s", op.note);
    mnet_session_free(session);
    mnet_model_unref(model);
    tb_file_free(&file);
}

static void compare(const char *name, const Result *folded, const Result *open, const char *note,
                    size_t fewer, float bound)
{
    EXPECT(folded->operators + fewer == open->operators, "%s: %zu operators of %zu", name,
           folded->operators, open->operators);
    EXPECT(!strcmp(folded->note, note), "%s: note \"%s\"", name, folded->note);
    EXPECT(folded->info.elements == open->info.elements, "%s: %zu elements, not %zu", name,
           folded->info.elements, open->info.elements);
    for (size_t i = 0; i < open->info.elements; i++) {
        float a = mnet_tensor_value(&folded->info, folded->bytes, i);
        float b = mnet_tensor_value(&open->info, open->bytes, i);
        if (!(a - b <= bound && b - a <= bound)) {
            EXPECT(false, "%s: element %zu is %g, not %g", name, i, (double)a, (double)b);
            break;
        }
    }
}

typedef struct {
    int32_t dims[4], block[2], before[4], behind[4], w[4];
    bool depthwise;
} Dilation;

static Dilation draw_dilation(void)
{
    Dilation d = { .dims = { ops_draw(1, 2), ops_draw(3, 9), ops_draw(3, 9), ops_draw(1, 5) },
                   .depthwise = ops_draw(0, 1) };
    for (int i = 0; i < 2; i++) {
        d.block[i] = ops_draw(1, 3);
        d.behind[2 * i] = ops_draw(0, 1);
        d.behind[2 * i + 1] = ops_draw(0, 1);
        d.before[2 * i] = d.behind[2 * i] + ops_draw(0, 4);
        d.before[2 * i + 1] = d.behind[2 * i + 1] + ops_draw(0, 4);
        while ((d.dims[1 + i] + d.before[2 * i] + d.before[2 * i + 1]) % d.block[i])
            d.before[2 * i + 1]++;
        int32_t phase = (d.dims[1 + i] + d.before[2 * i] + d.before[2 * i + 1]) / d.block[i];
        d.w[1 + i] = ops_draw(1, phase < 3 ? phase : 3);
        /* Something is left behind the crop. */
        if ((phase - d.w[1 + i] + 1) * d.block[i] <= 2)
            d.w[1 + i] = 1;
        if (phase * d.block[i] <= 2)
            d.behind[2 * i] = d.behind[2 * i + 1] = 0;
    }
    d.w[0] = d.depthwise ? 1 : ops_draw(1, 4);
    d.w[3] = d.dims[3];
    return d;
}

static Chain dilation_chain(const Dilation *d, int type, bool open)
{
    Chain c = begin(type, open, d->dims);
    add(&c,
        (TbOperator){ .builtin = TFL_OP_SPACE_TO_BATCH_ND,
                      .inputs = { 0, tb_ints(c.model, "b", 2, d->block), pairs(&c, d->before) },
                      .n_inputs = 3 },
        type, open);
    TbOptions conv = tb_conv_options(TFL_PADDING_VALID, 1, 1, 1, 1, TFL_ACTIVATION_RELU);
    TbOptions depthwise =
        tb_depthwise_options(TFL_PADDING_VALID, 1, 1, 1, 1, 1, TFL_ACTIVATION_RELU6);
    add(&c,
        (TbOperator){ .builtin = d->depthwise ? TFL_OP_DEPTHWISE_CONV_2D : TFL_OP_CONV_2D,
                      .inputs = { 0, weights(&c, d->w) },
                      .n_inputs = 2,
                      .options = d->depthwise ? depthwise : conv },
        type, open);
    add(&c,
        (TbOperator){ .builtin = TFL_OP_BATCH_TO_SPACE_ND,
                      .inputs = { 0, tb_ints(c.model, "b", 2, d->block), pairs(&c, d->behind) },
                      .n_inputs = 3 },
        type, true);
    return c;
}

static void check_dilation(int type)
{
    static uint8_t input[MAX_ELEMENTS * 4];
    static Result folded, open;
    Dilation d = draw_dilation();
    ops_fill(type, MAX_ELEMENTS, input);
    Chain one = dilation_chain(&d, type, false), all = dilation_chain(&d, type, true);
    run("a dilation", &one, input, &folded);
    run("a dilation", &all, input, &open);
    size_t flips = type == TFL_TYPE_UINT8 ? 2 : 0;
    compare("a dilation", &folded, &open, "dilation", 2 + flips, 1e-4f);
}

/* What asks for more crop than there was padding stays as it is. */
static void check_crop(void)
{
    static Result result;
    Dilation d = { { 1, 8, 8, 2 }, { 2, 2 }, { 0 }, { 1, 1, 0, 0 }, { 1, 1, 1, 2 }, true };
    Chain c = dilation_chain(&d, TFL_TYPE_INT8, false);
    run("a crop without padding", &c, numbers, &result);
    EXPECT(result.operators == 3 && !result.note[0], "%zu operators", result.operators);
}

static Chain class_map_chain(int type, bool open, const int32_t *dims, const int32_t *size, int to,
                             int mode)
{
    static const int32_t axes[] = { 3, -1 };
    Chain c = begin(type, open, dims);
    add(&c,
        (TbOperator){ .builtin = TFL_OP_RESIZE_BILINEAR,
                      .inputs = { 0, tb_ints(c.model, "size", 2, size) },
                      .n_inputs = 2,
                      .options =
                          tb_resize_options(TFL_OPTIONS_RESIZE_BILINEAR, mode == 1, mode == 2) },
        type, false);
    show(&c);
    add(&c,
        (TbOperator){ .builtin = TFL_OP_ARG_MAX,
                      .inputs = { 0, tb_ints(c.model, "axis", 1, &axes[mode & 1]) },
                      .n_inputs = 2 },
        to, true);
    return c;
}

/* Few different scores, so that many are equal; or all there are. */
static void check_class_map(int type, int to)
{
    static uint8_t input[MAX_ELEMENTS * 4];
    static Result folded, open;
    int mode = ops_draw(0, 2);
    const int32_t dims[] = { ops_draw(1, 2), ops_draw(1, 5), ops_draw(1, 5), ops_draw(1, 12) };
    const int32_t size[] = { ops_draw(1, 24), ops_draw(1, 24) };
    ops_fill(type, MAX_ELEMENTS, input);
    for (size_t i = 0; ops_draw(0, 1) == 0 && i < MAX_ELEMENTS; i++)
        input[i] = (uint8_t)(input[i] % 4 + 126);
    Chain one = class_map_chain(type, false, dims, size, to, mode);
    Chain all = class_map_chain(type, true, dims, size, to, mode);
    run("a class map", &one, input, &folded);
    run("a class map", &all, input, &open);
    size_t flips = type == TFL_TYPE_UINT8 ? 1 : 0;
    compare("a class map", &folded, &open, "ARG_MAX", 1 + flips, 0);
}

static Chain bias_chain(bool open, int kind, const int32_t *dims, const float *bias)
{
    static const int32_t builtins[] = { TFL_OP_CONV_2D, TFL_OP_DEPTHWISE_CONV_2D,
                                        TFL_OP_TRANSPOSE_CONV };
    Chain c = begin(TFL_TYPE_FLOAT32, open, dims);
    int32_t x = c.at, n = kind == 1 ? dims[3] : 3;
    const int32_t w[] = { kind == 1 ? 1 : n, 2, 2, dims[3] };
    const int32_t shape[] = { dims[0], 2 * dims[1], 2 * dims[2], n };
    TbOperator op = { .builtin = builtins[kind], .n_inputs = 2, .inputs = { 0, weights(&c, w) } };
    op.options = kind == 0   ? tb_conv_options(TFL_PADDING_SAME, 1, 1, 1, 1, 0)
                 : kind == 1 ? tb_depthwise_options(TFL_PADDING_SAME, 1, 1, 1, 1, 1, 0)
                             : tb_transpose_conv_options(TFL_PADDING_SAME, 2, 2, 0);
    if (kind == 2) {
        c.at = tb_ints(c.model, "shape", 4, shape);
        op.inputs[2] = x;
        op.n_inputs = 3;
    }
    add(&c, op, TFL_TYPE_FLOAT32, false);
    show(&c);
    int32_t constant = tb_tensor(c.model, &(TbTensor){ .name = "bias",
                                                       .type = TFL_TYPE_FLOAT32,
                                                       .rank = 1,
                                                       .dims = { n },
                                                       .data = bias,
                                                       .bytes = 4 * (size_t)n });
    add(&c,
        (TbOperator){ .builtin = TFL_OP_ADD,
                      .inputs = { 0, constant },
                      .n_inputs = 2,
                      .options = tb_binary_options(TFL_OPTIONS_ADD, TFL_ACTIVATION_RELU) },
        TFL_TYPE_FLOAT32, true);
    return c;
}

static void check_bias(int kind)
{
    static uint8_t input[MAX_ELEMENTS * 4];
    static Result folded, open;
    float bias[8];
    const int32_t dims[] = { 1, ops_draw(2, 6), ops_draw(2, 6), ops_draw(1, 6) };
    ops_fill(TFL_TYPE_FLOAT32, 8, bias);
    ops_fill(TFL_TYPE_FLOAT32, MAX_ELEMENTS, input);
    Chain one = bias_chain(false, kind, dims, bias), all = bias_chain(true, kind, dims, bias);
    run("a bias", &one, input, &folded);
    run("a bias", &all, input, &open);
    compare("a bias", &folded, &open, "ADD", 1, 1e-4f);
}

/* Bytes that are floats for MIRROR_PAD alone. */
static void check_float_move(void)
{
    static uint8_t input[MAX_ELEMENTS * 4];
    static Result results[2];
    static const int32_t dims[] = { 1, 5, 6, 3 }, paddings[] = { 0, 0, 2, 1, 1, 3, 0, 0 };
    ops_fill(TFL_TYPE_INT8, MAX_ELEMENTS, input);
    for (int open = 0; open < 2; open++) {
        Chain c = begin(TFL_TYPE_INT8, open, dims);
        add(&c, (TbOperator){ .builtin = TFL_OP_DEQUANTIZE, .n_inputs = 1 }, TFL_TYPE_FLOAT32,
            false);
        show(&c);
        TbOperator pad = { .builtin = TFL_OP_MIRROR_PAD, .n_inputs = 2 };
        pad.options = tb_mirror_pad_options(0);
        pad.inputs[1] = tb_tensor(c.model, &(TbTensor){ .name = "paddings",
                                                        .type = TFL_TYPE_INT32,
                                                        .rank = 2,
                                                        .dims = { 4, 2 },
                                                        .data = paddings,
                                                        .bytes = sizeof paddings });
        add(&c, pad, TFL_TYPE_FLOAT32, false);
        show(&c);
        add(&c, (TbOperator){ .builtin = TFL_OP_QUANTIZE, .n_inputs = 1 }, TFL_TYPE_INT8, true);
        run("bytes through floats", &c, input, &results[open]);
    }
    compare("bytes through floats", &results[0], &results[1], "DEQUANTIZE, QUANTIZE", 2, 0);
}

int main(void)
{
    static const int types[] = { TFL_TYPE_FLOAT32, TFL_TYPE_INT8, TFL_TYPE_UINT8 };
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < 3; i++) {
            ops_fill(types[i], MAX_ELEMENTS, numbers);
            check_dilation(types[i]);
        }
        ops_fill(TFL_TYPE_FLOAT32, MAX_ELEMENTS, numbers);
        for (int kind = 0; kind < 3; kind++)
            check_bias(kind);
        check_class_map(TFL_TYPE_INT8, TFL_TYPE_INT32);
        check_class_map(TFL_TYPE_INT8, TFL_TYPE_INT64);
        check_class_map(TFL_TYPE_UINT8, TFL_TYPE_INT64);
    }
    check_crop();
    check_float_move();
    return expect_report("fold_maps");
}
