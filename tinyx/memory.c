/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory.h"

#include "chaos.h"

#include <obstack.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct obstack all;
static void *first; /* NULL: nothing was taken yet */

static void exhausted(void)
{
    fputs("tinyx: this process is out of memory\n", stderr);
    exit(CHAOS_E_NO_MEMORY);
}

#define obstack_chunk_alloc malloc
#define obstack_chunk_free  free

void *take(size_t size)
{
    if (!first) {
        obstack_alloc_failed_handler = exhausted;
        obstack_init(&all);
        first = obstack_alloc(&all, 1);
    }
    return memset(obstack_alloc(&all, size), 0, size);
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

void memory_release(void)
{
    if (first)
        obstack_free(&all, NULL);
    first = NULL;
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
