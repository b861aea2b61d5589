/* SPDX-License-Identifier: MIT
 *
 * Convolutions and dense layers: products of matrices, piece by piece. */
#include <string.h>

#include "train/trainer_private.h"

/* One output's panel of nr columns: a bias of 0, then [k][nr]. */
static void pack_panel(float *panel, size_t nr, size_t k, size_t columns, const float *weights,
                       size_t column_step, size_t k_step)
{
    panel += nr;
    for (size_t i = 0; i < k; i++, panel += nr)
        for (size_t j = 0; j < columns; j++)
            panel[j] = weights[j * column_step + i * k_step];
}

static void pack_panels(const MnetGemmF32 *gemm, float *panels, size_t nr, size_t columns,
                        const float *weights, size_t column_step, size_t k_step)
{
    for (size_t j = 0; j < columns; j += nr)
        pack_panel(panels + j / nr * gemm->panel_floats, nr, gemm->k,
                   columns - j < nr ? columns - j : nr, weights + j * column_step, column_step,
                   k_step);
}

void mnet_unit_pack(MnetTrainer *t, MnetUnit *unit)
{
    const MnetNetLayer *layer = unit->layer;
    const float *weights = t->net->params + layer->weights;
    if (layer->kind == MNET_NET_DEPTHWISE) {
        size_t taps = (size_t)layer->kernel * (size_t)layer->kernel;
        for (size_t k = 0; k < taps; k++)
            memcpy(unit->weights + k * unit->channels, weights + k * (size_t)layer->channels,
                   (size_t)layer->channels * sizeof *weights);
        return;
    }
    size_t nr = t->core->gemm_f32.nr;
    pack_panels(&unit->forward, unit->panels, nr, (size_t)layer->channels, weights, unit->inputs,
                1);
    if (unit->back_panels)
        pack_panels(&unit->backward, unit->back_panels, nr, unit->inputs, weights, 1, unit->inputs);
}

/* The windows of a convolution of the network's input as rows of a matrix. */
static void windows(const MnetTrainer *t, const MnetUnit *unit, size_t row, size_t n, float *out)
{
    const MnetNetLayer *layer = unit->layer;
    size_t kernel = (size_t)layer->kernel, channels = (size_t)layer->in_channels;
    size_t width = (size_t)layer->width, run = kernel * channels;
    for (size_t end = row + n; row < end; row++, out += unit->padded_inputs) {
        size_t picture = row / unit->pixels, pixel = row % unit->pixels;
        size_t y = pixel / width * (size_t)layer->stride, x = pixel % width * (size_t)layer->stride;
        const float *in =
            t->input + (picture * t->input_height + y) * t->input_pitch + x * channels;
        for (size_t ky = 0; ky < kernel; ky++, in += t->input_pitch)
            for (size_t i = 0; i < run; i++)
                out[ky * run + i] = in[i];
        for (size_t i = kernel * run; i < unit->padded_inputs; i++)
            out[i] = 0;
    }
}

/* 0 or 1 / (1 - share) for one input element of one picture. */
static float dropped(const MnetTrainer *t, const MnetUnit *unit, size_t at)
{
    uint64_t z = t->seed + (uint64_t)(unit - t->units) * 0xd1342543de82ef95u +
                 (uint64_t)at * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    float share = unit->layer->dropout;
    return (float)(z >> 40) * 0x1p-24f < share ? 0 : 1 / (1 - share);
}

static void drop(const MnetTrainer *t, const MnetUnit *unit, size_t row, size_t n, float *rows)
{
    for (size_t i = 0; i < n * unit->padded_inputs; i++)
        rows[i] *= dropped(t, unit, row * unit->padded_inputs + i);
}

static bool drops(const MnetTrainer *t, const MnetUnit *unit)
{
    return t->training && unit->layer->dropout > 0;
}

/* The left matrix of the product. */
static const float *left_rows(const MnetTrainer *t, const MnetUnit *unit, size_t row, size_t n,
                              float *room)
{
    const MnetUnit *input = mnet_unit_input(t, unit, 0);
    if (t->input && input == t->units) {
        windows(t, unit, row, n, room);
        return room;
    }
    if (!drops(t, unit))
        return mnet_unit_rows(t, input, row, n, room);
    mnet_unit_rows_to(t, input, row, n, room);
    drop(t, unit, row, n, room);
    return room;
}

size_t mnet_product_scratch(const MnetTrainer *t, const MnetUnit *unit)
{
    return MNET_TRAIN_ROWS * (2 * unit->padded_inputs + unit->channels);
}

void mnet_product_forward(MnetTrainer *t, MnetUnit *unit, size_t chunk, float *scratch)
{
    size_t first, end = mnet_unit_chunk(t, unit, chunk, &first) * unit->pixels;
    float *sums = unit->sums + 2 * chunk * unit->channels;
    memset(sums, 0, 2 * unit->channels * sizeof *sums);
    for (size_t row = first * unit->pixels, n; row < end; row += n) {
        n = end - row < MNET_TRAIN_ROWS ? end - row : MNET_TRAIN_ROWS;
        const float *a = left_rows(t, unit, row, n, scratch);
        float *z = unit->z + row * unit->channels;
        t->core->gemm_f32.run(&unit->forward, n, 0, unit->channels, &a, unit->padded_inputs, z,
                              unit->channels);
        if (t->training && unit->layer->batch_norm)
            t->kernels->moments(n, unit->channels, z, sums);
    }
}

static void give_rows(MnetTrainer *t, MnetUnit *unit, const float *dz, size_t row, size_t n,
                      size_t chunk, float *room)
{
    MnetUnit *input = mnet_unit_input(t, unit, 0);
    /* Where nothing is to be done to it the product goes where it belongs. */
    float *d =
        input->affine || input->extra || drops(t, unit) ? room : input->g + row * input->channels;
    t->core->gemm_f32.run(&unit->backward, n, 0, unit->padded_inputs, &dz, unit->channels, d,
                          unit->padded_inputs);
    if (drops(t, unit))
        drop(t, unit, row, n, d);
    mnet_unit_give(t, input, unit->give[0], row, n, d, chunk);
}

void mnet_product_backward(MnetTrainer *t, MnetUnit *unit, size_t chunk, float *scratch)
{
    size_t first, end = mnet_unit_chunk(t, unit, chunk, &first) * unit->pixels;
    float *a_room = scratch, *d_room = a_room + MNET_TRAIN_ROWS * unit->padded_inputs;
    float *dz_room = d_room + MNET_TRAIN_ROWS * unit->padded_inputs;
    float *part = t->parts + chunk * unit->channels * unit->padded_inputs;
    MnetUnit *input = mnet_unit_input(t, unit, 0);
    memset(part, 0, unit->channels * unit->padded_inputs * sizeof *part);
    if (unit->give[0] != MNET_GIVE_NOTHING)
        memset(input->sums + 2 * chunk * input->channels, 0, 2 * input->channels * sizeof(float));
    for (size_t row = first * unit->pixels, n; row < end; row += n) {
        n = end - row < MNET_TRAIN_ROWS ? end - row : MNET_TRAIN_ROWS;
        const float *dz = mnet_unit_slope(t, unit, row, n, dz_room);
        const float *a = left_rows(t, unit, row, n, a_room);
        t->kernels->gemm_tn(n, unit->channels, unit->padded_inputs, dz, unit->channels, a,
                            unit->padded_inputs, part, unit->padded_inputs);
        if (unit->give[0] != MNET_GIVE_NOTHING)
            give_rows(t, unit, dz, row, n, chunk, d_room);
    }
}
