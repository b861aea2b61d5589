/* SPDX-License-Identifier: MIT
 *
 * An element that analyses between two pads, for its fuzz target.  The models and
 * labels are files in memory; no registry and no other plugin is read. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gst/mobilenet/gstmobilenetmeta.h>

#include "fuzz.h"
#include "fuzz_element.h"
#include "gstmobilenetclassify.h"
#include "gstmobilenetseg.h"
#include "gstmobilenetssd.h"
#include "tflitebuilder.h"

#define LONGEST_LOAD_MS 60000

#define N_MODELS 6
#define MAX_PIXELS (1 << 12) /* of inputs that are computed */

static gchar *model_paths[FUZZ_KINDS][N_MODELS];
static gchar *labels_path;
static int labels_file;

static int memory_file(gchar **path, const void *data, size_t size)
{
    int file = memfd_create("fuzz", MFD_CLOEXEC);
    if (file < 0 || write(file, data, size) != (ssize_t)size)
        fuzz_fail("no file in memory");
    *path = g_strdup_printf("/proc/self/fd/%d", file);
    return file;
}

static void add_model(gchar **path, TbFile file, size_t cut)
{
    memory_file(path, file.data, file.size - cut);
    tb_file_free(&file);
}

/* A softmax over all of its input: no size but its own. */
static TbFile flat_model(int rank, const int32_t *dims)
{
    return tb_one_operator(
        &(TbOperator){ .builtin = TFL_OP_SOFTMAX, .options = tb_softmax_options(1) }, rank, dims);
}

/* The next start reads them. */
static void write_labels(const void *text, size_t size)
{
    if (ftruncate(labels_file, 0) || pwrite(labels_file, text, size, 0) != (ssize_t)size)
        fuzz_fail("labels that cannot be written");
}

static void make_classifiers(gchar **paths)
{
    add_model(&paths[0],
              tb_tiny_classifier(&(TbTiny){ .type = TFL_TYPE_UINT8, .width = 16, .height = 12 }),
              0);
    add_model(&paths[1],
              tb_tiny_classifier(&(TbTiny){
                  .type = TFL_TYPE_FLOAT32, .width = 17, .height = 9, .normalization = true }),
              0);
    add_model(&paths[2],
              tb_tiny_classifier(&(TbTiny){ .type = TFL_TYPE_INT8, .width = 9, .logits = true }),
              0);
    add_model(&paths[3],
              tb_tiny_classifier(
                  &(TbTiny){ .type = TFL_TYPE_UINT8, .width = 8, .height = 8, .labels = true }),
              0);
    add_model(&paths[4], flat_model(4, (const int32_t[]){ 1, 8, 8, 3 }), 0);
    add_model(&paths[5],
              tb_tiny_classifier(&(TbTiny){ .type = TFL_TYPE_UINT8, .width = 16, .height = 12 }),
              300);
}

/* A sigmoid, `classes` for each pixel: with 4 channels and one class a network that is
 * shown its mask of the frame before. */
static TbFile mask_model(int32_t side, int32_t channels, int32_t classes)
{
    static const float weights[16] = { 3, -2, 1, 0.5f, -1, 2 }, biases[4] = { -1, 0.5f };
    TbModel *model = tb_model_new();
    TbTensor picture = {
        .name = "picture", .type = TFL_TYPE_FLOAT32, .rank = 4, .dims = { 1, side, side, channels }
    };
    TbTensor map = picture, filter = picture,
             bias = { .name = "bias",
                      .type = TFL_TYPE_FLOAT32,
                      .rank = 1,
                      .dims = { classes },
                      .data = biases,
                      .bytes = 4 * (size_t)classes };
    filter.dims[0] = classes;
    filter.dims[1] = filter.dims[2] = 1;
    filter.data = weights;
    filter.bytes = 4 * (size_t)(classes * channels);
    map.dims[3] = classes;
    int32_t in = tb_tensor(model, &picture), logits = tb_tensor(model, &map);
    int32_t out = tb_tensor(model, &map);
    tb_operator(model,
                &(TbOperator){ .builtin = TFL_OP_CONV_2D,
                               .inputs = { in, tb_tensor(model, &filter), tb_tensor(model, &bias) },
                               .n_inputs = 3,
                               .outputs = { logits },
                               .n_outputs = 1,
                               .options = tb_conv_options(0, 1, 1, 1, 1, 0) });
    tb_operator(model, &(TbOperator){ .builtin = TFL_OP_LOGISTIC,
                                      .inputs = { logits },
                                      .n_inputs = 1,
                                      .outputs = { out },
                                      .n_outputs = 1 });
    tb_input(model, in);
    tb_output(model, out);
    return tb_finish(model);
}

/* A box for each pixel, of numbers of a convolution, and scores of three classes. */
static TbFile box_model(int32_t side)
{
    static const float weights[12] = { 1, 0.5f, 0, 0.2f, 1, 0, 0.3f, 0, 1 };
    static const float biases[4] = { 0, 0, 0.5f, 0.5f };
    const int32_t flat[] = { 1, side * side, 4 }, classes[] = { 1, side * side, 3 };
    TbModel *model = tb_model_new();
    TbTensor picture = {
        .name = "picture", .type = TFL_TYPE_FLOAT32, .rank = 4, .dims = { 1, side, side, 3 }
    };
    TbTensor map = picture, filter = picture;
    TbTensor bias = { .name = "bias",
                      .type = TFL_TYPE_FLOAT32,
                      .rank = 1,
                      .dims = { 4 },
                      .data = biases,
                      .bytes = sizeof biases };
    TbTensor boxes = { .name = "boxes", .type = TFL_TYPE_FLOAT32, .rank = 3 }, scores = boxes;
    memcpy(boxes.dims, flat, sizeof flat);
    memcpy(scores.dims, classes, sizeof classes);
    filter.dims[0] = map.dims[3] = 4;
    filter.dims[1] = filter.dims[2] = 1;
    filter.data = weights;
    filter.bytes = sizeof weights;
    int32_t in = tb_tensor(model, &picture), numbers = tb_tensor(model, &map);
    int32_t rows = tb_tensor(model, &scores);
    int32_t outputs[] = { tb_tensor(model, &boxes), tb_tensor(model, &scores) };
    TbOperator op = { .builtin = TFL_OP_CONV_2D,
                      .inputs = { in, tb_tensor(model, &filter), tb_tensor(model, &bias) },
                      .n_inputs = 3,
                      .outputs = { numbers },
                      .n_outputs = 1,
                      .options = tb_conv_options(0, 1, 1, 1, 1, 0) };
    tb_operator(model, &op);
    op = (TbOperator){ .builtin = TFL_OP_RESHAPE,
                       .inputs = { numbers },
                       .n_inputs = 1,
                       .outputs = { outputs[0] },
                       .n_outputs = 1,
                       .options = tb_reshape_options(3, flat) };
    tb_operator(model, &op);
    op.inputs[0] = in;
    op.outputs[0] = rows;
    op.options = tb_reshape_options(3, classes);
    tb_operator(model, &op);
    op = (TbOperator){ .builtin = TFL_OP_LOGISTIC,
                       .inputs = { rows },
                       .n_inputs = 1,
                       .outputs = { outputs[1] },
                       .n_outputs = 1 };
    tb_operator(model, &op);
    tb_input(model, in);
    tb_output(model, outputs[0]);
    tb_output(model, outputs[1]);
    return tb_finish(model);
}

static void make_segmenters(gchar **paths)
{
    add_model(&paths[0], mask_model(8, 3, 1), 0);
    add_model(&paths[1], mask_model(9, 4, 1), 0);
    add_model(&paths[2], mask_model(5, 3, 4), 0);
    add_model(&paths[3], flat_model(4, (const int32_t[]){ 1, 6, 7, 3 }), 0);
    add_model(&paths[4], mask_model(6, 4, 3), 0);
    add_model(&paths[5], mask_model(8, 3, 1), 100);
}

static void make_detectors(gchar **paths)
{
    add_model(&paths[0], box_model(8), 0);
    add_model(&paths[1], box_model(5), 0);
    add_model(&paths[2], box_model(16), 0);
    add_model(&paths[3], flat_model(4, (const int32_t[]){ 1, 8, 8, 3 }), 0);
    add_model(&paths[4], mask_model(8, 3, 4), 0);
    add_model(&paths[5], box_model(8), 100);
}

static void make_files(void)
{
    make_classifiers(model_paths[FUZZ_CLASSIFY]);
    make_segmenters(model_paths[FUZZ_SEG]);
    make_detectors(model_paths[FUZZ_SSD]);
    labels_file = memory_file(&labels_path, "", 0);
}

/* Criticals are programming errors; warnings are what GObject says to values
 * that are out of range, and GStreamer to streams in disorder. */
static void log_text(const gchar *domain, GLogLevelFlags level, const gchar *text, gpointer user)
{
    if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
        fuzz_fail(text);
}

static void initialise(void)
{
    static gboolean done;
    if (done)
        return;
    done = TRUE;
    g_setenv("GST_REGISTRY_DISABLE", "yes", TRUE);
    g_setenv("GST_PLUGIN_SYSTEM_PATH_1_0", "", TRUE);
    g_setenv("GST_PLUGIN_PATH_1_0", "", TRUE);
    gst_init(NULL, NULL);
    g_log_set_default_handler(log_text, NULL);
    make_files();
}

static void check_results(GstMobilenetClassificationMeta *meta)
{
    guint n = gst_mobilenet_classification_meta_get_n_results(meta), index;
    const gchar *label;
    gdouble score, last = 1;
    for (guint i = 0; i < n; i++) {
        if (!gst_mobilenet_classification_meta_get_result(meta, i, &index, &label, &score))
            fuzz_fail("a result that is not there");
        if (!(score >= 0 && score <= last) || (label && !g_utf8_validate(label, -1, NULL)))
            fuzz_fail("a score or label that cannot be");
        last = score;
    }
}

/* A map of its size, and shares that are those of all its pixels together. */
static void check_map(GstMobilenetSegmentationMeta *meta)
{
    const GstMobilenetSegmentation *map = meta->segmentation;
    guint n = gst_mobilenet_segmentation_get_n_results(map), width, height, index;
    const gchar *label;
    gdouble score, share, all = 0;
    gst_mobilenet_segmentation_get_size(map, &width, &height);
    if (g_bytes_get_size(gst_mobilenet_segmentation_get_classes(map)) != (gsize)width * height)
        fuzz_fail("a map of another size");
    for (guint i = 0; i < n; i++) {
        if (!gst_mobilenet_segmentation_get_result(map, i, &index, &label, &score, &share))
            fuzz_fail("an area that is not there");
        if (!(score >= 0 && score <= 1 && share > 0) ||
            (label && !g_utf8_validate(label, -1, NULL)))
            fuzz_fail("a score, share or label that cannot be");
        all += share;
    }
    if (all > 1.000001)
        fuzz_fail("areas of more than the picture");
}

static void check_boxes(GstMobilenetDetectionMeta *meta)
{
    guint n = gst_mobilenet_detection_meta_get_n_results(meta), id, index;
    const gchar *label;
    gdouble score;
    for (guint i = 0; i < n; i++)
        if (!gst_mobilenet_detection_meta_get_result(meta, i, &id, &index, &label, &score) ||
            !(score >= 0 && score <= 1) || (label && !g_utf8_validate(label, -1, NULL)))
            fuzz_fail("a detection that cannot be");
}

static GstFlowReturn receive(GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
    FuzzElement *e = gst_pad_get_element_private(pad);
    GstMobilenetClassificationMeta *meta = gst_buffer_get_mobilenet_classification_meta(buffer);
    GstMobilenetSegmentationMeta *map = gst_buffer_get_mobilenet_segmentation_meta(buffer);
    GstMobilenetDetectionMeta *boxes = gst_buffer_get_mobilenet_detection_meta(buffer);
    e->received++;
    if (meta)
        check_results(meta);
    if (map)
        check_map(map);
    if (boxes)
        check_boxes(boxes);
    gst_buffer_unref(buffer);
    return GST_FLOW_OK;
}

static gboolean answer(GstPad *pad, GstObject *parent, GstQuery *query)
{
    FuzzElement *e = gst_pad_get_element_private(pad);
    if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY)
        return gst_pad_query_default(pad, parent, query);
    gst_query_set_latency(query, e->live, 0, GST_CLOCK_TIME_NONE);
    return TRUE;
}

static GstPad *add_pad(FuzzElement *e, GstPadDirection direction)
{
    GstPad *pad = gst_pad_new(NULL, direction);
    gst_pad_set_element_private(pad, e);
    gst_pad_set_query_function(pad, answer);
    if (direction == GST_PAD_SINK)
        gst_pad_set_chain_function(pad, receive);
    gst_pad_set_active(pad, TRUE);
    return pad;
}

/* Anew after each start: the sticky events are sent again. */
static void link_source(FuzzElement *e)
{
    GstPad *pad = gst_element_get_static_pad(e->element, "sink");
    if (gst_pad_is_linked(e->source))
        gst_pad_unlink(e->source, pad);
    gst_pad_link_full(e->source, pad, GST_PAD_LINK_CHECK_NOTHING);
    gst_object_unref(pad);
}

static GstElement *new_element(FuzzKind kind)
{
    const gchar *model = model_paths[kind][0];
    switch (kind) {
    case FUZZ_SEG:
        return g_object_new(GST_TYPE_MOBILENET_SEG, "model-file", model, NULL);
    case FUZZ_SSD: {
        GstElement *element = g_object_new(GST_TYPE_MOBILENET_SSD, "model-file", model, NULL);
        gst_util_set_object_arg(G_OBJECT(element), "box-format", "corners-yx");
        gst_util_set_object_arg(G_OBJECT(element), "background-class", "none");
        return element;
    }
    default:
        return g_object_new(GST_TYPE_MOBILENET_CLASSIFY, "model-file", model, NULL);
    }
}

void fuzz_element_open(FuzzElement *e, FuzzKind kind)
{
    GstSegment segment;
    initialise();
    write_labels("a\nb\nc\nd\n", 8);
    memset(e, 0, sizeof *e);
    e->kind = kind;
    gst_video_info_set_format(&e->info, GST_VIDEO_FORMAT_RGB, 32, 32);
    e->element = gst_object_ref_sink(new_element(kind));
    e->bus = gst_bus_new();
    gst_element_set_bus(e->element, e->bus);
    e->source = add_pad(e, GST_PAD_SRC);
    e->sink = add_pad(e, GST_PAD_SINK);
    GstPad *pad = gst_element_get_static_pad(e->element, "src");
    gst_pad_link_full(pad, e->sink, GST_PAD_LINK_CHECK_NOTHING);
    gst_object_unref(pad);
    gst_pad_push_event(e->source, gst_event_new_stream_start("fuzz"));
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(e->source, gst_event_new_segment(&segment));
    fuzz_element_set_state(e, GST_STATE_PLAYING);
}

void fuzz_element_close(FuzzElement *e)
{
    fuzz_element_set_state(e, GST_STATE_NULL);
    gst_pad_set_active(e->source, FALSE);
    gst_pad_set_active(e->sink, FALSE);
    gst_bus_set_flushing(e->bus, TRUE); /* messages hold the element */
    /* A thread that loads another model, or frees one, holds it, too, and may be about to
     * post when the bus is flushed. */
    for (guint i = 0; GST_OBJECT_REFCOUNT_VALUE(e->element) != 1 && i < LONGEST_LOAD_MS; i++) {
        g_usleep(1000);
        gst_bus_set_flushing(e->bus, TRUE);
    }
    if (GST_OBJECT_REFCOUNT_VALUE(e->element) != 1)
        fuzz_fail("an element that somebody still holds");
    gst_object_unref(e->element);
    gst_object_unref(e->source);
    gst_object_unref(e->sink);
    gst_object_unref(e->bus);
}

guint fuzz_element_drain(FuzzElement *e)
{
    GstMessage *message;
    guint errors = 0;
    while ((message = gst_bus_pop(e->bus))) {
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
            GError *error;
            gst_message_parse_error(message, &error, NULL);
            if (!*error->message || !g_utf8_validate(error->message, -1, NULL))
                fuzz_fail("an error without a text, or one that is not UTF-8");
            g_error_free(error);
            errors++;
        }
        gst_message_unref(message);
    }
    return errors;
}

void fuzz_element_set_state(FuzzElement *e, GstState state)
{
    GstState old = GST_STATE(e->element);
    fuzz_element_drain(e);
    GstStateChangeReturn changed = gst_element_set_state(e->element, state);
    guint errors = fuzz_element_drain(e);
    if (changed == GST_STATE_CHANGE_FAILURE && errors != 1)
        fuzz_fail("a start that fails without one error message");
    if (changed == GST_STATE_CHANGE_FAILURE && state <= GST_STATE_READY)
        fuzz_fail("a stop that fails");
    if (changed != GST_STATE_CHANGE_FAILURE && errors)
        fuzz_fail("an error message of a start that does not fail");
    if (state >= GST_STATE_PAUSED && old < GST_STATE_PAUSED)
        link_source(e);
}

/* Too large an input would only take long. */
static gboolean is_large(const gchar *size)
{
    gchar *end;
    guint64 width = g_ascii_strtoull(size, &end, 10);
    guint64 height = *end == 'x' ? g_ascii_strtoull(end + 1, NULL, 10) : width;
    return width <= 16384 && height <= 16384 && width * height > MAX_PIXELS;
}

static const gchar *known_text(FuzzKind kind, const gchar *name, guint8 which)
{
    static const gchar *const numbers[] = { NULL, "127.5", "1,2,3",     "0",   "nan",
                                            "",   "1e-40", "-1,1e38,1", "1,2", "1e999" };
    static const gchar *const sizes[] = { NULL,    "8",  "7x5", "1",      "64x16",  "2000x1",
                                          "300x2", "32", "0",   "16384x", "999999", "16384" };
    static const gchar *const sets[] = { NULL, "c", "auto", "avx2", "avx512vnni", "z80" };
    static const gchar *const bad[] = { NULL, "/dev/zero", "/proc", "/no/such", "/dev/null", "" };
    if (!strcmp(name, "input-size"))
        return sizes[which % G_N_ELEMENTS(sizes)];
    if (!strcmp(name, "cpu"))
        return sets[which % G_N_ELEMENTS(sets)];
    if (!strcmp(name, "labels-file"))
        return which < 160 ? labels_path : bad[which % G_N_ELEMENTS(bad)];
    if (!strcmp(name, "model-file"))
        return which < 200 ? model_paths[kind][which % N_MODELS] : bad[which % G_N_ELEMENTS(bad)];
    return numbers[which % G_N_ELEMENTS(numbers)];
}

/* Text that is known to matter, or any bytes.  Those of labels go into their
 * file, which is read at the next start. */
static void set_text(FuzzElement *e, const gchar *name, const guint8 *from, gsize size)
{
    gchar *any = g_strndup((const gchar *)from + 2, size - 2);
    const gchar *text = from[0] & 1 ? any : known_text(e->kind, name, from[1]);
    if (!strcmp(name, "labels-file") && from[0] & 2) {
        write_labels(from + 2, size - 2);
        text = labels_path;
    }
    if (strcmp(name, "input-size") || !text || text != any || !is_large(text))
        g_object_set(e->element, name, text, NULL);
    g_free(any);
}

static void set_number(FuzzElement *e, GParamSpec *spec, const guint8 *from)
{
    /* Threads up to 6: more than the machine has wait for each other. */
    static const guint numbers[] = { 1, 2, 3, 4, 0, 5, 6, 65, 66, G_MAXINT, 0x80000000, G_MAXUINT };
    static const gdouble reals[] = { 0, 0.5, 1, -1, 2, 1e-30, INFINITY };
    GValue value = G_VALUE_INIT;
    g_value_init(&value, spec->value_type);
    if (G_IS_PARAM_SPEC_BOOLEAN(spec))
        g_value_set_boolean(&value, from[1] & 1);
    else if (G_IS_PARAM_SPEC_ENUM(spec))
        g_value_set_enum(&value, (gint)(gint8)from[1]);
    else if (G_IS_PARAM_SPEC_UINT(spec))
        g_value_set_uint(&value, numbers[from[1] % G_N_ELEMENTS(numbers)]);
    else if (G_IS_PARAM_SPEC_DOUBLE(spec))
        g_value_set_double(&value, reals[from[1] % G_N_ELEMENTS(reals)]);
    /* GObject lets no element see a value beyond its specification, nor NaN, and
     * takes them for programming errors. */
    g_param_value_validate(spec, &value);
    g_object_set_property(G_OBJECT(e->element), spec->name, &value);
    g_value_unset(&value);
}

void fuzz_element_set_property(FuzzElement *e, const guint8 *from, gsize size)
{
    guint n;
    GParamSpec **specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(e->element), &n);
    GParamSpec *spec = specs[from[0] % n];
    if (spec->owner_type == GST_TYPE_OBJECT || !(spec->flags & G_PARAM_WRITABLE))
        ; /* name, parent; stats */
    else if (G_IS_PARAM_SPEC_STRING(spec))
        set_text(e, spec->name, from + 1, size - 1);
    else
        set_number(e, spec, from + 1);
    g_free(specs);
}
