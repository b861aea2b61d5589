/* SPDX-License-Identifier: MIT
 *
 * Which samples make an output, and how much each of them weighs: boxes with
 * fractional edges where an axis shrinks, else two neighbours.
 * Positions are exact fractions, rounded once to 1/65536 of a sample. */
#include "image_internal.h"

#include <math.h>
#include <string.h>

#define ONE 65536 /* of positions */

/* Bits of the weights of a column; sums of an output's weights stay at or below
 * 2^16, so that samples of 15 bits give sums of 31. */
#define COLUMN_BITS 14

/* Weights of two blended rows sum to 2^15, see image_rows.orc. */
#define ROW_BITS 15

static bool shrinks(const MnetImageAxis *axis)
{
    return axis->length > axis->den * axis->count;
}

/* The edge before output i, and the length of one output. */
static int64_t edge(const MnetImageAxis *axis, int32_t i)
{
    int64_t den = axis->den * axis->count;
    return ((axis->start * axis->count + axis->length * i) * ONE + den / 2) / den;
}

static int64_t box_length(const MnetImageAxis *axis)
{
    int64_t den = axis->den * axis->count;
    return (axis->length * ONE + den / 2) / den;
}

/* A box [from, from + length) on a grid of 1 / 2^bits: every output's has the
 * same length, and none leaves the samples that may be read. */
typedef struct {
    int32_t first; /* sample with the weight first_weight */
    int32_t whole; /* samples behind it with the weight 2^bits */
    int32_t first_weight;
    int32_t last_weight; /* of the sample behind those; 0: not to be read */
} Box;

static Box box_at(const MnetImageAxis *axis, int32_t i, int64_t length, int bits)
{
    int64_t one = (int64_t)1 << bits;
    int64_t from = (edge(axis, i) * one + ONE / 2) / ONE;
    if (from + length > axis->last * one)
        from = axis->last * one - length;
    if (from < axis->first * one)
        from = axis->first * one;
    int64_t to = from + length;
    Box box = {
        .first = (int32_t)(from >> bits),
        .first_weight = (int32_t)(one - (from & (one - 1))),
        .last_weight = (int32_t)(to & (one - 1)),
    };
    box.whole = (int32_t)(to >> bits) - box.first - 1;
    return box;
}

/* Sample `first` and its right neighbour, which weighs `fraction` / 65536 and
 * is not to be read when that is 0. */
typedef struct {
    int32_t first;
    int32_t fraction;
} Pair;

static Pair pair_at(const MnetImageAxis *axis, int32_t i)
{
    int64_t den = 2 * axis->den * axis->count;
    int64_t center = 2 * axis->start * axis->count + axis->length * (2 * (int64_t)i + 1);
    int64_t at = (center * ONE + den / 2) / den - ONE / 2;
    Pair pair = { axis->first, 0 };
    if (at >= (axis->last - 1) * (int64_t)ONE) {
        pair.first = axis->last - 1;
    } else if (at > axis->first * (int64_t)ONE) {
        pair.first = (int32_t)(at / ONE);
        pair.fraction = (int32_t)(at % ONE);
    }
    return pair;
}

static void rows_set_linear(MnetImageRows *rows, const MnetImageAxis *axis, int depth)
{
    rows->mode = MNET_ROWS_LINEAR;
    /* An 8-bit sample times 257, a 10-bit one times 64; half of that is left. */
    rows->gain = depth == 8 ? 128.5 : 128;
    for (int32_t i = 0; i < axis->count; i++) {
        Pair pair = pair_at(axis, i);
        MnetImageRow *row = &rows->rows[i];
        row->first = pair.first;
        row->last_weight = (uint16_t)((pair.fraction + 1) >> 1);
        row->last = pair.first + (row->last_weight != 0);
        row->first_weight = (uint16_t)((1 << ROW_BITS) - row->last_weight);
        row->whole = 0;
    }
}

/* `full` is the weight of a row that lies in the box as a whole. */
static void rows_set_edges(MnetImageRows *rows, const MnetImageAxis *axis, int64_t length, int bits,
                           double full)
{
    double scale = full / (double)((int64_t)1 << bits);
    for (int32_t i = 0; i < axis->count; i++) {
        Box box = box_at(axis, i, length, bits);
        MnetImageRow *row = &rows->rows[i];
        row->first = box.first;
        row->whole = box.whole;
        row->first_weight = (uint16_t)lrint(box.first_weight * scale);
        row->last_weight = (uint16_t)lrint(box.last_weight * scale);
        row->last = row->last_weight != 0 ? box.first + box.whole + 1 : box.first;
    }
}

/* Whole rows that a 16-bit sum of samples holds. */
static int rows_in_sum(int depth)
{
    return 1 << (16 - depth);
}

/* 16-bit products throughout, with results in 1/128 of a step or a little less.
 * An edge row's samples come times `edge`; so does, for up to two whole rows,
 * half of their sum; sums of more come times `fill`. */
static void rows_set_box(MnetImageRows *rows, const MnetImageAxis *axis, int depth)
{
    int64_t length = box_length(axis);
    int64_t edge = depth == 8 ? 257 : 64;
    int64_t most = rows_in_sum(depth);
    int64_t fill = most;
    while (fill * (length / ONE) > most)
        fill /= 2;
    bool is_short = length < 3 * (int64_t)ONE;
    rows->mode = is_short ? MNET_ROWS_BOX2 : MNET_ROWS_BOX;
    rows->fill = (uint16_t)fill;
    /* What a whole row's samples may weigh in 1/65536, times 65536. */
    int64_t full = ((int64_t)ONE << (15 - depth)) * ONE * ONE / length;
    rows->inner = (uint16_t)(is_short ? 2 * full / edge / ONE : full / fill / ONE);
    double weight = is_short ? (double)(rows->inner * edge) / 2 : (double)(rows->inner * fill);
    rows->gain = weight * (double)length / ONE / ONE * (depth == 8 ? 1 : 4);
    rows_set_edges(rows, axis, length, 16, weight / (double)edge);
}

/* More: exact 32-bit sums with rows that weigh `inner`, a power of two. */
static void rows_set_long(MnetImageRows *rows, const MnetImageAxis *axis, int depth)
{
    rows->mode = MNET_ROWS_LONG;
    int64_t length = box_length(axis);
    int64_t most = (1 << depth) - 1;
    int bits = 15;
    while ((((length * most) >> 16) + most) << bits > UINT32_MAX)
        bits--;
    length = (length + (ONE >> bits) / 2) >> (16 - bits);
    rows->inner = (uint16_t)(1 << bits);
    rows->bits = 0;
    while ((length * most) >> rows->bits > INT16_MAX)
        rows->bits++;
    rows->gain = (double)length / (double)((int64_t)1 << rows->bits) * (depth == 8 ? 1 : 4);
    rows_set_edges(rows, axis, length, bits, rows->inner);
}

void mnet_image_rows_set(MnetImageRows *rows, const MnetImageAxis *axis, int depth)
{
    if (!shrinks(axis))
        rows_set_linear(rows, axis, depth);
    else if (box_length(axis) < (rows_in_sum(depth) + 1) * (int64_t)ONE)
        rows_set_box(rows, axis, depth);
    else
        rows_set_long(rows, axis, depth);
}

size_t mnet_image_columns_bound(int32_t samples, int32_t count)
{
    /* An output of a part of n outputs has up to samples / n + 2 + 15 taps; a
     * group more than n is the most for n = 1 in the first term and for
     * n = count in the other. */
    size_t last_group = MNET_IMAGE_GROUP - 1;
    return (size_t)samples * (1 + last_group) + (count + last_group) * 17;
}

static size_t in_groups(int32_t count)
{
    return ((size_t)count + MNET_IMAGE_GROUP - 1) / MNET_IMAGE_GROUP * MNET_IMAGE_GROUP;
}

/* No weights yet; outputs that only complete the last group start where the
 * first one does, at sample columns->lo. */
static void columns_clear(MnetImageColumns *columns, const MnetImageAxis *axis)
{
    size_t outputs = in_groups(axis->count);
    memset(columns->weights, 0, outputs * columns->taps * sizeof columns->weights[0]);
    for (size_t i = axis->count; i < outputs; i++)
        columns->start[i] = 0;
}

static void columns_set_linear(MnetImageColumns *columns, const MnetImageAxis *axis)
{
    columns->sum = 1 << COLUMN_BITS;
    columns->taps = 8;
    columns->lo = pair_at(axis, 0).first;
    columns_clear(columns, axis);
    for (int32_t i = 0; i < axis->count; i++) {
        Pair pair = pair_at(axis, i);
        int32_t right = (pair.fraction + 2) >> 2;
        columns->start[i] = (uint16_t)(pair.first - columns->lo);
        columns->weights[(size_t)i * columns->taps] = (int16_t)(columns->sum - right);
        columns->weights[(size_t)i * columns->taps + 1] = (int16_t)right;
        int32_t end = pair.first + (right != 0) + 1;
        columns->hi = end > columns->hi ? end : columns->hi;
    }
}

static void columns_set_boxes(MnetImageColumns *columns, const MnetImageAxis *axis)
{
    int bits = COLUMN_BITS;
    int64_t length = box_length(axis);
    while ((length << bits) > (int64_t)ONE * ONE)
        bits--;
    length = (length + (ONE >> bits) / 2) >> (16 - bits);
    columns->sum = (int32_t)length;

    columns->lo = box_at(axis, 0, length, bits).first;
    int32_t most = 0;
    for (int32_t i = 0; i < axis->count; i++) {
        Box box = box_at(axis, i, length, bits);
        int32_t samples = 1 + box.whole + (box.last_weight != 0);
        most = samples > most ? samples : most;
        columns->start[i] = (uint16_t)(box.first - columns->lo);
        columns->hi = box.first + samples;
    }
    columns->taps = most <= 8 ? 8 : (most + 15) & ~15;

    columns_clear(columns, axis);
    for (int32_t i = 0; i < axis->count; i++) {
        Box box = box_at(axis, i, length, bits);
        int16_t *weight = columns->weights + (size_t)i * columns->taps;
        *weight++ = (int16_t)box.first_weight;
        for (int32_t k = 0; k < box.whole; k++)
            *weight++ = (int16_t)(1 << bits);
        if (box.last_weight != 0)
            *weight = (int16_t)box.last_weight;
    }
}

void mnet_image_columns_set(MnetImageColumns *columns, const MnetImageAxis *axis)
{
    columns->hi = 0;
    if (shrinks(axis))
        columns_set_boxes(columns, axis);
    else
        columns_set_linear(columns, axis);
}

void mnet_image_grid_normalize(MnetImageGrid *grid)
{
    /* What a sample of 256 steps would be; all are below. */
    double full = grid->rows.gain * grid->columns.sum * 256;
    grid->bits = 0;
    while (full > 65536) {
        full /= 2;
        grid->bits++;
    }
    double factor = 32768.0 * 65536.0 / full;
    grid->factor = factor < 65535 ? (uint16_t)lrint(factor) : 65535;
}
