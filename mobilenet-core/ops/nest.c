/* SPDX-License-Identifier: MIT
 *
 * Elements moved from one place to another by nested loops. */
#include "ops/nest.h"

#include <string.h>

void mnet_row_major_steps(const MnetShape *shape, ptrdiff_t *steps)
{
    ptrdiff_t step = 1;
    for (int32_t i = shape->rank - 1; i >= 0; i--) {
        steps[i] = step;
        step *= shape->dims[i];
    }
}

size_t mnet_nest_elements(const MnetNest *nest)
{
    size_t n = 1;
    for (int32_t i = 0; i < nest->rank; i++)
        n *= nest->dims[i];
    return n;
}

void mnet_nest_collapse(MnetNest *nest)
{
    MnetNest to = *nest;
    to.rank = 0;
    for (int32_t i = 0; i < nest->rank; i++) {
        ptrdiff_t dim = (ptrdiff_t)nest->dims[i];
        int32_t last = to.rank - 1;
        if (dim == 1)
            continue;
        if (to.rank && to.in_step[last] == dim * nest->in_step[i] &&
            to.out_step[last] == dim * nest->out_step[i]) {
            to.dims[last] *= nest->dims[i];
            to.in_step[last] = nest->in_step[i];
            to.out_step[last] = nest->out_step[i];
            continue;
        }
        to.dims[to.rank] = nest->dims[i];
        to.in_step[to.rank] = nest->in_step[i];
        to.out_step[to.rank++] = nest->out_step[i];
    }
    if (!to.rank) {
        to.rank = 1;
        to.dims[0] = 1;
        to.in_step[0] = to.out_step[0] = 1;
    }
    *nest = to;
}

/* Elements of 1 and 4 bytes, the frequent ones, have loops of their own. */
static void copy_row(size_t n, size_t element, const uint8_t *in, ptrdiff_t in_step, uint8_t *out,
                     ptrdiff_t out_step)
{
    if (in_step == 1 && out_step == 1) {
        memcpy(out, in, n * element);
    } else if (element == 1) {
        for (size_t i = 0; i < n; i++)
            out[(ptrdiff_t)i * out_step] = in[(ptrdiff_t)i * in_step];
    } else if (element == 4) {
        for (size_t i = 0; i < n; i++)
            memcpy(out + (ptrdiff_t)i * out_step * 4, in + (ptrdiff_t)i * in_step * 4, 4);
    } else {
        ptrdiff_t size = (ptrdiff_t)element;
        for (size_t i = 0; i < n; i++)
            memcpy(out + (ptrdiff_t)i * out_step * size, in + (ptrdiff_t)i * in_step * size,
                   element);
    }
}

static void copy_nest(const MnetNest *nest, int32_t depth, size_t begin, size_t end,
                      const uint8_t *in, uint8_t *out)
{
    ptrdiff_t in_bytes = nest->in_step[depth] * (ptrdiff_t)nest->element;
    ptrdiff_t out_bytes = nest->out_step[depth] * (ptrdiff_t)nest->element;
    in += (ptrdiff_t)begin * in_bytes;
    out += (ptrdiff_t)begin * out_bytes;
    if (depth >= nest->rank - 1 || depth >= MNET_MAX_RANK - 1) {
        copy_row(end - begin, nest->element, in, nest->in_step[depth], out, nest->out_step[depth]);
        return;
    }
    for (size_t i = begin; i < end; i++, in += in_bytes, out += out_bytes)
        copy_nest(nest, depth + 1, 0, nest->dims[depth + 1], in, out);
}

void mnet_nest_run(const MnetNest *nest, size_t begin, size_t end, const void *in, void *out)
{
    if (begin < end)
        copy_nest(nest, 0, begin, end, (const uint8_t *)in + nest->in_at * nest->element,
                  (uint8_t *)out + nest->out_at * nest->element);
}
