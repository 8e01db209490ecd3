/* SPDX-License-Identifier: BSD-3-Clause */
/* Hearing of the end of domains: VIRQ_DOM_EXC, or a timer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "base/error.h"
#include "base/fnv.h"
#include "base/uuid.h"
#include "devices/ends.h"
#include "life/end_event.h"
#include "base/util.h"

#define FALLBACK_NS 100000000L /* 100 ms */
#define SLOW_NS     500000000L
#define SLOW_AFTER  100 /* looks in vain: 10 s */
#define IDLE_S      5   /* while xenstored tells of all ends that matter */
#define BIND_EVERY  10  /* ticks: whether VIRQ_DOM_EXC is free by now */
#define CHUNK       256

static int set_timer(int fd, long ns)
{
    struct timespec time = {ns / 1000000000L, ns % 1000000000L};
    struct itimerspec every = {time, time};

    return timerfd_settime(fd, 0, &every, NULL);
}

static int open_timer(chaos_host *host, chaos_error *err)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

    if (fd < 0 || set_timer(fd, FALLBACK_NS) < 0) {
        int errnum = errno;

        if (fd >= 0)
            close(fd);
        return error_errno(err, CHAOS_E_FAILED, errnum, "cannot make a timer");
    }
    host->exc_timer = fd;
    return 0;
}

static int poll_for(chaos_host *host, int fd, chaos_error *err)
{
    struct epoll_event readable = {.events = EPOLLIN};

    if (epoll_ctl(host->exc_poll, EPOLL_CTL_ADD, fd, &readable) < 0)
        return error_errno(err, CHAOS_E_FAILED, errno, "cannot wait for the end of domains");
    return 0;
}

/* Another process has VIRQ_DOM_EXC. If it is xenstored, that tells of the domains that it knows; of
 * the others it does not. */
static void listen_to_xenstored(chaos_host *host)
{
    struct ends *ends;

    if (ends_open(&ends) < 0)
        return;
    host->exc_leave = true;
    if (poll_for(host, ends_fd(ends), NULL) < 0)
        ends_close(ends);
    else
        host->exc_ends = ends;
}

/* A timer stands in until the channel is free. The caller's descriptor stays the same when it is.
 */
static int stand_in(chaos_host *host, chaos_error *err)
{
    int rc;

    host->exc_poll = epoll_create1(EPOLL_CLOEXEC);
    if (host->exc_poll < 0)
        return error_errno(err, CHAOS_E_FAILED, errno, "cannot wait for the end of domains");
    rc = open_timer(host, err);
    if (rc == 0)
        rc = poll_for(host, host->exc_timer, err);
    if (rc < 0)
        watch_close(host);
    else
        listen_to_xenstored(host);
    return rc < 0 ? rc : host->exc_poll;
}

static void stop_listening(chaos_host *host)
{
    ends_close(host->exc_ends); /* its descriptor leaves exc_poll by that */
    host->exc_ends = NULL;
    host->exc_same = 0;
    if (host->exc_timer >= 0)
        set_timer(host->exc_timer, FALLBACK_NS);
}

/* Takes the channel over if its holder has gone, and was no xenstored. Domains that ended before
 * are seen by the look that follows each tick. */
static void bind_again(chaos_host *host)
{
    void *channel;

    if (host->exc_leave || ++host->exc_ticks % BIND_EVERY != 0 ||
        host->hv->backend->channel_bind_exc(host->hv, &channel) < 0)
        return;
    if (poll_for(host, host->hv->backend->channel_fd(channel), NULL) < 0) {
        host->hv->backend->channel_close(channel);
        return;
    }
    host->exc_channel = channel;
    close(host->exc_timer);
    host->exc_timer = -1;
    if (host->exc_ends)
        stop_listening(host);
}

int chaos_watch_fd(chaos_host *host, chaos_error *err)
{
    int rc;

    if (host->exc_poll >= 0)
        return host->exc_poll;
    if (!host->exc_channel) {
        rc = host->hv->backend->channel_bind_exc(host->hv, &host->exc_channel);
        if (rc == -EEXIST) /* one owner a host: a running xenstored, or another chaos */
            return stand_in(host, err);
        if (rc < 0)
            return hv_refused(err, rc, 0, "bind of VIRQ_DOM_EXC");
    }
    return host->hv->backend->channel_fd(host->exc_channel);
}

int chaos_watch_ack(chaos_host *host, chaos_error *err)
{
    uint64_t ticks;
    int rc;

    if (host->exc_ends && ends_take(host->exc_ends) < 0)
        stop_listening(host);
    if (host->exc_timer >= 0) {
        if (read(host->exc_timer, &ticks, sizeof(ticks)) < 0 && errno != EAGAIN)
            return error_errno(err, CHAOS_E_FAILED, errno, "cannot read the timer");
        bind_again(host);
        return 0;
    }
    rc = host->hv->backend->channel_ack(host->exc_channel);
    return rc < 0 ? error_errno(err, CHAOS_E_FAILED, -rc, "cannot read VIRQ_DOM_EXC") : 0;
}

/* Which domains there are, and which of them have ended. 0 where that cannot be found out.
 * *unheard: whether there is one of ours of whose end xenstored will not tell. */
static uint64_t all_domains(chaos_host *host, bool *unheard)
{
    cleanup_free struct hv_domain *chunk = malloc(CHUNK * sizeof(*chunk));
    uint64_t hash = FNV_START;
    uint32_t first = 1;
    int got;

    if (!chunk)
        return 0;
    do {
        got = hv_list(host->hv, first, chunk, CHUNK, NULL);
        if (got < 0)
            return 0;
        for (int i = 0; i < got; i++) {
            uint8_t state[2] = {chunk[i].shutdown + 2 * chunk[i].dying,
                                chunk[i].shutdown ? chunk[i].reason : 0};

            *unheard |= uuid_ours(chunk[i].uuid) && !uuid_over_xenstore(chunk[i].uuid);
            hash = fnv_add(hash, chunk[i].uuid, sizeof(chunk[i].uuid));
            hash = fnv_add(hash, state, sizeof(state));
        }
        if (got)
            first = chunk[got - 1].domid + 1;
    } while (got == CHUNK);
    return hash;
}

bool chaos_watch_in_vain(chaos_host *host)
{
    bool unheard = !host->exc_ends;
    uint64_t now = host->exc_timer >= 0 ? all_domains(host, &unheard) : 0;

    if (now == 0 || now != host->exc_seen) {
        if (host->exc_timer >= 0 && (host->exc_same >= SLOW_AFTER || host->exc_ends))
            set_timer(host->exc_timer, unheard ? FALLBACK_NS : IDLE_S * 1000000000L);
        host->exc_same = unheard ? 0 : SLOW_AFTER;
        host->exc_seen = now;
        return false;
    }
    if (host->exc_same < UINT32_MAX && ++host->exc_same == SLOW_AFTER)
        set_timer(host->exc_timer, SLOW_NS);
    return true;
}

void watch_close(chaos_host *host)
{
    if (host->exc_channel)
        host->hv->backend->channel_close(host->exc_channel);
    if (host->exc_timer >= 0)
        close(host->exc_timer);
    if (host->exc_poll >= 0)
        close(host->exc_poll);
    ends_close(host->exc_ends);
    host->exc_ends = NULL;
    host->exc_leave = false;
    host->exc_channel = NULL;
    host->exc_timer = host->exc_poll = -1;
}
