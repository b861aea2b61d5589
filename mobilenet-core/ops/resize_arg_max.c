/* SPDX-License-Identifier: MIT
 *
 * RESIZE_BILINEAR of bytes and ARG_MAX of its channels at once: the class map of a
 * picture whose resized scores never exist.
 *
 * Between four neighbours of the input, in a cell, every score lies between theirs, and
 * of two classes the one that is larger at all four is larger, or equal, everywhere.
 * So classes that cannot win are left out cell by cell: mostly one remains. */
#include <string.h>

#include "base/error.h"
#include "ops/classes.h"
#include "ops/resize.h"

/* Columns of the output that lie in one cell. */
typedef struct {
    size_t from, to;
    int32_t low, high; /* columns of the input */
    bool inside;       /* no weight is below 0 */
} Run;

typedef struct {
    MnetResize resize;
    bool was_uint8, wide; /* the input's numbers; int64 results */
    size_t n_runs, longest;
    Run *runs;
} ClassMapState;

/* A tile's scratch. */
typedef struct {
    size_t *classes; /* those that may win in a cell */
    int32_t *best, *index, *value;
} Scratch;

static MnetStatus class_map_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                                  MnetError *error)
{
    MnetShape out;
    MnetStatus status = mnet_resize_shape(graph, node, shapes, &out, error);
    if (status)
        return status;
    out.rank = 3;
    return mnet_set_shape(graph, node, shapes, &out, error);
}

static void find_runs(ClassMapState *s)
{
    const MnetResizeAxis *x = &s->resize.x;
    for (size_t i = 0; i < x->out; i++) {
        Run *run = s->n_runs ? &s->runs[s->n_runs - 1] : NULL;
        if (!run || run->low != x->low[i] || run->high != x->high[i]) {
            run = &s->runs[s->n_runs++];
            *run = (Run){ i, i, x->low[i], x->high[i], true };
        }
        run->to = i + 1;
        run->inside &= s->was_uint8 ? x->fraction[i] >= 0 : x->part[i] >= 0;
        s->longest = run->to - run->from > s->longest ? run->to - run->from : s->longest;
    }
}

static MnetStatus class_map_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    const MnetNode *node = step->node;
    MnetShape picture;
    ClassMapState *s = mnet_store_alloc(store, sizeof *s);
    if (!s)
        return mnet_error_memory(error, sizeof *s);
    MnetStatus status = mnet_resize_shape(step->graph, node, step->shapes, &picture, error);
    if (!status)
        status = mnet_resize_plan(step, &picture, false, &s->resize, store, error);
    if (status)
        return status;
    s->was_uint8 = mnet_in(step->graph, node, 0)->was_uint8;
    s->wide = mnet_out(step->graph, node)->type == MNET_TYPE_INT64;
    s->runs = mnet_store_calloc(store, s->resize.x.out, sizeof *s->runs);
    if (!s->runs)
        return mnet_error_memory(error, s->resize.x.out * sizeof *s->runs);
    find_runs(s);
    size_t pixels = mnet_shape_elements(&step->shapes[node->outputs[0]]);
    /* Eight operations for each class of each pixel, if none can be left out. */
    bool fits = !__builtin_mul_overflow((uint64_t)pixels, (uint64_t)s->resize.channels * 8,
                                        &step->additions);
    step->additions = fits ? step->additions : UINT64_MAX;
    step->tiles = mnet_tile_count(step->additions / 2, s->resize.batch * s->resize.y.out);
    step->scratch = s->resize.channels * sizeof(size_t) + 3 * s->longest * sizeof(int32_t);
    step->state = s;
    return MNET_OK;
}

/* The four neighbours of a cell. */
typedef struct {
    const int8_t *corner[4]; /* top left, top right, bottom left, bottom right */
    float fy;
    int32_t py;
} Cell;

static size_t first_largest(const int8_t *scores, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        best = scores[i] > scores[best] ? i : best;
    return best;
}

/* Whether class `other` never wins against `c`.  The first of equal classes wins: one
 * before c must be smaller, by more than roundings can take away: 1 for integers, 2
 * for floats. */
static bool loses(const Cell *cell, size_t other, size_t c, int32_t margin)
{
    int32_t least = other < c ? margin : 0;
    return cell->corner[0][c] - cell->corner[0][other] >= least &&
           cell->corner[1][c] - cell->corner[1][other] >= least &&
           cell->corner[2][c] - cell->corner[2][other] >= least &&
           cell->corner[3][c] - cell->corner[3][other] >= least;
}

static size_t find_classes(const ClassMapState *s, const Cell *cell, size_t *classes)
{
    size_t n = s->resize.channels, count = 0, strong[4];
    int32_t margin = s->was_uint8 ? 2 : 1;
    for (size_t k = 0; k < 4; k++)
        strong[k] = first_largest(cell->corner[k], n);
    for (size_t i = 0; i < n; i++) {
        bool lost = false;
        for (size_t k = 0; k < 4 && !lost; k++)
            lost = strong[k] != i && loses(cell, i, strong[k], margin);
        if (!lost)
            classes[count++] = i;
    }
    return count;
}

/* The scores of a class in a run: as RESIZE_BILINEAR computes them. */
static void scores_u8(const Cell *cell, size_t c, size_t n, const float *fraction, int32_t *value)
{
    float gy = 1 - cell->fy, fy = cell->fy;
    float top_left = (float)(cell->corner[0][c] + 128) * gy;
    float top_right = (float)(cell->corner[1][c] + 128) * gy;
    float bottom_left = (float)(cell->corner[2][c] + 128) * fy;
    float bottom_right = (float)(cell->corner[3][c] + 128) * fy;
    for (size_t i = 0; i < n; i++) {
        float fx = fraction[i], gx = 1 - fx;
        float sum = top_left * gx + bottom_left * gx + top_right * fx + bottom_right * fx + 0.5f;
        value[i] = (int32_t)sum;
    }
}

static void scores_s8(const Cell *cell, size_t c, size_t n, const int32_t *part, int32_t *value)
{
    int32_t left = cell->corner[0][c] * (1024 - cell->py) + cell->corner[2][c] * cell->py;
    int32_t right = cell->corner[1][c] * (1024 - cell->py) + cell->corner[3][c] * cell->py;
    for (size_t i = 0; i < n; i++) {
        int32_t sum = left * (1024 - part[i]) + right * part[i];
        value[i] = (sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20);
    }
}

static void win(size_t n, int32_t c, const int32_t *value, int32_t *best, int32_t *index)
{
    for (size_t i = 0; i < n; i++) {
        int32_t more = -(value[i] > best[i]);
        index[i] = (index[i] & ~more) | (c & more);
        best[i] = (best[i] & ~more) | (value[i] & more);
    }
}

static void contest(const ClassMapState *s, const Cell *cell, const Run *run, size_t count,
                    const Scratch *scratch)
{
    size_t n = run->to - run->from;
    for (size_t i = 0; i < n; i++) {
        scratch->best[i] = INT32_MIN;
        scratch->index[i] = 0;
    }
    for (size_t k = 0; k < count; k++) {
        size_t c = scratch->classes[k];
        if (s->was_uint8)
            scores_u8(cell, c, n, s->resize.x.fraction + run->from, scratch->value);
        else
            scores_s8(cell, c, n, s->resize.x.part + run->from, scratch->value);
        win(n, (int32_t)c, scratch->value, scratch->best, scratch->index);
    }
}

static void store(const ClassMapState *s, size_t n, const int32_t *index, void *out, size_t at)
{
    if (!s->wide) {
        memcpy((int32_t *)out + at, index, n * sizeof *index);
        return;
    }
    for (size_t i = 0; i < n; i++)
        ((int64_t *)out)[at + i] = index[i];
}

static void one_class(const ClassMapState *s, size_t n, size_t c, void *out, size_t at)
{
    if (s->wide)
        for (size_t i = 0; i < n; i++)
            ((int64_t *)out)[at + i] = (int64_t)c;
    else
        for (size_t i = 0; i < n; i++)
            ((int32_t *)out)[at + i] = (int32_t)c;
}

/* Rows y0 to y1 of the output, of one picture and between the same rows of the input,
 * all of whose weights are the same way round: the classes of a cell are theirs. */
static void class_rows(const ClassMapState *s, const int8_t *in, size_t y0, size_t y1, bool inside,
                       const Scratch *scratch, void *out, size_t at)
{
    const MnetResize *r = &s->resize;
    const int8_t *low = in + (size_t)r->y.low[y0] * r->x.in * r->channels;
    const int8_t *high = in + (size_t)r->y.high[y0] * r->x.in * r->channels;
    for (size_t i = 0; i < s->n_runs; i++) {
        const Run *run = &s->runs[i];
        size_t left = (size_t)run->low * r->channels, right = (size_t)run->high * r->channels;
        Cell cell = { .corner = { low + left, low + right, high + left, high + right } };
        size_t count = r->channels, n = run->to - run->from;
        if (inside && run->inside)
            count = find_classes(s, &cell, scratch->classes);
        else
            for (size_t c = 0; c < count; c++)
                scratch->classes[c] = c;
        for (size_t y = y0; y < y1; y++) {
            size_t to = at + (y - y0) * r->x.out + run->from;
            cell.fy = r->y.fraction[y];
            cell.py = r->y.part[y];
            if (count == 1) {
                one_class(s, n, scratch->classes[0], out, to);
                continue;
            }
            contest(s, &cell, run, count, scratch);
            store(s, n, scratch->index, out, to);
        }
    }
}

static void class_map_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                          void *scratch)
{
    const ClassMapState *s = step->state;
    const MnetResize *r = &s->resize;
    const MnetResizeAxis *axis = &r->y;
    const int8_t *in = tensors[step->node->inputs[0]];
    size_t begin, end, next;
    int32_t *numbers = (int32_t *)(void *)((size_t *)scratch + r->channels);
    Scratch parts = { scratch, numbers, numbers + s->longest, numbers + 2 * s->longest };
    mnet_tile_range(r->batch * axis->out, tile, tiles, 1, &begin, &end);
    for (size_t i = begin; i < end; i = next) {
        size_t picture = i / axis->out, y = i % axis->out, y1 = y + 1;
        bool inside = s->was_uint8 ? axis->fraction[y] >= 0 : axis->part[y] >= 0;
        while (picture * axis->out + y1 < end && y1 < axis->out && axis->low[y1] == axis->low[y] &&
               axis->high[y1] == axis->high[y] &&
               (s->was_uint8 ? axis->fraction[y1] >= 0 : axis->part[y1] >= 0) == inside)
            y1++;
        class_rows(s, in + picture * axis->in * r->x.in * r->channels, y, y1, inside, &parts,
                   tensors[step->node->outputs[0]], i * r->x.out);
        next = i + y1 - y;
    }
}

const MnetOpClass mnet_op_resize_arg_max = { class_map_infer, NULL, class_map_plan, class_map_run };
