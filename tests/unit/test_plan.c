/* SPDX-License-Identifier: MIT
 *
 * Memory plans of random lifetimes: nothing that lives at the same time
 * overlaps, and what never does shares. */
#include "expect.h"
#include "graph/plan.h"

#define MAX_REGIONS 60

static uint32_t draw(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

static bool live_together(const MnetRegion *a, const MnetRegion *b)
{
    return a->first <= b->last && b->first <= a->last;
}

static void check_plan(const char *name, const MnetRegion *regions, size_t n, size_t arena)
{
    size_t end = 0, largest = 0;
    for (size_t i = 0; i < n; i++) {
        const MnetRegion *a = &regions[i];
        size_t behind = a->offset + a->bytes + MNET_PADDING;
        EXPECT(a->offset % MNET_ALIGN == 0, "%s: region %zu begins at %zu", name, i, a->offset);
        end = behind > end ? behind : end;
        largest += behind - a->offset + MNET_ALIGN;
        for (size_t j = 0; j < i; j++) {
            const MnetRegion *b = &regions[j];
            bool apart = behind <= b->offset || b->offset + b->bytes + MNET_PADDING <= a->offset;
            EXPECT(apart || !live_together(a, b), "%s: regions %zu and %zu overlap", name, i, j);
        }
    }
    EXPECT(arena >= end && arena < end + MNET_ALIGN, "%s: %zu bytes, %zu used", name, arena, end);
    EXPECT(arena <= largest, "%s: more than without sharing", name);
}

static void check_random(uint32_t seed)
{
    MnetRegion regions[MAX_REGIONS];
    MnetError error = { MNET_OK, "" };
    uint32_t state = seed;
    size_t n = 1 + draw(&state, MAX_REGIONS), arena;
    for (size_t i = 0; i < n; i++) {
        int32_t first = (int32_t)draw(&state, 40);
        regions[i] = (MnetRegion){ .bytes = draw(&state, 3) ? draw(&state, 5000) : 0,
                                   .first = first,
                                   .last = first + (int32_t)draw(&state, 6) };
    }
    EXPECT(!mnet_plan_regions(regions, n, &arena, &error), "seed %u: %s", seed, error.text);
    check_plan("random", regions, n, arena);
}

/* A chain, in which only neighbours live together, takes two places. */
static void check_chain(void)
{
    MnetRegion regions[10];
    size_t arena;
    for (int32_t i = 0; i < 10; i++)
        regions[i] = (MnetRegion){ .bytes = 1000, .first = i, .last = i + 1 };
    EXPECT(!mnet_plan_regions(regions, 10, &arena, NULL), "a chain");
    check_plan("chain", regions, 10, arena);
    EXPECT(arena == 2 * 1088, "a chain takes %zu bytes", arena);
}

static void check_limits(void)
{
    MnetRegion regions[2] = { { .bytes = SIZE_MAX - 10, .first = 0, .last = 1 },
                              { .bytes = SIZE_MAX / 4, .first = 0, .last = 1 } };
    MnetError error = { MNET_OK, "" };
    size_t arena = 1;
    EXPECT(!mnet_plan_regions(regions, 0, &arena, &error) && !arena, "no regions");
    EXPECT(mnet_plan_regions(regions, 1, &arena, &error), "a region of the whole address space");
    expect_error("a large region", &error, MNET_ERROR_LIMIT, "address space");
    MnetRegion many[8];
    for (int i = 0; i < 8; i++)
        many[i] = regions[1];
    EXPECT(mnet_plan_regions(many, 8, &arena, &error), "regions of two address spaces");
    expect_error("large regions", &error, MNET_ERROR_LIMIT, "address space");
}

int main(void)
{
    for (uint32_t seed = 1; seed <= 400; seed++)
        check_random(seed);
    check_chain();
    check_limits();
    return expect_report("plan");
}
