/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory that is given back all at once, at the latest when the program ends, which is soon.
 * When there is no memory left, the program ends at once with CHAOS_E_NO_MEMORY.
 */
#ifndef TINYX_ARENA_H
#define TINYX_ARENA_H

#include <stddef.h>

void *take(size_t size); /* zeroed */
char *copy(const char *text);
char *copy_bytes(const void *bytes, size_t len); /* with a NUL behind them */
char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void arena_release(void); /* all of it */

/* A list: struct { TYPE *items; size_t count, room; }. */
void *list_grow(void *items, size_t count, size_t *room, size_t size);
#define list_add(list, ...)                                                                        \
    ((list)->items =                                                                               \
         list_grow((list)->items, (list)->count, &(list)->room, sizeof(*(list)->items)),           \
     (list)->items[(list)->count++] = __VA_ARGS__)

#endif
