/* SPDX-License-Identifier: BSD-3-Clause */
/* The logs of VMs' output. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "daemon/console/console.h"
#include "daemon/daemon.h"

#define LOG_AGAIN_MS 60000
/* A chaos console that had the log lets go of it in a moment. */
#define LOG_BUSY_MS     5
#define LOG_PATIENCE_MS 1000

static bool has_log(const struct console *c)
{
    return c->own.log || (c->d->settings.console.log_dir[0] && !c->own.log_off);
}

/* Opens the log that the VM's configuration names, or one with the VM's name in log_dir. */
static int open_log(struct console *c)
{
    const struct console_settings *set = &c->d->settings.console;
    uint64_t kib = c->own.log_kib ? c->own.log_kib : set->log_kib;
    unsigned int keep = c->own.log_keep < 0 ? set->log_keep : (unsigned int)c->own.log_keep;
    char path[PATH_MAX];

    if (c->own.log)
        snprintf(path, sizeof(path), "%s", c->own.log);
    else
        snprintf(path, sizeof(path), "%s/%s.log", set->log_dir, c->dom.name);
    return chaos_log_open(path, kib * 1024, keep, &c->log, c->d->err);
}

static bool lives(const struct console *c)
{
    struct chaos_domain now;

    return !c->ended && chaos_find(c->d->host, c->dom.uuid, &now, NULL) == 0 &&
           now.state != CHAOS_DYING;
}

/* True where `o` has the log that `c` would have, and nothing more to write: it is the former
 * domain of a VM that was restarted, or its VM was destroyed and chaosd is about to hear of it. */
static bool has_done(const struct console *o, const struct console *c)
{
    bool same = o->own.log && c->own.log ? strcmp(o->own.log, c->own.log) == 0
                                         : strcmp(o->dom.name, c->dom.name) == 0;

    return o != c && o->log && same && !lives(o);
}

static bool former_lets_go(const struct console *c)
{
    const struct consoles *all = &c->d->consoles;

    for (uint32_t domid = 0; domid < all->room; domid++) {
        struct console *o = all->by_domid[domid];

        if (o && has_done(o, c)) {
            console_log_close(o);
            o->log_again = UINT64_MAX; /* for good: the log is the other one's */
            return true;
        }
    }
    return false;
}

static void log_failed(struct console *c, int rc, const char *why)
{
    uint64_t now = uv_now(&c->d->loop);

    console_log_close(c);
    c->log_again = now + (rc == -EBUSY ? LOG_BUSY_MS : LOG_AGAIN_MS);
    if (rc == -EBUSY && !c->unlogged) /* nothing is missing yet */
        c->log_told = now + LOG_PATIENCE_MS;
    if (now < c->log_told)
        return;
    c->log_told = now + LOG_AGAIN_MS;
    c->d->consoles.log_errors++;
    log_line(LOG_WARN, "\"%s\": its console's log fails, some of it is missing: %s", c->dom.name,
             why);
}

/* Writes what the log has missed, as far as it is kept. */
static int catch_up(struct console *c)
{
    uint32_t from = c->unlogged_from;
    char buf[2048];
    size_t n;
    int rc = 0;

    if (c->end - from > c->used)
        from = c->end - (uint32_t)c->used;
    while (rc == 0 && (n = console_copy(c, from, buf, sizeof(buf))) > 0) {
        rc = chaos_log_write(c->log, buf, n);
        from += (uint32_t)n;
    }
    if (rc == 0)
        c->unlogged = false;
    return rc;
}

static int log_now(struct console *c, const char *buf, size_t len)
{
    int rc = 0;

    if (!c->log) {
        rc = open_log(c);
        if (rc == -EBUSY && former_lets_go(c))
            rc = open_log(c);
        if (rc < 0)
            return rc;
        c->d->consoles.nr_logs++;
    }
    if (c->unlogged)
        rc = catch_up(c);
    return rc < 0 ? rc : chaos_log_write(c->log, buf, len);
}

void console_log(struct console *c, const char *buf, size_t len)
{
    int rc = -EAGAIN;

    if (!has_log(c))
        return;
    if (c->log || uv_now(&c->d->loop) >= c->log_again) {
        bool opens = !c->log;

        rc = log_now(c, buf, len);
        if (rc < 0)
            log_failed(c, rc, opens && !c->log ? chaos_error_message(c->d->err) : strerror(-rc));
    }
    if (rc < 0 && !c->unlogged) {
        c->unlogged = true;
        c->unlogged_from = c->end; /* `buf` is kept after it was logged */
    }
}

void console_log_close(struct console *c)
{
    if (!c->log)
        return;
    chaos_log_close(c->log);
    c->log = NULL;
    c->d->consoles.nr_logs--;
}
