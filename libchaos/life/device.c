/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices of a domain that runs: the domain is checked here, the rest is the devices' own. */
#include <stdio.h>
#include <string.h>

#include <chaos/daemon.h>
#include "devices/devices.h"
#include "life/domain.h"

#define LATE_S 60

/* Checks the domain and reads its record, for the caller to clear. */
static int find(chaos_host *host, const struct chaos_domain *dom, struct record *rec,
                struct device_guest *out, chaos_error *err)
{
    struct hv_domain now;
    int rc = domain_check(host, dom, &now, err);

    memset(rec, 0, sizeof(*rec));
    if (rc == 0)
        domain_guest(host, &now, rec, out);
    return rc;
}

/* Long enough for any guest to come so far that it looks for its devices. */
static bool runs_long(chaos_host *host, const struct chaos_domain *dom)
{
    return (dom->state == CHAOS_RUNNING || dom->state == CHAOS_BLOCKED) &&
           registry_age(&host->registry, dom->uuid) >= LATE_S;
}

static void mark_late(struct chaos_device *devs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        devs[i].late =
            strcmp(devs[i].type, "control") != 0 &&
            (strcmp(devs[i].state, "starting") == 0 || strcmp(devs[i].state, "waiting") == 0);
}

int chaos_device_list(chaos_host *host, const struct chaos_domain *dom, struct chaos_device **out,
                      size_t *count, chaos_error *err)
{
    struct device_guest guest;
    struct record rec;
    int rc = find(host, dom, &rec, &guest, err);

    *out = NULL;
    *count = 0;
    if (rc == 0)
        rc = devices_list(&host->devices, &guest, out, count, err);
    record_clear(&rec);
    if (rc == 0 && *count && runs_long(host, dom))
        mark_late(*out, *count);
    return rc;
}

int chaos_device_bus(chaos_host *host, const struct chaos_domain *dom, struct chaos_bus *out,
                     chaos_error *err)
{
    struct device_guest guest;
    struct record rec;
    int rc = find(host, dom, &rec, &guest, err);

    memset(out, 0, sizeof(*out));
    if (rc == 0) {
        snprintf(
            out->name, sizeof(out->name), "%s",
            config_devices_name(devices_in_store(guest.uuid) ? DEVICES_XENSTORE : DEVICES_NOXS));
        memcpy(out->why, rec.bus_why, sizeof(out->why));
    }
    record_clear(&rec);
    return rc;
}

int chaos_replug(chaos_host *host)
{
    return devices_replug(&host->devices);
}

int chaos_bridged(chaos_host *host, const chaos_config *cfg)
{
    return devices_bridged(&host->devices, cfg);
}

int chaos_device_add(chaos_host *host, const struct chaos_domain *dom, const char *type,
                     const char *spec, unsigned int *index, chaos_error *err)
{
    struct device_guest guest;
    struct record rec;
    int rc = find(host, dom, &rec, &guest, err);

    if (rc == 0)
        rc = devices_add(&host->devices, &guest, type, spec, index, err);
    record_clear(&rec);
    return rc;
}

int chaos_device_remove(chaos_host *host, const struct chaos_domain *dom, const char *type,
                        unsigned int index, unsigned int timeout_ms, bool force, chaos_error *err)
{
    struct device_guest guest;
    struct record rec;
    int rc = find(host, dom, &rec, &guest, err);

    if (rc == 0)
        rc = devices_remove(&host->devices, &guest, type, index, timeout_ms, force, err);
    record_clear(&rec);
    return rc;
}
