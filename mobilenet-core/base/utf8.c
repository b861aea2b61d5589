/* SPDX-License-Identifier: MIT
 *
 * Text that came from a file: whether it is UTF-8, and how to quote it. */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* The length of the character at `p`, 0 when it is none. */
static size_t character(const uint8_t *p, size_t size)
{
    if (p[0] < 0x80)
        return p[0] ? 1 : 0;
    size_t length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || length > size)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xed && p[1] > 0x9f;
    bool too_large = p[0] == 0xf4 && p[1] > 0x8f;
    return overlong || surrogate || too_large ? 0 : length;
}

size_t mnet_utf8_span(const char *text, size_t size)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t at = 0;
    while (at < size) {
        size_t length = character(p + at, size - at);
        if (!length)
            break;
        at += length;
    }
    return at;
}

void mnet_utf8_quote(char *out, size_t room, const char *text, size_t size)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t used = 0, at = 0;
    while (at < size) {
        size_t length = character(p + at, size - at);
        bool odd = !length || p[at] < 0x20 || p[at] == 0x7f;
        size_t step = odd ? 1 : length;
        if (used + step >= room)
            break;
        if (odd)
            out[used] = '?';
        else
            memcpy(out + used, p + at, length);
        used += step;
        at += step;
    }
    out[used] = 0;
}
