/* SPDX-License-Identifier: MIT
 *
 * Labels: every form of the text, and what is refused. */
#include <mnet/decode.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "expect.h"

/* The text of a string constant, which may hold NUL bytes. */
#define TEXT(t) t, sizeof t - 1

#define MAX_EXPECTED 6

static const struct {
    const char *name, *text;
    size_t size, count;
    const char *labels[MAX_EXPECTED];
} good[] = {
    { "lines", TEXT("a\nb\nc\n"), 3, { "a", "b", "c" } },
    { "no newline at the end", TEXT("a\nb"), 2, { "a", "b" } },
    { "CR LF", TEXT("a\r\nb\r\n"), 2, { "a", "b" } },
    { "a byte-order mark",
      TEXT("\xef\xbb\xbf"
           "a\nb\n"),
      2,
      { "a", "b" } },
    { "empty lines at the end", TEXT("a\nb\n\n\r\n\n"), 2, { "a", "b" } },
    { "an empty line between", TEXT("a\n\nc\n"), 3, { "a", "", "c" } },
    { "UTF-8",
      TEXT("\xc3\xa4\n\xe2\x82\xac\n\xf0\x9f\x90\x88\n"),
      3,
      { "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x90\x88" } },
    { "commas and spaces",
      TEXT("tench, Tinca tinca\ngreat white shark\n"),
      2,
      { "tench, Tinca tinca", "great white shark" } },
    { "numbers with blanks", TEXT("0  person\n1  bicycle\n"), 2, { "person", "bicycle" } },
    { "numbers with a tab", TEXT("0\tperson\n1\tbicycle"), 2, { "person", "bicycle" } },
    { "numbers with colons", TEXT("0:person\r\n1: bicycle\r\n"), 2, { "person", "bicycle" } },
    { "numbers with gaps", TEXT("1 a\n\n4 b c\n"), 5, { "", "a", "", "", "b c" } },
    { "numbers that fall are labels", TEXT("2 a\n1 b\n"), 2, { "2 a", "1 b" } },
    { "numbers that repeat are labels", TEXT("1 a\n1 b\n"), 2, { "1 a", "1 b" } },
    { "one line without a number", TEXT("0 a\nb\n"), 2, { "0 a", "b" } },
    { "digits are labels", TEXT("0\n1\n2\n"), 3, { "0", "1", "2" } },
    { "words with digits", TEXT("3d glasses\n4x4\n"), 2, { "3d glasses", "4x4" } },
    { "numbers beyond any index",
      TEXT("99999999999 a\n999999999999 b\n"),
      2,
      { "99999999999 a", "999999999999 b" } },
    { "one label", TEXT("x"), 1, { "x" } },
};

static void check_good(void)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        MnetError error = { 0 };
        char *copy = (char *)expect_copy(good[i].text, good[i].size);
        MnetLabels *labels = mnet_labels_parse(copy, good[i].size, "file", &error);
        memset(copy, 'x', good[i].size);
        free(copy);
        EXPECT(labels, "%s: %s", good[i].name, error.text);
        if (!labels)
            continue;
        EXPECT(mnet_labels_count(labels) == good[i].count, "%s: %zu labels", good[i].name,
               mnet_labels_count(labels));
        for (size_t k = 0; k < good[i].count && k < MAX_EXPECTED; k++)
            EXPECT(!strcmp(mnet_labels_get(labels, k), good[i].labels[k]), "%s: label %zu \"%s\"",
                   good[i].name, k, mnet_labels_get(labels, k));
        EXPECT(!*mnet_labels_get(labels, good[i].count) && !*mnet_labels_get(labels, SIZE_MAX),
               "%s: past the end", good[i].name);
        mnet_labels_unref(labels);
    }
}

static const struct {
    const char *name, *text;
    size_t size;
    MnetStatus status;
    const char *part;
} bad[] = {
    { "nothing", TEXT(""), MNET_ERROR_FORMAT, "holds 0 labels" },
    { "empty lines", TEXT("\n\r\n\n"), MNET_ERROR_FORMAT, "holds 0 labels" },
    { "a byte-order mark alone", TEXT("\xef\xbb\xbf"), MNET_ERROR_FORMAT, "holds 0 labels" },
    { "a NUL", TEXT("a\0b\n"), MNET_ERROR_FORMAT, "NUL" },
    { "UTF-16",
      TEXT("\xff\xfe"
           "a\0b\0"),
      MNET_ERROR_FORMAT, "NUL" },
    { "Latin-1", TEXT("\xe4\n"), MNET_ERROR_FORMAT, "not UTF-8" },
    { "a cut character", TEXT("a\n\xe2\x82"), MNET_ERROR_FORMAT, "not UTF-8" },
    { "an overlong form", TEXT("\xc0\xaf\n"), MNET_ERROR_FORMAT, "not UTF-8" },
    { "an overlong form of 3", TEXT("\xe0\x80\xaf\n"), MNET_ERROR_FORMAT, "not UTF-8" },
    { "an overlong form of 4", TEXT("\xf0\x80\x80\xaf\n"), MNET_ERROR_FORMAT, "not UTF-8" },
    { "a surrogate", TEXT("\xed\xa0\x80\n"), MNET_ERROR_FORMAT, "not UTF-8" },
    { "above U+10FFFF", TEXT("\xf4\x90\x80\x80\n"), MNET_ERROR_FORMAT, "not UTF-8" },
    { "a continuation alone", TEXT("\x80\n"), MNET_ERROR_FORMAT, "not UTF-8" },
    { "an index too large", TEXT("0 a\n1000000 b\n"), MNET_ERROR_LIMIT, "1000001 labels" },
};

static void check_bad(void)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        MnetError error = { 0 };
        char *copy = (char *)expect_copy(bad[i].text, bad[i].size);
        EXPECT(!mnet_labels_parse(copy, bad[i].size, "the file", &error), "%s", bad[i].name);
        expect_error(bad[i].name, &error, bad[i].status, bad[i].part);
        EXPECT(!strncmp(error.text, "the file: ", 10), "%s: %s", bad[i].name, error.text);
        free(copy);
    }
    EXPECT(!mnet_labels_parse(NULL, 0, "", NULL), "no text, no error");
}

/* The largest count and the largest size, and one more. */
static void check_limits(void)
{
    size_t size = MNET_MAX_LABELS_BYTES + 1;
    char *text = malloc(size);
    MnetError error = { 0 };
    if (!text)
        exit(1);
    for (size_t i = 0; i < size; i++)
        text[i] = i % 2 ? '\n' : 'a';
    MnetLabels *labels = mnet_labels_parse(text, 2 * MNET_MAX_LABELS, "", &error);
    EXPECT(labels && mnet_labels_count(labels) == MNET_MAX_LABELS, "%s", error.text);
    mnet_labels_unref(labels);
    EXPECT(!mnet_labels_parse(text, 2 * MNET_MAX_LABELS + 2, "", &error), "too many");
    expect_error("too many", &error, MNET_ERROR_LIMIT, "1000001 labels");
    memset(text, 'a', size);
    labels = mnet_labels_parse(text, size - 1, "", &error);
    EXPECT(labels && strlen(mnet_labels_get(labels, 0)) == size - 1, "one long label");
    mnet_labels_unref(labels);
    EXPECT(!mnet_labels_parse(text, size, "", &error), "too long");
    expect_error("too long", &error, MNET_ERROR_LIMIT, "bytes of labels");
    free(text);
}

static void check_references(void)
{
    MnetLabels *labels = mnet_labels_parse("a\n", 2, "", NULL);
    MnetLabels *second = mnet_labels_ref(labels);
    mnet_labels_unref(labels);
    EXPECT(!strcmp(mnet_labels_get(second, 0), "a"), "after the first reference is gone");
    mnet_labels_unref(second);
    mnet_labels_unref(NULL);
    EXPECT(!*mnet_labels_get(NULL, 0), "no labels");
}

static void check_load(void)
{
    char path[] = "mnet-labels-XXXXXX";
    int fd = mkstemp(path);
    MnetError error = { 0 };
    EXPECT(fd >= 0 && write(fd, "a\nb\n", 4) == 4, "a file for the test");
    close(fd);
    MnetLabels *labels = mnet_labels_load(path, &error);
    EXPECT(labels && mnet_labels_count(labels) == 2, "%s", error.text);
    mnet_labels_unref(labels);
    EXPECT(!truncate(path, 0) && !mnet_labels_load(path, &error), "an empty file");
    expect_error("an empty file", &error, MNET_ERROR_FORMAT, path);
    unlink(path);
    EXPECT(!mnet_labels_load(path, &error), "no file");
    expect_error("no file", &error, MNET_ERROR_IO, "No such file");
    EXPECT(strstr(error.text, path), "%s", error.text);
    EXPECT(!mnet_labels_load("/", &error), "a folder");
    expect_error("a folder", &error, MNET_ERROR_IO, "regular file");
    /* A pipe that nobody writes to must not be waited for. */
    EXPECT(!mkfifo(path, 0600) && !mnet_labels_load(path, &error), "a pipe");
    expect_error("a pipe", &error, MNET_ERROR_IO, "regular file");
    unlink(path);
}

static void check_no_memory(void)
{
    MnetError error = { 0 };
    mnet_alloc_fail_at(1);
    EXPECT(!mnet_labels_parse("a\n", 2, "", &error), "without memory");
    expect_error("without memory", &error, MNET_ERROR_MEMORY, "memory");
    mnet_alloc_fail_at(0);
}

int main(void)
{
    check_good();
    check_bad();
    check_limits();
    check_references();
    check_load();
    check_no_memory();
    return expect_report("labels");
}
