/* SPDX-License-Identifier: MIT
 *
 * Rows of maps as their readers want them, and what readers give back. */
#include <string.h>

#include "train/trainer_private.h"

void mnet_unit_rows_to(const MnetTrainer *t, const MnetUnit *unit, size_t row, size_t n, float *out)
{
    const float *z = unit->z + row * unit->channels;
    if (unit->affine)
        t->kernels->activate(&unit->of_z, n, unit->channels, z, out);
    else
        memcpy(out, z, n * unit->channels * sizeof *out);
}

const float *mnet_unit_rows(const MnetTrainer *t, const MnetUnit *unit, size_t row, size_t n,
                            float *room)
{
    if (!unit->affine)
        return unit->z + row * unit->channels;
    mnet_unit_rows_to(t, unit, row, n, room);
    return room;
}

const float *mnet_unit_slope(const MnetTrainer *t, const MnetUnit *unit, size_t row, size_t n,
                             float *room)
{
    size_t at = row * unit->channels;
    if (!unit->layer->batch_norm)
        return unit->g + at;
    t->kernels->slope(&unit->slope, n, unit->channels, unit->g + at, unit->z + at, room);
    return room;
}

static void add_extra(size_t n, const float *d, const float *extra, float *g)
{
    for (size_t i = 0; i < n; i++)
        g[i] = d[i] + extra[i];
}

void mnet_unit_give(const MnetTrainer *t, MnetUnit *to, MnetGive give, size_t row, size_t n,
                    const float *d, size_t chunk)
{
    size_t at = row * to->channels;
    float *g = to->g + at, *sums = to->sums + 2 * chunk * to->channels;
    const float *extra = to->extra ? to->extra + at : NULL;
    if (give == MNET_GIVE_LAST && to->affine)
        t->kernels->activate_back(&to->of_z, n, to->channels, d, extra, to->z + at, g, sums);
    else if (give == MNET_GIVE_SAME && to->affine)
        t->kernels->sums_back(n, to->channels, g, to->z + at, sums);
    else if (give == MNET_GIVE_LAST && extra)
        add_extra(n * to->channels, d, extra, g);
    else if ((give == MNET_GIVE_LAST || give == MNET_GIVE_STORE) && d != g)
        memcpy(g, d, n * to->channels * sizeof *g);
}
