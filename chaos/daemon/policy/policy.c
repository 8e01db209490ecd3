/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ends of VMs: an event tells that there was one, a pass over the hypervisor's list tells of
 * which VM, and its configuration says what is to be done then.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"

#define RETRY_MS 5000
#define SWEEP_MS 60000

/* Words about VMs that ended are for processes that wait right now. */
static void on_sweep(uv_timer_t *timer)
{
    struct daemon *d = timer->data;

    if (chaos_ended_sweep(d->host))
        uv_timer_start(&d->policy.sweep, on_sweep, SWEEP_MS, 0);
}

static void on_retry(uv_timer_t *timer)
{
    policy_look(timer->data);
}

/* A restart needs the kernel, which is unpacked in a thread first; DUE_POLICY follows then. */
static bool kernel_missing(struct daemon *d, const struct chaos_domain *dom)
{
    char *kernel = chaos_reap_kernel(d->host, dom);
    bool missing = kernel && !kernel_failed(d, kernel) && kernel_wait(d, kernel);

    free(kernel);
    return missing;
}

/* Not each time: a VM may wait for a long while for what it lacks. */
static void log_failure(struct daemon *d, const struct chaos_domain *dom)
{
    struct chaos_restart restart;
    unsigned int n = 0;

    if (chaos_domain_restart(d->host, dom, &restart, NULL) == 0)
        n = restart.attempts;
    if ((n & (n - 1)) == 0)
        log_line(LOG_WARN, "%s; it is tried again", chaos_error_message(d->err));
}

/* Follows one VM's policy. False if that could not be done, and is to be tried again. */
static bool follow(struct daemon *d, struct chaos_domain *dom)
{
    char name[sizeof(dom->name)];
    enum chaos_outcome outcome;
    enum chaos_reason reason;

    if (kernel_missing(d, dom))
        return false;
    memcpy(name, dom->name, sizeof(name));
    if (chaos_reap(d->host, dom, false, &outcome, &reason, d->err) < 0) {
        if (outcome == CHAOS_RESTART_FAILED) {
            log_failure(d, dom);
            return true; /* chaos_watch_timeout tells when */
        }
        log_line(LOG_WARN, "%s: %s", name, chaos_error_message(d->err));
        return false;
    }
    d->policy.restarts += outcome == CHAOS_RESTARTED;
    d->policy.ended += outcome == CHAOS_ENDED;
    if (!uv_is_active((uv_handle_t *)&d->policy.sweep))
        uv_timer_start(&d->policy.sweep, on_sweep, SWEEP_MS, 0);
    if (outcome == CHAOS_RESTARTED || outcome == CHAOS_ENDED)
        log_line(LOG_NOTE, "\"%s\" has ended: %s%s", name, chaos_reason_name(reason),
                 outcome == CHAOS_RESTARTED ? ", restarted" : "");
    return true;
}

/* Comes back when something failed, or when the next VM's time to be restarted has come. */
static void retry_later(struct daemon *d, bool failed)
{
    int wait = chaos_watch_timeout(d->host);

    if (failed && (wait < 0 || wait > RETRY_MS))
        wait = RETRY_MS;
    if (wait >= 0)
        uv_timer_start(&d->policy.retry, on_retry, wait ? wait : 1, 0);
}

void policy_look(struct daemon *d)
{
    struct chaos_domain *doms;
    bool failed = false;
    size_t count;

    if (d->policy.ends_fd < 0)
        return;
    if (chaos_list_ended(d->host, &doms, &count, d->err) < 0) {
        log_line(LOG_WARN, "%s", chaos_error_message(d->err));
        uv_timer_start(&d->policy.retry, on_retry, RETRY_MS, 0);
        return;
    }
    consoles_look(d, doms, count);
    for (size_t i = 0; d->policy.follows && i < count; i++) {
        if (doms[i].ours && doms[i].name[0] && chaos_domain_ended(&doms[i]))
            failed |= !follow(d, &doms[i]);
    }
    free(doms);
    if (d->policy.follows)
        retry_later(d, failed);
}

static void on_watch(uv_poll_t *poll, int status, int events)
{
    struct daemon *d = poll->data;

    if (chaos_watch_ack(d->host, d->err) < 0)
        log_line(LOG_WARN, "%s", chaos_error_message(d->err));
    if (!chaos_watch_in_vain(d->host))
        policy_look(d);
}

void policy_listen(struct daemon *d)
{
    if (d->policy.ends_fd >= 0 || (!d->settings.policies && !d->settings.console.server))
        return;
    d->policy.ends_fd = chaos_watch_fd(d->host, d->err);
    if (d->policy.ends_fd < 0) {
        log_line(LOG_WARN, "the end of VMs is not heard of: %s", chaos_error_message(d->err));
        return;
    }
    if (uv_poll_init(&d->loop, &d->policy.ends, d->policy.ends_fd) == 0)
        uv_poll_start(&d->policy.ends, UV_READABLE, on_watch);
}

static uint64_t on_reclaim(void *opaque, uint64_t kib)
{
    return stock_reclaim(opaque, kib);
}

void policy_start(struct daemon *d)
{
    d->policy.ends.data = d;
    chaos_ended_follow(d->host, false); /* a chaosd that was killed may have left its mark */
    policy_listen(d);
    d->policy.follows = d->settings.policies && d->policy.ends_fd >= 0;
    if (d->policy.follows && !chaos_ended_follow(d->host, true))
        log_line(LOG_WARN, "cannot make %s/ended", d->run_dir);
    chaos_host_on_reclaim(d->host, on_reclaim, d);
    if (d->policy.follows && chaos_restarts_find(d->host, d->err) < 0)
        log_line(LOG_WARN, "%s", chaos_error_message(d->err));
    policy_look(d); /* what ended while nobody listened */
}

void policy_stop(struct daemon *d)
{
    if (d->host)
        chaos_ended_follow(d->host, false);
}
