/* SPDX-License-Identifier: MIT
 *
 * The public object: what a frame and a tensor may be, where the picture lies
 * in both, and the conversion of a frame. */
#include "image_internal.h"

#include "base/cpu.h"
#include "base/error.h"
#include "base/memory.h"
#include "image_rows_orc.h"

#include <pthread.h>
#include <string.h>

/* ORC compiles the row functions once in a process, never for a frame. */
static pthread_once_t rows_once = PTHREAD_ONCE_INIT;

static MnetStatus check_frame(const MnetFrameInfo *frame, MnetError *error)
{
    MnetImageFormat format;
    if (!mnet_image_format(frame->format, &format))
        return mnet_error_set(error, MNET_ERROR_ARGUMENT, "%d is no pixel format", frame->format);
    if ((unsigned)frame->matrix > MNET_MATRIX_BT2020)
        return mnet_error_set(error, MNET_ERROR_ARGUMENT, "%d is no colour matrix", frame->matrix);
    if (frame->width < 1 || frame->width > MNET_IMAGE_MAX_SIZE || frame->height < 1 ||
        frame->height > MNET_IMAGE_MAX_SIZE)
        return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                              "frame is %dx%d: each side must be 1 to %d pixels", frame->width,
                              frame->height, MNET_IMAGE_MAX_SIZE);
    return MNET_OK;
}

static MnetStatus check_tensor(const MnetTensorInfo *tensor, bool prior, MnetError *error)
{
    const char *name = tensor->name ? tensor->name : "";
    if (tensor->rank != 4 || tensor->dims[0] != 1)
        return mnet_error_set(
            error, MNET_ERROR_ARGUMENT,
            "input %s has %d dimensions: a picture has 4, of which the first is 1", name,
            tensor->rank);
    bool first = tensor->channels_first;
    int32_t height = tensor->dims[first ? 2 : 1];
    int32_t width = tensor->dims[first ? 3 : 2];
    int32_t channels = tensor->dims[first ? 1 : 3];
    if (prior && channels != 4)
        return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                              "input %s has %d channels: a picture and a channel more have 4", name,
                              channels);
    if (!prior && channels != 1 && channels != 3)
        return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                              "input %s has %d channels: a picture has 1 or 3", name, channels);
    if (width < 1 || width > MNET_IMAGE_MAX_SIZE || height < 1 || height > MNET_IMAGE_MAX_SIZE)
        return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                              "input %s is %dx%d: each side must be 1 to %d pixels", name, width,
                              height, MNET_IMAGE_MAX_SIZE);
    if (tensor->type != MNET_TYPE_UINT8 && tensor->type != MNET_TYPE_INT8 &&
        tensor->type != MNET_TYPE_FLOAT32)
        return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                              "input %s is %s: a picture is uint8, int8 or float32", name,
                              mnet_type_name(tensor->type));
    return MNET_OK;
}

/* Places arrays in one block; with base NULL it only counts. */
typedef struct {
    uint8_t *base;
    size_t used;
} Block;

static void *place(Block *block, size_t count, size_t size)
{
    void *array = block->base ? block->base + block->used : NULL;
    block->used += mnet_round_up(count * size, MNET_ALIGN);
    return array;
}

static int32_t samples_of(int32_t pixels, int32_t sub)
{
    return (pixels + sub - 1) / sub;
}

static void place_grid(MnetImageGrid *grid, Block *block, int32_t samples, int32_t width,
                       int32_t height)
{
    grid->rows.rows = place(block, height, sizeof grid->rows.rows[0]);
    grid->columns.start =
        place(block, (size_t)width + MNET_IMAGE_GROUP, sizeof grid->columns.start[0]);
    grid->columns.weights =
        place(block, mnet_image_columns_bound(samples, width), sizeof grid->columns.weights[0]);
}

/* All tables and scratch, large enough for every region of the frame. */
static void place_all(MnetImage *image, Block *block)
{
    size_t elements = 0;
    for (int i = 0; i < image->grids; i++) {
        int step = image->format.step[i];
        int32_t samples = samples_of(image->frame.width, image->format.sub_x[i]);
        if ((size_t)samples * step > elements)
            elements = (size_t)samples * step;
        place_grid(&image->grid[i], block, samples, image->width, image->height);
    }
    size_t width = image->width;
    image->row = place(block, elements + MNET_IMAGE_ROW_PADDING, sizeof image->row[0]);
    image->picked = place(block, elements + MNET_IMAGE_ROW_PADDING, sizeof image->picked[0]);
    image->total = place(block, elements, sizeof image->total[0]);
    image->part = place(block, elements, sizeof image->part[0]);
    image->zero = place(block, elements, sizeof image->zero[0]);
    for (int i = 0; i < image->components; i++)
        image->sample[i] = place(block, width + MNET_IMAGE_GROUP, sizeof image->sample[i][0]);
    for (int i = 0; i < image->channels; i++) {
        image->byte[i] = place(block, width, 1);
        image->black[i] = place(block, width, 1);
    }
}

static void set_shape(MnetImage *image, const MnetFrameInfo *frame, const MnetTensorInfo *tensor)
{
    image->frame = *frame;
    mnet_image_format(frame->format, &image->format);
    image->channels_first = tensor->channels_first;
    image->height = tensor->dims[tensor->channels_first ? 2 : 1];
    image->width = tensor->dims[tensor->channels_first ? 3 : 2];
    image->pixel = tensor->dims[tensor->channels_first ? 1 : 3];
    image->channels = image->pixel < 3 ? 1 : 3;
    image->is_float = tensor->type == MNET_TYPE_FLOAT32;

    bool luma_only = image->channels == 1 && image->format.color == MNET_COLOR_YUV;
    image->components = luma_only ? 1 : image->format.components;
    for (int i = 0; i < image->components; i++) {
        const MnetImageComponent *at = &image->format.component[i];
        image->planes = at->plane + 1 > image->planes ? at->plane + 1 : image->planes;
        image->grids = at->grid + 1 > image->grids ? at->grid + 1 : image->grids;
    }
}

MnetImage *mnet_image_new(const MnetFrameInfo *frame, const MnetTensorInfo *tensor,
                          const MnetImageOptions *options, MnetError *error)
{
    if (check_frame(frame, error) != MNET_OK ||
        check_tensor(tensor, options->prior, error) != MNET_OK)
        return NULL;
    if ((unsigned)options->fit > MNET_FIT_CROP) {
        mnet_error_set(error, MNET_ERROR_ARGUMENT, "%d is no way to fit a frame", options->fit);
        return NULL;
    }
    MnetImage shape = { .fit = options->fit };
    set_shape(&shape, frame, tensor);
    if (mnet_cpu_kernels(NULL, &shape.kernels, error) != MNET_OK ||
        mnet_image_numbers_set(&shape, tensor, options, error) != MNET_OK)
        return NULL;
    mnet_image_mix_set(shape.mix, &shape.format, frame, shape.channels, options->bgr);

    Block block = { NULL, mnet_round_up(sizeof shape, MNET_ALIGN) };
    place_all(&shape, &block);
    MnetImage *image = mnet_calloc(1, block.used);
    if (!image) {
        mnet_error_memory(error, block.used);
        return NULL;
    }
    *image = shape;
    block = (Block){ (uint8_t *)image, mnet_round_up(sizeof shape, MNET_ALIGN) };
    place_all(image, &block);
    pthread_once(&rows_once, mnet_rows_init);
    for (int i = 0; i < image->channels; i++)
        memset(image->black[i], image->byte_of[i][0], image->width);
    mnet_image_set_region(image, NULL);
    return image;
}

void mnet_image_free(MnetImage *image)
{
    mnet_free(image);
}

static MnetRect clip(const MnetRect *region, int32_t width, int32_t height)
{
    MnetRect whole = { 0, 0, width, height };
    if (!region || region->width <= 0 || region->height <= 0)
        return whole;
    int64_t left = region->x > 0 ? region->x : 0;
    int64_t top = region->y > 0 ? region->y : 0;
    int64_t right = (int64_t)region->x + region->width;
    int64_t bottom = (int64_t)region->y + region->height;
    right = right < width ? right : width;
    bottom = bottom < height ? bottom : height;
    if (left >= right || top >= bottom)
        return whole;
    return (MnetRect){ (int32_t)left, (int32_t)top, (int32_t)(right - left),
                       (int32_t)(bottom - top) };
}

/* `side` of a letterboxed picture whose other side fills the tensor:
 * side * to / from, to the nearest pixel, at least one. */
static int32_t letterbox_side(int64_t side, int64_t to, int64_t from)
{
    int64_t result = (2 * side * to + from) / (2 * from);
    return result > 0 ? (int32_t)result : 1;
}

static MnetRect content_of(const MnetImage *image)
{
    MnetRect content = { 0, 0, image->width, image->height };
    if (image->fit != MNET_FIT_LETTERBOX)
        return content;
    int64_t width = image->region.width;
    int64_t height = image->region.height;
    if (width * image->height > height * image->width)
        content.height = letterbox_side(height, image->width, width);
    else
        content.width = letterbox_side(width, image->height, height);
    content.x = (image->width - content.width) / 2;
    content.y = (image->height - content.height) / 2;
    return content;
}

/* One side of the region, in frame pixels: all of it, or its middle
 * `other_side * count / other_count` pixels when that is less. */
static MnetImageAxis axis_of(const MnetImage *image, int32_t start, int32_t side, int32_t count,
                             int32_t other_side, int32_t other_count)
{
    MnetImageAxis axis = { start, side, 1, count, start, start + side };
    int64_t cut = (int64_t)side * other_count - (int64_t)other_side * count;
    if (image->fit == MNET_FIT_CROP && cut > 0) {
        axis.den = 2 * (int64_t)other_count;
        axis.start = start * axis.den + cut;
        axis.length = side * axis.den - 2 * cut;
    }
    return axis;
}

/* The same in samples of which one spans `sub` pixels. */
static MnetImageAxis in_samples(MnetImageAxis axis, int32_t sub)
{
    axis.den *= sub;
    axis.first /= sub;
    axis.last = samples_of(axis.last, sub);
    return axis;
}

static void set_geometry(MnetImage *image, const MnetImageAxis *x, const MnetImageAxis *y)
{
    MnetGeometry *geometry = &image->geometry;
    geometry->scale_x = (double)x->length / (double)(x->den * x->count);
    geometry->scale_y = (double)y->length / (double)(y->den * y->count);
    geometry->offset_x = (double)x->start / (double)x->den - image->content.x * geometry->scale_x;
    geometry->offset_y = (double)y->start / (double)y->den - image->content.y * geometry->scale_y;
}

static void set_spans(MnetImage *image)
{
    for (int i = 0; i < image->planes; i++)
        image->span[i] = (MnetImageSpan){ INT32_MAX, 0, i > 0 };
    for (int i = 0; i < image->components; i++) {
        const MnetImageComponent *at = &image->format.component[i];
        const MnetImageColumns *columns = &image->grid[at->grid].columns;
        MnetImageSpan *span = &image->span[at->plane];
        int32_t step = image->format.step[at->grid];
        int32_t lo = columns->lo * step + at->offset;
        int32_t hi = (columns->hi - 1) * step + at->offset + 1;
        span->lo = lo < span->lo ? lo : span->lo;
        span->hi = hi > span->hi ? hi : span->hi;
    }
}

void mnet_image_set_region(MnetImage *image, const MnetRect *region)
{
    MnetRect clipped = clip(region, image->frame.width, image->frame.height);
    if (memcmp(&clipped, &image->region, sizeof clipped) == 0)
        return;
    image->region = clipped;
    image->content = content_of(image);
    const MnetRect *content = &image->content;
    MnetImageAxis x =
        axis_of(image, clipped.x, clipped.width, content->width, clipped.height, content->height);
    MnetImageAxis y =
        axis_of(image, clipped.y, clipped.height, content->height, clipped.width, content->width);
    set_geometry(image, &x, &y);
    for (int i = 0; i < image->grids; i++) {
        MnetImageAxis grid_x = in_samples(x, image->format.sub_x[i]);
        MnetImageAxis grid_y = in_samples(y, image->format.sub_y[i]);
        mnet_image_rows_set(&image->grid[i].rows, &grid_y, image->format.depth);
        mnet_image_columns_set(&image->grid[i].columns, &grid_x);
        mnet_image_grid_normalize(&image->grid[i]);
    }
    set_spans(image);
    for (int i = 0; i < image->channels; i++)
        memcpy(image->byte[i], image->black[i], image->width);
}

void mnet_image_geometry(const MnetImage *image, MnetGeometry *geometry)
{
    *geometry = image->geometry;
}

/* Row `y` of the content as bytes, by channel. */
static void make_bytes(MnetImage *image, const MnetPlanes *planes, int32_t y)
{
    for (int plane = 0; plane < image->planes; plane++) {
        mnet_image_sample_rows(image, planes, plane, y);
        for (int i = 0; i < image->components; i++)
            if (image->format.component[i].plane == plane)
                mnet_image_sample_columns(image, i);
    }
    const int16_t *sample[3];
    for (int i = 0; i < 3; i++) /* one that is not there has a coefficient of 0 */
        sample[i] = image->sample[i < image->components ? i : 0];
    size_t n = (size_t)image->content.width;
    for (int c = 0; c < image->channels; c++) {
        uint8_t *byte = image->byte[c] + image->content.x;
        image->kernels->image.matrix(&image->mix[c], n, sample, byte);
        if (!image->is_float && !image->same[c])
            image->kernels->lut8(n, byte, image->byte_of[c], byte);
    }
}

/* One row of bytes whose fourth channel stays. */
static void store_three_of_four(size_t n, uint8_t *to, const uint8_t *const byte[3])
{
    const uint8_t *red = byte[0], *green = byte[1], *blue = byte[2];
    for (size_t i = 0; i < n; i++, to += 4) {
        to[0] = red[i];
        to[1] = green[i];
        to[2] = blue[i];
    }
}

/* One row, channels side by side. */
static void store_pixels(const MnetImage *image, void *tensor, size_t at,
                         const uint8_t *const byte[3])
{
    size_t n = (size_t)image->width;
    if (!image->is_float && image->pixel == 4) {
        store_three_of_four(n, (uint8_t *)tensor + at, byte);
        return;
    }
    if (!image->is_float) {
        image->kernels->image.interleave(n, byte, (uint8_t *)tensor + at);
        return;
    }
    const uint8_t *red = byte[0], *green = byte[1], *blue = byte[2];
    float *to = (float *)tensor + at;
    for (size_t i = 0; i < n; i++, to += image->pixel) {
        to[0] = image->float_of[0][red[i]];
        to[1] = image->float_of[1][green[i]];
        to[2] = image->float_of[2][blue[i]];
    }
}

/* One row of one channel. */
static void store_channel(const MnetImage *image, void *tensor, size_t at, int channel,
                          const uint8_t *byte)
{
    size_t n = (size_t)image->width;
    if (!image->is_float) {
        memcpy((uint8_t *)tensor + at, byte, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        ((float *)tensor)[at + i] = image->float_of[channel][byte[i]];
}

static void store(const MnetImage *image, void *tensor, int32_t y, const uint8_t *const byte[3])
{
    size_t row = (size_t)y * image->width;
    size_t area = (size_t)image->width * image->height;
    if (image->channels == 3 && !image->channels_first) {
        store_pixels(image, tensor, row * (size_t)image->pixel, byte);
        return;
    }
    for (int c = 0; c < image->channels; c++)
        store_channel(image, tensor, area * c + row, c, byte[c]);
}

void mnet_image_convert(MnetImage *image, const MnetPlanes *planes, void *tensor)
{
    const uint8_t *const byte[3] = { image->byte[0], image->byte[1], image->byte[2] };
    const uint8_t *const black[3] = { image->black[0], image->black[1], image->black[2] };
    for (int32_t y = 0; y < image->height; y++) {
        int32_t inside = y - image->content.y;
        if (inside >= 0 && inside < image->content.height) {
            make_bytes(image, planes, inside);
            store(image, tensor, y, byte);
        } else {
            store(image, tensor, y, black);
        }
    }
}
