/* SPDX-License-Identifier: MIT
 *
 * Files that are there whole or not at all. */
#include "train/save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

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

MnetStatus mnet_save_file(const char *path, const void *data, size_t size, MnetError *error)
{
    struct stat there;
    bool exists = stat(path, &there) == 0;
    if (exists && S_ISDIR(there.st_mode))
        return failed(path, "cannot be written", EISDIR, error);
    if (exists && !S_ISREG(there.st_mode))
        return write_special(path, data, size, error);
    char beside[4096];
    if ((size_t)snprintf(beside, sizeof beside, "%s.%ld.part", path, (long)getpid()) >=
        sizeof beside)
        return failed(path, "cannot be written", ENAMETOOLONG, error);
    int file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file < 0)
        return failed(path, "cannot be written", errno, error);
    int number = write_and_close(file, data, size);
    if (!number && rename(beside, path) != 0)
        number = errno;
    if (!number)
        return MNET_OK;
    unlink(beside);
    return failed(path, "cannot be written, and is as it was", number, error);
}
