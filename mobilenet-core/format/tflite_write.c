/* SPDX-License-Identifier: MIT
 *
 * Writes a graph as a .tflite file. */
#include "format/tflite_write.h"

#include "base/error.h"
#include "base/memory.h"
#include "format/tflite_schema.h"

typedef struct {
    uint8_t type; /* TFL_OPTIONS_NONE: no table */
    uint8_t n;
    MnetFlatField fields[8];
} Options;

/* An operator that is written: its number in the file, the versions that compute
 * with floats and with int8, its options. */
typedef struct {
    MnetOp op;
    uint8_t builtin;
    uint8_t version_float, version_int8;
    void (*options)(const MnetNode *node, Options *options);
} Operator;

static uint8_t activation(const MnetNode *node)
{
    switch (node->activation) {
    case MNET_ACTIVATION_RELU:
        return TFL_ACTIVATION_RELU;
    case MNET_ACTIVATION_RELU_N1_TO_1:
        return TFL_ACTIVATION_RELU_N1_TO_1;
    case MNET_ACTIVATION_RELU6:
        return TFL_ACTIVATION_RELU6;
    default:
        return TFL_ACTIVATION_NONE;
    }
}

static void put(Options *options, MnetFlatField field)
{
    options->fields[options->n++] = field;
}

static uint8_t padding(const MnetWindow *window)
{
    return window->padding == MNET_PADDING_SAME ? TFL_PADDING_SAME : TFL_PADDING_VALID;
}

static void conv_options(const MnetNode *node, Options *options)
{
    const MnetWindow *w = &node->options.window;
    options->type = TFL_OPTIONS_CONV_2D;
    put(options, mnet_flat_byte(TFL_CONV_PADDING, padding(w)));
    put(options, mnet_flat_int(TFL_CONV_STRIDE_W, w->stride_w));
    put(options, mnet_flat_int(TFL_CONV_STRIDE_H, w->stride_h));
    put(options, mnet_flat_byte(TFL_CONV_ACTIVATION, activation(node)));
    put(options, mnet_flat_int(TFL_CONV_DILATION_W, w->dilation_w));
    put(options, mnet_flat_int(TFL_CONV_DILATION_H, w->dilation_h));
}

static void depthwise_options(const MnetNode *node, Options *options)
{
    const MnetWindow *w = &node->options.window;
    options->type = TFL_OPTIONS_DEPTHWISE_CONV_2D;
    put(options, mnet_flat_byte(TFL_DEPTHWISE_PADDING, padding(w)));
    put(options, mnet_flat_int(TFL_DEPTHWISE_STRIDE_W, w->stride_w));
    put(options, mnet_flat_int(TFL_DEPTHWISE_STRIDE_H, w->stride_h));
    put(options, mnet_flat_int(TFL_DEPTHWISE_MULTIPLIER, w->multiplier));
    put(options, mnet_flat_byte(TFL_DEPTHWISE_ACTIVATION, activation(node)));
    put(options, mnet_flat_int(TFL_DEPTHWISE_DILATION_W, w->dilation_w));
    put(options, mnet_flat_int(TFL_DEPTHWISE_DILATION_H, w->dilation_h));
}

static void pool_options(const MnetNode *node, Options *options)
{
    const MnetWindow *w = &node->options.window;
    options->type = TFL_OPTIONS_POOL_2D;
    put(options, mnet_flat_byte(TFL_POOL_PADDING, padding(w)));
    put(options, mnet_flat_int(TFL_POOL_STRIDE_W, w->stride_w));
    put(options, mnet_flat_int(TFL_POOL_STRIDE_H, w->stride_h));
    put(options, mnet_flat_int(TFL_POOL_FILTER_W, w->filter_w));
    put(options, mnet_flat_int(TFL_POOL_FILTER_H, w->filter_h));
    put(options, mnet_flat_byte(TFL_POOL_ACTIVATION, activation(node)));
}

static void fully_connected_options(const MnetNode *node, Options *options)
{
    options->type = TFL_OPTIONS_FULLY_CONNECTED;
    put(options, mnet_flat_byte(TFL_FULLY_CONNECTED_ACTIVATION, activation(node)));
    put(options,
        mnet_flat_byte(TFL_FULLY_CONNECTED_KEEP_NUM_DIMS, node->options.fully_connected.keep_dims));
}

static void concatenation_options(const MnetNode *node, Options *options)
{
    options->type = TFL_OPTIONS_CONCATENATION;
    put(options, mnet_flat_int(TFL_CONCATENATION_AXIS, node->options.axis));
    put(options, mnet_flat_byte(TFL_CONCATENATION_ACTIVATION, activation(node)));
}

static void strided_slice_options(const MnetNode *node, Options *options)
{
    const uint32_t masks[] = {
        [TFL_STRIDED_SLICE_BEGIN_MASK] = node->options.strided_slice.begin_mask,
        [TFL_STRIDED_SLICE_END_MASK] = node->options.strided_slice.end_mask,
        [TFL_STRIDED_SLICE_ELLIPSIS_MASK] = node->options.strided_slice.ellipsis_mask,
        [TFL_STRIDED_SLICE_NEW_AXIS_MASK] = node->options.strided_slice.new_axis_mask,
        [TFL_STRIDED_SLICE_SHRINK_AXIS_MASK] = node->options.strided_slice.shrink_mask
    };
    options->type = TFL_OPTIONS_STRIDED_SLICE;
    for (uint8_t i = 0; i < sizeof masks / sizeof *masks; i++)
        put(options, mnet_flat_int(i, (int32_t)masks[i]));
}

static void add_options(const MnetNode *node, Options *options)
{
    options->type = TFL_OPTIONS_ADD;
    put(options, mnet_flat_byte(TFL_BINARY_ACTIVATION, activation(node)));
}

static void mul_options(const MnetNode *node, Options *options)
{
    options->type = TFL_OPTIONS_MUL;
    put(options, mnet_flat_byte(TFL_BINARY_ACTIVATION, activation(node)));
}

static void mean_options(const MnetNode *node, Options *options)
{
    options->type = TFL_OPTIONS_REDUCER;
    put(options, mnet_flat_byte(TFL_REDUCER_KEEP_DIMS, node->options.keep_dims));
}

static void softmax_options(const MnetNode *node, Options *options)
{
    options->type = TFL_OPTIONS_SOFTMAX;
    put(options, mnet_flat_float(TFL_SOFTMAX_BETA, node->options.beta));
}

static const Operator operators[] = {
    { MNET_OP_ADD, TFL_OP_ADD, 1, 2, add_options },
    { MNET_OP_AVERAGE_POOL_2D, TFL_OP_AVERAGE_POOL_2D, 1, 2, pool_options },
    { MNET_OP_CONCATENATION, TFL_OP_CONCATENATION, 1, 2, concatenation_options },
    { MNET_OP_CONV_2D, TFL_OP_CONV_2D, 1, 3, conv_options },
    { MNET_OP_DEPTHWISE_CONV_2D, TFL_OP_DEPTHWISE_CONV_2D, 1, 3, depthwise_options },
    { MNET_OP_FULLY_CONNECTED, TFL_OP_FULLY_CONNECTED, 5, 5, fully_connected_options },
    { MNET_OP_HARD_SWISH, TFL_OP_HARD_SWISH, 1, 1, NULL },
    { MNET_OP_LOGISTIC, TFL_OP_LOGISTIC, 1, 2, NULL },
    { MNET_OP_MEAN, TFL_OP_MEAN, 1, 2, mean_options },
    { MNET_OP_MUL, TFL_OP_MUL, 1, 2, mul_options },
    { MNET_OP_PAD, TFL_OP_PAD, 1, 2, NULL },
    { MNET_OP_QUANTIZE, TFL_OP_QUANTIZE, 1, 1, NULL },
    { MNET_OP_RESHAPE, TFL_OP_RESHAPE, 1, 1, NULL },
    { MNET_OP_SOFTMAX, TFL_OP_SOFTMAX, 1, 2, softmax_options },
    { MNET_OP_STRIDED_SLICE, TFL_OP_STRIDED_SLICE, 1, 2, strided_slice_options },
};
#define N_OPERATORS (sizeof operators / sizeof *operators)
#define N_CODES (2 * N_OPERATORS)

/* The operator codes of a file: entry 2 i for floats, 2 i + 1 for int8 of
 * operators[i]; those that are used are numbered. */
typedef struct {
    const MnetGraph *graph;
    const MnetTfliteFacts *facts;
    MnetFlatWriter *w;
    int32_t codes[N_CODES]; /* -1: not used */
    uint32_t n_codes;
    size_t *zeros; /* of each tensor: what write_quant() returned */
} Writer;

static const Operator *find_operator(MnetOp op)
{
    for (size_t i = 0; i < N_OPERATORS; i++)
        if (operators[i].op == op)
            return &operators[i];
    return NULL;
}

static size_t code_of(const MnetGraph *graph, const MnetNode *node)
{
    const Operator *op = find_operator(node->op);
    bool is_float = graph->tensors[node->inputs[0]].type == MNET_TYPE_FLOAT32;
    return 2 * (size_t)(op - operators) + (is_float ? 0 : 1);
}

static MnetStatus number_codes(Writer *writer, MnetError *error)
{
    const MnetGraph *graph = writer->graph;
    for (size_t i = 0; i < N_CODES; i++)
        writer->codes[i] = -1;
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        const MnetNode *node = &graph->nodes[i];
        if (!find_operator(node->op))
            return mnet_error_set(error, MNET_ERROR_UNSUPPORTED, "%s cannot be written",
                                  mnet_op_name(node->op));
        int32_t *code = &writer->codes[code_of(graph, node)];
        if (*code < 0)
            *code = (int32_t)writer->n_codes++;
    }
    return MNET_OK;
}

static void write_codes(Writer *writer, size_t from)
{
    MnetFlatWriter *w = writer->w;
    size_t list = mnet_flat_write_vector(w, from, writer->n_codes, 4, 4, NULL);
    for (size_t i = 0; i < N_CODES; i++) {
        const Operator *op = &operators[i / 2];
        if (writer->codes[i] < 0)
            continue;
        MnetFlatField fields[] = { mnet_flat_byte(TFL_CODE_DEPRECATED_BUILTIN, op->builtin),
                                   mnet_flat_int(TFL_CODE_VERSION,
                                                 i % 2 ? op->version_int8 : op->version_float),
                                   mnet_flat_int(TFL_CODE_BUILTIN, op->builtin) };
        mnet_flat_write_table(w, list + 4 * (size_t)writer->codes[i], fields, 3);
    }
}

static uint8_t type_number(MnetType type)
{
    static const uint8_t numbers[] = {
        [MNET_TYPE_FLOAT32] = TFL_TYPE_FLOAT32, [MNET_TYPE_FLOAT16] = TFL_TYPE_FLOAT16,
        [MNET_TYPE_INT8] = TFL_TYPE_INT8,       [MNET_TYPE_UINT8] = TFL_TYPE_UINT8,
        [MNET_TYPE_INT16] = TFL_TYPE_INT16,     [MNET_TYPE_INT32] = TFL_TYPE_INT32,
        [MNET_TYPE_INT64] = TFL_TYPE_INT64,     [MNET_TYPE_BOOL] = TFL_TYPE_BOOL
    };
    return numbers[type];
}

static bool all_zero(const int32_t *values, int32_t n)
{
    while (n > 0 && !values[n - 1])
        n--;
    return n == 0;
}

/* Returns where the offset of the zero points is, if all of them are 0 and they are left
 * to write_zeros(); else 0. */
static size_t write_quant(MnetFlatWriter *w, size_t from, const MnetQuant *quant)
{
    MnetFlatField fields[] = { mnet_flat_offset(TFL_QUANTIZATION_SCALE),
                               mnet_flat_offset(TFL_QUANTIZATION_ZERO_POINT),
                               mnet_flat_int(TFL_QUANTIZATION_DIMENSION, quant->axis) };
    mnet_flat_write_table(w, from, fields, 3);
    mnet_flat_write_vector(w, fields[0].at, (size_t)quant->n, 4, 4, quant->scale);
    if (all_zero(quant->zero_point, quant->n))
        return fields[1].at;
    size_t at = mnet_flat_write_vector(w, fields[1].at, (size_t)quant->n, 8, 8, NULL);
    for (int32_t i = 0; i < quant->n; i++)
        mnet_flat_write_put(w, at + 8 * (size_t)i, (uint64_t)(int64_t)quant->zero_point[i], 8);
    return 0;
}

/* Eight bytes for each channel of each layer, twice, would be a quarter of a small file:
 * tensors of as many channels share theirs. */
static void write_zeros(Writer *writer)
{
    const MnetTensor *tensors = writer->graph->tensors;
    for (int32_t i = 0; i < writer->graph->n_tensors; i++) {
        if (!writer->zeros[i])
            continue;
        int32_t n = tensors[i].quant.n;
        size_t at = mnet_flat_write_vector(writer->w, writer->zeros[i], (size_t)n, 8, 8, NULL);
        for (int32_t k = i + 1; k < writer->graph->n_tensors; k++) {
            if (!writer->zeros[k] || tensors[k].quant.n != n)
                continue;
            mnet_flat_write_put(writer->w, writer->zeros[k], at - 4 - writer->zeros[k], 4);
            writer->zeros[k] = 0;
        }
    }
}

/* Buffer 0 is the empty one, then one for each tensor, then the metadata's. */
static void write_tensor(Writer *writer, size_t from, int32_t index)
{
    MnetFlatWriter *w = writer->w;
    const MnetTensor *tensor = &writer->graph->tensors[index];
    MnetFlatField fields[5] = { mnet_flat_offset(TFL_TENSOR_SHAPE),
                                mnet_flat_byte(TFL_TENSOR_TYPE, type_number(tensor->type)),
                                mnet_flat_int(TFL_TENSOR_BUFFER, tensor->data ? 1 + index : 0),
                                mnet_flat_offset(TFL_TENSOR_NAME),
                                mnet_flat_offset(TFL_TENSOR_QUANTIZATION) };
    mnet_flat_write_table(w, from, fields, tensor->quant.n ? 5 : 4);
    mnet_flat_write_vector(w, fields[0].at, (size_t)tensor->rank, 4, 4, tensor->dims);
    mnet_flat_write_string(w, fields[3].at, tensor->name);
    if (tensor->quant.n)
        writer->zeros[index] = write_quant(w, fields[4].at, &tensor->quant);
}

static void write_node(Writer *writer, size_t from, const MnetNode *node)
{
    MnetFlatWriter *w = writer->w;
    Options options = { .type = TFL_OPTIONS_NONE };
    const Operator *op = find_operator(node->op);
    if (op->options)
        op->options(node, &options);
    MnetFlatField fields[5] = {
        mnet_flat_int(TFL_OPERATOR_CODE, writer->codes[code_of(writer->graph, node)]),
        mnet_flat_offset(TFL_OPERATOR_INPUTS), mnet_flat_offset(TFL_OPERATOR_OUTPUTS),
        mnet_flat_byte(TFL_OPERATOR_OPTIONS_TYPE, options.type),
        mnet_flat_offset(TFL_OPERATOR_OPTIONS)
    };
    mnet_flat_write_table(w, from, fields, options.type ? 5 : 3);
    mnet_flat_write_vector(w, fields[1].at, (size_t)node->n_inputs, 4, 4, node->inputs);
    mnet_flat_write_vector(w, fields[2].at, (size_t)node->n_outputs, 4, 4, node->outputs);
    if (options.type)
        mnet_flat_write_table(w, fields[4].at, options.fields, options.n);
}

static void write_subgraph(Writer *writer, size_t from)
{
    const MnetGraph *graph = writer->graph;
    MnetFlatWriter *w = writer->w;
    MnetFlatField fields[] = { mnet_flat_offset(TFL_SUBGRAPH_TENSORS),
                               mnet_flat_offset(TFL_SUBGRAPH_INPUTS),
                               mnet_flat_offset(TFL_SUBGRAPH_OUTPUTS),
                               mnet_flat_offset(TFL_SUBGRAPH_OPERATORS) };
    size_t at = mnet_flat_write_vector(w, from, 1, 4, 4, NULL);
    mnet_flat_write_table(w, at, fields, 4);
    mnet_flat_write_vector(w, fields[1].at, (size_t)graph->n_inputs, 4, 4, graph->inputs);
    mnet_flat_write_vector(w, fields[2].at, (size_t)graph->n_outputs, 4, 4, graph->outputs);
    at = mnet_flat_write_vector(w, fields[0].at, (size_t)graph->n_tensors, 4, 4, NULL);
    for (int32_t i = 0; i < graph->n_tensors; i++)
        write_tensor(writer, at + 4 * (size_t)i, i);
    write_zeros(writer);
    at = mnet_flat_write_vector(w, fields[3].at, (size_t)graph->n_nodes, 4, 4, NULL);
    for (int32_t i = 0; i < graph->n_nodes; i++)
        write_node(writer, at + 4 * (size_t)i, &graph->nodes[i]);
}

static void write_buffer(MnetFlatWriter *w, size_t from, const void *data, size_t size)
{
    MnetFlatField field = mnet_flat_offset(TFL_BUFFER_DATA);
    mnet_flat_write_table(w, from, &field, data ? 1 : 0);
    if (data)
        mnet_flat_write_vector(w, field.at, size, 1, 16, data);
}

static void write_buffers(Writer *writer, size_t from, const MnetFlatWriter *metadata)
{
    const MnetGraph *graph = writer->graph;
    size_t n = (size_t)graph->n_tensors;
    size_t at = mnet_flat_write_vector(writer->w, from, n + 2, 4, 4, NULL);
    write_buffer(writer->w, at, NULL, 0);
    for (size_t i = 0; i < n; i++)
        write_buffer(writer->w, at + 4 * (i + 1), graph->tensors[i].data,
                     graph->tensors[i].data_bytes);
    write_buffer(writer->w, at + 4 * (n + 1), metadata->data, metadata->size);
}

static void write_metadata_entry(Writer *writer, size_t from)
{
    MnetFlatField entry[] = { mnet_flat_offset(TFL_METADATA_NAME),
                              mnet_flat_int(TFL_METADATA_BUFFER, writer->graph->n_tensors + 1) };
    size_t at = mnet_flat_write_vector(writer->w, from, 1, 4, 4, NULL);
    mnet_flat_write_table(writer->w, at, entry, 2);
    mnet_flat_write_string(writer->w, entry[0].at, "TFLITE_METADATA");
}

static void write_model(Writer *writer, const MnetFlatWriter *metadata)
{
    MnetFlatField fields[] = {
        mnet_flat_int(TFL_MODEL_VERSION, TFL_VERSION), mnet_flat_offset(TFL_MODEL_OPERATOR_CODES),
        mnet_flat_offset(TFL_MODEL_SUBGRAPHS),         mnet_flat_offset(TFL_MODEL_DESCRIPTION),
        mnet_flat_offset(TFL_MODEL_BUFFERS),           mnet_flat_offset(TFL_MODEL_METADATA)
    };
    mnet_flat_write_begin(writer->w, TFL_IDENTIFIER);
    mnet_flat_write_table(writer->w, 0, fields, 6);
    write_codes(writer, fields[1].at);
    mnet_flat_write_string(writer->w, fields[3].at, writer->facts->description);
    write_metadata_entry(writer, fields[5].at);
    write_subgraph(writer, fields[2].at);
    write_buffers(writer, fields[4].at, metadata);
    mnet_metadata_append_labels(writer->facts, writer->w);
}

MnetStatus mnet_tflite_write(const MnetGraph *graph, const MnetTfliteFacts *facts, uint8_t **data,
                             size_t *size, MnetError *error)
{
    MnetFlatWriter file, metadata;
    Writer writer = { .graph = graph, .facts = facts, .w = &file };
    MnetStatus status = number_codes(&writer, error);
    if (status)
        return status;
    if ((status = mnet_metadata_write(facts, &metadata, error)))
        return status;
    size_t tensors = (size_t)graph->n_tensors;
    writer.zeros = mnet_calloc(tensors ? tensors : 1, sizeof *writer.zeros);
    if (!writer.zeros) {
        mnet_free(metadata.data);
        return mnet_error_memory(error, tensors * sizeof *writer.zeros);
    }
    write_model(&writer, &metadata);
    mnet_free(writer.zeros);
    mnet_free(metadata.data);
    if ((status = mnet_flat_write_end(&file, error)))
        return status;
    *data = file.data;
    *size = file.size;
    return MNET_OK;
}
