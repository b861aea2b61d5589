/* SPDX-License-Identifier: MIT
 *
 * The best classes of an output: order, ties, number forms, labels that fit
 * and those that do not. */
#include <math.h>
#include <mnet/decode.h>

#include "base/memory.h"
#include "expect.h"

static MnetTensorInfo row(MnetType type, int32_t classes, MnetOutputKind kind)
{
    return (MnetTensorInfo){ .name = "out",
                             .type = type,
                             .rank = 2,
                             .dims = { 1, classes },
                             .elements = (size_t)classes,
                             .bytes = (size_t)classes * mnet_type_size(type),
                             .kind = kind };
}

/* "index:score index:score ...", scores with 4 digits. */
static const char *decode(const MnetTensorInfo *info, const void *data, size_t k, float threshold)
{
    static char text[512];
    MnetError error = { 0 };
    MnetClassifier *c = mnet_classifier_new(info, NULL, &error);
    EXPECT(c, "%s", error.text);
    if (!c)
        return "";
    MnetClass *best = calloc(k + 1, sizeof *best);
    if (!best)
        exit(1);
    size_t used = 0, n = mnet_classifier_decode(c, data, k, threshold, best);
    EXPECT(n <= k && !best[k].label, "%zu classes written, %zu asked for", n, k);
    text[0] = 0;
    for (size_t i = 0; i < n && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%u:%.4f", i ? " " : "",
                                 best[i].index, (double)best[i].score);
    free(best);
    mnet_classifier_free(c);
    return text;
}

static void check_order(void)
{
    const float p[] = { 0.1f, 0.4f, 0.1f, 0.3f, 0.1f };
    const struct {
        size_t k;
        float threshold;
        const char *expected;
    } cases[] = {
        { 1, 0, "1:0.4000" },
        { 3, 0, "1:0.4000 3:0.3000 0:0.1000" },
        { 4, 0, "1:0.4000 3:0.3000 0:0.1000 2:0.1000" },
        { 5, 0, "1:0.4000 3:0.3000 0:0.1000 2:0.1000 4:0.1000" },
        { 50, 0, "1:0.4000 3:0.3000 0:0.1000 2:0.1000 4:0.1000" },
        { 5, 0.2f, "1:0.4000 3:0.3000" },
        { 5, 0.4f, "1:0.4000" },
        { 5, 0.5f, "" },
        { 0, 0, "" },
    };
    MnetTensorInfo info = row(MNET_TYPE_FLOAT32, 5, MNET_OUTPUT_SOFTMAX);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = decode(&info, p, cases[i].k, cases[i].threshold);
        EXPECT(!strcmp(got, cases[i].expected), "k %zu threshold %g: %s", cases[i].k,
               (double)cases[i].threshold, got);
    }
}

static void check_types(void)
{
    MnetTensorInfo u8 = row(MNET_TYPE_UINT8, 3, MNET_OUTPUT_SOFTMAX);
    u8.scale = 1.0f / 256;
    const uint8_t bytes[] = { 0, 255, 64 };
    EXPECT(!strcmp(decode(&u8, bytes, 3, 0), "1:0.9961 2:0.2500 0:0.0000"), "uint8");
    MnetTensorInfo i8 = row(MNET_TYPE_INT8, 3, MNET_OUTPUT_LOGISTIC);
    i8.scale = 1.0f / 256;
    i8.zero_point = -128;
    const int8_t signed_bytes[] = { -128, 127, -64 };
    EXPECT(!strcmp(decode(&i8, signed_bytes, 3, 0), "1:0.9961 2:0.2500 0:0.0000"), "int8");
    /* 1x1x1xC, and the classes in another dimension. */
    u8.rank = 4;
    u8.dims[1] = u8.dims[2] = 1;
    u8.dims[3] = 3;
    EXPECT(!strcmp(decode(&u8, bytes, 1, 0), "1:0.9961"), "four dimensions");
}

static void check_logits(void)
{
    MnetTensorInfo f = row(MNET_TYPE_FLOAT32, 3, MNET_OUTPUT_LOGITS);
    const float logits[] = { 1, 2, 3 }, huge[] = { 3e38f, -3e38f, 0 };
    EXPECT(!strcmp(decode(&f, logits, 3, 0), "2:0.6652 1:0.2447 0:0.0900"), "softmax");
    EXPECT(!strcmp(decode(&f, huge, 3, 0), "0:1.0000 1:0.0000 2:0.0000"), "huge logits");
    MnetTensorInfo i8 = row(MNET_TYPE_INT8, 3, MNET_OUTPUT_LOGITS);
    i8.scale = 0.5f;
    i8.zero_point = 2;
    const int8_t stored[] = { 4, 6, 8 };
    EXPECT(!strcmp(decode(&i8, stored, 3, 0), "2:0.6652 1:0.2447 0:0.0900"), "int8 logits");
}

static void check_not_finite(void)
{
    const float p[] = { NAN, 0.5f, INFINITY, -INFINITY, -3, 7 };
    MnetTensorInfo f = row(MNET_TYPE_FLOAT32, 6, MNET_OUTPUT_SOFTMAX);
    const char *got = decode(&f, p, 6, 0);
    EXPECT(!strcmp(got, "5:1.0000 1:0.5000 0:0.0000 2:0.0000 3:0.0000 4:0.0000"), "%s", got);
    f.kind = MNET_OUTPUT_LOGITS;
    const float logits[] = { NAN, 1, INFINITY, -INFINITY, 1, NAN }, none[] = { NAN, NAN };
    got = decode(&f, logits, 3, 0);
    EXPECT(!strcmp(got, "1:0.5000 4:0.5000 0:0.0000"), "%s", got);
    f = row(MNET_TYPE_FLOAT32, 2, MNET_OUTPUT_LOGITS);
    got = decode(&f, none, 2, 0);
    EXPECT(!strcmp(got, "0:0.0000 1:0.0000"), "%s", got);
}

/* The probability of every class, and the best classes of any scores. */
static void check_scores(void)
{
    static const struct {
        MnetType type;
        MnetOutputKind kind;
        float data[4], expected[4];
    } cases[] = {
        { MNET_TYPE_FLOAT32, MNET_OUTPUT_SOFTMAX, { 0.1f, 0.4f, NAN, 7 }, { 0.1f, 0.4f, 0, 1 } },
        { MNET_TYPE_FLOAT32,
          MNET_OUTPUT_LOGITS,
          { 1, 2, INFINITY, 3 },
          { 0.09003057f, 0.24472847f, 0, 0.66524096f } },
        { MNET_TYPE_INT8,
          MNET_OUTPUT_LOGITS,
          { 4, 6, -128, 8 },
          { 0.09003057f, 0.24472847f, 0, 0.66524096f } },
        { MNET_TYPE_INT8, MNET_OUTPUT_LOGISTIC, { 3, 2, -5, 4 }, { 0.5f, 0, 0, 1 } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        MnetTensorInfo info = row(cases[i].type, 4, cases[i].kind);
        info.scale = 0.5f;
        info.zero_point = 2;
        int8_t bytes[4];
        for (size_t k = 0; k < 4 && cases[i].type == MNET_TYPE_INT8; k++)
            bytes[k] = (int8_t)cases[i].data[k];
        const void *data = cases[i].type == MNET_TYPE_INT8 ? (const void *)bytes : cases[i].data;
        float scores[5] = { 9, 9, 9, 9, 9 };
        MnetClassifier *c = mnet_classifier_new(&info, NULL, NULL);
        mnet_classifier_scores(c, data, scores);
        for (size_t k = 0; k < 4; k++)
            EXPECT(fabsf(scores[k] - cases[i].expected[k]) < 1e-6f, "case %zu: class %zu is %g", i,
                   k, (double)scores[k]);
        EXPECT(scores[4] == 9, "case %zu: written behind the classes", i);
        mnet_classifier_free(c);
    }
    const float means[] = { 0.25f, 0.5f, 0.125f, 0.5f };
    MnetTensorInfo info = row(MNET_TYPE_FLOAT32, 4, MNET_OUTPUT_LOGITS);
    MnetLabels *labels = mnet_labels_parse("a\nb\nc\nd\n", 8, "", NULL);
    MnetClassifier *c = mnet_classifier_new(&info, labels, NULL);
    MnetClass best[4];
    mnet_labels_unref(labels);
    EXPECT(mnet_classifier_best(c, means, 4, 0.2f, best) == 3, "best of scores");
    EXPECT(best[0].index == 1 && best[1].index == 3 && best[2].index == 0 &&
               best[2].score == 0.25f && !strcmp(best[1].label, "d"),
           "best of scores: %u %u %u", best[0].index, best[1].index, best[2].index);
    mnet_classifier_free(c);
}

/* Against sorting, with many equal scores. */
static void check_random(void)
{
    enum { N = 1001, K = 40 };
    uint8_t scores[N];
    MnetTensorInfo info = row(MNET_TYPE_UINT8, N, MNET_OUTPUT_SOFTMAX);
    MnetClass best[K];
    uint32_t seed = 1;
    info.scale = 1.0f / 256;
    MnetClassifier *c = mnet_classifier_new(&info, NULL, NULL);
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < N; i++) {
            seed = seed * 1664525u + 1013904223u;
            scores[i] = (uint8_t)(seed >> 24 & (round % 2 ? 7 : 255));
        }
        size_t n = mnet_classifier_decode(c, scores, K, 0, best), at = 0;
        EXPECT(n == K, "%zu classes", n);
        for (int value = 255; value >= 0 && at < K; value--)
            for (uint32_t i = 0; i < N && at < K; i++)
                if (scores[i] == value) {
                    EXPECT(best[at].index == i, "rank %zu is %u, not %u", at, best[at].index, i);
                    at++;
                }
    }
    mnet_classifier_free(c);
}

static const struct {
    const char *name;
    MnetTensorInfo info;
    const char *text;
} no_classifiers[] = {
    { "a feature vector",
      { .name = "f",
        .type = MNET_TYPE_FLOAT32,
        .rank = 2,
        .dims = { 1, 1280 },
        .elements = 1280,
        .kind = MNET_OUTPUT_FEATURES },
      "\"f\" is a feature vector" },
    { "boxes",
      { .name = "b",
        .type = MNET_TYPE_FLOAT32,
        .rank = 3,
        .dims = { 1, 10, 4 },
        .elements = 40,
        .kind = MNET_OUTPUT_LOGITS },
      "2 dimensions larger than 1" },
    { "a map of scores",
      { .name = "m",
        .type = MNET_TYPE_UINT8,
        .rank = 4,
        .dims = { 1, 9, 9, 21 },
        .elements = 9 * 9 * 21,
        .kind = MNET_OUTPUT_SOFTMAX },
      "3 dimensions larger than 1" },
    { "one score",
      { .name = "s",
        .type = MNET_TYPE_FLOAT32,
        .rank = 2,
        .dims = { 1, 1 },
        .elements = 1,
        .kind = MNET_OUTPUT_LOGISTIC },
      "0 dimensions larger than 1" },
    { "a scalar",
      { .name = "s", .type = MNET_TYPE_FLOAT32, .elements = 1, .kind = MNET_OUTPUT_LOGISTIC },
      "0 dimensions" },
    { "indices",
      { .name = "i",
        .type = MNET_TYPE_INT64,
        .rank = 1,
        .dims = { 9 },
        .elements = 9,
        .kind = MNET_OUTPUT_LOGITS },
      "type int64" },
    { "something else",
      { .name = "x", .type = MNET_TYPE_FLOAT32, .rank = 1, .dims = { 9 }, .elements = 9 },
      "no layer of class scores" },
};

static void check_no_classifiers(void)
{
    for (size_t i = 0; i < sizeof no_classifiers / sizeof *no_classifiers; i++) {
        MnetError error = { 0 };
        EXPECT(!mnet_classifier_new(&no_classifiers[i].info, NULL, &error), "%s",
               no_classifiers[i].name);
        expect_error(no_classifiers[i].name, &error, MNET_ERROR_UNSUPPORTED,
                     no_classifiers[i].text);
        EXPECT(strstr(error.text, "a classifier is expected"), "%s", error.text);
    }
}

/* `n` labels "0", "1", ..., the first one being `first`. */
static MnetLabels *make_labels(size_t n, const char *first)
{
    size_t size = 32 + 8 * n;
    char *text = malloc(size);
    if (!text)
        exit(1);
    size_t used = (size_t)snprintf(text, size, "%s\n", first);
    for (size_t i = 1; i < n; i++)
        used += (size_t)snprintf(text + used, size - used, "%zu\n", i);
    MnetLabels *labels = mnet_labels_parse(text, used, "", NULL);
    free(text);
    return labels;
}

/* Which label class `index` has; NULL with `error` when they do not fit. */
static bool label_of(int32_t classes, size_t n_labels, const char *first, int32_t index,
                     char *label, size_t room, MnetError *error)
{
    MnetTensorInfo info = row(MNET_TYPE_UINT8, classes, MNET_OUTPUT_SOFTMAX);
    MnetLabels *labels = make_labels(n_labels, first);
    MnetClassifier *c = mnet_classifier_new(&info, labels, error);
    MnetClass best = { 0 };
    mnet_labels_unref(labels);
    if (!c)
        return false;
    uint8_t *scores = calloc((size_t)classes, 1);
    if (!scores)
        exit(1);
    scores[index] = 1;
    EXPECT(mnet_classifier_classes(c) == (size_t)classes, "classes");
    EXPECT(mnet_classifier_decode(c, scores, 1, 0, &best) == 1 && best.index == (uint32_t)index,
           "class %u", best.index);
    snprintf(label, room, "%s", best.label);
    free(scores);
    mnet_classifier_free(c);
    return true;
}

static void check_labels(void)
{
    const struct {
        int32_t classes;
        size_t labels;
        const char *first;
        int32_t index;
        const char *expected; /* NULL: refused */
    } cases[] = {
        { 3, 3, "first", 0, "first" },
        { 3, 3, "first", 2, "2" },
        { 3, 3, "background", 0, "background" },
        /* ImageNet with a background class, labels without it. */
        { 1001, 1000, "tench", 0, "background" },
        { 1001, 1000, "tench", 1, "tench" },
        { 1001, 1000, "tench", 1000, "999" },
        /* Labels with a background that the network has not. */
        { 1000, 1001, "background", 0, "1" },
        { 1000, 1001, "Background", 999, "1000" },
        { 4, 5, "background", 3, "4" },
        /* What is not certain. */
        { 1001, 1000, "background", 0, NULL },
        { 1000, 1001, "tench", 0, NULL },
        { 4, 3, "a", 0, NULL },
        { 1000, 999, "a", 0, NULL },
        { 1000, 1002, "background", 0, NULL },
        { 2, 1000, "a", 0, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        MnetError error = { 0 };
        char label[32] = "", name[64], counts[64];
        snprintf(name, sizeof name, "%zu labels, %d classes", cases[i].labels, cases[i].classes);
        bool fits = label_of(cases[i].classes, cases[i].labels, cases[i].first, cases[i].index,
                             label, sizeof label, &error);
        EXPECT(fits == !!cases[i].expected, "%s: %s", name, error.text);
        if (fits) {
            EXPECT(!strcmp(label, cases[i].expected), "%s: class %d is \"%s\"", name,
                   cases[i].index, label);
            continue;
        }
        snprintf(counts, sizeof counts, "%zu labels for %d classes", cases[i].labels,
                 cases[i].classes);
        expect_error(name, &error, MNET_ERROR_ARGUMENT, counts);
        snprintf(counts, sizeof counts, "with %d lines", cases[i].classes);
        expect_error(name, &error, MNET_ERROR_ARGUMENT, counts);
    }
}

static void check_no_labels(void)
{
    MnetTensorInfo info = row(MNET_TYPE_UINT8, 3, MNET_OUTPUT_SOFTMAX);
    MnetClassifier *c = mnet_classifier_new(&info, NULL, NULL);
    MnetClass best[3];
    EXPECT(mnet_classifier_decode(c, "\1\2\3", 3, 0, best) == 3 && !*best[0].label, "no labels");
    mnet_classifier_free(c);
    mnet_classifier_free(NULL);
}

/* Decoding allocates nothing; making a classifier survives a lack of memory. */
static void check_memory(void)
{
    MnetTensorInfo info = row(MNET_TYPE_FLOAT32, 3, MNET_OUTPUT_LOGITS);
    MnetLabels *labels = make_labels(3, "a");
    const float logits[] = { 1, 2, 3 };
    MnetClass best[3];
    for (long i = 1; i <= 2; i++) {
        MnetError error = { 0 };
        mnet_alloc_fail_at(i);
        EXPECT(!mnet_classifier_new(&info, labels, &error), "allocation %ld", i);
        expect_error("no memory", &error, MNET_ERROR_MEMORY, "memory");
    }
    mnet_alloc_fail_at(0);
    MnetClassifier *c = mnet_classifier_new(&info, labels, NULL);
    mnet_labels_unref(labels);
    mnet_alloc_fail_at(1);
    EXPECT(mnet_classifier_decode(c, logits, 3, 0, best) == 3 && best[0].index == 2, "decode");
    float scores[3];
    mnet_classifier_scores(c, logits, scores);
    EXPECT(mnet_classifier_best(c, scores, 3, 0, best) == 3 && best[0].index == 2, "best");
    EXPECT(!strcmp(best[2].label, "a"), "labels outlive their owner");
    /* The first allocation was to fail, and it is this one. */
    EXPECT(!mnet_alloc(1), "decoding has allocated");
    mnet_alloc_fail_at(0);
    mnet_classifier_free(c);
}

int main(void)
{
    check_order();
    check_types();
    check_logits();
    check_not_finite();
    check_scores();
    check_random();
    check_no_classifiers();
    check_labels();
    check_no_labels();
    check_memory();
    return expect_report("classifier");
}
