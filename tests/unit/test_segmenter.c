/* SPDX-License-Identifier: MIT
 *
 * Classes, confidence and masks of segmenting networks against their definitions, the
 * layouts that are recognised, labels, and outputs that are none. */
#include <math.h>
#include <mnet/decode.h>

#include "base/memory.h"
#include "expect.h"

#define MAX_ELEMENTS (16 * 12 * 40)

static uint32_t state = 5;

static int32_t draw(int32_t low, int32_t high)
{
    state = state * 1664525u + 1013904223u;
    return low + (int32_t)((state >> 8) % (uint32_t)(high - low + 1));
}

static MnetTensorInfo info(MnetType type, MnetOutputKind kind, int rank, const int32_t *dims)
{
    MnetTensorInfo t = { .name = "map", .type = type, .kind = kind, .rank = rank, .elements = 1 };
    for (int i = 0; i < rank; i++) {
        t.dims[i] = dims[i];
        t.elements *= (size_t)dims[i];
    }
    t.bytes = t.elements * mnet_type_size(type);
    if (type == MNET_TYPE_INT8 || type == MNET_TYPE_UINT8) {
        t.scale = kind == MNET_OUTPUT_LOGITS ? 0.1f : 1.0f / 255;
        t.zero_point = type == MNET_TYPE_INT8 ? -128 : 0;
    }
    return t;
}

#define INFO(type, kind, ...)                                              \
    info(type, kind, sizeof((int32_t[]){ __VA_ARGS__ }) / sizeof(int32_t), \
         (int32_t[]){ __VA_ARGS__ })

/* The picture: 16 x 12. */
static MnetTensorInfo picture(bool channels_first)
{
    MnetTensorInfo t = channels_first ? INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_OTHER, 1, 3, 12, 16)
                                      : INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_OTHER, 1, 12, 16, 3);
    t.channels_first = channels_first;
    return t;
}

static union {
    float floats[MAX_ELEMENTS];
    int8_t bytes[MAX_ELEMENTS];
    int32_t narrow[MAX_ELEMENTS];
    int64_t wide[MAX_ELEMENTS];
} data;

static void fill(const MnetTensorInfo *t)
{
    for (size_t i = 0; i < t->elements; i++)
        switch (t->type) {
        case MNET_TYPE_FLOAT32:
            data.floats[i] = t->kind == MNET_OUTPUT_LOGITS ? (float)draw(-500, 500) / 50
                                                           : (float)draw(0, 1000) / 1000;
            break;
        case MNET_TYPE_INT32:
            data.narrow[i] = draw(-1, 300);
            break;
        case MNET_TYPE_INT64:
            data.wide[i] = draw(0, 9) ? draw(0, 20) : INT64_MAX - draw(0, 3);
            break;
        default:
            data.bytes[i] = (int8_t)draw(-128, 127);
        }
}

typedef struct {
    int32_t width, height, channels;
    bool planes;
} Map;

static double number(const MnetTensorInfo *t, const Map *m, size_t pixel, int32_t c)
{
    size_t pixels = (size_t)(m->width * m->height);
    size_t at = m->planes ? (size_t)c * pixels + pixel : pixel * (size_t)m->channels + (size_t)c;
    return (double)mnet_tensor_value(t, &data, at);
}

/* Probabilities of the classes of a pixel; its class. */
static int define_scores(const MnetTensorInfo *t, const Map *m, size_t pixel, double *p)
{
    int best = 0;
    double sum = 0, most;
    for (int32_t c = 0; c < m->channels; c++) {
        p[c] = number(t, m, pixel, c);
        best = p[c] > p[best] ? c : best;
    }
    most = p[best];
    for (int32_t c = 0; c < m->channels; c++) {
        p[c] = t->kind == MNET_OUTPUT_LOGITS ? exp(p[c] - most) : p[c];
        sum += p[c];
    }
    for (int32_t c = 0; c < m->channels && t->kind == MNET_OUTPUT_LOGITS; c++)
        p[c] /= sum;
    return best;
}

static int define(const MnetTensorInfo *t, const Map *m, size_t pixel, double *p)
{
    if (t->kind == MNET_OUTPUT_CLASSES) {
        int64_t n = t->type == MNET_TYPE_INT64 ? data.wide[pixel] : data.narrow[pixel];
        int class = n < 0 || n > 254 ? 255 : (int)n;
        memset(p, 0, 256 * sizeof *p);
        p[class] = 1;
        return class;
    }
    if (m->channels > 1)
        return define_scores(t, m, pixel, p);
    p[1] = number(t, m, pixel, 0);
    if (t->kind == MNET_OUTPUT_LOGITS)
        p[1] = 1 / (1 + exp(-p[1]));
    p[0] = 1 - p[1];
    return p[1] >= 0.5;
}

static bool near_byte(uint8_t byte, double probability)
{
    return fabs(byte - 255 * fmin(fmax(probability, 0), 1)) <= 0.51;
}

static void check(const char *name, const MnetTensorInfo *in, const MnetTensorInfo *t, Map m)
{
    static uint8_t classes[MAX_ELEMENTS], sure[MAX_ELEMENTS], alone[MAX_ELEMENTS];
    static uint8_t mask[MAX_ELEMENTS];
    uint32_t chosen[8];
    MnetError error = { MNET_OK, "" };
    MnetSegmenter *s = mnet_segmenter_new(in, t, NULL, &error);
    EXPECT(s, "%s: %s", name, error.text);
    if (!s)
        return;
    EXPECT(mnet_segmenter_width(s) == m.width && mnet_segmenter_height(s) == m.height, "%s: %dx%d",
           name, mnet_segmenter_width(s), mnet_segmenter_height(s));
    fill(t);
    for (int i = 0; i < 8; i++)
        chosen[i] = (uint32_t)draw(0, 0xffffff) * 257;
    mnet_segmenter_decode(s, &data, classes, sure);
    mnet_segmenter_decode(s, &data, alone, NULL);
    mnet_segmenter_mask(s, &data, chosen, mask);
    bool independent = t->kind == MNET_OUTPUT_LOGISTIC && m.channels > 1;
    for (size_t i = 0; i < (size_t)(m.width * m.height); i++) {
        double p[256], part = 0, sum = 0;
        int class = define(t, &m, i, p);
        int n = t->kind == MNET_OUTPUT_CLASSES ? 255 : m.channels > 1 ? m.channels : 2;
        for (int c = 0; c < n; c++) {
            sum += p[c];
            part += chosen[c / 32] >> (c % 32) & 1 ? p[c] : 0;
        }
        part /= (independent || t->kind == MNET_OUTPUT_SOFTMAX) && sum > 1 ? sum : 1;
        bool same = classes[i] == class && alone[i] == class &&
                    near_byte(sure[i], class == 255 ? 1 : p[class]) && near_byte(mask[i], part);
        if (!same) {
            EXPECT(false, "%s: pixel %zu is %d (%d), sure %d, mask %d; not %d, %g, %g", name, i,
                   classes[i], alone[i], sure[i], mask[i], class, p[class], part);
            break;
        }
    }
    mnet_segmenter_free(s);
}

static void check_layouts(void)
{
    static const MnetType types[] = { MNET_TYPE_FLOAT32, MNET_TYPE_INT8, MNET_TYPE_UINT8 };
    static const MnetOutputKind kinds[] = { MNET_OUTPUT_LOGITS, MNET_OUTPUT_SOFTMAX,
                                            MNET_OUTPUT_LOGISTIC };
    MnetTensorInfo in = picture(false), planes = picture(true);
    for (int i = 0; i < 9; i++) {
        MnetType type = types[i / 3];
        MnetOutputKind kind = kinds[i % 3];
        MnetTensorInfo t = INFO(type, kind, 1, 12, 16, 21);
        check("scores", &in, &t, (Map){ 16, 12, 21, false });
        t = INFO(type, kind, 1, 6, 8, 2);
        check("two channels of half the size", &in, &t, (Map){ 8, 6, 2, false });
        t = INFO(type, kind, 1, 5, 12, 16);
        check("channels first", &planes, &t, (Map){ 16, 12, 5, true });
        t = INFO(type, kind, 1, 192, 4);
        check("flattened scores", &in, &t, (Map){ 16, 12, 4, false });
        if (kind == MNET_OUTPUT_SOFTMAX)
            continue;
        t = INFO(type, kind, 1, 12, 16, 1);
        check("a foreground", &in, &t, (Map){ 16, 12, 1, false });
        t = INFO(type, kind, 1, 1, 12, 16);
        check("a foreground, channels first", &planes, &t, (Map){ 16, 12, 1, false });
        t = INFO(type, kind, 1, 192);
        check("a flattened foreground", &in, &t, (Map){ 16, 12, 1, false });
        t = INFO(type, kind, 192);
        check("one row", &in, &t, (Map){ 16, 12, 1, false });
    }
    for (int i = 0; i < 2; i++) {
        MnetType type = i ? MNET_TYPE_INT64 : MNET_TYPE_INT32;
        MnetTensorInfo t = INFO(type, MNET_OUTPUT_CLASSES, 1, 12, 16);
        check("class numbers", &in, &t, (Map){ 16, 12, 1, false });
        t = INFO(type, MNET_OUTPUT_CLASSES, 12, 16);
        check("class numbers", &in, &t, (Map){ 16, 12, 1, false });
        t = INFO(type, MNET_OUTPUT_CLASSES, 1, 13, 17, 1);
        check("a pixel more", &in, &t, (Map){ 17, 13, 1, false });
    }
}

static void check_odd_numbers(void)
{
    MnetTensorInfo in = picture(false);
    MnetTensorInfo t = INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGITS, 1, 12, 16, 3);
    static uint8_t classes[192], sure[192];
    static const float cases[][3] = { { NAN, NAN, NAN },
                                      { NAN, -5, NAN },
                                      { 1, 1, 0 },
                                      { 0, INFINITY, 1 },
                                      { -INFINITY, -INFINITY, -INFINITY },
                                      { 1e30f, -1e30f, 0 } };
    static const uint8_t expected[] = { 255, 1, 0, 1, 0, 0 };
    MnetSegmenter *s = mnet_segmenter_new(&in, &t, NULL, NULL);
    memset(&data, 0, sizeof data);
    memcpy(data.floats, cases, sizeof cases);
    mnet_segmenter_decode(s, &data, classes, sure);
    EXPECT(!memcmp(classes, expected, sizeof expected), "classes %d %d %d %d %d %d", classes[0],
           classes[1], classes[2], classes[3], classes[4], classes[5]);
    EXPECT(!sure[0] && sure[5] == 255, "confidence %d and %d", sure[0], sure[5]);
    mnet_segmenter_mask(s, &data, (uint32_t[8]){ 0 }, classes);
    EXPECT(!classes[2], "nothing chosen gives %d", classes[2]);
    mnet_segmenter_free(s);
}

static void refuse(const char *name, MnetTensorInfo t, const char *part)
{
    MnetTensorInfo in = picture(false);
    MnetError error = { MNET_OK, "" };
    MnetSegmenter *s = mnet_segmenter_new(&in, &t, NULL, &error);
    EXPECT(!s, "%s: accepted", name);
    expect_error(name, &error, MNET_ERROR_UNSUPPORTED, part);
    mnet_segmenter_free(s);
}

static void check_refusals(void)
{
    refuse("a classifier", INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_SOFTMAX, 1, 1001),
           "no map of the shape of its picture");
    refuse("a detector", INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGISTIC, 1, 1917, 91),
           "no map of the shape");
    refuse("another aspect", INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGITS, 1, 16, 12, 21),
           "no map of the shape");
    refuse("a picture", INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGISTIC, 1, 12, 16, 3), "a picture");
    refuse("features", INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_FEATURES, 1, 12, 16, 3),
           "no layer of scores");
    refuse("one class", INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_SOFTMAX, 1, 12, 16, 1),
           "a map of one class");
    refuse("many classes", INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGITS, 1, 12, 16, 256),
           "256 classes, at most 255");
    refuse("floats as numbers", INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_CLASSES, 1, 12, 16),
           "no map of class numbers");
    refuse("rows of numbers", INFO(MNET_TYPE_INT32, MNET_OUTPUT_CLASSES, 1, 12, 16, 2),
           "no map of class numbers");
    refuse("wide scores", INFO(MNET_TYPE_INT64, MNET_OUTPUT_LOGITS, 1, 12, 16, 2),
           "neither float32 nor 8 bits");
    refuse("nothing", INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGITS, 1), "no map of the shape");
    MnetTensorInfo scalar = { .name = "s", .kind = MNET_OUTPUT_LOGITS, .elements = 1, .bytes = 4 };
    refuse("a scalar", scalar, "no map of the shape");
    MnetTensorInfo row = INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_OTHER, 1, 100);
    MnetTensorInfo map = INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGITS, 1, 12, 16, 2);
    MnetError error = { MNET_OK, "" };
    EXPECT(!mnet_segmenter_new(&row, &map, NULL, &error), "an input without rows");
    expect_error("no picture", &error, MNET_ERROR_UNSUPPORTED, "a picture is expected");
}

static void check_label(const char *text, MnetTensorInfo t, size_t index, const char *expected)
{
    MnetTensorInfo in = picture(false);
    MnetError error = { MNET_OK, "" };
    MnetLabels *labels = mnet_labels_parse(text, strlen(text), "labels", &error);
    MnetSegmenter *s = mnet_segmenter_new(&in, &t, labels, &error);
    mnet_labels_unref(labels);
    if (!expected) {
        EXPECT(!s, "\"%s\" fits", text);
        expect_error("labels", &error, MNET_ERROR_ARGUMENT, "give a labels file with");
        return;
    }
    EXPECT(s && !strcmp(mnet_segmenter_label(s, index), expected), "\"%s\": %s %s", text,
           error.text, s ? mnet_segmenter_label(s, index) : "");
    mnet_segmenter_free(s);
}

static void check_labels(void)
{
    MnetTensorInfo three = INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGISTIC, 1, 12, 16, 3);
    MnetTensorInfo one = INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGISTIC, 1, 12, 16, 1);
    MnetTensorInfo numbers = INFO(MNET_TYPE_INT32, MNET_OUTPUT_CLASSES, 1, 12, 16);
    check_label("a\nb\nc\n", three, 2, "c");
    three.kind = MNET_OUTPUT_LOGITS;
    check_label("Background\nroad\nwalk\ntree\n", three, 0, "road");
    check_label("sky\nroad\nwalk\ntree\n", three, 0, NULL);
    check_label("a\nb\n", three, 0, NULL);
    check_label("person\n", one, 1, "person");
    check_label("person\n", one, 0, "background");
    check_label("nothing\nperson\n", one, 1, "person");
    check_label("a\nb\nc\nd\n", one, 1, NULL);
    check_label("a\nb\n", numbers, 1, "b");
    check_label("a\nb\n", numbers, 77, "");
}

/* What channel 3 holds for a pixel, as a real number of 0 to 1 in its own steps. */
static double prior_number(const MnetTensorInfo *in, const void *input, size_t pixel)
{
    size_t at = in->channels_first ? 3 * 192 + pixel : 4 * pixel + 3;
    if (in->type == MNET_TYPE_FLOAT32)
        return ((const float *)input)[at];
    int32_t low = in->type == MNET_TYPE_INT8 ? -128 : 0, steps = ((const uint8_t *)input)[at];
    steps = low ? (int8_t)steps : steps;
    return in->scale > 0 ? (steps - in->zero_point) * (double)in->scale : (steps - low) / 255.0;
}

/* A network that sees its own mask: the fourth channel of an input of each type and
 * layout from masks of each kind, and nothing beside it. */
static void check_prior(MnetType type, bool first, float scale, const MnetTensorInfo *t, Map m)
{
    static union {
        float floats[4 * 192];
        uint8_t bytes[4 * 192 * 4];
    } input;
    MnetTensorInfo in = first ? INFO(type, MNET_OUTPUT_OTHER, 1, 4, 12, 16)
                              : INFO(type, MNET_OUTPUT_OTHER, 1, 12, 16, 4);
    MnetSegmenter *s;
    in.channels_first = first;
    in.scale = scale;
    in.zero_point = scale <= 0 ? 0 : type == MNET_TYPE_INT8 ? -13 : 115;
    s = mnet_segmenter_new(&in, t, NULL, NULL);
    bool taken = s && mnet_segmenter_takes_prior(s);
    EXPECT(taken, "a mask is not taken");
    double bound = type == MNET_TYPE_FLOAT32 ? 1e-5 : scale > 0 ? (double)scale / 2 : 0.5 / 255;
    size_t size = mnet_type_size(type), wrong = 0, touched = 0;
    for (int round = 0; round < 2 && taken; round++) {
        fill(t);
        memset(&input, 77, sizeof input);
        mnet_segmenter_prior(s, round ? &data : NULL, &input);
        for (size_t i = 0; i < 192; i++) {
            double p[256] = { 0 };
            if (round)
                define(t, &m, i, p);
            wrong += fabs(prior_number(&in, &input, i) - p[1]) > bound + 1e-6;
        }
        for (size_t at = 0; at < 4 * 192 * size; at++) {
            bool own = first ? at / size >= 3 * 192 : at / size % 4 == 3;
            touched += !own && input.bytes[at] != 77;
        }
    }
    EXPECT(!wrong && !touched, "%zu wrong, %zu beside it", wrong, touched);
    mnet_segmenter_free(s);
}

static void check_priors(void)
{
    static const MnetType types[] = { MNET_TYPE_FLOAT32, MNET_TYPE_INT8, MNET_TYPE_UINT8 };
    for (int i = 0; i < 12; i++) {
        bool first = i / 3 % 2;
        float scale = i % 3 && i / 6 ? 0.018f : 0;
        MnetType type = types[i % 3];
        MnetTensorInfo t = INFO(MNET_TYPE_INT8, MNET_OUTPUT_LOGISTIC, 1, 192);
        check_prior(type, first, scale, &t, (Map){ 16, 12, 1, false });
        t = INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGITS, 1, 192);
        check_prior(type, first, scale, &t, (Map){ 16, 12, 1, false });
        t = INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGITS, 1, 12, 16, 2);
        check_prior(type, first, scale, &t, (Map){ 16, 12, 2, false });
    }
    MnetTensorInfo three = picture(false),
                   four = INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_OTHER, 1, 12, 16, 4);
    MnetTensorInfo outputs[] = { INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGISTIC, 1, 192),
                                 INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGITS, 1, 12, 16, 3),
                                 INFO(MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGITS, 1, 6, 8, 1),
                                 INFO(MNET_TYPE_INT32, MNET_OUTPUT_CLASSES, 1, 12, 16) };
    for (int i = 0; i < 4; i++) {
        MnetSegmenter *s = mnet_segmenter_new(i ? &four : &three, &outputs[i], NULL, NULL);
        EXPECT(s && !mnet_segmenter_takes_prior(s), "case %d takes a prior", i);
        mnet_segmenter_free(s);
    }
}

int main(void)
{
    for (int round = 0; round < 20; round++)
        check_layouts();
    check_priors();
    check_odd_numbers();
    check_refusals();
    check_labels();
    return expect_report("segmenter");
}
