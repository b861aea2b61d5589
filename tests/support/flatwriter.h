/* SPDX-License-Identifier: MIT
 *
 * Writes FlatBuffers forwards, parents before children: a table is written with
 * room for its offsets, each of which is filled when its target is written.
 * Running out of memory ends the test program. */
#ifndef FLATWRITER_H
#define FLATWRITER_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint8_t *data; /* from malloc() */
    size_t size, room;
} FlatWriter;

/* One field of a table that is to be written. */
typedef struct {
    uint16_t id;    /* its number in the schema */
    uint8_t bytes;  /* 1, 4 or 8 */
    uint64_t value; /* 0 for an offset, which is filled later */
    size_t at;      /* set by flat_writer_table(): where its bytes are */
} FlatField;

#define FLAT_OFFSET(number)        \
    {                              \
        .id = (number), .bytes = 4 \
    }
#define FLAT_U8(number, v)                                \
    {                                                     \
        .id = (number), .bytes = 1, .value = (uint8_t)(v) \
    }
#define FLAT_I32(number, v)                                \
    {                                                      \
        .id = (number), .bytes = 4, .value = (uint32_t)(v) \
    }
#define FLAT_U64(number, v)                      \
    {                                            \
        .id = (number), .bytes = 8, .value = (v) \
    }

/* Room for the root's offset, at 0, and the four characters of the identifier. */
void flat_writer_begin(FlatWriter *writer, const char *identifier);

/* Appends a table to which the offset at `from` then leads. */
void flat_writer_table(FlatWriter *writer, size_t from, FlatField *fields, size_t n);

/* Appends a vector to which the offset at `from` then leads; `values` may be
 * NULL: zeros.  Elements are aligned to `align`.  Returns where they begin. */
size_t flat_writer_vector(FlatWriter *writer, size_t from, size_t count, size_t element,
                          size_t align, const void *values);
/* Appends a string; NULL is "". */
void flat_writer_string(FlatWriter *writer, size_t from, const char *text);

/* Plain bytes.  `values` may be NULL: zeros.  Returns where they begin. */
size_t flat_writer_bytes(FlatWriter *writer, const void *values, size_t size);
void flat_writer_put_u16(FlatWriter *writer, size_t at, uint16_t value);
void flat_writer_put_u32(FlatWriter *writer, size_t at, uint32_t value);
void flat_writer_put_u64(FlatWriter *writer, size_t at, uint64_t value);

/* malloc() and realloc() that end the program instead of failing. */
void *flat_writer_realloc(void *block, size_t size);

#endif
