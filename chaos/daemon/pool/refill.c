/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes shells, one at a time, when no client wants anything: so a take waits for one prepare at
 * most. The next shell waits as long as max_cpu_share wants it, given the cost of this one. If a
 * shell cannot be made, its flavour waits, each time twice as long.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fault.h"
#include "daemon/daemon.h"
#include "daemon/pool/shells.h"

#define QUIET_NS 3000000ULL /* since the last take, unless a flavour is empty */
#define MS       1000000ULL

static bool wants(struct flavour *fl)
{
    if (fl->nr_idle >= fl->target)
        fl->filling = false;
    else if (fl->nr_idle < fl->low || fl->nr_idle == 0)
        fl->filling = true;
    return fl->filling;
}

/* The flavour that is due and lacks most. *wait_ms: when the next one is due; 0: never. */
static struct flavour *choose(struct daemon *d, uint64_t now, uint64_t *wait_ms)
{
    struct flavour *best = NULL;
    uint64_t soonest = UINT64_MAX;

    for (struct flavour *fl = d->settings.flavours; fl; fl = fl->next) {
        uint64_t due = fl->not_before;

        if (!wants(fl) || fl->loading)
            continue;
        if (fl->nr_idle && due < d->pool.last_take + QUIET_NS)
            due = d->pool.last_take + QUIET_NS;
        if (due < d->pool.no_refill_before)
            due = d->pool.no_refill_before;
        if (due < soonest)
            soonest = due;
        if (due <= now &&
            (!best || fl->nr_idle * (uint64_t)best->target < best->nr_idle * (uint64_t)fl->target))
            best = fl;
    }
    *wait_ms = soonest == UINT64_MAX ? 0 : soonest <= now ? 1 : (soonest - now + MS - 1) / MS;
    return best;
}

/* Whether keep_free would still be free after one more shell. */
static bool memory_left(struct daemon *d, const struct flavour *fl)
{
    struct chaos_host_info info;

    return d->settings.keep_free_kib == 0 || chaos_host_info(d->host, &info, NULL) < 0 ||
           info.free_kib >= d->settings.keep_free_kib + chaos_config_memory_kib(fl->cfg);
}

static int make_one(struct daemon *d, struct flavour *fl)
{
    chaos_shell *shell;
    int rc;

    if (fl->warm && kernel_wait(d, chaos_config_kernel(fl->cfg))) {
        fl->loading = true;
        return -EAGAIN;
    }
    if (!memory_left(d, fl)) {
        flavour_failed(fl, "waits for hypervisor memory (keep_free)");
        return -ENOMEM;
    }
    rc = chaos_fault("refill.start");
    if (rc == 0)
        rc = chaos_pool_prepare(d->host, fl->cfg, fl->warm, &shell, d->err);
    if (rc < 0) {
        flavour_failed(fl, chaos_error_message(d->err)[0] ? chaos_error_message(d->err)
                                                          : strerror(-rc));
        return rc;
    }
    if (fl->warm) {
        struct chaos_pool_image image;

        chaos_shell_warm(shell, &image);
        if (memcmp(&image, &fl->image, sizeof(image)) !=
            0) { /* the kernel has changed since the older ones */
            while (fl->nr_idle)
                stock_destroy(d, fl->idle[--fl->nr_idle]);
            fl->image = image;
        }
    }
    rc = chaos_fault("refill.prepared");
    if (rc == 0)
        rc = journal_add(d, fl, shell);
    if (rc == 0)
        rc = chaos_fault("refill.journal");
    if (rc < 0 || !flavour_add(fl, shell)) {
        stock_destroy(d, shell);
        flavour_failed(fl, rc == -EMSGSIZE ? "its memory is in too many pieces for the pool"
                                           : "cannot write the journal");
        return -EIO;
    }
    return 0;
}

static void step(struct daemon *d, struct flavour *fl)
{
    uint64_t start = uv_hrtime(), spent, pause;

    if (make_one(d, fl) < 0)
        return;
    fl->refills++;
    fl->backoff_ms = 0;
    fl->error[0] = '\0';
    spent = uv_hrtime() - start;
    fl->prepare_ns += spent;
    pause = spent * (100 - fl->cpu_percent) / fl->cpu_percent;
    if (pause < 1000000000ULL / fl->rate)
        pause = 1000000000ULL / fl->rate;
    fl->not_before = start + spent + pause;
}

static void on_timer(uv_timer_t *timer)
{
    struct daemon *d = timer->data;
    uint64_t wait;
    struct flavour *fl = choose(d, uv_hrtime(), &wait);

    if (fl) {
        step(d, fl);
        choose(d, uv_hrtime(), &wait);
    }
    if (wait)
        uv_timer_start(&d->pool.refill, on_timer, wait, 0);
}

/* The timer may be waiting for another flavour, which is due later. */
static void at_latest(struct daemon *d, uint64_t ms)
{
    if (!uv_is_active((uv_handle_t *)&d->pool.refill) || uv_timer_get_due_in(&d->pool.refill) > ms)
        uv_timer_start(&d->pool.refill, on_timer, ms, 0);
}

void refill_look(struct daemon *d)
{
    uint64_t wait;

    uv_update_time(&d->loop);
    choose(d, uv_hrtime(), &wait);
    if (wait)
        at_latest(d, wait);
}
