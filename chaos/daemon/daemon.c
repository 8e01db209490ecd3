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

/* What an old flavour has goes to its successor where that would make the same. */
static void inherit(struct daemon *d, struct flavour *from, struct flavour *to)
{
    bool same = to && from->warm == to->warm && from->shape->len == to->shape->len &&
                memcmp(from->shape->bytes, to->shape->bytes, from->shape->len) == 0;

    if (same && from->warm)
        same = strcmp(chaos_config_kernel(from->cfg), chaos_config_kernel(to->cfg)) == 0;
    if (same)
        to->image = from->image;
    while (same && from->nr_idle && to->nr_idle < to->target &&
           stock_add(to, from->idle[from->nr_idle - 1]))
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
    char why[1024];

    if (settings_load(d->config_path, &fresh, why, sizeof(why)) < 0) {
        log_line(LOG_ERR, "%s; the configuration stays what it was", why);
        return;
    }
    for (struct flavour *old = d->settings.flavours; old; old = old->next) {
        struct flavour *to = flavour_find(fresh.flavours, old->name);

        inherit(d, old, to);
        move_leases(d->orphans, old, NULL);
        for (struct conn *conn = d->conns; conn; conn = conn->next)
            move_leases(conn->leases, old, NULL);
    }
    settings_free(&d->settings);
    d->settings = fresh;
    consoles_reload(d);
    log_line(LOG_NOTE, "%s was read again", d->config_path);
    refill_soon(d);
}

static int on_signal(struct daemon *d, uv_signal_t *handle, uv_signal_cb fn, int sig)
{
    int rc = uv_signal_init(&d->loop, handle);

    handle->data = d;
    return rc < 0 ? rc : uv_signal_start(handle, fn, sig);
}

/* All that may be used before something has happened for the first time. */
static int timers_start(struct daemon *d)
{
    uv_timer_t *timers[] = {&d->refill, &d->patience,      &d->policy,
                            &d->sweep,  &d->consoles.tick, &d->consoles.later};

    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        uv_timer_init(&d->loop, timers[i]);
        timers[i]->data = d;
    }
    if (on_signal(d, &d->on_term, on_end, SIGTERM) < 0 ||
        on_signal(d, &d->on_int, on_end, SIGINT) < 0 ||
        on_signal(d, &d->on_usr1, on_restart, SIGUSR1) < 0 ||
        on_signal(d, &d->on_hup, on_reload, SIGHUP) < 0)
        return -1;
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
    refill_start(d);
    consoles_start(d);
    watch_start(d);
    return CHAOS_OK;
}

void daemon_stop(struct daemon *d)
{
    listener_close(d);
    while (d->conns) {
        leases_forget(&d->conns->leases);
        conn_close(d, d->conns);
    }
    consoles_stop(d);
    kernels_stop(d);
    if (!d->restarts_soon)
        stock_empty(d);
    leases_forget(&d->orphans);
    restart_sweep(d, true);
    loop_close(d);
    if (d->host)
        chaos_ended_follow(d->host, false);
    journal_close(d);
    chaos_host_close(d->host);
    chaos_error_free(d->err);
    free(d->in);
    free(d->out);
    if (d->reserve >= 0)
        close(d->reserve);
    if (d->lock >= 0)
        close(d->lock);
}
