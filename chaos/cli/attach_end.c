/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of a VM that somebody is attached to, and its next life. */
#include <poll.h>
#include <string.h>

#include "cli/attach.h"

static int end_code(enum chaos_reason reason)
{
    return reason == CHAOS_CRASH || reason == CHAOS_WATCHDOG ? CHAOS_E_FAILED : CHAOS_OK;
}

/* Reads how the VM is into *now; false where it is gone. */
static bool look(struct session *s, struct chaos_domain *now)
{
    char id[16];

    snprintf(id, sizeof(id), "%u", s->dom->domid);
    return chaos_find(s->host, id, now, s->err) == 0 && strcmp(now->uuid, s->dom->uuid) == 0;
}

static bool has_ended(struct session *s, enum chaos_reason *reason)
{
    struct chaos_domain now;

    *reason = CHAOS_DESTROYED;
    if (!look(s, &now))
        return true;
    if (chaos_domain_ended(&now))
        *reason = now.reason;
    return chaos_domain_ended(&now) || now.state == CHAOS_DYING;
}

/* Unmaps the console of a VM that was destroyed: the mapping kept its memory, and with it its name.
 */
static void let_go(struct session *s)
{
    struct pollfd fd = {.fd = s->watch, .events = POLLIN};
    enum chaos_outcome outcome;
    enum chaos_reason reason;
    struct chaos_domain now;

    chaos_console_close(s->con);
    s->con = NULL;
    /* Xen takes a moment to free it all, and tells when it has. */
    for (int i = 0; i < 10 && look(s, &now) && now.state == CHAOS_DYING; i++) {
        if (poll(&fd, 1, 100) > 0)
            chaos_watch_ack(s->host, NULL);
    }
    if (s->dom->ours)
        chaos_reap(s->host, s->dom, false, &outcome, &reason, NULL);
}

static bool waited(struct session *s)
{
    struct pollfd fd = {.fd = s->watch, .events = POLLIN};

    return interrupt_poll(&fd, 1, chaos_watch_timeout(s->host)) > 0 &&
           chaos_watch_ack(s->host, NULL) == 0;
}

static void tell_end(const struct session *s, enum chaos_outcome outcome, enum chaos_reason reason)
{
    report("\"%s\" has ended: %s%s", s->dom->name, chaos_reason_name(reason),
           outcome == CHAOS_RESTARTED   ? ", restarted"
           : outcome == CHAOS_PRESERVED ? ", preserved"
                                        : "");
}

/* Follows the restart policy, or waits until a chaosd has. */
static int follow(struct session *s)
{
    enum chaos_outcome outcome;
    enum chaos_reason reason, now;
    bool failing = false;

    /* The mapping would keep the dead domain's memory. A domain that lives is mapped again. */
    chaos_console_close(s->con);
    s->con = NULL;
    for (;;) {
        if (chaos_reap(s->host, s->dom, false, &outcome, &reason, s->err) < 0) {
            if (outcome != CHAOS_RESTART_FAILED)
                return attach_failed(s);
            if (!failing)
                report("%s; it is tried again", chaos_error_message(s->err));
            failing = true;
            if (!waited(s) && interrupted())
                return CHAOS_E_INTERRUPTED;
            continue;
        }
        if (outcome != CHAOS_STILL_RUNS)
            tell_end(s, outcome, reason);
        if (outcome == CHAOS_ENDED || outcome == CHAOS_PRESERVED)
            return end_code(reason);
        if (outcome == CHAOS_RESTARTED || !has_ended(s, &now)) {
            if (attach_console(s) == 0)
                return GO_ON;
            if (chaos_error_status(s->err) != CHAOS_E_NOT_FOUND) /* that has ended as well */
                return attach_failed(s);
        }
        if (!waited(s) && interrupted())
            return CHAOS_E_INTERRUPTED;
    }
}

int attach_check_end(struct session *s)
{
    bool told = chaos_console_by_chaosd(s->con);
    enum chaos_reason reason;
    /* Ask first and read then: what the VM writes between a read and its end would be lost. */
    bool ended = !told && has_ended(s, &reason);
    int status = attach_drain(s);

    if (status != GO_ON)
        return status;
    if (s->over) {
        ended = true;
        reason = chaos_console_reason(s->con);
    }
    if (!ended)
        return GO_ON;
    if (reason == CHAOS_DESTROYED && !told)
        let_go(s);
    if (s->supervise)
        return follow(s);
    report("domain %u has ended: %s", s->dom->domid, chaos_reason_name(reason));
    return CHAOS_OK;
}
