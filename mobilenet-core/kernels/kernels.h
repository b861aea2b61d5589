/* SPDX-License-Identifier: MIT
 *
 * The kernel table: what an instruction set offers, as numbers and pointers.
 *
 * - Every table lists every slot; plain C (kernels/c) is floor and oracle.
 * - Integer slots give the same bytes in every table.  Float slots may differ
 *   from C by 1e-5 of the sum of the magnitudes of what is added; float16 slots
 *   (MnetKernelsF16) by 2^-10 * (2 + sqrt(n) / 4) of it for n terms.
 * - Tensors are row-major, channels last; strides are in elements and may be
 *   larger than a row.  Pointers may have any alignment unless said otherwise.
 * - A slot reads what its contract names and, behind the last element of a row
 *   of activations, up to 63 bytes more (their values do not matter); it writes
 *   exactly what its contract names.
 * - Packed arrays start at multiples of 64 bytes and are padded with zeros to
 *   the geometry beside the pointer.
 * - Lengths may be 0 unless said otherwise.  Inputs and outputs do not overlap
 *   unless said otherwise.
 *
 * Requantisation (integers): acc is an int32 sum with |acc| < 2^31; the result
 * is TFLite's reference, bit for bit, as kernels/requant.h computes it: acc
 * times a 31-bit multiplier times 2^(shift - 31), rounded half up at the 31st
 * bit, then, when shift is negative, rounded half away from zero.
 *
 * Where that is slow, fma((float)acc, scale, tie with the sign of acc) is
 * within 2^-15 of the number whose nearest integer is the result, as long as
 * the result lies in -256..255: what falls nearer than that to the middle of
 * two integers is computed the exact way (one in some ten thousand).
 *
 * Where a layer's sums cannot be below what ends at min (RELU), nearly every
 * channel has numbers found at load (ops/fit.h) with which one fused
 * multiply-add, rounded once, is the reference for every sum that can occur: */
#ifndef MNET_KERNELS_KERNELS_H
#define MNET_KERNELS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/image_rows.h"

/* The bits of 1.5 * 2^23: floats near it are integers, one bit apart. */
#define MNET_MAGIC 0x4B400000

/* Per output channel, padded to the slot's channel tile with zeros. */
typedef struct {
    const int32_t *multiplier; /* may be negative: so may scales of weights */
    const int32_t *shift;      /* -31 to 30 */
    const float *scale;        /* multiplier * 2^(shift - 31) */
    const float *tie;          /* 2^(shift - 1), or 0 unless shift < 0; the sign of scale */
    /* NULL, or: the bits of fmaf(the float of bits acc + fit_offset, fit_factor,
     * fit_addend) - MNET_MAGIC are the result before the clamp, zero point
     * included.  fit_addend 0: not for this channel.  Fit in padding, any sum. */
    const int32_t *fit_offset;
    const float *fit_factor, *fit_addend;
    int32_t zero_point;
    int32_t min, max; /* within -128..127 */
} MnetRequant;

/* c[i][j] = requantise(bias[j] + sum over r, t of a[r][i * a_stride + t] *
 * (w[j][r * run + t] - wz[j])), the input's zero point being folded into bias:
 * r below `runs`, t below `run`.  A product of matrices has one run; a row of a
 * convolution has one for each row of the kernel, and reads its windows where
 * they lie.
 *
 * Panels: for every nr channels int32 bias[nr], then the weights, each run
 * rounded up to kr: [runs][run / kr][nr][kr] elements, or [nr][k] when kr is 0.  Elements are
 * int16 w - wz when wide, else bytes w - z[j], 0 in padding, where z[j] is -w_bias
 * (then they are unsigned), or if that is 0 any number that lets them fit.
 * Not wide: weight_zero[j] = wz[j] - z[j] (NULL: all 0) times the sum of the row of
 * a is taken off. */
typedef struct {
    size_t k;         /* runs * run */
    size_t runs, run; /* at least 1 */
    const void *panels;
    size_t panel_bytes;
    const int32_t *weight_zero;
    MnetRequant requant;
} MnetGemmS8;

/* c[i][j] = clamp(bias[j] + sum over r, t of a[r][i * a_stride + t] *
 * w[j][r * run + t], min, max).
 * Panels: float bias[nr], then [k][nr]. */
typedef struct {
    size_t k;         /* runs * run */
    size_t runs, run; /* at least 1 */
    const float *panels;
    size_t panel_floats;
    float min, max;
} MnetGemmF32;

/* Depthwise convolution of one row of output.
 *
 * out[x][c] = requantise(bias[c] + sum over ky, kx of
 *             rows[ky][(x * stride + kx * dilation) * pixel + c] * weight[ky][kx][c])
 *
 * for x below the width given to the call and c below channels.  Rows have no
 * borders: what lies outside the picture was put there as the zero point, which
 * is folded into bias.  weight is int16 w - wz, [ky * kernel_w + kx][tile], bias
 * and requant padded to `tile` = channels rounded up to channel_tile.
 *
 * A table that has pack wants them in an order of its own too: `packed`, of
 * pack_bytes() bytes, cleared and aligned to 64, is what pack() made of
 * channels, tile, kernel_h, kernel_w, weights, bias and requant. */
typedef struct {
    size_t channels, tile;
    size_t kernel_h, kernel_w;
    size_t stride, dilation; /* across, in pixels */
    size_t pixel;            /* elements from one pixel of a row to the next */
    size_t out_pixel;
    const int16_t *weights;
    const int32_t *bias;
    const void *packed;
    MnetRequant requant;
} MnetDepthwiseS8;

/* As above in float: out = clamp(bias[c] + sum, min, max). */
typedef struct {
    size_t channels, tile;
    size_t kernel_h, kernel_w;
    size_t stride, dilation;
    size_t pixel;
    size_t out_pixel;
    const float *weights;
    const float *bias;
    float min, max;
} MnetDepthwiseF32;

/* TFLite's integer ADD and SUB: a_table[q + 128] is what the reference makes of
 * one operand (offset, shifted left by 20, scaled), likewise b; the sum is
 * scaled by multiplier * 2^(shift - 31) with the reference's two roundings. */
typedef struct {
    const int32_t *a_table, *b_table; /* 256 each */
    int32_t multiplier, shift;
    int32_t zero_point, min, max;
} MnetAddS8;

/* TFLite's integer MUL: (a - a_zero) * (b - b_zero) scaled as above. */
typedef struct {
    int32_t a_zero, b_zero;
    int32_t multiplier, shift;
    int32_t zero_point, min, max;
} MnetMulS8;

/* out[x][c] = in[left[x]][c] * (1 - part[x]) + in[right[x]][c] * part[x] */
typedef struct {
    size_t channels; /* at least 1 */
    const int32_t *left, *right;
    const float *part;
} MnetStretchF32;

/* IEEE 754 binary16, as its bits. */
typedef uint16_t MnetHalf;

/* As MnetGemmF32; panels: bias[nr], then [k][nr]. */
typedef struct {
    size_t k;         /* runs * run */
    size_t runs, run; /* at least 1 */
    const MnetHalf *panels;
    size_t panel_halves;
    float min, max;
} MnetGemmF16;

/* As MnetDepthwiseF32. */
typedef struct {
    size_t channels, tile;
    size_t kernel_h, kernel_w;
    size_t stride, dilation;
    size_t pixel;
    size_t out_pixel;
    const MnetHalf *weights;
    const MnetHalf *bias;
    float min, max;
} MnetDepthwiseF16;

/* What computes in float16.  Every sum may be rounded to it after each product; plain
 * C sums in float32 and rounds once.  A sum has the same bits wherever a tile of
 * rows begins.  Beyond 65504 is infinity. */
typedef struct {
    const char *name;
    struct {
        size_t mr, nr;
        void (*run)(const MnetGemmF16 *g, size_t m, size_t n0, size_t n1, const MnetHalf *const *a,
                    size_t a_stride, MnetHalf *c, size_t c_stride);
    } gemm;
    struct {
        size_t channel_tile;
        void (*run)(const MnetDepthwiseF16 *d, size_t width, const MnetHalf *const *rows,
                    MnetHalf *out);
    } depthwise;
    /* As those of float32, and so are the following. */
    void (*add)(size_t n, const MnetHalf *a, const MnetHalf *b, size_t b_step, float min, float max,
                MnetHalf *out);
    void (*sub)(size_t n, const MnetHalf *a, const MnetHalf *b, size_t b_step, float min, float max,
                MnetHalf *out);
    void (*mul)(size_t n, const MnetHalf *a, const MnetHalf *b, size_t b_step, float min, float max,
                MnetHalf *out);
    void (*hard_swish)(size_t n, const MnetHalf *in, MnetHalf *out);
    void (*max)(size_t n, const MnetHalf *in, MnetHalf *out);
    /* acc[i] += in[i], in float32. */
    void (*accumulate)(size_t n, const MnetHalf *in, float *acc);
    /* float32 to float16, rounded to the nearest, ties to even, and back; the same bits
     * in every table but for NaN, which stays one. */
    void (*narrow)(size_t n, const float *in, MnetHalf *out);
    void (*widen)(size_t n, const MnetHalf *in, float *out);
} MnetKernelsF16;

typedef struct MnetKernels {
    const char *name;
    const MnetKernelsF16 *f16; /* needs an instruction set of its own: see select.h */

    struct {
        size_t mr, nr, kr; /* rows and channels of a tile; see MnetGemmS8 */
        int wide;
        int32_t w_bias;
        int fits; /* looks at fit_offset, fit_factor, fit_addend; else they may be missing */
        /* m rows, channels n0 (a multiple of nr) to n1; a[g->runs]; c points at
         * row 0, channel 0. */
        void (*run)(const MnetGemmS8 *g, size_t m, size_t n0, size_t n1, const int8_t *const *a,
                    size_t a_stride, int8_t *c, size_t c_stride);
    } gemm_s8;

    struct {
        size_t mr, nr;
        void (*run)(const MnetGemmF32 *g, size_t m, size_t n0, size_t n1, const float *const *a,
                    size_t a_stride, float *c, size_t c_stride);
    } gemm_f32;

    struct {
        size_t channel_tile;
        int fits;
        size_t (*pack_bytes)(const MnetDepthwiseS8 *d); /* may be NULL, as pack */
        void (*pack)(const MnetDepthwiseS8 *d, void *packed);
        void (*run)(const MnetDepthwiseS8 *d, size_t width, const int8_t *const *rows, int8_t *out);
    } depthwise_s8;

    struct {
        size_t channel_tile;
        void (*run)(const MnetDepthwiseF32 *d, size_t width, const float *const *rows, float *out);
    } depthwise_f32;

    /* out[i] = ADD of a[i] and b[i * b_step]; b_step is 0 or 1. out may be a or b. */
    void (*add_s8)(const MnetAddS8 *p, size_t n, const int8_t *a, const int8_t *b, size_t b_step,
                   int8_t *out);
    void (*mul_s8)(const MnetMulS8 *p, size_t n, const int8_t *a, const int8_t *b, size_t b_step,
                   int8_t *out);
    /* clamp(a + b), clamp(a - b), clamp(a * b); as above. */
    void (*add_f32)(size_t n, const float *a, const float *b, size_t b_step, float min, float max,
                    float *out);
    void (*sub_f32)(size_t n, const float *a, const float *b, size_t b_step, float min, float max,
                    float *out);
    void (*mul_f32)(size_t n, const float *a, const float *b, size_t b_step, float min, float max,
                    float *out);

    /* out[i] = a[i] when that is at least 0, else a[i] * b[i * b_step]; as above. */
    void (*prelu_f32)(size_t n, const float *a, const float *b, size_t b_step, float *out);

    /* Curves; out may be in.  They are within 1e-6 of their definitions: x * min(max(x +
     * 3, 0), 6) / 6 (and that of |x|), 1 / (1 + exp(-x)), tanh(x); NaN stays. */
    void (*hard_swish_f32)(size_t n, const float *in, float *out);
    void (*logistic_f32)(size_t n, const float *in, float *out);
    void (*tanh_f32)(size_t n, const float *in, float *out);

    /* out[i] = a[i] * (1 - part) + b[i] * part; out may be a or b. */
    void (*blend_f32)(size_t n, const float *a, const float *b, float part, float *out);
    /* n pixels of a row that is stretched. */
    void (*stretch_f32)(const MnetStretchF32 *s, size_t n, const float *in, float *out);

    /* out[i] = in[i] / scale, rounded half away from zero, + zero_point, within int8; the
     * division is rounded as floats are, and NaN becomes -128. */
    void (*quantize_f32)(size_t n, const float *in, float scale, int32_t zero_point, int8_t *out);

    /* out[i] = table[(uint8_t)in[i]]; out may be in. */
    void (*lut8)(size_t n, const uint8_t *in, const uint8_t *table, uint8_t *out);
    /* acc[i] += in[i]: rows of pools and means. */
    void (*accumulate_s8)(size_t n, const int8_t *in, int32_t *acc);
    void (*accumulate_f32)(size_t n, const float *in, float *acc);
    /* out[i] = max(out[i], in[i]) */
    void (*max_s8)(size_t n, const int8_t *in, int8_t *out);
    void (*max_f32)(size_t n, const float *in, float *out);

    /* Frames to tensors, see kernels/image_rows.h. */
    struct {
        /* Sums of rows of n samples of 8 and of 10 bits. */
        void (*rows8)(const MnetRowSum *sum, size_t n, int16_t *out);
        void (*rows10)(const MnetRowSum *sum, size_t n, int16_t *out);
        /* out[i] = in[i * step], step 2 to 4. */
        void (*pick)(size_t step, size_t n, const int16_t *in, int16_t *out);
        /* n sums of neighbours in a row. */
        void (*columns)(const MnetColumnSum *sum, size_t n, const int16_t *in, int16_t *out);
        /* One colour channel of n pixels. */
        void (*matrix)(const MnetColorMix *mix, size_t n, const int16_t *const in[3], uint8_t *out);
        /* out[3 * i + c] = in[c][i] */
        void (*interleave)(size_t n, const uint8_t *const in[3], uint8_t *out);
    } image;
} MnetKernels;

extern const MnetKernels mnet_kernels_c;
extern const MnetKernelsF16 mnet_kernels_f16_c;
#ifdef MNET_HAVE_X86
extern const MnetKernels mnet_kernels_avx512vnni;
extern const MnetKernels mnet_kernels_avx2;
#endif
#ifdef MNET_HAVE_ARM64
extern const MnetKernels mnet_kernels_i8mm;
extern const MnetKernels mnet_kernels_dotprod;
extern const MnetKernels mnet_kernels_neon;
extern const MnetKernelsF16 mnet_kernels_f16_asimdhp;
#endif

#endif
