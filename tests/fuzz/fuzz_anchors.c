/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a file of anchors. */
#include <math.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MnetError error = { MNET_OK, "" };
    MnetAnchors *anchors = mnet_anchors_parse(data, size, "anchors", &error);
    if (!anchors) {
        fuzz_check_error(&error);
        return 0;
    }
    size_t n = mnet_anchors_count(anchors);
    if (!n || n > MNET_MAX_ANCHORS || n > size)
        fuzz_fail("a count of anchors that is out of range");
    for (size_t i = 0; i < n; i++) {
        float box[4];
        mnet_anchors_get(anchors, i, box);
        if (!(fabsf(box[0]) <= 16 && fabsf(box[1]) <= 16 && box[2] > 0 && box[2] <= 16 &&
              box[3] > 0 && box[3] <= 16))
            fuzz_fail("an anchor that is out of range");
    }
    mnet_anchors_free(anchors);
    return 0;
}
