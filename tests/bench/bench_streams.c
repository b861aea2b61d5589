/* SPDX-License-Identifier: MIT
 *
 * bench_streams [OPTION...] MODEL...: many live cameras in one process, as a table.
 *
 * Each stream is a pipeline of its own, one picture of 640x480 NV12 shown 25 times a
 * second by the clock, the element, and a sink that shows frames when they are due
 * and tells of late ones; the streams' frames come at even distances.  A model in a
 * folder named detect is for mobilenetssd, any other for mobilenetclassify.
 *
 *     frames      a second that left the elements, of all streams
 *     analysed    a second: frames whose own result was seen on a frame
 *     a stream    the fewest and the most analysed of one stream, a second
 *     added       milliseconds from the sink pad of the element to its source pad
 *     age         milliseconds from the analysed frame to the one that carries its result
 *     processors  processor time of the process by the time that passed */
#include <gst/gst.h>
#include <gst/mobilenet/gstmobilenetmeta.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FPS 25
#define MAX_STREAMS 64
#define NS_PER_MS 1e6

static gint seconds = 10, warm_up = 2;
static gchar *modes = (gchar *)"latest,every", *counts = (gchar *)"1,4,16";
static gchar *properties = (gchar *)"";

/* Of a stream.  The streaming thread's, but for `counting`. */
typedef struct {
    GstElement *pipeline;
    gint64 entered;   /* ns: the frame in the element */
    GstClockTime pts; /* of the last frame whose result was seen */
    guint64 *added;   /* ns, of each frame */
    guint64 *ages;    /* ns, of each frame with a result */
    size_t room;      /* of both */
    size_t frames, carried, analysed;
} Stream;

static gint counting;

static gint64 now_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (gint64)t.tv_sec * 1000000000 + t.tv_nsec;
}

static GstPadProbeReturn enter(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
    Stream *stream = user;
    (void)pad;
    (void)info;
    stream->entered = now_ns(CLOCK_MONOTONIC);
    return GST_PAD_PROBE_OK;
}

/* The timestamp of the frame that the result on this one is about. */
static GstClockTime analysed_frame(GstBuffer *buffer, GstClockTime *age)
{
    GstMobilenetClassificationMeta *class = gst_buffer_get_mobilenet_classification_meta(buffer);
    GstMobilenetDetectionMeta *detection = gst_buffer_get_mobilenet_detection_meta(buffer);
    if (class) {
        *age = class->age;
        return gst_mobilenet_classification_get_source_pts(class->classification);
    }
    if (!detection)
        return GST_CLOCK_TIME_NONE;
    *age = detection->age;
    return gst_mobilenet_detection_get_source_pts(detection->detection);
}

static GstPadProbeReturn leave(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
    Stream *stream = user;
    gint64 added = now_ns(CLOCK_MONOTONIC) - stream->entered;
    GstClockTime age = 0, pts = analysed_frame(GST_PAD_PROBE_INFO_BUFFER(info), &age);
    gboolean fresh = pts != GST_CLOCK_TIME_NONE && pts != stream->pts;
    (void)pad;
    if (fresh)
        stream->pts = pts;
    if (!g_atomic_int_get(&counting) || stream->frames == stream->room)
        return GST_PAD_PROBE_OK;
    stream->added[stream->frames++] = (guint64)added;
    if (pts != GST_CLOCK_TIME_NONE)
        stream->ages[stream->carried++] = age;
    stream->analysed += fresh;
    return GST_PAD_PROBE_OK;
}

static void watch(GstElement *element, const gchar *name, GstPadProbeCallback callback,
                  Stream *stream)
{
    GstPad *pad = gst_element_get_static_pad(element, name);
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, callback, stream, NULL);
    gst_object_unref(pad);
}

static gboolean open_stream(Stream *stream, const gchar *model, const gchar *mode)
{
    const gchar *kind = strstr(model, "/detect/") ? "ssd" : "classify";
    gchar *launch = g_strdup_printf(
        "videotestsrc num-buffers=1 ! video/x-raw,format=NV12,width=640,height=480,framerate=%d/1"
        " ! imagefreeze is-live=true ! mobilenet%s name=network model-file=\"%s\" mode=%s %s"
        " ! fakesink sync=true qos=true",
        FPS, kind, model, mode, properties);
    GError *error = NULL;
    *stream = (Stream){ .pipeline = gst_parse_launch(launch, &error),
                        .pts = GST_CLOCK_TIME_NONE,
                        .room = (size_t)(seconds + 1) * FPS * 2 };
    g_free(launch);
    if (error) {
        fprintf(stderr, "%s\n", error->message);
        g_error_free(error);
        return FALSE;
    }
    stream->added = g_new(guint64, stream->room);
    stream->ages = g_new(guint64, stream->room);
    GstElement *element = gst_bin_get_by_name(GST_BIN(stream->pipeline), "network");
    watch(element, "sink", enter, stream);
    watch(element, "src", leave, stream);
    gst_object_unref(element);
    return TRUE;
}

/* FALSE when it had an error, which is printed. */
static gboolean close_stream(Stream *stream)
{
    if (!stream->pipeline)
        return FALSE;
    GstBus *bus = gst_element_get_bus(stream->pipeline);
    GstMessage *message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    gst_element_set_state(stream->pipeline, GST_STATE_NULL);
    if (message) {
        GError *error;
        gst_message_parse_error(message, &error, NULL);
        fprintf(stderr, "%s\n", error->message);
        g_error_free(error);
        gst_message_unref(message);
    }
    gst_object_unref(bus);
    gst_object_unref(stream->pipeline);
    g_free(stream->added);
    g_free(stream->ages);
    return !message;
}

static int compare_times(const void *a, const void *b)
{
    guint64 x = *(const guint64 *)a, y = *(const guint64 *)b;
    return (x > y) - (x < y);
}

static double quantile(const guint64 *sorted, size_t n, double q)
{
    return n ? (double)sorted[(size_t)(q * (double)(n - 1))] / NS_PER_MS : 0;
}

/* The times of all streams in one array, sorted. */
static guint64 *gather(const Stream *streams, int n, gboolean ages, size_t *total)
{
    guint64 *all = g_new(guint64, (size_t)n * streams->room);
    *total = 0;
    for (int i = 0; i < n; i++) {
        size_t count = ages ? streams[i].carried : streams[i].frames;
        if (count)
            memcpy(all + *total, ages ? streams[i].ages : streams[i].added, count * sizeof *all);
        *total += count;
    }
    qsort(all, *total, sizeof *all, compare_times);
    return all;
}

static void print_row(const Stream *streams, int n, double wall, double processor)
{
    size_t frames, carried, analysed = 0, fewest = SIZE_MAX, most = 0;
    guint64 *added = gather(streams, n, FALSE, &frames);
    guint64 *ages = gather(streams, n, TRUE, &carried);
    for (int i = 0; i < n; i++) {
        analysed += streams[i].analysed;
        fewest = MIN(fewest, streams[i].analysed);
        most = MAX(most, streams[i].analysed);
    }
    printf(" %.1f | %.1f | %.1f-%.1f | %.2f | %.2f | %.2f | %.0f | %.0f | %.2f |\n",
           (double)frames / wall, (double)analysed / wall, (double)fewest / wall,
           (double)most / wall, quantile(added, frames, 0.5), quantile(added, frames, 0.99),
           quantile(added, frames, 1), quantile(ages, carried, 0.5), quantile(ages, carried, 0.99),
           processor / wall);
    fflush(stdout);
    g_free(added);
    g_free(ages);
}

static gboolean measure(const gchar *model, const gchar *mode, int n)
{
    Stream streams[MAX_STREAMS] = { 0 };
    gchar *name = g_path_get_basename(model);
    size_t shown = strlen(name) - (g_str_has_suffix(name, ".tflite") ? strlen(".tflite") : 0);
    gboolean good = TRUE;
    for (int i = 0; good && i < n; i++)
        good = open_stream(&streams[i], model, mode);
    for (int i = 0; good && i < n; i++) {
        good = gst_element_set_state(streams[i].pipeline, GST_STATE_PLAYING) !=
               GST_STATE_CHANGE_FAILURE;
        g_usleep((gulong)(G_USEC_PER_SEC / FPS / n));
    }
    if (good) {
        g_usleep((gulong)warm_up * G_USEC_PER_SEC);
        gint64 begin = now_ns(CLOCK_MONOTONIC), spent = now_ns(CLOCK_PROCESS_CPUTIME_ID);
        g_atomic_int_set(&counting, 1);
        g_usleep((gulong)seconds * G_USEC_PER_SEC);
        g_atomic_int_set(&counting, 0);
        double wall = (double)(now_ns(CLOCK_MONOTONIC) - begin) / 1e9;
        double processor = (double)(now_ns(CLOCK_PROCESS_CPUTIME_ID) - spent) / 1e9;
        for (int i = 0; i < n; i++) /* no frame passes while they are read */
            gst_element_set_state(streams[i].pipeline, GST_STATE_READY);
        printf("| %.*s | %s | %d |", (int)shown, name, mode, n);
        print_row(streams, n, wall, processor);
    }
    for (int i = 0; i < n; i++)
        good &= close_stream(&streams[i]);
    g_free(name);
    return good;
}

static gboolean measure_model(const gchar *model)
{
    gchar **each_mode = g_strsplit(modes, ",", -1), **each_count = g_strsplit(counts, ",", -1);
    gboolean good = TRUE;
    for (gchar **mode = each_mode; good && *mode; mode++)
        for (gchar **count = each_count; good && *count; count++) {
            int n = atoi(*count);
            good = n > 0 && n <= MAX_STREAMS && measure(model, *mode, n);
        }
    g_strfreev(each_mode);
    g_strfreev(each_count);
    return good;
}

int main(int argc, char **argv)
{
    GOptionEntry entries[] = {
        { "seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "that are measured (10)", "S" },
        { "warm-up", 0, 0, G_OPTION_ARG_INT, &warm_up, "seconds before (2)", "S" },
        { "modes", 0, 0, G_OPTION_ARG_STRING, &modes, "latest,every", "M,..." },
        { "streams", 0, 0, G_OPTION_ARG_STRING, &counts, "1,4,16; 64 at most", "N,..." },
        { "properties", 0, 0, G_OPTION_ARG_STRING, &properties, "further ones", "'P=V ...'" },
        { 0 },
    };
    GOptionContext *context = g_option_context_new("MODEL...");
    GError *error = NULL;
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_add_group(context, gst_init_get_option_group());
    if (!g_option_context_parse(context, &argc, &argv, &error) || argc < 2) {
        fprintf(stderr, "bench_streams: %s\n", error ? error->message : "which models?");
        return 2;
    }
    g_option_context_free(context);
    puts("| model | mode | streams | frames/s | analysed/s | of one stream | added p50, ms | p99 | "
         "max | age p50, ms | p99 | processors |\n"
         "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    gboolean good = TRUE;
    for (int i = 1; i < argc; i++)
        good &= measure_model(argv[i]);
    return !good;
}
