/* SPDX-License-Identifier: MIT
 *
 * Reads FlexBuffers that nobody vouches for. */
#include "format/flexbuf.h"

enum {
    FLEX_NULL = 0,
    FLEX_INT = 1,
    FLEX_UINT = 2,
    FLEX_FLOAT = 3,
    FLEX_INDIRECT_INT = 6,
    FLEX_INDIRECT_UINT = 7,
    FLEX_INDIRECT_FLOAT = 8,
    FLEX_MAP = 9,
    FLEX_BOOL = 26
};

static MnetFlexValue absent(MnetBytes *bytes)
{
    return (MnetFlexValue){ .bytes = bytes };
}

static MnetFlexValue damaged(MnetBytes *bytes)
{
    bytes->bad = true;
    return absent(bytes);
}

static bool is_width(uint64_t width)
{
    return width == 1 || width == 2 || width == 4 || width == 8;
}

static uint64_t read_unsigned(MnetBytes *bytes, size_t at, uint32_t width)
{
    switch (width) {
    case 1:
        return mnet_bytes_u8(bytes, at);
    case 2:
        return mnet_bytes_u16(bytes, at);
    case 4:
        return mnet_bytes_u32(bytes, at);
    default:
        return mnet_bytes_u64(bytes, at);
    }
}

/* Where the distance in the slot at `at` leads: before the slot. */
static bool follow(MnetBytes *bytes, size_t at, uint32_t width, size_t *target)
{
    uint64_t distance = read_unsigned(bytes, at, width);
    if (bytes->bad || !distance || distance > at) {
        bytes->bad = true;
        return false;
    }
    *target = at - (size_t)distance;
    return true;
}

/* The value of a slot, given its packed type. */
static MnetFlexValue value_at(MnetBytes *bytes, size_t at, uint32_t width, uint8_t packed)
{
    MnetFlexValue value = { bytes, true, packed >> 2, at, width };
    if (value.type <= FLEX_FLOAT || value.type == FLEX_BOOL)
        return mnet_bytes_has(bytes, at, width) ? value : damaged(bytes);
    value.width = 1u << (packed & 3);
    if (!follow(bytes, at, width, &value.at))
        return absent(bytes);
    return value;
}

MnetFlexValue mnet_flex_root(MnetBytes *bytes)
{
    if (bytes->size < 3)
        return damaged(bytes);
    uint32_t width = mnet_bytes_u8(bytes, bytes->size - 1);
    uint8_t packed = mnet_bytes_u8(bytes, bytes->size - 2);
    if (!is_width(width) || bytes->size < 2 + (size_t)width)
        return damaged(bytes);
    return value_at(bytes, bytes->size - 2 - width, width, packed);
}

bool mnet_flex_is_map(const MnetFlexValue *value)
{
    return value->present && value->type == FLEX_MAP;
}

/* A map's keys. */
typedef struct {
    size_t at; /* first slot */
    uint32_t width;
    uint32_t count;
} Keys;

static bool find_keys(const MnetFlexValue *map, Keys *keys)
{
    MnetBytes *bytes = map->bytes;
    uint32_t w = map->width;
    if (map->at < 3 * (size_t)w)
        return false;
    uint64_t count = read_unsigned(bytes, map->at - w, w);
    uint64_t width = read_unsigned(bytes, map->at - 2 * w, w);
    if (count > MNET_FLEX_MAX_FIELDS || !is_width(width) ||
        !follow(bytes, map->at - 3 * w, w, &keys->at))
        return false;
    keys->width = (uint32_t)width;
    keys->count = (uint32_t)count;
    return keys->at >= width && read_unsigned(bytes, keys->at - width, keys->width) == count &&
           mnet_bytes_has(bytes, map->at, (size_t)count * (w + 1)) &&
           mnet_bytes_has(bytes, keys->at, (size_t)count * keys->width);
}

static bool is_key(MnetBytes *bytes, const Keys *keys, uint32_t index, const char *name)
{
    size_t at, length = strlen(name) + 1;
    if (!follow(bytes, keys->at + (size_t)index * keys->width, keys->width, &at))
        return false;
    return mnet_bytes_has(bytes, at, length) && !memcmp(bytes->data + at, name, length);
}

MnetFlexValue mnet_flex_field(const MnetFlexValue *map, const char *name)
{
    Keys keys;
    if (!mnet_flex_is_map(map))
        return absent(map->bytes);
    if (!find_keys(map, &keys))
        return damaged(map->bytes);
    for (uint32_t i = 0; i < keys.count && !map->bytes->bad; i++) {
        if (!is_key(map->bytes, &keys, i, name))
            continue;
        size_t types = map->at + (size_t)keys.count * map->width;
        return value_at(map->bytes, map->at + (size_t)i * map->width, map->width,
                        mnet_bytes_u8(map->bytes, types + i));
    }
    return absent(map->bytes);
}

static double read_signed(MnetBytes *bytes, size_t at, uint32_t width)
{
    uint64_t raw = read_unsigned(bytes, at, width);
    uint32_t shift = 64 - 8 * width;
    return (double)((int64_t)(raw << shift) >> shift);
}

/* Floats of half precision are not written by anyone. */
static bool read_float(MnetBytes *bytes, size_t at, uint32_t width, double *number)
{
    if (width == 4) {
        *number = (double)mnet_bytes_f32(bytes, at);
    } else if (width == 8) {
        uint64_t bits = mnet_bytes_u64(bytes, at);
        memcpy(number, &bits, sizeof bits);
    }
    return width >= 4;
}

bool mnet_flex_number(const MnetFlexValue *value, double *number)
{
    *number = 0;
    if (!value->present || !mnet_bytes_has(value->bytes, value->at, value->width))
        return false;
    switch (value->type) {
    case FLEX_INT:
    case FLEX_INDIRECT_INT:
        *number = read_signed(value->bytes, value->at, value->width);
        return true;
    case FLEX_UINT:
    case FLEX_INDIRECT_UINT:
    case FLEX_BOOL:
        *number = (double)read_unsigned(value->bytes, value->at, value->width);
        return true;
    case FLEX_FLOAT:
    case FLEX_INDIRECT_FLOAT:
        return read_float(value->bytes, value->at, value->width, number);
    default:
        return false;
    }
}
