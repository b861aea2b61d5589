/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a model's metadata with its archive, for a network of one output
 * and one of two. */
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "format/metadata.h"
#include "fuzz.h"

static void check_normalization(const MnetNormalization *n)
{
    if (n->n > 4)
        fuzz_fail("a normalisation of more than four channels");
    for (size_t c = 0; c < n->n; c++)
        if (!isfinite(n->mean[c]) || !isfinite(n->std[c]) || n->std[c] == 0)
            fuzz_fail("a normalisation that cannot be used");
}

static void check_labels(const MnetLabelText *text)
{
    MnetError error = { MNET_OK, "" };
    if (!text->text)
        return;
    MnetLabels *labels = mnet_labels_parse(text->text, text->size, text->name, &error);
    if (!labels)
        fuzz_check_error(&error);
    mnet_labels_unref(labels);
}

static void read_metadata(const uint8_t *data, size_t size, int32_t outputs)
{
    MnetStore store = { .limit = (size_t)64 << 20 };
    MnetGraph graph = { .n_inputs = 2, .n_outputs = outputs, .store = &store };
    MnetMetadata metadata;
    MnetError error = { MNET_OK, "" };
    if (mnet_metadata_read(data, size, &graph, &store, &metadata, &error)) {
        fuzz_check_error(&error);
    } else {
        for (int32_t i = 0; i < graph.n_inputs; i++)
            check_normalization(&metadata.inputs[i]);
        for (int32_t i = 0; i < outputs; i++)
            check_labels(&metadata.outputs[i]);
        if (!mnet_utf8_valid(metadata.description, strlen(metadata.description)))
            fuzz_fail("a description that is not UTF-8");
    }
    mnet_store_clear(&store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_metadata(data, size, 1);
    read_metadata(data, size, 2);
    return 0;
}
