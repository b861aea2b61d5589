/* SPDX-License-Identifier: MIT
 *
 * Builds small .tflite files in memory. */
#include "tflitebuilder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flatwriter.h"

#define MAX_TENSORS 6144
#define MAX_OPERATORS 5120
#define MAX_PORTS 64
#define MAX_METADATA 8

typedef struct {
    char *name;
    TbFile content;
} Entry;

struct TbModel {
    TbTensor tensors[MAX_TENSORS];
    TbOperator operators[MAX_OPERATORS];
    int32_t inputs[MAX_PORTS], outputs[MAX_PORTS];
    Entry metadata[MAX_METADATA];
    int n_tensors, n_operators, n_inputs, n_outputs, n_metadata;
    char *description;
    uint32_t version;
    void *blocks[MAX_TENSORS * 4]; /* copies that the descriptions point to */
    int n_blocks;
};

static void check_room(bool fits, const char *what)
{
    if (fits)
        return;
    fprintf(stderr, "tflitebuilder: too many %s\n", what);
    exit(1);
}

static void *copy_bytes(const void *data, size_t size)
{
    void *copy = flat_writer_realloc(NULL, size);
    return size ? memcpy(copy, data, size) : copy;
}

/* A copy that is freed with the model; NULL of NULL. */
static void *keep(TbModel *model, const void *data, size_t size)
{
    if (!data)
        return NULL;
    check_room(model->n_blocks < MAX_TENSORS * 4, "copies");
    return model->blocks[model->n_blocks++] = copy_bytes(data, size);
}

static const char *keep_text(TbModel *model, const char *text)
{
    return keep(model, text, text ? strlen(text) + 1 : 0);
}

TbModel *tb_model_new(void)
{
    TbModel *model = flat_writer_realloc(NULL, sizeof *model);
    memset(model, 0, sizeof *model);
    model->version = TFL_VERSION;
    return model;
}

int32_t tb_tensor(TbModel *model, const TbTensor *tensor)
{
    check_room(model->n_tensors < MAX_TENSORS, "tensors");
    TbTensor *t = &model->tensors[model->n_tensors];
    *t = *tensor;
    t->name = keep_text(model, t->name);
    t->scales = t->scales          ? keep(model, t->scales, (size_t)t->n_scales * sizeof *t->scales)
                : t->n_scales == 1 ? keep(model, &t->scale, sizeof t->scale)
                                   : NULL;
    int n_zero = t->n_zero_points;
    if (t->zero_points) {
        t->zero_points = keep(model, t->zero_points, (size_t)n_zero * sizeof *t->zero_points);
    } else if (t->n_scales == 1) {
        t->n_zero_points = 1;
        t->zero_points = keep(model, &t->zero_point, sizeof t->zero_point);
    }
    return model->n_tensors++;
}

int32_t tb_ints(TbModel *model, const char *name, int32_t count, const int32_t *values)
{
    size_t bytes = (size_t)count * sizeof *values;
    return tb_tensor(model, &(TbTensor){ .name = name,
                                         .type = TFL_TYPE_INT32,
                                         .rank = 1,
                                         .dims = { count },
                                         .data = keep(model, values, bytes),
                                         .bytes = bytes });
}

void tb_operator(TbModel *model, const TbOperator *op)
{
    check_room(model->n_operators < MAX_OPERATORS, "operators");
    TbOperator *o = &model->operators[model->n_operators++];
    *o = *op;
    o->custom = keep_text(model, o->custom);
    o->custom_options = o->custom_bytes ? keep(model, o->custom_options, o->custom_bytes) : NULL;
    o->version = o->version ? o->version : 1;
}

void tb_input(TbModel *model, int32_t tensor)
{
    check_room(model->n_inputs < MAX_PORTS, "inputs");
    model->inputs[model->n_inputs++] = tensor;
}

void tb_output(TbModel *model, int32_t tensor)
{
    check_room(model->n_outputs < MAX_PORTS, "outputs");
    model->outputs[model->n_outputs++] = tensor;
}

void tb_description(TbModel *model, const char *description)
{
    free(model->description);
    model->description = copy_bytes(description, strlen(description) + 1);
}

void tb_version(TbModel *model, uint32_t version)
{
    model->version = version;
}

void tb_model_metadata(TbModel *model, const char *name, const void *data, size_t size)
{
    check_room(model->n_metadata < MAX_METADATA, "metadata");
    Entry *entry = &model->metadata[model->n_metadata++];
    entry->name = copy_bytes(name, strlen(name) + 1);
    entry->content = (TbFile){ copy_bytes(data, size), size };
}

/* Buffer 0 is the empty one, then one for each tensor, then the metadata's. */
static uint32_t tensor_buffer(int tensor)
{
    return 1 + (uint32_t)tensor;
}

static void write_quantization(FlatWriter *w, size_t from, const TbTensor *t)
{
    FlatField fields[] = { FLAT_OFFSET(TFL_QUANTIZATION_SCALE),
                           FLAT_OFFSET(TFL_QUANTIZATION_ZERO_POINT),
                           FLAT_I32(TFL_QUANTIZATION_DIMENSION, t->quantized_dimension) };
    flat_writer_table(w, from, fields, 3);
    flat_writer_vector(w, fields[0].at, (size_t)t->n_scales, 4, 4, t->scales);
    flat_writer_vector(w, fields[1].at, (size_t)t->n_zero_points, 8, 8, t->zero_points);
}

/* A union: its type, and a table of one vector. */
static void write_numbers(FlatWriter *w, size_t from, const TbNumbers *numbers)
{
    static const size_t widths[] = { 4, 4, 2, 1 };
    FlatField field[] = { FLAT_OFFSET(0) };
    size_t width = widths[numbers->type & 3];
    flat_writer_table(w, from, field, 1);
    size_t at = flat_writer_vector(w, field[0].at, (size_t)numbers->n, width, 4, NULL);
    for (int i = 0; i < numbers->n; i++)
        memcpy(w->data + at + (size_t)i * width, &numbers->values[i], width);
}

static void write_level(FlatWriter *w, size_t from, const TbLevel *level)
{
    FlatField fields[] = { FLAT_U8(TFL_DIMENSION_FORMAT, level->compressed),
                           FLAT_I32(TFL_DIMENSION_DENSE_SIZE, level->dense_size),
                           FLAT_U8(TFL_DIMENSION_SEGMENTS_TYPE, level->segments.type),
                           FLAT_U8(TFL_DIMENSION_INDICES_TYPE, level->indices.type),
                           FLAT_OFFSET(TFL_DIMENSION_SEGMENTS_TYPE + 1),
                           FLAT_OFFSET(TFL_DIMENSION_INDICES_TYPE + 1) };
    flat_writer_table(w, from, fields, level->compressed ? 6 : 2);
    if (!level->compressed)
        return;
    write_numbers(w, fields[4].at, &level->segments);
    write_numbers(w, fields[5].at, &level->indices);
}

static void write_sparsity(FlatWriter *w, size_t from, const TbSparsity *s)
{
    FlatField fields[] = { FLAT_OFFSET(TFL_SPARSITY_TRAVERSAL_ORDER),
                           FLAT_OFFSET(TFL_SPARSITY_BLOCK_MAP),
                           FLAT_OFFSET(TFL_SPARSITY_DIM_METADATA) };
    flat_writer_table(w, from, fields, 3);
    flat_writer_vector(w, fields[0].at, (size_t)s->n_order, 4, 4, s->order);
    flat_writer_vector(w, fields[1].at, (size_t)s->n_blocks, 4, 4, s->blocks);
    size_t at = flat_writer_vector(w, fields[2].at, (size_t)s->n_levels, 4, 4, NULL);
    for (int i = 0; i < s->n_levels; i++)
        write_level(w, at + 4 * (size_t)i, &s->levels[i]);
}

static void write_tensor(FlatWriter *w, size_t from, const TbTensor *t, int index)
{
    enum { NAME, QUANTIZATION, TYPE, BUFFER, VARIABLE, HAS_RANK };
    FlatField fields[8] = { [NAME] = FLAT_OFFSET(TFL_TENSOR_NAME),
                            [QUANTIZATION] = FLAT_OFFSET(TFL_TENSOR_QUANTIZATION),
                            [TYPE] = FLAT_U8(TFL_TENSOR_TYPE, t->type),
                            [BUFFER] = FLAT_I32(TFL_TENSOR_BUFFER, tensor_buffer(index)),
                            [VARIABLE] = FLAT_U8(TFL_TENSOR_IS_VARIABLE, t->is_variable),
                            [HAS_RANK] = FLAT_U8(TFL_TENSOR_HAS_RANK, t->has_rank) };
    size_t n = 6, shape = 0, sparsity = 0;
    if (!t->no_shape)
        fields[shape = n++] = (FlatField)FLAT_OFFSET(TFL_TENSOR_SHAPE);
    if (t->sparsity)
        fields[sparsity = n++] = (FlatField)FLAT_OFFSET(TFL_TENSOR_SPARSITY);
    flat_writer_table(w, from, fields, n);
    flat_writer_string(w, fields[NAME].at, t->name);
    write_quantization(w, fields[QUANTIZATION].at, t);
    if (shape)
        flat_writer_vector(w, fields[shape].at, (size_t)t->rank, 4, 4, t->dims);
    if (sparsity)
        write_sparsity(w, fields[sparsity].at, t->sparsity);
}

static void write_options(FlatWriter *w, size_t from, const TbOptions *options)
{
    FlatField fields[8];
    for (int i = 0; i < options->n; i++) {
        const TbField *f = &options->fields[i];
        fields[i] = (FlatField){ .id = f->id, .bytes = f->bytes ? f->bytes : 4, .value = f->value };
    }
    flat_writer_table(w, from, fields, (size_t)options->n);
    for (int i = 0; i < options->n; i++)
        if (!options->fields[i].bytes)
            flat_writer_vector(w, fields[i].at, (size_t)options->fields[i].count, 4, 4,
                               options->fields[i].values);
}

/* Every operator has a code of its own, of the same number. */
static void write_operator(FlatWriter *w, size_t from, const TbOperator *op, int index)
{
    FlatField fields[5] = { FLAT_I32(TFL_OPERATOR_CODE, index), FLAT_OFFSET(TFL_OPERATOR_INPUTS),
                            FLAT_OFFSET(TFL_OPERATOR_OUTPUTS),
                            FLAT_U8(TFL_OPERATOR_OPTIONS_TYPE, op->options.type),
                            FLAT_OFFSET(TFL_OPERATOR_OPTIONS) };
    if (op->custom_options)
        fields[3] = (FlatField)FLAT_OFFSET(TFL_OPERATOR_CUSTOM_OPTIONS);
    flat_writer_table(w, from, fields, op->options.type ? 5 : op->custom_options ? 4 : 3);
    flat_writer_vector(w, fields[1].at, (size_t)op->n_inputs, 4, 4, op->inputs);
    flat_writer_vector(w, fields[2].at, (size_t)op->n_outputs, 4, 4, op->outputs);
    if (op->options.type)
        write_options(w, fields[4].at, &op->options);
    else if (op->custom_options)
        flat_writer_vector(w, fields[3].at, op->custom_bytes, 1, 16, op->custom_options);
}

static void write_code(FlatWriter *w, size_t from, const TbOperator *op)
{
    int32_t old = op->builtin > 127 ? 127 : op->builtin;
    FlatField fields[4] = { FLAT_U8(TFL_CODE_DEPRECATED_BUILTIN, old),
                            FLAT_I32(TFL_CODE_VERSION, op->version) };
    size_t n = 2, custom = 0;
    if (!op->old_code_only)
        fields[n++] = (FlatField)FLAT_I32(TFL_CODE_BUILTIN, op->builtin);
    if (op->custom)
        fields[custom = n++] = (FlatField)FLAT_OFFSET(TFL_CODE_CUSTOM);
    flat_writer_table(w, from, fields, n);
    if (custom)
        flat_writer_string(w, fields[custom].at, op->custom);
}

static void write_subgraph(FlatWriter *w, size_t from, const TbModel *model)
{
    FlatField fields[] = { FLAT_OFFSET(TFL_SUBGRAPH_TENSORS), FLAT_OFFSET(TFL_SUBGRAPH_INPUTS),
                           FLAT_OFFSET(TFL_SUBGRAPH_OUTPUTS), FLAT_OFFSET(TFL_SUBGRAPH_OPERATORS) };
    flat_writer_table(w, from, fields, 4);
    flat_writer_vector(w, fields[1].at, (size_t)model->n_inputs, 4, 4, model->inputs);
    flat_writer_vector(w, fields[2].at, (size_t)model->n_outputs, 4, 4, model->outputs);
    size_t at = flat_writer_vector(w, fields[0].at, (size_t)model->n_tensors, 4, 4, NULL);
    for (int i = 0; i < model->n_tensors; i++)
        write_tensor(w, at + 4 * (size_t)i, &model->tensors[i], i);
    at = flat_writer_vector(w, fields[3].at, (size_t)model->n_operators, 4, 4, NULL);
    for (int i = 0; i < model->n_operators; i++)
        write_operator(w, at + 4 * (size_t)i, &model->operators[i], i);
}

/* Writes the content of a buffer into the FlatBuffer; 16-byte aligned. */
static void write_buffer(FlatWriter *w, size_t from, const void *data, size_t bytes)
{
    FlatField fields[] = { FLAT_OFFSET(TFL_BUFFER_DATA) };
    flat_writer_table(w, from, fields, bytes ? 1 : 0);
    if (bytes)
        flat_writer_vector(w, fields[0].at, bytes, 1, 16, data);
}

/* Writes the buffers; outside[i] is where tensor i's offset is to be put. */
static void write_buffers(FlatWriter *w, size_t from, const TbModel *model, size_t *outside)
{
    size_t count = 1 + (size_t)model->n_tensors + (size_t)model->n_metadata;
    size_t at = flat_writer_vector(w, from, count, 4, 4, NULL);
    write_buffer(w, at, NULL, 0);
    for (int i = 0; i < model->n_tensors; i++) {
        const TbTensor *t = &model->tensors[i];
        size_t entry = at + 4 * (size_t)tensor_buffer(i);
        FlatField fields[] = { FLAT_U64(TFL_BUFFER_OFFSET, 0),
                               FLAT_U64(TFL_BUFFER_SIZE, t->bytes) };
        if (!t->outside) {
            write_buffer(w, entry, t->data, t->data ? t->bytes : 0);
            continue;
        }
        flat_writer_table(w, entry, fields, 2);
        outside[i] = fields[0].at;
    }
    for (int i = 0; i < model->n_metadata; i++)
        write_buffer(w, at + 4 * (size_t)tensor_buffer(model->n_tensors + i),
                     model->metadata[i].content.data, model->metadata[i].content.size);
}

static void write_metadata(FlatWriter *w, size_t from, const TbModel *model)
{
    size_t at = flat_writer_vector(w, from, (size_t)model->n_metadata, 4, 4, NULL);
    for (int i = 0; i < model->n_metadata; i++) {
        FlatField fields[] = { FLAT_OFFSET(TFL_METADATA_NAME),
                               FLAT_I32(TFL_METADATA_BUFFER, tensor_buffer(model->n_tensors + i)) };
        flat_writer_table(w, at + 4 * (size_t)i, fields, 2);
        flat_writer_string(w, fields[0].at, model->metadata[i].name);
    }
}

static void model_free(TbModel *model)
{
    for (int i = 0; i < model->n_metadata; i++) {
        free(model->metadata[i].name);
        free(model->metadata[i].content.data);
    }
    for (int i = 0; i < model->n_blocks; i++)
        free(model->blocks[i]);
    free(model->description);
    free(model);
}

TbFile tb_finish(TbModel *model)
{
    enum { CODES, SUBGRAPHS, DESCRIPTION, BUFFERS, METADATA, VERSION };
    FlatField fields[] = { [CODES] = FLAT_OFFSET(TFL_MODEL_OPERATOR_CODES),
                           [SUBGRAPHS] = FLAT_OFFSET(TFL_MODEL_SUBGRAPHS),
                           [DESCRIPTION] = FLAT_OFFSET(TFL_MODEL_DESCRIPTION),
                           [BUFFERS] = FLAT_OFFSET(TFL_MODEL_BUFFERS),
                           [METADATA] = FLAT_OFFSET(TFL_MODEL_METADATA),
                           [VERSION] = FLAT_I32(TFL_MODEL_VERSION, model->version) };
    size_t outside[MAX_TENSORS] = { 0 };
    FlatWriter w;
    flat_writer_begin(&w, TFL_IDENTIFIER);
    flat_writer_table(&w, 0, fields, 6);
    size_t at = flat_writer_vector(&w, fields[CODES].at, (size_t)model->n_operators, 4, 4, NULL);
    for (int i = 0; i < model->n_operators; i++)
        write_code(&w, at + 4 * (size_t)i, &model->operators[i]);
    at = flat_writer_vector(&w, fields[SUBGRAPHS].at, 1, 4, 4, NULL);
    write_subgraph(&w, at, model);
    flat_writer_string(&w, fields[DESCRIPTION].at, model->description);
    write_buffers(&w, fields[BUFFERS].at, model, outside);
    write_metadata(&w, fields[METADATA].at, model);
    for (int i = 0; i < model->n_tensors; i++)
        if (outside[i])
            flat_writer_put_u64(
                &w, outside[i],
                flat_writer_bytes(&w, model->tensors[i].data, model->tensors[i].bytes));
    model_free(model);
    return (TbFile){ w.data, w.size };
}

void tb_file_free(TbFile *file)
{
    free(file->data);
    *file = (TbFile){ 0 };
}

bool tb_file_write(const TbFile *file, const char *path)
{
    FILE *out = fopen(path, "wb");
    if (!out)
        return false;
    bool written = fwrite(file->data, 1, file->size, out) == file->size;
    return !fclose(out) && written;
}
