/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When chaosd begins, it compares the journal with the hypervisor. It keeps the shells that are
 * whole, leaves those that a living process has taken to that process, and destroys the rest.
 * Domains with a name are VMs, and are not touched.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"
#include "daemon/pool/shells.h"

/* True if the flavour would make the same shell today. */
static bool same_flavour(const struct flavour *fl, const void *shape, uint32_t len,
                         const chaos_shell *shell)
{
    struct chaos_pool_image now, then;

    if (!fl || fl->shape->len != len || memcmp(fl->shape->bytes, shape, len) != 0 ||
        fl->warm != chaos_shell_warm(shell, &then))
        return false;
    return !fl->warm ||
           (chaos_pool_image(fl->cfg, &now, NULL) == 0 && memcmp(&now, &then, sizeof(now)) == 0);
}

static void adopt_idle(struct daemon *d, const char *flavour, const void *shape, uint32_t shape_len,
                       struct lease *lease)
{
    struct flavour *fl = flavour_find(d->settings.flavours, flavour);
    chaos_shell *shell = lease->shell;

    free(lease);
    if (same_flavour(fl, shape, shape_len, shell) && chaos_shell_intact(d->host, shell) &&
        fl->nr_idle < fl->target && flavour_add(fl, shell)) {
        chaos_shell_warm(shell, &fl->image);
        return;
    }
    stock_destroy(d, shell);
}

static void adopt_taken(struct daemon *d, const char *flavour, const void *shape,
                        uint32_t shape_len, struct lease *lease)
{
    struct flavour *fl = flavour_find(d->settings.flavours, flavour);

    if (same_flavour(fl, shape, shape_len, lease->shell))
        lease->flavour = fl;
    lease_add(&d->pool.orphans, lease);
}

static bool known(const struct daemon *d, const char *uuid)
{
    for (const struct flavour *fl = d->settings.flavours; fl; fl = fl->next) {
        for (unsigned int i = 0; i < fl->nr_idle; i++) {
            if (strcmp(chaos_shell_uuid(fl->idle[i]), uuid) == 0)
                return true;
        }
    }
    for (const struct lease *lease = d->pool.orphans; lease; lease = lease->next) {
        if (strcmp(lease->uuid, uuid) == 0) /* its shell may be gone already */
            return true;
    }
    return false;
}

/* Destroys the shells that a chaosd was making or destroying when it was killed. */
static int destroy_unknown(struct daemon *d)
{
    struct chaos_domain *doms;
    size_t count, destroyed = 0;
    int rc = chaos_list(d->host, &doms, &count, d->err);

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < count; i++) {
        if (!doms[i].pooled || doms[i].state == CHAOS_DYING || known(d, doms[i].uuid))
            continue;
        if (chaos_destroy(d->host, &doms[i], d->err) < 0)
            log_line(LOG_WARN, "domain %u: %s", doms[i].domid, chaos_error_message(d->err));
        else
            destroyed++;
    }
    free(doms);
    if (destroyed)
        log_line(LOG_NOTE, "%zu half-made shells were destroyed", destroyed);
    return 0;
}

/* Names, records and back ends that killed commands and other toolstacks left. That they cannot be
 * removed now keeps nobody from starting. */
static void sweep(struct daemon *d)
{
    size_t count;

    if (chaos_sweep(d->host, &count, d->err) < 0)
        log_line(LOG_WARN, "%s", chaos_error_message(d->err));
    if (count)
        log_line(LOG_NOTE, "%zu left-overs of domains that are gone were removed", count);
}

int adopt(struct daemon *d)
{
    unsigned int kept = 0;
    int rc = journal_each(d, false, adopt_idle);

    if (rc == 0)
        rc = journal_each(d, true, adopt_taken);
    if (rc < 0) {
        log_line(LOG_ERR, "cannot read the journal: %s", strerror(-rc));
        return rc;
    }
    journal_clean(d);
    orphans_look(d);
    rc = destroy_unknown(d);
    if (rc < 0) {
        log_line(LOG_ERR, "%s", chaos_error_message(d->err));
        return rc;
    }
    sweep(d);
    for (struct flavour *fl = d->settings.flavours; fl; fl = fl->next)
        kept += fl->nr_idle;
    if (kept)
        log_line(LOG_NOTE, "%u shells of the chaosd before were adopted", kept);
    return 0;
}
