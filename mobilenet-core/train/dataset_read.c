/* SPDX-License-Identifier: MIT
 *
 * Folders by fts, archives by libarchive. */
#include "train/dataset_read.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/memory.h"
#include "train/picture_file.h"

#ifdef MNET_HAVE_ARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

/* Most bytes of a file. */
#define MAX_FILE ((size_t)256 << 20)
#define MAX_DEPTH 8

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static MnetStatus visit_file(const FTSENT *entry, const char *inside, MnetFileVisit visit,
                             void *user, MnetError *error)
{
    MnetFile file;
    MnetError problem;
    if (mnet_file_read(&file, entry->fts_accpath, &problem) != MNET_OK)
        return visit(user, inside, NULL, 0, problem.text, error);
    MnetStatus status = visit(user, inside, file.data, file.size, NULL, error);
    mnet_file_clear(&file);
    return status;
}

static MnetStatus visit_entry(FTS *fts, FTSENT *entry, size_t root, MnetFileVisit visit, void *user,
                              MnetError *error)
{
    const char *inside = entry->fts_path + root;
    inside += *inside == '/';
    if (entry->fts_level > 0 && entry->fts_name[0] == '.') {
        if (entry->fts_info == FTS_D)
            fts_set(fts, entry, FTS_SKIP);
        return MNET_OK;
    }
    if (entry->fts_info == FTS_D && entry->fts_level > 0) {
        if (entry->fts_level > MAX_DEPTH)
            fts_set(fts, entry, FTS_SKIP);
        return visit(user, inside, NULL, 0, NULL, error);
    }
    if ((entry->fts_info == FTS_F || entry->fts_info == FTS_SLNONE) &&
        mnet_picture_is_name(entry->fts_name))
        return visit_file(entry, inside, visit, user, error);
    if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS)
        return mnet_error_set(error, MNET_ERROR_IO, "%s: cannot be read: %s", entry->fts_path,
                              strerror(entry->fts_errno));
    return MNET_OK;
}

static MnetStatus read_folder(const char *path, MnetFileVisit visit, void *user, MnetError *error)
{
    char *paths[] = { strdup(path), NULL };
    if (!paths[0])
        return mnet_error_memory(error, strlen(path));
    FTS *fts = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    MnetStatus status = MNET_OK;
    if (!fts)
        status =
            mnet_error_set(error, MNET_ERROR_IO, "%s: cannot be read: %s", path, strerror(errno));
    size_t root = strlen(path);
    while (status == MNET_OK) {
        errno = 0;
        FTSENT *entry = fts_read(fts);
        if (entry)
            status = visit_entry(fts, entry, root, visit, user, error);
        else if (errno)
            status = mnet_error_set(error, MNET_ERROR_IO, "%s: cannot be read: %s", path,
                                    strerror(errno));
        else
            break;
    }
    if (fts)
        fts_close(fts);
    free(paths[0]);
    return status;
}

#ifdef MNET_HAVE_ARCHIVE

/* Of folders such names are left out, too: what a Mac or a viewer keeps for itself. */
static bool is_hidden(const char *path)
{
    for (const char *name = path; name; name = strchr(name, '/')) {
        name += *name == '/';
        size_t length = strcspn(name, "/");
        if (name[0] == '.' && length > 1 && !(length == 2 && name[1] == '.'))
            return true;
    }
    return false;
}

static MnetStatus visit_member(struct archive *archive, struct archive_entry *entry,
                               MnetFileVisit visit, void *user, MnetError *error)
{
    const char *name = archive_entry_pathname(entry);
    int64_t size = archive_entry_size(entry);
    if (!name || is_hidden(name))
        return MNET_OK;
    if (archive_entry_filetype(entry) == AE_IFDIR)
        return visit(user, name, NULL, 0, NULL, error);
    if (archive_entry_filetype(entry) != AE_IFREG || !mnet_picture_is_name(name))
        return MNET_OK;
    if (size <= 0 || (uint64_t)size > MAX_FILE)
        return visit(user, name, NULL, 0, size > 0 ? "larger than 256 MiB" : "empty", error);
    uint8_t *data = mnet_alloc((size_t)size);
    if (!data)
        return mnet_error_memory(error, (size_t)size);
    bool whole = archive_read_data(archive, data, (size_t)size) == size;
    const char *why = archive_error_string(archive);
    const char *problem = whole ? NULL : why ? why : "cut short";
    MnetStatus status = visit(user, name, whole ? data : NULL, (size_t)size, problem, error);
    mnet_free(data);
    return status;
}

static MnetStatus read_archive(const char *path, MnetFileVisit visit, void *user, MnetError *error)
{
    struct archive *archive = archive_read_new();
    struct archive_entry *entry;
    MnetStatus status = MNET_OK;
    if (!archive)
        return mnet_error_memory(error, 0);
    archive_read_support_filter_all(archive);
    archive_read_support_format_tar(archive);
    archive_read_support_format_zip(archive);
    int found = archive_read_open_filename(archive, path, 1 << 16);
    while (found == ARCHIVE_OK && status == MNET_OK) {
        found = archive_read_next_header(archive, &entry);
        if (found == ARCHIVE_OK || found == ARCHIVE_WARN) {
            found = ARCHIVE_OK;
            status = visit_member(archive, entry, visit, user, error);
        }
    }
    if (status == MNET_OK && found != ARCHIVE_EOF)
        status =
            mnet_error_set(error, MNET_ERROR_FORMAT, "%s: %s", path, archive_error_string(archive));
    archive_read_free(archive);
    return status;
}

#else

static MnetStatus read_archive(const char *path, MnetFileVisit visit, void *user, MnetError *error)
{
    return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                          "%s is a file, and this build has no libarchive: unpack it and name the "
                          "folder",
                          path);
}

#endif

MnetStatus mnet_files_read(const char *path, MnetFileVisit visit, void *user, MnetError *error)
{
    struct stat there;
    if (stat(path, &there) != 0)
        return mnet_error_set(error, MNET_ERROR_IO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(there.st_mode))
        return read_folder(path, visit, user, error);
    return read_archive(path, visit, user, error);
}
