/* SPDX-License-Identifier: MIT
 *
 * Element types and elements as real numbers. */
#include <math.h>
#include <mnet/tensor.h>

#include "expect.h"

static void check_types(void)
{
    const struct {
        MnetType type;
        const char *name;
        size_t size;
    } types[] = { { MNET_TYPE_FLOAT32, "float32", 4 },
                  { MNET_TYPE_FLOAT16, "float16", 2 },
                  { MNET_TYPE_INT8, "int8", 1 },
                  { MNET_TYPE_UINT8, "uint8", 1 },
                  { MNET_TYPE_INT16, "int16", 2 },
                  { MNET_TYPE_INT32, "int32", 4 },
                  { MNET_TYPE_INT64, "int64", 8 },
                  { MNET_TYPE_BOOL, "bool", 1 },
                  { (MnetType)8, "?", 0 },
                  { (MnetType)-1, "?", 0 } };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        EXPECT(!strcmp(mnet_type_name(types[i].type), types[i].name), "%s", types[i].name);
        EXPECT(mnet_type_size(types[i].type) == types[i].size, "%s", types[i].name);
    }
}

static void check_value(MnetType type, float scale, int32_t zero_point, const void *data,
                        float expected)
{
    /* Index 1, at an address that is aligned to nothing. */
    uint8_t bytes[32] = { 0 };
    MnetTensorInfo info = { .type = type, .scale = scale, .zero_point = zero_point, .elements = 2 };
    memcpy(bytes + 1 + mnet_type_size(type), data, mnet_type_size(type));
    float value = mnet_tensor_value(&info, bytes + 1, 1);
    EXPECT(value == expected || (isnan(value) && isnan(expected)), "%s: %g, expected %g",
           mnet_type_name(type), (double)value, (double)expected);
}

static void check_values(void)
{
    check_value(MNET_TYPE_FLOAT32, 0, 0, &(float){ -1.5f }, -1.5f);
    check_value(MNET_TYPE_INT8, 0, 0, &(int8_t){ -128 }, -128);
    check_value(MNET_TYPE_INT8, 0.5f, -128, &(int8_t){ 127 }, 127.5f);
    check_value(MNET_TYPE_UINT8, 0.25f, 255, &(uint8_t){ 0 }, -63.75f);
    check_value(MNET_TYPE_INT16, 2, 1, &(int16_t){ -300 }, -602);
    check_value(MNET_TYPE_INT32, 1, INT32_MIN, &(int32_t){ INT32_MAX }, 4294967295.0f);
    check_value(MNET_TYPE_INT64, 0, 0, &(int64_t){ -(1ll << 40) }, -1099511627776.0f);
    check_value(MNET_TYPE_BOOL, 0, 0, &(uint8_t){ 3 }, 1);
}

static void check_halves(void)
{
    const struct {
        uint16_t bits;
        float value;
    } halves[] = { { 0x0000, 0 },           { 0x3c00, 1 },          { 0xc000, -2 },
                   { 0x7bff, 65504 },       { 0x0400, 0x1p-14f },   { 0x0001, 0x1p-24f },
                   { 0x83ff, -0x3ffp-24f }, { 0x7c00, INFINITY },   { 0xfc00, -INFINITY },
                   { 0x7e00, NAN },         { 0x3555, 0x1.554p-2f } };
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++)
        check_value(MNET_TYPE_FLOAT16, 0, 0, &halves[i].bits, halves[i].value);
}

int main(void)
{
    check_types();
    check_values();
    check_halves();
    return expect_report("tensor");
}
