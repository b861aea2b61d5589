/* SPDX-License-Identifier: MIT
 *
 * The mode of floats inside a run is the library's, on every thread of it:
 * denormals are 0, sums are rounded to nearest, nothing traps.  Outside it is what
 * it was. */
#include <mnet/mnet.h>

#include <fenv.h>
#include <math.h>
#include <pthread.h>

#include "base/float_mode.h"
#include "expect.h"
#include "pool.h"
#include "tflitebuilder.h"

#define THREADS 4
#define ELEMENTS (64 * 64 * 32)

/* out = a + b, or a * b: large enough for a tile for every thread. */
static TbFile binary_model(int32_t op, int options)
{
    TbTensor map = { .type = TFL_TYPE_FLOAT32, .rank = 4, .dims = { 1, 64, 64, 32 } };
    TbModel *model = tb_model_new();
    int32_t a = tb_tensor(model, &map), b = tb_tensor(model, &map), out = tb_tensor(model, &map);
    tb_operator(model, &(TbOperator){ .builtin = op,
                                      .n_inputs = 2,
                                      .inputs = { a, b },
                                      .n_outputs = 1,
                                      .outputs = { out },
                                      .options = tb_binary_options(options, 0) });
    tb_input(model, a);
    tb_input(model, b);
    tb_output(model, out);
    return tb_finish(model);
}

static uint64_t present_mode(void)
{
    uint64_t mode = mnet_float_mode_set();
    mnet_float_mode_restore(mode);
    return mode;
}

/* Whether the calling thread computes with denormals. */
static bool has_denormals(void)
{
    volatile float small = 1e-39f;
    volatile float less = small / 2;
    return less != 0;
}

static MnetSession *session_of(MnetModel *model, MnetPool *pool, float a, float b)
{
    MnetSession *session = mnet_session_new(model, &(MnetSessionOptions){ .pool = pool }, NULL);
    if (!session)
        exit(1);
    float *in[2] = { mnet_session_input(session, 0), mnet_session_input(session, 1) };
    for (size_t i = 0; i < ELEMENTS; i++) {
        in[0][i] = a;
        in[1][i] = b;
    }
    return session;
}

/* All elements of the result are 0, though no operand is; the caller's mode is
 * what it was. */
static void check_zeros(const char *name, MnetModel *model, MnetPool *pool, float a, float b)
{
    MnetSession *session = session_of(model, pool, a, b);
    uint64_t before = present_mode();
    size_t others = 0;
    mnet_session_run(session);
    EXPECT(present_mode() == before, "%s: another mode behind the run", name);
    EXPECT(has_denormals(), "%s: no denormals behind the run", name);
    const float *out = mnet_session_output(session, 0);
    for (size_t i = 0; i < ELEMENTS; i++)
        others += out[i] != 0;
    EXPECT(others == 0, "%s: %zu of %d results are denormal", name, others, ELEMENTS);
    mnet_session_free(session);
}

/* The mode of the caller may be any. */
static void check_callers_mode(MnetModel *model, MnetPool *pool)
{
    MnetSession *session = session_of(model, pool, 1, 2);
    uint64_t usual = mnet_float_mode_set(), flushing = present_mode();
    mnet_session_run(session);
    EXPECT(present_mode() == flushing, "a caller without denormals has them behind a run");
    mnet_float_mode_restore(usual);
    fesetround(FE_TOWARDZERO);
    mnet_session_run(session);
    EXPECT(fegetround() == FE_TOWARDZERO, "the run left another way to round");
    fesetround(FE_TONEAREST);
    bool traps = feenableexcept(FE_INVALID) != -1; /* some processors have none */
    ((float *)mnet_session_input(session, 0))[0] = INFINITY;
    ((float *)mnet_session_input(session, 1))[0] = -INFINITY;
    mnet_session_run(session);
    EXPECT(!traps || fedisableexcept(FE_ALL_EXCEPT) == FE_INVALID, "the run left other traps");
    EXPECT(isnan(*(const float *)mnet_session_output(session, 0)), "infinity - infinity");
    ((float *)mnet_session_input(session, 0))[0] = 1;
    ((float *)mnet_session_input(session, 1))[0] = 2;
    mnet_session_run(session);
    EXPECT(*(const float *)mnet_session_output(session, 0) == 3, "1 + 2 is another number");
    mnet_session_free(session);
}

/* Integers are requantised by way of floats: their bytes do not depend on how the
 * caller rounds. */
static void check_integers(const char *cpu, MnetPool *pool)
{
    static const int modes[] = { FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO };
    TbFile file = tb_tiny_classifier(
        &(TbTiny){ .type = TFL_TYPE_INT8, .width = 97, .height = 65, .classes = 24 });
    MnetModel *model =
        mnet_model_load_memory(file.data, file.size, &(MnetModelOptions){ .cpu = cpu }, NULL);
    MnetSession *session = mnet_session_new(model, &(MnetSessionOptions){ .pool = pool }, NULL);
    if (!session)
        exit(1);
    const MnetTensorInfo *in = mnet_model_input(model, 0), *out = mnet_model_output(model, 0);
    uint8_t *bytes = mnet_session_input(session, 0);
    for (size_t i = 0; i < in->bytes; i++)
        bytes[i] = (uint8_t)(i * 31 + i / 7);
    mnet_session_run(session);
    uint8_t *nearest = expect_copy(mnet_session_output(session, 0), out->bytes);
    for (size_t i = 0; i < 3; i++) {
        fesetround(modes[i]);
        mnet_session_run(session);
        fesetround(FE_TONEAREST);
        EXPECT(!memcmp(mnet_session_output(session, 0), nearest, out->bytes),
               "%s: a caller that rounds as %d says gets other bytes", cpu, modes[i]);
    }
    free(nearest);
    mnet_session_free(session);
    mnet_model_unref(model);
    tb_file_free(&file);
}

typedef struct {
    pthread_barrier_t all; /* so that every thread takes one part */
    bool denormals[THREADS];
} Look;

static void look(void *user, size_t worker)
{
    Look *l = user;
    pthread_barrier_wait(&l->all);
    l->denormals[worker] = has_denormals();
}

static void check_workers(MnetPool *pool)
{
    Look l = { .denormals = { false } };
    pthread_barrier_init(&l.all, NULL, THREADS);
    EXPECT(mnet_pool_try_acquire(pool), "a pool that a run has not given back");
    mnet_pool_run(pool, look, &l);
    mnet_pool_release(pool);
    pthread_barrier_destroy(&l.all);
    for (int i = 0; i < THREADS; i++)
        EXPECT(l.denormals[i], "worker %d has no denormals behind the runs", i);
}

static void check_table(const char *cpu, MnetPool *pool)
{
    TbFile add = binary_model(TFL_OP_ADD, TFL_OPTIONS_ADD);
    TbFile mul = binary_model(TFL_OP_MUL, TFL_OPTIONS_MUL);
    MnetModelOptions options = { .cpu = cpu };
    MnetModel *sum = mnet_model_load_memory(add.data, add.size, &options, NULL);
    MnetModel *product = mnet_model_load_memory(mul.data, mul.size, &options, NULL);
    if (!sum || !product)
        exit(1);
    MnetPool *const pools[2] = { NULL, pool };
    for (int i = 0; i < 2; i++) {
        check_zeros("denormal operands", sum, pools[i], 1e-40f, 1e-40f);
        check_zeros("denormal results", product, pools[i], 1e-20f, 1e-20f);
        check_callers_mode(sum, pools[i]);
        check_integers(cpu, pools[i]);
    }
    check_workers(pool);
    mnet_model_unref(sum);
    mnet_model_unref(product);
    tb_file_free(&add);
    tb_file_free(&mul);
}

int main(void)
{
    MnetPool *pool = mnet_pool_new(THREADS, NULL);
    EXPECT(has_denormals(), "this machine has no denormals");
    for (const char *const *cpu = mnet_cpu_names(); pool && *cpu; cpu++)
        check_table(*cpu, pool);
    EXPECT(pool, "no pool");
    mnet_pool_unref(pool);
    return expect_report("float_mode");
}
