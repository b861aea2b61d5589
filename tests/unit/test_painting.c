/* SPDX-License-Identifier: MIT
 *
 * Pictures that networks make against their definition, for every layout, number form
 * and range; what they want of their input; styles; outputs that are no picture. */
#include <math.h>
#include <mnet/painting.h>

#include "expect.h"

#define W 7
#define H 5
#define SIZE (W * H * 3)

static MnetTensorInfo info(MnetType type, MnetOutputKind kind, int rank, const int32_t *dims)
{
    MnetTensorInfo t = { .name = "out", .type = type, .kind = kind, .rank = rank, .elements = 1 };
    for (int i = 0; i < rank; i++) {
        t.dims[i] = dims[i];
        t.elements *= (size_t)dims[i];
    }
    t.bytes = t.elements * mnet_type_size(type);
    return t;
}

#define INFO(type, kind, ...)                                              \
    info(type, kind, sizeof((int32_t[]){ __VA_ARGS__ }) / sizeof(int32_t), \
         (int32_t[]){ __VA_ARGS__ })

static MnetTensorInfo scaled(MnetTensorInfo t, float scale, int32_t zero_point)
{
    t.scale = scale;
    t.zero_point = zero_point;
    return t;
}

static MnetTensorInfo picture(void)
{
    return INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_OTHER, 1, H, W, 3);
}

static const MnetImageOptions zero_one = { .std = { 255, 255, 255, 255 } };

static union {
    float floats[SIZE];
    uint8_t bytes[SIZE];
} data;

static double clamped(double byte)
{
    return byte > 0 ? fmin(byte, 255) : 0;
}

/* Every byte against byte = real * std + mean, read whole and row by row. */
static void check_picture(const char *what, MnetTensorInfo out, const MnetImageOptions *options,
                          const MnetNormalization *range, double std, double mean)
{
    MnetTensorInfo in = picture();
    MnetError error = { 0 };
    MnetPainting *p = mnet_painting_new(&in, options, &out, range, &error);
    uint8_t all[SIZE], row[W * 3];
    bool planes = out.dims[out.rank - 1] == W;
    if (!p) {
        printf("%s: %s\n", what, error.text);
        EXPECT(p, "%s", what);
        return;
    }
    for (size_t i = 0; i < SIZE; i++)
        if (out.type == MNET_TYPE_FLOAT32)
            data.floats[i] = (float)(((double)(i * 37 % 300) - 20 - mean) / std);
        else
            data.bytes[i] = (uint8_t)(i * 83);
    if (out.type == MNET_TYPE_FLOAT32)
        data.floats[4] = NAN;
    EXPECT(mnet_painting_width(p) == W && mnet_painting_height(p) == H, "%s", __func__);
    mnet_painting_read(p, &data, 0, H, all);
    for (int32_t y = 0; y < H; y++) {
        mnet_painting_read(p, &data, y, 1, row);
        EXPECT(!memcmp(row, all + y * W * 3, sizeof row), "%s", __func__);
    }
    for (size_t pixel = 0; pixel < W * H; pixel++)
        for (size_t c = 0; c < 3; c++) {
            size_t channel = options->bgr ? 2 - c : c;
            size_t at = planes ? channel * W * H + pixel : pixel * 3 + channel;
            double byte = clamped((double)mnet_tensor_value(&out, &data, at) * std + mean);
            double off = fabs(byte - all[pixel * 3 + c]);
            if (!(off <= 0.501))
                printf("%s: pixel %zu, channel %zu: %g is %d\n", what, pixel, c, byte,
                       all[pixel * 3 + c]);
            EXPECT(off <= 0.501, "%s", what);
        }
    mnet_painting_free(p);
}

static void test_ranges(void)
{
    MnetTensorInfo f = INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGISTIC, 1, H, W, 3);
    MnetTensorInfo u8 = INFO(MNET_TYPE_UINT8, MNET_OUTPUT_LOGITS, 1, H, W, 3);
    MnetTensorInfo i8 = INFO(MNET_TYPE_INT8, MNET_OUTPUT_OTHER, 1, H, W, 3);
    MnetNormalization told = { 1, { 100 }, { 50 } };
    MnetImageOptions signs = { .mean = { 127.5f, 127.5f, 127.5f },
                               .std = { 127.5f, 127.5f, 127.5f } };
    MnetImageOptions raw = { .raw = true };
    check_picture("logistic", f, &signs, NULL, 255, 0);
    f.kind = MNET_OUTPUT_TANH;
    check_picture("tanh", f, &zero_one, NULL, 127.5, 127.5);
    check_picture("told", f, &zero_one, &told, 50, 100);
    f.kind = MNET_OUTPUT_FEATURES;
    check_picture("as the input, 0 to 1", f, &zero_one, NULL, 255, 0);
    check_picture("as the input, -1 to 1", f, &signs, NULL, 127.5, 127.5);
    check_picture("as the input, bytes", f, &raw, NULL, 1, 0);
    check_picture("uint8 without scale", u8, &raw, NULL, 1, 0);
    check_picture("int8 without scale", i8, &raw, NULL, 1, 128);
    check_picture("uint8 0 to 1", scaled(u8, 1 / 255.0f, 0), &raw, NULL, 255, 0);
    check_picture("uint8 0 to 255", scaled(u8, 1, 0), &zero_one, NULL, 1, 0);
    check_picture("int8 -128 to 127", scaled(i8, 1, 0), &zero_one, NULL, 1, 128);
    check_picture("int8 0 to 1 and more", scaled(i8, 1.3f / 255, -110), &raw, NULL, 255, 0);
    check_picture("int8 -1 to 1", scaled(i8, 1 / 128.0f, 0), &raw, NULL, 127.5, 127.5);
    i8.kind = MNET_OUTPUT_LOGISTIC;
    check_picture("int8 logistic", scaled(i8, 1 / 256.0f, -128), &raw, NULL, 255, 0);
}

static void test_layouts(void)
{
    MnetImageOptions bgr = zero_one;
    bgr.bgr = true;
    check_picture("channels first", INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGISTIC, 1, 3, H, W),
                  &zero_one, NULL, 255, 0);
    check_picture("bgr, channels first", INFO(MNET_TYPE_INT8, MNET_OUTPUT_OTHER, 1, 3, H, W), &bgr,
                  NULL, 1, 128);
    check_picture("bgr", INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGISTIC, 1, H, W, 3), &bgr, NULL, 255,
                  0);
    check_picture("no batch", INFO(MNET_TYPE_UINT8, MNET_OUTPUT_LOGITS, H, W, 3), &zero_one, NULL,
                  1, 0);
}

static void test_sizes(void)
{
    MnetTensorInfo in = INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_OTHER, 1, 20, 30, 3);
    MnetTensorInfo twice = INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGISTIC, 1, 40, 60, 3);
    MnetTensorInfo third = INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGISTIC, 1, 3, 7, 10);
    MnetError error = { 0 };
    MnetPainting *p = mnet_painting_new(&in, &zero_one, &twice, NULL, &error);
    EXPECT(p && mnet_painting_width(p) == 60 && mnet_painting_height(p) == 40, "%s", __func__);
    mnet_painting_free(p);
    p = mnet_painting_new(&in, &zero_one, &third, NULL, &error);
    EXPECT(p && mnet_painting_width(p) == 10 && mnet_painting_height(p) == 7, "%s", __func__);
    mnet_painting_free(p);
    mnet_painting_free(NULL);
}

static void refuse(MnetTensorInfo out, const char *found)
{
    MnetTensorInfo in = picture();
    MnetError error = { 0 };
    EXPECT(!mnet_painting_new(&in, &zero_one, &out, NULL, &error), "%s", __func__);
    EXPECT(error.status == MNET_ERROR_UNSUPPORTED && strstr(error.text, found) &&
               strstr(error.text, "output \"out\"") && strstr(error.text, "1 x height x width x 3"),
           "%s", __func__);
}

static void test_refusals(void)
{
    MnetTensorInfo in = picture(), out = picture();
    MnetNormalization bad[] = { { 2, { 0 }, { 1, 1 } },
                                { 1, { 0 }, { 0 } },
                                { 1, { NAN }, { 1 } } };
    MnetError error = { 0 };
    refuse(INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGITS, 1, 1001), "no map");
    refuse(INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGITS, 1, 1917, 4), "no map");
    refuse(INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGISTIC, 1, H, 2 * W, 3), "no map");
    refuse(INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGISTIC, 2, H, W, 3), "no map");
    refuse(INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_SOFTMAX, 1, H, W, 3), "classes");
    refuse(INFO(MNET_TYPE_INT64, MNET_OUTPUT_CLASSES, 1, H, W, 3), "classes");
    refuse(INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGITS, 1, H, W, 21), "21 channels");
    refuse(INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGISTIC, 1, H, W, 1), "one channel");
    refuse(INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_OTHER, 1, 1, H, W), "one channel");
    refuse(INFO(MNET_TYPE_INT32, MNET_OUTPUT_OTHER, 1, H, W, 3), "int32");
    for (size_t i = 0; i < 3; i++) {
        EXPECT(!mnet_painting_new(&in, &zero_one, &out, &bad[i], &error), "%s", __func__);
        EXPECT(error.status == MNET_ERROR_ARGUMENT && strstr(error.text, "range"), "%s", __func__);
    }
}

static void test_default_options(void)
{
    MnetTensorInfo f = picture(), u8 = INFO(MNET_TYPE_UINT8, MNET_OUTPUT_OTHER, 1, H, W, 3);
    MnetTensorInfo out = INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGISTIC, 1, H, W, 3);
    MnetNormalization told = { 1, { 10 }, { 20 } };
    MnetImageOptions o;
    mnet_painting_default_options(&f, &out, NULL, &o);
    EXPECT(!o.raw && o.mean[1] == 0 && o.std[2] == 255, "%s", __func__);
    mnet_painting_default_options(&f, &out, &told, &o);
    EXPECT(!o.raw && o.mean[1] == 10 && o.std[2] == 20, "%s", __func__);
    mnet_painting_default_options(&u8, &out, NULL, &o);
    EXPECT(o.raw, "%s", __func__);
    out.kind = MNET_OUTPUT_TANH;
    mnet_painting_default_options(&f, &out, NULL, &o);
    EXPECT(!o.raw && o.mean[1] == 127.5f && o.std[2] == 127.5f, "%s", __func__);
}

static void test_inputs(void)
{
    MnetTensorInfo p = picture(), style = INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_OTHER, 1, 1, 1, 100);
    MnetTensorInfo bare = INFO(MNET_TYPE_INT8, MNET_OUTPUT_OTHER, 1, 100);
    const struct {
        const MnetTensorInfo *inputs[3];
        size_t n, picture, style;
        bool good;
    } cases[] = {
        { { &p }, 1, 0, MNET_NO_INPUT, true }, { { &p, &style }, 2, 0, 1, true },
        { { &style, &p }, 2, 1, 0, true },     { { &style }, 1, 0, 0, false },
        { { &p, &p }, 2, 0, 0, false },        { { &p, &style, &style }, 3, 0, 0, false },
        { { &p, &bare }, 2, 0, 0, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        MnetPaintingInputs found;
        MnetError error = { 0 };
        MnetStatus status = mnet_painting_find_inputs(cases[i].inputs, cases[i].n, &found, &error);
        EXPECT(!status == cases[i].good, "%s", __func__);
        EXPECT(status ? strstr(error.text, "expected is one picture") != NULL
                      : found.picture == cases[i].picture && found.style == cases[i].style,
               "%s", __func__);
    }
}

static void test_styles(void)
{
    MnetTensorInfo style = INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_OTHER, 1, 1, 1, 4);
    MnetTensorInfo made = INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGITS, 1, 4);
    MnetTensorInfo longer = INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGITS, 1, 6);
    MnetTensorInfo map = INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGITS, 1, 2, 2);
    MnetTensorInfo i8 = scaled(INFO(MNET_TYPE_INT8, MNET_OUTPUT_OTHER, 4), 0.5f, 10);
    const float numbers[] = { 0.25f, -3.2f, 1000, -1000 };
    float floats[4];
    int8_t bytes[4];
    MnetError error = { 0 };
    EXPECT(!mnet_painting_check_style(&style, &made, &error), "%s", __func__);
    EXPECT(mnet_painting_check_style(&style, &longer, &error) && strstr(error.text, "6 numbers") &&
               strstr(error.text, "4 are expected"),
           "%s", __func__);
    EXPECT(mnet_painting_check_style(&style, &map, &error) && strstr(error.text, "no row"), "%s",
           __func__);
    mnet_painting_set_style(&style, floats, &made, numbers);
    EXPECT(!memcmp(floats, numbers, sizeof numbers), "%s", __func__);
    mnet_painting_set_style(&i8, bytes, &made, numbers);
    EXPECT(bytes[0] == 11 && bytes[1] == 4 && bytes[2] == 127 && bytes[3] == -128, "%s", __func__);
}

int main(void)
{
    test_ranges();
    test_layouts();
    test_sizes();
    test_refusals();
    test_default_options();
    test_inputs();
    test_styles();
    return expect_report("painting");
}
