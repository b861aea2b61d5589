/* SPDX-License-Identifier: MIT
 *
 * Loading: read, check, fold, pack, plan. */
#include <mnet/model.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/error.h"
#include "format/tflite.h"
#include "graph/fold.h"
#include "graph/halve.h"
#include "graph/output.h"
#include "model_private.h"

#define DEFAULT_MAX_ARENA ((size_t)1 << 30)

static MnetStatus arena_limit(const MnetModelOptions *options, size_t *limit, MnetError *error)
{
    *limit = options && options->max_arena ? options->max_arena : DEFAULT_MAX_ARENA;
    const char *text = getenv("MNET_MAX_ARENA");
    if ((options && options->max_arena) || !text || !*text)
        return MNET_OK;
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || *end || *text == '-' || !value || value > SIZE_MAX / 2)
        return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                              "MNET_MAX_ARENA is \"%.40s\", a number of bytes expected", text);
    *limit = (size_t)value;
    return MNET_OK;
}

static MnetStatus fill_infos(MnetModel *model, MnetError *error)
{
    const MnetGraph *graph = &model->graph;
    MnetStatus status =
        mnet_infos_make(graph, &model->program, &model->store, &model->infos, error);
    for (int32_t i = 0; i < graph->n_outputs && !status; i++)
        model->infos.outputs[i].kind = mnet_graph_output_kind(graph, graph->outputs[i]);
    return status;
}

static void warn(const MnetModelOptions *options, const char *text)
{
    if (options && options->log && *text)
        options->log(options->log_user, MNET_LOG_WARNING, text);
}

/* Labels that cannot be used leave the network what it is: a warning.  Outputs
 * of one text share them; what they take counts as the model's. */
static MnetStatus parse_labels(MnetModel *model, size_t index, const MnetModelOptions *options,
                               MnetError *error)
{
    const MnetLabelText *text = &model->metadata->outputs[index];
    MnetError why = { MNET_OK, "" };
    for (size_t i = 0; i < index; i++)
        if (model->metadata->outputs[i].text == text->text) {
            model->labels[index] = model->labels[i] ? mnet_labels_ref(model->labels[i]) : NULL;
            return MNET_OK;
        }
    model->labels[index] = mnet_labels_parse(text->text, text->size, text->name, &why);
    if (!model->labels[index] && why.status == MNET_ERROR_MEMORY)
        return mnet_error_memory(error, text->size);
    warn(options, why.text);
    size_t bytes = mnet_labels_count(model->labels[index]) * sizeof(char *) + text->size;
    return mnet_store_count(&model->store, bytes) ? MNET_OK : mnet_error_memory(error, bytes);
}

static MnetStatus read_metadata(MnetModel *model, const uint8_t *data, size_t size,
                                const MnetModelOptions *options, MnetError *error)
{
    size_t outputs = (size_t)model->graph.n_outputs;
    model->metadata = mnet_store_alloc(&model->store, sizeof *model->metadata);
    model->labels = mnet_store_calloc(&model->store, outputs, sizeof *model->labels);
    if (!model->metadata || !model->labels)
        return mnet_error_memory(error, sizeof *model->metadata);
    MnetStatus status =
        mnet_metadata_read(data, size, &model->graph, &model->store, model->metadata, error);
    if (status)
        return status;
    warn(options, model->metadata->warning);
    for (size_t i = 0; i < outputs && !status; i++)
        if (model->metadata->outputs[i].text)
            status = parse_labels(model, i, options, error);
    return status;
}

/* Constants that steps read as activations go where kernels may read behind
 * them; weights were packed. */
static MnetStatus copy_constants(MnetModel *model, MnetError *error)
{
    MnetGraph *graph = &model->graph;
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        const MnetNode *node = &graph->nodes[i];
        bool binary = node->op == MNET_OP_ADD || node->op == MNET_OP_SUB ||
                      node->op == MNET_OP_MUL || node->op == MNET_OP_CONCATENATION ||
                      node->op == MNET_OP_PACK;
        for (int32_t j = 0; j < (binary ? node->n_inputs : 1) && j < node->n_inputs; j++) {
            MnetTensor *tensor = node->inputs[j] < 0 ? NULL : &graph->tensors[node->inputs[j]];
            if (!tensor || !tensor->data || tensor->in_store)
                continue;
            void *copy = mnet_store_alloc(&model->store, tensor->data_bytes);
            if (!copy)
                return mnet_error_memory(error, tensor->data_bytes);
            tensor->data = memcpy(copy, tensor->data, tensor->data_bytes);
            tensor->in_store = true;
        }
    }
    return MNET_OK;
}

/* Quicker than float32, that is. */
static bool has_float16(const MnetKernels *kernels)
{
    return kernels->f16 != &mnet_kernels_f16_c && mnet_kernels_run_f16(kernels, mnet_cpu_flags());
}

static MnetStatus choose_precision(MnetModel *model, const MnetModelOptions *options,
                                   MnetError *error)
{
    MnetPrecision asked = options ? options->precision : MNET_PRECISION_FP32;
    bool anywhere = asked == MNET_PRECISION_FP16_ANYWHERE &&
                    mnet_kernels_run_f16(model->kernels, mnet_cpu_flags());
    if (asked == MNET_PRECISION_FP32)
        return MNET_OK;
    if (has_float16(model->kernels) || anywhere)
        return mnet_graph_halve(&model->graph, &model->float16, error);
    if (options->log)
        options->log(options->log_user, MNET_LOG_INFO,
                     "precision fp16 is the same as fp32 here: the processor has no float16 "
                     "arithmetic, or the kernel set chosen does not use it");
    return MNET_OK;
}

static void fill_stats(MnetModel *model, size_t file_bytes, int32_t file_operators)
{
    model->stats = (MnetModelStats){ .weight_bytes = model->store.used,
                                     .file_bytes = file_bytes,
                                     .n_operators = (size_t)model->graph.n_nodes,
                                     .n_file_operators = (size_t)file_operators,
                                     .kernels = model->kernels->name,
                                     .float16 = model->float16,
                                     .has_float16 = has_float16(model->kernels) };
    mnet_info_stats(&model->program, &model->stats);
    for (int32_t i = 0; i < model->graph.n_nodes; i++)
        model->stats.parameters += mnet_info_parameters(&model->graph, &model->graph.nodes[i]);
}

static MnetStatus compile(MnetModel *model, const uint8_t *data, size_t size,
                          const MnetModelOptions *options, MnetError *error)
{
    MnetGraph *graph = &model->graph;
    MnetStatus status = arena_limit(options, &model->max_arena, error);
    model->fusing = options ? options->fusing : MNET_FUSING_WHERE_IT_PAYS;
    if (status ||
        (status = mnet_cpu_kernels(options ? options->cpu : NULL, &model->kernels, error)) ||
        (status = mnet_tflite_read(data, size, &model->store, graph, error)) ||
        (status = mnet_graph_check(graph, error)) ||
        (status = read_metadata(model, data, size, options, error)))
        return status;
    int32_t file_operators = graph->n_nodes;
    mnet_info_count(graph, data, size, &model->folded);
    if ((status = mnet_graph_fold(graph, error)) ||
        (status = choose_precision(model, options, error)) ||
        (status = copy_constants(model, error)))
        return status;
    /* Shapes are inferred before weights are packed: packing trusts them. */
    MnetProgram *p = &model->program;
    if ((status = mnet_program_infer(graph, NULL, &model->store, p, error)))
        return status;
    mnet_pools_mark(graph, p->shapes);
    if ((status = mnet_ops_prepare(graph, model->kernels, error)) ||
        (status = mnet_program_plan(p, model->kernels, model->fusing, model->max_arena,
                                    &model->store, error)) ||
        (status = fill_infos(model, error)) || (status = mnet_model_find_states(model, error)))
        return status;
    mnet_info_folded(graph, &model->folded);
    fill_stats(model, size, file_operators);
    return MNET_OK;
}

MnetModel *mnet_model_load_memory(const void *data, size_t size, const MnetModelOptions *options,
                                  MnetError *error)
{
    MnetModel *model = mnet_calloc(1, sizeof *model);
    if (!model) {
        mnet_error_memory(error, sizeof *model);
        return NULL;
    }
    atomic_init(&model->references, 1);
    mnet_tflite_limit(&model->store, size);
    if (mnet_tflite_limited(&model->store, compile(model, data, size, options, error), error)) {
        mnet_model_unref(model);
        return NULL;
    }
    return model;
}

MnetModel *mnet_model_load(const char *path, const MnetModelOptions *options, MnetError *error)
{
    MnetFile file;
    MnetModel *model = NULL;
    if (!mnet_file_read(&file, path, error))
        model = mnet_model_load_memory(file.data, file.size, options, error);
    if (!model) {
        mnet_file_clear(&file);
        /* Arguments are the caller's or the environment's, not the file's. */
        if (error && error->status != MNET_ERROR_ARGUMENT)
            mnet_error_prefix(error, "%.200s", path);
        return NULL;
    }
    model->file = file;
    return model;
}

bool mnet_model_is_of(const MnetModel *model, const char *path)
{
    MnetFile file;
    if (mnet_file_read(&file, path, NULL))
        return false;
    bool same = file.size == model->file.size && !memcmp(file.data, model->file.data, file.size);
    mnet_file_clear(&file);
    return same;
}

MnetModel *mnet_model_ref(MnetModel *model)
{
    atomic_fetch_add(&model->references, 1);
    return model;
}

void mnet_model_unref(MnetModel *model)
{
    if (!model || atomic_fetch_sub(&model->references, 1) > 1)
        return;
    for (int32_t i = 0; model->labels && i < model->graph.n_outputs; i++)
        mnet_labels_unref(model->labels[i]);
    mnet_store_clear(&model->store);
    mnet_file_clear(&model->file);
    mnet_free(model);
}

size_t mnet_model_n_inputs(const MnetModel *model)
{
    return (size_t)model->graph.n_inputs;
}

size_t mnet_model_n_outputs(const MnetModel *model)
{
    return (size_t)model->graph.n_outputs;
}

const MnetTensorInfo *mnet_model_input(const MnetModel *model, size_t index)
{
    return index < mnet_model_n_inputs(model) ? &model->infos.inputs[index] : NULL;
}

const MnetTensorInfo *mnet_model_output(const MnetModel *model, size_t index)
{
    return index < mnet_model_n_outputs(model) ? &model->infos.outputs[index] : NULL;
}

void mnet_model_stats(const MnetModel *model, MnetModelStats *stats)
{
    *stats = model->stats;
}

void mnet_model_folded(const MnetModel *model, MnetFolded *folded)
{
    *folded = model->folded;
}

size_t mnet_model_unsupported(const char *path, MnetUnsupported *list, size_t max)
{
    MnetFile file;
    if (mnet_file_read(&file, path, NULL))
        return 0;
    size_t n = mnet_tflite_unsupported(file.data, file.size, list, max);
    mnet_file_clear(&file);
    return n;
}

bool mnet_model_operator(const MnetModel *model, size_t index, MnetOperatorInfo *info)
{
    return mnet_info_operator(&model->program, index, info);
}

const MnetLabels *mnet_model_labels(const MnetModel *model, size_t index)
{
    return index < mnet_model_n_outputs(model) ? model->labels[index] : NULL;
}

bool mnet_model_normalization(const MnetModel *model, size_t index,
                              MnetNormalization *normalization)
{
    if (index >= mnet_model_n_inputs(model) || !model->metadata->inputs[index].n)
        return false;
    *normalization = model->metadata->inputs[index];
    return true;
}

const char *mnet_model_description(const MnetModel *model)
{
    return *model->metadata->description ? model->metadata->description : model->graph.description;
}
