/* SPDX-License-Identifier: MIT
 *
 * MnetImage apart from sampling: what it refuses, the tensor's numbers, known
 * colours, bytes that must pass unchanged, the geometry it tells, regions. */
#include "image_frame.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int passed, failed;

static void check(bool ok, const char *text, int line)
{
    if (ok) {
        passed++;
        return;
    }
    failed++;
    printf("%s:%d: %s\n", __FILE__, line, text);
}

#define CHECK(condition) check(condition, #condition, __LINE__)

static MnetTensorInfo picture(MnetType type, int width, int height, int channels)
{
    MnetTensorInfo tensor = { .name = "input",
                              .type = type,
                              .rank = 4,
                              .dims = { 1, height, width, channels },
                              .elements = (size_t)width * height * channels };
    tensor.bytes = tensor.elements * mnet_type_size(type);
    return tensor;
}

static const MnetFrameInfo rgb_16 = { MNET_PIXEL_RGB, 16, 16, MNET_MATRIX_BT601, true };
static const MnetImageOptions raw = { .raw = true };

/* Converts once; the tensor must be large enough. */
static bool convert(const Frame *frame, const MnetTensorInfo *tensor,
                    const MnetImageOptions *options, void *numbers)
{
    MnetError error;
    MnetImage *image = mnet_image_new(&frame->info, tensor, options, &error);
    if (!image) {
        printf("%s\n", error.text);
        failed++;
        return false;
    }
    mnet_image_convert(image, &frame->planes, numbers);
    mnet_image_free(image);
    return true;
}

/* That this is refused with `status` and a text that contains `word`. */
static void refused(const MnetFrameInfo *frame, const MnetTensorInfo *tensor,
                    const MnetImageOptions *options, MnetStatus status, const char *word, int line)
{
    MnetError error = { MNET_OK, "" };
    MnetImage *image = mnet_image_new(frame, tensor, options, &error);
    check(image == NULL, "made all the same", line);
    check(error.status == status, "another status", line);
    check(strstr(error.text, word) != NULL, error.text, line);
    check(mnet_image_new(frame, tensor, options, NULL) == NULL, "made without an error", line);
    mnet_image_free(image);
}

#define REFUSED(frame, tensor, options, word) \
    refused(frame, tensor, options, MNET_ERROR_ARGUMENT, word, __LINE__)

static void test_bad_frames(void)
{
    MnetTensorInfo tensor = picture(MNET_TYPE_UINT8, 8, 8, 3);
    MnetFrameInfo frame = rgb_16;
    frame.format = (MnetPixelFormat)N_FORMATS;
    REFUSED(&frame, &tensor, &raw, "17 is no pixel format");
    frame.format = (MnetPixelFormat)-1;
    REFUSED(&frame, &tensor, &raw, "-1 is no pixel format");
    frame = rgb_16;
    frame.matrix = (MnetMatrix)3;
    REFUSED(&frame, &tensor, &raw, "3 is no colour matrix");
    static const int sizes[][2] = { { 0, 1 }, { 1, 0 }, { -5, 7 }, { 16385, 1 }, { 1, INT32_MAX } };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        frame = rgb_16;
        frame.width = sizes[i][0];
        frame.height = sizes[i][1];
        REFUSED(&frame, &tensor, &raw, "1 to 16384 pixels");
    }
}

static void test_bad_tensors(void)
{
    MnetTensorInfo tensor = picture(MNET_TYPE_UINT8, 8, 8, 3);
    tensor.rank = 3;
    REFUSED(&rgb_16, &tensor, &raw, "3 dimensions");
    tensor = picture(MNET_TYPE_UINT8, 8, 8, 3);
    tensor.dims[0] = 2;
    REFUSED(&rgb_16, &tensor, &raw, "the first is 1");
    tensor = picture(MNET_TYPE_UINT8, 8, 8, 4);
    REFUSED(&rgb_16, &tensor, &raw, "4 channels");
    tensor = picture(MNET_TYPE_UINT8, 8, 8, 3);
    tensor.channels_first = true;
    REFUSED(&rgb_16, &tensor, &raw, "8 channels");
    tensor = picture(MNET_TYPE_UINT8, 16385, 8, 3);
    REFUSED(&rgb_16, &tensor, &raw, "16385x8");
    tensor = picture(MNET_TYPE_INT16, 8, 8, 3);
    REFUSED(&rgb_16, &tensor, &raw, "int16");
}

static void test_bad_options(void)
{
    MnetTensorInfo tensor = picture(MNET_TYPE_FLOAT32, 8, 8, 3);
    MnetImageOptions options = { .raw = true, .fit = (MnetFit)3 };
    REFUSED(&rgb_16, &tensor, &options, "3 is no way to fit");
    options = (MnetImageOptions){ .std = { 1, 0, 1 } };
    REFUSED(&rgb_16, &tensor, &options, "channel 1");
    options.std[1] = NAN;
    REFUSED(&rgb_16, &tensor, &options, "channel 1");
    options.std[1] = 1;
    options.mean[2] = INFINITY;
    REFUSED(&rgb_16, &tensor, &options, "channel 2");
    options.mean[2] = 0;
    tensor = picture(MNET_TYPE_INT8, 8, 8, 3);
    REFUSED(&rgb_16, &tensor, &options, "scale 0");
    tensor.scale = INFINITY;
    REFUSED(&rgb_16, &tensor, &options, "scale inf");
    /* What is not used is not looked at. */
    tensor = picture(MNET_TYPE_FLOAT32, 8, 8, 1);
    options = (MnetImageOptions){ .std = { 1 } };
    MnetImage *image = mnet_image_new(&rgb_16, &tensor, &options, NULL);
    CHECK(image != NULL);
    mnet_image_free(image);
    mnet_image_free(NULL);
}

/* The kernel table that the environment names must be there. */
static void test_bad_cpu(void)
{
    const char *found = getenv("MNET_CPU");
    char *before = found ? strdup(found) : NULL;
    MnetTensorInfo tensor = picture(MNET_TYPE_UINT8, 8, 8, 3);
    setenv("MNET_CPU", "mmx", 1);
    REFUSED(&rgb_16, &tensor, &raw, "kernel set \"mmx\" is not in this build");
    if (before)
        setenv("MNET_CPU", before, 1);
    else
        unsetenv("MNET_CPU");
    free(before);
}

static void test_no_memory(void)
{
    MnetTensorInfo tensor = picture(MNET_TYPE_UINT8, 8, 8, 3);
    MnetError error = { MNET_OK, "" };
    mnet_alloc_fail_at(1);
    CHECK(mnet_image_new(&rgb_16, &tensor, &raw, &error) == NULL);
    CHECK(error.status == MNET_ERROR_MEMORY);
    mnet_alloc_fail_at(0);
}

/* Pixel i of a 16x16 frame has the byte i in all channels. */
static Frame ramp(MnetPixelFormat format)
{
    MnetFrameInfo info = { format, 16, 16, MNET_MATRIX_BT601, true };
    Frame frame = frame_new(&info, (Layout){ 0 }, FILL_WHITE);
    for (int c = 0; c < (format == MNET_PIXEL_GRAY8 ? 1 : 3); c++)
        for (int i = 0; i < 256; i++)
            if (c == 0 || frame_is_rgb(format))
                frame_set(&frame, c, i % 16, i / 16, i);
    return frame;
}

/* At the frame's own size every byte passes as it is. */
static void test_identity(void)
{
    static const MnetPixelFormat formats[] = { MNET_PIXEL_RGB,   MNET_PIXEL_BGR,  MNET_PIXEL_RGBX,
                                               MNET_PIXEL_BGRX,  MNET_PIXEL_XRGB, MNET_PIXEL_XBGR,
                                               MNET_PIXEL_GRAY8, MNET_PIXEL_NV12 };
    for (size_t f = 0; f < sizeof formats / sizeof formats[0]; f++)
        for (int channels = 1; channels <= 3; channels += 2) {
            Frame frame = ramp(formats[f]);
            MnetTensorInfo tensor = picture(MNET_TYPE_UINT8, 16, 16, channels);
            uint8_t bytes[256 * 3];
            int wrong = 0;
            if (convert(&frame, &tensor, &raw, bytes))
                for (int i = 0; i < 256 * channels; i++)
                    wrong += bytes[i] != i / channels;
            CHECK(wrong == 0);
            frame_free(&frame);
        }
}

static const MnetImageOptions normalized = { .mean = { 100, 127.5f, 3 },
                                             .std = { 50, -127.5f, 1 } };

static void test_float_numbers(void)
{
    Frame frame = ramp(MNET_PIXEL_RGB);
    MnetTensorInfo tensor = picture(MNET_TYPE_FLOAT32, 16, 16, 3);
    float numbers[256 * 3];
    int wrong = 0;
    if (convert(&frame, &tensor, &normalized, numbers))
        for (int i = 0; i < 256 * 3; i++)
            wrong +=
                numbers[i] != ((float)(i / 3) - normalized.mean[i % 3]) / normalized.std[i % 3];
    if (convert(&frame, &tensor, &raw, numbers))
        for (int i = 0; i < 256 * 3; i++)
            wrong += numbers[i] != (float)(i / 3);
    CHECK(wrong == 0);
    frame_free(&frame);
}

static void test_integer_numbers(void)
{
    Frame frame = ramp(MNET_PIXEL_RGB);
    for (int is_signed = 0; is_signed < 2; is_signed++) {
        int low = is_signed ? -128 : 0;
        MnetTensorInfo tensor = picture(is_signed ? MNET_TYPE_INT8 : MNET_TYPE_UINT8, 16, 16, 3);
        tensor.scale = 0.0173f;
        tensor.zero_point = low + 101;
        uint8_t numbers[256 * 3];
        int wrong = 0;
        if (convert(&frame, &tensor, &normalized, numbers))
            for (int i = 0; i < 256 * 3; i++) {
                double real = (i / 3 - (double)normalized.mean[i % 3]) / normalized.std[i % 3];
                double stored = floor(real / (double)0.0173f + 0.5) + tensor.zero_point;
                int number = is_signed ? (int8_t)numbers[i] : numbers[i];
                wrong += number != (int)fmin(fmax(stored, low), low + 255);
            }
        CHECK(wrong == 0);
        if (convert(&frame, &tensor, &raw, numbers))
            for (int i = 0; i < 256 * 3; i++)
                wrong += (is_signed ? (int8_t)numbers[i] : numbers[i]) != i / 3 + low;
        CHECK(wrong == 0);
    }
    frame_free(&frame);
}

/* The first three channels are those of a picture without a fourth, which stays. */
static void test_prior(void)
{
    static const MnetType types[] = { MNET_TYPE_UINT8, MNET_TYPE_INT8, MNET_TYPE_FLOAT32 };
    Frame frame = frame_new(&rgb_16, (Layout){ 0 }, FILL_NOISE);
    for (int i = 0; i < 12; i++) {
        MnetTensorInfo three = picture(types[i % 3], 8, 9, 3),
                       four = picture(types[i % 3], 8, 9, 4);
        MnetImageOptions options = normalized;
        uint8_t own[3 * 72 * 4], shared[4 * 72 * 4];
        size_t size = mnet_type_size(types[i % 3]), wrong = 0;
        bool first = i / 3 % 2;
        options.raw = i % 3 < 2;
        options.bgr = i / 6;
        if (first) {
            three = (MnetTensorInfo){ .type = three.type, .rank = 4, .dims = { 1, 3, 9, 8 } };
            four = (MnetTensorInfo){ .type = four.type, .rank = 4, .dims = { 1, 4, 9, 8 } };
            three.channels_first = four.channels_first = true;
        }
        memset(shared, 77, sizeof shared);
        bool made = convert(&frame, &three, &options, own);
        options.prior = true;
        made &= convert(&frame, &four, &options, shared);
        for (size_t p = 0; p < 72 && made; p++)
            for (size_t c = 0; c < 4; c++) {
                const uint8_t *to = shared + (first ? c * 72 + p : p * 4 + c) * size;
                const uint8_t *from = own + (first ? c * 72 + p : p * 3 + c) * size;
                static const uint8_t stays[4] = { 77, 77, 77, 77 };
                wrong += memcmp(to, c == 3 ? stays : from, size) != 0;
            }
        CHECK(made && wrong == 0);
    }
    MnetTensorInfo tensor = picture(MNET_TYPE_UINT8, 8, 8, 3);
    MnetImageOptions options = { .raw = true, .prior = true };
    REFUSED(&rgb_16, &tensor, &options, "3 channels: a picture and a channel more have 4");
    frame_free(&frame);
}

/* What a letterbox adds is black: byte 0, normalised like any other. */
static void test_borders(void)
{
    MnetFrameInfo info = { MNET_PIXEL_NV12, 40, 10, MNET_MATRIX_BT601, false };
    Frame frame = frame_new(&info, (Layout){ 0 }, FILL_WHITE);
    MnetImageOptions options = normalized;
    options.fit = MNET_FIT_LETTERBOX;
    float numbers[3 * 8 * 8];
    for (int first = 0; first < 2; first++) {
        MnetTensorInfo tensor = picture(MNET_TYPE_FLOAT32, 8, 8, 3);
        tensor.channels_first = first;
        if (first) {
            tensor.dims[1] = 3;
            tensor.dims[3] = 8;
        }
        int wrong = 0;
        if (convert(&frame, &tensor, &options, numbers))
            for (int i = 0; i < 3 * 64; i++) {
                int c = first ? i / 64 : i % 3;
                int y = (first ? i % 64 : i / 3) / 8;
                float byte = y >= 3 && y < 5 ? 255 : 0;
                wrong += numbers[i] != (byte - options.mean[c]) / options.std[c];
            }
        CHECK(wrong == 0);
    }
    frame_free(&frame);
}

/* The primaries and their limited-range codes as the recommendations round them. */
static void test_colors(void)
{
    static const struct {
        MnetMatrix matrix;
        int y, u, v, red, green, blue;
    } colors[] = {
        { MNET_MATRIX_BT601, 81, 90, 240, 255, 0, 0 },
        { MNET_MATRIX_BT601, 145, 54, 34, 0, 255, 0 },
        { MNET_MATRIX_BT601, 41, 240, 110, 0, 0, 255 },
        { MNET_MATRIX_BT709, 63, 102, 240, 255, 0, 0 },
        { MNET_MATRIX_BT709, 173, 42, 26, 0, 255, 0 },
        { MNET_MATRIX_BT709, 32, 240, 118, 0, 0, 255 },
        { MNET_MATRIX_BT2020, 74, 97, 240, 255, 0, 0 },
        { MNET_MATRIX_BT2020, 164, 47, 25, 0, 255, 0 },
        { MNET_MATRIX_BT2020, 29, 240, 119, 0, 0, 255 },
        { MNET_MATRIX_BT709, 235, 128, 128, 255, 255, 255 },
        { MNET_MATRIX_BT709, 16, 128, 128, 0, 0, 0 },
        { MNET_MATRIX_BT601, 255, 128, 128, 255, 255, 255 },
        { MNET_MATRIX_BT601, 0, 128, 128, 0, 0, 0 },
    };
    for (size_t i = 0; i < sizeof colors / sizeof colors[0]; i++) {
        MnetFrameInfo info = { MNET_PIXEL_NV12, 2, 2, colors[i].matrix, false };
        Frame frame = frame_new(&info, (Layout){ 0 }, FILL_WHITE);
        for (int k = 0; k < 4; k++)
            frame_set(&frame, 0, k % 2, k / 2, colors[i].y);
        frame_set(&frame, 1, 0, 0, colors[i].u);
        frame_set(&frame, 2, 0, 0, colors[i].v);
        MnetTensorInfo tensor = picture(MNET_TYPE_UINT8, 1, 1, 3);
        uint8_t got[3] = { 0 };
        convert(&frame, &tensor, &raw, got);
        /* The codes are rounded: up to 2.2 / 2 steps in red and blue. */
        CHECK(abs(got[0] - colors[i].red) <= 2);
        CHECK(abs(got[1] - colors[i].green) <= 2);
        CHECK(abs(got[2] - colors[i].blue) <= 2);
        frame_free(&frame);
    }
}

/* A gray frame whose bytes are their own x (y) tells where a tensor's pixel was
 * taken from: there the geometry must point. */
static void check_geometry(bool vertical, const MnetRect *region, MnetFit fit, int width,
                           int height)
{
    MnetFrameInfo info = { MNET_PIXEL_GRAY8, 201, 151, MNET_MATRIX_BT601, true };
    Frame frame = frame_new(&info, (Layout){ 0 }, FILL_WHITE);
    for (int i = 0; i < info.width * info.height; i++) {
        int x = i % info.width, y = i / info.width;
        frame_set(&frame, 0, x, y, vertical ? y : x);
    }
    MnetTensorInfo tensor = picture(MNET_TYPE_UINT8, width, height, 1);
    MnetImageOptions options = { .raw = true, .fit = fit };
    MnetImage *image = mnet_image_new(&info, &tensor, &options, NULL);
    uint8_t bytes[64 * 64];
    MnetGeometry geometry;
    mnet_image_set_region(image, region);
    mnet_image_geometry(image, &geometry);
    mnet_image_convert(image, &frame.planes, bytes);
    int looked_at = 0, wrong = 0;
    for (int i = 0; i < width * height; i++) {
        double x = (i % width + 0.5) * geometry.scale_x + geometry.offset_x;
        double y = (i / width + 0.5) * geometry.scale_y + geometry.offset_y;
        /* Half a pixel from the border inwards nothing is cut or repeated. */
        if (x < region->x + 0.5 || x > region->x + region->width - 0.5 || y < region->y + 0.5 ||
            y > region->y + region->height - 0.5)
            continue;
        looked_at++;
        wrong += fabs((vertical ? y : x) - 0.5 - bytes[i]) > 0.75;
    }
    CHECK(looked_at >= width * height / 8);
    CHECK(wrong == 0);
    mnet_image_free(image);
    frame_free(&frame);
}

static void test_geometry(void)
{
    static const MnetRect regions[] = {
        { 0, 0, 201, 151 }, { 11, 13, 120, 31 }, { 100, 5, 41, 140 }, { 3, 3, 7, 5 }
    };
    static const int sizes[][2] = { { 64, 64 }, { 31, 50 }, { 7, 13 } };
    for (size_t r = 0; r < sizeof regions / sizeof regions[0]; r++)
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
            for (int fit = MNET_FIT_STRETCH; fit <= MNET_FIT_CROP; fit++)
                for (int vertical = 0; vertical < 2; vertical++)
                    check_geometry(vertical, &regions[r], (MnetFit)fit, sizes[s][0], sizes[s][1]);
}

static bool same_geometry(const MnetImage *image, double scale_x, double scale_y, double offset_x,
                          double offset_y)
{
    MnetGeometry g;
    mnet_image_geometry(image, &g);
    return fabs(g.scale_x - scale_x) < 1e-12 && fabs(g.scale_y - scale_y) < 1e-12 &&
           fabs(g.offset_x - offset_x) < 1e-9 && fabs(g.offset_y - offset_y) < 1e-9;
}

static void test_known_geometry(void)
{
    MnetFrameInfo info = { MNET_PIXEL_NV12, 1920, 1080, MNET_MATRIX_BT709, false };
    MnetTensorInfo tensor = picture(MNET_TYPE_UINT8, 224, 224, 3);
    MnetImageOptions options = raw;
    MnetImage *image = mnet_image_new(&info, &tensor, &options, NULL);
    CHECK(same_geometry(image, 1920 / 224.0, 1080 / 224.0, 0, 0));
    mnet_image_free(image);
    options.fit = MNET_FIT_LETTERBOX;
    image = mnet_image_new(&info, &tensor, &options, NULL);
    CHECK(same_geometry(image, 1920 / 224.0, 1080 / 126.0, 0, -49 * 1080 / 126.0));
    mnet_image_free(image);
    options.fit = MNET_FIT_CROP;
    image = mnet_image_new(&info, &tensor, &options, NULL);
    CHECK(same_geometry(image, 1080 / 224.0, 1080 / 224.0, 420, 0));
    mnet_image_set_region(image, &(MnetRect){ 100, 200, 300, 300 });
    CHECK(same_geometry(image, 300 / 224.0, 300 / 224.0, 100, 200));
    /* Clipped; empty; outside; larger than any number. */
    mnet_image_set_region(image, &(MnetRect){ -100, -100, 200, 200 });
    CHECK(same_geometry(image, 100 / 224.0, 100 / 224.0, 0, 0));
    mnet_image_set_region(image, &(MnetRect){ 5, 5, 0, 5 });
    CHECK(same_geometry(image, 1080 / 224.0, 1080 / 224.0, 420, 0));
    mnet_image_set_region(image, &(MnetRect){ 1920, 0, 5, 5 });
    CHECK(same_geometry(image, 1080 / 224.0, 1080 / 224.0, 420, 0));
    mnet_image_set_region(image, &(MnetRect){ INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX });
    CHECK(same_geometry(image, 1080 / 224.0, 1080 / 224.0, 420, 0));
    mnet_image_set_region(image, &(MnetRect){ INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX });
    CHECK(same_geometry(image, 1080 / 224.0, 1080 / 224.0, 420, 0));
    mnet_image_set_region(image, &(MnetRect){ 1820, 980, INT32_MAX, INT32_MAX });
    CHECK(same_geometry(image, 100 / 224.0, 100 / 224.0, 1820, 980));
    mnet_image_set_region(image, NULL);
    CHECK(same_geometry(image, 1080 / 224.0, 1080 / 224.0, 420, 0));
    mnet_image_free(image);
}

/* Tables are rebuilt in place: after other regions the bytes are those of a new
 * object, the borders of the letterbox too. */
static void test_region_change(void)
{
    static const MnetRect regions[] = {
        { 0, 0, 97, 3 }, { 0, 0, 2, 61 }, { 5, 7, 80, 50 }, { 96, 60, 1, 1 }, { 0, 0, 97, 61 }
    };
    MnetFrameInfo info = { MNET_PIXEL_UYVY, 97, 61, MNET_MATRIX_BT709, false };
    Frame frame = frame_new(&info, (Layout){ .at_end = true }, FILL_NOISE);
    MnetTensorInfo tensor = picture(MNET_TYPE_UINT8, 19, 23, 3);
    MnetImageOptions options = { .raw = true, .fit = MNET_FIT_LETTERBOX };
    MnetImage *kept = mnet_image_new(&info, &tensor, &options, NULL);
    for (size_t r = 0; r < sizeof regions / sizeof regions[0]; r++) {
        uint8_t a[19 * 23 * 3], b[19 * 23 * 3];
        MnetImage *fresh = mnet_image_new(&info, &tensor, &options, NULL);
        mnet_image_set_region(fresh, &regions[r]);
        mnet_image_set_region(kept, &regions[r]);
        mnet_image_convert(fresh, &frame.planes, a);
        mnet_image_convert(kept, &frame.planes, b);
        CHECK(memcmp(a, b, sizeof a) == 0);
        mnet_image_free(fresh);
    }
    mnet_image_free(kept);
    frame_free(&frame);
}

int main(void)
{
    test_bad_frames();
    test_bad_tensors();
    test_bad_options();
    test_bad_cpu();
    test_no_memory();
    test_identity();
    test_float_numbers();
    test_integer_numbers();
    test_prior();
    test_borders();
    test_colors();
    test_geometry();
    test_known_geometry();
    test_region_change();
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
