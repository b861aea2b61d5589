/* SPDX-License-Identifier: MIT
 *
 * Lives of elements that analyse: what fuzz_element starts from, in its records of
 * 24 bytes, an operation and what it needs; zeros are what is usual. */
#include <stdio.h>
#include <string.h>

#include "seeds.h"

#define RECORD 24
#define MAX_RECORDS 36
#define N_FORMATS 21    /* that the element takes */
#define N_PROPERTIES 20 /* at least */

enum { CAPS, FRAME, FRAME_AGAIN, EVENT, STATE, PROPERTY, QUERY, PROPERTY_AT_START };
enum { SEGMENT, FLUSH_START, FLUSH_STOP, END, GAP, STREAM, LATE };

typedef struct {
    uint8_t bytes[MAX_RECORDS * RECORD];
    size_t n;
} Life;

/* A record of an operation and the `count` bytes at `from`. */
static void add(Life *life, uint8_t operation, size_t count, const uint8_t *from)
{
    uint8_t *record = life->bytes + life->n++ * RECORD;
    record[0] = operation;
    memcpy(record + 1, from, count);
}

#define ADD(life, operation, ...) \
    add(life, operation, sizeof(uint8_t[]){ __VA_ARGS__ }, (uint8_t[]){ __VA_ARGS__ })

static void tell(const Life *life, const char *name, int number, SeedFunc each, void *user)
{
    char text[32];
    snprintf(text, sizeof text, "%s-%d", name, number);
    each(user, text, life->bytes, life->n * RECORD);
}

/* Caps of a format, then frames whole, with metas of every kind, cropped, split
 * in two, short, long, and without bytes. */
static void format_seeds(SeedFunc each, void *user)
{
    for (uint8_t format = 0; format < N_FORMATS; format++) {
        Life life = { .n = 0 };
        ADD(&life, CAPS, 0, format, 1);
        ADD(&life, FRAME, 0, 0, 0, 0x55);
        ADD(&life, FRAME, 1, 6, 0xff, 0x80, 0, 0, 1, 1, 1, 1, 16, 16, 16, 16);
        ADD(&life, FRAME, 1, 6, 0xff, 0x80, 0, 0, 2, 2, 2, 2, 160, 160, 160, 160);
        ADD(&life, FRAME, 1, 6, 0xff, 0x80, 0, 0, 20, 20, 20, 20, 30, 30, 30, 30, 7);
        ADD(&life, FRAME, 3, 0, 0, 0x20, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 5, 7, 16, 9);
        ADD(&life, FRAME, 2, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 8, 8);
        ADD(&life, FRAME, 0, 4, 200, 0x11);
        ADD(&life, FRAME, 0, 6, 1, 1);
        ADD(&life, FRAME, 0, 0, 0, 0, 0xff);
        tell(&life, "format", format, each, user);
    }
}

static void size_seeds(SeedFunc each, void *user)
{
    for (uint8_t size = 0; size < 21; size++) {
        Life life = { .n = 0 };
        ADD(&life, CAPS, 0, (uint8_t)(size % N_FORMATS), size, 0, (uint8_t)(size / 2));
        ADD(&life, FRAME, 0);
        ADD(&life, CAPS, 0, 1, (uint8_t)(20 - size), 0, size, 0, size, (uint8_t)(size % 12),
            (uint8_t)(size % 6), (uint8_t)(size % 8), size);
        ADD(&life, FRAME, 0, 0, 0, size);
        ADD(&life, CAPS, (uint8_t)(1u << size % 8), 1, 1);
        ADD(&life, FRAME, 0);
        tell(&life, "size", size, each, user);
    }
}

/* The property with a known value and any, before and after caps. */
static void property_seeds(SeedFunc each, void *user)
{
    for (uint8_t property = 0; property < N_PROPERTIES; property++)
        for (uint8_t value = 1; value < 6; value++) {
            Life life = { .n = 0 };
            ADD(&life, PROPERTY_AT_START, property, 0, value);
            ADD(&life, CAPS, 0, value, 1);
            ADD(&life, FRAME, 0, 0, 0, 0x33);
            ADD(&life, PROPERTY, property, 0, (uint8_t)(value + 1));
            ADD(&life, FRAME, 0, 0, 0, 0x44);
            ADD(&life, PROPERTY_AT_START, property, 3, value, '1', '6', 'x', '9', 0);
            ADD(&life, CAPS, 0, value, 1);
            ADD(&life, FRAME, 0, 0, 0, 0x44);
            tell(&life, "property", property * 10 + value, each, user);
        }
}

static void stream_seed(SeedFunc each, void *user)
{
    Life life = { .n = 0 };
    ADD(&life, STATE, 0, 1); /* live from here on */
    ADD(&life, CAPS, 0, 1, 1);
    ADD(&life, FRAME, 0);
    ADD(&life, EVENT, LATE, 10, 30, 4, 20, 0, 20);
    ADD(&life, FRAME, 24, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 30, 3, 4);
    ADD(&life, EVENT, GAP, 3, 3, 3);
    ADD(&life, QUERY, 64, 0, 1, 1);
    ADD(&life, QUERY, 1, 0, 1, 1);
    ADD(&life, QUERY, 2, 0, 1, 1);
    ADD(&life, QUERY, 131, 0, 1, 1);
    ADD(&life, EVENT, FLUSH_START);
    ADD(&life, FRAME, 0);
    ADD(&life, EVENT, FLUSH_STOP, 1);
    ADD(&life, EVENT, SEGMENT, 0, 2, 2, 3, 40, 5, 40, 7, 3, 9, 40, 200, 49);
    ADD(&life, FRAME, 32);
    ADD(&life, EVENT, STREAM);
    ADD(&life, EVENT, SEGMENT, 1, 1);
    ADD(&life, FRAME, 4 + 64);
    ADD(&life, EVENT, END);
    ADD(&life, STATE, 2);
    ADD(&life, FRAME, 0);
    ADD(&life, STATE, 1);
    ADD(&life, CAPS, 0, 16, 1);
    ADD(&life, FRAME_AGAIN, 0);
    tell(&life, "stream", 0, each, user);
}

/* What once was wrong: metas of another number of planes than the caps, a segment
 * that is played backwards from nowhere. */
static void found_seeds(SeedFunc each, void *user)
{
    Life planes = { .n = 0 }, backwards = { .n = 0 };
    for (uint8_t format = 0; format < 6; format++) {
        ADD(&planes, CAPS, 0, format, 1);
        for (uint8_t n = 0; n < 5; n++)
            ADD(&planes, FRAME, 1, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, n);
    }
    tell(&planes, "found", 0, each, user);
    ADD(&backwards, CAPS, 0, 1, 1);
    ADD(&backwards, EVENT, SEGMENT, 0, 1);
    ADD(&backwards, FRAME, 0);
    tell(&backwards, "found", 1, each, user);
}

/* Of the elements that bits 3 and up of the first operation choose: a picture with odd
 * frames between, a seek, another model, and each property. */
static void other_element_seeds(SeedFunc each, void *user)
{
    for (uint8_t kind = 1; kind < 3; kind++) {
        for (uint8_t model = 0; model < 6; model++) {
            Life life = { .n = 0 };
            ADD(&life, CAPS + 8 * kind, 0, model, 1);
            ADD(&life, FRAME, 0, 0, 0, 0x55);
            ADD(&life, FRAME_AGAIN, 3, 0, 0, 0x20, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 5, 7,
                16, 9);
            ADD(&life, EVENT, FLUSH_START);
            ADD(&life, EVENT, FLUSH_STOP, 1);
            ADD(&life, EVENT, SEGMENT);
            ADD(&life, FRAME, 0, 0, 0, 0xe0);
            for (uint8_t property = 0; property < N_PROPERTIES; property++)
                ADD(&life, PROPERTY, (uint8_t)(property * 2 + model % 2), 0, model);
            ADD(&life, CAPS, 0, 1, 3, 0, 3);
            ADD(&life, FRAME, 0, 0, 0, 0x80);
            tell(&life, kind == 1 ? "seg" : "ssd", model, each, user);
        }
    }
}

void element_seeds(SeedFunc each, void *user)
{
    other_element_seeds(each, user);
    format_seeds(each, user);
    size_seeds(each, user);
    property_seeds(each, user);
    stream_seed(each, user);
    found_seeds(each, user);
}
