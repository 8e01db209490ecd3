/* SPDX-License-Identifier: BSD-3-Clause */
/* One domain: finding it, pausing it, destroying it. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "config/config.h"
#include "devices/devices.h"
#include "life/domain.h"
#include "shell/shell.h"
#include "life/restart.h"
#include "base/util.h"
#include "base/uuid.h"

#define SCAN 256

const char *chaos_type_name(enum chaos_type type)
{
    return config_type_name(type);
}

const char *chaos_state_name(enum chaos_state state)
{
    static const char *const names[] = {"running",  "blocked", "paused",
                                        "shutdown", "dying",   "restarting"};

    return (unsigned int)state < ARRAY_SIZE(names) ? names[state] : "unknown";
}

const char *chaos_reason_name(enum chaos_reason reason)
{
    static const char *const names[] = {"poweroff", "reboot",   "suspend",
                                        "crash",    "watchdog", "soft-reset"};

    if (reason == CHAOS_DESTROYED)
        return "destroyed";
    return (unsigned int)reason < ARRAY_SIZE(names) ? names[reason] : "unknown";
}

bool chaos_domain_ended(const struct chaos_domain *dom)
{
    return (dom->state == CHAOS_SHUTDOWN && dom->reason != CHAOS_SUSPEND) ||
           dom->state == CHAOS_RESTARTING;
}

void domain_describe(const struct hv_domain *from, struct chaos_domain *to)
{
    memset(to, 0, sizeof(*to));
    to->domid = from->domid;
    uuid_format(from->uuid, to->uuid);
    to->ours = uuid_ours(from->uuid);
    to->type = from->type;
    to->state = from->dying      ? CHAOS_DYING
                : from->shutdown ? CHAOS_SHUTDOWN
                : from->paused   ? CHAOS_PAUSED
                : from->blocked  ? CHAOS_BLOCKED
                                 : CHAOS_RUNNING;
    to->reason = from->reason;
    to->memory_kib = from->pages * (PAGE_SIZE / 1024);
    to->vcpus = from->vcpus;
    to->cpu_ns = from->cpu_ns;
}

/* Looks through all domains for a uuid. */
static int scan(chaos_host *host, const uint8_t uuid[16], struct hv_domain *out, chaos_error *err)
{
    cleanup_free struct hv_domain *doms = malloc(SCAN * sizeof(*doms));
    uint32_t first = 1;
    int count;

    if (!doms)
        return error_oom(err);
    do {
        count = hv_list(host->hv, first, doms, SCAN, err);
        for (int i = 0; i < count; i++) {
            if (memcmp(doms[i].uuid, uuid, 16) == 0) {
                *out = doms[i];
                return 0;
            }
        }
        if (count > 0)
            first = doms[count - 1].domid + 1;
    } while (count == SCAN);
    return count < 0 ? count : error_set(err, CHAOS_E_NOT_FOUND, ENOENT, "no domain has this uuid");
}

int domain_by_uuid(chaos_host *host, const char *text, struct hv_domain *out, chaos_error *err)
{
    struct record rec;
    uint8_t uuid[16];
    uint32_t domid;

    if (!uuid_parse(text, uuid))
        return error_set(err, CHAOS_E_NOT_FOUND, ENOENT, "\"%s\" is not a uuid", text);
    if (registry_get(&host->registry, text, &rec, NULL) == 0) {
        domid = rec.domid;
        record_clear(&rec);
        if (hv_domain_info(host->hv, domid, out, NULL) == 0 && memcmp(out->uuid, uuid, 16) == 0)
            return 0;
    }
    return scan(host, uuid, out, err);
}

/* Fills in the name from the domain's record, if it is ours and has one, and that it waits for its
 * restart. */
static void fill_name(chaos_host *host, struct chaos_domain *dom)
{
    struct record rec;

    if (!dom->ours || registry_get(&host->registry, dom->uuid, &rec, NULL) < 0)
        return;
    snprintf(dom->name, sizeof(dom->name), "%s", rec.name);
    if (rec.restart.pending && (dom->state == CHAOS_SHUTDOWN || dom->state == CHAOS_DYING)) {
        dom->state = CHAOS_RESTARTING;
        dom->reason = rec.restart.reason;
    }
    record_clear(&rec);
}

/* A domid as text; -1 where it is none. */
static long parse_domid(const char *ref)
{
    char *end;
    unsigned long id;

    if (!isdigit((unsigned char)ref[0]))
        return -1;
    id = strtoul(ref, &end, 10);
    return *end == '\0' && id < 0x7ff0 ? (long)id : -1;
}

/* A VM that waits for its restart and has no domain, by name or uuid. */
static bool find_restarting(chaos_host *host, const char *uuid, struct chaos_domain *out)
{
    struct record rec;

    if (!registry_restarting(&host->registry, uuid, &rec))
        return false;
    restart_describe(&rec, out);
    record_clear(&rec);
    return true;
}

int chaos_find(chaos_host *host, const char *ref, struct chaos_domain *out, chaos_error *err)
{
    char named[CHAOS_UUID_TEXT];
    const char *uuid = ref;
    long domid = parse_domid(ref);
    struct chaos_error why;
    struct hv_domain dom;
    int rc;

    if (domid == 0)
        return error_set(err, CHAOS_E_NOT_FOUND, ENOENT, "domain 0 is Dom0 itself");
    if (domid < 0 && chaos_name_valid(ref) && registry_lookup(&host->registry, ref, named) == 0)
        uuid = named;
    rc = domid > 0 ? hv_domain_info(host->hv, domid, &dom, &why)
                   : domain_by_uuid(host, uuid, &dom, &why);
    if (rc == -ENOENT && domid < 0 && find_restarting(host, uuid, out))
        return 0;
    if (rc == -ENOENT)
        return error_set(err, CHAOS_E_NOT_FOUND, ENOENT, "no domain \"%s\"; 'chaos list' shows all",
                         ref);
    if (rc < 0)
        return error_copy(err, rc, &why);
    domain_describe(&dom, out);
    fill_name(host, out);
    return 0;
}

int chaos_find_foreign(chaos_host *host, const char *domid, struct chaos_domain *out,
                       chaos_error *err)
{
    int rc;

    if (parse_domid(domid) < 0)
        return error_set(err, CHAOS_E_USAGE, EINVAL,
                         "\"%s\" is no domid, by which alone domains of others are found", domid);
    rc = chaos_find(host, domid, out, err);
    if (rc == 0)
        out->foreign = !out->ours;
    if (rc == 0 && !out->ours)
        devices_name_others(&host->devices, out, 1);
    return rc;
}

int chaos_domain_config(chaos_host *host, const struct chaos_domain *dom, chaos_config **out,
                        chaos_error *err)
{
    struct record rec;
    int rc;

    *out = NULL;
    rc = registry_get(&host->registry, dom->uuid, &rec, err);
    if (rc < 0)
        return rc;
    rc = chaos_config_parse(dom->uuid, rec.config, strlen(rec.config), out, err);
    record_clear(&rec);
    return rc;
}

int domain_check(chaos_host *host, const struct chaos_domain *dom, struct hv_domain *now,
                 chaos_error *err)
{
    if (!dom->ours)
        return error_set(err, CHAOS_E_PERMISSION, EPERM,
                         "domain %u was not made by chaos; use the toolstack that made it",
                         dom->domid);
    return domain_check_meant(host, dom, now, err);
}

int domain_check_meant(chaos_host *host, const struct chaos_domain *dom, struct hv_domain *now,
                       chaos_error *err)
{
    struct hv_op op = {.code = HV_DOMAIN_INFO, .info = now};
    uint8_t uuid[16];
    int rc;

    if (!dom->ours && !dom->foreign)
        return domain_check(host, dom, now, err);
    if (!dom->domid)
        return error_set(err, CHAOS_E_NOT_FOUND, ENOENT,
                         "\"%s\" waits for its restart, and has no domain now", dom->name);
    rc = hv_run(host->hv, dom->domid, &op, 1, NULL);
    if (rc == 0 && uuid_parse(dom->uuid, uuid) && memcmp(uuid, now->uuid, 16) == 0)
        return 0;
    if (rc < 0 && rc != -ESRCH)
        return hv_refused(err, rc, dom->domid, "getdomaininfo");
    return error_set(err, CHAOS_E_NOT_FOUND, ENOENT, "domain %u is gone", dom->domid);
}

void domain_guest(chaos_host *host, const struct hv_domain *now, struct record *rec,
                  struct device_guest *out)
{
    char uuid[CHAOS_UUID_TEXT];

    memset(out, 0, sizeof(*out));
    out->domid = now->domid;
    out->type = now->type;
    memcpy(out->uuid, now->uuid, sizeof(out->uuid));
    uuid_format(now->uuid, uuid);
    if (registry_get(&host->registry, uuid, rec, NULL) < 0)
        return;
    out->name = rec->name;
    out->console_port = rec->console_port;
    out->console_frame = rec->console_frame;
    out->bus_port = rec->bus_port;
    out->bus_frame = rec->bus_frame;
}

static int simple(chaos_host *host, const struct chaos_domain *dom, enum hv_code code,
                  chaos_error *err)
{
    struct hv_domain now;
    struct hv_op op = {.code = code};
    int rc = domain_check(host, dom, &now, err);

    if (rc < 0)
        return rc;
    if (code == HV_PAUSE && now.paused)
        return error_set(err, CHAOS_E_FAILED, EALREADY, "domain %u is paused already", dom->domid);
    if (code == HV_UNPAUSE && !now.paused)
        return error_set(err, CHAOS_E_FAILED, EALREADY, "domain %u is not paused", dom->domid);
    return hv_run(host->hv, dom->domid, &op, 1, err);
}

int chaos_pause(chaos_host *host, const struct chaos_domain *dom, chaos_error *err)
{
    return simple(host, dom, HV_PAUSE, err);
}

int chaos_unpause(chaos_host *host, const struct chaos_domain *dom, chaos_error *err)
{
    return simple(host, dom, HV_UNPAUSE, err);
}

static int destroy_foreign(chaos_host *host, const struct chaos_domain *dom, chaos_error *err)
{
    struct hv_domain now;
    int rc = domain_check_meant(host, dom, &now, err);

    if (rc == 0)
        rc = devices_check_other(&host->devices, dom->domid, err);
    if (rc == 0)
        rc = hv_destroy(host->hv, dom->domid, err);
    if (rc == 0)
        devices_remove_other(&host->devices, dom->domid);
    return rc;
}

int chaos_destroy(chaos_host *host, const struct chaos_domain *dom, chaos_error *err)
{
    struct hv_domain now;
    int rc;

    host_step_begin(host);
    if (!dom->ours && dom->foreign)
        return destroy_foreign(host, dom, err);
    if (dom->state == CHAOS_RESTARTING && !dom->domid)
        return restart_abandon(host, dom, err);
    rc = domain_check(host, dom, &now, err);
    if (rc == 0)
        rc = domain_end(host, dom->domid, now.uuid, true, err);
    if (rc == 0)
        rc = host_step(host, "destroy", err);
    if (rc < 0)
        return rc;
    /* If it is still there, another program has mapped its memory. Its record stays until a sweep,
     * and the name with it. */
    if (domain_check(host, dom, &now, NULL) == 0 &&
        !registry_restarting(&host->registry, dom->uuid, NULL))
        return 0;
    registry_drop(&host->registry, dom->name, dom->uuid);
    return host_step(host, "registry", err);
}
