/* SPDX-License-Identifier: MIT
 *
 * Sparse constants of a .tflite file, made dense when the file is read.
 *
 * The values lie in the order of a tree with a level for each dimension and,
 * behind them, for each dimension that is cut into blocks.  A level is dense
 * (every index there is) or compressed (segments[p] to segments[p + 1] of its
 * list of indices belong to position p of the level above). */
#include <string.h>

#include "base/error.h"
#include "format/tflite_reader.h"
#include "format/tflite_schema.h"

#define MAX_LEVELS (2 * MNET_MAX_RANK)

/* Numbers of 1, 2 or 4 bytes. */
typedef struct {
    MnetFlatVector vector;
    uint32_t width;
} Numbers;

typedef struct {
    bool compressed;
    uint32_t size; /* indices that there are */
    Numbers segments, indices;
} Level;

typedef struct {
    MnetTensor *tensor;
    const uint8_t *values;
    uint8_t *dense;
    size_t element, n_values;
    int32_t n_levels;
    Level levels[MAX_LEVELS];
    size_t steps[MAX_LEVELS]; /* elements of the dense tensor for each index of a level */
} Expansion;

static uint32_t number_at(const Numbers *numbers, uint32_t i)
{
    MnetBytes *bytes = numbers->vector.bytes;
    size_t at = numbers->vector.at + (size_t)i * numbers->width;
    return numbers->width == 4   ? mnet_bytes_u32(bytes, at)
           : numbers->width == 2 ? mnet_bytes_u16(bytes, at)
                                 : mnet_bytes_u8(bytes, at);
}

/* A union of three kinds of vector, told apart by its type. */
static bool read_numbers(const MnetFlatTable *table, uint32_t type_field, Numbers *numbers)
{
    static const uint32_t widths[] = { 0, 4, 2, 1 };
    uint8_t type = mnet_flat_u8(table, type_field, 0);
    if (type < 1 || type > 3)
        return false;
    MnetFlatTable holder = mnet_flat_table(table, type_field + 1);
    numbers->width = widths[type];
    numbers->vector = mnet_flat_vector(&holder, 0, numbers->width);
    return numbers->vector.present;
}

static bool read_level(const MnetFlatTable *table, uint32_t size, Level *level)
{
    level->size = size;
    level->compressed = mnet_flat_u8(table, TFL_DIMENSION_FORMAT, 0) == TFL_DIMENSION_CSR;
    if (!level->compressed)
        return (uint32_t)mnet_flat_i32(table, TFL_DIMENSION_DENSE_SIZE, 0) == size;
    return read_numbers(table, TFL_DIMENSION_SEGMENTS_TYPE, &level->segments) &&
           read_numbers(table, TFL_DIMENSION_INDICES_TYPE, &level->indices);
}

/* Sizes and steps of the dimensions, then of the blocks they are cut into. */
static bool block_sizes(const MnetFlatTable *sparsity, const MnetFlatVector *metadata,
                        const MnetFlatVector *order, const MnetTensor *tensor, uint32_t *sizes,
                        size_t *steps)
{
    MnetFlatVector map = mnet_flat_vector(sparsity, TFL_SPARSITY_BLOCK_MAP, 4);
    int32_t rank = tensor->rank;
    size_t step = 1;
    for (int32_t d = rank - 1; d >= 0; d--) {
        sizes[d] = (uint32_t)tensor->dims[d];
        steps[d] = step;
        step *= sizes[d];
    }
    if ((size_t)rank + map.count != order->count || order->count > MAX_LEVELS)
        return false;
    for (uint32_t b = 0; b < map.count; b++) {
        int32_t d = mnet_flat_vector_i32(&map, b), block = 0;
        for (uint32_t level = 0; level < order->count; level++)
            if (mnet_flat_vector_i32(order, level) == rank + (int32_t)b) {
                MnetFlatTable table = mnet_flat_vector_table(metadata, level);
                block = mnet_flat_i32(&table, TFL_DIMENSION_DENSE_SIZE, 0);
            }
        if (d < 0 || d >= rank || block < 1 || sizes[d] % (uint32_t)block ||
            sizes[d] != (uint32_t)tensor->dims[d])
            return false;
        sizes[rank + (int32_t)b] = (uint32_t)block;
        steps[rank + (int32_t)b] = steps[d];
        sizes[d] /= (uint32_t)block;
        steps[d] *= (uint32_t)block;
    }
    return true;
}

static bool read_levels(const MnetFlatTable *sparsity, Expansion *e)
{
    MnetFlatVector order = mnet_flat_vector(sparsity, TFL_SPARSITY_TRAVERSAL_ORDER, 4);
    MnetFlatVector metadata = mnet_flat_vector(sparsity, TFL_SPARSITY_DIM_METADATA, 4);
    uint32_t sizes[MAX_LEVELS];
    size_t steps[MAX_LEVELS];
    bool seen[MAX_LEVELS] = { false };
    if (order.count != metadata.count || !order.count ||
        !block_sizes(sparsity, &metadata, &order, e->tensor, sizes, steps))
        return false;
    e->n_levels = (int32_t)order.count;
    for (int32_t i = 0; i < e->n_levels; i++) {
        int32_t d = mnet_flat_vector_i32(&order, (uint32_t)i);
        MnetFlatTable table = mnet_flat_vector_table(&metadata, (uint32_t)i);
        if (d < 0 || d >= e->n_levels || seen[d] || !read_level(&table, sizes[d], &e->levels[i]))
            return false;
        seen[d] = true;
        e->steps[i] = steps[d];
    }
    return true;
}

/* `position` counts the nodes of the level above.  Positions of a level only
 * rise, so that no more is visited than there are values and dense elements. */
static bool expand(Expansion *e, int32_t depth, size_t position, size_t at)
{
    if (depth == e->n_levels) {
        if (position >= e->n_values)
            return false;
        memcpy(e->dense + at * e->element, e->values + position * e->element, e->element);
        return true;
    }
    const Level *level = &e->levels[depth];
    if (!level->compressed) {
        for (uint32_t i = 0; i < level->size; i++)
            if (!expand(e, depth + 1, position * level->size + i, at + i * e->steps[depth]))
                return false;
        return true;
    }
    if (position + 1 >= level->segments.vector.count)
        return false;
    uint32_t begin = number_at(&level->segments, (uint32_t)position);
    uint32_t end = number_at(&level->segments, (uint32_t)position + 1);
    if (begin > end || end > level->indices.vector.count)
        return false;
    for (uint32_t k = begin; k < end; k++) {
        uint32_t i = number_at(&level->indices, k);
        if (i >= level->size || !expand(e, depth + 1, k, at + i * e->steps[depth]))
            return false;
    }
    return true;
}

MnetStatus mnet_tflite_expand_sparse(MnetTfliteReader *reader, int32_t index,
                                     const MnetFlatTable *sparsity)
{
    MnetTensor *tensor = &reader->graph->tensors[index];
    size_t elements = mnet_tensor_elements(tensor);
    Expansion e = { .tensor = tensor,
                    .values = tensor->data,
                    .element = mnet_type_size(tensor->type) };
    e.n_values = tensor->data_bytes / e.element;
    e.dense = mnet_store_calloc(reader->store, elements, e.element);
    if (!e.dense)
        return mnet_error_memory(reader->error, elements * e.element);
    if (!tensor->data || !read_levels(sparsity, &e) || !expand(&e, 0, 0, 0) || reader->bytes.bad)
        return mnet_error_set(reader->error, MNET_ERROR_FORMAT,
                              "%s: its sparse values contradict its shape or themselves",
                              mnet_tflite_tensor_label(reader->graph, index).text);
    tensor->data = e.dense;
    tensor->data_bytes = elements * e.element;
    return MNET_OK;
}
