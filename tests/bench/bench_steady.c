/* SPDX-License-Identifier: MIT
 *
 * bench_steady FILM MODEL PROPERTIES...: what smoothing and hold of mobilenetssd do
 * to the persons of a film, every frame of which is analysed, as a table with a row
 * for each text of PROPERTIES.  Lost: frames without a person among not more than a
 * second's that have one before and behind.  Tremor: how far an edge of the best box
 * is, on the average, from the middle between those of the frames before and behind,
 * in pixels, where the three boxes overlap. */
#include <gst/gst.h>
#include <gst/mobilenet/gstmobilenetmeta.h>
#include <math.h>

#define PATIENCE (600 * GST_SECOND)

/* The best person of a frame: left, top, right, bottom. */
typedef struct {
    gboolean found;
    gdouble edges[4];
} Best;

typedef struct {
    GArray *frames; /* of Best */
    GHashTable *ids;
    GstClockTime first, last;
} Film;

static void take_frame(GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer user)
{
    GstMobilenetDetectionMeta *meta = gst_buffer_get_mobilenet_detection_meta(buffer);
    Best best = { FALSE, { 0 } };
    Film *film = user;
    gdouble x, y, w, h;
    guint id;
    (void)sink;
    (void)pad;
    for (guint i = 0;
         meta && gst_mobilenet_detection_meta_get_result(meta, i, &id, NULL, NULL, NULL); i++)
        g_hash_table_add(film->ids, GUINT_TO_POINTER(id));
    if (meta && gst_mobilenet_detection_meta_get_box(meta, 0, &x, &y, &w, &h))
        best = (Best){ TRUE, { x, y, x + w, y + h } };
    if (!film->frames->len)
        film->first = GST_BUFFER_PTS(buffer);
    film->last = GST_BUFFER_PTS(buffer);
    g_array_append_val(film->frames, best);
}

static const Best *frame_of(const Film *film, guint i)
{
    return &g_array_index(film->frames, Best, i);
}

static guint count_lost(const Film *film)
{
    guint lost = 0, missing = 0;
    gdouble seconds = (gdouble)(film->last - film->first) / GST_SECOND;
    guint second = (guint)lround((film->frames->len - 1) / seconds);
    gboolean before = FALSE;
    for (guint i = 0; i < film->frames->len; i++) {
        if (!frame_of(film, i)->found) {
            missing++;
            continue;
        }
        lost += before && missing <= second ? missing : 0;
        before = TRUE;
        missing = 0;
    }
    return lost;
}

static gboolean overlap(const Best *a, const Best *b)
{
    return a->found && b->found && a->edges[0] < b->edges[2] && b->edges[0] < a->edges[2] &&
           a->edges[1] < b->edges[3] && b->edges[1] < a->edges[3];
}

static gdouble measure_tremor(const Film *film)
{
    gdouble sum = 0;
    guint n = 0;
    for (guint i = 1; i + 1 < film->frames->len; i++) {
        const Best *a = frame_of(film, i - 1), *b = frame_of(film, i), *c = frame_of(film, i + 1);
        for (guint k = 0; k < 4 && overlap(a, b) && overlap(b, c); k++, n++)
            sum += fabs(b->edges[k] - (a->edges[k] + c->edges[k]) / 2);
    }
    return n ? sum / n : 0;
}

/* FALSE: the film does not play to its end. */
static gboolean play(const gchar *path, const gchar *model, const gchar *properties, Film *film)
{
    gchar *line = g_strdup_printf(
        "filesrc location=\"%s\" ! decodebin ! queue ! mobilenetssd model-file=\"%s\" "
        "classes=person mode=every %s ! fakesink name=sink sync=false signal-handoffs=true",
        path, model, properties);
    GstElement *pipeline = gst_parse_launch(line, NULL);
    gboolean played = FALSE;
    g_free(line);
    if (!pipeline)
        return FALSE;
    GstElement *sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    GstBus *bus = gst_element_get_bus(pipeline);
    g_signal_connect(sink, "handoff", G_CALLBACK(take_frame), film);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    GstMessage *message =
        gst_bus_timed_pop_filtered(bus, PATIENCE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    played = message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS && film->frames->len > 1;
    gst_clear_message(&message);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(bus);
    gst_object_unref(sink);
    gst_object_unref(pipeline);
    return played;
}

static gboolean measure(const gchar *path, const gchar *model, const gchar *properties)
{
    Film film = { g_array_new(FALSE, FALSE, sizeof(Best)), g_hash_table_new(NULL, NULL), 0, 0 };
    guint found = 0;
    gboolean played = play(path, model, properties, &film);
    for (guint i = 0; i < film.frames->len; i++)
        found += frame_of(&film, i)->found;
    if (played)
        g_print("| %s | %u | %u | %u | %u | %.2f |\n", *properties ? properties : "off",
                film.frames->len, found, count_lost(&film), g_hash_table_size(film.ids),
                measure_tremor(&film));
    else
        g_printerr("bench_steady: %s with \"%s\" does not play\n", path, properties);
    g_array_unref(film.frames);
    g_hash_table_unref(film.ids);
    return played;
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    if (argc < 4) {
        g_printerr("usage: bench_steady FILM MODEL PROPERTIES...\n");
        return 2;
    }
    g_print("| properties | frames | with a person | lost | ids | tremor, px |\n"
            "| --- | --- | --- | --- | --- | --- |\n");
    gboolean good = TRUE;
    for (int i = 3; good && i < argc; i++)
        good = measure(argv[1], argv[2], argv[i]);
    return good ? 0 : 1;
}
