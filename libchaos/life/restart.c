/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A restart. From before the old domain goes until its successor runs, the old domain's record says
 * that the VM waits for its restart, and which domain is being made for it. So a process may be
 * killed at any point, and another one goes on; and a VM whose restart fails keeps its name.
 *
 * What can be checked is checked while the old domain is still there, and where memory allows its
 * successor is built by then. Disks have one writer, so that back ends are made after it has gone.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/fault.h"
#include "base/util.h"
#include "base/uuid.h"
#include "config/config.h"
#include "life/backoff.h"
#include "life/execute.h"
#include "life/domain.h"
#include "life/restart.h"
#include "pool/pool_client.h"

/* What the hypervisor needs for a domain beside its memory. */
#define OVERHEAD_KIB 4096

struct restart {
    chaos_host *host;
    const struct chaos_domain *old;
    const chaos_config *cfg;
    struct record rec; /* the old domain's */
    struct hv_domain domain;
    bool exists; /* the old domain, as `domain` says */
    uint8_t next[16];
    struct chaos_shell *shell; /* the successor; NULL: not made yet */
};

static int fault(const char *point, chaos_error *err)
{
    return chaos_fault(point) < 0 ? error_set(err, CHAOS_E_FAILED, EIO, "fault at %s", point) : 0;
}

/* Another attempt begins: `next` is the domain that is going to be made. Why the last one failed is
 * still told while this one is under way. */
static int write_begin(struct restart *r, enum chaos_reason reason, chaos_error *err)
{
    struct record_restart *restart = &r->rec.restart;
    int rc;

    restart->pending = true;
    restart->reason = reason;
    restart->attempts++;
    restart->tried = time(NULL);
    if (r->shell)
        memcpy(restart->next, r->shell->uuid_text, sizeof(restart->next));
    else
        uuid_format(r->next, restart->next);
    rc = registry_replace(&r->host->registry, &r->rec, err);
    return rc < 0 ? rc : fault("restart.marked", err);
}

static void write_failure(struct restart *r, enum chaos_reason reason, const chaos_error *why)
{
    struct record_restart *restart = &r->rec.restart;

    restart->pending = true;
    restart->reason = reason;
    restart->next[0] = '\0';
    snprintf(restart->why, sizeof(restart->why), "%.*s", (int)sizeof(restart->why) - 1, why->text);
    registry_replace(&r->host->registry, &r->rec, NULL);
}

/* Makes the successor without its devices. */
static int make_shell(struct restart *r, chaos_error *err)
{
    int rc = shell_make(r->host, r->cfg, r->next, &r->shell, err);

    if (rc == 0 && r->rec.bus_why[0])
        r->shell->bus_why = r->rec.bus_why;
    if (rc == 0)
        rc = shell_build_ahead(r->host, r->shell, r->cfg, err);
    if (rc < 0 && r->shell) {
        shell_discard(r->host, r->shell);
        r->shell = NULL;
    }
    return rc;
}

/* The same beside the old domain, if there is memory for both. */
static int make_shell_ahead(struct restart *r, chaos_error *err)
{
    struct chaos_host_info info;
    struct chaos_error why;
    int rc;

    if (r->shell || !r->exists || hv_host_info(r->host->hv, &info, NULL) < 0 ||
        info.free_kib < r->cfg->memory_kib + OVERHEAD_KIB)
        return 0;
    rc = make_shell(r, &why);
    return rc == 0 || rc == -ENOMEM ? 0 : error_copy(err, rc, &why);
}

static int make_shell_reclaiming(struct restart *r, chaos_error *err)
{
    struct chaos_error why;
    int rc = make_shell(r, &why);

    if (rc == -ENOMEM && pool_reclaim(r->host, r->cfg))
        return make_shell(r, err);
    return rc < 0 ? error_copy(err, rc, &why) : 0;
}

/* Destroys the old domain. One that is gone may have left back ends. */
static int end_old(struct restart *r, chaos_error *err)
{
    struct device_guest gone = {.domid = r->rec.domid};
    struct hv_domain other;
    int rc = 0;

    if (r->exists)
        rc = domain_end(r->host, r->domain.domid, r->domain.uuid, true, err);
    else if (uuid_parse(r->rec.uuid, gone.uuid) &&
             hv_domain_info(r->host->hv, gone.domid, &other, NULL) == -ENOENT)
        devices_remove_all(&r->host->devices, &gone);
    return rc < 0 ? rc : fault("restart.destroyed", err);
}

/* From the old domain to its successor, which runs. */
static int replace(struct restart *r, bool paused, uint32_t *domid, chaos_error *err)
{
    struct chaos_shell *shell;
    int rc = make_shell_ahead(r, err);

    if (rc == 0)
        rc = end_old(r, err);
    if (rc == 0 && !r->shell)
        rc = make_shell_reclaiming(r, err);
    if (rc == 0 && !r->shell->pooled)
        rc = shell_devices(r->host, r->shell, r->cfg, err);
    if (rc == 0)
        rc = fault("restart.made", err);
    shell = steal(r->shell);
    if (rc < 0) {
        if (shell)
            chaos_discard(r->host, shell);
        return rc;
    }
    return shell_execute(r->host, shell, r->cfg, r->old->name, r->old->uuid, paused, domid, err);
}

/* The successor has the bus of the old domain: what is known to work with this guest. */
static bool over_xenstore(const struct restart *r)
{
    uint8_t uuid[16];

    return uuid_parse(r->old->uuid, uuid) && uuid_over_xenstore(uuid);
}

static int attempt(struct restart *r, enum chaos_reason reason, bool paused, uint32_t *domid,
                   chaos_error *err)
{
    int rc = restart_check(r->host, r->cfg, r->exists ? r->domain.pages * 4 : 0, err);

    if (rc < 0) {
        r->rec.restart.attempts++;
        r->rec.restart.tried = time(NULL);
        return rc;
    }
    rc = uuid_make(r->next, over_xenstore(r) ? UUID_XENSTORE : 0);
    if (rc < 0)
        return error_errno(err, CHAOS_E_FAILED, -rc, "no random numbers for a uuid");
    r->shell = pool_take(r->host, r->cfg);
    if (r->shell && uuid_over_xenstore(r->shell->uuid) != over_xenstore(r)) {
        chaos_discard(r->host, r->shell);
        r->shell = NULL;
    }
    rc = write_begin(r, reason, err);
    if (rc < 0 && r->shell) {
        chaos_discard(r->host, r->shell);
        r->shell = NULL;
    }
    return rc < 0 ? rc : replace(r, paused, domid, err);
}

/* Starts a successor that has the name, if the process that made it was killed before it did. */
static int start_successor(struct restart *r, const struct hv_domain *next, chaos_error *err)
{
    struct hv_op unpause = {.code = HV_UNPAUSE};

    if (!next->paused || next->shutdown || next->cpu_ns)
        return 0;
    return hv_run(r->host->hv, next->domid, &unpause, 1, err);
}

/* Tidies up after an attempt that was not finished. 1: it had come so far that *domid is the
 * successor; 0: begin anew. */
static int finish_earlier(struct restart *r, bool paused, uint32_t *domid, chaos_error *err)
{
    const char *uuid = r->rec.restart.next;
    struct hv_domain next;
    bool made;
    int rc = 0;

    if (!r->rec.restart.pending || !uuid[0])
        return 0;
    made = domain_by_uuid(r->host, uuid, &next, NULL) == 0 && !next.dying;
    if (registry_owns(&r->host->registry, r->rec.name, uuid) <= 0) {
        if (made)
            rc = domain_end(r->host, next.domid, next.uuid, true, err);
        return rc;
    }
    if (!made)
        return error_set(err, CHAOS_E_NOT_FOUND, ENOENT, "its successor was destroyed");
    if (!paused)
        rc = start_successor(r, &next, err);
    *domid = next.domid;
    return rc < 0 ? rc : 1;
}

static int run(struct restart *r, enum chaos_reason reason, bool paused, uint32_t *domid,
               chaos_error *err)
{
    int rc = registry_get(&r->host->registry, r->old->uuid, &r->rec, err);

    if (rc < 0)
        return rc;
    rc = finish_earlier(r, paused, domid, err);
    if (rc == 0) {
        r->exists = domain_by_uuid(r->host, r->old->uuid, &r->domain, NULL) == 0;
        rc = attempt(r, reason, paused, domid, err);
    }
    if (rc < 0)
        write_failure(r, reason, err);
    else
        registry_drop(&r->host->registry, r->old->name, r->old->uuid); /* its record */
    record_clear(&r->rec);
    return rc < 0 ? rc : 0;
}

int restart_vm(chaos_host *host, struct chaos_domain *dom, const chaos_config *cfg,
               enum chaos_reason reason, bool paused, chaos_error *err)
{
    struct restart r = {.host = host, .old = dom, .cfg = cfg};
    cleanup_close int lock = registry_restart_lock(&host->registry);
    struct chaos_error why = {CHAOS_OK};
    char id[16];
    uint32_t domid;
    int rc;

    if (lock < 0)
        return error_errno(err, lock == -EWOULDBLOCK ? CHAOS_E_BUSY : CHAOS_E_IO, -lock,
                           "registry: cannot begin a restart");
    rc = run(&r, reason, paused, &domid, &why);
    if (rc < 0)
        return error_copy(err, rc, &why);
    snprintf(id, sizeof(id), "%u", domid);
    return chaos_find(host, id, dom, err);
}

int restart_abandon(chaos_host *host, const struct chaos_domain *dom, chaos_error *err)
{
    cleanup_close int lock = registry_restart_lock(&host->registry);
    struct hv_domain next;
    struct record rec;
    int rc = registry_get(&host->registry, dom->uuid, &rec, err);

    if (rc < 0)
        return rc;
    if (!registry_release(&host->registry, dom->name, dom->uuid))
        rc = error_set(err, CHAOS_E_NOT_FOUND, ENOENT, "\"%s\" does not wait for its restart now",
                       dom->name);
    /* Where another process has the lock it makes the successor right now, and then finds out that
     * the name is gone. */
    if (rc == 0 && lock >= 0 && rec.restart.next[0] &&
        domain_by_uuid(host, rec.restart.next, &next, NULL) == 0)
        domain_end(host, next.domid, next.uuid, true, NULL);
    record_clear(&rec);
    if (rc == 0)
        domain_forget(host, rec.domid, dom->name, dom->uuid);
    return rc;
}

void restart_describe(const struct record *rec, struct chaos_domain *to)
{
    chaos_config *cfg;

    memset(to, 0, sizeof(*to));
    memcpy(to->uuid, rec->uuid, sizeof(to->uuid));
    memcpy(to->name, rec->name, sizeof(to->name));
    to->ours = true;
    to->state = CHAOS_RESTARTING;
    to->reason = rec->restart.reason;
    if (chaos_config_parse(rec->uuid, rec->config, strlen(rec->config), &cfg, NULL) < 0)
        return;
    to->type = cfg->type;
    to->vcpus = cfg->vcpus;
    chaos_config_free(cfg);
}

static int find_waiting(void *opaque, const char *uuid)
{
    struct chaos_domain dom;
    chaos_host *host = opaque;
    struct record rec;

    if (!registry_restarting(&host->registry, uuid, &rec))
        return 0;
    restart_describe(&rec, &dom);
    record_clear(&rec);
    backoff_defer(host, &dom, 0);
    return 0;
}

int chaos_restarts_find(chaos_host *host, chaos_error *err)
{
    return registry_records(&host->registry, find_waiting, host, err);
}

int chaos_domain_restart(chaos_host *host, const struct chaos_domain *dom,
                         struct chaos_restart *out, chaos_error *err)
{
    struct record rec;

    memset(out, 0, sizeof(*out));
    if (!registry_restarting(&host->registry, dom->uuid, &rec))
        return error_set(err, CHAOS_E_NOT_FOUND, ENOENT, "\"%s\" does not wait for a restart",
                         dom->name);
    out->attempts = rec.restart.attempts;
    out->tried = rec.restart.tried;
    memcpy(out->why, rec.restart.why, sizeof(out->why));
    record_clear(&rec);
    return 0;
}
