/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/cmd.h"
#include "cli/show.h"

#define FOREVER (1UL << 30) /* seconds */

struct waiter {
    chaos_host *host;
    struct chaos_domain *doms;
    size_t count; /* still waited for */
    int watch;
    int64_t deadline_ms; /* -1: none */
    int status;          /* of what has failed */
    char failure[256];   /* the last restart's that failed: told once */
};

static void drop(struct waiter *w, size_t i)
{
    w->doms[i] = w->doms[--w->count];
}

/* Prints the error; the first one's code is the exit code. */
static void fail(struct waiter *w, const chaos_error *err)
{
    int status = failed(err);

    if (w->status == CHAOS_OK)
        w->status = status;
}

/* A restart that failed is tried again; that is worth a line if it is news. */
static void tell_failure(struct waiter *w, const chaos_error *err)
{
    if (strncmp(w->failure, chaos_error_message(err), sizeof(w->failure) - 1) == 0)
        return;
    report("%s; it is tried again", chaos_error_message(err));
    snprintf(w->failure, sizeof(w->failure), "%s", chaos_error_message(err));
}

/* Looks at each domain once; those that are done, or cannot be waited for, leave the list. */
static void look(struct waiter *w, chaos_error *err)
{
    for (size_t i = 0; i < w->count;) {
        struct chaos_domain *dom = &w->doms[i];
        enum chaos_outcome outcome;
        enum chaos_reason reason;

        if (chaos_reap(w->host, dom, false, &outcome, &reason, err) < 0) {
            if (outcome == CHAOS_RESTART_FAILED) {
                tell_failure(w, err);
                i++;
                continue;
            }
            fail(w, err);
            drop(w, i);
            continue;
        }
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
            drop(w, i);
    }
}

static int sleep_until_event(struct waiter *w, chaos_error *err)
{
    struct pollfd fd = {.fd = w->watch, .events = POLLIN};
    int64_t left = w->deadline_ms < 0 ? -1 : w->deadline_ms - now_ms();
    int restart = chaos_watch_timeout(w->host);
    int rc;

    if (w->deadline_ms >= 0 && left <= 0) {
        report("timeout: %zu still run", w->count);
        return CHAOS_E_TIMEOUT;
    }
    if (restart >= 0 && (left < 0 || restart < left))
        left = restart;
    rc = interrupt_poll(&fd, 1, left > 1000000 ? 1000000 : (int)left);
    if (interrupted())
        return CHAOS_E_INTERRUPTED;
    return rc > 0 && chaos_watch_ack(w->host, err) < 0 ? failed(err) : CHAOS_OK;
}

static void find_all(struct waiter *w, char **refs, int count, chaos_error *err)
{
    for (int i = 0; i < count; i++) {
        if (chaos_find(w->host, refs[i], &w->doms[w->count], err) < 0)
            fail(w, err);
        else
            w->count++;
    }
}

static int wait_all(struct waiter *w, chaos_error *err)
{
    int status;

    /* Listen first, look then: an end in between is not missed. */
    w->watch = chaos_watch_fd(w->host, err);
    if (w->watch < 0)
        return failed(err);
    catch_interrupts();
    for (;;) {
        look(w, err);
        if (w->count == 0)
            return w->status;
        status = sleep_until_event(w, err);
        if (status == CHAOS_E_TIMEOUT && w->status != CHAOS_OK)
            return w->status; /* the first failure */
        if (status != CHAOS_OK)
            return status;
    }
}

struct request {
    struct waiter waiter;
    char **refs;
    int count;
};

static int find_and_wait(chaos_host *host, void *request, chaos_error *err)
{
    struct request *req = request;
    struct waiter *w = &req->waiter;
    int status;

    w->host = host;
    w->doms = calloc(req->count, sizeof(*w->doms));
    if (!w->doms) {
        report("out of memory");
        return CHAOS_E_NO_MEMORY;
    }
    find_all(w, req->refs, req->count, err);
    status = w->count ? wait_all(w, err) : w->status;
    free(w->doms);
    return status;
}

int cmd_wait(int argc, char **argv)
{
    struct request req = {.waiter.deadline_ms = -1};
    unsigned long seconds = FOREVER;
    int status = timeout_options(argc, argv, 0, FOREVER - 1, &seconds, NULL);

    if (status != GO_ON)
        return status;
    if (seconds != FOREVER)
        req.waiter.deadline_ms = now_ms() + (int64_t)seconds * 1000;
    req.refs = argv + optind;
    req.count = argc - optind;
    return on_host(find_and_wait, &req);
}
