/* SPDX-License-Identifier: MIT
 *
 * From the planes of a video frame to a network's input tensor, in one pass:
 * colour conversion, crop, scaling, normalisation and quantisation. */
#ifndef MNET_IMAGE_H
#define MNET_IMAGE_H

#include <mnet/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Memory layouts as GstVideoFormat defines them. */
typedef enum {
    MNET_PIXEL_NV12,
    MNET_PIXEL_NV21,
    MNET_PIXEL_I420,
    MNET_PIXEL_YV12,
    MNET_PIXEL_YUY2,
    MNET_PIXEL_UYVY,
    MNET_PIXEL_Y42B,
    MNET_PIXEL_Y444,
    MNET_PIXEL_I420_10LE,
    MNET_PIXEL_P010_10LE,
    MNET_PIXEL_RGB,
    MNET_PIXEL_BGR,
    MNET_PIXEL_RGBX, /* also RGBA: alpha is not looked at */
    MNET_PIXEL_BGRX,
    MNET_PIXEL_XRGB,
    MNET_PIXEL_XBGR,
    MNET_PIXEL_GRAY8
} MnetPixelFormat;

typedef enum { MNET_MATRIX_BT601, MNET_MATRIX_BT709, MNET_MATRIX_BT2020 } MnetMatrix;

/* How a frame whose aspect differs from the network's is placed. */
typedef enum {
    MNET_FIT_STRETCH,   /* aspect not kept: the whole frame fills the tensor */
    MNET_FIT_LETTERBOX, /* whole frame, aspect kept, centred, rest black */
    MNET_FIT_CROP       /* aspect kept, the tensor filled, centred, rest cut */
} MnetFit;

/* What frames look like.  1x1 to 16384x16384. */
typedef struct {
    MnetPixelFormat format;
    int32_t width;
    int32_t height;
    MnetMatrix matrix; /* of YUV formats */
    bool full_range;   /* of YUV and gray formats: 0..255 instead of 16..235 */
} MnetFrameInfo;

/* How the tensor wants its numbers. */
typedef struct {
    MnetFit fit;
    bool bgr; /* channel order of the first 3 channels; false: RGB */
    /* The tensor has a fourth channel, which is the caller's and left as it is: for
     * networks that see the mask of the frame before. */
    bool prior;
    /* real = (byte - mean[c]) / std[c], byte = 0..255 of channel c in the
     * tensor's order; std not 0.  `raw`: no normalisation, uint8 tensors get
     * the byte, int8 tensors the byte - 128, float tensors the byte. */
    bool raw;
    float mean[4];
    float std[4];
} MnetImageOptions;

/* Fills `options` with what `tensor` most likely wants where nobody tells:
 * stretched, RGB, and by type
 * - uint8: raw, whatever its scale says (such networks are trained on bytes);
 * - int8: `normalization` when its numbers fit into the tensor's range; ImageNet's
 *   mean and deviation when that range is about -2.12 to 2.64, those of MobileNet's
 *   version for Caffe, and BGR, when it is -2.10 to 2.57; else, and when the
 *   normalisation spans the whole range anyway, raw: bytes 0..255 are the range;
 * - float32: `normalization`, else byte / 127.5 - 1.
 * `normalization` is what the file says (mnet_model_normalization()), or NULL;
 * it is not checked here but by mnet_image_new(). */
MNET_API void mnet_image_default_options(const MnetTensorInfo *tensor,
                                         const MnetNormalization *normalization,
                                         MnetImageOptions *options);

/* The first byte of each plane and the bytes from one row to the next (may be
 * negative).  Packed and gray formats use [0] only.  Of 10-bit formats both are
 * even: samples of two bytes lie at multiples of two. */
typedef struct {
    const uint8_t *data[4];
    ptrdiff_t stride[4];
} MnetPlanes;

/* A part of the frame, in pixels. */
typedef struct {
    int32_t x, y, width, height;
} MnetRect;

/* frame = tensor * scale + offset, for coordinates in pixels whose integers are
 * pixel edges: tensor 0 is the left (top) edge of the tensor. */
typedef struct {
    double scale_x, scale_y;
    double offset_x, offset_y;
} MnetGeometry;

/* Tables and scratch for one pair of frame format and tensor.  One thread at a
 * time. */
typedef struct MnetImage MnetImage;

/* `tensor` is an input of a network: 1 x h x w x c, or 1 x c x h x w when
 * channels_first; c is 1 (luma) or 3, or 4 with `prior`; uint8, int8 or float32.  NULL and
 * `error` filled when it cannot be one, a size is out of range, std is 0 or not
 * finite, the environment variable MNET_CPU names kernels that are not there, or
 * memory is short.  The region is the whole frame at first. */
MNET_API MnetImage *mnet_image_new(const MnetFrameInfo *frame, const MnetTensorInfo *tensor,
                                   const MnetImageOptions *options, MnetError *error);
MNET_API void mnet_image_free(MnetImage *image); /* NULL is allowed */

/* Converts only `region` of the following frames; NULL: the whole frame.
 * Clipped to the frame; an empty one is the whole frame.  Allocates nothing;
 * cheap when it does not change. */
MNET_API void mnet_image_set_region(MnetImage *image, const MnetRect *region);

/* Where the tensor lies on the frame, for the region and fit in force. */
MNET_API void mnet_image_geometry(const MnetImage *image, MnetGeometry *geometry);

/* Fills `tensor` (of the size and type given to mnet_image_new()) from a frame.
 * Averages over areas where it shrinks, else bilinear with pixel centres at halves.
 * Reads only the pixels of the region that count.  Cannot fail, allocates nothing. */
MNET_API void mnet_image_convert(MnetImage *image, const MnetPlanes *planes, void *tensor);

#ifdef __cplusplus
}
#endif
#endif
