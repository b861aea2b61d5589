/* SPDX-License-Identifier: MIT
 *
 * The peak of plain C: what the compiler makes of sums of products with the
 * flags of every file. */
#include "peak.h"

#include <stdint.h>

enum { N = 512 };

static volatile int32_t sink_s8;
static volatile float sink_f32;

static double peak_s8(size_t rounds)
{
    static int16_t a[4][N], b[N];
    int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (size_t r = 0; r < rounds; r++) {
        a[r % 4][r % N] ^= 1;
        b[r % N] ^= 1;
        for (size_t i = 0; i < N; i++) {
            s0 += a[0][i] * b[i];
            s1 += a[1][i] * b[i];
            s2 += a[2][i] * b[i];
            s3 += a[3][i] * b[i];
        }
    }
    sink_s8 = s0 + s1 + s2 + s3;
    return (double)rounds * N * 4;
}

static double peak_f32(size_t rounds)
{
    float acc[32] = { 0 };
    for (size_t r = 0; r < rounds * 16; r++) {
        float x = sink_f32;
        for (size_t i = 0; i < 32; i++)
            acc[i] = acc[i] * x + 1.0f;
    }
    for (size_t i = 1; i < 32; i++)
        acc[0] += acc[i];
    sink_f32 = acc[0];
    return (double)rounds * 16 * 32;
}

const ToolPeak tool_peak_c = { "c", peak_s8, peak_f32 };
