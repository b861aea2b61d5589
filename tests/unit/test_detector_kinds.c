/* SPDX-License-Identifier: MIT
 *
 * What a detector recognises and what it refuses: shapes, formats, background and
 * labels, anchors, options out of range, no memory. */
#include <math.h>

#include "base/memory.h"
#include "detector_case.h"
#include "expect.h"

#define LOGITS MNET_OUTPUT_LOGITS
#define LOGISTIC MNET_OUTPUT_LOGISTIC
#define SOFTMAX MNET_OUTPUT_SOFTMAX
#define OTHER MNET_OUTPUT_OTHER

typedef struct {
    MnetOutputKind kind;
    int32_t dims[MNET_MAX_RANK + 1];
} Output;

static const MnetDetectorOptions automatic;

/* The detector of these outputs, made with what it needs to have no background
 * and anchors of its own. */
static MnetDetector *make(const Output *outputs, MnetError *error)
{
    DetectorCase c;
    MnetAnchors *anchors = case_anchors(100);
    MnetDetectorOptions options = { .background = MNET_BACKGROUND_NONE, .anchors = anchors };
    case_start(&c, 64, 64);
    for (; outputs->dims[0]; outputs++)
        case_output(&c, MNET_TYPE_FLOAT32, outputs->kind, outputs->dims);
    MnetDetector *d = case_detector(&c, NULL, &options, error);
    mnet_anchors_free(anchors);
    return d;
}

static void check_shapes(void)
{
    static const struct {
        Output outputs[CASE_MAX_OUTPUTS];
        size_t boxes, scores, classes, points;
    } good[] = {
        { { { LOGITS, { 1, 100, 4 } }, { LOGISTIC, { 1, 100, 7 } } }, 0, 1, 7, 0 },
        { { { LOGISTIC, { 1, 100, 7 } }, { LOGITS, { 1, 100, 4 } } }, 1, 0, 7, 0 },
        { { { LOGITS, { 1, 100, 1, 4 } }, { SOFTMAX, { 1, 100, 1, 7 } } }, 0, 1, 7, 0 },
        { { { LOGITS, { 100, 4 } }, { SOFTMAX, { 100, 7 } } }, 0, 1, 7, 0 },
        { { { LOGITS, { 1, 100, 4 } }, { LOGISTIC, { 1, 100 } } }, 0, 1, 1, 0 },
        /* As many classes as numbers of a box: probabilities are no boxes. */
        { { { LOGISTIC, { 1, 100, 4 } }, { LOGITS, { 1, 100, 4 } } }, 1, 0, 4, 0 },
        /* Points of their own, and what belongs to something else. */
        { { { LOGITS, { 1, 100, 10 } }, { SOFTMAX, { 1, 100, 2 } }, { LOGITS, { 1, 100, 4 } } },
          2,
          1,
          2,
          0 },
        { { { LOGITS, { 1, 9 } }, { LOGISTIC, { 1, 100, 3 } }, { LOGITS, { 1, 100, 4 } } },
          2,
          1,
          3,
          0 },
        { { { LOGITS, { 1, 100, 16 } }, { LOGITS, { 1, 100, 1 } } }, 0, 1, 1, 6 },
        { { { OTHER, { 1, 100, 1 } }, { OTHER, { 1, 100, 18 } } }, 1, 0, 1, 7 },
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        MnetError error = { 0 };
        MnetDetectorInfo info = { 0 };
        MnetDetector *d = make(good[i].outputs, &error);
        EXPECT(d, "shapes %zu: %s", i, error.text);
        if (!d)
            continue;
        mnet_detector_info(d, &info);
        EXPECT(d->outputs[MNET_ROLE_BOXES] == good[i].boxes &&
                   d->outputs[MNET_ROLE_SCORES] == good[i].scores &&
                   info.n_classes == good[i].classes && info.n_points == good[i].points &&
                   info.n_boxes == 100,
               "shapes %zu: boxes %zu scores %zu classes %zu", i, d->outputs[MNET_ROLE_BOXES],
               d->outputs[MNET_ROLE_SCORES], info.n_classes);
        mnet_detector_free(d);
    }
}

static void check_no_detectors(void)
{
    static const struct {
        Output outputs[CASE_MAX_OUTPUTS];
        const char *text;
    } bad[] = {
        { { { SOFTMAX, { 1, 1001 } } },
          "(but a classifier): it has 1 output, the first, \"out\", "
          "is [1, 1001]" },
        { { { OTHER, { 1, 257, 257, 21 } } }, "no detector: it has 1 output" },
        { { { SOFTMAX, { 1, 10 } }, { LOGITS, { 1, 4 } } }, "no detector: it has 2 outputs" },
        { { { LOGITS, { 1, 100, 4 } } }, "no detector" },
        { { { LOGITS, { 1, 100, 4 } }, { LOGISTIC, { 1, 99, 7 } } }, "no detector" },
        { { { LOGITS, { 2, 50, 4 } }, { LOGISTIC, { 2, 50, 7 } } }, "no detector" },
        { { { LOGITS, { 1, 4, 100 } }, { LOGISTIC, { 1, 7, 100 } } }, "no detector" },
        { { { LOGITS, { 1, 100, 5 } }, { LOGISTIC, { 1, 100, 1 } } }, "no detector" },
        { { { LOGITS, { 1, 100, 16 } }, { LOGISTIC, { 1, 100, 2 } } }, "no detector" },
        { { { LOGITS, { 1, 100, 22 } }, { LOGISTIC, { 1, 100, 1 } } }, "no detector" },
        { { { LOGITS, { 1, 100, 4 } }, { LOGITS, { 1, 100, 4 } } }, "2 pairs fit" },
        { { { LOGITS, { 1, 300000, 4 } }, { LOGISTIC, { 1, 300000, 2 } } }, "at most 262144" },
        { { { LOGITS, { 4 } }, { LOGISTIC, { 7 } } }, "no detector" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        MnetError error = { 0 };
        EXPECT(!make(bad[i].outputs, &error), "shapes %zu", i);
        EXPECT(error.status && strstr(error.text, bad[i].text), "shapes %zu: %s", i, error.text);
    }
    /* Types whose numbers are no numbers of a detector, and a scalar. */
    DetectorCase c;
    MnetError error = { 0 };
    case_raw(&c, 100, 4, 3, MNET_TYPE_INT64, LOGISTIC);
    EXPECT(!case_detector(&c, NULL, NULL, &error), "int64");
    case_start(&c, 64, 64);
    case_output(&c, MNET_TYPE_FLOAT32, OTHER, (const int32_t[]){ 0 });
    EXPECT(!case_detector(&c, NULL, NULL, &error), "a scalar");
    expect_error("a scalar", &error, MNET_ERROR_UNSUPPORTED, "is []");
}

/* Formats that are certain, and those that an option must tell. */
static void check_formats(void)
{
    static const struct {
        MnetOutputKind boxes, scores;
        bool decoded;
        MnetBoxFormat corners;
        int32_t columns;
        MnetDetectorOptions options;
        const char *text; /* NULL: made */
        MnetDetectorKind kind;
        MnetScoreFormat format;
    } cases[] = {
        { LOGITS, LOGISTIC, false, 0, 91, { 0 }, NULL, MNET_DETECTOR_SSD, 1 },
        { OTHER, LOGISTIC, false, 0, 91, { 0 }, "set box-format to codes, corners-xy", 0, 0 },
        { OTHER, LOGISTIC, true, 0, 91, { 0 }, "set box-format to codes, corners-xy", 0, 0 },
        { OTHER, SOFTMAX, true, MNET_BOXES_CORNERS_XY, 2, { 0 }, NULL, MNET_DETECTOR_DECODED, 1 },
        { OTHER,
          LOGISTIC,
          true,
          0,
          91,
          { .box_format = MNET_BOXES_CORNERS_YX },
          NULL,
          MNET_DETECTOR_DECODED,
          1 },
        { OTHER,
          LOGISTIC,
          false,
          0,
          91,
          { .box_format = MNET_BOXES_CODES },
          NULL,
          MNET_DETECTOR_SSD,
          1 },
        { LOGITS, LOGITS, false, 0, 91, { 0 }, "set score-format to probabilities", 0, 0 },
        { LOGITS, OTHER, false, 0, 91, { 0 }, "set score-format to probabilities", 0, 0 },
        { LOGITS,
          LOGITS,
          false,
          0,
          91,
          { .score_format = MNET_SCORES_SIGMOID },
          NULL,
          MNET_DETECTOR_SSD,
          2 },
        { LOGITS, LOGITS, false, 0, 1, { 0 }, NULL, MNET_DETECTOR_SSD, 2 },
        { LOGITS, OTHER, false, 0, 1, { 0 }, "set score-format", 0, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        DetectorCase c;
        MnetError error = { 0 };
        MnetDetectorInfo info;
        case_raw(&c, 1917, 4, cases[i].columns, MNET_TYPE_FLOAT32, cases[i].scores);
        c.facts.width = c.facts.height = 300;
        c.outputs[0].info.kind = cases[i].boxes;
        c.outputs[0].decoded = cases[i].decoded;
        c.outputs[0].corners = cases[i].corners;
        MnetDetector *d = case_detector(&c, NULL, &cases[i].options, &error);
        EXPECT(!d == !!cases[i].text, "formats %zu: %s", i, error.text);
        if (cases[i].text)
            expect_error("formats", &error, MNET_ERROR_UNSUPPORTED, cases[i].text);
        if (!d)
            continue;
        mnet_detector_info(d, &info);
        EXPECT(info.kind == cases[i].kind && info.score_format == cases[i].format,
               "formats %zu: kind %d, scores %d", i, info.kind, info.score_format);
        mnet_detector_free(d);
    }
}

static void read_names(const MnetDetector *d, char *text, size_t room)
{
    MnetDetectorInfo info;
    mnet_detector_info(d, &info);
    snprintf(text, room, "%zu%s %s %s", info.n_classes, info.background ? "+1" : "",
             mnet_detector_label(d, 0), mnet_detector_label(d, info.n_classes - 1));
    EXPECT(!*mnet_detector_label(d, info.n_classes), "a label behind the last");
}

/* How labels and columns go together: classes, background, first and last label. */
static void check_labels(void)
{
    static const struct {
        MnetOutputKind scores;
        int32_t columns;
        MnetBackground background;
        size_t labels; /* 0: none */
        const char *first;
        const char *expected; /* NULL: refused */
    } cases[] = {
        { LOGISTIC, 91, 0, 0, "", "90+1  " },
        { LOGISTIC, 90, 0, 0, "", "90  " },
        { LOGISTIC, 80, 0, 0, "", "80  " },
        { LOGISTIC, 21, 0, 0, "", NULL },
        { LOGISTIC, 21, MNET_BACKGROUND_NONE, 0, "", "21  " },
        { LOGISTIC, 21, MNET_BACKGROUND_FIRST, 0, "", "20+1  " },
        { LOGISTIC, 21, 0, 20, "plane", "20+1 plane 19" },
        { LOGISTIC, 21, 0, 21, "plane", "21 plane 20" },
        { LOGISTIC, 21, 0, 21, "background", "20+1 1 20" },
        { LOGISTIC, 21, 0, 22, "background", "21 1 21" },
        { LOGISTIC, 21, 0, 22, "plane", NULL },
        { LOGISTIC, 21, 0, 20, "background", NULL },
        { LOGISTIC, 91, 0, 90, "person", "90+1 person 89" },
        { LOGISTIC, 91, 0, 91, "???", "90+1 1 90" },
        { LOGISTIC, 91, 0, 91, "person", "91 person 90" },
        { SOFTMAX, 21, 0, 0, "", "20+1  " },
        { SOFTMAX, 21, 0, 20, "plane", "20+1 plane 19" },
        { SOFTMAX, 21, 0, 21, "__background__", "20+1 1 20" },
        { SOFTMAX, 21, 0, 21, "plane", NULL },
        { SOFTMAX, 21, MNET_BACKGROUND_NONE, 21, "plane", "21 plane 20" },
        { SOFTMAX, 1, 0, 0, "", "1  " },
        { LOGISTIC, 1, 0, 1, "face", "1 face face" },
        { LOGISTIC, 1, 0, 2, "face", NULL },
        { LOGISTIC, 1, MNET_BACKGROUND_FIRST, 0, "", NULL },
        { LOGISTIC, 5, MNET_BACKGROUND_FIRST, 5, "a", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        DetectorCase c;
        MnetError error = { 0 };
        char text[128] = "";
        MnetDetectorOptions options = { .background = cases[i].background };
        MnetLabels *labels = cases[i].labels ? case_labels(cases[i].labels, cases[i].first) : NULL;
        case_raw(&c, 1917, 4, cases[i].columns, MNET_TYPE_FLOAT32, cases[i].scores);
        c.facts.width = c.facts.height = 300;
        MnetDetector *d = case_detector(&c, labels, &options, &error);
        mnet_labels_unref(labels);
        if (d)
            read_names(d, text, sizeof text);
        EXPECT(!d == !cases[i].expected && (!d || !strcmp(text, cases[i].expected)),
               "labels %zu: \"%s\" %s", i, text, error.text);
        if (!d)
            EXPECT(strstr(error.text, "background-class") && !strchr(error.text, '\n'),
                   "labels %zu: %s", i, error.text);
        mnet_detector_free(d);
    }
}

/* COCO's names for numbers with holes, and the reverse. */
static void check_coco(void)
{
    static const uint8_t unused[] = { 11, 25, 28, 29, 44, 65, 67, 68, 70, 82 };
    char dense[1024] = "", holes[1024] = "";
    for (size_t i = 0, name = 0; i < 90; i++) {
        bool hole = memchr(unused, (int)i, sizeof unused) != NULL;
        char line[32];
        snprintf(line, sizeof line, "%s\n",
                 hole      ? "???"
                 : i == 0  ? "person"
                 : i == 89 ? "toothbrush"
                           : "x");
        if (!hole && i && i != 89)
            snprintf(line, sizeof line, "x%zu\n", name);
        strcat(holes, line);
        if (!hole)
            strcat(dense, line);
        name += !hole;
    }
    const struct {
        const char *text;
        int32_t columns;
        size_t index;
        const char *label;
    } cases[] = { { dense, 91, 12, "x11" },        { dense, 91, 11, "" },
                  { dense, 90, 89, "toothbrush" }, { dense, 80, 11, "x11" },
                  { dense, 81, 11, "x11" },        { holes, 91, 12, "x11" },
                  { holes, 80, 11, "x11" },        { holes, 81, 79, "toothbrush" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        DetectorCase c;
        MnetError error = { 0 };
        MnetLabels *labels = mnet_labels_parse(cases[i].text, strlen(cases[i].text), "", NULL);
        case_raw(&c, 1917, 4, cases[i].columns, MNET_TYPE_FLOAT32, LOGISTIC);
        c.facts.width = c.facts.height = 300;
        MnetDetector *d = case_detector(&c, labels, NULL, &error);
        mnet_labels_unref(labels);
        EXPECT(d && !strcmp(mnet_detector_label(d, cases[i].index), cases[i].label),
               "names %zu: \"%s\" %s", i, d ? mnet_detector_label(d, cases[i].index) : "",
               error.text);
        mnet_detector_free(d);
    }
}

static void set_maps(MnetOutputFacts *output, size_t n, const MnetMap *maps)
{
    output->n_maps = n;
    memcpy(output->maps, maps, n * sizeof *maps);
}

static void expect_anchors(const char *name, const DetectorCase *c,
                           const MnetDetectorOptions *options, const char *text)
{
    MnetError error = { 0 };
    MnetDetector *d = case_detector(c, NULL, options, &error);
    EXPECT(!d == !!text && (!text || strstr(error.text, text)), "%s: %s", name, error.text);
    mnet_detector_free(d);
}

static void check_anchors(void)
{
    DetectorCase c;
    MnetDetectorOptions options = automatic;
    case_raw(&c, 1917, 4, 91, MNET_TYPE_FLOAT32, LOGISTIC);
    c.facts.width = c.facts.height = 300;
    expect_anchors("of the default strides", &c, NULL, NULL);
    c.facts.width = c.facts.height = 320;
    expect_anchors("of another size", &c, NULL, "set anchors-file");
    c.facts.width = 0;
    expect_anchors("no picture", &c, NULL, "set anchors-file");
    const MnetMap six[] = { { 19, 19, 12 }, { 10, 10, 24 }, { 5, 5, 24 },
                            { 3, 3, 24 },   { 2, 2, 24 },   { 1, 1, 24 } };
    c.facts.width = c.facts.height = 299;
    set_maps(&c.outputs[0], 6, six);
    expect_anchors("of the maps", &c, NULL, NULL);
    c.outputs[0].maps[2].channels = 12;
    expect_anchors("of other maps", &c, NULL, "set anchors-file");
    c.outputs[0].maps[0].channels = 24;
    expect_anchors("6 everywhere", &c, NULL, "set anchors-file");
    MnetAnchors *anchors = case_anchors(1917), *few = case_anchors(1916);
    options.anchors = anchors;
    expect_anchors("of the user", &c, &options, NULL);
    options.anchors = few;
    expect_anchors("too few", &c, &options, "1916 anchors for 1917 boxes");
    options.anchors = anchors;
    options.box_format = MNET_BOXES_CORNERS_XY;
    expect_anchors("not needed", &c, &options, "leave anchors-file away");
    options.box_format = MNET_BOXES_AUTO;
    static const float scales[] = { -1, NAN, INFINITY, 1e7f };
    for (size_t i = 0; i < 4; i++) {
        memset(options.box_scales, 0, sizeof options.box_scales);
        options.box_scales[i] = scales[i];
        expect_anchors("scales", &c, &options, "box_scales");
    }
    mnet_anchors_free(anchors);
    mnet_anchors_free(few);
}

/* Constants of the file. */
static void check_own_anchors(void)
{
    DetectorCase c;
    static float numbers[100 * 4];
    MnetTensorInfo info = { .name = "anchors",
                            .type = MNET_TYPE_FLOAT32,
                            .rank = 2,
                            .dims = { 100, 4 },
                            .elements = 400,
                            .bytes = 1600 };
    for (size_t i = 0; i < 400; i++)
        numbers[i] = i % 4 < 2 ? 0.5f : 0.25f;
    case_raw(&c, 100, 4, 91, MNET_TYPE_FLOAT32, LOGISTIC);
    c.facts.anchors = &info;
    c.facts.anchor_data = numbers;
    expect_anchors("of the file", &c, NULL, NULL);
    numbers[399] = NAN;
    expect_anchors("of the file, no numbers", &c, NULL, "anchors-file");
    numbers[399] = 0.25f;
    info.elements = 396;
    expect_anchors("of the file, too few", &c, NULL, "99 anchors for 100 boxes");
}

static void check_cells(void)
{
    DetectorCase c;
    MnetDetectorOptions options = { .box_format = MNET_BOXES_CORNERS_YX };
    const MnetMap maps[] = { { 16, 16, 32 }, { 8, 8, 96 } };
    case_raw(&c, 896, 16, 1, MNET_TYPE_FLOAT32, LOGITS);
    expect_anchors("no maps", &c, NULL, "set anchors-file");
    set_maps(&c.outputs[0], 2, maps);
    expect_anchors("maps", &c, NULL, NULL);
    expect_anchors("corners", &c, &options, "box-format");
    c.outputs[0].maps[1].channels = 95;
    expect_anchors("not whole", &c, NULL, "set anchors-file");
    c.outputs[0].maps[1].channels = 80;
    expect_anchors("too few", &c, NULL, "set anchors-file");
    c.outputs[0].maps[1].channels = 96;
    c.facts.width = 0;
    expect_anchors("no picture", &c, NULL, "input 0 is no picture");
}

static void check_post_process(void)
{
    static const MnetRole order[] = { MNET_ROLE_BOXES, MNET_ROLE_CLASSES, MNET_ROLE_SCORES,
                                      MNET_ROLE_COUNT };
    DetectorCase c;
    case_post_process(&c, 10, 90, order);
    expect_anchors("post-process", &c, NULL, NULL);
    MnetDetectorOptions options = { .background = MNET_BACKGROUND_FIRST };
    expect_anchors("an option that says nothing here", &c, &options, NULL);
    c.facts.n_classes = 0;
    expect_anchors("no classes", &c, NULL, "do not fit");
    case_post_process(&c, 10, 90, order);
    c.outputs[2].info.elements = 9;
    expect_anchors("a score too few", &c, NULL, "do not fit");
    case_post_process(&c, 10, 90, order);
    c.outputs[1].role = MNET_ROLE_NONE;
    expect_anchors("classes that are no output", &c, NULL, "must all be outputs");
    case_post_process(&c, 10, 90, order);
    c.outputs[3].role = MNET_ROLE_NONE;
    expect_anchors("no count", &c, NULL, NULL);
    c.outputs[3].role = MNET_ROLE_SCORES;
    expect_anchors("two of them", &c, NULL, "outputs 2 and 3 are both");
    case_post_process(&c, 10, 90, order);
    MnetError error = { 0 };
    MnetLabels *labels = case_labels(80, "a");
    EXPECT(!case_detector(&c, labels, NULL, &error), "80 labels");
    expect_error("labels", &error, MNET_ERROR_ARGUMENT, "80 labels for 90 classes");
    mnet_labels_unref(labels);
}

/* The n-th allocation fails, for every n. */
static void check_memory(void)
{
    DetectorCase c;
    MnetLabels *labels = case_labels(90, "person");
    case_raw(&c, 1917, 4, 91, MNET_TYPE_FLOAT32, LOGISTIC);
    c.facts.width = c.facts.height = 300;
    long n = 1;
    for (; n < 20; n++) {
        MnetError error = { 0 };
        mnet_alloc_fail_at(n);
        MnetDetector *d = case_detector(&c, labels, NULL, &error);
        mnet_alloc_fail_at(0);
        mnet_detector_free(d);
        if (d)
            break;
        expect_error("no memory", &error, MNET_ERROR_MEMORY, "memory");
        mnet_alloc_fail_at(n);
        EXPECT(!case_detector(&c, labels, NULL, NULL), "without an error to fill");
        mnet_alloc_fail_at(0);
    }
    EXPECT(n == 6, "%ld allocations", n - 1);
    mnet_labels_unref(labels);
    mnet_detector_free(NULL);
}

int main(void)
{
    check_shapes();
    check_no_detectors();
    check_formats();
    check_labels();
    check_coco();
    check_anchors();
    check_own_anchors();
    check_cells();
    check_post_process();
    check_memory();
    return expect_report("detector_kinds");
}
