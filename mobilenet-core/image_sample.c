/* SPDX-License-Identifier: MIT
 *
 * The row step (by ORC, over all elements of the rows that are needed) and the
 * column step (which gathers, so in C) of one output row. */
#include "image_internal.h"
#include "image_rows_orc.h"

#include <string.h>

/* Rows that fit a 16-bit sum: of 8-bit samples, of 10-bit ones. */
#define PART_ROWS_8 256
#define PART_ROWS_10 64

/* A plane's rows from the first element on that is looked at. */
typedef struct {
    const uint8_t *data;
    ptrdiff_t stride;
    int n;     /* elements */
    int align; /* 10-bit samples only */
} Source;

static const uint8_t *at8(const Source *source, int32_t row)
{
    return source->data + row * source->stride;
}

static const uint16_t *at10(const Source *source, int32_t row)
{
    return (const uint16_t *)(const void *)at8(source, row);
}

/* Whole row number `i` behind the first edge row, or zeros where there are less. */
static const uint8_t *whole8(const MnetImage *image, const Source *source, const MnetImageRow *row,
                             int32_t i)
{
    return i < row->whole ? at8(source, row->first + 1 + i) : image->zero;
}

static const uint16_t *whole10(const MnetImage *image, const Source *source,
                               const MnetImageRow *row, int32_t i)
{
    return (const uint16_t *)(const void *)whole8(image, source, row, i);
}

static void long_box8(MnetImage *image, const MnetImageRows *rows, const MnetImageRow *row,
                      const Source *source)
{
    int n = source->n;
    mnet_rows_edges8(image->total, at8(source, row->first), at8(source, row->last),
                     row->first_weight, row->last_weight, n);
    for (int32_t i = 0; i < row->whole; i += PART_ROWS_8) {
        memset(image->part, 0, n * sizeof image->part[0]);
        for (int32_t k = i; k < row->whole && k < i + PART_ROWS_8; k += 4)
            mnet_rows_add4_8(image->part, whole8(image, source, row, k),
                             whole8(image, source, row, k + 1), whole8(image, source, row, k + 2),
                             whole8(image, source, row, k + 3), n);
        mnet_rows_fold(image->total, image->part, rows->inner, n);
    }
    mnet_rows_narrow(image->column, image->total, rows->bits, n);
}

static void long_box10(MnetImage *image, const MnetImageRows *rows, const MnetImageRow *row,
                       const Source *source)
{
    int n = source->n;
    mnet_rows_edges10(image->total, at10(source, row->first), at10(source, row->last),
                      source->align, row->first_weight, row->last_weight, n);
    for (int32_t i = 0; i < row->whole; i += PART_ROWS_10) {
        memset(image->part, 0, n * sizeof image->part[0]);
        for (int32_t k = i; k < row->whole && k < i + PART_ROWS_10; k += 4)
            mnet_rows_add4_10(image->part, whole10(image, source, row, k),
                              whole10(image, source, row, k + 1),
                              whole10(image, source, row, k + 2),
                              whole10(image, source, row, k + 3), source->align, n);
        mnet_rows_fold(image->total, image->part, rows->inner, n);
    }
    mnet_rows_narrow(image->column, image->total, rows->bits, n);
}

static void rows8(MnetImage *image, const MnetImageRows *rows, const MnetImageRow *row,
                  const Source *source)
{
    const uint8_t *first = at8(source, row->first);
    const uint8_t *last = at8(source, row->last);
    switch (rows->mode) {
    case MNET_ROWS_LINEAR:
        mnet_rows_linear8(image->column, first, last, row->first_weight, row->last_weight,
                          source->n);
        break;
    case MNET_ROWS_BOX2:
        mnet_rows_box2_8(image->column, first, last, whole8(image, source, row, 0),
                         whole8(image, source, row, 1), row->first_weight, row->last_weight,
                         rows->inner, source->n);
        break;
    case MNET_ROWS_BOX4:
        mnet_rows_box4_8(image->column, first, last, whole8(image, source, row, 0),
                         whole8(image, source, row, 1), whole8(image, source, row, 2),
                         whole8(image, source, row, 3), row->first_weight, row->last_weight,
                         rows->inner, source->n);
        break;
    case MNET_ROWS_LONG:
        long_box8(image, rows, row, source);
        break;
    }
}

static void rows10(MnetImage *image, const MnetImageRows *rows, const MnetImageRow *row,
                   const Source *source)
{
    const uint16_t *first = at10(source, row->first);
    const uint16_t *last = at10(source, row->last);
    switch (rows->mode) {
    case MNET_ROWS_LINEAR:
        mnet_rows_linear10(image->column, first, last, source->align, row->first_weight,
                           row->last_weight, source->n);
        break;
    case MNET_ROWS_BOX2:
        mnet_rows_box2_10(image->column, first, last, whole10(image, source, row, 0),
                          whole10(image, source, row, 1), source->align, row->first_weight,
                          row->last_weight, rows->inner, source->n);
        break;
    case MNET_ROWS_BOX4:
        mnet_rows_box4_10(image->column, first, last, whole10(image, source, row, 0),
                          whole10(image, source, row, 1), whole10(image, source, row, 2),
                          whole10(image, source, row, 3), source->align, row->first_weight,
                          row->last_weight, rows->inner, source->n);
        break;
    case MNET_ROWS_LONG:
        long_box10(image, rows, row, source);
        break;
    }
}

void mnet_image_sample_rows(MnetImage *image, const MnetPlanes *planes, int plane, int32_t y)
{
    const MnetImageSpan *span = &image->span[plane];
    const MnetImageRows *rows = &image->grid[span->grid].rows;
    int size = image->format.depth == 8 ? 1 : 2;
    Source source = {
        .data = planes->data[plane] + (ptrdiff_t)span->lo * size,
        .stride = planes->stride[plane],
        .n = span->hi - span->lo,
        .align = image->format.align,
    };
    if (size == 1)
        rows8(image, rows, &rows->rows[y], &source);
    else
        rows10(image, rows, &rows->rows[y], &source);
}

/* `taps` is a constant where this is called, so that the inner loop becomes
 * straight-line multiply-adds of 8 samples. */
static inline __attribute__((always_inline)) void
weigh(const MnetImageColumns *columns, int32_t count, int taps, const int16_t *column, int32_t *sums)
{
    const int16_t *weight = columns->weights;
    for (int32_t i = 0; i < count; i++, weight += taps) {
        const int16_t *sample = column + columns->start[i];
        int32_t sum = 0;
        for (int k = 0; k < taps; k++)
            sum += sample[k] * weight[k];
        sums[i] = sum;
    }
}

void mnet_image_sample_columns(MnetImage *image, int component)
{
    const MnetImageComponent *at = &image->format.component[component];
    const MnetImageGrid *grid = &image->grid[at->grid];
    const MnetImageColumns *columns = &grid->columns;
    const int16_t *column = image->column + (at->offset - image->span[at->plane].lo);
    int32_t count = image->content.width;

    switch (columns->taps) {
    case 8:
        weigh(columns, count, 8, column, image->sums);
        break;
    case 16:
        weigh(columns, count, 16, column, image->sums);
        break;
    case 24:
        weigh(columns, count, 24, column, image->sums);
        break;
    case 32:
        weigh(columns, count, 32, column, image->sums);
        break;
    default:
        weigh(columns, count, columns->taps, column, image->sums);
        break;
    }
    mnet_rows_scale(image->sample[component], image->sums, grid->bits, grid->factor, count);
}
