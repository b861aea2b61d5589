/* SPDX-License-Identifier: MIT
 *
 * Layers in parts, from and into memory that the caller names: what a block of
 * fused layers is made of.  The steps have been planned. */
#ifndef MNET_OPS_ROWS_H
#define MNET_OPS_ROWS_H

#include "ops/window.h"

/* Whether each pixel of the output of a CONV_2D comes from the same pixel of its
 * input: 1x1, strides 1. */
bool mnet_conv_is_pointwise(const MnetStep *step);
/* The next `pixels` pixels: `in` and `out` point at the first. */
void mnet_conv_pointwise(const MnetStep *step, size_t pixels, const void *in, void *out);
/* Pixels `first` to first + pixels of the output, counted through the batch, of
 * any CONV_2D.  `in` is the whole input, `out` points at pixel `first`; `scratch`
 * has step->scratch bytes. */
void mnet_conv_pixels(const MnetStep *step, size_t first, size_t pixels, const void *in, void *out,
                      void *scratch);

/* The kernel of a DEPTHWISE_CONV_2D reads staged rows: staged_pixels pixels of
 * g.out_c elements, each channel of the input repeated `multiplier` times, with
 * what lies outside the picture as `zero`. */
typedef struct {
    MnetGeometry2D g;
    size_t multiplier, element; /* bytes of an element */
    int8_t zero;
    bool in_place;        /* rows inside the picture need no staging */
    size_t row_bytes;     /* of the input */
    size_t staged_pixels; /* of a staged row */
    size_t staged_bytes;
    size_t ring; /* staged rows that one row of output reaches over */
} MnetDepthwiseRows;

const MnetDepthwiseRows *mnet_depthwise_rows(const MnetStep *step);
void mnet_depthwise_stage(const MnetDepthwiseRows *r, const void *row, void *to);
/* One row of output from g.kernel_h staged rows. */
void mnet_depthwise_row(const MnetStep *step, const void *const *rows, void *out);

/* Whether ADD, SUB or MUL goes element by element, nothing repeated. */
bool mnet_binary_is_flat(const MnetStep *step);
/* `n` elements of the inputs 0 and 1; `out` may be `a` or `b`. */
void mnet_binary_elements(const MnetStep *step, size_t n, const void *a, const void *b, void *out);
/* `n` elements of what has the class mnet_op_unary; `out` may be `in`. */
void mnet_unary_elements(const MnetStep *step, size_t n, const void *in, void *out);

#endif
