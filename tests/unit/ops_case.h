/* SPDX-License-Identifier: MIT
 *
 * Models of one operator against a definition: numbers that are the same in
 * every run, TFLite's fixed-point product, runs by every kernel set. */
#ifndef OPS_CASE_H
#define OPS_CASE_H

#include "tflitebuilder.h"

/* A number from low to high. */
int32_t ops_draw(int32_t low, int32_t high);
/* A scale, 0.001 to 0.1. */
float ops_draw_scale(void);
/* `n` stored values: any byte for int8 and uint8, -4 to 4 for float32. */
void ops_fill(int type, size_t n, void *values);

/* Element `i` of stored values as a number, not dequantised. */
double ops_stored(int type, const void *values, size_t i);

/* MultiplyByQuantizedMultiplier of TFLite's reference: a factor of 31 bits, the
 * doubled high product rounded half up, the right shift half away from zero. */
int64_t ops_scaled(int64_t sum, double factor);
/* The same for a multiplier that is known: multiplier * 2^(shift - 31). */
int64_t ops_multiplied(int64_t sum, int64_t multiplier, int shift);
/* `factor` as that multiplier. */
int64_t ops_multiplier(double factor, int *shift);

/* Within what the type stores and what the activation (TFL_ACTIVATION_*) leaves. */
double ops_clamp(int type, int activation, double value, float scale, int32_t zero_point);

/* Runs the model, which is freed, on `input` with every kernel set and compares
 * output 0 with `n` stored values: no more than `bound` apart. */
void ops_compare(const char *name, TbModel *model, const void *input, const double *expected,
                 size_t n, double bound);
/* The model, which is freed, is refused with `part` in the text. */
void ops_refuse(const char *name, TbModel *model, const char *part);
/* As above, of any status. */
void ops_refuse_any(const char *name, TbModel *model, const char *part);
/* What main() returns. */
int ops_report(const char *test);

#endif
