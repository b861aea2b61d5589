/* SPDX-License-Identifier: MIT
 *
 * What the fuzz targets start from. */
#ifndef SEEDS_H
#define SEEDS_H

#include <stddef.h>
#include <stdint.h>

typedef void (*SeedFunc)(void *user, const char *name, const uint8_t *data, size_t size);

/* Calls `each` with the seeds of a target, e.g. "fuzz_model"; their bytes live
 * during the call. */
void seeds_of(const char *target, SeedFunc each, void *user);

/* Those of fuzz_element, fuzz_anchors and fuzz_detector. */
void element_seeds(SeedFunc each, void *user);
void anchor_seeds(SeedFunc each, void *user);
void detector_seeds(SeedFunc each, void *user);
/* Of fuzz_net, with SEEDS_OF_NETS alone: who reads them needs the training library. */
void net_seeds(SeedFunc each, void *user);

#endif
