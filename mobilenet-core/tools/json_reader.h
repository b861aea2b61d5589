/* SPDX-License-Identifier: MIT
 *
 * Reads a JSON file into a tree. */
#ifndef MNET_TOOL_JSON_READER_H
#define MNET_TOOL_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>

typedef enum { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT } JsonType;

/* Values of an array or object follow each other through `next`. */
typedef struct {
    JsonType type;
    const char *key;    /* in an object, else NULL */
    const char *string; /* of a string: UTF-8 */
    double number;      /* of a number; 0 or 1 of a bool */
    size_t first, next; /* 0: none */
} JsonValue;

typedef struct {
    char *text;
    JsonValue *values; /* values[1] is the outermost */
    size_t n, room;
} JsonTree;

/* False when the file cannot be read or is no JSON: that was printed.  To be
 * freed whatever is returned. */
bool json_read(const char *path, JsonTree *tree);
void json_free(JsonTree *tree);

/* The outermost value. */
const JsonValue *json_root(const JsonTree *tree);
/* What follows; NULL at the end. */
const JsonValue *json_first(const JsonTree *tree, const JsonValue *value);
const JsonValue *json_next(const JsonTree *tree, const JsonValue *value);
/* The member of that name and type; NULL when there is none. */
const JsonValue *json_member(const JsonTree *tree, const JsonValue *object, const char *key,
                             JsonType type);

#endif
