/* SPDX-License-Identifier: MIT
 *
 * What an input tensor wants of a picture's bytes when nobody tells: from its
 * type, the range of its numbers and the file's metadata. */
#include <mnet/image.h>

#include <math.h>
#include <string.h>

/* Mean and standard deviation of ImageNet's bytes: what torchvision's networks
 * are trained with. */
static const float imagenet_mean[4] = { 123.675f, 116.28f, 103.53f, 103.53f };
static const float imagenet_std[4] = { 58.395f, 57.12f, 57.375f, 57.375f };

/* MobileNet's version for Caffe, whose pictures are blue, green, red: the mean, and 1 / 0.017. */
static const float caffe_mean[4] = { 103.94f, 116.78f, 123.68f, 123.68f };
static const float caffe_std[4] = { 1 / 0.017f, 1 / 0.017f, 1 / 0.017f, 1 / 0.017f };

/* Bytes normalised so reach from the red channel's 0 to the blue one's 255;
 * ranges that were measured on pictures end within a tenth of that. */
#define IMAGENET_LOW (-2.118f)
#define IMAGENET_HIGH 2.640f
#define IMAGENET_SLACK 0.1f

/* The same from the red channel's 0 to the blue one's 255; only ranges that were set by
 * that are told from those of ImageNet. */
#define CAFFE_LOW (-2.1026f)
#define CAFFE_HIGH 2.5680f
#define CAFFE_SLACK 0.02f

/* Of the width of a tensor's range: ranges are rounded so that 0 is a stored
 * number, which moves an end by up to one step of 1/255. */
#define RANGE_SLACK 0.02f

/* How the numbers of normalised bytes lie in an int8 tensor's range. */
typedef struct {
    bool fits;  /* none is outside */
    bool fills; /* every channel goes from end to end, black lowest: same as raw */
} Cover;

static Cover normalized_cover(const MnetNormalization *normalization, float low, float high)
{
    float slack = RANGE_SLACK * (high - low);
    Cover cover = { true, true };
    for (size_t c = 0; c < normalization->n && c < 4; c++) {
        float black = -normalization->mean[c] / normalization->std[c];
        float white = (255.0f - normalization->mean[c]) / normalization->std[c];
        cover.fits &= fminf(black, white) >= low - slack && fmaxf(black, white) <= high + slack;
        cover.fills &= black <= low + slack && white >= high - slack;
    }
    return cover;
}

static void use_normalization(MnetImageOptions *options, const MnetNormalization *normalization)
{
    for (size_t c = 0; c < 4; c++) {
        size_t from = normalization->n > c ? c : normalization->n - 1;
        options->mean[c] = normalization->mean[from];
        options->std[c] = normalization->std[from];
    }
    options->raw = false;
}

static void use_pair(MnetImageOptions *options, const float mean[4], const float std[4])
{
    memcpy(options->mean, mean, sizeof options->mean);
    memcpy(options->std, std, sizeof options->std);
    options->raw = false;
}

static bool is_near(float number, float expected, float slack)
{
    return fabsf(number - expected) <= slack;
}

static void int8_options(const MnetTensorInfo *tensor, const MnetNormalization *normalization,
                         MnetImageOptions *options)
{
    float low = (-128.0f - (float)tensor->zero_point) * tensor->scale;
    float high = (127.0f - (float)tensor->zero_point) * tensor->scale;
    options->raw = true;
    if (tensor->scale == 0)
        return;
    if (normalization) {
        Cover cover = normalized_cover(normalization, low, high);
        if (cover.fits && !cover.fills)
            use_normalization(options, normalization);
        if (cover.fits)
            return;
    }
    if (is_near(low, CAFFE_LOW, CAFFE_SLACK) && is_near(high, CAFFE_HIGH, CAFFE_SLACK)) {
        use_pair(options, caffe_mean, caffe_std);
        options->bgr = true;
    } else if (is_near(low, IMAGENET_LOW, IMAGENET_SLACK) &&
               is_near(high, IMAGENET_HIGH, IMAGENET_SLACK)) {
        use_pair(options, imagenet_mean, imagenet_std);
    }
}

void mnet_image_default_options(const MnetTensorInfo *tensor,
                                const MnetNormalization *normalization, MnetImageOptions *options)
{
    memset(options, 0, sizeof *options);
    options->fit = MNET_FIT_STRETCH;
    for (size_t c = 0; c < 4; c++)
        options->mean[c] = options->std[c] = 127.5f;
    if (normalization && normalization->n == 0)
        normalization = NULL;
    if (tensor->type == MNET_TYPE_INT8)
        int8_options(tensor, normalization, options);
    else if (tensor->type != MNET_TYPE_FLOAT32)
        options->raw = true;
    else if (normalization)
        use_normalization(options, normalization);
}
