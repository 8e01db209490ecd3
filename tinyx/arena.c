/* SPDX-License-Identifier: BSD-3-Clause */
#include "arena.h"

#include <chaos.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ahead of each piece. */
union piece {
    union piece *next;
    max_align_t align;
};

static union piece *pieces;

void *take(size_t size)
{
    union piece *piece = calloc(1, sizeof(*piece) + size);

    if (!piece) {
        fputs("tinyx: this process is out of memory\n", stderr);
        exit(CHAOS_E_NO_MEMORY);
    }
    piece->next = pieces;
    pieces = piece;
    return piece + 1;
}

char *copy_bytes(const void *bytes, size_t len)
{
    return memcpy(take(len + 1), bytes, len);
}

char *copy(const char *text)
{
    return copy_bytes(text, strlen(text));
}

char *format(const char *fmt, ...)
{
    va_list ap, again;
    char *text;
    int len;

    va_start(ap, fmt);
    va_copy(again, ap);
    len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    text = take((size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    return text;
}

void arena_release(void)
{
    while (pieces) {
        union piece *piece = pieces;

        pieces = piece->next;
        free(piece);
    }
}

void *list_grow(void *items, size_t count, size_t *room, size_t size)
{
    void *more;

    if (count < *room)
        return items;
    *room = *room ? 2 * *room : 8;
    more = take(*room * size);
    return count ? memcpy(more, items, count * size) : more;
}
