/* SPDX-License-Identifier: MIT
 *
 * Which input of an image-to-image network is the picture and which the style, and the
 * numbers of a style. */
#include <mnet/painting.h>

#include <math.h>
#include <string.h>

#include "base/error.h"

/* The count of numbers, when all lie in one dimension; else 0. */
static size_t row_of_numbers(const MnetTensorInfo *info)
{
    int large = 0;
    for (int i = 0; i < info->rank; i++)
        large += info->dims[i] > 1;
    return large == 1 ? info->elements : 0;
}

static bool is_picture(const MnetTensorInfo *info)
{
    int32_t rows = info->channels_first ? 2 : 1;
    return info->rank == 4 && info->dims[rows] > 1 && info->dims[rows + 1] > 1;
}

static bool has_numbers(const MnetTensorInfo *info)
{
    return info->type == MNET_TYPE_FLOAT32 ||
           ((info->type == MNET_TYPE_INT8 || info->type == MNET_TYPE_UINT8) && info->scale > 0);
}

MnetStatus mnet_painting_find_inputs(const MnetTensorInfo *const *inputs, size_t n,
                                     MnetPaintingInputs *found, MnetError *error)
{
    size_t pictures = 0, styles = 0;
    *found = (MnetPaintingInputs){ MNET_NO_INPUT, MNET_NO_INPUT };
    for (size_t i = 0; i < n; i++) {
        if (is_picture(inputs[i])) {
            found->picture = i;
            pictures++;
        } else if (row_of_numbers(inputs[i]) && has_numbers(inputs[i])) {
            found->style = i;
            styles++;
        }
    }
    if (pictures == 1 && styles <= 1 && pictures + styles == n)
        return MNET_OK;
    return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                          "it has %zu inputs, of which %zu are pictures and %zu rows of numbers; "
                          "expected is one picture, and at most one row of numbers, a style",
                          n, pictures, styles);
}

MnetStatus mnet_painting_check_style(const MnetTensorInfo *style, const MnetTensorInfo *made,
                                     MnetError *error)
{
    if (!row_of_numbers(made) || !has_numbers(made))
        return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                              "its output \"%.80s\" is no row of numbers; one of the %zu numbers "
                              "of a style is expected",
                              made->name, style->elements);
    if (row_of_numbers(made) == style->elements)
        return MNET_OK;
    return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                          "it makes a style of %zu numbers, %zu are expected", made->elements,
                          style->elements);
}

void mnet_painting_set_style(const MnetTensorInfo *style, void *tensor, const MnetTensorInfo *made,
                             const void *data)
{
    float low = style->type == MNET_TYPE_INT8 ? -128 : 0;
    for (size_t i = 0; i < style->elements; i++) {
        float real = mnet_tensor_value(made, data, i);
        if (style->type == MNET_TYPE_FLOAT32) {
            ((float *)tensor)[i] = real;
            continue;
        }
        float stored = roundf(real / style->scale) + (float)style->zero_point;
        stored = stored > low ? (stored < low + 255 ? stored : low + 255) : low;
        ((uint8_t *)tensor)[i] = (uint8_t)(int)stored;
    }
}
