/* SPDX-License-Identifier: MIT
 *
 * Models of one operator against a definition. */
#include "ops_case.h"

#include <math.h>
#include <mnet/mnet.h>

#include "expect.h"

static uint32_t state = 1;

int32_t ops_draw(int32_t low, int32_t high)
{
    state = state * 1664525u + 1013904223u;
    return low + (int32_t)((state >> 8) % (uint32_t)(high - low + 1));
}

float ops_draw_scale(void)
{
    return (float)ops_draw(10, 1000) / 10000;
}

void ops_fill(int type, size_t n, void *values)
{
    for (size_t i = 0; i < n; i++)
        if (type == TFL_TYPE_FLOAT32)
            ((float *)values)[i] = (float)ops_draw(-1000, 1000) / 250;
        else
            ((uint8_t *)values)[i] = (uint8_t)ops_draw(0, 255);
}

double ops_stored(int type, const void *values, size_t i)
{
    return type == TFL_TYPE_FLOAT32 ? (double)((const float *)values)[i]
           : type == TFL_TYPE_INT8  ? (double)((const int8_t *)values)[i]
                                    : (double)((const uint8_t *)values)[i];
}

int64_t ops_multiplier(double factor, int *shift)
{
    int64_t multiplier = llround(frexp(factor, shift) * 2147483648.0);
    if (multiplier == INT64_C(1) << 31) {
        multiplier /= 2;
        (*shift)++;
    }
    return *shift < -31 ? 0 : multiplier;
}

int64_t ops_multiplied(int64_t sum, int64_t multiplier, int shift)
{
    int right = shift > 0 ? 0 : -shift > 31 ? 31 : -shift;
    int64_t product = (shift > 0 ? sum * (INT64_C(1) << shift) : sum) * multiplier;
    /* Half up: the nearest below product / 2^31 + 1/2. */
    int64_t high = (product + (INT64_C(1) << 30)) >> 31;
    int64_t half = right ? INT64_C(1) << (right - 1) : 0;
    return high >= 0 ? (high + half) >> right : -((-high + half) >> right);
}

int64_t ops_scaled(int64_t sum, double factor)
{
    int shift;
    int64_t multiplier = ops_multiplier(factor, &shift);
    return ops_multiplied(sum, multiplier, shift);
}

double ops_clamp(int type, int activation, double value, float scale, int32_t zero_point)
{
    double low = type == TFL_TYPE_INT8 ? -128 : 0, high = low + 255, unit = 1, zero = 0;
    if (type == TFL_TYPE_FLOAT32) {
        low = -INFINITY;
        high = INFINITY;
    } else {
        unit = (double)scale;
        zero = zero_point;
    }
    double ends[2] = { -INFINITY, INFINITY };
    if (activation == TFL_ACTIVATION_RELU || activation == TFL_ACTIVATION_RELU6)
        ends[0] = 0;
    if (activation == TFL_ACTIVATION_RELU6)
        ends[1] = 6;
    if (activation == TFL_ACTIVATION_RELU_N1_TO_1) {
        ends[0] = -1;
        ends[1] = 1;
    }
    /* The ends divide by the scale in float, as the reference's do. */
    for (int i = 0; i < 2; i++)
        if (isfinite(ends[i]) && type != TFL_TYPE_FLOAT32)
            ends[i] = round((double)((float)ends[i] / (float)unit)) + zero;
    low = ends[0] > low ? ends[0] : low;
    high = ends[1] < high ? ends[1] : high;
    return value < low ? low : value > high ? high : value;
}

static void compare_output(const char *name, const char *cpu, const MnetModel *model,
                           const void *output, const double *expected, size_t n, double bound)
{
    const MnetTensorInfo *info = mnet_model_output(model, 0);
    int type = info->type == MNET_TYPE_FLOAT32 ? TFL_TYPE_FLOAT32
               : info->type == MNET_TYPE_INT8  ? TFL_TYPE_INT8
                                               : TFL_TYPE_UINT8;
    EXPECT(info->elements == n, "%s: %zu elements, not %zu", name, info->elements, n);
    for (size_t i = 0; i < n && info->elements == n; i++) {
        double got = ops_stored(type, output, i);
        double margin = type == TFL_TYPE_FLOAT32 ? bound * (1 + fabs(expected[i])) : bound;
        if (fabs(got - expected[i]) <= margin)
            continue;
        EXPECT(false, "%s, %s: element %zu is %.9g, not %.9g", name, cpu, i, got, expected[i]);
        return;
    }
}

void ops_compare(const char *name, TbModel *model, const void *input, const double *expected,
                 size_t n, double bound)
{
    TbFile file = tb_finish(model);
    for (const char *const *cpu = mnet_cpu_names(); *cpu; cpu++) {
        MnetError error = { MNET_OK, "" };
        MnetModelOptions options = { .cpu = *cpu };
        MnetModel *loaded = mnet_model_load_memory(file.data, file.size, &options, &error);
        MnetSession *session = loaded ? mnet_session_new(loaded, NULL, &error) : NULL;
        EXPECT(session, "%s: %s", name, error.text);
        if (session) {
            memcpy(mnet_session_input(session, 0), input, mnet_model_input(loaded, 0)->bytes);
            mnet_session_run(session);
            compare_output(name, *cpu, loaded, mnet_session_output(session, 0), expected, n, bound);
        }
        mnet_session_free(session);
        mnet_model_unref(loaded);
    }
    tb_file_free(&file);
}

void ops_refuse(const char *name, TbModel *model, const char *part)
{
    TbFile file = tb_finish(model);
    MnetError error = { MNET_OK, "" };
    MnetModel *loaded = mnet_model_load_memory(file.data, file.size, NULL, &error);
    EXPECT(!loaded, "%s: loaded", name);
    expect_error(name, &error, MNET_ERROR_UNSUPPORTED, part);
    mnet_model_unref(loaded);
    tb_file_free(&file);
}

void ops_refuse_any(const char *name, TbModel *model, const char *part)
{
    TbFile file = tb_finish(model);
    MnetError error = { MNET_OK, "" };
    MnetModel *loaded = mnet_model_load_memory(file.data, file.size, NULL, &error);
    EXPECT(!loaded, "%s: loaded", name);
    EXPECT(strstr(error.text, part), "%s: \"%s\", expected \"%s\"", name, error.text, part);
    mnet_model_unref(loaded);
    tb_file_free(&file);
}

int ops_report(const char *test)
{
    return expect_report(test);
}
