/* SPDX-License-Identifier: MIT
 *
 * Reads FlatBuffers that nobody vouches for.  Every offset and length is
 * checked against the buffer; what lies outside reads as absent and sets
 * `bad` of the bytes, which the caller looks at whenever it can say where it
 * is.  Nothing here follows an offset by itself, so a cycle in the file ends
 * where the schema ends.
 *
 * Layout: the first 4 bytes are the offset of the root table, the next 4 an
 * identifier.  A table begins with the signed distance back to its vtable:
 * u16 bytes of the vtable, u16 bytes of the table, then a u16 for each field,
 * its place in the table or 0.  Tables, vectors and strings lie at a u32
 * distance from the field that names them; vectors begin with a u32 count. */
#ifndef MNET_FORMAT_FLATBUF_H
#define MNET_FORMAT_FLATBUF_H

#include "base/bytes.h"

/* A table; all of its fields are absent when the table is. */
typedef struct {
    MnetBytes *bytes;
    bool present;
    size_t at;
    size_t vtable;
    uint32_t table_bytes, n_fields;
} MnetFlatTable;

/* A vector: `count` elements from `at` on, checked to lie in the buffer. */
typedef struct {
    MnetBytes *bytes;
    bool present;
    size_t at;
    uint32_t count;
} MnetFlatVector;

/* A string's bytes; a NUL follows them in the buffer.  text is "" when absent. */
typedef struct {
    const char *text;
    uint32_t size;
} MnetFlatString;

/* Whether the buffer's identifier is these four characters. */
bool mnet_flat_identified(const MnetBytes *bytes, const char identifier[4]);
MnetFlatTable mnet_flat_root(MnetBytes *bytes);

/* Field number `field` in the order of the schema; a union takes two, its type
 * and its value. */
MnetFlatTable mnet_flat_table(const MnetFlatTable *table, uint32_t field);
MnetFlatString mnet_flat_string(const MnetFlatTable *table, uint32_t field);
/* Elements of `element` bytes; 4 for tables and strings. */
MnetFlatVector mnet_flat_vector(const MnetFlatTable *table, uint32_t field, uint32_t element);

uint8_t mnet_flat_u8(const MnetFlatTable *table, uint32_t field, uint8_t absent);
uint32_t mnet_flat_u32(const MnetFlatTable *table, uint32_t field, uint32_t absent);
int32_t mnet_flat_i32(const MnetFlatTable *table, uint32_t field, int32_t absent);
uint64_t mnet_flat_u64(const MnetFlatTable *table, uint32_t field, uint64_t absent);
float mnet_flat_f32(const MnetFlatTable *table, uint32_t field, float absent);

/* Elements; one past the end reads as absent or 0 and is `bad`. */
MnetFlatTable mnet_flat_vector_table(const MnetFlatVector *vector, uint32_t index);
int32_t mnet_flat_vector_i32(const MnetFlatVector *vector, uint32_t index);
int64_t mnet_flat_vector_i64(const MnetFlatVector *vector, uint32_t index);
float mnet_flat_vector_f32(const MnetFlatVector *vector, uint32_t index);

#endif
