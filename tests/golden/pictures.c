/* SPDX-License-Identifier: MIT
 *
 * Pictures of files: what tests need of three formats. */
#include "pictures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MAX_SIDE 5000
#define MAX_BYTES (64 << 20)

/* Room for `channels` of a picture of a size that is told. */
static bool allocate(Picture *picture, int channels)
{
    bool good = picture->width > 0 && picture->width < MAX_SIDE && picture->height > 0 &&
                picture->height < MAX_SIDE;
    if (good)
        picture->bytes =
            malloc((size_t)picture->width * (size_t)picture->height * (size_t)channels);
    return good && picture->bytes;
}

bool picture_read_jpeg(const char *djpeg, const char *path, Picture *picture)
{
    char command[2200];
    int most;
    *picture = (Picture){ 0, 0, NULL };
    snprintf(command, sizeof command, "'%s' -dct int -rgb -pnm '%s'", djpeg, path);
    FILE *pipe = popen(command, "r");
    bool good = pipe &&
                fscanf(pipe, "P6 %d %d %d", &picture->width, &picture->height, &most) == 3 &&
                fgetc(pipe) != EOF && most == 255 && allocate(picture, 3);
    size_t bytes = (size_t)picture->width * (size_t)picture->height * 3;
    good = good && fread(picture->bytes, 1, bytes, pipe) == bytes;
    good &= pipe && pclose(pipe) == 0;
    if (!good)
        printf("FAILED %s cannot be read\n", path);
    return good;
}

/* All of a file. */
static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(MAX_BYTES);
    *size = file && data ? fread(data, 1, MAX_BYTES, file) : 0;
    if (file)
        fclose(file);
    return data;
}

static uint32_t number(const uint8_t *at, bool big)
{
    return big ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]
               : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

/* Rows of BGR from the last one up, or, of a negative height, down. */
static bool copy_bitmap(const uint8_t *data, size_t size, Picture *picture)
{
    if (size < 54 || memcmp(data, "BM", 2) != 0 || data[28] != 24 || number(data + 30, false) != 0)
        return false;
    int32_t height = (int32_t)number(data + 22, false);
    size_t offset = number(data + 10, false);
    picture->width = (int32_t)number(data + 18, false);
    picture->height = height < 0 ? -height : height;
    if (!allocate(picture, 3))
        return false;
    size_t stride = ((size_t)picture->width * 3 + 3) / 4 * 4, width = (size_t)picture->width;
    if (offset > size || size - offset < stride * (size_t)picture->height)
        return false;
    for (int y = 0; y < picture->height; y++) {
        const uint8_t *row =
            data + offset + stride * (size_t)(height < 0 ? y : picture->height - 1 - y);
        uint8_t *to = picture->bytes + (size_t)y * width * 3;
        for (size_t i = 0; i < width * 3; i++)
            to[i] = row[i / 3 * 3 + 2 - i % 3];
    }
    return true;
}

bool picture_read_bitmap(const char *path, Picture *picture)
{
    size_t size;
    uint8_t *data = read_file(path, &size);
    *picture = (Picture){ 0, 0, NULL };
    bool good = data && copy_bitmap(data, size, picture);
    free(data);
    if (!good)
        printf("FAILED %s is no bitmap of 24 bits\n", path);
    return good;
}

/* What a byte was predicted from: left, above, and left above. */
static uint8_t predicted(int filter, int a, int b, int c)
{
    int p = a + b - c, pa = abs(p - a), pb = abs(p - b), pc = abs(p - c);
    switch (filter) {
    case 1:
        return (uint8_t)a;
    case 2:
        return (uint8_t)b;
    case 3:
        return (uint8_t)((a + b) / 2);
    case 4:
        return (uint8_t)(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
    default:
        return 0;
    }
}

/* From rows that begin with the number of their filter. */
static void undo_filters(const uint8_t *rows, Picture *picture)
{
    int width = picture->width;
    for (int y = 0; y < picture->height; y++) {
        const uint8_t *row = rows + (size_t)y * ((size_t)width + 1);
        uint8_t *to = picture->bytes + (size_t)y * (size_t)width;
        for (int x = 0; x < width; x++) {
            int left = x ? to[x - 1] : 0, above = y ? to[x - width] : 0;
            to[x] = row[1 + x] + predicted(row[0], left, above, x && y ? to[x - 1 - width] : 0);
        }
    }
}

/* The data of all IDAT chunks, one behind the other; they are moved to the front. */
static size_t join_chunks(uint8_t *data, size_t size)
{
    size_t used = 0, at = 8;
    while (size - at >= 12) {
        size_t bytes = number(data + at, true);
        if (bytes > size - at - 12)
            break;
        if (memcmp(data + at + 4, "IDAT", 4) == 0) {
            memmove(data + used, data + at + 8, bytes);
            used += bytes;
        }
        at += bytes + 12;
    }
    return used;
}

static bool unpack_png(uint8_t *data, size_t size, Picture *picture)
{
    if (size < 33 || memcmp(data + 1, "PNG", 3) != 0 || data[24] != 8 || data[25] != 0 || data[28])
        return false;
    picture->width = (int32_t)number(data + 16, true);
    picture->height = (int32_t)number(data + 20, true);
    if (!allocate(picture, 1))
        return false;
    uLongf wanted = ((uLongf)picture->width + 1) * (uLongf)picture->height, got = wanted;
    uint8_t *rows = malloc(wanted);
    bool good =
        rows && uncompress(rows, &got, data, join_chunks(data, size)) == Z_OK && got == wanted;
    if (good)
        undo_filters(rows, picture);
    free(rows);
    return good;
}

bool picture_read_png(const char *path, Picture *picture)
{
    size_t size;
    uint8_t *data = read_file(path, &size);
    *picture = (Picture){ 0, 0, NULL };
    bool good = data && unpack_png(data, size, picture);
    free(data);
    if (!good)
        printf("FAILED %s is no gray PNG\n", path);
    return good;
}

bool picture_convert(const Picture *picture, const MnetTensorInfo *input, void *tensor)
{
    MnetError error;
    MnetImageOptions options;
    MnetFrameInfo frame = { MNET_PIXEL_RGB, picture->width, picture->height, MNET_MATRIX_BT601,
                            true };
    mnet_image_default_options(input, NULL, &options);
    MnetImage *image = mnet_image_new(&frame, input, &options, &error);
    if (!image) {
        printf("FAILED %s\n", error.text);
        return false;
    }
    MnetPlanes planes = { { picture->bytes }, { (ptrdiff_t)picture->width * 3 } };
    mnet_image_convert(image, &planes, tensor);
    mnet_image_free(image);
    return true;
}
