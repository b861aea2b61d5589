/* SPDX-License-Identifier: MIT
 *
 * bench_element MODEL...: what mobilenetclassify costs beside its work.
 *
 * A pipeline that shows one 1280x720 I420 picture a thousand times, with the
 * element and with identity in its place, against the core alone: the conversion
 * of that picture and the run of the network.  Medians of a round, the lowest of
 * several rounds in turn: others may use the machine.
 *
 *     share      convert + run, of the time from a frame to the next
 *     overhead   that time less convert, run and what identity's pipeline takes */
#include <gst/gst.h>
#include <mnet/mnet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WIDTH 1280
#define HEIGHT 720
#define FRAMES 1000
#define ROUNDS 5
#define RUNS 300

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Seconds, the lowest so far. */
typedef struct {
    double convert, run, element, identity;
} Times;

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, compare_doubles);
    return values[n / 2];
}

static void lower(double *best, double seconds)
{
    if (*best == 0 || seconds < *best)
        *best = seconds;
}

/* Times between frames. */
typedef struct {
    double last, intervals[FRAMES];
    size_t frames;
} Arrivals;

static GstPadProbeReturn count_frame(GstPad *pad, GstPadProbeInfo *info, gpointer user)
{
    Arrivals *arrivals = user;
    double time = now();
    if (arrivals->frames > 0 && arrivals->frames <= FRAMES)
        arrivals->intervals[arrivals->frames - 1] = time - arrivals->last;
    arrivals->last = time;
    arrivals->frames++;
    return GST_PAD_PROBE_OK;
}

/* Seconds a frame; 0 when the pipeline fails: that was printed. */
static double play(const char *description)
{
    GError *error = NULL;
    static Arrivals arrivals;
    arrivals.frames = 0;
    GstElement *pipeline = gst_parse_launch(description, &error);
    if (!pipeline || error) {
        fprintf(stderr, "%s: %s\n", description, error->message);
        return 0;
    }
    GstElement *sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    GstPad *pad = gst_element_get_static_pad(sink, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count_frame, &arrivals, NULL);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    GstBus *bus = gst_element_get_bus(pipeline);
    GstMessage *message =
        gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    bool good =
        message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS && arrivals.frames == FRAMES;
    if (message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        gst_message_parse_error(message, &error, NULL);
        fprintf(stderr, "%s\n", error->message);
        g_error_free(error);
    }
    if (message)
        gst_message_unref(message);
    gst_object_unref(bus);
    gst_object_unref(pad);
    gst_object_unref(sink);
    gst_object_unref(pipeline);
    return good ? median(arrivals.intervals, FRAMES - 1) : 0;
}

static double play_element(const char *element)
{
    char *description =
        g_strdup_printf("videotestsrc num-buffers=1 ! video/x-raw,format=I420,width=%d,height=%d ! "
                        "imagefreeze num-buffers=%d ! %s ! fakesink name=sink",
                        WIDTH, HEIGHT, FRAMES, element);
    double seconds = play(description);
    g_free(description);
    return seconds;
}

/* The same work without GStreamer. */
static void measure_core(MnetSession *session, MnetImage *image, const MnetPlanes *planes,
                         Times *times)
{
    double convert[RUNS], run[RUNS];
    for (int i = 0; i < RUNS; i++) {
        double begin = now();
        mnet_image_convert(image, planes, mnet_session_input(session, 0));
        double converted = now();
        mnet_session_run(session);
        convert[i] = converted - begin;
        run[i] = now() - converted;
    }
    lower(&times->convert, median(convert, RUNS));
    lower(&times->run, median(run, RUNS));
}

static bool measure(const char *path, MnetSession *session, Times *times)
{
    MnetFrameInfo frame = { MNET_PIXEL_I420, WIDTH, HEIGHT, MNET_MATRIX_BT709, false };
    MnetImageOptions options;
    const MnetTensorInfo *input = mnet_session_input_info(session, 0);
    mnet_image_default_options(input, NULL, &options);
    MnetImage *image = mnet_image_new(&frame, input, &options, NULL);
    uint8_t *bytes = mnet_buffer_alloc(WIDTH * HEIGHT * 3 / 2);
    bool good = image && bytes;
    for (size_t i = 0; good && i < WIDTH * HEIGHT * 3 / 2; i++)
        bytes[i] = (uint8_t)((i * 2654435761u) >> 24);
    MnetPlanes planes = {
        { bytes, bytes + WIDTH * HEIGHT, bytes + WIDTH * HEIGHT * 5 / 4 },
        { WIDTH, WIDTH / 2, WIDTH / 2 },
    };
    char *element = g_strdup_printf("mobilenetclassify mode=every model-file=\"%s\"", path);
    for (int i = 0; good && i < ROUNDS; i++) {
        measure_core(session, image, &planes, times);
        double with = play_element(element), without = play_element("identity");
        good = with > 0 && without > 0;
        lower(&times->element, with);
        lower(&times->identity, without);
    }
    g_free(element);
    mnet_buffer_free(bytes);
    mnet_image_free(image);
    return good;
}

static bool row(const char *path)
{
    MnetError error = { MNET_OK, "no memory" };
    MnetModel *model = mnet_model_load(path, NULL, &error);
    MnetSession *session = model ? mnet_session_new(model, NULL, &error) : NULL;
    Times t = { 0 };
    bool good = session && measure(path, session, &t);
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    if (good)
        printf("%-36s convert %6.3f ms, run %6.3f, frame %6.3f, identity %6.3f: "
               "%6.0f frames/s, share %.3f, overhead %5.1f us\n",
               name, t.convert * 1e3, t.run * 1e3, t.element * 1e3, t.identity * 1e3, 1 / t.element,
               (t.convert + t.run) / t.element, (t.element - t.identity - t.convert - t.run) * 1e6);
    else
        fprintf(stderr, "%s: %s\n", path, session ? "cannot be measured" : error.text);
    mnet_session_free(session);
    mnet_model_unref(model);
    return good;
}

int main(int argc, char **argv)
{
    bool good = argc > 1;
    gst_init(&argc, &argv);
    if (!good)
        fputs("usage: bench_element MODEL...\n", stderr);
    for (int i = 1; i < argc; i++)
        good &= row(argv[i]);
    return !good;
}
