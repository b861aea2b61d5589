/* SPDX-License-Identifier: MIT
 *
 * Detectors of whole files: what their graphs tell of feature maps, of scores,
 * of anchors among the constants, and of boxes that are decoded inside. */
#include <math.h>
#include <mnet/mnet.h>

#include "expect.h"
#include "tflitebuilder.h"

/* Cells of the two maps, and their boxes: 3 and 6 a cell. */
#define N_BOXES (4 * 4 * 3 + 2 * 2 * 6)
#define CLASSES 3

typedef struct {
    TbModel *model;
    int32_t maps[2]; /* 1x4x4x3, 1x2x2x3 */
    float weights[3 * 64];
} Builder;

static int32_t tensor(Builder *b, const char *name, int rank, const int32_t *dims, const void *data,
                      size_t bytes)
{
    TbTensor t = { .name = name, .type = TFL_TYPE_FLOAT32, .rank = rank, .data = data };
    memcpy(t.dims, dims, (size_t)rank * sizeof *dims);
    t.bytes = bytes;
    return tb_tensor(b->model, &t);
}

static int32_t operation(Builder *b, int op, int32_t first, int32_t second, TbOptions options,
                         int rank, const int32_t *dims)
{
    int32_t out = tensor(b, "t", rank, dims, NULL, 0);
    tb_operator(b->model, &(TbOperator){ .builtin = op,
                                         .inputs = { first, second },
                                         .n_inputs = second < 0 ? 1 : 2,
                                         .outputs = { out },
                                         .n_outputs = 1,
                                         .options = options });
    return out;
}

static void start(Builder *b)
{
    b->model = tb_model_new();
    for (size_t i = 0; i < sizeof b->weights / sizeof *b->weights; i++)
        b->weights[i] = (float)(i % 7) / 16;
    b->maps[0] = tensor(b, "picture", 4, (const int32_t[]){ 1, 4, 4, 3 }, NULL, 0);
    tb_input(b->model, b->maps[0]);
    b->maps[1] = operation(b, TFL_OP_AVERAGE_POOL_2D, b->maps[0], -1,
                           tb_pool_options(TFL_PADDING_VALID, 2, 2, 2, 2, TFL_ACTIVATION_NONE), 4,
                           (const int32_t[]){ 1, 2, 2, 3 });
}

/* A 1x1 convolution of map `i`, as rows of `columns` numbers a box. */
static int32_t head(Builder *b, int i, int32_t columns)
{
    int32_t size = i ? 2 : 4, cell = i ? 6 : 3, channels = cell * columns;
    int32_t weights = tensor(b, "w", 4, (const int32_t[]){ channels, 1, 1, 3 }, b->weights,
                             (size_t)channels * 3 * sizeof(float));
    int32_t out = tensor(b, "map", 4, (const int32_t[]){ 1, size, size, channels }, NULL, 0);
    tb_operator(b->model, &(TbOperator){ .builtin = TFL_OP_CONV_2D,
                                         .inputs = { b->maps[i], weights, -1 },
                                         .n_inputs = 3,
                                         .outputs = { out },
                                         .n_outputs = 1,
                                         .options = tb_conv_options(TFL_PADDING_VALID, 1, 1, 1, 1,
                                                                    TFL_ACTIVATION_NONE) });
    const int32_t rows[] = { 1, size * size * cell, columns };
    return operation(b, TFL_OP_RESHAPE, out, tb_ints(b->model, "shape", 3, rows),
                     tb_reshape_options(3, rows), 3, rows);
}

/* Both maps behind one another. */
static int32_t heads(Builder *b, int32_t columns)
{
    int32_t first = head(b, 0, columns), second = head(b, 1, columns);
    return operation(b, TFL_OP_CONCATENATION, first, second,
                     tb_concatenation_options(1, TFL_ACTIVATION_NONE), 3,
                     (const int32_t[]){ 1, N_BOXES, columns });
}

static int32_t scores(Builder *b, int last)
{
    int32_t logits = heads(b, CLASSES);
    TbOptions options = { 0 };
    if (last == TFL_OP_SOFTMAX)
        options = tb_softmax_options(1);
    return last < 0 ? logits
                    : operation(b, last, logits, -1, options, 3,
                                (const int32_t[]){ 1, N_BOXES, CLASSES });
}

/* Centres of cells row by row, x in column `x`. */
static void fill_centres(float *centres, int x)
{
    size_t at = 0;
    for (int map = 0; map < 2; map++)
        for (int row = 0; row < (map ? 2 : 4); row++)
            for (int column = 0; column < (map ? 2 : 4); column++)
                for (int k = 0; k < (map ? 6 : 3); k++, at += 2) {
                    centres[at + (size_t)x] = (float)column;
                    centres[at + (size_t)!x] = (float)row;
                }
}

/* centre - exp(size), centre + exp(size), with centres from a constant. */
static int32_t decoded(Builder *b, const float *centres)
{
    const int32_t pair[] = { 1, N_BOXES, 2 }, whole[] = { 1, N_BOXES, 4 };
    TbOptions add = tb_binary_options(TFL_OPTIONS_ADD, TFL_ACTIVATION_NONE);
    int32_t constant = tensor(b, "c", 3, pair, centres, N_BOXES * 2 * sizeof(float));
    int32_t centre = operation(b, TFL_OP_ADD, heads(b, 2), constant, add, 3, pair);
    int32_t half = operation(b, TFL_OP_EXP, heads(b, 2), -1, (TbOptions){ 0 }, 3, pair);
    int32_t low = operation(b, TFL_OP_SUB, centre, half,
                            tb_binary_options(TFL_OPTIONS_SUB, TFL_ACTIVATION_NONE), 3, pair);
    int32_t high = operation(b, TFL_OP_ADD, centre, half, add, 3, pair);
    return operation(b, TFL_OP_CONCATENATION, low, high,
                     tb_concatenation_options(2, TFL_ACTIVATION_NONE), 3, whole);
}

/* Loads the file, makes its detector and runs both; the detector's error else. */
static bool detect(Builder *b, const MnetDetectorOptions *options, MnetDetectorInfo *info,
                   MnetError *error)
{
    TbFile file = tb_finish(b->model);
    MnetModel *model = mnet_model_load_memory(file.data, file.size, NULL, error);
    EXPECT(model, "%s", error->text);
    MnetDetector *detector = model ? mnet_detector_new(model, NULL, options, error) : NULL;
    if (detector) {
        MnetDetection found[100];
        MnetSession *session = mnet_session_new(model, NULL, error);
        const void *outputs[4];
        for (size_t i = 0; i < 4; i++)
            outputs[i] = mnet_session_output(session, i);
        mnet_detector_info(detector, info);
        mnet_session_run(session);
        size_t n = mnet_detector_decode(detector, outputs, NULL, 100, found);
        EXPECT(n > 0 && n <= N_BOXES, "%zu found", n);
        for (size_t i = 0; i < n; i++)
            EXPECT(found[i].left < found[i].right && found[i].score > 0, "detection %zu", i);
        mnet_session_free(session);
    }
    mnet_detector_free(detector);
    mnet_model_unref(model);
    tb_file_free(&file);
    return detector != NULL;
}

static void check_raw(void)
{
    static const struct {
        int last;
        MnetDetectorOptions options;
        bool made;
    } cases[] = {
        { TFL_OP_LOGISTIC, { .background = MNET_BACKGROUND_FIRST }, true },
        { TFL_OP_SOFTMAX, { 0 }, true },
        { TFL_OP_LOGISTIC, { 0 }, false },
        { -1, { 0 }, false },
        { -1, { .score_format = MNET_SCORES_SOFTMAX }, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Builder b;
        MnetError error = { 0 };
        MnetDetectorInfo info = { 0 };
        start(&b);
        tb_output(b.model, scores(&b, cases[i].last));
        tb_output(b.model, heads(&b, 4));
        EXPECT(detect(&b, &cases[i].options, &info, &error) == cases[i].made, "case %zu: %s", i,
               error.text);
        if (!cases[i].made)
            expect_error("not certain", &error, MNET_ERROR_UNSUPPORTED,
                         i == 2 ? "background-class" : "score-format");
        else
            EXPECT(info.kind == MNET_DETECTOR_SSD && info.n_boxes == N_BOXES &&
                       info.n_classes == CLASSES - 1 && info.background,
                   "case %zu: kind %d, %zu boxes", i, info.kind, info.n_boxes);
    }
}

/* A constant called anchors is taken in place of generated ones, two are not. */
static void check_constant(void)
{
    static float anchors[N_BOXES * 4];
    for (size_t i = 0; i < N_BOXES * 4; i++)
        anchors[i] = i % 4 < 2 ? 0.5f : 0.25f;
    for (int bad = 0; bad < 2; bad++) {
        Builder b;
        MnetError error = { 0 };
        MnetDetectorInfo info;
        anchors[3] = bad ? -1 : 0.25f;
        start(&b);
        tensor(&b, "FeatureExtractor/Anchors", 2, (const int32_t[]){ N_BOXES, 4 }, anchors,
               sizeof anchors);
        tb_output(b.model, scores(&b, TFL_OP_SOFTMAX));
        tb_output(b.model, heads(&b, 4));
        EXPECT(detect(&b, NULL, &info, &error) == !bad, "anchors: %s", error.text);
        if (bad)
            expect_error("anchors", &error, MNET_ERROR_FORMAT, "FeatureExtractor/Anchors");
    }
}

/* Two constants that may be the anchors: equal ones are one. */
static void check_two_constants(void)
{
    static float anchors[2][N_BOXES * 4];
    for (size_t i = 0; i < N_BOXES * 4; i++)
        anchors[0][i] = anchors[1][i] = i % 4 < 2 ? 0.5f : 0.25f;
    for (int differ = 0; differ < 2; differ++) {
        Builder b;
        MnetError error = { 0 };
        MnetDetectorInfo info;
        start(&b);
        anchors[1][3] = differ ? 0.5f : 0.25f;
        for (int k = 0; k < 2; k++)
            tensor(&b, k ? "priors" : "anchors", 2, (const int32_t[]){ N_BOXES, 4 }, anchors[k],
                   sizeof anchors[k]);
        tb_output(b.model, scores(&b, TFL_OP_SOFTMAX));
        tb_output(b.model, heads(&b, 4));
        EXPECT(detect(&b, NULL, &info, &error) == !differ, "two constants: %s", error.text);
        if (differ)
            expect_error("two constants", &error, MNET_ERROR_UNSUPPORTED, "set anchors-file");
    }
}

static void check_decoded(void)
{
    static float centres[N_BOXES * 2];
    static const MnetBoxFormat yx = MNET_BOXES_CORNERS_YX;
    for (int x = 0; x < 3; x++) {
        Builder b;
        MnetError error = { 0 };
        MnetDetectorInfo info = { 0 };
        if (x < 2)
            fill_centres(centres, x);
        else
            memset(centres, 0, sizeof centres);
        start(&b);
        tb_output(b.model, decoded(&b, centres));
        tb_output(b.model, scores(&b, TFL_OP_SOFTMAX));
        bool made = detect(&b, NULL, &info, &error);
        EXPECT(made == (x < 2) && (!made || info.kind == MNET_DETECTOR_DECODED), "x %d: %s", x,
               error.text);
        if (!made)
            expect_error("axes", &error, MNET_ERROR_UNSUPPORTED, "box-format");
        start(&b);
        tb_output(b.model, decoded(&b, centres));
        tb_output(b.model, scores(&b, TFL_OP_SOFTMAX));
        EXPECT(detect(&b, &(MnetDetectorOptions){ .box_format = yx }, &info, &error), "x %d: %s", x,
               error.text);
    }
}

/* TFLite_Detection_PostProcess with its outputs in an order of their own, as
 * exports of TensorFlow 2 have them. */
static void check_post_process(void)
{
    static const int orders[][4] = { { 0, 1, 2, 3 }, { 2, 0, 3, 1 }, { 3, 1, 0, 2 } };
    static float anchors[N_BOXES * 4];
    for (size_t i = 0; i < N_BOXES * 4; i++)
        anchors[i] = i % 4 < 2 ? (float)(i % 11) / 11 : 0.25f;
    for (size_t o = 0; o < sizeof orders / sizeof *orders; o++) {
        Builder b;
        MnetError error = { 0 };
        MnetDetectorInfo info = { 0 };
        start(&b);
        /* A box is told once whatever number of classes it comes with. */
        TbFile options = tb_post_process_options(&(TbPostProcess){ .max_detections = 5,
                                                                   .max_classes = 1 + (int)o % 2,
                                                                   .per_class = 5,
                                                                   .n_classes = CLASSES - 1,
                                                                   .score_threshold = 0.01f,
                                                                   .iou_threshold = 0.5f });
        TbOperator op = { .builtin = TFL_OP_CUSTOM,
                          .custom = "TFLite_Detection_PostProcess",
                          .n_inputs = 3,
                          .inputs = { heads(&b, 4), scores(&b, TFL_OP_LOGISTIC),
                                      tensor(&b, "anchors", 2, (const int32_t[]){ N_BOXES, 4 },
                                             anchors, sizeof anchors) },
                          .n_outputs = 4,
                          .custom_options = options.data,
                          .custom_bytes = options.size };
        for (int i = 0; i < 4; i++)
            op.outputs[i] = tb_tensor(
                b.model, &(TbTensor){ .name = "o", .type = TFL_TYPE_FLOAT32, .no_shape = true });
        for (int i = 0; i < 4; i++)
            tb_output(b.model, op.outputs[orders[o][i]]);
        tb_operator(b.model, &op);
        tb_file_free(&options);
        EXPECT(detect(&b, NULL, &info, &error), "order %zu: %s", o, error.text);
        EXPECT(info.kind == MNET_DETECTOR_POST_PROCESS && info.n_boxes == 5 &&
                   info.n_classes == CLASSES - 1,
               "order %zu: kind %d, %zu boxes", o, info.kind, info.n_boxes);
    }
}

int main(void)
{
    check_raw();
    check_constant();
    check_two_constants();
    check_decoded();
    check_post_process();
    return expect_report("detector_model");
}
