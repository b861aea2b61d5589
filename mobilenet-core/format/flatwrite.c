/* SPDX-License-Identifier: MIT
 *
 * Writes FlatBuffers forwards. */
#include "format/flatwrite.h"

#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* Offsets are signed 32 bits in places. */
#define MAX_BYTES ((size_t)INT32_MAX)

MnetFlatField mnet_flat_float(uint8_t id, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (MnetFlatField){ .id = id, .bytes = 4, .value = bits };
}

/* Room for `size` more bytes. */
static bool reserve(MnetFlatWriter *writer, size_t size)
{
    if (writer->status)
        return false;
    if (size > MAX_BYTES - writer->size) {
        writer->status = MNET_ERROR_LIMIT;
        return false;
    }
    if (size <= writer->room - writer->size)
        return true;
    size_t room = 2 * (writer->size + size) + 4096;
    uint8_t *data = mnet_alloc(room);
    if (!data) {
        writer->status = MNET_ERROR_MEMORY;
        writer->wanted = room;
        return false;
    }
    if (writer->size)
        memcpy(data, writer->data, writer->size);
    mnet_free(writer->data);
    writer->data = data;
    writer->room = room;
    return true;
}

size_t mnet_flat_write_bytes(MnetFlatWriter *writer, const void *values, size_t size)
{
    size_t at = writer->size;
    if (!reserve(writer, size))
        return 0;
    if (values && size)
        memcpy(writer->data + at, values, size);
    else
        memset(writer->data + at, 0, size);
    writer->size += size;
    return at;
}

void mnet_flat_write_put(MnetFlatWriter *writer, size_t at, uint64_t value, size_t bytes)
{
    if (writer->status)
        return;
    assert(at <= writer->size && bytes <= writer->size - at);
    for (size_t i = 0; i < bytes; i++)
        writer->data[at + i] = (uint8_t)(value >> 8 * i);
}

/* Zeros until `more` bytes from the end there is a multiple of `to`. */
static void align(MnetFlatWriter *writer, size_t to, size_t more)
{
    size_t over = (writer->size + more) % to;
    if (over)
        mnet_flat_write_bytes(writer, NULL, to - over);
}

void mnet_flat_write_begin(MnetFlatWriter *writer, const char identifier[4])
{
    *writer = (MnetFlatWriter){ 0 };
    mnet_flat_write_bytes(writer, NULL, 4);
    mnet_flat_write_bytes(writer, identifier, 4);
}

MnetStatus mnet_flat_write_end(MnetFlatWriter *writer, MnetError *error)
{
    MnetStatus status = writer->status;
    if (status == MNET_OK)
        return status;
    mnet_free(writer->data);
    writer->data = NULL;
    writer->size = writer->room = 0;
    if (status == MNET_ERROR_MEMORY)
        return mnet_error_memory(error, writer->wanted);
    return mnet_error_set(error, status,
                          "the file would have more than %zu bytes, its format's "
                          "limit",
                          MAX_BYTES);
}

/* Places the fields of `bytes` bytes behind the `used` bytes of a table. */
static size_t place_fields(const MnetFlatField *fields, size_t n, size_t bytes, size_t used,
                           uint16_t *places)
{
    for (size_t i = 0; i < n; i++)
        if (fields[i].bytes == bytes) {
            used = mnet_round_up(used, bytes);
            places[fields[i].id] = (uint16_t)used;
            used += bytes;
        }
    return used;
}

void mnet_flat_write_table(MnetFlatWriter *writer, size_t from, MnetFlatField *fields, size_t n)
{
    uint16_t places[MNET_FLAT_WRITE_FIELDS] = { 0 };
    size_t n_places = 0;
    for (size_t i = 0; i < n; i++) {
        assert(fields[i].id < MNET_FLAT_WRITE_FIELDS);
        n_places = fields[i].id >= n_places ? fields[i].id + 1u : n_places;
    }
    /* The table begins at a multiple of 8, with the distance to its vtable. */
    size_t used = place_fields(fields, n, 4, 4, places);
    used = place_fields(fields, n, 8, used, places);
    used = place_fields(fields, n, 1, used, places);
    size_t vtable_bytes = 4 + 2 * n_places;
    align(writer, 8, vtable_bytes);
    size_t vtable = mnet_flat_write_bytes(writer, NULL, vtable_bytes);
    mnet_flat_write_put(writer, vtable, vtable_bytes, 2);
    mnet_flat_write_put(writer, vtable + 2, used, 2);
    for (size_t i = 0; i < n_places; i++)
        mnet_flat_write_put(writer, vtable + 4 + 2 * i, places[i], 2);
    size_t table = mnet_flat_write_bytes(writer, NULL, used);
    mnet_flat_write_put(writer, table, table - vtable, 4);
    mnet_flat_write_put(writer, from, table - from, 4);
    for (size_t i = 0; i < n; i++) {
        fields[i].at = table + places[fields[i].id];
        mnet_flat_write_put(writer, fields[i].at, fields[i].value, fields[i].bytes);
    }
}

size_t mnet_flat_write_vector(MnetFlatWriter *writer, size_t from, size_t count, size_t element,
                              size_t alignment, const void *values)
{
    size_t bytes;
    if (!mnet_mul_size(count, element, &bytes))
        bytes = SIZE_MAX;
    align(writer, alignment < 4 ? 4 : alignment, 4);
    size_t at = mnet_flat_write_bytes(writer, NULL, 4);
    mnet_flat_write_put(writer, at, count, 4);
    mnet_flat_write_put(writer, from, at - from, 4);
    return mnet_flat_write_bytes(writer, values, bytes);
}

void mnet_flat_write_string(MnetFlatWriter *writer, size_t from, const char *text)
{
    mnet_flat_write_vector(writer, from, strlen(text), 1, 4, text);
    mnet_flat_write_bytes(writer, NULL, 1);
}
