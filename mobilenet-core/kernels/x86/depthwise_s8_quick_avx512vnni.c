/* SPDX-License-Identifier: MIT
 *
 * 3x3 depthwise convolution from input to bytes in registers: two outputs at
 * once, which share columns with each other and with the two before. */
#include "kernels/requant.h"
#include "kernels/x86/depthwise_s8_avx512vnni.h"

/* In this file segments, step and way are constants to the compiler. */

typedef struct {
    const MnetDepthwiseS8 *d;
    const MnetDepthwiseBlock *b;
    const MnetRequantBlock *requant;
    const MnetDepthwiseInput *in;
} Quick;

/* The sums of a quarter that float cannot tell, one by one: n is their result. */
static __attribute__((noinline)) __m512i settle(const Quick *p, size_t quarter, MnetRequantWay way,
                                                __m512i sum, __m512i n)
{
    const MnetDepthwiseBlock *b = p->b;
    const MnetRequant *r = &p->d->requant;
    int32_t sums[16], results[16];
    __m512 scale = _mm512_load_ps(b->scale + 16 * quarter);
    __m512 tie = mnet_requant_tie(way, r, _mm512_load_ps(b->tie + 16 * quarter));
    __m512 rest = mnet_requant_rest(mnet_requant_value(way, sum, scale, tie));
    uint32_t todo = mnet_requant_doubt(_mm512_abs_ps(rest));
    _mm512_storeu_si512(sums, sum);
    _mm512_storeu_si512(results, n);
    for (; todo; todo &= todo - 1) {
        size_t i = (size_t)__builtin_ctz(todo);
        size_t c = (i / 4 * 16 + quarter * 4 + i % 4) % (MNET_DW_CHANNELS / b->segments) + b->c0;
        if (c >= b->c0 + b->channels)
            continue;
        results[i] = mnet_multiply_quantized(sums[i], r->multiplier[c], r->shift[c]);
        results[i] += way == MNET_REQUANT_POSITIVE ? r->zero_point : 0;
    }
    return _mm512_loadu_si512(results);
}

/* Rounded results of two outputs, from 3 + step columns of a quarter. */
MNET_INLINE void two_outputs(const Quick *p, size_t quarter, __m512i columns[5][4], size_t step,
                             MnetRequantWay way, __m512i n[2])
{
    const MnetDepthwiseBlock *b = p->b;
    const int8_t *weights = mnet_depthwise_weights(p->d, b, quarter, 0);
    __m512i first = _mm512_load_si512(b->bias + 16 * quarter), second = first;
    size_t part = 0;
    do {
#pragma GCC unroll MNET_UNROLL_4
        for (size_t k = 0; k < 3; k++) {
            __m512i w = _mm512_load_si512(weights + k * MNET_DW_CHANNELS);
            first = _mm512_dpbusd_epi32(first, columns[k][quarter], w);
            second = _mm512_dpbusd_epi32(second, columns[k + step][quarter], w);
        }
        weights += 3 * MNET_DW_CHANNELS;
    } while (__builtin_expect(++part < b->parts[quarter], 0));
    __m512 scale = _mm512_load_ps(b->scale + 16 * quarter);
    __m512 tie = mnet_requant_tie(way, &p->d->requant, _mm512_load_ps(b->tie + 16 * quarter));
    __m512 v0 = mnet_requant_value(way, first, scale, tie);
    __m512 v1 = mnet_requant_value(way, second, scale, tie);
    n[0] = mnet_requant_nearest(way, v0);
    n[1] = mnet_requant_nearest(way, v1);
    if (way != MNET_REQUANT_FITTED &&
        __builtin_expect(mnet_requant_doubt(mnet_requant_worst(mnet_requant_rest(v0), v1)), 0)) {
        n[0] = settle(p, quarter, way, first, n[0]);
        n[1] = settle(p, quarter, way, second, n[1]);
    }
}

MNET_INLINE void store(const Quick *p, __m512i bytes, int8_t *out)
{
    if (p->b->channels == MNET_DW_CHANNELS)
        _mm512_storeu_si512(out, bytes);
    else
        mnet_store_parts(p->requant, p->b->segments, mnet_mask64(p->b->channels), bytes, out);
}

/* An odd output at the end is computed with one that is not stored, from columns
 * that may not be there: `last` stands for those. */
MNET_INLINE void all_outputs(const Quick *p, size_t outputs, int8_t *out, size_t segments,
                             size_t step, MnetRequantWay way)
{
    const MnetRequant *r = &p->d->requant;
    size_t last = (outputs - 1) * step + 2, next = 3 - step;
    __m512i columns[5][4];
#pragma GCC unroll MNET_UNROLL_4
    for (size_t i = 0; i < next; i++)
        mnet_depthwise_interleave(p->in, i, 3, segments, columns[i]);
    for (size_t x = 0; x < outputs; x += 2, out += 2 * p->d->out_pixel, next += 2 * step) {
        __m512i n[4][2];
#pragma GCC unroll MNET_UNROLL_4
        for (size_t i = 0; i < 2 * step; i++)
            mnet_depthwise_interleave(p->in, next + i < last ? next + i : last, 3, segments,
                                      columns[3 - step + i]);
#pragma GCC unroll MNET_UNROLL_4
        for (size_t q = 0; q < 4; q++)
            two_outputs(p, q, columns, step, way, n[q]);
#pragma GCC unroll MNET_UNROLL_2
        for (size_t i = 0; i < 2; i++) {
            if (x + i == outputs)
                break;
            __m512i low = mnet_requant_halves(way, r, n[0][i], n[1][i]);
            __m512i high = mnet_requant_halves(way, r, n[2][i], n[3][i]);
            store(p, mnet_requant_bytes(r, low, high), out + i * p->d->out_pixel);
        }
#pragma GCC unroll MNET_UNROLL_4
        for (size_t i = 0; i < 3 - step; i++)
#pragma GCC unroll MNET_UNROLL_4
            for (size_t q = 0; q < 4; q++)
                columns[i][q] = columns[2 * step + i][q];
    }
}

MNET_INLINE void outputs_of(const Quick *p, size_t outputs, int8_t *out, size_t segments,
                            size_t step)
{
    if (p->b->way == MNET_REQUANT_FITTED)
        all_outputs(p, outputs, out, segments, step, MNET_REQUANT_FITTED);
    else if (p->b->way == MNET_REQUANT_POSITIVE)
        all_outputs(p, outputs, out, segments, step, MNET_REQUANT_POSITIVE);
    else
        all_outputs(p, outputs, out, segments, step, MNET_REQUANT_QUICKLY);
}

int mnet_depthwise_is_quick_avx512vnni(const MnetDepthwiseS8 *d, const MnetDepthwiseBlock *b)
{
    return b->way != MNET_REQUANT_EXACTLY && d->kernel_h == 3 && d->kernel_w == 3 &&
           d->dilation == 1 && d->stride <= 2;
}

void mnet_depthwise_quickly_avx512vnni(const MnetDepthwiseS8 *d, const MnetDepthwiseBlock *b,
                                       const MnetRequantBlock *requant,
                                       const MnetDepthwiseInput *in, size_t outputs, int8_t *out)
{
    const Quick p = { d, b, requant, in };
    if (b->segments == 1 && d->stride == 1)
        outputs_of(&p, outputs, out, 1, 1);
    else if (b->segments == 1)
        outputs_of(&p, outputs, out, 1, 2);
    else if (b->segments == 2 && d->stride == 1)
        outputs_of(&p, outputs, out, 2, 1);
    else if (b->segments == 2)
        outputs_of(&p, outputs, out, 2, 2);
    else if (d->stride == 1)
        outputs_of(&p, outputs, out, 4, 1);
    else
        outputs_of(&p, outputs, out, 4, 2);
}
