/* SPDX-License-Identifier: MIT
 *
 * The row step and the column step of one output row. */
#include "image_internal.h"

#define LINE 64 /* bytes of a cache line */

/* Outputs between two portions of what is ahead, a multiple of MNET_IMAGE_GROUP;
 * lines that fit between two: beyond, memory is never idle. */
#define PORTION 128
#define MOST_LINES 48

/* What row y + 1 of the content will read behind what row y reads. */
static void look_ahead(MnetImage *image, const MnetRowSum *sum, int plane, int32_t y)
{
    const MnetImageSpan *span = &image->span[plane];
    const MnetImageRow *row = &image->grid[span->grid].rows.rows[y];
    int32_t bytes = (span->hi - span->lo) * (image->format.depth == 8 ? 1 : 2);
    int32_t portions = (image->content.width + PORTION - 1) / PORTION * image->components;
    MnetImageAhead *ahead = &image->ahead[plane];
    *ahead = (MnetImageAhead){
        .at = (uintptr_t)sum->first + (uintptr_t)((sum->last + 1) * sum->stride),
        .stride = sum->stride,
        .rows = y + 1 < image->content.height ? row[1].last - row->last : 0,
        .lines = (bytes + LINE * portions - 1) / (LINE * portions),
    };
    if (ahead->rows * ahead->lines > MOST_LINES)
        ahead->rows = 0;
}

/* Nothing is read: that the last portion may pass the end of a row is no harm. */
static void fetch_portion(MnetImageAhead *ahead)
{
    uintptr_t at = ahead->at;
    for (int32_t i = 0; i < ahead->rows; i++, at += (uintptr_t)ahead->stride)
        for (int32_t k = 0; k < ahead->lines; k++)
            __builtin_prefetch((const void *)(at + (uintptr_t)k * LINE), 0, 2);
    ahead->at += (uintptr_t)ahead->lines * LINE;
}

void mnet_image_sample_rows(MnetImage *image, const MnetPlanes *planes, int plane, int32_t y)
{
    const MnetImageSpan *span = &image->span[plane];
    const MnetImageRows *rows = &image->grid[span->grid].rows;
    const MnetImageRow *row = &rows->rows[y];
    bool bytes = image->format.depth == 8;
    MnetRowSum sum = {
        .mode = rows->mode,
        .first = planes->data[plane] + row->first * planes->stride[plane] +
                 (ptrdiff_t)span->lo * (bytes ? 1 : 2),
        .stride = planes->stride[plane],
        .whole = row->whole,
        .last = row->last - row->first,
        .first_weight = row->first_weight,
        .last_weight = row->last_weight,
        .inner = rows->inner,
        .fill = rows->fill,
        .bits = rows->bits,
        .align = image->format.align,
        .zero = image->zero,
        .part = image->part,
        .total = image->total,
    };
    size_t n = (size_t)(span->hi - span->lo);
    if (bytes)
        image->kernels->image.rows8(&sum, n, image->row);
    else
        image->kernels->image.rows10(&sum, n, image->row);
    look_ahead(image, &sum, plane, y);
}

void mnet_image_sample_columns(MnetImage *image, int component)
{
    const MnetImageComponent *at = &image->format.component[component];
    const MnetImageGrid *grid = &image->grid[at->grid];
    const MnetImageColumns *columns = &grid->columns;
    size_t step = image->format.step[at->grid];
    MnetColumnSum sum = {
        .taps = (size_t)columns->taps,
        .start = columns->start,
        .weights = columns->weights,
        .bits = grid->bits,
        .factor = grid->factor,
    };
    const int16_t *samples =
        image->row + (columns->lo * (ptrdiff_t)step + at->offset - image->span[at->plane].lo);
    if (step > 1) {
        image->kernels->image.pick(step, (size_t)(columns->hi - columns->lo), samples,
                                   image->picked);
        samples = image->picked;
    }
    for (int32_t i = 0; i < image->content.width; i += PORTION) {
        int32_t n = image->content.width - i < PORTION ? image->content.width - i : PORTION;
        for (int plane = 0; plane < image->planes; plane++)
            fetch_portion(&image->ahead[plane]);
        image->kernels->image.columns(&sum, (size_t)n, samples, image->sample[component] + i);
        sum.start += PORTION;
        sum.weights += PORTION * sum.taps;
    }
}
