/* SPDX-License-Identifier: MIT
 *
 * Frames for the tests of the image room: planes between pages that cannot be
 * touched, filled with numbers, and read back sample by sample. */
#ifndef IMAGE_FRAME_H
#define IMAGE_FRAME_H

#include <mnet/image.h>

#define N_FORMATS (MNET_PIXEL_GRAY8 + 1)

extern const char *const format_names[N_FORMATS];

/* Memory of which the byte before (`at_end`: behind) the first (last) one is
 * on a page that cannot be touched; the other side is near one too. */
typedef struct {
    void *map;
    size_t map_bytes;
    uint8_t *bytes;
} Guarded;

Guarded guarded_new(size_t bytes, bool at_end);
void guarded_free(Guarded *guarded);

typedef enum { FILL_NOISE, FILL_MIDDLE, FILL_STRIPES, FILL_WHITE, N_FILLS } Fill;

typedef struct {
    MnetFrameInfo info;
    MnetPlanes planes;
    Guarded memory[4];
} Frame;

/* How planes lie in memory. */
typedef struct {
    bool at_end;
    bool bottom_up; /* negative strides */
    int gap;        /* unused bytes behind each row but the lowest in memory */
} Layout;

Frame frame_new(const MnetFrameInfo *info, Layout layout, Fill fill);
void frame_free(Frame *frame);

/* Pixels that one sample of component 0..2 (R G B or Y U V) spans. */
int frame_sub_x(MnetPixelFormat format, int component);
int frame_sub_y(MnetPixelFormat format, int component);
bool frame_is_rgb(MnetPixelFormat format);
int frame_depth(MnetPixelFormat format);

/* Where sample (x, y) of a component lies, and its number (10 bits: 0..1023). */
uint8_t *frame_at(const Frame *frame, int component, int x, int y);
int frame_get(const Frame *frame, int component, int x, int y);
void frame_set(const Frame *frame, int component, int x, int y, int value);

/* Numbers that look random, the same in every run. */
uint32_t next_random(void);

#endif
