/* SPDX-License-Identifier: MIT
 *
 * The row step (by ORC, over all elements of the rows that are needed) and the
 * column step (which gathers, so in C) of one output row. */
#include "image_internal.h"
#include "image_rows_orc.h"
#include "image_weigh.h"

#include <string.h>

/* Whole rows that `part` holds of 8-bit and of 10-bit samples. */
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

/* Makes `part` the sum of whole rows [from, to), by fours. */
static void add_rows8(MnetImage *image, const Source *source, const MnetImageRow *row, int32_t from,
                      int32_t to)
{
    memset(image->part, 0, source->n * sizeof image->part[0]);
    for (int32_t i = from; i < to; i += 4)
        mnet_rows_add4_8(image->part, whole8(image, source, row, i),
                         whole8(image, source, row, i + 1), whole8(image, source, row, i + 2),
                         whole8(image, source, row, i + 3), source->n);
}

static void add_rows10(MnetImage *image, const Source *source, const MnetImageRow *row,
                       int32_t from, int32_t to)
{
    memset(image->part, 0, source->n * sizeof image->part[0]);
    for (int32_t i = from; i < to; i += 4)
        mnet_rows_add4_10(image->part, whole10(image, source, row, i),
                          whole10(image, source, row, i + 1), whole10(image, source, row, i + 2),
                          whole10(image, source, row, i + 3), source->align, source->n);
}

/* Whole rows that are not among the last up to four. */
static int32_t all_but_four(const MnetImageRow *row)
{
    return row->whole > 4 ? (row->whole - 1) / 4 * 4 : 0;
}

static void box8(MnetImage *image, const MnetImageRows *rows, const MnetImageRow *row,
                 const Source *source)
{
    int32_t rest = all_but_four(row);
    const uint16_t *part = (const uint16_t *)(const void *)image->zero;
    if (rest > 0) {
        add_rows8(image, source, row, 0, rest);
        part = image->part;
    }
    mnet_rows_box8(image->column, at8(source, row->first), at8(source, row->last), part,
                   whole8(image, source, row, rest), whole8(image, source, row, rest + 1),
                   whole8(image, source, row, rest + 2), whole8(image, source, row, rest + 3),
                   row->first_weight, row->last_weight, rows->fill, rows->inner, source->n);
}

static void box10(MnetImage *image, const MnetImageRows *rows, const MnetImageRow *row,
                  const Source *source)
{
    int32_t rest = all_but_four(row);
    const uint16_t *part = (const uint16_t *)(const void *)image->zero;
    if (rest > 0) {
        add_rows10(image, source, row, 0, rest);
        part = image->part;
    }
    mnet_rows_box10(image->column, at10(source, row->first), at10(source, row->last), part,
                    whole10(image, source, row, rest), whole10(image, source, row, rest + 1),
                    whole10(image, source, row, rest + 2), whole10(image, source, row, rest + 3),
                    source->align, row->first_weight, row->last_weight, rows->fill, rows->inner,
                    source->n);
}

static int32_t at_most(int32_t value, int32_t limit)
{
    return value < limit ? value : limit;
}

static void long_box8(MnetImage *image, const MnetImageRows *rows, const MnetImageRow *row,
                      const Source *source)
{
    mnet_rows_edges8(image->total, at8(source, row->first), at8(source, row->last),
                     row->first_weight, row->last_weight, source->n);
    for (int32_t i = 0; i < row->whole; i += PART_ROWS_8) {
        add_rows8(image, source, row, i, at_most(row->whole, i + PART_ROWS_8));
        mnet_rows_fold(image->total, image->part, rows->inner, source->n);
    }
    mnet_rows_narrow(image->column, image->total, rows->bits, source->n);
}

static void long_box10(MnetImage *image, const MnetImageRows *rows, const MnetImageRow *row,
                       const Source *source)
{
    mnet_rows_edges10(image->total, at10(source, row->first), at10(source, row->last),
                      source->align, row->first_weight, row->last_weight, source->n);
    for (int32_t i = 0; i < row->whole; i += PART_ROWS_10) {
        add_rows10(image, source, row, i, at_most(row->whole, i + PART_ROWS_10));
        mnet_rows_fold(image->total, image->part, rows->inner, source->n);
    }
    mnet_rows_narrow(image->column, image->total, rows->bits, source->n);
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
    case MNET_ROWS_BOX:
        box8(image, rows, row, source);
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
    case MNET_ROWS_BOX:
        box10(image, rows, row, source);
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

/* `taps` is a constant where this is called, so that loops over it vanish. */
static inline __attribute__((always_inline)) void
weigh(const MnetImageGrid *grid, int32_t count, int taps, const int16_t *column, int16_t *samples)
{
    const ptrdiff_t *start = grid->columns.start;
    const int16_t *weight = grid->columns.weights;
    int bits = grid->bits;
    uint16_t factor = grid->factor;
    for (int32_t i = 0; i < count; i += MNET_IMAGE_GROUP) {
        mnet_image_weigh4(column, start, weight, taps, bits, factor, samples + i);
        start += MNET_IMAGE_GROUP;
        weight += (size_t)MNET_IMAGE_GROUP * taps;
    }
}

void mnet_image_sample_columns(MnetImage *image, int component)
{
    const MnetImageComponent *at = &image->format.component[component];
    const MnetImageGrid *grid = &image->grid[at->grid];
    int32_t first = grid->columns.lo * image->format.step[at->grid] + at->offset;
    const int16_t *column = image->column + (first - image->span[at->plane].lo);
    int16_t *samples = image->sample[component];
    int32_t count = image->content.width;

    switch (grid->columns.taps) {
    case 8:
        weigh(grid, count, 8, column, samples);
        break;
    case 16:
        weigh(grid, count, 16, column, samples);
        break;
    case 24:
        weigh(grid, count, 24, column, samples);
        break;
    case 32:
        weigh(grid, count, 32, column, samples);
        break;
    default:
        weigh(grid, count, grid->columns.taps, column, samples);
        break;
    }
}
