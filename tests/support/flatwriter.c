/* SPDX-License-Identifier: MIT
 *
 * Writes FlatBuffers forwards. */
#include "flatwriter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FIELDS 32

void *flat_writer_realloc(void *block, size_t size)
{
    block = realloc(block, size ? size : 1);
    if (!block) {
        fprintf(stderr, "no memory for a test's %zu bytes\n", size);
        exit(1);
    }
    return block;
}

size_t flat_writer_bytes(FlatWriter *writer, const void *values, size_t size)
{
    size_t at = writer->size;
    if (writer->size + size > writer->room) {
        writer->room = 2 * (writer->size + size) + 256;
        writer->data = flat_writer_realloc(writer->data, writer->room);
    }
    if (values)
        memcpy(writer->data + at, values, size);
    else
        memset(writer->data + at, 0, size);
    writer->size += size;
    return at;
}

static void put(FlatWriter *writer, size_t at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        writer->data[at + i] = (uint8_t)(value >> 8 * i);
}

void flat_writer_put_u16(FlatWriter *writer, size_t at, uint16_t value)
{
    put(writer, at, value, 2);
}

void flat_writer_put_u32(FlatWriter *writer, size_t at, uint32_t value)
{
    put(writer, at, value, 4);
}

void flat_writer_put_u64(FlatWriter *writer, size_t at, uint64_t value)
{
    put(writer, at, value, 8);
}

/* Zeros until `more` bytes from the end there is a multiple of `to`. */
static void align(FlatWriter *writer, size_t to, size_t more)
{
    while ((writer->size + more) % to)
        flat_writer_bytes(writer, NULL, 1);
}

void flat_writer_begin(FlatWriter *writer, const char *identifier)
{
    *writer = (FlatWriter){ 0 };
    flat_writer_bytes(writer, NULL, 4);
    flat_writer_bytes(writer, identifier, 4);
}

/* Places the fields of `bytes` bytes behind the `used` bytes of a table. */
static size_t place_fields(FlatField *fields, size_t n, size_t bytes, size_t used, uint16_t *places)
{
    for (size_t i = 0; i < n; i++)
        if (fields[i].bytes == bytes) {
            used = (used + bytes - 1) / bytes * bytes;
            places[fields[i].id] = (uint16_t)used;
            used += bytes;
        }
    return used;
}

void flat_writer_table(FlatWriter *writer, size_t from, FlatField *fields, size_t n)
{
    uint16_t places[MAX_FIELDS] = { 0 };
    size_t n_places = 0;
    size_t used = place_fields(fields, n, 4, 4, places);
    used = place_fields(fields, n, 8, used, places);
    used = place_fields(fields, n, 1, used, places);
    for (size_t i = 0; i < n; i++)
        n_places = fields[i].id >= n_places ? fields[i].id + 1u : n_places;
    size_t vtable_bytes = 4 + 2 * n_places;
    align(writer, 8, vtable_bytes);
    size_t vtable = flat_writer_bytes(writer, NULL, vtable_bytes);
    flat_writer_put_u16(writer, vtable, (uint16_t)vtable_bytes);
    flat_writer_put_u16(writer, vtable + 2, (uint16_t)used);
    for (size_t i = 0; i < n_places; i++)
        flat_writer_put_u16(writer, vtable + 4 + 2 * i, places[i]);
    size_t table = flat_writer_bytes(writer, NULL, used);
    flat_writer_put_u32(writer, table, (uint32_t)(table - vtable));
    flat_writer_put_u32(writer, from, (uint32_t)(table - from));
    for (size_t i = 0; i < n; i++) {
        fields[i].at = table + places[fields[i].id];
        put(writer, fields[i].at, fields[i].value, fields[i].bytes);
    }
}

size_t flat_writer_vector(FlatWriter *writer, size_t from, size_t count, size_t element,
                          size_t alignment, const void *values)
{
    align(writer, alignment < 4 ? 4 : alignment, 4);
    size_t at = flat_writer_bytes(writer, NULL, 4);
    flat_writer_put_u32(writer, at, (uint32_t)count);
    flat_writer_put_u32(writer, from, (uint32_t)(at - from));
    return flat_writer_bytes(writer, values, count * element);
}

void flat_writer_string(FlatWriter *writer, size_t from, const char *text)
{
    size_t length = text ? strlen(text) : 0;
    flat_writer_vector(writer, from, length, 1, 4, text);
    flat_writer_bytes(writer, NULL, 1);
}
