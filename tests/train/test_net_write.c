/* SPDX-License-Identifier: MIT
 *
 * Written .tflite files: they load, compute what the layers say, and tell labels and
 * normalisation. */
#include <mnet/mnet.h>

#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "expect.h"
#include "format/tflite_write.h"
#include "net_naive.h"
#include "train/build.h"
#include "train/net_graph.h"
#include "train/save.h"

/* The probabilities of the input by the core, from the bytes of a file. */
static bool run_file(const uint8_t *data, size_t size, const float *input, float *output,
                     size_t n_classes)
{
    MnetError error = { MNET_OK, "" };
    MnetModel *model = mnet_model_load_memory(data, size, NULL, &error);
    MnetSession *session = model ? mnet_session_new(model, NULL, &error) : NULL;
    EXPECT(session, "%s", error.text);
    if (session) {
        const MnetTensorInfo *info = mnet_session_input_info(session, 0);
        memcpy(mnet_session_input(session, 0), input, info->bytes);
        mnet_session_run(session);
        EXPECT(mnet_session_output_info(session, 0)->elements == n_classes, "the output's size");
        memcpy(output, mnet_session_output(session, 0), n_classes * sizeof *output);
    }
    mnet_session_free(session);
    mnet_model_unref(model);
    return session != NULL;
}

/* Largest difference 1e-4: sums of some hundred floats in another order. */
static void check_outputs(MnetNetOptions options)
{
    MnetError error = { MNET_OK, "" };
    float wanted[7], found[7] = { 0 };
    uint8_t *data = NULL;
    size_t size = 0;
    MnetNet *net = naive_build(options);
    float *input = naive_random_input(net, 7);
    NaiveMaps maps = naive_forward(net, input);
    naive_softmax(net, &maps, wanted);
    EXPECT(!mnet_net_tflite(net, &data, &size, &error), "%s: %s", net->title, error.text);
    if (data && run_file(data, size, input, found, 7))
        for (int i = 0; i < 7; i++)
            EXPECT(fabsf(found[i] - wanted[i]) <= 1e-4f, "%s: class %d is %g, wanted %g",
                   net->title, i, (double)found[i], (double)wanted[i]);
    mnet_buffer_free(data);
    naive_free(&maps);
    free(input);
    mnet_net_free(net);
}

static void check_families(void)
{
    check_outputs((MnetNetOptions){ .family = MNET_NET_V1, .width = 0.25, .resolution = 32 });
    check_outputs((MnetNetOptions){ .family = MNET_NET_V2, .width = 0.35, .resolution = 32 });
    check_outputs((MnetNetOptions){
        .family = MNET_NET_V2, .width = 0.1, .resolution = 24, .stem_stride = 1 });
    check_outputs((MnetNetOptions){ .family = MNET_NET_V3_SMALL, .width = 0.35, .resolution = 33 });
    check_outputs((MnetNetOptions){ .family = MNET_NET_V3_LARGE, .width = 0.2, .resolution = 32 });
    check_outputs((MnetNetOptions){
        .family = MNET_NET_V3_SMALL, .width = 0.35, .resolution = 32, .minimalistic = true });
}

/* Padding that is not SAME is a PAD of its own; a window may be the whole map. */
static void check_paddings(void)
{
    MnetError error = { MNET_OK, "" };
    float wanted[3], found[3] = { 0 };
    uint8_t *data = NULL;
    size_t size = 0;
    MnetNet *net = mnet_net_new(9, 7, 2, &error);
    MnetNetLayerSpec layers[] = {
        { .kind = MNET_NET_CONV,
          .name = "a",
          .channels = 4,
          .kernel = 3,
          .stride = 2,
          .activation = MNET_NET_RELU,
          .pads_given = true,
          .pads = { 1, 0, 2, 1 } },
        { .kind = MNET_NET_DEPTHWISE,
          .name = "b",
          .inputs = { 1 },
          .kernel = 3,
          .stride = 1,
          .activation = MNET_NET_HARD_SIGMOID,
          .pads_given = true },
        { .kind = MNET_NET_DENSE, .name = "c", .inputs = { 2 }, .channels = 3 },
    };
    for (int i = 0; net && i < 3; i++)
        EXPECT(mnet_net_add(net, &layers[i], &error) == i + 1, "%s", error.text);
    if (!net || mnet_net_finish(net, &error))
        exit(1);
    mnet_net_init(net, 3);
    float *input = naive_random_input(net, 4);
    NaiveMaps maps = naive_forward(net, input);
    naive_softmax(net, &maps, wanted);
    EXPECT(!mnet_net_tflite(net, &data, &size, &error), "%s", error.text);
    if (data && run_file(data, size, input, found, 3))
        for (int i = 0; i < 3; i++)
            EXPECT(fabsf(found[i] - wanted[i]) <= 1e-5f, "class %d is %g, wanted %g", i,
                   (double)found[i], (double)wanted[i]);
    mnet_buffer_free(data);
    naive_free(&maps);
    free(input);
    mnet_net_free(net);
}

/* Two tensors that share a constant's bytes share them in the file. */
static void check_shared(void)
{
    MnetError error = { MNET_OK, "" };
    MnetStore store = { 0 };
    MnetGraph graph;
    uint8_t *apart, *shared;
    size_t apart_size, shared_size;
    int32_t first = -1, second = -1;
    MnetNetOptions options = { .family = MNET_NET_V1, .width = 0.25, .resolution = 32 };
    MnetNet *net = mnet_net_build(&options, &error);
    if (!net || mnet_net_graph(net, &store, &graph, &error))
        exit(1);
    for (int32_t i = 0; i < graph.n_tensors && second < 0; i++)
        for (int32_t k = 0; k < i && graph.tensors[i].data_bytes > 4096; k++)
            if (graph.tensors[k].data_bytes == graph.tensors[i].data_bytes) {
                first = k;
                second = i;
            }
    EXPECT(second > 0, "no two constants are as large");
    MnetTfliteFacts facts = mnet_net_facts(net);
    EXPECT(!mnet_tflite_write(&graph, &facts, &apart, &apart_size, &error), "%s", error.text);
    graph.tensors[second].data = graph.tensors[first].data;
    EXPECT(!mnet_tflite_write(&graph, &facts, &shared, &shared_size, &error), "%s", error.text);
    size_t bytes = graph.tensors[second].data_bytes;
    EXPECT(shared_size + bytes <= apart_size + 64 && apart_size <= shared_size + bytes + 64,
           "%zu bytes, %zu apart, the constant has %zu", shared_size, apart_size, bytes);
    MnetModel *model = mnet_model_load_memory(shared, shared_size, NULL, &error);
    EXPECT(model, "%s", error.text);
    mnet_model_unref(model);
    mnet_buffer_free(apart);
    mnet_buffer_free(shared);
    mnet_store_clear(&store);
    mnet_net_free(net);
}

static MnetNet *small_net(void)
{
    static const char *const names[] = { "cat", "gr\xc3\xbcner Frosch", "two\nlines", "dog" };
    MnetError error = { MNET_OK, "" };
    MnetNetOptions options = {
        .family = MNET_NET_V1, .width = 0.1, .resolution = 16, .n_classes = 4
    };
    MnetNet *net = mnet_net_build(&options, &error);
    if (!net || mnet_net_set_classes(net, names, &error))
        exit(1);
    net->mean[1] = 120;
    net->std[2] = 64;
    return net;
}

static void check_facts(void)
{
    static const char *const wanted[] = { "cat", "gr\xc3\xbcner Frosch", "two lines", "dog" };
    MnetError error = { MNET_OK, "" };
    uint8_t *data;
    size_t size;
    MnetNet *net = small_net();
    if (mnet_net_tflite(net, &data, &size, &error))
        exit(1);
    MnetModel *model = mnet_model_load_memory(data, size, NULL, &error);
    EXPECT(model, "%s", error.text);
    MnetNormalization n;
    if (model) {
        const MnetLabels *labels = mnet_model_labels(model, 0);
        EXPECT(mnet_labels_count(labels) == 4, "%zu labels", mnet_labels_count(labels));
        for (size_t i = 0; i < 4; i++)
            EXPECT(!strcmp(mnet_labels_get(labels, i), wanted[i]), "label %zu", i);
        EXPECT(mnet_model_normalization(model, 0, &n) && n.n == 3 && n.mean[0] == 127.5f &&
                   n.mean[1] == 120 && n.std[2] == 64,
               "the normalisation");
        EXPECT(!strcmp(mnet_model_description(model), "MobileNet V1 0.10 16"), "%s",
               mnet_model_description(model));
        EXPECT(mnet_model_output(model, 0)->kind == MNET_OUTPUT_SOFTMAX, "the output's kind");
    }
    mnet_model_unref(model);
    mnet_buffer_free(data);
    mnet_net_free(net);
}

static void check_not_written(const MnetNet *net, const char *path, const char *why)
{
    MnetError error = { MNET_OK, "" };
    EXPECT(mnet_net_write_tflite(net, path, &error), "%s", path);
    expect_error(path, &error, MNET_ERROR_IO, why);
}

/* A link stays one; asking changes nothing. */
/* A link to nothing yet stays one, and to itself is an error. */
static void check_new(const char *folder, const char *link)
{
    char path[64];
    struct stat there;
    MnetError error = { MNET_OK, "" };
    snprintf(path, sizeof path, "%s/./b.tflite", folder);
    EXPECT(!symlink("b.tflite", link) && mnet_save_same(link, path), "the same new file");
    EXPECT(!mnet_save_possible(link, &error) && stat(path, &there), "%s", error.text);
    EXPECT(!mnet_save_file(link, "by", 2, &error), "%s", error.text);
    EXPECT(!lstat(link, &there) && S_ISLNK(there.st_mode) && !unlink(link), "the link is gone");
    EXPECT(!unlink(path), "nothing behind the link");
    EXPECT(!symlink(strrchr(link, '/') + 1, link) && mnet_save_file(link, "by", 2, &error),
           "a link to itself");
    EXPECT(!unlink(link), "that link is gone");
}

/* /dev/fd/N of a pipe leads to no path. */
static void check_pipe(void)
{
    char name[32], text[4] = "";
    int ends[2];
    MnetError error = { MNET_OK, "" };
    if (pipe(ends))
        exit(1);
    snprintf(name, sizeof name, "/dev/fd/%d", ends[1]);
    EXPECT(!mnet_save_possible(name, &error) && !mnet_save_file(name, "by", 2, &error), "%s",
           error.text);
    EXPECT(read(ends[0], text, 4) == 2 && !strcmp(text, "by"), "in the pipe: %s", text);
    close(ends[0]);
    close(ends[1]);
}

static void check_links(const char *folder, const char *path)
{
    char link[64], text[4] = "";
    struct stat there;
    MnetError error = { MNET_OK, "" };
    snprintf(link, sizeof link, "%s/link", folder);
    EXPECT(!symlink("a.tflite", link) && !mnet_save_file(link, "by", 2, &error), "%s", error.text);
    EXPECT(!mnet_save_possible(link, &error) && !mnet_save_possible(path, &error), "%s",
           error.text);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    EXPECT(file >= 0 && read(file, text, 4) == 2 && !strcmp(text, "by"), "behind the link: %s",
           text);
    close(file);
    EXPECT(mnet_save_same(link, path) && !mnet_save_same(folder, path), "the same file");
    EXPECT(!lstat(link, &there) && S_ISLNK(there.st_mode) && !unlink(link), "the link is gone");
    check_new(folder, link);
    check_pipe();
    snprintf(link, sizeof link, "%s/none/x", folder);
    EXPECT(mnet_save_possible(link, &error), "no folder");
    expect_error("no folder", &error, MNET_ERROR_IO, "none/x: cannot be written: No such file");
    EXPECT(mnet_save_possible(folder, &error), "a folder");
    EXPECT(!mnet_save_possible("/dev/null", &error), "%s", error.text);
}

/* What cannot be written leaves what was there, and nothing beside it. */
static void check_files(void)
{
    char folder[] = P_tmpdir "/mnet-net-XXXXXX", path[64], inside[80];
    MnetError error = { MNET_OK, "" };
    if (!mkdtemp(folder))
        exit(1);
    MnetNet *net = small_net();
    snprintf(path, sizeof path, "%s/a.tflite", folder);
    EXPECT(!mnet_net_write_tflite(net, path, &error), "%s", error.text);
    MnetModel *model = mnet_model_load(path, NULL, &error);
    EXPECT(model, "%s", error.text);
    mnet_model_unref(model);
    snprintf(inside, sizeof inside, "%s/b.tflite", path);
    check_not_written(net, inside, "a.tflite/b.tflite: cannot be written");
    check_not_written(net, folder, "cannot be written");
    if (access("/dev/full", W_OK) == 0)
        check_not_written(net, "/dev/full", "No space left");
    EXPECT(!mnet_save_file(path, "x", 1, &error), "%s", error.text);
    check_links(folder, path);
    EXPECT(!unlink(path) && !rmdir(folder), "more files than were written");
    mnet_net_free(net);
}

int main(void)
{
    check_families();
    check_paddings();
    check_shared();
    check_facts();
    check_files();
    return expect_report("net_write");
}
