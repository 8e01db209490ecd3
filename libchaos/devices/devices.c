/* SPDX-License-Identifier: BSD-3-Clause */
/* From a domain to its bus. */
#include "devices/devices.h"

#include <string.h>

#include "base/util.h"
#include "devices/bridge.h"
#include "devices/devices_internal.h"

static const struct device_bus *const buses[] = {&noxs_bus, &xenstore_bus};

bool devices_any(const uint8_t uuid[16], const struct devices *devs)
{
    return devs->nr || bus_of(uuid)->always;
}

bool devices_fit(const uint8_t uuid[16], const struct devices *devs, const chaos_config *cfg)
{
    unsigned int vifs = 0, vbds = 0;

    /* The records index the configuration's lists. */
    for (unsigned int i = 0; i < devs->nr; i++) {
        struct device_slot slot = bus_of(uuid)->slot(devs->records[i]);

        if (slot.kind == DEVICE_VIF && slot.index >= cfg->nr_vifs)
            return false;
        vifs += slot.kind == DEVICE_VIF;
        vbds += slot.kind == DEVICE_VBD;
    }
    return vifs == cfg->nr_vifs && vbds == cfg->nr_vbds;
}

bool devices_valid(const uint8_t uuid[16], const struct devices *devs)
{
    for (unsigned int i = 0; i < devs->nr; i++) {
        struct device_slot slot = bus_of(uuid)->slot(devs->records[i]);

        if (slot.kind == DEVICE_NONE || slot.index >= CONFIG_MAX_VIFS)
            return false;
    }
    return true;
}

bool devices_wants_page(struct device_host *host, const uint8_t uuid[16], const chaos_config *cfg)
{
    return bus_of(uuid)->wants_page(host, cfg);
}

bool devices_in_store(const uint8_t uuid[16])
{
    return bus_of(uuid) == &xenstore_bus;
}

int devices_need(struct device_host *host, const uint8_t uuid[16], chaos_error *err)
{
    return bus_of(uuid)->need(host, err);
}

int devices_prepare(struct device_host *host, const struct device_guest *guest,
                    const chaos_config *cfg, struct devices *out, chaos_error *err)
{
    const struct device_bus *bus = bus_of(guest->uuid);

    out->nr = 0;
    for (size_t i = 0; i < ARRAY_SIZE(buses); i++) {
        if (buses[i] != bus)
            buses[i]->clear(host, guest->domid);
    }
    return bus->prepare(host, guest, cfg, out, err);
}

int devices_compose(struct device_host *host, const struct device_guest *guest,
                    const chaos_config *cfg, struct devices *devs, void *page, chaos_error *err)
{
    const struct device_bus *bus = bus_of(guest->uuid);

    return bus->compose ? bus->compose(host, guest, cfg, devs, page, err) : 0;
}

int devices_announce_ahead(struct device_host *host, const struct device_guest *guest,
                           const chaos_config *cfg, struct devices *devs, chaos_error *err)
{
    return bus_of(guest->uuid)->announce_ahead(host, guest, cfg, devs, err);
}

int devices_announce(struct device_host *host, const struct device_guest *guest,
                     const chaos_config *cfg, struct devices *devs, chaos_error *err)
{
    return bus_of(guest->uuid)->announce(host, guest, cfg, devs, err);
}

void devices_remove_all(struct device_host *host, const struct device_guest *guest)
{
    bus_of(guest->uuid)->remove_all(host, guest);
}

void devices_sweep(struct device_host *host, devices_alive_fn *alive, void *opaque)
{
    for (size_t i = 0; i < ARRAY_SIZE(buses); i++)
        buses[i]->sweep(host, alive, opaque);
}

int devices_list(struct device_host *host, const struct device_guest *guest,
                 struct chaos_device **out, size_t *count, chaos_error *err)
{
    *out = NULL;
    *count = 0;
    return bus_of(guest->uuid)->list(host, guest, out, count, err);
}

int devices_power(struct device_host *host, const struct device_guest *guest, enum chaos_power what,
                  unsigned int timeout_ms, int *answer, chaos_error *err)
{
    return bus_of(guest->uuid)->power(host, guest, what, timeout_ms, answer, err);
}

int devices_disks(struct device_host *host, struct disk_taken **out)
{
    int found = 0;

    *out = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(buses); i++) {
        cleanup_free struct disk_taken *some = NULL;
        int nr = buses[i]->available(host, NULL) > 0 ? buses[i]->disks(host, &some) : 0;
        struct disk_taken *grown = nr > 0 ? realloc(*out, (found + nr) * sizeof(*grown)) : NULL;

        if (!grown)
            continue;
        memcpy(grown + found, some, nr * sizeof(*grown));
        *out = grown;
        found += nr;
    }
    return found;
}

void devices_settle(struct device_host *host)
{
    for (size_t i = 0; i < ARRAY_SIZE(buses); i++) {
        if (buses[i]->settle)
            buses[i]->settle(host);
    }
}

void devices_close(struct device_host *host)
{
    for (size_t i = 0; i < ARRAY_SIZE(buses); i++)
        buses[i]->close(host);
    bridges_close(host->bridges);
    host->bridges = NULL;
}
