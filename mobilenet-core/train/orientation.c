/* SPDX-License-Identifier: MIT
 *
 * Exif's orientation of a picture. */
#include "train/orientation.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"

#define TIFF_AT 6 /* behind "Exif\0\0" */
#define TAG_ORIENTATION 0x112
#define TYPE_SHORT 3

/* The numbers of a TIFF file, in the byte order that it tells. */
typedef struct {
    MnetBytes bytes;
    bool big;
} Tiff;

static uint16_t tiff_u16(Tiff *tiff, size_t at)
{
    uint16_t value = mnet_bytes_u16(&tiff->bytes, at);
    return tiff->big ? __builtin_bswap16(value) : value;
}

static uint32_t tiff_u32(Tiff *tiff, size_t at)
{
    uint32_t value = mnet_bytes_u32(&tiff->bytes, at);
    return tiff->big ? __builtin_bswap32(value) : value;
}

/* Entries of the first directory have 12 bytes: tag, type, count, value. */
int mnet_exif_orientation(const uint8_t *segment, size_t size)
{
    if (size < TIFF_AT + 8 || memcmp(segment, "Exif\0", TIFF_AT) != 0)
        return 0;
    Tiff tiff = { .bytes = { segment + TIFF_AT, size - TIFF_AT, false },
                  .big = segment[TIFF_AT] == 'M' };
    size_t directory = tiff_u32(&tiff, 4);
    uint16_t n = tiff_u16(&tiff, directory);
    for (uint16_t i = 0; i < n && !tiff.bytes.bad; i++) {
        size_t entry = directory + 2 + 12 * (size_t)i;
        int value = tiff_u16(&tiff, entry + 8);
        if (tiff_u16(&tiff, entry) == TAG_ORIENTATION && tiff_u16(&tiff, entry + 2) == TYPE_SHORT &&
            !tiff.bytes.bad && value >= 1 && value <= 8)
            return value;
    }
    return 0;
}

MnetStatus mnet_picture_turn(MnetPicture *picture, int orientation, MnetError *error)
{
    bool sides = orientation >= 5;
    bool flip_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    bool flip_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    size_t width = (size_t)picture->width, height = (size_t)picture->height;
    size_t out_width = sides ? height : width, out_height = sides ? width : height;
    uint8_t *rgb = mnet_alloc(3 * width * height + MNET_PADDING), *out = rgb;
    if (!rgb)
        return mnet_error_memory(error, 3 * width * height + MNET_PADDING);
    for (size_t y = 0; y < out_height; y++) {
        for (size_t x = 0; x < out_width; x++, out += 3) {
            size_t from_x = sides ? y : x, from_y = sides ? x : y;
            from_x = flip_x ? width - 1 - from_x : from_x;
            from_y = flip_y ? height - 1 - from_y : from_y;
            memcpy(out, picture->rgb + 3 * (from_y * width + from_x), 3);
        }
    }
    mnet_free(picture->rgb);
    *picture = (MnetPicture){ (int32_t)out_width, (int32_t)out_height, rgb };
    return MNET_OK;
}
