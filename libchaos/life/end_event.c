/* SPDX-License-Identifier: BSD-3-Clause */
/* Hearing of the end of domains: VIRQ_DOM_EXC, or a timer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>

#include "base/error.h"
#include "base/fnv.h"
#include "life/lifecycle.h"
#include "base/util.h"

#define FALLBACK_NS 100000000L /* 100 ms */
#define SLOW_NS     500000000L
#define SLOW_AFTER  100 /* looks in vain: 10 s */
#define CHUNK       256

static int set_timer(int fd, long ns)
{
    struct itimerspec every = {.it_interval = {.tv_nsec = ns}, .it_value = {.tv_nsec = ns}};

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
    return fd;
}

int chaos_watch_fd(chaos_host *host, chaos_error *err)
{
    int rc;

    if (host->exc_timer >= 0)
        return host->exc_timer;
    if (!host->exc_channel) {
        rc = host->hv->backend->channel_bind_exc(host->hv, &host->exc_channel);
        if (rc == -EEXIST) /* one owner a host: a running xenstored, or another chaos */
            return open_timer(host, err);
        if (rc < 0)
            return hv_refused(err, rc, 0, "bind of VIRQ_DOM_EXC");
    }
    return host->hv->backend->channel_fd(host->exc_channel);
}

int chaos_watch_ack(chaos_host *host, chaos_error *err)
{
    uint64_t ticks;
    int rc;

    if (host->exc_timer >= 0) {
        if (read(host->exc_timer, &ticks, sizeof(ticks)) < 0 && errno != EAGAIN)
            return error_errno(err, CHAOS_E_FAILED, errno, "cannot read the timer");
        return 0;
    }
    rc = host->hv->backend->channel_ack(host->exc_channel);
    return rc < 0 ? error_errno(err, CHAOS_E_FAILED, -rc, "cannot read VIRQ_DOM_EXC") : 0;
}

/* Which domains there are, and which of them have ended. 0 where that cannot be found out. */
static uint64_t all_domains(chaos_host *host)
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
    uint64_t now = host->exc_timer >= 0 ? all_domains(host) : 0;

    if (now == 0 || now != host->exc_seen) {
        if (host->exc_timer >= 0 && host->exc_same >= SLOW_AFTER)
            set_timer(host->exc_timer, FALLBACK_NS);
        host->exc_same = 0;
        host->exc_seen = now;
        return false;
    }
    if (++host->exc_same == SLOW_AFTER)
        set_timer(host->exc_timer, SLOW_NS);
    return true;
}

void watch_close(chaos_host *host)
{
    if (host->exc_channel)
        host->hv->backend->channel_close(host->exc_channel);
    if (host->exc_timer >= 0)
        close(host->exc_timer);
    host->exc_channel = NULL;
    host->exc_timer = -1;
}
