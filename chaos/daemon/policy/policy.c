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

/* Notes about ended VMs are kept only for a while: for processes that wait right now, and for the
 * pause before the next restart. */
static void on_sweep(uv_timer_t *timer)
{
    struct daemon *d = timer->data;

    if (backoff_sweep(d, false) | chaos_ended_sweep(d->host))
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

/* Follows one VM's policy. Returns in how many ms to try again; 0: not at all. */
static uint64_t follow(struct daemon *d, struct chaos_domain *dom)
{
    uint64_t wait = backoff_wait(d, dom->name);
    char name[sizeof(dom->name)];
    enum chaos_outcome outcome;
    enum chaos_reason reason;

    if (wait)
        return wait;
    if (kernel_missing(d, dom))
        return RETRY_MS;
    memcpy(name, dom->name, sizeof(name));
    if (chaos_reap(d->host, dom, false, &outcome, &reason, d->err) < 0) {
        log_line(LOG_WARN, "%s: %s", name, chaos_error_message(d->err));
        return RETRY_MS;
    }
    if (outcome == CHAOS_RESTARTED) {
        d->policy.restarts++;
        backoff_restarted(d, name);
    } else if (outcome == CHAOS_ENDED) {
        d->policy.ended++;
    }
    if (!uv_is_active((uv_handle_t *)&d->policy.sweep))
        uv_timer_start(&d->policy.sweep, on_sweep, SWEEP_MS, 0);
    if (outcome == CHAOS_RESTARTED || outcome == CHAOS_ENDED)
        log_line(LOG_NOTE, "\"%s\" has ended: %s%s", name, chaos_reason_name(reason),
                 outcome == CHAOS_RESTARTED ? ", restarted" : "");
    return 0;
}

void policy_look(struct daemon *d)
{
    struct chaos_domain *doms;
    uint64_t again = 0;
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
        uint64_t wait = 0;

        if (doms[i].ours && doms[i].name[0] && chaos_domain_ended(&doms[i]))
            wait = follow(d, &doms[i]);
        if (wait && (!again || wait < again))
            again = wait;
    }
    free(doms);
    if (again)
        uv_timer_start(&d->policy.retry, on_retry, again, 0);
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

void policy_start(struct daemon *d)
{
    d->policy.ends.data = d;
    chaos_ended_follow(d->host, false); /* a chaosd that was killed may have left its mark */
    policy_listen(d);
    d->policy.follows = d->settings.policies && d->policy.ends_fd >= 0;
    if (d->policy.follows && !chaos_ended_follow(d->host, true))
        log_line(LOG_WARN, "cannot make %s/ended", d->run_dir);
    policy_look(d); /* VMs may have ended already */
}

void policy_stop(struct daemon *d)
{
    backoff_sweep(d, true);
    if (d->host)
        chaos_ended_follow(d->host, false);
}
