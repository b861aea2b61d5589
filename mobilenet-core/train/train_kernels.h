/* SPDX-License-Identifier: MIT
 *
 * What training computes beside the core's kernels: one source for all instruction
 * sets (train_kernels_body.h), compiled once for each.
 *
 * - Maps are rows of `c` channels, a multiple of 16, without gaps; padding channels
 *   are 0.  Everything is aligned to 64 bytes.
 * - Sums are added to what is there, in the order of the rows.  They differ between
 *   instruction sets in their last bits, never between runs. */
#ifndef MNET_TRAIN_TRAIN_KERNELS_H
#define MNET_TRAIN_TRAIN_KERNELS_H

#include <stddef.h>

#include "train/net.h"

/* Channels of maps are padded to this. */
#define MNET_TRAIN_CHANNELS 16

/* u = z * scale + shift, output = activation(u). */
typedef struct {
    MnetNetActivation activation;
    const float *scale, *shift;
} MnetTrainAffine;

/* The gradient of z is g * by_g + z * by_z + constant. */
typedef struct {
    const float *by_g, *by_z, *constant;
} MnetTrainSlope;

typedef struct {
    const char *name; /* as MnetKernels.name */

    /* c[i][j] += sum over r of a[r][i] * b[r][j]: m and n are multiples of 8 and 16;
     * lda, ldb, ldc are multiples of 8, 16, 16. */
    void (*gemm_tn)(size_t rows, size_t m, size_t n, const float *a, size_t lda, const float *b,
                    size_t ldb, float *c, size_t ldc);

    void (*activate)(const MnetTrainAffine *affine, size_t rows, size_t c, const float *z,
                     float *out);
    /* sums[c] += z, sums[c + c] += z * z */
    void (*moments)(size_t rows, size_t c, const float *z, float *sums);
    /* The gradient of z; out may be g. */
    void (*slope)(const MnetTrainSlope *slope, size_t rows, size_t c, const float *g,
                  const float *z, float *out);
    /* g = (d + extra) * activation'(u), sums[c] += g, sums[c + c] += g * z.  extra may
     * be NULL, g may be d or extra. */
    void (*activate_back)(const MnetTrainAffine *affine, size_t rows, size_t c, const float *d,
                          const float *extra, const float *z, float *g, float *sums);
    /* sums[c] += g, sums[c + c] += g * z */
    void (*sums_back)(size_t rows, size_t c, const float *g, const float *z, float *sums);

    /* Depthwise 3x3 of stride 1, one row of input of `width` pixels: dz[0..2] are the
     * rows of gradients above, at and below it, each with a pixel of padding to the
     * left (where they point to) and right.
     * dx[x] = sum over ky, kx of dz[2 - ky][x + 2 - kx] * weights[ky][kx],
     * dweights[ky][kx] += sum over x of a[x] * dz[2 - ky][x + 2 - kx]. */
    void (*depthwise3_back)(size_t width, size_t c, const float *const dz[3], const float *a,
                            const float *weights, float *dx, float *dweights);
    /* One row of a kernel of `taps` and one row of `width` gradients:
     * dx[x * stride + k] += dz[x] * weights[k], dweights[k] += dz[x] * a[x * stride + k]. */
    void (*depthwise_back)(size_t width, size_t c, size_t taps, size_t stride, const float *dz,
                           const float *a, const float *weights, float *dx, float *dweights);
} MnetTrainKernels;

extern const MnetTrainKernels mnet_train_kernels_c;
#ifdef MNET_HAVE_X86
extern const MnetTrainKernels mnet_train_kernels_avx2;
extern const MnetTrainKernels mnet_train_kernels_avx512vnni;
#endif

/* Those that go with the core's kernel set `name`. */
const MnetTrainKernels *mnet_train_kernels_select(const char *name);

#endif
