/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A VM's console: by chaosd where one runs and has it, else the ring itself. Where xenconsoled has
 * the ring, it is the terminal that this serves. Either may come to an
 * end while the console is open: a chaosd that dies leaves the ring to us, one that begins gets it
 * from us. The ring's indices say where in the stream we are, so that nothing is lost or doubled
 * that the ring still holds.
 */
#include "console/console.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <time.h>

#include "base/error.h"
#include "base/util.h"
#include "base/uuid.h"

#define TRIES 3 /* chaosd and we may both be on our way */

/* What the caller waits for: one descriptor that stands for all of ours. */
static void wait_for(chaos_console *con)
{
    struct epoll_event event = {.events = EPOLLIN};
    int fd = con->local ? con->host->hv->backend->channel_fd(con->ring.channel) : con->fd;

    if (con->epoll < 0)
        return;
    if (!con->local && con->blocked)
        event.events |= EPOLLOUT;
    event.data.fd = fd;
    if (epoll_ctl(con->epoll, EPOLL_CTL_ADD, fd, &event) < 0 && errno == EEXIST)
        epoll_ctl(con->epoll, EPOLL_CTL_MOD, fd, &event);
}

/* Hears of a chaosd that begins. Where that fails the console stays as it is. */
static void listen_for_chaosd(chaos_console *con)
{
    struct epoll_event event = {.events = EPOLLIN};

    if (con->epoll < 0 || con->inotify >= 0)
        return;
    con->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (con->inotify < 0)
        return;
    event.data.fd = con->inotify;
    if (inotify_add_watch(con->inotify, con->host->run_dir, IN_CREATE | IN_MOVED_TO) < 0 ||
        epoll_ctl(con->epoll, EPOLL_CTL_ADD, con->inotify, &event) < 0) {
        close(con->inotify);
        con->inotify = -1;
    }
}

static int open_local(chaos_console *con, chaos_error *err)
{
    int rc = ring_open(con->host, &con->dom, &con->ring, err);

    /* chaosd maps while it reads only: many mappings at rest would keep many domains' memory. */
    if (rc == 0 && !con->host->is_chaosd)
        rc = ring_map(&con->ring, err);
    if (rc < 0) {
        ring_close(&con->ring);
        return rc;
    }
    con->local = true;
    if (con->placed && ring_go_to(&con->ring, con->position) > 0) {
        con->noticed = CHAOS_CONSOLE_OUTPUT_LOST;
        snprintf(con->notice, sizeof(con->notice), "%u bytes of output were lost",
                 con->ring.out_cons - con->position);
    }
    if (con->host->is_chaosd || con->flags & (CHAOS_CONSOLE_DIRECT | CHAOS_CONSOLE_DUMP))
        return 0;
    listen_for_chaosd(con);
    return 0;
}

static bool over_xenstore(const chaos_console *con)
{
    uint8_t uuid[16];

    return uuid_parse(con->dom.uuid, uuid) && uuid_over_xenstore(uuid);
}

static int open_tty(chaos_console *con, chaos_error *err)
{
    int rc = tty_open(con, err);

    con->tty = rc == 0;
    if (rc == 0)
        wait_for(con);
    return rc;
}

/* Another program has the ring. xenconsoled tells of its terminal a moment after it took it. */
static int follow_terminal(chaos_console *con)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    int rc = -ENOENT;

    for (int i = 0; i < 25 && rc == -ENOENT; i++) {
        if (i)
            nanosleep(&pause, NULL);
        rc = open_tty(con, NULL);
    }
    return rc;
}

static int open_any(chaos_console *con, chaos_error *err)
{
    bool direct = con->host->is_chaosd || con->flags & CHAOS_CONSOLE_DIRECT;
    struct chaos_error why = {0};
    int rc = -ENOENT;

    con->local = con->tty = false;
    if (!con->dom.ours && con->dom.foreign)
        return open_tty(con, err);
    for (int i = 0; i < TRIES && rc < 0; i++) {
        rc = direct ? -ENOENT : remote_open(con, &why);
        if (rc == -EBUSY) /* chaosd lives and cannot have it */
            break;
        if (rc < 0)
            rc = open_local(con, &why);
        if (rc != -EBUSY || direct)
            break;
    }
    if (rc == -EBUSY && !con->host->is_chaosd && over_xenstore(con) && follow_terminal(con) == 0)
        return 0;
    if (rc < 0)
        return error_copy(err, rc, &why);
    wait_for(con);
    return 0;
}

int chaos_console_attach(chaos_host *host, const struct chaos_domain *dom, unsigned int flags,
                         chaos_console **out, chaos_error *err)
{
    chaos_console *con = calloc(1, sizeof(*con));
    int rc;

    *out = NULL;
    if (!con)
        return error_oom(err);
    con->host = host;
    con->dom = *dom;
    con->flags = flags;
    con->fd = con->epoll = con->inotify = -1;
    if (!host->is_chaosd) {
        con->epoll = epoll_create1(EPOLL_CLOEXEC);
        if (con->epoll < 0) {
            rc = error_errno(err, CHAOS_E_FAILED, errno, "cannot wait for a console");
            free(con);
            return rc;
        }
    }
    rc = open_any(con, err);
    if (rc < 0) {
        chaos_console_close(con);
        return rc;
    }
    *out = con;
    return 0;
}

int chaos_console_open(chaos_host *host, const struct chaos_domain *dom, chaos_console **out,
                       chaos_error *err)
{
    return chaos_console_attach(host, dom, 0, out, err);
}

void chaos_console_close(chaos_console *con)
{
    if (!con)
        return;
    ring_close(&con->ring);
    remote_close(con);
    if (con->inotify >= 0)
        close(con->inotify);
    if (con->epoll >= 0)
        close(con->epoll);
    free(con->msg);
    free(con);
}

int chaos_console_fd(const chaos_console *con)
{
    return con->epoll >= 0 ? con->epoll : con->host->hv->backend->channel_fd(con->ring.channel);
}

bool chaos_console_by_chaosd(const chaos_console *con)
{
    return !con->local && !con->tty;
}

/* Hands the ring to a chaosd that has begun, or goes on where that does not want it. */
static int hand_over(chaos_console *con)
{
    con->position = con->ring.out_cons;
    con->placed = con->ring.placed;
    ring_close(&con->ring);
    return open_any(con, NULL);
}

static bool chaosd_began(chaos_console *con)
{
    char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t n = read(con->inotify, buf, sizeof(buf));
    bool began = false;

    for (ssize_t at = 0; at < n;) {
        const struct inotify_event *event = (const void *)(buf + at);

        began |= event->len && strcmp(event->name, CHAOS_POOL_SOCKET) == 0;
        at += (ssize_t)(sizeof(*event) + event->len);
    }
    return began;
}

int chaos_console_ack(chaos_console *con)
{
    int rc;

    if (!con->local) {
        con->blocked = false;
        wait_for(con);
        return 0;
    }
    rc = con->host->hv->backend->channel_ack(con->ring.channel);
    if (rc == 0 && con->inotify >= 0 && chaosd_began(con))
        rc = hand_over(con);
    return rc;
}

/* chaosd is gone: another one, or the ring. */
static int recover(chaos_console *con)
{
    int rc;

    remote_close(con);
    rc = open_any(con, NULL);
    if (rc < 0) {
        con->ended = true;
        con->reason = CHAOS_DESTROYED;
    }
    return rc == -EBUSY ? rc : rc < 0 ? -ENOTCONN : 0;
}

int chaos_console_read(chaos_console *con, char *buf, size_t len)
{
    int n;

    if (con->tty)
        return tty_read(con, buf, len);
    if (!con->local) {
        n = remote_read(con, buf, len);
        if (n != -EPIPE)
            return n;
        n = recover(con);
        if (n < 0 || !con->local)
            return n;
    }
    n = ring_peek(&con->ring, buf, len);
    if (n > 0)
        ring_skip(&con->ring, n);
    return n;
}

int chaos_console_write(chaos_console *con, const char *buf, size_t len)
{
    int n;

    if (con->local)
        return ring_write(&con->ring, buf, len);
    n = con->tty ? tty_write(con, buf, len) : remote_write(con, buf, len);
    if (con->blocked)
        wait_for(con);
    return n;
}

enum chaos_reason chaos_console_reason(const chaos_console *con)
{
    return con->reason;
}

enum chaos_console_notice chaos_console_notice(chaos_console *con, char *out, size_t room)
{
    enum chaos_console_notice noticed = con->noticed;

    if (noticed != CHAOS_CONSOLE_NOTHING)
        snprintf(out, room, "%s", con->notice);
    con->noticed = CHAOS_CONSOLE_NOTHING;
    return noticed;
}

/* ---- what only chaosd needs ---- */

uint32_t chaos_console_position(const chaos_console *con)
{
    return con->ring.out_cons;
}

int chaos_console_past(chaos_console *con, char *buf, size_t len)
{
    return ring_past(&con->ring, buf, len);
}

int chaos_console_peek(chaos_console *con, char *buf, size_t len)
{
    return ring_peek(&con->ring, buf, len);
}

void chaos_console_skip(chaos_console *con, size_t count)
{
    ring_skip(&con->ring, count);
}

void chaos_console_rest(chaos_console *con)
{
    ring_unmap(&con->ring);
}
