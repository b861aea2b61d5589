/* SPDX-License-Identifier: MIT
 *
 * Layers without weights: sums, means, and maps scaled by what squeeze-and-excite
 * made of them. */
#include <string.h>

#include "train/trainer_private.h"

/* Pieces of at most MNET_TRAIN_ROWS rows of one picture. */
static size_t piece(size_t row, size_t end)
{
    return end - row < MNET_TRAIN_ROWS ? end - row : MNET_TRAIN_ROWS;
}

static void add_forward(const MnetTrainer *t, MnetUnit *unit, size_t row, size_t end, float *room)
{
    for (size_t n; row < end; row += n) {
        n = piece(row, end);
        float *z = unit->z + row * unit->channels;
        const float *b = mnet_unit_rows(t, mnet_unit_input(t, unit, 1), row, n, room);
        mnet_unit_rows_to(t, mnet_unit_input(t, unit, 0), row, n, z);
        for (size_t i = 0; i < n * unit->channels; i++)
            z[i] += b[i];
    }
}

static void scale_forward(const MnetTrainer *t, MnetUnit *unit, size_t picture, float *room)
{
    const MnetUnit *input = mnet_unit_input(t, unit, 0);
    size_t row = picture * unit->pixels, end = row + unit->pixels, c = unit->channels;
    const float *by = mnet_unit_rows(t, mnet_unit_input(t, unit, 1), picture, 1, room);
    for (; row < end; row++) {
        float *z = unit->z + row * c;
        mnet_unit_rows_to(t, input, row, 1, z);
        for (size_t i = 0; i < c; i++)
            z[i] *= by[i];
    }
}

static void pool_forward(const MnetTrainer *t, MnetUnit *unit, size_t picture, float *room)
{
    const MnetUnit *input = mnet_unit_input(t, unit, 0);
    size_t row = picture * input->pixels, end = row + input->pixels, c = unit->channels;
    float *mean = unit->z + picture * c;
    memset(mean, 0, c * sizeof *mean);
    for (size_t n; row < end; row += n) {
        n = piece(row, end);
        const float *a = mnet_unit_rows(t, input, row, n, room);
        for (size_t r = 0; r < n; r++, a += c)
            for (size_t i = 0; i < c; i++)
                mean[i] += a[i];
    }
    for (size_t i = 0; i < c; i++)
        mean[i] /= (float)input->pixels;
}

void mnet_simple_forward(MnetTrainer *t, MnetUnit *unit, size_t chunk, float *scratch)
{
    size_t picture, end = mnet_unit_chunk(t, unit, chunk, &picture);
    if (unit->layer->kind == MNET_NET_ADD) {
        add_forward(t, unit, picture * unit->pixels, end * unit->pixels, scratch);
        return;
    }
    for (; picture < end; picture++)
        if (unit->layer->kind == MNET_NET_GLOBAL_POOL)
            pool_forward(t, unit, picture, scratch);
        else
            scale_forward(t, unit, picture, scratch);
}

static void pool_backward(const MnetTrainer *t, MnetUnit *unit, size_t picture, size_t chunk,
                          float *room)
{
    MnetUnit *input = mnet_unit_input(t, unit, 0);
    size_t row = picture * input->pixels, end = row + input->pixels, c = unit->channels;
    const float *g = unit->g + picture * c;
    for (size_t r = 0; r < piece(row, end); r++)
        for (size_t i = 0; i < c; i++)
            room[r * c + i] = g[i] / (float)input->pixels;
    for (size_t n; row < end; row += n) {
        n = piece(row, end);
        mnet_unit_give(t, input, unit->give[0], row, n, room, chunk);
    }
}

static void scale_backward(const MnetTrainer *t, MnetUnit *unit, size_t picture, size_t chunk,
                           float *room)
{
    MnetUnit *input = mnet_unit_input(t, unit, 0), *gate = mnet_unit_input(t, unit, 1);
    size_t row = picture * unit->pixels, end = row + unit->pixels, c = unit->channels;
    float *by_room = room, *sum = by_room + c, *a_room = sum + c, *d = a_room + c;
    const float *by = mnet_unit_rows(t, gate, picture, 1, by_room);
    memset(sum, 0, c * sizeof *sum);
    for (; row < end; row++) {
        const float *g = unit->g + row * c, *a = mnet_unit_rows(t, input, row, 1, a_room);
        for (size_t i = 0; i < c; i++) {
            d[i] = g[i] * by[i];
            sum[i] += g[i] * a[i];
        }
        mnet_unit_give(t, input, unit->give[0], row, 1, d, chunk);
    }
    mnet_unit_give(t, gate, unit->give[1], picture, 1, sum, chunk);
}

static void add_backward(const MnetTrainer *t, MnetUnit *unit, size_t row, size_t end, size_t chunk)
{
    for (size_t n; row < end; row += n) {
        n = piece(row, end);
        for (int i = 0; i < 2; i++)
            mnet_unit_give(t, mnet_unit_input(t, unit, i), unit->give[i], row, n,
                           unit->g + row * unit->channels, chunk);
    }
}

static void clear_sums(const MnetTrainer *t, const MnetUnit *unit, size_t chunk)
{
    for (int i = 0; i < (unit->layer->kind == MNET_NET_GLOBAL_POOL ? 1 : 2); i++) {
        const MnetUnit *input = mnet_unit_input(t, unit, i);
        memset(input->sums + 2 * chunk * input->channels, 0, 2 * input->channels * sizeof(float));
    }
}

void mnet_simple_backward(MnetTrainer *t, MnetUnit *unit, size_t chunk, float *scratch)
{
    size_t picture, end = mnet_unit_chunk(t, unit, chunk, &picture);
    clear_sums(t, unit, chunk);
    if (unit->layer->kind == MNET_NET_ADD) {
        add_backward(t, unit, picture * unit->pixels, end * unit->pixels, chunk);
        return;
    }
    for (; picture < end; picture++)
        if (unit->layer->kind == MNET_NET_GLOBAL_POOL)
            pool_backward(t, unit, picture, chunk, scratch);
        else
            scale_backward(t, unit, picture, chunk, scratch);
}
