/* SPDX-License-Identifier: MIT
 *
 * The kernels of training for any instruction set.  The file that includes this has
 * defined Vector (LANES floats, 4, 8 or 16), TILE_ROWS by TILE_VECTORS of which the
 * sums of a matrix product fill registers, and
 *   vector_min(), vector_max()
 *   vector_between(u, low, high, x): x where low < u < high, else 0
 * and makes its table of MNET_TRAIN_SLOTS. */
#include <string.h>

#include "kernels/inline.h"
#include "train/train_kernels.h"

/* Vectors of channels at once where each needs several registers. */
enum { GROUP = 2 };

/* Bytes between what is read and what is asked for. */
enum { AHEAD = 1536 };

MNET_INLINE Vector splat(float x)
{
    return x - (Vector){ 0 };
}

MNET_INLINE Vector load(const float *p)
{
    return *(const Vector *)p;
}

MNET_INLINE void store(float *p, Vector v)
{
    *(Vector *)p = v;
}

MNET_INLINE void tile_tn(size_t rows, const float *a, size_t lda, const float *b, size_t ldb,
                         float *c, size_t ldc, size_t vectors)
{
    Vector sum[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll MNET_UNROLL_16
    for (size_t i = 0; i < TILE_ROWS; i++)
#pragma GCC unroll MNET_UNROLL_4
        for (size_t j = 0; j < vectors; j++)
            sum[i][j] = (Vector){ 0 };
    for (size_t r = 0; r < rows; r++, a += lda, b += ldb) {
        Vector row[TILE_VECTORS];
#pragma GCC unroll MNET_UNROLL_4
        for (size_t j = 0; j < vectors; j++)
            row[j] = load(b + j * LANES);
#pragma GCC unroll MNET_UNROLL_16
        for (size_t i = 0; i < TILE_ROWS; i++) {
            Vector x = splat(a[i]);
#pragma GCC unroll MNET_UNROLL_4
            for (size_t j = 0; j < vectors; j++)
                sum[i][j] += x * row[j];
        }
    }
#pragma GCC unroll MNET_UNROLL_16
    for (size_t i = 0; i < TILE_ROWS; i++, c += ldc)
#pragma GCC unroll MNET_UNROLL_4
        for (size_t j = 0; j < vectors; j++)
            store(c + j * LANES, load(c + j * LANES) + sum[i][j]);
}

static void gemm_tn(size_t rows, size_t m, size_t n, const float *a, size_t lda, const float *b,
                    size_t ldb, float *c, size_t ldc)
{
    for (size_t j = 0, vectors; j < n; j += vectors * LANES) {
        size_t left = (n - j) / LANES;
        /* 4 as 2 and 2 rather than 3 and 1. */
        vectors = left < TILE_VECTORS ? left : left == 4 ? 2 : TILE_VECTORS;
        for (size_t i = 0; i < m; i += TILE_ROWS) {
            if (vectors == TILE_VECTORS)
                tile_tn(rows, a + i, lda, b + j, ldb, c + i * ldc + j, ldc, TILE_VECTORS);
            else if (vectors == 2)
                tile_tn(rows, a + i, lda, b + j, ldb, c + i * ldc + j, ldc, 2);
            else
                tile_tn(rows, a + i, lda, b + j, ldb, c + i * ldc + j, ldc, 1);
        }
    }
}

MNET_INLINE Vector curve(MnetNetActivation activation, Vector u)
{
    const Vector zero = splat(0), six = splat(6);
    if (activation == MNET_NET_RELU)
        return vector_max(u, zero);
    if (activation == MNET_NET_RELU6)
        return vector_min(vector_max(u, zero), six);
    if (activation == MNET_NET_LINEAR)
        return u;
    Vector sigmoid = vector_min(vector_max(u + splat(3), zero), six) * splat(1 / 6.f);
    if (activation == MNET_NET_HARD_SWISH)
        return u * sigmoid;
    return sigmoid;
}

/* d times the derivative at u. */
MNET_INLINE Vector curve_back(MnetNetActivation activation, Vector u, Vector d)
{
    const Vector low = splat(-3), high = splat(3), most = splat(3e38f);
    if (activation == MNET_NET_RELU)
        return vector_between(u, splat(0), most, d);
    if (activation == MNET_NET_RELU6)
        return vector_between(u, splat(0), splat(6), d);
    if (activation == MNET_NET_LINEAR)
        return d;
    if (activation == MNET_NET_HARD_SIGMOID)
        return vector_between(u, low, high, d * splat(1 / 6.f));
    return vector_between(u, low, high, d * (u + splat(1.5f)) * splat(1 / 3.f)) +
           vector_between(u, high, most, d);
}

/* Maps that were written long ago come from memory, row by row. */
MNET_INLINE void fetch(const float *p)
{
    __builtin_prefetch((const char *)p + AHEAD);
}

MNET_INLINE void activate_as(const MnetTrainAffine *affine, MnetNetActivation activation,
                             size_t rows, size_t c, const float *z, float *out)
{
    for (size_t r = 0; r < rows; r++, z += c, out += c)
        for (size_t j = 0; j < c; j += LANES) {
            fetch(z + j);
            store(out + j, curve(activation,
                                 load(z + j) * load(affine->scale + j) + load(affine->shift + j)));
        }
}

static void activate(const MnetTrainAffine *affine, size_t rows, size_t c, const float *z,
                     float *out)
{
    if (affine->activation == MNET_NET_RELU6)
        activate_as(affine, MNET_NET_RELU6, rows, c, z, out);
    else if (affine->activation == MNET_NET_LINEAR)
        activate_as(affine, MNET_NET_LINEAR, rows, c, z, out);
    else if (affine->activation == MNET_NET_RELU)
        activate_as(affine, MNET_NET_RELU, rows, c, z, out);
    else if (affine->activation == MNET_NET_HARD_SWISH)
        activate_as(affine, MNET_NET_HARD_SWISH, rows, c, z, out);
    else
        activate_as(affine, MNET_NET_HARD_SIGMOID, rows, c, z, out);
}

MNET_INLINE void sums_columns(size_t rows, size_t c, size_t j, size_t vectors, const float *g,
                              const float *z, float *sums)
{
    Vector sum[GROUP], product[GROUP];
    for (size_t v = 0; v < vectors; v++)
        sum[v] = product[v] = (Vector){ 0 };
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll MNET_UNROLL_4
        for (size_t v = 0; v < vectors; v++) {
            size_t at = r * c + j + v * LANES;
            Vector x = load(g + at);
            sum[v] += x;
            product[v] += x * load(z + at);
        }
    for (size_t v = 0; v < vectors; v++) {
        float *at = sums + j + v * LANES;
        store(at, load(at) + sum[v]);
        store(at + c, load(at + c) + product[v]);
    }
}

static void sums_back(size_t rows, size_t c, const float *g, const float *z, float *sums)
{
    size_t j = 0;
    for (; j + GROUP * LANES <= c; j += GROUP * LANES)
        sums_columns(rows, c, j, GROUP, g, z, sums);
    for (; j < c; j += LANES)
        sums_columns(rows, c, j, 1, g, z, sums);
}

static void moments(size_t rows, size_t c, const float *z, float *sums)
{
    sums_back(rows, c, z, z, sums);
}

static void slope_of(const MnetTrainSlope *slope, size_t rows, size_t c, const float *g,
                     const float *z, float *out)
{
    for (size_t r = 0; r < rows; r++, g += c, z += c, out += c)
        for (size_t j = 0; j < c; j += LANES) {
            fetch(g + j);
            fetch(z + j);
            store(out + j, load(g + j) * load(slope->by_g + j) +
                               (load(z + j) * load(slope->by_z + j) + load(slope->constant + j)));
        }
}

/* The gradient of one place and its part of the sums. */
MNET_INLINE void back_columns(const MnetTrainAffine *affine, MnetNetActivation activation,
                              size_t rows, size_t c, size_t j, size_t vectors, const float *d,
                              const float *extra, const float *z, float *g, float *sums)
{
    Vector scale[GROUP], shift[GROUP], sum[GROUP], product[GROUP];
    for (size_t v = 0; v < vectors; v++) {
        scale[v] = load(affine->scale + j + v * LANES);
        shift[v] = load(affine->shift + j + v * LANES);
        sum[v] = product[v] = (Vector){ 0 };
    }
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll MNET_UNROLL_4
        for (size_t v = 0; v < vectors; v++) {
            size_t at = r * c + j + v * LANES;
            Vector in = load(z + at), gradient = load(d + at);
            if (extra)
                gradient += load(extra + at);
            gradient = curve_back(activation, in * scale[v] + shift[v], gradient);
            store(g + at, gradient);
            sum[v] += gradient;
            product[v] += gradient * in;
        }
    for (size_t v = 0; v < vectors; v++) {
        float *at = sums + j + v * LANES;
        store(at, load(at) + sum[v]);
        store(at + c, load(at + c) + product[v]);
    }
}

MNET_INLINE void back_as(const MnetTrainAffine *affine, MnetNetActivation activation, size_t rows,
                         size_t c, const float *d, const float *extra, const float *z, float *g,
                         float *sums)
{
    size_t j = 0;
    for (; j + GROUP * LANES <= c; j += GROUP * LANES)
        back_columns(affine, activation, rows, c, j, GROUP, d, extra, z, g, sums);
    for (; j < c; j += LANES)
        back_columns(affine, activation, rows, c, j, 1, d, extra, z, g, sums);
}

static void activate_back(const MnetTrainAffine *affine, size_t rows, size_t c, const float *d,
                          const float *extra, const float *z, float *g, float *sums)
{
    if (affine->activation == MNET_NET_RELU6 && !extra)
        back_as(affine, MNET_NET_RELU6, rows, c, d, NULL, z, g, sums);
    else if (affine->activation == MNET_NET_RELU6)
        back_as(affine, MNET_NET_RELU6, rows, c, d, extra, z, g, sums);
    else if (affine->activation == MNET_NET_LINEAR)
        back_as(affine, MNET_NET_LINEAR, rows, c, d, extra, z, g, sums);
    else if (affine->activation == MNET_NET_RELU)
        back_as(affine, MNET_NET_RELU, rows, c, d, extra, z, g, sums);
    else if (affine->activation == MNET_NET_HARD_SWISH)
        back_as(affine, MNET_NET_HARD_SWISH, rows, c, d, extra, z, g, sums);
    else
        back_as(affine, MNET_NET_HARD_SIGMOID, rows, c, d, extra, z, g, sums);
}

/* Each gradient serves the input below it and the weight: both products of a
 * window are taken while its nine gradients are in registers. */
MNET_INLINE void depthwise3_columns(size_t width, size_t c, const float *const dz[3],
                                    const float *a, const float *weights, float *dx,
                                    float *dweights)
{
    Vector w[9], dw[9], window[9];
#pragma GCC unroll MNET_UNROLL_12
    for (size_t k = 0; k < 9; k++) {
        w[k] = load(weights + k * c);
        dw[k] = (Vector){ 0 };
    }
#pragma GCC unroll MNET_UNROLL_3
    for (size_t y = 0; y < 3; y++) {
        window[3 * y + 1] = load(dz[y]);
        window[3 * y + 2] = load(dz[y] + c);
    }
    for (size_t x = 0; x < width; x++) {
        Vector in = load(a + x * c), sum[3];
#pragma GCC unroll MNET_UNROLL_3
        for (size_t y = 0; y < 3; y++) {
            window[3 * y] = window[3 * y + 1];
            window[3 * y + 1] = window[3 * y + 2];
            window[3 * y + 2] = load(dz[y] + (x + 2) * c);
            sum[y] = (Vector){ 0 };
        }
#pragma GCC unroll MNET_UNROLL_12
        for (size_t k = 0; k < 9; k++) {
            sum[k % 3] += window[8 - k] * w[k];
            dw[k] += window[8 - k] * in;
        }
        store(dx + x * c, sum[0] + sum[1] + sum[2]);
    }
#pragma GCC unroll MNET_UNROLL_12
    for (size_t k = 0; k < 9; k++)
        store(dweights + k * c, load(dweights + k * c) + dw[k]);
}

static void depthwise3_back(size_t width, size_t c, const float *const dz[3], const float *a,
                            const float *weights, float *dx, float *dweights)
{
    for (size_t j = 0; j < c; j += LANES) {
        const float *rows[3] = { dz[0] + j, dz[1] + j, dz[2] + j };
        depthwise3_columns(width, c, rows, a + j, weights + j, dx + j, dweights + j);
    }
}

MNET_INLINE void depthwise_columns(size_t width, size_t c, size_t taps, size_t stride,
                                   const float *dz, const float *a, const float *weights, float *dx,
                                   float *dweights)
{
    Vector w[8], dw[8];
#pragma GCC unroll MNET_UNROLL_6
    for (size_t k = 0; k < taps; k++) {
        w[k] = load(weights + k * c);
        dw[k] = (Vector){ 0 };
    }
    for (size_t x = 0; x < width; x++) {
        Vector gradient = load(dz + x * c);
        const float *in = a + x * stride * c;
        float *out = dx + x * stride * c;
#pragma GCC unroll MNET_UNROLL_6
        for (size_t k = 0; k < taps; k++) {
            store(out + k * c, load(out + k * c) + gradient * w[k]);
            dw[k] += gradient * load(in + k * c);
        }
    }
#pragma GCC unroll MNET_UNROLL_6
    for (size_t k = 0; k < taps; k++)
        store(dweights + k * c, load(dweights + k * c) + dw[k]);
}

static void depthwise_back(size_t width, size_t c, size_t taps, size_t stride, const float *dz,
                           const float *a, const float *weights, float *dx, float *dweights)
{
    for (size_t j = 0; j < c; j += LANES) {
        if (taps == 3)
            depthwise_columns(width, c, 3, stride, dz + j, a + j, weights + j, dx + j,
                              dweights + j);
        else if (taps == 5)
            depthwise_columns(width, c, 5, stride, dz + j, a + j, weights + j, dx + j,
                              dweights + j);
        else
            for (size_t k = 0; k < taps; k++)
                depthwise_columns(width, c, 1, stride, dz + j, a + k * c + j, weights + k * c + j,
                                  dx + k * c + j, dweights + k * c + j);
    }
}

#define MNET_TRAIN_SLOTS                                                                        \
    .gemm_tn = gemm_tn, .activate = activate, .moments = moments, .slope = slope_of,            \
    .activate_back = activate_back, .sums_back = sums_back, .depthwise3_back = depthwise3_back, \
    .depthwise_back = depthwise_back
