/* SPDX-License-Identifier: MIT
 *
 * test_threads [ROUNDS | race]: threads that use the core at once, as its headers
 * allow: sessions of one model on one pool, models, labels and pools that are made,
 * referenced and given back in any order on any thread.  The same bytes as alone,
 * and, built with ThreadSanitizer, no race.  `race` makes one, for a test that the
 * sanitizer sees what pool workers do. */
#include <mnet/mnet.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "expect.h"
#include "pool.h"
#include "samplemodels.h"

#define THREADS 4
#define WIDTH 37
#define HEIGHT 29

static const char *const samples[] = { "colours-uint8", "conv-int8", "depthwise-uint8",
                                       "concatenation-float" };
static int rounds = 12;

/* What the threads of one test share. */
typedef struct {
    TbFile file;
    MnetModel *model;
    MnetPool *pool; /* the newest one, under the lock */
    MnetLabels *labels;
    uint8_t *expected[THREADS]; /* of each thread's picture: output 0 */
    pthread_barrier_t start;
    pthread_mutex_t lock;
    unsigned wrong, missing; /* under the lock */
} Shared;

typedef struct {
    Shared *shared;
    unsigned number;
    unsigned wrong, missing;
} Worker;

static void fill(MnetSession *session, unsigned seed)
{
    const MnetTensorInfo *info = mnet_session_input_info(session, 0);
    uint8_t *bytes = mnet_session_input(session, 0);
    for (size_t i = 0; i < info->bytes; i++)
        bytes[i] = (uint8_t)((i * 31 + i / 7) * (seed + 1) % 251 % (i % 4 == 3 ? 60 : 251));
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

/* NULL counts as missing. */
static MnetSession *open_session(Worker *worker, MnetModel *model, MnetPool *pool)
{
    MnetSession *session = mnet_session_new(model, &(MnetSessionOptions){ .pool = pool }, NULL);
    worker->missing += !session;
    return session;
}

static void run(Worker *worker, MnetSession *session)
{
    fill(session, worker->number);
    mnet_session_run(session);
    worker->wrong +=
        memcmp(mnet_session_output(session, 0), worker->shared->expected[worker->number],
               mnet_session_output_info(session, 0)->bytes) != 0;
}

/* Conversions are prepared once in a process, by whoever is first. */
static void convert(Worker *worker, MnetSession *session)
{
    static const uint8_t pixels[WIDTH * HEIGHT * 3] = { 1, 2, 3 };
    const MnetFrameInfo frame = { MNET_PIXEL_RGB, WIDTH, HEIGHT, MNET_MATRIX_BT601, true };
    const MnetPlanes planes = { { pixels }, { WIDTH * 3 } };
    MnetImageOptions options;
    mnet_image_default_options(mnet_session_input_info(session, 0), NULL, &options);
    MnetImage *image = mnet_image_new(&frame, mnet_session_input_info(session, 0), &options, NULL);
    if (!image)
        return; /* no picture */
    mnet_image_convert(image, &planes, mnet_session_input(session, 0));
    mnet_image_free(image);
}

/* One session for all rounds: who finds the pool taken computes alone. */
static void share_pool(Worker *worker)
{
    Shared *shared = worker->shared;
    MnetSession *session = open_session(worker, shared->model, shared->pool);
    for (int i = 0; session && i < rounds; i++) {
        if (i % 4 == 0)
            convert(worker, session);
        mnet_session_set_profiling(session, i % 3 == 0);
        run(worker, session);
    }
    mnet_session_free(session);
}

/* References of the thread's own, given back before and after what they were
 * for. */
static void share_references(Worker *worker)
{
    Shared *shared = worker->shared;
    for (int i = 0; i < rounds; i++) {
        MnetModel *model = mnet_model_ref(shared->model);
        MnetPool *pool = mnet_pool_ref(shared->pool);
        MnetLabels *labels = mnet_labels_ref(shared->labels);
        MnetSession *session = open_session(worker, model, pool);
        mnet_pool_unref(pool);
        if (i % 2)
            mnet_model_unref(model);
        if (session)
            run(worker, session);
        worker->missing += !mnet_labels_get(labels, 0);
        mnet_labels_unref(labels);
        mnet_session_free(session);
        if (i % 2 == 0)
            mnet_model_unref(model);
    }
}

/* A new pool takes the place of the one that the others may be using. */
static void replace_pool(Shared *shared, unsigned threads)
{
    MnetPool *pool = mnet_pool_new(threads, NULL);
    pthread_mutex_lock(&shared->lock);
    MnetPool *old = shared->pool;
    shared->pool = pool;
    pthread_mutex_unlock(&shared->lock);
    mnet_pool_unref(old);
}

/* Models of the thread's own from a file that all read, and pools that come and
 * go. */
static void come_and_go(Worker *worker)
{
    Shared *shared = worker->shared;
    for (int i = 0; i < rounds; i++) {
        if (i % 3 == 0)
            replace_pool(shared, 1 + (worker->number + (unsigned)i) % 3);
        pthread_mutex_lock(&shared->lock);
        MnetPool *pool = mnet_pool_ref(shared->pool);
        pthread_mutex_unlock(&shared->lock);
        MnetModel *model = load(&shared->file);
        MnetSession *session = open_session(worker, model, pool);
        mnet_model_unref(model);
        mnet_pool_unref(pool);
        if (session)
            run(worker, session);
        mnet_session_free(session);
    }
}

/* The last of all references may be given back by any thread. */
static void own_references(Worker *worker)
{
    Shared *shared = worker->shared;
    MnetSession *session = open_session(worker, shared->model, shared->pool);
    mnet_model_unref(shared->model);
    mnet_pool_unref(shared->pool);
    mnet_labels_unref(shared->labels);
    if (session)
        run(worker, session);
    mnet_session_free(session);
}

static void (*const uses[])(Worker *) = { share_pool, share_references, come_and_go,
                                          own_references };
#define USES (sizeof uses / sizeof *uses)
static size_t use;

static void *work(void *user)
{
    Worker *worker = user;
    Shared *shared = worker->shared;
    pthread_barrier_wait(&shared->start);
    uses[use](worker);
    pthread_mutex_lock(&shared->lock);
    shared->wrong += worker->wrong;
    shared->missing += worker->missing;
    pthread_mutex_unlock(&shared->lock);
    return NULL;
}

/* Whoever owns a reference of its own has got it before the threads begin. */
static void take_references(Shared *shared)
{
    for (int i = 1; i < THREADS; i++) {
        mnet_model_ref(shared->model);
        mnet_pool_ref(shared->pool);
        mnet_labels_ref(shared->labels);
    }
}

static void race_threads(Shared *shared)
{
    pthread_t threads[THREADS];
    Worker workers[THREADS] = { 0 };
    pthread_barrier_init(&shared->start, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i].shared = shared;
        workers[i].number = i;
        if (pthread_create(&threads[i], NULL, work, &workers[i]))
            exit(1);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&shared->start);
}

/* Each thread's own picture, computed alone. */
static void expect_outputs(Shared *shared)
{
    MnetModel *model = load(&shared->file);
    MnetSession *session = mnet_session_new(model, NULL, NULL);
    for (unsigned i = 0; i < THREADS; i++) {
        fill(session, i);
        mnet_session_run(session);
        shared->expected[i] = expect_copy(mnet_session_output(session, 0),
                                          mnet_session_output_info(session, 0)->bytes);
    }
    mnet_session_free(session);
    mnet_model_unref(model);
}

static TbFile find_sample(const char *name)
{
    size_t i = 0;
    while (strcmp(sample_name(i), name))
        i++;
    return sample_model(i);
}

static void check(const char *sample)
{
    Shared shared = { .file = find_sample(sample), .lock = PTHREAD_MUTEX_INITIALIZER };
    expect_outputs(&shared);
    shared.model = load(&shared.file);
    shared.pool = mnet_pool_new(2, NULL);
    shared.labels = mnet_labels_parse("a\nb\n", 4, "labels", NULL);
    EXPECT(shared.pool && shared.labels, "no pool or labels");
    if (uses[use] == own_references)
        take_references(&shared);
    race_threads(&shared);
    EXPECT(!shared.wrong, "%s, use %zu: %u other results", sample, use, shared.wrong);
    EXPECT(!shared.missing, "%s, use %zu: %u missing", sample, use, shared.missing);
    if (uses[use] != own_references) {
        mnet_labels_unref(shared.labels);
        mnet_pool_unref(shared.pool);
        mnet_model_unref(shared.model);
    }
    for (int i = 0; i < THREADS; i++)
        free(shared.expected[i]);
    tb_file_free(&shared.file);
}

typedef struct {
    atomic_int begun;
    volatile int count;
} Unordered;

/* Relaxed: the workers wait for each other, nothing puts them in an order. */
static void count_without_order(void *user, size_t worker)
{
    Unordered *unordered = user;
    (void)worker;
    atomic_fetch_add_explicit(&unordered->begun, 1, memory_order_relaxed);
    while (atomic_load_explicit(&unordered->begun, memory_order_relaxed) < 2)
        sched_yield();
    for (int i = 0; i < 1000; i++)
        unordered->count = unordered->count + 1;
}

static int make_race(void)
{
    Unordered unordered = { 0 };
    MnetPool *pool = mnet_pool_new(2, NULL);
    mnet_pool_run(pool, count_without_order, &unordered);
    mnet_pool_unref(pool);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "race"))
        return make_race();
    if (argc > 1)
        rounds = atoi(argv[1]);
    EXPECT(rounds > 0, "usage: test_threads [ROUNDS | race]");
    for (use = 0; use < USES; use++)
        for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
            check(samples[i]);
    return expect_report("threads");
}
