/* SPDX-License-Identifier: MIT
 *
 * FlexBuffers: numbers of every width, and bytes that lie. */
#include <math.h>

#include "expect.h"
#include "format/flexbuf.h"
#include "tflitebuilder.h"

/* A map { a: 7, b: -2 } with slots of 1 byte, as FlexBuffers' own writers make it:
 * keys, their vector, the map, types, the root. */
static const uint8_t small[] = { 'a', 0,      'b',    0,
                                 2,   5,      4, /* count, "a" 5 and "b" 4 before */
                                 2,   1,      2, /* distance and width of the keys, count */
                                 7,   0xfe,   1 << 2, 1 << 2,
                                 4,   9 << 2, 1 };

static bool number(const uint8_t *data, size_t size, const char *name, double *value, bool *bad)
{
    uint8_t *copy = expect_copy(data, size);
    MnetBytes bytes = { copy, size, false };
    MnetFlexValue map = mnet_flex_root(&bytes);
    MnetFlexValue field = mnet_flex_field(&map, name);
    bool found = mnet_flex_number(&field, value);
    *bad = bytes.bad;
    free(copy);
    return found;
}

static void check_small(void)
{
    double value;
    bool bad;
    EXPECT(number(small, sizeof small, "a", &value, &bad) && value == 7 && !bad, "a is %g", value);
    EXPECT(number(small, sizeof small, "b", &value, &bad) && value == -2 && !bad, "b is %g", value);
    EXPECT(!number(small, sizeof small, "c", &value, &bad) && !bad, "c is %g", value);
    EXPECT(!number(small, sizeof small, "", &value, &bad) && !bad, "a field without name");
    EXPECT(!number(small, sizeof small, "aa", &value, &bad) && !bad, "a longer name");
}

static void check_written(void)
{
    const TbFlexField fields[] = { { "float", 'f', -0.625 },
                                   { "integer", 'i', -123456 },
                                   { "null", 'n', 0 },
                                   { "true", 'b', 1 } };
    TbFile file = tb_flex_map(fields, 4);
    double value;
    bool bad;
    for (int i = 0; i < 4; i++) {
        bool found = number(file.data, file.size, fields[i].name, &value, &bad);
        EXPECT(found == (fields[i].kind != 'n') && value == fields[i].value && !bad, "%s is %g",
               fields[i].name, value);
    }
    tb_file_free(&file);
}

/* A root that is a number, or a number elsewhere (types 6 to 8). */
static void check_roots(void)
{
    static const struct {
        const char *what;
        size_t size;
        uint8_t bytes[16];
        bool found;
        double value;
    } cases[] = {
        { "uint8", 3, { 200, 2 << 2, 1 }, true, 200 },
        { "int16", 4, { 0, 0x80, 1 << 2 | 1, 2 }, true, -32768 },
        { "uint32", 6, { 0xff, 0xff, 0xff, 0xff, 2 << 2 | 2, 4 }, true, 4294967295.0 },
        { "int64", 10, { 0, 0, 0, 0, 0, 0, 0, 0x80, 1 << 2 | 3, 8 }, true, -9223372036854775808.0 },
        { "float32", 6, { 0, 0, 0x20, 0xc1, 3 << 2 | 2, 4 }, true, -10 },
        { "float64", 10, { 0, 0, 0, 0, 0, 0, 0x24, 0x40, 3 << 2 | 3, 8 }, true, 10 },
        { "float of 2 bytes", 4, { 0, 0x3c, 3 << 2 | 1, 2 }, false, 0 },
        { "indirect", 7, { 1, 2, 0, 0, 4, 7 << 2 | 2, 1 }, true, 513 },
        { "string", 6, { 1, 'x', 0, 2, 5 << 2, 1 }, false, 0 },
        { "null", 3, { 0, 0, 1 }, false, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t *copy = expect_copy(cases[i].bytes, cases[i].size);
        MnetBytes bytes = { copy, cases[i].size, false };
        MnetFlexValue root = mnet_flex_root(&bytes);
        double value;
        bool found = mnet_flex_number(&root, &value);
        EXPECT(found == cases[i].found && value == cases[i].value && !bytes.bad, "%s is %g",
               cases[i].what, value);
        EXPECT(!mnet_flex_field(&root, "a").present, "%s has fields", cases[i].what);
        free(copy);
    }
}

/* Byte `at` of the small map set to `value`. */
static void check_lies(void)
{
    static const struct {
        const char *what;
        size_t at;
        uint8_t value;
    } cases[] = {
        { "width of the root", 16, 3 },
        { "width 0 of the root", 16, 0 },
        { "a root of 8 bytes", 16, 8 },
        { "a root that leads to itself", 14, 0 },
        { "a root before all", 14, 200 },
        { "keys before all", 7, 200 },
        { "keys at themselves", 7, 0 },
        { "width of the keys", 8, 5 },
        { "wide keys", 8, 8 },
        { "another count of keys", 4, 3 },
        { "a large count", 9, 255 },
        { "a key before all", 5, 200 },
        { "a key at itself", 5, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[sizeof small];
        double value;
        bool bad;
        memcpy(bytes, small, sizeof small);
        bytes[cases[i].at] = cases[i].value;
        EXPECT(!number(bytes, sizeof bytes, "b", &value, &bad) && bad, "%s: %g", cases[i].what,
               value);
    }
}

/* Every byte set to every value, every length: nothing outside is read. */
static void check_everything(void)
{
    double value;
    bool bad;
    for (size_t at = 0; at < sizeof small; at++)
        for (int byte = 0; byte < 256; byte++) {
            uint8_t bytes[sizeof small];
            memcpy(bytes, small, sizeof small);
            bytes[at] = (uint8_t)byte;
            number(bytes, sizeof bytes, "a", &value, &bad);
            number(bytes, sizeof bytes, "b", &value, &bad);
        }
    for (size_t size = 0; size < sizeof small; size++) {
        number(small, size, "a", &value, &bad);
        EXPECT(size > 2 || bad, "%zu bytes", size);
    }
}

int main(void)
{
    check_small();
    check_written();
    check_roots();
    check_lies();
    check_everything();
    return expect_report("flexbuf");
}
