/* SPDX-License-Identifier: MIT
 *
 * Element types, and elements as real numbers. */
#include <mnet/tensor.h>

#include <string.h>

#include "kernels/half.h"

static const struct {
    const char *name;
    size_t size;
} types[] = {
    [MNET_TYPE_FLOAT32] = { "float32", 4 }, [MNET_TYPE_FLOAT16] = { "float16", 2 },
    [MNET_TYPE_INT8] = { "int8", 1 },       [MNET_TYPE_UINT8] = { "uint8", 1 },
    [MNET_TYPE_INT16] = { "int16", 2 },     [MNET_TYPE_INT32] = { "int32", 4 },
    [MNET_TYPE_INT64] = { "int64", 8 },     [MNET_TYPE_BOOL] = { "bool", 1 },
};

static bool is_type(MnetType type)
{
    return (size_t)type < sizeof types / sizeof *types;
}

const char *mnet_type_name(MnetType type)
{
    return is_type(type) ? types[type].name : "?";
}

size_t mnet_type_size(MnetType type)
{
    return is_type(type) ? types[type].size : 0;
}

/* A stored integer as a double, which holds all but the largest int64. */
static double stored(MnetType type, const uint8_t *at)
{
    int16_t i16;
    int32_t i32;
    int64_t i64;
    switch (type) {
    case MNET_TYPE_INT8:
        return (int8_t)*at;
    case MNET_TYPE_INT16:
        memcpy(&i16, at, sizeof i16);
        return i16;
    case MNET_TYPE_INT32:
        memcpy(&i32, at, sizeof i32);
        return i32;
    case MNET_TYPE_INT64:
        memcpy(&i64, at, sizeof i64);
        return (double)i64;
    case MNET_TYPE_BOOL:
        return *at != 0;
    default:
        return *at;
    }
}

float mnet_tensor_value(const MnetTensorInfo *info, const void *data, size_t index)
{
    const uint8_t *at = (const uint8_t *)data + index * mnet_type_size(info->type);
    if (info->type == MNET_TYPE_FLOAT32) {
        float value;
        memcpy(&value, at, sizeof value);
        return value;
    }
    if (info->type == MNET_TYPE_FLOAT16) {
        uint16_t half;
        memcpy(&half, at, sizeof half);
        return mnet_half_to_float(half);
    }
    double value = stored(info->type, at);
    return (float)(info->scale != 0 ? (value - info->zero_point) * info->scale : value);
}
