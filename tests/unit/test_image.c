/* SPDX-License-Identifier: MIT
 *
 * mnet_image_convert() against its definition in double precision: every format,
 * fit and type, odd sizes, both directions of scaling, regions; the frame and
 * the tensor lie between pages that cannot be touched. */
#include "image_naive.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rounding to a byte is half a step, the fixed-point arithmetic has the rest. */
#define TOLERANCE 0.75

/* Of every conversion here; the same with compiled and with backup ORC code, on
 * every machine. */
#define CHECKSUM 0x9c56dc305492873bull

static int passed, failed;
static double worst[N_FORMATS];
static uint64_t checksum = 14695981039346656037ull;

static const MnetType types[] = { MNET_TYPE_UINT8, MNET_TYPE_INT8, MNET_TYPE_FLOAT32 };

static const int frame_sizes[][2] = { { 1, 1 },   { 2, 2 },   { 3, 5 },    { 17, 9 },
                                      { 64, 48 }, { 37, 90 }, { 101, 77 }, { 131, 2 } };
static const int tensor_sizes[][2] = { { 1, 1 }, { 5, 7 }, { 16, 16 }, { 33, 20 } };

/* In the unit of the frame's size / 8, a bit off so that odd edges occur. */
static const MnetRect regions[] = {
    { 0, 0, 8, 8 }, { 3, 2, 4, 5 }, { -2, 5, 5, 9 }, { 7, 7, 1, 1 }
};

typedef struct {
    Frame frame;
    MnetRect region;
    MnetTensorInfo tensor;
    MnetImageOptions options;
    int width, height, channels;
} Case;

static void add_to_checksum(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        checksum = (checksum ^ bytes[i]) * 1099511628211ull;
}

/* The byte that a raw tensor has for channel `c` of pixel (x, y). */
static double byte_at(const Case *test, const uint8_t *tensor, int x, int y, int c)
{
    size_t pixel = (size_t)y * test->width + x;
    size_t area = (size_t)test->width * test->height;
    size_t at = test->tensor.channels_first ? area * c + pixel : pixel * test->channels + c;
    switch (test->tensor.type) {
    case MNET_TYPE_FLOAT32: {
        float value;
        memcpy(&value, tensor + 4 * at, 4);
        return value;
    }
    case MNET_TYPE_INT8:
        return (int8_t)tensor[at] + 128;
    default:
        return tensor[at];
    }
}

static bool is_inside(const MnetRect *rect, int x, int y)
{
    return x >= rect->x && x < rect->x + rect->width && y >= rect->y && y < rect->y + rect->height;
}

/* The largest difference; black outside of the content counts in full. */
static double compare(const Case *test, const uint8_t *tensor)
{
    Placement place =
        naive_place(&test->frame.info, &test->region, test->options.fit, test->width, test->height);
    double most = 0;
    for (int y = 0; y < test->height; y++)
        for (int x = 0; x < test->width; x++)
            for (int c = 0; c < test->channels; c++) {
                double wanted = 0;
                int rgb = test->options.bgr && test->channels == 3 ? 2 - c : c;
                if (is_inside(&place.content, x, y))
                    wanted = naive_value(&test->frame, &place, test->channels, rgb,
                                         x - place.content.x, y - place.content.y);
                most = fmax(most, fabs(byte_at(test, tensor, x, y, c) - wanted));
            }
    return most;
}

static void run(const Case *test)
{
    const MnetFrameInfo *info = &test->frame.info;
    MnetError error;
    MnetImage *image = mnet_image_new(info, &test->tensor, &test->options, &error);
    if (!image) {
        printf("%s: %s\n", format_names[info->format], error.text);
        failed++;
        return;
    }
    Guarded tensor = guarded_new(test->tensor.bytes, passed % 2 == 0);
    memset(tensor.bytes, 0x55, test->tensor.bytes);
    mnet_image_set_region(image, &test->region);
    mnet_image_convert(image, &test->frame.planes, tensor.bytes);
    add_to_checksum(tensor.bytes, test->tensor.bytes);
    double difference = compare(test, tensor.bytes);
    if (difference > worst[info->format])
        worst[info->format] = difference;
    if (difference > TOLERANCE) {
        printf("%s %dx%d, region %d %d %d %d, to %dx%dx%d %s, fit %d, matrix %d, full %d: "
               "%.3f off\n",
               format_names[info->format], info->width, info->height, test->region.x,
               test->region.y, test->region.width, test->region.height, test->width, test->height,
               test->channels, mnet_type_name(test->tensor.type), test->options.fit, info->matrix,
               info->full_range, difference);
        failed++;
    } else {
        passed++;
    }
    guarded_free(&tensor);
    mnet_image_free(image);
}

static void set_tensor(Case *test, int width, int height, unsigned variant)
{
    test->width = width;
    test->height = height;
    test->channels = variant % 4 == 3 ? 1 : 3;
    MnetTensorInfo *tensor = &test->tensor;
    *tensor = (MnetTensorInfo){ .name = "input", .rank = 4, .dims = { 1 } };
    tensor->type = types[variant % 3];
    tensor->channels_first = variant / 3 % 2 == 1;
    tensor->dims[tensor->channels_first ? 2 : 1] = height;
    tensor->dims[tensor->channels_first ? 3 : 2] = width;
    tensor->dims[tensor->channels_first ? 1 : 3] = test->channels;
    tensor->elements = (size_t)width * height * test->channels;
    tensor->bytes = tensor->elements * mnet_type_size(tensor->type);
    test->options.bgr = variant / 2 % 2 == 1;
}

/* One frame to every tensor size, region and fit. */
static void sweep_frame(const MnetFrameInfo *info, Layout layout, Fill fill)
{
    static unsigned variant;
    Case test = { .frame = frame_new(info, layout, fill), .options = { .raw = true } };
    for (size_t t = 0; t < sizeof tensor_sizes / sizeof tensor_sizes[0]; t++)
        for (size_t r = 0; r < sizeof regions / sizeof regions[0]; r++)
            for (int fit = MNET_FIT_STRETCH; fit <= MNET_FIT_CROP; fit++) {
                const MnetRect *part = &regions[r];
                test.region = (MnetRect){ part->x * info->width / 8, part->y * info->height / 8,
                                          (part->width * info->width + 7) / 8,
                                          (part->height * info->height + 7) / 8 };
                test.options.fit = (MnetFit)fit;
                set_tensor(&test, tensor_sizes[t][0], tensor_sizes[t][1], variant++);
                run(&test);
            }
    frame_free(&test.frame);
}

static void sweep(void)
{
    unsigned variant = 0;
    for (int format = 0; format < N_FORMATS; format++)
        for (size_t s = 0; s < sizeof frame_sizes / sizeof frame_sizes[0]; s++, variant++) {
            MnetFrameInfo info = { (MnetPixelFormat)format, frame_sizes[s][0], frame_sizes[s][1],
                                   (MnetMatrix)(variant % 3), variant / 3 % 2 == 1 };
            Layout layout = { variant % 2 == 0, variant / 2 % 2 == 1, (int)(variant / 4 % 3) * 2 };
            if (frame_depth(info.format) == 8)
                layout.gap += layout.gap / 2;
            sweep_frame(&info, layout, (Fill)((variant + format) % N_FILLS));
        }
}

/* Large frames: sums that fill 16 bits and those that do not, the longest axes. */
static void extremes(void)
{
    static const struct {
        MnetPixelFormat format;
        int width, height, tensor_width, tensor_height;
    } cases[] = {
        { MNET_PIXEL_NV12, 960, 540, 24, 24 },   { MNET_PIXEL_P010_10LE, 640, 360, 31, 17 },
        { MNET_PIXEL_RGB, 320, 240, 112, 112 },  { MNET_PIXEL_GRAY8, 9, 512, 4, 2 },
        { MNET_PIXEL_GRAY8, 9, 514, 4, 2 },      { MNET_PIXEL_GRAY8, 9, 2100, 4, 3 },
        { MNET_PIXEL_I420_10LE, 10, 390, 4, 3 }, { MNET_PIXEL_I420_10LE, 10, 128, 4, 2 },
        { MNET_PIXEL_I420_10LE, 10, 131, 4, 2 }, { MNET_PIXEL_P010_10LE, 3, 16384, 2, 1 },
        { MNET_PIXEL_XBGR, 16384, 3, 1, 2 },     { MNET_PIXEL_YUY2, 16383, 3, 2, 2 },
        { MNET_PIXEL_NV12, 5, 16384, 3, 1 },     { MNET_PIXEL_I420, 16383, 1, 224, 3 },
        { MNET_PIXEL_GRAY8, 1, 1, 1, 16384 },    { MNET_PIXEL_NV21, 3, 3, 16384, 1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int fill = 0; fill < N_FILLS; fill++) {
            MnetFrameInfo info = { cases[i].format, cases[i].width, cases[i].height,
                                   MNET_MATRIX_BT2020, fill == FILL_WHITE };
            Case test = { .frame =
                              frame_new(&info, (Layout){ .at_end = fill % 2 == 0 }, (Fill)fill),
                          .region = { 0, 0, info.width, info.height },
                          .options = { .raw = true } };
            for (int fit = MNET_FIT_STRETCH; fit <= MNET_FIT_CROP; fit++) {
                test.options.fit = (MnetFit)fit;
                set_tensor(&test, cases[i].tensor_width, cases[i].tensor_height, 0);
                run(&test);
            }
            frame_free(&test.frame);
        }
}

/* Whether the machine has the kernel table that MNET_CPU asks for. */
static bool has_table(void)
{
    const char *wanted = getenv("MNET_CPU");
    for (const char *const *name = mnet_cpu_names(); *name; name++)
        if (!wanted || !strcmp(wanted, *name))
            return true;
    printf("skipped: this machine lacks %s\n", wanted);
    return false;
}

int main(void)
{
    if (!has_table())
        return 77;
    sweep();
    extremes();
    for (int format = 0; format < N_FORMATS; format++)
        printf("%-10s at most %.3f of a step off\n", format_names[format], worst[format]);
    if (checksum != CHECKSUM) {
        printf("the checksum is 0x%016llx, not 0x%016llx: the bytes changed, or depend on the "
               "machine\n",
               (unsigned long long)checksum, (unsigned long long)CHECKSUM);
        failed++;
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
