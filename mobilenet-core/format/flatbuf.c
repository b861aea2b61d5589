/* SPDX-License-Identifier: MIT
 *
 * Reads FlatBuffers that nobody vouches for. */
#include "format/flatbuf.h"

/* The two u16 that begin a vtable. */
#define VTABLE_HEADER 4

static bool add(size_t a, uint32_t b, size_t *sum)
{
    return !__builtin_add_overflow(a, (size_t)b, sum);
}

bool mnet_flat_identified(const MnetBytes *bytes, const char identifier[4])
{
    return mnet_bytes_has(bytes, 4, 4) && !memcmp(bytes->data + 4, identifier, 4);
}

/* Where the u32 offset at `at` leads. */
static bool follow(MnetBytes *bytes, size_t at, size_t *target)
{
    uint32_t offset = mnet_bytes_u32(bytes, at);
    if (offset && add(at, offset, target) && *target < bytes->size)
        return true;
    bytes->bad = true;
    return false;
}

static MnetFlatTable absent_table(MnetBytes *bytes)
{
    return (MnetFlatTable){ .bytes = bytes };
}

static MnetFlatTable bad_table(MnetBytes *bytes)
{
    bytes->bad = true;
    return absent_table(bytes);
}

static MnetFlatTable table_at(MnetBytes *bytes, size_t at)
{
    if (!mnet_bytes_has(bytes, at, 4))
        return bad_table(bytes);
    int64_t distance = (int32_t)mnet_bytes_u32(bytes, at);
    int64_t vtable = (int64_t)at - distance;
    if (vtable < 0 || !mnet_bytes_has(bytes, (size_t)vtable, VTABLE_HEADER))
        return bad_table(bytes);
    MnetFlatTable table = { .bytes = bytes, .present = true, .at = at, .vtable = (size_t)vtable };
    uint32_t vtable_bytes = mnet_bytes_u16(bytes, table.vtable);
    table.table_bytes = mnet_bytes_u16(bytes, table.vtable + 2);
    if (vtable_bytes < VTABLE_HEADER || table.table_bytes < 4 ||
        !mnet_bytes_has(bytes, table.vtable, vtable_bytes) ||
        !mnet_bytes_has(bytes, at, table.table_bytes))
        return bad_table(bytes);
    table.n_fields = (vtable_bytes - VTABLE_HEADER) / 2;
    return table;
}

MnetFlatTable mnet_flat_root(MnetBytes *bytes)
{
    size_t at;
    return follow(bytes, 0, &at) ? table_at(bytes, at) : absent_table(bytes);
}

/* Finds the place of a field of `size` bytes; false when it is absent. */
static bool find_field(const MnetFlatTable *table, uint32_t field, uint32_t size, size_t *at)
{
    if (!table->present || field >= table->n_fields)
        return false;
    uint32_t place = mnet_bytes_u16(table->bytes, table->vtable + VTABLE_HEADER + 2 * field);
    if (!place)
        return false;
    if (place < 4 || place + size > table->table_bytes) {
        table->bytes->bad = true;
        return false;
    }
    *at = table->at + place;
    return true;
}

static bool follow_field(const MnetFlatTable *table, uint32_t field, size_t *target)
{
    size_t at;
    return find_field(table, field, 4, &at) && follow(table->bytes, at, target);
}

MnetFlatTable mnet_flat_table(const MnetFlatTable *table, uint32_t field)
{
    size_t at;
    return follow_field(table, field, &at) ? table_at(table->bytes, at)
                                           : absent_table(table->bytes);
}

static MnetFlatVector vector_at(MnetBytes *bytes, size_t at, uint32_t element)
{
    MnetFlatVector vector = { .bytes = bytes, .at = at + 4 };
    uint64_t count = mnet_bytes_u32(bytes, at);
    uint64_t length = count * element;
    if (bytes->bad || length > SIZE_MAX || !mnet_bytes_has(bytes, vector.at, (size_t)length)) {
        bytes->bad = true;
        return vector;
    }
    vector.present = true;
    vector.count = (uint32_t)count;
    return vector;
}

MnetFlatVector mnet_flat_vector(const MnetFlatTable *table, uint32_t field, uint32_t element)
{
    size_t at;
    return follow_field(table, field, &at) ? vector_at(table->bytes, at, element)
                                           : (MnetFlatVector){ .bytes = table->bytes };
}

MnetFlatString mnet_flat_string(const MnetFlatTable *table, uint32_t field)
{
    MnetFlatString none = { "", 0 };
    MnetFlatVector vector = mnet_flat_vector(table, field, 1);
    if (!vector.present)
        return none;
    const uint8_t *text = mnet_bytes_at(vector.bytes, vector.at, (size_t)vector.count + 1);
    if (!text || text[vector.count]) {
        vector.bytes->bad = true;
        return none;
    }
    return (MnetFlatString){ (const char *)text, vector.count };
}

uint8_t mnet_flat_u8(const MnetFlatTable *table, uint32_t field, uint8_t absent)
{
    size_t at;
    return find_field(table, field, 1, &at) ? mnet_bytes_u8(table->bytes, at) : absent;
}

uint32_t mnet_flat_u32(const MnetFlatTable *table, uint32_t field, uint32_t absent)
{
    size_t at;
    return find_field(table, field, 4, &at) ? mnet_bytes_u32(table->bytes, at) : absent;
}

int32_t mnet_flat_i32(const MnetFlatTable *table, uint32_t field, int32_t absent)
{
    return (int32_t)mnet_flat_u32(table, field, (uint32_t)absent);
}

uint64_t mnet_flat_u64(const MnetFlatTable *table, uint32_t field, uint64_t absent)
{
    size_t at;
    return find_field(table, field, 8, &at) ? mnet_bytes_u64(table->bytes, at) : absent;
}

float mnet_flat_f32(const MnetFlatTable *table, uint32_t field, float absent)
{
    size_t at;
    return find_field(table, field, 4, &at) ? mnet_bytes_f32(table->bytes, at) : absent;
}

/* The place of an element, which vector_at() has checked to lie inside. */
static bool find_element(const MnetFlatVector *vector, uint32_t index, uint32_t element, size_t *at)
{
    if (index >= vector->count) {
        vector->bytes->bad = true;
        return false;
    }
    *at = vector->at + (size_t)index * element;
    return true;
}

MnetFlatTable mnet_flat_vector_table(const MnetFlatVector *vector, uint32_t index)
{
    size_t at, target;
    if (find_element(vector, index, 4, &at) && follow(vector->bytes, at, &target))
        return table_at(vector->bytes, target);
    return absent_table(vector->bytes);
}

int32_t mnet_flat_vector_i32(const MnetFlatVector *vector, uint32_t index)
{
    size_t at;
    return find_element(vector, index, 4, &at) ? (int32_t)mnet_bytes_u32(vector->bytes, at) : 0;
}

int64_t mnet_flat_vector_i64(const MnetFlatVector *vector, uint32_t index)
{
    size_t at;
    return find_element(vector, index, 8, &at) ? (int64_t)mnet_bytes_u64(vector->bytes, at) : 0;
}

float mnet_flat_vector_f32(const MnetFlatVector *vector, uint32_t index)
{
    size_t at;
    return find_element(vector, index, 4, &at) ? mnet_bytes_f32(vector->bytes, at) : 0;
}
