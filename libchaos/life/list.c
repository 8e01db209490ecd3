/* SPDX-License-Identifier: BSD-3-Clause */
/* All domains at once. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <chaos/daemon.h>
#include "base/error.h"
#include "devices/devices.h"
#include "life/backoff.h"
#include "life/domain.h"
#include "life/restart.h"
#include "base/util.h"
#include "base/uuid.h"

#define CHUNK 1024

struct name {
    char uuid[CHAOS_UUID_TEXT];
    char name[CHAOS_NAME_MAX + 1];
    bool has_domain;
};

struct names {
    struct name *all;
    size_t nr, room;
};

static int collect(void *opaque, const char *name, const char *uuid)
{
    struct names *names = opaque;

    if (names->nr == names->room) {
        size_t room = names->room ? names->room * 2 : 64;
        struct name *grown = realloc(names->all, room * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        names->all = grown;
        names->room = room;
    }
    snprintf(names->all[names->nr].uuid, CHAOS_UUID_TEXT, "%s", uuid);
    snprintf(names->all[names->nr].name, CHAOS_NAME_MAX + 1, "%s", name);
    names->all[names->nr].has_domain = false;
    names->nr++;
    return 0;
}

static int by_uuid(const void *a, const void *b)
{
    return strcmp(a, b); /* both begin with the uuid's text */
}

/* What only the record of a domain that has ended tells: that it waits for its restart, and the
 * name of one that is dying, which may have lost it. */
static void read_record(chaos_host *host, struct chaos_domain *dom)
{
    struct record rec;

    if (registry_get(&host->registry, dom->uuid, &rec, NULL) < 0)
        return;
    if (dom->state == CHAOS_DYING && !dom->name[0])
        memcpy(dom->name, rec.name, sizeof(dom->name));
    if (rec.restart.pending && registry_owns(&host->registry, rec.name, dom->uuid) > 0) {
        dom->state = CHAOS_RESTARTING;
        dom->reason = rec.restart.reason;
    }
    record_clear(&rec);
}

/* Fills in the domains' names. */
static void attach_names(chaos_host *host, struct names *names, struct chaos_domain *doms,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct name *found =
            !doms[i].ours || !names->nr
                ? NULL
                : bsearch(doms[i].uuid, names->all, names->nr, sizeof(*names->all), by_uuid);

        if (found) {
            memcpy(doms[i].name, found->name, sizeof(doms[i].name));
            found->has_domain = true;
        }
        if (doms[i].ours && (doms[i].state == CHAOS_SHUTDOWN || doms[i].state == CHAOS_DYING))
            read_record(host, &doms[i]);
    }
}

/* Appends the VM of this uuid, if it waits for its restart. -ENOMEM. */
static int append_restarting(chaos_host *host, const char *uuid, struct chaos_domain **doms,
                             size_t *count)
{
    struct chaos_domain *grown;
    struct record rec;

    if (!registry_restarting(&host->registry, uuid, &rec))
        return 0;
    grown = realloc(*doms, (*count + 1) * sizeof(**doms));
    if (grown) {
        *doms = grown;
        restart_describe(&rec, &grown[(*count)++]);
    }
    record_clear(&rec);
    return grown ? 0 : -ENOMEM;
}

/* Names without a domain: of VMs that wait for their restart, or left-overs. */
static int append_without_domain(chaos_host *host, const struct names *names,
                                 struct chaos_domain **doms, size_t *count)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < names->nr; i++) {
        if (!names->all[i].has_domain)
            rc = append_restarting(host, names->all[i].uuid, doms, count);
    }
    return rc;
}

int domain_list_all(chaos_host *host, struct chaos_domain **out, size_t *count, chaos_error *err)
{
    cleanup_free struct hv_domain *chunk = malloc(CHUNK * sizeof(*chunk));
    cleanup_free struct chaos_domain *doms = NULL;
    size_t nr = 0;
    uint32_t first = 1;
    int got;

    if (!chunk)
        return error_oom(err);
    do {
        struct chaos_domain *grown;

        got = hv_list(host->hv, first, chunk, CHUNK, err);
        if (got < 0)
            return got;
        grown = realloc(doms, (nr + got + 1) * sizeof(*doms));
        if (!grown)
            return error_oom(err);
        doms = grown;
        for (int i = 0; i < got; i++)
            domain_describe(&chunk[i], &doms[nr++]);
        if (got)
            first = chunk[got - 1].domid + 1;
    } while (got == CHUNK);
    *count = nr;
    *out = steal(doms);
    return 0;
}

/* Marks the shells of a running chaosd, idle or being taken: domains it made without a name. */
static void mark_pooled(chaos_host *host, struct chaos_domain *doms, size_t count)
{
    int alive = -1;
    uint8_t uuid[16];

    for (size_t i = 0; i < count; i++) {
        if (!doms[i].ours || doms[i].name[0] || !uuid_parse(doms[i].uuid, uuid) ||
            !uuid_by_chaosd(uuid))
            continue;
        if (alive < 0)
            alive = chaos_pool_alive(host);
        doms[i].pooled = alive;
    }
}

int chaos_list(chaos_host *host, struct chaos_domain **out, size_t *count, chaos_error *err)
{
    struct names names = {0};
    int rc;

    *out = NULL;
    *count = 0;
    rc = registry_names(&host->registry, collect, &names, err);
    if (rc == -ENOMEM)
        error_oom(err);
    if (rc == 0)
        rc = domain_list_all(host, out, count, err);
    if (rc == 0) {
        if (names.nr)
            qsort(names.all, names.nr, sizeof(*names.all), by_uuid);
        attach_names(host, &names, *out, *count);
        mark_pooled(host, *out, *count);
        devices_name_others(&host->devices, *out, *count);
        rc = append_without_domain(host, &names, out, count);
        if (rc < 0) {
            error_oom(err);
            free(steal(*out));
            *count = 0;
        }
    }
    free(names.all);
    return rc;
}

/* Sets dom->name if the record and the name's link agree on it. */
static void own_name(chaos_host *host, struct chaos_domain *dom)
{
    char uuid[CHAOS_UUID_TEXT];
    struct record rec;

    if (registry_get(&host->registry, dom->uuid, &rec, NULL) < 0)
        return;
    if (registry_lookup(&host->registry, rec.name, uuid) == 0 && strcmp(uuid, dom->uuid) == 0)
        snprintf(dom->name, sizeof(dom->name), "%s", rec.name);
    record_clear(&rec);
}

static bool collect_waiting(void *opaque, const char *uuid)
{
    return collect(opaque, "", uuid) == 0;
}

/* Appends the VMs that this host knows to wait for their restart, and that have no domain. */
static int append_waiting(chaos_host *host, struct chaos_domain **doms, size_t *count)
{
    size_t with_domain = *count;
    struct names names = {0};
    int rc = 0;

    backoff_waiting(host, collect_waiting, &names);
    for (size_t i = 0; rc == 0 && i < names.nr; i++) {
        size_t at = 0;

        while (at < with_domain && strcmp((*doms)[at].uuid, names.all[i].uuid) != 0)
            at++;
        if (at == with_domain)
            rc = append_restarting(host, names.all[i].uuid, doms, count);
    }
    free(names.all);
    return rc;
}

int chaos_list_ended(chaos_host *host, struct chaos_domain **out, size_t *count, chaos_error *err)
{
    int rc;

    *out = NULL;
    *count = 0;
    rc = domain_list_all(host, out, count, err);
    for (size_t i = 0; rc == 0 && i < *count; i++) {
        struct chaos_domain *dom = &(*out)[i];

        if (dom->ours && chaos_domain_ended(dom))
            own_name(host, dom);
        else if (dom->ours && dom->state == CHAOS_DYING)
            read_record(host, dom);
    }
    if (rc < 0 || append_waiting(host, out, count) == 0)
        return rc;
    free(steal(*out));
    *count = 0;
    return error_oom(err);
}

int chaos_destroy_all(chaos_host *host, size_t *count, chaos_error *err)
{
    cleanup_free struct chaos_domain *doms = NULL;
    size_t nr, swept;
    int rc = chaos_list(host, &doms, &nr, err), result = 0;

    *count = 0;
    for (size_t i = 0; rc == 0 && i < nr; i++) {
        struct chaos_error why;
        int one;

        if (!doms[i].ours || doms[i].state == CHAOS_DYING || doms[i].pooled)
            continue;
        one = chaos_destroy(host, &doms[i], &why);
        if (one == 0)
            (*count)++;
        else if (one != -ENOENT && result == 0) /* the one to tell; go on with the others */
            result = error_copy(err, one, &why);
    }
    if (rc == 0)
        rc = chaos_sweep(host, &swept, result == 0 ? err : NULL);
    return result < 0 ? result : rc;
}
