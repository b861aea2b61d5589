/* SPDX-License-Identifier: MIT
 *
 * Class maps of pictures by a network, for tests of what they are worth. */
#include "segmaps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool segmaps_open(SegMaps *maps, const char *path)
{
    MnetError error = { MNET_OK, "" };
    memset(maps, 0, sizeof *maps);
    maps->model = mnet_model_load(path, NULL, &error);
    maps->session = maps->model ? mnet_session_new(maps->model, NULL, &error) : NULL;
    if (maps->session)
        maps->segmenter = mnet_segmenter_new(mnet_model_input(maps->model, 0),
                                             mnet_model_output(maps->model, 0), NULL, &error);
    if (!maps->segmenter) {
        printf("FAILED %s\n", error.text);
        return false;
    }
    maps->height = mnet_model_input(maps->model, 0)->dims[1];
    maps->width = mnet_model_input(maps->model, 0)->dims[2];
    maps->pixels = (size_t)mnet_segmenter_width(maps->segmenter) *
                   (size_t)mnet_segmenter_height(maps->segmenter);
    maps->map = malloc(maps->pixels);
    return maps->map != NULL;
}

void segmaps_close(SegMaps *maps)
{
    mnet_segmenter_free(maps->segmenter);
    mnet_session_free(maps->session);
    mnet_model_unref(maps->model);
    free(maps->map);
}

bool segmaps_run(SegMaps *maps, const Picture *picture)
{
    if (!picture_convert(picture, mnet_model_input(maps->model, 0),
                         mnet_session_input(maps->session, 0)))
        return false;
    mnet_session_run(maps->session);
    mnet_segmenter_decode(maps->segmenter, mnet_session_output(maps->session, 0), maps->map, NULL);
    return true;
}
