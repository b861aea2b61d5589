/* SPDX-License-Identifier: MIT
 *
 * Reads a JSON file into a tree: values lie in one array, strings stay where
 * they are in the text and lose their escapes there. */
#include "json_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

#define MAX_BYTES ((size_t)16 << 20)
#define MAX_DEPTH 16

typedef struct {
    JsonTree *tree;
    char *at;
    const char *wanted; /* what was missing at `at`; NULL: memory */
} Reader;

static bool missing(Reader *r, const char *wanted)
{
    r->wanted = wanted;
    return false;
}

static void skip_blanks(Reader *r)
{
    r->at += strspn(r->at, " \t\r\n");
}

/* A new value's number; 0 when memory is short. */
static size_t add_value(Reader *r, JsonType type)
{
    JsonTree *tree = r->tree;
    if (tree->n == tree->room) {
        size_t room = tree->room ? 2 * tree->room : 256;
        JsonValue *values = realloc(tree->values, room * sizeof *values);
        if (!values)
            return 0;
        tree->values = values;
        tree->room = room;
        tree->n += tree->n == 0; /* number 0 is none */
    }
    tree->values[tree->n] = (JsonValue){ .type = type };
    return tree->n++;
}

/* Four hexadecimal digits; -1: there are none. */
static int32_t read_hex(const char *text)
{
    int32_t code = 0;
    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef";
        char c = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] + 32) : text[i];
        const char *digit = c ? strchr(digits, c) : NULL;
        if (!digit)
            return -1;
        code = code * 16 + (int32_t)(digit - digits);
    }
    return code;
}

static char *write_utf8(char *to, int32_t code)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 63));
    } else {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 63));
        *to++ = (char)(0x80 | (code & 63));
    }
    return to;
}

/* What stands for "\x" with x at *from, which is moved behind it; -1: nothing.
 * Surrogates stay as they are: no name here needs them. */
static int32_t read_escape(char **from)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char c = *(*from)++;
    const char *letter = c ? strchr(letters, c) : NULL;
    if (letter)
        return meant[letter - letters];
    int32_t code = c == 'u' ? read_hex(*from) : -1;
    *from += code > 0 ? 4 : 0;
    return code > 0 ? code : -1;
}

/* At a quotation mark. */
static bool read_string(Reader *r, const char **string)
{
    char *from = r->at + 1, *to = from;
    *string = from;
    while (*from != '"') {
        int32_t code = (unsigned char)*from;
        if (code < 0x20)
            return missing(r, "the end of a string is");
        if (code != '\\') {
            *to++ = *from++;
            continue;
        }
        from++;
        if ((code = read_escape(&from)) < 0)
            return missing(r, "an escape that JSON knows is");
        to = write_utf8(to, code);
    }
    *to = '\0';
    r->at = from + 1;
    return true;
}

static bool read_value(Reader *r, int depth, size_t *number);

/* The rest of an array or object, behind the opening bracket. */
static bool read_members(Reader *r, int depth, size_t parent, char close)
{
    size_t last = 0, number;
    skip_blanks(r);
    for (; *r->at != close; skip_blanks(r)) {
        const char *key = NULL;
        if (last && *r->at++ != ',')
            return r->at--, missing(r, close == '}' ? "',' or '}' is" : "',' or ']' is");
        skip_blanks(r);
        if (close == '}') {
            if (*r->at != '"')
                return missing(r, "a name in quotation marks is");
            if (!read_string(r, &key))
                return false;
            skip_blanks(r);
            if (*r->at != ':')
                return missing(r, "':' is");
            r->at++;
        }
        if (!read_value(r, depth + 1, &number))
            return false;
        r->tree->values[number].key = key;
        *(last ? &r->tree->values[last].next : &r->tree->values[parent].first) = number;
        last = number;
    }
    r->at++;
    return true;
}

static bool read_word(Reader *r, JsonValue *value)
{
    static const struct {
        const char *word;
        JsonType type;
        double number;
    } words[] = { { "null", JSON_NULL, 0 }, { "true", JSON_BOOL, 1 }, { "false", JSON_BOOL, 0 } };
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(words[i].word);
        if (!strncmp(r->at, words[i].word, length)) {
            value->type = words[i].type;
            value->number = words[i].number;
            r->at += length;
            return true;
        }
    }
    char *end;
    bool digit = strchr("-0123456789", *r->at) && *r->at;
    value->number = digit ? strtod(r->at, &end) : 0;
    if (!digit || end == r->at)
        return missing(r, "a value is");
    r->at = end;
    return true;
}

static bool read_value(Reader *r, int depth, size_t *number)
{
    skip_blanks(r);
    char c = *r->at;
    JsonType type = c == '{'   ? JSON_OBJECT
                    : c == '[' ? JSON_ARRAY
                    : c == '"' ? JSON_STRING
                               : JSON_NUMBER;
    if (depth == MAX_DEPTH)
        return missing(r, "less depth is");
    if (!(*number = add_value(r, type)))
        return missing(r, NULL);
    if (type == JSON_OBJECT || type == JSON_ARRAY) {
        r->at++;
        return read_members(r, depth, *number, c == '{' ? '}' : ']');
    }
    JsonValue *value = &r->tree->values[*number];
    return type == JSON_STRING ? read_string(r, &value->string) : read_word(r, value);
}

/* The whole file and a 0 behind it. */
static bool load(const char *path, JsonTree *tree)
{
    FILE *file = fopen(path, "rb");
    tree->text = malloc(MAX_BYTES + 1);
    errno = file ? 0 : errno;
    size_t size = file && tree->text ? fread(tree->text, 1, MAX_BYTES + 1, file) : 0;
    bool good = file && tree->text && !ferror(file) && size <= MAX_BYTES;
    if (good)
        tree->text[size] = '\0';
    else if (file && tree->text && size > MAX_BYTES)
        tool_error("%s: larger than %zu bytes, that is nothing that mnet has written", path,
                   MAX_BYTES);
    else
        tool_error("%s: %s", path, tree->text || !file ? strerror(errno) : "no memory");
    if (file)
        fclose(file);
    return good;
}

bool json_read(const char *path, JsonTree *tree)
{
    *tree = (JsonTree){ 0 };
    if (!load(path, tree))
        return false;
    Reader r = { .tree = tree, .at = tree->text };
    size_t root;
    bool good = read_value(&r, 0, &root);
    if (good) {
        skip_blanks(&r);
        good = *r.at == '\0' || missing(&r, "the end of the file is");
    }
    if (good)
        return true;
    size_t line = 1;
    for (const char *c = tree->text; c < r.at; c++)
        line += *c == '\n';
    if (r.wanted)
        tool_error("%s: no JSON: %s expected in line %zu", path, r.wanted, line);
    else
        tool_error("%s: no memory", path);
    return false;
}

void json_free(JsonTree *tree)
{
    free(tree->text);
    free(tree->values);
    *tree = (JsonTree){ 0 };
}

const JsonValue *json_root(const JsonTree *tree)
{
    return &tree->values[1];
}

const JsonValue *json_first(const JsonTree *tree, const JsonValue *value)
{
    return value->first ? &tree->values[value->first] : NULL;
}

const JsonValue *json_next(const JsonTree *tree, const JsonValue *value)
{
    return value->next ? &tree->values[value->next] : NULL;
}

const JsonValue *json_member(const JsonTree *tree, const JsonValue *object, const char *key,
                             JsonType type)
{
    if (object->type != JSON_OBJECT)
        return NULL;
    for (const JsonValue *v = json_first(tree, object); v; v = json_next(tree, v))
        if (v->type == type && !strcmp(v->key, key))
            return v;
    return NULL;
}
