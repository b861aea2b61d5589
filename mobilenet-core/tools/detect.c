/* SPDX-License-Identifier: MIT
 *
 * `mnet run --image` of a detector: what is where in a picture. */
#include "picture.h"

#include <math.h>
#include <stdlib.h>

#define DEFAULT_TOP 20

/* A detection's box in pixels of the picture, cut to it. */
typedef struct {
    double left, top, right, bottom;
} Pixels;

static double to_pixels(float fraction, int32_t size)
{
    return fmin(fmax((double)fraction, 0), 1) * size;
}

static Pixels pixels_of(const MnetDetection *d, const Ppm *ppm)
{
    return (Pixels){ to_pixels(d->left, ppm->width), to_pixels(d->top, ppm->height),
                     to_pixels(d->right, ppm->width), to_pixels(d->bottom, ppm->height) };
}

static MnetDetector *new_detector(const ToolOptions *options, MnetModel *model)
{
    MnetError error;
    bool good = true;
    MnetLabels *labels = tool_load_labels(options, &good);
    MnetAnchors *anchors = NULL;
    MnetDetector *detector = NULL;
    if (good && options->anchors && !(anchors = mnet_anchors_load(options->anchors, &error))) {
        tool_error("%s", error.text);
        good = false;
    }
    if (good) {
        MnetDetectorOptions how = { .box_format = (MnetBoxFormat)options->box_format,
                                    .score_format = (MnetScoreFormat)options->score_format,
                                    .background = (MnetBackground)options->background,
                                    .anchors = anchors };
        detector = mnet_detector_new(model, labels, &how, &error);
        if (!detector)
            tool_error("%s: %s", options->model, error.text);
    }
    mnet_anchors_free(anchors);
    mnet_labels_unref(labels);
    return detector;
}

static void print_detections(const MnetDetection *d, size_t n, const Ppm *ppm)
{
    printf("%4s %6s %8s %8s %8s %8s %8s  %s\n", "rank", "index", "score", "x", "y", "width",
           "height", "label");
    for (size_t i = 0; i < n; i++) {
        Pixels box = pixels_of(&d[i], ppm);
        printf("%4zu %6u %8.4f %8.1f %8.1f %8.1f %8.1f  ", i + 1, d[i].index, (double)d[i].score,
               box.left, box.top, box.right - box.left, box.bottom - box.top);
        tool_print_text(stdout, d[i].label);
        putchar('\n');
    }
}

static void print_points(Json *json, const MnetDetection *d, const Ppm *ppm)
{
    json_open_array(json, "points");
    for (uint32_t i = 0; i < d->n_points; i++) {
        json_open_object(json, NULL);
        json_real(json, "x", to_pixels(d->points[i].x, ppm->width));
        json_real(json, "y", to_pixels(d->points[i].y, ppm->height));
        json_close_object(json);
    }
    json_close_array(json);
}

static void print_json(const ToolOptions *options, const ToolNetwork *network,
                       const MnetDetection *d, size_t n, const Ppm *ppm)
{
    Json json = { .file = stdout };
    tool_open_results(&json, options, network);
    for (size_t i = 0; i < n; i++) {
        Pixels box = pixels_of(&d[i], ppm);
        json_open_object(&json, NULL);
        json_unsigned(&json, "rank", i + 1);
        json_unsigned(&json, "index", d[i].index);
        json_real(&json, "score", (double)d[i].score);
        json_string(&json, "label", d[i].label);
        json_real(&json, "x", box.left);
        json_real(&json, "y", box.top);
        json_real(&json, "w", box.right - box.left);
        json_real(&json, "h", box.bottom - box.top);
        if (d[i].n_points)
            print_points(&json, &d[i], ppm);
        json_close_object(&json);
    }
    json_close_array(&json);
    json_close_object(&json);
}

static size_t decode(const ToolOptions *options, MnetSession *session, MnetDetector *detector,
                     size_t max, MnetDetection *found)
{
    const void *outputs[TOOL_MAX_FILES] = { NULL };
    const MnetDetectionQuery query = {
        .score_threshold = options->score_threshold.given ? options->score_threshold.value : 0.5f,
        .suppression = { .overlap_threshold = options->iou_threshold.value }
    };
    for (size_t i = 0; i < TOOL_MAX_FILES; i++)
        outputs[i] = mnet_session_output(session, i);
    return mnet_detector_decode(detector, outputs, &query, max, found);
}

int tool_detect(const ToolOptions *options, const ToolNetwork *network, const Ppm *ppm)
{
    size_t top = options->top ? options->top : DEFAULT_TOP;
    size_t max = top < MNET_MAX_CANDIDATES ? top : MNET_MAX_CANDIDATES;
    MnetDetector *detector = new_detector(options, network->model);
    MnetDetection *found = calloc(max, sizeof *found);
    int status = TOOL_ERROR;
    if (!found)
        tool_error("no memory for %zu detections", max);
    if (detector && found && tool_fill_input(options, network, ppm)) {
        mnet_session_run(network->session);
        size_t n = decode(options, network->session, detector, max, found);
        if (options->json)
            print_json(options, network, found, n, ppm);
        else
            print_detections(found, n, ppm);
        status = TOOL_OK;
    }
    free(found);
    mnet_detector_free(detector);
    return status;
}
