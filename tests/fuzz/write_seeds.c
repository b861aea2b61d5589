/* SPDX-License-Identifier: MIT
 *
 * write_seeds TARGET FOLDER: writes the seeds of a fuzz target as files. */
#include <stdio.h>
#include <string.h>

#include "seeds.h"

typedef struct {
    const char *folder;
    int failed;
} Writer;

static void write_seed(void *user, const char *name, const uint8_t *data, size_t size)
{
    Writer *writer = user;
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", writer->folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file)) {
        perror(path);
        writer->failed = 1;
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: write_seeds TARGET FOLDER\n");
        return 2;
    }
    Writer writer = { argv[2], 0 };
    seeds_of(argv[1], write_seed, &writer);
    return writer.failed;
}
