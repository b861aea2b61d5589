/* SPDX-License-Identifier: MIT
 *
 * Reads binary PPM pictures (P6, one byte a channel). */
#include "ppm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Most bytes of comments and blanks between two numbers of the header. */
#define MAX_BLANKS 65536

static bool is_blank(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next byte that is neither blank nor in a comment ("#" to the end of the
 * line); EOF when there is none. */
static int skip_blanks(FILE *file)
{
    bool comment = false;
    for (int i = 0; i < MAX_BLANKS; i++) {
        int c = fgetc(file);
        if (c == EOF)
            return EOF;
        if (comment)
            comment = c != '\n' && c != '\r';
        else if (c == '#')
            comment = true;
        else if (!is_blank(c))
            return c;
    }
    return EOF;
}

/* A number of the header and the one byte behind it, which must be blank; -1
 * when there is none, 99999 when it is larger. */
static int32_t read_number(FILE *file)
{
    int32_t number = 0;
    int c = skip_blanks(file);
    if (c < '0' || c > '9')
        return -1;
    for (; c >= '0' && c <= '9'; c = fgetc(file))
        number = number > 9999 ? 99999 : number * 10 + (c - '0');
    return is_blank(c) ? number : -1;
}

static bool read_header(const char *path, FILE *file, Ppm *ppm)
{
    if (fgetc(file) != 'P' || fgetc(file) != '6') {
        tool_error(ferror(file) ? "%s: cannot be read"
                                : "%s: no binary PPM picture (P6); djpeg -pnm, pngtopnm or "
                                  "ffmpeg -pix_fmt rgb24 make one",
                   path);
        return false;
    }
    ppm->width = read_number(file);
    ppm->height = read_number(file);
    int32_t largest = read_number(file);
    if (ppm->width < 0 || ppm->height < 0 || largest < 0) {
        tool_error("%s: the PPM header has no three numbers (width, height, 255)", path);
        return false;
    }
    if (ppm->width < 1 || ppm->width > PPM_MAX_SIZE || ppm->height < 1 ||
        ppm->height > PPM_MAX_SIZE) {
        tool_error("%s: the PPM header says %dx%d pixels, but 1x1 to %dx%d are possible", path,
                   ppm->width, ppm->height, PPM_MAX_SIZE, PPM_MAX_SIZE);
        return false;
    }
    if (largest != 255) {
        tool_error("%s: the PPM header says values up to %d, but 255 is needed (8 bits a channel)",
                   path, largest);
        return false;
    }
    return true;
}

static bool read_pixels(const char *path, FILE *file, Ppm *ppm)
{
    size_t bytes = (size_t)ppm->width * (size_t)ppm->height * 3;
    ppm->rgb = malloc(bytes);
    if (!ppm->rgb) {
        tool_error("%s: no memory for %dx%d pixels", path, ppm->width, ppm->height);
        return false;
    }
    size_t found = fread(ppm->rgb, 1, bytes, file);
    if (found == bytes)
        return true;
    tool_error("%s: %zu bytes of pixels, but %dx%d pixels take %zu: the file is cut short", path,
               found, ppm->width, ppm->height, bytes);
    ppm_free(ppm);
    return false;
}

bool ppm_read(const char *path, Ppm *ppm)
{
    FILE *file = fopen(path, "rb");
    *ppm = (Ppm){ 0 };
    if (!file) {
        tool_error("%s: %s", path, strerror(errno));
        return false;
    }
    bool good = read_header(path, file, ppm) && read_pixels(path, file, ppm);
    fclose(file);
    return good;
}

void ppm_free(Ppm *ppm)
{
    free(ppm->rgb);
    ppm->rgb = NULL;
}
