/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What viewers ask for: a console, and input for it. One of them types: the first that does, until
 * it leaves or another one takes the console over by force. Two people who type into one shell
 * unawares do harm.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/console/console.h"
#include "daemon/daemon.h"

#define VIEWERS_MAX     32 /* of one console */
#define ALL_VIEWERS_MAX 512
#define INPUT_ROOM      (4 * CHAOS_POOL_INPUT_MAX)

static bool claim(struct daemon *d, struct conn *conn, bool force)
{
    struct console *c = conn->viewer.console;

    if (conn->viewer.flags & CHAOS_CONSOLE_READ_ONLY)
        return false;
    if (c->writer && c->writer != conn && force) {
        conn_notice(d, c->writer, CHAOS_POOL_NOTICE_TAKEN, conn->peer.pid);
        c->writer->viewer.nr_input = 0;
        c->writer->viewer.knows_writer = true;
        conn_wait(c->writer);
        c->writer = NULL;
    }
    if (!c->writer)
        c->writer = conn;
    if (c->writer == conn)
        return true;
    if (!conn->viewer.knows_writer)
        conn_notice(d, conn, CHAOS_POOL_NOTICE_WRITER, c->writer->peer.pid);
    conn->viewer.knows_writer = true;
    return false;
}

/* The console of that VM; NULL after the client was told why there is none. */
static struct console *find(struct daemon *d, struct conn *conn, const char *uuid)
{
    struct chaos_domain dom;
    struct console *c;
    int rc;

    if (chaos_find(d->host, uuid, &dom, d->err) < 0) {
        conn_error(d, conn, CHAOS_E_NOT_FOUND, ENOENT, chaos_error_message(d->err));
        return NULL;
    }
    c = console_find(d, &dom);
    if (c && dom.state != CHAOS_SHUTDOWN) /* it goes on after its end, as after a resume */
        c->ended = false;
    rc = c ? 0 : console_new(d, &dom, &c);
    if (rc == 0)
        return c;
    if (rc == -ENOENT)
        conn_error(d, conn, CHAOS_E_NOT_FOUND, ENOENT, "this console is not served");
    else if (rc == -ENOMEM)
        conn_error(d, conn, CHAOS_E_NO_MEMORY, ENOMEM, "too many consoles");
    else
        conn_error(d, conn, chaos_error_status(d->err), -rc, chaos_error_message(d->err));
    return NULL;
}

bool viewer_attach(struct daemon *d, struct conn *conn, struct chaos_pool_reader *r)
{
    uint32_t flags = chaos_pool_get_u32(r), placed = chaos_pool_get_u32(r);
    uint32_t position = chaos_pool_get_u32(r);
    const char *uuid = chaos_pool_get(r, CHAOS_UUID_TEXT);
    struct console *c;

    if (!uuid || r->p != r->end || uuid[CHAOS_UUID_TEXT - 1] || conn->viewer.console ||
        conn->leases) {
        conn_error(d, conn, CHAOS_E_USAGE, EPROTO, "not a request for a console");
        return false;
    }
    c = find(d, conn, uuid);
    if (!c)
        return false;
    if (c->nr_viewers >= VIEWERS_MAX || d->consoles.nr_viewers >= ALL_VIEWERS_MAX) {
        conn_error(d, conn, CHAOS_E_BUSY, EBUSY, "too many viewers");
        return false;
    }
    if (!conn->viewer.input)
        conn->viewer.input = malloc(INPUT_ROOM);
    if (!conn->viewer.input) {
        conn_error(d, conn, CHAOS_E_NO_MEMORY, ENOMEM, "out of memory");
        return false;
    }
    conn->viewer.console = c;
    conn->viewer.flags = flags;
    conn->viewer.next = c->viewers;
    c->viewers = conn;
    c->nr_viewers++;
    d->consoles.nr_viewers++;
    conn->viewer.position = placed && c->end - position <= c->used ? position : c->end - c->used;
    if (!conn_ok(d, conn))
        return false;
    flow_release(c);
    if (flags & (CHAOS_CONSOLE_CLAIM | CHAOS_CONSOLE_FORCE))
        claim(d, conn, flags & CHAOS_CONSOLE_FORCE);
    return viewer_feed(d, conn);
}

bool viewer_input(struct daemon *d, struct conn *conn, struct chaos_pool_reader *r)
{
    size_t len = r->end - r->p;

    if (!conn->viewer.console || len > CHAOS_POOL_INPUT_MAX ||
        len > INPUT_ROOM - conn->viewer.nr_input) { /* then it was not read on: conn_wait */
        conn_error(d, conn, CHAOS_E_USAGE, EPROTO, "not input for a console");
        return false;
    }
    if (!claim(d, conn, false))
        return true;
    memcpy(conn->viewer.input + conn->viewer.nr_input, r->p, len);
    conn->viewer.nr_input += len;
    console_input(conn->viewer.console);
    conn_wait(conn);
    return true;
}
