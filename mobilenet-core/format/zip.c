/* SPDX-License-Identifier: MIT
 *
 * Files in a zip archive at the end of other bytes (PKWARE APPNOTE 6.3). */
#include "format/zip.h"

#include <zlib.h>

#define END_SIGNATURE 0x06054b50u
#define CENTRAL_SIGNATURE 0x02014b50u
#define LOCAL_SIGNATURE 0x04034b50u
#define END_BYTES 22
#define CENTRAL_BYTES 46
#define LOCAL_BYTES 30
#define MAX_COMMENT 65535
/* What a field of 32 or 16 bits holds when the number is in a zip64 record. */
#define ZIP64_LONG 0xffffffffu
#define ZIP64_SHORT 0xffffu
#define FLAG_ENCRYPTED 1u
#define METHOD_STORED 0u
#define METHOD_DEFLATED 8u

/* Where the end record begins: the last place where one fits whose comment ends
 * with the bytes. */
static bool find_end(MnetBytes *bytes, size_t *at)
{
    if (bytes->size < END_BYTES)
        return false;
    size_t last = bytes->size - END_BYTES, first = last > MAX_COMMENT ? last - MAX_COMMENT : 0;
    for (size_t i = last + 1; i-- > first;)
        if (mnet_bytes_u32(bytes, i) == END_SIGNATURE &&
            mnet_bytes_u16(bytes, i + 20) == last - i) {
            *at = i;
            return true;
        }
    return false;
}

/* Offsets count from where the archive begins, which other bytes may precede:
 * `shift` is added to them. */
static bool read_entry(MnetBytes *bytes, size_t at, size_t shift, MnetZipEntry *entry, size_t *next)
{
    size_t name = mnet_bytes_u16(bytes, at + 28), extra = mnet_bytes_u16(bytes, at + 30);
    size_t comment = mnet_bytes_u16(bytes, at + 32);
    const uint8_t *text = mnet_bytes_at(bytes, at + CENTRAL_BYTES, name);
    if (mnet_bytes_u32(bytes, at) != CENTRAL_SIGNATURE || !text || bytes->bad)
        return false;
    *entry = (MnetZipEntry){ .name = (const char *)text,
                             .name_size = name,
                             .flags = mnet_bytes_u16(bytes, at + 8),
                             .method = mnet_bytes_u16(bytes, at + 10),
                             .crc = mnet_bytes_u32(bytes, at + 16),
                             .packed = mnet_bytes_u32(bytes, at + 20),
                             .size = mnet_bytes_u32(bytes, at + 24),
                             .header = shift + mnet_bytes_u32(bytes, at + 42) };
    *next = at + CENTRAL_BYTES + name + extra + comment;
    return true;
}

bool mnet_zip_open(MnetBytes *bytes, MnetZip *zip, const char **problem)
{
    size_t end, at;
    zip->n = 0;
    *problem = NULL;
    if (!find_end(bytes, &end))
        return false;
    size_t n = mnet_bytes_u16(bytes, end + 10), length = mnet_bytes_u32(bytes, end + 12);
    size_t offset = mnet_bytes_u32(bytes, end + 16);
    *problem = "it is a zip64 archive, which is not supported";
    if (n == ZIP64_SHORT || length == ZIP64_LONG || offset == ZIP64_LONG)
        return false;
    *problem = "its directory does not lie before its end";
    if (mnet_bytes_u16(bytes, end + 4) || mnet_bytes_u16(bytes, end + 8) != n || length > end ||
        offset > end - length)
        return false;
    /* The directory ends where the end record begins. */
    size_t shift = end - length - offset;
    zip->directory = at = end - length;
    *problem = "it has too many files";
    if (n > MNET_MAX_ZIP_ENTRIES)
        return false;
    *problem = "an entry of its directory is damaged";
    for (size_t i = 0; i < n; i++)
        if (at >= end || !read_entry(bytes, at, shift, &zip->entries[i], &at))
            return false;
    zip->n = n;
    *problem = NULL;
    return true;
}

static bool inflate_all(const uint8_t *from, size_t packed, uint8_t *to, size_t size)
{
    /* -MAX_WBITS: raw deflate, without zlib's header. */
    z_stream stream = { .next_in = (Bytef *)(uintptr_t)from,
                        .avail_in = (uInt)packed,
                        .next_out = to,
                        .avail_out = (uInt)size };
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
        return false;
    int result = inflate(&stream, Z_FINISH);
    bool whole = result == Z_STREAM_END && stream.total_out == size && !stream.avail_in;
    inflateEnd(&stream);
    return whole;
}

/* Where the packed bytes of an entry begin; false when its own header says
 * something else than the directory. */
static bool find_content(MnetBytes *bytes, const MnetZip *zip, const MnetZipEntry *entry,
                         size_t *at)
{
    size_t name = mnet_bytes_u16(bytes, entry->header + 26);
    size_t extra = mnet_bytes_u16(bytes, entry->header + 28);
    const uint8_t *text = mnet_bytes_at(bytes, entry->header + LOCAL_BYTES, name);
    *at = entry->header + LOCAL_BYTES + name + extra;
    return text && mnet_bytes_u32(bytes, entry->header) == LOCAL_SIGNATURE &&
           mnet_bytes_u16(bytes, entry->header + 8) == entry->method && name == entry->name_size &&
           !memcmp(text, entry->name, name) && *at <= zip->directory &&
           entry->packed <= zip->directory - *at;
}

/* Whether another entry begins inside this one, which ends at `end`. */
static bool overlaps(const MnetZip *zip, size_t index, size_t end)
{
    size_t header = zip->entries[index].header;
    for (size_t i = 0; i < zip->n; i++)
        if (i != index && zip->entries[i].header >= header && zip->entries[i].header < end)
            return true;
    return false;
}

static const char *check_entry(const MnetZipEntry *entry)
{
    if (entry->flags & FLAG_ENCRYPTED)
        return "it is encrypted";
    if (entry->method != METHOD_STORED && entry->method != METHOD_DEFLATED)
        return "its compression is neither stored nor deflated";
    if (entry->packed == ZIP64_LONG || entry->size == ZIP64_LONG)
        return "it is a zip64 entry, which is not supported";
    if (entry->method == METHOD_STORED && entry->packed != entry->size)
        return "its two sizes differ";
    return NULL;
}

/* `packed` bytes that lie in memory are no more than the file; `size` is bounded
 * by the caller. */
static MnetStatus unpack(const MnetZipEntry *entry, const uint8_t *from, MnetStore *store,
                         const uint8_t **content, const char **problem)
{
    *content = from;
    if (entry->method == METHOD_DEFLATED) {
        uint8_t *to = mnet_store_alloc(store, entry->size);
        *problem = "there is no memory for it";
        if (!to)
            return MNET_ERROR_MEMORY;
        *problem = "its compressed bytes are damaged";
        if (!inflate_all(from, entry->packed, to, entry->size))
            return MNET_ERROR_FORMAT;
        *content = to;
    }
    *problem = "its checksum is wrong";
    return crc32(0, *content, (uInt)entry->size) == entry->crc ? MNET_OK : MNET_ERROR_FORMAT;
}

MnetStatus mnet_zip_read(MnetBytes *bytes, const MnetZip *zip, size_t index, size_t limit,
                         MnetStore *store, const uint8_t **content, const char **problem)
{
    const MnetZipEntry *entry = &zip->entries[index];
    size_t at;
    *problem = check_entry(entry);
    if (*problem)
        return MNET_ERROR_FORMAT;
    *problem = "it is too large";
    if (entry->size > limit || entry->packed > limit)
        return MNET_ERROR_LIMIT;
    *problem = "it does not lie where its entry says";
    if (!find_content(bytes, zip, entry, &at))
        return MNET_ERROR_FORMAT;
    *problem = "it overlaps another one";
    if (overlaps(zip, index, at + entry->packed))
        return MNET_ERROR_FORMAT;
    MnetStatus status = unpack(entry, bytes->data + at, store, content, problem);
    if (!status)
        *problem = NULL;
    return status;
}
