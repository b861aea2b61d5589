/* SPDX-License-Identifier: MIT
 *
 * The n-th allocation fails, for every n, while a model is loaded and a session
 * made: an error that says so, and nothing is left behind. */
#include <mnet/mnet.h>

#include "base/memory.h"
#include "expect.h"
#include "samplemodels.h"

/* More than any sample needs. */
#define MANY 100000

/* Whether the failure that was asked for has not happened yet. */
static bool still_pending(void)
{
    bool pending = false;
    for (int i = 0; i < MANY && !pending; i++) {
        void *block = mnet_alloc(1);
        pending = !block;
        mnet_free(block);
    }
    mnet_alloc_fail_at(0);
    return pending;
}

static MnetStatus load_and_open(const TbFile *file, MnetError *error)
{
    MnetModel *model = mnet_model_load_memory(file->data, file->size, NULL, error);
    MnetSession *session = model ? mnet_session_new(model, NULL, error) : NULL;
    MnetStatus status = session ? MNET_OK : error->status;
    if (session)
        mnet_session_run(session);
    mnet_session_free(session);
    mnet_model_unref(model);
    return status;
}

static void fail_each(size_t index)
{
    TbFile file = sample_model(index);
    for (long n = 1; n < MANY; n++) {
        MnetError error = { MNET_OK, "" };
        mnet_alloc_fail_at(n);
        MnetStatus status = load_and_open(&file, &error);
        if (!status) {
            EXPECT(still_pending(), "%s: failure %ld was passed over", sample_name(index), n);
            EXPECT(n > 5, "%s: only %ld allocations", sample_name(index), n - 1);
            break;
        }
        mnet_alloc_fail_at(0);
        EXPECT(status == MNET_ERROR_MEMORY && strstr(error.text, "memory"),
               "%s: failure %ld gave status %d \"%s\"", sample_name(index), n, status, error.text);
    }
    tb_file_free(&file);
}

static void fail_others(void)
{
    MnetError error = { MNET_OK, "" };
    mnet_alloc_fail_at(1);
    EXPECT(!mnet_labels_parse("a\nb\n", 4, "labels", &error), "labels without memory");
    expect_error("labels", &error, MNET_ERROR_MEMORY, "memory");
    mnet_alloc_fail_at(1);
    EXPECT(!mnet_buffer_alloc(100), "a buffer without memory");
    mnet_alloc_fail_at(1);
    EXPECT(!mnet_pool_new(2, &error), "a pool without memory");
    expect_error("pool", &error, MNET_ERROR_MEMORY, "memory");
    mnet_alloc_fail_at(0);
}

static void fail_classifier(void)
{
    MnetTensorInfo info = { .name = "scores",
                            .type = MNET_TYPE_FLOAT32,
                            .rank = 2,
                            .dims = { 1, 4 },
                            .elements = 4,
                            .bytes = 16,
                            .kind = MNET_OUTPUT_SOFTMAX };
    for (long n = 1; n <= 2; n++) {
        MnetError error = { MNET_OK, "" };
        mnet_alloc_fail_at(n);
        EXPECT(!mnet_classifier_new(&info, NULL, &error), "a classifier without memory");
        expect_error("classifier", &error, MNET_ERROR_MEMORY, "memory");
    }
    mnet_alloc_fail_at(0);
}

int main(void)
{
    for (size_t i = 0; i < sample_count(); i++)
        fail_each(i);
    fail_others();
    fail_classifier();
    return expect_report("alloc");
}
