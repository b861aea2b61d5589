/* SPDX-License-Identifier: MIT
 *
 * bench_fx_network MODELS IMAGES: what a network's own picture costs in mobilenetfx, NV12
 * frames of two sizes, milliseconds of the quickest frame and of the middle one, and what
 * of it is spent beside the network. */
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <mnet/mnet.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST_ROUNDS 40
#define LONGEST GST_SECOND /* for one figure */

typedef struct {
    const char *name, *model, *input_size, *more;
} Row;

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

typedef struct {
    double best, median; /* ms */
} Times;

/* Runs `once` until time is up. */
static Times measure(void (*once)(void *user), void *user)
{
    double ms[MOST_ROUNDS];
    GstClockTime begin = gst_util_get_timestamp();
    int n = 0;
    once(user);
    while (n < MOST_ROUNDS && (n < 3 || gst_util_get_timestamp() - begin < LONGEST)) {
        GstClockTime start = gst_util_get_timestamp();
        once(user);
        ms[n++] = (double)(gst_util_get_timestamp() - start) / GST_MSECOND;
    }
    qsort(ms, (size_t)n, sizeof *ms, by_size);
    return (Times){ ms[0], ms[n / 2] };
}

static void run_session(void *user)
{
    mnet_session_run(user);
}

/* The network alone. */
static Times measure_network(const char *model_file, const Row *row, unsigned threads)
{
    MnetError error = { 0 };
    MnetSessionOptions options = { .outputs_follow = true };
    Times times = { 0 };
    if (row->input_size)
        sscanf(row->input_size, "%dx%d", &options.input_width, &options.input_height);
    options.pool = threads > 1 ? mnet_pool_new(threads, &error) : NULL;
    MnetModel *model = mnet_model_load(model_file, NULL, &error);
    MnetSession *session = model ? mnet_session_new(model, &options, &error) : NULL;
    if (session)
        times = measure(run_session, session);
    else
        printf("%s: %s\n", model_file, error.text);
    mnet_session_free(session);
    mnet_model_unref(model);
    mnet_pool_unref(options.pool);
    return times;
}

typedef struct {
    GstHarness *harness;
    GstBuffer *frame;
} Element;

static void push_frame(void *user)
{
    Element *e = user;
    gst_harness_push(e->harness, e->frame);
    e->frame = gst_harness_pull(e->harness);
}

static GstBuffer *make_frame(const GstVideoInfo *info)
{
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, info->size, NULL);
    GstMapInfo map;
    gst_buffer_map(buffer, &map, GST_MAP_WRITE);
    for (gsize i = 0; i < map.size; i++)
        map.data[i] = (guint8)(60 + i / 7 % 50 + i / (gsize)info->width % 40);
    gst_buffer_unmap(buffer, &map);
    return buffer;
}

static Times measure_element(const char *models, const char *images, const Row *row,
                             unsigned threads, const GstVideoInfo *info)
{
    char *style = row->more ? g_strdup_printf("style-model-file=%s/%s style-file=%s/parrot.jpg",
                                              models, row->more, images)
                            : g_strdup("");
    char *launch = g_strdup_printf("mobilenetfx model-file=%s/%s threads=%u %s%s %s", models,
                                   row->model, threads, row->input_size ? "input-size=" : "",
                                   row->input_size ? row->input_size : "", style);
    Element e = { gst_harness_new_parse(launch), make_frame(info) };
    gst_harness_set_src_caps(e.harness, gst_video_info_to_caps(info));
    Times times = measure(push_frame, &e);
    gst_buffer_unref(e.frame);
    gst_harness_teardown(e.harness);
    g_free(launch);
    g_free(style);
    return times;
}

static void print_row(const char *models, const char *images, const Row *row)
{
    static const int sizes[][2] = { { 640, 480 }, { 1280, 720 } };
    for (unsigned threads = 1; threads <= 2; threads++) {
        char *file = g_build_filename(models, row->model, NULL);
        Times network = measure_network(file, row, threads);
        printf("%-26s %u thread%s network %7.2f ms", row->name, threads, threads > 1 ? "s" : " ",
               network.best);
        for (int i = 0; i < 2; i++) {
            GstVideoInfo info;
            gst_video_info_set_format(&info, GST_VIDEO_FORMAT_NV12, (guint)sizes[i][0],
                                      (guint)sizes[i][1]);
            Times all = measure_element(models, images, row, threads, &info);
            printf("  %4dx%d: %7.2f ms (median %7.2f), %5.1f a second, beside %5.2f", sizes[i][0],
                   sizes[i][1], all.best, all.median, 1000 / all.best, all.best - network.best);
        }
        printf("\n");
        fflush(stdout);
        g_free(file);
    }
}

int main(int argc, char **argv)
{
    static const Row rows[] = {
        { "zero_dce 600x400", "zero_dce_400x600.tflite", NULL, NULL },
        { "zero_dce 300x200", "zero_dce_400x600.tflite", "300x200", NULL },
        { "zero_dce 150x100", "zero_dce_400x600.tflite", "150x100", NULL },
        { "zero_dce 96x64", "zero_dce_400x600.tflite", "96x64", NULL },
        { "style_transfer 384", "style_transfer_quantized_384.tflite", NULL,
          "style_predict_quantized_256_mnv2.tflite" },
    };
    gst_init(NULL, NULL);
    if (argc < 3) {
        printf("usage: bench_fx_network MODELS IMAGES\n");
        return 0;
    }
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        print_row(argv[1], argv[2], &rows[i]);
    return 0;
}
