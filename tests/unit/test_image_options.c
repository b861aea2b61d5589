/* SPDX-License-Identifier: MIT
 *
 * mnet_image_default_options(): the inputs of real networks by type, scale and
 * zero point, with and without a normalisation from the file. */
#include <mnet/image.h>

#include <math.h>
#include <stdio.h>

typedef struct {
    const char *name;
    MnetType type;
    float scale;
    int32_t zero_point;
    MnetNormalization file; /* n = 0: none */
    bool raw;
    float mean[3], std[3]; /* where not raw */
    bool bgr;
} Case;

#define HALF 127.5f, 127.5f, 127.5f
#define IMAGENET_MEAN 123.675f, 116.28f, 103.53f
#define IMAGENET_STD 58.395f, 57.12f, 57.375f

static const Case cases[] = {
    { "uint8, -1 to 1", MNET_TYPE_UINT8, 0.0078125f, 128, { 0 }, true },
    { "uint8, another range", MNET_TYPE_UINT8, 0.01157f, 123, { 0 }, true },
    { "uint8, file tells", MNET_TYPE_UINT8, 0.0078125f, 128, { 1, { 127.5f }, { 127.5f } }, true },
    { "int8, -1 to 1", MNET_TYPE_INT8, 0.007874f, 0, { 0 }, true },
    { "int8, 0 to 1", MNET_TYPE_INT8, 0.0039215f, -128, { 0 }, true },
    { "int8, 0 to 255", MNET_TYPE_INT8, 1, -128, { 0 }, true },
    { "int8 without scale", MNET_TYPE_INT8, 0, 0, { 1, { 127.5f }, { 127.5f } }, true },
    /* The file's normalisation fills the range; does not fit into it; is half
     * of it; is upside down; is half of it in one channel. */
    { "int8, full", MNET_TYPE_INT8, 0.007874f, 0, { 3, { HALF }, { HALF } }, true },
    { "int8, too wide", MNET_TYPE_INT8, 0.007874f, 0, { 1, { 0 }, { 1 } }, true },
    { "int8, half",
      MNET_TYPE_INT8,
      0.007874f,
      0,
      { 1, { 0 }, { 255 } },
      false,
      { 0 },
      { 255, 255, 255 } },
    { "int8, negative",
      MNET_TYPE_INT8,
      0.007874f,
      0,
      { 3, { HALF }, { 127.5f, 127.5f, -127.5f } },
      false,
      { HALF },
      { 127.5f, 127.5f, -127.5f } },
    { "int8, one short",
      MNET_TYPE_INT8,
      0.007874f,
      0,
      { 3, { HALF }, { 127.5f, 127.5f, 255 } },
      false,
      { HALF },
      { 127.5f, 127.5f, 255 } },
    { "int8, ImageNet",
      MNET_TYPE_INT8,
      0.0186311156f,
      -14,
      { 0 },
      false,
      { IMAGENET_MEAN },
      { IMAGENET_STD } },
    { "int8, ImageNet, file tells",
      MNET_TYPE_INT8,
      0.0186311156f,
      -14,
      { 3, { IMAGENET_MEAN }, { IMAGENET_STD } },
      false,
      { IMAGENET_MEAN },
      { IMAGENET_STD } },
    { "int8, Caffe",
      MNET_TYPE_INT8,
      0.0183159988f,
      -13,
      { 0 },
      false,
      { 103.94f, 116.78f, 123.68f },
      { 1 / 0.017f, 1 / 0.017f, 1 / 0.017f },
      true },
    { "int8, between the two",
      MNET_TYPE_INT8,
      0.0185f,
      -14,
      { 0 },
      false,
      { IMAGENET_MEAN },
      { IMAGENET_STD } },
    { "float", MNET_TYPE_FLOAT32, 0, 0, { 0 }, false, { HALF }, { HALF } },
    { "float, one pair",
      MNET_TYPE_FLOAT32,
      0,
      0,
      { 1, { 1 }, { 2 } },
      false,
      { 1, 1, 1 },
      { 2, 2, 2 } },
    { "float, pair a channel",
      MNET_TYPE_FLOAT32,
      0,
      0,
      { 3, { 1, 2, 3 }, { 4, 5, 6 } },
      false,
      { 1, 2, 3 },
      { 4, 5, 6 } },
};

static bool check(const Case *c)
{
    MnetTensorInfo tensor = {
        .name = "", .type = c->type, .scale = c->scale, .zero_point = c->zero_point
    };
    MnetImageOptions options;
    mnet_image_default_options(&tensor, c->file.n ? &c->file : NULL, &options);
    bool good = options.raw == c->raw && options.fit == MNET_FIT_STRETCH && options.bgr == c->bgr;
    for (int i = 0; i < 3 && !c->raw; i++)
        good &= options.mean[i] == c->mean[i] && options.std[i] == c->std[i];
    if (!good)
        printf("%s: raw %d, mean %g %g %g, std %g %g %g\n", c->name, options.raw, options.mean[0],
               options.mean[1], options.mean[2], options.std[0], options.std[1], options.std[2]);
    return good;
}

/* What no picture can be normalised by is left for mnet_image_new() to refuse. */
static bool check_nonsense(void)
{
    MnetTensorInfo tensor = { .name = "", .type = MNET_TYPE_FLOAT32 };
    MnetNormalization file = { 1, { NAN }, { 0 } };
    MnetImageOptions options;
    mnet_image_default_options(&tensor, &file, &options);
    return !options.raw && isnan(options.mean[2]) && options.std[2] == 0;
}

int main(void)
{
    int failed = !check_nonsense();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        failed += !check(&cases[i]);
    printf("image_options: %d failed\n", failed);
    return failed != 0;
}
