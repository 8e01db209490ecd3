/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/clock.h"
#include "cli/cmd.h"
#include "cli/show.h"

#define FOREVER (1UL << 30) /* seconds */

struct waiter {
    chaos_host *host;
    struct chaos_domain *doms;
    size_t count; /* still waited for */
    int watch;
    int64_t deadline_ms; /* -1: none */
};

/* Looks at each domain once; those that are done leave the list. */
static int look(struct waiter *w, chaos_error *err)
{
    for (size_t i = 0; i < w->count;) {
        struct chaos_domain *dom = &w->doms[i];
        enum chaos_outcome outcome;
        enum chaos_reason reason;

        if (chaos_reap(w->host, dom, false, &outcome, &reason, err) < 0)
            return failed(err);
        if (outcome == CHAOS_STILL_RUNS) {
            i++;
            continue;
        }
        printf("%s %s%s\n", shown_name(dom), chaos_reason_name(reason),
               outcome == CHAOS_RESTARTED   ? " restarted"
               : outcome == CHAOS_PRESERVED ? " preserved"
                                            : "");
        fflush(stdout);
        if (outcome == CHAOS_RESTARTED)
            i++;
        else
            w->doms[i] = w->doms[--w->count];
    }
    return CHAOS_OK;
}

static int sleep_until_event(struct waiter *w, chaos_error *err)
{
    struct pollfd fd = {.fd = w->watch, .events = POLLIN};
    int64_t left = w->deadline_ms < 0 ? -1 : w->deadline_ms - now_ms();
    int rc;

    if (w->deadline_ms >= 0 && left <= 0) {
        report("timeout: %zu still run", w->count);
        return CHAOS_E_TIMEOUT;
    }
    rc = interrupt_poll(&fd, 1, left > 1000000 ? 1000000 : (int)left);
    if (interrupted())
        return CHAOS_E_INTERRUPTED;
    return rc > 0 && chaos_watch_ack(w->host, err) < 0 ? failed(err) : CHAOS_OK;
}

static int wait_all(struct waiter *w, char **refs, chaos_error *err)
{
    size_t total = w->count;
    int status = CHAOS_OK;

    for (size_t i = 0; i < total; i++) {
        if (chaos_find(w->host, refs[i], &w->doms[i], err) < 0)
            return failed(err);
    }
    /* Listen first, look then: an end in between is not missed. */
    w->watch = chaos_watch_fd(w->host, err);
    if (w->watch < 0)
        return failed(err);
    catch_interrupts();
    while (status == CHAOS_OK) {
        status = look(w, err);
        if (status != CHAOS_OK || w->count == 0)
            break;
        status = sleep_until_event(w, err);
    }
    return status;
}

int cmd_wait(int argc, char **argv)
{
    struct waiter w = {.deadline_ms = -1};
    unsigned long seconds = FOREVER;
    chaos_error *err;
    int status = timeout_options(argc, argv, 0, FOREVER - 1, &seconds);

    if (status != GO_ON)
        return status;
    if (seconds != FOREVER)
        w.deadline_ms = now_ms() + (int64_t)seconds * 1000;
    err = chaos_error_new();
    w.count = argc - optind;
    w.doms = calloc(w.count, sizeof(*w.doms));
    w.host = open_host(err, &status);
    if (w.host && w.doms)
        status = wait_all(&w, argv + optind, err);
    chaos_host_close(w.host);
    free(w.doms);
    chaos_error_free(err);
    return status;
}
