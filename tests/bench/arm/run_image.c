/* SPDX-License-Identifier: MIT
 *
 * run_image FORMAT RUNS: so many conversions of a frame of noise, 1920x1080 pixels of
 * nv12, p010, yuy2, rgb or rgbx, to a tensor of 224x224x3 bytes, as one program, so
 * that an emulator that counts knows the functions' names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mnet/mnet.h"

enum { WIDTH = 1920, HEIGHT = 1080, SIZE = 224 };

static const struct {
    const char *name;
    MnetPixelFormat format;
    int bytes; /* of a row, for a pixel */
} formats[] = {
    { "nv12", MNET_PIXEL_NV12, 1 }, { "p010", MNET_PIXEL_P010_10LE, 2 },
    { "yuy2", MNET_PIXEL_YUY2, 2 }, { "rgb", MNET_PIXEL_RGB, 3 },
    { "rgbx", MNET_PIXEL_RGBX, 4 },
};
enum { FORMATS = sizeof formats / sizeof formats[0] };

static int convert(size_t format, long runs)
{
    static uint8_t frame[4 * WIDTH * HEIGHT];
    const ptrdiff_t stride = (ptrdiff_t)formats[format].bytes * WIDTH;
    MnetFrameInfo info = { formats[format].format, WIDTH, HEIGHT, MNET_MATRIX_BT709, false };
    MnetTensorInfo tensor = {
        .name = "pixels", .type = MNET_TYPE_UINT8, .rank = 4, .dims = { 1, SIZE, SIZE, 3 }
    };
    MnetPlanes planes = { { frame, frame + HEIGHT * stride, NULL }, { stride, stride, 0 } };
    MnetError error;
    MnetImage *image = mnet_image_new(&info, &tensor, &(MnetImageOptions){ .raw = true }, &error);
    void *pixels = mnet_buffer_alloc((size_t)SIZE * SIZE * 3);
    if (!image || !pixels) {
        fprintf(stderr, "run_image: %s\n", image ? "no memory" : error.text);
        mnet_image_free(image);
        mnet_buffer_free(pixels);
        return 1;
    }
    for (size_t i = 0; i < sizeof frame; i++)
        frame[i] = (uint8_t)((i * 2654435761u) >> 24);
    for (; runs > 0; runs--)
        mnet_image_convert(image, &planes, pixels);
    mnet_image_free(image);
    mnet_buffer_free(pixels);
    return 0;
}

int main(int argc, char **argv)
{
    size_t i = 0;
    while (argc >= 3 && i < FORMATS && strcmp(argv[1], formats[i].name))
        i++;
    if (argc < 3 || i == FORMATS) {
        fprintf(stderr, "usage: run_image nv12|p010|yuy2|rgb|rgbx RUNS\n");
        return 2;
    }
    return convert(i, strtol(argv[2], NULL, 10));
}
