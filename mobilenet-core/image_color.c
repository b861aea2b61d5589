/* SPDX-License-Identifier: MIT
 *
 * From the frame's colours to 8-bit RGB or luma, and from those bytes to the
 * numbers of the tensor. */
#include "base/error.h"
#include "image_internal.h"

#include <math.h>
#include <string.h>

#define MATRIX_ONE 8192.0 /* the largest coefficient is below 2.2 */
#define BIAS_ONE 16.0

/* Luma weights of red and blue (ITU-R BT.601-7, BT.709-6, BT.2020-2). */
typedef struct {
    double red;
    double blue;
} Primaries;

static const Primaries primaries[] = {
    [MNET_MATRIX_BT601] = { 0.299, 0.114 },
    [MNET_MATRIX_BT709] = { 0.2126, 0.0722 },
    [MNET_MATRIX_BT2020] = { 0.2627, 0.0593 },
};

/* Ranges of samples in steps of 8 bits. */
typedef struct {
    double black;
    double luma;   /* white - black */
    double chroma; /* largest - smallest */
} Range;

static Range range_of(const MnetImageFormat *format, const MnetFrameInfo *frame)
{
    if (!frame->full_range)
        return (Range){ 16, 219, 224 };
    double full = format->depth == 8 ? 255 : 1023 / 4.0;
    return (Range){ 0, full, full };
}

/* `row` and `offset` give one channel 0..255 from samples in steps of 8 bits. */
static void mix_set(MnetColorMix *mix, const double row[3], const double offset[3])
{
    double bias = 0.5 * BIAS_ONE;
    for (int i = 0; i < 3; i++) {
        mix->m[i] = (int16_t)lrint(row[i] * MATRIX_ONE);
        bias -= row[i] * offset[i] * BIAS_ONE;
        /* Each product loses up to 1/16, half of that on average. */
        if (mix->m[i] != 0)
            bias += 0.5;
    }
    mix->bias = (int16_t)lrint(bias);
}

static void yuv_rows(double row[3][3], const MnetImageFormat *format, const MnetFrameInfo *frame)
{
    const Primaries *p = &primaries[frame->matrix];
    Range range = range_of(format, frame);
    double green = 1 - p->red - p->blue;
    double red_from_v = 2 * (1 - p->red) * 255 / range.chroma;
    double blue_from_u = 2 * (1 - p->blue) * 255 / range.chroma;
    for (int c = 0; c < 3; c++)
        row[c][0] = 255 / range.luma;
    row[0][2] = red_from_v;
    row[1][1] = -blue_from_u * p->blue / green;
    row[1][2] = -red_from_v * p->red / green;
    row[2][1] = blue_from_u;
}

void mnet_image_mix_set(MnetColorMix mix[3], const MnetImageFormat *format,
                        const MnetFrameInfo *frame, int32_t channels, bool bgr)
{
    double row[3][3] = { { 0 } };
    double offset[3] = { 0 };
    if (format->color == MNET_COLOR_RGB) {
        for (int c = 0; c < 3; c++)
            row[c][c] = 1;
        if (channels == 1) {
            const Primaries *p = &primaries[MNET_MATRIX_BT601];
            row[0][0] = p->red;
            row[0][1] = 1 - p->red - p->blue;
            row[0][2] = p->blue;
        }
    } else {
        Range range = range_of(format, frame);
        offset[0] = range.black;
        for (int c = 0; c < 3; c++)
            row[c][0] = 255 / range.luma;
        if (format->color == MNET_COLOR_YUV && channels == 3) {
            offset[1] = offset[2] = 128;
            yuv_rows(row, format, frame);
        }
    }
    for (int c = 0; c < channels; c++)
        mix_set(&mix[c], row[channels == 3 && bgr ? 2 - c : c], offset);
}

static float real_number(const MnetImageOptions *options, int channel, int byte)
{
    if (options->raw)
        return (float)byte;
    return ((float)byte - options->mean[channel]) / options->std[channel];
}

/* What an integer tensor stores for `byte`. */
static uint8_t stored_number(const MnetTensorInfo *tensor, const MnetImageOptions *options,
                             int channel, int byte)
{
    double low = tensor->type == MNET_TYPE_INT8 ? -128 : 0;
    double stored = byte + low;
    if (!options->raw) {
        double real = real_number(options, channel, byte);
        stored = round(real / (double)tensor->scale) + tensor->zero_point;
    }
    return (uint8_t)(int)fmin(fmax(stored, low), low + 255);
}

static void channel_numbers(MnetImage *image, int channel, const MnetTensorInfo *tensor,
                            const MnetImageOptions *options)
{
    image->same[channel] = !image->is_float;
    for (int byte = 0; byte < 256; byte++) {
        if (image->is_float)
            image->float_of[channel][byte] = real_number(options, channel, byte);
        else
            image->byte_of[channel][byte] = stored_number(tensor, options, channel, byte);
        image->same[channel] &= image->byte_of[channel][byte] == byte;
    }
}

MnetStatus mnet_image_numbers_set(MnetImage *image, const MnetTensorInfo *tensor,
                                  const MnetImageOptions *options, MnetError *error)
{
    if (!options->raw && tensor->type != MNET_TYPE_FLOAT32 &&
        !(tensor->scale > 0 && isfinite(tensor->scale)))
        return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                              "input %s is %s with scale %g: normalised numbers need a scale above "
                              "0, else ask for raw bytes",
                              tensor->name ? tensor->name : "", mnet_type_name(tensor->type),
                              (double)tensor->scale);
    for (int c = 0; c < image->channels; c++) {
        if (!options->raw &&
            (!isfinite(options->mean[c]) || !isfinite(options->std[c]) || options->std[c] == 0))
            return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                                  "channel %d has mean %g and std %g: both must be finite and std "
                                  "not 0",
                                  c, (double)options->mean[c], (double)options->std[c]);
        channel_numbers(image, c, tensor, options);
    }
    return MNET_OK;
}
