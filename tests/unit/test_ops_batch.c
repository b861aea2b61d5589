/* SPDX-License-Identifier: MIT
 *
 * MIRROR_PAD, SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: for each element of the output
 * its place in the input by definition, and forms that contradict themselves. */
#include <string.h>

#include "move_case.h"

#define ROUNDS 120

static int any_type(void)
{
    static const int types[] = { TFL_TYPE_FLOAT32, TFL_TYPE_INT8, TFL_TYPE_UINT8, TFL_TYPE_INT32 };
    return types[move_draw(0, 3)];
}

/* An n x 2 constant. */
static void move_pairs(MoveCase *c, int32_t n, const int32_t *values)
{
    c->op.inputs[c->op.n_inputs++] = tb_tensor(c->model, &(TbTensor){ .name = "pairs",
                                                                      .type = TFL_TYPE_INT32,
                                                                      .rank = 2,
                                                                      .dims = { n, 2 },
                                                                      .data = values,
                                                                      .bytes = 8 * (size_t)n });
}

/* Walks from `at` towards the inside: numbers before and behind the edges turn back. */
static int32_t mirrored(int32_t at, int32_t size, bool symmetric)
{
    int32_t last = size - 1;
    if (at < 0)
        return symmetric ? -at - 1 : -at;
    if (at > last)
        return symmetric ? last - (at - last - 1) : last - (at - last);
    return at;
}

static void check_mirror_pad(MoveCase *c)
{
    static int32_t paddings[12];
    int32_t index[6];
    bool symmetric = move_draw(0, 1);
    move_begin(c, any_type(), TFL_OP_MIRROR_PAD, move_draw_shape(move_draw(1, 4), 4), 1);
    c->out[0] = c->in;
    memset(paddings, 0, sizeof paddings);
    for (int32_t d = 0; d < c->in.rank; d++)
        for (int32_t side = 0; side < 2 && move_draw(0, 2); side++) {
            paddings[2 * d + side] = move_draw(0, c->in.dims[d] - !symmetric);
            c->out[0].dims[d] += paddings[2 * d + side];
        }
    for (size_t i = 0; i < move_elements(&c->out[0]); i++) {
        move_unravel(&c->out[0], i, index);
        for (int32_t d = 0; d < c->in.rank; d++)
            index[d] = mirrored(index[d] - paddings[2 * d], c->in.dims[d], symmetric);
        c->source[0][i] = move_ravel(&c->in, index);
    }
    move_pairs(c, c->in.rank, paddings);
    c->op.options = tb_mirror_pad_options(symmetric);
    move_check("MIRROR_PAD", c);
}

/* Where element `index` of the deep side lies on the wide one; false outside. */
static bool wide_index(const MoveShape *wide, const int32_t *block, const int32_t *edges,
                       int32_t *index)
{
    int32_t n = wide->rank - 2, phase = index[0] / wide->dims[0];
    bool inside = true;
    index[0] %= wide->dims[0];
    for (int32_t d = n - 1; d >= 0; d--) {
        index[1 + d] = index[1 + d] * block[d] + phase % block[d] - edges[2 * d];
        phase /= block[d];
        inside &= index[1 + d] >= 0 && index[1 + d] < wide->dims[1 + d];
    }
    return inside;
}

static void draw_blocks(const MoveShape *wide, int32_t *block, int32_t *edges, MoveShape *deep)
{
    *deep = *wide;
    for (int32_t d = 0; d < wide->rank - 2; d++) {
        block[d] = move_draw(1, 3);
        edges[2 * d] = move_draw(0, 3);
        edges[2 * d + 1] = move_draw(0, 3);
        while ((wide->dims[1 + d] + edges[2 * d] + edges[2 * d + 1]) % block[d])
            edges[2 * d + 1]++;
        deep->dims[0] *= block[d];
        deep->dims[1 + d] = (wide->dims[1 + d] + edges[2 * d] + edges[2 * d + 1]) / block[d];
    }
}

static void check_batch_to_space(MoveCase *c)
{
    static int32_t block[2], edges[4];
    int32_t index[6];
    MoveShape wide = move_draw_shape(move_draw(3, 4), 5), deep;
    draw_blocks(&wide, block, edges, &deep);
    move_begin(c, any_type(), TFL_OP_BATCH_TO_SPACE_ND, deep, 1);
    c->out[0] = wide;
    for (size_t i = 0; i < move_elements(&deep); i++) {
        move_unravel(&deep, i, index);
        if (wide_index(&wide, block, edges, index))
            c->source[0][move_ravel(&wide, index)] = i;
    }
    move_list(c, wide.rank - 2, block);
    move_pairs(c, wide.rank - 2, edges);
    move_check("BATCH_TO_SPACE_ND", c);
}

static void check_space_to_batch(MoveCase *c)
{
    static int32_t block[2], edges[4];
    static int32_t index[6];
    MoveShape wide = move_draw_shape(move_draw(3, 4), 5), deep;
    draw_blocks(&wide, block, edges, &deep);
    move_begin(c, any_type(), TFL_OP_SPACE_TO_BATCH_ND, wide, 1);
    c->out[0] = deep;
    for (size_t i = 0; i < move_elements(&deep); i++) {
        move_unravel(&deep, i, index);
        c->source[0][i] =
            wide_index(&wide, block, edges, index) ? move_ravel(&wide, index) : MOVE_FILL;
    }
    move_list(c, wide.rank - 2, block);
    move_pairs(c, wide.rank - 2, edges);
    move_check("SPACE_TO_BATCH_ND", c);
}

static void refuse_mirrors(MoveCase *c)
{
    static const int32_t cases[][2] = { { 4, 0 },         { 0, 4 },  { -1, 0 },
                                        { INT32_MAX, 0 }, { 0, -1 }, { INT32_MIN, INT32_MIN } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_MIRROR_PAD, (MoveShape){ 1, { 4 } }, 1);
        move_pairs(c, 1, cases[i]);
        c->op.options = tb_mirror_pad_options(0);
        move_refuse("MIRROR_PAD", c, "0 to 3 expected");
    }
    move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_MIRROR_PAD, (MoveShape){ 2, { 4, 4 } }, 1);
    move_pairs(c, 1, (int32_t[]){ 1, 1 });
    c->op.options = tb_mirror_pad_options(1);
    move_refuse("MIRROR_PAD of one dimension", c, "no constant of 2 x 2");
    move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_MIRROR_PAD, (MoveShape){ 1, { 4 } }, 1);
    move_pairs(c, 1, (int32_t[]){ 1, 1 });
    c->op.options = tb_mirror_pad_options(2);
    move_refuse("another mode", c, "mode 2 is unknown");
}

static void refuse_batches(MoveCase *c)
{
    static const struct {
        int32_t block[2], edges[4];
        const char *part;
    } cases[] = { { { 0, 1 }, { 0 }, "blocks of 0" },
                  { { 2, -1 }, { 0 }, "blocks of -1" },
                  { { INT32_MAX, 1 }, { 0 }, "blocks of" },
                  { { 4097, 1 }, { 0 }, "blocks of" },
                  { { 3, 1 }, { 0 }, "is not made of blocks" },
                  { { 2, 2 }, { -1, 1 }, "padding or crop 0 is -1" },
                  { { 2, 2 }, { 0, 0, INT32_MAX, 0 }, "padding or crop 2" } };
    for (int32_t op = TFL_OP_BATCH_TO_SPACE_ND; op <= TFL_OP_SPACE_TO_BATCH_ND; op++)
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            move_begin(c, TFL_TYPE_FLOAT32, op, (MoveShape){ 4, { 4, 4, 4, 2 } }, 1);
            move_list(c, 2, cases[i].block);
            move_pairs(c, 2, cases[i].edges);
            move_refuse("blocks", c, cases[i].part);
        }
    move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_BATCH_TO_SPACE_ND, (MoveShape){ 4, { 4, 1, 1, 2 } }, 1);
    move_list(c, 2, (int32_t[]){ 2, 2 });
    move_pairs(c, 2, (int32_t[]){ 1, 1, 0, 0 });
    move_refuse("a crop of everything", c, "is not made of blocks");
    move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_SPACE_TO_BATCH_ND, (MoveShape){ 2, { 4, 4 } }, 1);
    move_list(c, 2, (int32_t[]){ 2, 2 });
    move_pairs(c, 2, (int32_t[]){ 0, 0, 0, 0 });
    move_refuse("a flat input", c, "has 2 dimensions, 3 or 4 expected");
    move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_SPACE_TO_BATCH_ND, (MoveShape){ 4, { 1, 4, 4, 1 } }, 1);
    move_list(c, 1, (int32_t[]){ 2 });
    move_pairs(c, 2, (int32_t[]){ 0, 0, 0, 0 });
    move_refuse("one block size", c, "no constants of 2 and 2 x 2");
}

int main(void)
{
    static MoveCase c;
    for (int round = 0; round < ROUNDS; round++) {
        check_mirror_pad(&c);
        check_batch_to_space(&c);
        check_space_to_batch(&c);
    }
    refuse_mirrors(&c);
    refuse_batches(&c);
    return move_report("ops_batch");
}
