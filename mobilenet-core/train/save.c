/* SPDX-License-Identifier: MIT
 *
 * Files that are there whole or not at all. */
#include "train/save.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

/* As Linux follows. */
enum { MOST_LINKS = 40 };

static bool write_all(int file, const uint8_t *data, size_t size)
{
    while (size) {
        ssize_t done = write(file, data, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        data += done;
        size -= (size_t)done;
    }
    return fsync(file) == 0 || errno == EINVAL || errno == EROFS;
}

/* 0, or the errno of what failed first. */
static int write_and_close(int file, const void *data, size_t size)
{
    int number = write_all(file, data, size) ? 0 : errno;
    return close(file) != 0 && !number ? errno : number;
}

static MnetStatus failed(const char *path, const char *what, int number, MnetError *error)
{
    return mnet_error_set(error, MNET_ERROR_IO, "%s: %s: %s", path, what, strerror(number));
}

/* Devices and pipes have no place that a new file could take. */
static MnetStatus write_special(const char *path, const void *data, size_t size, MnetError *error)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return failed(path, "cannot be written", errno, error);
    int number = write_and_close(file, data, size);
    return number ? failed(path, "cannot be written", number, error) : MNET_OK;
}

/* What a link in the folder of `link` leads to; from malloc(). */
static char *follow(const char *link, const char *to)
{
    const char *slash = strrchr(link, '/');
    size_t folder = to[0] == '/' || !slash ? 0 : (size_t)(slash + 1 - link);
    char *path = malloc(folder + strlen(to) + 1);
    if (path) {
        memcpy(path, link, folder);
        strcpy(path + folder, to);
    }
    return path;
}

/* The file behind all links, there or not yet; from malloc().  NULL: errno tells. */
static char *behind_links(const char *path)
{
    char to[PATH_MAX], *at = realpath(path, NULL);
    if (at)
        return at;
    at = strdup(path);
    for (int links = 0; at && links < MOST_LINKS; links++) {
        ssize_t length = readlink(at, to, sizeof to - 1);
        if (length < 0)
            return at;
        to[length] = 0;
        char *next = follow(at, to);
        free(at);
        at = next;
    }
    errno = at ? ELOOP : ENOMEM;
    free(at);
    return NULL;
}

/* What a path leads to; freed by free(). */
typedef struct {
    bool special;  /* neither file nor folder: a pipe may have no path of its own */
    char *replace; /* the file whose place is taken; of a special one NULL */
} Target;

static MnetStatus find_target(const char *path, Target *target, MnetError *error)
{
    struct stat there;
    bool exists = stat(path, &there) == 0;
    if (exists && S_ISDIR(there.st_mode))
        return failed(path, "cannot be written", EISDIR, error);
    if (exists && access(path, W_OK) != 0)
        return failed(path, "cannot be written", errno, error);
    target->special = exists && !S_ISREG(there.st_mode);
    target->replace = target->special ? NULL : behind_links(path);
    return target->special || target->replace ? MNET_OK
                                              : failed(path, "cannot be written", errno, error);
}

/* The folder of a path, with its slash. */
static int folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (int)(slash + 1 - path) : 0;
}

/* The name of the new file beside the old one; false: errno tells. */
static bool name_beside(const char *replace, char beside[PATH_MAX])
{
    int length = snprintf(beside, PATH_MAX, "%.*s.mnet.%ld.part", folder_length(replace), replace,
                          (long)getpid());
    errno = ENAMETOOLONG;
    return length < PATH_MAX;
}

static int open_named(const char *beside)
{
    return open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
}

/* A file without a name: who is killed while writing leaves none behind. */
static int open_nameless(const char *replace)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%.*s.", folder_length(replace), replace);
    return open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
}

/* 0 or errno. */
static int give_name(int file, const char *name)
{
    char number[32];
    snprintf(number, sizeof number, "/proc/self/fd/%d", file);
    unlink(name);
    return linkat(AT_FDCWD, number, AT_FDCWD, name, AT_SYMLINK_FOLLOW) ? errno : 0;
}

/* The new file, whole, with its name and the rights of the old one; 0 or errno. */
static int write_new(const char *replace, const char *beside, bool named, const void *data,
                     size_t size)
{
    int file = named ? open_named(beside) : open_nameless(replace);
    if (file < 0)
        return errno;
    struct stat old;
    int number = write_all(file, data, size) ? 0 : errno;
    if (!number && stat(replace, &old) == 0 && fchmod(file, old.st_mode & 0777) != 0)
        number = errno;
    if (!number && !named)
        number = give_name(file, beside);
    return close(file) != 0 && !number ? errno : number;
}

/* Some file systems have no files without names, or give them none later. */
static MnetStatus write_beside(const char *path, const char *replace, const void *data, size_t size,
                               MnetError *error)
{
    char beside[PATH_MAX];
    if (!name_beside(replace, beside))
        return failed(path, "cannot be written", errno, error);
    int number = write_new(replace, beside, false, data, size);
    if (number)
        number = write_new(replace, beside, true, data, size);
    if (!number && rename(beside, replace) != 0)
        number = errno;
    if (!number)
        return MNET_OK;
    unlink(beside);
    bool there = access(replace, F_OK) == 0;
    return failed(path, there ? "cannot be written, and is as it was" : "cannot be written", number,
                  error);
}

MnetStatus mnet_save_file(const char *path, const void *data, size_t size, MnetError *error)
{
    Target target = { 0 };
    MnetStatus status = find_target(path, &target, error);
    if (status == MNET_OK)
        status = target.special ? write_special(path, data, size, error)
                                : write_beside(path, target.replace, data, size, error);
    free(target.replace);
    return status;
}

MnetStatus mnet_save_possible(const char *path, MnetError *error)
{
    char beside[PATH_MAX];
    Target target = { 0 };
    MnetStatus status = find_target(path, &target, error);
    if (status == MNET_OK && !target.special) {
        int file = name_beside(target.replace, beside) ? open_named(beside) : -1;
        if (file >= 0 && close(file) == 0)
            unlink(beside);
        else
            status = failed(path, "cannot be written", errno, error);
    }
    free(target.replace);
    return status;
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Of the file at a path, which is cut down to it. */
static bool stat_folder(char *path, struct stat *folder)
{
    char *slash = strrchr(path, '/');
    if (!slash)
        return stat(".", folder) == 0;
    slash[1] = 0;
    return stat(path, folder) == 0;
}

bool mnet_save_same(const char *a, const char *b)
{
    struct stat x, y;
    char *at = behind_links(a), *bt = behind_links(b);
    bool same = at && bt && strcmp(name_of(at), name_of(bt)) == 0 && stat_folder(at, &x) &&
                stat_folder(bt, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
    free(at);
    free(bt);
    return same;
}
