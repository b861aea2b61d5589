/* SPDX-License-Identifier: MIT
 *
 * Files in a zip archive at the end of other bytes.  Stored and deflated
 * entries, no encryption, no zip64, no split archives.  Nothing is trusted: an
 * entry must agree with its own header, lie before the directory and overlap no
 * other one. */
#ifndef MNET_FORMAT_ZIP_H
#define MNET_FORMAT_ZIP_H

#include "base/bytes.h"
#include "base/memory.h"

/* Entries looked at. */
#define MNET_MAX_ZIP_ENTRIES 256

typedef struct {
    const char *name; /* name_size bytes in the archive, not ended by a NUL */
    size_t name_size;
    uint32_t flags, method, crc;
    size_t packed, size; /* bytes in the archive and of the file */
    size_t header;       /* of the entry's own header, in the bytes */
} MnetZipEntry;

typedef struct {
    MnetZipEntry entries[MNET_MAX_ZIP_ENTRIES];
    size_t n;
    size_t directory; /* where it begins, in the bytes */
} MnetZip;

/* Lists the archive whose end record is the last in `bytes`.  False without
 * one (problem is NULL) or with a damaged one (problem says what is wrong). */
bool mnet_zip_open(MnetBytes *bytes, MnetZip *zip, const char **problem);

/* The bytes of entry `index`, checked by its CRC: in place when stored, else
 * unpacked to the store.  MNET_ERROR_FORMAT and *problem when it is damaged,
 * MNET_ERROR_LIMIT and *problem with more than `limit` bytes, MNET_ERROR_MEMORY
 * when memory is short. */
MnetStatus mnet_zip_read(MnetBytes *bytes, const MnetZip *zip, size_t index, size_t limit,
                         MnetStore *store, const uint8_t **content, const char **problem);

#endif
