/* SPDX-License-Identifier: MIT
 *
 * Reads golden cases from their folders. */
#include "golden.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* "key: value" lines: takes what GoldenCase needs of one. */
static void read_line(const char *line, GoldenCase *golden)
{
    size_t index, differing, all;
    double largest;
    sscanf(line, "inputs: %zu", &golden->n_inputs);
    sscanf(line, "outputs: %zu", &golden->n_outputs);
    if (sscanf(line, "output_%zu.tflite_optimized_vs_ref: max_abs_diff=%lf differing=%zu/%zu",
               &index, &largest, &differing, &all) == 4 &&
        index < GOLDEN_MAX_TENSORS && all > 0) {
        golden->optimized[index].largest = largest;
        golden->optimized[index].share = (double)differing / (double)all;
    }
}

bool golden_read_case(const char *folder, GoldenCase *golden)
{
    char path[1100], line[1024];
    memset(golden, 0, sizeof *golden);
    for (size_t i = 0; i < GOLDEN_MAX_TENSORS; i++)
        golden->optimized[i].largest = -1;
    snprintf(golden->folder, sizeof golden->folder, "%s", folder);
    snprintf(path, sizeof path, "%s/meta.txt", golden->folder);
    FILE *file = fopen(path, "r");
    if (!file) {
        printf("%s cannot be opened\n", path);
        return false;
    }
    while (fgets(line, sizeof line, file))
        read_line(line, golden);
    fclose(file);
    bool good = golden->n_inputs >= 1 && golden->n_inputs <= GOLDEN_MAX_TENSORS &&
                golden->n_outputs >= 1 && golden->n_outputs <= GOLDEN_MAX_TENSORS;
    for (size_t i = 0; good && i < golden->n_outputs; i++)
        good = golden->optimized[i].largest >= 0;
    if (!good)
        printf("%s: inputs, outputs or tflite_optimized_vs_ref are missing\n", path);
    return good;
}

void *golden_load(const GoldenCase *golden, const char *kind, size_t index, size_t bytes)
{
    char path[1100];
    snprintf(path, sizeof path, "%s/%s_%zu.raw", golden->folder, kind, index);
    if (access(path, R_OK) != 0)
        snprintf(path, sizeof path, "%s/%s_%zu.raw.gz", golden->folder, kind, index);
    gzFile file = gzopen(path, "rb"); /* reads plain files too */
    char *data = malloc(bytes + 1);
    int found = file && data ? gzread(file, data, (unsigned)bytes + 1) : -1;
    if (file)
        gzclose(file);
    if (found >= 0 && (size_t)found == bytes)
        return data;
    printf("%s: %d bytes, but the network's tensor has %zu\n", path, found, bytes);
    free(data);
    return NULL;
}

double golden_stored(MnetType type, const void *data, size_t index)
{
    float value;
    int64_t wide;
    switch (type) {
    case MNET_TYPE_UINT8:
        return ((const uint8_t *)data)[index];
    case MNET_TYPE_INT8:
        return ((const int8_t *)data)[index];
    case MNET_TYPE_INT64:
        memcpy(&wide, (const char *)data + index * sizeof wide, sizeof wide);
        return (double)wide;
    case MNET_TYPE_FLOAT32:
        memcpy(&value, (const char *)data + index * sizeof value, sizeof value);
        return value;
    default:
        printf("golden_stored: %s is not judged here\n", mnet_type_name(type));
        exit(1);
    }
}
