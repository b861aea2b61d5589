/* SPDX-License-Identifier: MIT
 *
 * Sparse constants: random tensors written in every order and form, with and
 * without blocks, come back as they were; those that contradict themselves are
 * refused. */
#include "expect.h"
#include "format/tflite.h"
#include "tflitebuilder.h"

#define ROUNDS 400
#define MAX_DENSE 4096
#define MAX_NUMBERS 16384

typedef struct {
    int type, rank;
    int32_t dims[4], block[4]; /* block[d] 1: dimension d is not cut */
    size_t element, n;
    uint8_t dense[MAX_DENSE * 4];
    TbSparsity sparsity;
    uint8_t values[MAX_DENSE * 4];
    size_t n_values;
    int32_t numbers[MAX_NUMBERS]; /* of the levels */
    int n_numbers;
} Case;

static uint32_t state = 1;

static int32_t draw(int32_t low, int32_t high)
{
    state = state * 1664525u + 1013904223u;
    return low + (int32_t)((state >> 8) % (uint32_t)(high - low + 1));
}

/* Indices of level `l`, and elements from one to the next. */
static int32_t level_size(const Case *c, int l, size_t *step)
{
    int32_t what = c->sparsity.order[l];
    int32_t d = what < c->rank ? what : c->sparsity.blocks[what - c->rank];
    *step = 1;
    for (int32_t i = d + 1; i < c->rank; i++)
        *step *= (size_t)c->dims[i];
    if (what >= c->rank)
        return c->block[d];
    *step *= (size_t)c->block[d];
    return c->dims[d] / c->block[d];
}

/* Whether anything below level `l` from element `at` on is not zero. */
static bool is_full(const Case *c, int l, size_t at)
{
    size_t step;
    if (l == c->sparsity.n_order) {
        static const uint8_t zero[4];
        return memcmp(c->dense + at * c->element, zero, c->element) != 0;
    }
    int32_t size = level_size(c, l, &step);
    for (int32_t i = 0; i < size; i++)
        if (is_full(c, l + 1, at + (size_t)i * step))
            return true;
    return false;
}

static TbNumbers keep(Case *c, const int32_t *values, int n)
{
    int32_t *to = c->numbers + c->n_numbers;
    int32_t most = 0;
    c->n_numbers += n;
    if (c->n_numbers > MAX_NUMBERS)
        exit(1);
    for (int i = 0; i < n; i++) {
        to[i] = values[i];
        most = values[i] > most ? values[i] : most;
    }
    return (TbNumbers){ .type = draw(1, most < 256 ? 3 : 2), .n = n, .values = to };
}

/* Goes down one level from `n` places; returns how many there are below. */
static int encode_level(Case *c, int l, size_t *places, int n)
{
    static size_t below[MAX_DENSE];
    static int32_t segments[MAX_DENSE + 1], indices[MAX_DENSE];
    TbLevel *level = &c->sparsity.levels[l];
    size_t step;
    int32_t size = level_size(c, l, &step);
    int found = 0;
    for (int p = 0; p < n; p++) {
        segments[p] = found;
        for (int32_t i = 0; i < size; i++) {
            size_t at = places[p] + (size_t)i * step;
            if (level->compressed && !is_full(c, l + 1, at))
                continue;
            indices[found] = i;
            below[found++] = at;
        }
    }
    segments[n] = found;
    level->dense_size = size;
    if (level->compressed) {
        level->segments = keep(c, segments, n + 1);
        level->indices = keep(c, indices, found);
    }
    memcpy(places, below, (size_t)found * sizeof *below);
    return found;
}

static void encode(Case *c)
{
    static size_t places[MAX_DENSE];
    int n = 1;
    places[0] = 0;
    c->n_numbers = 0;
    for (int l = 0; l < c->sparsity.n_order; l++)
        n = encode_level(c, l, places, n);
    for (int i = 0; i < n; i++)
        memcpy(c->values + (size_t)i * c->element, c->dense + places[i] * c->element, c->element);
    c->n_values = (size_t)n;
}

/* Values, a third of them or all in a row not zero. */
static void fill(Case *c)
{
    c->n = 1;
    for (int d = 0; d < c->rank; d++)
        c->n *= (size_t)c->dims[d];
    memset(c->dense, 0, sizeof c->dense);
    int32_t one_in = draw(1, 4);
    for (size_t i = 0; i < c->n; i++)
        for (size_t b = 0; b < c->element && !draw(0, one_in); b++)
            c->dense[i * c->element + b] = (uint8_t)draw(1, 255);
}

static void draw_case(Case *c)
{
    static const int types[] = { TFL_TYPE_INT8, TFL_TYPE_FLOAT16, TFL_TYPE_FLOAT32 };
    static const size_t sizes[] = { 1, 2, 4 };
    TbSparsity *s = &c->sparsity;
    int form = draw(0, 2);
    memset(c, 0, sizeof *c);
    c->type = types[form];
    c->element = sizes[form];
    c->rank = draw(1, 4);
    for (int d = 0; d < c->rank; d++) {
        c->block[d] = draw(0, 1) ? draw(1, 3) : 1;
        c->dims[d] = c->block[d] * draw(1, 4);
        if (c->block[d] > 1)
            s->blocks[s->n_blocks++] = d;
    }
    s->n_order = s->n_levels = c->rank + s->n_blocks;
    for (int l = 0; l < s->n_order; l++) {
        int other = draw(0, l);
        s->order[l] = s->order[other];
        s->order[other] = l;
        s->levels[l].compressed = draw(0, 1);
    }
    fill(c);
    encode(c);
}

static TbFile write_file(const Case *c)
{
    TbModel *model = tb_model_new();
    TbTensor plain = { .type = TFL_TYPE_FLOAT32, .rank = 1, .dims = { 1 } };
    TbTensor sparse = { .type = c->type,
                        .rank = c->rank,
                        .dims = { c->dims[0], c->dims[1], c->dims[2], c->dims[3] },
                        .sparsity = &c->sparsity,
                        .data = c->n_values ? c->values : NULL,
                        .bytes = c->n_values * c->element };
    int32_t x = tb_tensor(model, &plain), y = tb_tensor(model, &plain);
    tb_tensor(model, &sparse);
    tb_operator(model, &(TbOperator){ .builtin = TFL_OP_RELU,
                                      .inputs = { x },
                                      .n_inputs = 1,
                                      .outputs = { y },
                                      .n_outputs = 1 });
    tb_input(model, x);
    tb_output(model, y);
    return tb_finish(model);
}

/* Reads the case's file; expects its dense form, or a refusal. */
static void expect_read(const char *name, const Case *c, bool good)
{
    TbFile file = write_file(c);
    MnetStore store = { .limit = (size_t)64 << 20 };
    MnetGraph graph;
    MnetError error = { MNET_OK, "" };
    MnetStatus status = mnet_tflite_read(file.data, file.size, &store, &graph, &error);
    if (!good) {
        EXPECT(status, "%s: read", name);
        expect_error(name, &error, MNET_ERROR_FORMAT, "sparse values contradict");
    } else {
        const MnetTensor *tensor = status ? NULL : &graph.tensors[2];
        EXPECT(!status, "%s: %s", name, error.text);
        EXPECT(!tensor || (tensor->data_bytes == c->n * c->element &&
                           !memcmp(tensor->data, c->dense, c->n * c->element)),
               "%s: other values", name);
    }
    mnet_store_clear(&store);
    tb_file_free(&file);
}

static void check_random(void)
{
    static Case c;
    char name[32];
    for (int i = 0; i < ROUNDS; i++) {
        draw_case(&c);
        if (!c.n_values) /* a constant without bytes is none */
            continue;
        snprintf(name, sizeof name, "round %d", i);
        expect_read(name, &c, true);
    }
}

/* A matrix of 4 x 6 in rows whose columns are compressed, with blocks of 2 x 3
 * behind them when `blocks`. */
static Case *matrix(bool blocks)
{
    static Case c;
    memset(&c, 0, sizeof c);
    c.type = TFL_TYPE_INT8;
    c.element = 1;
    c.rank = 2;
    c.dims[0] = 4;
    c.dims[1] = 6;
    c.block[0] = blocks ? 2 : 1;
    c.block[1] = blocks ? 3 : 1;
    c.n = 24;
    for (size_t i = 0; i < 24; i += 5)
        c.dense[i] = (uint8_t)(i + 1);
    c.sparsity = (TbSparsity){ .n_order = 2, .n_levels = 2, .order = { 0, 1, 2, 3 } };
    if (blocks) {
        c.sparsity.n_order = c.sparsity.n_levels = 4;
        c.sparsity.n_blocks = 2;
        c.sparsity.blocks[1] = 1;
    }
    c.sparsity.levels[1].compressed = true;
    encode(&c);
    c.sparsity.levels[1].segments.type = c.sparsity.levels[1].indices.type = 1;
    return &c;
}

/* The case with one number changed is refused, and then put right. */
static void expect_refused(const char *name, Case *c, int32_t *number, int32_t wrong)
{
    int32_t right = *number;
    *number = wrong;
    expect_read(name, c, false);
    *number = right;
}

static int32_t *number(const TbNumbers *numbers, int i)
{
    return (int32_t *)(uintptr_t)&numbers->values[i];
}

static void check_levels(Case *c)
{
    TbLevel *columns = &c->sparsity.levels[1], *rows = &c->sparsity.levels[0];
    int last = columns->segments.n - 1;
    expect_read("the matrix", c, true);
    expect_refused("a segment behind the indices", c, number(&columns->segments, last),
                   columns->indices.n + 1);
    expect_refused("segments that fall", c, number(&columns->segments, 0), 3);
    expect_refused("a negative segment", c, number(&columns->segments, 1), -1);
    expect_refused("the largest segment", c, number(&columns->segments, last), INT32_MAX);
    expect_refused("a segment missing", c, &columns->segments.n, last);
    expect_refused("no segments", c, &columns->segments.n, 0);
    expect_refused("no type of segments", c, &columns->segments.type, 0);
    expect_refused("an index that is the size", c, number(&columns->indices, 0),
                   columns->dense_size);
    expect_refused("a negative index", c, number(&columns->indices, 1), -1);
    expect_refused("an index missing", c, &columns->indices.n, columns->indices.n - 1);
    expect_refused("no type of indices", c, &columns->indices.type, 0);
    expect_refused("a fourth type", c, &columns->indices.type, 4);
    expect_refused("a size of 0", c, &rows->dense_size, 0);
    expect_refused("a negative size", c, &rows->dense_size, -1);
    expect_refused("a size too large", c, &rows->dense_size, rows->dense_size + 1);
    c->n_values--;
    expect_read("a value missing", c, false);
    c->n_values = 0;
    expect_read("no values", c, false);
}

static void check_tree(Case *c)
{
    TbSparsity *s = &c->sparsity;
    expect_refused("a dimension twice", c, &s->order[1], 0);
    expect_refused("a negative dimension", c, &s->order[0], -1);
    expect_refused("a dimension too many", c, &s->order[1], s->n_order);
    expect_refused("an order too short", c, &s->n_order, s->n_order - 1);
    expect_refused("no order", c, &s->n_order, 0);
    expect_refused("a level missing", c, &s->n_levels, s->n_levels - 1);
    expect_refused("a block too many", c, &s->n_blocks, s->n_blocks + 1);
    if (!s->n_blocks)
        return;
    expect_refused("a block missing", c, &s->n_blocks, 1);
    expect_refused("a block of no dimension", c, &s->blocks[0], 2);
    expect_refused("a block of a negative one", c, &s->blocks[1], -1);
    expect_refused("a dimension cut twice", c, &s->blocks[1], 0);
    static const int32_t sizes[] = { 0, -1, 3, 8, INT32_MAX, INT32_MIN };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        expect_refused("a block that does not divide", c, &s->levels[2].dense_size, sizes[i]);
}

/* A matrix of a gigabyte without a value. */
static void check_bound(void)
{
    static int32_t zeros[2], first[1];
    static Case c = { .type = TFL_TYPE_INT8,
                      .rank = 2,
                      .dims = { 32768, 32767 },
                      .element = 1,
                      .n_values = 1,
                      .sparsity = { .n_order = 2, .n_levels = 2, .order = { 0, 1 } } };
    for (int l = 0; l < 2; l++)
        c.sparsity.levels[l] = (TbLevel){ .compressed = true,
                                          .segments = { 1, 2, zeros },
                                          .indices = { 1, 1, first } };
    TbFile file = write_file(&c);
    MnetError error = { MNET_OK, "" };
    EXPECT(!mnet_model_load_memory(file.data, file.size, NULL, &error), "a gigabyte of zeros");
    expect_error("a gigabyte of zeros", &error, MNET_ERROR_LIMIT, "");
    tb_file_free(&file);
}

int main(void)
{
    check_random();
    check_tree(matrix(false));
    check_levels(matrix(false));
    check_tree(matrix(true));
    check_levels(matrix(true));
    check_bound();
    return expect_report("sparse");
}
