/* SPDX-License-Identifier: BSD-3-Clause */
/* chaosd: keeps shells ready, and looks after VMs. See chaosd(8), docs/pool.md and docs/console.md.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/daemon.h"

static void on_end(uv_signal_t *handle, int sig)
{
    uv_stop(handle->loop);
}

static void on_restart(uv_signal_t *handle, int sig)
{
    struct daemon *d = handle->data;

    d->restarts_soon = true;
    uv_stop(handle->loop);
}

/* Moves the shells of an old flavour to its successor, if that would make the same. */
static void move_shells(struct daemon *d, struct flavour *from, struct flavour *to)
{
    bool same = to && from->warm == to->warm && from->shape->len == to->shape->len &&
                memcmp(from->shape->bytes, to->shape->bytes, from->shape->len) == 0;

    if (same && from->warm)
        same = strcmp(chaos_config_kernel(from->cfg), chaos_config_kernel(to->cfg)) == 0;
    if (same)
        to->image = from->image;
    while (same && from->nr_idle && to->nr_idle < to->target &&
           flavour_add(to, from->idle[from->nr_idle - 1]))
        from->nr_idle--;
    from->target = 0;
    stock_trim(d, from);
    if (!to)
        return;
    to->hits = from->hits;
    to->misses = from->misses;
    to->refills = from->refills;
    to->failures = from->failures;
    to->prepare_ns = from->prepare_ns;
}

static void move_leases(struct lease *lease, const struct flavour *from, struct flavour *to)
{
    for (; lease; lease = lease->next) {
        if (lease->flavour == from)
            lease->flavour = to;
    }
}

static void on_reload(uv_signal_t *handle, int sig)
{
    struct daemon *d = handle->data;
    struct settings fresh;

    if (settings_load(d->config_path, d->config_optional, &fresh, d->err) < 0) {
        log_line(LOG_ERR, "%s; the configuration stays what it was", chaos_error_message(d->err));
        settings_free(&fresh);
        return;
    }
    for (struct flavour *old = d->settings.flavours; old; old = old->next) {
        struct flavour *to = flavour_find(fresh.flavours, old->name);

        move_shells(d, old, to);
        move_leases(d->pool.orphans, old, NULL);
        for (struct conn *conn = d->net.conns; conn; conn = conn->next)
            move_leases(conn->leases, old, NULL);
    }
    settings_free(&d->settings);
    d->settings = fresh;
    consoles_reload(d);
    policy_listen(d);
    new_vms_scan(d);
    log_line(LOG_NOTE, "%s was read again", d->config_path);
    d->due |= DUE_REFILL | DUE_BRIDGES;
}

static int on_signal(struct daemon *d, uv_signal_t *handle, uv_signal_cb fn, int sig)
{
    int rc = uv_signal_init(&d->loop, handle);

    handle->data = d;
    return rc < 0 ? rc : uv_signal_start(handle, fn, sig);
}

/* Runs before the loop sleeps. What is due may make other things due. */
static void on_turn(uv_prepare_t *turn)
{
    struct daemon *d = turn->data;

    while (d->due) {
        unsigned int due = d->due;

        d->due = 0;
        if (due & DUE_HANG_UPS)
            conns_hang_up(d);
        if (due & DUE_CONSOLES)
            new_vms_again(d);
        if (due & DUE_POLICY)
            policy_look(d);
        if (due & DUE_BRIDGES)
            bridge_watch_look(d);
        if (due & DUE_REFILL)
            refill_look(d);
    }
    conns_check_later(d);
}

/* Timers, signals and the kernel loader: they are there before anything can use them. */
static int timers_start(struct daemon *d)
{
    uv_timer_t *timers[] = {&d->pool.refill,  &d->net.checks,    &d->policy.retry,
                            &d->policy.sweep, &d->consoles.tick, &d->consoles.later};

    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        uv_timer_init(&d->loop, timers[i]);
        timers[i]->data = d;
    }
    if (on_signal(d, &d->on_term, on_end, SIGTERM) < 0 ||
        on_signal(d, &d->on_int, on_end, SIGINT) < 0 ||
        on_signal(d, &d->on_usr1, on_restart, SIGUSR1) < 0 ||
        on_signal(d, &d->on_hup, on_reload, SIGHUP) < 0)
        return -1;
    d->turn.data = d;
    uv_prepare_init(&d->loop, &d->turn);
    uv_prepare_start(&d->turn, on_turn);
    return kernels_start(d);
}

static int open_all(struct daemon *d)
{
    int rc = chaos_host_open(d->run_dir, &d->host, d->err);

    if (rc < 0) {
        log_line(LOG_ERR, "%s", chaos_error_message(d->err));
        return chaos_error_status(d->err);
    }
    chaos_host_is_chaosd(d->host);
    if (lock_take(d) < 0)
        return CHAOS_E_BUSY;
    rc = journal_open(d);
    if (rc < 0) {
        log_line(LOG_ERR, "%s/pool: %s", d->run_dir, strerror(-rc));
        return CHAOS_E_IO;
    }
    if (listener_open(d) < 0)
        return CHAOS_E_IO;
    if (adopt(d) < 0)
        return CHAOS_E_FAILED;
    return listener_publish(d) < 0 ? CHAOS_E_IO : CHAOS_OK;
}

static int start(struct daemon *d)
{
    int status;

    d->err = chaos_error_new();
    d->in = malloc(CHAOS_POOL_MAX);
    d->out = malloc(CHAOS_POOL_MAX);
    if (!d->err || !d->in || !d->out) {
        log_line(LOG_ERR, "out of memory");
        return CHAOS_E_NO_MEMORY;
    }
    if (loop_open(d) < 0 || timers_start(d) < 0) {
        log_line(LOG_ERR, "cannot begin: no event loop");
        return CHAOS_E_FAILED;
    }
    status = open_all(d);
    if (status == CHAOS_OK && conns_start(d) < 0) {
        log_line(LOG_ERR, "cannot wait for clients");
        status = CHAOS_E_FAILED;
    }
    return status;
}

int daemon_start(struct daemon *d)
{
    int status = start(d);

    if (status != CHAOS_OK)
        return status;
    consoles_start(d);
    new_vms_start(d);
    policy_start(d);
    bridge_watch_start(d);
    d->due |= DUE_REFILL;
    return CHAOS_OK;
}

void daemon_stop(struct daemon *d)
{
    listener_close(d);
    conns_stop(d);
    new_vms_stop(d);
    consoles_stop(d);
    bridge_watch_stop(d);
    kernels_stop(d);
    if (!d->restarts_soon)
        stock_empty(d);
    leases_forget(&d->pool.orphans);
    loop_close(d);
    policy_stop(d);
    journal_close(d);
    chaos_host_close(d->host);
    chaos_error_free(d->err);
    free(d->in);
    free(d->out);
    if (d->net.reserve >= 0)
        close(d->net.reserve);
    if (d->net.lock >= 0)
        close(d->net.lock);
}
