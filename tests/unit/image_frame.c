/* SPDX-License-Identifier: MIT
 *
 * Frames for the tests of the image room. */
#include "image_frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const char *const format_names[N_FORMATS] = {
    [MNET_PIXEL_NV12] = "NV12",
    [MNET_PIXEL_NV21] = "NV21",
    [MNET_PIXEL_I420] = "I420",
    [MNET_PIXEL_YV12] = "YV12",
    [MNET_PIXEL_YUY2] = "YUY2",
    [MNET_PIXEL_UYVY] = "UYVY",
    [MNET_PIXEL_Y42B] = "Y42B",
    [MNET_PIXEL_Y444] = "Y444",
    [MNET_PIXEL_I420_10LE] = "I420_10LE",
    [MNET_PIXEL_P010_10LE] = "P010_10LE",
    [MNET_PIXEL_RGB] = "RGB",
    [MNET_PIXEL_BGR] = "BGR",
    [MNET_PIXEL_RGBX] = "RGBx",
    [MNET_PIXEL_BGRX] = "BGRx",
    [MNET_PIXEL_XRGB] = "xRGB",
    [MNET_PIXEL_XBGR] = "xBGR",
    [MNET_PIXEL_GRAY8] = "GRAY8",
};

uint32_t next_random(void)
{
    static uint32_t state = 2463534242u;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

Guarded guarded_new(size_t bytes, bool at_end)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t inner = (bytes + page - 1) / page * page;
    Guarded guarded = { .map_bytes = inner + 2 * page };
    guarded.map = mmap(NULL, guarded.map_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (guarded.map == MAP_FAILED ||
        mprotect((uint8_t *)guarded.map + page, inner, PROT_READ | PROT_WRITE) != 0) {
        perror("guarded memory");
        exit(1);
    }
    guarded.bytes = (uint8_t *)guarded.map + page + (at_end ? inner - bytes : 0);
    return guarded;
}

void guarded_free(Guarded *guarded)
{
    if (guarded->map)
        munmap(guarded->map, guarded->map_bytes);
    guarded->map = NULL;
}

bool frame_is_rgb(MnetPixelFormat format)
{
    return format >= MNET_PIXEL_RGB && format <= MNET_PIXEL_XBGR;
}

int frame_depth(MnetPixelFormat format)
{
    return format == MNET_PIXEL_I420_10LE || format == MNET_PIXEL_P010_10LE ? 10 : 8;
}

int frame_sub_x(MnetPixelFormat format, int component)
{
    bool full = frame_is_rgb(format) || format == MNET_PIXEL_Y444 || format == MNET_PIXEL_GRAY8;
    return component == 0 || full ? 1 : 2;
}

int frame_sub_y(MnetPixelFormat format, int component)
{
    switch (format) {
    case MNET_PIXEL_NV12:
    case MNET_PIXEL_NV21:
    case MNET_PIXEL_I420:
    case MNET_PIXEL_YV12:
    case MNET_PIXEL_I420_10LE:
    case MNET_PIXEL_P010_10LE:
        return component == 0 ? 1 : 2;
    default:
        return 1;
    }
}

static int half(int n)
{
    return (n + 1) / 2;
}

/* Bytes in a row of a plane; 0 where there is no such plane. */
static size_t row_bytes(const MnetFrameInfo *info, int plane)
{
    size_t w = (size_t)info->width;
    size_t c = (size_t)half(info->width);
    switch (info->format) {
    case MNET_PIXEL_NV12:
    case MNET_PIXEL_NV21:
        return plane == 0 ? w : plane == 1 ? 2 * c : 0;
    case MNET_PIXEL_P010_10LE:
        return plane == 0 ? 2 * w : plane == 1 ? 4 * c : 0;
    case MNET_PIXEL_I420_10LE:
        return plane == 0 ? 2 * w : plane < 3 ? 2 * c : 0;
    case MNET_PIXEL_I420:
    case MNET_PIXEL_YV12:
    case MNET_PIXEL_Y42B:
        return plane == 0 ? w : plane < 3 ? c : 0;
    case MNET_PIXEL_Y444:
        return plane < 3 ? w : 0;
    case MNET_PIXEL_YUY2:
    case MNET_PIXEL_UYVY:
        return plane == 0 ? 4 * c : 0;
    case MNET_PIXEL_RGB:
    case MNET_PIXEL_BGR:
        return plane == 0 ? 3 * w : 0;
    case MNET_PIXEL_GRAY8:
        return plane == 0 ? w : 0;
    default:
        return plane == 0 ? 4 * w : 0;
    }
}

static size_t plane_rows(const MnetFrameInfo *info, int plane)
{
    bool is_half = plane > 0 && frame_sub_y(info->format, 1) == 2;
    return (size_t)(is_half ? half(info->height) : info->height);
}

static int number(Fill fill, const MnetFrameInfo *info, int component, int x, int y)
{
    int most = frame_depth(info->format) == 10 ? 1023 : 255;
    switch (fill) {
    case FILL_MIDDLE:
        return most / 4 + (int)(next_random() % (unsigned)(most / 2));
    case FILL_STRIPES:
        return component == 0 || frame_is_rgb(info->format) ? ((x + y) & 1) * most : most / 2;
    case FILL_WHITE:
        return component == 0 || frame_is_rgb(info->format) ? most : (most + 1) / 2;
    default:
        return (int)(next_random() % (unsigned)(most + 1));
    }
}

static void fill_frame(Frame *frame, Fill fill)
{
    MnetPixelFormat format = frame->info.format;
    int components = format == MNET_PIXEL_GRAY8 ? 1 : 3;
    for (int c = 0; c < components; c++) {
        int sub_x = frame_sub_x(format, c);
        int sub_y = frame_sub_y(format, c);
        for (int y = 0; y * sub_y < frame->info.height; y++)
            for (int x = 0; x * sub_x < frame->info.width; x++)
                frame_set(frame, c, x, y, number(fill, &frame->info, c, x, y));
    }
}

Frame frame_new(const MnetFrameInfo *info, Layout layout, Fill fill)
{
    Frame frame = { .info = *info };
    for (int plane = 0; plane < 4; plane++) {
        size_t bytes = row_bytes(info, plane);
        size_t rows = plane_rows(info, plane);
        if (bytes == 0)
            continue;
        ptrdiff_t stride = (ptrdiff_t)bytes + layout.gap;
        size_t all = (size_t)stride * (rows - 1) + bytes;
        frame.memory[plane] = guarded_new(all, layout.at_end);
        uint8_t *first = frame.memory[plane].bytes;
        for (size_t i = 0; i < all; i++)
            first[i] = (uint8_t)next_random();
        frame.planes.data[plane] =
            layout.bottom_up ? first + stride * (ptrdiff_t)(rows - 1) : first;
        frame.planes.stride[plane] = layout.bottom_up ? -stride : stride;
    }
    fill_frame(&frame, fill);
    return frame;
}

void frame_free(Frame *frame)
{
    for (int plane = 0; plane < 4; plane++)
        guarded_free(&frame->memory[plane]);
}

/* Plane, bytes from sample to sample and byte of the first one. */
typedef struct {
    int plane, step, offset;
} Place;

static Place place_of(MnetPixelFormat format, int c)
{
    switch (format) {
    case MNET_PIXEL_NV12:
        return c == 0 ? (Place){ 0, 1, 0 } : (Place){ 1, 2, c - 1 };
    case MNET_PIXEL_NV21:
        return c == 0 ? (Place){ 0, 1, 0 } : (Place){ 1, 2, 2 - c };
    case MNET_PIXEL_P010_10LE:
        return c == 0 ? (Place){ 0, 2, 0 } : (Place){ 1, 4, 2 * (c - 1) };
    case MNET_PIXEL_I420_10LE:
        return (Place){ c, 2, 0 };
    case MNET_PIXEL_YV12:
        return (Place){ c == 0 ? 0 : 3 - c, 1, 0 };
    case MNET_PIXEL_YUY2:
        return c == 0 ? (Place){ 0, 2, 0 } : (Place){ 0, 4, 2 * c - 1 };
    case MNET_PIXEL_UYVY:
        return c == 0 ? (Place){ 0, 2, 1 } : (Place){ 0, 4, 2 * c - 2 };
    case MNET_PIXEL_RGB:
        return (Place){ 0, 3, c };
    case MNET_PIXEL_BGR:
        return (Place){ 0, 3, 2 - c };
    case MNET_PIXEL_RGBX:
        return (Place){ 0, 4, c };
    case MNET_PIXEL_BGRX:
        return (Place){ 0, 4, 2 - c };
    case MNET_PIXEL_XRGB:
        return (Place){ 0, 4, 1 + c };
    case MNET_PIXEL_XBGR:
        return (Place){ 0, 4, 3 - c };
    default:
        return (Place){ c, 1, 0 };
    }
}

uint8_t *frame_at(const Frame *frame, int component, int x, int y)
{
    Place place = place_of(frame->info.format, component);
    ptrdiff_t row = y * frame->planes.stride[place.plane];
    return (uint8_t *)frame->planes.data[place.plane] + row + x * place.step + place.offset;
}

int frame_get(const Frame *frame, int component, int x, int y)
{
    const uint8_t *at = frame_at(frame, component, x, y);
    if (frame->info.format == MNET_PIXEL_I420_10LE)
        return (at[0] | at[1] << 8) & 1023;
    if (frame->info.format == MNET_PIXEL_P010_10LE)
        return (at[0] | at[1] << 8) >> 6;
    return at[0];
}

void frame_set(const Frame *frame, int component, int x, int y, int value)
{
    uint8_t *at = frame_at(frame, component, x, y);
    /* Bits that mean nothing stay as they are. */
    if (frame->info.format == MNET_PIXEL_I420_10LE)
        value |= (at[1] & ~3) << 8;
    else if (frame->info.format == MNET_PIXEL_P010_10LE)
        value = value << 6 | (at[0] & 63);
    at[0] = (uint8_t)value;
    if (frame_depth(frame->info.format) == 10)
        at[1] = (uint8_t)(value >> 8);
}
