/* SPDX-License-Identifier: MIT
 *
 * Attributes of operators that move elements which lead outside of the input, are
 * missing or contradict themselves: one error that says so. */
#include <string.h>

#include "move_case.h"

static void refuse_slices(MoveCase *c)
{
    static const struct {
        int32_t from, size;
    } cases[] = { { -1, 1 },        { 0, 5 },  { 4, -1 },        { 3, 2 },
                  { 0, 0 },         { 0, -2 }, { 0, INT32_MIN }, { INT32_MAX, INT32_MAX },
                  { INT32_MIN, -1 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_SLICE, (MoveShape){ 1, { 4 } }, 1);
        move_list(c, 1, &cases[i].from);
        move_list(c, 1, &cases[i].size);
        move_refuse("SLICE", c, "of dimension 0, of size 4");
    }
    move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_SLICE, (MoveShape){ 2, { 4, 4 } }, 1);
    move_list(c, 1, &cases[0].size);
    move_list(c, 1, &cases[0].size);
    move_refuse("SLICE of too few places", c, "its input 1 is no constant of 2 integers");
    move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_SLICE, (MoveShape){ 1, { 4 } }, 1);
    move_refuse("SLICE without places", c, "has 1 inputs");
}

static void refuse_strided_slices(MoveCase *c)
{
    static const struct {
        int32_t from, to, stride;
        uint32_t ellipsis, shrink;
        const char *part;
    } cases[] = { { 0, 4, 0, 0, 0, "the stride of dimension 0 is 0" },
                  { 3, 3, 1, 0, 0, "nothing is left of dimension 0" },
                  { 1, 3, -1, 0, 0, "nothing is left of dimension 0" },
                  { 4, 0, 1, 0, 1, "index 4 of dimension 0" },
                  { -5, 0, 1, 0, 1, "index -5 of dimension 0" },
                  { INT32_MAX, INT32_MIN, INT32_MAX, 0, 0, "nothing is left" },
                  { INT32_MIN, INT32_MAX, INT32_MIN, 0, 0, "nothing is left" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_STRIDED_SLICE, (MoveShape){ 1, { 4 } }, 1);
        move_list(c, 1, &cases[i].from);
        move_list(c, 1, &cases[i].to);
        move_list(c, 1, &cases[i].stride);
        c->op.options =
            tb_strided_slice_options(0, 0, cases[i].ellipsis, 0, cases[i].shrink, false);
        move_refuse("STRIDED_SLICE", c, cases[i].part);
    }
    const int32_t many[] = { 0, 0, 0, 0, 0, 0, 0, 0 };
    for (uint32_t mask = 0; mask < 2; mask++) {
        move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_STRIDED_SLICE, (MoveShape){ 1, { 4 } }, 1);
        for (int k = 0; k < 3; k++)
            move_list(c, 8, many);
        c->op.options = tb_strided_slice_options(0, 0, mask * 3, !mask * 0xff, 0, false);
        move_refuse("STRIDED_SLICE of many places", c,
                    mask ? "of an input of 1 dimensions" : "its output would have 9 dimensions");
    }
}

static void refuse_parts(MoveCase *c)
{
    static const int32_t axes[] = { 1, -2, INT32_MAX, INT32_MIN };
    static const int32_t pack_axes[] = { 2, -3, INT32_MAX, INT32_MIN };
    static const int32_t sizes[][2] = { { 2, 1 },   { 5, -1 }, { 4, -1 },
                                        { -1, -1 }, { 0, 4 },  { INT32_MAX, INT32_MAX },
                                        { -5, 9 } };
    for (size_t i = 0; i < sizeof axes / sizeof *axes; i++) {
        move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_SPLIT_V, (MoveShape){ 1, { 4 } }, 2);
        move_list(c, 2, (int32_t[]){ 2, 2 });
        move_list(c, 1, &axes[i]);
        c->op.options = tb_split_options(TFL_OPTIONS_SPLIT_V, 2);
        move_refuse("an axis of SPLIT_V", c, "of an input of 1 dimensions");
        move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_UNPACK, (MoveShape){ 1, { 4 } }, 4);
        c->op.options = tb_pack_options(TFL_OPTIONS_UNPACK, 4, axes[i]);
        move_refuse("an axis of UNPACK", c, "axis ");
        move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_PACK, (MoveShape){ 1, { 4 } }, 1);
        c->op.options = tb_pack_options(TFL_OPTIONS_PACK, 1, pack_axes[i]);
        move_refuse("an axis of PACK", c, "axis ");
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int32_t axis = 0;
        move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_SPLIT_V, (MoveShape){ 1, { 4 } }, 2);
        move_list(c, 2, sizes[i]);
        move_list(c, 1, &axis);
        c->op.options = tb_split_options(TFL_OPTIONS_SPLIT_V, 2);
        move_refuse("sizes of SPLIT_V", c, "size");
    }
    move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_UNPACK, (MoveShape){ 1, { 4 } }, 3);
    c->op.options = tb_pack_options(TFL_OPTIONS_UNPACK, 3, 0);
    move_refuse("UNPACK", c, "3 outputs of a dimension of size 4");
    move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_UNPACK, (MoveShape){ 1, { 4 } }, 4);
    c->op.options = tb_pack_options(TFL_OPTIONS_UNPACK, 5, 0);
    move_refuse("UNPACK of another count", c, "its options speak of 5 tensors, it has 4");
    move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_PACK, (MoveShape){ 6, { 1, 1, 1, 1, 1, 1 } }, 1);
    c->op.options = tb_pack_options(TFL_OPTIONS_PACK, 1, 0);
    move_refuse("PACK of six dimensions", c, "its output would have 7 dimensions");
}

static void refuse_spaces(MoveCase *c)
{
    static const int32_t blocks[] = { 0, -1, 3, 4097, INT32_MAX, INT32_MIN };
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        for (int to_space = 0; to_space < 2; to_space++) {
            move_begin(c, TFL_TYPE_FLOAT32,
                       to_space ? TFL_OP_DEPTH_TO_SPACE : TFL_OP_SPACE_TO_DEPTH,
                       (MoveShape){ 4, { 1, 4, 4, 16 } }, 1);
            c->op.options = tb_space_options(
                to_space ? TFL_OPTIONS_DEPTH_TO_SPACE : TFL_OPTIONS_SPACE_TO_DEPTH, blocks[i]);
            move_refuse("blocks", c, "blocks of");
        }
    static const int32_t sizes[][2] = {
        { 0, 4 }, { 4, -1 }, { INT32_MAX, 1 }, { 1 << 24, 1 << 24 }
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_RESIZE_BILINEAR, (MoveShape){ 4, { 1, 4, 4, 16 } },
                   1);
        move_list(c, 2, sizes[i]);
        move_refuse("sizes", c, "its output would");
    }
    move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_RESIZE_BILINEAR, (MoveShape){ 3, { 4, 4, 16 } }, 1);
    move_list(c, 2, (int32_t[]){ 2, 2 });
    move_refuse("a flat picture", c, "its input has 3 dimensions, 4 expected");
    move_begin(c, TFL_TYPE_FLOAT32, TFL_OP_RESIZE_BILINEAR, (MoveShape){ 4, { 1, 4, 4, 1 } }, 1);
    move_list(c, 2, (int32_t[]){ 2, 2 });
    c->op.options = tb_resize_options(TFL_OPTIONS_RESIZE_BILINEAR, true, true);
    move_refuse("both modes", c, "align_corners and half_pixel_centers together");
}

int main(void)
{
    static MoveCase c;
    refuse_slices(&c);
    refuse_strided_slices(&c);
    refuse_parts(&c);
    refuse_spaces(&c);
    return move_report("ops_move_bad");
}
