/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who reads a console. All readers get all output, from what is kept of it on; each has a position
 * of its own, and one that does not keep up with the VM loses the oldest, and is told by the gap
 * between positions. One of them types: the first that does, until it leaves or another one takes
 * it over by force. Two people who type into one shell unawares do harm.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/daemon.h"

#define READERS_MAX     32 /* of one console */
#define ALL_READERS_MAX 512
#define DATA_MAX        4096
#define INPUT_ROOM      (4 * CHAOS_POOL_INPUT_MAX)

bool conn_notice(struct daemon *d, struct conn *conn, uint32_t what, uint32_t arg)
{
    struct chaos_pool_writer w;

    chaos_pool_begin(&w, d->out, CHAOS_POOL_MAX, CHAOS_POOL_NOTICE);
    chaos_pool_put_u32(&w, what);
    chaos_pool_put_u32(&w, arg);
    return conn_send(d, conn, &w);
}

/* Where it is no more among what is kept, it goes on with the oldest that is. */
static void catch_up(struct conn *conn)
{
    const struct console *c = conn->console;
    uint32_t behind = c->end - conn->position;

    if (behind <= c->used)
        return;
    if (behind < UINT32_MAX / 2)
        c->d->consoles.lost_bytes += behind - c->used;
    conn->position = c->end - c->used;
}

static bool send_data(struct daemon *d, struct conn *conn)
{
    struct chaos_pool_writer w;
    uint8_t *bytes;
    size_t len;

    chaos_pool_begin(&w, d->out, CHAOS_POOL_MAX, CHAOS_POOL_DATA);
    chaos_pool_put_u32(&w, conn->position);
    bytes = w.buf + w.used;
    len = console_copy(conn->console, conn->position, bytes, DATA_MAX);
    w.used += len;
    if (!conn_send(d, conn, &w))
        return false;
    conn->position += len;
    return true;
}

bool reader_feed(struct daemon *d, struct conn *conn)
{
    struct console *c = conn->console;
    bool good = true;

    catch_up(conn);
    while (good && conn->position != c->end) {
        good = send_data(d, conn);
        if (good)
            conn->last = uv_now(&d->loop);
    }
    if (good && !conn->told_ended && (c->ended || conn->flags & CHAOS_CONSOLE_DUMP))
        good = conn->told_ended = conn_notice(d, conn, CHAOS_POOL_NOTICE_ENDED, c->reason);
    conn->blocked = !good && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS);
    conn_wait(conn);
    return good || conn->blocked;
}

void reader_feed_all(struct console *c)
{
    struct conn *next;

    for (struct conn *conn = c->readers; conn; conn = next) {
        next = conn->next_reader;
        if (conn->blocked)
            catch_up(conn);
        else if (!reader_feed(c->d, conn))
            conn_close(c->d, conn);
    }
}

void reader_tell_all(struct console *c, uint32_t what)
{
    for (struct conn *conn = c->readers; conn; conn = conn->next_reader) {
        conn->position = c->end;
        conn_notice(c->d, conn, what, 0); /* who has no room for it is told by the next gap */
    }
}

static bool claim(struct daemon *d, struct conn *conn, bool force)
{
    struct console *c = conn->console;

    if (conn->flags & CHAOS_CONSOLE_READ_ONLY)
        return false;
    if (c->writer && c->writer != conn && force) {
        conn_notice(d, c->writer, CHAOS_POOL_NOTICE_TAKEN, conn->peer.pid);
        c->writer->nr_input = 0;
        c->writer->told_writer = true;
        conn_wait(c->writer);
        c->writer = NULL;
    }
    if (!c->writer)
        c->writer = conn;
    if (c->writer == conn)
        return true;
    if (!conn->told_writer)
        conn_notice(d, conn, CHAOS_POOL_NOTICE_WRITER, c->writer->peer.pid);
    conn->told_writer = true;
    return false;
}

void reader_detach(struct conn *conn)
{
    struct console *c = conn->console;
    struct conn **at;

    if (!c)
        return;
    for (at = &c->readers; *at != conn; at = &(*at)->next_reader)
        ;
    *at = conn->next_reader;
    if (c->writer == conn) {
        c->writer = NULL;
        for (struct conn *other = c->readers; other; other = other->next_reader)
            other->told_writer = false;
    }
    c->nr_readers--;
    c->d->consoles.nr_readers--;
    conn->console = NULL;
    free(conn->input);
    conn->input = NULL;
    console_put(c);
}

/* The console of the VM that is asked for; NULL after an answer that says why not. */
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
    if (c && dom.state != CHAOS_SHUTDOWN) /* it was let go on */
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

bool reader_attach(struct daemon *d, struct conn *conn, struct chaos_pool_reader *r)
{
    uint32_t flags = chaos_pool_get_u32(r), placed = chaos_pool_get_u32(r);
    uint32_t position = chaos_pool_get_u32(r);
    const char *uuid = chaos_pool_get(r, CHAOS_UUID_TEXT);
    struct console *c;

    if (!uuid || r->p != r->end || uuid[CHAOS_UUID_TEXT - 1] || conn->console || conn->leases) {
        conn_error(d, conn, CHAOS_E_USAGE, EPROTO, "not a request for a console");
        return false;
    }
    c = find(d, conn, uuid);
    if (!c)
        return false;
    if (c->nr_readers >= READERS_MAX || d->consoles.nr_readers >= ALL_READERS_MAX) {
        conn_error(d, conn, CHAOS_E_BUSY, EBUSY, "too many readers");
        return false;
    }
    if (!conn->input)
        conn->input = malloc(INPUT_ROOM);
    if (!conn->input) {
        conn_error(d, conn, CHAOS_E_NO_MEMORY, ENOMEM, "out of memory");
        return false;
    }
    conn->console = c;
    conn->flags = flags;
    conn->next_reader = c->readers;
    c->readers = conn;
    c->nr_readers++;
    d->consoles.nr_readers++;
    conn->position = placed && c->end - position <= c->used ? position : c->end - c->used;
    if (!conn_ok(d, conn))
        return false;
    if (flags & (CHAOS_CONSOLE_CLAIM | CHAOS_CONSOLE_FORCE))
        claim(d, conn, flags & CHAOS_CONSOLE_FORCE);
    return reader_feed(d, conn);
}

bool reader_input(struct daemon *d, struct conn *conn, struct chaos_pool_reader *r)
{
    size_t len = r->end - r->p;

    if (!conn->console || len > CHAOS_POOL_INPUT_MAX ||
        len > INPUT_ROOM - conn->nr_input) { /* who waits for input to be taken is not read */
        conn_error(d, conn, CHAOS_E_USAGE, EPROTO, "not input for a console");
        return false;
    }
    if (!claim(d, conn, false))
        return true;
    memcpy(conn->input + conn->nr_input, r->p, len);
    conn->nr_input += len;
    console_input(conn->console);
    conn_wait(conn);
    return true;
}
