/* SPDX-License-Identifier: MIT
 *
 * Writes FlatBuffers (layout: see flatbuf.h) forwards, parents before children: a
 * table is written with room for its offsets, each of which is filled when its
 * target is written.  Lack of memory and the format's limit of 2 GiB stick:
 * everything after them does nothing, and mnet_flat_write_end() tells. */
#ifndef MNET_FORMAT_FLATWRITE_H
#define MNET_FORMAT_FLATWRITE_H

#include <mnet/common.h>

typedef struct {
    uint8_t *data; /* freed by mnet_free() */
    size_t size, room;
    MnetStatus status;
    size_t wanted; /* bytes that were not to be had */
} MnetFlatWriter;

/* Most fields of a table that is written; their numbers are below it. */
#define MNET_FLAT_WRITE_FIELDS 16

typedef struct {
    uint8_t id;     /* its number in the schema */
    uint8_t bytes;  /* 1, 4 or 8 */
    uint64_t value; /* 0 for an offset, which is filled later */
    size_t at;      /* set by mnet_flat_write_table(): where its bytes are */
} MnetFlatField;

static inline MnetFlatField mnet_flat_offset(uint8_t id)
{
    return (MnetFlatField){ .id = id, .bytes = 4 };
}

static inline MnetFlatField mnet_flat_byte(uint8_t id, uint8_t value)
{
    return (MnetFlatField){ .id = id, .bytes = 1, .value = value };
}

static inline MnetFlatField mnet_flat_int(uint8_t id, int32_t value)
{
    return (MnetFlatField){ .id = id, .bytes = 4, .value = (uint32_t)value };
}

MnetFlatField mnet_flat_float(uint8_t id, float value);

/* Room for the root's offset, at 0, and the four characters of the identifier. */
void mnet_flat_write_begin(MnetFlatWriter *writer, const char identifier[4]);
/* MNET_OK: data and size are the caller's.  Else all is freed. */
MnetStatus mnet_flat_write_end(MnetFlatWriter *writer, MnetError *error);

/* Appends a table to which the offset at `from` then leads. */
void mnet_flat_write_table(MnetFlatWriter *writer, size_t from, MnetFlatField *fields, size_t n);
/* Appends a vector to which the offset at `from` then leads; `values` may be
 * NULL: zeros.  Elements are little endian and aligned to `align`, a power of two.
 * Returns where they begin. */
size_t mnet_flat_write_vector(MnetFlatWriter *writer, size_t from, size_t count, size_t element,
                              size_t align, const void *values);
void mnet_flat_write_string(MnetFlatWriter *writer, size_t from, const char *text);

/* Plain bytes, e.g. what follows the FlatBuffer; NULL: zeros.  Returns where they
 * begin. */
size_t mnet_flat_write_bytes(MnetFlatWriter *writer, const void *values, size_t size);
/* The low `bytes` bytes of value, over what is at `at`. */
void mnet_flat_write_put(MnetFlatWriter *writer, size_t at, uint64_t value, size_t bytes);

#endif
