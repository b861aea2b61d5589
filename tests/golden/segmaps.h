/* SPDX-License-Identifier: MIT
 *
 * Class maps of pictures by a network, for tests of what they are worth. */
#ifndef SEGMAPS_H
#define SEGMAPS_H

#include <mnet/mnet.h>

#include "pictures.h"

typedef struct {
    MnetModel *model;
    MnetSession *session;
    MnetSegmenter *segmenter;
    int width, height; /* of the input */
    size_t pixels;     /* of the map */
    uint8_t *map;
} SegMaps;

/* Prints what is wrong; to be closed either way. */
bool segmaps_open(SegMaps *maps, const char *path);
void segmaps_close(SegMaps *maps);
/* Fills the map.  Pictures of another size than the input are scaled as frames are. */
bool segmaps_run(SegMaps *maps, const Picture *picture);

#endif
