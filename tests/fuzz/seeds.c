/* SPDX-License-Identifier: MIT
 *
 * What the fuzz targets start from: sample models, and texts. */
#include "seeds.h"

#include <stdio.h>
#include <string.h>

#include "samplemodels.h"

static const char *const label_texts[] = {
    "red\ngreen\nblue\n",
    "\xef\xbb\xbfuno\r\ndos\r\n\r\n",
    "0 background\n3  tench\n17\tgoldfish\n",
    "0:cat\n1:dog\n",
    "999999 last\n",
    "1000000 too far\n",
    "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa6\n",
    "\xc0\x80\n",
    "\n\n\n",
};

static void label_seeds(SeedFunc each, void *user)
{
    for (size_t i = 0; i < sizeof label_texts / sizeof *label_texts; i++) {
        char name[32];
        snprintf(name, sizeof name, "labels-%zu", i);
        each(user, name, (const uint8_t *)label_texts[i], strlen(label_texts[i]));
    }
}

/* Normalisation and labels of several places, one of them missing. */
static void metadata_seed(SeedFunc each, void *user)
{
    TbFile facts = tb_metadata(
        &(TbMetadata){ .description = "two inputs",
                       .inputs = { { .n = 1, .mean = { 0 }, .std = { 1 } },
                                   { .n = 3, .mean = { 1, 2, 3 }, .std = { 4, 5, 6 } } },
                       .outputs = { { .labels = "none.txt" }, { .labels = "a.txt" } },
                       .subgraph_labels = "b.txt",
                       .model_labels = "a.txt" });
    TbModel *model = tb_model_new();
    tb_model_metadata(model, "TFLITE_METADATA", facts.data, facts.size);
    TbFile file = tb_finish(model);
    const TbEntry entries[] = { { .name = "a.txt", .data = "one\ntwo\n", .size = 8 },
                                { .name = "b.txt",
                                  .data = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
                                  .size = 32,
                                  .deflate = true } };
    tb_append_zip(&file, entries, 2);
    each(user, "metadata", file.data, file.size);
    tb_file_free(&file);
    tb_file_free(&facts);
}

/* Options of the post-process, fast and regular. */
static void option_seeds(SeedFunc each, void *user)
{
    for (int regular = 0; regular < 2; regular++) {
        TbFile file = tb_post_process_options(&(TbPostProcess){ .max_detections = 10,
                                                                .max_classes = 1,
                                                                .per_class = 5,
                                                                .n_classes = 3 - regular,
                                                                .regular = regular,
                                                                .score_threshold = 0.1f,
                                                                .iou_threshold = 0.6f });
        each(user, regular ? "regular" : "fast", file.data, file.size);
        tb_file_free(&file);
    }
}

static const struct {
    const char *target;
    void (*seeds)(SeedFunc each, void *user);
} own_seeds[] = { { "fuzz_labels", label_seeds },
                  { "fuzz_element", element_seeds },
                  { "fuzz_anchors", anchor_seeds },
                  { "fuzz_flexbuf", option_seeds },
                  { "fuzz_detector", detector_seeds } };

void seeds_of(const char *target, SeedFunc each, void *user)
{
    for (size_t i = 0; i < sizeof own_seeds / sizeof *own_seeds; i++)
        if (!strcmp(target, own_seeds[i].target)) {
            own_seeds[i].seeds(each, user);
            return;
        }
    bool facts_only = !strcmp(target, "fuzz_metadata");
    if (facts_only)
        metadata_seed(each, user);
#ifdef SEEDS_OF_NETS
    if (!strcmp(target, "fuzz_net"))
        net_seeds(each, user);
#endif
    /* The first models are those with metadata. */
    for (size_t i = 0; i < (facts_only ? 3 : sample_count()); i++) {
        TbFile file = sample_model(i);
        each(user, sample_name(i), file.data, file.size);
        tb_file_free(&file);
    }
}
