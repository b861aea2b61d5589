/* SPDX-License-Identifier: MIT
 *
 * The definition of float networks that no reference implementation runs: nested loops
 * in double over the operators as the file has them, for selfie segmentation. */
#include "naive.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/tflite.h"

#define MAX_FILE (64 << 20)

/* A map of one picture. */
typedef struct {
    int32_t h, w, c;
    double *at;
} Map;

typedef struct {
    const MnetGraph *graph;
    const MnetNode *node;
    double **values; /* of each tensor */
} Run;

static const MnetTensor *tensor_of(const Run *run, int32_t tensor)
{
    return &run->graph->tensors[tensor];
}

static Map map_of(const Run *run, int32_t tensor)
{
    const MnetTensor *t = tensor_of(run, tensor);
    Map map = { 1, 1, (int32_t)mnet_tensor_elements(t), run->values[tensor] };
    if (t->rank == 4)
        map = (Map){ t->dims[1], t->dims[2], t->dims[3], run->values[tensor] };
    return map;
}

static Map input_map(const Run *run, int32_t i)
{
    return map_of(run, run->node->inputs[i]);
}

static double *pixel(const Map *map, int32_t y, int32_t x)
{
    return map->at + ((size_t)y * (size_t)map->w + (size_t)x) * (size_t)map->c;
}

static double activated(const Run *run, double value)
{
    switch (run->node->activation) {
    case MNET_ACTIVATION_RELU:
        return fmax(value, 0);
    case MNET_ACTIVATION_RELU_N1_TO_1:
        return fmin(fmax(value, -1), 1);
    case MNET_ACTIVATION_RELU6:
        return fmin(fmax(value, 0), 6);
    default:
        return value;
    }
}

/* Rows or columns before the first that a window sees. */
static int32_t pad_before(const MnetWindow *w, int32_t in, int32_t out, int32_t stride,
                          int32_t taps)
{
    int32_t missing = (out - 1) * stride + taps - in;
    return w->padding == MNET_PADDING_SAME && missing > 0 ? missing / 2 : 0;
}

typedef struct {
    int32_t top, left;
} Corner;

static Corner first_corner(const Run *run, const Map *in, const Map *out, int32_t h, int32_t w)
{
    const MnetWindow *window = &run->node->options.window;
    return (Corner){
        pad_before(window, in->h, out->h, window->stride_h, (h - 1) * window->dilation_h + 1),
        pad_before(window, in->w, out->w, window->stride_w, (w - 1) * window->dilation_w + 1)
    };
}

/* One output of a convolution: `depth` channels from `channel` on, weights of the taps
 * `step` numbers apart. */
static double convolve(const Run *run, const Map *in, Corner at, const int32_t taps[2],
                       int32_t channel, int32_t depth, const double *weights, int32_t step)
{
    const MnetWindow *window = &run->node->options.window;
    double sum = 0;
    for (int32_t i = 0; i < taps[0] * taps[1]; i++) {
        int32_t y = at.top + i / taps[1] * window->dilation_h;
        int32_t x = at.left + i % taps[1] * window->dilation_w;
        if (y < 0 || y >= in->h || x < 0 || x >= in->w)
            continue;
        for (int32_t c = 0; c < depth; c++)
            sum += pixel(in, y, x)[channel + c] * weights[i * step + c];
    }
    return sum;
}

/* CONV_2D: weights [out, h, w, in]; DEPTHWISE_CONV_2D: [1, h, w, out]. */
static void convolution(const Run *run, Map *out, bool depthwise)
{
    const MnetWindow *window = &run->node->options.window;
    const int32_t *dims = tensor_of(run, run->node->inputs[1])->dims;
    const double *weights = run->values[run->node->inputs[1]];
    const double *bias = run->values[run->node->inputs[2]];
    Map in = input_map(run, 0);
    Corner first = first_corner(run, &in, out, dims[1], dims[2]);
    for (int32_t y = 0; y < out->h; y++)
        for (int32_t x = 0; x < out->w; x++)
            for (int32_t o = 0; o < out->c; o++) {
                Corner at = { y * window->stride_h - first.top, x * window->stride_w - first.left };
                double sum =
                    depthwise
                        ? convolve(run, &in, at, dims + 1, o / window->multiplier, 1, weights + o,
                                   out->c)
                        : convolve(run, &in, at, dims + 1, 0, in.c,
                                   weights + (size_t)o * (size_t)(dims[1] * dims[2] * in.c), in.c);
                pixel(out, y, x)[o] = activated(run, sum + bias[o]);
            }
}

/* Each pixel is spread by the weights, [out, h, w, in], over a window of the result. */
static void transposed_convolution(const Run *run, Map *out)
{
    const MnetWindow *window = &run->node->options.window;
    const int32_t *dims = tensor_of(run, run->node->inputs[1])->dims;
    const double *weights = run->values[run->node->inputs[1]];
    const double *bias = run->values[run->node->inputs[2]];
    Map in = input_map(run, 0);
    /* Of the convolution that this undoes. */
    int32_t top = pad_before(window, out->h, in.h, window->stride_h, dims[1]);
    int32_t left = pad_before(window, out->w, in.w, window->stride_w, dims[2]);
    for (int32_t y = 0; y < out->h; y++)
        for (int32_t x = 0; x < out->w; x++)
            for (int32_t o = 0; o < out->c; o++) {
                double sum = bias[o];
                for (int32_t i = 0; i < dims[1] * dims[2]; i++) {
                    int32_t from_y = y + top - i / dims[2], from_x = x + left - i % dims[2];
                    if (from_y < 0 || from_x < 0 || from_y % window->stride_h ||
                        from_x % window->stride_w || from_y / window->stride_h >= in.h ||
                        from_x / window->stride_w >= in.w)
                        continue;
                    const double *from =
                        pixel(&in, from_y / window->stride_h, from_x / window->stride_w);
                    for (int32_t c = 0; c < in.c; c++)
                        sum += from[c] * weights[(o * dims[1] * dims[2] + i) * in.c + c];
                }
                pixel(out, y, x)[o] = activated(run, sum);
            }
}

static void average_pool(const Run *run, Map *out)
{
    const MnetWindow *window = &run->node->options.window;
    Map in = input_map(run, 0);
    Corner first = first_corner(run, &in, out, window->filter_h, window->filter_w);
    for (int32_t i = 0; i < out->h * out->w * out->c; i++) {
        int32_t y = i / (out->w * out->c), x = i / out->c % out->w, n = 0;
        double sum = 0;
        for (int32_t k = 0; k < window->filter_h * window->filter_w; k++) {
            int32_t from_y = y * window->stride_h - first.top + k / window->filter_w;
            int32_t from_x = x * window->stride_w - first.left + k % window->filter_w;
            if (from_y < 0 || from_y >= in.h || from_x < 0 || from_x >= in.w)
                continue;
            sum += pixel(&in, from_y, from_x)[i % out->c];
            n++;
        }
        out->at[i] = activated(run, sum / n);
    }
}

/* Over rows and columns, which is what the networks use. */
static bool mean(const Run *run, Map *out)
{
    int32_t axes[4], n;
    Map in = input_map(run, 0);
    if (!mnet_tensor_ints(tensor_of(run, run->node->inputs[1]), axes, 4, &n) || n != 2 ||
        axes[0] + axes[1] != 3 || axes[0] * axes[1] != 2 || out->c != in.c)
        return false;
    memset(out->at, 0, sizeof *out->at * (size_t)in.c);
    for (int32_t i = 0; i < in.h * in.w * in.c; i++)
        out->at[i % in.c] += in.at[i] / (in.h * in.w);
    return true;
}

/* ADD and MUL; what has one row, column or channel counts for all. */
static void pairs(const Run *run, Map *out, bool sum)
{
    Map a = input_map(run, 0), b = input_map(run, 1);
    for (int32_t i = 0; i < out->h * out->w * out->c; i++) {
        int32_t y = i / (out->w * out->c), x = i / out->c % out->w, c = i % out->c;
        double p = pixel(&a, a.h > 1 ? y : 0, a.w > 1 ? x : 0)[a.c > 1 ? c : 0];
        double q = pixel(&b, b.h > 1 ? y : 0, b.w > 1 ? x : 0)[b.c > 1 ? c : 0];
        out->at[i] = activated(run, sum ? p + q : p * q);
    }
}

/* Where an output row or column lies among `in` input ones, 0 to in - 1. */
static double resized_from(const Run *run, int32_t i, int32_t in, int32_t out)
{
    bool corners = run->node->options.resize.align_corners && out > 1;
    double scale = corners ? (in - 1.0) / (out - 1) : (double)in / out;
    double at = run->node->options.resize.half_pixel_centers ? (i + 0.5) * scale - 0.5 : i * scale;
    return fmin(fmax(at, 0), in - 1);
}

static void resize_bilinear(const Run *run, Map *out)
{
    Map in = input_map(run, 0);
    for (int32_t i = 0; i < out->h * out->w * out->c; i++) {
        double y = resized_from(run, i / (out->w * out->c), in.h, out->h);
        double x = resized_from(run, i / out->c % out->w, in.w, out->w);
        int32_t top = (int32_t)y, left = (int32_t)x, c = i % out->c;
        int32_t bottom = top + 1 < in.h ? top + 1 : top, right = left + 1 < in.w ? left + 1 : left;
        double above =
            pixel(&in, top, left)[c] * (1 - (x - left)) + pixel(&in, top, right)[c] * (x - left);
        double below = pixel(&in, bottom, left)[c] * (1 - (x - left)) +
                       pixel(&in, bottom, right)[c] * (x - left);
        out->at[i] = above * (1 - (y - top)) + below * (y - top);
    }
}

static double curve_of(MnetOp op, double x)
{
    switch (op) {
    case MNET_OP_RELU:
        return fmax(x, 0);
    case MNET_OP_HARD_SWISH:
        return x * fmin(fmax(x + 3, 0), 6) / 6;
    case MNET_OP_LOGISTIC:
        return 1 / (1 + exp(-x));
    default: /* DEQUANTIZE of float16, whose constants are read as numbers */
        return x;
    }
}

/* Number by number; weights are no maps. */
static void curve(const Run *run)
{
    const double *from = run->values[run->node->inputs[0]];
    double *to = run->values[run->node->outputs[0]];
    size_t n = mnet_tensor_elements(tensor_of(run, run->node->outputs[0]));
    for (size_t i = 0; i < n; i++)
        to[i] = curve_of(run->node->op, from[i]);
}

static bool compute(const Run *run)
{
    Map out = map_of(run, run->node->outputs[0]);
    switch (run->node->op) {
    case MNET_OP_CONV_2D:
    case MNET_OP_DEPTHWISE_CONV_2D:
        convolution(run, &out, run->node->op == MNET_OP_DEPTHWISE_CONV_2D);
        return true;
    case MNET_OP_CONVOLUTION_2D_TRANSPOSE_BIAS:
        transposed_convolution(run, &out);
        return true;
    case MNET_OP_AVERAGE_POOL_2D:
        average_pool(run, &out);
        return true;
    case MNET_OP_MEAN:
        return mean(run, &out);
    case MNET_OP_ADD:
    case MNET_OP_MUL:
        pairs(run, &out, run->node->op == MNET_OP_ADD);
        return true;
    case MNET_OP_RESIZE_BILINEAR:
        resize_bilinear(run, &out);
        return true;
    case MNET_OP_DEQUANTIZE:
    case MNET_OP_HARD_SWISH:
    case MNET_OP_LOGISTIC:
    case MNET_OP_RELU:
        curve(run);
        return true;
    default:
        return false;
    }
}

static double half(uint16_t bits)
{
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double value = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    return bits & 0x8000 ? -value : value;
}

/* Room for a tensor, and its numbers when it is a constant. */
static double *values_of(const MnetTensor *tensor)
{
    size_t n = mnet_tensor_elements(tensor);
    double *values = calloc(n ? n : 1, sizeof *values);
    const char *data = tensor->data;
    for (size_t i = 0; i < n && data && values; i++) {
        float single;
        uint16_t bits;
        if (tensor->type == MNET_TYPE_FLOAT32) {
            memcpy(&single, data + 4 * i, 4);
            values[i] = (double)single;
        } else if (tensor->type == MNET_TYPE_FLOAT16) {
            memcpy(&bits, data + 2 * i, 2);
            values[i] = half(bits);
        }
    }
    return values;
}

static bool run_graph(const MnetGraph *graph, const float *input, size_t n_input, float *output,
                      size_t n_output)
{
    Run run = { graph, NULL, calloc((size_t)graph->n_tensors, sizeof *run.values) };
    const MnetTensor *first = &graph->tensors[graph->inputs[0]];
    const MnetTensor *last = &graph->tensors[graph->outputs[0]];
    bool good = run.values && mnet_tensor_elements(first) == n_input &&
                mnet_tensor_elements(last) == n_output;
    for (int32_t i = 0; i < graph->n_tensors && good; i++) {
        run.values[i] = values_of(&graph->tensors[i]);
        good = run.values[i] != NULL;
    }
    for (size_t i = 0; i < n_input && good; i++)
        run.values[graph->inputs[0]][i] = (double)input[i];
    for (int32_t i = 0; i < graph->n_nodes && good; i++) {
        run.node = &graph->nodes[i];
        good = compute(&run);
        if (!good)
            printf("no definition of %s\n", mnet_node_label(run.node).text);
    }
    for (size_t i = 0; i < n_output && good; i++)
        output[i] = (float)run.values[graph->outputs[0]][i];
    for (int32_t i = 0; i < graph->n_tensors && run.values; i++)
        free(run.values[i]);
    free(run.values);
    return good;
}

bool naive_run(const char *path, const float *input, size_t n_input, float *output, size_t n_output)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(MAX_FILE);
    size_t size = file && data ? fread(data, 1, MAX_FILE, file) : 0;
    MnetStore store = { 0 };
    MnetGraph graph = { 0 };
    MnetError error = { MNET_OK, "" };
    bool good = mnet_tflite_read(data, size, &store, &graph, &error) == MNET_OK;
    if (!good)
        printf("%s: %s\n", path, error.text);
    good = good && run_graph(&graph, input, n_input, output, n_output);
    mnet_store_clear(&store);
    free(data);
    if (file)
        fclose(file);
    return good;
}
