/* SPDX-License-Identifier: MIT
 *
 * Where the samples of each frame format lie. */
#include "image_internal.h"

/* One format in a line: bits of a sample and the factor that moves it to the
 * high bits of its word; pixels to a chroma sample, across and down; elements
 * from one sample to the next, luma (RGB) and chroma; plane and offset of the
 * components, in the order R G B or Y U V. */
typedef struct {
    MnetImageColor color;
    uint8_t depth, align;
    uint8_t sub_x, sub_y;
    uint8_t step, chroma_step;
    uint8_t plane0, offset0, plane1, offset1, plane2, offset2;
} Line;

static const Line lines[] = {
    [MNET_PIXEL_NV12] = { MNET_COLOR_YUV, 8, 1, 2, 2, 1, 2, 0, 0, 1, 0, 1, 1 },
    [MNET_PIXEL_NV21] = { MNET_COLOR_YUV, 8, 1, 2, 2, 1, 2, 0, 0, 1, 1, 1, 0 },
    [MNET_PIXEL_I420] = { MNET_COLOR_YUV, 8, 1, 2, 2, 1, 1, 0, 0, 1, 0, 2, 0 },
    [MNET_PIXEL_YV12] = { MNET_COLOR_YUV, 8, 1, 2, 2, 1, 1, 0, 0, 2, 0, 1, 0 },
    [MNET_PIXEL_YUY2] = { MNET_COLOR_YUV, 8, 1, 2, 1, 2, 4, 0, 0, 0, 1, 0, 3 },
    [MNET_PIXEL_UYVY] = { MNET_COLOR_YUV, 8, 1, 2, 1, 2, 4, 0, 1, 0, 0, 0, 2 },
    [MNET_PIXEL_Y42B] = { MNET_COLOR_YUV, 8, 1, 2, 1, 1, 1, 0, 0, 1, 0, 2, 0 },
    [MNET_PIXEL_Y444] = { MNET_COLOR_YUV, 8, 1, 1, 1, 1, 1, 0, 0, 1, 0, 2, 0 },
    [MNET_PIXEL_I420_10LE] = { MNET_COLOR_YUV, 10, 64, 2, 2, 1, 1, 0, 0, 1, 0, 2, 0 },
    [MNET_PIXEL_P010_10LE] = { MNET_COLOR_YUV, 10, 1, 2, 2, 1, 2, 0, 0, 1, 0, 1, 1 },
    [MNET_PIXEL_RGB] = { MNET_COLOR_RGB, 8, 1, 1, 1, 3, 3, 0, 0, 0, 1, 0, 2 },
    [MNET_PIXEL_BGR] = { MNET_COLOR_RGB, 8, 1, 1, 1, 3, 3, 0, 2, 0, 1, 0, 0 },
    [MNET_PIXEL_RGBX] = { MNET_COLOR_RGB, 8, 1, 1, 1, 4, 4, 0, 0, 0, 1, 0, 2 },
    [MNET_PIXEL_BGRX] = { MNET_COLOR_RGB, 8, 1, 1, 1, 4, 4, 0, 2, 0, 1, 0, 0 },
    [MNET_PIXEL_XRGB] = { MNET_COLOR_RGB, 8, 1, 1, 1, 4, 4, 0, 1, 0, 2, 0, 3 },
    [MNET_PIXEL_XBGR] = { MNET_COLOR_RGB, 8, 1, 1, 1, 4, 4, 0, 3, 0, 2, 0, 1 },
    [MNET_PIXEL_GRAY8] = { MNET_COLOR_GRAY, 8, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0 },
};

bool mnet_image_format(MnetPixelFormat number, MnetImageFormat *format)
{
    if ((unsigned)number >= sizeof lines / sizeof lines[0])
        return false;
    const Line *line = &lines[number];
    uint8_t grid = line->color == MNET_COLOR_YUV;
    *format = (MnetImageFormat){
        .color = line->color,
        .components = line->color == MNET_COLOR_GRAY ? 1 : 3,
        .depth = line->depth,
        .align = line->align,
        .sub_x = { 1, line->sub_x },
        .sub_y = { 1, line->sub_y },
        .step = { line->step, line->chroma_step },
        .component = { { line->plane0, line->offset0, 0 },
                       { line->plane1, line->offset1, grid },
                       { line->plane2, line->offset2, grid } },
    };
    return true;
}
