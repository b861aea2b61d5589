/* SPDX-License-Identifier: MIT
 *
 * From a folded graph to steps and a memory plan. */
#include "program.h"

#include <string.h>

#include "base/error.h"
#include "graph/plan.h"

static MnetStatus allocate(const MnetGraph *graph, MnetStore *store, MnetProgram *p,
                           MnetError *error)
{
    size_t tensors = (size_t)graph->n_tensors, nodes = (size_t)graph->n_nodes;
    p->graph = graph;
    p->shapes = mnet_store_calloc(store, tensors, sizeof *p->shapes);
    p->offsets = mnet_store_calloc(store, tensors, sizeof *p->offsets);
    p->roots = mnet_store_calloc(store, tensors, sizeof *p->roots);
    p->steps = mnet_store_calloc(store, nodes, sizeof *p->steps);
    p->block_of = mnet_store_calloc(store, nodes, sizeof *p->block_of);
    p->jobs = mnet_store_calloc(store, nodes, sizeof *p->jobs);
    if (!p->shapes || !p->offsets || !p->roots || !p->steps || !p->block_of || !p->jobs)
        return mnet_error_memory(error, tensors * sizeof *p->shapes);
    for (int32_t t = 0; t < graph->n_tensors; t++) {
        p->shapes[t].rank = graph->tensors[t].rank;
        memcpy(p->shapes[t].dims, graph->tensors[t].dims, sizeof p->shapes[t].dims);
        p->offsets[t] = MNET_NO_OFFSET;
    }
    return MNET_OK;
}

static size_t tensor_bytes(const MnetProgram *p, int32_t t)
{
    return mnet_shape_elements(&p->shapes[t]) * mnet_type_size(p->graph->tensors[t].type);
}

/* Whether a block computes node `i` and has more behind it. */
static bool inside_block(const MnetProgram *p, int32_t i)
{
    const MnetBlock *b = p->block_of[i];
    return b && b->steps[b->n_nodes - 1] != &p->steps[i];
}

/* A block runs where its last node stands: by then all its inputs are made. */
static void list_jobs(MnetProgram *p, int32_t *job_of)
{
    for (int32_t i = 0; i < p->graph->n_nodes; i++) {
        const MnetBlock *b = p->block_of[i];
        if (inside_block(p, i))
            continue;
        for (size_t k = 0; b && k < b->n_nodes; k++)
            job_of[b->steps[k] - p->steps] = (int32_t)p->n_jobs;
        job_of[i] = (int32_t)p->n_jobs;
        p->jobs[p->n_jobs++] = (MnetJob){ .step = b ? b->steps[0] : &p->steps[i],
                                          .block = b,
                                          .tiles = b ? b->tiles : p->steps[i].tiles };
    }
}

/* From the job that makes a tensor (or one that shares its bytes) to the last
 * that reads it; outputs live to the end.  first is -1 for what is in no job's
 * outputs: inputs, constants, what lies inside of blocks. */
static void lifetimes(const MnetProgram *p, const int32_t *job_of, MnetRegion *regions)
{
    const MnetGraph *graph = p->graph;
    for (int32_t t = 0; t < graph->n_tensors; t++)
        regions[t].first = regions[t].last = -1;
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        const MnetNode *node = &graph->nodes[i];
        for (int32_t j = 0; j < node->n_inputs; j++) {
            MnetRegion *region = node->inputs[j] < 0 ? NULL : &regions[p->roots[node->inputs[j]]];
            if (region && region->last < job_of[i])
                region->last = job_of[i];
        }
        for (int32_t j = 0; j < node->n_outputs && !inside_block(p, i); j++) {
            MnetRegion *region = &regions[p->roots[node->outputs[j]]];
            if (p->roots[node->outputs[j]] == node->outputs[j]) {
                region->first = job_of[i];
                region->bytes = tensor_bytes(p, node->outputs[j]);
            }
            if (region->last < job_of[i])
                region->last = job_of[i];
        }
    }
    for (int32_t i = 0; i < graph->n_outputs; i++)
        regions[p->roots[graph->outputs[i]]].last = graph->n_nodes;
}

static MnetStatus plan_memory(MnetProgram *p, MnetError *error)
{
    size_t n = (size_t)p->graph->n_tensors, used = 0;
    MnetRegion *regions = mnet_calloc(2 * n, sizeof *regions), *live = regions + n;
    int32_t *job_of = mnet_calloc((size_t)p->graph->n_nodes, sizeof *job_of);
    if (!regions || !job_of) {
        mnet_free(regions);
        mnet_free(job_of);
        return mnet_error_memory(error, 2 * n * sizeof *regions);
    }
    mnet_plan_roots(p->graph, p->roots);
    list_jobs(p, job_of);
    lifetimes(p, job_of, regions);
    for (size_t t = 0; t < n; t++)
        if (regions[t].first >= 0)
            live[used++] = regions[t];
    MnetStatus status = mnet_plan_regions(live, used, &p->arena_bytes, error);
    for (size_t t = 0, at = 0; t < n && !status; t++)
        if (regions[t].first >= 0)
            p->offsets[t] = live[at++].offset;
    mnet_free(regions);
    mnet_free(job_of);
    return status;
}

MnetStatus mnet_program_infer(const MnetGraph *graph, const MnetShape *input, MnetStore *store,
                              MnetProgram *p, MnetError *error)
{
    memset(p, 0, sizeof *p);
    MnetStatus status = allocate(graph, store, p, error);
    if (status)
        return status;
    if (input)
        p->shapes[graph->inputs[0]] = *input;
    return mnet_ops_infer(graph, p->shapes, !input, error);
}

/* Inputs have memory of their own, which the limit counts too. */
static MnetStatus check_memory(MnetProgram *p, size_t max_arena, MnetError *error)
{
    size_t bytes = p->arena_bytes;
    bool fits = p->scratch <= SIZE_MAX - 2 * MNET_PADDING;
    if (fits) {
        p->scratch = mnet_round_up(p->scratch + MNET_PADDING, MNET_ALIGN);
        fits = mnet_add_size(bytes, p->scratch, &bytes);
    }
    for (int32_t i = 0; i < p->graph->n_inputs && fits; i++)
        fits = mnet_add_size(bytes, tensor_bytes(p, p->graph->inputs[i]), &bytes);
    if (fits && bytes <= max_arena)
        return MNET_OK;
    return mnet_error_set(error, MNET_ERROR_LIMIT,
                          "a run needs %zu bytes of memory, the limit is %zu (MNET_MAX_ARENA)",
                          fits ? bytes : SIZE_MAX, max_arena);
}

static uint64_t sum(uint64_t a, uint64_t b)
{
    return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

/* What a run takes: multiply-adds, additions, elements that are moved. */
static MnetStatus check_work(MnetProgram *p, MnetError *error)
{
    uint64_t others = 0;
    for (int32_t i = 0; i < p->graph->n_nodes; i++) {
        const MnetNode *node = &p->graph->nodes[i];
        p->macs = sum(p->macs, p->steps[i].macs);
        others = sum(others, p->steps[i].additions);
        for (int32_t j = 0; j < node->n_inputs; j++)
            if (node->inputs[j] >= 0)
                others = sum(others, mnet_shape_elements(&p->shapes[node->inputs[j]]));
        for (int32_t j = 0; j < node->n_outputs; j++)
            others = sum(others, mnet_shape_elements(&p->shapes[node->outputs[j]]));
    }
    if (sum(p->macs, others) <= MNET_MAX_MACS)
        return MNET_OK;
    return mnet_error_set(error, MNET_ERROR_LIMIT,
                          "a run needs %llu multiply-adds and %llu additions and moves, at most "
                          "%llu are computed",
                          (unsigned long long)p->macs, (unsigned long long)others,
                          (unsigned long long)MNET_MAX_MACS);
}

MnetStatus mnet_program_plan(MnetProgram *p, const MnetKernels *kernels, MnetFusing fusing,
                             size_t max_arena, MnetStore *store, MnetError *error)
{
    const MnetGraph *graph = p->graph;
    MnetStatus status = mnet_ops_plan(graph, p->shapes, kernels, p->steps, store, error);
    if (!status)
        status = check_work(p, error);
    if (!status && fusing != MNET_FUSING_NONE)
        status =
            mnet_blocks_find(graph, p->steps, fusing == MNET_FUSING_ALL, store, p->block_of, error);
    if (status || (status = plan_memory(p, error)))
        return status;
    for (size_t i = 0; i < p->n_jobs; i++) {
        const MnetJob *job = &p->jobs[i];
        size_t scratch = job->block ? job->block->scratch : job->step->scratch;
        p->scratch = scratch > p->scratch ? scratch : p->scratch;
    }
    return check_memory(p, max_arena, error);
}
