/* SPDX-License-Identifier: MIT
 *
 * Time for measurements. */
#ifndef MNET_BASE_CLOCK_H
#define MNET_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t mnet_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#endif
