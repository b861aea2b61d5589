/* SPDX-License-Identifier: MIT
 *
 * The FlatBuffers reader: what is there, what is absent, and what lies. */
#include "expect.h"
#include "flatwriter.h"
#include "format/flatbuf.h"

/* Fields of the table that the tests write. */
enum { BYTE, INT, LONG, FLOAT, STRING, INTS, LONGS, TABLES, CHILD, FLOATS, ABSENT };

static const int32_t ints[] = { 1, -2, INT32_MAX };
static const int64_t longs[] = { -1, INT64_MIN };
static const float floats[] = { 0.5f, -3.25f };

static FlatWriter sample(void)
{
    FlatField fields[] = { FLAT_U8(BYTE, 200), FLAT_I32(INT, -5),   FLAT_U64(LONG, 1ull << 40),
                           FLAT_I32(FLOAT, 0), FLAT_OFFSET(STRING), FLAT_OFFSET(INTS),
                           FLAT_OFFSET(LONGS), FLAT_OFFSET(TABLES), FLAT_OFFSET(CHILD),
                           FLAT_OFFSET(FLOATS) };
    float half = 0.5f;
    FlatWriter w;
    memcpy(&fields[FLOAT].value, &half, sizeof half);
    flat_writer_begin(&w, "TEST");
    flat_writer_table(&w, 0, fields, sizeof fields / sizeof *fields);
    flat_writer_string(&w, fields[STRING].at, "text");
    flat_writer_vector(&w, fields[INTS].at, 3, 4, 4, ints);
    flat_writer_vector(&w, fields[LONGS].at, 2, 8, 8, longs);
    flat_writer_vector(&w, fields[FLOATS].at, 2, 4, 4, floats);
    size_t at = flat_writer_vector(&w, fields[TABLES].at, 2, 4, 4, NULL);
    for (int32_t i = 0; i < 2; i++) {
        FlatField field = FLAT_I32(0, 10 + i);
        flat_writer_table(&w, at + 4 * (size_t)i, &field, 1);
    }
    FlatField field = FLAT_I32(0, 77);
    flat_writer_table(&w, fields[CHILD].at, &field, 1);
    return w;
}

static void check_values(void)
{
    FlatWriter w = sample();
    MnetBytes bytes = { w.data, w.size, false };
    MnetFlatTable t = mnet_flat_root(&bytes);
    MnetFlatString string = mnet_flat_string(&t, STRING);
    MnetFlatVector i = mnet_flat_vector(&t, INTS, 4), l = mnet_flat_vector(&t, LONGS, 8);
    MnetFlatVector f = mnet_flat_vector(&t, FLOATS, 4), tables = mnet_flat_vector(&t, TABLES, 4);
    MnetFlatTable child = mnet_flat_table(&t, CHILD), second = mnet_flat_vector_table(&tables, 1);
    EXPECT(mnet_flat_identified(&bytes, "TEST") && !mnet_flat_identified(&bytes, "TFL3"), "id");
    EXPECT(mnet_flat_u8(&t, BYTE, 0) == 200 && mnet_flat_i32(&t, INT, 0) == -5, "scalars");
    EXPECT(mnet_flat_u64(&t, LONG, 0) == 1ull << 40 && mnet_flat_f32(&t, FLOAT, 0) == 0.5f,
           "scalars");
    EXPECT(string.size == 4 && !strcmp(string.text, "text"), "string");
    EXPECT(i.count == 3 && mnet_flat_vector_i32(&i, 1) == -2 &&
               mnet_flat_vector_i32(&i, 2) == INT32_MAX,
           "ints");
    EXPECT(l.count == 2 && mnet_flat_vector_i64(&l, 1) == INT64_MIN, "longs");
    EXPECT(f.count == 2 && mnet_flat_vector_f32(&f, 1) == -3.25f, "floats");
    EXPECT(tables.count == 2 && mnet_flat_i32(&second, 0, 0) == 11, "tables");
    EXPECT(child.present && mnet_flat_i32(&child, 0, 0) == 77, "child");
    EXPECT(!bytes.bad, "a valid buffer is bad");
    EXPECT(mnet_flat_vector_i32(&i, 3) == 0 && bytes.bad, "one past the end");
    free(w.data);
}

static void check_absent(void)
{
    FlatWriter w = sample();
    MnetBytes bytes = { w.data, w.size, false };
    MnetFlatTable t = mnet_flat_root(&bytes);
    const uint32_t fields[] = { ABSENT, ABSENT + 1, 1000, UINT32_MAX };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        MnetFlatTable none = mnet_flat_table(&t, fields[i]);
        EXPECT(mnet_flat_u8(&t, fields[i], 9) == 9 && mnet_flat_i32(&t, fields[i], -9) == -9 &&
                   mnet_flat_u64(&t, fields[i], 9) == 9 &&
                   mnet_flat_f32(&t, fields[i], 1.5f) == 1.5f,
               "defaults of field %u", fields[i]);
        EXPECT(!none.present && mnet_flat_i32(&none, 0, 4) == 4, "table %u", fields[i]);
        EXPECT(!mnet_flat_vector(&t, fields[i], 4).count, "vector %u", fields[i]);
        EXPECT(!mnet_flat_string(&t, fields[i]).text[0], "string %u", fields[i]);
    }
    EXPECT(!bytes.bad, "what is absent is not bad");
    free(w.data);
}

/* A reader that has met nothing bad yet. */
static MnetFlatTable fresh(MnetBytes *bytes)
{
    bytes->bad = false;
    return mnet_flat_root(bytes);
}

/* Reads each field as every kind of field and holds what it gets against the
 * buffer; a sanitizer watches the reads. */
static void read_everything(const uint8_t *data, size_t size)
{
    MnetBytes bytes = { data, size, false };
    for (uint32_t field = 0; field < ABSENT + 2; field++) {
        MnetFlatTable t = fresh(&bytes);
        mnet_flat_u8(&t, field, 0);
        mnet_flat_i32(&t, field, 0);
        mnet_flat_u64(&t, field, 0);
        t = fresh(&bytes);
        MnetFlatString string = mnet_flat_string(&t, field);
        EXPECT(strlen(string.text) <= size, "string of field %u", field);
        t = fresh(&bytes);
        MnetFlatTable child = mnet_flat_table(&t, field);
        mnet_flat_u64(&child, 0, 0);
        for (uint32_t element = 1; element <= 8; element *= 2) {
            t = fresh(&bytes);
            MnetFlatVector v = mnet_flat_vector(&t, field, element);
            EXPECT(!v.count || v.at + (size_t)v.count * element <= size, "vector of field %u",
                   field);
            for (uint32_t i = 0; i < v.count && i < size && element >= 4; i++) {
                bytes.bad = false;
                MnetFlatTable entry = mnet_flat_vector_table(&v, i);
                mnet_flat_string(&entry, 0);
            }
            for (uint32_t i = 0; i < v.count && i < size && element == 8; i++)
                mnet_flat_vector_i64(&v, i);
        }
    }
}

/* Reads what sample() has written, each field as what it is; whether nothing
 * was bad. */
static bool read_sample(const uint8_t *data, size_t size)
{
    MnetBytes bytes = { data, size, false };
    MnetFlatTable t = mnet_flat_root(&bytes);
    mnet_flat_u8(&t, BYTE, 0);
    mnet_flat_i32(&t, INT, 0);
    mnet_flat_u64(&t, LONG, 0);
    mnet_flat_f32(&t, FLOAT, 0);
    mnet_flat_string(&t, STRING);
    mnet_flat_vector(&t, INTS, 4);
    mnet_flat_vector(&t, LONGS, 8);
    mnet_flat_vector(&t, FLOATS, 4);
    MnetFlatVector tables = mnet_flat_vector(&t, TABLES, 4);
    for (uint32_t i = 0; i < tables.count; i++)
        mnet_flat_vector_table(&tables, i);
    mnet_flat_table(&t, CHILD);
    return !bytes.bad;
}

static void check_truncation(void)
{
    FlatWriter w = sample();
    for (size_t size = 0; size < w.size; size++) {
        uint8_t *copy = expect_copy(w.data, size);
        read_everything(copy, size);
        free(copy);
    }
    free(w.data);
}

static void check_extremes(void)
{
    FlatWriter w = sample();
    const uint32_t extremes[] = { 0,          1,          4,          (uint32_t)w.size,
                                  UINT32_MAX, 0x7fffffff, 0x80000000, (uint32_t)w.size - 4 };
    for (size_t at = 0; at + 4 <= w.size; at += 2)
        for (size_t e = 0; e < sizeof extremes / sizeof *extremes; e++) {
            FlatWriter changed = { expect_copy(w.data, w.size), w.size, w.size };
            flat_writer_put_u32(&changed, at, extremes[e]);
            read_everything(changed.data, changed.size);
            free(changed.data);
        }
    free(w.data);
}

/* Changes the u16 or u32 at `at` and expects that reading sets `bad`. */
static void expect_bad(const char *what, size_t at, uint32_t value, bool half)
{
    FlatWriter w = sample();
    if (half)
        flat_writer_put_u16(&w, at, (uint16_t)value);
    else
        flat_writer_put_u32(&w, at, value);
    EXPECT(!read_sample(w.data, w.size), "%s is not noticed", what);
    free(w.data);
}

static void check_lies(void)
{
    FlatWriter w = sample();
    MnetBytes bytes = { w.data, w.size, false };
    MnetFlatTable t = mnet_flat_root(&bytes);
    MnetFlatVector vector = mnet_flat_vector(&t, INTS, 4);
    EXPECT(read_sample(w.data, w.size), "the sample itself is bad");
    expect_bad("a root outside", 0, (uint32_t)w.size, false);
    expect_bad("no root", 0, 0, false);
    expect_bad("a vtable before the buffer", t.at, (uint32_t)t.at + 1, false);
    expect_bad("a vtable behind the buffer", t.at, (uint32_t)(-(int32_t)w.size), false);
    expect_bad("a vtable of 2 bytes", t.vtable, 2, true);
    expect_bad("a vtable over the end", t.vtable, (uint32_t)(w.size - t.vtable + 2), true);
    expect_bad("a vtable of 65535 bytes", t.vtable, 65535, true);
    expect_bad("a table of 2 bytes", t.vtable + 2, 2, true);
    expect_bad("a table over the end", t.vtable + 2, (uint32_t)(w.size - t.at + 1), true);
    expect_bad("a table of 65535 bytes", t.vtable + 2, 65535, true);
    expect_bad("a field over the vtable's offset", t.vtable + 4, 1, true);
    expect_bad("a field behind its table", t.vtable + 4, (uint32_t)t.table_bytes, true);
    expect_bad("a long over the end of its table", t.vtable + 4 + 2 * LONG, t.table_bytes - 7u,
               true);
    expect_bad("a vector longer than the buffer", vector.at - 4, (uint32_t)w.size, false);
    expect_bad("a vector whose bytes overflow", vector.at - 4, 0x40000000, false);
    free(w.data);
}

/* A string that runs up to the end of the buffer has no NUL. */
static void check_string_end(void)
{
    FlatField field = FLAT_OFFSET(0);
    FlatWriter w;
    flat_writer_begin(&w, "TEST");
    flat_writer_table(&w, 0, &field, 1);
    flat_writer_string(&w, field.at, "abc");
    uint8_t *copy = expect_copy(w.data, w.size - 1);
    MnetBytes whole = { w.data, w.size, false }, cut = { copy, w.size - 1, false };
    MnetFlatTable t = mnet_flat_root(&whole);
    EXPECT(mnet_flat_string(&t, 0).size == 3 && !whole.bad, "whole");
    t = mnet_flat_root(&cut);
    EXPECT(!mnet_flat_string(&t, 0).size && cut.bad, "cut");
    free(copy);
    free(w.data);
}

/* A table that is its own child: each level is asked for, so it ends. */
static void check_cycle(void)
{
    FlatField field = FLAT_OFFSET(0);
    FlatWriter w;
    flat_writer_begin(&w, "TEST");
    flat_writer_table(&w, 0, &field, 1);
    MnetBytes bytes = { w.data, w.size, false };
    MnetFlatTable t = mnet_flat_root(&bytes);
    /* Offsets only lead forwards: one that wraps around is outside. */
    flat_writer_put_u32(&w, field.at, (uint32_t)(t.at - field.at));
    MnetFlatTable child = mnet_flat_table(&t, 0);
    EXPECT(!child.present && bytes.bad, "an offset that leads backwards");
    free(w.data);
}

int main(void)
{
    check_values();
    check_absent();
    check_truncation();
    check_extremes();
    check_lies();
    check_string_end();
    check_cycle();
    return expect_report("flatbuf");
}
