/* SPDX-License-Identifier: MIT
 *
 * Names of classes, from text. */
#include <mnet/decode.h>

#include <stdatomic.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"

/* One block: the array, then the text with a NUL behind each label. */
struct MnetLabels {
    atomic_int references;
    size_t count;
    const char **labels; /* NULL: no label at that index */
    char *text;
};

/* One line of the text, without its end. */
typedef struct {
    const char *start;
    size_t size;
} Line;

static bool next_line(const char **at, const char *end, Line *line)
{
    if (*at >= end)
        return false;
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    const char *stop = newline ? newline : end;
    line->start = *at;
    *at = newline ? newline + 1 : end;
    if (stop > line->start && stop[-1] == '\r')
        stop--;
    line->size = (size_t)(stop - line->start);
    return true;
}

/* "number<blanks>label" or "number:label": the number, and the line cut down to
 * the label. */
static bool split_numbered(Line *line, size_t *number)
{
    size_t digits = 0, value = 0;
    while (digits < line->size && digits < 9 && line->start[digits] >= '0' &&
           line->start[digits] <= '9')
        value = value * 10 + (size_t)(line->start[digits++] - '0');
    if (!digits || digits == line->size)
        return false;
    char behind = line->start[digits];
    if (behind != ' ' && behind != '\t' && behind != ':')
        return false;
    size_t skip = digits + (behind == ':');
    while (skip < line->size && (line->start[skip] == ' ' || line->start[skip] == '\t'))
        skip++;
    line->start += skip;
    line->size -= skip;
    *number = value;
    return true;
}

/* Whether every line that is not empty is numbered, with rising numbers;
 * *count is one more than the last. */
static bool is_numbered(const char *text, const char *end, size_t *count)
{
    Line line;
    bool any = false;
    *count = 0;
    for (const char *at = text; next_line(&at, end, &line);) {
        size_t number;
        if (!line.size)
            continue;
        if (!split_numbered(&line, &number) || number < *count)
            return false;
        *count = number + 1;
        any = true;
    }
    return any;
}

/* Lines up to the last one that is not empty. */
static size_t count_lines(const char *text, const char *end)
{
    Line line;
    size_t n = 0, last = 0;
    for (const char *at = text; next_line(&at, end, &line);) {
        n++;
        last = line.size ? n : last;
    }
    return last;
}

static MnetLabels *labels_new(size_t count, size_t text_bytes, MnetError *error)
{
    size_t bytes = sizeof(MnetLabels) + count * sizeof(char *) + text_bytes;
    MnetLabels *labels = mnet_alloc(bytes);
    if (!labels) {
        mnet_error_memory(error, bytes);
        return NULL;
    }
    atomic_init(&labels->references, 1);
    labels->count = count;
    labels->labels = (const char **)(labels + 1);
    labels->text = (char *)(labels->labels + count);
    memset(labels->labels, 0, count * sizeof(char *));
    return labels;
}

static void fill_labels(MnetLabels *labels, const char *text, const char *end, bool numbered)
{
    Line line;
    char *to = labels->text;
    size_t index = 0;
    for (const char *at = text; next_line(&at, end, &line); index++) {
        if (numbered && (!line.size || !split_numbered(&line, &index)))
            continue;
        if (index >= labels->count)
            break;
        labels->labels[index] = memcpy(to, line.start, line.size);
        to[line.size] = 0;
        to += line.size + 1;
    }
}

static MnetStatus check_text(const char *text, size_t size, const char *name, MnetError *error)
{
    if (size > MNET_MAX_LABELS_BYTES)
        return mnet_error_set(error, MNET_ERROR_LIMIT,
                              "%.200s: %zu bytes of labels, at most %d are read", name, size,
                              MNET_MAX_LABELS_BYTES);
    if (size && memchr(text, 0, size))
        return mnet_error_set(
            error, MNET_ERROR_FORMAT,
            "%.200s: holds a NUL byte; UTF-8 text with a label on each line is expected", name);
    if (!mnet_utf8_valid(text, size))
        return mnet_error_set(error, MNET_ERROR_FORMAT,
                              "%.200s: is not UTF-8; convert it, e.g. with iconv -t UTF-8", name);
    return MNET_OK;
}

MnetLabels *mnet_labels_parse(const char *text, size_t size, const char *name, MnetError *error)
{
    size_t count;
    if (check_text(text, size, name, error))
        return NULL;
    const char *end = text + size;
    if (size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
        text += 3;
    bool numbered = is_numbered(text, end, &count);
    if (!numbered)
        count = count_lines(text, end);
    if (!count || count > MNET_MAX_LABELS) {
        mnet_error_set(error, count ? MNET_ERROR_LIMIT : MNET_ERROR_FORMAT,
                       "%.200s: holds %zu labels, 1 to %d are expected", name, count,
                       MNET_MAX_LABELS);
        return NULL;
    }
    /* No more lines than bytes, and one byte for the last line's NUL. */
    MnetLabels *labels = labels_new(count, size + 1, error);
    if (labels)
        fill_labels(labels, text, end, numbered);
    return labels;
}

MnetLabels *mnet_labels_load(const char *path, MnetError *error)
{
    MnetFile file;
    if (mnet_file_read(&file, path, error)) {
        mnet_error_prefix(error, "%.200s", path);
        return NULL;
    }
    MnetLabels *labels = mnet_labels_parse((const char *)file.data, file.size, path, error);
    mnet_file_clear(&file);
    return labels;
}

MnetLabels *mnet_labels_ref(const MnetLabels *labels)
{
    MnetLabels *counted = (MnetLabels *)(uintptr_t)labels;
    atomic_fetch_add(&counted->references, 1);
    return counted;
}

void mnet_labels_unref(const MnetLabels *labels)
{
    MnetLabels *counted = (MnetLabels *)(uintptr_t)labels;
    if (counted && atomic_fetch_sub(&counted->references, 1) == 1)
        mnet_free(counted);
}

size_t mnet_labels_count(const MnetLabels *labels)
{
    return labels ? labels->count : 0;
}

const char *mnet_labels_get(const MnetLabels *labels, size_t index)
{
    const char *label = labels && index < labels->count ? labels->labels[index] : NULL;
    return label ? label : "";
}
