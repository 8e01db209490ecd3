/* SPDX-License-Identifier: BSD-3-Clause */
/* What a VM wrote: the last of it in memory, all of it in a log. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"

#define LOG_AGAIN_MS 60000
#define ROOM_MIN     1024

/* More room for what is kept, as long as that is allowed and to be had. */
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
    if (len > c->room) { /* the last of it only */
        buf += len - c->room;
        len = c->room;
    }
    if (len == 0) /* no room at all */
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

/* The log that the VM's configuration names, or one by its name in the directory of all logs. */
static int open_log(struct console *c)
{
    const struct console_settings *set = &c->d->settings.console;
    uint64_t kib = c->own.log_kib ? c->own.log_kib : set->log_kib;
    unsigned int keep = c->own.log_keep < 0 ? set->log_keep : (unsigned int)c->own.log_keep;
    char path[PATH_MAX];

    if (c->own.log)
        snprintf(path, sizeof(path), "%s", c->own.log);
    else if (set->log_dir[0])
        snprintf(path, sizeof(path), "%s/%s.log", set->log_dir, c->dom.name);
    else
        return -ENOENT;
    return chaos_log_open(path, kib * 1024, keep, &c->log, c->d->err);
}

static void log_failed(struct console *c, const char *why)
{
    c->d->consoles.log_errors++;
    log_line(LOG_WARN, "\"%s\": its console's log fails, some of it is missing: %s", c->dom.name,
             why);
    console_log_close(c);
    c->log_again = uv_now(&c->d->loop) + LOG_AGAIN_MS;
}

void console_log(struct console *c, const char *buf, size_t len)
{
    int rc;

    if (!c->log) {
        if (uv_now(&c->d->loop) < c->log_again)
            return;
        rc = open_log(c);
        if (rc < 0) {
            if (rc != -ENOENT || c->own.log || c->d->settings.console.log_dir[0])
                log_failed(c, chaos_error_message(c->d->err));
            else
                c->log_again = UINT64_MAX; /* until the settings change */
            return;
        }
        c->d->consoles.nr_logs++;
    }
    rc = chaos_log_write(c->log, buf, len);
    if (rc < 0)
        log_failed(c, strerror(-rc));
}

void console_log_close(struct console *c)
{
    if (!c->log)
        return;
    chaos_log_close(c->log);
    c->log = NULL;
    c->d->consoles.nr_logs--;
}
