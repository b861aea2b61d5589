/* SPDX-License-Identifier: MIT
 *
 * The .tflite reader: what a good file becomes, and the error of each fault. */
#include "expect.h"
#include "tflite_spec.h"

static void check_good(void)
{
    TfliteSpec spec = tflite_spec_good();
    TbFile file = tflite_spec_build(&spec);
    MnetStore store = { 0 };
    MnetGraph g;
    MnetError error = { 0 };
    EXPECT(!mnet_tflite_read(file.data, file.size, &store, &g, &error), "%s", error.text);
    EXPECT(g.n_tensors == 4 && g.max_tensors == 2 * 4 + 64 && g.n_nodes == 1 && g.max_nodes == 67,
           "counts");
    EXPECT(g.n_inputs == 1 && g.inputs[0] == X && g.n_outputs == 1 && g.outputs[0] == Y, "ports");
    EXPECT(!strcmp(g.description, "one convolution") && !strcmp(g.tensors[W].name, "w"), "texts");
    const MnetNode *n = &g.nodes[0];
    const MnetWindow *win = &n->options.window;
    EXPECT(n->op == MNET_OP_CONV_2D && n->activation == MNET_ACTIVATION_RELU6 && !n->file_index,
           "node");
    EXPECT(n->n_inputs == 3 && n->inputs[2] == B && n->n_outputs == 1 && n->outputs[0] == Y, "io");
    EXPECT(win->padding == MNET_PADDING_SAME && win->stride_h == 2 && win->stride_w == 2 &&
               win->dilation_h == 1 && win->dilation_w == 1,
           "window");
    const MnetTensor *x = &g.tensors[X], *w = &g.tensors[W], *b = &g.tensors[B];
    EXPECT(x->type == MNET_TYPE_INT8 && x->shape_known && x->rank == 4 && x->dims[3] == 3 &&
               !x->data && x->quant.n == 1 && x->quant.scale[0] == 0.5f &&
               x->quant.zero_point[0] == -3,
           "x");
    EXPECT(w->data_bytes == 54 && !memcmp(w->data, tflite_spec_weights, 54) &&
               (const uint8_t *)w->data > file.data &&
               (const uint8_t *)w->data < file.data + file.size,
           "the constant's bytes are not those of the file");
    EXPECT(w->quant.n == 2 && w->quant.axis == 0 && w->quant.scale[1] == 0.25f &&
               w->quant.zero_point[1] == 0,
           "quantisation of w");
    EXPECT(b->type == MNET_TYPE_INT32 && b->rank == 1 && b->data_bytes == 8, "b");
    mnet_store_clear(&store);
    tb_file_free(&file);
}

/* Changes to the good file that leave it good, with what becomes of them. */
static void old_code(TfliteSpec *s)
{
    s->op.old_code_only = true;
}
static void outside_data(TfliteSpec *s)
{
    s->tensors[W].outside = true;
}
static void unknown_shape(TfliteSpec *s)
{
    s->tensors[Y].no_shape = true;
}
static void no_dimensions(TfliteSpec *s)
{
    s->tensors[Y].rank = 0;
}
static void scalar(TfliteSpec *s)
{
    s->tensors[Y].rank = 0;
    s->tensors[Y].has_rank = true;
}
static void bias_axis(TfliteSpec *s)
{
    s->tensors[B].quantized_dimension = 3;
}
static void float_scales(TfliteSpec *s)
{
    s->tensors[X].type = TFL_TYPE_FLOAT32;
}
static void no_bias(TfliteSpec *s)
{
    s->op.inputs[2] = -1;
}
static void one_zero_point(TfliteSpec *s)
{
    static const int64_t one[] = { 7 };
    s->tensors[W].zero_points = one;
    s->tensors[W].n_zero_points = 1;
}
static void not_text(TfliteSpec *s)
{
    s->tensors[X].name = "a\xff\nb";
}
static void long_name(TfliteSpec *s)
{
    static char name[3000];
    memset(name, 'n', sizeof name - 1);
    s->tensors[X].name = name;
}

static bool expect_outside(const MnetGraph *g)
{
    return g->tensors[W].data_bytes == 54 && !memcmp(g->tensors[W].data, tflite_spec_weights, 54);
}
static bool expect_unknown(const MnetGraph *g)
{
    return !g->tensors[Y].shape_known && g->tensors[Y].rank == 0;
}
static bool expect_scalar(const MnetGraph *g)
{
    return g->tensors[Y].shape_known && g->tensors[Y].rank == 0;
}
static bool expect_bias_axis(const MnetGraph *g)
{
    return g->tensors[B].quant.n == 2 && g->tensors[B].quant.axis == 0;
}
static bool expect_unquantised(const MnetGraph *g)
{
    return g->tensors[X].quant.n == 0;
}
static bool expect_no_bias(const MnetGraph *g)
{
    return g->nodes[0].n_inputs == 3 && g->nodes[0].inputs[2] == -1;
}
static bool expect_zero_points(const MnetGraph *g)
{
    return g->tensors[W].quant.zero_point[0] == 7 && g->tensors[W].quant.zero_point[1] == 7;
}
static bool expect_quoted(const MnetGraph *g)
{
    return !strcmp(g->tensors[X].name, "a??b");
}
static bool expect_cut(const MnetGraph *g)
{
    return strlen(g->tensors[X].name) == 255;
}
static bool expect_conv(const MnetGraph *g)
{
    return g->nodes[0].op == MNET_OP_CONV_2D;
}

static const struct {
    const char *name;
    void (*change)(TfliteSpec *spec);
    bool (*expect)(const MnetGraph *graph);
} good[] = {
    { "the old operator code only", old_code, expect_conv },
    { "data behind the FlatBuffer", outside_data, expect_outside },
    { "no shape", unknown_shape, expect_unknown },
    { "a shape without dimensions", no_dimensions, expect_unknown },
    { "a scalar", scalar, expect_scalar },
    { "a bias quantised along dimension 3", bias_axis, expect_bias_axis },
    { "scales of a float tensor", float_scales, expect_unquantised },
    { "no bias", no_bias, expect_no_bias },
    { "one zero point for all", one_zero_point, expect_zero_points },
    { "a name that is not text", not_text, expect_quoted },
    { "a long name", long_name, expect_cut },
};

static void check_variants(void)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        TfliteSpec spec = tflite_spec_good();
        good[i].change(&spec);
        TbFile file = tflite_spec_build(&spec);
        MnetStore store = { 0 };
        MnetGraph graph;
        MnetError error = { 0 };
        MnetStatus status = mnet_tflite_read(file.data, file.size, &store, &graph, &error);
        EXPECT(!status, "%s: %s", good[i].name, error.text);
        EXPECT(status || good[i].expect(&graph), "%s", good[i].name);
        mnet_store_clear(&store);
        tb_file_free(&file);
    }
}

static void check_depthwise(void)
{
    static const int8_t eight[8] = { 0 };
    TfliteSpec spec = tflite_spec_good();
    spec.tensors[X].dims[3] = 1;
    spec.tensors[W] = (TbTensor){ .name = "w",
                                  .type = TFL_TYPE_INT8,
                                  .rank = 4,
                                  .dims = { 1, 1, 1, 8 },
                                  .data = eight,
                                  .bytes = 8 };
    spec.op = (TbOperator){ .builtin = TFL_OP_DEPTHWISE_CONV_2D,
                            .n_inputs = 2,
                            .inputs = { X, W },
                            .n_outputs = 1,
                            .outputs = { Y },
                            .options = tb_depthwise_options(TFL_PADDING_VALID, 1, 3, 0, 2, 4, 0) };
    TbFile file = tflite_spec_build(&spec);
    MnetStore store = { 0 };
    MnetGraph g;
    MnetError error = { 0 };
    EXPECT(!mnet_tflite_read(file.data, file.size, &store, &g, &error), "%s", error.text);
    const MnetWindow *w = &g.nodes[0].options.window;
    EXPECT(w->multiplier == 8, "multiplier %d from a file that says 0", w->multiplier);
    EXPECT(w->padding == MNET_PADDING_VALID && w->stride_h == 1 && w->stride_w == 3 &&
               w->dilation_h == 2 && w->dilation_w == 4,
           "window of a depthwise convolution");
    mnet_store_clear(&store);
    tb_file_free(&file);
}

/* Every other operator's options. */
static void check_options(void)
{
    static const int32_t dims[] = { 1, 2, 3, 4 }, shape[] = { -1, 12 }, ones[] = { 0 };
    const struct {
        int32_t builtin;
        TbOptions options;
    } ops[] = { { TFL_OP_SOFTMAX, tb_softmax_options(2.5f) },
                { TFL_OP_CONCATENATION, tb_concatenation_options(-1, TFL_ACTIVATION_RELU) },
                { TFL_OP_ADD, tb_binary_options(TFL_OPTIONS_ADD, TFL_ACTIVATION_RELU_N1_TO_1) },
                { TFL_OP_RESHAPE, tb_reshape_options(2, shape) },
                { TFL_OP_RESHAPE, { 0 } },
                { TFL_OP_SQUEEZE, tb_squeeze_options(1, ones) },
                { TFL_OP_MEAN, tb_mean_options(true) },
                { TFL_OP_AVERAGE_POOL_2D, tb_pool_options(TFL_PADDING_VALID, 1, 2, 3, 4, 0) } };
    enum { SOFTMAX, CONCATENATION, ADD, RESHAPE, PLAIN_RESHAPE, SQUEEZE, MEAN, POOL, N };
    MnetStore store = { 0 };
    MnetNode nodes[N] = { 0 };
    for (int i = 0; i < N; i++) {
        TbOperator op = { .builtin = ops[i].builtin, .options = ops[i].options };
        TbFile file = tb_one_operator(&op, 4, dims);
        MnetGraph graph;
        MnetError error = { 0 };
        EXPECT(!mnet_tflite_read(file.data, file.size, &store, &graph, &error), "%s", error.text);
        nodes[i] = graph.nodes[0];
        tb_file_free(&file);
    }
    EXPECT(nodes[SOFTMAX].options.beta == 2.5f, "beta");
    EXPECT(nodes[CONCATENATION].options.axis == -1 &&
               nodes[CONCATENATION].activation == MNET_ACTIVATION_RELU,
           "CONCATENATION");
    EXPECT(nodes[ADD].activation == MNET_ACTIVATION_RELU_N1_TO_1, "ADD");
    EXPECT(nodes[RESHAPE].options.shape.n == 2 && nodes[RESHAPE].options.shape.dims[0] == -1 &&
               nodes[RESHAPE].options.shape.dims[1] == 12,
           "RESHAPE");
    EXPECT(nodes[PLAIN_RESHAPE].options.shape.n == -1, "RESHAPE without options");
    EXPECT(nodes[SQUEEZE].options.shape.n == 1 && nodes[SQUEEZE].options.shape.dims[0] == 0,
           "SQUEEZE");
    EXPECT(nodes[MEAN].options.keep_dims, "MEAN");
    const MnetWindow *w = &nodes[POOL].options.window;
    EXPECT(w->filter_h == 3 && w->filter_w == 4 && w->stride_h == 1 && w->stride_w == 2 &&
               w->padding == MNET_PADDING_VALID,
           "pool");
    mnet_store_clear(&store);
}

/* Without memory at any place: the error of that, nothing else. */
static void check_no_memory(void)
{
    TfliteSpec spec = tflite_spec_good();
    not_text(&spec);
    TbFile file = tflite_spec_build(&spec);
    MnetError error = { 0 };
    int failures = 0;
    for (long i = 1; i < 100; i++) {
        mnet_alloc_fail_at(i);
        MnetStatus status = tflite_spec_read(&file, &error);
        EXPECT(!status || status == MNET_ERROR_MEMORY, "allocation %ld: %s", i, error.text);
        failures += status != MNET_OK;
    }
    mnet_alloc_fail_at(0);
    EXPECT(failures > 0, "no allocation was made to fail");
    tb_file_free(&file);
}

int main(void)
{
    check_good();
    check_variants();
    check_depthwise();
    check_options();
    check_no_memory();
    return expect_report("tflite");
}
