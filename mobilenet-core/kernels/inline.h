/* SPDX-License-Identifier: MIT
 *
 * Functions whose shapes (rows, panels, steps) are arguments that are constants
 * where they are inlined: the one source of all sizes of a tile. */
#ifndef MNET_KERNELS_INLINE_H
#define MNET_KERNELS_INLINE_H

#if defined(__SANITIZE_ADDRESS__)
#define MNET_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MNET_SANITIZED 1
#endif
#endif

/* Loops of constant length name the number of their turns to be unrolled whole.
 * With a sanitizer's check at each load a compiler would take minutes for what
 * they become: then they stay loops, and functions may stay calls. */
#ifdef MNET_SANITIZED
#define MNET_INLINE static inline
enum {
    MNET_UNROLL_2 = 1,
    MNET_UNROLL_3 = 1,
    MNET_UNROLL_4 = 1,
    MNET_UNROLL_6 = 1,
    MNET_UNROLL_12 = 1,
    MNET_UNROLL_16 = 1
};
#else
#define MNET_INLINE static inline __attribute__((always_inline))
enum {
    MNET_UNROLL_2 = 2,
    MNET_UNROLL_3 = 3,
    MNET_UNROLL_4 = 4,
    MNET_UNROLL_6 = 6,
    MNET_UNROLL_12 = 12,
    MNET_UNROLL_16 = 16
};
#endif

#endif
