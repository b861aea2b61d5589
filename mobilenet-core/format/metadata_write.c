/* SPDX-License-Identifier: MIT
 *
 * Writes what a .tflite file says of itself. */
#include "format/metadata_write.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

/* Places of fields in the tables of metadata_schema.fbs, and values. */
enum { MODEL_NAME = 0, MODEL_DESCRIPTION = 1, MODEL_SUBGRAPHS = 3 };
enum { SUBGRAPH_INPUTS = 2, SUBGRAPH_OUTPUTS = 3 };
enum { TENSOR_NAME = 0, TENSOR_CONTENT = 3, TENSOR_UNITS = 4, TENSOR_FILES = 6 };
enum { CONTENT_TYPE = 0, CONTENT_PROPERTIES = 1, CONTENT_IMAGE = 2, CONTENT_FEATURE = 1 };
enum { IMAGE_COLOR_SPACE = 0, COLOR_SPACE_RGB = 1 };
enum { UNIT_TYPE = 0, UNIT_OPTIONS = 1, UNIT_NORMALIZATION = 1 };
enum { NORMALIZATION_MEAN = 0, NORMALIZATION_STD = 1 };
enum { FILE_NAME = 0, FILE_TYPE = 2, FILE_AXIS_LABELS = 2 };

#define LABELS_NAME "labels.txt"

static void write_content(MnetFlatWriter *w, size_t from, bool image)
{
    MnetFlatField content[] = { mnet_flat_byte(CONTENT_TYPE,
                                               image ? CONTENT_IMAGE : CONTENT_FEATURE),
                                mnet_flat_offset(CONTENT_PROPERTIES) };
    MnetFlatField space[] = { mnet_flat_byte(IMAGE_COLOR_SPACE, COLOR_SPACE_RGB) };
    mnet_flat_write_table(w, from, content, 2);
    mnet_flat_write_table(w, content[1].at, space, image ? 1 : 0);
}

static void write_normalization(MnetFlatWriter *w, size_t from, const MnetNormalization *n)
{
    MnetFlatField unit[] = { mnet_flat_byte(UNIT_TYPE, UNIT_NORMALIZATION),
                             mnet_flat_offset(UNIT_OPTIONS) };
    MnetFlatField options[] = { mnet_flat_offset(NORMALIZATION_MEAN),
                                mnet_flat_offset(NORMALIZATION_STD) };
    size_t at = mnet_flat_write_vector(w, from, 1, 4, 4, NULL);
    mnet_flat_write_table(w, at, unit, 2);
    mnet_flat_write_table(w, unit[1].at, options, 2);
    mnet_flat_write_vector(w, options[0].at, n->n, 4, 4, n->mean);
    mnet_flat_write_vector(w, options[1].at, n->n, 4, 4, n->std);
}

static void write_input(MnetFlatWriter *w, size_t from, const MnetTfliteFacts *facts)
{
    MnetFlatField fields[] = { mnet_flat_offset(TENSOR_NAME), mnet_flat_offset(TENSOR_CONTENT),
                               mnet_flat_offset(TENSOR_UNITS) };
    size_t at = mnet_flat_write_vector(w, from, 1, 4, 4, NULL);
    mnet_flat_write_table(w, at, fields, facts->input.n ? 3 : 2);
    mnet_flat_write_string(w, fields[0].at, "image");
    write_content(w, fields[1].at, true);
    if (facts->input.n)
        write_normalization(w, fields[2].at, &facts->input);
}

static void write_output(MnetFlatWriter *w, size_t from, const MnetTfliteFacts *facts)
{
    MnetFlatField fields[] = { mnet_flat_offset(TENSOR_NAME), mnet_flat_offset(TENSOR_CONTENT),
                               mnet_flat_offset(TENSOR_FILES) };
    MnetFlatField file[] = { mnet_flat_offset(FILE_NAME),
                             mnet_flat_byte(FILE_TYPE, FILE_AXIS_LABELS) };
    size_t at = mnet_flat_write_vector(w, from, 1, 4, 4, NULL);
    mnet_flat_write_table(w, at, fields, facts->labels ? 3 : 2);
    mnet_flat_write_string(w, fields[0].at, "probability");
    write_content(w, fields[1].at, false);
    if (!facts->labels)
        return;
    at = mnet_flat_write_vector(w, fields[2].at, 1, 4, 4, NULL);
    mnet_flat_write_table(w, at, file, 2);
    mnet_flat_write_string(w, file[0].at, LABELS_NAME);
}

MnetStatus mnet_metadata_write(const MnetTfliteFacts *facts, MnetFlatWriter *w, MnetError *error)
{
    MnetFlatField root[] = { mnet_flat_offset(MODEL_NAME), mnet_flat_offset(MODEL_DESCRIPTION),
                             mnet_flat_offset(MODEL_SUBGRAPHS) };
    MnetFlatField sub[] = { mnet_flat_offset(SUBGRAPH_INPUTS), mnet_flat_offset(SUBGRAPH_OUTPUTS) };
    mnet_flat_write_begin(w, "M001");
    mnet_flat_write_table(w, 0, root, 3);
    mnet_flat_write_string(w, root[0].at, facts->description);
    mnet_flat_write_string(w, root[1].at, facts->description);
    size_t at = mnet_flat_write_vector(w, root[2].at, 1, 4, 4, NULL);
    mnet_flat_write_table(w, at, sub, 2);
    write_input(w, sub[0].at, facts);
    write_output(w, sub[1].at, facts);
    return mnet_flat_write_end(w, error);
}

/* What the two headers of an entry have in common, from "version needed" on:
 * stored, of 1980-01-01. */
static void write_common(MnetFlatWriter *w, uint32_t crc, size_t size)
{
    size_t at = mnet_flat_write_bytes(w, NULL, 26);
    mnet_flat_write_put(w, at, 20, 2);
    mnet_flat_write_put(w, at + 8, 0x21, 2);
    mnet_flat_write_put(w, at + 10, crc, 4);
    mnet_flat_write_put(w, at + 14, size, 4);
    mnet_flat_write_put(w, at + 18, size, 4);
    mnet_flat_write_put(w, at + 22, strlen(LABELS_NAME), 2);
}

/* Lines that all begin with a number and a blank, tab or colon are read as "number label"
 * (decode/labels.c): names that do are numbered once more. */
static bool looks_numbered(const MnetTfliteFacts *facts)
{
    for (size_t i = 0; i < facts->n_labels; i++) {
        const char *label = facts->labels[i];
        if (i == 0 && !strncmp(label, "\xef\xbb\xbf", 3)) /* a mark that readers skip */
            label += 3;
        size_t digits = strspn(label, "0123456789");
        if (*label && (!digits || !label[digits] || !strchr(" \t:\r\n", label[digits])))
            return false;
    }
    return true;
}

/* One name a line; what would begin a new line becomes a blank. */
static void write_labels(MnetFlatWriter *w, const MnetTfliteFacts *facts)
{
    bool numbered = looks_numbered(facts);
    for (size_t i = 0; i < facts->n_labels; i++) {
        char number[24];
        int digits = snprintf(number, sizeof number, "%zu ", i);
        if (numbered)
            mnet_flat_write_bytes(w, number, (size_t)digits);
        size_t length = strlen(facts->labels[i]);
        size_t at = mnet_flat_write_bytes(w, facts->labels[i], length);
        for (size_t k = 0; k < length && !w->status; k++)
            if (w->data[at + k] == '\n' || w->data[at + k] == '\r')
                w->data[at + k] = ' ';
        mnet_flat_write_bytes(w, "\n", 1);
    }
}

void mnet_metadata_append_labels(const MnetTfliteFacts *facts, MnetFlatWriter *w)
{
    if (!facts->labels)
        return;
    size_t local = mnet_flat_write_bytes(w, "PK\3\4", 4), common = w->size;
    write_common(w, 0, 0);
    mnet_flat_write_bytes(w, LABELS_NAME, strlen(LABELS_NAME));
    size_t begin = w->size;
    write_labels(w, facts);
    if (w->status)
        return;
    size_t size = w->size - begin, directory = w->size;
    uint32_t crc = (uint32_t)crc32(0, w->data + begin, (uInt)size);
    mnet_flat_write_put(w, common + 10, crc, 4);
    mnet_flat_write_put(w, common + 14, size, 4);
    mnet_flat_write_put(w, common + 18, size, 4);
    mnet_flat_write_bytes(w, "PK\1\2\24\0", 6);
    write_common(w, crc, size);
    /* Length of a comment, disk, attributes; then where the entry is. */
    size_t at = mnet_flat_write_bytes(w, NULL, 14);
    mnet_flat_write_put(w, at + 10, local, 4);
    mnet_flat_write_bytes(w, LABELS_NAME, strlen(LABELS_NAME));
    size_t end = w->size;
    mnet_flat_write_bytes(w, "PK\5\6", 4);
    at = mnet_flat_write_bytes(w, NULL, 18);
    mnet_flat_write_put(w, at + 4, 1, 2);
    mnet_flat_write_put(w, at + 6, 1, 2);
    mnet_flat_write_put(w, at + 8, end - directory, 4);
    mnet_flat_write_put(w, at + 12, directory, 4);
}
