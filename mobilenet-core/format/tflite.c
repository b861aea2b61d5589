/* SPDX-License-Identifier: MIT
 *
 * Reads a .tflite file: what the file is, its subgraph, inputs and outputs. */
#include "format/tflite.h"

#include <strings.h>

#include "base/error.h"
#include "base/utf8.h"
#include "format/tflite_reader.h"
#include "format/tflite_schema.h"

/* Names up to this length are used in place. */
#define MAX_TEXT_IN_PLACE 1024
#define MAX_TEXT_COPY 256
/* Of what a file may take: packed int8 weights are twice the file's in plain C, tables
 * and plans come on top. */
#define STORE_BASE ((size_t)64 << 20)
#define STORE_FACTOR 16

MnetStatus mnet_tflite_damaged(MnetTfliteReader *reader, const char *what)
{
    return mnet_error_set(reader->error, MNET_ERROR_FORMAT,
                          "%s: an offset or a count leads outside of the file (%zu bytes), which "
                          "is truncated or damaged; fetch it again",
                          what, reader->bytes.size);
}

/* What people pass instead of a model, by how it begins. */
static const struct {
    const char *begin;
    uint8_t length;
    const char *what;
} lookalikes[] = {
    { "version https://git-lfs", 23,
      "a git-lfs pointer; fetch the file itself with `git lfs pull`" },
    { "<!doctype", 9, "an HTML page; the download has failed" },
    { "<html", 5, "an HTML page; the download has failed" },
    { "<?xml", 5, "an XML document" },
    { "PK\3\4", 4, "a zip archive; unpack it first" },
    { "\x1f\x8b", 2, "a gzip archive; unpack it first" },
    { "\x89HDF", 4, "a Keras HDF5 model; convert it with the TFLite converter" },
    { "GGUF", 4, "a GGUF model" },
    { "\x08\x01\x12", 3, "a TensorFlow SavedModel; convert it with the TFLite converter" },
    { "\x89PNG", 4, "a PNG picture" },
    { "\xff\xd8\xff", 3, "a JPEG picture" },
};

/* ONNX is a protobuf whose first field is the version (3 and more), followed
 * by the producer's name. */
static bool is_onnx(const uint8_t *data, size_t size)
{
    return size > 3 && data[0] == 0x08 && data[1] >= 3 && data[1] < 32 &&
           (data[2] == 0x12 || data[2] == 0x3a || data[2] == 0x42);
}

static const char *describe(const uint8_t *data, size_t size)
{
    size_t at = 0;
    while (at < size && at < 256 && (data[at] == ' ' || data[at] == '\n' || data[at] == '\r'))
        at++;
    for (size_t i = 0; i < sizeof lookalikes / sizeof *lookalikes; i++)
        if (lookalikes[i].length <= size - at &&
            !strncasecmp((const char *)data + at, lookalikes[i].begin, lookalikes[i].length))
            return lookalikes[i].what;
    return is_onnx(data, size) ? "an ONNX model; convert it to TensorFlow Lite" : NULL;
}

static MnetStatus check_identity(MnetTfliteReader *reader)
{
    const MnetBytes *bytes = &reader->bytes;
    if (mnet_flat_identified(bytes, TFL_IDENTIFIER))
        return MNET_OK;
    const char *what = describe(bytes->data, bytes->size);
    if (what)
        return mnet_error_set(reader->error, MNET_ERROR_FORMAT,
                              "expected a TensorFlow Lite model, found %s", what);
    if (bytes->size < 8)
        return mnet_error_set(reader->error, MNET_ERROR_FORMAT,
                              "expected a TensorFlow Lite model, found %zu bytes only",
                              bytes->size);
    char found[16];
    mnet_utf8_quote(found, sizeof found, (const char *)bytes->data + 4, 4);
    return mnet_error_set(reader->error, MNET_ERROR_FORMAT,
                          "expected a TensorFlow Lite model, whose bytes 4 to 7 are \"%s\"; found "
                          "\"%s\"",
                          TFL_IDENTIFIER, found);
}

const char *mnet_tflite_text(MnetStore *store, MnetFlatString string)
{
    if (string.size <= MAX_TEXT_IN_PLACE && mnet_utf8_valid(string.text, string.size))
        return string.text;
    char *copy = mnet_store_alloc(store, MAX_TEXT_COPY);
    if (copy)
        mnet_utf8_quote(copy, MAX_TEXT_COPY, string.text, string.size);
    return copy;
}

bool mnet_tflite_buffer(MnetBytes *bytes, const MnetFlatVector *buffers, uint32_t index,
                        const uint8_t **data, size_t *size)
{
    *data = NULL;
    *size = 0;
    if (index == 0)
        return true;
    MnetFlatTable buffer = mnet_flat_vector_table(buffers, index);
    MnetFlatVector content = mnet_flat_vector(&buffer, TFL_BUFFER_DATA, 1);
    uint64_t offset = mnet_flat_u64(&buffer, TFL_BUFFER_OFFSET, 0);
    uint64_t outside = mnet_flat_u64(&buffer, TFL_BUFFER_SIZE, 0);
    if (bytes->bad)
        return false;
    if (content.count) {
        *data = bytes->data + content.at;
        *size = content.count;
    } else if (offset > 1 && outside) {
        if (offset > SIZE_MAX || outside > SIZE_MAX)
            return false;
        *data = mnet_bytes_at(bytes, (size_t)offset, (size_t)outside);
        *size = (size_t)outside;
        return *data != NULL;
    }
    return true;
}

static MnetStatus read_model(MnetTfliteReader *reader)
{
    MnetFlatTable *model = &reader->model;
    *model = mnet_flat_root(&reader->bytes);
    uint32_t version = mnet_flat_u32(model, TFL_MODEL_VERSION, 0);
    reader->operator_codes = mnet_flat_vector(model, TFL_MODEL_OPERATOR_CODES, 4);
    reader->buffers = mnet_flat_vector(model, TFL_MODEL_BUFFERS, 4);
    MnetFlatVector subgraphs = mnet_flat_vector(model, TFL_MODEL_SUBGRAPHS, 4);
    MnetFlatString description = mnet_flat_string(model, TFL_MODEL_DESCRIPTION);
    if (reader->bytes.bad)
        return mnet_tflite_damaged(reader, "the model's table");
    if (version != TFL_VERSION)
        return mnet_error_set(reader->error, MNET_ERROR_UNSUPPORTED,
                              "the schema version is %u, expected %d", version, TFL_VERSION);
    if (!subgraphs.count)
        return mnet_error_set(reader->error, MNET_ERROR_FORMAT, "the model has no subgraph");
    /* Other subgraphs are bodies of control-flow operators, which are refused,
     * or entry points of their own. */
    MnetFlatTable subgraph = mnet_flat_vector_table(&subgraphs, 0);
    reader->tensors = mnet_flat_vector(&subgraph, TFL_SUBGRAPH_TENSORS, 4);
    reader->operators = mnet_flat_vector(&subgraph, TFL_SUBGRAPH_OPERATORS, 4);
    if (reader->bytes.bad)
        return mnet_tflite_damaged(reader, "the first subgraph");
    reader->graph->description = mnet_tflite_text(reader->store, description);
    return reader->graph->description ? MNET_OK : mnet_error_memory(reader->error, MAX_TEXT_COPY);
}

static MnetStatus check_counts(MnetTfliteReader *reader)
{
    if (!reader->tensors.count || !reader->operators.count)
        return mnet_error_set(reader->error, MNET_ERROR_FORMAT,
                              "the model has no tensors or no operators");
    if (reader->tensors.count > MNET_MAX_TENSORS)
        return mnet_error_set(reader->error, MNET_ERROR_LIMIT, "%u tensors, at most %d are read",
                              reader->tensors.count, MNET_MAX_TENSORS);
    if (reader->operators.count > MNET_MAX_NODES)
        return mnet_error_set(reader->error, MNET_ERROR_LIMIT, "%u operators, at most %d are read",
                              reader->operators.count, MNET_MAX_NODES);
    return MNET_OK;
}

/* Reads the tensor numbers of the network's inputs or outputs. */
static MnetStatus read_ports(MnetTfliteReader *reader, uint32_t field, const char *what,
                             int32_t **numbers, int32_t *count)
{
    MnetFlatVector subgraphs = mnet_flat_vector(&reader->model, TFL_MODEL_SUBGRAPHS, 4);
    MnetFlatTable subgraph = mnet_flat_vector_table(&subgraphs, 0);
    MnetFlatVector ports = mnet_flat_vector(&subgraph, field, 4);
    if (reader->bytes.bad)
        return mnet_tflite_damaged(reader, what);
    if (ports.count < 1 || ports.count > MNET_MAX_GRAPH_IO)
        return mnet_error_set(reader->error, ports.count ? MNET_ERROR_LIMIT : MNET_ERROR_FORMAT,
                              "the network has %u %ss, expected 1 to %d", ports.count, what,
                              MNET_MAX_GRAPH_IO);
    int32_t *list = mnet_store_calloc(reader->store, ports.count, sizeof *list);
    if (!list)
        return mnet_error_memory(reader->error, ports.count * sizeof *list);
    for (uint32_t i = 0; i < ports.count; i++) {
        list[i] = mnet_flat_vector_i32(&ports, i);
        if (list[i] < 0 || list[i] >= reader->graph->n_tensors)
            return mnet_error_set(reader->error, MNET_ERROR_FORMAT,
                                  "%s %u is tensor %d, the file has 0 to %d", what, i, list[i],
                                  reader->graph->n_tensors - 1);
    }
    *numbers = list;
    *count = (int32_t)ports.count;
    return MNET_OK;
}

static MnetStatus check_inputs(MnetTfliteReader *reader)
{
    const MnetGraph *graph = reader->graph;
    for (int32_t i = 0; i < graph->n_inputs; i++) {
        const MnetTensor *tensor = &graph->tensors[graph->inputs[i]];
        MnetTensorLabel label = mnet_tflite_tensor_label(graph, graph->inputs[i]);
        if (tensor->data)
            return mnet_error_set(reader->error, MNET_ERROR_FORMAT, "input %d, %s, is a constant",
                                  i, label.text);
        if (!tensor->shape_known)
            return mnet_error_set(reader->error, MNET_ERROR_UNSUPPORTED,
                                  "input %d, %s, has no shape; convert the model with a fixed "
                                  "input shape",
                                  i, label.text);
    }
    return MNET_OK;
}

static MnetStatus read_graph(MnetTfliteReader *reader)
{
    MnetGraph *graph = reader->graph;
    MnetStatus status = check_identity(reader);
    if (!status)
        status = read_model(reader);
    if (!status)
        status = check_counts(reader);
    /* Before the tensors: an unknown operator explains an unknown type. */
    if (!status)
        status = mnet_tflite_check_operators(reader);
    if (!status)
        status = mnet_tflite_read_tensors(reader);
    if (!status)
        status = read_ports(reader, TFL_SUBGRAPH_INPUTS, "input", &graph->inputs, &graph->n_inputs);
    if (!status)
        status =
            read_ports(reader, TFL_SUBGRAPH_OUTPUTS, "output", &graph->outputs, &graph->n_outputs);
    if (!status)
        status = check_inputs(reader);
    if (!status)
        status = mnet_tflite_read_nodes(reader);
    return status;
}

MnetStatus mnet_tflite_read(const uint8_t *data, size_t size, MnetStore *store, MnetGraph *graph,
                            MnetError *error)
{
    MnetTfliteReader reader = {
        .bytes = { .data = data, .size = size }, .graph = graph, .store = store, .error = error
    };
    *graph = (MnetGraph){ .description = "", .store = store };
    return read_graph(&reader);
}

void mnet_tflite_limit(MnetStore *store, size_t size)
{
    store->limit =
        size < (SIZE_MAX - STORE_BASE) / STORE_FACTOR ? STORE_BASE + STORE_FACTOR * size : SIZE_MAX;
}

MnetStatus mnet_tflite_limited(const MnetStore *store, MnetStatus status, MnetError *error)
{
    if (status != MNET_ERROR_MEMORY || !store->full)
        return status;
    return mnet_error_set(error, MNET_ERROR_LIMIT,
                          "its weights, tables and labels would take more than %zu bytes, "
                          "%d times its size and %zu MiB, the limit",
                          store->limit, STORE_FACTOR, STORE_BASE >> 20);
}

bool mnet_tflite_metadata(const uint8_t *data, size_t size, const char *name, MnetBytes *buffer)
{
    MnetBytes bytes = { .data = data, .size = size };
    MnetFlatTable model = mnet_flat_root(&bytes);
    MnetFlatVector entries = mnet_flat_vector(&model, TFL_MODEL_METADATA, 4);
    MnetFlatVector buffers = mnet_flat_vector(&model, TFL_MODEL_BUFFERS, 4);
    *buffer = (MnetBytes){ 0 };
    for (uint32_t i = 0; i < entries.count && !bytes.bad; i++) {
        MnetFlatTable entry = mnet_flat_vector_table(&entries, i);
        MnetFlatString found = mnet_flat_string(&entry, TFL_METADATA_NAME);
        if (found.size != strlen(name) || memcmp(found.text, name, found.size))
            continue;
        uint32_t index = mnet_flat_u32(&entry, TFL_METADATA_BUFFER, 0);
        if (mnet_tflite_buffer(&bytes, &buffers, index, &buffer->data, &buffer->size))
            return buffer->data;
        bytes.bad = true;
    }
    buffer->bad = bytes.bad;
    return false;
}
