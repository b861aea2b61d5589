/* SPDX-License-Identifier: MIT
 *
 * One arena, and the loop over the steps of a program. */
#include <mnet/session.h>

#include <string.h>
#include <time.h>

#include "base/error.h"
#include "model_private.h"
#include "pool.h"

struct MnetSession {
    MnetModel *model;
    MnetPool *pool;
    const MnetProgram *program;
    MnetStore store;
    uint8_t *arena;
    uint8_t *scratch; /* program->scratch bytes for each worker */
    void **tensors;   /* by tensor number */
    void **inputs;    /* the session's own input buffers */
    bool profiling;
    uint64_t *nanoseconds; /* of each step */
};

static MnetStatus allocate(MnetSession *s, MnetError *error)
{
    const MnetProgram *p = s->program;
    const MnetGraph *graph = p->graph;
    size_t workers = s->pool ? mnet_pool_threads(s->pool) : 1, scratch = 0;
    s->tensors = mnet_store_calloc(&s->store, (size_t)graph->n_tensors, sizeof *s->tensors);
    s->inputs = mnet_store_calloc(&s->store, (size_t)graph->n_inputs, sizeof *s->inputs);
    s->nanoseconds = mnet_store_calloc(&s->store, (size_t)graph->n_nodes, sizeof *s->nanoseconds);
    s->arena = mnet_store_alloc(&s->store, p->arena_bytes);
    s->scratch =
        mnet_mul_size(p->scratch, workers, &scratch) ? mnet_store_alloc(&s->store, scratch) : NULL;
    if (!s->tensors || !s->inputs || !s->nanoseconds || !s->arena || !s->scratch)
        return mnet_error_memory(error, p->arena_bytes + scratch);
    for (int32_t i = 0; i < graph->n_inputs; i++) {
        size_t bytes = s->model->inputs[i].bytes;
        if (!(s->inputs[i] = mnet_store_alloc(&s->store, bytes)))
            return mnet_error_memory(error, bytes);
    }
    return MNET_OK;
}

/* Constants, inputs, the arena; then those that share another's bytes. */
static void place_tensors(MnetSession *s)
{
    const MnetProgram *p = s->program;
    const MnetGraph *graph = p->graph;
    for (int32_t t = 0; t < graph->n_tensors; t++)
        s->tensors[t] = p->offsets[t] != MNET_NO_OFFSET ? s->arena + p->offsets[t]
                                                        : (void *)(uintptr_t)graph->tensors[t].data;
    for (int32_t i = 0; i < graph->n_inputs; i++)
        mnet_session_bind_input(s, (size_t)i, NULL);
}

MnetSession *mnet_session_new(MnetModel *model, const MnetSessionOptions *options, MnetError *error)
{
    MnetSession *s = mnet_calloc(1, sizeof *s);
    if (!s) {
        mnet_error_memory(error, sizeof *s);
        return NULL;
    }
    s->model = mnet_model_ref(model);
    s->program = &model->program;
    s->pool = options && options->pool ? mnet_pool_ref(options->pool) : NULL;
    if (allocate(s, error)) {
        mnet_session_free(s);
        return NULL;
    }
    place_tensors(s);
    return s;
}

void mnet_session_free(MnetSession *s)
{
    if (!s)
        return;
    mnet_store_clear(&s->store);
    mnet_pool_unref(s->pool);
    mnet_model_unref(s->model);
    mnet_free(s);
}

const MnetTensorInfo *mnet_session_input_info(const MnetSession *s, size_t index)
{
    return mnet_model_input(s->model, index);
}

const MnetTensorInfo *mnet_session_output_info(const MnetSession *s, size_t index)
{
    return mnet_model_output(s->model, index);
}

void *mnet_session_input(MnetSession *s, size_t index)
{
    return index < (size_t)s->program->graph->n_inputs ? s->inputs[index] : NULL;
}

void mnet_session_bind_input(MnetSession *s, size_t index, const void *buffer)
{
    const MnetProgram *p = s->program;
    const MnetGraph *graph = p->graph;
    if (index >= (size_t)graph->n_inputs)
        return;
    int32_t input = graph->inputs[index];
    /* Nothing writes to an input: the cast only joins it with the others. */
    void *bytes = buffer ? (void *)(uintptr_t)buffer : s->inputs[index];
    for (int32_t t = 0; t < graph->n_tensors; t++)
        if (p->roots[t] == input)
            s->tensors[t] = bytes;
        else if (p->roots[t] != t)
            s->tensors[t] = s->tensors[p->roots[t]];
}

const void *mnet_session_output(const MnetSession *s, size_t index)
{
    const MnetGraph *graph = s->program->graph;
    return index < (size_t)graph->n_outputs ? s->tensors[graph->outputs[index]] : NULL;
}

static void run_tile(const MnetSession *s, const MnetStep *step, size_t tile, size_t worker)
{
    step->cls->run(step, s->tensors, tile, s->scratch + worker * s->program->scratch);
}

typedef struct {
    const MnetSession *session;
    const MnetStep *step;
} Job;

static void pool_task(void *user, size_t part, size_t worker)
{
    const Job *job = user;
    run_tile(job->session, job->step, part, worker);
}

static void run_step(const MnetSession *s, const MnetStep *step, bool pooled)
{
    if (pooled && step->tiles > 1) {
        Job job = { s, step };
        mnet_pool_run(s->pool, pool_task, &job, step->tiles);
        return;
    }
    for (size_t tile = 0; tile < step->tiles; tile++)
        run_tile(s, step, tile, 0);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void mnet_session_run(MnetSession *s)
{
    bool pooled = s->pool && mnet_pool_try_acquire(s->pool);
    size_t n = (size_t)s->program->graph->n_nodes;
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = s->profiling ? now_ns() : 0;
        run_step(s, &s->program->steps[i], pooled);
        if (s->profiling)
            s->nanoseconds[i] = now_ns() - begin;
    }
    if (pooled)
        mnet_pool_release(s->pool);
}

void mnet_session_set_profiling(MnetSession *s, bool on)
{
    s->profiling = on;
}

uint64_t mnet_session_operator_ns(const MnetSession *s, size_t index)
{
    return index < (size_t)s->program->graph->n_nodes ? s->nanoseconds[index] : 0;
}
