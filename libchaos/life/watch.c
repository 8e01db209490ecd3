/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of domains: hearing of it, and following the restart policy. */
#include "life/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>

#include "config/config.h"
#include "devices/devices.h"
#include "base/error.h"
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

static uint64_t mix(uint64_t hash, const void *data, size_t len)
{
    const uint8_t *p = data;

    while (len--)
        hash = (hash ^ *p++) * 0x100000001b3; /* FNV-1a */
    return hash;
}

/* Which domains there are, and which of them have ended. 0 where that cannot be found out. */
static uint64_t all_domains(chaos_host *host)
{
    cleanup_free struct hv_domain *chunk = malloc(CHUNK * sizeof(*chunk));
    uint64_t hash = 0xcbf29ce484222325;
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

            hash = mix(hash, chunk[i].uuid, sizeof(chunk[i].uuid));
            hash = mix(hash, state, sizeof(state));
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

static enum chaos_action action_for(const chaos_config *cfg, enum chaos_reason reason)
{
    switch (reason) {
    case CHAOS_POWEROFF:
        return cfg->on_poweroff;
    case CHAOS_REBOOT:
        return cfg->on_reboot;
    case CHAOS_CRASH:
    case CHAOS_WATCHDOG:
        return cfg->on_crash;
    default: /* a soft reset: somebody wants to go on with this very domain */
        return CHAOS_PRESERVE;
    }
}

/* Destroys `dom` and creates its successor, which takes over name and configuration. */
static int restart(chaos_host *host, struct chaos_domain *dom, const chaos_config *cfg, bool paused,
                   chaos_error *err)
{
    struct chaos_domain old = *dom;
    uint32_t domid;
    int rc;

    devices_remove_all(host, old.domid);
    rc = hv_destroy(host->hv, old.domid, err);
    if (rc < 0)
        return rc;
    rc = lifecycle_create(host, cfg, old.name, old.uuid, paused, &domid, err);
    registry_drop(&host->registry, old.name, old.uuid); /* the name only where it failed */
    if (rc < 0)
        return error_prefix(err, rc, "cannot restart \"%s\"", old.name);
    return chaos_find(host, old.name, dom, err);
}

/* Somebody else has its name by now. */
static bool succeeded(chaos_host *host, struct chaos_domain *dom)
{
    struct chaos_domain next;

    if (chaos_find(host, dom->name, &next, NULL) < 0 || strcmp(next.uuid, dom->uuid) == 0)
        return false;
    *dom = next;
    return true;
}

/* The domain is gone, and a chaosd follows policies: it left word, and restarts it or not. */
static void ended_elsewhere(chaos_host *host, struct chaos_domain *dom, enum chaos_outcome *outcome,
                            enum chaos_reason *reason)
{
    chaos_config *cfg;

    *outcome = CHAOS_ENDED;
    if (!ended_ask(host, dom->uuid, reason))
        return;
    if (succeeded(host, dom)) {
        *outcome = CHAOS_RESTARTED;
    } else if (chaos_domain_config(host, dom, &cfg, NULL) == 0) {
        /* The record goes when the successor has the name. */
        if (action_for(cfg, *reason) == CHAOS_RESTART)
            *outcome = CHAOS_STILL_RUNS;
        chaos_config_free(cfg);
    } else if (succeeded(host, dom)) { /* just now */
        *outcome = CHAOS_RESTARTED;
    }
}

char *chaos_reap_kernel(chaos_host *host, const struct chaos_domain *dom)
{
    chaos_config *cfg;
    char *kernel = NULL;

    if (dom->state != CHAOS_SHUTDOWN || chaos_domain_config(host, dom, &cfg, NULL) < 0)
        return NULL;
    if (action_for(cfg, dom->reason) == CHAOS_RESTART)
        kernel = steal(cfg->kernel);
    chaos_config_free(cfg);
    return kernel;
}

int chaos_reap(chaos_host *host, struct chaos_domain *dom, bool paused, enum chaos_outcome *outcome,
               enum chaos_reason *reason, chaos_error *err)
{
    struct chaos_error why;
    enum chaos_action action;
    chaos_config *cfg;
    struct hv_domain now;
    int rc = domain_check(host, dom, &now, &why);

    *outcome = CHAOS_STILL_RUNS;
    *reason = CHAOS_DESTROYED;
    if (rc == -ENOENT || (rc == 0 && now.dying)) {
        *outcome = CHAOS_ENDED;
        /* Whoever destroyed it left the record while somebody held its memory. */
        if (ended_by_chaosd(host))
            ended_elsewhere(host, dom, outcome, reason);
        else if (rc == -ENOENT && domain_by_uuid(host, dom->uuid, &now, NULL) == -ENOENT)
            registry_drop(&host->registry, dom->name, dom->uuid);
        return 0;
    }
    if (rc < 0)
        return error_copy(err, rc, &why);
    if (!now.shutdown || now.reason == CHAOS_SUSPEND) /* that waits for its resumption */
        return 0;
    *reason = now.reason;
    rc = chaos_domain_config(host, dom, &cfg, err);
    if (rc < 0)
        return rc;
    action = action_for(cfg, *reason);
    if (action != CHAOS_PRESERVE && ended_by_chaosd(host)) {
        chaos_config_free(cfg);
        return 0; /* still runs, as far as we are concerned: chaosd is at it */
    }
    if (action != CHAOS_PRESERVE)
        ended_tell(host, dom->uuid, *reason);
    switch (action) {
    case CHAOS_RESTART:
        *outcome = CHAOS_RESTARTED;
        rc = restart(host, dom, cfg, paused, err);
        break;
    case CHAOS_PRESERVE:
        *outcome = CHAOS_PRESERVED;
        break;
    case CHAOS_DESTROY:
        *outcome = CHAOS_ENDED;
        rc = chaos_destroy(host, dom, err);
        break;
    }
    chaos_config_free(cfg);
    return rc;
}
