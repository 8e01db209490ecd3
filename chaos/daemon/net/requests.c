/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests of clients, and their answers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"

#define RECLAIM_QUIET_NS 5000000000ULL

static bool wrong(struct daemon *d, struct conn *conn, const char *what)
{
    conn_error(d, conn, CHAOS_E_USAGE, EPROTO, what);
    return false;
}

static bool take(struct daemon *d, struct conn *conn, struct chaos_pool_reader *r)
{
    struct chaos_pool_take what;
    bool served;

    if (chaos_pool_take_decode(r, &what) < 0)
        return wrong(d, conn, "not a take");
    served = stock_take(d, conn, &what);
    new_vms_quiet(d);
    return served;
}

static bool give_back(struct daemon *d, struct conn *conn, struct chaos_pool_reader *r)
{
    while (r->p < r->end) {
        const char *uuid = chaos_pool_get(r, CHAOS_UUID_TEXT);

        if (!uuid || uuid[CHAOS_UUID_TEXT - 1] != '\0' || !stock_give_back(d, &conn->leases, uuid))
            return wrong(d, conn, "not a shell of yours");
    }
    return true;
}

/* Adds up the times of creations. What became of the shells is looked up in the registry instead.
 */
static bool done(struct daemon *d, struct conn *conn, struct chaos_pool_reader *r)
{
    struct chaos_pool_times times;

    if (chaos_pool_done_decode(r, &times) < 0)
        return wrong(d, conn, "not times of executes");
    for (unsigned int i = 0; i < CHAOS_POOL_BUCKETS; i++)
        d->pool.executes.buckets[i] += times.buckets[i];
    d->pool.executes.sum_ns += times.sum_ns;
    /* This is a client's last message. To hang up now saves both sides one wake-up. */
    conn->hung_up = true;
    return false;
}

static bool reclaim(struct daemon *d, struct conn *conn, struct chaos_pool_reader *r)
{
    uint64_t kib = chaos_pool_get_u64(r), freed;

    if (r->bad || r->p != r->end)
        return wrong(d, conn, "not a reclaim");
    /* A refill would take the memory away before the client gets it. */
    d->pool.no_refill_before = uv_hrtime() + RECLAIM_QUIET_NS;
    freed = stock_reclaim(d, kib);
    if (!freed)
        return conn_error(d, conn, CHAOS_E_NO_MEMORY, ENOMEM, "no shell is idle");
    log_line(LOG_NOTE, "%llu KiB of idle shells were freed for a creation",
             (unsigned long long)freed);
    d->due |= DUE_REFILL;
    return conn_ok(d, conn);
}

static bool text(struct daemon *d, struct conn *conn, char *text)
{
    struct chaos_pool_writer w;

    if (!text)
        return conn_error(d, conn, CHAOS_E_NO_MEMORY, ENOMEM, "out of memory");
    chaos_pool_begin(&w, d->out, CHAOS_POOL_MAX, CHAOS_POOL_TEXT);
    chaos_pool_put(&w, text, strlen(text));
    free(text);
    if (w.overflow) /* FLAVOURS_MAX does not let that happen */
        return conn_error(d, conn, CHAOS_E_FAILED, EMSGSIZE, "the answer is too long");
    return conn_send(conn, &w);
}

/* RESIZE, or FILL if `fill`: of one flavour or all. */
static bool resize(struct daemon *d, struct conn *conn, struct chaos_pool_reader *r, bool fill)
{
    uint32_t target = fill ? 0 : chaos_pool_get_u32(r);
    char name[CHAOS_POOL_FLAVOUR_MAX + 1] = ""; /* an empty one is none, not all */
    size_t len = r->end - r->p;
    bool all, any = false;

    if (r->bad || len >= sizeof(name) || target > 100000)
        return wrong(d, conn, "not a resize (a target from 0 to 100000 and a flavour)");
    memcpy(name, r->p, len);
    all = strcmp(name, CHAOS_POOL_ALL) == 0;
    for (struct flavour *fl = d->settings.flavours; fl; fl = fl->next) {
        if ((all || strcmp(fl->name, name) == 0) && chaos_pool_check(fl->cfg, target) < 0)
            return conn_error(d, conn, CHAOS_E_CONFIG, EINVAL,
                              "its shells cannot write to the same disk (target: 1 at most)");
    }
    for (struct flavour *fl = d->settings.flavours; fl; fl = fl->next) {
        if (!all && strcmp(fl->name, name) != 0)
            continue;
        stock_resize(d, fl, fill ? fl->configured : target);
        any = true;
    }
    return any ? conn_ok(d, conn)
               : conn_error(d, conn, CHAOS_E_NOT_FOUND, ENOENT,
                            "no such flavour; 'chaos pool list' shows them");
}

bool request(struct daemon *d, struct conn *conn, int type, struct chaos_pool_reader *r)
{
    bool looks = type == CHAOS_POOL_STATUS || type == CHAOS_POOL_METRICS;

    /* The group may look; shells and their number are root's. */
    if (!looks && !conn_is_root(conn)) {
        conn_error(d, conn, CHAOS_E_PERMISSION, EPERM, "only root may do this");
        return false;
    }
    if (conn->viewer.console && type != CHAOS_POOL_INPUT)
        return wrong(d, conn, "not input for a console");
    switch (type) {
    case CHAOS_POOL_CONSOLE:
        return viewer_attach(d, conn, r);
    case CHAOS_POOL_INPUT:
        return viewer_input(d, conn, r);
    case CHAOS_POOL_TAKE:
        return take(d, conn, r);
    case CHAOS_POOL_GIVE_BACK:
        return give_back(d, conn, r);
    case CHAOS_POOL_RECLAIM:
        return reclaim(d, conn, r);
    case CHAOS_POOL_DONE:
        return done(d, conn, r);
    case CHAOS_POOL_STATUS:
        return text(d, conn, status_text(d));
    case CHAOS_POOL_METRICS:
        return text(d, conn, metrics_text(d, conn_is_root(conn)));
    case CHAOS_POOL_RESIZE:
    case CHAOS_POOL_FILL:
        return resize(d, conn, r, type == CHAOS_POOL_FILL);
    default:
        return wrong(d, conn, "not a request");
    }
}
