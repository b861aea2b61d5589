/* SPDX-License-Identifier: MIT
 *
 * Any bytes as the life of a mobilenetclassify, mobilenetseg or mobilenetssd: records of
 * 24 bytes, an operation and what it needs, one after the other: caps, a buffer, an event,
 * a new state, a property, a query.  Bits 3 and up of the first operation choose the
 * element, which starts with a good model, playing.  Zeros are what is usual. */
#include <string.h>

#include <gst/mobilenet/gstmobilenetmeta.h>

#include "fuzz.h"
#include "fuzz_element.h"

#define RECORD 24
#define MAX_RECORDS 64
#define MAX_FRAME_BYTES (1 << 18) /* frames that would take more get fewer */

static guint16 two_bytes(const guint8 *from)
{
    return (guint16)(from[0] | from[1] << 8);
}

static gint pick_size(const guint8 *from)
{
    static const gint sizes[] = { 32, 64, 48, 1,   2, 3,  5,     7,     8,        16,      17,
                                  31, 33, 97, 160, 0, -1, 16384, 16385, G_MAXINT, G_MININT };
    return *from < 200 ? sizes[*from % G_N_ELEMENTS(sizes)] : two_bytes(from) >> 4;
}

static void set_colours(GstStructure *caps, const guint8 *from)
{
    static const gchar *const colours[] = { NULL,   "bt601",   "bt709",     "bt2020",
                                            "sRGB", "1:4:0:0", "2:3:5:1",   "9:9:9:9",
                                            "",     "x",       "2:1:16:16", "bt2100-pq" };
    static const gchar *const fields[] = { NULL,    "progressive", "interleaved",
                                           "mixed", "fields",      "alternate" };
    const gchar *colour = colours[from[0] % G_N_ELEMENTS(colours)];
    const gchar *interlace = fields[from[1] % G_N_ELEMENTS(fields)];
    if (colour)
        gst_structure_set(caps, "colorimetry", G_TYPE_STRING, colour, NULL);
    if (interlace)
        gst_structure_set(caps, "interlace-mode", G_TYPE_STRING, interlace, NULL);
    if (from[2] & 1)
        gst_structure_set(caps, "pixel-aspect-ratio", GST_TYPE_FRACTION, from[3], 1 + from[2] / 2,
                          NULL);
    if (from[2] & 2)
        gst_structure_set(caps, "views", G_TYPE_INT, (gint)from[3] - 3, NULL);
    if (from[2] & 4)
        gst_structure_set(caps, "chroma-site", G_TYPE_STRING, from[3] & 1 ? "jpeg" : "?", NULL);
}

/* `from`: what is left out or odd, format, width, height, rate, colours. */
static GstCaps *make_caps(const guint8 *from)
{
    static const gchar *const formats[] = {
        "RGB",  "NV12",      "NV21",      "I420",      "YV12", "YUY2",    "UYVY", "BGR",     "RGBx",
        "BGRx", "xRGB",      "xBGR",      "RGBA",      "BGRA", "ARGB",    "ABGR", "GRAY8",   "Y42B",
        "Y444", "I420_10LE", "P010_10LE", "GRAY16_LE", "v210", "ENCODED", "",     "nonsense"
    };
    guint odd = from[0];
    GstStructure *caps = gst_structure_new_empty(odd == 0xff ? "image/jpeg" : "video/x-raw");
    gint rate = (gint)(from[6] % 8) - 1;
    if (!(odd & 1))
        gst_structure_set(caps, "format", G_TYPE_STRING, formats[from[1] % G_N_ELEMENTS(formats)],
                          NULL);
    if (!(odd & 2))
        gst_structure_set(caps, "width", G_TYPE_INT, pick_size(from + 2), NULL);
    if (!(odd & 4))
        gst_structure_set(caps, "height", odd & 8 ? G_TYPE_UINT : G_TYPE_INT, pick_size(from + 4),
                          NULL);
    if (!(odd & 16))
        gst_structure_set(caps, "framerate", GST_TYPE_FRACTION, from[6] ? rate : 25,
                          1 + from[6] / 8, NULL);
    set_colours(caps, from + 7);
    GstCaps *whole = gst_caps_new_full(caps, NULL);
    if (odd & 32)
        gst_caps_set_features(whole, 0,
                              gst_caps_features_new(odd & 64 ? "memory:DMABuf" : "memory:x", NULL));
    return whole;
}

static void push_caps(FuzzElement *e, const guint8 *from)
{
    GstCaps *caps = make_caps(from);
    GstVideoInfo info;
    if (gst_video_info_from_caps(&info, caps))
        e->info = info;
    gst_pad_push_event(e->source, gst_event_new_caps(caps));
    gst_caps_unref(caps);
}

/* Strides and offsets: the caps', close to them, or anything. */
static void add_video_meta(const FuzzElement *e, GstBuffer *buffer, const guint8 *from)
{
    gsize offset[GST_VIDEO_MAX_PLANES];
    gint stride[GST_VIDEO_MAX_PLANES];
    const GstVideoInfo *info = &e->info;
    GstVideoFormat format = GST_VIDEO_INFO_FORMAT(info);
    gint width = GST_VIDEO_INFO_WIDTH(info), height = GST_VIDEO_INFO_HEIGHT(info);
    guint planes = GST_VIDEO_INFO_N_PLANES(info);
    guint odd = from[0];
    for (guint p = 0; p < GST_VIDEO_MAX_PLANES; p++) {
        guint8 how = from[1 + p];
        offset[p] = info->offset[p] + (how & 1 ? from[5 + p] : 0);
        stride[p] = info->stride[p] + (how & 2 ? (gint)from[5 + p] - 128 : 0);
        if (how & 4)
            offset[p] = (gsize)from[5 + p] << (from[9] % 57);
        if (how & 8)
            stride[p] = (gint)((guint)from[5 + p] << (from[9] % 25));
        if (how & 16)
            stride[p] = (gint)(0u - (guint)stride[p]);
    }
    if (odd & 1)
        width = pick_size(from + 9);
    if (odd & 2)
        height = pick_size(from + 10);
    if (odd & 4)
        planes = from[11] % (GST_VIDEO_MAX_PLANES + 1);
    if (odd & 8)
        format = from[11] % 120;
    gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, format, (guint)width,
                                   (guint)height, planes, offset, stride);
}

static void add_crop_meta(GstBuffer *buffer, const guint8 *from)
{
    static const guint edges[] = { 0, 1, 0x7fff, 0x8000, 0x7fffffff, 0x80000000, 0xffffffff };
    guint sides[4];
    for (guint i = 0; i < 4; i++)
        sides[i] = from[i] < 100 ? from[i] : edges[from[i] % G_N_ELEMENTS(edges)];
    GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta(buffer);
    crop->x = sides[0];
    crop->y = sides[1];
    crop->width = sides[2];
    crop->height = sides[3];
}

/* Blocks of their own size, so that a sanitizer sees reads behind them. */
static void append_memory(GstBuffer *buffer, gsize size, guint8 value)
{
    guint8 *block = g_malloc(size ? size : 1);
    memset(block, value, size);
    gst_buffer_append_memory(buffer,
                             gst_memory_new_wrapped(0, block, size, 0, size, block, g_free));
}

static gsize buffer_size(const FuzzElement *e, const guint8 *from)
{
    gsize whole = GST_VIDEO_INFO_SIZE(&e->info);
    switch (from[0] % 8) {
    case 4:
        return from[1];
    case 5:
        whole -= MIN(whole, 1 + (gsize)from[1]);
        break;
    case 6:
        whole += two_bytes(from + 1);
        break;
    case 7:
        whole /= 1 + (gsize)from[1];
        break;
    default:
        break;
    }
    return MIN(whole, MAX_FRAME_BYTES);
}

/* `from`: metas and times, size, value, split, meta, crop. */
static GstBuffer *make_buffer(const FuzzElement *e, const guint8 *from)
{
    GstBuffer *buffer = gst_buffer_new();
    gsize size = buffer_size(e, from + 1), first = from[4] ? size / (1 + from[4] / 16) : size;
    if (from[4] != 0xff)
        append_memory(buffer, first, from[3]);
    if (first < size)
        append_memory(buffer, size - first, (guint8)~from[3]);
    if (from[0] & 1)
        add_video_meta(e, buffer, from + 5);
    if (from[0] & 2)
        add_crop_meta(buffer, from + 17);
    if (!(from[0] & 4))
        GST_BUFFER_PTS(buffer) = e->n_buffers * 40 * GST_MSECOND;
    if (from[0] & 8)
        GST_BUFFER_PTS(buffer) = (GstClockTime)from[21] << (from[22] % 57);
    if (from[0] & 16)
        GST_BUFFER_DURATION(buffer) = (GstClockTime)from[21] << (from[20] % 57);
    if (from[0] & 32)
        GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_GAP | GST_BUFFER_FLAG_DISCONT);
    return buffer;
}

static void push_buffer(FuzzElement *e, const guint8 *from)
{
    GstBuffer *buffer = make_buffer(e, from);
    gboolean keep = from[0] & 64;
    guint64 received = e->received;
    fuzz_element_drain(e);
    if (keep)
        gst_buffer_ref(buffer);
    e->n_buffers++;
    GstFlowReturn flow = gst_pad_push(e->source, buffer);
    if (keep)
        gst_buffer_unref(buffer);
    if (flow == GST_FLOW_OK && e->received == received)
        fuzz_fail("a frame that was dropped");
    if (flow == GST_FLOW_ERROR && !fuzz_element_drain(e))
        fuzz_fail("a stream that ends without an error message");
}

static void push_segment(FuzzElement *e, const guint8 *from)
{
    static const GstFormat formats[] = { GST_FORMAT_TIME, GST_FORMAT_BYTES, GST_FORMAT_DEFAULT };
    static const gdouble rates[] = { 1, -1, 2.5, -0.001, 1e-9, 1e9 };
    GstSegment segment;
    gst_segment_init(&segment, formats[from[0] % G_N_ELEMENTS(formats)]);
    segment.rate = rates[from[1] % G_N_ELEMENTS(rates)];
    segment.applied_rate = rates[from[2] % G_N_ELEMENTS(rates)];
    segment.start = (guint64)from[3] << (from[4] % 57);
    segment.base = (guint64)from[5] << (from[6] % 57);
    segment.offset = (guint64)from[7] << (from[8] % 57);
    segment.time = (guint64)from[9] << (from[10] % 57);
    if (from[11])
        segment.stop = segment.start + ((guint64)from[11] << (from[12] % 50));
    gst_pad_push_event(e->source, gst_event_new_segment(&segment));
}

/* Nobody is earlier than the stream's start. */
static void push_lateness(FuzzElement *e, const guint8 *from, guint64 time, gint64 diff)
{
    if (from[2] & 1)
        time = GST_CLOCK_TIME_NONE;
    if (from[0] & 4)
        diff = -(gint64)MIN((guint64)diff, time);
    gst_pad_push_event(e->sink, gst_event_new_qos(from[0] % 3, from[1] / 10.0, diff, time));
}

static void push_event(FuzzElement *e, const guint8 *from)
{
    guint64 time = (guint64)from[1] << (from[2] % 57);
    guint64 diff = (guint64)from[3] << (from[4] % 55);

    switch (from[0] % 9) {
    case 0:
        push_segment(e, from + 1);
        break;
    case 1:
        gst_pad_push_event(e->source, gst_event_new_flush_start());
        break;
    case 2:
        gst_pad_push_event(e->source, gst_event_new_flush_stop(from[1] & 1));
        break;
    case 3:
        gst_pad_push_event(e->source, gst_event_new_eos());
        break;
    case 4:
        gst_pad_push_event(e->source, gst_event_new_gap(time, from[3]));
        break;
    case 5:
        gst_pad_push_event(e->source, gst_event_new_stream_start("another"));
        break;
    case 6:
        push_lateness(e, from + 5, time, (gint64)diff);
        break;
    case 7:
        gst_pad_push_event(e->sink, gst_event_new_reconfigure());
        break;
    default:
        gst_pad_push_event(e->source, gst_event_new_tag(gst_tag_list_new_empty()));
        break;
    }
}

static void ask(FuzzElement *e, const guint8 *from)
{
    GstCaps *caps = make_caps(from + 1);
    GstQuery *query;
    switch (from[0] % 5) {
    case 0:
        query = gst_query_new_caps(from[0] & 64 ? caps : NULL);
        break;
    case 1:
        query = gst_query_new_accept_caps(caps);
        break;
    case 2:
        query = gst_query_new_allocation(caps, TRUE);
        break;
    case 3:
        query = gst_query_new_latency();
        break;
    default:
        query = gst_query_new_position(GST_FORMAT_TIME);
        break;
    }
    if (from[0] & 128)
        gst_pad_peer_query(e->source, query);
    else
        gst_pad_peer_query(e->sink, query);
    gst_query_unref(query);
    gst_caps_unref(caps);
}

static void do_record(FuzzElement *e, const guint8 *record)
{
    static const GstState states[] = { GST_STATE_PLAYING, GST_STATE_PAUSED, GST_STATE_READY,
                                       GST_STATE_NULL };
    const guint8 *from = record + 1;
    switch (record[0] % 8) {
    case 0:
        push_caps(e, from);
        break;
    case 1:
    case 2:
        push_buffer(e, from);
        break;
    case 3:
        push_event(e, from);
        break;
    case 4:
        e->live = from[1] & 1;
        fuzz_element_set_state(e, states[from[0] % G_N_ELEMENTS(states)]);
        break;
    case 5:
        fuzz_element_set_property(e, from, RECORD - 1);
        break;
    case 6:
        ask(e, from);
        break;
    default: /* A property that counts from the next start on. */
        fuzz_element_set_state(e, GST_STATE_NULL);
        fuzz_element_set_property(e, from, RECORD - 1);
        fuzz_element_set_state(e, GST_STATE_PLAYING);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FuzzElement e;
    fuzz_element_open(&e, size ? data[0] / 8 % FUZZ_KINDS : FUZZ_CLASSIFY);
    for (size_t i = 0; i < MAX_RECORDS && (i + 1) * RECORD <= size; i++)
        do_record(&e, data + i * RECORD);
    fuzz_element_close(&e);
    return 0;
}
