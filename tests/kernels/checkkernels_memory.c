/* SPDX-License-Identifier: MIT
 *
 * Memory between guard pages, canaries, and what it is filled with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "checkkernels.h"
#include "kernels/half.h"

#define CANARY 0xA5
#define CANARY_BYTES 256

typedef struct {
    uint8_t *begin, *end; /* a guard page lies before begin, one at end */
} Guarded;

static const char *const names[CHECK_BUFFERS] = {
    [CHECK_A] = "a",
    [CHECK_B] = "b",
    [CHECK_OUT] = "the output",
    [CHECK_PANELS] = "the weights",
    [CHECK_PACKED] = "the table's own order",
    [CHECK_WEIGHT_ZERO] = "weight_zero",
    [CHECK_MULTIPLIER] = "multiplier",
    [CHECK_SHIFT] = "shift",
    [CHECK_SCALE] = "scale",
    [CHECK_TIE] = "tie",
    [CHECK_BIAS] = "bias",
    [CHECK_ROWS] = "the row pointers",
    [CHECK_ROW0] = "row 0",
    [CHECK_ROW0 + 1] = "row 1",
    [CHECK_ROW0 + 2] = "row 2",
    [CHECK_ROW0 + 3] = "row 3",
    [CHECK_ROW0 + 4] = "row 4",
    [CHECK_ROW0 + 5] = "row 5",
    [CHECK_ROW0 + 6] = "row 6",
};

static Guarded buffers[CHECK_BUFFERS];
static bool at_front;
static uint8_t *output;
static size_t output_bytes;

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static void map(Guarded *g, size_t bytes)
{
    size_t page = page_size(), inside = (bytes + 2 * CANARY_BYTES + page - 1) / page * page * 2;
    if (g->begin)
        munmap(g->begin - page, (size_t)(g->end - g->begin) + 2 * page);
    uint8_t *all = mmap(NULL, inside + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED || mprotect(all + page, inside, PROT_READ | PROT_WRITE)) {
        perror("checkkernels: guarded memory");
        exit(2);
    }
    g->begin = all + page;
    g->end = g->begin + inside;
}

static uint8_t *place(CheckBuffer buffer, size_t bytes, size_t align)
{
    Guarded *g = &buffers[buffer];
    if (!g->begin || (size_t)(g->end - g->begin) < bytes + align)
        map(g, bytes + align);
    if (at_front)
        return g->begin;
    return g->end - (bytes + align - 1) / align * align;
}

void check_place_front(bool front)
{
    at_front = front;
}

void *check_place(CheckBuffer buffer, size_t bytes, size_t slack, size_t align)
{
    slack = slack / align * align;
    uint8_t *data = place(buffer, bytes + slack, align);
    for (size_t i = 0; i < bytes + slack; i++)
        data[i] = (uint8_t)check_random();
    return data;
}

void *check_place_packed(CheckBuffer buffer, size_t bytes)
{
    uint8_t *data = place(buffer, bytes, 64);
    memset(data, 0, bytes);
    return data;
}

void check_canary(void *bytes, size_t n)
{
    memset(bytes, CANARY, n);
}

/* The bytes before and behind the output that lie inside its memory. */
static void output_surroundings(size_t *before, size_t *behind)
{
    const Guarded *g = &buffers[CHECK_OUT];
    size_t front = (size_t)(output - g->begin), back = (size_t)(g->end - output) - output_bytes;
    *before = front < CANARY_BYTES ? front : CANARY_BYTES;
    *behind = back < CANARY_BYTES ? back : CANARY_BYTES;
}

void *check_place_output(size_t bytes, size_t align)
{
    size_t before, behind;
    output = place(CHECK_OUT, bytes, align);
    output_bytes = bytes;
    output_surroundings(&before, &behind);
    check_canary(output - before, before + bytes + behind);
    return output;
}

void check_around_output(void)
{
    size_t before, behind;
    output_surroundings(&before, &behind);
    for (size_t i = 1; i <= before; i++)
        if (output[-(ptrdiff_t)i] != CANARY) {
            check_fail("writes %zu bytes before the output", i);
            return;
        }
    for (size_t i = 0; i < behind; i++)
        if (output[output_bytes + i] != CANARY) {
            check_fail("writes %zu bytes behind the output", i + 1);
            return;
        }
}

const char *check_guard_name(const void *address, bool *behind)
{
    const uint8_t *at = address;
    size_t page = page_size();
    for (int i = 0; i < CHECK_BUFFERS; i++) {
        const Guarded *g = &buffers[i];
        *behind = g->begin && at >= g->end && at < g->end + page;
        if (*behind || (g->begin && at < g->begin && at >= g->begin - page))
            return names[i];
    }
    return NULL;
}

CheckData check_data(void)
{
    return check_one_in(3) ? (CheckData)check_between(0, CHECK_DATA_STYLES - 1) : CHECK_DATA_RANDOM;
}

void check_fill_s8(int8_t *out, size_t n, CheckData style)
{
    for (size_t i = 0; i < n; i++)
        switch (style) {
        case CHECK_DATA_MIN:
            out[i] = -128;
            break;
        case CHECK_DATA_MAX:
            out[i] = 127;
            break;
        case CHECK_DATA_EXTREMES:
            out[i] = check_one_in(2) ? -128 : 127;
            break;
        case CHECK_DATA_ZERO:
            out[i] = 0;
            break;
        default:
            out[i] = (int8_t)check_random();
        }
}

void check_fill_f32(float *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = check_float(-2, 2);
}

void check_fill_f16(MnetHalf *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = mnet_half_from_float(check_float(-2, 2));
}

void check_same_s8(const int8_t *out, const int8_t *expected, size_t n, size_t row)
{
    for (size_t i = 0; i < n; i++)
        if (out[i] != expected[i]) {
            check_fail("element %zu of row %zu is %d, %d expected", i % row, i / row, out[i],
                       expected[i]);
            return;
        }
}
