/* SPDX-License-Identifier: MIT
 *
 * What pthreadpool promises, told to ThreadSanitizer, which does not see its futexes
 * and fences: what was before a call is before each piece of its work, and each piece
 * is before what comes after the call.  Nothing more: pieces of one call are in no
 * order, and the locks within the library put none between calls either.  Linked with
 * --wrap=pthreadpool_parallelize_1d. */
#include <pthread.h>
#include <pthreadpool.h>
#include <sanitizer/tsan_interface.h>

void AnnotateIgnoreSyncBegin(const char *file, int line);
void AnnotateIgnoreSyncEnd(const char *file, int line);

typedef struct {
    pthreadpool_task_1d_t work;
    void *user;
    pthread_t caller;
    char begin, end; /* addresses that order is told of */
} Call;

static void work_in_order(void *user, size_t i)
{
    Call *call = user;
    __tsan_acquire(&call->begin);
    int is_caller = pthread_equal(pthread_self(), call->caller);
    if (is_caller)
        AnnotateIgnoreSyncEnd(__FILE__, __LINE__);
    call->work(call->user, i);
    __tsan_release(&call->end);
    if (is_caller)
        AnnotateIgnoreSyncBegin(__FILE__, __LINE__);
}

void __real_pthreadpool_parallelize_1d(pthreadpool_t pool, pthreadpool_task_1d_t work, void *user,
                                       size_t range, uint32_t flags);
void __wrap_pthreadpool_parallelize_1d(pthreadpool_t pool, pthreadpool_task_1d_t work, void *user,
                                       size_t range, uint32_t flags);

void __wrap_pthreadpool_parallelize_1d(pthreadpool_t pool, pthreadpool_task_1d_t work, void *user,
                                       size_t range, uint32_t flags)
{
    Call call = { .work = work, .user = user, .caller = pthread_self() };
    __tsan_release(&call.begin);
    AnnotateIgnoreSyncBegin(__FILE__, __LINE__);
    __real_pthreadpool_parallelize_1d(pool, work_in_order, &call, range, flags);
    AnnotateIgnoreSyncEnd(__FILE__, __LINE__);
    __tsan_acquire(&call.end);
}
