/* SPDX-License-Identifier: MIT
 *
 * The .tflite reader: the error of each fault, what is no model at all, files
 * that are cut anywhere, numbers that lie anywhere, vectors that are shared. */
#include <math.h>

#include "expect.h"
#include "flatwriter.h"
#include "tflite_spec.h"

static void cumsum(TfliteSpec *s)
{
    s->op.builtin = 128;
    s->op.version = 2;
    s->op.options.type = 0;
}
static void custom(TfliteSpec *s)
{
    s->op.builtin = TFL_OP_CUSTOM;
    s->op.custom = "My\nOperator";
}
static void unknown_code(TfliteSpec *s)
{
    s->op.builtin = 100000;
}
static void negative_code(TfliteSpec *s)
{
    s->op.builtin = -1;
}
static void new_operator(TfliteSpec *s)
{
    s->op.version = 99;
}
static void schema_version(TfliteSpec *s)
{
    s->version = 2;
}
static void string_type(TfliteSpec *s)
{
    s->tensors[X].type = 5;
}
static void unknown_type(TfliteSpec *s)
{
    s->tensors[X].type = 100;
}
static void zero_dimension(TfliteSpec *s)
{
    s->tensors[X].dims[1] = 0;
}
static void open_dimension(TfliteSpec *s)
{
    s->tensors[X].dims[0] = -1;
}
static void huge_dimension(TfliteSpec *s)
{
    s->tensors[X].dims[1] = INT32_MAX;
}
static void huge_tensor(TfliteSpec *s)
{
    s->tensors[X].dims[1] = s->tensors[X].dims[2] = 1 << 24;
}
static void seven_dimensions(TfliteSpec *s)
{
    s->tensors[X].rank = 7;
    s->tensors[X].dims[4] = s->tensors[X].dims[5] = s->tensors[X].dims[6] = 1;
}
static void short_constant(TfliteSpec *s)
{
    s->tensors[W].bytes--;
}
static void long_constant(TfliteSpec *s)
{
    s->tensors[B].dims[0] = 1;
    s->tensors[B].n_scales = 1;
}
static void three_scales(TfliteSpec *s)
{
    static const float three[] = { 1, 2, 3 };
    s->tensors[W].scales = three;
    s->tensors[W].n_scales = 3;
}
static void outside_axis(TfliteSpec *s)
{
    s->tensors[W].quantized_dimension = 4;
}
static void negative_axis(TfliteSpec *s)
{
    s->tensors[W].quantized_dimension = -1;
}
static void three_zero_points(TfliteSpec *s)
{
    static const int64_t three[] = { 1, 2, 3 };
    s->tensors[W].zero_points = three;
    s->tensors[W].n_zero_points = 3;
}
static void huge_zero_point(TfliteSpec *s)
{
    s->tensors[X].zero_point = 1ll << 40;
}
static void variable(TfliteSpec *s)
{
    s->tensors[X].is_variable = true;
}
static void constant_input(TfliteSpec *s)
{
    s->input = W;
}
static void shapeless_input(TfliteSpec *s)
{
    s->tensors[X].no_shape = true;
}
static void outside_input(TfliteSpec *s)
{
    s->input = N_TENSORS;
}
static void negative_output(TfliteSpec *s)
{
    s->output = -1;
}
static void outside_tensor(TfliteSpec *s)
{
    s->op.inputs[1] = 1000;
}
static void missing_output(TfliteSpec *s)
{
    s->op.outputs[0] = -1;
}
static void constant_output(TfliteSpec *s)
{
    s->op.outputs[0] = W;
}
static void no_options(TfliteSpec *s)
{
    s->op.options.type = 0;
}
static void other_options(TfliteSpec *s)
{
    s->op.options = tb_softmax_options(1);
}
static void tanh_activation(TfliteSpec *s)
{
    s->op.options = tb_conv_options(TFL_PADDING_SAME, 1, 1, 1, 1, TFL_ACTIVATION_TANH);
}
static void unknown_activation(TfliteSpec *s)
{
    s->op.options = tb_conv_options(TFL_PADDING_SAME, 1, 1, 1, 1, 77);
}
static void unknown_padding(TfliteSpec *s)
{
    s->op.options = tb_conv_options(9, 1, 1, 1, 1, TFL_ACTIVATION_NONE);
}
static void zero_stride(TfliteSpec *s)
{
    s->op.options = tb_conv_options(TFL_PADDING_SAME, 0, 1, 1, 1, TFL_ACTIVATION_NONE);
}
static void huge_dilation(TfliteSpec *s)
{
    s->op.options = tb_conv_options(TFL_PADDING_SAME, 1, 1, 1, INT32_MAX, TFL_ACTIVATION_NONE);
}
static void odd_multiplier(TfliteSpec *s)
{
    s->op.builtin = TFL_OP_DEPTHWISE_CONV_2D;
    s->op.options = tb_depthwise_options(TFL_PADDING_SAME, 1, 1, 1, 1, 1, TFL_ACTIVATION_NONE);
    s->tensors[X].dims[3] = 2;
}
static void lone_depthwise(TfliteSpec *s)
{
    odd_multiplier(s);
    s->op.n_inputs = 1;
}
static void shuffled_weights(TfliteSpec *s)
{
    s->op.builtin = TFL_OP_FULLY_CONNECTED;
    s->op.options = tb_fully_connected_options(TFL_ACTIVATION_NONE, false);
    s->op.options.fields[1] =
        (TbField){ .id = TFL_FULLY_CONNECTED_WEIGHTS_FORMAT, .bytes = 1, .value = 1 };
}
static void nan_beta(TfliteSpec *s)
{
    s->op.builtin = TFL_OP_SOFTMAX;
    s->op.version = 1;
    s->op.options = tb_softmax_options(NAN);
}
static void far_axis(TfliteSpec *s)
{
    s->op.builtin = TFL_OP_CONCATENATION;
    s->op.options = tb_concatenation_options(6, TFL_ACTIVATION_NONE);
}
static void long_shape(TfliteSpec *s)
{
    static const int32_t seven[] = { 1, 1, 1, 1, 1, 1, 1 };
    s->op.builtin = TFL_OP_RESHAPE;
    s->op.version = 1;
    s->op.options = tb_reshape_options(7, seven);
}

static const struct {
    const char *name;
    void (*change)(TfliteSpec *spec);
    MnetStatus status;
    const char *text;
} cases[] = {
    { "an operator", cumsum, MNET_ERROR_UNSUPPORTED,
      "operator 0 CUMSUM (version 2) is not supported" },
    { "a custom operator", custom, MNET_ERROR_UNSUPPORTED,
      "operator 0 My?Operator (custom) is not supported" },
    { "an unknown operator", unknown_code, MNET_ERROR_UNSUPPORTED, "code 100000" },
    { "a negative operator", negative_code, MNET_ERROR_UNSUPPORTED, "code -1" },
    { "a new operator", new_operator, MNET_ERROR_UNSUPPORTED,
      "operator 0 CONV_2D: version 99 is not supported" },
    { "a schema", schema_version, MNET_ERROR_UNSUPPORTED, "schema version is 2, expected 3" },
    { "strings", string_type, MNET_ERROR_UNSUPPORTED,
      "tensor 0 'x': element type STRING is not supported" },
    { "an unknown type", unknown_type, MNET_ERROR_FORMAT, "element type 100" },
    { "no rows", zero_dimension, MNET_ERROR_FORMAT, "tensor 0 'x': dimension 1 is 0" },
    { "an open dimension", open_dimension, MNET_ERROR_FORMAT, "dimension 0 is -1" },
    { "a huge dimension", huge_dimension, MNET_ERROR_LIMIT, "dimension 1 is 2147483647" },
    { "a huge tensor", huge_tensor, MNET_ERROR_LIMIT, "bytes" },
    { "seven dimensions", seven_dimensions, MNET_ERROR_UNSUPPORTED, "7 dimensions" },
    { "a short constant", short_constant, MNET_ERROR_FORMAT,
      "tensor 1 'w': the constant has 53 bytes, its shape and type make 54" },
    { "a long constant", long_constant, MNET_ERROR_FORMAT, "8 bytes" },
    { "three scales", three_scales, MNET_ERROR_FORMAT,
      "3 scales for dimension 0 of size 2, expected 1 or 2" },
    { "an axis outside", outside_axis, MNET_ERROR_FORMAT, "along dimension 4" },
    { "a negative axis", negative_axis, MNET_ERROR_FORMAT, "along dimension -1" },
    { "three zero points", three_zero_points, MNET_ERROR_FORMAT, "3 zero points for 2 scales" },
    { "a huge zero point", huge_zero_point, MNET_ERROR_FORMAT, "1099511627776" },
    { "a variable", variable, MNET_ERROR_UNSUPPORTED, "input tensor 0 'x' is a variable" },
    { "a constant as input", constant_input, MNET_ERROR_FORMAT,
      "input 0, tensor 1 'w', is a constant" },
    { "an input without a shape", shapeless_input, MNET_ERROR_UNSUPPORTED, "has no shape" },
    { "an input outside", outside_input, MNET_ERROR_FORMAT, "input 0 is tensor 4" },
    { "an output outside", negative_output, MNET_ERROR_FORMAT, "output 0 is tensor -1" },
    { "a tensor outside", outside_tensor, MNET_ERROR_FORMAT,
      "operator 0 CONV_2D: input 1 is tensor 1000" },
    { "an output that is missing", missing_output, MNET_ERROR_FORMAT, "output 0 is tensor -1" },
    { "a constant as output", constant_output, MNET_ERROR_FORMAT, "is a constant" },
    { "no options", no_options, MNET_ERROR_FORMAT, "options are missing" },
    { "another's options", other_options, MNET_ERROR_FORMAT, "options are of type 9, expected 1" },
    { "TANH", tanh_activation, MNET_ERROR_UNSUPPORTED, "fused activation TANH" },
    { "an activation", unknown_activation, MNET_ERROR_FORMAT, "activation 77" },
    { "a padding", unknown_padding, MNET_ERROR_FORMAT, "padding 9" },
    { "no stride", zero_stride, MNET_ERROR_FORMAT, "stride 0x1" },
    { "a huge dilation", huge_dilation, MNET_ERROR_FORMAT, "dilation 1x2147483647" },
    { "an odd multiplier", odd_multiplier, MNET_ERROR_FORMAT, "no multiple of 2" },
    { "no weights", lone_depthwise, MNET_ERROR_FORMAT, "1 inputs" },
    { "shuffled weights", shuffled_weights, MNET_ERROR_UNSUPPORTED, "weights format 1" },
    { "beta", nan_beta, MNET_ERROR_FORMAT, "beta is" },
    { "an axis", far_axis, MNET_ERROR_FORMAT, "axis 6" },
    { "a long shape", long_shape, MNET_ERROR_UNSUPPORTED, "7 dimensions" },
};

static void check_cases(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        TfliteSpec spec = tflite_spec_good();
        cases[i].change(&spec);
        TbFile file = tflite_spec_build(&spec);
        MnetError error = { 0 };
        MnetStatus status = tflite_spec_read(&file, &error);
        EXPECT(status == error.status, "%s: status", cases[i].name);
        expect_error(cases[i].name, &error, cases[i].status, cases[i].text);
        tb_file_free(&file);
    }
}

static void check_lookalikes(void)
{
    const struct {
        const char *data;
        size_t size;
        const char *text;
    } files[] = {
        { "version https://git-lfs.github.com/spec/v1\n", 43, "a git-lfs pointer" },
        { "\n <!DOCTYPE html>", 17, "an HTML page" },
        { "<HTML><body>", 12, "an HTML page" },
        { "PK\3\4....", 8, "a zip archive" },
        { "\x08\x07\x12\x07pytorch", 11, "an ONNX model" },
        { "\x08\x01\x12\x80\x80\x80\x80\x80", 8, "a TensorFlow SavedModel" },
        { "\x89HDF\r\n\x1a\n", 8, "a Keras HDF5 model" },
        { "abcdefgh", 8, "found \"efgh\"" },
        { "abcd\xff\n\0z", 8, "found \"???z\"" },
        { "TFL3", 4, "found 4 bytes only" },
        { "", 0, "found 0 bytes only" },
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        uint8_t *copy = expect_copy(files[i].data, files[i].size);
        MnetError error = { 0 };
        tflite_spec_read(&(TbFile){ copy, files[i].size }, &error);
        expect_error(files[i].text, &error, MNET_ERROR_FORMAT, files[i].text);
        EXPECT(strstr(error.text, "expected a TensorFlow Lite model"), "%s", error.text);
        free(copy);
    }
}

/* What a graph promises to those who read it. */
static bool is_sane(const MnetGraph *g, const TbFile *file)
{
    bool sane = g->n_inputs > 0 && g->n_outputs > 0 && g->description;
    for (int32_t i = 0; i < g->n_tensors && sane; i++) {
        const MnetTensor *t = &g->tensors[i];
        sane = t->name && t->rank >= 0 && t->rank <= MNET_MAX_RANK && mnet_type_size(t->type);
        size_t bytes = mnet_type_size(t->type);
        for (int32_t d = 0; d < t->rank && sane; d++) {
            sane = t->dims[d] >= 1;
            bytes *= (size_t)t->dims[d];
        }
        const uint8_t *data = t->data;
        sane = sane && bytes < MNET_MAX_TENSOR_BYTES;
        sane = sane && (!data || (t->data_bytes == bytes && data >= file->data &&
                                  data + bytes <= file->data + file->size));
        sane = sane && (t->quant.n <= 1 || t->quant.n == t->dims[t->quant.axis]);
    }
    for (int32_t i = 0; i < g->n_nodes && sane; i++) {
        const MnetNode *n = &g->nodes[i];
        for (int32_t k = 0; k < n->n_inputs; k++)
            sane = sane && n->inputs[k] >= -1 && n->inputs[k] < g->n_tensors;
        for (int32_t k = 0; k < n->n_outputs; k++)
            sane = sane && n->outputs[k] >= 0 && n->outputs[k] < g->n_tensors;
    }
    return sane;
}

/* Reads a changed file: an error with a text, or a graph that keeps its word. */
static bool read_changed(const TbFile *file, size_t at)
{
    MnetStore store = { .limit = (size_t)64 << 20 };
    MnetGraph graph;
    MnetError error = { 0 };
    MnetStatus status = mnet_tflite_read(file->data, file->size, &store, &graph, &error);
    EXPECT(status ? error.text[0] && error.status == status : is_sane(&graph, file),
           "changed at %zu: status %d %s", at, status, error.text);
    mnet_store_clear(&store);
    return !status;
}

static void check_truncation(void)
{
    TfliteSpec spec = tflite_spec_good();
    TbFile file = tflite_spec_build(&spec);
    size_t good = 0;
    for (size_t size = 0; size < file.size; size++) {
        TbFile cut = { expect_copy(file.data, size), size };
        good += read_changed(&cut, size);
        free(cut.data);
    }
    /* Only the metadata's empty vector may be missing: that is not looked at. */
    EXPECT(good <= 16, "%zu truncated files were taken", good);
    tb_file_free(&file);
}

static void check_extremes(void)
{
    TfliteSpec spec = tflite_spec_good();
    TbFile file = tflite_spec_build(&spec);
    const uint32_t extremes[] = { 0,          1,          2,          0xff,
                                  UINT32_MAX, 0x7fffffff, 0x80000000, (uint32_t)file.size,
                                  0x01000000, 0x40000000, 0x7fff7fff, (uint32_t)file.size - 4 };
    for (size_t at = 0; at + 4 <= file.size; at += 2)
        for (size_t e = 0; e < sizeof extremes / sizeof *extremes; e++) {
            FlatWriter changed = { expect_copy(file.data, file.size), file.size, file.size };
            flat_writer_put_u32(&changed, at, extremes[e]);
            read_changed(&(TbFile){ changed.data, changed.size }, at);
            free(changed.data);
        }
    tb_file_free(&file);
}

/* A small file whose `count` operators (or tensors) are one table, which has
 * `links` inputs. */
static TbFile shared_file(uint32_t operators, uint32_t tensors, uint32_t links)
{
    FlatField model[] = { FLAT_I32(TFL_MODEL_VERSION, 3), FLAT_OFFSET(TFL_MODEL_OPERATOR_CODES),
                          FLAT_OFFSET(TFL_MODEL_SUBGRAPHS) };
    FlatField sub[] = { FLAT_OFFSET(TFL_SUBGRAPH_TENSORS), FLAT_OFFSET(TFL_SUBGRAPH_OPERATORS),
                        FLAT_OFFSET(TFL_SUBGRAPH_INPUTS), FLAT_OFFSET(TFL_SUBGRAPH_OUTPUTS) };
    FlatField code = FLAT_U8(TFL_CODE_DEPRECATED_BUILTIN, TFL_OP_RELU);
    FlatField op[] = { FLAT_I32(TFL_OPERATOR_CODE, 0), FLAT_OFFSET(TFL_OPERATOR_INPUTS) };
    FlatField tensor = FLAT_OFFSET(TFL_TENSOR_SHAPE);
    const int32_t zero = 0, dim = 1;
    FlatWriter w;
    flat_writer_begin(&w, TFL_IDENTIFIER);
    flat_writer_table(&w, 0, model, 3);
    flat_writer_table(&w, flat_writer_vector(&w, model[1].at, 1, 4, 4, NULL), &code, 1);
    flat_writer_table(&w, flat_writer_vector(&w, model[2].at, 1, 4, 4, NULL), sub, 4);
    flat_writer_vector(&w, sub[2].at, 1, 4, 4, &zero);
    flat_writer_vector(&w, sub[3].at, 1, 4, 4, &zero);
    size_t first = flat_writer_vector(&w, sub[0].at, tensors, 4, 4, NULL);
    size_t first_op = flat_writer_vector(&w, sub[1].at, operators, 4, 4, NULL);
    flat_writer_table(&w, first, &tensor, 1);
    size_t table = tensor.at - 4;
    for (uint32_t i = 0; i < tensors; i++)
        flat_writer_put_u32(&w, first + 4 * i, (uint32_t)(table - (first + 4 * i)));
    flat_writer_vector(&w, tensor.at, 1, 4, 4, &dim);
    flat_writer_table(&w, first_op, op, 2);
    table = op[0].at - 4;
    for (uint32_t i = 0; i < operators; i++)
        flat_writer_put_u32(&w, first_op + 4 * i, (uint32_t)(table - (first_op + 4 * i)));
    flat_writer_vector(&w, op[1].at, links, 4, 4, NULL);
    return (TbFile){ w.data, w.size };
}

static void check_shared(void)
{
    const struct {
        uint32_t operators, tensors, links;
        const char *text;
    } files[] = { { 2, 2, 2, NULL },
                  { 32769, 2, 2, "32769 operators" },
                  { 2, 65537, 2, "65537 tensors" },
                  { 2, 2, 1025, "1025 inputs" },
                  { 1100, 2, 1000, "together have more than" } };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        TbFile file = shared_file(files[i].operators, files[i].tensors, files[i].links);
        MnetError error = { 0 };
        tflite_spec_read(&file, &error);
        if (files[i].text)
            expect_error(files[i].text, &error, MNET_ERROR_LIMIT, files[i].text);
        else
            EXPECT(!error.status, "%s", error.text);
        tb_file_free(&file);
    }
}

/* Scales of all tensors together are bounded too. */
static void check_scales(void)
{
    enum { COUNT = 1 << 20 };
    float *scales = calloc(COUNT, sizeof *scales);
    if (!scales)
        exit(1);
    TbModel *model = tb_model_new();
    for (int i = 0; i < 5; i++)
        tb_tensor(model, &(TbTensor){ .type = TFL_TYPE_INT8,
                                      .rank = 1,
                                      .dims = { COUNT },
                                      .n_scales = COUNT,
                                      .scales = scales });
    tb_operator(
        model,
        &(TbOperator){ .builtin = TFL_OP_RELU, .n_inputs = 1, .n_outputs = 1, .outputs = { 1 } });
    TbFile file = tb_finish(model);
    MnetError error = { 0 };
    tflite_spec_read(&file, &error);
    expect_error("scales", &error, MNET_ERROR_LIMIT, "tensor 4: all tensors together");
    tb_file_free(&file);
    free(scales);
}

int main(void)
{
    check_cases();
    check_lookalikes();
    check_truncation();
    check_extremes();
    check_shared();
    check_scales();
    return expect_report("tflite_bad");
}
