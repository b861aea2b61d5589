/* SPDX-License-Identifier: MIT
 *
 * test_detections_known SHARED_DIR FOLDER/MODEL: what detectors find on their golden
 * inputs, as their publishers' tests and TFLite's reference kernels have it,
 * without any option, with each kernel set. */
#include <mnet/mnet.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"

/* What must be found; boxes as left, top, right, bottom in fractions of the
 * picture, seen by eye or published: rough. */
typedef struct {
    const char *model, *image;
    MnetDetectorKind kind;
    const char *label; /* NULL: any */
    float score;       /* of the reference; 0: any */
    float box[4];      /* width 0: any */
    double least_iou;
} Known;

static const Known known[] = {
#define COCO "coco_ssd_mobilenet_v1_1.0_quant_2018_06_29"
    { COCO,
      "cats_and_dogs",
      MNET_DETECTOR_POST_PROCESS,
      "cat",
      0.656f,
      { 54 / 1200.f, 396 / 600.f, 447 / 1200.f, 592 / 600.f },
      0.9 },
    { COCO,
      "cats_and_dogs",
      MNET_DETECTOR_POST_PROCESS,
      "cat",
      0.621f,
      { 602 / 1200.f, 157 / 600.f, 996 / 1200.f, 604 / 600.f },
      0.9 },
    { COCO,
      "cats_and_dogs",
      MNET_DETECTOR_POST_PROCESS,
      "cat",
      0.539f,
      { 260 / 1200.f, 394 / 600.f, 440 / 1200.f, 603 / 600.f },
      0.9 },
    { COCO,
      "cats_and_dogs",
      MNET_DETECTOR_POST_PROCESS,
      "dog",
      0.477f,
      { 389 / 1200.f, 197 / 600.f, 667 / 1200.f, 606 / 600.f },
      0.8 },
    { COCO, "cats_and_dogs", MNET_DETECTOR_POST_PROCESS, "dog", 0.500f, { 0 }, 0 },
    { COCO, "grace_hopper", MNET_DETECTOR_POST_PROCESS, "person", 0.711f, { 0, 0, 1, 1 }, 0.85 },
    { COCO, "grace_hopper", MNET_DETECTOR_POST_PROCESS, "tie", 0.656f, { 0 }, 0 },
    { COCO, "cat", MNET_DETECTOR_POST_PROCESS, "cat", 0.719f, { 0 }, 0 },
    { "traffic_model_lstm_ssd",
      "traffic_0001",
      MNET_DETECTOR_POST_PROCESS,
      NULL,
      0.414f,
      { 0 },
      0 },
    { "traffic_model_lstm_ssd",
      "traffic_0001",
      MNET_DETECTOR_POST_PROCESS,
      NULL,
      0.395f,
      { 0 },
      0 },
    { "traffic_model_lstm_ssd",
      "traffic_0001",
      MNET_DETECTOR_POST_PROCESS,
      NULL,
      0.316f,
      { 0 },
      0 },
#define SHORT_RANGE "face_detection_short_range"
    { SHORT_RANGE,
      "grace_hopper",
      MNET_DETECTOR_MEDIAPIPE,
      NULL,
      0.899f,
      { 0.36f, 0.2f, 0.69f, 0.57f },
      0.6 },
    { SHORT_RANGE, "cat", MNET_DETECTOR_MEDIAPIPE, NULL, 0.233f, { 0 }, 0 },
#define FULL_RANGE "face_detection_full_range_sparse"
    { FULL_RANGE,
      "grace_hopper",
      MNET_DETECTOR_MEDIAPIPE,
      NULL,
      0.871f,
      { 0.36f, 0.2f, 0.69f, 0.57f },
      0.6 },
    { FULL_RANGE, "cat", MNET_DETECTOR_MEDIAPIPE, NULL, 0.118f, { 0 }, 0 },
    { "lightface_slim_int8",
      "grace_hopper",
      MNET_DETECTOR_DECODED,
      NULL,
      0.980f,
      { 0.36f, 0.2f, 0.69f, 0.57f },
      0.6 },
    { "lightface_slim_int8", "cat", MNET_DETECTOR_DECODED, NULL, 0.141f, { 0 }, 0 },
/* Its classes are weak, its boxes are good. */
#define V3_SMALL "ssd_mobilenet_v3_small_coco_int8_nonms"
    { V3_SMALL,
      "cats_and_dogs",
      MNET_DETECTOR_SSD,
      NULL,
      0,
      { 602 / 1200.f, 157 / 600.f, 996 / 1200.f, 604 / 600.f },
      0.6 },
    { V3_SMALL,
      "cats_and_dogs",
      MNET_DETECTOR_SSD,
      NULL,
      0,
      { 389 / 1200.f, 197 / 600.f, 667 / 1200.f, 606 / 600.f },
      0.6 },
    { V3_SMALL, "grace_hopper", MNET_DETECTOR_SSD, NULL, 0.5f, { 0, 0, 1, 1 }, 0.8 },
};

static double area(const float *box)
{
    return fmax((double)box[2] - (double)box[0], 0) * fmax((double)box[3] - (double)box[1], 0);
}

static double iou(const MnetDetection *d, const float *box)
{
    const float own[4] = { d->left, d->top, d->right, d->bottom };
    const float both[4] = { fmaxf(own[0], box[0]), fmaxf(own[1], box[1]), fminf(own[2], box[2]),
                            fminf(own[3], box[3]) };
    return area(both) / (area(own) + area(box) - area(both));
}

static bool matches(const MnetDetection *d, const Known *k)
{
    return (!k->label || !strcmp(d->label, k->label)) &&
           (k->score == 0 || fabsf(d->score - k->score) <= 0.01f) &&
           (k->box[2] == 0 || iou(d, k->box) >= k->least_iou);
}

static bool check_case(const Known *k, const MnetDetectorInfo *info, const MnetDetection *found,
                       size_t n, const char *cpu)
{
    bool good = false;
    for (size_t i = 0; i < n; i++)
        good |= matches(&found[i], k);
    good &= info->kind == k->kind;
    printf("%-6s %-44s %-14s %-10s %s %.3f (%zu found, the best %s %.3f)\n", good ? "ok" : "FAILED",
           k->model, k->image, cpu, k->label ? k->label : "", (double)k->score, n,
           n ? found[0].label : "", n ? (double)found[0].score : 0.0);
    return good;
}

static bool fill_inputs(const char *shared, const Known *k, const MnetModel *model,
                        MnetSession *session)
{
    char folder[1024];
    GoldenCase golden;
    snprintf(folder, sizeof folder, "%s/golden/%s/%s", shared, k->model, k->image);
    if (!golden_read_case(folder, &golden))
        return false;
    for (size_t i = 0; i < golden.n_inputs; i++) {
        size_t bytes = mnet_model_input(model, i)->bytes;
        void *data = golden_load(&golden, "input", i, bytes);
        if (!data)
            return false;
        memcpy(mnet_session_input(session, i), data, bytes);
        free(data);
    }
    return true;
}

/* All that is known of the model. */
static bool check_network(const char *shared, const char *name, MnetModel *model,
                          MnetSession *session, MnetDetector *detector, const char *cpu)
{
    static MnetDetection found[200];
    const void *outputs[GOLDEN_MAX_TENSORS] = { NULL };
    MnetDetectorInfo info;
    bool good = true, any = false;
    mnet_detector_info(detector, &info);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].model, name) != 0)
            continue;
        any = true;
        if (!fill_inputs(shared, &known[i], model, session))
            return false;
        mnet_session_run(session);
        for (size_t k = 0; k < GOLDEN_MAX_TENSORS; k++)
            outputs[k] = mnet_session_output(session, k);
        size_t n = mnet_detector_decode(detector, outputs, NULL, 200, found);
        good &= check_case(&known[i], &info, found, n, cpu);
    }
    if (!any)
        printf("FAILED nothing is known of %s\n", name);
    return good && any;
}

static bool check_kernel_set(const char *shared, const char *folder, const char *cpu)
{
    char path[1024];
    const char *slash = strrchr(folder, '/');
    MnetModelOptions options = { .cpu = cpu };
    MnetError error;
    snprintf(path, sizeof path, "%s/models/%s.tflite", shared, folder);
    MnetModel *model = mnet_model_load(path, &options, &error);
    MnetSession *session = model ? mnet_session_new(model, NULL, &error) : NULL;
    MnetDetector *detector = session ? mnet_detector_new(model, NULL, NULL, &error) : NULL;
    bool good = detector &&
                check_network(shared, slash ? slash + 1 : folder, model, session, detector, cpu);
    if (!detector)
        printf("FAILED %s\n", error.text);
    mnet_detector_free(detector);
    mnet_session_free(session);
    mnet_model_unref(model);
    return good;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: test_detections_known SHARED_DIR FOLDER/MODEL\n", stderr);
        return 2;
    }
    int absent = shared_file_absent(argv[1]);
    if (absent)
        return absent;
    bool good = true;
    for (const char *const *cpu = mnet_cpu_names(); *cpu; cpu++)
        good &= check_kernel_set(argv[1], argv[2], *cpu);
    return !good;
}
