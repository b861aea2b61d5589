/* SPDX-License-Identifier: MIT
 *
 * bench_tiles SHARED_DIR PERSONS MODEL TILES...: what tiles make of person recall,
 * and what they cost, as a table.  Pictures: those of images/coco128 and, every
 * 3 seconds, of a film of video/, whose persons the table PERSONS has, seen by
 * eye; as they are, and several of them together in a frame of 1920x1080, where
 * people are small.  A person is found when a detection of that class with a
 * score of 0.5 overlaps the true box by half (IoU); each counts once.  "area" is
 * the box's as a fraction of the picture; the time is the processor's. */
#include <gst/check/gstharness.h>
#include <gst/mobilenet/gstmobilenetmeta.h>
#include <gst/video/video.h>
#include <string.h>
#include <time.h>

#include "bench_tiles_pictures.h"

typedef struct {
    const gchar *name;
    PicturesOf of;
    gint columns, rows;
    GArray *pictures;
} Kind;

static Kind kinds[] = {
    { "coco128", PICTURES_COCO128, 1, 1, NULL },
    { "coco128, 12 in 1920x1080", PICTURES_COCO128, 4, 3, NULL },
    { "film", PICTURES_FILM, 1, 1, NULL },
    { "film, 16 in 1920x1080", PICTURES_FILM, 4, 4, NULL },
};

typedef struct {
    guint persons[2], found[2]; /* area below a hundredth, and more */
    guint detections, errors, frames;
    gdouble seconds;
} Score;

static GstBuffer *buffer_of(const Picture *picture)
{
    GstVideoInfo info;
    GstMapInfo map;
    gsize row = (gsize)picture->width * 3;
    gst_video_info_set_format(&info, GST_VIDEO_FORMAT_RGB, (guint)picture->width,
                              (guint)picture->height);
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, info.size, NULL);
    gst_buffer_map(buffer, &map, GST_MAP_WRITE);
    for (gint y = 0; y < picture->height; y++)
        memcpy(map.data + y * info.stride[0], picture->rgb + (gsize)y * row, row);
    gst_buffer_unmap(buffer, &map);
    GST_BUFFER_PTS(buffer) = 0;
    return buffer;
}

/* Intersection over union; with a crowd, over the found box alone. */
static gdouble overlap(const Person *found, const Person *truth)
{
    gdouble w = MIN(found->x + found->w, truth->x + truth->w) - MAX(found->x, truth->x);
    gdouble h = MIN(found->y + found->h, truth->y + truth->h) - MAX(found->y, truth->y);
    if (w <= 0 || h <= 0)
        return 0;
    gdouble both = truth->crowd ? 0 : truth->w * truth->h - w * h;
    return w * h / (found->w * found->h + both);
}

/* Gives a detection the true person that it overlaps best. */
static void match(const Person *found, const Picture *picture, gboolean *used, Score *score)
{
    guint best = picture->n_persons;
    gdouble best_overlap = 0.5;
    gboolean crowd = FALSE;
    for (guint k = 0; k < picture->n_persons; k++) {
        const Person *truth = &picture->persons[k];
        gdouble is = overlap(found, truth);
        crowd |= truth->crowd && is >= 0.5;
        if (!truth->crowd && !used[k] && is >= best_overlap) {
            best = k;
            best_overlap = is;
        }
    }
    used[best] = TRUE;
    score->detections++;
    score->errors += best == picture->n_persons && !crowd;
}

/* The detections on `buffer`, best first. */
static void judge(GstBuffer *buffer, const Picture *picture, Score *score)
{
    GstMobilenetDetectionMeta *meta = gst_buffer_get_mobilenet_detection_meta(buffer);
    gboolean *used = g_new0(gboolean, picture->n_persons + 1);
    Person found = { 0, 0, 0, 0, FALSE };
    for (guint i = 0;
         gst_mobilenet_detection_meta_get_box(meta, i, &found.x, &found.y, &found.w, &found.h);
         i++) {
        found.x /= picture->width;
        found.y /= picture->height;
        found.w /= picture->width;
        found.h /= picture->height;
        match(&found, picture, used, score);
    }
    for (guint k = 0; k < picture->n_persons; k++) {
        const Person *truth = &picture->persons[k];
        guint large = truth->w * truth->h >= 0.01;
        score->persons[large] += !truth->crowd;
        score->found[large] += !truth->crowd && used[k];
    }
    g_free(used);
}

/* With one thread all is computed on the calling one. */
static gdouble thread_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (gdouble)now.tv_sec + (gdouble)now.tv_nsec / 1e9;
}

static void look(GstHarness *h, const Picture *picture, Score *score)
{
    gst_harness_set_src_caps(h, gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "RGB",
                                                    "width", G_TYPE_INT, picture->width, "height",
                                                    G_TYPE_INT, picture->height, NULL));
    GstBuffer *buffer = buffer_of(picture);
    gdouble start = thread_seconds();
    buffer = gst_harness_push_and_pull(h, buffer);
    score->seconds += thread_seconds() - start;
    score->frames++;
    judge(buffer, picture, score);
    gst_buffer_unref(buffer);
}

static void print_share(guint part, guint all)
{
    if (all)
        g_print(" %.1f |", 100.0 * part / all);
    else
        g_print(" |");
}

static void print_row(const gchar *pictures, const gchar *tiles, const Score *s)
{
    g_print("| %s | %s |", pictures, tiles);
    print_share(s->found[0] + s->found[1], s->persons[0] + s->persons[1]);
    print_share(s->found[0], s->persons[0]);
    print_share(s->found[1], s->persons[1]);
    print_share(s->detections - s->errors, s->detections);
    g_print(" %.1f |\n", 1e3 * s->seconds / s->frames);
}

static gboolean measure(const Kind *kind, const gchar *model, const gchar *tiles)
{
    GstElement *element = gst_element_factory_make("mobilenetssd", NULL);
    if (!element)
        return FALSE;
    g_object_set(element, "model-file", model, "classes", "person", "tiles", tiles, NULL);
    gst_util_set_object_arg(G_OBJECT(element), "mode", "every");
    GstHarness *h = gst_harness_new_with_element(element, "sink", "src");
    gst_object_unref(element);
    Score score = { { 0 }, { 0 }, 0, 0, 0, 0 };
    for (guint i = 0; i < kind->pictures->len; i++)
        look(h, &g_array_index(kind->pictures, Picture, i), &score);
    print_row(kind->name, tiles, &score);
    gst_harness_teardown(h);
    return TRUE;
}

/* All rows of a kind of pictures, which are in memory that long. */
static gboolean measure_kind(Kind *kind, const gchar *shared, const gchar *persons,
                             const gchar *model, char **tiles)
{
    kind->pictures = pictures_read(kind->of, shared, persons, kind->columns, kind->rows);
    gboolean good = kind->pictures && kind->pictures->len;
    if (!good)
        g_printerr("bench_tiles: the pictures \"%s\" cannot be read\n", kind->name);
    for (; good && *tiles; tiles++)
        good = measure(kind, model, *tiles);
    g_clear_pointer(&kind->pictures, g_array_unref);
    return good;
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    if (argc < 5) {
        g_printerr("usage: bench_tiles SHARED_DIR PERSONS MODEL TILES...\n");
        return 2;
    }
    gchar *model = g_build_filename(argv[1], "models", argv[3], NULL);
    gboolean good = TRUE;
    g_print(
        "| pictures | tiles | recall, %% | area < 1 %% | larger | precision, %% | ms a frame |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n");
    for (guint i = 0; good && i < G_N_ELEMENTS(kinds); i++)
        good = measure_kind(&kinds[i], argv[1], argv[2], model, argv + 4);
    g_free(model);
    return good ? 0 : 1;
}
