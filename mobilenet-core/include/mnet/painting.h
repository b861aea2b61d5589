/* SPDX-License-Identifier: MIT
 *
 * Image-to-image networks, whose output is a picture: brightening, denoising, style
 * transfer, enlarging.  From the output tensor to rows of RGB bytes, and the second
 * input of networks that take a style. */
#ifndef MNET_PAINTING_H
#define MNET_PAINTING_H

#include <mnet/image.h>
#include <mnet/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MNET_NO_INPUT SIZE_MAX

/* Inputs of a network, by their numbers. */
typedef struct {
    size_t picture;
    size_t style; /* a row of numbers that another network makes of a picture, or MNET_NO_INPUT */
} MnetPaintingInputs;

/* Finds them among the `n` inputs of a network: one picture, and at most one other
 * input, of at least 2 numbers in one dimension, float32 or 8 bits with a scale.
 * Another status and `error` filled otherwise, naming what was found and expected. */
MNET_API MnetStatus mnet_painting_find_inputs(const MnetTensorInfo *const *inputs, size_t n,
                                              MnetPaintingInputs *found, MnetError *error);

/* Is `made`, an output of a network that predicts styles, what the input `style`
 * takes: as many numbers, in one dimension?  Another status and `error` filled
 * otherwise, naming the two counts. */
MNET_API MnetStatus mnet_painting_check_style(const MnetTensorInfo *style,
                                              const MnetTensorInfo *made, MnetError *error);
/* Writes the numbers in `data`, of an output that was checked, to the bytes `tensor` of
 * the input `style`; 8-bit ones are clamped.  Cannot fail, allocates nothing. */
MNET_API void mnet_painting_set_style(const MnetTensorInfo *style, void *tensor,
                                      const MnetTensorInfo *made, const void *data);

/* What an image-to-image network most likely wants of its picture: as
 * mnet_image_default_options(), but where the file does not tell how float32 is
 * normalised, -1 to 1 only for an output made by TANH, else 0 to 1. */
MNET_API void mnet_painting_default_options(const MnetTensorInfo *input,
                                            const MnetTensorInfo *output,
                                            const MnetNormalization *normalization,
                                            MnetImageOptions *options);

/* Reads pictures from an output tensor: immutable, any number of threads. */
typedef struct MnetPainting MnetPainting;

/* `input` is the network's picture, fed as `options` say; `output` what the network
 * makes of it: 1 x h x w x 3, 1 x 3 x h x w, or the same without the 1, of the
 * input's aspect at any scale; float32, uint8 or int8; not made by SOFTMAX or ARG_MAX.
 * One channel is a mask or a depth map, not a picture, and refused.
 *
 * byte = real * std[c] + mean[c] by `range`, or, when that is NULL,
 * - 0 to 1 of outputs made by LOGISTIC, -1 to 1 of those made by TANH;
 * - else of 8-bit outputs: the bytes as they are without a scale; what their range is
 *   nearest to of 0 to 1, -1 to 1 and 0 to 255 with one;
 * - else the real numbers that the input has by `options`.
 * The channels have the order of the input's.  Nothing that is given need outlive the
 * call.  NULL and `error` filled otherwise, naming what was found and what is
 * expected. */
MNET_API MnetPainting *mnet_painting_new(const MnetTensorInfo *input,
                                         const MnetImageOptions *options,
                                         const MnetTensorInfo *output,
                                         const MnetNormalization *range, MnetError *error);
MNET_API void mnet_painting_free(MnetPainting *painting); /* NULL is allowed */

/* Of the picture, pixels. */
MNET_API int32_t mnet_painting_width(const MnetPainting *painting);
MNET_API int32_t mnet_painting_height(const MnetPainting *painting);

/* Writes `rows` rows from row `first` on, which are within the height, to `rgb`: width
 * times 3 bytes each, rounded to nearest and clamped; what is no number is 0.  `data` is
 * the output tensor's bytes.  Cannot fail, allocates nothing. */
MNET_API void mnet_painting_read(const MnetPainting *painting, const void *data, int32_t first,
                                 int32_t rows, uint8_t *rgb);

#ifdef __cplusplus
}
#endif
#endif
