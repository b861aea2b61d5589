/* SPDX-License-Identifier: MIT
 *
 * Metadata and archives for built files. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "flatwriter.h"
#include "tflitebuilder.h"

/* Places of fields in the metadata's tables. */
enum { MODEL_DESCRIPTION = 1, MODEL_SUBGRAPHS = 3, MODEL_FILES = 6 };
enum { SUBGRAPH_INPUTS = 2, SUBGRAPH_OUTPUTS = 3, SUBGRAPH_FILES = 4 };
enum { TENSOR_UNITS = 4, TENSOR_FILES = 6 };
enum { UNIT_TYPE = 0, UNIT_OPTIONS = 1, UNIT_NORMALIZATION = 1 };
enum { NORMALIZATION_MEAN = 0, NORMALIZATION_STD = 1 };
enum { FILE_NAME = 0, FILE_TYPE = 2, FILE_AXIS_LABELS = 2 };

static void write_files(FlatWriter *w, size_t from, const char *name, int type)
{
    FlatField fields[] = { FLAT_OFFSET(FILE_NAME),
                           FLAT_U8(FILE_TYPE, type ? type : FILE_AXIS_LABELS) };
    size_t at = flat_writer_vector(w, from, 1, 4, 4, NULL);
    flat_writer_table(w, at, fields, 2);
    flat_writer_string(w, fields[0].at, name);
}

static void write_units(FlatWriter *w, size_t from, const TbMetadataTensor *tensor)
{
    FlatField unit[] = { FLAT_U8(UNIT_TYPE, UNIT_NORMALIZATION), FLAT_OFFSET(UNIT_OPTIONS) };
    FlatField options[] = { FLAT_OFFSET(NORMALIZATION_MEAN), FLAT_OFFSET(NORMALIZATION_STD) };
    size_t n_std = (size_t)(tensor->n_std ? tensor->n_std : tensor->n);
    size_t at = flat_writer_vector(w, from, 1, 4, 4, NULL);
    flat_writer_table(w, at, unit, 2);
    flat_writer_table(w, unit[1].at, options, 2);
    flat_writer_vector(w, options[0].at, (size_t)tensor->n, 4, 4, tensor->mean);
    flat_writer_vector(w, options[1].at, n_std, 4, 4, tensor->std);
}

static void write_tensors(FlatWriter *w, size_t from, const TbMetadataTensor *tensors, int n,
                          int labels_type)
{
    for (int i = 0; i < TB_MAX_IO; i++)
        n = n <= i && (tensors[i].labels || tensors[i].n) ? i + 1 : n;
    size_t at = flat_writer_vector(w, from, (size_t)n, 4, 4, NULL);
    for (int i = 0; i < n; i++) {
        FlatField fields[2];
        size_t count = 0, units = 0, files = 0;
        if (tensors[i].n)
            fields[units = count++] = (FlatField)FLAT_OFFSET(TENSOR_UNITS);
        if (tensors[i].labels)
            fields[files = count++] = (FlatField)FLAT_OFFSET(TENSOR_FILES);
        flat_writer_table(w, at + 4 * (size_t)i, fields, count);
        if (tensors[i].n)
            write_units(w, fields[units].at, &tensors[i]);
        if (tensors[i].labels)
            write_files(w, fields[files].at, tensors[i].labels, labels_type);
    }
}

TbFile tb_metadata(const TbMetadata *m)
{
    FlatField root[3] = { FLAT_OFFSET(MODEL_DESCRIPTION), FLAT_OFFSET(MODEL_SUBGRAPHS),
                          FLAT_OFFSET(MODEL_FILES) };
    FlatField sub[3] = { FLAT_OFFSET(SUBGRAPH_INPUTS), FLAT_OFFSET(SUBGRAPH_OUTPUTS),
                         FLAT_OFFSET(SUBGRAPH_FILES) };
    FlatWriter w;
    flat_writer_begin(&w, m->identifier ? m->identifier : "M001");
    flat_writer_table(&w, 0, root, m->model_labels ? 3 : 2);
    flat_writer_string(&w, root[0].at, m->description);
    size_t at = flat_writer_vector(&w, root[1].at, 1, 4, 4, NULL);
    flat_writer_table(&w, at, sub, m->subgraph_labels ? 3 : 2);
    write_tensors(&w, sub[0].at, m->inputs, m->n_inputs, m->labels_type);
    write_tensors(&w, sub[1].at, m->outputs, m->n_outputs, m->labels_type);
    if (m->subgraph_labels)
        write_files(&w, sub[2].at, m->subgraph_labels, m->labels_type);
    if (m->model_labels)
        write_files(&w, root[2].at, m->model_labels, m->labels_type);
    return (TbFile){ w.data, w.size };
}

/* The bytes of an entry as they are in the archive; free them. */
static uint8_t *pack(const TbEntry *entry, size_t *packed)
{
    if (!entry->deflate) {
        uint8_t *copy = flat_writer_realloc(NULL, entry->size);
        *packed = entry->size;
        return entry->size ? memcpy(copy, entry->data, entry->size) : copy;
    }
    z_stream stream = { .next_in = (Bytef *)(uintptr_t)entry->data, .avail_in = (uInt)entry->size };
    if (deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        exit(1);
    size_t room = deflateBound(&stream, (uLong)entry->size);
    uint8_t *bytes = flat_writer_realloc(NULL, room);
    stream.next_out = bytes;
    stream.avail_out = (uInt)room;
    deflate(&stream, Z_FINISH);
    *packed = stream.total_out;
    deflateEnd(&stream);
    return bytes;
}

/* What the two headers of an entry have in common, from "version needed" on. */
static void write_common(FlatWriter *w, uint16_t method, uint32_t crc, size_t packed, size_t size,
                         size_t name)
{
    size_t at = flat_writer_bytes(w, NULL, 26);
    flat_writer_put_u16(w, at, 20);
    flat_writer_put_u16(w, at + 4, method);
    flat_writer_put_u32(w, at + 10, crc);
    flat_writer_put_u32(w, at + 14, (uint32_t)packed);
    flat_writer_put_u32(w, at + 18, (uint32_t)size);
    flat_writer_put_u16(w, at + 22, (uint16_t)name);
}

typedef struct {
    size_t at, packed;
    uint32_t crc;
    uint16_t method;
} Written;

static Written write_local(FlatWriter *w, const TbEntry *entry)
{
    Written written = { .at = w->size,
                        .crc = (uint32_t)crc32(0, entry->data, (uInt)entry->size),
                        .method = entry->deflate ? 8 : 0 };
    uint8_t *bytes = pack(entry, &written.packed);
    size_t name = strlen(entry->name);
    flat_writer_bytes(w, "PK\3\4", 4);
    write_common(w, written.method, written.crc, written.packed, entry->size, name);
    flat_writer_bytes(w, entry->lie_local_name ? entry->lie_local_name : entry->name, name);
    flat_writer_bytes(w, bytes, written.packed);
    free(bytes);
    return written;
}

static void write_central(FlatWriter *w, const TbEntry *e, const Written *written)
{
    size_t name = strlen(e->name);
    flat_writer_bytes(w, "PK\1\2\24\0", 6);
    write_common(
        w, e->lie_method ? e->lie_method : written->method, e->lie_crc ? e->lie_crc : written->crc,
        e->lie_packed ? e->lie_packed : written->packed, e->lie_size ? e->lie_size : e->size, name);
    /* Comment length, disk, two words of attributes; then where it lies. */
    size_t at = flat_writer_bytes(w, NULL, 14);
    flat_writer_put_u32(w, at + 10, e->lie_header ? e->lie_header : (uint32_t)written->at);
    flat_writer_bytes(w, e->name, name);
}

void tb_append_zip(TbFile *file, const TbEntry *entries, int n)
{
    FlatWriter w = { file->data, file->size, file->size };
    Written *written = flat_writer_realloc(NULL, (size_t)n * sizeof *written);
    for (int i = 0; i < n; i++)
        written[i] = write_local(&w, &entries[i]);
    size_t directory = w.size;
    for (int i = 0; i < n; i++)
        write_central(&w, &entries[i], &written[i]);
    size_t end = w.size;
    flat_writer_bytes(&w, "PK\5\6", 4);
    size_t at = flat_writer_bytes(&w, NULL, 18);
    flat_writer_put_u16(&w, at + 4, (uint16_t)n);
    flat_writer_put_u16(&w, at + 6, (uint16_t)n);
    flat_writer_put_u32(&w, at + 8, (uint32_t)(end - directory));
    flat_writer_put_u32(&w, at + 12, (uint32_t)directory);
    free(written);
    *file = (TbFile){ w.data, w.size };
}
