/* SPDX-License-Identifier: MIT
 *
 * What the files of the image room share: frame formats, sampling grids, colour
 * and the object itself.
 *
 * One output row is made in five steps by slots of the kernel table: rows of a
 * plane are weighed together in the frame's own colour space; the samples of each
 * component are picked from the sum; `columns` weighs neighbours together; a
 * matrix makes 8-bit RGB or luma; a table of 256 entries makes the tensor's
 * numbers of them. */
#ifndef MNET_IMAGE_INTERNAL_H
#define MNET_IMAGE_INTERNAL_H

#include <mnet/image.h>

#include "kernels/kernels.h"

/* Largest width and height of frames and of tensors.  All products of the
 * sampling arithmetic below fit 63 bits because of it. */
#define MNET_IMAGE_MAX_SIZE 16384

/* Where a component lies: sample x is element x * step + offset of a row. */
typedef struct {
    uint8_t plane;
    uint8_t offset;
    uint8_t grid; /* 0: luma and RGB, 1: chroma */
} MnetImageComponent;

typedef enum { MNET_COLOR_RGB, MNET_COLOR_YUV, MNET_COLOR_GRAY } MnetImageColor;

typedef struct {
    MnetImageColor color;
    uint8_t components; /* 1 or 3: R G B, Y U V or Y */
    uint8_t depth;      /* bits of a sample: 8, or 10 in 16-bit words */
    uint8_t align;      /* 10 bits: factor that moves the sample to the high bits */
    uint8_t sub_x[2];   /* frame pixels to a sample, by grid */
    uint8_t sub_y[2];
    uint8_t step[2]; /* elements from one sample to the next, by grid */
    MnetImageComponent component[3];
} MnetImageFormat;

/* The part of one axis that fills `count` outputs: from start / den on,
 * length / den long, in samples.  Samples in [first, last) may be read. */
typedef struct {
    int64_t start;
    int64_t length;
    int64_t den;
    int32_t count;
    int32_t first;
    int32_t last;
} MnetImageAxis;

/* Source rows of one output row: the edge rows `first` and `last` with their
 * weights, and `whole` rows behind `first` that all have the weight `inner`. */
typedef struct {
    int32_t first;
    int32_t last;
    int32_t whole;
    uint16_t first_weight;
    uint16_t last_weight;
} MnetImageRow;

typedef struct {
    MnetRowsMode mode;
    uint16_t inner;
    uint16_t fill; /* MNET_ROWS_BOX: a power of two that makes sums fill 16 bits */
    uint8_t bits;  /* MNET_ROWS_LONG: sums are shifted right by this */
    double gain;   /* result = sample in steps of 8 bits * gain, at most 32767 */
    MnetImageRow *rows;
} MnetImageRows;

/* Output i is the sum of `taps` weighted samples, of which the first is sample
 * lo + start[i]; see MnetColumnSum. */
typedef struct {
    int32_t taps; /* 8 or a multiple of 16 */
    int32_t lo;   /* samples [lo, hi) are looked at */
    int32_t hi;
    int32_t sum; /* of one output's weights: 2^14 to 2^16 */
    uint16_t *start;
    int16_t *weights;
} MnetImageColumns;

/* How components of one resolution are sampled. */
typedef struct {
    MnetImageRows rows;
    MnetImageColumns columns;
    uint8_t bits;    /* sum >> bits has 16 bits, */
    uint16_t factor; /* times factor >> 16 is in 1/128 of a step */
} MnetImageGrid;

/* Elements [lo, hi) of a plane's rows are looked at. */
typedef struct {
    int32_t lo;
    int32_t hi;
    uint8_t grid; /* whose rows it is sampled by */
} MnetImageSpan;

/* Rows that the next output row is the first to read of a plane.  They are brought
 * into the cache bit by bit while this one's columns are computed: else the row
 * step waits for memory that is idle the rest of the time. */
typedef struct {
    uintptr_t at; /* may lie behind the frame: an address, no pointer */
    ptrdiff_t stride;
    int32_t rows;
    int32_t lines; /* of 64 bytes of each row at a time */
} MnetImageAhead;

struct MnetImage {
    const MnetKernels *kernels;
    MnetFrameInfo frame;
    MnetFit fit;
    MnetRect region;
    MnetImageFormat format;
    MnetGeometry geometry;

    int32_t width; /* of the tensor */
    int32_t height;
    int32_t channels; /* that are written */
    int32_t pixel;    /* that the tensor has: one more that is the caller's, or none */
    bool is_float;
    bool channels_first;

    /* The part of the tensor that the picture fills; the rest is black. */
    MnetRect content;
    int32_t components; /* that are needed */
    int32_t planes;
    int32_t grids;
    MnetImageGrid grid[2];
    MnetImageSpan span[4];
    MnetImageAhead ahead[4];
    MnetColorMix mix[3]; /* of samples in 1/128 */

    /* The tensor's number for each byte, by channel; one of the two is used. */
    uint8_t byte_of[3][256];
    float float_of[3][256];
    bool same[3]; /* byte_of[] of the channel is the byte itself */

    /* Scratch. */
    int16_t *row;       /* one plane's row after the row step */
    int16_t *picked;    /* the samples of one component of it */
    uint32_t *total;    /* sums of long boxes */
    uint16_t *part;     /* the same, before they are added to `total` */
    uint16_t *zero;     /* a source row of zeros */
    int16_t *sample[3]; /* components after the column step, in 1/128 of a step */
    /* One output row by channel, black outside of `content`, and one that is all
     * black: bytes of the tensor, or of the picture when the tensor is float. */
    uint8_t *byte[3];
    uint8_t *black[3];
};

/* image_format.c: false for a number that is no format. */
bool mnet_image_format(MnetPixelFormat number, MnetImageFormat *format);

/* image_grid.c: fill the tables of one axis.  `weights` of the columns must
 * have mnet_image_columns_bound() elements. */
void mnet_image_rows_set(MnetImageRows *rows, const MnetImageAxis *axis, int depth);
void mnet_image_columns_set(MnetImageColumns *columns, const MnetImageAxis *axis);
size_t mnet_image_columns_bound(int32_t samples, int32_t count);
/* `bits` and `factor`, from the tables. */
void mnet_image_grid_normalize(MnetImageGrid *grid);

/* image_sample.c: the row step of plane `plane`, and the column step of a
 * component of it, for row `y` of the content. */
void mnet_image_sample_rows(MnetImage *image, const MnetPlanes *planes, int plane, int32_t y);
void mnet_image_sample_columns(MnetImage *image, int component);

/* image_color.c: the matrix of the frame's colours, and the tensor's numbers. */
void mnet_image_mix_set(MnetColorMix mix[3], const MnetImageFormat *format,
                        const MnetFrameInfo *frame, int32_t channels, bool bgr);
MnetStatus mnet_image_numbers_set(MnetImage *image, const MnetTensorInfo *tensor,
                                  const MnetImageOptions *options, MnetError *error);

#endif
