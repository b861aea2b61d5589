/* SPDX-License-Identifier: MIT
 *
 * Reads the tensors of a .tflite file: type, shape, quantisation, constant. */
#include <stdio.h>

#include "base/error.h"
#include "base/utf8.h"
#include "format/tflite_reader.h"
#include "format/tflite_schema.h"

/* Most scales that all tensors may have together: vectors can be shared in the
 * file, so its size does not bound them. */
#define MAX_QUANT_VALUES ((size_t)1 << 22)
/* Room for what folding adds. */
#define SPARE 64

MnetTensorLabel mnet_tflite_tensor_label(const MnetGraph *graph, int32_t tensor)
{
    MnetTensorLabel label;
    char name[64] = "";
    const char *whole = graph->tensors[tensor].name;
    if (whole)
        mnet_utf8_quote(name, sizeof name, whole, strlen(whole));
    snprintf(label.text, sizeof label.text, name[0] ? "tensor %d '%s'" : "tensor %d", tensor, name);
    return label;
}

/* The error of tensor `index`: "tensor 3 'x': ...". */
#define TENSOR_ERROR(reader, index, status, format, ...)   \
    mnet_error_set((reader)->error, status, "%s: " format, \
                   mnet_tflite_tensor_label((reader)->graph, index).text, __VA_ARGS__)

static MnetStatus damaged(MnetTfliteReader *reader, int32_t index)
{
    return mnet_tflite_damaged(reader, mnet_tflite_tensor_label(reader->graph, index).text);
}

static MnetStatus read_type(MnetTfliteReader *reader, int32_t index, const MnetFlatTable *table)
{
    MnetTensor *tensor = &reader->graph->tensors[index];
    int type = (int8_t)mnet_flat_u8(table, TFL_TENSOR_TYPE, TFL_TYPE_FLOAT32);
    switch (type) {
    case TFL_TYPE_FLOAT32:
        tensor->type = MNET_TYPE_FLOAT32;
        return MNET_OK;
    case TFL_TYPE_FLOAT16:
        tensor->type = MNET_TYPE_FLOAT16;
        return MNET_OK;
    case TFL_TYPE_INT32:
        tensor->type = MNET_TYPE_INT32;
        return MNET_OK;
    case TFL_TYPE_UINT8:
        tensor->type = MNET_TYPE_UINT8;
        return MNET_OK;
    case TFL_TYPE_INT64:
        tensor->type = MNET_TYPE_INT64;
        return MNET_OK;
    case TFL_TYPE_BOOL:
        tensor->type = MNET_TYPE_BOOL;
        return MNET_OK;
    case TFL_TYPE_INT16:
        tensor->type = MNET_TYPE_INT16;
        return MNET_OK;
    case TFL_TYPE_INT8:
        tensor->type = MNET_TYPE_INT8;
        return MNET_OK;
    }
    const char *name = mnet_tflite_type_name(type);
    if (!name)
        return TENSOR_ERROR(reader, index, MNET_ERROR_FORMAT, "element type %d is unknown", type);
    return TENSOR_ERROR(reader, index, MNET_ERROR_UNSUPPORTED, "element type %s is not supported",
                        name);
}

/* Whether the shape, which has no dimensions, is that of a scalar. */
static bool is_scalar(const MnetTensor *tensor, const MnetFlatTable *table)
{
    return tensor->data || mnet_flat_u8(table, TFL_TENSOR_HAS_RANK, 0);
}

static MnetStatus read_shape(MnetTfliteReader *reader, int32_t index, const MnetFlatTable *table,
                             bool sparse)
{
    MnetTensor *tensor = &reader->graph->tensors[index];
    MnetFlatVector shape = mnet_flat_vector(table, TFL_TENSOR_SHAPE, 4);
    if (shape.count > MNET_MAX_RANK)
        return TENSOR_ERROR(reader, index, MNET_ERROR_UNSUPPORTED,
                            "%u dimensions, at most %d are supported", shape.count, MNET_MAX_RANK);
    size_t bytes = mnet_type_size(tensor->type);
    tensor->shape_known = shape.count || is_scalar(tensor, table);
    tensor->rank = (int32_t)shape.count;
    for (uint32_t i = 0; i < shape.count; i++) {
        int32_t dim = mnet_flat_vector_i32(&shape, i);
        if (dim < 1 || dim > MNET_MAX_DIM)
            return TENSOR_ERROR(reader, index, dim < 1 ? MNET_ERROR_FORMAT : MNET_ERROR_LIMIT,
                                "dimension %u is %d, expected 1 to %d", i, dim, MNET_MAX_DIM);
        tensor->dims[i] = dim;
        if (!mnet_mul_size(bytes, (size_t)dim, &bytes) || bytes >= MNET_MAX_TENSOR_BYTES)
            return TENSOR_ERROR(reader, index, MNET_ERROR_LIMIT,
                                "the shape makes more than %zu bytes", MNET_MAX_TENSOR_BYTES - 1);
    }
    if (tensor->data && !sparse && tensor->data_bytes != bytes)
        return TENSOR_ERROR(reader, index, MNET_ERROR_FORMAT,
                            "the constant has %zu bytes, its shape and type make %zu",
                            tensor->data_bytes, bytes);
    return MNET_OK;
}

static MnetStatus read_data(MnetTfliteReader *reader, int32_t index, const MnetFlatTable *table)
{
    MnetTensor *tensor = &reader->graph->tensors[index];
    uint32_t number = mnet_flat_u32(table, TFL_TENSOR_BUFFER, 0);
    if (number && number >= reader->buffers.count)
        return TENSOR_ERROR(reader, index, MNET_ERROR_FORMAT,
                            "its data is in buffer %u, the file has %u", number,
                            reader->buffers.count);
    const uint8_t *data;
    if (!mnet_tflite_buffer(&reader->bytes, &reader->buffers, number, &data, &tensor->data_bytes))
        return damaged(reader, index);
    tensor->data = data;
    return MNET_OK;
}

/* Sets axis and checks that `count` scales fit the shape. */
static MnetStatus read_quant_axis(MnetTfliteReader *reader, int32_t index, uint32_t count,
                                  const MnetFlatTable *params)
{
    MnetTensor *tensor = &reader->graph->tensors[index];
    int32_t axis = mnet_flat_i32(params, TFL_QUANTIZATION_DIMENSION, 0);
    if (count == 1)
        return MNET_OK;
    /* A bias has one dimension, whatever the file says. */
    if (tensor->rank == 1)
        axis = 0;
    if (axis < 0 || axis >= tensor->rank)
        return TENSOR_ERROR(reader, index, MNET_ERROR_FORMAT,
                            "it is quantised along dimension %d and has %d dimensions", axis,
                            tensor->rank);
    if (count != (uint32_t)tensor->dims[axis])
        return TENSOR_ERROR(reader, index, MNET_ERROR_FORMAT,
                            "%u scales for dimension %d of size %d, expected 1 or %d", count, axis,
                            tensor->dims[axis], tensor->dims[axis]);
    tensor->quant.axis = axis;
    return MNET_OK;
}

static MnetStatus copy_quant(MnetTfliteReader *reader, int32_t index, const MnetFlatVector *scales,
                             const MnetFlatVector *zero_points)
{
    MnetTensor *tensor = &reader->graph->tensors[index];
    float *scale = mnet_store_calloc(reader->store, scales->count, sizeof *scale);
    int32_t *zero_point = mnet_store_calloc(reader->store, scales->count, sizeof *zero_point);
    if (!scale || !zero_point)
        return mnet_error_memory(reader->error, scales->count * sizeof *scale);
    for (uint32_t i = 0; i < scales->count; i++) {
        scale[i] = mnet_flat_vector_f32(scales, i);
        int64_t zero = 0;
        if (zero_points->count)
            zero = mnet_flat_vector_i64(zero_points, zero_points->count == 1 ? 0 : i);
        if (zero < INT32_MIN || zero > INT32_MAX)
            return TENSOR_ERROR(reader, index, MNET_ERROR_FORMAT,
                                "zero point %u is %lld, which is in the range of no type", i,
                                (long long)zero);
        zero_point[i] = (int32_t)zero;
    }
    tensor->quant.n = (int32_t)scales->count;
    tensor->quant.scale = scale;
    tensor->quant.zero_point = zero_point;
    return MNET_OK;
}

static MnetStatus read_quant(MnetTfliteReader *reader, int32_t index, const MnetFlatTable *table)
{
    MnetTensor *tensor = &reader->graph->tensors[index];
    MnetFlatTable params = mnet_flat_table(table, TFL_TENSOR_QUANTIZATION);
    MnetFlatVector scales = mnet_flat_vector(&params, TFL_QUANTIZATION_SCALE, 4);
    MnetFlatVector zero_points = mnet_flat_vector(&params, TFL_QUANTIZATION_ZERO_POINT, 8);
    int details = mnet_flat_u8(&params, TFL_QUANTIZATION_DETAILS_TYPE, 0);
    bool is_float = tensor->type == MNET_TYPE_FLOAT32 || tensor->type == MNET_TYPE_FLOAT16;
    /* Some converters leave scales on tensors that are not quantised. */
    if (reader->bytes.bad || is_float || tensor->type == MNET_TYPE_BOOL)
        return reader->bytes.bad ? damaged(reader, index) : MNET_OK;
    if (details)
        return TENSOR_ERROR(reader, index, MNET_ERROR_UNSUPPORTED,
                            "custom quantisation (type %d) is not supported", details);
    if (!scales.count)
        return MNET_OK;
    if (zero_points.count > 1 && zero_points.count != scales.count)
        return TENSOR_ERROR(reader, index, MNET_ERROR_FORMAT, "%u zero points for %u scales",
                            zero_points.count, scales.count);
    reader->n_quant += scales.count;
    if (reader->n_quant > MAX_QUANT_VALUES)
        return TENSOR_ERROR(reader, index, MNET_ERROR_LIMIT,
                            "all tensors together have more than %zu scales", MAX_QUANT_VALUES);
    MnetStatus status = read_quant_axis(reader, index, scales.count, &params);
    return status ? status : copy_quant(reader, index, &scales, &zero_points);
}

static MnetStatus read_tensor(MnetTfliteReader *reader, int32_t index)
{
    MnetTensor *tensor = &reader->graph->tensors[index];
    MnetFlatTable table = mnet_flat_vector_table(&reader->tensors, (uint32_t)index);
    MnetFlatTable sparsity = mnet_flat_table(&table, TFL_TENSOR_SPARSITY);
    tensor->name = mnet_tflite_text(reader->store, mnet_flat_string(&table, TFL_TENSOR_NAME));
    if (!tensor->name)
        return mnet_error_memory(reader->error, 0);
    if (reader->bytes.bad)
        return damaged(reader, index);
    MnetStatus status = read_type(reader, index, &table);
    if (!status)
        status = read_data(reader, index, &table);
    if (!status)
        status = read_shape(reader, index, &table, sparsity.present);
    if (!status && sparsity.present)
        status = mnet_tflite_expand_sparse(reader, index, &sparsity);
    if (!status)
        status = read_quant(reader, index, &table);
    if (!status && reader->bytes.bad)
        status = damaged(reader, index);
    return status;
}

MnetStatus mnet_tflite_read_tensors(MnetTfliteReader *reader)
{
    MnetGraph *graph = reader->graph;
    graph->n_tensors = (int32_t)reader->tensors.count;
    graph->max_tensors = 2 * graph->n_tensors + SPARE;
    graph->tensors =
        mnet_store_calloc(reader->store, (size_t)graph->max_tensors, sizeof *graph->tensors);
    if (!graph->tensors)
        return mnet_error_memory(reader->error,
                                 (size_t)graph->max_tensors * sizeof *graph->tensors);
    MnetStatus status = MNET_OK;
    for (int32_t i = 0; i < graph->n_tensors && !status; i++)
        status = read_tensor(reader, i);
    return status;
}
