/* SPDX-License-Identifier: MIT
 *
 * TFLite_Detection_PostProcess against its definition: all boxes decoded, all
 * candidates sorted, each kept one compared with all behind it.  Hostile numbers
 * and options. */
#include <mnet/mnet.h>

#include <math.h>

#include "expect.h"
#include "tflitebuilder.h"

#define ROUNDS 300
#define MAX_BOXES 60
#define MAX_COLUMNS 6
#define MAX_RESULT 40

static uint32_t state = 11;

static int32_t draw(int32_t low, int32_t high)
{
    state = state * 1664525u + 1013904223u;
    return low + (int32_t)((state >> 8) % (uint32_t)(high - low + 1));
}

/* Real numbers, and as they are stored. */
typedef struct {
    float reals[MAX_BOXES * MAX_COLUMNS];
    uint8_t bytes[MAX_BOXES * MAX_COLUMNS];
} Numbers;

typedef struct {
    int type;
    TbPostProcess options;
    int32_t n, columns, code; /* boxes, scores and codes of each */
    Numbers codes, scores, anchors;
} Case;

typedef struct {
    int32_t count;
    float boxes[4 * MAX_RESULT], classes[MAX_RESULT], scores[MAX_RESULT];
} Result;

/* Stored bytes stand for (byte - zero) * scale. */
static void fill(Numbers *numbers, int type, int32_t n, float scale, int32_t zero)
{
    for (int32_t i = 0; i < n; i++) {
        int32_t stored = draw(0, 255);
        numbers->bytes[i] = (uint8_t)stored;
        if (type == TFL_TYPE_INT8)
            stored = (int8_t)stored;
        numbers->reals[i] = (float)(stored - zero) * scale;
    }
}

static const float code_scale = 0.1f, score_scale = 1.0f / 256, anchor_scale = 1.0f / 200;

static int32_t code_zero(const Case *c)
{
    return c->type == TFL_TYPE_INT8 ? 3 : 131;
}

static int32_t low(const Case *c)
{
    return c->type == TFL_TYPE_INT8 ? -128 : 0;
}

static void draw_case(Case *c, int type, bool regular)
{
    c->type = type;
    c->n = draw(1, MAX_BOXES);
    c->code = draw(4, 6);
    c->options = (TbPostProcess){ .max_detections = draw(1, 20),
                                  .max_classes = draw(1, 2),
                                  .per_class = draw(1, 8),
                                  .n_classes = draw(1, MAX_COLUMNS - 1),
                                  .regular = regular,
                                  .score_threshold = (float)draw(-2, 9) / 10,
                                  .iou_threshold = (float)draw(1, 10) / 10 };
    c->columns = c->options.n_classes + draw(0, 1);
    fill(&c->codes, type, c->n * c->code, code_scale, code_zero(c));
    fill(&c->scores, type, c->n * c->columns, score_scale, low(c));
    fill(&c->anchors, type, c->n * 4, anchor_scale, low(c));
}

static int32_t tensor(TbModel *model, const Case *c, int rank, int32_t columns, float scale,
                      int32_t zero, const Numbers *constant)
{
    TbTensor t = { .name = "t",
                   .type = c->type,
                   .rank = rank,
                   .n_scales = c->type != TFL_TYPE_FLOAT32,
                   .scale = scale,
                   .zero_point = zero };
    t.dims[0] = 1;
    t.dims[rank - 2] = c->n;
    t.dims[rank - 1] = columns;
    if (constant) {
        t.data = t.n_scales ? (const void *)constant->bytes : constant->reals;
        t.bytes = (size_t)(c->n * columns) * (t.n_scales ? 1 : sizeof(float));
    }
    return tb_tensor(model, &t);
}

static TbFile build(const Case *c, const TbFile *options)
{
    TbModel *model = tb_model_new();
    TbOperator op = { .builtin = TFL_OP_CUSTOM,
                      .custom = "TFLite_Detection_PostProcess",
                      .n_inputs = 3,
                      .n_outputs = 4,
                      .custom_options = options->data,
                      .custom_bytes = options->size };
    op.inputs[0] = tensor(model, c, 3, c->code, code_scale, code_zero(c), NULL);
    op.inputs[1] = tensor(model, c, 3, c->columns, score_scale, low(c), NULL);
    op.inputs[2] = tensor(model, c, 2, 4, anchor_scale, low(c), &c->anchors);
    for (int i = 0; i < 4; i++) {
        op.outputs[i] = tb_tensor(
            model, &(TbTensor){ .name = "y", .type = TFL_TYPE_FLOAT32, .no_shape = true });
        tb_output(model, op.outputs[i]);
    }
    tb_input(model, op.inputs[0]);
    tb_input(model, op.inputs[1]);
    tb_operator(model, &op);
    return tb_finish(model);
}

typedef struct {
    float box[4], score;
    int32_t number, class;
    bool active;
} Candidate;

static void decode(const Case *c, int32_t i, float *box)
{
    const float *code = c->codes.reals + i * c->code, *anchor = c->anchors.reals + i * 4;
    float y = (float)((double)code[0] / 10 * (double)anchor[2] + (double)anchor[0]);
    float x = (float)((double)code[1] / 10 * (double)anchor[3] + (double)anchor[1]);
    float h = (float)(0.5 * exp((double)code[2] / 5) * (double)anchor[2]);
    float w = (float)(0.5 * exp((double)code[3] / 5) * (double)anchor[3]);
    box[0] = y - h;
    box[1] = x - w;
    box[2] = y + h;
    box[3] = x + w;
}

static float overlap(const float *a, const float *b)
{
    float area_a = (a[2] - a[0]) * (a[3] - a[1]), area_b = (b[2] - b[0]) * (b[3] - b[1]);
    if (area_a <= 0 || area_b <= 0)
        return 0;
    float height = fmaxf(fminf(a[2], b[2]) - fmaxf(a[0], b[0]), 0);
    float width = fmaxf(fminf(a[3], b[3]) - fmaxf(a[1], b[1]), 0);
    return height * width / (area_a + area_b - height * width);
}

static int by_falling_score(const void *a, const void *b)
{
    const Candidate *x = a, *y = b;
    return x->score != y->score ? (x->score < y->score ? 1 : -1) : x->number - y->number;
}

/* Sorts and suppresses; keeps the first `most` in front and returns how many. */
static int32_t suppress(Candidate *list, int32_t n, float threshold, int32_t most)
{
    int32_t kept = 0;
    qsort(list, (size_t)n, sizeof *list, by_falling_score);
    for (int32_t i = 0; i < n && kept < most; i++) {
        if (!list[i].active)
            continue;
        list[kept++] = list[i];
        for (int32_t k = i + 1; k < n; k++)
            list[k].active &= !(overlap(list[kept - 1].box, list[k].box) > threshold);
    }
    return kept;
}

static int32_t add(const Case *c, Candidate *list, int32_t n, int32_t number, int32_t class,
                   float score)
{
    Candidate one = { .score = score, .number = number, .class = class, .active = true };
    decode(c, number, one.box);
    bool good = isfinite(score) && score >= c->options.score_threshold;
    for (int k = 0; k < 4; k++)
        good &= isfinite(one.box[k]) != 0;
    if (good && one.box[0] <= one.box[2] && one.box[1] <= one.box[3])
        list[n++] = one;
    return n;
}

static void put(Result *r, int32_t at, const Candidate *one, int32_t class, float score)
{
    memcpy(r->boxes + 4 * at, one->box, sizeof one->box);
    r->classes[at] = (float)class;
    r->scores[at] = score;
}

/* Classes of a box by falling score; those that are not finite go last. */
static int32_t rank_classes(const Case *c, int32_t number, int32_t *order)
{
    int32_t n = 0, n_classes = c->options.n_classes;
    const float *row = c->scores.reals + number * c->columns + c->columns - n_classes;
    for (int32_t class = 0; class < n_classes; class ++) {
        int32_t at = n;
        if (!isfinite(row[class]))
            continue;
        for (; at && row[order[at - 1]] < row[class]; at--)
            order[at] = order[at - 1];
        order[at] = class;
        n++;
    }
    return n;
}

static void fast(const Case *c, Result *r)
{
    Candidate list[MAX_BOXES];
    int32_t n = 0, order[MAX_COLUMNS], first = c->columns - c->options.n_classes;
    for (int32_t i = 0; i < c->n; i++)
        if (rank_classes(c, i, order))
            n = add(c, list, n, i, order[0], c->scores.reals[i * c->columns + first + order[0]]);
    r->count = suppress(list, n, c->options.iou_threshold, c->options.max_detections);
    for (int32_t i = 0; i < r->count; i++) {
        int32_t classes = rank_classes(c, list[i].number, order);
        for (int32_t k = 0; k < classes && k < c->options.max_classes; k++)
            put(r, i * c->options.max_classes + k, &list[i], order[k],
                c->scores.reals[list[i].number * c->columns + first + order[k]]);
    }
}

static int by_class(const void *a, const void *b)
{
    const Candidate *x = a, *y = b;
    int order = x->score != y->score ? (x->score < y->score ? 1 : -1) : x->class - y->class;
    return order ? order : x->number - y->number;
}

static void regular(const Case *c, Result *r)
{
    Candidate list[MAX_BOXES], all[MAX_BOXES * MAX_COLUMNS];
    int32_t n_all = 0, first = c->columns - c->options.n_classes;
    for (int32_t class = 0; class < c->options.n_classes; class ++) {
        int32_t n = 0;
        for (int32_t i = 0; i < c->n; i++)
            n = add(c, list, n, i, class, c->scores.reals[i * c->columns + first + class]);
        n = suppress(list, n, c->options.iou_threshold, c->options.per_class);
        memcpy(all + n_all, list, (size_t)n * sizeof *list);
        n_all += n;
    }
    qsort(all, (size_t)n_all, sizeof *all, by_class);
    r->count = n_all < c->options.max_detections ? n_all : c->options.max_detections;
    for (int32_t i = 0; i < r->count; i++)
        put(r, i, &all[i], all[i].class, all[i].score);
}

static bool same(size_t n, const float *a, const float *b)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(a[i] - b[i]) <= 1e-6f * fmaxf(1, fabsf(b[i]))))
            return false;
    return true;
}

static void compare(const char *name, const Case *c, const MnetModel *model, MnetSession *session)
{
    Result expected = { 0 };
    size_t n = (size_t)(c->options.max_detections * c->options.max_classes);
    (c->options.regular ? regular : fast)(c, &expected);
    EXPECT(mnet_model_output(model, 0)->elements == 4 * n &&
               mnet_model_output(model, 1)->elements == n &&
               mnet_model_output(model, 2)->elements == n,
           "%s: outputs", name);
    float count = *(const float *)mnet_session_output(session, 3);
    EXPECT(count == (float)expected.count, "%s: %g boxes, %d expected", name, (double)count,
           expected.count);
    EXPECT(same(4 * n, mnet_session_output(session, 0), expected.boxes), "%s: boxes", name);
    EXPECT(same(n, mnet_session_output(session, 1), expected.classes), "%s: classes", name);
    EXPECT(same(n, mnet_session_output(session, 2), expected.scores), "%s: scores", name);
}

static void run(const char *name, const Case *c)
{
    MnetError error = { MNET_OK, "" };
    TbFile options = tb_post_process_options(&c->options), file = build(c, &options);
    MnetModel *model = mnet_model_load_memory(file.data, file.size, NULL, &error);
    MnetSession *session = model ? mnet_session_new(model, NULL, &error) : NULL;
    EXPECT(session, "%s: %s", name, error.text);
    if (!session)
        exit(1);
    for (int k = 0; k < 2; k++) {
        const Numbers *numbers = k ? &c->scores : &c->codes;
        const void *data =
            c->type == TFL_TYPE_FLOAT32 ? (const void *)numbers->reals : numbers->bytes;
        memcpy(mnet_session_input(session, (size_t)k), data,
               mnet_model_input(model, (size_t)k)->bytes);
    }
    mnet_session_run(session);
    mnet_session_run(session); /* nothing of the first run stays */
    compare(name, c, model, session);
    mnet_session_free(session);
    mnet_model_unref(model);
    tb_file_free(&file);
    tb_file_free(&options);
}

/* Codes and scores that are no numbers, infinite or too large to decode. */
static void run_hostile(Case *c, bool all, bool by_class)
{
    static const float numbers[] = { NAN, INFINITY, -INFINITY, 1e30f, -1e30f, 4000 };
    draw_case(c, TFL_TYPE_FLOAT32, by_class);
    for (int32_t i = 0; i < c->n * c->code; i++)
        if (all || !draw(0, 15))
            c->codes.reals[i] = numbers[draw(0, 5)];
    for (int32_t i = 0; i < c->n * c->columns; i++)
        if (all || !draw(0, 7))
            c->scores.reals[i] = numbers[draw(0, 2)];
    run("hostile numbers", c);
}

static void refuse(const char *name, const Case *c, const char *part)
{
    MnetError error = { MNET_OK, "" };
    TbFile options = tb_post_process_options(&c->options), file = build(c, &options);
    MnetModel *model = mnet_model_load_memory(file.data, file.size, NULL, &error);
    EXPECT(!model && strstr(error.text, part), "%s: \"%s\", expected \"%s\"", name, error.text,
           part);
    mnet_model_unref(model);
    tb_file_free(&file);
    tb_file_free(&options);
}

static void refuse_options(Case *good)
{
    static const int32_t counts[] = { 0, -1, INT32_MIN, INT32_MAX };
    static const float thresholds[] = { 0, -0.5f, 1.5f, INFINITY };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        Case c = *good;
        c.options.max_detections = counts[i];
        refuse("max_detections", &c, "detections with");
        c = *good;
        c.options.max_classes = counts[i];
        refuse("max_classes_per_detection", &c, "detections with");
        c = *good;
        c.options.n_classes = counts[i];
        refuse("num_classes", &c, i < 3 ? "detections with" : "scores a box for");
        c = *good;
        c.options.iou_threshold = thresholds[i];
        refuse("nms_iou_threshold", &c, "nms_iou_threshold is");
    }
    Case c = *good;
    c.options.iou_threshold = NAN;
    refuse("no number", &c, "its option nms_iou_threshold is something else");
    c = *good;
    c.options.per_class = 0;
    refuse("detections_per_class", &c, "detections with");
    c = *good;
    c.columns += 2;
    refuse("columns", &c, "scores a box for");
    c = *good;
    c.code = 3;
    refuse("short codes", &c, "its boxes are not 1 x n x 4");
}

/* Options that are missing, of another type or no map. */
static void refuse_maps(const Case *c)
{
    static const struct {
        TbFlexField fields[2];
        int n;
        const char *part;
    } cases[] = { { { { "a", 'i', 1 } }, 1, "its option max_detections is missing" },
                  { { { "max_detections", 'n', 0 } }, 1, "max_detections is something else" },
                  { { { "max_classes_per_detection", 'i', 1 }, { "max_detections", 'i', 1 } },
                    2,
                    "its option num_classes is missing" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases + 2; i++) {
        MnetError error = { MNET_OK, "" };
        TbFile options = { 0 }, none = { (uint8_t *)"abc", 3 };
        bool map = i < sizeof cases / sizeof *cases;
        if (map)
            options = tb_flex_map(cases[i].fields, cases[i].n);
        TbFile file = build(c, map ? &options : i & 1 ? &options : &none);
        MnetModel *model = mnet_model_load_memory(file.data, file.size, NULL, &error);
        const char *part = map ? cases[i].part : "no map of FlexBuffers";
        EXPECT(!model && strstr(error.text, part), "\"%s\", expected \"%s\"", error.text, part);
        mnet_model_unref(model);
        tb_file_free(&file);
        tb_file_free(&options);
    }
}

int main(void)
{
    static Case c;
    static const int types[] = { TFL_TYPE_FLOAT32, TFL_TYPE_INT8, TFL_TYPE_UINT8 };
    for (int round = 0; round < ROUNDS; round++)
        for (int by_class = 0; by_class < 2; by_class++) {
            for (int t = 0; t < 3; t++) {
                draw_case(&c, types[t], by_class);
                run(by_class ? "regular" : "fast", &c);
            }
            run_hostile(&c, round % 8 == 0, by_class);
        }
    draw_case(&c, TFL_TYPE_FLOAT32, false);
    refuse_options(&c);
    refuse_maps(&c);
    return expect_report("post_process");
}
