/* SPDX-License-Identifier: BSD-3-Clause */
/* The last of a VM's output, in memory. */
#include <stdlib.h>
#include <string.h>

#include "daemon/console/console.h"
#include "daemon/daemon.h"

#define ROOM_MIN 1024

/* Makes room for `len` more bytes, up to the configured buffer. Without memory, less is kept. */
static void grow(struct console *c, size_t len)
{
    size_t max = c->d->settings.console.buffer_kib * 1024, room = c->room ? c->room : ROOM_MIN;
    char *bytes;

    while (room < max && room < c->used + len)
        room *= 2;
    if (room > max)
        room = max;
    if (room <= c->room)
        return;
    bytes = malloc(room);
    if (!bytes)
        return;
    console_copy(c, c->end - c->used, bytes, c->used);
    free(c->bytes);
    c->bytes = bytes;
    c->room = room;
    c->start = 0;
}

void console_keep(struct console *c, const char *buf, size_t len)
{
    size_t at, part;

    c->end += len;
    if (c->used + len > c->room)
        grow(c, len);
    if (len > c->room) { /* keep the end of it only */
        buf += len - c->room;
        len = c->room;
    }
    if (len == 0) /* there is no buffer at all */
        return;
    if (c->used + len > c->room) {
        size_t drop = c->used + len - c->room;

        c->start = (c->start + drop) % c->room;
        c->used -= drop;
    }
    at = (c->start + c->used) % c->room;
    part = c->room - at < len ? c->room - at : len;
    memcpy(c->bytes + at, buf, part);
    memcpy(c->bytes, buf + part, len - part);
    c->used += len;
}

size_t console_copy(const struct console *c, uint32_t position, void *buf, size_t room)
{
    uint32_t behind = c->end - position;
    size_t at, part, len = behind < room ? behind : room;

    if (len == 0 || behind > c->used)
        return 0;
    at = (c->start + c->used - behind) % c->room;
    part = c->room - at < len ? c->room - at : len;
    memcpy(buf, c->bytes + at, part);
    memcpy((char *)buf + part, c->bytes, len - part);
    return len;
}

void console_put(struct console *c)
{
    if (c->con || c->viewers || c->poll.data)
        return;
    free(c->own.log);
    free(c->left);
    free(c->bytes);
    free(c);
}
