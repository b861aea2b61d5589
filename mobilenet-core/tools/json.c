/* SPDX-License-Identifier: MIT
 *
 * Writes one JSON value to a file, element by element: indented, one member a
 * line. */
#include "json.h"

#include <inttypes.h>
#include <math.h>

static void write_string(FILE *file, const char *text)
{
    fputc('"', file);
    while (*text) {
        const char *from = text;
        int32_t code = tool_next_char(&text);
        if (code < 0)
            fputs("\\ufffd", file);
        else if (code == '"' || code == '\\')
            fprintf(file, "\\%c", (char)code);
        else if (code < 0x20 || (code >= 0x7f && code < 0xa0))
            fprintf(file, "\\u%04x", (unsigned)code);
        else
            fwrite(from, 1, (size_t)(text - from), file);
    }
    fputc('"', file);
}

static void new_line(Json *json)
{
    fprintf(json->file, "\n%*s", 2 * json->depth, "");
}

static void begin_value(Json *json, const char *key)
{
    if (json->more[json->depth])
        fputc(',', json->file);
    json->more[json->depth] = true;
    if (json->depth)
        new_line(json);
    if (key) {
        write_string(json->file, key);
        fputs(": ", json->file);
    }
}

static void open_bracket(Json *json, const char *key, char bracket)
{
    begin_value(json, key);
    fputc(bracket, json->file);
    json->more[++json->depth] = false;
}

static void close_bracket(Json *json, char bracket)
{
    bool more = json->more[json->depth--];
    if (more)
        new_line(json);
    fputc(bracket, json->file);
    if (json->depth == 0)
        fputc('\n', json->file);
}

void json_open_object(Json *json, const char *key)
{
    open_bracket(json, key, '{');
}

void json_close_object(Json *json)
{
    close_bracket(json, '}');
}

void json_open_array(Json *json, const char *key)
{
    open_bracket(json, key, '[');
}

void json_close_array(Json *json)
{
    close_bracket(json, ']');
}

void json_string(Json *json, const char *key, const char *text)
{
    begin_value(json, key);
    write_string(json->file, text);
}

void json_integer(Json *json, const char *key, int64_t value)
{
    begin_value(json, key);
    fprintf(json->file, "%" PRId64, value);
}

void json_unsigned(Json *json, const char *key, uint64_t value)
{
    begin_value(json, key);
    fprintf(json->file, "%" PRIu64, value);
}

void json_bool(Json *json, const char *key, bool value)
{
    begin_value(json, key);
    fputs(value ? "true" : "false", json->file);
}

void json_null(Json *json, const char *key)
{
    begin_value(json, key);
    fputs("null", json->file);
}

void json_real(Json *json, const char *key, double value)
{
    if (!isfinite(value)) {
        json_null(json, key);
        return;
    }
    begin_value(json, key);
    fprintf(json->file, "%.9g", value);
}

void json_shape(Json *json, const MnetTensorInfo *info)
{
    begin_value(json, "shape");
    fputc('[', json->file);
    for (int i = 0; i < info->rank; i++)
        fprintf(json->file, "%s%d", i ? ", " : "", info->dims[i]);
    fputc(']', json->file);
}

void json_tensor(Json *json, const char *key, const MnetTensorInfo *info)
{
    json_open_object(json, key);
    json_string(json, "name", info->name);
    json_string(json, "type", mnet_type_name(info->type));
    json_shape(json, info);
    json_unsigned(json, "bytes", info->bytes);
    json_real(json, "scale", info->scale);
    json_integer(json, "zero_point", info->zero_point);
    json_close_object(json);
}
