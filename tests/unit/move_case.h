/* SPDX-License-Identifier: MIT
 *
 * Models of one operator that moves elements: built, run and compared with where
 * each element comes from, or refused. */
#ifndef MOVE_CASE_H
#define MOVE_CASE_H

#include "tflitebuilder.h"

#define MOVE_MAX_ELEMENTS 8192
#define MOVE_MAX_OUTPUTS 8
/* A source: no element of the input, but 0 or the zero point. */
#define MOVE_FILL SIZE_MAX

typedef struct {
    int32_t rank;
    int32_t dims[6];
} MoveShape;

/* A model of one operator: its input 0, and what each output holds. */
typedef struct {
    TbModel *model;
    int type;
    TbOperator op;
    MoveShape in, out[MOVE_MAX_OUTPUTS];
    size_t source[MOVE_MAX_OUTPUTS][MOVE_MAX_ELEMENTS]; /* element of the input */
} MoveCase;

/* A number from low to high, the same ones in every run. */
int32_t move_draw(int32_t low, int32_t high);
/* `rank` dimensions of 1 to `most`. */
MoveShape move_draw_shape(int32_t rank, int32_t most);
size_t move_elements(const MoveShape *shape);
/* Index of each dimension (of 6) of element `at`, and back. */
void move_unravel(const MoveShape *shape, size_t at, int32_t *index);
size_t move_ravel(const MoveShape *shape, const int32_t *index);

/* Begins a model; options and further inputs are added to c->op. */
void move_begin(MoveCase *c, int type, int32_t builtin, MoveShape in, int32_t n_outputs);
/* A constant of integers as the next input. */
void move_list(MoveCase *c, int32_t n, const int32_t *values);
/* Runs the model on bytes of any value, without and with a pool, and compares. */
void move_check(const char *name, MoveCase *c);
/* The model is refused with `part` in the text. */
void move_refuse(const char *name, MoveCase *c, const char *part);
/* What main() returns: whether any of the two above failed. */
int move_report(const char *test);

#endif
