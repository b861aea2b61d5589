/* SPDX-License-Identifier: MIT
 *
 * What the slots for pictures work on: rows of a frame that become one row of
 * a tensor.  All of it is integer arithmetic, the same in every table.  Before
 * their first use in a process mnet_rows_init() must have made ORC's functions,
 * which the C table calls and the others fall back to. */
#ifndef MNET_KERNELS_IMAGE_ROWS_H
#define MNET_KERNELS_IMAGE_ROWS_H

#include <stddef.h>
#include <stdint.h>

/* Outputs of columns() and pick() come in groups of so many: what is not asked
 * for is read and written all the same. */
#define MNET_IMAGE_GROUP 32

/* int16_t elements behind a row of samples that this makes readable: pick() reads
 * up to 3 + 4 * 31 elements more, columns() 15. */
#define MNET_IMAGE_ROW_PADDING 160

/* How many rows a sum has between its edge rows: see MnetRowSum. */
typedef enum {
    MNET_ROWS_LINEAR, /* none */
    MNET_ROWS_BOX2,   /* up to 2 */
    MNET_ROWS_BOX,    /* as many as fit a sum of 16 bits: 256 of 8-bit samples, 64 of 10-bit ones */
    MNET_ROWS_LONG    /* any number */
} MnetRowsMode;

/* Rows of samples weighed together: a is the first row, b the last one, w the
 * `whole` rows behind the first.  With x * e in 16 bits (e = 257 for 8-bit
 * samples, 64 for 10-bit ones), hi(x) = x >> 16 and edges =
 * hi(a * e * first_weight) + hi(b * e * last_weight), a sum is
 *
 *     LINEAR  edges
 *     BOX2    edges + hi(((w[0] + w[1]) * e + 1 >> 1) * inner)
 *     BOX     edges + hi((w[0] + w[1] + ...) * fill * inner)
 *     LONG    (a * first_weight + b * last_weight + (w[0] + w[1] + ...) * inner) >> bits
 *
 * where rows that are not there are 0.  Weights are such that sums are at most
 * 32767, of LONG 2^32 - 1 before they are shifted.  10-bit samples are words
 * that times `align` (modulo 2^16) have the sample in their high bits; the other
 * bits do not count.  No byte outside of the n samples of a row is read. */
typedef struct {
    MnetRowsMode mode;
    const uint8_t *first;
    ptrdiff_t stride; /* bytes from a row to the next, may be negative */
    int32_t whole;
    int32_t last; /* rows from the first to the last one: 0 or whole + 1 */
    uint16_t first_weight, last_weight, inner;
    uint16_t fill; /* a power of two */
    uint16_t bits;
    uint16_t align;
    /* Scratch for n samples each; `zero` is n words of 0. */
    const uint16_t *zero;
    uint16_t *part;
    uint32_t *total;
} MnetRowSum;

/* out[i] = ((sum over k of in[start[i] + k] * w[i][k]) >> bits) * factor >> 16:
 * samples and weights are not negative, the sum is below 2^31, shifted below
 * 2^16, the result below 2^15.
 *
 * start and weights, [output][taps] and aligned to 64, go on to the next multiple
 * of MNET_IMAGE_GROUP outputs, with weights of 0. */
typedef struct {
    size_t taps; /* 8 or a multiple of 16 */
    const uint16_t *start;
    const int16_t *weights;
    uint16_t bits;
    uint16_t factor;
} MnetColumnSum;

/* byte = clamp((hi(s0 * m[0]) + hi(s1 * m[1]) + hi(s2 * m[2]) + bias) >> 4, 0, 255),
 * hi(x) = x >> 16; no sum leaves 16 bits. */
typedef struct {
    int16_t m[3];
    int16_t bias;
} MnetColorMix;

#endif
