/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The console server. Each VM costs one event channel and one small object, and a buffer once it
 * writes. Its page is mapped only while its ring is read, because a mapping would keep the memory
 * of a destroyed VM. flow.c limits how much is taken from VMs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/console/console.h"
#include "daemon/daemon.h"
#include "base/fault.h"

#define RING_BYTES 2048
#define EVENT_COST 512 /* an event counts for that many bytes at least */
#define FDS_MARGIN 128 /* descriptors for everything else */

struct console *console_find(struct daemon *d, const struct chaos_domain *dom)
{
    struct consoles *all = &d->consoles;
    struct console *c = dom->domid < all->room ? all->by_domid[dom->domid] : NULL;

    return c && strcmp(c->dom.uuid, dom->uuid) == 0 ? c : NULL;
}

/* ---- output and input ---- */

/* Takes output from the ring. The bytes are given back to the VM after log and viewers have them:
 * if chaosd is killed in between, they are still in the ring. -errno if the VM is gone. */
static int take_output(struct console *c)
{
    char buf[RING_BYTES];
    int n = chaos_fault("console.read");

    if (n == 0)
        n = chaos_console_peek(c->con, buf, sizeof(buf));

    c->tokens -= n > EVENT_COST ? n : EVENT_COST;
    if (n == -EPROTO) {
        c->end = chaos_console_position(c->con);
        c->used = 0;
        viewer_tell_all(c, CHAOS_POOL_NOTICE_BROKEN);
        return 0;
    }
    if (n <= 0)
        return n;
    c->ended = false;
    c->d->consoles.bytes += n;
    console_log(c, buf, n);
    console_keep(c, buf, n);
    viewer_feed_all(c);
    chaos_fault("console.kept");
    chaos_console_skip(c->con, n);
    return 0;
}

/* Writes what the ring has room for; true where nothing is left. */
static bool push(struct console *c, char *input, size_t *nr)
{
    int n = *nr ? chaos_console_write(c->con, input, *nr) : 0;

    if (n < 0) /* a broken ring takes no input any more: drop it */
        n = (int)*nr;
    *nr -= n;
    if (n)
        memmove(input, input + n, *nr);
    return *nr == 0;
}

static void push_input(struct console *c)
{
    struct conn *conn = c->writer;
    size_t had = conn ? conn->viewer.nr_input : 0;

    if (!push(c, c->left, &c->nr_left))
        return;
    free(c->left);
    c->left = NULL;
    if (conn)
        push(c, conn->viewer.input, &conn->viewer.nr_input);
    if (conn && conn->viewer.nr_input != had)
        conn_wait(conn);
}

void console_input(struct console *c)
{
    if (!c->con)
        return;
    push_input(c);
    chaos_console_rest(c->con);
}

/* ---- coming and going ---- */

static void on_closed(uv_handle_t *handle)
{
    struct console *c = handle->data;

    c->poll.data = NULL;
    console_put(c);
}

/* Lets go of the VM. Viewers still get the rest of its output. */
static void detach(struct console *c)
{
    struct consoles *all = &c->d->consoles;

    if (!c->con)
        return;
    flow_leave(c);
    pty_close(c);
    uv_poll_stop(&c->poll);
    chaos_console_close(c->con);
    c->con = NULL;
    if (!c->ended)
        c->reason = CHAOS_DESTROYED;
    c->ended = true;
    if (all->by_domid[c->dom.domid] == c)
        all->by_domid[c->dom.domid] = NULL;
    all->nr--;
    if (c->unlogged && c->log_again != UINT64_MAX) { /* the last chance */
        c->log_again = 0;
        console_log(c, NULL, 0);
    }
    console_log_close(c);
    viewer_feed_all(c);
    uv_close((uv_handle_t *)&c->poll, on_closed);
}

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct console *c = poll->data;
    uint64_t start;

    if (!c || !c->con)
        return;
    if (!flow_may(c)) {
        flow_wait(c);
        return;
    }
    start = uv_hrtime();
    chaos_console_ack(c->con);
    if (take_output(c) < 0) { /* the VM is gone; if not, new_vms.c finds it again */
        c->d->due |= DUE_CONSOLES;
        detach(c);
        return;
    }
    push_input(c);
    pty_turn(c);
    chaos_console_rest(c->con);
    c->d->consoles.spent_ns += uv_hrtime() - start;
}

static void resume(struct console *c)
{
    on_event(&c->poll, 0, UV_READABLE);
    if (!c->throttled && c->con)
        uv_poll_start(&c->poll, UV_READABLE, on_event);
}

static bool make_room(struct consoles *all, uint32_t domid)
{
    uint32_t room = all->room ? all->room : 64;
    struct console **grown;

    while (room <= domid)
        room *= 2;
    if (room == all->room)
        return true;
    grown = realloc(all->by_domid, room * sizeof(*grown));
    if (!grown)
        return false;
    memset(grown + all->room, 0, (room - all->room) * sizeof(*grown));
    all->by_domid = grown;
    all->room = room;
    return true;
}

/* Reads output from before chaosd attached, as far as it is still in the ring. */
static void read_past(struct console *c)
{
    char buf[RING_BYTES];
    int n = chaos_console_past(c->con, buf, sizeof(buf));

    c->end = chaos_console_position(c->con) - (n > 0 ? n : 0);
    if (n > 0)
        console_keep(c, buf, n);
    if (c->own.log) /* at once: from now on no other VM can have it */
        console_log(c, NULL, 0);
    if (chaos_console_position(c->con) && !c->ended)
        flow_hold(c);
    else if (take_output(c) == 0)
        c->ended = chaos_domain_ended(&c->dom);
    chaos_console_rest(c->con);
}

static int attach(struct console *c)
{
    struct daemon *d = c->d;
    int rc = chaos_domain_console(d->host, &c->dom, &c->own, d->err);

    if (rc < 0)
        return rc;
    if (c->own.server_off)
        return -ENOENT;
    if (d->consoles.nr + d->consoles.nr_logs + 2 * d->consoles.nr_ptys >= d->consoles.max ||
        !make_room(&d->consoles, c->dom.domid))
        return -ENOMEM;
    rc = chaos_console_open(d->host, &c->dom, &c->con, d->err);
    if (rc < 0)
        return rc;
    rc = uv_poll_init(&d->loop, &c->poll, chaos_console_fd(c->con));
    if (rc < 0) {
        chaos_console_close(c->con);
        c->con = NULL;
        return rc;
    }
    c->poll.data = c;
    return 0;
}

int console_new(struct daemon *d, const struct chaos_domain *dom, struct console **out)
{
    struct console *c, *stale;
    int rc;

    *out = NULL;
    if (!d->settings.console.server || !dom->ours || !dom->name[0]) /* a shell has no console yet */
        return -ENOENT;
    c = calloc(1, sizeof(*c));
    if (!c)
        return -ENOMEM;
    c->d = d;
    c->dom = *dom;
    c->tokens = RING_BYTES;
    c->tokens_at = uv_now(&d->loop);
    c->seen = d->consoles.pass;
    c->ended = chaos_domain_ended(dom);
    c->reason = dom->reason;
    rc = attach(c);
    if (rc < 0) {
        free(c->own.log);
        free(c);
        return rc;
    }
    stale = d->consoles.by_domid[dom->domid]; /* of an earlier VM with this domid */
    if (stale)
        detach(stale);
    d->consoles.by_domid[dom->domid] = c;
    d->consoles.nr++;
    read_past(c);
    pty_open(c);
    if (!c->throttled && uv_poll_start(&c->poll, UV_READABLE, on_event) < 0) {
        detach(c);
        return -ENOMEM;
    }
    *out = c;
    return 0;
}

/* The VM has ended: takes the rest of its output at once. A destroyed VM has no ring any more. */
static void last_words(struct console *c, const struct chaos_domain *dom)
{
    if (dom->state == CHAOS_SHUTDOWN) {
        take_output(c);
        chaos_console_rest(c->con);
    }
    c->ended = true;
    c->reason = dom->state == CHAOS_SHUTDOWN ? dom->reason : CHAOS_DESTROYED;
    pty_turn(c);
    viewer_feed_all(c);
}

/* The VM was destroyed while chaosd had its page: then chaosd drops its record and name. */
static void gone(struct console *c)
{
    struct daemon *d = c->d;
    struct chaos_domain dom = c->dom;
    struct chaos_console_settings own;
    enum chaos_outcome outcome;
    enum chaos_reason reason;
    bool recorded = chaos_domain_console(d->host, &dom, &own, NULL) == 0;

    detach(c);
    if (!recorded)
        return;
    free(own.log);
    chaos_reap(d->host, &dom, false, &outcome, &reason, NULL);
}

void consoles_look(struct daemon *d, const struct chaos_domain *doms, size_t count)
{
    struct consoles *all = &d->consoles;

    all->pass++;
    for (size_t i = 0; i < count; i++) {
        struct console *c = console_find(d, &doms[i]);

        if (!c)
            continue;
        c->seen = all->pass;
        if ((chaos_domain_ended(&doms[i]) || doms[i].state == CHAOS_DYING) && !c->ended)
            last_words(c, &doms[i]);
    }
    for (uint32_t domid = 0; domid < all->room; domid++) {
        if (all->by_domid[domid] && all->by_domid[domid]->seen != all->pass)
            gone(all->by_domid[domid]);
    }
}

void consoles_start(struct daemon *d)
{
    struct consoles *all = &d->consoles;

    all->max = d->max_fds > 2 * FDS_MARGIN ? d->max_fds - FDS_MARGIN : d->max_fds / 2;
    flow_start(d, resume);
}

void consoles_reload(struct daemon *d)
{
    struct consoles *all = &d->consoles;

    for (uint32_t domid = 0; domid < all->room; domid++) {
        struct console *c = all->by_domid[domid];

        if (!c)
            continue;
        if (!d->settings.console.server) {
            detach(c);
            continue;
        }
        console_log_close(c);
        c->log_again = c->log_told = 0;
    }
}

void consoles_stop(struct daemon *d)
{
    struct consoles *all = &d->consoles;

    for (uint32_t domid = 0; domid < all->room; domid++) {
        if (all->by_domid[domid])
            detach(all->by_domid[domid]);
    }
    free(all->by_domid);
    all->by_domid = NULL;
    all->room = 0;
}
