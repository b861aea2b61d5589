/* SPDX-License-Identifier: MIT
 *
 * Where the samples of each frame format lie. */
#include "image_internal.h"

/* Components in the order R G B or Y U V: plane, offset in elements, grid. */
static const MnetImageFormat formats[] = {
    [MNET_PIXEL_NV12] = { MNET_COLOR_YUV, 3, 8, 1, { 1, 2 }, { 1, 2 }, { 1, 2 },
                          { { 0, 0, 0 }, { 1, 0, 1 }, { 1, 1, 1 } } },
    [MNET_PIXEL_NV21] = { MNET_COLOR_YUV, 3, 8, 1, { 1, 2 }, { 1, 2 }, { 1, 2 },
                          { { 0, 0, 0 }, { 1, 1, 1 }, { 1, 0, 1 } } },
    [MNET_PIXEL_I420] = { MNET_COLOR_YUV, 3, 8, 1, { 1, 2 }, { 1, 2 }, { 1, 1 },
                          { { 0, 0, 0 }, { 1, 0, 1 }, { 2, 0, 1 } } },
    [MNET_PIXEL_YV12] = { MNET_COLOR_YUV, 3, 8, 1, { 1, 2 }, { 1, 2 }, { 1, 1 },
                          { { 0, 0, 0 }, { 2, 0, 1 }, { 1, 0, 1 } } },
    [MNET_PIXEL_YUY2] = { MNET_COLOR_YUV, 3, 8, 1, { 1, 2 }, { 1, 1 }, { 2, 4 },
                          { { 0, 0, 0 }, { 0, 1, 1 }, { 0, 3, 1 } } },
    [MNET_PIXEL_UYVY] = { MNET_COLOR_YUV, 3, 8, 1, { 1, 2 }, { 1, 1 }, { 2, 4 },
                          { { 0, 1, 0 }, { 0, 0, 1 }, { 0, 2, 1 } } },
    [MNET_PIXEL_Y42B] = { MNET_COLOR_YUV, 3, 8, 1, { 1, 2 }, { 1, 1 }, { 1, 1 },
                          { { 0, 0, 0 }, { 1, 0, 1 }, { 2, 0, 1 } } },
    [MNET_PIXEL_Y444] = { MNET_COLOR_YUV, 3, 8, 1, { 1, 1 }, { 1, 1 }, { 1, 1 },
                          { { 0, 0, 0 }, { 1, 0, 1 }, { 2, 0, 1 } } },
    [MNET_PIXEL_I420_10LE] = { MNET_COLOR_YUV, 3, 10, 64, { 1, 2 }, { 1, 2 }, { 1, 1 },
                               { { 0, 0, 0 }, { 1, 0, 1 }, { 2, 0, 1 } } },
    [MNET_PIXEL_P010_10LE] = { MNET_COLOR_YUV, 3, 10, 1, { 1, 2 }, { 1, 2 }, { 1, 2 },
                               { { 0, 0, 0 }, { 1, 0, 1 }, { 1, 1, 1 } } },
    [MNET_PIXEL_RGB] = { MNET_COLOR_RGB, 3, 8, 1, { 1, 1 }, { 1, 1 }, { 3, 3 },
                         { { 0, 0, 0 }, { 0, 1, 0 }, { 0, 2, 0 } } },
    [MNET_PIXEL_BGR] = { MNET_COLOR_RGB, 3, 8, 1, { 1, 1 }, { 1, 1 }, { 3, 3 },
                         { { 0, 2, 0 }, { 0, 1, 0 }, { 0, 0, 0 } } },
    [MNET_PIXEL_RGBX] = { MNET_COLOR_RGB, 3, 8, 1, { 1, 1 }, { 1, 1 }, { 4, 4 },
                          { { 0, 0, 0 }, { 0, 1, 0 }, { 0, 2, 0 } } },
    [MNET_PIXEL_BGRX] = { MNET_COLOR_RGB, 3, 8, 1, { 1, 1 }, { 1, 1 }, { 4, 4 },
                          { { 0, 2, 0 }, { 0, 1, 0 }, { 0, 0, 0 } } },
    [MNET_PIXEL_XRGB] = { MNET_COLOR_RGB, 3, 8, 1, { 1, 1 }, { 1, 1 }, { 4, 4 },
                          { { 0, 1, 0 }, { 0, 2, 0 }, { 0, 3, 0 } } },
    [MNET_PIXEL_XBGR] = { MNET_COLOR_RGB, 3, 8, 1, { 1, 1 }, { 1, 1 }, { 4, 4 },
                          { { 0, 3, 0 }, { 0, 2, 0 }, { 0, 1, 0 } } },
    [MNET_PIXEL_GRAY8] = { MNET_COLOR_GRAY, 1, 8, 1, { 1, 1 }, { 1, 1 }, { 1, 1 },
                           { { 0, 0, 0 } } },
};

const MnetImageFormat *mnet_image_format(MnetPixelFormat format)
{
    if ((unsigned)format >= sizeof formats / sizeof formats[0])
        return NULL;
    return &formats[format];
}
