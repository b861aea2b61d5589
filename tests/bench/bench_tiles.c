/* SPDX-License-Identifier: MIT
 *
 * bench_tiles SHARED_DIR MODEL TILES...: what tiles make of person recall, and
 * what they cost, as a table.  Pictures: those of images/coco128 as they are,
 * and twelve of them together, at 480x360 each, in a frame of 1920x1080, where
 * people are small.  A person is found when a detection of that class with a
 * score of 0.5 overlaps the true box by half (IoU); each counts once.  "area" is
 * the box's as a fraction of the picture. */
#include <gst/check/gstharness.h>
#include <gst/mobilenet/gstmobilenetmeta.h>
#include <gst/video/video.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TRUE 2000
#define MAX_CASES 200
#define EACH "coco128"
#define MOSAIC "12 in 1920x1080"
#define MOSAIC_WIDTH 1920
#define MOSAIC_HEIGHT 1080
#define COLUMNS 4
#define ROWS 3
#define N_MOSAIC (COLUMNS * ROWS)

typedef struct {
    const gchar *file;  /* interned */
    gdouble x, y, w, h; /* fractions of the picture */
    gboolean crowd;
} Person;

typedef struct {
    guint persons[2], found[2]; /* area below a hundredth, and more */
    guint detections, errors, frames;
    gdouble seconds;
} Score;

static Person persons[MAX_TRUE];
static guint n_persons;
static GList *names; /* interned file names, each once */

static gboolean read_truth(const gchar *folder)
{
    gchar *path = g_build_filename(folder, "boxes.tsv", NULL), *text = NULL;
    gboolean good = g_file_get_contents(path, &text, NULL, NULL);
    gchar **lines = g_strsplit(good ? text : "", "\n", -1);
    for (guint i = 1; good && lines[i] && *lines[i] && n_persons < MAX_TRUE; i++) {
        gchar **cell = g_strsplit(lines[i], "\t", -1);
        gdouble number[11];
        good = g_strv_length(cell) == 11;
        for (guint k = 0; good && k < 11; k++)
            number[k] = g_ascii_strtod(cell[k], NULL);
        const gchar *file = good ? g_intern_string(cell[0]) : NULL;
        if (good && !g_list_find(names, file))
            names = g_list_prepend(names, (gpointer)file);
        if (good && number[4] == 1)
            persons[n_persons++] = (Person){ file,
                                             number[6] / number[1],
                                             number[7] / number[2],
                                             number[8] / number[1],
                                             number[9] / number[2],
                                             number[10] != 0 };
        g_strfreev(cell);
    }
    names = g_list_reverse(names);
    g_strfreev(lines);
    g_free(text);
    g_free(path);
    return good && names;
}

/* Pixel columns of all rows, packed RGB. */
typedef struct {
    gint width, height;
    guint8 *rgb;
} Picture;

/* `width` 0: as the file is. */
static gboolean decode(const gchar *folder, const gchar *name, gint width, gint height,
                       Picture *picture)
{
    gchar *size = width ? g_strdup_printf(",width=%d,height=%d", width, height) : g_strdup("");
    gchar *line = g_strdup_printf("filesrc location=\"%s/%s\" ! jpegdec ! videoconvert ! "
                                  "videoscale add-borders=false ! video/x-raw,format=RGB%s ! "
                                  "fakesink name=sink sync=false",
                                  folder, name, size);
    GstElement *pipeline = gst_parse_launch(line, NULL);
    GstElement *sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    GstSample *sample = NULL;
    GstVideoFrame frame;
    GstVideoInfo info;
    gst_element_set_state(pipeline, GST_STATE_PAUSED);
    if (gst_element_get_state(pipeline, NULL, NULL, 20 * GST_SECOND) == GST_STATE_CHANGE_SUCCESS)
        g_object_get(sink, "last-sample", &sample, NULL);
    if (sample && gst_video_info_from_caps(&info, gst_sample_get_caps(sample)) &&
        gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample), GST_MAP_READ)) {
        picture->width = info.width;
        picture->height = info.height;
        picture->rgb = g_malloc((gsize)info.width * (gsize)info.height * 3);
        for (gint y = 0; y < info.height; y++)
            memcpy(picture->rgb + (gsize)y * (gsize)info.width * 3,
                   (guint8 *)frame.data[0] + y * frame.info.stride[0], (gsize)info.width * 3);
        gst_video_frame_unmap(&frame);
    } else {
        picture->rgb = NULL;
    }
    if (sample)
        gst_sample_unref(sample);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(sink);
    gst_object_unref(pipeline);
    g_free(line);
    g_free(size);
    return picture->rgb != NULL;
}

static GstBuffer *buffer_of(const Picture *picture)
{
    GstVideoInfo info;
    GstMapInfo map;
    gst_video_info_set_format(&info, GST_VIDEO_FORMAT_RGB, (guint)picture->width,
                              (guint)picture->height);
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, info.size, NULL);
    gst_buffer_map(buffer, &map, GST_MAP_WRITE);
    for (gint y = 0; y < picture->height; y++)
        memcpy(map.data + y * info.stride[0], picture->rgb + (gsize)y * (gsize)picture->width * 3,
               (gsize)picture->width * 3);
    gst_buffer_unmap(buffer, &map);
    GST_BUFFER_PTS(buffer) = 0;
    return buffer;
}

static gdouble overlap(const Person *a, const Person *b)
{
    gdouble w = MIN(a->x + a->w, b->x + b->w) - MAX(a->x, b->x);
    gdouble h = MIN(a->y + a->h, b->y + b->h) - MAX(a->y, b->y);
    if (w <= 0 || h <= 0)
        return 0;
    return w * h / (b->crowd ? a->w * a->h : a->w * a->h + b->w * b->h - w * h);
}

/* Matches the detections on `buffer`, best first, to the persons there. */
static void judge(GstBuffer *buffer, const Picture *picture, const Person *truth, guint n,
                  Score *score)
{
    GstMobilenetDetectionMeta *meta = gst_buffer_get_mobilenet_detection_meta(buffer);
    gboolean *used = g_new0(gboolean, n + 1);
    Person found = { 0 };
    for (guint i = 0;
         gst_mobilenet_detection_meta_get_box(meta, i, &found.x, &found.y, &found.w, &found.h);
         i++) {
        guint best = n;
        gdouble best_overlap = 0.5;
        gboolean crowd = FALSE;
        found = (Person){ NULL,
                          found.x / picture->width,
                          found.y / picture->height,
                          found.w / picture->width,
                          found.h / picture->height,
                          FALSE };
        for (guint k = 0; k < n; k++) {
            gdouble is = overlap(&found, &truth[k]);
            crowd |= truth[k].crowd && is >= 0.5;
            if (!truth[k].crowd && !used[k] && is >= best_overlap) {
                best = k;
                best_overlap = is;
            }
        }
        used[best] = TRUE;
        score->detections++;
        score->errors += best == n && !crowd;
    }
    for (guint k = 0; k < n; k++) {
        guint large = truth[k].w * truth[k].h >= 0.01;
        score->persons[large] += !truth[k].crowd;
        score->found[large] += !truth[k].crowd && used[k];
    }
    g_free(used);
}

static void look(GstHarness *h, const Picture *picture, const Person *truth, guint n, Score *score)
{
    gst_harness_set_src_caps(h, gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "RGB",
                                                    "width", G_TYPE_INT, picture->width, "height",
                                                    G_TYPE_INT, picture->height, NULL));
    GstBuffer *buffer = buffer_of(picture);
    gint64 start = g_get_monotonic_time();
    buffer = gst_harness_push_and_pull(h, buffer);
    score->seconds += (gdouble)(g_get_monotonic_time() - start) / 1e6;
    score->frames++;
    judge(buffer, picture, truth, n, score);
    gst_buffer_unref(buffer);
}

static guint persons_of(const gchar *file, Person *truth)
{
    guint n = 0;
    for (guint i = 0; i < n_persons; i++)
        if (persons[i].file == file)
            truth[n++] = persons[i];
    return n;
}

/* A picture and the persons in it. */
typedef struct {
    const gchar *kind;
    Picture picture;
    Person *truth;
    guint n;
} Case;

static Case cases[MAX_CASES];
static guint n_cases;

static void add_case(const gchar *kind, const Picture *picture, const Person *truth, guint n)
{
    cases[n_cases++] = (Case){ kind, *picture, g_memdup2(truth, (n + 1) * sizeof *truth), n };
}

static gboolean read_each(const gchar *folder)
{
    static Person truth[MAX_TRUE + 1];
    for (GList *l = names; l && n_cases < MAX_CASES; l = l->next) {
        Picture picture;
        if (!decode(folder, l->data, 0, 0, &picture))
            return FALSE;
        add_case(EACH, &picture, truth, persons_of(l->data, truth));
    }
    return TRUE;
}

/* Puts a picture and its persons into place `place` of a mosaic. */
static void put(Picture *mosaic, const Picture *picture, guint place, Person *truth, guint n)
{
    gint x = (gint)(place % COLUMNS) * picture->width,
         y = (gint)(place / COLUMNS) * picture->height;
    for (gint row = 0; row < picture->height; row++)
        memcpy(mosaic->rgb + ((gsize)(y + row) * MOSAIC_WIDTH + (gsize)x) * 3,
               picture->rgb + (gsize)row * (gsize)picture->width * 3, (gsize)picture->width * 3);
    for (guint i = 0; i < n; i++)
        truth[i] = (Person){ NULL,
                             (truth[i].x + place % COLUMNS) / COLUMNS,
                             (truth[i].y + place / COLUMNS) / ROWS,
                             truth[i].w / COLUMNS,
                             truth[i].h / ROWS,
                             truth[i].crowd };
}

static gboolean read_mosaics(const gchar *folder)
{
    static Person truth[MAX_TRUE + 1];
    Picture mosaic = { MOSAIC_WIDTH, MOSAIC_HEIGHT, NULL }, picture;
    guint place = 0, n = 0;
    for (GList *l = names; l && n_cases < MAX_CASES; l = l->next) {
        if (!decode(folder, l->data, MOSAIC_WIDTH / COLUMNS, MOSAIC_HEIGHT / ROWS, &picture))
            return FALSE;
        if (!place)
            mosaic.rgb = g_malloc(MOSAIC_WIDTH * MOSAIC_HEIGHT * 3);
        guint more = persons_of(l->data, truth + n);
        put(&mosaic, &picture, place, truth + n, more);
        g_free(picture.rgb);
        n += more;
        if (++place < N_MOSAIC)
            continue;
        add_case(MOSAIC, &mosaic, truth, n);
        mosaic.rgb = NULL;
        place = n = 0;
    }
    g_free(mosaic.rgb);
    return TRUE;
}

static void print_row(const gchar *pictures, const gchar *tiles, const Score *s)
{
    guint all = s->persons[0] + s->persons[1], found = s->found[0] + s->found[1];
    g_print(
        "| %s | %s | %.1f | %.1f | %.1f | %.1f | %.1f |\n", pictures, tiles, 100.0 * found / all,
        100.0 * s->found[0] / MAX(s->persons[0], 1), 100.0 * s->found[1] / MAX(s->persons[1], 1),
        100.0 * (s->detections - s->errors) / MAX(s->detections, 1), 1e3 * s->seconds / s->frames);
}

static gboolean measure(const gchar *model, const gchar *tiles)
{
    GstElement *element = gst_element_factory_make("mobilenetssd", NULL);
    if (!element)
        return FALSE;
    g_object_set(element, "model-file", model, "classes", "person", "tiles", tiles, NULL);
    gst_util_set_object_arg(G_OBJECT(element), "mode", "every");
    GstHarness *h = gst_harness_new_with_element(element, "sink", "src");
    gst_object_unref(element);
    Score each = { { 0 } }, mosaics = { { 0 } };
    for (guint i = 0; i < n_cases; i++)
        look(h, &cases[i].picture, cases[i].truth, cases[i].n,
             g_str_equal(cases[i].kind, EACH) ? &each : &mosaics);
    print_row(EACH, tiles, &each);
    print_row(MOSAIC, tiles, &mosaics);
    gst_harness_teardown(h);
    return TRUE;
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    if (argc < 4) {
        g_printerr("usage: bench_tiles SHARED_DIR MODEL TILES...\n");
        return 2;
    }
    gchar *folder = g_build_filename(argv[1], "images", "coco128", NULL);
    gchar *model = g_build_filename(argv[1], "models", argv[2], NULL);
    gboolean good = read_truth(folder) && read_each(folder) && read_mosaics(folder);
    g_print(
        "| pictures | tiles | recall, %% | area < 1 %% | larger | precision, %% | ms a frame |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n");
    for (int i = 3; good && i < argc; i++)
        good = measure(model, argv[i]);
    if (!good)
        g_printerr("bench_tiles: the pictures of %s or the model %s cannot be used\n", folder,
                   model);
    for (guint i = 0; i < n_cases; i++) {
        g_free(cases[i].picture.rgb);
        g_free(cases[i].truth);
    }
    g_list_free(names);
    g_free(model);
    g_free(folder);
    return good ? 0 : 1;
}
