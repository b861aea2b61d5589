/* SPDX-License-Identifier: MIT
 *
 * Reads FlexBuffers that nobody vouches for: the options of custom operators, a
 * map of numbers by name.  As in flatbuf.h, what lies outside or contradicts
 * itself reads as absent and sets `bad` of the bytes.  Nothing here follows an
 * offset by itself; finding a field costs at most MNET_FLEX_MAX_FIELDS short
 * comparisons.
 *
 * Layout: the last byte is the width of the root's slot, the one before it the
 * root's packed type, the slot lies before that.  A slot holds a number, or how
 * far before it a value lies; widths are 1, 2, 4 or 8 bytes.  A packed type is
 * type << 2 | log2 of the width of what the value is made of.  Before a map's
 * first slot lie the distance of its keys (from where that stands), their width
 * and the number of fields; behind the slots a packed type for each.  Keys are
 * slots of distances to strings that end with a NUL. */
#ifndef MNET_FORMAT_FLEXBUF_H
#define MNET_FORMAT_FLEXBUF_H

#include "base/bytes.h"

/* Maps of more fields are `bad`. */
#define MNET_FLEX_MAX_FIELDS 1024

typedef struct {
    MnetBytes *bytes;
    bool present;
    uint8_t type;   /* of the file, see flexbuf.c */
    size_t at;      /* the number's bytes, or a map's first slot */
    uint32_t width; /* of the number, or of a map's slots */
} MnetFlexValue;

MnetFlexValue mnet_flex_root(MnetBytes *bytes);

/* The field of this name; absent when `map` is no map or has none. */
MnetFlexValue mnet_flex_field(const MnetFlexValue *map, const char *name);

bool mnet_flex_is_map(const MnetFlexValue *value);

/* True and *number when the value is an integer, a float or a boolean. */
bool mnet_flex_number(const MnetFlexValue *value, double *number);

#endif
