/* SPDX-License-Identifier: MIT
 *
 * Depthwise convolutions, row by row: as many rows as the kernel is high are kept,
 * padded, in the cache. */
#include <string.h>

#include "train/trainer_private.h"

#define MAX_KERNEL 7

/* Rows of some map with padding around, the last `kernel` of them. */
typedef struct {
    float *rows[MAX_KERNEL];
    size_t kernel, row_floats;
    int32_t next; /* the first that has not been made */
} Ring;

static float *ring_row(const Ring *ring, int32_t y)
{
    return ring->rows[(size_t)(y + (int32_t)ring->kernel) % ring->kernel];
}

/* Returns what lies behind it. */
static float *ring_init(Ring *ring, size_t kernel, size_t row_floats, float *room)
{
    *ring = (Ring){ .kernel = kernel, .row_floats = row_floats };
    for (size_t i = 0; i < kernel; i++, room += row_floats)
        ring->rows[i] = room;
    memset(ring->rows[0], 0, kernel * row_floats * sizeof *room);
    return room;
}

static size_t padded_width(const MnetNetLayer *layer)
{
    return (size_t)(layer->in_width + layer->pad_left + layer->pad_right);
}

size_t mnet_depthwise_scratch(const MnetTrainer *t, const MnetUnit *unit)
{
    size_t kernel = (size_t)unit->layer->kernel;
    size_t row = (padded_width(unit->layer) + kernel) * unit->channels;
    return (2 * kernel + 3) * row;
}

/* Activated rows of the input up to `end` are in the ring. */
static void activate_rows(const MnetTrainer *t, const MnetUnit *unit, Ring *ring, size_t picture,
                          int32_t end)
{
    const MnetNetLayer *layer = unit->layer;
    const MnetUnit *input = mnet_unit_input(t, unit, 0);
    for (; ring->next < end && ring->next < layer->in_height; ring->next++)
        mnet_unit_rows_to(t, input,
                          picture * input->pixels + (size_t)ring->next * (size_t)layer->in_width,
                          (size_t)layer->in_width,
                          ring_row(ring, ring->next) + (size_t)layer->pad_left * unit->channels);
}

static const float *row_or_zeros(const MnetTrainer *t, const Ring *ring, int32_t y, int32_t height)
{
    return y >= 0 && y < height ? ring_row(ring, y) : t->zeros;
}

static void forward_picture(MnetTrainer *t, MnetUnit *unit, size_t picture, Ring *ring, float *sums)
{
    const MnetNetLayer *layer = unit->layer;
    const float *rows[MAX_KERNEL];
    ring->next = 0;
    for (int32_t y = 0; y < layer->height; y++) {
        int32_t top = y * layer->stride - layer->pad_top;
        activate_rows(t, unit, ring, picture, top + layer->kernel);
        for (int32_t k = 0; k < layer->kernel; k++)
            rows[k] = row_or_zeros(t, ring, top + k, layer->in_height);
        float *z =
            unit->z + (picture * unit->pixels + (size_t)y * (size_t)layer->width) * unit->channels;
        t->core->depthwise_f32.run(&unit->depthwise, (size_t)layer->width, rows, z);
        if (t->training && layer->batch_norm)
            t->kernels->moments((size_t)layer->width, unit->channels, z, sums);
    }
}

void mnet_depthwise_forward(MnetTrainer *t, MnetUnit *unit, size_t chunk, float *scratch)
{
    size_t picture, end = mnet_unit_chunk(t, unit, chunk, &picture);
    float *sums = unit->sums + 2 * chunk * unit->channels;
    Ring ring;
    ring_init(&ring, (size_t)unit->layer->kernel, padded_width(unit->layer) * unit->channels,
              scratch);
    memset(sums, 0, 2 * unit->channels * sizeof *sums);
    for (; picture < end; picture++)
        forward_picture(t, unit, picture, &ring, sums);
}

/* What one chunk going back works with. */
typedef struct {
    MnetTrainer *t;
    MnetUnit *unit, *input;
    Ring a, d; /* of the input: values, gradients */
    float *row;
    float *part;
    size_t chunk;
} Backward;

static void give_row(const Backward *b, size_t picture, int32_t y, const float *d)
{
    const MnetNetLayer *layer = b->unit->layer;
    mnet_unit_give(b->t, b->input, b->unit->give[0],
                   picture * b->input->pixels + (size_t)y * (size_t)layer->in_width,
                   (size_t)layer->in_width, d, b->chunk);
}

/* 3x3 of stride 1 with a pixel around: b->d are gradients of z. */
static void backward_3(Backward *b, size_t picture)
{
    const MnetNetLayer *layer = b->unit->layer;
    const size_t c = b->unit->channels, width = (size_t)layer->width;
    b->d.next = 0;
    for (int32_t y = 0; y < layer->height; y++) {
        for (; b->d.next < y + 2 && b->d.next < layer->height; b->d.next++) {
            float *to = ring_row(&b->d, b->d.next) + c;
            size_t at = picture * b->unit->pixels + (size_t)b->d.next * width;
            const float *dz = mnet_unit_slope(b->t, b->unit, at, width, to);
            if (dz != to)
                memcpy(to, dz, width * c * sizeof *to);
        }
        const float *dz[3];
        for (int32_t k = 0; k < 3; k++)
            dz[k] = row_or_zeros(b->t, &b->d, y + k - 1, layer->height);
        const float *a =
            mnet_unit_rows(b->t, b->input, picture * b->input->pixels + (size_t)y * width, width,
                           ring_row(&b->a, 0));
        b->t->kernels->depthwise3_back(width, c, dz, a, b->unit->weights, b->row, b->part);
        give_row(b, picture, y, b->row);
    }
}

/* The rows of the input from b->d.next to `end` are complete. */
static void give_rows_to(Backward *b, size_t picture, int32_t end)
{
    const MnetNetLayer *layer = b->unit->layer;
    for (; b->d.next < end; b->d.next++) {
        float *row = ring_row(&b->d, b->d.next);
        if (b->d.next >= 0 && b->d.next < layer->in_height)
            give_row(b, picture, b->d.next, row + (size_t)layer->pad_left * b->unit->channels);
        memset(row, 0, b->d.row_floats * sizeof *row);
    }
}

static void backward_any(Backward *b, size_t picture)
{
    const MnetNetLayer *layer = b->unit->layer;
    const size_t c = b->unit->channels, kernel = (size_t)layer->kernel;
    b->a.next = 0;
    b->d.next = -layer->pad_top;
    for (int32_t y = 0; y < layer->height; y++) {
        int32_t top = y * layer->stride - layer->pad_top;
        size_t at = picture * b->unit->pixels + (size_t)y * (size_t)layer->width;
        give_rows_to(b, picture, top);
        activate_rows(b->t, b->unit, &b->a, picture, top + layer->kernel);
        const float *dz = mnet_unit_slope(b->t, b->unit, at, (size_t)layer->width, b->row);
        for (int32_t k = 0; k < layer->kernel; k++) {
            if (top + k < 0 || top + k >= layer->in_height)
                continue;
            size_t first = (size_t)k * kernel * c;
            b->t->kernels->depthwise_back((size_t)layer->width, c, kernel, (size_t)layer->stride,
                                          dz, ring_row(&b->a, top + k), b->unit->weights + first,
                                          ring_row(&b->d, top + k), b->part + first);
        }
    }
    give_rows_to(b, picture,
                 layer->in_height > b->d.next + layer->kernel ? layer->in_height
                                                              : b->d.next + layer->kernel);
}

static bool is_3(const MnetNetLayer *layer)
{
    return layer->kernel == 3 && layer->stride == 1 && layer->pad_top == 1 &&
           layer->pad_left == 1 && layer->pad_bottom == 1 && layer->pad_right == 1;
}

void mnet_depthwise_backward(MnetTrainer *t, MnetUnit *unit, size_t chunk, float *scratch)
{
    const MnetNetLayer *layer = unit->layer;
    size_t taps = (size_t)layer->kernel * (size_t)layer->kernel;
    size_t picture, end = mnet_unit_chunk(t, unit, chunk, &picture);
    size_t row_floats = padded_width(layer) * unit->channels;
    Backward b = { .t = t, .unit = unit, .input = mnet_unit_input(t, unit, 0), .chunk = chunk };
    b.part = t->parts + chunk * taps * unit->channels;
    b.row = ring_init(&b.a, (size_t)layer->kernel, row_floats, scratch);
    b.row = ring_init(&b.d, (size_t)layer->kernel, row_floats, b.row);
    memset(b.part, 0, taps * unit->channels * sizeof *b.part);
    memset(b.input->sums + 2 * chunk * unit->channels, 0, 2 * unit->channels * sizeof(float));
    for (; picture < end; picture++)
        if (is_3(layer))
            backward_3(&b, picture);
        else
            backward_any(&b, picture);
}
