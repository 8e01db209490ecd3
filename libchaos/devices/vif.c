/* SPDX-License-Identifier: BSD-3-Clause */
/* Interfaces, whatever their bus: their bridges, which may go and come again under running VMs, and
 * their addresses. */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "devices/bridge.h"
#include "devices/bus.h"
#include "devices/mac.h"

int devices_join(struct device_host *host, const struct bridge_port *ports, unsigned int nr,
                 unsigned int first, chaos_error *err)
{
    unsigned int failed;
    int rc = nr && !host->bridges ? bridges_open(&host->bridges) : 0;

    if (!nr)
        return 0;
    if (rc < 0)
        return error_errno(err, CHAOS_E_IO, -rc, "cannot speak with the kernel about bridges");
    rc = bridges_join(host->bridges, ports, nr, &failed);
    if (rc == -ENODEV)
        return error_set(err, CHAOS_E_IO, ENODEV,
                         "vif %u: no bridge \"%s\" on this host; make it (ip link add %s type "
                         "bridge) or name another",
                         first + failed, ports[failed].bridge, ports[failed].bridge);
    if (rc < 0)
        return error_errno(err, CHAOS_E_IO, -rc, "vif %u: cannot put it into bridge \"%s\"",
                           first + failed, ports[failed].bridge);
    return 0;
}

void devices_tell_bridge(struct device_host *host, uint32_t ifindex, uint32_t mtu, char *out,
                         size_t room)
{
    struct bridge_place place;
    size_t len = strlen(out);

    if (ifindex && (host->bridges || bridges_open(&host->bridges) == 0) &&
        bridges_look(host->bridges, ifindex, &place) == 0)
        bridge_place_text(&place, mtu, out + len, room - len);
}

/* Only an interface without an address of its own needs the seed, which takes a look at files. */
static uint64_t seed_of(struct device_host *host)
{
    if (!host->has_mac_seed)
        host->mac_seed = mac_seed(MAC_ETC, host->run_dir);
    host->has_mac_seed = true;
    return host->mac_seed;
}

void devices_mac(struct device_host *host, const struct config_vif *vif, const char *name,
                 unsigned int index, uint8_t mac[6])
{
    if (vif->has_mac)
        memcpy(mac, vif->mac, sizeof(vif->mac));
    else
        mac_automatic(seed_of(host), name, index, mac);
}

int devices_replug(struct device_host *host)
{
    int rc = host->bridges ? 0 : bridges_open(&host->bridges);

    return rc < 0 ? rc : bridges_mend(host->bridges);
}

int devices_bridged(struct device_host *host, const chaos_config *cfg)
{
    int rc = -ENOENT;

    for (unsigned int i = 0; rc != 0 && i < cfg->nr_vifs; i++) {
        const char *bridge = cfg->vifs[i].bridge;

        if (!bridge[0])
            continue;
        /* Without an answer it counts as there: the creation of a VM will say what is wrong. */
        rc = (!host->bridges && bridges_open(&host->bridges) < 0) ||
             bridges_has(host->bridges, bridge);
    }
    return rc;
}
