/* SPDX-License-Identifier: BSD-3-Clause */
/* chaosd: keeps shells ready, and looks after VMs. See chaosd(8) and docs/pool.md. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chaosd.h"

#define CONFIG  "/etc/chaos/chaosd.yaml"
#define RUN_DIR "/run/chaos"

static void usage(FILE *to)
{
    fputs("Usage: chaosd [--config FILE] [--run-dir DIR] [--log-format text|json] "
          "[--check-config]\n\n"
          "Keeps shells of VMs ready for 'chaos create' and follows VMs' restart policies.\n\n"
          "      --config FILE      " CONFIG "\n"
          "      --run-dir DIR      " RUN_DIR "\n"
          "      --log-format F     messages as text (default) or json, a line each\n"
          "      --check-config     say what is wrong with the configuration, and end\n"
          "  -V, --version\n"
          "  -h, --help\n\n"
          "SIGHUP reads the configuration again. SIGTERM ends it; idle shells are destroyed.\n",
          to);
}

/* -1 to go on, else the exit code. */
static int parse(int argc, char **argv, struct daemon *d, bool *check)
{
    enum { CONFIG_OPT = 256, RUN_OPT, LOG_OPT, CHECK_OPT };
    static const struct option options[] = {{"config", required_argument, NULL, CONFIG_OPT},
                                            {"run-dir", required_argument, NULL, RUN_OPT},
                                            {"log-format", required_argument, NULL, LOG_OPT},
                                            {"check-config", no_argument, NULL, CHECK_OPT},
                                            {"version", no_argument, NULL, 'V'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int opt;

    while ((opt = getopt_long(argc, argv, "Vh", options, NULL)) != -1) {
        if (opt == CONFIG_OPT) {
            d->config_path = optarg;
        } else if (opt == RUN_OPT) {
            d->run_dir = optarg;
        } else if (opt == LOG_OPT && strcmp(optarg, "json") == 0) {
            log_json_lines();
        } else if (opt == LOG_OPT && strcmp(optarg, "text") == 0) {
            continue;
        } else if (opt == CHECK_OPT) {
            *check = true;
        } else if (opt == 'V') {
            puts("chaosd " CHAOS_VERSION);
            return CHAOS_OK;
        } else if (opt == 'h') {
            usage(stdout);
            return CHAOS_OK;
        } else {
            usage(stderr);
            return CHAOS_E_USAGE;
        }
    }
    if (optind == argc)
        return -1;
    usage(stderr);
    return CHAOS_E_USAGE;
}

static void on_end(uv_signal_t *handle, int sig)
{
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

static void on_signal(struct daemon *d, uv_signal_t *handle, uv_signal_cb fn, int sig)
{
    uv_signal_init(&d->loop, handle);
    handle->data = d;
    uv_signal_start(handle, fn, sig);
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

static int run(struct daemon *d)
{
    int status;

    d->err = chaos_error_new();
    d->in = malloc(CHAOS_POOL_MAX);
    d->out = malloc(CHAOS_POOL_MAX);
    if (!d->err || !d->in || !d->out || uv_loop_init(&d->loop) < 0) {
        log_line(LOG_ERR, "out of memory");
        return CHAOS_E_NO_MEMORY;
    }
    d->loop.data = d;
    status = open_all(d);
    if (status != CHAOS_OK) {
        listener_close(d);
        return status;
    }
    on_signal(d, &d->on_term, on_end, SIGTERM);
    on_signal(d, &d->on_int, on_end, SIGINT);
    on_signal(d, &d->on_hup, on_reload, SIGHUP);
    if (conns_start(d) < 0) {
        log_line(LOG_ERR, "cannot wait for clients");
        return CHAOS_E_FAILED;
    }
    refill_start(d);
    consoles_start(d);
    watch_start(d);
    notify_systemd("READY=1");
    uv_run(&d->loop, UV_RUN_DEFAULT);
    notify_systemd("STOPPING=1");
    listener_close(d);
    while (d->conns)
        conn_close(d, d->conns);
    consoles_stop(d);
    stock_empty(d);
    restart_sweep(d, true);
    chaos_ended_follow(d->host, false);
    return CHAOS_OK;
}

int main(int argc, char **argv)
{
    static struct daemon d = {.run_dir = RUN_DIR,
                              .config_path = CONFIG,
                              .lock = -1,
                              .listener = -1,
                              .watch_fd = -1,
                              .shells_dir = -1,
                              .consoles.inotify = -1,
                              .leases_fd = -1};
    char why[1024];
    bool check = false;
    int status = parse(argc, argv, &d, &check);

    if (status >= 0)
        return status;
    if (settings_load(d.config_path, &d.settings, why, sizeof(why)) < 0) {
        log_line(LOG_ERR, "%s", why);
        return CHAOS_E_CONFIG;
    }
    if (!check) {
        signal(SIGPIPE, SIG_IGN);
        status = run(&d);
        chaos_host_close(d.host);
        chaos_error_free(d.err);
        free(d.leases);
        free(d.in);
        free(d.out);
    }
    settings_free(&d.settings);
    return check ? CHAOS_OK : status;
}
