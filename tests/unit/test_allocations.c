/* SPDX-License-Identifier: MIT
 *
 * A frame allocates nothing, from the first one on: conversion, run and decoding,
 * of every sample model and of every kind of detector, with and without a pool. */
#include <mnet/mnet.h>

#include "count_malloc.h"
#include "detector_case.h"
#include "expect.h"
#include "samplemodels.h"

#define FRAMES 5
#define WIDTH 61
#define HEIGHT 47
#define BOXES 200
#define MAX_FOUND 100

static const uint8_t pixels[WIDTH * HEIGHT * 3] = { 200, 100, 50, 25, 12, 6, 3 };
static MnetDetection found[MAX_FOUND];

/* What a network has; NULL: it is none of those. */
typedef struct {
    MnetModel *model;
    MnetSession *session;
    MnetImage *image;
    MnetClassifier *classifier;
} Network;

static void close_network(Network *network)
{
    mnet_classifier_free(network->classifier);
    mnet_image_free(network->image);
    mnet_session_free(network->session);
    mnet_model_unref(network->model);
}

static void open_network(Network *network, const TbFile *file, MnetPool *pool, const char *name)
{
    const MnetFrameInfo frame = { MNET_PIXEL_RGB, WIDTH, HEIGHT, MNET_MATRIX_BT601, true };
    const MnetSessionOptions threads = { .pool = pool, .feed_states = true };
    MnetImageOptions options;
    MnetError error = { MNET_OK, "" };
    *network = (Network){ .model = mnet_model_load_memory(file->data, file->size, NULL, &error) };
    if (network->model)
        network->session = mnet_session_new(network->model, &threads, &error);
    if (!network->session) {
        printf("%s: %s\n", name, error.text);
        exit(1);
    }
    const MnetTensorInfo *input = mnet_model_input(network->model, 0);
    mnet_image_default_options(input, NULL, &options);
    network->image = mnet_image_new(&frame, input, &options, &error);
    network->classifier = mnet_classifier_new(mnet_model_output(network->model, 0), NULL, &error);
}

static void run_frame(const Network *network, int number)
{
    const MnetPlanes planes = { { pixels }, { WIDTH * 3 } };
    const MnetRect region = { 2 * number, number, WIDTH - 3 * number, HEIGHT - 4 * number };
    MnetClass classes[5];
    if (network->image) {
        mnet_image_set_region(network->image, &region);
        mnet_image_convert(network->image, &planes, mnet_session_input(network->session, 0));
    }
    mnet_session_run(network->session);
    if (network->classifier)
        mnet_classifier_decode(network->classifier, mnet_session_output(network->session, 0), 5, 0,
                               classes);
}

static void check_samples(MnetPool *pool)
{
    size_t images = 0, classifiers = 0;
    for (size_t i = 0; i < sample_count(); i++) {
        TbFile file = sample_model(i);
        Network network;
        open_network(&network, &file, pool, sample_name(i));
        images += network.image != NULL;
        classifiers += network.classifier != NULL;
        long before = count_malloc();
        for (int k = 0; k < FRAMES; k++)
            run_frame(&network, k);
        long calls = count_malloc() - before;
        EXPECT(calls == 0, "%s: %ld allocations", sample_name(i), calls);
        close_network(&network);
        tb_file_free(&file);
    }
    EXPECT(images > 10 && classifiers > 2, "%zu images, %zu classifiers", images, classifiers);
}

static void check_detector(const char *name, const DetectorCase *c,
                           const MnetDetectorOptions *options)
{
    static float numbers[2][BOXES * 32];
    static const float count = BOXES;
    const void *outputs[] = { numbers[0], numbers[1], numbers[1], &count };
    MnetError error = { MNET_OK, "" };
    MnetDetector *detector = case_detector(c, NULL, options, &error);
    size_t n = 0;
    EXPECT(detector, "%s: %s", name, error.text);
    if (!detector)
        return;
    for (size_t i = 0; i < BOXES * 32; i++) {
        numbers[0][i] = case_noise();
        numbers[1][i] = case_noise();
    }
    for (int nms = MNET_NMS_DEFAULT; nms <= MNET_NMS_BLEND; nms++) {
        const MnetDetectionQuery query = { .score_threshold = 0.1f,
                                           .suppression = { .nms = (MnetNms)nms } };
        long before = count_malloc();
        n = mnet_detector_decode(detector, outputs, &query, MAX_FOUND, found);
        long calls = count_malloc() - before;
        EXPECT(calls == 0, "%s: %ld allocations with nms %d", name, calls, nms);
    }
    EXPECT(n > 0, "%s finds nothing", name);
    mnet_detector_free(detector);
}

static void check_detectors(void)
{
    MnetAnchors *anchors = case_anchors(BOXES);
    const MnetDetectorOptions codes = { .anchors = anchors, .background = MNET_BACKGROUND_NONE };
    const MnetRole roles[] = { MNET_ROLE_BOXES, MNET_ROLE_CLASSES, MNET_ROLE_SCORES,
                               MNET_ROLE_COUNT };
    const MnetDetectorOptions corners = { .box_format = MNET_BOXES_CORNERS_YX,
                                          .background = MNET_BACKGROUND_NONE };
    DetectorCase c;
    case_raw(&c, BOXES, 4, 7, MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGISTIC);
    check_detector("codes", &c, &codes);
    check_detector("corners", &c, &corners);
    case_raw(&c, BOXES, 16, 1, MNET_TYPE_FLOAT32, MNET_OUTPUT_LOGITS);
    check_detector("key points", &c, &codes);
    case_post_process(&c, BOXES, 7, roles);
    check_detector("post-process", &c, NULL);
    mnet_anchors_free(anchors);
}

int main(void)
{
    MnetError error = { MNET_OK, "" };
    long before = count_malloc();
    void *volatile block = expect_copy("", 1); /* else clang leaves both calls out */
    free(block);
    EXPECT(count_malloc() == before + 1, "malloc() is not counted");
    free(mnet_buffer_alloc(1));
    EXPECT(count_malloc() > before + 1, "the core's allocations are not counted");
    MnetPool *pool = mnet_pool_new(2, &error);
    EXPECT(pool, "%s", error.text);
    check_samples(NULL);
    check_samples(pool);
    check_detectors();
    mnet_pool_unref(pool);
    return expect_report("allocations");
}
