/* SPDX-License-Identifier: MIT
 *
 * Graphs of several operators that lie, want too much or once broke something:
 * each runs or is refused as its line says. */
#include "expect.h"
#include "hostile.h"

static float floats[16 << 10];
static int8_t bytes[64 << 10];

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

static int32_t activation(TbModel *model, int type, int rank, const int32_t *dims)
{
    TbTensor tensor = { .name = "activation",
                        .type = type,
                        .rank = rank,
                        .n_scales = type == TFL_TYPE_INT8,
                        .scale = 0.5f,
                        .no_shape = !rank };
    for (int i = 0; i < rank; i++)
        tensor.dims[i] = dims[i];
    return tb_tensor(model, &tensor);
}

static int32_t constant(TbModel *model, int type, const int32_t dims[4], float scale)
{
    TbTensor tensor = { .name = "constant",
                        .type = type,
                        .rank = 4,
                        .n_scales = type == TFL_TYPE_INT8,
                        .scale = scale,
                        .data = type == TFL_TYPE_INT8 ? (const void *)bytes : floats,
                        .bytes = type == TFL_TYPE_INT8 ? 1 : 4 };
    for (int i = 0; i < 4; i++) {
        tensor.dims[i] = dims[i];
        tensor.bytes *= (size_t)dims[i];
    }
    return tb_tensor(model, &tensor);
}

static void node(TbModel *model, int32_t builtin, int32_t a, int32_t b, int32_t to,
                 TbOptions options)
{
    tb_operator(model, &(TbOperator){ .builtin = builtin,
                                      .n_inputs = b < 0 ? 1 : 2,
                                      .inputs = { a, b },
                                      .n_outputs = 1,
                                      .outputs = { to },
                                      .options = options });
}

static TbFile finish(TbModel *model, int32_t input, int32_t output)
{
    tb_input(model, input);
    tb_output(model, output);
    return tb_finish(model);
}

static const TbOptions none = { 0 };
static const int32_t picture[4] = { 1, 4, 4, 2 };

/* A chain of one operator. */
static TbFile chain(int32_t builtin, int n)
{
    TbModel *model = tb_model_new();
    int32_t first = activation(model, TFL_TYPE_FLOAT32, 4, picture), last = first;
    for (int i = 0; i < n; i++) {
        int32_t next = activation(model, TFL_TYPE_FLOAT32, 4, picture);
        TbOptions options = builtin == TFL_OP_RESHAPE ? tb_reshape_options(4, picture) : none;
        node(model, builtin, last, -1, next, options);
        last = next;
    }
    return finish(model, first, last);
}

static void check_lengths(void)
{
    expect_file("4000 reshapes", chain(TFL_OP_RESHAPE, 4000), NULL);
    expect_file("4096 operators", chain(TFL_OP_TANH, 4096), NULL);
    expect_file("4096 that fold", chain(TFL_OP_RELU, 4096), NULL);
    expect_file("5000 operators", chain(TFL_OP_TANH, 5000), "5000 operators, at most 4096");
}

/* Two operators that read each other, and an output that none makes. */
static void check_order(void)
{
    TbModel *model = tb_model_new();
    int32_t x = activation(model, TFL_TYPE_FLOAT32, 4, picture);
    int32_t a = activation(model, TFL_TYPE_FLOAT32, 4, picture);
    int32_t b = activation(model, TFL_TYPE_FLOAT32, 4, picture);
    node(model, TFL_OP_ADD, x, b, a, tb_binary_options(TFL_OPTIONS_ADD, 0));
    node(model, TFL_OP_TANH, a, -1, b, none);
    expect_file("a cycle", finish(model, x, b), "is used before it is made");
    model = tb_model_new();
    x = activation(model, TFL_TYPE_FLOAT32, 4, picture);
    a = activation(model, TFL_TYPE_FLOAT32, 4, picture);
    b = activation(model, TFL_TYPE_FLOAT32, 4, picture);
    node(model, TFL_OP_TANH, x, -1, a, none);
    expect_file("an output that none makes", finish(model, x, b), "is made by no operator");
    model = tb_model_new();
    x = activation(model, TFL_TYPE_FLOAT32, 4, picture);
    a = activation(model, TFL_TYPE_FLOAT32, 4, picture);
    node(model, TFL_OP_TANH, x, -1, a, none);
    node(model, TFL_OP_RELU, x, -1, a, none);
    expect_file("an output made twice", finish(model, x, a), "made twice");
}

/* The plan lets both tensors of a RESHAPE share memory. */
static void check_reshaped_type(void)
{
    TbModel *model = tb_model_new();
    int32_t x = activation(model, TFL_TYPE_INT8, 4, picture);
    int32_t y = activation(model, TFL_TYPE_FLOAT32, 4, picture);
    int32_t z = activation(model, TFL_TYPE_FLOAT32, 4, picture);
    node(model, TFL_OP_RESHAPE, x, -1, y, tb_reshape_options(4, picture));
    node(model, TFL_OP_TANH, y, -1, z, none);
    expect_file("bytes reshaped to floats", finish(model, x, z), "int8 to float32");
    model = tb_model_new();
    x = activation(model, TFL_TYPE_INT8, 4, picture);
    y = activation(model, TFL_TYPE_FLOAT32, 0, NULL);
    node(model, TFL_OP_SQUEEZE, x, -1, y, none);
    expect_file("bytes squeezed to floats", finish(model, x, y), "int8 to float32");
}

/* A PAD that is wider than the windows of the convolution behind it. */
static TbFile padded(int32_t builtin, int type, int32_t stride)
{
    static const int32_t paddings[8] = { 0, 0, 4000, 0, 4000, 0, 0, 0 };
    static const int32_t kernel[4] = { 1, 3, 3, 2 };
    TbModel *model = tb_model_new();
    int32_t x = activation(model, type, 4, picture);
    int32_t pad = tb_tensor(model, &(TbTensor){ .name = "paddings",
                                                .type = TFL_TYPE_INT32,
                                                .rank = 2,
                                                .dims = { 4, 2 },
                                                .data = paddings,
                                                .bytes = sizeof paddings });
    int32_t wide = activation(model, type, 0, NULL), y = activation(model, type, 0, NULL);
    int32_t w = constant(model, type, kernel, 0.01f);
    node(model, TFL_OP_PAD, x, pad, wide, none);
    node(model, builtin, wide, w, y,
         builtin == TFL_OP_CONV_2D
             ? tb_conv_options(TFL_PADDING_VALID, stride, stride, 1, 1, 0)
             : tb_depthwise_options(TFL_PADDING_VALID, stride, stride, 1, 1, 1, 0));
    return finish(model, x, y);
}

static void check_paddings(void)
{
    static const int types[] = { TFL_TYPE_FLOAT32, TFL_TYPE_INT8 };
    for (size_t i = 0; i < 2; i++) {
        expect_file("a wide PAD, a long stride", padded(TFL_OP_DEPTHWISE_CONV_2D, types[i], 65535),
                    NULL);
        expect_file("a wide PAD, a stride", padded(TFL_OP_DEPTHWISE_CONV_2D, types[i], 1999), NULL);
        expect_file("a wide PAD before CONV_2D", padded(TFL_OP_CONV_2D, types[i], 65535), NULL);
    }
}

/* `n` of them behind each other. */
static TbFile pools(int n, int type, int32_t size, int32_t window)
{
    const int32_t dims[4] = { 1, size, size, 1 };
    TbModel *model = tb_model_new();
    int32_t x = activation(model, type, 4, dims), last = x;
    for (int i = 0; i < n; i++) {
        int32_t y = activation(model, type, 0, NULL);
        node(model, TFL_OP_AVERAGE_POOL_2D, last, -1, y,
             tb_pool_options(TFL_PADDING_SAME, 1, 1, window, window, 0));
        last = y;
    }
    return finish(model, x, last);
}

/* Means over channels, of which there is one. */
static TbFile means(int n)
{
    static const int32_t dims[4] = { 1, 4000, 4000, 1 }, axes[1] = { 3 };
    TbModel *model = tb_model_new();
    int32_t x = activation(model, TFL_TYPE_INT8, 4, dims), last = x;
    int32_t list = tb_ints(model, "axes", 1, axes);
    for (int i = 0; i < n; i++) {
        int32_t y = activation(model, TFL_TYPE_INT8, 0, NULL);
        node(model, TFL_OP_MEAN, last, list, y, tb_mean_options(true));
        last = y;
    }
    return finish(model, x, last);
}

/* A row whose places are beyond 2^31 in fixed point of 10 bits. */
static TbFile long_row(void)
{
    static const int32_t row[4] = { 1, 1, 5000000, 1 }, size[2] = { 1, 2 };
    TbModel *model = tb_model_new();
    int32_t x = activation(model, TFL_TYPE_INT8, 4, row), list = tb_ints(model, "size", 2, size);
    int32_t y = activation(model, TFL_TYPE_INT8, 0, NULL);
    node(model, TFL_OP_RESIZE_BILINEAR, x, list, y,
         tb_resize_options(TFL_OPTIONS_RESIZE_BILINEAR, false, false));
    return finish(model, x, y);
}

/* Networks that are small as files. */
static void check_appetite(void)
{
    static const int32_t kernel[4] = { 1, 64, 64, 2 };
    expect_file("a window of bytes", pools(1, TFL_TYPE_INT8, 5000, 5000), "may pass 2^31");
    expect_file("a window everywhere", pools(1, TFL_TYPE_FLOAT32, 2048, 2048), "additions");
    expect_file("a window on one channel", pools(1, TFL_TYPE_INT8, 600, 600), "additions");
    expect_file("windows that are much together", pools(4096, TFL_TYPE_INT8, 100, 100),
                "additions");
    for (int i = 0; i < 2; i++) {
        int type = i ? TFL_TYPE_INT8 : TFL_TYPE_FLOAT32;
        TbModel *model = tb_model_new();
        int32_t x = activation(model, type, 4, picture), y = activation(model, type, 0, NULL);
        int32_t w = constant(model, type, kernel, 0.01f);
        node(model, TFL_OP_DEPTHWISE_CONV_2D, x, w, y,
             tb_depthwise_options(TFL_PADDING_SAME, 1, 1, 1, 65535, 65535, 0));
        expect_file("a dilation that reaches far", finish(model, x, y),
                    sizeof(size_t) > 4 ? "bytes of memory" : "more memory than there is addresses");
    }
    expect_file("a long row", long_row(), NULL);
    expect_file("means that are much together", means(4096), "additions");
    const int32_t large[4] = { 1, 1000, 1000, 15 };
    TbModel *model = tb_model_new();
    for (int i = 0; i < 64; i++)
        tb_input(model, activation(model, TFL_TYPE_INT8, 4, large));
    int32_t y = activation(model, TFL_TYPE_INT8, 4, large);
    node(model, TFL_OP_TANH, 0, -1, y, none);
    tb_output(model, y);
    expect_file("64 large inputs", tb_finish(model), "bytes of memory, the limit is 67108864");
}

/* Only weights may have scales of 0 and below; activations of bytes have one. */
static void check_scales(void)
{
    static const struct {
        int32_t builtin;
        int options;
    } cases[] = { { TFL_OP_ADD, TFL_OPTIONS_ADD },
                  { TFL_OP_SUB, TFL_OPTIONS_SUB },
                  { TFL_OP_MUL, TFL_OPTIONS_MUL } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int negative = 0; negative < 2; negative++) {
            TbModel *model = tb_model_new();
            int32_t x = activation(model, TFL_TYPE_INT8, 4, picture);
            int32_t c = constant(model, TFL_TYPE_INT8, picture, negative ? -1.0f : 0.0f);
            int32_t y = activation(model, TFL_TYPE_INT8, 4, picture);
            TbOptions options = tb_binary_options(cases[i].options, 0);
            node(model, cases[i].builtin, negative ? c : x, negative ? x : c, y, options);
            expect_file("a constant operand's scale", finish(model, x, y), "scale above 0");
        }
    TbModel *model = tb_model_new();
    int32_t bare = activation(model, TFL_TYPE_UINT8, 4, picture);
    int32_t scaled = activation(model, TFL_TYPE_INT8, 4, picture);
    node(model, TFL_OP_TANH, scaled, -1, bare, none);
    expect_file("uint8 without a scale", finish(model, scaled, bare), "uint8 and has no scale");
    model = tb_model_new();
    int32_t x = activation(model, TFL_TYPE_INT8, 4, picture);
    int32_t c = constant(model, TFL_TYPE_INT8, picture, -1);
    int32_t y = activation(model, TFL_TYPE_INT8, 0, NULL);
    node(model, TFL_OP_CONCATENATION, x, c, y, tb_concatenation_options(3, 0));
    expect_file("a constant part's scale", finish(model, x, y), "no scale above 0");
}

int main(void)
{
    for (int i = 0; i < 16 << 10; i++)
        floats[i] = (float)(i % 7) - 3;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (int8_t)(i % 255 - 127);
    check_lengths();
    check_order();
    check_reshaped_type();
    check_paddings();
    check_appetite();
    check_scales();
    return expect_report("hostile graphs");
}
