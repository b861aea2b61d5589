/* SPDX-License-Identifier: MIT
 *
 * Text of the `mnet` program: strings from files made safe for a terminal,
 * shapes, and numbers with units. */
#include "tool.h"

#include <stdarg.h>

int32_t tool_next_char(const char **text)
{
    static const struct {
        uint8_t mask, lead;
        int more;     /* bytes after the first */
        int32_t from; /* smaller code points have a shorter form */
    } forms[] = { { 0x80, 0x00, 0, 0 },
                  { 0xe0, 0xc0, 1, 0x80 },
                  { 0xf0, 0xe0, 2, 0x800 },
                  { 0xf8, 0xf0, 3, 0x10000 } };
    uint8_t first = (uint8_t) * (*text)++;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if ((first & forms[i].mask) != forms[i].lead)
            continue;
        int32_t code = first & (uint8_t)~forms[i].mask;
        for (int k = 0; k < forms[i].more; k++) {
            uint8_t byte = (uint8_t)(*text)[k]; /* the final NUL ends the loop */
            if ((byte & 0xc0) != 0x80)
                return -1;
            code = code << 6 | (byte & 0x3f);
        }
        if (code < forms[i].from || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
            return -1;
        *text += forms[i].more;
        return code;
    }
    return -1;
}

/* C0, DEL, C1, line separators and the marks that turn the writing direction. */
static bool steers_terminal(int32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200e && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void tool_print_text(FILE *file, const char *text)
{
    while (*text) {
        const char *from = text;
        if (steers_terminal(tool_next_char(&text)))
            fputc('?', file);
        else
            fwrite(from, 1, (size_t)(text - from), file);
    }
}

int tool_error(const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    fputs("mnet: ", stderr);
    tool_print_text(stderr, line);
    fputc('\n', stderr);
    return TOOL_ERROR;
}

ToolText tool_shape(const MnetTensorInfo *info)
{
    ToolText shape = { "scalar" };
    size_t used = 0;
    for (int i = 0; i < info->rank && used < sizeof shape.text; i++)
        used += (size_t)snprintf(shape.text + used, sizeof shape.text - used, "%s%d", i ? "x" : "",
                                 info->dims[i]);
    return shape;
}

/* `value` with four digits and the unit that keeps it below `step`. */
static ToolText with_unit(double value, double step, const char *const *units)
{
    ToolText text;
    int unit = 0;
    for (; value >= step && units[unit + 1]; unit++)
        value /= step;
    if (unit == 0)
        snprintf(text.text, sizeof text.text, "%.0f%s", value, units[0]);
    else
        snprintf(text.text, sizeof text.text, "%.*f%s", value >= 100 ? 1 : 2, value, units[unit]);
    return text;
}

ToolText tool_count(uint64_t count)
{
    static const char *const units[] = { "", " k", " M", " G", " T", NULL };
    return with_unit((double)count, 1000, units);
}

ToolText tool_bytes(uint64_t bytes)
{
    static const char *const units[] = { " bytes", " KiB", " MiB", " GiB", NULL };
    return with_unit((double)bytes, 1024, units);
}

ToolText tool_block(const MnetOperatorInfo *op)
{
    ToolText text = { "" };
    if (op->block)
        snprintf(text.text, sizeof text.text, "%zu", op->block);
    return text;
}
