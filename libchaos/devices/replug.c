/* SPDX-License-Identifier: BSD-3-Clause */
/* Bridges that go and come again under running VMs. */
#include <errno.h>

#include "devices/bridge.h"
#include "devices/devices.h"

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
