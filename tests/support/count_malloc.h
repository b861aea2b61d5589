/* SPDX-License-Identifier: MIT
 *
 * How often a process allocates.  A program that links count_malloc.c has a
 * malloc() of its own: not for sanitizers and valgrind. */
#ifndef COUNT_MALLOC_H
#define COUNT_MALLOC_H

/* Calls of malloc(), calloc(), realloc() and of those that align, by all threads
 * and libraries so far. */
long count_malloc(void);

#endif
