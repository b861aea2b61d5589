/* SPDX-License-Identifier: MIT
 *
 * A session at another input size than the file's: the same bytes as a file
 * made for that size, the same operators and totals, and refusals. */
#include <mnet/mnet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tflitebuilder.h"

static int failed;

static void check(bool good, const char *name, const char *what)
{
    if (!good)
        printf("FAILED %s: %s\n", name, what);
    failed += !good;
}

typedef struct {
    TbFile file;
    MnetModel *model;
    MnetSession *session;
    MnetError error;
} Network;

static Network open_file(TbFile file, int32_t width, int32_t height)
{
    MnetSessionOptions options = { .input_width = width, .input_height = height };
    Network n = { .file = file };
    n.model = mnet_model_load_memory(file.data, file.size, NULL, &n.error);
    n.session = n.model ? mnet_session_new(n.model, &options, &n.error) : NULL;
    return n;
}

static void close_network(Network *n)
{
    mnet_session_free(n->session);
    mnet_model_unref(n->model);
    tb_file_free(&n->file);
}

static bool same_info(const MnetTensorInfo *a, const MnetTensorInfo *b)
{
    return a->type == b->type && a->rank == b->rank &&
           !memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims) &&
           a->elements == b->elements && a->bytes == b->bytes && a->scale == b->scale &&
           a->zero_point == b->zero_point && a->kind == b->kind &&
           a->channels_first == b->channels_first && !strcmp(a->name, b->name);
}

static bool same_operator(const MnetOperatorInfo *a, const MnetOperatorInfo *b)
{
    return !strcmp(a->name, b->name) && !strcmp(a->note, b->note) &&
           a->file_index == b->file_index && same_info(&a->output, &b->output) &&
           a->macs == b->macs && a->parameters == b->parameters && !strcmp(a->kernel, b->kernel) &&
           a->plain_c == b->plain_c;
}

/* What a session tells of itself against what the model `made` for that size
 * tells. */
static void compare_infos(const char *name, const MnetSession *session, const MnetModel *made)
{
    MnetModelStats s, m;
    MnetOperatorInfo a, b;
    mnet_session_stats(session, &s);
    mnet_model_stats(made, &m);
    check(s.macs == m.macs && s.parameters == m.parameters && s.arena_bytes == m.arena_bytes &&
              s.scratch_bytes == m.scratch_bytes && s.input_bytes == m.input_bytes &&
              s.n_operators == m.n_operators && !strcmp(s.kernels, m.kernels),
          name, "other totals");
    check(s.scratch_bytes < s.arena_bytes, name, "no activations");
    check(same_info(mnet_session_input_info(session, 0), mnet_model_input(made, 0)) &&
              same_info(mnet_session_output_info(session, 0), mnet_model_output(made, 0)),
          name, "another input or output");
    check(!mnet_session_input_info(session, 1) && !mnet_session_output_info(session, 1), name,
          "an input or output too many");
    for (size_t i = 0; i < m.n_operators; i++)
        check(mnet_session_operator(session, i, &a) && mnet_model_operator(made, i, &b) &&
                  same_operator(&a, &b),
              name, "another operator");
    check(!mnet_session_operator(session, m.n_operators, &a), name, "an operator too many");
}

static void fill(const MnetTensorInfo *info, void *data)
{
    uint32_t state = 1;
    for (size_t i = 0; i < info->elements; i++) {
        state = state * 1664525u + 1013904223u;
        float value = (float)(state >> 24) / 255;
        if (info->type == MNET_TYPE_FLOAT32)
            memcpy((char *)data + i * sizeof value, &value, sizeof value);
        else
            ((uint8_t *)data)[i] = (uint8_t)(state >> 24);
    }
}

/* The classifier made for `made`, run at `width` x `height`, and the same
 * classifier made for that size: the same bytes. */
static void check_size(const char *name, int type, int32_t made, int32_t width, int32_t height)
{
    TbTiny tiny = { .type = type, .width = made, .height = made, .classes = 5 };
    TbTiny other = {
        .type = type, .width = width ? width : made, .height = height ? height : made, .classes = 5
    };
    Network a = open_file(tb_tiny_classifier(&tiny), width, height);
    Network b = open_file(tb_tiny_classifier(&other), 0, 0);
    check(a.session && b.session, name, a.session ? b.error.text : a.error.text);
    if (a.session && b.session) {
        const MnetTensorInfo *in = mnet_session_input_info(a.session, 0);
        const MnetTensorInfo *out = mnet_session_output_info(a.session, 0);
        compare_infos(name, a.session, b.model);
        fill(in, mnet_session_input(a.session, 0));
        fill(in, mnet_session_input(b.session, 0));
        mnet_session_run(a.session);
        mnet_session_run(b.session);
        check(!memcmp(mnet_session_output(a.session, 0), mnet_session_output(b.session, 0),
                      out->bytes),
              name, "other bytes than a file made for that size");
    }
    close_network(&a);
    close_network(&b);
}

/* One clear error that holds all of the words. */
static void check_refusal(const char *name, TbFile file, int32_t width, int32_t height,
                          MnetStatus status, const char *const *words)
{
    Network n = open_file(file, width, height);
    check(n.model != NULL, name, "the model is refused");
    check(n.model && !n.session, name, "not refused");
    check(n.error.status == status, name, "another status");
    for (; n.model && !n.session && *words; words++) {
        check(strstr(n.error.text, *words) != NULL, name, n.error.text);
        check(!strchr(n.error.text, '\n'), name, "more than a line");
    }
    close_network(&n);
}

typedef struct {
    TbModel *model;
    int32_t last; /* the tensor that the next layer reads */
} Net;

static int32_t float_tensor(Net *net, int rank, const int32_t *dims, const void *data)
{
    TbTensor tensor = { .name = "t", .type = TFL_TYPE_FLOAT32, .rank = rank, .data = data };
    size_t bytes = sizeof(float);
    for (int i = 0; i < rank; i++) {
        tensor.dims[i] = dims[i];
        bytes *= (size_t)dims[i];
    }
    tensor.bytes = data ? bytes : 0;
    return tb_tensor(net->model, &tensor);
}

static const float zeros[16 * 16 * 8];

static Net begin_net(void)
{
    const int32_t picture[] = { 1, 16, 16, 3 };
    Net net = { .model = tb_model_new() };
    net.last = float_tensor(&net, 4, picture, NULL);
    tb_input(net.model, net.last);
    return net;
}

/* What the last tensor goes through; `constant` is a further input or -1. */
static void add(Net *net, int32_t builtin, int32_t constant, int rank, const int32_t *dims,
                TbOptions options)
{
    TbOperator op = { .builtin = builtin,
                      .n_inputs = constant < 0 ? 1 : 2,
                      .inputs = { net->last, constant },
                      .n_outputs = 1,
                      .options = options };
    op.outputs[0] = net->last = float_tensor(net, rank, dims, NULL);
    tb_operator(net->model, &op);
}

static TbFile end_net(Net *net)
{
    tb_output(net->model, net->last);
    return tb_finish(net->model);
}

/* CONV_2D 1x1 with stride 4: 16 x 16 x 3 to 4 x 4 x 2. */
static void add_convolution(Net *net)
{
    const int32_t weights[] = { 2, 1, 1, 3 }, map[] = { 1, 4, 4, 2 };
    add(net, TFL_OP_CONV_2D, float_tensor(net, 4, weights, zeros), 4, map,
        tb_conv_options(TFL_PADDING_SAME, 4, 4, 1, 1, TFL_ACTIVATION_NONE));
}

/* A class for every pixel: the output follows the input. */
static TbFile class_map(void)
{
    Net net = begin_net();
    add_convolution(&net);
    return end_net(&net);
}

/* What brightens: the curves of a layer, cut out of its 6 channels, times the picture. */
static TbFile curves(int32_t first_row)
{
    static const int32_t weights[] = { 6, 1, 1, 3 }, map[] = { 1, 16, 16, 6 },
                         picture[] = { 1, 16, 16, 3 };
    const int32_t begin[] = { 0, first_row, 0, 3 }, end[] = { 1, 16, 16, 6 },
                  stride[] = { 1, 1, 1, 1 };
    static float numbers[18];
    for (int i = 0; i < 18; i++)
        numbers[i] = (float)(i % 5) / 5 - 0.4f;
    Net net = begin_net();
    int32_t input = net.last;
    add(&net, TFL_OP_CONV_2D, float_tensor(&net, 4, weights, numbers), 4, map,
        tb_conv_options(TFL_PADDING_SAME, 1, 1, 1, 1, TFL_ACTIVATION_NONE));
    add(&net, TFL_OP_TANH, -1, 4, map, (TbOptions){ 0 });
    TbOperator slice = {
        .builtin = TFL_OP_STRIDED_SLICE,
        .n_inputs = 4,
        .inputs = { net.last, tb_ints(net.model, "b", 4, begin), tb_ints(net.model, "e", 4, end),
                    tb_ints(net.model, "s", 4, stride) },
        .n_outputs = 1,
        .options = tb_strided_slice_options(first_row ? 0 : 7, 7, 0, 0, 0, false)
    };
    const int32_t cut[] = { 1, 16 - first_row, 16, 3 };
    slice.outputs[0] = net.last = float_tensor(&net, 4, first_row ? cut : picture, NULL);
    tb_operator(net.model, &slice);
    if (!first_row)
        add(&net, TFL_OP_MUL, input, 4, picture,
            tb_binary_options(TFL_OPTIONS_MUL, TFL_ACTIVATION_NONE));
    return end_net(&net);
}

/* Every pixel for itself: the same numbers, in a picture of another shape. */
static void check_following(void)
{
    MnetSessionOptions at = { .input_width = 10, .input_height = 7, .outputs_follow = true };
    TbFile file = curves(0);
    MnetError error = { 0 };
    MnetModel *model = mnet_model_load_memory(file.data, file.size, NULL, &error);
    MnetSession *whole = model ? mnet_session_new(model, NULL, &error) : NULL;
    MnetSession *small = model ? mnet_session_new(model, &at, &error) : NULL;
    check(whole && small, "curves", error.text);
    if (whole && small) {
        const MnetTensorInfo *out = mnet_session_output_info(small, 0);
        check(out->dims[1] == 7 && out->dims[2] == 10 && out->dims[3] == 3, "curves", "a shape");
        fill(mnet_session_input_info(whole, 0), mnet_session_input(whole, 0));
        memcpy(mnet_session_input(small, 0), mnet_session_input(whole, 0), out->bytes);
        mnet_session_run(whole);
        mnet_session_run(small);
        const float *a = mnet_session_output(whole, 0), *b = mnet_session_output(small, 0);
        for (size_t i = 0; i < out->elements; i++)
            check(a[i] - b[i] < 1e-6f && b[i] - a[i] < 1e-6f, "curves", "another number");
        check(b[0] != b[1], "curves", "nothing was computed");
    }
    mnet_session_free(whole);
    mnet_session_free(small);
    mnet_model_unref(model);
    tb_file_free(&file);

    file = curves(2); /* rows are cut as well */
    model = mnet_model_load_memory(file.data, file.size, NULL, &error);
    small = model ? mnet_session_new(model, &at, &error) : NULL;
    check(model && !small && strstr(error.text, "STRIDED_SLICE") &&
              strstr(error.text, "all follow the map"),
          "cut rows", error.text);
    mnet_session_free(small);
    mnet_model_unref(model);
    tb_file_free(&file);
}

/* The whole map in one vector, then FULLY_CONNECTED. */
static TbFile flattened(int32_t rows)
{
    const int32_t vector[] = { 1, 32 }, shape[] = { rows, 32 }, weights[] = { 4, 32 },
                  classes[] = { 1, 4 };
    Net net = begin_net();
    add_convolution(&net);
    const int32_t flat[] = { rows, -1 };
    add(&net, TFL_OP_RESHAPE, -1, 2, vector, tb_reshape_options(2, rows < 0 ? shape : flat));
    add(&net, TFL_OP_FULLY_CONNECTED, float_tensor(&net, 2, weights, zeros), 2, classes,
        tb_fully_connected_options(TFL_ACTIVATION_NONE, false));
    return end_net(&net);
}

/* A pool of a quarter of the map: its 2 x 2 results become one vector. */
static TbFile small_pool(void)
{
    const int32_t map[] = { 1, 2, 2, 2 }, vector[] = { 1, 8 };
    Net net = begin_net();
    add_convolution(&net);
    add(&net, TFL_OP_AVERAGE_POOL_2D, -1, 4, map,
        tb_pool_options(TFL_PADDING_VALID, 2, 2, 2, 2, TFL_ACTIVATION_NONE));
    add(&net, TFL_OP_RESHAPE, -1, 2, vector, tb_reshape_options(2, vector));
    return end_net(&net);
}

/* No picture: a vector. */
static TbFile vector_network(void)
{
    const int32_t dims[] = { 1, 8 };
    TbOperator softmax = { .builtin = TFL_OP_SOFTMAX,
                           .n_inputs = 1,
                           .n_outputs = 1,
                           .inputs = { 0 },
                           .outputs = { 1 },
                           .options = tb_softmax_options(1) };
    return tb_one_operator(&softmax, 2, dims);
}

static TbFile classifier(void)
{
    return tb_tiny_classifier(&(TbTiny){ .type = TFL_TYPE_UINT8 });
}

static void check_sizes(void)
{
    static const struct {
        const char *name;
        int type;
    } types[] = { { "uint8", TFL_TYPE_UINT8 },
                  { "int8", TFL_TYPE_INT8 },
                  { "float32", TFL_TYPE_FLOAT32 } };
    static const int32_t sizes[][2] = { { 0, 0 },   { 32, 32 }, { 0, 32 }, { 64, 64 }, { 33, 31 },
                                        { 20, 96 }, { 48, 0 },  { 0, 7 },  { 2, 2 },   { 1, 1 } };
    for (size_t t = 0; t < 3; t++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            char name[64];
            snprintf(name, sizeof name, "%s at %dx%d", types[t].name, sizes[i][0], sizes[i][1]);
            check_size(name, types[t].type, 32, sizes[i][0], sizes[i][1]);
        }
}

static void check_refusals(void)
{
    static const char *const output[] = { "24x24", "16x16", "output 0", NULL };
    static const char *const reshape[] = { "24x24", "16x16", "operator 1 RESHAPE", NULL };
    static const char *const product[] = { "24x24", "16x16", "operator 2 FULLY_CONNECTED", NULL };
    static const char *const pool[] = { "24x24", "16x16", "operator 2 RESHAPE", NULL };
    static const char *const range[] = { "16384x16384", NULL };
    static const char *const memory[] = { "16384x16384", "MNET_MAX_ARENA", NULL };
    static const char *const addresses[] = { "16384x16384", "pass the address space", NULL };
    check_refusal("a class map", class_map(), 24, 24, MNET_ERROR_UNSUPPORTED, output);
    check_refusal("a fixed vector", flattened(-1), 24, 24, MNET_ERROR_UNSUPPORTED, reshape);
    check_refusal("a vector of the map", flattened(1), 24, 24, MNET_ERROR_UNSUPPORTED, product);
    check_refusal("a small pool", small_pool(), 24, 24, MNET_ERROR_UNSUPPORTED, pool);
    /* As many values, in another order. */
    static const char *const same_output[] = { "8x32", "16x16", "output 0", NULL };
    static const char *const same_reshape[] = { "8x32", "16x16", "operator 1 RESHAPE", NULL };
    static const char *const same_pool[] = { "8x32", "16x16", "operator 2 RESHAPE", NULL };
    check_refusal("a narrow class map", class_map(), 8, 32, MNET_ERROR_UNSUPPORTED, same_output);
    check_refusal("a narrow map as vector", flattened(1), 8, 32, MNET_ERROR_UNSUPPORTED,
                  same_reshape);
    check_refusal("a narrow map in a small pool", small_pool(), 8, 32, MNET_ERROR_UNSUPPORTED,
                  same_pool);
    check_refusal("no picture", vector_network(), 24, 24, MNET_ERROR_ARGUMENT, range);
    check_refusal("negative", classifier(), -1, 32, MNET_ERROR_ARGUMENT, range);
    check_refusal("too wide", classifier(), 16385, 32, MNET_ERROR_ARGUMENT, range);
    check_refusal("too high", classifier(), 32, INT32_MAX, MNET_ERROR_ARGUMENT, range);
    check_refusal("too much memory", tb_tiny_classifier(&(TbTiny){ .type = TFL_TYPE_FLOAT32 }),
                  16384, 16384, MNET_ERROR_LIMIT, sizeof(size_t) > 4 ? memory : addresses);
}

int main(void)
{
    check_sizes();
    check_following();
    check_refusals();
    printf("%s\n", failed ? "failed" : "ok");
    return failed != 0;
}
