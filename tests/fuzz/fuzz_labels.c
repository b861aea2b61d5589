/* SPDX-License-Identifier: MIT
 *
 * Any bytes as labels. */
#include <string.h>

#include "base/utf8.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MnetError error = { MNET_OK, "" };
    MnetLabels *labels = mnet_labels_parse((const char *)data, size, "labels", &error);
    if (!labels) {
        fuzz_check_error(&error);
        return 0;
    }
    size_t count = mnet_labels_count(labels), bytes = 0;
    if (!count || count > MNET_MAX_LABELS)
        fuzz_fail("a count of labels that is out of range");
    for (size_t i = 0; i < count; i++) {
        const char *label = mnet_labels_get(labels, i);
        size_t length = strlen(label);
        bytes += length;
        if (!mnet_utf8_valid(label, length) || strchr(label, '\n'))
            fuzz_fail("a label that is no line of UTF-8");
    }
    if (bytes > size)
        fuzz_fail("labels longer than their text");
    mnet_labels_unref(labels);
    return 0;
}
