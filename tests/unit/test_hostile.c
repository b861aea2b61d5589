/* SPDX-License-Identifier: MIT
 *
 * Files that are well-formed and lie: about shapes, scales, indices, data, order
 * and size.  Each runs or is refused as its line says. */
#include <math.h>

#include "expect.h"
#include "hostile.h"

enum { X, W, B, Y, N_TENSORS };

/* An int8 convolution that is right until a case changes it. */
typedef struct {
    TbTensor tensors[N_TENSORS];
    TbOperator op;
    int32_t input, output;
} Layer;

static const int8_t weights[2 * 3 * 3 * 2] = { 1, -2, 3, 4, -5, 6 };
static const int32_t biases[2] = { 7, -8 };
static const float scales[4] = { 0.01f, 0.02f, 0.03f, 0.04f };
static const int64_t zeros[4];

static Layer good_layer(void)
{
    return (Layer){ .tensors = { [X] = { .name = "x",
                                         .type = TFL_TYPE_INT8,
                                         .rank = 4,
                                         .dims = { 1, 4, 5, 2 },
                                         .n_scales = 1,
                                         .scale = 0.5f },
                                 [W] = { .name = "w",
                                         .type = TFL_TYPE_INT8,
                                         .rank = 4,
                                         .dims = { 2, 3, 3, 2 },
                                         .n_scales = 2,
                                         .n_zero_points = 2,
                                         .scales = scales,
                                         .zero_points = zeros,
                                         .data = weights,
                                         .bytes = sizeof weights },
                                 [B] = { .name = "b",
                                         .type = TFL_TYPE_INT32,
                                         .rank = 1,
                                         .dims = { 2 },
                                         .data = biases,
                                         .bytes = sizeof biases },
                                 [Y] = { .name = "y",
                                         .type = TFL_TYPE_INT8,
                                         .rank = 4,
                                         .dims = { 1, 4, 5, 2 },
                                         .n_scales = 1,
                                         .scale = 0.5f } },
                    .op = { .builtin = TFL_OP_CONV_2D,
                            .n_inputs = 3,
                            .inputs = { X, W, B },
                            .n_outputs = 1,
                            .outputs = { Y },
                            .options = tb_conv_options(TFL_PADDING_SAME, 1, 1, 1, 1,
                                                       TFL_ACTIVATION_NONE) },
                    .input = X,
                    .output = Y };
}

static TbFile build(const Layer *layer)
{
    TbModel *model = tb_model_new();
    for (int i = 0; i < N_TENSORS; i++)
        tb_tensor(model, &layer->tensors[i]);
    tb_operator(model, &layer->op);
    tb_input(model, layer->input);
    tb_output(model, layer->output);
    return tb_finish(model);
}

/* Judges the file and frees it.  `part` is in the error's text; NULL: it runs. */
static void expect_file(const char *name, TbFile file, const char *part)
{
    MnetError error = { MNET_OK, "" };
    HostileVerdict verdict = hostile_judge(name, file.data, file.size, &error);
    EXPECT(verdict == (part ? HOSTILE_REFUSED : HOSTILE_RAN), "%s: verdict %d \"%s\"", name,
           verdict, error.text);
    EXPECT(!part || strstr(error.text, part), "%s: \"%s\", expected \"%s\"", name, error.text,
           part);
    tb_file_free(&file);
}

static void expect_layer(const char *name, const Layer *layer, const char *part)
{
    expect_file(name, build(layer), part);
}

static void check_dimensions(void)
{
    static const struct {
        int32_t value;
        const char *part;
    } cases[] = {
        { 0, "dimension 1 is 0, expected 1 to" },     { -1, "dimension 1 is -1, expected 1 to" },
        { INT32_MIN, "dimension 1 is -2147483648" },  { INT32_MAX, "dimension 1 is 2147483647" },
        { (1 << 24) + 1, "dimension 1 is 16777217" }, { 1 << 24, "its output is declared as" }
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Layer layer = good_layer();
        layer.tensors[X].dims[1] = cases[i].value;
        expect_layer("a dimension of the input", &layer, cases[i].part);
    }
    Layer layer = good_layer();
    layer.tensors[X].dims[1] = layer.tensors[Y].dims[1] = 1 << 24;
    expect_layer("a high picture", &layer, "bytes of memory, the limit is 67108864");
    layer.tensors[X].dims[2] = layer.tensors[Y].dims[2] = 1 << 24;
    expect_layer("a large picture", &layer, "the shape makes more than");
    layer = good_layer();
    layer.tensors[X].rank = 7;
    expect_layer("seven dimensions", &layer, "7 dimensions, at most 6 are supported");
    layer = good_layer();
    layer.tensors[W].dims[3] = 1;
    expect_layer("a constant that is longer than its shape", &layer, "the constant has 36 bytes");
    layer = good_layer();
    layer.tensors[B].dims[0] = 1000;
    expect_layer("a constant that is shorter than its shape", &layer, "the constant has 8 bytes");
}

static void check_scales(void)
{
    static const struct {
        float value;
        const char *part;
    } cases[] = {
        { NAN, "scale nan" }, { INFINITY, "scale inf" }, { -INFINITY, "scale -inf" },
        { 0, "scale 0" },     { -0.5f, "scale -0.5" },   { 1e-45f, NULL },
        { 1.18e-38f, NULL },  { 3.4e38f, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Layer layer = good_layer();
        layer.tensors[X].scale = cases[i].value;
        expect_layer("the scale of an input", &layer, cases[i].part);
        layer = good_layer();
        layer.tensors[Y].scale = cases[i].value;
        expect_layer("the scale of an output", &layer, cases[i].part);
    }
    /* The factor of the products is infinite, their sums are not. */
    Layer layer = good_layer();
    layer.tensors[W].n_scales = 1;
    layer.tensors[W].scales = NULL;
    layer.tensors[W].n_zero_points = 1;
    layer.tensors[X].scale = layer.tensors[W].scale = 3e38f;
    layer.tensors[Y].scale = 1e-38f;
    expect_layer("factors that no number holds", &layer, NULL);
}

static void check_quantisation(void)
{
    Layer layer = good_layer();
    layer.tensors[X].zero_point = 128;
    expect_layer("a zero point above", &layer, "zero point 128 is outside -128 to 127");
    layer.tensors[X].zero_point = -129;
    expect_layer("a zero point below", &layer, "zero point -129 is outside");
    layer.tensors[X].zero_point = INT64_MAX;
    expect_layer("a zero point far above", &layer, "zero point 0 is 9223372036854775807");
    layer = good_layer();
    layer.tensors[W].n_scales = layer.tensors[W].n_zero_points = 3;
    expect_layer("three scales", &layer, "3 scales for dimension 0 of size 2, expected 1 or 2");
    layer = good_layer();
    layer.tensors[W].n_zero_points = 3;
    expect_layer("three zero points", &layer, "3 zero points for 2 scales");
    layer = good_layer();
    layer.tensors[W].quantized_dimension = 3;
    expect_layer("the dimension of another layer", &layer,
                 "2 scales along dimension 3, 1 or 2 along 0 expected");
    layer.tensors[W].quantized_dimension = 4;
    expect_layer("a dimension that is not", &layer, "quantised along dimension 4");
    layer.tensors[W].quantized_dimension = -1;
    expect_layer("a negative dimension", &layer, "quantised along dimension -1");
    layer = good_layer();
    layer.tensors[X].n_scales = 0;
    expect_layer("no scale", &layer, "its input or output has no single scale");
}

/* Any type of any tensor; uint8 tensors are int8 ones that are shifted. */
static void check_types(void)
{
    for (int t = 0; t < N_TENSORS; t++)
        for (int type = -128; type < 128; type++) {
            Layer layer = good_layer();
            layer.tensors[t].type = type;
            TbFile file = build(&layer);
            HostileVerdict verdict = hostile_judge("types", file.data, file.size, NULL);
            bool runs = type == good_layer().tensors[t].type || (t != B && type == TFL_TYPE_UINT8);
            EXPECT(verdict == (runs ? HOSTILE_RAN : HOSTILE_REFUSED),
                   "type %d of tensor %d: verdict %d", type, t, verdict);
            tb_file_free(&file);
        }
}

static void check_links(void)
{
    static const int32_t numbers[] = { -2, 4, 1000, INT32_MAX, INT32_MIN };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        Layer layer = good_layer();
        layer.op.inputs[1] = numbers[i];
        expect_layer("an input of an operator", &layer, "input 1 is tensor");
        layer = good_layer();
        layer.op.outputs[0] = numbers[i];
        expect_layer("an output of an operator", &layer, "output 0 is tensor");
        layer = good_layer();
        layer.input = numbers[i];
        expect_layer("an input of the network", &layer, "input 0 is tensor");
        layer = good_layer();
        layer.output = numbers[i];
        expect_layer("an output of the network", &layer, "output 0 is tensor");
    }
    Layer layer = good_layer();
    layer.op.inputs[0] = -1;
    expect_layer("no input", &layer, "its input 0 is not given");
    layer = good_layer();
    layer.op.inputs[0] = Y;
    expect_layer("its own output", &layer, "is used before it is made");
    layer = good_layer();
    layer.op.outputs[0] = W;
    expect_layer("into a constant", &layer, "its output tensor 1 'w' is a constant");
    layer = good_layer();
    layer.op.outputs[0] = X;
    expect_layer("into the input", &layer, "is a constant, an input or made twice");
    layer = good_layer();
    layer.input = W;
    expect_layer("a constant as input", &layer, "is a constant");
    layer = good_layer();
    layer.tensors[Y].name = "two\nlines\x1b[2J";
    layer.op.inputs[0] = Y;
    expect_layer("a name of two lines", &layer, "\"two?lines?[2J\" is used before");
}

static void check_options(void)
{
    static const int32_t numbers[] = { 0, -1, 65536, INT32_MAX, INT32_MIN };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        Layer layer = good_layer();
        layer.op.options = tb_conv_options(TFL_PADDING_SAME, numbers[i], 1, 1, 1, 0);
        expect_layer("a stride", &layer, "stride ");
        layer.op.options = tb_conv_options(TFL_PADDING_SAME, 1, 1, 1, numbers[i], 0);
        expect_layer("a dilation", &layer, "dilation ");
        layer.op.options = tb_pool_options(TFL_PADDING_SAME, 1, 1, 1, numbers[i], 0);
        layer.op.builtin = TFL_OP_MAX_POOL_2D;
        layer.op.n_inputs = 1;
        expect_layer("a window", &layer, "window ");
    }
    Layer layer = good_layer();
    layer.op.options = tb_conv_options(TFL_PADDING_SAME, 1, 1, 65535, 65535, 0);
    expect_layer("a wide dilation", &layer, NULL);
    layer.op.options.type = 0;
    expect_layer("no options", &layer, "its options are missing");
    layer.op.options.type = TFL_OPTIONS_SOFTMAX;
    expect_layer("options of another operator", &layer, "its options are of type 9, expected 1");
}

/* Where the u64 that says where outside data lies is in a file. */
static size_t find_offset(const TbFile *file, uint64_t offset)
{
    for (size_t at = 0; at + 8 <= file->size; at += 4) {
        uint64_t value;
        memcpy(&value, file->data + at, 8);
        if (value == offset)
            return at;
    }
    EXPECT(false, "no offset of outside data");
    return 0;
}

/* The weights behind the FlatBuffer, then elsewhere than the file said. */
static void check_buffers(void)
{
    static const struct {
        uint64_t bytes_back; /* from where they are */
        const char *part;
    } cases[] = { { 0, NULL },
                  { 1, NULL }, /* misaligned, over what lies before */
                  { 53, NULL },
                  { (uint64_t)-1, "leads outside of the file" },
                  { 0x8000000000000000, "leads outside of the file" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Layer layer = good_layer();
        layer.tensors[W].outside = true;
        TbFile file = build(&layer);
        uint64_t offset = file.size - sizeof weights, moved = offset - cases[i].bytes_back;
        memcpy(file.data + find_offset(&file, offset), &moved, 8);
        expect_file("where weights are", file, cases[i].part);
    }
    for (int bits = 0; bits < 64; bits += 9) {
        Layer layer = good_layer();
        layer.tensors[W].outside = true;
        TbFile file = build(&layer);
        uint64_t size = UINT64_MAX >> bits;
        size_t at = find_offset(&file, file.size - sizeof weights);
        memcpy(file.data + at + 8, &size, 8);
        expect_file("how long weights are", file,
                    bits < 63 ? "leads outside of the file" : "the constant has 1 bytes");
    }
}

int main(void)
{
    Layer layer = good_layer();
    expect_layer("the good layer", &layer, NULL);
    check_dimensions();
    check_scales();
    check_quantisation();
    check_types();
    check_links();
    check_options();
    check_buffers();
    return expect_report("hostile");
}
