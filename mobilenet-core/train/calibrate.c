/* SPDX-License-Identifier: MIT
 *
 * What values the tensors of a graph take: it is run with its inner tensors as
 * outputs, as many at a time as a network may have. */
#include "train/calibrate.h"

#include <mnet/session.h>

#include <math.h>

#include "base/error.h"
#include "format/tflite_write.h"

#define BINS 4096

typedef struct {
    const MnetGraph *graph;
    const MnetQuantizeOptions *options;
    MnetStore *store;
    MnetRange *ranges;
    MnetError *error;
    uint8_t *data; /* the model's file */
    MnetModel *model;
    MnetSession *session;
    int32_t tensors[MNET_MAX_GRAPH_IO]; /* those that are outputs now */
    int32_t n;
    uint32_t *bins; /* BINS of each; NULL: the extremes are looked for */
} Calibration;

static bool is_inner(const MnetGraph *graph, int32_t tensor)
{
    return !graph->tensors[tensor].data && graph->tensors[tensor].type == MNET_TYPE_FLOAT32 &&
           mnet_graph_producer(graph, tensor) >= 0;
}

/* A model of the graph whose outputs are the tensors. */
static MnetStatus open_model(Calibration *c)
{
    MnetGraph graph = *c->graph;
    MnetTfliteFacts facts = { .description = "" };
    MnetModelOptions options = { .fusing = MNET_FUSING_NONE };
    size_t size;
    graph.outputs = c->tensors;
    graph.n_outputs = c->n;
    MnetStatus status = mnet_tflite_write(&graph, &facts, &c->data, &size, c->error);
    if (status)
        return status;
    c->model = mnet_model_load_memory(c->data, size, &options, c->error);
    c->session = c->model ? mnet_session_new(c->model, NULL, c->error) : NULL;
    return c->session ? MNET_OK : MNET_ERROR_FORMAT;
}

static void close_model(Calibration *c)
{
    mnet_session_free(c->session);
    mnet_model_unref(c->model);
    mnet_free(c->data);
    c->session = NULL;
    c->model = NULL;
    c->data = NULL;
}

static void look(MnetRange *range, const float *values, size_t n)
{
    size_t channels = (size_t)range->channels;
    for (size_t i = 0; i < n; i++) {
        size_t channel = i % channels;
        range->min = fminf(range->min, values[i]);
        range->max = fmaxf(range->max, values[i]);
        range->channel_max[channel] = fmaxf(range->channel_max[channel], values[i]);
        range->channel_sum[channel] += (double)values[i];
    }
    range->places += n / channels;
}

static void count(const MnetRange *range, uint32_t *bins, const float *values, size_t n)
{
    float by = range->max > range->min ? BINS / (range->max - range->min) : 0;
    for (size_t i = 0; i < n; i++) {
        int32_t bin = (int32_t)((values[i] - range->min) * by);
        bin = bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
        bins[bin] += bins[bin] < UINT32_MAX;
    }
}

static MnetStatus look_at_pictures(Calibration *c)
{
    for (size_t picture = 0; picture < c->options->n_pictures; picture++) {
        float *input = mnet_session_input(c->session, 0);
        if (!c->options->picture(c->options->user, picture, input, c->error))
            return MNET_ERROR_IO; /* the error tells */
        mnet_session_run(c->session);
        for (int32_t i = 0; i < c->n; i++) {
            size_t n = mnet_session_output_info(c->session, (size_t)i)->elements;
            const float *values = mnet_session_output(c->session, (size_t)i);
            MnetRange *range = &c->ranges[c->tensors[i]];
            if (c->bins)
                count(range, c->bins + (size_t)i * BINS, values, n);
            else
                look(range, values, n);
        }
    }
    return MNET_OK;
}

/* Takes the share outside away from both ends; 0 stays inside. */
static void cut(MnetRange *range, const uint32_t *bins, double outside)
{
    double all = 0, low = 0, high = 0, width = (double)(range->max - range->min) / BINS;
    int32_t first = 0, last = BINS - 1;
    for (int32_t i = 0; i < BINS; i++)
        all += bins[i];
    while (first < last && low + bins[first] <= outside * all)
        low += bins[first++];
    while (last > first && high + bins[last] <= outside * all)
        high += bins[last--];
    float min = range->min;
    range->min = fminf(0, (float)((double)min + first * width));
    range->max = fmaxf(0, (float)((double)min + (last + 1) * width));
}

static MnetStatus check_finite(const Calibration *c)
{
    for (int32_t i = 0; i < c->n; i++) {
        const MnetRange *range = &c->ranges[c->tensors[i]];
        if (!isfinite(range->min) || !isfinite(range->max) || !isfinite(range->channel_sum[0]))
            return mnet_error_set(c->error, MNET_ERROR_FORMAT,
                                  "%s takes values that are not finite: the weights are damaged, "
                                  "or training has diverged",
                                  c->graph->tensors[c->tensors[i]].name);
    }
    return MNET_OK;
}

static MnetStatus look_at_tensors(Calibration *c)
{
    MnetStatus status = open_model(c);
    c->bins = NULL;
    if (!status)
        status = look_at_pictures(c);
    if (!status)
        status = check_finite(c);
    if (!status && c->options->outside > 0) {
        c->bins = mnet_calloc((size_t)c->n * BINS, sizeof *c->bins);
        status = c->bins ? look_at_pictures(c) : mnet_error_memory(c->error, BINS);
        for (int32_t i = 0; i < c->n && !status; i++)
            cut(&c->ranges[c->tensors[i]], c->bins + (size_t)i * BINS, c->options->outside);
        mnet_free(c->bins);
    }
    close_model(c);
    return status;
}

static MnetStatus begin(Calibration *c)
{
    const MnetGraph *graph = c->graph;
    c->ranges = mnet_store_calloc(c->store, (size_t)graph->n_tensors, sizeof *c->ranges);
    if (!c->ranges)
        return mnet_error_memory(c->error, (size_t)graph->n_tensors * sizeof *c->ranges);
    for (int32_t i = 0; i < graph->n_tensors; i++) {
        const MnetTensor *tensor = &graph->tensors[i];
        if (!is_inner(graph, i))
            continue;
        MnetRange *range = &c->ranges[i];
        range->channels = tensor->dims[tensor->rank - 1];
        size_t n = (size_t)range->channels;
        range->channel_max = mnet_store_calloc(c->store, n, sizeof *range->channel_max);
        range->channel_sum = mnet_store_calloc(c->store, n, sizeof *range->channel_sum);
        if (!range->channel_max || !range->channel_sum)
            return mnet_error_memory(c->error, n * sizeof *range->channel_sum);
    }
    return MNET_OK;
}

MnetStatus mnet_calibrate(const MnetGraph *graph, const MnetQuantizeOptions *options,
                          MnetStore *store, MnetRange **ranges, MnetError *error)
{
    Calibration c = { .graph = graph, .options = options, .store = store, .error = error };
    MnetStatus status = begin(&c);
    for (int32_t i = 0; i < graph->n_tensors && !status; i++) {
        if (is_inner(graph, i))
            c.tensors[c.n++] = i;
        if (c.n == 0 || (c.n < MNET_MAX_GRAPH_IO && i + 1 < graph->n_tensors))
            continue;
        status = look_at_tensors(&c);
        c.n = 0;
    }
    *ranges = c.ranges;
    return status;
}
