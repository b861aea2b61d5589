/* SPDX-License-Identifier: MIT
 *
 * Pictures with persons in known places, for bench_tiles: the labelled ones of
 * images/coco128, and moments of a film of video/. */
#include "bench_tiles_pictures.h"

#include <gst/video/video.h>
#include <string.h>

#define MOSAIC_WIDTH 1920
#define MOSAIC_HEIGHT 1080
#define FILM "one-by-one-person-detection.mp4"
#define FILM_STEP 3 /* seconds between its pictures */
#define PATIENCE (120 * GST_SECOND)

static void picture_clear(gpointer data)
{
    Picture *picture = data;
    g_free(picture->rgb);
    g_free(picture->persons);
}

static GArray *pictures_new(void)
{
    GArray *pictures = g_array_new(FALSE, TRUE, sizeof(Picture));
    g_array_set_clear_func(pictures, picture_clear);
    return pictures;
}

/* A frame that has come to the end of a pipeline. */
static void take_frame(GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer user)
{
    (void)sink;
    GstCaps *caps = gst_pad_get_current_caps(pad);
    GstVideoFrame frame;
    GstVideoInfo info;
    if (caps && gst_video_info_from_caps(&info, caps) &&
        gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ)) {
        gsize row = (gsize)info.width * 3;
        Picture picture = { info.width, info.height, g_malloc(row * (gsize)info.height), NULL, 0 };
        for (gint y = 0; y < info.height; y++)
            memcpy(picture.rgb + (gsize)y * row, (guint8 *)frame.data[0] + y * frame.info.stride[0],
                   row);
        gst_video_frame_unmap(&frame);
        g_array_append_val((GArray *)user, picture);
    }
    gst_clear_caps(&caps);
}

/* Appends the frames of `file` to `pictures`; `width` 0: of their own size.
 * `elements` are what decodes them.  FALSE when there are none. */
static gboolean decode(const gchar *file, const gchar *elements, gint width, gint height,
                       GArray *pictures)
{
    gchar *size = width ? g_strdup_printf(",width=%d,height=%d", width, height) : g_strdup("");
    gchar *line = g_strdup_printf("filesrc location=\"%s\" ! %s ! videoconvert ! "
                                  "videoscale add-borders=false ! video/x-raw,format=RGB%s ! "
                                  "fakesink name=sink sync=false signal-handoffs=true",
                                  file, elements, size);
    guint before = pictures->len;
    GstElement *pipeline = gst_parse_launch(line, NULL);
    g_free(line);
    g_free(size);
    if (!pipeline)
        return FALSE;
    GstElement *sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    g_signal_connect(sink, "handoff", G_CALLBACK(take_frame), pictures);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    GstBus *bus = gst_element_get_bus(pipeline);
    GstMessage *message =
        gst_bus_timed_pop_filtered(bus, PATIENCE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    gboolean good = message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
    gst_element_set_state(pipeline, GST_STATE_NULL);
    g_clear_pointer(&message, gst_message_unref);
    gst_object_unref(bus);
    gst_object_unref(sink);
    gst_object_unref(pipeline);
    return good && pictures->len > before;
}

/* Gives `picture` a person more. */
static void add_person(Picture *picture, const Person *person)
{
    picture->persons = g_renew(Person, picture->persons, picture->n_persons + 1);
    picture->persons[picture->n_persons++] = *person;
}

/* Lines of `cells` cells, without the heading; NULL when the file is another. */
static GPtrArray *read_table(const gchar *path, guint cells)
{
    GPtrArray *table = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    gchar *text = NULL;
    gboolean good = g_file_get_contents(path, &text, NULL, NULL);
    gchar **lines = g_strsplit(good ? text : "", "\n", -1);
    for (guint i = 1; good && lines[i] && *lines[i]; i++) {
        gchar **line = g_strsplit(lines[i], "\t", -1);
        good = g_strv_length(line) == cells;
        g_ptr_array_add(table, line);
    }
    g_strfreev(lines);
    g_free(text);
    if (good && table->len)
        return table;
    g_ptr_array_unref(table);
    return NULL;
}

static gdouble number(gchar **line, guint cell)
{
    return g_ascii_strtod(line[cell], NULL);
}

/* The picture of that name, decoded when it comes first; NULL when it cannot be. */
static Picture *picture_named(const gchar *folder, const gchar *name, gint width, gint height,
                              GPtrArray *names, GArray *pictures)
{
    guint index;
    if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, &index)) {
        gchar *file = g_build_filename(folder, name, NULL);
        gboolean good = decode(file, "jpegdec", width, height, pictures);
        g_free(file);
        if (!good)
            return NULL;
        index = names->len;
        g_ptr_array_add(names, (gpointer)name);
    }
    return &g_array_index(pictures, Picture, index);
}

/* boxes.tsv: file, width, height, licence, class, its name, x, y, w, h, crowd. */
static gboolean read_coco128(const gchar *shared, gint width, gint height, GArray *pictures)
{
    gchar *folder = g_build_filename(shared, "images", "coco128", NULL);
    gchar *path = g_build_filename(folder, "boxes.tsv", NULL);
    GPtrArray *table = read_table(path, 11), *names = g_ptr_array_new();
    gboolean good = table != NULL;
    for (guint i = 0; good && i < table->len; i++) {
        gchar **line = table->pdata[i];
        gdouble w = number(line, 1), h = number(line, 2);
        const Person person = { number(line, 6) / w, number(line, 7) / h, number(line, 8) / w,
                                number(line, 9) / h, number(line, 10) != 0 };
        Picture *picture = picture_named(folder, line[0], width, height, names, pictures);
        good = picture != NULL;
        if (good && number(line, 4) == 1)
            add_person(picture, &person);
    }
    g_ptr_array_unref(names);
    if (table)
        g_ptr_array_unref(table);
    g_free(path);
    g_free(folder);
    return good;
}

static gboolean read_film(const gchar *shared, const gchar *persons, gint width, gint height,
                          GArray *pictures)
{
    gchar *path = g_build_filename(shared, "video", FILM, NULL);
    gchar *elements =
        g_strdup_printf("decodebin ! videorate ! video/x-raw,framerate=1/%d", FILM_STEP);
    GPtrArray *table = read_table(persons, 5);
    gboolean good = table && decode(path, elements, width, height, pictures);
    for (guint i = 0; good && i < table->len; i++) {
        gchar **line = table->pdata[i];
        const Person person = { number(line, 1), number(line, 2), number(line, 3), number(line, 4),
                                FALSE };
        guint index = (guint)number(line, 0) / FILM_STEP;
        good = index < pictures->len;
        if (good)
            add_person(&g_array_index(pictures, Picture, index), &person);
    }
    if (table)
        g_ptr_array_unref(table);
    g_free(elements);
    g_free(path);
    return good;
}

/* Puts a picture and its persons into place `place` of a mosaic. */
static void put(Picture *mosaic, const Picture *picture, gint place, gint columns, gint rows)
{
    gint column = place % columns, row = place / columns;
    for (gint y = 0; y < picture->height; y++)
        memcpy(mosaic->rgb + ((gsize)(row * picture->height + y) * MOSAIC_WIDTH +
                              (gsize)(column * picture->width)) *
                                 3,
               picture->rgb + (gsize)y * (gsize)picture->width * 3, (gsize)picture->width * 3);
    for (guint i = 0; i < picture->n_persons; i++) {
        const Person *from = &picture->persons[i];
        const Person person = { (from->x + column) / columns, (from->y + row) / rows,
                                from->w / columns, from->h / rows, from->crowd };
        add_person(mosaic, &person);
    }
}

/* As many as become full. */
static GArray *make_mosaics(const GArray *pictures, gint columns, gint rows)
{
    GArray *mosaics = pictures_new();
    guint each = (guint)(columns * rows);
    for (guint i = 0; i + each <= pictures->len; i += each) {
        Picture mosaic = { MOSAIC_WIDTH, MOSAIC_HEIGHT, g_malloc0(MOSAIC_WIDTH * MOSAIC_HEIGHT * 3),
                           NULL, 0 };
        for (guint k = 0; k < each; k++)
            put(&mosaic, &g_array_index(pictures, Picture, i + k), (gint)k, columns, rows);
        g_array_append_val(mosaics, mosaic);
    }
    return mosaics;
}

GArray *pictures_read(PicturesOf of, const gchar *shared, const gchar *persons, gint columns,
                      gint rows)
{
    gboolean alone = columns * rows == 1;
    gint width = alone ? 0 : MOSAIC_WIDTH / columns, height = alone ? 0 : MOSAIC_HEIGHT / rows;
    GArray *pictures = pictures_new(), *mosaics;
    if (!(of == PICTURES_FILM ? read_film(shared, persons, width, height, pictures)
                              : read_coco128(shared, width, height, pictures))) {
        g_array_unref(pictures);
        return NULL;
    }
    if (alone)
        return pictures;
    mosaics = make_mosaics(pictures, columns, rows);
    g_array_unref(pictures);
    return mosaics;
}
