/* SPDX-License-Identifier: MIT
 *
 * Sessions: the same bytes with and without a pool, side by side in threads and
 * on one pool at once; inputs bound and unbound, outputs that stay, times. */
#include <mnet/mnet.h>

#include <pthread.h>

#include "expect.h"
#include "samplemodels.h"

#define RUNS 8
#define THREADS 4

/* Large enough for several tiles. */
static TbFile large_model(int type)
{
    return tb_tiny_classifier(&(TbTiny){ .type = type, .width = 97, .height = 65, .classes = 24 });
}

/* Seeds differ in what a picture is on the whole, too. */
static void fill(void *input, size_t bytes, uint32_t seed, bool floats)
{
    for (size_t i = 0; i < bytes; i++)
        ((uint8_t *)input)[i] = (uint8_t)((i * 31 + i / 7) % (40 + 30 * (seed % 7)) * (i % 3));
    for (size_t i = 0; i < bytes / 4 && floats; i++)
        ((float *)input)[i] = (float)((i * 31 + i / 7) % (40 + 30 * (seed % 7)) * (i % 3)) / 512;
}

static void fill_inputs(MnetSession *session, const MnetModel *model, uint32_t seed)
{
    for (size_t i = 0; i < mnet_model_n_inputs(model); i++) {
        const MnetTensorInfo *info = mnet_model_input(model, i);
        fill(mnet_session_input(session, i), info->bytes, seed, info->type == MNET_TYPE_FLOAT32);
    }
}

/* A copy of output 0. */
static uint8_t *result(MnetModel *model, MnetPool *pool, uint32_t seed)
{
    MnetError error = { MNET_OK, "" };
    MnetSession *session = mnet_session_new(model, &(MnetSessionOptions){ .pool = pool }, &error);
    if (!session) {
        printf("no session: %s\n", error.text);
        exit(1);
    }
    fill_inputs(session, model, seed);
    mnet_session_run(session);
    uint8_t *copy =
        expect_copy(mnet_session_output(session, 0), mnet_model_output(model, 0)->bytes);
    mnet_session_free(session);
    return copy;
}

static MnetModel *load(const TbFile *file)
{
    MnetError error = { MNET_OK, "" };
    MnetModel *model = mnet_model_load_memory(file->data, file->size, NULL, &error);
    if (!model) {
        printf("no model: %s\n", error.text);
        exit(1);
    }
    return model;
}

/* The work is cut the same way for any number of threads. */
static void check_pools(const char *name, TbFile file)
{
    MnetModel *model = load(&file);
    size_t bytes = mnet_model_output(model, 0)->bytes;
    uint8_t *alone = result(model, NULL, 1);
    for (unsigned threads = 2; threads <= 5; threads++) {
        MnetPool *pool = mnet_pool_new(threads, NULL);
        EXPECT(pool && mnet_pool_threads(pool) == threads, "%u threads", threads);
        uint8_t *shared = result(model, pool, 1);
        EXPECT(!memcmp(alone, shared, bytes), "%s: other bytes with %u threads", name, threads);
        free(shared);
        mnet_pool_unref(pool);
    }
    free(alone);
    mnet_model_unref(model);
    tb_file_free(&file);
}

/* A convolution and a depthwise one whose outputs are seen as they are. */
static TbFile map_model(int type)
{
    static const int32_t in[4] = { 1, 33, 47, 8 }, out[4] = { 1, 33, 47, 24 };
    static const int32_t shapes[2][4] = { { 24, 3, 3, 8 }, { 1, 3, 3, 24 } };
    static int8_t bytes[24 * 3 * 3 * 8];
    static float floats[24 * 3 * 3 * 8];
    bool is_float = type == TFL_TYPE_FLOAT32;
    TbTensor map = { .name = "map", .type = type, .rank = 4, .n_scales = !is_float, .scale = 0.1f };
    TbTensor w = { .name = "w", .type = type, .rank = 4, .n_scales = !is_float, .scale = 0.002f };
    TbModel *model = tb_model_new();
    for (int i = 0; i < 24 * 3 * 3 * 8; i++)
        floats[i] = (float)(bytes[i] = (int8_t)(i * 37 % 255 - 127)) / 500;
    w.data = is_float ? (const void *)floats : bytes;
    memcpy(map.dims, in, sizeof in);
    int32_t x = tb_tensor(model, &map);
    tb_input(model, x);
    memcpy(map.dims, out, sizeof out);
    for (int i = 0; i < 2; i++) {
        memcpy(w.dims, shapes[i], sizeof w.dims / TB_MAX_RANK * 4);
        w.bytes = (i ? 216 : sizeof bytes) * (is_float ? 4 : 1);
        int32_t weights = tb_tensor(model, &w), y = tb_tensor(model, &map);
        tb_operator(model, &(TbOperator){ .builtin = i ? TFL_OP_DEPTHWISE_CONV_2D : TFL_OP_CONV_2D,
                                          .n_inputs = 2,
                                          .inputs = { x, weights },
                                          .n_outputs = 1,
                                          .outputs = { y },
                                          .options = i ? tb_depthwise_options(0, 1, 1, 1, 1, 1, 0)
                                                       : tb_conv_options(0, 1, 1, 1, 1, 0) });
        x = y;
    }
    tb_output(model, x);
    return tb_finish(model);
}

typedef struct {
    MnetModel *model;
    MnetPool *pool;
    uint32_t seed;
    const uint8_t *expected;
    int wrong;
} Worker;

static void *work(void *user)
{
    Worker *w = user;
    size_t bytes = mnet_model_output(w->model, 0)->bytes;
    MnetSession *session =
        mnet_session_new(w->model, &(MnetSessionOptions){ .pool = w->pool }, NULL);
    for (int i = 0; session && i < RUNS; i++) {
        fill_inputs(session, w->model, w->seed);
        mnet_session_run(session);
        w->wrong += memcmp(mnet_session_output(session, 0), w->expected, bytes) != 0;
    }
    w->wrong += !session;
    mnet_session_free(session);
    return NULL;
}

/* Sessions of one model in threads of their own, that share a pool or do not. */
static void check_threads(int type, MnetPool *pool)
{
    TbFile file = map_model(type);
    MnetModel *model = load(&file);
    pthread_t threads[THREADS];
    Worker workers[THREADS];
    for (uint32_t i = 0; i < THREADS; i++) {
        workers[i] = (Worker){ model, pool, i, result(model, NULL, i), 0 };
        if (pthread_create(&threads[i], NULL, work, &workers[i]))
            exit(1);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        EXPECT(!workers[i].wrong, "type %d, %s: %d of %d runs of thread %u gave other bytes", type,
               pool ? "one pool" : "no pool", workers[i].wrong, RUNS, i);
        free((void *)(uintptr_t)workers[i].expected);
    }
    mnet_model_unref(model);
    tb_file_free(&file);
}

static void check_bound_inputs(void)
{
    TbFile file = large_model(TFL_TYPE_INT8);
    MnetModel *model = load(&file);
    MnetSession *session = mnet_session_new(model, NULL, NULL);
    const MnetTensorInfo *in = mnet_session_input_info(session, 0);
    size_t bytes = mnet_session_output_info(session, 0)->bytes;
    uint8_t *own = result(model, NULL, 5), *other = result(model, NULL, 6);
    void *buffer = mnet_buffer_alloc(in->bytes);
    EXPECT(memcmp(own, other, bytes), "both pictures give the same");
    fill(mnet_session_input(session, 0), in->bytes, 5, false);
    fill(buffer, in->bytes, 6, false);
    mnet_session_bind_input(session, 0, buffer);
    mnet_session_bind_input(session, 7, buffer);
    mnet_session_run(session);
    EXPECT(!memcmp(mnet_session_output(session, 0), other, bytes), "a bound input");
    /* Outputs stay while inputs change. */
    const void *output = mnet_session_output(session, 0);
    fill(buffer, in->bytes, 9, false);
    EXPECT(!memcmp(output, other, bytes), "an output that does not stay");
    mnet_session_bind_input(session, 0, NULL);
    mnet_session_run(session);
    EXPECT(!memcmp(mnet_session_output(session, 0), own, bytes), "the session's own input");
    mnet_session_run(session);
    EXPECT(!memcmp(mnet_session_output(session, 0), own, bytes), "an input that a run changed");
    EXPECT(!mnet_session_input(session, 1) && !mnet_session_output(session, 1) &&
               !mnet_session_input_info(session, 1) && !mnet_session_output_info(session, 1),
           "tensors that are not");
    mnet_session_free(session);
    mnet_buffer_free(buffer);
    free(own);
    free(other);
    mnet_model_unref(model);
    tb_file_free(&file);
}

static void check_profiling(void)
{
    TbFile file = large_model(TFL_TYPE_FLOAT32);
    MnetModel *model = load(&file);
    MnetSession *session = mnet_session_new(model, NULL, NULL);
    MnetModelStats stats;
    mnet_model_stats(model, &stats);
    mnet_session_run(session);
    EXPECT(!mnet_session_operator_ns(session, 0), "times that nobody asked for");
    mnet_session_set_profiling(session, true);
    mnet_session_run(session);
    EXPECT(mnet_session_operator_ns(session, 0) > 0, "no time for the first layer");
    EXPECT(!mnet_session_operator_ns(session, stats.n_operators), "a time for no operator");
    mnet_session_free(session);
    mnet_model_unref(model);
    tb_file_free(&file);
}

/* A session keeps its model, a pool is kept by its sessions. */
static void check_references(void)
{
    TbFile file = large_model(TFL_TYPE_UINT8);
    MnetModel *model = load(&file);
    MnetPool *pool = mnet_pool_new(2, NULL);
    MnetSession *session = mnet_session_new(model, &(MnetSessionOptions){ .pool = pool }, NULL);
    mnet_model_unref(model);
    mnet_pool_unref(pool);
    mnet_session_run(session);
    EXPECT(mnet_session_output(session, 0), "a session without its owner's references");
    mnet_session_free(session);
    mnet_session_free(NULL);
    mnet_model_unref(NULL);
    mnet_pool_unref(NULL);
    MnetError error = { MNET_OK, "" };
    EXPECT(!mnet_pool_new(65, &error), "65 threads");
    expect_error("65 threads", &error, MNET_ERROR_ARGUMENT, "65 threads were asked for");
    tb_file_free(&file);
}

/* The limit holds what all threads take together. */
static void check_limit(void)
{
    TbFile file = map_model(TFL_TYPE_INT8);
    MnetModel *model = load(&file);
    MnetModelStats stats;
    MnetPool *pool = mnet_pool_new(3, NULL);
    mnet_model_stats(model, &stats);
    mnet_model_unref(model);
    EXPECT(stats.scratch_bytes, "a model without scratch");
    for (size_t more = 1; more <= 2; more++) {
        MnetError error = { MNET_OK, "" };
        size_t limit = stats.arena_bytes + stats.input_bytes + more * stats.scratch_bytes;
        MnetModelOptions options = { .max_arena = limit };
        model = mnet_model_load_memory(file.data, file.size, &options, &error);
        MnetSession *session =
            mnet_session_new(model, &(MnetSessionOptions){ .pool = pool }, &error);
        EXPECT(!session == (more == 1), "%zu threads more: %s", more, error.text);
        if (more == 1)
            expect_error("3 threads", &error, MNET_ERROR_LIMIT, "take fewer threads");
        mnet_session_free(session);
        mnet_model_unref(model);
    }
    mnet_pool_unref(pool);
    tb_file_free(&file);
}

int main(void)
{
    static const int types[] = { TFL_TYPE_UINT8, TFL_TYPE_INT8, TFL_TYPE_FLOAT32 };
    MnetPool *pool = mnet_pool_new(3, NULL);
    for (size_t i = 0; i < 3; i++) {
        check_pools("colours", large_model(types[i]));
        check_pools("maps", map_model(types[i]));
        check_threads(types[i], NULL);
        check_threads(types[i], pool);
    }
    for (size_t i = 0; i < sample_count(); i++)
        check_pools(sample_name(i), sample_model(i));
    mnet_pool_unref(pool);
    check_bound_inputs();
    check_profiling();
    check_references();
    check_limit();
    return expect_report("session");
}
