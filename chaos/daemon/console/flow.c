/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Limits how much output is taken from VMs. A VM that writes more than its rate waits for its turn,
 * and all VMs do when together they take more than their share of chaosd's time. Their event
 * channels stay masked meanwhile, so that waiting costs nothing.
 */
#include "daemon/console/console.h"
#include "daemon/daemon.h"

#define RING_BYTES    2048
#define TICK_MS       50
#define SHARE_PERCENT 25 /* of chaosd's time, for consoles */
#define BURST_MS      250
#define HOLD_MS       500 /* in which a viewer comes back that the last chaosd had */

static int64_t rate(const struct console *c)
{
    return 1024 * (int64_t)(c->own.rate_kib ? c->own.rate_kib : c->d->settings.console.rate_kib);
}

static void earn(struct console *c)
{
    uint64_t now = uv_now(&c->d->loop), ms = now - c->tokens_at;
    int64_t most = rate(c) * BURST_MS / 1000;

    if (most < RING_BYTES)
        most = RING_BYTES;
    if (ms > 10 * BURST_MS)
        c->tokens = most;
    else
        c->tokens += rate(c) * (int64_t)ms / 1000;
    if (c->tokens > most)
        c->tokens = most;
    c->tokens_at = now;
}

bool flow_may(struct console *c)
{
    struct consoles *all = &c->d->consoles;

    earn(c);
    if (uv_now(&c->d->loop) < c->held_until)
        return false;
    if (uv_now(&c->d->loop) - all->window >= TICK_MS) {
        all->window = uv_now(&c->d->loop);
        all->spent_ns = 0;
    }
    return c->tokens > 0 && all->spent_ns < TICK_MS * 1000000ULL * SHARE_PERCENT / 100;
}

static void on_tick(uv_timer_t *timer)
{
    struct daemon *d = timer->data;
    struct consoles *all = &d->consoles;
    struct console *c = all->throttled;

    all->throttled = NULL;
    all->throttled_end = &all->throttled;
    while (c) {
        struct console *next = c->next_throttled;

        if (flow_may(c)) {
            c->throttled = false;
            all->resume(c);
        } else {
            c->next_throttled = NULL;
            *all->throttled_end = c;
            all->throttled_end = &c->next_throttled;
        }
        c = next;
    }
    if (all->throttled && !uv_is_active((uv_handle_t *)timer))
        uv_timer_start(timer, on_tick, TICK_MS, 0);
}

static void put_off(struct console *c)
{
    struct consoles *all = &c->d->consoles;

    c->throttled = true;
    c->next_throttled = NULL;
    *all->throttled_end = c;
    all->throttled_end = &c->next_throttled;
    if (!uv_is_active((uv_handle_t *)&all->tick))
        uv_timer_start(&all->tick, on_tick, TICK_MS, 0);
}

/* The channel stays masked and its descriptor readable; the loop does not look at it. */
void flow_wait(struct console *c)
{
    uv_poll_stop(&c->poll);
    c->d->consoles.throttles++;
    put_off(c);
}

void flow_hold(struct console *c)
{
    c->held_until = uv_now(&c->d->loop) + HOLD_MS;
    put_off(c);
}

void flow_release(struct console *c)
{
    if (!c->held_until)
        return;
    c->held_until = 0;
    flow_leave(c);
    c->d->consoles.resume(c);
}

void flow_leave(struct console *c)
{
    struct consoles *all = &c->d->consoles;
    struct console **at = &all->throttled;

    if (!c->throttled)
        return;
    c->throttled = false;
    while (*at && *at != c)
        at = &(*at)->next_throttled;
    if (!*at)
        return;
    *at = c->next_throttled;
    if (all->throttled_end == &c->next_throttled)
        all->throttled_end = at;
}

void flow_start(struct daemon *d, void (*resume)(struct console *c))
{
    d->consoles.resume = resume;
    d->consoles.throttled_end = &d->consoles.throttled;
}
