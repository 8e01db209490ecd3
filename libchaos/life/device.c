/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices of a domain that runs: the domain is checked here, the rest is the devices' own. */
#include <chaos/daemon.h>
#include "devices/devices.h"
#include "life/domain.h"

int chaos_device_list(chaos_host *host, const struct chaos_domain *dom, struct chaos_device **out,
                      size_t *count, chaos_error *err)
{
    struct hv_domain now;
    int rc = domain_check(host, dom, &now, err);

    *out = NULL;
    *count = 0;
    return rc < 0 ? rc : devices_list(&host->devices, dom->domid, out, count, err);
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
    struct hv_domain now;
    int rc = domain_check(host, dom, &now, err);

    return rc < 0 ? rc : devices_add(&host->devices, dom->domid, dom->name, type, spec, index, err);
}

int chaos_device_remove(chaos_host *host, const struct chaos_domain *dom, const char *type,
                        unsigned int index, unsigned int timeout_ms, bool force, chaos_error *err)
{
    struct hv_domain now;
    int rc = domain_check(host, dom, &now, err);

    return rc < 0 ? rc
                  : devices_remove(&host->devices, dom->domid, type, index, timeout_ms, force, err);
}
