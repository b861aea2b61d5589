/* SPDX-License-Identifier: MIT
 *
 * Every sample model cut anywhere and with each of its numbers in turn set to
 * extremes: answered or refused with one line, never anything else. */
#include <inttypes.h>

#include "expect.h"
#include "hostile.h"
#include "samplemodels.h"

static size_t n_refused, n_ran;

static void count(HostileVerdict verdict, const char *name, const char *what, size_t at)
{
    n_refused += verdict == HOSTILE_REFUSED;
    n_ran += verdict == HOSTILE_RAN;
    EXPECT(verdict != HOSTILE_WRONG, "%s: %s at %zu", name, what, at);
}

/* Small files at every byte, others at every 64th. */
static void truncate_everywhere(const char *name, const TbFile *file)
{
    size_t step = file->size < 1100 ? 1 : 64;
    for (size_t size = 0; size < file->size; size += step)
        count(hostile_judge(name, file->data, size, NULL), name, "cut", size);
}

/* Sets the number of `width` bytes at each multiple of it to each value. */
static void set_everywhere(const char *name, const TbFile *file, size_t width,
                           const uint32_t *values, size_t n)
{
    uint8_t old[4];
    for (size_t at = 0; at + width <= file->size; at += width) {
        memcpy(old, file->data + at, width);
        for (size_t i = 0; i < n; i++) {
            for (size_t b = 0; b < width; b++)
                file->data[at + b] = (uint8_t)(values[i] >> 8 * b);
            if (memcmp(old, file->data + at, width))
                count(hostile_judge(name, file->data, file->size, NULL), name, "number set", at);
        }
        memcpy(file->data + at, old, width);
    }
}

static void torture(size_t index)
{
    const char *name = sample_name(index);
    TbFile file = sample_model(index);
    /* Also the distance from anywhere to the end, one short of it, and the bits
     * of a NaN and of infinity. */
    const uint32_t words[] = { 0,
                               1,
                               0x7fffffff,
                               0x80000000,
                               0xffffffff,
                               0x7fc00000,
                               0x7f800000,
                               (uint32_t)file.size,
                               0x01000000,
                               0x10000,
                               (uint32_t)file.size - 1 };
    static const uint32_t halves[] = { 0, 0xffff }, bytes[] = { 0x7f, 0xff };
    MnetError error = { MNET_OK, "" };
    EXPECT(hostile_judge(name, file.data, file.size, &error) == HOSTILE_RAN, "%s: %s", name,
           error.text);
    truncate_everywhere(name, &file);
    set_everywhere(name, &file, 4, words, sizeof words / sizeof *words);
    set_everywhere(name, &file, 2, halves, 2);
    set_everywhere(name, &file, 1, bytes, 2);
    tb_file_free(&file);
}

/* test_corpus PARTS PART: one of several parts of the work. */
int main(int argc, char **argv)
{
    size_t parts = argc == 3 ? (size_t)atoi(argv[1]) : 1,
           part = argc == 3 ? (size_t)atoi(argv[2]) : 0;
    for (size_t i = part; i < sample_count(); i += parts)
        torture(i);
    printf("%zu refused, %zu ran\n", n_refused, n_ran);
    EXPECT(n_refused > 1000 && n_ran > 1000, "the corpus is not what it was");
    return expect_report("corpus");
}
