/* SPDX-License-Identifier: MIT
 *
 * What a .tflite file says of itself beyond its network. */
#include "format/metadata.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
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

/* Elements of vectors that are looked at, so that a file cannot make it long. */
#define MAX_LOOKED_AT 64

typedef struct {
    MnetBytes file;
    MnetZip zip;
    MnetStore *store;
    MnetMetadata *metadata;
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

static const MnetZipEntry *find_entry(const Reader *reader, MnetFlatString name)
{
    for (size_t i = 0; i < reader->zip.n; i++)
        if (reader->zip.entries[i].name_size == name.size &&
            !memcmp(reader->zip.entries[i].name, name.text, name.size))
            return &reader->zip.entries[i];
    return NULL;
}

static void read_labels(Reader *reader, const MnetZipEntry *entry, MnetLabelText *labels)
{
    const char *problem;
    MnetFlatString name = { entry->name, (uint32_t)entry->name_size };
    const char *text_name = mnet_tflite_text(reader->store, name);
    const uint8_t *text =
        mnet_zip_read(&reader->file, entry, MNET_MAX_LABELS_BYTES, reader->store, &problem);
    if (text && text_name)
        *labels = (MnetLabelText){ (const char *)text, entry->size, text_name };
    else
        warn(reader, "labels in the file's archive",
             problem ? problem : "there is no memory for them");
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
        const MnetZipEntry *entry = find_entry(reader, mnet_flat_string(&file, FILE_NAME));
        if (entry)
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
    const char *text = description.size ? mnet_tflite_text(reader->store, description) : NULL;
    metadata->description = text ? text : "";
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

/* An archive with one text that no metadata names: the labels of the output. */
static void labels_by_themselves(Reader *reader)
{
    const MnetZipEntry *only = NULL;
    for (size_t i = 0; i < reader->zip.n; i++) {
        const MnetZipEntry *entry = &reader->zip.entries[i];
        if (entry->name_size < 4 || memcmp(entry->name + entry->name_size - 4, ".txt", 4))
            continue;
        if (only)
            return;
        only = entry;
    }
    if (only)
        read_labels(reader, only, &reader->metadata->outputs[0]);
}

MnetStatus mnet_metadata_read(const uint8_t *data, size_t size, const MnetGraph *graph,
                              MnetStore *store, MnetMetadata *metadata, MnetError *error)
{
    const char *problem;
    MnetBytes bytes;
    *metadata = (MnetMetadata){ .description = "" };
    Reader *reader = mnet_calloc(1, sizeof *reader);
    if (!reader)
        return mnet_error_memory(error, sizeof *reader);
    reader->file = (MnetBytes){ data, size, false };
    reader->store = store;
    reader->metadata = metadata;
    if (!mnet_zip_open(&reader->file, &reader->zip, &problem) && problem)
        warn(reader, "archive at the end of the file", problem);
    if (mnet_tflite_metadata(data, size, "TFLITE_METADATA", &bytes)) {
        read_facts(reader, graph, &bytes);
        if (bytes.bad)
            warn(reader, "metadata", "an offset or a count leads outside of it");
    }
    if (graph->n_outputs == 1 && !metadata->outputs[0].text)
        labels_by_themselves(reader);
    mnet_free(reader);
    return MNET_OK;
}
