/* SPDX-License-Identifier: MIT
 *
 * Writes one JSON value to a file, element by element. */
#ifndef MNET_TOOL_JSON_H
#define MNET_TOOL_JSON_H

#include "tool.h"

#define JSON_MAX_DEPTH 8

typedef struct {
    FILE *file;
    int depth;
    bool more[JSON_MAX_DEPTH]; /* something stands at this depth already */
} Json;

/* `key` is NULL for elements of arrays and for the outermost value. */
void json_open_object(Json *json, const char *key);
void json_close_object(Json *json);
void json_open_array(Json *json, const char *key);
void json_close_array(Json *json);

/* Control characters are escaped, what is no UTF-8 becomes U+FFFD. */
void json_string(Json *json, const char *key, const char *text);
void json_integer(Json *json, const char *key, int64_t value);
void json_unsigned(Json *json, const char *key, uint64_t value);
void json_bool(Json *json, const char *key, bool value);
void json_null(Json *json, const char *key);
/* What is not finite becomes null: JSON has no word for it. */
void json_real(Json *json, const char *key, double value);

/* Shape, type, size and quantisation of a tensor, as an object. */
void json_tensor(Json *json, const char *key, const MnetTensorInfo *info);
/* The "shape" array alone. */
void json_shape(Json *json, const MnetTensorInfo *info);

#endif
