/* SPDX-License-Identifier: MIT
 *
 * What a .tflite file says of itself beyond its network. */
#include "format/metadata.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "format/flatbuf.h"
#include "format/tflite.h"
#include "format/tflite_reader.h"
#include "format/zip.h"

/* Places of fields in the tables of metadata_schema.fbs, and values. */
enum { MODEL_DESCRIPTION = 1, MODEL_SUBGRAPHS = 3, MODEL_FILES = 6 };
enum { SUBGRAPH_INPUTS = 2, SUBGRAPH_OUTPUTS = 3, SUBGRAPH_FILES = 4 };
enum { TENSOR_UNITS = 4, TENSOR_FILES = 6 };
enum { UNIT_TYPE = 0, UNIT_OPTIONS = 1, UNIT_NORMALIZATION = 1 };
enum { NORMALIZATION_MEAN = 0, NORMALIZATION_STD = 1 };
enum { FILE_NAME = 0, FILE_TYPE = 2, FILE_AXIS_LABELS = 2, FILE_VALUE_LABELS = 3 };

#define IDENTIFIER "M001"
/* Elements of vectors that are looked at, so that a file cannot make it long. */
#define MAX_LOOKED_AT 64
/* A longer name of a file is cut. */
#define MAX_NAME 256

typedef struct {
    MnetBytes file;
    MnetZip zip;
    MnetStore *store;
    MnetMetadata *metadata;
    MnetLabelText labels[MNET_MAX_ZIP_ENTRIES]; /* of entries that have been read */
    size_t budget; /* bytes of labels that may still be read, for all outputs */
    bool no_memory;
} Reader;

static void warn(Reader *reader, const char *what, const char *why)
{
    if (!*reader->metadata->warning)
        snprintf(reader->metadata->warning, sizeof reader->metadata->warning, "%s: %s", what, why);
}

static bool usable(const MnetNormalization *normalization)
{
    for (size_t c = 0; c < normalization->n; c++)
        if (!isfinite(normalization->mean[c]) || !isfinite(normalization->std[c]) ||
            normalization->std[c] == 0)
            return false;
    return true;
}

static void read_normalization(Reader *reader, const MnetFlatTable *tensor, MnetNormalization *out)
{
    MnetFlatVector units = mnet_flat_vector(tensor, TENSOR_UNITS, 4);
    for (uint32_t i = 0; i < units.count && i < MAX_LOOKED_AT; i++) {
        MnetFlatTable unit = mnet_flat_vector_table(&units, i);
        if (mnet_flat_u8(&unit, UNIT_TYPE, 0) != UNIT_NORMALIZATION)
            continue;
        MnetFlatTable options = mnet_flat_table(&unit, UNIT_OPTIONS);
        MnetFlatVector mean = mnet_flat_vector(&options, NORMALIZATION_MEAN, 4);
        MnetFlatVector std = mnet_flat_vector(&options, NORMALIZATION_STD, 4);
        MnetNormalization found = { .n = mean.count };
        if (!mean.count || mean.count > 4 || mean.count != std.count) {
            warn(reader, "normalisation in the metadata",
                 "mean and std have not 1 to 4 numbers each");
            continue;
        }
        for (uint32_t c = 0; c < mean.count; c++) {
            found.mean[c] = mnet_flat_vector_f32(&mean, c);
            found.std[c] = mnet_flat_vector_f32(&std, c);
        }
        if (usable(&found))
            *out = found;
        else
            warn(reader, "normalisation in the metadata", "a number is not finite or std is 0");
    }
}

/* The archive's entry of that name, or its number of entries. */
static size_t find_entry(const Reader *reader, MnetFlatString name)
{
    size_t i = 0;
    while (i < reader->zip.n && (reader->zip.entries[i].name_size != name.size ||
                                 memcmp(reader->zip.entries[i].name, name.text, name.size)))
        i++;
    return i;
}

/* Outputs that name one entry share its bytes. */
static void read_labels(Reader *reader, size_t index, MnetLabelText *labels)
{
    const MnetZipEntry *entry = &reader->zip.entries[index];
    const char *problem;
    const uint8_t *text;
    if (reader->labels[index].text) {
        *labels = reader->labels[index];
        return;
    }
    MnetStatus status = mnet_zip_read(&reader->file, &reader->zip, index, reader->budget,
                                      reader->store, &text, &problem);
    reader->budget -= entry->size < reader->budget ? entry->size : reader->budget;
    char *name = status ? NULL : mnet_store_alloc(reader->store, MAX_NAME);
    if (name) {
        mnet_utf8_quote(name, MAX_NAME, entry->name, entry->name_size);
        reader->labels[index] = (MnetLabelText){ (const char *)text, entry->size, name };
        *labels = reader->labels[index];
    } else if (!status || status == MNET_ERROR_MEMORY) {
        reader->no_memory = true;
    } else {
        warn(reader, "labels in the file's archive", problem);
    }
}

/* The first associated file that holds labels. */
static void labels_from_files(Reader *reader, const MnetFlatTable *owner, uint32_t field,
                              MnetLabelText *labels)
{
    MnetFlatVector files = mnet_flat_vector(owner, field, 4);
    for (uint32_t i = 0; i < files.count && i < MAX_LOOKED_AT && !labels->text; i++) {
        MnetFlatTable file = mnet_flat_vector_table(&files, i);
        uint8_t type = mnet_flat_u8(&file, FILE_TYPE, 0);
        if (type != FILE_AXIS_LABELS && type != FILE_VALUE_LABELS)
            continue;
        size_t entry = find_entry(reader, mnet_flat_string(&file, FILE_NAME));
        if (entry < reader->zip.n)
            read_labels(reader, entry, labels);
        else
            warn(reader, "labels named by the metadata", "they are not in the file's archive");
    }
}

static void read_facts(Reader *reader, const MnetGraph *graph, MnetBytes *bytes)
{
    MnetMetadata *metadata = reader->metadata;
    MnetFlatTable root = mnet_flat_root(bytes);
    MnetFlatVector subgraphs = mnet_flat_vector(&root, MODEL_SUBGRAPHS, 4);
    MnetFlatString description = mnet_flat_string(&root, MODEL_DESCRIPTION);
    const char *text = mnet_tflite_text(reader->store, description);
    metadata->description = text ? text : "";
    reader->no_memory = !text;
    if (!subgraphs.count)
        return;
    MnetFlatTable subgraph = mnet_flat_vector_table(&subgraphs, 0);
    MnetFlatVector inputs = mnet_flat_vector(&subgraph, SUBGRAPH_INPUTS, 4);
    MnetFlatVector outputs = mnet_flat_vector(&subgraph, SUBGRAPH_OUTPUTS, 4);
    for (uint32_t i = 0; i < inputs.count && i < (uint32_t)graph->n_inputs; i++) {
        MnetFlatTable tensor = mnet_flat_vector_table(&inputs, i);
        read_normalization(reader, &tensor, &metadata->inputs[i]);
    }
    for (uint32_t i = 0; i < outputs.count && i < (uint32_t)graph->n_outputs; i++) {
        MnetFlatTable tensor = mnet_flat_vector_table(&outputs, i);
        labels_from_files(reader, &tensor, TENSOR_FILES, &metadata->outputs[i]);
    }
    if (graph->n_outputs == 1 && !metadata->outputs[0].text)
        labels_from_files(reader, &subgraph, SUBGRAPH_FILES, &metadata->outputs[0]);
    if (graph->n_outputs == 1 && !metadata->outputs[0].text)
        labels_from_files(reader, &root, MODEL_FILES, &metadata->outputs[0]);
}

static bool is_text(const MnetZipEntry *entry)
{
    return entry->name_size > 4 && !memcmp(entry->name + entry->name_size - 4, ".txt", 4);
}

/* An archive with one text that no metadata names: the labels of the output. */
static void labels_by_themselves(Reader *reader)
{
    size_t texts = 0, last = 0;
    for (size_t i = 0; i < reader->zip.n; i++)
        if (is_text(&reader->zip.entries[i])) {
            texts++;
            last = i;
        }
    if (texts == 1)
        read_labels(reader, last, &reader->metadata->outputs[0]);
}

static void read_all(Reader *reader, const MnetGraph *graph)
{
    const char *problem;
    MnetBytes *file = &reader->file, bytes;
    if (!mnet_zip_open(file, &reader->zip, &problem) && problem)
        warn(reader, "archive at the end of the file", problem);
    if (mnet_tflite_metadata(file->data, file->size, "TFLITE_METADATA", &bytes)) {
        if (mnet_flat_identified(&bytes, IDENTIFIER))
            read_facts(reader, graph, &bytes);
        else
            warn(reader, "metadata", "its bytes 4 to 7 are not \"" IDENTIFIER "\"");
    }
    if (bytes.bad)
        warn(reader, "metadata", "an offset or a count leads outside of it");
    if (graph->n_outputs == 1 && !reader->metadata->outputs[0].text && !*reader->metadata->warning)
        labels_by_themselves(reader);
}

MnetStatus mnet_metadata_read(const uint8_t *data, size_t size, const MnetGraph *graph,
                              MnetStore *store, MnetMetadata *metadata, MnetError *error)
{
    *metadata = (MnetMetadata){ .description = "" };
    Reader *reader = mnet_calloc(1, sizeof *reader);
    if (!reader)
        return mnet_error_memory(error, sizeof *reader);
    reader->file = (MnetBytes){ data, size, false };
    reader->store = store;
    reader->metadata = metadata;
    reader->budget = MNET_MAX_LABELS_BYTES;
    read_all(reader, graph);
    bool no_memory = reader->no_memory;
    mnet_free(reader);
    return no_memory ? mnet_error_memory(error, MAX_NAME) : MNET_OK;
}
