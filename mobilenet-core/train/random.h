/* SPDX-License-Identifier: MIT
 *
 * Random numbers of training: a seed gives the same ones on every machine. */
#ifndef MNET_TRAIN_RANDOM_H
#define MNET_TRAIN_RANDOM_H

#include <stdint.h>

/* SplitMix64: any seed will do, and the state can be kept in a checkpoint. */
typedef struct {
    uint64_t state;
} MnetRandom;

static inline uint64_t mnet_random_u64(MnetRandom *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* In [0, 1), a multiple of 2^-53. */
static inline double mnet_random_real(MnetRandom *random)
{
    return (double)(mnet_random_u64(random) >> 11) * 0x1p-53;
}

/* In [0, n); n from 1 on. */
static inline uint32_t mnet_random_below(MnetRandom *random, uint32_t n)
{
    return (uint32_t)((mnet_random_u64(random) >> 32) * n >> 32);
}

#endif
