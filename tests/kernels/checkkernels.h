/* SPDX-License-Identifier: MIT
 *
 * What the files of checkkernels share.  A slot of the kernel table is checked
 * by running cases: inputs that lie in guarded memory, a naive definition of
 * the result, the kernel, a comparison. */
#ifndef CHECKKERNELS_H
#define CHECKKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/kernels.h"

/* One slot of the table.  `bench` may print several lines. */
typedef struct {
    const char *name;
    void (*check)(const MnetKernels *kernels);
    void (*bench)(const MnetKernels *kernels);
    bool f16; /* of kernels->f16 */
} CheckSlot;

extern const CheckSlot check_gemm_s8, check_gemm_f32;
extern const CheckSlot check_depthwise_s8, check_depthwise_f32;
extern const CheckSlot check_add_s8, check_mul_s8;
extern const CheckSlot check_add_f32, check_sub_f32, check_mul_f32, check_prelu_f32;
extern const CheckSlot check_hard_swish_f32, check_logistic_f32, check_tanh_f32;
extern const CheckSlot check_quantize_f32, check_blend_f32, check_stretch_f32;
extern const CheckSlot check_gemm_f16, check_depthwise_f16;
extern const CheckSlot check_add_f16, check_sub_f16, check_mul_f16, check_hard_swish_f16;
extern const CheckSlot check_max_f16, check_accumulate_f16, check_narrow_f16, check_widen_f16;
extern const CheckSlot check_lut8, check_accumulate_s8, check_accumulate_f32;
extern const CheckSlot check_max_s8, check_max_f32;
extern const CheckSlot check_image_rows8, check_image_rows10, check_image_pick;
extern const CheckSlot check_image_columns, check_image_matrix, check_image_interleave;

/* checkkernels.c */

/* Random cases behind the systematic ones. */
extern int check_iterations;
/* Systematic sweeps take every check_step-th value. */
extern int check_step;

/* What runs now, for failures and signals: the numbers of the case. */
__attribute__((format(printf, 1, 2))) void check_case(const char *format, ...);
/* Counts and prints a failure of the present case. */
__attribute__((format(printf, 1, 2))) void check_fail(const char *format, ...);

uint32_t check_random(void);
/* lo to hi, both included. */
int32_t check_between(int32_t lo, int32_t hi);
float check_float(float lo, float hi);
bool check_one_in(uint32_t n);

/* checkkernels_memory.c */

enum { CHECK_MOST_ROWS = 7 };

/* Each has its own memory between two guard pages. */
typedef enum {
    CHECK_A,
    CHECK_B,
    CHECK_OUT,
    CHECK_PANELS,
    CHECK_PACKED,
    CHECK_WEIGHT_ZERO,
    CHECK_MULTIPLIER,
    CHECK_SHIFT,
    CHECK_SCALE,
    CHECK_TIE,
    CHECK_FIT_OFFSET,
    CHECK_FIT_FACTOR,
    CHECK_FIT_ADDEND,
    CHECK_BIAS,
    CHECK_ROWS,
    CHECK_ROW0, /* and the rows behind it */
    CHECK_BUFFERS = CHECK_ROW0 + CHECK_MOST_ROWS
} CheckBuffer;

#define CHECK_SLACK 63 /* bytes behind a row of activations that may be read */

/* Every place asked for until the next call lies directly behind a guard page
 * (front) or ends at one. */
void check_place_front(bool front);
/* `bytes` that are readable with `slack` more behind them, a multiple of
 * `align` from a page.  Filled with random bytes, the slack too. */
void *check_place(CheckBuffer buffer, size_t bytes, size_t slack, size_t align);
/* Packed data: cleared, aligned to 64. */
void *check_place_packed(CheckBuffer buffer, size_t bytes);
/* An output: filled with canaries, and so are up to 256 bytes around it. */
void *check_place_output(size_t bytes, size_t align);
/* The canary that an output holds at first, for the naive result. */
void check_canary(void *bytes, size_t n);
/* Fails when a canary around the output is gone. */
void check_around_output(void);
/* The name of the buffer whose guard page was touched, NULL: none. */
const char *check_guard_name(const void *address, bool *behind);

/* Activations: random, or one of the extremes. */
typedef enum {
    CHECK_DATA_RANDOM,
    CHECK_DATA_MIN,
    CHECK_DATA_MAX,
    CHECK_DATA_EXTREMES, /* -128 and 127 by chance */
    CHECK_DATA_ZERO,
    CHECK_DATA_STYLES
} CheckData;

CheckData check_data(void);
void check_fill_s8(int8_t *out, size_t n, CheckData style);
/* -2 to 2; the slack behind stays what it is. */
void check_fill_f32(float *out, size_t n);
void check_fill_f16(MnetHalf *out, size_t n);

/* Byte by byte, the canaries between rows too; `row` elements to a row. */
void check_same_s8(const int8_t *out, const int8_t *expected, size_t n, size_t row);

/* checkkernels_naive.c: the definitions, in wide integers and doubles. */

int32_t naive_multiply(int64_t x, int32_t multiplier, int32_t shift);
int8_t naive_requantize(const MnetRequant *r, size_t channel, int64_t acc);
double naive_clamp(double value, double min, double max);
/* True when |out - expected| is within what kernels.h grants to a table, halved:
 * this one and the C table both lie that near. */
bool naive_near(float out, double expected, double magnitude);
/* Likewise for sums of so many terms in float16, not halved: plain C rounds once. */
bool naive_near_f16(MnetHalf out, double expected, double magnitude, size_t terms);

/* checkkernels_requant.c */

typedef enum {
    CHECK_REQUANT_USUAL, /* results in and around -128..127 */
    CHECK_REQUANT_TIES,  /* exactly on .5, where the sums are chosen */
    CHECK_REQUANT_NEAR,  /* as near to .5 as integers allow */
    CHECK_REQUANT_ANY,   /* every multiplier and shift */
    CHECK_REQUANT_HUGE,  /* sums just under 2^31 */
    CHECK_REQUANT_STYLES
} CheckRequant;

/* Factors for `channels` channels padded to a multiple of `tile`; `reach` is
 * about the largest |sum|. */
void check_requant(MnetRequant *r, CheckRequant style, size_t channels, size_t tile, int64_t reach);
/* The sums of each channel lie in lo to hi: adds the fits of the product, as its
 * packing does.  Whether they are right, the results tell. */
void check_requant_fits(MnetRequant *r, size_t channels, size_t tile, const int64_t *lo,
                        const int64_t *hi);
/* The factors of a layer with RELU, whose sums lie in -reach to reach. */
enum { CHECK_MOST_CHANNELS = 2048 };
void check_requant_relu(MnetRequant *r, size_t channels, size_t tile, int64_t reach);
/* A sum that shows what `style` is about. */
int32_t check_requant_sum(const MnetRequant *r, CheckRequant style, size_t channel);
/* One factor, for the slots that have one. */
void check_factor(CheckRequant style, int64_t reach, int32_t *multiplier, int32_t *shift);

/* checkkernels_bench.c */

typedef enum { BENCH_S8, BENCH_F32, BENCH_NO_PEAK } BenchUnit;

/* One call that is measured. */
typedef void BenchCall(const MnetKernels *kernels, const void *data);
/* `work`: MACs of a call, or elements for BENCH_NO_PEAK. */
void bench_print(const MnetKernels *kernels, const char *slot, const char *what, BenchCall *call,
                 const void *data, double work, BenchUnit unit);

#endif
