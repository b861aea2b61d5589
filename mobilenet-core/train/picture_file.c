/* SPDX-License-Identifier: MIT
 *
 * JPEG and PNG are left to their libraries, whose complaints become errors. */
#include "train/picture_file.h"

#include <mnet/image.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/memory.h"
#include "train/orientation.h"

#ifdef MNET_HAVE_JPEG
#include <jpeglib.h>
#endif
#ifdef MNET_HAVE_PNG
#include <png.h>
#endif

bool mnet_picture_is_name(const char *name)
{
    static const char *const endings[] = { ".jpg", ".jpeg", ".png", ".ppm" };
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (!strcasecmp(dot, endings[i]))
            return true;
    return false;
}

static MnetStatus allocate(MnetPicture *picture, uint64_t width, uint64_t height, MnetError *error)
{
    if (!width || !height || width > MNET_PICTURE_MAX_SIZE || height > MNET_PICTURE_MAX_SIZE ||
        width * height > MNET_PICTURE_MAX_PIXELS)
        return mnet_error_set(error, MNET_ERROR_LIMIT,
                              "a picture of %llux%llu; sides from 1 to %d and at most %d pixels "
                              "are possible: shrink it",
                              (unsigned long long)width, (unsigned long long)height,
                              MNET_PICTURE_MAX_SIZE, MNET_PICTURE_MAX_PIXELS);
    picture->width = (int32_t)width;
    picture->height = (int32_t)height;
    picture->rgb = mnet_alloc((size_t)(3 * width * height) + MNET_PADDING);
    return picture->rgb ? MNET_OK : mnet_error_memory(error, (size_t)(3 * width * height));
}

static void discard(MnetPicture *picture)
{
    mnet_free(picture->rgb);
    *picture = (MnetPicture){ 0 };
}

#ifdef MNET_HAVE_JPEG

typedef struct {
    struct jpeg_error_mgr manager;
    jmp_buf failed;
    char text[JMSG_LENGTH_MAX];
} JpegError;

static void jpeg_failed(j_common_ptr info)
{
    JpegError *jpeg_error = (JpegError *)(void *)info->err;
    info->err->format_message(info, jpeg_error->text);
    longjmp(jpeg_error->failed, 1);
}

/* Warnings are of damaged data: what they leave is no picture to learn from. */
static void jpeg_message(j_common_ptr info, int level)
{
    if (level < 0)
        jpeg_failed(info);
}

/* By the first APP1 segment that tells; others hold XMP. */
static int orientation(const struct jpeg_decompress_struct *info)
{
    int value = 0;
    for (jpeg_saved_marker_ptr marker = info->marker_list; marker && !value; marker = marker->next)
        value = mnet_exif_orientation(marker->data, marker->data_length);
    return value;
}

static MnetStatus read_jpeg(struct jpeg_decompress_struct *info, MnetPicture *picture,
                            MnetError *error)
{
    jpeg_save_markers(info, JPEG_APP0 + 1, 65535);
    jpeg_read_header(info, TRUE);
    int turned = orientation(info);
    MnetStatus status = allocate(picture, info->image_width, info->image_height, error);
    if (status != MNET_OK)
        return status;
    info->out_color_space = JCS_RGB;
    jpeg_start_decompress(info);
    while (info->output_scanline < info->output_height) {
        JSAMPROW row = picture->rgb + (size_t)info->output_scanline * 3 * info->output_width;
        jpeg_read_scanlines(info, &row, 1);
    }
    jpeg_finish_decompress(info);
    return turned < 2 ? MNET_OK : mnet_picture_turn(picture, turned, error);
}

static MnetStatus decode_jpeg(const uint8_t *data, size_t size, MnetPicture *picture,
                              MnetError *error)
{
    struct jpeg_decompress_struct info;
    JpegError jpeg_error;
    MnetStatus status;
    info.err = jpeg_std_error(&jpeg_error.manager);
    jpeg_error.manager.error_exit = jpeg_failed;
    jpeg_error.manager.emit_message = jpeg_message;
    if (setjmp(jpeg_error.failed)) {
        status = mnet_error_set(error, MNET_ERROR_FORMAT, "%s", jpeg_error.text);
    } else {
        jpeg_create_decompress(&info);
        jpeg_mem_src(&info, data, size);
        status = read_jpeg(&info, picture, error);
    }
    jpeg_destroy_decompress(&info);
    return status;
}

#else

static MnetStatus decode_jpeg(const uint8_t *data, size_t size, MnetPicture *picture,
                              MnetError *error)
{
    return mnet_error_set(error, MNET_ERROR_UNSUPPORTED,
                          "a JPEG picture; this build has no libjpeg");
}

#endif

#ifdef MNET_HAVE_PNG

static MnetStatus decode_png(const uint8_t *data, size_t size, MnetPicture *picture,
                             MnetError *error)
{
    png_image png = { .version = PNG_IMAGE_VERSION };
    MnetStatus status = MNET_OK;
    if (png_image_begin_read_from_memory(&png, data, size))
        status = allocate(picture, png.width, png.height, error);
    png.format = PNG_FORMAT_RGB;
    const png_color white = { 255, 255, 255 };
    if (status == MNET_OK && !PNG_IMAGE_FAILED(png))
        png_image_finish_read(&png, &white, picture->rgb, 0, NULL);
    if (status == MNET_OK && (png.warning_or_error & PNG_IMAGE_ERROR))
        status = mnet_error_set(error, MNET_ERROR_FORMAT, "%s", png.message);
    png_image_free(&png);
    return status;
}

#else

static MnetStatus decode_png(const uint8_t *data, size_t size, MnetPicture *picture,
                             MnetError *error)
{
    return mnet_error_set(error, MNET_ERROR_UNSUPPORTED, "a PNG picture; this build has no libpng");
}

#endif

/* A number of the header behind blanks and comments; UINT64_MAX: none. */
static uint64_t ppm_number(const uint8_t *data, size_t size, size_t *at)
{
    uint64_t number = 0;
    bool comment = false;
    for (; *at < size; ++*at) {
        uint8_t c = data[*at];
        if (c == '#')
            comment = true;
        else if (c == '\n')
            comment = false;
        else if (!comment && c != ' ' && c != '\t' && c != '\r')
            break;
    }
    size_t first = *at;
    for (; *at < size && data[*at] >= '0' && data[*at] <= '9' && number < 1000000; ++*at)
        number = number * 10 + (uint64_t)(data[*at] - '0');
    return *at > first ? number : UINT64_MAX;
}

static MnetStatus decode_ppm(const uint8_t *data, size_t size, MnetPicture *picture,
                             MnetError *error)
{
    size_t at = 2;
    uint64_t width = ppm_number(data, size, &at), height = ppm_number(data, size, &at);
    uint64_t most = ppm_number(data, size, &at);
    if (most != 255 || width == UINT64_MAX || height == UINT64_MAX)
        return mnet_error_set(error, MNET_ERROR_FORMAT, "no PPM picture of bytes (P6, 255)");
    MnetStatus status = allocate(picture, width, height, error);
    if (status != MNET_OK)
        return status;
    size_t bytes = (size_t)(3 * width * height);
    if (size - at < bytes + 1)
        return mnet_error_set(error, MNET_ERROR_FORMAT, "cut short: %zu bytes of pixels, not %zu",
                              size - at, bytes);
    memcpy(picture->rgb, data + at + 1, bytes);
    return MNET_OK;
}

MnetStatus mnet_picture_decode(const uint8_t *data, size_t size, MnetPicture *picture,
                               MnetError *error)
{
    *picture = (MnetPicture){ 0 };
    MnetStatus status;
    if (size > 2 && data[0] == 0xff && data[1] == 0xd8)
        status = decode_jpeg(data, size, picture, error);
    else if (size > 8 && !memcmp(data, "\x89PNG\r\n\x1a\n", 8))
        status = decode_png(data, size, picture, error);
    else if (size > 2 && data[0] == 'P' && data[1] == '6')
        status = decode_ppm(data, size, picture, error);
    else
        status = mnet_error_set(error, MNET_ERROR_FORMAT, "no JPEG, PNG or PPM (P6) picture");
    if (status != MNET_OK)
        discard(picture);
    return status;
}

MnetStatus mnet_picture_fit(const MnetPicture *picture, int32_t width, int32_t height, uint8_t *out,
                            MnetError *error)
{
    if (picture->width == width && picture->height == height) {
        memcpy(out, picture->rgb, (size_t)width * (size_t)height * 3);
        return MNET_OK;
    }
    MnetFrameInfo frame = { .format = MNET_PIXEL_RGB,
                            .width = picture->width,
                            .height = picture->height };
    MnetTensorInfo tensor = { .type = MNET_TYPE_UINT8,
                              .rank = 4,
                              .dims = { 1, height, width, 3 },
                              .bytes = (size_t)width * (size_t)height * 3 };
    MnetImageOptions options = { .fit = MNET_FIT_STRETCH, .raw = true };
    MnetPlanes planes = { .data = { picture->rgb }, .stride = { 3 * (ptrdiff_t)picture->width } };
    MnetImage *image = mnet_image_new(&frame, &tensor, &options, error);
    if (!image)
        return error ? error->status : MNET_ERROR_MEMORY;
    mnet_image_convert(image, &planes, out);
    mnet_image_free(image);
    return MNET_OK;
}
