/* SPDX-License-Identifier: MIT
 *
 * The one way to read numbers from bytes that came from a file: little endian,
 * at any alignment, never outside.  A read outside gives 0 and sets `bad`. */
#ifndef MNET_BASE_BYTES_H
#define MNET_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    const uint8_t *data;
    size_t size;
    bool bad; /* something outside was asked for */
} MnetBytes;

/* Whether [offset, offset + length) lies inside. */
static inline bool mnet_bytes_has(const MnetBytes *bytes, size_t offset, size_t length)
{
    return offset <= bytes->size && length <= bytes->size - offset;
}

/* The bytes, or NULL and `bad`. */
static inline const uint8_t *mnet_bytes_at(MnetBytes *bytes, size_t offset, size_t length)
{
    if (mnet_bytes_has(bytes, offset, length))
        return bytes->data + offset;
    bytes->bad = true;
    return NULL;
}

static inline uint8_t mnet_bytes_u8(MnetBytes *bytes, size_t offset)
{
    const uint8_t *p = mnet_bytes_at(bytes, offset, 1);
    return p ? p[0] : 0;
}

static inline uint16_t mnet_bytes_u16(MnetBytes *bytes, size_t offset)
{
    const uint8_t *p = mnet_bytes_at(bytes, offset, 2);
    return p ? (uint16_t)(p[0] | p[1] << 8) : 0;
}

static inline uint32_t mnet_bytes_u32(MnetBytes *bytes, size_t offset)
{
    const uint8_t *p = mnet_bytes_at(bytes, offset, 4);
    return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24
             : 0;
}

static inline uint64_t mnet_bytes_u64(MnetBytes *bytes, size_t offset)
{
    uint64_t low = mnet_bytes_u32(bytes, offset);
    return mnet_bytes_has(bytes, offset, 8)
               ? low | (uint64_t)mnet_bytes_u32(bytes, offset + 4) << 32
               : (bytes->bad = true, 0);
}

static inline float mnet_bytes_f32(MnetBytes *bytes, size_t offset)
{
    uint32_t bits = mnet_bytes_u32(bytes, offset);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
