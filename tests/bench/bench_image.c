/* SPDX-License-Identifier: MIT
 *
 * What mnet_image_convert() costs: milliseconds for one frame on one core, and
 * the bytes of the frame that it reads each second.
 *
 *     bench_image [NAME]     only the cases whose name contains NAME */
#include <mnet/mnet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CASE_SECONDS 0.3

typedef struct {
    const char *name;
    MnetPixelFormat format;
    int width, height;
    double bytes_per_pixel;
    int size; /* of the square tensor */
    MnetType type;
    MnetFit fit;
} Case;

static const Case cases[] = {
    { "nv12 1080p", MNET_PIXEL_NV12, 1920, 1080, 1.5, 224, MNET_TYPE_UINT8, MNET_FIT_STRETCH },
    { "nv12 1080p float", MNET_PIXEL_NV12, 1920, 1080, 1.5, 224, MNET_TYPE_FLOAT32,
      MNET_FIT_STRETCH },
    { "nv12 1080p letterbox", MNET_PIXEL_NV12, 1920, 1080, 1.5, 224, MNET_TYPE_UINT8,
      MNET_FIT_LETTERBOX },
    { "nv12 1080p to 96", MNET_PIXEL_NV12, 1920, 1080, 1.5, 96, MNET_TYPE_UINT8, MNET_FIT_STRETCH },
    { "nv12 1080p crop", MNET_PIXEL_NV12, 1920, 1080, 1.5, 224, MNET_TYPE_UINT8, MNET_FIT_CROP },
    { "nv12 1080p to 128", MNET_PIXEL_NV12, 1920, 1080, 1.5, 128, MNET_TYPE_UINT8,
      MNET_FIT_STRETCH },
    { "nv12 1080p to 320", MNET_PIXEL_NV12, 1920, 1080, 1.5, 320, MNET_TYPE_UINT8,
      MNET_FIT_STRETCH },
    { "nv12 1080p to 513", MNET_PIXEL_NV12, 1920, 1080, 1.5, 513, MNET_TYPE_UINT8,
      MNET_FIT_STRETCH },
    { "i420 1080p", MNET_PIXEL_I420, 1920, 1080, 1.5, 224, MNET_TYPE_UINT8, MNET_FIT_STRETCH },
    { "i420 720p", MNET_PIXEL_I420, 1280, 720, 1.5, 224, MNET_TYPE_UINT8, MNET_FIT_STRETCH },
    { "p010 1080p", MNET_PIXEL_P010_10LE, 1920, 1080, 3, 224, MNET_TYPE_UINT8, MNET_FIT_STRETCH },
    { "yuy2 1080p", MNET_PIXEL_YUY2, 1920, 1080, 2, 224, MNET_TYPE_UINT8, MNET_FIT_STRETCH },
    { "rgb 1080p", MNET_PIXEL_RGB, 1920, 1080, 3, 224, MNET_TYPE_UINT8, MNET_FIT_STRETCH },
    { "rgbx 1080p", MNET_PIXEL_RGBX, 1920, 1080, 4, 224, MNET_TYPE_UINT8, MNET_FIT_STRETCH },
    { "nv12 4k", MNET_PIXEL_NV12, 3840, 2160, 1.5, 224, MNET_TYPE_UINT8, MNET_FIT_STRETCH },
    { "nv12 640x480", MNET_PIXEL_NV12, 640, 480, 1.5, 224, MNET_TYPE_UINT8, MNET_FIT_STRETCH },
    { "rgb 224x224", MNET_PIXEL_RGB, 224, 224, 3, 224, MNET_TYPE_UINT8, MNET_FIT_STRETCH },
    { "gray 1080p", MNET_PIXEL_GRAY8, 1920, 1080, 1, 224, MNET_TYPE_UINT8, MNET_FIT_STRETCH },
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Seconds of one conversion: the best of many, others may use the machine too. */
static double measure(MnetImage *image, const MnetPlanes *planes, void *tensor)
{
    double best = 1e9;
    double start = now();
    double end = start;
    while (end - start < CASE_SECONDS) {
        double begin = end;
        mnet_image_convert(image, planes, tensor);
        end = now();
        if (end - begin < best)
            best = end - begin;
    }
    return best;
}

static int run(const Case *c)
{
    MnetFrameInfo frame = { c->format, c->width, c->height, MNET_MATRIX_BT709, false };
    MnetTensorInfo tensor = {
        .name = "bench", .type = c->type, .rank = 4, .dims = { 1, c->size, c->size, 3 }
    };
    MnetImageOptions options = { .fit = c->fit, .raw = true };
    MnetError error;
    MnetImage *image = mnet_image_new(&frame, &tensor, &options, &error);
    if (!image) {
        fprintf(stderr, "%s: %s\n", c->name, error.text);
        return 1;
    }
    /* Every plane's rows are as long as those of the widest format here. */
    size_t stride = (size_t)c->width * 4;
    uint8_t *bytes = mnet_buffer_alloc(3 * stride * c->height);
    void *numbers = mnet_buffer_alloc((size_t)c->size * c->size * 3 * sizeof(float));
    if (!bytes || !numbers)
        return 1;
    for (size_t i = 0; i < 3 * stride * c->height; i++)
        bytes[i] = (uint8_t)((i * 2654435761u) >> 24);
    MnetPlanes planes = { { 0 }, { 0 } };
    ptrdiff_t used = (ptrdiff_t)c->width;
    if (c->format == MNET_PIXEL_P010_10LE || c->format == MNET_PIXEL_YUY2)
        used *= 2;
    else if (c->format == MNET_PIXEL_RGB || c->format == MNET_PIXEL_RGBX)
        used = (ptrdiff_t)(c->width * c->bytes_per_pixel);
    for (int i = 0; i < 3; i++) {
        planes.data[i] = bytes + i * stride * c->height;
        planes.stride[i] = i > 0 && c->format == MNET_PIXEL_I420 ? used / 2 : used;
    }
    double seconds = measure(image, &planes, numbers);
    double read = c->bytes_per_pixel * c->width * c->height;
    printf("%-22s -> %3d  %7.3f ms  %6.2f GB/s\n", c->name, c->size, seconds * 1e3,
           read / seconds * 1e-9);
    mnet_buffer_free(bytes);
    mnet_buffer_free(numbers);
    mnet_image_free(image);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (argc < 2 || strstr(cases[i].name, argv[1]))
            failed |= run(&cases[i]);
    return failed;
}
