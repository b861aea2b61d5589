/* SPDX-License-Identifier: MIT
 *
 * Normalisation, labels and description inside a file; archives and facts that
 * lie must leave the network what it is. */
#include <math.h>

#include "expect.h"
#include "flatwriter.h"
#include "format/metadata.h"
#include "format/tflite.h"
#include "tflitebuilder.h"

#define LABELS "red\ngreen\nblue\n"

/* What a file says of itself, kept until it is freed. */
typedef struct {
    TbFile file;
    MnetStore store;
    MnetGraph graph;
    MnetMetadata said;
} Read;

/* Two inputs and `outputs` outputs. */
static TbFile network(const TbMetadata *facts, int outputs)
{
    TbModel *model = tb_model_new();
    TbTensor tensor = { .name = "t", .type = TFL_TYPE_FLOAT32, .rank = 2, .dims = { 1, 3 } };
    for (int i = 0; i < 2; i++)
        tb_input(model, tb_tensor(model, &tensor));
    for (int i = 0; i < outputs; i++) {
        int32_t y = tb_tensor(model, &tensor);
        tb_operator(model,
                    &(TbOperator){
                        .builtin = TFL_OP_RELU, .n_inputs = 1, .n_outputs = 1, .outputs = { y } });
        tb_output(model, y);
    }
    if (facts) {
        TbFile bytes = tb_metadata(facts);
        tb_model_metadata(model, "TFLITE_METADATA", bytes.data, bytes.size);
        tb_file_free(&bytes);
    }
    return tb_finish(model);
}

/* Takes the file. */
static Read *read_file(TbFile file)
{
    Read *r = calloc(1, sizeof *r);
    MnetError error = { 0 };
    if (!r)
        exit(1);
    r->file = file;
    r->store.limit = (size_t)64 << 20;
    MnetStatus status = mnet_tflite_read(file.data, file.size, &r->store, &r->graph, &error);
    EXPECT(!status, "the network: %s", error.text);
    status = mnet_metadata_read(file.data, file.size, &r->graph, &r->store, &r->said, &error);
    EXPECT(!status, "damaged metadata has failed a network: %s", error.text);
    EXPECT(r->said.description && !strchr(r->said.warning, '\n'), "texts");
    return r;
}

static void forget(Read *r)
{
    mnet_store_clear(&r->store);
    tb_file_free(&r->file);
    free(r);
}

static bool has_labels(const Read *r, int output)
{
    const MnetLabelText *labels = &r->said.outputs[output];
    return labels->text && labels->size == strlen(LABELS) &&
           !memcmp(labels->text, LABELS, labels->size);
}

static TbEntry labels_entry(const char *name)
{
    return (TbEntry){ .name = name, .data = LABELS, .size = strlen(LABELS) };
}

static void check_nothing(void)
{
    Read *r = read_file(network(NULL, 1));
    EXPECT(!r->said.warning[0] && !r->said.description[0] && !r->said.inputs[0].n &&
               !r->said.outputs[0].text,
           "a file without metadata says \"%s\"", r->said.warning);
    forget(r);
}

static void check_facts(void)
{
    TbMetadata facts = { .description = "what it is",
                         .inputs = { { .n = 1, .mean = { 127.5f }, .std = { 127.5f } },
                                     { .n = 3, .mean = { 1, 2, 3 }, .std = { 4, 5, -6 } } } };
    Read *r = read_file(network(&facts, 1));
    const MnetNormalization *in = r->said.inputs;
    EXPECT(!strcmp(r->said.description, "what it is"), "\"%s\"", r->said.description);
    EXPECT(in[0].n == 1 && in[0].mean[0] == 127.5f && in[0].std[0] == 127.5f, "input 0");
    EXPECT(in[1].n == 3 && in[1].mean[2] == 3 && in[1].std[0] == 4 && in[1].std[2] == -6,
           "input 1");
    EXPECT(!r->said.warning[0], "%s", r->said.warning);
    forget(r);
}

/* Where the labels are named, and how they are stored. */
static void check_labels(void)
{
    const struct {
        const char *name;
        TbMetadata facts;
        int outputs, labelled; /* labelled output, -1: none */
    } cases[] = {
        { "by the output", { .outputs = { { .labels = "a.txt" } } }, 1, 0 },
        { "as labels of values", { .outputs = { { .labels = "a.txt" } }, .labels_type = 3 }, 1, 0 },
        { "by the second output", { .outputs = { { 0 }, { .labels = "a.txt" } } }, 2, 1 },
        { "by the subgraph", { .subgraph_labels = "a.txt" }, 1, 0 },
        { "by the model", { .model_labels = "a.txt" }, 1, 0 },
        { "by nobody", { 0 }, 1, 0 },
        { "by the subgraph of two outputs", { .subgraph_labels = "a.txt" }, 2, -1 },
        { "by nobody, for two outputs", { 0 }, 2, -1 },
    };
    for (size_t i = 0; i < 2 * (sizeof cases / sizeof *cases); i++) {
        TbFile file = network(&cases[i / 2].facts, cases[i / 2].outputs);
        TbEntry entries[] = { labels_entry("a.txt"), labels_entry("other.bin") };
        entries[0].deflate = i % 2;
        tb_append_zip(&file, entries, 2);
        Read *r = read_file(file);
        for (int o = 0; o < cases[i / 2].outputs; o++)
            EXPECT(has_labels(r, o) == (o == cases[i / 2].labelled), "%s: output %d",
                   cases[i / 2].name, o);
        int labelled = cases[i / 2].labelled;
        EXPECT(labelled < 0 || !strcmp(r->said.outputs[labelled].name, "a.txt"), "%s: name \"%s\"",
               cases[i / 2].name, r->said.outputs[labelled].name);
        EXPECT(!r->said.warning[0], "%s: %s", cases[i / 2].name, r->said.warning);
        forget(r);
    }
}

/* Two texts that nobody names, another kind of file: no labels, no warning. */
static void check_ambiguous(void)
{
    TbFile file = network(NULL, 1);
    TbEntry entries[] = { labels_entry("a.txt"), labels_entry("b.txt") };
    tb_append_zip(&file, entries, 2);
    Read *r = read_file(file);
    EXPECT(!r->said.outputs[0].text && !r->said.warning[0], "two texts");
    forget(r);
    file = network(NULL, 1);
    TbEntry entry = labels_entry("model.bin");
    tb_append_zip(&file, &entry, 1);
    r = read_file(file);
    EXPECT(!r->said.outputs[0].text && !r->said.warning[0], "no text");
    forget(r);
}

/* An archive that was made alone and then appended counts from its own start. */
static void check_shifted(void)
{
    TbMetadata facts = { .outputs = { { .labels = "a.txt" } } };
    TbFile archive = { NULL, 0 };
    TbEntry entry = labels_entry("a.txt");
    tb_append_zip(&archive, &entry, 1);
    TbFile file = network(&facts, 1);
    FlatWriter w = { file.data, file.size, file.size };
    flat_writer_bytes(&w, archive.data, archive.size);
    Read *r = read_file((TbFile){ w.data, w.size });
    EXPECT(has_labels(r, 0), "%s", r->said.warning);
    forget(r);
    tb_file_free(&archive);
}

static void expect_warning(const char *name, TbFile file, const char *part)
{
    Read *r = read_file(file);
    EXPECT(!r->said.outputs[0].text && !r->said.inputs[0].n, "%s: was believed", name);
    EXPECT(strstr(r->said.warning, part), "%s: warning \"%s\", expected \"%s\"", name,
           r->said.warning, part);
    forget(r);
}

static void check_bad_facts(void)
{
    const struct {
        const char *name;
        TbMetadata facts;
        const char *warning;
    } cases[] = {
        { "std 0", { .inputs = { { .n = 1, .mean = { 1 }, .std = { 0 } } } }, "std is 0" },
        { "mean NaN", { .inputs = { { .n = 1, .mean = { NAN }, .std = { 1 } } } }, "finite" },
        { "std infinite",
          { .inputs = { { .n = 1, .mean = { 0 }, .std = { INFINITY } } } },
          "finite" },
        { "five channels", { .inputs = { { .n = 5 } } }, "1 to 4 numbers" },
        { "two and three",
          { .inputs = { { .n = 2, .n_std = 3, .std = { 1, 1, 1 } } } },
          "1 to 4 numbers" },
        { "another format",
          { .identifier = "M999", .inputs = { { .n = 1, .std = { 1 } } } },
          "M001" },
        { "labels that are not there",
          { .outputs = { { .labels = "absent.txt" } } },
          "not in the file's archive" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_warning(cases[i].name, network(&cases[i].facts, 1), cases[i].warning);
}

/* Archives that lie, one number each. */
static void check_lies(void)
{
    TbMetadata facts = { .outputs = { { .labels = "a.txt" } } };
    const struct {
        const char *name;
        TbEntry lie; /* name, data, size are filled in */
        const char *warning;
    } cases[] = {
        { "a checksum", { .lie_crc = 1 }, "checksum" },
        { "a deflated checksum", { .lie_crc = 1, .deflate = true }, "checksum" },
        { "a size", { .lie_size = 14 }, "sizes differ" },
        { "a smaller deflated size", { .lie_size = 14, .deflate = true }, "damaged" },
        { "a larger deflated size", { .lie_size = 16, .deflate = true }, "damaged" },
        { "a cut deflated entry", { .lie_packed = 5, .deflate = true }, "damaged" },
        { "a huge size", { .lie_size = 1u << 31, .deflate = true }, "too large" },
        { "a huge packed size", { .lie_packed = 1u << 31, .deflate = true }, "too large" },
        { "sizes over the directory", { .lie_size = 1000, .lie_packed = 1000 }, "lie where" },
        { "a zip64 size", { .lie_size = UINT32_MAX, .deflate = true }, "zip64" },
        { "a header outside", { .lie_header = UINT32_MAX }, "lie where" },
        { "a header elsewhere", { .lie_header = 4 }, "lie where" },
        { "a method", { .lie_method = 12 }, "neither stored nor deflated" },
        { "stored as deflated", { .lie_method = 8 }, "lie where" },
        { "another name", { .lie_local_name = "b.txt" }, "lie where" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        TbFile file = network(&facts, 1);
        TbEntry entry = cases[i].lie;
        entry.name = "a.txt";
        entry.data = LABELS;
        entry.size = strlen(LABELS);
        tb_append_zip(&file, &entry, 1);
        expect_warning(cases[i].name, file, cases[i].warning);
    }
}

/* The second entry is the first one's content. */
static void check_overlap(void)
{
    TbMetadata facts = { .outputs = { { .labels = "a.txt" } } };
    TbFile inner = { NULL, 0 };
    TbEntry entry = labels_entry("b.txt");
    tb_append_zip(&inner, &entry, 1);
    TbFile file = network(&facts, 1);
    size_t at = file.size + 30 + strlen("a.txt");
    TbEntry entries[] = { { .name = "a.txt", .data = inner.data, .size = inner.size },
                          labels_entry("b.txt") };
    entries[1].lie_header = (uint32_t)at;
    tb_append_zip(&file, entries, 2);
    expect_warning("an entry inside another", file, "overlaps");
    tb_file_free(&inner);
}

/* Entries that inflate to as much as is allowed, many times: what all labels
 * together may have is read once. */
static void check_bomb(void)
{
    size_t size = MNET_MAX_LABELS_BYTES;
    char *zeros = calloc(1, size);
    TbMetadata facts = { .outputs = { { .labels = "a.txt" }, { .labels = "b.txt" } } };
    if (!zeros)
        exit(1);
    TbFile file = network(&facts, 2);
    TbEntry entries[] = { { .name = "a.txt", .data = zeros, .size = size, .deflate = true },
                          { .name = "b.txt", .data = zeros, .size = size, .deflate = true } };
    tb_append_zip(&file, entries, 2);
    Read *r = read_file(file);
    EXPECT(r->said.outputs[0].size == size && !r->said.outputs[1].text, "two large texts");
    EXPECT(strstr(r->said.warning, "too large"), "%s", r->said.warning);
    forget(r);
    facts.outputs[1].labels = NULL;
    file = network(&facts, 1);
    char *larger = calloc(1, size + 1);
    if (!larger)
        exit(1);
    entries[0] = (TbEntry){ .name = "a.txt", .data = larger, .size = size + 1, .deflate = true };
    tb_append_zip(&file, entries, 1);
    expect_warning("one byte more than is allowed", file, "too large");
    free(zeros);
    free(larger);
}

static TbFile whole_file(size_t *network_size)
{
    TbMetadata facts = { .description = "d",
                         .inputs = { { .n = 1, .mean = { 1 }, .std = { 2 } } },
                         .outputs = { { .labels = "a.txt" } } };
    TbFile file = network(&facts, 1);
    TbEntry entry = labels_entry("a.txt");
    *network_size = file.size;
    entry.deflate = true;
    tb_append_zip(&file, &entry, 1);
    return file;
}

/* The archive cut or changed anywhere: the labels or none, never others. */
static void check_damaged_archive(void)
{
    size_t network_size;
    TbFile file = whole_file(&network_size);
    for (size_t size = network_size; size < file.size; size++) {
        Read *r = read_file((TbFile){ expect_copy(file.data, size), size });
        EXPECT(!r->said.outputs[0].text && r->said.warning[0], "cut at %zu", size);
        EXPECT(r->said.inputs[0].n == 1, "cut at %zu: the normalisation is lost", size);
        forget(r);
    }
    const uint8_t bytes[] = { 0, 1, 0x7f, 0x80, 0xff };
    for (size_t at = network_size; at < file.size; at++)
        for (size_t b = 0; b < sizeof bytes; b++) {
            TbFile changed = { expect_copy(file.data, file.size), file.size };
            changed.data[at] = bytes[b];
            Read *r = read_file(changed);
            EXPECT(!r->said.outputs[0].text || has_labels(r, 0), "changed at %zu", at);
            EXPECT(r->said.outputs[0].text || r->said.warning[0], "changed at %zu: silent", at);
            forget(r);
        }
    tb_file_free(&file);
}

/* Every number of the facts, outside of any network. */
static void check_damaged_facts(void)
{
    TbMetadata facts = { .description = "d",
                         .inputs = { { .n = 1, .mean = { 1 }, .std = { 2 } } },
                         .outputs = { { .labels = "a.txt" } } };
    TbFile bytes = tb_metadata(&facts);
    const uint32_t extremes[] = { 0, 1, 0xffff, 0x7fffffff, 0x80000000, UINT32_MAX };
    for (size_t at = 0; at + 4 <= bytes.size; at += 2)
        for (size_t e = 0; e < sizeof extremes / sizeof *extremes; e++) {
            FlatWriter changed = { expect_copy(bytes.data, bytes.size), bytes.size, bytes.size };
            flat_writer_put_u32(&changed, at, extremes[e]);
            TbModel *model = tb_model_new();
            TbTensor tensor = { .type = TFL_TYPE_FLOAT32, .rank = 1, .dims = { 3 } };
            tb_input(model, tb_tensor(model, &tensor));
            tb_output(model, tb_tensor(model, &tensor));
            tb_operator(model, &(TbOperator){ .builtin = TFL_OP_RELU,
                                              .n_inputs = 1,
                                              .n_outputs = 1,
                                              .outputs = { 1 } });
            tb_model_metadata(model, "TFLITE_METADATA", changed.data, changed.size);
            free(changed.data);
            Read *r = read_file(tb_finish(model));
            const MnetNormalization *in = &r->said.inputs[0];
            EXPECT(in->n <= 4 && (!in->n || (isfinite(in->mean[0]) && in->std[0] != 0)),
                   "changed at %zu", at);
            forget(r);
        }
    tb_file_free(&bytes);
}

static void check_no_memory(void)
{
    size_t network_size;
    TbFile file = whole_file(&network_size);
    MnetError error = { 0 };
    MnetStore store = { 0 };
    MnetGraph graph;
    static MnetMetadata said;
    int failures = 0;
    EXPECT(!mnet_tflite_read(file.data, file.size, &store, &graph, &error), "%s", error.text);
    for (long i = 1; i < 10; i++) {
        MnetStore own = { 0 };
        mnet_alloc_fail_at(i);
        MnetStatus status = mnet_metadata_read(file.data, file.size, &graph, &own, &said, &error);
        EXPECT(!status || status == MNET_ERROR_MEMORY, "allocation %ld: %s", i, error.text);
        EXPECT(status || said.outputs[0].text, "allocation %ld: labels lost in silence", i);
        failures += status != MNET_OK;
        mnet_store_clear(&own);
    }
    mnet_alloc_fail_at(0);
    EXPECT(failures > 0, "no allocation was made to fail");
    mnet_store_clear(&store);
    tb_file_free(&file);
}

int main(void)
{
    check_nothing();
    check_facts();
    check_labels();
    check_ambiguous();
    check_shifted();
    check_bad_facts();
    check_lies();
    check_overlap();
    check_bomb();
    check_damaged_archive();
    check_damaged_facts();
    check_no_memory();
    return expect_report("metadata");
}
