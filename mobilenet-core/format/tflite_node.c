/* SPDX-License-Identifier: MIT
 *
 * Reads the operators of a .tflite file: their codes and tensors. */
#include <stdio.h>

#include "base/error.h"
#include "base/utf8.h"
#include "format/tflite_reader.h"
#include "format/tflite_schema.h"

/* Most tensor numbers that all operators may have together: vectors can be
 * shared in the file, so its size does not bound them. */
#define MAX_LINKS ((size_t)1 << 16)
/* Room for what folding adds. */
#define SPARE 64

static MnetStatus damaged(MnetTfliteReader *reader, uint32_t index)
{
    char what[32];
    snprintf(what, sizeof what, "operator %u", index);
    return mnet_tflite_damaged(reader, what);
}

/* The operator code of an operator's table, absent when the file is damaged. */
static MnetFlatTable read_code(MnetTfliteReader *reader, const MnetFlatTable *table,
                               int32_t *builtin)
{
    uint32_t code_index = mnet_flat_u32(table, TFL_OPERATOR_CODE, 0);
    MnetFlatTable code = mnet_flat_vector_table(&reader->operator_codes, code_index);
    int32_t old = (int8_t)mnet_flat_u8(&code, TFL_CODE_DEPRECATED_BUILTIN, 0);
    int32_t extended = mnet_flat_i32(&code, TFL_CODE_BUILTIN, 0);
    *builtin = old > extended ? old : extended;
    return code;
}

static MnetStatus check_operator(MnetTfliteReader *reader, uint32_t index)
{
    MnetFlatTable table = mnet_flat_vector_table(&reader->operators, index);
    int32_t builtin;
    MnetFlatTable code = read_code(reader, &table, &builtin);
    int32_t version = mnet_flat_i32(&code, TFL_CODE_VERSION, 1);
    MnetFlatString custom = mnet_flat_string(&code, TFL_CODE_CUSTOM);
    if (reader->bytes.bad)
        return damaged(reader, index);
    const MnetTfliteCustom *own = builtin == TFL_OP_CUSTOM ? mnet_tflite_find_custom(custom) : NULL;
    if (builtin == TFL_OP_CUSTOM && !own) {
        char name[128];
        mnet_utf8_quote(name, sizeof name, custom.text, custom.size);
        return mnet_error_set(reader->error, MNET_ERROR_UNSUPPORTED,
                              "operator %u %s (custom) is not supported", index, name);
    }
    const char *name = own ? own->name : mnet_tflite_operator_name(builtin);
    if (!name)
        return mnet_error_set(reader->error, MNET_ERROR_UNSUPPORTED,
                              "operator %u has code %d, which is unknown", index, builtin);
    const MnetTfliteOperator *known = mnet_tflite_find_operator(builtin);
    if (!known && !own)
        return mnet_error_set(reader->error, MNET_ERROR_UNSUPPORTED,
                              "operator %u %s (version %d) is not supported", index, name, version);
    int32_t max_version = own ? own->max_version : known->max_version;
    if (version < 1 || version > max_version)
        return mnet_error_set(reader->error, MNET_ERROR_UNSUPPORTED,
                              "operator %u %s: version %d is not supported, expected 1 to %d",
                              index, name, version, max_version);
    return MNET_OK;
}

MnetStatus mnet_tflite_check_operators(MnetTfliteReader *reader)
{
    MnetStatus status = MNET_OK;
    for (uint32_t i = 0; i < reader->operators.count && !status; i++)
        status = check_operator(reader, i);
    return status;
}

static bool is_variable(MnetTfliteReader *reader, int32_t tensor)
{
    MnetFlatTable table = mnet_flat_vector_table(&reader->tensors, (uint32_t)tensor);
    return mnet_flat_u8(&table, TFL_TENSOR_IS_VARIABLE, 0);
}

/* Checks one tensor number of an operator. */
static MnetStatus check_link(const MnetTfliteContext *context, bool output, uint32_t which,
                             int32_t tensor)
{
    MnetTfliteReader *reader = context->reader;
    const char *what = output ? "output" : "input";
    if (tensor == -1 && !output)
        return MNET_OK;
    if (tensor < 0 || tensor >= reader->graph->n_tensors)
        return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_FORMAT,
                                      "%s %u is tensor %d, the file has 0 to %d", what, which,
                                      tensor, reader->graph->n_tensors - 1);
    if (output && reader->graph->tensors[tensor].data)
        return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_FORMAT, "its output %s is a constant",
                                      mnet_tflite_tensor_label(reader->graph, tensor).text);
    if (is_variable(reader, tensor))
        return MNET_TFLITE_NODE_ERROR(
            context, MNET_ERROR_UNSUPPORTED,
            "%s %s is a variable: networks that keep state are not supported", what,
            mnet_tflite_tensor_label(reader->graph, tensor).text);
    return MNET_OK;
}

static MnetStatus read_links(const MnetTfliteContext *context, const MnetFlatVector *vector,
                             bool output, int32_t *links)
{
    MnetStatus status = MNET_OK;
    for (uint32_t i = 0; i < vector->count && !status; i++) {
        links[i] = mnet_flat_vector_i32(vector, i);
        status = check_link(context, output, i, links[i]);
    }
    return status;
}

static MnetStatus read_options(const MnetTfliteContext *context, const MnetTfliteOperator *known,
                               const MnetFlatTable *table)
{
    int type = mnet_flat_u8(table, TFL_OPERATOR_OPTIONS_TYPE, TFL_OPTIONS_NONE);
    if (!known->read)
        return MNET_OK;
    if (type != TFL_OPTIONS_NONE && type != known->options)
        return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_FORMAT,
                                      "its options are of type %d, expected %d", type,
                                      known->options);
    MnetFlatTable options = mnet_flat_table(table, TFL_OPERATOR_OPTIONS);
    if (context->reader->bytes.bad)
        return damaged(context->reader, context->index);
    if (known->required && (!options.present || type == TFL_OPTIONS_NONE))
        return MNET_TFLITE_NODE_ERROR(context, MNET_ERROR_FORMAT, "%s", "its options are missing");
    return known->read(context, &options);
}

static MnetStatus read_node(MnetTfliteReader *reader, uint32_t index, int32_t *links)
{
    MnetNode *node = &reader->graph->nodes[index];
    MnetFlatTable table = mnet_flat_vector_table(&reader->operators, index);
    int32_t builtin;
    MnetFlatTable code = read_code(reader, &table, &builtin);
    const MnetTfliteOperator *known = mnet_tflite_find_operator(builtin);
    const MnetTfliteCustom *own =
        known ? NULL : mnet_tflite_find_custom(mnet_flat_string(&code, TFL_CODE_CUSTOM));
    MnetTfliteContext context = { reader, node, index,
                                  own ? own->name : mnet_tflite_operator_name(builtin) };
    MnetFlatVector inputs = mnet_flat_vector(&table, TFL_OPERATOR_INPUTS, 4);
    MnetFlatVector outputs = mnet_flat_vector(&table, TFL_OPERATOR_OUTPUTS, 4);
    node->op = own ? own->op : known->op;
    node->file_index = index;
    node->n_inputs = (int32_t)inputs.count;
    node->n_outputs = (int32_t)outputs.count;
    node->inputs = links;
    node->outputs = links + inputs.count;
    MnetStatus status = read_links(&context, &inputs, false, node->inputs);
    if (!status)
        status = read_links(&context, &outputs, true, node->outputs);
    if (!status)
        status = own ? mnet_tflite_read_custom(&context, own, &table)
                     : read_options(&context, known, &table);
    if (!status && reader->bytes.bad)
        status = damaged(reader, index);
    return status;
}

/* Counts all inputs and outputs of all operators. */
static MnetStatus count_links(MnetTfliteReader *reader, size_t *total)
{
    *total = 0;
    for (uint32_t i = 0; i < reader->operators.count; i++) {
        MnetFlatTable table = mnet_flat_vector_table(&reader->operators, i);
        MnetFlatVector inputs = mnet_flat_vector(&table, TFL_OPERATOR_INPUTS, 4);
        MnetFlatVector outputs = mnet_flat_vector(&table, TFL_OPERATOR_OUTPUTS, 4);
        if (reader->bytes.bad)
            return damaged(reader, i);
        if (inputs.count > MNET_MAX_NODE_IO || outputs.count > MNET_MAX_NODE_IO)
            return mnet_error_set(reader->error, MNET_ERROR_LIMIT,
                                  "operator %u: %u inputs and %u outputs, at most %d are read", i,
                                  inputs.count, outputs.count, MNET_MAX_NODE_IO);
        *total += inputs.count + outputs.count;
        if (*total > MAX_LINKS)
            return mnet_error_set(reader->error, MNET_ERROR_LIMIT,
                                  "the operators together have more than %zu inputs and outputs",
                                  MAX_LINKS);
    }
    return MNET_OK;
}

MnetStatus mnet_tflite_read_nodes(MnetTfliteReader *reader)
{
    MnetGraph *graph = reader->graph;
    size_t total;
    MnetStatus status = count_links(reader, &total);
    if (status)
        return status;
    graph->n_nodes = (int32_t)reader->operators.count;
    graph->max_nodes = 3 * graph->n_nodes + SPARE;
    graph->nodes = mnet_store_calloc(reader->store, (size_t)graph->max_nodes, sizeof *graph->nodes);
    int32_t *links = mnet_store_calloc(reader->store, total, sizeof *links);
    if (!graph->nodes || !links)
        return mnet_error_memory(reader->error, (size_t)graph->max_nodes * sizeof *graph->nodes);
    for (int32_t i = 0; i < graph->n_nodes && !status; i++) {
        status = read_node(reader, (uint32_t)i, links);
        links += graph->nodes[i].n_inputs + graph->nodes[i].n_outputs;
    }
    return status;
}
