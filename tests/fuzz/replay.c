/* SPDX-License-Identifier: MIT
 *
 * replay TARGET [FILE...]: without libFuzzer, passes a target its seeds, each
 * whole, cut and with some thousands of changes that are the same in every run;
 * with files, those alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "seeds.h"

#define CHANGES 60

/* Values that sit on the edges of what a field can hold. */
static const uint32_t edges[] = { 0,      1,      0x7f,       0x80,       0xff,
                                  0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff };

static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* One to four places get an edge, a bit or a byte of another place. */
static void change(uint8_t *bytes, size_t size, uint32_t *state)
{
    for (uint32_t n = 1 + draw(state) % 4; n; n--) {
        size_t at = draw(state) % size;
        uint32_t edge = edges[draw(state) % (sizeof edges / sizeof *edges)];
        size_t width = (size_t)1 << draw(state) % 3;
        switch (draw(state) % 3) {
        case 0:
            at -= at % width;
            memcpy(bytes + at, &edge, at + width <= size ? width : size - at);
            break;
        case 1:
            bytes[at] ^= (uint8_t)(1u << draw(state) % 8);
            break;
        default:
            bytes[at] = bytes[draw(state) % size];
            break;
        }
    }
}

/* In a block of its own size, so that a sanitizer sees reads behind it. */
static void pass(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void replay_seed(void *user, const char *name, const uint8_t *data, size_t size)
{
    size_t *count = user;
    uint32_t state = (uint32_t)size;
    uint8_t *changed = malloc(size);
    if (!changed)
        abort();
    printf("%s: %zu bytes\n", name, size);
    fflush(stdout);
    pass(data, size);
    for (size_t cut = 0; cut < size; cut += 64, (*count)++)
        pass(data, cut);
    for (int i = 0; i < CHANGES; i++, (*count)++) {
        memcpy(changed, data, size);
        change(changed, size, &state);
        pass(changed, size);
    }
    free(changed);
}

static bool replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END)) {
        perror(path);
        return false;
    }
    long size = ftell(file);
    rewind(file);
    uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
    if (!data || size < 0 || fread(data, 1, (size_t)size, file) != (size_t)size) {
        perror(path);
        return false;
    }
    fclose(file);
    pass(data, (size_t)size);
    free(data);
    return true;
}

int main(int argc, char **argv)
{
    size_t count = 0;
    if (argc < 2) {
        fprintf(stderr, "usage: replay TARGET [FILE...]\n");
        return 2;
    }
    if (argc == 2)
        seeds_of(argv[1], replay_seed, &count);
    for (int i = 2; i < argc; i++, count++)
        if (!replay_file(argv[i]))
            return 1;
    printf("%zu inputs\n", count);
    return count ? 0 : 1;
}
