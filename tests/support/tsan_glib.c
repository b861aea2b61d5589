/* SPDX-License-Identifier: MIT
 *
 * GLib's mutexes and conditions, told to ThreadSanitizer, which does not see their
 * futexes.  They are GLib's own.  Linked with --wrap of each of these functions. */
#include <glib.h>
#include <sanitizer/tsan_interface.h>

void __real_g_mutex_init(GMutex *mutex);
void __real_g_mutex_clear(GMutex *mutex);
void __real_g_mutex_lock(GMutex *mutex);
void __real_g_mutex_unlock(GMutex *mutex);
void __real_g_cond_wait(GCond *cond, GMutex *mutex);
gboolean __real_g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time);

void __wrap_g_mutex_init(GMutex *mutex);
void __wrap_g_mutex_clear(GMutex *mutex);
void __wrap_g_mutex_lock(GMutex *mutex);
void __wrap_g_mutex_unlock(GMutex *mutex);
void __wrap_g_cond_wait(GCond *cond, GMutex *mutex);
gboolean __wrap_g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time);

void __wrap_g_mutex_init(GMutex *mutex)
{
    __real_g_mutex_init(mutex);
    __tsan_mutex_create(mutex, __tsan_mutex_not_static);
}

void __wrap_g_mutex_clear(GMutex *mutex)
{
    __tsan_mutex_destroy(mutex, __tsan_mutex_not_static);
    __real_g_mutex_clear(mutex);
}

/* Static ones have no g_mutex_init(). */
void __wrap_g_mutex_lock(GMutex *mutex)
{
    __tsan_mutex_pre_lock(mutex, __tsan_mutex_linker_init);
    __real_g_mutex_lock(mutex);
    __tsan_mutex_post_lock(mutex, __tsan_mutex_linker_init, 0);
}

void __wrap_g_mutex_unlock(GMutex *mutex)
{
    __tsan_mutex_pre_unlock(mutex, 0);
    __real_g_mutex_unlock(mutex);
    __tsan_mutex_post_unlock(mutex, 0);
}

static void before_waiting(GMutex *mutex)
{
    __tsan_mutex_pre_unlock(mutex, 0);
    __tsan_mutex_post_unlock(mutex, 0);
}

static void after_waiting(GMutex *mutex)
{
    __tsan_mutex_pre_lock(mutex, __tsan_mutex_linker_init);
    __tsan_mutex_post_lock(mutex, __tsan_mutex_linker_init, 0);
}

void __wrap_g_cond_wait(GCond *cond, GMutex *mutex)
{
    before_waiting(mutex);
    __real_g_cond_wait(cond, mutex);
    after_waiting(mutex);
}

gboolean __wrap_g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time)
{
    before_waiting(mutex);
    gboolean signalled = __real_g_cond_wait_until(cond, mutex, end_time);
    after_waiting(mutex);
    return signalled;
}
