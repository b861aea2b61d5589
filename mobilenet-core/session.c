/* SPDX-License-Identifier: MIT
 *
 * One arena, and the loop over the steps of a program. */
#include <mnet/session.h>

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/float_mode.h"
#include "model_private.h"
#include "pool.h"
#include "team.h"

/* Tiles for each worker.  One of a single step: a worker that comes late leaves
 * its whole share to others, smaller tiles read the weights more often.  Two of a
 * block, which is longer: neighbours compute no row twice. */
#define SHARE_OF_STEP 1
#define SHARE_OF_BLOCK 2

struct MnetSession {
    MnetModel *model;
    MnetPool *pool;
    const MnetProgram *program;
    MnetInfos infos;
    MnetProgram own; /* when the input size is not the file's */
    MnetStore store;
    uint8_t *arena;
    uint8_t *scratch;       /* program->scratch bytes for each worker */
    MnetBlockState *blocks; /* of the block that is being computed, for each worker */
    size_t workers;
    MnetTeam team;
    uint32_t *tiles; /* of each job */
    void **tensors;  /* by tensor number */
    void **inputs;   /* the session's own input buffers */
    bool feed_states;
    bool profiling;
    uint64_t *ends;        /* of each job: the time */
    uint64_t *spent;       /* [worker][node], within blocks */
    uint64_t *nanoseconds; /* of each node */
};

static uint32_t count_tiles(const MnetJob *job, size_t workers)
{
    size_t tiles = workers * (job->block ? SHARE_OF_BLOCK : SHARE_OF_STEP);
    return (uint32_t)(job->tiles < tiles ? job->tiles : tiles);
}

static MnetStatus allocate(MnetSession *s, MnetError *error)
{
    const MnetProgram *p = s->program;
    const MnetGraph *graph = p->graph;
    size_t workers = s->workers = s->pool ? mnet_pool_threads(s->pool) : 1, scratch = 0;
    size_t shared = p->arena_bytes; /* that and one thread's are within the limit */
    for (int32_t i = 0; i < graph->n_inputs; i++)
        shared += s->infos.inputs[i].bytes;
    if (!mnet_mul_size(p->scratch, workers, &scratch) || scratch > s->model->max_arena - shared)
        return mnet_error_set(
            error, MNET_ERROR_LIMIT,
            "%zu threads need %zu bytes of memory each and %zu for all, the limit "
            "is %zu (MNET_MAX_ARENA); take fewer threads",
            workers, p->scratch, shared, s->model->max_arena);
    s->tensors = mnet_store_calloc(&s->store, (size_t)graph->n_tensors, sizeof *s->tensors);
    s->inputs = mnet_store_calloc(&s->store, (size_t)graph->n_inputs, sizeof *s->inputs);
    s->nanoseconds = mnet_store_calloc(&s->store, (size_t)graph->n_nodes, sizeof *s->nanoseconds);
    s->spent = mnet_store_calloc(&s->store, workers, (size_t)graph->n_nodes * sizeof *s->spent);
    s->ends = mnet_store_calloc(&s->store, p->n_jobs, sizeof *s->ends);
    s->tiles = mnet_store_calloc(&s->store, p->n_jobs, sizeof *s->tiles);
    s->arena = mnet_store_alloc(&s->store, p->arena_bytes);
    s->scratch = mnet_store_alloc(&s->store, scratch);
    s->blocks = mnet_store_calloc(&s->store, workers, sizeof *s->blocks);
    if (!s->tensors || !s->inputs || !s->nanoseconds || !s->spent || !s->ends || !s->tiles ||
        !s->arena || !s->scratch || !s->blocks)
        return mnet_error_memory(error, p->arena_bytes + scratch);
    for (size_t i = 0; i < p->n_jobs; i++)
        s->tiles[i] = count_tiles(&p->jobs[i], workers);
    MnetStatus status = mnet_team_init(&s->team, p->n_jobs, s->tiles, workers, &s->store, error);
    if (status)
        return status;
    for (int32_t i = 0; i < graph->n_inputs; i++) {
        size_t bytes = s->infos.inputs[i].bytes;
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

static bool same_shape(const MnetShape *a, const MnetShape *b)
{
    return a->rank == b->rank && !memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims);
}

/* Whether an operator gives each position of its input a meaning of its own: one
 * of another shape would be read wrong even where the number of values fits. */
static bool needs_its_shape(MnetOp op)
{
    return op == MNET_OP_RESHAPE || op == MNET_OP_SQUEEZE || op == MNET_OP_FULLY_CONNECTED ||
           op == MNET_OP_SOFTMAX || op == MNET_OP_SLICE || op == MNET_OP_STRIDED_SLICE ||
           op == MNET_OP_SPLIT_V || op == MNET_OP_RESIZE_BILINEAR ||
           op == MNET_OP_RESIZE_NEAREST_NEIGHBOR;
}

/* SLICE and STRIDED_SLICE whose every dimension is kept whole, as by one that mirrors, or,
 * with `channels`, is the same at any size of the input. */
static bool slices_alike(const MnetNode *node, const MnetShape *made, const MnetShape *own,
                         bool channels)
{
    int32_t in = node->inputs[0], out = node->outputs[0];
    if ((node->op != MNET_OP_SLICE && node->op != MNET_OP_STRIDED_SLICE) ||
        made[in].rank != made[out].rank)
        return false;
    for (int32_t d = 0; d < made[in].rank; d++) {
        bool whole = made[in].dims[d] == made[out].dims[d] && own[in].dims[d] == own[out].dims[d];
        bool same = made[in].dims[d] == own[in].dims[d] && made[out].dims[d] == own[out].dims[d];
        if (!whole && !(channels && same))
            return false;
    }
    return true;
}

/* Only maps may follow the input's size, and a pool or mean must end them, unless
 * `outputs_follow`. */
static MnetStatus check_shapes(const MnetModel *model, const MnetProgram *own, bool outputs_follow,
                               MnetError *error)
{
    const MnetGraph *graph = &model->graph;
    const MnetShape *made = model->program.shapes;
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        const MnetNode *node = &graph->nodes[i];
        int32_t in = node->inputs[0];
        if (needs_its_shape(node->op) && !same_shape(&own->shapes[in], &made[in]) &&
            !slices_alike(node, made, own->shapes, outputs_follow))
            return mnet_op_unsupported(error, node, "its input would change its shape");
    }
    for (int32_t i = 0; i < graph->n_outputs && !outputs_follow; i++)
        if (!same_shape(&own->shapes[graph->outputs[i]], &made[graph->outputs[i]]))
            return mnet_error_set(error, MNET_ERROR_UNSUPPORTED, "output %d would change its shape",
                                  i);
    return MNET_OK;
}

/* A program of the session's own at another input size. */
static MnetStatus resize(MnetSession *s, int32_t width, int32_t height, bool outputs_follow,
                         MnetError *error)
{
    const MnetModel *model = s->model;
    const MnetGraph *graph = &model->graph;
    const MnetTensorInfo *in = &model->infos.inputs[0];
    MnetShape shape = model->program.shapes[graph->inputs[0]];
    int32_t first = in->channels_first ? 2 : 1;
    if (in->rank != 4 || width < 1 || height < 1 || width > 1 << 14 || height > 1 << 14)
        return mnet_error_set(
            error, MNET_ERROR_ARGUMENT,
            "an input size of %dx%d is outside of 1x1 to 16384x16384, or input 0 is no picture",
            width, height);
    shape.dims[first] = height;
    shape.dims[first + 1] = width;
    MnetStatus status = mnet_program_infer(graph, &shape, &s->store, &s->own, error);
    if (!status)
        status = check_shapes(model, &s->own, outputs_follow, error);
    if (!status)
        status = mnet_program_plan(&s->own, model->kernels, model->fusing, model->max_arena,
                                   &s->store, error);
    if (status) {
        /* The file itself is sound. */
        if (error && status == MNET_ERROR_FORMAT)
            error->status = MNET_ERROR_UNSUPPORTED;
        mnet_error_prefix(error, "input size %dx%d (another than the file's %dx%d is for %s)",
                          width, height, in->dims[first + 1], in->dims[first],
                          outputs_follow ? "networks whose layers all follow the map"
                                         : "classifiers whose pool covers the whole map");
        return status;
    }
    s->program = &s->own;
    status = mnet_infos_make(graph, s->program, &s->store, &s->infos, error);
    for (int32_t i = 0; i < graph->n_outputs && !status; i++)
        s->infos.outputs[i].kind = model->infos.outputs[i].kind;
    return status;
}

static MnetStatus choose_program(MnetSession *s, const MnetSessionOptions *options,
                                 MnetError *error)
{
    const MnetTensorInfo *in = &s->model->infos.inputs[0];
    int32_t first = in->channels_first ? 2 : 1;
    int32_t height = in->rank == 4 ? in->dims[first] : 0,
            width = in->rank == 4 ? in->dims[first + 1] : 0;
    s->program = &s->model->program;
    s->infos = s->model->infos;
    if (!options || (!options->input_width && !options->input_height))
        return MNET_OK;
    int32_t to_width = options->input_width ? options->input_width : width;
    int32_t to_height = options->input_height ? options->input_height : height;
    return to_width == width && to_height == height
               ? MNET_OK
               : resize(s, to_width, to_height, options->outputs_follow, error);
}

MnetSession *mnet_session_new(MnetModel *model, const MnetSessionOptions *options, MnetError *error)
{
    MnetSession *s = mnet_calloc(1, sizeof *s);
    if (!s) {
        mnet_error_memory(error, sizeof *s);
        return NULL;
    }
    s->model = mnet_model_ref(model);
    s->feed_states = options && options->feed_states;
    s->pool = options && options->pool ? mnet_pool_ref(options->pool) : NULL;
    if (choose_program(s, options, error) || allocate(s, error)) {
        mnet_session_free(s);
        return NULL;
    }
    place_tensors(s);
    mnet_session_reset_states(s);
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
    return index < mnet_model_n_inputs(s->model) ? &s->infos.inputs[index] : NULL;
}

const MnetTensorInfo *mnet_session_output_info(const MnetSession *s, size_t index)
{
    return index < mnet_model_n_outputs(s->model) ? &s->infos.outputs[index] : NULL;
}

bool mnet_session_operator(const MnetSession *s, size_t index, MnetOperatorInfo *info)
{
    return mnet_info_operator(s->program, index, info);
}

void mnet_session_stats(const MnetSession *s, MnetModelStats *stats)
{
    mnet_model_stats(s->model, stats);
    mnet_info_stats(s->program, stats);
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

static void run_tile(const MnetSession *s, const MnetJob *job, size_t tile, size_t tiles,
                     size_t worker)
{
    void *scratch = s->scratch + worker * s->program->scratch;
    if (job->block)
        mnet_block_run(job->block, s->tensors, tile, tiles, &s->blocks[worker], scratch);
    else
        job->step->cls->run(job->step, s->tensors, tile, tiles, scratch);
}

static uint64_t *spent_by(const MnetSession *s, size_t worker)
{
    return s->spent + worker * (size_t)s->program->graph->n_nodes;
}

static void begin_job(const MnetSession *s, const MnetJob *job, size_t worker)
{
    if (job->block)
        s->blocks[worker] = (MnetBlockState){ .ns = s->profiling ? spent_by(s, worker) : NULL };
}

static void run_alone(const MnetSession *s)
{
    const MnetProgram *p = s->program;
    uint64_t mode = mnet_float_mode_set();
    for (size_t i = 0; i < p->n_jobs; i++) {
        begin_job(s, &p->jobs[i], 0);
        run_tile(s, &p->jobs[i], 0, 1, 0);
        if (s->profiling)
            s->ends[i] = mnet_now_ns();
    }
    mnet_float_mode_restore(mode);
}

static void run_in_team(void *user, size_t worker)
{
    MnetSession *s = user;
    const MnetProgram *p = s->program;
    uint64_t mode = mnet_float_mode_set();
    for (size_t i = 0; i < p->n_jobs; i++) {
        uint32_t tile, n = 0;
        begin_job(s, &p->jobs[i], worker);
        for (; mnet_team_take(&s->team, i, worker, &tile); n++)
            run_tile(s, &p->jobs[i], tile, s->tiles[i], worker);
        if (mnet_team_done(&s->team, i, n) && s->profiling)
            s->ends[i] = mnet_now_ns();
        mnet_team_wait(&s->team, i);
    }
    mnet_float_mode_restore(mode);
}

/* `ns` of a job to its nodes; within a block in the proportions in which its
 * workers spent their time. */
static void attribute(MnetSession *s, const MnetJob *job, uint64_t ns)
{
    const MnetBlock *b = job->block;
    double spent[MNET_MAX_BLOCK_NODES] = { 0 }, all = 0;
    size_t first = (size_t)(job->step - s->program->steps);
    s->nanoseconds[first] = ns;
    for (size_t n = 0; b && n < b->n_nodes; n++) {
        for (size_t i = 0; i < s->workers; i++)
            spent[n] += (double)spent_by(s, i)[b->steps[n] - s->program->steps];
        all += spent[n];
    }
    for (size_t n = 0; b && n < b->n_nodes; n++)
        s->nanoseconds[b->steps[n] - s->program->steps] =
            all > 0 ? (uint64_t)((double)ns * spent[n] / all) : 0;
}

static void attribute_all(MnetSession *s, uint64_t begin)
{
    for (size_t i = 0; i < s->program->n_jobs; i++) {
        attribute(s, &s->program->jobs[i], s->ends[i] - begin);
        begin = s->ends[i];
    }
}

void mnet_session_reset_states(MnetSession *s)
{
    for (size_t i = 0; i < s->model->n_states; i++) {
        size_t input = s->model->states[i].input;
        const MnetTensorInfo *info = &s->infos.inputs[input];
        bool bytes = info->type == MNET_TYPE_INT8 || info->type == MNET_TYPE_UINT8;
        memset(s->inputs[input], bytes ? info->zero_point : 0, info->bytes);
    }
}

static void feed_states(MnetSession *s)
{
    for (size_t i = 0; i < s->model->n_states; i++) {
        const MnetState *state = &s->model->states[i];
        memcpy(s->inputs[state->input], mnet_session_output(s, state->output),
               s->infos.inputs[state->input].bytes);
    }
}

void mnet_session_run(MnetSession *s)
{
    uint64_t begin = s->profiling ? mnet_now_ns() : 0;
    if (s->profiling)
        memset(s->spent, 0, s->workers * (size_t)s->program->graph->n_nodes * sizeof *s->spent);
    if (s->pool && mnet_pool_try_acquire(s->pool)) {
        mnet_team_reset(&s->team);
        mnet_pool_run(s->pool, run_in_team, s);
        mnet_pool_release(s->pool);
    } else {
        run_alone(s);
    }
    if (s->profiling)
        attribute_all(s, begin);
    if (s->feed_states)
        feed_states(s);
}

void mnet_session_set_profiling(MnetSession *s, bool on)
{
    s->profiling = on;
}

uint64_t mnet_session_operator_ns(const MnetSession *s, size_t index)
{
    return index < (size_t)s->program->graph->n_nodes ? s->nanoseconds[index] : 0;
}
