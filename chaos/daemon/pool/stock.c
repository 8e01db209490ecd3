/* SPDX-License-Identifier: BSD-3-Clause */
/* Hands out idle shells, takes them back, and destroys them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fault.h"
#include "daemon/daemon.h"
#include "daemon/pool/shells.h"

void stock_destroy(struct daemon *d, chaos_shell *shell)
{
    char uuid[CHAOS_UUID_TEXT];

    memcpy(uuid, chaos_shell_uuid(shell), sizeof(uuid));
    if (chaos_fault("pool.destroy") < 0 || chaos_shell_destroy(d->host, shell) < 0) {
        orphan_add(d, shell);
        return;
    }
    chaos_fault("pool.destroyed");
    journal_drop_idle(d, uuid);
}

static void make_idle(struct daemon *d, struct flavour *flavour, chaos_shell *shell)
{
    if (flavour->nr_idle >= flavour->target || !flavour_add(flavour, shell))
        stock_destroy(d, shell);
}

void stock_trim(struct daemon *d, struct flavour *flavour)
{
    while (flavour->nr_idle > flavour->target)
        stock_destroy(d, flavour->idle[--flavour->nr_idle]);
}

void stock_resize(struct daemon *d, struct flavour *flavour, unsigned int target)
{
    flavour->target = target;
    flavour->backoff_ms = 0;
    flavour->not_before = 0;
    flavour->filling = true;
    stock_trim(d, flavour);
    d->due |= DUE_REFILL;
}

void stock_empty(struct daemon *d)
{
    for (struct flavour *fl = d->settings.flavours; fl; fl = fl->next) {
        fl->target = 0;
        stock_trim(d, fl);
    }
}

/* Destroys shells of the flavour whose idle shells have most memory first. */
uint64_t stock_reclaim(struct daemon *d, uint64_t kib)
{
    uint64_t freed = 0;

    while (freed < kib) {
        struct flavour *most = NULL;
        uint64_t most_kib = 0;

        for (struct flavour *fl = d->settings.flavours; fl; fl = fl->next) {
            uint64_t has = fl->nr_idle * chaos_config_memory_kib(fl->cfg);

            if (has > most_kib) {
                most = fl;
                most_kib = has;
            }
        }
        if (!most)
            break;
        freed += chaos_shell_kib(most->idle[most->nr_idle - 1]);
        stock_destroy(d, most->idle[--most->nr_idle]);
    }
    return freed;
}

/* Destroys the idle shells of a warm flavour if its kernel or ramdisk has changed. */
static void drop_stale(struct daemon *d, struct flavour *flavour)
{
    struct chaos_pool_image now;

    if (flavour->nr_idle && chaos_pool_image(flavour->cfg, &now, NULL) == 0 &&
        memcmp(&now, &flavour->image, sizeof(now)) == 0)
        return;
    if (flavour->nr_idle)
        log_line(LOG_NOTE, "%s: kernel or ramdisk has changed; its shells are made anew",
                 flavour->name);
    while (flavour->nr_idle)
        stock_destroy(d, flavour->idle[--flavour->nr_idle]);
}

/* A warm flavour of this image, else a cold one. */
static struct flavour *match_shape(struct daemon *d, const struct chaos_pool_take *take, bool exact)
{
    struct flavour *cold = NULL;

    for (struct flavour *fl = d->settings.flavours; fl; fl = fl->next) {
        if (!chaos_pool_shapes_fit(fl->shape->bytes, fl->shape->len, take->shape, take->shape_len,
                                   exact))
            continue;
        if (!fl->warm && (!cold || cold->nr_idle == 0))
            cold = fl;
        else if (fl->warm && memcmp(&fl->image, &take->image, sizeof(fl->image)) == 0) {
            if (fl->nr_idle || !cold)
                return fl;
        } else if (fl->warm) {
            drop_stale(d, fl);
            d->due |= DUE_REFILL;
        }
    }
    return cold;
}

/* The flavour to take from. One that says as much of its devices as the VM does is better than one
 * of which the client has to find out whether its bus is the VM's. */
static struct flavour *match(struct daemon *d, const struct chaos_pool_take *take)
{
    struct flavour *best = match_shape(d, take, true), *other;

    if (best && best->nr_idle)
        return best;
    other = match_shape(d, take, false);
    return other && (other->nr_idle || !best) ? other : best;
}

bool stock_give_back(struct daemon *d, struct lease **list, const char *uuid)
{
    for (; *list; list = &(*list)->next) {
        struct lease *lease = *list;

        if (strcmp(lease->uuid, uuid) != 0)
            continue;
        *list = lease->next;
        if (lease->flavour && chaos_shell_intact(d->host, lease->shell) &&
            chaos_shell_named(d->host, lease->shell) == 0 && journal_idle(d, lease) == 0) {
            make_idle(d, lease->flavour, lease->shell);
            free(lease);
        } else {
            lease_end(d, lease);
        }
        return true;
    }
    return false;
}

static uint64_t boot_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_BOOTTIME, &ts);
    return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

/* Marks a shell as taken and writes it into the message. NULL if that fails: it stays idle then. */
static struct lease *hand_out(struct daemon *d, struct flavour *flavour, pid_t pid, uint64_t now_ms,
                              struct chaos_pool_writer *w)
{
    struct lease *lease = calloc(1, sizeof(*lease));
    size_t at = w->used;
    int len;

    if (!lease)
        return NULL;
    *lease = (struct lease){.flavour = flavour,
                            .shell = flavour->idle[flavour->nr_idle - 1],
                            .pid = pid,
                            .taken_ms = now_ms};
    memcpy(lease->uuid, chaos_shell_uuid(lease->shell), CHAOS_UUID_TEXT);
    chaos_pool_put_u32(w, 0);
    len = w->overflow ? -EMSGSIZE
                      : chaos_shell_pack(lease->shell, w->buf + w->used, w->room - w->used);
    if (len < 0 || journal_taken(d, lease) < 0) {
        w->used = at;
        w->overflow = false;
        free(lease);
        return NULL;
    }
    memcpy(w->buf + at, &(uint32_t){len}, sizeof(uint32_t));
    w->used += len;
    flavour->nr_idle--;
    return lease;
}

/* Takes back shells that could not be sent: no client knows them. */
static void undo(struct daemon *d, struct lease *fresh)
{
    while (fresh) {
        struct lease *lease = fresh;

        fresh = lease->next;
        if (journal_idle(d, lease) == 0) {
            make_idle(d, lease->flavour, lease->shell);
            free(lease);
        } else {
            lease->next = NULL;
            leases_end(d, &lease);
        }
    }
}

/* A shell without its bridge would be a VM that nobody reaches: its creation is to fail instead,
 * with the reason. */
static bool bridged(struct daemon *d, const struct flavour *flavour)
{
    if (bridge_watch_hear(d))
        bridge_watch_look(d);
    return !flavour->unplugged;
}

bool stock_take(struct daemon *d, struct conn *conn, const struct chaos_pool_take *take)
{
    uint64_t start = uv_hrtime(), now_ms = boot_ms();
    struct flavour *flavour = match(d, take);
    bool may = flavour && (!flavour->has_bridge || bridged(d, flavour));
    struct chaos_pool_writer w;
    struct lease *fresh = NULL;
    uint32_t count = 0;
    size_t at;
    bool sent;

    chaos_pool_begin(&w, d->out, CHAOS_POOL_MAX, CHAOS_POOL_SHELLS);
    at = w.used;
    chaos_pool_put_u32(&w, 0);
    while (may && flavour->nr_idle && count < take->count) {
        struct lease *lease = hand_out(d, flavour, conn->peer.pid, now_ms, &w);

        if (!lease)
            break;
        lease_add(&fresh, lease);
        count++;
    }
    memcpy(w.buf + at, &count, sizeof(count));
    if (chaos_fault("take.marked") < 0 || !conn_send(conn, &w)) {
        undo(d, fresh);
        return false;
    }
    sent = chaos_fault("take.sent") == 0;
    while (fresh) {
        struct lease *lease = fresh;

        fresh = lease->next;
        lease_add(&conn->leases, lease);
    }
    if (flavour) {
        flavour->hits += count;
        flavour->misses += count == 0;
    }
    d->pool.last_take = uv_hrtime();
    chaos_pool_count(&d->pool.takes, d->pool.last_take - start);
    d->due |= DUE_REFILL;
    return sent;
}
