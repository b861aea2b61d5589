/* SPDX-License-Identifier: MIT
 *
 * What mobilenetfx costs: milliseconds for one frame of noise with the mask of a person, of
 * 256x256 pixels, on one core, the pads' own work included; and, given a network, those of
 * mobilenetseg mode=every and mobilenetfx together at 1280x720.
 *
 *     bench_fx [MODEL] */
#include <gst/check/gstharness.h>
#include <gst/mobilenet/gstmobilenetmeta.h>
#include <gst/video/video.h>
#include <stdio.h>

#define FRAMES 4
#define ROUNDS 60
#define MAP 256

/* Head and shoulders: a third of the frame, sure inside, less so at the edge. */
static GstMobilenetSegmentation *make_segmentation(const GstVideoInfo *info, int frame)
{
    const GstMobilenetSegmentationPlace place = { 0, 0, info->width, info->height,
                                                  0, 0, info->width, info->height };
    guint8 *map = g_malloc(MAP * MAP), *sure = g_malloc(MAP * MAP);
    for (int y = 0; y < MAP; y++)
        for (int x = 0; x < MAP; x++) {
            int dx = x - MAP / 2 - frame, head = 40 * 40 - dx * dx - (y - 90) * (y - 90);
            int body = 90 * 90 - dx * dx - (y - 230) * (y - 230), in = MAX(head, body) / 12;
            map[y * MAP + x] = in > 0;
            sure[y * MAP + x] = (guint8)(128 + MIN(ABS(in), 127));
        }
    GBytes *classes = g_bytes_new_take(map, MAP * MAP);
    GBytes *confidences = g_bytes_new_take(sure, MAP * MAP);
    GstMobilenetSegmentation *segmentation = gst_mobilenet_segmentation_new(
        "seg", 0, MAP, MAP, classes, confidences, &place, NULL, 0, 0);
    g_bytes_unref(classes);
    g_bytes_unref(confidences);
    return segmentation;
}

/* Smooth with some noise, as cameras' are; samples of two bytes are small. */
static GstBuffer *make_frame(const GstVideoInfo *info, int number, gboolean masked)
{
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, info->size, NULL);
    GstMapInfo map;
    guint32 state = number + 1;
    gst_buffer_map(buffer, &map, GST_MAP_WRITE);
    for (gsize i = 0; i < map.size; i++) {
        state = state * 1664525 + 1013904223;
        map.data[i] = GST_VIDEO_INFO_COMP_DEPTH(info, 0) > 8 ? (i % 2 ? 1 : 100)
                                                             : 60 + i / 4096 % 120 + (state >> 29);
    }
    gst_buffer_unmap(buffer, &map);
    if (masked) {
        GstMobilenetSegmentation *segmentation = make_segmentation(info, number);
        gst_buffer_add_mobilenet_segmentation_meta(buffer, segmentation, 0);
        gst_mobilenet_segmentation_unref(segmentation);
    }
    return buffer;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Milliseconds of the quickest of many frames, and of the middle one. */
static void measure(const char *launch, const GstVideoInfo *info, gboolean masked)
{
    GstHarness *harness = gst_harness_new_parse(launch);
    GstBuffer *frames[FRAMES];
    double times[ROUNDS];
    for (int i = 0; i < FRAMES; i++)
        frames[i] = make_frame(info, i, masked);
    gst_harness_set_src_caps(harness, gst_video_info_to_caps(info));
    for (int i = 0; i < ROUNDS; i++) {
        /* A frame of its own: what comes out has no detail left. */
        GstBuffer *buffer = gst_buffer_copy_deep(frames[i % FRAMES]);
        GstClockTime start = gst_util_get_timestamp();
        gst_harness_push(harness, buffer);
        times[i] = (double)(gst_util_get_timestamp() - start) / GST_MSECOND;
        gst_buffer_unref(gst_harness_pull(harness));
    }
    qsort(times, ROUNDS, sizeof(times[0]), compare);
    printf("best %6.2f ms  median %6.2f ms\n", times[0], times[ROUNDS / 2]);
    for (int i = 0; i < FRAMES; i++)
        gst_buffer_unref(frames[i]);
    gst_harness_teardown(harness);
}

static void run(const char *format, int width, int height, const char *model)
{
    static const struct {
        const char *name, *properties;
    } effects[] = {
        { "blur", "effect=blur" },
        { "replace", "effect=replace background-color=0xff00ff00" },
        { "cut-out", "effect=cut-out" },
    };
    GstCaps *caps = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, format, "width",
                                        G_TYPE_INT, width, "height", G_TYPE_INT, height, NULL);
    GstVideoInfo info;
    gst_video_info_from_caps(&info, caps);
    gst_caps_unref(caps);
    for (guint i = 0; i < G_N_ELEMENTS(effects); i++) {
        char *before = model ? g_strdup_printf("mobilenetseg mode=every model-file=%s ! ", model)
                             : g_strdup("");
        char *launch = g_strdup_printf("%smobilenetfx %s", before, effects[i].properties);
        printf("%-9s %4dx%-4d  %-8s%s  ", format, width, height, effects[i].name,
               model ? " and the network" : "");
        measure(launch, &info, !model);
        g_free(launch);
        g_free(before);
    }
}

int main(int argc, char **argv)
{
    static const char *const formats[] = { "NV12", "I420", "RGBA", "I420_10LE" };
    gst_init(NULL, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        run(formats[i], 640, 480, NULL);
        run(formats[i], 1280, 720, NULL);
        run(formats[i], 1920, 1080, NULL);
    }
    if (argc > 1)
        run("NV12", 1280, 720, argv[1]);
    return 0;
}
