/* SPDX-License-Identifier: MIT
 *
 * Writes a graph as a .tflite file. */
#include "format/tflite_write.h"

#include "base/error.h"
#include "base/memory.h"
#include "format/tflite_schema.h"
#include "format/tflite_write_options.h"

#define N_CODES ((size_t)2 * MNET_TFLITE_WRITTEN)

/* The operator codes of a file: entry 2 i for floats, 2 i + 1 for int8 of
 * mnet_tflite_written[i]; those that are used are numbered. */
typedef struct {
    const MnetGraph *graph;
    const MnetTfliteFacts *facts;
    MnetFlatWriter *w;
    int32_t codes[N_CODES]; /* -1: not used */
    uint32_t n_codes;
    size_t *zeros;   /* of each tensor: what write_quant() returned */
    int32_t *owners; /* of each constant: the first tensor that has the same bytes */
} Writer;

static size_t code_of(const MnetGraph *graph, const MnetNode *node)
{
    const MnetTfliteWritten *op = mnet_tflite_find_written(node->op);
    bool is_float = graph->tensors[node->inputs[0]].type == MNET_TYPE_FLOAT32;
    return 2 * (size_t)(op - mnet_tflite_written) + (is_float ? 0 : 1);
}

static MnetStatus number_codes(Writer *writer, MnetError *error)
{
    const MnetGraph *graph = writer->graph;
    for (size_t i = 0; i < N_CODES; i++)
        writer->codes[i] = -1;
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        const MnetNode *node = &graph->nodes[i];
        MnetStatus status = mnet_tflite_check_written(node, error);
        if (status)
            return status;
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
        const MnetTfliteWritten *op = &mnet_tflite_written[i / 2];
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

/* A hostile file's thousands of tensors may share one constant. */
static void find_owners(Writer *writer)
{
    const MnetTensor *tensors = writer->graph->tensors;
    for (int32_t i = 0; i < writer->graph->n_tensors; i++) {
        int32_t k = 0;
        while (
            tensors[i].data && k < i &&
            (tensors[k].data != tensors[i].data || tensors[k].data_bytes != tensors[i].data_bytes))
            k++;
        writer->owners[i] = tensors[i].data ? k : i;
    }
}

/* Buffer 0 is the empty one, then one for each tensor, empty where it has none of its
 * own, then the metadata's. */
static void write_tensor(Writer *writer, size_t from, int32_t index)
{
    MnetFlatWriter *w = writer->w;
    const MnetTensor *tensor = &writer->graph->tensors[index];
    MnetFlatField fields[5] = {
        mnet_flat_offset(TFL_TENSOR_SHAPE),
        mnet_flat_byte(TFL_TENSOR_TYPE, type_number(tensor->type)),
        mnet_flat_int(TFL_TENSOR_BUFFER, tensor->data ? 1 + writer->owners[index] : 0),
        mnet_flat_offset(TFL_TENSOR_NAME), mnet_flat_offset(TFL_TENSOR_QUANTIZATION)
    };
    mnet_flat_write_table(w, from, fields, tensor->quant.n ? 5 : 4);
    mnet_flat_write_vector(w, fields[0].at, (size_t)tensor->rank, 4, 4, tensor->dims);
    mnet_flat_write_string(w, fields[3].at, tensor->name);
    if (tensor->quant.n)
        writer->zeros[index] = write_quant(w, fields[4].at, &tensor->quant);
}

static void write_node(Writer *writer, size_t from, const MnetNode *node)
{
    MnetFlatWriter *w = writer->w;
    MnetTfliteOptions options = { .type = TFL_OPTIONS_NONE };
    const MnetTfliteWritten *op = mnet_tflite_find_written(node->op);
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
    for (size_t i = 0; i < n; i++) {
        bool owned = writer->owners[i] == (int32_t)i;
        write_buffer(writer->w, at + 4 * (i + 1), owned ? graph->tensors[i].data : NULL,
                     graph->tensors[i].data_bytes);
    }
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
    writer.zeros = mnet_calloc(tensors + 1, sizeof *writer.zeros);
    writer.owners = mnet_calloc(tensors + 1, sizeof *writer.owners);
    if (writer.zeros && writer.owners) {
        find_owners(&writer);
        write_model(&writer, &metadata);
        status = mnet_flat_write_end(&file, error);
    } else {
        status = mnet_error_memory(error, tensors * sizeof *writer.zeros);
    }
    mnet_free(writer.zeros);
    mnet_free(writer.owners);
    mnet_free(metadata.data);
    if (status)
        return status;
    *data = file.data;
    *size = file.size;
    return MNET_OK;
}
