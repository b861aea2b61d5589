/* SPDX-License-Identifier: MIT
 *
 * Anchors from a file: lines of text, or raw numbers. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"
#include "decode/anchors.h"

/* Of text: MNET_MAX_ANCHORS lines of 4 long numbers. */
#define MAX_BYTES ((size_t)MNET_MAX_ANCHORS * 4 * 32)

#define MEND                                                                                    \
    "put a heading over 4 numbers a line: \"ymin xmin ymax xmax\" or \"ycenter xcenter height " \
    "width\""

typedef enum {
    LAYOUT_UNKNOWN,
    LAYOUT_CORNERS_YX,
    LAYOUT_CORNERS_XY,
    LAYOUT_CENTRE_YX,
    LAYOUT_CENTRE_XY
} Layout;

static MnetStatus to_anchor(const float *v, Layout layout, MnetCentreBox *anchor)
{
    bool x_first = layout == LAYOUT_CORNERS_XY || layout == LAYOUT_CENTRE_XY;
    float y0 = v[x_first], x0 = v[!x_first], y1 = v[2 + x_first], x1 = v[2 + !x_first];
    if (layout == LAYOUT_CORNERS_YX || layout == LAYOUT_CORNERS_XY)
        *anchor = (MnetCentreBox){ (y0 + y1) / 2, (x0 + x1) / 2, y1 - y0, x1 - x0 };
    else
        *anchor = (MnetCentreBox){ y0, x0, y1, x1 };
    bool good = fabsf(anchor->y) <= MNET_BOX_LIMIT && fabsf(anchor->x) <= MNET_BOX_LIMIT &&
                anchor->height > 0 && anchor->height <= MNET_BOX_LIMIT && anchor->width > 0 &&
                anchor->width <= MNET_BOX_LIMIT;
    return good ? MNET_OK : MNET_ERROR_FORMAT;
}

static MnetAnchors *make_anchors(const float *numbers, size_t n, Layout layout, const char *name,
                                 MnetError *error)
{
    MnetAnchors *anchors = mnet_anchors_alloc(n, name, error);
    for (size_t i = 0; anchors && i < n; i++) {
        const float *v = numbers + 4 * i;
        if (to_anchor(v, layout, &anchors->boxes[i])) {
            mnet_error_set(error, MNET_ERROR_FORMAT,
                           "%.200s: anchor %zu is %g %g %g %g: sizes above 0, all numbers finite "
                           "and in fractions of the picture are expected",
                           name, i, (double)v[0], (double)v[1], (double)v[2], (double)v[3]);
            mnet_anchors_free(anchors);
            return NULL;
        }
    }
    return anchors;
}

/* Corners have the larger ones behind, centres lie on the picture. */
static Layout prove_layout(const float *numbers, size_t n)
{
    bool corners = true, centres = true;
    for (size_t i = 0; i < n; i++) {
        const float *v = numbers + 4 * i;
        corners &= v[2] > v[0] && v[3] > v[1];
        centres &= v[0] >= 0 && v[0] <= 1 && v[1] >= 0 && v[1] <= 1 && v[2] > 0 && v[3] > 0;
    }
    return corners == centres ? LAYOUT_UNKNOWN : corners ? LAYOUT_CORNERS_YX : LAYOUT_CENTRE_YX;
}

MnetAnchors *mnet_anchors_from_numbers(const float *numbers, size_t n, const char *name,
                                       MnetError *error)
{
    Layout layout = prove_layout(numbers, n);
    if (layout == LAYOUT_UNKNOWN) {
        mnet_error_set(error, MNET_ERROR_FORMAT,
                       "%.200s: the anchors are not certain to be corners or centres and sizes; "
                       "in an anchors-file " MEND,
                       name);
        return NULL;
    }
    return make_anchors(numbers, n, layout, name, error);
}

static bool is_separator(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == ',' || c == ';';
}

static bool is_text(const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((data[i] < ' ' || data[i] > '~') && data[i] != '\t' && data[i] != '\r' &&
            data[i] != '\n')
            return false;
    return true;
}

typedef struct {
    const char *at, *end; /* of the text, or of a line of it */
} Text;

/* The next line with anything in it, without what stands before its first word. */
static bool next_line(Text *text, Text *line)
{
    while (text->at < text->end) {
        const char *newline = memchr(text->at, '\n', (size_t)(text->end - text->at));
        *line = (Text){ text->at, newline ? newline : text->end };
        text->at = newline ? newline + 1 : text->end;
        while (line->at < line->end && is_separator(*line->at))
            line->at++;
        if (line->at < line->end && *line->at != '#')
            return true;
    }
    return false;
}

/* A word of at most 47 characters, longer ones are cut; false at the end. */
static bool next_word(Text *line, char word[48])
{
    size_t n = 0;
    while (line->at < line->end && is_separator(*line->at))
        line->at++;
    for (; line->at < line->end && !is_separator(*line->at); line->at++)
        if (n < 47)
            word[n++] = *line->at;
    word[n] = 0;
    return n > 0;
}

/* What a heading says; LAYOUT_UNKNOWN: none that is known. */
static Layout read_heading(Text line)
{
    static const struct {
        Layout layout;
        const char *words[2][4];
    } headings[] = {
        { LAYOUT_CORNERS_YX,
          { { "ymin", "xmin", "ymax", "xmax" }, { "top", "left", "bottom", "right" } } },
        { LAYOUT_CORNERS_XY,
          { { "xmin", "ymin", "xmax", "ymax" }, { "left", "top", "right", "bottom" } } },
        { LAYOUT_CENTRE_YX,
          { { "ycenter", "xcenter", "height", "width" }, { "ycenter", "xcenter", "h", "w" } } },
        { LAYOUT_CENTRE_XY,
          { { "xcenter", "ycenter", "width", "height" }, { "xcenter", "ycenter", "w", "h" } } },
    };
    char words[5][48] = { "" };
    for (int i = 0; i < 5 && next_word(&line, words[i]);)
        i++;
    for (size_t h = 0; h < sizeof headings / sizeof *headings; h++)
        for (int form = 0; form < 2; form++) {
            bool same = !*words[4];
            for (int i = 0; i < 4; i++)
                same &= !strcasecmp(words[i], headings[h].words[form][i]);
            if (same)
                return headings[h].layout;
        }
    return LAYOUT_UNKNOWN;
}

static bool is_heading(const Text *line)
{
    char c = *line->at;
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '"';
}

/* What a first look at the lines of numbers tells. */
typedef struct {
    size_t lines, numbers;
    size_t least, most; /* numbers in a line */
} Census;

static Census count_numbers(Text text)
{
    Census census = { .least = SIZE_MAX };
    Text line;
    char word[48];
    while (next_line(&text, &line)) {
        size_t n = 0;
        while (next_word(&line, word))
            n++;
        census.lines++;
        census.numbers += n;
        census.least = n < census.least ? n : census.least;
        census.most = n > census.most ? n : census.most;
    }
    return census;
}

/* Numbers have a point whatever the locale of the process says. */
static MnetStatus read_numbers(Text text, float *numbers, const char *name, MnetError *error)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    Text line;
    char word[48], *end;
    if (!c)
        return mnet_error_memory(error, 1);
    MnetStatus status = MNET_OK;
    while (!status && next_line(&text, &line))
        while (!status && next_word(&line, word)) {
            *numbers++ = strtof_l(word, &end, c);
            if (*end)
                status = mnet_error_set(error, MNET_ERROR_FORMAT,
                                        "%.200s: \"%.40s\" is no number; numbers, and "
                                        "lines that start with #, are expected",
                                        name, word);
        }
    freelocale(c);
    return status;
}

/* 4 lines of n numbers become n of 4. */
static void transpose(const float *from, size_t n, float *to)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 4; k++)
            to[4 * i + k] = from[k * n + i];
}

static MnetStatus check_census(const Census *census, Layout layout, const char *name,
                               MnetError *error)
{
    bool square = census->lines == 4 && census->most == 4 && layout == LAYOUT_UNKNOWN;
    bool rows = census->lines == 4 && census->least == census->most && layout == LAYOUT_UNKNOWN;
    if (census->numbers > (size_t)4 * MNET_MAX_ANCHORS)
        return mnet_error_set(error, MNET_ERROR_LIMIT, "%.200s: more than %d anchors", name,
                              MNET_MAX_ANCHORS);
    if (!square && census->lines && (rows || (census->least == 4 && census->most == 4)))
        return MNET_OK;
    return mnet_error_set(error, MNET_ERROR_FORMAT,
                          "%.200s: %zu lines of %zu to %zu numbers are no anchors; " MEND, name,
                          census->lines, census->lines ? census->least : 0, census->most);
}

static MnetAnchors *parse_text(Text text, const char *name, MnetError *error)
{
    Text rest = text, line;
    Layout layout = LAYOUT_UNKNOWN;
    if (next_line(&rest, &line) && is_heading(&line)) {
        text = rest;
        layout = read_heading(line);
        if (layout == LAYOUT_UNKNOWN) {
            mnet_error_set(error, MNET_ERROR_FORMAT, "%.200s: the heading is not known; " MEND,
                           name);
            return NULL;
        }
    }
    Census census = count_numbers(text);
    if (check_census(&census, layout, name, error))
        return NULL;
    float *numbers = mnet_calloc(2 * census.numbers, sizeof *numbers);
    if (!numbers) {
        mnet_error_memory(error, 2 * census.numbers * sizeof *numbers);
        return NULL;
    }
    MnetAnchors *anchors = NULL;
    size_t n = census.numbers / 4;
    if (!read_numbers(text, numbers, name, error)) {
        if (census.lines == 4 && census.most != 4) {
            transpose(numbers, n, numbers + census.numbers);
            anchors = make_anchors(numbers + census.numbers, n, LAYOUT_CENTRE_YX, name, error);
        } else if (layout == LAYOUT_UNKNOWN) {
            anchors = mnet_anchors_from_numbers(numbers, n, name, error);
        } else {
            anchors = make_anchors(numbers, n, layout, name, error);
        }
    }
    mnet_free(numbers);
    return anchors;
}

static MnetAnchors *parse_raw(const uint8_t *data, size_t size, const char *name, MnetError *error)
{
    if (size % (4 * sizeof(float)) || size / (4 * sizeof(float)) > MNET_MAX_ANCHORS) {
        mnet_error_set(error, MNET_ERROR_FORMAT,
                       "%.200s: %zu bytes that are no text; 4 float32 for each of at most %d "
                       "anchors are expected",
                       name, size, MNET_MAX_ANCHORS);
        return NULL;
    }
    float *numbers = mnet_alloc(size);
    if (!numbers) {
        mnet_error_memory(error, size);
        return NULL;
    }
    MnetBytes bytes = { data, size, false };
    for (size_t i = 0; i < size / sizeof(float); i++)
        numbers[i] = mnet_bytes_f32(&bytes, i * sizeof(float));
    MnetAnchors *anchors =
        mnet_anchors_from_numbers(numbers, size / (4 * sizeof(float)), name, error);
    mnet_free(numbers);
    return anchors;
}

MnetAnchors *mnet_anchors_parse(const void *data, size_t size, const char *name, MnetError *error)
{
    const char *text = data;
    if (!size || size > MAX_BYTES) {
        mnet_error_set(error, size ? MNET_ERROR_LIMIT : MNET_ERROR_FORMAT,
                       "%.200s: %zu bytes of anchors, 1 to %zu are expected", name, size,
                       MAX_BYTES);
        return NULL;
    }
    return is_text(text, size) ? parse_text((Text){ text, text + size }, name, error)
                               : parse_raw(data, size, name, error);
}

MnetAnchors *mnet_anchors_load(const char *path, MnetError *error)
{
    MnetFile file;
    if (mnet_file_read(&file, path, error)) {
        mnet_error_prefix(error, "%.200s", path);
        return NULL;
    }
    MnetAnchors *anchors = mnet_anchors_parse(file.data, file.size, path, error);
    mnet_file_clear(&file);
    return anchors;
}
