/* SPDX-License-Identifier: MIT
 *
 * What a model tells of what folding did, and what a file tells of the operators
 * that are not supported: all of them, at any cut of the file. */
#include <mnet/mnet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/tflite.h"
#include "samplemodels.h"

static int failed;

static void check(bool good, const char *name, const char *what)
{
    if (!good)
        printf("FAILED %s: %s\n", name, what);
    failed += !good;
}

static MnetFolded folded_of(const char *sample)
{
    MnetFolded folded = { .pads = 1000 };
    for (size_t i = 0; i < sample_count(); i++) {
        if (strcmp(sample_name(i), sample) != 0)
            continue;
        MnetError error = { .text = "" };
        TbFile file = sample_model(i);
        MnetModel *model = mnet_model_load_memory(file.data, file.size, NULL, &error);
        check(model != NULL, sample, error.text);
        if (model)
            mnet_model_folded(model, &folded);
        mnet_model_unref(model);
        tb_file_free(&file);
    }
    return folded;
}

static void check_folded(void)
{
    MnetFolded none = { 0 };
    MnetFolded floats = folded_of("colours-float"), bytes = folded_of("colours-int8");
    check(!memcmp(&floats, &none, sizeof none), "colours-float", "something is folded");
    check(!memcmp(&bytes, &none, sizeof none), "colours-int8", "something is folded");
    MnetFolded uint8 = folded_of("colours-uint8");
    check(uint8.uint8_tensors > 4 && !uint8.pads && !uint8.tables, "colours-uint8", "the counts");
    MnetFolded halves = folded_of("halves");
    check(halves.float16 > 0 && !halves.dynamic_range, "halves", "the counts");
    MnetFolded dynamic = folded_of("dynamic");
    check(dynamic.dynamic_range > 0 && !dynamic.float16, "dynamic", "the counts");
    MnetFolded curves = folded_of("curves-int8");
    check(curves.tables > 0 && !curves.uint8_tensors, "curves-int8", "the counts");
}

static void add(TbModel *model, int32_t builtin, const char *custom, int32_t version,
                int32_t *tensor)
{
    TbTensor next = { .name = "t", .type = TFL_TYPE_FLOAT32, .rank = 2, .dims = { 1, 4 } };
    TbOperator op = { .builtin = builtin,
                      .custom = custom,
                      .version = version,
                      .n_inputs = 1,
                      .n_outputs = 1,
                      .inputs = { *tensor } };
    op.outputs[0] = *tensor = tb_tensor(model, &next);
    tb_operator(model, &op);
}

/* Numbers of BuiltinOperator that are not supported. */
enum { BUILTIN_LSTM = 16, BUILTIN_ELU = 111, BUILTIN_UNKNOWN = 250 };

static TbFile strange_model(void)
{
    TbModel *model = tb_model_new();
    TbTensor first = { .name = "t", .type = TFL_TYPE_FLOAT32, .rank = 2, .dims = { 1, 4 } };
    int32_t tensor = tb_tensor(model, &first);
    tb_input(model, tensor);
    add(model, TFL_OP_RELU, NULL, 1, &tensor);
    add(model, BUILTIN_ELU, NULL, 1, &tensor);
    add(model, TFL_OP_CUSTOM, "Glow\033\377", 1, &tensor);
    add(model, BUILTIN_ELU, NULL, 1, &tensor);
    add(model, TFL_OP_RELU6, NULL, 99, &tensor);
    add(model, BUILTIN_LSTM, NULL, 2, &tensor);
    add(model, BUILTIN_ELU, NULL, 3, &tensor);
    add(model, BUILTIN_UNKNOWN, NULL, 1, &tensor);
    tb_output(model, tensor);
    return tb_finish(model);
}

typedef struct {
    const char *name;
    bool custom;
    int32_t version;
    bool other_version; /* of an operator that is supported */
    size_t count, first;
    const char *nearest;
} Expected;

static const Expected expected[] = {
    { "ELU", false, 1, false, 2, 1, "RELU, RELU6, HARD_SWISH" },
    { "Glow??", true, 1, false, 1, 2, "" },
    { "RELU6", false, 99, true, 1, 4, "" },
    { "LSTM", false, 2, false, 1, 5, "" },
    { "ELU", false, 3, false, 1, 6, "RELU, RELU6, HARD_SWISH" },
    { "code 250", false, 1, false, 1, 7, "" },
};
#define N_EXPECTED (sizeof expected / sizeof expected[0])

static void check_list(const TbFile *file)
{
    char path[] = "unsupported-XXXXXX";
    MnetUnsupported list[N_EXPECTED + 2];
    int descriptor = mkstemp(path);
    check(descriptor >= 0 && tb_file_write(file, path), "strange model", "cannot be written");
    size_t n = mnet_model_unsupported(path, list, N_EXPECTED + 2);
    check(n == N_EXPECTED, "strange model", "another number of operators");
    for (size_t i = 0; i < n && i < N_EXPECTED; i++) {
        const Expected *e = &expected[i];
        check(!strcmp(list[i].name, e->name) && list[i].custom == e->custom &&
                  list[i].version == e->version && (list[i].max_version > 0) == e->other_version &&
                  list[i].count == e->count && list[i].first == e->first &&
                  !strcmp(list[i].nearest, e->nearest),
              e->name, list[i].nearest);
    }
    check(mnet_model_unsupported(path, list, 1) == 1 && list[0].count == 2, "strange model",
          "at most one");
    check(mnet_model_unsupported(path, NULL, 0) == 0, "strange model", "at most none");
    close(descriptor);
    unlink(path);
    check(mnet_model_unsupported(path, list, 2) == 0, "no file", "has operators");
}

/* Each cut in memory of its own size; each byte in turn other than it was. */
static void check_damage(const TbFile *file)
{
    MnetUnsupported list[16];
    for (size_t size = 0; size < file->size; size++) {
        uint8_t *cut = malloc(size + 1);
        memcpy(cut + 1, file->data, size);
        check(mnet_tflite_unsupported(cut + 1, size, list, 16) <= N_EXPECTED, "a cut", "too many");
        free(cut);
    }
    for (size_t i = 0; i < file->size; i++) {
        file->data[i] ^= 0xff;
        check(mnet_tflite_unsupported(file->data, file->size, list, 16) <= 16, "a byte",
              "too many");
        file->data[i] ^= 0xff;
    }
}

static void check_supported(void)
{
    MnetUnsupported list[2];
    for (size_t i = 0; i < sample_count(); i++) {
        TbFile file = sample_model(i);
        check(mnet_tflite_unsupported(file.data, file.size, list, 2) == 0, sample_name(i),
              "has operators that are not supported");
        tb_file_free(&file);
    }
}

int main(void)
{
    check_folded();
    TbFile file = strange_model();
    check_list(&file);
    check_damage(&file);
    tb_file_free(&file);
    check_supported();
    printf("%s\n", failed ? "failed" : "ok");
    return failed != 0;
}
