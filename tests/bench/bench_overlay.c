/* SPDX-License-Identifier: MIT
 *
 * What mobilenetoverlay costs: milliseconds for one frame with 10 labelled boxes,
 * or with masks of 257x257 pixels over half or all of it, on one core, the pads'
 * own work included.  Labels and scores have been seen
 * before, frames differ from each other.
 *
 *     bench_overlay [FORMAT]     that format instead of NV12, RGBx and I420_10LE */
#include <gst/check/gstharness.h>
#include <gst/mobilenet/gstmobilenetmeta.h>
#include <gst/video/video.h>
#include <stdbool.h>
#include <stdio.h>

#define FRAMES 8
#define BOXES 10
#define ROUNDS 200
#define MAP 257

static const char *const labels[] = { "person", "dog", "bicycle", "traffic light", "car" };

/* Boxes of 100 to 280 by 150 to 420 of 1080 rows, spread over the frame. */
static GstMobilenetDetection *make_detection(const GstVideoInfo *info, int frame)
{
    GstMobilenetDetectionResult results[BOXES] = { { 0 } };
    double unit = info->height / 1080.0;
    for (int i = 0; i < BOXES; i++) {
        GstMobilenetDetectionResult *r = &results[i];
        r->id = i;
        r->index = i % G_N_ELEMENTS(labels);
        r->label = labels[r->index];
        r->score = 0.5 + 0.01 * ((7 * i + frame) % 50);
        r->w = (100 + 20 * i) * unit;
        r->h = (150 + 30 * i) * unit;
        r->x = (i % 5) * info->width / 5.0 + frame;
        r->y = (i / 5) * info->height / 2.0 + 40 * unit + frame;
    }
    return gst_mobilenet_detection_new("ssd", 0, results, BOXES);
}

/* What is drawn on the frames. */
typedef enum { CONTENT_BOXES, CONTENT_PERSON, CONTENT_STREET } Content;

/* A disc of class 1, or blocks of five classes all over. */
static GstMobilenetSegmentation *make_segmentation(const GstVideoInfo *info, int frame,
                                                   Content content)
{
    const GstMobilenetSegmentationPlace place = { 0, 0, info->width, info->height,
                                                  0, 0, info->width, info->height };
    guint8 *map = g_malloc(MAP * MAP);
    for (int y = 0; y < MAP; y++)
        for (int x = 0; x < MAP; x++) {
            int dx = x - MAP / 2 - frame, dy = y - MAP / 2;
            bool inside = dx * dx + dy * dy < 100 * 100;
            map[y * MAP + x] =
                content == CONTENT_PERSON ? inside : 1 + (x / 40 + y / 30 + frame) % 5;
        }
    GBytes *classes = g_bytes_new_take(map, MAP * MAP);
    GstMobilenetSegmentation *segmentation =
        gst_mobilenet_segmentation_new("seg", 0, MAP, MAP, classes, NULL, &place, NULL, 0, 0);
    g_bytes_unref(classes);
    return segmentation;
}

static GstBuffer *make_frame(const GstVideoInfo *info, int number, Content content)
{
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, info->size, NULL);
    gst_buffer_memset(buffer, 0, 100, info->size);
    if (content != CONTENT_BOXES) {
        GstMobilenetSegmentation *segmentation = make_segmentation(info, number, content);
        gst_buffer_add_mobilenet_segmentation_meta(buffer, segmentation, 0);
        gst_mobilenet_segmentation_unref(segmentation);
        return buffer;
    }
    GstMobilenetDetection *detection = make_detection(info, number);
    gst_buffer_add_mobilenet_detection_meta(buffer, detection, 0);
    gst_mobilenet_detection_unref(detection);
    return buffer;
}

/* Milliseconds of the quickest of many frames, and of the middle one. */
static void measure(const char *launch, Content content, const GstVideoInfo *info, double *best,
                    double *median)
{
    GstHarness *harness = gst_harness_new_parse(launch);
    GstBuffer *frames[FRAMES];
    GArray *times = g_array_new(FALSE, FALSE, sizeof(double));
    for (int i = 0; i < FRAMES; i++)
        frames[i] = make_frame(info, i, content);
    gst_harness_set_src_caps(harness, gst_video_info_to_caps(info));
    for (int i = 0; i < ROUNDS; i++) {
        GstClockTime start = gst_util_get_timestamp();
        gst_harness_push(harness, frames[i % FRAMES]);
        double ms = (double)(gst_util_get_timestamp() - start) / GST_MSECOND;
        frames[i % FRAMES] = gst_harness_pull(harness);
        if (i >= FRAMES)
            g_array_append_val(times, ms);
    }
    /* Sorted by insertion: there are few. */
    double *sorted = (double *)(void *)times->data;
    for (guint i = 1; i < times->len; i++)
        for (guint j = i; j > 0 && sorted[j] < sorted[j - 1]; j--) {
            double swap = sorted[j];
            sorted[j] = sorted[j - 1];
            sorted[j - 1] = swap;
        }
    *best = sorted[0];
    *median = sorted[times->len / 2];
    g_array_unref(times);
    for (int i = 0; i < FRAMES; i++)
        gst_buffer_unref(frames[i]);
    gst_harness_teardown(harness);
}

static void run(const char *format, int width, int height)
{
    static const struct {
        const char *name, *launch;
        Content content;
    } kinds[] = {
        { "boxes and labels", "mobilenetoverlay", CONTENT_BOXES },
        { "boxes", "mobilenetoverlay show-labels=false show-scores=false", CONTENT_BOXES },
        { "mask of a person", "mobilenetoverlay", CONTENT_PERSON },
        { "masks all over", "mobilenetoverlay", CONTENT_STREET },
        { "nothing but the pads", "identity", CONTENT_BOXES },
    };
    GstCaps *caps = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, format, "width",
                                        G_TYPE_INT, width, "height", G_TYPE_INT, height, NULL);
    GstVideoInfo info;
    gst_video_info_from_caps(&info, caps);
    gst_caps_unref(caps);
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        double best, median;
        measure(kinds[i].launch, kinds[i].content, &info, &best, &median);
        printf("%-9s %4dx%-4d  %-20s  best %.3f ms  median %.3f ms\n", format, width, height,
               kinds[i].name, best, median);
    }
}

int main(int argc, char **argv)
{
    static const char *const formats[] = { "NV12", "RGBx", "I420_10LE" };
    gst_init(NULL, NULL);
    if (argc > 1) {
        run(argv[1], 1920, 1080);
        return 0;
    }
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++)
        run(formats[i], 1920, 1080);
    run("NV12", 3840, 2160);
    return 0;
}
