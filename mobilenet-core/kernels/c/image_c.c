/* SPDX-License-Identifier: MIT
 *
 * The image slots in C.  Work on whole rows is ORC's, which compiles it for the
 * machine, or the same in C where ORC does not know the machine. */
#include "kernels/c/image_weigh.h"
#include "kernels/c/table_c.h"

#include "image_rows_orc.h"

/* Whole rows that `part` holds of 8-bit and of 10-bit samples. */
#define PART_ROWS_8 256
#define PART_ROWS_10 64

static const uint8_t *row8(const MnetRowSum *sum, int32_t row)
{
    return sum->first + row * sum->stride;
}

static const uint16_t *row10(const MnetRowSum *sum, int32_t row)
{
    return (const uint16_t *)(const void *)row8(sum, row);
}

/* Whole row number `i`, or zeros where there are less. */
static const uint8_t *whole8(const MnetRowSum *sum, int32_t i)
{
    return i < sum->whole ? row8(sum, 1 + i) : (const uint8_t *)sum->zero;
}

static const uint16_t *whole10(const MnetRowSum *sum, int32_t i)
{
    return i < sum->whole ? row10(sum, 1 + i) : sum->zero;
}

/* Makes `part` the sum of whole rows [from, to), by fours. */
static void add_rows8(const MnetRowSum *sum, int n, int32_t from, int32_t to)
{
    for (int i = 0; i < n; i++)
        sum->part[i] = 0;
    for (int32_t i = from; i < to; i += 4)
        mnet_rows_add4_8(sum->part, whole8(sum, i), whole8(sum, i + 1), whole8(sum, i + 2),
                         whole8(sum, i + 3), n);
}

static void add_rows10(const MnetRowSum *sum, int n, int32_t from, int32_t to)
{
    for (int i = 0; i < n; i++)
        sum->part[i] = 0;
    for (int32_t i = from; i < to; i += 4)
        mnet_rows_add4_10(sum->part, whole10(sum, i), whole10(sum, i + 1), whole10(sum, i + 2),
                          whole10(sum, i + 3), sum->align, n);
}

/* Whole rows that are not among the last up to four. */
static int32_t all_but_four(const MnetRowSum *sum)
{
    return sum->whole > 4 ? (sum->whole - 1) / 4 * 4 : 0;
}

static void box8(const MnetRowSum *sum, int n, int16_t *out)
{
    int32_t rest = all_but_four(sum);
    if (rest > 0)
        add_rows8(sum, n, 0, rest);
    mnet_rows_box8(out, row8(sum, 0), row8(sum, sum->last), rest > 0 ? sum->part : sum->zero,
                   whole8(sum, rest), whole8(sum, rest + 1), whole8(sum, rest + 2),
                   whole8(sum, rest + 3), sum->first_weight, sum->last_weight, sum->fill,
                   sum->inner, n);
}

static void box10(const MnetRowSum *sum, int n, int16_t *out)
{
    int32_t rest = all_but_four(sum);
    if (rest > 0)
        add_rows10(sum, n, 0, rest);
    mnet_rows_box10(out, row10(sum, 0), row10(sum, sum->last), rest > 0 ? sum->part : sum->zero,
                    whole10(sum, rest), whole10(sum, rest + 1), whole10(sum, rest + 2),
                    whole10(sum, rest + 3), sum->align, sum->first_weight, sum->last_weight,
                    sum->fill, sum->inner, n);
}

static int32_t at_most(int32_t value, int32_t limit)
{
    return value < limit ? value : limit;
}

static void long_box8(const MnetRowSum *sum, int n, int16_t *out)
{
    mnet_rows_edges8(sum->total, row8(sum, 0), row8(sum, sum->last), sum->first_weight,
                     sum->last_weight, n);
    for (int32_t i = 0; i < sum->whole; i += PART_ROWS_8) {
        add_rows8(sum, n, i, at_most(sum->whole, i + PART_ROWS_8));
        mnet_rows_fold(sum->total, sum->part, sum->inner, n);
    }
    mnet_rows_narrow(out, sum->total, sum->bits, n);
}

static void long_box10(const MnetRowSum *sum, int n, int16_t *out)
{
    mnet_rows_edges10(sum->total, row10(sum, 0), row10(sum, sum->last), sum->align,
                      sum->first_weight, sum->last_weight, n);
    for (int32_t i = 0; i < sum->whole; i += PART_ROWS_10) {
        add_rows10(sum, n, i, at_most(sum->whole, i + PART_ROWS_10));
        mnet_rows_fold(sum->total, sum->part, sum->inner, n);
    }
    mnet_rows_narrow(out, sum->total, sum->bits, n);
}

void mnet_image_rows8_c(const MnetRowSum *sum, size_t n, int16_t *out)
{
    switch (sum->mode) {
    case MNET_ROWS_LINEAR:
        mnet_rows_linear8(out, row8(sum, 0), row8(sum, sum->last), sum->first_weight,
                          sum->last_weight, (int)n);
        break;
    case MNET_ROWS_BOX2:
        mnet_rows_box2_8(out, row8(sum, 0), row8(sum, sum->last), whole8(sum, 0), whole8(sum, 1),
                         sum->first_weight, sum->last_weight, sum->inner, (int)n);
        break;
    case MNET_ROWS_BOX:
        box8(sum, (int)n, out);
        break;
    case MNET_ROWS_LONG:
        long_box8(sum, (int)n, out);
        break;
    }
}

void mnet_image_rows10_c(const MnetRowSum *sum, size_t n, int16_t *out)
{
    switch (sum->mode) {
    case MNET_ROWS_LINEAR:
        mnet_rows_linear10(out, row10(sum, 0), row10(sum, sum->last), sum->align, sum->first_weight,
                           sum->last_weight, (int)n);
        break;
    case MNET_ROWS_BOX2:
        mnet_rows_box2_10(out, row10(sum, 0), row10(sum, sum->last), whole10(sum, 0),
                          whole10(sum, 1), sum->align, sum->first_weight, sum->last_weight,
                          sum->inner, (int)n);
        break;
    case MNET_ROWS_BOX:
        box10(sum, (int)n, out);
        break;
    case MNET_ROWS_LONG:
        long_box10(sum, (int)n, out);
        break;
    }
}

/* A loop for each step: compilers vectorise constant ones. */
void mnet_image_pick_c(size_t step, size_t n, const int16_t *in, int16_t *out)
{
    if (step == 2)
        for (size_t i = 0; i < n; i++)
            out[i] = in[i * 2];
    else if (step == 3)
        for (size_t i = 0; i < n; i++)
            out[i] = in[i * 3];
    else
        for (size_t i = 0; i < n; i++)
            out[i] = in[i * 4];
}

/* `taps` is a constant where this is called, so that loops over it vanish. */
static inline __attribute__((always_inline)) void weigh(const MnetColumnSum *sum, size_t taps,
                                                        size_t n, const int16_t *in, int16_t *out)
{
    for (size_t i = 0; i < n; i += 4)
        mnet_image_weigh4(in, sum->start + i, sum->weights + i * taps, taps, sum->bits, sum->factor,
                          out + i);
}

void mnet_image_columns_c(const MnetColumnSum *sum, size_t n, const int16_t *in, int16_t *out)
{
    switch (sum->taps) {
    case 8:
        weigh(sum, 8, n, in, out);
        break;
    case 16:
        weigh(sum, 16, n, in, out);
        break;
    default:
        weigh(sum, sum->taps, n, in, out);
        break;
    }
}

void mnet_image_matrix_c(const MnetColorMix *mix, size_t n, const int16_t *const in[3],
                         uint8_t *out)
{
    mnet_rows_matrix(out, in[0], in[1], in[2], mix->m[0], mix->m[1], mix->m[2], mix->bias, (int)n);
}

void mnet_image_interleave_c(size_t n, const uint8_t *const in[3], uint8_t *out)
{
    const uint8_t *a = in[0], *b = in[1], *c = in[2];
    for (size_t i = 0; i < n; i++, out += 3) {
        out[0] = a[i];
        out[1] = b[i];
        out[2] = c[i];
    }
}
