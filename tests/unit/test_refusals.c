/* SPDX-License-Identifier: MIT
 *
 * What a system may refuse: to open, look at or read a file, its bytes that change
 * meanwhile, threads.  An error that says so, nothing left behind, and the next try
 * works.  Linked with --wrap of open(), fstat() and read(). */
#include <mnet/mnet.h>

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "expect.h"
#include "samplemodels.h"

/* What happens to the calls for one file: a failure, or something to the file. */
typedef enum {
    NOTHING,
    OPEN_FAILS,
    STAT_FAILS,
    READ_FAILS,
    SECOND_READ_FAILS,
    READ_IS_INTERRUPTED,
    FILE_SHRINKS,
    FILE_IS_EMPTIED,
    FILE_GROWS,
} Event;

static struct {
    const char *name;
    int code;         /* errno of a failure */
    const char *part; /* of the error; NULL: the file is read */
} const events[] = {
    [NOTHING] = { "nothing", 0, NULL },
    [OPEN_FAILS] = { "open", EMFILE, "Too many open files" },
    [STAT_FAILS] = { "fstat", EIO, "Input/output error" },
    [READ_FAILS] = { "read", EIO, "cannot be read: Input/output error" },
    [SECOND_READ_FAILS] = { "second read", ESTALE, "cannot be read: Stale file handle" },
    [READ_IS_INTERRUPTED] = { "interrupted", EINTR, NULL },
    [FILE_SHRINKS] = { "shrinks", 0, "written to while it was read" },
    [FILE_IS_EMPTIED] = { "emptied", 0, "and then 0: it was written to while it was read" },
    [FILE_GROWS] = { "grows", 0, "and then more: it was written to while it was read" },
};
#define EVENTS (sizeof events / sizeof *events)

static Event event;
static unsigned reads;
static char path[64];

int __real_open64(const char *name, int flags, ...);
int __real_fstat64(int fd, struct stat *st);
ssize_t __real_read(int fd, void *bytes, size_t size);
int __wrap_open64(const char *name, int flags, ...);
int __wrap_fstat64(int fd, struct stat *st);
ssize_t __wrap_read(int fd, void *bytes, size_t size);

static int fail(void)
{
    errno = events[event].code;
    return -1;
}

int __wrap_open64(const char *name, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    int mode = va_arg(list, int);
    va_end(list);
    reads = 0;
    return event == OPEN_FAILS ? fail() : __real_open64(name, flags, mode);
}

static void write_to_file(off_t size)
{
    off_t changed = event == FILE_GROWS ? size + 1 : event == FILE_SHRINKS ? size - 1 : 0;
    if (truncate(path, changed))
        exit(1);
}

int __wrap_fstat64(int fd, struct stat *st)
{
    if (event == STAT_FAILS)
        return fail();
    int result = __real_fstat64(fd, st);
    if (event >= FILE_SHRINKS)
        write_to_file(st->st_size);
    return result;
}

/* Never more than 7 bytes at first, as from a network. */
ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
    bool fails = (event == READ_FAILS && reads == 0) || (event == SECOND_READ_FAILS && reads == 1);
    bool interrupted = event == READ_IS_INTERRUPTED && reads < 3;
    reads++;
    if (fails || interrupted)
        return fail();
    return __real_read(fd, bytes, reads < 4 && size > 7 ? 7 : size);
}

static int open_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int n = 0;
    while (folder && readdir(folder))
        n++;
    if (folder)
        closedir(folder);
    return n;
}

static void write_file(const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file))
        exit(1);
}

static bool load_model(MnetError *error)
{
    MnetModel *model = mnet_model_load(path, NULL, error);
    mnet_model_unref(model);
    return model;
}

static bool load_labels(MnetError *error)
{
    MnetLabels *labels = mnet_labels_load(path, error);
    mnet_labels_unref(labels);
    return labels;
}

static void check_file(const char *what, bool (*load)(MnetError *), const void *bytes, size_t size)
{
    int before = open_files();
    for (size_t i = 0; i < EVENTS; i++) {
        MnetError error = { MNET_OK, "" };
        write_file(bytes, size);
        event = (Event)i;
        bool loaded = load(&error);
        event = NOTHING;
        EXPECT(loaded == !events[i].part, "%s, %s: \"%s\"", what, events[i].name, error.text);
        if (events[i].part) {
            expect_error(events[i].name, &error, MNET_ERROR_IO, events[i].part);
            EXPECT(strstr(error.text, path) == error.text, "%s: %s", what, error.text);
        }
        EXPECT(open_files() == before, "%s, %s: a file stays open", what, events[i].name);
        write_file(bytes, size);
        EXPECT(load(&error), "%s after %s: %s", what, events[i].name, error.text);
    }
}

/* What becomes of the file of a model that is loaded is all the same. */
static void check_loaded(const TbFile *file)
{
    write_file(file->data, file->size);
    MnetModel *model = mnet_model_load(path, NULL, NULL);
    if (truncate(path, 0))
        exit(1);
    MnetSession *session = model ? mnet_session_new(model, NULL, NULL) : NULL;
    EXPECT(session, "no session of a model whose file was emptied");
    if (session)
        mnet_session_run(session);
    mnet_session_free(session);
    mnet_model_unref(model);
}

/* No thread's stack can be had. */
static void refuse_threads(size_t stack)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstacksize(&attributes, stack) || pthread_setattr_default_np(&attributes))
        exit(1);
    pthread_attr_destroy(&attributes);
}

static void check_threads(void)
{
    pthread_attr_t attributes;
    size_t stack;
    MnetError error = { MNET_OK, "" };
    pthread_getattr_default_np(&attributes);
    pthread_attr_getstacksize(&attributes, &stack);
    pthread_attr_destroy(&attributes);
    for (unsigned threads = 2; threads <= 64; threads *= 2) {
        refuse_threads(SIZE_MAX / 16 * 15); /* more than the address space has left */
        EXPECT(!mnet_pool_new(threads, &error), "%u threads without a stack", threads);
        expect_error("threads", &error, MNET_ERROR_SYSTEM, "cannot be started: ");
        MnetPool *pool = mnet_pool_new(1, &error);
        EXPECT(pool, "one thread: %s", error.text);
        mnet_pool_unref(pool);
        refuse_threads(stack);
        pool = mnet_pool_new(threads, &error);
        EXPECT(pool, "%u threads: %s", threads, error.text);
        mnet_pool_unref(pool);
    }
}

int main(void)
{
    TbFile model = sample_model(0);
    char folder[] = P_tmpdir "/mnet-refusals-XXXXXX";
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/file", folder);
    check_file("model", load_model, model.data, model.size);
    check_file("labels", load_labels, "red\ngreen\n", 10);
    check_loaded(&model);
    unlink(path);
    rmdir(folder);
    tb_file_free(&model);
    check_threads();
    return expect_report("refusals");
}
