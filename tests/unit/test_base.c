/* SPDX-License-Identifier: MIT
 *
 * Memory, stores, bytes of files, errors, text, files. */
#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "expect.h"

#include <sys/stat.h>
#include <unistd.h>

static void check_bytes(void)
{
    static const uint8_t data[9] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    MnetBytes b = { data, sizeof data, false };
    EXPECT(mnet_bytes_u8(&b, 8) == 9 && mnet_bytes_u16(&b, 1) == 0x0302 &&
               mnet_bytes_u32(&b, 5) == 0x09080706 &&
               mnet_bytes_u64(&b, 1) == UINT64_C(0x0908070605040302) && !b.bad,
           "reads inside");
    static const size_t outside[] = { 9, 10, SIZE_MAX, SIZE_MAX - 3 };
    for (size_t i = 0; i < 4; i++) {
        b.bad = false;
        EXPECT(!mnet_bytes_u8(&b, outside[i]) && b.bad, "u8 at %zu", outside[i]);
        b.bad = false;
        EXPECT(!mnet_bytes_u64(&b, outside[i]) && b.bad, "u64 at %zu", outside[i]);
    }
    for (size_t at = 2; at < 9; at++) {
        b.bad = false;
        EXPECT(!mnet_bytes_u64(&b, at) && b.bad, "u64 over the end at %zu", at);
        b.bad = false;
        bool fits = at + 4 <= 9;
        EXPECT(!mnet_bytes_u32(&b, at) == !fits && b.bad == !fits, "u32 at %zu", at);
    }
    b.bad = false;
    EXPECT(mnet_bytes_has(&b, 9, 0) && !mnet_bytes_has(&b, 10, 0) &&
               !mnet_bytes_has(&b, 1, SIZE_MAX),
           "ranges");
}

static bool all_zero(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i])
            return false;
    return true;
}

static void check_store(void)
{
    MnetStore store = { 0 };
    uint8_t *blocks[200];
    for (size_t i = 0; i < 200; i++) {
        size_t bytes = i * i * 7 % 40000;
        blocks[i] = mnet_store_alloc(&store, bytes);
        EXPECT(blocks[i] && (uintptr_t)blocks[i] % MNET_ALIGN == 0, "block %zu", i);
        EXPECT(all_zero(blocks[i], bytes + MNET_PADDING), "block %zu is not cleared", i);
        memset(blocks[i], (int)i + 1, bytes);
    }
    for (size_t i = 0; i < 200; i++) {
        size_t bytes = i * i * 7 % 40000, wrong = 0;
        for (size_t b = 0; b < bytes; b++)
            wrong += blocks[i][b] != (uint8_t)(i + 1);
        EXPECT(!wrong && all_zero(blocks[i] + bytes, MNET_PADDING), "block %zu was written", i);
    }
    mnet_store_clear(&store);
    EXPECT(!store.blocks && !store.used, "a cleared store");
}

static void check_limits(void)
{
    MnetStore store = { .limit = 1000 };
    size_t result;
    EXPECT(mnet_store_alloc(&store, 600), "below the limit");
    EXPECT(!mnet_store_alloc(&store, 401), "above the limit");
    EXPECT(mnet_store_alloc(&store, 400) && store.used == 1000, "up to the limit");
    EXPECT(!mnet_store_alloc(&store, 1), "behind the limit");
    mnet_store_clear(&store);
    EXPECT(!store.full && mnet_store_count(&store, 700) && store.used == 0, "counted only");
    EXPECT(!mnet_store_alloc(&store, 301) && store.full, "above what is left");
    EXPECT(!mnet_store_count(&store, 301) && mnet_store_count(&store, 300), "up to the limit");
    mnet_store_clear(&store);
    EXPECT(mnet_store_alloc(&store, 1000) && !store.full, "cleared");
    EXPECT(!mnet_store_calloc(&store, 1, 1) && store.full, "behind the limit");
    mnet_store_clear(&store);
    store.limit = 0;
    EXPECT(!mnet_store_alloc(&store, SIZE_MAX) && !mnet_store_alloc(&store, SIZE_MAX - 100) &&
               !mnet_store_calloc(&store, SIZE_MAX / 2, 3),
           "sizes that wrap");
    EXPECT(!mnet_calloc(SIZE_MAX / 4, 5) && !mnet_buffer_alloc(SIZE_MAX - 10), "sizes that wrap");
    EXPECT(!mnet_mul_size(SIZE_MAX, 2, &result) && mnet_mul_size(3, 4, &result) && result == 12,
           "products");
    EXPECT(!mnet_add_size(SIZE_MAX, 1, &result) && mnet_add_size(3, 4, &result) && result == 7,
           "sums");
    mnet_store_clear(&store);
}

static void check_errors(void)
{
    MnetError error = { MNET_OK, "untouched" };
    char text[600];
    EXPECT(mnet_error_set(NULL, MNET_ERROR_IO, "x") == MNET_ERROR_IO, "no error to fill");
    mnet_error_set(&error, MNET_ERROR_FORMAT, "tensor \"%s\": %d", "a\nb\xff\x1b", 7);
    expect_error("set", &error, MNET_ERROR_FORMAT, "tensor \"a?b??\": 7");
    mnet_error_prefix(&error, "%s", "dir\n/file");
    expect_error("prefix", &error, MNET_ERROR_FORMAT, "dir?/file: tensor \"a?b??\": 7");
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    mnet_error_prefix(&error, "%s", text);
    EXPECT(strlen(error.text) == sizeof error.text - 1, "a long prefix");
    /* A cut in the middle of a character of two bytes. */
    mnet_error_set(&error, MNET_ERROR_FORMAT, "%.4s", "abc\xc3\xa9");
    expect_error("cut", &error, MNET_ERROR_FORMAT, "abc?");
    EXPECT(mnet_error_memory(&error, 12) == MNET_ERROR_MEMORY, "memory");
    expect_error("memory", &error, MNET_ERROR_MEMORY, "12 bytes");
}

static void check_utf8(void)
{
    static const struct {
        const char *text;
        size_t size, span;
    } cases[] = { { "abc", 3, 3 },
                  { "a\0b", 3, 1 },
                  { "\xc3\xa9", 2, 2 },
                  { "\xc3", 1, 0 },
                  { "\xc0\x80", 2, 0 },
                  { "\xe0\x80\x80", 3, 0 },
                  { "\xed\xa0\x80", 3, 0 },
                  { "\xf0\x9f\x90\xa6", 4, 4 },
                  { "\xf0\x80\x80\x80", 4, 0 },
                  { "\xf4\x90\x80\x80", 4, 0 },
                  { "ok\xfe", 3, 2 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        EXPECT(mnet_utf8_span(cases[i].text, cases[i].size) == cases[i].span, "text %zu", i);
    char out[5];
    mnet_utf8_quote(out, sizeof out, "abc\xc3\xa9", 5);
    EXPECT(!strcmp(out, "abc"), "cut between characters: \"%s\"", out);
}

/* What is no file with bytes in it; in a folder of its own in the present one. */
static void check_files(void)
{
    char folder[] = P_tmpdir "/mnet-base-XXXXXX", path[64];
    MnetFile read;
    MnetError error = { MNET_OK, "" };
    EXPECT(mkdtemp(folder), "a folder");
    EXPECT(mnet_file_read(&read, folder, &error), "a folder as file");
    expect_error("folder", &error, MNET_ERROR_IO, "regular file");
    snprintf(path, sizeof path, "%s/file", folder);
    EXPECT(mnet_file_read(&read, path, &error), "no file");
    expect_error("no file", &error, MNET_ERROR_IO, "No such file");
    EXPECT(!mkfifo(path, 0600) && mnet_file_read(&read, path, &error), "a pipe");
    expect_error("pipe", &error, MNET_ERROR_IO, "regular file");
    unlink(path);
    FILE *file = fopen(path, "wb");
    EXPECT(file && mnet_file_read(&read, path, &error), "an empty file");
    expect_error("empty", &error, MNET_ERROR_FORMAT, "is empty");
    EXPECT(file && fputs("abc", file) >= 0 && !fclose(file), "three bytes");
    EXPECT(!mnet_file_read(&read, path, &error) && read.size == 3 && !memcmp(read.data, "abc", 3),
           "a file");
    mnet_file_clear(&read);
    EXPECT(!read.data && !read.size, "a file that was given back");
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    check_bytes();
    check_store();
    check_limits();
    check_errors();
    check_utf8();
    check_files();
    return expect_report("base");
}
