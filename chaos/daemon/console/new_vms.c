/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hears of new VMs by the names that are claimed for them, and attaches to their consoles, some at
 * a time, when no client wants a shell. While a shell is becoming a VM, the news of it stays in the
 * kernel's queue: to wake up for it would delay that VM's creation.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "daemon/console/console.h"
#include "daemon/daemon.h"

#define AT_ONCE     8
#define NEXT_MS     1
#define QUIET_MS    5
#define QUIET_NS    3000000ULL
#define PATIENCE_NS 200000000ULL /* however busy chaosd is */
#define AGAIN_NS                                                                                   \
    30000000000ULL /* a console that another process holds, or that there is no room for */

static void on_later(uv_timer_t *timer);

static void later(struct daemon *d, uint64_t ms)
{
    struct consoles *all = &d->consoles;

    if (!all->later_since)
        all->later_since = uv_hrtime();
    if (!uv_is_active((uv_handle_t *)&all->later) || uv_timer_get_due_in(&all->later) > ms)
        uv_timer_start(&all->later, on_later, ms, 0);
}

static void on_heard(uv_poll_t *poll, int status, int events)
{
    struct daemon *d = poll->data;

    uv_poll_stop(poll);
    later(d, QUIET_MS);
}

void new_vms_quiet(struct daemon *d)
{
    struct consoles *all = &d->consoles;

    if (all->inotify < 0 || !uv_is_active((uv_handle_t *)&all->heard))
        return;
    uv_poll_stop(&all->heard);
    later(d, QUIET_MS);
}

static void add(struct consoles *all, const char *name)
{
    if (all->nr_names == all->names_room) {
        unsigned int room = all->names_room ? all->names_room * 2 : 64;
        void *grown = realloc(all->names, room * sizeof(*all->names));

        if (!grown) {
            all->scan = true;
            return;
        }
        all->names = grown;
        all->names_room = room;
    }
    snprintf(all->names[all->nr_names++], sizeof(*all->names), "%s", name);
}

/* Reads the names of the new VMs, if any. */
static void hear(struct consoles *all)
{
    char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t n;

    while (all->inotify >= 0 && (n = read(all->inotify, buf, sizeof(buf))) > 0) {
        for (ssize_t at = 0; at < n;) {
            const struct inotify_event *event = (const void *)(buf + at);

            if (event->mask & IN_Q_OVERFLOW)
                all->scan = true;
            else if (event->len && chaos_name_valid(event->name))
                add(all, event->name);
            at += (ssize_t)(sizeof(*event) + event->len);
        }
    }
}

/* Looks at all VMs; false if that is to be tried again in a while. */
static bool scan_all(struct daemon *d)
{
    struct consoles *all = &d->consoles;
    struct chaos_domain *doms;
    size_t count;

    all->scan = false;
    if (chaos_list(d->host, &doms, &count, d->err) < 0) {
        log_line(LOG_WARN, "consoles: %s", chaos_error_message(d->err));
        return false;
    }
    for (size_t i = 0; i < count && !all->scan; i++) {
        if (doms[i].ours && doms[i].name[0] && doms[i].domid && doms[i].state != CHAOS_DYING &&
            !console_find(d, &doms[i]))
            add(all, doms[i].name);
    }
    free(doms);
    if (!all->scan)
        return true;
    all->scan = false; /* there was no memory for the rest of them */
    return false;
}

/* Attaches to the console of one VM; false if that is to be tried again. */
static bool attach(struct daemon *d, const char *name)
{
    struct chaos_domain dom;
    struct console *c;
    int rc = chaos_find(d->host, name, &dom, d->err);

    if (rc < 0 || !dom.ours || !dom.name[0] || !dom.domid || dom.state == CHAOS_DYING ||
        console_find(d, &dom))
        return true; /* gone already, or known */
    rc = console_new(d, &dom, &c);
    if (rc == 0 || rc == -ENOENT || rc == -ESRCH)
        return true;
    if (!d->consoles.failure_logged)
        log_line(LOG_WARN, "\"%s\": its console is not served: %s", name,
                 rc == -ENOMEM ? "no descriptors or no memory left" : chaos_error_message(d->err));
    d->consoles.failure_logged = true;
    return false;
}

static void on_later(uv_timer_t *timer)
{
    struct daemon *d = timer->data;
    struct consoles *all = &d->consoles;
    uint64_t now = uv_hrtime();
    bool again = false;

    if (now < d->pool.last_take + QUIET_NS && now < all->later_since + PATIENCE_NS) {
        uv_timer_start(timer, on_later, QUIET_MS, 0);
        return;
    }
    hear(all);
    if (all->again_at && now >= all->again_at) {
        all->again_at = 0;
        all->scan = true;
    }
    if (all->scan && all->nr_names == 0)
        again = !scan_all(d);
    for (int i = 0; i < AT_ONCE && all->nr_names; i++)
        again |= !attach(d, all->names[--all->nr_names]);
    if (again && !all->again_at)
        all->again_at = now + AGAIN_NS;
    if (all->nr_names || all->scan) {
        uv_timer_start(timer, on_later, NEXT_MS, 0);
        return;
    }
    all->later_since = 0;
    if (all->inotify >= 0)
        uv_poll_start(&all->heard, UV_READABLE, on_heard);
    if (all->again_at)
        uv_timer_start(timer, on_later, (all->again_at - now) / 1000000 + 1, 0);
}

void new_vms_again(struct daemon *d)
{
    struct consoles *all = &d->consoles;

    if (!all->again_at)
        all->again_at = uv_hrtime() + AGAIN_NS;
    later(d, AGAIN_NS / 1000000);
}

void new_vms_scan(struct daemon *d)
{
    d->consoles.scan = true;
    d->consoles.failure_logged = false;
    uv_timer_stop(&d->consoles.later);
    later(d, 0);
}

void new_vms_start(struct daemon *d)
{
    struct consoles *all = &d->consoles;
    char path[PATH_MAX];

    all->heard.data = d;
    snprintf(path, sizeof(path), "%s/names", d->run_dir);
    all->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (all->inotify >= 0 &&
        (inotify_add_watch(all->inotify, path, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0 ||
         uv_poll_init(&d->loop, &all->heard, all->inotify) < 0)) {
        close(all->inotify);
        all->inotify = -1;
    }
    if (all->inotify < 0)
        log_line(LOG_WARN, "cannot hear of new VMs (%s): their consoles are served when asked for",
                 strerror(errno));
    new_vms_scan(d);
}

void new_vms_stop(struct daemon *d)
{
    struct consoles *all = &d->consoles;

    /* The timer ends with the loop: where there is none, it is no timer yet. */
    if (all->inotify >= 0) {
        uv_poll_stop(&all->heard);
        close(all->inotify);
        all->inotify = -1;
    }
    free(all->names);
    all->names = NULL;
    all->nr_names = all->names_room = 0;
}
