/* SPDX-License-Identifier: MIT
 *
 * Blocks run: rows on demand, from the last stage to the first. */
#include "ops/block.h"

#include <string.h>

#include "base/clock.h"
#include "ops/classes.h"

/* One tile. */
typedef struct {
    const MnetBlock *block;
    void *const *tensors;
    MnetBlockState *state;
    uint8_t *scratch;
    size_t picture;                /* of the batch */
    size_t end[MNET_MAX_STAGES];   /* rows of each stage that the tile needs */
    size_t strip[MNET_MAX_STAGES]; /* the row at the beginning of a stage's strip */
    uint64_t since;                /* what is not yet charged to a node */
} Tile;

static void produce(Tile *t, size_t i, size_t y0, size_t y1);

static const MnetDepthwiseRows *ring_of(const MnetBlock *block, size_t i)
{
    return mnet_depthwise_rows(block->steps[block->stages[i].first]);
}

/* The time since the last call was spent in node `n` of the block. */
static void charge(Tile *t, size_t n)
{
    const MnetStep *step = t->block->steps[n];
    if (!t->state->ns)
        return;
    uint64_t now = mnet_now_ns();
    t->state->ns[step->node - step->graph->nodes] += now - t->since;
    t->since = now;
}

static size_t clamp_row(ptrdiff_t y, size_t rows)
{
    return y < 0 ? 0 : (size_t)y > rows ? rows : (size_t)y;
}

void mnet_stage_input(const MnetBlock *block, size_t i, size_t *begin, size_t *end)
{
    if (block->stages[i].kind != MNET_STAGE_DEPTHWISE)
        return;
    const MnetDepthwiseRows *r = ring_of(block, i);
    ptrdiff_t top = (ptrdiff_t)(*begin * r->g.stride_h) - r->g.pad_top;
    ptrdiff_t last = (ptrdiff_t)(*end * r->g.stride_h) - r->g.pad_top;
    *begin = clamp_row(top, r->g.in_h);
    *end = clamp_row(last - (ptrdiff_t)r->g.stride_h + (ptrdiff_t)r->ring, r->g.in_h);
}

static const uint8_t *input_row(const Tile *t, size_t y)
{
    const MnetBlock *b = t->block;
    const MnetStage *s = &b->stages[0];
    size_t rows = s->kind == MNET_STAGE_DEPTHWISE ? ring_of(b, 0)->g.in_h : s->out_h;
    return (const uint8_t *)t->tensors[b->input] + (t->picture * rows + y) * s->in_row;
}

/* Where row `y` of a stage's output goes. */
static uint8_t *output_row(const Tile *t, size_t i, size_t y)
{
    const MnetBlock *b = t->block;
    const MnetStage *s = &b->stages[i], *to = s + 1;
    if (i + 1 == b->n_stages)
        return (uint8_t *)t->tensors[b->output] + (t->picture * s->out_h + y) * s->out_row;
    if (!s->to_ring)
        return t->scratch + s->strip + (y - t->strip[i]) * s->out_row;
    const MnetDepthwiseRows *r = ring_of(b, i + 1);
    return t->scratch + to->ring + y % to->ring_rows * to->ring_bytes +
           (size_t)r->g.pad_left * r->g.in_c * r->element;
}

/* What follows the layer, on `rows` rows in their place. */
static void finish_rows(Tile *t, size_t i, size_t y, size_t rows)
{
    const MnetBlock *b = t->block;
    const MnetStage *s = &b->stages[i];
    uint8_t *row = output_row(t, i, y);
    for (size_t n = s->first + 1; n < s->first + s->nodes; n++) {
        const MnetStep *step = b->steps[n];
        const int32_t *inputs = step->node->inputs;
        size_t element = mnet_type_size(mnet_out(step->graph, step->node)->type);
        if (step->cls == &mnet_op_unary) {
            mnet_unary_elements(step, rows * s->out_row / element, row, row);
        } else {
            bool second = inputs[1] == b->steps[n - 1]->node->outputs[0];
            const uint8_t *other = (const uint8_t *)t->tensors[inputs[!second]] +
                                   (t->picture * s->out_h + y) * s->out_row;
            mnet_binary_elements(step, rows * s->out_row / element, second ? other : row,
                                 second ? row : other, row);
        }
        charge(t, n);
    }
}

/* How many of `rows` rows to compute at once: parts of about the same height. */
static size_t chunk_of(const MnetStage *s, size_t rows)
{
    size_t chunks = (rows + s->chunk - 1) / s->chunk;
    return (rows + chunks - 1) / chunks;
}

/* Rows y0 to y1 of a convolution from `in`, whose first row is y0's; a pointwise
 * one from pixels, another from the whole input. */
static void convolve(const Tile *t, size_t i, size_t y0, size_t y1, const uint8_t *in)
{
    const MnetStage *s = &t->block->stages[i];
    const MnetStep *step = t->block->steps[s->first];
    size_t rows = s->to_ring ? 1 : y1 - y0;
    for (size_t y = y0; y < y1; y += rows) {
        uint8_t *out = output_row(t, i, y);
        if (s->kind == MNET_STAGE_POINTWISE)
            mnet_conv_pointwise(step, rows * s->out_w, in + (y - y0) * s->in_row, out);
        else
            mnet_conv_pixels(step, (t->picture * s->out_h + y) * s->out_w, rows * s->out_w, in, out,
                             t->scratch + s->work);
    }
}

static void produce_convolution(Tile *t, size_t i, size_t y0, size_t y1)
{
    const MnetBlock *b = t->block;
    const MnetStage *s = &b->stages[i];
    for (size_t y = y0, n; y < y1; y += n) {
        n = chunk_of(s, y1 - y);
        const uint8_t *in = t->tensors[b->input];
        if (i > 0) {
            produce(t, i - 1, y, y + n);
            in = t->scratch + b->stages[i - 1].strip;
        } else if (s->kind == MNET_STAGE_POINTWISE) {
            in = input_row(t, y);
        }
        convolve(t, i, y, y + n, in);
        charge(t, s->first);
        for (size_t row = y; row < y + n; row += s->to_ring ? 1 : n)
            finish_rows(t, i, row, s->to_ring ? 1 : n);
    }
}

/* Fills the ring of stage `i` up to row `end` of its input. */
static void fill_ring(Tile *t, size_t i, size_t end)
{
    const MnetBlock *b = t->block;
    const MnetStage *s = &b->stages[i], *from = s - 1;
    const MnetDepthwiseRows *r = ring_of(b, i);
    size_t y = t->state->next[i], n;
    if (i > 0 && y + from->chunk > end)
        end = y + from->chunk < t->end[i - 1] ? y + from->chunk : t->end[i - 1];
    t->state->next[i] = end;
    if (i > 0 && from->to_ring) {
        produce(t, i - 1, y, end);
        return;
    }
    for (; y < end; y += n) {
        n = i == 0 ? 1 : chunk_of(from, end - y);
        const uint8_t *rows = i == 0 ? input_row(t, y) : t->scratch + from->strip;
        if (i > 0)
            produce(t, i - 1, y, y + n);
        for (size_t k = 0; k < n; k++)
            mnet_depthwise_stage(r, rows + k * r->row_bytes,
                                 t->scratch + s->ring + (y + k) % s->ring_rows * s->ring_bytes);
    }
}

static void produce_depthwise(Tile *t, size_t i, size_t y0, size_t y1)
{
    const MnetStage *s = &t->block->stages[i];
    const MnetStep *step = t->block->steps[s->first];
    const MnetDepthwiseRows *r = mnet_depthwise_rows(step);
    const void **rows = (const void **)(void *)(t->scratch + s->work);
    bool in_place = i == 0 && r->in_place;
    for (size_t y = y0; y < y1; y++) {
        ptrdiff_t top = (ptrdiff_t)(y * r->g.stride_h) - r->g.pad_top;
        size_t begin = y, end = y + 1;
        mnet_stage_input(t->block, i, &begin, &end);
        if (t->state->next[i] < begin)
            t->state->next[i] = begin;
        if (t->state->next[i] < end && !in_place)
            fill_ring(t, i, end);
        for (size_t ky = 0; ky < r->g.kernel_h; ky++) {
            ptrdiff_t at = top + (ptrdiff_t)(ky * r->g.dilation_h);
            bool inside = at >= 0 && (size_t)at < r->g.in_h;
            rows[ky] = !inside ? t->scratch + s->border
                       : in_place
                           ? input_row(t, (size_t)at)
                           : t->scratch + s->ring + (size_t)at % s->ring_rows * s->ring_bytes;
        }
        mnet_depthwise_row(step, rows, output_row(t, i, y));
        charge(t, s->first);
        finish_rows(t, i, y, 1);
    }
}

/* Rows y0 to y1 of the output of stage `i`. */
static void produce(Tile *t, size_t i, size_t y0, size_t y1)
{
    t->strip[i] = y0;
    if (t->block->stages[i].kind == MNET_STAGE_DEPTHWISE)
        produce_depthwise(t, i, y0, y1);
    else
        produce_convolution(t, i, y0, y1);
}

/* What no stage writes: the row outside of the picture, and both ends of rows. */
static void fill_borders(const MnetBlock *b, uint8_t *scratch)
{
    for (size_t i = 0; i < b->n_stages; i++) {
        const MnetStage *s = &b->stages[i];
        if (s->kind != MNET_STAGE_DEPTHWISE)
            continue;
        const MnetDepthwiseRows *r = ring_of(b, i);
        memset(scratch + s->border, r->zero, s->ring_bytes);
        if (i == 0 || !b->stages[i - 1].to_ring)
            continue;
        size_t left = (size_t)r->g.pad_left * r->g.in_c * r->element;
        for (size_t row = 0; row < s->ring_rows; row++) {
            uint8_t *at = scratch + s->ring + row * s->ring_bytes;
            memset(at, r->zero, left);
            memset(at + left + r->row_bytes, r->zero, s->ring_bytes - left - r->row_bytes);
        }
    }
}

/* How many rows of each stage the tile asks for. */
static void find_ends(Tile *t, size_t begin, size_t end)
{
    for (size_t i = t->block->n_stages; i-- > 0;) {
        t->end[i] = end;
        mnet_stage_input(t->block, i, &begin, &end);
    }
}

/* Rows begin to end of the last stage in picture t->picture. */
static void run_picture(Tile *t, size_t begin, size_t end)
{
    const MnetBlock *b = t->block;
    const MnetStage *last = &b->stages[b->n_stages - 1];
    size_t row = t->picture * last->out_h + begin;
    if (t->state->rows != row || !begin)
        memset(t->state->next, 0, sizeof t->state->next);
    find_ends(t, begin, end);
    produce(t, b->n_stages - 1, begin, end);
    t->state->rows = row + end - begin;
}

void mnet_block_run(const MnetBlock *block, void *const *tensors, size_t tile, size_t tiles,
                    MnetBlockState *state, void *scratch)
{
    size_t out_h = block->stages[block->n_stages - 1].out_h, begin, end;
    Tile t = { .block = block, .tensors = tensors, .state = state, .scratch = scratch };
    t.since = state->ns ? mnet_now_ns() : 0;
    if (!state->begun)
        fill_borders(block, scratch);
    state->begun = true;
    mnet_tile_range(block->batch * out_h, tile, tiles, 1, &begin, &end);
    for (size_t next; begin < end; begin = next) {
        t.picture = begin / out_h;
        next = (t.picture + 1) * out_h < end ? (t.picture + 1) * out_h : end;
        run_picture(&t, begin - t.picture * out_h, next - t.picture * out_h);
    }
}
